//! Cases found by words: of what is wanted, of its title, of the applicant's
//! name, or by their number.
//!
//! Applications are sealed, and opening all of them for one search would take
//! seconds at some thousands and minutes at a million. So a blind of every pair
//! of signs is kept beside each request, made with a key of the installation that
//! lies outside the database. The trade: whoever has the database and not that key
//! sees which requests share pairs and how common each pair is, which lets them
//! guess at very common ones (公开, 报告) by their number alone; the text itself,
//! the order of its pairs and what is rare in it stay closed. What the blinds find
//! is opened and read again, within what the one who looks may see, so that no
//! two words that merely lie apart are taken for one. Whose names somebody saw is
//! written down as for every list; the words are not, they may be a name.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::requests::words;
use gongkai_store::requests::words as blind;
use gongkai_store::requests::{self as stored, Kept};

use super::look::{Line, PAGE_MAX, SEE, demand_target, line, told};
use super::{RequestError, cases, sight};
use crate::house::House;
use crate::people::SignedIn;
use crate::vault::VaultError;

/// The name of the blind index; it never changes.
const WORDS: &str = "requests.words";
/// Requests that are opened for one search.
const OPENED_MAX: i64 = 400;

pub(super) fn blinds(house: &House, pairs: &BTreeSet<String>) -> BTreeSet<i64> {
    let blind = |pair: &String| {
        let digest = house.vault.blind(WORDS, pair);
        // Sixty bits of it: what two pairs have in common by chance is read again.
        i64::from_str_radix(&digest[..15], 16).unwrap_or_default()
    };
    pairs.iter().map(blind).collect()
}

/// Requests that are indexed in one transaction.
const AT_ONCE: i64 = 100;

/// Keeps by what requests are found that were made since; how many. Not in the
/// transaction that makes one: its hundred pairs lie on a hundred pages of the
/// index, and would cost more than everything else that is written.
///
/// # Errors
/// The store's and the vault's.
pub async fn index(house: &House) -> Result<usize, RequestError> {
    let mut tx = house.db.write().await?;
    let some = blind::unindexed(&mut tx, &Reach::All, AT_ONCE).await?;
    for kept in &some {
        let pairs = match cases::application(house, kept).await {
            Ok(application) => words::of(&application),
            // Nobody can read it any more, nor find it by its words.
            Err(RequestError::Vault(VaultError::Erased)) => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        blind::add(&mut tx, kept.id, &blinds(house, &pairs)).await?;
    }
    tx.commit().await?;
    Ok(some.len())
}

/// Cases that have all of some words, or bear a number, the newest first; and
/// whether there may be more than are shown.
///
/// # Errors
/// [`RequestError::Refused`] for a word of one sign; [`RequestError::Denied`].
pub async fn find(
    house: &House,
    signed: &SignedIn,
    text: &str,
) -> Result<(Vec<Line>, bool), RequestError> {
    let (target, about) = demand_target();
    let who = signed.demand(house, SEE, target, about).await?;
    let sought = words::sought(text)?;
    let pairs = sought.iter().flat_map(|word| words::pairs(word)).collect();
    let blinds = blinds(house, &pairs);
    let mut tx = house.db.read().await?;
    let (within, _) = sight(&mut tx, signed).await?;
    let most = i64::try_from(PAGE_MAX).unwrap_or(i64::MAX);
    let numbered = stored::numbered(&mut tx, &within, text.trim(), most).await?;
    // What was filed within the minute is not indexed yet: it is read as well.
    let mut candidates = blind::unindexed(&mut tx, &within, OPENED_MAX).await?;
    let left = OPENED_MAX - i64::try_from(candidates.len()).unwrap_or(OPENED_MAX);
    candidates.extend(blind::find(&mut tx, &within, &blinds, left).await?);
    tx.roll_back().await?;
    let mut is_more = i64::try_from(candidates.len()).is_ok_and(|count| count >= OPENED_MAX);
    let is_numbered = |one: &Kept| numbered.iter().any(|other| other.id == one.id);
    let others: Vec<Kept> = candidates
        .into_iter()
        .filter(|one| !is_numbered(one))
        .collect();
    let mut lines = Vec::new();
    for (kept, by_number) in numbered
        .iter()
        .cloned()
        .map(|one| (one, true))
        .chain(others.into_iter().map(|one| (one, false)))
    {
        let application = cases::application(house, &kept).await?;
        if !by_number && !words::has(&application, &sought) {
            continue;
        }
        if lines.len() == PAGE_MAX {
            is_more = true;
            break;
        }
        lines.push(line(&within, kept, &application));
    }
    told(house, &who, &lines).await?;
    Ok((lines, is_more))
}
