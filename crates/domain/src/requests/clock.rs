//! The statutory clock: receipt date, supplement limit, due date, remedies.
//!
//! Each function returns its reasoning beside the date: steps with dates,
//! articles, and the days that were skipped. Days past the loaded calendar are
//! counted as plain weekdays and the result names the missing years, so that
//! nobody takes it for certain. Start with [`due`].

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarError, DayKind};
use crate::words::Message;

/// Numbers of days that a norm or a local rule fixes. The defaults are the
/// Regulation's; what is marked a choice there is a setting here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSettings {
    /// Art. 33 ¶2: working days to answer.
    pub answer_working_days: u32,
    /// Art. 33 ¶2: at most so many working days of extension.
    pub extension_working_days_max: u32,
    /// Art. 30: working days in which the one supplement notice must leave.
    pub supplement_notice_working_days: u32,
    /// Arts 32, 34: working days a third party or co-maker has.
    pub consultation_reply_working_days: u32,
    /// 国办函〔2020〕109号: working days to pay, from the day after the notice
    /// is received.
    pub payment_working_days: u32,
}

impl Default for ClockSettings {
    fn default() -> Self {
        Self {
            answer_working_days: 20,
            extension_working_days_max: 20,
            supplement_notice_working_days: 7,
            consultation_reply_working_days: 15,
            payment_working_days: 20,
        }
    }
}

/// One consultation of a third party (Art. 32), a co-maker (Art. 34) or
/// another organ (Art. 33 ¶3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consultation {
    /// The day the letter was sent; still counted as used.
    pub sent: Date,
    /// The day the opinion came, or the day its period ran out in silence.
    /// `None` while it is open.
    pub returned: Option<Date>,
}

/// What is known of a request when its due date is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockFacts {
    /// Receipt date (Art. 31).
    pub received: Date,
    /// Receipt of the supplemented request; restarts the clock (Art. 30).
    pub supplement_received: Option<Date>,
    /// Full payment of the fee; restarts the clock.
    pub fee_paid: Option<Date>,
    /// All consultations, in any order.
    pub consultations: Vec<Consultation>,
    /// Working days of extension, approved and told in time (Art. 33 ¶2).
    pub extension_working_days: u32,
    /// Today, for a consultation that is still open.
    pub today: Option<Date>,
}

impl ClockFacts {
    /// A request of which only the receipt date is known.
    pub fn received_on(received: Date) -> Self {
        Self {
            received,
            supplement_received: None,
            fee_paid: None,
            consultations: Vec::new(),
            extension_working_days: 0,
            today: None,
        }
    }
}

/// One step of a reckoning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The date this step arrives at.
    pub date: Option<Date>,
    /// What was done.
    pub text: Message,
    /// The rule behind it.
    pub basis: &'static str,
    /// Weekdays off and working weekends that the count passed.
    pub passed: Vec<(Date, DayKind)>,
}

/// A date with the reasoning that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    /// The date.
    pub date: Date,
    /// Years whose notice is not loaded and whose days were counted as plain
    /// weekdays; the date is provisional unless this is empty.
    pub missing_years: BTreeSet<i16>,
    /// The steps, in order.
    pub reasoning: Vec<Step>,
    /// Whether a consultation is open that moves it with every day.
    pub is_paused: bool,
}

/// Why a due date cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The calendar has no answer.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Art. 33 ¶2 caps the extension.
    #[error("an extension of {asked} working days is beyond {max}")]
    ExtensionTooLong {
        /// Days asked for.
        asked: u32,
        /// Days allowed.
        max: u32,
    },
    /// Something happened before the request was received.
    #[error("{date} lies before the receipt date {received}")]
    BeforeReceipt {
        /// The early date.
        date: Date,
        /// The receipt date.
        received: Date,
    },
    /// A consultation that came back before it was sent.
    #[error("a consultation sent {sent} came back {returned}")]
    ConsultationReversed {
        /// The day it was sent.
        sent: Date,
        /// The day it came back.
        returned: Date,
    },
    /// A consultation is open and nobody said what day it is.
    #[error("an open consultation needs today's date")]
    TodayMissing,
    /// The date or the period is out of range.
    #[error("the period is out of range")]
    OutOfRange,
}

impl ClockError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Calendar(error) => error.message(),
            Self::ExtensionTooLong { asked, max } => Message::new("clock-extension-too-long")
                .with("asked", asked)
                .with("max", max),
            Self::BeforeReceipt { date, received } => Message::new("clock-before-receipt")
                .with("date", date)
                .with("received", received),
            Self::ConsultationReversed { sent, returned } => {
                Message::new("clock-consultation-reversed")
                    .with("sent", sent)
                    .with("returned", returned)
            }
            Self::TodayMissing => Message::new("clock-today-missing"),
            Self::OutOfRange => Message::new("calendar-out-of-range"),
        }
    }
}

