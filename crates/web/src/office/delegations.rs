//! Lending roles for an absence, and who stands in for whom.

use axum::extract::{Form, Path, Query, RawForm};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, Lending, Offer, PeopleError, Shown, SignedIn};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::{Role, Stage};
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{Cell, Field, Inside, TablePage, failed, see_other};
use crate::frame::parts::{self, Column, Empty, Fault, Tone};
use crate::frame::{Frame, format, page, page_with};
use crate::requests::clock::day;

const HERE: &str = "/office/delegations";

/// A role of an organization, in the user's language.
fn role_of(words: &Words, signed: &SignedIn, organization: OrganizationId, role: Role) -> String {
    let role = words.render(&role.label());
    match signed.tree.get(organization) {
        Some(body) => format!("{role}（{}）", body.name),
        None => role,
    }
}

fn roles_of<'a>(
    words: &Words,
    signed: &SignedIn,
    shown: &Shown,
    roles: impl IntoIterator<Item = &'a Role>,
) -> String {
    let organization = shown.delegation.organization;
    let roles: Vec<String> = roles
        .into_iter()
        .map(|role| role_of(words, signed, organization, *role))
        .collect();
    roles.join("、")
}

/// What the first page says of today: for whom one stands in, and who stands in
/// for one.
pub(super) async fn standing(
    house: &House,
    signed: &SignedIn,
    words: &Words,
) -> Result<Vec<String>, PeopleError> {
    let (lent, borrowed) = staff::lent_and_borrowed(house, signed).await?;
    let line = |id: &'static str, shown: &Shown, name: &str| {
        let counting = shown.delegation.roles.iter();
        let counting = counting.filter(|role| !shown.void.contains(role));
        let roles = roles_of(words, signed, shown, counting);
        let message = Message::new(id)
            .with("name", name)
            .with("roles", &roles)
            .with("until", format::day(words, shown.delegation.until_day));
        (shown.stage == Stage::InForce && !roles.is_empty()).then(|| words.render(&message))
    };
    let borrowed = borrowed
        .iter()
        .filter_map(|shown| line("standing-borrowed", shown, &shown.lender_name));
    let lent = lent
        .iter()
        .filter_map(|shown| line("standing-lent", shown, &shown.borrower_name));
    Ok(borrowed.chain(lent).collect())
}

/// A role that can be chosen.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

/// The form that lends.
struct LendForm {
    key: String,
    errors: Vec<String>,
    roles: Vec<Choice>,
    fields: Vec<Field>,
}

impl LendForm {
    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, self.fields.iter())
    }
}

#[derive(askama::Template)]
#[template(path = "office/delegations.html")]
struct DelegationsPage {
    frame: Frame,
    borrowed_columns: Vec<Column>,
    borrowed: Vec<Vec<Cell>>,
    borrowed_none: Empty,
    lent_columns: Vec<Column>,
    lent: Vec<Vec<Cell>>,
    lent_none: Empty,
    form: Option<LendForm>,
    /// Why there is no form, and what to do.
    no_form: String,
}

/// A delegation as it is typed.
#[derive(Debug, Default)]
struct Typed {
    key: String,
    roles: Vec<String>,
    to: String,
    from: String,
    until: String,
    reason: String,
}

impl Typed {
    /// What a browser sent; a role that was chosen comes once for each.
    fn of(body: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let value = value.into_owned();
            match name.as_ref() {
                "key" => typed.key = value,
                "role" => typed.roles.push(value),
                "to" => typed.to = value,
                "from" => typed.from = value,
                "until" => typed.until = value,
                "reason" => typed.reason = value,
                _ => {}
            }
        }
        typed
    }

    /// What is asked for, or what cannot be read.
    fn lending(&self) -> Result<Lending, PeopleError> {
        let day = |id: &'static str, text: &str| {
            let wrong = || Message::new(id).with("text", text.trim());
            day(text).ok_or_else(wrong)
        };
        let roles = self.roles.iter().filter_map(|value| choice(value));
        let from = day("delegation-no-from", &self.from);
        let until = day("delegation-no-until", &self.until);
        match (from, until) {
            (Ok(from_day), Ok(until_day)) => Ok(Lending {
                to: PersonId(self.to.parse().unwrap_or(0)),
                roles: roles.collect(),
                from_day,
                until_day,
                reason: self.reason.clone(),
            }),
            (from, until) => Err(PeopleError::Refused(
                [from.err(), until.err()].into_iter().flatten().collect(),
            )),
        }
    }

    fn sent(&self) -> Sent {
        let fields = [&self.to, &self.from, &self.until, &self.reason];
        let fields = self.roles.iter().chain(fields);
        Sent::new("delegation", &self.key, fields.map(String::as_str))
    }
}

