//! `GET /office/requests/{id}`: one case. Its facts, the clock with its
//! reasoning, what may be done next and what stands against the rest, the reply
//! with its review, and everything that happened.

use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::requests::Happened;
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::review::timeline;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::register::DocumentKind;
use gongkai_domain::requests::application::Application;
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::{Message, Words};

use super::deeds::{Typed, of};
use super::open::{self, DEEDS};
use super::{address, broken, inquiries, outcome, papers, place, state};
use crate::Shared;
use crate::frame::parts::{self, Column, Event as Line};
use crate::frame::{Frame, format, page_with};
use crate::office::review::see::{DoneRow, done, download};
use crate::office::{Cell, Inside, see_other};

/// A step of the reckoning.
struct Reason {
    text: String,
    basis: &'static str,
    passed: Vec<String>,
}

/// A step that may be taken, or why not.
struct Deed {
    label: String,
    to: String,
    against: String,
}

/// A step of the reply's review that the one who looks may take.
struct Turn {
    step: String,
    title: String,
    /// What was typed there, where it was refused.
    note: String,
}

/// A file, and what it belongs to.
struct FileLine {
    file: Cell,
    /// Its size, and with what it came.
    of: String,
}

fn files(words: &Words, shown: &Shown) -> Vec<FileLine> {
    let line = |file: &look::Attached| {
        let to = format!("{}/file?number={}", address(shown.kept.id), file.number);
        let mut record = shown.record.iter();
        let event = record.find(|one| one.number == file.event);
        let of = event.map_or_else(String::new, |one| {
            let told = Message::new("files-of")
                .with("number", one.number)
                .with("what", words.render(&one.what.label()))
                .with("date", one.day);
            words.render(&told)
        });
        let size = format!("{} KB", file.bytes / 1024 + 1);
        FileLine {
            file: Cell::link(&file.name, to),
            of: format!("{size} · {of}"),
        }
    };
    shown.files.iter().map(line).collect()
}

#[derive(askama::Template)]
#[template(path = "office/requests/case.html")]
struct CasePage {
    frame: Frame,
    errors: Vec<String>,
    base: String,
    key: String,
    /// The due date in words; empty where no clock runs.
    due: String,
    /// What it means for the one who looks.
    due_class: &'static str,
    waits: String,
    /// What Art. 29 asks for and the application does not have; empty for nothing.
    gaps: String,
    provisional: String,
    reasons: Vec<Reason>,
    facts: Vec<(String, String)>,
    applicant: Vec<(String, String)>,
    may_unmask: bool,
    description: Vec<String>,
    files: Vec<FileLine>,
    /// Whether the one who looks may add to them.
    may_add: bool,
    open: Vec<Deed>,
    refused: Vec<Deed>,
    letter_columns: Vec<Column>,
    letters: Vec<Vec<Cell>>,
    inquiry_columns: Vec<Column>,
    inquiries: Vec<Vec<Cell>>,
    search_columns: Vec<Column>,
    /// Units that were asked to search.
    searches: Vec<Vec<Cell>>,
    related_columns: Vec<Column>,
    related: Vec<Vec<Cell>>,
    month: String,
    reply: Vec<String>,
    reply_facts: Vec<(String, String)>,
    digest: String,
    /// Whether the reply leaves by a letter of ours.
    has_letter: bool,
    turns: Vec<Turn>,
    against: Vec<String>,
    /// What was done and said in the reviews of the reply.
    reviewed: Vec<Line>,
    timeline: Vec<Line>,
}

fn reasons(words: &Words, shown: &Shown) -> Vec<Reason> {
    let steps = shown.due.iter().flat_map(|due| &due.reasoning);
    steps
        .map(|step| Reason {
            text: words.render(&step.text),
            basis: step.basis,
            passed: step
                .passed
                .iter()
                .map(|(day, kind)| {
                    let told = words.render(&kind.message());
                    format!("{day} {told}")
                })
                .collect(),
        })
        .collect()
}

