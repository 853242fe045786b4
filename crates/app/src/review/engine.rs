//! The engine: a review is its events, each kept sealed in the transaction of
//! what it does, and read again by the same pure rules. It knows of the thing
//! under review its kind, its number and the digest of its content.

use std::collections::BTreeSet;
use std::sync::Arc;

use gongkai_domain::calendar::{Calendar, CalendarError};
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::{Act, Role};
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::review::chain::{Chain, ChainData};
use gongkai_domain::review::matter::Matter;
use gongkai_domain::review::{
    ContentDigest, Event, Remark, Review, State, Taken, Verdict, Waiting, staffing,
};
use gongkai_domain::words::Message;
use gongkai_store::review::{self as stored, Kept, KeptEvent};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::chains::InForce;
use super::heirs::Heirs;
use super::staff::Staff;
use super::time::{self, Due};
use super::{ReviewError, notices, written};
use crate::audit::Who;
use crate::house::House;
use crate::vault::{RecordKey, VaultError};

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thing {
    /// What kind of thing; the word never changes.
    pub kind: &'static str,
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub organization: OrganizationId,
}

/// Something that was done, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// It was handed in for the first time.
    Begin {
        /// Who had written it.
        editors: Vec<i64>,
        /// Its content.
        digest: String,
    },
    /// A step was taken.
    Take {
        /// Which.
        step: String,
        /// In which role.
        role: String,
        /// What was looked at.
        digest: String,
        /// Whether it may go on; else it was returned.
        approved: bool,
        /// What is to be mended: places and texts.
        remarks: Vec<(String, String)>,
        /// What else was said.
        note: String,
        /// Whether the step's time was over.
        late: bool,
    },
    /// The content was changed.
    Change {
        /// What it became.
        digest: String,
    },
    /// It was handed in once more.
    HandIn {
        /// Why it came as it was, where it was not changed.
        answer: String,
    },
    /// It was taken back.
    Withdraw,
    /// It took effect.
    Effect {
        /// What took effect.
        digest: String,
    },
    /// It took effect before every step was taken.
    Urgent {
        /// In which role.
        role: String,
        /// What took effect.
        digest: String,
        /// Why it could not wait.
        reason: String,
    },
}

impl What {
    /// The event of the rules; none of the first.
    fn event(&self, act: Act, at: Timestamp) -> Result<Event, Message> {
        let role = |key: &str| {
            Role::from_key(key).ok_or_else(|| Message::new("chain-no-role").with("role", key))
        };
        Ok(match self {
            Self::Begin { .. } => return Err(Message::new("review-over")),
            Self::Take {
                step,
                role: of,
                digest,
                approved,
                remarks,
                note,
                late,
            } => {
                let remark = |(place, text): &(String, String)| Remark {
                    place: place.clone(),
                    text: text.clone(),
                };
                Event::Take {
                    taken: Taken {
                        step: step.clone(),
                        act,
                        role: role(of)?,
                        digest: ContentDigest::new(digest)?,
                        verdict: match approved {
                            true => Verdict::Approved,
                            false => Verdict::Returned(remarks.iter().map(remark).collect()),
                        },
                        note: note.clone(),
                        at,
                    },
                    is_late: *late,
                }
            }
            Self::Change { digest } => Event::Change {
                act,
                digest: ContentDigest::new(digest)?,
            },
            Self::HandIn { answer } => Event::HandIn {
                act,
                at,
                answer: answer.clone(),
            },
            Self::Withdraw => Event::Withdraw { act },
            Self::Effect { digest } => Event::TakeEffect {
                digest: ContentDigest::new(digest)?,
            },
            Self::Urgent {
                role: of,
                digest,
                reason,
            } => Event::TakeEffectUrgently {
                act,
                role: role(of)?,
                digest: ContentDigest::new(digest)?,
                reason: reason.clone(),
                at,
            },
        })
    }

    /// The action of the permission table by which it is done.
    pub fn action(&self) -> Action {
        match self {
            Self::Take { .. } => Action::ReviewTake,
            Self::Urgent { .. } => Action::ReviewUrgent,
            _ => Action::ReviewWrite,
        }
    }

    /// What the trail tells of it: no texts.
    fn detail(&self) -> serde_json::Value {
        match self {
            Self::Begin { digest, .. } => json!({ "did": "begin", "digest": digest }),
            Self::Take {
                step,
                role,
                digest,
                approved,
                late,
                ..
            } => {
                json!({ "did": "take", "step": step, "role": role, "digest": digest, "approved": approved, "late": late })
            }
            Self::Change { digest } => json!({ "did": "change", "digest": digest }),
            Self::HandIn { .. } => json!({ "did": "hand_in" }),
            Self::Withdraw => json!({ "did": "withdraw" }),
            Self::Effect { digest } => json!({ "did": "effect", "digest": digest }),
            Self::Urgent { role, digest, .. } => {
                json!({ "did": "urgent", "role": role, "digest": digest })
            }
        }
    }
}

/// Something that somebody did, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// For whom, with the name.
    pub for_name: Option<String>,
    /// What.
    pub what: What,
}

