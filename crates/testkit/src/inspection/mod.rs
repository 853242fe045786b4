//! A hand-made corpus for file inspection: files of every kind with a number
//! hidden in every place there is, and clean files full of numbers that are
//! none of a person's. Everything is drawn from a seed; nobody's number is in it
//! but by chance.

mod carriers;
mod clean;
mod numbers;
mod seeded;
mod written;

pub use carriers::{Pdf, docx, jpeg, page_of, png, pptx, xlsx, zip};
pub use clean::clean;
pub use numbers::{card, credit_code, mobile, resident};
pub use seeded::seeded;

use gongkai_domain::inspection::RuleId;

/// A file with what is known of it.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Name that it comes with.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where the number hides, in a few words.
    pub place: String,
    /// What is to be found: the rule, and the number as it may be shown.
    pub numbers: Vec<(RuleId, String)>,
}
