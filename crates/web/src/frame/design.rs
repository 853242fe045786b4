//! The living page of what pages are made of: each part in its states, by the
//! same templates that the pages use.

use askama::Template;
use axum::response::Response;
use gongkai_domain::words::Words;

use super::modes::Modes;
use super::parts::{self, Cell, Column, Count, Empty, Event, Fault, Field, Pages, Step, Tab, Tone};
use super::{Frame, page};

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    frame: Frame,
    sections: Vec<(&'static str, String)>,
    swatches: Vec<(&'static str, String)>,
    fields: Vec<Field>,
    errors: Vec<String>,
    search: Vec<Field>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    pages: Pages,
    tabs: Vec<Tab>,
    notices: Vec<(&'static str, String)>,
    states: Vec<Cell>,
    facts: Vec<(String, String)>,
    counts: Vec<Count>,
    steps: Vec<Step>,
    nothing: Empty,
    events: Vec<Event>,
}

impl DesignPage {
    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, self.fields.iter())
    }
}

const TONES: [(Tone, &str); 4] = [
    (Tone::Note, "design-note"),
    (Tone::Good, "design-good"),
    (Tone::Warning, "design-warning"),
    (Tone::Error, "design-error"),
];

fn fields(words: &Words) -> Vec<Field> {
    let options = ["design-option-a", "design-option-b", "design-option-c"];
    let options: Vec<(String, String)> = options
        .iter()
        .map(|id| ((*id).to_owned(), words.text(id)))
        .collect();
    let text = |name, label, value: &str| Field::text(words, name, label, value);
    vec![
        text("unit", "design-field", &words.text("design-value")).hint(words, "design-field-hint"),
        text("short", "design-field-short", "2026-11-22").short(),
        text("free", "design-field-optional", "").optional(),
        text(
            "faulty",
            "design-field-wrong",
            &words.text("design-wrong-value"),
        )
        .hint(words, "design-field-wrong-hint")
        .wrong(words.text("design-field-wrong-error")),
        Field {
            kind: "select",
            options: options.clone(),
            ..text("choice", "design-select", "design-option-b")
        },
        Field {
            kind: "radios",
            options,
            ..text("one", "design-radios", "design-option-a")
        },
        Field {
            kind: "textarea",
            ..text("long", "design-textarea", "")
        },
        Field {
            kind: "file",
            ..text("paper", "design-file", "")
        },
    ]
}

fn rows(words: &Words) -> Vec<Vec<Cell>> {
    let row = |number: &str, name: &str, (tone, state): (Tone, &str), day: &str, count: &str| {
        vec![
            Cell::link(words.text(name), "/design#tables"),
            Cell::text(number),
            Cell::state(words.text(state), tone),
            Cell::text(day),
            Cell::text(count),
        ]
    };
    vec![
        row(
            "2026-0117",
            "design-row-a",
            TONES[1],
            "2026-11-22 14:30",
            "3",
        ),
        row(
            "2026-0118",
            "design-row-b",
            TONES[2],
            "2026-11-23 09:05",
            "12",
        ),
        row(
            "2026-0119",
            "design-row-c",
            TONES[3],
            "2026-12-01 16:00",
            "1208",
        ),
    ]
}

fn columns(words: &Words) -> Vec<Column> {
    let mut columns = parts::columns(
        words,
        &[
            "design-column-name",
            "design-column-number",
            "column-state",
            "column-at",
            "design-column-count",
        ],
    );
    let sorts = [(3, "descending"), (4, "")];
    for (at, order) in sorts {
        if let Some(column) = columns.get_mut(at) {
            column.sort = "/design#tables".to_owned();
            column.order = order;
        }
    }
    if let Some(last) = columns.last_mut() {
        last.class = "number";
    }
    columns
}

