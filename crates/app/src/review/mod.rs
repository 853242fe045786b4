//! Reviews: what has to be looked at before it takes effect, by whom, and what
//! they said.
//!
//! The rules are [`gongkai_domain::review`]; here they meet the store, the
//! people and the mail. [`engine`] and [`acts`] know nothing of what is reviewed
//! but its kind, its number and the digest of its content, so that letters and
//! publications go the same way as draft papers ([`papers`], [`steps`]), the
//! first kind that there is. Who may see a paper is asked once, of the
//! permission table, and goes into the query; who may not is told the same as
//! where there is none. Texts and remarks are sealed. Start with
//! [`papers::write`] and [`steps::take`].

pub mod acts;
pub mod attachments;
pub mod chains;
pub mod engine;
pub(crate) mod heirs;
pub mod notices;
pub mod papers;
pub mod staff;
pub mod steps;
pub mod tasks;
pub mod time;
pub mod timeline;

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::words::Message;
use gongkai_store::review::papers::{self as stored, Kept};
use gongkai_store::{StoreError, Tx};

use self::heirs::Heirs;
use crate::audit::{self, Deed, Who};
use crate::blobs::AttachmentError;
use crate::house::House;
use crate::inspection::InspectionError;
use crate::people::SignedIn;
use crate::vault::VaultError;

/// Why something was not done with a review. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It is refused, with what to tell the user.
    #[error("refused: {0:?}")]
    Refused(Vec<Message>),
    /// It is not allowed; this was written down.
    #[error("not allowed: {0:?}")]
    Denied(Message),
    /// There is none, or none that may be seen.
    #[error("there is none")]
    Missing,
    /// Someone changed it meanwhile; this is its edition or version now.
    #[error("it was changed meanwhile")]
    Changed(i64),
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

impl ReviewError {
    fn refused(id: &'static str) -> Self {
        Self::Refused(vec![Message::new(id)])
    }
}

crate::people::takes_over!(ReviewError);

impl From<InspectionError> for ReviewError {
    fn from(error: InspectionError) -> Self {
        match error {
            InspectionError::Refused(messages) => Self::Refused(messages),
            InspectionError::Denied(message) => Self::Denied(message),
            InspectionError::Missing => Self::Missing,
            InspectionError::Unread(refused) => Self::Refused(vec![refused.message()]),
            InspectionError::Store(error) => Self::Store(error),
            InspectionError::Vault(error) => Self::Vault(error),
        }
    }
}

impl From<Vec<Message>> for ReviewError {
    fn from(messages: Vec<Message>) -> Self {
        Self::Refused(messages)
    }
}

/// The kind of a draft paper, in the store and in the trail.
pub const PAPER: &str = "paper";
/// The object of what is done to no single paper.
const NONE: &str = "-";

/// What a person may see of papers: the one place where it is decided.
async fn sight(tx: &mut Tx, signed: &SignedIn) -> Result<(Reach, Heirs), StoreError> {
    let see = Action::ReviewSee;
    let heirs = Heirs::of(tx, &signed.tree, signed.today).await?;
    let within = match signed.may(see, Target::Somewhere).is_allowed() {
        true => reach(&signed.actor, see, &signed.tree, signed.today),
        false => Reach::Nothing,
    };
    Ok((heirs.widened(within), heirs))
}

/// A paper that the signed-in person may see, of the body that goes on with it.
async fn found(tx: &mut Tx, signed: &SignedIn, id: i64) -> Result<Option<Kept>, StoreError> {
    let (within, heirs) = sight(tx, signed).await?;
    let paper = stored::get(tx, &within, id).await?;
    Ok(paper.map(|paper| Kept {
        organization: heirs.going_on(paper.organization),
        ..paper
    }))
}

/// The same, held until the end of the transaction.
async fn found_and_held(
    tx: &mut Tx,
    signed: &SignedIn,
    id: i64,
) -> Result<Option<Kept>, StoreError> {
    stored::hold(tx, id).await?;
    found(tx, signed, id).await
}

/// A paper that the signed-in person may see, and who they are to the trail
/// when they do this with it.
async fn allowed(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
) -> Result<(Kept, Who), ReviewError> {
    let about = (PAPER, id.to_string());
    if !signed.may(action, Target::Somewhere).is_allowed() {
        let demanded = signed.demand(house, action, Target::Somewhere, about);
        demanded.await?;
        return Err(ReviewError::Missing);
    }
    let mut tx = house.db.read().await?;
    let paper = found(&mut tx, signed, id).await?;
    tx.roll_back().await?;
    let Some(paper) = paper else {
        let deed = Deed {
            action: action.key(),
            object_kind: PAPER,
            object: id.to_string(),
            outcome: Outcome::Denied,
            detail: serde_json::json!({ "reason": "error-missing" }),
        };
        audit::denied(house, &signed.who, &deed).await?;
        return Err(ReviewError::Missing);
    };
    let target = Target::Organization(paper.organization);
    let who = signed.demand(house, action, target, about).await?;
    Ok((paper, who))
}

/// Writes down what was done, in its own transaction.
async fn written(
    tx: &mut Tx,
    house: &House,
    who: &Who,
    action: Action,
    object: (&str, String),
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let deed = Deed {
        action: action.key(),
        object_kind: object.0,
        object: object.1,
        outcome: Outcome::Done,
        detail,
    };
    audit::write(tx, who, &deed, house.now()).await
}

/// Writes down what somebody sees, before it is shown.
async fn seen(
    house: &House,
    who: &Who,
    object: (&str, String),
    detail: serde_json::Value,
) -> Result<(), ReviewError> {
    let mut tx = house.db.write().await?;
    written(&mut tx, house, who, Action::ReviewSee, object, detail).await?;
    Ok(tx.commit().await?)
}
