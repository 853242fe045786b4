//! The bodies as they stand, kept in memory until somebody changes them.
//!
//! Every request asks the tree who may do what. Twenty thousand bodies are
//! loaded in a quarter of a second, so they are loaded once for each change:
//! the store counts the changes, every transaction reads the count for itself,
//! and what is kept in memory serves only those that see the same count. So a
//! change that another node made is seen by the next request here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gongkai_domain::organization::{OrganizationId, Tree};
use gongkai_store::{StoreError, Tx, organization};

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
pub struct Standing(Mutex<Option<(i64, Arc<Bodies>)>>);

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
        let kept = self.kept().filter(|(of, _)| *of == count);
        if let Some((_, bodies)) = kept {
            return Ok(bodies);
        }
        let bodies = Arc::new(load(tx).await?);
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One who began long ago does not put back what is past.
        if place.as_ref().is_none_or(|(of, _)| *of < count) {
            *place = Some((count, Arc::clone(&bodies)));
        }
        Ok(bodies)
    }

    fn kept(&self) -> Option<(i64, Arc<Bodies>)> {
        // A place is set as a whole; nothing can break while it is.
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.clone()
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
