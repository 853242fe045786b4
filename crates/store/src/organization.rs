//! Bodies in time, how they came from one another, and the tables that people
//! brought. Which bodies a person sees is decided here, in the query.

use gongkai_domain::organization::codes::{CreditCode, DivisionCode};
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{
    DisclosureOffice, OpenWays, Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "organization";
    COUNT_CHANGE = "insert into organization_changes (id, count) values (1, 1)
        on conflict (id) do update set count = organization_changes.count + 1
        returning count";
    CHANGES = "select count from organization_changes where id = 1";
    INSERT = "insert into organizations (parent, supervisor, vertical, kind, name, short_name, credit_code,
            division, valid_from, valid_until, office_name, office_head, office_address, office_postcode,
            office_hours, office_phone, office_fax, office_mail, office_classification, office_arrangement,
            office_obtaining, office_closed, version, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, 1, $23)
        returning id";
    UPDATE = "update organizations set parent = $1, supervisor = $2, vertical = $3, kind = $4, name = $5,
            short_name = $6, credit_code = $7, division = $8, valid_from = $9, valid_until = $10,
            office_name = $11, office_head = $12, office_address = $13, office_postcode = $14,
            office_hours = $15, office_phone = $16, office_fax = $17, office_mail = $18,
            office_classification = $19, office_arrangement = $20, office_obtaining = $21,
            office_closed = $22, version = version + 1, changed_at = $23
        where id = $24 and version = $25";
    TIE = "update organizations set supervisor = $2, vertical = $3 where id = $1";
    GET = "select id, parent, supervisor, vertical, kind, name, short_name, credit_code, division,
            valid_from, valid_until, office_name, office_head, office_address, office_postcode, office_hours,
            office_phone, office_fax, office_mail, office_classification, office_arrangement, office_obtaining,
            office_closed, version, changed_at
        from organizations where id = $1";
    ALL = "select id, parent, supervisor, vertical, kind, name, short_name, credit_code, division,
            valid_from, valid_until, office_name, office_head, office_address, office_postcode, office_hours,
            office_phone, office_fax, office_mail, office_classification, office_arrangement, office_obtaining,
            office_closed, version, changed_at
        from organizations order by id";
    /// What `$1` and `$2` let through: everything, or the bodies of a list;
    /// the same words stand in [`COUNT`].
    PAGE = "select id, parent, supervisor, vertical, kind, name, short_name, credit_code, division,
            valid_from, valid_until, office_name, office_head, office_address, office_postcode, office_hours,
            office_phone, office_fax, office_mail, office_classification, office_arrangement, office_obtaining,
            office_closed, version, changed_at
        from organizations
        where (cast($1 as bigint) = 1 or id in within($2))
            and (cast($3 as text) is null or lower(name) like $3 escape '!' or lower(short_name) like $3 escape '!'
                or lower(credit_code) like $3 escape '!')
            and (name, id) > ($4, $5)
        order by name, id limit $6";
    COUNT = "select count(*) as count from organizations
        where (cast($1 as bigint) = 1 or id in within($2))
            and (cast($3 as text) is null or lower(name) like $3 escape '!' or lower(short_name) like $3 escape '!'
                or lower(credit_code) like $3 escape '!')";
    INSERT_SUCCESSION = "insert into successions (kind, on_day, basis, done_at, done_by)
        values ($1, $2, $3, $4, $5) returning id";
    INSERT_SUCCESSION_BODY = "insert into succession_bodies (succession, body, side) values ($1, $2, $3)";
    SUCCESSIONS = "select id, kind, on_day, basis, done_at, done_by from successions order by on_day, id";
    SUCCESSION_BODIES = "select succession, body, side from succession_bodies order by succession, side, body";
    INSERT_IMPORT = "insert into organization_imports (at, by_name, file_name, rows, blob)
        values ($1, $2, $3, $4, $5) returning id";
    IMPORTS = "select id, at, by_name, file_name, rows, blob from organization_imports
        where id < $1 order by id desc limit $2";
}

/// A body with the version that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The body.
    pub body: Organization,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Timestamp,
}

