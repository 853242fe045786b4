//! What stands around every page: head, navigation, modes; and the pages that
//! belong to no room.

pub mod access;
pub mod assets;
pub mod connections;
pub mod design;
pub mod format;
pub mod headers;
pub mod modes;
pub mod parts;
mod places;
pub mod shell;

use std::any::Any;

use askama::Template;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use gongkai_domain::words::{Message, Words};

use self::modes::{Modes, Theme};
use self::shell::Shell;

/// The frame of a page, as templates use it.
pub struct Frame {
    /// How the visitor wants it.
    pub modes: Modes,
    /// The page's own title.
    pub title: String,
    /// The form that buttons of the modes send: a page that came by a form
    /// is made again from it.
    pub kept: bool,
    /// What lies between the room and the page: where, and its name.
    via: Vec<(String, String)>,
    /// Which step of several it is; empty where it is one alone.
    pub stage: String,
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
            via: Vec::new(),
            stage: String::new(),
        }
    }

    /// The frame of a step of so many.
    pub fn step(mut self, number: u32, of: u32) -> Self {
        let message = Message::new("form-step")
            .with("number", number)
            .with("of", of);
        self.stage = self.words().render(&message);
        self
    }

    /// The frame of a page about something that has a page of its own.
    pub fn via(mut self, to: impl Into<String>, label: impl Into<String>) -> Self {
        self.via.push((to.into(), label.into()));
        self
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

    /// The path of the page, without what was asked of it.
    fn path(&self) -> &str {
        self.modes.here.split('?').next().unwrap_or("/")
    }

    /// `office` for what staff see, the door among it; else `portal`.
    pub fn area(&self) -> &'static str {
        let path = self.path();
        let is_below = path == "/office" || path.starts_with("/office/");
        if is_below && self.modes.with_office {
            "office"
        } else {
            "portal"
        }
    }

    /// The frame of the office, for who has come in.
    pub fn shell(&self) -> Option<&Shell> {
        self.modes.shell.as_deref()
    }

    /// Whether there are rooms to go to.
    pub fn has_rail(&self) -> bool {
        self.shell().is_some_and(|shell| !shell.wings.is_empty())
    }

    /// Whether the page is in this room of the office.
    pub fn is_here(&self, room: &str) -> bool {
        let of = self.shell().and_then(|shell| shell.room_of(self.path()));
        of.is_some_and(|of| of.to == room)
    }

    /// The sign of a room.
    pub fn icon_of(&self, room: &str) -> &'static str {
        shell::icon(room)
    }

    /// The way to the page: the desk, the room; none on the desk itself.
    pub fn crumbs(&self) -> Vec<(&str, String)> {
        let path = self.path();
        let Some(shell) = self
            .shell()
            .filter(|_| self.has_rail() && path != "/office")
        else {
            return Vec::new();
        };
        let mut crumbs = vec![("/office", self.text("office-desk"))];
        let room = shell.room_of(path);
        let room = room.filter(|room| room.to != path && room.to != "/office");
        crumbs.extend(room.map(|room| (room.to, room.label.clone())));
        let via = self.via.iter();
        crumbs.extend(via.map(|(to, label)| (to.as_str(), label.clone())));
        crumbs
    }

    /// What the foot of the page says.
    pub fn promise(&self) -> String {
        let is_audit = self.path() == "/" || self.path().starts_with("/audit");
        self.text(match (self.area(), is_audit) {
            ("office", _) => "office-promise",
            (_, true) => "site-promise",
            (_, false) => "site-foot",
        })
    }

    /// The navigation.
    pub fn links(&self) -> Vec<Link> {
        let path = self.path();
        let of_house = [("/guide", "nav-guide"), ("/track", "nav-track")];
        let of_house = of_house.into_iter().filter(|_| self.modes.with_office);
        let of_all = [
            ("/audit", "nav-audit"),
            ("/clock", "nav-clock"),
            ("/fee", "nav-fee"),
            ("/rules", "nav-rules"),
            ("/formats", "nav-formats"),
            ("/api", "nav-api"),
        ];
        let all = of_house.chain(of_all);
        all.map(|(to, label)| Link {
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
        Err(error) => {
            tracing::error!(reason = %chain(&error), "A page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An error with all that it came from, in a line for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut from = error.source();
    while let Some(cause) = from {
        let text = cause.to_string();
        // Some errors say their cause themselves.
        if !said.ends_with(&text) {
            said.push_str(": ");
            said.push_str(&text);
        }
        from = cause.source();
    }
    said
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    message: String,
    /// Which rule refused it, for staff.
    rule: String,
}

/// A page that says what went wrong and what to do.
pub fn problem(modes: Modes, status: StatusCode, message: &Message) -> Response {
    let words = modes.words();
    // Staff can name the rule to whoever changes it; to others it means nothing.
    let by_rule = modes.shell.is_some() && status == StatusCode::FORBIDDEN;
    let rule = by_rule.then(|| Message::new("problem-rule").with("rule", &message.id));
    let rule = rule.map(|rule| words.render(&rule)).unwrap_or_default();
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
            rule,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a page was not made")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("a row is damaged")]
    struct Inner;

    #[test]
    fn the_log_has_an_error_with_all_that_it_came_from() {
        assert_eq!(
            chain(&Outer(Inner)),
            "a page was not made: a row is damaged"
        );
        assert_eq!(chain(&Inner), "a row is damaged");
    }

    #[test]
    fn the_foot_speaks_of_uploads_where_there_are_uploads() {
        let words = Words::of(gongkai_domain::words::Language::Chinese);
        for (here, id) in [
            ("/", "site-promise"),
            ("/audit?x", "site-promise"),
            ("/clock", "site-foot"),
            ("/office/people", "office-promise"),
        ] {
            let modes = Modes {
                here: here.to_owned(),
                with_office: true,
                ..Modes::default()
            };
            assert_eq!(Frame::new(modes, "").promise(), words.text(id), "{here}");
        }
    }
}
