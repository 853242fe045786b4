//! Merging, splitting, renaming, abolishing: a form, a page that says what will
//! happen, and the deed.

use askama::Template;
use axum::extract::{Path, RawForm};
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, Order, OrganizationError, Plan, Successor};
use gongkai_domain::organization::import::date;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{OrganizationId, Validity};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;

use super::choose::{Chooser, always, with_way_back};
use super::{address, broken, demand, labelled, name_of, to_change, told, who};
use crate::frame::parts::{self, Fault};
use crate::frame::{Frame, page, page_with};
use crate::office::{Field, Inside, see_other};

const SUCCEED: Action = Action::OrganizationsSucceed;
/// Rows for names, at first and with each asking for more.
const ROWS: usize = 3;
/// Names on one side: a reform of all bodies of a county at once.
const ROWS_MAX: usize = 200;

/// A succession as it is typed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Typed {
    key: String,
    kind: String,
    on: String,
    basis: String,
    /// Bodies before, a name each.
    from: Vec<String>,
    /// Bodies that are there and go on, a name each.
    to: Vec<String>,
    /// Bodies that are founded, a name a line.
    founded: String,
    people_to: String,
    /// What was pressed.
    step: String,
    /// The plan that was shown.
    mark: String,
}

impl Typed {
    fn read(form: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            let value = value.into_owned();
            match name.as_ref() {
                "from" | "to" if value.trim().is_empty() => {}
                "from" if typed.from.len() < ROWS_MAX => typed.from.push(value),
                "to" if typed.to.len() < ROWS_MAX => typed.to.push(value),
                "key" => typed.key = value,
                "kind" => typed.kind = value,
                "on" => typed.on = value,
                "basis" => typed.basis = value,
                "founded" => typed.founded = value,
                "people_to" => typed.people_to = value,
                "step" => typed.step = value,
                "mark" => typed.mark = value,
                _ => {}
            }
        }
        typed
    }

    fn day(&self) -> Result<Date, Message> {
        date(&self.on)
    }

    /// The days on which a body before is looked for, and one after.
    fn days(&self) -> [Validity; 2] {
        let Ok(on) = self.day() else {
            return [always(), always()];
        };
        let day_before = on.yesterday().unwrap_or(on);
        let before = Validity::new(day_before, Some(day_before));
        [before.unwrap_or_else(|_| always()), Validity::since(on)]
    }

    fn new_names(&self) -> Vec<String> {
        let lines = self.founded.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(ToOwned::to_owned).collect()
    }

    /// What is ordered, or everything that is wrong with it.
    fn order(&self, chooser: &Chooser<'_>) -> Result<Order, OrganizationError> {
        let mut wrong = Vec::new();
        let kind = SuccessionKind::from_key(&self.kind);
        if kind.is_none() {
            wrong.push(Message::new("succession-no-kind"));
        }
        let day = self.day().map_err(|message| wrong.push(message));
        let [before, after] = self.days();
        let mut find = |text: &String, during| match chooser.find(text, during) {
            Ok(found) => found,
            Err(unclear) => {
                wrong.push(unclear.message);
                None
            }
        };
        let from: Vec<_> = self
            .from
            .iter()
            .filter_map(|text| find(text, before))
            .collect();
        let to: Vec<_> = self
            .to
            .iter()
            .filter_map(|text| find(text, after))
            .collect();
        let founded = self.new_names();
        let people_to = self.people_to.trim();
        let people_to = match founded.iter().position(|name| name == people_to) {
            Some(at) => Some(Successor::Founded(at)),
            None => find(&self.people_to, after).map(Successor::Body),
        };
        match (kind, day) {
            (Some(kind), Ok(on)) if wrong.is_empty() => Ok(Order {
                succession: Succession {
                    kind,
                    on,
                    basis: self.basis.clone(),
                    from,
                    to,
                },
                founded,
                people_to,
                confirmed: None,
            }),
            _ => Err(OrganizationError::Wrong(wrong)),
        }
    }
}

/// A row for the name of a body.
struct Row {
    number: usize,
    typed: String,
    /// What it may mean, where that is not clear.
    options: Vec<(String, String)>,
}

