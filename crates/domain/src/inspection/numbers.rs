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

/// A digit of a run, or the X that ends a resident's number.
#[derive(Debug, Clone, Copy)]
struct Sign {
    /// `0`–`9` or `X`.
    byte: u8,
    /// Where it begins and ends in the text.
    start: usize,
    end: usize,
}

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// A dash or a dot.
    Dash,
    /// Blanks.
    Blank,
    /// The border of cells: a tab.
    Cell,
    /// The end of a line.
    Line,
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
/// The most that stands between two groups of one number.
const BETWEEN_BYTES_MAX: usize = 12;
/// How far words around a number are asked, in bytes: twenty characters.
const AROUND_BYTES: usize = 60;

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
        address(text, &run, hits);
    }
}

/// For each byte whether a digit can begin with it.
const BEGINS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'0' as usize;
    while byte <= b'9' as usize {
        table[byte] = true;
        byte += 1;
    }
    // Full-width digits, and the mathematical ones.
    table[0xef] = true;
    table[0xf0] = true;
    table
};

fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes
            .get(at..)?
            .iter()
            .position(|b| BEGINS[usize::from(*b)])?;
        if digit(bytes, at).is_some() {
            return Some(at);
        }
        at += 1;
    }
}

/// A digit at a place, in any width, with the place after it.
fn digit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at)? {
        byte @ b'0'..=b'9' => Some((*byte, at + 1)),
        0xef => match bytes.get(at + 1..at + 3)? {
            [0xbc, last @ 0x90..=0x99] => Some((last - 0x90 + b'0', at + 3)),
            _ => None,
        },
        // U+1D7CE to U+1D7FF, five times ten.
        0xf0 => match bytes.get(at + 1..at + 4)? {
            [0x9d, 0x9f, last @ 0x8e..=0xbf] => Some(((last - 0x8e) % 10 + b'0', at + 4)),
            _ => None,
        },
        _ => None,
    }
}

/// An X at a place, in any width or case, with the place after it: letters may
/// not follow, nor digits but where it ends a resident's number.
fn check_x(bytes: &[u8], at: usize) -> Option<usize> {
    let after = match bytes.get(at)? {
        b'X' | b'x' => at + 1,
        0xef => match bytes.get(at + 1..at + 3)? {
            [0xbc, 0xb8] | [0xbd, 0x98] => at + 3,
            _ => return None,
        },
        _ => return None,
    };
    let follows = bytes.get(after).is_some_and(u8::is_ascii_alphabetic);
    (!follows).then_some(after)
}

