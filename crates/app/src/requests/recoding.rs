//! A new query code, for an applicant who lost theirs or whose contact was registered
//! wrong: the office makes sure who asks, and what opened the request before opens it no
//! longer.

use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_store::Tx;
use gongkai_store::requests as stored;
use serde_json::json;

use super::cases::{By, New, append, proofs, track_blind};
use super::public::{Filed, answer, answered, code_of};
use super::steps::{Seen, held, needed, whose};
use super::{RequestError, allowed, written};
use crate::house::House;
use crate::once::once;
use crate::people::SignedIn;

/// Makes a new query code of a request, which goes with the ends of the contacts that
/// are registered now. Sent twice, it is the same code.
///
/// # Errors
/// [`RequestError::Refused`] without how it was made sure who asks, and for a matter
/// that was set apart, which is found by the code of the whole; as
/// [`super::steps::step`].
pub async fn renew(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    reason: &str,
) -> Result<Filed, RequestError> {
    let action = whose(Work::NewCode)?;
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let said = proofs([(Proof::Reason, reason)])?;
    needed(&said, Proof::Reason)?;
    let sent = seen.sent(house, signed, "requests.code", key, [reason]);
    let (sent, who, said) = (&sent, &who, &said);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        opened.may_work(Work::NewCode, Some(signed.person.id))?;
        let salt = house.token();
        let code = code_of(house, sent, &salt);
        let tails = opened.application.tails();
        let blinds: Vec<String> = tails
            .iter()
            .map(|tail| track_blind(house, &code, tail))
            .collect();
        stored::renew_tracks(&mut tx, seen.id, &blinds).await?;
        // Codes of the same submission with other bodies led here too.
        stored::submissions::leave(&mut tx, seen.id).await?;
        let new = New {
            day: signed.today,
            by: By::of(who),
            what: Happening::CodeRenewed,
            proofs: said.clone(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        let detail = json!({ "did": "code_renewed" });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, answer(&opened, &salt)))
    };
    let kept = once(house, sent, work).await?;
    answered(house, sent, &kept)
}
