//! A report as it was read: who, which year, which cells, which sentences,
//! which claims. Start with [`Reading::of`].

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::chapters::{self, Heading};
use super::claims::{self, Claim};
use super::document::Document;
use super::fold;
use super::format::{Format, FormatId};
use super::prose::{self, Sentence};
use super::tables::lex::Stream;
use super::tables::{self, Tables};
use super::value::CellReading;

/// What was read of a report.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The form its tables follow; without tables, the form of its year.
    pub format: FormatId,
    /// Whether table 2 was there to tell the form.
    pub format_shown: bool,
    /// Whose report it is, as its title says.
    pub organization: Option<String>,
    /// Which year it reports on.
    pub year: Option<i16>,
    /// The statistical period as printed.
    pub period: Option<Period>,
    /// Day of publication by the page's own words.
    pub published: Option<Date>,
    /// Whether other results stand in the single row of the 2019 form.
    pub single_other: bool,
    /// The tables.
    pub tables: Tables,
    /// Cells of the form that are not there.
    pub missing: Vec<String>,
    /// Chapter headings in order.
    pub headings: Vec<Heading>,
    /// The prose.
    pub sentences: Vec<Sentence>,
    /// The claims in it.
    pub claims: Vec<Claim>,
    /// Whether the text was longer than is taken apart.
    pub prose_cut: bool,
    /// Positions of grids, for telling an empty chapter.
    pub grids_at: Vec<usize>,
}

/// A statistical period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// As printed.
    pub text: String,
    /// First day, if it is a date.
    pub from: Option<Date>,
    /// Last day, if it is a date.
    pub to: Option<Date>,
    /// Index of its sentence.
    pub sentence: usize,
}

/// Title and date of publication are looked for in so much of the text.
const HEAD_CHARACTERS: usize = 40_000;

static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:标题:|现公布|公布|编制|发布|将|关于|^|\n)?([^\n,。:;《》\[\]]{2,40}?)(20[12]\d)年?(?:度)?(?:的)?政府信息(?:与政务)?公开(?:工作)?(?:的)?(?:年度)?(?:情况)?(?:年度)?报告",
    )
    .expect("a constant pattern")
});

static PERIOD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:自|从|为|:)?(\d{2,6})年?(\d{1,2})月(\d{1,2})日(?:起)?(?:至|到|—+|-+|~|～)(\d{2,6})?年?(\d{1,2})月(\d{1,2})日",
    )
    .expect("a constant pattern")
});

static PUBLISHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:发布时间|发布日期|发文日期|公开日期|发布于|成文日期)[^\d]{0,4}(20\d\d)[-年/.](\d{1,2})[-月/.](\d{1,2})",
    )
    .expect("a constant pattern")
});

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(20\d\d)[-年/.](\d{1,2})[-月/.](\d{1,2})").expect("a constant pattern")
});

impl Reading {
    /// Reads a document as a report.
    pub fn of(document: Document) -> Self {
        let own_title = document.title.clone();
        let own_date = document.published.clone();
        let first_cells = first_cells(&document);
        let stream = Stream::of(document);
        let tables = tables::read(&stream);
        let headings = chapters::headings(&stream);
        let mut sentences = prose::sentences(&stream, &tables.ranges, &headings);
        for sentence in &mut sentences {
            sentence.chapter = headings
                .iter()
                .take_while(|heading| heading.start <= sentence.start)
                .last()
                .map_or(0, |heading| heading.chapter);
        }
        let text: String = stream
            .text
            .iter()
            .filter(|c| **c == '\n' || !c.is_whitespace())
            .take(HEAD_CHARACTERS)
            .collect();
        let period = find_period(&sentences);
        let (organization, title_year) = title(own_title.as_deref(), first_cells, &text);
        let year = title_year.or_else(|| {
            let period = period.as_ref()?;
            period.from.or(period.to).map(Date::year)
        });
        let year = year.or_else(|| commonest_year(&sentences));
        let format = tables
            .format
            .unwrap_or_else(|| year.map_or(FormatId::F2021, FormatId::of_year));
        let single_other = tables.single_other.unwrap_or(format == FormatId::F2019);
        let missing = Format::get(format)
            .cell_keys(single_other)
            .into_iter()
            .filter(|key| !tables.cells.contains_key(key))
            .collect();
        let mut reading = Self {
            format,
            format_shown: tables.format.is_some(),
            organization,
            year,
            period,
            published: published(own_date.as_deref(), &text),
            single_other,
            missing,
            headings,
            claims: Vec::new(),
            sentences,
            prose_cut: stream.text.len() > prose::PROSE_CHARACTERS_MAX,
            grids_at: stream.grids_at,
            tables,
        };
        reading.claims = claims::find(&reading);
        reading
    }

