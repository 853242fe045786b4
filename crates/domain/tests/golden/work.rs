//! What is done to a case beside the steps of the law, where and by whom, and what a
//! case's own record stands against, as people review it: `tests/work.txt`.

use std::fmt::Write;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::permissions::{Action, Actor, Membership, Target, permits};
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::tree::Tree;
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::requests::case::{Asked, Case, Channel, Event, Opinion, Rules, Service, State};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::record::{self, Happening, Seal, Side};
use gongkai_domain::requests::work::{self, At, Work};
use gongkai_domain::words::Message;
use jiff::civil::{Date, date};

use crate::say;

const HEAD: &str = "\
依申请公开：法定步骤以外的工作，在哪种情形下可以办，由谁办
==========================================================

本表由程序打印，程序只按本表放行。请不要手工修改；规则改动后重新打印，并请人复核。
各情形均以 2024 年 4 月 1 日收到的申请为例，“今天”是 2024 年 4 月 15 日，“本人”是正在操作的人。

  ✔  可以办，后面是可以办的角色；申请人自己在网上办理的，由申请人办
  ✘  不可以办，后面是程序给出的理由

法定步骤和出具文书见 steps.txt。
";

/// Who is at the desk, and somebody else.
const OWN: i64 = 7;
const OTHER: i64 = 8;
const SECTION: i64 = 3;
const TODAY: Date = Date::constant(2024, 4, 15);

/// Where a case is.
struct Situation {
    title: &'static str,
    channel: Channel,
    record: Vec<(Date, Happening)>,
    section: Option<i64>,
    handler: Option<i64>,
    is_part: bool,
}

fn situation(title: &'static str, record: Vec<(u8, Happening)>) -> Situation {
    let record = record.into_iter();
    Situation {
        title,
        channel: Channel::Counter,
        record: record
            .map(|(day, what)| (date(2024, 4, day.try_into().expect("a day")), what))
            .collect(),
        section: None,
        handler: None,
        is_part: false,
    }
}

impl Situation {
    fn online(mut self) -> Self {
        self.channel = Channel::Online;
        self
    }

    fn given(mut self, section: Option<i64>, handler: Option<i64>) -> Self {
        (self.section, self.handler) = (section, handler);
        self
    }

    fn part(mut self) -> Self {
        self.is_part = true;
        self
    }
}

fn step(event: Event) -> Happening {
    Happening::Step { event }
}

