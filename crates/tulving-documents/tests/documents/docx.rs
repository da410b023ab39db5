//! Word files.

use tulving_documents::{Format, Omission, Reason};

use crate::support::{
    NUMBERING, STYLES, archive, document, docx, item, outline, p, refused, styled,
};

#[test]
fn headings_come_from_styles_outline_levels_and_what_styles_are_based_on() {
    let body = [
        styled("Titel", "The manual"),
        styled("berschrift1", "One"),
        styled("berschrift2", "Two"),
        styled("Abschnitt", "Three"),
        p("<w:outlineLvl w:val=\"0\"/>", "One again"),
        p(
            "<w:pStyle w:val=\"berschrift1\"/><w:outlineLvl w:val=\"9\"/>",
            "Text",
        ),
        styled("Heading4", "Four, without a style of that id"),
    ];
    let document = document(
        docx(&body.concat(), &[("word/styles.xml", STYLES)]),
        "a.docx",
    );
    assert_eq!(
        outline(&document),
        [
            "H0 The manual",
            "H1 One",
            "H2 Two",
            "H3 Three",
            "H1 One again",
            "P Text",
            "H4 Four, without a style of that id",
        ]
    );
    assert_eq!(document.title, "The manual");
}

#[test]
fn numbers_are_counted_as_word_counts_them() {
    let body = [
        item(1, 0, "first"),
        item(1, 1, "under"),
        item(1, 1, "under"),
        item(1, 2, "deep"),
        item(1, 0, "second"),
        item(1, 1, "under anew"),
        p("", "between"),
        styled("Liste", "third"),
        item(1, 0, ""),
        item(3, 0, "begun anew"),
        item(2, 0, "a bullet"),
        item(0, 0, "no list"),
        p("", "7. typed by hand"),
        p(
            "<w:pStyle w:val=\"berschrift1\"/><w:numPr><w:numId w:val=\"1\"/></w:numPr>",
            "A chapter",
        ),
    ];
    let parts = [
        ("word/numbering.xml", NUMBERING),
        ("word/styles.xml", STYLES),
    ];
    assert_eq!(
        outline(&document(docx(&body.concat(), &parts), "a.docx")),
        [
            "I0 1. first",
            "I1 1.a) under",
            "I1 1.b) under",
            "I2 i. deep",
            "I0 2. second",
            "I1 2.a) under anew",
            "P between",
            "I0 3. third",
            "I0 1. begun anew",
            "I0 - a bullet",
            "P no list",
            "I0 7. typed by hand",
            "H1 2. A chapter",
        ]
    );
}

#[test]
fn tables_keep_their_cells_and_their_head() {
    let row = |cells: &[&str]| {
        let cells = cells
            .iter()
            .map(|cell| format!("<w:tc>{}</w:tc>", p("", cell)));
        format!("<w:tr>{}</w:tr>", cells.collect::<String>())
    };
    let marked =
        row(&["Code", "Meaning"]).replace("<w:tr>", "<w:tr><w:trPr><w:tblHeader/></w:trPr>");
    let wide = "<w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr><w:p><w:r><w:t>wide</w:t></w:r></w:p></w:tc></w:tr>";
    let inner = format!("<w:tbl>{}</w:tbl>", row(&["in", "ner"]));
    let nested = format!(
        "<w:tr><w:tc>{}</w:tc><w:tc>{inner}</w:tc></w:tr>",
        p("", "20")
    );
    let body = [
        format!(
            "<w:tbl>{marked}{}{wide}{nested}</w:tbl>",
            row(&["10", "open"])
        ),
        format!(
            "<w:tbl><w:tblPr><w:tblLook w:val=\"04A0\"/></w:tblPr>{}{}</w:tbl>",
            row(&["a", "b"]),
            row(&["1", "2"])
        ),
        format!("<w:tbl>{}</w:tbl>", row(&["a frame"])),
    ];
    assert_eq!(
        outline(&document(docx(&body.concat(), &[]), "a.docx")),
        [
            "T1 Code|Meaning / 10|open / wide / 20|in ner",
            "T1 a|b / 1|2",
            "P a frame",
        ]
    );
}

