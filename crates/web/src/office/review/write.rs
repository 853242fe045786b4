//! Papers written and changed by a form, with files.

use std::io::Read;

use axum::extract::{FromRequestParts, Path, Request, State as Extract};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::people::PeopleError;
use gongkai_app::review::papers::{self, Brought, Seen, Typed};
use gongkai_app::review::{PAPER, ReviewError, attachments};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::review::content::{ATTACHMENTS_MAX, Content};
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::Message;

use super::{ROOM, address, broken, place, rendered};
use crate::Shared;
use crate::frame::{Frame, page_with};
use crate::office::{Field, Inside, failed, see_other};
use crate::report::upload::{self, Expected, Fields, Refusal};

/// The largest attachment.
const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// The most that one form may bring.
const FORM_BYTES_MAX: u64 = 60 * 1024 * 1024;

const FORM: Expected = Expected {
    files: &["file"],
    texts: &[
        "key",
        "organization",
        "matter",
        "title",
        "body",
        "edition",
        "there",
        "keep",
    ],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FORM_BYTES_MAX,
    files_max: ATTACHMENTS_MAX,
};

#[derive(askama::Template)]
#[template(path = "office/review/write.html")]
struct WritePage {
    frame: Frame,
    lead: String,
    errors: Vec<String>,
    action: String,
    back: String,
    fields: Vec<Field>,
    body: String,
    /// Attachments of the edition before: by what each is named, its name,
    /// whether it stays.
    files: Vec<(String, String, bool)>,
    send: String,
}

/// What a form brought, before it is a paper.
#[derive(Default)]
struct Form {
    key: String,
    organization: String,
    matter: String,
    edition: i64,
    typed: Typed,
    /// Attachments that the form showed.
    there: Vec<String>,
    /// Whether it came as far as its text.
    has_text: bool,
}

impl Form {
    fn of(fields: Fields) -> (Self, Option<Refusal>) {
        let text = |name: &str| fields.text(name).to_owned();
        let all = |wanted: &str| -> Vec<String> {
            let found = fields.texts.iter().filter(|(name, _)| name == wanted);
            found.map(|(_, text)| text.clone()).collect()
        };
        let mut form = Self {
            key: text("key"),
            organization: text("organization"),
            matter: text("matter"),
            edition: text("edition").parse().unwrap_or(0),
            typed: Typed {
                title: text("title"),
                body: text("body"),
                brought: Vec::new(),
                kept: all("keep"),
            },
            there: all("there"),
            has_text: !all("body").is_empty(),
        };
        for (_, file) in fields.files {
            let Ok((input, mut from)) = file.bytes() else {
                return (form, Some(Refusal::NoRoom));
            };
            let mut bytes = Vec::new();
            if from.read_to_end(&mut bytes).is_err() {
                return (form, Some(Refusal::NoRoom));
            }
            if bytes.is_empty() {
                continue;
            }
            form.typed.brought.push(Brought {
                name: input.name,
                bytes,
            });
        }
        (form, None)
    }

    fn sent(&self, purpose: &'static str) -> Sent {
        let typed = &self.typed;
        let fields = [
            self.organization.as_str(),
            &self.matter,
            &typed.title,
            &typed.body,
        ];
        let kept = typed.kept.iter().map(String::as_str);
        let names = typed.brought.iter().map(|file| file.name.as_str());
        let sent = Sent::new(
            purpose,
            &self.key,
            fields.into_iter().chain(kept).chain(names),
        );
        let bytes = typed.brought.iter();
        bytes.fold(sent, |sent, file| sent.with_bytes(&file.bytes))
    }
}

fn write_page(inside: &Inside, form: &Form) -> WritePage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let places = papers::places(&inside.signed).into_iter();
    let places: Vec<(String, String)> = places
        .map(|id| (id.to_string(), place(inside, id)))
        .collect();
    let matters = Matter::ALL.into_iter();
    let matters = matters.map(|one| (one.key().to_owned(), words.render(&one.label())));
    WritePage {
        lead: words.text("paper-new-lead"),
        errors: Vec::new(),
        action: format!("{ROOM}/new"),
        back: ROOM.to_owned(),
        fields: vec![
            Field::hidden("key", &form.key),
            Field {
                kind: "select",
                options: places,
                ..Field::text(words, "organization", "paper-place", &form.organization)
            },
            Field {
                kind: "select",
                options: matters.collect(),
                ..Field::text(words, "matter", "paper-matter", &form.matter)
                    .hint(words, "paper-matter-hint")
            },
            Field::text(words, "title", "paper-title", &form.typed.title),
        ],
        body: form.typed.body.clone(),
        files: Vec::new(),
        send: words.text("paper-save"),
        frame: Frame::new(modes, words.text("paper-new")),
    }
}

