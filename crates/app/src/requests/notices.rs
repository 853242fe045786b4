//! Who is told what of open cases: what was given or given back, and what a section is
//! to search for; before each date and on it, past it with the head of the disclosure
//! office and the leader, of what was not confirmed after a working day, of what lapsed
//! and waits for somebody to close it, of the day from which a third party's part may
//! be given, of searches that nobody answered, and of replies
//! that were not served. Who holds such a role in the section that works on the case is
//! told as well. Everybody
//! is told each thing once. Nobody is told on a day on which offices do not work.
//! A mail says the number of the case and nothing of the applicant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::requests::case::{Case, Event, State};
use gongkai_domain::requests::record::{self, Happening, Lane};
use gongkai_domain::settings::DeskSettings;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::requests::{self as stored, Kept, Notice};
use gongkai_store::{Tx, people};
use jiff::civil::Date;

use super::RequestError;
use super::cases::{self, Law, Opened};
use super::releases;
use crate::house::House;
use crate::outbox;
use crate::people::mail_address;
use crate::review::heirs::Heirs;
use crate::review::staff::{Holder, Staff};
use crate::settings;

/// What somebody is told; its keys never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// It was given to them, or to their section.
    Given,
    /// It was given back.
    GivenBack,
    /// It was over, and goes on.
    Reopened,
    /// Their section was asked to search.
    Search,
    /// The same was chased.
    SearchChased,
    /// The time of the section to answer ends soon.
    SearchSoon,
    /// It is over.
    SearchLate,
    /// Received, and no receipt was issued.
    NoReceipt,
    /// Not confirmed after a working day.
    Unconfirmed,
    /// Nor after a week of them: its clock still waits to begin.
    StillUnconfirmed,
    /// The one supplement notice may leave for a day more (Art. 30).
    Notice,
    /// The time of a supplement, a payment or a consultation ends soon.
    Ending,
    /// Due within some working days.
    Soon,
    /// Due today.
    Today,
    /// Past its date.
    Overdue,
    /// The supplement did not come in time.
    Unsupplemented,
    /// It was not paid in time.
    Unpaid,
    /// A consultation's time is over.
    Silent,
    /// A consultation whose service nobody entered: its time has not begun.
    NotHad,
    /// Others are asked, and the applicant was not told of it on that day.
    Untold,
    /// No reasons came in time (Art. 35).
    Unreasoned,
    /// A unit did not tell in time what it found.
    Unsearched,
    /// The day has come from which what a third party objects to may be given (Art. 32).
    Release,
    /// Replied, and not served after a working day.
    Unserved,
    /// The same past the due date: service is what keeps it (Art. 33).
    ServedLate,
}

impl About {
    fn key(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::GivenBack => "given_back",
            Self::Reopened => "reopened",
            Self::Search => "search",
            Self::SearchChased => "search_chased",
            Self::SearchSoon => "search_soon",
            Self::SearchLate => "search_late",
            Self::NoReceipt => "no_receipt",
            Self::Unconfirmed => "unconfirmed",
            Self::StillUnconfirmed => "still_unconfirmed",
            Self::Notice => "notice",
            Self::Ending => "ending",
            Self::Soon => "soon",
            Self::Today => "today",
            Self::Overdue => "overdue",
            Self::Unsupplemented => "unsupplemented",
            Self::Unpaid => "unpaid",
            Self::Silent => "silent",
            Self::NotHad => "not_had",
            Self::Untold => "untold",
            Self::Unreasoned => "unreasoned",
            Self::Unsearched => "unsearched",
            Self::Release => "release",
            Self::Unserved => "unserved",
            Self::ServedLate => "served_late",
        }
    }

    fn text(self) -> Message {
        Message::new(match self {
            Self::Given => "request-mail-given",
            Self::GivenBack => "request-mail-given_back",
            Self::Reopened => "request-mail-reopened",
            Self::Search => "request-mail-search",
            Self::SearchChased => "request-mail-search_chased",
            Self::SearchSoon => "request-mail-search_soon",
            Self::SearchLate => "request-mail-search_late",
            Self::NoReceipt => "request-mail-no_receipt",
            Self::Unconfirmed => "request-mail-unconfirmed",
            Self::StillUnconfirmed => "request-mail-still_unconfirmed",
            Self::Notice => "request-mail-notice",
            Self::Ending => "request-mail-ending",
            Self::Soon => "request-mail-soon",
            Self::Today => "request-mail-today",
            Self::Overdue => "request-mail-overdue",
            Self::Unsupplemented => "request-mail-unsupplemented",
            Self::Unpaid => "request-mail-unpaid",
            Self::Silent => "request-mail-silent",
            Self::NotHad => "request-mail-not_had",
            Self::Untold => "request-mail-untold",
            Self::Unreasoned => "request-mail-unreasoned",
            Self::Unsearched => "request-mail-unsearched",
            Self::Release => "request-mail-release",
            Self::Unserved => "request-mail-unserved",
            Self::ServedLate => "request-mail-served_late",
        })
    }

    /// Roles that are told, beside the handler.
    fn roles(self) -> &'static [Role] {
        match self {
            Self::Given
            | Self::Search
            | Self::SearchChased
            | Self::SearchSoon
            | Self::SearchLate => &[],
            Self::Soon
            | Self::Silent
            | Self::Notice
            | Self::Ending
            | Self::NotHad
            | Self::Untold
            | Self::Unreasoned
            | Self::Unsearched
            | Self::Release
            | Self::NoReceipt
            | Self::Reopened
            | Self::Unserved => &[Role::Clerk],
            Self::GivenBack
            | Self::Today
            | Self::Unconfirmed
            | Self::Unsupplemented
            | Self::Unpaid => &[Role::Clerk, Role::OfficeHead],
            Self::Overdue | Self::ServedLate | Self::StillUnconfirmed => {
                &[Role::Clerk, Role::OfficeHead, Role::Leader]
            }
        }
    }
}

