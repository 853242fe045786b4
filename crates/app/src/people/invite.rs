//! Invitations: to set the house up, to join, to come back. There is no
//! default account: who holds the token that the first start prints becomes
//! the system administrator, once.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::names::{self, LoginName};
use gongkai_domain::organization::permissions::{Action, Membership, Target};
use gongkai_domain::organization::roles::{Grant, Role, may_grant};
use gongkai_domain::organization::staff::{NAME_CHARS_MAX, reachable};
use gongkai_domain::organization::{OrganizationId, PersonId, Validity};
use gongkai_domain::words::Message;
use gongkai_store::idempotency::{self, Known};
use gongkai_store::people::entry::{self, Invitation};
use gongkai_store::people::{self, NewPerson, Sealed, identities};
use gongkai_store::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::entry::{checked, new_session};
use super::session::{missing, today};
use super::{Attempt, Hasher, PeopleError, Policies, SignedIn, digest_of};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, SentOtherwise, once};
use crate::vault::RecordKey;

/// How long an invitation holds.
const HOLDS: SignedDuration = SignedDuration::from_hours(72);

/// Makes the token that sets up a house where nobody is yet; none where
/// somebody is. It is told once, on the console. Each start tells a new one,
/// and those before hold no more.
///
/// # Errors
/// The store's.
pub async fn setup_token(house: &House) -> Result<Option<String>, StoreError> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    if people::count(&mut tx).await? > 0 {
        return Ok(None);
    }
    entry::drop_setup(&mut tx).await?;
    let token = house.token();
    let invitation = Invitation {
        digest: digest_of(&token),
        person: None,
        purpose: "setup".to_owned(),
        until: later(now),
        used_at: None,
    };
    entry::invite(&mut tx, &invitation, now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

pub(super) fn later(now: Timestamp) -> Timestamp {
    now.saturating_add(HOLDS).unwrap_or(Timestamp::MAX)
}

/// Someone to be invited, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewStaff {
    /// Login name.
    pub login: String,
    /// Name.
    pub display_name: String,
    /// Where they work.
    pub organization: Option<OrganizationId>,
    /// Telephone.
    pub phone: String,
    /// Mail address.
    pub mail: String,
    /// For the first administrators: as which of them.
    pub role: Option<Role>,
    /// The key of the form; empty where there was none.
    pub form: String,
}

impl NewStaff {
    fn sent(&self, house: &House, signed: &SignedIn) -> Sent {
        let organization = self.organization.map(|id| id.0.to_string());
        let fields = [
            self.login.as_str(),
            self.display_name.as_str(),
            organization.as_deref().unwrap_or_default(),
            self.phone.as_str(),
            self.mail.as_str(),
            self.role.map(Role::key).unwrap_or_default(),
        ];
        let sent = Sent::new("people.invite", &self.form, fields).or_new(house);
        sent.blinded(house).of(signed.person.id)
    }
}

/// Seals a field, and indexes it so that it is found again.
pub(super) fn sealed(house: &House, key: &RecordKey, field: &str, text: &str) -> Sealed {
    let text = text.trim();
    if text.is_empty() {
        return Sealed::default();
    }
    Sealed {
        bytes: Some(key.seal(field, text.as_bytes())),
        index: Some(house.vault.blind(field, &text.to_lowercase())),
    }
}

pub(super) struct Named {
    pub(super) login: LoginName,
    pub(super) display_name: String,
}

fn named(login: &str, display_name: &str) -> Result<Named, PeopleError> {
    let login = LoginName::parse(login).map_err(|error| error.message());
    let display_name = names::line(display_name, NAME_CHARS_MAX).map_err(|error| error.message());
    match (login, display_name) {
        (Ok(login), Ok(display_name)) => Ok(Named {
            login,
            display_name,
        }),
        (login, display_name) => Err(PeopleError::Refused(
            [login.err(), display_name.err()]
                .into_iter()
                .flatten()
                .collect(),
        )),
    }
}

