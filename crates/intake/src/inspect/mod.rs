//! Opens a file for inspection: everything in it that holds text, shown or
//! hidden, is given to the scanner, and what a reader would not see is told.
//!
//! Unlike [`crate::read`], which takes what an office published, this looks for
//! what it did not mean to: hidden sheets, tracked changes, properties, older
//! revisions, attachments, what pictures say of themselves. Kinds that are not
//! read here are said to be so. Nothing here decides what becomes of the file.
//!
//! Start with [`inspect`].

mod data;
mod html;
mod kind;
mod office;
mod ole;
mod packed;
mod pdf;
mod picture;
mod sheet;
mod told;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use gongkai_domain::inspection::{
    Finding, Hidden, Hit, Outcome, Place, RuleId, Scanner, Severity, Spot,
};

use crate::limits::{Deadline, Limits};
use crate::text;
use kind::Content;

/// Archives in archives, documents in archives, attachments in documents: an
/// office sends a ZIP with a DOCX with an XLSX in it, and no more.
const DEPTH_MAX: usize = 4;
/// The most that all packed parts unfold to, whatever [`Limits`] allow: what is
/// unfolded lies in memory for a while.
const UNPACKED_MAX: u64 = 128 * 1024 * 1024;

/// Inspects a file's bytes under the name that it came with.
///
/// What goes past a limit is a finding, not an error: the outcome always says
/// what is to become of the file.
pub fn inspect(
    bytes: &[u8],
    name: &str,
    scanner: &Scanner,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Outcome {
    let mut inspector = Inspector {
        scanner,
        limits,
        deadline,
        findings: Vec::new(),
        of_rule: HashMap::new(),
        more: 0,
        seen: HashMap::new(),
        opened: HashSet::new(),
        path: Vec::new(),
        hits: Vec::new(),
        unpacked_left: limits.unpacked_bytes_max.min(UNPACKED_MAX),
        entries_left: limits.entries_max,
        late: false,
    };
    inspector.name(name);
    let kind = if bytes.len() > limits.file_bytes_max {
        inspector.tell(RuleId::TooLarge, Spot::Whole, None, megabytes(bytes.len()));
        "?"
    } else {
        inspector.file(bytes, name, None)
    };
    let mut outcome = Outcome::new(kind, inspector.findings);
    outcome.more += inspector.more;
    outcome
}

fn megabytes(bytes: usize) -> String {
    format!("{} MB", bytes.div_ceil(1024 * 1024))
}

struct Inspector<'a> {
    scanner: &'a Scanner,
    limits: &'a Limits,
    deadline: &'a dyn Deadline,
    findings: Vec<Finding>,
    /// How often each rule spoke, by how gravely: what decides on the file is
    /// never among the findings that are only counted.
    of_rule: HashMap<(RuleId, Severity), u32>,
    more: usize,
    /// What was told, so that a text that is scanned in two ways is told once:
    /// how gravely, and which finding it is, where it is kept.
    seen: HashMap<u64, (Severity, Option<usize>)>,
    /// Bytes that were looked at.
    opened: HashSet<u64>,
    /// The part in hand, from the outside in.
    path: Vec<String>,
    hits: Vec<Hit>,
    unpacked_left: u64,
    entries_left: usize,
    late: bool,
}

/// Where a text stands in its part.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    /// A text of many lines, from its first on.
    Lines,
    /// A line or paragraph.
    Line(u32),
    /// A cell of a sheet.
    Cell(&'a str, &'a str),
    /// A page, and a line on it.
    Page(u32, Option<u32>),
    /// Somewhere in the part.
    Part,
}

/// Which hits of a text are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// Personal data alone: what a program wrote for itself is no prose.
    Numbers,
    /// Numbers that reach over a border: the texts beside it were scanned.
    Across,
}

