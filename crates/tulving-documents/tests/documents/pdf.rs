//! PDF, written by hand.

use tulving_documents::Reason;

use crate::support::refused;

/// A PDF of pages with these streams of operators. Fonts are F1 and F2 (bold); `I` is a picture.
fn pdf(pages: &[&str], trailer: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len())
        .map(|n| format!("{} 0 R", 6 + 2 * n))
        .collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>".to_owned(),
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\n0\nendstream"
            .to_owned(),
    ];
    for (n, stream) in pages.iter().enumerate() {
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {} 0 R/Resources<</Font<</F1 3 0 R/F2 4 0 R>>/XObject<</I 5 0 R>>>>>>",
            7 + 2 * n
        ));
        objects.push(format!(
            "<</Length {}>>\nstream\n{stream}\nendstream",
            stream.len()
        ));
    }
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = String::new();
    for (n, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let (at, size) = (file.len(), objects.len() + 1);
    file.push_str(&format!(
        "xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n"
    ));
    file.into_bytes()
}

#[cfg(not(feature = "pdf"))]
#[test]
fn a_program_without_it_says_so() {
    let found = tulving_documents::Foreign::PdfNotBuilt;
    let reason = refused(pdf(&["BT /F1 12 Tf 72 700 Td (Hello) Tj ET"], ""), "a.pdf");
    assert_eq!(
        reason,
        Reason::Unsupported {
            found,
            extension: None
        }
    );
}

#[cfg(feature = "pdf")]
mod read {
    use tulving_documents::{Format, Limits, Measure, Omission, read};

    use super::*;
    use crate::support::{cut, document, outline};

    /// Lines of text, the first as a heading.
    fn page(heading: &str, lines: &[&str]) -> String {
        let mut page = format!("BT /F2 24 Tf 72 720 Td ({heading}) Tj ET\n");
        for (at, line) in lines.iter().enumerate() {
            page.push_str(&format!(
                "BT /F1 12 Tf 72 {} Td ({line}) Tj ET\n",
                680 - 14 * at
            ));
        }
        page
    }

    const LINES: [&str; 4] = [
        "A refund is made for an order that was paid and sent back,",
        "and never for one that is on its way to the customer at all.",
        "Ask for the number of the order before anything is opened,",
        "because without it nothing can be found in any of the books.",
    ];
    const PICTURE: &str = "q 612 0 0 792 0 0 cm /I Do Q";

    #[test]
    fn its_pages_and_headings_are_kept() {
        let pages = [page("Refunds", &LINES), page("Credit memos", &LINES[2..])];
        let document = document(pdf(&pages.each_ref().map(String::as_str), ""), "a.pdf");
        assert_eq!((document.format, document.pages), (Format::Pdf, Some(2)));
        let all = outline(&document);
        assert!(
            all[0].starts_with('H') && all[0].ends_with("Refunds"),
            "{all:?}"
        );
        let chunks = cut(&document, 256, 0);
        let found: Vec<_> = chunks
            .iter()
            .map(|chunk| (chunk.page, chunk.heading_path.concat()))
            .collect();
        assert_eq!(
            found,
            [
                (Some(1), "Refunds".to_owned()),
                (Some(2), "Credit memos".to_owned())
            ]
        );
        assert!(
            chunks[0].content.starts_with("A refund is made")
                && chunks[0].content.ends_with("of the books.")
        );
    }

    #[test]
    fn pictures_of_pages_are_told_from_pages_that_are_empty() {
        assert_eq!(
            refused(pdf(&[PICTURE, PICTURE], ""), "a.pdf"),
            Reason::NoText { pages: 2 }
        );
        assert_eq!(refused(pdf(&["", ""], ""), "a.pdf"), Reason::Empty);
        let mixed = document(pdf(&[&page("Refunds", &LINES), PICTURE], ""), "a.pdf");
        assert_eq!(mixed.left_out.get(&Omission::PagesWithoutText), Some(&1));
    }

    #[test]
    fn text_that_was_recognised_under_a_picture_is_read() {
        let hidden = format!("{PICTURE}\n3 Tr\n{}", page("Refunds", &LINES));
        let document = document(pdf(&[&hidden], ""), "a.pdf");
        let text: String = document.texts().collect();
        assert!(text.contains("never for one"), "{text}");
    }

    #[test]
    fn what_is_locked_or_damaged_says_so() {
        let lock = format!(
            "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{0}>/U<{0}>>>",
            "41".repeat(32)
        );
        let text = page("Refunds", &LINES);
        assert_eq!(refused(pdf(&[&text], &lock), "a.pdf"), Reason::Encrypted);
        let whole = pdf(&[&text], "");
        for damaged in [
            &whole[..40],
            b"%PDF-1.7",
            b"%PDF-1.4\nnothing of a PDF is in this\n%%EOF",
        ] {
            let reason = refused(damaged, "a.pdf");
            assert!(
                matches!(
                    reason,
                    Reason::Broken {
                        format: Format::Pdf,
                        ..
                    }
                ),
                "{reason:?}"
            );
        }
    }

    #[test]
    fn pages_are_counted() {
        let text = page("Refunds", &LINES);
        let limits = Limits {
            pages: 3,
            ..Limits::default()
        };
        let reason = read(&pdf(&[text.as_str(); 4], ""), "a.pdf", &limits).unwrap_err();
        assert!(
            matches!(
                reason,
                Reason::TooLarge {
                    measure: Measure::Pages,
                    ..
                }
            ),
            "{reason:?}"
        );
    }
}
