//! Addresses and lines of headers. What is of these types cannot carry a line
//! break into a header, whatever was typed (RFC 5322 2.2; CWE-93).

use std::fmt;

use crate::words::Message;

/// The longest address (RFC 5321 4.5.3.1.3, less its angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;
/// The longest part before the `@` (RFC 5321 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// More than any subject that is read.
const LINE_CHARS_MAX: usize = 200;

/// Why a text is no address or no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no mail address, or one that few servers take.
    #[error("this is no mail address")]
    NoAddress,
    /// It is empty, too long, or more than one line.
    #[error("this is no line of a header")]
    NoLine,
}

impl AddressError {
    /// What to tell the user.
    pub fn message(self) -> Message {
        match self {
            Self::NoAddress => Message::new("mail-wrong").with("max", ADDRESS_BYTES_MAX),
            Self::NoLine => Message::new("line-wrong").with("max", LINE_CHARS_MAX),
        }
    }
}

/// The address of one mailbox: printable ASCII, one `@`, a domain with a dot.
/// Personal data: it is shown masked, by [`Debug`](fmt::Debug) too.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress(String);

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// What an unquoted local part may hold (RFC 5322 3.2.3, `atext`), and the dot.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte)
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(label)
}

impl MailAddress {
    /// Reads an address as it is typed.
    ///
    /// # Errors
    /// [`AddressError::NoAddress`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let parts = text.rsplit_once('@').filter(|(local, domain)| {
            !local.is_empty()
                && local.len() <= LOCAL_BYTES_MAX
                && local.bytes().all(is_local)
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..")
                && is_domain(domain)
        });
        match parts {
            Some(_) if text.len() <= ADDRESS_BYTES_MAX => Ok(Self(text.to_owned())),
            _ => Err(AddressError::NoAddress),
        }
    }

    /// The address in full.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address for screens: the first letter and the domain.
    pub fn masked(&self) -> String {
        let first: String = self.0.chars().take(1).collect();
        format!("{first}***@{}", self.domain())
    }
}

/// One line of text: a subject, a name before an address, the name of an
/// attachment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Line(String);

impl fmt::Debug for Line {
    /// A subject may name somebody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a line of {} characters", self.0.chars().count())
    }
}

/// What breaks a line, or hides what it says: controls, the separators of
/// Unicode, and signs that turn the direction of text.
fn breaks(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// [`AddressError::NoLine`] if it is empty, too long, or would break.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let is_line =
            !text.is_empty() && text.chars().count() <= LINE_CHARS_MAX && !text.chars().any(breaks);
        if is_line {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::NoLine)
        }
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_mailbox_and_nothing_else() {
        for (typed, masked) in [
            ("zhang.san@example.gov.cn", "z***@example.gov.cn"),
            (" li+tag@a-b.example ", "l***@a-b.example"),
        ] {
            let address = MailAddress::parse(typed).expect("an address");
            assert_eq!(address.masked(), masked);
            assert!(!format!("{address:?}").contains(typed.trim()));
        }
        for typed in [
            "",
            "zhang",
            "@example.gov.cn",
            "zhang@",
            "zhang@localhost",
            "zhang@example..cn",
            "zhang@-a.cn",
            "a b@example.gov.cn",
            "张三@example.gov.cn",
            "zhang@例子.cn",
            "zhang@example.gov.cn\r\nBcc: all@example.gov.cn",
            "zhang\n@example.gov.cn",
            "<zhang@example.gov.cn>",
            "a@example.gov.cn,b@example.gov.cn",
            "a@b@example.gov.cn",
            ".zhang@example.gov.cn",
            "zh..ang@example.gov.cn",
            "zhang@example.gov.cn\0",
        ] {
            assert_eq!(
                MailAddress::parse(typed),
                Err(AddressError::NoAddress),
                "{typed:?}"
            );
        }
        let long = format!("{}@example.gov.cn", "a".repeat(65));
        assert!(MailAddress::parse(&long).is_err());
    }

    #[test]
    fn a_line_stays_one_line() {
        let line = Line::parse(" 关于信息公开申请的回执 𫓧 ").expect("a line");
        assert_eq!(line.as_str(), "关于信息公开申请的回执 𫓧");
        assert!(!format!("{line:?}").contains("回执"));
        let long = "长".repeat(201);
        for wrong in [
            "",
            "  ",
            "回执\r\nBcc: all@example.gov.cn",
            "回执\nX: y",
            "回执\rX: y",
            "a\0b",
            "a\u{2028}b",
            "fdp\u{202E}exe.",
            "a\u{85}b",
            long.as_str(),
        ] {
            assert_eq!(Line::parse(wrong), Err(AddressError::NoLine), "{wrong:?}");
        }
    }
}
