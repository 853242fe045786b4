//! Who works on a request: it is given to a section, a person or both; they take
//! it on or give it back. Units that may hold the information are asked to
//! search for it, each within a time, and what they found is kept: without it
//! nobody can show that something does not exist.

use std::collections::BTreeMap;

use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::{OrganizationId, OrganizationKind, PersonId};
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::{StoreError, Tx, people};
use jiff::civil::Date;

use super::cases::{Opened, Proofs, proofs};
use super::intake::day;
use super::steps::{Seen, needed, whose, worked};
use super::{RequestError, allowed};
use crate::house::House;
use crate::people::SignedIn;

/// Somebody who may work on requests of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// The sections where they hold the role, and see what was given to these; none
    /// where they hold it in the body, and see all of its requests.
    pub sections: Vec<OrganizationId>,
}

impl Hand {
    /// The section to which a request goes that is given to them; an error where they
    /// would not see it there.
    fn place(&self, section: Option<OrganizationId>) -> Result<Option<OrganizationId>, Message> {
        match (section, self.sections.as_slice()) {
            (section, []) => Ok(section),
            (None, [first, ..]) => Ok(Some(*first)),
            (Some(section), own) if own.contains(&section) => Ok(Some(section)),
            (Some(_), _) => Err(Message::new("casework-assign-elsewhere")),
        }
    }
}

/// Sections of a body and people who may work on its requests on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hands {
    /// Sections, by their names.
    pub sections: Vec<(OrganizationId, String)>,
    /// People, by their names.
    pub people: Vec<Hand>,
}

/// To whom a request of a body can be given.
///
/// # Errors
/// The store's.
pub async fn hands(
    tx: &mut Tx,
    signed: &SignedIn,
    organization: OrganizationId,
) -> Result<Hands, StoreError> {
    let (tree, today) = (&signed.tree, signed.today);
    let own = tree.own(organization, today);
    let mut sections: Vec<(OrganizationId, String)> = own
        .iter()
        .filter_map(|id| tree.get(*id))
        .filter(|body| body.kind == OrganizationKind::Section)
        .map(|body| (body.id, body.name.clone()))
        .collect();
    sections.sort_by(|one, other| one.1.cmp(&other.1));
    let is_section = |at: OrganizationId| sections.iter().any(|(id, _)| *id == at);
    let mut places: BTreeMap<PersonId, Vec<OrganizationId>> = BTreeMap::new();
    for (_, grant) in people::all_grants(tx).await? {
        let works = Action::RequestsHandle.scope(grant.role).is_some();
        let at = grant.organization.filter(|at| own.contains(at));
        if let Some(at) = at.filter(|_| works && grant.validity.contains(today)) {
            places.entry(grant.person).or_default().push(at);
        }
    }
    let mut found: Vec<Hand> = Vec::new();
    for (id, places) in places {
        let person = people::get(tx, id).await?;
        if let Some(person) = person.filter(|person| person.state == "active") {
            let all_in_sections = places.iter().all(|at| is_section(*at));
            found.push(Hand {
                id: person.id,
                name: person.display_name,
                sections: if all_in_sections { places } else { Vec::new() },
            });
        }
    }
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(Hands {
        sections,
        people: found,
    })
}

/// Gives a request to a section of its body, to a person, or both. Who works in a
/// section alone has it there: they see nothing else.
///
/// # Errors
/// [`RequestError::Refused`] for a section that is not of the body, a person who may
/// not work on its requests, and one who works in another section alone; as
/// [`super::steps::step`].
pub async fn assign(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (section, handler): (Option<OrganizationId>, Option<PersonId>),
    note: &str,
) -> Result<(), RequestError> {
    let (kept, _) = allowed(house, signed, whose(Work::Assign)?, seen.id).await?;
    if section.is_none() && handler.is_none() {
        return Err(Message::new("casework-assign-nobody").into());
    }
    let mut tx = house.db.read().await?;
    let (_, heirs) = super::sight(&mut tx, signed).await?;
    let body = heirs.going_on(kept.organization);
    let hands = hands(&mut tx, signed, body).await?;
    tx.roll_back().await?;
    if section.is_some_and(|id| !hands.sections.iter().any(|(there, _)| *there == id)) {
        return Err(Message::new("casework-assign-section").into());
    }
    let hand = |id| hands.people.iter().find(|hand| hand.id == id);
    let section = match handler.map(hand) {
        None => section,
        Some(Some(hand)) => hand.place(section)?,
        Some(None) => return Err(Message::new("casework-assign-person").into()),
    };
    let said = proofs([(Proof::Note, note)])?;
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let (of, to) = (
        number(section.map(|id| id.0)),
        number(handler.map(|id| id.0)),
    );
    let sent = seen.sent(house, signed, "requests.assign", key, [&of, &to, note]);
    let what = Happening::Assigned {
        section: section.map(|id| id.0),
        handler: handler.map(|id| id.0),
    };
    let today = signed.today;
    let decide = |_: &Opened| Ok((today, what.clone(), said.clone()));
    worked(house, signed, &sent, Work::Assign, seen, decide).await
}

