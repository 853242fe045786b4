//! The evidence of what happened to a case, and which a step needs.

use serde::{Deserialize, Serialize};

use crate::requests::application::keyed;
use crate::requests::case::{Event, Service};
use crate::words::Message;

keyed! {
    /// What is written beside an event as its evidence (what a body has to show
    /// in a review, 行政复议法 2023 第四十八条、第五十四条). It may tell of
    /// people and is sealed.
    Proof {
        /// What was said or done, in words.
        Note, "note", "proof-note";
        /// A telephone call: whom, at what number, when.
        Call, "call", "proof-call";
        /// With whom one spoke on the telephone.
        CalledWith, "called_with", "proof-called_with";
        /// Which number was dialled; masked on screens.
        CalledNumber, "called_number", "proof-called_number";
        /// At what time of the day, in China.
        CalledAt, "called_at", "proof-called_at";
        /// Number of a post receipt, of a letter, of a bill.
        Reference, "reference", "proof-reference";
        /// Whom a consultation asks.
        Asked, "asked", "proof-asked";
        /// What was supplemented.
        Supplement, "supplement", "proof-supplement";
        /// Why.
        Reason, "reason", "proof-reason";
        /// What was searched for, and where.
        Words, "words", "proof-words";
        /// Who searched.
        Searcher, "searcher", "proof-searcher";
        /// Where it was searched, for which words, with what result.
        Result, "result", "proof-result";
    }
}

impl Proof {
    /// What is said where it is missing.
    pub fn needed(self) -> Message {
        Message::new(match self {
            Self::Note => "casework-needs-note",
            Self::Call => "casework-needs-call",
            Self::CalledWith => "casework-needs-called_with",
            Self::CalledNumber => "casework-needs-called_number",
            Self::CalledAt => "casework-needs-called_at",
            Self::Reference => "casework-needs-reference",
            Self::Asked => "casework-needs-asked",
            Self::Supplement => "casework-needs-supplement",
            Self::Reason => "casework-needs-reason",
            Self::Words => "casework-needs-words",
            Self::Searcher => "casework-needs-searcher",
            Self::Result => "casework-needs-result",
        })
    }
}

/// The evidence without which a step is not taken: what a body would have to
/// show of it.
pub fn proof(event: &Event) -> Option<Proof> {
    match event {
        // By post the number under which the postal enterprise has it.
        Event::Served {
            way: Some(Service::Post),
        } => Some(Proof::Reference),
        Event::SupplementAsked { .. }
        | Event::Withdrawn
        | Event::Served { .. }
        | Event::ConsultationServed { .. }
        | Event::ConsultationEnded { .. }
        | Event::FeeNotified { .. } => Some(Proof::Note),
        Event::SupplementCame => Some(Proof::Supplement),
        Event::Confirmed => Some(Proof::Call),
        Event::Consulted { .. } => Some(Proof::Asked),
        Event::Extended { .. }
        | Event::Deferred { .. }
        | Event::ReasonsAsked { .. }
        | Event::ReasonsCame
        | Event::Reopened { .. } => Some(Proof::Reason),
        Event::FeePaid => Some(Proof::Reference),
        Event::SupplementLapsed | Event::FeeLapsed | Event::Replied { .. } | Event::Archived => {
            None
        }
    }
}

/// A sentence or a page of it.
pub const PROOF_CHARS_MAX: usize = 2000;
