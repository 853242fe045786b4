//! Numbers of persons in a text: resident numbers, telephones, bank cards, and
//! addresses, which begin with a number too.
//!
//! One pass over the bytes gathers *runs*: digits of any width with what people
//! write between them. A run is cut into groups, and windows of whole groups are
//! held against the rules, so that `110105 19491231 002X` is found and the
//! twenty digits of an order number are not taken for a person.

use std::ops::Range;

use jiff::civil::Date;

use super::{Confidence, Hit, RuleId, Severity};
use crate::organization::codes::CreditCode;
use crate::register::{Document, DocumentKind, mask, mask_phone};
use around::Around;
use signs::{Between, between, check_x, digit, next_digit};

mod address;
mod around;
mod signs;

/// A digit of a run, or the X that ends a resident's number.
#[derive(Debug, Clone, Copy)]
struct Sign {
    /// `0`–`9` or `X`.
    byte: u8,
    /// Where it begins and ends in the text.
    start: usize,
    end: usize,
}

/// Signs without anything between them.
#[derive(Debug, Clone)]
struct Cluster {
    signs: Range<usize>,
    /// What stands before it, within the run.
    before: Option<Between>,
}

/// A run of more signs than this is cut: no number of a person is longer.
const SIGNS_MAX: usize = 4096;
/// Signs of the longest number: a card.
const LONGEST: usize = 19;
/// GB/T 2260: the first two digits of a place, and 9 for foreigners' cards.
fn is_province(number: &[u8]) -> bool {
    matches!(
        number,
        [b'1', b'1'..=b'5', ..]
            | [b'2', b'1'..=b'3', ..]
            | [b'3', b'1'..=b'7', ..]
            | [b'4', b'1'..=b'6', ..]
            | [b'5', b'0'..=b'4', ..]
            | [b'6', b'1'..=b'5', ..]
            | [b'7', b'1', ..]
            | [b'8', b'1'..=b'3', ..]
            | [b'9', ..]
    )
}

/// Finds personal data; ranges count bytes.
pub(super) fn scan(text: &str, today: Date, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut run = Run::default();
    while let Some(start) = next_digit(bytes, at) {
        run.gather(bytes, start);
        at = run.end.max(start + 1);
        if run.signs.len() >= 7 {
            run.judge(text, today, hits);
        }
        // The cut may go through a number: it is looked at again from before.
        if run.signs.len() >= SIGNS_MAX
            && let Some(sign) = run.signs.get(run.signs.len() - LONGEST)
        {
            at = sign.start;
            while hits.last().is_some_and(|hit| hit.range.start >= at) {
                hits.pop();
            }
            continue;
        }
        address::judge(text, &run, hits);
    }
}

/// Digits that may belong together.
#[derive(Debug, Default)]
struct Run {
    signs: Vec<Sign>,
    clusters: Vec<Cluster>,
    end: usize,
}

impl Run {
    /// Gathers from the digit at `start` on.
    fn gather(&mut self, bytes: &[u8], start: usize) {
        self.signs.clear();
        self.clusters.clear();
        self.clusters.push(Cluster {
            signs: 0..0,
            before: None,
        });
        let mut at = start;
        loop {
            if let Some((byte, end)) = digit(bytes, at) {
                self.signs.push(Sign {
                    byte,
                    start: at,
                    end,
                });
                at = end;
            } else if let Some(end) =
                check_x(bytes, at, self.signs.len() == 17 || self.open_signs() == 17)
                && self.signs.len() >= 3
                && (digit(bytes, end).is_none() || self.open_signs() == 17)
            {
                self.signs.push(Sign {
                    byte: b'X',
                    start: at,
                    end,
                });
                at = end;
                if digit(bytes, end).is_some() {
                    // Another number, run into this one.
                    self.close();
                    self.clusters.push(Cluster {
                        signs: self.signs.len()..self.signs.len(),
                        before: Some(Between::Cell),
                    });
                }
            } else if let Some((kind, next)) = between(bytes, at) {
                if kind.is_some() {
                    self.close();
                    self.clusters.push(Cluster {
                        signs: self.signs.len()..self.signs.len(),
                        before: kind,
                    });
                }
                at = next;
            } else {
                break;
            }
            if self.signs.len() >= SIGNS_MAX {
                break;
            }
        }
        self.close();
        self.end = at;
    }

    /// Signs of the open group.
    fn open_signs(&self) -> usize {
        let begin = self.clusters.last().map_or(0, |last| last.signs.start);
        self.signs.len() - begin
    }

