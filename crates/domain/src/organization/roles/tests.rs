use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::{TODAY, city_tree, grant, said};

fn refused(result: Result<(), Message>) -> Option<String> {
    result.err().map(|message| {
        said(&message);
        message.id.into_owned()
    })
}

#[test]
fn roles_keep_their_keys() {
    for role in Role::ALL {
        assert_eq!(Role::from_key(role.key()), Some(role));
        said(&role.label());
    }
    assert_eq!(Role::from_key("root"), None);
}

/// GB/T 22239-2019 8.1.5.1 to 8.1.5.3.
#[test]
fn the_three_administrators_are_three_people_and_nothing_else() {
    use Role::SystemAdministrator as System;
    use Role::{AuditAdministrator as Audit, Clerk, Leader, SecurityAdministrator as Security};
    let table = [
        (vec![], System, None),
        (
            vec![grant(1, None, System)],
            Audit,
            Some("grant-three-administrators"),
        ),
        (
            vec![grant(1, None, Security)],
            System,
            Some("grant-three-administrators"),
        ),
        (
            vec![grant(1, None, Audit)],
            Clerk,
            Some("grant-administrator-apart"),
        ),
        (
            vec![grant(1, Some(3), Clerk)],
            Security,
            Some("grant-administrator-apart"),
        ),
        (vec![grant(1, Some(3), Clerk)], Leader, None),
    ];
    for (existing, role, expected) in table {
        let result = may_hold(&existing, role, Validity::since(TODAY));
        assert_eq!(
            refused(result).as_deref(),
            expected,
            "{existing:?} {role:?}"
        );
    }
}

#[test]
fn a_grant_that_has_ended_is_no_hindrance() {
    let mut old = grant(1, None, Role::SystemAdministrator);
    old.validity = Validity::new(date(2020, 1, 1), Some(date(2025, 12, 31))).expect("in order");
    let role = Role::AuditAdministrator;
    assert_eq!(may_hold(&[old], role, Validity::since(TODAY)), Ok(()));
    assert!(may_hold(&[old], role, Validity::since(date(2025, 12, 31))).is_err());
}

#[test]
fn a_grant_is_given_by_another_and_for_the_right_place() {
    let table = [
        (1, grant(1, Some(3), Role::Clerk), Some("grant-to-oneself")),
        (
            9,
            grant(1, None, Role::Clerk),
            Some("grant-without-organization"),
        ),
        (
            9,
            grant(1, Some(3), Role::AuditAdministrator),
            Some("grant-administrator-of-organization"),
        ),
        (9, grant(1, Some(3), Role::Handler), Some("grant-twice")),
        (9, grant(1, Some(6), Role::Handler), None),
        (
            9,
            grant(1, None, Role::AuditAdministrator),
            Some("grant-administrator-apart"),
        ),
        // Whose grants they are matters: person 2 holds nothing.
        (9, grant(2, None, Role::AuditAdministrator), None),
    ];
    let existing = [grant(1, Some(3), Role::Handler)];
    for (giver, asked, expected) in table {
        let result = may_grant(PersonId(giver), &existing, &asked);
        assert_eq!(refused(result).as_deref(), expected, "{asked:?}");
    }
}

#[test]
fn an_installation_knows_which_administrators_it_lacks() {
    let grants = [grant(1, None, Role::SystemAdministrator)];
    let lacks = missing_administrators(&grants, TODAY);
    assert_eq!(
        lacks,
        [Role::SecurityAdministrator, Role::AuditAdministrator]
    );
    assert_eq!(
        missing_administrators(&grants, date(2019, 1, 1)),
        Role::ADMINISTRATORS
    );
}

#[test]
fn fewer_than_two_hands_are_refused() {
    for people in [0, 1, 9] {
        said(&Hands::new(people).expect_err("refused"));
    }
    assert_eq!(Hands::new(2).map(Hands::people), Ok(2));
}

fn act(person: i64, acting_for: i64) -> Act {
    Act {
        person: PersonId(person),
        acting_for: match acting_for {
            0 => None,
            person => Some(PersonId(person)),
        },
    }
}

