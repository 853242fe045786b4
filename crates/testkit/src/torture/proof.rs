//! What is left after a kill, looked at in the database itself.

use std::collections::BTreeMap;

use gongkai_app::audit::{self, Verdict};
use gongkai_app::blobs as attachments;
use gongkai_app::house::House;
use gongkai_app::once::{Done, SentOtherwise, once};
use gongkai_store::blobs::Blob;
use gongkai_store::{Engine, Statement, StoreError, Tx, Value, blobs};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::child::sent;
use super::{Ack, Place};

static COUNTS: Statement = Statement::new(
    "torture::COUNTS",
    "select (select count(*) from idempotency where purpose = 'torture') as keys,
        (select count(*) from audit where action = 'torture.write') as entries,
        (select count(*) from jobs where kind = 'torture') as jobs,
        (select count(*) from blobs) as blobs,
        (select cast(coalesce(sum(cast(value as bigint)), 0) as bigint) from settings where name like 'torture-%') as counted",
);
static KEYS: Statement = Statement::new(
    "torture::KEYS",
    "select key, answer from idempotency where purpose = 'torture'",
);
static ENTRIES: Statement = Statement::new(
    "torture::ENTRIES",
    "select object as key, detail as told from audit where action = 'torture.write'",
);
static JOBS: Statement = Statement::new(
    "torture::JOBS",
    "select payload as key, kind as told from jobs where kind = 'torture'",
);
static ANSWER: Statement = Statement::new(
    "torture::ANSWER",
    "select answer, (select count(*) from audit where object_kind = 'torture' and object = $1) as entries
        from idempotency where purpose = 'torture' and key = $1",
);
static INTEGRITY: Statement = Statement::new("torture::INTEGRITY", "pragma integrity_check");

/// What was found. Whole when nothing is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Acknowledged and not there, or not as it was told.
    pub lost: usize,
    /// Half there.
    pub torn: usize,
    /// There more than once.
    pub twice: usize,
    /// Updates that overwrote one another.
    pub overwritten: usize,
    /// The first of what is wrong, in words.
    pub words: Vec<String>,
}

const WORDS_MAX: usize = 5;

impl Proof {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.lost + self.torn + self.twice + self.overwritten == 0
    }

    /// Counts what another look found.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.torn += other.torn;
        self.twice += other.twice;
        self.overwritten += other.overwritten;
        self.words.extend(other.words);
        self.words.truncate(WORDS_MAX);
    }

    fn say(&mut self, words: String) {
        if self.words.len() < WORDS_MAX {
            self.words.push(words);
        }
    }

    fn lost(&mut self, words: String) {
        self.lost += 1;
        self.say(words);
    }

    fn torn(&mut self, words: String) {
        self.torn += 1;
        self.say(words);
    }

    fn twice(&mut self, words: String) {
        self.twice += 1;
        self.say(words);
    }
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At these writes, and whether the sums agree.
    Quick,
    /// At every row and every byte, the trail, and the file.
    Whole,
}

/// Acknowledged forms that are sent again in one look.
const SENT_AGAIN: usize = 200;

/// Looks at what lies in a place, against what was acknowledged.
///
/// # Errors
/// That it cannot be looked at.
///
/// # Panics
/// If there is no runtime.
pub fn prove(place: &Place, acks: &[Ack], look: Look) -> Result<Proof, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let house = place.open(None).await?;
        let mut proof = Proof::default();
        let done = looked(&house, acks, look, &mut proof).await;
        house.db.close().await;
        house.vault.store().close().await;
        done.map(|()| proof).map_err(|error| format!("{error:?}"))
    })
}

