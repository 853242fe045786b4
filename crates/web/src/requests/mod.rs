//! Dates and fees of requests, for clerks and citizens.

pub mod clock;
pub mod fee;
