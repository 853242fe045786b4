//! Files of a paper and their inspection: one that is refused is not taken in,
//! and a paper goes to nobody before all of its files may pass.

use std::sync::Arc;

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::review::content::Content;
use gongkai_domain::words::Message;
use gongkai_store::{StoreError, Tx};

use super::papers::{Brought, called};
use super::{NONE, PAPER, ReviewError};
use crate::house::House;
use crate::inspection::{self, Verdict};
use crate::people::SignedIn;
use crate::report::orders::Reader;

/// Has files inspected that come with a paper of a body; what was found is kept.
/// Who may write may have them inspected.
///
/// # Errors
/// [`ReviewError::Refused`] names each file that is refused, and why.
pub async fn inspect(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    organization: OrganizationId,
    brought: &[Brought],
) -> Result<(), ReviewError> {
    let target = Target::Organization(organization);
    let about = (PAPER, NONE.to_owned());
    let who = signed.demand(house, Action::ReviewWrite, target, about);
    let who = who.await?;
    let mut refused = Vec::new();
    for one in brought {
        let file = inspection::File {
            name: called(one),
            bytes: Arc::from(one.bytes.as_slice()),
        };
        let inspected = inspection::inspect_brought(house, reader, &who, organization, &file).await;
        let outcome = inspected?;
        if outcome.verdict == Verdict::Refused {
            refused.push(Message::new("paper-file-refused").with("name", file.name));
            let mut rules: Vec<_> = outcome.findings.iter().map(|found| found.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            refused.extend(rules.into_iter().map(|rule| rule.statement()));
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(ReviewError::Refused(refused)),
    }
}

/// Whether all files of a paper may pass, asked in the transaction that hands
/// them on.
///
/// # Errors
/// [`ReviewError::Refused`] names each that may not, and what to do.
pub(super) async fn pass(
    house: &House,
    tx: &mut Tx,
    organization: OrganizationId,
    content: &Content,
) -> Result<(), ReviewError> {
    let mut wait = Vec::new();
    for file in &content.attachments {
        if !inspection::may_pass(house, tx, organization, &file.digest, &file.name).await? {
            wait.push(Message::new("paper-file-waits").with("name", &file.name));
        }
    }
    match wait.is_empty() {
        true => Ok(()),
        false => Err(ReviewError::Refused(wait)),
    }
}

/// How a file of a paper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Number of its newest inspection, if it was inspected.
    pub inspection: Option<i64>,
    /// Whether it may pass.
    pub may_pass: bool,
}

/// How each file of a paper stands, in their order.
///
/// # Errors
/// The store's.
pub(super) async fn standing(
    house: &House,
    tx: &mut Tx,
    organization: OrganizationId,
    content: &Content,
) -> Result<Vec<Standing>, StoreError> {
    let mut all = Vec::new();
    for file in &content.attachments {
        let last = gongkai_store::inspection::last(tx, organization, &file.digest).await?;
        let may_pass =
            inspection::may_pass(house, tx, organization, &file.digest, &file.name).await?;
        all.push(Standing {
            inspection: last.map(|last| last.id),
            may_pass,
        });
    }
    Ok(all)
}
