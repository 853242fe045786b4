//! The application as a form (Art. 29 ¶2): its fields with their hints, what is
//! wrong beside each, and the same as facts for reading over.

use std::collections::BTreeMap;

use gongkai_domain::register::DocumentKind;
use gongkai_domain::requests::application::{
    ApplicantKind, Application, Medium, Receiving, Typed, Wrong,
};
use gongkai_domain::words::{Message, Words};

use crate::frame::parts::{Fault, Field};

/// What was typed, as the form of the domain.
pub fn typed(fields: &BTreeMap<String, String>) -> Typed {
    let value = serde_json::to_value(fields).unwrap_or_default();
    serde_json::from_value(value).unwrap_or_default()
}

/// A part of the form.
pub struct Part {
    /// What it is marked by in the style.
    pub class: &'static str,
    /// Its heading; none where it goes on with the part before.
    pub title: String,
    /// What it asks for.
    pub lead: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Whether it may be folded away: what few need.
    pub is_folded: bool,
    /// Whether it stands open though it may be folded.
    pub is_open: bool,
}

/// Names of the fields; nothing else of a form is kept.
pub const NAMES: [&str; 23] = [
    "kind",
    "name",
    "document_kind",
    "document_number",
    "organization_code",
    "organization_proof",
    "representative",
    "phone",
    "mail",
    "address",
    "postcode",
    "fax",
    "agent_name",
    "agent_document_kind",
    "agent_document_number",
    "agent_phone",
    "authorisation",
    "title",
    "file_number",
    "description",
    "receiving",
    "medium",
    "help",
];

/// All texts of a form that asks for an application: its own, then those.
pub(crate) const fn texts<const N: usize>(own: &[&'static str]) -> [&'static str; N] {
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = match at.checked_sub(own.len()) {
            Some(name) => NAMES[name],
            None => own[at],
        };
        at += 1;
    }
    all
}

/// Makes the fields of one form.
struct Maker<'a> {
    words: &'static Words,
    values: &'a BTreeMap<String, String>,
    wrong: &'a [Wrong],
}

