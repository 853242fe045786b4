//! Settings as cases.

use super::*;
use crate::requests::clock::ClockSettings;
use crate::requests::fees::FeeSettings;
use crate::requests::outcomes::{self, Remedy};
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
    let remedies = nothing.remedies().expect("remedies");
    for outcome in outcomes::all() {
        assert_eq!(remedies.told(&outcome.code), Remedy::Optional);
    }
    assert_eq!(nothing.is_sealed_first(), Ok(true));
    assert_eq!(nothing.is_lapse_reviewed(), Ok(false));
    assert_eq!(nothing.counts_given_up(), Ok(true));
    assert_eq!(nothing.release_gap_days(), Ok(0));
    let desk = nothing.desk().expect("set");
    assert_eq!((desk.confirm_working_days, desk.risk_working_days), (1, 5));
    assert_eq!(desk.supplement_working_days, 15);
}

#[test]
fn what_the_law_leaves_open_is_chosen_outcome_by_outcome_and_nothing_else_is() {
    let open = outcomes::all().iter();
    let mut open: Vec<&str> = open
        .filter(|outcome| outcome.remedy == Remedy::Setting)
        .map(|outcome| outcome.code.as_str())
        .collect();
    let rows = SETTINGS.iter();
    let mut rows: Vec<&str> = rows
        .filter_map(|setting| setting.key.strip_prefix(REMEDY))
        .collect();
    open.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, open);
    for outcome in &open {
        let own = (format!("{REMEDY}{outcome}"), "review_first".to_owned());
        let remedies = Values::of([own]).remedies().expect("remedies");
        for other in &open {
            let told = match other == outcome {
                true => Remedy::ReviewFirst,
                false => Remedy::Optional,
            };
            assert_eq!(remedies.told(other), told, "{outcome}: {other}");
        }
    }
    let wrong = Values::of([(format!("{REMEDY}other"), "perhaps".to_owned())]);
    assert!(wrong.remedies().is_err());
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