    fn close(&mut self) {
        if let Some(last) = self.clusters.last_mut() {
            last.signs.end = self.signs.len();
        }
    }

    /// Bytes of some signs in the text.
    fn range(&self, signs: &Range<usize>) -> Range<usize> {
        let start = self.signs[signs.start].start;
        start..self.signs[signs.end - 1].end
    }

    fn number(&self, signs: &Range<usize>, into: &mut [u8; 19]) -> usize {
        let signs = &self.signs[signs.clone()];
        for (to, sign) in into.iter_mut().zip(signs) {
            *to = sign.byte;
        }
        signs.len()
    }

    /// Holds every window of whole groups against the rules; a window that was
    /// taken ends the search from its beginning.
    fn judge(&self, text: &str, today: Date, hits: &mut Vec<Hit>) {
        let mut first = 0;
        while first < self.clusters.len() {
            first = self.windows_from(first, text, today, hits) + 1;
        }
    }

    /// The last group of what was found from group `first` on, or `first`.
    fn windows_from(&self, first: usize, text: &str, today: Date, hits: &mut Vec<Hit>) -> usize {
        let begin = self.clusters[first].signs.start;
        // A group of which nothing but a stray sign was left begins no number.
        if self.clusters[first].signs.is_empty() {
            return first;
        }
        let mut lines = 0;
        let size = self.clusters[first].signs.len();
        let mut is_even = true;
        let mut found = None;
        for last in first..self.clusters.len() {
            let cluster = &self.clusters[last];
            if last > first {
                lines += usize::from(cluster.before == Some(Between::Line));
                // The last group of a number in equal groups may be shorter.
                let before = &self.clusters[last - 1].signs;
                is_even &= before.len() == size && cluster.signs.len() <= size;
            }
            let signs = begin..cluster.signs.end;
            // One sign more than the longest card: it may be two glued ones.
            if signs.len() > 19 && last > first || lines > 2 {
                break;
            }
            let groups = last - first + 1;
            // A column of figures has many ways to make eighteen digits.
            let is_written_so = groups <= 5 && (lines == 0 || groups <= 3) || is_even && lines == 0;
            if !is_written_so {
                continue;
            }
            if let Some(hit) = self.whole(&signs, first..=last, text, today) {
                found = Some((hit, last));
            }
        }
        if let Some((hit, last)) = found {
            hits.push(hit);
            return last;
        }
        if size > 18 {
            self.glued(first, today, hits);
        }
        first
    }

    /// What a window of whole groups is, if anything.
    fn whole(
        &self,
        signs: &Range<usize>,
        clusters: std::ops::RangeInclusive<usize>,
        text: &str,
        today: Date,
    ) -> Option<Hit> {
        let mut buffer = [0; 19];
        let length = self.number(signs, &mut buffer);
        let number = std::str::from_utf8(&buffer[..length.min(19)]).ok()?;
        let range = self.range(signs);
        let around = || Around::of(text, &range);
        let (rule, severity, confidence, shown) = match length {
            18 if is_resident(number, today) => {
                let is_cut = self.is_cut_where_people_cut(&clusters);
                let is_loose =
                    self.has(&clusters, Between::Cell) || self.has(&clusters, Between::Point);
                if !is_cut && is_loose {
                    return None;
                }
                let (severity, confidence) = if is_cut || around().names_a_person() {
                    (Severity::Blocks, Confidence::High)
                } else {
                    (Severity::Warns, Confidence::Medium)
                };
                (RuleId::ResidentId, severity, confidence, mask(number))
            }
            15 if self.is_one_or(&clusters, &[6, 6, 3]) && is_resident(number, today) => {
                let is_named = around().names_a_person();
                let severity = if is_named {
                    Severity::Blocks
                } else {
                    Severity::Warns
                };
                let confidence = if is_named {
                    Confidence::High
                } else {
                    Confidence::Low
                };
                (RuleId::OldResidentId, severity, confidence, mask(number))
            }
            16..=19
                if self.is_card_shape(&clusters)
                    && !self.has(&clusters, Between::Point)
                    && is_card(number) =>
            {
                let (severity, confidence) = around().of_card(number);
                (RuleId::BankCard, severity, confidence, mask(number))
            }
            // The shortest mobile and landline, the longest with 0086.
            11..=15 => return self.phone(signs, &clusters, text, number),
            _ => return None,
        };
        Some(Hit {
            rule,
            severity,
            confidence,
            range,
            shown,
            proposal: String::new(),
        })
    }

