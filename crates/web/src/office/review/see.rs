//! One paper: its content and digest, what changed, its steps and what may be
//! done with it; its files, and its record for the file.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::review::ReviewError;
use gongkai_app::review::acts::Choice;
use gongkai_app::review::papers::{self, Seen};
use gongkai_app::review::steps::{self, May};
use gongkai_app::review::timeline::{self, Piece};
use gongkai_app::store::StoreError;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::review::chain::Step;
use gongkai_domain::review::{State, Verdict};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{address, broken, list, place};
use crate::frame::{Frame, page_with};
use crate::office::oversight::local;
use crate::office::{Inside, see_other};

/// Remarks that a form has room for; who has more says them in the note.
pub(super) const REMARKS: usize = 4;
/// What the form of returning a step adds to its key, so that what was typed
/// there stays there.
pub(super) const RETURN: &str = "return-";

/// A step that the one who looks may take.
struct Turn {
    step: String,
    title: String,
}

/// A line of the chain.
struct ChainRow {
    stage: usize,
    name: String,
    kind: String,
    role: String,
    stands: String,
}

/// A line of the timeline.
pub(in crate::office) struct DoneRow {
    pub at: String,
    pub by: String,
    pub what: String,
    pub said: Vec<String>,
    digest: String,
}

/// What was typed into the forms of a paper, when one of them was refused.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The step whose form it was.
    pub step: String,
    /// Places and texts.
    pub remarks: Vec<(String, String)>,
    /// The note, the answer or the reason.
    pub note: String,
}

#[derive(askama::Template)]
#[template(path = "office/review/paper.html")]
struct PaperPage {
    frame: Frame,
    errors: Vec<String>,
    base: String,
    key: String,
    digest: String,
    facts: Vec<(String, String)>,
    /// What counts for the whole: that it is in effect urgently, that one has
    /// written it.
    notices: Vec<String>,
    turns: Vec<Turn>,
    /// Places that a remark can be on, besides the numbers of paragraphs.
    places: Vec<String>,
    /// Whether what came back is in effect.
    is_wanting: bool,
    /// Whether what is under review takes the place of what is in effect.
    is_correction: bool,
    typed: Typed,
    may: May,
    paragraphs: Vec<String>,
    files: Vec<ShownFile>,
    compared: String,
    pieces: Vec<(&'static str, String)>,
    chain: Vec<ChainRow>,
    done: Vec<DoneRow>,
}

impl PaperPage {
    /// What was typed as the remark of a step's form, at a place of it.
    fn remark(&self, turn: &Turn, number: &usize) -> (String, String) {
        let own = self.returning(turn);
        let typed = self.typed.remarks.get(*number).filter(|_| own);
        typed.cloned().unwrap_or_default()
    }

    /// Whether a step was being returned when its form was refused.
    fn returning(&self, turn: &Turn) -> bool {
        self.typed.step.strip_prefix(RETURN) == Some(turn.step.as_str())
    }

    /// What was typed as the note beside the remarks.
    fn return_note(&self, turn: &Turn) -> &str {
        match self.returning(turn) {
            true => &self.typed.note,
            false => "",
        }
    }

    fn numbers(&self) -> std::ops::Range<usize> {
        0..REMARKS
    }

