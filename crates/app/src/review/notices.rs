//! Who is told what: that a step waits for them, is due or late, that their
//! paper came back or is through. Everybody is told each thing once; what they
//! are told goes out as mail by a job of its own, and stands on their desk.

use std::collections::BTreeSet;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::review::State;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::review::{self as stored, Notice, Waiting};
use gongkai_store::{StoreError, Tx, people, requests};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ReviewError;
use super::engine::{Under, What};
use super::heirs::Heirs;
use super::staff::Staff;
use super::time::{self, Due};
use crate::calendar::in_force;
use crate::house::House;
use crate::jobs::{self, JobError};
use crate::outbox;
use crate::people::mail_address;
use crate::requests::replies::REPLY;

/// What somebody is told; the words never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A step waits for them.
    Waiting,
    /// It is the last day of a step.
    Due,
    /// The time of a step is over; those who stand in may take it.
    Late,
    /// A step is late that others take: for who wrote it, and for the head of
    /// the office.
    Overdue,
    /// Their paper came back.
    Returned,
    /// Their paper is in effect, and was found wanting afterwards.
    Wanting,
    /// Their paper is through.
    Approved,
}

impl About {
    fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Late => "late",
            Self::Overdue => "overdue",
            Self::Returned => "returned",
            Self::Wanting => "wanting",
            Self::Approved => "approved",
        }
    }

    fn text(self) -> Message {
        Message::new(match self {
            Self::Waiting => "review-mail-waiting",
            Self::Due => "review-mail-due",
            Self::Late => "review-mail-late",
            Self::Overdue => "review-mail-overdue",
            Self::Returned => "review-mail-returned",
            Self::Wanting => "review-mail-wanting",
            Self::Approved => "review-mail-approved",
        })
    }
}

/// A mail that is to go out: numbers alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Letter {
    person: i64,
    about: About,
    thing: i64,
    /// What kind of thing; a paper where an older job does not say.
    #[serde(default)]
    kind: String,
}

/// Tells those whose turn it is now, and those whose paper it is.
pub(super) async fn after(
    tx: &mut Tx,
    house: &House,
    under: &Under,
    what: &What,
) -> Result<(), ReviewError> {
    let (review, now) = (&under.review, house.now());
    let whole = |about, person| (String::new(), now, about, person);
    let mut told = Vec::new();
    let came_back = matches!(
        what,
        What::Take {
            approved: false,
            ..
        }
    );
    if came_back {
        let about = match review.state() {
            State::Wanting => About::Wanting,
            _ => About::Returned,
        };
        let editors = review.editors().iter();
        told.extend(editors.map(|person| whole(about, *person)));
    } else if review.state() == State::Approved {
        let editors = review.editors().iter();
        told.extend(editors.map(|person| whole(About::Approved, *person)));
    }
    let waiting = review.waiting();
    if !waiting.is_empty() {
        let tree = &house.bodies.seen(tx).await?.tree;
        let staff = Staff::of(tx, tree, under.kept.organization, house.today()).await?;
        for waiting in waiting {
            for holder in staff.others(waiting.step.role, review.editors()) {
                let step = waiting.step.key.clone();
                told.push((step, waiting.since, About::Waiting, holder.person));
            }
        }
    }
    for (step, since, about, person) in told {
        tell(
            tx,
            house,
            (under.kept.id, &under.kept.kind, under.kept.thing),
            &step,
            since,
            about,
            person,
        )
        .await?;
    }
    Ok(())
}

/// Tells a person something of a review, once; whether they were not told yet.
async fn tell(
    tx: &mut Tx,
    house: &House,
    (review, kind, thing): (i64, &str, i64),
    step: &str,
    since: Timestamp,
    about: About,
    person: PersonId,
) -> Result<bool, StoreError> {
    let notice = Notice {
        review,
        step,
        since,
        about: about.key(),
        person,
    };
    if !stored::note(tx, &notice, house.now()).await? {
        return Ok(false);
    }
    let letter = Letter {
        person: person.0,
        about,
        thing,
        kind: kind.to_owned(),
    };
    jobs::enqueue(tx, house, jobs::NOTIFY_REVIEWER, &letter).await?;
    Ok(true)
}

