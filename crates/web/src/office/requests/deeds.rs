//! A page for each step: its form, and the step taken. Which steps stand open is
//! told on the case's page; here nothing is decided but what the form asks for.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, Query};
use axum::response::Response;
use gongkai_app::requests::calls::{self, Call, Heard};
use gongkai_app::requests::charging::{self, Basis};
use gongkai_app::requests::correcting::{self, Correction, DayCorrection};
use gongkai_app::requests::giving::{self, Found, Search};
use gongkai_app::requests::intake::{self, Confirming};
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::requests::mailing;
use gongkai_app::requests::sealing::{self, Sealing};
use gongkai_app::requests::serving::{self, Serving};
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{RequestError, noting, parts, recoding, replies};
use gongkai_app::review::acts::Asked;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::case::{Asked as Whom, Cause, Event, Opinion, Service};
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use jiff::civil::Date;

use super::fields::{field, letter_option, mailed};
use super::open::{DEEDS, Deed, against, next_inquiry, only_lapse, unserved};
use super::{address, as_people, broken, inquiries, papers, see};
use crate::frame::page;
use crate::office::parts::FormPage;
use crate::office::sheet::Sheet;
use crate::office::{Field, Inside, see_other};

/// What is typed into a form of a step, by the names of its fields.
pub type Typed = BTreeMap<String, String>;

/// Which form.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Which {
    #[serde(default, rename = "do")]
    what: String,
    /// Which letter it is, where it may be several.
    #[serde(default)]
    pub(super) kind: String,
    /// About which consultation it is, where it may be several.
    #[serde(default)]
    pub(super) number: String,
    /// In which outcome a reply is written.
    #[serde(default)]
    pub(super) outcome: String,
    /// Whether its letter is made elsewhere.
    #[serde(default)]
    plain: String,
}

pub(super) fn of<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map_or("", String::as_str)
}

fn form(inside: &Inside, shown: &Shown, deed: &Deed, typed: &Typed) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let mut fields = vec![
        Field::hidden("key", of(typed, "key")),
        Field::hidden("version", of(typed, "version")),
        Field::hidden("do", deed.key),
        Field::hidden("digest", of(typed, "digest")),
        Field::hidden("plain", "1"),
    ];
    // What the notice says is not typed once more.
    let is_notice =
        |what: &&Happening| matches!(what, Happening::Issued { kind, .. } if kind == "fee");
    let present = record::present(shown.record.iter().map(|one| &one.what));
    let is_noticed = present.iter().any(is_notice);
    let is_asked = |name: &&&str| {
        deed.key != "fee_notified" || !is_noticed || !["basis", "pages"].contains(*name)
    };
    // Nobody is answered who has said nothing yet.
    let under = shown.draft.as_ref().and_then(|draft| draft.under.as_ref());
    let is_answered = |name: &&&str| **name != "answer" || under.is_some();
    let asked = deed.fields.iter().filter(is_asked).filter(is_answered);
    fields.extend(asked.filter_map(|name| field(words, shown, name, typed)));
    if let Some(number) = fields.iter_mut().find(|field| field.name == "number") {
        number.options = inquiries::options(words, shown, deed.key);
        // Whoever is asked to search answers what they were asked.
        if deed.key == "search_end" {
            let may = |number: &str| {
                let work = Work::EndSearch(number.parse().ok());
                shown.may_work(&inside.signed, work).is_ok()
            };
            number.options.retain(|(number, _)| may(number));
        }
    }
    // What a field means here.
    for field in &mut fields {
        match (deed.key, field.name) {
            ("reply", "outcome") => only_lapse(inside, shown, field),
            ("consulted", "limit") => field.hint = words.text("consultation-limit-hint"),
            ("supplement_asked", "note") => field.label = words.text("supplement-what"),
            ("withdrawn", "note") => field.hint = words.text("withdrawn-hint"),
            ("served" | "letter_served", "note") => field.hint = words.text("served-hint"),
            ("letter_served", "letter") => {
                field.label = words.text("served-letter-which");
                field.options = unserved(shown).map(letter_option).collect();
            }
            ("served" | "letter_served", "reference") => {
                field.hint = words.text("served-reference-hint")
            }
            ("new_code", "reason") => field.hint = words.text("new-code-hint"),
            ("corrected", "reason") => field.hint = words.text("correct-hint"),
            ("reopened", "day") => field.label = words.text("reopened-day"),
            ("reopened", "until") => {
                field.label = words.text("reopened-until");
                field.hint = words.text("reopened-until-hint");
            }
            ("reopened", "reference") => {
                field.label = words.text("reopened-by");
                field.hint = words.text("reopened-by-hint");
                field.is_optional = true;
            }
            ("reopened", "note") => {
                field.label = words.text("reopened-told");
                field.hint = words.text("reopened-told-hint");
                field.is_optional = true;
            }
            ("note", "note") => {
                field.label = words.text("note-text");
                field.hint = words.text("note-hint");
            }
            ("day_corrected", "day") => field.label = words.text("correct-day-to"),
            ("day_corrected", "reason") => field.hint = words.text("correct-day-hint"),
            ("sealed", "note") => {
                field.hint = words.text("sealed-hint");
                field.is_optional = true;
            }
            _ => {}
        }
    }
    let base = address(shown.kept.id);
    let action = format!("{base}/{}", deed.room);
    let mut form = FormPage::new(modes, deed.label, &action, fields, deed.label)
        .via(&base, &shown.kept.number)
        .back(&base);
    if deed.key == "mailed" {
        form.lead = mailed(form.frame.words(), shown);
    }
    form
}

