//! Pages that many rooms have: a form, a table, something told once.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::PeopleError;
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::failed;
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Cell, Column, Empty, Fault, Field, Pages, Tab};
use crate::frame::{Frame, page, page_with};

/// A form of one button.
#[derive(Debug, Default, Deserialize)]
pub struct Keyed {
    #[serde(default)]
    pub(super) key: String,
}

/// A form with its page.
#[derive(Template)]
#[template(path = "office/form.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    pub(super) lead: String,
    pub(super) errors: Vec<String>,
    /// A picture above the fields: of our own making.
    pub(super) picture: String,
    pub(super) action: String,
    /// Whether files come along.
    pub(super) multipart: bool,
    pub(super) fields: Vec<Field>,
    /// Other ways to do the same.
    pub(super) tools: Vec<Cell>,
    /// What fields with a list suggest.
    pub(super) suggestions: Vec<String>,
    pub(super) send: String,
    /// Another way, below the form: where its button leads, and its words.
    pub(super) otherwise: Option<Cell>,
    /// Whether it stands before the office: narrow, in the middle.
    pub(super) is_door: bool,
    /// Whether what it does cannot be undone.
    pub(super) is_destructive: bool,
    /// The way out beside the button; none where it leads nowhere.
    pub(super) back: Cell,
}

impl FormPage {
    pub(super) fn new(
        modes: Modes,
        title: &str,
        action: &str,
        fields: Vec<Field>,
        send: &str,
    ) -> Self {
        let words = modes.words();
        Self {
            lead: String::new(),
            errors: Vec::new(),
            picture: String::new(),
            action: action.to_owned(),
            multipart: false,
            fields,
            tools: Vec::new(),
            suggestions: Vec::new(),
            send: words.text(send),
            otherwise: None,
            is_door: false,
            is_destructive: false,
            back: Cell::default(),
            frame: Frame::new(modes, words.text(title)),
        }
    }

    pub(super) fn lead(mut self, id: &str) -> Self {
        self.lead = self.frame.text(id);
        self
    }

    /// Before the office: narrow, in the middle of the page.
    pub(super) fn at_the_door(mut self) -> Self {
        self.is_door = true;
        self
    }

    /// A step of so many.
    pub(super) fn step(mut self, number: u32, of: u32) -> Self {
        self.frame = self.frame.step(number, of);
        self
    }

    /// What cannot be undone has a button that says so.
    pub(super) fn destructive(mut self) -> Self {
        self.is_destructive = true;
        self
    }

    /// About something that has a page of its own.
    pub(super) fn via(mut self, to: &str, label: &str) -> Self {
        self.frame = self.frame.via(to, label);
        self
    }

    /// With a way out beside the button.
    pub(super) fn back(mut self, to: &str) -> Self {
        self.back = Cell::link(self.frame.text("form-back"), to);
        self
    }

    /// Puts what was wrong beside the fields and into the summary.
    pub(super) fn tell(&mut self, messages: &[Message]) {
        self.errors = parts::told(self.frame.words(), &mut self.fields, messages);
    }

    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, self.fields.iter())
    }

    /// The page; after a failure, with what was wrong.
    pub(super) fn shown(mut self, error: Option<PeopleError>) -> Response {
        match error {
            None => page(&self),
            Some(PeopleError::Refused(messages)) => {
                self.tell(&messages);
                page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
            }
            Some(error) => failed(self.frame.modes, error),
        }
    }
}

/// A table with its page.
#[derive(Template)]
#[template(path = "office/table.html")]
pub(super) struct TablePage {
    pub(super) frame: Frame,
    pub(super) lead: String,
    /// A search above it: its fields; none where there are none.
    pub(super) search: Vec<Field>,
    pub(super) search_action: String,
    pub(super) tools: Vec<Cell>,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// The next page; none where it is empty.
    pub(super) more: String,
    /// The first page, where this is another one.
    pub(super) first: String,
    /// Lists of the same things, one of which is shown.
    pub(super) tabs: Vec<Tab>,
    nothing: Option<Empty>,
    /// Whether nothing was ever entered.
    is_beginning: bool,
}

impl TablePage {
    pub(super) fn new(modes: Modes, title: &str, columns: &[&str]) -> Self {
        let words = modes.words();
        Self {
            lead: String::new(),
            search: Vec::new(),
            search_action: String::new(),
            tools: Vec::new(),
            columns: parts::columns(words, columns),
            rows: Vec::new(),
            more: String::new(),
            first: String::new(),
            tabs: Vec::new(),
            nothing: None,
            is_beginning: false,
            frame: Frame::new(modes, words.text(title)),
        }
    }

    /// What is said where there is nothing: why, and what comes here.
    pub(super) fn nothing(&self) -> Empty {
        match &self.nothing {
            None => Empty {
                text: self.frame.text("office-none"),
                ..Empty::default()
            },
            Some(taught) => Empty {
                action: self.next(),
                ..taught.clone()
            },
        }
    }

    /// The next step where there is nothing yet: the main tool, for who has it.
    fn next(&self) -> Option<Cell> {
        let main = self.tools.iter().find(|tool| tool.is_main);
        main.filter(|_| self.is_beginning).cloned()
    }

    /// The same as [`Self::teach`], where nothing was ever entered: the main
    /// tool is the next step.
    pub(super) fn begin(&mut self, title: &str, text: &str) {
        self.teach(title, text);
        self.is_beginning = true;
    }

    /// Sets what is said where there is nothing, by two entries of the
    /// catalogue.
    pub(super) fn teach(&mut self, title: &str, text: &str) {
        self.nothing = Some(Empty {
            title: self.frame.text(title),
            text: self.frame.text(text),
            action: None,
        });
    }

    fn pages(&self) -> Pages {
        Pages {
            first: self.first.clone(),
            next: self.more.clone(),
            said: String::new(),
        }
    }
}

/// What was told once, such as a link that brings somebody in.
#[derive(Template)]
#[template(path = "office/told.html")]
pub(super) struct ToldPage {
    pub(super) frame: Frame,
    pub(super) lead: String,
    pub(super) told: Vec<String>,
    pub(super) next: (String, String),
}

impl ToldPage {
    pub(super) fn new(frame: Frame, lead: &str, told: Vec<String>, next: (&str, &str)) -> Self {
        Self {
            lead: frame.text(lead),
            told,
            next: (next.0.to_owned(), frame.text(next.1)),
            frame,
        }
    }

    /// A step of so many.
    pub(super) fn step(mut self, number: u32, of: u32) -> Self {
        self.frame = self.frame.step(number, of);
        self
    }
}
