//! The timeline of a paper under review, for the file: as JSON, and as a page
//! that prints by itself and needs nothing beside it.

use askama::Template;
use gongkai_domain::review::chain::ChainData;
use gongkai_domain::words::Words;
use serde::Serialize;

/// Something that was done with the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When, with the offset from UTC.
    pub at: String,
    /// The same as people read it, in China.
    #[serde(skip)]
    pub shown_at: String,
    /// By whom.
    pub person: String,
    /// For whom.
    pub acting_for: Option<String>,
    /// What, in words.
    pub what: String,
    /// What is to be mended: places and texts.
    pub remarks: Vec<(String, String)>,
    /// What else was said.
    pub note: String,
    /// The digest of what it was about.
    pub digest: Option<String>,
    /// The step that was taken, where one was.
    pub step: Option<StepTaken>,
}

/// A step that was taken, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepTaken {
    /// Its key in the chain.
    pub key: String,
    /// The key of the role in which it was taken.
    pub role: String,
    /// `approved` or `returned`.
    pub verdict: &'static str,
    /// Whether its time was over.
    pub late: bool,
}

/// A review of the paper from when it was handed in, with its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Round<C> {
    /// Counts from 1.
    pub number: i64,
    /// The key of how it stands.
    pub state: String,
    /// The digest of what it is about.
    pub digest: String,
    /// The digest of what is in effect by it.
    pub in_effect: Option<String>,
    /// Whose chain it goes through; none for the one of the product.
    pub chain_of: Option<String>,
    /// In which version; 0 for the one of the product.
    pub chain_version: i64,
    /// That chain.
    pub chain: C,
}

/// An edition of the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionLine {
    /// Counts from 1.
    pub edition: i64,
    /// The digest of its content.
    pub digest: String,
    /// Who wrote it.
    pub person: String,
    /// When, with the offset from UTC.
    pub at: String,
}

/// All that goes into the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineFile {
    /// The number of the paper.
    pub number: i64,
    /// Whose it is.
    pub organization: String,
    /// What kind of thing it is.
    pub matter: String,
    /// How it stands.
    pub state: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What goes with it: name, SHA-256, bytes.
    pub attachments: Vec<(String, String, u64)>,
    /// SHA-256 of its content.
    pub digest: String,
    /// Its editions, the first one first.
    pub editions: Vec<EditionLine>,
    /// Its reviews, the first one first.
    pub rounds: Vec<Round<ChainData>>,
    /// What was done, in order.
    pub entries: Vec<Entry>,
    /// When this was made, with the offset from UTC.
    pub exported_at: String,
}

#[derive(Serialize)]
struct Whole<'a> {
    format: &'static str,
    verification: String,
    #[serde(flatten)]
    file: &'a TimelineFile,
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct Page<'a> {
    words: &'a Words,
    file: &'a TimelineFile,
}

impl TimelineFile {
    /// As JSON, with a word on how the digest is reckoned again.
    ///
    /// # Errors
    /// None that is known: it holds texts and numbers.
    pub fn json(&self, words: &Words) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&Whole {
            format: "gongkai-review-timeline-1",
            verification: words.text("timeline-verify"),
            file: self,
        })
    }

    /// As a page by itself.
    ///
    /// # Errors
    /// That it could not be rendered.
    pub fn html(&self, words: &Words) -> Result<String, askama::Error> {
        Page { words, file: self }.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gongkai_domain::review::matter::Matter;
    use gongkai_domain::words::Language;

    fn file() -> TimelineFile {
        TimelineFile {
            number: 7,
            organization: "云溪县水务局".to_owned(),
            matter: "公文".to_owned(),
            state: "已审签".to_owned(),
            title: "关于<防汛>的通知".to_owned(),
            body: "一\n二".to_owned(),
            attachments: vec![("表.xlsx".to_owned(), "a".repeat(64), 3)],
            digest: "b".repeat(64),
            entries: vec![Entry {
                at: "2026-11-23T09:00:00+08:00".to_owned(),
                shown_at: "2026-11-23 09:00:00".to_owned(),
                person: "王𫓧".to_owned(),
                acting_for: Some("李𩽾".to_owned()),
                what: "退回".to_owned(),
                remarks: vec![("第2段".to_owned(), "依据不对".to_owned())],
                note: "请核对".to_owned(),
                digest: Some("b".repeat(64)),
                step: Some(StepTaken {
                    key: "review".to_owned(),
                    role: "reviewer".to_owned(),
                    verdict: "returned",
                    late: true,
                }),
            }],
            editions: vec![EditionLine {
                edition: 1,
                digest: "c".repeat(64),
                person: "李𩽾".to_owned(),
                at: "2026-11-22T09:00:00+08:00".to_owned(),
            }],
            rounds: vec![Round {
                number: 1,
                state: "open".to_owned(),
                digest: "b".repeat(64),
                in_effect: None,
                chain_of: None,
                chain_version: 0,
                chain: Matter::Document.usual().chain.to_data(),
            }],
            exported_at: "2026-11-24T09:00:00+08:00".to_owned(),
        }
    }

    #[test]
    fn the_file_holds_everything_and_no_markup_of_the_text() {
        let words = Words::of(Language::Chinese);
        let html = file().html(words).expect("a page");
        for wanted in [
            "关于&#60;防汛&#62;的通知",
            "王𫓧",
            "李𩽾",
            "第2段",
            "依据不对",
            &"b".repeat(64),
            "表.xlsx",
        ] {
            assert!(html.contains(wanted), "{wanted}: {html}");
        }
        for foreign in ["<防汛>", "src=", "href=", "<script"] {
            assert!(!html.contains(foreign), "{foreign}");
        }
        let json = file().json(words).expect("text");
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["format"], "gongkai-review-timeline-1");
        assert_eq!(read["entries"][0]["remarks"][0][1], "依据不对");
        assert_eq!(read["digest"], "b".repeat(64));
        assert_eq!(read["entries"][0]["at"], "2026-11-23T09:00:00+08:00");
        assert_eq!(read["entries"][0]["step"]["verdict"], "returned");
        assert_eq!(read["editions"][0]["digest"], "c".repeat(64));
        let first = &read["rounds"][0]["chain"]["stages"][0][0];
        assert_eq!(
            (&first["key"], &first["role"]),
            (&"review".into(), &"reviewer".into())
        );
    }
}
