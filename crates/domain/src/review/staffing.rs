//! Whether a body has the people that a chain needs: somebody for each step who
//! has not written the text, and enough different hands.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Step};
use crate::organization::PersonId;
use crate::organization::roles::Role;
use crate::words::Message;

/// Who could take steps of which role, by themselves or for somebody.
pub type Holders = BTreeMap<Role, BTreeSet<PersonId>>;

/// What keeps a text of these people from ever getting through: steps that
/// nobody else can take, and too few hands. Nothing where it can.
pub fn lacking(chain: &Chain, holders: &Holders, editors: &BTreeSet<PersonId>) -> Vec<Message> {
    let nobody = BTreeSet::new();
    let others = |role: Role| -> Vec<PersonId> {
        let held = holders.get(&role).unwrap_or(&nobody);
        held.difference(editors).copied().collect()
    };
    let steps: Vec<_> = chain.steps().map(|step| others(step.role)).collect();
    let mut wrong: Vec<Message> = chain
        .steps()
        .zip(&steps)
        .filter(|(_, people)| people.is_empty())
        .map(|(step, _)| Message::new("chain-nobody").with("name", &step.name))
        .collect();
    let found = editors.len().max(1) + different(&steps);
    let wanted = chain.hands().people();
    if wrong.is_empty() && found < wanted {
        let unmet = Message::new("chain-hands-unmet");
        wrong.push(unmet.with("people", wanted).with("found", found));
    }
    wrong
}

/// Steps of these that nobody could take but people of `without`: who wrote the
/// text, or who has decided on its urgency.
pub fn of_nobody<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    holders: &Holders,
    without: &BTreeSet<PersonId>,
) -> Vec<&'a Step> {
    let others = |step: &&Step| {
        let held = holders.get(&step.role);
        held.is_none_or(|held| held.is_subset(without))
    };
    steps.into_iter().filter(others).collect()
}

/// What keeps every text of a body from getting through, whoever of `writers`
/// writes it; nothing where somebody's can.
pub fn refused(chain: &Chain, holders: &Holders, writers: &BTreeSet<PersonId>) -> Vec<Message> {
    let of_nobody = lacking(chain, holders, &BTreeSet::new());
    if !of_nobody.is_empty() {
        return of_nobody;
    }
    let mut first = Vec::new();
    for writer in writers {
        let wrong = lacking(chain, holders, &BTreeSet::from([*writer]));
        if wrong.is_empty() {
            return wrong;
        }
        if first.is_empty() {
            first = wrong;
        }
    }
    first
}

/// The most different people who can take one step each.
fn different(steps: &[Vec<PersonId>]) -> usize {
    let mut taken: BTreeMap<PersonId, usize> = BTreeMap::new();
    let places = 0..steps.len();
    places
        .filter(|step| finds(*step, steps, &mut taken, &mut BTreeSet::new()))
        .count()
}

/// Finds somebody for a step, moving others to other steps where that helps.
fn finds(
    step: usize,
    steps: &[Vec<PersonId>],
    taken: &mut BTreeMap<PersonId, usize>,
    asked: &mut BTreeSet<PersonId>,
) -> bool {
    for person in &steps[step] {
        if !asked.insert(*person) {
            continue;
        }
        let free = match taken.get(person).copied() {
            None => true,
            Some(other) => finds(other, steps, taken, asked),
        };
        if free {
            taken.insert(*person, step);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::fixtures::said;
    use crate::organization::roles::Hands;
    use crate::review::chain::{Step, StepKind};

    fn chain(roles: &[Role], hands: u8) -> Chain {
        let step = |(place, role): (usize, &Role)| {
            vec![Step {
                key: place.to_string(),
                name: place.to_string(),
                kind: StepKind::Review,
                role: *role,
                days: None,
                stands_in: None,
            }]
        };
        let stages = roles.iter().enumerate().map(step).collect();
        Chain::new(stages, Hands::new(hands).expect("hands"), None).expect("a chain")
    }

    fn people(ids: &[i64]) -> BTreeSet<PersonId> {
        ids.iter().copied().map(PersonId).collect()
    }

    fn ids(messages: &[Message]) -> Vec<&str> {
        messages.iter().for_each(|message| drop(said(message)));
        messages.iter().map(|message| message.id.as_ref()).collect()
    }

    #[test]
    fn a_chain_needs_somebody_for_each_step_who_did_not_write() {
        let chain = chain(&[Role::Reviewer, Role::OfficeHead], 2);
        let holders = Holders::from([
            (Role::Reviewer, people(&[1])),
            (Role::OfficeHead, people(&[2])),
        ]);
        let table: [(&[i64], &[&str]); 4] = [
            (&[3], &[]),
            (&[1], &["chain-nobody"]),
            (&[2], &["chain-nobody"]),
            (&[1, 2], &["chain-nobody", "chain-nobody"]),
        ];
        for (editors, expected) in table {
            let wrong = lacking(&chain, &holders, &people(editors));
            assert_eq!(ids(&wrong), expected, "{editors:?}");
        }
    }

    #[test]
    fn steps_that_only_these_could_take_are_told() {
        let chain = chain(&[Role::Reviewer, Role::Leader], 2);
        let holders = Holders::from([
            (Role::Reviewer, people(&[1, 2])),
            (Role::Leader, people(&[2])),
        ]);
        let told = |without: &[i64]| -> Vec<String> {
            let found = of_nobody(chain.steps(), &holders, &people(without));
            found.iter().map(|step| step.key.clone()).collect()
        };
        assert_eq!(told(&[]), [""; 0]);
        assert_eq!(told(&[2]), ["1"]);
        assert_eq!(told(&[1, 2]), ["0", "1"]);
    }

    #[test]
    fn one_person_with_two_roles_is_one_hand() {
        let chain = chain(&[Role::Reviewer, Role::OfficeHead, Role::Leader], 4);
        let holders = |leader: &[i64]| {
            Holders::from([
                (Role::Reviewer, people(&[1, 2])),
                (Role::OfficeHead, people(&[1])),
                (Role::Leader, people(leader)),
            ])
        };
        // 1 heads the office, so 2 reviews and 3 signs: three and the writer.
        assert_eq!(lacking(&chain, &holders(&[1, 3]), &people(&[9])), []);
        let few = lacking(&chain, &holders(&[1]), &people(&[9]));
        assert_eq!(ids(&few), ["chain-hands-unmet"]);
    }

    #[test]
    fn a_chain_is_refused_where_nobody_could_write_for_it() {
        let chain = chain(&[Role::Reviewer], 2);
        let holders = Holders::from([(Role::Reviewer, people(&[1]))]);
        assert_eq!(refused(&chain, &holders, &people(&[1, 2])), []);
        assert_eq!(refused(&chain, &holders, &people(&[])), []);
        let alone = refused(&chain, &holders, &people(&[1]));
        assert_eq!(ids(&alone), ["chain-nobody"]);
        let nobody = refused(&chain, &Holders::new(), &people(&[2]));
        assert_eq!(ids(&nobody), ["chain-nobody"]);
    }
}
