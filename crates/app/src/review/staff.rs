//! Who could take the steps of a body's reviews today: people who hold a role
//! there, and those who stand in for them.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{OrganizationId, PersonId, Standing, Tree};
use gongkai_domain::review::staffing::Holders;
use gongkai_store::people::{self, Person, delegations, moving};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;

/// Someone who holds a role, by themselves or for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The role.
    pub role: Role,
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where they hold it.
    pub at: Option<OrganizationId>,
    /// For whom they stand in, with the name.
    pub acting_for: Option<(PersonId, String)>,
}

/// Everybody who could act in a body today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff(pub Vec<Holder>);

impl Staff {
    /// The people at work who hold roles that count for a body on a day.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(
        tx: &mut Tx,
        tree: &Tree,
        organization: OrganizationId,
        day: Date,
    ) -> Result<Self, StoreError> {
        // A role of the body counts for its sections, not the other way round.
        let mut bodies = vec![organization];
        bodies.extend(tree.ancestors(organization, day));
        bodies.retain(|body| tree.standing(*body, organization, day) == Standing::Own);
        let grants: Vec<Grant> = moving::grants_at(tx, &bodies, day)
            .await?
            .into_iter()
            .map(|(_, grant)| grant)
            .filter(|grant| grant.validity.contains(day))
            .collect();
        let mut known: BTreeMap<PersonId, Option<Person>> = BTreeMap::new();
        let mut found = Vec::new();
        for grant in &grants {
            if let Some(person) = at_work(tx, &mut known, grant.person).await? {
                found.push(Holder {
                    role: grant.role,
                    person: person.id,
                    name: person.display_name,
                    at: grant.organization,
                    acting_for: None,
                });
            }
        }
        for body in &bodies {
            for kept in delegations::open_at(tx, *body, day).await? {
                let delegation = &kept.delegation;
                let Some(person) = at_work(tx, &mut known, delegation.to).await? else {
                    continue;
                };
                let counts = delegation.validity().is_some_and(|days| days.contains(day))
                    && delegation.is_between_people_at_work(
                        kept.lender_is_active,
                        person.organization,
                        tree,
                        day,
                    );
                let holds = |role: &&Role| {
                    grants.iter().any(|grant| {
                        (grant.person, grant.role, grant.organization)
                            == (delegation.from, **role, Some(*body))
                    })
                };
                for role in delegation.roles.iter().filter(|_| counts).filter(holds) {
                    found.push(Holder {
                        role: *role,
                        person: person.id,
                        name: person.display_name.clone(),
                        at: Some(*body),
                        acting_for: Some((delegation.from, kept.lender_name.clone())),
                    });
                }
            }
        }
        Ok(Self(found))
    }

    /// Those who could take steps of a role, without those who have written
    /// the text or stand in for one who has.
    pub fn others(
        &self,
        role: Role,
        editors: &BTreeSet<PersonId>,
    ) -> impl Iterator<Item = &Holder> {
        self.0.iter().filter(move |holder| {
            let lender = holder.acting_for.as_ref().map(|(id, _)| id);
            holder.role == role
                && !editors.contains(&holder.person)
                && !lender.is_some_and(|id| editors.contains(id))
        })
    }

    /// Who could take steps, role by role, of a text that these have written.
    pub fn holders(&self, editors: &BTreeSet<PersonId>) -> Holders {
        let mut holders = Holders::new();
        for role in Role::ALL {
            let people = self.others(role, editors).map(|holder| holder.person);
            holders.insert(role, people.collect());
        }
        holders
    }

    /// Who could write.
    pub fn writers(&self) -> BTreeSet<PersonId> {
        let writes = |holder: &&Holder| Action::ReviewWrite.scope(holder.role).is_some();
        let writers = self.0.iter().filter(writes);
        writers.map(|holder| holder.person).collect()
    }
}

/// A person who is at work, asked for once.
async fn at_work(
    tx: &mut Tx,
    known: &mut BTreeMap<PersonId, Option<Person>>,
    id: PersonId,
) -> Result<Option<Person>, StoreError> {
    if let Some(person) = known.get(&id) {
        return Ok(person.clone());
    }
    let person = people::get(tx, id).await?;
    let person = person.filter(|person| person.state == "active");
    known.insert(id, person.clone());
    Ok(person)
}
