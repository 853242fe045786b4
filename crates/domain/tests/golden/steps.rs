//! Which step may be taken where, and by whom, as people review it:
//! `tests/steps.txt`.

use std::fmt::Write;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::letters::kinds::{KINDS, Kind};
use gongkai_domain::letters::samples;
use gongkai_domain::letters::step::{self, Next};
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::requests::case::{Asked, Case, Cause, Channel, Event, Opinion, Rules};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::{outcomes, record};
use jiff::civil::{Date, date};

use crate::{Verdict, say, together, who};

const HEAD: &str = "\
依申请公开：在哪种情形下，哪一步可以办，由谁办
==============================================

本表由程序打印，程序只按本表放行。请不要手工修改；规则改动后重新打印，并请人复核。
各步骤均以 2024 年 4 月收到的申请为例，“今天”见各情形标题。

  ✔  可以办，后面是可以办的角色（申请人自己在网上办理的，由申请人办）
  ✘  不可以办，后面是程序给出的理由

“出具”各行是本身不构成法定步骤的文书；《告知书》等构成法定步骤的文书与该步骤同时办理，须同时有该步骤和出具
文书的权限。分办、检索、用印、通话、材料、更正等其他工作，以及按本件记录核对的限制，见 work.txt。
";

/// One of each step, as it would be taken on a day.
fn steps(on: Date) -> Vec<(&'static str, Event)> {
    let later = on.saturating_add(jiff::ToSpan::days(21));
    let consulted = |asked, limit| Event::Consulted {
        number: 2,
        asked,
        limit,
    };
    let ended = |opinion| Event::ConsultationEnded { number: 1, opinion };
    let reopened = |cause| Event::Reopened {
        cause,
        until: later,
    };
    vec![
        ("", Event::Confirmed),
        ("", Event::SupplementAsked { limit: later }),
        ("", Event::SupplementCame),
        ("", Event::SupplementLapsed),
        ("第三方", consulted(Asked::ThirdParty, None)),
        ("共同制作机关", consulted(Asked::CoMaker, None)),
        ("其他机关", consulted(Asked::Organ, Some(later))),
        ("", Event::ConsultationServed { number: 1 }),
        ("同意", ended(Opinion::Agrees)),
        ("逾期不答复", ended(Opinion::Silent)),
        ("10 个工作日", Event::Extended { days: 10 }),
        ("", Event::ReasonsAsked { limit: later }),
        ("", Event::ReasonsCame),
        (
            "两个月后",
            Event::Deferred {
                until: on.saturating_add(jiff::ToSpan::days(61)),
            },
        ),
        ("", Event::FeeNotified { sent: None }),
        ("", Event::FeePaid),
        ("", Event::FeeLapsed),
        ("", Event::Withdrawn),
        ("", Event::Served { way: None }),
        ("", Event::Archived),
        ("撤销视为放弃", reopened(Cause::Lapse)),
        ("复议决定责令重新答复", reopened(Cause::Review)),
    ]
}

