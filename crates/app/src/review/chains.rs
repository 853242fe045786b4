//! Which chain a body's reviews go through: its own, or that of the nearest
//! body above that has one, or the one that comes with the product.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{OrganizationId, PersonId, Tree};
use gongkai_domain::review::chain::{Chain, ChainData};
use gongkai_domain::review::matter::Matter;
use gongkai_domain::review::staffing;
use gongkai_domain::words::Message;
use gongkai_store::review::{self as stored, KeptChain};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::staff::Staff;
use super::{ReviewError, written};
use crate::audit::Who;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::{Policies, SignedIn};

const KIND: &str = "review_chain";
/// Versions that are shown of a body's chain.
const PAST_MAX: i64 = 50;

/// The chain by which a review would begin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The chain, for the hands that the installation asks for.
    pub chain: Chain,
    /// Whose it is; none for the one that comes with the product.
    pub of: Option<OrganizationId>,
    /// Its version; 0 for the one that comes with the product.
    pub version: i64,
    /// Where the one that comes with the product is from.
    pub source: Option<String>,
}

fn read(kept: &KeptChain, data: &str) -> Result<Chain, ReviewError> {
    let broken = || {
        let of = kept.organization;
        StoreError::Refused(format!("chain {of}/{} cannot be read", kept.version))
    };
    let data: ChainData = serde_json::from_str(data).map_err(|_| broken())?;
    Ok(Chain::from_data(&data).map_err(|_| broken())?)
}

/// The chain of a body for a matter on a day.
///
/// # Errors
/// [`ReviewError::Refused`] where the installation asks for more hands than
/// the chain has steps.
pub async fn in_force(
    tx: &mut Tx,
    tree: &Tree,
    organization: OrganizationId,
    matter: Matter,
    day: Date,
) -> Result<InForce, ReviewError> {
    let hands = Policies::load(tx).await?.hands;
    let above = tree.ancestors(organization, day);
    for body in std::iter::once(organization).chain(above) {
        let Some(kept) = stored::chain_of(tx, body, matter.key()).await? else {
            continue;
        };
        if let Some(data) = &kept.data {
            return Ok(InForce {
                chain: read(&kept, data)?.for_hands(hands)?,
                of: Some(body),
                version: kept.version,
                source: None,
            });
        }
    }
    let usual = matter.usual();
    Ok(InForce {
        chain: usual.chain.for_hands(hands)?,
        of: None,
        version: 0,
        source: Some(usual.source),
    })
}

/// A version of a body's own chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Its number.
    pub version: i64,
    /// When it was set.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// The chain; none where the body followed the one above it again.
    pub chain: Option<Chain>,
}

/// A body's chain for a matter, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// For what.
    pub matter: Matter,
    /// What counts now.
    pub in_force: InForce,
    /// The version of the body's own, to be changed by; 0 for none.
    pub version: i64,
    /// Who could act today.
    pub staff: Staff,
    /// What keeps every text from getting through.
    pub lacking: Vec<Message>,
    /// The body's own versions, the newest first.
    pub past: Vec<Past>,
}

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: OrganizationId,
) -> Result<Who, ReviewError> {
    let about = (KIND, id.to_string());
    let sees = signed.may(Action::ReviewChainsSee, Target::Organization(id));
    let demanded = signed.demand(house, action, Target::Organization(id), about);
    let who = demanded.await.map_err(|error| match sees.is_allowed() {
        true => error.into(),
        // What may not be seen is not there.
        false => ReviewError::Missing,
    })?;
    Ok(who)
}

/// The chain of a body for a matter, with who would have to act.
///
/// # Errors
/// [`ReviewError::Denied`]; [`ReviewError::Missing`] also where the body may
/// not be seen.
pub async fn see(
    house: &House,
    signed: &SignedIn,
    id: OrganizationId,
    matter: Matter,
) -> Result<Shown, ReviewError> {
    demand(house, signed, Action::ReviewChainsSee, id).await?;
    let mut tx = house.db.read().await?;
    let in_force = in_force(&mut tx, &signed.tree, id, matter, signed.today).await?;
    let staff = Staff::of(&mut tx, &signed.tree, id, signed.today).await?;
    let kept = stored::chains_of(&mut tx, id, matter.key(), PAST_MAX).await?;
    tx.roll_back().await?;
    let past = kept.iter().map(|(kept, by)| {
        let chain = kept.data.as_deref().map(|data| read(kept, data));
        Ok(Past {
            version: kept.version,
            at: kept.changed_at,
            by: by.clone(),
            chain: chain.transpose()?,
        })
    });
    let past: Result<Vec<Past>, ReviewError> = past.collect();
    Ok(Shown {
        matter,
        lacking: refused(matter, &in_force.chain, &staff),
        in_force,
        version: kept.first().map_or(0, |(kept, _)| kept.version),
        staff,
        past: past?,
    })
}

