//! The application form of a body as a file that is filled in on a computer
//! (Art. 29 ¶2; the guide of Art. 12 ¶2 offers it).

use gongkai_domain::words::{Message, Words};
use gongkai_press::PressError;
use gongkai_press::docx::{self, Form, Place};

use super::bodies::Asked;

/// The form as a Word document, with a control for each blank.
///
/// # Errors
/// [`PressError`] if it cannot be packed.
pub fn docx(words: &Words, asked: &Asked) -> Result<Vec<u8>, PressError> {
    let text = |id: &str| words.text(id);
    let label = |id: &str| Place::Label(text(id));
    let blank = |id: &str, columns| Place::Blank(text(id), text("form-blank"), columns);
    let pair =
        |one: &str, other: &str| vec![label(one), blank(one, 1), label(other), blank(other, 1)];
    let wide = |id: &str| vec![label(id), blank(id, 3)];
    let boxes = |id: &str, all: &[&str]| {
        let all = all.iter().map(|one| text(one)).collect();
        vec![label(id), Place::Boxes(all, 3)]
    };
    let described = Place::Area(text("sheet-description"), text("sheet-description-hint"), 3);
    let parts = vec![
        (
            text("sheet-person"),
            vec![
                pair("sheet-name", "sheet-phone"),
                pair("sheet-document", "sheet-document-number"),
                wide("sheet-address"),
                pair("sheet-postcode", "sheet-fax"),
                wide("sheet-mail"),
                pair("sheet-agent", "sheet-agent-document"),
            ],
        ),
        (
            text("sheet-organization"),
            vec![
                pair("sheet-organization-name", "sheet-code"),
                boxes(
                    "sheet-kind",
                    &[
                        "sheet-commercial",
                        "sheet-research",
                        "sheet-welfare",
                        "sheet-legal",
                        "sheet-other",
                    ],
                ),
                pair("sheet-representative", "sheet-contact"),
                pair("sheet-phone", "sheet-mail"),
                wide("sheet-address"),
            ],
        ),
        (
            text("sheet-wanted"),
            vec![
                pair("sheet-information-title", "sheet-file-number"),
                vec![label("sheet-description"), described],
                boxes(
                    "sheet-receiving",
                    &[
                        "sheet-by-post",
                        "sheet-by-mail",
                        "sheet-by-fax",
                        "sheet-by-hand",
                        "sheet-by-reading",
                    ],
                ),
                boxes(
                    "sheet-medium",
                    &["sheet-on-paper", "sheet-electronic", "sheet-on-disc"],
                ),
                wide("sheet-help"),
                // Signed by hand on what was printed.
                vec![
                    label("sheet-signature"),
                    Place::Label(String::new()),
                    label("sheet-date"),
                    Place::Blank(text("sheet-date"), text("sheet-date-blank"), 1),
                ],
            ],
        ),
    ];
    let office = &asked.body.office;
    let to = [
        office.address.trim(),
        office.postcode.trim(),
        asked.body.name.trim(),
        office.name.trim(),
    ];
    let to: Vec<&str> = to.into_iter().filter(|line| !line.is_empty()).collect();
    let mut foot = vec![
        text("sheet-foot"),
        format!("{} {}", text("sheet-to"), to.join(" ")),
    ];
    for (id, value) in [
        ("office-mail", &office.mail),
        ("office-phone", &office.phone),
    ] {
        if !value.trim().is_empty() {
            foot.push(format!("{}：{}", text(id), value.trim()));
        }
    }
    let title = Message::new("sheet-title").with("name", &asked.body.name);
    docx::form(&Form {
        title: words.render(&title),
        lead: text("form-lead"),
        parts,
        foot,
    })
}