/// Adds a person; a login name that is taken is told as that.
pub(super) async fn add(
    tx: &mut Tx,
    house: &House,
    named: &Named,
    new: &NewStaff,
    key: &RecordKey,
    now: Timestamp,
) -> Result<PersonId, PeopleError> {
    let person = NewPerson {
        login: named.login.as_str().to_owned(),
        login_key: named.login.key().to_owned(),
        display_name: named.display_name.clone(),
        organization: new.organization,
        key: key.id.clone(),
        phone: sealed(house, key, "phone", &new.phone),
        mail: sealed(house, key, "mail", &new.mail),
    };
    match people::add(tx, &person, now).await {
        Err(StoreError::Duplicate(_)) => {
            let taken = Message::new("login-taken").with("login", named.login.as_str());
            Err(taken.into())
        }
        added => Ok(added?),
    }
}

/// Invites a person; the token of the invitation, which is told once, and once
/// more to who sends the same form again.
///
/// # Errors
/// [`PeopleError::Denied`], or [`PeopleError::Refused`] with what is wrong.
pub async fn invite(
    house: &House,
    signed: &SignedIn,
    new: &NewStaff,
) -> Result<(PersonId, String), PeopleError> {
    let target = new
        .organization
        .map_or(Target::Installation, Target::Organization);
    let about = ("person", "-".to_owned());
    let who = signed
        .demand(house, Action::PeopleInvite, target, about)
        .await?;
    let now = house.now();
    let named = named(&new.login, &new.display_name)?;
    let wrong = reachable(&new.phone, &new.mail);
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    let works = |id| signed.tree.is_valid(id, signed.today);
    if new.organization.is_some_and(|id| !works(id)) {
        return Err(PeopleError::refused("invite-where"));
    }
    let key = house.vault.new_key().await?;
    let sent = new.sent(house, signed);
    let work = async |mut tx: Tx| -> Result<(Tx, String), PeopleError> {
        let first = first_role(&mut tx, house, signed, new).await?;
        let person = add(&mut tx, house, &named, new, &key, now).await?;
        if let Some(role) = first {
            let grant = first_grant(person, role, now);
            people::grant(&mut tx, &grant, Some(signed.person.id), now).await?;
        }
        let salt = way_in(&mut tx, house, &sent, "invite", person, later(now)).await?;
        let detail = json!({ "role": first.map(Role::key), "organization": new.organization.map(|id| id.0) });
        write(&mut tx, &who, "people.invite", person, detail, now).await?;
        Ok((tx, format!("{person} {salt}")))
    };
    told(house, &sent, &once(house, &sent, work).await?)
}

/// Makes an invitation; what its token is made of, for [`told`].
pub(super) async fn way_in(
    tx: &mut Tx,
    house: &House,
    sent: &Sent,
    purpose: &str,
    person: PersonId,
    until: Timestamp,
) -> Result<String, StoreError> {
    let salt = house.token();
    let invitation = Invitation {
        digest: digest_of(&sent.secret(house, &salt)),
        person: Some(person),
        purpose: purpose.to_owned(),
        until,
        used_at: None,
    };
    entry::invite(tx, &invitation, house.now()).await?;
    Ok(salt)
}

/// For whom a secret is, and the secret, of the answer that was kept: the
/// person's number and what the secret is made of.
pub(super) fn told(
    house: &House,
    sent: &Sent,
    answer: &str,
) -> Result<(PersonId, String), PeopleError> {
    let parts = answer.split_once(' ');
    let found = parts.and_then(|(id, salt)| Some((PersonId(id.parse().ok()?), salt)));
    let (person, salt) = found.ok_or_else(|| {
        StoreError::Refused(format!("the answer kept for a form is none: {answer}"))
    })?;
    Ok((person, sent.secret(house, salt)))
}

/// The role that an invitation brings along: only while the house is set up,
/// and only one of the administrators that nobody is yet. Afterwards roles are
/// granted by the security administrator (GB/T 22239-2019 8.1.5.2).
async fn first_role(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    new: &NewStaff,
) -> Result<Option<Role>, PeopleError> {
    if signed.actor.membership != Membership::Setup {
        return match new.role {
            None => Ok(None),
            Some(_) => Err(PeopleError::refused("invite-without-role")),
        };
    }
    let missing = missing(tx, today(house.now())).await?;
    match new.role.filter(|role| missing.contains(role)) {
        Some(role) => Ok(Some(role)),
        None => Err(PeopleError::refused("invite-administrators-first")),
    }
}

fn first_grant(person: PersonId, role: Role, now: Timestamp) -> Grant {
    Grant {
        person,
        organization: None,
        role,
        validity: Validity::since(today(now)),
    }
}

