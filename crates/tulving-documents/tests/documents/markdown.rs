//! Markdown.

use tulving_documents::Omission;

use crate::support::{document, outline};

#[test]
fn its_structure_is_kept() {
    let text = "\
---
title: \"Billing, 2nd edition\"
owner: finance
---
# Refunds

See the [portal](https://pay.example/x) or <https://a.example>.
Use *care* and `refund --all`.[^1]

Setext
------

3. Open it
   - by hand

   More of step 3.

   ```sh
   open it
   ```
4. [x] Close it

> quoted

| Code | Meaning |
|------|---------|
| 10   | open, `a` |
| 20   |         |

    indented

![a chart of refunds](x.png)

<table><tr><td>x<td>y</table>

[^1]: Only admins.
";
    let document = document(text, "a.md");
    assert_eq!(document.title, "Billing, 2nd edition");
    assert_eq!(
        outline(&document),
        [
            "C yaml title: \"Billing, 2nd edition\"\nowner: finance",
            "H1 Refunds",
            "P See the portal (https://pay.example/x) or https://a.example.\nUse care and `refund --all`.[^1]",
            "H2 Setext",
            "I0 3. Open it",
            "I1 - by hand",
            "I0 .. More of step 3.",
            "C sh open it",
            "I0 4. [x] Close it",
            "P quoted",
            "T1 Code|Meaning / 10|open, `a` / 20",
            "C - indented",
            "P a chart of refunds",
            "T0 x|y",
            "P [^1]: Only admins.",
        ]
    );
    assert_eq!(document.left_out.get(&Omission::Pictures), Some(&1));
}
