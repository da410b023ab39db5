//! HTML.

use tulving_documents::Omission;

use crate::support::{document, outline};

#[test]
fn a_block_within_a_heading_or_code_is_a_part_of_it() {
    let page = "<html><h2><div>Refunds</div></h2><p>So.</p><pre><div>a\n  b</div></pre>";
    let outline = outline(&document(page, "a.html"));
    assert_eq!(outline, ["H2 Refunds", "P So.", "C - a\n  b"]);
}

#[test]
fn its_structure_is_kept_without_a_tree() {
    let page = r#"<!DOCTYPE html><html><head><title>Billing &amp; more</title>
<style>p { color: red }</style><script>if (a < b) { "<p>no</p>" }</script></head><body>
<nav><a href="/">Home</a><nav>x</nav></nav>
<h1>Refunds
 now</h1><p>To&nbsp;refund   an <b>order</b>,<br>see <a href="https://x.example">this</a>:
<ol start=3><li>Open it<ul><li>by hand</ul><li>Close it<p>More of it</ol>
<pre><code class="a language-sh">open it

close it</code></pre>
<table><caption>Codes</caption><tr><th>Code<th>Meaning<tr><td>10<td>open<p>and more
<tr><td colspan=2>none</table>
<dl><dt>Memo<dd>A note</dl><svg><text>drawn</text></svg><img alt="a chart">
<textarea><b>raw</textarea></body></html>"#;
    let document = document(page, "a.html");
    assert_eq!(document.title, "Billing & more");
    assert_eq!(
        outline(&document),
        [
            "H1 Refunds now",
            "P To refund an order,\nsee this (https://x.example):",
            "I0 3. Open it",
            "I1 - by hand",
            "I0 4. Close it",
            "I0 .. More of it",
            "C sh open it\n\nclose it",
            "P Codes",
            "T1 Code|Meaning / 10|open and more / none",
            "P Memo",
            "P A note",
            "P a chart <b>raw",
        ]
    );
    let left_out = [
        Omission::Scripts,
        Omission::Navigation,
        Omission::Embedded,
        Omission::Pictures,
    ];
    let counts = left_out.map(|what| document.left_out.get(&what).copied());
    assert_eq!(counts, [Some(2), Some(1), Some(1), Some(1)]);
}

#[test]
fn tables_that_are_frames_are_looked_through() {
    let page = "<html><table><tr><td>Menu<td><h2>Refunds</h2><p>Text<table><tr><th>a<th>b<tr><td>1<td>2</table>After</table>";
    assert_eq!(
        outline(&document(page, "a.html")),
        ["P Menu", "H2 Refunds", "P Text", "T1 a|b / 1|2", "P After"]
    );
}
