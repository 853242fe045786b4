//! Review chains 审签链: who has to look at something before it takes effect
//! (先审查、后公开: 保守国家秘密法 2024 第三十五条; 三审三校).
//!
//! [`chain`] is the data: which steps, in which order, by which roles, within
//! which time. Here are the rules, as one pure function: [`Review::apply`]
//! takes what somebody does and gives the next state or what stands against it.
//!
//! What is approved is the digest of the exact content. Only that digest can
//! take effect, and any later change voids every approval. Nobody reviews their
//! own text: neither in another role, nor for an absent colleague.

pub mod chain;
pub mod content;
pub mod matter;
pub mod staffing;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::organization::PersonId;
use crate::organization::roles::{Act, Role, may_act};
use crate::words::Message;
use chain::{Chain, Step};

/// The digest of exactly what was looked at, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest(String);

impl ContentDigest {
    /// Reads a SHA-256 digest as it is stored.
    ///
    /// # Errors
    /// It is not 64 small hexadecimal digits.
    pub fn new(text: &str) -> Result<Self, Message> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Message::new("review-no-digest"))
        }
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A remark on a place of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where: a paragraph, a field, a file; empty for the whole.
    pub place: String,
    /// What is to be mended.
    pub text: String,
}

/// What a reviewer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    Approved,
    /// Back to who wrote it, with what is to be mended.
    Returned(Vec<Remark>),
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The key of the step.
    pub step: String,
    /// By whom, and for whom.
    pub act: Act,
    /// In which role: the step's own, or the one that stands in when it is late.
    pub role: Role,
    /// What was looked at.
    pub digest: ContentDigest,
    /// What was said.
    pub verdict: Verdict,
    /// What else was said, for the file.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Steps are to be taken.
    Open,
    /// Every step was taken; it may take effect.
    Approved,
    /// It is with who wrote it.
    Returned,
    /// It was taken back.
    Withdrawn,
    /// It took effect.
    Effective,
    /// It took effect before every step was taken; the rest follows.
    Urgent,
    /// It took effect so, and a step taken afterwards found it wanting: it is
    /// with who wrote it, to be corrected or answered.
    Wanting,
}

impl State {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Approved,
        Self::Returned,
        Self::Withdrawn,
        Self::Effective,
        Self::Urgent,
        Self::Wanting,
    ];

    /// The state of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Open => "review-state-open",
            Self::Approved => "review-state-approved",
            Self::Returned => "review-state-returned",
            Self::Withdrawn => "review-state-withdrawn",
            Self::Effective => "review-state-effective",
            Self::Urgent => "review-state-urgent",
            Self::Wanting => "review-state-wanting",
        })
    }

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Effective => "effective",
            Self::Urgent => "urgent",
            Self::Wanting => "wanting",
        }
    }
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step is taken.
    Take {
        /// What was said of which step.
        taken: Taken,
        /// Whether the step's time is over, so that who stands in may take it.
        is_late: bool,
    },
    /// The content was changed; every approval is void.
    Change {
        /// By whom, and for whom: both have written it then.
        act: Act,
        /// What it is now.
        digest: ContentDigest,
    },
    /// It is handed in once more, after it came back or was changed.
    HandIn {
        /// By whom, and for whom.
        act: Act,
        /// When.
        at: Timestamp,
        /// Why it comes as it was, where it was not changed.
        answer: String,
    },
    /// It is taken back by who wrote it.
    Withdraw {
        /// By whom, and for whom.
        act: Act,
    },
    /// It takes effect.
    TakeEffect {
        /// What takes effect.
        digest: ContentDigest,
    },
    /// It takes effect before every step was taken.
    TakeEffectUrgently {
        /// By whom, and for whom.
        act: Act,
        /// In which role.
        role: Role,
        /// What takes effect.
        digest: ContentDigest,
        /// Why it cannot wait.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

/// How something took effect before it was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urgency {
    /// By whom.
    pub act: Act,
    /// What took effect.
    pub digest: ContentDigest,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A step that waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The step.
    pub step: &'a Step,
    /// Since when.
    pub since: Timestamp,
}

/// Something under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    chain: Chain,
    editors: BTreeSet<PersonId>,
    digest: ContentDigest,
    state: State,
    /// Of this round: since the last change of the content.
    taken: Vec<Taken>,
    /// Of the rounds before, for the file.
    void: Vec<Taken>,
    begun_at: Timestamp,
    urgency: Option<Urgency>,
    /// What is in effect now: stays while a correction is under review.
    in_effect: Option<ContentDigest>,
}

impl Review {
    /// Hands something in that these people have written.
    pub fn new(
        chain: Chain,
        editors: impl IntoIterator<Item = PersonId>,
        digest: ContentDigest,
        at: Timestamp,
    ) -> Self {
        Self {
            chain,
            editors: editors.into_iter().collect(),
            digest,
            state: State::Open,
            taken: Vec::new(),
            void: Vec::new(),
            begun_at: at,
            urgency: None,
            in_effect: None,
        }
    }

