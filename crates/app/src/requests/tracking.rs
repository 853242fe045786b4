//! How a request stands, for who has its query code and the end of a contact,
//! and the letters to its applicant.

use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::remedy::{self, RemedyFacts};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach};
use gongkai_domain::requests::application::Way;
use gongkai_domain::requests::case::{Event, State};
use gongkai_domain::requests::clock::{self, Reckoned, RemedyPeriod};
use gongkai_domain::requests::outcomes::Remedy;
use gongkai_domain::requests::record::{Happening, Proof, Side};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::requests::{self as stored, KeptFile};
use jiff::civil::Date;
use serde_json::json;
use zeroize::Zeroizing;

use super::cases::{self, Opened, load};
use super::public::{Ticket, Visitor, beside, of_ticket};
use super::{RequestError, files, replies, written};
use crate::blobs;
use crate::house::House;
use crate::inspection;
use crate::letters;
use crate::report::orders::Reader;
use crate::settings;

/// What an applicant may do now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct May {
    /// Confirm that the office has the request.
    pub confirm: bool,
    /// Supplement it.
    pub supplement: bool,
    /// Say why they ask so often (Art. 35).
    pub reasons: bool,
    /// Take it back.
    pub withdraw: bool,
    /// Say how they were served.
    pub rate: bool,
}

/// A request as its applicant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its number in the store, for what hangs on it: letters.
    pub id: i64,
    /// 登记编号.
    pub number: String,
    /// The body that answers.
    pub organization: OrganizationId,
    /// By which way it came.
    pub way: Way,
    /// The day on which it was filed.
    pub filed: Date,
    /// How lists tell it: its title or how it begins.
    pub subject: String,
    /// Where it is, with the last day of what is awaited.
    pub state: State,
    /// Who has confirmed so far, where the receipt date is not fixed.
    pub confirmed_by: Option<Side>,
    /// The last day on which the office confirms, where it has not and has time.
    pub confirmed_until: Option<Date>,
    /// The receipt date.
    pub received: Option<Date>,
    /// The due date in force with its reasoning, where a clock runs; past the
    /// calendar that is loaded it names the missing years.
    pub due: Option<Reckoned>,
    /// Whether that day is past.
    pub is_overdue: bool,
    /// Whether a consultation is open, so that the clock stands still.
    pub is_paused: bool,
    /// Whether the supplement was asked for too late to begin the clock anew.
    pub is_supplement_late: bool,
    /// The last day for the reasons of Art. 35, once they were asked for.
    pub reasons_limit: Option<Date>,
    /// What happened that the applicant is to know of, with the days.
    pub timeline: Vec<(Date, Happening)>,
    /// Letters to the applicant, the first one first.
    pub letters: Vec<TrackedLetter>,
    /// The information that was given with the reply.
    pub given: Vec<GivenFile>,
    /// What is to be paid and how it was reckoned, while it is awaited.
    pub to_pay: Option<String>,
    /// What was asked to be supplemented, as the office said.
    pub asked: Option<String>,
    /// Until when one may turn against the reply, by each way that its letter tells
    /// of, counted from the service.
    pub remedies: Vec<(RemedyPeriod, Reckoned)>,
    /// How the applicant rated it.
    pub stars: Option<u8>,
    /// What the applicant may do now.
    pub may: May,
    /// Cases of their own that were made of single matters of it.
    pub parts: Vec<Tracked>,
    /// What the same submission filed with other bodies.
    pub beside: Vec<Tracked>,
}

/// A letter as its applicant sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedLetter {
    /// Its number in the store.
    pub id: i64,
    /// Its title.
    pub title: &'static str,
    /// Its document number; empty where it bears none.
    pub number: String,
    /// Its day.
    pub dated: Date,
    /// Copies of it that bear the seal, where some were brought.
    pub copies: Vec<GivenFile>,
}

/// A file that its applicant has with the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFile {
    /// Its place among the files of the request.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
}

/// Copies of a letter to the applicant that bear its seal: what was brought last.
pub(super) async fn copies(
    tx: &mut Tx,
    opened: &Opened,
    letter: i64,
) -> Result<Vec<KeptFile>, RequestError> {
    let last = opened.record.iter().rev().find_map(|one| match one.what {
        Happening::CopyAdded {
            letter: of, count, ..
        } if of == letter => Some((one.number, count)),
        _ => None,
    });
    let Some((number, count)) = last else {
        return Ok(Vec::new());
    };
    let mut files = stored::files(tx, opened.kept.id).await?;
    files.retain(|file| file.event == number);
    files.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    Ok(files)
}

