//! Which step may be taken where, and by whom, as people review it:
//! `tests/steps.txt`.

use std::fmt::Write;
use std::path::Path;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::case::{Asked, Case, Channel, Event, Opinion, Rules};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::record;
use gongkai_domain::words::{Language, Message, Words};
use jiff::civil::{Date, date};

const HEAD: &str = "\
依申请公开：在哪种情形下，哪一步可以办，由谁办
==============================================

本表由程序打印，程序只按本表放行。请不要手工修改；规则改动后重新打印，并请人复核。
各步骤均以 2024 年 4 月收到的申请为例，“今天”见各情形标题。

  ✔  可以办，后面是可以办的角色（申请人自己在网上办理的，由申请人办）
  ✘  不可以办，后面是程序给出的理由
";

fn say(message: &Message) -> String {
    Words::of(Language::Chinese).render(message)
}

/// One of each step, as it would be taken on a day.
fn steps(on: Date) -> Vec<(&'static str, Event)> {
    let later = on.saturating_add(jiff::ToSpan::days(21));
    let consulted = |asked, limit| Event::Consulted {
        number: 2,
        asked,
        limit,
    };
    let ended = |opinion| Event::ConsultationEnded { number: 1, opinion };
    let replied = |outcome: &str| Event::Replied {
        outcome: outcome.to_owned(),
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
        (
            "两个月后",
            Event::Deferred {
                until: on.saturating_add(jiff::ToSpan::days(61)),
            },
        ),
        ("", Event::FeeNotified),
        ("", Event::FeePaid),
        ("", Event::FeeLapsed),
        ("予以公开", replied("granted")),
        ("不予公开：第三方", replied("denied_third_party")),
        ("补正后仍不明确", replied("still_unclear")),
        ("大量反复申请", replied("excessive")),
        ("", Event::Withdrawn),
        ("", Event::Served),
        ("", Event::Archived),
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
    let answered = Event::ConsultationEnded {
        number: 1,
        opinion: Opinion::Objects,
    };
    let reply = Event::Replied {
        outcome: "partial".to_owned(),
    };
    let counter = Channel::Counter;
    vec![
        ("待确认：网上提交", Channel::Online, vec![], day(2)),
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
            "办理中：第三方已答复",
            counter,
            vec![(day(10), third), (day(12), served), (day(24), answered)],
            day(25),
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
            vec![(day(10), Event::ReasonsAsked { limit: day(20) })],
            day(22),
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
            vec![(day(10), Event::FeeNotified)],
            day(12),
        ),
        (
            "已发收费通知：期限已过",
            counter,
            vec![(day(10), Event::FeeNotified)],
            date(2024, 6, 3),
        ),
        ("已答复", counter, vec![(day(12), reply.clone())], day(15)),
        (
            "已送达",
            counter,
            vec![(day(12), reply.clone()), (day(15), Event::Served)],
            day(16),
        ),
        (
            "已归档",
            counter,
            vec![
                (day(12), reply),
                (day(15), Event::Served),
                (day(16), Event::Archived),
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
        let events = before.iter().map(|(on, event)| (*on, event));
        let case = Case::replay(rules, channel, filed, events).expect("lawful");
        let number = number + 1;
        writeln!(text, "\n{number}. {title}（今天 {today}）\n").expect("a string");
        for (which, event) in steps(today) {
            let mut name = say(&event.label());
            if !which.is_empty() {
                name = format!("{name}（{which}）");
            }
            let holds = |role: &&Role| record::action(&event).scope(**role).is_some();
            let roles: Vec<String> = Role::ALL
                .iter()
                .filter(holds)
                .map(|role| say(&role.label()))
                .collect();
            match case.apply(rules, today, &event) {
                Ok(_) => writeln!(text, "  ✔ {name}：{}", roles.join("、")),
                Err(refusal) => writeln!(text, "  ✘ {name}：{}", say(&refusal.message())),
            }
            .expect("a string");
        }
    }
    text
}

#[test]
fn the_steps_that_people_review_are_the_steps_that_count() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/steps.txt");
    let printed = printed();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).expect("the file can be written");
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        printed == reviewed,
        "tests/steps.txt is not what counts. If the change is meant, run\n    \
         UPDATE=1 cargo nextest run --workspace --test steps\n\
         and have the difference reviewed.\n\n{printed}"
    );
}
