//! A year's notice as a person types it: lines of days, as the notice has them.
//!
//! 国务院办公厅's notices say “10月1日至7日放假调休，共7天。9月26日、10月10日上班”.
//! So a line of the list of days off may hold a whole period, weekends in it
//! and all, and a line of the list of working days names single days.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{CalendarFileError, NATIONAL, YearCalendar, is_weekend};
use crate::words::Message;

/// One of the two lists of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Days off (放假调休).
    Off,
    /// Weekends on which offices work (调休上班).
    Work,
}

impl List {
    /// Its sign on the form, the same in every language.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Off => "①",
            Self::Work => "②",
        }
    }
}

/// Why a line of a list is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Unreadable,
    ForeignYear(i16),
    Backwards,
    NoWeekend(Date),
    Twice(Date),
    OffAnyway(Date),
}

/// A line that is refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{list:?}, line {line}: {text}: {fault:?}")]
pub struct EntryError {
    /// In which list.
    pub list: List,
    /// Which line, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
    fault: Fault,
    year: i16,
}

impl EntryError {
    /// What to tell the user: which line, what is wrong, what to do.
    pub fn message(&self) -> Message {
        let told = |id| {
            Message::new(id)
                .with("list", self.list.sign())
                .with("line", self.line)
                .with("text", &self.text)
        };
        match self.fault {
            Fault::Unreadable => told("calendar-line-unreadable"),
            Fault::ForeignYear(found) => told("calendar-line-foreign-year")
                .with("found", found)
                .with("year", self.year),
            Fault::Backwards => told("calendar-line-backwards"),
            Fault::NoWeekend(date) => told("calendar-line-no-weekend").with("date", date),
            Fault::Twice(date) => told("calendar-line-twice").with("date", date),
            Fault::OffAnyway(date) => told("calendar-line-off").with("date", date),
        }
    }
}

/// What was typed of a year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// The year.
    pub year: i16,
    /// [`NATIONAL`], or the place whose government ordered days off.
    pub jurisdiction: String,
    /// Which version it is to be.
    pub version: u32,
    /// Document number of the notice.
    pub notice: String,
    /// Days off, a day or a period a line, each with its festival after it.
    pub off: String,
    /// Working weekends, a day or several a line, each line with its festival.
    pub work: String,
}

