//! Templates: an office's own words for a letter, with places for facts.
//!
//! A template has parts, each under a line of its own (`== 标题`, `== 正文`,
//! `== 回执`); a line of a part is a paragraph. Places are minijinja's
//! (`{{ 申请.内容 }}`, `{% if … %}`, `{% for … in … %}`) and nothing more:
//! no file can be reached, nothing can be reckoned or defined, and rendering
//! ends. What a fact says is never read again as a place or as a paragraph.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::facts::{LetterFacts, clean};
use super::kinds::Kind;
use crate::words::Message;

mod places;

pub use places::PLACES;
use places::context;

/// Longer templates than this nobody writes, in characters.
pub const TEMPLATE_CHARS_MAX: usize = 20_000;
/// Instructions that one part may take; ours take some hundreds.
const FUEL: u64 = 50_000;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// Why, in words.
    pub reason: Message,
}

impl Fault {
    fn new(line: usize, reason: Message) -> Self {
        Self { line, reason }
    }

    /// The whole of it, with its line.
    pub fn message(&self, words: &crate::words::Words) -> String {
        let line = Message::new("letter-template-line").with("line", self.line);
        format!("{}{}", words.render(&line), words.render(&self.reason))
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Title,
    Body,
    Slip,
}

const PARTS: [(&str, Part); 3] = [
    ("标题", Part::Title),
    ("正文", Part::Body),
    ("回执", Part::Slip),
];

/// The words of a letter, as a template gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worded {
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub body: Vec<String>,
    /// A slip to be sent back, line by line; the first line is its title.
    pub slip: Vec<String>,
}

/// The template that comes with the product.
pub fn default(kind: &Kind) -> &'static str {
    DEFAULTS
        .iter()
        .find(|(key, _)| *key == kind.key)
        .map_or("", |(_, text)| text)
}

macro_rules! defaults {
    ($($key:literal),* $(,)?) => {
        &[$(($key, include_str!(concat!("../../data/letters/", $key, ".jinja")))),*]
    };
}

const DEFAULTS: &[(&str, &str)] = defaults![
    "receipt",
    "supplement",
    "reasons",
    "consult_third_party",
    "consult_told",
    "consult_co_maker",
    "consult_organ",
    "extension",
    "deferral",
    "fee",
    "already_public",
    "granted",
    "partial",
    "denied",
    "not_exist",
    "not_ours",
    "needs_processing",
    "still_unclear",
    "special_access",
    "petition",
    "duplicate",
    "publication",
    "excessive",
    "confirm_or_reissue",
    "other",
    "abandoned_supplement",
    "abandoned_fee",
    "disclosure_decided",
    "correction",
    "assistance",
    "joint_handling",
    "withdrawn",
];

/// The parts of a template, each with so many empty lines before it that its
/// lines are counted as the template's.
fn parts(source: &str) -> Result<BTreeMap<Part, String>, Fault> {
    if source.chars().count() > TEMPLATE_CHARS_MAX {
        let reason = Message::new("letter-template-long").with("max", TEMPLATE_CHARS_MAX);
        return Err(Fault::new(1, reason));
    }
    let mut found: BTreeMap<Part, String> = BTreeMap::new();
    let mut current: Option<Part> = None;
    for (line, number) in source.lines().zip(1..) {
        if let Some(name) = line.strip_prefix("==") {
            let name = name.trim();
            let part = PARTS.iter().find(|(known, _)| *known == name);
            let Some((_, part)) = part else {
                let reason = Message::new("letter-template-part-unknown").with("name", name);
                return Err(Fault::new(number, reason));
            };
            if found.insert(*part, "\n".repeat(number)).is_some() {
                let reason = Message::new("letter-template-part-twice").with("name", name);
                return Err(Fault::new(number, reason));
            }
            current = Some(*part);
            continue;
        }
        match current.and_then(|part| found.get_mut(&part)) {
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => {
                return Err(Fault::new(
                    number,
                    Message::new("letter-template-before-parts"),
                ));
            }
        }
    }
    for (name, part) in PARTS.iter().filter(|(_, part)| *part != Part::Slip) {
        if found.get(part).is_none_or(|text| text.trim().is_empty()) {
            let reason = Message::new("letter-template-part-missing").with("name", name);
            return Err(Fault::new(source.lines().count().max(1), reason));
        }
    }
    for text in found.values() {
        plain(text)?;
    }
    Ok(found)
}

