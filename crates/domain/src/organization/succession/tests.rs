use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::body::OrganizationKind as Kind;
use crate::organization::fixtures::{TODAY, below, body, city, city_tree, said};
use crate::organization::tree::tests::forest;

const DAY: Date = Date::constant(2024, 1, 1);
const DAY_BEFORE: Date = Date::constant(2023, 12, 31);

fn ids(list: &[i64]) -> Vec<OrganizationId> {
    list.iter().copied().map(OrganizationId).collect()
}

fn succession(kind: SuccessionKind, on: Date, from: &[i64], to: &[i64]) -> Succession {
    Succession {
        kind,
        on,
        basis: "鲁政发〔2023〕12号".into(),
        from: ids(from),
        to: ids(to),
    }
}

/// The city with bodies founded on the day of the change.
fn with_founded(founded: &[(i64, &str)]) -> Tree {
    let mut bodies = city();
    for (id, name) in founded {
        let mut made = below(1, *id, Kind::Department, name);
        made.validity = Validity::since(DAY);
        bodies.push(made);
    }
    Tree::new(bodies).expect("stands")
}

fn after(tree: &Tree, made: &Succession) -> Tree {
    let changes = apply(tree, made).expect("can be made");
    let mut bodies = tree.bodies().to_vec();
    for body in &mut bodies {
        for change in &changes {
            change.make(body).expect("in order");
        }
    }
    Tree::new(bodies).expect("stands")
}

#[test]
fn kinds_keep_their_keys() {
    for kind in SuccessionKind::ALL {
        assert_eq!(SuccessionKind::from_key(kind.key()), Some(kind));
        said(&kind.label());
    }
    assert_eq!(SuccessionKind::from_key("moved"), None);
}

#[test]
fn a_renamed_body_passes_its_sections_and_children_on() {
    let tree = with_founded(&[(30, "济南市财政和国资局")]);
    let renamed = succession(SuccessionKind::Renamed, DAY, &[3], &[30]);
    let id = OrganizationId;
    assert_eq!(
        apply(&tree, &renamed),
        Ok(vec![
            Change::End {
                id: id(3),
                until: DAY_BEFORE
            },
            Change::Parent {
                id: id(4),
                to: Some(id(30))
            },
            Change::Parent {
                id: id(5),
                to: Some(id(30))
            },
        ])
    );
    let tree = after(&tree, &renamed);
    assert!(tree.is_valid(id(3), DAY_BEFORE) && !tree.is_valid(id(3), DAY));
    assert_eq!(tree.own(id(30), TODAY), ids(&[30, 4]));
    assert_eq!(answerable(&tree, &[renamed], id(3), TODAY), ids(&[30]));
}

#[test]
fn a_successor_that_was_to_begin_later_begins_on_the_day() {
    let mut bodies = city();
    let mut late = below(1, 30, Kind::Department, "济南市财政和国资局");
    late.validity = Validity::since(date(2024, 2, 1));
    bodies.push(late);
    let tree = Tree::new(bodies).expect("stands");
    let changes = apply(
        &tree,
        &succession(SuccessionKind::Renamed, DAY, &[3], &[30]),
    );
    let begin = Change::Begin {
        id: OrganizationId(30),
        from: DAY,
    };
    assert_eq!(changes.expect("can be made")[0], begin);
}

#[test]
fn a_body_taken_up_by_another_merges_into_it() {
    let tree = city_tree();
    let merged = succession(SuccessionKind::Merged, DAY, &[3], &[6]);
    let tree = after(&tree, &merged);
    assert_eq!(tree.own(OrganizationId(6), TODAY), ids(&[6, 4, 7]));
    assert_eq!(
        answerable(&tree, &[merged], OrganizationId(3), TODAY),
        ids(&[6])
    );
}

#[test]
fn an_heir_that_hung_on_the_body_moves_to_where_that_hung() {
    let tree = after(
        &city_tree(),
        &succession(SuccessionKind::Merged, DAY, &[3], &[5]),
    );
    let heir = tree.get(OrganizationId(5)).expect("there");
    assert_eq!(heir.parent, Some(OrganizationId(1)));
    assert_eq!(tree.own(OrganizationId(5), TODAY), ids(&[5, 4]));
}

#[test]
fn after_a_split_several_answer_and_sections_end() {
    let tree = with_founded(&[(30, "济南市公安局"), (31, "济南市应急局")]);
    let split = succession(SuccessionKind::Split, DAY, &[6], &[30, 31]);
    let tree = after(&tree, &split);
    assert!(!tree.is_valid(OrganizationId(7), DAY));
    assert_eq!(
        answerable(&tree, &[split], OrganizationId(6), TODAY),
        ids(&[30, 31])
    );
}

