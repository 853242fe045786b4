//! Roles are lent for an absence, and whatever is done by them is traced to
//! both; each case on both engines.

use gongkai_app::once::Sent;
use gongkai_app::organization::{self, Order, Version};
use gongkai_app::people::{self, Lending, PeopleError, Shown, SignedIn};
use gongkai_app::settings::{self, Change};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::{Role, Stage};
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{
    DisclosureOffice, Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::settings::Keeper;
use gongkai_domain::words::{Language, Words};
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::{Engine, copy};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::people::{Office, Staff};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};

/// A bureau with a section, another bureau, and people: a head of the
/// disclosure office who is also reviewer, a colleague without a role, another
/// in the section, and a stranger.
struct Scene {
    office: Office,
    administrators: [Staff; 3],
    finance: OrganizationId,
    section: OrganizationId,
    police: OrganizationId,
    head: (PersonId, Staff),
    colleague: (PersonId, Staff),
    in_section: (PersonId, Staff),
    stranger: (PersonId, Staff),
}

/// The day on which a test's house begins.
const TODAY: Date = date(2026, 11, 23);

impl Scene {
    async fn new(test: &TestHouse) -> Self {
        let office = Office::new(test.house.clone());
        let administrators = office.administrators().await;
        let system = office.signed(&administrators[0].token).await;
        let found = async |name: &str, kind, parent| {
            let entry = Organization {
                parent,
                ..Organization::draft(name, kind, Validity::since(date(2000, 1, 1)))
            };
            let sent = Sent::new("organization", name, []);
            let made =
                organization::create(&office.house, &system.who, &system.actor, &sent, &entry);
            made.await.expect("founded")
        };
        let finance = found("济南市财政局", OrganizationKind::Department, None).await;
        let section = found("办公室", OrganizationKind::Section, Some(finance)).await;
        let police = found("济南市公安局", OrganizationKind::Department, None).await;
        let come = async |login, at, role| office.colleague(&administrators, login, at, role).await;
        let head = come("head", finance, Some(Role::OfficeHead)).await;
        let colleague = come("colleague", finance, None).await;
        let in_section = come("in-section", section, None).await;
        let stranger = come("stranger", police, Some(Role::Clerk)).await;
        let scene = Self {
            office,
            administrators,
            finance,
            section,
            police,
            head,
            colleague,
            in_section,
            stranger,
        };
        scene.grant(scene.head.0, Role::Reviewer).await;
        scene
    }

    async fn signed(&self, staff: &Staff) -> SignedIn {
        self.office.signed(&staff.token).await
    }

    /// A role in the bureau, from today on.
    async fn grant(&self, person: PersonId, role: Role) -> i64 {
        let signed = self.signed(&self.administrators[1]).await;
        let at = Some(self.finance);
        let granted = people::grant(
            &self.office.house,
            &signed,
            person,
            &people::NewGrant::since(role, at, signed.today),
        )
        .await;
        granted.expect("granted")
    }

    async fn revoke(&self, person: PersonId, role: Role) {
        let signed = self.signed(&self.administrators[1]).await;
        let house = &self.office.house;
        let listed = people::see(house, &signed, person).await.expect("seen");
        let held = listed.grants.iter().find(|(_, grant)| grant.role == role);
        let (number, _) = held.expect("a grant");
        let revoked = people::revoke(house, &signed, person, *number).await;
        revoked.expect("revoked");
    }

    /// Both roles of the head to the colleague, for five days.
    fn absence(&self) -> Lending {
        Lending {
            to: self.colleague.0,
            roles: vec![
                (self.finance, Role::OfficeHead),
                (self.finance, Role::Reviewer),
            ],
            from_day: TODAY,
            until_day: date(2026, 11, 27),
            reason: "赴省厅培训".to_owned(),
        }
    }

    async fn lend(&self, staff: &Staff, asked: &Lending) -> Result<(), PeopleError> {
        let signed = self.signed(staff).await;
        let sent = Sent::new("delegation", &self.office.house.token(), []);
        people::lend(&self.office.house, &signed, &sent, asked).await
    }

