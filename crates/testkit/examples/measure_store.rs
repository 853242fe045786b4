//! For `cargo xtask bench store`: durable transactions beside the disk's own
//! rate, in turns.
//!
//! `measure_store ROUNDS MILLISECONDS FOLDER` prints a line of rates for each
//! round: fdatasync, SQLite with 1 and 32 clients, PostgreSQL with 1 and 32.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use gongkai_app::audit::{self, Deed, Who};
use gongkai_app::outside::SystemClock;
use gongkai_app::ports::Clock;
use gongkai_domain::audit::Outcome;
use gongkai_store::settings::{self, Setting};
use gongkai_store::{Db, Migrations, Options, StoreError};
use gongkai_testkit::database::{Folder, Server};

/// Clients of a busy office.
const MANY: usize = 32;

/// The binary's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse().ok());
    let rounds: u64 = number(0).unwrap_or(10);
    let time = Duration::from_millis(number(1).unwrap_or(500));
    let below = Path::new(arguments.get(2).map_or("/var/tmp", String::as_str));
    let folder = Folder::below(below);
    let server = Server::start(below);
    let sqlite = open(format!("sqlite:{}/db.sqlite", folder.path().display())).await;
    let postgres = open(server.cluster.database("bench")).await;
    let mut raw = OpenOptions::new();
    let raw = raw.create(true).append(true);
    let mut raw = raw.open(folder.path().join("raw")).expect("a file");
    // The first round warms up.
    for round in 0..=rounds {
        let disk = synced(&mut raw, time);
        let mut rates = vec![disk];
        for (db, clients) in [
            (&sqlite, 1),
            (&sqlite, MANY),
            (&postgres, 1),
            (&postgres, MANY),
        ] {
            rates.push(committed(db, clients, time).await);
        }
        if round > 0 {
            let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
            println!("{}", rates.join(" "));
        }
    }
    postgres.close().await;
    sqlite.close().await;
}

async fn open(url: String) -> Db {
    let options = Options {
        connections: u32::try_from(MANY).unwrap_or(32),
        ..Options::new(url)
    };
    let db = Db::open_migrated(&options, Migrations::Main).await;
    let db = db.expect("a database");
    let mut tx = db.write().await.expect("a turn");
    for client in 0..MANY {
        let new = Setting {
            name: format!("client-{client}"),
            value: "0".to_owned(),
            version: 0,
        };
        let done = settings::put(&mut tx, &new, "bench", SystemClock.now()).await;
        done.expect("a setting");
    }
    tx.commit().await.expect("kept");
    db
}

/// Appends of a page each, synced, a second: what the disk can do at all.
fn synced(file: &mut File, time: Duration) -> f64 {
    let (start, mut count) = (now(), 0.0);
    while start.elapsed() < time {
        file.write_all(&[7; 4096]).expect("written");
        file.sync_data().expect("synced");
        count += 1.0;
    }
    count / start.elapsed().as_secs_f64()
}

/// Transactions a second of so many clients.
async fn committed(db: &Db, clients: usize, time: Duration) -> f64 {
    let start = now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let db = db.clone();
        tasks.spawn(async move { one_client(&db, client, start, time).await });
    }
    let counts = tasks.join_all().await;
    counts.iter().sum::<f64>() / start.elapsed().as_secs_f64()
}

async fn one_client(db: &Db, client: usize, start: Instant, time: Duration) -> f64 {
    let name = format!("client-{client}");
    let mut tx = db.read().await.expect("a state");
    let found = settings::get(&mut tx, &name).await.expect("a setting");
    drop(tx);
    let mut setting = found.expect("a setting");
    let mut count = 0.0;
    while start.elapsed() < time {
        change(db, &setting).await.expect("kept");
        setting.version += 1;
        count += 1.0;
    }
    count
}

/// One row is changed and its entry written, and both are on the disk.
async fn change(db: &Db, setting: &Setting) -> Result<(), StoreError> {
    let at = SystemClock.now();
    let mut tx = db.write().await?;
    settings::put(&mut tx, setting, "bench", at).await?;
    let deed = Deed {
        action: "settings.change",
        object_kind: "setting",
        object: setting.name.clone(),
        outcome: Outcome::Done,
        detail: serde_json::json!({ "value": setting.value }),
    };
    audit::write(&mut tx, &Who::program("bench"), &deed, at).await?;
    tx.commit().await
}
