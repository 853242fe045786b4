//! Statements about requests, reconsiderations, suits, fees and documents:
//! what the tables count too.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::{Claim, ClaimKind, Context, Scope, lead};
use crate::report::figures::Figure;
use crate::report::format::{Format, FormatId, OTHER_SINGLE, OTHER_THREE};

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a constant pattern"));
    };
}

pattern!(
    ABOUT_REQUESTS,
    r"信息公开.{0,12}申请|公开申请|依申请|申请公开|申请件|申请案件"
);
pattern!(
    NO_REQUESTS,
    r"(?:未|没有|没)(?:有)?(?:收到|接到|受理|收悉)[^,。;]{0,18}(?:申请|依申请)[^,。;]{0,10}|无(?:人)?[^,。;线渠行]{0,8}(?:依申请公开|信息公开申请)[^,。;]{0,6}"
);
pattern!(
    NO_REVIEW,
    r"(?:未|无|没有)(?:发生|被|因|收到|有|出现|提起|申请)?[^,。;]{0,16}?行政复议(?:情况|案件|申请)?"
);
pattern!(
    NO_SUIT,
    r"(?:未|无|没有)(?:发生|被|因|收到|有|出现|提起)?[^,。;]{0,16}?(?:行政)?诉讼(?:情况|案件)?"
);
pattern!(NO_CARRY, r"(?:无|没有|未有|未)(?:需)?结转");
pattern!(
    OF_ITS_OUTCOME,
    r"纠错|纠正|败诉|撤销|改正|责令|重作|违法|机关|决定|不当"
);
pattern!(
    OF_SOME_REQUESTS,
    r"超期|逾期|答复|不满|投诉|举报|复议|诉讼|引起|引发|败诉|收费|延期|许可"
);
pattern!(
    OTHER_TIME,
    r"近[一二三四五\d两]+年|累计|以来|季度|上半年|下半年|\d+月份|由$|去年"
);
pattern!(
    NOT_THE_ANSWER,
    r"延期|当场|超期|逾期|答复书|起草|代|转办|其他的|咨询|工单"
);
pattern!(
    LOWER_BODIES,
    r"各乡镇|各镇|各街道|区直|市直|县直|各科室|各县区"
);
pattern!(
    CARRIED_AFTER,
    r"^(?:申请)?(?:件)?(?:结转|转|顺延|延至|延期)(?:至|到|入|为)?(?:下|次|明|20\d\d|年)"
);
pattern!(
    CARRIED_BEFORE,
    r"(?:结转|转)(?:至|到|入)?(?:下|次|明|20\d\d)[^,;]{0,24}$|结转$"
);
pattern!(
    CARRIED_IN,
    r"(?:上年|上一年|上年度|上一年度|往年|20\d\d年)(?:度)?结转[^,;]{0,10}$"
);
pattern!(
    RECEIVED,
    r"(?:收到|受理|收办|接到|新收|接收|收悉)[^,;]{0,30}$"
);
pattern!(
    ANSWERED,
    r"(?:答复|办结|办理完毕|已办|处理|回复)[^,;]{0,10}$"
);
pattern!(
    GRANTED,
    r"(?:予以公开|公开答复|同意公开|全部公开|主动公开|^公开|结果公开|结果为公开)$"
);
pattern!(
    CHANNEL,
    r"线上|网上|网络|互联网|信函|邮寄|来信|当面|现场|邮件|邮箱|平台|传真|电话|窗口|线下|网站"
);
pattern!(
    FILED_ONLY,
    r"备案|代表|本级|(?:区|市|县|省|州|旗)政府办|办公室"
);
pattern!(
    WHOLE_AREA,
    r"全(?:市|区|县|镇|省|州|旗|乡|局|委|街道|盟|国)|各级|各部门|各单位|各地"
);
pattern!(
    NOT_REQUESTS,
    r"建议|提案|信访|留言|投诉|举报|许可|服务事项|审批|来电|工单|咨询"
);

