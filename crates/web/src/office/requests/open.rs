//! The steps that have a form, and which of them stand open: what the law says of
//! each today, then the permission table, then who holds the case.

use gongkai_app::requests::look::Shown;
use gongkai_app::requests::papers;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::requests::case::{Asked as Whom, Cause, Event, Opinion, State};
use gongkai_domain::requests::record::{self, Lettered};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::{Message, Words};
use jiff::ToSpan;

use crate::office::{Field, Inside};

/// A step that has a form.
pub(super) struct Deed {
    /// The word in addresses; it never changes.
    pub key: &'static str,
    /// The page that it belongs to, by who may take it.
    pub room: &'static str,
    /// Its name.
    pub label: &'static str,
    /// What is asked where its letter is made elsewhere, or where it has none;
    /// nothing where it is nothing but a letter.
    pub fields: &'static [&'static str],
    /// The letters that it is, of which one is chosen.
    pub letters: &'static [&'static str],
}

impl Deed {
    const fn by(mut self, letters: &'static [&'static str]) -> Self {
        self.letters = letters;
        self
    }

    /// Whether it is done by a letter.
    pub fn is_letter(&self) -> bool {
        !self.letters.is_empty() || self.key == "reply"
    }
}

const fn deed(
    key: &'static str,
    room: &'static str,
    label: &'static str,
    fields: &'static [&'static str],
) -> Deed {
    Deed {
        key,
        room,
        label,
        fields,
        letters: &[],
    }
}

/// A deed that is nothing but a letter.
const fn letter(
    key: &'static str,
    room: &'static str,
    label: &'static str,
    letters: &'static [&'static str],
) -> Deed {
    deed(key, room, label, &[]).by(letters)
}

/// Every step, in the order of the case's page.
pub(super) const DEEDS: &[Deed] = &[
    deed(
        "confirm",
        "intake",
        "event-confirmed",
        &[
            "day",
            "how",
            "noted",
            "called_with",
            "called_number",
            "called_at",
            "call",
        ],
    ),
    deed(
        "call",
        "handle",
        "deed-call",
        &[
            "day",
            "reached",
            "called_with",
            "called_number",
            "called_at",
            "call",
        ],
    ),
    deed("note", "handle", "deed-note", &["note"]),
    letter(
        "letter_receipt",
        "intake",
        "deed-letter_receipt",
        &["receipt"],
    ),
    deed(
        "assign",
        "assign",
        "happened-assigned",
        &["section", "handler", "note"],
    ),
    deed("take_on", "handle", "happened-taken_on", &[]),
    deed("give_back", "handle", "happened-given_back", &["reason"]),
    deed(
        "supplement_asked",
        "handle",
        "event-supplement_asked",
        &["day", "limit", "note"],
    )
    .by(&["supplement"]),
    deed(
        "supplement_came",
        "intake",
        "event-supplement_came",
        &["day", "supplement"],
    ),
    deed(
        "supplement_lapsed",
        "conclude",
        "event-supplement_lapsed",
        &["day"],
    )
    .by(&["abandoned_supplement"]),
    deed(
        "search_ask",
        "handle",
        "deed-search_ask",
        &["asked", "words", "limit"],
    ),
    letter(
        "letter_assistance",
        "handle",
        "deed-letter_assistance",
        &["assistance", "joint_handling"],
    ),
    deed(
        "search_chase",
        "handle",
        "deed-search_chase",
        &["number", "note"],
    ),
    deed(
        "search_end",
        "handle",
        "deed-search_end",
        &["number", "day", "found", "searcher", "result"],
    ),
    deed(
        "consulted",
        "handle",
        "event-consulted",
        &["day", "whom", "asked", "limit"],
    )
    .by(&["consult_third_party", "consult_co_maker", "consult_organ"]),
    letter(
        "letter_told",
        "handle",
        "deed-letter_told",
        &["consult_told"],
    ),
    deed(
        "consultation_served",
        "handle",
        "event-consultation_served",
        &["number", "day", "note"],
    ),
    deed(
        "consultation_ended",
        "handle",
        "event-consultation_ended",
        &["number", "day", "opinion", "note"],
    ),
    letter(
        "letter_decided",
        "handle",
        "deed-letter_decided",
        &["disclosure_decided"],
    ),
    deed(
        "extended",
        "extend",
        "event-extended",
        &["day", "days", "reason", "reference"],
    )
    .by(&["extension"]),
    deed(
        "reasons_asked",
        "handle",
        "event-reasons_asked",
        &["day", "limit", "reason"],
    )
    .by(&["reasons"]),
    deed(
        "reasons_came",
        "intake",
        "event-reasons_came",
        &["day", "reason"],
    ),
    deed(
        "deferred",
        "extend",
        "event-deferred",
        &["day", "until", "reason"],
    )
    .by(&["deferral"]),
    letter("letter_fee", "handle", "deed-letter_fee", &["fee"]),
    deed(
        "fee_notified",
        "handle",
        "event-fee_notified",
        &["sent", "day", "basis", "pages", "note"],
    ),
    deed(
        "fee_paid",
        "intake",
        "event-fee_paid",
        &["day", "reference"],
    ),
    deed("fee_lapsed", "conclude", "event-fee_lapsed", &["day"]).by(&["abandoned_fee"]),
    letter(
        "letter_correction",
        "handle",
        "deed-letter_correction",
        &["correction"],
    ),
    deed("reply", "handle", "happened-drafted", &["outcome", "text"]),
    deed("hand_in", "handle", "deed-hand_in", &["answer"]),
    deed("replied", "handle", "deed-replied", &["day"]),
    deed(
        "sealed",
        "intake",
        "deed-sealed",
        &["letter", "seal", "copies", "day", "note"],
    ),
    deed("mailed", "handle", "deed-mailed", &[]),
    deed(
        "letter_served",
        "handle",
        "deed-letter_served",
        &["letter", "day", "service", "reference", "note"],
    ),
    deed(
        "served",
        "handle",
        "event-served",
        &["day", "service", "reference", "note"],
    ),
    deed(
        "corrected",
        "intake",
        "deed-corrected",
        &["way", "came", "name", "phone", "mail", "address", "reason"],
    ),
    deed(
        "day_corrected",
        "intake",
        "deed-day_corrected",
        &["of", "day", "reason"],
    ),
    deed("new_code", "intake", "deed-new_code", &["reason"]),
    deed("split", "intake", "deed-split", &["description"]),
    deed("withdrawn", "intake", "event-withdrawn", &["day", "note"]),
    letter(
        "letter_withdrawn",
        "intake",
        "deed-letter_withdrawn",
        &["withdrawn"],
    ),
    deed(
        "archived",
        "conclude",
        "event-archived",
        &["day", "reference"],
    ),
    deed(
        "reopened",
        "extend",
        "event-reopened",
        &["cause", "day", "until", "reference", "reason", "note"],
    ),
];