fn situations() -> Vec<Situation> {
    let assigned = |section, handler| Happening::Assigned { section, handler };
    let by = |side| Happening::ConfirmedBy { side };
    let asked = || Happening::SearchAsked {
        number: 1,
        limit: date(2024, 4, 20),
        section: None,
    };
    let ended = |found| Happening::SearchEnded { number: 1, found };
    let issued = |letter, kind: &str| Happening::Issued {
        letter,
        kind: kind.to_owned(),
        number: "1".to_owned(),
        remedy: None,
        inquiry: None,
    };
    let sealed = |letter, kind: &str| Happening::Sealed {
        letter,
        kind: kind.to_owned(),
        number: "1".to_owned(),
        seal: Seal::Disclosure,
        copies: 1,
    };
    let objected = |number| {
        let asked = Asked::ThirdParty;
        vec![
            (
                3,
                step(Event::Consulted {
                    number,
                    asked,
                    limit: None,
                }),
            ),
            (4, step(Event::ConsultationServed { number })),
            (
                10,
                step(Event::ConsultationEnded {
                    number,
                    opinion: Opinion::Objects,
                }),
            ),
        ]
    };
    let both = |then: Vec<(u8, Happening)>| {
        let mut all = objected(1);
        all.extend(objected(2));
        all.sort_by_key(|(day, _)| *day);
        all.extend(then);
        all
    };
    let replied = || {
        step(Event::Replied {
            outcome: "granted".to_owned(),
        })
    };
    let served = || step(Event::Served { way: None });
    let rated = || Happening::Rated { stars: 5 };
    vec![
        situation("待确认：网上提交，双方都没有确认", vec![]).online(),
        situation(
            "待确认：网上提交，申请人已确认",
            vec![(2, by(Side::Applicant))],
        )
        .online(),
        situation("待确认：网上提交，机关已确认", vec![(2, by(Side::Office))]).online(),
        situation(
            "办理中：网上提交，双方已确认",
            vec![(2, step(Event::Confirmed))],
        )
        .online(),
        situation("办理中：当面提交，没有分办", vec![]),
        situation(
            "办理中：已分给本人",
            vec![(2, assigned(Some(SECTION), Some(OWN)))],
        )
        .given(Some(SECTION), Some(OWN)),
        situation(
            "办理中：已分给本人，本人已接收",
            vec![
                (2, assigned(Some(SECTION), Some(OWN))),
                (3, Happening::TakenOn { by: OWN }),
            ],
        )
        .given(Some(SECTION), Some(OWN)),
        situation("办理中：已分给别人", vec![(2, assigned(None, Some(OTHER)))])
            .given(None, Some(OTHER)),
        situation(
            "办理中：只分给科室",
            vec![(2, assigned(Some(SECTION), None))],
        )
        .given(Some(SECTION), None),
        situation(
            "办理中：已退回",
            vec![(2, assigned(None, Some(OWN))), (3, Happening::GivenBack)],
        ),
        situation("办理中：已请求检索，没有结果", vec![(2, asked())]),
        situation(
            "办理中：检索没有找到",
            vec![(2, asked()), (5, ended(false))],
        ),
        situation("办理中：检索找到了", vec![(2, asked()), (5, ended(true))]),
        situation("办理中：两个第三方都不同意，没有告知", both(vec![])),
        situation(
            "办理中：两个第三方都不同意，只告知了一个",
            both(vec![(11, issued(1, "disclosure_decided"))]),
        ),
        situation(
            "办理中：两个第三方都不同意，都已告知决定公开",
            both(vec![
                (11, issued(1, "disclosure_decided")),
                (11, issued(2, "disclosure_decided")),
            ]),
        ),
        situation(
            "办理中：已出具登记回执，没有用印",
            vec![(2, issued(1, "receipt"))],
        ),
        situation(
            "办理中：已出具登记回执，已经用印",
            vec![(2, issued(1, "receipt")), (2, sealed(1, "receipt"))],
        ),
        situation(
            "办理中：已出具补正告知书，已登记送达",
            vec![
                (3, issued(1, "supplement")),
                (
                    4,
                    Happening::LetterServed {
                        letter: 1,
                        kind: "supplement".to_owned(),
                        number: "1".to_owned(),
                        way: Service::Post,
                    },
                ),
            ],
        ),
        situation("办理中：从别件分出", vec![]).part(),
        situation(
            "已答复：答复书没有用印",
            vec![(11, replied()), (11, issued(1, "granted"))],
        ),
        situation(
            "已送达：申请人还没有评价",
            vec![
                (11, replied()),
                (11, issued(1, "granted")),
                (11, sealed(1, "granted")),
                (12, served()),
            ],
        ),
        situation(
            "已归档：申请人已评价",
            vec![
                (11, replied()),
                (12, served()),
                (12, rated()),
                (13, step(Event::Archived)),
            ],
        ),
    ]
}

fn whose(action: Option<Action>) -> String {
    action.map_or("申请人".to_owned(), |action| crate::who(&[action]))
}

fn verdict(may: Result<(), Message>, who: &str) -> crate::Verdict {
    match may {
        Ok(()) => ('✔', who.to_owned()),
        Err(message) => ('✘', say(&message)),
    }
}

const SERVED: &str = "送达（设置为先用印后送达的）";

/// Whether what is served bears its seal.
fn sealed_first(record: &[(Date, Happening)]) -> crate::Verdict {
    let replies = record::replies(TODAY, record.iter().map(|(day, what)| (*day, what)));
    let unsealed = replies.iter().rfind(|one| one.waits_for_seal());
    let against =
        unsealed.map(|one| Message::new("casework-not-sealed").with("number", one.number));
    let event = Event::Served { way: None };
    let who = crate::who(&[record::action(&event)]);
    verdict(against.map_or(Ok(()), Err), &who)
}

/// What the record of a case stands against, which the law of its road does not ask.
fn by_the_record(at: &At<'_>, record: &[(Date, Happening)]) -> Vec<(crate::Verdict, String)> {
    const FREE: &str = "本件记录没有妨碍，仍须按 steps.txt 可以办";
    // What is over is replied and served no more.
    match at.case.state() {
        State::Served(..) | State::Archived(_) => return Vec::new(),
        State::Replied(_) => return vec![(sealed_first(record), SERVED.to_owned())],
        _ => {}
    }
    let happened = || record.iter().map(|(_, what)| what);
    let mut all = Vec::new();
    for (code, withholds, name) in [
        ("not_exist", false, "答复“经检索不存在”"),
        ("granted", false, "发出“予以公开”的答复"),
        (
            "partial",
            false,
            "发出“部分公开”的答复（没有为第三方不公开的部分）",
        ),
        (
            "partial",
            true,
            "发出“部分公开”的答复（有为第三方不公开的部分）",
        ),
    ] {
        let undecided = record::undecided(happened(), code, withholds);
        let against = record::against(happened(), code).or(undecided);
        all.push((verdict(against.map_or(Ok(()), Err), FREE), name.to_owned()));
    }
    let extended = Event::Extended { days: 10 };
    let own = verdict(at.may_decide(&extended), FREE);
    all.push((own, "本人批准延期、延迟答复".to_owned()));
    all
}

