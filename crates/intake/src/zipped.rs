//! Packed files (DOCX, XLSX): what they are, and how much they unfold to.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::IntakeError;
use crate::kind::FileKind;
use crate::limits::Limits;

pub(crate) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(crate) fn open(bytes: &[u8]) -> Result<Archive<'_>, IntakeError> {
    ZipArchive::new(Cursor::new(bytes)).map_err(damaged)
}

fn damaged(error: ZipError) -> IntakeError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => IntakeError::Encrypted,
        error => IntakeError::Damaged {
            kind: "ZIP",
            reason: error.to_string(),
        },
    }
}

/// Which office format an archive holds.
pub(crate) fn kind(bytes: &[u8]) -> Result<FileKind, IntakeError> {
    let archive = open(bytes)?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        Ok(FileKind::Docx)
    } else if has("xl/workbook.xml") {
        Ok(FileKind::Xlsx)
    } else {
        let kind = if has("OFD.xml") {
            "OFD"
        } else if has("content.xml") {
            "ODF"
        } else {
            "ZIP"
        };
        Err(IntakeError::UnsupportedKind { kind })
    }
}

/// Unfolds every entry into nothing, counting, so that no reader behind it
/// meets a bomb, whatever sizes the archive claims.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), IntakeError> {
    let mut archive = open(bytes)?;
    if archive.len() > limits.entries_max {
        return Err(IntakeError::TooManyEntries {
            max: limits.entries_max,
        });
    }
    let mut left = limits.unpacked_bytes_max;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|error| IntakeError::Damaged {
            kind: "ZIP",
            reason: error.to_string(),
        })?;
        left = left
            .checked_sub(read)
            .ok_or(IntakeError::UnpackedTooLarge {
                max: limits.unpacked_bytes_max,
            })?;
    }
    Ok(())
}

/// An entry as text.
pub(crate) fn entry(
    archive: &mut Archive<'_>,
    name: &str,
    limits: &Limits,
) -> Result<String, IntakeError> {
    let entry = archive.by_name(name).map_err(damaged)?;
    let mut bytes = Vec::new();
    entry
        .take(limits.unpacked_bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| IntakeError::Damaged {
            kind: "ZIP",
            reason: error.to_string(),
        })?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.unpacked_bytes_max {
        return Err(IntakeError::UnpackedTooLarge {
            max: limits.unpacked_bytes_max,
        });
    }
    Ok(crate::text::decode(&bytes).into_owned())
}
