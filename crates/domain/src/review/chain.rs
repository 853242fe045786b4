//! The data of a chain: which steps, in which order, by whom.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::organization::names::line;
use crate::organization::permissions::Action;
use crate::organization::roles::{Hands, Role};
use crate::words::Message;

/// What a step looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// 审: whether it is lawful, right, and may be published.
    Review,
    /// 校: whether it reads as it was meant.
    Proof,
    /// 保密审查: whether it holds a secret (保守国家秘密法 2024 第三十五条).
    Secrecy,
    /// 签发: the signature of who answers for it.
    Signature,
}

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Review, Self::Proof, Self::Secrecy, Self::Signature];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Proof => "proof",
            Self::Secrecy => "secrecy",
            Self::Signature => "signature",
        }
    }

    /// The kind of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Review => "review-kind-review",
            Self::Proof => "review-kind-proof",
            Self::Secrecy => "review-kind-secrecy",
            Self::Signature => "review-kind-signature",
        })
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What tells it from the others of its chain.
    pub key: String,
    /// What the office calls it: 初审, 复审, 一校.
    pub name: String,
    /// What it looks for.
    pub kind: StepKind,
    /// Who takes it.
    pub role: Role,
    /// Working days within which it is to be taken; none for no limit.
    pub days: Option<u16>,
    /// Who may take it when it is late.
    pub stands_in: Option<Role>,
}

/// Steps that are taken side by side.
pub type Stage = Vec<Step>;

/// A chain: stages one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    stages: Vec<Stage>,
    hands: Hands,
    urgent_by: Option<Role>,
}

/// Longer chains are no chains: 三审三校 with legal and secrecy review and a
/// signature has nine.
const STEPS_MAX: usize = 16;
/// The longest name of a step, and of its key.
const NAME_CHARS_MAX: usize = 40;
const KEY_MAX: usize = 32;
/// The longest time for a step, in working days.
const DAYS_MAX: u16 = 60;