async fn looked(
    house: &House,
    acks: &[Ack],
    look: Look,
    proof: &mut Proof,
) -> Result<(), StoreError> {
    let mut tx = house.db.read().await?;
    sums(&mut tx, proof).await?;
    match look {
        Look::Quick => {
            for ack in acks {
                acknowledged(&mut tx, ack, proof).await?;
                opened(house, &mut tx, ack, proof).await?;
            }
        }
        Look::Whole => whole(house, &mut tx, acks, proof).await?,
    }
    drop(tx);
    let few = if look == Look::Whole { SENT_AGAIN } else { 3 };
    for ack in acks.iter().rev().take(few) {
        let nothing = |_| std::future::ready(Err::<Done, _>(Again::Anew));
        match once(house, &sent(ack), nothing).await {
            Ok(answer) if answer == ack.answer => {}
            other => proof.lost(format!("{} sent again: {other:?}", ack.key)),
        }
    }
    Ok(())
}

/// What came of a form that was sent again.
#[derive(Debug, thiserror::Error)]
enum Again {
    #[error("it was done anew")]
    Anew,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Otherwise(#[from] SentOtherwise),
}

/// One transaction wrote a row of each: their numbers are alike.
async fn sums(tx: &mut Tx, proof: &mut Proof) -> Result<(), StoreError> {
    let row = tx.one(&COUNTS, &[]).await?;
    let keys: i64 = row.get("keys")?;
    for name in ["entries", "jobs", "blobs"] {
        let count: i64 = row.get(name)?;
        if count != keys {
            proof.torn(format!("{keys} keys and {count} {name}"));
        }
    }
    let counted: i64 = row.get("counted")?;
    if counted != keys {
        proof.overwritten += usize::try_from(keys.abs_diff(counted)).unwrap_or(usize::MAX);
        proof.say(format!("{keys} counted up and {counted} there"));
    }
    Ok(())
}

async fn acknowledged(tx: &mut Tx, ack: &Ack, proof: &mut Proof) -> Result<(), StoreError> {
    let values = [Value::from(ack.key.as_str())];
    let Some(row) = tx.optional(&ANSWER, &values).await? else {
        proof.lost(format!("{} is not there", ack.key));
        return Ok(());
    };
    if row.get::<String>("answer")? != ack.answer {
        proof.lost(format!("{} has another answer", ack.key));
    }
    match row.get::<i64>("entries")? {
        0 => proof.torn(format!("{} without an entry", ack.key)),
        1 => {}
        n => proof.twice(format!("{} with {n} entries", ack.key)),
    }
    Ok(())
}

/// Whether an acknowledged blob is named, opens, and holds what was sent.
async fn opened(
    house: &House,
    tx: &mut Tx,
    ack: &Ack,
    proof: &mut Proof,
) -> Result<(), StoreError> {
    let Some(blob) = blobs::get(tx, &ack.blob).await? else {
        proof.lost(format!("blob of {} has no name", ack.key));
        return Ok(());
    };
    match attachments::bytes(house, &blob).await {
        Ok(plain) if hex::encode(Sha256::digest(&*plain)) == ack.plain => {}
        Ok(_) => proof.lost(format!("blob of {} holds something else", ack.key)),
        Err(error) => proof.lost(format!("blob of {}: {error}", ack.key)),
    }
    Ok(())
}

/// Rows by their key.
type Rows = BTreeMap<String, Vec<String>>;

async fn rows(tx: &mut Tx, statement: &Statement, told: &str) -> Result<Rows, StoreError> {
    let mut found = Rows::new();
    for row in tx.rows(statement, &[]).await? {
        let key: String = row.get("key")?;
        found.entry(key).or_default().push(row.get(told)?);
    }
    Ok(found)
}

async fn whole(
    house: &House,
    tx: &mut Tx,
    acks: &[Ack],
    proof: &mut Proof,
) -> Result<(), StoreError> {
    let keys = rows(tx, &KEYS, "answer").await?;
    let entries = rows(tx, &ENTRIES, "told").await?;
    let jobs: Rows = rows(tx, &JOBS, "told")
        .await?
        .into_iter()
        .map(|(payload, told)| (field(&payload, "key"), told))
        .collect();
    for ack in acks {
        match keys.get(&ack.key) {
            None => proof.lost(format!("{} is not there", ack.key)),
            Some(answers) if answers[0] != ack.answer => {
                proof.lost(format!("{} has another answer", ack.key));
            }
            Some(_) => {}
        }
    }
    for (name, there) in [("entry", &entries), ("job", &jobs)] {
        for (key, rows) in there {
            if rows.len() > 1 {
                proof.twice(format!("{key} has {} of {name}", rows.len()));
            }
            if !keys.contains_key(key) {
                proof.torn(format!("{name} of {key} stands alone"));
            }
        }
        for key in keys.keys().filter(|key| !there.contains_key(*key)) {
            proof.torn(format!("{key} has no {name}"));
        }
    }
    named(house, tx, acks, &entries, proof).await?;
    match audit::verify(tx, &house.checkpoints.lines().unwrap_or_default()).await? {
        Verdict::Whole { .. } => {}
        fault => proof.torn(format!("the trail: {fault:?}")),
    }
    if tx.engine() == Engine::Sqlite {
        let found: String = tx.one(&INTEGRITY, &[]).await?.get("integrity_check")?;
        if found != "ok" {
            proof.torn(format!("integrity: {found}"));
        }
    }
    Ok(())
}

/// Every blob that an entry tells of is named, and every one that is named has
/// its bytes, acknowledged or not; an acknowledged one those that were sent.
async fn named(
    house: &House,
    tx: &mut Tx,
    acks: &[Ack],
    entries: &Rows,
    proof: &mut Proof,
) -> Result<(), StoreError> {
    let mut there: BTreeMap<String, Blob> = BTreeMap::new();
    loop {
        let last = there.last_key_value().map_or("", |(digest, _)| digest);
        let page = blobs::after(tx, last, PAGE).await?;
        if page.is_empty() {
            break;
        }
        there.extend(page.into_iter().map(|blob| (blob.digest.clone(), blob)));
    }
    for detail in entries.values().flatten() {
        let digest = field(detail, "blob");
        if !there.contains_key(&digest) {
            proof.torn(format!("blob {digest} has no name"));
        }
    }
    let mut sent: BTreeMap<&str, &Ack> = BTreeMap::new();
    for ack in acks {
        if !there.contains_key(&ack.blob) {
            proof.lost(format!("blob of {} has no name", ack.key));
        }
        sent.insert(&ack.blob, ack);
    }
    let all: Vec<Blob> = there.into_values().collect();
    // Reading waits for the disk and the keys: many hands.
    let mut hands = JoinSet::new();
    for some in all.chunks(all.len().div_ceil(HANDS).max(1)) {
        hands.spawn(read(house.clone(), some.to_vec()));
    }
    for (digest, found) in hands.join_all().await.into_iter().flatten() {
        match (found, sent.get(&*digest)) {
            (Ok(plain), Some(ack)) if plain != ack.plain => {
                proof.lost(format!("blob of {} holds something else", ack.key));
            }
            (Ok(_), _) => {}
            (Err(error), Some(ack)) => proof.lost(format!("blob of {}: {error}", ack.key)),
            (Err(error), None) => proof.torn(format!("blob {digest}: {error}")),
        }
    }
    Ok(())
}

const PAGE: i64 = 1000;
/// Tasks that read blobs at once.
const HANDS: usize = 8;

/// Digests of what blobs hold, by their own.
async fn read(house: House, some: Vec<Blob>) -> Vec<(String, Result<String, String>)> {
    let mut found = Vec::new();
    for blob in some {
        let plain = attachments::bytes(&house, &blob).await;
        let plain = plain.map(|plain| hex::encode(Sha256::digest(&*plain)));
        found.push((blob.digest, plain.map_err(|error| error.to_string())));
    }
    found
}

fn field(json: &str, name: &str) -> String {
    let json: Json = serde_json::from_str(json).unwrap_or_default();
    json[name].as_str().unwrap_or_default().to_owned()
}
