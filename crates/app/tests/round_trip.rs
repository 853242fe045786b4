//! Invented reports in every layout and file kind come back cell for cell.

use gongkai_app::Limits;
use gongkai_app::report::{Brought, read};
use gongkai_domain::report::audit::{Beside, Severity, Status, audit};
use gongkai_domain::report::format::FormatId;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::CellState;
use gongkai_testkit::corpus::{CellSet, clean};
use gongkai_testkit::layouts::{self, FLATTENINGS, Flattening, HTML_STYLES};
use gongkai_testkit::office;

const FORMATS: [FormatId; 2] = [FormatId::F2019, FormatId::F2021];

fn parse(name: &str, bytes: &[u8]) -> Reading {
    let file = Brought {
        name,
        bytes: bytes.to_vec(),
    };
    read(file, &Limits::default(), &|| false).expect("an invented report is read")
}

/// Every cell reads as it was printed, and nothing is left uncertain.
fn same(set: &CellSet, reading: &Reading, what: &str) {
    assert_eq!(reading.format, set.format, "{what}");
    assert_eq!(reading.year, Some(set.year), "{what}");
    assert_eq!(
        reading.organization.as_deref(),
        Some(set.organization.as_str()),
        "{what}"
    );
    for (key, printed) in &set.cells {
        let cell = reading
            .cell(key)
            .unwrap_or_else(|| panic!("{what}: {key} is missing"));
        match &cell.state {
            CellState::Certain(value) => {
                let printed: rust_decimal::Decimal = printed.parse().expect("a number");
                assert_eq!(value.number(), printed, "{what}: {key}, raw {}", cell.raw);
            }
            CellState::Uncertain(values) => {
                panic!("{what}: {key} is uncertain: {values:?}, printed {printed}")
            }
        }
    }
}

/// A clean report has no error and no warning.
fn quiet(reading: &Reading, what: &str) {
    let said: Vec<String> = audit(reading, Beside::default())
        .into_iter()
        .filter(|d| {
            d.severity != Severity::Note
                && d.code != "T2-AUTHORITY-rules"
                && !d.code.starts_with("T2-TOTAL")
        })
        .map(|d| format!("{} {:?} {:?}", d.code, d.left, d.right))
        .collect();
    assert_eq!(said, Vec::<String>::new(), "{what}");
}

#[test]
fn html_in_six_styles() {
    for format in FORMATS {
        for seed in 0..12 {
            let set = clean(seed, format);
            let printed = layouts::print(&set);
            for style in HTML_STYLES {
                let page = layouts::html(&printed, style);
                let reading = parse("report.html", page.as_bytes());
                let what = format!("seed {seed}, {format:?}, {style:?}");
                same(&set, &reading, &what);
                quiet(&reading, &what);
            }
        }
    }
}

#[test]
fn text_in_every_flattening() {
    for format in FORMATS {
        for seed in 100..115 {
            let set = clean(seed, format);
            let printed = layouts::print(&set);
            for way in FLATTENINGS {
                let text = layouts::text(&printed, way);
                let reading = parse("report.txt", text.as_bytes());
                let what = format!("seed {seed}, {format:?}, {way:?}\n{text}");
                same(&set, &reading, &what);
            }
        }
    }
}

#[test]
fn run_together_digits_are_right_or_unsure_but_never_wrong() {
    let (mut right, mut unsure) = (0, 0);
    for format in FORMATS {
        for seed in 200..230 {
            let set = clean(seed, format);
            let printed = layouts::print(&set);
            let text = layouts::text(&printed, Flattening::Glued);
            let reading = parse("report.txt", text.as_bytes());
            for (key, printed) in &set.cells {
                let printed: rust_decimal::Decimal = printed.parse().expect("a number");
                let Some(cell) = reading.cell(key) else {
                    unsure += 1;
                    continue;
                };
                match &cell.state {
                    CellState::Certain(value) => {
                        assert_eq!(
                            value.number(),
                            printed,
                            "seed {seed} {key} raw {}",
                            cell.raw
                        );
                        right += 1;
                    }
                    CellState::Uncertain(_) => unsure += 1,
                }
            }
        }
    }
    println!("run together: {right} cells certain and right, {unsure} unsure");
    assert!(right > 2 * unsure);
}

