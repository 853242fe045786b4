//! What the citizens of an invented city ask for, and how it goes on: a table of
//! courses, each with its steps and the days between them, from which the cases
//! follow by a rule without chance.

use gongkai_domain::organization::codes::{CodeError, CreditCode};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::application::{Typed, Way};
use gongkai_domain::requests::case::{Asked, Opinion};
use serde::Deserialize;

use super::DemoError;
use super::writing::Phrases;

/// Working days that the city has lived through: about six months.
pub(super) const DAYS: u32 = 120;

/// What is asked, as its file tells of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    towns: Vec<String>,
    villages: Vec<String>,
    rivers: Vec<String>,
    persons: Vec<String>,
    organizations: Vec<Applying>,
    courses: Vec<Course>,
    /// What letters say that no case knows.
    pub(super) phrases: Phrases,
}

/// An organization that applies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Applying {
    kind: String,
    name: String,
    /// The code without its check character; empty for none.
    code: String,
    #[serde(default)]
    proof: String,
    representative: String,
}

/// How cases of one sort go on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    name: String,
    #[serde(default)]
    way: String,
    /// `same`: one person asks all of them.
    #[serde(default)]
    who: String,
    /// Steps, each with the working days since the one before.
    steps: String,
    /// What the reply says.
    answer: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    supplement: String,
    #[serde(default)]
    split: String,
    /// Bodies, and what is asked of them.
    asks: Vec<(String, String)>,
    /// How many came to their end.
    ended: u32,
    /// Before how many working days those began that may go on.
    running: Vec<u32>,
    /// Whether the last one that ended and the first that may go on are done by
    /// letters.
    #[serde(default)]
    letters: bool,
}

/// What somebody does with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Confirm,
    Receipt,
    ConfirmSelf,
    Called,
    Assign,
    Section,
    Take,
    TakeInSection,
    GiveBack,
    Split,
    Search,
    Chase,
    Found(bool),
    AskSupplement,
    Supplement,
    SupplementLapsed,
    Consult(Asked),
    ConsultServed,
    ConsultEnded(Opinion),
    Extend(u32),
    AskReasons,
    GiveReasons,
    Defer(u32),
    Fee(u32),
    Pay,
    FeeLapsed,
    Withdraw,
    Draft(String),
    HandIn,
    Approve(&'static str, Role),
    Return,
    Give,
    Serve,
    Archive,
    Rate(u8),
}

/// A deed, and the working days since the one before.
type Step = (u32, Deed);

/// What the cases of a course say.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) answer: String,
    pub(super) supplement: String,
    pub(super) split: String,
}

/// A case that is to be lived through.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    /// Of which course.
    pub(super) course: String,
    /// The body's key.
    pub(super) body: String,
    pub(super) way: Way,
    pub(super) typed: Typed,
    pub(super) said: Said,
    /// Whether its steps are taken by letters.
    pub(super) letters: bool,
    /// Before how many working days each deed is done; the first files it.
    pub(super) deeds: Vec<(u32, Deed)>,
    /// Before how many working days it was filed.
    pub(super) filed: u32,
}

fn wrong(what: impl Into<String>) -> DemoError {
    DemoError::File(what.into())
}

/// A reply from its first line to the archive's door.
fn reply(after: u32, outcome: &str) -> Vec<Step> {
    vec![
        (after, Deed::Draft(outcome.to_owned())),
        (0, Deed::HandIn),
        (1, Deed::Approve("review", Role::Reviewer)),
        (0, Deed::Approve("legal", Role::LegalReviewer)),
        (1, Deed::Approve("secrecy", Role::SecrecyReviewer)),
        (1, Deed::Approve("sign", Role::Leader)),
        (0, Deed::Give),
        (1, Deed::Serve),
    ]
}

