//! What is set, read for who reckons with it.

use std::collections::BTreeMap;

use super::*;
use crate::letters::remedy::RemedyChoices;
use crate::requests::clock::ClockSettings;
use crate::requests::fees::FeeSettings;
use crate::requests::outcomes::Remedy;

/// What is set, by name; what is not set counts by its default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// What is set, as it is kept.
    pub fn of(kept: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(kept.into_iter().collect())
    }

    /// What counts for a setting.
    ///
    /// # Errors
    /// That what is kept is nothing the setting may be: nobody goes on by a
    /// rule that cannot be read.
    pub fn number(&self, key: &'static str) -> Result<i64, Message> {
        let wrong = || Message::new("setting-unreadable").with("name", key);
        let setting = Setting::find(key).ok_or_else(wrong)?;
        let kept = self.0.get(key).map_or("", String::as_str);
        let kept = setting.read(kept)?;
        setting.value(&kept).parse().map_err(|_| wrong())
    }

    /// Whether something else counts than the default.
    pub fn is_set(&self, key: &str) -> bool {
        let kept = self.0.get(key).map_or("", String::as_str);
        Setting::find(key).is_some_and(|setting| setting.value(kept) != setting.default)
    }

    fn small(&self, key: &'static str) -> Result<u32, Message> {
        let number = self.number(key)?;
        u32::try_from(number).map_err(|_| Message::new("setting-unreadable").with("name", key))
    }

    /// The periods of the statutory clock.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn clock(&self) -> Result<ClockSettings, Message> {
        Ok(ClockSettings {
            answer_working_days: self.small(ANSWER_DAYS)?,
            extension_working_days_max: self.small(EXTENSION_DAYS)?,
            supplement_notice_working_days: self.small(SUPPLEMENT_DAYS)?,
            consultation_reply_working_days: self.small(CONSULTATION_DAYS)?,
            payment_working_days: self.small(PAYMENT_DAYS)?,
        })
    }

    /// What an office has chosen of its desk and its reminders.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn desk(&self) -> Result<DeskSettings, Message> {
        Ok(DeskSettings {
            confirm_working_days: self.small(CONFIRM_DAYS)?,
            risk_working_days: self.small(RISK_DAYS)?,
            reminder_working_days: self.small(REMINDER_DAYS)?,
            supplement_working_days: self.small(SUPPLEMENT_PERIOD)?,
        })
    }

    /// What of the fees is set.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn fees(&self) -> Result<FeeSettings, Message> {
        Ok(FeeSettings {
            tier_first_yuan: u64::from(self.small(FIRST_TIER)?),
        })
    }

    /// What the public side takes in.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn portal(&self) -> Result<PortalSettings, Message> {
        Ok(PortalSettings {
            proof_bits: self.small(PROOF_BITS)?,
            range_filings: Quota::hourly(self.small(RANGE_FILINGS)?),
            slow_filings: Quota::hourly(self.small(SLOW_FILINGS)?),
            slow_seconds: self.small(SLOW_SECONDS)?,
            contact_filings: Quota::daily(self.small(CONTACT_FILINGS)?),
            failed_lookups: Quota::hourly(self.small(FAILED_LOOKUPS)?),
            draft_days: self.small(DRAFT_DAYS)?,
        })
    }

    /// What is chosen, as one of those of whom there is a choice.
    fn chosen<T: Copy>(&self, key: &'static str, all: &[(&'static str, T)]) -> Result<T, Message> {
        let wrong = || Message::new("setting-unreadable").with("name", key);
        let setting = Setting::find(key).ok_or_else(wrong)?;
        let kept = setting.read(self.0.get(key).map_or("", String::as_str))?;
        let value = setting.value(&kept);
        let found = all.iter().find(|(name, _)| *name == value);
        found.map(|(_, one)| *one).ok_or_else(wrong)
    }

    fn remedy(&self, key: &'static str) -> Result<Remedy, Message> {
        let all = [
            ("review_first", Remedy::ReviewFirst),
            ("optional", Remedy::Optional),
            ("none", Remedy::None),
        ];
        self.chosen(key, &all)
    }

    /// Whether a reply is sealed before it is served.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn is_sealed_first(&self) -> Result<bool, Message> {
        self.chosen(SEAL_FIRST, &[("yes", true), ("no", false)])
    }

    /// Whether requests that were taken back or given up keep their place among those
    /// of a month, by which a fee by item is reckoned.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn counts_given_up(&self) -> Result<bool, Message> {
        self.chosen(COUNTS_GIVEN_UP, &[("yes", true), ("no", false)])
    }

    /// Whether a request that lapses ends only as its end was written and reviewed.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn is_lapse_reviewed(&self) -> Result<bool, Message> {
        self.chosen(LAPSE_REVIEWED, &[("yes", true), ("no", false)])
    }

    /// Days from the letter that tells a third party of a decision to give, to the first
    /// day on which it is given (Art. 32): time to seek a remedy.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn release_gap_days(&self) -> Result<i64, Message> {
        self.number(RELEASE_GAP)
    }

    /// Which remedies letters tell of where the law is unclear.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn remedies(&self) -> Result<RemedyChoices, Message> {
        let all = SETTINGS.iter();
        let all = all.filter_map(|setting| Some((setting, setting.key.strip_prefix(REMEDY)?)));
        let all = all.map(|(setting, outcome)| Ok((outcome.to_owned(), self.remedy(setting.key)?)));
        Ok(RemedyChoices::of(all.collect::<Result<Vec<_>, _>>()?))
    }

    /// For how many days addresses and bodies of what went out are kept.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn kept_days(&self) -> Result<i64, Message> {
        self.number(KEPT_DAYS)
    }

    /// For how many days it is kept what inspections of files found.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn inspections_kept_days(&self) -> Result<i64, Message> {
        self.number(INSPECTIONS_KEPT_DAYS)
    }

    /// How many days before the calendars end it is told.
    ///
    /// # Errors
    /// As for [`Self::number`].
    pub fn alarm_days(&self) -> Result<u32, Message> {
        self.small(ALARM_DAYS)
    }
}
