//! What is reviewed, and by which chain unless a body has set its own.
//!
//! The chains are data with their source (`data/review`): a ministry or a body
//! may want others, and a body sets its own in the office.

use serde::Deserialize;

use super::chain::{Chain, ChainData};
use crate::words::Message;

/// What kind of thing is reviewed: each has a chain of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matter {
    /// 拟公开的信息: what is to be published (三审三校, 保密法 2024 第三十五条).
    Publication,
    /// 公文: letters, answers to applications, other papers of the office.
    Document,
}

impl Matter {
    /// All matters.
    pub const ALL: [Self; 2] = [Self::Publication, Self::Document];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Publication => "publication",
            Self::Document => "document",
        }
    }

    /// The matter of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Publication => "review-matter-publication",
            Self::Document => "review-matter-document",
        })
    }

    /// The chain of a body that has set none, and above which none is set.
    pub fn usual(self) -> Usual {
        let text = match self {
            Self::Publication => include_str!("../../data/review/publication.json"),
            Self::Document => include_str!("../../data/review/document.json"),
        };
        let file: File = serde_json::from_str(text).expect("the data is read whole by a test");
        Usual {
            chain: Chain::from_data(&file.chain).expect("the data is checked by a test"),
            source: file.source,
        }
    }
}

/// The chain that comes with the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usual {
    /// The chain.
    pub chain: Chain,
    /// The rules it was made from, as people cite them.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    chain: ChainData,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::chain::StepKind;

    fn of_kind(matter: Matter, kind: StepKind) -> Vec<String> {
        let usual = matter.usual();
        let steps = usual.chain.steps().filter(|step| step.kind == kind);
        steps.map(|step| step.name.clone()).collect()
    }

    #[test]
    fn what_is_published_goes_through_three_reviews_and_three_proofs() {
        let reviews = [
            of_kind(Matter::Publication, StepKind::Review),
            of_kind(Matter::Publication, StepKind::Signature),
        ];
        assert_eq!(reviews.concat(), ["初审", "复审", "终审"]);
        let proofs = of_kind(Matter::Publication, StepKind::Proof);
        assert_eq!(proofs, ["一校", "二校", "三校"]);
        assert_eq!(Matter::Publication.usual().chain.hands().people(), 3);
    }

    #[test]
    fn every_usual_chain_looks_for_secrets_and_ends_with_a_signature() {
        for matter in Matter::ALL {
            let usual = matter.usual();
            assert_eq!(of_kind(matter, StepKind::Secrecy).len(), 1, "{matter:?}");
            let last = usual.chain.stages().last().expect("a stage");
            let signs = last.iter().all(|step| step.kind == StepKind::Signature);
            assert!(signs && last.len() == 1, "{matter:?}");
            assert!(usual.source.contains("第三十五条"), "{matter:?}");
            let timed = usual.chain.steps().all(|step| step.days.is_some());
            assert!(timed, "{matter:?}: every step has its time");
            assert_eq!(Matter::from_key(matter.key()), Some(matter));
        }
    }
}
