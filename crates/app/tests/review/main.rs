//! Papers under review as people handle them, each case in a house on both
//! engines.

mod chains;
mod model;
mod own;
mod races;
mod sight;
mod times;

use std::collections::BTreeSet;

use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, SignedIn};
use gongkai_app::review::papers::{self, Brought, Query, Seen, Typed};
use gongkai_app::review::steps::{self, Asked};
use gongkai_app::review::{ReviewError, tasks, timeline};
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
use gongkai_testkit::in_both_houses;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

const SINCE: Date = date(2020, 1, 1);

/// Founds a body; its number.
async fn found(
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
async fn person(test: &TestHouse, login: &str, at: OrganizationId, roles: &[Role]) -> PersonId {
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

async fn grant(test: &TestHouse, person: PersonId, at: OrganizationId, role: Role) {
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
async fn lend(
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
async fn signed_at(house: &House, id: PersonId) -> SignedIn {
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
struct Scene<'a> {
    test: &'a TestHouse,
    bureau: OrganizationId,
    clerk: PersonId,
    reviewer: PersonId,
    legal: PersonId,
    secrecy: PersonId,
    head: PersonId,
    leader: PersonId,
}

impl<'a> Scene<'a> {
    async fn new(test: &'a TestHouse) -> Self {
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

    fn house(&self) -> &House {
        &self.test.house
    }

    fn sent(&self) -> Sent {
        Sent::new("review", &self.house().token(), [])
    }

    async fn signed(&self, id: PersonId) -> SignedIn {
        signed_at(self.house(), id).await
    }

    /// A paper of somebody's, as it was written.
    async fn write(&self, by: PersonId, matter: Matter) -> i64 {
        let signed = self.signed(by).await;
        let typed = typed("关于做好𫓧𩽾河防汛工作的通知", "第一段\n第二段");
        let sent = self.sent();
        let made = papers::write(self.house(), &signed, &sent, self.bureau, matter, &typed).await;
        made.expect("written")
    }

    /// The same, handed in.
    async fn handed_in(&self, by: PersonId) -> i64 {
        let id = self.write(by, Matter::Document).await;
        self.hand_in(by, id, "").await.expect("handed in");
        id
    }

    async fn see(&self, id: i64) -> Seen {
        let signed = self.signed(self.head).await;
        let seen = papers::see(self.house(), &signed, Action::ReviewSee, id).await;
        seen.expect("seen")
    }

    async fn digest(&self, id: i64) -> String {
        self.see(id).await.content.digest().as_str().to_owned()
    }

    async fn state(&self, id: i64) -> State {
        let seen = self.see(id).await;
        seen.review().expect("a review").review.state()
    }

    async fn hand_in(&self, by: PersonId, id: i64, answer: &str) -> Result<State, ReviewError> {
        let (signed, digest) = (self.signed(by).await, self.digest(id).await);
        steps::hand_in(self.house(), &signed, &self.sent(), id, &digest, answer).await
    }

    async fn take(&self, by: PersonId, id: i64, step: &str) -> Result<State, ReviewError> {
        let asked = Asked {
            step: step.to_owned(),
            digest: self.digest(id).await,
            approved: true,
            ..Asked::default()
        };
        self.take_as(by, id, &asked).await
    }

    async fn take_as(&self, by: PersonId, id: i64, asked: &Asked) -> Result<State, ReviewError> {
        let signed = self.signed(by).await;
        steps::take(self.house(), &signed, &self.sent(), id, asked).await
    }

    async fn give_back(
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

    async fn change(&self, by: PersonId, id: i64, body: &str) -> Result<(), ReviewError> {
        let (signed, seen) = (self.signed(by).await, self.see(id).await);
        let typed = typed(&seen.content.title, body);
        let edition = seen.paper.edition;
        papers::change(self.house(), &signed, &self.sent(), id, edition, &typed).await
    }

    async fn effect(&self, by: PersonId, id: i64, digest: &str) -> Result<State, ReviewError> {
        let signed = self.signed(by).await;
        steps::take_effect(self.house(), &signed, &self.sent(), id, digest).await
    }

    async fn hurry(&self, by: PersonId, id: i64, reason: &str) -> Result<State, ReviewError> {
        let (signed, digest) = (self.signed(by).await, self.digest(id).await);
        steps::hurry(self.house(), &signed, &self.sent(), id, &digest, reason).await
    }

    /// Everybody whom the usual chain needs approves.
    async fn approved_by_all(&self, id: i64) {
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
    async fn tasks(&self, of: PersonId) -> Vec<(i64, String)> {
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
    async fn trail(&self, action: Action, outcome: Outcome) -> usize {
        let mut tx = self.house().db.read().await.expect("a state");
        let wanted = Search {
            action: Some(action.key().to_owned()),
            outcome: Some(outcome),
            ..Search::default()
        };
        let found = search(&mut tx, &wanted, i64::MAX, 1000).await;
        found.expect("the trail").len()
    }

    async fn rows(&self, table: &str) -> u64 {
        let contents = copy::contents(&self.house().db).await;
        contents.expect("what there is")[table].rows
    }

    /// Sends the mail that waits; to whom, and about what.
    async fn mail(&self) -> BTreeSet<(String, String)> {
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

fn typed(title: &str, body: &str) -> Typed {
    Typed {
        title: title.to_owned(),
        body: body.to_owned(),
        ..Typed::default()
    }
}

/// The identifiers of what was refused, after proving that both catalogues say
/// it whole.
fn ids<T: std::fmt::Debug>(result: Result<T, ReviewError>) -> Vec<String> {
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

in_both_houses! {
    async fn a_paper_goes_through_its_chain_and_takes_effect_as_it_was_approved(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        assert_eq!(scene.tasks(scene.leader).await, []);
        assert_eq!(ids(scene.take(scene.leader, id, "sign").await), ["review-step-not-open"]);
        assert_eq!(ids(scene.take(scene.legal, id, "review").await), ["review-other-role"]);
        let digest = scene.digest(id).await;
        assert_eq!(ids(scene.effect(scene.clerk, id, &digest).await), ["review-not-approved"]);
        scene.approved_by_all(id).await;
        assert_eq!(scene.state(id).await, State::Approved);
        assert_eq!(scene.tasks(scene.leader).await, []);
        let other = "0".repeat(64);
        assert_eq!(ids(scene.effect(scene.clerk, id, &other).await), ["review-changed-meanwhile"]);
        assert_eq!(scene.effect(scene.clerk, id, &digest).await.expect("in effect"), State::Effective);
        assert_eq!(ids(scene.change(scene.clerk, id, "改").await), ["review-over"]);
        let seen = scene.see(id).await;
        let words = Words::of(Language::Chinese);
        let told: Vec<(String, String)> = timeline::entries(words, &seen)
            .into_iter()
            .map(|entry| (entry.person, entry.what))
            .collect();
        let expected = [
            ("clerk·𬴂", "报送"),
            ("reviewer·𬴂", "审核：通过（审核人）"),
            ("secrecy·𬴂", "保密审查：通过（保密审查员）"),
            ("legal·𬴂", "合法性审核：通过（合法性审核人）"),
            ("leader·𬴂", "签发：通过（分管领导）"),
            ("clerk·𬴂", "生效"),
        ];
        let told: Vec<(&str, &str)> = told.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
        assert_eq!(told, expected);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Done).await, 4);
        let mail = scene.mail().await;
        let approved = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿审签通过"));
        assert!(mail.contains(&approved), "{mail:?}");
        let told = ("leader@example.gov.cn".to_owned(), format!("第 {id} 号送审稿等您办理"));
        assert!(mail.contains(&told), "{mail:?}");
        test.close().await;
    }

    async fn a_change_voids_what_was_approved_and_both_stay_in_the_file(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let first = scene.digest(id).await;
        scene.approved_by_all(id).await;
        scene.change(scene.clerk, id, "第一段\n第二段改").await.expect("changed");
        assert_eq!(scene.state(id).await, State::Returned);
        for digest in [first, scene.digest(id).await] {
            assert_eq!(ids(scene.effect(scene.clerk, id, &digest).await), ["review-not-approved"]);
        }
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let seen = scene.see(id).await;
        let review = &seen.review().expect("a review").review;
        assert_eq!((review.taken().len(), review.void().len()), (0, 4));
        assert_eq!(seen.editions.len(), 2);
        let (edition, old) = seen.earlier.as_ref().expect("an edition before");
        let pieces = timeline::differences(old, &seen.content);
        assert_eq!((*edition, pieces.len()), (1, 4));
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_came_back_says_where_and_how(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        for remarks in [&[][..], &[("第2段", " ")][..]] {
            let returned = scene.give_back(scene.reviewer, id, "review", remarks).await;
            assert_eq!(ids(returned), ["review-return-without-remark"]);
        }
        let remarks = [("第2段", "依据的条款不对"), ("", "标题太长")];
        let returned = scene.give_back(scene.reviewer, id, "review", &remarks).await;
        assert_eq!(returned.expect("returned"), State::Returned);
        let seen = scene.see(id).await;
        let entries = timeline::entries(Words::of(Language::Chinese), &seen);
        let said = &entries.last().expect("an entry").remarks;
        let expected = remarks.map(|(place, text)| (place.to_owned(), text.to_owned()));
        assert_eq!(*said, expected);
        // The clerk finds it on the desk, and goes on with an answer or a change.
        let signed = scene.signed(scene.clerk).await;
        assert_eq!(tasks::count(scene.house(), &signed).await.expect("a count"), Some(1));
        assert_eq!(ids(scene.hand_in(scene.clerk, id, " ").await), ["review-nothing-changed"]);
        scene.hand_in(scene.clerk, id, "条款已核对").await.expect("handed in");
        assert_eq!(scene.state(id).await, State::Open);
        let mail = scene.mail().await;
        let back = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿被退回，请您修改"));
        assert!(mail.contains(&back), "{mail:?}");
        test.close().await;
    }

    async fn who_has_not_seen_the_newest_edition_changes_and_approves_nothing(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let old = scene.digest(id).await;
        scene.change(scene.clerk, id, "第一段改").await.expect("changed");
        let signed = scene.signed(scene.clerk).await;
        let late = papers::change(scene.house(), &signed, &scene.sent(), id, 1, &typed("甲", "乙")).await;
        assert!(matches!(late, Err(ReviewError::Changed(2))), "{late:?}");
        let same = papers::change(scene.house(), &signed, &scene.sent(), id, 2, &typed("关于做好𫓧𩽾河防汛工作的通知", "第一段改")).await;
        assert_eq!(ids(same), ["paper-nothing-changed"]);
        let handed = steps::hand_in(scene.house(), &signed, &scene.sent(), id, &old, "").await;
        assert_eq!(ids(handed), ["review-changed-meanwhile"]);
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let asked = Asked { step: "review".to_owned(), digest: old, approved: true, ..Asked::default() };
        assert_eq!(ids(scene.take_as(scene.reviewer, id, &asked).await), ["review-changed-meanwhile"]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_was_taken_back_begins_anew(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        let withdraw = async |by| {
            let signed = scene.signed(by).await;
            steps::withdraw(scene.house(), &signed, &scene.sent(), id).await
        };
        assert_eq!(ids(withdraw(scene.head).await), ["review-not-yours"]);
        assert_eq!(withdraw(scene.clerk).await.expect("taken back"), State::Withdrawn);
        assert_eq!(scene.tasks(scene.legal).await, []);
        assert_eq!(ids(scene.take(scene.legal, id, "legal").await), ["review-step-not-open"]);
        scene.hand_in(scene.clerk, id, "").await.expect("handed in anew");
        let seen = scene.see(id).await;
        assert_eq!((seen.reviews.len(), seen.paper.round), (2, 2));
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_is_urgent_takes_effect_first_and_is_approved_by_others_after(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        assert_eq!(ids(scene.hurry(scene.leader, id, "汛情").await), ["review-urgency-before-secrecy"]);
        scene.take(scene.secrecy, id, "secrecy").await.expect("approved");
        assert_eq!(ids(scene.hurry(scene.leader, id, " ").await), ["review-urgency-without-reason"]);
        assert_eq!(ids(scene.hurry(scene.head, id, "汛情").await), ["review-no-urgency"]);
        assert_eq!(ids(scene.hurry(scene.reviewer, id, "汛情").await), ["denied-role"]);
        // Nobody else could sign it afterwards: it would stay so for ever.
        assert_eq!(ids(scene.hurry(scene.leader, id, "汛情").await), ["review-urgency-nobody-after"]);
        let other = person(&test, "leader2", scene.bureau, &[Role::Leader]).await;
        assert_eq!(scene.hurry(scene.leader, id, "汛情").await.expect("urgent"), State::Urgent);
        assert_eq!(ids(scene.change(scene.clerk, id, "改").await), ["review-over"]);
        scene.take(scene.legal, id, "legal").await.expect("approved");
        assert_eq!(ids(scene.take(scene.leader, id, "sign").await), ["review-after-urgency-by-another"]);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Denied).await, 1, "that they tried");
        assert_eq!(scene.take(other, id, "sign").await.expect("approved after"), State::Effective);
        scene.mail().await;
        test.close().await;
    }

    async fn what_is_urgent_and_found_wanting_is_corrected_and_told(test) {
        let scene = Scene::new(&test).await;
        let other = person(&test, "leader2", scene.bureau, &[Role::Leader]).await;
        let id = scene.handed_in(scene.clerk).await;
        let first = scene.digest(id).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.take(scene.secrecy, id, "secrecy").await.expect("approved");
        scene.hurry(scene.leader, id, "汛情").await.expect("urgent");
        scene.mail().await;
        let returned = scene.give_back(scene.legal, id, "legal", &[("第1段", "水位写错了")]).await;
        assert_eq!(returned.expect("returned"), State::Wanting);
        let told = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿已紧急生效，补审未通过，请您更正"));
        assert_eq!(scene.mail().await, BTreeSet::from([told]));
        assert_eq!(scene.tasks(scene.legal).await, []);
        let signed = scene.signed(scene.clerk).await;
        assert_eq!(tasks::count(scene.house(), &signed).await.expect("a count"), Some(1));
        let seen = scene.see(id).await;
        let may = steps::may(scene.house(), &signed, &seen);
        assert!(may.change && may.hand_in && may.answers && !may.withdraw, "{may:?}");
        let withdrawn = steps::withdraw(scene.house(), &signed, &scene.sent(), id).await;
        assert_eq!(ids(withdrawn), ["review-over"]);
        scene.change(scene.clerk, id, "第一段改\n第二段").await.expect("corrected");
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let second = scene.digest(id).await;
        let in_effect = |seen: &Seen| {
            let review = &seen.review().expect("a review").review;
            review.in_effect().map(|digest| digest.as_str().to_owned())
        };
        assert_eq!(in_effect(&scene.see(id).await), Some(first.clone()), "until the correction is");
        for (by, step) in [(scene.reviewer, "review"), (scene.secrecy, "secrecy"), (scene.legal, "legal"), (other, "sign")] {
            scene.take(by, id, step).await.expect("approved");
        }
        assert_eq!(scene.effect(scene.clerk, id, &second).await.expect("in effect"), State::Effective);
        assert_eq!(in_effect(&scene.see(id).await), Some(second.clone()));
        let words = Words::of(Language::Chinese);
        let record = timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        let digests: Vec<&str> = record.editions.iter().map(|one| one.digest.as_str()).collect();
        assert_eq!(digests, [first.as_str(), second.as_str()]);
        let urgent = record.entries.iter().find(|entry| entry.note == "汛情").expect("the urgency");
        assert_eq!(urgent.digest.as_deref(), Some(first.as_str()));
        scene.mail().await;
        test.close().await;
    }

    async fn who_writes_remarks_has_not_approved(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let asked = Asked {
            step: "review".to_owned(),
            digest: scene.digest(id).await,
            approved: true,
            remarks: vec![("第2段".to_owned(), "依据的条款不对".to_owned())],
            ..Asked::default()
        };
        assert_eq!(ids(scene.take_as(scene.reviewer, id, &asked).await), ["review-approved-with-remarks"]);
        assert_eq!(scene.state(id).await, State::Open);
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())], "nothing was taken");
        let many = vec![("1", "改"); 21];
        assert_eq!(ids(scene.give_back(scene.reviewer, id, "review", &many).await), ["review-too-many-remarks"]);
        scene.mail().await;
        test.close().await;
    }

    async fn tasks_come_by_pages_and_are_counted_whole(test) {
        let scene = Scene::new(&test).await;
        let mut all = Vec::new();
        for _ in 0..53 {
            all.push(scene.handed_in(scene.clerk).await);
        }
        // What others have to do takes nobody's place.
        let own = all.pop().expect("a paper");
        scene.take(scene.reviewer, own, "review").await.expect("approved");
        let signed = scene.signed(scene.reviewer).await;
        let first = tasks::tasks(scene.house(), &signed, None).await.expect("tasks");
        assert_eq!((first.count, first.steps.len()), (52, 50));
        assert!(first.next.is_some());
        let rest = tasks::tasks(scene.house(), &signed, first.next.as_ref()).await.expect("tasks");
        assert_eq!((rest.count, rest.steps.len(), rest.next), (52, 2, None));
        let seen: Vec<i64> = first.steps.iter().chain(&rest.steps).map(|task| task.paper.paper.id).collect();
        assert_eq!(seen, all);
        assert_eq!(scene.tasks(scene.legal).await, [(own, "legal".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn two_files_of_the_same_bytes_are_kept_and_left_out_by_their_place(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let file = |name: &str| Brought { name: name.to_owned(), bytes: b"same".to_vec() };
        let written = Typed { brought: vec![file("甲.txt"), file("乙.txt")], ..typed("通知", "一段") };
        let made = papers::write(scene.house(), &signed, &scene.sent(), scene.bureau, Matter::Document, &written).await;
        let id = made.expect("written");
        let tokens = scene.see(id).await.content.tokens();
        let (name, _) = papers::file(scene.house(), &signed, id, &tokens[1]).await.expect("the second");
        assert_eq!(name, "乙.txt");
        let changed = Typed { kept: vec![tokens[1].clone()], ..typed("通知", "一段") };
        papers::change(scene.house(), &signed, &scene.sent(), id, 1, &changed).await.expect("changed");
        let seen = scene.see(id).await;
        let names: Vec<&str> = seen.content.attachments.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["乙.txt"]);
        test.close().await;
    }

    async fn a_form_that_is_sent_twice_is_done_once(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let typed = typed("通知", "一段");
        let write = async |key: &str| {
            let sent = Sent::new("paper", key, []);
            papers::write(scene.house(), &signed, &sent, scene.bureau, Matter::Document, &typed).await.expect("written")
        };
        let id = write("a").await;
        assert_eq!((write("a").await, scene.rows("papers").await), (id, 1));
        let digest = scene.digest(id).await;
        for _ in 0..2 {
            let sent = Sent::new("review", "b", []);
            steps::hand_in(scene.house(), &signed, &sent, id, &digest, "").await.expect("handed in");
        }
        assert_eq!((scene.rows("reviews").await, scene.rows("review_events").await), (1, 1));
        // The same key of somebody else is another form.
        let reviewer = scene.signed(scene.reviewer).await;
        let asked = Asked { step: "review".to_owned(), digest, approved: true, ..Asked::default() };
        for _ in 0..2 {
            let sent = Sent::new("review", "b", []);
            let state = steps::take(scene.house(), &reviewer, &sent, id, &asked).await.expect("approved");
            assert_eq!(state, State::Open);
        }
        assert_eq!(scene.rows("review_events").await, 2);
        scene.mail().await;
        test.close().await;
    }

    async fn files_go_with_a_paper_sealed_and_stay_until_they_are_left_out(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let plain = "身份证号 990001199003070012";
        let file = |name: &str, bytes: &str| Brought { name: name.to_owned(), bytes: bytes.as_bytes().to_vec() };
        let written = Typed { brought: vec![file("名单.txt", plain), file("表.txt", "表")], ..typed("通知", plain) };
        let made = papers::write(scene.house(), &signed, &scene.sent(), scene.bureau, Matter::Document, &written).await;
        let id = made.expect("written");
        let seen = scene.see(id).await;
        let digest = seen.content.attachments[0].digest.clone();
        assert_eq!(digest, hex::encode(Sha256::digest(plain.as_bytes())));
        let (name, bytes) = papers::file(scene.house(), &signed, id, &digest).await.expect("the file");
        assert_eq!((name.as_str(), bytes.as_slice()), ("名单.txt", plain.as_bytes()));
        let before = seen.content.digest();
        let changed = Typed { kept: vec![digest.clone()], brought: vec![file("图.txt", "图")], ..typed("通知", plain) };
        papers::change(scene.house(), &signed, &scene.sent(), id, 1, &changed).await.expect("changed");
        let seen = scene.see(id).await;
        let names: Vec<&str> = seen.content.attachments.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["名单.txt", "图.txt"]);
        assert_ne!(seen.content.digest(), before, "attachments are content");
        let missing = papers::file(scene.house(), &signed, id, &"0".repeat(64)).await;
        assert!(matches!(missing, Err(ReviewError::Missing)), "{missing:?}");
        // Neither text nor file lies open in the store.
        let backup = copy::contents(&test.house.db).await.expect("contents");
        assert!(backup.contains_key("paper_editions"));
        let folder = test.test.folder.path();
        for found in walk(folder) {
            let bytes = std::fs::read(&found).expect("a file");
            let needle = "990001199003070012".as_bytes();
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", found.display());
        }
        test.close().await;
    }

    async fn the_record_for_the_file_holds_every_step_and_how_to_check_the_digest(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.approved_by_all(id).await;
        let signed = scene.signed(scene.clerk).await;
        let words = Words::of(Language::Chinese);
        let file = timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        assert_eq!((file.entries.len(), file.state.as_str()), (5, "审签通过，待生效"));
        let json: serde_json::Value = serde_json::from_str(&file.json(words).expect("text")).expect("JSON");
        // Whoever has the file reckons the digest again by what it says.
        let text = |name: &str| json[name].as_str().expect("a text").to_owned();
        let (title, body) = (text("title"), text("body"));
        let canonical = format!("gongkai-paper-1\ntitle {}\n{title}\nbody {}\n{body}\n", title.len(), body.len());
        assert_eq!(text("digest"), hex::encode(Sha256::digest(canonical.as_bytes())));
        // Programs read instants, steps and the chain without the words.
        assert!(text("exported_at").ends_with("+08:00"), "{}", text("exported_at"));
        let step = &json["entries"][2]["step"];
        assert_eq!((step["key"].as_str(), step["role"].as_str()), (Some("secrecy"), Some("secrecy_reviewer")));
        assert_eq!((step["verdict"].as_str(), step["late"].as_bool()), (Some("approved"), Some(false)));
        assert_eq!(json["rounds"][0]["chain"]["stages"][2][0]["key"], "sign");
        assert_eq!(json["editions"][0]["digest"], json["digest"]);
        // Who carries it away for somebody stands in the trail so.
        let away = person(&test, "away", scene.bureau, &[Role::Clerk]).await;
        let colleague = person(&test, "colleague", scene.bureau, &[]).await;
        lend(&test, away, colleague, scene.bureau, Role::Clerk).await;
        let signed = scene.signed(colleague).await;
        timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        let mut tx = scene.house().db.read().await.expect("a state");
        let wanted = Search { action: Some(Action::ReviewSee.key().to_owned()), ..Search::default() };
        let found = search(&mut tx, &wanted, i64::MAX, 1000).await.expect("the trail");
        tx.roll_back().await.expect("ended");
        let exported = found.iter().filter(|one| one.entry.detail.contains("exported"));
        let last = exported.max_by_key(|one| one.id).expect("a line");
        assert_eq!((last.entry.actor, last.entry.acting_for), (Some(colleague.0), Some(away.0)));
        scene.mail().await;
        test.close().await;
    }
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
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
async fn all_seen(house: &House, signed: &SignedIn) -> Result<Vec<i64>, ReviewError> {
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
fn days_later(test: &TestHouse, days: i64) {
    test.clock.advance(SignedDuration::from_hours(24 * days));
}