/// A case as its reminders see it on a day.
struct Look<'a> {
    law: &'a Law,
    set: DeskSettings,
    kept: &'a Kept,
    case: &'a Case,
    record: &'a [(Date, Happening)],
    /// From when something may be given, as third parties were told it.
    release: Option<Date>,
    /// Whether the body makes its letters here.
    has_letterhead: bool,
    today: Date,
}

/// Working days before the last day of the supplement notice on which it is told.
const NOTICE_WORKING_DAYS: u32 = 1;
/// Working days in which a letter is had, as a rule.
const SERVICE_WORKING_DAYS: u32 = 5;
/// Working days more after which the leader is told of what nobody confirmed.
const UNCONFIRMED_WORKING_DAYS: u32 = 5;

impl Look<'_> {
    /// Working days from today to a day; none before it.
    fn left(&self, day: Date) -> Option<u32> {
        let calendar = self.law.rules().calendar.provisional();
        calendar.working_days_between(self.today, day).ok()
    }

    fn since(&self, day: Date) -> u32 {
        let calendar = self.law.rules().calendar.provisional();
        calendar.working_days_between(day, self.today).unwrap_or(0)
    }

    /// What is told where others have until a day: that it ends soon, or that it is
    /// over.
    fn limit(&self, on: Date, over: About) -> Option<(About, Date)> {
        if on < self.today {
            return Some((over, on));
        }
        let left = self.left(on)?;
        (left <= self.set.reminder_working_days).then_some((About::Ending, on))
    }

    /// What is told of the due date, while the office's clock runs.
    fn due(&self) -> Option<(About, Date)> {
        // The row tells of the night; the day may have begun since.
        let place = record::place(self.case, self.law.rules(), self.today).ok()?;
        let due = place.due.filter(|_| place.lane == Lane::Running)?;
        match due.cmp(&self.today) {
            std::cmp::Ordering::Less => Some((About::Overdue, due)),
            std::cmp::Ordering::Equal => Some((About::Today, due)),
            std::cmp::Ordering::Greater => {
                let left = self.left(due)?;
                (left <= self.set.reminder_working_days).then_some((About::Soon, due))
            }
        }
    }

    /// The last day of the supplement notice (Art. 30), where it is near and none
    /// was sent: past it, what is unclear has to be answered as it is.
    fn notice(&self) -> Option<(About, Date)> {
        if *self.case.state() != State::Open || self.case.is_supplement_used() {
            return None;
        }
        let limit = self.case.supplement_notice_limit(self.law.rules());
        // Past the calendar nobody is told of a guess.
        let limit = limit.ok()??.date;
        let is_near = self.today <= limit && self.left(limit)? <= NOTICE_WORKING_DAYS;
        is_near.then_some((About::Notice, limit))
    }

    /// Consultations that left and of which nobody entered that they were had: until then
    /// no time of theirs runs, and the clock would stand still for ever.
    fn not_had(&self) -> impl Iterator<Item = (About, Date)> {
        let open = self.case.inquiries().values();
        let unserved = open.filter(|one| one.ended.is_none() && one.limit.is_none());
        let late = unserved.filter(|one| self.since(one.sent) > SERVICE_WORKING_DAYS);
        late.map(|one| (About::NotHad, one.sent))
    }

    /// The day on which others were asked, where the applicant was not told of it then
    /// or since ([`gongkai_domain::letters::kinds::Limit::SameDay`]).
    fn untold(&self) -> Option<(About, Date)> {
        let told = self.record.iter().filter_map(|(on, what)| match what {
            Happening::Issued { kind, .. } if kind == "consult_told" => Some(*on),
            _ => None,
        });
        let told = told.max();
        let open = self.case.inquiries().values();
        let open = open.filter(|one| one.ended.is_none());
        let untold = open.map(|one| one.sent).filter(|sent| told < Some(*sent));
        let sent = untold.min().filter(|sent| *sent < self.today);
        sent.map(|sent| (About::Untold, sent))
    }

    /// The receipt date, where no receipt was issued by the day after it.
    fn no_receipt(&self) -> Option<(About, Date)> {
        // It tells the due date; a matter that was set apart has that of the whole.
        let may = self.has_letterhead && self.kept.parent.is_none();
        self.case.due(self.law.rules(), self.today).ok()??;
        let received = self.case.received().filter(|_| may)?;
        let is_issued = |(_, what): &(Date, Happening)| matches!(what, Happening::Issued { kind, .. } if kind == "receipt");
        let is_late = self.since(received) > 0 && !self.record.iter().any(is_issued);
        is_late.then_some((About::NoReceipt, received))
    }

    /// Whether the reply waits to be served.
    fn unserved(&self) -> Option<(About, Date)> {
        let State::Replied(ending) = self.case.state() else {
            return None;
        };
        let due = self.case.due_of_reply(self.law.rules()).ok()??.date;
        match self.today > due {
            true => Some((About::ServedLate, due)),
            false => (self.since(ending.on) > 0).then_some((About::Unserved, ending.on)),
        }
    }

    /// What is told the sections themselves that are asked to search.
    fn searches(&self) -> Vec<(Option<i64>, About, Date)> {
        let all = record::searches(self.record.iter().map(|(_, what)| what));
        let open = all.into_iter().filter(|one| one.found.is_none());
        let told = open.filter_map(|one| {
            let (about, date) = self.limit(one.limit, About::SearchLate)?;
            let about = match about {
                About::Ending => About::SearchSoon,
                other => other,
            };
            Some((one.section, about, date))
        });
        match self.case.state().ending() {
            Some(_) => Vec::new(),
            None => told.collect(),
        }
    }

    /// Everything that is to be told today, and of which date.
    fn all(&self) -> Vec<(About, Date)> {
        let mut all = Vec::new();
        match self.case.state() {
            State::AwaitingConfirmation => {
                let filed = self.kept.filed;
                let (since, may) = (self.since(filed), self.set.confirm_working_days);
                all.extend((since > may).then_some((About::Unconfirmed, filed)));
                let is_long = since > may + UNCONFIRMED_WORKING_DAYS;
                all.extend(is_long.then_some((About::StillUnconfirmed, filed)));
            }
            State::AwaitingSupplement { limit } => {
                all.extend(self.limit(*limit, About::Unsupplemented));
            }
            State::AwaitingPayment { limit } => all.extend(self.limit(*limit, About::Unpaid)),
            State::Open | State::Replied(_) | State::Served(..) | State::Archived(_) => {}
        }
        all.extend(self.unserved());
        if self.case.state().ending().is_some() {
            return all;
        }
        all.extend(self.due());
        all.extend(self.no_receipt());
        let release = self.release.filter(|release| *release <= self.today);
        all.extend(release.map(|release| (About::Release, release)));
        all.extend(self.notice());
        let open = self.case.inquiries().values();
        let open = open.filter(|one| one.ended.is_none());
        let limits = open.filter_map(|one| one.limit);
        all.extend(limits.filter_map(|limit| self.limit(limit, About::Silent)));
        all.extend(self.not_had());
        all.extend(self.untold());
        let reasons = self.case.reasons_limit();
        let reasons = reasons.filter(|_| self.case.reasons_came().is_none());
        all.extend(reasons.and_then(|limit| self.limit(limit, About::Unreasoned)));
        let searches = record::searches(self.record.iter().map(|(_, what)| what));
        let open = searches.iter().filter(|one| one.found.is_none());
        all.extend(open.filter_map(|one| self.limit(one.limit, About::Unsearched)));
        all
    }
}

