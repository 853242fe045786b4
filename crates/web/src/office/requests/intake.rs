//! What comes in otherwise than by the portal: the form of the clerk.

use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::SignedIn;
use gongkai_app::requests::intake::{self, Intake};
use gongkai_app::requests::look;
use gongkai_app::requests::{Brought, Filed, RequestError, files, mails};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::register::DocumentKind;
use gongkai_domain::requests::application::{
    ApplicantKind, Application, Medium, Receiving, Typed, Way,
};
use gongkai_domain::words::{Message, Words};

use super::uploads::{self, Came, FILE_BYTES_MAX, FILES_MAX, FORM_BYTES_MAX};
use super::{ROOM, address, as_people, broken, place, see};
use crate::Shared;
use crate::frame::modes::Modes;
use crate::frame::{page, page_with, parts};
use crate::office::parts::FormPage;
use crate::office::sheet::{Section, Sheet};
use crate::office::{Cell, Field, Inside, failed};
use crate::portal::form::{NAMES, texts, typed};
use crate::report::upload::Expected;

/// The form as it was typed.
#[derive(Default)]
pub(super) struct Form {
    pub(super) key: String,
    pub(super) organization: String,
    pub(super) way: String,
    pub(super) day: String,
    pub(super) reference: String,
    pub(super) note: String,
    /// By what the files of a mail are found that was read before.
    pub(super) mail: String,
    pub(super) typed: Typed,
}

/// What a form sends beside the fields of the application.
const OWN: [&str; 7] = [
    "key",
    "organization",
    "way",
    "day",
    "reference",
    "note",
    "waiting",
];

/// All texts of a form.
const TEXTS: [&str; OWN.len() + NAMES.len()] = texts(&OWN);

const EXPECTED: Expected = Expected {
    files: &["file"],
    texts: &TEXTS,
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FORM_BYTES_MAX,
    files_max: FILES_MAX,
};

impl Form {
    fn of(came: &Came) -> Self {
        let text = |name: &str| came.text(name).to_owned();
        Self {
            key: text("key"),
            organization: text("organization"),
            way: text("way"),
            day: text("day"),
            reference: text("reference"),
            note: text("note"),
            mail: text("waiting"),
            typed: typed(&came.texts),
        }
    }
}

fn select<'a>(
    words: &Words,
    name: &'static str,
    label: &str,
    chosen: &str,
    options: impl IntoIterator<Item = (&'a str, Message)>,
) -> Field {
    let options = options.into_iter();
    let options = options.map(|(key, label)| (key.to_owned(), words.render(&label)));
    Field {
        kind: "select",
        options: options.collect(),
        ..Field::text(words, name, label, chosen)
    }
}

pub(super) fn bodies(signed: &SignedIn) -> Vec<(String, String)> {
    let intake = Action::RequestsIntake;
    let ids = match reach(&signed.actor, intake, &signed.tree, signed.today) {
        Reach::Of(ids) => ids,
        Reach::All | Reach::Nothing => Vec::new(),
    };
    let body = |id: &OrganizationId| signed.tree.get(*id);
    let bodies = ids.iter().filter_map(body);
    let bodies = bodies.filter(|body| {
        use gongkai_domain::organization::OrganizationKind::Section;
        body.kind != Section
    });
    bodies
        .map(|body| (body.id.0.to_string(), body.name.clone()))
        .collect()
}

