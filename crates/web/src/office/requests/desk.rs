//! `GET /office/requests`: what is due, at risk, unconfirmed, waiting, mine. Each
//! count leads to its list. `POST /office/requests/find`: cases by words, which
//! may be a name and therefore stand in no address.

use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::requests::look::{self, COUNT_MAX, Desk, Line, Query as Sought};
use gongkai_app::requests::whose::{self, Choices, Only, Whose};
use gongkai_app::requests::{RequestError, search};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::application::{ApplicantKind, Way};
use gongkai_domain::requests::outcomes;
use gongkai_domain::requests::record::Lane;
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::{ROOM, address, broken, place, state};
use crate::frame::parts::{self, Column, Count, Empty, Pages, Tab, Tone};
use crate::frame::{Frame, page_with};
use crate::office::{Cell, Field, Inside};

/// Which list, after which place in it; or a number that is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    list: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    after: i64,
    #[serde(default)]
    number: String,
    /// One day of a list.
    #[serde(default)]
    on: String,
    /// Whose requests.
    #[serde(default)]
    of: String,
    /// Which of them: that ended so,
    #[serde(default)]
    outcome: String,
    /// that came by this way,
    #[serde(default)]
    way: String,
    /// of applicants of this kind.
    #[serde(default)]
    applicant: String,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    text: String,
}

#[derive(askama::Template)]
#[template(path = "office/requests/desk.html")]
struct DeskPage {
    frame: Frame,
    tools: Vec<Cell>,
    counts: Vec<Count>,
    tabs: Vec<Tab>,
    search: Field,
    /// Whose requests are shown, and which; its other fields keep the list.
    filters: Vec<Field>,
    /// What is said of what is shown: how many were found, of which day.
    said: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    nothing: Empty,
    pages: Pages,
}

/// Lists of the desk: key, words, what it takes.
const LISTS: [(&str, &str); 9] = [
    ("running", "lane-running"),
    ("overdue", "desk-overdue"),
    ("today", "desk-due-today"),
    ("risk", "desk-at-risk"),
    ("unconfirmed", "lane-unconfirmed"),
    ("waiting", "lane-waiting"),
    ("mine", "desk-mine"),
    ("replied", "lane-replied"),
    ("over", "lane-over"),
];

fn sought(list: &str, desk: &Desk, today: Date) -> Sought {
    let running = Sought::lane(Lane::Running);
    let (yesterday, tomorrow) = (today.yesterday(), today.tomorrow());
    match list {
        "overdue" => Sought {
            until: yesterday.unwrap_or(today),
            ..running
        },
        "today" => Sought {
            from: today,
            until: today,
            ..running
        },
        "risk" => Sought {
            from: tomorrow.unwrap_or(today),
            until: desk.risk_until.unwrap_or(today),
            ..running
        },
        "mine" => Sought {
            whose: Whose::Mine,
            ..running
        },
        "unconfirmed" => Sought::lane(Lane::Unconfirmed),
        "waiting" => Sought::lane(Lane::Waiting),
        "replied" => Sought::lane(Lane::Replied),
        "over" => Sought::lane(Lane::Over),
        _ => running,
    }
}

/// A count as it is told: past the last that is counted, "and more".
fn number(count: i64) -> String {
    match count >= COUNT_MAX {
        true => format!("{COUNT_MAX}+"),
        false => count.to_string(),
    }
}

fn counts(words: &Words, desk: &Desk) -> Vec<Count> {
    let tone = |count: i64, tone: Tone| match count {
        0 => Tone::Note,
        _ => tone,
    };
    let all = [
        (
            "overdue",
            "desk-overdue",
            "desk-overdue-hint",
            desk.overdue,
            Tone::Error,
        ),
        (
            "today",
            "desk-due-today",
            "desk-due-today-hint",
            desk.due_today,
            Tone::Warning,
        ),
        (
            "risk",
            "desk-at-risk",
            "desk-at-risk-hint",
            desk.at_risk,
            Tone::Warning,
        ),
        (
            "unconfirmed",
            "lane-unconfirmed",
            "desk-unconfirmed-hint",
            desk.unconfirmed,
            Tone::Warning,
        ),
        (
            "waiting",
            "lane-waiting",
            "desk-waiting-hint",
            desk.waiting,
            Tone::Note,
        ),
        (
            "replied",
            "lane-replied",
            "desk-replied-hint",
            desk.replied,
            Tone::Warning,
        ),
        ("mine", "desk-mine", "desk-mine-hint", desk.mine, Tone::Note),
    ];
    let count = |(list, label, hint, found, pressing): (&str, &str, &str, i64, Tone)| Count {
        number: number(found),
        label: words.text(label),
        hint: words.text(hint),
        to: format!("{ROOM}?list={list}"),
        tone: tone(found, pressing),
    };
    all.into_iter().map(count).collect()
}