/// Tells whom something that was done concerns: who it was given to, who gives such
/// things where it was given back, the section that is to search, and who worked on what
/// goes on. Once a day each, and
/// never the one who did it.
pub(super) async fn concerned(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    what: &Happening,
    by: PersonId,
) -> Result<(), RequestError> {
    let (kept, today) = (&opened.kept, house.today());
    let asked = |wanted: u32| {
        let searches = record::searches(opened.record.iter().map(|one| &one.what));
        let search = searches.into_iter().find(|one| one.number == wanted);
        search.and_then(|search| search.section)
    };
    let (about, date, section) = match what {
        Happening::Assigned { .. } => (About::Given, today, None),
        Happening::GivenBack => (About::GivenBack, today, None),
        Happening::Step {
            event: Event::Reopened { until, .. },
        } => (About::Reopened, *until, None),
        Happening::SearchAsked { limit, section, .. } => (About::Search, *limit, *section),
        Happening::SearchChased { number } => (About::SearchChased, today, asked(*number)),
        _ => return Ok(()),
    };
    let mut hands = Hands::default();
    let mut people = match about {
        About::Search | About::SearchChased => people_at(tx, house, &mut hands, section).await?,
        _ => people_of(tx, house, &mut hands, kept, about).await?,
    };
    people.remove(&by);
    tell_all(tx, house, kept, (about, date), people).await?;
    Ok(())
}