/// Who applied, as it is to be shown.
pub(super) fn applicant(words: &Words, of: &Application) -> Vec<(String, String)> {
    let document = DocumentKind::from_key(&of.document_kind);
    let document = document.map(|kind| words.render(&kind.label()));
    let agent = of.agent.as_ref();
    let agents = agent.map(|agent| {
        [
            agent.name.as_str(),
            &agent.document_number,
            &agent.phone,
            &agent.authorisation,
        ]
        .join(" ")
    });
    let all = [
        ("application-kind", words.render(&of.kind.label())),
        ("application-name", of.name.clone()),
        ("application-document-kind", document.unwrap_or_default()),
        ("application-document-number", of.document_number.clone()),
        ("application-code", of.organization_code.clone()),
        ("application-proof", of.organization_proof.clone()),
        ("application-representative", of.representative.clone()),
        ("field-phone", of.phone.clone()),
        ("field-mail", of.mail.clone()),
        ("application-address", of.address.clone()),
        ("application-postcode-label", of.postcode.clone()),
        ("application-fax", of.fax.clone()),
        ("application-agent", agents.unwrap_or_default()),
        ("application-receiving", words.render(&of.receiving.label())),
        ("application-medium", words.render(&of.medium.label())),
        ("application-help", of.help.clone()),
    ];
    let all = all.into_iter().filter(|(_, value)| !value.is_empty());
    all.map(|(label, value)| (words.text(label), value))
        .collect()
}

fn facts(inside: &Inside, shown: &Shown) -> Vec<(String, String)> {
    let words = inside.visit.modes.words();
    let at = &shown.kept.standing;
    let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    let section = at.section.map(|id| place(inside, id));
    let handler = at.handler.and_then(|id| {
        let mut people = shown.hands.people.iter();
        people
            .find(|hand| hand.id == id)
            .map(|hand| hand.name.clone())
    });
    let all = [
        ("request-body", place(inside, shown.organization)),
        ("request-way", words.render(&shown.way.label())),
        ("request-filed", shown.kept.filed.to_string()),
        ("request-received", day(at.received).unwrap_or_default()),
        (
            "request-notice-limit",
            day(shown.notice_limit.filter(|_| {
                shown.case.state().ending().is_none() && !shown.case.is_supplement_used()
            }))
            .unwrap_or_default(),
        ),
        (
            "request-reasons-limit",
            day(shown
                .case
                .reasons_limit()
                .filter(|_| shown.case.reasons_came().is_none()))
            .unwrap_or_default(),
        ),
        ("request-served", served(words, shown)),
        ("request-section", section.unwrap_or_default()),
        ("request-handler", handler.unwrap_or_default()),
        ("request-outcome", outcome(words, at.outcome.as_deref())),
        ("application-title", shown.application.title.clone()),
        (
            "application-file-number",
            shown.application.file_number.clone(),
        ),
    ];
    let all = all.into_iter().filter(|(_, value)| !value.is_empty());
    all.map(|(label, value)| (words.text(label), value))
        .collect()
}

/// When the reply was served, and whether that was in time (Art. 33): by the day of
/// service, not that of the reply.
fn served(words: &Words, shown: &Shown) -> String {
    let Some(due) = &shown.reply_due else {
        return String::new();
    };
    let told = match shown.case.served_on() {
        None => Message::new("request-not-served"),
        Some(on) if on > due.date => Message::new("request-served-late").with("date", on),
        Some(on) => Message::new("request-served-in-time").with("date", on),
    };
    words.render(&told.with("due", due.date))
}

fn line(words: &Words, one: &Happened, is_last: bool) -> Line {
    let by = match (&one.by.name, &one.by.for_name) {
        (Some(name), Some(lender)) => {
            let by = Message::new("review-by-for").with("name", name);
            words.render(&by.with("lender", lender))
        }
        (Some(name), None) => name.clone(),
        (None, _) => words.text("request-by-public"),
    };
    let said = one.proofs.iter().map(|(proof, text)| {
        let label = words.render(&proof.label());
        format!("{label}：{text}")
    });
    let said: Vec<String> = said.collect();
    Line {
        when: format!("{} · {} {by}", one.day, format::instant(one.at)),
        title: format!("{}. {}", one.number, one.what.told(words)),
        text: said.join("　"),
        class: if is_last { "now" } else { "" },
    }
}

fn related(words: &Words, shown: &Shown) -> Vec<Vec<Cell>> {
    let row = |one: &look::Related| {
        let why = match one.is_same_applicant {
            true => words.text("related-same"),
            false => String::new(),
        };
        let likeness = Message::new("related-likeness").with("percent", one.likeness);
        let stands = match one.outcome.as_deref() {
            Some(key) => outcome(words, Some(key)),
            None => state(words, &one.state),
        };
        vec![
            Cell::link(&one.number, address(one.id)),
            Cell::text(&one.subject),
            Cell::text(one.filed.to_string()),
            Cell::text(stands),
            Cell::text(format!("{why} {}", words.render(&likeness))),
        ]
    };
    shown.related.iter().map(row).collect()
}

