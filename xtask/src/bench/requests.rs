//! Requests: filings beside the store's own transactions, the desk over many cases
//! beside the desk over few, letters beside an office program that prints the same
//! text.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Bound, Figure, ROUNDS, median, quietly, timed};
use crate::{dist, shell, tools};

/// Turns of the store, and their length in milliseconds.
const TURNS: &str = "9";
const LENGTH: &str = "500";
/// A disk, where `/tmp` may be memory.
const DISK: &str = "/var/tmp";
/// Cases of a small desk and of a large one.
const FEW: &str = "10000";
const MANY: &str = "1000000";
/// The desk as it is opened, among the pages that are measured.
const OPENED: &str = "desk";

/// Measures.
pub fn figures() -> Result<Vec<Figure>, String> {
    tools::for_store_benches()?;
    let mut figures = filings(&example("gongkai-testkit", "measure_requests")?)?;
    let measure = example("gongkai-web", "measure_desk")?;
    for (engine, names) in [
        ("sqlite", ["desk_1000000_vs_10000", "desk_lists_slowest"]),
        (
            "postgres",
            [
                "desk_1000000_vs_10000_postgres",
                "desk_lists_slowest_postgres",
            ],
        ),
    ] {
        shell::say(&format!("a desk of {MANY} cases on {engine}"));
        figures.extend(desk(&measure, engine, names)?);
    }
    figures.extend(letters()?);
    figures.push(demonstration()?);
    Ok(figures)
}

/// An example of a package, built as it is released; where it lies.
fn example(package: &str, name: &str) -> Result<String, String> {
    shell::say("building the release example");
    shell::cargo(&[
        "build",
        "--release",
        "--quiet",
        "--package",
        package,
        "--example",
        name,
    ])?;
    let built = shell::root().join("target/release/examples").join(name);
    Ok(built.to_string_lossy().into_owned())
}

