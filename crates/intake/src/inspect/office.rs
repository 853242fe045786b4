//! Parts of Word, PowerPoint and Excel documents that are XML: paragraphs put
//! together over their runs, with what hides them.
//!
//! Nothing is expanded: a part that declares entities is told and left alone,
//! as the format forbids them (ECMA-376-2, 9.1.1).

use std::collections::{BTreeSet, HashSet};
use std::io::Cursor;

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::kind::{self, Content};
use super::{At, Inspector, Wanted, has_digits, whole_u32};
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
        content: Content,
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
                    unseen_styles = hiding_styles(&text::decode(&bytes));
                }
                _ if name.starts_with("xl/worksheets/") && name.ends_with(".xml") => {
                    let xml = text::decode(&bytes);
                    self.sheet(&xml, &name, &mut book, hidden);
                }
                _ => self.part(
                    &bytes,
                    &name,
                    content,
                    hidden,
                    &unseen_styles,
                    &mut pictures,
                ),
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
    }

    fn part(
        &mut self,
        bytes: &[u8],
        name: &str,
        content: Content,
        hidden: Option<Hidden>,
        unseen_styles: &HashSet<String>,
        pictures: &mut u32,
    ) {
        let lower = name.to_ascii_lowercase();
        let own = lower.rsplit('/').next().unwrap_or_default();
        if own.starts_with("vbaproject") || lower.contains("/activex/") && lower.ends_with(".bin") {
            self.tell(RuleId::Active, Spot::Whole, None, "VBA / ActiveX");
            self.leftovers(bytes, hidden);
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
        {
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Embedded),
                "",
            );
            let inner = embedded(bytes);
            // Its own name says nothing of its kind: `.bin`, mostly.
            self.path.push(String::new());
            if self.path.len() > super::DEPTH_MAX + 1 {
                self.tell(
                    RuleId::Nested,
                    Spot::Whole,
                    None,
                    super::DEPTH_MAX.to_string(),
                );
            } else {
                self.file(inner, "", hidden.or(Some(Hidden::Embedded)));
            }
            self.path.pop();
        } else if lower.ends_with(".xml") || lower.ends_with(".rels") || lower.ends_with(".vml") {
            let xml = text::decode(bytes);
            let part = part_of(name);
            self.walk(&xml, part, hidden, unseen_styles);
        } else if lower.contains("/media/")
            || matches!(
                kind::of(bytes),
                Content::Png | Content::Jpeg | Content::Gif | Content::OtherPicture
            )
        {
            self.picture(bytes, Some(Hidden::Picture));
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
            self.path.push(String::new());
            self.file(bytes, "", hidden);
            self.path.pop();
        } else {
            self.leftovers(bytes, hidden);
        }
        let _ = content;
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

    fn walk(&mut self, xml: &str, part: Part, hidden: Option<Hidden>, styles: &HashSet<String>) {
        let mut walk = Walk {
            inspector: self,
            part,
            hidden,
            styles,
            pieces: Vec::new(),
            paragraph: 0,
            stack: Vec::new(),
            run: Run::default(),
            unseen_paragraph: false,
            cell: Vec::new(),
            row: Vec::new(),
            tables: 0,
            shaded: false,
            last: String::new(),
            counts: Counts::default(),
        };
        walk.read(xml);
    }
}

/// The file within an OLE container of an embedded object, where it is one that
/// can be found by its mark; else the container.
fn embedded(bytes: &[u8]) -> &[u8] {
    if kind::of(bytes) != Content::Ole {
        return bytes;
    }
    // Packages of newer documents lie in one piece.
    match (
        kind::find(bytes, b"PK\x03\x04"),
        kind::find(bytes, b"%PDF-"),
    ) {
        (Some(at), _) | (None, Some(at)) => &bytes[at..],
        (None, None) => bytes,
    }
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

/// How a run is formatted.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    is_open: bool,
    unseen: bool,
    white: bool,
}

/// How often something was met that is told once.
#[derive(Debug, Default)]
struct Counts {
    comments: u32,
    tracked: u32,
    unseen: u32,
    properties: BTreeSet<String>,
}

/// A text of a paragraph with what hides it.
struct Piece {
    text: String,
    hidden: Option<Hidden>,
}

