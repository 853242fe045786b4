//! What some cases of an invented city have in writing: their steps are taken by
//! letters, with words of the city's file where the case itself knows none.

use std::collections::BTreeMap;

use gongkai_domain::letters::entry;
use gongkai_domain::letters::facts::LetterFacts;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::case::Asked;
use gongkai_domain::requests::record;
use gongkai_store::requests as stored;
use jiff::civil::Date;

use super::DemoError;
use super::life::{Case, Life};
use super::plan::Deed;
use crate::people::SignedIn;
use crate::requests::charging::Basis;
use crate::requests::look::{self, Shown};
use crate::requests::papers::{self, Choice, Wanted};
use crate::requests::sealing::{self, Sealing};
use crate::requests::{RequestError, replies};

/// Words for letters: by kind and entry (`publication/channel-place`), or by entry
/// alone.
pub(super) type Phrases = BTreeMap<String, String>;

/// Letters that are a deed, and by whom each is issued.
fn instead(deed: &Deed) -> Option<(Role, &'static str)> {
    Some(match deed {
        Deed::AskSupplement => (Role::Handler, "supplement"),
        Deed::SupplementLapsed => (Role::Clerk, "abandoned_supplement"),
        Deed::Consult(Asked::ThirdParty) => (Role::Handler, "consult_third_party"),
        Deed::Consult(Asked::CoMaker) => (Role::Handler, "consult_co_maker"),
        Deed::Consult(Asked::Organ) => (Role::Handler, "consult_organ"),
        Deed::Extend(_) => (Role::OfficeHead, "extension"),
        Deed::AskReasons => (Role::Handler, "reasons"),
        Deed::Defer(_) => (Role::OfficeHead, "deferral"),
        Deed::FeeLapsed => (Role::Clerk, "abandoned_fee"),
        _ => return None,
    })
}

