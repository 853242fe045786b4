//! Files that mean harm, inspected as the server does it: each in a process of
//! its own, within two seconds of a processor and 256 MiB. And the command.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use gongkai_app::inspection::{Outcome, Verdict};
use gongkai_app::report::orders::{Answer, Input, Order, Wanted, write_head};
use gongkai_domain::inspection::RuleId;
use gongkai_domain::words::Language;
use gongkai_testkit::{hostile, inspection as corpus, quine};
use jiff::civil::date;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");
const MEMORY: u64 = 256 * 1024 * 1024;
const SECONDS: u64 = 2;

/// How an inspection ended: with an outcome, or at a limit.
#[derive(Debug)]
enum Ended {
    Told(Outcome),
    Stopped(String),
}

fn whole_order(name: &str, bytes: &[u8]) -> Vec<u8> {
    let order = Order {
        language: Language::Chinese,
        wanted: Wanted::Inspection {
            today: date(2026, 11, 22),
        },
        which: 0,
        expected: Vec::new(),
        inputs: vec![Input::file(
            name,
            u64::try_from(bytes.len()).expect("a length"),
        )],
    };
    let mut whole = Vec::new();
    write_head(&order, &mut whole).expect("a head");
    whole.extend_from_slice(bytes);
    whole
}

fn inspected(name: &str, bytes: &[u8]) -> Ended {
    let mut child = Command::new(BINARY)
        .args(["work", &SECONDS.to_string(), &MEMORY.to_string()])
        .env_clear()
        .env("MIMALLOC_ARENA_RESERVE", "16384")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    let whole = whole_order(name, bytes);
    let writer = std::thread::spawn(move || {
        // One that has ended reads no further.
        let _ = input.write_all(&whole);
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    if !output.status.success() {
        return Ended::Stopped(output.status.to_string());
    }
    let answer = Answer::read(&output.stdout).expect("an answer");
    Ended::Told(serde_json::from_slice(&answer.body).expect("an outcome"))
}

/// Refused, and for this.
fn refused(name: &str, bytes: &[u8], rule: RuleId) {
    match inspected(name, bytes) {
        Ended::Told(outcome) => {
            let rules: Vec<RuleId> = outcome.findings.iter().map(|f| f.rule).collect();
            assert_eq!(outcome.verdict, Verdict::Refused, "{name}: {rules:?}");
            assert!(rules.contains(&rule), "{name}: {rule:?} not in {rules:?}");
        }
        Ended::Stopped(status) => panic!("{name} was only stopped: {status}"),
    }
}

fn document(parts: &[(&str, &str)]) -> Vec<u8> {
    corpus::docx("<w:p><w:r><w:t>通知</w:t></w:r></w:p>", parts)
}

#[test]
fn bombs_are_refused_by_what_they_claim_or_unfold_to() {
    refused("bomb.docx", &hostile::docx_bomb(), RuleId::Bomb);
    refused("overlapping.docx", &hostile::overlapping(), RuleId::Bomb);
    refused("quine.docx", &quine::quine(), RuleId::Nested);
    let mut inner = corpus::zip(&[("a.txt", b"x")]);
    for depth in 0..8 {
        inner = corpus::zip(&[(&format!("{depth}.zip"), &inner)]);
    }
    refused("nested.zip", &inner, RuleId::Nested);
    // A directory of a million entries is not even read.
    let mut many = corpus::zip(&[("a", b"")]);
    let end = many.len() - 22;
    many[end + 8..end + 12].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    refused("many.zip", &many, RuleId::Bomb);
    let zeros = vec![b'0'; 16 * 1024 * 1024];
    let parts: Vec<(String, &[u8])> = (0..10).map(|n| (format!("{n}.txt"), &zeros[..])).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    refused("flat.zip", &corpus::zip(&parts), RuleId::Bomb);
}

#[test]
fn whatever_was_made_to_harm_ends_within_its_limits() {
    let mut all = hostile::all();
    all.push(("heavy.xlsx", hostile::heavy_sheet()));
    // A picture that claims 60,000 by 60,000.
    let mut png = corpus::png(10, 10, &[]);
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    all.push(("large.png", png));
    for (name, bytes) in all {
        let ended = inspected(name, &bytes);
        let passes =
            matches!(&ended, Ended::Told(outcome) if outcome.verdict < Verdict::Unreadable);
        // Rows that are empty and tags within tags harm nobody who can read them.
        let harmless = [
            "rows.xlsx",
            "million.xlsx",
            "deep.html",
            "half.html",
            "heavy.xlsx",
            "nested.docx",
            "bomb.xlsx",
        ];
        assert!(!passes || harmless.contains(&name), "{name}: {ended:?}");
    }
}

#[test]
fn disguises_entities_and_ways_out_are_refused() {
    let zip = corpus::zip(&[("a.txt", b"x")]);
    let mut pdf = corpus::Pdf::new();
    pdf.page(&corpus::page_of(&["通知"]), "", "");
    let pdf = pdf.finish();
    refused("a.pdf", &[&pdf[..], &zip].concat(), RuleId::Polyglot);
    refused(
        "a.pdf",
        &[b"<html><script>1</script>", &pdf[..]].concat(),
        RuleId::Polyglot,
    );
    refused(
        "a.png",
        &[&corpus::png(10, 10, &[])[..], b"<script>alert(1)</script>"].concat(),
        RuleId::Polyglot,
    );
    refused(
        "a.jpg",
        &[&corpus::jpeg("x", "y", false)[..], &zip].concat(),
        RuleId::Polyglot,
    );
    let entity = r#"<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:hdr xmlns:w="w">&x;</w:hdr>"#;
    refused(
        "a.docx",
        &document(&[("word/header1.xml", entity)]),
        RuleId::Entities,
    );
    refused("entities.docx", &hostile::entity_bomb(), RuleId::Entities);
    refused(
        "a.svg",
        br#"<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>"#,
        RuleId::Entities,
    );
    for name in [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "..\\..\\x.txt",
        "C:\\x.txt",
    ] {
        refused("slip.zip", &corpus::zip(&[(name, b"x")]), RuleId::Slip);
    }
}

#[test]
fn what_runs_or_is_fetched_on_opening_is_refused() {
    refused(
        "a.docx",
        &corpus::zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", b"<w:document xmlns:w=\"w\"/>"),
            ("word/vbaProject.bin", b"x"),
        ]),
        RuleId::Active,
    );
    let remote = |kind: &str| {
        format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"http://x/{kind}\" Target=\"http://10.0.0.1/t.dotm\" TargetMode=\"External\"/></Relationships>"
        )
    };
    for kind in ["attachedTemplate", "oleObject", "frame", "image"] {
        refused(
            "a.docx",
            &document(&[("word/_rels/settings.xml.rels", &remote(kind))]),
            RuleId::Remote,
        );
    }
    let field = "<w:ftr W><w:p><w:r><w:instrText>DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\"</w:instrText></w:r></w:p></w:ftr>";
    refused(
        "a.docx",
        &document(&[("word/footer1.xml", field)]),
        RuleId::Active,
    );
    refused(
        "a.html",
        b"<html><body onload=\"x()\"><p>x</p></body></html>",
        RuleId::Active,
    );
    refused(
        "a.zip",
        &corpus::zip(&[("run.exe", b"MZ")]),
        RuleId::OddName,
    );
    let mut pdf = corpus::Pdf::new();
    pdf.page(&corpus::page_of(&["通知"]), "", "");
    pdf.catalogue = "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>".to_owned();
    refused("a.pdf", &pdf.finish(), RuleId::Active);
    // A link waits for a click.
    let Ended::Told(linked) = inspected(
        "a.docx",
        &document(&[("word/_rels/document.xml.rels", &remote("hyperlink"))]),
    ) else {
        panic!("it is read");
    };
    assert_eq!(linked.verdict, Verdict::Clean, "{linked:?}");
}

