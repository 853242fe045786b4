//! What the law takes from the installation: working days, numbers of days, whether
//! replies are sealed before they are served, and how long third parties have.

use std::sync::Arc;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::requests::case::{Event, Rules};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::record::{self, Lettered};
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::settings::Changes;
use jiff::ToSpan;
use jiff::civil::Date;

use super::RequestError;
use super::cases::Happened;
use crate::house::House;
use crate::organization::Bodies;

/// What the law takes from the installation, as a transaction sees it.
#[derive(Debug, Clone)]
pub struct Law {
    calendar: Arc<Calendar>,
    pub(super) settings: ClockSettings,
    is_sealed_first: bool,
    /// Whether requests that were given up keep their place in the month.
    pub(super) counts_given_up: bool,
    /// Working days in which the receipt of what was filed online is confirmed.
    confirm_working_days: u32,
    /// Whether a request that lapses ends only as its end was reviewed.
    is_lapse_reviewed: bool,
    release_gap_days: i64,
    /// What was changed how often when it was made, where it was taken from memory
    /// without asking.
    pub(super) assumed: Option<Changes>,
}

impl Law {
    /// The law of now.
    ///
    /// # Errors
    /// The store's; that a setting cannot be read.
    pub async fn of(tx: &mut Tx, house: &House) -> Result<Self, RequestError> {
        Ok(Self::with_bodies(tx, house).await?.0)
    }

    /// The law of now and the bodies as they stand, by one question.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub(super) async fn with_bodies(
        tx: &mut Tx,
        house: &House,
    ) -> Result<(Self, Arc<Bodies>), RequestError> {
        let changes = gongkai_store::settings::changes(tx).await?;
        let set = house.settings.at(tx, changes.settings).await?;
        let law = Self {
            calendar: house.calendars.at(tx, changes.calendars).await?,
            settings: set.clock()?,
            is_sealed_first: set.is_sealed_first()?,
            is_lapse_reviewed: set.is_lapse_reviewed()?,
            counts_given_up: set.counts_given_up()?,
            confirm_working_days: set.desk()?.confirm_working_days,
            release_gap_days: set.release_gap_days()?,
            assumed: None,
        };
        let bodies = house.bodies.at(tx, changes.organizations).await?;
        Ok((law, bodies))
    }

    /// The law and the bodies that were asked for last, without asking: what is made
    /// by them is held against the changes of that moment ([`super::cases::create`]).
    pub(super) fn assumed(house: &House) -> Option<(Self, Arc<Bodies>)> {
        let (calendars, calendar) = house.calendars.newest()?;
        let (settings, set) = house.settings.newest()?;
        let (organizations, bodies) = house.bodies.newest()?;
        let law = Self {
            calendar,
            settings: set.clock().ok()?,
            is_sealed_first: set.is_sealed_first().ok()?,
            is_lapse_reviewed: set.is_lapse_reviewed().ok()?,
            counts_given_up: set.counts_given_up().ok()?,
            confirm_working_days: set.desk().ok()?.confirm_working_days,
            release_gap_days: set.release_gap_days().ok()?,
            assumed: Some(Changes {
                organizations,
                calendars,
                settings,
            }),
        };
        Some((law, bodies))
    }

    /// For the pure rules.
    pub fn rules(&self) -> Rules<'_> {
        Rules {
            calendar: &self.calendar,
            settings: self.settings,
        }
    }

    /// The last day on which the office confirms the receipt of what was filed on a day.
    pub(super) fn confirmed_by(&self, filed: Date) -> Date {
        let calendar = self.calendar.provisional();
        let last = calendar.add_working_days(filed, self.confirm_working_days);
        last.unwrap_or(filed)
    }

    /// Art. 32: the first day on which something may be given of which a third party is
    /// told by a letter of a day.
    pub(super) fn release(&self, told: Date) -> Date {
        told.saturating_add(self.release_gap_days.days())
    }

    /// Replies that nobody may have on a day, since they bear no seal and the
    /// installation wants one, each with whether it is the newest.
    pub(super) fn unsealed<'a>(
        &self,
        on: Date,
        record: &'a [Happened],
    ) -> impl Iterator<Item = (Lettered<'a>, bool)> {
        let happened = record.iter().map(|one| (one.day, &one.what));
        let replies = record::replies(on, happened);
        let last = replies.iter().rfind(|one| !one.is_superseded);
        let last = last.map(|one| one.letter);
        let waits = replies.into_iter().filter(|one| !one.is_sealed);
        let waits = waits.filter(|_| self.is_sealed_first);
        waits.map(move |one| (one, last == Some(one.letter)))
    }

    /// What stands against a step beside the law of the case: the seal that is
    /// missing on what is served, the review of an end that wants one.
    pub(super) fn against(&self, event: &Event, on: Date, record: &[Happened]) -> Option<Message> {
        if self.is_lapse_reviewed && event.is_lapse() {
            return Some(Message::new("casework-lapse-reviewed"));
        }
        let is_service = matches!(event, Event::Served { .. });
        let mut waits = self.unsealed(on, record).filter(|_| is_service);
        let (reply, _) = waits.find(|(_, is_newest)| *is_newest)?;
        Some(Message::new("casework-not-sealed").with("number", reply.number))
    }
}
