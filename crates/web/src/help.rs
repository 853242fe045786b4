//! The manual as pages: chapters, contents, a search over headings, and which
//! chapter helps at which page.
//!
//! The files of `docs/manual` are the manual; a chapter links to another by the
//! name of its file, as it does where the files are read without this program.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};
use serde::Deserialize;

use crate::frame::modes::Modes;
use crate::frame::{Frame, missing, page};

include!(concat!(env!("OUT_DIR"), "/manual.rs"));

/// The chapter that leads to the others.
const FIRST: &str = "README";

/// Which chapter helps at which pages of the office: the longest beginning of
/// an address counts. A heading of the chapter stands after `#`.
const CONTEXTS: &[(&str, &str)] = &[
    ("/office", "10-desk"),
    ("/office/audit", "03-roles#审计记录"),
    ("/office/calendar", "calendar"),
    ("/office/delegations", "03-roles#委托代行"),
    ("/office/demo", "14-tour"),
    ("/office/inspection", "12-inspection"),
    ("/office/join", "02-first-day"),
    ("/office/keys", "operations#主密钥"),
    ("/office/operations", "operations#备份"),
    ("/office/organizations", "06-organizations"),
    ("/office/outbox", "sending"),
    ("/office/people", "02-first-day#系统管理员邀请各机关的人"),
    ("/office/policies", "settings#安全策略"),
    ("/office/register", "07-register"),
    ("/office/requests", "13-casework"),
    ("/office/review", "11-review"),
    ("/office/settings", "settings"),
    ("/office/webhooks", "sending#对外通知"),
    ("/guide", "public"),
    ("/apply", "public#网上申请"),
    ("/draft", "public#网上申请"),
    ("/track", "public#查询进度"),
    ("/clock", "calendar"),
    ("/fee", "settings#期限与收费"),
    ("/audit", "08-reports#审核年度报告"),
];

/// A heading of a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heading {
    level: u8,
    anchor: String,
    text: String,
}

/// A chapter, rendered.
struct Chapter {
    name: &'static str,
    title: String,
    html: String,
    headings: Vec<Heading>,
    /// What it links to, as pages of ours.
    links: Vec<String>,
}

impl Chapter {
    fn address(&self) -> String {
        address(self.name)
    }
}

/// Where a chapter is.
fn address(name: &str) -> String {
    if name == FIRST {
        "/help".to_owned()
    } else {
        format!("/help/{name}")
    }
}

/// Where what a chapter links to is: another chapter, a place in one, a
/// picture; anything else stays.
fn target(link: &str) -> String {
    if let Some(name) = link.strip_prefix("pictures/") {
        return format!("/help/images/{name}");
    }
    let (file, anchor) = match link.split_once('#') {
        Some((file, anchor)) => (file, format!("#{anchor}")),
        None => (link, String::new()),
    };
    match file.strip_suffix(".md") {
        Some(name) if !name.contains('/') => format!("{}{anchor}", address(name)),
        _ => link.to_owned(),
    }
}

/// A heading as part of an address, as sites that show the files make it:
/// letters and digits, small, and a stroke for each blank.
fn slug(text: &str) -> String {
    let signs = text.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    signs.flat_map(char::to_lowercase).collect()
}

/// The anchor of a heading; one that stands there again is numbered.
fn anchor(text: &str, before: &[Heading]) -> String {
    let made = slug(text);
    let same = before.iter().filter(|heading| slug(&heading.text) == made);
    match same.count() {
        0 => made,
        count => format!("{made}-{count}"),
    }
}

fn level(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        _ => 4,
    }
}

