//! Requests: from the application to the archive.
//!
//! A request is its events; [`gongkai_domain::requests`] says which are lawful
//! and reckons the clock from them, here they meet the store, the people and
//! the mail. The public files, tracks, supplements, withdraws, confirms and rates
//! ([`public`], by a query code with the end of a contact; [`track`] tells how it stands); the office takes in
//! paper and confirms ([`intake`]), gives cases to people and has units search
//! ([`giving`]), writes replies that are reviewed before they leave ([`replies`]),
//! issues the letters that steps are ([`papers`]), and takes every other step ([`steps`]). Who
//! may see a request is asked once, of the permission table, and goes into the
//! query; who may not is told the same as where there is none. Who applied, what
//! they want and all evidence are sealed under a key for each request.

pub mod calls;
mod cases;
pub mod charging;
pub mod clocks;
pub mod correcting;
pub mod dossier;
pub mod files;
pub mod giving;
pub mod intake;
mod law;
pub mod look;
pub mod mailing;
pub mod mails;
pub mod month;
pub mod notices;
pub mod noting;
pub mod papers;
pub mod parts;
pub mod public;
pub mod recoding;
mod related;
mod releases;
pub mod replies;
pub mod sealing;
pub mod search;
pub mod serving;
pub mod steps;
mod telling;
mod tracking;
pub mod whose;

pub use cases::{By, Happened, Law, Proofs};
pub use public::{
    BESIDE, Brought, Filed, Ticket, Visitor, bring, confirm_by_applicant, file, file_beside,
    give_reasons, rate, supplement, withdraw,
};
pub use tracking::{GivenFile, May, Tracked, TrackedLetter, given_file, letter, track};

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::requests::application::Wrong;
use gongkai_domain::requests::work;
use gongkai_domain::words::Message;
use gongkai_store::requests::{self as stored, Kept};
use gongkai_store::{StoreError, Tx};

use crate::audit::{self, Deed, Who};
use crate::blobs::AttachmentError;
use crate::house::House;
use crate::people::SignedIn;
use crate::review::heirs::Heirs;
use crate::vault::VaultError;

/// Why something was not done with a request. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Fields of the application are wrong, each with what to do.
    #[error("fields of the application are wrong")]
    Entered(Vec<Wrong>),
    /// It is refused, with what to tell the user.
    #[error("refused: {0:?}")]
    Refused(Vec<Message>),
    /// It is not allowed; this was written down.
    #[error("not allowed: {0:?}")]
    Denied(Message),
    /// There is none, or none that may be seen.
    #[error("there is none")]
    Missing,
    /// Someone worked on it meanwhile.
    #[error("it was changed meanwhile")]
    Changed,
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A file's.
    #[error("a file was not kept or had")]
    Attachment(#[from] AttachmentError),
}

crate::people::takes_over!(RequestError);

impl RequestError {
    /// What to tell the user, where the user is to be told of it.
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::Entered(wrong) => wrong.iter().map(|one| one.message.clone()).collect(),
            Self::Refused(messages) => messages.clone(),
            Self::Denied(message) => vec![message.clone()],
            Self::Missing => vec![Message::new("casework-missing")],
            Self::Changed => vec![Message::new("casework-changed")],
            Self::Store(_) | Self::Vault(_) | Self::Attachment(_) => Vec::new(),
        }
    }
}

/// The kind of a request, in the trail and for other rooms.
pub const REQUEST: &str = "request";
/// The object of what is done to no single request.
const NONE: &str = "-";

/// What a person may see of requests: the one place where it is decided.
async fn sight(tx: &mut Tx, signed: &SignedIn) -> Result<(Reach, Heirs), StoreError> {
    let see = Action::RequestsSee;
    let heirs = Heirs::of(tx, &signed.tree, signed.today).await?;
    let within = match signed.may(see, Target::Somewhere).is_allowed() {
        true => reach(&signed.actor, see, &signed.tree, signed.today),
        false => Reach::Nothing,
    };
    Ok((heirs.widened(within), heirs))
}

/// On what an action on a request may be allowed: its body, or the one that goes
/// on with it, and the section that it was given to.
fn targets(action: Action, going_on: OrganizationId, kept: &Kept) -> Vec<Target> {
    let all = work::places(action, going_on, kept.standing.section);
    all.into_iter().map(Target::Organization).collect()
}

/// A request that the signed-in person may see, on which an action is allowed,
/// and who they are to the trail when they do it. A denial is written down.
async fn allowed(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
) -> Result<(Kept, Who), RequestError> {
    allowed_to(house, signed, action, id, Asked::Nobody).await
}

/// For whom of those who are asked to search a request is open, beside those whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// None of them.
    Nobody,
    /// Each.
    Everybody,
    /// Whoever is asked by the search of a number, or any where there is none.
    By(Option<u32>),
}

/// The same for those too who are asked to search for it.
async fn allowed_to(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
    asked: Asked,
) -> Result<(Kept, Who), RequestError> {
    let about = (REQUEST, id.to_string());
    if !signed.may(action, Target::Somewhere).is_allowed() {
        signed
            .demand(house, action, Target::Somewhere, about)
            .await?;
        return Err(RequestError::Missing);
    }
    let mut tx = house.db.read().await?;
    let (within, heirs) = sight(&mut tx, signed).await?;
    let kept = stored::get(&mut tx, &within, id).await?;
    let searches = match asked {
        Asked::Nobody => Vec::new(),
        Asked::Everybody | Asked::By(_) => stored::asked::of(&mut tx, id).await?,
    };
    tx.roll_back().await?;
    let Some(kept) = kept else {
        let deed = Deed {
            action: action.key(),
            object_kind: REQUEST,
            object: id.to_string(),
            outcome: Outcome::Denied,
            detail: serde_json::json!({ "reason": "error-missing" }),
        };
        audit::denied(house, &signed.who, &deed).await?;
        return Err(RequestError::Missing);
    };
    let mut targets = targets(action, heirs.going_on(kept.organization), &kept);
    let is_meant = |number: i64| match asked {
        Asked::By(Some(wanted)) => number == i64::from(wanted),
        _ => true,
    };
    let searches = searches.into_iter().filter(|(number, _)| is_meant(*number));
    targets.extend(searches.map(|(_, section)| Target::Organization(section)));
    let allows = |target: &&Target| signed.may(action, **target).is_allowed();
    let target = targets.iter().find(allows).or(targets.first());
    let target = target.copied().unwrap_or(Target::Somewhere);
    let who = signed.demand(house, action, target, about).await?;
    Ok((kept, who))
}

/// Writes down what was done, in its own transaction. No personal data.
async fn written(
    tx: &mut Tx,
    house: &House,
    who: &Who,
    action: Action,
    object: String,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    audit::write(tx, who, &deed(action, object, detail), house.now()).await
}

/// What was done to a request, for the trail. No personal data.
fn deed<'a>(action: Action, object: String, detail: serde_json::Value) -> Deed<'a> {
    Deed {
        action: action.key(),
        object_kind: REQUEST,
        object,
        outcome: Outcome::Done,
        detail,
    }
}
