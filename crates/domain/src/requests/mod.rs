//! Requests (依申请公开): from a question to its archive, the statutory clock,
//! the outcomes and the fees.
//!
//! Owns the dates and the money of the Regulation (国务院令第711号) Arts 30–35,
//! 42 and of 国办函〔2020〕109号, and which step is lawful when. It knows no
//! database and no clock of its own: facts come in, a date with its reasoning, or
//! the next state of a case, comes out.

pub mod application;
pub mod case;
pub mod clock;
pub mod fees;
pub mod guide;
pub mod hints;
pub mod outcomes;
pub mod proof;
pub mod query_code;
pub mod quota;
pub mod record;
pub mod words;
pub mod work;
