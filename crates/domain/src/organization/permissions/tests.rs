use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::body::Validity;
use crate::organization::fixtures::{TODAY, city, city_tree, grant, said};
use crate::organization::tree::tests::forest;

fn actor(grants: Vec<Grant>) -> Actor {
    Actor {
        person: PersonId(1),
        membership: Membership::Active,
        grants,
        lent: Vec::new(),
    }
}

fn of(role: Role) -> Actor {
    let organization = (!role.is_administrator()).then_some(3);
    actor(vec![grant(1, organization, role)])
}

fn at(organization: i64) -> Target {
    Target::Organization(OrganizationId(organization))
}

fn denied(decision: &Decision) -> Option<&str> {
    match decision {
        Decision::Allowed(_) => None,
        Decision::Denied(message) => {
            said(message);
            Some(message.id.as_ref())
        }
    }
}

#[test]
fn actions_and_states_keep_their_keys() {
    for action in Action::ALL {
        assert_eq!(Action::from_key(action.key()), Some(*action));
        said(&action.label());
    }
    for state in Membership::ALL {
        assert_eq!(Membership::from_key(state.key()), Some(state));
        said(&state.label());
    }
    assert_eq!(Action::from_key("everything"), None);
    assert_eq!(TABLE.len(), Action::ALL.len());
}

/// GB/T 22239-2019 8.1.5: no administrator has business rights, no business
/// role has an administrator's, and no right belongs to two administrators but
/// to see what there is.
#[test]
fn the_three_administrators_share_nothing_but_sight() {
    for action in Action::ALL {
        let of_administrators = Role::ADMINISTRATORS
            .into_iter()
            .filter(|role| action.scope(*role).is_some())
            .count();
        let is_sight = action.key().ends_with(".see");
        assert!(of_administrators <= 1 || is_sight, "{}", action.key());
        let of_business = Role::ALL
            .into_iter()
            .filter(|role| !role.is_administrator() && action.scope(*role).is_some())
            .count();
        assert!(
            of_administrators == 0 || of_business == 0 || is_sight,
            "{}",
            action.key()
        );
        for role in Role::ALL {
            let scope = action.scope(role);
            assert!(scope != Some(Scope::Any) || role.is_administrator());
            assert!(scope.is_none_or(|scope| scope == Scope::Any) || !role.is_administrator());
        }
    }
}

/// The tree of `fixtures::city`: 3 is the finance bureau with section 4 and
/// payment centre 5; 2 the city's general office; 10 a county bureau; 21 a
/// vertically led bureau.
#[test]
fn one_reaches_ones_own_what_is_below_or_everything() {
    use Action::*;
    let supervisor = actor(vec![grant(1, Some(2), Role::Supervisor)]);
    let table = [
        (of(Role::Clerk), OrganizationsEditOffice, at(3), None),
        (of(Role::Clerk), OrganizationsEditOffice, at(4), None),
        (
            of(Role::Clerk),
            OrganizationsEditOffice,
            at(5),
            Some("denied-scope"),
        ),
        (
            of(Role::Clerk),
            OrganizationsEditOffice,
            at(6),
            Some("denied-scope"),
        ),
        (
            of(Role::Clerk),
            OrganizationsEditOffice,
            Target::Installation,
            Some("denied-scope"),
        ),
        (
            of(Role::Clerk),
            OrganizationsChange,
            at(3),
            Some("denied-role"),
        ),
        (
            of(Role::Handler),
            OrganizationsEditOffice,
            at(3),
            Some("denied-role"),
        ),
        (supervisor.clone(), PeopleSee, at(10), None),
        (supervisor.clone(), PeopleSee, at(2), None),
        (supervisor.clone(), PeopleSee, at(21), Some("denied-scope")),
        (
            supervisor.clone(),
            PersonsRegisterSee,
            at(10),
            Some("denied-role"),
        ),
        (
            of(Role::SystemAdministrator),
            OrganizationsChange,
            at(10),
            None,
        ),
        (
            of(Role::SystemAdministrator),
            SettingsChange,
            Target::Installation,
            None,
        ),
        (
            of(Role::SystemAdministrator),
            PersonsRegisterSee,
            at(3),
            Some("denied-role"),
        ),
        (
            of(Role::SystemAdministrator),
            RolesGrant,
            at(3),
            Some("denied-role"),
        ),
        (
            of(Role::SystemAdministrator),
            AuditSearch,
            Target::Installation,
            Some("denied-role"),
        ),
        (of(Role::SecurityAdministrator), RolesGrant, at(3), None),
        (
            of(Role::AuditAdministrator),
            AuditExport,
            Target::Installation,
            None,
        ),
        (of(Role::Leader), SelfPassword, Target::Oneself, None),
        (
            of(Role::Leader),
            SelfPassword,
            at(3),
            Some("denied-not-oneself"),
        ),
        (of(Role::Leader), SelfDelegate, Target::Oneself, None),
        (
            of(Role::SystemAdministrator),
            SelfDelegate,
            Target::Oneself,
            Some("denied-role"),
        ),
        (actor(vec![]), OfficeHome, Target::Oneself, None),
        (actor(vec![]), SelfDelegations, Target::Oneself, None),
        (
            of(Role::SecurityAdministrator),
            DelegationsOversee,
            Target::Installation,
            None,
        ),
        (
            of(Role::Leader),
            DelegationsOversee,
            Target::Installation,
            Some("denied-role"),
        ),
        (actor(vec![]), OrganizationsSee, at(3), Some("denied-role")),
    ];
    let tree = city_tree();
    for (actor, action, target, expected) in table {
        let decision = permits(&actor, action, target, &tree, TODAY);
        assert_eq!(
            denied(&decision),
            expected,
            "{} {target:?} {:?}",
            action.key(),
            actor.grants
        );
    }
}

