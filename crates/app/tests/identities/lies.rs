//! What the provider, or somebody on the line who plays the provider, cannot
//! make us believe; and what happens when it is not there.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gongkai_app::people;
use gongkai_app::ports::Incoming;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::attempt;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::identities::desk::{Desk, SOURCE, ids};

const SIGN_IN: &str = "session.begin";

/// Changes the token in an answer, part by part.
fn forged(came: &mut Incoming, forge: impl Fn(&mut Value, &mut Value, &mut String)) {
    let mut answer: Value = serde_json::from_slice(&came.body).expect("an answer");
    let token = answer["id_token"].as_str().expect("a token").to_owned();
    let mut parts = token.split('.');
    let mut next = || parts.next().expect("three parts");
    let opened = |part: &str| -> Value {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("letters");
        serde_json::from_slice(&bytes).expect("claims")
    };
    let (mut head, mut claims) = (opened(next()), opened(next()));
    let mut signature = next().to_owned();
    forge(&mut head, &mut claims, &mut signature);
    let closed = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    answer["id_token"] = json!(format!("{}.{}.{signature}", closed(&head), closed(&claims)));
    came.body = answer.to_string().into_bytes();
}

type Forge = fn(&mut Value, &mut Value, &mut String);

in_both_houses! {
    async fn a_token_that_was_tampered_with_is_not_believed(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        let forgeries: [(&str, Forge); 6] = [
            ("signature", |_, claims, _| claims["sub"] = json!("system-there")),
            ("signature", |_, _, signature| *signature = "AAAA".repeat(85)),
            ("signature", |head, _, signature| {
                head["alg"] = json!("none");
                signature.clear();
            }),
            ("signature", |head, _, _| head["alg"] = json!("HS256")),
            ("issuer", |_, claims, _| claims["iss"] = json!("https://elsewhere.example")),
            ("audience", |_, claims, _| claims["aud"] = json!("another")),
        ];
        for (reason, forge) in forgeries {
            desk.there.next("zhao-there", &["pwd"], None);
            let returned = desk.returned(&desk.provider, None).await.expect("there");
            desk.line.meddle(move |path, came| {
                if path == "/token" {
                    forged(came, forge);
                }
            });
            let came = desk.come_back(&returned).await;
            assert_eq!(ids(came), ["provider-answer-refused"], "{reason}");
            assert_eq!(desk.reason(SIGN_IN).await, reason);
            desk.line.leave();
        }
        desk.sign_in("zhao-there", &["pwd"]).await.expect("what is true is believed");
        test.close().await;
    }

    // Each of them is signed by the provider itself.
    async fn a_true_token_of_another_sign_in_client_or_time_is_not_believed(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        let kept: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        desk.line.meddle({
            let kept = Arc::clone(&kept);
            move |path, came| {
                if path == "/token" {
                    kept.lock().expect("what was kept").push(came.body.clone());
                }
            }
        });
        desk.sign_in("zhao-there", &["pwd"]).await.expect("in");
        // The same account, at another client of the provider.
        let another = desk.seen_as(|settings| {
            settings.client_id = "another".to_owned();
            settings.client_secret = Some("secret of another".to_owned());
        });
        let returned = desk.returned(&another, None).await.expect("there");
        let from = attempt("", "", SOURCE);
        let there = people::come_back(desk.house(), &another, &returned, &from, None).await;
        there.expect("it is believed there");
        for (number, reason) in [(0, "nonce"), (1, "audience")] {
            let returned = desk.returned(&desk.provider, None).await.expect("there");
            let body = kept.lock().expect("what was kept")[number].clone();
            desk.line.meddle(move |path, came| {
                if path == "/token" {
                    came.body.clone_from(&body);
                }
            });
            let came = desk.come_back(&returned).await;
            assert_eq!(ids(came), ["provider-answer-refused"], "{reason}");
            assert_eq!(desk.reason(SIGN_IN).await, reason);
            desk.line.leave();
        }
        // A token lasts an hour there.
        test.clock.advance(SignedDuration::from_hours(2));
        let late = desk.sign_in("zhao-there", &["pwd"]).await;
        assert_eq!(ids(late), ["provider-answer-refused"]);
        assert_eq!(desk.reason(SIGN_IN).await, "expired");
        test.close().await;
    }

    async fn another_provider_cannot_speak_for_this_one(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        let mixed = people::Returned { issuer: "https://elsewhere.example".to_owned(), ..returned };
        assert_eq!(ids(desk.come_back(&mixed).await), ["provider-answer-refused"]);
        assert_eq!(desk.line.count("/token"), 1, "the code of the linking alone");
        test.close().await;
    }

    async fn keys_that_changed_are_asked_for_once(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        let old = |came: &mut Incoming| {
            let mut keys: Value = serde_json::from_slice(&came.body).expect("keys");
            keys["keys"][0]["kid"] = json!("of-last-year");
            came.body = keys.to_string().into_bytes();
        };
        // What is known is an hour old: the keys of last year come first.
        test.clock.advance(SignedDuration::from_mins(59));
        let before = desk.line.count("/jwks");
        desk.sign_in("zhao-there", &["pwd"]).await.expect("what is known is fresh");
        assert_eq!(desk.line.count("/jwks"), before);
        let fresh = desk.seen_as(|_| {});
        let mut first = true;
        desk.line.meddle(move |path, came| {
            if path == "/jwks" && std::mem::take(&mut first) {
                old(came);
            }
        });
        let returned = desk.returned(&fresh, None).await.expect("there");
        let from = attempt("", "", SOURCE);
        let came = people::come_back(desk.house(), &fresh, &returned, &from, None).await;
        came.expect("by the new keys");
        assert_eq!(desk.line.count("/jwks"), before + 2);
        // A key that is nobody's is looked for once, not for ever.
        desk.line.meddle(move |path, came| {
            if path == "/jwks" {
                old(came);
            }
        });
        let fresh = desk.seen_as(|_| {});
        let returned = desk.returned(&fresh, None).await.expect("there");
        let came = people::come_back(desk.house(), &fresh, &returned, &from, None).await;
        assert_eq!(ids(came), ["provider-answer-refused"]);
        assert_eq!(desk.reason(SIGN_IN).await, "key");
        assert_eq!(desk.line.count("/jwks"), before + 4);
        test.close().await;
    }

    async fn a_description_leads_nowhere_that_is_not_configured(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        for (name, elsewhere) in [
            ("token_endpoint", "http://127.0.0.1:9/token"),
            ("authorization_endpoint", "https://elsewhere.example/auth"),
            ("jwks_uri", "http://169.254.169.254/latest"),
            ("issuer", "https://elsewhere.example"),
        ] {
            desk.line.meddle(move |path, came| {
                if path.contains(".well-known") {
                    let mut told: Value = serde_json::from_slice(&came.body).expect("a description");
                    told[name] = json!(elsewhere);
                    came.body = told.to_string().into_bytes();
                }
            });
            let fresh = desk.seen_as(|_| {});
            let begun = people::begin_at_provider(desk.house(), &fresh, SOURCE, "", None).await;
            assert_eq!(ids(begun), ["provider-unreachable"], "{name}");
        }
        assert_eq!(desk.line.count("/latest"), 0, "nobody went there");
        desk.line.leave();
        // A place that is named may be gone to: the same one by its other name.
        let port = desk.there.issuer.rsplit(':').next().expect("a port").to_owned();
        let other = format!("http://localhost:{port}");
        let moved = format!("{other}/jwks");
        desk.line.meddle(move |path, came| {
            if path.contains(".well-known") {
                let mut told: Value = serde_json::from_slice(&came.body).expect("a description");
                told["jwks_uri"] = json!(moved);
                came.body = told.to_string().into_bytes();
            }
        });
        let named = desk.seen_as(|settings| settings.origins = vec![other.clone()]);
        people::begin_at_provider(desk.house(), &named, SOURCE, "", None).await.expect("named");
        test.close().await;
    }

    async fn a_sign_in_that_is_begun_twice_by_one_form_is_one(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        let begin = async |form: &'static str| {
            people::begin_at_provider(desk.house(), &desk.provider, SOURCE, form, None).await.expect("begun")
        };
        let (first, again) = tokio::join!(begin("k"), begin("k"));
        assert_eq!(first, again);
        assert_ne!(begin("l").await, first);
        test.close().await;
    }

    async fn a_claim_of_ones_own_says_who_somebody_is(test) {
        let desk = Desk::with(&test, |settings| settings.subject_claim = "staff_number".to_owned());
        desk.linked().await;
        desk.sign_in("zhao-there", &["pwd"]).await.expect("by the number");
        // An account whose name is that number is somebody else.
        let by_sub = desk.seen_as(|_| {});
        desk.there.next("staff-zhao-there", &["pwd"], None);
        let returned = desk.returned(&by_sub, None).await.expect("there");
        let from = attempt("", "", SOURCE);
        let came = people::come_back(desk.house(), &by_sub, &returned, &from, None).await;
        assert_eq!(ids(came), ["provider-refused"]);
        let unsaid = desk.seen_as(|settings| settings.subject_claim = "passport".to_owned());
        let returned = desk.returned(&unsaid, None).await.expect("there");
        let came = people::come_back(desk.house(), &unsaid, &returned, &from, None).await;
        assert_eq!(ids(came), ["provider-answer-refused"]);
        assert_eq!(desk.reason(SIGN_IN).await, "claim");
        test.close().await;
    }

    async fn without_the_provider_the_password_still_opens(test) {
        let desk = Desk::new(&test);
        let (_, _, person) = desk.linked().await;
        desk.there.next_refuses();
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        assert_eq!(ids(desk.come_back(&returned).await), ["provider-cancelled"]);
        assert_eq!(desk.reason(SIGN_IN).await, "cancelled");
        desk.there.next("zhao-there", &["pwd"], None);
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        let wrong = desk.seen_as(|settings| settings.client_secret = Some("wrong".to_owned()));
        let from = attempt("", "", SOURCE);
        let came = people::come_back(desk.house(), &wrong, &returned, &from, None).await;
        assert_eq!(ids(came), ["provider-unreachable"]);
        assert_eq!(desk.reason(SIGN_IN).await, "unfit");
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        let fresh = desk.seen_as(|_| {});
        let Desk { office, there, provider, line } = desk;
        drop(there);
        let came = people::come_back(&office.house, &provider, &returned, &from, None).await;
        assert_eq!(ids(came), ["provider-unreachable"]);
        let begun = people::begin_at_provider(&office.house, &fresh, SOURCE, "", None).await;
        assert_eq!(ids(begun), ["provider-unreachable"]);
        assert!(line.count("/token") > 1);
        test.clock.advance(SignedDuration::from_secs(31));
        office.sign_in(&person).await.expect("by password");
        test.close().await;
    }
}