/// What stands against a step today; nothing where its form can be filled in.
pub(super) fn against(inside: &Inside, shown: &Shown, deed: &Deed) -> Option<Message> {
    let signed = &inside.signed;
    let today = signed.today;
    let soon = today.saturating_add(30.days());
    let open = |served: Option<bool>| {
        let mut inquiries = shown.case.inquiries().iter();
        let found = inquiries.find(|(_, one)| {
            one.ended.is_none() && served.is_none_or(|served| one.limit.is_some() == served)
        });
        found.map_or(0, |(number, _)| *number)
    };
    let event = match deed.key {
        "confirm" => Event::Confirmed,
        "supplement_asked" => Event::SupplementAsked { limit: soon },
        "supplement_came" => Event::SupplementCame,
        "supplement_lapsed" => Event::SupplementLapsed,
        "consulted" => Event::Consulted {
            number: next_inquiry(shown),
            asked: Whom::Organ,
            limit: Some(soon),
        },
        "consultation_served" => Event::ConsultationServed {
            number: open(Some(false)),
        },
        "consultation_ended" => Event::ConsultationEnded {
            number: open(None),
            opinion: Opinion::Agrees,
        },
        "extended" => Event::Extended { days: 1 },
        "reasons_asked" => Event::ReasonsAsked { limit: soon },
        "reasons_came" => Event::ReasonsCame,
        "deferred" => Event::Deferred {
            until: today.saturating_add(365.days()),
        },
        "fee_notified" => Event::FeeNotified { sent: None },
        "fee_paid" => Event::FeePaid,
        "fee_lapsed" => Event::FeeLapsed,
        "withdrawn" => Event::Withdrawn,
        "served" => Event::Served { way: None },
        "archived" => Event::Archived,
        "reopened" => Event::Reopened {
            cause: Cause::Own,
            until: today.saturating_add(1.days()),
        },
        "reply" | "hand_in" | "replied" => return against_reply(inside, shown, deed),
        _ => match deed.letters.iter().find_map(|key| Kind::of(key)) {
            Some(kind) => return papers::against(signed, shown, kind),
            None => return against_work(inside, shown, deed),
        },
    };
    shown.may(signed, &event).err()
}