/// Cases that are looked at in one transaction.
const AT_ONCE: i64 = 100;

/// Tells whoever is to be told; how many mails were written. Where the notice of
/// the year is not loaded, every weekday is a working day.
///
/// # Errors
/// The store's.
pub async fn remind(house: &House) -> Result<usize, RequestError> {
    let today = house.today();
    let calendar = crate::calendar::in_force(house).await?;
    let calendar = calendar.provisional();
    if !calendar.is_working_day(today).unwrap_or(true) {
        return Ok(0);
    }
    let set = settings::values(house).await?.desk()?;
    let mut told = 0;
    let lanes = [
        Lane::Unconfirmed,
        Lane::Running,
        Lane::Waiting,
        Lane::Replied,
    ];
    for lane in lanes {
        let mut above = 0;
        loop {
            let mut tx = house.db.write().await?;
            let some = stored::in_lane(&mut tx, lane.key(), above, AT_ONCE).await?;
            let Some(last) = some.last() else {
                tx.roll_back().await?;
                break;
            };
            above = last.id;
            let law = Law::of(&mut tx, house).await?;
            let mut staff = Hands::default();
            // What was served waits for nothing but the archive.
            let open = some.iter().filter(|kept| kept.standing.state != "served");
            for kept in open {
                let (case, record) = cases::read(&mut tx, kept, &law).await?;
                let happened = record.iter().map(|(_, what)| what);
                let release = match releases::release(&mut tx, house, happened).await {
                    Ok(release) => release,
                    // One letter that cannot be read keeps nobody from the other reminders.
                    Err(error) => {
                        tracing::error!(request = kept.id, %error, "a letter was not read");
                        None
                    }
                };
                let look = Look {
                    law: &law,
                    set,
                    kept,
                    case: &case,
                    record: &record,
                    release,
                    has_letterhead: staff.writes(&mut tx, house, kept.organization).await?,
                    today,
                };
                for (about, date) in look.all() {
                    let people = people_of(&mut tx, house, &mut staff, kept, about).await?;
                    told += tell_all(&mut tx, house, kept, (about, date), people).await?;
                }
                for (section, about, date) in look.searches() {
                    let people = people_at(&mut tx, house, &mut staff, section).await?;
                    told += tell_all(&mut tx, house, kept, (about, date), people).await?;
                }
            }
            tx.commit().await?;
        }
    }
    Ok(told)
}

/// People of bodies, and which of them make their letters here, looked up once for each
/// page.
#[derive(Default)]
struct Hands(
    BTreeMap<OrganizationId, (OrganizationId, Arc<Staff>)>,
    BTreeMap<OrganizationId, bool>,
);

