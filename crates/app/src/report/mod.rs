//! Annual reports: read, audited, compared, converted; a human's verdicts.

pub mod anew;
pub mod mails;
pub mod orders;

use std::collections::BTreeMap;

use gongkai_domain::report::audit::across::Children;
use gongkai_domain::report::audit::{self, Beside};
use gongkai_domain::report::format::Format;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::CellState;
use gongkai_intake::{Deadline, IntakeError, Limits};
use gongkai_paper::report::{Audited, Verdict};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::ports::{DataFolder, FolderError};

/// A file as it was brought.
#[derive(Debug)]
pub struct Brought<'a> {
    /// Its name, shown and used to tell Markdown from text.
    pub name: &'a str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads a report.
///
/// # Errors
/// [`IntakeError`] if the file cannot be read.
pub fn read(
    file: Brought<'_>,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Reading, IntakeError> {
    let document = gongkai_intake::read(&file.bytes, file.name, limits, deadline)?;
    // A large file is not kept beside its own text.
    drop(file);
    Ok(Reading::of(document))
}

/// Audits a reading, beside others where they are given.
pub fn audit(
    name: &str,
    reading: Reading,
    beside: Beside<'_>,
    verdicts: &BTreeMap<String, Verdict>,
) -> Audited {
    let diagnostics = audit::audit(&reading, beside);
    let verdicts = diagnostics
        .iter()
        .filter_map(|d| Some((d.fingerprint.clone(), verdicts.get(&d.fingerprint)?.clone())))
        .collect();
    Audited {
        name: name.to_owned(),
        reading,
        diagnostics,
        verdicts,
    }
}

/// The reports of subordinate bodies, with the expected ones that are missing.
/// `expected` names bodies; one is there when a report's organization or file
/// name contains its name.
pub fn children(
    reports: Vec<(String, Result<Reading, IntakeError>)>,
    expected: &[String],
) -> Children {
    let mut children = Children::default();
    for (name, reading) in reports {
        match reading {
            Ok(reading) => {
                let shown = reading.organization.clone().unwrap_or(name);
                children.reports.push((shown, reading));
            }
            Err(_) => children.missing.push(name),
        }
    }
    for body in expected {
        let there = children
            .reports
            .iter()
            .any(|(name, _)| name.contains(body.as_str()));
        if !there
            && !children
                .missing
                .iter()
                .any(|name| name.contains(body.as_str()))
        {
            children.missing.push(body.clone());
        }
    }
    children
}

const VERDICTS: &str = "verdicts.json";

/// A human's verdicts by fingerprint.
///
/// # Errors
/// [`FolderError`] if the file cannot be read or is damaged.
pub fn verdicts(folder: &dyn DataFolder) -> Result<BTreeMap<String, Verdict>, FolderError> {
    let Some(text) = folder.read(VERDICTS)? else {
        return Ok(BTreeMap::new());
    };
    serde_json::from_str(&text).map_err(|error| FolderError {
        name: VERDICTS.to_owned(),
        source: error.into(),
    })
}

/// Keeps a human's verdict on a diagnostic; it holds on every later run until
/// the figures change.
///
/// # Errors
/// [`FolderError`] if the file cannot be read or written.
pub fn decide(
    folder: &dyn DataFolder,
    fingerprint: &str,
    verdict: Verdict,
) -> Result<(), FolderError> {
    let mut all = verdicts(folder)?;
    all.insert(fingerprint.to_owned(), verdict);
    let text = serde_json::to_string_pretty(&all).map_err(|error| FolderError {
        name: VERDICTS.to_owned(),
        source: error.into(),
    })?;
    folder.write(VERDICTS, &text)
}

/// What differs between two reports.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Cells that differ, in printed order.
    pub cells: Vec<CellDifference>,
    /// Sentences only in the old report, boilerplate apart.
    pub removed: Vec<String>,
    /// Sentences only in the new report, boilerplate apart.
    pub added: Vec<String>,
    /// How much of the prose stands unchanged, 0 to 1.
    pub prose_unchanged: f32,
}

/// A cell that differs.
#[derive(Debug, Serialize)]
pub struct CellDifference {
    /// Its key.
    pub key: String,
    /// Its name in the form.
    pub label: String,
    /// What the old report says.
    pub old: Option<String>,
    /// What the new one says.
    pub new: Option<String>,
}

