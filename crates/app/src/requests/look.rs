//! What is seen of requests: the desk with its counts, lists, one request, and
//! who applied in full. Every look at personal data is written down first.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target};
use gongkai_domain::register as rules;
use gongkai_domain::requests::application::{Application, Way};
use gongkai_domain::requests::case::{Case, Event};
use gongkai_domain::requests::clock::Reckoned;
use gongkai_domain::requests::record::{self, Happening, Lane, Proof, Search};
use gongkai_domain::requests::work::{At, Work};
use gongkai_domain::words::Message;
use gongkai_store::StoreError;
use gongkai_store::requests::{self as stored, Kept, Of, Order, Stretch};
use jiff::civil::Date;
use serde_json::json;
use zeroize::Zeroizing;

use super::cases::{self, Happened, Law, load};
use super::giving::{self, Hands};
pub use super::related::Related;
use super::related::related;
use super::replies::{self, Draft};
use super::whose::{Only, Whose, sources};
use super::{Asked, NONE, REQUEST, RequestError, allowed, allowed_to, sight, targets, written};
use crate::audit::Who;
use crate::house::House;
use crate::inspection;
use crate::people::SignedIn;
use crate::settings;

pub(super) const SEE: Action = Action::RequestsSee;

/// An attachment as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its place, from 1.
    pub number: i64,
    /// The event with which it came.
    pub event: i64,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
    /// SHA-256, in hexadecimal.
    pub digest: String,
}

/// A request as it is shown to who works on it.
#[derive(Debug)]
pub struct Shown {
    /// As it is kept.
    pub kept: Kept,
    /// The body that goes on with it.
    pub organization: OrganizationId,
    /// By which way it came.
    pub way: Way,
    /// The application, masked.
    pub application: Application,
    /// By the rules.
    pub case: Case,
    /// The due date in force, with its reasoning.
    pub due: Option<Reckoned>,
    /// The due date by which the reply was to be served, once it was replied.
    pub reply_due: Option<Reckoned>,
    /// The last day on which the one supplement notice may leave.
    pub notice_limit: Option<Date>,
    /// The last day that a supplement notice of today would propose.
    pub supplement_limit: Date,
    /// Everything that happened.
    pub record: Vec<Happened>,
    /// Attachments.
    pub files: Vec<Attached>,
    /// The reply, with its review.
    pub draft: Option<Draft>,
    /// Searches for the information.
    pub searches: Vec<Search>,
    /// To whom it can be given.
    pub hands: Hands,
    /// Other requests of the same applicant, however old (Art. 36 item 6 names no time),
    /// and those whose text is alike.
    pub related: Vec<Related>,
    /// How many requests the applicant has with this body in the calendar month of
    /// this one, with it (Art. 35).
    pub month_count: i64,
    /// Which of them it is, from 1, by the day of receipt: by this a fee by item is
    /// reckoned (国办函〔2020〕109号).
    pub month_rank: i64,
    /// Whether it is shown to a section that is asked to search, and to no one else of it.
    pub is_for_search: bool,
    /// The law by which all of this was reckoned.
    pub law: Law,
}

impl Shown {
    /// Whether the permission table allows an action on it.
    pub fn allows(&self, signed: &SignedIn, action: Action) -> bool {
        let allows = |target: &Target| signed.may(action, *target).is_allowed();
        targets(action, self.organization, &self.kept)
            .iter()
            .any(allows)
    }

    /// Whether the signed-in person may take a step today: what the law says of
    /// it, then what the table does.
    ///
    /// # Errors
    /// What stands against it.
    pub fn may(&self, signed: &SignedIn, event: &Event) -> Result<(), Message> {
        let rules = self.law.rules();
        let lawful = self.case.apply(rules, signed.today, event);
        lawful.map_err(|refusal| refusal.message())?;
        let action = record::action(event);
        if !self.allows(signed, action) {
            return Err(Message::new("denied-role"));
        }
        if let Some(missing) = self.law.against(event, signed.today, &self.record) {
            return Err(missing);
        }
        self.at(signed).may_decide(event)
    }

