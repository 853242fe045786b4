//! Files that mean harm, or were harmed: each ends in an error that names
//! the limit or the damage, never in a panic, and soon.

use std::io::{Cursor, Write};

use gongkai_intake::{IntakeError, Limits, read};
use zip::write::SimpleFileOptions;

fn refused(bytes: &[u8], name: &str) -> IntakeError {
    read(bytes, name, &Limits::default(), &|| false).expect_err("refused")
}

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

fn document(body: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>",
        "展开".repeat(100)
    );
    package(&[("word/document.xml", xml.as_bytes())])
}

#[test]
fn a_bomb_is_stopped_by_what_it_unfolds_to_not_by_what_it_claims() {
    let zeros = vec![b' '; 8 * 1024 * 1024];
    let parts: Vec<(String, &[u8])> = (0..40)
        .map(|n| (format!("word/{n}.xml"), zeros.as_slice()))
        .chain([("word/document.xml".to_owned(), zeros.as_slice())])
        .collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, c)| (n.as_str(), *c)).collect();
    let bomb = package(&parts);
    assert!(bomb.len() < 1024 * 1024, "small on the outside");
    assert_eq!(
        refused(&bomb, "bomb.docx"),
        IntakeError::UnpackedTooLarge {
            max: Limits::default().unpacked_bytes_max
        }
    );
}

#[test]
fn too_many_entries_pages_cells_and_bytes_name_their_limit() {
    let limits = Limits {
        entries_max: 3,
        cells_max: 50,
        file_bytes_max: 100_000,
        ..Limits::default()
    };
    let read =
        |bytes: &[u8], name: &str| read(bytes, name, &limits, &|| false).expect_err("refused");
    let entries: Vec<(String, &[u8])> = (0..5).map(|n| (format!("{n}"), &b"x"[..])).collect();
    let mut parts: Vec<(&str, &[u8])> = entries.iter().map(|(n, c)| (n.as_str(), *c)).collect();
    parts.push(("word/document.xml", b"<d/>"));
    assert_eq!(
        read(&package(&parts), "a.docx"),
        IntakeError::TooManyEntries { max: 3 }
    );
    let cells = "<table><tr>".to_owned() + &"<td>1</td>".repeat(60);
    assert_eq!(
        read(cells.as_bytes(), "a.html"),
        IntakeError::TooManyCells { max: 50 }
    );
    let lines = "行\n".repeat(60);
    assert_eq!(
        read(lines.as_bytes(), "a.txt"),
        IntakeError::TooManyCells { max: 50 }
    );
    assert_eq!(
        read(&vec![b'a'; 100_001], "a.txt"),
        IntakeError::FileTooLarge { max: 100_000 }
    );
}

#[test]
fn entities_are_not_expanded_and_nothing_outside_is_read() {
    let file = document("<w:p><w:r><w:t>甲&b;&x;乙&amp;丙</w:t></w:r></w:p>");
    let read = read(&file, "x.docx", &Limits::default(), &|| false).expect("the rest is read");
    let text = format!("{:?}", read.blocks);
    assert!(text.contains("甲乙&丙"), "{text}");
    assert!(!text.contains("展开") && !text.contains("root:"), "{text}");
}

#[test]
fn what_was_deleted_or_hidden_in_word_is_not_read() {
    let file = document(
        "<w:p><w:r><w:t>见</w:t></w:r><w:del><w:r><w:delText>删</w:delText><w:t>除</w:t></w:r></w:del></w:p>",
    );
    let read = read(&file, "x.docx", &Limits::default(), &|| false).expect("a document");
    let text = format!("{:?}", read.blocks);
    assert!(text.contains('见') && !text.contains('删') && !text.contains('除'));
}

#[test]
fn files_of_other_kinds_and_broken_ones_say_what_they_are() {
    let kind = |bytes: &[u8]| match refused(bytes, "x") {
        IntakeError::UnsupportedKind { kind } => kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(b"\x89PNG\r\n\x1a\n...."), "PNG");
    assert_eq!(kind(b"{\\rtf1 x}"), "RTF");
    assert_eq!(kind(&package(&[("OFD.xml", b"<x/>")])), "OFD");
    assert_eq!(
        kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...."),
        "DOC / XLS / WPS"
    );
    assert_eq!(refused(b"", "x.txt"), IntakeError::Empty);
    assert_eq!(refused(b" \n \n", "x.txt"), IntakeError::Empty);
    assert!(matches!(
        refused(b"PK\x03\x04 cut", "x.docx"),
        IntakeError::Damaged { kind: "ZIP", .. }
    ));
    assert!(matches!(
        refused(b"%PDF-1.7\nnothing follows", "x.pdf"),
        IntakeError::Damaged { kind: "PDF", .. }
    ));
    let whole = document("<w:p><w:r><w:t>文</w:t></w:r></w:p>");
    for cut in [whole.len() / 4, whole.len() / 2, whole.len() - 8] {
        refused(&whole[..cut], "x.docx");
    }
    let xml = package(&[(
        "word/document.xml",
        b"<w:document><w:body><w:p><w:r><w:t>abc",
    )]);
    assert!(matches!(
        refused(&xml, "x.docx"),
        IntakeError::Damaged { kind: "DOCX", .. }
    ));
}

