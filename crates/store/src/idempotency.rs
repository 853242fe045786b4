//! Idempotency: what is sent twice is done once, and told twice.

use gongkai_domain::audit::Entry;
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::jobs::NewJob;
use crate::outbox::NewMessage;
use crate::requests::foretold;
use crate::values;

statements! { "idempotency";
    /// The write that a retry makes: its own commit waits for whatever the
    /// first one's did, so that an answer that was lost is not told too early.
    CONFIRM = "update idempotency set confirmed_at = $3
        where purpose = $1 and key = $2 returning digest, answer";
    KEEP = "insert into idempotency (purpose, key, digest, answer, at, confirmed_at)
        values ($1, $2, $3, $4, $5, $5)";
    /// All with which a form ends that tells somebody, by one question: its answer,
    /// the entry of the trail ([`crate::audit::append`]), and a message with the job
    /// that sends it. A job that waits already is not locked, unlike by
    /// [`crate::jobs::enqueue`]: where it is claimed before this is kept, the sweep of
    /// the minute finds the message.
    KEEP_TELLING = {
        sqlite: "insert into idempotency (purpose, key, digest, answer, at, confirmed_at)
                values ($14, $15, $16, $17, $18, $18);
            insert into outbox (message, channel, destination, purpose, shown, key, sealed, state, created_at, expires_at, next_at, attempts)
                values ($19, $20, $21, $22, $23, $24, $25, 'waiting', $26, $27, $26, 0);
            insert into jobs (kind, payload, dedupe, state, run_at, attempts, created_at)
                values ($28, $29, $30, 'waiting', $31, 0, $32)
                on conflict (kind, dedupe) where state = 'waiting' and dedupe is not null
                    do update set run_at = case when excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end;
            insert into audit (at, actor, actor_name, acting_for, organization, action, object_kind, object, outcome, detail, source, request, digest)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);
            insert into audit_unchained (entry) values (last_insert_rowid()) returning 1 as jobs",
        postgres: "with kept as (insert into idempotency (purpose, key, digest, answer, at, confirmed_at)
                values ($14, $15, $16, $17, $18, $18)),
            sent as (insert into outbox (message, channel, destination, purpose, shown, key, sealed, state, created_at, expires_at, next_at, attempts)
                values ($19, $20, $21, $22, $23, $24, $25, 'waiting', $26, $27, $26, 0)),
            job as (insert into jobs (kind, payload, dedupe, state, run_at, attempts, created_at)
                select $28, $29, $30, 'waiting', cast($31 as bigint), 0, cast($32 as bigint)
                where not exists (select 1 from jobs where kind = $28 and dedupe = $30 and state = 'waiting' and run_at <= $31)
                on conflict (kind, dedupe) where state = 'waiting' and dedupe is not null
                    do update set run_at = case when excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end
                returning id),
            told as (insert into audit (at, actor, actor_name, acting_for, organization, action, object_kind, object, outcome, detail, source, request, digest)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                returning id)
            insert into audit_unchained (entry) select id from told returning (select count(*) from job) as jobs"
    };
    FORGET = "delete from idempotency where confirmed_at < $1";
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is new.
    New,
    /// The same was done before; this was the answer.
    Done(String),
    /// Something else was done under this key.
    Other,
}

/// Looks a key up, and confirms what was done under it. On PostgreSQL two at
/// once meet at [`keep`]: the second fails with [`StoreError::Duplicate`] and
/// is to look again.
///
/// # Errors
/// The store's.
pub async fn look(
    tx: &mut Tx,
    purpose: &str,
    key: &str,
    digest: &str,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let row = tx.optional(&CONFIRM, values![purpose, key, now]).await?;
    let Some(row) = row else {
        return Ok(Known::New);
    };
    if row.get::<String>("digest")? == digest {
        Ok(Known::Done(row.get("answer")?))
    } else {
        Ok(Known::Other)
    }
}

/// Keeps the answer to what was done, in the transaction that did it.
///
/// # Errors
/// [`StoreError::Duplicate`] if another did it meanwhile.
pub async fn keep(
    tx: &mut Tx,
    purpose: &str,
    key: &str,
    digest: &str,
    answer: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&KEEP, values![purpose, key, digest, answer, now])
        .await?;
    Ok(())
}

/// The same as [`keep`], with the entry of the trail that tells of what was done,
/// and a message with the job that sends it; and with the filing before it, where its
/// number was foretold.
///
/// # Errors
/// As for [`keep`]; [`StoreError::Foretold`] where that number is not the next one.
pub async fn keep_telling(
    tx: &mut Tx,
    (purpose, key, digest): (&str, &str, &str),
    answer: &str,
    entry: &Entry,
    (message, job): (&NewMessage, &NewJob),
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut values = crate::audit::row_of(entry);
    values.extend_from_slice(values![purpose, key, digest, answer, now]);
    values.extend(crate::outbox::row_of(message, now));
    values.extend(crate::jobs::row_of(job, now));
    let is_new = match tx.foretold() {
        Some(foretold) => foretold::keep(tx, foretold, &values).await?,
        None => tx.one(&KEEP_TELLING, &values).await?.get::<i64>("jobs")? > 0,
    };
    if is_new {
        tx.wakes();
    }
    Ok(())
}

/// Forgets keys that nobody has sent since an instant.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(&FORGET, values![before]).await
}
