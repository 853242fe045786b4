//! An application read from what was typed into its form: on the portal whole, on
//! paper as it came.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::{
    Agent, ApplicantKind, Application, DESCRIPTION_CHARS_MAX, LINE_CHARS_MAX, Medium,
    NAME_CHARS_MAX, Receiving, Typed, Wrong,
};
use crate::organization::codes::CreditCode;
use crate::organization::names;
use crate::outbox::MailAddress;
use crate::register::{Document, DocumentKind, Phone};
use crate::words::Message;

/// A sentence or two.
const HELP_CHARS_MAX: usize = 500;
/// A word of one sign describes nothing.
const DESCRIPTION_CHARS_MIN: usize = 2;

/// Collects what is wrong while a form is read.
struct Reading {
    wrong: Vec<Wrong>,
}

impl Reading {
    fn note(&mut self, field: &'static str, message: Message) {
        self.wrong.push(Wrong { field, message });
    }

    /// A line; `needed` is what is said where it is empty.
    fn line(
        &mut self,
        field: &'static str,
        text: &str,
        max: usize,
        needed: Option<&'static str>,
    ) -> String {
        if text.trim().is_empty() {
            if let Some(id) = needed {
                self.note(field, Message::new(id));
            }
            return String::new();
        }
        names::line(text, max).unwrap_or_else(|error| {
            self.note(field, error.message());
            String::new()
        })
    }