/// Finds the statements of a sentence.
pub(super) fn find(context: &Context<'_>, claims: &mut Vec<Claim>) {
    let text = &context.sentence.folded;
    let cells = Cells::of(context);
    nothing_happened(context, &cells, claims);
    let about_here = ABOUT_REQUESTS.is_match(text);
    let about = about_here
        || context
            .previous()
            .is_some_and(|before| ABOUT_REQUESTS.is_match(&before.folded))
            && (text.starts_with("其中") || text.starts_with("已") || text.starts_with("办理结果"));
    for figure in &context.sentence.figures {
        let counted = matches!(
            figure.unit.as_str(),
            "件" | "宗" | "份" | "封" | "起" | "条" | ""
        );
        if !counted || figure.approximate || figure.decimals > 0 {
            continue;
        }
        let before = lead(text, figure.start, 30);
        let after = &text[figure.unit_end..];
        let options = if about && is_about_requests(figure, before) {
            cells.requests(before, after, text, figure)
        } else {
            None
        };
        if let Some((code, options)) = options.or_else(|| cells.disputes(before, after, figure)) {
            claims.push(Claim {
                code,
                sentence: context.index,
                stated: figure.text(),
                value: figure.value,
                range: (figure.start, figure.unit_end),
                kind: ClaimKind::Cells {
                    options,
                    scope: if after.starts_with(",占") || after.starts_with("(占") {
                        // It has a share of its own, so it is a part.
                        Scope::Narrower
                    } else {
                        scope(context, text, figure.start)
                    },
                },
            });
        }
    }
    fees(context, claims);
}

/// `作为依申请公开信息数161条` counts information, not requests.
fn is_about_requests(figure: &Figure, before: &str) -> bool {
    let counts_information = ["信息数", "信息总数", "政府信息共", "信息"]
        .iter()
        .any(|word| before.ends_with(word));
    !(counts_information || NOT_REQUESTS.is_match(before) && !before.contains("申请"))
        && (figure.unit != "条" || before.contains("申请"))
}

/// Whose count the sentence gives. A government's table counts all its
/// bodies; its prose often speaks of its own office alone.
fn scope(context: &Context<'_>, text: &str, at: usize) -> Scope {
    let clause_start = text[..at].rfind([';', '。', '(']).map_or(0, |i| i + 1);
    let clause = &text[clause_start..at];
    let other_time = OTHER_TIME.is_match(clause) || names_another_year(context, clause);
    if other_time || LOWER_BODIES.is_match(clause) {
        return Scope::Narrower;
    }
    let organization = context.reading.organization.as_deref().unwrap_or("");
    let is_office = organization.ends_with("办公室") || organization.ends_with("办公厅");
    if CHANNEL.is_match(clause) || (!is_office && FILED_ONLY.is_match(text)) {
        return Scope::Narrower;
    }
    let township = ["镇人民政府", "乡人民政府"]
        .iter()
        .any(|end| organization.ends_with(end));
    let collects = (organization.ends_with("人民政府") && !township)
        || organization.ends_with("管委会")
        || organization.ends_with("管理委员会");
    if collects && !WHOLE_AREA.is_match(text) && !WHOLE_AREA.is_match(clause) {
        return Scope::Unclear;
    }
    Scope::Same
}

/// Whether the last year named in a clause is not the report's.
fn names_another_year(context: &Context<'_>, clause: &str) -> bool {
    static YEAR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(20\d\d)年").expect("a constant pattern"));
    let named = YEAR
        .captures_iter(clause)
        .last()
        .and_then(|captures| captures[1].parse::<i16>().ok());
    matches!((named, context.reading.year), (Some(named), Some(year)) if named != year)
}

