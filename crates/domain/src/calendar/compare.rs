//! Two versions of a year beside each other: which days change.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::YearCalendar;

/// A day on which two versions differ, with the festival that the version
/// names which makes it what it is.
pub type Difference = (Date, String);

/// What a version of a year changes against the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Days that offices would have worked, and now are off.
    pub off: Vec<Difference>,
    /// Days that would have been off, and now offices work.
    pub working: Vec<Difference>,
    /// Days that stay what they are, under another festival's name.
    pub renamed: Vec<Difference>,
    /// Working days of the year before; by plain Mondays to Fridays where there
    /// was no version.
    pub days_before: u32,
    /// Working days of the year now.
    pub days_now: u32,
    /// Whether the document number differs.
    pub notice_differs: bool,
}

impl Comparison {
    /// Whether nothing differs at all.
    pub fn is_same(&self) -> bool {
        self.off.is_empty()
            && self.working.is_empty()
            && self.renamed.is_empty()
            && !self.notice_differs
    }
}

/// Compares a version of a year with the one before it, of the same place;
/// with plain Mondays to Fridays where there was none, as dates past the loaded
/// years are reckoned.
pub fn compare(before: Option<&YearCalendar>, now: &YearCalendar) -> Comparison {
    let nothing = YearCalendar {
        off: Default::default(),
        work: Default::default(),
        notice: String::new(),
        ..now.clone()
    };
    let was = before.unwrap_or(&nothing);
    let days: BTreeSet<Date> = [&was.off, &was.work, &now.off, &now.work]
        .into_iter()
        .flat_map(|list| list.keys().copied())
        .collect();
    let mut found = Comparison {
        days_before: was.count_working_days(),
        days_now: now.count_working_days(),
        notice_differs: was.notice != now.notice,
        ..Comparison::default()
    };
    for day in days {
        let named = |list: &YearCalendar| list.off.get(&day).or(list.work.get(&day)).cloned();
        let (old, new) = (named(was), named(now));
        let festival = new.clone().or(old.clone()).unwrap_or_default();
        // A date of a list is a weekday off or a working weekend: the same day
        // is in both versions, or in one of them.
        match (old, new) {
            (Some(old), Some(new)) if old != new => found.renamed.push((day, new)),
            (Some(_), Some(_)) | (None, None) => {}
            _ if works(now, day) => found.working.push((day, festival)),
            _ => found.off.push((day, festival)),
        }
    }
    found
}

fn works(year: &YearCalendar, day: Date) -> bool {
    year.work.contains_key(&day) || (!super::is_weekend(day) && !year.off.contains_key(&day))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn year(text: &str) -> YearCalendar {
        YearCalendar::parse(text).expect("a calendar")
    }

    #[test]
    fn a_first_version_is_compared_with_plain_weeks() {
        let now = year(
            r#"{"year":2027,"notice":"n","off":{"2027-01-01":"new_year"},"work":{"2027-02-20":"spring_festival"}}"#,
        );
        let found = compare(None, &now);
        assert_eq!(found.off, [(date(2027, 1, 1), "new_year".to_owned())]);
        assert_eq!(
            found.working,
            [(date(2027, 2, 20), "spring_festival".to_owned())]
        );
        assert_eq!((found.days_before, found.days_now), (261, 261));
        assert!(found.notice_differs && !found.is_same());
    }

    #[test]
    fn a_later_version_tells_each_day_that_it_changes_and_no_other() {
        let was = year(
            r#"{"year":2027,"notice":"n","off":{"2027-01-01":"new_year","2027-05-03":"labour_day","2027-10-01":"national_day"},"work":{"2027-02-20":"spring_festival"}}"#,
        );
        let now = year(
            r#"{"year":2027,"notice":"n","version":2,"off":{"2027-01-01":"new_year","2027-05-04":"labour_day","2027-10-01":"mid_autumn"},"work":{"2027-05-08":"labour_day"}}"#,
        );
        let found = compare(Some(&was), &now);
        // 20 February is a Saturday again, 4 May is off.
        assert_eq!(
            found.off.iter().map(|one| one.0).collect::<Vec<_>>(),
            [date(2027, 2, 20), date(2027, 5, 4)]
        );
        assert_eq!(
            found.working.iter().map(|one| one.0).collect::<Vec<_>>(),
            [date(2027, 5, 3), date(2027, 5, 8)]
        );
        assert_eq!(
            found.renamed,
            [(date(2027, 10, 1), "mid_autumn".to_owned())]
        );
        assert!(!found.notice_differs);
        assert!(compare(Some(&now), &now).is_same());
    }
}
