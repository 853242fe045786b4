//! Annual reports (政府信息公开工作年度报告): what their forms ask for, what a
//! published one says, and what is wrong in it.
//!
//! [`document`] is the model that any file is read into; [`format`] holds the
//! two statutory forms as data; [`reading`] finds cells and claims in a
//! document; [`audit`] holds them against each other. Nothing here opens a
//! file or prints a page.

pub mod audit;
pub mod chapters;
pub mod claims;
pub mod document;
pub mod figures;
pub mod fold;
pub mod format;
pub mod prose;
pub mod reading;
pub mod tables;
pub mod value;
