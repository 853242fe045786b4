//! What is done to a case beside the steps of the law and its letters: who works
//! on it, where it is searched for, calls, files, seals, matters set apart, what was
//! registered wrong, and what the applicant says. As with a step, whose it is
//! ([`Work::action`]) and what stands against it ([`Work::against`]) are told here and
//! nowhere else; which people review is printed into `tests/work.txt`.

use super::case::{Case, Ending, Event, State};
use super::record::{self, Happening, Side};
use crate::organization::OrganizationId;
use crate::organization::permissions::Action;
use crate::words::Message;

/// Something that is done to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// One side confirms that it came; the receipt date waits for the other (Art. 31).
    ConfirmOneSide(Side),
    /// The office calls to confirm; whoever it reaches confirms with it.
    CallToConfirm,
    /// It is given to a section, a person, or both.
    Assign,
    /// Whoever it was given to takes it on.
    TakeOn,
    /// Whoever it was given to gives it back.
    GiveBack,
    /// A unit is asked to search.
    AskSearch,
    /// A search is chased: one by its number, or any.
    ChaseSearch(Option<u32>),
    /// What came of a search is kept: of one by its number, or of any.
    EndSearch(Option<u32>),
    /// A call is noted.
    Call,
    /// A note is written for whoever works on it: the office's own.
    Note,
    /// Files are added to the evidence of what happened.
    AddFiles,
    /// What the applicant is to have with the reply is put together.
    PutTogether,
    /// The seal of a letter is entered: of one by its number, or of any.
    Seal(Option<i64>),
    /// A sealed copy of a letter is brought, which its applicant has too: of one by its
    /// number, or of any.
    AddCopy(Option<i64>),
    /// The reply goes to its applicant by mail.
    SendByMail,
    /// That a letter which is no reply was had: of one by its number, or of any.
    ServeLetter(Option<i64>),
    /// A matter becomes a case of its own.
    Split,
    /// What was registered of the applicant is put right.
    Correct,
    /// By which way and on which day it came is put right.
    CorrectComing,
    /// The day of a step is put right: of one by its place, or of any.
    CorrectDay(Option<i64>),
    /// It is given a new query code.
    NewCode,
    /// The applicant says how they were served.
    Rate,
}

/// A case as work on it finds it.
#[derive(Debug, Clone)]
pub struct At<'a> {
    /// By the rules of the law.
    pub case: &'a Case,
    /// Everything that happened.
    pub record: Vec<&'a Happening>,
    /// Whether it was filed online, by the applicant.
    pub is_online: bool,
    /// Whether it was set apart from another.
    pub is_part: bool,
    /// The section to which it was given.
    pub section: Option<i64>,
    /// The person to whom it was given.
    pub handler: Option<i64>,
    /// Who is about to work on it; none for the applicant.
    pub by: Option<i64>,
}

impl Work {
    /// Each, once; of a search and a letter any.
    pub const ALL: [Self; 23] = [
        Self::ConfirmOneSide(Side::Office),
        Self::ConfirmOneSide(Side::Applicant),
        Self::CallToConfirm,
        Self::Assign,
        Self::TakeOn,
        Self::GiveBack,
        Self::AskSearch,
        Self::ChaseSearch(None),
        Self::EndSearch(None),
        Self::Call,
        Self::Note,
        Self::AddFiles,
        Self::PutTogether,
        Self::Seal(None),
        Self::AddCopy(None),
        Self::SendByMail,
        Self::ServeLetter(None),
        Self::Split,
        Self::Correct,
        Self::CorrectComing,
        Self::CorrectDay(None),
        Self::NewCode,
        Self::Rate,
    ];