    /// The chain that it goes through; it keeps the one with which it began.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// How it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What is looked at now.
    pub fn digest(&self) -> &ContentDigest {
        &self.digest
    }

    /// Who has written any of it.
    pub fn editors(&self) -> &BTreeSet<PersonId> {
        &self.editors
    }

    /// What was said of the content as it is now.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// What was said of the content as it was; it counts for nothing now, and
    /// stays in the file.
    pub fn void(&self) -> &[Taken] {
        &self.void
    }

    /// How it took effect before it was approved, if it did.
    pub fn urgency(&self) -> Option<&Urgency> {
        self.urgency.as_ref()
    }

    /// What is in effect now, if anything is. It is another than
    /// [`Self::digest`] while a correction is under review.
    pub fn in_effect(&self) -> Option<&ContentDigest> {
        self.in_effect.as_ref()
    }

    /// Steps that are still to be taken, whether or not it is their turn.
    pub fn open_steps(&self) -> impl Iterator<Item = &Step> {
        let is_open = |step: &&Step| self.approved(&step.key).is_none();
        self.chain.steps().filter(is_open)
    }

    fn approved(&self, key: &str) -> Option<&Taken> {
        let is_it = |taken: &&Taken| taken.step == key && taken.verdict == Verdict::Approved;
        self.taken.iter().find(is_it)
    }

