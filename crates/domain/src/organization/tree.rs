//! The bodies as a tree, asked at a date.
//!
//! Three lines run through it: belonging (`parent`), supervision of disclosure
//! (`supervisor`, or the general office of the government above, Art. 3 ¶2) and
//! vertical leadership (`vertical`, Art. 3 ¶3). A vertically led body is
//! supervised along its own line and not by the place it stands in. Start with
//! [`Tree::new`] and [`Tree::standing`].
//!
//! Every question takes a date, and a body that does not exist on that day is
//! neither found nor passed through; who answers for it is told by
//! [`super::succession::answerable`].

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::body::{Organization, OrganizationId, OrganizationKind};
use crate::words::Message;

/// Why bodies make no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Two bodies have one number.
    Twice {
        /// The number.
        id: OrganizationId,
    },
    /// The parent, supervisor or vertical superior is not among the bodies.
    UnknownSuperior {
        /// The body that names it.
        id: OrganizationId,
        /// Its name.
        name: String,
    },
    /// Going up from the body leads back to it.
    Cycle {
        /// The body.
        id: OrganizationId,
        /// Its name.
        name: String,
    },
    /// A section belongs to a body, always.
    SectionAlone {
        /// The section.
        id: OrganizationId,
        /// Its name.
        name: String,
    },
    /// A body stands below a section; sections hold only sections.
    BelowSection {
        /// The body.
        id: OrganizationId,
        /// Its name.
        name: String,
        /// The section's name.
        parent: String,
    },
    /// The body outlasts its parent, or ended before its parent began. It may
    /// be *older* than its parent: bodies move below younger ones when those
    /// above are merged or renamed, and only the present parent is kept.
    OutsideParent {
        /// The body.
        id: OrganizationId,
        /// Its name.
        name: String,
        /// The parent's name.
        parent: String,
    },
}

impl Refusal {
    /// The body it is said of.
    pub fn id(&self) -> OrganizationId {
        match self {
            Self::Twice { id }
            | Self::UnknownSuperior { id, .. }
            | Self::Cycle { id, .. }
            | Self::SectionAlone { id, .. }
            | Self::BelowSection { id, .. }
            | Self::OutsideParent { id, .. } => *id,
        }
    }

    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Twice { id } => Message::new("tree-twice").with("id", id),
            Self::UnknownSuperior { name, .. } => {
                Message::new("tree-unknown-superior").with("name", name)
            }
            Self::Cycle { name, .. } => Message::new("tree-cycle").with("name", name),
            Self::SectionAlone { name, .. } => {
                Message::new("tree-section-alone").with("name", name)
            }
            Self::BelowSection { name, parent, .. } => Message::new("tree-below-section")
                .with("name", name)
                .with("parent", parent),
            Self::OutsideParent { name, parent, .. } => Message::new("tree-outside-parent")
                .with("name", name)
                .with("parent", parent),
        }
    }
}

/// What another body is to one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The body itself, or a section of it.
    Own,
    /// Below it, or supervised by it.
    Subordinate,
    /// Neither.
    Other,
}

impl Standing {
    /// All standings, nearest first.
    pub const ALL: [Self; 3] = [Self::Own, Self::Subordinate, Self::Other];
}

/// Bodies that make a tree, indexed for questions.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    bodies: Vec<Organization>,
    places: HashMap<OrganizationId, usize>,
    children: Vec<Vec<usize>>,
    /// Whom a body supervises or leads by its own entry.
    watched: Vec<Vec<usize>>,
}

