//! Which group of values belongs to which row of the form.
//!
//! Labels are compared with typing errors, wraps and repeated group labels in
//! mind; the order of the form settles what the label alone does not. Knows
//! nothing of what the values are.

use crate::report::fold;

/// A row of the form to be found: its label and the ways it is printed.
#[derive(Debug)]
pub struct Target {
    /// Folded labels, the statutory one first.
    pub labels: Vec<Vec<char>>,
    /// The same without the ordinal, where it has one.
    pub bare: Vec<char>,
    /// How many values the row takes.
    pub values: usize,
}

impl Target {
    /// A target from printed labels.
    pub fn new<'a>(labels: impl IntoIterator<Item = &'a str>, values: usize) -> Self {
        let labels: Vec<Vec<char>> = labels.into_iter().map(fold::label_key).collect();
        let first = labels.first().cloned().unwrap_or_default();
        let skip = usize::from(
            first
                .first()
                .is_some_and(|c| c.is_ascii_digit() || "一二三四五六七八九".contains(*c)),
        );
        Self {
            bare: first[skip..].to_vec(),
            labels,
            values,
        }
    }
}

/// What the aligner needs to know of a group of values.
#[derive(Debug)]
pub struct Candidate {
    /// Folded label characters before the values.
    pub before: Vec<char>,
    /// Those of them that stand on the line of the values.
    pub line: Vec<char>,
    /// Label characters behind the values, up to the line of the next.
    pub after: Vec<char>,
    /// Whether they stand in a sentence: a comma divides the words before.
    pub in_sentence: bool,
    /// Number of values that stand separately.
    pub separate: usize,
    /// Number of blanks among and around them.
    pub blanks: usize,
    /// Digits of the values, all told: run together, they could make so many.
    pub digits: usize,
}

impl Candidate {
    /// Whether the values could be more than stand separately.
    fn glued(&self) -> bool {
        self.digits > self.separate
    }
}

/// How far back a label is looked for.
const REACH: usize = 90;

/// Finds the label at the end of `before`: 1 where it stands there exactly,
/// less for each character that differs, is missing, or stands behind it.
fn similarity(label: &[char], before: &[char]) -> f32 {
    if label.is_empty() || before.is_empty() {
        return 0.0;
    }
    if before.ends_with(label) {
        return 1.0;
    }
    let before = &before[before.len().saturating_sub(REACH)..];
    let shared = label.iter().filter(|c| before.contains(c)).count();
    if shared * 2 < label.len() {
        return 0.0;
    }
    // Semi-global edit distance: the text before the label is free, each
    // character behind it costs a little, and so does each character of the
    // label that a wrap moved behind the values.
    const BEHIND: f32 = 0.6;
    const CUT: f32 = 0.3;
    let columns = before.len() + 1;
    let mut previous = vec![0.0f32; columns];
    let mut best = f32::MAX;
    let finish = |row: &[f32], read: usize| {
        let cut = CUT * (label.len() - read) as f32;
        row.iter()
            .enumerate()
            .map(|(end, cost)| cost + cut + BEHIND * (columns - 1 - end) as f32)
            .fold(f32::MAX, f32::min)
    };
    for (index, wanted) in label.iter().enumerate() {
        let mut current = vec![(index + 1) as f32; columns];
        for column in 1..columns {
            let differs = f32::from(u8::from(before[column - 1] != *wanted));
            current[column] = (previous[column - 1] + differs)
                .min(previous[column] + 1.0)
                .min(current[column - 1] + 0.8);
        }
        let read = index + 1;
        if read * 3 >= label.len().max(9) || read == label.len() {
            best = best.min(finish(&current, read));
        }
        previous = current;
    }
    (1.0 - best / label.len() as f32).max(0.0)
}

/// How well a group's label fits a row.
fn label_score(target: &Target, candidate: &Candidate) -> f32 {
    // A label that begins on the line of its values and goes on below them.
    let around: Vec<char> = if candidate.line.is_empty() {
        Vec::new()
    } else {
        candidate
            .line
            .iter()
            .chain(&candidate.after)
            .copied()
            .collect()
    };
    let mut best = 0.0f32;
    for label in &target.labels {
        if !line_agrees(label, &candidate.line) {
            continue;
        }
        best = best.max(similarity(label, &candidate.before));
        if best < 0.9 {
            best = best.max(similarity(label, &around));
        }
    }
    if best < 0.9 && target.bare.len() >= 4 && line_agrees(&target.bare, &candidate.line) {
        best = best.max(similarity(&target.bare, &candidate.before) * 0.95);
    }
    best
}

/// Whether the words on the line of the values can be of this label: the
/// label ends there, or begins there and goes on elsewhere. Without words on
/// the line nothing speaks against it.
fn line_agrees(label: &[char], line: &[char]) -> bool {
    if line.is_empty() || similarity(label, line) >= LABEL_KNOWN {
        return true;
    }
    (1..=line.len().min(label.len())).any(|length| {
        let tail = &line[line.len() - length..];
        label.starts_with(tail) || (length >= 3 && label.windows(length).any(|w| w == tail))
    })
}

