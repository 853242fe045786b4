//! What the app does, on both databases. One program: each links the whole house.

mod calendars;
mod delegation;
mod demo;
mod desk;
mod doors;
mod ground;
mod identities;
mod inspection_corpus;
mod inspection_hostile;
mod inspections;
mod killed;
mod letters;
mod mutation;
mod open_set;
mod organizations;
mod outbox;
mod people;
mod portal;
mod printed_pdf;
mod register;
mod requests;
mod review;
mod round_trip;
mod staff_table;
mod twice;
mod upkeep;