impl Tree {
    /// Builds the tree.
    ///
    /// # Errors
    /// Every refusal there is, not only the first.
    pub fn new(bodies: Vec<Organization>) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut places = HashMap::with_capacity(bodies.len());
        for (place, body) in bodies.iter().enumerate() {
            if places.insert(body.id, place).is_some() {
                refusals.push(Refusal::Twice { id: body.id });
            }
        }
        let mut tree = Self {
            children: vec![Vec::new(); bodies.len()],
            watched: vec![Vec::new(); bodies.len()],
            bodies,
            places,
        };
        for place in 0..tree.bodies.len() {
            tree.link(place, &mut refusals);
        }
        tree.check_cycles(&mut refusals);
        if refusals.is_empty() {
            Ok(tree)
        } else {
            Err(refusals)
        }
    }

    fn link(&mut self, place: usize, refusals: &mut Vec<Refusal>) {
        let body = &self.bodies[place];
        let (id, name) = (body.id, body.name.clone());
        let find = |id: Option<OrganizationId>| id.map(|id| self.places.get(&id).copied());
        let parent = find(body.parent);
        let watchers = [find(body.supervisor), find(body.vertical)];
        if parent == Some(None) || watchers.contains(&Some(None)) {
            let name = name.clone();
            refusals.push(Refusal::UnknownSuperior { id, name });
        }
        let is_section = body.kind == OrganizationKind::Section;
        if let Some(Some(parent)) = parent {
            let above = &self.bodies[parent];
            if above.kind == OrganizationKind::Section && !is_section {
                refusals.push(Refusal::BelowSection {
                    id,
                    name: name.clone(),
                    parent: above.name.clone(),
                });
            }
            if body.validity.outlasts(above.validity) || !body.validity.overlaps(above.validity) {
                let parent = above.name.clone();
                refusals.push(Refusal::OutsideParent { id, name, parent });
            }
            self.children[parent].push(place);
        } else if parent.is_none() && is_section {
            refusals.push(Refusal::SectionAlone { id, name });
        }
        for watcher in watchers.into_iter().flatten().flatten() {
            if !self.watched[watcher].contains(&place) {
                self.watched[watcher].push(place);
            }
        }
    }

    /// Each body is walked from once; a walk that meets itself is a cycle.
    fn check_cycles(&self, refusals: &mut Vec<Refusal>) {
        let mut walk_of = vec![usize::MAX; self.bodies.len()];
        for start in 0..self.bodies.len() {
            let mut at = Some(start);
            while let Some(place) = at {
                if walk_of[place] == start {
                    let body = &self.bodies[place];
                    refusals.push(Refusal::Cycle {
                        id: body.id,
                        name: body.name.clone(),
                    });
                    break;
                }
                if walk_of[place] != usize::MAX {
                    break;
                }
                walk_of[place] = start;
                at = self.parent_place(place);
            }
        }
    }

    fn parent_place(&self, place: usize) -> Option<usize> {
        self.place(self.bodies[place].parent?)
    }

    fn place(&self, id: OrganizationId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    fn valid(&self, place: usize, date: Date) -> bool {
        self.bodies[place].validity.contains(date)
    }

    fn place_at(&self, id: OrganizationId, date: Date) -> Option<usize> {
        self.place(id).filter(|place| self.valid(*place, date))
    }

    fn ids(&self, places: impl IntoIterator<Item = usize>) -> Vec<OrganizationId> {
        places
            .into_iter()
            .map(|place| self.bodies[place].id)
            .collect()
    }

    /// All bodies, past ones too, in the order they came in.
    pub fn bodies(&self) -> &[Organization] {
        &self.bodies
    }

    /// A body, past ones too.
    pub fn get(&self, id: OrganizationId) -> Option<&Organization> {
        self.place(id).map(|place| &self.bodies[place])
    }

    /// Whether a body exists on a day.
    pub fn is_valid(&self, id: OrganizationId, date: Date) -> bool {
        self.place_at(id, date).is_some()
    }

    /// The bodies directly below.
    pub fn children(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let Some(place) = self.place_at(id, date) else {
            return Vec::new();
        };
        let children = self.children[place].iter().copied();
        self.ids(children.filter(|child| self.valid(*child, date)))
    }

    /// All bodies below, by belonging alone; each stands behind its parent.
    pub fn descendants(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let mut found: Vec<usize> = self.place_at(id, date).into_iter().collect();
        let mut next = 0;
        while let Some(place) = found.get(next) {
            let children = self.children[*place].iter().copied();
            found.extend(children.filter(|child| self.valid(*child, date)));
            next += 1;
        }
        self.ids(found.into_iter().skip(1))
    }

    /// The bodies above, nearest first.
    pub fn ancestors(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let start = self.place_at(id, date);
        let up = |place: &usize| self.parent_place(*place).filter(|p| self.valid(*p, date));
        self.ids(std::iter::successors(start, up).skip(1))
    }

    /// Art. 3: the bodies whose disclosure this one supervises. Those that name
    /// it as supervisor or vertical superior; where it is a general office,
    /// those below its government that are not vertically led; and those below
    /// all of these. The government itself is not below its office.
    pub fn supervised_by(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let Some(place) = self.place_at(id, date) else {
            return Vec::new();
        };
        let mut found = self.closure(place, self.watch(place, date), date);
        found.sort_unstable();
        self.ids(found)
    }

    /// The bodies to which this one stands above: those below it that are not
    /// vertically led by another, and those it supervises; its own sections
    /// are not among them.
    pub fn subordinates(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let Some(place) = self.place_at(id, date) else {
            return Vec::new();
        };
        let mut found = self.closure(place, self.down(place, date), date);
        let own: HashSet<usize> = self.own_places(place, date).into_iter().collect();
        found.retain(|place| !own.contains(place));
        found.sort_unstable();
        self.ids(found)
    }

    /// The body and its own sections.
    pub fn own(&self, id: OrganizationId, date: Date) -> Vec<OrganizationId> {
        let place = self.place_at(id, date);
        self.ids(place.map_or_else(Vec::new, |place| self.own_places(place, date)))
    }

    fn own_places(&self, place: usize, date: Date) -> Vec<usize> {
        let mut found = vec![place];
        let mut next = 0;
        while let Some(place) = found.get(next) {
            let children = self.children[*place].iter().copied();
            found.extend(children.filter(|child| {
                self.valid(*child, date) && self.bodies[*child].kind == OrganizationKind::Section
            }));
            next += 1;
        }
        found
    }

    /// What `other` is to `own` on a day. A section's own is the section
    /// alone: whoever acts for a section does not act for the body.
    pub fn standing(&self, own: OrganizationId, other: OrganizationId, date: Date) -> Standing {
        let (Some(own), Some(other)) = (self.place_at(own, date), self.place_at(other, date))
        else {
            return Standing::Other;
        };
        let up = |place: &usize| {
            let is_section = self.bodies[*place].kind == OrganizationKind::Section;
            let parent = self.parent_place(*place).filter(|_| is_section);
            parent.filter(|parent| self.valid(*parent, date))
        };
        if std::iter::successors(Some(other), up).any(|place| place == own) {
            return Standing::Own;
        }
        let mut seen = HashSet::from([other]);
        let mut waiting = vec![other];
        while let Some(place) = waiting.pop() {
            for above in self.up(place, date) {
                if above == own {
                    return Standing::Subordinate;
                }
                if seen.insert(above) {
                    waiting.push(above);
                }
            }
        }
        Standing::Other
    }

    /// Whether the tie to the parent carries supervision: not where the body
    /// is led along a vertical line.
    fn is_local(&self, place: usize) -> bool {
        let body = &self.bodies[place];
        body.vertical.is_none() || body.vertical == body.parent
    }

    fn is_government(&self, place: usize) -> bool {
        self.bodies[place].kind == OrganizationKind::Government
    }

    fn is_office(&self, place: usize) -> bool {
        self.bodies[place].kind == OrganizationKind::Office
    }

    /// One step of supervision down: `watch`, and what hangs below.
    fn down(&self, place: usize, date: Date) -> Vec<usize> {
        let mut below = self.watch(place, date);
        let children = self.children[place].iter().copied();
        below.extend(children.filter(|child| self.is_local(*child)));
        below
    }

    /// Those who name the body as their superior, and what stands beside a
    /// general office below its government.
    fn watch(&self, place: usize, date: Date) -> Vec<usize> {
        let mut below = self.watched[place].clone();
        let government = self
            .parent_place(place)
            .filter(|_| self.is_office(place))
            .filter(|parent| self.is_government(*parent) && self.valid(*parent, date));
        if let Some(government) = government {
            let beside = self.children[government].iter().copied();
            below.extend(beside.filter(|other| !self.is_office(*other) && self.is_local(*other)));
        }
        below
    }

    /// One step of supervision up; the mirror of [`Self::down`].
    fn up(&self, place: usize, date: Date) -> Vec<usize> {
        let body = &self.bodies[place];
        let mut above: Vec<usize> = [body.supervisor, body.vertical]
            .into_iter()
            .flatten()
            .filter_map(|id| self.place(id))
            .collect();
        if let Some(parent) = self.parent_place(place).filter(|_| self.is_local(place)) {
            above.push(parent);
            let beside = !self.is_office(place) && self.is_government(parent);
            if beside && self.valid(parent, date) {
                let offices = self.children[parent].iter().copied();
                above.extend(offices.filter(|other| self.is_office(*other)));
            }
        }
        above.retain(|place| self.valid(*place, date));
        above
    }

    fn closure(&self, start: usize, seeds: Vec<usize>, date: Date) -> Vec<usize> {
        let mut seen = HashSet::from([start]);
        let mut found = Vec::new();
        let mut waiting = seeds;
        while let Some(place) = waiting.pop() {
            if self.valid(place, date) && seen.insert(place) {
                found.push(place);
                waiting.extend(self.down(place, date));
            }
        }
        found
    }
}

#[cfg(test)]
pub(super) mod tests;
