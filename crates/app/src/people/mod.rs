//! People of the office: how they come in, and who may do what.

mod change;
mod delegate;
mod desk;
mod entry;
mod factor;
mod identities;
mod invite;
mod look;
mod manage;
mod oversee;
mod passwords;
mod policies;
mod provider;
mod session;
mod tables;

pub use change::{Change, Changed, change};
pub use delegate::{
    Lending, Offer, Shown, end_any, end_lending, everybodys, lend, lent_and_borrowed, offer,
};
pub use desk::{Desk, Founding, Waiting, Which, desk};
pub use entry::{
    Attempt, change_password, end_own_session, own_sessions, second_factor, sign_in, sign_out,
};
pub use factor::{CODE_HOLDS, Enrolment, begin_enrolment, code, end_enrolment};
pub use identities::{
    Begun, Came, Returned, begin_at_provider, come_back, linked_by, own_identities, unlink,
    unlink_other,
};
pub use invite::{Accepted, NewStaff, accept, invitation, invite, setup_token};
pub use look::{Contacts, Listed, contacts, list, list_of, see};
pub(crate) use look::{mail_address, mail_of};
pub use manage::{
    NewGrant, disable, disable_idle, enable, end_all_sessions, forget, grant, recover, revoke,
    unlock,
};
pub use oversee::{Traced, export_audit, is_conflict, search_audit};
pub use passwords::{Hasher, Hashing};
pub use policies::Policies;
pub use provider::{Provider, ProviderError, ProviderSettings, RETURN};
pub use session::{SignedIn, resolve};
pub use tables::{InvitedRow, invite_all};

use gongkai_domain::organization::import::RowReport;
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
    /// Rows of a table are wrong; none was taken.
    #[error("rows of the table are wrong")]
    Rows(Vec<RowReport>),
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

/// Has a room's own error take over what people, forms and messages refuse by:
/// all of them have `Refused`, `Denied`, `Missing`, `Store` and `Vault`.
macro_rules! takes_over {
    ($error:ident) => {
        impl From<crate::people::PeopleError> for $error {
            fn from(error: crate::people::PeopleError) -> Self {
                use crate::people::PeopleError;
                match error {
                    PeopleError::Refused(messages) => Self::Refused(messages),
                    PeopleError::Denied(message) => Self::Denied(message),
                    // No table of people is brought elsewhere.
                    PeopleError::Missing | PeopleError::Rows(_) => Self::Missing,
                    PeopleError::Store(error) => Self::Store(error),
                    PeopleError::Vault(error) => Self::Vault(error),
                }
            }
        }

        impl From<crate::once::SentOtherwise> for $error {
            fn from(error: crate::once::SentOtherwise) -> Self {
                crate::people::PeopleError::from(error).into()
            }
        }

        impl From<gongkai_domain::words::Message> for $error {
            fn from(message: gongkai_domain::words::Message) -> Self {
                Self::Refused(vec![message])
            }
        }
    };
}
pub(crate) use takes_over;

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
