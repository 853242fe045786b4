//! Every check as a row: its code, how grave a failure is, and the norm.

use super::Severity;
use crate::report::format::{Format, FormatId};

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Code, or the beginning of the codes of a family (ending in `-`).
    pub code: &'static str,
    /// How grave a failure is.
    pub severity: Severity,
    /// The article or notice behind it.
    pub basis: &'static str,
    /// Catalogue entry that states it.
    pub statement: &'static str,
}

const FORM: &str = "国办公开办函〔2021〕30号（2019、2020年度为〔2019〕60号）表样勾稽关系";
const FORM_2: &str = "国办公开办函〔2021〕30号（2019、2020年度为〔2019〕60号）";
const ART_49: &str = "《条例》第四十九条";
const ART_50: &str = "《条例》第五十条";

const fn rule(
    code: &'static str,
    severity: Severity,
    basis: &'static str,
    statement: &'static str,
) -> Rule {
    Rule {
        code,
        severity,
        basis,
        statement,
    }
}

use Severity::{Error, Note, Warning};

/// All checks.
pub const RULES: &[Rule] = &[
    rule("T3-ROWSUM-", Error, FORM, "rule-t3-rowsum"),
    rule("T3-RESULTSUM-", Error, FORM, "rule-t3-resultsum"),
    rule("T3-RECON-", Error, FORM, "rule-t3-recon"),
    rule("T4-SUM-", Error, FORM, "rule-t4-sum"),
    rule("T2-BLANK", Note, FORM_2, "rule-blank"),
    rule("T3-BLANK", Note, FORM_2, "rule-blank"),
    rule("T4-BLANK", Note, FORM_2, "rule-blank"),
    rule("T2-MISSING", Warning, ART_50, "rule-missing"),
    rule("T3-MISSING", Warning, ART_50, "rule-missing"),
    rule("T4-MISSING", Warning, ART_50, "rule-missing"),
    rule("T2-UNCERTAIN", Note, FORM_2, "rule-unsure"),
    rule("T3-UNCERTAIN", Note, FORM_2, "rule-unsure"),
    rule("T4-UNCERTAIN", Note, FORM_2, "rule-unsure"),
    rule(
        "T2-AUTHORITY-",
        Warning,
        "《立法法》第九十一条、第九十三条；国办公开办函〔2021〕30号填报说明",
        "rule-t2-authority",
    ),
    rule(
        "T2-MISREAD-",
        Warning,
        "国办公开办函〔2019〕60号表样",
        "rule-t2-misread",
    ),
    rule(
        "T2-TOTAL-",
        Warning,
        "国办公开办函〔2019〕60号表样",
        "rule-t2-total",
    ),
    rule("XY-CARRY-", Error, FORM, "rule-xy-carry"),
    rule(
        "XY-T2-VALID-",
        Warning,
        "国办公开办函〔2021〕30号表样",
        "rule-xy-valid",
    ),
    rule(
        "XY-T2-ITEMS-",
        Warning,
        "国办公开办函〔2019〕60号表样",
        "rule-xy-items",
    ),
    rule(
        "XY-T2-DISCLOSED-",
        Warning,
        "国办公开办函〔2019〕60号表样",
        "rule-xy-disclosed",
    ),
    rule("XY-YEAR", Note, ART_49, "rule-xy-year"),
    rule("AGG-CHILDREN", Note, ART_49, "rule-agg-children"),
    rule("AGG-", Error, ART_49, "rule-agg"),
    rule("NARR-RECEIVED", Error, ART_50, "rule-narr-received"),
    rule("NARR-RECEIVED-NATURAL", Error, ART_50, "rule-narr-received"),
    rule("NARR-ANSWERED", Error, ART_50, "rule-narr-answered"),
    rule("NARR-CARRIED", Error, ART_50, "rule-narr-carried"),
    rule("NARR-CARRIED-IN", Error, ART_50, "rule-narr-carried"),
    rule("NARR-GRANTED", Error, ART_50, "rule-narr-granted"),
    rule("NARR-PARTIAL", Error, ART_50, "rule-narr-granted"),
    rule("NARR-DENIED", Error, ART_50, "rule-narr-outcome"),
    rule("NARR-UNABLE", Error, ART_50, "rule-narr-outcome"),
    rule("NARR-UNPROCESSED", Error, ART_50, "rule-narr-outcome"),
    rule("NARR-OTHER", Error, ART_50, "rule-narr-outcome"),
    rule("NARR-REVIEW", Error, ART_50, "rule-narr-dispute"),
    rule("NARR-LITIGATION", Error, ART_50, "rule-narr-dispute"),
    rule("NARR-VALID", Error, ART_50, "rule-narr-valid"),
    rule("NARR-FEE", Note, "国办函〔2020〕109号", "rule-narr-fee"),
    rule("NARR-SUM", Error, ART_50, "rule-narr-sum"),
    rule("NARR-BALANCE", Error, ART_50, "rule-narr-balance"),
    rule("NARR-PERCENT", Warning, ART_50, "rule-narr-percent"),
    rule("NARR-GROWTH", Warning, ART_50, "rule-narr-growth"),
    rule("NARR-REPEATED", Warning, ART_50, "rule-narr-repeated"),
    rule(
        "NARR-MISSING-NUMBER",
        Warning,
        ART_50,
        "rule-narr-missing-number",
    ),
    rule("NARR-YEAR", Warning, ART_50, "rule-narr-year"),
    rule("NARR-PERIOD", Error, FORM_2, "rule-narr-period"),
    rule(
        "NARR-FORMAT-CITED",
        Warning,
        "国办公开办函〔2021〕30号",
        "rule-narr-format-cited",
    ),
    rule("NARR-PLACEHOLDER", Warning, ART_49, "rule-narr-placeholder"),
    rule("NARR-SUBJECT", Warning, ART_49, "rule-narr-subject"),
    rule(
        "FORMAT-YEAR",
        Warning,
        "国办公开办函〔2021〕30号",
        "rule-format-year",
    ),
    rule("CH-MISSING-", Warning, FORM_2, "rule-ch-missing"),
    rule("CH-NUMBER-", Warning, FORM_2, "rule-ch-number"),
    rule("CH-REPEATED-", Warning, FORM_2, "rule-ch-repeated"),
    rule("CH-EMPTY-", Warning, FORM_2, "rule-ch-empty"),
    rule("TEXT-LONG", Note, ART_50, "rule-text-long"),
    rule("PUB-LATE", Warning, ART_49, "rule-pub-late"),
    rule("PUB-EARLY", Warning, ART_49, "rule-pub-early"),
];

