//! Letters of a case: what is typed for one, the letter as it would lie on the
//! desk, and issuing it. Step and letter are one act; a reply is kept as an
//! edition for its review, and leaves later as it was approved.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_app::letters::Draft;
use gongkai_app::requests::charging::Basis;
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::requests::papers::{self, Choice, Wanted};
use gongkai_app::requests::steps::Seen;
use gongkai_app::requests::{RequestError, replies};
use gongkai_domain::letters::entry::{self, Shape};
use gongkai_domain::letters::facts::{LetterFacts, Need};
use gongkai_domain::letters::grounds;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::application::Wrong;
use gongkai_domain::requests::record;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::deeds::{Typed, Which, of};
use super::fields::field;
use super::open::{Deed, against, only_lapse};
use super::{address, as_people, broken, inquiries, outcome, see};
use crate::frame::{Frame, page, page_with};
use crate::office::parts::FormPage;
use crate::office::review::see::download;
use crate::office::sheet::Sheet;
use crate::office::{Cell, Field, Inside, see_other};

/// The step by which a reply is written.
const REPLY: &str = "reply";

/// What the handler chose.
pub(super) struct Chosen {
    kind: &'static Kind,
    /// The outcome of a reply; empty for other letters.
    outcome: String,
    /// The consultation that it is about, where that is chosen.
    inquiry: Option<u32>,
}

/// Which letter a form is about; none where that is still to be chosen.
fn chosen(deed: &Deed, (kind, number): (&str, &str), outcome: &str) -> Option<Chosen> {
    if deed.key == REPLY {
        return Some(Chosen {
            kind: Kind::telling(outcome)?,
            outcome: outcome.to_owned(),
            inquiry: None,
        });
    }
    let key = match kind {
        "" => *deed.letters.first()?,
        kind => *deed.letters.iter().find(|one| **one == kind)?,
    };
    Some(Chosen {
        kind: Kind::of(key)?,
        outcome: String::new(),
        inquiry: number.parse().ok(),
    })
}

fn basis(typed: &Typed) -> Basis {
    match (of(typed, "basis"), of(typed, "pages").trim().parse()) {
        ("pages", Ok(pages)) => Basis::Pages(pages),
        _ => Basis::Items,
    }
}

fn label(words: &Words, chosen: &Chosen) -> String {
    match chosen.outcome.as_str() {
        "" => chosen.kind.title.to_owned(),
        code => format!("{} · {}", chosen.kind.title, outcome(words, Some(code))),
    }
}

/// The fields of a letter's form.
fn fields(words: &Words, shown: &Shown, chosen: &Chosen, typed: &Typed) -> Vec<Field> {
    let mut fields = vec![
        Field::hidden("kind", chosen.kind.key),
        Field::hidden("outcome", &chosen.outcome),
        Field::hidden("number", of(typed, "number")),
        Field::hidden("edited", of(typed, "edited")),
        Field::hidden("made", of(typed, "made")),
    ];
    if chosen.kind.needs.contains(&Need::Fee) {
        let asked = ["basis", "pages"].into_iter();
        fields.extend(asked.filter_map(|name| field(words, shown, name, typed)));
    }
    let all = entry::entries(chosen.kind).into_iter().map(|one| {
        let text = Field::text(words, one.name, one.label, of(typed, one.name));
        let text = match one.shape {
            Shape::Day | Shape::Count => text.short(),
            Shape::Text => Field {
                kind: "textarea",
                ..text
            },
            Shape::Lines => Field {
                kind: "textarea",
                ..text.hint(words, "letter-lines-hint")
            },
            Shape::Line => text,
        };
        match one.is_optional {
            true => text.optional(),
            false => text,
        }
    });
    fields.extend(all);
    fields
}

fn hidden(deed: &Deed, typed: &Typed, step: &str) -> Vec<Field> {
    vec![
        Field::hidden("key", of(typed, "key")),
        Field::hidden("version", of(typed, "version")),
        Field::hidden("do", deed.key),
        Field::hidden("step", step),
    ]
}

