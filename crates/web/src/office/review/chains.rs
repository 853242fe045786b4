//! The chains of a body: seen in words with who would have to act, and changed
//! by a form of one group of fields for each step.

use axum::extract::{Path, Query, RawForm};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::review::ReviewError;
use gongkai_app::review::chains::{self, Shown, hindered};
use gongkai_app::review::staff::{Holder, Staff};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::{Hands, Role};
use gongkai_domain::review::chain::{Chain, ChainData, StepData, StepKind};
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{broken, place, rendered};
use crate::frame::{Frame, page, page_with};
use crate::office::oversight::local;
use crate::office::{Cell, Inside, see_other};

fn address(id: OrganizationId) -> String {
    format!("/office/organizations/{id}/chains")
}

/// A chain in words.
struct InWords {
    title: String,
    from: String,
    lines: Vec<String>,
    wrong: Vec<String>,
    hindered: String,
    tool: Option<Cell>,
    past: Vec<[String; 3]>,
}

#[derive(askama::Template)]
#[template(path = "office/review/chains.html")]
struct ChainsPage {
    frame: Frame,
    back: (String, String),
    chains: Vec<InWords>,
}

/// The names of people, each once.
fn names<'a>(holders: impl Iterator<Item = &'a Holder>, words: &Words) -> String {
    let mut names: Vec<String> = holders
        .map(|holder| match &holder.acting_for {
            None => holder.name.clone(),
            Some((_, lender)) => {
                let by = Message::new("review-by-for").with("name", &holder.name);
                words.render(&by.with("lender", lender))
            }
        })
        .collect();
    names.sort();
    names.dedup();
    names.join("、")
}

/// Steps and people of a chain, a line for each.
fn lines(words: &Words, chain: &Chain, staff: &Staff) -> Vec<String> {
    let nobody = std::collections::BTreeSet::new();
    let role = |role: Role| words.render(&role.label());
    let mut lines = Vec::new();
    for (stage, steps) in chain.stages().iter().enumerate() {
        for step in steps {
            let people = names(staff.others(step.role, &nobody), words);
            let people = match people.is_empty() {
                true => words.text("chain-line-nobody"),
                false => people,
            };
            let line = Message::new("chain-line")
                .with("stage", stage + 1)
                .with("name", &step.name)
                .with("kind", words.render(&step.kind.label()))
                .with("role", role(step.role))
                .with("people", people);
            let mut line = words.render(&line);
            if let Some(days) = step.days {
                let message = Message::new("chain-line-days").with("days", days);
                line.push_str(&words.render(&message));
            }
            if let Some(stands_in) = step.stands_in {
                let message = Message::new("chain-line-stands-in").with("role", role(stands_in));
                line.push_str(&words.render(&message));
            }
            lines.push(line);
        }
    }
    let hands = Message::new("chain-line-hands").with("people", chain.hands().people());
    lines.push(words.render(&hands));
    lines.push(match chain.urgent_by() {
        Some(by) => words.render(&Message::new("chain-line-urgent").with("role", role(by))),
        None => words.text("chain-line-not-urgent"),
    });
    lines
}

fn who_cannot(words: &Words, chain: &Chain, staff: &Staff) -> String {
    let who = hindered(chain, staff);
    let found = staff.0.iter().filter(|holder| who.contains(&holder.person));
    let mut found: Vec<&str> = found.map(|holder| holder.name.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return String::new();
    }
    let told = Message::new("chain-hindered").with("people", found.join("、"));
    words.render(&told)
}

