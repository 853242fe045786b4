//! Every address of the server, asked by everybody: what the one permission
//! table says is what happens.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::register;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::permissions::{
    Action, Actor, Lent, Membership, Reach, Target, permits, reach,
};
use gongkai_domain::organization::roles::{Delegation, Grant, Role};
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Tree, Validity,
};
use gongkai_store::people::{self, NewPerson, Sealed, entry};
use gongkai_store::{Engine, organization};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_web::Server;
use gongkai_web::routes::{self, Access, On, Route};
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

/// Nobody brings a report here.
struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

/// A county's government, its bureau with a section below, and another bureau.
struct Bodies {
    own: OrganizationId,
    below: OrganizationId,
    other: OrganizationId,
    tree: Tree,
}

const SINCE: Date = date(2020, 1, 1);

async fn bodies(test: &TestHouse) -> Bodies {
    let mut tx = test.house.db.write().await.expect("a turn");
    let mut made = Vec::new();
    let body = |name: &str, kind, parent| Organization {
        parent,
        ..Organization::draft(name, kind, Validity::since(SINCE))
    };
    let mut add = async |body: Organization| {
        organization::lock(&mut tx)
            .await
            .expect("a turn at the bodies");
        let id = organization::insert(&mut tx, &body, test.house.now())
            .await
            .expect("founded");
        made.push(Organization { id, ..body });
        id
    };
    let county = add(body("云溪县人民政府", OrganizationKind::Government, None)).await;
    let own = add(body(
        "云溪县水务局",
        OrganizationKind::Department,
        Some(county),
    ))
    .await;
    let below = add(body(
        "云溪县水务站",
        OrganizationKind::Institution,
        Some(own),
    ))
    .await;
    let other = add(body(
        "云溪县财政局",
        OrganizationKind::Department,
        Some(county),
    ))
    .await;
    tx.commit().await.expect("kept");
    Bodies {
        own,
        below,
        other,
        tree: Tree::new(made).expect("a tree"),
    }
}

/// Somebody, put straight into the store, with a session.
struct Somebody {
    actor: Actor,
    token: String,
}

#[derive(Clone, Copy)]
struct Wanted {
    role: Option<Role>,
    membership: Membership,
    /// Where they work and what their role is for.
    at: Option<OrganizationId>,
    factors: i64,
}

impl Wanted {
    /// An administrator of the installation who has come in whole.
    fn administrator(role: Role) -> Self {
        Self {
            role: Some(role),
            membership: Membership::Active,
            at: None,
            factors: 2,
        }
    }
}

async fn somebody(test: &TestHouse, number: usize, wanted: &Wanted) -> Somebody {
    let house = &test.house;
    let key = house.vault.new_key().await.expect("a key");
    let login = format!("p{number}");
    let new = NewPerson {
        login: login.clone(),
        login_key: login.clone(),
        display_name: login,
        organization: wanted.at,
        key: key.id.clone(),
        phone: Sealed::default(),
        mail: Sealed::default(),
    };
    let now = house.now();
    let mut tx = house.db.write().await.expect("a turn");
    let id = people::add(&mut tx, &new, now).await.expect("added");
    if wanted.membership != Membership::Invited {
        entry::set_password(&mut tx, id, "-", now, 5)
            .await
            .expect("set");
    }
    if wanted.membership != Membership::MustEnrol {
        let sealed = key.seal("totp", &[0; 20]);
        entry::set_totp(&mut tx, id, Some(&sealed), 0)
            .await
            .expect("set");
    }
    let person = people::get(&mut tx, id)
        .await
        .expect("read")
        .expect("there");
    let (state, must_change) = match wanted.membership {
        Membership::Invited => ("invited", false),
        Membership::Disabled => ("disabled", false),
        Membership::MustChange => ("active", true),
        _ => ("active", false),
    };
    people::set_state(&mut tx, id, state, must_change, person.version)
        .await
        .expect("set");
    let mut grants = Vec::new();
    if let Some(role) = wanted.role {
        let grant = Grant {
            person: id,
            organization: wanted.at.filter(|_| !role.is_administrator()),
            role,
            validity: Validity::since(SINCE),
        };
        people::grant(&mut tx, &grant, None, now)
            .await
            .expect("granted");
        grants.push(grant);
    }
    let token = format!("token-{number}");
    let session = entry::Session {
        digest: Sha256::digest(token.as_bytes())
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect(),
        person: id,
        factors: wanted.factors,
        begun_at: now,
        used_at: now,
        source: "127.0.0.1".to_owned(),
        agent: "test".to_owned(),
        door: Door::Password,
    };
    entry::begin_session(&mut tx, &session)
        .await
        .expect("begun");
    tx.commit().await.expect("kept");
    let actor = Actor {
        person: id,
        membership: wanted.membership,
        grants,
        lent: Vec::new(),
    };
    Somebody { actor, token }
}

/// An entry of a body's register, made by who may; its number.
async fn entry_of(test: &TestHouse, clerk: &Somebody, body: OrganizationId, number: usize) -> i64 {
    let found = gongkai_app::people::resolve(&test.house, &clerk.token, "127.0.0.1", "test").await;
    let signed = found.expect("looked up").expect("a clerk");
    let number = u32::try_from(number).expect("a number");
    let person = gongkai_testkit::register::typed("王𫓧·𩽾", number);
    let key = number.to_string();
    let made = register::add(&test.house, &signed, &key, Some(body), person.as_typed()).await;
    made.expect("made").0
}

fn ask(address: &str, route: &Route, about: Option<i64>, token: &str) -> Answer {
    let path = route.path.replace("{id}", &about.unwrap_or(0).to_string());
    let path = [
        ("{name}", "none"),
        ("{chapter}", "none"),
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
        On::Person | On::Organization | On::Register => {
            body.map_or(Target::Installation, Target::Organization)
        }
    };
    // Whom and what one may not see, one can do nothing with.
    let seen = match on {
        On::Person => Some(Action::PeopleSee),
        On::Register => Some(Action::PersonsRegisterSee),
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

struct Running {
    address: String,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

fn serve(test: &TestHouse) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    let thread = std::thread::spawn(move || server.run(&listener, &stopped));
    Running {
        address,
        stop,
        thread,
    }
}

impl Running {
    fn end(self) {
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }
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

/// Lends a person's role to another, who is then a person to ask as.
async fn lent(test: &TestHouse, lender: Somebody, mut borrower: Somebody) -> Somebody {
    let Some(grant) = lender.actor.grants.first() else {
        return borrower;
    };
    let today = test.house.today();
    let delegation = Delegation {
        from: lender.actor.person,
        to: borrower.actor.person,
        organization: grant.organization.expect("a role of an organization"),
        roles: vec![grant.role],
        from_day: today,
        until_day: today,
        reason: "-".to_owned(),
    };
    let mut tx = test.house.db.write().await.expect("a turn");
    people::delegations::add(&mut tx, &delegation, test.house.now())
        .await
        .expect("lent");
    tx.commit().await.expect("kept");
    borrower.actor.lent = vec![Lent {
        delegation,
        grants: lender.actor.grants,
    }];
    borrower
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
    for role in Role::ADMINISTRATORS {
        next(Wanted::administrator(role)).await;
    }
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
                    On::Organization | On::Register => {
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
    // closed while they live.
    test.close().await;
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
