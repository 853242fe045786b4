//! Growth on the year before, with last year's value where the same sentence
//! tells it.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::lists::counts;
use super::{Context, Growth, depth, lead};
use crate::report::figures::Figure;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a constant pattern"));
    };
}

const WAY: &str = "(?P<way>增长|增加|上升|提高|提升|增幅|增|减少|下降|降低|降幅|减)";
const FILLERS: &str = "(?:了|约|近|幅度?为|幅度?达|为|达)*";
const LAST_YEAR: &str = r"(?:上年|上一年|去年|前一年|20\d\d年)(?:度)?(?:同期)?";

pattern!(
    GROWTH,
    &format!(
        r"(?:同比|环比|比上年|较上年|(?:比|较|与)[^,;]{{0,12}}(?:年|期)(?:度)?(?:相比|同期)?(?:同比)?)[^,;\d]{{0,8}}{WAY}{FILLERS}$"
    )
);
// `比上年的100件增长20%`: what stands before the base, and behind it.
pattern!(
    BEFORE_BASE,
    &format!(r"(?:比|较|与){LAST_YEAR}[^,;%\d]{{0,8}}$")
);
pattern!(
    BEHIND_BASE,
    &format!(r"^(?:相比)?,?(?:同比)?{WAY}{FILLERS}$")
);
// `由100件增加到120件,增长20%`.
pattern!(FROM, r"(?:由|从)[^,;%\d]{0,10}$");
pattern!(
    TO,
    r"^[^,;%\d]{0,4}(?:增加|增长|上升|提高|减少|下降|降低|增|降|减)(?:到|至|为)$"
);
pattern!(ALONE, &format!(r"[,(](?:同比)?{WAY}{FILLERS}$"));
// `比上年增加20件,增长20%`.
pattern!(
    BEFORE_CHANGE,
    &format!(r"(?:同比|(?:比|较|与){LAST_YEAR}(?:相比)?)[^,;%\d]{{0,6}}{WAY}(?:了)?$")
);
// `2023年收到100件`: a value of last year, after which growth is told.
pattern!(OF_LAST_YEAR, r"(?:上年|上一年|去年|20\d\d年)[^,;%\d]*$");
pattern!(REACHING, r"^,?(?:增|升|降|减)?(?:达到|达|至|到|为)(?:了)?$");

fn is_down(way: &str) -> bool {
    matches!(way, "减少" | "下降" | "降低" | "降幅" | "减")
}

fn is_inexact(figure: &Figure) -> bool {
    figure.approximate || figure.decimals > 0 || figure.raw.contains(['万', '亿'])
}

/// Whether the words before a percentage say that it is a change.
pub(super) fn is_growth(context: &Context<'_>, figure: &Figure) -> bool {
    GROWTH.is_match(lead(&context.sentence.folded, figure.start, 30))
        || told(context, figure).is_some()
}

/// What grew, and from what. `None` where this year's value is not exact.
pub(super) fn of(context: &Context<'_>, figure: &Figure) -> Option<Growth> {
    let text = &context.sentence.folded;
    if let Some(told) = told(context, figure) {
        let sign = if told.down {
            -Decimal::ONE
        } else {
            Decimal::ONE
        };
        return Some(Growth {
            currents: vec![told.current.value],
            base: Some(told.base),
            signed_percent: sign * figure.value,
            decimals: figure.decimals,
            subject: lead(text, told.current.start, 20).to_owned(),
        });
    }
    let captures = GROWTH.captures(lead(text, figure.start, 30))?;
    let before_it: Vec<&Figure> = counts(&context.sentence.figures)
        .filter(|f| f.unit_end <= figure.start && depth(text, f.start) == 0)
        .filter(|f| !is_of_another_year(context, f))
        .collect();
    let current = *before_it.last()?;
    if is_inexact(current) {
        return None;
    }
    let totals = before_it.iter().rev().filter(|f| {
        let rest = &text[f.unit_end..];
        !is_inexact(f)
            && [",其中", "其中", ":"]
                .iter()
                .any(|mark| rest.starts_with(mark))
    });
    let mut currents = vec![current.value];
    currents.extend(totals.map(|f| f.value));
    let sign = if is_down(&captures["way"]) {
        -Decimal::ONE
    } else {
        Decimal::ONE
    };
    Some(Growth {
        currents,
        base: None,
        signed_percent: sign * figure.value,
        decimals: figure.decimals,
        subject: lead(text, current.start, 20).to_owned(),
    })
}

