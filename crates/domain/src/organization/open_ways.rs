//! 申请渠道: by which ways a body takes applications.

use super::import::plain;
use crate::words::{Language, Message, Words};

/// By which ways a body takes applications, beside counter and post, which are never
/// closed (国办公开办函〔2017〕19号). All are open until it closes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenWays {
    /// This site.
    pub online: bool,
    /// Its fax.
    pub fax: bool,
    /// Its mailbox, or its page.
    pub mail: bool,
}

/// Keys of the ways, which never change, and their names.
const WAYS: [(&str, &str); 3] = [
    ("online", "guide-way-online"),
    ("fax", "guide-way-fax"),
    ("mail", "guide-way-mail"),
];

impl Default for OpenWays {
    fn default() -> Self {
        Self::but("")
    }
}

impl OpenWays {
    /// All but those that are closed, by their keys.
    pub fn but(closed: &str) -> Self {
        let is_open = |key: &str| !closed.split(',').any(|one| one == key);
        Self {
            online: is_open("online"),
            fax: is_open("fax"),
            mail: is_open("mail"),
        }
    }

    fn closed_ways(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let open = [self.online, self.fax, self.mail];
        let all = WAYS.into_iter().zip(open);
        all.filter(|(_, is_open)| !is_open).map(|(way, _)| way)
    }

    /// The keys of those that are closed, as they are kept.
    pub fn closed(self) -> String {
        self.closed_ways()
            .map(|(key, _)| key)
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The names of those that are closed.
    pub fn told(self, words: &Words) -> String {
        let names = self.closed_ways().map(|(_, label)| words.text(label));
        names.collect::<Vec<_>>().join("、")
    }

    /// Ways that are closed, by key or by name in either language.
    ///
    /// # Errors
    /// Names what is no such way.
    pub fn read(told: &str) -> Result<Self, Message> {
        let mut closed = Vec::new();
        for one in told.split(['、', ',', '，', ';', '；']).map(plain) {
            let is = |language, label| plain(&Words::of(language).text(label)) == one;
            let way = WAYS.iter().find(|(key, label)| {
                one == *key || is(Language::Chinese, label) || is(Language::English, label)
            });
            match way {
                Some((key, _)) => closed.push(*key),
                None if one.is_empty() => {}
                None => return Err(Message::new("import-closed").with("text", one)),
            }
        }
        Ok(Self::but(&closed.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_is_kept_told_and_read_again() {
        for closed in [
            "",
            "online",
            "fax",
            "mail",
            "online,mail",
            "online,fax,mail",
        ] {
            let open = OpenWays::but(closed);
            assert_eq!(open.closed(), closed);
            for language in [Language::Chinese, Language::English] {
                let told = open.told(Words::of(language));
                assert_eq!(OpenWays::read(&told), Ok(open), "{told}");
            }
        }
        assert_eq!(
            OpenWays::read(" FAX； 电子邮件 "),
            Ok(OpenWays::but("fax,mail"))
        );
        let wrong = OpenWays::read("传真、电报").expect_err("no such way");
        assert_eq!(wrong, Message::new("import-closed").with("text", "电报"));
    }
}