    async fn end(&self, staff: &Staff, id: i64) -> Result<(), PeopleError> {
        let signed = self.signed(staff).await;
        let sent = Sent::new("delegation-end", &self.office.house.token(), []);
        people::end_lending(&self.office.house, &signed, &sent, id).await
    }

    async fn end_any(&self, staff: &Staff, id: i64) -> Result<(), PeopleError> {
        let signed = self.signed(staff).await;
        let sent = Sent::new("delegation-end", &self.office.house.token(), []);
        people::end_any(&self.office.house, &signed, &sent, id).await
    }

    /// What somebody has lent, and borrowed.
    async fn both(&self, staff: &Staff) -> (Vec<Shown>, Vec<Shown>) {
        let signed = self.signed(staff).await;
        let both = people::lent_and_borrowed(&self.office.house, &signed).await;
        both.expect("lists")
    }

    /// Whether somebody may keep the office's entry, which heads and clerks do.
    async fn may_edit(&self, staff: &Staff) -> bool {
        let signed = self.signed(staff).await;
        let target = Target::Organization(self.finance);
        signed
            .may(Action::OrganizationsEditOffice, target)
            .is_allowed()
    }

    async fn trail(&self, action: &str) -> Vec<Stored> {
        let mut tx = self.office.house.db.read().await.expect("a state");
        let wanted = Search {
            action: Some(action.to_owned()),
            ..Search::default()
        };
        search(&mut tx, &wanted, i64::MAX, 100)
            .await
            .expect("found")
    }

    async fn denied(&self, action: &str) -> usize {
        let trail = self.trail(action).await;
        trail
            .iter()
            .filter(|stored| stored.entry.outcome == Outcome::Denied)
            .count()
    }

    async fn delegations(&self) -> u64 {
        let contents = copy::contents(&self.office.house.db).await;
        contents.expect("what there is")["delegations"].rows
    }
}

/// The identifiers of what was refused, after proving that both catalogues say
/// it whole.
fn ids<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> Vec<String> {
    let messages = match result {
        Err(PeopleError::Refused(messages)) => messages,
        Err(PeopleError::Denied(message)) => vec![message],
        other => panic!("not refused: {other:?}"),
    };
    for message in &messages {
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            assert!(words.has(&message.id), "{}", message.id);
            assert!(!words.render(message).contains("{$"), "{}", message.id);
        }
    }
    messages
        .into_iter()
        .map(|message| message.id.into_owned())
        .collect()
}