impl Hands {
    /// Whether a body has told its letterhead: whose letters are made elsewhere has not.
    async fn writes(
        &mut self,
        tx: &mut Tx,
        house: &House,
        organization: OrganizationId,
    ) -> Result<bool, RequestError> {
        if let Some(writes) = self.1.get(&organization) {
            return Ok(*writes);
        }
        let (going_on, _) = self.of(tx, house, organization).await?;
        let head = gongkai_store::letters::head(tx, going_on).await?;
        let writes = head.is_some();
        self.1.insert(organization, writes);
        Ok(writes)
    }

    /// Who goes on with what this body had, and the people there.
    async fn of(
        &mut self,
        tx: &mut Tx,
        house: &House,
        organization: OrganizationId,
    ) -> Result<(OrganizationId, Arc<Staff>), RequestError> {
        if let Some(there) = self.0.get(&organization) {
            return Ok(there.clone());
        }
        let tree = Arc::clone(&house.bodies.seen(tx).await?.tree);
        let today = house.today();
        let heirs = Heirs::of(tx, &tree, today).await?;
        let body = heirs.going_on(organization);
        let staff = Arc::new(Staff::of(tx, &tree, body, today).await?);
        let there = (body, staff);
        self.0.insert(organization, there.clone());
        Ok(there)
    }
}

/// Who is told of something.
async fn people_of(
    tx: &mut Tx,
    house: &House,
    hands: &mut Hands,
    kept: &Kept,
    about: About,
) -> Result<BTreeSet<PersonId>, RequestError> {
    // Roles of the body count for its section, those of the section only there.
    let at = kept.standing.section.unwrap_or(kept.organization);
    let (going_on, staff) = hands.of(tx, house, at).await?;
    let nobody = BTreeSet::new();
    let roles = about.roles().iter();
    let holders = roles.flat_map(|role| staff.others(*role, &nobody));
    let mut people: BTreeSet<PersonId> = holders.map(|holder| holder.person).collect();
    people.extend(kept.standing.handler);
    if let (None, Some(_)) = (kept.standing.handler, kept.standing.section) {
        // Nobody of the section has taken it on: it is everybody's there, and where it
        // has no handler of its own, of those of the body who may.
        let handlers = || staff.others(Role::Handler, &nobody);
        let is_own = |holder: &&Holder| holder.at == Some(going_on);
        let own = handlers().any(|holder| is_own(&holder));
        let hands = handlers().filter(|holder| !own || is_own(holder));
        people.extend(hands.map(|holder| holder.person));
    }
    Ok(people)
}

/// The people of a section, whatever they do there; nobody where it is none.
async fn people_at(
    tx: &mut Tx,
    house: &House,
    hands: &mut Hands,
    section: Option<i64>,
) -> Result<BTreeSet<PersonId>, RequestError> {
    let Some(section) = section.map(OrganizationId) else {
        return Ok(BTreeSet::new());
    };
    let (going_on, staff) = hands.of(tx, house, section).await?;
    let own = staff.0.iter().filter(|holder| holder.at == Some(going_on));
    Ok(own.map(|holder| holder.person).collect())
}

/// Tells people of something, each once; how many mails were written.
async fn tell_all(
    tx: &mut Tx,
    house: &House,
    kept: &Kept,
    (about, date): (About, Date),
    people: BTreeSet<PersonId>,
) -> Result<usize, RequestError> {
    let mut told = 0;
    for person in people {
        let notice = Notice {
            request: kept.id,
            about: about.key(),
            day: date,
            person,
        };
        if !stored::note(tx, &notice, house.now()).await? {
            continue;
        }
        told += usize::from(write(tx, house, person, kept, (about, date)).await?);
    }
    Ok(told)
}

/// Writes one mail; whether there is an address to which it can go. Whoever left
/// none sees it on the desk.
async fn write(
    tx: &mut Tx,
    house: &House,
    person: PersonId,
    kept: &Kept,
    (about, date): (About, Date),
) -> Result<bool, RequestError> {
    let person = people::get(tx, person).await?;
    let Some(person) = person.filter(|person| person.state == "active") else {
        return Ok(false);
    };
    let address = mail_address(house, &person).await?;
    let words = Words::of(Language::Chinese);
    let said = about.text().with("number", &kept.number).with("date", date);
    let said = words.render(&said);
    let (Ok(to), Ok(subject)) = (MailAddress::parse(&address), Line::parse(&said)) else {
        return Ok(false);
    };
    let letter = outbox::Letter {
        to,
        subject,
        text: words.render(&Message::new("request-mail-text").with("said", said)),
        attachments: Vec::new(),
    };
    outbox::mail(tx, house, "requests.reminder", &letter).await?;
    Ok(true)
}
