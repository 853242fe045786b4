//! The process that is killed. It writes as the product does, from several
//! tasks at once, and says of each write that it was acknowledged, or refused.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use gongkai_app::audit::{self, Deed, Who};
use gongkai_app::blobs::{self, AttachmentError};
use gongkai_app::house::House;
use gongkai_app::jobs;
use gongkai_app::once::{Sent, SentOtherwise, once};
use gongkai_domain::audit::Outcome;
use gongkai_store::blobs::Blob;
use gongkai_store::settings::{self, Setting};
use gongkai_store::{StoreError, Tx};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::mutants::Mutant;
use super::{ACTION, Ack, COUNTERS, KIND, PURPOSE, Place};

/// What `gongkai serve` ends with when only a restart settles it.
pub const BROKEN: u8 = 74;
/// What it ends with when the house does not open.
pub const CLOSED: u8 = 1;
/// What it ends with when every write was refused; a server would go on.
pub const GAVE_UP: u8 = 4;
/// Writes refused one after another until a child that counts gives up.
const REFUSALS_MAX: usize = 10;

/// What a child is told.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Where to write.
    pub place: Place,
    /// How many at a time.
    pub tasks: usize,
    /// How many each task tries before the child ends; endless without.
    pub writes: Option<usize>,
}

impl Orders {
    /// As arguments of the child.
    pub fn arguments(&self) -> Vec<String> {
        let writes = self.writes.map_or("-".to_owned(), |n| n.to_string());
        vec![
            self.place.folder.display().to_string(),
            self.place.main.clone(),
            self.place.keys.clone(),
            self.tasks.to_string(),
            writes,
        ]
    }

    fn read(arguments: &[String]) -> Option<Self> {
        let [folder, main, keys, tasks, writes] = arguments else {
            return None;
        };
        Some(Self {
            place: Place {
                folder: PathBuf::from(folder),
                main: main.clone(),
                keys: keys.clone(),
            },
            tasks: tasks.parse().ok()?,
            writes: writes.parse().ok(),
        })
    }
}

/// Says a line, at once. Who listens is gone when it cannot: then so is this.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let said = out.write_all(format!("{line}\n").as_bytes());
    if said.and_then(|()| out.flush()).is_err() {
        std::process::exit(3);
    }
}

/// Carries out orders and ends the process, without closing anything: it must
/// not matter.
///
/// # Panics
/// If there is no runtime.
pub fn run(arguments: &[String]) -> ! {
    let Some(orders) = Orders::read(arguments) else {
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let code = runtime.expect("a runtime").block_on(work(&orders));
    std::process::exit(i32::from(code));
}

async fn work(orders: &Orders) -> u8 {
    let mutant = Mutant::of_environment();
    let house = match orders.place.open(mutant).await {
        Ok(house) => house,
        Err(reason) => {
            say(&format!("refused to open: {reason}"));
            return CLOSED;
        }
    };
    say("ready");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..orders.tasks {
        tasks.spawn(write_on(house.clone(), number, orders.writes, mutant));
    }
    if orders.writes.is_none() {
        tasks.spawn(chain_on(house.clone()));
    }
    tokio::select! {
        () = house.db.broken() => BROKEN,
        () = house.vault.store().broken() => BROKEN,
        all = tasks.join_all() => if all.contains(&false) { GAVE_UP } else { 0 },
    }
}

/// The trail is chained and signed while others write it.
async fn chain_on(house: House) -> bool {
    let mut turns = tokio::time::interval(Duration::from_millis(200));
    loop {
        turns.tick().await;
        if let Err(error) = audit::chain(&house).await {
            say(&format!("refused to chain: {error:?}"));
        }
    }
}

/// Whether it was not refused again and again.
async fn write_on(
    house: House,
    number: usize,
    writes: Option<usize>,
    mutant: Option<Mutant>,
) -> bool {
    let mut refusals = 0;
    let mut done = 0;
    while writes.is_none_or(|most| done < most) {
        done += 1;
        match write_one(&house, number % COUNTERS, mutant).await {
            Ok(ack) => {
                refusals = 0;
                if mutant != Some(Mutant::AnswerBeforeCommit) {
                    say(&ack.line());
                }
            }
            Err(refused) => {
                refusals += 1;
                say(&format!("refused: {refused:?}").replace('\n', " "));
                if writes.is_some() && refusals == REFUSALS_MAX {
                    return false;
                }
            }
        }
    }
    true
}

/// Why a write was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    #[error(transparent)]
    Otherwise(#[from] SentOtherwise),
}

/// A form with an attachment, as somebody sends it.
struct Form {
    ack: Ack,
    blob: Blob,
    mutant: Option<Mutant>,
}

/// The form that was acknowledged, sent again.
pub fn sent(ack: &Ack) -> Sent {
    Sent::new(PURPOSE, &ack.key, [ack.blob.as_str(), ack.plain.as_str()])
}

async fn write_one(house: &House, counter: usize, mutant: Option<Mutant>) -> Result<Ack, Refused> {
    let mut plain = vec![0u8; 3000];
    house.chance.fill(&mut plain);
    let blob = blobs::keep(house, &plain).await?;
    let form = Form {
        ack: Ack {
            key: house.token(),
            answer: house.token(),
            blob: blob.digest.clone(),
            plain: hex::encode(Sha256::digest(&plain)),
        },
        blob,
        mutant,
    };
    let sent = sent(&form.ack);
    loop {
        let seen = seen(house, counter).await?;
        match once(house, &sent, |tx| deed(house, tx, &form, &seen)).await {
            // Somebody counted meanwhile: look again, as a person would.
            Err(Refused::Store(StoreError::Conflict)) => {}
            Err(other) => return Err(other),
            Ok(answer) => return Ok(Ack { answer, ..form.ack }),
        }
    }
}

async fn seen(house: &House, counter: usize) -> Result<Setting, StoreError> {
    let name = format!("torture-{counter}");
    let mut tx = house.db.read().await?;
    let found = settings::get(&mut tx, &name).await?;
    Ok(found.unwrap_or(Setting {
        name,
        value: "0".to_owned(),
        version: 0,
    }))
}

/// What a form does: an entry, a job, a blob, and one more counted.
async fn deed(
    house: &House,
    mut tx: Tx,
    form: &Form,
    seen: &Setting,
) -> Result<(Tx, String), Refused> {
    let ack = &form.ack;
    let deed = Deed {
        action: ACTION,
        object_kind: PURPOSE,
        object: ack.key.clone(),
        outcome: Outcome::Done,
        detail: json!({ "blob": ack.blob }),
    };
    audit::write(&mut tx, &Who::program("torture"), &deed, house.now()).await?;
    jobs::enqueue(&mut tx, house, KIND, &json!({ "key": ack.key })).await?;
    blobs::name(&mut tx, &form.blob).await?;
    let mut next = seen.clone();
    next.value = (seen.value.parse::<i64>().unwrap_or(0) + 1).to_string();
    if form.mutant == Some(Mutant::VersionNotChecked) {
        let newest = settings::get(&mut tx, &seen.name).await?;
        next.version = newest.map_or(0, |newest| newest.version);
    }
    settings::put(&mut tx, &next, "torture", house.now()).await?;
    if form.mutant == Some(Mutant::AnswerBeforeCommit) {
        say(&ack.line());
    }
    Ok((tx, ack.answer.clone()))
}
