//! Figures beside their peers and limits, measured in one interleaved run.
//! Ratios decide; absolute times are orientation.

mod audit_page;
mod engines;
mod requests;
mod store;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use gongkai_domain::report::format::FormatId;
use gongkai_testkit::corpus::clean;
use gongkai_testkit::layouts::{self, HTML_STYLES};
use serde_json::{Value, json};

use crate::{shell, tools};

/// Rounds of each measurement; the median counts.
const ROUNDS: usize = 7;

/// A measured figure with its target.
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    /// The bound, and whether the value must be at least or at most it.
    target: (Bound, f64),
    note: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Bound {
    AtLeast,
    AtMost,
}

impl Figure {
    fn holds(&self) -> bool {
        match self.target.0 {
            Bound::AtLeast => self.value >= self.target.1,
            Bound::AtMost => self.value <= self.target.1,
        }
    }

    fn target_text(&self) -> String {
        let sign = match self.target.0 {
            Bound::AtLeast => "≥",
            Bound::AtMost => "≤",
        };
        format!("{sign} {}", self.target.1)
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": (self.value * 1000.0).round() / 1000.0,
            "unit": self.unit,
            "target": self.target_text(),
            "holds": self.holds(),
            "note": self.note,
        })
    }
}

/// Runs the benches asked for.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let as_json = arguments.windows(2).any(|w| w == ["--format", "json"]);
    let name = arguments.first().filter(|a| !a.starts_with("--"));
    let figures = match name.map(String::as_str) {
        None | Some("report") => report()?,
        Some("audit-page") => audit_page::figures()?,
        Some("store") => store::figures()?,
        Some("requests") => requests::figures()?,
        Some("demo") => vec![requests::demonstration()?],
        Some("engines") => engines::figures()?,
        Some("build") => build()?,
        Some(other) => {
            return Err(format!(
                "there is no bench {other}; there are report, audit-page, store, requests, demo, engines and build"
            ));
        }
    };
    for figure in &figures {
        if as_json {
            continue;
        }
        println!(
            "{} {:<28} {:>10.3} {:<6} target {:<8} {}",
            if figure.holds() { "✓" } else { "✗" },
            figure.name,
            figure.value,
            figure.unit,
            figure.target_text(),
            figure.note
        );
    }
    if as_json {
        let all: Vec<Value> = figures.iter().map(Figure::json).collect();
        println!("{:#}", Value::Array(all));
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn timed(run: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64())
}

/// Runs a program and throws its output away.
fn quietly(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("{} does not start: {error}", program.display()))?;
    // The audit ends with 1 where it found errors.
    match status.code() {
        Some(0 | 1) => Ok(()),
        code => Err(format!("{} ended with {code:?}", program.display())),
    }
}

/// Seconds that a program prints, one a line.
fn printed_seconds(program: &str, arguments: &[&str]) -> Result<f64, String> {
    let output = shell::output(program, arguments)?;
    Ok(median(
        output
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect(),
    ))
}

/// A folder of generated reports.
struct Corpus {
    pages: Vec<PathBuf>,
    pdf: PathBuf,
    large: PathBuf,
}

fn corpus(folder: &Path) -> Result<Corpus, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
        Ok::<PathBuf, String>(path)
    };
    let mut pages = Vec::new();
    for seed in 0..1000u64 {
        let format = [FormatId::F2021, FormatId::F2019][usize::from(seed % 4 == 3)];
        let printed = layouts::print(&clean(seed, format));
        let style = HTML_STYLES[usize::try_from(seed).unwrap_or(0) % HTML_STYLES.len()];
        pages.push(write(
            format!("{seed:04}.html"),
            &layouts::html(&printed, style),
        )?);
    }
    // 20 MiB: one report and a long page around it.
    let one = layouts::html(&layouts::print(&clean(1, FormatId::F2021)), HTML_STYLES[0]);
    let filler = "<p>政府信息公开工作取得新的进展，公开内容更加全面、及时、准确。</p>\n";
    let times = 20 * 1024 * 1024 / filler.len();
    let large = one.replace("</body>", &(filler.repeat(times) + "</body>"));
    let large = write("large.html".to_owned(), &large)?;
    let pdf = folder.join("report.pdf");
    if !pdf.exists() {
        let page = format!("file://{}", pages[0].display());
        quietly(
            Path::new("chromium"),
            &[
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-pdf-header-footer",
                &format!("--print-to-pdf={}", pdf.display()),
                &page,
            ],
        )?;
    }
    Ok(Corpus { pages, pdf, large })
}

/// A Python with pandas, made once.
fn pandas() -> Result<PathBuf, String> {
    let folder = shell::root().join("target/bench-python");
    let python = folder.join("bin/python");
    if !python.exists() {
        shell::say("installing pandas and lxml from PyPI for the comparison");
        shell::run("python3", &["-m", "venv", &folder.to_string_lossy()])?;
        let pip = folder.join("bin/pip");
        shell::run(
            &pip.to_string_lossy(),
            &["install", "--quiet", "pandas", "lxml"],
        )?;
    }
    Ok(python)
}

