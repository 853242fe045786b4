//! The audit as a page that needs nothing else: no server, no script, no
//! font, no picture. Also the bare tables, for `report convert`.

use askama::Template;
use gongkai_domain::report::audit::{Diagnostic, Severity, Status};
use gongkai_domain::report::format::Format;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::{CellReading, CellState};
use gongkai_domain::words::{Message, Words};

use super::charts::{self, Chart};
use super::layout::{self, Content};
use super::{Audited, Decision, Unread};

/// A finding as the page shows it.
struct FindingView {
    id: String,
    severity: &'static str,
    severity_label: String,
    status_label: Option<String>,
    code: String,
    message: String,
    basis: &'static str,
    mend: Option<String>,
    place: String,
    target: Option<String>,
    verdict: Option<String>,
    fingerprint: String,
}

struct CellView {
    label: Option<String>,
    heads_row: bool,
    rows: u16,
    columns: u16,
    id: String,
    text: String,
    /// Class by the gravest finding, or by how it was read.
    class: &'static str,
    note: String,
    finding: Option<String>,
}

struct TableView {
    key: &'static str,
    title: String,
    /// What the scrolling region around it is called: with several reports on
    /// a page, tables of the same title are told apart.
    region: String,
    rows: Vec<Vec<CellView>>,
}

struct PartView {
    text: String,
    class: &'static str,
    finding: Option<String>,
}

struct SentenceView {
    id: String,
    parts: Vec<PartView>,
}

struct SectionView {
    title: String,
    paragraphs: Vec<Vec<SentenceView>>,
    table: Option<TableView>,
}

struct CountView {
    severity: &'static str,
    label: String,
    count: usize,
}

struct FileView {
    index: usize,
    title: String,
    name: String,
    facts: String,
    verdict: String,
    verdict_class: &'static str,
    counts: Vec<CountView>,
    findings: Vec<FindingView>,
    sections: Vec<SectionView>,
    charts: Vec<Chart>,
}

struct UnreadView {
    name: String,
    reason: String,
}

/// The results, without what stands around them.
#[derive(Template)]
#[template(path = "audit_part.html")]
struct AuditPart<'a> {
    words: &'a Words,
    files: Vec<FileView>,
    unread: Vec<UnreadView>,
    /// Whether a page stands around it that can make more of the results.
    served: bool,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage<'a> {
    words: &'a Words,
    title: String,
    main: String,
}

/// The results as a part of a page that is served.
#[derive(Debug)]
pub struct Part {
    /// Title of the page.
    pub title: String,
    /// What stands in `main`.
    pub main: String,
}

/// The style of results and tables, for the page around a [`Part`].
pub const STYLE: &str = include_str!("../../templates/style.css");

#[derive(Template)]
#[template(path = "tables.html")]
struct TablesPage<'a> {
    words: &'a Words,
    title: String,
    tables: Vec<TableView>,
}

