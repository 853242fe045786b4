use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::expressions::{Entry, Kind, read};
use super::rules::RULES;
use super::*;
use crate::words::{Language, Words};

const TODAY: Date = date(2026, 11, 22);

fn scanner() -> Scanner {
    Scanner::new(Dictionary::with(&[]).expect("our own"), TODAY)
}

fn scan(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    scanner().scan(text, &mut hits);
    hits
}

/// Rules and what stands at their ranges.
fn found(text: &str) -> Vec<(RuleId, &str)> {
    scan(text)
        .into_iter()
        .map(|hit| (hit.rule, &text[hit.range]))
        .collect()
}

/// A resident's number of a place, birthday and sequence, with its check sign.
fn resident(place: u32, day: Date, sequence: u32) -> String {
    let body = format!(
        "{place:06}{:04}{:02}{:02}{sequence:03}",
        day.year(),
        day.month(),
        day.day()
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).expect("small")];
    format!("{body}{}", char::from(check))
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).expect("a wide form"),
            c => c,
        })
        .collect()
}

#[test]
fn a_resident_number_is_found_however_it_is_written() {
    let id = resident(110_105, date(1949, 12, 31), 2);
    assert_eq!(id, "11010519491231002X", "the example of GB 11643");
    let (a, b, c) = (&id[..6], &id[6..14], &id[14..]);
    for text in [
        id.clone(),
        id.to_lowercase(),
        wide(&id),
        format!("身份证号：{id}。"),
        format!("{a} {b} {c}"),
        format!("{a}-{b}-{c}"),
        format!("{a}\u{2014}{b}\u{2014}{c}"),
        format!("{a}\u{3000}{b}\u{3000}{c}"),
        format!("{a}\u{a0}{b}\u{200b}{c}"),
        format!("{a}\n{b}{c}"),
        format!("{a}\n{b}\n{c}"),
        format!("{a}.{b}.{c}"),
        format!("{a}/{b}/{c}"),
        format!("{id}zhang.pdf"),
        format!("{a}\t{b}\t{c}"),
        id.chars().map(|c| format!("{c}\t")).collect(),
        id.chars().map(|c| format!("{c} ")).collect(),
        "1101 0519 4912 3100 2X".to_owned(),
        "110 105 194 912 310 02X".to_owned(),
        format!("张三{id}13900001234"),
        format!("张三{id}"),
    ] {
        let hits = scan(&text);
        let hit = hits.iter().find(|hit| hit.rule == RuleId::ResidentId);
        let hit = hit.unwrap_or_else(|| panic!("not found in {text:?}"));
        assert_eq!(hit.severity, Severity::Blocks, "{text:?}");
        assert_eq!(hit.shown, "1*************002X", "{text:?}");
    }
}

#[test]
fn one_that_is_cut_anywhere_is_found_and_blocks_where_it_is_called_so() {
    let bare = "11010 5194 91231002X";
    assert_eq!(scan(bare)[0].severity, Severity::Warns);
    let called = format!("身份证号 {bare}");
    assert_eq!(scan(&called)[0].severity, Severity::Blocks);
    // Eighteen digits over cells of figures are none.
    assert_eq!(found("11010\t5194\t91231002X"), []);
}

#[test]
fn one_within_a_longer_number_warns() {
    // Another sequence where the check sign is an X, which ends a number.
    let whole = (100..)
        .map(|sequence| resident(530_102, date(1988, 3, 7), sequence))
        .find(|number| !number.ends_with('X'))
        .expect("ten of eleven");
    let hits = scan(&format!("9{whole}7788"));
    assert!(
        hits.iter()
            .any(|hit| hit.rule == RuleId::ResidentId && hit.severity == Severity::Warns),
        "{hits:?}"
    );
}

#[test]
fn what_only_looks_like_a_resident_number_is_none() {
    for text in [
        // The check sign is wrong.
        "110105194912310021",
        // No such day, a day to come, no such place.
        "110105194902310021",
        "11010520991231002X",
        "000000194912310029",
        // A credit code, an order, a document number, an amount.
        "91110105MA01C8Y31X",
        "20240315123456789012",
        "云政发〔2024〕12号",
        "1234567890.12",
        "138.00138001",
        "622202.1234567890128",
        "6901234567892",
    ] {
        let hits = scan(text);
        assert!(
            hits.iter().all(|hit| hit.severity != Severity::Blocks),
            "{text}: {hits:?}"
        );
    }
}

