//! Clocks of all open cases, reckoned anew: each night, because those move whose
//! consultation is open, and when a version of the calendar is loaded. What is
//! stored is only what the desk sorts by; pages always reckon from the events.

use gongkai_domain::requests::record::Lane;
use gongkai_store::Tx;
use gongkai_store::requests::{self as stored, Standing};

use super::RequestError;
use super::cases::{Law, read, standing};
use crate::house::House;

/// Cases that are reckoned in one transaction.
const AT_ONCE: i64 = 200;

/// Lanes in which something can still move.
const OPEN: [Lane; 3] = [Lane::Unconfirmed, Lane::Running, Lane::Waiting];

/// Whether there is a case whose clock could move.
///
/// # Errors
/// The store's.
pub async fn is_any_open(tx: &mut Tx) -> Result<bool, gongkai_store::StoreError> {
    for lane in OPEN {
        if !stored::in_lane(tx, lane.key(), 0, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reckons the clocks of all open cases anew; how many came to lie elsewhere. A
/// case that somebody works on at the same moment is reckoned by what they do.
///
/// # Errors
/// The store's; that a setting cannot be read.
pub async fn reckon(house: &House) -> Result<usize, RequestError> {
    let mut moved = 0;
    for lane in OPEN {
        let mut above = 0;
        while let Some((last, some)) = page(house, lane, above).await? {
            above = last;
            moved += some;
        }
    }
    Ok(moved)
}

/// A page of a lane above a number: the last number of it, and how many moved.
async fn page(house: &House, lane: Lane, above: i64) -> Result<Option<(i64, usize)>, RequestError> {
    let today = house.today();
    let mut tx = house.db.read().await?;
    let law = Law::of(&mut tx, house).await?;
    let some = stored::in_lane(&mut tx, lane.key(), above, AT_ONCE).await?;
    let Some(last) = some.last().map(|last| last.id) else {
        return Ok(None);
    };
    let mut elsewhere: Vec<((i64, i64), Standing)> = Vec::new();
    for kept in &some {
        let at = &kept.standing;
        let (case, _) = read(&mut tx, kept, &law).await?;
        let to = standing(&case, &law, today, (at.section, at.handler))?;
        if to != *at {
            elsewhere.push(((kept.id, kept.version), to));
        }
    }
    tx.roll_back().await?;
    let mut moved = 0;
    if !elsewhere.is_empty() {
        let mut tx = house.db.write().await?;
        for (seen, to) in &elsewhere {
            moved += usize::from(stored::place(&mut tx, *seen, to).await?);
        }
        tx.commit().await?;
    }
    Ok(Some((last, moved)))
}