/// Where a case is: what it is called, by which way it came, what happened, and
/// the day of now.
type Situation = (&'static str, Channel, Vec<(Date, Event)>, Date);

/// Everything that a case can be in: what happened before, and the day on which
/// somebody looks at it.
fn situations() -> Vec<Situation> {
    let day = |day| date(2024, 4, day);
    let asked = |limit| Event::SupplementAsked { limit };
    let third = Event::Consulted {
        number: 1,
        asked: Asked::ThirdParty,
        limit: None,
    };
    let served = Event::ConsultationServed { number: 1 };
    let answered = |opinion| Event::ConsultationEnded { number: 1, opinion };
    let organ = |asked, limit| Event::Consulted {
        number: 1,
        asked,
        limit,
    };
    let reasons = Event::ReasonsAsked { limit: day(20) };
    let reopened = |cause| Event::Reopened {
        cause,
        until: date(2024, 5, 20),
    };
    let reply = Event::Replied {
        outcome: "partial".to_owned(),
    };
    let counter = Channel::Counter;
    vec![
        ("待确认：网上提交", Channel::Online, vec![], day(2)),
        ("待确认：平常信函", Channel::UnsignedPost, vec![], day(2)),
        ("办理中：刚收到", counter, vec![], day(2)),
        ("办理中：答复期限已过", counter, vec![], day(30)),
        (
            "办理中：已征求第三方意见，未送达",
            counter,
            vec![(day(10), third.clone())],
            day(11),
        ),
        (
            "办理中：已征求第三方意见，已送达",
            counter,
            vec![(day(10), third.clone()), (day(12), served.clone())],
            day(15),
        ),
        (
            "办理中：第三方已答复，不同意",
            counter,
            vec![
                (day(10), third.clone()),
                (day(12), served.clone()),
                (day(24), answered(Opinion::Objects)),
            ],
            day(25),
        ),
        (
            "办理中：第三方已答复，同意",
            counter,
            vec![
                (day(10), third.clone()),
                (day(12), served.clone()),
                (day(24), answered(Opinion::Agrees)),
            ],
            day(25),
        ),
        (
            "办理中：第三方期限已过，没有登记",
            counter,
            vec![(day(10), third), (day(12), served.clone())],
            date(2024, 5, 20),
        ),
        (
            "办理中：已征求共同制作机关意见，期限已过",
            counter,
            vec![(day(10), organ(Asked::CoMaker, None)), (day(12), served)],
            date(2024, 5, 20),
        ),
        (
            "办理中：已征求其他机关意见",
            counter,
            vec![(day(10), organ(Asked::Organ, Some(day(24))))],
            day(15),
        ),
        (
            "办理中：已经延期",
            counter,
            vec![(day(26), Event::Extended { days: 10 })],
            day(28),
        ),
        (
            "办理中：已要求说明理由",
            counter,
            vec![(day(10), reasons.clone())],
            day(15),
        ),
        (
            "办理中：要求说明理由，期限已过",
            counter,
            vec![(day(10), reasons.clone())],
            day(22),
        ),
        (
            "办理中：申请人已说明理由",
            counter,
            vec![(day(10), reasons.clone()), (day(15), Event::ReasonsCame)],
            day(16),
        ),
        (
            "办理中：已确定延迟答复的日期",
            counter,
            vec![
                (day(10), reasons),
                (day(12), Event::ReasonsCame),
                (
                    day(15),
                    Event::Deferred {
                        until: date(2024, 6, 28),
                    },
                ),
            ],
            day(16),
        ),
        (
            "已告知补正：超过 7 个工作日才发出",
            counter,
            vec![(day(15), asked(day(26)))],
            day(16),
        ),
        (
            "已告知补正：期限内",
            counter,
            vec![(day(8), asked(day(19)))],
            day(12),
        ),
        (
            "已告知补正：期限已过",
            counter,
            vec![(day(8), asked(day(19)))],
            day(22),
        ),
        (
            "办理中：已经补正",
            counter,
            vec![(day(8), asked(day(19))), (day(15), Event::SupplementCame)],
            day(16),
        ),
        (
            "已发收费通知：期限内",
            counter,
            vec![(day(10), Event::FeeNotified { sent: None })],
            day(12),
        ),
        (
            "已发收费通知：期限已过",
            counter,
            vec![(day(10), Event::FeeNotified { sent: None })],
            date(2024, 6, 3),
        ),
        (
            "办理中：已经缴费",
            counter,
            vec![
                (day(10), Event::FeeNotified { sent: None }),
                (day(15), Event::FeePaid),
            ],
            day(16),
        ),
        (
            "已撤回",
            counter,
            vec![(day(10), Event::Withdrawn)],
            day(11),
        ),
        (
            "逾期不补正，视为放弃",
            counter,
            vec![(day(8), asked(day(19))), (day(22), Event::SupplementLapsed)],
            day(23),
        ),
        (
            "逾期不补正，视为放弃已撤销",
            counter,
            vec![
                (day(8), asked(day(19))),
                (day(22), Event::SupplementLapsed),
                (day(23), reopened(Cause::Lapse)),
            ],
            day(24),
        ),
        ("已答复", counter, vec![(day(12), reply.clone())], day(15)),
        (
            "已送达",
            counter,
            vec![
                (day(12), reply.clone()),
                (day(15), Event::Served { way: None }),
            ],
            day(16),
        ),
        (
            "已归档",
            counter,
            vec![
                (day(12), reply.clone()),
                (day(15), Event::Served { way: None }),
                (day(16), Event::Archived),
            ],
            day(17),
        ),
        (
            "复议决定责令重新答复",
            counter,
            vec![
                (day(12), reply),
                (day(15), Event::Served { way: None }),
                (day(16), reopened(Cause::Review)),
            ],
            day(17),
        ),
    ]
}

fn printed() -> String {
    let calendar = Calendar::built_in();
    let rules = Rules {
        calendar: &calendar,
        settings: ClockSettings::default(),
    };
    let mut text = HEAD.to_owned();
    for (number, (title, channel, before, today)) in situations().into_iter().enumerate() {
        let filed = date(2024, 4, 1);
        let events = before.iter().map(|(on, event)| (*on, event, None));
        let case = Case::filed(channel, filed)
            .replay(rules, events)
            .expect("lawful");
        let number = number + 1;
        writeln!(text, "\n{number}. {title}（今天 {today}）\n").expect("a string");
        for (which, event) in steps(today) {
            let mut name = say(&event.label());
            if !which.is_empty() {
                name = format!("{name}（{which}）");
            }
            let (mark, told) = verdict(&case, rules, today, &event);
            writeln!(text, "  {mark} {name}：{told}").expect("a string");
        }
        for ((mark, told), outcomes) in replies(&case, rules, today) {
            writeln!(text, "  {mark} 答复（{}）：{told}", outcomes.join("、")).expect("a string");
        }
        for ((mark, told), titles) in letters(&case, rules, today) {
            writeln!(text, "  {mark} 出具{}：{told}", titles.join("、")).expect("a string");
        }
    }
    text
}

/// Whether a step may be taken, with who may, or with what stands against it.
fn verdict(case: &Case, rules: Rules<'_>, today: Date, event: &Event) -> Verdict {
    match case.apply(rules, today, event) {
        Ok(_) => ('✔', who(&[record::action(event)])),
        Err(refusal) => ('✘', say(&refusal.message())),
    }
}

/// Every outcome, those of one verdict together.
fn replies(case: &Case, rules: Rules<'_>, today: Date) -> Vec<(Verdict, Vec<String>)> {
    let told = outcomes::all().iter().map(|outcome| {
        let event = Event::ending(&outcome.code);
        (verdict(case, rules, today, &event), say(&outcome.label()))
    });
    together(told)
}

/// Every letter that is no step and no reply, those of one verdict together.
fn letters(case: &Case, rules: Rules<'_>, today: Date) -> Vec<(Verdict, Vec<String>)> {
    let told = LETTERS.into_iter().map(|key| {
        let kind = Kind::of(key).expect("a kind");
        let may = step::may_leave(kind, case, false, (rules, today));
        let told = match may {
            Ok(()) => ('✔', who(&[step::action(kind), Action::LettersIssue])),
            Err(message) => ('✘', say(&message)),
        };
        (told, format!("《{}》", kind.title))
    });
    together(told)
}

/// The letters of a case that are neither steps nor replies.
const LETTERS: [&str; 8] = [
    "receipt",
    "fee",
    "consult_told",
    "assistance",
    "joint_handling",
    "correction",
    "disclosure_decided",
    "withdrawn",
];

#[test]
fn the_steps_that_people_review_are_the_steps_that_count() {
    crate::hold("steps", &printed());
}

#[test]
fn every_kind_of_letter_is_a_step_a_reply_or_stands_in_the_table() {
    let next = Next {
        inquiry: 1,
        answer: date(2026, 12, 14),
    };
    for kind in KINDS {
        let facts = samples::ordinary().facts_for(kind);
        let is_step = step::step(kind, &facts, next).is_some();
        let is_reply = kind.is_reply() && kind.key != "withdrawn";
        let stands = LETTERS.contains(&kind.key);
        assert_eq!(
            u8::from(is_step || is_reply) + u8::from(stands),
            1,
            "{}",
            kind.key
        );
    }
}
