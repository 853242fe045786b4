//! A succession before it is made: all that it will do, for somebody to read
//! and confirm. What is made is what was read: [`Plan::mark`] tells.

use std::collections::BTreeMap;

use gongkai_domain::organization::import::{draft_id, put_right};
use gongkai_domain::organization::names::{TEXT_CHARS_MAX, line};
use gongkai_domain::organization::permissions::{Action, Actor, Target};
use gongkai_domain::organization::roles::Grant;
use gongkai_domain::organization::succession::{
    Change, Succession, answerable, apply, refuse_early, refuse_ended, roles_go_on, successor,
};
use gongkai_domain::organization::{Organization, OrganizationId, PersonId, Tree};
use gongkai_domain::words::Message;
use gongkai_store::people::moving;
use gongkai_store::{Tx, organization};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{Ground, Halt, OrganizationError, refuse, settle, wrong};
use crate::audit::Who;
use crate::house::House;

/// One of those that go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successor {
    /// A body that is there.
    Body(OrganizationId),
    /// The body of this place in [`Order::founded`].
    Founded(usize),
}

/// A succession as somebody orders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What happens, among bodies that are there.
    pub succession: Succession,
    /// Names of bodies that are founded by it and go on beside
    /// [`Succession::to`]; each stands where the first of those before stood.
    pub founded: Vec<String>,
    /// Where the people of those that end work from then on; where it is not
    /// said, in the only body that goes on, if there is one.
    pub people_to: Option<Successor>,
    /// [`Plan::mark`] of what was read and confirmed; none where nobody was
    /// shown a plan.
    pub confirmed: Option<String>,
}

impl From<Succession> for Order {
    fn from(succession: Succession) -> Self {
        Self {
            succession,
            founded: Vec::new(),
            people_to: None,
            confirmed: None,
        }
    }
}

/// What a succession will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One thing a line.
    pub lines: Vec<Message>,
    /// Names this plan: another plan has another.
    pub mark: String,
}

/// A plan with all that carries it out.
pub(super) struct Laid {
    /// With the numbers of drafts for those that are founded.
    pub(super) succession: Succession,
    pub(super) founded: Vec<Organization>,
    /// Bodies as they are after it, those alone that change.
    pub(super) changed: Vec<Organization>,
    pub(super) last_day: Date,
    /// Who works in those that end, and where they go.
    pub(super) people: Vec<PersonId>,
    pub(super) people_to: Option<OrganizationId>,
    /// What is held in those that end, and where it holds from then on.
    pub(super) grants: Vec<(i64, Grant)>,
    pub(super) grants_to: Option<OrganizationId>,
    pub(super) plan: Plan,
}

const SUCCEED: Action = Action::OrganizationsSucceed;

/// What a succession would do; nothing is done.
///
/// # Errors
/// [`OrganizationError`], as for [`super::succeed`].
pub async fn plan(
    house: &House,
    who: &Who,
    actor: &Actor,
    order: &Order,
) -> Result<Plan, OrganizationError> {
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, SUCCEED, Target::Installation)?;
        Ok(lay_out(&mut tx, &ground, order).await?.plan)
    };
    let ended: Result<Plan, Halt> = look.await;
    settle(house, who, SUCCEED, None, ended).await
}

/// Reckons what an order does to the bodies and people as they are.
pub(super) async fn lay_out(tx: &mut Tx, ground: &Ground, order: &Order) -> Result<Laid, Halt> {
    let mut succession = order.succession.clone();
    if !succession.basis.trim().is_empty() {
        succession.basis = line(&succession.basis, TEXT_CHARS_MAX)
            .map_err(|error| wrong(vec![error.message()]))?;
    }
    let (on, last_day) = (succession.on, succession.on.yesterday());
    let last_day = last_day.map_err(|_| wrong(vec![Message::new("succession-date")]))?;
    refuse(refuse_early(on, ground.day).into_iter().collect())?;
    let mut founded = founded(ground, order)?;
    succession.to.extend(founded.iter().map(|body| body.id));
    let mut bodies = ground.tree.bodies().to_vec();
    bodies.extend(founded.iter().cloned());
    let tree = Tree::new(bodies).map_err(|refusals| {
        let messages = refusals.iter().map(|refusal| refusal.message());
        wrong(messages.collect())
    })?;
    let made = organization::successions(tx).await?;
    let mut made: Vec<Succession> = made.into_iter().map(|kept| kept.succession).collect();
    refuse(refuse_ended(&tree, &made, &succession))?;
    let changes = apply(&tree, &succession).map_err(wrong)?;
    let mut changed = changed(&tree, &changes)?;
    // What is founded is kept once, as it is in the end.
    for body in &mut founded {
        if let Some(at) = changed.iter().position(|other| other.id == body.id) {
            *body = changed.remove(at);
        }
    }
    let all: Vec<Organization> = changed.iter().chain(&founded).cloned().collect();
    let after = ground.refuse_changed(&all)?;
    let ending: Vec<OrganizationId> = ended(&changes).map(|(id, _)| id).collect();
    let people = moving::people_at(tx, &ending).await?;
    let grants = moving::grants_at(tx, &ending, on).await?;
    let heir = match succession.to.as_slice() {
        [heir] => after.get(*heir),
        _ => None,
    };
    let people_to = people_to(order, &succession, &founded)?;
    let grants_to = heir
        .filter(|heir| roles_go_on(&succession, heir))
        .map(|heir| heir.id);
    made.push(succession.clone());
    let told = Told {
        after: &after,
        last_day,
        people: people.len(),
        people_to,
        grants: grants.len(),
        grants_to,
    };
    let lines = told.lines(&succession, &made, &founded, &changes);
    let mark = format!("{succession:?} {lines:?} {people_to:?} {grants_to:?}");
    let mark = hex::encode(Sha256::digest(mark));
    Ok(Laid {
        succession,
        founded,
        changed,
        last_day,
        people,
        people_to,
        grants,
        grants_to,
        plan: Plan { lines, mark },
    })
}

