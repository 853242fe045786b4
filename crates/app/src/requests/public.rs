//! What the public does: file, track, supplement, withdraw, confirm, rate.
//!
//! Whoever has the query code and the end of a contact is the applicant. A
//! ticket that fits nothing is answered like one that was never given, after the
//! same work.

use std::sync::Arc;

use gongkai_domain::organization::body::OwnName;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::{OrganizationId, Tree};
use gongkai_domain::requests::application::{Application, QueryCode, Typed, Way, tail};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Proof, Side};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::blobs::Blob;
use gongkai_store::requests::{self as stored, Kept, submissions};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use serde_json::json;

use super::cases::{self, By, Coming, Law, New, Opened, Proofs, append, load, proofs};
use super::telling;
use super::tracking::confirmed_by;
use super::{RequestError, deed, files, written};
use crate::audit::{self, Who};
use crate::blobs;
use crate::house::House;
use crate::inspection::{self, File, InspectionError};
use crate::once::{Done, Sent, once};
use crate::organization::Bodies;
use crate::report::orders::Reader;

/// Someone of the public, for the trail: from which address, by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The address that it came from.
    pub source: String,
    /// The request of the network.
    pub request: String,
}

impl Visitor {
    pub(super) fn who(&self) -> Who {
        Who {
            source: self.source.clone(),
            request: self.request.clone(),
            ..Who::program("public")
        }
    }
}

/// What an applicant shows: the query code and the end of a contact, as typed; of
/// a request with matters set apart, or that went to other bodies too, which is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ticket<'a> {
    code: &'a str,
    tail: &'a str,
    part: &'a str,
}

impl<'a> Ticket<'a> {
    /// The query code, and the last four signs of a contact or all of it.
    pub fn new(code: &'a str, tail: &'a str) -> Self {
        Self {
            code,
            tail,
            part: "",
        }
    }

    /// The same for a matter of the request that became a case of its own, by
    /// its 登记编号, or for the request with another body of the same submission
    /// ([`BESIDE`] and its number), or both, with `/` between; empty for the request
    /// itself.
    #[must_use]
    pub fn of_part(self, number: &'a str) -> Self {
        Self {
            part: number,
            ..self
        }
    }

    /// Whether it means the request of its code itself.
    pub(super) fn is_of_code(self) -> bool {
        self.part.is_empty()
    }
}

impl std::fmt::Debug for Ticket<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a ticket")
    }
}

/// A file whose bytes are durable and were inspected for a body.
#[derive(Clone, PartialEq, Eq)]
pub struct Brought {
    /// The name that it came with.
    pub name: String,
    /// SHA-256 of it, in hexadecimal.
    pub digest: String,
    /// Its bytes.
    pub bytes: i64,
    /// Where they are.
    pub blob: Blob,
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brought")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Inspects a file for a body and makes its bytes durable; nothing names them
/// until it comes with an application or a supplement. Whether it may come in is
/// told there.
///
/// # Errors
/// [`RequestError::Refused`] if it could not be inspected.
pub async fn bring(
    house: &House,
    reader: &dyn Reader,
    visitor: &Visitor,
    organization: OrganizationId,
    name: &str,
    bytes: Arc<[u8]>,
) -> Result<Brought, RequestError> {
    let file = File {
        name: name.to_owned(),
        bytes,
    };
    let who = visitor.who();
    match inspection::inspect_brought(house, reader, &who, organization, &file).await {
        Ok(_) => {}
        Err(InspectionError::Store(error)) => return Err(error.into()),
        Err(InspectionError::Vault(error)) => return Err(error.into()),
        Err(_) => {
            return Err(Message::new("casework-file-unseen")
                .with("name", name)
                .into());
        }
    }
    let blob = blobs::keep(house, &file.bytes).await?;
    Ok(Brought {
        digest: inspection::digest_of(&file.bytes),
        bytes: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        name: file.name,
        blob,
    })
}

/// A request that was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Its number in the store.
    pub id: i64,
    /// 登记编号.
    pub number: String,
    /// The query code, which is told now and kept nowhere.
    pub code: QueryCode,
}