/// Takes on a request that was given to the signed-in person, or to their
/// section and to nobody.
///
/// # Errors
/// [`RequestError::Refused`] where it was given to somebody else.
pub async fn take_on(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
) -> Result<(), RequestError> {
    let sent = seen.sent(house, signed, "requests.take_on", key, []);
    let (own, today) = (signed.person.id, signed.today);
    let decide = |_: &Opened| {
        let what = Happening::TakenOn { by: own.0 };
        Ok((today, what, Proofs::new()))
    };
    worked(house, signed, &sent, Work::TakeOn, seen, decide).await
}

/// Gives a request back to the disclosure office, with the reason.
///
/// # Errors
/// As [`take_on`]; without a reason.
pub async fn give_back(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    reason: &str,
) -> Result<(), RequestError> {
    let said = proofs([(Proof::Reason, reason)])?;
    let sent = seen.sent(house, signed, "requests.give_back", key, [reason]);
    let today = signed.today;
    let decide = |_: &Opened| {
        needed(&said, Proof::Reason)?;
        Ok((today, Happening::GivenBack, said.clone()))
    };
    worked(house, signed, &sent, Work::GiveBack, seen, decide).await
}

/// What a unit is asked to search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search<'a> {
    /// Who is asked: a section, an archive.
    pub unit: &'a str,
    /// For which words, in which places.
    pub words: &'a str,
    /// The last day to answer.
    pub limit: &'a str,
}

/// Asks a unit that may hold the information to search for it.
///
/// # Errors
/// [`RequestError::Refused`] without the unit, the words, or a day to come.
pub async fn ask_search(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    search: Search<'_>,
) -> Result<(), RequestError> {
    let limit: Result<Date, _> = search.limit.trim().parse();
    let limit = limit.map_err(|_| Message::new("casework-day-wrong"))?;
    if limit < signed.today {
        return Err(Message::new("casework-search-limit").into());
    }
    let said = proofs([(Proof::Asked, search.unit), (Proof::Words, search.words)])?;
    needed(&said, Proof::Asked)?;
    needed(&said, Proof::Words)?;
    let fields = [search.unit, search.words, search.limit];
    let sent = seen.sent(house, signed, "requests.search", key, fields);
    let today = signed.today;
    let decide = |opened: &Opened| {
        let what = Happening::SearchAsked {
            number: record::next_search(opened.record.iter().map(|one| &one.what)),
            limit,
            section: section_named(signed, opened.going_on, search.unit.trim()),
        };
        Ok((today, what, said.clone()))
    };
    worked(house, signed, &sent, Work::AskSearch, seen, decide).await
}

/// The section of a body that has a name; none where several have it.
fn section_named(signed: &SignedIn, body: OrganizationId, name: &str) -> Option<i64> {
    let own = signed.tree.own(body, signed.today);
    let sections = own.iter().filter_map(|id| signed.tree.get(*id));
    let mut named = sections.filter(|one| {
        one.kind == OrganizationKind::Section
            && [one.name.as_str(), &one.short_name].contains(&name)
    });
    let first = named.next()?;
    named.next().is_none().then_some(first.id.0)
}

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// Which search.
    pub number: u32,
    /// On which day it was answered.
    pub on: &'a str,
    /// Whether something was found.
    pub found: bool,
    /// Who searched.
    pub searcher: &'a str,
    /// Where, for which words, and with what result.
    pub result: &'a str,
}

/// Keeps what came of a search.
///
/// # Errors
/// [`RequestError::Refused`] where there is no such search, or nothing is said.
pub async fn end_search(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    result: Found<'_>,
) -> Result<(), RequestError> {
    let on = day(result.on, signed.today)?;
    let (by, how) = (result.searcher, result.result);
    let said = proofs([(Proof::Searcher, by), (Proof::Result, how)])?;
    needed(&said, Proof::Searcher)?;
    needed(&said, Proof::Result)?;
    let (number, found) = (result.number.to_string(), result.found.to_string());
    let fields = [number.as_str(), result.on, &found, by, how];
    let sent = seen.sent(house, signed, "requests.search_end", key, fields);
    let decide = |_: &Opened| {
        let what = Happening::SearchEnded {
            number: result.number,
            found: result.found,
        };
        Ok((on, what, said.clone()))
    };
    worked(
        house,
        signed,
        &sent,
        Work::EndSearch(Some(result.number)),
        seen,
        decide,
    )
    .await
}

/// Chases a search that was not answered.
///
/// # Errors
/// As [`end_search`].
pub async fn chase_search(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    number: u32,
    note: &str,
) -> Result<(), RequestError> {
    let said = proofs([(Proof::Note, note)])?;
    let typed = number.to_string();
    let sent = seen.sent(house, signed, "requests.search_chase", key, [&typed, note]);
    let today = signed.today;
    let decide = |_: &Opened| Ok((today, Happening::SearchChased { number }, said.clone()));
    worked(
        house,
        signed,
        &sent,
        Work::ChaseSearch(Some(number)),
        seen,
        decide,
    )
    .await
}
