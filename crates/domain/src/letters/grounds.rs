//! On what a refusal rests, as its letter says it: fixed by the outcome, and at
//! hand when the letter is begun. Why it applies here is for a person to say.

use crate::requests::outcomes;

/// On what information is withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// What kind of information it is.
    pub ground: &'static str,
    /// The article, with the full name of the Regulation.
    pub article: String,
}

/// Outcomes and what each says of the information (《条例》第十四条至第十六条).
const GROUNDS: [(&str, &str); 7] = [
    ("denied_state_secret", "属于依法确定为国家秘密的政府信息"),
    (
        "denied_law_prohibited",
        "属于法律、行政法规禁止公开的政府信息",
    ),
    (
        "denied_security",
        "公开后可能危及国家安全、公共安全、经济安全、社会稳定",
    ),
    (
        "denied_third_party",
        "涉及商业秘密、个人隐私等，公开会对第三方合法权益造成损害",
    ),
    (
        "denied_internal",
        "属于行政机关人事管理、后勤管理、内部工作流程等方面的内部事务信息",
    ),
    (
        "denied_process",
        "属于行政机关在履行行政管理职能过程中形成的讨论记录、过程稿、磋商信函、请示报告等过程性信息",
    ),
    ("denied_case_file", "属于行政执法案卷信息"),
];

/// The ground of an outcome; none where the outcome withholds nothing, or leaves open
/// why.
pub fn of(outcome: &str) -> Option<Ground> {
    let (_, ground) = GROUNDS.iter().find(|(code, _)| *code == outcome)?;
    let basis = &outcomes::of(outcome)?.basis;
    // That it is answered with reasons (Art. 36 item 3) is no ground.
    let article = basis.split("、第三十六条").next().unwrap_or_default();
    Some(Ground {
        ground,
        article: article.replace("《条例》", "《中华人民共和国政府信息公开条例》"),
    })
}

/// Whether an article withholds something for the sake of others (《条例》第十五条、
/// 第三十二条), as somebody types it. Where no law is named, it is the Regulation's.
pub fn is_for_others(article: &str) -> bool {
    names_of_regulation(&plain(article), &["十五", "三十二", "15", "32"])
}

/// Whether the text of a reply says that something is not given for the sake of others:
/// a sentence that withholds by Art. 15.
pub fn withholds_for_others(text: &str) -> bool {
    let text = plain(text);
    let mut sentences = text.split(['。', '；', ';', '\n']);
    sentences.any(|sentence| {
        let withholds = ["不予公开", "不公开"]
            .iter()
            .any(|one| sentence.contains(one));
        let denies = ["不属于", "不适用", "不符合"]
            .iter()
            .any(|one| sentence.contains(one));
        withholds && !denies && names_of_regulation(sentence, &["十五", "15"])
    })
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() || *c == '\n');
    kept.map(half_width).collect()
}

/// Whether one of these articles of the Regulation is named.
fn names_of_regulation(text: &str, wanted: &[&str]) -> bool {
    let (before, laws) = text.split_once('《').unwrap_or((text, ""));
    let mut of_regulation = laws.split('《').filter_map(|law| {
        let (name, articles) = law.split_once('》')?;
        let is_ours = ["条例", "政府信息公开条例", "中华人民共和国政府信息公开条例"];
        is_ours.contains(&name).then_some(articles)
    });
    names(before, wanted) || of_regulation.any(|articles| names(articles, wanted))
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

/// Whether one of these articles is named: 第十五条, 第十四、十五条. Of paragraphs, items,
/// pages and days the number is another one.
fn names(articles: &str, wanted: &[&str]) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || "零一二三四五六七八九十百".contains(c);
    let is_between = |c: char| "、和及至".contains(c);
    // Numbers of a list, until it is seen of what they are.
    let mut list: Vec<String> = Vec::new();
    let mut rest = articles;
    while let Some(at) = rest.find(is_number) {
        let before = rest[..at].chars().next_back();
        let number: String = rest[at..].chars().take_while(|c| is_number(*c)).collect();
        let goes_on = at == before.map_or(0, char::len_utf8) && before.is_some_and(is_between);
        rest = &rest[at + number.len()..];
        match before {
            Some('第') => list = vec![number],
            _ if goes_on && !list.is_empty() => list.push(number),
            _ => list.clear(),
        }
        if rest.starts_with('条') && list.iter().any(|one| wanted.contains(&one.as_str())) {
            return true;
        }
        if !rest.starts_with(is_between) {
            list.clear();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::outcomes::Family;

    #[test]
    fn what_is_withheld_for_others_is_known_by_its_article() {
        for (article, is_so) in [
            ("《中华人民共和国政府信息公开条例》第十五条", true),
            ("《条例》第三十二条", true),
            ("《条例》第 15 条", true),
            ("《条例》第十六条第一款", false),
            ("《条例》第十五、十六条", true),
            ("《条例》第１５条", true),
            ("第十五条", true),
            ("《条例》第二十五条", false),
            ("《条例》第十六条第十五项", false),
            ("《条例》第十四、十五条", true),
            ("《条例》第十五条、第十六条", true),
            ("附件第十五至二十页", false),
            ("第15、16页", false),
            ("《条例》第十六条第十五、十六项", false),
        ] {
            assert_eq!(is_for_others(article), is_so, "{article}");
        }
    }

    #[test]
    fn a_reply_withholds_for_others_where_it_says_so() {
        for (text, is_so) in [
            (
                "涉及商业秘密的部分，依照《条例》第十五条不予公开，其余予以公开。",
                true,
            ),
            ("依照第十五条，合同单价不公开。", true),
            (
                "依照《条例》第三十二条征求意见，第三方不同意；本机关决定公开，其余涉密不予公开。",
                false,
            ),
            ("不属于《条例》第十五条规定的不予公开的情形。", false),
            ("依照《条例》第十五条审查。涉密部分不予公开。", false),
            ("依照《条例》第十六条不予公开；限15日内领取。", false),
            ("", false),
        ] {
            assert_eq!(withholds_for_others(text), is_so, "{text}");
        }
    }

    #[test]
    fn every_refusal_has_its_ground_and_article() {
        let law = "《中华人民共和国政府信息公开条例》";
        for outcome in outcomes::all() {
            // A special law has its own way, and its letter says which.
            let is_refusal =
                outcome.family == Family::Denied && outcome.code != "special_access_law";
            assert_eq!(of(&outcome.code).is_some(), is_refusal, "{}", outcome.code);
        }
        for (code, article) in [
            ("denied_state_secret", "第十四条"),
            ("denied_law_prohibited", "第十四条"),
            ("denied_security", "第十四条"),
            ("denied_third_party", "第十五条、第三十二条"),
            ("denied_internal", "第十六条第一款"),
            ("denied_process", "第十六条第二款"),
            ("denied_case_file", "第十六条第二款"),
        ] {
            let found = of(code).expect("a ground");
            assert_eq!(found.article, format!("{law}{article}"), "{code}");
        }
    }
}
