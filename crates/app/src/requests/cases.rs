//! A request with its events: made, read again, and moved on. What the desk
//! sorts by is written in the transaction of the event from which it follows.

use std::collections::BTreeMap;

use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::application::{Application, QueryCode, Way};
use gongkai_domain::requests::case::{Case, Event};
use gongkai_domain::requests::clock::{ClockError, ClockSettings, Reckoned};
use gongkai_domain::requests::record::{self, Happening, PROOF_CHARS_MAX, Proof};
use gongkai_domain::words::Message;
use gongkai_store::requests::{self as stored, Filing, Kept, KeptEvent, KeptFile, Standing};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::RequestError;
pub use super::law::Law;
use super::public::Brought;
use crate::house::House;
use crate::inspection;
use crate::vault::{RecordKey, VaultError};

/// Evidence, by its kind.
pub type Proofs = BTreeMap<Proof, String>;

/// Reads evidence as it was typed: empty is left out.
///
/// # Errors
/// What is too long.
pub(super) fn proofs<'a>(
    typed: impl IntoIterator<Item = (Proof, &'a str)>,
) -> Result<Proofs, Message> {
    let mut kept = Proofs::new();
    for (proof, text) in typed {
        let plain = text.replace("\r\n", "\n");
        let plain: String = plain
            .trim()
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        let found = plain.chars().count();
        if found > PROOF_CHARS_MAX {
            let long = Message::new("casework-proof-long").with("found", found);
            return Err(long.with("max", PROOF_CHARS_MAX));
        }
        if !plain.is_empty() {
            kept.insert(proof, plain);
        }
    }
    Ok(kept)
}

impl From<ClockError> for RequestError {
    fn from(error: ClockError) -> Self {
        error.message().into()
    }
}

/// Who did something: none for the public and the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct By {
    /// The person.
    pub person: Option<PersonId>,
    /// Their name.
    pub name: Option<String>,
    /// For whom.
    pub acting_for: Option<PersonId>,
    /// The name of that one.
    pub for_name: Option<String>,
}

impl By {
    /// Whoever stands in the trail.
    pub(super) fn of(who: &crate::audit::Who) -> Self {
        Self {
            person: who.person.map(PersonId),
            acting_for: who.acting_for.map(PersonId),
            ..Self::default()
        }
    }
}

/// Something that happened, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// Its place among the events, from 1.
    pub number: i64,
    /// When it was written down.
    pub at: Timestamp,
    /// On which day it happened.
    pub day: Date,
    /// By whom.
    pub by: By,
    /// What.
    pub what: Happening,
    /// The evidence.
    pub proofs: Proofs,
    /// The numbers of days under which it fixed a period.
    pub under: Option<ClockSettings>,
}

/// A request, opened.
pub(super) struct Opened {
    pub(super) kept: Kept,
    pub(super) case: Case,
    pub(super) record: Vec<Happened>,
    pub(super) application: Application,
    pub(super) law: Law,
    /// The body that goes on with it.
    pub(super) going_on: OrganizationId,
    key: RecordKey,
}

/// The fields under which things are sealed; they never change.
const APPLICATION: &str = "request/application";
const FILE: &str = "request/file";
/// Names of the blind indexes; they never change.
const APPLICANT: &str = "requests.applicant";
const TRACK: &str = "requests.track";

fn proof_field(number: i64) -> String {
    format!("request/event/{number}")
}

/// The blind of a query code with the end of a contact.
pub(super) fn track_blind(house: &House, code: &QueryCode, tail: &str) -> String {
    let both = format!("{}:{tail}", code.as_str());
    house.vault.blind(TRACK, &both)
}

fn broken(id: i64, why: &str) -> RequestError {
    StoreError::Refused(format!("request {id} is broken: {why}")).into()
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let plain = serde_json::to_vec(value);
    plain
        .map(Zeroizing::new)
        .map_err(|error| StoreError::Refused(error.to_string()))
}

/// The way of a request as it is kept.
pub(super) fn way(kept: &Kept) -> Result<Way, RequestError> {
    Way::from_key(&kept.way).ok_or_else(|| broken(kept.id, "its way is none"))
}

/// What happened, as it is written.
#[derive(Serialize, Deserialize)]
struct Written<What> {
    #[serde(flatten)]
    what: What,
    /// The numbers of days under which it fixed a period; in records from before
    /// they were kept, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    under: Option<ClockSettings>,
}

/// What a case is replayed from.
fn of_record(record: &[Happened]) -> Vec<(Date, &Happening, Option<ClockSettings>)> {
    let steps = record.iter();
    steps.map(|one| (one.day, &one.what, one.under)).collect()
}