/// What stands between groups from a place on, with the place after it; `None`
/// for nothing at all (a sign without width), or where it ends the run.
fn between(bytes: &[u8], from: usize) -> Option<(Option<Between>, usize)> {
    let mut at = from;
    let mut kind = None;
    while at - from <= BETWEEN_BYTES_MAX {
        let (next, width) = match bytes.get(at)? {
            b' ' => (Some(Between::Blank), 1),
            b'-' | b'_' | b')' => (Some(Between::Dash), 1),
            b'\t' => (Some(Between::Cell), 1),
            b'\r' => (kind, 1),
            b'\n' if kind != Some(Between::Line) => (Some(Between::Line), 1),
            // Soft hyphen, no-break space.
            0xc2 => match bytes.get(at + 1)? {
                0xad => (kind, 2),
                0xa0 => (Some(Between::Blank), 2),
                0xb7 => (Some(Between::Dash), 2),
                _ => break,
            },
            0xe2 => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                // Signs without width, and those that turn the direction.
                (0x80, 0x8b..=0x8f | 0xaa..=0xae) | (0x81, 0xa0..=0xaf) => (kind, 3),
                // Blanks, dashes of all lengths, the minus.
                (0x80, 0x80..=0x8a | 0xaf) => (Some(Between::Blank), 3),
                (0x80, 0x90..=0x95) | (0x88, 0x92) => (Some(Between::Dash), 3),
                _ => break,
            },
            // The wide blank, the dot between names.
            0xe3 => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                (0x80, 0x80) => (Some(Between::Blank), 3),
                (0x83, 0xbb) => (Some(Between::Dash), 3),
                _ => break,
            },
            0xef => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                // The mark of byte order, the wide hyphen and minus.
                (0xbb, 0xbf) => (kind, 3),
                (0xbc, 0x89 | 0x8d) | (0xb9, 0xa3) | (0xb9, 0x98) => (Some(Between::Dash), 3),
                _ => break,
            },
            _ => break,
        };
        // The strongest stands: a line's end, a cell's, a dash, a blank.
        kind = match (kind, next) {
            (Some(Between::Line), _) => kind,
            (_, Some(Between::Line)) => next,
            (Some(Between::Cell), _) => kind,
            (_, Some(Between::Cell)) => next,
            (Some(Between::Dash), _) => kind,
            (_, next) => next,
        };
        at += width;
    }
    let is_digit = digit(bytes, at).is_some() || check_x(bytes, at).is_some();
    (at > from && is_digit).then_some((kind, at))
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
            } else if let Some(end) = check_x(bytes, at)
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
            if signs.len() > 19 && last > first || lines > 1 {
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
                if !is_cut && self.has(&clusters, Between::Cell) {
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
            16..=19 if self.is_card_shape(&clusters) && is_card(number) => {
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
    match (bytes, bytes.len()) {
        ([b'6', b'2', ..], 16..=19) => true,
        ([b'4', ..] | [b'5', b'1'..=b'5', ..] | [b'3', b'5', ..], 16) => true,
        ([b'9', b'5' | b'8' | b'9', ..] | [b'6', b'0', ..], 16 | 18 | 19) => true,
        _ => false,
    }
}

/// The words beside a number.
struct Around<'a> {
    before: &'a str,
    after: &'a str,
}

impl<'a> Around<'a> {
    fn of(text: &'a str, range: &Range<usize>) -> Self {
        let mut from = range.start.saturating_sub(AROUND_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (range.end + AROUND_BYTES).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let apart = '\u{1f}';
        let before = &text[from..range.start];
        let after = &text[range.end..to];
        Self {
            before: before.rsplit(apart).next().unwrap_or(before),
            after: after.split(apart).next().unwrap_or(after),
        }
    }

    fn has_before(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.before.contains(word))
    }

    fn names_a_person(&self) -> bool {
        self.has_before(&[
            "身份证",
            "证件号",
            "公民身份",
            "居民身份",
            "证号",
            "姓名",
            "手机",
            "电话",
            "联系",
            "移动",
            "本人",
            "身份号",
        ])
    }

    fn names_a_phone(&self) -> bool {
        self.has_before(&["电话", "传真", "Tel", "TEL", "tel", "座机", "致电", "联系"])
    }

    /// The nearest word before it says that it counts a thing.
    fn names_a_thing(&self) -> bool {
        let nearest = |words: &[&str]| {
            words
                .iter()
                .filter_map(|word| self.before.rfind(word))
                .max()
        };
        let thing = nearest(&[
            "订单",
            "单号",
            "流水",
            "编号",
            "运单",
            "快递",
            "物流",
            "票号",
            "发票",
            "文号",
            "信用代码",
            "注册号",
            "许可证",
            "备案",
            "批次",
            "合同号",
            "项目代码",
            "索引号",
            "条码",
            "序列号",
            "宗地",
            "不动产",
            "标识码",
            "组织机构",
            "交易号",
            "凭证",
            "业务号",
            "受理号",
            "申请号",
            "专利",
        ]);
        let person = nearest(&[
            "身份证",
            "手机",
            "电话",
            "联系",
            "卡号",
            "账号",
            "帐号",
            "账户",
            "帐户",
            "银行",
            "开户",
            "姓名",
            "证件",
        ]);
        thing.is_some() && thing >= person
    }

    /// Letters or more of a figure touch it.
    fn is_inside_a_code(&self) -> bool {
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let is_figure = |mut text: std::str::Chars<'_>| {
            text.next() == Some('.') && text.next().is_some_and(|c| c.is_ascii_digit())
        };
        let mut back = self.before.chars().rev();
        let ends_a_figure =
            back.next() == Some('.') && back.next().is_some_and(|c| c.is_ascii_digit());
        touches(self.before.chars().next_back())
            || touches(self.after.chars().next())
            || is_figure(self.after.chars())
            || ends_a_figure
    }

    fn of_card(&self, number: &str) -> (Severity, Confidence) {
        let is_named = self.has_before(&[
            "卡号",
            "账号",
            "帐号",
            "账户",
            "帐户",
            "银行",
            "开户",
            "存折",
            "一卡通",
            "社保卡",
            "打卡",
            "惠农",
        ]);
        if self.names_a_thing() || self.is_inside_a_code() {
            (Severity::Warns, Confidence::Low)
        } else if is_named {
            (Severity::Blocks, Confidence::High)
        } else if number.starts_with("62") {
            (Severity::Blocks, Confidence::Medium)
        } else {
            (Severity::Warns, Confidence::Low)
        }
    }
}