pub(super) fn form(modes: Modes, signed: &SignedIn, sent: &Form) -> FormPage {
    let words = modes.words();
    let typed = &sent.typed;
    let ways = Way::ALL.iter().filter(|way| **way != Way::Online);
    let documents = || {
        DocumentKind::ALL
            .iter()
            .map(|kind| (kind.key(), kind.label()))
    };
    let text = |name, label: &str, value: &str| Field::text(words, name, label, value);
    let area = |field: Field| Field {
        kind: "textarea",
        ..field
    };
    let fields = vec![
        Field::hidden("key", &sent.key),
        Field::hidden("waiting", &sent.mail),
        Field {
            kind: "select",
            options: bodies(signed),
            ..text("organization", "request-body", &sent.organization)
        },
        // How it came decides whether its clock runs: nobody takes one by mistake.
        Field {
            kind: "select",
            options: std::iter::once((String::new(), words.text("service-choose")))
                .chain(ways.map(|way| (way.key().to_owned(), words.render(&way.label()))))
                .collect(),
            ..text("way", "request-way", &sent.way)
        },
        text("day", "request-day", &sent.day)
            .short()
            .hint(words, "request-day-hint"),
        text("reference", "proof-reference", &sent.reference)
            .optional()
            .hint(words, "request-reference-hint"),
        area(
            text("note", "request-how", &sent.note)
                .optional()
                .hint(words, "request-how-hint"),
        ),
        select(
            words,
            "kind",
            "application-kind",
            &typed.kind,
            ApplicantKind::ALL
                .iter()
                .map(|kind| (kind.key(), kind.label())),
        ),
        text("name", "application-name", &typed.name),
        select(
            words,
            "document_kind",
            "application-document-kind",
            &typed.document_kind,
            documents(),
        ),
        text(
            "document_number",
            "application-document-number",
            &typed.document_number,
        )
        .optional()
        .hint(words, "application-document-hint"),
        text(
            "organization_code",
            "application-code",
            &typed.organization_code,
        )
        .optional(),
        text(
            "organization_proof",
            "application-proof",
            &typed.organization_proof,
        )
        .optional(),
        text(
            "representative",
            "application-representative",
            &typed.representative,
        )
        .optional(),
        text("phone", "field-phone", &typed.phone)
            .optional()
            .short(),
        text("mail", "field-mail", &typed.mail).optional(),
        text("address", "application-address", &typed.address).optional(),
        text("postcode", "application-postcode-label", &typed.postcode)
            .optional()
            .short(),
        text("fax", "application-fax", &typed.fax)
            .optional()
            .short(),
        text("agent_name", "application-agent", &typed.agent_name).optional(),
        select(
            words,
            "agent_document_kind",
            "application-agent-document-kind",
            &typed.agent_document_kind,
            documents(),
        ),
        text(
            "agent_document_number",
            "application-agent-document",
            &typed.agent_document_number,
        )
        .optional(),
        text("agent_phone", "application-agent-phone", &typed.agent_phone)
            .optional()
            .short(),
        text(
            "authorisation",
            "application-authorisation",
            &typed.authorisation,
        )
        .optional(),
        text("title", "application-title", &typed.title).optional(),
        text("file_number", "application-file-number", &typed.file_number).optional(),
        area(text(
            "description",
            "application-description",
            &typed.description,
        )),
        select(
            words,
            "receiving",
            "application-receiving",
            &typed.receiving,
            Receiving::ALL.iter().map(|one| (one.key(), one.label())),
        ),
        select(
            words,
            "medium",
            "application-medium",
            &typed.medium,
            Medium::ALL.iter().map(|one| (one.key(), one.label())),
        ),
        area(text("help", "application-help", &typed.help).optional()),
        Field {
            kind: "files",
            hint: words.render(
                &Message::new("intake-files-hint")
                    .with("count", FILES_MAX)
                    .with("max", FILE_BYTES_MAX / 1024 / 1024),
            ),
            ..text("file", "intake-files", "").optional()
        },
    ];
    let mut page = FormPage::new(
        modes,
        "request-intake",
        &format!("{ROOM}/new"),
        fields,
        "request-intake-do",
    )
    .lead("request-intake-lead")
    .back(ROOM);
    page.multipart = true;
    page
}

/// `GET /office/requests/new`
pub async fn new_page(Inside { visit, signed }: Inside) -> Response {
    let about = ("request", "-".to_owned());
    let house = &visit.office.house;
    let intake = Action::RequestsIntake;
    if let Err(error) = signed.demand(house, intake, Target::Somewhere, about).await {
        return failed(visit.modes, error);
    }
    let sent = Form {
        key: house.token(),
        day: signed.today.to_string(),
        ..Form::default()
    };
    page(&form(visit.modes, &signed, &sent))
}

/// Inspects what came and takes the request in.
async fn take(
    state: &std::sync::Arc<crate::State>,
    inside: &Inside,
    came: &mut Came,
    sent: &Form,
) -> Result<Filed, RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Some(message) = came.refusal() {
        return Err(message.into());
    }
    let new = Intake {
        organization: sent.organization.parse().ok().map(OrganizationId),
        way: sent.way.clone(),
        day: sent.day.clone(),
        typed: sent.typed.clone(),
        reference: sent.reference.clone(),
        note: sent.note.clone(),
    };
    let mut brought: Vec<Brought> = match sent.mail.as_str() {
        "" => Vec::new(),
        token => mails::waiting(house, signed, new.organization, token).await?,
    };
    if !came.files.is_empty() {
        let _turn = state.reading.turn(inside.visit.origin.address).await;
        let scans = std::mem::take(&mut came.files);
        let reader = state.reader.as_ref();
        brought.extend(files::bring_in(house, reader, signed, new.organization, scans).await?);
    }
    intake::intake(house, signed, &sent.key, &new, &brought).await
}