    /// Several lines, without signs that hide or turn text.
    fn text(&mut self, field: &'static str, text: &str, max: usize) -> String {
        let hides = |c: &char| {
            c.is_control() && *c != '\n'
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = lines.nfc().filter(|c| !hides(c)).collect();
        let kept = kept.trim().to_owned();
        let found = kept.chars().count();
        if found > max {
            let long = Message::new("application-too-long").with("found", found);
            self.note(field, long.with("max", max));
        }
        kept
    }

    fn choice<T>(&mut self, field: &'static str, found: Option<T>, id: &'static str) -> Option<T> {
        if found.is_none() {
            self.note(field, Message::new(id));
        }
        found
    }

    fn document(
        &mut self,
        [kind_field, number_field]: [&'static str; 2],
        (kind, number): (&str, &str),
        today: Date,
    ) -> (String, String) {
        let known = DocumentKind::from_key(kind.trim());
        let Some(kind) = self.choice(kind_field, known, "document-no-kind") else {
            return Default::default();
        };
        match Document::read(kind, number, today) {
            Ok(document) => (kind.key().to_owned(), document.number().to_owned()),
            Err(error) => {
                self.note(number_field, error.message());
                Default::default()
            }
        }
    }

    fn phone(&mut self, field: &'static str, text: &str) -> String {
        if text.trim().is_empty() {
            return String::new();
        }
        match Phone::read(text) {
            Ok(phone) => phone.as_str().to_owned(),
            Err(error) => {
                self.note(field, error.message());
                String::new()
            }
        }
    }
}

impl Application {
    /// Reads a form (Art. 29 ¶2). `today` is the last day on which a person can
    /// be born.
    ///
    /// # Errors
    /// Everything that is wrong, each with its field and what to do.
    pub fn read(typed: &Typed, today: Date) -> Result<Self, Vec<Wrong>> {
        Self::reading(typed, today, true)
    }

    /// Reads what came on paper, by mail or by word of mouth, as it was typed for the
    /// applicant: what they did not say may be missing ([`Self::gaps`]). It is
    /// registered all the same, and supplemented where it has to be (Art. 30). Who did
    /// not say how they want the answer gets it the way they can be reached.
    ///
    /// # Errors
    /// As [`Self::read`], of what was typed.
    pub fn read_paper(typed: &Typed, today: Date) -> Result<Self, Vec<Wrong>> {
        Self::reading(typed, today, false)
    }

    fn reading(typed: &Typed, today: Date, is_whole: bool) -> Result<Self, Vec<Wrong>> {
        let mut reading = Reading { wrong: Vec::new() };
        let kind = ApplicantKind::from_key(typed.kind.trim());
        let kind = reading.choice("kind", kind, "application-no-kind");
        let name = reading.line(
            "name",
            &typed.name,
            NAME_CHARS_MAX,
            Some("application-no-name"),
        );
        let is_person = kind == Some(ApplicantKind::NaturalPerson);
        let (document_kind, document_number) = match kind {
            Some(ApplicantKind::NaturalPerson)
                if is_whole || !typed.document_number.trim().is_empty() =>
            {
                reading.document(
                    ["document_kind", "document_number"],
                    (&typed.document_kind, &typed.document_number),
                    today,
                )
            }
            _ => Default::default(),
        };
        let mut organization_code = String::new();
        let mut organization_proof = String::new();
        let mut representative = String::new();
        if kind.is_some() && !is_person {
            organization_proof = reading.line(
                "organization_proof",
                &typed.organization_proof,
                LINE_CHARS_MAX,
                None,
            );
            representative = reading.line(
                "representative",
                &typed.representative,
                NAME_CHARS_MAX,
                None,
            );
            if typed.organization_code.trim().is_empty() {
                if is_whole && organization_proof.is_empty() {
                    reading.note(
                        "organization_code",
                        Message::new("application-no-organization-code"),
                    );
                }
            } else {
                match CreditCode::parse(&typed.organization_code) {
                    Ok(code) => organization_code = code.as_str().to_owned(),
                    Err(error) => reading.note("organization_code", error.message()),
                }
            }
        }
        let phone = reading.phone("phone", &typed.phone);
        let fax = reading.phone("fax", &typed.fax);
        let mut mail = String::new();
        if !typed.mail.trim().is_empty() {
            match MailAddress::parse(&typed.mail) {
                Ok(address) => mail = address.as_str().to_owned(),
                Err(error) => reading.note("mail", error.message()),
            }
        }
        let address = reading.line("address", &typed.address, LINE_CHARS_MAX, None);
        let postcode = postcode(&mut reading, &typed.postcode);
        let unreachable = [&typed.phone, &typed.mail, &typed.address]
            .iter()
            .all(|text| text.trim().is_empty());
        if unreachable && is_whole {
            reading.note("phone", Message::new("application-no-contact"));
        }
        let agent = agent(&mut reading, typed, today, is_whole);
        let title = reading.line("title", &typed.title, LINE_CHARS_MAX, None);
        let file_number = reading.line("file_number", &typed.file_number, LINE_CHARS_MAX, None);
        let description = reading.text("description", &typed.description, DESCRIPTION_CHARS_MAX);
        if description.chars().count() < DESCRIPTION_CHARS_MIN {
            reading.note("description", Message::new("application-no-description"));
        }
        let (unsaid, unsaid_medium) = match (&typed.mail, &typed.address) {
            (mail, _) if !mail.trim().is_empty() => (Receiving::Mail, Medium::Electronic),
            (_, address) if !address.trim().is_empty() => (Receiving::Post, Medium::Paper),
            _ => (Receiving::PickUp, Medium::Paper),
        };
        let is_said = |text: &str| is_whole || !text.trim().is_empty();
        let receiving = match is_said(&typed.receiving) {
            true => Receiving::from_key(typed.receiving.trim()),
            false => Some(unsaid),
        };
        let receiving = reading.choice("receiving", receiving, "application-no-receiving");
        // What is to be sent needs an address to which it can be.
        let needs = match receiving {
            Some(Receiving::Post) => Some(("address", &typed.address, "application-post-address")),
            Some(Receiving::Mail) => Some(("mail", &typed.mail, "application-mail-address")),
            Some(Receiving::Fax) => Some(("fax", &typed.fax, "application-fax-number")),
            _ => None,
        };
        if let Some((field, text, id)) = needs
            && text.trim().is_empty()
        {
            reading.note(field, Message::new(id));
        }
        let medium = match is_said(&typed.medium) {
            true => Medium::from_key(typed.medium.trim()),
            false => Some(unsaid_medium),
        };
        let medium = reading.choice("medium", medium, "application-no-medium");
        let help = reading.text("help", &typed.help, HELP_CHARS_MAX);
        match (kind, receiving, medium) {
            (Some(kind), Some(receiving), Some(medium)) if reading.wrong.is_empty() => Ok(Self {
                kind,
                name,
                document_kind,
                document_number,
                organization_code,
                organization_proof,
                representative,
                phone,
                mail,
                address,
                postcode,
                fax,
                agent,
                title,
                file_number,
                description,
                receiving,
                medium,
                help,
            }),
            _ => Err(reading.wrong),
        }
    }
}

fn postcode(reading: &mut Reading, text: &str) -> String {
    let code: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let is_one = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !code.is_empty() && !is_one {
        reading.note("postcode", Message::new("application-postcode"));
        return String::new();
    }
    code
}

fn agent(reading: &mut Reading, typed: &Typed, today: Date, is_whole: bool) -> Option<Agent> {
    let given = [
        &typed.agent_name,
        &typed.agent_document_number,
        &typed.agent_phone,
        &typed.authorisation,
    ];
    if given.iter().all(|text| text.trim().is_empty()) {
        return None;
    }
    let needed = Some("application-no-agent-name");
    let name = reading.line("agent_name", &typed.agent_name, NAME_CHARS_MAX, needed);
    let is_proven = is_whole || !typed.agent_document_number.trim().is_empty();
    let (document_kind, document_number) = match is_proven {
        true => reading.document(
            ["agent_document_kind", "agent_document_number"],
            (&typed.agent_document_kind, &typed.agent_document_number),
            today,
        ),
        false => Default::default(),
    };
    let needed = Some("application-no-authorisation").filter(|_| is_whole);
    Some(Agent {
        name,
        document_kind,
        document_number,
        phone: reading.phone("agent_phone", &typed.agent_phone),
        authorisation: reading.line(
            "authorisation",
            &typed.authorisation,
            LINE_CHARS_MAX,
            needed,
        ),
    })
}