/// This year's and last year's value as the sentence itself gives them.
struct Told<'a> {
    current: &'a Figure,
    base: Decimal,
    down: bool,
}

fn told<'a>(context: &Context<'a>, percent: &Figure) -> Option<Told<'a>> {
    let text = context.sentence.folded.as_str();
    let all: Vec<&Figure> = counts(&context.sentence.figures)
        .filter(|f| f.unit_end <= percent.start)
        .collect();
    let (last, earlier) = all.split_last()?;
    let same_unit = |f: &&&'a Figure| f.unit == last.unit && !is_inexact(f);
    let between = &text[last.unit_end..percent.start];
    let before = &text[..last.start];
    let way = |pattern: &Regex, words: &str| {
        pattern
            .captures(words)
            .map(|captures| is_down(&captures["way"]))
    };
    if is_inexact(last) || last.value.is_zero() {
        return None;
    }
    if let Some(down) = way(&BEHIND_BASE, between)
        && BEFORE_BASE.is_match(before)
        && !BEFORE_CHANGE.is_match(before)
    {
        let reached = counts(&context.sentence.figures)
            .find(|f| f.start >= percent.unit_end)
            .filter(|f| REACHING.is_match(&text[percent.unit_end..f.start]));
        let current = match reached {
            Some(reached) => Some(reached).filter(|f| same_unit(&f)),
            None => earlier
                .last()
                .copied()
                .filter(|f| same_unit(&f) && depth(text, f.start) == 0),
        }?;
        return Some(Told {
            current,
            base: last.value,
            down,
        });
    }
    let current = earlier.iter().rfind(same_unit).copied()?;
    let apart = &text[current.unit_end..last.start];
    if let Some(down) = way(&ALONE, between)
        && FROM.is_match(&text[..current.start])
        && TO.is_match(apart)
    {
        return (!current.value.is_zero()).then_some(Told {
            current: last,
            base: current.value,
            down,
        });
    }
    if depth(text, current.start) > 0 {
        return None;
    }
    if let Some(down) = way(&ALONE, between)
        && let Some(fell) = way(&BEFORE_CHANGE, before)
    {
        // What stands in the clause before must be what has changed.
        let base = if fell {
            current.value + last.value
        } else {
            current.value - last.value
        };
        let neighbours = earlier.last().is_some_and(|f| f.start == current.start);
        return (fell == down && neighbours && base > Decimal::ZERO).then_some(Told {
            current,
            base,
            down,
        });
    }
    let tail = lead(text, percent.start, 30);
    let clause = clause_before(text, last);
    let down = way(&GROWTH, tail).or_else(|| way(&ALONE, between))?;
    let of_last_year = OF_LAST_YEAR
        .find(clause)
        .is_some_and(|found| is_last_year(context, found.as_str()));
    let adjacent = !apart.contains(';') && earlier.last().is_some_and(|f| f.start == current.start);
    (of_last_year && adjacent && !clause.contains("比") && !clause.contains("较")).then_some(Told {
        current,
        base: last.value,
        down,
    })
}

/// The words of the clause in front of a figure.
fn clause_before<'t>(text: &'t str, figure: &Figure) -> &'t str {
    let before = &text[..figure.start];
    &before[before.rfind([',', ';', '(']).map_or(0, |at| at + 1)..]
}

/// Whether the clause of a figure names a year that is not the report's.
fn is_of_another_year(context: &Context<'_>, figure: &Figure) -> bool {
    OF_LAST_YEAR
        .find(clause_before(&context.sentence.folded, figure))
        .is_some_and(|found| {
            let named = found.as_str().get(..4).and_then(|y| y.parse::<i16>().ok());
            named.is_none() || named != context.reading.year
        })
}

/// Whether words that name a year name the one before the report's.
fn is_last_year(context: &Context<'_>, words: &str) -> bool {
    let Some(named) = words.get(..4).and_then(|digits| digits.parse::<i16>().ok()) else {
        return !words.contains("以来");
    };
    context.reading.year.is_some_and(|year| named == year - 1)
}
