//! What is told of a text: each number once, at its place, as gravely as it was
//! met.

use std::hash::{DefaultHasher, Hash, Hasher};

use gongkai_domain::inspection::{Finding, Hidden, Hit, Place, Spot};

use super::{At, Inspector, Wanted, whole_u32};

/// Findings of one rule and gravity that are told one by one; the rest are
/// counted.
const FINDINGS_OF_RULE_MAX: u32 = 150;

/// A place in a text, carried forward from hit to hit: counted once from its
/// beginning, however many there are.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    at: usize,
    /// Lines before it.
    line: u32,
    /// Characters of its line before it.
    column: u32,
}

impl Cursor {
    /// Goes to a place; back to the beginning where it lies behind.
    pub(super) fn go(&mut self, text: &str, to: usize) {
        if to < self.at {
            *self = Self::default();
        }
        let way = &text[self.at..to];
        let lines = memchr::memchr_iter(b'\n', way.as_bytes()).count();
        self.line += whole_u32(lines);
        let chars = |text: &str| whole_u32(text.chars().count());
        match way.rfind('\n') {
            Some(last) => self.column = chars(&way[last + 1..]),
            None => self.column += chars(way),
        }
        self.at = to;
    }

    /// Its line, from 1.
    pub(super) fn line(&self) -> u32 {
        self.line + 1
    }
}

impl Inspector<'_> {
    pub(super) fn add(&mut self, finding: Finding) -> Option<usize> {
        let counts = self
            .of_rule
            .entry((finding.rule, finding.severity))
            .or_default();
        *counts += 1;
        if *counts > FINDINGS_OF_RULE_MAX {
            self.more += 1;
            return None;
        }
        self.findings.push(finding);
        Some(self.findings.len() - 1)
    }

    /// Scans a text and tells what stands in it.
    pub(super) fn scan(&mut self, text: &str, at: At<'_>, hidden: Option<Hidden>, wanted: Wanted) {
        if text.len() < 4 {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        match wanted {
            Wanted::All => self.scanner.scan(text, &mut hits),
            Wanted::Numbers | Wanted::Across => self.scanner.scan_numbers(text, &mut hits),
        }
        let mut cursor = Cursor::default();
        for hit in hits.drain(..) {
            let piece = &text[hit.range.clone()];
            if wanted == Wanted::Across && !piece.contains(['\t', '\n']) {
                continue;
            }
            self.hit(text, hit, at, hidden, &mut cursor);
        }
        self.hits = hits;
    }

    /// Tells one hit; the cursor is carried from hit to hit of the same text.
    pub(super) fn hit(
        &mut self,
        text: &str,
        hit: Hit,
        at: At<'_>,
        hidden: Option<Hidden>,
        cursor: &mut Cursor,
    ) {
        let spot = match at {
            At::Lines | At::Line(_) => {
                cursor.go(text, hit.range.start);
                let length = whole_u32(text[hit.range.clone()].chars().count());
                let line = match at {
                    At::Line(line) => line,
                    _ => cursor.line(),
                };
                Spot::Line {
                    line,
                    range: cursor.column..cursor.column + length,
                }
            }
            At::Cell(sheet, cell) => Spot::Cell {
                sheet: sheet.to_owned(),
                cell: cell.to_owned(),
            },
            At::Page(page, line) => Spot::Page { page, line },
            At::Part => Spot::Whole,
        };
        // The same number at the same place, however it was come by, is one.
        let mut hasher = DefaultHasher::new();
        self.path.hash(&mut hasher);
        hit.rule.hash(&mut hasher);
        match &spot {
            Spot::Line { line, .. } => line.hash(&mut hasher),
            Spot::Page { page, .. } => page.hash(&mut hasher),
            spot => spot.hash(&mut hasher),
        }
        for c in text[hit.range.clone()].chars() {
            if c.is_alphanumeric() {
                c.hash(&mut hasher);
            }
        }
        if let Spot::Line { range, .. } = &spot
            && hidden.is_none()
            && matches!(at, At::Lines)
        {
            range.hash(&mut hasher);
        }
        let own = hasher.finish();
        // Met again more gravely, as with the words beside it that were not
        // there before, it is told so.
        let before = self.seen.get(&own).copied();
        match before {
            Some((severity, _)) if severity >= hit.severity => return,
            Some((_, Some(index))) => {
                if let Some(kept) = self.findings.get_mut(index) {
                    kept.severity = hit.severity;
                    kept.confidence = hit.confidence;
                    kept.shown = hit.shown;
                }
                self.seen.insert(own, (hit.severity, Some(index)));
                return;
            }
            Some((_, None)) | None => {}
        }
        let severity = hit.severity;
        let place = Place {
            part: self.path.clone(),
            spot,
            hidden,
        };
        let index = self.add(Finding {
            rule: hit.rule,
            severity,
            confidence: hit.confidence,
            place,
            shown: hit.shown,
            proposal: hit.proposal,
        });
        self.seen.insert(own, (severity, index));
    }
}