/// The value of a role's box, `organization:role`.
fn value((organization, role): (OrganizationId, Role)) -> String {
    format!("{organization}:{}", role.key())
}

fn choice(value: &str) -> Option<(OrganizationId, Role)> {
    let (organization, role) = value.split_once(':')?;
    Some((
        OrganizationId(organization.parse().ok()?),
        Role::from_key(role)?,
    ))
}

/// People to choose from; where two have the same name and place, the login
/// name tells them apart.
fn colleagues(signed: &SignedIn, offer: &Offer) -> Vec<(String, String)> {
    let label = |one: &gongkai_app::store::people::Colleague| {
        let place = signed.tree.get(one.organization);
        let place = place.map(|body| body.name.as_str()).unwrap_or_default();
        let is_alike = |other: &&gongkai_app::store::people::Colleague| {
            other.display_name == one.display_name && other.organization == one.organization
        };
        match offer.colleagues.iter().filter(is_alike).count() {
            0 | 1 => format!("{}（{place}）", one.display_name),
            _ => format!("{}（{place}，{}）", one.display_name, one.login),
        }
    };
    let people = offer.colleagues.iter();
    people.map(|one| (one.id.to_string(), label(one))).collect()
}

fn lend_form(words: &Words, signed: &SignedIn, offer: &Offer, typed: &Typed) -> LendForm {
    let role = |role: &(OrganizationId, Role)| {
        let value = value(*role);
        Choice {
            label: role_of(words, signed, role.0, role.1),
            is_chosen: typed.roles.contains(&value),
            value,
        }
    };
    let mut options = vec![(String::new(), words.text("delegation-choose"))];
    options.extend(colleagues(signed, offer));
    let longest = Message::new("delegation-until-hint").with("max", offer.days_max);
    let fields = vec![
        Field {
            kind: "select",
            options,
            ..Field::text(words, "to", "delegation-to", &typed.to)
        },
        Field::text(words, "from", "delegation-from", &typed.from)
            .short()
            .hint(words, "delegation-from-hint"),
        Field {
            hint: words.render(&longest),
            is_short: true,
            ..Field::text(words, "until", "delegation-until", &typed.until)
        },
        Field::text(words, "reason", "delegation-reason", &typed.reason)
            .hint(words, "delegation-reason-hint"),
    ];
    LendForm {
        key: typed.key.clone(),
        errors: Vec::new(),
        roles: offer.roles.iter().map(role).collect(),
        fields,
    }
}

/// A row of a delegation; the name is that of the other.
fn row(words: &Words, signed: &SignedIn, shown: &Shown, name: &str) -> Vec<Cell> {
    let delegation = &shown.delegation;
    let mut state = stage(words, shown);
    if !shown.void.is_empty() {
        let roles = roles_of(words, signed, shown, &shown.void);
        let void = Message::new("delegation-void").with("roles", roles);
        state = Cell::text(format!("{}　{}", state.text, words.render(&void)));
    }
    vec![
        Cell::text(name),
        Cell::text(roles_of(words, signed, shown, &delegation.roles)),
        Cell::text(delegation.from_day.to_string()),
        Cell::text(delegation.until_day.to_string()),
        Cell::text(&delegation.reason),
        state,
    ]
}

/// How far a delegation is.
fn stage(words: &Words, shown: &Shown) -> Cell {
    let tone = match shown.stage {
        Stage::InForce => Tone::Good,
        _ => Tone::Note,
    };
    Cell::state(words.render(&shown.stage.label()), tone)
}

/// The button that ends a delegation, with a key of its own.
fn end_button(words: &Words, house: &House, shown: &Shown, base: &str) -> Cell {
    if !shown.stage.is_open() {
        return Cell::default();
    }
    Cell::button(
        words.text("delegation-end"),
        format!("{base}/{}/end", shown.id),
        vec![("key", house.token())],
    )
    .confirming(words.text("delegation-end-effect"))
}

/// `GET /office/delegations`
pub async fn list(inside: Inside) -> Response {
    let typed = Typed {
        key: inside.visit.office.house.token(),
        from: inside.signed.today.to_string(),
        ..Typed::default()
    };
    shown(inside, &typed, None).await
}

/// `POST /office/delegations`
pub async fn lend(inside: Inside, RawForm(body): RawForm) -> Response {
    let house = &inside.visit.office.house;
    let about = ("delegation", "-".to_owned());
    // Who may lend nothing is not told what is wrong with a lending.
    let demanded = inside
        .signed
        .demand(house, Action::SelfDelegate, Target::Oneself, about);
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let typed = Typed::of(&body);
    let done = match typed.lending() {
        Ok(asked) => staff::lend(house, &inside.signed, &typed.sent(), &asked).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => see_other(HERE),
        Err(PeopleError::Refused(wrong)) => shown(inside, &typed, Some(&wrong)).await,
        Err(error) => failed(inside.visit.modes, error),
    }
}

