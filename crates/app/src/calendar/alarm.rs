//! The alarm before the calendars end: deadlines that reach into a year without
//! a calendar are provisional, and somebody has to load its notice.

use gongkai_domain::audit::Outcome;
use gongkai_domain::calendar::{Coverage, coverage};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;
use gongkai_store::audit::about;
use jiff::SignedDuration;
use serde_json::json;

use super::kept::KIND;
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::outbox;
use crate::people::{self, PeopleError, SignedIn};
use crate::settings;
use crate::vault::VaultError;

/// What the trail calls an alarm that was mailed, and what it is about.
pub const ALARM: &str = "calendar.alarm";
const ABOUT: &str = "coverage";

/// Mailed once a week until it is mended. The job comes each morning, a little
/// earlier or later than the week before.
const MAILED_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24 - 4);

/// Why nobody could be told.
#[derive(Debug, thiserror::Error)]
pub enum Shortage {
    /// Looking failed.
    #[error("the calendars could not be looked at")]
    Looking(#[from] PeopleError),
    /// Mail could not be written.
    #[error("the alarm was not mailed")]
    Mail(#[from] VaultError),
}

async fn reach(tx: &mut Tx, house: &House) -> Result<Coverage, PeopleError> {
    let calendar = house.calendars.seen(tx).await?;
    let wanted = settings::values_in(tx).await?.alarm_days()?;
    Ok(coverage(&calendar, house.today(), wanted))
}

/// How far the calendars reach, where that is too short and the one who asks is
/// to mend it; none for anybody else.
///
/// # Errors
/// The store's.
pub async fn shortage(house: &House, signed: &SignedIn) -> Result<Option<Coverage>, PeopleError> {
    let may = signed.may(Action::CalendarLoad, Target::Installation);
    if !may.is_allowed() {
        return Ok(None);
    }
    let mut tx = house.db.read().await?;
    let found = reach(&mut tx, house).await?;
    tx.roll_back().await?;
    Ok(Some(found).filter(|found| found.is_short))
}

/// Mails the system administrators where the calendars end soon, once a week;
/// how many were mailed. What is given back is to be committed: it holds the
/// note that they were.
///
/// # Errors
/// [`Shortage`].
pub async fn warn(house: &House) -> Result<Option<Tx>, Shortage> {
    let looking = async {
        let mut tx = house.db.read().await?;
        let found = reach(&mut tx, house).await?;
        let last = about(&mut tx, KIND, ABOUT, 1).await?;
        tx.roll_back().await?;
        Ok::<_, PeopleError>((found, last.first().map(|last| last.entry.at)))
    };
    let (found, last) = looking.await?;
    let now = house.now();
    let is_told = last.is_some_and(|last| now.duration_since(last) < MAILED_EVERY);
    if !found.is_short || is_told {
        return Ok(None);
    }
    let addresses = people::mail_of(house, Role::SystemAdministrator).await?;
    let words = Words::of(Language::Chinese);
    let filled = |id| {
        let message = Message::new(id).with("year", found.missing_year);
        words.render(&message.with("days", found.days_left))
    };
    let mut tx = house.db.write().await.map_err(PeopleError::from)?;
    let mut mailed = 0;
    for address in &addresses {
        let subject = Line::parse(&filled("calendar-alarm-subject"));
        // Whoever left an address that is none sees it on the desk.
        let (Ok(to), Ok(subject)) = (MailAddress::parse(address), subject) else {
            continue;
        };
        let letter = outbox::Letter {
            to,
            subject,
            text: filled("calendar-alarm-mail"),
            attachments: Vec::new(),
        };
        outbox::mail(&mut tx, house, ALARM, &letter).await?;
        mailed += 1;
    }
    let deed = Deed {
        action: ALARM,
        object_kind: KIND,
        object: ABOUT.to_owned(),
        outcome: Outcome::Done,
        detail: json!({
            "year": found.missing_year,
            "days": found.days_left,
            "mailed": mailed,
        }),
    };
    let written = audit::write(&mut tx, &Who::program(ALARM), &deed, now).await;
    written.map_err(PeopleError::from)?;
    Ok(Some(tx))
}