const ART_30: &str = "《条例》第三十条";
const ART_31: &str = "《条例》第三十一条";
const ART_33_2: &str = "《条例》第三十三条第二款";
const ART_33_3: &str = "《条例》第三十三条第三款";
const FEE_RULES: &str = "国办函〔2020〕109号";
const COUNTING: &str = "参照《民事诉讼法》第八十五条";
const LETTER_2015: &str = "《条例》第三十一条；国办公开办函〔2015〕207号";

/// A calendar with the steps written so far.
struct Reckoning {
    calendar: Calendar,
    steps: Vec<Step>,
}

impl Reckoning {
    fn new(calendar: &Calendar) -> Self {
        Self {
            calendar: calendar.provisional(),
            steps: Vec::new(),
        }
    }

    fn note(&mut self, date: Option<Date>, text: Message, basis: &'static str) {
        self.steps.push(Step {
            date,
            text,
            basis,
            passed: Vec::new(),
        });
    }

    /// Counts working days forward and writes the step; `text` gets `from`,
    /// `days` and `date`.
    fn add(
        &mut self,
        from: Date,
        days: u32,
        id: &'static str,
        basis: &'static str,
    ) -> Result<Date, CalendarError> {
        let date = self.calendar.add_working_days(from, days)?;
        let text = Message::new(id)
            .with("from", from)
            .with("days", days)
            .with("date", date);
        let passed = self.calendar.notable_days(from, date)?;
        self.steps.push(Step {
            date: Some(date),
            text,
            basis,
            passed,
        });
        Ok(date)
    }

    fn finish(self, from: Date, date: Date) -> Reckoned {
        let missing_years = self.calendar.missing_years(from, date);
        let mut reasoning = self.steps;
        if !missing_years.is_empty() {
            let years: Vec<String> = missing_years.iter().map(i16::to_string).collect();
            reasoning.push(Step {
                date: None,
                text: Message::new("clock-provisional").with("years", years.join("、")),
                basis: "",
                passed: Vec::new(),
            });
        }
        Reckoned {
            date,
            missing_years,
            reasoning,
            is_paused: false,
        }
    }
}

/// The `days`-th working day after `from`, with its reasoning.
///
/// # Errors
/// [`ClockError::Calendar`] before the loaded years.
pub fn add_working_days(
    calendar: &Calendar,
    from: Date,
    days: u32,
) -> Result<Reckoned, ClockError> {
    let mut reckoning = Reckoning::new(calendar);
    let date = reckoning.add(from, days, "clock-add", COUNTING)?;
    Ok(reckoning.finish(from, date))
}

/// Art. 30: the last day on which the one supplement notice may leave.
///
/// # Errors
/// As [`add_working_days`].
pub fn supplement_notice_limit(
    calendar: &Calendar,
    settings: ClockSettings,
    received: Date,
) -> Result<Reckoned, ClockError> {
    let mut reckoning = Reckoning::new(calendar);
    let days = settings.supplement_notice_working_days;
    let date = reckoning.add(received, days, "clock-supplement-limit", ART_30)?;
    Ok(reckoning.finish(received, date))
}

/// Arts 32, 34: the last day of a third party's or co-maker's period.
///
/// # Errors
/// As [`add_working_days`].
pub fn consultation_reply_limit(
    calendar: &Calendar,
    settings: ClockSettings,
    served: Date,
) -> Result<Reckoned, ClockError> {
    let mut reckoning = Reckoning::new(calendar);
    let days = settings.consultation_reply_working_days;
    let date = reckoning.add(
        served,
        days,
        "clock-consultation-limit",
        "《条例》第三十二条、第三十四条",
    )?;
    Ok(reckoning.finish(served, date))
}

/// 国办函〔2020〕109号: the last day to pay, from the day after the notice is
/// received; past it the request is deemed abandoned.
///
/// # Errors
/// As [`add_working_days`].
pub fn payment_limit(
    calendar: &Calendar,
    settings: ClockSettings,
    notice_received: Date,
) -> Result<Reckoned, ClockError> {
    let mut reckoning = Reckoning::new(calendar);
    let days = settings.payment_working_days;
    let date = reckoning.add(notice_received, days, "clock-payment-limit", FEE_RULES)?;
    Ok(reckoning.finish(notice_received, date))
}