/// Why a page was not made.
#[derive(Debug, thiserror::Error)]
#[error("the page could not be rendered")]
pub struct PageError(#[from] askama::Error);

/// The audits as one page that needs nothing else.
///
/// # Errors
/// [`PageError`] if a template fails.
pub fn audit(files: &[Audited], unread: &[Unread], words: &Words) -> Result<String, PageError> {
    let Part { title, main } = results(files, unread, words, false)?;
    Ok(AuditPage { words, title, main }.render()?)
}

/// The audits as part of a page; with `more`, it has buttons that send the
/// form `kept` to ask for other forms of the same.
///
/// # Errors
/// [`PageError`] if a template fails.
pub fn part(
    files: &[Audited],
    unread: &[Unread],
    more: bool,
    words: &Words,
) -> Result<Part, PageError> {
    results(files, unread, words, more)
}

fn results(
    files: &[Audited],
    unread: &[Unread],
    words: &Words,
    served: bool,
) -> Result<Part, PageError> {
    let views: Vec<FileView> = files
        .iter()
        .enumerate()
        .map(|(index, file)| FileView {
            charts: charts(file, files, words),
            ..file_view(index + 1, file, words)
        })
        .collect();
    let title = match views.as_slice() {
        [one] => one.title.clone(),
        _ => words.text("page-title"),
    };
    let unread = unread
        .iter()
        .map(|file| UnreadView {
            name: file.name.clone(),
            reason: words.render(&file.reason),
        })
        .collect();
    let main = AuditPart {
        words,
        files: views,
        unread,
        served,
    }
    .render()?;
    Ok(Part { title, main })
}

/// The pictures of a report: how requests ended, and the year before, where
/// that report is among the files.
fn charts(file: &Audited, files: &[Audited], words: &Words) -> Vec<Chart> {
    let reading = &file.reading;
    let previous = files.iter().map(|other| &other.reading).find(|other| {
        other.organization.is_some()
            && other.organization == reading.organization
            && other.year.map(|year| year + 1) == reading.year
    });
    charts::outcomes(reading, words)
        .into_iter()
        .chain(previous.and_then(|previous| charts::years(reading, previous, words)))
        .collect()
}

/// The tables alone, set again in the statutory layout.
///
/// # Errors
/// [`PageError`] if a template fails.
pub fn tables(reading: &Reading, words: &Words) -> Result<String, PageError> {
    let plain = Marks {
        prefix: String::new(),
        reading,
        diagnostics: Vec::new(),
        words,
    };
    Ok(TablesPage {
        words,
        title: title(reading, words),
        tables: plain.tables(),
    }
    .render()?)
}

/// What a report is called: its body and year.
pub fn title(reading: &Reading, words: &Words) -> String {
    words.render(
        &Message::new("page-report-title")
            .with(
                "organization",
                reading
                    .organization
                    .clone()
                    .unwrap_or_else(|| words.text("page-unknown-organization")),
            )
            .with(
                "year",
                reading
                    .year
                    .map_or_else(|| "？".to_owned(), |y| y.to_string()),
            ),
    )
}

/// What to say first: is anything wrong.
fn verdict(file: &Audited, words: &Words) -> (String, &'static str) {
    let (errors, warnings) = (file.count(Severity::Error), file.count(Severity::Warning));
    let unread = file.reading.tables.cells.is_empty();
    let (id, class) = match (errors, warnings, unread) {
        (0, 0, true) => ("verdict-no-tables", "note"),
        (0, 0, false) => ("verdict-clean", "good"),
        (0, _, _) => ("verdict-warnings", "warning"),
        _ => ("verdict-errors", "error"),
    };
    let message = Message::new(id)
        .with("errors", errors)
        .with("warnings", warnings);
    (words.render(&message), class)
}

fn file_view(index: usize, file: &Audited, words: &Words) -> FileView {
    let prefix = format!("f{index}-");
    let marks = Marks {
        prefix: prefix.clone(),
        reading: &file.reading,
        diagnostics: file
            .diagnostics
            .iter()
            .enumerate()
            .map(|(at, d)| (format!("{prefix}d{}", at + 1), d))
            .collect(),
        words,
    };
    let findings = marks
        .diagnostics
        .iter()
        .map(|(id, diagnostic)| marks.finding(id, diagnostic, file))
        .collect();
    let (verdict, verdict_class) = verdict(file, words);
    let reading = &file.reading;
    let facts = words.render(
        &Message::new("page-facts")
            .with("format", reading.format.name())
            .with("cells", reading.tables.cells.len())
            .with("missing", reading.missing.len())
            .with("claims", reading.claims.len()),
    );
    FileView {
        index,
        title: title(reading, words),
        name: file.name.clone(),
        facts,
        verdict,
        verdict_class,
        counts: [Severity::Error, Severity::Warning, Severity::Note]
            .into_iter()
            .map(|severity| CountView {
                severity: severity.name(),
                label: words.text(&format!("severity-{}", severity.name())),
                count: file.count(severity),
            })
            .collect(),
        findings,
        sections: marks.sections(),
        charts: Vec::new(),
    }
}

/// The findings with their anchors, for marking cells and sentences.
struct Marks<'a> {
    prefix: String,
    reading: &'a Reading,
    diagnostics: Vec<(String, &'a Diagnostic)>,
    words: &'a Words,
}

impl Marks<'_> {
    fn finding(&self, id: &str, diagnostic: &Diagnostic, file: &Audited) -> FindingView {
        let verdict = file.verdict(diagnostic).map(|verdict| {
            let key = match verdict.decision {
                Decision::Confirmed => "page-confirmed",
                Decision::Dismissed => "page-dismissed",
            };
            let remark = if verdict.remark.is_empty() {
                String::new()
            } else {
                format!("：{}", verdict.remark)
            };
            format!("{}{remark}", self.words.text(key))
        });
        let target = diagnostic
            .spot
            .sentence
            .map(|sentence| format!("{}s{sentence}", self.prefix))
            .or_else(|| {
                let cell = diagnostic.spot.cells.first()?;
                Some(format!("{}{cell}", self.prefix))
            });
        FindingView {
            id: id.to_owned(),
            severity: diagnostic.severity.name(),
            severity_label: self
                .words
                .text(&format!("severity-{}", diagnostic.severity.name())),
            status_label: (diagnostic.status != Status::Fails).then(|| {
                let key = diagnostic.status.name().replace(' ', "-");
                self.words.text(&format!("status-{key}"))
            }),
            code: diagnostic.code.clone(),
            message: self.words.render(&diagnostic.message),
            basis: diagnostic.basis,
            mend: diagnostic.mend.as_ref().map(|m| self.words.render(m)),
            place: self.place(diagnostic),
            target,
            verdict,
            fingerprint: diagnostic.fingerprint.clone(),
        }
    }

    /// Where, in words: page, line, row.
    fn place(&self, diagnostic: &Diagnostic) -> String {
        let place = &diagnostic.spot.place;
        let mut parts = Vec::new();
        for (key, value) in [
            ("place-page", place.page),
            ("place-table", place.table),
            ("place-row", place.row),
            ("place-line", place.line.filter(|_| place.table.is_none())),
        ] {
            if let Some(value) = value {
                parts.push(self.words.render(&Message::new(key).with("number", value)));
            }
        }
        parts.join(" ")
    }

    /// The gravest finding at a cell or sentence.
    fn gravest(&self, at: impl Fn(&Diagnostic) -> bool) -> Option<(&str, &Diagnostic)> {
        self.diagnostics
            .iter()
            .filter(|(_, d)| at(d))
            .min_by_key(|(_, d)| (d.severity, d.status != Status::Fails))
            .map(|(id, d)| (id.as_str(), *d))
    }

    fn tables(&self) -> Vec<TableView> {
        layout::tables(self.reading.format, self.reading.single_other)
            .into_iter()
            .map(|table| TableView {
                key: table.key,
                region: self.region(&table.title),
                title: table.title,
                rows: table
                    .rows
                    .into_iter()
                    .map(|row| row.into_iter().map(|slot| self.slot(slot)).collect())
                    .collect(),
            })
            .collect()
    }

    fn region(&self, title: &str) -> String {
        if self.prefix.is_empty() {
            return title.to_owned();
        }
        let report = self::title(self.reading, self.words);
        format!("{} {report} {title}", self.prefix.trim_matches(['f', '-']))
    }

    fn slot(&self, slot: layout::Slot) -> CellView {
        let key = match slot.content {
            Content::Label(label) => {
                return CellView {
                    label: Some(label),
                    heads_row: slot.heads_row,
                    rows: slot.rows,
                    columns: slot.columns,
                    id: String::new(),
                    text: String::new(),
                    class: "",
                    note: String::new(),
                    finding: None,
                };
            }
            Content::Cell(key) => key,
        };
        let cell = self.reading.cell(&key);
        // A table-wide remark on blanks or missing cells marks no cell.
        let finding = self.gravest(|d| {
            d.spot.cells.contains(&key)
                && !(d.code.ends_with("-BLANK") || d.code.ends_with("-MISSING"))
                && (d.spot.cells.len() < 12 || d.spot.cells.first() == Some(&key))
        });
        let label = Format::get(self.reading.format).cell_label(&key);
        CellView {
            label: None,
            heads_row: false,
            rows: slot.rows,
            columns: slot.columns,
            id: format!("{}{key}", self.prefix),
            text: cell.map_or_else(String::new, cell_text),
            class: match (finding, cell.map(|c| &c.state)) {
                (_, None) => "absent",
                (_, Some(CellState::Uncertain(_))) => "unsure",
                (Some((_, d)), _) => d.severity.name(),
                (None, Some(CellState::Certain(value))) if value.is_null() => "blank",
                _ => "",
            },
            note: cell.map_or_else(
                || self.words.text("page-absent"),
                |cell| format!("{label}：{}", cell.raw),
            ),
            finding: finding.map(|(id, _)| id.to_owned()),
        }
    }

    fn sections(&self) -> Vec<SectionView> {
        let format = Format::get(self.reading.format);
        let mut tables = self.tables().into_iter().map(Some).collect::<Vec<_>>();
        (0..=6)
            .map(|chapter| {
                let mut paragraphs: Vec<Vec<SentenceView>> = Vec::new();
                let mut last = None;
                for (index, sentence) in self.reading.sentences.iter().enumerate() {
                    let is_heading = self
                        .reading
                        .headings
                        .iter()
                        .any(|heading| heading.start == sentence.start);
                    if sentence.chapter != chapter || is_heading {
                        continue;
                    }
                    if last != Some(sentence.paragraph) {
                        paragraphs.push(Vec::new());
                        last = Some(sentence.paragraph);
                    }
                    if let Some(paragraph) = paragraphs.last_mut() {
                        paragraph.push(self.sentence(index));
                    }
                }
                SectionView {
                    title: match chapter {
                        0 => self.words.text("page-preface"),
                        n => format.chapters.iter().find(|c| c.number == n).map_or_else(
                            String::new,
                            |c| {
                                let ordinal = "一二三四五六".chars().nth(n - 1).unwrap_or('？');
                                format!("{ordinal}、{}", c.title)
                            },
                        ),
                    },
                    paragraphs,
                    table: match chapter {
                        2..=4 => tables[chapter - 2].take(),
                        _ => None,
                    },
                }
            })
            .collect()
    }

    /// A sentence cut at the figures that findings point to.
    fn sentence(&self, index: usize) -> SentenceView {
        let sentence = &self.reading.sentences[index];
        let mut marks: Vec<(usize, usize, &str, &'static str)> = self
            .diagnostics
            .iter()
            .filter(|(_, d)| d.spot.sentence == Some(index))
            .map(|(id, d)| {
                let whole = (0, sentence.folded.len());
                let (from, to) = sentence.original_range(d.spot.range.unwrap_or(whole));
                (from, to, id.as_str(), d.severity.name())
            })
            .collect();
        marks.sort_unstable();
        let mut parts: Vec<PartView> = Vec::new();
        for (at, c) in sentence.text.char_indices() {
            let mark = marks
                .iter()
                .find(|(from, to, _, _)| (*from..*to).contains(&at));
            let (class, finding) = mark.map_or(("", None), |(_, _, id, severity)| {
                (*severity, Some((*id).to_owned()))
            });
            match parts.last_mut() {
                Some(part) if part.finding == finding => part.text.push(c),
                _ => parts.push(PartView {
                    text: c.to_string(),
                    class,
                    finding,
                }),
            }
        }
        SentenceView {
            id: format!("{}s{index}", self.prefix),
            parts,
        }
    }
}

fn cell_text(cell: &CellReading) -> String {
    match &cell.state {
        CellState::Certain(value) => value.to_string(),
        CellState::Uncertain(values) => {
            let shown: Vec<String> = values
                .iter()
                .take(3)
                .map(|value| {
                    if value.is_null() {
                        "␣".to_owned()
                    } else {
                        value.to_string()
                    }
                })
                .collect();
            let more = if values.len() > 3 { "／…" } else { "" };
            format!("？{}{more}", shown.join("／"))
        }
    }
}