    /// Whose it is in the permission table; none where it is the applicant's, who
    /// shows the query code.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::ConfirmOneSide(Side::Applicant) | Self::Rate => None,
            Self::ConfirmOneSide(Side::Office)
            | Self::CallToConfirm
            | Self::Seal(_)
            | Self::Split
            | Self::Correct
            | Self::CorrectComing
            | Self::CorrectDay(_)
            | Self::NewCode => Some(Action::RequestsIntake),
            Self::Assign => Some(Action::RequestsAssign),
            Self::TakeOn
            | Self::GiveBack
            | Self::AskSearch
            | Self::ChaseSearch(_)
            | Self::EndSearch(_)
            | Self::Call
            | Self::Note
            | Self::AddFiles
            | Self::AddCopy(_)
            | Self::SendByMail
            | Self::ServeLetter(_)
            | Self::PutTogether => Some(Action::RequestsHandle),
        }
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::ConfirmOneSide(Side::Office) => "happened-confirmed_by-office",
            Self::ConfirmOneSide(Side::Applicant) => "happened-confirmed_by-applicant",
            Self::CallToConfirm => "work-call-to-confirm",
            Self::Assign => "happened-assigned",
            Self::TakeOn => "happened-taken_on",
            Self::GiveBack => "happened-given_back",
            Self::AskSearch => "deed-search_ask",
            Self::ChaseSearch(_) => "deed-search_chase",
            Self::EndSearch(_) => "deed-search_end",
            Self::Call => "deed-call",
            Self::Note => "deed-note",
            Self::AddFiles => "work-add-files",
            Self::PutTogether => "files-given",
            Self::Seal(_) => "deed-sealed",
            Self::AddCopy(_) => "work-add-copy",
            Self::SendByMail => "deed-mailed",
            Self::ServeLetter(_) => "deed-letter_served",
            Self::Split => "deed-split",
            Self::Correct => "deed-corrected",
            Self::CorrectComing => "work-correct-coming",
            Self::CorrectDay(_) => "deed-day_corrected",
            Self::NewCode => "deed-new_code",
            Self::Rate => "work-rate",
        })
    }

    /// Whether it may be done where a case stands, by who is about to.
    ///
    /// # Errors
    /// What stands against it.
    pub fn against(self, at: &At<'_>) -> Result<(), Message> {
        let refused = |id| Err(Message::new(id));
        let is_over = at.case.state().ending().is_some();
        let is_archived = matches!(at.case.state(), State::Archived(_));
        let awaits = matches!(at.case.state(), State::AwaitingConfirmation);
        match self {
            // Somebody calls after the reply too, and evidence comes; the archive
            // alone is closed.
            Self::Call
            | Self::Note
            | Self::AddFiles
            | Self::Seal(_)
            | Self::AddCopy(_)
            | Self::SendByMail
            | Self::ServeLetter(_)
            | Self::CorrectDay(_)
                if is_archived =>
            {
                refused("casework-archived")
            }
            Self::AddCopy(letter) if !at.has_seal(letter) => refused("casework-no-copy"),
            Self::AddCopy(_) => Ok(()),
            Self::SendByMail if at.case.state().ending().is_none_or(Ending::is_by_itself) => {
                refused("casework-mail-early")
            }
            Self::SendByMail => Ok(()),
            // Also after the reply: the day of its service may be wrong.
            Self::CorrectDay(place) if !at.has_typed_day(place) => refused("casework-day-none"),
            Self::CorrectDay(_) => Ok(()),
            Self::Call | Self::Note | Self::AddFiles => Ok(()),
            Self::Seal(letter) if !at.waits_for_seal(letter) => refused("casework-nothing-to-seal"),
            Self::Seal(_) => Ok(()),
            Self::ServeLetter(letter) if !at.waits_for_service(letter) => {
                refused("casework-nothing-to-serve")
            }
            Self::ServeLetter(_) => Ok(()),
            Self::NewCode if at.is_part => refused("casework-code-of-whole"),
            Self::NewCode => Ok(()),
            Self::Rate if !is_over => refused("casework-rate-after"),
            // Once for each reply.
            Self::Rate if at.has_now(|what| matches!(what, Happening::Rated { .. })) => {
                refused("casework-rated-already")
            }
            Self::Rate => Ok(()),
            Self::ConfirmOneSide(_) | Self::CallToConfirm if !awaits => {
                refused("casework-not-unconfirmed")
            }
            // The receipt date waits for the office (Art. 31 third item). The office may
            // ask the applicant once more.
            Self::ConfirmOneSide(Side::Applicant) if at.confirmed_by() == Some(Side::Applicant) => {
                refused("casework-side-confirmed")
            }
            Self::ConfirmOneSide(_) | Self::CallToConfirm => Ok(()),
            _ if is_over => refused("case-replied-already"),
            Self::TakeOn if at.is_taken_on() => refused("casework-taken-already"),
            Self::TakeOn | Self::GiveBack if at.handler.is_none() && at.section.is_none() => {
                refused("casework-not-given")
            }
            Self::TakeOn | Self::GiveBack if at.handler.is_some() && at.handler != at.by => {
                refused("casework-given-to-another")
            }
            Self::ChaseSearch(number) | Self::EndSearch(number) if !at.is_searched(number) => {
                refused("casework-no-search")
            }
            // Its clock is another than that of the day on which it came.
            Self::Split if at.case.is_reopened() => refused("casework-split-reopened"),
            Self::Split if at.is_part => refused("casework-part-of-a-part"),
            // What the applicant did online is known to the second, and what left
            // stands on the day that was told.
            Self::CorrectComing if at.is_online => refused("casework-correct-online"),
            Self::CorrectComing if at.has(stands_on_coming) => refused("casework-correct-late"),
            Self::Assign
            | Self::TakeOn
            | Self::GiveBack
            | Self::AskSearch
            | Self::ChaseSearch(_)
            | Self::EndSearch(_)
            | Self::PutTogether
            | Self::Split
            | Self::Correct
            | Self::CorrectComing => Ok(()),
        }
    }
}

