//! Message catalogues: everything a user reads, in Simplified Chinese first and
//! English second.
//!
//! Rules return a [`Message`], an identifier with arguments; the edge renders
//! it in the user's language with [`Words`]. Nothing here decides anything.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use serde::{Deserialize, Serialize};
use unic_langid::{LanguageIdentifier, langid};

/// The languages that every message exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese, the language of the product.
    #[default]
    Chinese,
    /// English, the second language.
    English,
}

impl Language {
    /// Reads a language tag such as `zh-CN`, `en_US.UTF-8` or `C`.
    /// Anything that is not plainly English is Chinese.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("en") {
            Self::English
        } else {
            Self::Chinese
        }
    }

    /// The tag for `lang` attributes in HTML.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// A sentence before it is put into a language: an entry of the catalogue and
/// what is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The entry's identifier in the catalogues.
    pub id: Cow<'static, str>,
    /// Values by argument name.
    pub arguments: Vec<(Cow<'static, str>, String)>,
}

impl Message {
    /// A message without arguments.
    pub fn new(id: &'static str) -> Self {
        Self {
            id: Cow::Borrowed(id),
            arguments: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.arguments
            .push((Cow::Borrowed(name), value.to_string()));
        self
    }
}

/// The catalogue texts of a language, file by file.
pub fn catalogue(language: Language) -> [&'static str; 17] {
    match language {
        Language::Chinese => [
            include_str!("words/zh-CN/requests.ftl"),
            include_str!("words/zh-CN/casework.ftl"),
            include_str!("words/zh-CN/report.ftl"),
            include_str!("words/zh-CN/interface.ftl"),
            include_str!("words/zh-CN/pages.ftl"),
            include_str!("words/zh-CN/organization.ftl"),
            include_str!("words/zh-CN/office.ftl"),
            include_str!("words/zh-CN/review.ftl"),
            include_str!("words/zh-CN/register.ftl"),
            include_str!("words/zh-CN/identities.ftl"),
            include_str!("words/zh-CN/outbox.ftl"),
            include_str!("words/zh-CN/inspection.ftl"),
            include_str!("words/zh-CN/rooms.ftl"),
            include_str!("words/zh-CN/look.ftl"),
            include_str!("words/zh-CN/portal.ftl"),
            include_str!("words/zh-CN/letters.ftl"),
            include_str!("words/zh-CN/evidence.ftl"),
        ],
        Language::English => [
            include_str!("words/en/requests.ftl"),
            include_str!("words/en/casework.ftl"),
            include_str!("words/en/report.ftl"),
            include_str!("words/en/interface.ftl"),
            include_str!("words/en/pages.ftl"),
            include_str!("words/en/organization.ftl"),
            include_str!("words/en/office.ftl"),
            include_str!("words/en/review.ftl"),
            include_str!("words/en/register.ftl"),
            include_str!("words/en/identities.ftl"),
            include_str!("words/en/outbox.ftl"),
            include_str!("words/en/inspection.ftl"),
            include_str!("words/en/rooms.ftl"),
            include_str!("words/en/look.ftl"),
            include_str!("words/en/portal.ftl"),
            include_str!("words/en/letters.ftl"),
            include_str!("words/en/evidence.ftl"),
        ],
    }
}

/// A language's catalogue, ready to render.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

impl Words {
    /// The catalogue of `language`, parsed once for the process.
    pub fn of(language: Language) -> &'static Self {
        static CHINESE: OnceLock<Words> = OnceLock::new();
        static ENGLISH: OnceLock<Words> = OnceLock::new();
        let cell = match language {
            Language::Chinese => &CHINESE,
            Language::English => &ENGLISH,
        };
        cell.get_or_init(|| Self::parse(language))
    }

    fn parse(language: Language) -> Self {
        let id: LanguageIdentifier = match language {
            Language::Chinese => langid!("zh-CN"),
            Language::English => langid!("en"),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        for text in catalogue(language) {
            let resource = FluentResource::try_new(text.to_owned())
                .expect("catalogues are parsed whole by a test");
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// The language of this catalogue.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether the catalogue has an entry.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// The message in this language. An entry that is missing shows its
    /// identifier, so that nothing is lost; a test keeps the catalogues whole.
    pub fn render(&self, message: &Message) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in &message.arguments {
            arguments.set(name.as_ref(), value.as_str());
        }
        self.format(&message.id, Some(&arguments))
            .unwrap_or_else(|| format!("{} {:?}", message.id, message.arguments))
    }

    /// An entry without arguments, or its identifier where it is missing.
    pub fn text(&self, id: &str) -> String {
        self.format(id, None).unwrap_or_else(|| id.to_owned())
    }

    fn format(&self, id: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut errors = Vec::new();
        Some(
            self.bundle
                .format_pattern(pattern, arguments, &mut errors)
                .into_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<String> {
        catalogue(language)
            .iter()
            .flat_map(|text| text.lines())
            .filter(|line| !line.starts_with([' ', '#', '-', '.', '}', '*', '[']))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
            .collect()
    }

    #[test]
    fn both_catalogues_parse_and_hold_the_same_entries() {
        for language in [Language::Chinese, Language::English] {
            for text in catalogue(language) {
                FluentResource::try_new(text.to_owned()).expect("the catalogue parses");
            }
        }
        let mut chinese = keys(Language::Chinese);
        let mut english = keys(Language::English);
        chinese.sort();
        english.sort();
        assert!(!chinese.is_empty());
        let before = chinese.len();
        chinese.dedup();
        assert_eq!(before, chinese.len(), "an entry stands twice");
        assert_eq!(chinese, english);
    }

    #[test]
    fn both_catalogues_ask_for_the_same_arguments() {
        let arguments = |language: Language| {
            let mut found: Vec<(String, Vec<String>)> = Vec::new();
            for line in catalogue(language).iter().flat_map(|text| text.lines()) {
                let Some((key, value)) = line.split_once(" = ") else {
                    continue;
                };
                let mut names: Vec<String> = value
                    .split('$')
                    .skip(1)
                    .map(|rest| {
                        rest.chars()
                            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                            .collect()
                    })
                    .collect();
                names.sort();
                names.dedup();
                found.push((key.to_owned(), names));
            }
            found.sort();
            found
        };
        assert_eq!(arguments(Language::Chinese), arguments(Language::English));
    }

    #[test]
    fn a_message_is_filled_in() {
        let message = Message::new("festival-new_year");
        assert_eq!(Words::of(Language::Chinese).render(&message), "元旦");
    }
}
