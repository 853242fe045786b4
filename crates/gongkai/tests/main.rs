//! The program from outside: its commands, its pages in a real browser, and
//! what strangers send it. One program: each links the whole house.

mod clock;
mod command_line;
mod confined;
mod demo;
mod dump;
mod hostile_requests;
mod inspection;
mod look;
mod manual;
mod office;
mod office_delegation;
mod office_journey;
mod office_organizations;
mod office_requests;
mod office_review;
mod office_rooms;
mod operations;
mod pages;
mod papers;
mod portal;
mod sending;
mod strangers;
mod two_nodes;
