//! What a letter is made of: plain facts, without a store behind them.
//!
//! Whoever keeps cases fills in what a kind of letter needs ([`Need`]); empty
//! texts are facts that are not known. They are kept, sealed, with each letter
//! that was issued: fields are only ever added.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::remedy::RemedyFacts;
use crate::requests::clock::ClockSettings;
use crate::words::Message;

/// The agency that writes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Agency {
    /// Its full name.
    pub name: String,
    /// Its word in document numbers 机关代字.
    pub word: String,
    /// The office that answers: 政府信息公开工作机构.
    pub office: String,
    /// Where it is.
    pub address: String,
    /// Its postcode.
    pub postcode: String,
    /// Its telephone.
    pub phone: String,
    /// When it is open.
    pub hours: String,
}

/// The request that the letter is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Register number 登记编号.
    pub register_number: String,
    /// How it came, as a letter says it: 通过互联网, 当面, 以邮寄方式.
    #[serde(default)]
    pub way: String,
    /// When it was received (Art. 31); where that is not fixed, when it was filed.
    pub received: Date,
    /// Whether the receipt date is fixed.
    #[serde(default = "yes")]
    pub is_received: bool,
    /// What is asked for, in the applicant's words.
    pub statement: String,
    /// Name of the applicant, where the letter goes to somebody else.
    #[serde(default)]
    pub applicant: String,
    /// Whether a legal person or another organization asks.
    #[serde(default)]
    pub is_organization: bool,
}

/// 登记回执.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The last day to answer.
    pub due: Date,
    /// How the applicant follows the request.
    pub query: String,
}

/// 补正.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplement {
    /// What is unclear.
    pub unclear: String,
    /// How it is mended.
    pub how: String,
    /// The last day.
    pub limit: Date,
    /// Whether the clock begins anew: the notice leaves within its working days.
    #[serde(default = "yes")]
    pub restarts: bool,
}

fn yes() -> bool {
    true
}

/// 国办函〔2020〕109号.
fn payment_days() -> u32 {
    ClockSettings::default().payment_working_days
}

/// How often somebody asks (Art. 35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    /// In which time: 2026年1月至10月.
    pub period: String,
    /// How many requests.
    pub count: u32,
    /// What shows that it is more than reasonable.
    pub facts: String,
    /// The last day for reasons; none where they were given.
    #[serde(default)]
    pub limit: Option<Date>,
}

/// A consultation (Arts 32–34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// Its number in the case, where the letter is about one that was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The information it is about.
    pub about: String,
    /// Who is asked, as the applicant may be told: 有关第三方.
    #[serde(default)]
    pub asked: String,
    /// From this day on the time is not counted.
    pub sent: Date,
    /// Working days to answer.
    pub days: u32,
    /// The opinion that came, where one did.
    #[serde(default)]
    pub opinion: String,
}

/// 延期.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Why.
    pub reason: String,
    /// Working days.
    pub days: u32,
    /// The day that was due.
    pub before: Date,
    /// The day that is due now.
    pub due: Date,
}

/// 延迟答复 (Art. 35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferral {
    /// Why it cannot be answered by the day that was due.
    pub reason: String,
    /// The day that was due.
    pub before: Date,
    /// The day that was set in its place.
    pub until: Date,
}

/// 收费.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The standard that applies and what it was applied to.
    pub reckoning: String,
    /// How much, in yuan: 300.00.
    pub yuan: String,
    /// How it is paid.
    pub way: String,
    /// The last day, were the notice had on its own day.
    pub limit: Date,
    /// Working days to pay, from the day after the notice was had.
    #[serde(default = "payment_days")]
    pub days: u32,
}

/// What is public already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Its title.
    pub title: String,
    /// Where it is found.
    pub place: String,
}

/// What is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Each piece of information.
    pub items: Vec<String>,
    /// How it is provided, and in which medium: 以纸质形式邮寄.
    pub way: String,
}

/// What is not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Which information, or part of it.
    pub what: String,
    /// What it is: 属于行政机关的内部事务信息.
    pub ground: String,
    /// The article.
    pub article: String,
    /// Why the ground applies here.
    pub reason: String,
}