fn step(text: &str) -> Result<Vec<Step>, DemoError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |at: usize| -> Result<u32, DemoError> {
        let number = words.get(at).and_then(|word| word.parse().ok());
        number.ok_or_else(|| wrong(text))
    };
    let word = words.get(2).copied().unwrap_or_default();
    let deed = match words.first().copied().unwrap_or_default() {
        "reply" => return Ok(reply(after(1)?, word)),
        "confirm" => Deed::Confirm,
        "receipt" => Deed::Receipt,
        "confirm_self" => Deed::ConfirmSelf,
        "called" => Deed::Called,
        "assign" => Deed::Assign,
        "section" => Deed::Section,
        "take" => Deed::Take,
        "take_section" => Deed::TakeInSection,
        "give_back" => Deed::GiveBack,
        "split" => Deed::Split,
        "search" => Deed::Search,
        "chase" => Deed::Chase,
        "found" => Deed::Found(true),
        "found_none" => Deed::Found(false),
        "ask_supplement" => Deed::AskSupplement,
        "supplement" => Deed::Supplement,
        "supplement_lapsed" => Deed::SupplementLapsed,
        "consult" => Deed::Consult(match word {
            "third_party" => Asked::ThirdParty,
            "co_maker" => Asked::CoMaker,
            "organ" => Asked::Organ,
            _ => return Err(wrong(text)),
        }),
        "served" => Deed::ConsultServed,
        "opinion" => Deed::ConsultEnded(match word {
            "agrees" => Opinion::Agrees,
            "partly" => Opinion::Partly,
            "objects" => Opinion::Objects,
            "silent" => Opinion::Silent,
            _ => return Err(wrong(text)),
        }),
        "extend" => Deed::Extend(after(2)?),
        "ask_reasons" => Deed::AskReasons,
        "give_reasons" => Deed::GiveReasons,
        "defer" => Deed::Defer(after(2)?),
        "fee" => Deed::Fee(after(2)?),
        "pay" => Deed::Pay,
        "fee_lapsed" => Deed::FeeLapsed,
        "withdraw" => Deed::Withdraw,
        "draft" => Deed::Draft(word.to_owned()),
        "hand_in" => Deed::HandIn,
        "review" => Deed::Approve("review", Role::Reviewer),
        "legal" => Deed::Approve("legal", Role::LegalReviewer),
        "secrecy" => Deed::Approve("secrecy", Role::SecrecyReviewer),
        "sign" => Deed::Approve("sign", Role::Leader),
        "return" => Deed::Return,
        "give" => Deed::Give,
        "serve" => Deed::Serve,
        "archive" => Deed::Archive,
        "rate" => Deed::Rate(word.parse().map_err(|_| wrong(text))?),
        _ => return Err(wrong(text)),
    };
    Ok(vec![(after(1)?, deed)])
}

fn steps(text: &str) -> Result<Vec<Step>, DemoError> {
    let parts = text.split(';').map(str::trim);
    let parts: Result<Vec<Vec<Step>>, DemoError> =
        parts.filter(|part| !part.is_empty()).map(step).collect();
    Ok(parts?.concat())
}

/// A place in a table, for the `n`-th who asks; the tables turn at different
/// speeds, so that the same words seldom meet twice.
fn of<T>(table: &[T], n: usize) -> Result<&T, DemoError> {
    let place = n.checked_rem(table.len());
    place
        .and_then(|place| table.get(place))
        .ok_or_else(|| wrong("an empty table"))
}

impl Cases {
    /// The cases of a file.
    ///
    /// # Errors
    /// [`DemoError::File`].
    pub fn parse(text: &str) -> Result<Self, DemoError> {
        serde_json::from_str(text).map_err(|error| DemoError::File(error.to_string()))
    }

    /// All of them, those that were filed first before the others.
    pub(super) fn planned(&self) -> Result<Vec<Planned>, DemoError> {
        let mut all = Vec::new();
        for course in &self.courses {
            let steps = steps(&course.steps)?;
            let length: u32 = steps.iter().map(|(after, _)| after).sum();
            // Those that are over ended at least two working days ago.
            let first = length + 2;
            let room = DAYS.saturating_sub(first);
            let ended =
                (0..course.ended).map(|n| first + room * (2 * n + 1) / (2 * course.ended.max(1)));
            for (n, filed) in ended.chain(course.running.iter().copied()).enumerate() {
                all.push(self.case(course, &steps, n, all.len(), filed.min(DAYS))?);
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.filed));
        Ok(all)
    }

