//! People as a table that an administrator brings: all of its rows are invited,
//! or none.

use std::sync::Arc;

use gongkai_domain::organization::import::Names;
use gongkai_domain::organization::permissions::{Action, Membership, Target};
use gongkai_domain::organization::staff::{self, Draft};
use gongkai_domain::organization::{PersonId, Validity};
use gongkai_domain::words::Message;
use gongkai_store::people;
use gongkai_store::{StoreError, Tx};
use serde_json::json;

use super::invite::{Named, add, later, way_in, write};
use super::{NewStaff, PeopleError, SignedIn};
use crate::audit::Who;
use crate::house::House;
use crate::once::{Sent, once};
use crate::report::orders::{Reader, read_rows};
use crate::vault::RecordKey;

/// Somebody who was invited by a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedRow {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub display_name: String,
    /// Their login name.
    pub login: String,
    /// The token of their invitation; it is told now, and to who sends the same
    /// table again by the same form.
    pub token: String,
}

/// Invites everybody of a table, whose file is read apart from the server; all
/// of them or nobody. Sent twice, they are invited once. The file is not kept:
/// it holds telephones and mail addresses.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Rows`] tells what is wrong with each
/// row; [`PeopleError::Refused`] where the file cannot be read.
pub async fn invite_all(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    form: &str,
    (name, bytes): (&str, Arc<[u8]>),
) -> Result<Vec<InvitedRow>, PeopleError> {
    let about = ("person", "-".to_owned());
    let target = Target::Installation;
    let who = signed
        .demand(house, Action::PeopleInvite, target, about)
        .await?;
    if signed.actor.membership == Membership::Setup {
        return Err(PeopleError::refused("invite-administrators-first"));
    }
    let rows = read_rows(reader, name, Arc::clone(&bytes)).await;
    let rows = rows.map_err(|refused| PeopleError::from(refused.message()))??;
    let tree = Arc::clone(&signed.tree);
    let during = Validity::since(signed.today);
    let mut read = staff::read(&rows, &Names::of(&tree), during);
    refuse_taken(house, &mut read).await?;
    let sent = Sent::new("people.import", form, [])
        .with_bytes(&bytes)
        .or_new(house);
    let sent = sent.blinded(house).of(signed.person.id);
    let drafts = match told_before(house, &sent, &rows, &tree, during).await? {
        Some(told) => return Ok(told),
        None if read.drafts.is_empty() => return Err(PeopleError::Rows(read.report)),
        None => read.drafts,
    };
    let mut keys = Vec::with_capacity(drafts.len());
    for _ in &drafts {
        keys.push(house.vault.new_key().await?);
    }
    let work = async |mut tx: Tx| -> Result<(Tx, String), PeopleError> {
        let mut told = Vec::with_capacity(drafts.len());
        for (draft, key) in drafts.iter().zip(&keys) {
            told.push(taken_in(&mut tx, house, &who, &sent, draft, key).await?);
        }
        Ok((tx, told.join(" ")))
    };
    let answer = once(house, &sent, work).await?;
    answered(house, &sent, &answer, &drafts)
}

/// Login names that somebody has already.
async fn refuse_taken(house: &House, read: &mut staff::Staff) -> Result<(), PeopleError> {
    let mut tx = house.db.read().await?;
    let mut taken = Vec::new();
    for draft in &read.drafts {
        if people::by_login(&mut tx, draft.login.key())
            .await?
            .is_some()
        {
            let message = Message::new("login-taken").with("login", draft.login.as_str());
            taken.push((draft.row, message));
        }
    }
    tx.roll_back().await?;
    for (row, message) in taken {
        read.refuse(row, message);
    }
    Ok(())
}

/// What the same form was told before: then its people are there already, and
/// that is no fault of the table.
async fn told_before(
    house: &House,
    sent: &Sent,
    rows: &[Vec<String>],
    tree: &gongkai_domain::organization::Tree,
    during: Validity,
) -> Result<Option<Vec<InvitedRow>>, PeopleError> {
    let Some(answer) = super::invite::before(house, sent).await? else {
        return Ok(None);
    };
    let drafts = staff::read(rows, &Names::of(tree), during).drafts;
    answered(house, sent, &answer, &drafts).map(Some)
}

/// Invites one; their number and what their token is made of.
async fn taken_in(
    tx: &mut Tx,
    house: &House,
    who: &Who,
    sent: &Sent,
    draft: &Draft,
    key: &RecordKey,
) -> Result<String, PeopleError> {
    let now = house.now();
    let named = Named {
        login: draft.login.clone(),
        display_name: draft.display_name.clone(),
    };
    let new = NewStaff {
        organization: Some(draft.organization),
        phone: draft.phone.clone(),
        mail: draft.mail.clone(),
        ..NewStaff::default()
    };
    let person = add(tx, house, &named, &new, key, now).await?;
    let salt = way_in(tx, house, sent, "invite", person, later(now)).await?;
    let detail = json!({ "organization": draft.organization.0, "row": draft.row });
    write(tx, who, "people.invite", person, detail, now).await?;
    Ok(format!("{person}:{salt}"))
}

fn answered(
    house: &House,
    sent: &Sent,
    answer: &str,
    drafts: &[Draft],
) -> Result<Vec<InvitedRow>, PeopleError> {
    let broken = || StoreError::Refused("the answer kept for a table is none".to_owned());
    let parts: Vec<&str> = answer.split(' ').collect();
    if parts.len() != drafts.len() {
        return Err(broken().into());
    }
    let told = parts.iter().zip(drafts).map(|(part, draft)| {
        let (id, salt) = part.split_once(':').ok_or_else(broken)?;
        Ok(InvitedRow {
            id: PersonId(id.parse().map_err(|_| broken())?),
            display_name: draft.display_name.clone(),
            login: draft.login.as_str().to_owned(),
            token: sent.secret(house, salt),
        })
    });
    told.collect()
}
