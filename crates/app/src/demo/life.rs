//! The months of an invented city: what is planned for each day is done on it, by
//! whoever may, through the same use cases as in any office.

use std::collections::BTreeMap;
use std::sync::Arc;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, OrganizationKind};
use gongkai_domain::requests::application::{Way, tail};
use gongkai_domain::requests::case::{Asked, Event, Service};
use gongkai_domain::requests::record::Proof;
use gongkai_store::requests as stored;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tracing::warn;

use super::plan::{Cases, Deed, Planned};
use super::writing::Phrases;
use super::{DemoError, Maker, PassingClock};
use crate::house::{House, china};
use crate::once::Sent;
use crate::people::SignedIn;
use crate::requests::charging::{self, Basis};
use crate::requests::giving::{self, Found, Search};
use crate::requests::intake::{self, Confirming, Intake};
use crate::requests::replies;
use crate::requests::steps::{self, Seen, Taken};
use crate::requests::{self, RequestError, Ticket, Visitor, parts};
use crate::review::acts::Asked as Review;

/// Cases that are worked on at the same time.
const AT_ONCE: usize = 4;
/// A working day in minutes, from its first deed to its last.
const DAY_MINUTES: usize = 490;

/// The first hour of a working day before another.
///
/// # Errors
/// A calendar without that day.
pub(super) fn morning(
    calendar: &Calendar,
    today: Date,
    before: u32,
) -> Result<Timestamp, DemoError> {
    let day = calendar
        .subtract_working_days(today, before)
        .map_err(|error| DemoError::Case(error.to_string()))?;
    let at = day.at(8, 40, 0, 0).to_zoned(china());
    Ok(at
        .map_err(|error| DemoError::Case(error.to_string()))?
        .timestamp())
}

/// Who works where.
pub(super) struct Office {
    /// With the body at which they do.
    hands: Vec<(OrganizationId, Vec<Role>, SignedIn)>,
    /// Sections by their bodies.
    sections: BTreeMap<OrganizationId, OrganizationId>,
}

impl Office {
    /// Somebody of a role in a body, as they have come in on a day.
    pub(super) fn of(
        &self,
        body: OrganizationId,
        role: Role,
        today: Date,
    ) -> Result<SignedIn, DemoError> {
        let found = self
            .hands
            .iter()
            .find(|(at, roles, _)| *at == body && roles.contains(&role));
        let (_, _, signed) = found.ok_or_else(|| DemoError::File(role.key().to_owned()))?;
        Ok(SignedIn {
            today,
            ..signed.clone()
        })
    }

    fn section(&self, body: OrganizationId) -> Result<OrganizationId, DemoError> {
        let found = self.sections.get(&body).copied();
        found.ok_or_else(|| DemoError::File("a section".to_owned()))
    }
}

/// A case on its way.
pub(super) struct Case {
    plan: Planned,
    pub(super) body: OrganizationId,
    pub(super) seen: Seen,
    code: String,
    tail: String,
    /// The next deed of its plan.
    next: usize,
    searches: u32,
    pub(super) outcome: String,
    digest: String,
}

pub(super) struct Life {
    pub(super) house: House,
    pub(super) office: Office,
    calendar: Calendar,
    pub(super) phrases: Phrases,
}

fn failed(case: &Case, deed: &Deed, error: &RequestError) -> DemoError {
    let told = match error {
        RequestError::Entered(wrong) => format!("{wrong:?}"),
        other => other.to_string(),
    };
    let Planned { course, typed, .. } = &case.plan;
    let about = &typed.description;
    DemoError::Case(format!("{deed:?} of {course}, “{about}”: {told}"))
}

