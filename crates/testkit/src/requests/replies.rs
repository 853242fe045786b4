//! Letters and replies for tests: filled in, written and reviewed as a bureau does.

use std::collections::BTreeMap;

use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::people::SignedIn;
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::requests::papers::{self, Choice, Wanted};
use gongkai_app::requests::steps::Seen;
use gongkai_app::requests::{RequestError, replies};
use gongkai_app::review::acts::Asked;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::{entry, samples};
use gongkai_domain::organization::PersonId;

use super::{Bureau, signed};

/// What a handler fills in for a letter, who takes the words of the sample where the
/// case knows none, and the case's own where it does.
///
/// # Errors
/// As the office tells them.
pub async fn wanted(
    house: &House,
    by: &SignedIn,
    shown: &Shown,
    kind: &'static Kind,
) -> Result<Wanted, RequestError> {
    wanted_for(house, by, shown, (kind, Choice::default())).await
}

/// The same, where something is chosen for it.
///
/// # Errors
/// As the office tells them.
pub async fn wanted_for(
    house: &House,
    by: &SignedIn,
    shown: &Shown,
    (kind, choice): (&'static Kind, Choice),
) -> Result<Wanted, RequestError> {
    let known = papers::known(house, by, shown, kind, choice).await?;
    let sample = samples::ordinary().facts_for(kind);
    let filled = |one| match entry::value(&known, one) {
        own if own.is_empty() => entry::value(&sample, one),
        own => own,
    };
    let entries = entry::entries(kind);
    let typed: BTreeMap<&str, String> = entries
        .into_iter()
        .map(|one| (one.name, filled(one)))
        .collect();
    let facts = entry::read(kind, &known, |name| {
        typed.get(name).map_or("", String::as_str)
    });
    let mut facts = facts.map_err(RequestError::Entered)?;
    papers::settle(by, shown, &mut facts)?;
    Ok(Wanted {
        kind,
        facts,
        edited: None,
    })
}

impl Bureau {
    /// Has a reply with its letter written and reviewed.
    ///
    /// # Errors
    /// As the office tells them.
    ///
    /// # Panics
    /// If no kind of letter tells the outcome.
    pub async fn approve_letter(
        &self,
        house: &House,
        id: i64,
        outcome: &str,
    ) -> Result<(), RequestError> {
        let kind = Kind::telling(outcome).expect("a kind");
        let handler = signed(house, self.handler).await;
        let shown = look::see(house, &handler, id).await?;
        let wanted = wanted(house, &handler, &shown, kind).await?;
        let draft = papers::draft(house, &shown, &wanted).await?;
        let clause = draft.clause.is_some();
        let body = draft.letter.paragraphs.len() - usize::from(clause);
        let text = draft.letter.paragraphs[..body].join("\n");
        let version = shown.kept.version;
        let (seen, key) = (Seen { id, version }, house.token());
        let (says, facts) = ((outcome, text.as_str()), Some(&wanted.facts));
        replies::write_letter(house, &handler, &key, seen, says, facts).await?;
        let shown = look::see(house, &handler, id).await?;
        let digest = shown.draft.expect("a draft").reply.digest;
        self.approve_digest(house, id, &digest).await
    }

    /// Has an edition reviewed by everybody of the chain.
    ///
    /// # Errors
    /// As the office tells them.
    pub async fn approve_digest(
        &self,
        house: &House,
        id: i64,
        digest: &str,
    ) -> Result<(), RequestError> {
        self.hand_in(house, id, digest).await?;
        let steps = [
            (self.reviewer, "review"),
            (self.legal, "legal"),
            (self.secrecy, "secrecy"),
            (self.leader, "sign"),
        ];
        for (by, step) in steps {
            self.approve(house, by, id, step, digest).await?;
        }
        Ok(())
    }

    /// The handler hands an edition in.
    ///
    /// # Errors
    /// As the office tells them.
    pub async fn hand_in(&self, house: &House, id: i64, digest: &str) -> Result<(), RequestError> {
        let (handler, key) = (signed(house, self.handler).await, house.token());
        replies::hand_in(house, &handler, &key, id, digest, "").await
    }

    /// Somebody approves an edition in a step of its chain.
    ///
    /// # Errors
    /// As the office tells them.
    pub async fn approve(
        &self,
        house: &House,
        by: PersonId,
        id: i64,
        step: &str,
        digest: &str,
    ) -> Result<(), RequestError> {
        let signed = signed(house, by).await;
        let sent = Sent::new("reply", &house.token(), []);
        let asked = Asked {
            step: step.to_owned(),
            digest: digest.to_owned(),
            approved: true,
            ..Asked::default()
        };
        let taken = replies::take(house, &signed, &sent, id, &asked).await;
        taken.map(drop)
    }
}
