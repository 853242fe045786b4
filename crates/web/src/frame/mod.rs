//! What stands around every page: head, navigation, modes; and the pages that
//! belong to no room.

pub mod access;
pub mod assets;
pub mod connections;
pub mod headers;
pub mod modes;

use std::any::Any;

use askama::Template;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use gongkai_domain::words::{Message, Words};

use self::modes::{Modes, Theme};

/// The frame of a page, as templates use it.
pub struct Frame {
    /// How the visitor wants it.
    pub modes: Modes,
    /// The page's own title.
    pub title: String,
    /// The form that buttons of the modes send: a page that came by a form
    /// is made again from it.
    pub kept: bool,
}

/// A link of the navigation.
pub struct Link {
    /// Its address.
    pub to: &'static str,
    /// Its words.
    pub label: String,
    /// Whether the page is below it.
    pub here: bool,
}

/// A button of the modes.
pub struct Mode {
    /// What it chooses.
    pub set: &'static str,
    /// Its words.
    pub label: String,
    /// Whether it is chosen.
    pub on: bool,
}

impl Frame {
    /// A frame with the page's own title.
    pub fn new(modes: Modes, title: impl Into<String>) -> Self {
        Self {
            modes,
            title: title.into(),
            kept: false,
        }
    }

    /// The frame of a page that is made again from what it holds.
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// The words of the visitor's language.
    pub fn words(&self) -> &'static Words {
        self.modes.words()
    }

    /// An entry of the catalogue.
    pub fn text(&self, id: &str) -> String {
        self.words().text(id)
    }

    /// The navigation.
    pub fn links(&self) -> Vec<Link> {
        let path = self.modes.here.split('?').next().unwrap_or("/");
        [
            ("/audit", "nav-audit"),
            ("/clock", "nav-clock"),
            ("/fee", "nav-fee"),
            ("/rules", "nav-rules"),
            ("/formats", "nav-formats"),
            ("/api", "nav-api"),
        ]
        .into_iter()
        .map(|(to, label)| Link {
            to,
            label: self.text(label),
            here: path == to
                || path
                    .strip_prefix(to)
                    .is_some_and(|rest| rest.starts_with('/')),
        })
        .collect()
    }

    /// The colours to choose from.
    pub fn themes(&self) -> Vec<Mode> {
        [
            ("system", "mode-system", Theme::System),
            ("light", "mode-light", Theme::Light),
            ("dark", "mode-dark", Theme::Dark),
            ("contrast", "mode-contrast", Theme::Contrast),
        ]
        .into_iter()
        .map(|(set, label, theme)| Mode {
            set,
            label: self.text(label),
            on: self.modes.theme == theme,
        })
        .collect()
    }

    /// The sizes to choose from.
    pub fn sizes(&self) -> Vec<Mode> {
        [
            ("normal", "mode-normal", false),
            ("elder", "mode-elder", true),
        ]
        .into_iter()
        .map(|(set, label, elder)| Mode {
            set,
            label: self.text(label),
            on: self.modes.elder == elder,
        })
        .collect()
    }

    /// The other language, in its own words.
    pub fn other_language(&self) -> (&'static str, &'static str) {
        match self.words().language().tag() {
            "en" => ("zh-CN", "中文"),
            _ => ("en", "English"),
        }
    }

    /// Where the help to this page is.
    pub fn help(&self) -> String {
        crate::help::context(&self.modes.here)
    }

    /// Name of the style.
    pub fn style(&self) -> &'static str {
        &assets::STYLE.name
    }

    /// Name of the script.
    pub fn script(&self) -> &'static str {
        &assets::SCRIPT.name
    }

    /// Name of the icon.
    pub fn icon(&self) -> &'static str {
        &assets::ICON.name
    }
}

/// Renders a page, or says that it could not be.
pub fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// Renders a page with a status of its own.
pub fn page_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    message: String,
}

/// A page that says what went wrong and what to do.
pub fn problem(modes: Modes, status: StatusCode, message: &Message) -> Response {
    let words = modes.words();
    let title = words.text(if status.is_client_error() {
        "error-title"
    } else {
        "error-title-ours"
    });
    let message = words.render(message);
    page_with(
        status,
        &Problem {
            frame: Frame::new(modes, title),
            message,
        },
    )
}

/// Any address that is none of ours.
pub async fn missing(modes: Modes) -> Response {
    problem(modes, StatusCode::NOT_FOUND, &Message::new("error-missing"))
}

/// What the framework itself refuses, it says in plain English: a number in an
/// address that is none, a form of another kind. People are told in their own
/// words; programs are left what they get.
pub async fn in_words(modes: Modes, request: Request, next: Next) -> Response {
    let for_people = !request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let said = response.headers().get(header::CONTENT_TYPE);
    let is_plain = said.is_some_and(|said| said.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if for_people && is_plain && status.is_client_error() {
        return problem(modes, status, &Message::new("error-asked-wrongly"));
    }
    response
}

/// An address asked in a way that it does not answer, as when a result is
/// opened as a bookmark.
pub async fn wrong_method(modes: Modes) -> Response {
    problem(
        modes,
        StatusCode::METHOD_NOT_ALLOWED,
        &Message::new("error-method"),
    )
}

/// A fault of ours: the connection lives on, the visitor is told.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    problem(
        Modes::default(),
        StatusCode::INTERNAL_SERVER_ERROR,
        &Message::new("error-ours"),
    )
}

/// `GET /health`
pub async fn health() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        "ok\n",
    )
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
}

/// `GET /`
pub async fn home(modes: Modes) -> Response {
    let title = modes.words().text("site-claim");
    page(&Home {
        frame: Frame::new(modes, title),
    })
}
