//! People invited by a table.

use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::paper::table::TableFormat;
use gongkai_app::people::{self as staff, InvitedRow, PeopleError};
use gongkai_domain::organization::staff::headings;
use gongkai_domain::words::Message;

use super::demand;
use crate::Shared;
use crate::frame::{Frame, page};
use crate::office::imports::{ImportPage, Place, as_file, received};
use crate::office::{Cell, Inside, TablePage, failed};

const PLACE: Place = Place {
    form: "/office/people/import",
    words: ["people-import", "people-import-lead"],
    example: ("/office/people/import/table", "people-import-example"),
};

/// `GET /office/people/import`
pub async fn import_page(inside: Inside) -> Response {
    match demand(&inside.visit, &inside.signed).await {
        Ok(_) => {
            let key = inside.visit.office.house.token();
            page(&ImportPage::new(&inside, &PLACE, key))
        }
        Err(error) => failed(inside.visit.modes, error),
    }
}

/// `GET /office/people/import/table`: a table with headings alone.
pub async fn empty(inside: Inside) -> Response {
    if let Err(error) = demand(&inside.visit, &inside.signed).await {
        return failed(inside.visit.modes, error);
    }
    let headings = headings(inside.visit.modes.language);
    match TableFormat::Xlsx.write(&[headings]) {
        Ok(bytes) => as_file("people", TableFormat::Xlsx, bytes),
        Err(error) => {
            tracing::error!(reason = %error, "an empty table was not made");
            failed(inside.visit.modes, Message::new("error-ours").into())
        }
    }
}

/// `POST /office/people/import`
pub async fn import(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who may not bring a table is refused before it is taken.
    if let Err(error) = demand(&inside.visit, &inside.signed).await {
        return failed(inside.visit.modes, error);
    }
    let (inside, brought) = match received(&state, inside, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let (key, file) = match brought {
        Ok(brought) => brought,
        Err(refusal) => {
            let key = inside.visit.office.house.token();
            return ImportPage::new(&inside, &PLACE, key).not_taken(&refusal);
        }
    };
    let house = &inside.visit.office.house;
    let made = {
        let _turn = state.reading.turn(inside.visit.origin.address).await;
        let table = (file.name.as_str(), file.bytes);
        staff::invite_all(house, state.reader.as_ref(), &inside.signed, &key, table).await
    };
    let mut form = ImportPage::new(&inside, &PLACE, key);
    match made {
        Ok(invited) => links(inside, &invited),
        Err(PeopleError::Rows(rows)) => {
            form.refuse(&rows);
            form.shown(StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(PeopleError::Refused(messages)) => {
            let words = inside.visit.modes.words();
            form.errors = messages
                .iter()
                .map(|message| words.render(message))
                .collect();
            form.shown(StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => failed(inside.visit.modes, error),
    }
}

/// The links, each to be handed to its person.
fn links(inside: Inside, invited: &[InvitedRow]) -> Response {
    let modes = inside.visit.modes;
    let words = modes.words();
    let columns = ["field-name", "field-login", "people-imported-link"];
    let mut table = TablePage::new(modes.clone(), "people-import", &columns);
    let title = Message::new("people-imported-title").with("count", invited.len());
    table.frame = Frame::new(modes.clone(), words.render(&title));
    table.lead = words.text("people-imported-lead");
    let row = |one: &InvitedRow| {
        let person = format!("/office/people/{}", one.id.0);
        vec![
            Cell::link(&one.display_name, person),
            Cell::text(&one.login),
            Cell::text(format!("/office/join?token={}", one.token)),
        ]
    };
    table.rows = invited.iter().map(row).collect();
    page(&table)
}
