use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::said;

const LI: Context<'static> = Context {
    login_name: "li.xiaoming",
    display_name: "李晓明",
    organization_names: &["济南市财政局", "Jinan Finance Bureau"],
};

fn wrong(profile: PasswordProfile, password: &str) -> Vec<String> {
    let wrong = check(profile, password, &LI);
    wrong.iter().for_each(|message| drop(said(message)));
    wrong
        .into_iter()
        .map(|message| message.id.into_owned())
        .collect()
}

/// GB/T 22239-2019 8.1.4.1 a.
#[test]
fn level_three_wants_length_and_classes() {
    let table: [(&str, &[&str]); 9] = [
        ("Vex7-moorhen", &[]),
        ("Vex7-moorhe", &["password-too-short"]),
        ("vexed-moorhen", &["password-classes"]),
        ("vexedmoorhen7", &["password-classes"]),
        ("VexedMoorhen7", &[]),
        ("青山绿水Vex7moor", &[]),
        ("vex", &["password-too-short", "password-classes"]),
        ("", &["password-too-short", "password-classes"]),
        ("Password@2024", &["password-common"]),
    ];
    for (password, expected) in table {
        assert_eq!(
            wrong(PasswordProfile::Mlps3, password),
            expected,
            "{password}"
        );
    }
}

/// OWASP ASVS 5.0 6.2.1, 6.2.5, 6.2.9.
#[test]
fn asvs_wants_length_alone() {
    let long = "vexed moorhen ".repeat(10);
    let table: [(&str, &[&str]); 6] = [
        ("vexed-moorhen", &[]),
        ("vexedmoorhen", &[]),
        ("青山绿水之间有一只水鸡鸭", &[]),
        ("vexedmoor", &["password-too-short"]),
        (&long[..128], &[]),
        (&long[..129], &["password-too-long"]),
    ];
    for (password, expected) in table {
        assert_eq!(
            wrong(PasswordProfile::Asvs, password),
            expected,
            "{password}"
        );
    }
}

#[test]
fn no_profile_goes_below_the_floor_or_above_what_both_permit() {
    for profile in PasswordProfile::ALL {
        let rules = profile.rules();
        assert!(rules.chars_min >= CHARS_FLOOR && rules.chars_max >= 64);
        assert_eq!(PasswordProfile::from_key(profile.key()), Some(profile));
    }
    assert_eq!(PasswordProfile::from_key("strong"), None);
    assert_eq!(PasswordProfile::Mlps3.rules().remembered, 5);
}

/// OWASP ASVS 5.0 6.2.4.
#[test]
fn what_everybody_chooses_is_refused_in_both_profiles() {
    for password in [
        "Password1234!",
        "P@ssw0rd2024!",
        "passwordpassword",
        "Admin@123admin@123",
        "123456789012",
        "qwertyuiopas",
        "1qaz2wsx3edc",
        "1QAZ2wsx3EDC4rfv",
        "!QAZ@WSX#EDC",
        "aaaaaaaaaaaa",
        "Abc1Abc1Abc1",
        "woaini1314520!",
        "Zaq12wsxcde3!",
        "nmlkjihgfedcba",
        "ｐａｓｓｗｏｒｄ１２３４",
    ] {
        for profile in PasswordProfile::ALL {
            let wrong = wrong(profile, password);
            assert!(
                wrong.contains(&"password-common".into()),
                "{password} {wrong:?}"
            );
        }
    }
}

/// OWASP ASVS 5.0 6.1.2, 6.2.11.
#[test]
fn ones_own_names_are_refused() {
    let table = [
        ("Li.Xiaoming-9931", "password-login-name"),
        ("9931LiXiaoMing__", "password-login-name"),
        ("Xiaoming!moorhen7", "password-login-name"),
        ("Moorhen7李晓明!!", "password-display-name"),
        ("济南市财政局Moor7!", "password-organization"),
        ("JINAN!!moorhen77", "password-organization"),
    ];
    for (password, expected) in table {
        assert_eq!(
            wrong(PasswordProfile::Mlps3, password),
            [expected],
            "{password}"
        );
    }
}

#[test]
fn names_of_two_letters_stand_in_passwords_by_chance() {
    let context = Context {
        login_name: "li",
        display_name: "Li",
        organization_names: &["Bureau of Tea"],
    };
    let password = "Reliable7-moorhen-often";
    assert_eq!(check(PasswordProfile::Mlps3, password, &context), []);
}

#[test]
fn after_ninety_days_level_three_wants_another_and_asvs_does_not() {
    let changed = Timestamp::from_second(1_700_000_000).expect("in range");
    let after = |days: i64| changed + SignedDuration::from_hours(24 * days);
    assert!(!expired(PasswordProfile::Mlps3, changed, after(89)));
    assert!(expired(PasswordProfile::Mlps3, changed, after(90)));
    assert!(!expired(PasswordProfile::Asvs, changed, after(10_000)));
}

#[test]
fn the_list_is_written_as_it_is_compared() {
    let text = include_str!("../../../data/passwords.txt");
    let words: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("# "))
        .collect();
    let mut once = words.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once, words, "sorted, each once, and no empty line");
    assert!(words.len() >= 300, "{}", words.len());
    for word in words {
        assert_eq!(folded(word), word);
    }
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "\\PC{0,140}") {
        for profile in PasswordProfile::ALL {
            check(profile, &text, &LI);
        }
    }

    #[test]
    fn one_that_level_three_takes_asvs_takes_too(text in "[a-zA-Z0-9!@.-]{10,20}") {
        if check(PasswordProfile::Mlps3, &text, &LI).is_empty() {
            prop_assert_eq!(check(PasswordProfile::Asvs, &text, &LI), []);
        }
    }
}