/// The form in which a letter is told what it needs.
fn entry_form(
    inside: &Inside,
    shown: &Shown,
    (deed, chosen): (&Deed, &Chosen),
    typed: &Typed,
) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let base = address(shown.kept.id);
    let mut all = hidden(deed, typed, "draft");
    all.extend(fields(words, shown, chosen, typed));
    let action = format!("{base}/{}", deed.room);
    let mut form = FormPage::new(modes.clone(), deed.label, &action, all, "letter-draft")
        .via(&base, &shown.kept.number)
        .back(&base);
    form.lead = label(words, chosen);
    let late = shown
        .notice_limit
        .filter(|limit| *limit < inside.signed.today);
    if let Some(limit) = late.filter(|_| chosen.kind.key == "supplement") {
        let late = Message::new("letter-supplement-late").with("limit", limit);
        form.lead = words.render(&late);
    }
    let others = deed.letters.iter().filter_map(|key| Kind::of(key));
    let others = others.filter(|kind| deed.letters.len() > 1 && kind.key != chosen.kind.key);
    let here = |rest: &str| format!("{action}?do={}{rest}", deed.key);
    form.tools = others
        .map(|kind| Cell::link(kind.title, here(&format!("&kind={}", kind.key))))
        .collect();
    let about = of(typed, "number");
    let objecting = inquiries::objecting(words, shown).into_iter();
    let objecting = objecting.filter(|(number, _)| !about.is_empty() && number != about);
    form.tools.extend(
        objecting.map(|(number, told)| Cell::link(told, here(&format!("&number={number}")))),
    );
    if !deed.fields.is_empty() {
        let elsewhere = Cell::link(words.text("letter-elsewhere"), here("&plain=1"));
        form.otherwise = Some(elsewhere);
    }
    form
}

/// Marks the fields that are wrong.
fn marked(form: &mut FormPage, wrong: &[Wrong]) {
    let words = form.frame.words();
    for one in wrong {
        let Some(field) = form.fields.iter_mut().find(|of| of.name == one.field) else {
            continue;
        };
        let text = words.render(&one.message.clone().with("field", &field.label));
        field.error.clone_from(&text);
        form.errors.push(text);
    }
}

/// In which outcome a reply is to be written.
fn outcome_form(inside: &Inside, shown: &Shown, deed: &Deed, typed: &Typed) -> FormPage {
    let modes = inside.visit.modes.clone();
    let base = address(shown.kept.id);
    let mut all = hidden(deed, typed, "choose");
    let mut outcome = field(modes.words(), shown, "outcome", typed);
    outcome
        .iter_mut()
        .for_each(|field| only_lapse(inside, shown, field));
    all.extend(outcome);
    let action = format!("{base}/{}", deed.room);
    let mut form = FormPage::new(modes.clone(), deed.label, &action, all, "letter-go-on")
        .lead("letter-outcome-lead")
        .via(&base, &shown.kept.number)
        .back(&base);
    let plain = format!("{action}?do={}&plain=1", deed.key);
    form.otherwise = Some(Cell::link(modes.words().text("letter-elsewhere"), plain));
    form
}

/// That no letter can be made yet, and where that is mended.
fn cannot(inside: &Inside, shown: &Shown, deed: &Deed, error: RequestError) -> Response {
    let RequestError::Refused(messages) = error else {
        return broken(inside.visit.modes.clone(), error);
    };
    let words = inside.visit.modes.words();
    let base = address(shown.kept.id);
    let mut sheet = Sheet::new(inside.visit.modes.clone(), words.text(deed.label));
    sheet.frame = sheet.frame.via(&base, &shown.kept.number);
    let lines = messages.iter().map(|message| words.render(message));
    sheet.errors = lines.collect();
    let body = shown.organization;
    let may = inside
        .signed
        .may(Action::LettersTemplatesChange, Target::Organization(body));
    if messages.iter().any(|one| one.id == "letterhead-missing") && may.is_allowed() {
        let to = format!("/office/organizations/{body}/letterhead");
        sheet.tools.push(Cell::link(words.text("letterhead"), to));
    }
    if !deed.fields.is_empty() {
        let to = format!("{base}/{}?do={}&plain=1", deed.room, deed.key);
        sheet
            .tools
            .push(Cell::link(words.text("letter-elsewhere"), to));
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &sheet)
}

