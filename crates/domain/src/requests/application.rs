//! An application for information (Art. 29): who asks, how they are reached,
//! what they want and how they want to have it.
//!
//! [`Typed`] is what stands in a form, [`Application::read`] makes an
//! application of it or says which field is wrong. What somebody wants the
//! information for is not asked (the test of a special need ended in 2019).
//! Nothing here prints a person by [`Debug`](fmt::Debug).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::case::Channel;
pub use super::query_code::QueryCode;
use crate::organization::codes::CreditCode;
use crate::organization::names;
use crate::outbox::{Line, MailAddress};
use crate::register::{Document, DocumentKind, Phone, mask, mask_phone};
use crate::words::Message;

/// Writes an enumeration with its stored keys and its entries of the catalogue.
macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident, $key:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $key)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of forms.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word for storage and forms; it never changes.
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }

            /// The one of a stored word.
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.key() == key)
            }

            /// Its name for people.
            pub fn label(self) -> Message {
                Message::new(match self {
                    $(Self::$variant => $label,)*
                })
            }
        }
    };
}
pub(super) use keyed;

keyed! {
    /// Who applies, as the annual report counts them (its table 3). A lawyer
    /// who applies for a client is counted by the client.
    ApplicantKind {
        /// 自然人.
        NaturalPerson, "natural_person", "applicant-natural_person";
        /// 商业企业.
        CommercialEnterprise, "org_commercial_enterprise", "applicant-commercial_enterprise";
        /// 科研机构.
        ResearchInstitution, "org_research_institution", "applicant-research_institution";
        /// 社会公益组织.
        PublicWelfare, "org_public_welfare", "applicant-public_welfare";
        /// 法律服务机构.
        LegalService, "org_legal_service", "applicant-legal_service";
        /// 其他.
        Other, "org_other", "applicant-other";
    }
}

keyed! {
    /// How the answer is to be had (Art. 29 ¶2 third item, Art. 40).
    Receiving {
        /// 邮寄.
        Post, "post", "receiving-post";
        /// 电子邮件.
        Mail, "mail", "receiving-mail";
        /// 传真.
        Fax, "fax", "receiving-fax";
        /// 自行领取.
        PickUp, "pick_up", "receiving-pick_up";
        /// 当场阅读、抄录.
        Reading, "reading", "receiving-reading";
        /// 网上查询平台下载.
        Portal, "portal", "receiving-portal";
    }
}

keyed! {
    /// On what the information is to stand (Art. 40).
    Medium {
        /// 纸质.
        Paper, "paper", "medium-paper";
        /// 电子邮件, 电子文档.
        Electronic, "electronic", "medium-electronic";
        /// 光盘等.
        Disc, "disc", "medium-disc";
    }
}

keyed! {
    /// By which way an application came in. The receipt date follows from it
    /// (Art. 31; 国办公开办函〔2015〕207号).
    Way {
        /// The portal.
        Online, "online", "way-online";
        /// 当面提交.
        Counter, "counter", "way-counter";
        /// 口头申请 (Art. 29 ¶1).
        Oral, "oral", "way-oral";
        /// 邮寄，签收.
        SignedPost, "signed_post", "way-signed_post";
        /// 平常信函.
        UnsignedPost, "unsigned_post", "way-unsigned_post";
        /// Post that went to another unit or person.
        MisdirectedPost, "misdirected_post", "way-misdirected_post";
        /// 传真.
        Fax, "fax", "way-fax";
        /// 电子邮件.
        Mail, "mail", "way-mail";
    }
}

impl Way {
    /// By which rule its receipt date is found.
    pub fn channel(self) -> Channel {
        match self {
            Self::Online | Self::Fax | Self::Mail => Channel::Online,
            Self::Counter | Self::Oral => Channel::Counter,
            Self::SignedPost => Channel::SignedPost,
            Self::UnsignedPost | Self::MisdirectedPost => Channel::UnsignedPost,
        }
    }
}

