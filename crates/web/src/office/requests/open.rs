//! The steps that have a form, and which of them stand open: what the law says of
//! each today, then the permission table, then who holds the case.

use gongkai_app::requests::giving;
use gongkai_app::requests::look::Shown;
use gongkai_app::requests::papers;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::requests::case::{Asked as Whom, Event, Opinion, State};
use gongkai_domain::requests::record::{self, Lettered};
use gongkai_domain::words::{Message, Words};
use jiff::ToSpan;

use crate::office::Inside;

/// A step that has a form.
pub(super) struct Deed {
    /// The word in addresses; it never changes.
    pub key: &'static str,
    /// The page that it belongs to, by who may take it.
    pub room: &'static str,
    /// The action of the permission table.
    pub action: Action,
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
    action: Action,
    label: &'static str,
    fields: &'static [&'static str],
) -> Deed {
    Deed {
        key,
        room,
        action,
        label,
        fields,
        letters: &[],
    }
}

/// A deed that is nothing but a letter.
const fn letter(
    key: &'static str,
    room: &'static str,
    action: Action,
    label: &'static str,
    letters: &'static [&'static str],
) -> Deed {
    deed(key, room, action, label, &[]).by(letters)
}

use Action::{RequestsAssign, RequestsConclude, RequestsExtend, RequestsHandle, RequestsIntake};

