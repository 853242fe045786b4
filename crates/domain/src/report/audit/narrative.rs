//! Claims of the prose held against the tables, against each other and
//! against the year before.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Findings, Status, in_sentence};
use crate::report::claims::{Claim, ClaimKind, Growth, Introduced, List, Scope, Share};
use crate::report::format::Format;
use crate::report::reading::Reading;
use crate::words::Message;

/// Checks every claim.
pub(super) fn check(reading: &Reading, previous: Option<&Reading>, findings: &mut Findings) {
    for claim in &reading.claims {
        match &claim.kind {
            ClaimKind::Cells { options, scope } => {
                against_cells(reading, claim, options, *scope, findings);
            }
            ClaimKind::List(list) => against_parts(reading, claim, list, findings),
            ClaimKind::Share(share) => against_base(reading, claim, share, findings),
            ClaimKind::Growth(growth) => {
                against_last_year(reading, previous, claim, growth, findings);
            }
            ClaimKind::Alone => {}
        }
    }
    balance(reading, findings);
}

/// The sum of cells, if every one was read for certain.
pub(super) fn sum(reading: &Reading, keys: &[String]) -> Option<Decimal> {
    keys.iter()
        .map(|key| Some(reading.cell(key)?.certain()?.number()))
        .sum()
}

fn against_cells(
    reading: &Reading,
    claim: &Claim,
    options: &[Vec<String>],
    scope: Scope,
    findings: &mut Findings,
) {
    let sums: Vec<Option<Decimal>> = options.iter().map(|keys| sum(reading, keys)).collect();
    if sums.iter().flatten().any(|sum| *sum == claim.value) {
        return;
    }
    let Some(table) = sums.first().copied().flatten() else {
        return;
    };
    let format = Format::get(reading.format);
    let label: Vec<String> = options[0]
        .iter()
        .map(|key| format.cell_label(key))
        .collect();
    let label = if label.len() > 3 {
        format!("{}……（{}）", label[0], label.len())
    } else {
        label.join("＋")
    };
    let (status, id) = match scope {
        Scope::Same => (Status::Fails, "claim-cells-fails"),
        Scope::Narrower | Scope::Unclear => (Status::Uncertain, "claim-cells-scope"),
    };
    let message = Message::new(id)
        .with("stated", &claim.stated)
        .with("table", table)
        .with("label", label);
    let mut spot = in_sentence(reading, claim.sentence, Some(claim.range));
    spot.cells.clone_from(&options[0]);
    let found = findings.add(claim.code, status, spot, message);
    found.left = Some(claim.value.normalize().to_string());
    found.right = Some(table.to_string());
    found.mend = Some(match scope {
        Scope::Same => Message::new("mend-claim-cells").with("table", table),
        _ => Message::new("mend-claim-scope"),
    });
}

/// Whether listed parts must add up to their total.
enum Verdict {
    Holds,
    Fails(Decimal),
    Unclear(Decimal),
    Open,
}

fn verdict(total: Decimal, list: &List) -> Verdict {
    let sum: Decimal = list.parts.iter().sum();
    // What follows the parts may be something else that is counted alike:
    // any beginning of the list that adds up will do.
    let prefix_fits =
        (2..=list.parts.len()).any(|end| list.parts[..end].iter().sum::<Decimal>() == total);
    if prefix_fits {
        return Verdict::Holds;
    }
    if list.introduced == Introduced::Behind {
        // The parts are the last ones in front of the total.
        let count = list.parts.len();
        let fits =
            (0..=count - 2).any(|begin| list.parts[begin..].iter().sum::<Decimal>() == total);
        return if fits {
            Verdict::Holds
        } else {
            Verdict::Fails(sum)
        };
    }
    if list.introduced == Introduced::Brackets {
        return if sum > total || !list.open_ended {
            Verdict::Unclear(sum)
        } else {
            Verdict::Open
        };
    }
    // Parts can never be more than the whole. A single part that is larger
    // speaks of something else.
    if sum > total {
        let foreign = list.parts.iter().any(|part| *part > total);
        return if foreign {
            Verdict::Open
        } else {
            Verdict::Fails(sum)
        };
    }
    if list.open_ended {
        return Verdict::Open;
    }
    let has = |word: &str| list.labels.iter().any(|label| label.contains(word));
    let residual = list
        .labels
        .last()
        .is_some_and(|label| label.contains("其他") || label.contains("其它"));
    let partition = (has("主动公开") && has("不予公开"))
        || (has("自然人") && (has("法人") || has("组织")))
        || (has("线上") && has("线下"));
    let difference = total - sum;
    let near =
        list.parts.len() >= 3 && difference <= (total * Decimal::new(2, 2)).max(Decimal::from(2));
    if residual || partition || near {
        Verdict::Fails(sum)
    } else if list.introduced == Introduced::Colon {
        Verdict::Unclear(sum)
    } else {
        Verdict::Open
    }
}

