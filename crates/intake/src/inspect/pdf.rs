//! PDFs: the text of every page with what covers or hides it, layers, what the
//! objects say, attachments, and the older states in front of the newest.

mod objects;
mod revisions;

use std::collections::{BTreeSet, HashSet};
use std::io::Read;

use flate2::read::ZlibDecoder;
use gongkai_domain::inspection::{Confidence, Finding, Hidden, Place, RuleId, Severity, Spot};
use gongkai_domain::report::document::Block;
use pdf_oxide::document::PdfDocument;
use pdf_oxide::elements::{PathContent, PathOperation};
use pdf_oxide::layout::TextSpan;
use pdf_oxide::object::Object;
use pdf_oxide::optional_content::compute_default_off_ocgs;

use super::told::Cursor;
use super::{At, Inspector, Wanted};
use crate::pdf::{self, Glyph};

/// Fewer characters than this on a page with pictures are a stamp or a page
/// number, no text layer.
const TEXT_LAYER_CHARS_MIN: usize = 8;
/// How bright a colour is from which on it is none on white paper.
const WHITE_MIN: f32 = 0.97;
/// How bright a box may be at most to cover dark text.
const DARK_MAX: f32 = 0.45;

/// Unpacks what zlib packed, up to a bound.
pub(super) fn inflated(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut plain = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    // What could be unpacked before the damage is looked at all the same.
    drop(ZlibDecoder::new(bytes).take(most).read_to_end(&mut plain));
    plain
}

fn brightness(color: &pdf_oxide::layout::Color) -> f32 {
    0.299 * color.r + 0.587 * color.g + 0.114 * color.b
}

/// A box that covers what lies under it.
#[derive(Debug, Clone, Copy)]
struct Cover {
    left: f32,
    bottom: f32,
    right: f32,
    top: f32,
}

impl Cover {
    fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self {
            left: x.min(x + width),
            bottom: y.min(y + height),
            right: x.max(x + width),
            top: y.max(y + height),
        }
    }

    /// Rules and borders are no boxes.
    fn is_box(&self) -> bool {
        self.right - self.left > 4.0 && self.top - self.bottom > 4.0
    }

    fn is_around(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.right >= other.right
            && self.bottom <= other.bottom
            && self.top >= other.top
    }

    fn covers(&self, glyph: &Glyph) -> bool {
        let x = (glyph.left + glyph.right) / 2.0;
        (self.left..=self.right).contains(&x) && (self.bottom..=self.top).contains(&glyph.middle)
    }
}

/// What the pages of one state of the document hold.
#[derive(Default)]
struct Pages {
    /// Lines without their blanks.
    lines: HashSet<String>,
    unread: Vec<u32>,
}