macro_rules! on_both {
    ($(async fn $name:ident($test:ident, $scene:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn case($test: &TestHouse, $scene: Scene) $body

            async fn on(engine: Engine) {
                let test = TestHouse::new(engine).await;
                let scene = Scene::new(&test).await;
                Box::pin(case(&test, scene)).await;
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

on_both! {
    async fn who_stands_in_acts_and_the_trail_says_for_whom(test, scene) {
        let (head, colleague) = (&scene.head, &scene.colleague);
        assert!(!scene.may_edit(&colleague.1).await);
        scene.lend(&head.1, &scene.absence()).await.expect("lent");
        let signed = scene.signed(&colleague.1).await;
        let house = &scene.office.house;
        let office = DisclosureOffice { name: "办公室".to_owned(), ..DisclosureOffice::default() };
        let seen = Version { id: scene.finance, version: 1 };
        let edited = organization::edit_office(house, &signed.who, &signed.actor, seen, &office).await;
        assert_eq!(edited.expect("edited"), 2);
        let entry = scene.trail("organizations.edit_office").await.pop().expect("an entry").entry;
        assert_eq!((entry.actor, entry.acting_for), (Some(colleague.0.0), Some(head.0.0)));
        // The lender acts in their own right all the while.
        let own = scene.signed(&head.1).await;
        let target = Target::Organization(scene.finance);
        let about = ("organization", scene.finance.to_string());
        let demanded = own.demand(house, Action::OrganizationsEditOffice, target, about).await;
        assert_eq!(demanded.expect("allowed").acting_for, None);
        // Whoever audits reads the lender's login name.
        let auditor = scene.signed(&scene.administrators[2]).await;
        let wanted = Search { action: Some("organizations.edit_office".to_owned()), ..Search::default() };
        let traced = people::search_audit(house, &auditor, &wanted, i64::MAX, 10).await.expect("found");
        let names: Vec<_> = traced.iter().map(|one| (one.stored.entry.actor_name.as_str(), one.acting_for.as_deref())).collect();
        assert_eq!(names, [("colleague", Some("head"))]);
        // That it was lent is itself in the trail.
        let lent = scene.trail("self.delegate").await.pop().expect("an entry").entry;
        assert_eq!((lent.actor, lent.object_kind.as_str()), (Some(head.0.0), "delegation"));
        for told in ["赴省厅培训", "office_head", "reviewer", "2026-11-27"] {
            assert!(lent.detail.contains(told), "{}", lent.detail);
        }
        let ((lent, none), (nothing, borrowed)) = (scene.both(&head.1).await, scene.both(&colleague.1).await);
        assert_eq!((lent.len(), none.len(), nothing.len()), (1, 0, 0));
        assert_eq!(lent, borrowed);
        assert_eq!((lent[0].stage, lent[0].lender_name.as_str(), lent[0].borrower_name.as_str()), (Stage::InForce, "head·𬴂", "colleague·𬴂"));
        assert!(lent[0].void.is_empty());
        // The last day is whole, and then it is over.
        test.clock.advance(SignedDuration::from_hours(24 * 4 + 14));
        let token = scene.office.sign_in(&colleague.1).await.expect("in");
        let colleague = Staff { token, ..colleague.1.clone() };
        assert!(scene.may_edit(&colleague).await, "23:00 of the last day");
        test.clock.advance(SignedDuration::from_hours(1));
        let token = scene.office.sign_in(&colleague).await.expect("in");
        let colleague = Staff { token, ..colleague };
        assert!(!scene.may_edit(&colleague).await);
        assert_eq!(scene.both(&colleague).await.1[0].stage, Stage::Over);
    }

    async fn what_is_lent_for_later_counts_later(test, scene) {
        let asked = Lending { from_day: date(2026, 11, 24), ..scene.absence() };
        scene.lend(&scene.head.1, &asked).await.expect("lent");
        assert!(!scene.may_edit(&scene.colleague.1).await);
        assert_eq!(scene.both(&scene.colleague.1).await.1[0].stage, Stage::Coming);
        test.clock.advance(SignedDuration::from_hours(15));
        let token = scene.office.sign_in(&scene.colleague.1).await.expect("in");
        assert!(scene.may_edit(&Staff { token, ..scene.colleague.1.clone() }).await, "midnight in China");
    }

    async fn it_is_lent_within_limits_and_everything_wrong_is_told_at_once(_test, scene) {
        let before = (scene.delegations().await, scene.trail("self.delegate").await.len());
        let absence = || scene.absence();
        let cases: Vec<(Lending, &[&str])> = vec![
            (Lending { until_day: date(2026, 12, 23), ..absence() }, &["delegation-too-long"]),
            // They hold their roles since today, too.
            (Lending { from_day: date(2026, 11, 22), ..absence() }, &["delegation-past", "delegation-of-not-held"]),
            (Lending { until_day: date(2026, 11, 22), ..absence() }, &["validity-reversed"]),
            (Lending { reason: " \u{3000}".to_owned(), ..absence() }, &["delegation-no-reason"]),
            (Lending { reason: "长".repeat(201), ..absence() }, &["delegation-reason-too-long"]),
            (Lending { reason: "出\u{202e}差".to_owned(), ..absence() }, &["name-unseen"]),
            (Lending { roles: vec![], ..absence() }, &["delegation-no-roles"]),
            (Lending { to: scene.head.0, ..absence() }, &["delegation-to-oneself"]),
            (Lending { roles: vec![(scene.finance, Role::Leader)], ..absence() }, &["delegation-of-not-held"]),
            (Lending { roles: vec![(scene.police, Role::OfficeHead)], ..absence() }, &["delegation-other-organization", "delegation-of-not-held"]),
            (Lending { roles: vec![(scene.finance, Role::SystemAdministrator)], ..absence() }, &["delegation-of-administrator"]),
            (
                Lending { to: PersonId(0), roles: vec![], reason: String::new(), until_day: date(2027, 11, 27), ..absence() },
                &["delegation-nobody", "delegation-no-reason", "delegation-no-roles", "delegation-too-long"],
            ),
        ];
        for (asked, expected) in cases {
            assert_eq!(ids(scene.lend(&scene.head.1, &asked).await), expected, "{asked:?}");
        }
        assert_eq!((scene.delegations().await, scene.trail("self.delegate").await.len()), before);
        // The longest absence is a policy.
        let security = scene.signed(&scene.administrators[1]).await;
        let four = Change { typed: "4".to_owned(), version: 0, reason: "济办〔2026〕1号".to_owned() };
        let (sent, key) = (Sent::new("setting", "k", ["4"]), "policy.delegation_days_max");
        settings::change(&scene.office.house, &security, &sent, Keeper::Security, key, &four).await.expect("set");
        assert_eq!(ids(scene.lend(&scene.head.1, &absence()).await), ["delegation-too-long"]);
        let head = scene.signed(&scene.head.1).await;
        let offer = people::offer(&scene.office.house, &head).await.expect("asked").expect("an offer");
        assert_eq!(offer.days_max, 4);
        let four = Lending { until_day: date(2026, 11, 26), ..absence() };
        scene.lend(&scene.head.1, &four).await.expect("four days");
    }

    // Whether there is such a person is not told: strangers, people who are
    // not there and numbers that nobody has are one.
    async fn only_colleagues_at_work_are_offered_and_taken(_test, scene) {
        let gone = scene.office.colleague(&scene.administrators, "gone", scene.finance, None).await;
        let system = scene.signed(&scene.administrators[0]).await;
        people::disable(&scene.office.house, &system, gone.0).await.expect("disabled");
        let invited = people::NewStaff { login: "invited".to_owned(), display_name: "受邀".to_owned(), organization: Some(scene.finance), ..Default::default() };
        let (invited, _) = people::invite(&scene.office.house, &system, &invited).await.expect("invited");
        let head = scene.signed(&scene.head.1).await;
        let offer = people::offer(&scene.office.house, &head).await.expect("asked").expect("an offer");
        assert_eq!(offer.roles, [(scene.finance, Role::Reviewer), (scene.finance, Role::OfficeHead)]);
        let mut offered: Vec<PersonId> = offer.colleagues.iter().map(|one| one.id).collect();
        offered.sort();
        assert_eq!(offered, [scene.colleague.0, scene.in_section.0]);
        // Strangers are one, whatever they hold and lend.
        let busy = Lending { to: scene.in_section.0, roles: vec![(scene.police, Role::Clerk)], ..scene.absence() };
        assert_eq!(ids(scene.lend(&scene.stranger.1, &busy).await), ["delegation-nobody"]);
        for to in [scene.stranger.0, gone.0, invited, system.person.id, PersonId(9999), PersonId(-1)] {
            let asked = Lending { to, ..scene.absence() };
            assert_eq!(ids(scene.lend(&scene.head.1, &asked).await), ["delegation-nobody"], "{to}");
        }
        let asked = Lending { to: scene.in_section.0, ..scene.absence() };
        scene.lend(&scene.head.1, &asked).await.expect("the section is of the bureau");
        assert!(scene.may_edit(&scene.in_section.1).await);
        // Who has nothing to lend is offered nothing.
        for staff in [&scene.colleague.1, &scene.administrators[0]] {
            let signed = scene.signed(staff).await;
            assert_eq!(people::offer(&scene.office.house, &signed).await.expect("asked"), None);
        }
    }

    async fn what_is_lent_is_not_lent_on(_test, scene) {
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent");
        let on = Lending { to: scene.in_section.0, ..scene.absence() };
        // Without a role of one's own it is not even one's to try, and a try is written down.
        assert_eq!(ids(scene.lend(&scene.colleague.1, &on).await), ["denied-role"]);
        assert_eq!(scene.denied("self.delegate").await, 1);
        // With one, that one can be lent and the borrowed ones cannot.
        scene.grant(scene.colleague.0, Role::Handler).await;
        assert_eq!(ids(scene.lend(&scene.colleague.1, &on).await), ["delegation-of-delegated"]);
        let own = Lending { roles: vec![(scene.finance, Role::Handler)], ..on.clone() };
        scene.lend(&scene.colleague.1, &own).await.expect("their own");
        let both = Lending { roles: vec![(scene.finance, Role::Handler), (scene.finance, Role::Reviewer)], from_day: date(2026, 12, 1), until_day: date(2026, 12, 2), ..on };
        assert_eq!(ids(scene.lend(&scene.colleague.1, &both).await), ["delegation-of-not-held"], "by then it is over");
        assert_eq!(scene.delegations().await, 2);
    }

    async fn one_stands_in_at_a_time_and_is_there_to_do_it(_test, scene) {
        let head = &scene.head.1;
        scene.lend(head, &scene.absence()).await.expect("lent");
        let other = Lending { to: scene.in_section.0, from_day: date(2026, 11, 27), until_day: date(2026, 11, 27), ..scene.absence() };
        assert_eq!(ids(scene.lend(head, &other).await), ["delegation-twice"]);
        let after = Lending { from_day: date(2026, 11, 28), until_day: date(2026, 12, 22), ..other.clone() };
        scene.lend(head, &after).await.expect("thirty days in all");
        let more = Lending { from_day: date(2026, 12, 23), until_day: date(2026, 12, 23), ..other };
        assert_eq!(ids(scene.lend(head, &more).await), ["delegation-too-long"]);
        // The head is away: nobody else can be stood in for by the head.
        let (leader, staff) = scene.office.colleague(&scene.administrators, "leader", scene.finance, Some(Role::Leader)).await;
        let asked = Lending { to: scene.head.0, roles: vec![(scene.finance, Role::Leader)], ..scene.absence() };
        assert_eq!(ids(scene.lend(&staff, &asked).await), ["delegation-to-absent"]);
        // Who holds a role would not be seen to act for another.
        scene.grant(leader, Role::Reviewer).await;
        scene.grant(scene.in_section.0, Role::Reviewer).await;
        let asked = Lending { to: scene.in_section.0, roles: vec![(scene.finance, Role::Reviewer)], ..scene.absence() };
        assert_eq!(ids(scene.lend(&staff, &asked).await), ["delegation-held-already"]);
    }

    async fn two_that_are_lent_at_once_are_still_one(_test, scene) {
        let other = Lending { to: scene.in_section.0, ..scene.absence() };
        let asked = scene.absence();
        let (one, two) = tokio::join!(scene.lend(&scene.head.1, &asked), scene.lend(&scene.head.1, &other));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let refused = if one.is_ok() { two } else { one };
        assert_eq!(ids(refused), ["delegation-twice"]);
        assert_eq!(scene.delegations().await, 1);
    }

    async fn a_form_that_is_sent_twice_lends_once(_test, scene) {
        let signed = scene.signed(&scene.head.1).await;
        let send = async |signed: &SignedIn, fields: &[&str]| {
            let sent = Sent::new("delegation", "k", fields.iter().copied());
            people::lend(&scene.office.house, signed, &sent, &scene.absence()).await
        };
        send(&signed, &["a"]).await.expect("lent");
        send(&signed, &["a"]).await.expect("the same");
        assert_eq!(ids(send(&signed, &["b"]).await), ["form-sent-otherwise"]);
        assert_eq!(scene.delegations().await, 1);
        assert_eq!(scene.trail("self.delegate").await.len(), 1);
        let id = scene.both(&scene.head.1).await.0[0].id;
        let end = Sent::new("delegation-end", "e", []);
        for _ in 0..2 {
            people::end_lending(&scene.office.house, &signed, &end, id).await.expect("ended");
        }
        assert_eq!(scene.trail("self.delegate").await.len(), 2);
        // The same key in another's hand is another key.
        let stranger = scene.signed(&scene.stranger.1).await;
        assert!(!ids(send(&stranger, &["a"]).await).is_empty());
    }

    async fn the_lender_ends_it_early_and_nobody_else_but_the_security_administrator(_test, scene) {
        let [system, security, _] = &scene.administrators;
        scene.grant(scene.colleague.0, Role::Handler).await;
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent");
        let id = scene.both(&scene.head.1).await.0[0].id;
        // Whose it is not learns nothing, and is written down.
        for staff in [&scene.colleague.1, &scene.stranger.1] {
            assert_eq!(ids(scene.end(staff, id).await), ["delegation-over"]);
            assert_eq!(ids(scene.end(staff, 999).await), ["delegation-over"]);
        }
        assert_eq!(scene.denied("self.delegate").await, 2);
        for staff in [&scene.head.1, system, &scene.administrators[2]] {
            assert_eq!(ids(scene.end_any(staff, id).await), ["denied-role"]);
            let signed = scene.signed(staff).await;
            let seen = people::everybodys(&scene.office.house, &signed, 0, 10).await;
            assert_eq!(ids(seen), ["denied-role"]);
        }
        assert_eq!(scene.denied("delegations.oversee").await, 6);
        assert!(scene.may_edit(&scene.colleague.1).await);
        scene.end(&scene.head.1, id).await.expect("ended");
        assert!(!scene.may_edit(&scene.colleague.1).await, "at once");
        assert_eq!(scene.both(&scene.colleague.1).await.1[0].stage, Stage::Ended);
        assert_eq!(ids(scene.end(&scene.head.1, id).await), ["delegation-over"]);
        // Lent anew, and taken away by who gives roles.
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent again");
        let signed = scene.signed(security).await;
        let all = people::everybodys(&scene.office.house, &signed, 0, 10).await.expect("a list");
        assert_eq!(all.len(), 1, "what has ended is not there");
        scene.end_any(security, all[0].id).await.expect("ended");
        assert!(!scene.may_edit(&scene.colleague.1).await);
        assert_eq!(ids(scene.end_any(security, all[0].id).await), ["delegation-over"]);
        let entry = scene.trail("delegations.oversee").await.remove(0).entry;
        assert_eq!((entry.actor_name.as_str(), entry.outcome), ("security", Outcome::Done));
        assert_eq!(entry.object, all[0].id.to_string());
    }

    async fn a_lender_who_loses_a_role_lends_it_no_more(_test, scene) {
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent");
        scene.revoke(scene.head.0, Role::OfficeHead).await;
        assert!(!scene.may_edit(&scene.colleague.1).await, "at once");
        let signed = scene.signed(&scene.colleague.1).await;
        let sees = signed.may(Action::OrganizationsSee, Target::Organization(scene.finance));
        assert_eq!(sees.acting_for(), Some(scene.head.0), "the other role is lent all the same");
        for (lent, borrowed) in [scene.both(&scene.head.1).await, scene.both(&scene.colleague.1).await] {
            let shown = lent.first().or(borrowed.first()).expect("one");
            assert_eq!((shown.stage, shown.void.as_slice()), (Stage::InForce, &[Role::OfficeHead][..]));
        }
        scene.revoke(scene.head.0, Role::Reviewer).await;
        let signed = scene.signed(&scene.colleague.1).await;
        assert!(!signed.may(Action::OrganizationsSee, Target::Organization(scene.finance)).is_allowed());
        assert_eq!(scene.both(&scene.colleague.1).await.1[0].stage, Stage::Ended);
        let entries = scene.trail("roles.revoke").await;
        assert!(entries.iter().any(|stored| stored.entry.object_kind == "delegation"), "{entries:?}");
        // Granted again, it is not lent again by itself.
        scene.grant(scene.head.0, Role::OfficeHead).await;
        assert!(!scene.may_edit(&scene.colleague.1).await);
    }

    async fn who_is_shut_out_neither_lends_nor_stands_in(_test, scene) {
        let house = &scene.office.house;
        let system = scene.signed(&scene.administrators[0]).await;
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent");
        people::disable(house, &system, scene.head.0).await.expect("disabled");
        assert!(!scene.may_edit(&scene.colleague.1).await, "at once");
        people::enable(house, &system, scene.head.0).await.expect("enabled");
        assert!(!scene.may_edit(&scene.colleague.1).await, "it was ended");
        let entries = scene.trail("people.disable").await;
        let ended = entries.iter().filter(|stored| stored.entry.object_kind == "delegation");
        assert_eq!(ended.count(), 1);
        // The other way round: who stood in is let in again, and begins without.
        let (_, leader) = scene.office.colleague(&scene.administrators, "leader", scene.finance, Some(Role::Leader)).await;
        scene.grant(scene.in_section.0, Role::Handler).await;
        let asked = Lending { to: scene.in_section.0, roles: vec![(scene.finance, Role::Leader)], ..scene.absence() };
        scene.lend(&leader, &asked).await.expect("lent");
        people::disable(house, &system, scene.in_section.0).await.expect("disabled");
        assert_eq!(scene.both(&leader).await.0[0].stage, Stage::Ended);
    }

    async fn who_never_came_back_lends_nothing_after_ninety_days(test, scene) {
        let (from_day, until_day) = (TODAY.saturating_add(85.days()), TODAY.saturating_add(95.days()));
        let asked = Lending { from_day, until_day, ..scene.absence() };
        scene.lend(&scene.head.1, &asked).await.expect("lent");
        test.clock.advance(SignedDuration::from_hours(24 * 60));
        let token = scene.office.sign_in(&scene.colleague.1).await.expect("in");
        let colleague = Staff { token, ..scene.colleague.1.clone() };
        assert_eq!(scene.both(&colleague).await.1[0].stage, Stage::Coming);
        test.clock.advance(SignedDuration::from_hours(24 * 31));
        people::disable_idle(&scene.office.house).await.expect("swept");
        let entries = scene.trail("people.disable").await;
        let ended: Vec<_> = entries.iter().filter(|stored| stored.entry.object_kind == "delegation").collect();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].entry.actor_name, "people.sweep");
        let mut tx = scene.office.house.db.read().await.expect("a state");
        let open = gongkai_store::people::delegations::open(&mut tx, scene.office.house.today(), 0, 10).await;
        assert_eq!(open.expect("a list"), []);
    }

    // Where a section goes to another bureau, its people go along.
    async fn who_works_elsewhere_now_stands_in_no_more(_test, scene) {
        let asked = Lending { to: scene.in_section.0, ..scene.absence() };
        scene.lend(&scene.head.1, &asked).await.expect("lent");
        assert!(scene.may_edit(&scene.in_section.1).await);
        let house = &scene.office.house;
        let system = scene.signed(&scene.administrators[0]).await;
        let kept = organization::see(house, &system.who, &system.actor, scene.section).await.expect("seen");
        let moved = Organization { parent: Some(scene.police), ..kept.body.clone() };
        let seen = Version { id: scene.section, version: kept.version };
        organization::change(house, &system.who, &system.actor, seen, &moved).await.expect("moved");
        assert!(!scene.may_edit(&scene.in_section.1).await);
        let borrowed = scene.both(&scene.in_section.1).await.1;
        assert_eq!(borrowed[0].void, [Role::OfficeHead, Role::Reviewer], "and it is said");
    }

    // Roles go on where a bureau is renamed, and so does what was lent of them.
    async fn where_a_bureau_is_renamed_what_was_lent_goes_on(_test, scene) {
        scene.lend(&scene.head.1, &scene.absence()).await.expect("lent");
        let house = &scene.office.house;
        let system = scene.signed(&scene.administrators[0]).await;
        let order = Order {
            founded: vec!["济南市财政金融局".to_owned()],
            ..Order::from(Succession {
                kind: SuccessionKind::Renamed,
                from: vec![scene.finance],
                to: Vec::new(),
                on: TODAY,
                basis: "鲁编〔2026〕7号".to_owned(),
            })
        };
        let sent = Sent::new("succession", &house.token(), []);
        organization::succeed(house, &system.who, &system.actor, &sent, &order).await.expect("renamed");
        let mut tx = house.db.read().await.expect("a state");
        let all = gongkai_store::organization::all(&mut tx).await.expect("bodies");
        drop(tx);
        let heir = all.into_iter().find(|kept| kept.body.name == "济南市财政金融局").expect("founded").body.id;
        let signed = scene.signed(&scene.colleague.1).await;
        let target = Target::Organization(heir);
        assert!(signed.may(Action::OrganizationsEditOffice, target).is_allowed());
        let open = scene.both(&scene.colleague.1).await.1;
        let at: Vec<bool> = open.iter().map(|shown| shown.stage.is_open()).collect();
        assert_eq!(at.iter().filter(|open| **open).count(), 1, "{open:?}");
    }
}