fn headings(text: &str) -> Vec<Heading> {
    let (mut found, mut open) = (Vec::new(), None);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { level: of, .. }) => open = Some((level(of), String::new())),
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, text)) = open.take() {
                    let anchor = anchor(&text, &found);
                    found.push(Heading {
                        level,
                        anchor,
                        text,
                    });
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, open)) = &mut open {
                    open.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

/// What stands around what may be wider than the page: it is moved by keyboard
/// too, and so it has a name.
fn scroll(tag: &str, name: &str) -> String {
    let mut label = String::new();
    // A name is text: its signs are escaped as the library escapes text.
    html::push_html(&mut label, std::iter::once(Event::Text(name.into())));
    let label = label.replace('"', "&quot;");
    format!("<{tag} class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">")
}

fn render(name: &'static str, text: &str) -> Chapter {
    let headings = headings(text);
    let mut at = headings.iter();
    let (mut here, mut links) = (String::new(), Vec::new());
    let mut regions = 0;
    let mut named = |here: &str| {
        regions += 1;
        format!("{here} {regions}")
    };
    let mut events = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => {
                let heading = at.next();
                let id = heading.map(|heading| CowStr::from(heading.anchor.clone()));
                here = heading.map_or(String::new(), |heading| heading.text.clone());
                events.push(Event::Start(Tag::Heading {
                    level,
                    id,
                    classes,
                    attrs,
                }));
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = target(&dest_url);
                links.push(to.clone());
                events.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url: to.into(),
                    title,
                    id,
                }));
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = target(&dest_url);
                links.push(to.clone());
                events.push(Event::Start(Tag::Image {
                    link_type,
                    dest_url: to.into(),
                    title,
                    id,
                }));
            }
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html(scroll("div", &named(&here)).into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>\n".into()));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)) => {
                let open = scroll("pre", &named(&here));
                events.push(Event::Html(format!("{open}<code>").into()));
            }
            Event::End(TagEnd::CodeBlock) => events.push(Event::Html("</code></pre>\n".into())),
            // The manual is ours, and still: what is no Markdown is text.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => events.push(other),
        }
    }
    let mut made = String::new();
    html::push_html(&mut made, events.into_iter());
    let title = headings.first().map(|heading| heading.text.clone());
    Chapter {
        name,
        title: title.unwrap_or_else(|| name.to_owned()),
        html: made,
        headings,
        links,
    }
}

/// The chapters: the first, then in the order in which it links to them, then
/// the rest.
static CHAPTERS: LazyLock<Vec<Chapter>> = LazyLock::new(|| {
    let mut chapters: Vec<Chapter> = TEXTS
        .iter()
        .map(|(name, text)| render(name, text))
        .collect();
    let first = chapters.iter().find(|chapter| chapter.name == FIRST);
    let links = first.map(|first| first.links.clone()).unwrap_or_default();
    let place = |chapter: &Chapter| {
        let to = chapter.address();
        let found = links.iter().position(|link| {
            let rest = link.strip_prefix(&to);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        });
        (chapter.name != FIRST, found.unwrap_or(usize::MAX))
    };
    chapters.sort_by_key(place);
    chapters
});