/// The calendar that the lines say, or every line that is wrong.
///
/// # Errors
/// [`EntryError`] for each line.
pub fn entered(lines: &Lines) -> Result<YearCalendar, Vec<EntryError>> {
    let mut wrong = Vec::new();
    let (mut named, mut off) = (BTreeMap::new(), BTreeMap::new());
    for line in read(&lines.off, List::Off, lines.year, &mut wrong) {
        for date in line.days() {
            if named.contains_key(&date) {
                wrong.push(line.error(Fault::Twice(date)));
                break;
            }
            named.insert(date, line.festival.clone());
            if !is_weekend(date) {
                off.insert(date, line.festival.clone());
            }
        }
    }
    let mut work: BTreeMap<Date, String> = BTreeMap::new();
    for line in read(&lines.work, List::Work, lines.year, &mut wrong) {
        for date in line.days() {
            let fault = if !is_weekend(date) {
                Some(Fault::NoWeekend(date))
            } else if named.contains_key(&date) {
                Some(Fault::OffAnyway(date))
            } else if work.contains_key(&date) {
                Some(Fault::Twice(date))
            } else {
                None
            };
            if let Some(fault) = fault {
                wrong.push(line.error(fault));
                break;
            }
            work.insert(date, line.festival.clone());
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let jurisdiction = lines.jurisdiction.trim();
    Ok(YearCalendar {
        year: lines.year,
        jurisdiction: if jurisdiction.is_empty() {
            NATIONAL.to_owned()
        } else {
            jurisdiction.to_owned()
        },
        version: lines.version,
        notice: lines.notice.trim().to_owned(),
        notice_confidence: String::new(),
        off,
        work,
        working_days: None,
    })
}

impl YearCalendar {
    /// Checks what did not come as a file, as [`Self::parse`] does.
    ///
    /// # Errors
    /// [`CalendarFileError`].
    pub fn checked(self) -> Result<Self, CalendarFileError> {
        self.check()?;
        Ok(self)
    }
}

/// The most days that one line may hold: no festival is longer than two weeks.
const PERIOD_MAX: usize = 15;

struct Line {
    list: List,
    number: usize,
    text: String,
    year: i16,
    /// Periods, first and last day.
    periods: Vec<(Date, Date)>,
    festival: String,
}

impl Line {
    fn error(&self, fault: Fault) -> EntryError {
        EntryError {
            list: self.list,
            line: self.number,
            text: self.text.clone(),
            fault,
            year: self.year,
        }
    }

    fn days(&self) -> impl Iterator<Item = Date> {
        self.periods.iter().flat_map(|(first, last)| {
            first
                .series(1.day())
                .take_while(|day| day <= last)
                .take(PERIOD_MAX)
        })
    }
}

fn read(text: &str, list: List, year: i16, wrong: &mut Vec<EntryError>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let mut line = Line {
            list,
            number: index + 1,
            text: text.to_owned(),
            year,
            periods: Vec::new(),
            festival: String::new(),
        };
        match line_of(text, year) {
            Ok((periods, festival)) => {
                line.periods = periods;
                line.festival = key_of(&festival);
                lines.push(line);
            }
            Err(fault) => wrong.push(line.error(fault)),
        }
    }
    lines
}

/// Where the days of a line end and the festival's name begins: the first sign
/// that no date has.
fn line_of(text: &str, year: i16) -> Result<(Vec<(Date, Date)>, String), Fault> {
    let is_of_date = |c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                '-' | '/'
                    | '.'
                    | '年'
                    | '月'
                    | '日'
                    | '至'
                    | '到'
                    | '~'
                    | '～'
                    | '—'
                    | '–'
                    | '、'
                    | ','
                    | '，'
            )
    };
    let end = text
        .char_indices()
        .find(|(_, c)| !is_of_date(*c))
        .map_or(text.len(), |(at, _)| at);
    let (days, festival) = text.split_at(end);
    let mut periods = Vec::new();
    // A later day of a line may leave out the month: “10月1日至7日”.
    let mut month = None;
    for part in days
        .split(['、', ',', '，'])
        .filter(|part| !part.is_empty())
    {
        let mut ends = part.splitn(2, ['至', '到', '~', '～', '—', '–']);
        let first = day_of(ends.next().unwrap_or_default(), year, &mut month)?;
        let last = match ends.next() {
            Some(last) => day_of(last, year, &mut month)?,
            None => first,
        };
        let is_long = first.until(last).map_or(0, |span| span.get_days());
        if last < first || usize::try_from(is_long).unwrap_or(0) >= PERIOD_MAX {
            return Err(Fault::Backwards);
        }
        periods.push((first, last));
    }
    if periods.is_empty() {
        return Err(Fault::Unreadable);
    }
    let festival = festival.trim_matches(|c: char| c.is_whitespace() || "：:（）()".contains(c));
    Ok((periods, festival.to_owned()))
}

/// `2027-10-01`, `2027年10月1日`, `10月1日`, `10-1`, and `7日` after a month.
fn day_of(text: &str, year: i16, month: &mut Option<i8>) -> Result<Date, Fault> {
    let parts: Vec<&str> = text
        .trim_end_matches('日')
        .split(['-', '/', '.', '年', '月'])
        .collect();
    let number = |part: &str| part.parse::<i16>().map_err(|_| Fault::Unreadable);
    let small = |part: &str| part.parse::<i8>().map_err(|_| Fault::Unreadable);
    let (of, in_month, day) = match (parts.as_slice(), *month) {
        ([of, month, day], _) => (number(of)?, small(month)?, small(day)?),
        ([month, day], _) => (year, small(month)?, small(day)?),
        ([day], Some(month)) => (year, month, small(day)?),
        _ => return Err(Fault::Unreadable),
    };
    if of != year {
        return Err(Fault::ForeignYear(of));
    }
    *month = Some(in_month);
    Date::new(of, in_month, day).map_err(|_| Fault::Unreadable)
}

