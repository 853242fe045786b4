//! A part, element by element.

use std::collections::{BTreeSet, HashSet};

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::{At, Inspector, Wanted, has_digits, tail};
use super::{Part, TELLING, attribute, is_on, unescaped};

impl Inspector<'_> {
    /// Goes through a part; `styles` are those whose text is not seen.
    pub(super) fn walk(
        &mut self,
        xml: &str,
        part: Part,
        hidden: Option<Hidden>,
        styles: &HashSet<String>,
    ) {
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
            outer: Vec::new(),
            fields: Vec::new(),
        };
        walk.read(xml);
    }
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
    /// Paragraphs in which a text box is anchored that is gone through now.
    outer: Vec<(Vec<Piece>, Run, bool)>,
    /// Open fields, from the outside in: what they are told to do, put together
    /// over their runs, and whether it is still being told.
    fields: Vec<Field>,
}

/// A field that is open.
#[derive(Debug)]
struct Field {
    instruction: String,
    is_told: bool,
}

/// Names of places and sizes that drawings write as texts.
fn is_drawn(element: &str) -> bool {
    matches!(
        element,
        "posOffset" | "pctPosHOffset" | "pctPosVOffset" | "pctWidth" | "pctHeight" | "align"
    )
}

/// Elements deeper than this are none that a program wrote.
const ELEMENTS_DEEP_MAX: usize = 512;

impl Walk<'_, '_> {
    fn read(&mut self, xml: &str) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut events = 0u32;
        let mut has_elements = false;
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
                    has_elements = true;
                    let name = tag.local_name().into_inner().to_owned();
                    self.start(&name, &tag);
                    if self.stack.len() >= ELEMENTS_DEEP_MAX {
                        self.inspector.tell(RuleId::Bomb, Spot::Whole, None, "XML");
                        return;
                    }
                    self.stack.push(name);
                }
                Event::Empty(tag) => {
                    has_elements = true;
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
                Event::PI(text) => {
                    let hidden = Some(self.hidden.unwrap_or(Hidden::Machinery));
                    let text = text.to_string();
                    self.inspector
                        .scan(&text, At::Part, hidden, Wanted::Numbers);
                }
                Event::Decl(_) => {}
            }
        }
        self.flush();
        while let Some((pieces, run, unseen)) = self.outer.pop() {
            (self.pieces, self.run, self.unseen_paragraph) = (pieces, run, unseen);
            self.flush();
        }
        while let Some(field) = self.fields.pop() {
            self.instructed(&field.instruction);
        }
        if !has_elements && !xml.trim().is_empty() {
            self.inspector
                .tell(RuleId::Damaged, Spot::Whole, None, "XML");
        }
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
            // Within `pPr` it is of the paragraph's mark, not of its text.
            "vanish" | "specVanish" if is_on(tag) && (self.run.is_open || !self.is_in("pPr")) => {
                self.run.unseen = true;
            }
            "rStyle" if self.is_hiding_style(tag) => self.run.unseen = true,
            "pStyle" if self.is_hiding_style(tag) => self.unseen_paragraph = true,
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
            // A text box stands within a paragraph and is none of its text.
            "txbxContent" => {
                let pieces = std::mem::take(&mut self.pieces);
                self.outer.push((pieces, self.run, self.unseen_paragraph));
                self.run = Run::default();
                self.unseen_paragraph = false;
            }
            "fldSimple" => {
                let told = attribute(tag, "instr").unwrap_or_default();
                self.instructed(&told);
            }
            "fldChar" => self.field(&attribute(tag, "fldCharType").unwrap_or_default()),
            "sld" if attribute(tag, "show").as_deref() == Some("0") => {
                self.inspector
                    .tell(RuleId::HiddenContent, Spot::Whole, Some(Hidden::Slide), "");
                self.hidden = Some(Hidden::Slide);
            }
            "notes" if self.part == Part::Comments => self.counts.comments += 1,
            "ddeLink" => self
                .inspector
                .tell(RuleId::Active, Spot::Whole, None, "DDE"),
            "Relationship" => self.relation(tag),
            _ => {}
        }
        self.attributes(name, tag);
    }

    fn is_hiding_style(&self, tag: &BytesStart<'_>) -> bool {
        attribute(tag, "val").is_some_and(|style| self.styles.contains(&style))
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
        if self.is_in("instrText") || self.is_in("delInstrText") {
            match self.fields.last_mut() {
                Some(field) if !field.is_told => field.instruction.push_str(text),
                _ => self.instructed(text),
            }
        }
        if self.stack.last().is_some_and(|open| is_drawn(open)) {
            let hidden = Some(self.hidden.unwrap_or(Hidden::Machinery));
            self.inspector.scan(text, At::Part, hidden, Wanted::Numbers);
            return;
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

    /// A mark of a field: its begin, the end of what it is told to do, its end.
    fn field(&mut self, mark: &str) {
        match mark {
            "begin" => {
                // What a field is told by another one is not known before.
                let is_reckoned = self
                    .fields
                    .last()
                    .is_some_and(|outer| !outer.is_told && outer.instruction.trim().is_empty());
                if is_reckoned {
                    self.inspector
                        .tell(RuleId::Active, Spot::Whole, None, "{ { } }");
                }
                self.fields.push(Field {
                    instruction: String::new(),
                    is_told: false,
                });
            }
            "separate" => {
                if let Some(field) = self.fields.last_mut() {
                    field.is_told = true;
                    let told = field.instruction.clone();
                    self.instructed(&told);
                }
            }
            "end" => {
                if let Some(field) = self.fields.pop()
                    && !field.is_told
                {
                    self.instructed(&field.instruction);
                }
            }
            _ => {}
        }
    }

    /// What a field does when the document is opened.
    fn instructed(&mut self, instruction: &str) {
        let upper = instruction.trim().to_ascii_uppercase();
        let word = upper
            .split(|c: char| c.is_whitespace() || c == '"' || c == '\\')
            .find(|word| !word.is_empty())
            .unwrap_or_default();
        match word {
            "DDE" | "DDEAUTO" => {
                self.inspector
                    .tell(RuleId::Active, Spot::Whole, None, "DDE");
            }
            "INCLUDEPICTURE" | "INCLUDETEXT" | "IMPORT" | "INCLUDE" | "LINK" | "RD"
                if ["HTTP", "FTP:", "FILE:", "\\\\"]
                    .iter()
                    .any(|begin| upper.contains(begin)) =>
            {
                let word = word.to_owned();
                self.inspector.tell(RuleId::Remote, Spot::Whole, None, word);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "txbxContent" => {
                self.flush();
                if let Some((pieces, run, unseen)) = self.outer.pop() {
                    (self.pieces, self.run, self.unseen_paragraph) = (pieces, run, unseen);
                }
            }
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
            "posOffset" | "t" | "tab" | "br" | "cr" | "rPr" | "delText" | "instrText"
            | "noBreakHyphen" => {}
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
            && whole.starts_with(|c: char| c.is_numeric() || matches!(c, 'x' | 'X'));
        let mut read = whole.clone();
        if goes_on {
            read = format!("{}\n{whole}", self.last);
            self.inspector.scan(&read, at, first, Wanted::Across);
        }
        if self.is_in("tc") {
            self.cell.push(whole);
        }
        self.last = tail(&read).to_owned();
    }
}
