//! What the house does by itself: jobs that failed, run, wait; schedules.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::jobs::look::{self, STATES};
use gongkai_app::people::PeopleError;
use gongkai_app::store::jobs::Listed;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::overview::OverviewPage;
use super::parts::Keyed;
use super::{Cell, Field, FormPage, Inside, failed, see_other};
use crate::frame::{page, page_with};

/// Rows on a page.
const PAGE: i64 = 100;
const ROOM: &str = "/office/jobs";

/// Which jobs.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    before: i64,
    #[serde(default)]
    state: String,
}

fn state_label(state: &str) -> &'static str {
    match state {
        "waiting" => "job-waiting",
        "running" => "job-running",
        "done" => "job-done",
        _ => "job-failed",
    }
}

/// What a kind of job is called; one of another version of the program keeps
/// its key.
fn kind_label(words: &Words, kind: &str) -> String {
    let id = format!("job-kind-{}", kind.replace('.', "-"));
    if words.has(&id) {
        words.text(&id)
    } else {
        kind.to_owned()
    }
}

fn row(words: &Words, job: Listed, may: [bool; 2], key: &str) -> Vec<Cell> {
    let [may_retry, may_drop] = may.map(|may| may && job.state == "failed");
    let base = format!("{ROOM}/{}", job.id);
    let retry = may_retry.then(|| {
        let fields = vec![("key", key.to_owned())];
        Cell::button(words.text("job-retry"), format!("{base}/retry"), fields)
    });
    let drop = may_drop.then(|| Cell::link(words.text("job-drop-send"), format!("{base}/drop")));
    vec![
        Cell::text(job.id.to_string()),
        Cell::text(kind_label(words, &job.kind)),
        Cell::text(words.text(state_label(&job.state))),
        Cell::text(local(job.run_at)),
        Cell::text(job.attempts.to_string()),
        Cell::text(job.last_error.unwrap_or_default()),
        retry.unwrap_or_default(),
        drop.unwrap_or_default(),
    ]
}

/// `GET /office/jobs`
pub async fn list(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let house = &visit.office.house;
    let before = Some(asked.before).filter(|before| *before > 0);
    let state = STATES.into_iter().find(|state| *state == asked.state);
    let found = look::overview(house, &signed, state, before.unwrap_or(i64::MAX), PAGE).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let may = [Action::JobsRetry, Action::JobsDrop]
        .map(|action| signed.may(action, Target::Installation).is_allowed());
    let mut shown = OverviewPage::new(visit.modes, "office-jobs");
    let words = shown.frame.words();
    shown.leads = vec![words.text("jobs-lead")];
    let all: i64 = found.counts.iter().map(|(_, count)| count).sum();
    let all = Message::new("jobs-all").with("count", all);
    shown.counts = vec![Cell::link(words.render(&all), ROOM)];
    shown
        .counts
        .extend(found.counts.iter().map(|(state, count)| {
            let label = Message::new("jobs-count")
                .with("state", words.text(state_label(state)))
                .with("count", count);
            Cell::link(words.render(&label), format!("{ROOM}?state={state}"))
        }));
    let is_full = found.listed.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.listed.last().filter(|_| is_full).map(|last| {
        let state = state.unwrap_or_default();
        format!("{ROOM}?state={state}&before={}", last.id)
    });
    let rows = found.listed.into_iter();
    let rows: Vec<_> = rows
        .map(|job| row(words, job, may, &house.token()))
        .collect();
    let scheduled = found.scheduled.iter().map(|schedule| {
        let last = schedule.last.map(local);
        vec![
            Cell::text(kind_label(words, schedule.kind)),
            Cell::text(last.unwrap_or_else(|| words.text("jobs-never"))),
            Cell::text(local(schedule.next)),
        ]
    });
    let scheduled = scheduled.collect();
    let columns = [
        "column-number",
        "job-kind",
        "column-state",
        "job-run-at",
        "job-attempts",
        "job-error",
        "job-retry",
        "job-drop-send",
    ];
    shown.table(None, &columns, rows);
    if let (Some(more), Some(table)) = (more, shown.tables.last_mut()) {
        table.more = more;
    }
    let columns = ["job-kind", "jobs-last", "jobs-next"];
    shown.table(Some("jobs-schedules"), &columns, scheduled);
    page(&shown)
}

/// `POST /office/jobs/{id}/retry`
pub async fn retry(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Keyed>,
) -> Response {
    match look::retry(&visit.office.house, &signed, &sent.key, id).await {
        Ok(()) => see_other(ROOM),
        Err(error) => failed(visit.modes, error),
    }
}

/// Why a job is dropped.
#[derive(Debug, Default, Deserialize)]
pub struct Reason {
    #[serde(default)]
    key: String,
    #[serde(default)]
    reason: String,
}

fn drop_form(modes: crate::frame::modes::Modes, job: &Listed, sent: &Reason) -> FormPage {
    let words = modes.words();
    let fields = vec![
        Field::hidden("key", &sent.key),
        Field::text(words, "reason", "job-drop-reason", &sent.reason),
    ];
    let number = Message::new("job-title").with("number", job.id);
    let error = job.last_error.clone().unwrap_or_default();
    let what = [words.render(&number), kind_label(words, &job.kind), error];
    let lead = format!("{}。{}", what.join("："), words.text("job-drop-lead"));
    let to = format!("{ROOM}/{}/drop", job.id);
    let mut form = FormPage::new(modes, "job-drop-title", &to, fields, "job-drop-send");
    form.lead = lead;
    form
}

/// `GET /office/jobs/{id}/drop`
pub async fn drop_page(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let house = &visit.office.house;
    match look::failed(house, &signed, id).await {
        Ok(job) => {
            let sent = Reason {
                key: house.token(),
                ..Reason::default()
            };
            drop_form(visit.modes, &job, &sent).shown(None)
        }
        Err(error) => failed(visit.modes, error),
    }
}

/// `POST /office/jobs/{id}/drop`
pub async fn drop_failed(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Reason>,
) -> Response {
    let house = &visit.office.house;
    let done = look::drop_failed(house, &signed, &sent.key, id, &sent.reason).await;
    let wrong = match done {
        Ok(()) => return see_other(ROOM),
        Err(PeopleError::Refused(wrong)) => wrong,
        Err(error) => return failed(visit.modes, error),
    };
    match look::failed(house, &signed, id).await {
        Ok(job) => {
            let mut form = drop_form(visit.modes, &job, &sent);
            let words = form.frame.words();
            form.errors = wrong.iter().map(|message| words.render(message)).collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        // It is not there to be dropped any more: that is what was wrong.
        Err(PeopleError::Missing) => failed(visit.modes, PeopleError::Refused(wrong)),
        Err(error) => failed(visit.modes, error),
    }
}

#[cfg(test)]
mod tests {
    use gongkai_app::jobs;
    use gongkai_domain::words::Language;

    use super::*;

    #[test]
    fn every_kind_of_job_has_a_name() {
        for (kind, _) in jobs::works() {
            for language in [Language::Chinese, Language::English] {
                let words = Words::of(language);
                assert_ne!(kind_label(words, kind.name), kind.name, "{language:?}");
            }
        }
    }
}