/// How a request reached the office; decides the receipt date (Art. 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Handed in, or told orally, at the counter.
    InPerson {
        /// The day of submission.
        submitted: Date,
    },
    /// Registered post or courier that the agency signs for.
    SignedPost {
        /// The day any unit of the agency signed.
        signed: Date,
    },
    /// Ordinary post without a signature, or post sent to another unit: the
    /// disclosure office confirms with the applicant.
    UnsignedPost {
        /// The day the confirmation succeeded; `None` while the applicant
        /// cannot be reached.
        confirmed: Option<Date>,
    },
    /// Portal, e-mail, or the disclosure office's fax: both sides confirm.
    Online {
        /// The day both sides had confirmed; `None` until then.
        confirmed: Option<Date>,
    },
}

/// Art. 31: the receipt date by the channel's rule, or `None` while the
/// confirmation is outstanding. A server's timestamp or an automatic mail
/// fixes nothing.
pub fn received_on(arrival: Arrival) -> (Option<Date>, Step) {
    let (date, id, basis) = match arrival {
        Arrival::InPerson { submitted } => (Some(submitted), "receipt-in-person", ART_31),
        Arrival::SignedPost { signed } => (Some(signed), "receipt-signed-post", ART_31),
        Arrival::UnsignedPost {
            confirmed: Some(day),
        } => (Some(day), "receipt-unsigned-post", LETTER_2015),
        Arrival::Online {
            confirmed: Some(day),
        } => (Some(day), "receipt-online", ART_31),
        Arrival::UnsignedPost { confirmed: None } | Arrival::Online { confirmed: None } => {
            (None, "receipt-outstanding", LETTER_2015)
        }
    };
    let step = Step {
        date,
        text: Message::new(id),
        basis,
        passed: Vec::new(),
    };
    (date, step)
}

/// Art. 33: the due date by the facts known.
///
/// A supplement and a paid fee restart the clock; consultations pause it by
/// the union of their periods, never the sum; an extension adds. A
/// consultation begun after the due date in force pauses nothing, and one begun
/// before the clock began anew no longer does.
///
/// # Errors
/// [`ClockError`] names the fact that cannot be.
pub fn due(
    calendar: &Calendar,
    settings: ClockSettings,
    facts: &ClockFacts,
) -> Result<Reckoned, ClockError> {
    check(settings, facts)?;
    let mut reckoning = Reckoning::new(calendar);
    reckoning.note(
        Some(facts.received),
        Message::new("clock-received").with("date", facts.received),
        ART_31,
    );
    let start = start_of_clock(&mut reckoning, facts);
    let base = reckoning.add(start, settings.answer_working_days, "clock-due", ART_33_2)?;
    let (due, is_paused) = move_on(&mut reckoning, facts, start, base)?;
    Ok(Reckoned {
        is_paused,
        ..reckoning.finish(facts.received, due)
    })
}

fn check(settings: ClockSettings, facts: &ClockFacts) -> Result<(), ClockError> {
    if facts.extension_working_days > settings.extension_working_days_max {
        return Err(ClockError::ExtensionTooLong {
            asked: facts.extension_working_days,
            max: settings.extension_working_days_max,
        });
    }
    let dates = facts
        .supplement_received
        .iter()
        .chain(&facts.fee_paid)
        .chain(facts.consultations.iter().map(|c| &c.sent));
    for date in dates {
        if *date < facts.received {
            return Err(ClockError::BeforeReceipt {
                date: *date,
                received: facts.received,
            });
        }
    }
    for consultation in &facts.consultations {
        match consultation.returned.or(facts.today) {
            Some(returned) if returned < consultation.sent => {
                return Err(ClockError::ConsultationReversed {
                    sent: consultation.sent,
                    returned,
                });
            }
            Some(_) => {}
            None => return Err(ClockError::TodayMissing),
        }
    }
    Ok(())
}

/// The last event that starts the clock anew.
fn start_of_clock(reckoning: &mut Reckoning, facts: &ClockFacts) -> Date {
    let mut start = facts.received;
    if let Some(date) = facts.supplement_received {
        reckoning.note(
            Some(date),
            Message::new("clock-supplement-restarts").with("date", date),
            ART_30,
        );
        start = start.max(date);
    }
    if let Some(date) = facts.fee_paid {
        reckoning.note(
            Some(date),
            Message::new("clock-fee-restarts").with("date", date),
            FEE_RULES,
        );
        start = start.max(date);
    }
    start
}