impl Inspector<'_> {
    /// Whether the time is up; said once.
    fn is_late(&mut self) -> bool {
        if !self.late && self.deadline.passed() {
            self.late = true;
            self.tell(RuleId::Exhausting, Spot::Whole, None, "");
        }
        self.late
    }

    /// What a rule says of the part in hand.
    fn tell(&mut self, rule: RuleId, spot: Spot, hidden: Option<Hidden>, shown: impl Into<String>) {
        let place = Place {
            part: self.path.clone(),
            spot,
            hidden,
        };
        self.add(Finding::of(rule, place, shown));
    }

    /// A name of a file or an entry: what it holds, and whether it means harm.
    fn name(&mut self, name: &str) {
        if kind::is_odd(name) {
            let shown = self.shown_name(name);
            self.tell(RuleId::OddName, Spot::Whole, None, shown);
        }
        self.scan(name, At::Part, None, Wanted::All);
    }

    /// A name as it may be shown: masked as a whole, then without signs that
    /// turn a line, then cut.
    fn shown_name(&self, name: &str) -> String {
        let plain: String = name.chars().filter(|c| !kind::is_sly(*c)).collect();
        let masked = self.scanner.masked(&plain);
        // Signs that are not seen may part a number from itself.
        let shown = if masked == plain {
            self.scanner.masked(name)
        } else {
            masked
        };
        shown
            .chars()
            .map(|c| if kind::is_sly(c) { '\u{fffd}' } else { c })
            .take(120)
            .collect()
    }

    /// A file within the one in hand, under its own name.
    fn inner(&mut self, bytes: &[u8], name: &str, hidden: Option<Hidden>) {
        let shown = self.shown_name(name);
        self.path.push(shown);
        if self.path.len() > DEPTH_MAX {
            self.tell(RuleId::Nested, Spot::Whole, None, DEPTH_MAX.to_string());
        } else {
            self.file(bytes, name, hidden);
        }
        self.path.pop();
    }

    /// A whole file; what it is by its content.
    fn file(&mut self, bytes: &[u8], name: &str, hidden: Option<Hidden>) -> &'static str {
        if self.is_late() {
            return "?";
        }
        let content = kind::of(bytes);
        if bytes.is_empty() {
            return content.label();
        }
        if !content.fits(name) {
            self.tell(RuleId::Mismatch, Spot::Whole, None, content.label());
        }
        if let Some(other) = kind::polyglot(bytes, content) {
            let shown = format!("{} + {other}", content.label());
            self.tell(RuleId::Polyglot, Spot::Whole, None, shown);
        }
        let read_as = match content {
            // Nothing but its name says that it is a page.
            Content::Html if kind::ending(name) == "xml" => Content::Xml,
            content => content,
        };
        match read_as {
            Content::Docx | Content::Xlsx | Content::Pptx => {
                self.packed(bytes, content, hidden);
            }
            Content::Zip => self.packed(bytes, content, hidden),
            Content::Ofd | Content::Odf => {
                // Its parts are looked through, but how they look on paper is
                // not known here.
                self.packed(bytes, content, hidden);
                self.unread(content);
            }
            Content::Pdf => self.pdf(bytes, hidden),
            Content::Html | Content::Svg => {
                let page = text::decode_html(bytes);
                self.html(&page, content, hidden);
                self.without_zeros(bytes, hidden);
            }
            Content::Xml => {
                let part = text::decode(bytes);
                self.office_part(&part, "", office::Part::Other, hidden);
                // Elements of pages and drawings in it are run all the same.
                if kind::is_page(name) {
                    self.html(&part, Content::Html, hidden);
                } else {
                    self.active_xml(&part, hidden);
                }
                self.without_zeros(bytes, hidden);
            }
            Content::Text => {
                let decoded = text::decode(bytes);
                if kind::is_page(name) {
                    self.html(&decoded, Content::Html, hidden);
                } else {
                    self.scan(&decoded, At::Lines, hidden, Wanted::All);
                }
                if kind::is_letter(name, &decoded) {
                    // Its parts are packed in ways that are not opened here.
                    self.unread(content);
                }
                self.without_zeros(bytes, hidden);
            }
            Content::Png | Content::Jpeg | Content::Gif | Content::OtherPicture => {
                self.picture(bytes, hidden.or(Some(Hidden::Picture)));
                self.tell(
                    RuleId::UnreadPicture,
                    Spot::Whole,
                    hidden,
                    picture::size_text(bytes),
                );
            }
            Content::Ole => {
                if ole::has_entry(bytes, "EncryptedPackage") {
                    self.tell(RuleId::Encrypted, Spot::Whole, None, "");
                } else {
                    self.unread(content);
                }
                self.container(bytes, hidden);
            }
            Content::Rtf => {
                if kind::find(bytes, b"\\objdata").is_some() {
                    self.tell(RuleId::Remote, Spot::Whole, hidden, "\\object");
                }
                self.leftovers(bytes, hidden);
                self.unread(content);
            }
            Content::Program => {
                self.tell(RuleId::Program, Spot::Whole, hidden, content.label());
            }
            Content::Packed | Content::Unknown => {
                self.leftovers(bytes, hidden);
                if kind::is_page(name) {
                    let page = text::decode_html(bytes);
                    self.html(&page, Content::Html, hidden);
                }
                self.without_zeros(bytes, hidden);
                self.unread(content);
            }
        }
        content.label()
    }

    /// A text with zeros in it, read as if they were not there.
    fn without_zeros(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        if has_mark || memchr::memchr(0, bytes).is_none() {
            return;
        }
        let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let plain = text::decode(&plain);
        let own = hidden.or(Some(Hidden::Machinery));
        self.scan(&plain, At::Part, own, Wanted::Numbers);
    }

    /// Whether bytes were not looked at before.
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        self.opened.insert(hasher.finish())
    }

    fn unread(&mut self, content: Content) {
        self.tell(RuleId::UnreadKind, Spot::Whole, None, content.label());
    }

    /// What can be found in bytes that are not understood: numbers written as
    /// ASCII or UTF-16. That none is found says nothing.
    fn leftovers(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let hidden = hidden.or(Some(Hidden::Machinery));
        let mut narrow = String::new();
        let mut wide = String::new();
        for odd in [0, 1] {
            for pair in bytes.get(odd..).unwrap_or_default().chunks_exact(2) {
                match pair {
                    [low @ 0x20..=0x7e, 0] => wide.push(char::from(*low)),
                    _ if wide.ends_with('\n') || wide.is_empty() => {}
                    _ => wide.push('\n'),
                }
            }
            wide.push('\n');
        }
        for byte in bytes {
            match byte {
                0x20..=0x7e => narrow.push(char::from(*byte)),
                _ if narrow.ends_with('\n') || narrow.is_empty() => {}
                _ => narrow.push('\n'),
            }
        }
        for found in [narrow, wide] {
            // Line by line: what stands beside it in the bytes is by chance.
            for line in found.lines().filter(|line| line.len() >= 15) {
                let mut hits = Vec::new();
                self.scanner.scan_numbers(line, &mut hits);
                for hit in hits {
                    // Only what a check sign speaks for.
                    if hit.rule == RuleId::ResidentId {
                        let mut cursor = told::Cursor::default();
                        self.hit(line, hit, At::Part, hidden, &mut cursor);
                    }
                }
            }
        }
    }

    /// Runs a reader of others that may panic on what strangers made.
    fn guarded<T>(&mut self, kind: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| read(self)));
        if done.is_err() {
            self.tell(RuleId::Damaged, Spot::Whole, None, kind);
        }
        done.ok()
    }
}

fn whole_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The end of a text, as much as is asked around a number.
fn tail(text: &str) -> &str {
    let mut at = text.len().saturating_sub(96);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    &text[at..]
}

/// Digits enough for a number of a person, in any width.
fn has_digits(text: &str, least: usize) -> bool {
    let ascii = text.bytes().filter(u8::is_ascii_digit).count();
    ascii >= least
        || ascii
            + text
                .chars()
                .filter(|c| ('\u{ff10}'..='\u{ff19}').contains(c))
                .count()
            >= least
}
