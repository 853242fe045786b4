use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::said;

#[test]
fn names_that_look_the_same_are_one_name() {
    let table = [
        ("zhang.san", "Zhang.San"),
        ("zhang.san", "ｚｈａｎｇ．ｓａｎ"),
        ("zhang.san", "  zhang.san　"),
        ("zhang san", "zhang 　 san"),
        ("straße", "STRASSE"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("艾力·买买提", "艾力•买买提"),
        ("艾力·买买提", "艾力・买买提"),
        // A compatibility ideograph, a radical and an accent apart.
        ("金一", "\u{F90A}一"),
        ("一人", "一\u{2F08}"),
        ("josé", "jose\u{301}"),
    ];
    for (one, other) in table {
        let key = |text| LoginName::parse(text).expect("a name").key().to_owned();
        assert_eq!(key(one), key(other), "{one} {other}");
    }
}

#[test]
fn rare_characters_and_the_dot_survive() {
    for name in ["张𬴂", "王𫓧", "李𩽾", "阿卜杜拉·买买提", "zhao_6.liu-7"] {
        let login = LoginName::parse(name).expect("a name");
        assert_eq!((login.as_str(), login.key()), (name, name));
        assert_eq!(line(name, 64), Ok(name.to_owned()));
    }
    let form = "葛\u{E0100}洪";
    assert_eq!(
        line(form, 64),
        Ok(form.to_owned()),
        "the form of a character"
    );
}

#[test]
fn what_cannot_be_seen_or_pretends_is_refused() {
    let long = "长".repeat(65);
    let table = [
        ("", "空"),
        (" 　\t", "空"),
        (long.as_str(), "65"),
        ("ad\u{200B}min", "U+200B"),
        ("ad\u{202E}min", "U+202E"),
        ("admin\u{0}x", "U+0000"),
        ("ad\u{AD}min", "U+00AD"),
        ("ad\u{FE0F}min", "U+FE0F"),
        ("ad\nmin", "U+000A"),
        ("张\u{E123}", "U+E123"),
        ("\u{FEFF}admin", "U+FEFF"),
        ("\u{3164}", "U+3164"),
        // а, р are Cyrillic; Ο is Greek.
        ("аdmin", "Cyrillic"),
        ("рaul", "Cyrillic"),
        ("rΟΟt", "Greek"),
    ];
    for (name, part) in table {
        let error = LoginName::parse(name)
            .map(|n| n.key().to_owned())
            .expect_err(name);
        let text = said(&error.message());
        assert!(text.contains(part), "{name:?}: {text}");
    }
    for name in ["администратор", "Ольга", "张Wei"] {
        assert!(
            LoginName::parse(name).is_ok(),
            "one alphabet is no mixture: {name}"
        );
    }
}

#[test]
fn a_line_keeps_its_full_width_signs_and_refuses_hidden_ones() {
    assert_eq!(
        line(" 经七路 1 号（东门） ", 200),
        Ok("经七路 1 号（东门）".into())
    );
    assert!(matches!(
        line("a\u{202E}b", 200),
        Err(NameError::Unseen { position: 2, .. })
    ));
    assert_eq!(line("", 200), Err(NameError::Empty));
    assert_eq!(line("abc", 2), Err(NameError::TooLong { found: 3, max: 2 }));
}

#[test]
fn a_flood_is_refused_before_any_work() {
    // Each of these becomes eighteen characters by NFKC.
    let flood = "\u{FDFA}".repeat(1_000_000);
    let max = LOGIN_NAME_CHARS_MAX;
    let refused = Err(NameError::TooLong {
        found: 750_000,
        max,
    });
    assert_eq!(LoginName::parse(&flood).map(drop), refused);
    assert!(matches!(
        line(&flood, 64),
        Err(NameError::TooLong {
            found: 750_000,
            max: 64
        })
    ));
}

proptest! {
    #[test]
    fn a_name_is_read_again_as_itself(text in "\\PC{0,70}") {
        if let Ok(name) = LoginName::parse(&text) {
            prop_assert!(LoginName::parse(name.as_str()).as_ref() == Ok(&name));
            let again = folded(name.key());
            prop_assert_eq!(again.as_str(), name.key());
            prop_assert!(name.as_str().chars().count() <= LOGIN_NAME_CHARS_MAX);
        }
    }

    #[test]
    fn case_and_width_never_make_a_second_name(text in "[a-zA-Z0-9._-]{1,30}") {
        let wide: String = text
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c))
            .collect();
        let key = LoginName::parse(&text).expect("a name").key().to_owned();
        for other in [text.to_uppercase(), text.to_lowercase(), wide] {
            let other = LoginName::parse(&other).expect("a name");
            prop_assert_eq!(other.key(), key.as_str());
        }
    }
}
