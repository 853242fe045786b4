use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::{body, said};

/// Arts 10, 54, 55.
#[test]
fn kinds_keep_their_keys_and_know_whose_name_they_disclose_in() {
    use OrganizationKind as Kind;
    let table = [
        (Kind::Government, "government", OwnName::Yes),
        (Kind::Office, "office", OwnName::Yes),
        (Kind::Department, "department", OwnName::Yes),
        (Kind::Dispatched, "dispatched", OwnName::WhereLawEntrusts),
        (Kind::Institution, "institution", OwnName::No),
        (Kind::Authorized, "authorized", OwnName::Yes),
        (
            Kind::PublicEnterprise,
            "public_enterprise",
            OwnName::BySectorRules,
        ),
        (Kind::Section, "section", OwnName::WhereLawEntrusts),
    ];
    assert_eq!(table.map(|(kind, ..)| kind), Kind::ALL);
    for (kind, key, own_name) in table {
        assert_eq!((kind.key(), kind.own_name()), (key, own_name));
        assert_eq!(Kind::from_key(key), Some(kind));
        said(&kind.label());
    }
    assert_eq!(Kind::from_key("ministry"), None);
}

/// Art. 12 ¶2.
#[test]
fn the_guide_lacks_what_the_office_lacks() {
    let mut department = body(1, OrganizationKind::Department, "市财政局");
    assert_eq!(department.missing().len(), 10);
    for message in department.missing() {
        said(&message);
    }
    department.office = DisclosureOffice {
        name: "市财政局办公室".into(),
        head: Some(PersonId(7)),
        address: "经七路 1 号".into(),
        hours: "工作日 8:30–17:00".into(),
        phone: "0531-12345678".into(),
        fax: " ".into(),
        mail: "xxgk@example.invalid".into(),
        postcode: String::new(),
        classification: "按主题分为规划、预算、采购等类".into(),
        arrangement: "按年份和文号编排".into(),
        obtaining: "在门户网站的公开专栏查阅".into(),
        open: OpenWays::default(),
    };
    assert_eq!(department.missing(), [Message::new("missing-office-fax")]);
    department.office.fax = "0531-12345679".into();
    assert_eq!(department.missing(), []);
}

#[test]
fn a_section_owes_no_office_until_one_is_begun() {
    let mut section = body(2, OrganizationKind::Section, "办公室");
    assert_eq!(section.missing(), []);
    section.office.name = "办公室".into();
    assert_eq!(section.missing().len(), 9);
}

#[test]
fn a_validity_that_ends_before_it_begins_is_refused() {
    let refused = Validity::new(date(2024, 2, 1), Some(date(2024, 1, 31)));
    assert!(said(&refused.expect_err("refused")).contains("2024-02-01"));
    let one_day = Validity::new(date(2024, 2, 1), Some(date(2024, 2, 1))).expect("one day");
    assert!(one_day.contains(date(2024, 2, 1)) && !one_day.contains(date(2024, 2, 2)));
}

fn validity() -> impl Strategy<Value = Validity> {
    (0i8..28, proptest::option::of(0i8..28)).prop_map(|(from, length)| {
        let day = |n: i8| date(2024, 1 + n / 28, 1 + n % 28);
        Validity::new(day(from), length.map(|n| day(from + n))).expect("in order")
    })
}

proptest! {
    #[test]
    fn overlap_and_cover_agree_with_the_days(a in validity(), b in validity()) {
        let days: Vec<Date> = (0..56).map(|n: i8| date(2024, 1 + n / 28, 1 + n % 28)).collect();
        let both = days.iter().any(|day| a.contains(*day) && b.contains(*day));
        prop_assert_eq!(a.overlaps(b), both || (a.until.is_none() && b.until.is_none()));
        if a.covers(b) {
            prop_assert!(days.iter().all(|day| !b.contains(*day) || a.contains(*day)));
            prop_assert!(a.overlaps(b));
        }
    }
}

#[test]
fn one_body_stands_once_at_a_time() {
    let code = CreditCode::parse("91330100799655058B").ok();
    let mut one = body(1, OrganizationKind::Department, "市财政局");
    one.credit_code.clone_from(&code);
    let mut other = body(2, OrganizationKind::Department, "市财政局");
    other.credit_code = code;
    let told = |one: &Organization, other: &Organization| -> Vec<String> {
        one.twice_with(other).iter().map(said).collect()
    };
    assert_eq!(told(&one, &other).len(), 2);
    assert_eq!(told(&one, &one), [""; 0], "itself");
    let since = one.validity.from();
    let ended = Organization {
        validity: Validity::new(since, Some(date(2010, 1, 1))).expect("days"),
        ..one.clone()
    };
    other.validity = Validity::since(date(2010, 1, 2));
    assert_eq!(told(&ended, &other), [""; 0], "one follows the other");
    other.validity = one.validity;
    other.parent = Some(OrganizationId(3));
    other.credit_code = None;
    assert_eq!(told(&one, &other), [""; 0], "elsewhere");
}
