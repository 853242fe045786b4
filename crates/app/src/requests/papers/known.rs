//! What a letter of a case is made of before anybody types: of the body, the
//! application, the clock, and what happened.

use gongkai_domain::letters::facts::{
    Agency, Asked, Consultation, Decision, Deferral, Earlier, Extension, Fee, Frequency, Given,
    LetterFacts, Need, Receipt, Request, Search, Supplement, Task,
};
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::letters::kinds::{Addressee, Kind};
use gongkai_domain::letters::remedy::RemedyFacts;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::requests::application::{ApplicantKind, Medium, Receiving, Way};
use gongkai_domain::requests::case::{BY_ITSELF, Event, Service, State};
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::{letters as stored, requests};
use jiff::civil::Date;

use super::super::RequestError;
use super::super::cases::{Happened, Proofs};
use super::super::charging;
use super::super::look::Shown;
use super::super::related::LIKENESS_MIN;
use super::{Choice, tells_of_decision};
use crate::house::House;
use crate::letters;
use crate::people::SignedIn;

/// How a request came, as a letter says it.
fn came(way: Way) -> &'static str {
    match way {
        Way::Online => "通过互联网",
        Way::Counter => "当面",
        Way::Oral => "口头",
        Way::SignedPost | Way::UnsignedPost | Way::MisdirectedPost => "以邮寄方式",
        Way::Fax => "以传真方式",
        Way::Mail => "以电子邮件方式",
    }
}

/// How the answer is to be had, as a letter says it.
fn given(receiving: Receiving, medium: Medium) -> String {
    let medium = match medium {
        Medium::Paper => "纸质文件",
        Medium::Electronic => "电子文件",
        Medium::Disc => "光盘",
    };
    match receiving {
        Receiving::Post => format!("以邮寄{medium}的方式"),
        Receiving::Mail => "以发送电子邮件的方式".to_owned(),
        Receiving::Fax => "以传真方式".to_owned(),
        Receiving::PickUp => format!("以自行领取{medium}的方式"),
        Receiving::Reading => "以当场阅读、抄录的方式".to_owned(),
        Receiving::Portal => "以网上查询页下载电子文件的方式".to_owned(),
    }
}

/// The last evidence of a kind beside what a test tells of.
fn said(
    shown: &Shown,
    proof: Proof,
    of: impl Fn(&Happening) -> bool,
) -> Option<(&Happening, Date, String)> {
    let mut record = shown.record.iter().rev();
    let found = record.find(|one| of(&one.what))?;
    let text = found.proofs.get(&proof).cloned().unwrap_or_default();
    Some((&found.what, found.day, text))
}

/// The letter of a kind that was issued last, as another letter names it.
fn named(shown: &Shown, kind: &str) -> String {
    let mut record = shown.record.iter().rev();
    let number = record.find_map(|one| match &one.what {
        Happening::Issued {
            kind: of, number, ..
        } if of == kind => Some(number.as_str()),
        _ => None,
    });
    let title = Kind::of(kind).map_or("", |kind| kind.title);
    match number {
        Some(number) if !number.is_empty() => format!("《{title}》（{number}）"),
        _ => format!("《{title}》"),
    }
}

fn searched(shown: &Shown) -> Search {
    let of = |what: &Happening| matches!(what, Happening::SearchAsked { .. });
    let ended = |what: &Happening| matches!(what, Happening::SearchEnded { .. });
    let mut asked = shown.record.iter().filter(|one| of(&one.what));
    let units: Vec<&str> = asked
        .by_ref()
        .filter_map(|one| one.proofs.get(&Proof::Asked))
        .map(String::as_str)
        .collect();
    Search {
        scope: units.join("、"),
        method: said(shown, Proof::Words, of).map_or(String::new(), |(.., text)| text),
        result: said(shown, Proof::Result, ended).map_or(String::new(), |(.., text)| text),
    }
}