/// What a form begins with: what is known of the letter, and what the last
/// edition of a reply said.
fn begun(shown: &Shown, chosen: &Chosen, facts: &LetterFacts, typed: &mut Typed) {
    let draft = shown.draft.as_ref().map(|draft| &draft.reply);
    let same = draft.filter(|reply| reply.outcome == chosen.outcome);
    let facts = same.and_then(|reply| reply.facts.as_ref()).unwrap_or(facts);
    for one in entry::entries(chosen.kind) {
        typed.insert(one.name.to_owned(), entry::value(facts, one));
    }
    let about = facts.consultation.as_ref().and_then(|one| one.number);
    let about = about.map_or(String::new(), |number| number.to_string());
    typed.insert("number".to_owned(), about);
    if let Some(ground) = grounds::of(&chosen.outcome) {
        for (name, said) in [
            ("withheld-0-ground", ground.ground),
            ("withheld-0-article", &ground.article),
        ] {
            let field = typed.get_mut(name).filter(|field| field.is_empty());
            field.into_iter().for_each(|field| said.clone_into(field));
        }
    }
    let text = same.map_or("", |reply| reply.text.as_str());
    typed.insert("edited".to_owned(), text.to_owned());
}

/// Takes the text of the last edition off, where it is what the template made of its
/// facts: who changes these has the text made of the new ones.
async fn untouched(inside: &Inside, shown: &Shown, chosen: &Chosen, typed: &mut Typed) {
    let reply = shown.draft.as_ref().map(|draft| &draft.reply);
    let reply = reply.filter(|reply| reply.outcome == chosen.outcome);
    let Some((reply, facts)) = reply.and_then(|reply| Some((reply, reply.facts.clone()?))) else {
        return;
    };
    let mut wanted = Wanted {
        kind: chosen.kind,
        facts,
        edited: None,
    };
    let drafted = drafted(inside, shown, &mut wanted, &reply.text).await;
    if drafted.is_ok() && wanted.edited.is_none() {
        typed.insert("edited".to_owned(), String::new());
    }
}

/// Whether the receipt of a case can be written now: it follows the confirmation.
pub(super) async fn has_receipt(inside: &Inside, id: i64) -> bool {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let Some(kind) = Kind::of("receipt") else {
        return false;
    };
    let Ok(shown) = look::see(house, signed, id).await else {
        return false;
    };
    let is_received = shown.case.received().is_some();
    let known = papers::known(house, signed, &shown, kind, Choice::default());
    is_received && papers::against(signed, &shown, kind).is_none() && known.await.is_ok()
}

/// What is known of a letter before anybody typed, and which outcome it tells.
async fn known(
    inside: &Inside,
    shown: &Shown,
    chosen: &Chosen,
    basis: Basis,
) -> Result<LetterFacts, RequestError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let choice = Choice {
        basis,
        inquiry: chosen.inquiry,
    };
    let mut known = papers::known(house, signed, shown, chosen.kind, choice).await?;
    chosen.outcome.clone_into(&mut known.remedy.outcome);
    Ok(known)
}