/// What the applicant has with the reply.
fn given(words: &Words, shown: &Shown, digests: &[String]) -> String {
    let files = shown.files.iter();
    let names = files.filter(|file| digests.contains(&file.digest));
    let names: Vec<&str> = names.map(|file| file.name.as_str()).collect();
    match names.is_empty() {
        true => words.text("reply-files-none"),
        false => names.join("、"),
    }
}

fn due(inside: &Inside, shown: &Shown) -> (String, &'static str) {
    let words = inside.visit.modes.words();
    let Some(due) = &shown.due else {
        return (String::new(), "note");
    };
    let today = inside.signed.today;
    let day = format::weekday(words, due.date);
    let (id, class) = match due.date.cmp(&today) {
        std::cmp::Ordering::Less => ("case-due-over", "error"),
        std::cmp::Ordering::Equal => ("case-due-today", "warning"),
        std::cmp::Ordering::Greater => ("case-due", "note"),
    };
    (words.render(&Message::new(id).with("day", day)), class)
}

/// What was done and said in the reviews of the reply, the first first.
fn reviewed(words: &Words, shown: &Shown) -> Vec<Line> {
    let rounds = shown.draft.iter().flat_map(|draft| &draft.rounds);
    let rows = rounds.flat_map(|round| {
        let entries = timeline::entries_of(words, std::slice::from_ref(round));
        done(words, entries)
    });
    let line = |row: DoneRow| Line {
        when: format!("{} {}", row.at, row.by),
        title: row.what,
        text: row.said.join("　"),
        class: "",
    };
    rows.map(line).collect()
}

