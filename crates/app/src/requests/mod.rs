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
pub mod mails;
pub mod month;
pub mod notices;
pub mod papers;
pub mod parts;
pub mod public;
pub mod replies;
pub mod sealing;
pub mod search;
pub mod steps;
mod telling;
mod tracking;
pub mod whose;

pub use cases::{By, Happened, Law, Proofs};
pub use public::{
    Brought, Filed, Ticket, Visitor, bring, confirm_by_applicant, file, give_reasons, rate,
    supplement, withdraw,
};
pub use tracking::{GivenFile, May, Tracked, TrackedLetter, given_file, letter, track};

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::requests::application::Wrong;
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
fn targets(heirs: &Heirs, kept: &Kept) -> Vec<Target> {
    let body = heirs.going_on(kept.organization);
    let all = [Some(body), kept.standing.section];
    all.into_iter()
        .flatten()
        .map(Target::Organization)
        .collect()
}

/// Those of the targets of a request that count for an action. Art. 33 ¶2, Art. 35:
/// the head of the disclosure office of the body extends and defers; whoever heads
/// the section that works on the case does not.
fn of_action(targets: &[Target], action: Action) -> &[Target] {
    match action {
        Action::RequestsExtend => targets.get(..1).unwrap_or(targets),
        _ => targets,
    }
}

/// A request that the signed-in person may see, on which an action is allowed,
/// and who they are to the trail when they do it. A denial is written down.
async fn allowed(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
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
    let targets = targets(&heirs, &kept);
    let targets = of_action(&targets, action);
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