/// Moves `base` by the extension and by the union of the consultations begun since
/// `start` and before the due date in force when each began; with whether one of
/// them is open. An extension is lawful only before the due date that it moves, so
/// that it is in force for whatever began after that date.
fn move_on(
    reckoning: &mut Reckoning,
    facts: &ClockFacts,
    start: Date,
    base: Date,
) -> Result<(Date, bool), ClockError> {
    let mut consultations: Vec<(Date, Date, bool)> = facts
        .consultations
        .iter()
        .map(|c| {
            let end = c.returned.or(facts.today).unwrap_or(c.sent);
            (c.sent, end, c.returned.is_none())
        })
        .collect();
    consultations.sort_unstable();
    let extend = |reckoning: &mut Reckoning, due| {
        let days = facts.extension_working_days;
        reckoning.add(due, days, "clock-extended", ART_33_2)
    };
    let (mut due, mut covered_to) = (base, start);
    let (mut paused, mut extended, mut is_paused) = (0, 0, false);
    for (sent, end, open) in consultations {
        if sent < start {
            if end > start {
                let text = Message::new("clock-consultation-before-start");
                let text = text.with("sent", sent).with("start", start);
                reckoning.note(Some(sent), text, ART_33_3);
            }
            continue;
        }
        if sent > due && extended < facts.extension_working_days {
            due = extend(reckoning, due)?;
            extended = facts.extension_working_days;
        }
        if sent > due {
            reckoning.note(
                Some(sent),
                Message::new("clock-consultation-too-late")
                    .with("sent", sent)
                    .with("due", due),
                ART_33_3,
            );
            continue;
        }
        let from = sent.max(covered_to);
        let days = reckoning.calendar.working_days_between(from, end)?;
        covered_to = covered_to.max(end);
        paused += days;
        is_paused |= open;
        due = reckoning
            .calendar
            .add_working_days(base, paused + extended)?;
        let id = match (open, from > sent) {
            (true, _) => "clock-paused-open",
            (false, true) => "clock-paused-overlap",
            (false, false) => "clock-paused",
        };
        let text = Message::new(id)
            .with("sent", sent)
            .with("end", end)
            .with("days", days)
            .with("date", due);
        let passed = reckoning.calendar.notable_days(from, end)?;
        reckoning.steps.push(Step {
            date: Some(due),
            text,
            basis: ART_33_3,
            passed,
        });
    }
    if extended < facts.extension_working_days {
        due = extend(reckoning, due)?;
    }
    Ok((due, is_paused))
}

/// The period of a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemedyPeriod {
    /// Natural days: 60 for reconsideration (复议法 Art. 20), 15 for a suit
    /// after it (行政诉讼法 Art. 45).
    Days(u32),
    /// Months: 6 for a direct suit (行政诉讼法 Art. 46).
    Months(u32),
}

/// The last day of a remedy, counted from service. A last day on which offices
/// do not work moves to the next on which they do.
///
/// # Errors
/// [`ClockError::Calendar`] before the loaded years.
pub fn remedy(
    calendar: &Calendar,
    served: Date,
    period: RemedyPeriod,
) -> Result<Reckoned, ClockError> {
    let mut reckoning = Reckoning::new(calendar);
    let (span, text, basis) = match period {
        RemedyPeriod::Days(days) => (
            days.days_span(),
            Message::new("remedy-days").with("days", days),
            "《行政复议法》第二十条、《行政诉讼法》第四十五条",
        ),
        RemedyPeriod::Months(months) => (
            months.months_span(),
            Message::new("remedy-months").with("months", months),
            "《行政诉讼法》第四十六条",
        ),
    };
    let last = served
        .checked_add(span.ok_or(ClockError::OutOfRange)?)
        .map_err(|_| ClockError::OutOfRange)?;
    reckoning.note(
        Some(last),
        text.with("served", served).with("date", last),
        basis,
    );
    let date = reckoning.calendar.on_or_after(last)?;
    if date == last {
        reckoning.note(
            Some(date),
            Message::new("remedy-last-day-works").with("date", date),
            COUNTING,
        );
    } else {
        let why = reckoning.calendar.day(last)?;
        reckoning.steps.push(Step {
            date: Some(date),
            text: Message::new("remedy-moved")
                .with("last", last)
                .with("date", date),
            basis: COUNTING,
            passed: vec![(last, why)],
        });
    }
    Ok(reckoning.finish(served, date))
}

/// Spans from counts that a user typed: out of range is `None`, not a panic.
trait CheckedSpan {
    fn days_span(self) -> Option<jiff::Span>;
    fn months_span(self) -> Option<jiff::Span>;
}

impl CheckedSpan for u32 {
    fn days_span(self) -> Option<jiff::Span> {
        (self <= crate::calendar::WORKING_DAYS_MAX).then(|| i64::from(self).days())
    }

    fn months_span(self) -> Option<jiff::Span> {
        (self <= crate::calendar::WORKING_DAYS_MAX).then(|| i64::from(self).months())
    }
}

#[cfg(test)]
pub(super) mod tests;
