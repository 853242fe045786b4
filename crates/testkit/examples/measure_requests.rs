//! For `cargo xtask bench requests`: filings beside the store's own small
//! transactions.
//!
//! `measure_requests ROUNDS MILLISECONDS FOLDER` prints a line of rates for each round:
//! on SQLite with 1 client and with 32, then on PostgreSQL, the small transactions and
//! the filings of each in turns.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gongkai_app::audit::{self, Deed, Who};
use gongkai_app::house::House;
use gongkai_app::requests;
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::{OrganizationId, OrganizationKind};
use gongkai_store::StoreError;
use gongkai_store::settings::{self, Setting};
use gongkai_testkit::database::{Folder, Server};
use gongkai_testkit::requests::{found, typed, visitor};
use gongkai_testkit::torture::Place;

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
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [rounds, time, below] => {
            let time = Duration::from_millis(time.parse().expect("milliseconds"));
            filings(rounds.parse().expect("rounds"), time, Path::new(below)).await;
        }
        _ => panic!("ROUNDS MILLISECONDS FOLDER"),
    }
}

/// A house with bodies that take applications, a client for each.
struct Office {
    house: House,
    bodies: Vec<OrganizationId>,
}

impl Office {
    async fn new(place: &Place) -> Self {
        let house = place.open(None).await.expect("a house");
        let mut bodies = Vec::new();
        for client in 0..MANY {
            let name = format!("第{client}局");
            bodies.push(found(&house, &name, OrganizationKind::Department, None).await);
            let new = Setting {
                name: format!("client-{client}"),
                value: "0".to_owned(),
                version: 0,
            };
            let mut tx = house.db.write().await.expect("a turn");
            let put = settings::put(&mut tx, &new, "bench", house.now()).await;
            put.expect("a setting");
            tx.commit().await.expect("kept");
        }
        Self { house, bodies }
    }
}

async fn filings(rounds: u32, time: Duration, below: &Path) {
    let server = Server::start(below);
    let (one, other) = (Folder::below(below), Folder::below(below));
    let offices = [
        Office::new(&Place::sqlite(one.path())).await,
        Office::new(&Place::postgres(other.path(), &server.cluster, "bench")).await,
    ];
    let next = Arc::new(AtomicU32::new(0));
    // The first round warms up.
    for round in 0..=rounds {
        let mut rates = Vec::new();
        for office in &offices {
            for clients in [1, MANY] {
                rates.push(small(office, clients, time).await);
                rates.push(filed(office, clients, time, &next).await);
            }
        }
        if round > 0 {
            let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
            println!("{}", rates.join(" "));
        }
    }
}

/// The store's small transactions a second: a row is changed, and its entry of the
/// trail written.
async fn small(office: &Office, clients: usize, time: Duration) -> f64 {
    let start = now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let house = office.house.clone();
        tasks.spawn(async move {
            let name = format!("client-{client}");
            let mut tx = house.db.read().await.expect("a state");
            let setting = settings::get(&mut tx, &name).await.expect("read");
            drop(tx);
            let mut setting = setting.expect("a setting");
            let mut count = 0.0;
            while start.elapsed() < time {
                change(&house, &setting).await.expect("kept");
                setting.version += 1;
                count += 1.0;
            }
            count
        });
    }
    let counts: Vec<f64> = tasks.join_all().await;
    counts.iter().sum::<f64>() / start.elapsed().as_secs_f64()
}

async fn change(house: &House, setting: &Setting) -> Result<(), StoreError> {
    let at = house.now();
    let mut tx = house.db.write().await?;
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

/// Filings a second, each durable when it is told: the request with its number and
/// its key, its proof by mail, its entry of the trail.
async fn filed(office: &Office, clients: usize, time: Duration, next: &Arc<AtomicU32>) -> f64 {
    let start = now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (house, next) = (office.house.clone(), Arc::clone(next));
        let body = office.bodies[client];
        tasks.spawn(async move {
            let mut count = 0.0;
            while start.elapsed() < time {
                let form = typed(next.fetch_add(1, Ordering::Relaxed) % 800_000);
                let key = house.token();
                let filed = requests::file(&house, visitor(), &key, body, &form, &[]).await;
                filed.expect("filed");
                count += 1.0;
            }
            count
        });
    }
    let counts: Vec<f64> = tasks.join_all().await;
    counts.iter().sum::<f64>() / start.elapsed().as_secs_f64()
}