fn in_words(inside: &Inside, id: OrganizationId, shown: &Shown) -> InWords {
    let words = inside.visit.modes.words();
    let (chain, staff) = (&shown.in_force.chain, &shown.staff);
    let from = match (shown.in_force.of, &shown.in_force.source) {
        (None, source) => {
            let usual = Message::new("chain-from-usual");
            words.render(&usual.with("source", source.as_deref().unwrap_or_default()))
        }
        (Some(of), _) if of == id => {
            let own = Message::new("chain-from-own").with("version", shown.in_force.version);
            words.render(&own)
        }
        (Some(of), _) => {
            let above = Message::new("chain-from-above").with("name", place(inside, of));
            words.render(&above.with("version", shown.in_force.version))
        }
    };
    let may = inside
        .signed
        .may(Action::ReviewChainsChange, Target::Organization(id));
    let to = format!("{}/change?matter={}", address(id), shown.matter.key());
    let past = shown.past.iter().map(|past| {
        let what = match &past.chain {
            Some(chain) => {
                let names: Vec<&str> = chain.steps().map(|step| step.name.as_str()).collect();
                names.join("、")
            }
            None => words.text("chain-past-followed"),
        };
        [local(past.at), past.by.clone(), what]
    });
    InWords {
        title: words.render(&shown.matter.label()),
        from,
        lines: lines(words, chain, staff),
        wrong: rendered(words, &shown.lacking),
        hindered: match shown.lacking.is_empty() {
            true => who_cannot(words, chain, staff),
            false => String::new(),
        },
        tool: may
            .is_allowed()
            .then(|| Cell::link(words.text("chain-change"), to)),
        past: past.collect(),
    }
}

/// `GET /office/organizations/{id}/chains`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let mut all = Vec::new();
    for matter in Matter::ALL {
        let house = &inside.visit.office.house;
        match chains::see(house, &inside.signed, id, matter).await {
            Ok(shown) => all.push(in_words(&inside, id, &shown)),
            Err(error) => return broken(inside.visit.modes, error),
        }
    }
    let modes = inside.visit.modes.clone();
    let title = Message::new("chains-title").with("name", place(&inside, id));
    page(&ChainsPage {
        back: (format!("/office/organizations/{id}"), place(&inside, id)),
        chains: all,
        frame: Frame::new(modes.clone(), modes.words().render(&title)),
    })
}

/// A step as it is typed.
#[derive(Default, Clone)]
struct Row {
    key: String,
    stage: String,
    name: String,
    kind: String,
    role: String,
    days: String,
    stands_in: String,
}

/// A chain as it is typed.
#[derive(Default)]
struct Typed {
    key: String,
    matter: String,
    version: i64,
    hands: String,
    urgent_by: String,
    rows: Vec<Row>,
    dropped: Vec<String>,
    step: String,
}

