//! Letters 文书: what every kind of letter has to say, in which words, under
//! which number, and which remedies it tells of (《政府信息公开条例》 Arts 27–45).
//!
//! A letter is made of [`facts::LetterFacts`] alone: plain facts, which whoever
//! keeps cases fills in. [`kinds`] is the table of letters, [`entry`] is what of them is typed, [`step`] the step of the law that a letter
//! is, [`head`] what stands on every letter of a body; [`template`] words them, [`remedy`] adds the clause that the law wants, and [`compose`] puts a
//! [`compose::Letter`] together, which the press sets as pages. Nothing here
//! knows a store, a page size or a clock.

pub mod compose;
pub mod entry;
pub mod facts;
pub mod grounds;
pub mod head;
pub mod kinds;
pub mod number;
pub mod remedy;
pub mod samples;
pub mod step;
pub mod template;

#[cfg(test)]
mod tests;
