//! Use cases: one function per thing that a person does.
//!
//! Bytes and a [`ports::DataFolder`] come in, results go out; the command
//! line and the pages to come put them in front of people. Start with
//! [`report`] and [`calendar`].

pub mod audit;
pub mod blobs;
pub mod calendar;
mod counted;
pub mod demo;
pub mod house;
pub mod inspection;
pub mod jobs;
pub mod letters;
pub mod once;
pub mod operations;
pub mod organization;
pub mod outbox;
pub mod outside;
pub mod people;
pub mod portal;
pub mod ports;
pub mod register;
pub mod report;
pub mod requests;
pub mod review;
pub mod settings;
pub mod upkeep;
pub mod vault;

pub use gongkai_intake::{Deadline, IntakeError, Limits, read as read_document};
pub use gongkai_paper as paper;
pub use gongkai_press as press;
pub use gongkai_store as store;
