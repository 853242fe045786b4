//! Signing in: a password, then a second factor. Known and unknown names get
//! the same answer for the same work.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::lockout::{self, Counter, Failures};
use gongkai_domain::organization::names::LoginName;
use gongkai_domain::organization::password::Context;
use gongkai_domain::words::Message;
use gongkai_store::idempotency::{self, Known};
use gongkai_store::organization;
use gongkai_store::people::entry::{self, Session};
use gongkai_store::people::{self, Person};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde_json::json;

use super::session::counter_key;
use super::{Hasher, PeopleError, Policies, SignedIn, digest_of, factor};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, TRIES};

/// Someone who wants to come in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The name that was typed.
    pub login: String,
    /// The password that was typed.
    pub password: String,
    /// From which address.
    pub source: String,
    /// With which browser.
    pub agent: String,
    /// The request.
    pub request: String,
    /// The key of the form; empty where there was none.
    pub form: String,
}

/// The answer to every failure, so that it tells nothing.
fn refused() -> PeopleError {
    PeopleError::refused("sign-in-refused")
}

impl From<super::Hashing> for PeopleError {
    fn from(_: super::Hashing) -> Self {
        Self::refused("sign-in-busy")
    }
}

/// The subjects that are counted: the name, as nobody can read it, and the
/// address.
fn subjects(house: &House, login_key: &str, source: &str) -> [(Counter, String); 2] {
    let source = lockout::source_of(source);
    [
        (Counter::Person, subject_of(house, login_key)),
        (Counter::Source, house.vault.blind("source", &source)),
    ]
}

/// The subject by which failures of a login name are counted.
pub(super) fn subject_of(house: &House, login_key: &str) -> String {
    house.vault.blind("login", login_key)
}

/// What somebody has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing that was right.
    Nothing,
    /// One factor: neither clears what was failed with the other.
    One,
    /// Both.
    Both,
}

/// The counters of a person and of an address, held until the transaction ends.
pub(super) struct Gate {
    person: (String, Failures),
    source: (String, Failures),
    now: Timestamp,
}

impl Gate {
    pub(super) async fn open(
        tx: &mut Tx,
        house: &House,
        login_key: &str,
        source: &str,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let [(_, person), (_, source)] = subjects(house, login_key, source);
        // Always in this order: two who come at once wait for each other.
        let of_person = entry::failures(tx, counter_key(Counter::Person), &person).await?;
        let of_source = entry::failures(tx, counter_key(Counter::Source), &source).await?;
        Ok(Self {
            person: (person, of_person),
            source: (source, of_source),
            now,
        })
    }

    /// Whether nobody comes in now, whatever they show.
    pub(super) fn is_locked(&self) -> bool {
        lockout::is_locked(self.person.1, self.now) || self.is_source_locked()
    }

    fn is_source_locked(&self) -> bool {
        lockout::is_locked(self.source.1, self.now)
    }

    /// Counts what was shown. From an address that is locked, or that staff may
    /// not come from, nothing is counted against a person: nobody locks others
    /// out from there.
    pub(super) async fn close(
        self,
        tx: &mut Tx,
        policies: &Policies,
        shown: Shown,
        admitted: bool,
    ) -> Result<(), StoreError> {
        let counts = admitted && !self.is_source_locked();
        let failed = |counter, state| {
            lockout::after_failure(policies.lockout.limit(counter), state, self.now)
        };
        let (person, source) = match shown {
            Shown::Nothing if counts => (
                failed(Counter::Person, self.person.1),
                failed(Counter::Source, self.source.1),
            ),
            Shown::Nothing => (self.person.1, failed(Counter::Source, self.source.1)),
            Shown::Both if !self.is_locked() => (
                lockout::after_success(Counter::Person, self.person.1),
                lockout::after_success(Counter::Source, self.source.1),
            ),
            Shown::One | Shown::Both => (self.person.1, self.source.1),
        };
        entry::set_failures(tx, counter_key(Counter::Person), &self.person.0, person).await?;
        entry::set_failures(tx, counter_key(Counter::Source), &self.source.0, source).await
    }
}

