//! The gate before forms of the public side: a proof of work where there is
//! script, a narrower and slower way where there is none, and quotas of ranges of
//! addresses and of contacts. Kept in the store, so that many nodes count as one.

use std::net::IpAddr;

use gongkai_domain::requests::proof::Challenge;
use gongkai_domain::requests::quota::{Quota, range_of};
use gongkai_domain::settings::PortalSettings;
use gongkai_store::{StoreError, Tx, portal};
use jiff::{SignedDuration, Timestamp};

use super::Held;
use crate::house::House;

/// How long a form may lie open before it counts as one that was never shown.
const FORM_HOURS_MAX: i64 = 24;
/// What is counted is kept for as long as the longest quota.
const KEPT_HOURS: i64 = 25;
/// More than any quota that may be set.
const COUNTED_MAX: i64 = 10_000;

/// Kinds of what is counted; they never change.
const FILING: &str = "filing";
const SLOW: &str = "filing_slow";
const CONTACT: &str = "contact";
const LOOKUP: &str = "lookup";
const CODE: &str = "code";

/// Field of the blind index of what is counted.
const BUCKET: &str = "portal.bucket";
const CHALLENGE: &str = "portal.challenge";

/// Wrong contact tails under one code in an hour: four signs are guessed soon.
const CODE_QUOTA: Quota = Quota::hourly(10);

/// The challenge of a form, by the key of the form: the same key never has two
/// that hold.
pub fn challenge(house: &House, settings: &PortalSettings, key: &str) -> Challenge {
    let at = house.now().as_millisecond();
    let stated = format!("{key}.{at}");
    let mark = house.vault.blind(CHALLENGE, &stated);
    Challenge {
        text: format!("{stated}.{mark}"),
        bits: settings.proof_bits,
    }
}

/// What a form brings of its challenge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The text of the challenge.
    pub challenge: String,
    /// The number that was found; empty without script.
    pub answer: String,
}

/// When the form was shown, if the challenge is ours, of this form and not too
/// old.
fn shown_at(house: &House, key: &str, text: &str) -> Option<Timestamp> {
    let (stated, mark) = text.rsplit_once('.')?;
    let (of, at) = stated.rsplit_once('.')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    let age = house.now().duration_since(at);
    let fresh = !age.is_negative() && age <= SignedDuration::from_hours(FORM_HOURS_MAX);
    (of == key && fresh && house.vault.blind(CHALLENGE, stated) == mark).then_some(at)
}

/// Whether the work was done; where nothing is asked, it always was.
fn is_proved(house: &House, settings: &PortalSettings, key: &str, stamp: &Stamp) -> bool {
    let challenge = Challenge {
        text: stamp.challenge.clone(),
        bits: settings.proof_bits,
    };
    settings.proof_bits == 0
        || (challenge.is_solved_by(&stamp.answer)
            && shown_at(house, key, &stamp.challenge).is_some())
}

fn bucket(house: &House, kind: &str, name: &str) -> String {
    house.vault.blind(BUCKET, &format!("{kind}:{name}"))
}

/// Counts one more of a kind from a name, if its quota lets it.
async fn take(
    tx: &mut Tx,
    house: &House,
    (kind, name): (&str, &str),
    quota: Quota,
) -> Result<Result<(), Held>, StoreError> {
    let verdict = look(tx, house, (kind, name), quota).await?;
    if verdict.is_ok() {
        note(tx, house, (kind, name)).await?;
    }
    Ok(verdict)
}

async fn look(
    tx: &mut Tx,
    house: &House,
    (kind, name): (&str, &str),
    quota: Quota,
) -> Result<Result<(), Held>, StoreError> {
    let now = house.now();
    let after = now.saturating_sub(quota.within).unwrap_or(Timestamp::MIN);
    let bucket = bucket(house, kind, name);
    let most = i64::from(quota.most).min(COUNTED_MAX);
    let before = portal::counted(tx, kind, &bucket, after, most).await?;
    Ok(quota.admits(&before, now).map_err(Held::Until))
}

