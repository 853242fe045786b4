//! Organizations: founding, changing, succeeding, seeing, tables in and out.
//!
//! Every use case loads the tree in its transaction, asks the one permission
//! table, changes rows and writes the trail together. A try that was refused is
//! written down in a transaction of its own; who may not see a body is told
//! that there is none. Start with [`create`] and [`list`].

mod difference;
mod entry;
mod history;
mod plan;
mod sight;
mod standing;
mod succeed;
mod tables;

pub use difference::{Difference, Field, Shown};
pub use entry::{Version, change, create, edit_office, heads};
pub use gongkai_store::organization::{Kept, KeptSuccession, TableBrought};
pub use history::{Done, History, Kin, Passage, Past, history};
pub use plan::{Order, Plan, Successor, plan};
pub use sight::{Page, Query, count, list, see, successions};
pub use standing::{Bodies, Standing};
pub use succeed::succeed;
pub use tables::{Exported, Imported, TableFile, export, import, imports};

use std::sync::Arc;

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::import::RowReport;
use gongkai_domain::organization::permissions::{
    Action, Actor, Decision, Reach, Target, permits, reach,
};
use gongkai_domain::organization::{Organization, OrganizationId, Tree};
use gongkai_domain::words::Message;
use gongkai_paper::table::TableError;
use gongkai_store::{StoreError, Tx, organization};
use jiff::civil::Date;

use crate::audit::{self, Deed, Who};
use crate::blobs::AttachmentError;
use crate::house::House;
use crate::once::SentOtherwise;

/// Why something was not done with organizations. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// The permission table does not allow it.
    #[error("it is not allowed")]
    Denied(Message),
    /// There is no such body, or the one who asks may not see it.
    #[error("there is no such organization to be seen")]
    NotFound,
    /// What was entered is wrong, each with what to do.
    #[error("what was entered is wrong")]
    Wrong(Vec<Message>),
    /// Someone changed the body meanwhile.
    #[error("the organization was changed meanwhile")]
    Changed {
        /// Its version now.
        version: i64,
        /// Where what is there differs from what was entered.
        differences: Vec<Difference>,
    },
    /// Rows of a table are wrong; none was taken.
    #[error("rows of the table are wrong")]
    Rows(Vec<RowReport>),
    /// The table's file.
    #[error("the table was not read: {}", .0.id)]
    Unread(Message),
    /// The form.
    #[error(transparent)]
    Otherwise(#[from] SentOtherwise),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keeping the file.
    #[error("the file was not kept")]
    Attachment(#[from] AttachmentError),
    /// Writing a table.
    #[error("the table was not written")]
    Table(#[from] TableError),
}

impl OrganizationError {
    /// What to tell the user.
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::Denied(message) => vec![message.clone()],
            Self::NotFound => vec![Message::new("organization-not-found")],
            Self::Wrong(messages) => messages.clone(),
            Self::Changed { differences, .. } => {
                vec![Message::new("organization-changed").with("fields", differences.len())]
            }
            Self::Rows(rows) => rows.iter().flat_map(|row| row.messages.clone()).collect(),
            Self::Unread(message) => vec![message.clone()],
            Self::Otherwise(_) => vec![Message::new("organization-sent-otherwise")],
            Self::Store(_) | Self::Attachment(_) | Self::Table(_) => {
                vec![Message::new("organization-failed")]
            }
        }
    }
}

/// Why a use case stops: refused, which is written down, or else.
enum Halt {
    Refused { reason: Message, is_seen: bool },
    Failed(OrganizationError),
}

macro_rules! halts {
    ($($from:ty),*) => {$(
        impl From<$from> for Halt {
            fn from(error: $from) -> Self {
                Self::Failed(error.into())
            }
        }
    )*};
}

halts!(OrganizationError, StoreError, SentOtherwise, TableError);

fn wrong(messages: Vec<Message>) -> Halt {
    Halt::Failed(OrganizationError::Wrong(messages))
}

/// Refuses where anything is wrong.
fn refuse(messages: Vec<Message>) -> Result<(), Halt> {
    if messages.is_empty() {
        Ok(())
    } else {
        Err(wrong(messages))
    }
}

/// The bodies as they are in a transaction, and the day it is.
struct Ground {
    tree: Arc<Tree>,
    bodies: Arc<Bodies>,
    day: Date,
}

