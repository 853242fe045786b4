//! Figures in prose: numbers with their units, as offices write them.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::fold;

/// A number in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Byte range in the folded sentence, without the unit.
    pub start: usize,
    /// End of the number.
    pub end: usize,
    /// End of the unit.
    pub unit_end: usize,
    /// The number as written, `7.1万` for 71,000.
    pub raw: String,
    /// Its value.
    pub value: Decimal,
    /// Its unit, empty where none is written.
    pub unit: String,
    /// Whether it is called approximate (余, 近, 约, 多).
    pub approximate: bool,
    /// Places after the decimal point.
    pub decimals: u32,
}

impl Figure {
    /// Whether it is a percentage.
    pub fn is_percent(&self) -> bool {
        self.unit == "%"
    }

    /// Whether it counts things that add up: not a date, number or percentage.
    pub fn counts(&self) -> bool {
        const NOT_COUNTS: [&str; 12] = [
            "%", "年", "月", "日", "号", "时", "分", "点", "周年", "小时", "届", "级",
        ];
        !NOT_COUNTS.contains(&self.unit.as_str())
    }

    /// The number with its unit, for showing.
    pub fn text(&self) -> String {
        format!("{}{}", self.raw, self.unit)
    }
}

const UNITS: &str = "万元|亿元|人次|件次|篇次|条次|篇条|个百分点|周年|小时|余元|千字|\
件|条|篇|次|期|项|份|个|宗|家|封|部|元|册|场|人|户|批|辆|笔|起|名|类|处|种|台|套|幅|集|例|本|期|\
年|月|日|号|时|分|点|届|级|天|%";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<before>近|约|超|逾|超过|将近|不足)?(?P<n>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<more1>余|多)?(?P<scale>万|亿)?(?P<more2>余|多)?(?P<unit>{UNITS})?(?P<more3>左右|以上|余)?"
    ))
    .expect("a constant pattern")
});

static CHINESE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?P<n>[零一二两三四五六七八九十百千]{1,7})(?P<more>余)?(?P<unit>件|条|篇|期|份|封|宗|起)",
    )
    .expect("a constant pattern")
});

/// The figures of a folded sentence without spaces, in order.
pub fn figures(sentence: &str) -> Vec<Figure> {
    let mut found: Vec<Figure> = NUMBER
        .captures_iter(sentence)
        .filter_map(|captures| {
            let number = captures.name("n")?;
            // Part of a word, an address or a telephone number is no figure.
            let before = sentence[..number.start()].chars().next_back();
            if before.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '.' | '+' | '-')) {
                return None;
            }
            let plain: String = number.as_str().chars().filter(|c| *c != ',').collect();
            let mut value: Decimal = plain.parse().ok()?;
            let scale = captures.name("scale").map(|m| m.as_str());
            let mut unit = captures
                .name("unit")
                .map_or(String::new(), |m| m.as_str().to_owned());
            let end = captures.name("scale").map_or_else(
                || captures.name("more1").map_or(number.end(), |m| m.end()),
                |m| m.end(),
            );
            match scale {
                Some("万") => value = value.checked_mul(Decimal::from(10_000))?,
                Some(_) => value = value.checked_mul(Decimal::from(100_000_000))?,
                None => {}
            }
            if let Some(scaled) = unit.strip_prefix('万') {
                value = value.checked_mul(Decimal::from(10_000))?;
                unit = scaled.to_owned();
            } else if let Some(scaled) = unit.strip_prefix('亿') {
                value = value.checked_mul(Decimal::from(100_000_000))?;
                unit = scaled.to_owned();
            }
            let approximate = ["before", "more1", "more2", "more3"]
                .iter()
                .any(|name| captures.name(name).is_some());
            let unit_end = captures
                .name("unit")
                .map_or(end, |m| m.end())
                .max(captures.name("more2").map_or(end, |m| m.end()));
            Some(Figure {
                start: number.start(),
                end: number.end(),
                unit_end,
                raw: format!("{}{}", number.as_str(), scale.unwrap_or("")),
                decimals: plain
                    .split_once('.')
                    .map_or(0, |(_, places)| u32::try_from(places.len()).unwrap_or(0)),
                value,
                unit,
                approximate,
            })
        })
        .collect();
    for captures in CHINESE.captures_iter(sentence) {
        let (Some(number), Some(unit)) = (captures.name("n"), captures.name("unit")) else {
            continue;
        };
        let ordinal = sentence[..number.start()].ends_with(['第', '(', '每', '另']);
        let Some(value) = chinese_number(number.as_str()) else {
            continue;
        };
        if ordinal {
            continue;
        }
        found.push(Figure {
            start: number.start(),
            end: number.end(),
            unit_end: unit.end(),
            raw: number.as_str().to_owned(),
            value: Decimal::from(value),
            unit: unit.as_str().to_owned(),
            approximate: captures.name("more").is_some(),
            decimals: 0,
        });
    }
    found.sort_by_key(|figure| figure.start);
    found
}

/// A Chinese numeral below ten thousand.
fn chinese_number(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut digit = None;
    for c in text.chars() {
        match c {
            '零' => {}
            '十' | '百' | '千' => {
                let scale = match c {
                    '十' => 10,
                    '百' => 100,
                    _ => 1000,
                };
                total += digit.take().unwrap_or(1) * scale;
            }
            _ => {
                if digit.is_some() {
                    return None;
                }
                digit = Some(match c {
                    '一' => 1,
                    '二' | '两' => 2,
                    '三' => 3,
                    '四' => 4,
                    '五' => 5,
                    '六' => 6,
                    '七' => 7,
                    '八' => 8,
                    _ => 9,
                });
            }
        }
    }
    Some(total + digit.unwrap_or(0))
}

/// A sentence as figures are looked for: folded, without spaces.
pub fn folded(sentence: &str) -> String {
    sentence
        .chars()
        .map(fold::fold_char)
        .filter(|c| !c.is_whitespace())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sentence: &str) -> Vec<(String, String, bool)> {
        figures(&folded(sentence))
            .into_iter()
            .map(|f| (f.value.normalize().to_string(), f.unit, f.approximate))
            .collect()
    }

    #[test]
    fn numbers_as_offices_write_them() {
        let exact = |value: &str, unit: &str| (value.to_owned(), unit.to_owned(), false);
        let about = |value: &str, unit: &str| (value.to_owned(), unit.to_owned(), true);
        let table = [
            ("共受理 7.1 万件", vec![exact("71000", "件")]),
            ("公开18万余条", vec![about("180000", "条")]),
            ("近300条", vec![about("300", "条")]),
            ("１，２３４件", vec![exact("1234", "件")]),
            ("收取2.5亿元", vec![exact("250000000", "元")]),
            ("办结率达96.36%", vec![exact("96.36", "%")]),
            ("收到申请三十二件", vec![exact("32", "件")]),
            (
                "2024年3月收到两件",
                vec![exact("2024", "年"), exact("3", "月"), exact("2", "件")],
            ),
            ("第三条、第(一)项", vec![]),
            ("接待3000余人次", vec![about("3000", "人次")]),
        ];
        for (sentence, expected) in table {
            assert_eq!(texts(sentence), expected, "{sentence}");
        }
    }
}
