//! Inspecting a file for a body, and letting one pass.

use gongkai_domain::inspection::rules::{RULES, VERSION};
use gongkai_domain::inspection::{Dictionary, Scanner, Verdict};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Reach, Target, reach};
use gongkai_domain::register as rules;
use gongkai_domain::words::Message;
use gongkai_store::inspection::{self, Kept, New};
use gongkai_store::{StoreError, Tx};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    CONFIRM, File, Inspected, InspectionError, KIND, NONE, Outcome, Superseded, USE, deed, examine,
    field, shown,
};
use crate::audit::{self, Who};
use crate::house::{House, Inspecting};
use crate::once::once;
use crate::people::SignedIn;
use crate::report::orders::Reader;
use crate::vault::VaultError;

/// Longer names than any file system keeps are cut.
const NAME_CHARS_MAX: usize = 255;

/// SHA-256 of a file, in hexadecimal: by it an inspection is found again.
pub fn digest_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Inspects a file for an organization and keeps what came of it; its number.
/// A file of which the same was found before is not kept twice: who let it pass
/// has let it pass. Sent twice, it is inspected once.
///
/// # Errors
/// [`InspectionError::Unread`] if the file could not be opened at all.
pub async fn inspect(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    key: &str,
    organization: Option<OrganizationId>,
    file: &File,
) -> Result<i64, InspectionError> {
    let target = organization.map_or(Target::Somewhere, Target::Organization);
    let about = (KIND, NONE.to_owned());
    let who = signed.demand(house, USE, target, about).await?;
    let organization = organization.ok_or_else(|| Message::new("inspection-no-organization"))?;
    let examined = examine(&house.inspecting, reader, file, signed.today).await;
    let outcome = examined.map_err(InspectionError::Unread)?;
    let digest = digest_of(&file.bytes);
    let place = organization.to_string();
    let sent = signed.sent("inspection", key, [place.as_str(), &digest]);
    let new = Found {
        organization,
        digest: &digest,
        file,
        outcome: &outcome,
    };
    let work = async |tx: Tx| kept(house, &who, &new, tx).await;
    let answer = once(house, &sent, work).await?;
    let told = |_| StoreError::Refused("the answer kept for a form is no number".to_owned());
    Ok(answer.parse().map_err(told)?)
}

/// Inspects a file that comes with something else, from outside or with a paper,
/// and keeps what came of it; who may bring it was asked before. Whether it may
/// come in, [`may_come_in`] tells.
///
/// # Errors
/// [`InspectionError::Unread`] if the file could not be opened at all.
pub async fn inspect_brought(
    house: &House,
    reader: &dyn Reader,
    who: &Who,
    organization: OrganizationId,
    file: &File,
) -> Result<Outcome, InspectionError> {
    let examined = examine(&house.inspecting, reader, file, house.today()).await;
    let outcome = examined.map_err(InspectionError::Unread)?;
    let found = Found {
        organization,
        digest: &digest_of(&file.bytes),
        file,
        outcome: &outcome,
    };
    let (tx, _) = kept(house, who, &found, house.db.write().await?).await?;
    tx.commit().await?;
    Ok(outcome)
}

/// What was found in a file for an organization.
struct Found<'a> {
    organization: OrganizationId,
    digest: &'a str,
    file: &'a File,
    outcome: &'a super::Outcome,
}