fn against_parts(reading: &Reading, claim: &Claim, list: &List, findings: &mut Findings) {
    let (status, sum, id) = match verdict(claim.value, list) {
        Verdict::Holds | Verdict::Open => return,
        Verdict::Fails(sum) => (Status::Fails, sum, "claim-sum-fails"),
        Verdict::Unclear(sum) => (Status::Uncertain, sum, "claim-sum-unclear"),
    };
    let parts: Vec<String> = list
        .parts
        .iter()
        .map(|part| part.normalize().to_string())
        .collect();
    let message = Message::new(id)
        .with("stated", &claim.stated)
        .with("parts", parts.join(" + "))
        .with("sum", sum.normalize());
    let spot = in_sentence(reading, claim.sentence, Some(claim.range));
    let found = findings.add(claim.code, status, spot, message);
    found.left = Some(claim.value.normalize().to_string());
    found.right = Some(sum.normalize().to_string());
    if status == Status::Fails {
        found.mend = Some(Message::new("mend-claim-sum").with("sum", sum.normalize()));
    }
}

/// Totals of table 3 that a share of requests may be of without naming them.
fn table_totals(reading: &Reading) -> Vec<Decimal> {
    let total = |rows: &[&str]| {
        let keys: Vec<String> = rows.iter().map(|row| format!("t3.{row}.total")).collect();
        sum(reading, &keys)
    };
    [
        total(&["received_new"]),
        total(&["received_new", "carried_in"]),
        total(&["result_total"]),
    ]
    .into_iter()
    .flatten()
    .filter(|total| !total.is_zero())
    .collect()
}

/// A percentage rounded half up, and the same cut off.
fn percent(part: Decimal, whole: Decimal, decimals: u32) -> Option<(Decimal, Decimal)> {
    let exact = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    let rounded = exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let cut = exact.round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
    Some((rounded, cut))
}

fn against_base(reading: &Reading, claim: &Claim, share: &Share, findings: &mut Findings) {
    let Some((part, totals)) = &share.pointed else {
        return;
    };
    let fits = |part: Decimal, whole: Decimal| {
        percent(part, whole, share.decimals).is_some_and(|(rounded, _)| rounded == claim.value)
    };
    let cleared = totals.iter().any(|total| fits(*part, *total))
        || share.nearby.iter().any(|part| {
            share
                .nearby
                .iter()
                .any(|whole| part <= whole && fits(*part, *whole))
        })
        || table_totals(reading)
            .into_iter()
            .any(|total| fits(*part, total));
    if cleared {
        return;
    }
    let Some(total) = totals.iter().max().copied() else {
        return;
    };
    // The nearest total is the likeliest base; each is shown.
    let mut shown: Vec<String> = Vec::new();
    let mut right = None;
    let mut truncated = false;
    for whole in totals.iter().rev() {
        if let Some((rounded, cut)) = percent(*part, *whole, share.decimals) {
            truncated |= cut == claim.value;
            right.get_or_insert(rounded);
            let line = format!("{}/{} = {}%", part.normalize(), whole.normalize(), rounded);
            if !shown.contains(&line) {
                shown.push(line);
            }
        }
    }
    if right.is_none() || total.is_zero() {
        return;
    }
    let id = if truncated {
        "claim-percent-truncated"
    } else {
        "claim-percent-fails"
    };
    let message = Message::new(id)
        .with("stated", &claim.stated)
        .with("computed", shown.join("；"));
    let spot = in_sentence(reading, claim.sentence, Some(claim.range));
    let found = findings.add(claim.code, Status::Fails, spot, message);
    found.left = Some(claim.stated.clone());
    found.right = right.map(|value| format!("{value}%"));
    found.mend = right.map(|value| Message::new("mend-claim-percent").with("value", value));
}

