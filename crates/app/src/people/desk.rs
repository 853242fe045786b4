//! What waits for somebody who comes in, each a question to the store; and how
//! far the installation has been set up.

use gongkai_domain::audit::Outcome;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::organization::roles::Stage;
use gongkai_domain::organization::{OrganizationId, lockout::Counter};
use gongkai_store::people::{self, entry};
use gongkai_store::{StoreError, Tx, audit, jobs};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::entry::subject_of;
use super::session::{counter_key, missing};
use super::{PeopleError, SignedIn, delegate};
use crate::house::House;
use crate::operations;

/// Which people a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Anyone,
    /// Who was invited and has not come.
    Invited,
    /// Who may not come in for a while after failed logins.
    Locked,
    /// Who may come in and holds no role.
    WithoutRole,
    /// Who may not come in any more.
    Disabled,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Anyone,
        Self::Invited,
        Self::Locked,
        Self::WithoutRole,
        Self::Disabled,
    ];

    /// The word in an address; empty for everybody.
    pub fn key(self) -> &'static str {
        match self {
            Self::Anyone => "",
            Self::Invited => "invited",
            Self::Locked => "locked",
            Self::WithoutRole => "roleless",
            Self::Disabled => "disabled",
        }
    }

    /// What a word in an address means; everybody where it means nothing.
    pub fn from_key(key: &str) -> Self {
        let found = Self::ALL.into_iter().find(|which| which.key() == key);
        found.unwrap_or(Self::Anyone)
    }
}

/// The same as the store is asked.
pub(super) async fn which(
    tx: &mut Tx,
    house: &House,
    which: Which,
    today: Date,
) -> Result<people::Which, StoreError> {
    Ok(match which {
        Which::Anyone => people::Which::Anyone,
        Which::Invited => people::Which::InState("invited"),
        Which::Disabled => people::Which::InState("disabled"),
        Which::WithoutRole => people::Which::WithoutRole(today),
        Which::Locked => people::Which::Among(locked(tx, house).await?),
    })
}

/// Numbers of the people whose login is locked. Failures are counted by a name
/// that nobody can read, so each person's is made and looked for; where nobody
/// is locked, nobody's is.
async fn locked(tx: &mut Tx, house: &House) -> Result<Vec<i64>, StoreError> {
    let locked = entry::locked(tx, counter_key(Counter::Person), house.now()).await?;
    if locked.is_empty() {
        return Ok(Vec::new());
    }
    let everybody = people::login_keys(tx).await?;
    let is_locked = |key: &str| locked.binary_search(&subject_of(house, key)).is_ok();
    Ok(everybody
        .into_iter()
        .filter(|(_, key)| is_locked(key))
        .map(|(id, _)| id.0)
        .collect())
}

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Delegations to oneself that are in force.
    Delegated(i64),
    /// People of a list.
    People(Which, i64),
    /// Jobs that were given up.
    FailedJobs(i64),
    /// What was refused since a day; the number or more, where it was not
    /// counted to the end.
    Denied {
        /// How many.
        count: i64,
        /// Whether there may be more.
        is_more: bool,
        /// Since when.
        since: Date,
    },
    /// Bodies of one's own whose disclosure office is not entered whole
    /// (Art. 12).
    OfficeIncomplete(Vec<OrganizationId>),
}

/// A step of setting an installation up, each a fact that is looked at anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Founding {
    /// The three administrators can come in (GB/T 22239-2019 8.1.5).
    Administrators,
    /// There is a body.
    Organizations,
    /// Somebody works in one.
    People,
    /// A backup was made.
    Backup,
    /// The calendar of the next year is there.
    Calendar,
}

/// What a desk shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    /// What waits, the most pressing first; what nobody waits for is left out.
    pub waiting: Vec<Waiting>,
    /// Steps of setting up and whether each is done; none for who sets nothing
    /// up.
    pub founding: Vec<(Founding, bool)>,
    /// When the newest backup was made, where there is one.
    pub backed_up: Option<Timestamp>,
}

/// Days of refusals that the desk of the audit administrator counts.
const DENIED_DAYS: i64 = 7;
/// Refusals are counted so far.
const DENIED_MAX: i64 = 1000;

