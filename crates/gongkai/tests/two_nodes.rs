//! Two nodes of the binary on one PostgreSQL: what one knows, both know, and
//! when one is killed, nothing is lost.

use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::jobs::{self as app_jobs, Runner};
use gongkai_app::outbox::{self, Letter};
use gongkai_app::outside::{Security, SmtpMailer};
use gongkai_domain::outbox::{Line, MailAddress, State};
use gongkai_store::{Db, Engine, copy, jobs, outbox as kept, settings};
use gongkai_testkit::browser::Server;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::{Office, PASSWORD, Staff};
use gongkai_testkit::sending::MailServer;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// An installation on PostgreSQL, and two nodes of it.
struct Cluster {
    test: TestHouse,
    office: Office,
    nodes: [Server; 2],
    people: [Staff; 3],
}

async fn cluster() -> Cluster {
    let made = Installation::new(Engine::Postgres).await;
    Cluster {
        nodes: [made.node(BINARY), made.node(BINARY)],
        test: made.test,
        office: made.office,
        people: made.people,
    }
}

fn get(node: &Server, path: &str, staff: &Staff) -> Answer {
    http::ask(&node.address, "GET", path, &staff.cookie(), "")
}

/// Writes mails, and keeps them.
async fn write(house: &House, numbers: std::ops::Range<usize>) {
    let mut tx = house.db.write().await.expect("a turn");
    for number in numbers {
        let letter = Letter {
            to: MailAddress::parse("zhang@example.gov.cn").expect("an address"),
            subject: Line::parse(&format!("第{number}封")).expect("a line"),
            text: "正文".to_owned(),
            attachments: Vec::new(),
        };
        let written = outbox::mail(&mut tx, house, "test", &letter).await;
        written.expect("written");
    }
    tx.commit().await.expect("kept");
}

/// Waits until so many are sent, doing one's own share where one has a runner.
async fn sent(house: &House, wanted: usize, runner: Option<&Runner>) {
    let wanted = i64::try_from(wanted).expect("a number");
    loop {
        if let Some(runner) = runner {
            runner.run_all().await.expect("done");
        }
        let mut tx = house.db.read().await.expect("a state");
        let counts = kept::counts(&mut tx).await.expect("counted");
        drop(tx);
        if counts.contains(&(State::Sent, wanted)) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Mails are sent once, whichever node does it; one that is killed loses none,
/// and what it had in hand comes again under the same name.
#[tokio::test(flavor = "multi_thread")]
async fn mails_are_sent_once_by_two_nodes_of_which_one_is_killed() {
    const HALF: usize = 60;
    let server = MailServer::start(Security::None, None);
    let mail = format!(
        "[mail]\nhost = 'localhost'\nport = {}\nsecurity = 'none'\nfrom = 'gongkai@example.gov.cn'",
        server.port()
    );
    let made = Installation::with(Engine::Postgres, &mail).await;
    let house = made.test.house.clone();
    let nodes = [made.node(BINARY), made.node(BINARY)];
    write(&house, 0..HALF).await;
    sent(&house, HALF, None).await;
    assert_eq!(server.mails().len(), HALF, "each once by either of two");
    // From now on the server takes what comes and keeps silent; both nodes may
    // have one in hand when they are killed.
    server.hold();
    write(&house, HALF..2 * HALF).await;
    server.held();
    drop(nodes);
    server.release();
    let in_hand = server.mails().len() - HALF;
    assert!((1..=2).contains(&in_hand), "{in_hand}");
    // One that starts anew is told of the next, and sends all that nobody has
    // in hand.
    let other = made.node(BINARY);
    write(&house, 2 * HALF..3 * HALF).await;
    sent(&house, 3 * HALF - in_hand, None).await;
    // When the leases of the dead have run out, somebody sends those too.
    made.test.clock.advance(jiff::SignedDuration::from_mins(6));
    let ours = House {
        mailer: Arc::new(SmtpMailer::new(server.settings()).expect("a mailer")),
        ..house.clone()
    };
    let runner = Runner::new(ours, app_jobs::works(), &[]);
    sent(&house, 3 * HALF, Some(&runner)).await;
    let mails = server.mails();
    let mut names: Vec<&str> = mails
        .iter()
        .filter_map(|mail| mail["id"].as_str())
        .collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), 3 * HALF, "none is lost");
    // What was in hand came twice, and is known by its name.
    assert_eq!(all, 3 * HALF + in_hand);
    assert_eq!(get(&other, "/health", &made.people[0]).status, 200);
    made.test.forget_jobs();
}