    /// Whether something of a kind stands between the groups.
    fn has(&self, clusters: &std::ops::RangeInclusive<usize>, kind: Between) -> bool {
        self.clusters[clusters.clone()]
            .iter()
            .skip(1)
            .any(|cluster| cluster.before == Some(kind))
    }

    /// Whether a resident's number is in one, one sign each, in equal groups, or
    /// cut where its parts end: place, year, month, day, sequence. Among
    /// eighteen figures that only happen to stand in a row this is rare.
    fn is_cut_where_people_cut(&self, clusters: &std::ops::RangeInclusive<usize>) -> bool {
        let sizes = self.sizes(clusters);
        let (last, first) = sizes.split_last().unwrap_or((&0, &[]));
        let mut end = 0;
        let at_parts = first.iter().all(|size| {
            end += size;
            matches!(end, 3 | 6 | 10 | 12 | 14 | 17)
        });
        let is_even = first.iter().all(|size| size == &sizes[0]) && *last <= sizes[0];
        let is_single = sizes.iter().all(|size| *size == 1);
        at_parts || is_single || is_even && !self.has(clusters, Between::Cell)
    }

    fn sizes(&self, clusters: &std::ops::RangeInclusive<usize>) -> Vec<usize> {
        self.clusters[clusters.clone()]
            .iter()
            .map(|cluster| cluster.signs.len())
            .collect()
    }

    /// One group, groups of just these sizes, or one sign each.
    fn is_one_or(&self, clusters: &std::ops::RangeInclusive<usize>, sizes: &[usize]) -> bool {
        let found = self.sizes(clusters);
        found.len() == 1 || found == sizes || found.iter().all(|size| *size == 1)
    }

    /// In one, in fours as it is embossed, or one sign each.
    fn is_card_shape(&self, clusters: &std::ops::RangeInclusive<usize>) -> bool {
        let sizes = self.sizes(clusters);
        let across_cells = self.has(clusters, Between::Cell);
        let fours = sizes.len() >= 4 && sizes[..sizes.len() - 1].iter().all(|size| *size == 4);
        let six = matches!(sizes[..], [6, 10..=13]);
        sizes.len() == 1 || !across_cells && (fours || six) || sizes.iter().all(|size| *size == 1)
    }

    fn phone(
        &self,
        signs: &Range<usize>,
        clusters: &std::ops::RangeInclusive<usize>,
        text: &str,
        number: &str,
    ) -> Option<Hit> {
        // Figures with a point, and days.
        if self.has(clusters, Between::Point) {
            return None;
        }
        let sizes = self.sizes(clusters);
        let all_single = sizes.len() > 1 && sizes.iter().all(|size| *size == 1);
        // 86 and 0086 are written before a mobile number, joined to it or not.
        let prefix = match number.len() {
            13 if number.starts_with("86") => 2,
            15 if number.starts_with("0086") => 4,
            _ => 0,
        };
        let bare = &number[prefix..];
        let mut shape = sizes.clone();
        if prefix > 0 {
            if shape.first() == Some(&prefix) {
                shape.remove(0);
            } else if let Some(first) = shape.first_mut() {
                *first = first.saturating_sub(prefix);
            }
        }
        let range = self.range(signs);
        let across_cells = self.has(clusters, Between::Cell) || self.has(clusters, Between::Line);
        let is_mobile_shape = all_single
            || shape.len() == 1
            || !across_cells
                && matches!(
                    shape[..],
                    [3, 4, 4] | [3, 8] | [7, 4] | [4, 4, 3] | [3, 3, 5] | [4, 3, 4]
                );
        // Three figures of a table, side by side.
        let may_be_figures = shape.len() > 1 && self.has(clusters, Between::Blank);
        if is_mobile_shape && is_mobile(bare) {
            let around = Around::of(text, &range);
            // Part of a longer name of something: letters run into it.
            if around.is_inside_a_code() {
                return None;
            }
            let (severity, confidence) = if around.names_a_thing() {
                (Severity::Warns, Confidence::Low)
            } else if around.names_a_person() || prefix > 0 {
                (Severity::Blocks, Confidence::High)
            } else if may_be_figures {
                (Severity::Warns, Confidence::Low)
            } else {
                (Severity::Blocks, Confidence::Medium)
            };
            return Some(Hit {
                rule: RuleId::Mobile,
                severity,
                confidence,
                range,
                shown: mask_phone(bare),
                proposal: String::new(),
            });
        }
        let is_divided = !across_cells && matches!(sizes[..], [3, 8] | [4, 7 | 8] | [3 | 4, 4, 4]);
        let around = || Around::of(text, &range);
        if is_landline(number) && (is_divided || sizes.len() == 1 && around().names_a_phone()) {
            return Some(Hit {
                rule: RuleId::Landline,
                severity: Severity::Warns,
                confidence: if is_divided {
                    Confidence::Medium
                } else {
                    Confidence::Low
                },
                range: range.clone(),
                shown: mask_phone(number),
                proposal: String::new(),
            });
        }
        None
    }