async fn kept(
    house: &House,
    who: &Who,
    found: &Found<'_>,
    mut tx: Tx,
) -> Result<(Tx, String), InspectionError> {
    let now = house.now();
    let outcome = serde_json::to_vec(found.outcome)
        .map_err(|error| StoreError::Refused(error.to_string()))?;
    let verdict = found.outcome.verdict;
    let last = inspection::last(&mut tx, found.organization, found.digest).await?;
    let detail = json!({
        "organization": found.organization.0,
        "digest": found.digest,
        "verdict": verdict.key(),
        "findings": found.outcome.findings.len(),
    });
    let rules = rules_now(&house.inspecting);
    let blind = name_blind(house, found.organization, &found.file.name);
    let mut same = None;
    if let Some(last) = last.filter(|last| last.rules == rules && last.name_blind == blind) {
        let opened = match house.vault.key(&last.key).await {
            Ok(key) => Some(key.open(&field(last.organization, "outcome"), &last.outcome)?),
            Err(VaultError::Erased) => None,
            Err(error) => return Err(error.into()),
        };
        same = opened
            .is_some_and(|opened| *opened == outcome)
            .then_some(last);
    }
    if let Some(last) = same {
        audit::write(&mut tx, who, &deed(USE, last.id.to_string(), detail), now).await?;
        return Ok((tx, last.id.to_string()));
    }
    let key = house.vault.new_key().await?;
    let name: String = found.file.name.chars().take(NAME_CHARS_MAX).collect();
    let new = New {
        organization: found.organization,
        digest: found.digest,
        bytes: i64::try_from(found.file.bytes.len()).unwrap_or(i64::MAX),
        key: &key.id,
        name: key.seal(&field(found.organization, "name"), name.as_bytes()),
        name_blind: &blind,
        kind: &found.outcome.kind,
        verdict: verdict.key(),
        outcome: key.seal(&field(found.organization, "outcome"), &outcome),
        rules: &rules,
        at: now,
        by: &who.name,
    };
    let id = inspection::add(&mut tx, &new).await?;
    audit::write(&mut tx, who, &deed(USE, id.to_string(), detail), now).await?;
    Ok((tx, id.to_string()))
}

/// Lets a file pass that asks for a person, for a reason that is written down.
/// What is refused nobody lets pass. Sent twice, it is done once.
///
/// # Errors
/// [`InspectionError::Refused`] without a reason, with one that holds a number,
/// where there is nothing to settle, or where the file was inspected again or the
/// rules have changed since; [`StoreError::Conflict`] where somebody
/// else was first.
pub async fn confirm(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
    reason: &str,
) -> Result<(), InspectionError> {
    let (there, who) = allowed(house, signed, id).await?;
    let reason = rules::reason(reason)?;
    let scanner = Dictionary::new(&[]).map(|none| Scanner::new(none, signed.today));
    let tells = scanner.is_ok_and(|scanner| scanner.masked(&reason) != reason);
    if tells {
        return Err(Message::new("inspection-reason-tells").into());
    }
    let object = id.to_string();
    // Of the reason nothing is kept by which it could be guessed.
    let blind = house.vault.blind("inspection.form", &reason);
    let sent = signed.sent("inspection.confirm", key, [object.as_str(), &blind]);
    let work = async |tx: Tx| confirmed(house, signed, &who, &there, &reason, tx).await;
    once(house, &sent, work).await?;
    Ok(())
}

/// The inspection, if it may be confirmed by who asks; a denial is written down.
async fn allowed(
    house: &House,
    signed: &SignedIn,
    id: i64,
) -> Result<(Kept, Who), InspectionError> {
    let about = (KIND, id.to_string());
    signed
        .demand(house, CONFIRM, Target::Somewhere, about.clone())
        .await?;
    let mut tx = house.db.read().await?;
    let there = inspection::get(&mut tx, &sight(signed), id).await?;
    tx.roll_back().await?;
    let there = there.ok_or(InspectionError::Missing)?;
    let target = Target::Organization(there.organization);
    let who = signed.demand(house, CONFIRM, target, about).await?;
    Ok((there, who))
}

/// What a person may see of inspections.
pub(super) fn sight(signed: &SignedIn) -> Reach {
    reach(&signed.actor, USE, &signed.tree, signed.today)
}

async fn confirmed(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    there: &Kept,
    reason: &str,
    mut tx: Tx,
) -> Result<(Tx, String), InspectionError> {
    let now = house.now();
    let id = there.id;
    let there = inspection::get(&mut tx, &sight(signed), id).await?;
    let there = there.ok_or(InspectionError::Missing)?;
    let verdict = Verdict::from_key(&there.verdict).unwrap_or(Verdict::Refused);
    if !verdict.asks_a_person() {
        return Err(Message::new("inspection-nothing-to-confirm").into());
    }
    if let Some(superseded) = superseded(house, &there) {
        return Err(superseded.label().into());
    }
    let key = house.vault.key(&there.key).await?;
    let sealed = key.seal(&field(there.organization, "reason"), reason.as_bytes());
    inspection::confirm(&mut tx, id, now, &who.name, sealed).await?;
    let detail = json!({
        "digest": there.digest,
        "verdict": there.verdict,
        "reason": reason,
    });
    audit::write(&mut tx, who, &deed(CONFIRM, id.to_string(), detail), now).await?;
    Ok((tx, id.to_string()))
}

