//! Letters: versions of templates, series of document numbers, and what was
//! issued. Which of them a person sees is decided here, in the query.

use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "letters";
    ADD_TEMPLATE = "insert into letter_templates (organization, kind, version, source, effective_from, note, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    TEMPLATES = "select t.kind, t.version, t.source, t.effective_from, t.note, t.changed_at, p.login as by
        from letter_templates t join persons p on p.id = t.changed_by
        where t.organization = $1 and (cast($2 as text) is null or t.kind = $2)
        order by t.kind, t.version";
    /// The newest version that counts on a day.
    IN_FORCE = "select t.kind, t.version, t.source, t.effective_from, t.note, t.changed_at, p.login as by
        from letter_templates t join persons p on p.id = t.changed_by
        where t.organization = $1 and t.kind = $2 and t.effective_from <= $3
        order by t.version desc limit 1";
    /// One statement: whoever counts in this series at the same time waits for
    /// this transaction, and a transaction that is taken back leaves no hole.
    NEXT = "insert into letter_series (organization, series, year, last) values ($1, $2, $3, 1)
        on conflict (organization, series, year) do update set last = letter_series.last + 1 returning last";
    GRANT = "insert into letter_numbers (organization, series, year, number, kind, state, reason, granted_at, granted_by)
        values ($1, $2, $3, $4, $5, 'held', '', $6, $7) returning id";
    SETTLE = "update letter_numbers set state = $2, reason = $3, settled_at = $4, settled_by = $5
        where id = $1 and state = 'held'";
    NUMBER = "select id, organization, series, year, number, kind, state, reason, granted_at, settled_at
        from letter_numbers where id = $1";
    NUMBERS = "select id, organization, series, year, number, kind, state, reason, granted_at, settled_at
        from letter_numbers where organization = $1 and year = $2 order by series, number, id limit $3";
    HELD = "select id, organization, series, year, number, kind, state, reason, granted_at, settled_at
        from letter_numbers where state = 'held' and granted_at < $1 order by granted_at, id limit $2";
    LAST = "select last from letter_series where organization = $1 and series = $2 and year = $3";
    ADD = "insert into letters (organization, kind, number, about_kind, about, template_version, template_digest, dated, key, sealed, digest, blob, issued_at, person, acting_for)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id";
    GET = "select l.id, l.organization, l.kind, l.number, l.about_kind, l.about, l.template_version, l.template_digest, l.dated, l.key, l.sealed, l.digest, l.blob, l.issued_at, l.person, l.acting_for, n.series, n.year, n.number as place
        from letters l left join letter_numbers n on n.id = l.number
        where (cast($1 as bigint) = 1 or l.organization in within($2)) and l.id = $3";
    ABOUT = "select l.id, l.organization, l.kind, l.number, l.about_kind, l.about, l.template_version, l.template_digest, l.dated, l.key, l.sealed, l.digest, l.blob, l.issued_at, l.person, l.acting_for, n.series, n.year, n.number as place
        from letters l left join letter_numbers n on n.id = l.number
        where (cast($1 as bigint) = 1 or l.organization in within($2)) and l.about_kind = $3 and l.about = $4
        order by l.id";
    ADD_HEAD = "insert into letterheads (organization, version, word, review_body, court, online_channel, payment, query, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    HEAD = "select h.version, h.word, h.review_body, h.court, h.online_channel, h.payment, h.query, h.changed_at, p.login as by
        from letterheads h join persons p on p.id = h.changed_by
        where h.organization = $1 order by h.version desc limit 1";
}

/// A version of what stands on every letter of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its version, from 1.
    pub version: i64,
    /// What it says.
    pub letterhead: Letterhead,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// Login name of who changed it.
    pub by: String,
}

/// What stands on every letter of a body that counts now; none where it was
/// never told.
///
/// # Errors
/// The store's.
pub async fn head(tx: &mut Tx, organization: OrganizationId) -> Result<Option<Head>, StoreError> {
    let row = tx.optional(&HEAD, values![organization.0]).await?;
    let read = |row: &Row| {
        Ok(Head {
            version: row.get("version")?,
            letterhead: Letterhead {
                word: row.get("word")?,
                review_body: row.get("review_body")?,
                court: row.get("court")?,
                online_channel: row.get("online_channel")?,
                payment: row.get("payment")?,
                query: row.get("query")?,
            },
            changed_at: row.get("changed_at")?,
            by: row.get("by")?,
        })
    };
    row.as_ref().map(read).transpose()
}