fn nothing_happened(context: &Context<'_>, cells: &Cells, claims: &mut Vec<Claim>) {
    let text = &context.sentence.folded;
    let mut push = |code, found: regex::Match<'_>, options| {
        claims.push(Claim {
            code,
            sentence: context.index,
            stated: "0".to_owned(),
            value: Decimal::ZERO,
            range: (found.start(), found.end()),
            kind: ClaimKind::Cells {
                options,
                scope: scope(context, text, found.start()),
            },
        });
    };
    if let Some(found) = NO_REQUESTS.find(text) {
        let statement = found.as_str();
        let about = statement.contains("公开") || statement.contains("依申请");
        let clause = &text[found.start()..clause_end(text, found.end())];
        if about
            && !OF_SOME_REQUESTS.is_match(clause)
            && !CHANNEL.is_match(statement)
            && !statement.contains("许可")
        {
            push("NARR-RECEIVED", found, vec![cells.row("received_new")]);
        }
    }
    if let Some(found) = NO_CARRY.find(text) {
        push("NARR-CARRIED", found, vec![cells.row("carried_out")]);
    }
    // `无行政复议纠错` says something else than that there was none.
    let outcome = |found: &regex::Match<'_>| {
        OF_ITS_OUTCOME.is_match(&text[found.start()..clause_end(text, found.end())])
    };
    if let Some(found) = NO_REVIEW.find(text).filter(|f| !outcome(f)) {
        push("NARR-REVIEW", found, vec![cells.group("review")]);
    }
    if let Some(found) = NO_SUIT.find(text).filter(|f| !outcome(f)) {
        push("NARR-LITIGATION", found, vec![cells.suits()]);
    }
}

/// Where the clause that goes on at a position ends.
fn clause_end(text: &str, from: usize) -> usize {
    text[from..]
        .find([',', ';', '。'])
        .map_or(text.len(), |at| from + at)
}

fn fees(context: &Context<'_>, claims: &mut Vec<Claim>) {
    let text = &context.sentence.folded;
    if !text.contains("信息处理费") {
        return;
    }
    for figure in context.sentence.figures.iter().filter(|f| f.unit == "元") {
        claims.push(Claim {
            code: "NARR-FEE",
            sentence: context.index,
            stated: figure.text(),
            value: figure.value,
            range: (figure.start, figure.unit_end),
            kind: ClaimKind::Alone,
        });
    }
}

/// Cell keys by what the prose calls them.
struct Cells {
    rows: Vec<&'static str>,
    format: FormatId,
}

impl Cells {
    fn of(context: &Context<'_>) -> Self {
        let format = context.reading.format;
        Self {
            rows: Format::get(format).table3_rows(context.reading.single_other),
            format,
        }
    }

    fn row(&self, row: &str) -> Vec<String> {
        vec![format!("t3.{row}.total")]
    }

    fn rows_of(&self, prefix: &str) -> Vec<String> {
        self.rows
            .iter()
            .filter(|row| row.starts_with(prefix))
            .map(|row| format!("t3.{row}.total"))
            .collect()
    }

    fn others(&self) -> Vec<String> {
        self.rows
            .iter()
            .filter(|row| **row == OTHER_SINGLE || OTHER_THREE.contains(row))
            .map(|row| format!("t3.{row}.total"))
            .collect()
    }

    fn group(&self, group: &str) -> Vec<String> {
        vec![format!("t4.{group}.total")]
    }

    fn suits(&self) -> Vec<String> {
        vec![
            "t4.litigation_direct.total".to_owned(),
            "t4.litigation_after_review.total".to_owned(),
        ]
    }

    fn in_and_new(&self, column: &str) -> Vec<String> {
        vec![
            format!("t3.received_new.{column}"),
            format!("t3.carried_in.{column}"),
        ]
    }