/// Whether some whole number a year ago gives the growth that is stated, and
/// the nearest one.
fn base_exists(growth: &Growth, current: Decimal) -> (bool, Decimal) {
    let half = Decimal::new(5, growth.decimals + 1);
    let hundred = Decimal::ONE_HUNDRED;
    let base = |percent: Decimal| current * hundred / (hundred + percent);
    if growth.signed_percent <= -hundred {
        return (current.is_zero(), Decimal::ZERO);
    }
    let nearest = base(growth.signed_percent).round();
    let fits = |previous: Decimal| {
        if previous <= Decimal::ZERO {
            return false;
        }
        let change = (current - previous) * hundred / previous;
        let rounded =
            change.round_dp_with_strategy(growth.decimals, RoundingStrategy::MidpointAwayFromZero);
        rounded == growth.signed_percent || (change - growth.signed_percent).abs() < half
    };
    let found = [-2i64, -1, 0, 1, 2]
        .into_iter()
        .map(|offset| nearest + Decimal::from(offset))
        .any(fits);
    (found, nearest)
}

fn against_last_year(
    reading: &Reading,
    previous: Option<&Reading>,
    claim: &Claim,
    growth: &Growth,
    findings: &mut Findings,
) {
    let change = |current: Decimal, base: Decimal| {
        ((current - base) * Decimal::ONE_HUNDRED / base)
            .round_dp_with_strategy(growth.decimals, RoundingStrategy::MidpointAwayFromZero)
    };
    let spot = in_sentence(reading, claim.sentence, Some(claim.range));
    // Pairs of this year's and last year's value: as the sentence tells
    // them, else where last year's report gives it.
    let mut pairs: Vec<(Decimal, Decimal)> = growth
        .base
        .iter()
        .flat_map(|base| growth.currents.iter().map(|current| (*current, *base)))
        .collect();
    let by_sentence = !pairs.is_empty();
    if let (Some(previous), false) = (previous, by_sentence) {
        for current in &growth.currents {
            let bases = last_years(reading, previous, *current, &growth.subject);
            pairs.extend(bases.into_iter().map(|base| (*current, base)));
        }
    }
    if !pairs.is_empty() {
        if pairs
            .iter()
            .any(|(current, base)| change(*current, *base) == growth.signed_percent)
        {
            return;
        }
        let shown: Vec<String> = pairs
            .iter()
            .map(|(current, base)| {
                let (current_text, base_text) = (current.normalize(), base.normalize());
                format!(
                    "({current_text} - {base_text}) / {base_text} = {}%",
                    change(*current, *base)
                )
            })
            .collect();
        let right = change(pairs[0].0, pairs[0].1);
        let id = match by_sentence {
            true if is_cut_off(growth, pairs[0]) => "claim-percent-truncated",
            true => "claim-percent-fails",
            false => "claim-growth-fails",
        };
        let message = Message::new(id)
            .with("stated", &claim.stated)
            .with("computed", shown.join("；"));
        let found = findings.add(claim.code, Status::Fails, spot, message);
        found.left = Some(claim.stated.clone());
        found.right = Some(format!("{right}%"));
        found.mend = Some(Message::new("mend-claim-percent").with("value", right.abs()));
        return;
    }
    let bases: Vec<(Decimal, bool, Decimal)> = growth
        .currents
        .iter()
        .map(|current| {
            let (exists, nearest) = base_exists(growth, *current);
            (*current, exists, nearest)
        })
        .collect();
    if bases
        .iter()
        .any(|(_, exists, nearest)| *exists || *nearest <= Decimal::ZERO)
    {
        return;
    }
    let Some((current, _, nearest)) = bases.first().copied() else {
        return;
    };
    let shown: Vec<String> = [nearest - Decimal::ONE, nearest, nearest + Decimal::ONE]
        .into_iter()
        .filter(|base| *base > Decimal::ZERO)
        .map(|base| format!("{} → {}%", base.normalize(), change(current, base)))
        .collect();
    let message = Message::new("claim-growth-no-base")
        .with("stated", &claim.stated)
        .with("current", current.normalize())
        .with("computed", shown.join("；"));
    let found = findings.add(claim.code, Status::Fails, spot, message);
    found.left = Some(claim.stated.clone());
    found.right = Some(format!("{}%", change(current, nearest)));
}