fn places(text: &mut String) {
    const BODY: i64 = 2;
    let kinds = OrganizationKind::Department;
    let body = |id: i64, parent: Option<i64>, kind, name: &str| Organization {
        id: OrganizationId(id),
        parent: parent.map(OrganizationId),
        ..Organization::draft(name, kind, Validity::since(date(2000, 1, 1)))
    };
    let tree = Tree::new(vec![
        body(1, None, OrganizationKind::Government, "市人民政府"),
        body(BODY, Some(1), kinds, "市财政局"),
        body(SECTION, Some(BODY), OrganizationKind::Section, "预算科"),
        body(4, Some(BODY), OrganizationKind::Section, "国库科"),
        body(5, Some(1), kinds, "市审计局"),
    ])
    .expect("a tree");
    let held = [
        (BODY, "设在本机关的"),
        (SECTION, "设在承办科室的"),
        (4, "设在其他科室的"),
        (1, "设在上级机关的"),
        (5, "设在其他机关的"),
    ];
    text.push_str(
        "\n二、角色设在哪里，权限及于哪里：市财政局的件，已分给预算科\n\n\
         延期、延迟答复由本机关工作机构负责人批准，承办科室的负责人不批准（《条例》第三十三条第二款、第三十五条）。\n",
    );
    let actions = Action::ALL
        .iter()
        .filter(|action| action.key().starts_with("requests.") || **action == Action::LettersIssue);
    for action in actions {
        writeln!(text, "\n  {}", say(&action.label())).expect("a string");
        for (at, name) in held {
            let may = |role: &Role| {
                let person = PersonId(OWN);
                let grant = Grant {
                    person,
                    organization: Some(OrganizationId(at)),
                    role: *role,
                    validity: Validity::since(date(2020, 1, 1)),
                };
                let actor = Actor {
                    person,
                    membership: Membership::Active,
                    grants: vec![grant],
                    lent: Vec::new(),
                };
                let (own, section) = (OrganizationId(BODY), OrganizationId(SECTION));
                let places = work::places(*action, own, Some(section));
                places.into_iter().any(|place| {
                    let target = Target::Organization(place);
                    permits(&actor, *action, target, &tree, TODAY).is_allowed()
                })
            };
            let roles = Role::ALL
                .into_iter()
                .filter(|role| !role.is_administrator());
            let roles: Vec<String> = roles.filter(may).map(|role| say(&role.label())).collect();
            let roles = match roles.is_empty() {
                true => "–".to_owned(),
                false => roles.join("、"),
            };
            writeln!(text, "    {name}：{roles}").expect("a string");
        }
    }
}

fn printed() -> String {
    let calendar = Calendar::built_in();
    let rules = Rules {
        calendar: &calendar,
        settings: ClockSettings::default(),
    };
    let mut text = HEAD.to_owned();
    text.push_str("\n一、各种情形\n");
    for (number, here) in situations().into_iter().enumerate() {
        let steps = here.record.iter();
        let steps = steps.filter_map(|(day, what)| Some((*day, what.step()?, None)));
        let case = Case::filed(here.channel, date(2024, 4, 1));
        let case = case.replay(rules, steps).expect("lawful");
        let at = At {
            case: &case,
            record: here.record.iter().map(|(_, what)| what).collect(),
            is_online: here.channel == Channel::Online,
            is_part: here.is_part,
            section: here.section,
            handler: here.handler,
            by: Some(OWN),
        };
        writeln!(text, "\n{}. {}\n", number + 1, here.title).expect("a string");
        let works = Work::ALL.into_iter().map(|work| {
            let by = work.action().is_some().then_some(OWN);
            let at = At { by, ..at.clone() };
            let may = verdict(work.against(&at), &whose(work.action()));
            (may, say(&work.label()))
        });
        let all = works.chain(by_the_record(&at, &here.record));
        for ((mark, told), names) in crate::together(all) {
            writeln!(text, "  {mark} {}：{told}", names.join("、")).expect("a string");
        }
    }
    places(&mut text);
    text
}

#[test]
fn the_work_that_people_review_is_the_work_that_counts() {
    crate::hold("work", &printed());
}
