//! Information processing fees (信息处理费), 国办函〔2020〕109号.
//!
//! Owns the two progressive scales. Charging is a *may* (Regulation Art. 42),
//! decided per request, by one scale only; this module reckons, it decides
//! nothing.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::words::Message;

/// The scale by item as far as a fee went, in words: which item of a month costs how
/// much (国办函〔2020〕109号).
pub fn scale(fee: &Fee) -> Vec<Message> {
    let steps = fee.reasoning.iter().map(|step| {
        Message::new("fee-scale-step")
            .with("from", step.from)
            .with("each", step.yuan_each)
    });
    steps.collect()
}

/// More than any office meets in a month or copies for one request; bounds the
/// arithmetic.
pub const COUNT_MAX: u32 = 1_000_000;

/// One bracket's part of a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeStep {
    /// First item or page of the bracket that is charged.
    pub from: u32,
    /// Last item or page of the bracket that is charged.
    pub to: u32,
    /// Yuan for each.
    pub yuan_each: u64,
    /// Yuan for the bracket.
    pub yuan: u64,
}

impl FeeStep {
    /// The step in words; `unit` is the word for what is counted.
    pub fn message(&self, unit: &str) -> Message {
        Message::new("fee-step")
            .with("from", self.from)
            .with("to", self.to)
            .with("unit", unit)
            .with("each", self.yuan_each)
            .with("yuan", self.yuan)
    }
}

/// A fee with its reckoning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// Yuan of the whole month (per item) or request (per page).
    pub yuan: u64,
    /// Yuan of the last item or page alone.
    pub nth_yuan: u64,
    /// The brackets in order.
    pub reasoning: Vec<FeeStep>,
}

/// A count that no fee is reckoned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a count of {count} is beyond {COUNT_MAX}")]
pub struct CountTooLarge {
    /// The count asked for.
    pub count: u32,
}

impl CountTooLarge {
    /// What to tell the user.
    pub fn message(self) -> Message {
        Message::new("fee-count-too-large")
            .with("count", self.count)
            .with("max", COUNT_MAX)
    }
}

#[derive(Debug, Deserialize)]
struct FeeRules {
    per_item: PerItem,
    per_page: PerPage,
}

#[derive(Debug, Deserialize)]
struct PerItem {
    free: u32,
    flat_to: u32,
    flat_yuan: u64,
    tier_size: u32,
    tier_first_yuan: u64,
    tier_step_yuan: u64,
}

#[derive(Debug, Deserialize)]
struct PerPage {
    brackets: Vec<Bracket>,
}

#[derive(Debug, Deserialize)]
struct Bracket {
    from: u32,
    to: Option<u32>,
    yuan: u64,
}

fn rules() -> &'static FeeRules {
    static RULES: OnceLock<FeeRules> = OnceLock::new();
    RULES.get_or_init(|| {
        serde_json::from_str(include_str!("../../data/fees/2021.json"))
            .expect("built-in fee rules are checked by a test")
    })
}

/// What of the scales is not certain from the norm's text, and so is a setting
/// ([`crate::settings`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeSettings {
    /// Yuan for each of the first ten items past thirty. 国办函〔2020〕109号 says
    /// that each further ten cost 100 yuan more; that they begin at 200 is how
    /// offices read it.
    pub tier_first_yuan: u64,
}

impl Default for FeeSettings {
    fn default() -> Self {
        Self {
            tier_first_yuan: rules().per_item.tier_first_yuan,
        }
    }
}

/// By item: the cumulative count of one applicant's requests to one agency in
/// one calendar month. Each item is priced by its own rank (超额累进).
///
/// # Errors
/// [`CountTooLarge`].
pub fn per_item(count: u32) -> Result<Fee, CountTooLarge> {
    per_item_by(FeeSettings::default(), count)
}

