//! What a file is by its content, whether its name says the same, and whether
//! it is two things at once.

use std::io::Cursor;

use zip::ZipArchive;

use crate::text;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Pdf,
    Docx,
    Xlsx,
    Pptx,
    Ofd,
    Odf,
    Zip,
    Html,
    Svg,
    Xml,
    Text,
    Png,
    Jpeg,
    Gif,
    OtherPicture,
    Ole,
    Rtf,
    /// Archives that are not opened here.
    Packed,
    Program,
    Unknown,
}

impl Content {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
            Self::Xlsx => "XLSX",
            Self::Pptx => "PPTX",
            Self::Ofd => "OFD",
            Self::Odf => "ODF",
            Self::Zip => "ZIP",
            Self::Html => "HTML",
            Self::Svg => "SVG",
            Self::Xml => "XML",
            Self::Text => "TXT",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::OtherPicture => "BMP / TIFF / WEBP",
            Self::Ole => "DOC / XLS / PPT / WPS",
            Self::Rtf => "RTF",
            Self::Packed => "RAR / 7Z / GZ",
            Self::Program => "EXE",
            Self::Unknown => "?",
        }
    }

    /// Whether a name's ending goes with the content. Names without an ending,
    /// or with one that nobody knows, promise nothing.
    pub(super) fn fits(self, name: &str) -> bool {
        let ending = ending(name);
        let kinds: &[Self] = match ending.as_str() {
            "pdf" => &[Self::Pdf],
            "docx" => &[Self::Docx],
            "xlsx" => &[Self::Xlsx],
            "pptx" => &[Self::Pptx],
            "ofd" => &[Self::Ofd],
            "odt" | "ods" | "odp" => &[Self::Odf],
            "zip" => &[
                Self::Zip,
                Self::Docx,
                Self::Xlsx,
                Self::Pptx,
                Self::Ofd,
                Self::Odf,
            ],
            "html" | "htm" | "xhtml" => &[Self::Html, Self::Xml, Self::Text],
            "svg" => &[Self::Svg],
            "xml" => &[Self::Xml, Self::Svg, Self::Html],
            "txt" | "csv" | "md" | "log" | "json" => &[Self::Text, Self::Html, Self::Xml],
            "png" => &[Self::Png],
            "jpg" | "jpeg" | "jpe" => &[Self::Jpeg],
            "gif" => &[Self::Gif],
            "bmp" | "tif" | "tiff" | "webp" => &[Self::OtherPicture],
            "doc" | "xls" | "ppt" | "wps" | "et" | "dps" => &[Self::Ole],
            "rtf" => &[Self::Rtf],
            "rar" | "7z" | "gz" | "tgz" | "xz" | "bz2" => &[Self::Packed],
            _ => return self != Self::Program || ending.is_empty(),
        };
        kinds.contains(&self)
    }
}

