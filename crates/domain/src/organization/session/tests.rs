use super::*;
use crate::organization::fixtures::said;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("in range")
}

#[test]
fn a_staff_session_idles_thirty_minutes_and_lasts_eight_hours() {
    use SessionState::{Expired, Idle, Live};
    let hour = 3_600;
    let table = [
        (0, 0, Live),
        (0, 1_799, Live),
        (0, 1_800, Idle),
        (7 * hour, 7 * hour + 60, Live),
        (8 * hour - 1, 8 * hour - 1, Live),
        (8 * hour - 1, 8 * hour, Expired),
        (0, 9 * hour, Expired),
    ];
    for (last_used, now, expected) in table {
        let times = SessionTimes {
            begun: at(0),
            last_used: at(last_used),
        };
        let policy = SessionPolicy::staff();
        assert_eq!(state(policy, times, at(now)), expected, "{last_used} {now}");
    }
}

#[test]
fn limits_outside_level_three_are_refused() {
    assert_eq!(SessionPolicy::new(30, 8), Ok(SessionPolicy::staff()));
    for (idle, absolute) in [(31, 8), (4, 8), (30, 0), (30, 13)] {
        said(&SessionPolicy::new(idle, absolute).expect_err("refused"));
    }
}

#[test]
fn ninety_days_without_a_login_disable() {
    let day = 24 * 3_600;
    assert!(!idle_person(at(0), at(90 * day - 1)));
    assert!(idle_person(at(0), at(90 * day)));
}