    /// The `n`-th case of a course, the `whole`-th of all.
    fn case(
        &self,
        course: &Course,
        steps: &[Step],
        n: usize,
        whole: usize,
        filed: u32,
    ) -> Result<Planned, DemoError> {
        let (body, text) = of(&course.asks, n)?;
        let way = match course.way.as_str() {
            "" => Way::Online,
            key => Way::from_key(key).ok_or_else(|| wrong(key))?,
        };
        let filled = |text: &str| -> Result<String, DemoError> {
            Ok(text
                .replace("{town}", of(&self.towns, whole * 3 + 1)?)
                .replace("{village}", of(&self.villages, whole * 5 + 2)?)
                .replace("{river}", of(&self.rivers, whole + 3)?)
                .replace("{year}", &(2021 + whole % 5).to_string()))
        };
        let typed = Typed {
            description: filled(text)?,
            help: course.help.clone(),
            ..self.applicant(course, whole, way)?
        };
        let mut deeds = Vec::new();
        let mut before = filed;
        for (after, deed) in steps {
            // What is still to come was not done.
            match before.checked_sub(*after).filter(|before| *before > 0) {
                Some(day) => before = day,
                None => break,
            }
            deeds.push((before, deed.clone()));
        }
        Ok(Planned {
            course: course.name.clone(),
            body: body.clone(),
            way,
            typed,
            said: Said {
                answer: course.answer.clone(),
                supplement: filled(&course.supplement)?,
                split: filled(&course.split)?,
            },
            letters: course.letters && [n, n + 1].contains(&(course.ended as usize)),
            deeds,
            filed,
        })
    }

    /// Who asks: every fifth an organization, a few by an agent.
    fn applicant(&self, course: &Course, n: usize, way: Way) -> Result<Typed, DemoError> {
        let n = if course.who == "same" { 0 } else { n };
        let is_organization = n % 5 == 4;
        // Whoever asks again is the same person, with the same telephone.
        let who = match is_organization {
            true => 100 + (n / 5).checked_rem(self.organizations.len()).unwrap_or(0),
            false => (n * 7).checked_rem(self.persons.len()).unwrap_or(0),
        };
        let digits = 31_415_926 + 271_829 * who;
        let is_online = way == Way::Online;
        let receiving = match (way, n % 3) {
            (Way::Oral | Way::Counter, _) => "pick_up",
            (Way::Online, 0) => "mail",
            (Way::Online, 1) => "portal",
            _ => "post",
        };
        let mut typed = Typed {
            phone: format!("199{:08}", digits % 100_000_000),
            address: format!(
                "{}{} {} 号",
                of(&self.towns, who)?,
                of(&self.villages, who)?,
                who % 60 + 1
            ),
            postcode: "990100".to_owned(),
            receiving: receiving.to_owned(),
            medium: if is_online { "electronic" } else { "paper" }.to_owned(),
            ..Typed::default()
        };
        if is_online && n % 3 != 1 {
            typed.mail = format!("shenqing{who:03}@mail.example");
        }
        if is_organization {
            let one = of(&self.organizations, n / 5)?;
            typed.kind.clone_from(&one.kind);
            typed.name.clone_from(&one.name);
            typed.organization_code = code(&one.code)?;
            typed.organization_proof.clone_from(&one.proof);
            typed.representative.clone_from(&one.representative);
            return Ok(typed);
        }
        "natural_person".clone_into(&mut typed.kind);
        typed.name.clone_from(of(&self.persons, who)?);
        "resident_id".clone_into(&mut typed.document_kind);
        typed.document_number = resident(who);
        if n % 11 == 7 {
            typed.agent_name.clone_from(of(&self.persons, who + 11)?);
            "resident_id".clone_into(&mut typed.agent_document_kind);
            typed.agent_document_number = resident(who + 500);
            typed.agent_phone = format!("198{:08}", digits % 100_000_000);
            "授权委托书一份，申请人亲笔签名".clone_into(&mut typed.authorisation);
        }
        Ok(typed)
    }
}

/// A credit code with its check character; empty for none.
fn code(begin: &str) -> Result<String, DemoError> {
    if begin.is_empty() {
        return Ok(String::new());
    }
    match CreditCode::parse(&format!("{begin}0")) {
        Ok(code) => Ok(code.as_str().to_owned()),
        Err(CodeError::CreditCheck { expected, .. }) => Ok(format!("{begin}{expected}")),
        Err(_) => Err(wrong(begin)),
    }
}

/// Weights of the check character (GB 11643-1999, annex A).
const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// A resident's number that nobody has: no place has the code 990000.
fn resident(n: usize) -> String {
    let seventeen = format!(
        "990000{}{:02}{:02}{:03}",
        1950 + n % 50,
        n % 12 + 1,
        n % 28 + 1,
        n % 999 + 1
    );
    let digits = seventeen.bytes().map(|byte| usize::from(byte - b'0'));
    let sum: usize = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let sign = char::from(b"10X98765432"[sum % 11]);
    format!("{seventeen}{sign}")
}