/// A form as it was typed; empty where nothing was.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// [`ApplicantKind::key`].
    pub kind: String,
    /// Name of the person, or the organization's full name.
    pub name: String,
    /// [`DocumentKind::key`], of a natural person.
    pub document_kind: String,
    /// Number of that document.
    pub document_number: String,
    /// 统一社会信用代码 of an organization.
    pub organization_code: String,
    /// What an organization without such a code proves itself by.
    pub organization_proof: String,
    /// Who represents the organization.
    pub representative: String,
    /// Telephone.
    pub phone: String,
    /// Mail address.
    pub mail: String,
    /// Postal address.
    pub address: String,
    /// Postcode.
    pub postcode: String,
    /// Fax.
    pub fax: String,
    /// Name of an agent; empty for none.
    pub agent_name: String,
    /// [`DocumentKind::key`] of the agent.
    pub agent_document_kind: String,
    /// Number of that document.
    pub agent_document_number: String,
    /// Telephone of the agent.
    pub agent_phone: String,
    /// How the agent is authorised: 委托书.
    pub authorisation: String,
    /// Title of the information, where it is known.
    pub title: String,
    /// 文号, where it is known.
    pub file_number: String,
    /// What is wanted, so that it can be searched for.
    pub description: String,
    /// [`Receiving::key`].
    pub receiving: String,
    /// [`Medium::key`].
    pub medium: String,
    /// What help is wanted with reading, seeing or hearing (Art. 43).
    pub help: String,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

impl Typed {
    /// Every field with its name in forms, in their order.
    pub fn fields(&self) -> [(&'static str, &str); 23] {
        [
            ("kind", &self.kind),
            ("name", &self.name),
            ("document_kind", &self.document_kind),
            ("document_number", &self.document_number),
            ("organization_code", &self.organization_code),
            ("organization_proof", &self.organization_proof),
            ("representative", &self.representative),
            ("phone", &self.phone),
            ("mail", &self.mail),
            ("address", &self.address),
            ("postcode", &self.postcode),
            ("fax", &self.fax),
            ("agent_name", &self.agent_name),
            ("agent_document_kind", &self.agent_document_kind),
            ("agent_document_number", &self.agent_document_number),
            ("agent_phone", &self.agent_phone),
            ("authorisation", &self.authorisation),
            ("title", &self.title),
            ("file_number", &self.file_number),
            ("description", &self.description),
            ("receiving", &self.receiving),
            ("medium", &self.medium),
            ("help", &self.help),
        ]
    }
}

/// A field of the form with what is wrong in it and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field's name in the form ([`Typed::fields`]).
    pub field: &'static str,
    /// What to tell the user; it names the field.
    pub message: Message,
}

/// Who acts for the applicant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Name.
    pub name: String,
    /// [`DocumentKind::key`].
    pub document_kind: String,
    /// Number of that document.
    pub document_number: String,
    /// Telephone; empty where there is none.
    pub phone: String,
    /// How they are authorised.
    pub authorisation: String,
}

/// An application, well formed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Who applies.
    pub kind: ApplicantKind,
    /// Name of the person, or the organization's full name.
    pub name: String,
    /// [`DocumentKind::key`]; empty for an organization.
    pub document_kind: String,
    /// Number of that document; empty for an organization.
    pub document_number: String,
    /// 统一社会信用代码; empty for a person, or where there is none.
    pub organization_code: String,
    /// What an organization without such a code proves itself by.
    pub organization_proof: String,
    /// Who represents the organization; empty for a person.
    pub representative: String,
    /// Telephone, or nothing.
    pub phone: String,
    /// Mail address, or nothing.
    pub mail: String,
    /// Postal address, or nothing.
    pub address: String,
    /// Postcode, or nothing.
    pub postcode: String,
    /// Fax, or nothing.
    pub fax: String,
    /// Who acts for the applicant, if anybody.
    pub agent: Option<Agent>,
    /// Title of the information, or nothing.
    pub title: String,
    /// 文号, or nothing.
    pub file_number: String,
    /// What is wanted.
    pub description: String,
    /// How the answer is to be had.
    pub receiving: Receiving,
    /// On what.
    pub medium: Medium,
    /// What help is wanted (Art. 43), or nothing.
    pub help: String,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").finish_non_exhaustive()
    }
}

