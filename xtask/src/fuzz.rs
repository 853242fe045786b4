//! `cargo xtask fuzz`: made-up bytes for every reader, guided by which code
//! they reach.

use std::path::Path;
use std::process::{Command, Stdio};

use gongkai_testkit::hostile;

use crate::shell;

const TARGETS: [&str; 9] = [
    "html", "docx", "xlsx", "pdf", "package", "markdown", "text", "mail", "report",
];

/// What the stable compiler offers of libFuzzer's instrumentation.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";
/// The PDF library does not end on every input; its reader leaves such a one
/// behind at the deadline, which a process of the fuzzer's cannot. So each runs
/// in a process that may be given up.
const ENDLESS: &[&str] = &["-timeout=3", "-fork=1", "-ignore_timeouts=1"];
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Fuzzes the targets named, or all, `--minutes` each (10), two at a time.
/// What is found lies in `target/fuzz/found`.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let minutes: u32 = match arguments.iter().position(|a| a == "--minutes") {
        Some(at) => arguments
            .get(at + 1)
            .and_then(|text| text.parse().ok())
            .ok_or("--minutes wants a number")?,
        None => 10,
    };
    let named: Vec<&str> = TARGETS
        .into_iter()
        .filter(|target| arguments.iter().any(|a| a == target))
        .collect();
    let targets = if named.is_empty() {
        TARGETS.to_vec()
    } else {
        named
    };
    let folder = shell::root().join("target/fuzz");
    shell::say("building the readers with instrumentation (some minutes)");
    let status = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--quiet",
            "--target",
            TRIPLE,
            "--manifest-path",
        ])
        .arg(shell::root().join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .status()
        .map_err(|error| error.to_string())?;
    if !status.success() {
        return Err("the fuzzer was not built".to_owned());
    }
    let found = folder.join("found");
    std::fs::create_dir_all(&found).map_err(|error| error.to_string())?;
    let binary = folder.join(TRIPLE).join("release/gongkai-fuzz");
    let mut broken = Vec::new();
    for pair in targets.chunks(2) {
        shell::say(&format!(
            "fuzzing {}, {minutes} minutes",
            pair.join(" and ")
        ));
        let running: Vec<_> = pair
            .iter()
            .map(|target| start(&binary, target, minutes, &folder).map(|child| (*target, child)))
            .collect::<Result<_, _>>()?;
        for (target, mut child) in running {
            let status = child.wait().map_err(|error| error.to_string())?;
            let log =
                std::fs::read_to_string(folder.join(format!("{target}.log"))).unwrap_or_default();
            let last = log.lines().rev().find(|line| line.contains("cov:"));
            println!("{target}: {}", last.unwrap_or("no figures").trim());
            if !status.success() {
                broken.push(target);
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} broke; see {}",
        broken.join(", "),
        found.display()
    ))
}

fn start(
    binary: &Path,
    target: &str,
    minutes: u32,
    folder: &Path,
) -> Result<std::process::Child, String> {
    let failed = |error: std::io::Error| error.to_string();
    let corpus = folder.join("corpus").join(target);
    std::fs::create_dir_all(&corpus).map_err(failed)?;
    for (index, seed) in seeds(target).iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{index}")), seed).map_err(failed)?;
    }
    let log = std::fs::File::create(folder.join(format!("{target}.log"))).map_err(failed)?;
    Command::new(binary)
        .env("GONGKAI_FUZZ", target)
        .arg(format!("-max_total_time={}", minutes * 60))
        .args(["-rss_limit_mb=1024", "-max_len=65536"])
        .args(if target == "pdf" {
            ENDLESS
        } else {
            ["-timeout=10"].as_slice()
        })
        .arg(format!(
            "-artifact_prefix={}/found/{target}-",
            folder.display()
        ))
        .arg(&corpus)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(failed)
}

/// Where a target begins.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let sample = |name: &str| {
        std::fs::read(shell::root().join("crates/gongkai/samples").join(name)).unwrap_or_default()
    };
    match target {
        "html" => vec![sample("water-2024.html"), sample("water-2023.html")],
        "docx" => vec![
            b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body><w:p><w:r><w:t>1</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/><w:vMerge w:val='restart'/></w:tcPr><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>".to_vec(),
        ],
        "xlsx" => vec![
            b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><dimension ref='A1:B2'/><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>x</t></is></c><c r='B1'><v>2</v></c></row></sheetData><mergeCells><mergeCell ref='A1:B2'/></mergeCells></worksheet>".to_vec(),
        ],
        "pdf" => {
            let mut seeds = vec![hostile::pdf_page("BT /F1 12 Tf 72 720 Td (1) Tj ET")];
            let printed = shell::root().join("target/bench-corpus/report.pdf");
            seeds.extend(std::fs::read(printed));
            seeds
        }
        "package" => vec![hostile::docx("<w:p/>"), hostile::overlapping()],
        "markdown" => vec!["# 报告\n\n| 一 | 二 |\n|---|---|\n| 1 | 2 |\n".as_bytes().to_vec()],
        "mail" => vec![
            b"From: =?gb18030?B?1eu=?= <a@example.org>\r\nTo: b@example.org\r\nDate: Fri, 20 Nov 2026 06:30:05 GMT\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=gbk\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C9=EA</p>\r\n--x\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n".to_vec(),
        ],
        _ => vec![sample("finance-2022.txt")],
    }
}
