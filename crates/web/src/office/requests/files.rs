//! `/office/requests/{id}/files`: files added to the evidence of something that
//! happened, with what they prove.

use axum::extract::{Path, Request, State as Extract};
use axum::response::Response;
use gongkai_app::requests::RequestError;
use gongkai_app::requests::files::{self, AddedTo};
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::requests::steps::{self, Seen};
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::requests::record::{self, Happening};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::{Message, Words};

use super::fields::letter_option;
use super::uploads::{self, Came, FILE_BYTES_MAX, FILES_MAX, FORM_BYTES_MAX};
use super::{address, as_people, broken};
use crate::Shared;
use crate::frame::page;
use crate::office::parts::FormPage;
use crate::office::{Field, Inside, see_other};
use crate::report::upload::Expected;

const FORM: Expected = Expected {
    files: &["file"],
    texts: &["key", "version", "event", "note"],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FORM_BYTES_MAX,
    files_max: FILES_MAX,
};

/// What happened, as one chooses of it: place, day, name.
pub(super) fn events(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let all = shown.record.iter().rev();
    all.map(|one| {
        let label = words.render(&one.what.label());
        let told = format!("{}. {} {label}", one.number, one.day);
        (one.number.to_string(), told)
    })
    .collect()
}

/// What the applicant is to have with the reply, among what files are added to.
const GIVEN: &str = "given";

/// The same of a sealed copy of a letter, before its number.
const COPY: &str = "copy-";

/// To what files can be added.
fn places(inside: &Inside, words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let given = (GIVEN.to_owned(), words.text("files-given"));
    let may = shown.may_work(&inside.signed, Work::PutTogether);
    let given = may.is_ok().then_some(given);
    let sealed = record::sealed_to_applicant(shown.record.iter().map(|one| &one.what));
    let copies = sealed.into_iter().rev().map(|one| {
        let (letter, title) = letter_option(one);
        let told = Message::new("files-copy").with("title", title);
        (format!("{COPY}{letter}"), words.render(&told))
    });
    let may = shown.may_work(&inside.signed, Work::AddCopy(None)).is_ok();
    let theirs: Vec<String> = shown
        .record
        .iter()
        .filter(|one| one.what.is_had_by_the_applicant() || one.what == Happening::Noted)
        .map(|one| one.number.to_string())
        .collect();
    let mut all: Vec<(String, String)> = events(words, shown);
    all.retain(|(number, _)| !theirs.contains(number));
    all.extend(given);
    all.extend(copies.filter(|_| may));
    all
}

fn form(inside: &Inside, shown: &Shown, came: &Came) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let lead = Message::new("files-lead")
        .with("count", FILES_MAX)
        .with("max", FILE_BYTES_MAX / 1024 / 1024);
    let fields = vec![
        Field::hidden("key", &inside.visit.office.house.token()),
        Field::hidden("version", &shown.kept.version.to_string()),
        Field {
            kind: "select",
            options: places(inside, words, shown),
            ..Field::text(words, "event", "files-event", came.text("event"))
                .hint(words, "files-event-hint")
        },
        Field {
            kind: "textarea",
            ..Field::text(words, "note", "files-proves", came.text("note"))
                .hint(words, "files-proves-hint")
        },
        Field {
            kind: "files",
            ..Field::text(words, "file", "files-files", "")
        },
    ];
    let base = address(shown.kept.id);
    let mut form = FormPage::new(
        modes,
        "files-add",
        &format!("{base}/files"),
        fields,
        "files-add-do",
    )
    .via(&base, &shown.kept.number)
    .back(&base);
    form.lead = form.frame.words().render(&lead);
    form.multipart = true;
    form
}

/// `GET /office/requests/{id}/files`
pub async fn ask(inside: Inside, Path(id): Path<i64>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Err(error) = steps::demand(house, signed, Action::RequestsHandle, id).await {
        return broken(inside.visit.modes, error);
    }
    match look::see(house, signed, id).await {
        Ok(shown) => page(&form(&inside, &shown, &Came::default())),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// `POST /office/requests/{id}/files`
pub async fn add(
    Extract(state): Shared,
    Path(id): Path<i64>,
    inside: Inside,
    request: Request,
) -> Response {
    // Who may not add anything is refused before anything is taken.
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Err(error) = steps::demand(house, signed, Action::RequestsHandle, id).await {
        return broken(inside.visit.modes, error);
    }
    let (inside, mut came) = match uploads::received(&state, inside, request, FORM).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let had_files = !came.files.is_empty() || came.refused.is_some();
    let error = match take(&state, &inside, id, &mut came).await {
        Ok(()) => return see_other(&address(id)),
        Err(error @ (RequestError::Refused(_) | RequestError::Changed)) => error,
        Err(error) => return broken(inside.visit.modes, error),
    };
    match look::see(&inside.visit.office.house, &inside.signed, id).await {
        Ok(shown) => {
            let mut again = form(&inside, &shown, &came);
            let words = again.frame.words();
            // A browser does not bring files again by itself.
            let hint = words.text("files-again");
            let fields = again.fields.iter_mut();
            for field in fields.filter(|one| had_files && one.kind == "files") {
                field.hint.clone_from(&hint);
            }
            uploads::closing(again.shown(Some(as_people(error))), &came)
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

async fn take(
    state: &std::sync::Arc<crate::State>,
    inside: &Inside,
    id: i64,
    came: &mut Came,
) -> Result<(), RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Some(message) = came.refusal() {
        return Err(message.into());
    }
    let version = came.text("version").parse().unwrap_or_default();
    let seen = Seen { id, version };
    let brought = {
        let _turn = state.reading.turn(inside.visit.origin.address).await;
        let files = std::mem::take(&mut came.files);
        files::bring_to(house, state.reader.as_ref(), signed, id, files).await?
    };
    let to = match came.text("event") {
        GIVEN => AddedTo::Reply,
        copy if copy.starts_with(COPY) => {
            let letter = copy.trim_start_matches(COPY).parse();
            AddedTo::Copy(letter.unwrap_or_default())
        }
        event => AddedTo::Event(event.parse().unwrap_or_default()),
    };
    let told = (to, came.text("note"));
    files::add(house, signed, came.text("key"), seen, told, &brought).await
}