/// A letter that goes before a deed, and one that follows it.
fn beside(deed: &Deed) -> [Option<(Role, &'static str)>; 2] {
    match deed {
        Deed::Confirm | Deed::ConfirmSelf => [None, Some((Role::Clerk, "receipt"))],
        Deed::Consult(_) => [None, Some((Role::Handler, "consult_told"))],
        Deed::Fee(_) => [Some((Role::Handler, "fee")), None],
        Deed::Withdraw => [None, Some((Role::Clerk, "withdrawn"))],
        _ => [None, None],
    }
}

impl Life {
    /// Does one thing with the letters that belong to it.
    pub(super) async fn in_writing(
        &self,
        case: &mut Case,
        deed: &Deed,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let [before, after] = beside(deed);
        if let Some((role, kind)) = before
            && let Err(error) = self.letter(case, deed, (role, kind), today).await?
        {
            return Ok(Err(error));
        }
        let done = match (instead(deed), deed) {
            (Some(letter), _) => self.letter(case, deed, letter, today).await?,
            (None, Deed::Draft(outcome)) => self.reply(case, outcome, today).await?,
            (None, Deed::Serve) => match self.sealed(case, today).await? {
                Ok(()) => self.done(case, deed, today).await?,
                refused => refused,
            },
            _ => self.done(case, deed, today).await?,
        };
        self.see_anew(case).await?;
        match after {
            Some(letter) if done.is_ok() => self.letter(case, deed, letter, today).await,
            _ => Ok(done),
        }
    }

    /// A step and its letter are several events.
    async fn see_anew(&self, case: &mut Case) -> Result<(), DemoError> {
        let mut tx = self.house.db.read().await?;
        let kept = stored::get_any(&mut tx, case.seen.id).await?;
        tx.roll_back().await?;
        case.seen.version = kept.map_or(case.seen.version, |kept| kept.version);
        Ok(())
    }

    async fn letter(
        &self,
        case: &mut Case,
        deed: &Deed,
        (role, kind): (Role, &'static str),
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let by = self.office.of(case.body, role, today)?;
        let kind = Kind::of(kind).ok_or_else(|| DemoError::File(kind.to_owned()))?;
        let (house, key) = (&self.house, self.house.token());
        let issued = async {
            let shown = look::see(house, &by, case.seen.id).await?;
            let wanted = self.wanted(&by, &shown, kind, deed).await?;
            papers::issue(house, &by, &key, case.seen, &shown, &wanted).await
        };
        let issued = issued.await;
        self.see_anew(case).await?;
        Ok(issued)
    }

    /// What a letter is made of: what the case knows, and words of the file.
    async fn wanted(
        &self,
        by: &SignedIn,
        shown: &Shown,
        kind: &'static Kind,
        deed: &Deed,
    ) -> Result<Wanted, RequestError> {
        let basis = match deed {
            Deed::Fee(pages) => Basis::Pages(*pages),
            _ => Basis::Items,
        };
        let choice = Choice {
            basis,
            ..Choice::default()
        };
        let known = papers::known(&self.house, by, shown, kind, choice).await?;
        let mut typed: BTreeMap<&str, String> = BTreeMap::new();
        for one in entry::entries(kind) {
            let own = entry::value(&known, one);
            let phrases = [format!("{}/{}", kind.key, one.name), one.name.to_owned()];
            let phrase = phrases.iter().find_map(|name| self.phrases.get(name));
            let text = match phrase {
                Some(phrase) if own.is_empty() => phrase.clone(),
                _ => own,
            };
            typed.insert(one.name, text);
        }
        let day = |days| self.days(by.today, days).to_string();
        let planned = match deed {
            Deed::AskSupplement => Some(("supplement-limit", day(10))),
            Deed::AskReasons => Some(("frequency-limit", day(7))),
            Deed::Consult(Asked::Organ) => Some(("consultation-days", "10".to_owned())),
            Deed::Extend(days) => Some(("extension-days", days.to_string())),
            Deed::Defer(days) => Some(("deferral-until", day(*days))),
            _ => None,
        };
        typed.extend(planned.filter(|(name, _)| typed.contains_key(name)));
        let facts = entry::read(kind, &known, |name| {
            typed.get(name).map_or("", String::as_str)
        });
        let mut facts: LetterFacts = facts.map_err(RequestError::Entered)?;
        papers::settle(by, shown, &mut facts)?;
        Ok(Wanted {
            kind,
            facts,
            edited: None,
        })
    }

    /// The reply with what its letter is made of.
    async fn reply(
        &self,
        case: &mut Case,
        outcome: &str,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let by = self.office.of(case.body, Role::Handler, today)?;
        let kind = Kind::telling(outcome).ok_or_else(|| DemoError::File(outcome.to_owned()))?;
        let (house, key) = (&self.house, self.house.token());
        case.outcome = outcome.to_owned();
        let written = async {
            let shown = look::see(house, &by, case.seen.id).await?;
            let draft = Deed::Draft(outcome.to_owned());
            let wanted = self.wanted(&by, &shown, kind, &draft).await?;
            let draft = papers::draft(house, &shown, &wanted).await?;
            // The clause of remedies is put below what is reviewed.
            let own = draft.letter.paragraphs.len() - usize::from(draft.clause.is_some());
            let text = draft.letter.paragraphs[..own].join("\n");
            let (says, facts) = ((outcome, text.as_str()), Some(&wanted.facts));
            replies::write_letter(house, &by, &key, case.seen, says, facts).await
        };
        let written = written.await;
        self.drafted(case).await?;
        Ok(written)
    }

    /// Who keeps the seal enters it for the reply.
    async fn sealed(
        &self,
        case: &mut Case,
        today: Date,
    ) -> Result<Result<(), RequestError>, DemoError> {
        let by = self.office.of(case.body, Role::Clerk, today)?;
        let (house, key, on) = (&self.house, self.house.token(), today.to_string());
        let sealed = async {
            let shown = look::see(house, &by, case.seen.id).await?;
            let letters = record::letters(shown.record.iter().map(|one| &one.what));
            let is_reply = |key: &str| Kind::of(key).is_some_and(Kind::is_reply);
            let reply = letters.into_iter().find(|one| is_reply(one.kind));
            let sealing = Sealing {
                letter: reply.map_or(0, |one| one.letter),
                seal: "disclosure",
                copies: 2,
                on: &on,
                note: "按审签件用印，一份送达，一份存档。",
            };
            sealing::seal(house, &by, &key, case.seen, sealing).await
        };
        let sealed = sealed.await;
        self.see_anew(case).await?;
        Ok(sealed)
    }
}
