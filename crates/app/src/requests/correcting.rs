//! What was registered wrong is put right: by which way and on which day a request
//! came, who applied and how they are reached, and on which day a step was taken. What
//! stood there before stays in the record, with the reason; what follows from the way and
//! the days is reckoned anew.

use gongkai_domain::organization::names;
use gongkai_domain::outbox::MailAddress;
use gongkai_domain::register::Phone;
use gongkai_domain::requests::application::{
    Application, LINE_CHARS_MAX, NAME_CHARS_MAX, Way, Wrong,
};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;
use gongkai_store::requests as stored;
use jiff::civil::Date;
use serde_json::json;

use super::cases::{By, New, Opened, append, proofs};
use super::intake::day;
use super::steps::{Seen, held, needed, whose};
use super::{RequestError, allowed, releases, serving, written};
use crate::house::House;
use crate::once::once;
use crate::people::SignedIn;

/// What is put right; empty where it was right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correction<'a> {
    /// [`Way::key`].
    pub way: &'a str,
    /// The day on which it came.
    pub came: &'a str,
    /// The applicant's name.
    pub name: &'a str,
    /// Their telephone.
    pub phone: &'a str,
    /// Their mail address.
    pub mail: &'a str,
    /// Their postal address.
    pub address: &'a str,
    /// Why, and by what it is shown.
    pub reason: &'a str,
}

impl<'a> Correction<'a> {
    fn fields(&self) -> [&'a str; 7] {
        let Self {
            way,
            came,
            name,
            phone,
            mail,
            address,
            reason,
        } = self;
        [way, came, name, phone, mail, address, reason]
    }
}

/// Puts right what was registered of a request. Sent twice, it is put right once.
///
/// # Errors
/// [`RequestError::Refused`] without a reason, where nothing is changed, where the
/// request is over, and for its way and day once a letter left or a step was taken
/// that stands on them; [`RequestError::Entered`] for what cannot be;
/// as [`super::steps::step`].
pub async fn correct(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    new: &Correction<'_>,
) -> Result<(), RequestError> {
    let action = whose(Work::Correct)?;
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let reason = proofs([(Proof::Reason, new.reason)])?;
    needed(&reason, Proof::Reason)?;
    let way = match new.way.trim() {
        "" => None,
        key => Some(Way::from_key(key).ok_or_else(|| Message::new("casework-no-way"))?),
    };
    if way == Some(Way::Online) {
        return Err(Message::new("casework-way-online").into());
    }
    let came = match new.came.trim() {
        "" => None,
        text => Some(day(text, signed.today)?),
    };
    let sent = seen.sent(house, signed, "requests.correct", key, new.fields());
    let (sent, who) = (&sent, &who);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        opened.may_work(Work::Correct, Some(signed.person.id))?;
        let mut before = came_otherwise(&mut opened, (way, came))?;
        let application = applied(&opened.application, new)?;
        before.extend(differs(&opened.application, &application));
        if before.is_empty() {
            return Err(Message::new("casework-correct-nothing").into());
        }
        opened.application = application;
        opened.reregister(&mut tx, house).await?;
        let was = before.join("；");
        let said = proofs([(Proof::Reason, new.reason), (Proof::Note, &was)])?;
        let new = New {
            day: signed.today,
            by: By::of(who),
            what: Happening::Corrected,
            proofs: said,
        };
        append(&mut tx, house, &mut opened, new).await?;
        let detail = json!({ "did": "corrected" });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
}

/// The day of something that happened, as it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCorrection<'a> {
    /// The place of that among what happened, from 1.
    pub of: i64,
    /// The day on which it happened.
    pub day: &'a str,
    /// Why, and by what it is shown.
    pub reason: &'a str,
}

