//! Totals with their parts: `共发布2578条，其中：网站361条，……`.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::{Claim, ClaimKind, Context, Introduced, List};
use crate::report::figures::{self, Figure};

static AMONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:\([^()]*\))?(?:[^,;。()\d]{0,14})?(?:[,;](?:较|比|同比|与|增长|下降)[^,;。]{0,16}[,;])?[,。;:(]?(?:其中|分别是|分别为|包括|含)[,:]?(?:包括)?",
    )
    .expect("a constant pattern")
});
static COLON: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[^,;。():\d]{0,6}:").expect("a constant pattern"));
static BRACKETS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[^,;。():\d]{0,4}\(").expect("a constant pattern"));
/// `在主动公开的90条政府信息中，`
static WITHIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[^,;。()\d]{0,8}中,").expect("a constant pattern"));
/// Words that begin a new thought, not another part.
static NEW_THOUGHT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"同比|较上年|较20|比上年|增长|下降|办结率|占比|占总|回复|阅读|粉丝|共计|合计|总计|累计|举办|召开|开展|收到|受理|答复|办结|均已|按时|接待|编印|赠阅|[二三四五六七八九]是",
    )
    .expect("a constant pattern")
});

/// `，共`, `，合计`: a total behind its parts.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[,、](?:全年)?(?:共计|合计|总计|共)(?P<words>[^\d,;。():]{0,14})$")
        .expect("a constant pattern")
});

/// The parts in front of a total, if it reads as one: directly behind the
/// word, or behind the two channels.
fn list_before(text: &str, total: &Figure, earlier: &[Figure]) -> Option<List> {
    let captures = BEHIND.captures(&text[..total.start])?;
    let begins = text[..total.start]
        .rfind([';', '。', '('])
        .map_or(0, |at| at + 1);
    let clause = &text[begins..total.start];
    let channels = clause.contains("线上") && clause.contains("线下");
    if !(captures["words"].is_empty() || channels) || clause.contains("其中") {
        return None;
    }
    let parts: Vec<&Figure> = earlier
        .iter()
        .filter(|f| f.start >= begins && f.unit == total.unit && f.counts())
        .collect();
    if parts.len() < 2 || parts.iter().any(|f| f.approximate) {
        return None;
    }
    Some(List {
        parts: parts.iter().map(|f| f.value).collect(),
        labels: parts
            .iter()
            .map(|f| super::lead(text, f.start, 20).to_owned())
            .collect(),
        introduced: Introduced::Behind,
        open_ended: false,
    })
}

/// Finds the totals of a sentence that have parts.
pub(super) fn find(context: &Context<'_>, claims: &mut Vec<Claim>) {
    // A list may go on in a sentence of its own: `……2950元。其中，……`.
    let mut text = context.sentence.folded.clone();
    let own_length = text.len();
    let mut all = context.sentence.figures.clone();
    if let Some(next) = context
        .next()
        .filter(|next| next.folded.starts_with("其中"))
    {
        all.extend(next.figures.iter().cloned().map(|figure| Figure {
            start: figure.start + own_length,
            end: figure.end + own_length,
            unit_end: figure.unit_end + own_length,
            ..figure
        }));
        text.push_str(&next.folded);
    }
    for (index, total) in all.iter().enumerate() {
        if total.start >= own_length {
            break;
        }
        let is_total = total.counts()
            && !total.approximate
            && !total.unit.is_empty()
            && total.value >= Decimal::TWO;
        if !is_total {
            continue;
        }
        let list = list_after(&text, total, &all[index + 1..])
            .or_else(|| list_before(&text, total, &all[..index]));
        if let Some(list) = list {
            claims.push(Claim {
                code: "NARR-SUM",
                sentence: context.index,
                stated: total.text(),
                value: total.value,
                range: (total.start, total.unit_end),
                kind: ClaimKind::List(list),
            });
        }
    }
}