/// The code that belongs to a form: the same when the form is sent again.
pub(super) fn code_of(house: &House, sent: &Sent, salt: &str) -> QueryCode {
    let mut bytes = [0u8; 20];
    let secret = hex::decode(sent.secret(house, salt)).unwrap_or_default();
    for (to, from) in bytes.iter_mut().zip(secret) {
        *to = from;
    }
    QueryCode::of_chance(&bytes)
}

/// What is kept as the answer to a form that files: nothing by which a request
/// could be found.
pub(super) fn answer(opened: &Opened, salt: &str) -> String {
    format!("{}:{}:{salt}", opened.kept.id, opened.kept.number)
}

/// The answer read again.
pub(super) fn answered(house: &House, sent: &Sent, answer: &str) -> Result<Filed, RequestError> {
    let mut parts = answer.splitn(3, ':');
    let (id, number, salt) = (parts.next(), parts.next(), parts.next());
    let id = id.and_then(|id| id.parse().ok());
    match (id, number, salt) {
        (Some(id), Some(number), Some(salt)) => Ok(Filed {
            id,
            number: number.to_owned(),
            code: code_of(house, sent, salt),
        }),
        _ => Err(StoreError::Refused("the answer kept for a form is no request".to_owned()).into()),
    }
}

/// Whether a body takes applications in its own name on a day; its name.
///
/// # Errors
/// [`RequestError::Refused`] if not.
pub(super) fn taking(
    tree: &Tree,
    organization: OrganizationId,
    day: Date,
) -> Result<String, RequestError> {
    let body = tree.get(organization);
    let body = body.filter(|body| match body.kind.own_name() {
        OwnName::Yes => true,
        OwnName::WhereLawEntrusts => body.office.is_told(),
        OwnName::BySectorRules | OwnName::No => false,
    });
    let body = body.ok_or_else(|| Message::new("casework-no-body"))?;
    if !tree.is_valid(organization, day) {
        return Err(Message::new("casework-body-over").with("date", day).into());
    }
    Ok(body.name.clone())
}

/// Files an application with a body (Art. 29). Sent twice, it is filed once and
/// answered alike. Where a mail address or a mobile telephone was given, the proof
/// of filing goes there. No clock begins: the receipt date waits for both sides (Art. 31).
///
/// # Errors
/// [`RequestError::Entered`] with the fields that are wrong;
/// [`RequestError::Refused`] for a body that takes no applications, and for
/// files that may not come in.
pub async fn file(
    house: &House,
    visitor: &Visitor,
    key: &str,
    organization: OrganizationId,
    typed: &Typed,
    files: &[Brought],
) -> Result<Filed, RequestError> {
    filed(house, visitor, key, (organization, None), typed, files).await
}

/// Files the same with one more body, beside the first request of its submission: a
/// case of its own, which the applicant finds by the code of either.
///
/// # Errors
/// As [`file`].
pub async fn file_beside(
    house: &House,
    visitor: &Visitor,
    key: &str,
    (organization, first): (OrganizationId, i64),
    typed: &Typed,
    files: &[Brought],
) -> Result<Filed, RequestError> {
    let to = (organization, Some(first));
    filed(house, visitor, key, to, typed, files).await
}

