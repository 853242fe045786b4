//! Whom one can ask, the guide of each body (政府信息公开指南, Art. 12 ¶2), and the
//! form on paper.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::portal::bodies::{self, Asked, Directory};
use gongkai_app::portal::{PortalError, form};
use gongkai_domain::organization::{DisclosureOffice, OrganizationId};
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_domain::requests::guide::{Way, ways};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::failed;
use crate::frame::parts::Field;
use crate::frame::{Frame, chain, page, problem};
use crate::office::Visit;
use crate::office::review::see::download;
use crate::requests::unavailable;

/// Bodies on a page: a county has some sixty; who does not find theirs searches.
const LISTED_MAX: usize = 200;

#[derive(Template)]
#[template(path = "portal/directory.html")]
struct DirectoryPage {
    frame: Frame,
    search: Field,
    found: Directory,
    more: String,
}

/// A search of the directory.
#[derive(Debug, Default, Deserialize)]
pub struct Sought {
    #[serde(default)]
    name: String,
}

/// `GET /guide`
pub async fn directory(visit: Visit, Query(sought): Query<Sought>) -> Response {
    let found = bodies::list(&visit.office.house, &sought.name, LISTED_MAX).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, PortalError::Store(error)),
    };
    let words = visit.modes.words();
    let more = Message::new("directory-more").with("count", found.more);
    page(&DirectoryPage {
        search: Field::text(words, "name", "directory-name", &sought.name),
        more: match found.more {
            0 => String::new(),
            _ => words.render(&more),
        },
        found,
        frame: Frame::new(visit.modes, words.text("directory-title")),
    })
}

/// A way by which one can ask.
struct WayView {
    label: String,
    /// Where.
    place: String,
    /// The link that it is; none where it is empty.
    link: String,
    receipt: String,
    class: &'static str,
}

/// A step of the road of a request.
struct StepView {
    title: String,
    text: String,
    basis: &'static str,
}

#[derive(Template)]
#[template(path = "portal/guide.html")]
struct GuidePage {
    frame: Frame,
    asked: Asked,
    information: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    ways: Vec<WayView>,
    road: Vec<StepView>,
    remedies: Vec<String>,
}

/// A body that can be asked, or the page that says that there is none.
pub(super) async fn body(visit: &Visit, id: i64) -> Result<Asked, Response> {
    match bodies::see(&visit.office.house, OrganizationId(id)).await {
        Ok(Some(asked)) => Ok(asked),
        Ok(None) => Err(failed(visit.modes.clone(), PortalError::Missing)),
        Err(error) => Err(failed(visit.modes.clone(), PortalError::Store(error))),
    }
}

/// A body that can be asked on this site, or the page that says that it cannot.
pub(super) async fn online(visit: &Visit, id: i64) -> Result<Asked, Response> {
    let asked = body(visit, id).await?;
    match asked.body.office.open.online {
        true => Ok(asked),
        false => {
            let closed = Message::new("casework-online-closed");
            Err(problem(visit.modes.clone(), StatusCode::NOT_FOUND, &closed))
        }
    }
}

/// Art. 12 ¶2: what the guide tells of information that needs no request.
fn information_facts(words: &Words, office: &DisclosureOffice) -> Vec<(String, String)> {
    let lines = [
        ("office-classification", &office.classification),
        ("office-arrangement", &office.arrangement),
        ("office-obtaining", &office.obtaining),
    ];
    told(words, lines)
}

/// Art. 12 ¶2: what the guide tells of the office.
fn office_facts(words: &Words, office: &DisclosureOffice) -> Vec<(String, String)> {
    let lines = [
        ("office-name", &office.name),
        ("office-address", &office.address),
        ("office-postcode", &office.postcode),
        ("office-hours", &office.hours),
        ("office-phone", &office.phone),
        ("office-fax", &office.fax),
        ("office-mail", &office.mail),
    ];
    told(words, lines)
}

/// What is not there is said to be missing: a reader is not left to wonder.
fn told<const N: usize>(words: &Words, lines: [(&str, &String); N]) -> Vec<(String, String)> {
    lines
        .into_iter()
        .map(|(label, value)| {
            let value = match value.trim() {
                "" => words.text("guide-not-told"),
                value => value.to_owned(),
            };
            (words.text(label), value)
        })
        .collect()
}

fn place(words: &Words, asked: &Asked, way: &Way) -> (String, String) {
    let office = &asked.body.office;
    let or_missing = |text: String| match text.trim() {
        "" => words.text("guide-not-told"),
        text => text.to_owned(),
    };
    match way {
        Way::Online => (
            words.text("guide-apply-online"),
            format!("/apply/{}", asked.body.id),
        ),
        Way::Counter => {
            let both = [office.address.trim(), office.hours.trim()];
            let both = both.into_iter().filter(|text| !text.is_empty());
            let both: Vec<&str> = both.collect();
            (or_missing(both.join("；")), String::new())
        }
        Way::Post => {
            let to = [
                office.postcode.trim(),
                office.address.trim(),
                asked.body.name.trim(),
                office.name.trim(),
            ];
            let to: Vec<&str> = to.into_iter().filter(|text| !text.is_empty()).collect();
            (or_missing(to.join(" ")), String::new())
        }
        Way::Fax(number) => (number.clone(), String::new()),
        Way::Mail(address) => (
            address.as_str().to_owned(),
            format!("mailto:{}", address.as_str()),
        ),
        Way::Page(address) => (address.clone(), address.clone()),
    }
}

