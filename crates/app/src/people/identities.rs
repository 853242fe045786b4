//! Coming in through the provider, and linking one's account there. Nobody is
//! linked by a name or a mail address: who is in links themselves.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::lockout::source_of;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_store::people::entry::{self, Session};
use gongkai_store::people::identities::{self, Identity};
use gongkai_store::people::{self, Person};
use gongkai_store::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::entry::{Gate, Shown, is_still_in, new_session, who};
use super::factor::just_came_in;
use super::manage::{allowed, target};
use super::provider::{Said, Secrets};
use super::{Attempt, PeopleError, Policies, Provider, ProviderError, SignedIn, digest_of};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, once};

/// How long somebody may take at the provider's.
const HOLDS: SignedDuration = SignedDuration::from_mins(10);
/// Sign-ins of one address that are under way at once: a bureau behind one
/// address in the morning, and no more than the store likes to keep.
const OPEN_MAX: i64 = 200;

const SIGN_IN: &str = "session.begin";
const LINK: &str = "self.identities";

/// A sign-in that goes to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where the browser goes.
    pub address: String,
    /// What the browser keeps, to be known again by.
    pub browser: String,
}

/// What came back with a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// The state that went out.
    pub state: String,
    /// The code that is exchanged.
    pub code: String,
    /// What the provider says went wrong.
    pub error: String,
    /// Which provider it says it is (RFC 9207).
    pub issuer: String,
    /// What the browser kept.
    pub browser: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The token of a session: whole, where the provider's second factor
    /// counts, else half.
    In(String),
    /// The account is linked.
    Linked,
}

/// The one answer to whoever cannot come in, so that it tells nothing.
fn refused() -> PeopleError {
    PeopleError::refused("provider-refused")
}

/// Tells the log what was wrong with the provider, and the person what to do.
fn told(error: &ProviderError) -> PeopleError {
    tracing::warn!(reason = %error, "The provider brought nobody in");
    error.message().into()
}

/// Begins a sign-in, or, for who is in, the linking of an account. `form` is
/// the key of the form, empty where there was none: sent twice, it begins one
/// sign-in.
///
/// # Errors
/// [`PeopleError::Refused`] where the provider cannot be reached.
pub async fn begin_at_provider(
    house: &House,
    provider: &Provider,
    source: &str,
    form: &str,
    linking: Option<&SignedIn>,
) -> Result<Begun, PeopleError> {
    let now = house.now();
    if let Some(signed) = linking {
        demand(house, signed).await?;
        just_came_in(signed, now)?;
    }
    // Before the provider is asked: nobody has it asked without end.
    let counted = house.vault.blind("source", &source_of(source));
    let mut tx = house.db.read().await?;
    let policies = Policies::load(&mut tx).await?;
    let open = identities::open_of(&mut tx, &counted, now).await?;
    tx.roll_back().await?;
    if open >= OPEN_MAX {
        return Err(PeopleError::refused("sign-in-busy"));
    }
    if !policies.admits(source) {
        return Err(refused());
    }
    let asks = linking.map(|signed| signed.person.id);
    let of = asks.map(|id| id.to_string()).unwrap_or_default();
    let sent = Sent::new("provider.begin", form, [of.as_str(), &counted]).or_new(house);
    // Before anything is kept: a provider that is away is told of at once.
    let mine = Travelling::new(house, &sent, &house.token());
    address(house, provider, &mine, linking.is_some()).await?;
    let work = async |mut tx: Tx| -> Result<(Tx, String), PeopleError> {
        if identities::open_of(&mut tx, &counted, now).await? >= OPEN_MAX {
            return Err(PeopleError::refused("sign-in-busy"));
        }
        let attempt = identities::Attempt {
            nonce: mine.secrets.nonce.clone(),
            verifier: mine.secrets.verifier.clone(),
            person: asks,
            source: counted.clone(),
            until: now.saturating_add(HOLDS).unwrap_or(Timestamp::MAX),
        };
        let (state, kept) = (digest_of(&mine.secrets.state), digest_of(&mine.browser));
        identities::begin(&mut tx, &state, &kept, &attempt).await?;
        Ok((tx, mine.salt.clone()))
    };
    let salt = once(house, &sent, work).await?;
    let travelling = Travelling::new(house, &sent, &salt);
    let address = address(house, provider, &travelling, linking.is_some()).await?;
    Ok(Begun {
        address,
        browser: travelling.browser,
    })
}