/// What waits for the signed-in person, by what they may do.
///
/// # Errors
/// [`PeopleError::Denied`]; the store's.
pub async fn desk(
    house: &House,
    signed: &SignedIn,
    calendar: &Calendar,
) -> Result<Desk, PeopleError> {
    let about = ("person", signed.person.id.0.to_string());
    signed
        .demand(house, Action::OfficeHome, Target::Oneself, about)
        .await?;
    let may = |action, target| signed.may(action, target).is_allowed();
    let mut waiting = Vec::new();
    if may(Action::SelfDelegations, Target::Oneself) {
        let (_, borrowed) = delegate::lent_and_borrowed(house, signed).await?;
        let in_force = borrowed.iter().filter(|one| one.stage == Stage::InForce);
        let counting = in_force.filter(|one| one.void.len() < one.delegation.roles.len());
        waiting.push(Waiting::Delegated(count_of(counting.count())));
    }
    let mut tx = house.db.read().await?;
    if may(Action::PeopleSee, Target::Somewhere) {
        let reach = reach(&signed.actor, Action::PeopleSee, &signed.tree, signed.today);
        // Who acts on it is told of it.
        for (list, action) in [
            (Which::Locked, Action::PeopleUnlock),
            (Which::Locked, Action::RolesGrant),
            (Which::WithoutRole, Action::RolesGrant),
            (Which::Invited, Action::PeopleInvite),
        ] {
            if may(action, Target::Installation) {
                let which = which(&mut tx, house, list, signed.today).await?;
                let count = people::count_within(&mut tx, &reach, &which, None).await?;
                waiting.push(Waiting::People(list, count));
            }
        }
    }
    if may(Action::JobsSee, Target::Installation) {
        let counts = jobs::counts(&mut tx).await?;
        let failed = counts.iter().find(|(state, _)| state == "failed");
        waiting.push(Waiting::FailedJobs(failed.map_or(0, |(_, count)| *count)));
    }
    if may(Action::AuditSearch, Target::Installation) {
        waiting.push(denied(&mut tx, house, signed.today).await?);
    }
    waiting.push(Waiting::OfficeIncomplete(incomplete(signed)));
    let mut desk = Desk {
        waiting: waiting.into_iter().filter(Waiting::is_some).collect(),
        ..Desk::default()
    };
    if may(Action::PeopleInvite, Target::Installation) {
        desk.backed_up = newest_backup(house).await;
        desk.founding = founding(&mut tx, signed, calendar, desk.backed_up).await?;
    }
    tx.roll_back().await?;
    Ok(desk)
}

impl Waiting {
    /// Whether anything waits.
    fn is_some(&self) -> bool {
        match self {
            Self::Delegated(count)
            | Self::People(_, count)
            | Self::FailedJobs(count)
            | Self::Denied { count, .. } => *count > 0,
            Self::OfficeIncomplete(bodies) => !bodies.is_empty(),
        }
    }
}

fn count_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn denied(tx: &mut Tx, house: &House, today: Date) -> Result<Waiting, StoreError> {
    let since = today
        .checked_sub(SignedDuration::from_hours(24 * (DENIED_DAYS - 1)))
        .unwrap_or(today);
    let midnight = crate::house::china().to_timestamp(since.to_datetime(jiff::civil::Time::MIN));
    let midnight = midnight.unwrap_or_else(|_| house.now());
    let count = audit::count_since(tx, Outcome::Denied, midnight, DENIED_MAX).await?;
    Ok(Waiting::Denied {
        count,
        is_more: count >= DENIED_MAX,
        since,
    })
}

/// Bodies that exist today, whose disclosure office the person keeps and has
/// not entered whole.
fn incomplete(signed: &SignedIn) -> Vec<OrganizationId> {
    let action = Action::OrganizationsEditOffice;
    let ids = match reach(&signed.actor, action, &signed.tree, signed.today) {
        Reach::Of(ids) => ids,
        Reach::All | Reach::Nothing => Vec::new(),
    };
    let is_incomplete = |id: &OrganizationId| {
        let body = signed.tree.get(*id);
        body.is_some_and(|body| body.validity.contains(signed.today) && !body.missing().is_empty())
    };
    ids.into_iter().filter(is_incomplete).collect()
}

/// Folders are read on a thread of their own.
async fn newest_backup(house: &House) -> Option<Timestamp> {
    let folder = house.backups.folder.clone()?;
    let listed = tokio::task::spawn_blocking(move || operations::list(&folder)).await;
    let newest = listed.ok()?.ok()?.pop();
    newest.map(|(_, at)| at)
}

async fn founding(
    tx: &mut Tx,
    signed: &SignedIn,
    calendar: &Calendar,
    backed_up: Option<Timestamp>,
) -> Result<Vec<(Founding, bool)>, StoreError> {
    let today = signed.today;
    let bodies = signed.tree.bodies().iter();
    let mut valid = bodies.filter(|body| body.validity.contains(today));
    Ok(vec![
        (
            Founding::Administrators,
            missing(tx, today).await?.is_empty(),
        ),
        (Founding::Organizations, valid.next().is_some()),
        (Founding::People, people::count_at_work(tx).await? > 0),
        (Founding::Backup, backed_up.is_some()),
        (
            Founding::Calendar,
            calendar.year(today.year() + 1).is_some(),
        ),
    ])
}
