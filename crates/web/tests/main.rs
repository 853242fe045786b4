//! The pages with a server of their own inside the test. One program: each
//! links the whole house.

mod identities;
mod inspection;
mod journeys;
mod letters;
mod permissions;
mod register;
mod rooms;
mod sending;