/// Counts for the first page of who works on requests: what is pressing, and
/// what is theirs.
pub(in crate::office) async fn for_home(
    house: &gongkai_app::house::House,
    signed: &gongkai_app::people::SignedIn,
    words: &Words,
) -> Result<Vec<Count>, gongkai_app::requests::RequestError> {
    let see = signed.may(Action::RequestsSee, Target::Somewhere);
    if !see.is_allowed() {
        return Ok(Vec::new());
    }
    let desk = look::desk(house, signed).await?;
    let all = counts(words, &desk).into_iter();
    Ok(all.filter(|count| count.number != "0").collect())
}

/// To whom a request was given: a person, or the section of which nobody has taken it
/// on yet.
fn given(inside: &Inside, choices: &Choices, line: &Line) -> String {
    let at = &line.kept.standing;
    let mut people = choices.hands.people.iter();
    let person = at.handler.and_then(|id| people.find(|hand| hand.id == id));
    match (person, at.handler, at.section) {
        (Some(person), ..) => person.name.clone(),
        (None, Some(_), None) => inside.visit.modes.words().text("desk-given-elsewhere"),
        (None, _, Some(section)) => place(inside, section),
        (None, None, None) => "–".to_owned(),
    }
}

fn row(inside: &Inside, choices: &Choices, line: &Line) -> Vec<Cell> {
    let words = inside.visit.modes.words();
    let at = &line.kept.standing;
    let due = match at.ended.or(at.due) {
        Some(ended) if at.ended.is_some() => Cell::text(ended.to_string()),
        Some(due) if due < inside.signed.today && at.lane == Lane::Running.key() => {
            let told = Message::new("desk-due-over").with("date", due);
            Cell::state(words.render(&told), Tone::Error)
        }
        Some(due) if at.provisional => {
            let told = Message::new("desk-due-provisional").with("date", due);
            Cell::state(words.render(&told), Tone::Warning)
        }
        Some(due) => Cell::text(due.to_string()),
        None => Cell::text("–"),
    };
    let stands = match at.outcome.as_deref() {
        Some(key) => super::outcome(words, Some(key)),
        None => state(words, &at.state),
    };
    vec![
        Cell::link(&line.kept.number, address(line.kept.id)),
        Cell::text(&line.subject),
        Cell::text(&line.name),
        Cell::text(line.kept.filed.to_string()),
        due,
        Cell::text(stands),
        Cell::text(given(inside, choices, line)),
        Cell::text(place(inside, line.kept.organization)),
    ]
}

/// The columns of a list; the body stands last, where there are several.
fn columns(list: &str) -> [&'static str; 8] {
    let date = match list {
        "replied" | "over" => "request-ended",
        _ => "request-due",
    };
    [
        "request-number",
        "request-subject",
        "request-applicant",
        "request-filed",
        date,
        "request-state",
        "desk-given",
        "request-body",
    ]
}

/// Whether all of these are of the body in which somebody works: then nobody has
/// to read its name in every row.
fn are_own(inside: &Inside, lines: &[Line]) -> bool {
    let own = inside.signed.person.organization;
    lines.iter().all(|line| Some(line.kept.organization) == own)
}

/// What the desk shows below its counts.
struct Shown {
    found: look::Page,
    /// Which list; none for what was looked for.
    list: Option<&'static str>,
    /// Of which day; empty for all.
    on: String,
    whose: Whose,
    only: Only,
    choices: Choices,
    /// Whether it is another page of the list than the first.
    is_further: bool,
    search: Field,
    said: String,
}

