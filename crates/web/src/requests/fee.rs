//! `GET /fee`: the fee for processing information, with its reckoning.

use askama::Template;
use axum::extract::{Query, State as Extract};
use axum::response::Response;
use gongkai_domain::requests::fees::{self, FeeSettings};
use gongkai_domain::settings::FIRST_TIER;
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::unavailable;
use crate::Shared;
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
    /// Which scale it reckons by, and whether it is the norm's or set.
    used: String,
}

/// `GET /fee`
pub async fn page_of_fee(
    Extract(state): Shared,
    modes: Modes,
    Query(asked): Query<Asked>,
) -> Response {
    let words = modes.words();
    let values = match state.settings().await {
        Ok(values) => values,
        Err(error) => return unavailable(modes, error),
    };
    let settings = match values.fees() {
        Ok(settings) => settings,
        Err(message) => return unavailable(modes, words.render(&message)),
    };
    let pages = asked.by == "pages";
    let typed = asked.count.trim();
    let reckoned = if typed.is_empty() {
        None
    } else {
        Some(reckon(settings, typed, pages))
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
    let source = if values.is_set(FIRST_TIER) {
        "fee-used-own"
    } else {
        "fee-used-norm"
    };
    let used = Message::new("fee-used")
        .with("yuan", settings.tier_first_yuan)
        .with("source", words.text(source));
    page(&FeePage {
        frame: Frame::new(modes, words.text("nav-fee")),
        pages,
        count: typed.to_owned(),
        error,
        fee,
        used: words.render(&used),
    })
}

fn reckon(settings: FeeSettings, typed: &str, pages: bool) -> Result<fees::Fee, Message> {
    let count: u32 = typed
        .parse()
        .map_err(|_| Message::new("fee-no-count").with("text", typed))?;
    let fee = if pages {
        fees::per_page(count)
    } else {
        fees::per_item_by(settings, count)
    };
    fee.map_err(|error| error.message())
}
