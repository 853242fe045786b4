//! Bodies, the people who act for them, and what each may do.
//!
//! Owns the tree of organizations in time, the rules for names, passwords,
//! lockout and sessions, the roles, and the one permission table. It never
//! knows the clock, a database or a page: dates and instants come in as
//! arguments, refusals go out as messages.
//!
//! Start with [`body`] and [`tree`] for the bodies, [`roles`] and
//! [`permissions`] for who may do what.

pub mod body;
pub mod codes;
pub mod identity;
pub mod import;
pub mod lockout;
pub mod names;
pub mod open_ways;
pub mod password;
pub mod permissions;
pub mod roles;
pub mod session;
pub mod staff;
pub mod succession;
pub mod tree;

pub use body::{
    DisclosureOffice, Organization, OrganizationId, OrganizationKind, OwnName, PersonId, Validity,
};
pub use open_ways::OpenWays;
pub use tree::{Standing, Tree};

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