/// What travels by the browser, made of a form and what is kept of it.
struct Travelling {
    salt: String,
    secrets: Secrets,
    browser: String,
}

impl Travelling {
    fn new(house: &House, sent: &Sent, salt: &str) -> Self {
        let secret = |part: &str| sent.secret(house, &format!("{salt}:{part}"));
        Self {
            salt: salt.to_owned(),
            secrets: Secrets {
                state: secret("state"),
                nonce: secret("nonce"),
                // 43 characters at least (RFC 7636 4.1).
                verifier: [secret("verifier"), secret("more")].concat(),
            },
            browser: secret("browser"),
        }
    }
}

async fn address(
    house: &House,
    provider: &Provider,
    travelling: &Travelling,
    is_linking: bool,
) -> Result<String, PeopleError> {
    let secrets = &travelling.secrets;
    let address = provider.address(&*house.fetcher, house.now(), secrets, is_linking);
    address.await.map_err(|error| told(&error))
}

async fn demand(house: &House, signed: &SignedIn) -> Result<Who, PeopleError> {
    let about = ("person", signed.person.id.0.to_string());
    signed
        .demand(house, Action::SelfIdentities, Target::Oneself, about)
        .await
}

fn deed(
    action: &'static str,
    person: Option<PersonId>,
    outcome: Outcome,
    detail: Value,
) -> Deed<'static> {
    Deed {
        action,
        object_kind: "person",
        object: person.map_or_else(|| "-".to_owned(), |person| person.0.to_string()),
        outcome,
        detail,
    }
}

/// Writes down that nobody came in, or nothing was linked.
async fn failed(
    house: &House,
    from: &Attempt,
    linking: Option<&SignedIn>,
    reason: &str,
) -> Result<(), StoreError> {
    let detail = json!({ "door": Door::Provider.key(), "reason": reason });
    let (who, action) = match linking {
        Some(signed) => (signed.who.clone(), LINK),
        None => (who(None, &from.source, &from.request), SIGN_IN),
    };
    let person = linking.map(|signed| signed.person.id);
    let deed = deed(action, person, Outcome::Failed, detail);
    audit::denied(house, &who, &deed).await
}

/// Takes a browser that comes back from the provider. `from` tells where it
/// comes from; `signed`, who is in with it already, for linking.
///
/// # Errors
/// [`PeopleError::Refused`]: the sign-in is over, the provider is not believed,
/// or, in one and the same words, nobody who may come in has this account.
pub async fn come_back(
    house: &House,
    provider: &Provider,
    returned: &Returned,
    from: &Attempt,
    signed: Option<&SignedIn>,
) -> Result<Came, PeopleError> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    let (state, browser) = (digest_of(&returned.state), digest_of(&returned.browser));
    let attempt = identities::take(&mut tx, &state, &browser).await?;
    tx.commit().await?;
    let Some(attempt) = attempt.filter(|attempt| now < attempt.until) else {
        // Anybody may ask this without having begun anything: it is told to the
        // log, and the trail does not grow by it.
        tracing::info!("a sign-in came back that nobody began here, or that is over");
        return Err(PeopleError::refused("provider-over"));
    };
    let linking = match attempt.person {
        None => None,
        Some(person) => {
            let same = signed.filter(|signed| signed.person.id == person);
            let Some(signed) = same.filter(|signed| signed.is_complete()) else {
                failed(house, from, None, "session").await?;
                return Err(PeopleError::refused("identity-session-over"));
            };
            demand(house, signed).await?;
            just_came_in(signed, now)?;
            Some(signed)
        }
    };
    let said = match said(house, provider, returned, &attempt, now).await {
        Ok(said) => said,
        Err((reason, error)) => {
            failed(house, from, linking, reason).await?;
            return Err(error);
        }
    };
    match linking {
        Some(signed) => {
            let linked = link(house, provider, signed, &said, now).await;
            if let Err(PeopleError::Refused(messages)) = &linked {
                let reason = messages
                    .first()
                    .map_or("refused", |message| message.id.as_ref());
                failed(house, from, linking, reason).await?;
            }
            linked
        }
        None => sign_in(house, provider, from, &said, now).await,
    }
}

