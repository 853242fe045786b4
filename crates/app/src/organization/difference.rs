//! Where two states of a body differ.

use gongkai_domain::organization::{
    OpenWays, Organization, OrganizationId, OrganizationKind, Tree,
};
use gongkai_domain::words::{Message, Words};
use serde_json::{Value, json};

/// A field of a body: its stored key and its entry in the catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key; it never changes.
    pub key: &'static str,
    label: &'static str,
}

impl Field {
    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(self.label)
    }

    /// Contents of the office are not told to the trail: whether a phone is
    /// an office's or a person's, the program does not know. Which ways are closed is
    /// told: it is nobody's.
    fn is_of_office(self) -> bool {
        self.key.starts_with("office_") && self.key != "office_closed"
    }
}

/// What stands in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A text, a code or a day.
    Text(String),
    /// A kind of body.
    Kind(OrganizationKind),
    /// Another body.
    Body {
        /// Its number.
        id: OrganizationId,
        /// Its name.
        name: String,
    },
    /// A person, by number.
    Person(i64),
    /// By which ways applications are taken.
    Ways(OpenWays),
}

impl Shown {
    /// For people; a person is a number still, whose name others know.
    pub fn text(&self, words: &Words) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Kind(kind) => words.render(&kind.label()),
            Self::Body { name, .. } => name.clone(),
            Self::Person(id) => id.to_string(),
            Self::Ways(open) => open.told(words),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => json!(text),
            Self::Kind(kind) => json!(kind.key()),
            Self::Body { id, .. } => json!(id.0),
            Self::Person(id) => json!(id),
            Self::Ways(open) => json!(open.closed()),
        }
    }

    /// What [`Self::json`] wrote down of a field.
    fn read(key: &str, value: &Value, tree: &Tree) -> Option<Self> {
        let number = || value.as_i64();
        Some(match (key, value) {
            (_, Value::Null) => Self::Nothing,
            ("kind", _) => Self::Kind(OrganizationKind::from_key(value.as_str()?)?),
            ("parent" | "supervisor" | "vertical", _) => {
                Self::body(OrganizationId(number()?), tree)
            }
            ("office_head", _) => Self::Person(number()?),
            ("office_closed", _) => Self::Ways(OpenWays::but(value.as_str()?)),
            _ => Self::Text(value.as_str()?.to_owned()),
        })
    }

    fn body(id: OrganizationId, tree: &Tree) -> Self {
        let name = tree.get(id).map(|body| body.name.clone());
        Self::Body {
            id,
            name: name.unwrap_or_default(),
        }
    }

    fn of(text: &str) -> Self {
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(text.to_owned())
        }
    }

    fn maybe(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Text(value.to_string()))
    }
}

/// A field in which two states differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What is there.
    pub theirs: Shown,
    /// What was entered.
    pub yours: Shown,
}

/// Writes each field once: its key, its label, and what stands in it.
macro_rules! fields {
    (|$body:ident, $office:ident, $other:ident| $($key:literal $label:literal $value:expr;)*) => {
        const FIELDS: &[Field] = &[$(Field { key: $key, label: $label }),*];

        fn values($body: &Organization, tree: &Tree) -> Vec<Shown> {
            let $office = &$body.office;
            let $other = |id: Option<OrganizationId>| {
                id.map_or(Shown::Nothing, |id| Shown::body(id, tree))
            };
            vec![$($value),*]
        }
    };
}

fields! { |body, office, other|
    "name" "organization-column-name" Shown::of(&body.name);
    "short_name" "organization-column-short_name" Shown::of(&body.short_name);
    "kind" "organization-column-kind" Shown::Kind(body.kind);
    "credit_code" "organization-column-credit_code" Shown::maybe(body.credit_code.as_ref());
    "division" "organization-column-division" Shown::maybe(body.division);
    "parent" "organization-column-parent" other(body.parent);
    "supervisor" "organization-column-supervisor" other(body.supervisor);
    "vertical" "organization-column-vertical" other(body.vertical);
    "valid_from" "organization-column-valid_from" Shown::Text(body.validity.from().to_string());
    "valid_until" "organization-column-valid_until" Shown::maybe(body.validity.until());
    "office_name" "organization-column-office_name" Shown::of(&office.name);
    "office_head" "organization-field-office_head" office.head.map_or(Shown::Nothing, |head| Shown::Person(head.0));
    "office_address" "organization-column-office_address" Shown::of(&office.address);
    "office_postcode" "organization-column-office_postcode" Shown::of(&office.postcode);
    "office_hours" "organization-column-office_hours" Shown::of(&office.hours);
    "office_phone" "organization-column-office_phone" Shown::of(&office.phone);
    "office_fax" "organization-column-office_fax" Shown::of(&office.fax);
    "office_mail" "organization-column-office_mail" Shown::of(&office.mail);
    "office_classification" "organization-column-office_classification" Shown::of(&office.classification);
    "office_arrangement" "organization-column-office_arrangement" Shown::of(&office.arrangement);
    "office_obtaining" "organization-column-office_obtaining" Shown::of(&office.obtaining);
    "office_closed" "office-closed" Shown::Ways(office.open);
}

/// Where `yours` differs from `theirs`.
pub(super) fn between(theirs: &Organization, yours: &Organization, tree: &Tree) -> Vec<Difference> {
    let pairs = values(theirs, tree).into_iter().zip(values(yours, tree));
    FIELDS
        .iter()
        .zip(pairs)
        .filter(|(_, (theirs, yours))| theirs != yours)
        .map(|(field, (theirs, yours))| Difference {
            field: *field,
            theirs,
            yours,
        })
        .collect()
}

/// A field of the trail, with what it was and what it became where that is
/// told.
pub(super) fn told(
    key: &str,
    values: &Value,
    tree: &Tree,
) -> Option<(Field, Option<(Shown, Shown)>)> {
    let field = *FIELDS.iter().find(|field| field.key == key)?;
    let value = |at: usize| Shown::read(key, values.get(at)?, tree);
    Some((field, value(0).zip(value(1))))
}

/// For the trail: each field with what it was and what it is.
pub(super) fn trace(differences: &[Difference]) -> Value {
    let fields = differences.iter().map(|difference| {
        let Difference {
            field,
            theirs,
            yours,
        } = difference;
        let told = if field.is_of_office() {
            Value::Null
        } else {
            json!([theirs.json(), yours.json()])
        };
        (field.key.to_owned(), told)
    });
    Value::Object(fields.collect())
}
