//! Requests for tests: applications of invented people, and a body with its
//! sections and people, put straight into the store.

pub mod replies;

use std::sync::OnceLock;

use gongkai_app::house::House;
use gongkai_app::people::{self as staff, SignedIn};
use gongkai_app::requests::Visitor;
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{
    OpenWays, Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::requests::application::Typed;
use gongkai_store::organization;
use gongkai_store::people::{self, NewPerson, Sealed, entry};
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

/// A day before which nothing happens in tests.
pub const SINCE: Date = date(2000, 1, 1);

/// An application of the `n`-th invented person, in a form: a mail address, a
/// telephone that ends with `n`.
pub fn typed(n: u32) -> Typed {
    Typed {
        kind: "natural_person".to_owned(),
        name: format!("柳{n}禾·𬴂"),
        document_kind: "resident_id".to_owned(),
        document_number: crate::register::number(n),
        phone: format!("199{n:08}"),
        mail: format!("liu{n:04}@example.com"),
        address: "云溪县东街 7 号".to_owned(),
        description: format!("{n} 号河段 2025 年水质监测报告"),
        receiving: "mail".to_owned(),
        medium: "electronic".to_owned(),
        ..Typed::default()
    }
}

/// The end of the telephone of the `n`-th invented person.
pub fn tail(n: u32) -> String {
    format!("{:04}", n % 10_000)
}

/// Somebody of the public.
pub fn visitor() -> &'static Visitor {
    static VISITOR: OnceLock<Visitor> = OnceLock::new();
    VISITOR.get_or_init(|| Visitor {
        source: "192.0.2.7".to_owned(),
        request: "test".to_owned(),
    })
}

/// Which ways of applying a body has open, written past the node: it learns of it when
/// it asks.
///
/// # Panics
/// If it cannot be kept.
pub async fn open_by(house: &House, body: OrganizationId, open: OpenWays) {
    change(house, body, |body| body.office.open = open).await;
}

/// Ends a body after a day.
///
/// # Panics
/// If it cannot be kept.
pub async fn ended(house: &House, body: OrganizationId, last: Date) {
    let until = Validity::new(SINCE, Some(last)).expect("a time");
    change(house, body, |body| body.validity = until).await;
}

async fn change(house: &House, body: OrganizationId, change: impl FnOnce(&mut Organization)) {
    let mut tx = house.db.write().await.expect("a turn");
    organization::lock(&mut tx).await.expect("a turn");
    let kept = organization::get(&mut tx, body).await.expect("read");
    let mut kept = kept.expect("a body");
    change(&mut kept.body);
    let changed = organization::update(&mut tx, &kept.body, kept.version, house.now()).await;
    changed.expect("changed");
    tx.commit().await.expect("kept");
}

/// What stands on every letter of a bureau.
pub fn letterhead() -> Letterhead {
    Letterhead {
        word: "云水".to_owned(),
        review_body: "云溪县人民政府".to_owned(),
        online_channel: "www.yunxi.example".to_owned(),
        payment: "到服务窗口缴纳".to_owned(),
        ..Letterhead::default()
    }
}

/// Founds a body; its number.
///
/// # Panics
/// If it cannot be kept.
pub async fn found(
    house: &House,
    name: &str,
    kind: OrganizationKind,
    parent: Option<OrganizationId>,
) -> OrganizationId {
    let body = Organization {
        parent,
        ..Organization::draft(name, kind, Validity::since(SINCE))
    };
    let mut tx = house.db.write().await.expect("a turn");
    organization::lock(&mut tx).await.expect("a turn");
    let id = organization::insert(&mut tx, &body, house.now()).await;
    tx.commit().await.expect("kept");
    id.expect("founded")
}