#[test]
fn the_old_form_blocks_only_where_it_is_called_so() {
    assert_eq!(
        scan("身份证号110105491231002")[0].severity,
        Severity::Blocks
    );
    assert_eq!(scan("注册号110105491231002")[0].severity, Severity::Warns);
    assert_eq!(found("110105991331002"), [], "no such month");
}

#[test]
fn telephones() {
    use RuleId::{Landline, Mobile};
    for (text, expected) in [
        ("手机13800138001", Some((Mobile, Severity::Blocks))),
        ("13800138001", Some((Mobile, Severity::Blocks))),
        ("１３８００１３８００１", Some((Mobile, Severity::Blocks))),
        ("+86 138-0013-8001", Some((Mobile, Severity::Blocks))),
        ("8613800138001", Some((Mobile, Severity::Blocks))),
        ("联系电话：138 0013 8001", Some((Mobile, Severity::Blocks))),
        // Three figures side by side, nothing says that it is a telephone.
        ("138 0013 8001", Some((Mobile, Severity::Warns))),
        ("运单号：13800138001", Some((Mobile, Severity::Warns))),
        ("13800138001.50元", None),
        ("A13800138001", None),
        ("13888888888", None),
        ("12345678901", None),
        ("电话：0871-63123456", Some((Landline, Severity::Warns))),
        ("(0871)63123456", Some((Landline, Severity::Warns))),
        ("（010）66123456", Some((Landline, Severity::Warns))),
        ("电话087163123456", Some((Landline, Severity::Warns))),
        ("087163123456", None),
        ("400-800-1234", None),
    ] {
        let hits = scan(text);
        let first = hits.first().map(|hit| (hit.rule, hit.severity));
        assert_eq!(first, expected, "{text}");
    }
    assert_eq!(scan("手机13800138001")[0].shown, "138****8001");
}

#[test]
fn bank_cards() {
    // Made numbers whose check digit holds.
    for (text, expected) in [
        ("卡号6222021234567890128", Some(Severity::Blocks)),
        ("6222 0212 3456 7890 128", Some(Severity::Blocks)),
        ("账号：4111111111111111", None),
        ("账号：4012888888881881", Some(Severity::Blocks)),
        ("4012888888881881", Some(Severity::Warns)),
        ("订单号6222021234567890128", Some(Severity::Warns)),
        ("6222021234567890129", None),
    ] {
        let text = luhn_fixed(text);
        let hits = scan(&text);
        let first = hits
            .iter()
            .find(|hit| hit.rule == RuleId::BankCard)
            .map(|hit| hit.severity);
        assert_eq!(first, expected, "{text}: {hits:?}");
    }
}