    /// What was typed as the note of a form; of a step, or of the whole.
    fn note(&self, step: &str) -> &str {
        match self.typed.step == step {
            true => &self.typed.note,
            false => "",
        }
    }
}

fn role(words: &Words, role: Role) -> String {
    words.render(&role.label())
}

fn turn(words: &Words, choice: &Choice) -> Turn {
    let id = match (choice.act.acting_for, choice.role == choice.step.role) {
        (None, true) => "review-turn",
        (None, false) => "review-turn-late",
        (Some(_), true) => "review-turn-lent",
        (Some(_), false) => "review-turn-late-lent",
    };
    let title = Message::new(id)
        .with("step", &choice.step.name)
        .with("role", role(words, choice.role));
    Turn {
        step: choice.step.key.clone(),
        title: words.render(&title),
    }
}

/// Places of a paper that a remark can be on, besides its paragraphs.
fn places(words: &Words, seen: &Seen) -> Vec<String> {
    let mut places = vec![words.text("paper-title")];
    for attachment in &seen.content.attachments {
        let place = Message::new("paper-file").with("name", &attachment.name);
        places.push(words.render(&place));
    }
    places
}

/// How a step of the chain stands.
fn stands(inside: &Inside, seen: &Seen, step: &Step) -> String {
    let words = inside.visit.modes.words();
    let Some(under) = seen.review() else {
        return String::new();
    };
    let taken = under.review.taken().iter().rev();
    let mut taken = taken.filter(|taken| taken.step == step.key);
    let waiting = under.review.waiting();
    if let Some(waiting) = waiting.iter().find(|one| one.step.key == step.key) {
        let due = under.due(*waiting);
        let is_late = under.is_late(*waiting, inside.signed.today);
        let told =
            Message::new("review-stands-waiting").with("due", list::due(words, &due, is_late));
        return words.render(&told);
    }
    match taken.next() {
        Some(taken) => {
            let id = match taken.verdict {
                Verdict::Approved => "review-stands-taken",
                Verdict::Returned(_) => "review-stands-returned",
            };
            let told = Message::new(id).with("at", local(taken.at));
            words.render(&told)
        }
        None => words.text("review-stands-later"),
    }
}

fn chain(inside: &Inside, seen: &Seen) -> Vec<ChainRow> {
    let words = inside.visit.modes.words();
    let Some(under) = seen.review() else {
        return Vec::new();
    };
    let stages = under.review.chain().stages().iter().enumerate();
    let rows = stages.flat_map(|(stage, steps)| {
        steps.iter().map(move |step| ChainRow {
            stage: stage + 1,
            name: step.name.clone(),
            kind: words.render(&step.kind.label()),
            role: role(words, step.role),
            stands: stands(inside, seen, step),
        })
    });
    rows.collect()
}

/// What was done and said in reviews, for a page.
pub(in crate::office) fn done(words: &Words, entries: Vec<timeline::Entry>) -> Vec<DoneRow> {
    entries
        .into_iter()
        .map(|entry| {
            let remarks = entry.remarks.into_iter().map(|(place, text)| {
                let remark = match place.is_empty() {
                    true => Message::new("review-remark-whole"),
                    false => Message::new("review-remark").with("place", place),
                };
                words.render(&remark.with("text", text))
            });
            let mut said: Vec<String> = remarks.collect();
            said.extend(Some(entry.note).filter(|note| !note.is_empty()));
            let by = match entry.acting_for {
                Some(name) => {
                    let by = Message::new("review-by-for").with("name", entry.person);
                    words.render(&by.with("lender", name))
                }
                None => entry.person,
            };
            DoneRow {
                at: entry.shown_at,
                by,
                what: entry.what,
                said,
                digest: entry.digest.unwrap_or_default(),
            }
        })
        .collect()
}

fn facts(inside: &Inside, seen: &Seen) -> Vec<(String, String)> {
    let words = inside.visit.modes.words();
    let writers: std::collections::BTreeSet<&str> = seen
        .editions
        .iter()
        .map(|(_, _, name, _)| name.as_str())
        .collect();
    let writers: Vec<&str> = writers.into_iter().collect();
    let from = seen.review().map(|under| match under.kept.chain_of {
        None => words.text("chain-usual"),
        Some(id) => {
            let of = Message::new("chain-of").with("name", place(inside, id));
            words.render(&of.with("version", under.kept.chain_version))
        }
    });
    let all = [
        ("paper-number", seen.paper.id.to_string()),
        ("paper-state", list::state(words, &seen.paper.state)),
        ("paper-matter", words.render(&seen.matter.label())),
        ("paper-place", place(inside, seen.paper.organization)),
        ("paper-by", writers.join("、")),
        ("paper-edition", seen.paper.edition.to_string()),
        ("paper-changed-at", local(seen.paper.changed_at)),
        ("chain-title", from.unwrap_or_default()),
    ];
    let all = all.into_iter().filter(|(_, value)| !value.is_empty());
    all.map(|(label, value)| (words.text(label), value))
        .collect()
}

fn notices(inside: &Inside, seen: &Seen, may: &May) -> Vec<String> {
    let words = inside.visit.modes.words();
    let mut notices = Vec::new();
    if let Some(urgency) = seen.review().and_then(|under| under.review.urgency()) {
        let told = Message::new("review-urgent-notice").with("at", local(urgency.at));
        notices.push(words.render(&told.with("reason", &urgency.reason)));
    }
    if let Some(under) = seen.review() {
        if under.review.state() == State::Wanting {
            notices.push(words.text("review-wanting-notice"));
        }
        let in_effect = under.review.in_effect();
        if let Some(digest) = in_effect.filter(|digest| *digest != under.review.digest()) {
            let told = Message::new("review-in-effect-notice").with("digest", digest.as_str());
            notices.push(words.render(&told));
        }
    }
    if may.choices.is_empty() {
        notices.extend(may.against.iter().map(|message| words.render(message)));
    }
    notices
}

/// A file of a paper on its page.
struct ShownFile {
    name: String,
    /// By what it is asked for.
    token: String,
    /// Kilobytes.
    size: String,
    /// How it stands with file inspection.
    standing: String,
    /// The inspection, for who may look at it.
    inspection: Option<i64>,
}

/// The page of a paper, with what was wrong with a form of it.
pub(super) fn shown(
    inside: &Inside,
    seen: &Seen,
    status: StatusCode,
    errors: Vec<String>,
    typed: Typed,
) -> Response {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let house = &inside.visit.office.house;
    let may = steps::may(house, &inside.signed, seen);
    let pieces = seen.earlier.as_ref().map(|(_, old)| {
        let pieces = timeline::differences(old, &seen.content).into_iter();
        pieces.map(|piece| match piece {
            Piece::Same(text) => ("same", text),
            Piece::Added(text) => ("added", text),
            Piece::Removed(text) => ("removed", text),
        })
    });
    let compared = seen.earlier.as_ref().map(|(edition, _)| {
        let compared = Message::new("paper-compared").with("edition", edition);
        words.render(&compared)
    });
    let tokens = seen.content.tokens();
    let target = Target::Organization(seen.paper.organization);
    let may_look = inside
        .signed
        .may(Action::InspectionUse, target)
        .is_allowed();
    let files = seen.content.attachments.iter().zip(tokens).zip(&seen.files);
    let files = files.map(|((one, token), standing)| ShownFile {
        name: one.name.clone(),
        token,
        size: one.size.div_ceil(1024).to_string(),
        standing: words.text(match standing.may_pass {
            true => "paper-file-passes",
            false => "paper-file-stays",
        }),
        inspection: standing.inspection.filter(|_| may_look),
    });
    let review = seen.review().map(|under| &under.review);
    let page = PaperPage {
        errors,
        base: address(seen.paper.id),
        key: house.token(),
        digest: seen.content.digest().as_str().to_owned(),
        facts: facts(inside, seen),
        notices: notices(inside, seen, &may),
        turns: may
            .choices
            .iter()
            .map(|choice| turn(words, choice))
            .collect(),
        places: places(words, seen),
        is_wanting: review.is_some_and(|review| review.state() == State::Wanting),
        is_correction: review.is_some_and(|review| {
            let in_effect = review.in_effect();
            in_effect.is_some_and(|digest| digest != review.digest())
        }),
        typed,
        may,
        paragraphs: seen
            .content
            .paragraphs()
            .into_iter()
            .map(ToOwned::to_owned)
            .collect(),
        files: files.collect(),
        compared: compared.unwrap_or_default(),
        pieces: pieces.into_iter().flatten().collect(),
        chain: chain(inside, seen),
        done: done(words, timeline::entries(words, seen)),
        frame: Frame::new(modes, seen.content.title.clone()),
    };
    page_with(status, &page)
}

/// `GET /office/review/{id}`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    let house = &inside.visit.office.house;
    match papers::see(house, &inside.signed, Action::ReviewSee, id).await {
        Ok(seen) => shown(&inside, &seen, StatusCode::OK, Vec::new(), Typed::default()),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// Which file, or in which form.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    digest: String,
    #[serde(default)]
    format: String,
}

/// A file to be kept, never to be shown: a stranger may have made it.
pub(crate) fn download(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let name = name.replace('+', "%20");
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let disposition =
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

/// `GET /office/review/{id}/file`
pub async fn file(inside: Inside, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if asked.digest.is_empty() {
        // Which files there are stands on the page of the paper.
        return match papers::see(house, signed, Action::ReviewSee, id).await {
            Ok(_) => see_other(&address(id)),
            Err(error) => broken(inside.visit.modes, error),
        };
    }
    match papers::file(house, signed, id, &asked.digest).await {
        Ok((name, bytes)) => download(&name, "application/octet-stream", bytes.to_vec()),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// `GET /office/review/{id}/timeline`
pub async fn timeline(inside: Inside, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Response {
    let words = inside.visit.modes.words();
    let house = &inside.visit.office.house;
    let file = match timeline::export(house, &inside.signed, words, id).await {
        Ok(file) => file,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let made = match asked.format.as_str() {
        "json" => file
            .json(words)
            .map(|text| ("json", "application/json", text))
            .map_err(|error| error.to_string()),
        _ => file
            .html(words)
            .map(|text| ("html", "text/html; charset=utf-8", text))
            .map_err(|error| error.to_string()),
    };
    match made {
        Ok((ending, media_type, text)) => {
            let name = format!("review-{id}.{ending}");
            download(&name, media_type, text.into_bytes())
        }
        Err(reason) => broken(
            inside.visit.modes,
            ReviewError::Store(StoreError::Refused(reason)),
        ),
    }
}