#[test]
fn what_is_deleted_hidden_or_repeated_is_left_out_and_counted() {
    let body = r#"<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs><w:pPrChange><w:pPr><w:pStyle w:val="Heading1"/></w:pPr></w:pPrChange></w:pPr>
<w:r><w:t>kept </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t>added</w:t></w:r></w:ins>
<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:tab/><w:t>x</w:t><w:br/><w:t>a &amp; b&#8364; &lt;c&gt;</w:t><w:noBreakHyphen/></w:r>
<w:r><w:instrText>PAGEREF 1</w:instrText><w:commentReference w:id="1"/></w:r></w:p>
<w:p><w:r><w:drawing><wp:docPr id="1" descr="a screenshot of the order"/><pic:pic/></w:drawing></w:r></w:p>
<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice>
<mc:Fallback><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>around</w:t></w:r></w:p>"#;
    let body = body.to_owned() + &styled("Verzeichnis1", "Chapter 1 ..... 7");
    let parts = [
        ("word/styles.xml", STYLES),
        ("word/header1.xml", "<w:hdr/>"),
        ("word/footer1.xml", "<w:ftr/>"),
    ];
    let document = document(docx(&body, &parts), "a.docx");
    assert_eq!(
        outline(&document),
        [
            "P kept added\tx\na & b€ <c>-",
            "P [a screenshot of the order]",
            "P boxed",
            "P around",
        ]
    );
    let counts = [
        (Omission::Pictures, 1),
        (Omission::DeletedText, 2),
        (Omission::Comments, 1),
        (Omission::HeadersAndFooters, 2),
        (Omission::TableOfContents, 1),
    ];
    assert_eq!(document.left_out.into_iter().collect::<Vec<_>>(), counts);
}

#[test]
fn footnotes_follow_what_refers_to_them_and_links_say_where_they_lead() {
    let notes = r#"<w:footnotes><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>line</w:t></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>Only admins.</w:t></w:r></w:p></w:footnote></w:footnotes>"#;
    let rels = r#"<Relationships><Relationship Id="rId5" Type="http://x/hyperlink" Target="https://pay.example"/></Relationships>"#;
    let reference = "<w:p><w:r><w:t>Ask</w:t><w:footnoteReference w:id=\"2\"/></w:r></w:p>";
    let link =
        "<w:p><w:hyperlink r:id=\"rId5\"><w:r><w:t>the portal</w:t></w:r></w:hyperlink></w:p>";
    let core = "<cp:coreProperties><dc:title>Billing</dc:title><dc:creator>me</dc:creator></cp:coreProperties>";
    let parts = [
        ("word/footnotes.xml", notes),
        ("word/_rels/document.xml.rels", rels),
        ("docProps/core.xml", core),
    ];
    let document = document(docx(&format!("{reference}{link}"), &parts), "a.docx");
    assert_eq!(
        outline(&document),
        [
            "P Ask[1]",
            "P [1] Only admins.",
            "P the portal (https://pay.example)"
        ]
    );
    assert_eq!(document.title, "Billing");
}

#[test]
fn damage_is_said_and_nothing_half_read() {
    let whole = docx(&p("", &"word ".repeat(500)), &[]);
    for end in [30, whole.len() / 2, whole.len() - 30] {
        let reason = refused(&whole[..end], "a.docx");
        assert!(
            matches!(
                reason,
                Reason::Broken {
                    format: Format::Docx,
                    ..
                }
            ),
            "{end}: {reason:?}"
        );
    }
    let mut wrong = whole.clone();
    let name = wrong
        .windows(17)
        .position(|part| part == b"word/document.xml")
        .unwrap();
    wrong[name + 60] ^= 0x55;
    assert!(matches!(refused(&wrong, "a.docx"), Reason::Broken { .. }));

    let unclosed = archive(&[(
        "word/document.xml",
        "<w:document><w:body><w:p><w:r><w:t>Hello</w:t>",
    )]);
    assert!(matches!(refused(unclosed, "a.docx"), Reason::Broken { .. }));
    let crossed = docx("<w:p><w:r></w:p></w:r>", &[]);
    assert!(matches!(refused(crossed, "a.docx"), Reason::Broken { .. }));
}

#[test]
fn entities_of_a_file_of_its_own_are_not_expanded() {
    let main = r#"<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><w:document><w:p><w:r><w:t>x&b;y</w:t></w:r></w:p></w:document>"#;
    let bytes = archive(&[("word/document.xml", main)]);
    assert_eq!(outline(&document(bytes, "a.docx")), ["P x\u{FFFD}y"]);
}
