//! Bodies, people in every role, and a server to ask.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::inspection;
use gongkai_app::once::Sent;
use gongkai_app::people as people_app;
use gongkai_app::register;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_app::review::papers;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::permissions::{Actor, Lent, Membership};
use gongkai_domain::organization::roles::{Delegation, Grant, Role};
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, Tree, Validity,
};
use gongkai_domain::outbox::{Channel, State};
use gongkai_domain::review::matter::Matter;
use gongkai_store::people::{self, NewPerson, Sealed, entry};
use gongkai_store::{jobs, organization, outbox};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::reader::InProcess;
use gongkai_web::Server;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
/// Nobody brings a report here.
pub(super) struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

/// A county's government, its bureau with a section below, and another bureau.
pub(super) struct Bodies {
    pub(super) own: OrganizationId,
    pub(super) below: OrganizationId,
    pub(super) other: OrganizationId,
    pub(super) tree: Tree,
}

pub(super) const SINCE: Date = date(2020, 1, 1);

pub(super) async fn bodies(test: &TestHouse) -> Bodies {
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
pub(super) struct Somebody {
    pub(super) actor: Actor,
    pub(super) token: String,
}

#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) role: Option<Role>,
    pub(super) membership: Membership,
    /// Where they work and what their role is for.
    pub(super) at: Option<OrganizationId>,
    pub(super) factors: i64,
}

impl Wanted {
    /// An administrator of the installation who has come in whole.
    pub(super) fn administrator(role: Role) -> Self {
        Self {
            role: Some(role),
            membership: Membership::Active,
            at: None,
            factors: 2,
        }
    }
}

