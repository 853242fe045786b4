//! Every address of the server, asked by everybody: what the one permission
//! table says is what happens.

use gongkai_domain::organization::permissions::{
    Action, Actor, Membership, Reach, Target, permits, reach,
};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId, Tree};
use gongkai_store::Engine;
use gongkai_store::people::{self};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_web::routes::{self, Access, On, Route};
use jiff::civil::Date;

mod scene;
use scene::*;

fn ask(address: &str, route: &Route, about: Option<i64>, token: &str) -> Answer {
    let path = route.path.replace("{id}", &about.unwrap_or(0).to_string());
    let path = [
        ("{name}", "none"),
        ("{chapter}", "none"),
        ("{kind}", "denied"),
        ("{year}", "2026"),
        ("{setting}", "calendar.alarm_days"),
        ("{policy}", "policy.hands_min"),
    ]
    .into_iter()
    .fold(path, |path, (part, value)| path.replace(part, value));
    let cookie = match token {
        "" => String::new(),
        token => format!("__Host-gongkai={token}"),
    };
    if route.path.ends_with("/import") && route.method == "POST" {
        let table = http::form(&[("table", b"x.csv", b"x")]);
        return http::post_as(address, &path, &cookie, &table);
    }
    http::ask(
        address,
        route.method,
        &path,
        &cookie,
        "reason=x&old=x&password=x&again=x",
    )
}

/// Headers of safety that an answer lacks: whatever it says, it carries them.
fn lacking(route: &Route, answer: &Answer) -> Vec<&'static str> {
    let head = answer.head.to_ascii_lowercase();
    let mut wanted = vec![
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: same-origin",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
        "permissions-policy: camera=()",
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';",
    ];
    if route.path.starts_with("/office") {
        wanted.push("cache-control: no-store");
    }
    if head.contains("unsafe-inline") {
        return vec!["a policy without unsafe-inline"];
    }
    wanted.retain(|line| !head.contains(line));
    wanted
}

/// What the table says of an actor at an address about somebody or something
/// of a body.
fn says(
    actor: &Actor,
    action: Action,
    on: On,
    body: Option<OrganizationId>,
    tree: &Tree,
    today: Date,
) -> bool {
    let target = match on {
        On::Oneself => Target::Oneself,
        On::Installation => Target::Installation,
        On::Somewhere => Target::Somewhere,
        On::Person | On::Organization | On::Register | On::Inspection | On::Paper | On::Request => {
            body.map_or(Target::Installation, Target::Organization)
        }
    };
    // Whom and what one may not see, one can do nothing with.
    let seen = match on {
        On::Person => Some(Action::PeopleSee),
        On::Register => Some(Action::PersonsRegisterSee),
        On::Inspection => Some(Action::InspectionUse),
        On::Paper => Some(Action::ReviewSee),
        On::Request => Some(Action::RequestsSee),
        On::Organization if action != Action::OrganizationsEditOffice => {
            Some(Action::OrganizationsSee)
        }
        _ => None,
    };
    let sees = seen.is_none_or(|see| match (reach(actor, see, tree, today), body) {
        (Reach::All, _) => true,
        (reach, Some(body)) => reach.contains(body),
        (_, None) => false,
    });
    sees && permits(actor, action, target, tree, today).is_allowed()
}

/// One question, and what came of it.
struct Question<'a> {
    route: &'a Route,
    action: Action,
    on: On,
    actor: &'a Actor,
    body: Option<OrganizationId>,
}

