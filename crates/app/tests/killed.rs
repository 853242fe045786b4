//! Killed with -9 while citizens file, letters are issued, and steps of cases are
//! taken by their letters: what was told is there, whole, once; sent again it is the
//! same; no number is lost or borne twice; a step is there with its letter or not at
//! all.
//!
//! The test starts itself once more as the process that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::letters::{self, Order, Press};
use gongkai_app::once::Sent;
use gongkai_app::people::SignedIn;
use gongkai_app::requests::intake::{self, Intake};
use gongkai_app::requests::look::{self, Query, Shown};
use gongkai_app::requests::papers;
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{self, Filed, Ticket};
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::samples;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::case::{Event, State};
use gongkai_domain::requests::record::{Happening, Lane};
use gongkai_testkit::database::{Cluster, Folder, own_name};
use gongkai_testkit::house::fonts;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{Bureau, letterhead, replies, signed, tail, typed, visitor};
use gongkai_testkit::torture::Place;

/// What the process that is killed is told, a line each.
const ORDERS: &str = "GONGKAI_KILLED";
/// How often it is killed, each time after so many filings, letters and steps.
const KILLS: [(usize, usize, usize); 3] = [(4, 1, 1), (11, 1, 2), (19, 2, 3)];
/// Cases for each of these times of which more is asked: their letters are steps.
const ASKED: usize = 20;
/// Cases for each of these times whose reply was approved, and is given.
const REPLIED: usize = 6;
const CASES: usize = ASKED + REPLIED;
/// What those replies tell.
const GIVEN: &str = "granted";
/// Who files, and who issues, at the same time.
const FILING: usize = 3;
const ISSUING: usize = 2;

/// What was begun, and what was told of it, by the keys of the forms.
#[derive(Default)]
struct Told {
    /// With the number of who filed.
    filed: BTreeMap<String, (u32, Option<String>)>,
    issued: BTreeMap<String, Option<String>>,
    /// What is done with a case: with the case, and whether it was told.
    acted: BTreeMap<Deed, BTreeMap<String, (i64, bool)>>,
}

/// What is done with a case that is a letter too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Ask,
    Give,
}

impl Deed {
    const ALL: [Self; 2] = [Self::Ask, Self::Give];

    /// As the process says it, and the kind of its letters.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ask => ("asks", "supplement"),
            Self::Give => ("gives", GIVEN),
        }
    }

    fn of(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.words().0 == word);
        found.expect("a deed")
    }
}

impl Told {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["files", key, n] => {
                let n = n.parse().expect("a number");
                self.filed.insert(key.to_owned(), (n, None));
            }
            ["filed", key, answer] => {
                let begun = self.filed.get_mut(key).expect("it was begun");
                begun.1 = Some(answer.to_owned());
            }
            ["issues", key] => {
                self.issued.insert(key.to_owned(), None);
            }
            ["issued", key, answer] => {
                self.issued.insert(key.to_owned(), Some(answer.to_owned()));
            }
            ["acts", deed, key, id] => {
                let id = id.parse().expect("a number");
                let of = self.acted.entry(Deed::of(deed)).or_default();
                of.insert(key.to_owned(), (id, false));
            }
            ["acted", deed, key] => {
                let of = self.acted.entry(Deed::of(deed)).or_default();
                of.get_mut(key).expect("it was begun").1 = true;
            }
            // The test program says something of its own.
            _ => {}
        }
    }

    /// Whether enough was told to be killed.
    fn is_enough(&self, (files, issues, acts): (usize, usize, usize)) -> bool {
        let filed = self.filed.values().filter(|(_, told)| told.is_some());
        let issued = self.issued.values().filter(|told| told.is_some());
        let has_acted = |deed| {
            let begun = self.acted.get(&deed).into_iter().flatten();
            begun.filter(|(_, (_, told))| *told).count() >= acts
        };
        let is_enough = filed.count() >= files && issued.count() >= issues;
        is_enough && Deed::ALL.into_iter().all(has_acted)
    }
}

fn answer(filed: &Filed) -> String {
    format!("{}:{}:{}", filed.id, filed.number, filed.code.as_str())
}

fn order(own: OrganizationId) -> Order {
    let kind = Kind::of("denied").expect("a kind");
    Order {
        organization: own,
        kind,
        facts: samples::all()[0].facts_for(kind),
        edited: None,
        about: None,
    }
}

fn form(key: &str) -> Sent {
    Sent::new("letter-issue", key, ["denied"])
}