/// What was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Where.
    pub scope: String,
    /// How.
    pub method: String,
    /// With what result.
    pub result: String,
}

/// Another agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Why it is not the one that writes.
    pub reason: String,
    /// Its name, if known.
    #[serde(default)]
    pub agency: String,
    /// How it is reached, if known.
    #[serde(default)]
    pub contact: String,
}

/// A way of access by another law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialAccess {
    /// What is asked for, as that law calls it: 不动产登记资料.
    pub what: String,
    /// The law.
    pub law: String,
    /// Who gives access.
    pub body: String,
    /// How.
    pub way: String,
}

/// Where the applicant is to turn instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// What the request really is: 对工作人员的投诉.
    pub matter: String,
    /// Where to turn.
    pub place: String,
}

/// An earlier reply (Art. 36(6)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its document number.
    pub number: String,
    /// Its day.
    pub dated: Date,
}

/// What the applicant was asked for before: a supplement or a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Title and number of the letter that asked.
    pub letter: String,
    /// When it was served.
    pub served: Date,
    /// How that is proved.
    #[serde(default)]
    pub proof: String,
    /// The last day that it set.
    pub limit: Date,
    /// When the answer came; none where none did.
    #[serde(default)]
    pub answered: Option<Date>,
}

/// A decision to disclose over an objection (Art. 32).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What will be disclosed.
    pub content: String,
    /// Why.
    pub reasons: String,
    /// On which day.
    pub release: Date,
}

/// 更正 (Art. 41).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The record about the applicant.
    pub record: String,
    /// When putting it right was asked for.
    pub asked: Date,
    /// What became of it: corrected, refused with the reason, passed on to whom.
    pub result: String,
}

/// What a unit is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What.
    pub what: String,
    /// Until when.
    pub limit: Date,
}

/// The facts of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LetterFacts {
    /// Who writes.
    pub agency: Agency,
    /// To whom, as it stands above the text.
    pub addressee: String,
    /// The day of the letter; the day of issue where there is none.
    pub dated: Option<Date>,
    /// The request.
    pub request: Option<Request>,
    /// For a receipt.
    pub receipt: Option<Receipt>,
    /// For a supplement notice.
    pub supplement: Option<Supplement>,
    /// For the letters of Art. 35.
    pub frequency: Option<Frequency>,
    /// For consultations and what follows them.
    pub consultation: Option<Consultation>,
    /// For an extension.
    pub extension: Option<Extension>,
    /// For a later day (Art. 35).
    pub deferral: Option<Deferral>,
    /// For a fee notice.
    pub fee: Option<Fee>,
    /// What is public already.
    pub published: Option<Published>,
    /// What is given.
    pub given: Option<Given>,
    /// What is not.
    pub withheld: Vec<Withheld>,
    /// What was searched.
    pub search: Option<Search>,
    /// Who has it.
    pub elsewhere: Option<Elsewhere>,
    /// By which law it is had.
    pub special_access: Option<SpecialAccess>,
    /// Where to turn instead.
    pub channel: Option<Channel>,
    /// The earlier reply.
    pub earlier: Option<Earlier>,
    /// What was asked for before.
    pub asked: Option<Asked>,
    /// A decision over an objection.
    pub decision: Option<Decision>,
    /// A correction.
    pub correction: Option<Correction>,
    /// A task.
    pub task: Option<Task>,
    /// The day on which the request was taken back.
    pub withdrawn: Option<Date>,
    /// A reason, where the kind wants one and nothing else tells it.
    pub reason: String,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// To whom the addressee may turn.
    pub remedy: RemedyFacts,
}

