//! Invented reports printed to PDF by Chromium and by LibreOffice come back
//! cell for cell.

use std::path::Path;
use std::process::{Command, Stdio};

use gongkai_app::Limits;
use gongkai_app::report::{Brought, read};
use gongkai_domain::report::format::FormatId;
use gongkai_domain::report::value::{CellState, Value};
use gongkai_testkit::corpus::{CellSet, clean};
use gongkai_testkit::database::Folder;
use gongkai_testkit::layouts::{self, HtmlStyle};
use gongkai_testkit::office;

/// Runs a program that `cargo xtask test` has installed.
fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) => assert!(status.success(), "{program} failed"),
        Err(error) => panic!("{program} does not start ({error}); cargo xtask test installs it"),
    }
}

struct Score {
    right: usize,
    unsure: Vec<String>,
    wrong: Vec<String>,
}

fn score(set: &CellSet, path: &Path, what: &str, score: &mut Score) {
    let bytes = std::fs::read(path).expect("the PDF was printed");
    let file = Brought {
        name: "report.pdf",
        bytes,
    };
    let reading = read(file, &Limits::default(), &|| false).expect("a PDF is read");
    for (key, printed) in &set.cells {
        if printed.is_empty() {
            match reading.cell(key).map(|cell| &cell.state) {
                Some(CellState::Certain(Value::Null)) => score.right += 1,
                Some(CellState::Certain(value)) => {
                    score
                        .wrong
                        .push(format!("{what} {key}: {value}, left blank"));
                }
                _ => score.unsure.push(format!("{what} {key}")),
            }
            continue;
        }
        let number: rust_decimal::Decimal = printed.parse().expect("a number");
        match reading.cell(key).map(|cell| &cell.state) {
            Some(CellState::Certain(value)) if value.number() == number => score.right += 1,
            Some(CellState::Certain(value)) => {
                score
                    .wrong
                    .push(format!("{what} {key}: {value}, printed {printed}"));
            }
            Some(CellState::Uncertain(_)) => score.unsure.push(format!("{what} {key}")),
            None => score.unsure.push(format!("{what} {key} missing")),
        }
    }
}

/// Nothing is wrong; with `whole`, nothing is left open either.
fn check(score: &Score, program: &str, whole: bool) {
    println!(
        "{program}: {} cells right, {} unsure or missing, {} wrong",
        score.right,
        score.unsure.len(),
        score.wrong.len()
    );
    assert_eq!(score.wrong, Vec::<String>::new());
    if whole {
        assert_eq!(score.unsure, Vec::<String>::new());
    } else {
        assert!(score.right > 5 * score.unsure.len());
    }
}

const STYLE: &str = "<style>@page{size:A4;margin:25mm 20mm}body{font:14px 'Noto Sans CJK SC'}\
table{border-collapse:collapse;width:100%;page-break-inside:auto}td,th{border:1px solid #000;padding:3px;text-align:center}</style>";

/// Some offices leave out what is 0, others only some of it.
fn left_blank(mut set: CellSet, seed: u64) -> CellSet {
    let zeros = set.cells.values_mut().filter(|text| *text == "0");
    for (index, text) in zeros.enumerate() {
        if seed.is_multiple_of(2) || index % 3 > 0 {
            text.clear();
        }
    }
    set
}

fn chromium(change: fn(CellSet, u64) -> CellSet) -> Score {
    let folder = Folder::new();
    let mut total = Score {
        right: 0,
        unsure: Vec::new(),
        wrong: Vec::new(),
    };
    let styles = [HtmlStyle::Statutory, HtmlStyle::Word, HtmlStyle::Modern];
    for seed in 0..6u64 {
        let format = [FormatId::F2021, FormatId::F2019][usize::from(seed % 3 == 2)];
        let set = change(clean(400 + seed, format), seed);
        let style = styles[usize::try_from(seed).unwrap_or(0) % 3];
        let page = layouts::html(&layouts::print(&set), style)
            .replace("<head>", &format!("<head>{STYLE}"));
        let html = folder.path().join(format!("{seed}.html"));
        let pdf = folder.path().join(format!("{seed}.pdf"));
        std::fs::write(&html, page).expect("a page is written");
        let profile = folder.path().join("profile");
        run(
            "chromium",
            &[
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-pdf-header-footer",
                &format!("--user-data-dir={}", profile.display()),
                &format!("--print-to-pdf={}", pdf.display()),
                &format!("file://{}", html.display()),
            ],
        );
        score(&set, &pdf, &format!("seed {seed} {style:?}"), &mut total);
    }
    total
}

#[test]
fn pages_printed_by_chromium() {
    let total = chromium(|set, _| set);
    check(&total, "Chromium", true);
}

#[test]
fn blank_cells_in_ruled_tables_stay_blank() {
    let total = chromium(left_blank);
    check(&total, "Chromium, blanks", true);
    let total = libreoffice(office::Widths::Set, left_blank);
    check(&total, "LibreOffice, blanks", true);
}

/// Prints Word documents and scores what comes back.
fn libreoffice(widths: office::Widths, change: fn(CellSet, u64) -> CellSet) -> Score {
    let folder = Folder::new();
    let mut total = Score {
        right: 0,
        unsure: Vec::new(),
        wrong: Vec::new(),
    };
    let mut sets = Vec::new();
    let mut arguments = vec![
        "--headless".to_owned(),
        format!(
            "-env:UserInstallation=file://{}/profile",
            folder.path().display()
        ),
        "--convert-to".to_owned(),
        "pdf".to_owned(),
        "--outdir".to_owned(),
        folder.path().display().to_string(),
    ];
    for seed in 0..6u64 {
        let format = [FormatId::F2021, FormatId::F2019][usize::from(seed % 2 == 1)];
        let set = change(clean(500 + seed, format), seed);
        let document = office::docx(&layouts::print(&set), widths).expect("a document");
        let path = folder.path().join(format!("{seed}.docx"));
        std::fs::write(&path, document).expect("a document is written");
        arguments.push(path.display().to_string());
        sets.push(set);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run("soffice", &arguments);
    for (seed, set) in sets.iter().enumerate() {
        let pdf = folder.path().join(format!("{seed}.pdf"));
        score(set, &pdf, &format!("seed {seed}"), &mut total);
    }
    total
}

#[test]
fn documents_printed_by_libreoffice() {
    let total = libreoffice(office::Widths::Set, |set, _| set);
    check(&total, "LibreOffice", true);
}

#[test]
fn documents_whose_very_numbers_wrap_are_never_read_wrong() {
    let total = libreoffice(office::Widths::Alike, |set, _| set);
    check(&total, "LibreOffice, columns all alike", false);
}