#[test]
fn markdown_docx_and_xlsx() {
    for format in FORMATS {
        for seed in 300..312 {
            let set = clean(seed, format);
            let printed = layouts::print(&set);
            let what = format!("seed {seed}, {format:?}");
            let markdown = layouts::markdown(&printed);
            same(
                &set,
                &parse("report.md", markdown.as_bytes()),
                &format!("{what}, Markdown"),
            );
            let docx = office::docx(&printed, office::Widths::Set).expect("a document");
            same(&set, &parse("report.docx", &docx), &format!("{what}, DOCX"));
            let xlsx = office::xlsx(&printed).expect("a workbook");
            same(&set, &parse("report.xlsx", &xlsx), &format!("{what}, XLSX"));
        }
    }
}

#[test]
fn a_workbook_made_by_convert_reads_back_the_same() {
    let set = clean(7, FormatId::F2021);
    let page = layouts::html(&layouts::print(&set), HTML_STYLES[0]);
    let first = parse("report.html", page.as_bytes());
    let book = gongkai_app::paper::report::xlsx::workbook(&first).expect("a workbook");
    let second = parse("report.xlsx", &book);
    for (key, cell) in &first.tables.cells {
        let again = second.cell(key).and_then(|c| c.certain());
        let number = |v: &gongkai_domain::report::value::Value| v.number();
        assert_eq!(again.map(number), cell.certain().map(number), "{key}");
    }
}

#[test]
fn a_blank_is_null_and_counts_as_zero() {
    let mut set = clean(3, FormatId::F2021);
    let zeros: Vec<String> = set
        .cells
        .iter()
        .filter(|(key, value)| key.starts_with("t3.") && *value == "0" && !key.ends_with("total"))
        .map(|(key, _)| key.clone())
        .collect();
    for key in &zeros {
        set.cells.insert(key.clone(), String::new());
    }
    let page = layouts::html(&layouts::print(&set), HTML_STYLES[0]);
    let reading = parse("report.html", page.as_bytes());
    for key in &zeros {
        let cell = reading.cell(key).expect("the cell is there");
        assert!(
            cell.certain()
                .is_some_and(gongkai_domain::report::value::Value::is_null),
            "{key}"
        );
    }
    let diagnostics = audit(&reading, Beside::default());
    assert!(diagnostics.iter().any(|d| d.code == "T3-BLANK"));
    assert!(
        !diagnostics
            .iter()
            .any(|d| d.code.starts_with("T3-R") && d.status == Status::Fails)
    );
}

/// Rows of table 3 with their values turned by `turn`, and the headings with
/// them.
fn turned(turn: impl Fn(&[&str]) -> Vec<String>) -> (CellSet, Reading) {
    let set = clean(41, FormatId::F2021);
    let printed = layouts::print(&set);
    let headings = layouts::APPLICANT_HEADINGS;
    let mut page = format!(
        "<title>{}</title><h1>{}</h1><table>",
        printed.title, printed.title
    );
    let row = |label: &str, values: &[String]| {
        let cells: String = values.iter().map(|v| format!("<td>{v}</td>")).collect();
        format!("<tr><td>{label}</td>{cells}</tr>")
    };
    page.push_str(&row("项目", &turn(&headings)));
    for line in &printed.rows {
        let values: Vec<&str> = line.values.iter().map(String::as_str).collect();
        page.push_str(&row(&line.label, &turn(&values)));
    }
    page.push_str("</table>");
    let reading = parse("report.html", page.as_bytes());
    (set, reading)
}

#[test]
fn headings_decide_where_columns_stand_in_another_order_or_beside_a_subtotal() {
    let total_first = |cells: &[&str]| {
        let mut cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        cells.rotate_right(1);
        cells
    };
    let with_subtotal = |cells: &[&str]| {
        let sum: i64 = cells[1..6]
            .iter()
            .filter_map(|c| c.parse::<i64>().ok())
            .sum();
        let is_heading = cells[0] == "自然人";
        let mut cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        cells.insert(
            6,
            if is_heading {
                "小计".to_owned()
            } else {
                sum.to_string()
            },
        );
        cells
    };
    for (set, reading) in [turned(total_first), turned(with_subtotal)] {
        for (key, printed) in set.cells.iter().filter(|(key, _)| key.starts_with("t3.")) {
            let value = reading.cell(key).and_then(|cell| cell.certain());
            assert_eq!(
                value.map(ToString::to_string),
                Some(printed.clone()),
                "{key}"
            );
        }
    }
}