impl Inspector<'_> {
    /// A PDF with everything in it.
    pub(super) fn pdf(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        self.guarded("PDF", |inspector| inspector.pdf_open(bytes, hidden));
    }

    fn pdf_open(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let Ok(pdf) = PdfDocument::from_bytes(bytes.to_vec()) else {
            self.leftovers(bytes, hidden);
            self.tell(RuleId::Damaged, Spot::Whole, None, "PDF");
            return;
        };
        if pdf.is_encrypted() && !pdf.authenticate(b"").unwrap_or(false) {
            self.tell(RuleId::Encrypted, Spot::Whole, None, "PDF");
            return;
        }
        let Ok(count) = pdf.page_count() else {
            self.leftovers(bytes, hidden);
            self.tell(RuleId::Damaged, Spot::Whole, None, "PDF");
            return;
        };
        if count > self.limits.pages_max {
            self.tell(RuleId::Bomb, Spot::Whole, None, count.to_string());
            return;
        }
        let off = compute_default_off_ocgs(&pdf);
        if !off.is_empty() {
            let names: BTreeSet<String> = off.iter().map(|name| self.shown_name(name)).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Layer),
                names,
            );
        }
        let mut pages = Pages::default();
        for (index, number) in (0..count).zip(1u32..) {
            if self.is_late() {
                return;
            }
            self.page(&pdf, index, number, &off, hidden, &mut pages);
        }
        if !pages.unread.is_empty() {
            let shown = ranges(&pages.unread);
            self.tell(RuleId::UnreadPages, Spot::Whole, hidden, shown);
        }
        self.objects(&pdf, count, hidden);
        self.attachments(&pdf, hidden);
        self.revisions(bytes, &pages, hidden);
    }

    fn page(
        &mut self,
        pdf: &PdfDocument,
        index: usize,
        number: u32,
        off: &HashSet<String>,
        hidden: Option<Hidden>,
        pages: &mut Pages,
    ) {
        let Ok(spans) = pdf.extract_spans(index) else {
            self.tell(
                RuleId::Damaged,
                Spot::Page {
                    page: number,
                    line: None,
                },
                hidden,
                "PDF",
            );
            return;
        };
        let paths = pdf.extract_paths(index).unwrap_or_default();
        self.covered(pdf, index, number, &spans, &paths, hidden);
        let glyphs = pdf::glyphs(&spans);
        let shown = glyphs.len();
        let is_unread = is_drawn(&glyphs, &paths);
        let blocks = pdf::blocks(glyphs, &paths, number, self.limits);
        let text = joined(&blocks);
        if !off.is_empty()
            && let Ok(visible) = pdf.extract_text_filtered(index, off.clone(), HashSet::new())
        {
            let visible = bare(&visible);
            let own: Vec<&str> = text
                .lines()
                .filter(|line| !visible.contains(&bare(line)))
                .collect();
            self.scan(
                &own.join("\n"),
                At::Page(number, None),
                Some(Hidden::Layer),
                Wanted::All,
            );
        }
        self.scan_page(&text, number, hidden);
        pages.lines.extend(text.lines().map(bare));
        if is_unread || shown < TEXT_LAYER_CHARS_MIN && has_picture(pdf, index) {
            pages.unread.push(number);
        }
    }

    /// Scans the text of a page, telling the line.
    fn scan_page(&mut self, text: &str, number: u32, hidden: Option<Hidden>) {
        let mut hits = Vec::new();
        self.scanner.scan(text, &mut hits);
        let mut lines = Cursor::default();
        for hit in hits {
            lines.go(text, hit.range.start);
            let at = At::Page(number, Some(lines.line()));
            self.hit(text, hit, at, hidden, &mut Cursor::default());
        }
    }

    /// Dark text in a dark box, and text that is as white as the paper.
    fn covered(
        &mut self,
        pdf: &PdfDocument,
        index: usize,
        number: u32,
        spans: &[TextSpan],
        paths: &[PathContent],
        hidden: Option<Hidden>,
    ) {
        // In the order in which they are painted: the last one over a place shows.
        let mut painted: Vec<(Cover, f32)> = Vec::new();
        for path in paths {
            if let Some(fill) = &path.fill_color {
                let boxes = boxes_of(path).into_iter();
                painted.extend(boxes.map(|cover| (cover, brightness(fill))));
            }
        }
        let remarks = self.boxes_of_annotations(pdf, index).into_iter();
        painted.extend(remarks.map(|cover| (cover, 0.0)));
        let under = |glyph: &Glyph| {
            let over = painted.iter().rev().find(|(cover, _)| cover.covers(glyph));
            over.map(|(_, bright)| *bright)
        };
        let has_dark = painted.iter().any(|(_, bright)| *bright <= DARK_MAX);
        let is_white = |span: &TextSpan| brightness(&span.color) >= WHITE_MIN;
        let is_tiny = |span: &TextSpan| span.font_size.abs() < 1.5;
        if !has_dark && !spans.iter().any(|span| is_white(span) || is_tiny(span)) {
            return;
        }
        let (mut covered, mut unseen) = (String::new(), String::new());
        for span in spans {
            let glyphs = pdf::glyphs(std::slice::from_ref(span));
            if brightness(&span.color) <= DARK_MAX + 0.1 {
                let is_under = |glyph: &&Glyph| under(glyph).is_some_and(|b| b <= DARK_MAX);
                let before = covered.len();
                covered.extend(glyphs.iter().filter(is_under).map(|glyph| glyph.c));
                if covered.len() > before {
                    covered.push('\n');
                }
            }
            if is_white(span) || is_tiny(span) {
                let is_on_white = |glyph: &&Glyph| under(glyph).is_none_or(|b| b >= WHITE_MIN);
                let before = unseen.len();
                unseen.extend(glyphs.iter().filter(is_on_white).map(|glyph| glyph.c));
                if unseen.len() > before {
                    unseen.push('\n');
                }
            }
        }
        let spot = Spot::Page {
            page: number,
            line: None,
        };
        let count = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        // One or two are a bullet that was drawn twice.
        if count(&covered) > 2 {
            let place = Place {
                part: self.path.clone(),
                spot: spot.clone(),
                hidden: Some(Hidden::Covered),
            };
            let shown = count(&covered).to_string();
            let mut finding = Finding::of(RuleId::CoveredText, place, shown);
            // Colours of other kinds than grey, red-green-blue and ink are not
            // reckoned: such a box may be of any.
            if has_other_colours(pdf, index) {
                finding.severity = Severity::Warns;
                finding.confidence = Confidence::Low;
            }
            self.add(finding);
            let at = At::Page(number, None);
            self.scan(&covered, at, Some(Hidden::Covered), Wanted::All);
        }
        if count(&unseen) > 2 {
            let shown = count(&unseen).to_string();
            self.tell(RuleId::HiddenContent, spot, Some(Hidden::Unseen), shown);
            let at = At::Page(number, None);
            let own = hidden.or(Some(Hidden::Unseen));
            self.scan(&unseen, at, own, Wanted::All);
        }
    }

    /// Boxes that are laid over a page as remarks: marks for redaction that was
    /// not carried out, and dark rectangles.
    fn boxes_of_annotations(&mut self, pdf: &PdfDocument, index: usize) -> Vec<Cover> {
        let mut boxes = Vec::new();
        let page = pdf.get_page(index).ok();
        let listed = page
            .as_ref()
            .and_then(Object::as_dict)
            .and_then(|page| page.get("Annots"))
            .and_then(|annots| pdf.resolve_object(annots).ok());
        for annotation in listed
            .as_ref()
            .and_then(Object::as_array)
            .into_iter()
            .flatten()
        {
            let Ok(annotation) = pdf.resolve_object(annotation) else {
                continue;
            };
            let Some(entries) = annotation.as_dict() else {
                continue;
            };
            let kind = entries
                .get("Subtype")
                .and_then(Object::as_name)
                .unwrap_or_default();
            let is_dark = match kind {
                "Redact" => true,
                "Square" | "Polygon" | "FreeText" | "Stamp" => entries
                    .get("IC")
                    .or_else(|| entries.get("C").filter(|_| kind == "FreeText"))
                    .and_then(Object::as_array)
                    .is_some_and(|color| {
                        let parts: Vec<f64> = color.iter().filter_map(number).collect();
                        match parts[..] {
                            [gray] => gray <= f64::from(DARK_MAX),
                            [r, g, b] => 0.299 * r + 0.587 * g + 0.114 * b <= f64::from(DARK_MAX),
                            [_, _, _, black] => black > 0.6,
                            _ => false,
                        }
                    }),
                _ => false,
            };
            let rect: Vec<f64> = entries
                .get("Rect")
                .and_then(Object::as_array)
                .into_iter()
                .flatten()
                .filter_map(number)
                .collect();
            if let ([left, bottom, right, top], true) = (&rect[..], is_dark) {
                let (x, y) = (*left as f32, *bottom as f32);
                boxes.push(Cover::new(x, y, *right as f32 - x, *top as f32 - y));
            }
        }
        boxes
    }
}

