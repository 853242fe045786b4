//! What each step of a case makes of it, and what stands against it.

use jiff::civil::Date;

use super::{Asked, BY_ITSELF, Case, Cause, Ending, Inquiry, Opinion, Refusal, Rules, State};
use crate::requests::clock::{self, ClockError, Reckoned};
use crate::requests::outcomes::{self, Family};
use crate::words::Message;

fn unlawful(id: &'static str) -> Refusal {
    Refusal::Unlawful(Message::new(id))
}

fn early(id: &'static str, date: Date) -> Refusal {
    Refusal::Unlawful(Message::new(id).with("date", date))
}

impl Case {
    pub(super) fn confirm(&mut self, rules: Rules<'_>, on: Date) -> Result<(), Refusal> {
        if self.state != State::AwaitingConfirmation {
            return Err(unlawful("case-confirmed-already"));
        }
        self.received = Some(on);
        self.answer = Some(rules.settings.answer_working_days);
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
    pub(super) fn ask_supplement(
        &mut self,
        rules: Rules<'_>,
        on: Date,
        limit: Date,
    ) -> Result<(), Refusal> {
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
        self.asked_on = Some(on);
        self.state = State::AwaitingSupplement { limit };
        Ok(())
    }

    pub(super) fn take_supplement(&mut self, rules: Rules<'_>, on: Date) -> Result<(), Refusal> {
        if !matches!(self.state, State::AwaitingSupplement { .. }) {
            return Err(unlawful("case-no-supplement-asked"));
        }
        if self.supplement == Some(true) {
            self.supplement_came = Some(on);
            self.answer = Some(rules.settings.answer_working_days);
            self.deferred = None;
            self.anew = None;
        }
        self.is_supplemented = true;
        self.is_lifted = false;
        self.state = State::Open;
        Ok(())
    }

    pub(super) fn lapse_supplement(&mut self, on: Date) -> Result<(), Refusal> {
        let State::AwaitingSupplement { limit } = self.state else {
            return Err(unlawful("case-no-supplement-asked"));
        };
        if on <= limit {
            return Err(early("case-supplement-has-time", limit));
        }
        self.end("abandoned_supplement", on);
        Ok(())
    }

    pub(super) fn consult(
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

    pub(super) fn serve_inquiry(
        &mut self,
        rules: Rules<'_>,
        on: Date,
        number: u32,
    ) -> Result<(), Refusal> {
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
    pub(super) fn end_inquiry(
        &mut self,
        on: Date,
        number: u32,
        opinion: Opinion,
    ) -> Result<(), Refusal> {
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
    pub(super) fn extend(&mut self, rules: Rules<'_>, on: Date, days: u32) -> Result<(), Refusal> {
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

    pub(super) fn ask_reasons(&mut self, on: Date, limit: Date) -> Result<(), Refusal> {
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
    pub(super) fn take_reasons(&mut self, on: Date) -> Result<(), Refusal> {
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

    /// Art. 35: only for who was asked for reasons and gave them, only to a later day,
    /// and once for each clock.
    pub(super) fn defer(&mut self, rules: Rules<'_>, on: Date, until: Date) -> Result<(), Refusal> {
        self.open()?;
        if self.reasons.is_none() {
            return Err(unlawful("case-reasons-not-asked"));
        }
        if !self.stands {
            if self.reasons_came.is_none() {
                return Err(unlawful("case-reasons-not-come"));
            }
            if self.deferred.is_some() {
                return Err(unlawful("case-deferred-once"));
            }
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
    pub(super) fn notify_fee(
        &mut self,
        rules: Rules<'_>,
        on: Date,
        sent: Date,
    ) -> Result<(), Refusal> {
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
        self.asked_on = Some(on);
        self.state = State::AwaitingPayment { limit: limit.date };
        Ok(())
    }

    pub(super) fn pay(&mut self, rules: Rules<'_>, on: Date) -> Result<(), Refusal> {
        if !matches!(self.state, State::AwaitingPayment { .. }) {
            return Err(unlawful("case-no-fee-asked"));
        }
        self.fee_paid = Some(on);
        self.answer = Some(rules.settings.answer_working_days);
        // What was agreed was agreed of the clock before.
        self.deferred = None;
        self.anew = None;
        self.is_lifted = false;
        self.state = State::Open;
        Ok(())
    }

    pub(super) fn lapse_fee(&mut self, on: Date) -> Result<(), Refusal> {
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
    pub(super) fn reply(&mut self, on: Date, code: &str) -> Result<(), Refusal> {
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
            // Art. 30: after the supplement; who sends none gives up, once the time is over.
            "still_unclear" if !self.is_supplemented && !self.stands => {
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

    pub(super) fn withdraw(&mut self, on: Date) -> Result<(), Refusal> {
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

    pub(super) fn serve(&mut self, on: Date) -> Result<(), Refusal> {
        let State::Replied(ending) = &self.state else {
            return Err(unlawful("case-nothing-to-serve"));
        };
        self.state = State::Served(ending.clone(), on);
        self.served = Some(on);
        Ok(())
    }

    /// What was replied is served first; what ended by itself needs no service.
    pub(super) fn archive(&mut self) -> Result<(), Refusal> {
        let ending = match &self.state {
            State::Served(ending, _) => ending.clone(),
            State::Replied(ending) if ending.is_by_itself() => ending.clone(),
            State::Replied(_) => return Err(unlawful("case-not-served")),
            _ => return Err(unlawful("case-not-over")),
        };
        self.state = State::Archived(ending);
        Ok(())
    }

    /// Who had a good reason gave nothing up (Art. 30), nor did who had paid: what was
    /// waited for is waited for until another day. What is decided anew has its own last
    /// day: a decision may name a late one, a body gives itself no longer than the period
    /// of Art. 33.
    pub(super) fn reopen(
        &mut self,
        rules: Rules<'_>,
        on: Date,
        cause: Cause,
        until: Date,
    ) -> Result<(), Refusal> {
        let ending = self.state.ending();
        let ending = ending.ok_or_else(|| unlawful("case-reopened-not-over"))?;
        let next = match (cause, ending.outcome.as_str()) {
            (Cause::Lapse, "abandoned_supplement") => State::AwaitingSupplement { limit: until },
            (Cause::Lapse, "abandoned_fee") => State::AwaitingPayment { limit: until },
            (Cause::Lapse, _) => return Err(unlawful("case-reopened-no-lapse")),
            _ => State::Open,
        };
        if until <= on {
            return Err(unlawful("case-reopened-limit"));
        }
        if cause == Cause::Own && !self.stands {
            let days = rules.settings.answer_working_days;
            let last = clock::add_working_days(rules.calendar, on, days)?;
            if until > last.date {
                return Err(early("case-reopened-too-long", last.date));
            }
        }
        self.is_reopened = true;
        self.is_lifted = cause == Cause::Lapse;
        if cause != Cause::Lapse {
            self.anew = Some((cause, until));
            self.deferred = None;
            self.extended = 0;
        }
        self.served = None;
        self.state = next;
        Ok(())
    }

    fn end(&mut self, outcome: &str, on: Date) {
        self.state = State::Replied(Ending {
            outcome: outcome.to_owned(),
            on,
        });
    }
}