async fn filed(
    house: &House,
    visitor: &Visitor,
    key: &str,
    (organization, first): (OrganizationId, Option<i64>),
    typed: &Typed,
    files: &[Brought],
) -> Result<Filed, RequestError> {
    let today = house.today();
    let application = Application::read(typed, today).map_err(RequestError::Entered)?;
    let place = organization.to_string();
    let fields = typed.fields().into_iter().map(|(_, text)| text);
    let digests = files.iter().map(|file| file.digest.as_str());
    let all = [place.as_str()].into_iter().chain(fields).chain(digests);
    let sent = Sent::new("requests.file", key, all)
        .or_new(house)
        .blinded(house)
        .seldom_twice();
    let (application, sent, who) = (&application, &sent, &visitor.who());
    let work = async |mut tx: Tx, assumed: Option<(Law, Arc<Bodies>)>, is_alone| {
        let (law, bodies) = match assumed {
            Some(assumed) => assumed,
            None => Law::with_bodies(&mut tx, house).await?,
        };
        let body = taking(&bodies.tree, organization, today)?;
        let office = bodies.tree.get(organization).map(|body| &body.office);
        if office.is_some_and(|office| !office.open.online) {
            return Err(Message::new("casework-online-closed").into());
        }
        let salt = house.token();
        let code = code_of(house, sent, &salt);
        let coming = Coming {
            organization,
            parent: None,
            way: Way::Online,
            filed: today,
            application,
            code: &code,
            by: By::default(),
            proofs: Proofs::new(),
            files,
            law,
            is_alone: is_alone
                && first.is_none()
                && files.is_empty()
                && telling::is_told(application),
        };
        let opened = cases::create(&mut tx, house, coming).await?;
        if let Some(first) = first {
            submissions::file_beside(&mut tx, first, opened.kept.id).await?;
        }
        let message = telling::filed(house, &opened, &body, &code).await?;
        let detail =
            json!({ "did": "filed", "organization": organization.0, "files": files.len() });
        let object = opened.kept.id.to_string();
        let deed = deed(Action::RequestsIntake, object, detail);
        let answer = answer(&opened, &salt);
        match message {
            Some(message) => {
                let entry = audit::entry(who, &deed, house.now());
                Ok(Done::telling(tx, answer, entry, message))
            }
            None => {
                audit::write(&mut tx, who, &deed, house.now()).await?;
                Ok(Done::from((tx, answer)))
            }
        }
    };
    // What was asked for last is mostly what holds, and spares a question; the row
    // that is written tells whether it was. Nobody is refused by what may be past.
    // The same for the number that comes next.
    let assuming = async |is_alone| match Law::assumed(house) {
        Some(assumed) => {
            let assumed = &assumed;
            let work = async |tx| work(tx, Some(assumed.clone()), is_alone).await;
            once(house, sent, work).await
        }
        None => Err(RequestError::Changed),
    };
    let kept = match assuming(true).await {
        Err(RequestError::Store(StoreError::Foretold)) => assuming(false).await,
        kept => kept,
    };
    let kept = match kept {
        Ok(kept) => kept,
        Err(RequestError::Store(error)) => return Err(error.into()),
        Err(_) => once(house, sent, async |tx| work(tx, None, false).await).await?,
    };
    answered(house, sent, &kept)
}

/// The request of a ticket, as its applicant has it.
pub(super) async fn of_ticket(
    tx: &mut Tx,
    house: &House,
    ticket: Ticket<'_>,
    hold: bool,
) -> Result<Opened, RequestError> {
    // A code that is none is looked up like any other.
    let none = || QueryCode::of_chance(&[0; 20]);
    let code = QueryCode::read(ticket.code).unwrap_or_else(none);
    let blind = cases::track_blind(house, &code, &tail(ticket.tail));
    let found = stored::tracked(tx, &blind).await?;
    let found = match found {
        Some(id) => follow(tx, id, ticket.part).await?,
        found => found,
    };
    let id = found.unwrap_or_default();
    if hold {
        stored::hold(tx, id).await?;
    }
    match stored::get_any(tx, id).await? {
        Some(kept) => load(tx, house, kept).await,
        None => {
            // The same ways are gone as for one that is there.
            let _ = house.vault.key("-").await;
            cases::Law::of(tx, house).await?;
            stored::events(tx, id).await?;
            Err(RequestError::Missing)
        }
    }
}

