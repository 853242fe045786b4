use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::said;

/// The day on which the tests ask.
const TODAY: Date = Date::constant(2026, 11, 23);

/// A number that nobody has: no place has the code 990000. The check sign is
/// reckoned by the weights as annex A prints them, not by the code under test.
fn invented(seventeen: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = seventeen.chars().map(|c| c.to_digit(10).expect("a digit"));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let sign = "10X98765432"
        .chars()
        .nth(sum as usize % 11)
        .expect("a sign");
    format!("{seventeen}{sign}")
}

fn read(kind: DocumentKind, text: &str) -> Result<Document, DocumentError> {
    Document::read(kind, text, TODAY)
}

use DocumentKind::{ForeignerResidence, HongKongMacaoPermit, Passport, ResidentId, TaiwanPermit};

/// GB 11643-1999 annex A: every check sign, X among them, is reckoned alike by
/// weights and by doubling.
#[test]
fn check_signs_agree_with_the_weights_of_the_standard() {
    let mut signs = String::new();
    for sequence in 1..=40 {
        let number = invented(&format!("99000019900307{sequence:03}"));
        assert_eq!(read(ResidentId, &number).expect(&number).number(), number);
        signs.push_str(&number[17..]);
        for other in "0123456789X".chars().filter(|c| !number.ends_with(*c)) {
            let expected = number.chars().next_back().expect("a sign");
            let wrong = format!("{}{other}", &number[..17]);
            let error = DocumentError::Check {
                found: other,
                expected,
            };
            assert_eq!(read(ResidentId, &wrong), Err(error), "{wrong}");
        }
    }
    assert!("0123456789X".chars().all(|c| signs.contains(c)), "{signs}");
}

#[test]
fn full_width_lower_case_and_blanks_are_the_same_number() {
    let number = (1..)
        .map(|n| invented(&format!("99000019900307{n:03}")))
        .find(|number| number.ends_with('X'))
        .expect("one with X");
    let wide: String = number
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xFEE0).expect("full width"))
        .collect();
    let spaced = format!(" {} {}　{} ", &number[..6], &number[6..14], &number[14..]);
    for typed in [number.to_lowercase(), wide, spaced] {
        assert_eq!(read(ResidentId, &typed).expect(&typed).number(), number);
    }
}

#[test]
fn a_wrong_number_is_told_what_and_where() {
    let good = invented("99000019900307001");
    let swapped = format!("{}09{}", &good[..8], &good[10..]);
    let table = [
        (String::new(), "是空的"),
        (good[..17].to_owned(), "现有 17 位"),
        (good.replace("1990", "199O"), "第 10 位"),
        (format!("X{}", &good[1..]), "第 1 位"),
        (invented("09000019900307001"), "不能以 0 开头"),
        (invented("99000019900230001"), "第 7 至 14 位"),
        (invented("99000019901301001"), "第 7 至 14 位"),
        (invented("99000017000101001"), "第 7 至 14 位"),
        (invented("99000020261124001"), "还没有到"),
        (swapped, "应为"),
        ("990000900230001".to_owned(), "第 7 至 12 位"),
        ("99000090030700X".to_owned(), "第 15 位"),
    ];
    for (number, part) in table {
        let error = read(ResidentId, &number).expect_err(&number);
        let text = said(&error.message());
        assert!(text.contains(part), "{number}: {text}");
    }
    read(ResidentId, &invented("99000020261123001")).expect("born today");
    read(ResidentId, &invented("99000020240229001")).expect("a leap year");
}

#[test]
fn the_old_form_and_the_new_one_are_the_same_person() {
    let old = read(ResidentId, "990000900307001").expect("an old number");
    let new = read(ResidentId, &invented("99000019900307001")).expect("a new one");
    assert_eq!(old.number(), "990000900307001", "it is kept as it is");
    assert_eq!(old.compared(), new.compared());
    let other = read(ResidentId, &invented("99000019900307003")).expect("another");
    assert_ne!(old.compared(), other.compared());
}

#[test]
fn other_documents_have_their_shapes() {
    let table = [
        (Passport, "E00000000", true),
        (Passport, "ea0000000", true),
        (Passport, "0000", false),
        (Passport, "ABCDEFG", false),
        (Passport, "E0000-000", false),
        (Passport, "E00000000000000", false),
        (HongKongMacaoPermit, "H00000000", true),
        (HongKongMacaoPermit, "ｍ0000000001", true),
        (HongKongMacaoPermit, "K00000000", false),
        (HongKongMacaoPermit, "H000000000", false),
        (HongKongMacaoPermit, "H0000000O", false),
        (TaiwanPermit, "00000000", true),
        (TaiwanPermit, "0000000001（B）", true),
        (TaiwanPermit, "0000000001", true),
        (TaiwanPermit, "0000000", false),
        (TaiwanPermit, "00000000B", false),
        (ForeignerResidence, "AAA000000000000", true),
        (ForeignerResidence, "AA0000000000000", false),
        (ForeignerResidence, "AAA00000000000", false),
    ];
    for (kind, number, good) in table {
        let read = read(kind, number);
        assert_eq!(read.is_ok(), good, "{kind:?} {number}: {read:?}");
        if let Err(error) = read {
            said(&error.message());
        }
    }
    let card = invented("99000019900307001");
    read(ForeignerResidence, &card).expect("a card of 2023");
    let other = read(ForeignerResidence, &invented("11000019900307001"));
    assert_eq!(other, Err(DocumentError::Shape(ForeignerResidence)));
    assert!(read(ForeignerResidence, &invented("99000019901307001")).is_err());
}