/// What a form begins with.
fn fresh(inside: &Inside, shown: &Shown) -> Typed {
    let mut typed = Typed::new();
    let mut put = |name: &str, value: String| typed.insert(name.to_owned(), value);
    put("key", inside.visit.office.house.token());
    put("version", shown.kept.version.to_string());
    put("day", inside.signed.today.to_string());
    put("how", "reached".to_owned());
    put("found", "no".to_owned());
    put("reached", "yes".to_owned());
    put("basis", "items".to_owned());
    put("copies", "1".to_owned());
    if let Some(draft) = &shown.draft {
        put("digest", draft.reply.digest.clone());
        put("outcome", draft.reply.outcome.clone());
        put("text", draft.reply.text.clone());
    }
    let at = &shown.kept.standing;
    put(
        "section",
        at.section.map(|id| id.0.to_string()).unwrap_or_default(),
    );
    put(
        "handler",
        at.handler.map(|id| id.0.to_string()).unwrap_or_default(),
    );
    typed
}

/// Whether a page of steps is somebody's; what came of a search is entered by whoever is
/// asked for it, too.
async fn demanded(
    inside: &Inside,
    id: i64,
    action: Action,
    what: &str,
) -> Result<(), RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    match what {
        "search_end" => steps::may_do(house, signed, Work::EndSearch(None), id)
            .await
            .map(drop),
        _ => steps::demand(house, signed, action, id).await,
    }
}

