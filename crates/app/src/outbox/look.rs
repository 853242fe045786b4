//! The outbox as administrators see it: counts, states, masked addresses; and
//! what they may do with it.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::outbox::{Line, State};
use gongkai_domain::words::{Message, Words};
use gongkai_store::outbox::{self, Failing, Listed};
use gongkai_store::{StoreError, Tx};
use serde_json::json;

use super::notice::address_of;
use super::{Letter, mail, send_at};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::once;
use crate::people::{PeopleError, SignedIn};
use crate::settings::values_in;

const KIND: &str = "outbox";

pub(super) fn deed(
    action: Action,
    kind: &'static str,
    object: String,
    detail: serde_json::Value,
) -> Deed<'static> {
    Deed {
        action: action.key(),
        object_kind: kind,
        object,
        outcome: Outcome::Done,
        detail,
    }
}

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    object: &str,
) -> Result<Who, PeopleError> {
    let about = (KIND, object.to_owned());
    signed
        .demand(house, action, Target::Installation, about)
        .await
}

/// What stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// How many messages stand in each state, in its order.
    pub counts: [(State, i64); 4],
    /// Servers that fail.
    pub failing: Vec<Failing>,
    /// Messages, the newest first.
    pub listed: Vec<Listed>,
    /// For how many days addresses and bodies are kept.
    pub kept_days: i64,
}

/// Messages in a state or in any, before a number. That they were looked at is
/// written down, though addresses are masked.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn overview(
    house: &House,
    signed: &SignedIn,
    state: Option<State>,
    before: i64,
    most: i64,
) -> Result<Overview, PeopleError> {
    let see = Action::OutboxSee;
    let who = demand(house, signed, see, "-").await?;
    let mut tx = house.db.write().await?;
    let counted = outbox::counts(&mut tx).await?;
    let count = |state| {
        let found = counted.iter().find(|(of, _)| *of == state);
        (state, found.map_or(0, |(_, count)| *count))
    };
    let overview = Overview {
        counts: State::ALL.map(count),
        failing: outbox::destinations(&mut tx).await?,
        listed: outbox::list(&mut tx, state, before, most).await?,
        kept_days: values_in(&mut tx).await?.kept_days()?,
    };
    let detail = json!({ "state": state.map(State::key), "rows": overview.listed.len() });
    let deed = deed(see, KIND, "-".to_owned(), detail);
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(overview)
}

/// Has a message sent again that was refused or given up. Asked twice, it is
/// done once.
///
/// # Errors
/// [`PeopleError::Missing`] where there is none; [`PeopleError::Refused`] if it
/// waits or was sent, or its body is erased.
pub async fn again(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
) -> Result<(), PeopleError> {
    let (send, object) = (Action::OutboxSend, id.to_string());
    let who = demand(house, signed, send, &object).await?;
    let sent = signed.sent("outbox.again", key, [object.as_str()]);
    let work = async |mut tx: Tx| {
        let now = house.now();
        let found = outbox::get(&mut tx, id).await?;
        let found = found.ok_or(PeopleError::Missing)?;
        outbox::again(&mut tx, id, now)
            .await
            .map_err(|error| match error {
                StoreError::Conflict => Message::new("outbox-not-again").into(),
                error => PeopleError::Store(error),
            })?;
        send_at(&mut tx, house, &found.destination, now).await?;
        let detail = json!({ "before": found.state.key() });
        let deed = deed(send, KIND, object.clone(), detail);
        audit::write(&mut tx, &who, &deed, now).await?;
        Ok::<_, PeopleError>((tx, object.clone()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Writes a mail to whoever asks, to try the way. Asked twice, it is one mail.
///
/// # Errors
/// [`PeopleError::Refused`] if they have no mail address.
pub async fn try_mail(
    house: &House,
    signed: &SignedIn,
    key: &str,
    words: &Words,
) -> Result<(), PeopleError> {
    let send = Action::OutboxSend;
    let who = demand(house, signed, send, "-").await?;
    let to = address_of(house, &signed.person).await?;
    let to = to.ok_or_else(|| Message::new("outbox-no-own-mail"))?;
    let subject = Line::parse(&words.text("try-mail-subject"));
    let letter = Letter {
        to,
        subject: subject.map_err(|error| error.message())?,
        text: words.text("try-mail-text"),
        attachments: Vec::new(),
    };
    let sent = signed.sent("outbox.try", key, []);
    let work = async |mut tx: Tx| {
        let id = mail(&mut tx, house, "try", &letter).await?;
        let deed = deed(send, KIND, id.to_string(), json!({ "purpose": "try" }));
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok::<_, PeopleError>((tx, id.to_string()))
    };
    once(house, &sent, work).await.map(drop)
}
