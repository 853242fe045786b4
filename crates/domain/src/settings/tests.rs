//! Settings as cases.

use super::*;
use crate::letters::remedy::RemedyChoices;
use crate::requests::clock::ClockSettings;
use crate::requests::fees::FeeSettings;
use crate::words::{Language, Words};

#[test]
fn each_setting_stands_once_with_words_and_a_default_that_it_may_have() {
    let mut keys: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    for setting in SETTINGS {
        assert_eq!(
            setting.read(setting.default),
            Ok(setting.default.to_owned())
        );
        assert!(!setting.source.is_empty());
        let mut ids = vec![setting.label, setting.effect];
        match setting.kind {
            Kind::Number { unit, .. } => ids.push(unit),
            Kind::Choice(choices) => ids.extend(choices.iter().map(|(_, label)| *label)),
            Kind::Lines => {}
        }
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            for id in &ids {
                assert!(words.has(id), "{}: {id}", setting.key);
            }
        }
    }
}

#[test]
fn what_is_not_set_is_what_the_norm_says() {
    let nothing = Values::default();
    assert_eq!(nothing.clock(), Ok(ClockSettings::default()));
    assert_eq!(nothing.fees(), Ok(FeeSettings::default()));
    assert_eq!(nothing.alarm_days(), Ok(60));
    let portal = nothing.portal().expect("settings of the portal");
    assert_eq!((portal.proof_bits, portal.draft_days), (16, 7));
    assert_eq!(nothing.remedies(), Ok(RemedyChoices::default()));
    assert_eq!(nothing.is_sealed_first(), Ok(true));
    assert_eq!(nothing.release_gap_days(), Ok(0));
    let desk = nothing.desk().expect("set");
    assert_eq!((desk.confirm_working_days, desk.risk_working_days), (1, 5));
    assert_eq!(desk.supplement_working_days, 15);
}

#[test]
fn an_office_may_be_quicker_than_the_regulation_and_never_slower() {
    let days = |text: &str| {
        Values::of([(ANSWER_DAYS.to_owned(), text.to_owned())])
            .clock()
            .map(|clock| clock.answer_working_days)
    };
    assert_eq!(days("15"), Ok(15));
    assert_eq!(days(""), Ok(20));
    for wrong in ["21", "0", "soon"] {
        assert_eq!(
            days(wrong).map_err(|message| message.id),
            Err("setting-out-of-bounds".into())
        );
    }
    // What protects applicants and third parties is the other way round.
    for key in [CONSULTATION_DAYS, PAYMENT_DAYS] {
        let setting = Setting::find(key).expect("a setting");
        let default: i64 = setting.default.parse().expect("a number");
        assert!(setting.read(&(default - 1).to_string()).is_err());
        assert!(setting.read(&(default + 1).to_string()).is_ok());
    }
}