/// A blind of a file's name, within a body.
fn name_blind(house: &House, organization: OrganizationId, name: &str) -> String {
    let place = field(organization, "name");
    house.vault.blind(&place, name)
}

/// A fingerprint of what files are inspected with: our rules, the expressions of
/// the installation, whether there is a virus scanner. What was found by others
/// is out of date.
fn rules_now(inspecting: &Inspecting) -> String {
    let mut digest = Sha256::new();
    digest.update(VERSION.to_be_bytes());
    digest.update(env!("CARGO_PKG_VERSION"));
    for rule in RULES {
        digest.update(rule.code);
        digest.update(format!("{:?}{}", rule.severity, rule.can_be_confirmed));
    }
    digest.update([u8::from(inspecting.scanner.is_some())]);
    digest.update(&inspecting.expressions);
    hex::encode(digest.finalize())
}

/// What makes an inspection out of date, if anything.
pub(super) fn superseded(house: &House, kept: &Kept) -> Option<Superseded> {
    if kept.newest != kept.id {
        Some(Superseded::Newer)
    } else if kept.rules != rules_now(&house.inspecting) {
        Some(Superseded::Rules)
    } else {
        None
    }
}

/// Whether a file may pass for an organization under a name: the newest
/// inspection of its bytes was made under that name and by the rules of now, and
/// either nothing stands against it or a person let it pass. Asked inside the
/// transaction that hands the file on.
///
/// # Errors
/// The store's.
pub async fn may_pass(
    house: &House,
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let last = inspection::last(tx, organization, digest).await?;
    Ok(last.is_some_and(|last| {
        superseded(house, &last).is_none()
            && last.name_blind == name_blind(house, organization, name)
            && Verdict::from_key(&last.verdict)
                .is_some_and(|verdict| verdict.may_pass(last.confirmed.is_some()))
    }))
}

/// Whether a file from outside may come in under a name: its newest inspection
/// under that name was made by the rules of now, and did not refuse it. The same
/// bytes may come under several names; where they were refused under another one
/// since, they are to be inspected again. What people write of themselves, and
/// what only a person can read, comes in; before it is handed on to others,
/// [`may_pass`] is asked. None where it was not inspected.
///
/// # Errors
/// The store's.
pub async fn may_come_in(
    house: &House,
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &str,
    name: &str,
) -> Result<Option<bool>, StoreError> {
    let blind = name_blind(house, organization, name);
    let is_refused = |kept: &Kept| {
        Verdict::from_key(&kept.verdict).is_none_or(|verdict| verdict == Verdict::Refused)
    };
    let named = inspection::last_named(tx, organization, digest, &blind).await?;
    let rules = rules_now(&house.inspecting);
    let Some(named) = named.filter(|named| named.rules == rules) else {
        return Ok(None);
    };
    let last = inspection::last(tx, organization, digest).await?;
    if last.is_some_and(|last| last.id != named.id && is_refused(&last)) {
        return Ok(None);
    }
    Ok(Some(!is_refused(&named)))
}

/// One inspection, for who may see it; the look is written down.
pub(super) async fn seen(
    house: &House,
    signed: &SignedIn,
    id: i64,
) -> Result<Inspected, InspectionError> {
    let about = (KIND, id.to_string());
    signed
        .demand(house, USE, Target::Somewhere, about.clone())
        .await?;
    let mut tx = house.db.read().await?;
    let there = inspection::get(&mut tx, &sight(signed), id).await?;
    tx.roll_back().await?;
    let there = there.ok_or(InspectionError::Missing)?;
    let target = Target::Organization(there.organization);
    let who = signed.demand(house, USE, target, about).await?;
    let shown = shown(house, &there).await?;
    let mut tx = house.db.write().await?;
    let looked = deed(USE, id.to_string(), json!({ "seen": true }));
    audit::write(&mut tx, &who, &looked, house.now()).await?;
    tx.commit().await?;
    Ok(shown)
}