const READ_HTML: &str = "\
import sys, time, io, warnings
import pandas
warnings.simplefilter('ignore')
texts = [open(name, encoding='utf-8').read() for name in sys.argv[2:]]
for round in range(int(sys.argv[1]) + 1):
    start = time.perf_counter()
    for text in texts:
        pandas.read_html(io.StringIO(text), flavor='lxml')
    if round:
        print(time.perf_counter() - start)
";

/// Runs a program and prints its peak memory in KiB.
const PEAK: &str = "\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

fn report() -> Result<Vec<Figure>, String> {
    tools::for_benches()?;
    shell::say("building the release binary");
    shell::cargo(&["build", "--release", "--quiet", "--package", "gongkai"])?;
    shell::cargo(&[
        "build",
        "--release",
        "--quiet",
        "--package",
        "gongkai-app",
        "--example",
        "measure",
    ])?;
    let release = shell::root().join("target/release");
    let gongkai = release.join("gongkai");
    let measure = release.join("examples/measure");
    let measure = measure.to_string_lossy();
    let python = pandas()?;
    let python = python.to_string_lossy();
    let corpus = corpus(&shell::root().join("target/bench-corpus"))?;
    let name = |path: &PathBuf| path.to_string_lossy().into_owned();
    let few: Vec<String> = corpus.pages[..24].iter().map(name).collect();
    let all: Vec<String> = corpus.pages.iter().map(name).collect();
    let with = |head: &[&str], files: &[String]| -> Vec<String> {
        head.iter()
            .map(|a| (*a).to_owned())
            .chain(files.iter().cloned())
            .collect()
    };
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    let (mut pdf_ours, mut pdf_peers, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let pdf = name(&corpus.pdf);
    for _ in 0..ROUNDS {
        let arguments = with(&["tables", "5"], &few);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ours.push(printed_seconds(&measure, &arguments)?);
        let arguments = with(&["-c", READ_HTML, "1"], &few);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        peers.push(printed_seconds(&python, &arguments)?);
        pdf_ours.push(timed(|| {
            quietly(&gongkai, &["report", "audit", "--format", "json", &pdf])
        })?);
        pdf_peers.push(timed(|| quietly(Path::new("pdftotext"), &[&pdf, "-"]))?);
        starts.push(timed(|| quietly(&gongkai, &["--version"]))?);
    }
    let (ours, peers) = (median(ours), median(peers));
    let (pdf_ours, pdf_peers) = (median(pdf_ours), median(pdf_peers));
    let arguments = with(&["audit", "3"], &all);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let thousand = printed_seconds(&measure, &arguments)?;
    let large = name(&corpus.large);
    let binary = gongkai.to_string_lossy();
    let peak: f64 = shell::output(
        &python,
        &[
            "-c", PEAK, &binary, "report", "audit", "--format", "json", &large,
        ],
    )?
    .trim()
    .parse()
    .map_err(|_| "the peak was not printed".to_owned())?;
    let per_page = 1000.0 / 24.0;
    Ok(vec![
        Figure {
            name: "html_tables_vs_pandas",
            value: peers / ours,
            unit: "×",
            target: (Bound::AtLeast, 50.0),
            note: format!(
                "warm libraries, reading tables: ours {:.3} ms a page, pandas.read_html {:.3} ms",
                ours * per_page,
                peers * per_page
            ),
        },
        Figure {
            name: "pdf_audit_vs_pdftotext",
            value: pdf_ours / pdf_peers,
            unit: "×",
            target: (Bound::AtMost, 3.0),
            note: format!(
                "process times: audit {:.1} ms, pdftotext {:.1} ms",
                pdf_ours * 1000.0,
                pdf_peers * 1000.0
            ),
        },
        Figure {
            name: "thousand_html_reports",
            value: thousand,
            unit: "s",
            target: (Bound::AtMost, 10.0),
            note: "read and audited on one core, warm library".to_owned(),
        },
        Figure {
            name: "peak_of_20_mib_input",
            value: peak / 1024.0,
            unit: "MiB",
            target: (Bound::AtMost, 100.0),
            note: "one report in a page of 20 MiB, whole process".to_owned(),
        },
        Figure {
            name: "start_up",
            value: median(starts) * 1000.0,
            unit: "ms",
            target: (Bound::AtMost, 50.0),
            note: "gongkai --version, whole process".to_owned(),
        },
    ])
}

/// Times of the debug build, from clean and after one touched file, in a
/// target folder of its own.
fn build() -> Result<Vec<Figure>, String> {
    let folder = shell::root().join("target/bench-build");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    let target = folder.to_string_lossy().into_owned();
    let build = || shell::cargo(&["build", "--workspace", "--quiet", "--target-dir", &target]);
    let clean = timed(build)?;
    let touched = shell::root().join("crates/domain/src/report/audit/narrative.rs");
    let text = std::fs::read(&touched).map_err(|error| error.to_string())?;
    std::fs::write(&touched, text).map_err(|error| error.to_string())?;
    let again = timed(build)?;
    Ok(vec![
        Figure {
            name: "debug_build_from_clean",
            value: clean / 60.0,
            unit: "min",
            target: (Bound::AtMost, 6.0),
            note: "dependencies downloaded before".to_owned(),
        },
        Figure {
            name: "debug_build_after_touch",
            value: again,
            unit: "s",
            target: (Bound::AtMost, 10.0),
            note: "a file of domain, on which every crate rests".to_owned(),
        },
    ])
}