/// The bodies that are founded, as drafts.
fn founded(ground: &Ground, order: &Order) -> Result<Vec<Organization>, Halt> {
    let Succession { kind, on, from, .. } = &order.succession;
    let before = from.first().and_then(|id| ground.tree.get(*id));
    let Some(before) = before else {
        // That nobody is before is told of the succession itself.
        return Ok(Vec::new());
    };
    let mut messages = Vec::new();
    let mut drafts = Vec::new();
    for (name, number) in order.founded.iter().zip(1..) {
        let mut body = successor(*kind, before, name, *on, draft_id(number));
        messages.extend(put_right(&mut body));
        drafts.push(body);
    }
    refuse(messages)?;
    Ok(drafts)
}

/// The bodies as they are after the changes, those alone that change.
fn changed(tree: &Tree, changes: &[Change]) -> Result<Vec<Organization>, Halt> {
    let mut bodies: BTreeMap<OrganizationId, Organization> = BTreeMap::new();
    for change in changes {
        let Some(there) = tree.get(change.id()) else {
            continue;
        };
        let body = bodies.entry(there.id).or_insert_with(|| there.clone());
        change.make(body).map_err(|message| wrong(vec![message]))?;
    }
    Ok(bodies.into_values().collect())
}

fn ended(changes: &[Change]) -> impl Iterator<Item = (OrganizationId, Date)> + '_ {
    changes.iter().filter_map(|change| match change {
        Change::End { id, until } => Some((*id, *until)),
        _ => None,
    })
}

/// Where people go: one of those that go on.
fn people_to(
    order: &Order,
    succession: &Succession,
    founded: &[Organization],
) -> Result<Option<OrganizationId>, Halt> {
    let chosen = match order.people_to {
        None => match succession.to.as_slice() {
            [heir] => return Ok(Some(*heir)),
            _ => return Ok(None),
        },
        Some(Successor::Body(id)) => Some(id),
        Some(Successor::Founded(at)) => founded.get(at).map(|body| body.id),
    };
    match chosen.filter(|id| succession.to.contains(id)) {
        Some(id) => Ok(Some(id)),
        None => Err(wrong(vec![Message::new("succession-people-elsewhere")])),
    }
}

/// What is told of a plan.
struct Told<'a> {
    after: &'a Tree,
    last_day: Date,
    people: usize,
    people_to: Option<OrganizationId>,
    grants: usize,
    grants_to: Option<OrganizationId>,
}

impl Told<'_> {
    fn name(&self, id: OrganizationId) -> &str {
        self.after.get(id).map_or("", |body| body.name.as_str())
    }

    fn names(&self, ids: &[OrganizationId]) -> String {
        let names: Vec<&str> = ids.iter().map(|id| self.name(*id)).collect();
        names.join("、")
    }

    fn lines(
        &self,
        succession: &Succession,
        made: &[Succession],
        founded: &[Organization],
        changes: &[Change],
    ) -> Vec<Message> {
        let mut lines: Vec<Message> = founded
            .iter()
            .map(|body| {
                let line = match body.parent {
                    Some(above) => {
                        Message::new("succession-founds").with("above", self.name(above))
                    }
                    None => Message::new("succession-founds-top"),
                };
                line.with("name", &body.name)
                    .with("date", body.validity.from())
            })
            .collect();
        lines.extend(changes.iter().map(|change| self.line(*change)));
        for id in succession
            .from
            .iter()
            .filter(|id| succession.to.contains(id))
        {
            lines.push(Message::new("succession-goes-on").with("name", self.name(*id)));
        }
        lines.extend(self.people());
        let ended: Vec<OrganizationId> = ended(changes).map(|(id, _)| id).collect();
        for id in succession.from.iter().filter(|id| ended.contains(id)) {
            let heirs = answerable(self.after, made, *id, succession.on);
            let line = match heirs.as_slice() {
                [] => Message::new("succession-answers-nobody"),
                heirs => Message::new("succession-answers").with("heirs", self.names(heirs)),
            };
            lines.push(line.with("name", self.name(*id)));
        }
        lines
    }

    fn line(&self, change: Change) -> Message {
        let name = self.name(change.id());
        let tied = |with, without, to: Option<OrganizationId>| match to {
            Some(to) => Message::new(with).with("to", self.name(to)),
            None => Message::new(without),
        };
        match change {
            Change::End { until, .. } => Message::new("succession-ends").with("date", until),
            Change::Begin { from, .. } => Message::new("succession-begins").with("date", from),
            Change::Parent { to, .. } => tied("succession-parent", "succession-parent-none", to),
            Change::Supervisor { to, .. } => {
                tied("succession-supervisor", "succession-supervisor-none", to)
            }
            Change::Vertical { to, .. } => {
                tied("succession-vertical", "succession-vertical-none", to)
            }
        }
        .with("name", name)
    }

    fn people(&self) -> Vec<Message> {
        let mut lines = Vec::new();
        if self.people > 0 {
            let line = match self.people_to {
                Some(to) => Message::new("succession-people").with("to", self.name(to)),
                None => Message::new("succession-people-stay"),
            };
            lines.push(line.with("count", self.people));
        }
        if self.grants > 0 {
            let line = match self.grants_to {
                Some(to) => Message::new("succession-roles").with("to", self.name(to)),
                None => Message::new("succession-roles-end").with("date", self.last_day),
            };
            lines.push(line.with("count", self.grants));
        }
        lines
    }
}