#[test]
fn a_chain_finds_its_hands_and_delegation_adds_none() {
    type Case<'a> = (u8, &'a [Act], Act, usize, Option<&'a str>);
    let table: [Case; 9] = [
        (2, &[], act(1, 0), 2, None),
        (2, &[act(1, 0)], act(1, 0), 1, None),
        (
            2,
            &[act(1, 0), act(1, 0)],
            act(1, 0),
            0,
            Some("hands-too-few"),
        ),
        (2, &[act(1, 0), act(1, 0)], act(2, 0), 0, None),
        (3, &[act(1, 0)], act(1, 0), 1, Some("hands-too-few")),
        // 2 stands in for 3.
        (2, &[act(1, 0)], act(2, 3), 0, None),
        (
            2,
            &[act(2, 0)],
            act(2, 3),
            1,
            Some("hands-twice-by-delegation"),
        ),
        (
            2,
            &[act(3, 0)],
            act(2, 3),
            1,
            Some("hands-twice-by-delegation"),
        ),
        (
            2,
            &[act(2, 3)],
            act(3, 0),
            1,
            Some("hands-twice-by-delegation"),
        ),
    ];
    for (hands, done, next, after, expected) in table {
        let hands = Hands::new(hands).expect("two or more");
        let result = may_act(hands, done, next, after);
        assert_eq!(refused(result).as_deref(), expected, "{done:?} {next:?}");
    }
}

fn absence() -> Delegation {
    Delegation {
        from: PersonId(1),
        to: PersonId(2),
        organization: OrganizationId(3),
        roles: vec![Role::Reviewer],
        from_day: TODAY,
        until_day: date(2026, 3, 31),
        reason: "出差".into(),
    }
}

#[test]
fn a_delegation_keeps_within_its_limits() {
    type Edit = fn(&mut Delegation);
    let table: [(Edit, &[&str]); 15] = [
        (|_| {}, &[]),
        (|d| d.to = PersonId(1), &["delegation-to-oneself"]),
        (|d| d.reason = " ".into(), &["delegation-no-reason"]),
        (|d| d.roles.clear(), &["delegation-no-roles"]),
        (|d| d.until_day = date(2026, 3, 1), &["validity-reversed"]),
        (|d| d.until_day = date(2026, 4, 1), &["delegation-too-long"]),
        (
            |d| d.roles = vec![Role::SystemAdministrator],
            &["delegation-of-administrator"],
        ),
        (
            |d| d.roles = vec![Role::Leader],
            &["delegation-of-not-held"],
        ),
        (
            |d| d.roles = vec![Role::Handler],
            &["delegation-of-delegated"],
        ),
        (
            |d| d.organization = OrganizationId(6),
            &["delegation-other-organization", "delegation-of-not-held"],
        ),
        (|d| d.to = PersonId(5), &["grant-administrator-apart"]),
        (
            |d| (d.from_day, d.until_day) = (date(2026, 3, 1), TODAY),
            &["delegation-past"],
        ),
        (|d| d.to = PersonId(6), &["delegation-held-already"]),
        (|d| d.to = PersonId(7), &["delegation-to-absent"]),
        (
            |d| d.roles = vec![Role::SecrecyReviewer, Role::Reviewer],
            &["delegation-twice"],
        ),
    ];
    let borrowed = Delegation {
        from: PersonId(4),
        to: PersonId(1),
        roles: vec![Role::Handler],
        ..absence()
    };
    // Another is away in the last days, and one role is lent already.
    let away = Delegation {
        from: PersonId(7),
        to: PersonId(4),
        from_day: date(2026, 3, 31),
        until_day: date(2026, 4, 5),
        ..absence()
    };
    let lent = Delegation {
        to: PersonId(4),
        roles: vec![Role::SecrecyReviewer],
        until_day: TODAY,
        ..absence()
    };
    let grants = [
        grant(1, Some(3), Role::Reviewer),
        grant(1, Some(3), Role::SecrecyReviewer),
        grant(5, None, Role::AuditAdministrator),
        grant(6, Some(3), Role::Reviewer),
    ];
    let tree = city_tree();
    // The one who stands in works in a section of the organization.
    let known = Circumstances {
        today: TODAY,
        grants: &grants,
        delegations: &[borrowed, away, lent],
        works_in: OrganizationId(4),
        tree: &tree,
    };
    for (edit, expected) in table {
        let mut delegation = absence();
        edit(&mut delegation);
        let wrong = check_delegation(&delegation, DelegationRules::default(), &known);
        wrong.iter().for_each(|message| drop(said(message)));
        let ids: Vec<&str> = wrong.iter().map(|message| message.id.as_ref()).collect();
        assert_eq!(ids, expected, "{delegation:?}");
    }
}

