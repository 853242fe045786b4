//! A case file 案卷: everything of a case in one archive, with a table of
//! contents and a digest of each part, so that whoever gets it can check it.
//!
//! The same case gives the same bytes: nothing in it tells when it was made.
//! Names are such as Windows, too, can keep.

use std::io::{Cursor, Write};

use askama::Template;
use gongkai_domain::words::{Message, Words};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::table::{TableError, TableFormat};

/// Why a case file was not made.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// A page of it.
    #[error("a page of the case file could not be rendered")]
    Page(#[from] askama::Error),
    /// Its table of contents.
    #[error("the table of contents could not be written")]
    Table(#[from] TableError),
    /// The archive.
    #[error("the archive could not be written")]
    Archive(#[from] zip::result::ZipError),
    /// The archive, while a part was written.
    #[error("a part could not be written")]
    Part(#[from] std::io::Error),
}

/// Something that stands on a page of the case file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub head: String,
    /// When, and by whom.
    pub when: String,
    /// What is to be known of it.
    pub lines: Vec<String>,
}

/// A stretch of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// A page of the case file, which needs nothing beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Of which case.
    pub of: String,
    /// What stands on it.
    pub sections: Vec<Section>,
}

#[derive(Template)]
#[template(path = "dossier_page.html")]
struct PageView<'a> {
    words: &'a Words,
    page: &'a Page,
}

impl Page {
    /// As HTML.
    ///
    /// # Errors
    /// That it could not be rendered.
    pub fn html(&self, words: &Words) -> Result<Vec<u8>, askama::Error> {
        let page = PageView { words, page: self }.render()?;
        Ok(page.into_bytes())
    }
}

/// A part of the case file.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it lies: folders and name, as [`name`] makes them.
    pub path: String,
    /// What it is.
    pub title: String,
    /// What is to be known of it: with what it came, when.
    pub note: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A case with all its papers.
#[derive(Debug, Clone, Default)]
pub struct Dossier {
    /// Its title.
    pub title: String,
    /// What is told of it first.
    pub facts: Vec<(String, String)>,
    /// Its parts, in order.
    pub parts: Vec<Part>,
    /// What is not in it, and why.
    pub missing: Vec<(String, String)>,
}

/// Signs of a name that are kept; the folders and numbers beside it stay below
/// what Windows allows of a whole path.
const NAME_CHARS_MAX: usize = 60;

/// A name as Windows can keep it: what it forbids is `_`, signs that are not seen
/// are gone, and its ending stays.
pub fn name(given: &str) -> String {
    let is_sly = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
    };
    let seen = given.chars().filter(|c| !is_sly(*c)).map(|c| match c {
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
        c => c,
    });
    let seen: String = seen.collect();
    let seen = seen.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let count = seen.chars().count();
    if count <= NAME_CHARS_MAX {
        return seen.to_owned();
    }
    let ending = match seen.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 8 => format!(".{ending}"),
        _ => String::new(),
    };
    let kept = NAME_CHARS_MAX - ending.chars().count();
    let begin: String = seen.chars().take(kept).collect();
    format!("{}{ending}", begin.trim_end())
}

/// A line of the table of contents.
struct Line {
    number: usize,
    path: String,
    title: String,
    note: String,
    bytes: usize,
    digest: String,
}

#[derive(Template)]
#[template(path = "dossier_contents.html")]
struct ContentsView<'a> {
    words: &'a Words,
    dossier: &'a Dossier,
    lines: &'a [Line],
    count: String,
}

fn lines(dossier: &Dossier) -> Vec<Line> {
    let parts = dossier.parts.iter().zip(1..);
    parts
        .map(|(part, number)| Line {
            number,
            path: part.path.clone(),
            title: part.title.clone(),
            note: part.note.clone(),
            bytes: part.bytes.len(),
            digest: hex::encode(Sha256::digest(&part.bytes)),
        })
        .collect()
}

fn rows(words: &Words, lines: &[Line], missing: &[(String, String)]) -> Vec<Vec<String>> {
    let head = [
        "dossier-number",
        "dossier-part",
        "dossier-path",
        "dossier-note",
        "dossier-bytes",
    ];
    let mut head: Vec<String> = head.into_iter().map(|id| words.text(id)).collect();
    head.push("SHA-256".to_owned());
    let line = |line: &Line| {
        vec![
            line.number.to_string(),
            line.title.clone(),
            line.path.clone(),
            line.note.clone(),
            line.bytes.to_string(),
            line.digest.clone(),
        ]
    };
    let left_out = missing.iter().map(|(title, why)| {
        let none = String::new;
        vec![none(), title.clone(), none(), why.clone(), none(), none()]
    });
    let all = [head].into_iter().chain(lines.iter().map(line));
    all.chain(left_out).collect()
}