#[test]
fn reading_ends_when_its_time_is_up() {
    let page = "<p>行</p>".repeat(5_000);
    let late = read(page.as_bytes(), "x.html", &Limits::default(), &|| true);
    assert_eq!(late, Err(IntakeError::OutOfTime));
}

/// A workbook of one sheet.
fn workbook(sheet: &str) -> Vec<u8> {
    package(&[
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

#[test]
fn a_sheet_that_claims_a_million_empty_rows_costs_nothing() {
    let sheet = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>规章</t></is></c></row><row r=\"1048576\"><c r=\"B1048576\"><v>7</v></c></row></sheetData></worksheet>";
    let book = workbook(sheet);
    let read = read(&book, "x.xlsx", &Limits::default(), &|| false).expect("a workbook");
    let text = format!("{:?}", read.blocks);
    assert!(text.contains("规章") && text.contains("\"7\""), "{text}");
}

/// Found by fuzzing: the sizes that a sheet claims are reckoned without care.
#[test]
fn a_sheet_whose_end_lies_before_its_beginning_is_no_end_of_the_process() {
    for claimed in ["A6:A2", "B1:A1", "A6:", "AmergeCells"] {
        let sheet = format!(
            "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"{claimed}\"/><sheetData><row r=\"1\"><c r=\"A1\"><v>7</v></c></row></sheetData></worksheet>"
        );
        match read(&workbook(&sheet), "x.xlsx", &Limits::default(), &|| false) {
            Ok(document) => assert!(format!("{:?}", document.blocks).contains("\"7\"")),
            Err(error) => assert!(matches!(error, IntakeError::Damaged { .. }), "{error}"),
        }
    }
}

#[test]
fn a_pdf_of_pictures_says_so() {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
        "<</Length 18>>stream\n0 0 100 100 re f  \nendstream",
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(pdf.len());
        pdf.extend(format!("{number} 0 obj{object}endobj\n").bytes());
    }
    let xref = pdf.len();
    pdf.extend(b"xref\n0 5\n0000000000 65535 f \n");
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    pdf.extend(format!("trailer<</Size 5/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF").bytes());
    assert_eq!(refused(&pdf, "scan.pdf"), IntakeError::NoTextLayer);
}

#[test]
fn no_cut_and_no_flipped_byte_makes_a_reader_panic() {
    let page = "<table><tr><td rowspan=2>一、<td>1</table><p>正文".repeat(20);
    let word =
        document("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>规章</w:t></w:r></w:p></w:tc></w:tr></w:tbl>");
    let text = "规章 | 0 | 12 |\n第二十条第（一）项 000\n".repeat(20);
    let mut rng = fastrand::Rng::with_seed(7);
    for (name, whole) in [
        ("x.html", page.as_bytes()),
        ("x.docx", word.as_slice()),
        ("x.md", text.as_bytes()),
        ("x.txt", text.as_bytes()),
    ] {
        for _ in 0..400 {
            let mut bytes = whole[..rng.usize(1..=whole.len())].to_vec();
            for _ in 0..rng.usize(0..6) {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
            let _ = read(&bytes, name, &Limits::default(), &|| false);
        }
    }
}

/// Found by fuzzing: this keeps the library busy without end.
#[test]
fn a_pdf_that_never_ends_is_left_behind_when_its_time_is_up() {
    let endless = b"%PDF-1.7\x0a%PDF-1.7\x0a1 0 obj\x0a<</Type/Catalog/Pages 2 0 R>>\x0aendobj\x0a2 0 obj\x0a<</Type/Pages/Count 9/Kids[2 0 R 3 0 R]/Parent 3 0 R>>\x0aendobj\x0a3 0 obj\x0a<</Type/Pages/Count 9/Kids[2 0 R]/Parent 2 0 R>>\x0aendobj\x0axref\x0a0 4\x0a0000000000 65535 f \x0a0000000009 00000 n \x0a0000000054 00000 n \x0a0000000124 00000 n \x0atrailer\x0a<</Size 4/Root 1 0 R>>\x0astartxref\x0a188\x0a%%EOF\x0a";
    // Time for the first look alone.
    let looks = std::cell::Cell::new(0);
    let deadline = || looks.replace(looks.get() + 1) > 0;
    let error = read(endless, "x.pdf", &Limits::default(), &deadline);
    assert_eq!(error.expect_err("it has no end"), IntakeError::OutOfTime);
}
