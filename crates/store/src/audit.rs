//! The audit trail: who did what, chained and signed.

use gongkai_domain::audit::{self, BEGINNING, Entry, Outcome};
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "audit";
    /// The entry and its place among those that await the chain are one question:
    /// each costs a way to the database and back. SQLite takes several statements
    /// as one, PostgreSQL one that writes twice.
    APPEND = {
        sqlite: "insert into audit (at, actor, actor_name, acting_for, organization, action, object_kind, object, outcome, detail, source, request, digest)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);
            insert into audit_unchained (entry) values (last_insert_rowid())",
        postgres: "with kept as (insert into audit (at, actor, actor_name, acting_for, organization, action, object_kind, object, outcome, detail, source, request, digest)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                returning id)
            insert into audit_unchained (entry) select id from kept"
    };
    /// Numbers are given before a commit, so that of two entries the one with
    /// the smaller number may be kept later: only a list of what is not
    /// chained yet misses none.
    HEAD = "select position, chain from audit_chain order by position desc limit 1";
    /// Not a join: it looks each entry up, whatever an engine thinks of the
    /// sizes of both tables.
    UNCHAINED = "select u.entry as id, (select a.digest from audit a where a.id = u.entry) as digest
        from audit_unchained u
        where not exists (select 1 from audit_chain c where c.entry = u.entry)
        order by u.entry limit $1";
    AWAITED = "delete from audit_unchained where entry = $1";
    LINK = "insert into audit_chain (position, entry, digest, chain) values ($1, $2, $3, $4)";
    SIGN = "insert into audit_checkpoints (size, chain, at, key, signature) values ($1, $2, $3, $4, $5)
        on conflict (size) do nothing";
    CHECKPOINTS = "select size, chain, at, key, signature from audit_checkpoints order by size";
    LAST_CHECKPOINT = "select size, chain, at, key, signature from audit_checkpoints order by size desc limit 1";
    /// Left joins, so that what was taken away shows as missing.
    CHAINED = "select c.position, c.entry, c.digest as linked, c.chain, a.id, a.at, a.actor, a.actor_name, a.acting_for, a.organization, a.action, a.object_kind, a.object, a.outcome, a.detail, a.source, a.request, a.digest
        from audit_chain c left join audit a on a.id = c.entry
        where c.position > $1 order by c.position limit $2";
    LOOSE = "select a.id, a.at, a.actor, a.actor_name, a.acting_for, a.organization, a.action, a.object_kind, a.object, a.outcome, a.detail, a.source, a.request, a.digest, u.entry as awaiting
        from audit a left join audit_unchained u on u.entry = a.id where not exists (select 1 from audit_chain c where c.entry = a.id) and a.id > $1 order by a.id limit $2";
    LOST = "select u.entry from audit_unchained u where not exists (select 1 from audit a where a.id = u.entry) order by u.entry limit 1";
    /// By its index: a page about something never walks the trail.
    ABOUT = "select a.id, a.at, a.actor, a.actor_name, a.acting_for, a.organization, a.action, a.object_kind, a.object, a.outcome, a.detail, a.source, a.request, a.digest
        from audit a where a.object_kind = $1 and a.object = $2 and a.outcome = $3 order by a.id desc limit $4";
    SEARCH = "select a.id, a.at, a.actor, a.actor_name, a.acting_for, a.organization, a.action, a.object_kind, a.object, a.outcome, a.detail, a.source, a.request, a.digest
        from audit a
        where a.id < $1 and (cast($2 as bigint) is null or a.at >= $2) and (cast($3 as bigint) is null or a.at < $3)
            and (cast($4 as text) is null or a.actor_name = $4) and (cast($5 as text) is null or a.action = $5)
            and (cast($6 as text) is null or a.object_kind = $6) and (cast($7 as text) is null or a.object = $7)
            and (cast($8 as text) is null or a.outcome = $8)
        order by a.id desc limit $9";
    /// So many at most: a trail is long, and a desk is shown often.
    COUNT_SINCE = "select count(*) as count from (select a.id from audit a where a.outcome = $1 and a.at >= $2 order by a.at desc, a.id desc limit $3) found";
}

/// How many entries ended so since an instant; `most` stands for that many or
/// more.
///
/// # Errors
/// The store's.
pub async fn count_since(
    tx: &mut Tx,
    outcome: Outcome,
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    let row = tx
        .one(&COUNT_SINCE, values![outcome.key(), since, most])
        .await?;
    row.get("count")
}

/// Writes an entry, in the transaction of what it tells of: if it cannot be
/// written, nothing is done.
///
/// # Errors
/// The store's.
pub async fn append(tx: &mut Tx, entry: &Entry) -> Result<(), StoreError> {
    tx.execute(&APPEND, &row_of(entry)).await?;
    Ok(())
}

