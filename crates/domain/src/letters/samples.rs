//! Invented facts with which every template is tried: an ordinary case, one of
//! an organization that is told little, and one that means harm.

use std::sync::OnceLock;

use jiff::civil::{Date, date};

use super::facts::{LetterFacts, Need};
use super::kinds::{Addressee, Kind};

/// Facts of every group, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    facts: LetterFacts,
}

impl Sample {
    /// The facts that a kind of letter needs, and no others: what is not
    /// promised to a template cannot be used by it.
    pub fn facts_for(&self, kind: &Kind) -> LetterFacts {
        let mut facts = self.facts.clone();
        let has = |need| kind.needs.contains(&need);
        macro_rules! only {
            ($($need:ident => $field:ident),*) => {
                $(if !has(Need::$need) { facts.$field = Default::default(); })*
            };
        }
        only!(
            Request => request, Receipt => receipt, Supplement => supplement, Frequency => frequency,
            Consultation => consultation, Extension => extension, Deferral => deferral, Fee => fee, Published => published,
            Given => given, Withheld => withheld, Search => search, Elsewhere => elsewhere,
            SpecialAccess => special_access, Channel => channel, Earlier => earlier, Asked => asked,
            Decision => decision, Correction => correction, Task => task, Withdrawal => withdrawn,
            Reason => reason
        );
        if !has(Need::Given) {
            facts.attachments.clear();
        }
        if kind.to != Addressee::Applicant {
            facts.addressee = match kind.to {
                Addressee::ThirdParty => "云岭𬴂途物流有限公司",
                Addressee::Unit => "本局预算科",
                _ => "云岭市自然资源局",
            }
            .to_owned();
        }
        if let (Addressee::ThirdParty | Addressee::Organ, Some(request)) =
            (kind.to, &mut facts.request)
        {
            request.statement = String::new();
            request.applicant = String::new();
        }
        // What one fact is in one letter it is not in another.
        match (kind.key, &mut facts.channel, &mut facts.asked) {
            ("publication", Some(channel), _) => {
                channel.matter = "《云岭统计年鉴（2025）》".to_owned();
                channel.place = "到云岭市图书馆查阅，或者向出版单位购买".to_owned();
            }
            ("abandoned_fee", _, Some(asked)) => {
                asked.letter =
                    "《政府信息公开信息处理费收费通知》（云财公开告〔2026〕22号）".to_owned();
            }
            _ => {}
        }
        facts
    }

    /// The day of its letter.
    pub fn dated(&self) -> Date {
        self.facts.dated.unwrap_or(date(2026, 11, 23))
    }
}

/// The ordinary one.
pub fn ordinary() -> &'static Sample {
    &all()[0]
}

/// All samples; the first is the ordinary one.
pub fn all() -> &'static [Sample] {
    static ALL: OnceLock<Vec<Sample>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
        vec![
            Sample {
                name: "ordinary",
                facts: read(include_str!("../../data/letters/samples/ordinary.json")),
            },
            Sample {
                name: "least",
                facts: read(include_str!("../../data/letters/samples/least.json")),
            },
            Sample {
                name: "hostile",
                facts: read(include_str!("../../data/letters/samples/hostile.json")),
            },
        ]
    })
}