/// Rows for the bodies of one side.
struct Rows {
    name: &'static str,
    legend: String,
    hint: String,
    label: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "office/succeed.html")]
struct FormPage {
    frame: Frame,
    action: String,
    errors: Vec<String>,
    key: String,
    /// What happens, when, by which decision.
    first: Vec<Field>,
    sides: Vec<Rows>,
    /// Who is founded, and where people go.
    last: Vec<Field>,
    suggestions: Vec<String>,
}

impl FormPage {
    fn new(inside: &Inside, id: OrganizationId, typed: &Typed) -> Self {
        let words = inside.visit.modes.words();
        let chooser = Chooser::of(&inside.signed.tree);
        let [before, after] = typed.days();
        let side = |name, legend, hint, label, texts: &[String], during| Rows {
            name,
            legend: words.text(legend),
            hint: words.text(hint),
            label: words.text(label),
            rows: rows(words, &chooser, texts, during, typed.step == "more"),
        };
        let kinds = SuccessionKind::ALL.into_iter();
        let mut options = vec![(String::new(), words.text("succession-choose-kind"))];
        options.extend(kinds.map(|kind| {
            let id = match kind {
                SuccessionKind::Merged => "succession-what-merged",
                SuccessionKind::Split => "succession-what-split",
                SuccessionKind::Renamed => "succession-what-renamed",
                SuccessionKind::Abolished => "succession-what-abolished",
            };
            (kind.key().to_owned(), words.text(id))
        }));
        let line = |name, label, value: &str| Field::text(words, name, label, value);
        Self {
            frame: Frame::new(inside.visit.modes.clone(), words.text("body-succeed"))
                .via(address(id), name_of(inside, Some(id))),
            action: format!("{}/succeed", address(id)),
            errors: Vec::new(),
            key: typed.key.clone(),
            first: vec![
                Field {
                    kind: "select",
                    options,
                    ..line("kind", "succession-kind", &typed.kind)
                },
                line("on", "succession-on", &typed.on).hint(words, "succession-on-hint"),
                line("basis", "succession-basis", &typed.basis)
                    .hint(words, "succession-basis-hint"),
            ],
            sides: vec![
                side(
                    "from",
                    "succession-from",
                    "succession-from-hint",
                    "succession-from-row",
                    &typed.from,
                    before,
                ),
                side(
                    "to",
                    "succession-to",
                    "succession-to-hint",
                    "succession-to-row",
                    &typed.to,
                    after,
                ),
            ],
            last: vec![
                Field {
                    kind: "textarea",
                    ..line("founded", "succession-founded", &typed.founded)
                }
                .hint(words, "succession-founded-hint"),
                line("people_to", "succession-people-to", &typed.people_to)
                    .hint(words, "succession-people-to-hint"),
            ],
            suggestions: chooser.suggestions(always()),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let fields = self.first.iter().chain(&self.last);
        parts::faults(&self.errors, fields)
    }

    /// The form with what was wrong, or a page of its own.
    fn again(mut self, error: &OrganizationError) -> Response {
        let words = self.frame.words();
        let Some((status, errors)) = told(words, error) else {
            return broken(self.frame.modes, error);
        };
        self.errors = errors;
        if matches!(error, OrganizationError::Wrong(_)) {
            let messages = error.messages();
            for fields in [&mut self.first, &mut self.last] {
                parts::told(words, fields, &messages);
            }
        }
        page_with(status, &self)
    }
}

fn rows(
    words: &Words,
    chooser: &Chooser<'_>,
    texts: &[String],
    during: Validity,
    more: bool,
) -> Vec<Row> {
    let free = if more { 2 * ROWS } else { 1 };
    let count = (texts.len() + free).clamp(ROWS, ROWS_MAX);
    let texts = texts.iter().map(String::as_str);
    let texts = texts.chain(std::iter::repeat("")).take(count);
    texts
        .zip(1..)
        .map(|(text, number)| Row {
            number,
            typed: text.to_owned(),
            options: match chooser.find(text, during) {
                Err(unclear) if !unclear.options.is_empty() => {
                    with_way_back(words, text, unclear.options)
                }
                _ => Vec::new(),
            },
        })
        .collect()
}

/// The page that says what will happen.
#[derive(Template)]
#[template(path = "office/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    action: String,
    facts: Vec<(String, String)>,
    lines: Vec<String>,
    /// The form as it was typed, and the plan that is shown.
    hidden: Vec<(&'static str, String)>,
}

fn confirm_page(
    inside: &Inside,
    id: OrganizationId,
    typed: &Typed,
    order: &Order,
    plan: &Plan,
) -> ConfirmPage {
    let words = inside.visit.modes.words();
    let names = |ids: &[OrganizationId]| -> Vec<String> {
        ids.iter().map(|id| name_of(inside, Some(*id))).collect()
    };
    let succession = &order.succession;
    let mut to = names(&succession.to);
    to.extend(order.founded.iter().cloned());
    let facts = [
        ("succession-kind", words.render(&succession.kind.label())),
        ("succession-day", succession.on.to_string()),
        ("succession-basis", succession.basis.trim().to_owned()),
        ("succession-from", names(&succession.from).join("、")),
        (
            "succession-heirs",
            match to.as_slice() {
                [] => words.text("body-none"),
                to => to.join("、"),
            },
        ),
    ];
    let mut hidden = vec![
        ("key", typed.key.clone()),
        ("kind", typed.kind.clone()),
        ("on", typed.on.clone()),
        ("basis", typed.basis.clone()),
        ("founded", typed.founded.clone()),
        ("people_to", typed.people_to.clone()),
        ("mark", plan.mark.clone()),
    ];
    hidden.extend(typed.from.iter().map(|text| ("from", text.clone())));
    hidden.extend(typed.to.iter().map(|text| ("to", text.clone())));
    let lines = plan.lines.iter().map(|line| words.render(line));
    ConfirmPage {
        action: format!("{}/succeed", address(id)),
        facts: labelled(words, facts),
        lines: lines.collect(),
        hidden,
        frame: Frame::new(inside.visit.modes.clone(), words.text("succession-confirm"))
            .via(address(id), name_of(inside, Some(id))),
    }
}

/// `GET /office/organizations/{id}/succeed`
pub async fn page_of_form(inside: Inside, Path(id): Path<i64>) -> Response {
    let kept = match to_change(&inside, id, SUCCEED).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let (body, tree) = (kept.body, &inside.signed.tree);
    let typed = Typed {
        key: inside.visit.office.house.token(),
        on: inside.signed.today.to_string(),
        from: vec![Chooser::of(tree).title(Some(body.id), body.validity)],
        ..Typed::default()
    };
    page(&FormPage::new(&inside, body.id, &typed))
}

/// `POST /office/organizations/{id}/succeed`
pub async fn send(inside: Inside, Path(id): Path<i64>, RawForm(form): RawForm) -> Response {
    let id = OrganizationId(id);
    if let Err(refused) = demand(&inside, SUCCEED, Target::Organization(id)).await {
        return refused;
    }
    let typed = Typed::read(&form);
    let again = || FormPage::new(&inside, id, &typed);
    if matches!(typed.step.as_str(), "more" | "edit") {
        return page(&again());
    }
    let mut order = match typed.order(&Chooser::of(&inside.signed.tree)) {
        Ok(order) => order,
        Err(error) => return again().again(&error),
    };
    let (who, house, actor) = (
        who(&inside),
        &inside.visit.office.house,
        &inside.signed.actor,
    );
    if typed.step != "make" {
        return match bodies::plan(house, &who, actor, &order).await {
            Ok(plan) => page(&confirm_page(&inside, id, &typed, &order, &plan)),
            Err(error) => again().again(&error),
        };
    }
    order.confirmed = Some(typed.mark.clone());
    let shown = format!("{order:?}");
    let sent = Sent::new("succession", &typed.key, [shown.as_str()]);
    match bodies::succeed(house, &who, actor, &sent, &order).await {
        Ok(_) => see_other(&address(id)),
        Err(error) => again().again(&error),
    }
}
