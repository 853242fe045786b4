//! The command line is a contract: names, outputs and exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A data folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gongkai"))
            .args(arguments)
            .env("GONGKAI_DATA", self.0.join("data"))
            .env_remove("GONGKAI_LANG")
            .output()
            .expect("gongkai starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{arguments:?}: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("a file is written");
        path.to_string_lossy().into_owned()
    }
}

fn sample(name: &str) -> String {
    format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn parse_gives_cells_uncertain_missing_and_claims() {
    let folder = Folder::new("parse");
    let parsed = folder.json(&[
        "report",
        "parse",
        &sample("water-2024.html"),
        "--format",
        "json",
    ]);
    assert_eq!(parsed["format"], "2021");
    assert_eq!(parsed["organization"], "云溪县水务局");
    assert_eq!(parsed["year"], 2024);
    assert_eq!(parsed["cells"]["t3.received_new.total"], 18);
    assert_eq!(
        parsed["cells"]["t2.art20_8.administrative_fee.fee_amount_this_year"],
        "28.75"
    );
    assert_eq!(parsed["missing"], serde_json::json!([]));
    let claim = &parsed["claims"][0];
    for key in ["code", "sentence", "stated", "place"] {
        assert!(!claim[key].is_null(), "{key} in {claim}");
    }
    let glued = folder.json(&["report", "parse", &sample("finance-2022.txt")]);
    let key = "t2.art20_1.normative_documents.valid_now";
    assert!(glued["cells"][key].is_null());
    assert_eq!(glued["uncertain"][key]["raw"], "行政规范性文件 | 1012");
    assert_eq!(
        glued["uncertain"][key]["candidates"],
        serde_json::json!([12, 2])
    );
}

#[test]
fn audit_exits_with_0_1_and_2() {
    let folder = Folder::new("exit");
    let code = |file: &str| folder.run(&["report", "audit", file]).status.code();
    assert_eq!(code(&sample("water-2023.html")), Some(0));
    assert_eq!(
        code(&sample("finance-2022.txt")),
        Some(0),
        "unsure is no error"
    );
    assert_eq!(code(&sample("water-2024.html")), Some(1));
    assert_eq!(
        code(&folder.file("cut.docx", b"PK\x03\x04 cut off")),
        Some(2)
    );
    let missing = folder.run(&["report", "audit", "nowhere.html"]);
    assert_eq!(missing.status.code(), Some(2));
    let said = text(&missing.stderr);
    assert!(said.starts_with("错误：nowhere.html: 打不开"), "{said}");
}

#[test]
fn audit_as_json_has_the_fields_of_the_contract_and_several_files_make_an_array() {
    let folder = Folder::new("json");
    let (new, old) = (sample("water-2024.html"), sample("water-2023.html"));
    let one = folder.json(&[
        "report",
        "audit",
        &new,
        "--previous",
        &old,
        "--format",
        "json",
    ]);
    let diagnostics = one["diagnostics"].as_array().expect("an array");
    let fields = [
        "code",
        "severity",
        "status",
        "place",
        "left",
        "right",
        "message",
        "basis",
        "mend",
        "fingerprint",
    ];
    for diagnostic in diagnostics {
        for field in fields {
            assert!(diagnostic.get(field).is_some(), "{field} in {diagnostic}");
        }
    }
    let carry = diagnostics
        .iter()
        .find(|d| d["code"] == "XY-CARRY-total")
        .expect("last year's two are this year's one");
    assert_eq!(
        (&carry["left"], &carry["right"]),
        (&"2".into(), &"1".into())
    );
    assert_eq!(carry["severity"], "error");
    assert_eq!(carry["status"], "fails");
    let both = folder.json(&["report", "audit", &new, &old, "--format", "json"]);
    assert_eq!(both[0]["name"], new.as_str());
    assert_eq!(both[1]["name"], old.as_str());
}

#[test]
fn sarif_html_and_the_terminal_tell_the_same_faults() {
    let folder = Folder::new("outputs");
    let new = sample("water-2024.html");
    let sarif = folder.json(&["report", "audit", &new, "--format", "sarif"]);
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let page = text(
        &folder
            .run(&["report", "audit", &new, "--format", "html"])
            .stdout,
    );
    let shown = text(&folder.run(&["report", "audit", &new]).stdout);
    assert!(!shown.contains('\u{1b}'), "no colour off a terminal");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(!page.contains("<script"), "the page needs no script");
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "and nothing from elsewhere"
    );
    for result in results {
        let print = result["partialFingerprints"]["gongkai/v1"]
            .as_str()
            .expect("a fingerprint");
        assert!(page.contains(print) && shown.contains(print), "{print}");
    }
    assert!(shown.contains("17 ≠ 18"), "{shown}");
    let english = text(
        &folder
            .run(&["--lang", "en", "report", "audit", &new])
            .stdout,
    );
    assert!(english.contains("The text says 17件"), "{english}");
}

