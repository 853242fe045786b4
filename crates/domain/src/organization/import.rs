//! Organizations from a table, and back into one.
//!
//! A table is rows of cells; the first row has headings, in Chinese or English
//! or by key, in any order. Each row is told what is wrong with it, and either
//! all rows are taken or none. Files are not read here.
//!
//! The head of the disclosure office is not in the table: a head is a person,
//! who is appointed by a role after the body exists.

use std::collections::HashMap;

use super::body::{DisclosureOffice, Organization, OrganizationId, OrganizationKind, Validity};
use super::codes::{CreditCode, DivisionCode};
use super::open_ways::OpenWays;
use super::tree::Tree;
use crate::words::{Language, Message, Words};

use columns::Column;
use named::{nodes_of, not_found};
use references::{Above, Directory, Found, Node};

mod columns;
mod lines;
mod named;
mod references;

pub use columns::date;
pub(super) use columns::plain;
pub use lines::put_right;
pub use named::{Missed, Names};

/// Several times the bodies of a province; bounds memory and the report.
pub const ROWS_MAX: usize = 20_000;

/// What is to be said of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// The row as spreadsheets count, the headings being row 1.
    pub row: usize,
    /// What is wrong; nothing where the row can be taken.
    pub messages: Vec<Message>,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The bodies, each behind its parent; none unless all can be taken. A
    /// draft's number is the negative of its row ([`draft_id`]), and so are
    /// references among drafts; the store gives true ones. A supervisor may
    /// stand behind the body that names it.
    pub drafts: Vec<Organization>,
    /// Each row that is not empty, the headings first.
    pub report: Vec<RowReport>,
}

impl Import {
    /// Whether all rows can be taken; else none is.
    pub fn ready(&self) -> bool {
        !self.drafts.is_empty()
    }
}

/// The number of a draft until the store gives one: no stored number is
/// negative.
pub fn draft_id(row: usize) -> OrganizationId {
    OrganizationId(i64::try_from(row).map_or(i64::MIN, |row| -row))
}

/// A row on its way: the body with what could be read, and what it refers to.
struct Row {
    number: usize,
    body: Organization,
    /// Parent, supervisor, vertical superior.
    named: [String; 3],
    messages: Vec<Message>,
}

/// Reads a table beside the bodies that exist.
pub fn read(table: &[Vec<String>], existing: &Tree) -> Import {
    let headings = table.first().map_or(&[][..], Vec::as_slice);
    let (columns, mut messages) = read_headings(headings);
    if table.len() > ROWS_MAX + 1 {
        messages.push(Message::new("import-too-many-rows").with("max", ROWS_MAX));
    }
    let mut report = vec![RowReport { row: 1, messages }];
    if !report[0].messages.is_empty() {
        let drafts = Vec::new();
        return Import { drafts, report };
    }
    let is_blank = |cells: &[String]| cells.iter().all(|cell| cell.trim().is_empty());
    let mut rows: Vec<Row> = table
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, cells)| !is_blank(cells))
        .map(|(at, cells)| read_row(at + 1, cells, &columns))
        .collect();
    if rows.is_empty() {
        report[0].messages.push(Message::new("import-no-rows"));
    }
    let directory = refer(&mut rows, existing);
    refuse_duplicates(&mut rows, &directory, existing.bodies().len());
    refuse_what_makes_no_tree(&mut rows, existing);
    let is_ready = rows.iter().all(|row| row.messages.is_empty());
    report.extend(rows.iter_mut().map(|row| RowReport {
        row: row.number,
        messages: std::mem::take(&mut row.messages),
    }));
    let mut drafts: Vec<Organization> = Vec::new();
    if is_ready {
        drafts.extend(rows.into_iter().map(|row| row.body));
        parents_first(&mut drafts);
    }
    Import { drafts, report }
}

fn read_headings(headings: &[String]) -> (Vec<Option<Column>>, Vec<Message>) {
    let mut messages = Vec::new();
    let mut columns: Vec<Option<Column>> = Vec::new();
    for heading in headings {
        let column = Column::of_heading(heading);
        if column.is_none() && !heading.trim().is_empty() {
            messages.push(Message::new("import-heading-unknown").with("heading", heading.trim()));
        }
        if column.is_some() && columns.contains(&column) {
            messages.push(Message::new("import-heading-twice").with("heading", heading.trim()));
        }
        columns.push(column);
    }
    for needed in Column::NEEDED {
        if !columns.contains(&Some(needed)) {
            // The Chinese heading in both languages: it is what is to be typed.
            let heading = needed.heading(Language::Chinese);
            messages.push(Message::new("import-heading-missing").with("heading", heading));
        }
    }
    (columns, messages)
}

