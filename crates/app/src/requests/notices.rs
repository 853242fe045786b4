//! Who is told what of open cases: before each date and on it, past it with the head
//! of the disclosure office and the leader, of what was not confirmed after a
//! working day, and of what lapsed and waits for somebody to close it. Who holds
//! such a role in the section that works on the case is told as well. Everybody
//! is told each thing once. Nobody is told on a day on which offices do not work.
//! A mail says the number of the case and nothing of the applicant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::clock::{ClockSettings, supplement_notice_limit};
use gongkai_domain::requests::record::Lane;
use gongkai_domain::settings::DeskSettings;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::requests::{self as stored, Kept, Notice};
use gongkai_store::{Tx, people};
use jiff::civil::Date;

use super::RequestError;
use crate::house::House;
use crate::outbox;
use crate::people::mail_address;
use crate::review::heirs::Heirs;
use crate::review::staff::Staff;
use crate::settings;

/// What somebody is told; the words never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Not confirmed after a working day.
    Unconfirmed,
    /// The one supplement notice may leave for a day more (Art. 30).
    Notice,
    /// The time of a supplement, a payment or a consultation ends soon.
    Ending,
    /// Due within some working days.
    Soon,
    /// Due today.
    Today,
    /// Past its date.
    Overdue,
    /// The supplement did not come in time.
    Unsupplemented,
    /// It was not paid in time.
    Unpaid,
    /// A consultation's time is over.
    Silent,
}

impl About {
    fn key(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Notice => "notice",
            Self::Ending => "ending",
            Self::Soon => "soon",
            Self::Today => "today",
            Self::Overdue => "overdue",
            Self::Unsupplemented => "unsupplemented",
            Self::Unpaid => "unpaid",
            Self::Silent => "silent",
        }
    }

    fn text(self) -> Message {
        Message::new(match self {
            Self::Unconfirmed => "request-mail-unconfirmed",
            Self::Notice => "request-mail-notice",
            Self::Ending => "request-mail-ending",
            Self::Soon => "request-mail-soon",
            Self::Today => "request-mail-today",
            Self::Overdue => "request-mail-overdue",
            Self::Unsupplemented => "request-mail-unsupplemented",
            Self::Unpaid => "request-mail-unpaid",
            Self::Silent => "request-mail-silent",
        })
    }

    /// Roles that are told, beside the handler.
    fn roles(self) -> &'static [Role] {
        match self {
            Self::Soon | Self::Silent | Self::Notice | Self::Ending => &[Role::Clerk],
            Self::Today | Self::Unconfirmed | Self::Unsupplemented | Self::Unpaid => {
                &[Role::Clerk, Role::OfficeHead]
            }
            Self::Overdue => &[Role::Clerk, Role::OfficeHead, Role::Leader],
        }
    }
}

/// What is to be told of a case today, and of which date.
fn about(
    calendar: &Calendar,
    set: DeskSettings,
    kept: &Kept,
    today: Date,
) -> Option<(About, Date)> {
    let at = &kept.standing;
    let between = |from, to| calendar.working_days_between(from, to).ok();
    if at.lane == Lane::Unconfirmed.key() {
        let waited = between(kept.filed, today)?;
        return (waited > set.confirm_working_days).then_some((About::Unconfirmed, kept.filed));
    }
    if at.lane == Lane::Waiting.key() {
        let over = match at.state.as_str() {
            "awaiting_supplement" => About::Unsupplemented,
            "awaiting_payment" => About::Unpaid,
            _ => About::Silent,
        };
        if at.day < today {
            return Some((over, at.day));
        }
        let left = between(today, at.day)?;
        return (left <= set.reminder_working_days).then_some((About::Ending, at.day));
    }
    let due = at.due?;
    match due.cmp(&today) {
        std::cmp::Ordering::Less => Some((About::Overdue, due)),
        std::cmp::Ordering::Equal => Some((About::Today, due)),
        std::cmp::Ordering::Greater => {
            let left = between(today, due)?;
            (left <= set.reminder_working_days).then_some((About::Soon, due))
        }
    }
}

/// Working days before the last day of the supplement notice on which it is told.
const NOTICE_WORKING_DAYS: u32 = 1;

/// The last day of the supplement notice (Art. 30), where it is near and none was
/// sent: past it, what is unclear has to be answered as it is.
async fn notice(
    tx: &mut Tx,
    (calendar, clock): (&Calendar, ClockSettings),
    kept: &Kept,
    today: Date,
) -> Result<Option<(About, Date)>, RequestError> {
    let at = &kept.standing;
    let (Some(received), true) = (at.received, at.lane == Lane::Running.key()) else {
        return Ok(None);
    };
    // Past the calendar nobody is told of a guess.
    let Ok(limit) = supplement_notice_limit(calendar, clock, received) else {
        return Ok(None);
    };
    let left = calendar.working_days_between(today, limit.date);
    if today > limit.date || left.map_or(true, |left| left > NOTICE_WORKING_DAYS) {
        return Ok(None);
    }
    let asked = Event::SupplementAsked { limit: today }.key();
    let events = stored::events(tx, kept.id).await?;
    let is_asked = events.iter().any(|event| event.kind == asked);
    Ok((!is_asked).then_some((About::Notice, limit.date)))
}

