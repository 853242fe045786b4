//! Who holds entries, who may see them, and what they do.

use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, Order};
use gongkai_app::people::{self, SignedIn};
use gongkai_app::register::{self, By, Listed, RegisterError, RegisterId};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::organization;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::people::{Office, Staff};
use gongkai_testkit::register::Person;
use sha2::Digest;
/// Two bureaus; in one a clerk and the head of the office, in the other a clerk.
pub(super) struct Scene {
    pub(super) house: House,
    pub(super) own: OrganizationId,
    pub(super) other: OrganizationId,
    pub(super) clerk: SignedIn,
    pub(super) head: SignedIn,
    pub(super) stranger: SignedIn,
    pub(super) system: SignedIn,
}

pub(super) async fn scene(test: &TestHouse) -> Scene {
    let house = test.house.clone();
    let office = Office::new(house.clone());
    let [system, security, _] = office.administrators().await;
    let own = test.department("云溪县水务局").await;
    let other = test.department("云溪县财政局").await;
    let security = office.signed(&security.token).await;
    let hire = async |login: &str, role: Role, at: OrganizationId| -> SignedIn {
        let (id, staff): (_, Staff) = office.person(&system, login).await;
        people::grant(
            &house,
            &security,
            id,
            &people::NewGrant::since(role, Some(at), security.today),
        )
        .await
        .expect("granted");
        office.signed(&staff.token).await
    };
    Scene {
        own,
        other,
        clerk: hire("clerk", Role::Clerk, own).await,
        head: hire("head", Role::OfficeHead, own).await,
        stranger: hire("stranger", Role::Clerk, other).await,
        system: office.signed(&system.token).await,
        house,
    }
}

/// A server can only wait for what may go from thread to thread.
pub(super) fn served<F: Future + Send>(doing: F) -> F {
    doing
}

impl Scene {
    pub(super) async fn try_add(
        &self,
        signed: &SignedIn,
        at: OrganizationId,
        person: &Person,
    ) -> Result<RegisterId, RegisterError> {
        let key = self.house.token();
        let typed = person.as_typed();
        served(register::add(&self.house, signed, &key, Some(at), typed)).await
    }

    pub(super) async fn add(&self, person: &Person) -> RegisterId {
        let made = self.try_add(&self.clerk, self.own, person).await;
        made.expect("made")
    }

    pub(super) async fn listed(&self, signed: &SignedIn) -> (Vec<Listed>, i64) {
        let page = served(register::list(&self.house, signed, None, 100)).await;
        let page = page.expect("a page");
        (page.entries, page.count)
    }

    pub(super) async fn found(&self, signed: &SignedIn, by: By, text: &str) -> Vec<RegisterId> {
        let found = served(register::find(&self.house, signed, by, text)).await;
        let entries = found.expect("looked").entries;
        entries.into_iter().map(|entry| entry.id).collect()
    }

    pub(super) async fn see(
        &self,
        signed: &SignedIn,
        id: RegisterId,
    ) -> Result<Listed, RegisterError> {
        let see = Action::PersonsRegisterSee;
        served(register::see(&self.house, signed, see, id)).await
    }

    pub(super) async fn change(
        &self,
        signed: &SignedIn,
        seen: (RegisterId, i64),
        person: &Person,
    ) -> Result<(), RegisterError> {
        let (key, typed) = (self.house.token(), person.as_typed());
        served(register::change(
            &self.house,
            signed,
            &key,
            seen,
            typed,
            false,
        ))
        .await
    }

    pub(super) async fn erase(
        &self,
        signed: &SignedIn,
        seen: (RegisterId, i64),
        reason: &str,
    ) -> Result<(), RegisterError> {
        let key = self.house.token();
        served(register::erase(&self.house, signed, &key, seen, reason)).await
    }

    /// The trail of an action, the newest first.
    pub(super) async fn trail(&self, action: Action) -> Vec<Stored> {
        let asked = Search {
            action: Some(action.key().to_owned()),
            ..Search::default()
        };
        let mut tx = self.house.db.read().await.expect("a state");
        let found = search(&mut tx, &asked, i64::MAX, 1000).await;
        found.expect("the trail")
    }
}

pub(super) fn ids<T: std::fmt::Debug>(result: Result<T, RegisterError>) -> Vec<String> {
    match result {
        Err(RegisterError::Refused(messages)) => {
            messages.into_iter().map(|m| m.id.into_owned()).collect()
        }
        Err(RegisterError::Denied(message)) => vec![message.id.into_owned()],
        Err(RegisterError::Missing) => vec!["missing".to_owned()],
        other => panic!("not refused: {other:?}"),
    }
}

/// The entry as somebody types a change who leaves the numbers as they are.
pub(super) fn renamed(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        kind: "resident_id",
        number: String::new(),
        phone: String::new(),
    }
}

pub(super) async fn run_jobs(test: &TestHouse) -> usize {
    test.runner().run_all().await.expect("done")
}

/// Somebody as they are now, by a session of their own.
pub(super) async fn resolved(office: &Office, signed: &SignedIn) -> SignedIn {
    let token = office.house.token();
    let session = gongkai_store::people::entry::Session {
        digest: hex::encode(sha2::Sha256::digest(token.as_bytes())),
        ..signed.session.clone()
    };
    let mut tx = office.house.db.write().await.expect("a turn");
    let begun = gongkai_store::people::entry::begin_session(&mut tx, &session).await;
    begun.expect("begun");
    tx.commit().await.expect("kept");
    office.signed(&token).await
}

/// The bureau is renamed; what was held in it goes on in the new one.
pub(super) async fn rename(scene: &Scene, name: &str) -> OrganizationId {
    let order = Order {
        founded: vec![name.to_owned()],
        ..Order::from(Succession {
            kind: SuccessionKind::Renamed,
            from: vec![scene.own],
            to: Vec::new(),
            on: scene.clerk.today,
            basis: "云编〔2026〕7号".to_owned(),
        })
    };
    let sent = Sent::new("succession", &scene.house.token(), []);
    let system = &scene.system;
    let made = bodies::succeed(&scene.house, &system.who, &system.actor, &sent, &order);
    made.await.expect("renamed");
    let mut tx = scene.house.db.read().await.expect("a state");
    let all = organization::all(&mut tx).await.expect("bodies");
    let heir = all.into_iter().find(|kept| kept.body.name == name);
    heir.expect("the new body").body.id
}

/// The same people in another house.
pub(super) fn scene_of(scene: &Scene) -> Scene {
    Scene {
        house: scene.house.clone(),
        own: scene.own,
        other: scene.other,
        clerk: scene.clerk.clone(),
        head: scene.head.clone(),
        stranger: scene.stranger.clone(),
        system: scene.system.clone(),
    }
}