    /// Whether the signed-in person may write a reply in an outcome today, and hand it
    /// in; or give it, once it was approved.
    ///
    /// # Errors
    /// What stands against it.
    pub fn may_reply(
        &self,
        signed: &SignedIn,
        outcome: &str,
        is_giving: bool,
    ) -> Result<(), Message> {
        let event = Event::ending(outcome);
        let lawful = self.case.apply(self.law.rules(), signed.today, &event);
        lawful.map_err(|refusal| refusal.message())?;
        let action = match is_giving {
            true => record::action(&event),
            false => Action::RequestsHandle,
        };
        match self.allows(signed, action) {
            true => Ok(()),
            false => Err(Message::new("denied-role")),
        }
    }

    /// Whether the signed-in person may do work on it today: what the permission
    /// table says, then what stands against it where the case is.
    ///
    /// # Errors
    /// What stands against it.
    pub fn may_work(&self, signed: &SignedIn, work: Work) -> Result<(), Message> {
        let is_allowed = work.action().is_some_and(|action| {
            self.allows(signed, action) || self.is_asked(signed, action, work)
        });
        match is_allowed {
            true => work.against(&self.at(signed)),
            false => Err(Message::new("denied-role")),
        }
    }

    /// What a section is shown that is asked to search: what is wanted, by when, and the
    /// searches. Who asks for it, and what else happened, is not theirs; pages leave out
    /// what follows from it ([`Self::is_for_search`]).
    fn for_who_is_asked(mut self) -> Self {
        let asked = self.application;
        self.application = Application {
            name: String::new(),
            document_kind: String::new(),
            document_number: String::new(),
            organization_code: String::new(),
            organization_proof: String::new(),
            representative: String::new(),
            phone: String::new(),
            mail: String::new(),
            address: String::new(),
            postcode: String::new(),
            fax: String::new(),
            agent: None,
            help: String::new(),
            ..asked
        };
        self.record.retain(|one| {
            matches!(
                one.what,
                Happening::SearchAsked { .. }
                    | Happening::SearchChased { .. }
                    | Happening::SearchEnded { .. }
            )
        });
        self.files.clear();
        self.related.clear();
        self.draft = None;
        self.is_for_search = true;
        self
    }

    /// Whoever is asked to search says what they found, and does nothing else.
    fn is_asked(&self, signed: &SignedIn, action: Action, work: Work) -> bool {
        let Work::EndSearch(number) = work else {
            return false;
        };
        let is_meant = |search: &&Search| {
            search.found.is_none() && number.is_none_or(|number| number == search.number)
        };
        let asked = self.searches.iter().filter(is_meant);
        let mut sections = asked.filter_map(|search| search.section);
        sections.any(|section| {
            let target = Target::Organization(OrganizationId(section));
            signed.may(action, target).is_allowed()
        })
    }

    fn at(&self, signed: &SignedIn) -> At<'_> {
        cases::at(&self.kept, &self.case, &self.record, Some(signed.person.id))
    }
}

async fn seen(
    house: &House,
    who: &Who,
    action: Action,
    object: String,
    detail: serde_json::Value,
) -> Result<(), RequestError> {
    let mut tx = house.db.write().await?;
    written(&mut tx, house, who, action, object, detail).await?;
    Ok(tx.commit().await?)
}

