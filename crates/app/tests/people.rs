//! People come in and go, each case on both engines.

use gongkai_app::audit::Who;
use gongkai_app::once::Sent;
use gongkai_app::organization;
use gongkai_app::people::{self, Accepted, NewStaff, PeopleError};
use gongkai_domain::organization::permissions::{Actor, Membership};
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_store::{Engine, copy};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::people::{Office, PASSWORD, attempt};
use jiff::SignedDuration;

macro_rules! on_both {
    ($(async fn $name:ident($test:ident, $office:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn case($test: &TestHouse, $office: Office) $body

            async fn on(engine: Engine) {
                let test = TestHouse::new(engine).await;
                let office = Office::new(test.house.clone());
                Box::pin(case(&test, office)).await;
                test.close().await;
            }

            #[tokio::test]
            async fn on_sqlite() {
                on(Engine::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                on(Engine::Postgres).await;
            }
        }
    )*};
}

/// The identifiers of what was refused.
fn ids<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> Vec<String> {
    match result {
        Err(PeopleError::Refused(messages)) => {
            messages.into_iter().map(|m| m.id.into_owned()).collect()
        }
        Err(PeopleError::Denied(message)) => vec![message.id.into_owned()],
        other => panic!("not refused: {other:?}"),
    }
}

async fn entries(office: &Office) -> u64 {
    copy::contents(&office.house.db)
        .await
        .expect("what there is")["audit"]
        .rows
}

/// A department of this name.
async fn body(office: &Office, name: &str) -> OrganizationId {
    let system = Actor {
        person: PersonId(1),
        membership: Membership::Active,
        grants: vec![Grant {
            person: PersonId(1),
            organization: None,
            role: Role::SystemAdministrator,
            validity: Validity::since(jiff::civil::date(2020, 1, 1)),
        }],
        lent: Vec::new(),
    };
    let since = Validity::since(jiff::civil::date(2000, 1, 1));
    let entry = Organization::draft(name, OrganizationKind::Government, since);
    let sent = Sent::new("organization", &office.house.token(), []);
    let who = Who::program("test");
    organization::create(&office.house, &who, &system, &sent, &entry)
        .await
        .expect("founded")
}

on_both! {
    async fn the_first_start_makes_one_system_administrator_and_no_more(_test, office) {
        let house = &office.house;
        let earlier = people::setup_token(house).await.expect("asked").expect("a token");
        let token = people::setup_token(house).await.expect("asked").expect("a token");
        let accepted = |token: &str| Accepted {
            token: token.to_owned(),
            login: "li".to_owned(),
            display_name: "李𬴂·阿布".to_owned(),
            password: PASSWORD.to_owned(),
            form: String::new(),
        };
        let from = attempt("li", "", "127.0.0.1");
        let over = people::accept(house, &office.hasher, &accepted(&earlier), &from).await;
        assert_eq!(ids(over), ["invitation-over"], "each start tells a new one");
        let system = office.join(&token, "li").await;
        assert!(people::setup_token(house).await.expect("asked").is_none());
        let again = people::accept(house, &office.hasher, &accepted(&token), &from).await;
        assert_eq!(ids(again), ["invitation-over"]);
        // Until the other two are there, they can do nothing but invite them.
        let signed = office.signed(&system.token).await;
        assert_eq!(signed.actor.membership, Membership::Setup);
        let listed = people::list(house, &signed, None, 0, 10).await;
        assert_eq!(ids(listed), ["denied-setup"]);
        let clerk = NewStaff { login: "wang".to_owned(), display_name: "王".to_owned(), ..NewStaff::default() };
        assert_eq!(ids(people::invite(house, &signed, &clerk).await), ["invite-administrators-first"]);
    }

    async fn the_three_administrators_are_three(_test, office) {
        let [system, security, auditor] = office.administrators().await;
        let house = &office.house;
        let (system, security, auditor) = (
            office.signed(&system.token).await,
            office.signed(&security.token).await,
            office.signed(&auditor.token).await,
        );
        for signed in [&system, &security, &auditor] {
            assert_eq!(signed.actor.membership, Membership::Active);
        }
        let today = system.today;
        let denied = people::grant(house, &system, auditor.person.id, &people::NewGrant::since(Role::SystemAdministrator, None, today)).await;
        assert_eq!(ids(denied), ["denied-role"], "who makes people gives no rights");
        for (person, role) in [
            (&auditor, Role::SystemAdministrator),
            (&system, Role::SecurityAdministrator),
            (&security, Role::AuditAdministrator),
        ] {
            let refused = people::grant(house, &security, person.person.id, &people::NewGrant::since(role, None, today)).await;
            assert_eq!(ids(refused).len(), 1, "{role:?}");
        }
        let last = people::list(house, &security, None, 0, 10).await.expect("a list").0;
        let own = last.iter().find(|listed| listed.person.id == auditor.person.id).expect("the auditor");
        let refused = people::revoke(house, &security, auditor.person.id, own.grants[0].0).await;
        assert_eq!(ids(refused), ["revoke-last-administrator"]);
    }

    async fn two_who_grant_at_once_cannot_make_one_person_two_administrators(_test, office) {
        let [system, security, _] = office.administrators().await;
        let (id, _) = office.person(&system, "zhao").await;
        let signed = office.signed(&security.token).await;
        let grant = async |role| {
            people::grant(&office.house, &signed, id, &people::NewGrant::since(role, None, signed.today)).await
        };
        let (one, other) = tokio::join!(grant(Role::SystemAdministrator), grant(Role::AuditAdministrator));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }

    async fn coming_in_takes_both_factors_and_makes_a_new_session(_test, office) {
        let [system, ..] = office.administrators().await;
        let from = attempt("ＳＹＳＴＥＭ ", PASSWORD, "127.0.0.1");
        let half = people::sign_in(&office.house, &office.hasher, &from).await.expect("the password");
        let signed = office.signed(&half).await;
        let listed = people::list(&office.house, &signed, None, 0, 10).await;
        assert_eq!(ids(listed), ["denied-second-factor"]);
        let enrol = people::begin_enrolment(&office.house, &signed).await;
        assert_eq!(ids(enrol), ["denied-second-factor"], "no new factor without the old one");
        _test.clock.advance(SignedDuration::from_secs(30));
        let whole = people::second_factor(&office.house, &signed, &office.code(&system.secret)).await;
        let whole = whole.expect("the code");
        assert!(!office.lives(&half).await, "what was before is worth nothing");
        assert!(office.signed(&whole).await.is_complete());
    }

    async fn a_code_is_good_once(test, office) {
        let [system, ..] = office.administrators().await;
        let replayed = office.sign_in(&system).await;
        assert_eq!(ids(replayed), ["second-factor-refused"], "it set the factor up");
        test.clock.advance(SignedDuration::from_secs(30));
        office.sign_in(&system).await.expect("the next code");
        assert_eq!(ids(office.sign_in(&system).await), ["second-factor-refused"]);
        let from = attempt("system", PASSWORD, "127.0.0.1");
        for (code, good) in [(&system.codes[0], true), (&system.codes[0], false), (&system.codes[1], true)] {
            let half = people::sign_in(&office.house, &office.hasher, &from).await.expect("the password");
            let signed = office.signed(&half).await;
            let shown = people::second_factor(&office.house, &signed, &code.to_uppercase()).await;
            assert_eq!(shown.is_ok(), good);
        }
    }

    async fn five_failures_lock_a_name_whether_it_exists_or_not(test, office) {
        let [system, ..] = office.administrators().await;
        test.clock.advance(SignedDuration::from_secs(60));
        for name in ["system", "nobody"] {
            for n in 0..5 {
                let from = attempt(name, "wrong", &format!("10.0.0.{n}"));
                let refused = people::sign_in(&office.house, &office.hasher, &from).await;
                assert_eq!(ids(refused), ["sign-in-refused"], "{name}");
            }
        }
        assert_eq!(ids(office.sign_in(&system).await), ["sign-in-refused"], "locked");
        test.clock.advance(SignedDuration::from_mins(31));
        office.sign_in(&system).await.expect("not any more");
    }

    async fn known_unknown_and_locked_names_cost_the_same(_test, office) {
        office.administrators().await;
        let cost = async |name: &str, password: &str| {
            let (hashed, written) = (office.hasher.count(), entries(&office).await);
            let asked = office.house.db.statements();
            let from = attempt(name, password, "10.0.0.9");
            let refused = people::sign_in(&office.house, &office.hasher, &from).await;
            let asked = office.house.db.statements() - asked;
            (ids(refused), office.hasher.count() - hashed, entries(&office).await - written, asked)
        };
        let known = cost("system", "wrong").await;
        let (said, hashed, written, asked) = known.clone();
        assert_eq!((said, hashed, written), (vec!["sign-in-refused".to_owned()], 1, 1));
        assert!(asked > 5, "{asked} statements");
        assert_eq!(cost("nobody", "wrong").await, known);
        assert_eq!(cost("\u{202e}", "wrong").await, known);
        for _ in 0..5 {
            cost("security", "wrong").await;
        }
        assert_eq!(cost("security", PASSWORD).await, known, "locked");
    }

    async fn a_forgotten_password_comes_back_with_the_second_factor_still_asked(test, office) {
        let [system, ..] = office.administrators().await;
        let (id, person) = office.person(&system, "zhao").await;
        let signed = office.signed(&system.token).await;
        let token = people::recover(&office.house, &signed, id, "").await.expect("a way back");
        let accepted = |password: &str| Accepted {
            token: token.clone(),
            login: String::new(),
            display_name: String::new(),
            password: password.to_owned(),
            form: String::new(),
        };
        let from = attempt("zhao", "", "127.0.0.1");
        let same = people::accept(&office.house, &office.hasher, &accepted(PASSWORD), &from).await;
        assert_eq!(ids(same), ["password-used-before"]);
        let other = accepted("Qing-Shan8 lv.shui");
        let half = people::accept(&office.house, &office.hasher, &other, &from).await.expect("accepted");
        assert!(!office.lives(&person.token).await, "other sessions are over");
        let signed = office.signed(&half).await;
        assert!(!signed.is_complete());
        assert_eq!(ids(people::begin_enrolment(&office.house, &signed).await), ["denied-second-factor"]);
        test.clock.advance(SignedDuration::from_secs(30));
        let code = office.code(&person.secret);
        people::second_factor(&office.house, &signed, &code).await.expect("the old telephone");
        assert_eq!(ids(people::accept(&office.house, &office.hasher, &other, &from).await), ["invitation-over"]);
    }

    async fn who_is_disabled_is_out_at_once(_test, office) {
        let [system, ..] = office.administrators().await;
        let (id, person) = office.person(&system, "zhao").await;
        assert!(office.lives(&person.token).await);
        let signed = office.signed(&system.token).await;
        people::disable(&office.house, &signed, id).await.expect("disabled");
        assert!(!office.lives(&person.token).await);
        assert_eq!(ids(office.sign_in(&person).await), ["sign-in-refused"]);
        people::enable(&office.house, &signed, id).await.expect("enabled");
        let from = attempt("zhao", PASSWORD, "127.0.0.1");
        let half = people::sign_in(&office.house, &office.hasher, &from).await.expect("again");
        assert_eq!(office.signed(&half).await.actor.membership, Membership::MustChange);
        assert_eq!(ids(people::disable(&office.house, &signed, signed.person.id).await), ["disable-oneself"]);
    }

    async fn sessions_end_by_themselves_and_all_at_once(test, office) {
        let [system, ..] = office.administrators().await;
        let (id, person) = office.person(&system, "zhao").await;
        test.clock.advance(SignedDuration::from_secs(31));
        let second = office.sign_in(&person).await.expect("a second session");
        let signed = office.signed(&system.token).await;
        assert_eq!(people::end_all_sessions(&office.house, &signed, id).await.expect("ended"), 2);
        assert!(!office.lives(&second).await);
        test.clock.advance(SignedDuration::from_secs(31));
        let third = office.sign_in(&person).await.expect("a third");
        test.clock.advance(SignedDuration::from_mins(31));
        assert!(!office.lives(&third).await, "idle");
        let fourth = office.sign_in(&person).await.expect("a fourth");
        for _ in 0..24 {
            test.clock.advance(SignedDuration::from_mins(20));
            office.lives(&fourth).await;
        }
        assert!(!office.lives(&fourth).await, "eight hours");
    }

    async fn who_has_not_come_for_ninety_days_is_disabled_by_the_night(test, office) {
        let [system, ..] = office.administrators().await;
        let (id, person) = office.person(&system, "zhao").await;
        test.clock.advance(SignedDuration::from_hours(24 * 60));
        office.sign_in(&system).await.expect("the administrator comes");
        test.clock.advance(SignedDuration::from_hours(24 * 31));
        let runner = test.runner();
        runner.fire().await.expect("fired");
        runner.run_all().await.expect("done");
        assert_eq!(ids(office.sign_in(&person).await), ["sign-in-refused"]);
        let token = office.sign_in(&system).await.expect("still in");
        let signed = office.signed(&token).await;
        let mut tx = office.house.db.read().await.expect("a state");
        let search = gongkai_store::audit::Search { action: Some("people.disable".to_owned()), ..Default::default() };
        let found = gongkai_store::audit::search(&mut tx, &search, i64::MAX, 10).await.expect("found");
        drop(tx);
        assert!(found.iter().any(|stored| stored.entry.object == id.0.to_string() && stored.entry.actor_name == "people.sweep"));
        assert!(signed.is_complete());
    }

    async fn a_password_is_changed_by_the_rules_after_ninety_days(test, office) {
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let change = async |old: &str, new: &str| {
            people::change_password(&office.house, &office.hasher, &signed, old, new).await
        };
        assert_eq!(ids(change("wrong", "Qing-Shan8 lv.shui").await), ["password-old-wrong"]);
        assert!(!ids(change(PASSWORD, "short").await).is_empty());
        assert_eq!(ids(change(PASSWORD, PASSWORD).await), ["password-used-before"]);
        test.clock.advance(SignedDuration::from_hours(24 * 91));
        let token = office.sign_in(&system).await.expect("in");
        let signed = office.signed(&token).await;
        assert_eq!(signed.actor.membership, Membership::MustChange);
        assert_eq!(ids(people::list(&office.house, &signed, None, 0, 10).await), ["denied-must-change"]);
        let done = people::change_password(&office.house, &office.hasher, &signed, PASSWORD, "Qing-Shan8 lv.shui");
        done.await.expect("changed");
        assert_eq!(office.signed(&token).await.actor.membership, Membership::Active);
    }

    async fn the_name_of_ones_own_body_is_no_password(_test, office) {
        let [system, ..] = office.administrators().await;
        let body = body(&office, "LinYi Caizheng 临沂市财政局").await;
        let signed = office.signed(&system.token).await;
        let new = NewStaff {
            login: "zhao".to_owned(),
            display_name: "赵".to_owned(),
            organization: Some(body),
            ..NewStaff::default()
        };
        let (_, token) = people::invite(&office.house, &signed, &new).await.expect("invited");
        let accepted = |password: &str| Accepted {
            token: token.clone(),
            login: String::new(),
            display_name: String::new(),
            password: password.to_owned(),
            form: String::new(),
        };
        let from = attempt("zhao", "", "127.0.0.1");
        for password in ["Caizheng-x8 lv.shui", "Q7 临沂市财政局 shui"] {
            let refused = people::accept(&office.house, &office.hasher, &accepted(password), &from).await;
            assert_eq!(ids(refused), ["password-organization"], "{password}");
        }
        let half = people::accept(&office.house, &office.hasher, &accepted(PASSWORD), &from).await;
        half.expect("accepted");
    }

    async fn personal_data_is_masked_and_shown_for_a_reason_that_is_kept(_test, office) {
        let [system, security, _] = office.administrators().await;
        let (id, _) = office.person(&system, "zhao").await;
        let signed = office.signed(&system.token).await;
        let (listed, count) = people::list(&office.house, &signed, Some("ZHAO"), 0, 10).await.expect("a list");
        assert_eq!((listed.len(), count), (1, 1));
        assert_eq!(listed[0].phone, "138****1234");
        assert_eq!(listed[0].mail, "z***@example.gov.cn");
        assert_eq!(ids(people::contacts(&office.house, &signed, id, " ").await), ["reason-needed"]);
        let shown = people::contacts(&office.house, &signed, id, "核对电话").await.expect("shown");
        assert_eq!(shown.phone, "13800001234");
        let other = office.signed(&security.token).await;
        assert_eq!(ids(people::contacts(&office.house, &other, id, "好奇").await), ["denied-role"]);
        let mut tx = office.house.db.read().await.expect("a state");
        let search = gongkai_store::audit::Search { action: Some("people.unmask".to_owned()), ..Default::default() };
        let found = gongkai_store::audit::search(&mut tx, &search, i64::MAX, 10).await.expect("found");
        let outcomes: Vec<&str> = found.iter().map(|stored| stored.entry.outcome.key()).collect();
        assert_eq!(outcomes, ["denied", "done"]);
        assert!(found[1].entry.detail.contains("核对电话"));
    }

    async fn details_are_changed_of_the_version_that_was_seen(_test, office) {
        let [system, security, _] = office.administrators().await;
        let (id, _) = office.person(&system, "zhao").await;
        let signed = office.signed(&system.token).await;
        let seen = people::see(&office.house, &signed, id).await.expect("seen").person.version;
        let change = people::Change { display_name: "赵𫓧·阿布".to_owned(), phone: Some("13911112222".to_owned()), mail: None };
        let other = office.signed(&security.token).await;
        assert_eq!(ids(people::change(&office.house, &other, id, &change, seen).await), ["denied-role"]);
        let done = people::change(&office.house, &signed, id, &change, seen).await.expect("changed");
        assert_eq!(done, people::Changed::Done);
        let now = people::see(&office.house, &signed, id).await.expect("seen");
        assert_eq!((now.phone.as_str(), now.mail.as_str()), ("139****2222", "z***@example.gov.cn"));
        assert_eq!(now.person.display_name, "赵𫓧·阿布");
        // Who saw the version before is told, and nothing is lost.
        let late = people::Change { display_name: "赵".to_owned(), phone: Some(String::new()), mail: Some(String::new()) };
        let met = people::change(&office.house, &signed, id, &late, seen).await.expect("told");
        let people::Changed::Meanwhile { version, display_name } = met else { panic!("{met:?}") };
        assert_eq!(display_name, "赵𫓧·阿布");
        let wrong = people::Change { display_name: " ".to_owned(), phone: Some("x".to_owned()), mail: Some("y".to_owned()) };
        assert_eq!(ids(people::change(&office.house, &signed, id, &wrong, version).await), ["name-empty", "phone-wrong", "mail-wrong"]);
        people::change(&office.house, &signed, id, &late, version).await.expect("changed");
        let now = people::see(&office.house, &signed, id).await.expect("seen");
        assert_eq!((now.phone.as_str(), now.mail.as_str()), ("", ""));
    }

    async fn whom_one_may_not_see_there_is_not(_test, office) {
        let [system, _, auditor] = office.administrators().await;
        let (id, _) = office.person(&system, "zhao").await;
        let signed = office.signed(&auditor.token).await;
        assert_eq!(ids(people::disable(&office.house, &signed, id).await), ["denied-role"]);
        let unknown = gongkai_domain::organization::PersonId(9999);
        assert_eq!(ids(people::disable(&office.house, &signed, unknown).await), ["denied-role"], "alike for who is not there");
        let signed = office.signed(&system.token).await;
        let missing = people::disable(&office.house, &signed, unknown).await;
        assert!(matches!(missing, Err(PeopleError::Missing)), "{missing:?}");
    }

    async fn nothing_personal_lies_open_in_the_store(_test, office) {
        let [system, ..] = office.administrators().await;
        let (_, person) = office.person(&system, "zhao").await;
        let mut everything = String::new();
        let layout = gongkai_store::schema::of(&office.house.db).await.expect("a layout");
        assert!(layout.contains_key("persons"));
        let file = _test.test.folder.path().join("dump.sqlite");
        gongkai_store::backup::write(&office.house.db, gongkai_store::Migrations::Main, &file).await.expect("a dump");
        everything.push_str(&String::from_utf8_lossy(&std::fs::read(&file).expect("its bytes")));
        for secret in ["13800001234", "zhao@example.gov.cn", &person.secret, PASSWORD, &person.token, &person.codes[3]] {
            assert!(!everything.contains(secret), "{secret}");
        }
        assert!(everything.contains("zhao"), "names stay plain");
    }
}
