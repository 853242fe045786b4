//! An application for information (Art. 29): who asks, how they are reached,
//! what they want and how they want to have it.
//!
//! [`Typed`] is what stands in a form, [`Application::read`] makes an
//! application of it or says which field is wrong. What somebody wants the
//! information for is not asked (the test of a special need ended in 2019).
//! Nothing here prints a person by [`Debug`](fmt::Debug).

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::case::Channel;
pub use super::query_code::QueryCode;
use crate::organization::names;
use crate::outbox::{Line, MailAddress};
use crate::register::{Document, DocumentKind, mask, mask_phone};
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
impl Application {
    /// The form that is the same for the same applicant, from which the blind
    /// index is made: their document, their code, else their name.
    pub fn same_applicant(&self) -> String {
        if let Some(kind) = DocumentKind::from_key(&self.document_kind) {
            let document = Document::kept(kind, self.document_number.clone());
            return format!("document:{}", document.compared());
        }
        if self.kind == ApplicantKind::NaturalPerson {
            // Many have one name; who gave no document is told by a contact too.
            let contacts = [&self.phone, &self.mail, &self.address];
            let contact = contacts.into_iter().find(|contact| !contact.is_empty());
            let contact = contact.map(|contact| names::folded(contact));
            let name = names::folded(&self.name);
            return format!("name:{name}:{}", contact.unwrap_or_default());
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

    /// What Art. 29 ¶2 asks for and this does not have, by the labels of the form: of
    /// what came on paper, which is registered as it is and may be supplemented.
    pub fn gaps(&self) -> Vec<&'static str> {
        let is_person = self.kind == ApplicantKind::NaturalPerson;
        let contacts = [&self.phone, &self.mail, &self.address];
        let all = [
            (is_person && self.document_number.is_empty(), "gap-document"),
            (
                !is_person
                    && self.organization_code.is_empty()
                    && self.organization_proof.is_empty(),
                "gap-code",
            ),
            (contacts.iter().all(|one| one.is_empty()), "gap-contact"),
        ];
        let gaps = all.into_iter().filter(|(is_gap, _)| *is_gap);
        gaps.map(|(_, label)| label).collect()
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

mod reading;

#[cfg(test)]
mod tests;
