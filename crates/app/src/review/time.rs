//! When a step is due: working days after the day since which it waits.

use gongkai_domain::calendar::{Calendar, CalendarError};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::house::china;

/// The last day of a step that has waited since an instant; none where it has
/// no time. It is reckoned anew whenever it is asked for, and never stored.
///
/// # Errors
/// [`CalendarError`] where the calendar does not reach so far.
pub fn due(since: Timestamp, days: Option<u16>) -> Result<Option<Date>, CalendarError> {
    let Some(days) = days else {
        return Ok(None);
    };
    let day = since.to_zoned(china()).date();
    let calendar = Calendar::built_in();
    calendar.add_working_days(day, days.into()).map(Some)
}

/// Whether the time of a step is over on a day. Where that cannot be reckoned
/// it is not: nobody stands in by a guess.
pub fn is_late(since: Timestamp, days: Option<u16>, today: Date) -> bool {
    matches!(due(since, days), Ok(Some(last)) if today > last)
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
        for (days, expected) in table {
            assert_eq!(due(since, days), Ok(expected), "{days:?}");
        }
        assert!(!is_late(since, Some(1), date(2026, 10, 8)));
        assert!(is_late(since, Some(1), date(2026, 10, 9)));
        assert!(!is_late(since, None, date(2030, 1, 1)));
    }

    #[test]
    fn nobody_is_late_by_a_guess() {
        let since: Timestamp = "2031-01-01T00:00:00Z".parse().expect("an instant");
        assert!(due(since, Some(1)).is_err());
        assert!(!is_late(since, Some(1), date(2032, 1, 1)));
    }
}
