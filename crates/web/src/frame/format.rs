//! Days, instants and counts as people read them: one place for all pages.
//!
//! In prose `2026年11月22日` and `1.2万`, in tables `2026-11-22 14:30`; 24 hours,
//! and the time of China, where the law is in force.

use gongkai_domain::words::{Language, Message, Words};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};

/// China has one time, eight hours ahead.
fn here(at: Timestamp) -> jiff::Zoned {
    at.to_zoned(TimeZone::fixed(offset(8)))
}

/// An instant in a table, to the minute.
pub fn instant(at: Timestamp) -> String {
    here(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// An instant in the audit trail, to the second.
pub fn second(at: Timestamp) -> String {
    here(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// An instant near to today: the time alone, where it is today's.
pub fn near(at: Timestamp, today: Date) -> String {
    let at = here(at);
    let pattern = if at.date() == today {
        "%H:%M"
    } else {
        "%m-%d %H:%M"
    };
    at.strftime(pattern).to_string()
}

/// When a day begins; none for one that no clock shows.
pub fn midnight(date: Date) -> Option<Timestamp> {
    let begins = date.to_zoned(TimeZone::fixed(offset(8)));
    begins.ok().map(|begins| begins.timestamp())
}

/// The day of an instant in a table.
pub fn day_of(at: Timestamp) -> String {
    here(at).date().to_string()
}

/// A day in prose.
pub fn day(words: &Words, date: Date) -> String {
    words.render(&of_day("format-day", date))
}

/// A day in prose, with the day of the week.
pub fn weekday(words: &Words, date: Date) -> String {
    let name = day_of_week(words, date);
    words.render(&of_day("clock-answer", date).with("weekday", name))
}

/// The name of a day's weekday.
pub fn day_of_week(words: &Words, date: Date) -> String {
    let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    words.text(WEEKDAYS[at % WEEKDAYS.len()])
}

const WEEKDAYS: [&str; 7] = [
    "weekday-1",
    "weekday-2",
    "weekday-3",
    "weekday-4",
    "weekday-5",
    "weekday-6",
    "weekday-7",
];

fn of_day(id: &'static str, date: Date) -> Message {
    Message::new(id)
        .with("year", date.year())
        .with("month", date.month())
        .with("day", date.day())
}

/// A count in prose: 万 and 亿 as offices write, commas in English. Tables have
/// plain digits.
pub fn count(words: &Words, count: i64) -> String {
    match words.language() {
        Language::Chinese => {
            let size = count.unsigned_abs();
            // Cut, not rounded: 99,999,999 is not yet 1亿.
            let in_units = |unit: u64, name: &str| {
                let sign = if count < 0 { "-" } else { "" };
                let (whole, tenth) = (size / unit, size % unit / (unit / 10));
                match tenth {
                    0 => format!("{sign}{whole}{name}"),
                    tenth => format!("{sign}{whole}.{tenth}{name}"),
                }
            };
            match size {
                0..10_000 => count.to_string(),
                10_000..100_000_000 => in_units(10_000, "万"),
                _ => in_units(100_000_000, "亿"),
            }
        }
        Language::English => {
            let digits = count.unsigned_abs().to_string();
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            if count < 0 {
                format!("-{grouped}")
            } else {
                grouped
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_as_offices_write_them() {
        let table = [
            (0, "0", "0"),
            (9_999, "9999", "9,999"),
            (10_000, "1万", "10,000"),
            (12_345, "1.2万", "12,345"),
            (99_999_999, "9999.9万", "99,999,999"),
            (100_000_000, "1亿", "100,000,000"),
            (1_250_000_000, "12.5亿", "1,250,000,000"),
            (-12_345, "-1.2万", "-12,345"),
        ];
        for (given, chinese, english) in table {
            assert_eq!(count(Words::of(Language::Chinese), given), chinese);
            assert_eq!(count(Words::of(Language::English), given), english);
        }
    }

    #[test]
    fn instants_are_of_china_to_the_minute() {
        let at: Timestamp = "2026-11-22T16:30:59Z".parse().expect("an instant");
        assert_eq!(instant(at), "2026-11-23 00:30");
        assert_eq!(second(at), "2026-11-23 00:30:59");
        assert_eq!(near(at, here(at).date()), "00:30");
        assert_eq!(
            near(at, here(at).date().yesterday().expect("a day")),
            "11-23 00:30"
        );
        assert_eq!(day_of(at), "2026-11-23");
        let begins = midnight(here(at).date()).expect("an instant");
        assert_eq!(begins.to_string(), "2026-11-22T16:00:00Z");
        let date = here(at).date();
        assert_eq!(day(Words::of(Language::Chinese), date), "2026年11月23日");
        assert_eq!(day(Words::of(Language::English), date), "2026-11-23");
        let weekday = weekday(Words::of(Language::Chinese), date);
        assert_eq!(weekday, "2026年11月23日（星期一）");
    }
}
