//! A request with its events: made, read again, and moved on. What the desk
//! sorts by is written in the transaction of the event from which it follows.

use std::collections::BTreeMap;

use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::application::{Application, QueryCode, Way};
use gongkai_domain::requests::case::{Case, Event, Rules};
use gongkai_domain::requests::clock::{ClockError, ClockSettings, Reckoned};
use gongkai_domain::requests::record::{self, Happening, Lettered, PROOF_CHARS_MAX, Proof};
use gongkai_domain::requests::work::{At, Work};
use gongkai_domain::words::Message;
use gongkai_store::requests::{self as stored, Filing, Kept, KeptEvent, KeptFile, Standing, asked};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use super::law::Law;
use super::public::Brought;
use super::{RequestError, files};
use crate::house::House;
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

/// A case as work on it finds it; who is about to work on it, none for the applicant.
pub(super) fn at<'a>(
    kept: &Kept,
    case: &'a Case,
    record: &'a [Happened],
    by: Option<PersonId>,
) -> At<'a> {
    At {
        case,
        record: record.iter().map(|one| &one.what).collect(),
        is_online: kept.way == Way::Online.key(),
        is_part: kept.parent.is_some(),
        section: kept.standing.section.map(|section| section.0),
        handler: kept.standing.handler.map(|handler| handler.0),
        by: by.map(|by| by.0),
    }
}

impl Opened {
    /// Whether work may be done on it by somebody; none for the applicant.
    ///
    /// # Errors
    /// What stands against it.
    pub(super) fn may_work(&self, work: Work, by: Option<PersonId>) -> Result<(), Message> {
        work.against(&self.at(by))
    }

    /// As work on it by somebody finds it.
    pub(super) fn at(&self, by: Option<PersonId>) -> At<'_> {
        at(&self.kept, &self.case, &self.record, by)
    }
}

/// The fields under which things are sealed; they never change.
const APPLICATION: &str = "request/application";
pub(super) const FILE: &str = "request/file";
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

/// A case as it was filed, under the periods of then.
fn filed(
    kept: &Kept,
    steps: &[(Date, &Happening, Option<ClockSettings>)],
) -> Result<Case, RequestError> {
    let case = Case::filed(way(kept)?.channel(), kept.filed);
    Ok(match steps.first() {
        Some((.., Some(under))) => case.under(*under),
        _ => case,
    })
}

/// What stands against the events of a case, each held against the law as if it were
/// taken now, under the periods of then.
fn unlawful(
    kept: &Kept,
    law: &Law,
    steps: &[(Date, &Happening, Option<ClockSettings>)],
) -> Result<Option<Message>, RequestError> {
    let mut case = filed(kept, steps)?;
    let rules = law.rules();
    for (day, what, under) in steps {
        let Some(event) = what.step() else { continue };
        let settings = under.unwrap_or(rules.settings);
        match case.apply(Rules { settings, ..rules }, *day, event) {
            Ok(next) => case = next,
            Err(refusal) => return Ok(Some(refusal.message())),
        }
    }
    Ok(None)
}

/// The case of kept events, by the rules of now and the periods of then.
fn replayed(
    kept: &Kept,
    law: &Law,
    steps: &[(Date, &Happening, Option<ClockSettings>)],
) -> Result<Case, RequestError> {
    lawful(kept, law, steps)?.map_err(|message| broken(kept.id, &message.id))
}

/// The same, or the rule that stands against it.
fn lawful(
    kept: &Kept,
    law: &Law,
    steps: &[(Date, &Happening, Option<ClockSettings>)],
) -> Result<Result<Case, Message>, RequestError> {
    let case = filed(kept, steps)?;
    let events = steps.iter();
    let events = events.filter_map(|(day, what, under)| Some((*day, what.step()?, *under)));
    let case = case.replay(law.rules(), events);
    Ok(case.map_err(|refusal| refusal.message()))
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
    for (of, day) in record::corrected_days(record.iter().map(|one| &one.what)) {
        let step = record.iter_mut().find(|one| one.number == of);
        step.into_iter().for_each(|one| one.day = day);
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
        steps.push((event.number, event.day, written_down(kept, &event)?));
    }
    for (of, right) in record::corrected_days(steps.iter().map(|(.., one)| &one.what)) {
        let step = steps.iter_mut().find(|(number, ..)| *number == of);
        step.into_iter().for_each(|(_, day, _)| *day = right);
    }
    let all: Vec<_> = steps
        .iter()
        .map(|(_, day, one)| (*day, &one.what, one.under))
        .collect();
    let case = replayed(kept, law, &all)?;
    let happened = steps.into_iter().map(|(_, day, one)| (day, one.what));
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
    /// Whether nothing else is written with it but its answer and a message.
    pub(super) is_alone: bool,
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
        alone: law.assumed.filter(|_| new.is_alone),
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
    files::attach(tx, house, &opened, new.files).await?;
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
    match &new.what {
        Happening::SearchAsked {
            number,
            section: Some(section),
            ..
        } => {
            asked::ask(tx, opened.kept.id, *number, OrganizationId(*section)).await?;
        }
        Happening::Step { .. } if opened.case.state().ending().is_some() => {
            asked::clear(tx, opened.kept.id).await?;
        }
        // Who was asked to search and has not answered is asked still.
        Happening::Step {
            event: Event::Reopened { .. },
        } => {
            let searches = record::searches(opened.record.iter().map(|one| &one.what));
            for one in searches.iter().filter(|one| one.found.is_none()) {
                if let Some(section) = one.section.map(OrganizationId) {
                    asked::ask(tx, opened.kept.id, one.number, section).await?;
                }
            }
        }
        _ => {}
    }
    write_event(tx, house, opened, new).await?;
    let seen = (opened.kept.id, opened.kept.version);
    stored::advance(tx, seen, &to, house.now()).await?;
    opened.kept.version += 1;
    opened.kept.standing = to;
    Ok(())
}

impl Opened {
    /// Replays the case, where its way or a day has become another.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with the rule that stands against it now.
    pub(super) fn replay(&mut self) -> Result<(), RequestError> {
        self.case = lawful(&self.kept, &self.law, &of_record(&self.record))??;
        Ok(())
    }

    /// The rule that stands against the record, where each step is held against the law
    /// as if it were taken now.
    pub(super) fn unlawful(&self) -> Result<Option<Message>, RequestError> {
        unlawful(&self.kept, &self.law, &of_record(&self.record))
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
        let mut waits = self.without_seal();
        waits.any(|(_, is_newest)| is_newest)
    }

    /// Replies that bear no seal and therefore are nobody's yet, each with whether it is
    /// the newest.
    pub(super) fn without_seal(&self) -> impl Iterator<Item = (Lettered<'_>, bool)> {
        let last = self.record.iter().map(|one| one.day).max();
        let last = last.unwrap_or(self.kept.filed);
        self.law.unsealed(last, &self.record)
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
