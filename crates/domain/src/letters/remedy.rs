//! The clause that tells of remedies: by outcome, by the date of the letter,
//! and by the way in which it is served.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::facts::clean;
use super::kinds::Kind;
use crate::requests::outcomes::Remedy;
use crate::words::Message;

/// From this day on a refusal goes to reconsideration before it goes to court
/// (《行政复议法》 2023 第二十三条第一款第四项、第九十条). A letter of an earlier day
/// leaves the choice (《行政诉讼法》第四十四条).
pub const REVIEW_FIRST_SINCE: Date = date(2024, 1, 1);

/// Days for reconsideration (《行政复议法》第二十条).
pub const REVIEW_DAYS: u32 = 60;
/// Months for a suit without reconsideration (《行政诉讼法》第四十六条).
pub const SUIT_MONTHS: u32 = 6;
/// Days for a suit after the decision on reconsideration (《行政诉讼法》第四十五条).
pub const SUIT_AFTER_REVIEW_DAYS: u32 = 15;

/// To whom an addressee may turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RemedyFacts {
    /// The organ of reconsideration, the people's government as a rule
    /// (《行政复议法》第二十四条).
    pub review_body: String,
    /// The court; empty for "the court".
    pub court: String,
    /// Where reconsideration is asked for online; needed where the letter is
    /// served online (《行政复议法》第二十二条第二款).
    pub online_channel: String,
    /// Whether the letter is served through the internet.
    pub served_online: bool,
    /// The outcome that the letter tells, by its key; empty where it tells none, or its
    /// kind tells one alone.
    pub outcome: String,
    /// What was chosen when the letter was written, where the law is unclear: what was
    /// approved is what leaves. Where there is none, what is chosen on the day of issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Remedy>,
}

/// What an installation chose where the law is unclear, outcome by outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemedyChoices(BTreeMap<String, Remedy>);

impl RemedyChoices {
    /// What was chosen, by the outcomes' keys.
    pub fn of(chosen: impl IntoIterator<Item = (String, Remedy)>) -> Self {
        Self(chosen.into_iter().collect())
    }

    /// Which remedy counts for an outcome. Where nobody chose, either way:
    /// reconsideration comes first for 不予公开 and 部分公开, and for the rest where an
    /// installation decides so.
    pub fn told(&self, outcome: &str) -> Remedy {
        self.0.get(outcome).copied().unwrap_or(Remedy::Optional)
    }
}

/// Which remedy a letter tells of, on its day. A kind that tells several outcomes
/// follows the one that it tells; the first, where that is not said.
pub fn remedy(kind: &Kind, facts: &RemedyFacts, dated: Date, choices: &RemedyChoices) -> Remedy {
    let first = kind.outcomes.first().copied().unwrap_or_default();
    let own = kind.outcomes.iter().find(|one| **one == facts.outcome);
    let now = match kind.remedy {
        Remedy::Setting => {
            let chosen = || choices.told(own.unwrap_or(&first));
            facts.told.unwrap_or_else(chosen)
        }
        fixed => fixed,
    };
    match now {
        Remedy::ReviewFirst if dated < REVIEW_FIRST_SINCE => Remedy::Optional,
        other => other,
    }
}

/// The clause of a letter; none where it bears none.
///
/// # Errors
/// That the organ of reconsideration is not known, or no online way to it
/// where the letter is served online.
pub fn clause(
    kind: &Kind,
    dated: Date,
    facts: &RemedyFacts,
    choices: &RemedyChoices,
) -> Result<Option<String>, Message> {
    let remedy = remedy(kind, facts, dated, choices);
    if matches!(remedy, Remedy::None | Remedy::Setting) {
        return Ok(None);
    }
    let body = clean(&facts.review_body);
    if body.is_empty() {
        return Err(Message::new("letter-review-body-missing"));
    }
    let court = match clean(&facts.court) {
        none if none.is_empty() => "人民法院".to_owned(),
        court => court,
    };
    let review = format!("自收到本告知书之日起{REVIEW_DAYS}日内向{body}申请行政复议");
    let mut text = match remedy {
        Remedy::ReviewFirst => format!(
            "如不服本告知，应当先依法申请行政复议，可以{review}；对行政复议决定不服的，可以自收到行政复议\
             决定书之日起{SUIT_AFTER_REVIEW_DAYS}日内向{court}提起行政诉讼。"
        ),
        _ => format!(
            "如不服本告知，可以{review}，也可以自收到本告知书之日起{SUIT_MONTHS}个月内直接向{court}提起行政诉讼。"
        ),
    };
    let online = clean(&facts.online_channel);
    match (online.is_empty(), facts.served_online) {
        (true, true) => return Err(Message::new("letter-online-channel-missing")),
        (true, false) => {}
        // 第二十二条第二款: whoever serves online tells the online way.
        (false, _) if dated >= REVIEW_FIRST_SINCE => {
            text.push_str(&format!(
                "行政复议申请可以通过以下互联网渠道提交：{online}。"
            ));
        }
        (false, _) => {}
    }
    Ok(Some(text))
}
