//! One body: what it is, since when, and how its disclosure office is reached.

use std::fmt;

use jiff::civil::Date;

use super::codes::{CreditCode, DivisionCode};
use super::open_ways::OpenWays;
use crate::words::Message;

/// Names an organization; given by the store, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationId(pub i64);

/// Names a person with a login; given by the store, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a body is under the Regulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationKind {
    /// 人民政府.
    Government,
    /// 办公厅(室) of a government; Art. 3 ¶2: 主管部门 of the place.
    Office,
    /// 工作部门.
    Department,
    /// 派出机关, 派出机构: a subdistrict office, a police station.
    Dispatched,
    /// 直属单位, 事业单位 without powers of its own.
    Institution,
    /// 法律、法规授权的具有管理公共事务职能的组织 (Art. 54).
    Authorized,
    /// 公共企事业单位 (Art. 55).
    PublicEnterprise,
    /// 内设机构: a section inside a body.
    Section,
}

/// Whether a body discloses in its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnName {
    /// Always: an administrative organ (Art. 10 ¶1) or an organization that
    /// the law treats as one (Art. 54).
    Yes,
    /// Art. 10 ¶2: where laws or regulations let it act outwardly in its own
    /// name, and then for what it does under them.
    WhereLawEntrusts,
    /// Art. 55: by the rules of its sector, not by the Regulation.
    BySectorRules,
    /// Never: the body it belongs to discloses.
    No,
}

impl OrganizationKind {
    /// All kinds, in the order of the Regulation.
    pub const ALL: [Self; 8] = [
        Self::Government,
        Self::Office,
        Self::Department,
        Self::Dispatched,
        Self::Institution,
        Self::Authorized,
        Self::PublicEnterprise,
        Self::Section,
    ];

    /// The word for storage and exchange; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Government => "government",
            Self::Office => "office",
            Self::Department => "department",
            Self::Dispatched => "dispatched",
            Self::Institution => "institution",
            Self::Authorized => "authorized",
            Self::PublicEnterprise => "public_enterprise",
            Self::Section => "section",
        }
    }

    /// The kind of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Government => "organization-kind-government",
            Self::Office => "organization-kind-office",
            Self::Department => "organization-kind-department",
            Self::Dispatched => "organization-kind-dispatched",
            Self::Institution => "organization-kind-institution",
            Self::Authorized => "organization-kind-authorized",
            Self::PublicEnterprise => "organization-kind-public_enterprise",
            Self::Section => "organization-kind-section",
        })
    }

    /// Arts 10, 54, 55: whether such a body discloses in its own name.
    pub fn own_name(self) -> OwnName {
        match self {
            Self::Government | Self::Office | Self::Department | Self::Authorized => OwnName::Yes,
            Self::Dispatched | Self::Section => OwnName::WhereLawEntrusts,
            Self::PublicEnterprise => OwnName::BySectorRules,
            Self::Institution => OwnName::No,
        }
    }
}

/// The days on which something holds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    from: Date,
    until: Option<Date>,
}

impl Validity {
    /// From the first day to the last, or without end.
    ///
    /// # Errors
    /// A last day before the first.
    pub fn new(from: Date, until: Option<Date>) -> Result<Self, Message> {
        match until {
            Some(until) if until < from => Err(Message::new("validity-reversed")
                .with("from", from)
                .with("until", until)),
            _ => Ok(Self { from, until }),
        }
    }

    /// From a day on, without end.
    pub fn since(from: Date) -> Self {
        Self { from, until: None }
    }

    /// The first day.
    pub fn from(self) -> Date {
        self.from
    }

    /// The last day, where there is one.
    pub fn until(self) -> Option<Date> {
        self.until
    }

    /// Whether it holds on a day.
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether there is a day on which both hold.
    pub fn overlaps(self, other: Self) -> bool {
        self.until.is_none_or(|until| other.from <= until)
            && other.until.is_none_or(|until| self.from <= until)
    }

    /// Whether it holds on every day on which `other` does.
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && !other.outlasts(self)
    }

    /// Whether it still holds when `other` has ended.
    pub fn outlasts(self, other: Self) -> bool {
        match (self.until, other.until) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own > other,
        }
    }
}

/// 政府信息公开工作机构 (Art. 4): the office that handles disclosure for a body.
/// A field that is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisclosureOffice {
    /// 机构名称.
    pub name: String,
    /// 工作机构负责人, who approves extensions (Art. 33 ¶2).
    pub head: Option<PersonId>,
    /// 办公地址.
    pub address: String,
    /// 邮政编码; applications come by post, though Art. 12 does not ask for it.
    pub postcode: String,
    /// 办公时间.
    pub hours: String,
    /// 联系电话.
    pub phone: String,
    /// 传真号码.
    pub fax: String,
    /// 互联网联系方式: a mail address or a page.
    pub mail: String,
    /// 政府信息的分类: how what the body publishes is classified.
    pub classification: String,
    /// 编排体系: how it is arranged and numbered.
    pub arrangement: String,
    /// 获取方式: where one finds it without asking.
    pub obtaining: String,
    /// 申请渠道: by which ways it takes applications.
    pub open: OpenWays,
}