/// A review as it stands, with all that was done.
#[derive(Debug)]
pub struct Under {
    /// As it is kept.
    pub kept: Kept,
    /// How it stands by the rules.
    pub review: Review,
    /// Everything that was done, in order.
    pub done: Vec<Done>,
    key: RecordKey,
    /// By which time is reckoned.
    calendar: Arc<Calendar>,
}

impl Under {
    /// Whether the rules would let something through now.
    ///
    /// # Errors
    /// What they say against it.
    pub fn would(&self, act: Act, what: &What, now: Timestamp) -> Result<(), Message> {
        let event = what.event(act, now)?;
        self.review.apply(event).map(drop)
    }

    /// The last day of a step that waits.
    ///
    /// # Errors
    /// As [`time::due`].
    pub fn due(&self, waiting: Waiting<'_>) -> Result<Option<Due>, CalendarError> {
        time::due(&self.calendar, waiting.since, waiting.step.days)
    }

    /// Whether the time of a step that waits is over on a day.
    pub fn is_late(&self, waiting: Waiting<'_>, today: Date) -> bool {
        time::is_late(&self.calendar, waiting.since, waiting.step.days, today)
    }
}

/// The field under which an event is sealed.
fn field(review: i64, number: i64) -> String {
    format!("review/{review}/{number}")
}

fn broken(id: i64, why: &str) -> ReviewError {
    StoreError::Refused(format!("review {id} is broken: {why}")).into()
}

fn chain_of(kept: &Kept) -> Result<Chain, ReviewError> {
    let data = serde_json::from_str::<ChainData>(&kept.chain);
    let data = data.map_err(|_| broken(kept.id, "its chain cannot be read"))?;
    Chain::from_data(&data).map_err(|_| broken(kept.id, "its chain is none"))
}

/// Reads a review from its events. What they make is what stands beside them,
/// or it is told as broken.
///
/// # Errors
/// The store's and the vault's.
pub async fn load(tx: &mut Tx, house: &House, mut kept: Kept) -> Result<Under, ReviewError> {
    let tree = std::sync::Arc::clone(&house.bodies.seen(tx).await?.tree);
    let heirs = Heirs::of(tx, &tree, house.today()).await?;
    kept.organization = heirs.going_on(kept.organization);
    let key = house.vault.key(&kept.key).await?;
    let mut review: Option<Review> = None;
    let mut done = Vec::new();
    for event in stored::events(tx, kept.id).await? {
        let plain = key.open(&field(kept.id, event.number), &event.sealed)?;
        let what: What = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
        let act = Act {
            person: event.person,
            acting_for: event.acting_for,
        };
        review = Some(match (review, &what) {
            (None, What::Begin { editors, digest }) => {
                let editors = editors.iter().copied().map(PersonId);
                Review::new(
                    chain_of(&kept)?,
                    editors,
                    ContentDigest::new(digest)?,
                    event.at,
                )
            }
            (None, _) => return Err(broken(kept.id, "it does not begin")),
            (Some(review), what) => what
                .event(act, event.at)
                .and_then(|event| review.apply(event))
                .map_err(|message| broken(kept.id, &message.id))?,
        });
        done.push(Done {
            at: event.at,
            person: event.person,
            name: event.name,
            for_name: event.for_name,
            what,
        });
    }
    let review = review.ok_or_else(|| broken(kept.id, "it has no events"))?;
    let stands = (review.state().key(), review.digest().as_str());
    if stands != (kept.state.as_str(), kept.digest.as_str()) {
        return Err(broken(kept.id, "it stands otherwise than its events say"));
    }
    Ok(Under {
        kept,
        review,
        done,
        key,
        calendar: house.calendars.seen(tx).await?,
    })
}

/// The newest review of a thing, as a transaction sees it.
///
/// # Errors
/// The store's and the vault's.
pub async fn latest(
    tx: &mut Tx,
    house: &House,
    kind: &'static str,
    id: i64,
) -> Result<Option<Under>, ReviewError> {
    match stored::latest(tx, kind, id).await? {
        Some(kept) => load(tx, house, kept).await.map(Some),
        None => Ok(None),
    }
}

/// The same for who will act on it: whoever else would waits until then.
///
/// # Errors
/// The store's and the vault's.
pub async fn held(
    tx: &mut Tx,
    house: &House,
    kind: &'static str,
    id: i64,
) -> Result<Option<Under>, ReviewError> {
    match stored::held(tx, kind, id).await? {
        Some(kept) => load(tx, house, kept).await.map(Some),
        None => Ok(None),
    }
}

/// A review that is to begin.
#[derive(Debug)]
pub struct Beginning<'a> {
    /// What is reviewed.
    pub thing: Thing,
    /// How often it was begun before.
    pub rounds: i64,
    /// Which kind of chain.
    pub matter: Matter,
    /// The chain, which it keeps.
    pub chain: InForce,
    /// A new key.
    pub key: RecordKey,
    /// Who has written it.
    pub editors: BTreeSet<PersonId>,
    /// Its content.
    pub digest: ContentDigest,
    /// Who hands it in.
    pub act: Act,
    /// The same for the trail.
    pub who: &'a Who,
}

