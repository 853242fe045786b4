//! Parts of Word, PowerPoint and Excel documents that are XML: paragraphs put
//! together over their runs, with what hides them.
//!
//! Nothing is expanded: a part that declares entities is told and left alone,
//! as the format forbids them (ECMA-376-2, 9.1.1).

mod walk;

use std::collections::HashSet;
use std::io::Cursor;

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::kind::{self, Content};
use super::{At, Inspector, Wanted};
use crate::text;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Text of a Word document: main part, heads and feet, notes.
    Word,
    /// A slide.
    Slide,
    /// Remarks beside the text.
    Comments,
    /// Properties of the document.
    Properties,
    /// Relations to other parts and to the outside.
    Relations,
    /// What only programs read.
    Machinery,
    /// Any other XML: its text is scanned as prose.
    Other,
}

/// Fields of properties that tell of people, and those that offices fill.
const TELLING: [&str; 12] = [
    "creator",
    "lastModifiedBy",
    "Company",
    "Manager",
    "keywords",
    "description",
    "subject",
    "category",
    "contentStatus",
    "HyperlinkBase",
    "lpwstr",
    "identifier",
];

fn part_of(name: &str) -> Part {
    let lower = name.to_ascii_lowercase();
    let own = lower.rsplit('/').next().unwrap_or_default();
    if lower.ends_with(".rels") {
        Part::Relations
    } else if lower.starts_with("docprops/") {
        Part::Properties
    } else if own.contains("comment") || lower.contains("/persons/") || own.starts_with("people") {
        Part::Comments
    } else if lower.starts_with("word/")
        && ["document", "header", "footer", "footnotes", "endnotes"]
            .iter()
            .any(|begin| own.starts_with(begin))
        || lower.starts_with("word/glossary/document")
    {
        Part::Word
    } else if lower.starts_with("ppt/slides/") {
        Part::Slide
    } else if lower.starts_with("ppt/notesslides/") {
        Part::Comments
    } else if lower.starts_with("xl/drawings/") || lower.starts_with("ppt/") {
        Part::Other
    } else {
        Part::Machinery
    }
}

/// The value of an attribute, by its local name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes()
        .with_checks(false)
        .flatten()
        .find_map(|a| (a.key.local_name().into_inner() == name).then(|| unescaped(&a.value)))
}

/// The five entities of XML and characters by their number; nothing else.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';').filter(|end| *end <= 12) else {
            plain.push('&');
            rest = &rest[1..];
            continue;
        };
        let name = &rest[1..end];
        let code = name.strip_prefix('#').and_then(|code| {
            let number = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => code.parse(),
            };
            number.ok().and_then(char::from_u32)
        });
        match (name, code) {
            ("lt", _) => plain.push('<'),
            ("gt", _) => plain.push('>'),
            ("amp", _) => plain.push('&'),
            ("quot", _) => plain.push('"'),
            ("apos", _) => plain.push('\''),
            (_, Some(c)) => plain.push(c),
            _ => plain.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    plain
}