/// A page of steps: the form of one of them; without one, the case.
async fn ask(inside: Inside, id: i64, room: &str, action: Action, which: Which) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Err(error) = demanded(&inside, id, action, &which.what).await {
        return broken(inside.visit.modes, error);
    }
    let deed = DEEDS
        .iter()
        .find(|deed| deed.room == room && deed.key == which.what);
    let Some(deed) = deed else {
        return see_other(&address(id));
    };
    match look::see(house, signed, id).await {
        Ok(shown) => {
            let mut typed = fresh(&inside, &shown);
            if deed.is_letter() && which.plain.is_empty() {
                return papers::ask(&inside, &shown, deed, typed, &which).await;
            }
            if deed.key == "supplement_asked" {
                typed.insert("limit".to_owned(), shown.supplement_limit.to_string());
            }
            let mut form = form(&inside, &shown, deed, &typed);
            if let Some(message) = against(&inside, &shown, deed) {
                form.tell(&[message]);
            }
            page(&form)
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// Takes a step; after it, the case, or the form again with what was wrong.
async fn send(inside: Inside, id: i64, room: &str, action: Action, typed: Typed) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Err(error) = demanded(&inside, id, action, of(&typed, "do")).await {
        return broken(inside.visit.modes, error);
    }
    let known = DEEDS
        .iter()
        .find(|deed| deed.room == room && deed.key == of(&typed, "do"));
    let Some(deed) = known else {
        return see_other(&address(id));
    };
    if deed.is_letter() && of(&typed, "plain").is_empty() {
        return papers::send(inside, id, deed, typed).await;
    }
    let taken = match deed.key {
        "new_code" => match renewed(&inside, id, &typed).await {
            Ok(slip) => return slip,
            Err(error) => Err(error),
        },
        _ => take(&inside, id, deed, &typed).await,
    };
    let error = match taken {
        Ok(()) if deed.key == "confirm" && papers::has_receipt(&inside, id).await => {
            return see_other(&format!("{}/intake?do=letter_receipt", address(id)));
        }
        Ok(()) => return see_other(&address(id)),
        Err(
            error @ (RequestError::Refused(_) | RequestError::Entered(_) | RequestError::Changed),
        ) => error,
        Err(error) => return broken(inside.visit.modes, error),
    };
    match look::see(house, signed, id).await {
        Ok(shown) => {
            // What was typed stays; it is about the state that is told now.
            let mut typed = typed;
            typed.insert("version".to_owned(), shown.kept.version.to_string());
            typed.insert("key".to_owned(), house.token());
            form(&inside, &shown, deed, &typed).shown(Some(as_people(error)))
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// A new query code, shown once.
async fn renewed(inside: &Inside, id: i64, typed: &Typed) -> Result<Response, RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let version = of(typed, "version").parse().unwrap_or_default();
    let seen = Seen { id, version };
    let filed = recoding::renew(house, signed, of(typed, "key"), seen, of(typed, "reason")).await?;
    let title = inside.visit.modes.words().text("new-code-title");
    Ok(page(&super::intake::slip(inside, &filed, title).await))
}

fn day(typed: &Typed, name: &str) -> Result<Date, RequestError> {
    let read: Result<Date, _> = of(typed, name).trim().parse();
    Ok(read.map_err(|_| Message::new("casework-day-wrong"))?)
}

fn number(typed: &Typed, name: &str) -> Result<u32, RequestError> {
    let read: Result<u32, _> = of(typed, name).trim().parse();
    Ok(read.map_err(|_| Message::new("casework-number-wrong"))?)
}

/// The step of the law that a form asks for.
async fn event(inside: &Inside, id: i64, key: &str, typed: &Typed) -> Result<Event, RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let limit = || day(typed, "limit");
    Ok(match key {
        "supplement_asked" => Event::SupplementAsked { limit: limit()? },
        "supplement_came" => Event::SupplementCame,
        "supplement_lapsed" => Event::SupplementLapsed,
        "consulted" => {
            let asked = match of(typed, "whom") {
                "third_party" => Whom::ThirdParty,
                "co_maker" => Whom::CoMaker,
                _ => Whom::Organ,
            };
            let limit = match asked {
                Whom::Organ => Some(limit()?),
                Whom::ThirdParty | Whom::CoMaker => None,
            };
            let shown = look::see(house, signed, id).await?;
            let number = next_inquiry(&shown);
            Event::Consulted {
                number,
                asked,
                limit,
            }
        }
        "consultation_served" => Event::ConsultationServed {
            number: number(typed, "number")?,
        },
        "consultation_ended" => Event::ConsultationEnded {
            number: number(typed, "number")?,
            opinion: match of(typed, "opinion") {
                "agrees" => Opinion::Agrees,
                "partly" => Opinion::Partly,
                "objects" => Opinion::Objects,
                _ => Opinion::Silent,
            },
        },
        "extended" => Event::Extended {
            days: number(typed, "days")?,
        },
        "reasons_asked" => Event::ReasonsAsked { limit: limit()? },
        "reasons_came" => Event::ReasonsCame,
        "deferred" => Event::Deferred {
            until: day(typed, "until")?,
        },
        "fee_notified" => Event::FeeNotified { sent: None },
        "fee_paid" => Event::FeePaid,
        "fee_lapsed" => Event::FeeLapsed,
        "withdrawn" => Event::Withdrawn,
        "served" => Event::Served {
            way: Some(
                Service::from_key(of(typed, "service"))
                    .ok_or_else(|| Message::new("casework-service-way"))?,
            ),
        },
        "archived" => Event::Archived,
        "reopened" => Event::Reopened {
            cause: Cause::from_key(of(typed, "cause"))
                .ok_or_else(|| Message::new("casework-reopened-why"))?,
            until: day(typed, "until")?,
        },
        // The outcome that was written and approved.
        "replied" => {
            let shown = look::see(house, signed, id).await?;
            let outcome = shown.draft.map(|draft| draft.reply.outcome);
            let outcome = outcome.ok_or_else(|| Message::new("casework-reply-not-written"))?;
            Event::Replied { outcome }
        }
        _ => return Err(RequestError::Missing),
    })
}

fn call(typed: &Typed) -> Call<'_> {
    Call {
        with: of(typed, "called_with"),
        number: of(typed, "called_number"),
        at: of(typed, "called_at"),
        said: of(typed, "call"),
    }
}

async fn take(inside: &Inside, id: i64, deed: &Deed, typed: &Typed) -> Result<(), RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let key = of(typed, "key");
    let version = of(typed, "version").parse().unwrap_or_default();
    let seen = Seen { id, version };
    let text = |name: &str| of(typed, name);
    match deed.key {
        "confirm" => {
            let how = match text("how") {
                "reached" | "written" => Confirming::Reached,
                "receipt" => Confirming::Receipt,
                _ => Confirming::NotReached,
            };
            let heard = match text("noted").parse() {
                _ if text("how") == "written" => Heard::Written(text("call")),
                Ok(number) => Heard::Noted(number),
                Err(_) => Heard::Call(call(typed)),
            };
            intake::confirm_by(house, signed, key, seen, (text("day"), how), &heard).await
        }
        "call" => {
            let when = (text("day"), text("reached") == "yes");
            calls::note(house, signed, key, seen, when, &call(typed)).await
        }
        "note" => noting::note(house, signed, key, seen, text("note")).await,
        "assign" => {
            let section = text("section").parse().ok().map(OrganizationId);
            let handler = text("handler").parse().ok().map(PersonId);
            giving::assign(house, signed, key, seen, (section, handler), text("note")).await
        }
        "take_on" => giving::take_on(house, signed, key, seen).await,
        "give_back" => giving::give_back(house, signed, key, seen, text("reason")).await,
        "search_ask" => {
            let search = Search {
                unit: text("asked"),
                words: text("words"),
                limit: text("limit"),
            };
            giving::ask_search(house, signed, key, seen, search).await
        }
        "search_chase" => {
            let number = number(typed, "number")?;
            giving::chase_search(house, signed, key, seen, number, text("note")).await
        }
        "search_end" => {
            let result = Found {
                number: number(typed, "number")?,
                on: text("day"),
                found: text("found") == "yes",
                searcher: text("searcher"),
                result: text("result"),
            };
            giving::end_search(house, signed, key, seen, result).await
        }
        "sealed" => {
            let sealing = Sealing {
                letter: text("letter").parse().unwrap_or_default(),
                seal: text("seal"),
                copies: number(typed, "copies")?,
                on: text("day"),
                note: text("note"),
            };
            sealing::seal(house, signed, key, seen, sealing).await
        }
        "mailed" => mailing::send(house, signed, key, seen).await,
        "letter_served" => {
            let served = Serving {
                letter: text("letter").parse().unwrap_or_default(),
                way: text("service"),
                on: text("day"),
                reference: text("reference"),
                note: text("note"),
            };
            serving::serve(house, signed, key, seen, served).await
        }
        "corrected" => {
            let new = Correction {
                way: text("way"),
                came: text("came"),
                name: text("name"),
                phone: text("phone"),
                mail: text("mail"),
                address: text("address"),
                reason: text("reason"),
            };
            correcting::correct(house, signed, key, seen, &new).await
        }
        "day_corrected" => {
            let new = DayCorrection {
                of: text("of").parse().unwrap_or_default(),
                day: text("day"),
                reason: text("reason"),
            };
            correcting::correct_day(house, signed, key, seen, new).await
        }
        "split" => {
            let made = parts::split(house, signed, key, seen, text("description")).await;
            made.map(drop)
        }
        "fee_notified" => {
            let basis = match text("basis") {
                "pages" => Basis::Pages(number(typed, "pages")?),
                _ => Basis::Items,
            };
            let (days, note) = ((text("day"), text("sent")), text("note"));
            charging::notify(house, signed, key, seen, days, basis, note).await
        }
        "reply" => replies::write(house, signed, key, seen, text("outcome"), text("text")).await,
        "hand_in" => replies::hand_in(house, signed, key, id, text("digest"), text("answer")).await,
        _ => {
            let proofs = [
                (Proof::Note, text("note")),
                (Proof::Reason, text("reason")),
                (Proof::Reference, text("reference")),
                (Proof::Asked, text("asked")),
                (Proof::Supplement, text("supplement")),
            ];
            let taken = Taken {
                event: event(inside, id, deed.key, typed).await?,
                day: day(typed, "day")?,
                proofs: proofs.to_vec(),
            };
            steps::step(house, signed, key, seen, &taken).await
        }
    }
}