/// The case of kept events, by the rules of now and the periods of then.
fn replayed(
    kept: &Kept,
    law: &Law,
    steps: &[(Date, &Happening, Option<ClockSettings>)],
) -> Result<Case, RequestError> {
    let mut case = Case::filed(way(kept)?.channel(), kept.filed);
    if let Some((.., Some(under))) = steps.first() {
        case = case.under(*under);
    }
    let events = steps.iter();
    let events = events.filter_map(|(day, what, under)| Some((*day, what.step()?, *under)));
    case.replay(law.rules(), events)
        .map_err(|refusal| broken(kept.id, &refusal.message().id))
}

fn written_down(kept: &Kept, event: &KeptEvent) -> Result<Written<Happening>, RequestError> {
    serde_json::from_str(&event.what).map_err(|_| broken(kept.id, "an event cannot be read"))
}

/// Reads a request from its events. Nothing that follows from them is taken
/// from the row beside them.
pub(super) async fn load(tx: &mut Tx, house: &House, kept: Kept) -> Result<Opened, RequestError> {
    let key = house.vault.key(&kept.key).await?;
    let law = Law::of(tx, house).await?;
    let plain = key.open(APPLICATION, &kept.sealed)?;
    let application = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    let mut record = Vec::new();
    for event in stored::events(tx, kept.id).await? {
        let one = written_down(&kept, &event)?;
        let proofs = match &event.sealed {
            Some(sealed) => {
                let plain = key.open(&proof_field(event.number), sealed)?;
                serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?
            }
            None => Proofs::new(),
        };
        record.push(Happened {
            number: event.number,
            at: event.at,
            day: event.day,
            what: one.what,
            under: one.under,
            by: By {
                person: event.person,
                name: event.name,
                acting_for: event.acting_for,
                for_name: event.for_name,
            },
            proofs,
        });
    }
    let case = replayed(&kept, &law, &of_record(&record))?;
    Ok(Opened {
        going_on: kept.organization,
        kept,
        case,
        record,
        application,
        law,
        key,
    })
}

/// The application of a request that is kept.
pub(super) async fn application(house: &House, kept: &Kept) -> Result<Application, RequestError> {
    let key = house.vault.key(&kept.key).await?;
    let plain = key.open(APPLICATION, &kept.sealed)?;
    Ok(serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?)
}

/// The case and what happened to it, without anything that is sealed: for the clock
/// and for reminders.
pub(super) async fn read(
    tx: &mut Tx,
    kept: &Kept,
    law: &Law,
) -> Result<(Case, Vec<(Date, Happening)>), RequestError> {
    let mut steps = Vec::new();
    for event in stored::events(tx, kept.id).await? {
        steps.push((event.day, written_down(kept, &event)?));
    }
    let all: Vec<_> = steps
        .iter()
        .map(|(day, one)| (*day, &one.what, one.under))
        .collect();
    let case = replayed(kept, law, &all)?;
    let happened = steps.into_iter().map(|(day, one)| (day, one.what));
    Ok((case, happened.collect()))
}

/// What the desk sorts by, as it follows from a case on a day.
pub(super) fn standing(
    case: &Case,
    law: &Law,
    today: Date,
    given: (Option<OrganizationId>, Option<PersonId>),
) -> Result<Standing, RequestError> {
    let place = record::place(case, law.rules(), today)?;
    let ending = case.state().ending();
    Ok(Standing {
        state: case.state().key().to_owned(),
        lane: place.lane.key().to_owned(),
        day: place.day,
        received: case.received(),
        due: place.due,
        provisional: place.is_provisional,
        moves: place.moves,
        outcome: ending.map(|ending| ending.outcome.clone()),
        ended: ending.map(|ending| ending.on),
        section: given.0,
        handler: given.1,
    })
}

/// Something that is to be written.
pub(super) struct New {
    pub(super) day: Date,
    pub(super) by: By,
    pub(super) what: Happening,
    pub(super) proofs: Proofs,
}

/// A request that is to be made.
pub(super) struct Coming<'a> {
    pub(super) organization: OrganizationId,
    pub(super) parent: Option<i64>,
    pub(super) way: Way,
    pub(super) filed: Date,
    pub(super) application: &'a Application,
    pub(super) code: &'a QueryCode,
    pub(super) by: By,
    pub(super) proofs: Proofs,
    pub(super) files: &'a [Brought],
    pub(super) law: Law,
}

