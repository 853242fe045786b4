//! Slips of the wording: periods, years, notices, placeholders, numbers that
//! were forgotten, another body's text.

use std::sync::LazyLock;

use regex::Regex;

use super::{Findings, Status, in_sentence};
use crate::report::format::FormatId;
use crate::report::prose::Sentence;
use crate::report::reading::Reading;
use crate::words::Message;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a constant pattern"));
    };
}

pattern!(SUPERSEDED, r"[\[(]2019[\])]60号|年度报告格式\(试行\)");
pattern!(
    NO_NUMBER,
    r"(?:共|累计|合计|总计)(?:主动)?(?:公开|发布|收到|受理|办理|答复|办结)(?:各类)?(?:政府|政务)?(?:信息)?(?:公开)?(?:申请)?(?:条|件|篇|份)(?:[^\u{4e00}-\u{9fff}\d]|信息|$)"
);
pattern!(
    PLACEHOLDER,
    r"[XＸx×]{2,}(?:年|月|日|条|件|个|次|局|镇|区|县|市|元|人|单位|部门|乡|街道|项)|\([^()]{0,8}(?:请填写|填写说明|此处填|单位名称|部门名称)[^()]{0,8}\)|某某(?:局|镇|县|区|市)|_{3,}|请(?:在此)?填写"
);
pattern!(
    YEAR_AT_START,
    r"^(?:\([一二三四五六七八九十]\)|[一二三四五六七八九十]是|\d+[.、])?[^,。;\d]{0,24}?(20\d\d)年(?:度)?[,]?"
);
pattern!(
    ABOUT_ANOTHER_YEAR,
    r"同比|相比|较20|比20|以来|截至|截止|自20|印发|颁布|实施|施行|上年|去年|规划|试点"
);
pattern!(
    THAT_ONE,
    r"(?:该|上述|前述|同一)(?:专栏|栏目|平台|网站|公众号)[^,;。\d]{0,8}$"
);
pattern!(
    FUTURE,
    r"^(?:\([一二三四五六七八九十]\)[^。,]{0,12}[。,:])?(20\d\d)年,?[^,。;\d]{0,16}将"
);

/// Checks the wording.
pub(super) fn check(reading: &Reading, findings: &mut Findings) {
    period(reading, findings);
    for (index, sentence) in reading.sentences.iter().enumerate() {
        cited(reading, index, sentence, findings);
        forgotten(reading, index, sentence, findings);
        placeholder(reading, index, sentence, findings);
        stale_year(reading, index, sentence, findings);
        repeated(reading, index, sentence, findings);
    }
    subject(reading, findings);
}

/// 国办公开办函〔2021〕30号: from 1 January to 31 December of the report year.
fn period(reading: &Reading, findings: &mut Findings) {
    let Some(period) = &reading.period else {
        return;
    };
    let whole_year = |year: i16| {
        let day = |month, day| jiff::civil::Date::new(year, month, day).ok();
        period.from == day(1, 1) && period.to == day(12, 31)
    };
    let Some(year) = reading.year else { return };
    // A lost 年 leaves `20241月1日`, which reads like a date and is none.
    let year_marked = period.text.chars().take_while(char::is_ascii_digit).count() == 4
        && period.text.chars().nth(4) == Some('年');
    if whole_year(year) && year_marked {
        return;
    }
    let message = Message::new("period-wrong")
        .with("printed", &period.text)
        .with("year", year);
    let spot = in_sentence(reading, period.sentence, None);
    let found = findings.add("NARR-PERIOD", Status::Fails, spot, message);
    found.left = Some(period.text.clone());
    found.right = Some(format!("{year}年1月1日至{year}年12月31日"));
    found.mend = Some(Message::new("mend-period").with("year", year));
}

/// The notice of 2019 gave way to that of 2021 for report years from 2021.
fn cited(reading: &Reading, index: usize, sentence: &Sentence, findings: &mut Findings) {
    let current = reading.year.map_or(reading.format, FormatId::of_year);
    if current != FormatId::F2021 {
        return;
    }
    let Some(found) = SUPERSEDED.find(&sentence.folded) else {
        return;
    };
    let message = Message::new("format-cited").with("cited", found.as_str());
    let spot = in_sentence(reading, index, Some((found.start(), found.end())));
    let cited = found.as_str().to_owned();
    let found = findings.add("NARR-FORMAT-CITED", Status::Fails, spot, message);
    found.left = Some(cited);
    found.right = Some("国办公开办函〔2021〕30号".to_owned());
    found.mend = Some(Message::new("mend-format-cited"));
}

fn forgotten(reading: &Reading, index: usize, sentence: &Sentence, findings: &mut Findings) {
    for matched in NO_NUMBER.find_iter(&sentence.folded) {
        let words = matched
            .as_str()
            .trim_end_matches(|c: char| !crate::report::fold::is_han(c));
        let message = Message::new("number-forgotten").with("words", words);
        let spot = in_sentence(
            reading,
            index,
            Some((matched.start(), matched.start() + words.len())),
        );
        let found = findings.add("NARR-MISSING-NUMBER", Status::Fails, spot, message);
        found.left = Some(words.to_owned());
        found.mend = Some(Message::new("mend-number"));
    }
}

fn placeholder(reading: &Reading, index: usize, sentence: &Sentence, findings: &mut Findings) {
    if let Some(matched) = PLACEHOLDER.find(&sentence.folded) {
        let message = Message::new("placeholder-left").with("words", matched.as_str());
        let spot = in_sentence(reading, index, Some((matched.start(), matched.end())));
        let words = matched.as_str().to_owned();
        let found = findings.add("NARR-PLACEHOLDER", Status::Fails, spot, message);
        found.left = Some(words);
    }
}

