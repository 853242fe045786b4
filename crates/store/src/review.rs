//! Reviews with their events, what of them waits, who was told, and the chains
//! that bodies have set. Texts come sealed; what they say is not known here.

pub mod papers;

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "review";
    ADD_CHAIN = "insert into review_chains (organization, matter, version, data, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6)";
    CHAIN = "select organization, matter, version, data, changed_at, changed_by from review_chains
        where organization = $1 and matter = $2 order by version desc limit 1";
    CHAINS = "select c.organization, c.matter, c.version, c.data, c.changed_at, c.changed_by, p.display_name
        from review_chains c join persons p on p.id = c.changed_by
        where c.organization = $1 and c.matter = $2 order by c.version desc limit $3";
    BEGIN = "insert into reviews (kind, thing, round, organization, matter, chain, chain_of, chain_version, key, state, digest, begun_at, changed_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 1) returning id";
    GET = "select id, kind, thing, round, organization, matter, chain, chain_of, chain_version, key, state, digest, begun_at, changed_at, version
        from reviews where id = $1";
    LATEST = "select id, kind, thing, round, organization, matter, chain, chain_of, chain_version, key, state, digest, begun_at, changed_at, version
        from reviews where kind = $1 and thing = $2 order by round desc limit 1";
    ROUNDS = "select id, kind, thing, round, organization, matter, chain, chain_of, chain_version, key, state, digest, begun_at, changed_at, version
        from reviews where kind = $1 and thing = $2 order by round";
    /// A write that changes nothing: whoever else acts on this thing waits.
    HOLD = "update reviews set version = version where kind = $1 and thing = $2";
    MOVE = "update reviews set state = $2, digest = $3, changed_at = $4, version = version + 1
        where id = $1 and version = $5";
    ADD_EVENT = "insert into review_events (review, number, at, person, acting_for, sealed) values ($1, $2, $3, $4, $5, $6)";
    EVENTS = "select e.number, e.at, e.person, e.acting_for, e.sealed, p.display_name as name, f.display_name as for_name
        from review_events e join persons p on p.id = e.person left join persons f on f.id = e.acting_for
        where e.review = $1 order by e.number";
    ADD_EDITOR = "insert into review_editors (review, person) values ($1, $2) on conflict (review, person) do nothing";
    EDITORS = "select person from review_editors where review = $1 order by person";
    CLEAR_WAITING = "delete from review_waiting where review = $1";
    ADD_WAITING = "insert into review_waiting (review, step, role, stands_in, days, since) values ($1, $2, $3, $4, $5, $6)";
    /// What somebody has written is not theirs to take, for themselves. Roles
    /// come as one text, with a comma before and after each.
    WAITING = "select w.review, w.step, w.role, w.stands_in, w.days, w.since, r.kind, r.thing, r.organization, r.state
        from review_waiting w join reviews r on r.id = w.review
        where (cast($1 as bigint) = 1 or r.organization in within($2))
            and not exists (select 1 from review_editors e where e.review = w.review and e.person = $3)
            and ($4 like '%,' || w.role || ',%' or $4 like '%,' || coalesce(w.stands_in, w.role) || ',%')
            and (w.since, w.review, w.step) > ($5, $6, $7)
        order by w.since, w.review, w.step limit $8";
    ALL_WAITING = "select w.review, w.step, w.role, w.stands_in, w.days, w.since, r.kind, r.thing, r.organization, r.state
        from review_waiting w join reviews r on r.id = w.review
        where (w.review, w.step) > ($1, $2) order by w.review, w.step limit $3";
    NOTICE = "insert into review_notices (review, step, since, about, person, at) values ($1, $2, $3, $4, $5, $6)
        on conflict (review, step, since, about, person) do nothing";
}

/// A body's own chain for a matter, in a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptChain {
    /// The body.
    pub organization: OrganizationId,
    /// Counts from 1.
    pub version: i64,
    /// The chain as data; none where the body follows the one above it again.
    pub data: Option<String>,
    /// When it was set.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: PersonId,
}

fn chain(row: &Row) -> Result<KeptChain, StoreError> {
    Ok(KeptChain {
        organization: OrganizationId(row.get("organization")?),
        version: row.get("version")?,
        data: row.get("data")?,
        changed_at: row.get("changed_at")?,
        changed_by: PersonId(row.get("changed_by")?),
    })
}

/// The newest version of a body's own chain for a matter.
///
/// # Errors
/// The store's.
pub async fn chain_of(
    tx: &mut Tx,
    organization: OrganizationId,
    matter: &str,
) -> Result<Option<KeptChain>, StoreError> {
    let row = tx.optional(&CHAIN, values![organization.0, matter]).await?;
    row.as_ref().map(chain).transpose()
}

/// Versions of a body's own chain, the newest first, with who set them.
///
/// # Errors
/// The store's.
pub async fn chains_of(
    tx: &mut Tx,
    organization: OrganizationId,
    matter: &str,
    most: i64,
) -> Result<Vec<(KeptChain, String)>, StoreError> {
    let values = values![organization.0, matter, most];
    let rows = tx.rows(&CHAINS, values).await?;
    let named = |row: &Row| Ok((chain(row)?, row.get("display_name")?));
    rows.iter().map(named).collect()
}