fn shown(inside: &Inside, desk: &Desk, shown: Shown, status: StatusCode) -> Response {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let list = shown.list.unwrap_or("running");
    let of = filtered(shown.whose, &shown.only, list);
    let on = match shown.on.as_str() {
        "" => of.clone(),
        on => format!("&on={on}{of}"),
    };
    let next = shown
        .found
        .next
        .map(|(day, id)| format!("{ROOM}?list={list}{on}&day={day}&after={id}"));
    let tabs = LISTS.iter().map(|(key, label)| Tab {
        to: format!(
            "{ROOM}?list={key}{}",
            filtered(shown.whose, &shown.only, key)
        ),
        label: words.text(label),
        is_here: shown.list == Some(*key),
        count: String::new(),
    });
    let intake = inside.signed.may(Action::RequestsIntake, Target::Somewhere);
    let month = Cell::link(words.text("month-title"), format!("{ROOM}/calendar"));
    let mut tools = vec![month];
    if intake.is_allowed() {
        let new = Cell::link(words.text("request-intake"), format!("{ROOM}/new")).main();
        let mail = Cell::link(words.text("mail-intake"), format!("{ROOM}/mail"));
        tools = vec![new, mail].into_iter().chain(tools).collect();
    }
    let wide = match are_own(inside, &shown.found.lines) {
        true => columns(list).len() - 1,
        false => columns(list).len(),
    };
    let rows = shown.found.lines.iter().map(|line| {
        let mut row = row(inside, &shown.choices, line);
        row.truncate(wide);
        row
    });
    let page_of_desk = DeskPage {
        tools,
        counts: counts(words, desk),
        tabs: tabs.collect(),
        filters: filters(words, list, &shown),
        search: shown.search,
        said: shown.said,
        columns: parts::columns(words, &columns(list)[..wide]),
        rows: rows.collect(),
        nothing: Empty {
            title: words.text("requests-none"),
            text: words.text("requests-none-text"),
            action: None,
        },
        pages: Pages {
            first: match shown.is_further {
                false => String::new(),
                true => format!("{ROOM}?list={list}{on}"),
            },
            next: next.unwrap_or_default(),
            said: String::new(),
        },
        frame: Frame::new(modes, words.text("office-requests")),
    };
    page_with(status, &page_of_desk)
}

/// Whether what stands in a list has an outcome.
fn has_outcome(list: &str) -> bool {
    matches!(list, "replied" | "over")
}

/// The filters as they go on in the address of a list: by outcome only where there
/// is one, so that no list is empty for a filter that nobody sees.
fn filtered(whose: Whose, only: &Only, list: &str) -> String {
    let whose = whose.key();
    let of = [("of", whose.as_str())].into_iter().chain(only.keys());
    let of = of.filter(|(name, key)| !key.is_empty() && (*name != "outcome" || has_outcome(list)));
    of.map(|(name, key)| format!("&{name}={key}")).collect()
}

