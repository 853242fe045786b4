//! Service of letters that are no reply: of a supplement, an extension, a decision to
//! give. When each was had, by which way and what shows it: what is told later of a
//! notice rests on it. A reply is served by its own step of the law.

use gongkai_domain::requests::case::Service;
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use jiff::civil::Date;

use super::RequestError;
use super::cases::{Happened, Opened, proofs};
use super::intake::day;
use super::steps::{Seen, needed, worked};
use crate::house::House;
use crate::people::SignedIn;

/// A service as it is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serving<'a> {
    /// The number of the letter in the store.
    pub letter: i64,
    /// [`Service::key`].
    pub way: &'a str,
    /// On which day.
    pub on: &'a str,
    /// By post, the number under which the postal enterprise has it.
    pub reference: &'a str,
    /// Who signed, to which address it went.
    pub note: &'a str,
}

/// Enters that a letter was had. Sent twice, it is entered once.
///
/// # Errors
/// [`RequestError::Refused`] for a letter that is none of this case, is a reply or was
/// entered already, for a day before the letter's, and without what shows it; as
/// [`super::steps::step`].
pub async fn serve(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    new: Serving<'_>,
) -> Result<(), RequestError> {
    let on = day(new.on, signed.today)?;
    let way = Service::from_key(new.way).ok_or_else(|| Message::new("casework-service-way"))?;
    let said = proofs([(Proof::Reference, new.reference), (Proof::Note, new.note)])?;
    let shown_by = match way {
        Service::Post => Proof::Reference,
        _ => Proof::Note,
    };
    needed(&said, shown_by)?;
    let (letter, date) = (new.letter.to_string(), on.to_string());
    let fields = [&letter, way.key(), &date, new.reference, new.note];
    let sent = seen.sent(house, signed, "requests.serve", key, fields);
    let decide = |opened: &Opened| {
        let happened = opened.record.iter().map(|one| &one.what);
        let found = record::unserved(happened).into_iter();
        let mut found = found.filter(|one| one.letter == new.letter);
        let found = found.next();
        let found = found.ok_or_else(|| Message::new("casework-nothing-to-serve"))?;
        not_before_issued(&opened.record, new.letter, on)?;
        let what = Happening::LetterServed {
            letter: new.letter,
            kind: found.kind.to_owned(),
            number: found.number.to_owned(),
            way,
        };
        Ok((on, what, said.clone()))
    };
    let work = Work::ServeLetter(Some(new.letter));
    worked(house, signed, &sent, work, seen, decide).await
}

/// Nobody has a letter before the day on which it was issued.
pub(super) fn not_before_issued(record: &[Happened], letter: i64, on: Date) -> Result<(), Message> {
    let is_of =
        |what: &Happening| matches!(what, Happening::Issued { letter: of, .. } if *of == letter);
    let issued = record.iter().find(|one| is_of(&one.what));
    match issued.filter(|issued| on < issued.day) {
        Some(issued) => {
            let early = Message::new("casework-served-early").with("date", on);
            Err(early.with("issued", issued.day))
        }
        None => Ok(()),
    }
}
