//! The content of a draft paper 送审稿, and the digest of exactly that.
//!
//! The digest is taken over [`Content::canonical`]: title, body and the digests
//! and names of the attachments, each with its length in bytes before it, so
//! that no two contents read alike. Whoever has the paper can reckon it again.

use sha2::{Digest, Sha256};

use super::ContentDigest;
use crate::organization::names::line;
use crate::words::Message;

/// The longest title: 发文 have titles of two or three lines.
const TITLE_CHARS_MAX: usize = 200;
/// The longest body: a long 规范性文件 has a third of that.
pub const BODY_CHARS_MAX: usize = 60_000;
/// Paragraphs of one body at most: each is a line of a page.
pub const PARAGRAPHS_MAX: usize = 1000;
/// Attachments of one paper at most.
pub const ATTACHMENTS_MAX: usize = 10;

/// A file that goes with a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// What is reviewed of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its title.
    pub title: String,
    /// Its text; paragraphs stand on lines of their own.
    pub body: String,
    /// What goes with it, in order.
    pub attachments: Vec<Attachment>,
}

impl Content {
    /// Content as it was typed: line ends are one sign, ends of lines are
    /// without blanks, and what cannot be seen is left out.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(
        title: &str,
        body: &str,
        attachments: Vec<Attachment>,
    ) -> Result<Self, Vec<Message>> {
        let mut wrong = Vec::new();
        let title = line(title, TITLE_CHARS_MAX);
        if let Err(error) = &title {
            wrong.push(match error {
                crate::organization::names::NameError::Empty => Message::new("paper-no-title"),
                error => error.message(),
            });
        }
        let body = plain(body);
        if body.is_empty() {
            wrong.push(Message::new("paper-no-body"));
        }
        let chars = body.chars().count();
        if chars > BODY_CHARS_MAX {
            let long = Message::new("paper-body-too-long");
            wrong.push(long.with("found", chars).with("max", BODY_CHARS_MAX));
        }
        let paragraphs = body.lines().filter(|line| !line.trim().is_empty()).count();
        if paragraphs > PARAGRAPHS_MAX {
            let many = Message::new("paper-too-many-paragraphs");
            wrong.push(many.with("found", paragraphs).with("max", PARAGRAPHS_MAX));
        }
        if attachments.len() > ATTACHMENTS_MAX {
            let many = Message::new("paper-too-many-files");
            wrong.push(many.with("max", ATTACHMENTS_MAX));
        }
        match title {
            Ok(title) if wrong.is_empty() => Ok(Self {
                title,
                body,
                attachments,
            }),
            _ => Err(wrong),
        }
    }

    /// The text of which the digest is taken.
    pub fn canonical(&self) -> String {
        let mut text = String::from("gongkai-paper-1\n");
        let mut part = |name: &str, value: &str| {
            text.push_str(&format!("{name} {}\n{value}\n", value.len()));
        };
        part("title", &self.title);
        part("body", &self.body);
        for attachment in &self.attachments {
            part("attachment", &attachment.digest);
            part("name", &attachment.name);
        }
        text
    }

    /// The digest of exactly this content.
    pub fn digest(&self) -> ContentDigest {
        let digest = Sha256::digest(self.canonical().as_bytes());
        let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        ContentDigest(text)
    }

    /// The paragraphs of the body, as reviewers count them: lines that hold
    /// something, from 1.
    pub fn paragraphs(&self) -> Vec<&str> {
        let lines = self.body.lines();
        lines.filter(|line| !line.trim().is_empty()).collect()
    }
}

impl Content {
    /// By what each attachment is named in a form: the digest of its bytes, and
    /// for another one of the same bytes its place among those.
    pub fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for (place, one) in self.attachments.iter().enumerate() {
            let before = self.attachments.iter().take(place);
            let same = before.filter(|other| other.digest == one.digest).count();
            tokens.push(match same {
                0 => one.digest.clone(),
                same => format!("{}-{same}", one.digest),
            });
        }
        tokens
    }
}

/// A text as it is kept.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.lines().map(|line| {
        let seen = line.chars().filter(|c| *c == '\t' || !c.is_control());
        seen.collect::<String>().trim_end().to_owned()
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::fixtures::said;

    fn file(name: &str, digit: char) -> Attachment {
        Attachment {
            name: name.to_owned(),
            digest: digit.to_string().repeat(64),
            size: 1,
        }
    }

    #[test]
    fn every_part_of_the_content_is_in_the_digest() {
        let content = |title: &str, body: &str, files: Vec<Attachment>| {
            Content::new(title, body, files).expect("content").digest()
        };
        let contents = [
            content("甲", "一\n二", vec![]),
            content("甲", "一\n二", vec![file("附件", 'a')]),
            content("甲", "一\n二", vec![file("附表", 'a')]),
            content("甲", "一\n二", vec![file("附件", 'b')]),
            content("甲", "一\n二", vec![file("附件", 'a'), file("附件", 'a')]),
            content("甲", "一 二", vec![]),
            content("甲一", "二", vec![]),
            // What looks like the head of a part is text.
            content("甲", "一\n二\nattachment 1\nb", vec![]),
        ];
        let different: std::collections::BTreeSet<_> = contents.iter().collect();
        assert_eq!(different.len(), contents.len());
    }

    #[test]
    fn two_files_of_the_same_bytes_are_two() {
        let files = vec![file("附件一", 'a'), file("附件二", 'a'), file("表", 'b')];
        let content = Content::new("甲", "一", files).expect("content");
        let a = "a".repeat(64);
        assert_eq!(
            content.tokens(),
            [a.clone(), format!("{a}-1"), "b".repeat(64)]
        );
    }

    #[test]
    fn what_cannot_be_seen_makes_no_other_content() {
        let one = Content::new("甲", "一\n\n二", vec![]).expect("content");
        let same = Content::new(" 甲 ", "一  \r\n\r\n二\r\n\r\n", vec![]).expect("content");
        assert_eq!(one, same);
        assert_eq!(one.paragraphs(), ["一", "二"]);
    }

    #[test]
    fn the_digest_can_be_reckoned_by_anybody() {
        let content = Content::new("甲", "一", vec![file("表", 'a')]).expect("content");
        let expected = format!(
            "gongkai-paper-1\ntitle 3\n甲\nbody 3\n一\nattachment 64\n{}\nname 3\n表\n",
            "a".repeat(64)
        );
        assert_eq!(content.canonical(), expected);
        assert_eq!(
            ContentDigest::new(content.digest().as_str()),
            Ok(content.digest())
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let files = (0..11).map(|_| file("表", 'a')).collect();
        let wrong = Content::new(" ", "\r\n \t", files).expect_err("refused");
        wrong.iter().for_each(|message| drop(said(message)));
        let ids: Vec<_> = wrong.into_iter().map(|message| message.id).collect();
        assert_eq!(
            ids,
            ["paper-no-title", "paper-no-body", "paper-too-many-files"]
        );
        let long = "长".repeat(BODY_CHARS_MAX + 1);
        let wrong = Content::new("甲", &long, vec![]).expect_err("refused");
        assert_eq!(wrong[0].id, "paper-body-too-long");
        let many = "段\n".repeat(PARAGRAPHS_MAX + 1);
        let wrong = Content::new("甲", &many, vec![]).expect_err("refused");
        assert_eq!(
            said(&wrong[0]),
            "正文有 1001 段，最多 1000 段。请合并短段，或者把较长的内容作为附件。"
        );
        let whole = "段\n\n".repeat(PARAGRAPHS_MAX);
        assert!(Content::new("甲", &whole, vec![]).is_ok());
    }
}