/// Whether what happened tells of the day on which a request came.
fn stands_on_coming(what: &Happening) -> bool {
    match what {
        Happening::Issued { .. } => true,
        Happening::Step { event } => !matches!(event, Event::Confirmed),
        _ => false,
    }
}

impl At<'_> {
    fn has(&self, wanted: fn(&Happening) -> bool) -> bool {
        self.record.iter().any(|what| wanted(what))
    }

    /// The same of what happened since it went on.
    fn has_now(&self, wanted: fn(&Happening) -> bool) -> bool {
        let present = record::present(self.record.iter().copied());
        present.into_iter().any(wanted)
    }

    /// The side that has confirmed while the other has not.
    pub fn confirmed_by(&self) -> Option<Side> {
        self.record.iter().find_map(|what| match what {
            Happening::ConfirmedBy { side } => Some(*side),
            _ => None,
        })
    }

    /// Whether who is about to work on it has taken on what was given last.
    fn is_taken_on(&self) -> bool {
        let last = self.record.iter().rev().find(|what| {
            matches!(
                what,
                Happening::Assigned { .. } | Happening::TakenOn { .. } | Happening::GivenBack
            )
        });
        matches!(last, Some(Happening::TakenOn { by }) if Some(*by) == self.by)
    }

    /// Whether a search, or any, is not answered.
    fn is_searched(&self, number: Option<u32>) -> bool {
        let searches = record::searches(self.record.iter().copied());
        searches.iter().any(|search| {
            search.found.is_none() && number.is_none_or(|number| number == search.number)
        })
    }

    /// Whether a letter, or any, was issued and bears no seal.
    fn waits_for_seal(&self, letter: Option<i64>) -> bool {
        let letters = record::letters(self.record.iter().copied());
        letters
            .iter()
            .any(|one| one.waits_for_seal() && letter.is_none_or(|letter| letter == one.letter))
    }

    /// Whether a letter to the applicant, or any, bears its seal.
    fn has_seal(&self, letter: Option<i64>) -> bool {
        let letters = record::sealed_to_applicant(self.record.iter().copied());
        letters
            .iter()
            .any(|one| letter.is_none_or(|letter| letter == one.letter))
    }

    /// Whether a letter, or any, left and is to be had by somebody.
    fn waits_for_service(&self, letter: Option<i64>) -> bool {
        let letters = record::unserved(self.record.iter().copied());
        letters
            .iter()
            .any(|one| letter.is_none_or(|letter| letter == one.letter))
    }

    /// Whether the day of a step, or of any, may be put right.
    fn has_typed_day(&self, place: Option<i64>) -> bool {
        let all = record::correctable(self.record.iter().copied());
        all.iter()
            .any(|one| place.is_none_or(|place| place == *one))
    }

    /// Art. 33 ¶2, Art. 35: whoever works on a case does not decide on its time
    /// themselves.
    ///
    /// # Errors
    /// That it is their own.
    pub fn may_decide(&self, event: &Event) -> Result<(), Message> {
        let is_own = self.handler.is_some() && self.handler == self.by;
        let is_of_time = matches!(event, Event::Extended { .. } | Event::Deferred { .. });
        match is_of_time && is_own {
            true => Err(Message::new("casework-extension-own")),
            false => Ok(()),
        }
    }
}

/// For which of the bodies of a case a role counts with an action: its own, and the
/// section to which it was given. Art. 33 ¶2, Art. 35: the head of the disclosure
/// office of the body extends and defers; whoever heads the section does not.
pub fn places(
    action: Action,
    body: OrganizationId,
    section: Option<OrganizationId>,
) -> Vec<OrganizationId> {
    let section = section.filter(|_| action != Action::RequestsExtend);
    std::iter::once(body).chain(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its place among all; whoever adds a work is asked for it here.
    fn place(work: Work) -> usize {
        match work {
            Work::ConfirmOneSide(Side::Office) => 0,
            Work::ConfirmOneSide(Side::Applicant) => 1,
            Work::CallToConfirm => 2,
            Work::Assign => 3,
            Work::TakeOn => 4,
            Work::GiveBack => 5,
            Work::AskSearch => 6,
            Work::ChaseSearch(_) => 7,
            Work::EndSearch(_) => 8,
            Work::Call => 9,
            Work::Note => 10,
            Work::AddFiles => 11,
            Work::PutTogether => 12,
            Work::Seal(_) => 13,
            Work::AddCopy(_) => 14,
            Work::SendByMail => 15,
            Work::ServeLetter(_) => 16,
            Work::Split => 17,
            Work::Correct => 18,
            Work::CorrectComing => 19,
            Work::CorrectDay(_) => 20,
            Work::NewCode => 21,
            Work::Rate => 22,
        }
    }

    #[test]
    fn no_work_is_missing_among_all() {
        for (at, work) in Work::ALL.into_iter().enumerate() {
            assert_eq!(place(work), at, "{work:?}");
        }
    }
}