/// Keeps one more version of a body's own chain.
///
/// # Errors
/// [`StoreError::Duplicate`] if someone set this version meanwhile.
pub async fn set_chain(tx: &mut Tx, matter: &str, kept: &KeptChain) -> Result<(), StoreError> {
    let values = values![
        kept.organization.0,
        matter,
        kept.version,
        kept.data.clone(),
        kept.changed_at,
        kept.changed_by.0
    ];
    tx.execute(&ADD_CHAIN, values).await?;
    Ok(())
}

/// A review as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// What kind of thing is reviewed.
    pub kind: String,
    /// Which one.
    pub thing: i64,
    /// How often it was begun for this thing, from 1.
    pub round: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// By which kind of chain.
    pub matter: String,
    /// The chain with which it began, as data.
    pub chain: String,
    /// Whose chain that was; none for the one that comes with the product.
    pub chain_of: Option<OrganizationId>,
    /// In which version; 0 for the one that comes with the product.
    pub chain_version: i64,
    /// The key of its events.
    pub key: String,
    /// How it stands.
    pub state: String,
    /// What is looked at.
    pub digest: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it moved last.
    pub changed_at: Timestamp,
    /// Counts its events.
    pub version: i64,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get("id")?,
        kind: row.get("kind")?,
        thing: row.get("thing")?,
        round: row.get("round")?,
        organization: OrganizationId(row.get("organization")?),
        matter: row.get("matter")?,
        chain: row.get("chain")?,
        chain_of: row.get::<Option<i64>>("chain_of")?.map(OrganizationId),
        chain_version: row.get("chain_version")?,
        key: row.get("key")?,
        state: row.get("state")?,
        digest: row.get("digest")?,
        begun_at: row.get("begun_at")?,
        changed_at: row.get("changed_at")?,
        version: row.get("version")?,
    })
}

/// Begins a review; its number. That of `new` and its version are not looked at.
///
/// # Errors
/// [`StoreError::Duplicate`] if this round of the thing was begun meanwhile.
pub async fn begin(tx: &mut Tx, new: &Kept) -> Result<i64, StoreError> {
    let values = values![
        &new.kind,
        new.thing,
        new.round,
        new.organization.0,
        &new.matter,
        &new.chain,
        new.chain_of.map(|id| id.0),
        new.chain_version,
        &new.key,
        &new.state,
        &new.digest,
        new.begun_at
    ];
    tx.one(&BEGIN, values).await?.get("id")
}

/// A review by number.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: i64) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(kept).transpose()
}

/// The newest review of a thing.
///
/// # Errors
/// The store's.
pub async fn latest(tx: &mut Tx, kind: &str, thing: i64) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&LATEST, values![kind, thing]).await?;
    row.as_ref().map(kept).transpose()
}

/// The newest review of a thing, held until the end of the transaction:
/// whoever else acts on it waits, and then sees what was done.
///
/// # Errors
/// The store's.
pub async fn held(tx: &mut Tx, kind: &str, thing: i64) -> Result<Option<Kept>, StoreError> {
    tx.execute(&HOLD, values![kind, thing]).await?;
    latest(tx, kind, thing).await
}

/// All reviews of a thing, the first one first.
///
/// # Errors
/// The store's.
pub async fn rounds(tx: &mut Tx, kind: &str, thing: i64) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&ROUNDS, values![kind, thing]).await?;
    rows.iter().map(kept).collect()
}

/// Moves a review whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if it moved meanwhile.
pub async fn advance(
    tx: &mut Tx,
    seen: &Kept,
    state: &str,
    digest: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = values![seen.id, state, digest, now, seen.version];
    tx.change_one(&MOVE, values).await
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its place among the events of its review, from 1.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// For whom.
    pub acting_for: Option<PersonId>,
    /// The name of that one.
    pub for_name: Option<String>,
    /// What, sealed.
    pub sealed: Vec<u8>,
}

/// Adds an event; names are not looked at.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of this number.
pub async fn add_event(tx: &mut Tx, review: i64, event: &KeptEvent) -> Result<(), StoreError> {
    let values = values![
        review,
        event.number,
        event.at,
        event.person.0,
        event.acting_for.map(|id| id.0),
        event.sealed.clone()
    ];
    tx.execute(&ADD_EVENT, values).await?;
    Ok(())
}

/// The events of a review in order.
///
/// # Errors
/// The store's.
pub async fn events(tx: &mut Tx, review: i64) -> Result<Vec<KeptEvent>, StoreError> {
    let rows = tx.rows(&EVENTS, values![review]).await?;
    let event = |row: &Row| {
        Ok(KeptEvent {
            number: row.get("number")?,
            at: row.get("at")?,
            person: PersonId(row.get("person")?),
            name: row.get("name")?,
            acting_for: row.get::<Option<i64>>("acting_for")?.map(PersonId),
            for_name: row.get("for_name")?,
            sealed: row.get("sealed")?,
        })
    };
    rows.iter().map(event).collect()
}