#[test]
fn only_the_active_get_the_table() {
    let tree = city_tree();
    let expected: [(Membership, &[Action]); 5] = [
        (
            Membership::Setup,
            &[
                Action::OfficeHome,
                Action::SelfPassword,
                Action::SelfSecondFactor,
                Action::SelfSessions,
                Action::SelfDelegations,
                Action::PeopleInvite,
            ],
        ),
        (Membership::Invited, &[]),
        (Membership::MustEnrol, &[Action::SelfSecondFactor]),
        (Membership::MustChange, &[Action::SelfPassword]),
        (Membership::Disabled, &[]),
    ];
    for (membership, actions) in expected {
        let someone = Actor {
            membership,
            ..of(Role::SystemAdministrator)
        };
        let mut allowed = Vec::new();
        for action in Action::ALL {
            let targets = [Target::Oneself, Target::Installation, at(3)];
            let decisions = targets.map(|target| permits(&someone, *action, target, &tree, TODAY));
            for decision in &decisions {
                denied(decision);
            }
            if decisions.iter().any(Decision::is_allowed) {
                allowed.push(*action);
            }
            let reached = reach(&someone, *action, &tree, TODAY);
            assert_eq!(
                reached == Reach::All,
                *action == Action::PeopleInvite && membership == Membership::Setup
            );
        }
        assert_eq!(allowed, actions, "{membership:?}");
    }
}

#[test]
fn a_grant_counts_on_its_days_for_its_person_and_while_the_body_exists() {
    let see = |actor: &Actor, tree: &Tree, day| {
        permits(actor, Action::OrganizationsSee, at(3), tree, day).is_allowed()
    };
    let tree = city_tree();
    let mut clerk = of(Role::Clerk);
    assert!(see(&clerk, &tree, TODAY) && !see(&clerk, &tree, date(2019, 12, 31)));
    clerk.grants[0].validity =
        Validity::new(date(2020, 1, 1), Some(date(2026, 3, 1))).expect("in order");
    assert!(!see(&clerk, &tree, TODAY));
    assert!(!see(
        &actor(vec![grant(2, Some(3), Role::Clerk)]),
        &tree,
        TODAY
    ));

    let mut bodies = city();
    for body in bodies
        .iter_mut()
        .filter(|body| [3, 4, 5].contains(&body.id.0))
    {
        body.validity =
            Validity::new(date(2000, 1, 1), Some(date(2025, 12, 31))).expect("in order");
    }
    let ended = Tree::new(bodies).expect("stands");
    assert!(see(&of(Role::Clerk), &ended, date(2025, 12, 31)));
    assert!(!see(&of(Role::Clerk), &ended, TODAY));
}

/// GB/T 22239-2019 8.1.5: tables restored or raced into a forbidden state.
#[test]
fn administrators_roles_in_one_hand_count_for_nothing() {
    let tree = city_tree();
    let mixtures = [
        vec![
            grant(1, None, Role::SystemAdministrator),
            grant(1, None, Role::AuditAdministrator),
        ],
        vec![
            grant(1, None, Role::SecurityAdministrator),
            grant(1, Some(3), Role::Clerk),
        ],
        // An administrator of one organization, a clerk of none.
        vec![grant(1, Some(3), Role::SystemAdministrator)],
        vec![grant(1, None, Role::Clerk)],
    ];
    for grants in mixtures {
        let someone = actor(grants);
        for action in Action::ALL {
            for target in [Target::Installation, at(3)] {
                assert!(!permits(&someone, *action, target, &tree, TODAY).is_allowed());
            }
            assert_eq!(reach(&someone, *action, &tree, TODAY), Reach::Nothing);
        }
    }
}