async fn note(tx: &mut Tx, house: &House, (kind, name): (&str, &str)) -> Result<(), StoreError> {
    let now = house.now();
    let kept = SignedDuration::from_hours(KEPT_HOURS);
    let past = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    portal::forget_counts(tx, past).await?;
    portal::count(tx, kind, &bucket(house, kind, name), now).await
}

/// Under what a form is counted, or how long it is too soon.
fn way(
    house: &House,
    settings: &PortalSettings,
    (key, stamp): (&str, &Stamp),
) -> Result<(&'static str, Quota), Held> {
    if is_proved(house, settings, key, stamp) {
        return Ok((FILING, settings.range_filings));
    }
    let wait = i64::from(settings.slow_seconds);
    let shown = shown_at(house, key, &stamp.challenge);
    let passed = shown.map_or(0, |at| house.now().duration_since(at).as_secs());
    if passed < wait {
        let seconds = wait - passed;
        return Err(Held::TooSoon { seconds });
    }
    Ok((SLOW, settings.slow_filings))
}

/// Lets a form of the public side in, in the transaction of what it does.
///
/// # Errors
/// The store's; [`Held`] says from when it may come.
pub async fn admit(
    tx: &mut Tx,
    house: &House,
    settings: &PortalSettings,
    from: IpAddr,
    form: (&str, &Stamp),
) -> Result<Result<(), Held>, StoreError> {
    match way(house, settings, form) {
        Ok((kind, quota)) => take(tx, house, (kind, &range_of(from)), quota).await,
        Err(soon) => Ok(Err(soon)),
    }
}

/// Whether a form would be let in; nothing is counted.
///
/// # Errors
/// As for [`admit`].
pub async fn would_admit(
    tx: &mut Tx,
    house: &House,
    settings: &PortalSettings,
    from: IpAddr,
    form: (&str, &Stamp),
) -> Result<Result<(), Held>, StoreError> {
    match way(house, settings, form) {
        Ok((kind, quota)) => look(tx, house, (kind, &range_of(from)), quota).await,
        Err(soon) => Ok(Err(soon)),
    }
}

/// Lets one more filing in under a contact. It is counted before it is filed:
/// one that fails afterwards counts too, which costs nobody a right.
///
/// # Errors
/// As for [`admit`].
pub async fn may_file(
    house: &House,
    settings: &PortalSettings,
    contact: &str,
) -> Result<Result<(), Held>, StoreError> {
    let mut tx = house.db.write().await?;
    let taken = take(&mut tx, house, (CONTACT, contact), settings.contact_filings).await?;
    tx.commit().await?;
    Ok(taken.map_err(|held| match held {
        Held::Until(at) => Held::Contact(at),
        other => other,
    }))
}

/// Whether one may look a code up: not too many from there, and not too many
/// tails under this code, were wrong.
///
/// # Errors
/// As for [`admit`].
pub async fn may_look_up(
    house: &House,
    settings: &PortalSettings,
    from: IpAddr,
    code: &str,
) -> Result<Result<(), Held>, StoreError> {
    let mut tx = house.db.read().await?;
    let range = range_of(from);
    let of_range = look(&mut tx, house, (LOOKUP, &range), settings.failed_lookups).await?;
    let of_code = look(&mut tx, house, (CODE, code), CODE_QUOTA).await?;
    tx.roll_back().await?;
    Ok(of_range.and(of_code))
}

/// Notes that a lookup found nothing, whether the code is known or not: from the
/// outside both are the same.
///
/// # Errors
/// As for [`admit`].
pub async fn not_found(house: &House, from: IpAddr, code: &str) -> Result<(), StoreError> {
    let mut tx = house.db.write().await?;
    note(&mut tx, house, (LOOKUP, &range_of(from))).await?;
    note(&mut tx, house, (CODE, code)).await?;
    tx.commit().await
}
