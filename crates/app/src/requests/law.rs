//! What the law takes from the installation: working days, numbers of days, whether
//! replies are sealed before they are served, and how long third parties have.

use std::sync::Arc;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::requests::case::{Event, Rules};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::record;
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

    /// Art. 32: the first day on which something may be given of which a third party is
    /// told by a letter of a day.
    pub(super) fn release(&self, told: Date) -> Date {
        told.saturating_add(self.release_gap_days.days())
    }

    /// The reply that nobody may have on a day, since it bears no seal and the
    /// installation wants one; its document number.
    pub(super) fn unsealed(&self, on: Date, record: &[Happened]) -> Option<String> {
        let happened = record.iter().map(|one| (one.day, &one.what));
        let reply = record::unsealed(on, happened).filter(|_| self.is_sealed_first);
        reply.map(|reply| reply.number.to_owned())
    }

    /// What stands against a step beside the law of the case: the seal that is
    /// missing on what is served.
    pub(super) fn against(&self, event: &Event, on: Date, record: &[Happened]) -> Option<Message> {
        let is_service = matches!(event, Event::Served { .. });
        let number = self.unsealed(on, record).filter(|_| is_service)?;
        Some(Message::new("casework-not-sealed").with("number", number))
    }
}