fn way_views(words: &Words, asked: &Asked) -> Vec<WayView> {
    let ways = ways(&asked.body.office);
    let view = |way: &Way| {
        let (place, link) = place(words, asked, way);
        WayView {
            label: words.render(&way.label()),
            place,
            link,
            receipt: words.render(&way.receipt()),
            class: if *way == Way::Online { "online" } else { "" },
        }
    };
    ways.iter().map(view).collect()
}

/// The road of a request, with the periods in force.
fn road(words: &Words, settings: ClockSettings) -> Vec<StepView> {
    let step = |title: &str, text: Message, basis| StepView {
        title: words.text(title),
        text: words.render(&text),
        basis,
    };
    vec![
        step(
            "guide-road-filed",
            Message::new("guide-road-filed-text"),
            "《条例》第二十九条",
        ),
        step(
            "guide-road-confirmed",
            Message::new("guide-road-confirmed-text"),
            "《条例》第三十一条",
        ),
        step(
            "guide-road-supplement",
            Message::new("guide-road-supplement-text")
                .with("days", settings.supplement_notice_working_days),
            "《条例》第三十条",
        ),
        step(
            "guide-road-asked",
            Message::new("guide-road-asked-text")
                .with("days", settings.consultation_reply_working_days),
            "《条例》第三十二条、第三十三条第三款",
        ),
        step(
            "guide-road-replied",
            Message::new("guide-road-replied-text")
                .with("days", settings.answer_working_days)
                .with("more", settings.extension_working_days_max),
            "《条例》第三十三条",
        ),
    ]
}

/// What one can do about a reply, or about none (Arts 47, 51; 行政复议法 2023).
fn remedies(words: &Words, asked: &Asked) -> Vec<String> {
    let review = match asked.review.as_str() {
        "" => words.text("guide-review-general"),
        name => words.render(&Message::new("guide-review").with("name", name)),
    };
    let complaint = match asked.supervisors.first() {
        None => words.text("guide-complaint-general"),
        Some(name) => words.render(&Message::new("guide-complaint").with("name", name)),
    };
    vec![
        review,
        words.text("guide-review-first"),
        words.text("guide-suit"),
        complaint,
    ]
}

/// `GET /guide/{id}`
pub async fn guide(visit: Visit, Path(id): Path<i64>) -> Response {
    let asked = match body(&visit, id).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let values = gongkai_app::settings::values(&visit.office.house).await;
    let settings = match values.map(|values| values.clock()) {
        Ok(Ok(settings)) => settings,
        Ok(Err(message)) => {
            let reason = visit.modes.words().render(&message);
            return unavailable(visit.modes, reason);
        }
        Err(error) => return unavailable(visit.modes, error),
    };
    let words = visit.modes.words();
    let title = Message::new("guide-title").with("name", &asked.body.name);
    page(&GuidePage {
        frame: Frame::new(visit.modes.clone(), words.render(&title)),
        information: information_facts(words, &asked.body.office),
        facts: office_facts(words, &asked.body.office),
        ways: way_views(words, &asked),
        road: road(words, settings),
        remedies: remedies(words, &asked),
        asked,
    })
}

#[derive(Template)]
#[template(path = "portal/paper.html")]
struct PaperPage {
    frame: Frame,
    asked: Asked,
    /// How one may want to have it, and on what.
    receiving: Vec<String>,
    media: Vec<String>,
    organizations: Vec<String>,
}

/// `GET /guide/{id}/form`
pub async fn paper(visit: Visit, Path(id): Path<i64>) -> Response {
    let asked = match body(&visit, id).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let words = visit.modes.words();
    let title = Message::new("sheet-title").with("name", &asked.body.name);
    let all = |ids: &[&str]| ids.iter().map(|id| words.text(id)).collect();
    page(&PaperPage {
        frame: Frame::new(visit.modes.clone(), words.render(&title)),
        receiving: all(&[
            "sheet-by-post",
            "sheet-by-mail",
            "sheet-by-fax",
            "sheet-by-hand",
            "sheet-by-reading",
        ]),
        media: all(&["sheet-on-paper", "sheet-electronic", "sheet-on-disc"]),
        organizations: all(&[
            "sheet-commercial",
            "sheet-research",
            "sheet-welfare",
            "sheet-legal",
            "sheet-other",
        ]),
        asked,
    })
}

/// `GET /guide/{id}/form/docx`: the same, to be filled in on a computer.
pub async fn fillable(visit: Visit, Path(id): Path<i64>) -> Response {
    let asked = match body(&visit, id).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let words = visit.modes.words();
    match form::docx(words, &asked) {
        Ok(bytes) => {
            let title = Message::new("sheet-title").with("name", &asked.body.name);
            let name = format!("{}.docx", words.render(&title));
            let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
            download(&name, kind, bytes)
        }
        Err(error) => {
            tracing::error!(reason = %chain(&error), "A form was not written");
            let told = Message::new("portal-unavailable");
            problem(visit.modes, StatusCode::SERVICE_UNAVAILABLE, &told)
        }
    }
}
