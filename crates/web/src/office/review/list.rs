//! My tasks, and papers as a list.

use axum::extract::Query;
use axum::response::Response;
use gongkai_app::review::papers::{self, Listed, Query as Sought};
use gongkai_app::review::tasks::{self, After, ReplyTask, Task};
use gongkai_app::review::time::Due;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::review::State;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{ROOM, address, broken, place};
use crate::frame::parts::{self, Column};
use crate::frame::{Frame, page};
use crate::office::oversight::local;
use crate::office::{Cell, Field, Inside, TablePage};

/// Papers on a page.
const PAGE: i64 = 30;

/// What is told of a step that waits.
const STEP_COLUMNS: [&str; 6] = [
    "paper-title",
    "chain-step",
    "paper-place",
    "paper-by",
    "review-since",
    "review-due",
];
/// What is told of a paper of one's own.
const OWN_COLUMNS: [&str; 7] = [
    "paper-title",
    "paper-number",
    "paper-state",
    "paper-matter",
    "paper-place",
    "paper-by",
    "paper-changed-at",
];

#[derive(askama::Template)]
#[template(path = "office/review/tasks.html")]
struct TasksPage {
    frame: Frame,
    tools: Vec<Cell>,
    step_columns: Vec<Column>,
    steps: Vec<Vec<Cell>>,
    /// How many steps wait in all.
    count: String,
    /// Where the next page of them is; empty for none.
    more: String,
    own_columns: Vec<Column>,
    own: Vec<Vec<Cell>>,
    /// Replies to requests: their steps that wait.
    replies: Vec<Vec<Cell>>,
}

/// How a paper stands, in words.
pub(super) fn state(words: &Words, key: &str) -> String {
    match State::from_key(key) {
        Some(state) => words.render(&state.label()),
        None => words.text("review-state-draft"),
    }
}

fn matter(words: &Words, key: &str) -> String {
    let matter = Matter::from_key(key);
    matter.map_or_else(String::new, |matter| words.render(&matter.label()))
}

/// When a step is due, in words.
pub(super) fn due(
    words: &Words,
    due: &Result<Option<Due>, gongkai_domain::calendar::CalendarError>,
    is_late: bool,
) -> String {
    match due {
        Ok(Some(due)) => match (due.missing, is_late) {
            (Some(year), _) => {
                let day = Message::new("review-due-provisional").with("day", due.day);
                // A year is no count: it has no thousands.
                words.render(&day.with("year", year.to_string()))
            }
            (None, true) => words.render(&Message::new("review-due-over").with("day", due.day)),
            (None, false) => due.day.to_string(),
        },
        Ok(None) => words.text("review-due-none"),
        Err(error) => words.render(&error.message()),
    }
}

fn task(inside: &Inside, task: &Task) -> Vec<Cell> {
    let words = inside.visit.modes.words();
    vec![
        Cell::link(&task.paper.title, address(task.paper.paper.id)),
        Cell::text(&task.name),
        Cell::text(place(inside, task.paper.paper.organization)),
        Cell::text(&task.paper.by),
        Cell::text(local(task.since)),
        Cell::text(due(words, &task.due, task.is_late)),
    ]
}

fn reply(words: &Words, task: &ReplyTask) -> Vec<Cell> {
    let to = format!("/office/requests/{}", task.request);
    vec![
        Cell::link(&task.number, to),
        Cell::text(&task.name),
        Cell::text(local(task.since)),
        Cell::text(due(words, &task.due, task.is_late)),
    ]
}

fn paper(inside: &Inside, listed: &Listed) -> Vec<Cell> {
    let words = inside.visit.modes.words();
    vec![
        Cell::link(&listed.title, address(listed.paper.id)),
        Cell::text(listed.paper.id.to_string()),
        Cell::text(state(words, &listed.paper.state)),
        Cell::text(matter(words, &listed.paper.matter)),
        Cell::text(place(inside, listed.paper.organization)),
        Cell::text(&listed.by),
        Cell::text(local(listed.paper.changed_at)),
    ]
}