impl Maker<'_> {
    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn line(&self, name: &'static str, label: &str) -> Field {
        let wrong = self.wrong.iter().find(|wrong| wrong.field == name);
        let error = wrong.map(|wrong| self.words.render(&wrong.message));
        Field {
            error: error.unwrap_or_default(),
            ..Field::text(self.words, name, label, self.value(name))
        }
    }

    fn text(&self, name: &'static str, label: &str) -> Field {
        Field {
            kind: "textarea",
            ..self.line(name, label)
        }
    }

    fn choice(
        &self,
        kind: &'static str,
        (name, label): (&'static str, &str),
        default: &str,
        options: impl Iterator<Item = (&'static str, Message)>,
    ) -> Field {
        let line = self.line(name, label);
        let value = match line.value.as_str() {
            "" => default.to_owned(),
            _ => line.value,
        };
        let options = options.map(|(key, label)| (key.to_owned(), self.words.render(&label)));
        Field {
            kind,
            value,
            options: options.collect(),
            ..line
        }
    }

    fn documents(&self, name: &'static str, label: &str) -> Field {
        let kinds = DocumentKind::ALL.into_iter();
        let options = kinds.map(|kind| (kind.key(), kind.label()));
        self.choice("select", (name, label), "resident_id", options)
    }

    fn part(&self, class: &'static str, title: &str, lead: &str, fields: Vec<Field>) -> Part {
        let said = |id: &str| match id {
            "" => String::new(),
            id => self.words.text(id),
        };
        Part {
            class,
            title: said(title),
            lead: said(lead),
            fields,
            is_folded: false,
            is_open: false,
        }
    }

    /// A part that few need: it stands open where something is in it or wrong
    /// with it.
    fn folded(&self, title: &str, lead: &str, fields: Vec<Field>) -> Part {
        let is_used = |field: &Field| {
            !field.error.is_empty() || (field.kind != "select" && !field.value.trim().is_empty())
        };
        let is_open = fields.iter().any(is_used);
        Part {
            is_folded: true,
            is_open,
            ..self.part("", title, lead, fields)
        }
    }
}

/// The parts of the form with what was typed and what is wrong with it. Nothing
/// is asked about what it is for.
pub fn parts(
    words: &'static Words,
    values: &BTreeMap<String, String>,
    wrong: &[Wrong],
) -> Vec<Part> {
    let make = Maker {
        words,
        values,
        wrong,
    };
    let kinds = ApplicantKind::ALL.iter();
    let kinds = kinds.map(|kind| (kind.key(), kind.label()));
    let ways = Receiving::ALL.iter().map(|way| (way.key(), way.label()));
    let media = Medium::ALL.iter().map(|one| (one.key(), one.label()));
    vec![
        make.part(
            "",
            "apply-wanted",
            "apply-wanted-lead",
            vec![
                make.text("description", "apply-description")
                    .hint(words, "apply-description-hint"),
                make.line("title", "apply-information-title").optional(),
                make.line("file_number", "apply-file-number")
                    .hint(words, "apply-file-number-hint")
                    .optional(),
            ],
        ),
        make.part(
            "",
            "apply-who",
            "apply-who-lead",
            vec![
                make.choice("radios", ("kind", "apply-kind"), "natural_person", kinds)
                    .hint(words, "apply-kind-hint"),
                make.line("name", "apply-name")
                    .hint(words, "apply-name-hint")
                    .fills("name"),
            ],
        ),
        make.part(
            "of-person",
            "",
            "",
            vec![
                make.documents("document_kind", "apply-document"),
                make.line("document_number", "apply-document-number")
                    .hint(words, "apply-document-number-hint"),
            ],
        ),
        make.part(
            "of-organization",
            "",
            "",
            vec![
                make.line("organization_code", "apply-code")
                    .hint(words, "apply-code-hint"),
                make.line("organization_proof", "apply-proof")
                    .hint(words, "apply-proof-hint")
                    .optional(),
                make.line("representative", "apply-representative")
                    .optional(),
            ],
        ),
        make.part(
            "",
            "apply-contact",
            "apply-contact-lead",
            vec![
                make.line("phone", "apply-phone").fills("tel").short(),
                make.line("mail", "apply-mail").fills("email"),
                make.line("address", "apply-address")
                    .fills("street-address"),
                make.line("postcode", "apply-postcode")
                    .fills("postal-code")
                    .short(),
                make.line("fax", "apply-fax").short(),
            ],
        ),
        make.folded(
            "apply-agent",
            "apply-agent-lead",
            vec![
                make.line("agent_name", "apply-agent-name"),
                make.documents("agent_document_kind", "apply-agent-document"),
                make.line("agent_document_number", "apply-agent-document-number"),
                make.line("agent_phone", "apply-agent-phone").short(),
                make.line("authorisation", "apply-authorisation")
                    .hint(words, "apply-authorisation-hint"),
            ],
        ),
        make.part(
            "",
            "apply-how",
            "",
            vec![
                make.choice("radios", ("receiving", "apply-receiving"), "", ways),
                make.choice("radios", ("medium", "apply-medium"), "", media),
            ],
        ),
        make.folded(
            "apply-help",
            "apply-help-lead",
            vec![make.text("help", "apply-help-field")],
        ),
    ]
}

/// What is wrong, in the order of the page, each leading to its field.
pub fn faults(parts: &[Part]) -> Vec<Fault> {
    let fields = parts.iter().flat_map(|part| &part.fields);
    let wrong = fields.filter(|field| !field.error.is_empty());
    wrong
        .map(|field| Fault {
            text: field.error.clone(),
            field: field.name,
        })
        .collect()
}

/// The application for reading over: what is empty is left out.
pub fn facts(words: &Words, application: &Application) -> Vec<(String, String)> {
    let of_kind = |key: &str| {
        let kind = DocumentKind::from_key(key);
        kind.map_or_else(String::new, |kind| words.render(&kind.label()))
    };
    let document = |kind: &str, number: &str| match number {
        "" => String::new(),
        number => format!("{} {number}", of_kind(kind)),
    };
    let mut lines = vec![
        ("apply-description", application.description.clone()),
        ("apply-information-title", application.title.clone()),
        ("apply-file-number", application.file_number.clone()),
        ("apply-kind", words.render(&application.kind.label())),
        ("apply-name", application.name.clone()),
        (
            "apply-identity",
            document(&application.document_kind, &application.document_number),
        ),
        ("apply-code", application.organization_code.clone()),
        ("apply-proof", application.organization_proof.clone()),
        ("apply-representative", application.representative.clone()),
        ("apply-phone", application.phone.clone()),
        ("apply-mail", application.mail.clone()),
        ("apply-address", application.address.clone()),
        ("apply-postcode", application.postcode.clone()),
        ("apply-fax", application.fax.clone()),
    ];
    if let Some(agent) = &application.agent {
        lines.extend([
            ("apply-agent-name", agent.name.clone()),
            (
                "apply-agent-identity",
                document(&agent.document_kind, &agent.document_number),
            ),
            ("apply-agent-phone", agent.phone.clone()),
            ("apply-authorisation", agent.authorisation.clone()),
        ]);
    }
    lines.extend([
        (
            "apply-receiving",
            words.render(&application.receiving.label()),
        ),
        ("apply-medium", words.render(&application.medium.label())),
        ("apply-help-field", application.help.clone()),
    ]);
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    lines.map(|(id, text)| (words.text(id), text)).collect()
}

/// The contact under which filings are counted: the first that is there.
pub fn contact(application: &Application) -> String {
    let contacts = [&application.phone, &application.mail, &application.address];
    let first = contacts.into_iter().find(|contact| !contact.is_empty());
    first.map_or_else(String::new, |contact| contact.to_lowercase())
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::Language;

    use super::*;

    #[test]
    fn the_form_asks_for_every_field_of_an_application_and_for_nothing_else() {
        let words = Words::of(Language::Chinese);
        let asked = parts(words, &BTreeMap::new(), &[]);
        let mut asked: Vec<&str> = asked
            .iter()
            .flat_map(|part| part.fields.iter().map(|field| field.name))
            .collect();
        let wanted = Typed::default();
        let mut wanted: Vec<&str> = wanted.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(wanted, NAMES);
        asked.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(asked, wanted, "and no purpose among them");
    }

    #[test]
    fn what_was_typed_comes_back_whole() {
        let evil = "<script>alert(1)</script>\"'&\u{202e}";
        let fields = NAMES.map(|name| (name.to_owned(), format!("{name}{evil}")));
        let fields = BTreeMap::from(fields);
        for (name, text) in typed(&fields).fields() {
            assert_eq!(text, format!("{name}{evil}"));
        }
        let words = Words::of(Language::Chinese);
        for part in parts(words, &fields, &[]) {
            for field in part.fields {
                assert_eq!(field.value, format!("{}{evil}", field.name));
            }
        }
    }
}