impl Dossier {
    /// Packs it: the table of contents as a page and as a workbook, digests in the
    /// form that `sha256sum -c` reads, then every part.
    ///
    /// # Errors
    /// [`DossierError`].
    pub fn packed(&self, words: &Words) -> Result<Vec<u8>, DossierError> {
        let lines = lines(self);
        let count = Message::new("dossier-count").with("count", lines.len());
        let contents = ContentsView {
            words,
            dossier: self,
            lines: &lines,
            count: words.render(&count),
        };
        let contents = contents.render()?.into_bytes();
        let table = TableFormat::Xlsx.write(&rows(words, &lines, &self.missing))?;
        let sums = lines
            .iter()
            .map(|line| format!("{}  {}\n", line.digest, line.path));
        let sums: String = sums.collect();
        let own = words.text("dossier-contents");
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let mut add = |path: &str, bytes: &[u8]| -> Result<(), DossierError> {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::default())
                .unix_permissions(0o644);
            archive.start_file(path, options)?;
            Ok(archive.write_all(bytes)?)
        };
        add(&format!("00 {own}.html"), &contents)?;
        add(&format!("00 {own}.xlsx"), &table)?;
        add("SHA256SUMS.txt", sums.as_bytes())?;
        for part in &self.parts {
            add(&part.path, &part.bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use gongkai_domain::words::Language;

    use super::*;

    fn dossier() -> Dossier {
        Dossier {
            title: "案卷 2026-00001".to_owned(),
            facts: vec![("收件机关".to_owned(), "云溪县水务局".to_owned())],
            parts: vec![Part {
                path: "03 材料/001 =1+1.txt".to_owned(),
                title: "=1+1".to_owned(),
                note: "<b>".to_owned(),
                bytes: b"abc".to_vec(),
            }],
            missing: vec![("a.docm".to_owned(), "没有通过检查".to_owned())],
        }
    }

    #[test]
    fn the_same_case_is_the_same_archive_with_a_digest_of_each_part() {
        let words = Words::of(Language::Chinese);
        let packed = dossier().packed(words).expect("packed");
        assert_eq!(packed, dossier().packed(words).expect("packed"));
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).expect("an archive");
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.expect("a name").into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "00 目录.html",
                "00 目录.xlsx",
                "SHA256SUMS.txt",
                "03 材料/001 =1+1.txt"
            ]
        );
        let mut text = |name: &str| {
            let mut text = String::new();
            let mut part = archive.by_name(name).expect("a part");
            part.read_to_string(&mut text).expect("a text");
            text
        };
        const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            text("SHA256SUMS.txt"),
            format!("{ABC}  03 材料/001 =1+1.txt\n")
        );
        let page = text("00 目录.html");
        assert!(
            page.contains(ABC) && page.contains("没有通过检查"),
            "{page}"
        );
        assert!(!page.contains("<b>") && !page.contains("src="), "{page}");
    }

    #[test]
    fn names_are_such_as_windows_can_keep() {
        for (given, kept) in [
            ("a:b/c\\d?.pdf", "a_b_c_d_.pdf"),
            ("  扫描件.jpg. ", "扫描件.jpg"),
            ("x\u{202e}fdp.exe", "xfdp.exe"),
            ("", ""),
        ] {
            assert_eq!(name(given), kept);
        }
        let long = name(&format!("{}.pdf", "长".repeat(200)));
        assert_eq!(long.chars().count(), NAME_CHARS_MAX);
        assert!(long.ends_with(".pdf"));
    }

    #[test]
    fn a_page_holds_everything_and_no_markup_of_the_text() {
        let page = Page {
            title: "办理经过".to_owned(),
            of: "2026-00001".to_owned(),
            sections: vec![Section {
                title: "<script>".to_owned(),
                facts: vec![("甲".to_owned(), "<i>乙</i>".to_owned())],
                paragraphs: vec!["<p>".to_owned()],
                entries: vec![Entry {
                    head: "<b>".to_owned(),
                    when: "2026-11-23".to_owned(),
                    lines: vec!["<u>".to_owned()],
                }],
            }],
        };
        let html = page.html(Words::of(Language::Chinese)).expect("a page");
        let html = String::from_utf8(html).expect("text");
        for foreign in ["<script>", "<i>", "<p><p>", "<b>", "<u>", "src=", "href="] {
            assert!(!html.contains(foreign), "{foreign}: {html}");
        }
        assert!(html.contains("2026-11-23") && html.contains("&#60;i&#62;乙"));
    }
}
