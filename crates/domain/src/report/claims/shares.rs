//! Percentages: shares of something; growth is next door.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::lists::counts;
use super::{Claim, ClaimKind, Context, Share, depth, growth, lead};
use crate::report::figures::Figure;

static RATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:办结|答复|回复|完成)率").expect("a constant pattern"));
static SHARE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"占|比例|比重").expect("a constant pattern"));

/// Finds the percentages of a sentence.
pub(super) fn find(context: &Context<'_>, claims: &mut Vec<Claim>) {
    let text = &context.sentence.folded;
    for figure in context.sentence.figures.iter().filter(|f| f.is_percent()) {
        if figure.approximate {
            continue;
        }
        let before = lead(text, figure.start, 30);
        let kind = match growth::of(context, figure) {
            Some(growth) => ClaimKind::Growth(growth),
            None if growth::is_growth(context, figure) => continue,
            None => match share(context, before, figure) {
                Some(share) => ClaimKind::Share(share),
                None => continue,
            },
        };
        let code = match kind {
            ClaimKind::Growth(_) => "NARR-GROWTH",
            _ => "NARR-PERCENT",
        };
        claims.push(Claim {
            code,
            sentence: context.index,
            stated: figure.text(),
            value: figure.value,
            range: (figure.start, figure.unit_end),
            kind,
        });
    }
}

fn share(context: &Context<'_>, before: &str, figure: &Figure) -> Option<Share> {
    let text = &context.sentence.folded;
    let mut nearby: Vec<&Figure> = Vec::new();
    if let Some(previous) = context.previous() {
        nearby.extend(counts(&previous.figures));
    }
    let previous_count = nearby.len();
    nearby.extend(counts(&context.sentence.figures));
    let earlier: Vec<&Figure> = nearby[..previous_count]
        .iter()
        .copied()
        .chain(
            nearby[previous_count..]
                .iter()
                .copied()
                .filter(|f| f.unit_end <= figure.start),
        )
        .collect();
    let pointed = pointed(context, text, before, figure, &earlier, previous_count);
    let decisive = pointed.is_some();
    let trivial = figure.value.is_zero() || figure.value == Decimal::ONE_HUNDRED;
    if !decisive && trivial {
        return None;
    }
    Some(Share {
        decimals: figure.decimals,
        pointed,
        nearby: nearby.iter().map(|f| f.value).collect(),
    })
}

/// Which numbers the sentence sets the percentage over.
fn pointed(
    context: &Context<'_>,
    text: &str,
    before: &str,
    figure: &Figure,
    earlier: &[&Figure],
    previous_count: usize,
) -> Option<(Decimal, Vec<Decimal>)> {
    let exact = |f: &&&Figure| !f.approximate;
    // `公开42(42.86%)`: the number before the bracket over some total.
    if text[..figure.start].ends_with('(') {
        let own = earlier.last().filter(|f| f.unit_end + 1 == figure.start)?;
        let mut totals: Vec<Decimal> = earlier
            .iter()
            .filter(exact)
            .filter(|f| f.value > own.value)
            .map(|f| f.value)
            .collect();
        // Or over the sum of all that have their share beside them.
        let shared = counts(&context.sentence.figures)
            .filter(|f| text[f.unit_end..].starts_with('('))
            .filter(|f| {
                let inside = text[f.unit_end + 1..].split(')').next().unwrap_or("");
                inside.ends_with('%')
            })
            .map(|f| f.value)
            .sum();
        totals.push(shared);
        return Some((own.value, totals));
    }
    if RATE.is_match(before) {
        let words = |f: &Figure, wanted: &[&str]| {
            let own = if f.start >= text.len() {
                ""
            } else {
                lead(text, f.start, 30)
            };
            wanted.iter().any(|word| own.contains(word))
        };
        let here = &earlier[previous_count.min(earlier.len())..];
        let done = here
            .iter()
            .filter(exact)
            .rfind(|f| words(f, &["答复", "办结", "办理", "回复", "完成"]))?;
        let asked = here.iter().filter(exact).rfind(|f| {
            f.start < done.start && words(f, &["受理", "收到", "收办", "接到", "接收", "新收"])
        })?;
        return (asked.value >= done.value).then(|| (done.value, vec![asked.value]));
    }
    if SHARE.is_match(before) {
        let own = subject_figure(context, before, earlier, previous_count)?;
        // A figure that has its own share is a part, not the whole.
        let previous = context.previous().map_or("", |s| s.folded.as_str());
        let totals: Vec<Decimal> = earlier
            .iter()
            .enumerate()
            .filter(|(index, f)| {
                let source = if *index < previous_count {
                    previous
                } else {
                    text
                };
                let rest = source[f.unit_end..].trim_start_matches([',', '(']);
                let has_share = rest.starts_with('占');
                !f.approximate && f.value > own.value && f.unit == own.unit && !has_share
            })
            .map(|(_, f)| f.value)
            .collect();
        return (!totals.is_empty()).then_some((own.value, totals));
    }
    None
}

/// The number a share is taken of: the one whose words the share repeats, or
/// the last one before it outside brackets.
fn subject_figure<'a>(
    context: &Context<'_>,
    before: &str,
    earlier: &[&'a Figure],
    previous_count: usize,
) -> Option<&'a Figure> {
    let text = &context.sentence.folded;
    let subject: String = before
        .split('占')
        .next()
        .unwrap_or("")
        .chars()
        .filter(|c| *c != '的')
        .collect();
    if subject.chars().count() >= 4 {
        let previous = context.previous().map_or("", |s| s.folded.as_str());
        return earlier.iter().enumerate().find_map(|(index, f)| {
            let source = if index < previous_count {
                previous
            } else {
                text
            };
            let own: String = lead(source, f.start, 30)
                .chars()
                .filter(|c| *c != '的')
                .collect();
            own.contains(&subject).then_some(*f)
        });
    }
    earlier
        .iter()
        .skip(previous_count)
        .rfind(|f| depth(text, f.start) == 0 && !f.approximate)
        .copied()
}
