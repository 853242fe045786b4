use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::said;

/// GB 32100-2015: codes as registered and published.
#[test]
fn published_credit_codes_pass() {
    for code in [
        // 阿里巴巴（中国）有限公司, 腾讯, 华为, 百度: widely printed.
        "91330100799655058B",
        "9144030071526726XG",
        "914403001922038216",
        "91110000802100433B",
    ] {
        assert_eq!(
            CreditCode::parse(code).map(|c| c.to_string()),
            Ok(code.into())
        );
    }
}

#[test]
fn full_width_lower_case_and_blanks_are_the_same_code() {
    let plain = CreditCode::parse("91330100799655058B").expect("a code");
    for typed in [
        "91330100799655058b",
        " 9133 0100 7996 5505 8B ",
        "９１３３０１００７９９６５５０５８Ｂ",
    ] {
        assert_eq!(CreditCode::parse(typed).as_ref(), Ok(&plain), "{typed}");
    }
}

#[test]
fn a_wrong_credit_code_is_told_where() {
    let table = [
        ("9133010079965505", "有 16 位"),
        ("91330100799655O58B", "第 15 位"),
        ("91A30100799655058B", "第 3 位"),
        ("91330100799655058C", "应为 B"),
        ("91330100799655085B", "应为"),
        ("", "有 0 位"),
    ];
    for (code, part) in table {
        let error = CreditCode::parse(code).expect_err("refused");
        let text = said(&error.message());
        assert!(text.contains(part), "{code}: {text}");
    }
}

#[test]
fn division_codes_know_level_and_place_above() {
    use DivisionLevel::{County, Prefecture, Province, Township, Village};
    let table = [
        ("370000", "370000", Province, None),
        ("370100", "370100", Prefecture, Some("370000")),
        ("370102", "370102", County, Some("370100")),
        ("370102000000", "370102", County, Some("370100")),
        ("370102001", "370102001", Township, Some("370102")),
        ("370102001004", "370102001004", Village, Some("370102001")),
        // Districts of a municipality, counties directly under a province, and
        // a prefecture without counties.
        ("110101", "110101", County, Some("110000")),
        ("500229", "500229", County, Some("500000")),
        ("419001", "419001", County, Some("410000")),
        ("441900003", "441900003", Township, Some("441900")),
        ("３７０１０２", "370102", County, Some("370100")),
    ];
    for (text, printed, level, parent) in table {
        let code = DivisionCode::parse(text).expect("a code");
        assert_eq!(code.to_string(), printed);
        assert_eq!(code.level(), level, "{text}");
        assert_eq!(
            code.parent().map(|p| p.to_string()).as_deref(),
            parent,
            "{text}"
        );
    }
}

#[test]
fn a_wrong_division_code_is_told_why() {
    let table = [
        ("37010", "有 5 位"),
        ("3701O2", "第 5 位"),
        ("990000", "99"),
        ("370001", "跳过"),
        ("370102000001", "跳过"),
    ];
    for (code, part) in table {
        let error = DivisionCode::parse(code).expect_err("refused");
        let text = said(&error.message());
        assert!(text.contains(part), "{code}: {text}");
    }
}

#[test]
fn a_province_contains_its_villages_and_no_others() {
    let province = DivisionCode::parse("370000").expect("a code");
    let village = DivisionCode::parse("370102001004").expect("a code");
    let elsewhere = DivisionCode::parse("110101").expect("a code");
    assert!(province.contains(village) && province.contains(province));
    assert!(!province.contains(elsewhere) && !village.contains(province));
    assert_eq!(village.province_name(), "山东省");
}

fn with_check(body: &str) -> String {
    let sum = body
        .chars()
        .zip(std::iter::successors(Some(1), |w| Some(w * 3 % 31)));
    let sum = sum
        .map(|(c, w)| CREDIT_ALPHABET.find(c).unwrap_or(0) * w)
        .sum();
    format!("{body}{}", check_character(sum))
}

proptest! {
    #[test]
    fn one_wrong_character_never_passes(
        body in "[19][1-5][0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}",
        at in 0usize..18,
        other in "[0-9A-HJ-NP-RTUWXY]",
    ) {
        let code = with_check(&body);
        prop_assert!(CreditCode::parse(&code).is_ok());
        let mut changed: Vec<char> = code.chars().collect();
        changed[at] = other.chars().next().unwrap_or('0');
        let changed: String = changed.into_iter().collect();
        prop_assert_eq!(CreditCode::parse(&changed).is_ok(), changed == code);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,24}") {
        let _ = CreditCode::parse(&text);
        let _ = DivisionCode::parse(&text);
    }

    #[test]
    fn a_division_code_prints_as_it_reads_and_climbs_to_its_province(
        text in "(11|37|41|65)(0[1-9]|90)[0-9]{2}(00[1-9]00[0-9])?",
    ) {
        let code = DivisionCode::parse(&text).expect("a code");
        prop_assert_eq!(DivisionCode::parse(&code.to_string()), Ok(code));
        let mut above = code;
        while let Some(parent) = above.parent() {
            prop_assert!(parent.level() < above.level());
            prop_assert!(parent.contains(code));
            above = parent;
        }
        prop_assert_eq!(above.level(), DivisionLevel::Province);
    }
}
