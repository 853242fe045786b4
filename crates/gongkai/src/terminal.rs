//! An audit on the terminal, as a good compiler would show it: the place, the
//! excerpt with a caret, the arithmetic, the rule, the mend.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gongkai_app::paper::report::{Audited, Decision};
use gongkai_domain::report::audit::{Diagnostic, Severity, Status};
use gongkai_domain::words::{Message, Words};

/// Characters of a sentence shown on each side of the figure.
const AROUND: usize = 28;

/// An excerpt: a line of text and the byte range to point at.
struct Excerpt {
    text: String,
    range: (usize, usize),
}

/// The audit of a file, coloured; the stream strips colour off a terminal.
pub fn audit(file: &Audited, words: &Words) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Unicode);
    let mut out = String::new();
    for diagnostic in file.diagnostics.iter().filter(|d| file.counts(d)) {
        out.push_str(&one(file, diagnostic, words, &renderer));
        out.push_str("\n\n");
    }
    let dismissed = file.diagnostics.iter().filter(|d| !file.counts(d)).count();
    let id = if file.count(Severity::Error) > 0 {
        "terminal-summary-errors"
    } else if file.count(Severity::Warning) > 0 {
        "terminal-summary-warnings"
    } else {
        "terminal-summary-clean"
    };
    out.push_str(
        &words.render(
            &Message::new(id)
                .with("name", &file.name)
                .with("errors", file.count(Severity::Error))
                .with("warnings", file.count(Severity::Warning))
                .with("notes", file.count(Severity::Note))
                .with("cells", file.reading.tables.cells.len()),
        ),
    );
    if dismissed > 0 {
        let message = Message::new("terminal-dismissed").with("count", dismissed);
        out.push_str(&words.render(&message));
    }
    out.push('\n');
    out
}

fn one(file: &Audited, diagnostic: &Diagnostic, words: &Words, renderer: &Renderer) -> String {
    let name = words.text(&format!("severity-{}", diagnostic.severity.name()));
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut title = words.render(&diagnostic.message);
    if diagnostic.status != Status::Fails {
        let key = diagnostic.status.name().replace(' ', "-");
        title = format!("（{}）{title}", words.text(&format!("status-{key}")));
    }
    let confirmed = file
        .verdict(diagnostic)
        .is_some_and(|verdict| verdict.decision == Decision::Confirmed);
    if confirmed {
        title = format!("［{}］{title}", words.text("page-confirmed"));
    }
    let excerpt = excerpt(file, diagnostic);
    let figures = match (&diagnostic.left, &diagnostic.right) {
        (Some(left), Some(right)) => format!("{left} ≠ {right}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let place = place(file, diagnostic, words);
    let primary = level
        .with_name(name)
        .primary_title(title)
        .id(diagnostic.code.as_str());
    let mut group = Group::with_title(primary);
    if let Some(excerpt) = &excerpt {
        let mut annotation = AnnotationKind::Primary.span(excerpt.range.0..excerpt.range.1);
        if !figures.is_empty() && diagnostic.status == Status::Fails {
            annotation = annotation.label(figures);
        }
        let line = diagnostic
            .spot
            .place
            .line
            .or(diagnostic.spot.place.row)
            .unwrap_or(1);
        group = group.element(
            Snippet::source(excerpt.text.as_str())
                .line_start(usize::try_from(line).unwrap_or(1))
                .path(place)
                .annotation(annotation),
        );
    }
    let label = |key: &str| words.text(key);
    group = group.element(
        Level::NOTE
            .with_name(label("terminal-basis"))
            .message(diagnostic.basis),
    );
    if let Some(mend) = &diagnostic.mend {
        group = group.element(
            Level::HELP
                .with_name(label("terminal-mend"))
                .message(words.render(mend)),
        );
    }
    group = group.element(
        Level::INFO
            .with_name(label("page-fingerprint"))
            .message(diagnostic.fingerprint.as_str()),
    );
    renderer.render(&[group])
}

fn place(file: &Audited, diagnostic: &Diagnostic, words: &Words) -> String {
    let place = &diagnostic.spot.place;
    let mut shown = file.name.clone();
    for (key, value) in [
        ("place-page", place.page),
        ("place-table", place.table.filter(|_| place.page.is_none())),
        ("place-row", place.row),
    ] {
        if let Some(value) = value {
            shown.push(' ');
            shown.push_str(&words.render(&Message::new(key).with("number", value)));
        }
    }
    shown
}

fn excerpt(file: &Audited, diagnostic: &Diagnostic) -> Option<Excerpt> {
    let reading = &file.reading;
    if let Some(sentence) = diagnostic
        .spot
        .sentence
        .and_then(|index| reading.sentences.get(index))
    {
        let whole = (0, sentence.folded.len());
        let range = sentence.original_range(diagnostic.spot.range.unwrap_or(whole));
        return Some(window(&sentence.text, range));
    }
    let cell = diagnostic
        .spot
        .cells
        .iter()
        .find_map(|key| reading.cell(key))?;
    let row = reading.tables.rows.get(cell.row)?;
    let range = cell
        .entry
        .and_then(|entry| row.values.get(entry).copied())
        .or_else(|| Some((row.values.first()?.0, row.values.last()?.1)))
        .unwrap_or((0, row.text.len()));
    Some(Excerpt {
        text: row.text.clone(),
        range,
    })
}

/// A stretch of a long sentence around a range.
fn window(text: &str, range: (usize, usize)) -> Excerpt {
    let start = text[..range.0]
        .char_indices()
        .rev()
        .nth(AROUND)
        .map_or(0, |(at, _)| at);
    let end = text[range.1..]
        .char_indices()
        .nth(AROUND)
        .map_or(text.len(), |(at, _)| range.1 + at);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    let shown: String = text[start..end]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let same_length = shown.len() == end - start;
    Excerpt {
        range: if same_length {
            (
                range.0 - start + before.len(),
                range.1 - start + before.len(),
            )
        } else {
            (0, before.len() + shown.len())
        },
        text: format!("{before}{shown}{after}"),
    }
}
