//! The record of a case: everything that happened to it, of which the steps of
//! the law ([`Event`]) are a part; whose each step is; and where a case lies on
//! the desk.

mod dated;
mod evidence;
mod grounded;
mod lettered;

pub use dated::{correctable, corrected_days};
pub use evidence::{PROOF_CHARS_MAX, Proof, proof};
pub use grounded::{Search, against, next_search, objections, searches, undecided};
pub use lettered::{
    Lettered, Seal, letters, present, replies, rounds, sealed_to_applicant, unserved,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::application::keyed;
use super::case::{Case, Event, Rules, Service, State};
use super::clock::{ClockError, Reckoned};
use super::outcomes::Remedy;
use crate::letters::kinds::{Addressee, Kind};
use crate::organization::permissions::Action;
use crate::words::{Message, Words};

keyed! {
    /// Who has confirmed the receipt (Art. 31 third item wants both).
    Side {
        /// The disclosure office.
        Office, "office", "side-office";
        /// The applicant.
        Applicant, "applicant", "side-applicant";
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Happening {
    /// It was filed, or came in.
    Filed,
    /// A step of the law.
    Step {
        /// Which.
        event: Event,
    },
    /// One side has confirmed, and the other not yet.
    ConfirmedBy {
        /// Which.
        side: Side,
    },
    /// The applicant was called.
    Called {
        /// Whether they were reached.
        reached: bool,
    },
    /// It was given to a section, a person, or both; by their numbers.
    Assigned {
        /// The section.
        section: Option<i64>,
        /// The person.
        handler: Option<i64>,
    },
    /// Who it was given to takes it on.
    TakenOn {
        /// The person's number.
        by: i64,
    },
    /// Who it was given to gives it back.
    GivenBack,
    /// Somebody of the office wrote a note for the others.
    Noted,
    /// A unit that may hold the information was asked to search for it.
    SearchAsked {
        /// Its number in the case.
        number: u32,
        /// The last day to answer.
        limit: Date,
        /// The section that was asked, where the unit is one of the body: its people
        /// are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        section: Option<i64>,
    },
    /// A search was chased.
    SearchChased {
        /// Its number in the case.
        number: u32,
    },
    /// A search was answered.
    SearchEnded {
        /// Its number in the case.
        number: u32,
        /// Whether something was found.
        found: bool,
    },
    /// An edition of the reply was written.
    Drafted {
        /// The outcome's key.
        outcome: String,
        /// Which remedies counted for it then; none where that was not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<Remedy>,
    },
    /// A letter about it was issued.
    Issued {
        /// The number of the letter in the store.
        letter: i64,
        /// Its kind.
        kind: String,
        /// Its document number; empty where it bears none.
        number: String,
        /// Of which remedies it tells; none where that was not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<Remedy>,
        /// The number of the consultation that it begins, or of which it tells what came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inquiry: Option<u32>,
    },
    /// The seal was put on a letter that was issued (用印).
    Sealed {
        /// The number of the letter in the store.
        letter: i64,
        /// Its kind.
        kind: String,
        /// Its document number; empty where it bears none.
        number: String,
        /// Which seal.
        seal: Seal,
        /// On how many copies.
        copies: u32,
    },
    /// A letter that is no reply was had by its addressee.
    LetterServed {
        /// The number of the letter in the store.
        letter: i64,
        /// Its kind.
        kind: String,
        /// Its document number; empty where it bears none.
        number: String,
        /// By which way.
        way: Service,
    },
    /// A sealed copy of a letter to the applicant was brought, which they have too; it
    /// takes the place of what was brought before.
    CopyAdded {
        /// The number of the letter in the store.
        letter: i64,
        /// Its kind.
        kind: String,
        /// Its document number; empty where it bears none.
        number: String,
        /// How many files.
        count: u32,
    },
    /// The reply went to the applicant by mail, with what is given with it.
    Mailed {
        /// The number of the letter in the store.
        letter: i64,
        /// Its kind.
        kind: String,
        /// Its document number; empty where it bears none.
        number: String,
        /// Files beside it.
        files: u32,
    },
    /// Files were added to the evidence of something that had happened.
    FilesAdded {
        /// The place of that among what happened, from 1.
        to: i64,
        /// How many.
        count: u32,
    },
    /// Information was put together that the applicant is to have with the reply; it
    /// takes the place of what was put together before.
    GivenAdded {
        /// How many files.
        count: u32,
    },
    /// One matter of it became a case of its own.
    Split {
        /// The number of that case in the store.
        part: i64,
    },
    /// What was registered of it was put right; what stood there before is its
    /// evidence.
    Corrected,
    /// The day of something that happened was put right: it had been typed wrong.
    DayCorrected {
        /// The place of that among what happened, from 1.
        of: i64,
        /// The day that stood there.
        was: Date,
        /// The day on which it happened.
        to: Date,
    },
    /// It has a new query code; the one before opens it no longer.
    CodeRenewed,
    /// The applicant said how they were served.
    Rated {
        /// From 1 to 5.
        stars: u8,
    },
}

impl Happening {
    /// The key in tables and the trail; it never changes.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Step { event } => event.key(),
            Self::ConfirmedBy { .. } => "confirmed_by",
            Self::Called { .. } => "called",
            Self::Assigned { .. } => "assigned",
            Self::TakenOn { .. } => "taken_on",
            Self::GivenBack => "given_back",
            Self::Noted => "noted",
            Self::SearchAsked { .. } => "search_asked",
            Self::SearchChased { .. } => "search_chased",
            Self::SearchEnded { .. } => "search_ended",
            Self::Drafted { .. } => "drafted",
            Self::Issued { .. } => "issued",
            Self::Sealed { .. } => "sealed",
            Self::LetterServed { .. } => "letter_served",
            Self::CopyAdded { .. } => "copy_added",
            Self::Mailed { .. } => "mailed",
            Self::FilesAdded { .. } => "files_added",
            Self::GivenAdded { .. } => "given_added",
            Self::Split { .. } => "split",
            Self::Corrected => "corrected",
            Self::DayCorrected { .. } => "day_corrected",
            Self::CodeRenewed => "code_renewed",
            Self::Rated { .. } => "rated",
        }
    }

    /// Its name for people, with what the name leaves out.
    pub fn told(&self, words: &Words) -> String {
        let label = words.render(&self.label());
        let Some(detail) = self.step().and_then(Event::detail) else {
            return label;
        };
        let both = Message::new("happened-with-detail").with("what", label);
        words.render(&both.with("detail", words.render(&detail)))
    }

    /// The same for the applicant, to whom nobody tells what others answered.
    pub fn told_to_applicant(&self, words: &Words) -> String {
        match self.step() {
            Some(
                Event::Consulted { .. }
                | Event::ConsultationServed { .. }
                | Event::ConsultationEnded { .. },
            ) => words.render(&self.label()),
            // They count the steps that they see.
            None if matches!(self, Self::DayCorrected { .. }) => {
                words.text("happened-day_corrected-told")
            }
            _ => self.told(words),
        }
    }

    /// Its name for people.
    pub fn label(&self) -> Message {
        match self {
            Self::Filed => Message::new("happened-filed"),
            Self::Step { event } => event.label(),
            Self::ConfirmedBy {
                side: Side::Office, ..
            } => Message::new("happened-confirmed_by-office"),
            Self::ConfirmedBy { .. } => Message::new("happened-confirmed_by-applicant"),
            Self::Called { reached: true } => Message::new("happened-called"),
            Self::Called { .. } => Message::new("happened-called-in-vain"),
            Self::Assigned { .. } => Message::new("happened-assigned"),
            Self::TakenOn { .. } => Message::new("happened-taken_on"),
            Self::GivenBack => Message::new("happened-given_back"),
            Self::Noted => Message::new("happened-noted"),
            Self::SearchAsked { number, limit, .. } => Message::new("happened-search_asked")
                .with("number", number)
                .with("limit", limit),
            Self::SearchChased { number } => {
                Message::new("happened-search_chased").with("number", number)
            }
            Self::SearchEnded { number, found } => Message::new(match found {
                true => "happened-search_found",
                false => "happened-search_in_vain",
            })
            .with("number", number),
            Self::Drafted { .. } => Message::new("happened-drafted"),
            Self::Issued { kind, number, .. } => Message::new("happened-issued")
                .with("title", Kind::of(kind).map_or("", |kind| kind.title))
                .with("number", number),
            Self::Sealed {
                kind,
                number,
                seal,
                copies,
                ..
            } => Message::new(seal.happened())
                .with("title", Kind::of(kind).map_or("", |kind| kind.title))
                .with("number", number)
                .with("copies", copies),
            Self::LetterServed {
                kind, number, way, ..
            } => Message::new(way.happened())
                .with("title", Kind::of(kind).map_or("", |kind| kind.title))
                .with("number", number),
            Self::CopyAdded {
                kind,
                number,
                count,
                ..
            } => Message::new("happened-copy_added")
                .with("title", Kind::of(kind).map_or("", |kind| kind.title))
                .with("number", number)
                .with("count", count),
            Self::Mailed {
                kind,
                number,
                files,
                ..
            } => Message::new("happened-mailed")
                .with("title", Kind::of(kind).map_or("", |kind| kind.title))
                .with("number", number)
                .with("count", files),
            Self::FilesAdded { to, count } => Message::new("happened-files_added")
                .with("number", to)
                .with("count", count),
            Self::GivenAdded { count } => Message::new("happened-given_added").with("count", count),
            Self::Split { .. } => Message::new("happened-split"),
            Self::Corrected => Message::new("happened-corrected"),
            Self::DayCorrected { of, was, to } => Message::new("happened-day_corrected")
                .with("number", of)
                .with("was", was)
                .with("to", to),
            Self::CodeRenewed => Message::new("happened-code_renewed"),
            Self::Rated { stars } => Message::new("happened-rated").with("stars", stars),
        }
    }

    /// The step of the law, where it is one.
    pub fn step(&self) -> Option<&Event> {
        match self {
            Self::Step { event } => Some(event),
            _ => None,
        }
    }

    /// Whether its files are the applicant's: evidence of the office belongs elsewhere.
    pub fn is_had_by_the_applicant(&self) -> bool {
        matches!(self, Self::GivenAdded { .. } | Self::CopyAdded { .. })
    }

    /// Whether the applicant may know of it: what the office does with itself
    /// is its own.
    pub fn is_for_the_applicant(&self) -> bool {
        match self {
            Self::Assigned { .. }
            | Self::TakenOn { .. }
            | Self::GivenBack
            | Self::Noted
            | Self::Called { .. }
            | Self::SearchAsked { .. }
            | Self::SearchChased { .. }
            | Self::SearchEnded { .. }
            | Self::CopyAdded { .. }
            | Self::FilesAdded { .. }
            | Self::GivenAdded { .. }
            | Self::Sealed { .. }
            | Self::LetterServed { .. }
            | Self::Corrected
            | Self::Drafted { .. } => false,
            Self::Step { event } => !matches!(event, Event::Archived),
            Self::Issued { kind, .. } => {
                Kind::of(kind).is_some_and(|kind| kind.to == Addressee::Applicant)
            }
            _ => true,
        }
    }
}

/// How alike two texts are, in percent: the pairs of signs that both have, of
/// all that they have (Dice). Blanks and signs between words do not count.
pub fn likeness(one: &str, other: &str) -> u32 {
    fn pairs(text: &str) -> std::collections::BTreeSet<(char, char)> {
        let signs: Vec<char> = text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        signs.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }
    let (one, other) = (pairs(one), pairs(other));
    let all = one.len() + other.len();
    if all == 0 {
        return 0;
    }
    let both = one.intersection(&other).count();
    u32::try_from(200 * both / all).unwrap_or(100)
}

/// Who may take a step of the law, by the permission table. The applicant's own
/// steps are taken in by the desk where they come on paper.
pub fn action(event: &Event) -> Action {
    match event {
        Event::Confirmed
        | Event::SupplementCame
        | Event::ReasonsCame
        | Event::FeePaid
        | Event::Withdrawn => Action::RequestsIntake,
        Event::SupplementAsked { .. }
        | Event::Consulted { .. }
        | Event::ConsultationServed { .. }
        | Event::ConsultationEnded { .. }
        | Event::ReasonsAsked { .. }
        | Event::FeeNotified { .. }
        | Event::Replied { .. }
        | Event::Served { .. } => Action::RequestsHandle,
        // Art. 33 ¶2: the head of the disclosure office; Art. 35 likewise. So it is with
        // what was over: the law names nobody.
        Event::Extended { .. } | Event::Deferred { .. } | Event::Reopened { .. } => {
            Action::RequestsExtend
        }
        Event::SupplementLapsed | Event::FeeLapsed | Event::Archived => Action::RequestsConclude,
    }
}

keyed! {
    /// Where a case lies on the desk.
    Lane {
        /// The receipt date is not fixed.
        Unconfirmed, "unconfirmed", "lane-unconfirmed";
        /// The office's clock runs.
        Running, "running", "lane-running";
        /// Others are to do something first.
        Waiting, "waiting", "lane-waiting";
        /// Replied, and not yet served or archived.
        Replied, "replied", "lane-replied";
        /// Nothing is left to do.
        Over, "over", "lane-over";
    }
}

/// What the desk sorts and filters by. All of it follows from the events and
/// the calendar, and is reckoned anew when either changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it lies.
    pub lane: Lane,
    /// The day by which it is sorted there: that on which something is due, or
    /// on which it came to lie there.
    pub day: Date,
    /// The due date in force, where a clock runs.
    pub due: Option<Date>,
    /// Whether that is past the calendar that is loaded.
    pub is_provisional: bool,
    /// Whether it moves with every day, because a consultation is open.
    pub moves: bool,
}