fn change_page(inside: &Inside, id: i64, form: &Form, there: &Content) -> WritePage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    // What a colleague has added meanwhile stays unless it is left out.
    let files = there.attachments.iter().zip(there.tokens());
    let files = files.map(|(one, token)| {
        let stays = form.typed.kept.contains(&token) || !form.there.contains(&token);
        (token, one.name.clone(), stays)
    });
    WritePage {
        lead: words.text("paper-change-lead"),
        errors: Vec::new(),
        action: format!("{}/change", address(id)),
        back: address(id),
        fields: vec![
            Field::hidden("key", &form.key),
            Field::hidden("edition", &form.edition.to_string()),
            Field::text(words, "title", "paper-title", &form.typed.title),
        ],
        body: form.typed.body.clone(),
        files: files.collect(),
        send: words.text("paper-save"),
        frame: Frame::new(modes, words.text("paper-change")),
    }
}

/// Demands writing anywhere, before a form is shown or taken.
async fn demand(inside: &Inside) -> Result<(), Response> {
    let (house, modes) = (&inside.visit.office.house, &inside.visit.modes);
    let about = (PAPER, "-".to_owned());
    let action = Action::ReviewWrite;
    let demanded = inside
        .signed
        .demand(house, action, Target::Somewhere, about);
    let demanded = demanded.await;
    demanded
        .map(drop)
        .map_err(|error: PeopleError| failed(modes.clone(), error))
}

/// `GET /office/review/new`
pub async fn new_page(inside: Inside) -> Response {
    if let Err(refused) = demand(&inside).await {
        return refused;
    }
    let form = Form {
        key: inside.visit.office.house.token(),
        ..Form::default()
    };
    page_with(StatusCode::OK, &write_page(&inside, &form))
}

/// Takes a form in, and asks again who sends it when it is whole.
async fn received(
    state: &std::sync::Arc<crate::State>,
    inside: Inside,
    request: Request,
) -> Result<(Inside, Form, Option<Refusal>), Response> {
    let from = inside.visit.origin.address;
    let (mut parts, body) = request.into_parts();
    let received = {
        let _turn = state.receiving.turn(from).await;
        let request = Request::from_parts(parts.clone(), body);
        upload::so_far(request, FORM).await
    };
    let inside = Inside::from_request_parts(&mut parts, state).await?;
    let (fields, refused) = received;
    let (form, unread) = Form::of(fields);
    Ok((inside, form, refused.or(unread)))
}

