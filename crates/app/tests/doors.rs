//! Ways in that must be shut, each tried on both engines.

use gongkai_app::people::{self, Accepted, NewStaff, PeopleError};
use gongkai_domain::audit::{Entry, Outcome};
use gongkai_domain::organization::permissions::Membership;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_store::audit::{Search, search};
use gongkai_store::copy;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, PASSWORD, attempt};
use jiff::SignedDuration;

const HERE: &str = "127.0.0.1";

fn ids<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> Vec<String> {
    match result {
        Err(PeopleError::Refused(messages)) => {
            messages.into_iter().map(|m| m.id.into_owned()).collect()
        }
        Err(PeopleError::Denied(message)) => vec![message.id.into_owned()],
        other => panic!("{other:?}"),
    }
}

fn accepted(token: &str, password: &str) -> Accepted {
    Accepted {
        token: token.to_owned(),
        login: String::new(),
        display_name: String::new(),
        password: password.to_owned(),
        form: String::new(),
    }
}

async fn first_factor(
    office: &Office,
    login: &str,
    password: &str,
    source: &str,
) -> Result<String, PeopleError> {
    people::sign_in(
        &office.house,
        &office.hasher,
        &attempt(login, password, source),
    )
    .await
}

async fn count_of(office: &Office, action: &str, outcome: &str) -> usize {
    let mut tx = office.house.db.read().await.expect("a state");
    let asked = Search {
        action: Some(action.to_owned()),
        ..Search::default()
    };
    let found = search(&mut tx, &asked, i64::MAX, 1000)
        .await
        .expect("found");
    found
        .iter()
        .filter(|stored| stored.entry.outcome.key() == outcome)
        .count()
}

/// From now on, no entry of the trail can be written.
fn stop_the_trail(test: &gongkai_testkit::house::TestHouse) {
    let sqlite = "create trigger no before insert on audit begin select raise(abort, 'no'); end";
    let postgres = "create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; \
        create trigger no before insert on audit for each row execute function no();";
    let done = match test.test.db.file() {
        Some(file) => std::process::Command::new("sqlite3")
            .arg(file)
            .arg(sqlite)
            .output(),
        None => std::process::Command::new("psql")
            .args([
                &test.test.options.url,
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                postgres,
            ])
            .output(),
    };
    let done = done.expect("it runs; cargo xtask test installs it");
    assert!(done.status.success(), "{done:?}");
}

