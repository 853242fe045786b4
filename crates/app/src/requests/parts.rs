//! A submission that asks for several matters: each becomes a case of its own,
//! with its own number and clock; the applicant finds them all by one ticket.

use gongkai_domain::requests::application::{Application, DESCRIPTION_CHARS_MAX};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::Happening;
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use serde_json::json;

use super::cases::{self, By, Coming, Happened, New, Proofs, append, create};
use super::public::code_of;
use super::steps::{Seen, held, whose};
use super::{RequestError, allowed, written};
use crate::house::House;
use crate::once::once;
use crate::people::SignedIn;

/// What fixed and moved the beginning of a clock, with the days: of a supplement only
/// what came, since what is awaited is asked of the whole.
fn begun(record: &[Happened]) -> Vec<(Date, Event)> {
    let steps = record
        .iter()
        .filter_map(|one| Some((one.day, one.what.step()?.clone())));
    let steps: Vec<(Date, Event)> = steps.collect();
    let has = |wanted: fn(&Event) -> bool| steps.iter().any(|(_, event)| wanted(event));
    let is_supplemented = has(|event| matches!(event, Event::SupplementCame));
    let is_paid = has(|event| matches!(event, Event::FeePaid));
    let begins = |event: &Event| match event {
        Event::Confirmed => true,
        Event::SupplementAsked { .. } | Event::SupplementCame => is_supplemented,
        Event::FeeNotified { .. } | Event::FeePaid => is_paid,
        _ => false,
    };
    steps
        .into_iter()
        .filter(|(_, event)| begins(event))
        .collect()
}

/// Makes a case of its own of one matter of a request; its number in the store.
/// It was filed and received on the same days, and what began the clock of the whole
/// anew began its own. Sent twice, it is made once.
///
/// # Errors
/// [`RequestError::Refused`] for a request that is over or is a part itself, and
/// without a description; as [`super::steps::step`].
pub async fn split(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    description: &str,
) -> Result<i64, RequestError> {
    let action = whose(Work::Split)?;
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let description = description.trim().replace("\r\n", "\n");
    let found = description.chars().count();
    if found < 2 {
        return Err(Message::new("application-no-description").into());
    }
    if found > DESCRIPTION_CHARS_MAX {
        let long = Message::new("application-too-long").with("found", found);
        return Err(long.with("max", DESCRIPTION_CHARS_MAX).into());
    }
    let sent = seen.sent(house, signed, "requests.split", key, [description.as_str()]);
    let (sent, who, description) = (&sent, &who, &description);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut whole = held(&mut tx, house, signed, seen).await?;
        whole.may_work(Work::Split, Some(signed.person.id))?;
        let application = Application {
            description: description.clone(),
            title: String::new(),
            file_number: String::new(),
            ..whole.application.clone()
        };
        // It is found by the ticket of the whole; a code of its own is told to
        // nobody.
        let code = code_of(house, sent, &house.token());
        let coming = Coming {
            organization: whole.kept.organization,
            parent: Some(seen.id),
            way: cases::way(&whole.kept)?,
            filed: whole.kept.filed,
            application: &application,
            code: &code,
            by: By::of(who),
            proofs: Proofs::new(),
            files: &[],
            law: whole.law.clone(),
            is_alone: false,
        };
        let mut part = create(&mut tx, house, coming).await?;
        for (day, event) in begun(&whole.record) {
            let new = New {
                day,
                by: By::of(who),
                what: Happening::Step { event },
                proofs: Proofs::new(),
            };
            append(&mut tx, house, &mut part, new).await?;
        }
        let id = part.kept.id;
        let new = New {
            day: signed.today,
            by: By::of(who),
            what: Happening::Split { part: id },
            proofs: Proofs::new(),
        };
        append(&mut tx, house, &mut whole, new).await?;
        let detail = json!({ "did": "split", "part": id });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        let detail = json!({ "did": "filed", "of": seen.id });
        written(&mut tx, house, who, action, id.to_string(), detail).await?;
        Ok((tx, id.to_string()))
    };
    let answer = once(house, sent, work).await?;
    let told = |_| StoreError::Refused("the answer kept for a form is no number".to_owned());
    Ok(answer.parse().map_err(told)?)
}
