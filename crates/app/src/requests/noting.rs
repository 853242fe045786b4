//! Notes for whoever works on a case: the office's own, shown to no applicant.

use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::requests::work::Work;

use super::RequestError;
use super::cases::{Opened, proofs};
use super::steps::{Seen, needed, worked};
use crate::house::House;
use crate::people::SignedIn;

/// Writes a note. Sent twice, it is written once.
///
/// # Errors
/// [`RequestError::Refused`] without a text, and for a case that is in the archive; as
/// [`super::steps::step`].
pub async fn note(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    text: &str,
) -> Result<(), RequestError> {
    let sent = seen.sent(house, signed, "requests.note", key, [text]);
    let said = proofs([(Proof::Note, text)])?;
    needed(&said, Proof::Note)?;
    let decide = |_: &Opened| Ok((signed.today, Happening::Noted, said.clone()));
    worked(house, signed, &sent, Work::Note, seen, decide).await
}