#[test]
fn a_body_that_split_off_a_part_goes_on_and_both_answer() {
    let tree = with_founded(&[(31, "济南市应急局")]);
    let split = succession(SuccessionKind::Split, DAY, &[6], &[6, 31]);
    let tree = after(&tree, &split);
    assert!(tree.is_valid(OrganizationId(6), TODAY) && tree.is_valid(OrganizationId(7), TODAY));
    let made = std::slice::from_ref(&split);
    assert_eq!(
        answerable(&tree, made, OrganizationId(6), TODAY),
        ids(&[6, 31])
    );
    assert_eq!(
        answerable(&tree, made, OrganizationId(6), DAY_BEFORE),
        ids(&[6])
    );
}

#[test]
fn through_a_chain_the_last_answers() {
    let mut bodies = city();
    for (id, from, until) in [
        (30, 2010, Some(2017)),
        (31, 2018, Some(2019)),
        (32, 2020, None),
    ] {
        let mut made = below(1, id, Kind::Department, "某局");
        let until = until.map(|year| date(year, 12, 31));
        made.validity = Validity::new(date(from, 1, 1), until).expect("in order");
        bodies.push(made);
    }
    let tree = Tree::new(bodies).expect("stands");
    let chain = [
        succession(SuccessionKind::Renamed, date(2020, 1, 1), &[31], &[32]),
        succession(SuccessionKind::Renamed, date(2018, 1, 1), &[30], &[31]),
    ];
    let answers = |day| answerable(&tree, &chain, OrganizationId(30), day);
    assert_eq!(answers(date(2017, 6, 1)), ids(&[30]));
    assert_eq!(answers(date(2019, 6, 1)), ids(&[31]));
    assert_eq!(answers(TODAY), ids(&[32]));
}

/// 行政诉讼法 Art. 26 ¶6; 法释〔2018〕1号 Art. 23.
#[test]
fn without_a_successor_the_government_or_the_vertical_superior_answers() {
    let tree = city_tree();
    let table = [(10, 8), (22, 21), (21, 20), (8, 1)];
    for (gone, above) in table {
        let mut bodies = tree.bodies().to_vec();
        let until = Some(DAY_BEFORE);
        bodies.retain(|body| {
            body.id == OrganizationId(gone) || body.parent != Some(OrganizationId(gone))
        });
        for body in bodies.iter_mut().filter(|body| body.id.0 == gone) {
            body.validity = Validity::new(body.validity.from(), until).expect("in order");
        }
        let tree = Tree::new(bodies).expect("stands");
        let ended = succession(SuccessionKind::Abolished, DAY, &[gone], &[]);
        assert_eq!(
            answerable(&tree, &[ended], OrganizationId(gone), TODAY),
            ids(&[above])
        );
        assert_eq!(
            answerable(&tree, &[], OrganizationId(gone), TODAY),
            ids(&[above]),
            "by hand"
        );
    }
}

#[test]
fn a_body_with_others_below_cannot_vanish_without_an_heir() {
    let refusals = apply(
        &city_tree(),
        &succession(SuccessionKind::Abolished, DAY, &[3], &[]),
    );
    let refusals = refusals.expect_err("the payment centre hangs on it");
    assert_eq!(refusals.len(), 1);
    assert!(said(&refusals[0]).contains("济南市国库支付中心"));
}

#[test]
fn wrong_shapes_are_refused() {
    use SuccessionKind::{Abolished, Merged, Renamed, Split};
    let tree = with_founded(&[(30, "甲局"), (31, "乙局")]);
    let table = [
        (Merged, DAY, vec![3, 6], vec![30, 31], "合并"),
        (Merged, DAY, vec![3], vec![3], "合并"),
        (Split, DAY, vec![3], vec![30], "分立"),
        (Split, DAY, vec![3, 6], vec![30, 31], "分立"),
        // A section of the body that ends would end with it.
        (Split, DAY, vec![6], vec![7, 30], "办公室"),
        (Renamed, DAY, vec![3], vec![3], "更名"),
        (Abolished, DAY, vec![], vec![], "撤销"),
        (Abolished, DAY, vec![5], vec![5], "撤销"),
        (Merged, DAY, vec![3, 3], vec![30], "重复"),
        (Merged, DAY, vec![99], vec![30], "99"),
        (Merged, DAY, vec![30], vec![3], "甲局"),
        (Merged, date(1999, 1, 1), vec![3], vec![30], "济南市财政局"),
    ];
    for (kind, on, from, to, part) in table {
        let made = succession(kind, on, &from, &to);
        let refusals = apply(&tree, &made).expect_err("refused");
        let texts: Vec<String> = refusals.iter().map(said).collect();
        assert!(
            texts.iter().any(|text| text.contains(part)),
            "{made:?} {texts:?}"
        );
    }
    let mut silent = succession(Renamed, DAY, &[3], &[30]);
    silent.basis = " ".into();
    let refusals = apply(&tree, &silent).expect_err("refused");
    assert!(said(&refusals[0]).contains("依据"));
}

