//! A page of facts, tables and forms, of which most rooms are made.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::PeopleError;

use super::{Cell, Field, failed};
use crate::frame::modes::Modes;
use crate::frame::parts::Column;
use crate::frame::{Frame, page, page_with};

/// A table with its heading.
#[derive(Default)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What stands before it.
    pub lead: String,
    /// Headings of its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is said where it has none.
    pub none: String,
}

/// A button of a form: what it says it is, its words, whether it does
/// something for good.
pub struct Button {
    /// Value of `step`.
    pub step: &'static str,
    /// Its words.
    pub label: String,
    /// Its class.
    pub class: &'static str,
}

/// A form of a sheet.
pub struct SheetForm {
    /// Its heading; none where there is one form alone.
    pub title: String,
    /// Where it goes.
    pub action: String,
    /// Whether files come along.
    pub multipart: bool,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its buttons.
    pub buttons: Vec<Button>,
}

/// The page.
#[derive(Template)]
#[template(path = "office/sheet.html")]
pub struct Sheet {
    /// Its frame.
    pub frame: Frame,
    /// What stands first.
    pub lead: String,
    /// What was wrong.
    pub errors: Vec<String>,
    /// What is to be minded.
    pub warnings: Vec<String>,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Where to go from here.
    pub tools: Vec<Cell>,
    /// Tables.
    pub sections: Vec<Section>,
    /// What will happen.
    pub effects: Vec<String>,
    /// Forms.
    pub forms: Vec<SheetForm>,
}

impl Sheet {
    /// An empty page.
    pub fn new(modes: Modes, title: String) -> Self {
        Self {
            frame: Frame::new(modes, title),
            lead: String::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            facts: Vec::new(),
            tools: Vec::new(),
            sections: Vec::new(),
            effects: Vec::new(),
            forms: Vec::new(),
        }
    }

    /// The page; after a failure, with what was wrong, or a page of its own.
    pub fn shown(mut self, error: Option<PeopleError>) -> Response {
        match error {
            None => page(&self),
            Some(PeopleError::Refused(messages)) => {
                let words = self.frame.words();
                let lines = messages.iter().map(|message| words.render(message));
                self.errors.extend(lines);
                page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
            }
            Some(error) => failed(self.frame.modes, error),
        }
    }
}