/// What follows a number in an address, from the door outwards.
const DOORS: [&str; 3] = ["室", "户", "房"];
/// What a street or settlement ends with before its number.
const STREETS: [&str; 14] = [
    "路", "街", "巷", "弄", "道", "村", "小区", "苑", "园", "里", "胡同", "组", "队", "屯",
];
/// What stands before an address that is somebody's home.
const HOMES: [&str; 7] = [
    "家庭住址",
    "家庭地址",
    "住址",
    "现住",
    "户籍地",
    "户籍所在地",
    "居住地址",
];

/// An address down to the door, judged at the number that ends it: `室` after a
/// number, with a street, a settlement or a staircase shortly before; or a house
/// of a village group. To where the street begins it may be shown.
fn address(text: &str, run: &Run, hits: &mut Vec<Hit>) {
    let (Some(first), Some(last)) = (run.signs.first(), run.signs.last()) else {
        return;
    };
    if run.signs.len() > 8 {
        return;
    }
    let after = &text[last.end..];
    let door = DOORS.iter().find(|door| after.starts_with(**door));
    let is_house = after.starts_with('号');
    if door.is_none() && !is_house {
        return;
    }
    let around = Around::of(text, &(first.start..last.end));
    let line = around
        .before
        .rfind(['\n', '。', '；', ';'])
        .map_or(0, |at| {
            at + around.before[at..].chars().next().map_or(0, char::len_utf8)
        });
    let before = &around.before[line..];
    let street = STREETS
        .iter()
        .filter_map(|street| before.rfind(street).map(|at| (at, at + street.len())))
        .filter(|(_, end)| {
            let rest = &before[*end..];
            // A number, a house or a staircase follows the street's name.
            rest.is_empty()
                || rest.starts_with(|c: char| c.is_numeric() || c == '第' || c == '（' || c == ' ')
        })
        .min();
    let has_stairs = ["单元", "幢", "栋", "号楼", "座", "号院"]
        .iter()
        .any(|word| before.contains(word));
    let in_group = ["组", "队", "社"].iter().any(|word| before.ends_with(word))
        && ["村", "社区", "寨"]
            .iter()
            .any(|word| before.contains(word));
    let is_address = match door {
        Some(_) => has_stairs || street.is_some() && before.contains('号'),
        None => in_group,
    };
    if !is_address {
        return;
    }
    let home = HOMES
        .iter()
        .filter_map(|home| before.rfind(home).map(|at| at + home.len()))
        .max();
    let is_home = home.is_some();
    let begin = home.unwrap_or_else(|| {
        before
            .rfind(['：', ':', '，', ',', '\t', '（', '(', '“'])
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(0, char::len_utf8)
            })
    });
    let from = first.start - before.len() + begin;
    let address = text[from..last.end].trim_start_matches([':', '：', ' ', '\t', '为', '在', '于']);
    let from = last.end - address.len();
    let end = last.end + door.map_or("号".len(), |door| door.len());
    // To the town or street it may be shown.
    let shown: String = address
        .chars()
        .take_while(|c| !c.is_numeric() && *c != '路' && *c != '街' && *c != '村')
        .take(12)
        .collect();
    let range = from..end;
    // A longer address ends at a later number: it takes the place of this one.
    if let Some(last) = hits.last()
        && last.rule == RuleId::Address
        && last.range.end > range.start
    {
        hits.pop();
    }
    hits.push(Hit {
        rule: RuleId::Address,
        severity: if is_home {
            Severity::Blocks
        } else {
            Severity::Warns
        },
        confidence: if is_home {
            Confidence::High
        } else {
            Confidence::Medium
        },
        range,
        shown: format!("{shown}***"),
        proposal: String::new(),
    });
}