/// One request with all that happened to it; numbers and contacts masked.
///
/// # Errors
/// [`RequestError::Missing`] if there is none, or none that may be seen.
pub async fn see(house: &House, signed: &SignedIn, id: i64) -> Result<Shown, RequestError> {
    let (_, who) = allowed_to(house, signed, SEE, id, Asked::Everybody).await?;
    let mut tx = house.db.read().await?;
    let (within, heirs) = sight(&mut tx, signed).await?;
    let kept = stored::get(&mut tx, &within, id).await?;
    let opened = load(&mut tx, house, kept.ok_or(RequestError::Missing)?).await?;
    let organization = heirs.going_on(opened.kept.organization);
    let set = settings::values_in(&mut tx).await?.desk()?;
    let draft = replies::draft(&mut tx, house, signed, &opened).await?;
    let hands = giving::hands(&mut tx, signed, organization).await?;
    let related = related(&mut tx, house, &within, &opened).await?;
    let (month_count, month_rank) =
        stored::of_month(&mut tx, &opened.kept, opened.law.counts_given_up).await?;
    let mut files = Vec::new();
    for file in stored::files(&mut tx, id).await? {
        files.push(Attached {
            name: opened.file_name(&file)?,
            number: file.number,
            event: file.event,
            bytes: file.bytes,
            digest: file.digest,
        });
    }
    tx.roll_back().await?;
    let ids: Vec<i64> = related.iter().map(|one| one.id).collect();
    let detail = json!({ "related": ids });
    seen(house, &who, SEE, id.to_string(), detail).await?;
    let rules = opened.law.rules();
    let due = opened.case.due(rules, signed.today)?;
    let reply_due = opened.case.due_of_reply(rules)?;
    let notice = opened.case.supplement_notice_limit(rules)?;
    let period = opened
        .law
        .rules()
        .calendar
        .provisional()
        .add_working_days(signed.today, set.supplement_working_days);
    let shown = Shown {
        organization,
        searches: record::searches(opened.record.iter().map(|one| &one.what)),
        draft,
        hands,
        related,
        month_count,
        month_rank,
        way: cases::way(&opened.kept)?,
        application: opened.application.masked(),
        due,
        reply_due,
        notice_limit: notice.map(|limit| limit.date),
        supplement_limit: period.unwrap_or(signed.today),
        files,
        case: opened.case,
        record: masked(opened.record),
        kept: opened.kept,
        is_for_search: false,
        law: opened.law,
    };
    Ok(match shown.allows(signed, SEE) {
        true => shown,
        false => shown.for_who_is_asked(),
    })
}

/// What happened, for screens: numbers that were dialled are masked.
fn masked(mut record: Vec<Happened>) -> Vec<Happened> {
    for one in &mut record {
        if let Some(number) = one.proofs.get_mut(&Proof::CalledNumber) {
            *number = rules::mask_phone(number);
        }
    }
    record
}

/// Who applied, in full, for a reason that is written down.
///
/// # Errors
/// [`RequestError::Refused`] without a reason, or with one that tells a number;
/// [`RequestError::Missing`] as for [`see`].
pub async fn unmask(
    house: &House,
    signed: &SignedIn,
    id: i64,
    reason: &str,
) -> Result<Application, RequestError> {
    const UNMASK: Action = Action::RequestsUnmask;
    let (kept, who) = allowed(house, signed, UNMASK, id).await?;
    let mut tx = house.db.read().await?;
    let opened = load(&mut tx, house, kept).await?;
    tx.roll_back().await?;
    let application = opened.application;
    let reason = reasoned(&application, reason)?;
    seen(
        house,
        &who,
        UNMASK,
        id.to_string(),
        json!({ "reason": reason }),
    )
    .await?;
    Ok(application)
}

/// A reason for seeing who applied in full: it tells none of their numbers.
pub(super) fn reasoned(application: &Application, reason: &str) -> Result<String, Message> {
    let reason = rules::reason(reason)?;
    let compact: String = reason.chars().filter(char::is_ascii_alphanumeric).collect();
    let numbers = [&application.document_number, &application.phone];
    let mut numbers = numbers.iter().filter(|number| !number.is_empty());
    match numbers.any(|number| compact.contains(number.as_str())) {
        true => Err(Message::new("register-reason-tells")),
        false => Ok(reason),
    }
}