/// Has everything be done that is planned, day by day.
pub(super) async fn live(
    house: &House,
    clock: &PassingClock,
    calendar: &Calendar,
    today: Date,
    maker: &Maker<'_>,
    cases: &Cases,
) -> Result<(), DemoError> {
    let mut hands = Vec::new();
    for (one, _) in &maker.people {
        let signed = maker.as_now(&one.login).await?;
        if let Some(at) = signed.person.organization {
            hands.push((at, one.roles.clone(), signed));
        }
    }
    let first = hands.first().map(|(_, _, signed)| Arc::clone(&signed.tree));
    let tree = first.ok_or_else(|| DemoError::File("nobody".to_owned()))?;
    let sections = tree.bodies().iter();
    let sections = sections.filter(|body| body.kind == OrganizationKind::Section);
    let life = Arc::new(Life {
        house: house.clone(),
        office: Office {
            hands,
            sections: sections
                .filter_map(|section| Some((section.parent?, section.id)))
                .collect(),
        },
        calendar: calendar.clone(),
        phrases: cases.phrases.clone(),
    });
    // Without fonts no letter can be set, and the cases go on without.
    let sets_letters = house.press.fonts().is_ok();
    if !sets_letters {
        warn!("the cases of the demonstration have no letters: there are no fonts");
    }
    let mut waiting: Vec<Case> = Vec::new();
    for mut plan in cases.planned()? {
        plan.letters &= sets_letters;
        waiting.push(Case {
            body: maker.body(&plan.body)?.1,
            tail: tail(&plan.typed.phone),
            plan,
            seen: Seen { id: 0, version: 0 },
            code: String::new(),
            next: 0,
            searches: 0,
            outcome: String::new(),
            digest: String::new(),
        });
    }
    let first = waiting.iter().map(|case| case.plan.filed).max();
    for before in (1..=first.unwrap_or(0)).rev() {
        let begin = morning(calendar, today, before)?;
        let (now, later): (Vec<Case>, Vec<Case>) =
            waiting.into_iter().partition(|case| case.is_for(before));
        waiting = later;
        let turns = now.len().div_ceil(AT_ONCE).max(1);
        let mut now = now.into_iter();
        for turn in 0..turns {
            let minutes = i64::try_from(turn * DAY_MINUTES / turns).unwrap_or(0);
            clock.tell(begin + SignedDuration::from_mins(minutes));
            let mut set = JoinSet::new();
            for case in now.by_ref().take(AT_ONCE) {
                set.spawn(Arc::clone(&life).a_day(case, before));
            }
            while let Some(done) = set.join_next().await {
                waiting.push(done.map_err(|error| DemoError::Case(error.to_string()))??);
            }
        }
    }
    Ok(())
}

impl Case {
    /// Whether something is to be done with it on a day.
    fn is_for(&self, before: u32) -> bool {
        let next = self.plan.deeds.get(self.next);
        match self.seen.id {
            0 => self.plan.filed == before,
            _ => next.is_some_and(|(day, _)| *day == before),
        }
    }

    fn ticket(&self) -> Ticket<'_> {
        Ticket::new(&self.code, &self.tail)
    }
}

fn visitor() -> Visitor {
    Visitor {
        source: "192.0.2.80".to_owned(),
        request: "demo".to_owned(),
    }
}

impl Life {
    /// Does what is planned of a case for a day.
    async fn a_day(self: Arc<Self>, mut case: Case, before: u32) -> Result<Case, DemoError> {
        let today = self.house.today();
        if case.seen.id == 0 {
            self.filed(&mut case, today).await?;
        }
        while let Some((_, deed)) = case
            .plan
            .deeds
            .get(case.next)
            .filter(|(day, _)| *day == before)
        {
            let deed = deed.clone();
            let done = match case.plan.letters {
                true => self.in_writing(&mut case, &deed, today).await?,
                false => self.done(&mut case, &deed, today).await?,
            };
            done.map_err(|error| failed(&case, &deed, &error))?;
            case.next += 1;
            // A review has its own record; everything else is one of the case.
            if !case.plan.letters
                && !matches!(deed, Deed::HandIn | Deed::Approve(..) | Deed::Return)
            {
                case.seen.version += 1;
            }
        }
        Ok(case)
    }

