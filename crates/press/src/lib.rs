//! Papers as pages: letters in the layout of GB/T 9704-2012 and reports, as
//! tagged PDF/A and as Word documents.
//!
//! The one crate that knows typst. Texts come in as data and are never read as
//! markup; there is no file and no network to be reached from a page, and no
//! clock. Fonts are files of the installation ([`fonts`]): nothing is printed
//! in a font that lacks one of its characters. Start with [`letter::pdf`].

pub mod docx;
pub mod fonts;
pub mod letter;
pub mod sheet;
mod world;

pub use fonts::{Fonts, PressError};
