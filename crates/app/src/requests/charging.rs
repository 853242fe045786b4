//! The fee for processing information (Art. 42; 国办函〔2020〕109号): reckoned by
//! the rules, told to the applicant, and kept with its reckoning.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::fees::{self, Fee, FeeStep};
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::letters as stored;

use super::RequestError;
use super::look::{self, Shown};
use super::steps::{self, Seen, Taken};
use crate::house::House;
use crate::letters;
use crate::people::SignedIn;
use crate::settings;

/// By what a fee is reckoned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Basis {
    /// By item: the rank of this request in the applicant's month.
    #[default]
    Items,
    /// By page: so many pages of this request.
    Pages(u32),
}

/// The fee of a request: by item, what its own rank costs; by page, all pages.
///
/// # Errors
/// [`RequestError::Refused`] for an absurd count, or a setting that cannot be
/// read.
pub async fn reckon(house: &House, shown: &Shown, basis: Basis) -> Result<Fee, RequestError> {
    let set = settings::values(house).await?.fees()?;
    let rank = u32::try_from(shown.month_rank).unwrap_or(u32::MAX);
    let fee = match basis {
        Basis::Items => fees::per_item_by(set, rank).map(|fee| Fee {
            yuan: fee.nth_yuan,
            ..fee
        }),
        Basis::Pages(pages) => fees::per_page(pages),
    };
    Ok(fee.map_err(|error| error.message())?)
}

/// How a fee was reckoned, in words: by which scale, with its steps, and how much.
pub(super) fn told(words: &Words, shown: &Shown, basis: Basis, fee: &Fee) -> String {
    let (told, unit) = match basis {
        Basis::Items => {
            let told = Message::new("casework-fee-items").with("count", shown.month_rank);
            (told, words.text("fee-unit-item"))
        }
        Basis::Pages(pages) => {
            let told = Message::new("casework-fee-pages").with("count", pages);
            (told, words.text("fee-unit-page"))
        }
    };
    let steps = match basis {
        // By item each costs what its own rank does; the sum of the month is others'.
        Basis::Items => fees::scale(fee),
        Basis::Pages(_) => {
            let step = |step: &FeeStep| match step.yuan_each {
                0 => Message::new("fee-step-free")
                    .with("from", step.from)
                    .with("to", step.to)
                    .with("unit", &unit),
                _ => step.message(&unit),
            };
            fee.reasoning.iter().map(step).collect()
        }
    };
    let steps: Vec<String> = steps.iter().map(|step| words.render(step)).collect();
    words.render(&told.with("yuan", fee.yuan).with("steps", steps.join("；")))
}

/// The amount with its reckoning as the fee notice of the case says them, where one was
/// issued here: what the applicant was told is what they owe.
async fn noticed(house: &House, shown: &Shown) -> Result<Option<String>, RequestError> {
    let present = record::present(shown.record.iter().map(|one| &one.what));
    let last = present.into_iter().rev().find_map(|what| match what {
        Happening::Issued { letter, kind, .. } if kind == "fee" => Some(*letter),
        _ => None,
    });
    let Some(letter) = last else {
        return Ok(None);
    };
    let mut tx = house.db.read().await?;
    let issued = stored::get(&mut tx, &Reach::All, letter).await?;
    tx.roll_back().await?;
    let issued = issued.ok_or(RequestError::Missing)?;
    let fee = letters::opened(house, issued).await?.facts.fee;
    Ok(fee.map(|fee| fee.reckoning))
}

/// Enters that the applicant got the fee notice on a day, and that it left on a day
/// before where that was another, with the amount and how it was reckoned: as the
/// notice says, or where that was made elsewhere, by the basis that is told.
///
/// # Errors
/// [`RequestError::Refused`] where there is nothing to pay; as [`steps::step`].
pub async fn notify(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (day, left): (&str, &str),
    basis: Basis,
    note: &str,
) -> Result<(), RequestError> {
    let day = super::intake::day(day, signed.today)?;
    let left = match left.trim() {
        "" => None,
        left => Some(super::intake::day(left, signed.today)?),
    };
    let shown = look::see(house, signed, seen.id).await?;
    let told = match noticed(house, &shown).await? {
        Some(reckoning) => reckoning,
        None => {
            let fee = reckon(house, &shown, basis).await?;
            if fee.yuan == 0 {
                return Err(Message::new("casework-fee-none").into());
            }
            told(Words::of(Language::Chinese), &shown, basis, &fee)
        }
    };
    let said = [told.as_str(), note.trim()];
    let said: Vec<&str> = said.into_iter().filter(|one| !one.is_empty()).collect();
    let said = said.join("\n");
    let taken = Taken {
        event: Event::FeeNotified { sent: left },
        day,
        proofs: vec![(Proof::Note, said.as_str())],
    };
    steps::step(house, signed, key, seen, &taken).await
}
