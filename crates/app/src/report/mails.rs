//! A stranger's mail, read apart from the server like every stranger's file.

use std::io::Cursor;
use std::sync::Arc;

use gongkai_domain::words::{Language, Message};
use gongkai_intake::IntakeError;
use gongkai_intake::mail::{Attachment, Mail};
use serde::{Deserialize, Serialize};

use super::orders::{Answer, Bytes, Head, Input, Order, Reader, Refused, Wanted};

/// A mail on its way from the reading process; the bytes of its files stand
/// behind it.
#[derive(Serialize, Deserialize)]
struct Packed {
    from_name: String,
    from_address: String,
    to: String,
    subject: String,
    sent: Option<i64>,
    text: String,
    files: Vec<(String, usize)>,
    left_out: usize,
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// What the reading process answers.
pub(super) fn answer(found: Result<Mail, IntakeError>) -> Result<Answer, Refused> {
    let mut packed = Vec::new();
    let found = found.map_err(|error| error.message()).map(|mail| {
        let mut files = Vec::new();
        for file in mail.attachments {
            files.push((file.name, file.bytes.len()));
            packed.extend(file.bytes);
        }
        Packed {
            from_name: mail.from_name,
            from_address: mail.from_address,
            to: mail.to,
            subject: mail.subject,
            sent: mail.sent,
            text: mail.text,
            files,
            left_out: mail.left_out,
        }
    });
    let body = serde_json::to_vec(&found).map_err(|_| Refused::Broken)?;
    Ok(Answer {
        head: Head {
            body: length(&body),
            packed: length(&packed),
            read: usize::from(found.is_ok()),
            unread: usize::from(found.is_err()),
            ..Head::default()
        },
        body,
        packed,
    })
}

/// Has a mail read apart from the server, within the limits of one process. The
/// outer error is of the process, the inner one of the mail.
///
/// # Errors
/// [`Refused`].
pub async fn read(
    reader: &dyn Reader,
    name: &str,
    bytes: Arc<[u8]>,
) -> Result<Result<Mail, Message>, Refused> {
    let order = Order {
        language: Language::default(),
        wanted: Wanted::Mail,
        which: 0,
        expected: Vec::new(),
        inputs: vec![Input::file(name, length(&bytes))],
    };
    let bytes: Vec<Bytes> = vec![Box::new(Cursor::new(bytes))];
    let answer = reader.carry_out(order, bytes).await?;
    let found: Result<Packed, Message> =
        serde_json::from_slice(&answer.body).map_err(|_| Refused::Broken)?;
    let packed = match found {
        Ok(packed) => packed,
        Err(message) => return Ok(Err(message)),
    };
    let mut rest = answer.packed.as_slice();
    let mut attachments = Vec::new();
    for (name, length) in packed.files {
        let (own, after) = rest.split_at_checked(length).ok_or(Refused::Broken)?;
        rest = after;
        attachments.push(Attachment {
            name,
            bytes: own.to_vec(),
        });
    }
    Ok(Ok(Mail {
        from_name: packed.from_name,
        from_address: packed.from_address,
        to: packed.to,
        subject: packed.subject,
        sent: packed.sent,
        text: packed.text,
        attachments,
        left_out: packed.left_out,
    }))
}