/// A group of facts that a kind of letter needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// [`LetterFacts::request`].
    Request,
    /// [`LetterFacts::receipt`].
    Receipt,
    /// [`LetterFacts::supplement`].
    Supplement,
    /// [`LetterFacts::frequency`].
    Frequency,
    /// [`LetterFacts::consultation`].
    Consultation,
    /// [`LetterFacts::extension`].
    Extension,
    /// [`LetterFacts::deferral`].
    Deferral,
    /// [`LetterFacts::fee`].
    Fee,
    /// [`LetterFacts::published`].
    Published,
    /// [`LetterFacts::given`], with something in it.
    Given,
    /// [`LetterFacts::withheld`], with something in it.
    Withheld,
    /// [`LetterFacts::search`].
    Search,
    /// [`LetterFacts::elsewhere`].
    Elsewhere,
    /// [`LetterFacts::special_access`].
    SpecialAccess,
    /// [`LetterFacts::channel`].
    Channel,
    /// [`LetterFacts::earlier`].
    Earlier,
    /// [`LetterFacts::asked`].
    Asked,
    /// [`LetterFacts::decision`].
    Decision,
    /// [`LetterFacts::correction`].
    Correction,
    /// [`LetterFacts::task`].
    Task,
    /// [`LetterFacts::withdrawn`].
    Withdrawal,
    /// [`LetterFacts::reason`].
    Reason,
}

impl Need {
    /// The name of the group in templates, and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "申请",
            Self::Receipt => "登记",
            Self::Supplement => "补正",
            Self::Frequency => "频次",
            Self::Consultation => "征求意见",
            Self::Extension => "延期",
            Self::Deferral => "延迟",
            Self::Fee => "收费",
            Self::Published => "已公开",
            Self::Given => "提供",
            Self::Withheld => "不公开",
            Self::Search => "检索",
            Self::Elsewhere => "掌握机关",
            Self::SpecialAccess => "查询",
            Self::Channel => "渠道",
            Self::Earlier => "在先答复",
            Self::Asked => "在先告知",
            Self::Decision => "决定",
            Self::Correction => "更正",
            Self::Task => "协办",
            Self::Withdrawal => "撤回",
            Self::Reason => "理由",
        }
    }

    /// Whether the facts have it.
    pub fn is_met(self, facts: &LetterFacts) -> bool {
        match self {
            Self::Request => facts.request.is_some(),
            Self::Receipt => facts.receipt.is_some(),
            Self::Supplement => facts.supplement.is_some(),
            Self::Frequency => facts.frequency.is_some(),
            Self::Consultation => facts.consultation.is_some(),
            Self::Extension => facts.extension.is_some(),
            Self::Deferral => facts.deferral.is_some(),
            Self::Fee => facts.fee.is_some(),
            Self::Published => facts.published.is_some(),
            Self::Given => facts
                .given
                .as_ref()
                .is_some_and(|given| !given.items.is_empty()),
            Self::Withheld => !facts.withheld.is_empty(),
            Self::Search => facts.search.is_some(),
            Self::Elsewhere => facts.elsewhere.is_some(),
            Self::SpecialAccess => facts.special_access.is_some(),
            Self::Channel => facts.channel.is_some(),
            Self::Earlier => facts.earlier.is_some(),
            Self::Asked => facts.asked.is_some(),
            Self::Decision => facts.decision.is_some(),
            Self::Correction => facts.correction.is_some(),
            Self::Task => facts.task.is_some(),
            Self::Withdrawal => facts.withdrawn.is_some(),
            Self::Reason => !clean(&facts.reason).is_empty(),
        }
    }
}

impl LetterFacts {
    /// What is missing for a kind of letter, each said once; also who writes
    /// and to whom.
    pub fn missing(&self, kind: &super::kinds::Kind) -> Vec<Message> {
        let mut missing: Vec<&str> = Vec::new();
        if clean(&self.agency.name).is_empty() {
            missing.push("机关.名称");
        }
        if clean(&self.addressee).is_empty() {
            missing.push("主送");
        }
        let needs = kind.needs.iter().filter(|need| !need.is_met(self));
        missing.extend(needs.map(|need| need.name()));
        let said = |name| Message::new("letter-fact-missing").with("name", name);
        missing.into_iter().map(said).collect()
    }
}

/// A fact as it goes into a letter: on one line, without control characters
/// and characters that turn the direction of a line, and without a full stop at
/// the end, which the template sets.
pub fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{3000}' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control() && !turns(*c))
        .collect();
    let words: Vec<&str> = kept.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    line.trim_matches('\u{3000}')
        .trim_end_matches(['。', '；', ';', ' '])
        .to_owned()
}

/// Marks that turn the direction of writing, or are not seen at all.
fn turns(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A day as official papers write it.
pub fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}