fn listed(opened: &Opened, files: Vec<KeptFile>) -> Result<Vec<GivenFile>, RequestError> {
    let mut listed = Vec::new();
    for file in files {
        listed.push(GivenFile {
            number: file.number,
            name: opened.file_name(&file)?,
            bytes: file.bytes,
        });
    }
    Ok(listed)
}

/// What was given with the reply, once it has left, and what was given before it was
/// decided anew.
pub(super) async fn given(tx: &mut Tx, opened: &Opened) -> Result<Vec<KeptFile>, RequestError> {
    let mut all = given_before(tx, opened).await?;
    for file in given_now(tx, opened).await? {
        if all.iter().all(|one| one.digest != file.digest) {
            all.push(file);
        }
    }
    Ok(all)
}

/// What was given with replies that were served before the case went on.
async fn given_before(tx: &mut Tx, opened: &Opened) -> Result<Vec<KeptFile>, RequestError> {
    let mut served: Vec<usize> = Vec::new();
    let (mut round, mut is_replied) = (0, false);
    for one in &opened.record {
        match one.what.step() {
            Some(Event::Replied { .. }) => is_replied = true,
            // What ended by itself gave nothing, though its letter was served.
            Some(Event::Served { .. }) if is_replied => served.push(round),
            Some(Event::Reopened { .. }) => (round, is_replied) = (round + 1, false),
            _ => {}
        }
    }
    served.retain(|of| *of < round);
    if served.is_empty() {
        return Ok(Vec::new());
    }
    // The last edition of a round is the one that was given.
    let editions = replies::editions(tx, opened).await?;
    let last = |of: &usize| editions.iter().rfind(|one| one.round == *of);
    let digests: Vec<&String> = served
        .iter()
        .filter_map(last)
        .flat_map(|one| &one.files)
        .collect();
    let mut files = stored::files(tx, opened.kept.id).await?;
    let is_given = |file: &KeptFile| {
        let mut record = opened.record.iter();
        let of = record.find(|one| one.number == file.event);
        let is_of_reply = of.is_some_and(|one| matches!(one.what, Happening::GivenAdded { .. }));
        is_of_reply && digests.contains(&&file.digest)
    };
    files.retain(is_given);
    Ok(files)
}

/// What was given with the reply that counts, once it has left.
pub(super) async fn given_now(tx: &mut Tx, opened: &Opened) -> Result<Vec<KeptFile>, RequestError> {
    let ending = opened.case.state().ending();
    if opened.unsealed_reply() {
        return Ok(Vec::new());
    }
    if ending.is_none_or(|ending| ending.is_by_itself()) {
        return Ok(Vec::new());
    }
    let Some(reply) = replies::newest(tx, opened).await? else {
        return Ok(Vec::new());
    };
    let all = stored::files(tx, opened.kept.id).await?;
    let mut given = files::given(&opened.record, all);
    given.retain(|file| reply.files.contains(&file.digest));
    Ok(given)
}

/// A file that was given with the reply, or a sealed copy of a letter, with its name.
/// The look is written down.
///
/// # Errors
/// [`RequestError::Missing`], also for a file that was not given;
/// [`RequestError::Refused`] where the rules of now do not let it out.
pub async fn given_file(
    house: &House,
    reader: &dyn Reader,
    visitor: &Visitor,
    ticket: Ticket<'_>,
    number: i64,
) -> Result<(String, Zeroizing<Vec<u8>>), RequestError> {
    let mut tx = house.db.read().await?;
    let opened = of_ticket(&mut tx, house, ticket, false).await?;
    let mut all = given(&mut tx, &opened).await?;
    for letter in lettered(&opened) {
        all.extend(copies(&mut tx, &opened, letter.id).await?);
    }
    tx.roll_back().await?;
    let file = all.into_iter().find(|file| file.number == number);
    let file = file.ok_or(RequestError::Missing)?;
    let name = opened.file_name(&file)?;
    let (who, organization) = (visitor.who(), opened.kept.organization);
    files::inspected_now(house, reader, &who, organization, (&file, &name)).await?;
    let mut tx = house.db.write().await?;
    let comes = inspection::may_come_in(house, &mut tx, organization, &file.digest, &name).await?;
    if comes != Some(true) {
        let unseen = Message::new("casework-file-unseen").with("name", name);
        return Err(unseen.into());
    }
    let detail = json!({ "seen": "given", "file": number, "digest": file.digest });
    let object = opened.kept.id.to_string();
    written(&mut tx, house, &who, Action::RequestsSee, object, detail).await?;
    tx.commit().await?;
    let bytes = blobs::bytes(house, &file.blob).await?;
    Ok((name, bytes))
}

