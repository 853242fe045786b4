//! How far the loaded calendars reach, and when somebody has to be told.

use jiff::civil::Date;

use super::Calendar;

/// How far the loaded years reach from a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The last year that is loaded without a gap after the day's own; the year
    /// before it where the day's own is missing.
    pub last_year: i16,
    /// The first year that is missing: the one whose notice is to be loaded.
    pub missing_year: i16,
    /// Days until that year begins, none once it has.
    pub days_left: u32,
    /// Whether fewer days are left than are wanted: from then on deadlines that
    /// reach into the missing year are provisional, and more each day.
    pub is_short: bool,
}

/// How far the calendars reach from `today`; short where fewer than
/// `wanted_days` are left. The State Council's notice of a year usually comes
/// out in November of the year before, so sixty days leave time to load it.
pub fn coverage(calendar: &Calendar, today: Date, wanted_days: u32) -> Coverage {
    let mut missing = today.year();
    while calendar.year(missing).is_some() {
        missing += 1;
    }
    let begins = Date::new(missing, 1, 1).unwrap_or(Date::MAX);
    let left = begins.since(today).map_or(0, |span| span.get_days());
    let days_left = u32::try_from(left).unwrap_or(0);
    Coverage {
        last_year: missing - 1,
        missing_year: missing,
        days_left,
        is_short: days_left < wanted_days,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_alarm_comes_when_fewer_days_are_left_than_are_wanted() {
        let calendar = Calendar::built_in();
        for (today, wanted, left, is_short) in [
            (date(2026, 6, 1), 60, 214, false),
            (date(2026, 11, 2), 60, 60, false),
            (date(2026, 11, 3), 60, 59, true),
            (date(2026, 11, 3), 30, 59, false),
            (date(2026, 12, 31), 60, 1, true),
            (date(2027, 1, 1), 60, 0, true),
            (date(2027, 3, 1), 60, 0, true),
        ] {
            let found = coverage(&calendar, today, wanted);
            assert_eq!(
                (found.days_left, found.is_short, found.missing_year),
                (left, is_short, 2027.max(today.year())),
                "{today}"
            );
        }
    }

    #[test]
    fn a_loaded_year_ends_it() {
        let mut calendar = Calendar::built_in();
        let next = super::super::YearCalendar::parse(r#"{"year":2027}"#).expect("a calendar");
        calendar.load(next).expect("taken");
        let found = coverage(&calendar, date(2026, 12, 31), 60);
        assert_eq!((found.missing_year, found.is_short), (2028, false));
    }
}
