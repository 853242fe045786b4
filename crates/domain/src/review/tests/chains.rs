//! Chains as data: which are none, and that they are read as they were stored.

use super::*;

#[test]
fn a_chain_that_is_none_is_refused_with_everything_that_is_wrong() {
    let hands = |people| Hands::new(people).expect("hands");
    let ids = |stages: Vec<Stage>, people, urgent_by| -> Vec<String> {
        let wrong = Chain::new(stages, hands(people), urgent_by).expect_err("refused");
        wrong.iter().for_each(|message| drop(said(message)));
        wrong.into_iter().map(|m| m.id.into_owned()).collect()
    };
    let review = |key: &str| step(key, StepKind::Review, Role::Reviewer);
    let with = |change: fn(&mut Step)| {
        let mut step = step("a", StepKind::Review, Role::Reviewer);
        change(&mut step);
        vec![vec![step]]
    };
    assert_eq!(
        ids(Vec::new(), 2, None),
        ["chain-empty", "chain-too-few-hands"]
    );
    assert_eq!(
        ids(vec![vec![review("a")], Vec::new()], 2, None),
        ["chain-empty"]
    );
    assert_eq!(
        ids(vec![vec![review("a")]], 3, None),
        ["chain-too-few-hands"]
    );
    assert_eq!(
        ids(vec![vec![review("a"), review("a")]], 2, None),
        ["chain-step-twice"]
    );
    let many = (0..17).map(|n| vec![review(&n.to_string())]).collect();
    assert_eq!(ids(many, 2, None), ["chain-too-long"]);
    let signature = step("s", StepKind::Signature, Role::Leader);
    assert_eq!(
        ids(vec![vec![signature], vec![review("a")]], 2, None),
        ["chain-signature-not-last"]
    );
    assert_eq!(
        ids(vec![vec![review("a")]], 2, Some(Role::SystemAdministrator)),
        ["chain-urgency-without-secrecy", "chain-administrator"]
    );
    type Change = (fn(&mut Step), &'static str);
    let table: [Change; 6] = [
        (|step| step.key = String::new(), "chain-step-without-name"),
        (
            |step| step.role = Role::AuditAdministrator,
            "chain-administrator",
        ),
        (
            |step| step.kind = StepKind::Secrecy,
            "chain-secrecy-by-another",
        ),
        (|step| step.days = Some(0), "chain-days"),
        (|step| step.days = Some(61), "chain-days"),
        (
            |step| step.stands_in = Some(Role::Reviewer),
            "chain-stands-in-for-itself",
        ),
    ];
    for (change, expected) in table {
        assert_eq!(ids(with(change), 2, None), [expected]);
    }
}

#[test]
fn a_chain_is_read_as_it_was_stored() {
    let chain = chain(4);
    let text = serde_json::to_string(&chain.to_data()).expect("text");
    let data = serde_json::from_str(&text).expect("data");
    assert_eq!(Chain::from_data(&data), Ok(chain));
}
