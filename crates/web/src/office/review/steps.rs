//! The forms of a paper's page: a step taken, handed in, taken back, let take
//! effect. What was refused is told on the page, with what was typed.

use axum::extract::{Path, RawForm};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::review::steps::{self, Asked};
use gongkai_app::review::{ReviewError, papers};
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::review::State;
use gongkai_domain::words::{Message, Words};

use super::see::{RETURN, Typed, shown};
use super::{address, broken, rendered};
use crate::office::{Inside, see_other};

/// A form of a paper's page.
#[derive(Default)]
struct Form {
    key: String,
    digest: String,
    step: String,
    note: String,
    verdict: String,
    places: Vec<String>,
    texts: Vec<String>,
}

impl Form {
    fn of(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let value = value.into_owned();
            match name.as_ref() {
                "key" => form.key = value,
                "digest" => form.digest = value,
                "step" => form.step = value,
                "note" => form.note = value,
                "verdict" => form.verdict = value,
                "place" => form.places.push(value),
                "text" => form.texts.push(value),
                _ => {}
            }
        }
        form
    }

    /// All remarks as they were typed, those without a text too.
    fn typed(&self, step: &str) -> Typed {
        let remarks = self.places.iter().cloned().zip(self.texts.iter().cloned());
        Typed {
            step: step.to_owned(),
            remarks: remarks.collect(),
            note: self.note.clone(),
        }
    }

    fn sent(&self, purpose: &'static str, id: i64) -> Sent {
        let id = id.to_string();
        let own = [
            id.as_str(),
            &self.digest,
            &self.step,
            &self.note,
            &self.verdict,
        ];
        let said = self.places.iter().chain(&self.texts).map(String::as_str);
        Sent::new(purpose, &self.key, own.into_iter().chain(said))
    }
}

/// To the paper, or its page again with what stands against it.
async fn answered(
    inside: Inside,
    id: i64,
    typed: Typed,
    ended: Result<State, ReviewError>,
) -> Response {
    let messages = match ended {
        Ok(_) => return see_other(&address(id)),
        Err(ReviewError::Refused(messages)) => messages,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let house = &inside.visit.office.house;
    match papers::see(house, &inside.signed, Action::ReviewSee, id).await {
        Ok(seen) => {
            let errors = rendered(inside.visit.modes.words(), &messages);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            shown(&inside, &seen, status, errors, typed)
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// A place as it is kept: a plain number is that of a paragraph.
fn at(words: &Words, place: &str) -> String {
    match place.trim().parse::<u16>() {
        Ok(number) => words.render(&Message::new("paper-paragraph").with("number", number)),
        Err(_) => place.trim().to_owned(),
    }
}

/// `POST /office/review/{id}/take`
pub async fn take(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let form = Form::of(&body);
    let approved = form.verdict == "approve";
    let words = inside.visit.modes.words();
    let said = form.places.iter().zip(&form.texts);
    let said = said.filter(|(_, text)| !text.trim().is_empty());
    let said = said.map(|(place, text)| (at(words, place), text.clone()));
    let remarks: Vec<(String, String)> = said.collect();
    // What was typed comes again where it was typed.
    let typed = match approved && remarks.is_empty() {
        true => form.typed(&form.step),
        false => form.typed(&format!("{RETURN}{}", form.step)),
    };
    let asked = Asked {
        step: form.step.clone(),
        digest: form.digest.clone(),
        approved,
        remarks,
        note: form.note.clone(),
    };
    let house = &inside.visit.office.house;
    let sent = form.sent("review-take", id);
    let ended = steps::take(house, &inside.signed, &sent, id, &asked).await;
    answered(inside, id, typed, ended).await
}

/// `POST /office/review/{id}/hand-in`
pub async fn hand_in(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let form = Form::of(&body);
    let house = &inside.visit.office.house;
    let sent = form.sent("review-hand-in", id);
    let ended = steps::hand_in(house, &inside.signed, &sent, id, &form.digest, &form.note).await;
    answered(inside, id, form.typed("hand-in"), ended).await
}

/// `POST /office/review/{id}/withdraw`
pub async fn withdraw(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let form = Form::of(&body);
    let house = &inside.visit.office.house;
    let sent = form.sent("review-withdraw", id);
    let ended = steps::withdraw(house, &inside.signed, &sent, id).await;
    answered(inside, id, form.typed("withdraw"), ended).await
}

/// `POST /office/review/{id}/effect`
pub async fn effect(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let form = Form::of(&body);
    let house = &inside.visit.office.house;
    let sent = form.sent("review-effect", id);
    let ended = steps::take_effect(house, &inside.signed, &sent, id, &form.digest).await;
    answered(inside, id, form.typed("effect"), ended).await
}

/// `POST /office/review/{id}/urgent`
pub async fn urgent(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let form = Form::of(&body);
    let house = &inside.visit.office.house;
    let sent = form.sent("review-urgent", id);
    let ended = steps::hurry(house, &inside.signed, &sent, id, &form.digest, &form.note).await;
    answered(inside, id, form.typed("urgent"), ended).await
}