impl Question<'_> {
    fn fault(&self, bodies: &Bodies, today: Date, answer: &Answer) -> Option<String> {
        let allowed = says(
            self.actor,
            self.action,
            self.on,
            self.body,
            &bodies.tree,
            today,
        );
        let to_sign_in = answer.status == 303 && answer.head.contains("/office/sign-in");
        // Who must change the password or set up the telephone is led there.
        let led = answer.status == 303
            && ["/office/password", "/office/enrol"]
                .iter()
                .any(|to| answer.head.contains(to));
        let lacking = lacking(self.route, answer);
        if !lacking.is_empty() {
            return Some(format!("{:?} lacks {lacking:?}", self.route));
        }
        let refused = matches!(answer.status, 401 | 403 | 404) || to_sign_in || (led && !allowed);
        if answer.status >= 500 || allowed == refused {
            let roles: Vec<&str> = self
                .actor
                .grants
                .iter()
                .map(|grant| grant.role.key())
                .collect();
            return Some(format!(
                "{:?} by {roles:?} {:?} about {:?}: the table says {allowed}, the answer was {}",
                self.route, self.actor.membership, self.body, answer.status
            ));
        }
        None
    }
}

/// Whether those who ask hold their roles themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Roles {
    Own,
    Lent,
}

async fn every_route_for(engine: Engine, roles: &[Option<Role>], memberships: &[Membership]) {
    every_route(engine, Roles::Own, roles, memberships).await;
}

