//! A request from its filing to its archive, as the events that happened to it.
//!
//! [`Case::apply`] is the whole law of the road: it takes what somebody did and
//! gives the next state, or the rule that stands against it. The clock is never
//! kept: it is replayed from the events ([`Case::facts`], [`Case::due`]), so that
//! it can be reckoned anew when a calendar is loaded.
//!
//! Days are the days of the law; when something was typed in is the record's
//! own business. Who may do what is the permission table's.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::clock::{self, ClockError, ClockFacts, ClockSettings, Consultation, Reckoned, Step};
use super::outcomes::{self, Family};
use crate::calendar::Calendar;
use crate::words::Message;

mod events;

pub use events::{Asked, BY_ITSELF, Channel, Ending, Event, Inquiry, Opinion, Service, State};

/// What the law takes from the installation while a case goes on.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Working days.
    pub calendar: &'a Calendar,
    /// The numbers of days.
    pub settings: ClockSettings,
}

/// A rule that stands against a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not lawful here; the message names the article.
    #[error("not lawful: {}", .0.id)]
    Unlawful(Message),
    /// A date could not be reckoned.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

impl Refusal {
    /// What to tell the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Unlawful(message) => message.clone(),
            Self::Clock(error) => error.message(),
        }
    }
}

fn unlawful(id: &'static str) -> Refusal {
    Refusal::Unlawful(Message::new(id))
}

/// A request and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    channel: Channel,
    filed: Date,
    state: State,
    /// The day of the last event: nothing happens before it.
    latest: Date,
    received: Option<Date>,
    /// Whether the one notice was used, and whether it left in time: one that
    /// left late does not begin the clock anew.
    supplement: Option<bool>,
    supplement_came: Option<Date>,
    fee_paid: Option<Date>,
    inquiries: BTreeMap<u32, Inquiry>,
    extended: u32,
    /// The last day for the reasons of Art. 35, once they were asked for.
    reasons: Option<Date>,
    /// The day on which they came.
    reasons_came: Option<Date>,
    /// The day on which the reply was served.
    served: Option<Date>,
    /// The day that was agreed by Art. 35.
    deferred: Option<Date>,
    /// Whether what is applied was done long ago: it stands, whatever a calendar
    /// or a setting that came later would say of its day.
    stands: bool,
}

impl Case {
    /// A request that came by a way on a day: filed, signed for or posted. Where
    /// no confirmation is needed it is received on that day.
    pub fn filed(channel: Channel, on: Date) -> Self {
        let waits = channel.needs_confirmation();
        Self {
            channel,
            filed: on,
            state: if waits {
                State::AwaitingConfirmation
            } else {
                State::Open
            },
            latest: on,
            received: (!waits).then_some(on),
            supplement: None,
            supplement_came: None,
            fee_paid: None,
            inquiries: BTreeMap::new(),
            extended: 0,
            reasons: None,
            reasons_came: None,
            served: None,
            deferred: None,
            stands: false,
        }
    }

    /// Replays a case from its events, which were lawful when they happened: a
    /// period that a later calendar or setting reckons otherwise undoes none.
    ///
    /// # Errors
    /// The refusal of the first event that cannot have happened.
    pub fn replay<'a>(
        rules: Rules<'_>,
        channel: Channel,
        filed: Date,
        events: impl IntoIterator<Item = (Date, &'a Event)>,
    ) -> Result<Self, Refusal> {
        let mut case = Self::filed(channel, filed);
        case.stands = true;
        for (on, event) in events {
            case = case.apply(rules, on, event)?;
        }
        case.stands = false;
        Ok(case)
    }