impl Ground {
    /// For a transaction that reads.
    async fn lay(tx: &mut Tx, house: &House) -> Result<Self, Halt> {
        let bodies = house.bodies.seen(tx).await?;
        Ok(Self::of(bodies, house))
    }

    /// For a transaction that changes bodies: it waits for its turn, and keeps
    /// others waiting until it ends.
    async fn hold(tx: &mut Tx, house: &House) -> Result<Self, Halt> {
        let count = organization::lock(tx).await?;
        let bodies = house.bodies.before(tx, count).await?;
        Ok(Self::of(bodies, house))
    }

    fn of(bodies: Arc<Bodies>, house: &House) -> Self {
        Self {
            tree: Arc::clone(&bodies.tree),
            bodies,
            day: house.today(),
        }
    }

    /// The version of a body; 0 of one that is not there, which no body has.
    fn version(&self, id: OrganizationId) -> i64 {
        self.bodies.versions.get(&id).copied().unwrap_or(0)
    }

    /// Asks the permission table; who acts, for the trail, and for whom.
    fn require(
        &self,
        who: &Who,
        actor: &Actor,
        action: Action,
        target: Target,
    ) -> Result<Who, Halt> {
        let known = |id: OrganizationId| self.tree.get(id).is_some();
        match (permits(actor, action, target, &self.tree, self.day), target) {
            (Decision::Denied(reason), Target::Organization(id)) => Err(Halt::Refused {
                reason,
                is_seen: known(id) && self.reach(actor, Action::OrganizationsSee).contains(id),
            }),
            (Decision::Denied(reason), _) => Err(Halt::Refused {
                reason,
                is_seen: true,
            }),
            (Decision::Allowed(_), Target::Organization(id)) if !known(id) => {
                Err(OrganizationError::NotFound.into())
            }
            (decision, _) => Ok(Who {
                acting_for: decision
                    .acting_for()
                    .map(|person| person.0)
                    .or(who.acting_for),
                ..who.clone()
            }),
        }
    }

    fn reach(&self, actor: &Actor, action: Action) -> Reach {
        reach(actor, action, &self.tree, self.day)
    }

    /// The tree once these have changed or come; refused where they make none,
    /// or where one would stand in it twice.
    fn refuse_changed(&self, changed: &[Organization]) -> Result<Tree, Halt> {
        let mut bodies = self.tree.bodies().to_vec();
        for body in changed {
            match bodies.iter_mut().find(|other| other.id == body.id) {
                Some(other) => other.clone_from(body),
                None => bodies.push(body.clone()),
            }
        }
        let mut twice = Vec::new();
        for body in changed {
            let messages = bodies.iter().flat_map(|other| body.twice_with(other));
            twice.extend(messages);
        }
        twice.dedup();
        refuse(twice)?;
        Tree::new(bodies)
            .map_err(|refusals| wrong(refusals.iter().map(|one| one.message()).collect()))
    }
}

const KIND: &str = "organization";
/// The object of what is done to no single body.
const NONE: &str = "-";

fn done<'a>(action: Action, kind: &'a str, object: i64, detail: serde_json::Value) -> Deed<'a> {
    Deed {
        action: action.key(),
        object_kind: kind,
        object: object.to_string(),
        outcome: Outcome::Done,
        detail,
    }
}

/// Writes down what was refused, and says it to the one who asked.
async fn settle<T>(
    house: &House,
    who: &Who,
    action: Action,
    object: Option<OrganizationId>,
    ended: Result<T, Halt>,
) -> Result<T, OrganizationError> {
    match ended {
        Ok(result) => Ok(result),
        Err(Halt::Failed(error)) => Err(error),
        Err(Halt::Refused { reason, is_seen }) => {
            let deed = Deed {
                action: action.key(),
                object_kind: KIND,
                object: object.map_or_else(|| NONE.to_owned(), |id| id.to_string()),
                outcome: Outcome::Denied,
                detail: serde_json::json!({ "reason": reason.id }),
            };
            audit::denied(house, who, &deed).await?;
            Err(if is_seen {
                OrganizationError::Denied(reason)
            } else {
                OrganizationError::NotFound
            })
        }
    }
}

/// What was kept as the answer to a form that was sent before.
fn answered<T: std::str::FromStr>(answer: &str) -> Result<T, Halt> {
    answer.parse().map_err(|_| {
        let told = format!("the answer kept for a form is no number: {answer}");
        Halt::from(StoreError::Refused(told))
    })
}