/// Whether the growth stated is the true one with its tail cut off.
fn is_cut_off(growth: &Growth, (current, base): (Decimal, Decimal)) -> bool {
    let exact = (current - base) * Decimal::ONE_HUNDRED / base;
    exact.round_dp_with_strategy(growth.decimals, RoundingStrategy::ToZero) == growth.signed_percent
}

/// Last year's values of what has grown: the same cells, or the same words.
fn last_years(
    reading: &Reading,
    previous: &Reading,
    current: Decimal,
    subject: &str,
) -> Vec<Decimal> {
    let mut bases = Vec::new();
    let expressions = [
        vec!["t3.received_new.total", "t3.carried_in.total"],
        vec!["t3.received_new.total"],
        vec!["t3.result_total.total"],
    ];
    for keys in expressions {
        let keys: Vec<String> = keys.into_iter().map(ToOwned::to_owned).collect();
        if sum(reading, &keys) == Some(current)
            && let Some(base) = sum(previous, &keys).filter(|base| !base.is_zero())
            && !bases.contains(&base)
        {
            bases.push(base);
        }
    }
    if bases.is_empty() && subject.chars().count() >= 6 {
        for sentence in &previous.sentences {
            for figure in &sentence.figures {
                let lead = &sentence.folded[..figure.start];
                if figure.counts()
                    && !figure.approximate
                    && lead.ends_with(subject)
                    && !figure.value.is_zero()
                {
                    bases.push(figure.value);
                }
            }
        }
    }
    bases
}

/// Received and carried in against answered and carried out, where only the
/// prose gives them; with tables, T3-RECON says it.
fn balance(reading: &Reading, findings: &mut Findings) {
    if reading.cell("t3.received_new.total").is_some() {
        return;
    }
    let first = |code: &str| {
        reading.claims.iter().find(|claim| {
            claim.code == code
                && matches!(claim.kind, ClaimKind::Cells { scope, .. } if scope != Scope::Narrower)
        })
    };
    let (Some(received), Some(answered), Some(carried)) = (
        first("NARR-RECEIVED"),
        first("NARR-ANSWERED"),
        first("NARR-CARRIED"),
    ) else {
        return;
    };
    let carried_in = first("NARR-CARRIED-IN").map(|claim| claim.value);
    let left = received.value + carried_in.unwrap_or_default();
    let right = answered.value + carried.value;
    // Without a word about last year's cases, more answered than received
    // may be those.
    let status = match (left == right, carried_in) {
        (true, _) => return,
        (false, None) if right > left => Status::Uncertain,
        _ => Status::Fails,
    };
    let message = Message::new("claim-balance")
        .with("received", received.value)
        .with("carried_in", carried_in.unwrap_or_default())
        .with("answered", answered.value)
        .with("carried", carried.value);
    let spot = in_sentence(reading, received.sentence, Some(received.range));
    let found = findings.add("NARR-BALANCE", status, spot, message);
    found.left = Some(left.to_string());
    found.right = Some(right.to_string());
}