    async fn filed(&self, case: &mut Case, today: Date) -> Result<(), DemoError> {
        let (house, plan) = (&self.house, &case.plan);
        let key = house.token();
        let filed = if plan.way == Way::Online {
            requests::file(house, &visitor(), &key, case.body, &plan.typed, &[]).await
        } else {
            let clerk = self.office.of(case.body, Role::Clerk, today)?;
            let new = Intake {
                organization: Some(case.body),
                way: plan.way.key().to_owned(),
                day: today.to_string(),
                typed: plan.typed.clone(),
                reference: "XA 99000 2026 CN".to_owned(),
                note: "材料齐全，信封、笔录随件扫描存档。".to_owned(),
            };
            intake::intake(house, &clerk, &key, &new, &[]).await
        };
        let filed = filed.map_err(|error| failed(case, &Deed::Confirm, &error))?;
        case.seen = Seen {
            id: filed.id,
            version: 1,
        };
        case.code = filed.code.to_string();
        Ok(())
    }

    pub(super) fn days(&self, today: Date, working_days: u32) -> Date {
        let day = self.calendar.add_working_days(today, working_days);
        day.unwrap_or(today)
    }

    /// Does one thing; the outer error is the plan's own.
    pub(super) async fn done(
        &self,
        case: &mut Case,
        deed: &Deed,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let (house, seen) = (&self.house, case.seen);
        let key = house.token();
        let of = |role| self.office.of(case.body, role, today);
        let day = today.to_string();
        let event = match deed {
            Deed::Confirm | Deed::Receipt | Deed::Called => {
                let how = match deed {
                    Deed::Confirm => Confirming::Reached,
                    Deed::Receipt => Confirming::Receipt,
                    _ => Confirming::NotReached,
                };
                let call = match how {
                    Confirming::NotReached => "9:30 拨打申请人留的电话，无人接听，短信告知回电。",
                    _ => "9:30 拨打申请人留的电话，本人接听，确认收到申请并核对内容。",
                };
                let clerk = of(Role::Clerk)?;
                return Ok(intake::confirm(house, &clerk, &key, seen, &day, how, call).await);
            }
            Deed::ConfirmSelf => {
                let by = visitor();
                return Ok(requests::confirm_by_applicant(house, &by, &key, case.ticket()).await);
            }
            Deed::Supplement => {
                let (by, text) = (visitor(), case.plan.said.supplement.clone());
                let came = requests::supplement(house, &by, &key, case.ticket(), &text, &[]);
                return Ok(came.await);
            }
            Deed::GiveReasons => {
                let (by, why) = (visitor(), "用于整理本村的环境整治史，需要历年材料。");
                let given = requests::give_reasons(house, &by, &key, case.ticket(), why);
                return Ok(given.await);
            }
            Deed::Withdraw => {
                let (by, why) = (visitor(), "已经从别处看到了，不需要了。");
                return Ok(requests::withdraw(house, &by, &key, case.ticket(), why).await);
            }
            Deed::Rate(stars) => {
                let (by, text) = (visitor(), "答复及时，工作人员态度好。");
                return Ok(requests::rate(house, &by, &key, case.ticket(), *stars, text).await);
            }
            Deed::Assign => {
                let to = (None, Some(of(Role::Handler)?.person.id));
                let clerk = of(Role::Clerk)?;
                return Ok(giving::assign(house, &clerk, &key, seen, to, "请按期办理。").await);
            }
            Deed::Section => {
                let to = (Some(self.office.section(case.body)?), None);
                let clerk = of(Role::Clerk)?;
                return Ok(
                    giving::assign(house, &clerk, &key, seen, to, "请你科检索并提出意见。").await,
                );
            }
            Deed::Take => {
                return Ok(giving::take_on(house, &of(Role::Handler)?, &key, seen).await);
            }
            Deed::TakeInSection | Deed::GiveBack => {
                let section = self.office.section(case.body)?;
                let hand = self.office.of(section, Role::Handler, today)?;
                return Ok(match deed {
                    Deed::TakeInSection => giving::take_on(house, &hand, &key, seen).await,
                    _ => {
                        giving::give_back(house, &hand, &key, seen, "不属于本科职责，建议改派。")
                            .await
                    }
                });
            }
            Deed::Split => {
                let text = case.plan.said.split.clone();
                let made = parts::split(house, &of(Role::Clerk)?, &key, seen, &text).await;
                return Ok(made.map(drop));
            }
            Deed::Search | Deed::Chase | Deed::Found(_) => {
                return self.searched(case, deed, &of(Role::Handler)?, today).await;
            }
            Deed::Fee(pages) => {
                let (by, basis) = (of(Role::Handler)?, Basis::Pages(*pages));
                let note = "收费通知当面送达，申请人签收。";
                return Ok(charging::notify(house, &by, &key, seen, (&day, ""), basis, note).await);
            }
            Deed::Draft(_) | Deed::HandIn | Deed::Approve(..) | Deed::Return => {
                return self.reviewed(case, deed, today).await;
            }
            Deed::AskSupplement => Event::SupplementAsked {
                limit: self.days(today, 10),
            },
            Deed::SupplementLapsed => Event::SupplementLapsed,
            Deed::Consult(asked) => Event::Consulted {
                number: 1,
                asked: *asked,
                limit: (*asked == Asked::Organ).then(|| self.days(today, 10)),
            },
            Deed::ConsultServed => Event::ConsultationServed { number: 1 },
            Deed::ConsultEnded(opinion) => Event::ConsultationEnded {
                number: 1,
                opinion: *opinion,
            },
            Deed::Extend(days) => Event::Extended { days: *days },
            Deed::AskReasons => Event::ReasonsAsked {
                limit: self.days(today, 7),
            },
            Deed::Defer(days) => Event::Deferred {
                until: self.days(today, *days),
            },
            Deed::Pay => Event::FeePaid,
            Deed::FeeLapsed => Event::FeeLapsed,
            Deed::Give => Event::Replied {
                outcome: case.outcome.clone(),
            },
            Deed::Serve => Event::Served {
                way: Some(match case.plan.typed.receiving.as_str() {
                    "post" => Service::Post,
                    "mail" => Service::Mail,
                    "portal" => Service::Portal,
                    _ => Service::PickUp,
                }),
            },
            Deed::Archive => Event::Archived,
        };
        let role = match deed {
            Deed::Extend(_) | Deed::Defer(_) => Role::OfficeHead,
            Deed::SupplementLapsed | Deed::FeeLapsed | Deed::Archive | Deed::Pay => Role::Clerk,
            _ => Role::Handler,
        };
        let taken = Taken {
            event,
            day: today,
            proofs: evidence(deed),
        };
        Ok(steps::step(house, &of(role)?, &key, seen, &taken).await)
    }