    /// A cell, if it was found.
    pub fn cell(&self, key: &str) -> Option<&CellReading> {
        self.tables.cells.get(key)
    }
}

/// Organization and year by the title, from the file's own title or the first
/// line that reads like one.
fn title(own: Option<&str>, first_cells: String, text: &str) -> (Option<String>, Option<i16>) {
    let own = own
        .map(|title| {
            title
                .chars()
                .map(fold::fold_char)
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
        })
        .unwrap_or_default();
    let start: String = text.chars().take(6000).collect();
    for source in [own, start, first_cells] {
        // A title may wrap in front of its year.
        let joined = source.replace('\n', "");
        for candidate in [source.as_str(), joined.as_str()] {
            if let Some(captures) = TITLE.captures(candidate) {
                let year = captures.get(2).and_then(|m| m.as_str().parse().ok());
                let organization = captures
                    .get(1)
                    .map(|m| clean_name(m.as_str()))
                    .filter(|name| name.chars().count() >= 3);
                if organization.is_some() {
                    return (organization, year);
                }
            }
        }
    }
    let year = TITLE
        .captures(text)
        .and_then(|captures| captures.get(2)?.as_str().parse().ok());
    (None, year)
}

/// The texts of the first cells of each table, a line each: a workbook has its
/// title in a cell.
fn first_cells(document: &Document) -> String {
    let mut text = String::new();
    for block in &document.blocks {
        if let super::document::Block::Grid(grid) = block {
            for cell in grid.cells.iter().take(12) {
                text.extend(
                    cell.text
                        .chars()
                        .map(fold::fold_char)
                        .filter(|c| !c.is_whitespace()),
                );
                text.push('\n');
            }
        }
    }
    text
}

/// A body's name without what stands around it in a title.
fn clean_name(name: &str) -> String {
    let mut name = name;
    for before in [
        "标题:",
        "现公布",
        "现将",
        "公布",
        "特向社会",
        "发布",
        "编制",
        "关于印发",
        "关于",
        "索引号",
        "政府信息公开年报",
    ] {
        if let Some((_, rest)) = name.rsplit_once(before) {
            name = rest;
        }
    }
    name.trim_matches(|c: char| !fold::is_label_char(c) && c != '(' && c != ')')
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches("本单位")
        .to_owned()
}

fn find_period(sentences: &[Sentence]) -> Option<Period> {
    for (index, sentence) in sentences.iter().enumerate().take(60) {
        if !["统计", "期限", "本报告", "本年报", "数据"]
            .iter()
            .any(|word| sentence.folded.contains(word))
        {
            continue;
        }
        let Some(captures) = PERIOD.captures(&sentence.folded) else {
            continue;
        };
        let number = |index: usize| -> Option<i16> {
            captures.get(index).and_then(|m| m.as_str().parse().ok())
        };
        let day = |year: Option<i16>, month: Option<i16>, day: Option<i16>| {
            let (month, day) = (i8::try_from(month?).ok()?, i8::try_from(day?).ok()?);
            Date::new(year.filter(|y| (1990..2100).contains(y))?, month, day).ok()
        };
        let from = day(number(1), number(2), number(3));
        let to = day(number(4).or(number(1)), number(5), number(6));
        return Some(Period {
            text: captures[0]
                .trim_start_matches(['自', '从', '为', ':'])
                .to_owned(),
            from,
            to,
            sentence: index,
        });
    }
    None
}

/// Without a title or period, the year most sentences open with.
fn commonest_year(sentences: &[Sentence]) -> Option<i16> {
    let mut counts: std::collections::BTreeMap<i16, usize> = Default::default();
    for sentence in sentences {
        for figure in &sentence.figures {
            if figure.unit == "年"
                && let Ok(year) = figure.raw.parse::<i16>()
                && (2015..2100).contains(&year)
            {
                *counts.entry(year).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(year, _)| year)
}

fn published(own: Option<&str>, text: &str) -> Option<Date> {
    let from = |captures: regex::Captures<'_>| {
        let year = captures[1].parse().ok()?;
        Date::new(year, captures[2].parse().ok()?, captures[3].parse().ok()?).ok()
    };
    own.and_then(|printed| DATE.captures(printed))
        .and_then(from)
        .or_else(|| PUBLISHED.captures(text).and_then(from))
}