/// Makes a request, with its number, its first event and its files.
///
/// # Errors
/// [`RequestError::Changed`] where the law was assumed and has changed.
pub(super) async fn create(
    tx: &mut Tx,
    house: &House,
    new: Coming<'_>,
) -> Result<Opened, RequestError> {
    let (now, today) = (house.now(), house.today());
    let law = new.law;
    let case = Case::filed(new.way.channel(), new.filed).under(law.settings);
    let key = house.vault.new_key().await?;
    let applicant = new.application.same_applicant();
    let mut kept = Kept {
        id: 0,
        organization: new.organization,
        parent: new.parent,
        number: String::new(),
        way: new.way.key().to_owned(),
        filed: new.filed,
        filed_at: now,
        standing: standing(&case, &law, today, (None, None))?,
        applicant_kind: new.application.kind.key().to_owned(),
        applicant_index: house.vault.blind(APPLICANT, &applicant),
        key: key.id.clone(),
        sealed: key.seal(APPLICATION, &json(new.application)?),
        changed_at: now,
        version: 1,
    };
    let tails = new.application.tails();
    let blinds: Vec<String> = tails
        .iter()
        .map(|tail| track_blind(house, new.code, tail))
        .collect();
    let first = New {
        day: new.filed,
        by: new.by,
        what: Happening::Filed,
        proofs: new.proofs,
    };
    let under = case.received().map(|_| law.settings);
    let event = event_of(house, (&key, under), 1, &first)?;
    let filing = Filing {
        kept: &kept,
        year: today.year(),
        tracks: &blinds,
        first: &event,
    };
    let (made, changes) = stored::file(tx, &filing).await?;
    if law.assumed.is_some_and(|assumed| assumed != changes) {
        return Err(RequestError::Changed);
    }
    (kept.id, kept.number) = made;
    let mut opened = Opened {
        going_on: kept.organization,
        kept,
        case,
        record: Vec::new(),
        application: new.application.clone(),
        law,
        key,
    };
    record(&mut opened, &event, first, under);
    attach(tx, house, &opened, new.files).await?;
    Ok(opened)
}

/// What is kept of something that happens, its evidence sealed.
fn event_of(
    house: &House,
    (key, under): (&RecordKey, Option<ClockSettings>),
    number: i64,
    new: &New,
) -> Result<KeptEvent, RequestError> {
    let sealed = match new.proofs.is_empty() {
        true => None,
        false => {
            let plain = json(&new.proofs)?;
            Some(key.seal(&proof_field(number), &plain))
        }
    };
    let what = serde_json::to_string(&Written {
        what: &new.what,
        under,
    });
    Ok(KeptEvent {
        number,
        at: house.now(),
        day: new.day,
        kind: new.what.key().to_owned(),
        person: new.by.person,
        name: None,
        acting_for: new.by.acting_for,
        for_name: None,
        what: what.map_err(|error| StoreError::Refused(error.to_string()))?,
        sealed,
    })
}

/// Puts what was kept to the others.
fn record(opened: &mut Opened, event: &KeptEvent, new: New, under: Option<ClockSettings>) {
    opened.record.push(Happened {
        number: event.number,
        at: event.at,
        day: event.day,
        by: new.by,
        what: new.what,
        proofs: new.proofs,
        under,
    });
}

async fn write_event(
    tx: &mut Tx,
    house: &House,
    opened: &mut Opened,
    new: New,
) -> Result<(), RequestError> {
    let number = opened.record.last().map_or(1, |last| last.number + 1);
    let fixes = new.what.step().is_some_and(Event::fixes_a_period);
    let under = fixes.then_some(opened.law.settings);
    let event = event_of(house, (&opened.key, under), number, &new)?;
    stored::add_event(tx, opened.kept.id, &event).await?;
    record(opened, &event, new, under);
    Ok(())
}

/// Writes what happened to a request that is held, and what follows from it.
///
/// # Errors
/// [`RequestError::Refused`] with the rule that stands against it.
pub(super) async fn append(
    tx: &mut Tx,
    house: &House,
    opened: &mut Opened,
    new: New,
) -> Result<(), RequestError> {
    let today = house.today();
    if new.day > today {
        return Err(Message::new("casework-day-to-come")
            .with("date", new.day)
            .into());
    }
    if let Some(event) = new.what.step() {
        let next = opened.case.apply(opened.law.rules(), new.day, event);
        opened.case = next.map_err(|refusal| refusal.message())?;
    }
    let at = &opened.kept.standing;
    let given = match &new.what {
        Happening::Assigned { section, handler } => {
            (section.map(OrganizationId), handler.map(PersonId))
        }
        Happening::TakenOn { by } => (at.section, Some(PersonId(*by))),
        Happening::GivenBack => (None, None),
        _ => (at.section, at.handler),
    };
    let to = standing(&opened.case, &opened.law, today, given)?;
    write_event(tx, house, opened, new).await?;
    let seen = (opened.kept.id, opened.kept.version);
    stored::advance(tx, seen, &to, house.now()).await?;
    opened.kept.version += 1;
    opened.kept.standing = to;
    Ok(())
}

