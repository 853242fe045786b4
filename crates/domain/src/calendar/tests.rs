use jiff::civil::date;
use proptest::prelude::*;

use super::*;

#[test]
fn built_in_years_carry_the_checksums_of_the_notices() {
    let calendar = Calendar::built_in();
    let days: Vec<(i16, u32)> = calendar
        .years()
        .map(|year| (year.year, year.count_working_days()))
        .collect();
    assert_eq!(
        days,
        [
            (2018, 250),
            (2019, 250),
            (2020, 249),
            (2021, 250),
            (2022, 249),
            (2023, 249),
            (2024, 251),
            (2025, 248),
            (2026, 248),
        ]
    );
}

#[test]
fn a_year_that_is_not_loaded_is_a_typed_error_on_both_sides() {
    let calendar = Calendar::built_in();
    assert_eq!(
        calendar.is_working_day(date(2027, 1, 4)),
        Err(CalendarError::YearNotLoaded { year: 2027 })
    );
    assert_eq!(
        calendar.add_working_days(date(2026, 12, 20), 20),
        Err(CalendarError::YearNotLoaded { year: 2027 })
    );
    assert_eq!(
        calendar.provisional().day(date(2017, 5, 1)),
        Err(CalendarError::YearNotLoaded { year: 2017 })
    );
}

#[test]
fn past_the_loaded_years_the_provisional_view_names_what_is_missing() {
    let calendar = Calendar::built_in();
    let from = date(2026, 12, 20);
    let to = calendar.provisional().add_working_days(from, 20);
    assert_eq!(to, Ok(date(2027, 1, 15)));
    assert_eq!(
        calendar.missing_years(from, date(2027, 1, 15)),
        BTreeSet::from([2027])
    );
}

fn year_2027() -> YearCalendar {
    YearCalendar::parse(
        r#"{"year":2027,"version":1,"notice":"n","off":{"2027-01-01":"new_year"},"work":{},"working_days":260}"#,
    )
    .expect("a year of 261 weekdays less one")
}

#[test]
fn a_loaded_year_ends_the_gap_and_a_later_version_replaces_it() {
    let mut calendar = Calendar::built_in();
    assert_eq!(calendar.load(year_2027()), Ok(true));
    assert_eq!(calendar.is_working_day(date(2027, 1, 1)), Ok(false));
    let mut second = year_2027();
    second.version = 2;
    second.off.insert(date(2027, 1, 4), "new_year".to_owned());
    assert_eq!(calendar.load(second), Ok(true));
    assert_eq!(calendar.is_working_day(date(2027, 1, 4)), Ok(false));
    assert_eq!(calendar.load(year_2027()), Ok(false), "an older version");
    assert_eq!(calendar.is_working_day(date(2027, 1, 4)), Ok(false));
}

#[test]
fn local_days_off_add_to_a_national_year_and_to_no_other() {
    let local = |year: i16, day: Date| YearCalendar {
        year,
        jurisdiction: "532900".to_owned(),
        version: 1,
        notice: String::new(),
        notice_confidence: String::new(),
        off: BTreeMap::from([(day, "火把节".to_owned())]),
        work: BTreeMap::new(),
        working_days: None,
    };
    let mut calendar = Calendar::built_in();
    assert_eq!(calendar.load(local(2024, date(2024, 7, 30))), Ok(true));
    assert_eq!(
        calendar.day(date(2024, 7, 30)),
        Ok(DayKind::LocalHoliday("火把节".to_owned()))
    );
    assert_eq!(
        calendar.load(local(2030, date(2030, 7, 30))),
        Err(CalendarFileError::NoNationalYear { year: 2030 })
    );
}

#[test]
fn a_wrong_calendar_file_is_refused_with_the_date_that_is_wrong() {
    let refused = |text: &str| YearCalendar::parse(text).expect_err("refused");
    assert!(matches!(refused("{"), CalendarFileError::Unreadable { .. }));
    assert!(matches!(
        refused(r#"{"year":2027,"weekends":[]}"#),
        CalendarFileError::Unreadable { .. }
    ));
    assert_eq!(
        refused(r#"{"year":2027,"off":{"2026-01-01":"new_year"}}"#),
        CalendarFileError::ForeignDate {
            date: date(2026, 1, 1),
            year: 2027
        }
    );
    assert_eq!(
        refused(r#"{"year":2027,"work":{"2027-01-04":"new_year"}}"#),
        CalendarFileError::WrongList {
            date: date(2027, 1, 4)
        }
    );
    assert_eq!(
        refused(r#"{"year":2027,"off":{"2027-01-01":"new_year"},"working_days":250}"#),
        CalendarFileError::Checksum {
            year: 2027,
            found: 260,
            stated: 250
        }
    );
}

fn any_day() -> impl Strategy<Value = Date> {
    (0i32..3000).prop_map(|days| {
        date(2018, 1, 1)
            .checked_add(Span::new().days(days))
            .expect("within the loaded years")
    })
}

proptest! {
    #[test]
    fn adding_lands_on_a_working_day_and_between_counts_it_back(from in any_day(), count in 1u32..60) {
        let calendar = Calendar::built_in().provisional();
        let to = calendar.add_working_days(from, count).expect("loaded");
        prop_assert!(calendar.is_working_day(to).expect("loaded"));
        prop_assert_eq!(calendar.working_days_between(from, to), Ok(count));
    }

    #[test]
    fn subtracting_undoes_adding_from_a_working_day(from in any_day(), count in 1u32..60) {
        let calendar = Calendar::built_in().provisional();
        let start = calendar.on_or_after(from).expect("loaded");
        let to = calendar.add_working_days(start, count).expect("loaded");
        prop_assert_eq!(calendar.subtract_working_days(to, count), Ok(start));
    }

    #[test]
    fn more_days_never_end_earlier(from in any_day(), count in 0u32..60) {
        let calendar = Calendar::built_in().provisional();
        let nearer = calendar.add_working_days(from, count).expect("loaded");
        let farther = calendar.add_working_days(from, count + 1).expect("loaded");
        prop_assert!(farther > nearer);
    }
}
