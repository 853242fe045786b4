//! `/office/requests/mail`: a saved mail is read, and lays itself into the form.

use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::SignedIn;
use gongkai_app::requests::{RequestError, mails};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;

use super::intake::{Form, bodies, form};
use super::uploads::{self, Came};
use super::{ROOM, as_people, broken};
use crate::Shared;
use crate::frame::modes::Modes;
use crate::frame::{page, page_with};
use crate::office::parts::FormPage;
use crate::office::{Field, Inside, failed};
use crate::report::upload::{Expected, Refusal};

const BYTES_MAX: u64 = mails::BYTES_MAX as u64;

const FORM: Expected = Expected {
    files: &["file"],
    texts: &["organization"],
    file_bytes_max: BYTES_MAX,
    form_bytes_max: BYTES_MAX + 64 * 1024,
    files_max: 1,
};

fn choose(modes: Modes, signed: &SignedIn, organization: &str) -> FormPage {
    let words = modes.words();
    let fields = vec![
        Field {
            kind: "select",
            options: bodies(signed),
            ..Field::text(words, "organization", "request-body", organization)
        },
        Field {
            kind: "file",
            ..Field::text(words, "file", "mail-file", "").hint(words, "mail-file-hint")
        },
    ];
    let to = format!("{ROOM}/mail");
    let mut page = FormPage::new(modes, "mail-intake", &to, fields, "mail-read")
        .lead("mail-intake-lead")
        .back(ROOM);
    page.multipart = true;
    page
}

async fn demand(inside: &Inside) -> Result<(), Response> {
    let (house, modes) = (&inside.visit.office.house, &inside.visit.modes);
    let about = ("request", "-".to_owned());
    let intake = Action::RequestsIntake;
    let demanded = inside
        .signed
        .demand(house, intake, Target::Somewhere, about);
    let demanded = demanded.await;
    demanded
        .map(drop)
        .map_err(|error| failed(modes.clone(), error))
}

/// `GET /office/requests/mail`
pub async fn ask(inside: Inside) -> Response {
    match demand(&inside).await {
        Ok(()) => page(&choose(inside.visit.modes, &inside.signed, "")),
        Err(refused) => refused,
    }
}

/// `POST /office/requests/mail`
pub async fn read(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    if let Err(refused) = demand(&inside).await {
        return refused;
    }
    let (inside, mut came) = match uploads::received(&state, inside, request, FORM).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    match take(&state, &inside, &mut came).await {
        Ok(taken) => filled(&inside, came.text("organization"), taken),
        Err(error @ RequestError::Refused(_)) => {
            let again = choose(
                inside.visit.modes.clone(),
                &inside.signed,
                came.text("organization"),
            );
            uploads::closing(again.shown(Some(as_people(error))), &came)
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

async fn take(
    state: &std::sync::Arc<crate::State>,
    inside: &Inside,
    came: &mut Came,
) -> Result<mails::Taken, RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    match &came.refused {
        None => {}
        Some(Refusal::TooLarge | Refusal::TooMany) => {
            let large = Message::new("mail-too-large").with("max", BYTES_MAX / 1024 / 1024);
            return Err(large.into());
        }
        Some(other) => return Err(other.message().into()),
    }
    let organization = came.text("organization").parse().ok().map(OrganizationId);
    let file = came.files.pop();
    let file = file.ok_or_else(|| Message::new("mail-no-file"))?;
    let _turn = state.reading.turn(inside.visit.origin.address).await;
    mails::take(house, state.reader.as_ref(), signed, organization, file).await
}

/// The form of the desk, filled with what the mail says.
fn filled(inside: &Inside, organization: &str, taken: mails::Taken) -> Response {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let filled = Form {
        key: inside.visit.office.house.token(),
        organization: organization.to_owned(),
        way: "mail".to_owned(),
        day: taken.day.to_string(),
        note: taken.note,
        mail: taken.token,
        typed: taken.typed,
        ..Form::default()
    };
    let read = Message::new("mail-filled").with("files", taken.files.join("、"));
    let told = taken.told.iter().map(|message| words.render(message));
    let lead: Vec<String> = [words.render(&read)].into_iter().chain(told).collect();
    let mut shown = form(modes.clone(), &inside.signed, &filled);
    shown.lead = lead.join(" ");
    page_with(StatusCode::OK, &shown)
}
