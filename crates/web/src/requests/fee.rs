//! `GET /fee`: the fee for processing information, with its reckoning.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use gongkai_domain::requests::fees;
use gongkai_domain::words::Message;
use serde::Deserialize;

use crate::frame::modes::Modes;
use crate::frame::{Frame, page};

/// What was asked; text as it was typed, so that nothing is lost.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    by: String,
    #[serde(default)]
    count: String,
}

/// A fee as the page shows it.
struct FeeView {
    total: String,
    last: String,
    steps: Vec<String>,
}

#[derive(Template)]
#[template(path = "fee.html")]
struct FeePage {
    frame: Frame,
    pages: bool,
    count: String,
    error: Option<String>,
    fee: Option<FeeView>,
}

/// `GET /fee`
pub async fn page_of_fee(modes: Modes, Query(asked): Query<Asked>) -> Response {
    let words = modes.words();
    let pages = asked.by == "pages";
    let typed = asked.count.trim();
    let reckoned = if typed.is_empty() {
        None
    } else {
        Some(reckon(typed, pages))
    };
    let (fee, error) = match reckoned {
        None => (None, None),
        Some(Ok(fee)) => (Some(fee), None),
        Some(Err(message)) => (None, Some(words.render(&message))),
    };
    let unit = words.text(if pages {
        "fee-unit-page"
    } else {
        "fee-unit-item"
    });
    let fee = fee.map(|fee| FeeView {
        total: words.render(&Message::new("fee-answer").with("yuan", fee.yuan)),
        last: words.render(&Message::new("fee-last").with("yuan", fee.nth_yuan)),
        steps: fee
            .reasoning
            .iter()
            .map(|step| words.render(&step.message(&unit)))
            .collect(),
    });
    page(&FeePage {
        frame: Frame::new(modes, words.text("nav-fee")),
        pages,
        count: typed.to_owned(),
        error,
        fee,
    })
}

fn reckon(typed: &str, pages: bool) -> Result<fees::Fee, Message> {
    let count: u32 = typed
        .parse()
        .map_err(|_| Message::new("fee-no-count").with("text", typed))?;
    let fee = if pages {
        fees::per_page(count)
    } else {
        fees::per_item(count)
    };
    fee.map_err(|error| error.message())
}