#[test]
fn what_stands_in_a_report_is_never_markup_in_the_page() {
    let folder = Folder::new("markup");
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>局";
    let report = format!(
        "{hostile}2024年政府信息公开工作年度报告\n一、总体情况\n共公开30条，其中：{hostile}20条，其他9条。\n"
    );
    let file = folder.file("x.txt", report.as_bytes());
    let page = text(
        &folder
            .run(&["report", "audit", &file, "--format", "html"])
            .stdout,
    );
    assert!(page.contains("NARR-SUM"));
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
}

#[test]
fn a_verdict_survives_a_new_run_and_a_dismissed_error_does_not_count() {
    let folder = Folder::new("verdict");
    let new = sample("water-2024.html");
    let audit = || folder.json(&["report", "audit", &new, "--format", "json"]);
    for diagnostic in audit()["diagnostics"].as_array().expect("an array") {
        if diagnostic["severity"] == "error" {
            let print = diagnostic["fingerprint"].as_str().expect("a fingerprint");
            let done = folder.run(&[
                "report",
                "verdict",
                print,
                "dismissed",
                "--remark",
                "已说明",
            ]);
            assert!(done.status.success());
        }
    }
    let again = audit();
    let error = &again["diagnostics"][0];
    assert_eq!(error["verdict"]["decision"], "dismissed");
    assert_eq!(error["verdict"]["remark"], "已说明");
    assert_eq!(
        folder.run(&["report", "audit", &new]).status.code(),
        Some(0)
    );
}

#[test]
fn convert_and_diff() {
    let folder = Folder::new("convert");
    let (new, old) = (sample("water-2024.html"), sample("water-2023.html"));
    let book = folder.0.join("out.xlsx").to_string_lossy().into_owned();
    let done = folder.run(&["report", "convert", &new, "--to", "xlsx", "--output", &book]);
    assert!(done.status.success());
    let again = folder.json(&["report", "parse", &book]);
    let first = folder.json(&["report", "convert", &new, "--to", "json"]);
    assert_eq!(again["cells"], first["cells"]);
    let page = text(
        &folder
            .run(&["report", "convert", &new, "--to", "html"])
            .stdout,
    );
    assert!(page.contains("<caption") && page.contains("scope=\"row\""));
    let difference = folder.json(&["report", "diff", &old, &new, "--format", "json"]);
    let cells = difference["cells"].as_array().expect("an array");
    assert!(
        cells
            .iter()
            .any(|c| c["key"] == "t3.received_new.total" && c["old"] == "11" && c["new"] == "18")
    );
}

#[test]
fn rules_are_listed_by_code() {
    let folder = Folder::new("rules");
    let rules = folder.json(&["report", "rules", "--format", "json"]);
    let codes: Vec<&str> = rules
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|rule| rule["code"].as_str())
        .collect();
    for code in [
        "T3-ROWSUM-received_new",
        "T3-RECON-total",
        "T4-SUM-review",
        "XY-T2-VALID-rules",
        "NARR-PERCENT",
    ] {
        assert!(codes.contains(&code), "{code}");
    }
}