/// The key under which the built-in calendars keep a festival; another name
/// stands for itself.
fn key_of(name: &str) -> String {
    let known = [
        ("元旦", "new_year"),
        ("春节", "spring_festival"),
        ("除夕", "spring_festival"),
        ("清明", "qingming"),
        ("劳动", "labour_day"),
        ("五一", "labour_day"),
        ("端午", "dragon_boat"),
        ("中秋", "mid_autumn"),
        ("国庆", "national_day"),
    ];
    let found = known.iter().find(|(begins, _)| name.starts_with(begins));
    found.map_or(name, |(_, key)| key).to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn lines(off: &str, work: &str) -> Lines {
        Lines {
            year: 2027,
            jurisdiction: String::new(),
            version: 1,
            notice: " 国办发明电〔2026〕1号 ".to_owned(),
            off: off.to_owned(),
            work: work.to_owned(),
        }
    }

    #[test]
    fn a_notice_is_typed_as_it_is_written() {
        let typed = lines(
            "1月1日至3日 元旦\n\n2027-02-05至2027-02-11 春节\n10月1日至7日：国庆节\n6/9 端午节",
            "2月20日、2月27日 春节\n2027年9月26日、10月9日 国庆节",
        );
        let year = entered(&typed).expect("read");
        assert_eq!(year.jurisdiction, NATIONAL);
        assert_eq!(year.notice, "国办发明电〔2026〕1号");
        // 2 and 3 January are a weekend, and so no days off of the notice's.
        assert_eq!(
            year.off.keys().take(2).copied().collect::<Vec<_>>(),
            [date(2027, 1, 1), date(2027, 2, 5)]
        );
        assert_eq!(year.off[&date(2027, 10, 1)], "national_day");
        assert_eq!(year.off[&date(2027, 6, 9)], "dragon_boat");
        assert_eq!(
            year.work.keys().copied().collect::<Vec<_>>(),
            [
                date(2027, 2, 20),
                date(2027, 2, 27),
                date(2027, 9, 26),
                date(2027, 10, 9)
            ]
        );
        let again = YearCalendar::parse(&year.text()).expect("a file of ours");
        assert_eq!(again, year);
    }

    #[test]
    fn each_wrong_line_is_told_by_its_number_and_nothing_is_taken() {
        let typed = lines(
            "1月1日 元旦\n2月30日 春节\n2026-10-01 国庆节\n10月7日至1日 国庆节\n1月1日 元旦",
            "2月22日 春节\n5月8日\n5月8日\n明天",
        );
        let wrong = entered(&typed).expect_err("refused");
        let told: Vec<(List, usize, &str)> = wrong
            .iter()
            .map(|error| {
                let id = match error.message().id {
                    std::borrow::Cow::Borrowed(id) => id,
                    std::borrow::Cow::Owned(_) => "",
                };
                (error.list, error.line, id)
            })
            .collect();
        assert_eq!(
            told,
            [
                (List::Off, 2, "calendar-line-unreadable"),
                (List::Off, 3, "calendar-line-foreign-year"),
                (List::Off, 4, "calendar-line-backwards"),
                (List::Off, 5, "calendar-line-twice"),
                (List::Work, 4, "calendar-line-unreadable"),
                (List::Work, 1, "calendar-line-no-weekend"),
                (List::Work, 3, "calendar-line-twice"),
            ]
        );
    }

    #[test]
    fn a_weekend_is_not_off_and_worked_at_once() {
        let wrong = entered(&lines("10月1日至7日 国庆节", "10月2日 国庆节")).expect_err("refused");
        assert_eq!(wrong[0].message().id, "calendar-line-off");
    }

    #[test]
    fn every_year_that_comes_with_the_product_can_be_typed() {
        for year in super::super::Calendar::built_in().years() {
            let list = |days: &BTreeMap<Date, String>| {
                let lines = days.iter().map(|(day, name)| format!("{day} {name}"));
                lines.collect::<Vec<_>>().join("\n")
            };
            let typed = Lines {
                year: year.year,
                jurisdiction: String::new(),
                version: year.version,
                notice: year.notice.clone(),
                off: list(&year.off),
                work: list(&year.work),
            };
            let found = entered(&typed).expect("read");
            assert_eq!((&found.off, &found.work), (&year.off, &year.work));
        }
    }
}
