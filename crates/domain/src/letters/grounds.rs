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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::outcomes::Family;

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
