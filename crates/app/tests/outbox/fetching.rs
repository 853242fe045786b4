//! Where requests go, and where they never go.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gongkai_app::outside::{HttpFetcher, Names};
use gongkai_app::ports::{Doing, Fetcher, Incoming, Limits, Outgoing, OutsideError, Whose};
use gongkai_testkit::sending::Receiver;
use serde_json::json;

/// Names that answer otherwise each time, as a rebinding attacker's do.
#[derive(Default)]
struct Rebinding {
    answers: Mutex<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names for Rebinding {
    fn look_up<'a>(&'a self, _: &'a str) -> Doing<'a, std::io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.lock().expect("answers").remove(0);
        let answer = answer.split(' ').map(|text| text.parse().expect("one"));
        Box::pin(std::future::ready(Ok(answer.collect())))
    }
}

fn names(answers: &[&'static str]) -> Arc<Rebinding> {
    Arc::new(Rebinding {
        answers: Mutex::new(answers.to_vec()),
        ..Rebinding::default()
    })
}

fn fetcher(excepted: &str, names: Arc<dyn Names>) -> HttpFetcher {
    let networks = excepted.split(' ').filter(|text| !text.is_empty());
    let networks = networks.map(|text| text.parse().expect("a network"));
    HttpFetcher::reaching(networks.collect(), names).expect("a client")
}

fn asking(url: &str, whose: Whose) -> Outgoing {
    Outgoing {
        method: "GET",
        url: url.to_owned(),
        headers: vec![("authorization".to_owned(), "secret".to_owned())],
        body: Vec::new(),
        whose,
        limits: Limits {
            time: Duration::from_secs(10),
            answer_bytes_max: 1000,
            redirects_max: 3,
        },
    }
}

async fn typed(fetcher: &HttpFetcher, url: &str) -> Result<Incoming, OutsideError> {
    fetcher.fetch(asking(url, Whose::Typed)).await
}

/// Two receivers, one in a network that is excepted; the other is the canary.
fn receivers() -> (Receiver, Receiver) {
    (Receiver::start("127.0.0.2"), Receiver::start("127.0.0.1"))
}

const EXCEPTED: &str = "127.0.0.2/32";

#[tokio::test]
async fn what_was_looked_at_is_what_is_connected_to() {
    let (friend, canary) = receivers();
    let names = names(&["127.0.0.2", "127.0.0.1", "127.0.0.2 127.0.0.1", "::1"]);
    let fetcher = fetcher(EXCEPTED, names.clone());
    let url = |of: &Receiver| format!("http://name.example:{}/", of.port());
    let answer = typed(&fetcher, &url(&friend)).await.expect("asked");
    assert_eq!(answer.status, 204);
    // One look for one request: there is no second that could answer otherwise.
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    // The next time the name leads inside, and is followed nowhere.
    for _ in 0..3 {
        let refused = typed(&fetcher, &url(&canary)).await;
        let reason = refused.expect_err("refused").0;
        assert!(reason.contains("outgoing.networks"), "{reason}");
    }
    assert_eq!(names.asked.load(Ordering::Relaxed), 4);
    assert_eq!((friend.calls().len(), canary.calls().len()), (1, 0));
}

#[tokio::test]
async fn nothing_inside_is_reached_by_any_way() {
    let (_, canary) = receivers();
    let fetcher = HttpFetcher::new().expect("a client");
    let port = canary.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127。0。0。1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "0",
    ] {
        for scheme in ["http", "https"] {
            let refused = typed(&fetcher, &format!("{scheme}://{host}:{port}/")).await;
            assert!(refused.is_err(), "{scheme}://{host}");
        }
    }
    for url in [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "unix:/run/x",
        "",
    ] {
        assert!(typed(&fetcher, url).await.is_err(), "{url}");
    }
    assert!(canary.calls().is_empty());
    // What the configuration names goes wherever it leads.
    let own = fetcher
        .fetch(asking(&canary.url(), Whose::Configured))
        .await;
    assert_eq!(own.expect("asked").status, 204);
}

#[tokio::test]
async fn each_place_that_an_answer_leads_to_is_looked_at() {
    let (friend, canary) = receivers();
    let fetcher = fetcher(EXCEPTED, names(&[]));
    let leads = |to: &str, times| {
        friend.answers(&json!({ "status": 302, "location": to }), times);
    };
    // Inside, from a place that may be asked, and from one of the configuration.
    for whose in [Whose::Typed, Whose::Configured] {
        leads(&canary.url(), 1);
        let refused = fetcher.fetch(asking(&friend.url(), whose)).await;
        assert!(refused.is_err(), "{whose:?}");
    }
    leads("file:///etc/passwd", 1);
    assert!(typed(&fetcher, &friend.url()).await.is_err());
    assert!(canary.calls().is_empty());
    // Three times on, and not a fourth time.
    let before = friend.calls().len();
    leads("/next", 3);
    assert_eq!(
        typed(&fetcher, &friend.url()).await.expect("asked").status,
        204
    );
    assert_eq!(friend.calls().len(), before + 4);
    leads("/next", 4);
    assert!(typed(&fetcher, &friend.url()).await.is_err());
    // To the same host what was meant for it is told again; to another never.
    let other = Receiver::start("127.0.0.2");
    leads(&other.url(), 1);
    assert_eq!(
        typed(&fetcher, &friend.url()).await.expect("asked").status,
        204
    );
    let headers = |call: &serde_json::Value| call["headers"].to_string();
    assert!(!headers(&other.calls()[0]).contains("authorization"));
    assert!(headers(&friend.calls()[0]).contains("authorization"));
    // Where none is followed, the answer is told as it is.
    leads("/next", 1);
    let mut plain = asking(&friend.url(), Whose::Typed);
    plain.limits.redirects_max = 0;
    assert_eq!(fetcher.fetch(plain).await.expect("asked").status, 302);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off() {
    let (friend, _) = receivers();
    let fetcher = fetcher(EXCEPTED, names(&[]));
    friend.answers(&json!({ "status": 200, "length": 1000 }), 1);
    assert_eq!(
        typed(&fetcher, &friend.url())
            .await
            .expect("asked")
            .body
            .len(),
        1000
    );
    friend.answers(&json!({ "status": 200, "length": 1_000_000 }), 1);
    let reason = typed(&fetcher, &friend.url()).await.expect_err("refused").0;
    assert_eq!(reason, "the answer is too large");
}
