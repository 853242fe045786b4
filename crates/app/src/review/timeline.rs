//! The timeline of a paper: who did what, when, for whom, and what they said;
//! as it is shown, and as it is carried away for the file.

use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::review::chain::ChainData;
use gongkai_domain::review::content::Content;
use gongkai_domain::words::{Message, Words};
pub use gongkai_paper::review::Entry;
use gongkai_paper::review::{EditionLine, Round, StepTaken, TimelineFile};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use super::engine::{Done, Under, What};
use super::papers::{self, Seen};
use super::{PAPER, ReviewError, allowed, seen};
use crate::house::{House, china};
use crate::people::SignedIn;

/// A piece of a text beside another edition of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// It stands in both.
    Same(String),
    /// It came.
    Added(String),
    /// It went.
    Removed(String),
}

/// What changed from one content to the next: title, paragraphs, attachments,
/// each on a line of its own.
pub fn differences(old: &Content, new: &Content) -> Vec<Piece> {
    let lines = |content: &Content| -> String {
        let mut text = format!("{}\n{}\n", content.title, content.body);
        for attachment in &content.attachments {
            text.push_str(&format!("{} {}\n", attachment.name, attachment.digest));
        }
        text
    };
    let (old, new) = (lines(old), lines(new));
    let compared = TextDiff::from_lines(old.as_str(), new.as_str());
    let pieces = compared.iter_all_changes().filter_map(|change| {
        let text = change.to_string();
        let text = text.trim_end_matches('\n').to_owned();
        if text.trim().is_empty() {
            return None;
        }
        Some(match change.tag() {
            ChangeTag::Equal => Piece::Same(text),
            ChangeTag::Insert => Piece::Added(text),
            ChangeTag::Delete => Piece::Removed(text),
        })
    });
    pieces.collect()
}

/// What was done, in words.
fn deed(words: &Words, under: &Under, done: &Done) -> (String, Vec<(String, String)>, String) {
    let text = |id: &'static str| words.text(id);
    let none = Vec::new;
    match &done.what {
        What::Begin { .. } => (text("review-did-begin"), none(), String::new()),
        What::Take {
            step,
            role,
            approved,
            remarks,
            note,
            late,
            ..
        } => {
            let found = under.review.chain().step(step);
            let stands_in = found.is_some_and(|step| step.role.key() != role);
            let name = found.map_or_else(|| step.clone(), |step| step.name.clone());
            let role = Role::from_key(role).map(|role| words.render(&role.label()));
            let id = match (approved, *late && stands_in) {
                (true, false) => "review-did-approve",
                (true, true) => "review-did-approve-late",
                (false, false) => "review-did-return",
                (false, true) => "review-did-return-late",
            };
            let said = Message::new(id)
                .with("step", name)
                .with("role", role.unwrap_or_default());
            (words.render(&said), remarks.clone(), note.clone())
        }
        What::Change { .. } => (text("review-did-change"), none(), String::new()),
        What::HandIn { answer } => (text("review-did-hand-in"), none(), answer.clone()),
        What::Withdraw => (text("review-did-withdraw"), none(), String::new()),
        What::Effect { .. } => (text("review-did-effect"), none(), String::new()),
        What::Urgent { reason, .. } => (text("review-did-urgent"), none(), reason.clone()),
    }
}

/// The digest that an event is about, where it names one.
fn digest(what: &What) -> Option<&str> {
    match what {
        What::Begin { digest, .. }
        | What::Take { digest, .. }
        | What::Change { digest }
        | What::Effect { digest }
        | What::Urgent { digest, .. } => Some(digest),
        What::HandIn { .. } | What::Withdraw => None,
    }
}

/// The step that an event took, for programs.
fn step(what: &What) -> Option<StepTaken> {
    let What::Take {
        step,
        role,
        approved,
        late,
        ..
    } = what
    else {
        return None;
    };
    Some(StepTaken {
        key: step.clone(),
        role: role.clone(),
        verdict: match approved {
            true => "approved",
            false => "returned",
        },
        late: *late,
    })
}