/// What stands against a chain in a body: that the law needs more of it, or
/// that nobody could walk it.
fn refused(matter: Matter, chain: &Chain, staff: &Staff) -> Vec<Message> {
    let unlawful = matter.unlawful(chain);
    if !unlawful.is_empty() {
        return unlawful;
    }
    let holders = staff.holders(&BTreeSet::new());
    staffing::refused(chain, &holders, &staff.writers())
}

/// Who of those who write could never get a text through a chain, though
/// others could: the only one who holds a role of it.
pub fn hindered(chain: &Chain, staff: &Staff) -> BTreeSet<PersonId> {
    let cannot = |writer: &PersonId| {
        let editors = BTreeSet::from([*writer]);
        !staffing::lacking(chain, &staff.holders(&editors), &editors).is_empty()
    };
    staff.writers().into_iter().filter(cannot).collect()
}

/// What would come of a chain in a body: who could act, and what stands
/// against it. Nothing is kept.
///
/// # Errors
/// [`ReviewError::Denied`].
pub async fn preview(
    house: &House,
    signed: &SignedIn,
    id: OrganizationId,
    matter: Matter,
    chain: &Chain,
) -> Result<(Staff, Vec<Message>), ReviewError> {
    demand(house, signed, Action::ReviewChainsChange, id).await?;
    let mut tx = house.db.read().await?;
    let staff = Staff::of(&mut tx, &signed.tree, id, signed.today).await?;
    let hands = Policies::load(&mut tx).await?.hands;
    tx.roll_back().await?;
    let wrong = match chain.clone().for_hands(hands) {
        Ok(chain) => refused(matter, &chain, &staff),
        Err(wrong) => wrong,
    };
    Ok((staff, wrong))
}

/// Sets a body's own chain for a matter, of the version that was seen; none
/// has the body follow the one above it again. Reviews under way keep theirs.
///
/// # Errors
/// [`ReviewError::Refused`] where it lacks what the law needs, nobody holds a
/// role that it needs, or its hands cannot be met; [`ReviewError::Changed`] if someone set it meanwhile.
pub async fn change(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: OrganizationId,
    matter: Matter,
    seen: i64,
    chain: Option<&Chain>,
) -> Result<(), ReviewError> {
    let who = demand(house, signed, Action::ReviewChainsChange, id).await?;
    let work = |tx| changed(house, signed, &who, id, matter, seen, chain, tx);
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}

/// The steps of a chain for the trail: stage, kind, role.
fn steps(chain: &Chain) -> Vec<String> {
    let stages = chain.stages().iter().enumerate();
    let steps = stages.flat_map(|(stage, steps)| {
        steps.iter().map(move |step| {
            let (kind, role) = (step.kind.key(), step.role.key());
            format!("{} {} {kind} {role}", stage + 1, step.key)
        })
    });
    steps.collect()
}

#[expect(
    clippy::too_many_arguments,
    reason = "what is changed, by whom, seen when"
)]
async fn changed(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    id: OrganizationId,
    matter: Matter,
    seen: i64,
    chain: Option<&Chain>,
    mut tx: Tx,
) -> Result<(Tx, String), ReviewError> {
    let there = stored::chain_of(&mut tx, id, matter.key()).await?;
    let version = there.as_ref().map_or(0, |kept| kept.version);
    if version != seen {
        return Err(ReviewError::Changed(version));
    }
    if let Some(chain) = chain {
        let staff = Staff::of(&mut tx, &signed.tree, id, signed.today).await?;
        let hands = Policies::load(&mut tx).await?.hands;
        let wrong = refused(matter, &chain.clone().for_hands(hands)?, &staff);
        if !wrong.is_empty() {
            return Err(wrong.into());
        }
    }
    let data = chain.map(|chain| serde_json::to_string(&chain.to_data()));
    let data = data.transpose();
    let kept = KeptChain {
        organization: id,
        version: version + 1,
        data: data.map_err(|error| StoreError::Refused(error.to_string()))?,
        changed_at: house.now(),
        changed_by: signed.person.id,
    };
    match stored::set_chain(&mut tx, matter.key(), &kept).await {
        Err(StoreError::Duplicate(_)) => return Err(ReviewError::Changed(version + 1)),
        set => set?,
    }
    // Whoever looks into it sees which steps went, and whose papers were under
    // way to be begun anew by it.
    let steps = chain.map(steps);
    let before = there.as_ref().and_then(|kept| kept.data.as_deref());
    let before = before.map(serde_json::from_str::<serde_json::Value>);
    let before = before.transpose();
    let before = before.map_err(|error| StoreError::Refused(error.to_string()))?;
    let detail = json!({
        "matter": matter.key(),
        "version": version + 1,
        "steps": steps,
        "hands": chain.map(|chain| chain.hands().people()),
        "before": before,
    });
    let action = Action::ReviewChainsChange;
    written(&mut tx, house, who, action, (KIND, id.to_string()), detail).await?;
    Ok((tx, (version + 1).to_string()))
}
