//! Letters and steps: the step of the law that a letter is when it leaves, and
//! when a letter that is none may leave. Step and letter are one act: neither is
//! there without the other.

use jiff::civil::Date;

use super::facts::LetterFacts;
use super::kinds::Kind;
use crate::organization::permissions::Action;
use crate::requests::case::{Asked, BY_ITSELF, Case, Event, Rules};
use crate::requests::record::{self, Proof};
use crate::words::Message;

/// What a letter needs to know of its case to be a step of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The number of the next consultation.
    pub inquiry: u32,
    /// The day by which a consulted organ is to answer.
    pub answer: Date,
}

/// The step that a letter is; none for letters that are no step. Replies are
/// given by [`Event::Replied`], as they were approved, and are not told here.
pub fn step(kind: &Kind, facts: &LetterFacts, next: Next) -> Option<Event> {
    let consulted = |asked, limit| Event::Consulted {
        number: next.inquiry,
        asked,
        limit,
    };
    match kind.key {
        "supplement" => facts
            .supplement
            .as_ref()
            .map(|one| Event::SupplementAsked { limit: one.limit }),
        "reasons" => facts
            .frequency
            .as_ref()
            .and_then(|one| one.limit)
            .map(|limit| Event::ReasonsAsked { limit }),
        "consult_third_party" => Some(consulted(Asked::ThirdParty, None)),
        "consult_co_maker" => Some(consulted(Asked::CoMaker, None)),
        "consult_organ" => Some(consulted(Asked::Organ, Some(next.answer))),
        "extension" => facts
            .extension
            .as_ref()
            .map(|one| Event::Extended { days: one.days }),
        "deferral" => facts
            .deferral
            .as_ref()
            .map(|one| Event::Deferred { until: one.until }),
        lapse @ ("abandoned_supplement" | "abandoned_fee") => Some(Event::ending(lapse)),
        _ => None,
    }
}

/// The evidence of the step, out of the letter.
pub fn proofs(kind: &Kind, facts: &LetterFacts) -> Vec<(Proof, String)> {
    let mut all = Vec::new();
    match kind.key {
        "supplement" => all.extend(
            facts
                .supplement
                .as_ref()
                .map(|one| (Proof::Note, format!("{}。{}", one.unclear, one.how))),
        ),
        "reasons" => all.extend(
            facts
                .frequency
                .as_ref()
                .map(|one| (Proof::Reason, one.facts.clone())),
        ),
        "consult_third_party" | "consult_co_maker" | "consult_organ" => {
            all.push((Proof::Asked, facts.addressee.clone()));
        }
        "extension" | "deferral" => {
            let extension = facts.extension.as_ref().map(|one| &one.reason);
            let deferral = facts.deferral.as_ref().map(|one| &one.reason);
            let reason = extension.or(deferral).cloned();
            all.extend(reason.map(|reason| (Proof::Reason, reason)));
        }
        _ => {}
    }
    all
}

/// Who may issue a kind of letter of a case, beside who may issue letters at
/// all: whose the step is.
pub fn action(kind: &Kind) -> Action {
    match kind.key {
        "receipt" | "withdrawn" => Action::RequestsIntake,
        "extension" | "deferral" => record::action(&Event::Extended { days: 1 }),
        lapse @ ("abandoned_supplement" | "abandoned_fee") => record::action(&Event::ending(lapse)),
        _ => Action::RequestsHandle,
    }
}