impl DisclosureOffice {
    /// Whether anything is told of it. Which ways are open tells nothing by itself.
    pub fn is_told(&self) -> bool {
        let told = Self {
            open: OpenWays::default(),
            ..self.clone()
        };
        told != Self::default()
    }

    /// Art. 12 ¶2 lists what the guide (指南) must tell: the office's name,
    /// address, hours, phone, fax, internet contact; how information is
    /// classified, arranged and got. Art. 33 ¶2 needs a head.
    /// Returns what is still missing, in that order.
    pub fn missing(&self) -> Vec<Message> {
        [
            (&self.name, "missing-office-name"),
            (&self.address, "missing-office-address"),
            (&self.hours, "missing-office-hours"),
            (&self.phone, "missing-office-phone"),
            (&self.fax, "missing-office-fax"),
            (&self.mail, "missing-office-mail"),
            (&self.classification, "missing-office-classification"),
            (&self.arrangement, "missing-office-arrangement"),
            (&self.obtaining, "missing-office-obtaining"),
        ]
        .into_iter()
        .filter(|(value, _)| value.trim().is_empty())
        .map(|(_, id)| Message::new(id))
        .chain(
            self.head
                .is_none()
                .then(|| Message::new("missing-office-head")),
        )
        .collect()
    }
}

/// A body as it is kept: its present name and place in the tree, and the days
/// on which it exists. Only the present superior is kept; how bodies came from
/// one another is told by [`super::succession`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its number in the store.
    pub id: OrganizationId,
    /// The body it belongs to; none for the topmost.
    pub parent: Option<OrganizationId>,
    /// 主管部门 (Art. 3), where it is another than the general office of the
    /// government above.
    pub supervisor: Option<OrganizationId>,
    /// Art. 3 ¶3: the superior on the ministry's side of a vertically led
    /// body (垂直领导), which takes the place of the local general office.
    pub vertical: Option<OrganizationId>,
    /// What it is.
    pub kind: OrganizationKind,
    /// 规范全称.
    pub name: String,
    /// 规范简称; empty where there is none.
    pub short_name: String,
    /// 统一社会信用代码; sections have none.
    pub credit_code: Option<CreditCode>,
    /// 行政区划; bodies of the whole country have none.
    pub division: Option<DivisionCode>,
    /// When it exists.
    pub validity: Validity,
    /// Its disclosure office (Art. 12).
    pub office: DisclosureOffice,
}

impl Organization {
    /// A body that is not kept yet, with what is said of every body; its
    /// number is one that no kept body has.
    pub fn draft(name: impl Into<String>, kind: OrganizationKind, validity: Validity) -> Self {
        Self {
            id: OrganizationId(-1),
            parent: None,
            supervisor: None,
            vertical: None,
            kind,
            name: name.into(),
            short_name: String::new(),
            credit_code: None,
            division: None,
            validity,
            office: DisclosureOffice::default(),
        }
    }

    /// What Art. 12 asks for and is not there. Nothing is asked of bodies that
    /// do not disclose under the Regulation in their own name, nor of sections
    /// and dispatched bodies whose office has not been begun: whether the law
    /// entrusts them (Art. 10 ¶2) is known only where someone has said so.
    pub fn missing(&self) -> Vec<Message> {
        match self.kind.own_name() {
            OwnName::Yes => self.office.missing(),
            OwnName::WhereLawEntrusts if self.office != DisclosureOffice::default() => {
                self.office.missing()
            }
            OwnName::WhereLawEntrusts | OwnName::BySectorRules | OwnName::No => Vec::new(),
        }
    }

    /// One code, or one name below one parent, at one time: that is the same
    /// body twice. A body that follows another may have its code and its name.
    pub fn twice_with(&self, other: &Self) -> Vec<Message> {
        if self.id == other.id || !self.validity.overlaps(other.validity) {
            return Vec::new();
        }
        let mut messages = Vec::new();
        if let Some(code) = self
            .credit_code
            .as_ref()
            .filter(|_| self.credit_code == other.credit_code)
        {
            messages.push(Message::new("import-code-twice").with("code", code));
        }
        if self.name == other.name && self.parent == other.parent {
            messages.push(Message::new("import-name-twice").with("name", &self.name));
        }
        messages
    }
}

#[cfg(test)]
mod tests;
