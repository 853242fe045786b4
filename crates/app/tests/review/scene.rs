//! A bureau and its people, and what they do with papers.

use std::collections::BTreeSet;

use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, SignedIn};
use gongkai_app::review::papers::{self, Query, Seen, Typed};
use gongkai_app::review::steps::{self, Asked};
use gongkai_app::review::{ReviewError, tasks};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::{Delegation, Grant, Role};
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::review::State;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::{Language, Words};
use gongkai_store::audit::{Search, search};
use gongkai_store::people::{self, NewPerson, Sealed, delegations, entry};
use gongkai_store::{copy, organization};
use gongkai_testkit::house::TestHouse;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};
pub(super) const SINCE: Date = date(2020, 1, 1);

/// Founds a body; its number.
pub(super) async fn found(
    test: &TestHouse,
    name: &str,
    kind: OrganizationKind,
    parent: Option<OrganizationId>,
) -> OrganizationId {
    let body = Organization {
        parent,
        ..Organization::draft(name, kind, Validity::since(SINCE))
    };
    let mut tx = test.house.db.write().await.expect("a turn");
    organization::lock(&mut tx).await.expect("a turn");
    let id = organization::insert(&mut tx, &body, test.house.now()).await;
    tx.commit().await.expect("kept");
    id.expect("founded")
}

/// Somebody who works in a body and holds roles there, put straight into the
/// store.
pub(super) async fn person(
    test: &TestHouse,
    login: &str,
    at: OrganizationId,
    roles: &[Role],
) -> PersonId {
    let house = &test.house;
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
    entry::set_password(&mut tx, id, "-", now, 5)
        .await
        .expect("set");
    let sealed = key.seal("totp", &[0; 20]);
    entry::set_totp(&mut tx, id, Some(&sealed), 0)
        .await
        .expect("set");
    let person = people::get(&mut tx, id).await.expect("read");
    let version = person.expect("there").version;
    people::set_state(&mut tx, id, "active", false, version)
        .await
        .expect("set");
    tx.commit().await.expect("kept");
    for role in roles {
        grant(test, id, at, *role).await;
    }
    id
}

pub(super) async fn grant(test: &TestHouse, person: PersonId, at: OrganizationId, role: Role) {
    let grant = Grant {
        person,
        organization: Some(at),
        role,
        validity: Validity::since(SINCE),
    };
    let mut tx = test.house.db.write().await.expect("a turn");
    let granted = people::grant(&mut tx, &grant, None, test.house.now()).await;
    granted.expect("granted");
    tx.commit().await.expect("kept");
}

/// Lends a role for a month from today.
pub(super) async fn lend(
    test: &TestHouse,
    from: PersonId,
    to: PersonId,
    organization: OrganizationId,
    role: Role,
) {
    let today = test.house.today();
    let delegation = Delegation {
        from,
        to,
        organization,
        roles: vec![role],
        from_day: today,
        until_day: today.saturating_add(jiff::ToSpan::days(29)),
        reason: "培训".to_owned(),
    };
    let mut tx = test.house.db.write().await.expect("a turn");
    delegations::add(&mut tx, &delegation, test.house.now())
        .await
        .expect("lent");
    tx.commit().await.expect("kept");
}

/// Who somebody is who has just come in, on a node.
pub(super) async fn signed_at(house: &House, id: PersonId) -> SignedIn {
    let token = house.token();
    let session = entry::Session {
        digest: hex::encode(Sha256::digest(token.as_bytes())),
        person: id,
        factors: 2,
        begun_at: house.now(),
        used_at: house.now(),
        source: "127.0.0.1".to_owned(),
        agent: "test".to_owned(),
        door: Door::Password,
    };
    let mut tx = house.db.write().await.expect("a turn");
    entry::begin_session(&mut tx, &session)
        .await
        .expect("begun");
    tx.commit().await.expect("kept");
    let found = staff::resolve(house, &token, "127.0.0.1", "test").await;
    found.expect("looked up").expect("someone")
}

/// A bureau with everybody whom the usual chain of official papers needs.
pub(super) struct Scene<'a> {
    pub(super) test: &'a TestHouse,
    pub(super) bureau: OrganizationId,
    pub(super) clerk: PersonId,
    pub(super) reviewer: PersonId,
    pub(super) legal: PersonId,
    pub(super) secrecy: PersonId,
    pub(super) head: PersonId,
    pub(super) leader: PersonId,
}