#[test]
fn what_stays_when_a_card_is_renewed_is_what_is_compared() {
    let table = [
        (HongKongMacaoPermit, "H0000000001", "H00000000", true),
        (HongKongMacaoPermit, "H00000000", "M00000000", false),
        (TaiwanPermit, "0000000001(B)", "00000000", true),
        (TaiwanPermit, "00000001", "00000000", false),
        (Passport, "E00000000", "E00000001", false),
    ];
    for (kind, one, other, same) in table {
        let compared = |text| read(kind, text).expect(text).compared();
        assert_eq!(compared(one) == compared(other), same, "{one} {other}");
    }
    let passport = read(Passport, "00000000").expect("a passport").compared();
    let permit = read(TaiwanPermit, "00000000").expect("a permit").compared();
    assert_ne!(passport, permit, "of another kind");
}

#[test]
fn a_number_without_its_kind_is_looked_for_as_all_that_it_can_be() {
    let kinds = |text: &str| -> Vec<DocumentKind> {
        let found = read_any(text, TODAY).expect(text);
        found.iter().map(Document::kind).collect()
    };
    assert_eq!(kinds("h00000000"), [Passport, HongKongMacaoPermit]);
    assert_eq!(kinds("00000000"), [Passport, TaiwanPermit]);
    assert_eq!(
        kinds(&invented("99000019900307001")),
        [ResidentId, ForeignerResidence]
    );
    let good = invented("99000019900307001");
    let other = if good.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{other}", &good[..17]);
    for (text, part) in [
        (wrong.as_str(), "应为"),
        (&good[..17], "现有 17 位"),
        ("　", "是空的"),
        ("甲乙丙", "不像"),
        ("E0000000000000000000", "不像"),
    ] {
        let message = read_any(text, TODAY).expect_err(text);
        assert!(said(&message).contains(part), "{text}: {message:?}");
    }
}

#[test]
fn telephones_are_kept_as_digits_and_found_with_and_without_86() {
    let table = [
        ("138 0000 1234", "13800001234"),
        ("（010）8800—1234", "01088001234"),
        ("+86 138-0000-1234", "+8613800001234"),
        ("１３８００００１２３４", "13800001234"),
    ];
    for (typed, kept) in table {
        assert_eq!(Phone::read(typed).expect(typed).as_str(), kept);
    }
    let compared = |text| Phone::read(text).expect(text).compared().to_owned();
    for typed in ["+8613800001234", "0086 13800001234", "13800001234"] {
        assert_eq!(compared(typed), "13800001234");
    }
    for (typed, part) in [
        ("138000012E4", "第 10 个"),
        ("123456", "6 位"),
        ("123456789012345678", "18 位"),
        ("138+00001234", "第 4 个"),
        ("", "0 位"),
    ] {
        let text = said(&Phone::read(typed).expect_err(typed).message());
        assert!(text.contains(part), "{typed}: {text}");
    }
}

#[test]
fn screens_show_neither_place_nor_birthday() {
    let number = invented("99000019900307001");
    let table = [
        (number.as_str(), format!("9*************{}", &number[14..])),
        ("990000900307001", "9**********7001".to_owned()),
        ("H0000000012", "H********12".to_owned()),
        ("E12345678", "E******78".to_owned()),
        ("12345678", "1*****78".to_owned()),
        ("A1234", "*****".to_owned()),
        ("", String::new()),
    ];
    for (number, masked) in table {
        assert_eq!(mask(number), masked);
    }
    for (phone, masked) in [
        ("13800001234", "138****1234"),
        ("+8613800001234", "+86*******1234"),
        ("88001234", "****1234"),
        ("8800123", "*******"),
    ] {
        assert_eq!(mask_phone(phone), masked);
    }
}

fn typed<'a>(name: &'a str, number: &'a str, phone: &'a str) -> Typed<'a> {
    Typed {
        name,
        kind: "resident_id",
        number,
        phone,
    }
}

#[test]
fn everything_that_is_wrong_with_an_entry_is_told_at_once() {
    let wrong = RegisteredPerson::read(typed(" ", "1", "2"), TODAY).expect_err("wrong");
    let ids: Vec<&str> = wrong.iter().map(|message| message.id.as_ref()).collect();
    assert_eq!(ids, ["name-empty", "document-length", "phone-length"]);
    let kind = Typed {
        kind: "library card",
        ..typed("王𫓧·𩽾", "1", "")
    };
    let wrong = RegisteredPerson::read(kind, TODAY).expect_err("wrong");
    assert_eq!(wrong, [Message::new("document-no-kind")]);
}

