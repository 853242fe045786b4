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
use crate::calendar::Calendar;
use crate::words::Message;

mod events;
mod steps;

pub use events::{
    Asked, BY_ITSELF, Cause, Channel, Ending, Event, Inquiry, Opinion, Service, State,
};

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
    /// Whether one came at all.
    is_supplemented: bool,
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
    /// The day on which what is waited for was asked for: the notice left, or was had.
    asked_on: Option<Date>,
    /// Whether a lapse was lifted, and what was waited for may have come before it.
    is_lifted: bool,
    /// Whether it was over, and goes on.
    is_reopened: bool,
    /// Why it is decided anew, and until when.
    anew: Option<(Cause, Date)>,
    /// Working days to answer, as they were when the clock began.
    answer: Option<u32>,
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
            is_supplemented: false,
            fee_paid: None,
            inquiries: BTreeMap::new(),
            extended: 0,
            reasons: None,
            reasons_came: None,
            served: None,
            deferred: None,
            asked_on: None,
            is_lifted: false,
            is_reopened: false,
            anew: None,
            answer: None,
            stands: false,
        }
    }

    /// The same under the numbers of days of its own time, where its receipt date is
    /// fixed by the filing alone.
    #[must_use]
    pub fn under(mut self, settings: ClockSettings) -> Self {
        if self.received.is_some() {
            self.answer = Some(settings.answer_working_days);
        }
        self
    }

    /// Replays what happened after it was filed, all of which was lawful then: a
    /// period that a later calendar or setting reckons otherwise undoes none. With
    /// an event come the numbers of days under which it fixed a period, where they
    /// were kept ([`Event::fixes_a_period`]).
    ///
    /// # Errors
    /// The refusal of the first event that cannot have happened.
    pub fn replay<'a>(
        self,
        rules: Rules<'_>,
        events: impl IntoIterator<Item = (Date, &'a Event, Option<ClockSettings>)>,
    ) -> Result<Self, Refusal> {
        let mut case = Self {
            stands: true,
            ..self
        };
        for (on, event, under) in events {
            let settings = under.unwrap_or(rules.settings);
            case = case.apply(Rules { settings, ..rules }, on, event)?;
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
        settings.answer_working_days = self.answer.unwrap_or(settings.answer_working_days);
        let mut due = clock::due(rules.calendar, settings, &facts)?;
        if let Some((cause, until)) = self.anew {
            // An extension of what is decided anew adds to its own last day.
            let last = clock::add_working_days(rules.calendar, until, self.extended)?;
            due.date = last.date;
            due.is_paused = false;
            due.reasoning.push(Step {
                date: Some(until),
                text: cause.due(until),
                basis: cause.basis(),
                passed: Vec::new(),
            });
            if self.extended > 0 {
                due.reasoning.push(Step {
                    date: Some(last.date),
                    text: Message::new("case-reopened-extended").with("days", self.extended),
                    basis: "《条例》第三十三条第二款",
                    passed: last
                        .reasoning
                        .into_iter()
                        .flat_map(|step| step.passed)
                        .collect(),
                });
            }
        }
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
            Event::Confirmed => next.confirm(rules, on)?,
            Event::SupplementAsked { limit } => next.ask_supplement(rules, on, *limit)?,
            Event::SupplementCame => next.take_supplement(rules, on)?,
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
            Event::FeePaid => next.pay(rules, on)?,
            Event::FeeLapsed => next.lapse_fee(on)?,
            Event::Replied { outcome } => next.reply(on, outcome)?,
            Event::Withdrawn => next.withdraw(on)?,
            Event::Served { .. } => next.serve(on)?,
            Event::Archived => next.archive()?,
            Event::Reopened { cause, until } => next.reopen(rules, on, *cause, *until)?,
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
            // It was there before somebody saw that it was.
            Event::SupplementCame | Event::FeePaid if self.is_lifted => self.asked_on,
            // An archive that was closed meanwhile is no reason.
            Event::Reopened { .. } => {
                let ended = self.state.ending().map(|ending| ending.on);
                self.served.or(ended)
            }
            _ => None,
        };
        sent.unwrap_or(self.latest)
    }

    /// Whether it was over once, and goes on.
    pub fn is_reopened(&self) -> bool {
        self.is_reopened
    }

    /// The day it was filed.
    pub fn filed_on(&self) -> Date {
        self.filed
    }
}

#[cfg(test)]
mod tests;