/// What shows that a letter was had, in words.
fn shown_by(way: Service, proofs: &Proofs) -> String {
    let words = Words::of(Language::Chinese);
    let way = words.render(&way.label());
    match (proofs.get(&Proof::Reference), proofs.get(&Proof::Note)) {
        (Some(reference), _) => {
            let told = Message::new("letter-served-proof").with("way", way);
            words.render(&told.with("reference", reference))
        }
        (None, Some(note)) => note.clone(),
        (None, None) => way,
    }
}

/// What the applicant was asked for before: a supplement, or a payment.
fn asked(shown: &Shown, kind: &str, today: Date) -> Asked {
    let is_asked = |what: &Happening| match what.step() {
        Some(Event::SupplementAsked { .. }) => kind != "abandoned_fee",
        Some(Event::FeeNotified { .. }) => kind == "abandoned_fee",
        _ => false,
    };
    let came =
        |what: &Happening| matches!(what.step(), Some(Event::SupplementCame | Event::FeePaid));
    let found = said(shown, Proof::Note, is_asked);
    let (served, limit) = match &found {
        Some((what, day, _)) => match (what.step(), shown.case.state()) {
            // Where a lapse was lifted, until the later day.
            (_, State::AwaitingPayment { limit } | State::AwaitingSupplement { limit }) => {
                (*day, *limit)
            }
            (Some(Event::SupplementAsked { limit }), _) => (*day, *limit),
            _ => (*day, *day),
        },
        None => (today, today),
    };
    let letter = match kind {
        "abandoned_fee" => "fee",
        _ => "supplement",
    };
    // When it was had, as it was entered; till then the day on which it left.
    let had = shown.record.iter().rev().find_map(|one| match &one.what {
        Happening::LetterServed { kind, way, .. } if kind == letter => Some((one, *way)),
        _ => None,
    });
    Asked {
        letter: named(shown, letter),
        served: had.map_or(served, |(one, _)| one.day),
        proof: had.map_or(String::new(), |(one, way)| shown_by(way, &one.proofs)),
        limit,
        answered: said(shown, Proof::Supplement, came).map(|(_, day, _)| day),
    }
}

/// The due date before and after an extension of so many working days.
pub(super) fn extended(shown: &Shown, days: u32, today: Date) -> Result<(Date, Date), Message> {
    let before = shown.due.as_ref().map_or(today, |due| due.date);
    let event = Event::Extended { days };
    let rules = shown.law.rules();
    let after = shown.case.apply(rules, today, &event);
    let after = after.map_err(|refusal| refusal.message())?;
    let due = after.due(rules, today).map_err(|error| error.message())?;
    Ok((before, due.map_or(before, |due| due.date)))
}

/// The day so many working days after another, by which somebody is to answer.
pub(super) fn counted(shown: &Shown, days: u32, from: Date) -> Date {
    let calendar = shown.law.rules().calendar.provisional();
    calendar.add_working_days(from, days).unwrap_or(from)
}

/// The last day to pay, were the notice had today.
fn payable(shown: &Shown, today: Date) -> Date {
    let rules = shown.law.rules();
    let next = shown
        .case
        .apply(rules, today, &Event::FeeNotified { sent: None });
    match next.as_ref().map(|case| case.state()) {
        Ok(State::AwaitingPayment { limit }) => *limit,
        _ => today,
    }
}

