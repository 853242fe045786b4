//! Settings of the installation: seen, changed, and what was changed before.
//!
//! [`gongkai_domain::settings::SETTINGS`] says what may be set and who keeps
//! it. A change counts at once, on every node: who reckons by a setting reads it
//! each time ([`values`]), or asks how often they were changed ([`InForce`]).

use std::sync::Arc;

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::names;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::settings::{Keeper, SETTINGS, Setting, Values};
use gongkai_domain::words::Message;
use gongkai_store::audit::{Stored, about};
use gongkai_store::settings::{self as stored, Setting as Kept, Since};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::audit::{self, Deed, Who};
use crate::counted::Counted;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::{PeopleError, Policies, SignedIn};

/// A setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub setting: &'static Setting,
    /// What is kept; empty where the default counts.
    pub kept: String,
    /// Counts the changes; 0 for one that was never set.
    pub version: i64,
    /// When it was set last, and by whom.
    pub since: Option<Since>,
    /// Why, as they said.
    pub reason: String,
}

impl Shown {
    /// What counts.
    pub fn value(&self) -> &str {
        self.setting.value(&self.kept)
    }
}

/// One change of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// Login name of who did it.
    pub by: String,
    /// What was kept before; empty for the default.
    pub before: String,
    /// What was kept from then on.
    pub after: String,
    /// Why, as they said.
    pub reason: String,
}

/// What is set, read in a transaction of its own.
///
/// # Errors
/// The store's.
pub async fn values(house: &House) -> Result<Values, StoreError> {
    let mut tx = house.db.read().await?;
    let values = values_in(&mut tx).await?;
    tx.roll_back().await?;
    Ok(values)
}

/// What is set, as a transaction sees it.
///
/// # Errors
/// The store's.
pub async fn values_in(tx: &mut Tx) -> Result<Values, StoreError> {
    let all = stored::all(tx).await?.into_iter();
    Ok(Values::of(all.map(|kept| (kept.name, kept.value))))
}

/// What is set, in memory until somebody changes it. A house with another store has
/// another of these.
#[derive(Debug, Default)]
pub struct InForce(Counted<Values>);

impl InForce {
    /// What is set, for a transaction that has asked how often that was changed.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn at(&self, tx: &mut Tx, count: i64) -> Result<Arc<Values>, StoreError> {
        self.0.at(count, async || values_in(tx).await).await
    }

    /// What was asked for last, with its count, which may be past.
    pub(crate) fn newest(&self) -> Option<(i64, Arc<Values>)> {
        self.0.newest()
    }
}

/// What is demanded for seeing and for changing, and what the trail calls it.
fn rights(keeper: Keeper) -> (Action, Action, &'static str) {
    match keeper {
        Keeper::System => (Action::SettingsSee, Action::SettingsChange, "setting"),
        Keeper::Security => (Action::PoliciesSee, Action::PoliciesChange, "policy"),
    }
}

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    kind: &'static str,
    object: &str,
) -> Result<Who, PeopleError> {
    let about = (kind, object.to_owned());
    signed
        .demand(house, action, Target::Installation, about)
        .await
}

/// The setting of a name, of this keeper.
fn known(keeper: Keeper, key: &str) -> Result<&'static Setting, PeopleError> {
    Setting::find(key)
        .filter(|setting| setting.keeper == keeper)
        .ok_or(PeopleError::Missing)
}

/// What was changed last is shown; more is in the trail.
const PAST_MAX: i64 = 100;

/// All settings of a keeper.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn list(
    house: &House,
    signed: &SignedIn,
    keeper: Keeper,
) -> Result<Vec<Shown>, PeopleError> {
    let (see, _, kind) = rights(keeper);
    demand(house, signed, see, kind, "-").await?;
    let mut tx = house.db.read().await?;
    let (all, since) = (stored::all(&mut tx).await?, stored::since(&mut tx).await?);
    let mut shown = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| setting.keeper == keeper) {
        let last = about(&mut tx, kind, setting.key, 1).await?;
        let reason = last.first().map(past).map(|past| past.reason);
        shown.push(Shown {
            reason: reason.unwrap_or_default(),
            ..as_it_stands(setting, &all, &since)
        });
    }
    tx.roll_back().await?;
    Ok(shown)
}

fn as_it_stands(setting: &'static Setting, all: &[Kept], since: &[Since]) -> Shown {
    let found = all.iter().find(|kept| kept.name == setting.key);
    Shown {
        setting,
        kept: found.map(|kept| kept.value.clone()).unwrap_or_default(),
        version: found.map_or(0, |kept| kept.version),
        since: since.iter().find(|one| one.name == setting.key).cloned(),
        reason: String::new(),
    }
}