#[test]
fn odd_names_are_refused() {
    for name in [
        "a\0b.txt",
        "COM1.txt",
        "con",
        "a\u{202e}txt.exe",
        "通知.pdf.exe",
        "..",
        "a/b.txt",
        "x.txt.",
        "a\r\nb.txt",
        "通知.lnk",
        &"长".repeat(100),
    ] {
        refused(name, b"hello", RuleId::OddName);
    }
    for name in [
        "通知.txt",
        "2024年（正式稿）.txt",
        "a b-c_d.txt",
        "console.txt",
    ] {
        let Ended::Told(outcome) = inspected(name, b"hello") else {
            panic!("{name}");
        };
        assert_eq!(outcome.verdict, Verdict::Clean, "{name}");
    }
}

#[test]
fn larger_than_is_read_is_refused_before_it_is_opened() {
    let large = vec![b'a'; 65 * 1024 * 1024];
    refused("large.txt", &large, RuleId::TooLarge);
}

#[test]
fn neighbours_are_read_while_bombs_go_off() {
    let bombs: Vec<_> = ["bomb.pdf", "bomb.xlsx", "bomb.docx"]
        .into_iter()
        .map(|name| {
            std::thread::spawn(move || {
                let (_, bytes) = hostile::all()
                    .into_iter()
                    .find(|(n, _)| *n == name)
                    .expect(name);
                inspected(name, &bytes)
            })
        })
        .collect();
    for file in corpus::clean(11, 8) {
        let Ended::Told(outcome) = inspected(&file.name, &file.bytes) else {
            panic!("{} was stopped beside bombs", file.name);
        };
        assert!(outcome.verdict <= Verdict::Warned, "{outcome:?}");
    }
    for bomb in bombs {
        bomb.join().expect("it ends");
    }
}

fn command(files: &[&std::path::Path], json: bool) -> Output {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .arg("--data")
        .arg("/nonexistent")
        .arg("inspect");
    if json {
        command.arg("--json");
    }
    command.args(files).output().expect("it runs")
}

#[test]
fn the_command_tells_and_its_exit_code_says_whether_all_may_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let good = write("通知.txt", "现将有关事项通知如下。".as_bytes());
    let bad = write("名单.txt", "身份证号11010519491231002X".as_bytes());
    let missing = folder.path().join("none.txt");
    let clean = command(&[&good], false);
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");
    assert!(String::from_utf8_lossy(&clean.stdout).contains("未发现问题"));
    let found = command(&[&good, &bad], false);
    let said = String::from_utf8_lossy(&found.stdout);
    assert_eq!(found.status.code(), Some(1));
    assert!(
        said.contains("1*************002X") && !said.contains("19491231"),
        "{said}"
    );
    let json = command(&[&bad], true);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(
        value["inspections"][0]["outcome"]["verdict"], "blocked",
        "{value}"
    );
    assert_eq!(command(&[&good, &missing], false).status.code(), Some(2));
}