    /// Where it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the installation's rules make of the day by which the supplement
    /// notice has to leave; none before the receipt date is fixed.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn supplement_notice_limit(
        &self,
        rules: Rules<'_>,
    ) -> Result<Option<Reckoned>, ClockError> {
        let Some(received) = self.received else {
            return Ok(None);
        };
        clock::supplement_notice_limit(rules.calendar, rules.settings, received).map(Some)
    }

    /// Whether the one supplement notice was used.
    pub fn is_supplement_used(&self) -> bool {
        self.supplement.is_some()
    }

    /// Working days of extension, so far.
    pub fn extended_days(&self) -> u32 {
        self.extended
    }

    /// The last day for the reasons of Art. 35, once they were asked for.
    pub fn reasons_limit(&self) -> Option<Date> {
        self.reasons
    }

    /// The day on which the reasons of Art. 35 came.
    pub fn reasons_came(&self) -> Option<Date> {
        self.reasons_came
    }

    /// The day on which the reply was served.
    pub fn served_on(&self) -> Option<Date> {
        self.served
    }

    /// Whether the one supplement notice left after its last day (Art. 30), so that
    /// the supplement does not begin the clock anew.
    pub fn is_supplement_late(&self) -> bool {
        self.supplement == Some(false)
    }

    /// The day of the last event: nothing happens before it.
    pub fn latest(&self) -> Date {
        self.latest
    }

    /// By which way it came.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The receipt date, once it is fixed (Art. 31).
    pub fn received(&self) -> Option<Date> {
        self.received
    }

    /// Consultations, by their numbers.
    pub fn inquiries(&self) -> &BTreeMap<u32, Inquiry> {
        &self.inquiries
    }

    /// What the clock is reckoned from; none before the receipt date is fixed. A
    /// consultation whose time is over pauses no longer, whether or not somebody has
    /// entered the silence.
    pub fn facts(&self, today: Date) -> Option<ClockFacts> {
        let today = today.max(self.latest);
        let consultations = self.inquiries.values().map(|inquiry| Consultation {
            sent: inquiry.sent,
            returned: match inquiry.ended {
                Some((on, _)) => Some(on),
                None => inquiry.limit.filter(|limit| *limit < today),
            },
        });
        Some(ClockFacts {
            received: self.received?,
            supplement_received: self.supplement_came,
            fee_paid: self.fee_paid,
            consultations: consultations.collect(),
            extension_working_days: self.extended,
            today: Some(today),
        })
    }

    /// The due date in force on a day, with its reasoning. None where no clock
    /// runs: before the receipt, while a supplement or a payment is awaited, and
    /// after the reply.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn due(&self, rules: Rules<'_>, today: Date) -> Result<Option<Reckoned>, ClockError> {
        let runs = match self.state {
            State::Open => true,
            // A notice that left late leaves the old date in force.
            State::AwaitingSupplement { .. } => self.supplement == Some(false),
            _ => false,
        };
        match runs {
            true => self.reckoned(rules, today),
            false => Ok(None),
        }
    }

    /// The due date by which the reply was to be served (Art. 33), with its
    /// reasoning: that in force on the day of the reply. None before the reply, and
    /// where the case ended by itself.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn due_of_reply(&self, rules: Rules<'_>) -> Result<Option<Reckoned>, ClockError> {
        match self.state.ending().filter(|ending| !ending.is_by_itself()) {
            Some(ending) => self.reckoned(rules, ending.on),
            None => Ok(None),
        }
    }

    fn reckoned(&self, rules: Rules<'_>, today: Date) -> Result<Option<Reckoned>, ClockError> {
        let Some(facts) = self.facts(today) else {
            return Ok(None);
        };
        let mut settings = rules.settings;
        // What was granted stays granted where less may be granted now.
        settings.extension_working_days_max =
            settings.extension_working_days_max.max(self.extended);
        let mut due = clock::due(rules.calendar, settings, &facts)?;
        if let Some(until) = self.deferred {
            due.date = until;
            due.is_paused = false;
            due.reasoning.push(Step {
                date: Some(until),
                text: Message::new("case-deferred").with("date", until),
                basis: "《条例》第三十五条",
                passed: Vec::new(),
            });
        }
        Ok(Some(due))
    }

    /// Whether it is late: a flag, not a state. A late reply is still a reply.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn is_overdue(&self, rules: Rules<'_>, today: Date) -> Result<bool, ClockError> {
        Ok(self.due(rules, today)?.is_some_and(|due| today > due.date))
    }

    /// What comes of what happens on a day.
    ///
    /// # Errors
    /// [`Refusal`] names the rule; nothing has changed then.
    pub fn apply(&self, rules: Rules<'_>, on: Date, event: &Event) -> Result<Self, Refusal> {
        let earliest = self.earliest(event);
        if on < earliest {
            let message = Message::new("case-before-the-last")
                .with("date", on)
                .with("last", earliest);
            return Err(Refusal::Unlawful(message));
        }
        let mut next = self.clone();
        next.latest = on.max(self.latest);
        match event {
            Event::Confirmed => next.confirm(on)?,
            Event::SupplementAsked { limit } => next.ask_supplement(rules, on, *limit)?,
            Event::SupplementCame => next.take_supplement(on)?,
            Event::SupplementLapsed => next.lapse_supplement(on)?,
            Event::Consulted {
                number,
                asked,
                limit,
            } => {
                next.consult(on, *number, *asked, *limit)?;
            }
            Event::ConsultationServed { number } => next.serve_inquiry(rules, on, *number)?,
            Event::ConsultationEnded { number, opinion } => {
                next.end_inquiry(on, *number, *opinion)?;
            }
            Event::Extended { days } => next.extend(rules, on, *days)?,
            Event::ReasonsAsked { limit } => next.ask_reasons(on, *limit)?,
            Event::ReasonsCame => next.take_reasons(on)?,
            Event::Deferred { until } => next.defer(rules, on, *until)?,
            Event::FeeNotified { sent } => next.notify_fee(rules, on, sent.unwrap_or(on))?,
            Event::FeePaid => next.pay(on)?,
            Event::FeeLapsed => next.lapse_fee(on)?,
            Event::Replied { outcome } => next.reply(on, outcome)?,
            Event::Withdrawn => next.withdraw(on)?,
            Event::Served { .. } => next.serve(on)?,
            Event::Archived => next.archive()?,
        }
        Ok(next)
    }

    /// The first day on which something can have happened: that of what happened
    /// last. What others do is learned later than it happens, and stands on its own
    /// day after what it answers.
    fn earliest(&self, event: &Event) -> Date {
        let sent = match event {
            Event::ConsultationServed { number } | Event::ConsultationEnded { number, .. } => {
                self.inquiries.get(number).map(|inquiry| inquiry.sent)
            }
            _ => None,
        };
        sent.unwrap_or(self.latest)
    }

    fn confirm(&mut self, on: Date) -> Result<(), Refusal> {
        if self.state != State::AwaitingConfirmation {
            return Err(unlawful("case-confirmed-already"));
        }
        self.received = Some(on);
        self.state = State::Open;
        Ok(())
    }

    /// Whether the office may go on with it: nobody else is to do something first,
    /// or the clock runs all the same.
    fn open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open => Ok(()),
            State::AwaitingSupplement { .. } if self.is_supplement_late() => Ok(()),
            State::AwaitingConfirmation => Err(unlawful("case-not-received")),
            State::AwaitingSupplement { .. } => Err(unlawful("case-awaits-supplement")),
            State::AwaitingPayment { .. } => Err(unlawful("case-awaits-payment")),
            State::Replied(_) | State::Served(..) | State::Archived(_) => {
                Err(unlawful("case-replied-already"))
            }
        }
    }

    /// Whether what others were asked for may still come.
    fn live(&self) -> Result<(), Refusal> {
        match self.state {
            State::AwaitingSupplement { .. } | State::AwaitingPayment { .. } => Ok(()),
            _ => self.open(),
        }
    }

    /// Art. 30: once, and within seven working days of the receipt. A notice that
    /// leaves later is still one, and does not begin the clock anew.
    fn ask_supplement(&mut self, rules: Rules<'_>, on: Date, limit: Date) -> Result<(), Refusal> {
        self.open()?;
        if self.supplement.is_some() {
            return Err(unlawful("case-supplement-once"));
        }
        if limit <= on {
            return Err(unlawful("case-supplement-limit"));
        }
        let received = self.received.ok_or_else(|| unlawful("case-not-received"))?;
        let last = clock::supplement_notice_limit(rules.calendar, rules.settings, received)?;
        self.supplement = Some(on <= last.date);
        self.state = State::AwaitingSupplement { limit };
        Ok(())
    }

    fn take_supplement(&mut self, on: Date) -> Result<(), Refusal> {
        if !matches!(self.state, State::AwaitingSupplement { .. }) {
            return Err(unlawful("case-no-supplement-asked"));
        }
        if self.supplement == Some(true) {
            self.supplement_came = Some(on);
            self.deferred = None;
        }
        self.state = State::Open;
        Ok(())
    }

    fn lapse_supplement(&mut self, on: Date) -> Result<(), Refusal> {
        let State::AwaitingSupplement { limit } = self.state else {
            return Err(unlawful("case-no-supplement-asked"));
        };
        if on <= limit {
            return Err(early("case-supplement-has-time", limit));
        }
        self.end("abandoned_supplement", on);
        Ok(())
    }

    fn consult(
        &mut self,
        on: Date,
        number: u32,
        asked: Asked,
        limit: Option<Date>,
    ) -> Result<(), Refusal> {
        self.open()?;
        if self.inquiries.contains_key(&number) {
            return Err(unlawful("case-consultation-twice"));
        }
        // Of third parties and co-makers the law says how long they have.
        let limit = match (asked, limit) {
            (Asked::Organ, Some(limit)) if limit > on => Some(limit),
            (Asked::Organ, _) => return Err(unlawful("case-consultation-limit")),
            (Asked::ThirdParty | Asked::CoMaker, _) => None,
        };
        let inquiry = Inquiry {
            asked,
            sent: on,
            limit,
            ended: None,
        };
        self.inquiries.insert(number, inquiry);
        Ok(())
    }

    fn inquiry(&mut self, number: u32) -> Result<&mut Inquiry, Refusal> {
        let found = self.inquiries.get_mut(&number);
        let open = found.filter(|inquiry| inquiry.ended.is_none());
        open.ok_or_else(|| unlawful("case-no-consultation"))
    }

    fn serve_inquiry(&mut self, rules: Rules<'_>, on: Date, number: u32) -> Result<(), Refusal> {
        self.live()?;
        let inquiry = self.inquiry(number)?;
        if inquiry.limit.is_some() {
            return Err(unlawful("case-consultation-served"));
        }
        let limit = clock::consultation_reply_limit(rules.calendar, rules.settings, on)?;
        inquiry.limit = Some(limit.date);
        Ok(())
    }

    /// Silence counts only when the period has run out, and from its last day on.
    fn end_inquiry(&mut self, on: Date, number: u32, opinion: Opinion) -> Result<(), Refusal> {
        self.live()?;
        let stands = self.stands;
        let inquiry = self.inquiry(number)?;
        let ended = match (opinion, inquiry.limit) {
            (Opinion::Silent, None) => return Err(unlawful("case-consultation-not-served")),
            (Opinion::Silent, Some(limit)) if on <= limit && !stands => {
                return Err(early("case-consultation-has-time", limit));
            }
            (Opinion::Silent, Some(limit)) => limit,
            // An opinion that comes late pauses no longer than the period.
            (_, Some(limit)) => on.min(limit),
            (_, None) => on,
        };
        inquiry.ended = Some((ended, opinion));
        Ok(())
    }

    /// Art. 33 ¶2: decided and told on or before the due date in force, at most
    /// twenty working days in all.
    fn extend(&mut self, rules: Rules<'_>, on: Date, days: u32) -> Result<(), Refusal> {
        self.open()?;
        // Art. 35: the agreed day stands in the place of the period.
        if self.deferred.is_some() {
            return Err(unlawful("case-deferred-already"));
        }
        if days == 0 {
            return Err(unlawful("case-extension-of-nothing"));
        }
        let all = self.extended.saturating_add(days);
        if self.stands {
            self.extended = all;
            return Ok(());
        }
        if let Some(due) = self.due(rules, on)?.filter(|due| on > due.date) {
            return Err(early("case-extension-too-late", due.date));
        }
        let max = rules.settings.extension_working_days_max;
        if all > max {
            return Err(ClockError::ExtensionTooLong { asked: all, max }.into());
        }
        self.extended = all;
        Ok(())
    }

    fn ask_reasons(&mut self, on: Date, limit: Date) -> Result<(), Refusal> {
        self.open()?;
        if self.reasons.is_some() {
            return Err(unlawful("case-reasons-once"));
        }
        if limit <= on {
            return Err(unlawful("case-reasons-limit"));
        }
        self.reasons = Some(limit);
        Ok(())
    }

    /// Art. 35: the applicant says why.
    fn take_reasons(&mut self, on: Date) -> Result<(), Refusal> {
        self.live()?;
        if self.reasons.is_none() {
            return Err(unlawful("case-reasons-not-asked"));
        }
        if self.reasons_came.is_some() {
            return Err(unlawful("case-reasons-came-already"));
        }
        self.reasons_came = Some(on);
        Ok(())
    }

    /// Art. 35: only for who was asked for reasons, and only to a later day.
    fn defer(&mut self, rules: Rules<'_>, on: Date, until: Date) -> Result<(), Refusal> {
        self.open()?;
        if self.reasons.is_none() {
            return Err(unlawful("case-reasons-not-asked"));
        }
        match self.due(rules, on)?.filter(|_| !self.stands) {
            Some(due) if until <= due.date => return Err(early("case-deferred-back", due.date)),
            Some(due) if on > due.date => return Err(early("case-deferred-too-late", due.date)),
            _ => {}
        }
        self.deferred = Some(until);
        Ok(())
    }

    /// 国办函〔2020〕109号: the notice leaves within the period; the time to pay is
    /// counted from the day on which the applicant had it.
    fn notify_fee(&mut self, rules: Rules<'_>, on: Date, sent: Date) -> Result<(), Refusal> {
        self.open()?;
        if self.fee_paid.is_some() {
            return Err(unlawful("case-fee-once"));
        }
        if sent > on {
            return Err(unlawful("case-fee-sent-later"));
        }
        let over = |due: &Reckoned| sent > due.date && !self.stands;
        if let Some(due) = self.due(rules, sent)?.filter(over) {
            return Err(early("case-fee-too-late", due.date));
        }
        let limit = clock::payment_limit(rules.calendar, rules.settings, on)?;
        self.state = State::AwaitingPayment { limit: limit.date };
        Ok(())
    }

    fn pay(&mut self, on: Date) -> Result<(), Refusal> {
        if !matches!(self.state, State::AwaitingPayment { .. }) {
            return Err(unlawful("case-no-fee-asked"));
        }
        self.fee_paid = Some(on);
        // What was agreed was agreed of the clock before.
        self.deferred = None;
        self.state = State::Open;
        Ok(())
    }

    fn lapse_fee(&mut self, on: Date) -> Result<(), Refusal> {
        let State::AwaitingPayment { limit } = self.state else {
            return Err(unlawful("case-no-fee-asked"));
        };
        if on <= limit && !self.stands {
            return Err(early("case-payment-has-time", limit));
        }
        self.end("abandoned_fee", on);
        Ok(())
    }

    /// One outcome, and only one that the facts allow.
    fn reply(&mut self, on: Date, code: &str) -> Result<(), Refusal> {
        self.open()?;
        let outcome = outcomes::of(code).ok_or_else(|| unlawful("case-outcome-unknown"))?;
        match outcome.code.as_str() {
            // These three come of what happened, not of a reply.
            code if BY_ITSELF.contains(&code) => {
                return Err(unlawful("case-outcome-by-itself"));
            }
            // Art. 35: unreasonable are reasons that were asked for.
            "excessive" => match self.reasons {
                None => return Err(unlawful("case-reasons-not-asked")),
                Some(limit) if self.reasons_came.is_none() && on <= limit && !self.stands => {
                    return Err(early("case-reasons-have-time", limit));
                }
                Some(_) => {}
            },
            "still_unclear" if self.supplement.is_none() => {
                return Err(unlawful("case-unclear-without-supplement"));
            }
            _ => {}
        }
        let waits = self
            .inquiries
            .values()
            .any(|inquiry| inquiry.ended.is_none());
        let gives = matches!(outcome.family, Family::Granted | Family::Partial);
        // What concerns others is not given, and not refused for their sake, while
        // they are being asked (Art. 32: after their opinion, or their time).
        if waits && (gives || outcome.code == "denied_third_party") {
            return Err(unlawful("case-consultation-open"));
        }
        // Art. 32: a third party who was not heard is not decided against.
        let all = self.inquiries.values();
        let mut heard = all.filter(|inquiry| inquiry.asked == Asked::ThirdParty);
        if outcome.code == "denied_third_party" {
            if heard.clone().next().is_none() {
                return Err(unlawful("case-third-party-not-asked"));
            }
            // Art. 15: where all agree, nothing is withheld for their sake.
            let agrees = |inquiry: &Inquiry| matches!(inquiry.ended, Some((_, Opinion::Agrees)));
            if heard.all(agrees) {
                return Err(unlawful("case-third-party-agreed"));
            }
        }
        self.end(code, on);
        Ok(())
    }

    fn withdraw(&mut self, on: Date) -> Result<(), Refusal> {
        match self.state {
            State::Replied(_) | State::Served(..) | State::Archived(_) => {
                Err(unlawful("case-replied-already"))
            }
            _ => {
                self.end("withdrawn", on);
                Ok(())
            }
        }
    }

    fn serve(&mut self, on: Date) -> Result<(), Refusal> {
        let State::Replied(ending) = &self.state else {
            return Err(unlawful("case-nothing-to-serve"));
        };
        self.state = State::Served(ending.clone(), on);
        self.served = Some(on);
        Ok(())
    }

    /// What was replied is served first; what ended by itself needs no service.
    fn archive(&mut self) -> Result<(), Refusal> {
        let ending = match &self.state {
            State::Served(ending, _) => ending.clone(),
            State::Replied(ending) if ending.is_by_itself() => ending.clone(),
            State::Replied(_) => return Err(unlawful("case-not-served")),
            _ => return Err(unlawful("case-not-over")),
        };
        self.state = State::Archived(ending);
        Ok(())
    }

    fn end(&mut self, outcome: &str, on: Date) {
        self.state = State::Replied(Ending {
            outcome: outcome.to_owned(),
            on,
        });
    }

    /// The day it was filed.
    pub fn filed_on(&self) -> Date {
        self.filed
    }
}

fn early(id: &'static str, date: Date) -> Refusal {
    Refusal::Unlawful(Message::new(id).with("date", date))
}

#[cfg(test)]
mod tests;
