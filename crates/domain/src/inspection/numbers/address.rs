//! Where somebody lives, down to the door.

use super::super::{Confidence, Hit, RuleId, Severity};
use super::Run;
use super::around::Around;

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
pub(super) fn judge(text: &str, run: &Run, hits: &mut Vec<Hit>) {
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
    let around = Around::line_before(text, first.start);
    let line = around.rfind(['\n', '。', '；', ';']).map_or(0, |at| {
        at + around[at..].chars().next().map_or(0, char::len_utf8)
    });
    let before = &around[line..];
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
    // A longer address ends at a later number: it takes the place of this one,
    // and is a home if this one was.
    let mut is_home = is_home;
    if let Some(last) = hits.last()
        && last.rule == RuleId::Address
        && last.range.end > range.start
    {
        is_home |= last.severity == Severity::Blocks;
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