/// `GET /design`
pub async fn page_of_design(modes: Modes) -> Response {
    let words = modes.words();
    let said = |id: &str| words.text(id);
    let fields = fields(words);
    let sections = [
        ("type", "design-type"),
        ("buttons", "design-buttons"),
        ("forms", "design-forms"),
        ("tables", "design-tables"),
        ("tabs", "design-tabs"),
        ("notices", "design-notices"),
        ("facts", "design-facts"),
        ("desk", "design-desk"),
        ("empty", "design-empty"),
        ("timeline", "design-timeline"),
        ("progress", "design-progress"),
        ("confirm", "design-confirm"),
        ("keys", "keys-title"),
    ];
    let swatches = [
        ("ink", "design-ink"),
        ("quiet", "design-quiet"),
        ("line", "design-line"),
        ("wash", "design-wash"),
        ("brand", "design-brand"),
        ("seal", "design-seal"),
    ];
    let facts = [
        ("design-fact-unit", "design-value"),
        ("design-fact-number", "design-fact-number-value"),
        ("design-fact-day", "design-fact-day-value"),
        ("design-fact-state", "design-good"),
    ];
    let counts = [
        (
            Tone::Error,
            "3",
            "design-count-today",
            "design-count-today-hint",
        ),
        (
            Tone::Warning,
            "8",
            "design-count-soon",
            "design-count-soon-hint",
        ),
        (
            Tone::Note,
            "1.2万",
            "design-count-all",
            "design-count-all-hint",
        ),
    ];
    let events = [
        (
            "good",
            "design-event-a",
            "2026-11-18 09:12",
            "design-event-a-text",
        ),
        (
            "now",
            "design-event-b",
            "2026-11-20 15:40",
            "design-event-b-text",
        ),
        ("", "design-event-c", "2026-12-16", "design-event-c-text"),
    ];
    let steps = [("design-step-a", true), ("design-step-b", false)];
    let tabs = [
        ("design-tab-a", "12", true),
        ("design-tab-b", "3", false),
        ("design-tab-c", "", false),
    ];
    page(&DesignPage {
        sections: sections.map(|(to, id)| (to, said(id))).to_vec(),
        swatches: swatches.map(|(class, id)| (class, said(id))).to_vec(),
        errors: fields
            .iter()
            .map(|field| field.error.clone())
            .filter(|error| !error.is_empty())
            .collect(),
        fields,
        search: vec![Field::text(words, "text", "design-search", "")],
        columns: columns(words),
        rows: rows(words),
        pages: Pages {
            first: "/design#tables".to_owned(),
            next: "/design#tables".to_owned(),
            said: said("design-pages"),
        },
        tabs: tabs
            .map(|(label, count, is_here)| Tab {
                to: "/design#tabs".to_owned(),
                label: said(label),
                count: count.to_owned(),
                is_here,
            })
            .to_vec(),
        notices: [
            (Tone::Note, "design-notice-note"),
            (Tone::Good, "design-notice-good"),
            (Tone::Warning, "design-notice-warning"),
            (Tone::Error, "design-notice-error"),
        ]
        .map(|(tone, id)| (tone.class(), said(id)))
        .to_vec(),
        states: TONES.map(|(tone, id)| Cell::state(said(id), tone)).to_vec(),
        facts: facts
            .map(|(label, value)| (said(label), said(value)))
            .to_vec(),
        counts: counts
            .map(|(tone, number, label, hint)| Count {
                number: number.to_owned(),
                label: said(label),
                hint: said(hint),
                to: "/design#tables".to_owned(),
                tone,
            })
            .to_vec(),
        steps: steps
            .map(|(id, is_done)| Step {
                title: said(id),
                text: said("design-step-text"),
                is_done,
                action: (!is_done).then(|| Cell::link(said("design-second"), "/design#desk")),
            })
            .to_vec(),
        nothing: Empty {
            title: said("design-empty-title"),
            text: said("design-empty-say"),
            action: Some(Cell::link(said("design-primary"), "/design#forms")),
        },
        events: events
            .map(|(class, title, when, text)| Event {
                when: when.to_owned(),
                title: said(title),
                text: said(text),
                class,
            })
            .to_vec(),
        frame: Frame::new(modes, said("design-title")),
    })
}