#[test]
fn a_role_that_ends_during_the_absence_cannot_be_lent_for_all_of_it() {
    let mut short = grant(1, Some(3), Role::Reviewer);
    short.validity = Validity::new(date(2020, 1, 1), Some(date(2026, 3, 15))).expect("in order");
    let tree = city_tree();
    let known = Circumstances {
        today: TODAY,
        grants: &[short],
        delegations: &[],
        works_in: OrganizationId(3),
        tree: &tree,
    };
    let wrong = check_delegation(&absence(), DelegationRules::default(), &known);
    assert_eq!(wrong, [Message::new("delegation-of-not-held")]);
}

/// Lent for a month and again for the next, a role is away for two months,
/// which a grant is for.
#[test]
fn one_delegation_after_the_other_is_one_absence() {
    let lent = |from, until| Delegation {
        from_day: from,
        until_day: until,
        ..absence()
    };
    let table: [(&[Delegation], bool); 7] = [
        (&[], true),
        // The day before and the day after; both together are too long.
        (&[lent(date(2026, 3, 2), date(2026, 3, 9))], true),
        (&[lent(date(2026, 3, 20), date(2026, 4, 8))], true),
        (&[lent(date(2026, 3, 20), date(2026, 4, 9))], false),
        (
            &[
                lent(date(2026, 3, 20), date(2026, 4, 2)),
                lent(date(2026, 3, 2), date(2026, 3, 9)),
            ],
            false,
        ),
        // What touches only through another counts too, in whatever order.
        (
            &[
                lent(date(2026, 3, 30), date(2026, 4, 12)),
                lent(date(2026, 3, 20), date(2026, 3, 29)),
            ],
            false,
        ),
        // A day in between, and it is another absence.
        (&[lent(date(2026, 3, 21), date(2026, 4, 15))], true),
    ];
    let tree = city_tree();
    for (delegations, allowed) in table {
        let known = Circumstances {
            today: TODAY,
            grants: &[grant(1, Some(3), Role::Reviewer)],
            delegations,
            works_in: OrganizationId(3),
            tree: &tree,
        };
        let asked = lent(date(2026, 3, 10), date(2026, 3, 19));
        let wrong = check_delegation(&asked, DelegationRules::default(), &known);
        let too_long = Message::new("delegation-too-long").with("max", 30);
        let expected = if allowed { vec![] } else { vec![too_long] };
        assert_eq!(wrong, expected, "{delegations:?}");
    }
    // Other roles and other people's are other absences.
    for other in [
        Delegation {
            roles: vec![Role::Leader],
            ..lent(date(2026, 3, 20), date(2026, 5, 1))
        },
        Delegation {
            from: PersonId(9),
            ..lent(date(2026, 3, 20), date(2026, 5, 1))
        },
    ] {
        let known = Circumstances {
            today: TODAY,
            grants: &[grant(1, Some(3), Role::Reviewer)],
            delegations: &[other],
            works_in: OrganizationId(3),
            tree: &tree,
        };
        let asked = lent(date(2026, 3, 10), date(2026, 3, 19));
        assert_eq!(
            check_delegation(&asked, DelegationRules::default(), &known),
            []
        );
    }
}

#[test]
fn the_longest_absence_is_a_setting_within_bounds() {
    for (days, allowed) in [(-1, false), (0, false), (1, true), (90, true), (91, false)] {
        let rules = DelegationRules::new(days);
        assert_eq!(rules.is_ok(), allowed, "{days}");
        if let Err(message) = rules {
            said(&message);
        }
    }
    let idle = i64::from(DelegationRules::DAYS_MOST);
    assert!(idle <= crate::organization::session::IDLE_PERSON_DAYS);
}

#[test]
fn a_delegation_comes_counts_and_is_over() {
    let lent = absence();
    for (day, is_ended, stage, is_open) in [
        (date(2026, 3, 1), false, Stage::Coming, true),
        (date(2026, 3, 2), false, Stage::InForce, true),
        (date(2026, 3, 31), false, Stage::InForce, true),
        (date(2026, 4, 1), false, Stage::Over, false),
        (date(2026, 3, 1), true, Stage::Ended, false),
        (date(2026, 3, 2), true, Stage::Ended, false),
        (date(2026, 4, 1), true, Stage::Ended, false),
    ] {
        let found = lent.stage(is_ended, day);
        assert_eq!((found, found.is_open()), (stage, is_open), "{day}");
        said(&stage.label());
    }
}