/// Longer than the longest registered names of organizations.
pub const NAME_CHARS_MAX: usize = 120;
/// A page of text: what is to be searched for fits on it, with room.
pub const DESCRIPTION_CHARS_MAX: usize = 2000;
/// One line of an address, a title, a proof.
pub const LINE_CHARS_MAX: usize = 200;
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
            Some(ApplicantKind::NaturalPerson) => reading.document(
                ["document_kind", "document_number"],
                (&typed.document_kind, &typed.document_number),
                today,
            ),
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
                if organization_proof.is_empty() {
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
        if unreachable {
            reading.note("phone", Message::new("application-no-contact"));
        }
        let agent = agent(&mut reading, typed, today);
        let title = reading.line("title", &typed.title, LINE_CHARS_MAX, None);
        let file_number = reading.line("file_number", &typed.file_number, LINE_CHARS_MAX, None);
        let description = reading.text("description", &typed.description, DESCRIPTION_CHARS_MAX);
        if description.chars().count() < DESCRIPTION_CHARS_MIN {
            reading.note("description", Message::new("application-no-description"));
        }
        let receiving = Receiving::from_key(typed.receiving.trim());
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
        let medium = Medium::from_key(typed.medium.trim());
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

    /// The form that is the same for the same applicant, from which the blind
    /// index is made: their document, their code, else their name.
    pub fn same_applicant(&self) -> String {
        if let Some(kind) = DocumentKind::from_key(&self.document_kind) {
            let document = Document::kept(kind, self.document_number.clone());
            return format!("document:{}", document.compared());
        }
        if self.organization_code.is_empty() {
            format!("name:{}", names::folded(&self.name))
        } else {
            format!("code:{}", self.organization_code)
        }
    }

    /// Ends of the contacts, one of which is asked for with the query code: of
    /// telephones, fax and the mail address before its `@`; where there is none
    /// of these, of the identity document or code.
    pub fn tails(&self) -> Vec<String> {
        let agent = self.agent.as_ref().map(|agent| agent.phone.as_str());
        let mail = self.mail.split('@').next().unwrap_or_default();
        let contacts = [self.phone.as_str(), mail, &self.fax, agent.unwrap_or("")];
        let mut tails: Vec<String> = contacts.into_iter().map(tail).collect();
        tails.retain(|tail| !tail.is_empty());
        if tails.is_empty() {
            let proofs = [&self.document_number, &self.organization_code, &self.name];
            tails.extend(proofs.into_iter().map(|proof| tail(proof)));
            tails.retain(|tail| !tail.is_empty());
            tails.truncate(1);
        }
        tails.sort();
        tails.dedup();
        tails
    }

    /// The application for screens: numbers and contacts masked.
    pub fn masked(&self) -> Self {
        let mail = MailAddress::parse(&self.mail);
        Self {
            document_number: mask(&self.document_number),
            phone: mask_phone(&self.phone),
            fax: mask_phone(&self.fax),
            mail: mail.map(|mail| mail.masked()).unwrap_or_default(),
            address: masked_address(&self.address),
            agent: self.agent.as_ref().map(|agent| Agent {
                document_number: mask(&agent.document_number),
                phone: mask_phone(&agent.phone),
                ..agent.clone()
            }),
            ..self.clone()
        }
    }

    /// The mail address, if there is one.
    pub fn mail_address(&self) -> Option<MailAddress> {
        MailAddress::parse(&self.mail).ok()
    }

    /// The subject by which lists and mails tell it: its title, or how the
    /// description begins.
    pub fn subject(&self) -> String {
        const CHARS: usize = 40;
        let text = match self.title.is_empty() {
            true => self.description.lines().next().unwrap_or_default(),
            false => &self.title,
        };
        let mut cut: String = text.chars().take(CHARS).collect();
        if cut.chars().count() < text.chars().count() {
            cut.push('…');
        }
        Line::parse(&cut).map_or_else(|_| String::new(), |line| line.as_str().to_owned())
    }
}

/// Of an address the place stays, the house does not.
fn masked_address(address: &str) -> String {
    const SHOWN: usize = 6;
    let found = address.chars().count();
    if found == 0 {
        return String::new();
    }
    let shown = SHOWN.min(found / 2);
    let kept: String = address.chars().take(shown).collect();
    format!("{kept}****")
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

fn agent(reading: &mut Reading, typed: &Typed, today: Date) -> Option<Agent> {
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
    let (document_kind, document_number) = reading.document(
        ["agent_document_kind", "agent_document_number"],
        (&typed.agent_document_kind, &typed.agent_document_number),
        today,
    );
    let needed = Some("application-no-authorisation");
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

/// Signs of a contact that are asked for with the query code.
pub const TAIL_CHARS: usize = 4;

/// The end of a contact as it is compared: the last four letters or digits, in
/// capitals; whoever types more of it is understood.
pub fn tail(text: &str) -> String {
    let text = text.split('@').next().unwrap_or_default();
    let signs: Vec<char> = text
        .nfkc()
        .flat_map(char::to_uppercase)
        .filter(|c| c.is_alphanumeric())
        .collect();
    let from = signs.len().saturating_sub(TAIL_CHARS);
    signs[from..].iter().collect()
}

#[cfg(test)]
mod tests;
