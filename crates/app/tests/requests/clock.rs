//! The clock of the running app: the worked examples of the law, and that what
//! is stored is what the pure function makes of the events.

use std::path::Path;

use gongkai_app::calendar;
use gongkai_app::requests::charging::{self, Basis};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::look::Shown;
use gongkai_app::requests::{RequestError, clocks};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::requests::case::{
    Asked, Case, Cause, Channel, Event, Opinion, Rules, Service, State,
};
use gongkai_domain::requests::clock::{ClockSettings, RemedyPeriod, remedy};
use gongkai_domain::requests::record;
use gongkai_domain::settings::{ANSWER_DAYS, CONSULTATION_DAYS};
use gongkai_testkit::in_both_houses;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::end;
use super::scene::{Scene, day, ids, served};

impl Scene<'_> {
    /// Goes through a case that came over the counter, each step on its day by
    /// whoever may; how it stands on the last of these days.
    async fn gone(&self, n: u32, filed: &str, steps: &[(&str, Event)]) -> Shown {
        self.on(filed);
        let id = self.counter(n, filed).await.id;
        for (on, event) in steps {
            self.on(on);
            let by = match event {
                Event::Extended { .. } | Event::Deferred { .. } => self.bureau.head,
                _ => self.bureau.clerk,
            };
            let done = self.step(by, id, on, event.clone()).await;
            done.unwrap_or_else(|error| panic!("{on} {event:?}: {error}"));
        }
        let shown = self.see(self.bureau.clerk, id).await;
        let reckoned = shown.due.as_ref().map(|due| due.date);
        assert_eq!(shown.kept.standing.due, reckoned, "stored as reckoned");
        shown
    }

    /// The same; the due date then, or `-`.
    async fn course(&self, n: u32, filed: &str, steps: &[(&str, Event)]) -> String {
        let due = self.gone(n, filed, steps).await.kept.standing.due;
        due.map_or_else(|| "-".to_owned(), |due| due.to_string())
    }

    /// What an applicant may turn to whose reply was served on a day, and until when, as
    /// they are told of it.
    async fn remedies(&self, n: u32, on: &str, outcome: &str) -> Vec<(RemedyPeriod, Date)> {
        self.on(on);
        let filed = self.counter(n, on).await;
        let replied = self.reply(filed.id, on, outcome).await;
        replied.expect("replied");
        let way = Some(Service::Direct);
        let had = self.step(self.bureau.handler, filed.id, on, Event::Served { way });
        had.await.expect("served");
        let tracked = self.track(&filed, n).await.expect("tracked");
        let last = tracked.remedies.into_iter();
        last.map(|(period, last)| (period, last.date)).collect()
    }

    /// The last day of a remedy against what was served: as the applicant is told of it
    /// where a case has such a period, else as the calendar in force has it.
    async fn last(&self, n: u32, on: Date, period: RemedyPeriod, calendar: &Calendar) -> Date {
        let told = self.remedies(n, &on.to_string(), "granted").await;
        let told = told.into_iter().find(|(of, _)| *of == period);
        let reckoned = || remedy(calendar, on, period).expect("loaded").date;
        told.map_or_else(reckoned, |(_, last)| last)
    }

    /// A day and so many working days: as a case counts them where the law has such a
    /// period, else as the calendar in force does.
    async fn added(&self, n: u32, from: Date, days: u32, calendar: &Calendar) -> Date {
        let on = from.to_string();
        match days {
            // Art. 33 ¶2, 30, 32.
            20 => day(&self.course(n, &on, &[]).await),
            7 => {
                self.on(&on);
                let id = self.counter(n, &on).await.id;
                let shown = self.see(self.bureau.clerk, id).await;
                shown.notice_limit.expect("a limit")
            }
            15 => {
                self.on(&on);
                let id = self.counter(n, &on).await.id;
                let (number, asked, limit) = (1, Asked::ThirdParty, None);
                let sent = Event::Consulted {
                    number,
                    asked,
                    limit,
                };
                self.step(self.bureau.clerk, id, &on, sent)
                    .await
                    .expect("sent");
                let had = Event::ConsultationServed { number };
                self.step(self.bureau.clerk, id, &on, had)
                    .await
                    .expect("served");
                let shown = self.see(self.bureau.clerk, id).await;
                shown.case.inquiries()[&1].limit.expect("a limit")
            }
            days => calendar.add_working_days(from, days).expect("loaded"),
        }
    }
}