/// Cases that are looked at in one transaction.
const AT_ONCE: i64 = 100;

/// Tells whoever is to be told; how many mails were written.
///
/// # Errors
/// The store's.
pub async fn remind(house: &House) -> Result<usize, RequestError> {
    let today = house.today();
    let calendar = crate::calendar::in_force(house).await?;
    // Past the calendar nobody is late by a guess; its alarm tells of that.
    if !calendar.is_working_day(today).unwrap_or(false) {
        return Ok(0);
    }
    let values = settings::values(house).await?;
    let (set, clock) = (values.desk()?, values.clock()?);
    let mut told = 0;
    for lane in [Lane::Unconfirmed, Lane::Running, Lane::Waiting] {
        let mut above = 0;
        loop {
            let mut tx = house.db.write().await?;
            let some = stored::in_lane(&mut tx, lane.key(), above, AT_ONCE).await?;
            let Some(last) = some.last() else {
                tx.roll_back().await?;
                break;
            };
            above = last.id;
            let mut staff = Hands::default();
            for kept in &some {
                let notice = notice(&mut tx, (&calendar, clock), kept, today).await?;
                let all = about(&calendar, set, kept, today).into_iter().chain(notice);
                for (about, date) in all {
                    told += tell(&mut tx, house, &mut staff, kept, (about, date)).await?;
                }
            }
            tx.commit().await?;
        }
    }
    Ok(told)
}

/// People of bodies, looked up once for each page.
#[derive(Default)]
struct Hands(BTreeMap<OrganizationId, Arc<Staff>>);

impl Hands {
    async fn of(
        &mut self,
        tx: &mut Tx,
        house: &House,
        organization: OrganizationId,
    ) -> Result<Arc<Staff>, RequestError> {
        if let Some(there) = self.0.get(&organization) {
            return Ok(Arc::clone(there));
        }
        let tree = Arc::clone(&house.bodies.seen(tx).await?.tree);
        let today = house.today();
        let heirs = Heirs::of(tx, &tree, today).await?;
        let body = heirs.going_on(organization);
        let staff = Arc::new(Staff::of(tx, &tree, body, today).await?);
        self.0.insert(organization, Arc::clone(&staff));
        Ok(staff)
    }
}

async fn tell(
    tx: &mut Tx,
    house: &House,
    hands: &mut Hands,
    kept: &Kept,
    (about, date): (About, Date),
) -> Result<usize, RequestError> {
    // Roles of the body count for its section, those of the section only there.
    let at = kept.standing.section.unwrap_or(kept.organization);
    let staff = hands.of(tx, house, at).await?;
    let nobody = BTreeSet::new();
    let roles = about.roles().iter();
    let holders = roles.flat_map(|role| staff.others(*role, &nobody));
    let mut people: BTreeSet<PersonId> = holders.map(|holder| holder.person).collect();
    people.extend(kept.standing.handler);
    let mut told = 0;
    for person in people {
        let notice = Notice {
            request: kept.id,
            about: about.key(),
            day: date,
            person,
        };
        if !stored::note(tx, &notice, house.now()).await? {
            continue;
        }
        told += usize::from(write(tx, house, person, kept, (about, date)).await?);
    }
    Ok(told)
}

/// Writes one mail; whether there is an address to which it can go. Whoever left
/// none sees it on the desk.
async fn write(
    tx: &mut Tx,
    house: &House,
    person: PersonId,
    kept: &Kept,
    (about, date): (About, Date),
) -> Result<bool, RequestError> {
    let person = people::get(tx, person).await?;
    let Some(person) = person.filter(|person| person.state == "active") else {
        return Ok(false);
    };
    let address = mail_address(house, &person).await?;
    let words = Words::of(Language::Chinese);
    let said = about.text().with("number", &kept.number).with("date", date);
    let said = words.render(&said);
    let (Ok(to), Ok(subject)) = (MailAddress::parse(&address), Line::parse(&said)) else {
        return Ok(false);
    };
    let letter = outbox::Letter {
        to,
        subject,
        text: words.render(&Message::new("request-mail-text").with("said", said)),
        attachments: Vec::new(),
    };
    outbox::mail(tx, house, "requests.reminder", &letter).await?;
    Ok(true)
}