/// An attachment of a request with its name. What was inspected and not refused is
/// handed on to who works on the case; by rules that came later it may be refused.
///
/// # Errors
/// [`RequestError::Refused`] for a file that the rules of now do not let in;
/// [`RequestError::Missing`] as for [`see`], and where there is no such file.
pub async fn file(
    house: &House,
    signed: &SignedIn,
    id: i64,
    number: i64,
) -> Result<(String, Zeroizing<Vec<u8>>), RequestError> {
    let (kept, who) = allowed(house, signed, SEE, id).await?;
    let place = kept.organization;
    let mut tx = house.db.read().await?;
    let opened = load(&mut tx, house, kept).await?;
    let files = stored::files(&mut tx, id).await?;
    let file = files.into_iter().find(|file| file.number == number);
    let file = file.ok_or(RequestError::Missing)?;
    let name = opened.file_name(&file)?;
    let comes = inspection::may_come_in(house, &mut tx, place, &file.digest, &name).await?;
    tx.roll_back().await?;
    if comes != Some(true) {
        return Err(Message::new("casework-file-unseen")
            .with("name", name)
            .into());
    }
    let bytes = crate::blobs::bytes(house, &file.blob).await?;
    let detail = json!({ "file": number, "digest": file.digest });
    seen(house, &who, SEE, id.to_string(), detail).await?;
    Ok((name, bytes))
}

/// A list of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// The lane.
    pub lane: Lane,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Whose.
    pub whose: Whose,
    /// Of which outcome, way and kind of applicant.
    pub only: Only,
    /// After which place it begins: day and number of the last of the page before.
    pub after: Option<(Date, i64)>,
}

impl Query {
    /// A whole lane.
    pub fn lane(lane: Lane) -> Self {
        Self {
            lane,
            from: Date::MIN,
            until: Date::MAX,
            whose: Whose::All,
            only: Only::default(),
            after: None,
        }
    }
}

/// A line of a list. What it is about is sealed, and shown on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it is kept.
    pub kept: Kept,
    /// Its applicant's name and its subject.
    pub name: String,
    /// Its subject.
    pub subject: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Requests, by their day.
    pub lines: Vec<Line>,
    /// Where the next page begins, if there is one.
    pub next: Option<(Date, i64)>,
}

/// What people look through on one page.
pub const PAGE_MAX: usize = 50;
/// A number past which nobody counts: the desk says "and more".
pub const COUNT_MAX: i64 = 1000;

pub(super) fn demand_target() -> (Target, (&'static str, String)) {
    (Target::Somewhere, (REQUEST, NONE.to_owned()))
}

/// A page of a list, whoever may see it: by day, then number; of what is over the
/// last day first.
///
/// # Errors
/// [`RequestError::Denied`].
pub async fn list(house: &House, signed: &SignedIn, query: Query) -> Result<Page, RequestError> {
    let (target, about) = demand_target();
    let who = signed.demand(house, SEE, target, about).await?;
    let mut tx = house.db.read().await?;
    let (within, _) = sight(&mut tx, signed).await?;
    let most = i64::try_from(PAGE_MAX + 1).unwrap_or(i64::MAX);
    let stretch = Stretch {
        lane: query.lane.key(),
        from: query.from,
        until: query.until,
    };
    let order = match query.lane {
        Lane::Over => Order::Last,
        _ => Order::First,
    };
    let mut found: Vec<Kept> = Vec::new();
    for of in sources(&within, signed, query.whose) {
        let some = stored::lane(
            &mut tx,
            of,
            (&stretch, query.only.stored(query.whose)),
            (order, query.after),
            most,
        )
        .await?;
        found.extend(some);
    }
    found.sort_by_key(|one| (one.standing.day, one.id));
    if order == Order::Last {
        found.reverse();
    }
    found.dedup_by_key(|one| one.id);
    let is_more = found.len() > PAGE_MAX;
    found.truncate(PAGE_MAX);
    let next = found.last().filter(|_| is_more);
    let next = next.map(|last| (last.standing.day, last.id));
    let lines = lines(house, &within, found).await?;
    tx.roll_back().await?;
    told(house, &who, &lines).await?;
    Ok(Page { lines, next })
}

/// Whether the whole request is seen, and not its search alone.
pub(super) fn is_within(within: &Reach, one: &Kept) -> bool {
    let section = one.standing.section;
    within.contains(one.organization) || section.is_some_and(|id| within.contains(id))
}

async fn lines(house: &House, within: &Reach, found: Vec<Kept>) -> Result<Vec<Line>, RequestError> {
    let mut lines = Vec::new();
    for kept in found {
        let application = cases::application(house, &kept).await?;
        lines.push(line(within, kept, &application));
    }
    Ok(lines)
}

/// A request in a list. Who is asked to search for it is not told who applied.
pub(super) fn line(within: &Reach, kept: Kept, application: &Application) -> Line {
    Line {
        name: match is_within(within, &kept) {
            true => application.name.clone(),
            false => String::new(),
        },
        subject: application.subject(),
        kept,
    }
}

/// Writes down whose names somebody sees.
pub(super) async fn told(house: &House, who: &Who, lines: &[Line]) -> Result<(), RequestError> {
    let ids: Vec<i64> = lines.iter().map(|line| line.kept.id).collect();
    seen(house, who, SEE, NONE.to_owned(), json!({ "requests": ids })).await
}

/// Requests of a 登记编号.
///
/// # Errors
/// [`RequestError::Denied`].
pub async fn find(
    house: &House,
    signed: &SignedIn,
    number: &str,
) -> Result<Vec<Line>, RequestError> {
    let (target, about) = demand_target();
    let who = signed.demand(house, SEE, target, about).await?;
    let mut tx = house.db.read().await?;
    let (within, _) = sight(&mut tx, signed).await?;
    let most = i64::try_from(PAGE_MAX).unwrap_or(i64::MAX);
    let found = stored::numbered(&mut tx, &within, number.trim(), most).await?;
    let lines = lines(house, &within, found).await?;
    tx.roll_back().await?;
    told(house, &who, &lines).await?;
    Ok(lines)
}

/// What lies on the desk; no count is above [`COUNT_MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Desk {
    /// Past their due date.
    pub overdue: i64,
    /// Due today.
    pub due_today: i64,
    /// Due in the working days to come that the desk calls a risk.
    pub at_risk: i64,
    /// Not confirmed.
    pub unconfirmed: i64,
    /// In hand, with the three above.
    pub running: i64,
    /// Waiting for others.
    pub waiting: i64,
    /// Replied, and not served or archived.
    pub replied: i64,
    /// In hand of the one who looks.
    pub mine: i64,
    /// The last day that counts as a risk.
    pub risk_until: Option<Date>,
}

