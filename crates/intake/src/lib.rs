//! Reads what people bring: HTML, DOCX, XLSX, PDF, Markdown and plain text,
//! in the encodings that Chinese offices use, into one document model.
//!
//! Formats are told by content, not by name, and read within [`Limits`]; a
//! file that goes past one ends in an [`IntakeError`] that names it. Nothing
//! here knows what a report is. Start with [`read`], [`table::read`] for a
//! table alone, [`mail::read`] for a mail, or [`inspect::inspect`] for everything in a file, hidden or not.

mod docx;
mod error;
mod grid;
mod html;
pub mod inspect;
mod kind;
mod limits;
pub mod mail;
mod markdown;
mod pdf;
pub mod table;
mod text;
mod xlsx;
mod zipped;

pub use error::IntakeError;
pub use kind::FileKind;
pub use limits::{Deadline, Limits};

use gongkai_domain::report::document::Document;

/// Reads a file's bytes. `name` helps only where content does not tell, as
/// between Markdown and plain text.
///
/// # Errors
/// [`IntakeError`] says which limit was passed or what is damaged.
pub fn read(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    if bytes.len() > limits.file_bytes_max {
        return Err(IntakeError::FileTooLarge {
            max: limits.file_bytes_max,
        });
    }
    let document = match kind::of(bytes, name)? {
        FileKind::Html => html::read(&text::decode_html(bytes), limits, deadline)?,
        FileKind::Docx => docx::read(bytes, limits, deadline)?,
        FileKind::Xlsx => xlsx::read(bytes, xlsx::Dates::AsNumbers, limits, deadline)?,
        FileKind::Pdf => pdf::read(bytes, limits, deadline)?,
        FileKind::Markdown => markdown::read(&text::decode(bytes), limits, deadline)?,
        FileKind::Text => text::read(&text::decode(bytes), limits, deadline)?,
    };
    Ok(document)
}