in_both_houses! {
    async fn the_worked_examples_of_the_law_come_out_of_the_running_app(test) {
        let scene = Scene::new(&test).await;
        let extended = |days| Event::Extended { days };
        assert_eq!(scene.course(1, "2024-02-05", &[]).await, "2024-03-08");
        let longest = [("2024-03-08", extended(20))];
        assert_eq!(scene.course(2, "2024-02-05", &longest).await, "2024-04-08");
        // 2: online, confirmed on a working Sunday.
        scene.on("2024-02-10");
        let online = scene.file(3).await;
        scene.on("2024-02-18");
        scene.confirm(online.id, "2024-02-18", Confirming::Reached).await.expect("confirmed");
        let shown = scene.see(scene.bureau.clerk, online.id).await;
        assert_eq!(shown.kept.standing.due, Some(day("2024-03-15")));
        // 3 is taken in beside the other ways of paper.
        // 4: the supplement begins the clock anew; silence ends the case.
        let limit = day("2024-03-29");
        let asked = ("2024-03-08", Event::SupplementAsked { limit });
        let came = [asked.clone(), ("2024-03-20", Event::SupplementCame)];
        assert_eq!(scene.course(4, "2024-03-01", &came).await, "2024-04-18");
        let lapsed = [asked, ("2024-03-30", Event::SupplementLapsed)];
        assert_eq!(scene.course(5, "2024-03-01", &lapsed).await, "-");
        // 5 and 6: a third party answers, or is silent.
        let third = |opinion, on| [
            ("2024-04-10", Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None }),
            ("2024-04-12", Event::ConsultationServed { number: 1 }),
            (on, Event::ConsultationEnded { number: 1, opinion }),
        ];
        let answered = third(Opinion::Objects, "2024-04-24");
        assert_eq!(scene.course(6, "2024-04-01", &answered).await, "2024-05-15");
        let silent = third(Opinion::Silent, "2024-05-08");
        assert_eq!(scene.course(7, "2024-04-01", &silent).await, "2024-05-24");
        // 7: once more, and no more than twenty days in all.
        let longer = [("2024-09-18", extended(15))];
        let id = scene.gone(8, "2024-08-20", &longer).await.kept.id;
        let is_due = async |on: &str| {
            let shown = scene.see(scene.bureau.clerk, id).await;
            assert_eq!(shown.kept.standing.due, Some(day(on)));
        };
        is_due("2024-10-14").await;
        let head = scene.bureau.head;
        for days in [11, 6] {
            let past = scene.step(head, id, "2024-09-18", extended(days)).await;
            assert_eq!(ids(past), ["clock-extension-too-long"], "{days}");
        }
        is_due("2024-10-14").await;
        scene.step(head, id, "2024-09-18", extended(5)).await.expect("extended");
        is_due("2024-10-21").await;
        // 8: a paid fee begins the clock anew, an unpaid one ends the case.
        let told = ("2024-05-20", Event::FeeNotified { sent: None });
        let waits = scene.gone(17, "2024-05-06", std::slice::from_ref(&told)).await;
        let limit = day("2024-06-18");
        assert_eq!(waits.case.state(), &State::AwaitingPayment { limit });
        scene.on("2024-06-18");
        let early = scene.step(scene.bureau.clerk, waits.kept.id, "2024-06-18", Event::FeeLapsed).await;
        assert_eq!(ids(early), ["case-payment-has-time"]);
        let paid = [told.clone(), ("2024-06-03", Event::FeePaid)];
        assert_eq!(scene.course(9, "2024-05-06", &paid).await, "2024-07-02");
        let unpaid = [told, ("2024-06-19", Event::FeeLapsed)];
        assert_eq!(scene.course(10, "2024-05-06", &unpaid).await, "-");
        // 9.
        assert_eq!(scene.course(11, "2023-12-05", &[]).await, "2024-01-03");
        // 10: a consultation and an extension.
        let limit = Some(day("2024-10-31"));
        let both = [
            ("2024-09-12", Event::Consulted { number: 1, asked: Asked::Organ, limit }),
            ("2024-09-25", Event::ConsultationEnded { number: 1, opinion: Opinion::Agrees }),
            ("2024-09-26", extended(10)),
        ];
        assert_eq!(scene.course(12, "2024-09-09", &both).await, "2024-11-06");
        // 11.
        assert_eq!(scene.course(13, "2026-02-10", &[]).await, "2026-03-16");
        // 12 and 13: what one may turn to after a reply was served, and until when.
        for (n, on, outcome, last) in [
            (14, "2024-03-08", "granted", vec!["2024-05-07", "2024-09-09"]),
            (15, "2024-03-08", "denied_internal", vec!["2024-05-07"]),
            (16, "2024-08-02", "denied_internal", vec!["2024-10-08"]),
        ] {
            let told = scene.remedies(n, on, outcome).await;
            let found: Vec<String> = told.iter().map(|(_, last)| last.to_string()).collect();
            assert_eq!(found, last, "{outcome} on {on}");
        }
        // 14 and 15 are days of no case: `crates/gongkai/tests/clock.rs` asks for them.
        end(test).await;
    }

    async fn the_date_vectors_beside_the_repository_come_out_of_the_running_app(test) {
        let scene = Scene::new(&test).await;
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/domain/deadline-vectors.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: the vectors do not lie beside the repository");
            test.forget_jobs();
            return;
        };
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let vectors = all["vectors"].as_array().expect("vectors");
        // The calendar of the database, as every page and letter has it.
        let calendar = served(calendar::in_force(&test.house)).await.expect("in force");
        let mut held = 0;
        for (n, vector) in (1..).zip(vectors) {
            let arguments = &vector["args"];
            let at = |name: &str| day(arguments[name].as_str().expect("a day"));
            let count = |name: &str| u32::try_from(arguments[name].as_u64().expect("a count")).expect("small");
            let period = match vector["function"].as_str().expect("a function") {
                "is_working_day" => {
                    let works = calendar.is_working_day(at("date")).expect("loaded");
                    assert_eq!(vector["expected"], works, "{}", vector["id"]);
                    held += 1;
                    continue;
                }
                "add_wd" => {
                    let found = scene.added(n, at("from"), count("n"), &calendar).await;
                    assert_eq!(vector["expected"], found.to_string(), "{}", vector["id"]);
                    held += 1;
                    continue;
                }
                "natural_days_deadline" => Some(RemedyPeriod::Days(count("days"))),
                "months_deadline" => Some(RemedyPeriod::Months(count("months"))),
                _ => None,
            };
            if let Some(period) = period {
                let last = scene.last(n, at("served"), period, &calendar).await;
                assert_eq!(vector["expected"], last.to_string(), "{}", vector["id"]);
                held += 1;
                continue;
            }
            let filed = arguments["received"].as_str().expect("a day");
            let mut steps: Vec<(String, Event)> = Vec::new();
            if let Some(came) = arguments["supplement_received"].as_str() {
                let limit = day(came).saturating_add(9.days());
                steps.push((filed.to_owned(), Event::SupplementAsked { limit }));
                steps.push((came.to_owned(), Event::SupplementCame));
            }
            if let Some(paid) = arguments["fee_paid"].as_str() {
                steps.push((filed.to_owned(), Event::FeeNotified { sent: None }));
                steps.push((paid.to_owned(), Event::FeePaid));
            }
            for (pair, number) in arguments["consultations"].as_array().into_iter().flatten().zip(1..) {
                let sent = pair[0].as_str().expect("a day").to_owned();
                let came = pair[1].as_str().expect("a day").to_owned();
                let limit = Some(day(&came).saturating_add(9.days()));
                let (asked, opinion) = (Asked::Organ, Opinion::Agrees);
                steps.push((sent, Event::Consulted { number, asked, limit }));
                steps.push((came, Event::ConsultationEnded { number, opinion }));
            }
            steps.sort_by(|one, other| one.0.cmp(&other.0));
            if let Some(days) = arguments["extension_wd"].as_u64() {
                let days = u32::try_from(days).expect("small");
                let on = steps.last().map_or(filed, |last| &last.0).to_owned();
                steps.push((on, Event::Extended { days }));
            }
            let steps: Vec<(&str, Event)> = steps.iter().map(|(on, event)| (on.as_str(), event.clone())).collect();
            let due = scene.course(n, filed, &steps).await;
            assert_eq!(vector["expected"], due.as_str(), "{}", vector["id"]);
            held += 1;
        }
        assert_eq!(held, vectors.len());
        assert!(held > 40, "{held}");
        end(test).await;
    }

    async fn the_fee_vectors_beside_the_repository_come_out_of_the_running_app(test) {
        let scene = Scene::new(&test).await;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/domain/fees.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: the vectors do not lie beside the repository");
            test.forget_jobs();
            return;
        };
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let of = |scale: &str| all[scale]["test_vectors"].as_array().expect("vectors").clone();
        let items = of("per_item");
        let most = items.iter().filter_map(|one| one["items_in_month"].as_u64()).max();
        // So many of one applicant in a month, each charged for its own place.
        let (mut yuan, mut first) = (Vec::new(), None);
        for _ in 0..most.expect("a vector") {
            let id = scene.counter(1, "2026-03-16").await.id;
            let shown = scene.see(scene.bureau.clerk, id).await;
            let fee = served(charging::reckon(&test.house, &shown, Basis::Items)).await;
            yuan.push(fee.expect("reckoned").yuan);
            first.get_or_insert(shown);
        }
        for vector in &items {
            let count = usize::try_from(vector["items_in_month"].as_u64().expect("a count")).expect("small");
            assert_eq!(vector["price_of_nth_item_yuan"], yuan[count - 1], "{vector}");
            assert_eq!(vector["month_total_yuan"], yuan[..count].iter().sum::<u64>(), "{vector}");
        }
        let shown = first.expect("a case");
        for vector in of("per_page") {
            let pages = u32::try_from(vector["pages"].as_u64().expect("a count")).expect("small");
            let fee = served(charging::reckon(&test.house, &shown, Basis::Pages(pages))).await;
            assert_eq!(vector["fee_yuan"], fee.expect("reckoned").yuan, "{vector}");
        }
        end(test).await;
    }

    async fn a_period_that_is_set_anew_moves_no_day_that_somebody_was_told(test) {
        let scene = Scene::new(&test).await;
        let consulted = Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None };
        let had = Event::ConsultationServed { number: 1 };
        let clerk = scene.bureau.clerk;
        scene.on("2024-04-12");
        let id = scene.counter(1, "2024-04-01").await.id;
        for (on, event) in [("2024-04-10", consulted.clone()), ("2024-04-12", had.clone())] {
            scene.step(clerk, id, on, event).await.expect("taken");
        }
        let before = scene.see(clerk, id).await;
        scene.set(ANSWER_DAYS, "10").await;
        scene.set(CONSULTATION_DAYS, "25").await;
        served(clocks::reckon(&test.house)).await.expect("reckoned");
        let after = scene.see(clerk, id).await;
        assert_eq!(after.kept.standing, before.kept.standing);
        assert_eq!((after.case, after.due), (before.case, before.due));
        // What comes now has the periods of now.
        let id = scene.counter(2, "2024-04-12").await.id;
        let shown = scene.see(clerk, id).await;
        assert_eq!(shown.kept.standing.due, Some(day("2024-04-26")));
        for event in [consulted, had] {
            scene.step(clerk, id, "2024-04-12", event).await.expect("taken");
        }
        let shown = scene.see(clerk, id).await;
        assert_eq!(shown.case.inquiries()[&1].limit, Some(day("2024-05-20")));
        end(test).await;
    }

    async fn whatever_happens_what_is_stored_is_what_the_events_make(test) {
        let scene = Scene::new(&test).await;
        let calendar = Calendar::built_in();
        let rules = Rules { calendar: &calendar, settings: ClockSettings::default() };
        let mut chance = fastrand::Rng::with_seed(6);
        for n in 0..12 {
            let mut on = day("2024-01-03");
            scene.on(&on.to_string());
            // Handed in, or come by ordinary post: received when both have confirmed.
            let (way, channel) = match n % 3 {
                0 => ("unsigned_post", Channel::UnsignedPost),
                _ => ("counter", Channel::Counter),
            };
            let id = scene.intake(way, n, &on.to_string()).await.expect("taken in").id;
            let mut case = Case::filed(channel, on).under(rules.settings);
            for _ in 0..12 {
                on = on.saturating_add(chance.i64(0..9).days());
                scene.on(&on.to_string());
                let event = any_event(&mut chance, on);
                let by = match event {
                    Event::Extended { .. } | Event::Deferred { .. } | Event::Reopened { .. } => scene.bureau.head,
                    _ => scene.bureau.clerk,
                };
                let pure = case.apply(rules, on, &event);
                let stored = scene.step(by, id, &on.to_string(), event.clone()).await;
                match (pure, stored) {
                    (Ok(next), Ok(())) => case = next,
                    (Err(refusal), Err(RequestError::Refused(told))) => {
                        assert_eq!(vec![refusal.message()], told);
                    }
                    (pure, stored) => panic!("{event:?} on {on}: {pure:?} and {stored:?}"),
                }
                // What moves with the day is reckoned anew each night.
                served(clocks::reckon(&test.house)).await.expect("reckoned");
                let shown = scene.see(scene.bureau.clerk, id).await;
                assert_eq!(shown.case, case);
                let place = record::place(&case, rules, on).expect("reckoned");
                let kept = shown.kept.standing;
                assert_eq!(kept.state, case.state().key());
                assert_eq!((kept.received, kept.due), (case.received(), place.due));
                assert_eq!((kept.lane.as_str(), kept.day), (place.lane.key(), place.day));
            }
        }
        end(test).await;
    }
}

