//! The calendars in force: those that come with the program, and every version
//! that was loaded since, kept in the database and shared by all nodes.
//!
//! Whoever reckons with working days asks [`in_force`] and nothing else. A
//! version is looked at beside the one in force ([`propose`]) before it is
//! taken for good ([`load`]).

mod alarm;
mod folder;
mod kept;
mod office;

pub use alarm::{ALARM, Shortage, shortage, warn};
pub use folder::{CalendarLoadError, load_into_folder, of_folder};
pub use kept::{InForce, adopt_folder, in_force, in_store, load_into_store};
pub use office::{Entry, Held, Load, Overview, Place, Proposal, history, load, overview, propose};