/// What comes along with the filing of a number.
fn attachment(n: u32) -> (String, Vec<u8>) {
    let text = format!("第{n}人的材料\n").repeat(50);
    (format!("材料{n}.txt"), text.into_bytes())
}

async fn file(house: &House, own: OrganizationId, key: &str, n: u32) -> Filed {
    let (name, bytes) = attachment(n);
    let brought = requests::bring(house, &InProcess, visitor(), own, &name, bytes.into()).await;
    let brought = [brought.expect("brought")];
    let filed = requests::file(house, visitor(), key, own, &typed(n), &brought).await;
    filed.expect("filed")
}

/// Asks for a supplement of a case, by the letter that this is: number, letter and
/// step of the case, as the office does it.
async fn ask(house: &House, handler: &SignedIn, key: &str, id: i64) {
    let kind = Kind::of("supplement").expect("a kind");
    let shown = look::see(house, handler, id).await.expect("seen");
    let wanted = replies::wanted(house, handler, &shown, kind).await;
    let wanted = wanted.expect("filled in");
    let seen = seen(&shown);
    let issued = papers::issue(house, handler, key, seen, &shown, &wanted).await;
    issued.expect("issued");
}

/// Gives the reply of a case, which was approved: its number, its letter and the end of
/// the case are one.
async fn give(house: &House, handler: &SignedIn, key: &str, id: i64) {
    let shown = look::see(house, handler, id).await.expect("seen");
    let event = Event::Replied {
        outcome: GIVEN.to_owned(),
    };
    let taken = Taken {
        event,
        day: house.today(),
        proofs: Vec::new(),
    };
    let given = steps::step(house, handler, key, seen(&shown), &taken).await;
    given.expect("given");
}

async fn act(house: &House, handler: &SignedIn, deed: Deed, key: &str, id: i64) {
    match deed {
        Deed::Ask => ask(house, handler, key, id).await,
        Deed::Give => give(house, handler, key, id).await,
    }
}

fn seen(shown: &Shown) -> Seen {
    Seen {
        id: shown.kept.id,
        version: shown.kept.version,
    }
}

