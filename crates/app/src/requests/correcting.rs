//! What was registered wrong is put right: by which way and on which day a request
//! came, who applied and how they are reached. What stood there before stays in the
//! record, with the reason; what follows from the way and the day is reckoned anew.

use gongkai_domain::organization::names;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::outbox::MailAddress;
use gongkai_domain::register::Phone;
use gongkai_domain::requests::application::{
    Application, LINE_CHARS_MAX, NAME_CHARS_MAX, Way, Wrong,
};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;
use jiff::civil::Date;
use serde_json::json;

use super::cases::{By, New, Opened, append, proofs};
use super::intake::day;
use super::steps::{Seen, held, needed};
use super::{RequestError, allowed, written};
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
    const INTAKE: Action = Action::RequestsIntake;
    let (_, who) = allowed(house, signed, INTAKE, seen.id).await?;
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
        if opened.case.state().ending().is_some() {
            return Err(Message::new("case-replied-already").into());
        }
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
        written(&mut tx, house, who, INTAKE, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
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
    let stands = |what: &Happening| match what {
        Happening::Issued { .. } => true,
        Happening::Step { event } => !matches!(event, Event::Confirmed),
        _ => false,
    };
    if old == Way::Online || opened.record.iter().any(|one| stands(&one.what)) {
        return Err(Message::new("casework-correct-late").into());
    }
    let was = |label: &str, value: String| format!("{}：{value}", words.text(label));
    if let Some(way) = way {
        before.push(was("request-way", words.render(&old.label())));
        opened.kept.way = way.key().to_owned();
    }
    if let Some(came) = came {
        before.push(was("request-day", opened.kept.filed.to_string()));
        opened.kept.filed = came;
    }
    opened.replay()?;
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
