//! Older states of a PDF: who changes one often only adds to it, and the part
//! before the addition is the whole document as it was.

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use pdf_oxide::document::PdfDocument;
use pdf_oxide::object::ObjectRef;

use super::objects::Objects;
use super::{Pages, bare, joined};
use crate::inspect::{At, Inspector, Wanted, kind};
use crate::pdf;

/// Older states that are read, the newest first; that there are more is told.
const REVISIONS_MAX: usize = 12;

/// Where the states of a file end, from the first on.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends: Vec<usize> = memchr::memmem::find_iter(bytes, b"%%EOF")
        .map(|at| at + 5)
        .collect();
    // Readers do without the mark: what they need is where the table begins.
    for at in memchr::memmem::find_iter(bytes, b"startxref") {
        let after = &bytes[at + 9..bytes.len().min(at + 64)];
        if kind::find(after, b"%%EOF").is_none() {
            let digits = after
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace() || byte.is_ascii_digit())
                .count();
            ends.push(at + 9 + digits);
        }
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The length that a file made for the web says of itself (ISO 32000-2, F.2.2),
/// where its first object is such a dictionary.
fn linearized(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(1024)];
    let at = kind::find(head, b"/Linearized")?;
    let line = head[..at]
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(0, |at| at + 1);
    if head[line..at].contains(&b'%') {
        return None;
    }
    let object = &head[at..at + kind::find(&head[at..], b">>")?];
    let length = object
        .windows(3)
        .position(|three| matches!(three, [b'/', b'L', next] if next.is_ascii_whitespace()))?;
    let digits: String = object[length + 3..]
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    digits.parse().ok()
}

impl Inspector<'_> {
    /// Every older state; of one that is not read it is said so.
    pub(super) fn revisions(&mut self, bytes: &[u8], now: &Pages, hidden: Option<Hidden>) {
        let mut ends = ends(bytes);
        ends.pop();
        // The first part of a file made for the web ends so too, and is no state;
        // it is looked at all the same, as whoever hides one may say so.
        let is_for_the_web = linearized(bytes).is_some_and(|length| {
            ends.iter()
                .skip(1)
                .chain([&bytes.len()])
                .any(|end| (*end..=*end + 4).contains(&length) || length == bytes.len())
        });
        let own = hidden.or(Some(Hidden::Revision));
        if is_for_the_web && !ends.is_empty() {
            let first = ends.remove(0);
            self.state(&bytes[..first], now, own, true);
        }
        if ends.is_empty() {
            return;
        }
        let shown = ends.len().to_string();
        let revision = Some(Hidden::Revision);
        self.tell(RuleId::HiddenContent, Spot::Whole, revision, shown);
        if let Some(more) = ends
            .len()
            .checked_sub(REVISIONS_MAX)
            .filter(|more| *more > 0)
        {
            self.tell(RuleId::UnreadKind, Spot::Whole, own, more.to_string());
        }
        for end in ends.into_iter().rev().take(REVISIONS_MAX) {
            if self.is_late() {
                return;
            }
            self.state(&bytes[..end], now, own, false);
        }
    }

    /// One older state; `may_fail` where it may be none.
    fn state(&mut self, bytes: &[u8], now: &Pages, own: Option<Hidden>, may_fail: bool) {
        let damaged = |inspector: &mut Self| {
            inspector.leftovers(bytes, own);
            if !may_fail {
                inspector.tell(RuleId::Damaged, Spot::Whole, own, "PDF");
            }
        };
        let Ok(pdf) = PdfDocument::from_bytes(bytes.to_vec()) else {
            damaged(self);
            return;
        };
        if pdf.is_encrypted() && !pdf.authenticate(b"").unwrap_or(false) {
            self.tell(RuleId::Encrypted, Spot::Whole, own, "PDF");
            return;
        }
        let count = pdf.page_count().unwrap_or(0);
        if count == 0 {
            damaged(self);
        }
        if count > self.limits.pages_max {
            self.tell(RuleId::UnreadKind, Spot::Whole, own, count.to_string());
        }
        let count = count.min(self.limits.pages_max);
        for (index, number) in (0..count).zip(1u32..) {
            if self.is_late() {
                return;
            }
            let Ok(spans) = pdf.extract_spans(index) else {
                damaged(self);
                continue;
            };
            let blocks = pdf::blocks(pdf::glyphs(&spans), &[], number, self.limits);
            let text = joined(&blocks);
            let gone: Vec<&str> = text
                .lines()
                .filter(|line| !now.lines.contains(&bare(line)))
                .collect();
            self.scan(&gone.join("\n"), At::Page(number, None), own, Wanted::All);
        }
        let mut found = Objects::default();
        for id in pdf.all_object_ids() {
            if let Ok(object) = pdf.load_object(ObjectRef::new(id, 0)) {
                self.object(&pdf, &object, Hidden::Revision, own, 0, &mut found);
            }
        }
    }
}