/// What stands against a letter that is no step of its case; `is_issued` tells
/// whether one of its kind has left.
///
/// # Errors
/// The rule, with its article where it has one.
pub fn may_leave(
    kind: &Kind,
    case: &Case,
    is_issued: bool,
    (rules, today): (Rules<'_>, Date),
) -> Result<(), Message> {
    let refused = |id| Err(Message::new(id));
    let mut inquiries = case.inquiries().values();
    let outcome = case.state().ending().map(|ending| ending.outcome.as_str());
    match kind.key {
        "receipt" | "withdrawn" if is_issued => refused("letter-issued-already"),
        // Art. 31: it tells of the receipt date.
        "receipt" if case.received().is_none() => refused("case-not-received"),
        "receipt" | "assistance" | "joint_handling" | "fee" | "correction" | "consult_told"
        | "disclosure_decided"
            if outcome.is_some() =>
        {
            refused("case-replied-already")
        }
        // It tells of the due date too.
        "receipt" if !case.due(rules, today).is_ok_and(|due| due.is_some()) => {
            refused("letter-receipt-no-due")
        }
        // 国办函〔2020〕109号: within the period, and once.
        "fee" => {
            let next = case.apply(rules, today, &Event::FeeNotified { sent: None });
            next.map(drop).map_err(|refusal| refusal.message())
        }
        // Art. 33 ¶3: while others are asked.
        "consult_told" if inquiries.all(|one| one.ended.is_some()) => {
            refused("case-no-consultation")
        }
        // Art. 32: over the objection of a third party.
        "disclosure_decided"
            if !inquiries.any(|one| {
                one.asked == Asked::ThirdParty
                    && one.ended.is_some_and(|(_, opinion)| opinion.objects())
            }) =>
        {
            refused("letter-no-objection")
        }
        "withdrawn" if outcome != Some("withdrawn") => refused("letter-not-withdrawn"),
        // A reply leaves as it was approved, and by no other way.
        _ if kind.is_reply() && !kind.outcomes.iter().any(|one| BY_ITSELF.contains(one)) => {
            refused("casework-reply-not-approved")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::Calendar;
    use crate::letters::kinds::KINDS;
    use crate::letters::samples;
    use crate::requests::case::Channel;
    use crate::requests::clock::ClockSettings;

    const NEXT: Next = Next {
        inquiry: 3,
        answer: date(2026, 12, 14),
    };

    fn stepped(key: &str) -> Option<Event> {
        let kind = Kind::of(key).expect("a kind");
        step(kind, &samples::ordinary().facts_for(kind), NEXT)
    }

    #[test]
    fn a_letter_is_the_step_that_its_article_tells_of() {
        let (limit, later) = (date(2026, 11, 30), date(2027, 1, 29));
        let consulted = |asked, limit| Event::Consulted {
            number: 3,
            asked,
            limit,
        };
        let table = [
            ("supplement", Some(Event::SupplementAsked { limit })),
            ("reasons", Some(Event::ReasonsAsked { limit })),
            (
                "consult_third_party",
                Some(consulted(Asked::ThirdParty, None)),
            ),
            ("consult_co_maker", Some(consulted(Asked::CoMaker, None))),
            (
                "consult_organ",
                Some(consulted(Asked::Organ, Some(NEXT.answer))),
            ),
            ("extension", Some(Event::Extended { days: 10 })),
            ("deferral", Some(Event::Deferred { until: later })),
            ("abandoned_supplement", Some(Event::SupplementLapsed)),
            ("abandoned_fee", Some(Event::FeeLapsed)),
            ("receipt", None),
            ("fee", None),
            ("granted", None),
        ];
        for (key, event) in table {
            assert_eq!(stepped(key), event, "{key}");
        }
    }

    #[test]
    fn a_step_that_needs_evidence_finds_it_in_its_letter() {
        for kind in KINDS {
            let facts = samples::ordinary().facts_for(kind);
            let Some(event) = step(kind, &facts, NEXT) else {
                continue;
            };
            let said = proofs(kind, &facts);
            if let Some(needed) = record::proof(&event) {
                assert!(
                    said.iter().any(|(proof, _)| *proof == needed),
                    "{}",
                    kind.key
                );
            }
            assert_eq!(action(kind), record::action(&event), "{}", kind.key);
        }
    }

    #[test]
    fn a_letter_waits_for_what_it_tells_of() {
        let unconfirmed = Case::filed(Channel::Online, date(2026, 11, 2));
        let open = Case::filed(Channel::Counter, date(2026, 11, 2));
        let calendar = Calendar::built_in();
        let rules = Rules {
            calendar: &calendar,
            settings: ClockSettings::default(),
        };
        let now = (rules, date(2026, 11, 10));
        let limit = date(2026, 11, 25);
        let asked = Event::SupplementAsked { limit };
        let asked = open
            .apply(rules, date(2026, 11, 3), &asked)
            .expect("lawful");
        let table = [
            ("receipt", &asked, Some("letter-receipt-no-due")),
            ("fee", &asked, Some("case-awaits-supplement")),
            ("fee", &open, None),
            ("receipt", &unconfirmed, Some("case-not-received")),
            ("receipt", &open, None),
            ("consult_told", &open, Some("case-no-consultation")),
            ("disclosure_decided", &open, Some("letter-no-objection")),
            ("withdrawn", &open, Some("letter-not-withdrawn")),
            ("granted", &open, Some("casework-reply-not-approved")),
            ("assistance", &open, None),
            ("joint_handling", &open, None),
            ("fee", &unconfirmed, Some("case-not-received")),
        ];
        for (key, case, id) in table {
            let kind = Kind::of(key).expect("a kind");
            let against = may_leave(kind, case, false, now)
                .err()
                .map(|one| one.id.into_owned());
            assert_eq!(against.as_deref(), id, "{key}");
        }
        let receipt = Kind::of("receipt").expect("a kind");
        let late = (rules, date(2026, 12, 31));
        let fee = may_leave(Kind::of("fee").expect("a kind"), &open, false, late);
        assert_eq!(fee.expect_err("refused").id, "case-fee-too-late");
        let again = may_leave(receipt, &open, true, now).expect_err("refused");
        assert_eq!(again.id, "letter-issued-already");
    }
}