impl Inspector<'_> {
    /// A document of parts.
    pub(super) fn document(
        &mut self,
        archive: &mut ZipArchive<Cursor<&[u8]>>,
        hidden: Option<Hidden>,
    ) {
        let mut book = super::sheet::Book::default();
        let mut unseen_styles = HashSet::new();
        // What the other parts are read by comes first.
        let names: Vec<(usize, String)> = (0..archive.len())
            .filter_map(|index| {
                let name = archive.name_for_index(index)?.ok()?.into_owned();
                Some((index, name))
            })
            .collect();
        let first = |name: &str| {
            matches!(
                name,
                "xl/workbook.xml"
                    | "xl/_rels/workbook.xml.rels"
                    | "xl/sharedStrings.xml"
                    | "word/styles.xml"
            )
        };
        let mut ordered: Vec<&(usize, String)> = names.iter().filter(|(_, n)| first(n)).collect();
        ordered.sort_by_key(|(_, name)| match name.as_str() {
            "xl/workbook.xml" => 0,
            "xl/_rels/workbook.xml.rels" => 1,
            _ => 2,
        });
        ordered.extend(names.iter().filter(|(_, n)| !first(n)));
        let seen: HashSet<usize> = names.iter().map(|(index, _)| *index).collect();
        let unnamed: Vec<(usize, String)> = (0..archive.len())
            .filter(|index| !seen.contains(index))
            .map(|index| (index, String::new()))
            .collect();
        ordered.extend(unnamed.iter());
        let mut pictures = 0;
        for (index, _) in ordered {
            if self.is_late() {
                return;
            }
            let Some((name, bytes)) = self.entry(archive, *index) else {
                continue;
            };
            let shown = self.shown_name(&name);
            self.path.push(shown);
            match name.as_str() {
                _ if is_a_file(&bytes) => {
                    self.part(&bytes, &name, hidden, &unseen_styles, &mut pictures);
                }
                "[Content_Types].xml" => self.content_types(&bytes),
                "xl/workbook.xml" => {
                    let xml = text::decode(&bytes);
                    self.book(&xml, &mut book);
                }
                "xl/_rels/workbook.xml.rels" => {
                    let xml = text::decode(&bytes);
                    book.targets(&xml);
                    self.office_part(&xml, &name, Part::Relations, hidden);
                }
                "xl/sharedStrings.xml" => {
                    let xml = text::decode(&bytes);
                    self.shared(&xml, &mut book);
                }
                "word/styles.xml" => {
                    let xml = text::decode(&bytes);
                    unseen_styles = hiding_styles(&xml);
                    self.walk(&xml, Part::Machinery, hidden, &HashSet::new());
                }
                _ if name.starts_with("xl/worksheets/") && name.ends_with(".xml") => {
                    let xml = text::decode(&bytes);
                    self.sheet(&xml, &name, &mut book, hidden);
                }
                _ => self.part(&bytes, &name, hidden, &unseen_styles, &mut pictures),
            }
            self.path.pop();
        }
        self.leftover_strings(&book, hidden);
    }

    fn content_types(&mut self, bytes: &[u8]) {
        let xml = text::decode(bytes);
        if xml.contains("<!DOCTYPE") || xml.contains("<!ENTITY") {
            self.tell(RuleId::Entities, Spot::Whole, None, "DOCTYPE");
        }
        if xml.contains("macroEnabled") || xml.contains("vbaProject") {
            self.tell(RuleId::Active, Spot::Whole, None, "VBA");
        }
        if !xml.contains("<!DOCTYPE") {
            self.walk(&xml, Part::Machinery, None, &HashSet::new());
        }
    }

    fn part(
        &mut self,
        bytes: &[u8],
        name: &str,
        hidden: Option<Hidden>,
        unseen_styles: &HashSet<String>,
        pictures: &mut u32,
    ) {
        let lower = name.to_ascii_lowercase();
        let own = lower.rsplit('/').next().unwrap_or_default();
        if own.starts_with("vbaproject") || lower.contains("/activex/") && lower.ends_with(".bin") {
            self.tell(RuleId::Active, Spot::Whole, None, "VBA / ActiveX");
            self.leftovers(bytes, hidden);
        } else if lower.starts_with("xl/macrosheets/") {
            self.tell(RuleId::Active, Spot::Whole, None, "XLM");
            let xml = text::decode(bytes);
            self.walk(&xml, Part::Other, hidden, unseen_styles);
        } else if own.starts_with("thumbnail") {
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Thumbnail),
                "",
            );
            self.picture(bytes, Some(Hidden::Thumbnail));
        } else if lower.contains("/embeddings/")
            || lower.ends_with(".bin") && lower.contains("oleobject")
            || is_a_file(bytes)
        {
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Embedded),
                "",
            );
            if kind::of(bytes) == Content::Ole {
                self.object_in_container(bytes, hidden);
            } else {
                self.embedded(bytes, hidden);
            }
        } else if lower.ends_with(".xml") || lower.ends_with(".rels") || lower.ends_with(".vml") {
            let xml = text::decode(bytes);
            // The main part may be called anything.
            let part = match part_of(name) {
                Part::Machinery | Part::Other if is_main(&xml) => Part::Word,
                part => part,
            };
            self.walk(&xml, part, hidden, unseen_styles);
        } else if lower.contains("/media/")
            || matches!(
                kind::of(bytes),
                Content::Png | Content::Jpeg | Content::Gif | Content::OtherPicture
            )
        {
            self.picture(bytes, Some(Hidden::Picture));
            let content = kind::of(bytes);
            if let Some(other) = kind::polyglot(bytes, content) {
                let shown = format!("{} + {other}", content.label());
                self.tell(RuleId::Polyglot, Spot::Whole, None, shown);
            }
            if super::picture::may_hold_text(bytes) {
                *pictures += 1;
                self.tell(
                    RuleId::UnreadPicture,
                    Spot::Whole,
                    None,
                    super::picture::size_text(bytes),
                );
            }
        } else if kind::of(bytes) == Content::Program {
            self.tell(RuleId::Program, Spot::Whole, None, "EXE");
        } else if lower.contains("afchunk")
            || lower.ends_with(".html")
            || lower.ends_with(".htm")
            || lower.ends_with(".mht")
            || lower.ends_with(".txt")
            || lower.ends_with(".rtf")
        {
            // Alternative contents are shown as if they were typed.
            self.embedded(bytes, hidden);
        } else if matches!(
            kind::of(bytes),
            Content::Xml | Content::Html | Content::Svg | Content::Text
        ) && !bytes.is_empty()
        {
            // Which part is which is said elsewhere: by its name it is none.
            let xml = text::decode(bytes);
            if xml
                .trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t'])
                .starts_with('<')
            {
                let part = if is_main(&xml) {
                    Part::Word
                } else {
                    Part::Other
                };
                self.walk(&xml, part, hidden, unseen_styles);
            } else {
                let own = hidden.or(Some(Hidden::Machinery));
                self.scan(&xml, At::Lines, own, Wanted::All);
            }
        } else {
            self.leftovers(bytes, hidden);
            // Settings of printers and fonts hold no words of the document.
            let is_known = lower.contains("printersettings")
                || [".odttf", ".ttf", ".fntdata", ".psdcp", "origin.sigs"]
                    .iter()
                    .any(|ending| lower.ends_with(ending));
            if !is_known && !bytes.is_empty() {
                self.tell(RuleId::UnreadKind, Spot::Whole, hidden, "?");
            }
        }
    }

    /// A file that is a part. Its own name says nothing of its kind: `.bin`,
    /// mostly.
    pub(super) fn embedded(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        self.path.push(String::new());
        if self.path.len() > super::DEPTH_MAX + 1 {
            let most = super::DEPTH_MAX.to_string();
            self.tell(RuleId::Nested, Spot::Whole, None, most);
        } else {
            self.file(bytes, "", hidden.or(Some(Hidden::Embedded)));
        }
        self.path.pop();
    }

    /// A part of its own, as where an archive of another kind holds XML.
    pub(super) fn office_part(
        &mut self,
        xml: &str,
        _name: &str,
        part: Part,
        hidden: Option<Hidden>,
    ) {
        self.walk(xml, part, hidden, &HashSet::new());
    }
}

/// Whether a part is the text of a Word document, whatever it is called.
fn is_main(xml: &str) -> bool {
    let head = &xml[..xml.floor_char_boundary(8192)];
    head.contains("wordprocessingml") && head.contains("body>")
}

/// Whether a part is a file of its own, whatever it is called.
fn is_a_file(bytes: &[u8]) -> bool {
    matches!(
        kind::of(bytes),
        Content::Docx
            | Content::Xlsx
            | Content::Pptx
            | Content::Zip
            | Content::Ofd
            | Content::Odf
            | Content::Pdf
            | Content::Ole
            | Content::Packed
    )
}

/// Styles whose text is not seen.
fn hiding_styles(xml: &str) -> HashSet<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut styles = HashSet::new();
    let mut current = None;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().into_inner() {
                "style" => current = attribute(&tag, "styleId"),
                "vanish" if is_on(&tag) => styles.extend(current.clone()),
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    styles
}

/// A property that is there and not switched off.
fn is_on(tag: &BytesStart<'_>) -> bool {
    !matches!(
        attribute(tag, "val").as_deref(),
        Some("0" | "false" | "off")
    )
}