/// Section 4 belongs to bureau 3; 6 is another bureau.
#[test]
fn nothing_is_lent_by_who_is_gone_or_to_who_works_elsewhere() {
    let tree = city_tree();
    for (lender_is_active, works_in, stands) in [
        (true, Some(3), true),
        (true, Some(4), true),
        (true, Some(6), false),
        (true, None, false),
        (false, Some(3), false),
    ] {
        let works_in = works_in.map(OrganizationId);
        let found = absence().is_between_people_at_work(lender_is_active, works_in, &tree, TODAY);
        assert_eq!(found, stands, "{lender_is_active} {works_in:?}");
    }
}

#[test]
fn a_delegation_is_hollow_when_no_role_of_it_is_held_any_more() {
    let lent = Delegation {
        roles: vec![Role::Reviewer, Role::Leader],
        from_day: date(2026, 3, 10),
        ..absence()
    };
    let until = |mut grant: Grant, day| {
        grant.validity = Validity::new(date(2020, 1, 1), Some(day)).expect("in order");
        grant
    };
    let reviewer = grant(1, Some(3), Role::Reviewer);
    let leader = grant(1, Some(3), Role::Leader);
    let table: [(&[Grant], Date, bool); 8] = [
        (&[reviewer, leader], TODAY, false),
        (&[leader], TODAY, false),
        (&[], TODAY, true),
        // Held today, and not any more when it begins.
        (&[until(reviewer, date(2026, 3, 9))], TODAY, true),
        (&[until(reviewer, date(2026, 3, 10))], TODAY, false),
        (
            &[until(reviewer, date(2026, 3, 10))],
            date(2026, 3, 11),
            true,
        ),
        // Another's, and for another body.
        (&[grant(2, Some(3), Role::Reviewer)], TODAY, true),
        (&[grant(1, Some(6), Role::Reviewer)], TODAY, true),
    ];
    for (grants, day, hollow) in table {
        assert_eq!(lent.is_hollow(grants, day), hollow, "{grants:?} {day}");
    }
}

proptest! {
    /// However people try, a finished chain has its hands, and nobody acted
    /// twice where delegation was used.
    #[test]
    fn a_finished_chain_has_its_hands(
        hands in 2u8..5,
        steps in 2usize..6,
        tries in proptest::collection::vec((1i64..6, 0i64..6), 1..60),
    ) {
        let hands = Hands::new(hands).expect("two or more");
        prop_assume!(steps >= hands.people());
        let mut done: Vec<Act> = Vec::new();
        for (person, acting_for) in tries {
            if done.len() == steps {
                break;
            }
            let next = act(person, acting_for);
            if may_act(hands, &done, next, steps - done.len() - 1).is_ok() {
                done.push(next);
            }
        }
        if done.len() == steps {
            prop_assert!(hands_of(&done) >= hands.people());
        }
        for lent in done.iter().filter(|act| act.acting_for.is_some()) {
            let parts = done.iter().filter(|act| act.involves(lent.person)).count();
            prop_assert_eq!(parts, 1);
        }
    }

    /// Whatever is granted through the rule, the three stay apart.
    #[test]
    fn grants_through_the_rule_never_mix(asks in proptest::collection::vec((0usize..11, 2020i16..2030, 0i16..4), 1..20)) {
        let mut held: Vec<Grant> = Vec::new();
        for (role, year, years) in asks {
            let role = Role::ALL[role];
            let validity = Validity::new(date(year, 1, 1), Some(date(year + years, 12, 31)));
            let asked = Grant {
                organization: (!role.is_administrator()).then_some(OrganizationId(3)),
                validity: validity.expect("in order"),
                ..grant(1, None, role)
            };
            if may_grant(PersonId(9), &held, &asked).is_ok() {
                held.push(asked);
            }
        }
        for one in &held {
            for other in held.iter().filter(|other| other.validity.overlaps(one.validity)) {
                prop_assert!(are_compatible(one.role, other.role));
            }
        }
    }
}