/// Compares two reports cell by cell, and their prose without what only the
/// form or the year makes different.
pub fn diff(old: &Reading, new: &Reading) -> Difference {
    let shown = |reading: &Reading, key: &str| {
        reading.cell(key).map(|cell| match &cell.state {
            CellState::Certain(value) => value.to_string(),
            CellState::Uncertain(_) => format!("？{}", cell.raw),
        })
    };
    let mut keys = Format::get(new.format).cell_keys(new.single_other);
    for key in Format::get(old.format).cell_keys(old.single_other) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let cells = keys
        .into_iter()
        .filter_map(|key| {
            let (before, after) = (shown(old, &key), shown(new, &key));
            (before != after).then(|| CellDifference {
                label: Format::get(new.format).cell_label(&key),
                key,
                old: before,
                new: after,
            })
        })
        .collect();
    let prose = |reading: &Reading| -> Vec<(String, String)> {
        reading
            .sentences
            .iter()
            .filter(|sentence| !is_boilerplate(&sentence.folded))
            .map(|sentence| (without_years(&sentence.folded), sentence.text.clone()))
            .collect()
    };
    let (before, after) = (prose(old), prose(new));
    let old_keys: Vec<&str> = before.iter().map(|(key, _)| key.as_str()).collect();
    let new_keys: Vec<&str> = after.iter().map(|(key, _)| key.as_str()).collect();
    let compared = TextDiff::from_slices(&old_keys, &new_keys);
    let mut removed = Vec::new();
    let mut added = Vec::new();
    for change in compared.iter_all_changes() {
        match (change.tag(), change.old_index(), change.new_index()) {
            (ChangeTag::Delete, Some(at), _) => removed.push(before[at].1.clone()),
            (ChangeTag::Insert, _, Some(at)) => added.push(after[at].1.clone()),
            _ => {}
        }
    }
    Difference {
        cells,
        removed,
        added,
        prose_unchanged: compared.ratio(),
    }
}

/// Sentences that every report has: headings, the legal preface, the period.
fn is_boilerplate(sentence: &str) -> bool {
    let heading = sentence.chars().count() < 24
        && sentence
            .chars()
            .next()
            .is_some_and(|c| "一二三四五六(".contains(c));
    let preface = [
        "中华人民共和国政府信息公开条例",
        "统计期限",
        "编制本报告",
        "国办公开办函",
    ]
    .iter()
    .any(|words| sentence.contains(words));
    heading || preface
}

/// A sentence in which the year alone makes no difference.
fn without_years(sentence: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in sentence.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !(c == '年' && digits.len() == 4) {
            out.push_str(&digits);
        }
        digits.clear();
        out.push(c);
    }
    out.push_str(&digits);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        let file = Brought {
            name: "report.txt",
            bytes: text.as_bytes().to_vec(),
        };
        read(file, &Limits::default(), &|| false).expect("a text")
    }

    #[test]
    fn two_years_differ_by_cells_and_by_sentences_that_are_new() {
        let old = reading(
            "某局2023年政府信息公开工作年度报告\n2023年召开培训会一次。\n二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n行政规范性文件 1 0 3\n",
        );
        let new = reading(
            "某局2024年政府信息公开工作年度报告\n2024年召开培训会一次。\n新建查阅点两处。\n二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n行政规范性文件 2 0 5\n",
        );
        let difference = diff(&old, &new);
        let keys: Vec<&str> = difference.cells.iter().map(|c| c.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "t2.art20_1.normative_documents.issued_this_year",
                "t2.art20_1.normative_documents.valid_now"
            ]
        );
        assert_eq!(difference.removed, Vec::<String>::new());
        assert_eq!(difference.added, ["新建查阅点两处。"]);
    }

    #[test]
    fn a_body_that_is_expected_and_missing_is_named() {
        let there = reading("甲县财政局2024年政府信息公开工作年度报告\n一、总体情况\n无。");
        let children = children(
            vec![
                ("a.txt".to_owned(), Ok(there)),
                ("b.pdf".to_owned(), Err(IntakeError::NoTextLayer)),
            ],
            &["甲县财政局".to_owned(), "乙县水务局".to_owned()],
        );
        assert_eq!(children.reports.len(), 1);
        assert_eq!(children.missing, ["b.pdf", "乙县水务局"]);
    }
}
