//! People come in by the other door, each case on both engines and at a real
//! provider.

mod desk;
mod lies;

use gongkai_app::once::Sent;
use gongkai_app::people::{self, Came};
use gongkai_domain::organization::permissions::Membership;
use gongkai_store::people::identities;
use gongkai_store::{backup, copy};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{PASSWORD, attempt};
use jiff::SignedDuration;

use desk::{Desk, SOURCE, ids, trusting};

const SIGN_IN: &str = "session.begin";
const LINK: &str = "self.identities";

async fn entries(desk: &Desk) -> u64 {
    copy::contents(&desk.house().db)
        .await
        .expect("what there is")["audit"]
        .rows
}

in_both_houses! {
    async fn who_has_linked_an_account_comes_in_and_shows_the_telephone(test) {
        let desk = Desk::new(&test);
        let (_, id, person) = desk.linked().await;
        let half = desk.sign_in("zhao-there", &["pwd", "otp", "mfa"]).await.expect("in");
        let signed = desk.office.signed(&half).await;
        assert_eq!(signed.person.id, id);
        assert!(!signed.is_complete(), "nothing was said to count");
        assert_eq!(ids(people::own_identities(desk.house(), &signed).await), ["denied-second-factor"]);
        test.clock.advance(SignedDuration::from_secs(31));
        let code = desk.office.code(&person.secret);
        let whole = people::second_factor(desk.house(), &signed, &code).await.expect("the telephone");
        assert!(!desk.office.lives(&half).await, "what was before is worth nothing");
        let signed = desk.office.signed(&whole).await;
        assert!(signed.is_complete());
        let own = people::own_identities(desk.house(), &signed).await.expect("a list");
        assert_eq!(own.len(), 1);
        assert!(own[0].used_at.is_some());
        let (outcome, detail) = &desk.trail(SIGN_IN).await[0];
        assert_eq!(outcome, "done");
        assert!(detail.contains("provider") && detail.contains("\"second_factor\":false"), "{detail}");
        let trail = desk.trail(LINK).await;
        let outcomes: Vec<&str> = trail.iter().map(|(outcome, _)| outcome.as_str()).collect();
        assert_eq!(outcomes, ["denied", "done"], "the half session's look, and the link");
        test.close().await;
    }

    async fn an_account_is_linked_by_who_has_just_come_in_here(test) {
        let desk = Desk::with(&test, |settings| settings.factors = trusting(&["otp"], &[]));
        let (_, _, person) = desk.linked().await;
        // At a session that was left open.
        test.clock.advance(SignedDuration::from_mins(11));
        assert_eq!(ids(desk.link(&person, "another").await), ["second-factor-not-fresh"]);
        // What the provider answers for may be of this morning.
        desk.there.next("zhao-there", &["otp"], None);
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        let Ok(Came::In(token)) = desk.come_back(&returned).await else { panic!("not in") };
        let by_provider = gongkai_testkit::people::Staff { token, ..person.clone() };
        assert_eq!(ids(desk.link(&by_provider, "another").await), ["second-factor-not-fresh"]);
        let signed = desk.office.signed(&by_provider.token).await;
        assert_eq!(ids(people::begin_enrolment(desk.house(), &signed).await), ["second-factor-not-fresh"]);
        test.close().await;
    }

    async fn who_comes_back_by_a_link_has_no_accounts_of_before(test) {
        let desk = Desk::new(&test);
        let (system, id, _) = desk.linked().await;
        let signed = desk.office.signed(&system.token).await;
        let token = people::recover(desk.house(), &signed, id, "").await.expect("a way back");
        let accepted = people::Accepted {
            token,
            login: String::new(),
            display_name: String::new(),
            password: "Qing-Shan8 lv.shui".to_owned(),
            form: String::new(),
        };
        let from = attempt("zhao", "", SOURCE);
        people::accept(desk.house(), &desk.office.hasher, &accepted, &from).await.expect("back");
        assert_eq!(ids(desk.sign_in("zhao-there", &["pwd"]).await), ["provider-refused"]);
        assert_eq!(desk.reason(SIGN_IN).await, "unknown");
        test.close().await;
    }

    async fn a_second_factor_there_counts_where_it_is_said_to(test) {
        let desk = Desk::with(&test, |settings| {
            settings.factors = trusting(&["otp"], &["urn:test:two"]);
        });
        desk.linked().await;
        for (methods, class, counts) in [
            (&["pwd"][..], None, false),
            (&["pwd", "otp"][..], None, true),
            (&["pwd"][..], Some("urn:test:one"), false),
            (&["pwd"][..], Some("urn:test:two"), true),
        ] {
            desk.there.next("zhao-there", methods, class);
            let returned = desk.returned(&desk.provider, None).await.expect("there");
            let Ok(Came::In(token)) = desk.come_back(&returned).await else {
                panic!("not in: {methods:?} {class:?}");
            };
            let signed = desk.office.signed(&token).await;
            assert_eq!(signed.is_complete(), counts, "{methods:?} {class:?}");
        }
        test.close().await;
    }

    async fn a_sign_in_comes_back_once_in_time_and_in_its_own_browser(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        desk.there.next("zhao-there", &["pwd"], None);
        let returned = desk.returned(&desk.provider, None).await.expect("there");
        for other in [String::new(), "f".repeat(40)] {
            let stolen = people::Returned { browser: other, ..returned.clone() };
            let before = entries(&desk).await;
            assert_eq!(ids(desk.come_back(&stolen).await), ["provider-over"]);
            assert_eq!(entries(&desk).await, before, "nobody has the trail grow");
        }
        desk.come_back(&returned).await.expect("its own browser still may");
        assert_eq!(ids(desk.come_back(&returned).await), ["provider-over"], "once");
        let made_up = people::Returned { state: "f".repeat(40), ..returned.clone() };
        assert_eq!(ids(desk.come_back(&made_up).await), ["provider-over"]);
        let late = desk.returned(&desk.provider, None).await.expect("there");
        test.clock.advance(SignedDuration::from_mins(11));
        assert_eq!(ids(desk.come_back(&late).await), ["provider-over"], "ten minutes");
        test.close().await;
    }

    async fn whoever_may_not_come_in_gets_one_answer_for_the_same_work(test) {
        let desk = Desk::new(&test);
        let (system, id, _) = desk.linked().await;
        let cost = async |account: &str| {
            let before = entries(&desk).await;
            let refused = desk.sign_in(account, &["pwd"]).await;
            (ids(refused), entries(&desk).await - before)
        };
        let unknown = cost("stranger").await;
        assert_eq!(unknown, (vec!["provider-refused".to_owned()], 1));
        assert_eq!(desk.reason(SIGN_IN).await, "unknown");
        assert_eq!(cost("zhao").await, unknown, "no name is matched");
        assert_eq!(cost("zhao@example.gov.cn").await, unknown, "and no mail address");
        let signed = desk.office.signed(&system.token).await;
        people::disable(desk.house(), &signed, id).await.expect("disabled");
        assert_eq!(cost("zhao-there").await, unknown);
        assert_eq!(desk.reason(SIGN_IN).await, "disabled");
        people::enable(desk.house(), &signed, id).await.expect("enabled");
        let mut tx = desk.house().db.write().await.expect("a turn");
        let setting = gongkai_store::settings::Setting {
            name: "policy.staff_networks".to_owned(),
            value: "192.0.2.0/24".to_owned(),
            version: 0,
        };
        gongkai_store::settings::put(&mut tx, &setting, "test", test.house.now()).await.expect("set");
        tx.commit().await.expect("kept");
        // From elsewhere nobody is led to the provider at all, whoever they are.
        let elsewhere = (vec!["provider-refused".to_owned()], 0);
        assert_eq!(cost("zhao-there").await, elsewhere);
        assert_eq!(cost("stranger").await, elsewhere);
        test.close().await;
    }

    async fn a_name_that_is_locked_is_locked_at_both_doors(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        for n in 0..5 {
            let from = attempt("zhao", "wrong", &format!("10.0.0.{n}"));
            let refused = people::sign_in(desk.house(), &desk.office.hasher, &from).await;
            assert_eq!(ids(refused), ["sign-in-refused"]);
        }
        assert_eq!(ids(desk.sign_in("zhao-there", &["pwd"]).await), ["provider-refused"]);
        assert_eq!(desk.reason(SIGN_IN).await, "locked");
        test.clock.advance(SignedDuration::from_mins(31));
        desk.sign_in("zhao-there", &["pwd"]).await.expect("not any more");
        test.close().await;
    }

    async fn strangers_at_the_provider_lock_the_address_they_come_from(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        for n in 0..30 {
            let stranger = format!("stranger-{n}");
            assert_eq!(ids(desk.sign_in(&stranger, &["pwd"]).await), ["provider-refused"]);
        }
        let right = attempt("zhao", PASSWORD, SOURCE);
        let refused = people::sign_in(desk.house(), &desk.office.hasher, &right).await;
        assert_eq!(ids(refused), ["sign-in-refused"]);
        let elsewhere = attempt("zhao", PASSWORD, "10.0.0.1");
        people::sign_in(desk.house(), &desk.office.hasher, &elsewhere).await.expect("from elsewhere");
        test.close().await;
    }

    async fn the_first_factor_at_either_door_does_not_pay_for_guessing_at_the_second(test) {
        let desk = Desk::new(&test);
        let (_, _, person) = desk.linked().await;
        test.clock.advance(SignedDuration::from_secs(31));
        for n in 0..5 {
            let token = if n % 2 == 0 {
                desk.sign_in("zhao-there", &["pwd"]).await
            } else {
                let from = attempt("zhao", PASSWORD, SOURCE);
                people::sign_in(desk.house(), &desk.office.hasher, &from).await
            };
            let signed = desk.office.signed(&token.expect("the first factor")).await;
            let guessed = people::second_factor(desk.house(), &signed, "000000").await;
            assert_eq!(ids(guessed), ["second-factor-refused"]);
        }
        assert_eq!(ids(desk.sign_in("zhao-there", &["pwd"]).await), ["provider-refused"]);
        assert_eq!(ids(desk.office.sign_in(&person).await), ["sign-in-refused"]);
        test.close().await;
    }

    async fn an_account_is_linked_by_who_is_in_and_to_nobody_else(test) {
        let desk = Desk::new(&test);
        let (system, _, person) = desk.linked().await;
        assert_eq!(ids(desk.link(&person, "zhao-again").await), ["identity-linked-already"]);
        assert_eq!(ids(desk.link(&system, "zhao-there").await), ["identity-taken"]);
        assert_eq!(desk.reason(LINK).await, "identity-taken");
        // Who has shown one factor links nothing.
        let half = people::sign_in(desk.house(), &desk.office.hasher, &attempt("zhao", PASSWORD, SOURCE)).await;
        let half = desk.office.signed(&half.expect("the password")).await;
        assert_eq!(ids(desk.returned(&desk.provider, Some(&half)).await), ["denied-second-factor"]);
        // Nor does a session that is over, or another's, that meets the answer.
        let owner = desk.office.signed(&system.token).await;
        let other = desk.office.signed(&person.token).await;
        desk.there.next("system-there", &["pwd"], None);
        for met in [None, Some(&other)] {
            let returned = desk.returned(&desk.provider, Some(&owner)).await.expect("there");
            let from = attempt("", "", SOURCE);
            let came = people::come_back(desk.house(), &desk.provider, &returned, &from, met).await;
            assert_eq!(ids(came), ["identity-session-over"]);
        }
        assert!(people::own_identities(desk.house(), &owner).await.expect("a list").is_empty());
        test.close().await;
    }

    async fn a_link_is_undone_by_its_owner_once(test) {
        let desk = Desk::new(&test);
        let (_, _, person) = desk.linked().await;
        let came = desk.sign_in("zhao-there", &["pwd"]).await.expect("in");
        let signed = desk.office.signed(&person.token).await;
        let own = people::own_identities(desk.house(), &signed).await.expect("a list");
        let unlink = async |key: &str| {
            let sent = Sent::new("identity", key, ["x"]);
            people::unlink(desk.house(), &signed, &sent, own[0].id).await
        };
        unlink("one").await.expect("undone");
        unlink("one").await.expect("sent twice, done once");
        assert_eq!(ids(unlink("two").await), ["identity-over"]);
        assert!(!desk.office.lives(&came).await, "what came by it is over");
        assert!(desk.office.lives(&person.token).await, "what did not is not");
        assert_eq!(ids(desk.sign_in("zhao-there", &["pwd"]).await), ["provider-refused"]);
        desk.link(&person, "zhao-again").await.expect("another may be linked");
        test.close().await;
    }

    async fn a_stolen_account_is_cut_off_by_the_system_administrator(test) {
        let desk = Desk::with(&test, |settings| settings.factors = trusting(&["otp"], &[]));
        let (system, id, person) = desk.linked().await;
        let stolen = desk.sign_in("zhao-there", &["otp"]).await.expect("in");
        let signed = desk.office.signed(&system.token).await;
        let linked = people::linked_by(desk.house(), &signed, &desk.office.signed(&stolen).await.person).await;
        let linked = linked.expect("a list");
        let sent = Sent::new("identity", "one", ["x"]);
        let other = desk.office.signed(&person.token).await;
        assert!(people::linked_by(desk.house(), &other, &signed.person).await.expect("a list").is_empty());
        let denied = people::unlink_other(desk.house(), &other, &sent, signed.person.id, linked[0].id).await;
        assert_eq!(ids(denied), ["denied-role"]);
        let another = people::unlink_other(desk.house(), &signed, &sent, signed.person.id, linked[0].id).await;
        assert_eq!(ids(another), ["identity-over"], "it is not this person's");
        let sent = Sent::new("identity", "two", ["x"]);
        people::unlink_other(desk.house(), &signed, &sent, id, linked[0].id).await.expect("undone");
        assert!(!desk.office.lives(&stolen).await);
        assert_eq!(ids(desk.sign_in("zhao-there", &["otp"]).await), ["provider-refused"]);
        assert_eq!(desk.trail("people.unlink").await[0].0, "done");
        test.close().await;
    }

    async fn a_password_that_is_to_be_changed_is_asked_for_where_it_is_used(test) {
        let desk = Desk::with(&test, |settings| settings.factors = trusting(&["otp"], &[]));
        let (_, _, person) = desk.linked().await;
        let mut tx = desk.house().db.write().await.expect("a turn");
        let signed = desk.office.signed(&person.token).await.person;
        gongkai_store::people::set_state(&mut tx, signed.id, "active", true, signed.version).await.expect("set");
        tx.commit().await.expect("kept");
        let there = desk.sign_in("zhao-there", &["otp"]).await.expect("in");
        assert_eq!(desk.office.signed(&there).await.actor.membership, Membership::Active);
        test.clock.advance(SignedDuration::from_secs(31));
        let here = desk.office.sign_in(&person).await.expect("in");
        assert_eq!(desk.office.signed(&here).await.actor.membership, Membership::MustChange);
        // Every other limit holds.
        test.clock.advance(SignedDuration::from_mins(31));
        assert!(!desk.office.lives(&there).await, "idle");
        test.close().await;
    }

    async fn what_the_provider_calls_somebody_lies_nowhere_open(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        desk.there.next("zhao-there", &["pwd"], None);
        let open = desk.returned(&desk.provider, None).await.expect("there");
        let file = test.test.folder.path().join("dump.sqlite");
        backup::write(&desk.house().db, gongkai_store::Migrations::Main, &file).await.expect("a dump");
        let bytes = std::fs::read(&file).expect("its bytes");
        let everything = String::from_utf8_lossy(&bytes);
        for secret in ["zhao-there", &open.state, &open.browser, &open.code] {
            assert!(!everything.contains(secret), "{secret}");
        }
        assert!(everything.contains(&desk.there.issuer));
        test.close().await;
    }

    async fn sign_ins_that_never_came_back_are_forgotten_by_the_night(test) {
        let desk = Desk::new(&test);
        desk.linked().await;
        desk.returned(&desk.provider, None).await.expect("there");
        let open = async || {
            let mut tx = desk.house().db.read().await.expect("a state");
            let source = desk.house().vault.blind("source", SOURCE);
            let all = identities::open_of(&mut tx, &source, jiff::Timestamp::UNIX_EPOCH).await;
            drop(tx);
            all.expect("counted")
        };
        assert_eq!(open().await, 1);
        test.clock.advance(SignedDuration::from_mins(11));
        people::forget(desk.house()).await.expect("forgotten");
        assert_eq!(open().await, 0);
        test.close().await;
    }
}
