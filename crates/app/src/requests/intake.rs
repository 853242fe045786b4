//! What comes in on paper, by fax, by mail and over the counter, and the clerk's
//! confirmation with the applicant, each with the evidence for the receipt date
//! (Art. 31; 国办公开办函〔2015〕207号).

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::application::{Application, Typed, Way};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Proof, Side};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use jiff::civil::Date;
use serde_json::json;

use super::calls::{self, Heard};
use super::cases::{self, By, Coming, Law, proofs};
use super::public::{
    Brought, Filed, answer, answered, code_of, confirming, other_confirmed, taking,
};
use super::steps::{Seen, needed, worked};
use super::telling;
use super::{NONE, REQUEST, RequestError, written};
use crate::house::House;
use crate::once::once;
use crate::people::SignedIn;

/// A request that came in otherwise than by the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    /// The body that it was sent to.
    pub organization: Option<OrganizationId>,
    /// [`Way::key`].
    pub way: String,
    /// The day on which it was handed in, signed for, or had.
    pub day: String,
    /// The application.
    pub typed: Typed,
    /// Number of the post receipt.
    pub reference: String,
    /// How it came: envelope, from whom it was passed on, who was helped.
    pub note: String,
}

/// Reads a day of a form.
///
/// # Errors
/// That it is none, or has not come.
pub(super) fn day(text: &str, today: Date) -> Result<Date, Message> {
    let day: Result<Date, _> = text.trim().parse();
    let day = day.map_err(|_| Message::new("casework-day-wrong"))?;
    if day > today {
        return Err(Message::new("casework-day-to-come").with("date", day));
    }
    Ok(day)
}

/// The evidence that a way of coming in needs: without it nobody can show later
/// from which day the clock ran.
fn proof_of(way: Way) -> Option<Proof> {
    match way {
        Way::SignedPost => Some(Proof::Reference),
        Way::Oral | Way::UnsignedPost | Way::MisdirectedPost => Some(Proof::Note),
        Way::Online | Way::Counter | Way::Fax | Way::Mail => None,
    }
}

/// Takes in a request. Over the counter, orally and by post that was signed for,
/// it is received on that day; otherwise the receipt date waits for the
/// confirmation. Sent twice, it is taken in once.
///
/// # Errors
/// [`RequestError::Entered`]; [`RequestError::Refused`] without the evidence;
/// [`RequestError::Denied`].
pub async fn intake(
    house: &House,
    signed: &SignedIn,
    key: &str,
    new: &Intake,
    files: &[Brought],
) -> Result<Filed, RequestError> {
    let target = new
        .organization
        .map_or(Target::Somewhere, Target::Organization);
    let about = (REQUEST, NONE.to_owned());
    let who = signed
        .demand(house, Action::RequestsIntake, target, about)
        .await?;
    let organization = new
        .organization
        .ok_or_else(|| Message::new("casework-no-body"))?;
    let way = Way::from_key(&new.way).ok_or_else(|| Message::new("casework-no-way"))?;
    if way == Way::Online {
        return Err(Message::new("casework-way-online").into());
    }
    let filed = day(&new.day, signed.today)?;
    let application = Application::read_paper(&new.typed, signed.today);
    let application = application.map_err(RequestError::Entered)?;
    let said = [
        (Proof::Reference, new.reference.as_str()),
        (Proof::Note, &new.note),
    ];
    let said = proofs(said)?;
    if let Some(proof) = proof_of(way) {
        needed(&said, proof)?;
    }
    let place = organization.to_string();
    let fields = new.typed.fields().into_iter().map(|(_, text)| text);
    let beside = [&new.way, &new.day, &new.reference, &new.note];
    let digests = files.iter().map(|file| file.digest.as_str());
    let all = [place.as_str()].into_iter().chain(fields);
    let all = all
        .chain(beside.into_iter().map(String::as_str))
        .chain(digests);
    let sent = signed.sent("requests.intake", key, all).blinded(house);
    let (application, sent, said, who) = (&application, &sent, &said, &who);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let (law, bodies) = Law::with_bodies(&mut tx, house).await?;
        let body = taking(&bodies.tree, organization, filed)?;
        let salt = house.token();
        let code = code_of(house, sent, &salt);
        let coming = Coming {
            organization,
            parent: None,
            way,
            filed,
            application,
            code: &code,
            by: By::of(who),
            proofs: said.clone(),
            files,
            law,
            is_alone: false,
        };
        let opened = cases::create(&mut tx, house, coming).await?;
        telling::of_filing(&mut tx, house, &opened, &body, &code).await?;
        let detail = json!({ "did": "filed", "organization": organization.0, "way": way.key() });
        let object = opened.kept.id.to_string();
        written(&mut tx, house, who, Action::RequestsIntake, object, detail).await?;
        Ok((tx, answer(&opened, &salt)))
    };
    let kept = once(house, sent, work).await?;
    answered(house, sent, &kept)
}

/// How the clerk confirms with the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirming {
    /// Both sides spoke and confirmed: that day is the receipt date.
    Reached,
    /// The applicant was called and not reached: no clock begins.
    NotReached,
    /// The office confirms, and the applicant is to confirm in turn.
    Receipt,
}

/// Confirms the receipt with the applicant, with the call in words.
///
/// # Errors
/// As [`confirm_by`].
pub async fn confirm(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    on: &str,
    how: Confirming,
    call: &str,
) -> Result<(), RequestError> {
    confirm_by(house, signed, key, seen, (on, how), &Heard::Said(call)).await
}

/// Confirms the receipt with the applicant, with the log of the call: told now,
/// or noted before on the same day.
///
/// # Errors
/// [`RequestError::Refused`] where it is confirmed already, or without the log;
/// [`RequestError::Denied`]; [`RequestError::Changed`].
pub async fn confirm_by(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (on, how): (&str, Confirming),
    heard: &Heard<'_>,
) -> Result<(), RequestError> {
    let on = day(on, signed.today)?;
    let word = match how {
        Confirming::Reached => "reached",
        Confirming::NotReached => "not_reached",
        Confirming::Receipt => "receipt",
    };
    let date = on.to_string();
    let noted = match heard {
        Heard::Noted(number) => number.to_string(),
        _ => String::new(),
    };
    let mut fields = vec![date.as_str(), word];
    match heard {
        Heard::Said(text) | Heard::Written(text) => fields.push(text),
        Heard::Call(call) => fields.extend(call.fields()),
        Heard::Noted(_) => fields.push(&noted),
    }
    let sent = seen.sent(house, signed, "requests.confirm", key, fields);
    let work = match how {
        Confirming::Reached | Confirming::NotReached => Work::CallToConfirm,
        Confirming::Receipt => Work::ConfirmOneSide(Side::Office),
    };
    let decide = |opened: &cases::Opened| {
        let said = calls::evidence(house, opened, on, heard)?;
        if how != Confirming::Receipt {
            needed(&said, Proof::Call)?;
        }
        let what = match how {
            Confirming::Reached => Happening::Step {
                event: Event::Confirmed,
            },
            Confirming::NotReached => Happening::Called { reached: false },
            Confirming::Receipt => confirming(opened, Side::Office),
        };
        // What is confirmed by both is received when the later of them confirmed.
        // In a call both do at once.
        let day = match &what {
            Happening::Step { .. } if how == Confirming::Receipt => {
                other_confirmed(opened, Side::Office).unwrap_or(on).max(on)
            }
            _ => on,
        };
        Ok((day, what, said))
    };
    worked(house, signed, &sent, work, seen, decide).await
}
