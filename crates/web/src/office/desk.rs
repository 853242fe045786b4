//! The desk: what waits for whoever has come in, and how far the installation
//! has been set up. Every count leads to the list that it counts.

use askama::Template;
use axum::extract::State as Extract;
use axum::response::Response;
use gongkai_app::people::{self as staff, Desk, Founding, SignedIn, Waiting, Which};
use gongkai_domain::organization::permissions::{Action, Membership, Target};
use gongkai_domain::words::{Message, Words};

use super::{Inside, ROOMS, delegations, failed, see_other};
use crate::Shared;
use crate::frame::parts::{Cell, Count, Empty, Step, Tone};
use crate::frame::{Frame, format, page};

#[derive(Template)]
#[template(path = "office/home.html")]
struct HomePage {
    frame: Frame,
    greeting: String,
    today: String,
    notice: String,
    /// For whom they stand in today, and who stands in for them.
    standing: Vec<String>,
    waiting: Vec<Count>,
    nothing: Empty,
    founding: Vec<Step>,
    /// How many of the steps are done.
    founded: String,
    /// Rooms for who has none of the rest: where, name, what is done there.
    rooms: Vec<(&'static str, String, String)>,
}

/// `GET /office`
pub async fn home(Extract(state): Shared, inside: Inside) -> Response {
    let short = super::calendar::notice(&inside).await;
    let Inside { visit, signed } = inside;
    match signed.actor.membership {
        Membership::MustChange => return see_other("/office/password"),
        Membership::MustEnrol => return see_other("/office/enrol"),
        _ => {}
    }
    let house = &visit.office.house;
    let words = visit.modes.words();
    let calendar = match state.calendar().await {
        Ok(calendar) => calendar,
        Err(error) => return failed(visit.modes, error.into()),
    };
    let found = match staff::desk(house, &signed, &calendar).await {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let tasks = match gongkai_app::review::tasks::count(house, &signed).await {
        Ok(tasks) => tasks,
        Err(error) => {
            tracing::error!(reason = %error, "what waits could not be counted");
            return failed(visit.modes, Message::new("error-ours").into());
        }
    };
    let requests = match super::requests::desk::for_home(house, &signed, words).await {
        Ok(requests) => requests,
        Err(error) => {
            tracing::error!(reason = %error, "requests could not be counted");
            return failed(visit.modes, Message::new("error-ours").into());
        }
    };
    let standing = match delegations::standing(house, &signed, words).await {
        Ok(standing) => standing,
        Err(error) => return failed(visit.modes, error),
    };
    let notice = match signed.actor.membership {
        Membership::Setup => words.text("office-setup-notice"),
        _ => match short {
            Ok(short) => short,
            Err(error) => return failed(visit.modes, error),
        },
    };
    let greeting = Message::new("office-greeting").with("name", &signed.person.display_name);
    let founding = founding(words, &signed, &found);
    let done = founding.iter().filter(|step| step.is_done).count();
    let founded = Message::new("founding-done")
        .with("done", done)
        .with("of", founding.len());
    let is_founded = done == founding.len();
    page(&HomePage {
        greeting: words.render(&greeting),
        today: today(words, &signed),
        notice,
        standing,
        waiting: requests
            .into_iter()
            .chain(tasks.map(|tasks| to_review(words, tasks)))
            .chain(
                found
                    .waiting
                    .iter()
                    .map(|waiting| count(words, &signed, waiting)),
            )
            .collect(),
        nothing: Empty {
            title: words.text("desk-nothing"),
            text: words.text(if has_work(&signed) {
                "desk-nothing-text"
            } else {
                "desk-no-role"
            }),
            action: None,
        },
        founded: words.render(&founded),
        founding: if is_founded { Vec::new() } else { founding },
        rooms: rooms(words, &signed),
        frame: Frame::new(visit.modes, words.text("office-desk")),
    })
}

/// Steps of reviews that wait for them, and papers of theirs that came back.
fn to_review(words: &Words, tasks: usize) -> Count {
    let count = i64::try_from(tasks).unwrap_or(i64::MAX);
    Count {
        number: format::count(words, count),
        label: words.text("waiting-review"),
        hint: words.text("waiting-review-hint"),
        to: "/office/review".to_owned(),
        tone: if tasks == 0 {
            Tone::Note
        } else {
            Tone::Warning
        },
    }
}

/// The day, with the name of the weekday.
fn today(words: &Words, signed: &SignedIn) -> String {
    let day = format::weekday(words, signed.today);
    words.render(&Message::new("desk-today").with("day", day))
}

/// Whether any room but one's own is open: who has been granted nothing is told
/// whom to ask.
fn has_work(signed: &SignedIn) -> bool {
    ROOMS
        .iter()
        .any(|(_, _, action, target)| signed.may(*action, *target).is_allowed())
}

fn rooms(words: &Words, signed: &SignedIn) -> Vec<(&'static str, String, String)> {
    let sees_people = signed.may(Action::PeopleSee, Target::Somewhere);
    let rooms = ROOMS.iter().filter(|(to, _, action, target)| {
        let is_doubled = *to == "/office/people/new" && sees_people.is_allowed();
        !is_doubled && signed.may(*action, *target).is_allowed()
    });
    rooms
        .map(|(to, label, action, _)| {
            let does = words.render(&action.label());
            let label = words.text(label);
            // What only repeats the name says nothing.
            let does = if does == label { String::new() } else { does };
            (*to, label, does)
        })
        .collect()
}

fn count(words: &Words, signed: &SignedIn, waiting: &Waiting) -> Count {
    let of = |number: String, label: &str, to: String, tone| Count {
        number,
        label: words.text(label),
        hint: words.text(&format!("{label}-hint")),
        to,
        tone,
    };
    let number = |count: i64| format::count(words, count);
    match waiting {
        Waiting::Delegated(count) => of(
            number(*count),
            "waiting-delegated",
            "/office/delegations".to_owned(),
            Tone::Note,
        ),
        Waiting::People(which, count) => {
            let (label, tone) = match which {
                Which::Locked => ("waiting-locked", Tone::Error),
                Which::WithoutRole => ("waiting-roleless", Tone::Warning),
                Which::Invited => ("waiting-invited", Tone::Note),
                Which::Disabled | Which::Anyone => ("waiting-people", Tone::Note),
            };
            let to = format!("/office/people?state={}", which.key());
            of(number(*count), label, to, tone)
        }
        Waiting::FailedJobs(count) => of(
            number(*count),
            "waiting-jobs",
            "/office/jobs?state=failed".to_owned(),
            Tone::Error,
        ),
        Waiting::Denied {
            count,
            is_more,
            since,
        } => {
            let more = if *is_more { "+" } else { "" };
            let to = format!("/office/audit?outcome=denied&from={since}");
            let number = format!("{}{more}", number(*count));
            of(number, "waiting-denied", to, Tone::Warning)
        }
        Waiting::OfficeIncomplete(bodies) => {
            let to = match bodies.as_slice() {
                [one] => format!("/office/organizations/{}", one.0),
                _ => "/office/organizations".to_owned(),
            };
            let count = i64::try_from(bodies.len()).unwrap_or(i64::MAX);
            let mut waiting = of(number(count), "waiting-office", to, Tone::Warning);
            if let [one] = bodies.as_slice() {
                let body = signed.tree.get(*one);
                waiting.hint = body.map(|body| body.name.clone()).unwrap_or_default();
            }
            waiting
        }
    }
}

/// The steps of setting up, with where each is taken by who may take it.
fn founding(words: &Words, signed: &SignedIn, desk: &Desk) -> Vec<Step> {
    let link = |label: &str, to: &str, action, target| {
        let may = signed.may(action, target).is_allowed();
        may.then(|| Cell::link(words.text(label), to))
    };
    let steps = desk.founding.iter().map(|(founding, is_done)| {
        let (key, action) = match founding {
            Founding::Administrators => (
                "founding-administrators",
                link(
                    "office-invite",
                    "/office/people/new",
                    Action::PeopleInvite,
                    Target::Installation,
                ),
            ),
            Founding::Organizations => (
                "founding-organizations",
                link(
                    "bodies-import",
                    "/office/organizations/import",
                    Action::OrganizationsImport,
                    Target::Installation,
                ),
            ),
            Founding::People => (
                "founding-people",
                link(
                    "office-invite",
                    "/office/people/new",
                    Action::PeopleInvite,
                    Target::Installation,
                )
                .filter(|_| signed.actor.membership == Membership::Active),
            ),
            // By whoever runs the machine, not in a page.
            Founding::Backup => ("founding-backup", None),
            Founding::Calendar => ("founding-calendar", None),
        };
        let text = match (founding, desk.backed_up) {
            (Founding::Backup, Some(at)) => {
                let last = Message::new("founding-backup-last").with("at", format::instant(at));
                words.render(&last)
            }
            _ => words.text(&format!("{key}-text")),
        };
        Step {
            title: words.text(key),
            text,
            is_done: *is_done,
            action: action.filter(|_| !is_done),
        }
    });
    steps.collect()
}