async fn entries(db: &Db) -> u64 {
    copy::contents(db).await.expect("what there is")["audit"].rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_knows_both_know() {
    let cluster = cluster().await;
    let [one, other] = &cluster.nodes;
    let [system, security, _] = &cluster.people;
    // A session lives on both, and ends on both.
    for node in [one, other] {
        assert_eq!(get(node, "/office/people", system).status, 200);
    }
    let ended = http::ask(
        &one.address,
        "POST",
        "/office/people/2/end-sessions",
        &system.cookie(),
        "",
    );
    assert_eq!(ended.status, 303);
    assert_eq!(
        get(other, "/office/people", security).status,
        303,
        "led to sign in"
    );
    // A setting that one node takes holds on the other at once.
    cluster.office.person(system, "zhao").await;
    cluster
        .test
        .clock
        .advance(jiff::SignedDuration::from_secs(31));
    let security = Staff {
        token: cluster.office.sign_in(security).await.expect("in again"),
        ..security.clone()
    };
    let setting = "/office/policies/policy.session_idle_minutes";
    let typed = "key=k&step=make&value=20&version=0&reason=x";
    let changed = http::ask(&one.address, "POST", setting, &security.cookie(), typed);
    assert_eq!(changed.status, 303, "{}", changed.body);
    let seen = get(other, setting, &security).body;
    assert!(seen.contains("value=\"20\""), "{seen}");
    let mut tx = cluster.test.house.db.read().await.expect("a state");
    assert!(!settings::all(&mut tx).await.expect("settings").is_empty());
    drop(tx);
    // Failures at either node count together.
    let wrong = |node: &Server| {
        http::post_form(
            &node.address,
            "/office/sign-in",
            "login=zhao&password=wrong",
        )
        .status
    };
    for _ in 0..3 {
        assert_eq!([wrong(one), wrong(other)], [422, 422]);
    }
    let right = format!("login=zhao&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(
        http::post_form(&other.address, "/office/sign-in", &right).status,
        422,
        "locked on both"
    );
    cluster.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_running_nodes_one_does_each_job_and_either_may_die() {
    let Cluster {
        test,
        nodes: [one, other],
        people: [system, ..],
        office,
    } = cluster().await;
    // Each schedule was fired once by the two together, and done once.
    let kinds = loop {
        let mut tx = test.house.db.read().await.expect("a state");
        let all = jobs::list(&mut tx, None, i64::MAX, 100)
            .await
            .expect("a list");
        drop(tx);
        if all.iter().all(|job| job.state == "done")
            && all.len() >= gongkai_app::jobs::SCHEDULES.len()
        {
            break all;
        }
        tokio::task::yield_now().await;
    };
    let mut names: Vec<&str> = kinds.iter().map(|job| job.kind.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert!(
        count - names.len() <= 2,
        "a minute may have passed: {names:?}"
    );
    assert!(kinds.iter().all(|job| job.attempts == 1));
    // One is killed in the middle of its work; the other goes on, and what was
    // told is there.
    let before = entries(&test.house.db).await;
    let asked = http::ask(
        &one.address,
        "POST",
        "/office/people/2/unlock",
        &system.cookie(),
        "",
    );
    assert_eq!(asked.status, 303);
    drop(one);
    assert!(entries(&test.house.db).await > before);
    assert_eq!(get(&other, "/office/people", &system).status, 200);
    drop(office);
    test.forget_jobs();
}