/// How a ticket names the request of the same submission with another body, before the
/// number of that body.
pub const BESIDE: &str = "beside-";

/// The request to which a ticket leads from the one of its code: to that of another
/// body of the same submission, from there or from itself to a matter that was set
/// apart, and no further.
async fn follow(tx: &mut Tx, id: i64, way: &str) -> Result<Option<i64>, RequestError> {
    let (body, part) = match way.strip_prefix(BESIDE) {
        Some(way) => {
            let (body, part) = way.split_once('/').unwrap_or((way, ""));
            let Ok(body) = body.parse() else {
                return Ok(None);
            };
            (Some(OrganizationId(body)), part)
        }
        None => (None, way),
    };
    let whole = match body {
        Some(body) => {
            let mut all = beside(tx, id).await?.into_iter();
            all.find(|one| one.organization == body).map(|one| one.id)
        }
        None => Some(id),
    };
    match whole {
        Some(whole) if !part.is_empty() => part_of(tx, whole, part).await,
        whole => Ok(whole),
    }
}

/// Requests of the same submission with other bodies.
pub(super) async fn beside(tx: &mut Tx, id: i64) -> Result<Vec<Kept>, RequestError> {
    let mut all = Vec::new();
    for other in submissions::beside(tx, id).await? {
        all.extend(stored::get_any(tx, other).await?);
    }
    Ok(all)
}

/// The matter of a request that has a number.
async fn part_of(tx: &mut Tx, id: i64, number: &str) -> Result<Option<i64>, RequestError> {
    let parts = stored::parts(tx, id).await?;
    let part = parts.into_iter().find(|part| part.number == number);
    Ok(part.map(|part| part.id))
}

/// A form of an applicant: what is kept of it is a blind.
fn sent<'a>(
    house: &House,
    purpose: &'static str,
    key: &str,
    ticket: Ticket<'a>,
    fields: impl IntoIterator<Item = &'a str>,
) -> Sent {
    let all = [ticket.code, ticket.tail, ticket.part];
    let all = all.into_iter().chain(fields);
    Sent::new(purpose, key, all).or_new(house).blinded(house)
}

