//! Bodies that end and whose powers pass on: merged, split, renamed, abolished.
//!
//! Owns what such a change does to the tree ([`apply`]) and who answers today
//! for a body that is gone ([`answerable`]). The successors are founded before:
//! they stand in the tree with the day of the change, or later, as their first.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::body::{DisclosureOffice, Organization, OrganizationId, OrganizationKind, Validity};
use super::tree::Tree;
use crate::words::Message;

/// How bodies passed into others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuccessionKind {
    /// 合并: several become one, or one is taken up by another.
    Merged,
    /// 分立: one becomes several, and may itself go on as one of them.
    Split,
    /// 更名.
    Renamed,
    /// 撤销: with those who take over its powers, or with none.
    Abolished,
}

impl SuccessionKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Merged, Self::Split, Self::Renamed, Self::Abolished];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Renamed => "renamed",
            Self::Abolished => "abolished",
        }
    }

    /// The kind of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Merged => "succession-kind-merged",
            Self::Split => "succession-kind-split",
            Self::Renamed => "succession-kind-renamed",
            Self::Abolished => "succession-kind-abolished",
        })
    }
}

/// A change of bodies, as ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// What happened.
    pub kind: SuccessionKind,
    /// The first day of the new state; the bodies that end exist up to the day
    /// before.
    pub on: Date,
    /// The decision that orders it, with its number.
    pub basis: String,
    /// The bodies as they were.
    pub from: Vec<OrganizationId>,
    /// The bodies that go on. One that stands in both lists does not end.
    pub to: Vec<OrganizationId>,
}

/// One thing that a succession changes in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The body exists up to this day.
    End {
        /// The body.
        id: OrganizationId,
        /// Its last day.
        until: Date,
    },
    /// The body exists from this day on.
    Begin {
        /// The body.
        id: OrganizationId,
        /// Its first day.
        from: Date,
    },
    /// The body belongs to another from now on.
    Parent {
        /// The body.
        id: OrganizationId,
        /// Its new parent, where there is one.
        to: Option<OrganizationId>,
    },
    /// The body is supervised by another from now on.
    Supervisor {
        /// The body.
        id: OrganizationId,
        /// Its new supervisor, where there is one.
        to: Option<OrganizationId>,
    },
    /// The body is vertically led by another from now on.
    Vertical {
        /// The body.
        id: OrganizationId,
        /// Its new vertical superior, where there is one.
        to: Option<OrganizationId>,
    },
}

impl Change {
    /// The body that is changed.
    pub fn id(self) -> OrganizationId {
        match self {
            Self::End { id, .. }
            | Self::Begin { id, .. }
            | Self::Parent { id, .. }
            | Self::Supervisor { id, .. }
            | Self::Vertical { id, .. } => id,
        }
    }

    /// Makes the change in a body; of another body it changes nothing.
    ///
    /// # Errors
    /// A validity that would end before it begins.
    pub fn make(self, body: &mut Organization) -> Result<(), Message> {
        match self {
            Self::End { id, until } if id == body.id => {
                body.validity = Validity::new(body.validity.from(), Some(until))?;
            }
            Self::Begin { id, from } if id == body.id => {
                body.validity = Validity::new(from, body.validity.until())?;
            }
            Self::Parent { id, to } if id == body.id => body.parent = to,
            Self::Supervisor { id, to } if id == body.id => body.supervisor = to,
            Self::Vertical { id, to } if id == body.id => body.vertical = to,
            _ => {}
        }
        Ok(())
    }
}

/// Why a succession cannot be made.
pub type Refusal = Message;

/// A body that a succession founds: it stands where the one before it stood. A
/// body that is only renamed keeps its code and its disclosure office; any
/// other is to be given its own.
pub fn successor(
    kind: SuccessionKind,
    before: &Organization,
    name: &str,
    on: Date,
    id: OrganizationId,
) -> Organization {
    let (credit_code, office) = match kind {
        SuccessionKind::Renamed => (before.credit_code.clone(), before.office.clone()),
        _ => (None, DisclosureOffice::default()),
    };
    Organization {
        id,
        parent: before.parent,
        supervisor: before.supervisor,
        vertical: before.vertical,
        division: before.division,
        credit_code,
        office,
        ..Organization::draft(name, before.kind, Validity::since(on))
    }
}

/// What is kept of a change holds from now on, and who belongs where is kept
/// for the present alone: a change is entered when its day has come.
pub fn refuse_early(on: Date, today: Date) -> Option<Refusal> {
    (on > today).then(|| {
        Message::new("succession-not-yet")
            .with("date", on)
            .with("today", today)
    })
}