/// Keeps a version of it.
///
/// # Errors
/// [`StoreError::Duplicate`] if somebody else kept this version meanwhile.
pub async fn add_head(
    tx: &mut Tx,
    (organization, version): (OrganizationId, i64),
    head: &Letterhead,
    (now, by): (Timestamp, PersonId),
) -> Result<(), StoreError> {
    let values = values![
        organization.0,
        version,
        &head.word,
        &head.review_body,
        &head.court,
        &head.online_channel,
        &head.payment,
        &head.query,
        now,
        by.0
    ];
    tx.execute(&ADD_HEAD, values).await.map(drop)
}

/// A version of a template that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// For which kind of letter.
    pub kind: String,
    /// Its version, from 1.
    pub version: i64,
    /// Its text; none where the words of the program count again.
    pub source: Option<String>,
    /// From which day on it counts.
    pub effective_from: Date,
    /// Why it was changed.
    pub note: String,
    /// When.
    pub changed_at: Timestamp,
    /// Login name of who changed it.
    pub by: String,
}

fn template(row: &Row) -> Result<Template, StoreError> {
    Ok(Template {
        kind: row.get("kind")?,
        version: row.get("version")?,
        source: row.get("source")?,
        effective_from: row.get("effective_from")?,
        note: row.get("note")?,
        changed_at: row.get("changed_at")?,
        by: row.get("by")?,
    })
}

/// A version of a template that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplate<'a> {
    /// Whose it is.
    pub organization: OrganizationId,
    /// For which kind of letter.
    pub kind: &'a str,
    /// Its version: one more than what was seen.
    pub version: i64,
    /// Its text; none for the words of the program.
    pub source: Option<&'a str>,
    /// From which day on it counts.
    pub effective_from: Date,
    /// Why it was changed.
    pub note: &'a str,
    /// When.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: PersonId,
}

/// Keeps a version of a template.
///
/// # Errors
/// [`StoreError::Conflict`] if somebody else kept this version meanwhile.
pub async fn add_template(tx: &mut Tx, new: &NewTemplate<'_>) -> Result<(), StoreError> {
    let done = tx
        .execute(
            &ADD_TEMPLATE,
            values![
                new.organization.0,
                new.kind,
                new.version,
                new.source,
                new.effective_from,
                new.note,
                new.changed_at,
                new.changed_by.0,
            ],
        )
        .await;
    match done {
        Err(StoreError::Duplicate(_)) => Err(StoreError::Conflict),
        other => other.map(|_| ()),
    }
}

/// All versions of a body's templates, of one kind or of all.
///
/// # Errors
/// The store's.
pub async fn templates(
    tx: &mut Tx,
    organization: OrganizationId,
    kind: Option<&str>,
) -> Result<Vec<Template>, StoreError> {
    let rows = tx.rows(&TEMPLATES, values![organization.0, kind]).await?;
    rows.iter().map(template).collect()
}

/// The version that counts on a day, if the body ever kept one.
///
/// # Errors
/// The store's.
pub async fn template_in_force(
    tx: &mut Tx,
    organization: OrganizationId,
    kind: &str,
    day: Date,
) -> Result<Option<Template>, StoreError> {
    let row = tx
        .optional(&IN_FORCE, values![organization.0, kind, day])
        .await?;
    row.as_ref().map(template).transpose()
}

/// A document number that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What stands before the year.
    pub series: String,
    /// The year.
    pub year: i64,
    /// Its place in the series.
    pub number: i64,
    /// For which kind of letter.
    pub kind: String,
    /// `held`, `issued` or `void`.
    pub state: String,
    /// Why it is void.
    pub reason: String,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// When it was issued or made void.
    pub settled_at: Option<Timestamp>,
}

fn number(row: &Row) -> Result<Number, StoreError> {
    Ok(Number {
        id: row.get("id")?,
        organization: OrganizationId(row.get("organization")?),
        series: row.get("series")?,
        year: row.get("year")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        reason: row.get("reason")?,
        granted_at: row.get("granted_at")?,
        settled_at: row.get("settled_at")?,
    })
}

/// Grants the next number of a series and year: its row and its place. It is
/// held until it is settled.
///
/// # Errors
/// The store's.
pub async fn grant(
    tx: &mut Tx,
    organization: OrganizationId,
    (series, year): (&str, i64),
    kind: &str,
    by: Option<i64>,
    now: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let next = tx.one(&NEXT, values![organization.0, series, year]).await?;
    let place: i64 = next.get("last")?;
    let values = values![organization.0, series, year, place, kind, now, by];
    let id = tx.one(&GRANT, values).await?.get("id")?;
    Ok((id, place))
}

/// What becomes of a number that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled<'a> {
    /// A letter bears it.
    Issued,
    /// No letter will, for this reason.
    Void(&'a str),
}

/// Settles a number, once.
///
/// # Errors
/// [`StoreError::Conflict`] where it is not held any more.
pub async fn settle(
    tx: &mut Tx,
    id: i64,
    settled: Settled<'_>,
    by: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (state, reason) = match settled {
        Settled::Issued => ("issued", ""),
        Settled::Void(reason) => ("void", reason),
    };
    tx.change_one(&SETTLE, values![id, state, reason, now, by])
        .await
}

