//! Feeds made-up bytes to one reader, chosen by `GONGKAI_FUZZ`: html, docx,
//! xlsx, pdf, markdown, text, package, mail or report. `cargo xtask fuzz` runs all.
//!
//! A panic inside a library that its reader catches and puts into words is no
//! find; one that leaves the reader is.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use gongkai_domain::report::audit::{Beside, audit};
use gongkai_domain::report::document::Document;
use gongkai_domain::report::reading::Reading;
use gongkai_intake::Limits;
use libfuzzer_sys::fuzz_target;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("GONGKAI_FUZZ").unwrap_or_else(|_| "html".to_owned()));

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, options).expect("a part");
        writer.write_all(bytes).expect("its bytes");
    }
    writer.finish().expect("a package").into_inner()
}

const WORD: &[u8] = b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/word/document.xml' ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>";
const SHEETS: &[u8] = b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>";
const ROOT: &[u8] = b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>";
const BOOK: &[u8] = b"<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='s' sheetId='1' r:id='r1'/></sheets></workbook>";
const TO_SHEET: &[u8] = b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/></Relationships>";

fuzz_target!(init: {
    // The fuzzer's own hook ends the process before a reader could catch.
    std::panic::set_hook(Box::new(|_| {}));
}, |data: &[u8]| {
    let (name, bytes) = match TARGET.as_str() {
        "docx" => (
            "x.docx",
            package(&[("[Content_Types].xml", WORD), ("word/document.xml", data)]),
        ),
        "xlsx" => (
            "x.xlsx",
            package(&[
                ("[Content_Types].xml", SHEETS),
                ("_rels/.rels", ROOT),
                ("xl/workbook.xml", BOOK),
                ("xl/_rels/workbook.xml.rels", TO_SHEET),
                ("xl/worksheets/sheet1.xml", data),
            ]),
        ),
        "package" => ("x.zip", [&b"PK\x03\x04"[..], data].concat()),
        "pdf" => ("x.pdf", [&b"%PDF-1.7\n"[..], data].concat()),
        "html" => ("x.html", [&b"<!doctype html>"[..], data].concat()),
        "markdown" => ("x.md", data.to_vec()),
        "mail" => {
            let read = gongkai_intake::mail::read(data, &Limits::default(), &|| false);
            std::hint::black_box(read.is_ok());
            return;
        }
        "report" => {
            let text = String::from_utf8_lossy(data);
            let reading = Reading::of(Document::from_text(&text));
            std::hint::black_box(audit(&reading, Beside::default()));
            return;
        }
        _ => ("x.txt", data.to_vec()),
    };
    let limits = Limits {
        unpacked_bytes_max: 32 * 1024 * 1024,
        ..Limits::default()
    };
    let read = gongkai_intake::read(&bytes, name, &limits, &|| false);
    std::hint::black_box(read.is_ok());
});
