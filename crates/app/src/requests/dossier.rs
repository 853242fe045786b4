//! The case file 案卷: everything of a case in one archive, for the office's own
//! archive, a review body or a court (行政复议法 2023 第四十八条 wants all that a
//! decision rested on within ten days). It shows the applicant in full, so it is
//! for who may see that, for a reason that is written down with what was taken.

use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::register::DocumentKind;
use gongkai_domain::requests::application::Application;
use gongkai_domain::requests::outcomes;
use gongkai_domain::requests::record;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_paper::dossier::{Dossier, DossierError, Entry, Page, Part, Section, name};
use gongkai_store::requests as stored;
use gongkai_store::{StoreError, Tx, people, review};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::cases::{self, Opened, load};
use super::files::inspected_now;
use super::look::reasoned;
use super::replies::{self, REPLY};
use super::{REQUEST, RequestError, allowed, written};
use crate::blobs;
use crate::house::{House, china};
use crate::inspection;
use crate::letters;
use crate::people::SignedIn;
use crate::report::orders::Reader;
use crate::review::engine::{self, Under};
use crate::review::timeline;

/// Whoever may see the applicant in full.
const UNMASK: Action = Action::RequestsUnmask;
/// Bytes of files that go into one archive: it is made in memory.
const BYTES_MAX: i64 = 200 * 1024 * 1024;

/// A case file, packed.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    /// The name of the archive.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl From<DossierError> for RequestError {
    fn from(error: DossierError) -> Self {
        Self::Store(StoreError::Refused(crate::ports::with_causes(&error)))
    }
}

fn page(words: &Words, page: &Page) -> Result<Vec<u8>, RequestError> {
    Ok(page.html(words).map_err(DossierError::from)?)
}