    async fn searched(
        &self,
        case: &mut Case,
        deed: &Deed,
        by: &SignedIn,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let (house, seen, key) = (&self.house, case.seen, self.house.token());
        let number = case.searches.max(1);
        Ok(match deed {
            Deed::Search => {
                case.searches += 1;
                let search = Search {
                    unit: "综合档案室、业务科室",
                    words: "申请内容中的地名、年份和文件名称；业务系统、纸质档案均检索。",
                    limit: &self.days(today, 5).to_string(),
                };
                giving::ask_search(house, by, &key, seen, search).await
            }
            Deed::Chase => {
                giving::chase_search(house, by, &key, seen, number, "电话催办，答应尽快回复。")
                    .await
            }
            _ => {
                let found = *deed == Deed::Found(true);
                let result = match found {
                    true => "档案室经办人检索到纸质文件，另附扫描件。",
                    false => "档案室和业务科室各自检索，均未检索到，经办人已签字。",
                };
                let found = Found {
                    number,
                    on: &today.to_string(),
                    found,
                    searcher: "综合档案室经办人",
                    result,
                };
                giving::end_search(house, by, &key, seen, found).await
            }
        })
    }

    /// Keeps by which digest the last edition of the reply is reviewed.
    pub(super) async fn drafted(&self, case: &mut Case) -> Result<(), DemoError> {
        let mut tx = self.house.db.read().await?;
        let editions = stored::replies(&mut tx, case.seen.id).await?;
        tx.roll_back().await?;
        let last = editions.last().map(|last| last.digest.clone());
        case.digest = last.unwrap_or_default();
        Ok(())
    }

