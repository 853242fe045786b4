//! For `cargo xtask bench engines`: inspection beside what it stands on, turn by
//! turn in one run.
//!
//! `measure_inspection ROUNDS` prints a line for each round: seconds of the whole
//! scan of a text with 1,000 expressions and with 100,000, of the bare automaton
//! with as many on the same text, each the second of two runs; of inspecting a workbook and of reading it by
//! calamine; of inspecting a PDF and of extracting its text. Before them, a line
//! with the sizes in bytes: text, workbook, PDF.

use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

use calamine::{Reader, Xlsx};
use gongkai_domain::inspection::expressions::{Entry, Group, Kind};
use gongkai_domain::inspection::{Dictionary, Scanner};
use gongkai_intake::Limits;
use gongkai_intake::inspect::inspect;
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

/// A line of numbers as offices write them.
fn numbers(rng: &mut fastrand::Rng) -> String {
    let digits = |rng: &mut fastrand::Rng, count: usize| -> String {
        (0..count)
            .map(|_| char::from(b'0' + rng.u8(..10)))
            .collect()
    };
    let (a, b, c) = (digits(rng, 20), digits(rng, 9), digits(rng, 4));
    match rng.u8(..4) {
        0 => format!("索引号：5301-2024-{c}，订单号{a}，共{c}件、{b}元"),
        1 => format!("云政发〔2024〕{c}号，电话0871-6312{c}，流水号{a}"),
        2 => (0..12)
            .map(|_| digits(rng, 4))
            .collect::<Vec<_>>()
            .join("\t"),
        _ => format!(
            "2024年{c}件，增长{}.{}%，项目代码{b}-{c}",
            digits(rng, 2),
            digits(rng, 1)
        ),
    }
}

/// Prose with expressions in it here and there, and lines of numbers.
fn text(rng: &mut fastrand::Rng, planted: &[&str]) -> String {
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
            text.push_str(&numbers(rng));
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

/// A PDF as Chinese offices' old printers made them: no font in it, the text in
/// UCS-2.
fn pdf(rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        String::new(),
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>".to_owned(),
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 5 0 R/DW 1000>>".to_owned(),
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>".to_owned(),
    ];
    let mut kids = String::new();
    for _ in 0..PAGES {
        let mut content = String::new();
        for line in 0..36 {
            let text = match line % 3 {
                0 => numbers(rng).replace('\t', "  "),
                _ => (0..9).map(|_| word(rng)).collect(),
            };
            let hex: String = text
                .encode_utf16()
                .map(|unit| format!("{unit:04X}"))
                .collect();
            content += &format!("BT /F1 12 Tf 60 {} Td <{hex}> Tj ET\n", 780 - line * 20);
        }
        let stream = objects.len() + 1;
        objects.push(format!(
            "<</Length {}>>\nstream\n{content}\nendstream",
            content.len()
        ));
        objects.push(format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R/Resources<</Font<</F1 3 0 R>>>>>>"));
        kids += &format!("{} 0 R ", stream + 1);
    }
    objects[1] = format!("<</Type/Pages/Kids[{kids}]/Count {PAGES}>>");
    let mut file = String::from("%PDF-1.7\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (object, number) in objects.iter().zip(1..) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let at = file.len();
    file += &format!(
        "{table}trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n",
        objects.len() + 1
    );
    file.into_bytes()
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

/// The second of two runs. The turn before was another automaton's: the first run
/// brings ten megabytes of this one back from memory, once and not for each text.
fn warm(mut run: impl FnMut()) -> f64 {
    run();
    timed(run)
}

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let mut rng = fastrand::Rng::with_seed(1);
    let today = date(2026, 11, 22);
    let (few, many) = (groups(&mut rng, 1_000), groups(&mut rng, 100_000));
    // Of both lists as many stand in the text.
    let mut planted = texts_of(&few);
    planted.extend(texts_of(&many).into_iter().take(1_100));
    let text = text(&mut rng, &planted);
    let (book, pdf) = (workbook(&mut rng), pdf(&mut rng));
    println!("{} {} {}", text.len(), book.len(), pdf.len());
    let dictionary = |groups: &[Group]| Dictionary::new(groups).expect("a dictionary");
    let (bare_few, bare_many) = (dictionary(&few), dictionary(&many));
    let scanner = |dictionary: &Dictionary| Scanner::new(dictionary.clone(), today);
    let (of_few, of_many) = (scanner(&bare_few), scanner(&bare_many));
    let ours = Scanner::new(Dictionary::with(&[]).expect("our own"), today);
    let limits = Limits::default();
    let mut hits = Vec::new();
    for round in 0..=rounds {
        let mut scan = |scanner: &Scanner| {
            warm(|| {
                hits.clear();
                scanner.scan(&text, &mut hits);
                assert!(!black_box(&hits).is_empty());
            })
        };
        let find = |bare: &Dictionary| {
            warm(|| {
                assert!(black_box(bare.count_bare(&text)) > 0);
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