/// Puts right the day of something that happened, and reckons the clock anew from it.
/// What was entered stays in the record. Sent twice, it is put right once.
///
/// # Errors
/// [`RequestError::Refused`] without a reason, for a day that stands in a letter, and
/// with the rule that would stand against the case then; as [`super::steps::step`].
pub async fn correct_day(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    new: DayCorrection<'_>,
) -> Result<(), RequestError> {
    let work = Work::CorrectDay(Some(new.of));
    let action = whose(work)?;
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let reason = proofs([(Proof::Reason, new.reason)])?;
    needed(&reason, Proof::Reason)?;
    let to = day(new.day, signed.today)?;
    let (of, date) = (new.of.to_string(), to.to_string());
    let fields = [of.as_str(), &date, new.reason];
    let sent = seen.sent(house, signed, "requests.correct_day", key, fields);
    let (sent, who, reason) = (&sent, &who, &reason);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        opened.may_work(work, Some(signed.person.id))?;
        let was_lawful = opened.unlawful()?.is_none();
        let step = opened.record.iter_mut().find(|one| one.number == new.of);
        // What the applicant did online the system has written down itself.
        let step = step.filter(|step| step.by.person.is_some());
        let step = step.ok_or_else(|| Message::new("casework-day-none"))?;
        let was = std::mem::replace(&mut step.day, to);
        if was == to {
            return Err(Message::new("casework-correct-nothing").into());
        }
        let what = step.what.clone();
        if what.step().is_some_and(begins_a_clock) {
            alone(&mut tx, &opened).await?;
        }
        opened.replay()?;
        // What a later calendar says of it stood before, and is not this day's doing.
        if let Some(message) = opened.unlawful()?.filter(|_| was_lawful) {
            return Err(message.into());
        }
        beside_the_law(&mut tx, house, &opened, (new.of, &what, to)).await?;
        let new = New {
            day: signed.today,
            by: By::of(who),
            what: Happening::DayCorrected {
                of: new.of,
                was,
                to,
            },
            proofs: reason.clone(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        let detail = json!({ "did": "day_corrected", "was": was, "to": to });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
}

/// Whether a step is copied into the cases that were made of single matters.
fn begins_a_clock(event: &Event) -> bool {
    matches!(
        event,
        Event::Confirmed
            | Event::SupplementAsked { .. }
            | Event::SupplementCame
            | Event::FeeNotified { .. }
            | Event::FeePaid
    )
}

/// That a case has no parts and is none: what began their clocks is one day for all.
async fn alone(tx: &mut Tx, opened: &Opened) -> Result<(), RequestError> {
    let parts = stored::parts(tx, opened.kept.id).await?;
    match parts.is_empty() && opened.kept.parent.is_none() {
        true => Ok(()),
        false => Err(Message::new("casework-day-parts").into()),
    }
}

/// What is asked of a day when it is entered, beside the rules of the case.
async fn beside_the_law(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    (of, what, to): (i64, &Happening, Date),
) -> Result<(), RequestError> {
    match what {
        Happening::LetterServed { letter, .. } => {
            Ok(serving::not_before_issued(&opened.record, *letter, to)?)
        }
        Happening::Step { event } => {
            // What is decided anew is no ground for what was decided.
            let is_later = |one: &super::Happened| {
                one.number > of && matches!(one.what.step(), Some(Event::Reopened { .. }))
            };
            let own = opened.record.iter().take_while(|one| !is_later(one));
            let own: Vec<super::Happened> = own.cloned().collect();
            if let Some(missing) = opened.law.against(event, to, &own) {
                return Err(missing.into());
            }
            let Event::Replied { outcome } = event else {
                return Ok(());
            };
            let happened = own.iter().map(|one| &one.what);
            releases::not_before_release(tx, house, happened, (outcome, to)).await
        }
        _ => Ok(()),
    }
}

/// What a way or a day of coming was before it is another, in words.
fn came_otherwise(
    opened: &mut Opened,
    (way, came): (Option<Way>, Option<Date>),
) -> Result<Vec<String>, RequestError> {
    let words = Words::of(Language::Chinese);
    let old = super::cases::way(&opened.kept)?;
    let way = way.filter(|way| *way != old);
    let came = came.filter(|came| *came != opened.kept.filed);
    let mut before = Vec::new();
    if way.is_none() && came.is_none() {
        return Ok(before);
    }
    opened.may_work(Work::CorrectComing, None)?;
    let was = |label: &str, value: String| format!("{}：{value}", words.text(label));
    if let Some(way) = way {
        before.push(was("request-way", words.render(&old.label())));
        opened.kept.way = way.key().to_owned();
    }
    if let Some(came) = came {
        before.push(was("request-day", opened.kept.filed.to_string()));
        opened.kept.filed = came;
    }
    let late = |_| Message::new("casework-correct-late");
    opened.replay().map_err(late)?;
    Ok(before)
}

/// The application as it is to be.
fn applied(old: &Application, new: &Correction<'_>) -> Result<Application, RequestError> {
    type Read = fn(&str) -> Result<String, Message>;
    let name: Read = |text| names::line(text, NAME_CHARS_MAX).map_err(|error| error.message());
    let address: Read = |text| names::line(text, LINE_CHARS_MAX).map_err(|error| error.message());
    let phone: Read = |text| match Phone::read(text) {
        Ok(phone) => Ok(phone.as_str().to_owned()),
        Err(error) => Err(error.message()),
    };
    let mail: Read = |text| match MailAddress::parse(text) {
        Ok(mail) => Ok(mail.as_str().to_owned()),
        Err(error) => Err(error.message()),
    };
    let mut right = old.clone();
    let all = [
        ("name", new.name, &mut right.name, name),
        ("phone", new.phone, &mut right.phone, phone),
        ("mail", new.mail, &mut right.mail, mail),
        ("address", new.address, &mut right.address, address),
    ];
    let mut wrong = Vec::new();
    for (field, typed, place, read) in all {
        if typed.trim().is_empty() {
            continue;
        }
        match read(typed) {
            Ok(text) => *place = text,
            Err(message) => wrong.push(Wrong { field, message }),
        }
    }
    match wrong.is_empty() {
        true => Ok(right),
        false => Err(RequestError::Entered(wrong)),
    }
}

/// What an application said before where it says something else now, in words.
fn differs(old: &Application, new: &Application) -> Vec<String> {
    let words = Words::of(Language::Chinese);
    let all = [
        ("application-name", &old.name, &new.name),
        ("field-phone", &old.phone, &new.phone),
        ("field-mail", &old.mail, &new.mail),
        ("application-address", &old.address, &new.address),
    ];
    let changed = all.into_iter().filter(|(_, old, new)| old != new);
    changed
        .map(|(label, old, _)| {
            let old = if old.is_empty() { "–" } else { old };
            format!("{}：{old}", words.text(label))
        })
        .collect()
}