/// From the start of `gongkai demo`, whose city is made anew each time, to the line
/// that says where it listens.
pub fn demonstration() -> Result<Figure, String> {
    dist::fonts_for_development()?;
    shell::say("building the release program");
    shell::cargo(&["build", "--release", "--quiet", "--package", "gongkai"])?;
    let target = shell::root().join("target");
    let up = || -> Result<(), String> {
        let mut program = Command::new(target.join("release/gongkai"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("gongkai demo does not start: {error}"))?;
        let mut said = String::new();
        let lines = program.stdout.take().map(BufReader::new);
        let read = lines.map(|mut lines| lines.read_line(&mut said));
        let _ = program.kill();
        let _ = program.wait();
        match read {
            Some(Ok(1..)) => Ok(()),
            _ => Err("gongkai demo ended before it listened".to_owned()),
        }
    };
    let starts: Result<Vec<f64>, String> = (0..ROUNDS).map(|_| timed(up)).collect();
    Ok(Figure {
        name: "demo_start",
        value: median(starts?),
        unit: "s",
        target: (Bound::AtMost, 3.0),
        note: "two hundred cases lived through, with their letters".to_owned(),
    })
}

/// Filings and small transactions in turns, on the same store.
fn filings(measure: &str) -> Result<Vec<Figure>, String> {
    let printed = shell::output(measure, &[TURNS, LENGTH, DISK])?;
    let round = |line: &str| -> Option<[f64; 8]> {
        let rates: Result<Vec<f64>, _> = line.split(' ').map(str::parse).collect();
        rates.ok()?.try_into().ok()
    };
    let rounds: Vec<[f64; 8]> = printed.lines().filter_map(round).collect();
    let rate = |at: usize| median(rounds.iter().map(|round| round[at]).collect());
    // Each turn beside its neighbour of the same moment.
    let figure = |name, at: usize, clients| Figure {
        name,
        value: median(
            rounds
                .iter()
                .map(|round| round[at + 1] / round[at])
                .collect(),
        ),
        unit: "×",
        target: (Bound::AtLeast, 0.5),
        note: format!(
            "{clients}: {:.0} filings a second, {:.0} small transactions",
            rate(at + 1),
            rate(at)
        ),
    };
    Ok(vec![
        figure("sqlite_filing_vs_transaction", 0, "one client"),
        figure("sqlite_filing_32_clients", 2, "32 clients, a body each"),
        figure("postgres_filing_vs_transaction", 4, "one client"),
        figure("postgres_filing_32_clients", 6, "32 clients, a body each"),
    ])
}

/// Seconds of each page over few cases and over many, in turns.
type Pages = BTreeMap<String, Vec<(f64, f64)>>;

/// The desk as it is opened, and the slowest of its lists, over few cases and over many.
fn desk(measure: &str, engine: &str, names: [&'static str; 2]) -> Result<[Figure; 2], String> {
    let printed = shell::output(measure, &[engine, TURNS, DISK, FEW, MANY])?;
    let mut pages = Pages::new();
    for line in printed.lines() {
        let [page, few, many] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("not a page's seconds: {line}"));
        };
        let seconds = |of: &str| of.parse().map_err(|_| format!("no seconds: {line}"));
        let turns = pages.entry(page.to_owned()).or_default();
        turns.push((seconds(few)?, seconds(many)?));
    }
    let told = |(page, turns): (&String, &Vec<(f64, f64)>)| {
        let ratio = median(turns.iter().map(|(few, many)| many / few).collect());
        let few = median(turns.iter().map(|(few, _)| few * 1000.0).collect());
        let many = median(turns.iter().map(|(_, many)| many * 1000.0).collect());
        let note = format!("{page} {ratio:.2} × ({few:.1} ms, {many:.1} ms)");
        (ratio, note)
    };
    let figure = |name, (value, note)| Figure {
        name,
        value,
        unit: "×",
        target: (Bound::AtMost, 2.0),
        note,
    };
    let opened = pages.remove_entry(OPENED).ok_or("no desk was opened")?;
    let opened = told((&opened.0, &opened.1));
    let mut lists: Vec<(f64, String)> = pages.iter().map(told).collect();
    lists.sort_by(|one, other| other.0.total_cmp(&one.0));
    let slowest = lists.first().map_or(f64::NAN, |(ratio, _)| *ratio);
    let notes: Vec<String> = lists.into_iter().map(|(_, note)| note).collect();
    Ok([
        figure(names[0], opened),
        figure(names[1], (slowest, notes.join("; "))),
    ])
}

/// Letters beside LibreOffice; without it nothing is measured, and that is no
/// success.
fn letters() -> Result<Vec<Figure>, String> {
    tools::for_letter_benches()
        .map_err(|reason| format!("letters are not measured, LibreOffice is not here: {reason}"))?;
    dist::fonts_for_development()?;
    let measure = example("gongkai-press", "measure_letters")?;
    let target = shell::root().join("target");
    let folder = target.join("bench-letters");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let fonts = target.join("fonts");
    let document = folder.join("letter.docx");
    let print = || print(&folder, &document);
    let ours = || -> Result<f64, String> {
        let arguments = ["9", &fonts.to_string_lossy(), &document.to_string_lossy()];
        let printed = shell::output(&measure, &arguments)?;
        let seconds = printed.lines().filter_map(|line| line.parse().ok());
        Ok(median(seconds.collect()))
    };
    // The first of each is not counted: it makes the document, and a profile.
    ours()?;
    print()?;
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        here.push(ours()?);
        there.push(timed(print)?);
    }
    let (here, there) = (median(here), median(there));
    Ok(vec![Figure {
        name: "letter_pdf_vs_libreoffice",
        value: there / here,
        unit: "×",
        target: (Bound::AtLeast, 20.0),
        note: format!(
            "the same letter: ours warm {:.1} ms, soffice --headless with a warm profile {:.0} ms",
            here * 1000.0,
            there * 1000.0
        ),
    }])
}

/// Has LibreOffice print a document.
fn print(folder: &Path, document: &Path) -> Result<(), String> {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let (folder, document) = (folder.to_string_lossy(), document.to_string_lossy());
    let arguments = [
        profile.as_str(),
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        &folder,
        &document,
    ];
    quietly(Path::new("soffice"), &arguments)
}