fn lent(roles: Vec<Role>, grants: Vec<Grant>) -> Lent {
    Lent {
        delegation: Delegation {
            from: PersonId(2),
            to: PersonId(1),
            organization: OrganizationId(3),
            roles,
            from_day: date(2026, 3, 1),
            until_day: date(2026, 3, 10),
            reason: "出差".into(),
        },
        grants,
    }
}

#[test]
fn a_lent_role_counts_while_the_lender_has_it_and_names_the_lender() {
    let tree = city_tree();
    let head = grant(2, Some(3), Role::OfficeHead);
    let asks = |lent: Lent, grants: Vec<Grant>, action, day| {
        let someone = Actor {
            lent: vec![lent],
            ..actor(grants)
        };
        permits(&someone, action, at(3), &tree, day)
    };
    let edit = Action::OrganizationsEditOffice;
    let good = || lent(vec![Role::OfficeHead], vec![head]);
    let decision = asks(good(), vec![], edit, TODAY);
    assert_eq!(decision.acting_for(), Some(PersonId(2)));
    assert!(
        !asks(good(), vec![], edit, date(2026, 3, 11)).is_allowed(),
        "over"
    );
    assert!(
        !asks(lent(vec![Role::OfficeHead], vec![]), vec![], edit, TODAY).is_allowed(),
        "revoked"
    );
    assert!(
        !asks(lent(vec![Role::Leader], vec![head]), vec![], edit, TODAY).is_allowed(),
        "another role"
    );
    let elsewhere = grant(2, Some(6), Role::OfficeHead);
    assert!(
        !asks(
            lent(vec![Role::OfficeHead], vec![elsewhere]),
            vec![],
            edit,
            TODAY
        )
        .is_allowed()
    );
    assert!(
        !asks(good(), vec![], Action::SelfDelegate, TODAY).is_allowed(),
        "not lent on"
    );
    // One's own role is used before a lent one.
    let own = vec![grant(1, Some(3), Role::Clerk)];
    assert_eq!(asks(good(), own, edit, TODAY).acting_for(), None);
    // To an administrator nothing is lent, and nothing is lost by it.
    let system = vec![grant(1, None, Role::SystemAdministrator)];
    assert!(!asks(good(), system.clone(), edit, TODAY).is_allowed());
    assert!(asks(good(), system, Action::OrganizationsChange, TODAY).is_allowed());
}

#[test]
fn reasons_are_asked_where_masks_are_lifted_and_things_are_gone() {
    for action in Action::ALL {
        let key = action.key();
        let asks = key.ends_with(".unmask")
            || [
                "persons_register.erase",
                "jobs.drop",
                "inspection.confirm",
                "letters.void",
            ]
            .contains(&key);
        assert_eq!(action.needs_reason(), asks, "{key}");
    }
}

fn some_grants() -> impl Strategy<Value = Vec<Grant>> {
    let one = (0usize..11, 1i64..24).prop_map(|(role, organization)| {
        let role = Role::ALL[role];
        grant(1, (!role.is_administrator()).then_some(organization), role)
    });
    proptest::collection::vec(one, 0..4)
}

proptest! {
    /// The page and the query layer never disagree.
    #[test]
    fn what_is_reached_is_what_is_permitted(bodies in forest(), grants in some_grants(), state in 0usize..6) {
        let tree = Tree::new(bodies).expect("a forest");
        let someone = Actor { membership: Membership::ALL[state], ..actor(grants) };
        for action in Action::ALL {
            let reached = reach(&someone, *action, &tree, TODAY);
            let somewhere = permits(&someone, *action, Target::Somewhere, &tree, TODAY);
            prop_assert_eq!(somewhere.is_allowed(), reached != Reach::Nothing);
            for body in tree.bodies() {
                let decision = permits(&someone, *action, Target::Organization(body.id), &tree, TODAY);
                prop_assert_eq!(decision.is_allowed(), reached.contains(body.id), "{}", action.key());
            }
        }
    }

    /// Among roles of organizations, one more never takes anything away.
    #[test]
    fn one_more_role_takes_nothing_away(bodies in forest(), grants in some_grants(), role in 0usize..8, place in 1i64..24) {
        let tree = Tree::new(bodies).expect("a forest");
        let grants: Vec<Grant> = grants.into_iter().filter(|g| !g.role.is_administrator()).collect();
        let before = actor(grants.clone());
        let more = [grants, vec![grant(1, Some(place), Role::ALL[role])]].concat();
        let after = actor(more);
        for action in Action::ALL {
            for body in tree.bodies() {
                let target = Target::Organization(body.id);
                prop_assert!(
                    !permits(&before, *action, target, &tree, TODAY).is_allowed()
                        || permits(&after, *action, target, &tree, TODAY).is_allowed()
                );
            }
        }
    }
}
