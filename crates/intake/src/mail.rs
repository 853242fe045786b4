//! A mail as somebody saved it (`.eml`, RFC 5322): who wrote to whom, when, about
//! what, and the files that came along.
//!
//! Everything in it is what its sender claims, the date above all. It is read
//! with bounds on its size, on mails within mails, and on the files that are
//! taken out of it; the mail itself stays the evidence for the rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{
    Address, Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use crate::error::IntakeError;
use crate::limits::{Deadline, Limits};
use crate::text;

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without folders and signs that are not seen.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// The name that the sender gives; empty where there is none.
    pub from_name: String,
    /// The address that it says it comes from.
    pub from_address: String,
    /// To whom it is addressed.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// When it says it was written: seconds since 1970 in UTC.
    pub sent: Option<i64>,
    /// What it says; of a page its text.
    pub text: String,
    /// Files, in their order.
    pub attachments: Vec<Attachment>,
    /// How many more there are, which were not taken out.
    pub left_out: usize,
}

/// Files that are taken out of a mail: as many as a form can bring beside it.
pub const ATTACHMENTS_MAX: usize = 9;
/// Bytes of a mail: what mail servers take, with room.
pub const BYTES_MAX: usize = 36 * 1024 * 1024;
/// Mails within mails: somebody forwards what was forwarded.
const NESTED_MAX: usize = 64;
/// Signs of a line that are kept: a subject, a name.
const LINE_CHARS_MAX: usize = 300;
/// Signs of the text that are kept: some twenty pages.
const TEXT_CHARS_MAX: usize = 20_000;
/// Signs of a file's name that are kept.
const NAME_CHARS_MAX: usize = 100;

/// Reads a mail.
///
/// # Errors
/// [`IntakeError::FileTooLarge`], [`IntakeError::TooDeep`] for mails within mails
/// beyond reason, [`IntakeError::UnsupportedKind`] for what is no mail.
pub fn read(bytes: &[u8], limits: &Limits, deadline: &dyn Deadline) -> Result<Mail, IntakeError> {
    let max = limits.file_bytes_max.min(BYTES_MAX);
    if bytes.len() > max {
        return Err(IntakeError::FileTooLarge { max });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(IntakeError::Empty);
    }
    // Each is opened within the other: known before any is.
    if nested(bytes) > NESTED_MAX {
        return Err(IntakeError::TooDeep { max: NESTED_MAX });
    }
    // The library gives up by a panic on some mails that are damaged.
    catch_unwind(AssertUnwindSafe(|| parsed(bytes, deadline))).unwrap_or_else(|_| {
        Err(IntakeError::Damaged {
            kind: "EML",
            reason: "the reader gave up".to_owned(),
        })
    })
}

fn parsed(bytes: &[u8], deadline: &dyn Deadline) -> Result<Mail, IntakeError> {
    let none = IntakeError::UnsupportedKind { kind: "TXT" };
    let message = MessageParser::default().parse(bytes).ok_or(none.clone())?;
    if deadline.passed() {
        return Err(IntakeError::OutOfTime);
    }
    if message.from().is_none() && message.date().is_none() && message.to().is_none() {
        return Err(none);
    }
    let (from_name, from_address) = sender(&message);
    let (attachments, left_out) = attachments(&message);
    Ok(Mail {
        from_name,
        from_address,
        to: receivers(&message),
        subject: header(&message, HeaderName::Subject)
            .or_else(|| message.subject().map(line))
            .unwrap_or_default(),
        sent: message
            .date()
            .filter(|date| date.is_valid())
            .map(mail_parser::DateTime::to_timestamp),
        text: body(&message),
        attachments,
        left_out,
    })
}

/// How often a part says that it is a mail.
fn nested(bytes: &[u8]) -> usize {
    const KIND: &[u8] = b"message/rfc822";
    let lower = bytes.to_ascii_lowercase();
    memchr::memmem::find_iter(&lower, KIND).count()
}

/// Text on one line, without signs that are not seen.
fn line(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split_whitespace() {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.extend(word.chars().filter(|c| !is_sly(*c)));
    }
    kept.chars().take(LINE_CHARS_MAX).collect()
}