/// Past the time that the applicant let pass nothing is left but that: other outcomes
/// are not offered then.
pub(super) fn only_lapse(inside: &Inside, shown: &Shown, outcome: &mut Field) {
    let lapse = shown.case.state().lapse();
    let may = |outcome| shown.may_reply(&inside.signed, outcome, false).is_ok();
    if let Some(lapse) = lapse.filter(|lapse| may(lapse) && !may("other")) {
        outcome.options.retain(|(code, _)| code == lapse);
    }
}

/// What stands against a step of the reply: the outcome that is written, or any.
fn against_reply(inside: &Inside, shown: &Shown, deed: &Deed) -> Option<Message> {
    let draft = shown.draft.as_ref();
    let lapse = shown.case.state().lapse();
    let may = |outcome| shown.may_reply(&inside.signed, outcome, deed.key == "replied");
    let written = draft.map(|draft| draft.reply.outcome.as_str());
    let may = match written.filter(|_| deed.key != "reply") {
        Some(outcome) => may(outcome),
        None => may("other").or_else(|message| lapse.map_or(Err(message), may)),
    };
    if let Err(message) = may {
        return Some(message);
    }
    let state = draft.and_then(|draft| draft.under.as_ref());
    let state = state.map(|under| under.review.state());
    use gongkai_domain::review::State as Stands;
    match deed.key {
        "hand_in" | "replied" if draft.is_none() => {
            Some(Message::new("casework-reply-not-written"))
        }
        "hand_in" | "replied" if !draft.is_some_and(|draft| draft.is_of_now) => {
            Some(Message::new("casework-reply-anew"))
        }
        "hand_in" if matches!(state, Some(Stands::Open | Stands::Approved)) => {
            Some(Message::new("casework-reply-under-review"))
        }
        "replied" if !draft.is_some_and(|draft| draft.is_approved) => {
            Some(Message::new("casework-reply-not-approved"))
        }
        _ => None,
    }
}

/// What stands against a step that is no step of the law.
fn against_work(inside: &Inside, shown: &Shown, deed: &Deed) -> Option<Message> {
    let work = match deed.key {
        "assign" => Work::Assign,
        "take_on" => Work::TakeOn,
        "give_back" => Work::GiveBack,
        "search_ask" => Work::AskSearch,
        "search_chase" => Work::ChaseSearch(None),
        "search_end" => Work::EndSearch(None),
        "call" => Work::Call,
        "note" => Work::Note,
        "sealed" => Work::Seal(None),
        "mailed" => Work::SendByMail,
        "letter_served" => Work::ServeLetter(None),
        "split" => Work::Split,
        "corrected" => Work::Correct,
        "day_corrected" => Work::CorrectDay(None),
        "new_code" => Work::NewCode,
        // No work is known by another word: its form stays closed.
        _ => return Some(Message::new("denied-role")),
    };
    shown.may_work(&inside.signed, work).err()
}

/// Letters of a case that bear no seal yet, the newest first: it is the one that
/// waits for its seal.
pub(super) fn unsealed(shown: &Shown) -> impl Iterator<Item = Lettered<'_>> {
    let letters = record::letters(shown.record.iter().map(|one| &one.what));
    letters.into_iter().rev().filter(Lettered::waits_for_seal)
}

/// Letters of a case whose service nobody entered, the newest first.
pub(super) fn unserved(shown: &Shown) -> impl Iterator<Item = Lettered<'_>> {
    let letters = record::unserved(shown.record.iter().map(|one| &one.what));
    letters.into_iter().rev()
}

/// The number of the next consultation.
pub(super) fn next_inquiry(shown: &Shown) -> u32 {
    let last = shown.case.inquiries().keys().next_back();
    last.map_or(1, |last| last + 1)
}

/// Whether a case stands still for others, in words for its page.
pub(super) fn waits(words: &Words, shown: &Shown) -> String {
    let told = match shown.case.state() {
        State::AwaitingConfirmation => Message::new("case-waits-confirmation"),
        State::AwaitingSupplement { limit } => {
            Message::new(match shown.case.is_supplement_late() {
                false => "case-waits-supplement",
                true => "case-waits-supplement-late",
            })
            .with("limit", limit)
        }
        State::AwaitingPayment { limit } => Message::new("case-waits-payment").with("limit", limit),
        _ if shown.due.as_ref().is_some_and(|due| due.is_paused) => {
            Message::new("case-waits-consultation")
        }
        _ => return String::new(),
    };
    words.render(&told)
}