/// Letters to the applicant that were issued about a request, the reply once it is
/// sealed.
fn lettered(opened: &Opened) -> Vec<TrackedLetter> {
    let waits: Vec<i64> = opened.without_seal().map(|(one, _)| one.letter).collect();
    let letter = |one: &cases::Happened| match &one.what {
        Happening::Issued {
            letter,
            kind,
            number,
            ..
        } if one.what.is_for_the_applicant() && !waits.contains(letter) => Some(TrackedLetter {
            id: *letter,
            title: Kind::of(kind)?.title,
            number: number.clone(),
            dated: one.day,
            copies: Vec::new(),
        }),
        _ => None,
    };
    opened.record.iter().filter_map(letter).collect()
}

/// A letter to the applicant as PDF, byte by byte as it was issued, with its
/// title. The look is written down.
///
/// # Errors
/// [`RequestError::Missing`], also for a letter of another request.
pub async fn letter(
    house: &House,
    visitor: &Visitor,
    ticket: Ticket<'_>,
    id: i64,
) -> Result<(&'static str, Zeroizing<Vec<u8>>), RequestError> {
    let mut tx = house.db.read().await?;
    let opened = of_ticket(&mut tx, house, ticket, false).await?;
    let mut all = lettered(&opened);
    for part in stored::parts(&mut tx, opened.kept.id).await? {
        all.extend(lettered(&load(&mut tx, house, part).await?));
    }
    let found = all.into_iter().find(|one| one.id == id);
    let found = found.ok_or(RequestError::Missing)?;
    let issued = gongkai_store::letters::get(&mut tx, &Reach::All, id).await?;
    tx.roll_back().await?;
    let issued = issued.ok_or(RequestError::Missing)?;
    let bytes = letters::bytes(house, &issued).await?;
    let mut tx = house.db.write().await?;
    let (who, detail) = (visitor.who(), json!({ "seen": "letter", "letter": id }));
    let object = opened.kept.id.to_string();
    written(&mut tx, house, &who, Action::RequestsSee, object, detail).await?;
    tx.commit().await?;
    Ok((found.title, bytes))
}

pub(super) fn confirmed_by(opened: &Opened) -> Option<Side> {
    opened.at(None).confirmed_by()
}

pub(super) fn stars(opened: &Opened) -> Option<u8> {
    let stars = |one: &cases::Happened| match one.what {
        Happening::Rated { stars } => Some(stars),
        _ => None,
    };
    // Of what was decided anew the last word counts.
    opened.record.iter().rev().find_map(stars)
}

pub(super) fn may(opened: &Opened, today: Date) -> May {
    let would = |event: &Event| {
        let rules = opened.law.rules();
        opened.case.apply(rules, today, event).is_ok()
    };
    let may = |work| opened.may_work(work, None).is_ok();
    May {
        confirm: may(Work::ConfirmOneSide(Side::Applicant)),
        supplement: would(&Event::SupplementCame),
        reasons: would(&Event::ReasonsCame),
        withdraw: would(&Event::Withdrawn),
        rate: may(Work::Rate),
    }
}

/// How a request stands, for who shows the ticket.
///
/// # Errors
/// [`RequestError::Missing`], whatever of the ticket does not fit.
pub async fn track(house: &House, ticket: Ticket<'_>) -> Result<Tracked, RequestError> {
    let today = house.today();
    let mut tx = house.db.read().await?;
    let opened = of_ticket(&mut tx, house, ticket, false).await?;
    let id = opened.kept.id;
    let mut whole = with_parts(&mut tx, house, opened, today).await?;
    // Seen from the request of the code; from one of them the others are a step back.
    if ticket.is_of_code() {
        for other in beside(&mut tx, id).await? {
            let other = load(&mut tx, house, other).await?;
            let other = with_parts(&mut tx, house, other, today).await?;
            whole.beside.push(other);
        }
    }
    tx.roll_back().await?;
    Ok(whole)
}