/// The desk of the signed-in person.
///
/// # Errors
/// [`RequestError::Denied`].
pub async fn desk(house: &House, signed: &SignedIn) -> Result<Desk, RequestError> {
    let (target, about) = demand_target();
    signed.demand(house, SEE, target, about).await?;
    let mut tx = house.db.read().await?;
    let (within, _) = sight(&mut tx, signed).await?;
    let today = signed.today;
    let calendar = house.calendars.seen(&mut tx).await?;
    let set = settings::values_in(&mut tx).await?.desk()?;
    let risk = calendar
        .provisional()
        .add_working_days(today, set.risk_working_days);
    let risk = risk.unwrap_or(today);
    let yesterday = today.yesterday().unwrap_or(today);
    let tomorrow = today.tomorrow().unwrap_or(today);
    let all = sources(&within, signed, Whose::All);
    let mut count = async |of: &[Of<'_>], lane: Lane, from: Date, until: Date| {
        let stretch = Stretch {
            lane: lane.key(),
            from,
            until,
        };
        let mut sum = 0;
        for of in of {
            sum += stored::count(&mut tx, *of, &stretch, COUNT_MAX).await?;
        }
        Ok::<i64, StoreError>(sum.min(COUNT_MAX))
    };
    let (min, max) = (Date::MIN, Date::MAX);
    let mine = [Of::Handler(signed.person.id, &within)];
    let desk = Desk {
        overdue: count(&all, Lane::Running, min, yesterday).await?,
        due_today: count(&all, Lane::Running, today, today).await?,
        at_risk: count(&all, Lane::Running, tomorrow, risk).await?,
        unconfirmed: count(&all, Lane::Unconfirmed, min, max).await?,
        running: count(&all, Lane::Running, min, max).await?,
        waiting: count(&all, Lane::Waiting, min, max).await?,
        replied: count(&all, Lane::Replied, min, max).await?,
        mine: count(&mine, Lane::Running, min, max).await?,
        risk_until: Some(risk),
    };
    tx.roll_back().await?;
    Ok(desk)
}