/// The values of an entry with its digest, in the order of their columns.
pub(crate) fn row_of(entry: &Entry) -> Vec<Value> {
    values![
        entry.at,
        entry.actor,
        &entry.actor_name,
        entry.acting_for,
        entry.organization,
        &entry.action,
        &entry.object_kind,
        &entry.object,
        entry.outcome.key(),
        &entry.detail,
        &entry.source,
        &entry.request,
        audit::digest(entry),
    ]
    .to_vec()
}

/// An entry with its number and the digest that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub entry: Entry,
    /// The digest that was written with it.
    pub digest: String,
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    let outcome: String = row.get("outcome")?;
    Ok(Stored {
        id: row.get("id")?,
        digest: row.get("digest")?,
        entry: Entry {
            at: row.get("at")?,
            actor: row.get("actor")?,
            actor_name: row.get("actor_name")?,
            acting_for: row.get("acting_for")?,
            organization: row.get("organization")?,
            action: row.get("action")?,
            object_kind: row.get("object_kind")?,
            object: row.get("object")?,
            outcome: Outcome::from_key(&outcome).ok_or_else(|| StoreError::wrong("outcome"))?,
            detail: row.get("detail")?,
            source: row.get("source")?,
            request: row.get("request")?,
        },
    })
}

/// What to look for; what is none is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Login name of who did it.
    pub actor_name: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what kind of record.
    pub object_kind: Option<String>,
    /// To which.
    pub object: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// Entries, the newest first, before a number.
///
/// # Errors
/// The store's.
pub async fn search(
    tx: &mut Tx,
    search: &Search,
    before: i64,
    most: i64,
) -> Result<Vec<Stored>, StoreError> {
    let rows = tx
        .rows(
            &SEARCH,
            values![
                before,
                search.from,
                search.until,
                search.actor_name.clone(),
                search.action.clone(),
                search.object_kind.clone(),
                search.object.clone(),
                search.outcome.map(Outcome::key),
                most
            ],
        )
        .await?;
    rows.iter().map(stored).collect()
}

/// What was done to something, the newest first.
///
/// # Errors
/// The store's.
pub async fn about(
    tx: &mut Tx,
    object_kind: &str,
    object: &str,
    most: i64,
) -> Result<Vec<Stored>, StoreError> {
    let values = values![object_kind, object, Outcome::Done.key(), most];
    let rows = tx.rows(&ABOUT, values).await?;
    rows.iter().map(stored).collect()
}

/// The end of the chain: how many entries it has, and its last link.
///
/// # Errors
/// The store's.
pub async fn head(tx: &mut Tx) -> Result<(i64, String), StoreError> {
    match tx.optional(&HEAD, &[]).await? {
        Some(row) => Ok((row.get("position")?, row.get("chain")?)),
        None => Ok((0, BEGINNING.to_owned())),
    }
}

/// Chains entries that were committed and are not in the chain yet, `most` at
/// a time; how many it took. Two nodes that chain at once meet at the position:
/// one of them fails with [`StoreError::Duplicate`] and tries again later.
///
/// # Errors
/// The store's.
pub async fn chain(tx: &mut Tx, most: i64) -> Result<usize, StoreError> {
    let (mut position, mut link) = head(tx).await?;
    let rows = tx.rows(&UNCHAINED, values![most]).await?;
    let mut count = 0;
    for row in &rows {
        // One that is gone cannot be chained; verifying the trail tells of it.
        let (id, Some(digest)) = (row.get::<i64>("id")?, row.get::<Option<String>>("digest")?)
        else {
            continue;
        };
        count += 1;
        position += 1;
        link = audit::link(&link, position, id, &digest);
        tx.execute(&LINK, values![position, id, digest, &link])
            .await?;
        tx.execute(&AWAITED, values![id]).await?;
    }
    Ok(count)
}

/// A signed state of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Entries in the chain.
    pub size: i64,
    /// Its last link.
    pub chain: String,
    /// When it was signed.
    pub at: Timestamp,
    /// The public key, in hexadecimal.
    pub key: String,
    /// The signature over [`audit::checkpoint`], in hexadecimal.
    pub signature: String,
}

fn checkpoint(row: &Row) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        size: row.get("size")?,
        chain: row.get("chain")?,
        at: row.get("at")?,
        key: row.get("key")?,
        signature: row.get("signature")?,
    })
}