/// Does what an applicant does, once: `decide` says what happens to the request
/// that is held, and nothing where it is so already.
async fn done_by_applicant<F>(
    house: &House,
    visitor: &Visitor,
    sent: &Sent,
    ticket: Ticket<'_>,
    files: &[Brought],
    decide: F,
) -> Result<(), RequestError>
where
    F: Fn(&Opened) -> Result<(Happening, Proofs), RequestError>,
{
    let (decide, who) = (&decide, &visitor.who());
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = of_ticket(&mut tx, house, ticket, true).await?;
        let (what, proofs) = decide(&opened)?;
        let detail = json!({ "did": what.key(), "files": files.len() });
        let new = New {
            day: house.today(),
            by: By::default(),
            what,
            proofs,
        };
        append(&mut tx, house, &mut opened, new).await?;
        files::attach(&mut tx, house, &opened, files).await?;
        let object = opened.kept.id.to_string();
        written(&mut tx, house, who, Action::RequestsIntake, object, detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
}

/// Supplements a request of which that was asked (Art. 30): the clock begins
/// anew.
///
/// # Errors
/// [`RequestError::Refused`] with the rule that stands against it;
/// [`RequestError::Missing`].
pub async fn supplement(
    house: &House,
    visitor: &Visitor,
    key: &str,
    ticket: Ticket<'_>,
    text: &str,
    files: &[Brought],
) -> Result<(), RequestError> {
    let said = proofs([(Proof::Supplement, text)])?;
    if said.is_empty() && files.is_empty() {
        return Err(Message::new("casework-supplement-empty").into());
    }
    let digests = files.iter().map(|file| file.digest.as_str());
    let fields = [text].into_iter().chain(digests);
    let sent = sent(house, "requests.supplement", key, ticket, fields);
    let event = Event::SupplementCame;
    let what = Happening::Step { event };
    let decide = |_: &Opened| Ok((what.clone(), said.clone()));
    done_by_applicant(house, visitor, &sent, ticket, files, decide).await
}

/// Says why the applicant asks so often, of whom that was asked (Art. 35).
///
/// # Errors
/// As [`supplement`].
pub async fn give_reasons(
    house: &House,
    visitor: &Visitor,
    key: &str,
    ticket: Ticket<'_>,
    text: &str,
) -> Result<(), RequestError> {
    let said = proofs([(Proof::Reason, text)])?;
    if said.is_empty() {
        return Err(Message::new("casework-reasons-empty").into());
    }
    let sent = sent(house, "requests.reasons", key, ticket, [text]);
    let event = Event::ReasonsCame;
    let what = Happening::Step { event };
    let decide = |_: &Opened| Ok((what.clone(), said.clone()));
    done_by_applicant(house, visitor, &sent, ticket, &[], decide).await
}

/// Takes a request back.
///
/// # Errors
/// As [`supplement`].
pub async fn withdraw(
    house: &House,
    visitor: &Visitor,
    key: &str,
    ticket: Ticket<'_>,
    reason: &str,
) -> Result<(), RequestError> {
    let said = proofs([(Proof::Reason, reason)])?;
    let sent = sent(house, "requests.withdraw", key, ticket, [reason]);
    let event = Event::Withdrawn;
    let what = Happening::Step { event };
    let decide = |_: &Opened| Ok((what.clone(), said.clone()));
    done_by_applicant(house, visitor, &sent, ticket, &[], decide).await
}

/// The applicant confirms that the office has the request (Art. 31 third item).
/// Where the office has confirmed already, that day is the receipt date; else it
/// is the day on which the office does.
///
/// # Errors
/// As [`supplement`].
pub async fn confirm_by_applicant(
    house: &House,
    visitor: &Visitor,
    key: &str,
    ticket: Ticket<'_>,
) -> Result<(), RequestError> {
    let sent = sent(house, "requests.confirm", key, ticket, []);
    let decide = |opened: &Opened| {
        opened.may_work(Work::ConfirmOneSide(Side::Applicant), None)?;
        Ok((confirming(opened, Side::Applicant), Proofs::new()))
    };
    done_by_applicant(house, visitor, &sent, ticket, &[], decide).await
}

/// The day on which the other side confirmed, where it has: the receipt date is not
/// before both have (Art. 31).
pub(super) fn other_confirmed(opened: &Opened, side: Side) -> Option<Date> {
    let mut record = opened.record.iter();
    let found = record
        .find(|one| matches!(one.what, Happening::ConfirmedBy { side: other } if other != side));
    found.map(|one| one.day)
}

/// What it makes of a request that one side confirms.
pub(super) fn confirming(opened: &Opened, side: Side) -> Happening {
    match confirmed_by(opened) {
        Some(other) if other != side => Happening::Step {
            event: Event::Confirmed,
        },
        _ => Happening::ConfirmedBy { side },
    }
}

/// Says how the applicant was served, once it is over: from 1 to 5 stars.
///
/// # Errors
/// As [`supplement`].
pub async fn rate(
    house: &House,
    visitor: &Visitor,
    key: &str,
    ticket: Ticket<'_>,
    stars: u8,
    text: &str,
) -> Result<(), RequestError> {
    if !(1..=5).contains(&stars) {
        return Err(Message::new("casework-stars").into());
    }
    let said = proofs([(Proof::Note, text)])?;
    let typed = stars.to_string();
    let sent = sent(house, "requests.rate", key, ticket, [typed.as_str(), text]);
    let decide = |opened: &Opened| {
        opened.may_work(Work::Rate, None)?;
        Ok((Happening::Rated { stars }, said.clone()))
    };
    done_by_applicant(house, visitor, &sent, ticket, &[], decide).await
}