fn number(object: &Object) -> Option<f64> {
    object
        .as_real()
        .or_else(|| object.as_integer().map(|whole| whole as f64))
}

/// The boxes that a filled path is made of; none of a frame, whose inside is
/// left out.
fn boxes_of(path: &PathContent) -> Vec<Cover> {
    let whole = &path.bbox;
    let whole = Cover::new(whole.x, whole.y, whole.width, whole.height);
    let boxes: Vec<Cover> = if path.is_rectangle() {
        vec![whole]
    } else {
        let operations = path.operations.iter();
        let boxes: Option<Vec<Cover>> = operations
            .filter(|operation| !matches!(operation, PathOperation::ClosePath))
            .map(|operation| match operation {
                PathOperation::Rectangle(x, y, w, h) => Some(Cover::new(*x, *y, *w, *h)),
                _ => None,
            })
            .collect();
        let boxes = boxes.unwrap_or_default();
        let is_frame = boxes.iter().enumerate().any(|(at, one)| {
            boxes[at + 1..]
                .iter()
                .any(|other| one.is_around(other) || other.is_around(one))
        });
        if is_frame { Vec::new() } else { boxes }
    };
    boxes.into_iter().filter(Cover::is_box).collect()
}

/// Whether most of what a page shows is no text: letters drawn as shapes, or
/// signs of which a font does not say what they mean.
fn is_drawn(glyphs: &[Glyph], paths: &[PathContent]) -> bool {
    let odd = glyphs
        .iter()
        .filter(|glyph| matches!(glyph.c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..))
        .count();
    if odd >= 3 && odd * 10 > glyphs.len() {
        return true;
    }
    let (mut shapes, mut steps) = (0usize, 0usize);
    for path in paths.iter().filter(|path| path.fill_color.is_some()) {
        let own = path
            .operations
            .iter()
            .filter(|step| matches!(step, PathOperation::LineTo(..) | PathOperation::CurveTo(..)))
            .count();
        // Boxes and rules are no letters.
        shapes += usize::from(own > 4);
        steps += own;
    }
    shapes >= 40 && shapes > glyphs.len() || steps >= 600 && steps > glyphs.len() * 20
}

/// Whether a page sets colours in a space of its own.
fn has_other_colours(pdf: &PdfDocument, index: usize) -> bool {
    let content = pdf.get_page_content_data(index).unwrap_or_default();
    let has = |operator: &[u8]| super::kind::find(&content, operator).is_some();
    has(b" scn") || has(b" sc\n") || has(b" sc ") || has(b" sc\r")
}

/// Whether a page draws a picture.
fn has_picture(pdf: &PdfDocument, index: usize) -> bool {
    let content = pdf.get_page_content_data(index).unwrap_or_default();
    let has = |operator: &[u8]| super::kind::find(&content, operator).is_some();
    has(b" Do") || has(b"\nID") || has(b" ID")
}

/// A text without its blanks.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The blocks of a page as lines: cells of a row divided by tabs.
fn joined(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        match block {
            Block::Line(line) => {
                text.push_str(&line.text);
                text.push('\n');
            }
            Block::Grid(grid) => {
                let mut row = 0;
                for cell in &grid.cells {
                    if cell.row != row {
                        row = cell.row;
                        text.push('\n');
                    }
                    text.push_str(&cell.text);
                    text.push('\t');
                }
                text.push('\n');
            }
        }
    }
    text
}

/// `1-3, 7`.
fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    runs.join(", ")
}