/// A request with the matters that were set apart from it.
async fn with_parts(
    tx: &mut Tx,
    house: &House,
    opened: Opened,
    today: Date,
) -> Result<Tracked, RequestError> {
    let mut whole = tracked(tx, &opened, today).await?;
    for part in stored::parts(tx, opened.kept.id).await? {
        let part = load(tx, house, part).await?;
        whole.parts.push(tracked(tx, &part, today).await?);
    }
    Ok(whole)
}

/// 复议法 Art. 20, 行政诉讼法 Art. 46: the last days of the remedies of what was served.
async fn remedies(
    tx: &mut Tx,
    opened: &Opened,
) -> Result<Vec<(RemedyPeriod, Reckoned)>, RequestError> {
    let (Some(ending), Some(served)) = (opened.case.state().ending(), opened.case.served_on())
    else {
        return Ok(Vec::new());
    };
    let Some(kind) = Kind::telling(&ending.outcome) else {
        return Ok(Vec::new());
    };
    let issued = opened.record.iter().rev().find_map(|one| match &one.what {
        Happening::Issued {
            kind: of, remedy, ..
        } if of == kind.key => *remedy,
        // Its letter is made elsewhere: by what counted when it was written.
        Happening::Drafted { outcome, remedy } if *outcome == ending.outcome => *remedy,
        _ => None,
    });
    // The reply said one thing; what is chosen since then is for others.
    let told = RemedyFacts {
        outcome: ending.outcome.clone(),
        told: issued,
        ..RemedyFacts::default()
    };
    let choices = settings::values_in(tx).await?.remedies()?;
    let review = RemedyPeriod::Days(remedy::REVIEW_DAYS);
    let suit = RemedyPeriod::Months(remedy::SUIT_MONTHS);
    let periods = match remedy::remedy(kind, &told, ending.on, &choices) {
        Remedy::ReviewFirst => vec![review],
        Remedy::Optional => vec![review, suit],
        Remedy::None | Remedy::Setting => Vec::new(),
    };
    let calendar = opened.law.rules().calendar;
    let last = |period| Ok((period, clock::remedy(calendar, served, period)?));
    periods.into_iter().map(last).collect()
}

async fn tracked(tx: &mut Tx, opened: &Opened, today: Date) -> Result<Tracked, RequestError> {
    let (kept, case) = (&opened.kept, &opened.case);
    let due = case.due(opened.law.rules(), today)?;
    let told = opened
        .record
        .iter()
        .filter(|one| one.what.is_for_the_applicant());
    let asked = opened.record.iter().find(|one| {
        let step = one.what.step();
        matches!(step, Some(Event::SupplementAsked { .. }))
    });
    let files = listed(opened, given(tx, opened).await?)?;
    let mut letters = lettered(opened);
    for letter in &mut letters {
        letter.copies = listed(opened, copies(tx, opened, letter.id).await?)?;
    }
    let mut told_to_pay = opened.record.iter().rev();
    let told_to_pay = told_to_pay
        .find(|one| matches!(one.what.step(), Some(Event::FeeNotified { .. })))
        .filter(|_| matches!(case.state(), State::AwaitingPayment { .. }));
    Ok(Tracked {
        to_pay: told_to_pay.and_then(|one| one.proofs.get(&Proof::Note).cloned()),
        given: files,
        id: kept.id,
        number: kept.number.clone(),
        organization: kept.organization,
        way: cases::way(kept)?,
        filed: kept.filed,
        subject: opened.application.subject(),
        state: case.state().clone(),
        confirmed_by: match case.state() {
            State::AwaitingConfirmation => confirmed_by(opened),
            _ => None,
        },
        confirmed_until: match case.state() {
            State::AwaitingConfirmation => {
                let until = opened.law.confirmed_by(kept.filed);
                Some(until).filter(|until| today <= *until)
            }
            _ => None,
        },
        received: case.received(),
        is_overdue: due.as_ref().is_some_and(|due| today > due.date),
        is_paused: due.as_ref().is_some_and(|due| due.is_paused),
        due,
        is_supplement_late: case.is_supplement_late(),
        reasons_limit: case.reasons_limit(),
        timeline: told.map(|one| (one.day, one.what.clone())).collect(),
        letters,
        asked: asked.and_then(|one| one.proofs.get(&Proof::Note).cloned()),
        remedies: remedies(tx, opened).await?,
        stars: stars(opened),
        may: may(opened, today),
        parts: Vec::new(),
        beside: Vec::new(),
    })
}