/// Whether the roles that people hold in `from` hold in `to` as they did: a
/// body that is renamed is the same body, and nobody gains anything. Where a
/// body was there before, or takes up others, roles are granted anew by whoever
/// may grant them (GB/T 22239-2019 8.1.5).
pub fn roles_go_on(succession: &Succession, heir: &Organization) -> bool {
    succession.kind == SuccessionKind::Renamed && heir.validity.from() >= succession.on
}

/// What a succession changes, or why it cannot be made. Sections and bodies
/// below a body that ends go with a single successor; where there are several
/// or none, its sections end with it, and other bodies that hang on it have to
/// be moved first, because nobody but a person knows where to.
///
/// # Errors
/// Every refusal there is.
pub fn apply(tree: &Tree, succession: &Succession) -> Result<Vec<Change>, Vec<Refusal>> {
    let mut refusals = shape(succession);
    let Ok(last_day) = succession.on.yesterday() else {
        return Err(vec![Message::new("succession-date")]);
    };
    for id in &succession.from {
        match tree.get(*id) {
            None => refusals.push(Message::new("succession-unknown").with("id", id)),
            Some(body) if !body.validity.contains(last_day) => refusals.push(
                Message::new("succession-not-there")
                    .with("name", &body.name)
                    .with("date", last_day),
            ),
            Some(_) => {}
        }
    }
    for id in &succession.to {
        match tree.get(*id) {
            None => refusals.push(Message::new("succession-unknown").with("id", id)),
            Some(body) if body.validity.until().is_some_and(|end| end < succession.on) => {
                refusals.push(
                    Message::new("succession-not-there")
                        .with("name", &body.name)
                        .with("date", succession.on),
                );
            }
            Some(_) => {}
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let changes = changes(tree, succession, last_day, &mut refusals);
    if refusals.is_empty() {
        check_tree(tree, &changes)?;
        Ok(changes)
    } else {
        Err(refusals)
    }
}

/// A body ends once: what another succession ended cannot end again, though
/// the day would fit.
pub fn refuse_ended(tree: &Tree, made: &[Succession], next: &Succession) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for id in ended(next) {
        let before = made
            .iter()
            .find(|before| ended(before).any(|other| other == id));
        if let (Some(before), Some(body)) = (before, tree.get(id)) {
            refusals.push(
                Message::new("succession-ended-before")
                    .with("name", &body.name)
                    .with("date", before.on)
                    .with("basis", &before.basis),
            );
        }
    }
    refusals
}

/// What must hold whatever the tree is.
fn shape(succession: &Succession) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if succession.basis.trim().is_empty() {
        refusals.push(Message::new("succession-no-basis"));
    }
    let distinct = |ids: &[OrganizationId]| ids.iter().collect::<BTreeSet<_>>().len();
    let (from, to) = (succession.from.len(), succession.to.len());
    if distinct(&succession.from) < from || distinct(&succession.to) < to {
        refusals.push(Message::new("succession-twice"));
    }
    let ends = ended(succession).count();
    let (counts, id) = match succession.kind {
        SuccessionKind::Merged => (to == 1 && ends >= 1, "succession-shape-merged"),
        SuccessionKind::Split => (from == 1 && to >= 2, "succession-shape-split"),
        SuccessionKind::Renamed => (
            from == 1 && to == 1 && ends == 1,
            "succession-shape-renamed",
        ),
        SuccessionKind::Abolished => (from >= 1 && ends == from, "succession-shape-abolished"),
    };
    if !counts {
        refusals.push(Message::new(id));
    }
    refusals
}

fn ended(succession: &Succession) -> impl Iterator<Item = OrganizationId> + '_ {
    let ids = succession.from.iter().copied();
    ids.filter(|id| !succession.to.contains(id))
}

fn changes(
    tree: &Tree,
    succession: &Succession,
    last_day: Date,
    refusals: &mut Vec<Refusal>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for id in &succession.to {
        let first_day = tree.get(*id).map(|body| body.validity.from());
        if first_day.is_some_and(|first_day| first_day > succession.on) {
            let from = succession.on;
            changes.push(Change::Begin { id: *id, from });
        }
    }
    let ended: BTreeSet<OrganizationId> = ended(succession).collect();
    let heir = match succession.to.as_slice() {
        [heir] => Some(*heir),
        _ => None,
    };
    // Sections end with a body that has no single heir, and theirs with them.
    let mut ending = ended.clone();
    if heir.is_none() {
        for id in &ended {
            let own = tree.own(*id, last_day).into_iter();
            // A section that is to go on as an heir has to be freed first.
            ending.extend(own.filter(|id| !succession.to.contains(id)));
        }
    }
    changes.extend(ending.iter().map(|id| Change::End {
        id: *id,
        until: last_day,
    }));
    for body in tree.bodies() {
        let lives = body.validity.until().is_none_or(|end| end > last_day);
        if lives && !ending.contains(&body.id) {
            changes.extend(moved(body, &ending, heir, tree, refusals));
        }
    }
    changes
}