/// A number by its row.
///
/// # Errors
/// The store's.
pub async fn number_of(tx: &mut Tx, id: i64) -> Result<Option<Number>, StoreError> {
    let row = tx.optional(&NUMBER, values![id]).await?;
    row.as_ref().map(number).transpose()
}

/// Numbers that were granted before an instant and that no letter bears yet, the oldest
/// one first.
///
/// # Errors
/// The store's.
pub async fn held(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<Number>, StoreError> {
    let rows = tx.rows(&HELD, values![before, limit]).await?;
    rows.iter().map(number).collect()
}

/// Numbers of a body and a year, by series and place.
///
/// # Errors
/// The store's.
pub async fn numbers(
    tx: &mut Tx,
    organization: OrganizationId,
    year: i64,
    most: i64,
) -> Result<Vec<Number>, StoreError> {
    let rows = tx
        .rows(&NUMBERS, values![organization.0, year, most])
        .await?;
    rows.iter().map(number).collect()
}

/// How far a series counted in a year.
///
/// # Errors
/// The store's.
pub async fn last(
    tx: &mut Tx,
    organization: OrganizationId,
    series: &str,
    year: i64,
) -> Result<i64, StoreError> {
    let row = tx
        .optional(&LAST, values![organization.0, series, year])
        .await?;
    row.map_or(Ok(0), |row| row.get("last"))
}

/// A letter that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// Who issues it.
    pub organization: OrganizationId,
    /// Its kind.
    pub kind: String,
    /// Row of its number; none for letters that bear none.
    pub number: Option<i64>,
    /// Kind of the record that it is about, and its number there.
    pub about: (String, Option<i64>),
    /// Version of the template; 0 for the words of the program.
    pub template_version: i64,
    /// Digest of the template's text.
    pub template_digest: String,
    /// Its day.
    pub dated: Date,
    /// The key of what is sealed.
    pub key: String,
    /// What it was made of.
    pub sealed: Vec<u8>,
    /// SHA-256 of the PDF.
    pub digest: String,
    /// Where the PDF is.
    pub blob: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// By whom, and for whom they act.
    pub by: (Option<i64>, Option<i64>),
}

/// A letter that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its row.
    pub id: i64,
    /// As it is kept.
    pub kept: NewLetter,
    /// Series, year and place of its number.
    pub numbered: Option<(String, i64, i64)>,
}

fn issued(row: &Row) -> Result<Issued, StoreError> {
    let series: Option<String> = row.get("series")?;
    let numbered = match series {
        None => None,
        Some(series) => Some((series, row.get("year")?, row.get("place")?)),
    };
    Ok(Issued {
        id: row.get("id")?,
        kept: NewLetter {
            organization: OrganizationId(row.get("organization")?),
            kind: row.get("kind")?,
            number: row.get("number")?,
            about: (row.get("about_kind")?, row.get("about")?),
            template_version: row.get("template_version")?,
            template_digest: row.get("template_digest")?,
            dated: row.get("dated")?,
            key: row.get("key")?,
            sealed: row.get("sealed")?,
            digest: row.get("digest")?,
            blob: row.get("blob")?,
            issued_at: row.get("issued_at")?,
            by: (row.get("person")?, row.get("acting_for")?),
        },
        numbered,
    })
}

/// Keeps a letter for good; its row.
///
/// # Errors
/// [`StoreError::Duplicate`] where a letter bears its number already.
pub async fn add(tx: &mut Tx, new: &NewLetter) -> Result<i64, StoreError> {
    let values = values![
        new.organization.0,
        &new.kind,
        new.number,
        &new.about.0,
        new.about.1,
        new.template_version,
        &new.template_digest,
        new.dated,
        &new.key,
        new.sealed.as_slice(),
        &new.digest,
        &new.blob,
        new.issued_at,
        new.by.0,
        new.by.1,
    ];
    tx.one(&ADD, values).await?.get("id")
}

fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// A letter within a reach; for anybody else there is none.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, reach: &Reach, id: i64) -> Result<Option<Issued>, StoreError> {
    let [all, ids] = within(reach);
    let row = tx.optional(&GET, &[all, ids, Value::from(id)]).await?;
    row.as_ref().map(issued).transpose()
}

/// Letters about a record within a reach, the first one first.
///
/// # Errors
/// The store's.
pub async fn about(
    tx: &mut Tx,
    reach: &Reach,
    kind: &str,
    record: i64,
) -> Result<Vec<Issued>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(kind), Value::from(record)];
    let rows = tx.rows(&ABOUT, &values).await?;
    rows.iter().map(issued).collect()
}