#[test]
fn clock_fee_and_calendar() {
    let folder = Folder::new("clock");
    let date = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        folder.json(&all)
    };
    let due = date(&[
        "clock",
        "due",
        "--received",
        "2024-04-01",
        "--consult",
        "2024-04-10..2024-04-24",
        "--consult",
        "2024-04-17..2024-04-30",
    ]);
    assert_eq!(due["date"], "2024-05-22");
    assert!(
        due["reasoning"]
            .as_array()
            .is_some_and(|steps| steps.len() >= 3)
    );
    assert_eq!(
        date(&["clock", "add", "--from", "2024-02-05", "--days", "7"])["date"],
        "2024-02-20"
    );
    assert_eq!(
        date(&[
            "clock",
            "between",
            "--from",
            "2024-04-10",
            "--to",
            "2024-04-24"
        ])["days"],
        10
    );
    assert_eq!(
        date(&["clock", "is-working-day", "2024-02-18"])["working_day"],
        true
    );
    assert_eq!(
        date(&["clock", "remedy", "--served", "2024-03-08", "--months", "6"])["date"],
        "2024-09-09"
    );
    let fee = date(&["fee", "per-item", "--count", "31"]);
    assert_eq!(
        (&fee["yuan"], &fee["nth_yuan"]),
        (&2200.into(), &200.into())
    );
    assert_eq!(date(&["fee", "per-page", "--pages", "150"])["yuan"], 1700);
    let too_long = folder.run(&["clock", "due", "--received", "2024-04-01", "--extend", "21"]);
    assert_eq!(too_long.status.code(), Some(2));
    assert!(text(&too_long.stderr).contains("不得超过 20 个工作日"));
}

#[test]
fn a_new_years_calendar_is_loaded_once_and_ends_the_provisional_dates() {
    let folder = Folder::new("calendar");
    let due = || {
        folder.json(&[
            "clock",
            "due",
            "--received",
            "2026-12-20",
            "--format",
            "json",
        ])
    };
    assert_eq!(due()["provisional"], true);
    assert_eq!(due()["missing_years"], serde_json::json!([2027]));
    let year = r#"{"year":2027,"notice":"试","off":{"2027-01-01":"new_year"},"work":{}}"#;
    let file = folder.file("2027.json", year.as_bytes());
    assert!(folder.run(&["calendar", "load", &file]).status.success());
    assert_eq!(due()["provisional"], false);
    assert_eq!(due()["date"], "2027-01-18");
    let shown = text(&folder.run(&["calendar", "show", "2027"]).stdout);
    assert!(shown.contains("260 个工作日"), "{shown}");
    let wrong = folder.file("wrong.json", br#"{"year":2028,"work":{"2028-01-03":"x"}}"#);
    let refused = folder.run(&["calendar", "load", &wrong]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("2028-01-03"));
    assert_eq!(
        folder.run(&["calendar", "show", "2028"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_calendar_goes_into_the_folder_and_from_there_into_the_database() {
    let folder = Folder::new("calendar-store");
    let load = |year: i16| {
        let text = format!(r#"{{"year":{year},"notice":"试","off":{{}},"work":{{}}}}"#);
        let file = folder.file(&format!("{year}.json"), text.as_bytes());
        let loaded = folder.run(&["calendar", "load", &file]);
        assert!(loaded.status.success(), "{}", text_of(&loaded));
        text_of(&loaded)
    };
    let is_loaded = |year: &str| folder.run(&["calendar", "show", year]).status.success();
    assert!(load(2027).contains("已写入数据文件夹"));
    assert!(is_loaded("2027"));
    assert!(folder.run(&["migrate"]).status.success());
    assert!(is_loaded("2027"), "taken along");
    assert!(load(2028).contains("已写入数据库"));
    std::fs::remove_dir_all(folder.0.join("data/calendars")).expect("the folder is needed no more");
    assert!(is_loaded("2027") && is_loaded("2028") && !is_loaded("2029"));
}

fn text_of(output: &std::process::Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn demo_and_doctor() {
    let folder = Folder::new("demo");
    let page = folder.0.join("demo.html");
    let demo = folder.run(&["demo", "--output", &page.to_string_lossy()]);
    assert!(demo.status.success());
    assert!(text(&demo.stdout).contains("云溪县水务局2024.html：7 处错误"));
    assert!(page.exists());
    let doctor = folder.run(&["doctor"]);
    assert!(doctor.status.success());
    assert!(text(&doctor.stdout).contains("2018 至 2026 年"));
}