/// The cells of a row by column, as clean lines; what is no line is told of.
fn read_cells(
    cells: &[String],
    columns: &[Option<Column>],
    messages: &mut Vec<Message>,
) -> HashMap<Column, String> {
    let mut texts: HashMap<Column, String> = HashMap::new();
    for (at, cell) in cells.iter().enumerate() {
        if cell.trim().is_empty() {
            continue;
        }
        let Some(column) = columns.get(at).copied().flatten() else {
            let text = cell.trim();
            messages.push(Message::new("import-cell-without-heading").with("text", text));
            continue;
        };
        match lines::line(cell, column) {
            Ok(text) => drop(texts.insert(column, text)),
            Err(message) => messages.push(message),
        }
    }
    texts
}

fn read_row(number: usize, cells: &[String], columns: &[Option<Column>]) -> Row {
    let mut messages = Vec::new();
    let mut texts = read_cells(cells, columns, &mut messages);
    let mut text = |column: Column| texts.remove(&column).unwrap_or_default();
    let [
        name,
        address,
        postcode,
        hours,
        phone,
        fax,
        mail,
        classification,
        arrangement,
        obtaining,
    ] = Column::OFFICE.map(&mut text);
    let mut closed = None;
    let office = DisclosureOffice {
        name,
        head: None,
        address,
        postcode,
        hours,
        phone,
        fax,
        mail,
        classification,
        arrangement,
        obtaining,
        open: OpenWays::read(&text(Column::OfficeClosed)).unwrap_or_else(|message| {
            closed = Some(message);
            OpenWays::default()
        }),
    };
    let named = [Column::Parent, Column::Supervisor, Column::Vertical].map(&mut text);
    let name = text(Column::Name);
    messages.extend(closed);
    messages.extend(lines::refuse_name(&name));
    let kind = text(Column::Kind);
    let kind = columns::kind(&kind).unwrap_or_else(|| {
        messages.push(Message::new("import-kind").with("text", kind));
        OrganizationKind::Department
    });
    let credit_code = Some(text(Column::CreditCode)).filter(|text| !text.is_empty());
    let credit_code = credit_code.map(|text| CreditCode::parse(&text)).transpose();
    let division = Some(text(Column::Division)).filter(|text| !text.is_empty());
    let division = division.map(|text| DivisionCode::parse(&text)).transpose();
    let errors = [credit_code.as_ref().err(), division.as_ref().err()];
    messages.extend(errors.into_iter().flatten().map(|error| error.message()));
    let from = text(Column::ValidFrom);
    let validity = read_validity(&from, &text(Column::ValidUntil)).unwrap_or_else(|wrong| {
        messages.push(wrong);
        Validity::since(jiff::civil::Date::MIN)
    });
    let body = Organization {
        id: draft_id(number),
        parent: None,
        supervisor: None,
        vertical: None,
        kind,
        name,
        short_name: text(Column::ShortName),
        credit_code: credit_code.unwrap_or_default(),
        division: division.unwrap_or_default(),
        validity,
        office,
    };
    Row {
        number,
        body,
        named,
        messages,
    }
}

fn read_validity(from: &str, until: &str) -> Result<Validity, Message> {
    if from.is_empty() {
        return Err(Message::new("import-from-missing"));
    }
    let until = Some(until).filter(|until| !until.is_empty());
    Validity::new(columns::date(from)?, until.map(columns::date).transpose()?)
}

/// Looks up whom the rows name, among themselves and the bodies that exist.
/// Rows stand in the directory behind the existing bodies, in their order.
fn refer(rows: &mut [Row], existing: &Tree) -> Directory {
    let mut nodes = nodes_of(existing);
    nodes.extend(rows.iter().map(|row| Node {
        name: row.body.name.clone(),
        code: row.body.credit_code.clone(),
        validity: row.body.validity,
        above: match row.named[0].as_str() {
            "" => Above::Nothing,
            named => Above::Named(named.to_owned()),
        },
    }));
    let before = existing.bodies().len();
    let id_of = |place: usize, rows: &[Row]| match existing.bodies().get(place) {
        Some(body) => body.id,
        None => rows[place - before].body.id,
    };
    let mut directory = Directory::new(nodes);
    for (place, found) in directory.look_up_parents() {
        if let Some(row) = place.checked_sub(before).and_then(|at| rows.get_mut(at)) {
            let named = row.named[0].clone();
            row.messages.extend(not_found(found, &named));
        }
    }
    for at in 0..rows.len() {
        if let Above::Known(above) = directory.nodes()[before + at].above {
            rows[at].body.parent = Some(id_of(above, rows));
        }
        for tie in [1, 2] {
            let named = rows[at].named[tie].clone();
            if named.is_empty() {
                continue;
            }
            let found = directory.find(&named, rows[at].body.validity);
            let id = match found {
                Found::One(place) => Some(id_of(place, rows)),
                _ => None,
            };
            rows[at].messages.extend(not_found(found, &named));
            match tie {
                1 => rows[at].body.supervisor = id,
                _ => rows[at].body.vertical = id,
            }
        }
    }
    directory
}