/// The texts above hold a card that ends in 128, whose check digit is set
/// right here; one that ends in 129 is set wrong.
fn luhn_fixed(text: &str) -> String {
    let check = (0..=9)
        .find(|digit| {
            let number = format!("622202123456789012{digit}");
            let sum: u32 = number
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, byte)| {
                    let digit = u32::from(byte - b'0');
                    match at % 2 {
                        0 => digit,
                        _ => digit * 2 / 10 + digit * 2 % 10,
                    }
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .expect("one of ten");
    let wrong = (check + 1) % 10;
    text.replace("90128", &format!("9012{check}"))
        .replace("90 128", &format!("90 12{check}"))
        .replace("90129", &format!("9012{wrong}"))
}

#[test]
fn addresses_down_to_the_door() {
    for (text, expected) in [
        (
            "家庭住址：昆明市西山区人民西路12号3栋2单元501室",
            Some(Severity::Blocks),
        ),
        (
            "住址：勐海县勐遮镇曼恩村委会曼恩村民小组12号",
            Some(Severity::Blocks),
        ),
        (
            "昆明市西山区人民西路12号3栋2单元501室",
            Some(Severity::Warns),
        ),
        ("办公地址：昆明市西山区人民西路12号", None),
        ("联系地址：人民西路12号政务服务中心3楼", None),
        ("第12号文件", None),
        ("会议室301室", None),
        ("建议第3号、提案第12号", None),
    ] {
        let hits = scan(text);
        let first = hits
            .iter()
            .find(|hit| hit.rule == RuleId::Address)
            .map(|hit| hit.severity);
        assert_eq!(first, expected, "{text}: {hits:?}");
        assert!(
            hits.iter().all(|hit| !hit.shown.contains("501")),
            "{hits:?}"
        );
    }
}

#[test]
fn nothing_shown_holds_a_number_in_clear() {
    let text = "张三 11010519491231002X 手机13800138001 电话0871-63123456 卡号4012888888881881";
    for hit in scan(text) {
        let clear: String = text[hit.range.clone()]
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        assert!(
            hit.shown.contains('*') && !hit.shown.contains(&clear),
            "{hit:?}"
        );
    }
    let masked = scanner().masked("张三11010519491231002X.docx");
    assert_eq!(masked, "张三1*************002X.docx");
}

#[test]
fn marks_words_and_what_protects_them() {
    use RuleId::{Outdated, SecrecyMark, SecrecyWord, Wrong};
    for (text, expected) in [
        ("机密★1年", vec![(SecrecyMark, "机密★")]),
        ("秘　密★", vec![(SecrecyMark, "秘　密★")]),
        ("密级：绝密", vec![(SecrecyMark, "密级：绝密")]),
        ("  机 密  \n正文", vec![(SecrecyMark, "机 密")]),
        (
            "内部资料 注意保存",
            vec![(SecrecyMark, "内部资料 注意保存")],
        ),
        ("属于机密的事项", vec![(SecrecyWord, "机密")]),
        ("依照保守国家秘密法", vec![]),
        ("涉及国家秘密、商业秘密、个人隐私", vec![]),
        ("请注意保存凭证", vec![]),
        ("机密级国家秘密", vec![]),
        ("关于布署工作", vec![(Wrong, "布署")]),
        ("可以经由网站", vec![]),
        ("工作以经完成", vec![(Wrong, "以经")]),
        ("原国土资源部", vec![]),
        ("报国土资源部", vec![(Outdated, "国土资源部")]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
    assert_eq!(scan("布署")[0].proposal, "部署", "proposed, never put in");
}

#[test]
fn an_installation_adds_its_own_and_protects_its_own() {
    let groups = read(
        r#"[{"kind":"forbidden","source":"本单位","entries":["内部代号甲",["旧称","新称"]]},
            {"kind":"protect","source":"本单位","entries":["《旧称史料》"]}]"#,
    )
    .expect("its form");
    let scanner = Scanner::new(Dictionary::with(&groups).expect("built"), TODAY);
    let rules = |text: &str| {
        let mut hits = Vec::new();
        scanner.scan(text, &mut hits);
        hits.iter().map(|hit| hit.rule).collect::<Vec<_>>()
    };
    assert_eq!(
        rules("内部代号甲和旧称"),
        [RuleId::Forbidden, RuleId::Forbidden]
    );
    assert_eq!(rules("见《旧称史料》"), []);
    assert_eq!(rules("关于布署"), [RuleId::Wrong], "ours stay");
    assert!(read(r#"[{"kind":"wrong","source":"x","entries":["一"]}]"#).is_err());
    assert!(read("{}").is_err());
}

#[test]
fn of_hits_inside_one_another_the_longest_is_told() {
    let groups = [Group {
        kind: Kind::Wrong,
        source: "test".into(),
        entries: ["甲乙", "乙丙", "甲乙丙丁", "丙"]
            .into_iter()
            .map(|text| Entry::Bare(text.into()))
            .collect(),
    }];
    let dictionary = Dictionary::new(&groups).expect("built");
    let told = |text: &str| {
        let mut hits = Vec::new();
        dictionary.scan(text, &mut hits);
        hits.iter().map(|hit| hit.shown.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told("甲乙丙丁"), ["甲乙丙丁"]);
    assert_eq!(told("甲乙丙戊"), ["甲乙", "乙丙"]);
}

#[test]
fn every_rule_has_its_row_and_its_words() {
    for rule in RULES {
        assert_eq!(rule.id.rule().code, rule.code);
        for language in [Language::Chinese, Language::English] {
            assert!(Words::of(language).has(rule.statement), "{}", rule.code);
        }
        assert!(!rule.basis.is_empty());
    }
    let mut codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), RULES.len(), "a code stands twice");
}

#[test]
fn the_gravest_finding_is_the_verdict() {
    let outcome = |rules: &[RuleId]| {
        let findings = rules
            .iter()
            .map(|rule| Finding::of(*rule, Place::file(), ""))
            .collect();
        Outcome::new("PDF", findings).verdict
    };
    assert_eq!(outcome(&[]), Verdict::Clean);
    assert_eq!(outcome(&[RuleId::Wrong]), Verdict::Warned);
    assert_eq!(
        outcome(&[RuleId::Wrong, RuleId::UnreadKind]),
        Verdict::Unreadable
    );
    assert_eq!(
        outcome(&[RuleId::UnreadKind, RuleId::ResidentId]),
        Verdict::Blocked
    );
    assert_eq!(
        outcome(&[RuleId::ResidentId, RuleId::Bomb]),
        Verdict::Refused
    );
    for (verdict, alone, confirmed) in [
        (Verdict::Clean, true, true),
        (Verdict::Warned, true, true),
        (Verdict::Unreadable, false, true),
        (Verdict::Blocked, false, true),
        (Verdict::Refused, false, false),
    ] {
        assert_eq!(verdict.may_pass(false), alone);
        assert_eq!(verdict.may_pass(true), confirmed);
    }
}

#[test]
fn an_outcome_travels_as_json() {
    let outcome = Outcome::new(
        "DOCX",
        vec![Finding::of(
            RuleId::ResidentId,
            Place {
                part: vec!["a.zip".into(), "word/document.xml".into()],
                spot: Spot::Line {
                    line: 3,
                    range: 0..18,
                },
                hidden: Some(Hidden::Comment),
            },
            "1*************002X",
        )],
    );
    let json = serde_json::to_string(&outcome).expect("written");
    assert!(json.contains("\"pii.resident_id\""), "{json}");
    assert_eq!(
        serde_json::from_str::<Outcome>(&json).expect("read"),
        outcome
    );
}

prop_compose! {
    fn a_resident()(place in 110_000u32..659_999, days in 0i32..45_000, sequence in 0u32..1000)
        -> Option<String> {
        let day = date(1900, 1, 1).checked_add(jiff::Span::new().days(days)).ok()?;
        let place = if matches!(place / 10_000, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65) {
            place
        } else {
            530_102
        };
        Some(resident(place, day, sequence))
    }
}

proptest! {
    #[test]
    fn any_number_in_any_text_is_found_at_its_range(
        id in a_resident(),
        before in "[\\p{Han}，。、 a-zA-Z]{0,20}",
        after in "[\\p{Han}，。、]{0,20}",
        is_wide in any::<bool>(),
    ) {
        let Some(id) = id else { return Ok(()) };
        let written = if is_wide { wide(&id) } else { id };
        let text = format!("{before}{written}{after}");
        let hits = found(&text);
        prop_assert!(hits.contains(&(RuleId::ResidentId, written.as_str())), "{text} {hits:?}");
    }

    #[test]
    fn scanning_any_text_ends_and_ranges_lie_in_it(text in "\\PC{0,200}") {
        for hit in scan(&text) {
            prop_assert!(text.get(hit.range.clone()).is_some_and(|piece| !piece.is_empty()));
        }
    }

    #[test]
    fn digits_and_what_stands_between_them_never_break_it(text in "[0-9Xx０-９ \\-\t\n\u{3000}\u{a0}室号路村组]{0,300}") {
        for hit in scan(&text) {
            prop_assert!(text.get(hit.range.clone()).is_some());
        }
    }

    #[test]
    fn a_text_without_digits_holds_no_number(text in "[\\p{Han}\\p{P}a-z]{0,200}") {
        let digits = text.chars().any(|c| c.is_numeric());
        let hits = scan(&text);
        prop_assert!(digits || hits.iter().all(|hit| !hit.rule.rule().code.starts_with("pii")));
    }
}
