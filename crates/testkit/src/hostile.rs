//! Texts, names and files made to harm whoever reads them.

use std::io::{Cursor, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Script for a text, an attribute and a template.
pub const SCRIPT: &str =
    "\"'><img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>{{7*7}}";

/// The same for the name of a file that is refused by its name, before its ending.
pub const ODD_NAME: &str = "'><img src=x onerror=window.hit=1>{{9-2}}";

/// The same for the name of a file that comes in: script to whoever reads it twice.
pub const NAME: &str = "'&lt;img src=x onerror=window.hit=1&gt;{{9-2}}";

/// A mail of which everything that its sender names means harm: who sends it, what it is
/// about, what it says, what its files are called.
pub fn mail() -> Vec<u8> {
    let word = format!("=?UTF-8?B?{}?=", STANDARD.encode(SCRIPT));
    let file = |name: &str| {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!(
            "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename*=UTF-8''{name}\r\n\r\n{name}\r\n"
        )
    };
    let (odd, kept) = (format!("\"{ODD_NAME}.txt"), format!("{NAME}.txt"));
    format!(
        "Date: Fri, 02 Jan 2026 10:30:05 +0800\r\nFrom: {word} <liu@example.org>\r\n\
         To: {word} <gk@yunxi.example>\r\nSubject: {word}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{SCRIPT}\r\n{}{}--x--\r\n",
        file(&odd),
        file(&kept),
    )
    .into_bytes()
}

/// The parts of an archive, by their names.
///
/// # Panics
/// If it is none.
pub fn unpacked(archive: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("its bytes");
        parts.push((name, bytes));
    }
    parts
}

/// A package of parts, each with how often its bytes are repeated.
fn package(parts: &[(&str, &[u8], usize)]) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, times) in parts {
        writer.start_file(*name, options).expect("a part");
        for _ in 0..*times {
            writer.write_all(bytes).expect("its bytes");
        }
    }
    writer.finish().expect("a package").into_inner()
}

const TYPES: &[u8] = b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/word/document.xml' ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>";
const WORD: &str =
    "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body>";

/// A Word document with this body.
pub fn docx(body: &str) -> Vec<u8> {
    let document = format!("{WORD}{body}</w:body></w:document>");
    package(&[
        ("[Content_Types].xml", TYPES, 1),
        ("word/document.xml", document.as_bytes(), 1),
    ])
}

/// A Word document that unfolds to 288 MiB of empty paragraphs.
pub fn docx_bomb() -> Vec<u8> {
    let block = "<w:p><w:r><w:t>00000000</w:t></w:r></w:p>".repeat(1600);
    let times = 288 * 1024 * 1024 / block.len();
    let begin = WORD.as_bytes();
    package(&[
        ("[Content_Types].xml", TYPES, 1),
        (
            "word/document.xml",
            &[begin, block.as_bytes()].concat(),
            times,
        ),
    ])
}

/// A package whose directory names one entry ten thousand times and more.
pub fn overlapping() -> Vec<u8> {
    let whole = docx("<w:p/>");
    let directory = whole
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .expect("a directory");
    let end = whole
        .windows(4)
        .position(|w| w == b"PK\x05\x06")
        .expect("an end");
    let mut bytes = whole[..directory].to_vec();
    let entries = &whole[directory..end];
    let times: u16 = 6_000;
    for _ in 0..times {
        bytes.extend_from_slice(entries);
    }
    let size = u32::try_from(entries.len()).expect("small") * u32::from(times);
    let mut tail = whole[end..].to_vec();
    tail[8..10].copy_from_slice(&(2 * times).to_le_bytes());
    tail[10..12].copy_from_slice(&(2 * times).to_le_bytes());
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&tail);
    bytes
}