/// Keeps a checkpoint.
///
/// # Errors
/// The store's.
pub async fn sign(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let Checkpoint {
        size,
        chain,
        at,
        key,
        signature,
    } = checkpoint;
    tx.execute(&SIGN, values![*size, chain, *at, key, signature])
        .await?;
    Ok(())
}

/// All checkpoints, the smallest first.
///
/// # Errors
/// The store's.
pub async fn checkpoints(tx: &mut Tx) -> Result<Vec<Checkpoint>, StoreError> {
    let rows = tx.rows(&CHECKPOINTS, &[]).await?;
    rows.iter().map(checkpoint).collect()
}

/// The newest checkpoint.
///
/// # Errors
/// The store's.
pub async fn last_checkpoint(tx: &mut Tx) -> Result<Option<Checkpoint>, StoreError> {
    let row = tx.optional(&LAST_CHECKPOINT, &[]).await?;
    row.as_ref().map(checkpoint).transpose()
}

/// What is wrong with the trail, at the first place where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The entry does not say what it said when it was written.
    Edited {
        /// Its number.
        entry: i64,
    },
    /// The entry that the chain holds is gone.
    Removed {
        /// Its number.
        entry: i64,
    },
    /// The chain does not follow from what stands in it.
    Moved {
        /// The first position that does not follow.
        position: i64,
    },
    /// The entry is neither in the chain nor awaits it: somebody kept it out.
    KeptOut {
        /// Its number.
        entry: i64,
    },
    /// A checkpoint was signed over more than there is, or over something
    /// else: the end was cut off or written anew.
    Cut {
        /// Entries when it was signed.
        size: i64,
        /// Entries that are there.
        there: i64,
    },
}

/// How many rows are looked at together.
const PAGE: i64 = 1000;

/// Goes through the whole trail; `known` are checkpoints that were kept
/// elsewhere, their signatures already found good, the smallest first. How
/// many entries were looked at, or the first fault.
///
/// # Errors
/// The store's.
pub async fn verify(tx: &mut Tx, known: &[Checkpoint]) -> Result<Result<i64, Fault>, StoreError> {
    let (mut position, mut link) = (0i64, BEGINNING.to_owned());
    let mut known = known.iter().peekable();
    loop {
        let rows = tx.rows(&CHAINED, values![position, PAGE]).await?;
        for row in &rows {
            if let Some(fault) = follows(row, position, &link)? {
                return Ok(Err(fault));
            }
            position += 1;
            link = row.get("chain")?;
            while let Some(checkpoint) = known.next_if(|checkpoint| checkpoint.size <= position) {
                if checkpoint.size == position && checkpoint.chain != link {
                    return Ok(Err(Fault::Cut {
                        size: checkpoint.size,
                        there: position,
                    }));
                }
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    if let Some(checkpoint) = known.next() {
        return Ok(Err(Fault::Cut {
            size: checkpoint.size,
            there: position,
        }));
    }
    let loose = match loose(tx).await? {
        Ok(count) => count,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(Ok(position + loose))
}

/// Whether a link follows from the one before and from its entry.
fn follows(row: &Row, position: i64, link: &str) -> Result<Option<Fault>, StoreError> {
    let entry: i64 = row.get("entry")?;
    let linked: String = row.get("linked")?;
    let here: i64 = row.get("position")?;
    let chain: String = row.get("chain")?;
    if here != position + 1 || chain != audit::link(link, here, entry, &linked) {
        return Ok(Some(Fault::Moved {
            position: position + 1,
        }));
    }
    if row.get::<Option<i64>>("id")?.is_none() {
        return Ok(Some(Fault::Removed { entry }));
    }
    let stored = stored(row)?;
    if stored.digest != linked || audit::digest(&stored.entry) != linked {
        return Ok(Some(Fault::Edited { entry }));
    }
    Ok(None)
}

/// Entries that are not in the chain yet.
async fn loose(tx: &mut Tx) -> Result<Result<i64, Fault>, StoreError> {
    if let Some(row) = tx.optional(&LOST, &[]).await? {
        let entry = row.get("entry")?;
        return Ok(Err(Fault::Removed { entry }));
    }
    let (mut last, mut count) = (0i64, 0i64);
    loop {
        let rows = tx.rows(&LOOSE, values![last, PAGE]).await?;
        if rows.is_empty() {
            return Ok(Ok(count));
        }
        for row in &rows {
            let stored = stored(row)?;
            if audit::digest(&stored.entry) != stored.digest {
                return Ok(Err(Fault::Edited { entry: stored.id }));
            }
            if row.get::<Option<i64>>("awaiting")?.is_none() {
                return Ok(Err(Fault::KeptOut { entry: stored.id }));
            }
            last = stored.id;
            count += 1;
        }
    }
}
