//! People of the office: how they come in, and who may do what.

mod change;
mod delegate;
mod desk;
mod entry;
mod factor;
mod identities;
mod invite;
mod manage;
mod oversee;
mod passwords;
mod policies;
mod provider;
mod session;

pub use change::{Change, Changed, change};
pub use delegate::{
    Lending, Offer, Shown, end_any, end_lending, everybodys, lend, lent_and_borrowed, offer,
};
pub use desk::{Desk, Founding, Waiting, Which, desk};
pub use entry::{
    Attempt, change_password, end_own_session, own_sessions, second_factor, sign_in, sign_out,
};
pub use factor::{Enrolment, begin_enrolment, end_enrolment};
pub use identities::{
    Begun, Came, Returned, begin_at_provider, come_back, linked_by, own_identities, unlink,
    unlink_other,
};
pub use invite::{Accepted, NewStaff, accept, invitation, invite, setup_token};
pub use manage::{
    Contacts, Listed, contacts, disable, disable_idle, enable, end_all_sessions, forget, grant,
    list, list_of, recover, revoke, see, unlock,
};
pub use oversee::{
    Traced, change_policies, export_audit, is_conflict, list_jobs, retry_job, search_audit,
    see_policies,
};
pub use passwords::{Hasher, Hashing};
pub use policies::Policies;
pub use provider::{Provider, ProviderError, ProviderSettings, RETURN};
pub use session::{SignedIn, resolve};

use gongkai_domain::words::Message;
use gongkai_store::StoreError;
use sha2::{Digest, Sha256};

use crate::once::SentOtherwise;
use crate::vault::VaultError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// It is refused, with what to tell the user.
    #[error("refused: {0:?}")]
    Refused(Vec<Message>),
    /// It is not allowed; this was written down.
    #[error("not allowed: {0:?}")]
    Denied(Message),
    /// There is no such record, or none that may be seen.
    #[error("there is none")]
    Missing,
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl PeopleError {
    fn refused(id: &'static str) -> Self {
        Self::Refused(vec![Message::new(id)])
    }
}

impl From<SentOtherwise> for PeopleError {
    fn from(_: SentOtherwise) -> Self {
        Self::refused("form-sent-otherwise")
    }
}

impl From<Message> for PeopleError {
    fn from(message: Message) -> Self {
        Self::Refused(vec![message])
    }
}

/// The digest under which a token is kept.
fn digest_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