async fn every_route(
    engine: Engine,
    whose: Roles,
    roles: &[Option<Role>],
    memberships: &[Membership],
) {
    let test = TestHouse::new(engine).await;
    let bodies = bodies(&test).await;
    let running = serve(&test);
    let today = test
        .house
        .now()
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date();
    let mut number = 0;
    let mut next = async |wanted: Wanted| {
        number += 1;
        somebody(&test, number, &wanted).await
    };
    // The three are there, so that nobody is still setting up.
    let mut three = Vec::new();
    for role in Role::ADMINISTRATORS {
        three.push(next(Wanted::administrator(role)).await);
    }
    let system = three.iter().find(|one| {
        let role = Role::SystemAdministrator;
        one.actor.grants.iter().any(|grant| grant.role == role)
    });
    let webhook = webhook(&test, system.expect("a system administrator")).await;
    let mut clerks = Vec::new();
    for body in [bodies.own, bodies.below, bodies.other] {
        let wanted = Wanted {
            role: Some(Role::Clerk),
            membership: Membership::Active,
            at: Some(body),
            factors: 2,
        };
        clerks.push((body, next(wanted).await));
    }
    let (mut faults, mut asked) = (Vec::new(), 0);
    for role in roles {
        for membership in memberships {
            let at = match role {
                Some(role) if role.is_administrator() => None,
                _ => Some(bodies.own),
            };
            for route in routes::all() {
                let Access::Table(action, on) = route.access else {
                    continue;
                };
                let places: &[Option<OrganizationId>] = match on {
                    On::Person => &[
                        Some(bodies.own),
                        Some(bodies.below),
                        Some(bodies.other),
                        None,
                    ],
                    On::Organization | On::Register | On::Inspection | On::Paper | On::Request => {
                        &[Some(bodies.own), Some(bodies.below), Some(bodies.other)]
                    }
                    _ => &[None],
                };
                for body in places {
                    // Whoever was changed by the last question asks no more.
                    let wanted = Wanted {
                        role: *role,
                        membership: *membership,
                        at,
                        factors: 2,
                    };
                    let who = if whose == Roles::Lent {
                        let stands_in = Wanted {
                            role: None,
                            ..wanted
                        };
                        let (lender, borrower) = (next(wanted).await, next(stands_in).await);
                        lent(&test, lender, borrower).await
                    } else {
                        next(wanted).await
                    };
                    let about = match on {
                        On::Person => {
                            let wanted = Wanted {
                                role: None,
                                membership: Membership::Active,
                                at: *body,
                                factors: 2,
                            };
                            Some(next(wanted).await.actor.person.0)
                        }
                        On::Organization => body.map(|body| body.0),
                        On::Register => {
                            let clerk = clerks.iter().find(|(of, _)| Some(*of) == *body);
                            let (body, clerk) = clerk.expect("a clerk");
                            Some(entry_of(&test, clerk, *body, asked).await)
                        }
                        On::Inspection => {
                            let clerk = clerks.iter().find(|(of, _)| Some(*of) == *body);
                            let (body, clerk) = clerk.expect("a clerk");
                            Some(inspection_of(&test, clerk, *body, asked).await)
                        }
                        On::Paper => {
                            let clerk = clerks.iter().find(|(of, _)| Some(*of) == *body);
                            let (body, clerk) = clerk.expect("a clerk");
                            Some(paper_of(&test, clerk, *body, asked).await)
                        }
                        On::Request => {
                            let body = body.expect("a body");
                            Some(request_of(&test, body, asked).await)
                        }
                        On::Installation => match route.path.split('/').nth(2) {
                            Some("jobs") => Some(failed_job(&test).await),
                            Some("outbox") => Some(refused_message(&test, asked).await),
                            Some("webhooks") => Some(webhook),
                            _ => None,
                        },
                        _ => None,
                    };
                    let answer = ask(&running.address, &route, about, &who.token);
                    let question = Question {
                        route: &route,
                        action,
                        on,
                        actor: &who.actor,
                        body: *body,
                    };
                    faults.extend(question.fault(&bodies, today, &answer));
                    asked += 1;
                }
            }
        }
    }
    // Connections that the server's threads opened end with them: the house is
    // closed while they live. What was enqueued is done by nobody here.
    test.forget_jobs();
    running.end();
    println!("{asked} questions");
    assert!(asked > 100);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn all_roles() -> Vec<Option<Role>> {
    let mut roles: Vec<_> = Role::ALL.into_iter().map(Some).collect();
    roles.push(None);
    roles
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_table_says() {
    every_route_for(Engine::Sqlite, &all_roles(), &[Membership::Active]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_the_other_engine_for_some() {
    let roles = [
        Some(Role::Clerk),
        Some(Role::Supervisor),
        Some(Role::SystemAdministrator),
        None,
    ];
    every_route_for(Engine::Postgres, &roles, &[Membership::Active]).await;
}

/// Whoever stands in gets what the table gives the lender, but for lending.
#[tokio::test(flavor = "multi_thread")]
async fn who_stands_in_gets_what_was_lent_and_lends_nothing_on() {
    let roles = [
        Role::Clerk,
        Role::OfficeHead,
        Role::Supervisor,
        Role::Leader,
    ]
    .map(Some);
    every_route(Engine::Sqlite, Roles::Lent, &roles, &[Membership::Active]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_active_gets_nothing_that_the_table_does_not_give() {
    let states = [
        Membership::MustEnrol,
        Membership::MustChange,
        Membership::Invited,
        Membership::Disabled,
    ];
    let roles = [
        Some(Role::Clerk),
        Some(Role::OfficeHead),
        Some(Role::SystemAdministrator),
        Some(Role::SecurityAdministrator),
        Some(Role::AuditAdministrator),
    ];
    every_route_for(Engine::Sqlite, &roles, &states).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_who_has_shown_one_factor_get_nothing_inside() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test);
    let wanted = Wanted {
        role: Some(Role::SystemAdministrator),
        membership: Membership::Active,
        at: None,
        factors: 1,
    };
    let half = somebody(&test, 0, &wanted).await;
    for route in routes::all() {
        let inside = !matches!(route.access, Access::Anyone);
        let answer = ask(&running.address, &route, Some(1), "");
        assert_eq!(lacking(&route, &answer), [""; 0], "{route:?}");
        let out = answer.status == 401
            || (answer.status == 303 && answer.head.contains("/office/sign-in"));
        assert_eq!(inside, out, "{route:?}: {}", answer.status);
        assert!(
            answer.status < 500 || route.path.contains("audit"),
            "{route:?}: {}",
            answer.status
        );
        if let Access::Table(..) = route.access {
            let answer = ask(&running.address, &route, Some(1), &half.token);
            let led = answer.status == 303 && answer.head.contains("/office/second-factor");
            assert!(answer.status == 403 || led, "{route:?}: {}", answer.status);
        }
    }
    running.end();
    test.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_framework_refuses_is_said_in_words() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test);
    for (number, role) in Role::ADMINISTRATORS.into_iter().enumerate() {
        let cookie = somebody(&test, number, &Wanted::administrator(role))
            .await
            .token;
        let cookie = format!("__Host-gongkai={cookie}");
        for path in ["/office/people/abc", "/office/organizations/9e9/change"] {
            let answer = http::ask(&running.address, "GET", path, &cookie, "");
            assert_eq!(answer.status, 400, "{path}: {}", answer.body);
            assert!(answer.body.contains("地址或表单不完整"), "{}", answer.body);
        }
    }
    test.close().await;
    running.end();
}

/// However slowly a form comes, it is asked who sends it when it is whole.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_out_before_the_form_is_whole_does_nothing() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test);
    for (number, role) in Role::ADMINISTRATORS.into_iter().enumerate() {
        somebody(&test, number, &Wanted::administrator(role)).await;
    }
    let slow = Wanted::administrator(Role::SystemAdministrator);
    let slow = somebody(&test, 9, &slow).await;
    let form = "login=late&display_name=late&organization=&phone=&mail=";
    let mut stream = http::connect(&running.address);
    let head = format!(
        "POST /office/people/new HTTP/1.1\r\nHost: x\r\nCookie: __Host-gongkai={}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        slow.token,
        form.len(),
    );
    let (begun, rest) = form.split_at(10);
    std::io::Write::write_all(&mut stream, format!("{head}{begun}").as_bytes()).expect("sent");
    // That the server has the head is seen by its answer to somebody after.
    assert_eq!(http::get(&running.address, "/health").status, 200);
    let mut tx = test.house.db.write().await.expect("a turn");
    let ended = gongkai_store::people::entry::end_sessions(&mut tx, slow.actor.person, "").await;
    assert_eq!(ended.expect("ended"), 1);
    tx.commit().await.expect("kept");
    std::io::Write::write_all(&mut stream, rest.as_bytes()).expect("sent");
    assert_eq!(http::answer(&mut stream).status, 401);
    let mut tx = test.house.db.read().await.expect("a state");
    let late = gongkai_store::people::by_login(&mut tx, "late").await;
    assert!(late.expect("looked").is_none());
    drop(tx);
    test.close().await;
    running.end();
}

/// Every try that was denied is in the trail, and changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_denied_is_written_down() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let bodies = bodies(&test).await;
    let running = serve(&test);
    for (number, role) in Role::ADMINISTRATORS.into_iter().enumerate() {
        let wanted = Wanted {
            role: Some(role),
            membership: Membership::Active,
            at: None,
            factors: 2,
        };
        somebody(&test, number, &wanted).await;
    }
    let clerk = Wanted {
        role: Some(Role::Clerk),
        membership: Membership::Active,
        at: Some(bodies.own),
        factors: 2,
    };
    let clerk = somebody(&test, 10, &clerk).await;
    let cookie = format!("__Host-gongkai={}", clerk.token);
    let answer = http::ask(
        &running.address,
        "POST",
        "/office/people/1/disable",
        &cookie,
        "",
    );
    assert_eq!(answer.status, 403);
    let mut tx = test.house.db.read().await.expect("a state");
    let search = gongkai_store::audit::Search {
        action: Some("people.disable".to_owned()),
        ..Default::default()
    };
    let found = gongkai_store::audit::search(&mut tx, &search, i64::MAX, 10)
        .await
        .expect("found");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].entry.outcome.key(), found[0].entry.actor),
        ("denied", Some(clerk.actor.person.0))
    );
    let spared = people::get(&mut tx, PersonId(1))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(spared.state, "active");
    drop(tx);
    running.end();
    test.close().await;
}