proptest! {
    /// What can be made leaves a tree in which the old bodies are gone, and
    /// one of the new, or the body above, answers for each.
    #[test]
    fn what_can_be_made_leaves_a_tree(
        bodies in forest(),
        kind in 0usize..4,
        from in proptest::collection::vec(1i64..24, 1..3),
        to in proptest::collection::vec(1i64..24, 0..3),
    ) {
        let tree = Tree::new(bodies).expect("a forest");
        let made = succession(SuccessionKind::ALL[kind], DAY, &from, &to);
        if let Ok(changes) = apply(&tree, &made) {
            prop_assert!(!changes.is_empty() || made.kind == SuccessionKind::Split);
            let tree = after(&tree, &made);
            for old in &made.from {
                let goes_on = made.to.contains(old);
                prop_assert_eq!(tree.is_valid(*old, DAY), goes_on);
                let answering = answerable(&tree, std::slice::from_ref(&made), *old, DAY);
                if made.to.is_empty() {
                    prop_assert!(answering.iter().all(|id| tree.is_valid(*id, DAY)));
                } else {
                    let heirs: BTreeSet<_> = made.to.iter().copied().collect();
                    prop_assert_eq!(answering, heirs.into_iter().collect::<Vec<_>>());
                }
            }
        }
    }

    /// Whatever chains and circles of orders there are, the answer comes, and
    /// only bodies that exist answer.
    #[test]
    fn who_answers_exists(
        ends in proptest::collection::vec(proptest::option::of(2001i16..2025), 8),
        orders in proptest::collection::vec(
            (2001i16..2025, proptest::collection::vec(2i64..10, 1..3), proptest::collection::vec(2i64..10, 0..3)),
            0..12,
        ),
    ) {
        let mut bodies = vec![body(1, Kind::Government, "市人民政府")];
        for (at, end) in ends.iter().enumerate() {
            let mut made = below(1, at as i64 + 2, Kind::Department, "某局");
            let until = end.map(|year| date(year, 12, 31));
            made.validity = Validity::new(date(2000, 1, 1), until).expect("in order");
            made.vertical = (at % 3 == 0).then_some(OrganizationId((at as i64 + 3) % 8 + 2));
            bodies.push(made);
        }
        let tree = Tree::new(bodies).expect("stands");
        let orders: Vec<Succession> = orders
            .iter()
            .map(|(year, from, to)| succession(SuccessionKind::Merged, date(*year, 1, 1), from, to))
            .collect();
        for id in 1..10 {
            for answering in answerable(&tree, &orders, OrganizationId(id), TODAY) {
                prop_assert!(tree.is_valid(answering, TODAY));
            }
        }
    }
}

#[test]
fn a_body_ends_once() {
    let tree = with_founded(&[(30, "济南市财政金融局")]);
    let renamed = succession(SuccessionKind::Renamed, DAY, &[3], &[30]);
    let made = [
        renamed.clone(),
        succession(SuccessionKind::Split, DAY, &[6], &[6, 30]),
    ];
    assert_eq!(refuse_ended(&tree, &[], &renamed), []);
    let told = refuse_ended(&tree, &made, &renamed);
    assert_eq!(told.len(), 1);
    assert!(said(&told[0]).contains("鲁政发〔2023〕12号"));
    // What was split and went on may end yet.
    let ends = succession(SuccessionKind::Merged, DAY, &[6], &[30]);
    assert_eq!(refuse_ended(&tree, &made, &ends), []);
}

#[test]
fn a_renamed_body_is_the_same_body_and_any_other_a_new_one() {
    let mut before = body(3, Kind::Department, "济南市财政局");
    before.parent = Some(OrganizationId(1));
    before.vertical = Some(OrganizationId(20));
    before.credit_code = crate::organization::codes::CreditCode::parse("91330100799655058B").ok();
    before.office.phone = "0531-1".into();
    before.short_name = "市财政局".into();
    for kind in SuccessionKind::ALL {
        let made = successor(kind, &before, "济南市财政金融局", DAY, OrganizationId(-1));
        let is_same = kind == SuccessionKind::Renamed;
        assert_eq!(made.credit_code.is_some(), is_same, "{kind:?}");
        assert_eq!(made.office == before.office, is_same, "{kind:?}");
        assert_eq!(
            (made.parent, made.vertical),
            (before.parent, before.vertical)
        );
        assert_eq!(
            (made.name.as_str(), made.short_name.as_str(), made.kind),
            ("济南市财政金融局", "", before.kind)
        );
        assert_eq!(made.validity, Validity::since(DAY));
        let change = succession(kind, DAY, &[3], &[-1]);
        assert_eq!(roles_go_on(&change, &made), is_same, "{kind:?}");
    }
    // Who was there before would gain the roles of another.
    let there = body(6, Kind::Department, "济南市公安局");
    let renamed = succession(SuccessionKind::Renamed, DAY, &[3], &[6]);
    assert!(!roles_go_on(&renamed, &there));
}

#[test]
fn a_change_is_entered_when_its_day_has_come() {
    assert_eq!(refuse_early(TODAY, TODAY), None);
    assert_eq!(refuse_early(DAY, TODAY), None);
    let early = refuse_early(TODAY.tomorrow().expect("a day"), TODAY).expect("refused");
    assert!(said(&early).contains("2026-03-03"));
}