fn list_after(text: &str, total: &Figure, following: &[Figure]) -> Option<List> {
    let rest = &text[total.unit_end..];
    let (introduced, begins) = if let Some(found) = AMONG.find(rest) {
        (Introduced::Among, found.end())
    } else if let Some(found) = COLON.find(rest) {
        (Introduced::Colon, found.end())
    } else if let Some(found) = BRACKETS.find(rest) {
        (Introduced::Brackets, found.end())
    } else {
        let found = WITHIN.find(rest)?;
        if !text[..total.start].ends_with("公开的") {
            return None;
        }
        (Introduced::Among, found.end())
    };
    let begins = total.unit_end + begins;
    let opening = &text[total.unit_end..begins];
    // In brackets the list ends with them.
    let in_brackets = opening.matches('(').count() > opening.matches(')').count();
    let ends = if in_brackets {
        closing(text, begins)
    } else {
        text.len()
    };
    let includes_only = opening.ends_with('含') || opening.contains("(含");
    if includes_only {
        return None;
    }
    parts(text, (begins, ends), total, following, introduced)
}

/// Position of the bracket that closes the one before `from`.
fn closing(text: &str, from: usize) -> usize {
    let mut depth = 1;
    for (index, c) in text[from..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return from + index;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn parts(
    text: &str,
    (begins, ends): (usize, usize),
    total: &Figure,
    following: &[Figure],
    introduced: Introduced,
) -> Option<List> {
    let mut list = List {
        parts: Vec::new(),
        labels: Vec::new(),
        introduced,
        open_ended: false,
    };
    let mut at = begins;
    for figure in following {
        if figure.start < at {
            continue;
        }
        if figure.unit_end > ends {
            break;
        }
        let label = &text[at..figure.start];
        // Figures of the parts' own parts, and their percentages.
        if label.matches('(').count() > label.matches(')').count() {
            continue;
        }
        let bare = strip_brackets(label);
        let separator = bare.trim_start().chars().next();
        if !list.parts.is_empty()
            && !matches!(separator, Some(',' | '、' | ';' | '。' | '和' | '及'))
        {
            break;
        }
        let words = bare.trim_start_matches([',', '、', ';', '。', '和', '及', ' ']);
        if words.chars().count() > 36 || NEW_THOUGHT.is_match(words) {
            break;
        }
        let same_unit = figure.unit == total.unit;
        let no_unit = figure.unit.is_empty();
        if !(same_unit || no_unit) {
            // A date in a label, or the money beside a count.
            if matches!(figure.unit.as_str(), "年" | "月" | "日")
                || !list.parts.is_empty()
                || figure.counts()
            {
                if figure.counts() {
                    at = figure.unit_end;
                }
                continue;
            }
            break;
        }
        if no_unit && following_is_name(text, figure) {
            continue;
        }
        if figure.approximate {
            list.open_ended = true;
        }
        let first_repeats_total = list.parts.is_empty() && figure.value == total.value;
        at = figure.unit_end;
        if first_repeats_total {
            continue;
        }
        list.parts.push(figure.value);
        list.labels.push(words.to_owned());
    }
    let tail = &text[at.min(ends)..ends];
    let tail = strip_brackets(tail);
    // Kinds that overlap need not add up.
    let overlap = ["同时", "重复", "交叉"]
        .iter()
        .any(|word| text[at..].contains(word));
    if overlap {
        return None;
    }
    list.open_ended |= ["等", "……", "…", "...", "余"]
        .iter()
        .any(|mark| tail.starts_with(mark) || tail.trim_start_matches('类').starts_with(mark));
    (list.parts.len() >= 2).then_some(list)
}

/// A number without unit that names something, as in `12345热线`.
fn following_is_name(text: &str, figure: &Figure) -> bool {
    text[figure.unit_end..]
        .chars()
        .next()
        .is_some_and(|c| !matches!(c, ',' | '、' | ';' | '。' | '(' | ')' | '等' | '…' | '.'))
}

fn strip_brackets(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// The values of a text's counts, for other claims.
pub(super) fn counts(figures: &[figures::Figure]) -> impl Iterator<Item = &figures::Figure> {
    figures.iter().filter(|figure| figure.counts())
}