/// By item, as an installation has set it.
///
/// # Errors
/// [`CountTooLarge`].
pub fn per_item_by(settings: FeeSettings, count: u32) -> Result<Fee, CountTooLarge> {
    let rules = &rules().per_item;
    let tiers = (0..).map(|tier: u32| {
        let from = rules.flat_to + tier * rules.tier_size + 1;
        let yuan = settings.tier_first_yuan + u64::from(tier) * rules.tier_step_yuan;
        (from, Some(from + rules.tier_size - 1), yuan)
    });
    let brackets = [
        (1, Some(rules.free), 0),
        (rules.free + 1, Some(rules.flat_to), rules.flat_yuan),
    ];
    reckon(count, brackets.into_iter().chain(tiers))
}

/// By page: the pages of one request, one side of A4 or smaller each.
///
/// # Errors
/// [`CountTooLarge`].
pub fn per_page(pages: u32) -> Result<Fee, CountTooLarge> {
    let brackets = rules().per_page.brackets.iter();
    reckon(pages, brackets.map(|b| (b.from, b.to, b.yuan)))
}

fn reckon(
    count: u32,
    brackets: impl Iterator<Item = (u32, Option<u32>, u64)>,
) -> Result<Fee, CountTooLarge> {
    if count > COUNT_MAX {
        return Err(CountTooLarge { count });
    }
    let reasoning: Vec<FeeStep> = brackets
        .take_while(|(from, _, _)| *from <= count)
        .map(|(from, to, yuan_each)| {
            let to = to.unwrap_or(count).min(count);
            FeeStep {
                from,
                to,
                yuan_each,
                yuan: u64::from(to - from + 1) * yuan_each,
            }
        })
        .collect();
    Ok(Fee {
        yuan: reasoning.iter().map(|step| step.yuan).sum(),
        nth_yuan: reasoning.last().map_or(0, |step| step.yuan_each),
        reasoning,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 国办函〔2020〕109号, by item: count, yuan of the last, yuan of the month.
    #[test]
    fn by_item_each_is_priced_by_its_rank() {
        let table = [
            (0, 0, 0),
            (1, 0, 0),
            (10, 0, 0),
            (11, 100, 100),
            (12, 100, 200),
            (20, 100, 1_000),
            (30, 100, 2_000),
            (31, 200, 2_200),
            (35, 200, 3_000),
            (40, 200, 4_000),
            (41, 300, 4_300),
            (45, 300, 5_500),
            (50, 300, 7_000),
            (51, 400, 7_400),
            (60, 400, 11_000),
            (100, 800, 37_000),
        ];
        for (count, nth, month) in table {
            let fee = per_item(count).expect("small");
            assert_eq!((fee.nth_yuan, fee.yuan), (nth, month), "{count} items");
        }
    }

    /// 国办函〔2020〕109号, by page: pages, yuan.
    #[test]
    fn by_page_only_the_excess_pays_more() {
        let table = [
            (0, 0),
            (1, 0),
            (30, 0),
            (31, 10),
            (50, 200),
            (100, 700),
            (101, 720),
            (150, 1_700),
            (200, 2_700),
            (201, 2_740),
            (250, 4_700),
            (500, 14_700),
        ];
        for (pages, yuan) in table {
            assert_eq!(per_page(pages).expect("small").yuan, yuan, "{pages} pages");
        }
    }

    #[test]
    fn an_absurd_count_is_refused() {
        assert_eq!(
            per_item(COUNT_MAX + 1),
            Err(CountTooLarge {
                count: COUNT_MAX + 1
            })
        );
    }

    proptest! {
        #[test]
        fn one_more_never_costs_less_and_adds_its_own_price(count in 1u32..3_000) {
            let before = per_item(count - 1).expect("small");
            let after = per_item(count).expect("small");
            prop_assert_eq!(after.yuan - before.yuan, after.nth_yuan);
            prop_assert!(after.nth_yuan >= before.nth_yuan);
        }

        #[test]
        fn the_brackets_add_up_to_the_fee(pages in 0u32..3_000) {
            let fee = per_page(pages).expect("small");
            let sum: u64 = fee.reasoning.iter().map(|step| step.yuan).sum();
            prop_assert_eq!(sum, fee.yuan);
        }
    }
}
