//! The proof of filing 提交凭证 as a page to be kept: in the layout of the body's
//! letters, without a document number. It proves that something was filed, and
//! says that this starts no clock (Art. 31).

use gongkai_domain::letters::compose::Letter;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_press::PressError;

use super::bodies::Asked;
use super::drafts::Receipt;
use crate::house::{House, china};

/// The key of this paper among letters; it is in no series and in no case.
const KIND: &str = "filing_proof";

/// What it says. It names nobody: who holds it has filed.
fn letter(asked: &Asked, receipt: &Receipt) -> Letter {
    let words = Words::of(Language::Chinese);
    let body = &asked.body;
    let at = receipt.at.to_zoned(china());
    let told = Message::new("proof-filed")
        .with("body", &body.name)
        .with("at", at.strftime("%Y年%-m月%-d日 %H:%M"))
        .with("number", &receipt.number);
    // On a line of its own, so that it is broken nowhere.
    let query = Message::new("proof-query").with("code", &receipt.code);
    // What was filed with other bodies by the same submission.
    let also = receipt.also.iter().filter(|one| !one.number.is_empty());
    let also = also.map(|one| {
        let told = Message::new("proof-also")
            .with("body", &one.body)
            .with("number", &one.number);
        words.render(&told.with("code", &one.code))
    });
    // What it says fits on one page with its day, where one body was asked.
    let mut paragraphs = vec![words.render(&told), words.render(&query)];
    paragraphs.extend(also);
    paragraphs
        .extend(["proof-code", "proof-not-received", "proof-by-itself"].map(|id| words.text(id)));
    let phone = body.office.phone.trim();
    let contact = match phone {
        "" => String::new(),
        phone => format!("（{}：{phone}）", words.text("office-phone")),
    };
    Letter {
        kind: KIND.to_owned(),
        agency: body.name.clone(),
        number: String::new(),
        title: words.text("proof-title"),
        addressee: words.text("proof-addressee"),
        paragraphs,
        attachments: Vec::new(),
        dated: at.date(),
        contact,
        slip: Vec::new(),
    }
}

/// The proof as PDF.
///
/// # Errors
/// [`PressError`], where there are no fonts or one lacks a sign.
pub async fn pdf(house: &House, asked: &Asked, receipt: &Receipt) -> Result<Vec<u8>, PressError> {
    house.press.letter(letter(asked, receipt)).await
}
