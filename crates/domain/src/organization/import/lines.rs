//! Texts of a body as clean lines: the same rule for a table and for a form,
//! so that what was typed can be exported and read again.

use super::columns::Column;
use super::references::PATH_SIGN;
use crate::organization::body::Organization;
use crate::organization::names::{self, NameError, TEXT_CHARS_MAX};
use crate::words::{Language, Message};

/// A text of a column as a clean line.
pub(super) fn line(text: &str, column: Column) -> Result<String, Message> {
    // A path holds several names.
    let chars_max = match column {
        Column::Parent | Column::Supervisor | Column::Vertical => 5 * TEXT_CHARS_MAX,
        _ => TEXT_CHARS_MAX,
    };
    names::line(text, chars_max).map_err(|error| in_column(&error, column))
}

fn in_column(error: &NameError, column: Column) -> Message {
    let heading = column.heading(Language::Chinese);
    match error {
        NameError::Unseen { position, code } => Message::new("import-cell-unseen")
            .with("heading", heading)
            .with("position", position)
            .with("code", format!("U+{code:04X}")),
        NameError::TooLong { found, max } => Message::new("import-cell-too-long")
            .with("heading", heading)
            .with("found", found)
            .with("max", max),
        NameError::Empty | NameError::MixedScripts { .. } => error.message(),
    }
}

/// What is wrong with a body's name, once it is a line.
pub(super) fn refuse_name(name: &str) -> Option<Message> {
    if name.is_empty() {
        Some(Message::new("import-name-missing"))
    } else if name.contains(PATH_SIGN) {
        Some(Message::new("import-name-sign").with("sign", PATH_SIGN))
    } else {
        None
    }
}

/// Makes the texts of a body clean lines, as a table's are; what is wrong with
/// them.
pub fn put_right(body: &mut Organization) -> Vec<Message> {
    let office = &mut body.office;
    let texts = [
        (Column::Name, &mut body.name),
        (Column::ShortName, &mut body.short_name),
        (Column::OfficeName, &mut office.name),
        (Column::OfficeAddress, &mut office.address),
        (Column::OfficePostcode, &mut office.postcode),
        (Column::OfficeHours, &mut office.hours),
        (Column::OfficePhone, &mut office.phone),
        (Column::OfficeFax, &mut office.fax),
        (Column::OfficeMail, &mut office.mail),
        (Column::OfficeClassification, &mut office.classification),
        (Column::OfficeArrangement, &mut office.arrangement),
        (Column::OfficeObtaining, &mut office.obtaining),
    ];
    let mut messages = Vec::new();
    for (column, text) in texts {
        if text.trim().is_empty() {
            text.clear();
            continue;
        }
        match line(text, column) {
            Ok(clean) => *text = clean,
            Err(message) => messages.push(message),
        }
    }
    messages.extend(refuse_name(&body.name));
    messages
}