fn id_of(row: &Row, column: &str) -> Result<Option<OrganizationId>, StoreError> {
    Ok(row.get::<Option<i64>>(column)?.map(OrganizationId))
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let kind: String = row.get("kind")?;
    let credit_code: Option<String> = row.get("credit_code")?;
    let credit_code = credit_code.map(|code| CreditCode::parse(&code)).transpose();
    let division: Option<String> = row.get("division")?;
    let division = division.map(|code| DivisionCode::parse(&code)).transpose();
    let body = Organization {
        id: OrganizationId(row.get("id")?),
        parent: id_of(row, "parent")?,
        supervisor: id_of(row, "supervisor")?,
        vertical: id_of(row, "vertical")?,
        kind: OrganizationKind::from_key(&kind).ok_or_else(|| StoreError::wrong("kind"))?,
        name: row.get("name")?,
        short_name: row.get("short_name")?,
        credit_code: credit_code.map_err(|_| StoreError::wrong("credit_code"))?,
        division: division.map_err(|_| StoreError::wrong("division"))?,
        validity: Validity::new(row.get("valid_from")?, row.get("valid_until")?)
            .map_err(|_| StoreError::wrong("valid_until"))?,
        office: DisclosureOffice {
            name: row.get("office_name")?,
            head: row.get::<Option<i64>>("office_head")?.map(PersonId),
            address: row.get("office_address")?,
            postcode: row.get("office_postcode")?,
            hours: row.get("office_hours")?,
            phone: row.get("office_phone")?,
            fax: row.get("office_fax")?,
            mail: row.get("office_mail")?,
            classification: row.get("office_classification")?,
            arrangement: row.get("office_arrangement")?,
            obtaining: row.get("office_obtaining")?,
            open: OpenWays::but(&row.get::<String>("office_closed")?),
        },
    };
    Ok(Kept {
        body,
        version: row.get("version")?,
        changed_at: row.get("changed_at")?,
    })
}

/// The values of a body, its number apart, and when it was changed.
fn values_of(body: &Organization, now: Timestamp) -> Vec<Value> {
    let id = |id: Option<OrganizationId>| id.map(|id| id.0);
    let office = &body.office;
    values![
        id(body.parent),
        id(body.supervisor),
        id(body.vertical),
        body.kind.key(),
        &body.name,
        &body.short_name,
        body.credit_code.as_ref().map(CreditCode::as_str),
        body.division.map(|code| code.to_string()),
        body.validity.from(),
        body.validity.until(),
        &office.name,
        office.head.map(|head| head.0),
        &office.address,
        &office.postcode,
        &office.hours,
        &office.phone,
        &office.fax,
        &office.mail,
        &office.classification,
        &office.arrangement,
        &office.obtaining,
        office.open.closed(),
        now,
    ]
    .to_vec()
}

/// Waits until nobody else changes bodies, and keeps others waiting until the
/// transaction ends: what is checked over all bodies has to hold when it is
/// kept. SQLite has one writer anyway. Whoever changes bodies begins here; how
/// often they were changed before is given back, as by [`changes`].
///
/// # Errors
/// The store's.
pub async fn lock(tx: &mut Tx) -> Result<i64, StoreError> {
    let count: i64 = tx.one(&COUNT_CHANGE, &[]).await?.get("count")?;
    Ok(count - 1)
}

/// How often bodies were changed, as this transaction sees it: two
/// transactions that see the same number see the same bodies, on whatever node.
///
/// # Errors
/// The store's.
pub async fn changes(tx: &mut Tx) -> Result<i64, StoreError> {
    match tx.optional(&CHANGES, &[]).await? {
        Some(row) => row.get("count"),
        None => Ok(0),
    }
}

/// Keeps a new body; the number it is given. Its own is not looked at.
///
/// # Errors
/// The store's.
pub async fn insert(
    tx: &mut Tx,
    body: &Organization,
    now: Timestamp,
) -> Result<OrganizationId, StoreError> {
    let row = tx.one(&INSERT, &values_of(body, now)).await?;
    Ok(OrganizationId(row.get("id")?))
}

/// Changes a body whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if someone changed it meanwhile.
pub async fn update(
    tx: &mut Tx,
    body: &Organization,
    version: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut values = values_of(body, now);
    values.extend_from_slice(values![body.id.0, version]);
    tx.change_one(&UPDATE, &values).await
}

/// Says who supervises and leads a body that was just inserted, before those
/// had a number.
///
/// # Errors
/// The store's.
pub async fn tie(tx: &mut Tx, body: &Organization) -> Result<(), StoreError> {
    let (supervisor, vertical) = (body.supervisor, body.vertical);
    let values = values![
        body.id.0,
        supervisor.map(|id| id.0),
        vertical.map(|id| id.0)
    ];
    tx.change_one(&TIE, values).await
}

/// One body, whoever asks.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: OrganizationId) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&GET, values![id.0]).await?;
    row.as_ref().map(kept).transpose()
}

/// All bodies, past ones too, to make a tree of.
///
/// # Errors
/// The store's.
pub async fn all(tx: &mut Tx) -> Result<Vec<Kept>, StoreError> {
    tx.rows(&ALL, &[]).await?.iter().map(kept).collect()
}

/// Which bodies are listed and counted: those that are reached, and among them
/// those whose name, short name or code holds a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    /// What the one who asks may see.
    pub reach: &'a Reach,
    /// What is looked for; everything where it is empty. Case counts only
    /// outside ASCII.
    pub text: &'a str,
}

