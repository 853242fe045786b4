//! The only floor that knows SQL: one store on SQLite or PostgreSQL.
//!
//! [`Db`] opens either engine, [`Tx`] is one transaction; every statement is a
//! named [`Statement`] with one text for both engines, and the few exceptions
//! say why. Nothing above this floor sees a driver's type. What keeps it
//! honest: a test prepares every statement on both engines, another compares
//! the two migrated schemas, and every test of a room runs on both.

pub mod audit;
pub mod blobs;
pub mod calendar;
mod db;
pub mod idempotency;
pub mod inspection;
pub mod jobs;
pub mod keys;
pub mod letters;
pub mod operations;
pub mod organization;
pub mod outbox;
pub mod people;
pub mod portal;
pub mod register;
pub mod requests;
pub mod review;
pub mod settings;
pub mod webhooks;

pub use db::backup;
pub use db::copy;
pub use db::error::StoreError;
pub use db::grants;
pub use db::migrate::{self, Migrations};
pub use db::open::{Db, Engine, Listener, Options, Prepared};
pub use db::row::{FromColumn, Row};
pub use db::schema;
pub use db::statement::Statement;
pub use db::tx::Tx;
pub use db::value::Value;

/// Every statement of every room, for the tests that prepare them.
pub fn statements() -> Vec<&'static Statement> {
    [
        audit::STATEMENTS,
        blobs::STATEMENTS,
        calendar::STATEMENTS,
        idempotency::STATEMENTS,
        inspection::STATEMENTS,
        jobs::STATEMENTS,
        keys::STATEMENTS,
        letters::STATEMENTS,
        operations::STATEMENTS,
        organization::STATEMENTS,
        outbox::STATEMENTS,
        people::STATEMENTS,
        portal::STATEMENTS,
        people::delegations::STATEMENTS,
        people::entry::STATEMENTS,
        register::STATEMENTS,
        requests::STATEMENTS,
        requests::asked::STATEMENTS,
        requests::attached::STATEMENTS,
        requests::foretold::STATEMENTS,
        requests::lanes::STATEMENTS,
        requests::lists::STATEMENTS,
        requests::submissions::STATEMENTS,
        requests::words::STATEMENTS,
        review::STATEMENTS,
        review::papers::STATEMENTS,
        people::moving::STATEMENTS,
        people::identities::STATEMENTS,
        settings::STATEMENTS,
        webhooks::STATEMENTS,
    ]
    .concat()
}