use Action::{RequestsAssign, RequestsConclude, RequestsExtend, RequestsHandle, RequestsIntake};

macro_rules! rooms {
    ($($(#[$doc:meta])* $page:ident $post:ident $room:literal $action:expr;)*) => {$(
        $(#[$doc])*
        pub async fn $page(inside: Inside, Path(id): Path<i64>, Query(which): Query<Which>) -> Response {
            ask(inside, id, $room, $action, which).await
        }

        $(#[$doc])*
        pub async fn $post(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
            send(inside, id, $room, $action, typed).await
        }
    )*};
}

rooms! {
    /// `/office/requests/{id}/intake`: what applicants do, taken in by the desk.
    intake_page intake_step "intake" RequestsIntake;
    /// `/office/requests/{id}/handle`: the work on a case.
    handle_page handle_step "handle" RequestsHandle;
    /// `/office/requests/{id}/assign`: to whom a case is given.
    assign_page assign_step "assign" RequestsAssign;
    /// `/office/requests/{id}/extend`: what the head of the disclosure office approves.
    extend_page extend_step "extend" RequestsExtend;
    /// `/office/requests/{id}/conclude`: what lapsed, and the archive.
    conclude_page conclude_step "conclude" RequestsConclude;
}

/// `POST /office/requests/{id}/take`: a step of the reply's review.
pub async fn take_step(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let approved = of(&typed, "verdict") == "approve";
    let note = of(&typed, "note").to_owned();
    let remarks = match approved {
        true => Vec::new(),
        false => vec![(String::new(), note.clone())],
    };
    let asked = Asked {
        step: of(&typed, "step").to_owned(),
        digest: of(&typed, "digest").to_owned(),
        approved,
        remarks,
        note: if approved { note } else { String::new() },
    };
    let fields = ["step", "digest", "verdict", "note"].map(|name| of(&typed, name));
    let sent = gongkai_app::once::Sent::new("reply-take", of(&typed, "key"), fields);
    match replies::take(house, signed, &sent, id, &asked).await {
        Ok(_) => see_other(&address(id)),
        Err(RequestError::Refused(messages)) => see::again(inside, id, &messages, &typed).await,
        Err(error) => broken(inside.visit.modes, error),
    }
}

fn unmask_form(inside: &Inside, id: i64, number: &str, reason: &str) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let fields = vec![Field::text(words, "reason", "proof-reason", reason)];
    let base = address(id);
    FormPage::new(
        modes,
        "request-unmask",
        &format!("{base}/unmask"),
        fields,
        "request-unmask",
    )
    .lead("request-unmask-lead")
    .via(&base, number)
    .back(&base)
}

/// `GET /office/requests/{id}/unmask`
pub async fn unmask_page(inside: Inside, Path(id): Path<i64>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if let Err(error) = steps::demand(house, signed, Action::RequestsUnmask, id).await {
        return broken(inside.visit.modes, error);
    }
    page(&unmask_form(&inside, id, &id.to_string(), ""))
}

/// `POST /office/requests/{id}/unmask`
pub async fn unmask(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    match look::unmask(house, signed, id, of(&typed, "reason")).await {
        Ok(application) => {
            let words = inside.visit.modes.words();
            let mut sheet = Sheet::new(inside.visit.modes.clone(), words.text("request-unmask"));
            let shown = words.text("request-back");
            sheet.frame = sheet.frame.via(address(id), shown);
            sheet.facts = see::applicant(words, &application);
            page(&sheet)
        }
        Err(error @ RequestError::Refused(_)) => {
            let form = unmask_form(&inside, id, &id.to_string(), of(&typed, "reason"));
            form.shown(Some(as_people(error)))
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}
