//! Prose against prose: one thing told twice with different figures.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::narrative::sum;
use super::{Findings, Status, in_sentence};
use crate::report::claims::{Claim, ClaimKind, Scope};
use crate::report::figures::Figure;
use crate::report::reading::Reading;
use crate::words::Message;

/// The same thing stated twice with different figures. Where a table says
/// which is right, the check against the table has spoken already.
pub(super) fn check(reading: &Reading, findings: &mut Findings) {
    let plain = |claim: &&Claim| {
        matches!(&claim.kind, ClaimKind::Cells { options, scope }
            if *scope == Scope::Same && sum(reading, &options[0]).is_none())
    };
    let mut told: Vec<&Claim> = Vec::new();
    for claim in reading.claims.iter().filter(plain) {
        match told.iter().find(|first| first.code == claim.code) {
            None => told.push(claim),
            Some(first) if first.value == claim.value => {}
            Some(first) => {
                let there = (claim.sentence, claim.range);
                repeated(
                    reading,
                    (&first.stated, first.value),
                    (&claim.stated, claim.value),
                    there,
                    findings,
                );
            }
        }
    }
    in_the_same_words(reading, findings);
}

/// Figures that no claim is made of, told twice in the very same words.
fn in_the_same_words(reading: &Reading, findings: &mut Findings) {
    let mut told: HashMap<(String, &str), (usize, &Figure)> = HashMap::new();
    for (index, sentence) in reading.sentences.iter().enumerate() {
        for figure in &sentence.figures {
            let Some(words) = whole_count(reading, index, figure) else {
                continue;
            };
            let (there, first) = *told
                .entry((words, figure.unit.as_str()))
                .or_insert((index, figure));
            if there != index && first.value != figure.value {
                let range = (figure.start, figure.unit_end);
                repeated(
                    reading,
                    (&first.text(), first.value),
                    (&figure.text(), figure.value),
                    (index, range),
                    findings,
                );
            }
        }
    }
}

/// The words of a count that is plainly the whole year's: `全年发布信息120条`.
/// Parts of a list carry the same words under different heads, so only a
/// clause that says `共`, `累计` or `总计` is one.
fn whole_count(reading: &Reading, index: usize, figure: &Figure) -> Option<String> {
    const WHOLE: [&str; 4] = ["共计", "共", "累计", "总计"];
    let text = &reading.sentences[index].folded;
    let claimed = reading.claims.iter().any(|claim| {
        claim.sentence == index && claim.range.0 == figure.start && claim.code != "NARR-SUM"
    });
    let clause_start = text[..figure.start]
        .rfind([',', ';', ':', '。', '(', ')', '、'])
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    let clause = &text[clause_start..figure.start];
    if claimed || !figure.counts() || figure.approximate || figure.unit.is_empty() {
        return None;
    }
    WHOLE.iter().find(|word| clause.contains(**word))?;
    let mut words = clause.to_owned();
    for word in WHOLE
        .iter()
        .chain(&["本年度", "本年", "全年", "年度", "我局", "我县"])
    {
        words = words.replace(word, "");
    }
    let other_time = ["去年", "上年", "以来", "近", "季度", "月", "年"]
        .iter()
        .any(|word| words.contains(word));
    (words.chars().count() >= 6 && !other_time).then_some(words)
}

fn repeated(
    reading: &Reading,
    (first, first_value): (&str, Decimal),
    (second, second_value): (&str, Decimal),
    (sentence, range): (usize, (usize, usize)),
    findings: &mut Findings,
) {
    let message = Message::new("claim-repeated")
        .with("first", first)
        .with("second", second);
    let spot = in_sentence(reading, sentence, Some(range));
    let found = findings.add("NARR-REPEATED", Status::Uncertain, spot, message);
    found.left = Some(first_value.normalize().to_string());
    found.right = Some(second_value.normalize().to_string());
}
