//! Backups and master keys.

use axum::extract::Form;
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::upkeep::{self, Folder, Made, Master};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::sheet::{Button, Section, Sheet, SheetForm};
use super::{Cell, Field, Inside, failed, see_other};
use crate::frame::{page, parts};

/// A size as people read it.
fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..1_048_576 => format!("{} KiB", tenths(KIB)),
        1_048_576..1_073_741_824 => format!("{} MiB", tenths(1_048_576)),
        _ => format!("{} GiB", tenths(1_073_741_824)),
    }
}

fn folder(words: &Words, title: &str, folder: &Folder) -> Section {
    let columns = ["column-at", "backup-size", "backup-found", "backup-place"];
    let row = |made: &Made| {
        let found = match &made.check {
            None => words.text("backup-not-read"),
            Some(check) if check.fault.is_empty() => {
                let message = Message::new("backup-whole").with("at", local(check.at));
                words.render(&message)
            }
            Some(check) => {
                let message = Message::new("backup-faulty").with("at", local(check.at));
                words.render(&message.with("reason", &check.fault))
            }
        };
        vec![
            Cell::text(local(made.at)),
            Cell::text(size(made.bytes)),
            Cell::text(found),
            Cell::text(made.path.display().to_string()),
        ]
    };
    let (rows, none) = match &folder.made {
        Ok(made) => (
            made.iter().map(row).collect(),
            words.text("backup-none-yet"),
        ),
        Err(error) => {
            tracing::error!(reason = %error, "a folder of backups cannot be looked into");
            (Vec::new(), words.text("backup-folder-fails"))
        }
    };
    let (lead, none) = match &folder.folder {
        None => (String::new(), words.text("backup-no-folder")),
        Some(path) => {
            let message = Message::new("backup-kept").with("path", path.display());
            (words.render(&message.with("days", folder.days)), none)
        }
    };
    Section {
        title: words.text(title),
        lead,
        columns: parts::columns(words, &columns),
        rows,
        none,
    }
}

/// `GET /office/operations`
pub async fn backups(Inside { visit, signed }: Inside) -> Response {
    let found = match upkeep::backups(&visit.office.house, &signed).await {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let mut sheet = Sheet::new(visit.modes, words.text("office-operations"));
    sheet.lead = words.text("backup-lead");
    match found.next {
        Some(next) => sheet.facts = vec![(words.text("backup-next"), local(next))],
        None => sheet.warnings = vec![words.text("backup-none-planned")],
    }
    sheet.sections = vec![
        folder(words, "backup-records", &found.records),
        folder(words, "backup-keys", &found.keys),
    ];
    page(&sheet)
}

fn masters(words: &Words, masters: &[Master]) -> Section {
    let columns = ["key-name", "key-since", "key-seals", "column-state"];
    let row = |master: &Master| {
        let state = match (master.is_newest, master.keys) {
            (true, _) => "key-newest",
            (false, 0) => "key-needless",
            (false, _) => "key-old",
        };
        let since = master.since.map(local);
        vec![
            Cell::text(&master.id),
            Cell::text(since.unwrap_or_else(|| words.text("key-since-unknown"))),
            Cell::text(master.keys.to_string()),
            Cell::text(words.text(state)),
        ]
    };
    Section {
        title: words.text("key-masters"),
        lead: String::new(),
        columns: parts::columns(words, &columns),
        rows: masters.iter().map(row).collect(),
        none: String::new(),
    }
}

async fn keys_sheet(inside: &Inside) -> Result<(Sheet, i64), Response> {
    let house = &inside.visit.office.house;
    let found = upkeep::masters(house, &inside.signed).await;
    let found = found.map_err(|error| failed(inside.visit.modes.clone(), error))?;
    let words = inside.visit.modes.words();
    let old = found.iter().filter(|master| !master.is_newest);
    let old = old.map(|master| master.keys).sum();
    let mut sheet = Sheet::new(inside.visit.modes.clone(), words.text("office-keys"));
    sheet.facts = vec![(words.text("key-under-old"), i64::to_string(&old))];
    sheet.sections = vec![masters(words, &found)];
    Ok((sheet, old))
}

/// `GET /office/keys`
pub async fn keys(inside: Inside) -> Response {
    let (mut sheet, _) = match keys_sheet(&inside).await {
        Ok(sheet) => sheet,
        Err(response) => return response,
    };
    let words = inside.visit.modes.words();
    sheet.lead = words.text("key-lead");
    sheet.forms = vec![form(
        vec![Field::hidden("key", &inside.visit.office.house.token())],
        vec![("review", words.text("key-rotate"), "primary")],
    )];
    page(&sheet)
}

fn form(fields: Vec<Field>, buttons: Vec<(&'static str, String, &'static str)>) -> SheetForm {
    let buttons = buttons.into_iter();
    let buttons = buttons.map(|(step, label, class)| Button { step, label, class });
    SheetForm {
        title: String::new(),
        action: "/office/keys".to_owned(),
        multipart: false,
        fields,
        buttons: buttons.collect(),
    }
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    step: String,
}

/// `POST /office/keys`
pub async fn rotate(inside: Inside, Form(typed): Form<Typed>) -> Response {
    if typed.step == "make" {
        let (house, signed) = (&inside.visit.office.house, &inside.signed);
        let sent = Sent::new("keys", &typed.key, [signed.who.name.as_str()]);
        return match upkeep::rotate(house, signed, &sent).await {
            Ok(()) => see_other("/office/keys"),
            Err(error) => failed(inside.visit.modes, error),
        };
    }
    let (mut sheet, old) = match keys_sheet(&inside).await {
        Ok(sheet) => sheet,
        Err(response) => return response,
    };
    let words = inside.visit.modes.words();
    sheet.frame.title = words.text("key-confirm");
    sheet.warnings = vec![words.text("key-confirm-lead")];
    let count = words.render(&Message::new("key-effect-count").with("count", old));
    let others = ["key-effect-job", "key-effect-nodes", "key-effect-old"];
    sheet.effects = vec![count];
    sheet.effects.extend(others.map(|id| words.text(id)));
    sheet.forms = vec![form(
        vec![Field::hidden("key", &typed.key)],
        vec![("make", words.text("key-make"), "danger")],
    )];
    page(&sheet)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        for (bytes, told) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_500_000, "1.4 MiB"),
            (5_000_000_000, "4.6 GiB"),
        ] {
            assert_eq!(size(bytes), told);
        }
    }
}