/// Puts one mail into the outbox. It says nothing of the paper but its number:
/// mail leaves the house. What is given back is to be committed with the job.
pub(crate) async fn send(house: &House, payload: &str) -> Result<Option<Tx>, JobError> {
    let letter: Letter = serde_json::from_str(payload).map_err(JobError::never)?;
    let mut tx = house.db.read().await.map_err(JobError::again)?;
    let person = people::get(&mut tx, PersonId(letter.person)).await;
    let person = person.map_err(JobError::again)?;
    let number = number(&mut tx, &letter).await.map_err(JobError::again)?;
    tx.roll_back().await.map_err(JobError::again)?;
    let Some(person) = person.filter(|person| person.state == "active") else {
        return Ok(None);
    };
    let address = mail_address(house, &person).await;
    // Whoever left none, or one that is none, sees it on the desk.
    let Ok(to) = MailAddress::parse(&address.map_err(JobError::again)?) else {
        return Ok(None);
    };
    let words = Words::of(Language::Chinese);
    let said = words.render(&letter.about.text().with("number", number));
    let mail = outbox::Letter {
        to,
        subject: Line::parse(&said).map_err(JobError::never)?,
        text: words.render(&Message::new("review-mail-text").with("said", said)),
        attachments: Vec::new(),
    };
    let mut tx = house.db.write().await.map_err(JobError::again)?;
    let posted = outbox::mail(&mut tx, house, "review", &mail).await;
    posted.map_err(JobError::again)?;
    Ok(Some(tx))
}

/// The number by which people know what a mail is about: of a reply, that of its
/// request.
async fn number(tx: &mut Tx, letter: &Letter) -> Result<String, StoreError> {
    let request = match letter.kind == REPLY {
        true => requests::get_any(tx, letter.thing).await?,
        false => None,
    };
    Ok(request.map_or_else(|| letter.thing.to_string(), |request| request.number))
}

/// Steps that are looked at in one transaction.
const AT_ONCE: i64 = 200;

/// Tells whose step is due today or late, and who stands in; how many were
/// told. On a day on which offices do not work nobody is.
///
/// # Errors
/// The store's.
pub async fn remind(house: &House) -> Result<usize, ReviewError> {
    let calendar = in_force(house).await?;
    let today = house.today();
    match calendar.is_working_day(today) {
        Ok(true) => {}
        Ok(false) => return Ok(0),
        // Past the calendar nobody is late by a guess; limits are shown as
        // provisional, and the administrators are told by the calendar's alarm.
        Err(_) => {
            let year = today.year();
            tracing::warn!(
                year,
                "no calendar is loaded: nobody is told of late reviews"
            );
            return Ok(0);
        }
    }
    let (mut told, mut last) = (0, (0, String::new()));
    loop {
        let mut tx = house.db.write().await?;
        let page = stored::all_waiting(&mut tx, (last.0, &last.1), AT_ONCE).await?;
        let Some(end) = page.last() else {
            return Ok(told);
        };
        last = (end.review, end.step.step.clone());
        for waiting in &page {
            told += reminded(&mut tx, house, &calendar, waiting).await?;
        }
        tx.commit().await?;
    }
}

async fn reminded(
    tx: &mut Tx,
    house: &House,
    calendar: &Calendar,
    waiting: &Waiting,
) -> Result<usize, ReviewError> {
    let today = house.today();
    let step = &waiting.step;
    let days = step.days.and_then(|days| u16::try_from(days).ok());
    let Ok(Some(Due { day, missing: None })) = time::due(calendar, step.since, days) else {
        return Ok(0);
    };
    let about = match today.cmp(&day) {
        std::cmp::Ordering::Less => return Ok(0),
        std::cmp::Ordering::Equal => About::Due,
        std::cmp::Ordering::Greater => About::Late,
    };
    let editors = stored::editors(tx, waiting.review).await?;
    let editors: BTreeSet<PersonId> = editors.into_iter().collect();
    let tree = &house.bodies.seen(tx).await?.tree;
    let heirs = Heirs::of(tx, tree, today).await?;
    let organization = heirs.going_on(waiting.organization);
    let staff = Staff::of(tx, tree, organization, today).await?;
    let stands_in = step.stands_in.as_ref().filter(|_| about == About::Late);
    let roles = [Some(&step.role), stands_in];
    let roles = roles.into_iter().flatten();
    let people: BTreeSet<PersonId> = roles
        .filter_map(|role| Role::from_key(role))
        .flat_map(|role| staff.others(role, &editors))
        .map(|holder| holder.person)
        .collect();
    let mut all: Vec<(About, PersonId)> = people.iter().map(|one| (about, *one)).collect();
    // What is late does not stall unseen: who wrote it and the head of the
    // office are told, whoever would have to take the step.
    if about == About::Late {
        let heads = staff.others(Role::OfficeHead, &editors);
        let mut others: BTreeSet<PersonId> = heads.map(|holder| holder.person).collect();
        others.extend(&editors);
        let others = others.difference(&people);
        all.extend(others.map(|one| (About::Overdue, *one)));
    }
    let mut told = 0;
    for (about, person) in all {
        let of = (waiting.review, waiting.kind.as_str(), waiting.thing);
        let is_new = tell(tx, house, of, &step.step, step.since, about, person).await?;
        told += usize::from(is_new);
    }
    Ok(told)
}