pub(super) async fn somebody(test: &TestHouse, number: usize, wanted: &Wanted) -> Somebody {
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
pub(super) async fn entry_of(
    test: &TestHouse,
    clerk: &Somebody,
    body: OrganizationId,
    number: usize,
) -> i64 {
    let signed = signed(test, clerk).await;
    let number = u32::try_from(number).expect("a number");
    let person = gongkai_testkit::register::typed("王𫓧·𩽾", number);
    let key = number.to_string();
    let made = register::add(&test.house, &signed, &key, Some(body), person.as_typed()).await;
    made.expect("made").0
}

/// Somebody who is put into the store, as the use cases know them.
async fn signed(test: &TestHouse, who: &Somebody) -> people_app::SignedIn {
    let found = people_app::resolve(&test.house, &who.token, "127.0.0.1", "test").await;
    found.expect("looked up").expect("somebody")
}

/// An inspection that asks for a person, of a file that nobody brought before.
pub(super) async fn inspection_of(
    test: &TestHouse,
    clerk: &Somebody,
    body: OrganizationId,
    number: usize,
) -> i64 {
    let signed = signed(test, clerk).await;
    let file = inspection::File {
        name: format!("{number}.rtf"),
        bytes: format!("{{\\rtf1 {number}}}").into_bytes().into(),
    };
    let key = number.to_string();
    let made = inspection::inspect(&test.house, &InProcess, &signed, &key, Some(body), &file).await;
    made.expect("inspected")
}

/// A draft paper of a body, written by who may; its number.
pub(super) async fn paper_of(
    test: &TestHouse,
    clerk: &Somebody,
    body: OrganizationId,
    number: usize,
) -> i64 {
    let signed = signed(test, clerk).await;
    let typed = papers::Typed {
        title: format!("关于𫓧𩽾的通知（{number}）"),
        body: "一段\n二段".to_owned(),
        ..papers::Typed::default()
    };
    let sent = Sent::new("paper", &number.to_string(), []);
    let made = papers::write(&test.house, &signed, &sent, body, Matter::Document, &typed).await;
    made.expect("written")
}

/// A request to a body, put straight into the store: some bodies take none
/// themselves; its number.
pub(super) async fn request_of(test: &TestHouse, body: OrganizationId, number: usize) -> i64 {
    use gongkai_domain::requests::application::Application;
    use gongkai_store::requests::{self as stored, Kept, KeptEvent, Standing};
    let (house, today) = (&test.house, test.house.today());
    let typed = gongkai_testkit::requests::typed(u32::try_from(number).expect("small"));
    let application = Application::read(&typed, today).expect("well formed");
    let plain = serde_json::to_vec(&application).expect("data");
    let key = house.vault.new_key().await.expect("a key");
    let kept = Kept {
        id: 0,
        organization: body,
        parent: None,
        number: format!("2026-{number:05}"),
        way: "counter".to_owned(),
        filed: today,
        filed_at: house.now(),
        standing: Standing {
            state: "open".to_owned(),
            lane: "running".to_owned(),
            day: today,
            received: Some(today),
            due: Some(today),
            provisional: false,
            moves: false,
            outcome: None,
            ended: None,
            section: None,
            handler: None,
        },
        applicant_kind: "natural_person".to_owned(),
        applicant_index: number.to_string(),
        sealed: key.seal("request/application", &plain),
        key: key.id,
        changed_at: house.now(),
        version: 1,
    };
    let mut tx = house.db.write().await.expect("a turn");
    let id = stored::add(&mut tx, &kept).await.expect("added");
    let event = KeptEvent {
        number: 1,
        at: house.now(),
        day: today,
        kind: "filed".to_owned(),
        person: None,
        name: None,
        acting_for: None,
        for_name: None,
        what: r#"{"did":"filed"}"#.to_owned(),
        sealed: None,
    };
    stored::add_event(&mut tx, id, &event).await.expect("added");
    tx.commit().await.expect("kept");
    id
}

/// A job that failed; its number.
pub(super) async fn failed_job(test: &TestHouse) -> i64 {
    let job = jobs::NewJob {
        kind: "test",
        payload: "null".to_owned(),
        dedupe: None,
        // Before whatever else waits.
        run_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let (house, hour) = (&test.house, jiff::SignedDuration::from_hours(1));
    let mut tx = house.db.write().await.expect("a turn");
    let now = house.now();
    jobs::enqueue(&mut tx, &job, now).await.expect("enqueued");
    let claimed = jobs::claim(&mut tx, "test", now, hour).await;
    let id = claimed.expect("claimed").expect("a job").id;
    jobs::failed(&mut tx, id, "test", now, "-")
        .await
        .expect("failed");
    tx.commit().await.expect("kept");
    id
}

/// A message that was refused; its number.
pub(super) async fn refused_message(test: &TestHouse, number: usize) -> i64 {
    let (house, destination) = (&test.house, format!("test/{number}"));
    let key = house.vault.new_key().await.expect("a key");
    let new = outbox::NewMessage {
        message: format!("message-{number}"),
        channel: Channel::Mail,
        destination: destination.clone(),
        purpose: "test".to_owned(),
        shown: "-".to_owned(),
        sealed: key.seal("outbox", b"-"),
        key: key.id,
        expires_at: None,
    };
    let mut tx = house.db.write().await.expect("a turn");
    let now = house.now();
    let id = outbox::add(&mut tx, &new, now).await.expect("added");
    let claimed = outbox::claim(&mut tx, &destination, "test", now, now).await;
    assert_eq!(claimed.expect("claimed").map(|one| one.id), Some(id));
    outbox::ended(&mut tx, id, "test", State::Refused, now, "-")
        .await
        .expect("ended");
    tx.commit().await.expect("kept");
    id
}

/// A subscription, made by who may; its number.
pub(super) async fn webhook(test: &TestHouse, system: &Somebody) -> i64 {
    let signed = signed(test, system).await;
    let typed = gongkai_app::outbox::Typed {
        name: "市数据平台".to_owned(),
        url: "https://data.example.gov.cn/hook".to_owned(),
        events: vec!["organization.changed".to_owned()],
    };
    let made = gongkai_app::outbox::subscribe(&test.house, &signed, "key", &typed).await;
    made.expect("made").id
}

pub(super) struct Running {
    pub(super) address: String,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

pub(super) fn serve(test: &TestHouse) -> Running {
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
    pub(super) fn end(self) {
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }
}

/// Lends a person's role to another, who is then a person to ask as.
pub(super) async fn lent(test: &TestHouse, lender: Somebody, mut borrower: Somebody) -> Somebody {
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