/// Where the help to a page is: its chapter, or the first.
pub fn context(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let begins = |room: &str| {
        path.strip_prefix(room)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let found = CONTEXTS.iter().filter(|(room, _)| begins(room));
    let found = found.max_by_key(|(room, _)| room.len());
    let to = found.map_or(FIRST, |(_, to)| *to);
    match to.split_once('#') {
        Some((name, anchor)) => format!("{}#{anchor}", address(name)),
        None => address(to),
    }
}

struct Entry {
    to: String,
    text: String,
    is_sub: bool,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    frame: Frame,
    /// What is looked for.
    sought: String,
    /// Headings that hold it.
    found: Vec<Entry>,
    /// All chapters.
    chapters: Vec<Entry>,
    /// Which of them this is.
    here: String,
    /// Its headings.
    contents: Vec<Entry>,
    html: &'static str,
}

/// What is looked for in the headings.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

fn entry(chapter: &Chapter, heading: &Heading) -> Entry {
    Entry {
        to: format!("{}#{}", chapter.address(), heading.anchor),
        text: heading.text.clone(),
        is_sub: heading.level > 2,
    }
}

fn shown(modes: Modes, chapter: &'static Chapter, sought: &str) -> Response {
    let sought = sought.trim();
    let wanted = sought.to_lowercase();
    let all = CHAPTERS.iter().flat_map(|chapter| {
        let headings = chapter.headings.iter();
        headings.map(move |heading| (chapter, heading))
    });
    let found = all
        .filter(|(_, heading)| !wanted.is_empty() && heading.text.to_lowercase().contains(&wanted))
        .map(|(chapter, heading)| Entry {
            text: match heading.level {
                1 => heading.text.clone(),
                _ => format!("{} · {}", chapter.title, heading.text),
            },
            ..entry(chapter, heading)
        });
    page(&HelpPage {
        sought: sought.to_owned(),
        found: found.collect(),
        chapters: CHAPTERS
            .iter()
            .map(|chapter| Entry {
                to: chapter.address(),
                text: chapter.title.clone(),
                is_sub: false,
            })
            .collect(),
        here: chapter.address(),
        contents: chapter
            .headings
            .iter()
            .filter(|heading| matches!(heading.level, 2 | 3))
            .map(|heading| entry(chapter, heading))
            .collect(),
        html: &chapter.html,
        frame: Frame::new(modes, chapter.title.clone()),
    })
}

/// `GET /help`
pub async fn contents(modes: Modes, Query(asked): Query<Asked>) -> Response {
    match CHAPTERS.first() {
        Some(first) => shown(modes, first, &asked.q),
        None => missing(modes).await,
    }
}

/// `GET /help/{chapter}`
pub async fn chapter(modes: Modes, Path(name): Path<String>) -> Response {
    match CHAPTERS.iter().find(|chapter| chapter.name == name) {
        Some(chapter) => shown(modes, chapter, ""),
        None => missing(modes).await,
    }
}

/// `GET /help/images/{name}`
pub async fn image(modes: Modes, Path(name): Path<String>) -> Response {
    let Some((name, bytes)) = IMAGES.iter().find(|(of, _)| *of == name) else {
        return missing(modes).await;
    };
    let media_type = match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, media_type)], *bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an address is a chapter, a heading of one, or a picture.
    fn is_there(to: &str) -> bool {
        if let Some(name) = to.strip_prefix("/help/images/") {
            return IMAGES.iter().any(|(of, _)| *of == name);
        }
        let (page, anchor) = match to.split_once('#') {
            Some((page, anchor)) => (page, Some(anchor)),
            None => (to, None),
        };
        let chapter = CHAPTERS.iter().find(|chapter| chapter.address() == page);
        chapter.is_some_and(|chapter| {
            let has = |anchor| chapter.headings.iter().any(|one| one.anchor == anchor);
            anchor.is_none_or(has)
        })
    }

    #[test]
    fn every_link_between_chapters_and_every_anchor_resolves() {
        let mut links = 0;
        for chapter in CHAPTERS.iter() {
            for link in &chapter.links {
                if link.starts_with("https://") {
                    continue;
                }
                let to = match link.strip_prefix('#') {
                    Some(anchor) => format!("{}#{anchor}", chapter.address()),
                    None => link.clone(),
                };
                assert!(is_there(&to), "{}: {link}", chapter.name);
                links += 1;
            }
        }
        assert!(links > 0);
        for (room, _) in CONTEXTS {
            assert!(is_there(&context(room)), "{room}: {}", context(room));
        }
    }

    #[test]
    fn every_chapter_is_led_to_by_the_first_and_has_one_title() {
        let first = &CHAPTERS[0];
        assert_eq!(first.name, FIRST);
        for chapter in CHAPTERS.iter() {
            let titles = chapter.headings.iter().filter(|one| one.level == 1);
            assert_eq!(titles.count(), 1, "{}", chapter.name);
            let mut anchors: Vec<_> = chapter.headings.iter().map(|one| &one.anchor).collect();
            let count = anchors.len();
            anchors.sort();
            anchors.dedup();
            assert_eq!(anchors.len(), count, "{}", chapter.name);
            let is_led_to = first
                .links
                .iter()
                .any(|link| link.split('#').next() == Some(&chapter.address()));
            assert!(chapter.name == FIRST || is_led_to, "{}", chapter.name);
        }
    }

    #[test]
    fn what_is_no_markdown_stays_text() {
        let made = render("x", "# a <b onclick=x>b</b>\n\n<script>alert(1)</script>\n");
        assert!(
            !made.html.contains("<script") && !made.html.contains("<b"),
            "{}",
            made.html
        );
        assert!(made.html.contains("&lt;script&gt;"), "{}", made.html);
    }

    #[test]
    fn a_page_is_helped_by_the_longest_beginning_that_is_known() {
        assert_eq!(context("/office/calendar/2027"), "/help/calendar");
        assert_eq!(context("/office/calendar?x=1"), "/help/calendar");
        assert_eq!(context("/office/calendars"), "/help/10-desk");
        assert_eq!(context("/office/keys"), "/help/operations#主密钥");
        assert_eq!(context("/"), "/help");
    }
}