/// What the provider says of who came back; else a word for the trail, and
/// what to tell them.
async fn said(
    house: &House,
    provider: &Provider,
    returned: &Returned,
    attempt: &identities::Attempt,
    now: Timestamp,
) -> Result<Said, (&'static str, PeopleError)> {
    let is_named = !returned.issuer.is_empty();
    if is_named && returned.issuer != provider.issuer() {
        let error = ProviderError::Unbelieved("issuer");
        return Err((error.word(), told(&error)));
    }
    if !returned.error.is_empty() || returned.code.is_empty() {
        return Err(("cancelled", PeopleError::refused("provider-cancelled")));
    }
    let secrets = (attempt.nonce.as_str(), attempt.verifier.as_str());
    provider
        .said(&*house.fetcher, now, &returned.code, secrets)
        .await
        .map_err(|error| (error.word(), told(&error)))
}

/// The blind index of what the provider calls somebody.
fn subject(house: &House, provider: &Provider, said: &Said) -> String {
    house.vault.blind("identity", &provider.named(said))
}

async fn link(
    house: &House,
    provider: &Provider,
    signed: &SignedIn,
    said: &Said,
    now: Timestamp,
) -> Result<Came, PeopleError> {
    let (issuer, person) = (provider.issuer(), signed.person.id);
    let subject = subject(house, provider, said);
    let mut tx = house.db.write().await?;
    if !is_still_in(&mut tx, signed).await? {
        return Err(PeopleError::refused("identity-session-over"));
    }
    let own = identities::of_person(&mut tx, person).await?;
    if own.iter().any(|identity| identity.issuer == issuer) {
        return Err(PeopleError::refused("identity-linked-already"));
    }
    let id = match identities::link(&mut tx, issuer, &subject, person, now).await {
        Err(StoreError::Duplicate(_)) => return Err(PeopleError::refused("identity-taken")),
        linked => linked?,
    };
    let detail = json!({ "linked": id, "issuer": issuer });
    let deed = deed(LINK, Some(person), Outcome::Done, detail);
    audit::write(&mut tx, &signed.who, &deed, now).await?;
    tx.commit().await?;
    Ok(Came::Linked)
}

/// Whoever has an account that nobody has linked costs as much as who may come.
async fn sign_in(
    house: &House,
    provider: &Provider,
    from: &Attempt,
    said: &Said,
    now: Timestamp,
) -> Result<Came, PeopleError> {
    let subject = subject(house, provider, said);
    let mut tx = house.db.write().await?;
    let policies = Policies::load(&mut tx).await?;
    let identity = identities::by_subject(&mut tx, provider.issuer(), &subject).await?;
    let owner = identity
        .as_ref()
        .map_or(PersonId(0), |linked| linked.person);
    let person = people::get(&mut tx, owner).await?;
    let whole = provider
        .factors()
        .are_shown(&said.methods, said.class.as_deref());
    let login = counted(person.as_ref(), &subject);
    let gate = Gate::open(&mut tx, house, &login, &from.source, now).await?;
    // Disabled or unlinked while it waited for its turn.
    let person = people::held(&mut tx, owner).await?;
    let there = match &identity {
        Some(identity) => identities::used(&mut tx, identity.id, now).await?,
        None => false,
    };
    let reason = match &person {
        Some(_) if !there => Some("unknown"),
        None => Some("unknown"),
        Some(person) if person.state != "active" => Some("disabled"),
        Some(_) if !policies.admits(&from.source) => Some("network"),
        Some(_) => None,
    };
    let shown = match reason {
        Some(_) => Shown::Nothing,
        None if whole => Shown::Both,
        None => Shown::One,
    };
    let locked = gate.is_locked();
    let admitted = policies.admits(&from.source);
    gate.close(&mut tx, &policies, shown, admitted).await?;
    let reason = reason.or(locked.then_some("locked"));
    let token = house.token();
    let detail = match reason {
        Some(reason) => json!({ "door": Door::Provider.key(), "reason": reason }),
        None => json!({ "door": Door::Provider.key(), "second_factor": whole }),
    };
    let outcome = match reason {
        Some(_) => Outcome::Failed,
        None => Outcome::Done,
    };
    let who = who(person.as_ref(), &from.source, &from.request);
    let deed = deed(
        SIGN_IN,
        person.as_ref().map(|person| person.id),
        outcome,
        detail,
    );
    audit::write(&mut tx, &who, &deed, now).await?;
    if let (None, Some(person)) = (reason, &person) {
        let session = Session {
            door: Door::Provider,
            ..new_session(person, &token, if whole { 2 } else { 1 }, from, now)
        };
        entry::begin_session(&mut tx, &session).await?;
        if whole {
            entry::touch(&mut tx, &session, now).await?;
        }
    }
    tx.commit().await?;
    match reason {
        None => Ok(Came::In(token)),
        Some(_) => Err(refused()),
    }
}