impl Typed {
    fn of(body: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let value = value.into_owned();
            // A row begins with its key; the browser keeps the order.
            if name == "row" {
                typed.rows.push(Row {
                    key: value,
                    ..Row::default()
                });
                continue;
            }
            let row = typed.rows.last_mut();
            match (name.as_ref(), row) {
                ("key", _) => typed.key = value,
                ("matter", _) => typed.matter = value,
                ("version", _) => typed.version = value.parse().unwrap_or(0),
                ("hands", _) => typed.hands = value,
                ("urgent_by", _) => typed.urgent_by = value,
                ("drop", _) => typed.dropped.push(value),
                ("step", _) => typed.step = value,
                ("stage", Some(row)) => row.stage = value,
                ("name", Some(row)) => row.name = value,
                ("kind", Some(row)) => row.kind = value,
                ("role", Some(row)) => row.role = value,
                ("days", Some(row)) => row.days = value,
                ("stands_in", Some(row)) => row.stands_in = value,
                _ => {}
            }
        }
        let dropped = std::mem::take(&mut typed.dropped);
        typed.rows.retain(|row| !dropped.contains(&row.key));
        typed
    }

    fn shown(chain: &Chain) -> Self {
        let rows = chain.stages().iter().enumerate();
        let rows = rows.flat_map(|(stage, steps)| {
            steps.iter().map(move |step| Row {
                key: step.key.clone(),
                stage: (stage + 1).to_string(),
                name: step.name.clone(),
                kind: step.kind.key().to_owned(),
                role: step.role.key().to_owned(),
                days: step.days.map(|days| days.to_string()).unwrap_or_default(),
                stands_in: step
                    .stands_in
                    .map_or_else(String::new, |role| role.key().to_owned()),
            })
        });
        Self {
            hands: chain.hands().people().to_string(),
            urgent_by: chain
                .urgent_by()
                .map_or_else(String::new, |role| role.key().to_owned()),
            rows: rows.collect(),
            ..Self::default()
        }
    }

    /// One more row, with a key that no other has.
    fn add(&mut self) {
        let is_free = |key: &String| self.rows.iter().all(|row| row.key != *key);
        let keys = (1..).map(|number: u32| format!("s{number}"));
        let Some(key) = keys.take(100).find(|key| is_free(key)) else {
            return;
        };
        let last = self.rows.last().and_then(|row| row.stage.parse().ok());
        let stage = last.map_or(1, |last: u32| last.saturating_add(1));
        self.rows.push(Row {
            key,
            stage: stage.to_string(),
            kind: StepKind::Review.key().to_owned(),
            role: Role::Reviewer.key().to_owned(),
            ..Row::default()
        });
    }

    /// The chain that was typed: steps of one number stand side by side, the
    /// lowest number comes first.
    fn chain(&self) -> Result<Chain, Vec<Message>> {
        let mut wrong = Vec::new();
        let mut stages: std::collections::BTreeMap<u32, Vec<StepData>> = Default::default();
        for row in &self.rows {
            let named = |id| Message::new(id).with("name", row.name.trim());
            let stage = row.stage.trim().parse::<u32>();
            let days = row.days.trim();
            let days = match days.is_empty() {
                true => Ok(None),
                false => days.parse::<u16>().map(Some),
            };
            if stage.is_err() {
                wrong.push(named("chain-no-stage"));
            }
            if days.is_err() {
                wrong.push(named("chain-no-days"));
            }
            let (Ok(stage), Ok(days)) = (stage, days) else {
                continue;
            };
            let stands_in = Some(row.stands_in.clone()).filter(|role| !role.is_empty());
            stages.entry(stage).or_default().push(StepData {
                key: row.key.trim().to_owned(),
                name: row.name.trim().to_owned(),
                kind: row.kind.clone(),
                role: row.role.clone(),
                days,
                stands_in,
            });
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Chain::from_data(&ChainData {
            stages: stages.into_values().collect(),
            hands: self.hands.trim().parse().unwrap_or(0),
            urgent_by: Some(self.urgent_by.clone()).filter(|role| !role.is_empty()),
        })
    }
}

/// A list to choose from: value, words.
type Options = Vec<(String, String)>;

#[derive(askama::Template)]
#[template(path = "office/review/chain.html")]
struct ChainPage {
    frame: Frame,
    errors: Vec<String>,
    /// What would come of it, in words.
    preview: Vec<String>,
    hindered: String,
    action: String,
    back: (String, String),
    typed: Typed,
    kinds: Options,
    roles: Options,
    hands: Options,
    urgent: Options,
    /// Whether the body has a chain of its own to let go of.
    is_own: bool,
}

fn chain_page(inside: &Inside, id: OrganizationId, matter: Matter, typed: Typed) -> ChainPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let role = |role: Role| (role.key().to_owned(), words.render(&role.label()));
    let of = |action: Action| {
        let roles = Role::ALL.into_iter();
        roles.filter(move |one| action.scope(*one).is_some())
    };
    let kinds = StepKind::ALL.into_iter();
    let hands = (Hands::MIN..=Hands::MAX).map(|hands| (hands.to_string(), hands.to_string()));
    let none = (String::new(), words.text("chain-not-urgent"));
    let title = Message::new("chain-change-title")
        .with("name", place(inside, id))
        .with("matter", words.render(&matter.label()));
    ChainPage {
        errors: Vec::new(),
        preview: Vec::new(),
        hindered: String::new(),
        action: format!("{}/change", address(id)),
        back: (address(id), words.text("chains-back")),
        is_own: typed.version > 0,
        typed,
        kinds: kinds
            .map(|kind| (kind.key().to_owned(), words.render(&kind.label())))
            .collect(),
        roles: of(Action::ReviewTake).map(role).collect(),
        hands: hands.collect(),
        urgent: std::iter::once(none)
            .chain(of(Action::ReviewUrgent).map(role))
            .collect(),
        frame: Frame::new(modes.clone(), words.render(&title)),
    }
}