/// Words with which a statement may begin.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// Refuses everything but places, conditions and lists: what reckons or
/// defines could be made to grow without end.
fn plain(text: &str) -> Result<(), Fault> {
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    let refused = |line, text: &str| {
        let shown: String = text.trim().chars().take(20).collect();
        Fault::new(
            line,
            Message::new("letter-template-forbidden").with("text", shown),
        )
    };
    while let Some(at) = rest.find("{") {
        let after = &rest[at..];
        let end = match after.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                rest = &after[1..];
                continue;
            }
        };
        let line = line_of(after);
        // What has no end is told by the template engine, with its line.
        let Some(length) = after[2..].find(end) else {
            return Ok(());
        };
        let inside = &after[2..2 + length];
        let inner = inside.trim_matches(['-', '+']).trim();
        if end != "#}" {
            if inner.contains(['~', '*', '+', '%', '[', '{', '|', '(']) {
                return Err(refused(line, inner));
            }
            let first = inner.split_whitespace().next().unwrap_or_default();
            if end == "%}" && !STATEMENTS.contains(&first) {
                return Err(refused(line, inner));
            }
        }
        rest = &after[2 + length + 2..];
    }
    Ok(())
}

fn environment() -> Environment<'static> {
    // Empty: no filter, no function, no loader.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    environment.set_debug(false);
    environment.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), clean);
        out.write_str(&text).map_err(Error::from)
    });
    environment
}

fn fault(error: &Error) -> Fault {
    let line = error.line().unwrap_or(1);
    let detail = error.detail().unwrap_or_default().to_owned();
    let reason = match error.kind() {
        ErrorKind::UndefinedError => Message::new("letter-template-unknown-place"),
        ErrorKind::OutOfFuel => Message::new("letter-template-endless"),
        kind => {
            let detail = if detail.is_empty() {
                kind.to_string()
            } else {
                detail
            };
            Message::new("letter-template-syntax").with("detail", detail)
        }
    };
    Fault::new(line, reason)
}

/// Words a letter: the template with its facts.
///
/// # Errors
/// The first thing that is wrong with the template, at its line.
pub fn render(source: &str, facts: &LetterFacts, dated: Date) -> Result<Worded, Fault> {
    let parts = parts(source)?;
    let environment = environment();
    let context = context(facts, dated);
    let mut worded = Worded::default();
    for (part, text) in &parts {
        let template = environment.template_from_str(text);
        let template = template.map_err(|error| fault(&error))?;
        unknown(&template, text)?;
        let rendered = template.render(context.clone());
        let rendered = rendered.map_err(|error| fault(&error))?;
        let lines = rendered
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        match part {
            Part::Title => worded.title = lines.concat(),
            Part::Body => worded.body = lines,
            Part::Slip => worded.slip = lines,
        }
    }
    Ok(worded)
}

/// Refuses a place that no letter has, also where it stands behind a condition.
fn unknown(template: &minijinja::Template<'_, '_>, text: &str) -> Result<(), Fault> {
    let mut found: Vec<(usize, String)> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !is_place(name))
        .map(|name| {
            let line = text
                .find(name.as_str())
                .map_or(1, |at| text[..at].matches('\n').count() + 1);
            (line, name)
        })
        .collect();
    found.sort();
    match found.into_iter().next() {
        None => Ok(()),
        Some((line, name)) => {
            let reason = Message::new("letter-template-no-such-place").with("name", name);
            Err(Fault::new(line, reason))
        }
    }
}

fn is_place(name: &str) -> bool {
    PLACES.iter().any(|(place, _)| *place == name)
        || PLACES.iter().any(|(place, _)| {
            place
                .split_once('.')
                .is_some_and(|(group, _)| group == name)
        })
}

/// Everything that is wrong with a template for a kind, rendered with every
/// sample; none where it may be used.
pub fn check(source: &str, kind: &Kind) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for sample in super::samples::all() {
        match render(source, &sample.facts_for(kind), sample.dated()) {
            Err(fault) if !faults.contains(&fault) => faults.push(fault),
            Ok(worded) if worded.title.is_empty() || worded.body.is_empty() => {
                let fault = Fault::new(
                    1,
                    Message::new("letter-template-empty").with("sample", sample.name),
                );
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            _ => {}
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults
}