/// A setting with what was changed of it before, the newest first.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Missing`] for a name that this
/// keeper has no setting of.
pub async fn see(
    house: &House,
    signed: &SignedIn,
    keeper: Keeper,
    key: &str,
) -> Result<(Shown, Vec<Past>), PeopleError> {
    let (see, _, kind) = rights(keeper);
    demand(house, signed, see, kind, "-").await?;
    let setting = known(keeper, key)?;
    let mut tx = house.db.read().await?;
    let (all, since) = (stored::all(&mut tx).await?, stored::since(&mut tx).await?);
    let pasts = about(&mut tx, kind, setting.key, PAST_MAX).await?;
    tx.roll_back().await?;
    let pasts: Vec<Past> = pasts.iter().map(past).collect();
    let reason = pasts.first().map(|past| past.reason.clone());
    let shown = Shown {
        reason: reason.unwrap_or_default(),
        ..as_it_stands(setting, &all, &since)
    };
    Ok((shown, pasts))
}

fn past(stored: &Stored) -> Past {
    let detail: Value = serde_json::from_str(&stored.entry.detail).unwrap_or_default();
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    Past {
        at: stored.entry.at,
        by: stored.entry.actor_name.clone(),
        before: text("before"),
        after: text("after"),
        reason: text("reason"),
    }
}

/// A change that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What was typed; empty for the default.
    pub typed: String,
    /// The version that was seen.
    pub version: i64,
    /// The decision or reason behind it.
    pub reason: String,
}

/// A change that may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// How it stands.
    pub shown: Shown,
    /// What would be kept.
    pub kept: String,
    /// The reason as it would be written down.
    pub reason: String,
}

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;

/// Looks at a change without making it.
///
/// # Errors
/// [`PeopleError::Refused`] with everything that is wrong;
/// [`StoreError::Conflict`] if someone set it since it was seen.
pub async fn propose(
    house: &House,
    signed: &SignedIn,
    keeper: Keeper,
    key: &str,
    change: &Change,
) -> Result<Proposal, PeopleError> {
    let (_, action, kind) = rights(keeper);
    let who = demand(house, signed, action, kind, key).await?;
    let setting = known(keeper, key)?;
    let mut tx = house.db.read().await?;
    let found = proposal(&mut tx, &who, setting, change).await;
    tx.roll_back().await?;
    found
}

async fn proposal(
    tx: &mut Tx,
    who: &Who,
    setting: &'static Setting,
    change: &Change,
) -> Result<Proposal, PeopleError> {
    let mut all = stored::all(tx).await?;
    let shown = as_it_stands(setting, &all, &stored::since(tx).await?);
    let (mut wrong, mut kept, mut reason) = (Vec::new(), String::new(), String::new());
    match setting.read(&change.typed) {
        Ok(read) => kept = read,
        Err(message) => wrong.push(message),
    }
    if change.reason.trim().is_empty() {
        wrong.push(Message::new("reason-needed"));
    } else {
        match names::line(&change.reason, REASON_CHARS_MAX) {
            Ok(line) => reason = line,
            Err(error) => wrong.push(error.message()),
        }
    }
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    if shown.version != change.version {
        return Err(StoreError::Conflict.into());
    }
    if shown.kept == kept {
        return Err(Message::new("setting-same").into());
    }
    if setting.keeper == Keeper::Security {
        // All of them together have to be policies, and let in who sets them.
        all.retain(|one| one.name != setting.key);
        all.push(Kept {
            name: setting.key.to_owned(),
            value: kept.clone(),
            version: shown.version,
        });
        if !Policies::of(&all)?.admits(&who.source) {
            return Err(Message::new("policy-shuts-out").into());
        }
    }
    Ok(Proposal {
        shown,
        kept,
        reason,
    })
}

/// Changes a setting of the version that was seen. Sent twice, it is changed
/// once.
///
/// # Errors
/// As [`propose`].
pub async fn change(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    keeper: Keeper,
    key: &str,
    change: &Change,
) -> Result<(), PeopleError> {
    let (_, action, kind) = rights(keeper);
    let who = demand(house, signed, action, kind, key).await?;
    let setting = known(keeper, key)?;
    let work = async |mut tx: Tx| {
        let made = proposal(&mut tx, &who, setting, change).await?;
        let now = house.now();
        let new = Kept {
            name: setting.key.to_owned(),
            value: made.kept.clone(),
            version: change.version,
        };
        stored::put(&mut tx, &new, &who.name, now).await?;
        let deed = Deed {
            action: action.key(),
            object_kind: kind,
            object: setting.key.to_owned(),
            outcome: Outcome::Done,
            detail: json!({
                "before": made.shown.kept,
                "after": made.kept,
                "reason": made.reason,
            }),
        };
        audit::write(&mut tx, &who, &deed, now).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, sent, work).await.map(drop)
}