/// Everything that was done with a paper, in order.
pub fn entries(words: &Words, seen: &Seen) -> Vec<Entry> {
    entries_of(words, &seen.reviews)
}

/// Everything that was done in reviews, whatever they are of, in order.
pub fn entries_of(words: &Words, reviews: &[Under]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for under in reviews {
        for done in &under.done {
            let (did, remarks, note) = deed(words, under, done);
            entries.push(Entry {
                at: instant(done.at),
                shown_at: local(done.at),
                step: step(&done.what),
                person: done.name.clone(),
                acting_for: done.for_name.clone(),
                what: did,
                remarks,
                note,
                digest: digest(&done.what).map(ToOwned::to_owned),
            });
        }
    }
    entries
}

/// An instant in China, with its offset, for programs.
fn instant(at: jiff::Timestamp) -> String {
    let here = at.to_zoned(china());
    here.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// An instant as people in China read it.
fn local(at: jiff::Timestamp) -> String {
    let here = at.to_zoned(china());
    here.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn edition(of: &(i64, String, String, jiff::Timestamp)) -> EditionLine {
    let (edition, digest, person, at) = of;
    EditionLine {
        edition: *edition,
        digest: digest.clone(),
        person: person.clone(),
        at: instant(*at),
    }
}

fn round(signed: &SignedIn, under: &Under) -> Round<ChainData> {
    let of = under.kept.chain_of.and_then(|id| signed.tree.get(id));
    let in_effect = under.review.in_effect();
    Round {
        number: under.kept.round,
        state: under.kept.state.clone(),
        digest: under.kept.digest.clone(),
        in_effect: in_effect.map(|digest| digest.as_str().to_owned()),
        chain_of: of.map(|body| body.name.clone()),
        chain_version: under.kept.chain_version,
        chain: under.review.chain().to_data(),
    }
}

/// The timeline of a paper for the file, with all by which its digest can be
/// reckoned again. That it was carried away is written down.
///
/// # Errors
/// [`ReviewError::Missing`] also where it may not be seen.
pub async fn export(
    house: &House,
    signed: &SignedIn,
    words: &Words,
    id: i64,
) -> Result<TimelineFile, ReviewError> {
    let (_, who) = allowed(house, signed, Action::ReviewSee, id).await?;
    let found = papers::see(house, signed, Action::ReviewSee, id).await?;
    let body = signed.tree.get(found.paper.organization);
    let state = found.review().map(|under| under.review.state());
    let file = TimelineFile {
        number: id,
        organization: body.map(|body| body.name.clone()).unwrap_or_default(),
        matter: words.render(&found.matter.label()),
        state: match state {
            Some(state) => words.render(&state.label()),
            None => words.text("review-state-draft"),
        },
        title: found.content.title.clone(),
        body: found.content.body.clone(),
        attachments: found
            .content
            .attachments
            .iter()
            .map(|one| (one.name.clone(), one.digest.clone(), one.size))
            .collect(),
        digest: found.content.digest().as_str().to_owned(),
        editions: found.editions.iter().map(edition).collect(),
        rounds: found
            .reviews
            .iter()
            .map(|under| round(signed, under))
            .collect(),
        entries: entries(words, &found),
        exported_at: instant(house.now()),
    };
    let object = (PAPER, id.to_string());
    seen(house, &who, object, json!({ "exported": true })).await?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(title: &str, body: &str) -> Content {
        Content::new(title, body, Vec::new()).expect("content")
    }

    #[test]
    fn what_changed_is_told_paragraph_by_paragraph() {
        let old = content("通知", "一\n\n二\n三");
        let new = content("通告", "一\n二点\n三");
        let text = ToOwned::to_owned;
        let expected = [
            Piece::Removed(text("通知")),
            Piece::Added(text("通告")),
            Piece::Same(text("一")),
            Piece::Removed(text("二")),
            Piece::Added(text("二点")),
            Piece::Same(text("三")),
        ];
        assert_eq!(differences(&old, &new), expected);
        let same = differences(&old, &old);
        assert!(same.iter().all(|piece| matches!(piece, Piece::Same(_))));
    }
}