impl<'a> Scene<'a> {
    pub(super) async fn new(test: &'a TestHouse) -> Self {
        let bureau = found(test, "云溪县水务局", OrganizationKind::Department, None).await;
        let come = async |login: &str, role| person(test, login, bureau, &[role]).await;
        Self {
            clerk: come("clerk", Role::Clerk).await,
            reviewer: come("reviewer", Role::Reviewer).await,
            legal: come("legal", Role::LegalReviewer).await,
            secrecy: come("secrecy", Role::SecrecyReviewer).await,
            head: come("head", Role::OfficeHead).await,
            leader: come("leader", Role::Leader).await,
            bureau,
            test,
        }
    }

    pub(super) fn house(&self) -> &House {
        &self.test.house
    }

    pub(super) fn sent(&self) -> Sent {
        Sent::new("review", &self.house().token(), [])
    }

    pub(super) async fn signed(&self, id: PersonId) -> SignedIn {
        signed_at(self.house(), id).await
    }

    /// A paper of somebody's, as it was written.
    pub(super) async fn write(&self, by: PersonId, matter: Matter) -> i64 {
        let signed = self.signed(by).await;
        let typed = typed("关于做好𫓧𩽾河防汛工作的通知", "第一段\n第二段");
        let sent = self.sent();
        let made = papers::write(self.house(), &signed, &sent, self.bureau, matter, &typed).await;
        made.expect("written")
    }

    /// The same, handed in.
    pub(super) async fn handed_in(&self, by: PersonId) -> i64 {
        let id = self.write(by, Matter::Document).await;
        self.hand_in(by, id, "").await.expect("handed in");
        id
    }

    pub(super) async fn see(&self, id: i64) -> Seen {
        let signed = self.signed(self.head).await;
        let seen = papers::see(self.house(), &signed, Action::ReviewSee, id).await;
        seen.expect("seen")
    }

    pub(super) async fn digest(&self, id: i64) -> String {
        self.see(id).await.content.digest().as_str().to_owned()
    }

    pub(super) async fn state(&self, id: i64) -> State {
        let seen = self.see(id).await;
        seen.review().expect("a review").review.state()
    }

    pub(super) async fn hand_in(
        &self,
        by: PersonId,
        id: i64,
        answer: &str,
    ) -> Result<State, ReviewError> {
        let (signed, digest) = (self.signed(by).await, self.digest(id).await);
        steps::hand_in(self.house(), &signed, &self.sent(), id, &digest, answer).await
    }

    pub(super) async fn take(
        &self,
        by: PersonId,
        id: i64,
        step: &str,
    ) -> Result<State, ReviewError> {
        let asked = Asked {
            step: step.to_owned(),
            digest: self.digest(id).await,
            approved: true,
            ..Asked::default()
        };
        self.take_as(by, id, &asked).await
    }

    pub(super) async fn take_as(
        &self,
        by: PersonId,
        id: i64,
        asked: &Asked,
    ) -> Result<State, ReviewError> {
        let signed = self.signed(by).await;
        steps::take(self.house(), &signed, &self.sent(), id, asked).await
    }

    pub(super) async fn give_back(
        &self,
        by: PersonId,
        id: i64,
        step: &str,
        remarks: &[(&str, &str)],
    ) -> Result<State, ReviewError> {
        let own = |(place, text): &(&str, &str)| ((*place).to_owned(), (*text).to_owned());
        let asked = Asked {
            step: step.to_owned(),
            digest: self.digest(id).await,
            remarks: remarks.iter().map(own).collect(),
            ..Asked::default()
        };
        self.take_as(by, id, &asked).await
    }

    pub(super) async fn change(
        &self,
        by: PersonId,
        id: i64,
        body: &str,
    ) -> Result<(), ReviewError> {
        let (signed, seen) = (self.signed(by).await, self.see(id).await);
        let typed = typed(&seen.content.title, body);
        let edition = seen.paper.edition;
        papers::change(self.house(), &signed, &self.sent(), id, edition, &typed).await
    }

