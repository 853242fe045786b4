//! One body: what is said of it, and how it came to be that.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use gongkai_app::organization::{self as bodies, Done, History, Kin, Passage, Past};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{Organization, OrganizationId};
use gongkai_domain::words::{Message, Words};

use super::{address, broken, kind, labelled, name_of, or_empty, who};
use crate::frame::{Frame, page};
use crate::office::oversight::local;
use crate::office::{Cell, Inside};

#[derive(Template)]
#[template(path = "office/body.html")]
struct BodyPage {
    frame: Frame,
    /// That it has ended, and who answers now.
    ended: String,
    heirs: Vec<Cell>,
    facts: Vec<(String, String)>,
    office: Vec<(String, String)>,
    missing: Vec<String>,
    tools: Vec<Cell>,
    passages: Vec<PassageRow>,
    past: Vec<PastRow>,
}

/// A succession in the table of them.
struct PassageRow {
    on: String,
    kind: String,
    from: Vec<Cell>,
    to: Vec<Cell>,
    basis: String,
}

/// A change in the table of them.
struct PastRow {
    at: String,
    done: String,
    fields: Vec<String>,
}

/// `GET /office/organizations/{id}`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let kept = match bodies::see(house, &who, &inside.signed.actor, id).await {
        Ok(kept) => kept,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let history = match bodies::history(house, &who, &inside.signed.actor, id).await {
        Ok(history) => history,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let words = inside.visit.modes.words();
    let body = &kept.body;
    let (ended, heirs) = ended(words, body, &history, inside.signed.today);
    let missing = body.missing().into_iter();
    page(&BodyPage {
        ended,
        heirs,
        facts: facts(words, &inside, body),
        office: office(words, body),
        missing: missing.map(|message| words.render(&message)).collect(),
        tools: tools(words, &inside, id),
        passages: history
            .passages
            .iter()
            .map(|one| passage(words, one, id))
            .collect(),
        past: history.past.iter().map(|one| past(words, one)).collect(),
        frame: Frame::new(inside.visit.modes.clone(), &body.name),
    })
}

fn facts(words: &Words, inside: &Inside, body: &Organization) -> Vec<(String, String)> {
    labelled(
        words,
        [
            ("body-kind", kind(words, body.kind)),
            ("body-short-name", body.short_name.clone()),
            ("body-parent", name_of(inside, body.parent)),
            ("body-supervisor", name_of(inside, body.supervisor)),
            ("body-vertical", name_of(inside, body.vertical)),
            ("body-credit-code", or_empty(body.credit_code.as_ref())),
            ("body-division", or_empty(body.division)),
            ("body-since", body.validity.from().to_string()),
            ("body-ended", or_empty(body.validity.until())),
        ],
    )
}

fn office(words: &Words, body: &Organization) -> Vec<(String, String)> {
    let office = &body.office;
    labelled(
        words,
        [
            ("office-name", office.name.clone()),
            ("office-address", office.address.clone()),
            ("office-postcode", office.postcode.clone()),
            ("office-hours", office.hours.clone()),
            ("office-phone", office.phone.clone()),
            ("office-fax", office.fax.clone()),
            ("office-mail", office.mail.clone()),
            ("office-classification", office.classification.clone()),
            ("office-arrangement", office.arrangement.clone()),
            ("office-obtaining", office.obtaining.clone()),
            ("office-closed", office.open.told(words)),
        ],
    )
}

fn tools(words: &Words, inside: &Inside, id: OrganizationId) -> Vec<Cell> {
    let may = |action| inside.signed.may(action, Target::Organization(id));
    [
        (Action::OrganizationsChange, "body-change", "change"),
        (Action::OrganizationsEditOffice, "body-office", "office"),
        (Action::ReviewChainsSee, "body-chains", "chains"),
        (Action::LettersTemplates, "letterhead", "letterhead"),
        (Action::LettersTemplates, "body-letters", "letters"),
        (Action::LettersSee, "letter-numbers", "letter-numbers"),
        (Action::OrganizationsSucceed, "body-succeed", "succeed"),
    ]
    .into_iter()
    .filter(|(action, _, _)| may(*action).is_allowed())
    .map(|(_, label, to)| Cell::link(words.text(label), format!("{}/{to}", address(id))))
    .collect()
}

/// That a body has ended, with those that took its powers over.
fn ended(
    words: &Words,
    body: &Organization,
    history: &History,
    today: jiff::civil::Date,
) -> (String, Vec<Cell>) {
    let Some(until) = body.validity.until().filter(|until| *until < today) else {
        return (String::new(), Vec::new());
    };
    let stands = |kin: &[Kin]| kin.iter().any(|kin| kin.id == body.id);
    let last = history.passages.iter().rev();
    let last = last
        .into_iter()
        .find(|one| stands(&one.from) && !stands(&one.to));
    let heirs = last.map(|one| one.to.as_slice()).unwrap_or_default();
    let id = match heirs {
        [] => "body-is-ended",
        _ => "body-is-succeeded",
    };
    let told = Message::new(id).with("date", until);
    (words.render(&told), heirs.iter().map(linked).collect())
}

fn linked(kin: &Kin) -> Cell {
    if kin.is_seen {
        Cell::link(&kin.name, address(kin.id))
    } else {
        Cell::text(&kin.name)
    }
}

fn passage(words: &Words, passage: &Passage, own: OrganizationId) -> PassageRow {
    // A page does not lead to itself.
    let cell = |kin: &Kin| match kin.id {
        id if id == own => Cell::text(&kin.name),
        _ => linked(kin),
    };
    PassageRow {
        on: passage.on.to_string(),
        kind: words.render(&passage.kind.label()),
        from: passage.from.iter().map(cell).collect(),
        to: passage.to.iter().map(cell).collect(),
        basis: passage.basis.clone(),
    }
}

fn past(words: &Words, past: &Past) -> PastRow {
    let done = match past.done {
        Done::Founded => "past-founded",
        Done::Imported => "past-imported",
        Done::Changed => "past-changed",
        Done::OfficeChanged => "past-office",
        Done::Succeeded => "past-succeeded",
    };
    let shown = |text: String| match text.as_str() {
        "" => words.text("body-none"),
        _ => text,
    };
    let fields = past.fields.iter().map(|(field, values)| {
        let name = words.render(&field.label());
        let Some((was, is)) = values else {
            return name;
        };
        let message = Message::new("past-field")
            .with("name", name)
            .with("was", shown(was.text(words)))
            .with("now", shown(is.text(words)));
        words.render(&message)
    });
    PastRow {
        at: local(past.at),
        done: words.text(done),
        fields: fields.collect(),
    }
}