/// Where a case lies on a day.
///
/// # Errors
/// [`ClockError`].
pub fn place(case: &Case, rules: Rules<'_>, today: Date) -> Result<Place, ClockError> {
    let due = case.due(rules, today)?;
    let open = case.inquiries().values();
    let open = open.filter(|inquiry| inquiry.ended.is_none());
    let moves = due.as_ref().is_some_and(|due| due.is_paused);
    let date = |due: &Option<Reckoned>| due.as_ref().map(|due| due.date);
    let (lane, day) = match (case.state(), date(&due)) {
        (State::AwaitingConfirmation, _) => (Lane::Unconfirmed, case.filed_on()),
        // While the office's clock stands still, others are waited for; a letter that
        // pauses nothing keeps a case from nobody's eyes.
        (State::Open, Some(due)) if moves => {
            let first = open.filter_map(|inquiry| inquiry.limit).min();
            (Lane::Waiting, first.map_or(due, |first| first.min(due)))
        }
        // A notice that left late leaves the clock running.
        (State::Open | State::AwaitingSupplement { .. }, Some(due)) => (Lane::Running, due),
        (State::Open, None) => (Lane::Running, case.filed_on()),
        (State::AwaitingSupplement { limit }, None) => (Lane::Waiting, *limit),
        (State::AwaitingPayment { limit }, _) => (Lane::Waiting, *limit),
        (State::Replied(ending), _) => (Lane::Replied, ending.on),
        (State::Served(_, on), _) => (Lane::Replied, *on),
        (State::Archived(ending), _) => (Lane::Over, ending.on),
    };
    Ok(Place {
        lane,
        day,
        due: date(&due),
        is_provisional: due.is_some_and(|due| !due.missing_years.is_empty()),
        moves,
    })
}

#[cfg(test)]
mod tests;
