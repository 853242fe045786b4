//! Where entries lie that somebody answers for: in bodies that stand today, and
//! in those that ended and passed into them. An entry stays where it was made;
//! who took a body's powers over takes its register over too.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Decision, Reach, Target, reach};
use gongkai_domain::organization::succession::{Succession, answerable};
use gongkai_store::{StoreError, Tx, organization};

use crate::people::SignedIn;

/// Bodies that ended, each with who answers for it today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(Vec<(OrganizationId, Vec<OrganizationId>)>);

impl Places {
    /// The places of today.
    pub(super) async fn of(tx: &mut Tx, signed: &SignedIn) -> Result<Self, StoreError> {
        let over = |id| !signed.tree.is_valid(id, signed.today);
        let bodies = signed.tree.bodies().iter().map(|body| body.id);
        let ended: Vec<OrganizationId> = bodies.filter(|id| over(*id)).collect();
        if ended.is_empty() {
            return Ok(Self::default());
        }
        let made = organization::successions(tx).await?;
        let made: Vec<Succession> = made.into_iter().map(|kept| kept.succession).collect();
        let heirs = |id| answerable(&signed.tree, &made, id, signed.today);
        Ok(Self(ended.into_iter().map(|id| (id, heirs(id))).collect()))
    }

    /// What a person may see of the register.
    pub(super) fn sight(&self, signed: &SignedIn) -> Reach {
        let today = reach(
            &signed.actor,
            Action::PersonsRegisterSee,
            &signed.tree,
            signed.today,
        );
        let Reach::Of(mut ids) = today else {
            return today;
        };
        let taken_over = self
            .0
            .iter()
            .filter(|(_, heirs)| heirs.iter().any(|heir| ids.contains(heir)));
        let taken_over: Vec<OrganizationId> = taken_over.map(|(id, _)| *id).collect();
        ids.extend(taken_over);
        ids.sort_unstable();
        ids.dedup();
        Reach::Of(ids)
    }

    /// Whether an action is allowed on what lies in a body: there, or in one
    /// that answers for it.
    pub(super) fn may(
        &self,
        signed: &SignedIn,
        action: Action,
        place: OrganizationId,
    ) -> (Decision, Target) {
        let heirs = self.0.iter().find(|(id, _)| *id == place);
        let heirs = heirs.map_or(&[][..], |(_, heirs)| heirs.as_slice());
        for id in [place].iter().chain(heirs) {
            let target = Target::Organization(*id);
            let decision = signed.may(action, target);
            if decision.is_allowed() {
                return (decision, target);
            }
        }
        let target = Target::Organization(place);
        (signed.may(action, target), target)
    }

    /// A body, and those for which it answers.
    pub(super) fn answered_by(&self, id: OrganizationId) -> Vec<OrganizationId> {
        let ended = self.0.iter().filter(|(_, heirs)| heirs.contains(&id));
        let ended = ended.map(|(id, _)| *id);
        [id].into_iter().chain(ended).collect()
    }
}
