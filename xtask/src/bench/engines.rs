//! File inspection beside what it stands on: the bare automaton, calamine, and
//! the extraction of text.

use super::{Bound, Figure, median};
use crate::shell;

/// Turns of each.
const ROUNDS: &str = "7";

/// Seconds of a round, in the order in which they are printed.
type Round = [f64; 8];

const SCAN_FEW: usize = 0;
const BARE_FEW: usize = 1;
const SCAN_MANY: usize = 2;
const BARE_MANY: usize = 3;
const BOOK: usize = 4;
const CALAMINE: usize = 5;
const PDF: usize = 6;
const TEXT_OF_PDF: usize = 7;

fn round(line: &str) -> Option<Round> {
    let seconds: Result<Vec<f64>, _> = line.split(' ').map(str::parse).collect();
    Round::try_from(seconds.ok()?).ok()
}

/// Measures the engines.
pub fn figures() -> Result<Vec<Figure>, String> {
    shell::say("building the release example");
    let build = [
        "build",
        "--release",
        "--quiet",
        "--package",
        "gongkai-intake",
        "--example",
    ];
    shell::cargo(&[&build[..], &["measure_inspection"]].concat())?;
    let measure = shell::root().join("target/release/examples/measure_inspection");
    let printed = shell::output(&measure.to_string_lossy(), &[ROUNDS])?;
    let (sizes, rest) = printed.split_once('\n').ok_or("nothing was measured")?;
    let sizes: Vec<f64> = sizes.split(' ').flat_map(str::parse).collect();
    let [text, book, pdf] = sizes[..] else {
        return Err(format!("these are no sizes: {sizes:?}"));
    };
    let rounds: Vec<Round> = rest.lines().filter_map(round).collect();
    // Each turn beside its neighbour of the same moment.
    let ratio = |of: usize, to: usize| median(rounds.iter().map(|r| r[of] / r[to]).collect());
    let seconds = |of: usize| median(rounds.iter().map(|r| r[of]).collect());
    let rate = |of: usize| text / seconds(of) / 1e6;
    let beside =
        |of: usize, to: usize| format!("{:.0} MB/s, the automaton {:.0}", rate(of), rate(to));
    let figure = |name, value, unit, target, note| Figure {
        name,
        value,
        unit,
        target,
        note,
    };
    Ok(vec![
        figure(
            "scan_vs_automaton_100000",
            ratio(BARE_MANY, SCAN_MANY),
            "×",
            (Bound::AtLeast, 0.4),
            beside(SCAN_MANY, BARE_MANY),
        ),
        figure(
            "scan_vs_automaton_1000",
            ratio(BARE_FEW, SCAN_FEW),
            "×",
            (Bound::AtLeast, 0.4),
            beside(SCAN_FEW, BARE_FEW),
        ),
        figure(
            "scan_100000_vs_1000",
            ratio(SCAN_FEW, SCAN_MANY),
            "×",
            (Bound::AtLeast, 0.8),
            "flat: as quick with a hundred times as many expressions".to_owned(),
        ),
        figure(
            "inspect_xlsx_vs_calamine",
            ratio(BOOK, CALAMINE),
            "×",
            (Bound::AtMost, 2.0),
            format!("{:.1} MB in {:.2} s", book / 1e6, seconds(BOOK)),
        ),
        figure(
            "inspect_pdf_vs_text",
            ratio(PDF, TEXT_OF_PDF),
            "×",
            (Bound::AtMost, 2.0),
            format!("200 pages, {:.1} MB in {:.2} s", pdf / 1e6, seconds(PDF)),
        ),
    ])
}