/// The rule of a code: its own row, or its family's.
pub fn of(code: &str) -> &'static Rule {
    RULES
        .iter()
        .find(|rule| rule.code == code)
        .or_else(|| {
            RULES
                .iter()
                .filter(|rule| rule.code.ends_with('-') && code.starts_with(rule.code))
                .max_by_key(|rule| rule.code.len())
        })
        .expect("a test sees that every code that is used has a rule")
}

/// Every code by name, families written out, as `gongkai report rules` lists
/// them.
pub fn codes() -> Vec<(String, &'static Rule)> {
    let mut codes = Vec::new();
    let new = Format::get(FormatId::F2021);
    let old = Format::get(FormatId::F2019);
    for rule in RULES {
        let ids: Vec<String> = match rule.code {
            "T3-ROWSUM-" | "T3-RESULTSUM-" | "T3-RECON-" | "T4-SUM-" => {
                let mut ids: Vec<String> = Vec::new();
                let all = new
                    .identities(false)
                    .into_iter()
                    .chain(old.identities(true));
                for identity in all {
                    if identity.id.starts_with(rule.code) && !ids.contains(&identity.id) {
                        ids.push(identity.id);
                    }
                }
                ids
            }
            "XY-CARRY-" => new
                .t3
                .columns
                .iter()
                .map(|column| format!("XY-CARRY-{}", column.key))
                .collect(),
            "XY-T2-VALID-" | "XY-T2-DISCLOSED-" | "T2-AUTHORITY-" | "T2-TOTAL-" => {
                ["rules", "normative_documents"]
                    .into_iter()
                    .filter(|row| rule.code != "T2-AUTHORITY-" || *row == "rules")
                    .map(|row| format!("{}{row}", rule.code))
                    .collect()
            }
            "XY-T2-ITEMS-" | "T2-MISREAD-" => old
                .t2
                .iter()
                .filter(|block| block.columns.iter().any(|c| c.key == "items_previous_year"))
                .flat_map(|block| &block.rows)
                .filter(|row| rule.code != "T2-MISREAD-" || row.key != "administrative_fee")
                .map(|row| format!("{}{}", rule.code, row.key))
                .collect(),
            "CH-MISSING-" | "CH-NUMBER-" | "CH-REPEATED-" | "CH-EMPTY-" => {
                (1..=6).map(|n| format!("{}{n}", rule.code)).collect()
            }
            "AGG-" => new
                .cell_keys(false)
                .into_iter()
                .map(|key| format!("AGG-{key}"))
                .collect(),
            code => vec![code.to_owned()],
        };
        codes.extend(ids.into_iter().map(|id| (id, rule)));
    }
    codes
}