pub(super) async fn write(
    tx: &mut Tx,
    who: &Who,
    action: &str,
    person: PersonId,
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let deed = Deed {
        action,
        object_kind: "person",
        object: person.0.to_string(),
        outcome: Outcome::Done,
        detail,
    };
    audit::write(tx, who, &deed, now).await
}

/// Looks an invitation up that holds; for whom, and for what.
///
/// # Errors
/// [`PeopleError::Refused`] if there is none, or it was used or is over.
pub async fn invitation(house: &House, token: &str) -> Result<Invitation, PeopleError> {
    let mut tx = house.db.read().await?;
    let found = entry::invitation(&mut tx, &digest_of(token)).await?;
    tx.roll_back().await?;
    found
        .filter(|found| found.used_at.is_none() && found.until > house.now())
        .ok_or_else(|| PeopleError::refused("invitation-over"))
}

/// How an invitation is accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The token of the invitation.
    pub token: String,
    /// For setting up: the login name that was chosen.
    pub login: String,
    /// For setting up: the name.
    pub display_name: String,
    /// The password that was chosen.
    pub password: String,
    /// The key of the form; empty where there was none.
    pub form: String,
}

/// Accepts an invitation; the token of a session in which the second factor is
/// set up, or shown where there is one: coming back does not drop it. The same
/// form sent again, with the same password, is told the same session while that
/// goes on.
///
/// # Errors
/// [`PeopleError::Refused`] with what is wrong; the invitation holds on then.
pub async fn accept(
    house: &House,
    hasher: &Hasher,
    accepted: &Accepted,
    attempt: &Attempt,
) -> Result<String, PeopleError> {
    // Of the password nothing is kept but its slow hash.
    let fields = [
        accepted.token.as_str(),
        &accepted.login,
        &accepted.display_name,
    ];
    let sent = Sent::new("people.accept", &accepted.form, fields).or_new(house);
    match accept_once(house, hasher, accepted, &sent, attempt).await {
        // The same form may have used the invitation up, before or a moment ago.
        Err(PeopleError::Refused(wrong)) => match before(house, &sent).await? {
            Some(answer) => accepted_before(house, hasher, accepted, &sent, &answer).await,
            None => Err(PeopleError::Refused(wrong)),
        },
        told => told,
    }
}

async fn accept_once(
    house: &House,
    hasher: &Hasher,
    accepted: &Accepted,
    sent: &Sent,
    attempt: &Attempt,
) -> Result<String, PeopleError> {
    let invitation = invitation(house, &accepted.token).await?;
    let now = house.now();
    let mut tx = house.db.read().await?;
    let policies = Policies::load(&mut tx).await?;
    let person = match invitation.person {
        Some(id) => Some(
            people::get(&mut tx, id)
                .await?
                .ok_or(PeopleError::Missing)?,
        ),
        None => None,
    };
    let (person, hash, new) = match person {
        Some(person) => {
            let hash = checked(&mut tx, hasher, &policies, &person, &accepted.password).await?;
            (Some(person), hash, None)
        }
        None => {
            let named = named(&accepted.login, &accepted.display_name)?;
            let hash = first_password(hasher, &policies, &named, &accepted.password).await?;
            (None, hash, Some((named, house.vault.new_key().await?)))
        }
    };
    tx.roll_back().await?;
    let salt = house.token();
    let work = async |mut tx: Tx| -> Result<(Tx, String), PeopleError> {
        if let Some(person) = &person {
            // Disabled meanwhile: the link is over.
            let current = people::held(&mut tx, person.id).await?;
            if current.is_none_or(|current| current.state == "disabled") {
                return Err(PeopleError::refused("invitation-over"));
            }
        }
        entry::use_invitation(&mut tx, &invitation.digest, now)
            .await
            .map_err(|error| match error {
                StoreError::Conflict => PeopleError::refused("invitation-over"),
                error => error.into(),
            })?;
        let id = match (&person, &new) {
            (Some(person), _) => person.id,
            (None, Some((named, key))) => {
                first_administrator(&mut tx, house, named, key, attempt, now).await?
            }
            (None, None) => return Err(PeopleError::Missing),
        };
        let remembered = i64::try_from(policies.profile.rules().remembered).unwrap_or(i64::MAX);
        entry::set_password(&mut tx, id, &hash, now, remembered).await?;
        let token = sent.secret(house, &salt);
        joined(&mut tx, id, &invitation.purpose, &token, attempt, now).await?;
        Ok((tx, format!("{id} {salt}")))
    };
    let answer = once(house, sent, work).await?;
    if answer.ends_with(&salt) {
        return told(house, sent, &answer).map(|(_, token)| token);
    }
    // Sent twice at once: the other was first.
    accepted_before(house, hasher, accepted, sent, &answer).await
}