/// Who is counted: the person by their name, as at the other door; an account
/// that nobody has linked by itself, under a name that nobody can have.
fn counted(person: Option<&Person>, subject: &str) -> String {
    person.map_or_else(|| format!("\0{subject}"), |person| person.login_key.clone())
}

/// One's own accounts, the oldest first.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn own_identities(
    house: &House,
    signed: &SignedIn,
) -> Result<Vec<Identity>, PeopleError> {
    demand(house, signed).await?;
    of(house, signed.person.id).await
}

/// What a person has linked, for who may undo it; nothing for anybody else.
///
/// # Errors
/// The store's.
pub async fn linked_by(
    house: &House,
    signed: &SignedIn,
    person: &Person,
) -> Result<Vec<Identity>, PeopleError> {
    if !signed
        .may(Action::PeopleUnlink, target(person))
        .is_allowed()
    {
        return Ok(Vec::new());
    }
    of(house, person.id).await
}

async fn of(house: &House, person: PersonId) -> Result<Vec<Identity>, PeopleError> {
    let mut tx = house.db.read().await?;
    let identities = identities::of_person(&mut tx, person).await?;
    tx.roll_back().await?;
    Ok(identities)
}

/// Undoes one of one's own links. Sessions that came by it are over, but for
/// this one.
///
/// # Errors
/// [`PeopleError::Refused`] if it is not one's own, or was undone already.
pub async fn unlink(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
) -> Result<(), PeopleError> {
    let who = demand(house, signed).await?;
    undo(house, signed, (who, LINK), sent, (signed.person.id, id)).await
}

/// Undoes the link of another, who lost their account or whose account was
/// stolen. Sessions that came by it are over.
///
/// # Errors
/// [`PeopleError::Denied`]; else as [`unlink`].
pub async fn unlink_other(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    person: PersonId,
    id: i64,
) -> Result<(), PeopleError> {
    let action = Action::PeopleUnlink;
    let (_, who) = allowed(house, signed, action, person).await?;
    undo(house, signed, (who, action.key()), sent, (person, id)).await
}

async fn undo(
    house: &House,
    signed: &SignedIn,
    (who, action): (Who, &'static str),
    sent: &Sent,
    (person, id): (PersonId, i64),
) -> Result<(), PeopleError> {
    let sent = Sent {
        key: format!("{}:{}", signed.person.id.0, sent.key),
        ..sent.clone()
    };
    let work = async |mut tx: Tx| {
        if !identities::unlink(&mut tx, id, person).await? {
            return Err(PeopleError::refused("identity-over"));
        }
        let ended = identities::end_sessions(&mut tx, person, &signed.session.digest).await?;
        let detail = json!({ "unlinked": id, "sessions": ended });
        let deed = deed(action, Some(person), Outcome::Done, detail);
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}
