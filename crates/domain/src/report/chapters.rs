//! Chapters: where each begins, by all the titles that offices give them.

use std::sync::LazyLock;

use regex::Regex;

use super::document::Place;
use super::tables::lex::Stream;

/// A chapter heading that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Which chapter of the form it is, 1 to 6.
    pub chapter: usize,
    /// The ordinal that is printed before it.
    pub ordinal: usize,
    /// As printed.
    pub text: String,
    /// Position in the stream's text.
    pub start: usize,
    /// End of the heading.
    pub end: usize,
    /// Where it stood.
    pub place: Place,
}

/// What the titles of the six chapters have in common, whatever the wording.
static TITLES: LazyLock<Vec<(usize, Regex)>> = LazyLock::new(|| {
    let spaced = |words: &str| {
        // A space may stand between any two characters of a title.
        let mut pattern = String::new();
        let mut characters = words.chars().peekable();
        while let Some(c) = characters.next() {
            pattern.push(c);
            let plain = |c: char| super::fold::is_han(c) || c == '、';
            if plain(c) && characters.peek().is_some_and(|next| plain(*next)) {
                pattern.push_str("[ \t]*");
            }
        }
        pattern
    };
    let title = |chapter: usize, words: &str| {
        let pattern = format!(
            r"(?:^|[^(第一二三四五六七八九十])([一二三四五六七八])[ \t]*[、.,:][ \t]*(?:{})",
            spaced(words)
        );
        (chapter, Regex::new(&pattern).expect("a constant pattern"))
    };
    vec![
        title(
            1,
            "(?:政府信息公开)?(?:工作)?(?:总体情况|概述|基本情况|总体概况)",
        ),
        title(
            2,
            "(?:政府信息)?主动公开(?:政府信息)?(?:的)?(?:工作)?情况|政府信息主动公开",
        ),
        title(
            3,
            "(?:收到|受理)(?:和|及)?(?:处理|办理)?(?:的)?政府信息公开申请(?:的)?情况|(?:政府信息)?依申请公开(?:政府信息)?(?:办理)?(?:工作)?情况",
        ),
        title(
            4,
            "(?:因)?政府信息公开(?:工作)?(?:被申请|被提起|被|引发的|的)?行政复议(?:和|、|及)?(?:提起)?(?:的)?(?:行政诉讼|诉讼)?(?:的)?情况|(?:因政府信息公开)?(?:被)?(?:申请|提起)?行政复议、(?:提起)?行政诉讼(?:的)?情况",
        ),
        title(
            5,
            "(?:政府信息公开)?(?:工作)?(?:存在的|存在|主要)(?:主要)?问题[^。\n]{0,12}|(?:政府信息公开工作)?存在的主要困难[^。\n]{0,12}",
        ),
        title(6, "其他(?:需要|需)?(?:报告|说明)?(?:的)?(?:事项|情况)"),
    ]
});

/// Finds the headings in the order of the text.
pub fn headings(stream: &Stream) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    for (index, (line_start, _, _)) in stream.lines.iter().enumerate() {
        let line_end = stream
            .lines
            .get(index + 1)
            .map_or(stream.text.len(), |(next, _, _)| *next);
        let line = &stream.text[*line_start..line_end];
        if line.iter().any(|c| "一二三四五六七八".contains(*c)) {
            in_line(stream, *line_start, line, &mut found);
        }
    }
    found.sort_by_key(|heading| heading.start);
    found
}

/// Finds the headings of a line, which may hold a whole report.
fn in_line(stream: &Stream, line_start: usize, line: &[char], found: &mut Vec<Heading>) {
    let text: String = line.iter().collect();
    // Byte offsets to character positions, for the few matches there are.
    let position = |byte: usize| line_start + text[..byte].chars().count();
    for (chapter, pattern) in TITLES.iter() {
        for captures in pattern.captures_iter(&text) {
            let (Some(ordinal), Some(all)) = (captures.get(1), captures.get(0)) else {
                continue;
            };
            let number = "一二三四五六七八"
                .chars()
                .position(|c| ordinal.as_str().starts_with(c))
                .map_or(0, |index| index + 1);
            let start = position(ordinal.start());
            let end = position(all.end());
            found.push(Heading {
                chapter: *chapter,
                ordinal: number,
                text: stream.original_text(start, end).trim().to_owned(),
                start,
                end,
                place: stream.place_at(start),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Document;

    fn chapters(text: &str) -> Vec<(usize, usize)> {
        headings(&Stream::of(Document::from_text(text)))
            .into_iter()
            .map(|heading| (heading.chapter, heading.ordinal))
            .collect()
    }

    #[test]
    fn every_title_variant_is_its_chapter() {
        let text = "一、政府信息公开总体情况\n二、 主动公开政府信息情况\n三、收到和处理政府信息公开申请情况\n\
            四、因政府信息公开工作被申请行政复议、提起行政诉讼情况\n五、存在的主要问题及改进措施\n六、其他需要报告的事项";
        assert_eq!(
            chapters(text),
            [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]
        );
    }

    #[test]
    fn rows_and_subheadings_are_no_chapters() {
        assert_eq!(
            chapters("（二）主动公开情况。\n三、本年度办理结果\n二、上年结转政府信息公开申请数量"),
            []
        );
    }

    #[test]
    fn a_heading_inside_run_together_text_is_found() {
        assert_eq!(
            chapters("2020年1月2日五、存在的主要问题及改进情况六、其他需要报告的事项无"),
            [(5, 5), (6, 6)]
        );
    }
}