/// One code, or one name below one parent, at one time: that is the same body
/// twice. A body that follows another may have its code and its name.
fn refuse_duplicates(rows: &mut [Row], directory: &Directory, before: usize) {
    let nodes = directory.nodes();
    for (at, row) in rows.iter_mut().enumerate() {
        let place = before + at;
        let earlier = |other: &&usize| {
            **other < place && nodes[**other].validity.overlaps(nodes[place].validity)
        };
        let code = row.body.credit_code.as_ref();
        if code.is_some_and(|code| directory.with_code(code).iter().any(|p| earlier(&p))) {
            let code = code.map_or("", CreditCode::as_str);
            row.messages
                .push(Message::new("import-code-twice").with("code", code));
        }
        let mut named = directory.with_name(&row.body.name).iter().filter(earlier);
        let is_named = !row.body.name.is_empty();
        if is_named && named.any(|other| nodes[*other].above == nodes[place].above) {
            let name = &row.body.name;
            row.messages
                .push(Message::new("import-name-twice").with("name", name));
        }
    }
}

/// Rows that are whole in themselves are put into the tree, which refuses
/// circles, sections alone and bodies that outlast their parents.
fn refuse_what_makes_no_tree(rows: &mut [Row], existing: &Tree) {
    let drafts = rows.iter().map(|row| row.body.clone());
    let bodies = existing.bodies().iter().cloned().chain(drafts).collect();
    let Err(refusals) = Tree::new(bodies) else {
        return;
    };
    let places: HashMap<OrganizationId, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.body.id, at))
        .collect();
    let was_whole: Vec<bool> = rows.iter().map(|row| row.messages.is_empty()).collect();
    for refusal in refusals {
        if let Some(at) = places.get(&refusal.id()).filter(|at| was_whole[**at]) {
            rows[*at].messages.push(refusal.message());
        }
    }
}

/// Parents among the drafts come before their children; the order of the table
/// is kept otherwise.
fn parents_first(drafts: &mut [Organization]) {
    let parents: HashMap<OrganizationId, Option<OrganizationId>> =
        drafts.iter().map(|body| (body.id, body.parent)).collect();
    let depth = |id: OrganizationId| {
        std::iter::successors(Some(id), |id| parents.get(id).copied().flatten()).count()
    };
    drafts.sort_by_cached_key(|body| depth(body.id));
}

/// Writes bodies as rows that [`read`] takes in again.
#[derive(Debug)]
pub struct Sheet<'a> {
    tree: &'a Tree,
    language: Language,
    names: Names<'a>,
}

impl<'a> Sheet<'a> {
    /// For the bodies of a tree, with headings and kinds in a language.
    pub fn of(tree: &'a Tree, language: Language) -> Self {
        Self {
            tree,
            language,
            names: Names::of(tree),
        }
    }

    /// The first row.
    pub fn headings(&self) -> Vec<String> {
        headings(self.language)
    }

    /// The row of a body.
    pub fn row_of(&self, body: &Organization) -> Vec<String> {
        let named = |id: Option<OrganizationId>| {
            let spelled = id.map(|id| self.names.spelling(id, body.validity));
            spelled.unwrap_or_default()
        };
        let office = &body.office;
        let cell = |column: Column| match column {
            Column::Name => body.name.clone(),
            Column::ShortName => body.short_name.clone(),
            Column::Kind => Words::of(self.language).render(&body.kind.label()),
            Column::CreditCode => body.credit_code.iter().map(CreditCode::to_string).collect(),
            Column::Division => body.division.iter().map(DivisionCode::to_string).collect(),
            Column::Parent => named(body.parent),
            Column::Supervisor => named(body.supervisor),
            Column::Vertical => named(body.vertical),
            Column::ValidFrom => body.validity.from().to_string(),
            Column::ValidUntil => body
                .validity
                .until()
                .iter()
                .map(ToString::to_string)
                .collect(),
            Column::OfficeName => office.name.clone(),
            Column::OfficeAddress => office.address.clone(),
            Column::OfficePostcode => office.postcode.clone(),
            Column::OfficeHours => office.hours.clone(),
            Column::OfficePhone => office.phone.clone(),
            Column::OfficeFax => office.fax.clone(),
            Column::OfficeMail => office.mail.clone(),
            Column::OfficeClassification => office.classification.clone(),
            Column::OfficeArrangement => office.arrangement.clone(),
            Column::OfficeObtaining => office.obtaining.clone(),
            Column::OfficeClosed => office.open.told(Words::of(self.language)),
        };
        Column::ALL.map(cell).into()
    }

    /// Headings and all bodies.
    pub fn table(&self) -> Vec<Vec<String>> {
        let rows = self.tree.bodies().iter().map(|body| self.row_of(body));
        std::iter::once(self.headings()).chain(rows).collect()
    }
}

/// The headings of the table in a language.
pub fn headings(language: Language) -> Vec<String> {
    Column::ALL.map(|column| column.heading(language)).into()
}

#[cfg(test)]
mod tests;
