//! What pages are made of: fields, cells, tables, notices, timelines. Their
//! look is in `templates/parts.html` and `assets/style`, their living page at
//! `/design`; nothing here knows what a page is about.

use gongkai_domain::words::{Message, Words};

/// What something means for its reader; never told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Note,
    /// In order.
    Good,
    /// To be looked at.
    Warning,
    /// Wrong.
    Error,
}

impl Tone {
    /// The class of the style.
    pub fn class(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A field of a form.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// `text`, `password`, `select`, `radios`, `textarea`, `file`, `files`, `hidden`.
    pub kind: &'static str,
    /// What is in it.
    pub value: String,
    /// What to enter.
    pub hint: String,
    /// What is wrong with what was entered; empty where nothing is.
    pub error: String,
    /// What the browser may fill in.
    pub autocomplete: &'static str,
    /// What to choose from: value and words.
    pub options: Vec<(String, String)>,
    /// The list of the page that it suggests from; none where it is empty.
    pub list: &'static str,
    /// Whether what is entered is short: a day, a number, a code.
    pub is_short: bool,
    /// Whether it may stay empty, which is then said beside the label.
    pub is_optional: bool,
}

impl Field {
    /// A line of text.
    pub fn text(words: &Words, name: &'static str, label: &str, value: &str) -> Self {
        Self {
            name,
            label: words.text(label),
            kind: "text",
            value: value.to_owned(),
            autocomplete: "off",
            ..Self::default()
        }
    }

    /// A password, which never comes back.
    pub fn password(
        words: &Words,
        name: &'static str,
        label: &str,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            kind: "password",
            autocomplete,
            ..Self::text(words, name, label, "")
        }
    }

    /// What goes along unseen.
    pub fn hidden(name: &'static str, value: &str) -> Self {
        Self {
            name,
            kind: "hidden",
            value: value.to_owned(),
            ..Self::default()
        }
    }

    /// With a hint.
    pub fn hint(mut self, words: &Words, hint: &str) -> Self {
        self.hint = words.text(hint);
        self
    }

    /// With what the browser may fill in.
    pub fn fills(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    /// As narrow as what is entered.
    pub fn short(mut self) -> Self {
        self.is_short = true;
        self
    }

    /// That may stay empty.
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// With what is wrong.
    pub fn wrong(mut self, error: impl Into<String>) -> Self {
        self.error = error.into();
        self
    }

    /// What describes it, for those who hear the page: error, then hint.
    pub fn described(&self) -> String {
        let of = |text: &str, end: &str| (!text.is_empty()).then(|| format!("{}-{end}", self.name));
        let both = [of(&self.error, "error"), of(&self.hint, "hint")];
        both.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A cell of a table, a link or a button.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub link: String,
    /// A button that sends a form there, with these fields.
    pub action: Option<(String, Vec<(&'static str, String)>)>,
    /// What the button will do, told before it does it; none is asked where it
    /// is empty.
    pub effect: String,
    /// A state, with what it means.
    pub tone: Option<Tone>,
    /// Whether it is what one comes to the page for.
    pub is_main: bool,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A link.
    pub fn link(text: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: to.into(),
            ..Self::default()
        }
    }

    /// A button.
    pub fn button(
        text: impl Into<String>,
        to: impl Into<String>,
        fields: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            text: text.into(),
            action: Some((to.into(), fields)),
            ..Self::default()
        }
    }

    /// A state.
    pub fn state(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            tone: Some(tone),
            ..Self::text(text)
        }
    }

    /// What one comes to the page for.
    pub fn main(mut self) -> Self {
        self.is_main = true;
        self
    }

    /// A button that says what will happen, and does it when that is confirmed.
    pub fn confirming(mut self, effect: impl Into<String>) -> Self {
        self.effect = effect.into();
        self
    }
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// `number`, `day`, `do` for buttons, `long` for what may have no words to
    /// break at, `phrase` for a word or a line; empty for words.
    pub class: &'static str,
    /// Where the page leads that is sorted by it; none where it is empty.
    pub sort: String,
    /// `ascending` or `descending`, where the page is sorted by it.
    pub order: &'static str,
}

/// Columns of days and instants, and of numbers of cases, by the entry of the
/// catalogue that heads them: none is broken at its strokes.
const DAYS: [&str; 16] = [
    "request-number",
    "request-filed",
    "request-due",
    "request-ended",
    "column-at",
    "column-used",
    "job-run-at",
    "body-since",
    "body-ended",
    "delegation-from",
    "delegation-until",
    "register-created",
    "grant-since",
    "identity-made",
    "succession-day",
    "import-column-at",
];
/// Columns of numbers.
const NUMBERS: [&str; 3] = ["job-attempts", "import-column-row", "import-column-count"];

/// Columns of what has no end that one could know, and no words to break at.
const LONG: [&str; 4] = [
    "audit-detail",
    "job-error",
    "column-agent",
    "identity-issuer",
];

/// How a column stands, by the entry that heads it.
pub fn class_of(id: &str) -> &'static str {
    match id {
        "column-do" => "do",
        id if DAYS.contains(&id) => "day",
        id if NUMBERS.contains(&id) => "number",
        id if LONG.contains(&id) => "long",
        "request-state" => "phrase",
        _ => "",
    }
}