#[test]
fn rare_names_are_kept_found_and_never_printed() {
    let number = invented("99000019900307001");
    for name in ["张𬴂", "王𫓧", "李𩽾", "阿卜杜拉·买买提", "Ｊｏｓé Ÿ"] {
        let entry = typed(name, &number, "13800001234");
        let person = RegisteredPerson::read(entry, TODAY).expect(name);
        assert_eq!(person.name, name);
        let shown = format!("{person:?} {:?} {:?}", person.document, person.phone);
        assert!(!shown.contains(name) && !shown.contains(&number), "{shown}");
        assert!(!shown.contains("13800001234"), "{shown}");
    }
    let entry = typed("阿卜杜拉·买买提", &number, "");
    let person = RegisteredPerson::read(entry, TODAY).expect("a person");
    for (text, called) in [
        ("买买提", true),
        ("拉•买", true),
        ("𬴂", false),
        ("", false),
        (" ", false),
    ] {
        assert_eq!(person.is_called(text), called, "{text}");
    }
}

#[test]
fn a_change_keeps_what_was_left_empty() {
    let (number, other) = (invented("99000019900307001"), invented("99000019900307003"));
    let person = RegisteredPerson::read(typed("王𫓧", &number, "13800001234"), TODAY).expect("one");
    let same = person.changed(typed("王𫓧", "", ""), false, TODAY);
    assert_eq!(same.as_ref(), Ok(&person));
    assert!(person.differing(&person).is_empty());
    let changed = person.changed(typed("王𫓧·甲", &other, "010-88001234"), false, TODAY);
    let changed = changed.expect("changed");
    assert_eq!(
        person.differing(&changed),
        [Part::Name, Part::Document, Part::Phone]
    );
    let dropped = person
        .changed(typed("王𫓧", "", ""), true, TODAY)
        .expect("dropped");
    assert_eq!(person.differing(&dropped), [Part::Phone]);
    assert_eq!(dropped.phone, None);
    let passport = Typed {
        kind: "passport",
        ..typed("王𫓧", "", "")
    };
    let refused = person.changed(passport, false, TODAY);
    assert_eq!(refused, Err(vec![Message::new("register-kind-alone")]));
    let both = person.changed(typed("王𫓧", "", "13800001235"), true, TODAY);
    assert_eq!(both, Err(vec![Message::new("register-phone-both")]));
}

#[test]
fn a_reason_is_a_sentence_without_the_number() {
    assert_eq!(reason("  核对 \n身份 "), Ok("核对 身份".to_owned()));
    for text in ["", "  ", "查", &"长".repeat(201)] {
        let message = reason(text).expect_err("refused");
        said(&message);
    }
    let number = invented("99000019900307001");
    let person = RegisteredPerson::read(typed("王𫓧", &number, "+8613800001234"), TODAY);
    let person = person.expect("a person");
    let spaced = format!("核对 {} {}", &number[..6], &number[6..]);
    for (text, told) in [
        (spaced.as_str(), true),
        ("回电 138-0000-1234", true),
        ("核对身份", false),
        ("文号〔2026〕12号", false),
    ] {
        assert_eq!(person.is_told_in(text), told, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_masked_to_its_length(text in "\\PC{0,24}") {
        for kind in DocumentKind::ALL {
            if let Ok(document) = Document::read(kind, &text, date(2026, 11, 23)) {
                let again = Document::read(kind, document.number(), date(2026, 11, 23));
                prop_assert_eq!(again.map(|document| document.compared()), Ok(document.compared()));
            }
        }
        let _ = (Phone::read(&text), read_any(&text, date(2026, 11, 23)));
        let masked = mask(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        let shown = masked.chars().zip(text.chars()).filter(|(m, c)| m == c && *c != '*').count();
        prop_assert!(shown * 2 <= text.chars().count());
    }

    #[test]
    fn a_mistyped_digit_is_always_found_out(sequence in 1u32..1000, at in 0usize..17, by in 1u32..10) {
        let number = invented(&format!("99000019900307{sequence:03}"));
        let mut signs: Vec<char> = number.chars().collect();
        let digit = (signs[at].to_digit(10).expect("a digit") + by) % 10;
        signs[at] = char::from_digit(digit, 10).expect("a digit");
        let wrong: String = signs.into_iter().collect();
        prop_assert!(read(ResidentId, &wrong).is_err(), "{}", wrong);
    }
}

#[test]
fn text_messages_reach_mobile_telephones_of_china_alone() {
    for (text, is_mobile) in [
        ("13800001234", true),
        ("+86 199-0000-1234", true),
        ("0086 13800001234", true),
        ("0512-65432100", false),
        ("12800001234", false),
        ("010-12345678", false),
        ("+852 9123 4567", false),
    ] {
        let phone = Phone::read(text).expect("a telephone");
        assert_eq!(phone.is_mobile(), is_mobile, "{text}");
    }
}
