//! Files on their way in: counted while they come, kept nowhere that has a
//! name.

use std::io::{Seek, SeekFrom, Write};

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use gongkai_app::report::orders::{Bytes, Input, Role};
use gongkai_domain::words::Message;
use tempfile::SpooledTempFile;

/// The largest file; the same as the reader's own limit.
const FILE_MAX: u64 = 64 * 1024 * 1024;
/// The most that one form may bring.
pub const FORM_MAX: u64 = 256 * 1024 * 1024;
/// The most files at once: a county and its bodies.
const FILES_MAX: usize = 200;
/// Larger files go to the disk, nameless, and end with the process.
const MEMORY_MAX: usize = 128 * 1024;
/// A list of bodies is a few pages at most.
const LIST_MAX: usize = 256 * 1024;

/// A file that was brought.
pub struct Brought {
    pub input: Input,
    file: SpooledTempFile,
}

impl Brought {
    /// A sample that the program brings along.
    pub fn sample(name: &str, bytes: &[u8]) -> std::io::Result<Self> {
        let mut file = SpooledTempFile::new(MEMORY_MAX);
        file.write_all(bytes)?;
        Ok(Self {
            input: Input {
                name: name.to_owned(),
                role: Role::Report,
                packed: false,
                length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            },
            file,
        })
    }

    /// Its bytes, from the beginning.
    pub fn bytes(mut self) -> std::io::Result<(Input, Bytes)> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok((self.input, Box::new(self.file)))
    }
}

/// What a form brought.
#[derive(Default)]
pub struct Form {
    pub files: Vec<Brought>,
    pub expected: Vec<String>,
}

/// Why a form was not taken.
#[derive(Debug)]
pub enum Refusal {
    /// A file is too large, or all are together.
    TooLarge,
    /// Too many files.
    TooMany,
    /// The form ended early or is none.
    Broken,
    /// No place to put it.
    NoRoom,
}

impl Refusal {
    /// What to tell the visitor, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::TooLarge => Message::new("upload-too-large")
                .with("file", FILE_MAX / 1024 / 1024)
                .with("form", FORM_MAX / 1024 / 1024),
            Self::TooMany => Message::new("upload-too-many").with("max", FILES_MAX),
            Self::Broken => Message::new("upload-broken"),
            Self::NoRoom => Message::new("upload-no-room"),
        }
    }
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Broken
        }
    }
}

/// Takes a form in.
pub async fn receive(mut multipart: Multipart) -> Result<Form, Refusal> {
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "report" | "child" | "text" => {
                let role = if name == "child" {
                    Role::Child
                } else {
                    Role::Report
                };
                let brought = spool(field, role, name == "text").await?;
                // A file field that was left empty comes as an empty file.
                if brought.input.length > 0 || !brought.input.name.is_empty() {
                    form.files.push(brought);
                }
                if form.files.len() > FILES_MAX {
                    return Err(Refusal::TooMany);
                }
            }
            "expected" => {
                let list = small(field).await?;
                let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
                form.expected = lines.map(ToOwned::to_owned).collect();
            }
            _ => {}
        }
    }
    Ok(form)
}

async fn spool(mut field: Field<'_>, role: Role, pasted: bool) -> Result<Brought, Refusal> {
    let name = if pasted {
        String::new()
    } else {
        shown_name(field.file_name().unwrap_or_default())
    };
    let mut file = SpooledTempFile::new(MEMORY_MAX);
    let mut length = 0u64;
    while let Some(chunk) = field.chunk().await? {
        length += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if length > FILE_MAX {
            return Err(Refusal::TooLarge);
        }
        file.write_all(&chunk).map_err(|_| Refusal::NoRoom)?;
    }
    let name = if pasted && length > 0 {
        "…".to_owned()
    } else {
        name
    };
    Ok(Brought {
        input: Input {
            name,
            role,
            packed: false,
            length,
        },
        file,
    })
}

async fn small(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LIST_MAX {
            return Err(Refusal::TooLarge);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The longest name that is shown.
const NAME_MAX: usize = 120;

/// A file's name as it may be shown: no folders, no signs that cannot be seen
/// or turn the text around.
fn shown_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last
        .chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        })
        .collect();
    let count = seen.chars().count();
    if count <= NAME_MAX {
        return seen;
    }
    // The end tells the kind.
    let begin: String = seen.chars().take(NAME_MAX - 20).collect();
    let end: String = seen.chars().skip(count - 19).collect();
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_folders_and_tricks() {
        let table = [
            ("年报.html", "年报.html"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\年报.docx", "年报.docx"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("", ""),
        ];
        for (given, shown) in table {
            assert_eq!(shown_name(given), shown, "{given:?}");
        }
        let long = format!("{}.pdf", "年".repeat(300));
        let shown = shown_name(&long);
        assert_eq!(shown.chars().count(), NAME_MAX);
        assert!(shown.ends_with(".pdf"));
    }
}