/// The reply that the same applicant had before to what is most like this request
/// (Art. 36 item 6); none where none bears a number.
async fn earlier(house: &House, shown: &Shown) -> Result<Option<Earlier>, RequestError> {
    let mut tx = house.db.read().await?;
    let same = shown.related.iter();
    let same = same.filter(|one| {
        let outcome = one.outcome.as_deref().unwrap_or_default();
        let was_answered = !outcome.is_empty() && !BY_ITSELF.contains(&outcome);
        one.is_same_applicant && was_answered && one.likeness >= LIKENESS_MIN
    });
    for one in same {
        // Of what was decided anew the last word counts.
        for event in requests::events(&mut tx, one.id).await?.into_iter().rev() {
            let what: Option<Happening> = serde_json::from_str(&event.what).ok();
            let Some(Happening::Issued { kind, number, .. }) = what else {
                continue;
            };
            let is_reply = Kind::of(&kind).is_some_and(Kind::is_reply);
            if is_reply && !number.is_empty() {
                let dated = event.day;
                return Ok(Some(Earlier { number, dated }));
            }
        }
    }
    tx.roll_back().await?;
    Ok(None)
}

/// Art. 32: the third party who objects and is told next that it is decided to disclose,
/// or the one that is chosen: by the number of the consultation.
fn objecting(shown: &Shown, chosen: Option<u32>) -> Option<u32> {
    let all = record::objections(shown.record.iter().map(|one| &one.what));
    let untold = || all.iter().find(|(_, is_told)| !**is_told);
    let of = chosen.filter(|of| all.contains_key(of));
    of.or_else(|| untold().or_else(|| all.last_key_value()).map(|(of, _)| *of))
}

fn asks(what: &Happening, of: u32) -> bool {
    matches!(what.step(), Some(Event::Consulted { number, .. }) if *number == of)
}

fn ends(what: &Happening, of: u32) -> bool {
    matches!(what.step(), Some(Event::ConsultationEnded { number, .. }) if *number == of)
}

/// The information as the letter named it by which somebody was consulted; empty where
/// that was made elsewhere.
async fn asked_about(house: &House, shown: &Shown, of: u32) -> Result<String, RequestError> {
    let letter = shown.record.iter().find_map(|one| match &one.what {
        Happening::Issued {
            letter,
            kind,
            inquiry,
            ..
        } if *inquiry == Some(of) && kind.starts_with("consult_") => Some(*letter),
        _ => None,
    });
    let Some(letter) = letter else {
        return Ok(String::new());
    };
    let mut tx = house.db.read().await?;
    let issued = stored::get(&mut tx, &Reach::All, letter).await?;
    tx.roll_back().await?;
    let issued = issued.ok_or(RequestError::Missing)?;
    let facts = letters::opened(house, issued).await?.facts;
    Ok(facts.consultation.map_or(String::new(), |one| one.about))
}

/// The names of what the applicant is to have, without the kinds of the files.
fn put_together(shown: &Shown) -> Vec<String> {
    let is_given = |one: &&Happened| matches!(one.what, Happening::GivenAdded { .. });
    let last = shown.record.iter().rfind(is_given).map(|one| one.number);
    let files = shown.files.iter().filter(|file| Some(file.event) == last);
    let name = |name: &str| {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        stem.to_owned()
    };
    files.map(|file| name(&file.name)).collect()
}

fn agency(signed: &SignedIn, shown: &Shown, head: &Letterhead) -> Agency {
    let Some(body) = signed.tree.get(shown.organization) else {
        return Agency::default();
    };
    Agency {
        name: body.name.clone(),
        word: head.word.clone(),
        office: body.office.name.clone(),
        address: body.office.address.clone(),
        postcode: body.office.postcode.clone(),
        phone: body.office.phone.clone(),
        hours: body.office.hours.clone(),
    }
}

