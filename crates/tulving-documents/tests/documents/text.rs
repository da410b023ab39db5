//! Plain text.

use tulving_documents::Body;

use crate::support::{document, outline};

#[test]
fn paragraphs_lists_and_headings_are_told_apart() {
    let text = "\
CREDIT MEMOS
How they are made.
Two lines of it.

Refunds
-------

To refund, in this order:
1. Open the order,
   which takes a while.
2. Choose Refund.

   A note that belongs to step 2.

3) Save.
- by hand
  * twice
(a) or b
Step 4: Print it.

2.3 Late refunds

- 5 degrees is no item, nor is
- this one, both are in a list.

In 2024. A sentence
- dashes go on
A. Smith signs.
";
    assert_eq!(
        outline(&document(text, "a.txt")),
        [
            "H3 CREDIT MEMOS",
            "P How they are made.\nTwo lines of it.",
            "H2 Refunds",
            "P To refund, in this order:",
            "I0 1. Open the order,\nwhich takes a while.",
            "I0 2. Choose Refund.",
            "I0 .. A note that belongs to step 2.",
            "I0 3) Save.",
            "I0 - by hand",
            "I1 * twice",
            "I0 (a) or b",
            "I0 Step 4: Print it.",
            "H5 2.3 Late refunds",
            "I0 - 5 degrees is no item, nor is",
            "I0 - this one, both are in a list.",
            "P In 2024. A sentence\n- dashes go on\nA. Smith signs.",
        ]
    );
}

#[test]
fn shouting_is_no_heading_and_drawn_lines_are_nothing() {
    let text = "WARNING. DO NOT TOUCH.\n\nDO NOT OPEN THE CASE\nUNLESS YOU ARE TRAINED\n\n----------\n\nX2\n\nA B\n";
    let all = outline(&document(text, "a.txt"));
    let expected = [
        "P WARNING. DO NOT TOUCH.",
        "P DO NOT OPEN THE CASE\nUNLESS YOU ARE TRAINED",
        "P X2",
        "P A B",
    ];
    assert_eq!(all, expected);
}

#[test]
fn form_feeds_end_pages() {
    let document = document("one\n\x0Ctwo\n\nalso two\x0C\x0Cfour", "a.txt");
    let Body::Blocks(blocks) = &document.body else {
        panic!()
    };
    let pages: Vec<_> = blocks.iter().map(|block| block.page).collect();
    assert_eq!(pages, [1, 2, 2, 4].map(Some));
    assert_eq!(document.pages, Some(4));
}

#[test]
fn the_title_is_the_first_heading_or_the_name() {
    assert_eq!(
        document("Hello", "Manuals/Acme/how to.v2.txt").title,
        "how to.v2"
    );
    assert_eq!(
        document("BILLING RULES\n\nHello", "a.txt").title,
        "BILLING RULES"
    );
}