impl Chain {
    /// A chain of stages that needs so many hands; `urgent_by` is the role that
    /// may let something take effect before it is through.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(
        stages: Vec<Stage>,
        hands: Hands,
        urgent_by: Option<Role>,
    ) -> Result<Self, Vec<Message>> {
        let mut wrong = Vec::new();
        let steps: Vec<&Step> = stages.iter().flatten().collect();
        if steps.is_empty() || stages.iter().any(Vec::is_empty) {
            wrong.push(Message::new("chain-empty"));
        }
        if steps.len() > STEPS_MAX {
            wrong.push(Message::new("chain-too-long").with("max", STEPS_MAX));
        }
        // Who wrote it is a hand too.
        if steps.len() + 1 < hands.people() {
            wrong.push(Message::new("chain-too-few-hands").with("people", hands.people()));
        }
        let mut keys = BTreeSet::new();
        for step in &steps {
            wrong.extend(faults(step));
            if !keys.insert(step.key.as_str()) {
                wrong.push(Message::new("chain-step-twice").with("name", &step.name));
            }
        }
        let signed_before = stages.iter().rev().skip(1).flatten();
        for step in signed_before.filter(|step| step.kind == StepKind::Signature) {
            wrong.push(Message::new("chain-signature-not-last").with("name", &step.name));
        }
        let looks_for_secrets = |step: &&&Step| step.kind == StepKind::Secrecy;
        if urgent_by.is_some() && steps.iter().find(looks_for_secrets).is_none() {
            wrong.push(Message::new("chain-urgency-without-secrecy"));
        }
        if urgent_by.is_some_and(Role::is_administrator) {
            wrong.push(Message::new("chain-administrator"));
        } else if urgent_by.is_some_and(|role| Action::ReviewUrgent.scope(role).is_none()) {
            wrong.push(Message::new("chain-urgency-by-another"));
        }
        if wrong.is_empty() {
            Ok(Self {
                stages,
                hands,
                urgent_by,
            })
        } else {
            Err(wrong)
        }
    }

    /// The stages in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// How many people have a part in it at least.
    pub fn hands(&self) -> Hands {
        self.hands
    }

    /// The role that may let something take effect before it is through.
    pub fn urgent_by(&self) -> Option<Role> {
        self.urgent_by
    }

    /// Steps that look for secrets; none of them is ever skipped.
    pub fn secrecy_steps(&self) -> impl Iterator<Item = &Step> {
        let steps = self.stages.iter().flatten();
        steps.filter(|step| step.kind == StepKind::Secrecy)
    }

    /// All steps, stage by stage.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flatten()
    }

    /// A step by its key.
    pub fn step(&self, key: &str) -> Option<&Step> {
        self.steps().find(|step| step.key == key)
    }

    /// The same chain for at least so many hands: the setting of the
    /// installation is the least that any chain asks for.
    ///
    /// # Errors
    /// Its steps are too few for them.
    pub fn for_hands(self, least: Hands) -> Result<Self, Vec<Message>> {
        let hands = self.hands.max(least);
        Self::new(self.stages, hands, self.urgent_by)
    }

    /// As it is stored.
    pub fn to_data(&self) -> ChainData {
        let step = |step: &Step| StepData {
            key: step.key.clone(),
            name: step.name.clone(),
            kind: step.kind.key().to_owned(),
            role: step.role.key().to_owned(),
            days: step.days,
            stands_in: step.stands_in.map(|role| role.key().to_owned()),
        };
        let stages = self.stages.iter();
        ChainData {
            stages: stages
                .map(|stage| stage.iter().map(step).collect())
                .collect(),
            hands: u8::try_from(self.hands.people()).unwrap_or(Hands::MAX),
            urgent_by: self.urgent_by.map(|role| role.key().to_owned()),
        }
    }

    /// A chain as it was stored.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_data(data: &ChainData) -> Result<Self, Vec<Message>> {
        let role = |key: &str| {
            Role::from_key(key).ok_or_else(|| vec![Message::new("chain-no-role").with("role", key)])
        };
        let step = |step: &StepData| {
            let kind = StepKind::from_key(&step.kind);
            let unknown = || vec![Message::new("chain-no-kind").with("kind", &step.kind)];
            Ok(Step {
                key: step.key.clone(),
                name: step.name.clone(),
                kind: kind.ok_or_else(unknown)?,
                role: role(&step.role)?,
                days: step.days,
                stands_in: step.stands_in.as_deref().map(role).transpose()?,
            })
        };
        let stage = |stage: &Vec<StepData>| stage.iter().map(step).collect();
        let stages: Result<Vec<Stage>, Vec<Message>> = data.stages.iter().map(stage).collect();
        let hands = Hands::new(data.hands).map_err(|message| vec![message])?;
        let urgent_by = data.urgent_by.as_deref().map(role).transpose()?;
        Self::new(stages?, hands, urgent_by)
    }
}

/// What is wrong with a step by itself.
fn faults(step: &Step) -> Vec<Message> {
    let mut wrong = Vec::new();
    let named = |id| Message::new(id).with("name", &step.name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_key =
        !step.key.is_empty() && step.key.len() <= KEY_MAX && step.key.chars().all(is_plain);
    if !is_key || step.name.trim().is_empty() {
        wrong.push(Message::new("chain-step-without-name"));
    } else if line(&step.name, NAME_CHARS_MAX).as_ref() != Ok(&step.name) {
        wrong.push(named("chain-step-name").with("max", NAME_CHARS_MAX));
    }
    let roles = [Some(step.role), step.stands_in];
    let takes_none = |role: Role| Action::ReviewTake.scope(role).is_none();
    if roles.into_iter().flatten().any(Role::is_administrator) {
        wrong.push(Message::new("chain-administrator"));
    } else if roles.into_iter().flatten().any(takes_none) {
        wrong.push(named("chain-role-takes-none"));
    }
    if step.kind == StepKind::Secrecy && step.role != Role::SecrecyReviewer {
        wrong.push(named("chain-secrecy-by-another"));
    }
    if step.kind == StepKind::Secrecy && step.stands_in.is_some() {
        wrong.push(named("chain-secrecy-stands-in"));
    }
    if step.days.is_some_and(|days| days == 0 || days > DAYS_MAX) {
        wrong.push(named("chain-days").with("max", DAYS_MAX));
    }
    if step.stands_in == Some(step.role) {
        wrong.push(named("chain-stands-in-for-itself"));
    }
    wrong
}

/// A chain as it is stored and exchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainData {
    /// Stages in order, each with its steps side by side.
    pub stages: Vec<Vec<StepData>>,
    /// How many people have a part in it at least.
    pub hands: u8,
    /// Who may let something take effect before it is through.
    #[serde(default)]
    pub urgent_by: Option<String>,
}