impl Filter<'_> {
    fn values(&self) -> Vec<Value> {
        let (all, ids) = match self.reach {
            Reach::All => (true, Value::ids([])),
            Reach::Nothing => (false, Value::ids([])),
            Reach::Of(ids) => (false, Value::ids(ids.iter().map(|id| id.0))),
        };
        let pattern = (!self.text.is_empty()).then(|| containing(self.text));
        vec![Value::from(all), ids, Value::from(pattern)]
    }
}

/// The pattern of texts that hold this one, for `like … escape '!'`. What no
/// text holds, such as NUL, which PostgreSQL does not take, is left out.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

/// Bodies by name, then number, after one that was the last of the page before.
///
/// # Errors
/// The store's.
pub async fn page(
    tx: &mut Tx,
    filter: Filter<'_>,
    after: Option<(&str, OrganizationId)>,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let (name, id) = after.map_or(("", 0), |(name, id)| (name, id.0));
    let mut values = filter.values();
    values.extend_from_slice(values![name, id, most]);
    tx.rows(&PAGE, &values).await?.iter().map(kept).collect()
}

/// How many bodies all pages hold together.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx, filter: Filter<'_>) -> Result<i64, StoreError> {
    tx.one(&COUNT, &filter.values()).await?.get("count")
}

/// A succession as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSuccession {
    /// Its number.
    pub id: i64,
    /// What passed into what; either side by number.
    pub succession: Succession,
    /// When it was entered.
    pub done_at: Timestamp,
    /// Who entered it, by login name.
    pub done_by: String,
}

/// Keeps a succession; its number.
///
/// # Errors
/// The store's.
pub async fn insert_succession(
    tx: &mut Tx,
    succession: &Succession,
    by: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let (kind, on) = (succession.kind.key(), succession.on);
    let values = values![kind, on, &succession.basis, now, by];
    let id: i64 = tx.one(&INSERT_SUCCESSION, values).await?.get("id")?;
    for (side, bodies) in [("from", &succession.from), ("to", &succession.to)] {
        for body in bodies {
            tx.execute(&INSERT_SUCCESSION_BODY, values![id, body.0, side])
                .await?;
        }
    }
    Ok(id)
}

/// All successions, the earliest first.
///
/// # Errors
/// The store's.
pub async fn successions(tx: &mut Tx) -> Result<Vec<KeptSuccession>, StoreError> {
    let mut sides: Vec<(i64, i64, String)> = Vec::new();
    for row in tx.rows(&SUCCESSION_BODIES, &[]).await? {
        sides.push((row.get("succession")?, row.get("body")?, row.get("side")?));
    }
    let side = |id: i64, wanted: &str| -> Vec<OrganizationId> {
        let first = sides.partition_point(|(of, ..)| *of < id);
        let own = sides[first..].iter().take_while(|(of, ..)| *of == id);
        own.filter(|(_, _, side)| side == wanted)
            .map(|(_, body, _)| OrganizationId(*body))
            .collect()
    };
    let rows = tx.rows(&SUCCESSIONS, &[]).await?;
    rows.iter()
        .map(|row| {
            let id = row.get("id")?;
            let (kind, on): (String, Date) = (row.get("kind")?, row.get("on_day")?);
            let succession = Succession {
                kind: SuccessionKind::from_key(&kind).ok_or_else(|| StoreError::wrong("kind"))?,
                on,
                basis: row.get("basis")?,
                from: side(id, "from"),
                to: side(id, "to"),
            };
            Ok(KeptSuccession {
                id,
                succession,
                done_at: row.get("done_at")?,
                done_by: row.get("done_by")?,
            })
        })
        .collect()
}

/// A table that was brought, kept as evidence of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableBrought {
    /// When.
    pub at: Timestamp,
    /// By whom, by login name.
    pub by: String,
    /// What the file was called.
    pub file_name: String,
    /// Bodies that came of it.
    pub rows: i64,
    /// Digest of the blob that holds the file.
    pub blob: String,
}

/// Keeps that a table was brought; its number. The blob is named before.
///
/// # Errors
/// The store's.
pub async fn insert_import(tx: &mut Tx, table: &TableBrought) -> Result<i64, StoreError> {
    let TableBrought {
        at,
        by,
        file_name,
        rows,
        blob,
    } = table;
    let values = values![*at, by, file_name, *rows, blob];
    tx.one(&INSERT_IMPORT, values).await?.get("id")
}

/// Tables that were brought, the newest first, below a number.
///
/// # Errors
/// The store's.
pub async fn imports(
    tx: &mut Tx,
    below: i64,
    most: i64,
) -> Result<Vec<(i64, TableBrought)>, StoreError> {
    let rows = tx.rows(&IMPORTS, values![below, most]).await?;
    rows.iter()
        .map(|row| {
            let table = TableBrought {
                at: row.get("at")?,
                by: row.get("by_name")?,
                file_name: row.get("file_name")?,
                rows: row.get("rows")?,
                blob: row.get("blob")?,
            };
            Ok((row.get("id")?, table))
        })
        .collect()
}