/// `GET` of a step that is a letter: its form.
pub(super) async fn ask(
    inside: &Inside,
    shown: &Shown,
    deed: &Deed,
    mut typed: Typed,
    which: &Which,
) -> Response {
    let told = against(inside, shown, deed);
    let Some(chosen) = chosen(deed, (&which.kind, &which.number), &which.outcome) else {
        let mut form = outcome_form(inside, shown, deed, &typed);
        told.into_iter().for_each(|message| form.tell(&[message]));
        return page(&form);
    };
    let known = match known(inside, shown, &chosen, Basis::Items).await {
        Ok(known) => known,
        Err(error) => return cannot(inside, shown, deed, error),
    };
    begun(shown, &chosen, &known, &mut typed);
    untouched(inside, shown, &chosen, &mut typed).await;
    let mut form = entry_form(inside, shown, (deed, &chosen), &typed);
    told.into_iter().for_each(|message| form.tell(&[message]));
    page(&form)
}

#[derive(Template)]
#[template(path = "office/requests/letter.html")]
struct DraftPage {
    frame: Frame,
    lead: String,
    errors: Vec<String>,
    action: String,
    fields: Vec<Field>,
    /// The letter as it would be printed.
    agency: String,
    number: String,
    title: String,
    addressee: String,
    text: String,
    clause: String,
    attachments: Vec<String>,
    day: String,
    contact: String,
    slip: Vec<String>,
    /// Whether the text is what somebody wrote, and not the template's.
    is_edited: bool,
    /// The template's text of these facts, by which it is seen whether somebody wrote.
    made: String,
    send: String,
    effect: String,
}

/// The letter as it would lie on the desk, its text to be edited.
fn draft_page(
    inside: &Inside,
    shown: &Shown,
    (deed, chosen): (&Deed, &Chosen),
    (typed, draft, made): (&Typed, &Draft, &str),
    errors: Vec<String>,
) -> Response {
    let words = inside.visit.modes.words();
    let base = address(shown.kept.id);
    let letter = &draft.letter;
    let body = match (&draft.clause, letter.paragraphs.split_last()) {
        (Some(_), Some((_, body))) => body,
        _ => letter.paragraphs.as_slice(),
    };
    // Everything that was typed goes along.
    let mut fields = hidden(deed, typed, "");
    fields.retain(|field| field.name != "step");
    let asked = self::fields(words, shown, chosen, typed).into_iter();
    let asked = asked.filter(|field| !["edited", "made"].contains(&field.name));
    fields.extend(asked.map(|field| Field::hidden(field.name, &field.value)));
    let is_reply = deed.key == REPLY;
    let (send, effect) = match is_reply {
        true => ("letter-keep", "letter-keep-effect"),
        false => ("letter-issue", "letter-issue-effect"),
    };
    let status = match errors.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = DraftPage {
        lead: label(words, chosen),
        errors,
        action: format!("{base}/{}", deed.room),
        fields,
        agency: letter.agency.clone(),
        number: match chosen.kind.word {
            "" => String::new(),
            _ => words.text("letter-number-to-come"),
        },
        title: letter.title.clone(),
        addressee: letter.addressee.clone(),
        text: body.join("\n"),
        clause: draft.clause.clone().unwrap_or_default(),
        attachments: letter.attachments.clone(),
        day: letter.day(),
        contact: letter.contact.clone(),
        slip: letter.slip.clone(),
        is_edited: body.join("\n") != made,
        made: made.to_owned(),
        send: words.text(send),
        effect: words.text(effect),
        frame: Frame::new(inside.visit.modes.clone(), words.text(deed.label))
            .via(base, &shown.kept.number),
    };
    page_with(status, &page)
}