fn local(at: Timestamp) -> String {
    at.to_zoned(china())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// Collects the parts, each in its folder and with a number.
struct Parts {
    all: Vec<Part>,
}

impl Parts {
    fn add(&mut self, path: String, title: &str, note: String, bytes: Vec<u8>) {
        self.all.push(Part {
            path,
            title: title.to_owned(),
            note,
            bytes,
        });
    }
}

/// Makes the case file of a request. What was taken is written down by its digest.
///
/// # Errors
/// [`RequestError::Refused`] without a reason, with one that tells a number, and
/// for files that are too large together; [`RequestError::Missing`],
/// [`RequestError::Denied`].
pub async fn pack(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    id: i64,
    reason: &str,
) -> Result<Packed, RequestError> {
    let (kept, who) = allowed(house, signed, UNMASK, id).await?;
    // An archive is in the office's language, whoever takes it.
    let words = Words::of(Language::Chinese);
    let mut tx = house.db.read().await?;
    let opened = load(&mut tx, house, kept).await?;
    let reason = reasoned(&opened.application, reason)?;
    let files = stored::files(&mut tx, id).await?;
    let total: i64 = files.iter().map(|file| file.bytes).sum();
    if total > BYTES_MAX {
        let large = Message::new("dossier-large").with("max", BYTES_MAX / 1024 / 1024);
        return Err(large.into());
    }
    let editions = replies::editions(&mut tx, &opened).await?;
    let mut writers = Vec::new();
    for edition in &editions {
        writers.push(named(&mut tx, edition.person).await?);
    }
    let mut rounds = Vec::new();
    for kept in review::rounds(&mut tx, REPLY, id).await? {
        rounds.push(engine::load(&mut tx, house, kept).await?);
    }
    let about = letters::about(&mut tx, signed, REQUEST, id).await?;
    tx.roll_back().await?;
    let mut comes = Vec::new();
    for file in &files {
        let (place, name) = (opened.kept.organization, opened.file_name(file)?);
        inspected_now(house, reader, &who, place, (file, &name)).await?;
        let mut tx = house.db.read().await?;
        let may = inspection::may_come_in(house, &mut tx, place, &file.digest, &name).await?;
        tx.roll_back().await?;
        comes.push((name, may == Some(true)));
    }

    let of = opened.kept.number.clone();
    let (mut parts, mut missing) = (Parts { all: Vec::new() }, Vec::new());
    let folder = |number: u32, label: &str| format!("{number:02} {}", words.text(label));
    let label = words.text("dossier-application");
    let bytes = page(words, &application_page(words, &of, &opened))?;
    parts.add(format!("01 {label}.html"), &label, String::new(), bytes);
    let label = words.text("dossier-record");
    let bytes = page(words, &record_page(words, &of, &opened)?)?;
    let last = opened.record.last().map_or(0, |one| one.number);
    let until = Message::new("dossier-record-until").with("number", last);
    parts.add(
        format!("02 {label}.html"),
        &label,
        words.render(&until),
        bytes,
    );
    for (file, (given, may)) in files.iter().zip(comes) {
        if !may {
            missing.push((given, words.text("dossier-unseen")));
            continue;
        }
        let bytes = blobs::bytes(house, &file.blob).await?;
        let folder = folder(3, "dossier-files");
        let path = format!("{folder}/{:03} {}", file.number, name(&given));
        let note = told_of(words, &opened, file.event);
        parts.add(path, &given, note, bytes.to_vec());
    }
    for (issued, number) in about.iter().zip(1..) {
        let seen = letters::see(house, signed, issued.id).await?;
        let bytes = letters::pdf(house, signed, issued.id).await?;
        let letter = &seen.letter;
        let title = [letter.title.as_str(), &letter.number];
        let title: Vec<&str> = title.into_iter().filter(|one| !one.is_empty()).collect();
        let title = title.join(" ");
        let folder = folder(4, "dossier-letters");
        let path = format!("{folder}/{number:03} {}.pdf", name(&title));
        parts.add(path, &title, letter.day(), bytes.to_vec());
    }
    for (edition, writer) in editions.iter().zip(writers) {
        let title = Message::new("dossier-edition").with("edition", edition.edition);
        let title = words.render(&title);
        let outcome = outcomes::of(&edition.outcome);
        let outcome = outcome.map(|one| words.render(&one.label()));
        let fact = |id: &str, value: String| (words.text(id), value);
        let sheet = Page {
            title: title.clone(),
            of: of.clone(),
            sections: vec![Section {
                facts: vec![
                    fact("request-outcome", outcome.unwrap_or_default()),
                    fact("timeline-person", writer),
                    fact("column-at", local(edition.at)),
                    fact("paper-digest", edition.digest.clone()),
                ],
                paragraphs: edition.text.lines().map(str::to_owned).collect(),
                ..Section::default()
            }],
        };
        let folder = folder(5, "dossier-replies");
        let path = format!("{folder}/{:03} {title}.html", edition.edition);
        parts.add(path, &title, local(edition.at), page(words, &sheet)?);
    }
    if !rounds.is_empty() {
        let label = words.text("dossier-review");
        let folder = folder(5, "dossier-replies");
        let bytes = page(words, &review_page(words, &of, &rounds))?;
        parts.add(
            format!("{folder}/{label}.html"),
            &label,
            String::new(),
            bytes,
        );
    }
    let title = Message::new("dossier-title").with("number", &of);
    let title = words.render(&title);
    let dossier = Dossier {
        facts: facts(words, signed, &opened)?,
        title: title.clone(),
        parts: parts.all,
        missing,
    };
    let bytes = dossier.packed(words)?;
    let detail = json!({
        "did": "dossier",
        "reason": reason,
        "digest": blobs::digest(&bytes),
        "parts": dossier.parts.len(),
        "missing": dossier.missing.len(),
    });
    let mut tx = house.db.write().await?;
    written(&mut tx, house, &who, UNMASK, id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(Packed {
        name: format!("{}.zip", name(&title)),
        bytes,
    })
}

async fn named(tx: &mut Tx, id: PersonId) -> Result<String, StoreError> {
    let person = people::get(tx, id).await?;
    Ok(person.map(|person| person.display_name).unwrap_or_default())
}

fn body(signed: &SignedIn, id: OrganizationId) -> String {
    let body = signed.tree.get(id);
    body.map(|body| body.name.clone()).unwrap_or_default()
}

fn filled(words: &Words, all: Vec<(&str, String)>) -> Vec<(String, String)> {
    let all = all.into_iter().filter(|(_, value)| !value.is_empty());
    all.map(|(label, value)| (words.text(label), value))
        .collect()
}

/// What is told of the case first. Nothing of it moves with the day.
fn facts(
    words: &Words,
    signed: &SignedIn,
    opened: &Opened,
) -> Result<Vec<(String, String)>, RequestError> {
    let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let ending = opened.case.state().ending();
    let outcome = ending.and_then(|ending| outcomes::of(&ending.outcome));
    let outcome = outcome.map(|one| words.render(&one.label()));
    Ok(filled(
        words,
        vec![
            ("request-number", opened.kept.number.clone()),
            ("request-body", body(signed, opened.kept.organization)),
            ("request-applicant", opened.application.name.clone()),
            ("request-subject", opened.application.subject()),
            (
                "request-way",
                words.render(&cases::way(&opened.kept)?.label()),
            ),
            ("request-filed", opened.kept.filed.to_string()),
            ("request-received", day(opened.case.received())),
            ("request-state", words.render(&opened.case.state().label())),
            ("request-outcome", outcome.unwrap_or_default()),
        ],
    ))
}

fn application_page(words: &Words, of: &str, opened: &Opened) -> Page {
    let application: &Application = &opened.application;
    let document = DocumentKind::from_key(&application.document_kind);
    let document = document.map(|kind| words.render(&kind.label()));
    let agent = application.agent.as_ref();
    let of_agent = |field: fn(&gongkai_domain::requests::application::Agent) -> &String| {
        agent.map(field).cloned().unwrap_or_default()
    };
    let facts = vec![
        ("application-kind", words.render(&application.kind.label())),
        ("application-name", application.name.clone()),
        ("application-document-kind", document.unwrap_or_default()),
        (
            "application-document-number",
            application.document_number.clone(),
        ),
        ("application-code", application.organization_code.clone()),
        ("application-proof", application.organization_proof.clone()),
        (
            "application-representative",
            application.representative.clone(),
        ),
        ("field-phone", application.phone.clone()),
        ("field-mail", application.mail.clone()),
        ("application-address", application.address.clone()),
        ("application-postcode-label", application.postcode.clone()),
        ("application-fax", application.fax.clone()),
        ("application-agent", of_agent(|agent| &agent.name)),
        (
            "application-agent-document",
            of_agent(|agent| &agent.document_number),
        ),
        ("application-agent-phone", of_agent(|agent| &agent.phone)),
        (
            "application-authorisation",
            of_agent(|agent| &agent.authorisation),
        ),
        ("application-title", application.title.clone()),
        ("application-file-number", application.file_number.clone()),
        (
            "application-receiving",
            words.render(&application.receiving.label()),
        ),
        (
            "application-medium",
            words.render(&application.medium.label()),
        ),
        ("application-help", application.help.clone()),
    ];
    let lines = application.description.lines();
    Page {
        title: words.text("dossier-application"),
        of: of.to_owned(),
        sections: vec![
            Section {
                facts: filled(words, facts),
                ..Section::default()
            },
            Section {
                title: words.text("application-description"),
                paragraphs: lines.map(str::to_owned).collect(),
                ..Section::default()
            },
        ],
    }
}

fn by(words: &Words, one: &cases::Happened) -> String {
    match (&one.by.name, &one.by.for_name) {
        (Some(name), Some(lender)) => {
            let by = Message::new("review-by-for").with("name", name);
            words.render(&by.with("lender", lender))
        }
        (Some(name), None) => name.clone(),
        (None, _) => words.text("request-by-public"),
    }
}

/// Everything that happened with its evidence, but for what the office noted for itself,
/// and how the due date was reckoned on the day of the reply, or when the last of it was
/// written.
fn record_page(words: &Words, of: &str, opened: &Opened) -> Result<Page, RequestError> {
    let all = opened.record.iter();
    let all = all.filter(|one| one.what != record::Happening::Noted);
    let entries = all.map(|one| {
        let said = one.proofs.iter().map(|(proof, text)| {
            let label = words.render(&proof.label());
            format!("{label}：{text}")
        });
        Entry {
            head: format!("{}. {}", one.number, one.what.told(words)),
            when: format!("{}（{} {}）", one.day, local(one.at), by(words, one)),
            lines: said.collect(),
        }
    });
    let mut sections = vec![Section {
        entries: entries.collect(),
        ..Section::default()
    }];
    if let Some(due) = opened.last_due()? {
        let steps = due.reasoning.iter().map(|step| {
            let text = words.render(&step.text);
            format!("{text} {}", step.basis).trim().to_owned()
        });
        sections.push(Section {
            title: words.text("dossier-reckoning"),
            facts: vec![(words.text("request-due"), due.date.to_string())],
            paragraphs: steps.collect(),
            ..Section::default()
        });
    }
    Ok(Page {
        title: words.text("dossier-record"),
        of: of.to_owned(),
        sections,
    })
}

/// With what a file came.
fn told_of(words: &Words, opened: &Opened, event: i64) -> String {
    let found = opened.record.iter().find(|one| one.number == event);
    found.map_or_else(String::new, |one| {
        let told = Message::new("files-of")
            .with("number", one.number)
            .with("what", words.render(&one.what.label()))
            .with("date", one.day);
        words.render(&told)
    })
}

fn review_page(words: &Words, of: &str, rounds: &[Under]) -> Page {
    let sections = rounds.iter().map(|under| {
        let title = Message::new("dossier-round").with("number", under.kept.round);
        let entries = timeline::entries_of(words, std::slice::from_ref(under));
        let entries = entries.into_iter().map(|entry| {
            let person = match &entry.acting_for {
                Some(lender) => {
                    let by = Message::new("review-by-for").with("name", &entry.person);
                    words.render(&by.with("lender", lender))
                }
                None => entry.person.clone(),
            };
            let remarks = entry
                .remarks
                .iter()
                .map(|(place, text)| match place.as_str() {
                    "" => text.clone(),
                    place => format!("{place}：{text}"),
                });
            let rest = [entry.note.clone(), entry.digest.unwrap_or_default()];
            let rest = rest.into_iter().filter(|line| !line.is_empty());
            Entry {
                head: entry.what,
                when: format!("{} {person}", entry.shown_at),
                lines: remarks.chain(rest).collect(),
            }
        });
        Section {
            title: words.render(&title),
            facts: vec![(
                words.text("paper-state"),
                words.render(&under.review.state().label()),
            )],
            entries: entries.collect(),
            ..Section::default()
        }
    });
    Page {
        title: words.text("dossier-review"),
        of: of.to_owned(),
        sections: sections.collect(),
    }
}