/// What is known of a letter before anybody typed: of the body, the application,
/// the clock, and what happened.
///
/// # Errors
/// [`RequestError::Refused`] where the body has no letterhead yet, and where a
/// fee cannot be reckoned.
pub async fn known(
    house: &House,
    signed: &SignedIn,
    shown: &Shown,
    kind: &'static Kind,
    choice: Choice,
) -> Result<LetterFacts, RequestError> {
    let basis = choice.basis;
    let mut tx = house.db.read().await?;
    let head = stored::head(&mut tx, shown.organization).await?;
    tx.roll_back().await?;
    let head = head.ok_or_else(|| Message::new("letterhead-missing"))?;
    let head = head.letterhead;
    let (today, words) = (signed.today, Words::of(Language::Chinese));
    let (application, kept) = (&shown.application, &shown.kept);
    let settings = shown.law.rules().settings;
    let to_applicant = kind.to == Addressee::Applicant;
    let needs = |need| kind.needs.contains(&need);
    let told = objecting(shown, choice.inquiry).filter(|_| tells_of_decision(kind));
    let addressee = match kind.to {
        Addressee::Applicant => application.name.clone(),
        Addressee::Unit => {
            let asked = |what: &Happening| matches!(what, Happening::SearchAsked { .. });
            said(shown, Proof::Asked, asked).map_or(String::new(), |(.., text)| text)
        }
        Addressee::ThirdParty | Addressee::Organ => {
            let found = told.and_then(|of| said(shown, Proof::Asked, |what| asks(what, of)));
            found.map_or(String::new(), |(.., text)| text)
        }
    };
    let mut facts = LetterFacts {
        agency: agency(signed, shown, &head),
        addressee,
        request: needs(Need::Request).then(|| Request {
            register_number: kept.number.clone(),
            way: came(shown.way).to_owned(),
            received: kept.standing.received.unwrap_or(kept.filed),
            is_received: kept.standing.received.is_some(),
            // Who asks, and in which words, is no business of those who are consulted.
            statement: match kind.to {
                Addressee::Applicant | Addressee::Unit => application.description.clone(),
                Addressee::ThirdParty | Addressee::Organ => String::new(),
            },
            applicant: match kind.to {
                Addressee::Unit => application.name.clone(),
                _ => String::new(),
            },
            is_organization: application.kind != ApplicantKind::NaturalPerson,
        }),
        remedy: RemedyFacts {
            review_body: head.review_body.clone(),
            court: head.court.clone(),
            online_channel: head.online_channel.clone(),
            served_online: to_applicant
                && matches!(application.receiving, Receiving::Mail | Receiving::Portal),
            ..RemedyFacts::default()
        },
        ..LetterFacts::default()
    };
    let open_search = shown.searches.iter().rfind(|one| one.found.is_none());
    for need in kind.needs {
        match need {
            Need::Receipt => {
                let query = match head.query.is_empty() {
                    true => words.text("letter-query-default"),
                    false => head.query.clone(),
                };
                let due = shown.due.as_ref().map_or(today, |due| due.date);
                facts.receipt = Some(Receipt { due, query });
            }
            Need::Supplement => {
                facts.supplement = Some(Supplement {
                    unclear: String::new(),
                    how: String::new(),
                    limit: shown.supplement_limit,
                    restarts: shown.notice_limit.is_none_or(|limit| today <= limit),
                });
            }
            Need::Frequency => {
                // The month of the count is that of the receipt.
                let month = kept.standing.received.unwrap_or(kept.filed);
                facts.frequency = Some(Frequency {
                    period: format!("{}年{}月", month.year(), month.month()),
                    count: u32::try_from(shown.month_count).unwrap_or(u32::MAX),
                    facts: String::new(),
                    limit: (kind.key == "reasons").then_some(shown.supplement_limit),
                });
            }
            Need::Consultation => {
                let inquiries = shown.case.inquiries();
                let inquiry = match told {
                    Some(of) => inquiries.get(&of),
                    None => inquiries.values().next_back(),
                };
                let is_new = told.is_none() && !to_applicant;
                let opinion = told.and_then(|of| said(shown, Proof::Note, |what| ends(what, of)));
                facts.consultation = Some(Consultation {
                    number: told,
                    about: match (to_applicant, told) {
                        (true, _) => application.description.clone(),
                        (false, Some(of)) => asked_about(house, shown, of).await?,
                        (false, None) => application.title.clone(),
                    },
                    asked: String::new(),
                    sent: inquiry.filter(|_| !is_new).map_or(today, |one| one.sent),
                    days: settings.consultation_reply_working_days,
                    opinion: opinion.map_or(String::new(), |(.., text)| text),
                });
            }
            Need::Extension => {
                // What is left of the longest; of nothing the form says so itself.
                let max = settings.extension_working_days_max;
                let days = max.saturating_sub(shown.case.extended_days()).max(1);
                let (before, due) = extended(shown, days, today)?;
                facts.extension = Some(Extension {
                    reason: String::new(),
                    days,
                    before,
                    due,
                });
            }
            Need::Decision => {
                facts.decision = Some(Decision {
                    content: String::new(),
                    reasons: String::new(),
                    release: shown.law.release(today),
                });
            }
            Need::Deferral => {
                let before = shown.due.as_ref().map_or(today, |due| due.date);
                facts.deferral = Some(Deferral {
                    reason: String::new(),
                    before,
                    // The handler says how long is reasonable; the forms begin with
                    // as long as a period is.
                    until: counted(shown, settings.answer_working_days, before),
                });
            }
            Need::Fee => {
                let fee = charging::reckon(house, shown, basis).await?;
                facts.fee = Some(Fee {
                    // A letter has no blanks between words and numbers.
                    reckoning: charging::told(words, shown, basis, &fee).replace(' ', ""),
                    yuan: format!("{}.00", fee.yuan),
                    way: head.payment.clone(),
                    limit: payable(shown, today),
                    days: settings.payment_working_days,
                });
            }
            Need::Given => {
                facts.given = Some(Given {
                    items: put_together(shown),
                    way: given(application.receiving, application.medium),
                });
            }
            Need::Search => facts.search = Some(searched(shown)),
            Need::Asked => facts.asked = Some(asked(shown, kind.key, today)),
            Need::Task => {
                let asked = |what: &Happening| matches!(what, Happening::SearchAsked { .. });
                facts.task = Some(Task {
                    what: said(shown, Proof::Words, asked).map_or(String::new(), |(.., text)| text),
                    limit: open_search.map_or(shown.supplement_limit, |one| one.limit),
                });
            }
            Need::Earlier => facts.earlier = earlier(house, shown).await?,
            Need::Withdrawal => {
                let ending = shown.case.state().ending();
                facts.withdrawn = Some(ending.map_or(today, |ending| ending.on));
            }
            _ => {}
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Art. 40: as the applicant asked for it.
    #[test]
    fn a_letter_says_how_the_information_is_had_as_its_applicant_asked() {
        for (receiving, medium, told) in [
            (Receiving::Post, Medium::Paper, "以邮寄纸质文件的方式"),
            (Receiving::Post, Medium::Disc, "以邮寄光盘的方式"),
            (Receiving::Mail, Medium::Electronic, "以发送电子邮件的方式"),
            (Receiving::Fax, Medium::Paper, "以传真方式"),
            (Receiving::PickUp, Medium::Paper, "以自行领取纸质文件的方式"),
            (
                Receiving::PickUp,
                Medium::Electronic,
                "以自行领取电子文件的方式",
            ),
            (Receiving::Reading, Medium::Paper, "以当场阅读、抄录的方式"),
            (
                Receiving::Portal,
                Medium::Electronic,
                "以网上查询页下载电子文件的方式",
            ),
        ] {
            assert_eq!(given(receiving, medium), told);
        }
    }

    #[test]
    fn a_letter_says_by_which_way_the_request_came() {
        for (way, told) in [
            (Way::Online, "通过互联网"),
            (Way::Counter, "当面"),
            (Way::Oral, "口头"),
            (Way::SignedPost, "以邮寄方式"),
            (Way::UnsignedPost, "以邮寄方式"),
            (Way::MisdirectedPost, "以邮寄方式"),
            (Way::Fax, "以传真方式"),
            (Way::Mail, "以电子邮件方式"),
        ] {
            assert_eq!(came(way), told);
        }
    }
}