/// `POST` of a step that is a letter: the form, the letter, or the deed.
pub(super) async fn send(inside: Inside, id: i64, deed: &Deed, mut typed: Typed) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let shown = match look::see(house, signed, id).await {
        Ok(shown) => shown,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let Some(chosen) = chosen(
        deed,
        (of(&typed, "kind"), of(&typed, "number")),
        of(&typed, "outcome"),
    ) else {
        return page(&outcome_form(&inside, &shown, deed, &typed));
    };
    let known = match known(&inside, &shown, &chosen, basis(&typed)).await {
        Ok(known) => known,
        Err(error) => return cannot(&inside, &shown, deed, error),
    };
    let about = (deed, &chosen);
    if of(&typed, "step") == "choose" {
        begun(&shown, &chosen, &known, &mut typed);
        untouched(&inside, &shown, &chosen, &mut typed).await;
        return page(&entry_form(&inside, &shown, about, &typed));
    }
    let step = of(&typed, "step").to_owned();
    // A text that nobody changed is made anew from whatever the facts are now.
    let was_made = plain(of(&typed, "made"));
    if step == "anew" || plain(of(&typed, "edited")) == was_made {
        typed.insert("edited".to_owned(), String::new());
    }
    if step == "back" {
        return page(&entry_form(&inside, &shown, about, &typed));
    }
    let mut facts = match entry::read(chosen.kind, &known, |name| of(&typed, name)) {
        Ok(facts) => facts,
        Err(wrong) => {
            let mut form = entry_form(&inside, &shown, about, &typed);
            marked(&mut form, &wrong);
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &form);
        }
    };
    let settled = papers::settle(signed, &shown, &mut facts);
    let mut wanted = Wanted {
        kind: chosen.kind,
        facts,
        edited: None,
    };
    let drafted = match settled {
        Ok(()) => drafted(&inside, &shown, &mut wanted, of(&typed, "edited")).await,
        Err(error) => Err(error),
    };
    let (draft, made) = match drafted {
        Ok(drafted) => drafted,
        Err(error) => {
            let form = entry_form(&inside, &shown, about, &typed);
            return form.shown(Some(as_people(error)));
        }
    };
    // What somebody wrote was written for other facts: they look at both first.
    let has_moved = wanted.edited.is_some() && !was_made.is_empty() && was_made != made;
    let done = match step.as_str() {
        "issue" if has_moved => Err(Message::new("letter-facts-moved").into()),
        "pdf" => match papers::preview(house, &shown, &wanted).await {
            Ok(pdf) => return ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response(),
            Err(error) => Err(error),
        },
        "issue" => {
            let version = of(&typed, "version").parse().unwrap_or_default();
            let seen = Seen { id, version };
            let key = of(&typed, "key");
            match deed.key {
                REPLY => {
                    let text = wanted.edited.clone();
                    let text = text.unwrap_or_else(|| body_of(&draft));
                    let says = (chosen.outcome.as_str(), text.as_str());
                    let facts = Some(&wanted.facts);
                    replies::write_letter(house, signed, key, seen, says, facts).await
                }
                _ => papers::issue(house, signed, key, seen, &shown, &wanted).await,
            }
        }
        _ if has_moved => Err(Message::new("letter-facts-moved").into()),
        _ => return draft_page(&inside, &shown, about, (&typed, &draft, &made), Vec::new()),
    };
    let error = match done {
        Ok(()) => return see_other(&address(id)),
        Err(error @ (RequestError::Refused(_) | RequestError::Changed)) => error,
        Err(error) => return broken(inside.visit.modes, error),
    };
    // What was typed stays; it is about the state that is told now.
    typed.insert("version".to_owned(), shown.kept.version.to_string());
    typed.insert("key".to_owned(), house.token());
    let words = inside.visit.modes.words();
    let told = error.messages();
    let told = told.iter().map(|message| words.render(message)).collect();
    draft_page(&inside, &shown, about, (&typed, &draft, &made), told)
}

/// A text as a form brings it, with the ends of lines that ours has.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// The letter with what somebody wrote in place of the template's text, which goes
/// into `wanted` where it differs from that; and the template's.
async fn drafted(
    inside: &Inside,
    shown: &Shown,
    wanted: &mut Wanted,
    written: &str,
) -> Result<(Draft, String), RequestError> {
    let house = &inside.visit.office.house;
    let draft = papers::draft(house, shown, wanted).await?;
    let made = plain(&body_of(&draft));
    let written = plain(written);
    if written.is_empty() || written == made {
        return Ok((draft, made));
    }
    wanted.edited = Some(written);
    Ok((papers::draft(house, shown, wanted).await?, made))
}

