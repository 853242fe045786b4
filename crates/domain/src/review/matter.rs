//! What is reviewed, and by which chain unless a body has set its own.
//!
//! The chains are data with their source (`data/review`): a ministry or a body
//! may want others, and a body sets its own in the office.

use serde::Deserialize;

use super::chain::{Chain, ChainData, StepKind};
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

    /// What stands against a chain for this matter, whoever sets it: the steps
    /// that the law needs (保守国家秘密法 2024 第三十五条 for what is published)
    /// and the signature of who answers for it. Chains that are stored are not
    /// asked again: a review goes through the one with which it began.
    pub fn unlawful(self, chain: &Chain) -> Vec<Message> {
        let needs = self.file().needs;
        let mut wrong = Vec::new();
        for needed in &needs.steps {
            let is_it = |kind: StepKind| kind.key() == needed.kind;
            if chain.steps().any(|step| is_it(step.kind)) {
                continue;
            }
            let missing = Message::new("chain-needs-secrecy").with("source", &needed.source);
            wrong.push(missing);
        }
        let mut last = chain.stages().last().into_iter().flatten();
        if needs.signature_last && !last.any(|step| step.kind == StepKind::Signature) {
            wrong.push(Message::new("chain-needs-signature"));
        }
        wrong
    }

    fn file(self) -> File {
        let text = match self {
            Self::Publication => include_str!("../../data/review/publication.json"),
            Self::Document => include_str!("../../data/review/document.json"),
        };
        serde_json::from_str(text).expect("the data is read whole by a test")
    }

    /// The chain of a body that has set none, and above which none is set.
    pub fn usual(self) -> Usual {
        let file = self.file();
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
    needs: Needs,
    chain: ChainData,
}

/// What any chain for a matter has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needs {
    /// Steps that some rule asks for.
    steps: Vec<Needed>,
    /// Whether the last stage is a signature.
    signature_last: bool,
}

/// A step that some rule asks for: [`StepKind::key`], and the rule as people
/// cite it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needed {
    kind: String,
    source: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::fixtures::said;

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

    fn without(matter: Matter, kind: StepKind) -> Chain {
        let usual = matter.usual().chain;
        let stages = usual.stages().iter().map(|stage| {
            let rest = stage.iter().filter(|step| step.kind != kind);
            rest.cloned().collect::<Vec<_>>()
        });
        let stages = stages.filter(|stage| !stage.is_empty()).collect();
        Chain::new(stages, usual.hands(), None).expect("a chain")
    }

    #[test]
    fn no_chain_goes_without_what_the_law_needs() {
        let ids = |matter: Matter, chain: &Chain| -> Vec<String> {
            let wrong = matter.unlawful(chain);
            wrong.iter().for_each(|message| drop(said(message)));
            wrong.into_iter().map(|one| one.id.into_owned()).collect()
        };
        for matter in Matter::ALL {
            assert_eq!(ids(matter, &matter.usual().chain), [""; 0], "{matter:?}");
            let unsigned = without(matter, StepKind::Signature);
            assert_eq!(
                ids(matter, &unsigned),
                ["chain-needs-signature"],
                "{matter:?}"
            );
        }
        let open = without(Matter::Publication, StepKind::Secrecy);
        assert_eq!(ids(Matter::Publication, &open), ["chain-needs-secrecy"]);
        // Not every paper is to be published.
        let inside = without(Matter::Document, StepKind::Secrecy);
        assert_eq!(ids(Matter::Document, &inside), [""; 0]);
    }

    #[test]
    fn what_the_law_needs_names_its_rule() {
        for matter in Matter::ALL {
            let needs = matter.file().needs;
            for needed in needs.steps {
                assert_eq!(needed.kind, StepKind::Secrecy.key());
                assert!(needed.source.contains("第三十五条"));
            }
        }
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
