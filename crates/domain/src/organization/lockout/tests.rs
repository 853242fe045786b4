use proptest::prelude::*;

use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minutes * 60).expect("in range")
}

fn failed(limit: Limit, minutes: &[i64]) -> Failures {
    minutes.iter().fold(Failures::default(), |state, minute| {
        after_failure(limit, state, at(*minute))
    })
}

/// GB/T 22239-2019 8.1.4.1 b.
#[test]
fn the_fifth_failure_locks_for_thirty_minutes() {
    let person = LockoutPolicy::mlps3().person;
    let table: [(&[i64], i64, bool); 8] = [
        (&[], 0, false),
        (&[0, 1, 2, 3], 3, false),
        (&[0, 1, 2, 3, 4], 4, true),
        (&[0, 1, 2, 3, 4], 33, true),
        (&[0, 1, 2, 3, 4], 34, false),
        // Tries during the lock do not make it longer.
        (&[0, 1, 2, 3, 4, 20, 30], 34, false),
        // A pause of the window forgets.
        (&[0, 1, 2, 3, 33], 33, false),
        // After the lock it takes five again.
        (&[0, 1, 2, 3, 4, 34, 35, 36, 37], 37, false),
    ];
    for (failures, now, locked) in table {
        let state = failed(person, failures);
        assert_eq!(is_locked(state, at(now)), locked, "{failures:?} at {now}");
    }
}

#[test]
fn an_address_may_fail_more_often_and_is_not_cleared_by_a_success() {
    let policy = LockoutPolicy::mlps3();
    let source = policy.limit(Counter::Source);
    assert!(source.failures_max > policy.limit(Counter::Person).failures_max);
    let state = failed(source, &[0; 29]);
    assert!(!is_locked(state, at(0)));
    let state = after_success(Counter::Source, state);
    assert!(is_locked(after_failure(source, state, at(0)), at(0)));
    assert_eq!(after_success(Counter::Person, state), Failures::default());
}

#[test]
fn the_settings_hold_between_what_everybody_mistypes_and_what_is_guessed() {
    assert_eq!(LockoutPolicy::new(5, 30), Ok(LockoutPolicy::mlps3()));
    let own = LockoutPolicy::new(3, 1440).expect("a policy");
    assert_eq!((own.person.failures_max, own.source.failures_max), (3, 18));
    assert_eq!(own.person.lock, SignedDuration::from_hours(24));
    for (failures, minutes, id) in [
        (2, 30, "lockout-failures-range"),
        (11, 30, "lockout-failures-range"),
        (-1, 30, "lockout-failures-range"),
        (5, 9, "lockout-minutes-range"),
        (5, 1441, "lockout-minutes-range"),
    ] {
        let wrong = LockoutPolicy::new(failures, minutes).expect_err("refused");
        assert_eq!(wrong.id, id, "{failures} {minutes}");
    }
}

#[test]
fn whoever_has_a_network_is_one_source() {
    let table = [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("-", "-"),
    ];
    for (address, source) in table {
        assert_eq!(source_of(address), source, "{address}");
    }
}

#[test]
fn a_clock_set_back_does_not_unlock() {
    let state = failed(LockoutPolicy::mlps3().person, &[0, 1, 2, 3, 4]);
    assert!(is_locked(state, at(-600)));
}

proptest! {
    #[test]
    fn more_failures_never_unlock(steps in proptest::collection::vec(0i64..40, 1..40)) {
        let limit = LockoutPolicy::mlps3().person;
        let (mut state, mut now) = (Failures::default(), 0);
        for step in steps {
            now += step;
            let before = is_locked(state, at(now));
            state = after_failure(limit, state, at(now));
            prop_assert!(!before || is_locked(state, at(now)));
            prop_assert!(state.count <= limit.failures_max);
            prop_assert_eq!(is_locked(state, at(now)), before || state.count == limit.failures_max);
        }
    }
}