/// Somebody who works in a body and holds roles there, with everything set up.
///
/// # Panics
/// If they cannot be kept.
pub async fn person(house: &House, login: &str, at: OrganizationId, roles: &[Role]) -> PersonId {
    let key = house.vault.new_key().await.expect("a key");
    let mail = key.seal("mail", format!("{login}@example.gov.cn").as_bytes());
    let new = NewPerson {
        login: login.to_owned(),
        login_key: login.to_owned(),
        display_name: format!("{login}·𬴂"),
        organization: Some(at),
        key: key.id.clone(),
        phone: Sealed::default(),
        mail: Sealed {
            bytes: Some(mail),
            index: None,
        },
    };
    let now = house.now();
    let mut tx = house.db.write().await.expect("a turn");
    let id = people::add(&mut tx, &new, now).await.expect("added");
    let set = entry::set_password(&mut tx, id, "-", now, 5).await;
    set.expect("set");
    let sealed = key.seal("totp", &[0; 20]);
    let set = entry::set_totp(&mut tx, id, Some(&sealed), 0).await;
    set.expect("set");
    let person = people::get(&mut tx, id).await.expect("read");
    let version = person.expect("there").version;
    let set = people::set_state(&mut tx, id, "active", false, version).await;
    set.expect("set");
    for role in roles {
        let grant = Grant {
            person: id,
            organization: Some(at),
            role: *role,
            validity: Validity::since(SINCE),
        };
        let granted = people::grant(&mut tx, &grant, None, now).await;
        granted.expect("granted");
    }
    tx.commit().await.expect("kept");
    id
}

/// Who somebody is who has just come in.
///
/// # Panics
/// If they cannot.
pub async fn signed(house: &House, id: PersonId) -> SignedIn {
    let token = come_in(house, id).await;
    let found = staff::resolve(house, &token, "127.0.0.1", "test").await;
    found.expect("looked up").expect("someone")
}

/// A session of somebody who has just come in; what their browser keeps of it.
///
/// # Panics
/// If they cannot.
pub async fn come_in(house: &House, id: PersonId) -> String {
    let token = house.token();
    let now = house.now();
    // A password that was set long ago may have run out: it is set anew.
    let mut tx = house.db.write().await.expect("a turn");
    let set = entry::set_password(&mut tx, id, "-", now, 5).await;
    set.expect("set");
    let session = entry::Session {
        digest: hex::encode(Sha256::digest(token.as_bytes())),
        person: id,
        factors: 2,
        begun_at: now,
        used_at: now,
        source: "127.0.0.1".to_owned(),
        agent: "test".to_owned(),
        door: Door::Password,
    };
    let begun = entry::begin_session(&mut tx, &session).await;
    begun.expect("begun");
    tx.commit().await.expect("kept");
    token
}

/// A bureau with a section, everybody who works on requests, and another bureau
/// with a clerk.
#[derive(Debug, Clone)]
pub struct Bureau {
    /// The house.
    pub house: House,
    /// The bureau.
    pub own: OrganizationId,
    /// A section of it.
    pub section: OrganizationId,
    /// Another bureau.
    pub other: OrganizationId,
    /// The clerk of the disclosure office.
    pub clerk: PersonId,
    /// Who works on cases.
    pub handler: PersonId,
    /// Who reviews.
    pub reviewer: PersonId,
    /// Who reviews the lawfulness.
    pub legal: PersonId,
    /// Who reviews for secrets.
    pub secrecy: PersonId,
    /// The head of the disclosure office.
    pub head: PersonId,
    /// Who decides.
    pub leader: PersonId,
    /// A handler of the section, who holds no role in the bureau.
    pub inside: PersonId,
    /// The clerk of the other bureau.
    pub stranger: PersonId,
}

impl Bureau {
    /// Founds it.
    ///
    /// # Panics
    /// If it cannot be kept.
    pub async fn new(house: &House) -> Self {
        let own = found(house, "云溪县水务局", OrganizationKind::Department, None).await;
        let section = found(house, "水资源股", OrganizationKind::Section, Some(own)).await;
        let other = found(house, "云溪县财政局", OrganizationKind::Department, None).await;
        let come = async |login: &str, role| person(house, login, own, &[role]).await;
        Self {
            clerk: come("clerk", Role::Clerk).await,
            handler: come("handler", Role::Handler).await,
            reviewer: come("reviewer", Role::Reviewer).await,
            legal: come("legal", Role::LegalReviewer).await,
            secrecy: come("secrecy", Role::SecrecyReviewer).await,
            head: come("head", Role::OfficeHead).await,
            leader: come("leader", Role::Leader).await,
            inside: person(house, "inside", section, &[Role::Handler]).await,
            stranger: person(house, "stranger", other, &[Role::Clerk]).await,
            own,
            section,
            other,
            house: house.clone(),
        }
    }

    /// Somebody of it, who has just come in.
    pub async fn signed(&self, id: PersonId) -> SignedIn {
        signed(&self.house, id).await
    }
}
