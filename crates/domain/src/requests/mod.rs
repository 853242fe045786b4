//! Requests (依申请公开): the statutory clock and the fees.
//!
//! Owns the dates and the money of the Regulation (国务院令第711号) Arts 30–35,
//! 42 and of 国办函〔2020〕109号. It knows no request record and no clock of its
//! own: facts come in, a date with its reasoning comes out.

pub mod clock;
pub mod fees;