/// Says a line at once; whoever listens is gone when it cannot.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let said = out.write_all(format!("{line}\n").as_bytes());
    if said.and_then(|()| out.flush()).is_err() {
        std::process::exit(3);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The process that is killed: it files and issues until then.
fn child(orders: &str) -> ! {
    let lines: Vec<&str> = orders.lines().collect();
    let [folder, main, keys, own, handler, first, cases] = lines[..] else {
        panic!("these are no orders: {orders}");
    };
    let place = Place {
        folder: PathBuf::from(folder),
        main: main.to_owned(),
        keys: keys.to_owned(),
    };
    let own = OrganizationId(own.parse().expect("a body"));
    let handler = PersonId(handler.parse().expect("a person"));
    let first: u32 = first.parse().expect("a number");
    let cases = cases.split(' ').map(|id| id.parse().expect("a number"));
    let cases: Vec<i64> = cases.collect();
    runtime().block_on(async {
        let mut house = place.open(None).await.expect("a house");
        house.press = Arc::new(Press::new(vec![fonts()]));
        let handler = signed(&house, handler).await;
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..FILING {
            let house = house.clone();
            tasks.spawn(async move {
                for n in (first..).skip(task).step_by(FILING) {
                    let key = house.token();
                    say(&format!("files {key} {n}"));
                    let filed = file(&house, own, &key, n).await;
                    say(&format!("filed {key} {}", answer(&filed)));
                }
            });
        }
        for _ in 0..ISSUING {
            let (house, handler) = (house.clone(), handler.clone());
            tasks.spawn(async move {
                loop {
                    let key = house.token();
                    say(&format!("issues {key}"));
                    let issued = letters::issue(&house, &handler, &form(&key), &order(own)).await;
                    say(&format!("issued {key} {}", issued.expect("issued")));
                }
            });
        }
        let (asked, replied) = cases.split_at(ASKED);
        for (deed, cases) in [(Deed::Ask, asked), (Deed::Give, replied)] {
            let (house, handler, cases) = (house.clone(), handler.clone(), cases.to_owned());
            tasks.spawn(async move {
                let (word, _) = deed.words();
                for id in cases {
                    let key = house.token();
                    say(&format!("acts {word} {key} {id}"));
                    act(&house, &handler, deed, &key, id).await;
                    say(&format!("acted {word} {key}"));
                }
            });
        }
        tasks.join_all().await;
    });
    std::process::exit(4)
}

/// Starts it and kills it in the middle of its work; what it had told until then.
fn killed(orders: &str, test: &str, plan: (usize, usize, usize), told: &mut Told) {
    let own = std::env::current_exe().expect("this program");
    let mut process = Command::new(own)
        .args(["--exact", &format!("killed::{test}"), "--nocapture"])
        .env(ORDERS, orders)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut new = Told::default();
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    for line in lines.by_ref() {
        new.hear(&line.expect("a line"));
        if new.is_enough(plan) {
            break;
        }
    }
    process.kill().expect("killed");
    // What it said before it died counts; a line that was cut off was not said.
    for line in lines.map_while(Result::ok) {
        new.hear(&line);
    }
    let status = process.wait().expect("its end");
    assert_eq!(status.code(), None, "it ended by itself");
    assert!(new.is_enough(plan));
    for (deed, acted) in new.acted {
        told.acted.entry(deed).or_default().extend(acted);
    }
    told.filed.extend(new.filed);
    told.issued.extend(new.issued);
}

/// Everything that was told is there, and everything that was begun can be sent
/// again and is done once.
async fn whole(house: &House, bureau: &Bureau, told: &Told) {
    let (mut ids, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    let clerk = signed(house, bureau.clerk).await;
    for (key, (n, was_told)) in &told.filed {
        let again = file(house, bureau.own, key, *n).await;
        if let Some(was_told) = was_told {
            assert_eq!(&answer(&again), was_told, "the same answer once more");
        }
        let code = again.code.to_string();
        let contact = tail(*n);
        let ticket = Ticket::new(&code, &contact);
        let tracked = requests::track(house, ticket).await.expect("whole");
        assert_eq!(tracked.number, again.number);
        assert_eq!(tracked.state, State::AwaitingConfirmation);
        assert_eq!(tracked.timeline.len(), 1);
        // With what came along, to the last byte.
        let shown = look::see(house, &clerk, again.id).await.expect("seen");
        let (name, bytes) = attachment(*n);
        let names: Vec<&str> = shown.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, [name.as_str()]);
        let (_, kept) = look::file(house, &clerk, again.id, 1).await.expect("kept");
        assert_eq!(kept.as_slice(), bytes);
        assert!(ids.insert(again.id) && numbers.insert(again.number));
    }
    let year = house.today().year();
    let before = CASES * KILLS.len();
    let wanted: BTreeSet<String> = (before + 1..=before + told.filed.len())
        .map(|place| format!("{year}-{place:05}"))
        .collect();
    assert_eq!(numbers, wanted, "in a row");
    // Nothing lies there of which nobody knows.
    let mut query = Query::lane(Lane::Unconfirmed);
    let mut found = BTreeSet::new();
    loop {
        let page = look::list(house, &clerk, query).await.expect("a list");
        found.extend(page.lines.iter().map(|line| line.kept.id));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(found, ids);
    letters_are_whole(house, bureau, told).await;
    for (deed, acted) in &told.acted {
        steps_are_whole(house, bureau, *deed, acted).await;
    }
}

/// Every step is there with its letter, or neither.
async fn steps_are_whole(
    house: &House,
    bureau: &Bureau,
    deed: Deed,
    acted: &BTreeMap<String, (i64, bool)>,
) {
    let handler = signed(house, bureau.handler).await;
    let read = async |id| {
        let shown = look::see(house, &handler, id).await.expect("seen");
        let mut letters = shown.record.iter().filter_map(|one| match one.what {
            Happening::Issued { letter, .. } => Some(letter),
            _ => None,
        });
        let letter = letters.next();
        assert_eq!(letters.next(), None, "one letter of a case");
        let is_done = match deed {
            Deed::Ask => shown.case.is_supplement_used(),
            Deed::Give => matches!(shown.case.state(), State::Replied(_)),
        };
        (is_done, letter)
    };
    for (key, (id, was_told)) in acted {
        let (is_done, letter) = read(*id).await;
        assert_eq!(is_done, letter.is_some(), "both or neither");
        assert!(is_done || !was_told, "what was told is there");
        if !is_done {
            act(house, &handler, deed, key, *id).await;
        }
        let letter = read(*id).await.1.expect("a letter");
        let pdf = letters::pdf(house, &handler, letter)
            .await
            .expect("its bytes");
        assert!(pdf.starts_with(b"%PDF"));
    }
    let (_, kind) = deed.words();
    assert_eq!(
        numbers(house, &handler, bureau, kind).await,
        (1..).take(acted.len()).collect::<Vec<i64>>(),
        "none lost, none twice"
    );
}

/// The numbers that letters of a kind bear, all of them issued.
async fn numbers(house: &House, handler: &SignedIn, bureau: &Bureau, kind: &str) -> Vec<i64> {
    let year = house.today().year();
    let all = letters::numbers(house, handler, bureau.own, year).await;
    let mut all = all.expect("all numbers");
    all.retain(|one| one.kind == kind);
    assert!(all.iter().all(|one| one.state == "issued"), "{all:?}");
    all.iter().map(|one| one.number).collect()
}

/// Cases that were handed in at the counter, and a letterhead to answer them.
async fn prepared(house: &House, bureau: &Bureau) -> Vec<i64> {
    let head = signed(house, bureau.head).await;
    let sent = Sent::new("letterhead", "killed", []);
    let typed_head = letterhead();
    let kept = letters::change_head(house, &head, &sent, bureau.own, (0, &typed_head));
    kept.await.expect("kept");
    let clerk = signed(house, bureau.clerk).await;
    let mut ids = Vec::new();
    for n in 0..CASES * KILLS.len() {
        let new = Intake {
            organization: Some(bureau.own),
            way: "counter".to_owned(),
            day: house.today().to_string(),
            typed: typed(u32::try_from(n).expect("few") + 50_000),
            ..Intake::default()
        };
        let filed = intake::intake(house, &clerk, &house.token(), &new, &[]).await;
        let id = filed.expect("taken in").id;
        if n % CASES >= ASKED {
            let approved = bureau.approve_letter(house, id, GIVEN).await;
            approved.expect("approved");
        }
        ids.push(id);
    }
    ids
}

async fn letters_are_whole(house: &House, bureau: &Bureau, told: &Told) {
    let handler = signed(house, bureau.handler).await;
    let mut ids = BTreeSet::new();
    for (key, was_told) in &told.issued {
        let again = letters::issue(house, &handler, &form(key), &order(bureau.own)).await;
        let again = again.expect("issued");
        if let Some(was_told) = was_told {
            assert_eq!(&again.to_string(), was_told);
        }
        assert!(ids.insert(again), "one letter for each form");
        let pdf = letters::pdf(house, &handler, again)
            .await
            .expect("its bytes");
        assert!(pdf.starts_with(b"%PDF"));
    }
    let places = numbers(house, &handler, bureau, "denied").await;
    let wanted: Vec<i64> = (1..).take(told.issued.len()).collect();
    assert_eq!(places, wanted, "none lost, none twice");
}

fn survives(place: &Place, test: &str) {
    let runtime = runtime();
    let (bureau, cases) = runtime.block_on(async {
        let house = place.open(None).await.expect("a house");
        let bureau = Bureau::new(&house).await;
        let cases = prepared(&house, &bureau).await;
        house.db.close().await;
        house.vault.store().close().await;
        (bureau, cases)
    });
    let mut told = Told::default();
    for ((round, plan), cases) in (0..).zip(KILLS).zip(cases.chunks(CASES)) {
        let cases: Vec<String> = cases.iter().map(i64::to_string).collect();
        let orders = [
            place.folder.display().to_string(),
            place.main.clone(),
            place.keys.clone(),
            bureau.own.to_string(),
            bureau.handler.to_string(),
            (round * 1000 + 1).to_string(),
            cases.join(" "),
        ];
        killed(&orders.join("\n"), test, plan, &mut told);
    }
    runtime.block_on(async {
        let mut house = place.open(None).await.expect("a house");
        house.press = Arc::new(Press::new(vec![fonts()]));
        whole(&house, &bureau, &told).await;
        house.db.close().await;
        house.vault.store().close().await;
    });
}

#[test]
fn what_was_told_before_a_kill_is_there_once_on_sqlite() {
    if let Ok(orders) = std::env::var(ORDERS) {
        child(&orders);
    }
    let folder = Folder::new();
    let test = "what_was_told_before_a_kill_is_there_once_on_sqlite";
    survives(&Place::sqlite(folder.path()), test);
}

#[test]
fn what_was_told_before_a_kill_is_there_once_on_postgres() {
    if let Ok(orders) = std::env::var(ORDERS) {
        child(&orders);
    }
    let folder = Folder::new();
    let place = Place::postgres(folder.path(), &Cluster::shared(), &own_name());
    survives(
        &place,
        "what_was_told_before_a_kill_is_there_once_on_postgres",
    );
}