/// Notes who has written what is reviewed; who stands there already stays.
///
/// # Errors
/// The store's.
pub async fn add_editors(
    tx: &mut Tx,
    review: i64,
    editors: impl IntoIterator<Item = PersonId>,
) -> Result<(), StoreError> {
    for person in editors {
        tx.execute(&ADD_EDITOR, values![review, person.0]).await?;
    }
    Ok(())
}

/// Who has written what is reviewed.
///
/// # Errors
/// The store's.
pub async fn editors(tx: &mut Tx, review: i64) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.rows(&EDITORS, values![review]).await?;
    rows.iter()
        .map(|row| Ok(PersonId(row.get("person")?)))
        .collect()
}

/// A step that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its key.
    pub step: String,
    /// The role that takes it.
    pub role: String,
    /// The role that takes it when it is late.
    pub stands_in: Option<String>,
    /// Working days within which it is to be taken.
    pub days: Option<i64>,
    /// Since when it waits.
    pub since: Timestamp,
}

/// Says which steps of a review wait now.
///
/// # Errors
/// The store's.
pub async fn set_waiting(tx: &mut Tx, review: i64, steps: &[Step]) -> Result<(), StoreError> {
    tx.execute(&CLEAR_WAITING, values![review]).await?;
    for step in steps {
        let values = values![
            review,
            &step.step,
            &step.role,
            step.stands_in.clone(),
            step.days,
            step.since
        ];
        tx.execute(&ADD_WAITING, values).await?;
    }
    Ok(())
}

/// A step that waits, of which review of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The review.
    pub review: i64,
    /// What kind of thing is reviewed.
    pub kind: String,
    /// Which one.
    pub thing: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// How the review stands.
    pub state: String,
    /// The step.
    pub step: Step,
}

impl Waiting {
    /// Its place among all that wait, the oldest first: milliseconds since 1970,
    /// review, step.
    pub fn place(&self) -> (i64, i64, String) {
        let since = self.step.since.as_millisecond();
        (since, self.review, self.step.step.clone())
    }
}

/// Whose steps are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Mine<'a> {
    /// In which bodies.
    pub reach: &'a Reach,
    /// Keys of the roles that take them, or stand in.
    pub roles: &'a [&'a str],
    /// Without those of what this one has written.
    pub except: PersonId,
    /// After this place, see [`Waiting::place`].
    pub after: Option<&'a (i64, i64, String)>,
}

fn waiting_row(row: &Row) -> Result<Waiting, StoreError> {
    Ok(Waiting {
        review: row.get("review")?,
        kind: row.get("kind")?,
        thing: row.get("thing")?,
        organization: OrganizationId(row.get("organization")?),
        state: row.get("state")?,
        step: Step {
            step: row.get("step")?,
            role: row.get("role")?,
            stands_in: row.get("stands_in")?,
            days: row.get("days")?,
            since: row.get("since")?,
        },
    })
}

/// A reach as two values: everything, and else which bodies.
fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// Steps that wait for who holds some roles in bodies of a reach, the oldest
/// first, without those of what the one who asks has written.
///
/// # Errors
/// The store's.
pub async fn waiting(tx: &mut Tx, asked: Mine<'_>, most: i64) -> Result<Vec<Waiting>, StoreError> {
    let [all, ids] = within(asked.reach);
    let roles = format!(",{},", asked.roles.join(","));
    let (since, review, step) = match asked.after {
        Some((since, review, step)) => (*since, *review, step.as_str()),
        None => (i64::MIN, 0, ""),
    };
    let values = [
        all,
        ids,
        Value::from(asked.except.0),
        Value::from(roles),
        Value::from(since),
        Value::from(review),
        Value::from(step),
        Value::from(most),
    ];
    let rows = tx.rows(&WAITING, &values).await?;
    rows.iter().map(waiting_row).collect()
}

/// Steps that wait anywhere, after a review and a step of it.
///
/// # Errors
/// The store's.
pub async fn all_waiting(
    tx: &mut Tx,
    after: (i64, &str),
    most: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = tx
        .rows(&ALL_WAITING, values![after.0, after.1, most])
        .await?;
    rows.iter().map(waiting_row).collect()
}

/// Something that a person is told of a review, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice<'a> {
    /// The review.
    pub review: i64,
    /// The step; empty for the whole.
    pub step: &'a str,
    /// Since when it waits, so that the next time is another time.
    pub since: Timestamp,
    /// What it tells.
    pub about: &'a str,
    /// Whom.
    pub person: PersonId,
}

/// Notes that a person is told something; whether they were not told before.
///
/// # Errors
/// The store's.
pub async fn note(tx: &mut Tx, notice: &Notice<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let values = values![
        notice.review,
        notice.step,
        notice.since,
        notice.about,
        notice.person.0,
        now
    ];
    Ok(tx.execute(&NOTICE, values).await? == 1)
}