/// `POST /office/requests/new`
pub async fn new(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who takes nothing in is refused before anything comes.
    let about = ("request", "-".to_owned());
    let demanded = inside.signed.demand(
        &inside.visit.office.house,
        Action::RequestsIntake,
        Target::Somewhere,
        about,
    );
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let (inside, mut came) = match uploads::received(&state, inside, request, EXPECTED).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let sent = Form::of(&came);
    let had_files = !came.files.is_empty() || came.refused.is_some();
    let error = match take(&state, &inside, &mut came, &sent).await {
        Ok(filed) => return taken(&inside, &filed, &sent).await,
        Err(error) => error,
    };
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let mut again = form(modes.clone(), &inside.signed, &sent);
    // A browser does not bring files again by itself.
    let files_again = had_files.then(|| words.text("files-again"));
    for field in again.fields.iter_mut().filter(|one| one.kind == "files") {
        if let Some(again) = &files_again {
            field.hint.clone_from(again);
        }
    }
    let shown = match error {
        RequestError::Entered(wrong) => {
            for one in wrong {
                let text = words.render(&one.message);
                let field = again
                    .fields
                    .iter_mut()
                    .find(|field| field.name == one.field);
                if let Some(field) = field {
                    field.error.clone_from(&text);
                }
                again.errors.push(text);
            }
            again.errors.extend(files_again);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        RequestError::Refused(messages) => {
            again.shown(Some(as_people(RequestError::Refused(messages))))
        }
        error => return broken(modes, error),
    };
    uploads::closing(shown, &came)
}

/// What the applicant is to be told, once: as a slip that is printed and handed over.
async fn taken(inside: &Inside, filed: &Filed, sent: &Form) -> Response {
    let words = inside.visit.modes.words();
    let mut sheet = slip(inside, filed, words.text("request-taken")).await;
    sheet.sections.extend(filled_in(inside, sent));
    page(&sheet)
}

/// A slip with the query code of a request. It has number and code also where the case
/// cannot be read now: nobody else has the code, and the case is there.
pub(super) async fn slip(inside: &Inside, filed: &Filed, title: String) -> Sheet {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let words = inside.visit.modes.words();
    let or_later = |day: Option<jiff::civil::Date>| match day {
        Some(day) => day.to_string(),
        None => words.text("request-taken-later"),
    };
    let mut facts = vec![
        ("request-number", filed.number.clone()),
        ("request-taken-code", filed.code.to_string()),
    ];
    if let Ok(shown) = look::see(house, signed, filed.id).await {
        let at = &shown.kept.standing;
        facts.extend([
            ("request-body", place(inside, shown.kept.organization)),
            ("request-filed", shown.kept.filed.to_string()),
            ("request-received", or_later(at.received)),
            ("request-due", or_later(at.due)),
        ]);
    }
    let query = words.text("request-taken-query-text");
    facts.push(("request-taken-query", query));
    let mut sheet = Sheet::new(inside.visit.modes.clone(), title);
    sheet.lead = words.text("request-taken-lead");
    let facts = facts.into_iter();
    sheet.facts = facts
        .map(|(label, text)| (words.text(label), text))
        .collect();
    let open = Cell::link(words.text("request-open"), address(filed.id)).main();
    sheet.tools = vec![open];
    sheet
}

/// Art. 29: what was filled in for who asked by word of mouth, to be read over and
/// signed; nothing for those who brought a form of their own.
fn filled_in(inside: &Inside, sent: &Form) -> Option<Section> {
    let words = inside.visit.modes.words();
    let is_oral = sent.way == Way::Oral.key();
    let read = Application::read_paper(&sent.typed, inside.signed.today);
    let application = read.ok().filter(|_| is_oral)?;
    let mut all = see::applicant(words, &application);
    let wanted = [
        ("application-description", &application.description),
        ("application-title", &application.title),
        ("application-file-number", &application.file_number),
    ];
    let wanted = wanted.into_iter().filter(|(_, text)| !text.is_empty());
    all.extend(wanted.map(|(label, text)| (words.text(label), text.clone())));
    all.push((words.text("request-taken-signature"), String::new()));
    let rows = all.into_iter();
    Some(Section {
        title: words.text("request-taken-form"),
        lead: words.text("request-taken-form-lead"),
        columns: parts::columns(words, &["request-taken-item", "request-taken-content"]),
        rows: rows
            .map(|(label, text)| vec![Cell::text(label), Cell::text(text)])
            .collect(),
        none: String::new(),
    })
}
