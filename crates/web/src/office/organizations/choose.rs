//! Choosing bodies without a script: one types a name, a code or a part of
//! either; what is not clear comes back as a list to choose from.

use gongkai_domain::organization::import::{Missed, Names};
use gongkai_domain::organization::{OrganizationId, Tree, Validity};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;

use crate::office::Field;

/// Names that a page suggests from; with more bodies it suggests none, as the
/// page would grow to megabytes.
const SUGGESTIONS_MAX: usize = 500;
/// Bodies to choose from where a text is not clear.
const CANDIDATES_MAX: usize = 50;

/// The bodies that can be chosen.
pub(super) struct Chooser<'a> {
    tree: &'a Tree,
    names: Names<'a>,
}

/// What a text may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unclear {
    /// What to tell.
    pub(super) message: Message,
    /// What to choose from: what is sent, and what is shown.
    pub(super) options: Vec<(String, String)>,
}

/// Any day.
pub(super) fn always() -> Validity {
    Validity::since(Date::MIN)
}

impl<'a> Chooser<'a> {
    pub(super) fn of(tree: &'a Tree) -> Self {
        Self {
            tree,
            names: Names::of(tree),
        }
    }

    /// The text that stands for a body in a form.
    pub(super) fn title(&self, id: Option<OrganizationId>, during: Validity) -> String {
        id.map(|id| self.names.title(id, during))
            .unwrap_or_default()
    }

    /// The body that a text means; none for an empty one. What exists during
    /// some days goes before what exists at all.
    pub(super) fn find(
        &self,
        text: &str,
        during: Validity,
    ) -> Result<Option<OrganizationId>, Unclear> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let found = self.names.find(text, during);
        let found = match found {
            Err(Missed::Unknown) => self.names.find(text, always()),
            found => found,
        };
        let missed = match found {
            Ok(id) => return Ok(Some(id)),
            Err(missed) => missed,
        };
        let like = self.names.like(text, during, CANDIDATES_MAX);
        let options: Vec<(String, String)> = like
            .into_iter()
            .map(|id| self.names.title(id, during))
            .map(|title| (title.clone(), title))
            .collect();
        let id = match (missed, options.is_empty()) {
            (_, true) => "choose-unknown",
            (Missed::Unknown, false) => "choose-part",
            (Missed::Several, false) => "choose-several",
        };
        Err(Unclear {
            message: Message::new(id).with("text", text),
            options,
        })
    }

    /// What fields suggest: all bodies of these days, where they are few.
    pub(super) fn suggestions(&self, during: Validity) -> Vec<String> {
        let bodies = self.tree.bodies().iter();
        let bodies = bodies.filter(|body| body.validity.overlaps(during));
        let ids: Vec<OrganizationId> = bodies.map(|body| body.id).collect();
        if ids.len() > SUGGESTIONS_MAX {
            return Vec::new();
        }
        let titles = ids.into_iter().map(|id| self.names.title(id, during));
        titles.collect()
    }

    /// A field for the name of a body; what is not clear in it is a list to
    /// choose from, with a way back to typing.
    pub(super) fn field(
        &self,
        words: &Words,
        (name, label): (&'static str, &str),
        typed: &str,
        during: Validity,
    ) -> Field {
        let field = Field::text(words, name, label, typed).hint(words, "choose-hint");
        match self.find(typed, during) {
            Err(unclear) if !unclear.options.is_empty() => Field {
                kind: "select",
                options: with_way_back(words, typed, unclear.options),
                ..field
            },
            _ => Field {
                list: SUGGESTED,
                ..field
            },
        }
    }
}

/// The list that pages suggest names from.
pub(super) const SUGGESTED: &str = "suggestions";

/// Options with what was typed as the first, and none of them as the last.
pub(super) fn with_way_back(
    words: &Words,
    typed: &str,
    options: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let choose = Message::new("choose-one").with("text", typed.trim());
    let mut all = vec![(typed.to_owned(), words.render(&choose))];
    all.extend(options);
    all.push((String::new(), words.text("choose-none")));
    all
}