    /// What a figure in a sentence about requests claims to be.
    fn requests(
        &self,
        before: &str,
        after: &str,
        text: &str,
        figure: &Figure,
    ) -> Option<(&'static str, Vec<Vec<String>>)> {
        let with = |code, options| Some((code, options));
        if CARRIED_IN.is_match(before) {
            return with("NARR-CARRIED-IN", vec![self.row("carried_in")]);
        }
        if CARRIED_AFTER.is_match(after) || CARRIED_BEFORE.is_match(before) {
            return with("NARR-CARRIED", vec![self.row("carried_out")]);
        }
        if before.ends_with("不予公开") {
            return with("NARR-DENIED", vec![self.rows_of("denied_")]);
        }
        let both_kinds = [
            "公开和部分公开",
            "公开及部分公开",
            "公开与部分公开",
            "公开或部分公开",
            "予以公开、部分公开",
        ]
        .iter()
        .any(|words| text[..figure.start].ends_with(words));
        if both_kinds {
            let partial = self.row("result_partial");
            let both = self.row("result_granted").into_iter().chain(partial);
            return with("NARR-GRANTED", vec![both.collect()]);
        }
        if before.ends_with("部分公开") {
            return with("NARR-PARTIAL", vec![self.row("result_partial")]);
        }
        if before.ends_with("无法提供") {
            let unable = self.rows_of("unable_");
            let mut options = vec![unable.clone()];
            options.extend(unable.into_iter().map(|key| vec![key]));
            return with("NARR-UNABLE", options);
        }
        if before.ends_with("不予处理") {
            return with("NARR-UNPROCESSED", vec![self.rows_of("unprocessed_")]);
        }
        if before.ends_with("其他处理")
            || text[..figure.start].ends_with("其他处理(含申请人主动撤回申请)")
        {
            return with("NARR-OTHER", vec![self.others()]);
        }
        if GRANTED.is_match(before) && !before.contains("主动公开") {
            let granted = self.row("result_granted");
            let partial = self.row("result_partial");
            let both: Vec<String> = granted.iter().chain(&partial).cloned().collect();
            let options = if after.starts_with("(含部分公开") || after.starts_with("(其中部分公开")
            {
                vec![both]
            } else {
                vec![granted, both]
            };
            return with("NARR-GRANTED", options);
        }
        if before.contains("自然人") && !before.contains("法人") {
            let column = "natural_person";
            return with(
                "NARR-RECEIVED-NATURAL",
                vec![
                    vec![format!("t3.received_new.{column}")],
                    self.in_and_new(column),
                ],
            );
        }
        // Reconsiderations are received too, and some answers are drafts.
        if before.contains("复议") || before.contains("诉讼") || NOT_THE_ANSWER.is_match(before)
        {
            return None;
        }
        if RECEIVED.is_match(before) {
            return with(
                "NARR-RECEIVED",
                vec![self.row("received_new"), self.in_and_new("total")],
            );
        }
        let other_subject = text[..figure.start]
            .rsplit([';', '。', '('])
            .next()
            .is_some_and(|clause| NOT_REQUESTS.is_match(clause) && !before.contains("申请"));
        if ANSWERED.is_match(before) && !other_subject {
            return with(
                "NARR-ANSWERED",
                vec![
                    self.row("result_total"),
                    self.row("received_new"),
                    self.in_and_new("total"),
                ],
            );
        }
        None
    }

    /// Reconsiderations, suits, documents in force.
    fn disputes(
        &self,
        before: &str,
        after: &str,
        figure: &Figure,
    ) -> Option<(&'static str, Vec<Vec<String>>)> {
        if !matches!(figure.unit.as_str(), "件" | "起" | "宗" | "部" | "份") {
            return None;
        }
        // Part of them, or another body's: 司法局 receives what all are asked.
        if before.contains("新收") || before.contains("受理") || after.starts_with('被') {
            return None;
        }
        if before.ends_with("行政复议")
            || before.ends_with("行政复议案件")
            || before.ends_with("行政复议申请")
        {
            return Some(("NARR-REVIEW", vec![self.group("review")]));
        }
        if before.ends_with("诉讼") || before.ends_with("诉讼案件") {
            let each = self.suits().into_iter().map(|key| vec![key]);
            let options = std::iter::once(self.suits()).chain(each).collect();
            return Some(("NARR-LITIGATION", options));
        }
        if self.format == FormatId::F2021 && before.contains("现行有效") {
            let row = if before.contains("规范性文件") {
                "normative_documents"
            } else if before.contains("规章") {
                "rules"
            } else {
                return None;
            };
            return Some((
                "NARR-VALID",
                vec![vec![format!("t2.art20_1.{row}.valid_now")]],
            ));
        }
        None
    }
}
