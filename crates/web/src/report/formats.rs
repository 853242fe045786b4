//! `GET /formats`: both statutory forms with their cells and identities.

use askama::Template;
use axum::response::Response;
use gongkai_app::paper::report::layout::{self, Content};
use gongkai_domain::report::format::{Format, FormatId};

use crate::frame::modes::Modes;
use crate::frame::{Frame, page};

/// A place of a table: a label, or a cell with its key.
struct SlotView {
    label: Option<String>,
    key: String,
    name: String,
    rows: u16,
    columns: u16,
    scope: &'static str,
}

struct TableView {
    key: &'static str,
    title: String,
    rows: Vec<Vec<SlotView>>,
}

/// Equations of one kind.
struct Family {
    statement: String,
    equations: Vec<(String, String)>,
}

struct FormatView {
    id: &'static str,
    name: String,
    number: String,
    years: String,
    cells: usize,
    chapters: Vec<String>,
    tables: Vec<TableView>,
    families: Vec<Family>,
    identities: usize,
}

#[derive(Template)]
#[template(path = "formats.html")]
struct FormatsPage {
    frame: Frame,
    formats: Vec<FormatView>,
}

fn table(format: &Format, table: layout::Table) -> TableView {
    let slot = |slot: layout::Slot| {
        let scope = match (slot.heads_row, slot.rows > 1, slot.columns > 1) {
            (true, true, _) => "rowgroup",
            (true, false, _) => "row",
            (false, _, true) => "colgroup",
            (false, _, false) => "col",
        };
        let (label, key, name) = match slot.content {
            Content::Label(label) => (Some(label), String::new(), String::new()),
            Content::Cell(key) => {
                let name = format.cell_label(&key);
                (None, key, name)
            }
        };
        SlotView {
            label,
            key,
            name,
            rows: slot.rows,
            columns: slot.columns,
            scope,
        }
    };
    TableView {
        key: table.key,
        title: table.title,
        rows: table
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(slot).collect())
            .collect(),
    }
}

fn view(id: FormatId, single_other: bool, modes: &Modes) -> FormatView {
    let words = modes.words();
    let format = Format::get(id);
    let sum = |keys: &[String]| {
        let names: Vec<String> = keys.iter().map(|key| format.cell_label(key)).collect();
        names.join(" + ")
    };
    let mut families: Vec<(&'static str, Vec<(String, String)>)> = Vec::new();
    let identities = format.identities(single_other);
    let count = identities.len();
    for identity in identities {
        let equation = format!("{} = {}", sum(&identity.left), sum(&identity.right));
        let row = (identity.id, equation);
        match families
            .iter_mut()
            .find(|(key, _)| *key == identity.statement)
        {
            Some((_, equations)) => equations.push(row),
            None => families.push((identity.statement, vec![row])),
        }
    }
    FormatView {
        id: id.name(),
        name: format.name.clone(),
        number: format.document_number.clone(),
        years: match format.year_to {
            Some(to) => format!("{}–{to}", format.year_from),
            None => format!("{}–", format.year_from),
        },
        cells: format.cell_keys(single_other).len(),
        chapters: format.chapters.iter().map(|c| c.title.clone()).collect(),
        tables: layout::tables(id, single_other)
            .into_iter()
            .map(|one| table(format, one))
            .collect(),
        families: families
            .into_iter()
            .map(|(statement, equations)| Family {
                statement: words.text(&format!("formats-{statement}")),
                equations,
            })
            .collect(),
        identities: count,
    }
}

/// `GET /formats`
pub async fn page_of_formats(modes: Modes) -> Response {
    let formats = vec![
        view(FormatId::F2021, false, &modes),
        view(FormatId::F2019, true, &modes),
    ];
    let title = modes.words().text("nav-formats");
    page(&FormatsPage {
        formats,
        frame: Frame::new(modes, title),
    })
}