struct Walk<'w, 'a> {
    inspector: &'w mut Inspector<'a>,
    part: Part,
    /// What hides the whole part.
    hidden: Option<Hidden>,
    styles: &'w HashSet<String>,
    pieces: Vec<Piece>,
    paragraph: u32,
    /// Names of the open elements.
    stack: Vec<String>,
    run: Run,
    unseen_paragraph: bool,
    /// Paragraphs of the open cell.
    cell: Vec<String>,
    /// Cells of the open row.
    row: Vec<String>,
    tables: u32,
    /// Whether something dark may lie under the text.
    shaded: bool,
    /// The paragraph before this one.
    last: String,
    counts: Counts,
}

/// Elements deeper than this are none that a program wrote.
const ELEMENTS_DEEP_MAX: usize = 512;

impl Walk<'_, '_> {
    fn read(&mut self, xml: &str) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut events = 0u32;
        loop {
            events = events.wrapping_add(1);
            if events.is_multiple_of(4096) && self.inspector.is_late() {
                return;
            }
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) => {
                    self.inspector
                        .tell(RuleId::Damaged, Spot::Whole, None, "XML");
                    // What was not understood is looked through as it stands.
                    let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
                    let rest = xml.get(at..).unwrap_or_default();
                    self.inspector
                        .scan(rest, At::Part, self.hidden, Wanted::Numbers);
                    break;
                }
            };
            match event {
                Event::Start(tag) => {
                    let name = tag.local_name().into_inner().to_owned();
                    self.start(&name, &tag);
                    if self.stack.len() >= ELEMENTS_DEEP_MAX {
                        self.inspector.tell(RuleId::Bomb, Spot::Whole, None, "XML");
                        return;
                    }
                    self.stack.push(name);
                }
                Event::Empty(tag) => {
                    let name = tag.local_name().into_inner().to_owned();
                    self.start(&name, &tag);
                    self.end(&name);
                }
                Event::End(tag) => {
                    let name = tag.local_name().into_inner().to_owned();
                    while let Some(open) = self.stack.pop() {
                        if open == name {
                            break;
                        }
                    }
                    self.end(&name);
                }
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name: &str = &reference;
                    self.text(&unescaped(&format!("&{name};")));
                }
                Event::Comment(text) => {
                    let hidden = Some(self.hidden.unwrap_or(Hidden::Machinery));
                    self.inspector
                        .scan(&text.xml10_content(), At::Part, hidden, Wanted::All);
                }
                Event::DocType(_) => {
                    self.inspector
                        .tell(RuleId::Entities, Spot::Whole, None, "DOCTYPE");
                    return;
                }
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) => {}
            }
        }
        self.flush();
        self.told();
    }

    /// What stands for the whole part.
    fn told(&mut self) {
        let mut tell = |count: u32, hidden: Hidden| {
            if count > 0 {
                self.inspector.tell(
                    RuleId::HiddenContent,
                    Spot::Whole,
                    Some(hidden),
                    count.to_string(),
                );
            }
        };
        tell(self.counts.comments, Hidden::Comment);
        tell(self.counts.tracked, Hidden::Tracked);
        tell(self.counts.unseen, Hidden::Unseen);
        if !self.counts.properties.is_empty() {
            let names: Vec<&str> = self.counts.properties.iter().map(String::as_str).collect();
            let names = names.join(", ");
            self.inspector.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Properties),
                names,
            );
        }
    }

    fn is_in(&self, name: &str) -> bool {
        self.stack.iter().any(|open| open == name)
    }

    /// What hides the text at hand.
    fn hides(&self) -> Option<Hidden> {
        if self.hidden.is_some() {
            return self.hidden;
        }
        match self.part {
            Part::Comments => return Some(Hidden::Comment),
            Part::Properties => return Some(Hidden::Properties),
            Part::Machinery | Part::Relations => return Some(Hidden::Machinery),
            Part::Word | Part::Slide | Part::Other => {}
        }
        if self.stack.iter().any(|open| {
            matches!(
                open.as_str(),
                "del" | "moveFrom" | "delText" | "delInstrText"
            )
        }) {
            return Some(Hidden::Tracked);
        }
        if self.is_in("instrText") || self.is_in("binData") {
            return Some(Hidden::Machinery);
        }
        let is_white = self.run.white && !self.shaded;
        (self.run.unseen || self.unseen_paragraph || is_white).then_some(Hidden::Unseen)
    }

    fn start(&mut self, name: &str, tag: &BytesStart<'_>) {
        match name {
            "p" => {
                self.flush();
                self.unseen_paragraph = false;
                self.run = Run::default();
            }
            "r" => {
                self.run = Run {
                    is_open: true,
                    ..Run::default()
                };
            }
            "tab" if self.is_in("r") => self.text("\t"),
            "br" | "cr" => self.text("\n"),
            "noBreakHyphen" => self.text("-"),
            "tbl" => self.tables += 1,
            "tr" => self.row.clear(),
            "tc" => {
                self.cell.clear();
                self.shaded = false;
            }
            "shd" | "highlight" => {
                let fill = attribute(tag, "fill").unwrap_or_default();
                self.shaded |=
                    name == "highlight" || !matches!(fill.as_str(), "" | "auto" | "FFFFFF");
            }
            "tblStyle" => self.shaded = true,
            "vanish" | "specVanish" if is_on(tag) => {
                if self.is_in("pPr") && !self.run.is_open {
                    // The mark of the paragraph, not its text.
                } else {
                    self.run.unseen = true;
                }
            }
            "rStyle" | "pStyle" => {
                if attribute(tag, "val").is_some_and(|style| self.styles.contains(&style)) {
                    if name == "rStyle" {
                        self.run.unseen = true;
                    } else {
                        self.unseen_paragraph = true;
                    }
                }
            }
            "color" if self.part == Part::Word && self.run.is_open => {
                let color = attribute(tag, "val").unwrap_or_default();
                self.run.white = color.eq_ignore_ascii_case("FFFFFF") && !self.is_in_styled_table();
            }
            // Half points: smaller than 2 pt nobody reads.
            "sz" if self.part == Part::Word && self.run.is_open => {
                let size: Option<u32> = attribute(tag, "val").and_then(|value| value.parse().ok());
                self.run.unseen |= size.is_some_and(|size| size < 4);
            }
            "ins" | "del" | "moveFrom" | "moveTo" if self.part == Part::Word => {
                self.counts.tracked += 1;
            }
            "comment" | "threadedComment" | "cm" if self.part == Part::Comments => {
                self.counts.comments += 1;
            }
            "sld" if attribute(tag, "show").as_deref() == Some("0") => {
                self.inspector
                    .tell(RuleId::HiddenContent, Spot::Whole, Some(Hidden::Slide), "");
                self.hidden = Some(Hidden::Slide);
            }
            "notes" if self.part == Part::Comments => self.counts.comments += 1,
            "attachedTemplate" | "oleLink" | "ddeLink" => {
                if name == "ddeLink" {
                    self.inspector
                        .tell(RuleId::Remote, Spot::Whole, None, "DDE");
                }
            }
            "Relationship" => self.relation(tag),
            _ => {}
        }
        self.attributes(name, tag);
    }

    fn is_in_styled_table(&self) -> bool {
        self.is_in("tc") && self.shaded
    }

    /// Relations to the outside that are fetched or started on opening.
    fn relation(&mut self, tag: &BytesStart<'_>) {
        let external = attribute(tag, "TargetMode").is_some_and(|mode| mode == "External");
        let kind = attribute(tag, "Type").unwrap_or_default();
        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
        let target = attribute(tag, "Target").unwrap_or_default();
        // Links wait for a click; the rest is fetched by itself.
        let waits = matches!(
            kind.as_str(),
            "hyperlink" | "externalLinkPath" | "externalLinkLongPath" | "xlExternalLinkPath"
        );
        let script = target.to_ascii_lowercase();
        if external && !waits || script.starts_with("javascript:") || script.starts_with("mhtml:") {
            self.inspector.tell(RuleId::Remote, Spot::Whole, None, kind);
        }
    }

    /// Values of attributes: alternative texts, names, what fields default to.
    fn attributes(&mut self, name: &str, tag: &BytesStart<'_>) {
        for a in tag.attributes().with_checks(false).flatten() {
            let value: &str = &a.value;
            if value.len() < 11 || !has_digits(value, 11) {
                continue;
            }
            let key = a.key.local_name().into_inner();
            // Numbers that programs draw for themselves.
            let is_drawn = key.starts_with("rsid")
                || matches!(
                    key,
                    "id" | "paraId"
                        | "textId"
                        | "durableId"
                        | "uid"
                        | "guid"
                        | "uri"
                        | "ext"
                        | "path"
                        | "d"
                        | "points"
                        | "coordsize"
                        | "adj"
                        | "style"
                        | "o"
                        | "spid"
                        | "embed"
                );
            if is_drawn && name != "docPr" && key != "uri" && key != "path" {
                continue;
            }
            let hidden = Some(self.hidden.unwrap_or(Hidden::Machinery));
            let value = unescaped(value);
            self.inspector
                .scan(&value, At::Part, hidden, Wanted::Numbers);
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // Blanks between elements are none of the text.
        let is_blank = text.trim().is_empty();
        if is_blank && !(self.is_in("t") || self.is_in("delText") || text == "\t" || text == "\n") {
            return;
        }
        if self.part == Part::Properties && !is_blank {
            let field = self.stack.last().cloned().unwrap_or_default();
            if TELLING.contains(&field.as_str()) {
                self.counts.properties.insert(field);
            }
        }
        if self.is_in("instrText") && text.trim_start().to_ascii_uppercase().starts_with("DDE") {
            self.inspector
                .tell(RuleId::Remote, Spot::Whole, None, "DDE");
        }
        let hidden = self.hides();
        if hidden == Some(Hidden::Unseen) && !is_blank {
            self.counts.unseen += 1;
        }
        match self.pieces.last_mut() {
            Some(last) if last.hidden == hidden => last.text.push_str(text),
            _ => self.pieces.push(Piece {
                text: text.to_owned(),
                hidden,
            }),
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "si" => self.flush(),
            "r" => self.run = Run::default(),
            "tc" => {
                let cell = std::mem::take(&mut self.cell).join("\n");
                self.row.push(cell);
                self.last.clear();
            }
            "tr" => self.end_row(),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.shaded = false;
            }
            "t" | "tab" | "br" | "cr" | "rPr" | "delText" | "instrText" | "noBreakHyphen" => {}
            // Outside of paragraphs each element is a text of its own.
            _ if !self.is_in("p") && !self.is_in("si") => self.flush(),
            _ => {}
        }
    }

    /// Numbers that reach over cells of a row, or over lines of a cell.
    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if row.len() > 1 && row.iter().map(|cell| cell.len()).sum::<usize>() < 16 * 1024 {
            let row = row.join("\t");
            if has_digits(&row, 11) {
                let at = At::Line(self.paragraph);
                self.inspector.scan(&row, at, self.hidden, Wanted::Across);
            }
        }
        self.last.clear();
    }

    /// The end of a paragraph: each way to read it is scanned, the hidden parts
    /// alone, the shown ones alone, and all of it.
    fn flush(&mut self) {
        if self.pieces.is_empty() {
            return;
        }
        let pieces = std::mem::take(&mut self.pieces);
        self.paragraph += 1;
        let at = At::Line(self.paragraph);
        let wanted = match self.part {
            Part::Machinery | Part::Relations => Wanted::Numbers,
            _ => Wanted::All,
        };
        let first = pieces[0].hidden;
        let is_one = pieces.iter().all(|piece| piece.hidden == first);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        if is_one {
            self.inspector.scan(&whole, at, first, wanted);
        } else {
            let kinds: BTreeSet<Option<Hidden>> = pieces.iter().map(|piece| piece.hidden).collect();
            // The hidden ones first: what is found in both is told as hidden.
            for kind in kinds.into_iter().rev() {
                let text: String = pieces
                    .iter()
                    .filter(|piece| piece.hidden == kind)
                    .map(|piece| piece.text.as_str())
                    .collect();
                self.inspector.scan(&text, at, kind, wanted);
            }
            self.inspector.scan(&whole, at, None, Wanted::Numbers);
        }
        // A number that goes on in the next paragraph.
        let goes_on = self.last.ends_with(|c: char| c.is_numeric())
            && whole.starts_with(|c: char| c.is_numeric());
        if goes_on {
            let both = format!("{}\n{whole}", self.last);
            self.inspector.scan(&both, at, first, Wanted::Across);
        }
        if self.is_in("tc") {
            self.cell.push(whole.clone());
        }
        self.last = tail(&whole).to_owned();
        let _ = whole_u32(0);
    }
}

/// The end of a paragraph, as much as is asked around a number.
fn tail(text: &str) -> &str {
    let mut at = text.len().saturating_sub(96);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    &text[at..]
}