/// Begins a review of a thing; which round that is.
///
/// # Errors
/// [`StoreError::Duplicate`] if it was begun meanwhile.
pub async fn begin(tx: &mut Tx, house: &House, new: Beginning<'_>) -> Result<i64, ReviewError> {
    let now = house.now();
    let mut editors = new.editors;
    editors.extend(
        [Some(new.act.person), new.act.acting_for]
            .into_iter()
            .flatten(),
    );
    let chain = serde_json::to_string(&new.chain.chain.to_data());
    let mut kept = Kept {
        id: 0,
        kind: new.thing.kind.to_owned(),
        thing: new.thing.id,
        round: new.rounds + 1,
        organization: new.thing.organization,
        matter: new.matter.key().to_owned(),
        chain: chain.map_err(|error| StoreError::Refused(error.to_string()))?,
        chain_of: new.chain.of,
        chain_version: new.chain.version,
        key: new.key.id.clone(),
        state: State::Open.key().to_owned(),
        digest: new.digest.as_str().to_owned(),
        begun_at: now,
        changed_at: now,
        version: 1,
    };
    kept.id = stored::begin(tx, &kept).await?;
    let what = What::Begin {
        editors: editors.iter().map(|id| id.0).collect(),
        digest: kept.digest.clone(),
    };
    let review = Review::new(new.chain.chain, editors, new.digest, now);
    let mut under = Under {
        kept,
        review,
        done: Vec::new(),
        key: new.key,
        calendar: house.calendars.seen(tx).await?,
    };
    keep(tx, house, &mut under, new.act, what, new.who).await?;
    Ok(under.kept.round)
}

/// Does something to a review that was [`held`]: what the rules make of it is
/// kept, with its event, its trail, and the notices to those whose turn it is.
///
/// # Errors
/// [`ReviewError::Refused`] with what the rules say.
pub async fn act(
    tx: &mut Tx,
    house: &House,
    under: &mut Under,
    act: Act,
    what: What,
    who: &Who,
) -> Result<State, ReviewError> {
    let now = house.now();
    let next = under.review.apply(what.event(act, now)?)?;
    staffed(tx, house, &next, &what, under.kept.organization).await?;
    let (state, digest) = (next.state().key(), next.digest().as_str().to_owned());
    stored::advance(tx, &under.kept, state, &digest, now).await?;
    under.kept.version += 1;
    under.kept.state = state.to_owned();
    under.kept.digest = digest;
    under.review = next;
    keep(tx, house, under, act, what, who).await?;
    Ok(under.review.state())
}

/// That somebody is left for each step that is still to be taken, when a paper
/// is handed in once more or takes effect urgently: else it would stall.
async fn staffed(
    tx: &mut Tx,
    house: &House,
    next: &Review,
    what: &What,
    organization: OrganizationId,
) -> Result<(), ReviewError> {
    let mut without = next.editors().clone();
    let id = match (what, next.urgency()) {
        (What::HandIn { .. }, _) => "chain-nobody",
        (What::Urgent { .. }, Some(urgency)) => {
            let Act { person, acting_for } = urgency.act;
            without.extend([Some(person), acting_for].into_iter().flatten());
            "review-urgency-nobody-after"
        }
        _ => return Ok(()),
    };
    let tree = Arc::clone(&house.bodies.seen(tx).await?.tree);
    let staff = Staff::of(tx, &tree, organization, house.today()).await?;
    let holders = staff.holders(&without);
    let stalled = staffing::of_nobody(next.open_steps(), &holders, &without).into_iter();
    let wrong = stalled.map(|step| Message::new(id).with("name", &step.name));
    let wrong: Vec<Message> = wrong.collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.into()),
    }
}

/// Keeps what was done and what follows from it.
async fn keep(
    tx: &mut Tx,
    house: &House,
    under: &mut Under,
    act: Act,
    what: What,
    who: &Who,
) -> Result<(), ReviewError> {
    let now = house.now();
    let (id, number) = (under.kept.id, under.kept.version);
    let plain = serde_json::to_vec(&what).map_err(|_| VaultError::Changed)?;
    let event = KeptEvent {
        number,
        at: now,
        person: act.person,
        name: String::new(),
        acting_for: act.acting_for,
        for_name: None,
        sealed: under.key.seal(&field(id, number), &plain),
    };
    stored::add_event(tx, id, &event).await?;
    stored::add_editors(tx, id, under.review.editors().iter().copied()).await?;
    let waiting = under.review.waiting();
    let waiting = waiting.iter().map(|waiting| stored::Step {
        step: waiting.step.key.clone(),
        role: waiting.step.role.key().to_owned(),
        stands_in: waiting.step.stands_in.map(|role| role.key().to_owned()),
        days: waiting.step.days.map(i64::from),
        since: waiting.since,
    });
    let waiting: Vec<stored::Step> = waiting.collect();
    stored::set_waiting(tx, id, &waiting).await?;
    let object = (under.kept.kind.as_str(), under.kept.thing.to_string());
    written(tx, house, who, what.action(), object, what.detail()).await?;
    notices::after(tx, house, under, &what).await
}