/// The page of a form that was not taken.
fn not_taken(mut form: WritePage, refusal: &Refusal) -> Response {
    let message = match refusal {
        Refusal::TooLarge => Message::new("paper-file-too-large")
            .with("file", FILE_BYTES_MAX / 1024 / 1024)
            .with("form", FORM_BYTES_MAX / 1024 / 1024),
        Refusal::TooMany => Message::new("paper-too-many-files").with("max", ATTACHMENTS_MAX),
        other => other.message(),
    };
    form.errors = vec![form.frame.words().render(&message)];
    let mut response = page_with(refusal.status(), &form);
    // What is left of the body is not read.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The form again with what was wrong, or a page of its own. A browser does not
/// bring files again by itself: who chose some is told.
fn again(mut form: WritePage, typed: &Typed, error: ReviewError) -> Response {
    let words = form.frame.words();
    let files = words.text("paper-files-again");
    let files = Some(files).filter(|_| !typed.brought.is_empty());
    match error {
        ReviewError::Refused(messages) => {
            form.errors = rendered(words, &messages);
            form.errors.extend(files);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        ReviewError::Changed(edition) => {
            let message = Message::new("paper-changed").with("edition", edition);
            form.errors = vec![words.render(&message)];
            form.errors.extend(files);
            // Sent again, it replaces what has just been told of.
            for field in form
                .fields
                .iter_mut()
                .filter(|field| field.name == "edition")
            {
                field.value = edition.to_string();
            }
            page_with(StatusCode::CONFLICT, &form)
        }
        error => broken(form.frame.modes, error),
    }
}

/// `POST /office/review/new`
pub async fn new(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who may not write is refused before anything is taken.
    if let Err(refused) = demand(&inside).await {
        return refused;
    }
    let (inside, form, refusal) = match received(&state, inside, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    if let Some(refusal) = refusal {
        let form = Form {
            key: inside.visit.office.house.token(),
            ..form
        };
        return not_taken(write_page(&inside, &form), &refusal);
    }
    let places = papers::places(&inside.signed);
    let organization = form.organization.parse().ok().map(OrganizationId);
    let organization = organization.filter(|id| places.contains(id));
    let matter = Matter::from_key(&form.matter);
    let (Some(organization), Some(matter)) = (organization, matter) else {
        let mut wrong = Vec::new();
        wrong.extend(
            organization
                .is_none()
                .then(|| Message::new("paper-no-place")),
        );
        wrong.extend(matter.is_none().then(|| Message::new("paper-no-matter")));
        return again(write_page(&inside, &form), &form.typed, wrong.into());
    };
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let sent = form.sent("paper");
    let files = &form.typed.brought;
    let inspected =
        attachments::inspect(house, state.reader.as_ref(), signed, organization, files).await;
    if let Err(error) = inspected {
        return again(write_page(&inside, &form), &form.typed, error);
    }
    match papers::write(house, signed, &sent, organization, matter, &form.typed).await {
        Ok(id) => see_other(&address(id)),
        Err(error) => again(write_page(&inside, &form), &form.typed, error),
    }
}

/// `GET /office/review/{id}/change`
pub async fn change_form(inside: Inside, Path(id): Path<i64>) -> Response {
    let house = &inside.visit.office.house;
    let seen = papers::see(house, &inside.signed, Action::ReviewWrite, id).await;
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let form = stored(&inside, &seen);
    let page = change_page(&inside, id, &form, &seen.content);
    page_with(StatusCode::OK, &page)
}

/// The form of a paper as it is kept, with all its attachments.
fn stored(inside: &Inside, seen: &Seen) -> Form {
    Form {
        key: inside.visit.office.house.token(),
        edition: seen.paper.edition,
        typed: Typed {
            title: seen.content.title.clone(),
            body: seen.content.body.clone(),
            brought: Vec::new(),
            kept: seen.content.tokens(),
        },
        ..Form::default()
    }
}

/// `POST /office/review/{id}/change`
pub async fn change(
    Extract(state): Shared,
    Path(id): Path<i64>,
    inside: Inside,
    request: Request,
) -> Response {
    let house = &inside.visit.office.house;
    let seen = papers::see(house, &inside.signed, Action::ReviewWrite, id).await;
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let (inside, form, refusal) = match received(&state, inside, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    if let Some(refusal) = refusal {
        let form = match form.has_text {
            true => Form {
                key: inside.visit.office.house.token(),
                ..form
            },
            // Nothing came: what is kept is there.
            false => stored(&inside, &seen),
        };
        return not_taken(change_page(&inside, id, &form, &seen.content), &refusal);
    }
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let sent = form.sent("paper-change");
    let (place, files) = (seen.paper.organization, &form.typed.brought);
    let inspected = attachments::inspect(house, state.reader.as_ref(), signed, place, files).await;
    if let Err(error) = inspected {
        let page = change_page(&inside, id, &form, &seen.content);
        return again(page, &form.typed, error);
    }
    match papers::change(house, signed, &sent, id, form.edition, &form.typed).await {
        Ok(()) => see_other(&address(id)),
        Err(error) => {
            // As it is by now: who came first may have added files.
            let now = papers::see(house, signed, Action::ReviewWrite, id).await;
            let content = now.map_or(seen.content, |now| now.content);
            let page = change_page(&inside, id, &form, &content);
            again(page, &form.typed, error)
        }
    }
}
