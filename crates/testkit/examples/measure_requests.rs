//! For `cargo xtask bench requests`: filings beside the store's own small
//! transactions, and the desk over few cases beside the desk over many.
//!
//! `measure_requests filings ROUNDS MILLISECONDS FOLDER` prints a line of rates for
//! each round: on SQLite with 1 client and with 32, then on PostgreSQL, the small
//! transactions and the filings of each in turns.
//!
//! `measure_requests desk ENGINE ROUNDS FOLDER FEW MANY` prints the seconds of each
//! round: the desk with its first list over few cases, and over many.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gongkai_app::audit::{self, Deed, Who};
use gongkai_app::house::House;
use gongkai_app::people::SignedIn;
use gongkai_app::requests;
use gongkai_app::requests::look::{self, Query};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, OrganizationKind};
use gongkai_domain::requests::application::Application;
use gongkai_domain::requests::record::Lane;
use gongkai_store::StoreError;
use gongkai_store::requests::{self as stored, Kept, Standing};
use gongkai_store::settings::{self, Setting};
use gongkai_testkit::database::{Cluster, Folder, Server};
use gongkai_testkit::requests::{found, person, signed, typed, visitor};
use gongkai_testkit::torture::Place;
use jiff::ToSpan;

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
        ["filings", rounds, time, below] => {
            let time = Duration::from_millis(time.parse().expect("milliseconds"));
            filings(rounds.parse().expect("rounds"), time, Path::new(below)).await;
        }
        ["desk", engine, rounds, below, few, many] => {
            let few = few.parse().expect("how many");
            let many = many.parse().expect("how many");
            let rounds = rounds.parse().expect("rounds");
            desk(engine, rounds, Path::new(below), (few, many)).await;
        }
        _ => panic!("filings ROUNDS MILLISECONDS FOLDER, or desk ENGINE ROUNDS FOLDER FEW MANY"),
    }
}

fn place(engine: &str, folder: &Folder, cluster: Option<&Cluster>, name: &str) -> Place {
    match cluster.filter(|_| engine == "postgres") {
        Some(cluster) => Place::postgres(folder.path(), cluster, name),
        None => Place::sqlite(folder.path()),
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
        Office::new(&place("sqlite", &one, None, "")).await,
        Office::new(&place("postgres", &other, Some(&server.cluster), "bench")).await,
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

/// A body with so many cases, and its leader.
struct Desk {
    house: House,
    leader: SignedIn,
}

/// Of a thousand cases so many are in each lane; the others are over.
const LANES: [(Lane, i64); 4] = [
    (Lane::Unconfirmed, 5),
    (Lane::Running, 20),
    (Lane::Waiting, 10),
    (Lane::Replied, 15),
];
/// Rows that are written in one transaction.
const AT_ONCE: i64 = 20_000;

impl Desk {
    /// Its rows are written straight into the store, in bulk.
    async fn new(place: &Place, cases: i64) -> Self {
        let house = place.open(None).await.expect("a house");
        let body = found(&house, "云溪县水务局", OrganizationKind::Department, None).await;
        let leader = person(&house, "leader", body, &[Role::Leader]).await;
        let leader = signed(&house, leader).await;
        let today = house.today();
        let application = Application::read(&typed(1), today).expect("an application");
        let plain = serde_json::to_vec(&application).expect("JSON");
        let key = house.vault.new_key().await.expect("a key");
        let sealed = key.seal("request/application", &plain);
        let mut n = 0;
        while n < cases {
            let mut tx = house.db.write().await.expect("a turn");
            for _ in 0..AT_ONCE.min(cases - n) {
                let place = n % 1000;
                let mut below = 0;
                let lane = LANES.iter().find(|(_, some)| {
                    below += some;
                    place < below
                });
                let lane = lane.map_or(Lane::Over, |(lane, _)| *lane);
                // Due dates lie around today, what is over lies behind.
                let days = match lane {
                    Lane::Over => -20 - n % 2000,
                    _ => n / 1000 % 30 - 10,
                };
                let day = today.saturating_add(days.days());
                let row = Kept {
                    id: 0,
                    organization: body,
                    parent: None,
                    number: format!("2026-{n:07}"),
                    way: "counter".to_owned(),
                    filed: day,
                    filed_at: house.now(),
                    standing: Standing {
                        state: "open".to_owned(),
                        lane: lane.key().to_owned(),
                        day,
                        received: Some(day),
                        due: Some(day),
                        provisional: false,
                        moves: false,
                        outcome: None,
                        ended: None,
                        section: None,
                        handler: Some(leader.person.id).filter(|_| n % 100 == 0),
                    },
                    applicant_kind: "natural_person".to_owned(),
                    applicant_index: format!("{:032x}", n % 100_000),
                    key: key.id.clone(),
                    sealed: sealed.clone(),
                    changed_at: house.now(),
                    version: 1,
                };
                stored::add(&mut tx, &row).await.expect("added");
                n += 1;
            }
            tx.commit().await.expect("kept");
        }
        Self { house, leader }
    }

    /// Seconds of the desk as the page asks for it: its counts, and the first
    /// page of what is in hand.
    async fn look(&self) -> f64 {
        let start = now();
        let desk = look::desk(&self.house, &self.leader).await.expect("a desk");
        let page = look::list(&self.house, &self.leader, Query::lane(Lane::Running)).await;
        let page = page.expect("a page");
        let seconds = start.elapsed().as_secs_f64();
        assert!(desk.running > 0 && !page.lines.is_empty());
        seconds
    }
}

async fn desk(engine: &str, rounds: u32, below: &Path, (few, many): (i64, i64)) {
    let server = (engine == "postgres").then(|| Server::start(below));
    let cluster = server.as_ref().map(|server| &server.cluster);
    let (one, other) = (Folder::below(below), Folder::below(below));
    let few = Desk::new(&place(engine, &one, cluster, "few"), few).await;
    let many = Desk::new(&place(engine, &other, cluster, "many"), many).await;
    // The first is not counted: it opens connections.
    for round in 0..=rounds {
        let seconds = (few.look().await, many.look().await);
        if round > 0 {
            println!("{} {}", seconds.0, seconds.1);
        }
    }
}
