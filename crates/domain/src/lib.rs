//! The law and the casework as pure functions and types.
//!
//! This floor knows no clock, no files, no SQL and no web. Rules of a norm are
//! named functions or rows under `data/`, each with its article beside it.
//! Start with [`calendar`] for working days, [`requests`] for the statutory
//! clock and the fees, [`report`] for reading and auditing annual reports,
//! [`organization`] for bodies, people and permissions, [`register`] for
//! persons from outside, [`inspection`] for what files hold, [`outbox`] for what
//! goes out to people, and [`settings`] for what an installation may set.

pub mod audit;
pub mod calendar;
pub mod inspection;
pub mod letters;
pub mod organization;
pub mod outbox;
pub mod register;
pub mod report;
pub mod requests;
pub mod review;
pub mod settings;
pub mod table;
pub mod words;
