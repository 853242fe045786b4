use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::body::{OrganizationKind as Kind, Validity};
use crate::organization::fixtures::{TODAY, below, body, city, city_tree, said};

fn ids(list: &[OrganizationId]) -> Vec<i64> {
    list.iter().map(|id| id.0).collect()
}

fn id(n: i64) -> OrganizationId {
    OrganizationId(n)
}

fn refusals(bodies: Vec<Organization>) -> Vec<String> {
    let refusals = Tree::new(bodies).expect_err("refused");
    refusals
        .iter()
        .map(|refusal| said(&refusal.message()))
        .collect()
}

#[test]
fn bodies_that_make_no_tree_are_refused_by_name() {
    let mut ended = body(1, Kind::Government, "甲县人民政府");
    ended.validity = Validity::new(date(2000, 1, 1), Some(date(2010, 12, 31))).expect("in order");
    let table = [
        (vec![below(9, 1, Kind::Department, "甲局")], "没有找到"),
        (vec![body(1, Kind::Section, "办公室")], "内设机构"),
        (
            vec![
                below(2, 1, Kind::Department, "甲局"),
                below(1, 2, Kind::Department, "乙局"),
            ],
            "循环",
        ),
        (vec![below(1, 1, Kind::Department, "甲局")], "循环"),
        (
            vec![ended, below(1, 2, Kind::Department, "甲局")],
            "甲县人民政府",
        ),
        (
            vec![
                body(1, Kind::Department, "甲局"),
                below(1, 2, Kind::Section, "办公室"),
                below(2, 3, Kind::Institution, "甲中心"),
            ],
            "甲中心",
        ),
        (
            vec![
                body(1, Kind::Department, "甲局"),
                body(1, Kind::Department, "乙局"),
            ],
            "1",
        ),
    ];
    for (bodies, part) in table {
        let said = refusals(bodies);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(part), "{said:?}");
    }
}

#[test]
fn every_refusal_is_told_at_once() {
    let bodies = vec![
        body(1, Kind::Section, "甲"),
        below(7, 2, Kind::Department, "乙"),
    ];
    assert_eq!(refusals(bodies).len(), 2);
}

#[test]
fn belonging_is_read_up_and_down() {
    let tree = city_tree();
    assert_eq!(ids(&tree.children(id(3), TODAY)), [4, 5]);
    assert_eq!(
        ids(&tree.descendants(id(1), TODAY)),
        [2, 3, 6, 8, 21, 4, 5, 7, 9, 10, 22]
    );
    assert_eq!(ids(&tree.ancestors(id(10), TODAY)), [8, 1]);
    assert_eq!(ids(&tree.own(id(3), TODAY)), [3, 4]);
}

/// Art. 3 ¶2: the general office is 主管部门 of its place; ¶3: a vertical
/// system looks after its own.
#[test]
fn the_general_office_supervises_its_place_but_not_the_vertically_led() {
    let tree = city_tree();
    assert_eq!(
        ids(&tree.supervised_by(id(2), TODAY)),
        [3, 4, 5, 6, 7, 8, 9, 10]
    );
    assert_eq!(ids(&tree.supervised_by(id(9), TODAY)), [10]);
    assert_eq!(ids(&tree.supervised_by(id(20), TODAY)), [21, 22]);
    assert_eq!(ids(&tree.supervised_by(id(3), TODAY)), [0i64; 0]);
    assert_eq!(ids(&tree.subordinates(id(3), TODAY)), [5]);
}

#[test]
fn standing_is_own_subordinate_or_other() {
    use Standing::{Other, Own, Subordinate};
    let tree = city_tree();
    let table = [
        (3, 3, Own),
        (3, 4, Own),
        (4, 3, Other),
        (4, 4, Own),
        (3, 5, Subordinate),
        (3, 7, Other),
        (6, 3, Other),
        (1, 10, Subordinate),
        (2, 10, Subordinate),
        (2, 1, Other),
        (9, 10, Subordinate),
        (10, 9, Other),
        (1, 21, Other),
        (2, 22, Other),
        (20, 21, Subordinate),
        (20, 22, Subordinate),
        (21, 22, Own),
        (3, 99, Other),
        (99, 99, Other),
    ];
    for (own, other, expected) in table {
        assert_eq!(
            tree.standing(id(own), id(other), TODAY),
            expected,
            "{own} {other}"
        );
    }
}

