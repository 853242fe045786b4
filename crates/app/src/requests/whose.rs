//! Whose requests a list shows and which of them, and among whom somebody chooses.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, OrganizationKind, PersonId};
use gongkai_domain::requests::application::{ApplicantKind, Way};
use gongkai_domain::requests::outcomes::{self, Outcome};
use gongkai_store::requests::{self as stored, Of};

use super::giving::{self, Hands};
use super::look::{SEE, demand_target};
use super::{RequestError, sight};
use crate::house::House;
use crate::people::SignedIn;

/// Whose requests a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All that the signed-in person may see.
    All,
    /// Those that were given to them.
    Mine,
    /// Those that were given to nobody.
    Nobody,
    /// Those of a body, or those given to a section.
    Place(OrganizationId),
    /// Those given to somebody.
    Person(PersonId),
}

impl Whose {
    /// As it stands in addresses; empty for all.
    pub fn key(self) -> String {
        match self {
            Self::All => String::new(),
            Self::Mine => "mine".to_owned(),
            Self::Nobody => "nobody".to_owned(),
            Self::Place(id) => format!("place-{}", id.0),
            Self::Person(id) => format!("person-{}", id.0),
        }
    }

    /// What stands in an address; all where it is nothing of ours.
    pub fn from_key(key: &str) -> Self {
        let id = |prefix| {
            key.strip_prefix(prefix)
                .and_then(|id: &str| id.parse().ok())
        };
        match (key, id("place-"), id("person-")) {
            ("mine", ..) => Self::Mine,
            ("nobody", ..) => Self::Nobody,
            (_, Some(id), _) => Self::Place(OrganizationId(id)),
            (_, _, Some(id)) => Self::Person(PersonId(id)),
            _ => Self::All,
        }
    }
}

/// Which requests a list shows: all where nothing is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Only {
    /// Those that ended so.
    pub outcome: Option<&'static Outcome>,
    /// Those that came by this way.
    pub way: Option<Way>,
    /// Those of applicants of this kind.
    pub applicant: Option<ApplicantKind>,
}

impl Only {
    /// What stands in an address; what is nothing of ours is not chosen.
    pub fn from_keys(outcome: &str, way: &str, applicant: &str) -> Self {
        Self {
            outcome: outcomes::of(outcome),
            way: Way::from_key(way),
            applicant: ApplicantKind::from_key(applicant),
        }
    }

    /// What is chosen, by its name in addresses.
    pub fn keys(&self) -> [(&'static str, &'static str); 3] {
        [
            ("outcome", self.outcome.map(|one| one.code.as_str())),
            ("way", self.way.map(Way::key)),
            ("applicant", self.applicant.map(ApplicantKind::key)),
        ]
        .map(|(name, key)| (name, key.unwrap_or_default()))
    }

    pub(super) fn stored(self, whose: Whose) -> stored::Only {
        stored::Only {
            given_to_nobody: whose == Whose::Nobody,
            outcome: self.outcome.map(|one| one.code.as_str()),
            way: self.way.map(Way::key),
            applicant: self.applicant.map(ApplicantKind::key),
        }
    }
}

/// Whose lists a person reads, one index each. A section's are among those of
/// its body, and are asked for where the body is out of reach.
pub(super) fn sources<'a>(within: &'a Reach, signed: &SignedIn, whose: Whose) -> Vec<Of<'a>> {
    let tree = &signed.tree;
    let is_section = |id: OrganizationId| {
        let body = tree.get(id);
        body.is_some_and(|body| body.kind == OrganizationKind::Section)
    };
    let is_above = |id: OrganizationId| {
        let above = tree.ancestors(id, signed.today);
        above.iter().any(|above| within.contains(*above))
    };
    let of = |id: OrganizationId| {
        let given = is_section(id) && !is_above(id);
        // A section that the law entrusts takes applications itself.
        [Some(Of::Body(id)), given.then_some(Of::Section(id))]
    };
    let of = |id: OrganizationId| of(id).into_iter().flatten();
    match (whose, within) {
        (_, Reach::Nothing) => Vec::new(),
        (Whose::Mine, _) => vec![Of::Handler(signed.person.id, within)],
        (Whose::Person(id), _) => vec![Of::Handler(id, within)],
        (Whose::Place(id), _) if !within.contains(id) && !is_above(id) => Vec::new(),
        (Whose::Place(id), _) if is_section(id) => vec![Of::Body(id), Of::Section(id)],
        (Whose::Place(id), _) => vec![Of::Body(id)],
        (Whose::All | Whose::Nobody, Reach::Of(ids)) => ids.iter().flat_map(|id| of(*id)).collect(),
        // Nobody reaches the whole installation with requests.
        (Whose::All | Whose::Nobody, Reach::All) => {
            tree.bodies().iter().flat_map(|body| of(body.id)).collect()
        }
    }
}

/// Bodies that one chooses among; nobody reads a longer list.
const BODIES_MAX: usize = 200;

/// Among whose requests the signed-in person may choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Bodies, where there are several.
    pub bodies: Vec<(OrganizationId, String)>,
    /// Sections and people of the own body.
    pub hands: Hands,
}

/// Among whose requests the signed-in person may choose.
///
/// # Errors
/// [`RequestError::Denied`].
pub async fn choices(house: &House, signed: &SignedIn) -> Result<Choices, RequestError> {
    let (target, about) = demand_target();
    signed.demand(house, SEE, target, about).await?;
    let mut tx = house.db.read().await?;
    let (within, heirs) = sight(&mut tx, signed).await?;
    let bodies = signed.tree.bodies().iter();
    let bodies = bodies.filter(|body| {
        body.kind != OrganizationKind::Section
            && within.contains(body.id)
            && signed.tree.is_valid(body.id, signed.today)
    });
    let bodies: Vec<_> = bodies
        .map(|body| (body.id, body.name.clone()))
        .take(BODIES_MAX)
        .collect();
    let own = signed.person.organization.map(|id| heirs.going_on(id));
    let hands = match own.filter(|id| within.contains(*id)) {
        Some(own) => giving::hands(&mut tx, signed, own).await?,
        None => Hands::default(),
    };
    tx.roll_back().await?;
    Ok(Choices {
        bodies: if bodies.len() > 1 { bodies } else { Vec::new() },
        hands,
    })
}