    /// The reply: written, handed in, reviewed.
    async fn reviewed(
        &self,
        case: &mut Case,
        deed: &Deed,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let (house, seen, key) = (&self.house, case.seen, self.house.token());
        let handler = self.office.of(case.body, Role::Handler, today)?;
        Ok(match deed {
            Deed::Draft(outcome) => {
                let begin = "您向本机关提出的政府信息公开申请收悉。";
                let text = format!("{begin}\n{}", case.plan.said.answer);
                case.outcome.clone_from(outcome);
                let written = replies::write(house, &handler, &key, seen, outcome, &text).await;
                self.drafted(case).await?;
                written
            }
            Deed::HandIn => {
                replies::hand_in(house, &handler, &key, seen.id, &case.digest, "").await
            }
            _ => {
                let (step, role, approved) = match deed {
                    Deed::Approve(step, role) => (*step, *role, true),
                    _ => ("review", Role::Reviewer, false),
                };
                let remark = (
                    "第一段".to_owned(),
                    "未见涉及个人隐私，请核对后重拟。".to_owned(),
                );
                let asked = Review {
                    step: step.to_owned(),
                    digest: case.digest.clone(),
                    approved,
                    remarks: if approved { Vec::new() } else { vec![remark] },
                    note: String::new(),
                };
                let by = self.office.of(case.body, role, today)?;
                let sent = Sent::new("reply", &key, []);
                let taken = replies::take(house, &by, &sent, seen.id, &asked).await;
                taken.map(drop)
            }
        })
    }
}

/// What stands beside a step.
fn evidence(deed: &Deed) -> Vec<(Proof, &'static str)> {
    match deed {
        Deed::AskSupplement => vec![(
            Proof::Note,
            "申请内容过于宽泛，无法检索。请补正所需信息的名称、文号或者年份、地点。",
        )],
        Deed::Consult(Asked::ThirdParty) => vec![(Proof::Asked, "景明市远山旅游开发有限公司")],
        Deed::Consult(Asked::CoMaker) => vec![(Proof::Asked, "共同制作机关：云溪县水务局")],
        Deed::Consult(Asked::Organ) => vec![(Proof::Asked, "下游断面所在地水行政主管部门")],
        Deed::ConsultServed => vec![(Proof::Note, "挂号寄出，回执显示对方已签收。")],
        Deed::ConsultEnded(_) => vec![(
            Proof::Note,
            "对方书面意见存档；逾期未回复的，核对签收日期。",
        )],
        Deed::Extend(_) => vec![(
            Proof::Reason,
            "检索范围大，涉及多个科室，二十个工作日内不能办结。",
        )],
        Deed::AskReasons => vec![(
            Proof::Reason,
            "同一申请人近期多次申请同类信息，数量明显超过合理范围。",
        )],
        Deed::Defer(_) => vec![(
            Proof::Reason,
            "申请人说明用于撰写村志，理由合理，约定延迟答复。",
        )],
        Deed::Pay => vec![(Proof::Reference, "非税收入票据 99000001")],
        Deed::Serve => vec![
            (Proof::Note, "按申请人要求的方式送达，回执存档。"),
            (Proof::Reference, "XA 99000 2026 CN"),
        ],
        _ => Vec::new(),
    }
}
