//! The entry of a body's disclosure office (Art. 12).

use axum::extract::{Form, Path};
use axum::response::Response;
use gongkai_app::organization::{self as bodies, OrganizationError, Version};
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::{DisclosureOffice, OpenWays, OrganizationId, PersonId};
use serde::Deserialize;

use super::{address, again, broken, name_of, or_empty, to_change, who};
use crate::office::{Field, FormPage, Inside, see_other};

/// A disclosure office as it is typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct TypedOffice {
    #[serde(default)]
    version: i64,
    #[serde(default)]
    head: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    fax: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    classification: String,
    #[serde(default)]
    arrangement: String,
    #[serde(default)]
    obtaining: String,
    /// `closed`, where the body takes nothing by it.
    #[serde(default)]
    open_online: String,
    #[serde(default)]
    open_fax: String,
    #[serde(default)]
    open_mail: String,
}

/// The word of a way that is closed; that of an open one is empty.
const CLOSED: &str = "closed";

fn closed(is_open: bool) -> String {
    if is_open { "" } else { CLOSED }.to_owned()
}

async fn office_form(inside: &Inside, id: i64, typed: &TypedOffice) -> FormPage {
    let visit = &inside.visit;
    let words = visit.modes.words();
    let lines = [
        ("name", "office-name", &typed.name),
        ("address", "office-address", &typed.address),
        ("postcode", "office-postcode", &typed.postcode),
        ("hours", "office-hours", &typed.hours),
        ("phone", "office-phone", &typed.phone),
        ("fax", "office-fax", &typed.fax),
        ("mail", "office-mail", &typed.mail),
        (
            "classification",
            "office-classification",
            &typed.classification,
        ),
        ("arrangement", "office-arrangement", &typed.arrangement),
        ("obtaining", "office-obtaining", &typed.obtaining),
    ];
    let mut fields = vec![
        Field::hidden("version", &typed.version.to_string()),
        head_field(inside, id, &typed.head).await,
    ];
    fields.extend(lines.map(|(name, label, value)| {
        let field = Field::text(words, name, label, value);
        // What the guide tells of information is a sentence, with an example.
        match name {
            "classification" => field.hint(words, "office-classification-hint"),
            "arrangement" => field.hint(words, "office-arrangement-hint"),
            "obtaining" => field.hint(words, "office-obtaining-hint"),
            _ => field,
        }
    }));
    // Counter and post are never closed.
    let ways = [
        ("open_online", "office-open-online", &typed.open_online),
        ("open_fax", "office-open-fax", &typed.open_fax),
        ("open_mail", "office-open-mail", &typed.open_mail),
    ];
    fields.extend(ways.map(|(name, label, value)| Field {
        kind: "select",
        options: vec![
            (String::new(), words.text("office-open")),
            (CLOSED.to_owned(), words.text("office-not-open")),
        ],
        ..Field::text(words, name, label, value)
    }));
    let to = format!("/office/organizations/{id}/office");
    let name = name_of(inside, Some(OrganizationId(id)));
    FormPage::new(visit.modes.clone(), "body-office", &to, fields, "body-send")
        .via(&address(OrganizationId(id)), &name)
}

/// The people at work there, of whom one is the head. One who is so no more
/// stays until another is chosen.
async fn head_field(inside: &Inside, id: i64, chosen: &str) -> Field {
    let words = inside.visit.modes.words();
    let (who, house) = (who(inside), &inside.visit.office.house);
    let heads = bodies::heads(house, &who, &inside.signed.actor, OrganizationId(id)).await;
    let heads = heads.unwrap_or_default();
    let mut options = vec![(String::new(), words.text("body-none"))];
    if !chosen.is_empty() && heads.iter().all(|head| head.id.to_string() != chosen) {
        options.push((chosen.to_owned(), words.text("office-head-gone")));
    }
    options.extend(
        heads
            .into_iter()
            .map(|head| (head.id.to_string(), head.display_name)),
    );
    Field {
        kind: "select",
        options,
        ..Field::text(words, "head", "organization-field-office_head", chosen)
    }
}

/// `GET /office/organizations/{id}/office`
pub async fn office_page(inside: Inside, Path(id): Path<i64>) -> Response {
    let kept = match to_change(&inside, id, Action::OrganizationsEditOffice).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let office = kept.body.office;
    let typed = TypedOffice {
        version: kept.version,
        head: or_empty(office.head),
        name: office.name,
        address: office.address,
        postcode: office.postcode,
        hours: office.hours,
        phone: office.phone,
        fax: office.fax,
        mail: office.mail,
        classification: office.classification,
        arrangement: office.arrangement,
        obtaining: office.obtaining,
        open_online: closed(office.open.online),
        open_fax: closed(office.open.fax),
        open_mail: closed(office.open.mail),
    };
    office_form(&inside, id, &typed).await.shown(None)
}

/// `POST /office/organizations/{id}/office`
pub async fn office(
    inside: Inside,
    Path(id): Path<i64>,
    Form(typed): Form<TypedOffice>,
) -> Response {
    let seen = Version {
        id: OrganizationId(id),
        version: typed.version,
    };
    let entry = typed.clone();
    let office = DisclosureOffice {
        name: entry.name,
        head: entry.head.parse().ok().map(PersonId),
        address: entry.address,
        postcode: entry.postcode,
        hours: entry.hours,
        phone: entry.phone,
        fax: entry.fax,
        mail: entry.mail,
        classification: entry.classification,
        arrangement: entry.arrangement,
        obtaining: entry.obtaining,
        open: OpenWays {
            online: entry.open_online != CLOSED,
            fax: entry.open_fax != CLOSED,
            mail: entry.open_mail != CLOSED,
        },
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::edit_office(house, &who, &inside.signed.actor, seen, &office).await {
        Ok(_) => see_other(&address(seen.id)),
        Err(error @ (OrganizationError::Denied(_) | OrganizationError::NotFound)) => {
            broken(inside.visit.modes, &error)
        }
        Err(error) => again(office_form(&inside, id, &typed).await, &error),
    }
}
