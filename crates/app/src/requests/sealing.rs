//! Seals on letters (用印): a letter that was issued is sealed before it is served,
//! and the record says by whom, when, with which seal and on how many copies. Who
//! keeps the seal enters it; a letter is sealed once.

use gongkai_domain::requests::record::{self, Happening, Proof, Seal};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;

use super::RequestError;
use super::cases::{Opened, proofs};
use super::intake::day;
use super::steps::{Seen, worked};
use crate::house::House;
use crate::people::SignedIn;

/// Copies that are sealed of one letter at most.
pub const COPIES_MAX: u32 = 99;

/// A seal as it is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing<'a> {
    /// The number of the letter in the store.
    pub letter: i64,
    /// Which seal, by its key.
    pub seal: &'a str,
    /// On how many copies.
    pub copies: u32,
    /// On which day.
    pub on: &'a str,
    /// By whom it was allowed, or what else is to be said.
    pub note: &'a str,
}

/// Enters the seal of a letter that was issued. Sent twice, it is entered once.
///
/// # Errors
/// [`RequestError::Refused`] for a letter that is none of this case, is sealed
/// already or was issued later, and where the case is archived; as
/// [`super::steps::step`].
pub async fn seal(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    new: Sealing<'_>,
) -> Result<(), RequestError> {
    let on = day(new.on, signed.today)?;
    let seal = Seal::from_key(new.seal).ok_or_else(|| Message::new("casework-seal-unknown"))?;
    let copies = new.copies;
    if !(1..=COPIES_MAX).contains(&copies) {
        return Err(Message::new("casework-seal-copies")
            .with("max", COPIES_MAX)
            .into());
    }
    let said = proofs([(Proof::Note, new.note)])?;
    let (letter, count, date) = (new.letter.to_string(), copies.to_string(), on.to_string());
    let fields = [&letter, seal.key(), &count, &date, new.note];
    let sent = seen.sent(house, signed, "requests.seal", key, fields);
    let decide = |opened: &Opened| {
        let letters = record::letters(opened.record.iter().map(|one| &one.what));
        let found = letters.into_iter().find(|one| one.letter == new.letter);
        let found = found.ok_or_else(|| Message::new("casework-nothing-to-seal"))?;
        let issued = opened.record.iter().find(
            |one| matches!(&one.what, Happening::Issued { letter, .. } if *letter == new.letter),
        );
        if let Some(issued) = issued.filter(|issued| on < issued.day) {
            let early = Message::new("casework-seal-early").with("date", on);
            return Err(early.with("issued", issued.day).into());
        }
        let what = Happening::Sealed {
            letter: new.letter,
            kind: found.kind.to_owned(),
            number: found.number.to_owned(),
            seal,
            copies,
        };
        Ok((on, what, said.clone()))
    };
    worked(
        house,
        signed,
        &sent,
        Work::Seal(Some(new.letter)),
        seen,
        decide,
    )
    .await
}
