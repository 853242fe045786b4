//! For `cargo xtask bench engines`: inspection beside what it stands on, turn by
//! turn in one run.
//!
//! `measure_inspection ROUNDS` prints a line for each round: seconds of the whole
//! scan of a text with 1,000 expressions and with 100,000, of the bare automaton
//! with as many on the same text; of inspecting a workbook and of reading it by
//! calamine; of inspecting a PDF and of extracting its text. Before them, a line
//! with the sizes in bytes: text, workbook, PDF.

use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

use aho_corasick::AhoCorasick;
use calamine::{Reader, Xlsx};
use gongkai_app::Limits;
use gongkai_domain::inspection::expressions::{Entry, Group, Kind};
use gongkai_domain::inspection::{Dictionary, Scanner};
use gongkai_intake::inspect::inspect;
use gongkai_testkit::inspection::{Pdf, clean, page_of};
use jiff::civil::date;
use pdf_oxide::document::PdfDocument;
use rust_xlsxwriter::Workbook;

/// The binary's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Characters that texts are made of: as many as a reader of newspapers knows.
const CHARACTERS: u32 = 2_500;
/// Rows of the workbook, so that it has about 10 MB.
const ROWS: u32 = 110_000;
const PAGES: usize = 200;

fn character(rng: &mut fastrand::Rng) -> char {
    // Some are far more frequent than others, as in texts.
    let at = rng.u32(..CHARACTERS).min(rng.u32(..CHARACTERS));
    char::from_u32(0x4e00 + at * 8).expect("a character")
}

fn word(rng: &mut fastrand::Rng) -> String {
    (0..rng.usize(2..6)).map(|_| character(rng)).collect()
}

/// Expressions with every tenth as many that protect: an expression within two
/// characters more.
fn groups(rng: &mut fastrand::Rng, count: usize) -> Vec<Group> {
    let expressions: Vec<String> = (0..count)
        .map(|_| format!("{}{}", word(rng), word(rng)))
        .collect();
    let protecting: Vec<Entry> = expressions
        .iter()
        .step_by(10)
        .map(|word| Entry::Bare(format!("{}{word}{}", character(rng), character(rng))))
        .collect();
    let entries = expressions.into_iter().map(Entry::Bare).collect();
    let group = |kind, entries| Group {
        kind,
        source: "generated".to_owned(),
        entries,
    };
    vec![
        group(Kind::Wrong, entries),
        group(Kind::Protect, protecting),
    ]
}

fn texts_of(groups: &[Group]) -> Vec<&str> {
    groups
        .iter()
        .flat_map(|group| &group.entries)
        .map(|entry| match entry {
            Entry::Bare(text) | Entry::With(text, _) => text.as_str(),
        })
        .collect()
}

/// Prose with expressions in it here and there, and lines of numbers.
fn text(rng: &mut fastrand::Rng, planted: &[&str]) -> String {
    let lines: Vec<String> = clean(5, 64)
        .into_iter()
        .filter(|file| file.name.ends_with(".txt"))
        .filter_map(|file| String::from_utf8(file.bytes).ok())
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut text = String::new();
    while text.len() < 8 * 1024 * 1024 {
        for _ in 0..rng.usize(4..10) {
            for _ in 0..rng.usize(5..15) {
                text.push_str(&word(rng));
            }
            if rng.usize(..20) == 0 {
                text.push_str(planted[rng.usize(..planted.len())]);
            }
            text.push('，');
        }
        text.push_str("。\n");
        if rng.usize(..3) == 0 {
            text.push_str(&lines[rng.usize(..lines.len())]);
            text.push('\n');
        }
    }
    text
}

fn workbook(rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..ROWS {
        sheet
            .write(row, 0, format!("{}{}", word(rng), word(rng)))
            .expect("a cell");
        sheet.write(row, 1, word(rng)).expect("a cell");
        sheet
            .write(row, 2, format!("5301{:08}", rng.u32(..99_999_999)))
            .expect("a cell");
        for column in 3..10 {
            sheet
                .write(row, column, f64::from(rng.u32(..9_999_999)) / 100.0)
                .expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

fn pdf() -> Vec<u8> {
    let mut pdf = Pdf::new();
    let files = clean(9, 800);
    let lines: Vec<String> = files
        .iter()
        .filter(|file| file.name.ends_with(".txt"))
        .filter_map(|file| String::from_utf8(file.bytes.clone()).ok())
        .flat_map(|text| {
            text.lines()
                .map(|line| line.replace('\t', "  "))
                .collect::<Vec<_>>()
        })
        .collect();
    for page in 0..PAGES {
        let lines: Vec<&str> = (0..36)
            .map(|n| lines[(page * 36 + n) % lines.len()].as_str())
            .collect();
        pdf.page(&page_of(&lines), "", "");
    }
    pdf.finish()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn timed(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let mut rng = fastrand::Rng::with_seed(1);
    let today = date(2026, 11, 22);
    let (few, many) = (groups(&mut rng, 1_000), groups(&mut rng, 100_000));
    let planted = texts_of(&few);
    let text = text(&mut rng, &planted);
    let (book, pdf) = (workbook(&mut rng), pdf());
    println!("{} {} {}", text.len(), book.len(), pdf.len());
    let scanner =
        |groups: &[Group]| Scanner::new(Dictionary::new(groups).expect("a dictionary"), today);
    let (of_few, of_many) = (scanner(&few), scanner(&many));
    let bare = |groups: &[Group]| AhoCorasick::new(texts_of(groups)).expect("an automaton");
    let (bare_few, bare_many) = (bare(&few), bare(&many));
    let ours = Scanner::new(Dictionary::with(&[]).expect("our own"), today);
    let limits = Limits::default();
    let mut hits = Vec::new();
    for round in 0..=rounds {
        let mut scan = |scanner: &Scanner| {
            timed(|| {
                hits.clear();
                scanner.scan(&text, &mut hits);
                assert!(!black_box(&hits).is_empty());
            })
        };
        let find = |bare: &AhoCorasick| {
            timed(|| {
                assert!(black_box(bare.find_iter(&text).count()) > 0);
            })
        };
        let look = |bytes: &[u8], name: &str| {
            timed(|| {
                black_box(inspect(bytes, name, &ours, &limits, &|| false));
            })
        };
        let seconds = [
            scan(&of_few),
            find(&bare_few),
            scan(&of_many),
            find(&bare_many),
            look(&book, "book.xlsx"),
            timed(|| {
                let mut read: Xlsx<_> = Xlsx::new(Cursor::new(&book)).expect("a workbook");
                for name in read.sheet_names() {
                    black_box(read.worksheet_range(&name).expect("a sheet"));
                }
            }),
            look(&pdf, "paper.pdf"),
            timed(|| {
                let read = PdfDocument::from_bytes(pdf.clone()).expect("a PDF");
                for page in 0..read.page_count().expect("pages") {
                    black_box(read.extract_text(page).expect("text"));
                }
            }),
        ];
        // Once to warm up.
        if round > 0 {
            let seconds: Vec<String> = seconds.iter().map(|s| format!("{s:.6}")).collect();
            println!("{}", seconds.join(" "));
        }
    }
}