in_both_houses! {
    async fn nothing_is_done_or_shown_that_cannot_be_written_down(test) {
        let office = Office::new(test.house.clone());
        let [system, security, _] = office.administrators().await;
        let (id, zhao) = office.person(&system, "zhao").await;
        let signed = office.signed(&system.token).await;
        let other = office.signed(&security.token).await;
        let before = copy::contents(&office.house.db).await.expect("contents");
        stop_the_trail(&test);
        let failed = |result: Result<(), PeopleError>| assert!(matches!(result, Err(PeopleError::Store(_))), "{result:?}");
        failed(people::disable(&office.house, &signed, id).await);
        failed(people::contacts(&office.house, &signed, id, "核对").await.map(drop));
        failed(people::recover(&office.house, &signed, id, "").await.map(drop));
        failed(people::grant(&office.house, &other, id, &people::NewGrant::since(Role::SystemAdministrator, None, other.today)).await.map(drop));
        failed(first_factor(&office, "zhao", PASSWORD, HERE).await.map(drop));
        // A try that is denied is refused, written down or not.
        failed(people::disable(&office.house, &other, id).await);
        assert_eq!(copy::contents(&office.house.db).await.expect("contents"), before);
        assert!(office.lives(&zhao.token).await);
        test.close().await;
    }

    async fn who_knows_the_password_cannot_guess_at_the_code(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        for _ in 0..5 {
            let half = first_factor(&office, "system", PASSWORD, HERE).await.expect("the password");
            let signed = office.signed(&half).await;
            let wrong = people::second_factor(&office.house, &signed, "000000").await;
            assert_eq!(ids(wrong), ["second-factor-refused"]);
        }
        assert_eq!(ids(first_factor(&office, "system", PASSWORD, HERE).await), ["sign-in-refused"], "locked");
        test.clock.advance(SignedDuration::from_mins(31));
        office.sign_in(&system).await.expect("the lock is over");
        test.close().await;
    }

    async fn a_recovery_code_is_not_used_up_while_nobody_comes_in(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let half = first_factor(&office, "system", PASSWORD, HERE).await.expect("the password");
        let signed = office.signed(&half).await;
        for _ in 0..5 {
            drop(people::second_factor(&office.house, &signed, "000000").await);
        }
        let locked = people::second_factor(&office.house, &signed, &system.codes[0]).await;
        assert_eq!(ids(locked), ["second-factor-refused"]);
        test.clock.advance(SignedDuration::from_mins(31));
        let half = first_factor(&office, "system", PASSWORD, HERE).await.expect("the password");
        let signed = office.signed(&half).await;
        people::second_factor(&office.house, &signed, &system.codes[0]).await.expect("still good");
        test.close().await;
    }

    async fn who_is_disabled_does_not_come_back_by_an_old_link(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let from = attempt("", "", HERE);
        let new = NewStaff { login: "qian".to_owned(), display_name: "钱".to_owned(), ..NewStaff::default() };
        let (invited, link) = people::invite(&office.house, &signed, &new).await.expect("invited");
        people::disable(&office.house, &signed, invited).await.expect("disabled");
        let late = people::accept(&office.house, &office.hasher, &accepted(&link, PASSWORD), &from).await;
        assert_eq!(ids(late), ["invitation-over"]);

        let (zhao, _) = office.person(&system, "zhao").await;
        let link = people::recover(&office.house, &signed, zhao, "").await.expect("a way back");
        people::disable(&office.house, &signed, zhao).await.expect("disabled");
        let late = accepted(&link, "Qing-Shan8 lv.shui");
        let late = people::accept(&office.house, &office.hasher, &late, &from).await;
        assert_eq!(ids(late), ["invitation-over"]);
        assert_eq!(ids(people::recover(&office.house, &signed, zhao, "").await), ["recover-disabled"]);
        test.close().await;
    }

    async fn a_password_of_ones_own_ends_the_link_that_was_to_replace_it(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let (zhao, staff) = office.person(&system, "zhao").await;
        let link = people::recover(&office.house, &signed, zhao, "").await.expect("a way back");
        let own = office.signed(&staff.token).await;
        people::change_password(&office.house, &office.hasher, &own, PASSWORD, "Qing-Shan8 lv.shui").await.expect("changed");
        let late = people::accept(&office.house, &office.hasher, &accepted(&link, "Huang-He9 ru.hai"), &attempt("", "", HERE)).await;
        assert_eq!(ids(late), ["invitation-over"]);
        test.close().await;
    }

    async fn nobody_locks_colleagues_out_from_an_address_that_is_locked(test) {
        let office = Office::new(test.house.clone());
        office.administrators().await;
        let (hostile, other) = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::7");
        for number in 0..30 {
            drop(first_factor(&office, &format!("nobody{number}"), "wrong", hostile).await);
        }
        // Another address of the same network is no other source.
        for _ in 0..10 {
            drop(first_factor(&office, "security", "wrong", other).await);
        }
        first_factor(&office, "security", PASSWORD, HERE).await.expect("nobody was locked out");
        assert_eq!(ids(first_factor(&office, "security", PASSWORD, other).await), ["sign-in-refused"]);
        test.close().await;
    }

    async fn a_session_that_was_ended_is_not_carried_on(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let (zhao, staff) = office.person(&system, "zhao").await;
        let half = first_factor(&office, "zhao", PASSWORD, HERE).await.expect("the password");
        let waiting = office.signed(&half).await;
        people::end_all_sessions(&office.house, &signed, zhao).await.expect("ended");
        test.clock.advance(SignedDuration::from_secs(31));
        let late = people::second_factor(&office.house, &waiting, &office.code(&staff.secret)).await;
        assert_eq!(ids(late), ["second-factor-refused"]);
        test.close().await;
    }

    async fn the_house_is_set_up_when_the_other_two_have_come(test) {
        let office = Office::new(test.house.clone());
        let token = people::setup_token(&office.house).await.expect("asked").expect("a token");
        let system = office.join(&token, "system").await;
        let signed = office.signed(&system.token).await;
        let mut links = Vec::new();
        for (login, role) in [("security", Role::SecurityAdministrator), ("auditor", Role::AuditAdministrator)] {
            let new = NewStaff { login: login.to_owned(), display_name: login.to_owned(), role: Some(role), ..NewStaff::default() };
            links.push((login, people::invite(&office.house, &signed, &new).await.expect("invited").1));
        }
        assert_eq!(office.signed(&system.token).await.actor.membership, Membership::Setup, "invited is not come");
        for (login, link) in links {
            assert_eq!(office.signed(&system.token).await.actor.membership, Membership::Setup);
            office.join(&link, login).await;
        }
        assert_eq!(office.signed(&system.token).await.actor.membership, Membership::Active);
        test.close().await;
    }

    async fn the_last_administrator_who_can_come_in_stays(test) {
        let office = Office::new(test.house.clone());
        let [system, security, auditor] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        for last in [&security, &auditor] {
            let id = office.signed(&last.token).await.person.id;
            assert_eq!(ids(people::disable(&office.house, &signed, id).await), ["disable-last-administrator"]);
        }
        let (_, zhao) = office.person(&system, "zhao").await;
        test.clock.advance(SignedDuration::from_hours(24 * 120));
        assert_eq!(people::disable_idle(&office.house).await.expect("swept"), 1);
        assert_eq!(ids(office.sign_in(&zhao).await), ["sign-in-refused"]);
        for staff in [&system, &security, &auditor] {
            office.sign_in(staff).await.expect("still there");
        }
        test.close().await;
    }

    async fn two_who_take_away_the_last_two_leave_one(test) {
        let office = Office::new(test.house.clone());
        let [system, security, _] = office.administrators().await;
        let signed = office.signed(&security.token).await;
        let (zhao, _) = office.person(&system, "zhao").await;
        people::grant(&office.house, &signed, zhao, &people::NewGrant::since(Role::SystemAdministrator, None, signed.today)).await.expect("granted");
        let one = office.signed(&system.token).await.person.id;
        let listed = people::list(&office.house, &signed, None, 0, 10).await.expect("a list").0;
        let number = |id: PersonId| listed.iter().find(|found| found.person.id == id).expect("there").grants[0].0;
        let (first, second) = tokio::join!(
            people::revoke(&office.house, &signed, one, number(one)),
            people::revoke(&office.house, &signed, zhao, number(zhao)),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        test.close().await;
    }

    async fn a_session_left_open_is_no_place_to_guess_the_password(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (_, staff) = office.person(&system, "zhao").await;
        let signed = office.signed(&staff.token).await;
        let change = async |old: &str| {
            people::change_password(&office.house, &office.hasher, &signed, old, "Qing-Shan8 lv.shui").await
        };
        for _ in 0..5 {
            assert_eq!(ids(change("wrong").await), ["password-old-wrong"]);
        }
        assert_eq!(ids(change(PASSWORD).await), ["password-old-wrong"], "locked");
        assert_eq!(count_of(&office, "self.password", "failed").await, 6);
        test.clock.advance(SignedDuration::from_mins(31));
        change(PASSWORD).await.expect("the lock is over");
        test.close().await;
    }

    async fn the_second_factor_is_replaced_by_who_has_just_come_in(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (_, staff) = office.person(&system, "zhao").await;
        test.clock.advance(SignedDuration::from_mins(11));
        let signed = office.signed(&staff.token).await;
        assert_eq!(ids(people::begin_enrolment(&office.house, &signed).await), ["second-factor-not-fresh"]);
        let fresh = office.sign_in(&staff).await.expect("in again");
        let signed = office.signed(&fresh).await;
        let offered = people::begin_enrolment(&office.house, &signed).await.expect("offered");
        let code = office.code(&offered.secret);
        let (token, _) = people::end_enrolment(&office.house, &signed, &offered.offered, &code).await.expect("kept");
        assert!(office.lives(&token).await);
        for old in [&staff.token, &fresh] {
            assert!(!office.lives(old).await, "whoever came in by the old one is out");
        }
        test.close().await;
    }

    async fn who_is_disabled_while_their_password_changes_stays_disabled(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (zhao, staff) = office.person(&system, "zhao").await;
        // As a form finds them that waits for its turn at hashing.
        let waiting = office.signed(&staff.token).await;
        let signed = office.signed(&system.token).await;
        people::disable(&office.house, &signed, zhao).await.expect("disabled");
        let late = people::change_password(&office.house, &office.hasher, &waiting, PASSWORD, "Qing-Shan8 lv.shui").await;
        assert_eq!(ids(late), ["session-over"]);
        let person = people::see(&office.house, &signed, zhao).await.expect("seen").person;
        assert_eq!(person.state, "disabled");
        assert_eq!(ids(first_factor(&office, "zhao", "Qing-Shan8 lv.shui", HERE).await), ["sign-in-refused"]);
        test.close().await;
    }

    async fn of_two_changes_of_a_password_at_once_one_is_kept(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let (_, staff) = office.person(&system, "zhao").await;
        let signed = office.signed(&staff.token).await;
        let change = async |new: &'static str| {
            people::change_password(&office.house, &office.hasher, &signed, PASSWORD, new).await
        };
        let (one, other) = tokio::join!(change("Qing-Shan8 lv.shui"), change("Huang-He9 ru.hai"));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        test.close().await;
    }

    async fn a_name_with_a_colon_sets_up_a_second_factor(test) {
        let office = Office::new(test.house.clone());
        let token = people::setup_token(&office.house).await.expect("asked").expect("a token");
        let staff = office.join(&token, "bu:men").await;
        assert!(office.lives(&staff.token).await);
        test.close().await;
    }

    async fn what_is_no_telephone_no_mail_and_no_body_is_said(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        let new = NewStaff { login: "qian".to_owned(), display_name: "钱".to_owned(), ..NewStaff::default() };
        let wrong = NewStaff { phone: "call me".to_owned(), mail: "nobody".to_owned(), ..new.clone() };
        assert_eq!(ids(people::invite(&office.house, &signed, &wrong).await), ["phone-wrong", "mail-wrong"]);
        let long = NewStaff { phone: "1".repeat(33), mail: format!("{}@a.cn", "x".repeat(300)), ..new.clone() };
        assert_eq!(ids(people::invite(&office.house, &signed, &long).await), ["phone-wrong", "mail-wrong"]);
        let nowhere = NewStaff { organization: Some(OrganizationId(99)), ..new.clone() };
        assert_eq!(ids(people::invite(&office.house, &signed, &nowhere).await), ["invite-where"]);
        let (id, _) = office.person(&system, "zhao").await;
        let long = "因".repeat(201);
        assert_eq!(ids(people::contacts(&office.house, &signed, id, &long).await), ["name-too-long"]);
        test.close().await;
    }

    async fn what_is_looked_for_is_taken_as_it_is(test) {
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        let signed = office.signed(&system.token).await;
        for login in ["a_b", "a%b", "axb"] {
            let new = NewStaff { login: login.to_owned(), display_name: "赵".to_owned(), ..NewStaff::default() };
            people::invite(&office.house, &signed, &new).await.expect("invited");
        }
        for (text, found) in [("a_b", 1), ("A_B", 1), ("%", 1), ("!", 0), ("\\", 0), ("a\0xb", 1), ("_", 1), ("xb", 1)] {
            let (listed, count) = people::list(&office.house, &signed, Some(text), 0, 10).await.expect("a list");
            assert_eq!((listed.len(), count), (found, i64::try_from(found).expect("few")), "{text:?}");
        }
        test.close().await;
    }

    async fn the_trail_is_exported_whole_and_runs_in_no_spreadsheet(test) {
        let office = Office::new(test.house.clone());
        let [_, _, auditor] = office.administrators().await;
        let signed = office.signed(&auditor.token).await;
        let mut tx = office.house.db.write().await.expect("a turn");
        let names = ["=1+1", "＝1+1", "@sum", "李𬴂·阿布\"x\""];
        for number in 0..5_100 {
            let entry = Entry {
                at: office.house.now(),
                actor: None,
                actor_name: names[number % names.len()].to_owned(),
                acting_for: None,
                organization: None,
                action: "test".to_owned(),
                object_kind: "test".to_owned(),
                object: number.to_string(),
                outcome: Outcome::Done,
                detail: "{}".to_owned(),
                source: "-".to_owned(),
                request: "-".to_owned(),
            };
            gongkai_store::audit::append(&mut tx, &entry).await.expect("written");
        }
        tx.commit().await.expect("kept");
        let asked = Search { action: Some("test".to_owned()), ..Search::default() };
        let text = people::export_audit(&office.house, &signed, &asked).await.expect("a table");
        assert_eq!(text.lines().count(), 5_101);
        for cell in ["\"'=1+1\"", "\"'＝1+1\"", "\"'@sum\"", "\"李𬴂·阿布\"\"x\"\"\""] {
            assert!(text.contains(cell), "{cell}");
        }
        for number in [0, 99, 4_999, 5_000, 5_099] {
            assert!(text.contains(&format!("\"test\",\"{number}\",")), "{number}");
        }
        assert_eq!(count_of(&office, "audit.export", "done").await, 1);
        test.close().await;
    }
}
