//! Dates for people's own calendars (RFC 5545): whole days, each with its reason.

use icalendar::{Calendar, Component, Event, Property};
use jiff::Timestamp;
use jiff::civil::Date;

/// Who made the file, as RFC 5545 3.7.3 wants it told.
const PRODUCT: &str = "-//Gongkai//Gongkai//ZH";

/// A day to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// What stays the same when the day is told again, so that a calendar moves
    /// its entry and does not add another. No personal data: calendars are shared.
    pub uid: String,
    /// The day.
    pub on: Date,
    /// What is on that day.
    pub title: String,
    /// Why that day, in lines.
    pub reason: String,
}

/// The file; `now` is when it was made. Nothing in it rings: a calendar rings as
/// its owner has set it.
pub fn file(name: &str, now: Timestamp, days: &[Day]) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", PRODUCT));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.name(name);
    for day in days {
        calendar.push(event(now, day));
    }
    calendar.to_string()
}

fn date(name: &str, on: Date) -> Property {
    Property::new(name, on.strftime("%Y%m%d").to_string())
        .add_parameter("VALUE", "DATE")
        .done()
}

fn event(now: Timestamp, day: &Day) -> Event {
    let mut event = Event::new();
    event.uid(&day.uid);
    event.add_property("DTSTAMP", now.strftime("%Y%m%dT%H%M%SZ").to_string());
    event.append_property(date("DTSTART", day.on));
    // The end of a whole day is the next one (RFC 5545 3.6.1).
    if let Ok(next) = day.on.tomorrow() {
        event.append_property(date("DTEND", next));
    }
    event.summary(&single(&day.title));
    event.description(&plain(&day.reason));
    // A date to be minded keeps nobody from being free that day.
    event.add_property("TRANSP", "TRANSPARENT");
    event.done()
}

/// A text of lines: nothing in it but what RFC 5545 3.3.11 lets a text hold.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|sign| *sign == '\n' || !sign.is_control())
        .collect()
}

/// A text of one line.
fn single(text: &str) -> String {
    plain(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn made(title: &str, reason: &str) -> String {
        let day = Day {
            uid: "due-7f3a@gongkai".to_owned(),
            on: date(2026, 12, 31),
            title: title.to_owned(),
            reason: reason.to_owned(),
        };
        let now = "2026-11-22T10:00:00.5Z".parse().expect("an instant");
        file("云溪县水务局 公开申请", now, &[day])
    }

    #[test]
    fn a_calendar_reads_back_what_was_written() {
        let reason = "自 2026-12-03 的次日起，第 20 个工作日；\n《条例》第三十三条, 第二款\\";
        let text = made("答复期限", reason);
        assert!(text.contains("DTSTART;VALUE=DATE:20261231\r\n"), "{text}");
        assert!(text.contains("DTEND;VALUE=DATE:20270101\r\n"), "{text}");
        assert!(text.contains("DTSTAMP:20261122T100000Z\r\n"), "{text}");
        let read: Calendar = text.parse().expect("a calendar");
        let event = read.iter().find_map(|part| part.as_event());
        let event = event.expect("an event");
        assert_eq!(event.get_summary(), Some("答复期限"));
        assert_eq!(event.get_uid(), Some("due-7f3a@gongkai"));
        let told = event
            .get_description()
            .expect("a reason")
            .replace("\\\\", "\\");
        assert_eq!(told, reason);
    }

    #[test]
    fn lines_end_as_the_norm_says_and_none_is_too_long() {
        let text = made(&"答复期限届满".repeat(40), &"第三十三条，".repeat(200));
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        for line in text.split("\r\n") {
            assert!(line.len() <= 75, "{} bytes: {line}", line.len());
        }
    }

    #[test]
    fn what_was_typed_adds_no_line_of_its_own() {
        let evil = "x\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nATTACH:http://elsewhere.example/\u{0}\u{7}";
        let text = made(evil, evil);
        for line in text.split("\r\n") {
            assert!(
                !line.starts_with("ATTACH") && !line.starts_with("BEGIN:VALARM"),
                "{text}"
            );
        }
        assert_eq!(text.matches("\r\nEND:VEVENT").count(), 1, "{text}");
        assert!(!text.contains('\u{0}') && !text.contains('\u{7}'));
    }
}