/// A step as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepData {
    /// What tells it from the others.
    pub key: String,
    /// What the office calls it.
    pub name: String,
    /// [`StepKind::key`].
    pub kind: String,
    /// [`Role::key`].
    pub role: String,
    /// Working days.
    #[serde(default)]
    pub days: Option<u16>,
    /// [`Role::key`] of who may take it when it is late.
    #[serde(default)]
    pub stands_in: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::fixtures::said;

    fn wrong(change: impl FnOnce(&mut Step), urgent_by: Option<Role>) -> Vec<String> {
        let mut step = Step {
            key: "look".to_owned(),
            name: "初审".to_owned(),
            kind: StepKind::Review,
            role: Role::Reviewer,
            days: Some(2),
            stands_in: None,
        };
        change(&mut step);
        let secrecy = Step {
            key: "secrecy".to_owned(),
            name: "保密审查".to_owned(),
            kind: StepKind::Secrecy,
            role: Role::SecrecyReviewer,
            days: None,
            stands_in: None,
        };
        let chain = Chain::new(vec![vec![step], vec![secrecy]], Hands::default(), urgent_by);
        let messages = chain.err().unwrap_or_default();
        messages.iter().for_each(|message| drop(said(message)));
        messages
            .into_iter()
            .map(|one| one.id.into_owned())
            .collect()
    }

    #[test]
    fn steps_are_taken_by_roles_that_take_steps() {
        assert_eq!(wrong(|_| {}, Some(Role::Leader)), [""; 0]);
        let watched = wrong(|step| step.role = Role::Supervisor, None);
        assert_eq!(watched, ["chain-role-takes-none"]);
        let stands_in = wrong(|step| step.stands_in = Some(Role::Supervisor), None);
        assert_eq!(stands_in, ["chain-role-takes-none"]);
        assert_eq!(
            wrong(|_| {}, Some(Role::Clerk)),
            ["chain-urgency-by-another"]
        );
    }

    #[test]
    fn keys_are_plain_and_names_are_lines() {
        for key in ["a b", "\"", "步", &"a".repeat(33)] {
            let wrong = wrong(|step| step.key = key.to_owned(), None);
            assert_eq!(wrong, ["chain-step-without-name"], "{key}");
        }
        for name in ["初\n审", " 初审", &"长".repeat(41)] {
            let wrong = wrong(|step| step.name = name.to_owned(), None);
            assert_eq!(wrong, ["chain-step-name"], "{name}");
        }
    }

    #[test]
    fn a_chain_asks_for_the_hands_of_the_installation_at_least() {
        let usual = crate::review::matter::Matter::Document.usual().chain;
        let hands = |people| Hands::new(people).expect("hands");
        let with = |people| {
            usual
                .clone()
                .for_hands(hands(people))
                .map(|one| one.hands().people())
        };
        assert_eq!((with(2), with(5)), (Ok(2), Ok(5)));
        assert_eq!(with(6).expect_err("too many")[0].id, "chain-too-few-hands");
    }
}