fn tools(inside: &Inside, words: &Words, with_list: bool) -> Vec<Cell> {
    let write = inside.signed.may(Action::ReviewWrite, Target::Somewhere);
    let new = Cell::link(words.text("paper-new"), format!("{ROOM}/new"));
    let mut tools: Vec<Cell> = write.is_allowed().then_some(new).into_iter().collect();
    tools.push(match with_list {
        true => Cell::link(words.text("papers-title"), format!("{ROOM}/papers")),
        false => Cell::link(words.text("office-review"), ROOM),
    });
    tools
}

/// Where the page of tasks before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Onward {
    #[serde(default)]
    since: i64,
    #[serde(default)]
    review: i64,
    #[serde(default)]
    step: String,
}

/// `GET /office/review`
pub async fn tasks(inside: Inside, Query(onward): Query<Onward>) -> Response {
    let after: Option<After> =
        (onward.review > 0).then_some((onward.since, onward.review, onward.step));
    let found = tasks::tasks(&inside.visit.office.house, &inside.signed, after.as_ref()).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let count = Message::new("papers-count").with("count", found.count);
    let more = found.next.as_ref().map(|(since, review, step)| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("since", &since.to_string());
        query.append_pair("review", &review.to_string());
        query.append_pair("step", step);
        format!("{ROOM}?{}", query.finish())
    });
    page(&TasksPage {
        count: words.render(&count),
        more: more.unwrap_or_default(),
        tools: tools(&inside, words, true),
        step_columns: parts::columns(words, &STEP_COLUMNS),
        own_columns: parts::columns(words, &OWN_COLUMNS),
        steps: found.steps.iter().map(|one| task(&inside, one)).collect(),
        replies: found.replies.iter().map(|one| reply(words, one)).collect(),
        own: found.own.iter().map(|one| paper(&inside, one)).collect(),
        frame: Frame::new(modes, words.text("office-review")),
    })
}

/// What is looked for, and where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    matter: String,
    #[serde(default)]
    own: String,
    #[serde(default)]
    below: i64,
}

impl Asked {
    fn fields(&self, words: &Words) -> Vec<Field> {
        let any = || (String::new(), words.text("papers-any"));
        let states = State::ALL.iter().map(|state| state.key());
        let states = std::iter::once("draft").chain(states);
        let states = states.map(|key| (key.to_owned(), state(words, key)));
        let matters = Matter::ALL.into_iter();
        let matters = matters.map(|one| (one.key().to_owned(), words.render(&one.label())));
        let select = |name, label, value: &str, options| Field {
            kind: "select",
            options,
            ..Field::text(words, name, label, value)
        };
        let own = vec![any(), ("yes".to_owned(), words.text("papers-own"))];
        vec![
            select(
                "state",
                "paper-state",
                &self.state,
                std::iter::once(any()).chain(states).collect(),
            ),
            select(
                "matter",
                "paper-matter",
                &self.matter,
                std::iter::once(any()).chain(matters).collect(),
            ),
            select("own", "papers-by", &self.own, own),
        ]
    }

    fn more(&self, below: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("state", &self.state),
            ("matter", &self.matter),
            ("own", &self.own),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("below", &below.to_string());
        format!("{ROOM}/papers?{}", query.finish())
    }
}

/// `GET /office/review/papers`
pub async fn papers(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let sought = Sought {
        state: Some(asked.state.clone())
            .filter(|state| state == "draft" || State::from_key(state).is_some()),
        matter: Matter::from_key(&asked.matter),
        own: asked.own == "yes",
        below: (asked.below > 0).then_some(asked.below),
        most: PAGE,
    };
    let house = &inside.visit.office.house;
    let found = match papers::list(house, &inside.signed, &sought).await {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let modes = inside.visit.modes.clone();
    let columns = [
        "paper-title",
        "paper-number",
        "paper-state",
        "paper-matter",
        "paper-place",
        "paper-by",
        "paper-changed-at",
    ];
    let mut table = TablePage::new(modes, "papers-title", &columns);
    let words = table.frame.words();
    let count = Message::new("papers-count").with("count", found.count);
    table.lead = words.render(&count);
    table.search = asked.fields(words);
    table.search_action = format!("{ROOM}/papers");
    table.tools = tools(&inside, words, false);
    table.rows = found.papers.iter().map(|one| paper(&inside, one)).collect();
    if let Some(next) = found.next {
        table.more = asked.more(next);
    }
    page(&table)
}
