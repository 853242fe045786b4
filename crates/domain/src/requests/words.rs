//! Words by which a request is found again: pairs of signs that follow each
//! other, as Chinese is searched without knowing where its words begin.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::application::Application;
use crate::words::Message;

/// The fewest signs of a word that is looked for: one pair.
pub const WORD_CHARS_MIN: usize = 2;
/// Words of one search.
pub const WORDS_MAX: usize = 5;
/// Signs of one word of a search.
const WORD_CHARS_MAX: usize = 40;

/// A text as it is searched: in its compatible form, small letters, without
/// blanks and signs between words.
pub fn folded(text: &str) -> String {
    let signs = text.nfkc().filter(|c| c.is_alphanumeric());
    signs.flat_map(char::to_lowercase).collect()
}

/// The pairs of a text that was [`folded`].
pub fn pairs(folded: &str) -> BTreeSet<String> {
    let signs: Vec<char> = folded.chars().collect();
    signs.windows(2).map(|pair| pair.iter().collect()).collect()
}

/// The texts of an application that are searched: the applicant's name, what the
/// information is called, its number, and what is wanted.
pub fn texts(application: &Application) -> [String; 4] {
    [
        &application.name,
        &application.title,
        &application.file_number,
        &application.description,
    ]
    .map(|text| folded(text))
}

/// Every pair by which an application is found.
pub fn of(application: &Application) -> BTreeSet<String> {
    texts(application)
        .iter()
        .flat_map(|text| pairs(text))
        .collect()
}

/// Reads what somebody looks for: words between blanks, all of which are to be
/// there.
///
/// # Errors
/// For a word of one sign, and for too many.
pub fn sought(text: &str) -> Result<Vec<String>, Message> {
    let words = text.split_whitespace().map(folded);
    let mut words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.dedup();
    if words.len() > WORDS_MAX {
        return Err(Message::new("search-many").with("max", WORDS_MAX));
    }
    let is_short = |word: &String| word.chars().count() < WORD_CHARS_MIN;
    if words.is_empty() || words.iter().any(is_short) {
        return Err(Message::new("search-short").with("min", WORD_CHARS_MIN));
    }
    let cut = words.into_iter();
    Ok(cut
        .map(|word| word.chars().take(WORD_CHARS_MAX).collect())
        .collect())
}

/// Whether an application has all of some words.
pub fn has(application: &Application, words: &[String]) -> bool {
    let texts = texts(application);
    words
        .iter()
        .all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_found_however_it_is_written() {
        assert_eq!(folded("《清水河》 ２０２５年·Ａbc，"), "清水河2025年abc");
        assert_eq!(sought(" 水质  监测 ").expect("words"), ["水质", "监测"]);
        for (text, id) in [
            ("", "search-short"),
            ("水", "search-short"),
            ("水质 测", "search-short"),
            ("， 。", "search-short"),
        ] {
            assert_eq!(sought(text).expect_err("refused").id, id, "{text}");
        }
        let many = sought("甲甲 乙乙 丙丙 丁丁 戊戊 己己").expect_err("refused");
        assert_eq!(many.id, "search-many");
    }

    /// Whatever stands in a text is found by its pairs: those of a part are among
    /// those of the whole.
    #[test]
    fn pairs_of_a_part_are_pairs_of_the_whole() {
        let whole = folded("2023年城东污水处理厂二期工程施工合同𫓧𩽾");
        let signs: Vec<char> = whole.chars().collect();
        for from in 0..signs.len() - 1 {
            for to in from + 2..=signs.len() {
                let part: String = signs[from..to].iter().collect();
                assert!(pairs(&part).is_subset(&pairs(&whole)), "{part}");
            }
        }
        assert!(pairs("水").is_empty());
    }
}