/// Attachments at a time at most: what one form can bring.
pub const FILES_MAX: usize = 10;

/// Adds files to the last event of a request. Each was inspected under its name
/// for this body, and not refused.
pub(super) async fn attach(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    files: &[Brought],
) -> Result<(), RequestError> {
    let event = opened.record.last().map_or(1, |last| last.number);
    attach_to(tx, house, opened, event, files).await
}

/// The same, to an event by its place.
pub(super) async fn attach_to(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    event: i64,
    files: &[Brought],
) -> Result<(), RequestError> {
    if files.len() > FILES_MAX {
        let many = Message::new("casework-files-too-many").with("found", files.len());
        return Err(many.with("max", FILES_MAX).into());
    }
    if files.is_empty() {
        return Ok(());
    }
    let there = stored::files(tx, opened.kept.id).await?;
    let first = there.last().map_or(1, |last| last.number + 1);
    for (number, file) in (first..).zip(files) {
        let place = opened.kept.organization;
        let comes = inspection::may_come_in(house, tx, place, &file.digest, &file.name).await?;
        let against = match comes {
            Some(true) => None,
            Some(false) => Some("casework-file-refused"),
            None => Some("casework-file-unseen"),
        };
        if let Some(id) = against {
            return Err(Message::new(id).with("name", &file.name).into());
        }
        crate::blobs::name(tx, &file.blob).await?;
        let kept = KeptFile {
            number,
            event,
            digest: file.digest.clone(),
            bytes: file.bytes,
            blob: file.blob.clone(),
            sealed: opened.key.seal(FILE, file.name.as_bytes()),
        };
        stored::add_file(tx, opened.kept.id, &kept).await?;
    }
    Ok(())
}

impl Opened {
    /// Replays the case, where its way or its day has become another.
    pub(super) fn replay(&mut self) -> Result<(), RequestError> {
        self.case = replayed(&self.kept, &self.law, &of_record(&self.record))
            .map_err(|_| Message::new("casework-correct-late"))?;
        Ok(())
    }

    /// Keeps way, day and application as they are now.
    pub(super) async fn reregister(
        &mut self,
        tx: &mut Tx,
        house: &House,
    ) -> Result<(), RequestError> {
        let applicant = self.application.same_applicant();
        self.kept.applicant_index = house.vault.blind(APPLICANT, &applicant);
        self.kept.sealed = self.key.seal(APPLICATION, &json(&self.application)?);
        Ok(stored::reregister(tx, &self.kept).await?)
    }

    /// Whether the reply that left waits for its seal.
    pub(super) fn unsealed_reply(&self) -> bool {
        let last = self.record.iter().map(|one| one.day).max();
        last.is_some_and(|last| self.law.unsealed(last, &self.record).is_some())
    }

    /// The due date that was in force on the day on which the case ended; of one
    /// that has not, as of the last day on which something happened.
    pub(super) fn last_due(&self) -> Result<Option<Reckoned>, RequestError> {
        let mut until = self.record.len();
        let mut on = self.record.last().map_or(self.kept.filed, |one| one.day);
        let mut case = self.case.clone();
        while case.state().ending().is_some() && until > 0 {
            until -= 1;
            on = self.record[until].day;
            let before = of_record(&self.record[..until]);
            case = replayed(&self.kept, &self.law, &before)?;
        }
        Ok(case.due(self.law.rules(), on)?)
    }

    /// The name of a file.
    pub(super) fn file_name(&self, file: &KeptFile) -> Result<String, VaultError> {
        self.key.open_text(FILE, &file.sealed)
    }

    /// Seals something of the request.
    pub(super) fn sealed(&self, field: &str, plain: &[u8]) -> Vec<u8> {
        self.key.seal(field, plain)
    }

    /// Opens what was sealed as JSON.
    pub(super) fn unsealed<T: serde::de::DeserializeOwned>(
        &self,
        field: &str,
        sealed: &[u8],
    ) -> Result<T, VaultError> {
        let plain = self.key.open(field, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)
    }
}