/// The ties of a living body to those that end are tied to the heir.
fn moved(
    body: &Organization,
    ending: &BTreeSet<OrganizationId>,
    heir: Option<OrganizationId>,
    tree: &Tree,
    refusals: &mut Vec<Refusal>,
) -> Vec<Change> {
    let id = body.id;
    let ties = [body.parent, body.supervisor, body.vertical];
    let mut changes = Vec::new();
    for (tie, lost) in ties.into_iter().enumerate() {
        let Some(lost) = lost.filter(|lost| ending.contains(lost)) else {
            continue;
        };
        if heir.is_none() {
            let above = tree.get(lost).map_or("", |above| above.name.as_str());
            refusals.push(
                Message::new("succession-left-behind")
                    .with("name", &body.name)
                    .with("above", above),
            );
            continue;
        }
        // An heir that hung on the body that it takes up now hangs where that
        // body hung.
        let tie_of = |body: &Organization| [body.parent, body.supervisor, body.vertical][tie];
        let up = |lost: &OrganizationId| tie_of(tree.get(*lost)?);
        let to = if heir == Some(id) {
            std::iter::successors(Some(lost), up)
                .take(tree.bodies().len())
                .find(|above| *above != id && !ending.contains(above))
        } else {
            heir
        };
        changes.push(match tie {
            0 => Change::Parent { id, to },
            1 => Change::Supervisor { id, to },
            _ => Change::Vertical { id, to },
        });
    }
    changes
}

/// The changes have to leave a tree behind.
fn check_tree(tree: &Tree, changes: &[Change]) -> Result<(), Vec<Refusal>> {
    let mut bodies = tree.bodies().to_vec();
    for body in &mut bodies {
        for change in changes {
            change.make(body).map_err(|refusal| vec![refusal])?;
        }
    }
    match Tree::new(bodies) {
        Ok(_) => Ok(()),
        Err(refusals) => Err(refusals.iter().map(super::tree::Refusal::message).collect()),
    }
}

/// Who answers on a day for a body that may be gone, through every succession
/// since. After a split there may be several. Where nobody took the powers
/// over, the body above answers: the vertical superior of a vertically led
/// body, else the government it belonged to (行政诉讼法 Art. 26 ¶6; 法释〔2018〕1号
/// Art. 23), and for a section the body it was in. Who got the powers has to
/// answer and may not point to files not yet handed over (国办公开办函〔2019〕14号).
pub fn answerable(
    tree: &Tree,
    successions: &[Succession],
    id: OrganizationId,
    date: Date,
) -> Vec<OrganizationId> {
    let mut made: Vec<&Succession> = successions.iter().filter(|s| s.on <= date).collect();
    made.sort_by_key(|succession| succession.on);
    let mut found = BTreeSet::new();
    // A body waits together with the first succession that can concern it.
    let mut waiting = vec![(id, 0)];
    let mut seen = BTreeSet::new();
    while let Some((id, from)) = waiting.pop() {
        if !seen.insert((id, from)) {
            continue;
        }
        let later = made.iter().enumerate().skip(from);
        let passing = later
            .filter(|(_, succession)| succession.from.contains(&id))
            .map(|(at, succession)| (at, *succession))
            .next();
        let ended_on = match passing {
            Some((at, succession)) if !succession.to.is_empty() => {
                waiting.extend(succession.to.iter().map(|heir| (*heir, at + 1)));
                continue;
            }
            Some((_, succession)) => Some(succession.on),
            None if tree.is_valid(id, date) => {
                found.insert(id);
                continue;
            }
            // Ended by hand: its powers passed on the day after its last.
            None => tree.get(id).and_then(|body| body.validity.until()),
        };
        let Some(ended_on) = ended_on else {
            continue;
        };
        let then = made.partition_point(|succession| succession.on < ended_on);
        waiting.extend(fallback(tree, id).map(|above| (above, then)));
    }
    found.into_iter().collect()
}

/// The body above that answers for one without a successor.
fn fallback(tree: &Tree, id: OrganizationId) -> Option<OrganizationId> {
    let body = tree.get(id)?;
    if body.kind == OrganizationKind::Section {
        return body.parent;
    }
    if body.vertical.is_some() {
        return body.vertical;
    }
    std::iter::successors(body.parent, |id| tree.get(*id)?.parent).find(|id| {
        tree.get(*id)
            .is_some_and(|body| body.kind == OrganizationKind::Government)
    })
}

#[cfg(test)]
mod tests;