/// Columns by the entries that head them.
pub fn columns(words: &Words, ids: &[&str]) -> Vec<Column> {
    let column = |id: &&str| Column {
        label: words.text(id),
        class: class_of(id),
        ..Column::default()
    };
    ids.iter().map(column).collect()
}

/// What stands where there is nothing yet: why, and what to do next.
#[derive(Debug, Clone, Default)]
pub struct Empty {
    /// What there is none of.
    pub title: String,
    /// Why, and what comes here.
    pub text: String,
    /// The next step, for who may take it.
    pub action: Option<Cell>,
}

/// Something that was wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What was wrong and what to do.
    pub text: String,
    /// The field that it is about; none where it is empty.
    pub field: &'static str,
}

/// What was wrong, each with the field that says the same.
pub fn faults<'a>(errors: &[String], fields: impl Iterator<Item = &'a Field>) -> Vec<Fault> {
    let fields: Vec<&Field> = fields.filter(|field| field.kind != "hidden").collect();
    let field = |error: &String| {
        let found = fields.iter().find(|field| field.error == *error);
        found.map_or("", |field| field.name)
    };
    errors
        .iter()
        .map(|error| Fault {
            text: error.clone(),
            field: field(error),
        })
        .collect()
}

/// Puts what was wrong beside the fields that it is about; all of it, as the
/// summary above the form tells it.
pub fn told(words: &Words, fields: &mut [Field], messages: &[Message]) -> Vec<String> {
    let mut errors: Vec<String> = Vec::new();
    for message in messages {
        let text = words.render(message);
        let place = super::places::of(message);
        let free = |name: &&str| {
            let mut fields = fields.iter();
            fields.position(|field| field.name == *name && field.error.is_empty())
        };
        let found = place.iter().find_map(free);
        if let Some(field) = found.and_then(|at| fields.get_mut(at)) {
            field.error.clone_from(&text);
        }
        if !errors.contains(&text) {
            errors.push(text);
        }
    }
    errors
}

/// Something that happened, in a timeline.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// When.
    pub when: String,
    /// What, and by whom.
    pub title: String,
    /// What is to be known of it.
    pub text: String,
    /// `good`, `error`, `now`, or nothing.
    pub class: &'static str,
}

/// A count that leads to its list.
#[derive(Debug, Clone, Default)]
pub struct Count {
    /// How many.
    pub number: String,
    /// Of what.
    pub label: String,
    /// What to do about it.
    pub hint: String,
    /// The list.
    pub to: String,
    /// How pressing it is.
    pub tone: Tone,
}

/// A step of a list of what is to be done.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// What.
    pub title: String,
    /// Why, or what was found.
    pub text: String,
    /// Whether it is done.
    pub is_done: bool,
    /// Where it is done.
    pub action: Option<Cell>,
}

/// A link of a row of tabs.
#[derive(Debug, Clone, Default)]
pub struct Tab {
    /// Where it leads.
    pub to: String,
    /// What it says.
    pub label: String,
    /// How many there are; none where it is empty.
    pub count: String,
    /// Whether it is the one that is shown.
    pub is_here: bool,
}

/// The way to the page before and the one after.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    /// The first page; none where it is empty.
    pub first: String,
    /// The next one; none where it is empty.
    pub next: String,
    /// Where one is.
    pub said: String,
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::Language;

    use super::*;

    #[test]
    fn what_was_wrong_stands_beside_its_field_and_in_the_summary() {
        let words = Words::of(Language::Chinese);
        let mut fields = vec![
            Field::password(words, "password", "field-new-password", "new-password"),
            Field::password(words, "again", "field-again", "new-password"),
        ];
        let messages = [
            Message::new("passwords-differ"),
            Message::new("password-common"),
            Message::new("office-conflict"),
        ];
        let errors = told(words, &mut fields, &messages);
        let found: Vec<_> = faults(&errors, fields.iter())
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        assert_eq!(found, ["again", "password", ""]);
        assert_eq!(fields[1].described(), "again-error");
    }
}
