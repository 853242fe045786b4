//! A form that is sent twice is done once, and its sender is told the same:
//! forms at the door too, whose answers are secrets. Each on both engines.

use gongkai_app::people::{self, Accepted, Attempt, NewGrant, NewStaff, PeopleError};
use gongkai_domain::organization::roles::Role;
use gongkai_store::audit::{Search, search};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, PASSWORD, attempt};

const HERE: &str = "127.0.0.1";
const OTHER: &str = "Qing-Shan8 lv.shui";

fn ids<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> Vec<String> {
    match result {
        Err(PeopleError::Refused(messages)) => {
            messages.into_iter().map(|m| m.id.into_owned()).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Entries of the trail that tell of an action.
async fn told_of(office: &Office, action: &str) -> usize {
    let mut tx = office.house.db.read().await.expect("a state");
    let asked = Search {
        action: Some(action.to_owned()),
        ..Search::default()
    };
    let found = search(&mut tx, &asked, i64::MAX, 1000).await;
    found.expect("found").len()
}

fn form(key: &str, login: &str, password: &str) -> Attempt {
    Attempt {
        form: key.to_owned(),
        ..attempt(login, password, HERE)
    }
}

async fn come(office: &Office, from: &Attempt) -> Result<String, PeopleError> {
    people::sign_in(&office.house, &office.hasher, from).await
}

fn zhao(key: &str) -> NewStaff {
    NewStaff {
        login: "zhao".to_owned(),
        display_name: "赵".to_owned(),
        phone: "13800001234".to_owned(),
        form: key.to_owned(),
        ..NewStaff::default()
    }
}

fn acceptance(key: &str, token: &str, password: &str) -> Accepted {
    Accepted {
        token: token.to_owned(),
        login: String::new(),
        display_name: String::new(),
        password: password.to_owned(),
        form: key.to_owned(),
    }
}

async fn join(office: &Office, accepted: &Accepted) -> Result<String, PeopleError> {
    let from = attempt("", "", HERE);
    people::accept(&office.house, &office.hasher, accepted, &from).await
}

in_both_houses! {
    async fn a_sign_in_that_is_sent_twice_begins_one_session(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (_, zhao) = office.person(&system, "zhao").await;
        let before = told_of(&office, "session.begin").await;
        let first = form("k", "zhao", PASSWORD);
        let token = come(&office, &first).await.expect("in");
        assert_eq!(come(&office, &first).await.expect("in"), token);
        let signed = office.signed(&token).await;
        assert_eq!(people::own_sessions(&office.house, &signed).await.expect("sessions").len(), 2, "joined, and this one");
        assert_eq!(told_of(&office, "session.begin").await, before + 1);
        // The key alone opens nothing.
        assert_eq!(ids(come(&office, &form("k", "zhao", "wrong")).await), ["sign-in-refused"]);
        // Another's form is nobody's answer.
        let other = come(&office, &form("k", "system", PASSWORD)).await.expect("in");
        assert_eq!(office.signed(&other).await.person.login, "system");
        assert_ne!(other, token);
        // Over is over: the same form then begins a session of its own.
        people::sign_out(&office.house, &signed).await.expect("out");
        let again = come(&office, &first).await.expect("in");
        assert_ne!(again, token);
        assert!(!office.lives(&token).await);
        assert!(office.lives(&again).await);
        assert!(office.lives(&zhao.token).await);
        // Without a key, each is one of its own.
        let none = form("", "zhao", PASSWORD);
        assert_ne!(come(&office, &none).await.expect("in"), come(&office, &none).await.expect("in"));
        test.close().await;
    }

    async fn sign_ins_that_come_at_once_by_one_form_are_one(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        office.person(&system, "zhao").await;
        let from = form("k", "zhao", PASSWORD);
        let (a, b, c) = tokio::join!(come(&office, &from), come(&office, &from), come(&office, &from));
        let told = [a.expect("in"), b.expect("in"), c.expect("in")];
        assert!(told.iter().all(|token| *token == told[0]), "{told:?}");
        let signed = office.signed(&told[0]).await;
        assert_eq!(people::own_sessions(&office.house, &signed).await.expect("sessions").len(), 2);
        test.close().await;
    }

    async fn an_invitation_accepted_twice_by_one_form_is_told_one_session(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let (_, link) = people::invite(&office.house, &signed, &zhao("")).await.expect("invited");
        let sent = acceptance("k", &link, PASSWORD);
        let token = join(&office, &sent).await.expect("joined");
        assert_eq!(join(&office, &sent).await.expect("told again"), token);
        assert_eq!(told_of(&office, "people.accept").await, 4, "three administrators, and one");
        // Who has the form and the link, and not the password, is told nothing.
        assert_eq!(ids(join(&office, &acceptance("k", &link, OTHER)).await), ["invitation-over"]);
        // Another form comes too late.
        assert_eq!(ids(join(&office, &acceptance("l", &link, PASSWORD)).await), ["invitation-over"]);
        let half = office.signed(&token).await;
        people::sign_out(&office.house, &half).await.expect("out");
        assert_eq!(ids(join(&office, &sent).await), ["invitation-over"]);
        test.close().await;
    }

    async fn an_invitation_accepted_at_once_by_one_form_is_told_one_session(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        // Some times: each meets the other at another point.
        for round in 0..8 {
            let new = NewStaff { login: format!("zhao{round}"), ..zhao("") };
            let (_, link) = people::invite(&office.house, &signed, &new).await.expect("invited");
            let sent = acceptance(&format!("k{round}"), &link, PASSWORD);
            let (a, b) = tokio::join!(join(&office, &sent), join(&office, &sent));
            assert_eq!(a.expect("joined"), b.expect("joined"));
        }
        test.close().await;
    }

    async fn what_administrators_send_twice_is_done_once(test) {
        let office = Office::new(test.house.clone());
        let [system, security, _] = office.administrators().await;
        let (system, security) = (office.signed(&system.token).await, office.signed(&security.token).await);
        let house = &office.house;
        let invited = people::invite(house, &system, &zhao("k")).await.expect("invited");
        assert_eq!(people::invite(house, &system, &zhao("k")).await.expect("told again"), invited);
        let changed = NewStaff { login: "qian".to_owned(), ..zhao("k") };
        assert_eq!(ids(people::invite(house, &system, &changed).await), ["form-sent-otherwise"]);
        assert_eq!(ids(people::invite(house, &system, &zhao("l")).await), ["login-taken"]);
        assert_eq!(told_of(&office, "people.invite").await, 3);
        let (id, link) = invited;
        assert_eq!(people::invitation(house, &link).await.expect("it holds").person, Some(id));

        let grant = NewGrant { form: "g".to_owned(), ..NewGrant::since(Role::SystemAdministrator, None, security.today) };
        let number = people::grant(house, &security, id, &grant).await.expect("granted");
        assert_eq!(people::grant(house, &security, id, &grant).await.expect("told again"), number);
        assert_eq!(told_of(&office, "roles.grant").await, 2, "the first administrator's, and this");

        let zhao = office.join(&link, "zhao").await;
        let zhao = office.signed(&zhao.token).await;
        let back = people::recover(house, &system, id, "r").await.expect("a way back");
        assert_eq!(people::recover(house, &system, id, "r").await.expect("told again"), back);
        assert_eq!(people::invitation(house, &back).await.expect("it holds").person, Some(id));
        assert_ne!(people::recover(house, &system, id, "s").await.expect("another"), back);
        // A key is its sender's.
        let of_another = people::recover(house, &zhao, system.person.id, "r").await;
        assert_ne!(of_another.expect("a way back"), back);
        test.close().await;
    }

    async fn whose_contacts_were_opened_to_be_masked_is_in_the_trail(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (zhao, _) = office.person(&system, "zhao").await;
        let signed = office.signed(&system.token).await;
        people::list(&office.house, &signed, None, 0, 10).await.expect("a list");
        people::see(&office.house, &signed, zhao).await.expect("seen");
        // Nothing of oneself, and nothing of who has none.
        people::see(&office.house, &signed, signed.person.id).await.expect("seen");
        people::list(&office.house, &signed, Some("security"), 0, 10).await.expect("a list");
        let mut tx = office.house.db.read().await.expect("a state");
        let asked = Search { action: Some("people.see".to_owned()), ..Search::default() };
        let found = search(&mut tx, &asked, i64::MAX, 100).await.expect("found");
        tx.roll_back().await.expect("looked");
        let told: Vec<_> = found.iter().map(|stored| stored.entry.detail.as_str()).collect();
        let expected = format!("{{\"people\":[{zhao}]}}");
        assert_eq!(told, [expected.as_str(), expected.as_str()]);
        test.close().await;
    }
}