/// What follows the last dot, in lower case.
pub(super) fn ending(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= 8 => ending.to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// Whether browsers take a file for a page by its name, whatever is in it.
pub(super) fn is_page(name: &str) -> bool {
    matches!(
        ending(name).as_str(),
        "html" | "htm" | "xhtml" | "xht" | "shtml" | "svg"
    )
}

/// Whether a text is a letter or a page with its parts in one, as MIME packs
/// them (RFC 2045).
pub(super) fn is_letter(name: &str, text: &str) -> bool {
    let head = text[..text.floor_char_boundary(4096)].to_ascii_lowercase();
    matches!(ending(name).as_str(), "eml" | "mht" | "mhtml" | "emlx")
        || head.lines().any(|line| {
            line.starts_with("mime-version:") || line.starts_with("content-type: multipart/")
        })
}

/// Endings that systems start when they are opened.
pub(super) fn starts_something(name: &str) -> bool {
    matches!(
        ending(name).as_str(),
        "exe"
            | "com"
            | "bat"
            | "cmd"
            | "scr"
            | "pif"
            | "msi"
            | "dll"
            | "vbs"
            | "vbe"
            | "js"
            | "jse"
            | "wsf"
            | "wsh"
            | "hta"
            | "ps1"
            | "lnk"
            | "reg"
            | "jar"
            | "cpl"
            | "chm"
            | "sh"
            | "jsp"
            | "php"
            | "asp"
            | "aspx"
            | "iso"
            | "img"
            | "url"
    )
}

/// Signs that are not seen and change how a line is read.
pub(super) fn is_sly(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
}

/// Names of devices, which Windows opens in their place.
const DEVICES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"];
/// The longest name that file systems keep.
const NAME_BYTES_MAX: usize = 255;

/// Whether a name means harm or cannot be kept: ways out of a folder, signs
/// that are not seen, devices, programs.
pub(super) fn is_odd(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let upper = stem.to_ascii_uppercase();
    let is_port = upper.len() == 4
        && (upper.starts_with("COM") || upper.starts_with("LPT"))
        && upper.ends_with(|c: char| c.is_ascii_digit());
    name.trim().is_empty()
        || name.len() > NAME_BYTES_MAX
        || name.chars().any(is_sly)
        || name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
        || name.ends_with(['.', ' '])
        || name == ".."
        || DEVICES.contains(&upper.as_str())
        || is_port
        || starts_something(name)
}

/// Where some bytes begin.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

/// What a file is, by its first bytes and, for packed ones, its entries.
pub(super) fn of(bytes: &[u8]) -> Content {
    let head = &bytes[..bytes.len().min(1024)];
    for (magic, content) in [
        (&b"\x89PNG\r\n\x1a\n"[..], Content::Png),
        (b"\xff\xd8\xff", Content::Jpeg),
        (b"GIF87a", Content::Gif),
        (b"GIF89a", Content::Gif),
        (b"II*\0", Content::OtherPicture),
        (b"MM\0*", Content::OtherPicture),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content::Ole),
        (b"{\\rtf", Content::Rtf),
        (b"Rar!\x1a\x07", Content::Packed),
        (b"7z\xbc\xaf\x27\x1c", Content::Packed),
        (b"\x1f\x8b", Content::Packed),
        (b"BZh", Content::Packed),
        (b"\xfd7zXZ\0", Content::Packed),
        (b"\x28\xb5\x2f\xfd", Content::Packed),
        (b"\x7fELF", Content::Program),
        (b"#!/", Content::Program),
        (b"L\0\0\0\x01\x14\x02\0", Content::Program),
    ] {
        if head.starts_with(magic) {
            return content;
        }
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
        || head.starts_with(b"BM") && head.get(6..10) == Some(b"\0\0\0\0")
    {
        return Content::OtherPicture;
    }
    if head.starts_with(b"MZ") && bytes.len() > 64 && head.contains(&0) {
        return Content::Program;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return packed(bytes);
    }
    if find(head, b"%PDF-").is_some() {
        return Content::Pdf;
    }
    markup(bytes)
}

/// Directories of more entries than this are not read to tell the kind.
const DIRECTORY_MAX: u64 = 20_000;

/// What an archive is, by the names in its directory; of one that is damaged, by
/// the names that stand in its bytes. A document within an archive, not packed
/// once more, makes no document of the archive.
fn packed(bytes: &[u8]) -> Content {
    let archive = (super::packed::claimed_entries(bytes) <= DIRECTORY_MAX)
        .then(|| ZipArchive::new(Cursor::new(bytes)).ok())
        .flatten();
    let has = |name: &str| match &archive {
        Some(archive) => archive
            .file_names_raw()
            .any(|own| own.starts_with(name.as_bytes())),
        None => find(bytes, name.as_bytes()).is_some(),
    };
    if has("[Content_Types].xml") {
        if has("word/document") {
            return Content::Docx;
        } else if has("xl/workbook") {
            return Content::Xlsx;
        } else if has("ppt/presentation") {
            return Content::Pptx;
        }
    }
    if has("word/document.xml") {
        Content::Docx
    } else if has("xl/workbook.xml") {
        Content::Xlsx
    } else if has("OFD.xml") {
        Content::Ofd
    } else if has("META-INF/manifest.xml") && has("content.xml") {
        Content::Odf
    } else {
        Content::Zip
    }
}

fn markup(bytes: &[u8]) -> Content {
    let head = &bytes[..bytes.len().min(4096)];
    let is_wide = text::is_utf16(bytes);
    // A zero anywhere is none of a text.
    if !is_wide && memchr::memchr(0, bytes).is_some() {
        return Content::Unknown;
    }
    let decoded = text::decode(head);
    if is_wide && text::odd_percent(&decoded) > 2 {
        return Content::Unknown;
    }
    let start = decoded.to_ascii_lowercase();
    let start = start.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if start.contains("<svg")
        && (start.starts_with("<svg")
            || start.starts_with("<?xml")
            || start.starts_with("<!doctype svg"))
    {
        return Content::Svg;
    }
    let tags = ["<!doctype html", "<html", "<head", "<body"];
    if tags.iter().any(|tag| start.contains(tag)) {
        return Content::Html;
    }
    if start.starts_with("<?xml") {
        return Content::Xml;
    }
    // Whatever begins with an element or a remark is drawn as a page by browsers
    // that look at the content.
    let mut signs = start.chars();
    if signs.next() == Some('<')
        && (signs.next().is_some_and(|c| c.is_ascii_alphabetic()) || start.starts_with("<!"))
    {
        return Content::Html;
    }
    // A text in whatever encoding has few signs that only programs write.
    let odd = head
        .iter()
        .filter(|b| matches!(b, 1..=8 | 14..=26 | 28..=31))
        .count();
    if odd * 50 > head.len() && !is_wide {
        return Content::Unknown;
    }
    Content::Text
}

/// What else a file is, if it is two things: a reader of one kind sees one, a
/// reader of the other kind the other.
pub(super) fn polyglot(bytes: &[u8], content: Content) -> Option<&'static str> {
    let is_archive = matches!(
        content,
        Content::Zip | Content::Docx | Content::Xlsx | Content::Pptx | Content::Ofd | Content::Odf
    );
    let tail = &bytes[bytes.len().saturating_sub(66 * 1024)..];
    // The directory of an archive stands at its end, so one can be put behind
    // anything.
    let may_be_appended_to = !is_archive && content != Content::Ole && content != Content::Packed;
    if may_be_appended_to
        && let Some(at) = memchr::memmem::rfind(tail, b"PK\x05\x06")
        && tail.len() - at >= 22
        && find(bytes, b"PK\x01\x02").is_some()
        && find(bytes, b"PK\x03\x04").is_some()
        && is_at_the_end(tail, at)
    {
        return Some("ZIP");
    }
    let head = &bytes[..bytes.len().min(1024)];
    match content {
        Content::Pdf => {
            // Readers allow bytes before the mark; other readers take those.
            let at = find(head, b"%PDF-").unwrap_or(0);
            let before = &bytes[..at];
            let is_blank = before.iter().all(u8::is_ascii_whitespace) || before == b"\xef\xbb\xbf";
            if !is_blank {
                return Some("?");
            }
            let lower: Vec<u8> = head.to_ascii_lowercase();
            [&b"<script"[..], b"<html", b"<?php"]
                .iter()
                .any(|tag| find(&lower, tag).is_some())
                .then_some("HTML")
        }
        Content::Png | Content::Jpeg | Content::Gif | Content::OtherPicture => {
            let end = super::picture::end(bytes).unwrap_or(bytes.len());
            let behind = &bytes[end.min(bytes.len())..];
            let lower = behind.to_ascii_lowercase();
            if [&b"<script"[..], b"<html", b"<?php", b"<svg"]
                .iter()
                .any(|tag| find(&lower, tag).is_some())
            {
                return Some("HTML");
            }
            if find(behind, b"%PDF-").is_some() {
                return Some("PDF");
            }
            for (magic, kind) in [
                (&b"PK\x03\x04"[..], "ZIP"),
                (b"Rar!\x1a\x07", "RAR"),
                (b"7z\xbc\xaf\x27\x1c", "7Z"),
                (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOC"),
            ] {
                if find(behind, magic).is_some() {
                    return Some(kind);
                }
            }
            let head = head.to_ascii_lowercase();
            [&b"<script"[..], b"<html"]
                .iter()
                .any(|tag| find(&head, tag).is_some())
                .then_some("HTML")
        }
        _ if is_archive => {
            // A mark of another kind before the first entry, or within reach of
            // a reader that looks for it.
            let first = find(bytes, b"PK\x03\x04").unwrap_or(0);
            if first > 0 {
                return Some("?");
            }
            find(head, b"%PDF-").map(|_| "PDF")
        }
        _ => None,
    }
}

/// Whether the end of a directory is where the file ends, but for its remark.
fn is_at_the_end(tail: &[u8], at: usize) -> bool {
    let remark = tail.get(at + 20..at + 22).map_or(0, |pair| {
        usize::from(u16::from_le_bytes([pair[0], pair[1]]))
    });
    // Some readers allow bytes behind it.
    at + 22 + remark <= tail.len()
}
