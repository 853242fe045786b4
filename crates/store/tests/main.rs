//! The store, on both databases. One program: each links the whole house.

mod calendars;
mod grants;
mod honesty;
mod letters;
mod organizations;
mod outbox;
mod reviews;
mod rooms;
