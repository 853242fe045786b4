//! When a step is due: working days after the day since which it waits.

use gongkai_domain::calendar::{Calendar, CalendarError};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::house::china;

/// The last day of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub day: Date,
    /// The first year whose days off are not loaded, where the count runs into
    /// one: Mondays to Fridays are counted there, and the day may still move.
    pub missing: Option<i16>,
}

/// The last day of a step that has waited since an instant, by the calendars in
/// force; none where it has no time. It is reckoned anew whenever it is asked
/// for, and never stored.
///
/// # Errors
/// [`CalendarError`] where no calendar reaches so far back.
pub fn due(
    calendar: &Calendar,
    since: Timestamp,
    days: Option<u16>,
) -> Result<Option<Due>, CalendarError> {
    let Some(days) = days else {
        return Ok(None);
    };
    let from = since.to_zoned(china()).date();
    let day = match calendar.add_working_days(from, days.into()) {
        Ok(day) => {
            let missing = None;
            return Ok(Some(Due { day, missing }));
        }
        Err(CalendarError::YearNotLoaded { .. }) => {
            calendar.provisional().add_working_days(from, days.into())?
        }
        Err(error) => return Err(error),
    };
    let missing = calendar.missing_years(from, day).first().copied();
    Ok(Some(Due { day, missing }))
}

/// Whether the time of a step is over on a day. Where that is provisional it is
/// not: nobody stands in by a guess.
pub fn is_late(calendar: &Calendar, since: Timestamp, days: Option<u16>, today: Date) -> bool {
    matches!(
        due(calendar, since, days),
        Ok(Some(Due { day, missing: None })) if today > day
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn time_is_counted_in_working_days_from_the_day_after() {
        // Wednesday evening before the National Day of 2026, in China.
        let since: Timestamp = "2026-09-30T15:30:00Z".parse().expect("an instant");
        let table = [
            (Some(1), Some(date(2026, 10, 8))),
            (Some(2), Some(date(2026, 10, 9))),
            (None, None),
        ];
        let calendar = Calendar::built_in();
        for (days, expected) in table {
            let missing = None;
            let expected = expected.map(|day| Due { day, missing });
            assert_eq!(due(&calendar, since, days), Ok(expected), "{days:?}");
        }
        assert!(!is_late(&calendar, since, Some(1), date(2026, 10, 8)));
        assert!(is_late(&calendar, since, Some(1), date(2026, 10, 9)));
        assert!(!is_late(&calendar, since, None, date(2030, 1, 1)));
    }

    #[test]
    fn nobody_is_late_by_a_guess() {
        let calendar = Calendar::built_in();
        let since: Timestamp = "2030-12-31T00:00:00Z".parse().expect("an instant");
        let expected = Due {
            day: date(2031, 1, 2),
            missing: Some(2030),
        };
        assert_eq!(due(&calendar, since, Some(2)), Ok(Some(expected)));
        assert!(!is_late(&calendar, since, Some(2), date(2032, 1, 1)));
        let before: Timestamp = "1999-01-01T00:00:00Z".parse().expect("an instant");
        assert!(due(&calendar, before, Some(1)).is_err());
        assert!(!is_late(&calendar, before, Some(1), date(2032, 1, 1)));
    }
}
