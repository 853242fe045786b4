//! What applicants are told of their request by mail, and where there is no mail
//! address by text message. Neither begins a clock, and neither is the service of a
//! letter.

use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::outbox::Line;
use gongkai_domain::register::Phone;
use gongkai_domain::requests::application::{Application, QueryCode};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;

use super::RequestError;
use super::cases::Opened;
use crate::house::House;
use crate::outbox::{self, Letter, Ready};

/// A mail to the applicant; nothing where there is no address.
async fn mail(
    house: &House,
    opened: &Opened,
    purpose: &str,
    (subject, text): (Message, Message),
) -> Result<Option<Ready>, RequestError> {
    let Some(to) = opened.application.mail_address() else {
        return Ok(None);
    };
    let words = Words::of(Language::Chinese);
    let Ok(subject) = Line::parse(&words.render(&subject)) else {
        return Ok(None);
    };
    let letter = Letter {
        to,
        subject,
        text: words.render(&text),
        attachments: Vec::new(),
    };
    Ok(Some(outbox::ready_mail(house, purpose, &letter).await?))
}

/// Whether an applicant is told by mail or by text message.
pub(super) fn is_told(application: &Application) -> bool {
    application.mail_address().is_some() || Phone::kept(application.phone.clone()).is_mobile()
}

/// A text message to the applicant; nothing where no telephone takes such ones.
async fn text(
    house: &House,
    opened: &Opened,
    purpose: &str,
    text: Message,
) -> Result<Option<Ready>, RequestError> {
    let phone = Phone::kept(opened.application.phone.clone());
    if !phone.is_mobile() {
        return Ok(None);
    }
    let text = Words::of(Language::Chinese).render(&text);
    let ready = outbox::ready_text(house, purpose, (&phone, &text), None);
    Ok(Some(ready.await?))
}

/// The proof of filing; not written yet.
pub(super) async fn filed(
    house: &House,
    opened: &Opened,
    body: &str,
    code: &QueryCode,
) -> Result<Option<Ready>, RequestError> {
    const PURPOSE: &str = "requests.receipt";
    let number = &opened.kept.number;
    let told = |id| {
        let told = Message::new(id).with("body", body).with("number", number);
        told.with("code", code)
    };
    let subject = Message::new("receipt-mail-subject").with("number", number);
    // What is received by being handed in has its clock already (Art. 31).
    let received = opened.kept.standing.received;
    let due = received.and(opened.kept.standing.due);
    let told = |online, received_id| match (received, due) {
        (Some(received), Some(due)) => {
            let told = told(received_id).with("received", received);
            told.with("due", due)
        }
        _ => told(online),
    };
    let said = told("receipt-mail-text", "receipt-mail-received-text");
    let said = said.with("date", opened.kept.filed);
    let said = said.with("confirm", opened.law.confirmed_by(opened.kept.filed));
    match mail(house, opened, PURPOSE, (subject, said)).await? {
        None => {
            let short = told("receipt-sms-text", "receipt-sms-received-text");
            text(house, opened, PURPOSE, short).await
        }
        some => Ok(some),
    }
}

/// Sends the proof of filing.
pub(super) async fn of_filing(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    body: &str,
    code: &QueryCode,
) -> Result<(), RequestError> {
    if let Some(message) = filed(house, opened, body, code).await? {
        message.post(tx, house).await?;
    }
    Ok(())
}

/// Asks the applicant to confirm on their side, once the office has: the receipt
/// date waits for both (Art. 31).
pub(super) async fn to_confirm(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
) -> Result<(), RequestError> {
    let ids = [
        "confirm-mail-subject",
        "confirm-mail-text",
        "confirm-mail-text",
    ];
    of_number(tx, house, opened, ("requests.confirm", ids)).await
}

/// Tells the applicant that what was over goes on.
pub(super) async fn of_going_on(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
) -> Result<(), RequestError> {
    let ids = [
        "reopened-mail-subject",
        "reopened-mail-text",
        "reopened-sms-text",
    ];
    of_number(tx, house, opened, ("requests.reopened", ids)).await
}

/// Tells the applicant something of which only the number is said: subject and text of a
/// mail, or, where there is none, of a text message.
async fn of_number(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    (purpose, ids): (&str, [&'static str; 3]),
) -> Result<(), RequestError> {
    let of = |id| Message::new(id).with("number", &opened.kept.number);
    tell(tx, house, opened, (purpose, ids.map(of))).await
}

/// Sends a mail with its subject and text, or, where there is no address, a text message.
async fn tell(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    (purpose, [subject, long, short]): (&str, [Message; 3]),
) -> Result<(), RequestError> {
    let message = match mail(house, opened, purpose, (subject, long)).await? {
        None => text(house, opened, purpose, short).await?,
        some => some,
    };
    if let Some(message) = message {
        message.post(tx, house).await?;
    }
    Ok(())
}

/// Tells by mail, or by text message, that there is a letter; what it says is shown
/// to who has the query code.
pub(super) async fn of_letter(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    kind: &Kind,
) -> Result<(), RequestError> {
    let of = |id| Message::new(id).with("number", &opened.kept.number);
    let of_kind = |id| of(id).with("title", kind.title);
    let said = [
        of("letter-mail-subject"),
        of_kind("letter-mail-text"),
        of_kind("letter-sms-text"),
    ];
    tell(tx, house, opened, ("requests.letter", said)).await
}
