//! What the sheets of a workbook have in common: their list, and the strings
//! that cells point to.

use std::collections::HashMap;

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::super::office::{Part, attribute, unescaped};
use super::super::{At, Inspector, Wanted};
use super::is_piece;

/// Stands between texts that have nothing to do with one another.
const APART: char = '\u{1f}';
/// A sheet as the workbook lists it.
#[derive(Debug)]
struct Listed {
    name: String,
    relation: String,
    is_hidden: bool,
}

/// What the sheets of a workbook have in common.
#[derive(Debug, Default)]
pub(in crate::inspect) struct Book {
    sheets: Vec<Listed>,
    /// Part by relation.
    targets: HashMap<String, String>,
    /// All shared strings, one after another.
    strings: String,
    /// Where each begins; it ends where the next one's mark stands.
    starts: Vec<usize>,
    /// What is known of each.
    pub(super) notes: Vec<Note>,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Note {
    pub(super) has_hits: bool,
    pub(super) is_piece: bool,
    pub(super) is_used: bool,
}

impl Book {
    /// Reads the relations of the workbook.
    pub(in crate::inspect) fn targets(&mut self, xml: &str) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    if let (Some(id), Some(target)) =
                        (attribute(&tag, "Id"), attribute(&tag, "Target"))
                    {
                        let target = target.trim_start_matches('/');
                        let target = target.strip_prefix("xl/").unwrap_or(target);
                        self.targets.insert(id, format!("xl/{target}"));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }

    pub(super) fn string(&self, index: usize) -> &str {
        let start = self.starts.get(index).copied().unwrap_or(0);
        let next = self.starts.get(index + 1).copied();
        let end = next.map_or(self.strings.len(), |next| next - APART.len_utf8());
        self.strings.get(start..end).unwrap_or_default()
    }

    /// Name of the sheet in a part, and whether it is hidden.
    pub(super) fn listed(&self, part: &str) -> (String, bool) {
        let found = self
            .sheets
            .iter()
            .find(|sheet| self.targets.get(&sheet.relation).is_some_and(|t| t == part));
        match found {
            Some(sheet) => (sheet.name.clone(), sheet.is_hidden),
            None => (
                part.rsplit('/').next().unwrap_or_default().to_owned(),
                false,
            ),
        }
    }
}

impl Inspector<'_> {
    /// The list of sheets; names that the workbook gives to cells.
    pub(in crate::inspect) fn book(&mut self, xml: &str, book: &mut Book) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) | Event::Empty(tag)
                    if tag.local_name().into_inner() == "sheet" =>
                {
                    let name = attribute(&tag, "name").unwrap_or_default();
                    let state = attribute(&tag, "state").unwrap_or_default();
                    let is_hidden = matches!(state.as_str(), "hidden" | "veryHidden");
                    if is_hidden {
                        let shown = self.shown_name(&name);
                        self.tell(
                            RuleId::HiddenContent,
                            Spot::Whole,
                            Some(Hidden::Sheet),
                            shown,
                        );
                    }
                    let hidden = is_hidden.then_some(Hidden::Sheet);
                    self.scan(&name, At::Part, hidden, Wanted::All);
                    book.sheets.push(Listed {
                        name: self.shown_name(&name),
                        relation: attribute(&tag, "id").unwrap_or_default(),
                        is_hidden,
                    });
                }
                Event::Eof => break,
                _ => {}
            }
        }
        self.office_part(xml, "", Part::Machinery, None);
    }

    /// The strings that cells point to.
    pub(in crate::inspect) fn shared(&mut self, xml: &str, book: &mut Book) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let (mut in_text, mut in_phonetic) = (false, false);
        let mut phonetic = String::new();
        let strings = &mut book.strings;
        strings.reserve(xml.len() / 2);
        let mut count = 0u32;
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => match tag.local_name().into_inner() {
                    "si" => {
                        phonetic.push(APART);
                        if !book.starts.is_empty() {
                            strings.push(APART);
                        }
                        book.starts.push(strings.len());
                        count += 1;
                        if count.is_multiple_of(4096) && self.is_late() {
                            return;
                        }
                    }
                    "t" => in_text = !in_phonetic,
                    "rPh" => in_phonetic = true,
                    _ => {}
                },
                Ok(Event::Empty(tag)) if tag.local_name().into_inner() == "si" => {
                    if !book.starts.is_empty() {
                        strings.push(APART);
                    }
                    book.starts.push(strings.len());
                }
                Ok(Event::End(tag)) => match tag.local_name().into_inner() {
                    "t" => in_text = false,
                    "rPh" => in_phonetic = false,
                    _ => {}
                },
                // How a name is read aloud is text too.
                Ok(Event::Text(text)) if in_phonetic => phonetic.push_str(&text.xml10_content()),
                Ok(Event::Comment(text)) => {
                    phonetic.push(APART);
                    phonetic.push_str(&text.xml10_content());
                }
                Ok(Event::Text(text)) if in_text => strings.push_str(&text.xml10_content()),
                Ok(Event::CData(text)) if in_text => strings.push_str(&text.xml10_content()),
                Ok(Event::GeneralRef(reference)) if in_text => {
                    let name: &str = &reference;
                    strings.push_str(&unescaped(&format!("&{name};")));
                }
                Ok(Event::DocType(_)) => {
                    self.tell(RuleId::Entities, Spot::Whole, None, "DOCTYPE");
                    break;
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(_) => {
                    self.tell(RuleId::Damaged, Spot::Whole, None, "XML");
                    break;
                }
            }
        }
        self.scan(&phonetic, At::Part, Some(Hidden::Machinery), Wanted::All);
        book.notes = vec![Note::default(); book.starts.len()];
        let mut hits = Vec::new();
        self.scanner.scan(&book.strings, &mut hits);
        for hit in hits {
            let index = book
                .starts
                .partition_point(|start| *start <= hit.range.start);
            if let Some(note) = book.notes.get_mut(index.saturating_sub(1)) {
                note.has_hits = true;
            }
        }
        for index in 0..book.starts.len() {
            book.notes[index].is_piece = is_piece(book.string(index));
        }
    }

    /// Strings with a hit that no cell points to: they stay in the file when a
    /// cell is emptied by a program that does not tidy up.
    pub(in crate::inspect) fn leftover_strings(&mut self, book: &Book, hidden: Option<Hidden>) {
        let hidden = hidden.or(Some(Hidden::Machinery));
        self.path.push("xl/sharedStrings.xml".to_owned());
        for (index, note) in book.notes.iter().enumerate() {
            if note.has_hits && !note.is_used {
                let text = book.string(index).to_owned();
                self.scan(&text, At::Part, hidden, Wanted::All);
            }
        }
        self.path.pop();
    }
}