/// How many values there are against how many the row takes; `None` where
/// they cannot be this row's.
fn count_score(target: &Target, candidate: &Candidate) -> Option<f32> {
    let (have, want) = (candidate.separate, target.values);
    if have == want {
        Some(2.0)
    } else if have < want
        && (candidate.glued() && candidate.digits >= want || have + candidate.blanks >= want)
    {
        Some(1.0)
    } else if have < want && have > 0 && !candidate.in_sentence {
        // Blank cells may have left no trace.
        Some(0.0)
    } else if have > want && have <= want + 2 {
        Some(0.5)
    } else {
        None
    }
}

/// A group found for a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Index of the group.
    pub group: usize,
    /// How well the label fits, 0 to 1.
    pub label: f32,
}

/// A label at least this similar is taken for the row's own.
pub const LABEL_KNOWN: f32 = 0.68;

/// The best assignment that keeps the order of the form. A row without its
/// own label is taken only where the number of its values fits.
pub fn align(targets: &[&Target], candidates: &[Candidate]) -> Vec<Option<Match>> {
    let (rows, groups) = (targets.len(), candidates.len());
    let mut labels = vec![0.0f32; rows * groups];
    let mut gains = vec![f32::MIN; rows * groups];
    for (group, candidate) in candidates.iter().enumerate() {
        let exact = targets.iter().position(|target| {
            target
                .labels
                .iter()
                .any(|label| label.len() > 3 && candidate.before.ends_with(label))
        });
        for (row, target) in targets.iter().enumerate() {
            let Some(count) = count_score(target, candidate) else {
                continue;
            };
            let label = match exact {
                Some(found) if found == row => 1.0,
                Some(_) if target.labels[0].len() > 3 => 0.0,
                // A number in a sentence is not worth a comparison.
                _ if count == 0.0 => 0.0,
                _ => label_score(target, candidate),
            };
            let at = row * groups + group;
            labels[at] = label;
            if label >= LABEL_KNOWN {
                gains[at] = 10.0 * label + count;
            } else if exact.is_none() && target.values > 1 && candidate.separate == target.values {
                gains[at] = 1.0 + 2.0 * label;
            }
        }
    }
    // best[row][group]: the gain from this row and group on.
    let mut best = vec![0.0f32; (rows + 1) * (groups + 1)];
    let at = |row: usize, group: usize| row * (groups + 1) + group;
    for row in (0..rows).rev() {
        for group in (0..groups).rev() {
            let skip = best[at(row + 1, group)].max(best[at(row, group + 1)]);
            let gain = gains[row * groups + group];
            let take = if gain > f32::MIN {
                gain + best[at(row + 1, group + 1)]
            } else {
                f32::MIN
            };
            best[at(row, group)] = skip.max(take);
        }
    }
    let mut matches = vec![None; rows];
    let (mut row, mut group) = (0, 0);
    while row < rows && group < groups {
        let here = best[at(row, group)];
        let gain = gains[row * groups + group];
        if gain > f32::MIN && gain + best[at(row + 1, group + 1)] >= here {
            matches[row] = Some(Match {
                group,
                label: labels[row * groups + group],
            });
            row += 1;
            group += 1;
        } else if best[at(row, group + 1)] >= here {
            group += 1;
        } else {
            row += 1;
        }
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(label: &str, before: &str) -> f32 {
        similarity(&fold::label_key(label), &fold::label_key(before))
    }

    #[test]
    fn a_label_is_known_in_the_ways_it_is_really_printed() {
        for (label, before) in [
            ("2.其他法律行政法规禁止公开", "2.其他法律行政止公开"),
            (
                "5.要求行政机关确认或重新出具已获取信息",
                "5.要求行政机关确认或重新",
            ),
            (
                "2.没有现成信息需要另行制作",
                "（四）2.没有现成信息需要另行制无法作",
            ),
            (
                "一、本年新收政府信息公开申请数量",
                "其他总计一、 本年新收政府信息公开 申请数量",
            ),
            ("（一）予以公开", "三三、本年度办理结果（一）予以公开"),
            ("规章", "信息内容本年制发件数本年废止件数现行有效件数规章"),
        ] {
            assert!(score(label, before) >= LABEL_KNOWN, "{label} / {before}");
        }
    }

    #[test]
    fn another_rows_label_is_not_taken_for_it() {
        for (label, before) in [
            ("1.属于国家秘密", "8.属于行政查询事项"),
            ("2.重复申请", "4.无正当理由大量反复申请"),
            ("规章", "行政规范性文件"),
            (
                "（六）其他处理",
                "（六）其他处理1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
            ),
        ] {
            assert!(score(label, before) < LABEL_KNOWN, "{label} / {before}");
        }
    }

    #[test]
    fn order_places_the_group_whose_label_is_lost() {
        let targets = [
            Target::new(["1.属于国家秘密"], 2),
            Target::new(["2.重复申请"], 2),
            Target::new(["3.要求提供公开出版物"], 2),
        ];
        let group = |before: &str| Candidate {
            before: fold::label_key(before),
            line: fold::label_key(before),
            after: Vec::new(),
            in_sentence: false,
            separate: 2,
            blanks: 0,
            digits: 2,
        };
        let found = align(
            &targets.each_ref(),
            &[
                group("1.属于国家秘密"),
                group("?"),
                group("3.要求提供公开出版物"),
            ],
        );
        let groups: Vec<_> = found.iter().map(|m| m.map(|m| m.group)).collect();
        assert_eq!(groups, [Some(0), Some(1), Some(2)]);
    }
}
