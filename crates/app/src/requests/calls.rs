//! Telephone calls with applicants: with whom, at which number, when, and what
//! was said. A call that was noted is the evidence for a confirmation (Art. 31
//! third item; 国办公开办函〔2015〕207号 wants the receipt confirmed by both sides).

use gongkai_domain::organization::names;
use gongkai_domain::register::Phone;
use gongkai_domain::requests::application::{Application, NAME_CHARS_MAX};
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use jiff::civil::{Date, Time};

use super::RequestError;
use super::cases::{Opened, Proofs, proofs};
use super::intake::day;
use super::steps::{Seen, needed, worked};
use crate::house::{House, china};
use crate::people::SignedIn;

/// A call as it was typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// With whom.
    pub with: &'a str,
    /// Which number was dialled; empty for the one that the applicant has left.
    pub number: &'a str,
    /// At what time: `9:05`.
    pub at: &'a str,
    /// What was said.
    pub said: &'a str,
}

impl<'a> Call<'a> {
    /// Its fields, for the digest of a form.
    pub(super) fn fields(&self) -> [&'a str; 4] {
        [self.with, self.number, self.at, self.said]
    }
}

/// What a confirmation stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A call told in words.
    Said(&'a str),
    /// A call that is noted with the confirmation.
    Call(Call<'a>),
    /// A call that was noted before: its place among what happened.
    Noted(i64),
    /// What the applicant confirmed by mail, in writing or in person, in words.
    Written(&'a str),
}

/// A time of the day: `9:05`, `09：05`.
fn time(text: &str) -> Option<Time> {
    let plain = text.trim().replace('：', ":");
    Time::strptime("%H:%M", &plain).ok()
}

/// Reads a call of a day: each part is there, and it is not to come.
pub(super) fn read(
    house: &House,
    application: &Application,
    on: Date,
    call: &Call<'_>,
) -> Result<Proofs, Message> {
    let with = names::line(call.with, NAME_CHARS_MAX).map_err(|error| match call.with.trim() {
        "" => Proof::CalledWith.needed(),
        _ => error.message(),
    })?;
    let own = application.phone.as_str();
    let number = match (call.number.trim(), own) {
        ("", "") => return Err(Proof::CalledNumber.needed()),
        ("", own) => own.to_owned(),
        (typed, _) => {
            let phone = Phone::read(typed).map_err(|error| error.message())?;
            phone.as_str().to_owned()
        }
    };
    let at = time(call.at).ok_or_else(|| Proof::CalledAt.needed())?;
    let now = house.now().to_zoned(china());
    if on.to_datetime(at) > now.datetime() {
        return Err(Message::new("casework-call-to-come"));
    }
    let at = at.strftime("%H:%M").to_string();
    let said = proofs([
        (Proof::Call, call.said),
        (Proof::CalledWith, &with),
        (Proof::CalledNumber, &number),
        (Proof::CalledAt, &at),
    ])?;
    needed(&said, Proof::Call).map_err(|_| Message::new("casework-needs-said"))?;
    Ok(said)
}

/// The evidence of a confirmation on a day.
pub(super) fn evidence(
    house: &House,
    opened: &Opened,
    on: Date,
    heard: &Heard<'_>,
) -> Result<Proofs, Message> {
    match heard {
        Heard::Said(text) | Heard::Written(text) => proofs([(Proof::Call, *text)]),
        Heard::Call(call) if call.fields().iter().all(|field| field.trim().is_empty()) => {
            Ok(Proofs::new())
        }
        Heard::Call(call) => read(house, &opened.application, on, call),
        Heard::Noted(number) => {
            let found = opened.record.iter().find(|one| {
                one.number == *number && one.what == (Happening::Called { reached: true })
            });
            let call = found.ok_or_else(|| Message::new("casework-no-call"))?;
            // The receipt date is the day on which both sides spoke.
            if call.day != on {
                return Err(Message::new("casework-call-other-day").with("date", call.day));
            }
            Ok(call.proofs.clone())
        }
    }
}

/// Notes a call on a case. Sent twice, it is noted once.
///
/// # Errors
/// [`RequestError::Refused`] with what is missing of it, and for a case that is in
/// the archive; as [`super::steps::step`].
pub async fn note(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (on, reached): (&str, bool),
    call: &Call<'_>,
) -> Result<(), RequestError> {
    let on = day(on, signed.today)?;
    let (date, word) = (on.to_string(), reached.to_string());
    let fields = [date.as_str(), &word].into_iter().chain(call.fields());
    let sent = seen.sent(house, signed, "requests.call", key, fields);
    let decide = |opened: &Opened| {
        let said = read(house, &opened.application, on, call)?;
        Ok((on, Happening::Called { reached }, said))
    };
    worked(house, signed, &sent, Work::Call, seen, decide).await
}