fn deed(action: &'static str, person: Option<&Person>, outcome: Outcome) -> Deed<'static> {
    Deed {
        action,
        object_kind: "person",
        object: person.map_or_else(|| "-".to_owned(), |person| person.id.0.to_string()),
        outcome,
        detail: json!({}),
    }
}

pub(super) fn who(person: Option<&Person>, source: &str, request: &str) -> Who {
    Who {
        person: person.map(|person| person.id.0),
        // What was typed may be a password: only a name that exists is kept.
        name: person.map_or_else(|| "-".to_owned(), |person| person.login.clone()),
        acting_for: None,
        organization: None,
        source: source.to_owned(),
        request: request.to_owned(),
    }
}

/// Takes a name and a password; the token of a session that may do nothing but
/// show or set up the second factor. The same form sent again begins no second
/// session, and is told the first.
///
/// # Errors
/// [`PeopleError::Refused`] with one and the same message, whatever was wrong.
pub async fn sign_in(
    house: &House,
    hasher: &Hasher,
    attempt: &Attempt,
) -> Result<String, PeopleError> {
    let name = LoginName::parse(&attempt.login);
    // A name that cannot be one costs the same.
    let key = name.map_or_else(|_| String::new(), |name| name.key().to_owned());
    let mut tx = house.db.read().await?;
    let policies = Policies::load(&mut tx).await?;
    let person = people::by_login(&mut tx, &key).await?;
    tx.roll_back().await?;
    // An address that staff may not come from is refused whatever it knows.
    let admitted = policies.admits(&attempt.source);
    let kept = person
        .as_ref()
        .and_then(|person| person.password.as_deref());
    let knows = hasher.verify(&attempt.password, kept).await?;
    let coming = Coming {
        attempt,
        key: &key,
        person: person.as_ref(),
        policies: &policies,
        knows: knows && admitted,
        admitted,
        // Of the password nothing is kept but its slow hash: it was asked for
        // before the form's key is looked at.
        sent: Sent::new("session.begin", &attempt.form, [key.as_str()]).or_new(house),
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match coming.begin(house).await {
            Ok(token) => return token.ok_or_else(refused),
            // The form came twice at once, or nobody knows whether it was done:
            // look again.
            Err(StoreError::Duplicate(_) | StoreError::Unknown(_)) if knows && tries < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What a form began when it was sent before.
#[derive(PartialEq, Eq)]
enum Before {
    /// It was not sent.
    Nothing,
    /// A session that is over, or another's: what it shows now begins its own.
    Over,
    /// A session that goes on.
    Goes(String),
}

/// Someone whose password was looked at.
struct Coming<'a> {
    attempt: &'a Attempt,
    key: &'a str,
    person: Option<&'a Person>,
    policies: &'a Policies,
    knows: bool,
    admitted: bool,
    sent: Sent,
}

impl Coming<'_> {
    /// Lets them in, or counts that they failed; the token of their session.
    async fn begin(&self, house: &House) -> Result<Option<String>, StoreError> {
        let Self {
            attempt,
            key,
            person,
            policies,
            admitted,
            ..
        } = *self;
        let now = house.now();
        let mut tx = house.db.write().await?;
        let gate = Gate::open(&mut tx, house, key, &attempt.source, now).await?;
        // The password may have been changed, or the person disabled, since it was
        // looked at.
        let nobody = PersonId(0);
        let current = people::held(&mut tx, person.map_or(nobody, |person| person.id)).await?;
        let is_same = current.as_ref().is_some_and(|current| {
            current.state == "active" && person.is_some_and(|p| p.password == current.password)
        });
        let succeeded = self.knows && is_same;
        let comes = succeeded && !gate.is_locked();
        let shown = if succeeded {
            Shown::One
        } else {
            Shown::Nothing
        };
        gate.close(&mut tx, policies, shown, admitted).await?;
        let outcome = if comes {
            Outcome::Done
        } else {
            Outcome::Failed
        };
        let person_in = person.filter(|_| comes);
        let before = match person_in {
            Some(person) => self.begun_before(house, &mut tx, person).await?,
            None => Before::Nothing,
        };
        if let Before::Goes(token) = before {
            tx.commit().await?;
            return Ok(Some(token));
        }
        let who = who(person, &attempt.source, &attempt.request);
        audit::write(&mut tx, &who, &deed("session.begin", person, outcome), now).await?;
        let mut token = None;
        if let Some(person) = person_in {
            let salt = house.token();
            let made = self.sent.secret(house, &salt);
            let session = new_session(person, &made, 1, attempt, now);
            entry::begin_session(&mut tx, &session).await?;
            if before == Before::Nothing {
                let Sent {
                    purpose,
                    key,
                    digest,
                    ..
                } = &self.sent;
                idempotency::keep(&mut tx, purpose, key, digest, &salt, now).await?;
            }
            token = Some(made);
        }
        tx.commit().await?;
        Ok(token)
    }

    /// What the same form began.
    async fn begun_before(
        &self,
        house: &House,
        tx: &mut Tx,
        person: &Person,
    ) -> Result<Before, StoreError> {
        let Sent {
            purpose,
            key,
            digest,
            ..
        } = &self.sent;
        let known = idempotency::look(tx, purpose, key, digest, house.now()).await?;
        let salt = match known {
            Known::New => return Ok(Before::Nothing),
            Known::Other => return Ok(Before::Over),
            Known::Done(salt) => salt,
        };
        let token = self.sent.secret(house, &salt);
        let session = entry::session_of(tx, &digest_of(&token)).await?;
        let goes_on = session.is_some_and(|session| session.person == person.id);
        Ok(if goes_on {
            Before::Goes(token)
        } else {
            Before::Over
        })
    }
}

pub(super) fn new_session(
    person: &Person,
    token: &str,
    factors: i64,
    attempt: &Attempt,
    now: Timestamp,
) -> Session {
    Session {
        digest: digest_of(token),
        person: person.id,
        factors,
        begun_at: now,
        used_at: now,
        source: attempt.source.clone(),
        agent: attempt.agent.chars().take(200).collect(),
        door: Door::Password,
    }
}

/// Takes the second factor: a code of the telephone, once, or a recovery code,
/// once. The token of a new session; the old one is over.
///
/// # Errors
/// [`PeopleError::Refused`].
pub async fn second_factor(
    house: &House,
    signed: &SignedIn,
    code: &str,
) -> Result<String, PeopleError> {
    let now = house.now();
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    let step = factor::step_of(house, &signed.person, &code, now).await?;
    let mut tx = house.db.write().await?;
    let policies = Policies::load(&mut tx).await?;
    let source = &signed.session.source;
    let gate = Gate::open(&mut tx, house, &signed.person.login_key, source, now).await?;
    people::held(&mut tx, signed.person.id).await?;
    // Nothing is used up while nobody comes in anyway.
    let is_right = !gate.is_locked()
        && match step {
            Some(step) => entry::use_step(&mut tx, signed.person.id, step).await?,
            None => {
                let digest = digest_of(&code.to_lowercase());
                entry::use_recovery_code(&mut tx, signed.person.id, &digest, now).await?
            }
        };
    let shown = if is_right {
        Shown::Both
    } else {
        Shown::Nothing
    };
    gate.close(&mut tx, &policies, shown, true).await?;
    let token = house.token();
    let comes = is_right && replace_session(&mut tx, signed, &token, now).await?;
    let outcome = if comes {
        Outcome::Done
    } else {
        Outcome::Failed
    };
    let deed = deed("session.second_factor", Some(&signed.person), outcome);
    audit::write(&mut tx, &signed.who, &deed, now).await?;
    tx.commit().await?;
    if comes {
        Ok(token)
    } else {
        Err(PeopleError::refused("second-factor-refused"))
    }
}

/// A new session of both factors in the place of this one, so that who knew
/// the old token knows nothing; none where the old one was ended meanwhile.
pub(super) async fn replace_session(
    tx: &mut Tx,
    signed: &SignedIn,
    token: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !entry::end_session(tx, signed.person.id, &signed.session.digest).await? {
        return Ok(false);
    }
    let session = Session {
        digest: digest_of(token),
        factors: 2,
        begun_at: now,
        used_at: now,
        ..signed.session.clone()
    };
    entry::begin_session(tx, &session).await?;
    entry::touch(tx, &session, now).await?;
    Ok(true)
}

/// Ends a session.
///
/// # Errors
/// The store's.
pub async fn sign_out(house: &House, signed: &SignedIn) -> Result<(), PeopleError> {
    let mut tx = house.db.write().await?;
    entry::end_session(&mut tx, signed.person.id, &signed.session.digest).await?;
    let deed = deed("session.end", Some(&signed.person), Outcome::Done);
    audit::write(&mut tx, &signed.who, &deed, house.now()).await?;
    Ok(tx.commit().await?)
}

/// One's own sessions, the last used first.
///
/// # Errors
/// The store's.
pub async fn own_sessions(house: &House, signed: &SignedIn) -> Result<Vec<Session>, PeopleError> {
    let mut tx = house.db.read().await?;
    let sessions = entry::sessions(&mut tx, signed.person.id).await?;
    tx.roll_back().await?;
    Ok(sessions)
}

/// Ends one of one's own sessions, or, with none named, all but this one.
///
/// # Errors
/// The store's.
pub async fn end_own_session(
    house: &House,
    signed: &SignedIn,
    digest: &str,
) -> Result<(), PeopleError> {
    let mut tx = house.db.write().await?;
    if digest.is_empty() {
        entry::end_sessions(&mut tx, signed.person.id, &signed.session.digest).await?;
    } else {
        entry::end_session(&mut tx, signed.person.id, digest).await?;
    }
    let deed = deed("self.sessions", Some(&signed.person), Outcome::Done);
    audit::write(&mut tx, &signed.who, &deed, house.now()).await?;
    Ok(tx.commit().await?)
}

/// Whether somebody who was in a moment ago still is, with the same password
/// and second factor: work that took long is not done for who was disabled
/// meanwhile. The person is held until the transaction ends.
pub(super) async fn is_still_in(tx: &mut Tx, signed: &SignedIn) -> Result<bool, StoreError> {
    let current = people::held(tx, signed.person.id).await?;
    let session = entry::session_of(tx, &signed.session.digest).await?;
    let was = &signed.person;
    Ok(session.is_some()
        && current.is_some_and(|current| {
            current.state == "active"
                && current.password == was.password
                && current.totp == was.totp
        }))
}

/// Whether the old password was right and may be tried at all. One that was
/// wrong counts as a failure to come in, or a session that was left open would
/// be a place to guess at it.
async fn may_change(
    house: &House,
    signed: &SignedIn,
    knows: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = house.db.write().await?;
    let policies = Policies::load(&mut tx).await?;
    let (login, source) = (&signed.person.login_key, &signed.who.source);
    let gate = Gate::open(&mut tx, house, login, source, now).await?;
    if knows && !gate.is_locked() {
        tx.roll_back().await?;
        return Ok(true);
    }
    gate.close(&mut tx, &policies, Shown::Nothing, true).await?;
    let deed = deed("self.password", Some(&signed.person), Outcome::Failed);
    audit::write(&mut tx, &signed.who, &deed, now).await?;
    tx.commit().await?;
    Ok(false)
}

/// Changes one's own password. Every other session of one's own is over.
///
/// # Errors
/// [`PeopleError::Refused`] with everything that is wrong with the new one.
pub async fn change_password(
    house: &House,
    hasher: &Hasher,
    signed: &SignedIn,
    old: &str,
    new: &str,
) -> Result<(), PeopleError> {
    let kept = signed.person.password.as_deref();
    let knows = hasher.verify(old, kept).await?;
    let now = house.now();
    if !may_change(house, signed, knows, now).await? {
        return Err(PeopleError::refused("password-old-wrong"));
    }
    let mut tx = house.db.read().await?;
    let policies = Policies::load(&mut tx).await?;
    let hash = checked(&mut tx, hasher, &policies, &signed.person, new).await?;
    tx.roll_back().await?;
    let mut tx = house.db.write().await?;
    if !is_still_in(&mut tx, signed).await? {
        return Err(PeopleError::refused("session-over"));
    }
    let remembered = i64::try_from(policies.profile.rules().remembered).unwrap_or(i64::MAX);
    entry::set_password(&mut tx, signed.person.id, &hash, now, remembered).await?;
    entry::end_sessions(&mut tx, signed.person.id, &signed.session.digest).await?;
    let deed = deed("self.password", Some(&signed.person), Outcome::Done);
    audit::write(&mut tx, &signed.who, &deed, now).await?;
    Ok(tx.commit().await?)
}

/// Holds a new password against the rules and the person's last ones; what is
/// to be kept of it.
pub(super) async fn checked(
    tx: &mut Tx,
    hasher: &Hasher,
    policies: &Policies,
    person: &Person,
    new: &str,
) -> Result<String, PeopleError> {
    let body = match person.organization {
        Some(id) => organization::get(tx, id).await?.map(|kept| kept.body),
        None => None,
    };
    let names: Vec<&str> = body
        .iter()
        .flat_map(|body| [body.name.as_str(), body.short_name.as_str()])
        .collect();
    let context = Context {
        login_name: &person.login,
        display_name: &person.display_name,
        organization_names: &names,
    };
    let wrong = super::passwords::faults(policies.profile, new, &context);
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    let remembered = i64::try_from(policies.profile.rules().remembered).unwrap_or(i64::MAX);
    for past in entry::past_passwords(tx, person.id, remembered).await? {
        if hasher.verify(new, Some(&past)).await? {
            let message = Message::new("password-used-before").with("count", remembered);
            return Err(message.into());
        }
    }
    Ok(hasher.hash(new).await?)
}