/// What the same form was answered, where it was sent before.
pub(super) async fn before(house: &House, sent: &Sent) -> Result<Option<String>, PeopleError> {
    let mut tx = house.db.write().await?;
    let known = idempotency::look(&mut tx, sent.purpose, &sent.key, &sent.digest, house.now());
    let answer = match known.await? {
        Known::New => None,
        Known::Done(answer) => Some(answer),
        Known::Other => return Err(SentOtherwise.into()),
    };
    // So that it is told only when the first is durable.
    tx.commit().await?;
    Ok(answer)
}

/// The session of an invitation that was accepted by the same form a moment
/// ago. Who knows the form is to know the password too.
async fn accepted_before(
    house: &House,
    hasher: &Hasher,
    accepted: &Accepted,
    sent: &Sent,
    answer: &str,
) -> Result<String, PeopleError> {
    let (id, token) = told(house, sent, answer)?;
    let mut tx = house.db.read().await?;
    let person = people::get(&mut tx, id).await?;
    let session = entry::session_of(&mut tx, &digest_of(&token)).await?;
    tx.roll_back().await?;
    let password = person.and_then(|person| person.password);
    let knows = hasher
        .verify(&accepted.password, password.as_deref())
        .await?;
    if knows && session.is_some() {
        Ok(token)
    } else {
        Err(PeopleError::refused("invitation-over"))
    }
}

/// Lets in who has just chosen a password, with every other session over.
async fn joined(
    tx: &mut Tx,
    id: PersonId,
    purpose: &str,
    token: &str,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(), PeopleError> {
    entry::join(tx, id).await?;
    if purpose == "recover" {
        // Whoever had the account may have linked one of their own.
        identities::unlink_all(tx, id).await?;
    }
    entry::end_sessions(tx, id, "").await?;
    let person = people::get(tx, id).await?.ok_or(PeopleError::Missing)?;
    let session = new_session(&person, token, 1, attempt, now);
    entry::begin_session(tx, &session).await?;
    let who = Who {
        person: Some(id.0),
        name: person.login.clone(),
        acting_for: None,
        organization: person.organization.map(|id| id.0),
        source: attempt.source.clone(),
        request: attempt.request.clone(),
    };
    let detail = json!({ "purpose": purpose });
    Ok(write(tx, &who, "people.accept", id, detail, now).await?)
}

async fn first_password(
    hasher: &Hasher,
    policies: &Policies,
    named: &Named,
    password: &str,
) -> Result<String, PeopleError> {
    use gongkai_domain::organization::password::Context;
    let context = Context {
        login_name: named.login.as_str(),
        display_name: &named.display_name,
        organization_names: &[],
    };
    let wrong = super::passwords::faults(policies.profile, password, &context);
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    Ok(hasher.hash(password).await?)
}

/// Makes the system administrator of a house where nobody is.
async fn first_administrator(
    tx: &mut Tx,
    house: &House,
    named: &Named,
    key: &RecordKey,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<PersonId, PeopleError> {
    if people::count(tx).await? > 0 {
        return Err(PeopleError::refused("invitation-over"));
    }
    let id = add(tx, house, named, &NewStaff::default(), key, now).await?;
    let grant = first_grant(id, Role::SystemAdministrator, now);
    people::grant(tx, &grant, None, now).await?;
    let who = Who {
        source: attempt.source.clone(),
        request: attempt.request.clone(),
        ..Who::program("setup")
    };
    let detail = json!({ "role": Role::SystemAdministrator.key() });
    write(tx, &who, "roles.grant", id, detail, now).await?;
    Ok(id)
}

/// Checks what a grant asks for against everything the person holds.
pub(super) fn lawful(
    giver: PersonId,
    existing: &[Grant],
    grant: &Grant,
) -> Result<(), PeopleError> {
    may_grant(giver, existing, grant).map_err(PeopleError::from)
}
