//! The register of persons: people from outside, kept sealed, each entry under
//! a key of its own.
//!
//! Lists show numbers and telephones masked; in full they are shown for a
//! reason that is written down, and so is every look. An entry is found again
//! by a blind index, which tells nothing to who lacks the key; names have none
//! and are compared after opening, within what the one who asks may see.
//! Erasing an entry destroys its key. Who may not see an entry is told the same
//! as where there is none. Start with [`add`] and [`list`].

mod entry;
mod look;
mod places;

pub use entry::{add, change, erase};
pub use gongkai_domain::register::RegisterId;
pub use look::{By, Found, Page, find, list, see, unmask};

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Decision, Target};
use gongkai_domain::register::{Document, DocumentKind, Masked, Part, Phone, RegisteredPerson};
use gongkai_domain::words::Message;
use gongkai_store::register::{self, Contents, Kept};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::places::Places;
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, SentOtherwise};
use crate::people::SignedIn;
use crate::vault::{RecordKey, VaultError};

/// Why something was not done with the register. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// What was entered is wrong, each with what to do.
    #[error("what was entered is wrong")]
    Refused(Vec<Message>),
    /// It is not allowed; this was written down.
    #[error("it is not allowed")]
    Denied(Message),
    /// There is no such entry, or none that may be seen.
    #[error("there is no such entry to be seen")]
    Missing,
    /// The organization has an entry of this document: this one.
    #[error("there is an entry of this document")]
    Exists(Box<Listed>),
    /// Someone changed the entry meanwhile.
    #[error("the entry was changed meanwhile")]
    Changed {
        /// Its version now.
        version: i64,
        /// Where what is there differs from what was entered.
        parts: Vec<Part>,
        /// What is there.
        theirs: Box<Masked>,
        /// What was entered.
        yours: Box<Masked>,
    },
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

crate::people::takes_over!(RegisterError);

/// Why a use case stops inside its transaction: a denial is written down in one
/// of its own, after it.
enum Halt {
    Denied(Target),
    Stop(RegisterError),
}

macro_rules! halts {
    ($($from:ty),*) => {$(
        impl From<$from> for Halt {
            fn from(error: $from) -> Self {
                Self::Stop(error.into())
            }
        }
    )*};
}

halts!(
    RegisterError,
    StoreError,
    VaultError,
    SentOtherwise,
    Message
);

/// An entry as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: RegisterId,
    /// Whose register it stands in.
    pub organization: OrganizationId,
    /// The version that is seen.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// What stands in it; nothing where its key was erased and an older copy
    /// of the records came back.
    pub shown: Option<Masked>,
}

fn listed(kept: &Kept, shown: Option<Masked>) -> Listed {
    Listed {
        id: kept.id,
        organization: kept.organization,
        version: kept.version,
        created_at: kept.created_at,
        changed_at: kept.changed_at,
        shown,
    }
}

const KIND: &str = "register";
/// The object of what is done to no single entry.
const NONE: &str = "-";
/// Names of the blind indexes; they never change.
const DOCUMENT: &str = "register.document";
const PHONE: &str = "register.phone";

/// What is sealed of an entry.
#[derive(Serialize, Deserialize)]
struct Payload {
    name: String,
    kind: String,
    number: String,
    phone: Option<String>,
}

/// An entry opens only in the register that it was made for.
fn field(organization: OrganizationId) -> String {
    format!("register/{organization}")
}

fn document_index(house: &House, document: &Document) -> String {
    house.vault.blind(DOCUMENT, &document.compared())
}

fn phone_index(house: &House, phone: &Phone) -> String {
    house.vault.blind(PHONE, phone.compared())
}

fn sealed(
    house: &House,
    key: &RecordKey,
    organization: OrganizationId,
    person: &RegisteredPerson,
) -> Result<Contents, VaultError> {
    let payload = Payload {
        name: person.name.clone(),
        kind: person.document.kind().key().to_owned(),
        number: person.document.number().to_owned(),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
    };
    let plain = serde_json::to_vec(&payload).map_err(|_| VaultError::Changed)?;
    let plain = Zeroizing::new(plain);
    Ok(Contents {
        sealed: key.seal(&field(organization), &plain),
        document_index: document_index(house, &person.document),
        phone_index: person.phone.as_ref().map(|phone| phone_index(house, phone)),
    })
}

fn opened(key: &RecordKey, kept: &Kept) -> Result<RegisteredPerson, VaultError> {
    let plain = key.open(&field(kept.organization), &kept.sealed)?;
    let payload: Payload = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    let kind = DocumentKind::from_key(&payload.kind).ok_or(VaultError::Changed)?;
    Ok(RegisteredPerson {
        name: payload.name,
        document: Document::kept(kind, payload.number),
        phone: payload.phone.map(Phone::kept),
    })
}

/// An entry with its key; none where that was erased.
async fn open(
    house: &House,
    kept: &Kept,
) -> Result<Option<(RecordKey, RegisteredPerson)>, VaultError> {
    match house.vault.key(&kept.key).await {
        Ok(key) => {
            let person = opened(&key, kept)?;
            Ok(Some((key, person)))
        }
        Err(VaultError::Erased) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An entry on which an action is allowed, and who does it, for the trail.
async fn allowed(
    tx: &mut Tx,
    signed: &SignedIn,
    action: Action,
    id: RegisterId,
) -> Result<(Kept, Who), Halt> {
    // Whether there is such an entry is told only to who may do this at all.
    if !signed.may(action, Target::Somewhere).is_allowed() {
        return Err(Halt::Denied(Target::Somewhere));
    }
    let places = Places::of(tx, signed).await?;
    let kept = register::get(tx, &places.sight(signed), id).await?;
    let kept = kept.ok_or(RegisterError::Missing)?;
    let (decision, target) = places.may(signed, action, kept.organization);
    match decision {
        Decision::Denied(_) => Err(Halt::Denied(target)),
        decision @ Decision::Allowed(_) => {
            let who = Who {
                acting_for: decision.acting_for().map(|person| person.0),
                ..signed.who.clone()
            };
            Ok((kept, who))
        }
    }
}

/// Writes down what was refused; who asks for an entry that they do not see
/// leaves a trace whether it is there or not.
async fn settle<T>(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: RegisterId,
    ended: Result<T, Halt>,
) -> Result<T, RegisterError> {
    match ended {
        Ok(done) => Ok(done),
        Err(Halt::Denied(target)) => {
            let about = (KIND, id.to_string());
            signed.demand(house, action, target, about).await?;
            Err(RegisterError::Missing)
        }
        Err(Halt::Stop(RegisterError::Missing)) => {
            let deed = Deed {
                outcome: Outcome::Denied,
                ..deed(
                    action,
                    id.to_string(),
                    serde_json::json!({ "reason": "error-missing" }),
                )
            };
            audit::denied(house, &signed.who, &deed).await?;
            Err(RegisterError::Missing)
        }
        Err(Halt::Stop(error)) => Err(error),
    }
}

fn deed(action: Action, object: String, detail: serde_json::Value) -> Deed<'static> {
    Deed {
        action: action.key(),
        object_kind: KIND,
        object,
        outcome: Outcome::Done,
        detail,
    }
}

/// A form of the one who was shown it. What is kept of its fields is a blind
/// index: from a plain digest a number could be guessed.
fn sent<'a>(
    house: &House,
    signed: &SignedIn,
    purpose: &'static str,
    key: &str,
    fields: impl IntoIterator<Item = &'a str>,
) -> Sent {
    signed.sent(purpose, key, fields).blinded(house)
}