/// A Word document whose entities multiply.
pub fn entity_bomb() -> Vec<u8> {
    let mut entities = String::from("<!ENTITY a0 'haha'>");
    for i in 1..12 {
        let of = format!("&a{};", i - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY a{i} '{of}'>"));
    }
    let document = format!(
        "<?xml version='1.0'?><!DOCTYPE d [{entities}<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{WORD}<w:p><w:r><w:t>&a11;&x;</w:t></w:r></w:p></w:body></w:document>"
    );
    package(&[
        ("[Content_Types].xml", TYPES, 1),
        ("word/document.xml", document.as_bytes(), 1),
    ])
}

/// A workbook of one sheet: this opens it, and then its rows, so often.
fn workbook(open: &str, rows: &[u8], times: usize) -> Vec<u8> {
    let begin = format!(
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>{open}<sheetData>"
    );
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, pieces: &[(&[u8], usize)]| {
        writer.start_file(name, options).expect("a part");
        for (bytes, times) in pieces {
            for _ in 0..*times {
                writer.write_all(bytes).expect("its bytes");
            }
        }
    };
    part("[Content_Types].xml", &[(b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>", 1)]);
    part("_rels/.rels", &[(b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>", 1)]);
    part("xl/workbook.xml", &[(b"<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='s' sheetId='1' r:id='r1'/></sheets></workbook>", 1)]);
    part("xl/_rels/workbook.xml.rels", &[(b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/></Relationships>", 1)]);
    part(
        "xl/worksheets/sheet1.xml",
        &[
            (begin.as_bytes(), 1),
            (rows, times),
            (b"</sheetData></worksheet>", 1),
        ],
    );
    writer.finish().expect("a package").into_inner()
}

/// A workbook whose sheet claims a million rows, all empty.
pub fn empty_rows() -> Vec<u8> {
    let rows: String = (1..=60_000u32)
        .map(|row| format!("<row r='{}'><c r='A{}'/></row>", row * 17, row * 17))
        .collect();
    workbook("<dimension ref='A1:XFD1048576'/>", rows.as_bytes(), 1)
}

/// A workbook with these rows of texts, and a million empty ones below them, as
/// someone leaves behind who formatted whole columns.
pub fn million_empty_rows(rows: &[&[&str]]) -> Vec<u8> {
    let mut sheet = String::new();
    for row in rows {
        sheet.push_str("<row>");
        for text in *row {
            sheet.push_str(&format!("<c t='inlineStr'><is><t>{text}</t></is></c>"));
        }
        sheet.push_str("</row>");
    }
    for _ in 0..1_000_000 {
        sheet.push_str("<row/>");
    }
    workbook("", sheet.as_bytes(), 1)
}

/// A workbook of 288 MiB in a third of one: no reader of tables unfolds it.
pub fn sheet_bomb() -> Vec<u8> {
    let block = "<row><c><v>1</v></c></row>".repeat(1600);
    workbook("", block.as_bytes(), 288 * 1024 * 1024 / block.len())
}

/// A workbook that stays below every bound of a reader of tables and still
/// needs more memory than a process is given: long texts in many cells.
pub fn heavy_sheet() -> Vec<u8> {
    let cell = format!(
        "<c t='inlineStr'><is><t>{}</t></is></c>",
        "甲".repeat(9_000)
    );
    let block = format!("<row>{}</row>", cell.repeat(40));
    workbook("", block.as_bytes(), 110 * 1024 * 1024 / block.len())
}

/// Packages within packages: each claims to be the document of the next, and
/// the innermost unfolds to 64 MiB.
pub fn nested() -> Vec<u8> {
    let mut inner = package(&[("word/document.xml", &[b' '; 1024], 64 * 1024)]);
    for _ in 0..24 {
        inner = package(&[
            ("[Content_Types].xml", TYPES, 1),
            ("word/document.xml", &inner, 1),
            ("word/embeddings/oleObject1.docx", &inner, 8),
        ]);
        // Every layer holds the one below nine times; deflate finds most of it.
        if inner.len() > 8 * 1024 * 1024 {
            break;
        }
    }
    inner
}

/// A PDF of these objects, its table of places made to fit.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        bytes.extend_from_slice(object);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend_from_slice(
        format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).as_bytes(),
    );
    for place in &places {
        bytes.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    bytes.extend_from_slice(
        format!(
            "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n",
            places.len() + 1
        )
        .as_bytes(),
    );
    bytes
}

/// A PDF whose pages contain themselves.
pub fn pdf_loop() -> Vec<u8> {
    pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 9/Kids[2 0 R 3 0 R]/Parent 3 0 R>>".to_vec(),
        b"<</Type/Pages/Count 9/Kids[2 0 R]/Parent 2 0 R>>".to_vec(),
    ])
}

/// A PDF whose page unfolds to 200 MiB of drawing.
pub fn pdf_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = b"BT /F1 12 Tf 72 720 Td (0) Tj ET\n".repeat(2048);
    for _ in 0..(200 * 1024 * 1024 / block.len()) {
        encoder.write_all(&block).expect("packed");
    }
    with_drawing(&encoder.finish().expect("packed"), "/Filter/FlateDecode")
}

/// A PDF of one page with this drawing.
pub fn pdf_page(drawing: &str) -> Vec<u8> {
    with_drawing(drawing.as_bytes(), "")
}

fn with_drawing(drawing: &[u8], filter: &str) -> Vec<u8> {
    let mut stream = format!("<</Length {}{filter}>>stream\n", drawing.len()).into_bytes();
    stream.extend_from_slice(drawing);
    stream.extend_from_slice(b"\nendstream");
    pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_vec(),
        stream,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
    ])
}

/// A page of a million elements within each other.
pub fn deep_html() -> Vec<u8> {
    let mut page = b"<!doctype html>".to_vec();
    page.extend("<div><b><table><tr><td>".repeat(200_000).into_bytes());
    page
}

/// All of them, by name.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let utf16: Vec<u8> = [0xff, 0xfe, b'<', 0, 0xd8, 0xd8, 0xd8].to_vec();
    let polyglot = [&b"<html><!--%PDF-1.7\n"[..], &docx("<w:p/>")].concat();
    vec![
        ("bomb.docx", docx_bomb()),
        ("overlapping.docx", overlapping()),
        ("nested.docx", nested()),
        ("quine.docx", crate::quine::quine()),
        ("entities.docx", entity_bomb()),
        ("rows.xlsx", empty_rows()),
        ("bomb.xlsx", sheet_bomb()),
        ("million.xlsx", million_empty_rows(&[])),
        ("loop.pdf", pdf_loop()),
        ("bomb.pdf", pdf_bomb()),
        ("deep.html", deep_html()),
        ("half.html", utf16),
        ("polyglot.html", polyglot),
        ("nothing.pdf", b"%PDF-1.7\n".to_vec()),
    ]
}