    /// Steps that wait now: those of the first stage that is not through. None
    /// where it is not open.
    pub fn waiting(&self) -> Vec<Waiting<'_>> {
        if !matches!(self.state, State::Open | State::Urgent) {
            return Vec::new();
        }
        let mut since = self.begun_at;
        for stage in self.chain.stages() {
            let open: Vec<&Step> = stage
                .iter()
                .filter(|step| self.approved(&step.key).is_none())
                .collect();
            if !open.is_empty() {
                return open
                    .into_iter()
                    .map(|step| Waiting { step, since })
                    .collect();
            }
            let through = stage.iter().filter_map(|step| self.approved(&step.key));
            // Of the round before is what was approved before it was handed in.
            since = through.map(|taken| taken.at).fold(since, Timestamp::max);
        }
        Vec::new()
    }

    /// What comes of what somebody does.
    ///
    /// # Errors
    /// What stands against it; nothing has changed then.
    pub fn apply(&self, event: Event) -> Result<Self, Message> {
        match event {
            Event::Take { taken, is_late } => self.take(taken, is_late),
            Event::Change { act, digest } => self.change(act, digest),
            Event::HandIn { act, at, answer } => self.hand_in(act, at, &answer),
            Event::Withdraw { act } => self.withdraw(act),
            Event::TakeEffect { digest } => self.take_effect(&digest),
            Event::TakeEffectUrgently {
                act,
                role,
                digest,
                reason,
                at,
            } => {
                let reason = reason.trim().to_owned();
                let urgency = Urgency {
                    act,
                    digest,
                    reason,
                    at,
                };
                self.hurry(role, urgency)
            }
        }
    }

    /// Nobody reviews their own text, for whomever they act, and nobody acts
    /// for one who wrote it.
    fn refuse_own(&self, act: Act) -> Result<(), Message> {
        if self.is_of_an_editor(act) {
            return Err(Message::new("review-own-text"));
        }
        Ok(())
    }

    /// Whether who acts, or the one acted for, has written any of it.
    fn is_of_an_editor(&self, act: Act) -> bool {
        let mut parts = parts(act);
        parts.any(|id| self.editors.contains(&id))
    }

    /// Acts that count towards the hands: of who wrote it, and of who reviewed
    /// it as it is now.
    fn acts(&self) -> Vec<Act> {
        let by = |person: &PersonId| Act {
            person: *person,
            acting_for: None,
        };
        let written = self.editors.iter().map(by);
        let urgent = self.urgency.iter().map(|urgency| urgency.act);
        let reviewed = self.taken.iter().map(|taken| taken.act);
        written.chain(urgent).chain(reviewed).collect()
    }

    fn steps_open(&self) -> usize {
        self.open_steps().count()
    }

    fn take(&self, taken: Taken, is_late: bool) -> Result<Self, Message> {
        self.refuse_own(taken.act)?;
        if taken.digest != self.digest {
            return Err(Message::new("review-changed-meanwhile"));
        }
        let waiting = self.waiting();
        let step = waiting
            .iter()
            .map(|waiting| waiting.step)
            .find(|step| step.key == taken.step)
            .ok_or_else(|| Message::new("review-step-not-open"))?;
        let stands_in = is_late && step.stands_in == Some(taken.role);
        if taken.role != step.role && !stands_in {
            return Err(Message::new("review-other-role"));
        }
        let decided = |urgency: &Urgency| parts(taken.act).any(|one| urgency.act.involves(one));
        if self.urgency.as_ref().is_some_and(decided) {
            return Err(Message::new("review-after-urgency-by-another"));
        }
        match &taken.verdict {
            Verdict::Approved => {
                let steps_after = self.steps_open() - 1;
                may_act(self.chain.hands(), &self.acts(), taken.act, steps_after)?;
            }
            Verdict::Returned(remarks) => {
                if remarks.is_empty() || remarks.iter().any(|r| r.text.trim().is_empty()) {
                    return Err(Message::new("review-return-without-remark"));
                }
            }
        }
        let returned = taken.verdict != Verdict::Approved;
        let mut next = self.clone();
        next.taken.push(taken);
        next.state = match (returned, next.steps_open(), self.state) {
            // What took effect already stays so until a correction does.
            (true, _, State::Urgent) => State::Wanting,
            (true, ..) => State::Returned,
            (false, 0, State::Urgent) => State::Effective,
            (false, 0, _) => State::Approved,
            (false, _, state) => state,
        };
        Ok(next)
    }

    /// Whether the content may be changed as it stands.
    pub fn is_changeable(&self) -> bool {
        matches!(
            self.state,
            State::Open | State::Approved | State::Returned | State::Wanting
        )
    }

    fn change(&self, act: Act, digest: ContentDigest) -> Result<Self, Message> {
        if !self.is_changeable() {
            return Err(Message::new("review-over"));
        }
        if digest == self.digest {
            return Err(Message::new("review-nothing-changed"));
        }
        let mut next = self.clone();
        next.editors.extend(parts(act));
        next.digest = digest;
        next.state = State::Returned;
        next.void.append(&mut next.taken);
        Ok(next)
    }

    /// What was approved of the same content stands; who returned it looks at it
    /// again. Who hands in for somebody has a part in the text from then on:
    /// what they have approved of it is void.
    fn hand_in(&self, act: Act, at: Timestamp, answer: &str) -> Result<Self, Message> {
        if !matches!(self.state, State::Returned | State::Wanting) {
            return Err(Message::new("review-not-returned"));
        }
        if !self.is_of_an_editor(act) {
            return Err(Message::new("review-not-yours"));
        }
        let mut next = self.clone();
        let is_approved = |taken: &Taken| taken.verdict == Verdict::Approved;
        let was_changed = self.taken.iter().all(is_approved);
        let (stand, over): (Vec<Taken>, Vec<Taken>) = next.taken.into_iter().partition(|taken| {
            is_approved(taken) && !parts(act).any(|person| taken.act.involves(person))
        });
        if !was_changed && answer.trim().is_empty() {
            return Err(Message::new("review-nothing-changed"));
        }
        next.editors.extend(parts(act));
        next.taken = stand;
        next.void.extend(over);
        // Found wanting and answered, not changed: the review goes on.
        next.state = match self.state {
            State::Wanting => State::Urgent,
            _ => State::Open,
        };
        next.begun_at = at;
        Ok(next)
    }

    /// What is in effect is not taken back, nor is its correction.
    fn withdraw(&self, act: Act) -> Result<Self, Message> {
        let is_open = matches!(self.state, State::Open | State::Approved | State::Returned);
        if !is_open || self.in_effect.is_some() {
            return Err(Message::new("review-over"));
        }
        if !self.is_of_an_editor(act) {
            return Err(Message::new("review-not-yours"));
        }
        let mut next = self.clone();
        next.state = State::Withdrawn;
        Ok(next)
    }

    fn take_effect(&self, digest: &ContentDigest) -> Result<Self, Message> {
        if self.state != State::Approved {
            return Err(Message::new("review-not-approved"));
        }
        if *digest != self.digest {
            return Err(Message::new("review-changed-meanwhile"));
        }
        let mut next = self.clone();
        next.state = State::Effective;
        next.in_effect = Some(digest.clone());
        Ok(next)
    }

    /// The urgent path: the secrecy review is never skipped, and whoever takes
    /// it approves no step, neither before nor after.
    fn hurry(&self, role: Role, urgency: Urgency) -> Result<Self, Message> {
        if self.state != State::Open {
            return Err(Message::new("review-over"));
        }
        self.refuse_own(urgency.act)?;
        if urgency.digest != self.digest {
            return Err(Message::new("review-changed-meanwhile"));
        }
        if self.chain.urgent_by() != Some(role) {
            return Err(Message::new("review-no-urgency"));
        }
        if urgency.reason.is_empty() {
            return Err(Message::new("review-urgency-without-reason"));
        }
        let mut secrecy = self.chain.secrecy_steps();
        if secrecy.any(|step| self.approved(&step.key).is_none()) {
            return Err(Message::new("review-urgency-before-secrecy"));
        }
        let has_part = |taken: &Taken| parts(urgency.act).any(|id| taken.act.involves(id));
        if self.taken.iter().any(has_part) {
            return Err(Message::new("review-after-urgency-by-another"));
        }
        let mut next = self.clone();
        next.in_effect = Some(urgency.digest.clone());
        next.urgency = Some(urgency);
        next.state = State::Urgent;
        Ok(next)
    }
}

/// Who has a part in an act.
fn parts(act: Act) -> impl Iterator<Item = PersonId> {
    [Some(act.person), act.acting_for].into_iter().flatten()
}

#[cfg(test)]
mod tests;