    pub(super) async fn effect(
        &self,
        by: PersonId,
        id: i64,
        digest: &str,
    ) -> Result<State, ReviewError> {
        let signed = self.signed(by).await;
        steps::take_effect(self.house(), &signed, &self.sent(), id, digest).await
    }

    pub(super) async fn hurry(
        &self,
        by: PersonId,
        id: i64,
        reason: &str,
    ) -> Result<State, ReviewError> {
        let (signed, digest) = (self.signed(by).await, self.digest(id).await);
        steps::hurry(self.house(), &signed, &self.sent(), id, &digest, reason).await
    }

    /// Everybody whom the usual chain needs approves.
    pub(super) async fn approved_by_all(&self, id: i64) {
        for (by, step) in [
            (self.reviewer, "review"),
            (self.secrecy, "secrecy"),
            (self.legal, "legal"),
            (self.leader, "sign"),
        ] {
            self.take(by, id, step).await.expect("approved");
        }
    }

    /// What waits for somebody: papers and steps.
    pub(super) async fn tasks(&self, of: PersonId) -> Vec<(i64, String)> {
        let signed = self.signed(of).await;
        let found = tasks::tasks(self.house(), &signed, None).await;
        let found = found.expect("tasks");
        let back = found.own.iter();
        let back = back.filter(|own| ["returned", "wanting"].contains(&own.paper.state.as_str()));
        let back = back.count();
        let count = tasks::count(self.house(), &signed).await.expect("a count");
        assert_eq!(count, Some(found.count + back));
        let steps = found.steps.into_iter();
        steps.map(|task| (task.paper.paper.id, task.step)).collect()
    }

    /// How often an action stands in the trail with an outcome.
    pub(super) async fn trail(&self, action: Action, outcome: Outcome) -> usize {
        let mut tx = self.house().db.read().await.expect("a state");
        let wanted = Search {
            action: Some(action.key().to_owned()),
            outcome: Some(outcome),
            ..Search::default()
        };
        let found = search(&mut tx, &wanted, i64::MAX, 1000).await;
        found.expect("the trail").len()
    }

    pub(super) async fn rows(&self, table: &str) -> u64 {
        let contents = copy::contents(&self.house().db).await;
        contents.expect("what there is")[table].rows
    }

    /// Sends the mail that waits; to whom, and about what.
    pub(super) async fn mail(&self) -> BTreeSet<(String, String)> {
        let before = self.test.outbox.sent().len();
        self.test.runner().run_all().await.expect("done");
        let sent = self.test.outbox.sent();
        let sent = sent[before..].iter();
        sent.map(|mail| {
            (
                mail.to.as_str().to_owned(),
                mail.subject.as_str().to_owned(),
            )
        })
        .collect()
    }
}

pub(super) fn typed(title: &str, body: &str) -> Typed {
    Typed {
        title: title.to_owned(),
        body: body.to_owned(),
        ..Typed::default()
    }
}

/// The identifiers of what was refused, after proving that both catalogues say
/// it whole.
pub(super) fn ids<T: std::fmt::Debug>(result: Result<T, ReviewError>) -> Vec<String> {
    let messages = match result {
        Err(ReviewError::Refused(messages)) => messages,
        Err(ReviewError::Denied(message)) => vec![message],
        other => panic!("not refused: {other:?}"),
    };
    for message in &messages {
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            assert!(words.has(&message.id), "{}", message.id);
            assert!(!words.render(message).contains("{$"), "{}", message.id);
        }
    }
    let ids = messages.into_iter();
    ids.map(|message| message.id.into_owned()).collect()
}

/// All files below a folder.
pub(super) fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found
}

/// A list with everything that somebody may see.
pub(super) async fn all_seen(house: &House, signed: &SignedIn) -> Result<Vec<i64>, ReviewError> {
    let query = Query {
        most: 100,
        ..Query::default()
    };
    let page = papers::list(house, signed, &query).await?;
    let ids: Vec<i64> = page.papers.iter().map(|one| one.paper.id).collect();
    assert_eq!(
        usize::try_from(page.count),
        Ok(ids.len()),
        "what is counted is listed"
    );
    Ok(ids)
}

/// Time goes on, to nine in the morning so many days later.
pub(super) fn days_later(test: &TestHouse, days: i64) {
    test.clock.advance(SignedDuration::from_hours(24 * days));
}
