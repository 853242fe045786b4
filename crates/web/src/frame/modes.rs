//! How a visitor wants the pages: colours, size of type, language. The same
//! pages at the same addresses, remembered in one cookie.

use std::sync::Arc;

use axum::extract::{Form, FromRequestParts};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use gongkai_domain::words::{Language, Words};
use serde::Deserialize;

use super::shell::Shell;

/// Colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the visitor's system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// Yellow on black.
    Contrast,
}

/// How a visitor wants the pages, and the address in hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Modes {
    /// Colours.
    pub theme: Theme,
    /// Large type and targets (长者版).
    pub elder: bool,
    /// Language.
    pub language: Language,
    /// Path and query of the page, to come back to.
    pub here: String,
    /// Whether this server has an office to lead to.
    pub with_office: bool,
    /// The frame of the office, for who has come in; no choice of theirs, but
    /// it goes wherever the modes go, so that every page has it.
    pub shell: Option<Arc<Shell>>,
}

/// Marks requests to a server that has an office.
#[derive(Debug, Clone, Copy)]
pub struct WithOffice;

const COOKIE: &str = "modes";

impl Modes {
    /// Words in the visitor's language.
    pub fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// Value of `data-theme`.
    pub fn theme_name(&self) -> &'static str {
        match self.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Contrast => "contrast",
        }
    }

    /// Value of `data-size`.
    pub fn size_name(&self) -> &'static str {
        if self.elder { "elder" } else { "normal" }
    }

    /// Takes one choice; anything that is none changes nothing.
    pub fn choose(&mut self, choice: &str) {
        match choice {
            "system" => self.theme = Theme::System,
            "light" => self.theme = Theme::Light,
            "dark" => self.theme = Theme::Dark,
            "contrast" => self.theme = Theme::Contrast,
            "elder" => self.elder = true,
            "normal" => self.elder = false,
            "zh-CN" => self.language = Language::Chinese,
            "en" => self.language = Language::English,
            _ => {}
        }
    }

    /// The modes in one word, as the cookie has it.
    pub fn name(&self) -> String {
        let (theme, size) = (self.theme_name(), self.size_name());
        format!("{theme}.{size}.{}", self.language.tag())
    }

    /// The cookie that remembers the modes for a year.
    pub fn cookie(&self) -> Option<HeaderValue> {
        let value = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            self.name()
        );
        HeaderValue::from_str(&value).ok()
    }

    fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        let mut modes = Self {
            here: uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            ..Self::default()
        };
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        modes.language = accepted.map_or(Language::Chinese, Language::from_tag);
        let cookies = headers.get_all(header::COOKIE).into_iter();
        let chosen = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|all| all.split(';'))
            .find_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        for choice in chosen.into_iter().flat_map(|value| value.split('.')) {
            modes.choose(choice);
        }
        modes
    }
}

impl<S: Sync> FromRequestParts<S> for Modes {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self {
            with_office: parts.extensions.get::<WithOffice>().is_some(),
            ..Self::of(&parts.headers, &parts.uri)
        })
    }
}

/// A choice of mode, and where to go back to.
#[derive(Deserialize)]
pub struct Choice {
    set: String,
    #[serde(default)]
    back: String,
}

/// `POST /modes`
pub async fn set(mut modes: Modes, Form(choice): Form<Choice>) -> Response {
    modes.choose(&choice.set);
    // Only a path of this site: `//elsewhere` and `/\elsewhere` are none.
    let own = choice.back.starts_with('/')
        && !choice.back.starts_with("//")
        && !choice.back.contains(['\\', '\r', '\n']);
    let back = if own { choice.back.as_str() } else { "/" };
    let location = HeaderValue::from_str(back).unwrap_or(HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    if let Some(cookie) = modes.cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(cookie: &str, accepted: &str) -> Modes {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::COOKIE, cookie),
            (header::ACCEPT_LANGUAGE, accepted),
        ] {
            headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        Modes::of(&headers, &Uri::from_static("/clock?do=due"))
    }

    #[test]
    fn what_was_chosen_comes_back_and_what_makes_no_sense_is_ignored() {
        let mut chosen = modes("", "zh-CN,en;q=0.5");
        assert_eq!(chosen.here, "/clock?do=due");
        assert_eq!((chosen.theme, chosen.elder), (Theme::System, false));
        chosen.choose("dark");
        chosen.choose("elder");
        chosen.choose("en");
        chosen.choose("pink");
        let cookie = chosen.cookie().expect("a cookie");
        let value = cookie
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a value");
        assert_eq!(value, "modes=dark.elder.en");
        assert_eq!(modes(&format!("a=b; {value}"), "zh-CN"), chosen);
        assert_eq!(
            modes("modes=<script>.elder", "en-GB").language,
            Language::English
        );
    }

    #[tokio::test]
    async fn going_back_never_leaves_the_site() {
        for (back, to) in [
            ("/clock?do=due", "/clock?do=due"),
            ("//elsewhere.example/", "/"),
            ("/\\elsewhere.example", "/"),
            ("https://elsewhere.example/", "/"),
            ("", "/"),
        ] {
            let choice = Choice {
                set: "dark".to_owned(),
                back: back.to_owned(),
            };
            let response = set(Modes::default(), Form(choice)).await;
            assert_eq!(response.headers()[header::LOCATION], to, "{back}");
        }
    }
}
