//! The facade: two engines behind one face.

pub mod backup;
pub mod copy;
pub mod error;
pub mod grants;
pub mod migrate;
pub mod open;
pub mod row;
pub mod schema;
pub mod statement;
pub mod tx;
pub mod value;