fn any_event(chance: &mut fastrand::Rng, on: Date) -> Event {
    let later = |days: i64| on.saturating_add(days.days());
    let number = chance.u32(1..3);
    match chance.u8(0..22) {
        0 => Event::SupplementAsked { limit: later(10) },
        1 => Event::SupplementCame,
        2 => Event::SupplementLapsed,
        3 => Event::Consulted {
            number,
            asked: Asked::ThirdParty,
            limit: None,
        },
        4 => Event::Consulted {
            number,
            asked: Asked::Organ,
            limit: Some(later(20)),
        },
        5 | 6 => Event::ConsultationServed { number },
        7 => Event::ConsultationEnded {
            number,
            opinion: Opinion::Agrees,
        },
        8 => Event::ConsultationEnded {
            number,
            opinion: Opinion::Silent,
        },
        9 => Event::Extended {
            days: chance.u32(0..22),
        },
        10 => Event::FeeNotified { sent: None },
        11 => Event::FeePaid,
        12 => Event::ReasonsAsked { limit: later(10) },
        13 => Event::ReasonsCame,
        14 => Event::Consulted {
            number,
            asked: Asked::CoMaker,
            limit: None,
        },
        15 => Event::ConsultationEnded {
            number,
            opinion: Opinion::Objects,
        },
        16 => Event::FeeLapsed,
        17 | 18 => Event::Confirmed,
        19 | 20 => Event::Reopened {
            cause: Cause::ALL[chance.usize(0..4)],
            until: later(15),
        },
        _ => Event::Deferred { until: later(60) },
    }
}