/// The text of a letter without its clause.
fn body_of(draft: &Draft) -> String {
    let all = &draft.letter.paragraphs;
    let body = all.len() - usize::from(draft.clause.is_some()).min(all.len());
    all[..body].join("\n")
}

/// Which letter, and as what.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    number: i64,
    #[serde(default, rename = "as")]
    form: String,
}

/// `GET /office/requests/{id}/letter`: a letter that was issued, as PDF or as a
/// Word document.
pub async fn issued(inside: Inside, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    if asked.form == "draft" {
        return reply_draft(inside, id).await;
    }
    if asked.number == 0 {
        // Which letters there are stands on the page of the case.
        return match look::see(house, signed, id).await {
            Ok(_) => see_other(&address(id)),
            Err(error) => broken(inside.visit.modes, error),
        };
    }
    let as_word = asked.form == "docx";
    match papers::issued(house, signed, id, (asked.number, as_word)).await {
        Ok((name, bytes)) if as_word => download(&name, "application/octet-stream", bytes.to_vec()),
        Ok((_, bytes)) => {
            let kind = [(header::CONTENT_TYPE, "application/pdf")];
            (kind, bytes.to_vec()).into_response()
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// The letter of the reply under review as PDF: what would leave.
async fn reply_draft(inside: Inside, id: i64) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let shown = match look::see(house, signed, id).await {
        Ok(shown) => shown,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let draft = shown.draft.as_ref();
    let Some(wanted) = draft.and_then(|draft| draft.reply.letter()) else {
        return see_other(&address(id));
    };
    match papers::preview(house, &shown, &wanted).await {
        Ok(pdf) => ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response(),
        Err(error @ RequestError::Refused(_)) => {
            see::again(inside, id, &error.messages(), &Typed::new()).await
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// Letters that were issued about a case, for its page.
pub(super) fn rows(words: &Words, shown: &Shown) -> Vec<Vec<Cell>> {
    use gongkai_domain::requests::record::Happening;
    let letters = record::letters(shown.record.iter().map(|one| &one.what));
    let is_sealed = |id: i64| letters.iter().any(|one| one.letter == id && one.is_sealed);
    let row = |one: &gongkai_app::requests::Happened| match &one.what {
        Happening::Issued {
            letter,
            kind,
            number,
            ..
        } => {
            let to = format!("{}/letter?number={letter}", address(shown.kept.id));
            let title = Kind::of(kind).map_or("", |kind| kind.title);
            let number = match number.as_str() {
                "" => words.text("letter-no-number"),
                number => number.to_owned(),
            };
            Some(vec![
                Cell::link(title, to.clone()),
                Cell::text(number),
                Cell::text(one.day.to_string()),
                Cell::text(words.text(match is_sealed(*letter) {
                    true => "letter-sealed",
                    false => "letter-unsealed",
                })),
                Cell::link("DOCX", format!("{to}&as=docx")),
            ])
        }
        _ => None,
    };
    shown.record.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::requests::open::DEEDS;

    #[test]
    fn every_letter_of_the_table_has_a_step_that_issues_it() {
        use gongkai_domain::letters::kinds::KINDS;
        for kind in KINDS {
            let is_reply = kind
                .outcomes
                .iter()
                .any(|code| !gongkai_domain::requests::case::BY_ITSELF.contains(code));
            let of = |deed: &&Deed| match deed.key {
                REPLY => is_reply,
                _ => deed.letters.contains(&kind.key),
            };
            let found: Vec<&str> = DEEDS.iter().filter(of).map(|deed| deed.key).collect();
            assert_eq!(found.len(), 1, "{}: {found:?}", kind.key);
        }
    }
}