/// The page; after a failure, with what was wrong.
async fn shown(inside: Inside, typed: &Typed, wrong: Option<&[Message]>) -> Response {
    let Inside { visit, signed } = inside;
    let house = &visit.office.house;
    let (lent, borrowed) = match staff::lent_and_borrowed(house, &signed).await {
        Ok(both) => both,
        Err(error) => return failed(visit.modes, error),
    };
    let offer = match staff::offer(house, &signed).await {
        Ok(offer) => offer,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let no_form = match &offer {
        None => words.text("delegation-nothing-to-lend"),
        Some(_) => words.text("delegation-no-colleagues"),
    };
    let offer = offer.filter(|offer| !offer.colleagues.is_empty());
    let form = offer.map(|offer| {
        let mut form = lend_form(words, &signed, &offer, typed);
        form.errors = parts::told(words, &mut form.fields, wrong.unwrap_or_default());
        form
    });
    let columns = |who: &'static str| {
        let ids = [
            who,
            "delegation-roles",
            "delegation-from",
            "delegation-until",
            "delegation-reason",
            "column-state",
        ];
        parts::columns(words, &ids)
    };
    let mut lent_columns = columns("delegation-to");
    lent_columns.extend(parts::columns(words, &["column-do"]));
    let none = |text: &str| Empty {
        text: words.text(text),
        ..Empty::default()
    };
    let lent = lent.iter().map(|shown| {
        let mut cells = row(words, &signed, shown, &shown.borrower_name);
        cells.push(end_button(words, house, shown, HERE));
        cells
    });
    let borrowed = borrowed
        .iter()
        .map(|shown| row(words, &signed, shown, &shown.lender_name));
    let shown = DelegationsPage {
        borrowed_columns: columns("delegation-lender"),
        borrowed: borrowed.collect(),
        borrowed_none: none("delegations-borrowed-none"),
        lent_columns,
        lent: lent.collect(),
        lent_none: none("delegations-lent-none"),
        no_form: match (&form, wrong) {
            // Nothing that went wrong is kept back, form or no form.
            (None, Some([first, ..])) => words.render(first),
            _ => no_form,
        },
        form,
        frame: Frame::new(visit.modes, words.text("office-delegations")),
    };
    match wrong {
        None => page(&shown),
        Some(_) => page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown),
    }
}

/// The key of a form that is a button.
#[derive(Debug, Default, Deserialize)]
pub struct Ending {
    #[serde(default)]
    key: String,
}

impl Ending {
    fn sent(&self, id: i64) -> Sent {
        Sent::new("delegation-end", &self.key, [id.to_string().as_str()])
    }
}

/// `POST /office/delegations/{id}/end`
pub async fn end(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(ending): Form<Ending>,
) -> Response {
    match staff::end_lending(&visit.office.house, &signed, &ending.sent(id), id).await {
        Ok(()) => see_other(HERE),
        Err(error) => failed(visit.modes, error),
    }
}

const ALL: &str = "/office/delegations/all";

/// Delegations on a page.
const PAGE: i64 = 50;

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    after: i64,
}

/// `GET /office/delegations/all`
pub async fn all(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let house = &visit.office.house;
    let found = match staff::everybodys(house, &signed, asked.after, PAGE).await {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = [
        "delegation-lender",
        "delegation-to",
        "delegation-roles",
        "delegation-from",
        "delegation-until",
        "column-state",
        "column-do",
    ];
    let mut table = TablePage::new(visit.modes.clone(), "office-delegations-all", &columns);
    table.lead = words.text("delegations-all-lead");
    table.teach("delegations-none", "delegations-none-text");
    if let Some(last) = found
        .last()
        .filter(|_| found.len() >= usize::try_from(PAGE).unwrap_or(0))
    {
        table.more = format!("{ALL}?after={}", last.id);
    }
    // Why somebody is away is between the two.
    table.rows = found
        .iter()
        .map(|shown| {
            let delegation = &shown.delegation;
            vec![
                Cell::text(&shown.lender_name),
                Cell::text(&shown.borrower_name),
                Cell::text(roles_of(words, &signed, shown, &delegation.roles)),
                Cell::text(delegation.from_day.to_string()),
                Cell::text(delegation.until_day.to_string()),
                stage(words, shown),
                end_button(words, house, shown, ALL),
            ]
        })
        .collect();
    page(&table)
}

/// `POST /office/delegations/all/{id}/end`
pub async fn end_any(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(ending): Form<Ending>,
) -> Response {
    match staff::end_any(&visit.office.house, &signed, &ending.sent(id), id).await {
        Ok(()) => see_other(ALL),
        Err(error) => failed(visit.modes, error),
    }
}