    /// Resident numbers within a longer group, as where cells ran together.
    fn glued(&self, cluster: usize, today: Date, hits: &mut Vec<Hit>) {
        let signs = self.clusters[cluster].signs.clone();
        let mut begin = signs.start;
        let mut buffer = [0; 19];
        while begin + 18 <= signs.end {
            let window = begin..begin + 18;
            let length = self.number(&window, &mut buffer);
            let number = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
            if is_resident(number, today) {
                hits.push(Hit {
                    rule: RuleId::ResidentId,
                    severity: Severity::Warns,
                    confidence: Confidence::Medium,
                    range: self.range(&window),
                    shown: mask(number),
                    proposal: String::new(),
                });
                begin += 18;
            } else {
                begin += 1;
            }
        }
    }
}

/// GB 11643, with a place that there is and a person who may live. A credit
/// code of digits alone is none.
fn is_resident(number: &str, today: Date) -> bool {
    let bytes = number.as_bytes();
    let is_alive = |year: &[u8]| matches!(year, [b'1', b'9', ..] | [b'2', b'0', ..]);
    is_province(bytes)
        && (bytes.len() == 15 || bytes.get(6..8).is_some_and(is_alive))
        && Document::read(DocumentKind::ResidentId, number, today).is_ok()
        && !(bytes.first() == Some(&b'9') && CreditCode::parse(number).is_ok())
}

/// Numbers that the three networks and the new ones give out.
fn is_mobile(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && matches!(
            bytes,
            [b'1', b'3' | b'8', ..]
                | [b'1', b'4', b'0' | b'1' | b'4'..=b'9', ..]
                | [b'1', b'5', b'0'..=b'3' | b'5'..=b'9', ..]
                | [b'1', b'6', b'2' | b'5'..=b'7', ..]
                | [b'1', b'7', b'0'..=b'8', ..]
                | [b'1', b'9', b'0'..=b'3' | b'5'..=b'9', ..]
        )
        // Eight equal digits are a filling.
        && !bytes[3..].iter().all(|byte| *byte == bytes[3])
}

/// An area code and seven or eight digits that do not begin with 0 or 1.
fn is_landline(number: &str) -> bool {
    let bytes = number.as_bytes();
    let local = match bytes {
        [b'0', b'1', b'0', rest @ ..] | [b'0', b'2', _, rest @ ..] if rest.len() == 8 => rest,
        [b'0', b'3'..=b'9', _, _, rest @ ..] if matches!(rest.len(), 7 | 8) => rest,
        _ => return false,
    };
    matches!(local.first(), Some(b'2'..=b'9')) && local.iter().all(u8::is_ascii_digit)
}

/// ISO/IEC 7812-1: the check digit by Luhn, and a beginning that issuers have.
fn is_card(number: &str) -> bool {
    let bytes = number.as_bytes();
    if !bytes.iter().all(u8::is_ascii_digit) || !is_issuer(bytes) {
        return false;
    }
    let sum: u32 = bytes
        .iter()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            match (at % 2, digit) {
                (0, digit) => digit,
                (_, 5..) => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && bytes[6..].iter().any(|byte| *byte != bytes[6])
}

/// Beginnings with the lengths that go with them: UnionPay; Visa, MasterCard
/// and JCB, of sixteen digits; and the old debit cards of nineteen.
fn is_issuer(bytes: &[u8]) -> bool {
    matches!(
        (bytes, bytes.len()),
        ([b'6', b'2', ..], 16..=19)
            | ([b'4', ..] | [b'5', b'1'..=b'5', ..] | [b'3', b'5', ..], 16)
            | (
                [b'9', b'5' | b'8' | b'9', ..] | [b'6', b'0', ..],
                16 | 18 | 19
            )
    )
}