/// A sentence that opens with another year and gives a figure that stands
/// elsewhere for the report year was left over from last year's report.
fn stale_year(reading: &Reading, index: usize, sentence: &Sentence, findings: &mut Findings) {
    let Some(year) = reading.year else { return };
    let Some(captures) = YEAR_AT_START.captures(&sentence.folded) else {
        return;
    };
    let Some(printed) = captures.get(1) else {
        return;
    };
    let Ok(other) = printed.as_str().parse::<i16>() else {
        return;
    };
    let spot = || in_sentence(reading, index, Some((printed.start(), printed.end())));
    let mut say = |status, id| {
        let message = Message::new(id).with("printed", other).with("year", year);
        let found = findings.add("NARR-YEAR", status, spot(), message);
        found.left = Some(format!("{other}年"));
        found.right = Some(format!("{year}年"));
        found.mend = Some(Message::new("mend-year").with("year", year));
    };
    if other == year && sentence.chapter == 5 {
        if FUTURE.is_match(&sentence.folded) {
            say(Status::Uncertain, "year-plan-past");
        }
        return;
    }
    let plausible = other < year && year - other <= 2;
    if !plausible || ABOUT_ANOTHER_YEAR.is_match(&sentence.folded) {
        return;
    }
    // Its own figures, elsewhere given for the report year.
    let own = sentence
        .figures
        .iter()
        .filter(|f| f.counts() && !f.unit.is_empty() && f.start > printed.end());
    let year_words = [format!("{year}年"), format!("{year}年度")];
    let same = own.into_iter().any(|figure| {
        reading.sentences.iter().enumerate().any(|(at, other)| {
            at != index
                && year_words
                    .iter()
                    .any(|words| other.folded.contains(words.as_str()))
                && other
                    .figures
                    .iter()
                    .any(|f| f.value == figure.value && f.unit == figure.unit)
        })
    });
    if same {
        say(Status::Fails, "year-stale");
    }
}

/// `该专栏公开16条` after `栏目公开20条`.
fn repeated(reading: &Reading, index: usize, sentence: &Sentence, findings: &mut Findings) {
    for figure in sentence
        .figures
        .iter()
        .filter(|f| f.counts() && !f.approximate)
    {
        let lead = &sentence.folded[..figure.start];
        let Some(anaphora) = THAT_ONE.find(lead) else {
            continue;
        };
        let verb: String = anaphora
            .as_str()
            .chars()
            .skip_while(|c| !matches!(c, '公' | '发' | '刊' | '更'))
            .collect();
        if verb.is_empty() {
            continue;
        }
        let earlier = reading.sentences[..=index]
            .iter()
            .enumerate()
            .rev()
            .take(3)
            .flat_map(|(at, s)| s.figures.iter().map(move |f| (at, s, f)))
            .filter(|(at, _, f)| *at < index || f.unit_end < figure.start)
            .rfind(|(_, s, f)| {
                let lead = &s.folded[..f.start];
                f.unit == figure.unit
                    && !f.approximate
                    && lead.ends_with(verb.as_str())
                    && ["栏目", "专栏", "平台", "网站", "公众号"]
                        .iter()
                        .any(|word| lead.rfind(word).is_some_and(|at| lead.len() - at <= 30))
            });
        if let Some((_, _, first)) = earlier
            && first.value != figure.value
        {
            let message = Message::new("claim-repeated")
                .with("first", first.text())
                .with("second", figure.text());
            let spot = in_sentence(reading, index, Some((figure.start, figure.unit_end)));
            let found = findings.add("NARR-REPEATED", Status::Fails, spot, message);
            found.left = Some(first.value.to_string());
            found.right = Some(figure.value.to_string());
        }
    }
}

/// Another body's name where the preface names the reporting one.
fn subject(reading: &Reading, findings: &mut Findings) {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:现公布|现将|公布)([^,。;:《》]{3,30}?)(?:20\d\d)年?(?:度)?政府信息公开(?:工作)?年度报告|请(?:与|联系)([^,。;:《》()]{3,30}?)(?:联系|\()")
            .expect("a constant pattern")
    });
    let Some(organization) = &reading.organization else {
        return;
    };
    for (index, sentence) in reading.sentences.iter().enumerate().take(40) {
        for captures in NAMED.captures_iter(&sentence.folded) {
            let Some(named) = captures.get(1).or_else(|| captures.get(2)) else {
                continue;
            };
            if is_same_body(organization, named.as_str()) {
                continue;
            }
            let message = Message::new("subject-other")
                .with("named", named.as_str())
                .with("organization", organization);
            let spot = in_sentence(reading, index, Some((named.start(), named.end())));
            let found = findings.add("NARR-SUBJECT", Status::Uncertain, spot, message);
            found.left = Some(named.as_str().to_owned());
            found.right = Some(organization.clone());
        }
    }
}

/// Names of one body differ by a place in front, an office behind, or are
/// short forms; two bodies share little.
fn is_same_body(organization: &str, named: &str) -> bool {
    let pronoun = ["我", "本", "区", "县", "市", "镇", "局", "该"]
        .iter()
        .any(|word| named.starts_with(word) && named.chars().count() <= 8);
    if pronoun || organization.contains(named) || named.contains(organization) {
        return true;
    }
    let shared = named.chars().filter(|c| organization.contains(*c)).count();
    shared * 2 >= named.chars().count()
}