/// A choice among some, or all of them.
fn select(
    words: &Words,
    (name, label): (&'static str, &str),
    options: impl Iterator<Item = (String, String)>,
    chosen: &str,
) -> Field {
    let all = (String::new(), words.text("desk-of-all"));
    Field {
        kind: "select",
        options: [all].into_iter().chain(options).collect(),
        ..Field::text(words, name, label, chosen)
    }
}

/// Whose requests are shown, and which of them.
fn filters(words: &Words, list: &str, shown: &Shown) -> Vec<Field> {
    let choices = &shown.choices;
    let mine = (Whose::Mine.key(), words.text("desk-mine"));
    let nobody = (Whose::Nobody.key(), words.text("desk-of-nobody"));
    let places = choices.bodies.iter().chain(&choices.hands.sections);
    let places = places.map(|(id, name)| (Whose::Place(*id).key(), name.clone()));
    let people = choices.hands.people.iter();
    let people = people.map(|hand| (Whose::Person(hand.id).key(), hand.name.clone()));
    let whose = [mine, nobody].into_iter().chain(places).chain(people);
    let told = |key: &str, label: &Message| (key.to_owned(), words.render(label));
    let outcomes = outcomes::all().iter();
    let outcomes = outcomes.map(|one| told(&one.code, &one.label()));
    let ways = Way::ALL.iter().map(|way| told(way.key(), &way.label()));
    let kinds = ApplicantKind::ALL.iter();
    let kinds = kinds.map(|kind| told(kind.key(), &kind.label()));
    let [(_, outcome), (_, way), (_, applicant)] = shown.only.keys();
    let mut fields = vec![
        Field::hidden("list", list),
        Field::hidden("on", &shown.on),
        select(words, ("of", "desk-of"), whose, &shown.whose.key()),
        select(words, ("way", "request-way"), ways, way),
        select(words, ("applicant", "application-kind"), kinds, applicant),
    ];
    if has_outcome(list) {
        fields.push(select(
            words,
            ("outcome", "request-outcome"),
            outcomes,
            outcome,
        ));
    }
    fields
}

fn search_field(words: &Words, text: &str) -> Field {
    Field::text(words, "text", "search-label", text).hint(words, "search-hint")
}

/// `GET /office/requests`
pub async fn desk(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let desk = match look::desk(house, signed).await {
        Ok(desk) => desk,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let choices = match whose::choices(house, signed).await {
        Ok(choices) => choices,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let whose = Whose::from_key(&asked.of);
    let outcome = if has_outcome(&asked.list) {
        asked.outcome.as_str()
    } else {
        ""
    };
    let only = Only::from_keys(outcome, &asked.way, &asked.applicant);
    let is_search = !asked.number.trim().is_empty();
    let on: Option<Date> = asked.on.trim().parse().ok();
    let found = match is_search {
        true => look::find(house, signed, &asked.number)
            .await
            .map(|lines| look::Page { lines, next: None }),
        false => {
            let after = asked.day.parse().ok().map(|day: Date| (day, asked.after));
            let mut query = Sought {
                after,
                only,
                ..sought(&asked.list, &desk, signed.today)
            };
            if let Some(on) = on {
                (query.from, query.until) = (on, on);
            }
            if whose != Whose::All {
                query.whose = whose;
            }
            look::list(house, signed, query).await
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let words = inside.visit.modes.words();
    let known = LISTS.iter().find(|(key, _)| *key == asked.list);
    let list = known.map_or("running", |(key, _)| *key);
    let said = on.map(|on| {
        let told = Message::new("desk-on").with("date", crate::frame::format::day(words, on));
        words.render(&told)
    });
    let page = Shown {
        found,
        list: (!is_search).then_some(list),
        on: on.map(|on| on.to_string()).unwrap_or_default(),
        whose,
        only,
        choices,
        is_further: asked.after != 0,
        search: search_field(words, &asked.number),
        said: said.unwrap_or_default(),
    };
    shown(&inside, &desk, page, StatusCode::OK)
}

/// `POST /office/requests/find`
pub async fn find(inside: Inside, Form(wanted): Form<Wanted>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let words = inside.visit.modes.words();
    let mut field = search_field(words, &wanted.text);
    let (lines, said, status) = match search::find(house, signed, &wanted.text).await {
        Ok((lines, is_more)) => {
            let id = if is_more {
                "search-more"
            } else {
                "search-count"
            };
            let said = Message::new(id).with("count", lines.len());
            (lines, words.render(&said), StatusCode::OK)
        }
        Err(RequestError::Refused(messages)) => {
            let told = messages.iter().map(|message| words.render(message));
            field = field.wrong(told.collect::<Vec<_>>().join(" "));
            (Vec::new(), String::new(), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => return broken(inside.visit.modes, error),
    };
    let desk = match look::desk(house, signed).await {
        Ok(desk) => desk,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let choices = match whose::choices(house, signed).await {
        Ok(choices) => choices,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let page = Shown {
        found: look::Page { lines, next: None },
        list: None,
        on: String::new(),
        whose: Whose::All,
        only: Only::default(),
        choices,
        is_further: false,
        search: field,
        said,
    };
    shown(&inside, &desk, page, status)
}