/// Every step, in the order of the case's page.
pub(super) const DEEDS: &[Deed] = &[
    deed(
        "confirm",
        "intake",
        RequestsIntake,
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
        RequestsHandle,
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
    letter(
        "letter_receipt",
        "intake",
        RequestsIntake,
        "deed-letter_receipt",
        &["receipt"],
    ),
    deed(
        "assign",
        "assign",
        RequestsAssign,
        "happened-assigned",
        &["section", "handler", "note"],
    ),
    deed(
        "take_on",
        "handle",
        RequestsHandle,
        "happened-taken_on",
        &[],
    ),
    deed(
        "give_back",
        "handle",
        RequestsHandle,
        "happened-given_back",
        &["reason"],
    ),
    deed(
        "supplement_asked",
        "handle",
        RequestsHandle,
        "event-supplement_asked",
        &["day", "limit", "note"],
    )
    .by(&["supplement"]),
    deed(
        "supplement_came",
        "intake",
        RequestsIntake,
        "event-supplement_came",
        &["day", "supplement"],
    ),
    deed(
        "supplement_lapsed",
        "conclude",
        RequestsConclude,
        "event-supplement_lapsed",
        &["day"],
    )
    .by(&["abandoned_supplement"]),
    deed(
        "search_ask",
        "handle",
        RequestsHandle,
        "deed-search_ask",
        &["asked", "words", "limit"],
    ),
    letter(
        "letter_assistance",
        "handle",
        RequestsHandle,
        "deed-letter_assistance",
        &["assistance", "joint_handling"],
    ),
    deed(
        "search_chase",
        "handle",
        RequestsHandle,
        "deed-search_chase",
        &["number", "note"],
    ),
    deed(
        "search_end",
        "handle",
        RequestsHandle,
        "deed-search_end",
        &["number", "day", "found", "searcher", "result"],
    ),
    deed(
        "consulted",
        "handle",
        RequestsHandle,
        "event-consulted",
        &["day", "whom", "asked", "limit"],
    )
    .by(&["consult_third_party", "consult_co_maker", "consult_organ"]),
    letter(
        "letter_told",
        "handle",
        RequestsHandle,
        "deed-letter_told",
        &["consult_told"],
    ),
    deed(
        "consultation_served",
        "handle",
        RequestsHandle,
        "event-consultation_served",
        &["number", "day", "note"],
    ),
    deed(
        "consultation_ended",
        "handle",
        RequestsHandle,
        "event-consultation_ended",
        &["number", "day", "opinion", "note"],
    ),
    letter(
        "letter_decided",
        "handle",
        RequestsHandle,
        "deed-letter_decided",
        &["disclosure_decided"],
    ),
    deed(
        "extended",
        "extend",
        RequestsExtend,
        "event-extended",
        &["day", "days", "reason", "reference"],
    )
    .by(&["extension"]),
    deed(
        "reasons_asked",
        "handle",
        RequestsHandle,
        "event-reasons_asked",
        &["day", "limit", "reason"],
    )
    .by(&["reasons"]),
    deed(
        "reasons_came",
        "intake",
        RequestsIntake,
        "event-reasons_came",
        &["day", "reason"],
    ),
    deed(
        "deferred",
        "extend",
        RequestsExtend,
        "event-deferred",
        &["day", "until", "reason"],
    )
    .by(&["deferral"]),
    letter(
        "letter_fee",
        "handle",
        RequestsHandle,
        "deed-letter_fee",
        &["fee"],
    ),
    deed(
        "fee_notified",
        "handle",
        RequestsHandle,
        "event-fee_notified",
        &["sent", "day", "basis", "pages", "note"],
    ),
    deed(
        "fee_paid",
        "intake",
        RequestsIntake,
        "event-fee_paid",
        &["day", "reference"],
    ),
    deed(
        "fee_lapsed",
        "conclude",
        RequestsConclude,
        "event-fee_lapsed",
        &["day"],
    )
    .by(&["abandoned_fee"]),
    letter(
        "letter_correction",
        "handle",
        RequestsHandle,
        "deed-letter_correction",
        &["correction"],
    ),
    deed(
        "reply",
        "handle",
        RequestsHandle,
        "happened-drafted",
        &["outcome", "text"],
    ),
    deed(
        "hand_in",
        "handle",
        RequestsHandle,
        "deed-hand_in",
        &["answer"],
    ),
    deed(
        "replied",
        "handle",
        RequestsHandle,
        "deed-replied",
        &["day"],
    ),
    deed(
        "sealed",
        "intake",
        RequestsIntake,
        "deed-sealed",
        &["letter", "seal", "copies", "day", "note"],
    ),
    deed(
        "served",
        "handle",
        RequestsHandle,
        "event-served",
        &["day", "service", "reference", "note"],
    ),
    deed(
        "corrected",
        "intake",
        RequestsIntake,
        "deed-corrected",
        &["way", "came", "name", "phone", "mail", "address", "reason"],
    ),
    deed(
        "split",
        "intake",
        RequestsIntake,
        "deed-split",
        &["description"],
    ),
    deed(
        "withdrawn",
        "intake",
        RequestsIntake,
        "event-withdrawn",
        &["day", "note"],
    ),
    letter(
        "letter_withdrawn",
        "intake",
        RequestsIntake,
        "deed-letter_withdrawn",
        &["withdrawn"],
    ),
    deed(
        "archived",
        "conclude",
        RequestsConclude,
        "event-archived",
        &["day", "reference"],
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
        "reply" | "hand_in" | "replied" => Event::Replied {
            outcome: "other".to_owned(),
        },
        _ => match deed.letters.iter().find_map(|key| Kind::of(key)) {
            Some(kind) => return papers::against(signed, shown, kind),
            None => return against_work(inside, shown, deed),
        },
    };
    if let Err(message) = shown.may(signed, &event) {
        return Some(message);
    }
    let draft = shown.draft.as_ref();
    let state = draft.and_then(|draft| draft.under.as_ref());
    let state = state.map(|under| under.review.state());
    use gongkai_domain::review::State as Stands;
    match deed.key {
        "hand_in" | "replied" if draft.is_none() => {
            Some(Message::new("casework-reply-not-written"))
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
    if !shown.allows(&inside.signed, deed.action) {
        return Some(Message::new("denied-role"));
    }
    // Somebody calls after the reply too; the archive alone is closed.
    if deed.key == "call" {
        let is_closed = matches!(shown.case.state(), State::Archived(_));
        return is_closed.then(|| Message::new("casework-archived"));
    }
    if deed.key == "sealed" {
        let id = match shown.case.state() {
            State::Archived(_) => "casework-archived",
            _ if unsealed(shown).next().is_none() => "casework-nothing-to-seal",
            _ => return None,
        };
        return Some(Message::new(id));
    }
    if shown.case.state().ending().is_some() {
        return Some(Message::new("case-replied-already"));
    }
    let at = &shown.kept.standing;
    let own = Some(inside.signed.person.id);
    let is_given = at.handler.is_some() || at.section.is_some();
    let is_searched = shown.searches.iter().any(|search| search.found.is_none());
    let happened = shown.record.iter().map(|one| &one.what);
    let id = match deed.key {
        "take_on" if giving::is_taken_on(happened, inside.signed.person.id) => {
            "casework-taken-already"
        }
        "take_on" | "give_back" if !is_given => "casework-not-given",
        "take_on" | "give_back" if at.handler.is_some() && at.handler != own => {
            "casework-given-to-another"
        }
        "search_chase" | "search_end" if !is_searched => "casework-no-search",
        _ => return None,
    };
    Some(Message::new(id))
}

/// Letters of a case that bear no seal yet, the newest first: it is the one that
/// waits for its seal.
pub(super) fn unsealed(shown: &Shown) -> impl Iterator<Item = Lettered<'_>> {
    let letters = record::letters(shown.record.iter().map(|one| &one.what));
    letters.into_iter().rev().filter(|one| !one.is_sealed)
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
