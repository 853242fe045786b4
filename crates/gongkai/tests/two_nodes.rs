//! Two nodes of the binary on one PostgreSQL: what one knows, both know, and
//! when one is killed, nothing is lost.

use gongkai_store::{Db, Engine, copy, jobs, settings};
use gongkai_testkit::browser::Server;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::{Office, PASSWORD, Staff};

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
        count - names.len() <= 1,
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
