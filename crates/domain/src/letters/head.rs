//! What stands on every letter of a body, beside its disclosure office: its word
//! in document numbers, and where who gets the letter may turn.

use super::number;
use crate::organization::names;
use crate::requests::application::Wrong;
use crate::words::Message;

/// What a body tells of itself once, for all its letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// 机关代字, as 云财.
    pub word: String,
    /// The organ of reconsideration, the people's government as a rule
    /// (《行政复议法》第二十四条).
    pub review_body: String,
    /// The court; empty for "the court".
    pub court: String,
    /// Where reconsideration is asked for online (《行政复议法》第二十二条第二款).
    pub online_channel: String,
    /// How a fee is paid.
    pub payment: String,
    /// How an applicant follows a request.
    pub query: String,
}

/// The longest line, in characters.
const CHARS_MAX: usize = 200;

impl Letterhead {
    /// Reads it as it was typed.
    ///
    /// # Errors
    /// Every field that is wrong: the word has to be one of a document number,
    /// and no letter that ends a request leaves without the organ of
    /// reconsideration.
    pub fn read(typed: &Self) -> Result<Self, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut line = |field: &'static str, text: &str| match text.trim() {
            "" => String::new(),
            text => names::line(text, CHARS_MAX).unwrap_or_else(|error| {
                let message = error.message();
                wrong.push(Wrong { field, message });
                String::new()
            }),
        };
        let read = Self {
            word: line("word", &typed.word),
            review_body: line("review_body", &typed.review_body),
            court: line("court", &typed.court),
            online_channel: line("online_channel", &typed.online_channel),
            payment: line("payment", &typed.payment),
            query: line("query", &typed.query),
        };
        if let Err(message) = number::word(&read.word) {
            let field = "word";
            wrong.push(Wrong { field, message });
        }
        if read.review_body.is_empty() && wrong.iter().all(|one| one.field != "review_body") {
            wrong.push(Wrong {
                field: "review_body",
                message: Message::new("letterhead-review-body"),
            });
        }
        match wrong.is_empty() {
            true => Ok(read),
            false => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(word: &str, review_body: &str) -> Letterhead {
        Letterhead {
            word: word.to_owned(),
            review_body: review_body.to_owned(),
            ..Letterhead::default()
        }
    }

    #[test]
    fn a_letterhead_has_a_word_and_an_organ_of_reconsideration() {
        let table: [(&str, &str, &[&str]); 5] = [
            ("云水", "云溪县人民政府", &[]),
            (" 云水 ", " 云溪县人民政府 ", &[]),
            ("", "", &["word", "review_body"]),
            ("YS", "云溪县人民政府", &["word"]),
            ("云水", "县\u{202e}政府", &["review_body"]),
        ];
        for (word, body, fields) in table {
            let read = Letterhead::read(&typed(word, body));
            let wrong = read.as_ref().err().into_iter().flatten();
            let wrong: Vec<&str> = wrong.map(|one| one.field).collect();
            assert_eq!(wrong, fields, "{word} {body}");
            if let Ok(read) = read {
                assert_eq!(read, typed("云水", "云溪县人民政府"));
            }
        }
    }
}
