//! The command line where it makes papers: templates that are checked, reports
//! that are set anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gongkai"))
            .args(arguments)
            .env("GONGKAI_DATA", self.0.join("data"))
            .env_remove("GONGKAI_LANG")
            .output()
            .expect("gongkai starts")
    }
}

fn sample(name: &str) -> String {
    format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a PDF says, without blanks.
fn said(path: &str) -> String {
    let out = Command::new("pdftotext")
        .args(["-enc", "UTF-8", path, "-"])
        .output();
    let out = out.expect("pdftotext; cargo xtask test installs it").stdout;
    text(&out).chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_templates_that_come_along_are_good_and_can_be_written_out() {
    let folder = Folder::new("templates");
    let checked = folder.run(&["templates", "check"]);
    assert_eq!(text(&checked.stdout), "检查了 32 个模板，都可以用。\n");
    assert!(checked.status.success());
    let own = folder.path("own");
    assert!(folder.run(&["templates", "export", &own]).status.success());
    let file = folder.path("own/denied.jinja");
    std::fs::write(&file, "== 标题\n甲\n== 正文\n乙\n{{ 申请.内荣 }}\n").expect("changed");
    // What is there stays.
    let again = folder.run(&["templates", "export", &own]);
    assert_eq!(text(&again.stdout), "写了 0 个模板。\n");
    std::fs::write(folder.path("own/nothing.jinja"), "x").expect("written");
    std::fs::write(folder.path("own/readme.txt"), "x").expect("written");
    let checked = folder.run(&["templates", "check", &own]);
    assert_eq!(checked.status.code(), Some(1));
    let other = folder.path("own/nothing.jinja");
    assert_eq!(
        text(&checked.stdout),
        format!(
            "{file}:5: 没有“申请.内荣”这个事项。请对照事项表检查名称。\n\
             {other}:1: 没有“{other}”这种文书。文件名应当是文书种类，如 denied.jinja。\n\
             共 2 处错误。\n"
        )
    );
    let none = folder.run(&["templates", "check", &folder.path("data-that-is-not-there")]);
    assert_eq!(none.status.code(), Some(2));
    let places = text(&folder.run(&["templates", "places"]).stdout);
    assert!(
        places.contains("{{ 申请.内容 }}\t申请公开的内容\n"),
        "{places}"
    );
}

#[test]
fn a_report_is_set_anew_with_its_text_and_its_tables() {
    let folder = Folder::new("anew");
    let report = sample("water-2024.html");
    let pdf = folder.path("report.pdf");
    let done = folder.run(&["report", "convert", &report, "--to", "pdf", "-o", &pdf]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let bytes = std::fs::read(&pdf).expect("a file");
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let read = said(&pdf);
    for wanted in [
        "一、总体情况",
        "二、主动公开政府信息情况",
        "六、其他需要报告的事项",
        "—1—",
        "信息内容",
        "自然人",
    ] {
        assert!(read.contains(wanted), "{wanted}: {read}");
    }
    let docx = folder.path("report.docx");
    let done = folder.run(&["report", "convert", &report, "--to", "docx", "-o", &docx]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    // What was written reads as the same tables again.
    let cells = |file: &str| {
        let parsed = folder.run(&["report", "parse", file]);
        let value: serde_json::Value = serde_json::from_slice(&parsed.stdout).expect("JSON");
        value["cells"].clone()
    };
    assert_eq!(cells(&docx), cells(&report));
    assert_eq!(cells(&pdf), cells(&report));
}