/// Signs that are not seen or turn the text around.
fn is_sly(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A header that stands in the mail as it is, in GB18030 or another encoding
/// that nothing names, as older programs send it. None where it is encoded as
/// the norm wants it.
fn header(message: &Message<'_>, name: HeaderName<'static>) -> Option<String> {
    let found = message
        .headers()
        .iter()
        .rev()
        .find(|one| one.name == name)?;
    let from = usize::try_from(found.offset_start).ok()?;
    let to = usize::try_from(found.offset_end).ok()?;
    let raw = message.raw_message().get(from..to)?;
    let is_ours = raw.is_ascii() || std::str::from_utf8(raw).is_ok();
    (!is_ours).then(|| line(&text::decode(raw)))
}

fn sender(message: &Message<'_>) -> (String, String) {
    let first = message.from().and_then(Address::first);
    let address = first.and_then(|from| from.address()).map(line);
    let name = match header(message, HeaderName::From) {
        Some(raw) => {
            let before = raw.split('<').next().unwrap_or_default();
            before.trim().trim_matches('"').trim().to_owned()
        }
        None => first
            .and_then(|from| from.name())
            .map(line)
            .unwrap_or_default(),
    };
    (name, address.unwrap_or_default())
}

fn receivers(message: &Message<'_>) -> String {
    let to = message.to().into_iter().flat_map(Address::iter);
    let addresses = to.filter_map(|to| to.address()).take(5);
    line(&addresses.collect::<Vec<_>>().join(", "))
}

/// The text of a part whose encoding nobody named.
fn unnamed(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    let named = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"));
    if named.is_some() || part.encoding != Encoding::None {
        return None;
    }
    let from = usize::try_from(part.offset_body).ok()?;
    let to = usize::try_from(part.offset_end).ok()?;
    let raw = message.raw_message().get(from..to)?;
    std::str::from_utf8(raw)
        .is_err()
        .then(|| text::decode(raw).into_owned())
}

fn body(message: &Message<'_>) -> String {
    let parts = message.text_bodies().zip(0..);
    let texts = parts.filter_map(|(part, at)| {
        let raw = unnamed(message, part).filter(|_| matches!(part.body, PartType::Text(_)));
        raw.or_else(|| message.body_text(at).map(std::borrow::Cow::into_owned))
    });
    let text = texts.take(8).collect::<Vec<_>>().join("\n");
    let lines = text.lines().map(|line| {
        let kept = line.chars().filter(|c| *c == '\t' || !is_sly(*c));
        kept.collect::<String>().trim_end().to_owned()
    });
    let mut kept = String::new();
    let mut is_blank = true;
    for line in lines {
        // Of several empty lines one stays.
        if line.is_empty() && is_blank {
            continue;
        }
        is_blank = line.is_empty();
        kept.push_str(&line);
        kept.push('\n');
    }
    let kept: String = kept.chars().take(TEXT_CHARS_MAX).collect();
    kept.trim().to_owned()
}

fn attachments(message: &Message<'_>) -> (Vec<Attachment>, usize) {
    let all = message.attachment_count();
    let mut taken = Vec::new();
    for (part, number) in message.attachments().take(ATTACHMENTS_MAX).zip(1..) {
        let bytes = match &part.body {
            PartType::Message(nested) => nested.raw_message().to_vec(),
            _ => part.contents().to_vec(),
        };
        let given = part.attachment_name().unwrap_or_default();
        taken.push(Attachment {
            name: name(given, part.is_message(), number),
            bytes,
        });
    }
    let left_out = all.saturating_sub(taken.len());
    (taken, left_out)
}

/// A name that every system can keep; its ending stays.
fn name(given: &str, is_mail: bool, number: usize) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|c| !is_sly(*c)).map(|c| match c {
        ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c => c,
    });
    let plain: String = plain.collect();
    let plain = plain.trim().trim_end_matches(['.', ' ']);
    let count = plain.chars().count();
    let kept: String = match count > NAME_CHARS_MAX {
        true => plain.chars().skip(count - NAME_CHARS_MAX).collect(),
        false => plain.to_owned(),
    };
    match (kept.is_empty(), is_mail) {
        (true, true) => format!("{number}.eml"),
        (true, false) => number.to_string(),
        (false, true) if !kept.to_ascii_lowercase().ends_with(".eml") => format!("{kept}.eml"),
        (false, _) => kept,
    }
}