/// For what.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    matter: String,
}

fn matter(key: &str) -> Matter {
    Matter::from_key(key).unwrap_or(Matter::Document)
}

/// `GET /office/organizations/{id}/chains/change`
pub async fn change_page(
    inside: Inside,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Response {
    let (id, matter) = (OrganizationId(id), matter(&asked.matter));
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let shown = match chains::see(house, signed, id, matter).await {
        Ok(shown) => shown,
        Err(error) => return broken(inside.visit.modes, error),
    };
    // Who may only see it is not shown the form.
    if let Err(error) = chains::preview(house, signed, id, matter, &shown.in_force.chain).await {
        return broken(inside.visit.modes, error);
    }
    let typed = Typed {
        key: house.token(),
        matter: matter.key().to_owned(),
        version: shown.version,
        ..Typed::shown(&shown.in_force.chain)
    };
    page(&chain_page(&inside, id, matter, typed))
}

/// The form again, with what stands against it.
fn again(mut form: ChainPage, error: ReviewError) -> Response {
    let words = form.frame.words();
    match error {
        ReviewError::Refused(messages) => {
            form.errors = rendered(words, &messages);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        ReviewError::Changed(version) => {
            form.errors = vec![words.text("office-conflict")];
            form.typed.version = version;
            page_with(StatusCode::CONFLICT, &form)
        }
        error => broken(form.frame.modes, error),
    }
}

/// `POST /office/organizations/{id}/chains/change`
pub async fn change(inside: Inside, Path(id): Path<i64>, RawForm(body): RawForm) -> Response {
    let id = OrganizationId(id);
    let mut typed = Typed::of(&body);
    let matter = matter(&typed.matter);
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let words = inside.visit.modes.words();
    // Who may not change it is told so before anything that is wrong with it.
    let shown = match chains::see(house, signed, id, matter).await {
        Ok(shown) => shown,
        Err(error) => return broken(inside.visit.modes, error),
    };
    if let Err(error) = chains::preview(house, signed, id, matter, &shown.in_force.chain).await {
        return broken(inside.visit.modes, error);
    }
    if typed.step == "add" {
        typed.add();
        return page(&chain_page(&inside, id, matter, typed));
    }
    let is_followed = typed.step == "follow";
    let chain = match (is_followed, typed.chain()) {
        (true, _) => None,
        (false, Ok(chain)) => Some(chain),
        (false, Err(wrong)) => {
            return again(chain_page(&inside, id, matter, typed), wrong.into());
        }
    };
    if let Some(chain) = chain.as_ref().filter(|_| typed.step != "save") {
        return match chains::preview(house, signed, id, matter, chain).await {
            Ok((staff, wrong)) => {
                let mut form = chain_page(&inside, id, matter, typed);
                form.preview = lines(words, chain, &staff);
                form.hindered = who_cannot(words, chain, &staff);
                match wrong.is_empty() {
                    true => page(&form),
                    false => again(form, wrong.into()),
                }
            }
            Err(error) => broken(inside.visit.modes, error),
        };
    }
    let version = typed.version.to_string();
    let fields = [matter.key(), &typed.step, &version];
    let said = typed.rows.iter().flat_map(|row| {
        [
            row.key.as_str(),
            &row.stage,
            &row.name,
            &row.kind,
            &row.role,
            &row.days,
            &row.stands_in,
        ]
    });
    let more = [typed.hands.as_str(), &typed.urgent_by];
    let fields = fields.into_iter().chain(said).chain(more);
    let sent = Sent::new("review-chain", &typed.key, fields);
    let changed = chains::change(
        house,
        signed,
        &sent,
        id,
        matter,
        typed.version,
        chain.as_ref(),
    );
    match changed.await {
        Ok(()) => see_other(&address(id)),
        Err(error) => again(chain_page(&inside, id, matter, typed), error),
    }
}
