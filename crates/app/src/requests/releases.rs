//! From when something may be given that third parties object to (Art. 32): each was told
//! of the decision, and of the day before which nothing leaves.

use std::collections::BTreeMap;

use gongkai_domain::letters::grounds;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::requests::outcomes::{self, Family};
use gongkai_domain::requests::record::{self, Happening};
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use jiff::civil::Date;

use super::RequestError;
use super::cases::Opened;
use super::replies::Reply;
use crate::house::House;
use crate::letters;

/// Whether an outcome gives something.
pub(super) fn gives(outcome: &str) -> bool {
    outcomes::of(outcome).is_some_and(|one| matches!(one.family, Family::Granted | Family::Partial))
}

/// Art. 32: what stands against giving what was approved: third parties who were not
/// told of the decision, or were told of a later day. A later letter to the same one
/// puts an earlier day right.
pub(super) async fn untold(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    (reply, day): (&Reply, Date),
) -> Result<(), RequestError> {
    let happened = || opened.record.iter().map(|one| &one.what);
    // Of a letter that is made elsewhere the text says it that was reviewed.
    let withholds = match &reply.facts {
        Some(facts) => {
            let mut withheld = facts.withheld.iter();
            withheld.any(|one| grounds::is_for_others(&one.article))
        }
        None => grounds::withholds_for_others(&reply.text),
    };
    if let Some(message) = record::undecided(happened(), &reply.outcome, withholds) {
        return Err(message.into());
    }
    not_before_release(tx, house, happened(), (&reply.outcome, day)).await
}

/// Art. 32: a reply that gives something is not of a day before that which third parties
/// were told.
pub(super) async fn not_before_release<'a>(
    tx: &mut Tx,
    house: &House,
    record: impl Iterator<Item = &'a Happening>,
    (outcome, day): (&str, Date),
) -> Result<(), RequestError> {
    if !gives(outcome) {
        return Ok(());
    }
    let release = release(tx, house, record).await?;
    match release.filter(|release| day < *release) {
        Some(release) => {
            let early = Message::new("casework-release-early");
            Err(early.with("date", release).into())
        }
        None => Ok(()),
    }
}

/// Art. 32: the day from which something may be given, as third parties were told it; a
/// later letter to the same one puts an earlier day right. Letters of long ago are told
/// apart by their addressees.
pub(super) async fn release<'a>(
    tx: &mut Tx,
    house: &House,
    record: impl Iterator<Item = &'a Happening>,
) -> Result<Option<Date>, RequestError> {
    let told = record.filter_map(|what| match what {
        Happening::Issued {
            letter,
            kind,
            inquiry,
            ..
        } if kind == "disclosure_decided" => Some((*letter, *inquiry)),
        _ => None,
    });
    let mut days = BTreeMap::new();
    for (letter, inquiry) in told {
        let issued = gongkai_store::letters::get(tx, &Reach::All, letter).await?;
        let issued = issued.ok_or(RequestError::Missing)?;
        let facts = letters::opened(house, issued).await?.facts;
        let to = match inquiry {
            Some(of) => {
                days.remove(&(None, facts.addressee));
                (Some(of), String::new())
            }
            None => (None, facts.addressee),
        };
        days.extend(facts.decision.map(|one| (to, one.release)));
    }
    Ok(days.into_values().max())
}