/// The page of a case, with what was wrong with a form of it and what was typed there.
fn shown_page(inside: &Inside, shown: &Shown, (errors, typed): (Vec<String>, &Typed)) -> Response {
    let status = match errors.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let base = address(shown.kept.id);
    let (mut able, mut refused) = (Vec::new(), Vec::new());
    for deed in DEEDS {
        let against = open::against(inside, shown, deed);
        let to = match against {
            None => &mut able,
            Some(_) => &mut refused,
        };
        to.push(Deed {
            label: words.text(deed.label),
            to: format!("{base}/{}?do={}", deed.room, deed.key),
            against: against
                .map(|message| words.render(&message))
                .unwrap_or_default(),
        });
    }
    let provisional = shown.due.as_ref().and_then(|due| {
        let years: Vec<String> = due.missing_years.iter().map(i16::to_string).collect();
        let told = Message::new("clock-provisional").with("years", years.join("、"));
        (!years.is_empty()).then(|| words.render(&told))
    });
    let draft = shown.draft.as_ref();
    let reply_facts = draft.map(|draft| {
        let stands = match &draft.under {
            Some(under) => words.render(&under.review.state().label()),
            None => words.text("review-state-draft"),
        };
        vec![
            (
                words.text("request-outcome"),
                outcome(words, Some(&draft.reply.outcome)),
            ),
            (words.text("paper-edition"), draft.reply.edition.to_string()),
            (words.text("paper-state"), stands),
            (
                words.text("reply-files"),
                given(words, shown, &draft.reply.files),
            ),
        ]
    });
    let turns = draft.iter().flat_map(|draft| &draft.choices).map(|choice| {
        let title = Message::new("review-turn")
            .with("step", &choice.step.name)
            .with("role", words.render(&choice.role.label()));
        let is_typed = of(typed, "step") == choice.step.key;
        Turn {
            step: choice.step.key.clone(),
            title: words.render(&title),
            note: if is_typed { of(typed, "note") } else { "" }.to_owned(),
        }
    });
    let columns = [
        "request-number",
        "request-subject",
        "request-filed",
        "request-state",
        "related-why",
    ];
    let last = shown.record.len();
    let record = shown.record.iter().enumerate();
    // Who is asked to search is told what is wanted, and not of the applicant or of
    // what others were asked.
    let told = |text: &dyn Fn() -> String| match shown.is_for_search {
        true => String::new(),
        false => text(),
    };
    let month = Message::new("case-month-count").with("count", shown.month_count);
    let unmask = Action::RequestsUnmask;
    let (due, due_class) = due(inside, shown);
    let title = Message::new("case-title").with("number", &shown.kept.number);
    let stands = words.render(&shown.case.state().label());
    let title = format!("{} · {stands}", words.render(&title));
    let page = CasePage {
        errors,
        base,
        key: inside.visit.office.house.token(),
        due,
        due_class,
        waits: told(&|| open::waits(words, shown)),
        gaps: told(&|| gaps(words, shown)),
        provisional: provisional.unwrap_or_default(),
        reasons: match shown.is_for_search {
            true => Vec::new(),
            false => reasons(words, shown),
        },
        facts: facts(inside, shown),
        applicant: applicant(words, &shown.application),
        may_unmask: shown.allows(&inside.signed, unmask),
        description: shown
            .application
            .description
            .lines()
            .map(str::to_owned)
            .collect(),
        files: files(words, shown),
        may_add: shown.may_work(&inside.signed, Work::AddFiles).is_ok(),
        open: able,
        refused,
        letter_columns: parts::columns(
            words,
            &[
                "letter-title",
                "letter-number",
                "letter-dated",
                "letter-seal",
                "letter-word",
            ],
        ),
        letters: papers::rows(words, shown),
        inquiry_columns: parts::columns(words, &inquiries::COLUMNS),
        inquiries: match shown.is_for_search {
            true => Vec::new(),
            false => inquiries::rows(words, shown, inside.signed.today),
        },
        search_columns: parts::columns(words, &inquiries::SEARCH_COLUMNS),
        searches: inquiries::searches(words, shown, inside.signed.today),
        related_columns: parts::columns(words, &columns),
        related: related(words, shown),
        month: told(&|| words.render(&month)),
        reply: draft
            .map(|draft| draft.reply.text.lines().map(str::to_owned).collect())
            .unwrap_or_default(),
        reply_facts: reply_facts.unwrap_or_default(),
        digest: draft
            .map(|draft| draft.reply.digest.clone())
            .unwrap_or_default(),
        has_letter: draft.is_some_and(|draft| draft.reply.facts.is_some()),
        turns: turns.collect(),
        reviewed: reviewed(words, shown),
        against: draft
            .map(|draft| {
                draft
                    .against
                    .iter()
                    .map(|message| words.render(message))
                    .collect()
            })
            .unwrap_or_default(),
        timeline: record
            .map(|(at, one)| line(words, one, at + 1 == last))
            .collect(),
        frame: Frame::new(modes, title),
    };
    page_with(status, &page)
}

/// `GET /office/requests/{id}`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    match look::see(&inside.visit.office.house, &inside.signed, id).await {
        Ok(shown) => shown_page(&inside, &shown, (Vec::new(), &Typed::new())),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// Which file.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Asked {
    #[serde(default)]
    number: i64,
}

/// `GET /office/requests/{id}/file`: to be kept, never to be shown: a stranger may
/// have made it.
pub async fn file(
    Extract(state): Shared,
    inside: Inside,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if asked.number == 0 {
        // Which files there are stands on the page of the case.
        return match look::see(house, signed, id).await {
            Ok(_) => see_other(&address(id)),
            Err(error) => broken(inside.visit.modes, error),
        };
    }
    let reader = state.reader.as_ref();
    match gongkai_app::requests::files::had(house, reader, signed, id, asked.number).await {
        Ok((name, bytes)) => download(&name, "application/octet-stream", bytes.to_vec()),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// The case again with what was wrong with a form of its page, and what was typed there.
pub(super) async fn again(
    inside: Inside,
    id: i64,
    messages: &[Message],
    typed: &Typed,
) -> Response {
    match look::see(&inside.visit.office.house, &inside.signed, id).await {
        Ok(shown) => {
            let words = inside.visit.modes.words();
            let errors = messages
                .iter()
                .map(|message| words.render(message))
                .collect();
            shown_page(&inside, &shown, (errors, typed))
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// What is missing in an application that came on paper, while it can be supplemented.
fn gaps(words: &Words, shown: &Shown) -> String {
    let gaps = shown.application.gaps();
    if gaps.is_empty() || shown.case.state().ending().is_some() {
        return String::new();
    }
    let gaps: Vec<String> = gaps.into_iter().map(|label| words.text(label)).collect();
    words.render(&Message::new("request-gaps").with("gaps", gaps.join("、")))
}