#[test]
fn a_named_supervisor_supervises_beside_the_office() {
    let mut bodies = city();
    bodies.push(Organization {
        supervisor: Some(id(6)),
        ..body(30, Kind::Authorized, "济南市保安协会")
    });
    let tree = Tree::new(bodies).expect("stands");
    assert_eq!(ids(&tree.supervised_by(id(6), TODAY)), [30]);
    // The office supervises the bureau, and so whom the bureau supervises.
    assert_eq!(tree.standing(id(2), id(30), TODAY), Standing::Subordinate);
}

#[test]
fn a_body_is_found_only_on_its_days() {
    let mut bodies = city();
    bodies[2].validity = Validity::since(date(2010, 1, 1));
    let tree = Tree::new(bodies).expect("a section may be older than its body");
    let before = date(2009, 12, 31);
    assert_eq!(ids(&tree.children(id(1), before)), [2, 6, 8, 21]);
    assert_eq!(tree.standing(id(3), id(4), before), Standing::Other);
    assert_eq!(ids(&tree.ancestors(id(4), before)), [0i64; 0]);
    assert!(!tree.is_valid(id(3), before) && tree.is_valid(id(3), TODAY));
}

/// 5,000 bodies: a province with its cities, counties and sections. Bounded
/// by work done, not by a clock: the test would take minutes if a question
/// were not linear.
#[test]
fn five_thousand_bodies_are_asked_quickly() {
    let mut bodies = vec![body(0, Kind::Government, "省人民政府")];
    for n in 1..5_000i64 {
        let kind = match n % 5 {
            _ if n <= 20 => Kind::Government,
            0 => Kind::Office,
            _ => Kind::Department,
        };
        bodies.push(below(
            if n <= 20 { 0 } else { n % 20 + 1 },
            n,
            kind,
            "某机关",
        ));
    }
    let tree = Tree::new(bodies).expect("stands");
    assert_eq!(tree.descendants(id(0), TODAY).len(), 4_999);
    for n in 0..5_000 {
        assert_eq!(tree.standing(id(0), id(n), TODAY) == Standing::Own, n == 0);
    }
}

/// Random forests: each body below an earlier one, some vertically led, some
/// with a supervisor of their own, some that do not exist yet.
pub(in crate::organization) fn forest() -> impl Strategy<Value = Vec<Organization>> {
    let one = (0usize..8, 0usize..64, 0usize..64, 0usize..64, 0u8..10);
    proptest::collection::vec(one, 1..24).prop_map(|rows| {
        let mut bodies: Vec<Organization> = Vec::new();
        for (n, (kind, parent, supervisor, vertical, ties)) in rows.into_iter().enumerate() {
            let pick = |at: usize| bodies.get(at % n.max(1)).map(|body| body.id);
            let mut kind = Kind::ALL[kind];
            let mut parent = pick(parent).filter(|_| ties < 9);
            let above = bodies.iter().find(|body| Some(body.id) == parent);
            match above.map(|body| body.kind) {
                None if kind == Kind::Section => kind = Kind::Department,
                Some(Kind::Section) if kind != Kind::Section => parent = None,
                _ => {}
            }
            let mut made = body(n as i64 + 1, kind, &format!("机关{n}"));
            made.parent = parent;
            made.supervisor = pick(supervisor).filter(|_| ties % 4 == 1);
            made.vertical = pick(vertical).filter(|_| ties % 5 == 2);
            if ties == 8 {
                made.validity = Validity::since(date(2027, 1, 1));
            }
            bodies.push(made);
        }
        bodies
    })
}

proptest! {
    #[test]
    fn standing_agrees_with_own_and_subordinates(bodies in forest()) {
        let tree = Tree::new(bodies).expect("a forest");
        let all: Vec<OrganizationId> = tree.bodies().iter().map(|body| body.id).collect();
        for own in &all {
            let mine = tree.own(*own, TODAY);
            let under = tree.subordinates(*own, TODAY);
            for other in &all {
                let expected = if mine.contains(other) {
                    Standing::Own
                } else if under.contains(other) {
                    Standing::Subordinate
                } else {
                    Standing::Other
                };
                prop_assert_eq!(tree.standing(*own, *other, TODAY), expected, "{} {}", own, other);
            }
            for supervised in tree.supervised_by(*own, TODAY) {
                prop_assert!(under.contains(&supervised) || mine.contains(&supervised));
            }
        }
    }

    #[test]
    fn descendants_and_ancestors_are_mirrors(bodies in forest()) {
        let tree = Tree::new(bodies).expect("a forest");
        for body in tree.bodies() {
            for below in tree.descendants(body.id, TODAY) {
                prop_assert!(tree.ancestors(below, TODAY).contains(&body.id));
            }
        }
    }
}
