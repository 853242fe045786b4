//! The public side: which bodies can be asked, how much is taken from where, and
//! drafts of applications that survive a lost connection.
//!
//! Nobody signs in here. Whoever brings something is counted under the blind of
//! where it comes from, is never refused for good, and is told when and how else.
//! Start with [`gate`] and [`drafts`].

pub mod bodies;
pub mod drafts;
pub mod form;
pub mod gate;
pub mod proof;

use std::net::IpAddr;

use gongkai_domain::audit::Outcome;
use gongkai_domain::words::Message;
use gongkai_store::StoreError;
use jiff::Timestamp;

use crate::audit::{Deed, Who};
use crate::once::SentOtherwise;
use crate::report::orders::Refused;
use crate::vault::VaultError;

/// Somebody whom nobody knows, and where they come from.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The address; unspecified where nobody says.
    pub address: IpAddr,
    /// The address as it is written into the trail.
    pub source: String,
    /// The request, for the trail.
    pub request: String,
}

impl Visitor {
    /// Who it is, for the trail.
    pub fn who(&self) -> Who {
        Who {
            source: self.source.clone(),
            request: self.request.clone(),
            ..Who::program("portal")
        }
    }
}

/// Why something was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// What was entered is wrong, each with what to do.
    #[error("what was entered is wrong")]
    Refused(Vec<Message>),
    /// More came from there than is taken at once; nothing is lost.
    #[error("more came than is taken at once")]
    Held(Held),
    /// There is no such body or draft, or it is gone.
    #[error("there is no such thing")]
    Missing,
    /// Files could not be looked at.
    #[error("the file could not be inspected")]
    Unread(Refused),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<SentOtherwise> for PortalError {
    fn from(_: SentOtherwise) -> Self {
        Self::Refused(vec![Message::new("form-sent-otherwise")])
    }
}

/// Why somebody is asked to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A form without a proof was sent sooner than a person fills it in.
    TooSoon {
        /// Seconds to wait.
        seconds: i64,
    },
    /// So many came from there; from then on one more may come.
    Until(Timestamp),
    /// So many were filed under this contact; from then on one more may be.
    Contact(Timestamp),
}

fn deed(action: &'static str, object: String, detail: serde_json::Value) -> Deed<'static> {
    Deed {
        action,
        object_kind: "draft",
        object,
        outcome: Outcome::Done,
        detail,
    }
}
