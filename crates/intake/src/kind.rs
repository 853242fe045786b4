//! What a file is, by its content.

use crate::error::IntakeError;
use crate::text;

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A web page.
    Html,
    /// A Word document.
    Docx,
    /// An Excel workbook.
    Xlsx,
    /// A PDF.
    Pdf,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
}

/// Tells the kind; `name` only tells Markdown from text.
pub(crate) fn of(bytes: &[u8], name: &str) -> Result<FileKind, IntakeError> {
    if bytes.is_empty() {
        return Err(IntakeError::Empty);
    }
    let head = &bytes[..bytes.len().min(1024)];
    if find(head, b"%PDF-").is_some() {
        return Ok(FileKind::Pdf);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return crate::zipped::kind(bytes);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // An OLE container: an old .doc or .xls, or an encrypted .docx.
        let encrypted: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return Err(if find(bytes, &encrypted).is_some() {
            IntakeError::Encrypted
        } else {
            IntakeError::UnsupportedKind {
                kind: "DOC / XLS / WPS",
            }
        });
    }
    for (magic, kind) in [
        (&b"\x89PNG"[..], "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"Rar!", "RAR"),
        (b"7z\xbc\xaf", "7z"),
        (b"\x1f\x8b", "GZIP"),
        (b"{\\rtf", "RTF"),
    ] {
        if head.starts_with(magic) {
            return Err(IntakeError::UnsupportedKind { kind });
        }
    }
    let trimmed = head.trim_ascii_start();
    let opens = |tag: &[u8]| {
        trimmed
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    if opens(b"<!doctype html") || opens(b"<html") {
        return Ok(FileKind::Html);
    }
    let start = text::decode(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    let start = start.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    let markup = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<table",
        "<div",
        "<meta",
    ];
    let tags = ["<p>", "<p ", "<td", "<br", "</"];
    if markup.iter().any(|tag| start.contains(tag))
        || (start.starts_with('<') && tags.iter().any(|tag| start.contains(tag)))
    {
        return Ok(FileKind::Html);
    }
    if head.iter().filter(|byte| **byte == 0).count() > 0 && !text::is_utf16(bytes) {
        return Err(IntakeError::UnsupportedKind { kind: "?" });
    }
    let name = name.to_ascii_lowercase();
    Ok(if name.ends_with(".md") || name.ends_with(".markdown") {
        FileKind::Markdown
    } else {
        FileKind::Text
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
