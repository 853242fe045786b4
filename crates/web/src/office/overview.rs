//! A page of what runs by itself: counts that lead to lists, what is wrong,
//! what may be done.

use askama::Template;

use super::Cell;
use crate::frame::Frame;
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Column};

/// A page with counts, notices, facts and tables.
#[derive(Template)]
#[template(path = "office/overview.html")]
pub(super) struct OverviewPage {
    pub frame: Frame,
    pub leads: Vec<String>,
    pub notices: Vec<String>,
    pub facts: Vec<(String, String)>,
    pub counts: Vec<Cell>,
    pub tools: Vec<Cell>,
    pub tables: Vec<TablePart>,
}

/// A table of such a page.
#[derive(Debug, Default)]
pub(super) struct TablePart {
    /// Its heading; none where it is the page's own.
    pub title: String,
    /// What it is called to who cannot see it.
    pub label: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Where it goes on.
    pub more: String,
}

impl OverviewPage {
    pub fn new(modes: Modes, title: &str) -> Self {
        let title = modes.words().text(title);
        Self {
            leads: Vec::new(),
            notices: Vec::new(),
            facts: Vec::new(),
            counts: Vec::new(),
            tools: Vec::new(),
            tables: Vec::new(),
            frame: Frame::new(modes, title),
        }
    }

    /// Adds a table; without a title it is the page's own.
    pub fn table(&mut self, title: Option<&str>, columns: &[&str], rows: Vec<Vec<Cell>>) {
        let title = title.map(|id| self.frame.text(id));
        self.titled(title.unwrap_or_default(), columns, rows);
    }

    /// Adds a table under a heading in words.
    pub fn titled(&mut self, title: String, columns: &[&str], rows: Vec<Vec<Cell>>) {
        let words = self.frame.words();
        let label = match title.as_str() {
            "" => self.frame.title.clone(),
            title => title.to_owned(),
        };
        self.tables.push(TablePart {
            label,
            title,
            columns: parts::columns(words, columns),
            rows,
            more: String::new(),
        });
    }
}
