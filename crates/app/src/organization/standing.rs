//! The bodies as they stand, kept in memory until somebody changes them.
//!
//! Every request asks the tree who may do what. Twenty thousand bodies are
//! loaded in a quarter of a second, so they are loaded once for each change.

use std::collections::HashMap;
use std::sync::Arc;

use gongkai_domain::organization::{OrganizationId, Tree};
use gongkai_store::{StoreError, Tx, organization};

use crate::counted::Counted;

/// All bodies, past ones too, with how often each was changed.
#[derive(Debug, Default)]
pub struct Bodies {
    /// The bodies as a tree.
    pub tree: Arc<Tree>,
    /// The version of each.
    pub versions: HashMap<OrganizationId, i64>,
}

/// The bodies of the newest count of changes that was asked for. A house with
/// another store has another of these.
#[derive(Debug, Default)]
pub struct Standing(Counted<Bodies>);

impl Standing {
    /// The bodies as a reading transaction sees them.
    ///
    /// # Errors
    /// The store's; also where they make no tree, which is a fault of ours.
    pub async fn seen(&self, tx: &mut Tx) -> Result<Arc<Bodies>, StoreError> {
        let count = organization::changes(tx).await?;
        self.at(tx, count).await
    }

    /// The bodies as a writing transaction sees them that has just taken its
    /// turn at changing them and changed none yet: `count` is what
    /// [`organization::lock`] gave back.
    ///
    /// # Errors
    /// As for [`Self::seen`].
    pub(super) async fn before(&self, tx: &mut Tx, count: i64) -> Result<Arc<Bodies>, StoreError> {
        self.at(tx, count).await
    }

    /// The same for a transaction that has asked how often they were changed.
    pub(crate) async fn at(&self, tx: &mut Tx, count: i64) -> Result<Arc<Bodies>, StoreError> {
        self.0.at(count, async || load(tx).await).await
    }

    /// What was asked for last, with its count, which may be past.
    pub(crate) fn newest(&self) -> Option<(i64, Arc<Bodies>)> {
        self.0.newest()
    }
}

async fn load(tx: &mut Tx) -> Result<Bodies, StoreError> {
    let kept = organization::all(tx).await?;
    let versions = kept.iter().map(|kept| (kept.body.id, kept.version));
    let versions = versions.collect();
    let bodies = kept.into_iter().map(|kept| kept.body).collect();
    let tree = Tree::new(bodies).map_err(|refusals| {
        let told = refusals.iter().map(|refusal| refusal.message().id);
        let told: Vec<_> = told.collect();
        StoreError::Refused(format!("the organizations make no tree: {told:?}"))
    })?;
    Ok(Bodies {
        tree: Arc::new(tree),
        versions,
    })
}
