//! The corpus of file inspection, straight through the reader: every number is
//! found wherever it hides, and clean files pass.

use gongkai_app::Limits;
use gongkai_domain::inspection::{Dictionary, Hidden, Outcome, RuleId, Scanner, Severity, Verdict};
use gongkai_intake::inspect::inspect;
use gongkai_testkit::inspection::{self, Labelled};
use jiff::civil::date;

fn scanner() -> Scanner {
    Scanner::new(Dictionary::with(&[]).expect("our own"), date(2026, 11, 22))
}

fn inspected(file: &Labelled, scanner: &Scanner) -> Outcome {
    inspect(
        &file.bytes,
        &file.name,
        scanner,
        &Limits::default(),
        &|| false,
    )
}

fn told(outcome: &Outcome) -> Vec<String> {
    outcome
        .findings
        .iter()
        .map(|f| format!("{:?} {:?} {} {:?}", f.rule, f.severity, f.shown, f.place))
        .collect()
}

#[test]
fn every_number_is_found_wherever_it_hides() {
    let scanner = scanner();
    let mut missed = Vec::new();
    let mut count = 0;
    for seed in 1..4 {
        for file in inspection::seeded(seed) {
            let outcome = inspected(&file, &scanner);
            for (rule, shown) in &file.numbers {
                count += 1;
                let found = outcome.findings.iter().any(|f| {
                    f.rule == *rule && f.shown == *shown && f.severity == Severity::Blocks
                });
                if !found {
                    missed.push(format!(
                        "{} {} (seed {seed}): {shown} not in {:#?}",
                        file.name,
                        file.place,
                        told(&outcome)
                    ));
                }
            }
        }
    }
    assert!(count > 200, "only {count}");
    assert!(
        missed.is_empty(),
        "{} of {count}: {}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn hardly_a_clean_file_is_stopped() {
    let scanner = scanner();
    let mut stopped = Vec::new();
    let files = inspection::clean(7, 400);
    for file in &files {
        let outcome = inspected(file, &scanner);
        if outcome.verdict > Verdict::Warned {
            stopped.push(format!("{}: {:#?}", file.name, told(&outcome)));
        }
    }
    assert!(
        stopped.len() * 100 <= files.len(),
        "{} of {}: {}",
        stopped.len(),
        files.len(),
        stopped.join("\n")
    );
}

#[test]
fn no_finding_shows_a_number_in_clear() {
    let scanner = scanner();
    for file in inspection::seeded(9) {
        let json = serde_json::to_string(&inspected(&file, &scanner)).expect("written");
        let digits = json
            .split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max()
            .unwrap_or(0);
        assert!(digits < 11, "{} {}: {json}", file.name, file.place);
    }
}

#[test]
fn what_hides_a_number_is_told() {
    let scanner = scanner();
    let files = inspection::seeded(5);
    for (place, hidden) in [
        ("veryHidden", Hidden::Sheet),
        ("hidden row", Hidden::RowOrColumn),
        ("hidden column", Hidden::RowOrColumn),
        ("comment on a cell", Hidden::Comment),
        ("tracked deletion", Hidden::Tracked),
        ("hidden run", Hidden::Unseen),
        ("hidden by style", Hidden::Unseen),
        ("white on white", Hidden::Unseen),
        ("core properties", Hidden::Properties),
        ("embedded workbook", Hidden::Embedded),
        ("hidden slide", Hidden::Slide),
        ("notes", Hidden::Comment),
        ("under a black box", Hidden::Covered),
        ("under a mark for redaction", Hidden::Covered),
        ("attachment", Hidden::Embedded),
        ("older revision", Hidden::Revision),
        ("layer that is off", Hidden::Layer),
        ("XMP", Hidden::Properties),
        ("camera's description", Hidden::Picture),
        ("hidden element", Hidden::Unseen),
        ("remark of a page", Hidden::Comment),
    ] {
        let file = files.iter().find(|file| file.place == place).expect(place);
        let outcome = inspected(file, &scanner);
        let number = &file.numbers[0];
        let found = outcome
            .findings
            .iter()
            .find(|f| f.rule == number.0 && f.shown == number.1)
            .expect(place);
        assert_eq!(
            found.place.hidden,
            Some(hidden),
            "{place}: {:#?}",
            told(&outcome)
        );
        // And that something is hidden at all is told by itself.
        if !matches!(hidden, Hidden::Picture | Hidden::Comment) && place != "XMP" {
            assert!(
                outcome.findings.iter().any(|f| matches!(
                    f.rule,
                    RuleId::HiddenContent | RuleId::CoveredText
                ) && f.place.hidden == Some(hidden)),
                "{place}: {:#?}",
                told(&outcome)
            );
        }
    }
}

/// Files as accidents and attackers leave them: the reader ends with an outcome
/// on each. PDFs are left to the fuzzer and to the process that may be ended:
/// their library does not end on every input.
#[test]
fn harmed_files_end_in_an_outcome() {
    let scanner = scanner();
    let mut rng = fastrand::Rng::with_seed(3);
    let mut kinds = std::collections::BTreeSet::new();
    for file in inspection::seeded(2) {
        if file.name.ends_with(".pdf") {
            continue;
        }
        for _ in 0..12 {
            let mut harmed = file.clone();
            let length = harmed.bytes.len();
            match rng.u8(..4) {
                0 => harmed.bytes.truncate(rng.usize(..length)),
                1 => harmed.bytes.insert(rng.usize(..length), rng.u8(..)),
                2 => drop(harmed.bytes.drain(..rng.usize(..length.min(64)))),
                _ => {
                    for _ in 0..rng.usize(1..8) {
                        harmed.bytes[rng.usize(..length)] = rng.u8(..);
                    }
                }
            }
            kinds.insert(inspected(&harmed, &scanner).kind);
        }
    }
    assert!(kinds.len() > 5, "{kinds:?}");
}

/// Headings white on dark, frames, shadows and rules cover nothing.
#[test]
fn what_is_drawn_around_text_covers_nothing() {
    let scanner = scanner();
    let text = inspection::page_of(&["公示名单", "序号 姓名 金额", "以上共三人"]);
    let heading = inspection::Pdf::text(60, 600, 12, "标题");
    for (name, content) in [
        (
            "a heading",
            format!("{text}0 0 0.3 rg 50 590 300 30 re f 1 1 1 rg {heading}"),
        ),
        (
            "a frame",
            format!("{text}0 g 40 700 400 120 re 45 705 390 110 re f*\n"),
        ),
        (
            "a shadow",
            format!("0 g 44 696 400 120 re f 1 g 40 700 400 120 re f\n{text}"),
        ),
        ("a rule", format!("{text}0 g 50 778 400 1 re f\n")),
    ] {
        let mut pdf = inspection::Pdf::new();
        pdf.page(&content, "", "");
        let file = Labelled {
            name: "a.pdf".to_owned(),
            bytes: pdf.finish(),
            place: name.to_owned(),
            numbers: Vec::new(),
        };
        let outcome = inspected(&file, &scanner);
        assert_eq!(
            outcome.verdict,
            Verdict::Clean,
            "{name}: {:#?}",
            told(&outcome)
        );
    }
}
