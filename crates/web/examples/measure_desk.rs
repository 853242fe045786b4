//! For `cargo xtask bench requests`: the pages of the desk over few cases beside the
//! same pages over many, as a browser asks for them.
//!
//! `measure_desk ENGINE ROUNDS FOLDER FEW MANY` prints a line for each page of each
//! round: the page, its seconds over few cases, and its seconds over many.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gongkai_app::house::House;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, OrganizationKind, PersonId};
use gongkai_domain::requests::application::{ApplicantKind, Application, Way};
use gongkai_domain::requests::record::Lane;
use gongkai_store::requests::{self as stored, Kept, Standing};
use gongkai_testkit::database::{Cluster, Folder, Server as Postgres};
use gongkai_testkit::http;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{come_in, found, person, typed};
use gongkai_testkit::torture::Place;
use gongkai_web::Server;
use jiff::ToSpan;
use tokio::sync::watch;

/// The binary's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Of a thousand cases so many are in each lane; the others are over.
const LANES: [(Lane, i64); 4] = [
    (Lane::Unconfirmed, 5),
    (Lane::Running, 20),
    (Lane::Waiting, 10),
    (Lane::Replied, 15),
];
/// Rows that are written in one transaction.
const AT_ONCE: i64 = 20_000;
/// What is over lies on so many days.
const DAYS: i64 = 2000;
/// What is rare lies on the first days of them, where a list of what is over ends.
const RARE_DAYS: i64 = 20;

/// Pages of the desk: as it is opened, and its lists by what they may be asked for.
/// `mail` is the way of none, `fax`, a law firm, and nobody those of what is rare.
const PAGES: [&str; 14] = [
    "",
    "?list=over",
    "?list=over&way=fax",
    "?list=over&way=mail",
    "?list=over&applicant=org_legal_service",
    "?list=over&of=nobody",
    "?list=over&outcome=petition",
    "?list=over&of=place-BODY",
    "?list=over&of=person-COLLEAGUE",
    "?list=running&way=mail",
    "?list=running&of=nobody",
    "?list=unconfirmed&way=mail",
    "?list=mine",
    "/calendar",
];

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn now() -> Instant {
    Instant::now()
}

/// A body with so many cases, and what its leader's browser knows.
struct Desk {
    address: String,
    cookie: String,
    body: OrganizationId,
    colleague: PersonId,
}

impl Desk {
    /// Its rows are written straight into the store, in bulk.
    async fn new(place: &Place, cases: i64) -> Self {
        let house = place.open(None).await.expect("a house");
        let body = found(&house, "云溪县水务局", OrganizationKind::Department, None).await;
        let leader = person(&house, "leader", body, &[Role::Leader]).await;
        let colleague = person(&house, "colleague", body, &[Role::Handler]).await;
        fill(&house, body, (leader, colleague), cases).await;
        let token = come_in(&house, leader).await;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        std::thread::spawn(move || {
            let (_stop, stopped) = watch::channel(false);
            let server = Server::new(Arc::new(InProcess), Calendar::built_in(), &[]);
            let ran = server.with_office(house).run(&listener, &stopped);
            ran.expect("it serves");
        });
        Self {
            address,
            cookie: format!("__Host-gongkai={token}"),
            body,
            colleague,
        }
    }

    /// Seconds until a page is there.
    fn look(&self, page: &str) -> f64 {
        let page = page
            .replace("BODY", &self.body.0.to_string())
            .replace("COLLEAGUE", &self.colleague.0.to_string());
        let path = format!("/office/requests{page}");
        let start = now();
        let answer = http::ask(&self.address, "GET", &path, &self.cookie, "");
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        seconds
    }
}

async fn fill(house: &House, body: OrganizationId, of: (PersonId, PersonId), cases: i64) {
    let (leader, colleague) = of;
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
            let is_rare = n % DAYS >= DAYS - RARE_DAYS;
            // Due dates lie around today, what is over lies behind.
            let days = match lane {
                Lane::Over => -20 - n % DAYS,
                _ => n / 1000 % 30 - 10,
            };
            let day = today.saturating_add(days.days());
            let outcome = match lane {
                Lane::Over if is_rare => Some("petition"),
                Lane::Over | Lane::Replied => Some("granted"),
                _ => None,
            };
            let (way, kind) = match is_rare {
                true => (Way::Fax, ApplicantKind::LegalService),
                false => (Way::Counter, ApplicantKind::NaturalPerson),
            };
            let row = Kept {
                id: 0,
                organization: body,
                parent: None,
                number: format!("2026-{n:07}"),
                way: way.key().to_owned(),
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
                    outcome: outcome.map(ToOwned::to_owned),
                    ended: None,
                    section: None,
                    handler: match n % 100 {
                        0 => Some(leader),
                        _ => Some(colleague).filter(|_| !is_rare),
                    },
                },
                applicant_kind: kind.key().to_owned(),
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
}

fn place(engine: &str, folder: &Folder, cluster: Option<&Cluster>, name: &str) -> Place {
    match cluster.filter(|_| engine == "postgres") {
        Some(cluster) => Place::postgres(folder.path(), cluster, name),
        None => Place::sqlite(folder.path()),
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, rounds, below, few, many] = &arguments[..] else {
        panic!("ENGINE ROUNDS FOLDER FEW MANY");
    };
    let below = Path::new(below);
    let server = (engine == "postgres").then(|| Postgres::start(below));
    let cluster = server.as_ref().map(|server| &server.cluster);
    let (one, other) = (Folder::below(below), Folder::below(below));
    let cases = |of: &str| of.parse().expect("how many");
    let few = Desk::new(&place(engine, &one, cluster, "few"), cases(few)).await;
    let many = Desk::new(&place(engine, &other, cluster, "many"), cases(many)).await;
    let rounds: u32 = rounds.parse().expect("rounds");
    // The first is not counted: it opens connections.
    for round in 0..=rounds {
        for page in PAGES {
            let seconds = (few.look(page), many.look(page));
            if round > 0 {
                println!("desk{page} {} {}", seconds.0, seconds.1);
            }
        }
    }
}
