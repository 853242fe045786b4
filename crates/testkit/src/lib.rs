//! For tests only: reports made from clean cells in every layout that real
//! offices produce, and the score of the real ones.

pub mod browser;
pub mod corpus;
pub mod database;
pub mod gold;
pub mod hostile;
pub mod house;
pub mod http;
pub mod inspection;
pub mod installation;
pub mod layouts;
mod models;
pub mod office;
pub mod people;
pub mod provider;
pub mod quine;
pub mod reader;
pub mod register;
pub mod requests;
pub mod sending;
pub mod torture;
pub mod traces;
