//! Papers of bodies that ended: whoever took their powers over goes on with
//! them, and after a split the first of those.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::succession::{Succession, answerable};
use gongkai_domain::organization::{OrganizationId, Tree};
use gongkai_store::{StoreError, Tx, organization};
use jiff::civil::Date;

/// Bodies that ended, each with the one that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heirs(Vec<(OrganizationId, OrganizationId)>);

impl Heirs {
    /// The heirs of a day.
    pub(crate) async fn of(tx: &mut Tx, tree: &Tree, day: Date) -> Result<Self, StoreError> {
        let bodies = tree.bodies().iter().map(|body| body.id);
        let ended: Vec<OrganizationId> = bodies.filter(|id| !tree.is_valid(*id, day)).collect();
        if ended.is_empty() {
            return Ok(Self::default());
        }
        let made = organization::successions(tx).await?;
        let made: Vec<Succession> = made.into_iter().map(|kept| kept.succession).collect();
        let heir = |id| answerable(tree, &made, id, day).into_iter().min();
        let heirs = ended.into_iter();
        Ok(Self(heirs.filter_map(|id| Some((id, heir(id)?))).collect()))
    }

    /// The body that goes on with what is of a body: itself while it stands.
    pub(crate) fn going_on(&self, id: OrganizationId) -> OrganizationId {
        let heir = self.0.iter().find(|(ended, _)| *ended == id);
        heir.map_or(id, |(_, heir)| *heir)
    }

    /// What is reached, with what was taken over by it.
    pub(crate) fn widened(&self, within: Reach) -> Reach {
        let Reach::Of(mut ids) = within else {
            return within;
        };
        let taken_over = self.0.iter().filter(|(_, heir)| ids.contains(heir));
        let taken_over: Vec<OrganizationId> = taken_over.map(|(id, _)| *id).collect();
        ids.extend(taken_over);
        ids.sort_unstable();
        ids.dedup();
        Reach::Of(ids)
    }
}
