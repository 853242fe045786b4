//! People from a table: who is to be invited, each row told what is wrong with
//! it. Either all rows are taken or none. Roles are not in the table: they are
//! granted by the security administrator, who is another person (GB/T
//! 22239-2019 8.1.5.2).

use std::collections::BTreeMap;

use super::body::{OrganizationId, Validity};
use super::import::{Missed, Names, RowReport, plain};
use super::names::{self, LoginName};
use crate::words::{Language, Message, Words};

/// The most people of one table: more than any office has without a directory
/// of its own.
pub const ROWS_MAX: usize = 1000;
/// The longest display name, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// The longest telephone number.
const PHONE_CHARS_MAX: usize = 32;
/// The longest mail address (RFC 5321 4.5.3.1).
const MAIL_CHARS_MAX: usize = 254;

/// Everything that is wrong with a telephone number and a mail address; either
/// may be empty.
pub fn reachable(phone: &str, mail: &str) -> Vec<Message> {
    let (phone, mail) = (phone.trim(), mail.trim());
    let of_phone = |c: char| c.is_ascii_digit() || " +-()（）转#,".contains(c);
    let mut wrong = Vec::new();
    if phone.chars().count() > PHONE_CHARS_MAX || !phone.chars().all(of_phone) {
        wrong.push(Message::new("phone-wrong").with("max", PHONE_CHARS_MAX));
    }
    let is_mail = mail.split_once('@').is_some_and(|(name, place)| {
        !name.is_empty() && place.contains('.') && !mail.contains(char::is_whitespace)
    });
    if !mail.is_empty() && (mail.chars().count() > MAIL_CHARS_MAX || !is_mail) {
        wrong.push(Message::new("mail-wrong").with("max", MAIL_CHARS_MAX));
    }
    wrong
}

/// A column; its headings are its key or its label in either language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Login,
    Organization,
    Phone,
    Mail,
}

/// Each column with its key, its label, and whether a row can do without.
const COLUMNS: [(Column, &str, &str, bool); 5] = [
    (Column::Name, "name", "field-name", true),
    (Column::Login, "login", "field-login", true),
    (
        Column::Organization,
        "organization",
        "field-organization",
        true,
    ),
    (Column::Phone, "phone", "field-phone", false),
    (Column::Mail, "mail", "field-mail", false),
];

fn column_of(heading: &str) -> Option<Column> {
    let heading = plain(heading);
    let label = |language, id| plain(&Words::of(language).text(id));
    let found = COLUMNS.iter().find(|(_, key, id, _)| {
        *key == heading
            || label(Language::Chinese, id) == heading
            || label(Language::English, id) == heading
    });
    found.map(|(column, ..)| *column)
}

/// The headings of the table in a language.
pub fn headings(language: Language) -> Vec<String> {
    let words = Words::of(language);
    COLUMNS.iter().map(|(_, _, id, _)| words.text(id)).collect()
}

/// Somebody who is to be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The row as spreadsheets count.
    pub row: usize,
    /// The name.
    pub display_name: String,
    /// The login name.
    pub login: LoginName,
    /// Where they work.
    pub organization: OrganizationId,
    /// Telephone; may be empty.
    pub phone: String,
    /// Mail address; may be empty.
    pub mail: String,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The people; none unless all can be taken.
    pub drafts: Vec<Draft>,
    /// Each row that is not empty, the headings first.
    pub report: Vec<RowReport>,
}

impl Staff {
    /// Says one more thing of a row; no row is taken then.
    pub fn refuse(&mut self, row: usize, message: Message) {
        self.drafts.clear();
        match self.report.iter_mut().find(|report| report.row == row) {
            Some(report) => report.messages.push(message),
            None => self.report.push(RowReport {
                row,
                messages: vec![message],
            }),
        }
    }
}

/// Reads a table beside the bodies of a day.
pub fn read(table: &[Vec<String>], names: &Names<'_>, during: Validity) -> Staff {
    let headings = table.first().map_or(&[][..], Vec::as_slice);
    let (columns, mut messages) = read_headings(headings);
    if table.len() > ROWS_MAX + 1 {
        messages.push(Message::new("import-too-many-rows").with("max", ROWS_MAX));
    }
    let mut staff = Staff {
        drafts: Vec::new(),
        report: Vec::new(),
    };
    let is_blank = |cells: &[String]| cells.iter().all(|cell| cell.trim().is_empty());
    let rows = table.iter().enumerate().skip(1);
    let rows: Vec<_> = rows.filter(|(_, cells)| !is_blank(cells)).collect();
    if messages.is_empty() && rows.is_empty() {
        messages.push(Message::new("import-no-rows"));
    }
    let is_readable = messages.is_empty();
    staff.report.push(RowReport { row: 1, messages });
    if !is_readable {
        return staff;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut drafts = Vec::new();
    for (at, cells) in rows {
        let row = at + 1;
        let (draft, mut messages) = read_row(row, cells, &columns, names, during);
        if let Some(draft) = draft {
            match seen.get(draft.login.key()) {
                Some(first) => messages.push(
                    Message::new("staff-login-twice")
                        .with("login", draft.login.as_str())
                        .with("row", first),
                ),
                None => drop(seen.insert(draft.login.key().to_owned(), row)),
            }
            drafts.push(draft);
        }
        staff.report.push(RowReport { row, messages });
    }
    if staff.report.iter().all(|row| row.messages.is_empty()) {
        staff.drafts = drafts;
    }
    staff
}

fn read_headings(headings: &[String]) -> (Vec<Option<Column>>, Vec<Message>) {
    let mut messages = Vec::new();
    let mut columns: Vec<Option<Column>> = Vec::new();
    for heading in headings {
        let column = column_of(heading);
        let said = |id| Message::new(id).with("heading", heading.trim());
        if column.is_none() && !heading.trim().is_empty() {
            messages.push(said("import-heading-unknown"));
        }
        if column.is_some() && columns.contains(&column) {
            messages.push(said("import-heading-twice"));
        }
        columns.push(column);
    }
    for (column, _, id, is_needed) in COLUMNS {
        if is_needed && !columns.contains(&Some(column)) {
            // The Chinese heading in both languages: it is what is to be typed.
            let heading = Words::of(Language::Chinese).text(id);
            messages.push(Message::new("import-heading-missing").with("heading", heading));
        }
    }
    (columns, messages)
}

/// A person of a row, where everything that is needed could be read, and what
/// is wrong with the row.
fn read_row(
    row: usize,
    cells: &[String],
    columns: &[Option<Column>],
    names: &Names<'_>,
    during: Validity,
) -> (Option<Draft>, Vec<Message>) {
    let mut messages = Vec::new();
    let mut texts: BTreeMap<Column, &str> = BTreeMap::new();
    for (at, cell) in cells.iter().enumerate() {
        let cell = cell.trim();
        match columns.get(at).copied().flatten() {
            Some(column) => drop(texts.insert(column, cell)),
            None if cell.is_empty() => {}
            None => {
                messages.push(Message::new("import-cell-without-heading").with("text", cell));
            }
        }
    }
    let text = |column: Column| texts.get(&column).copied().unwrap_or_default();
    let name = names::line(text(Column::Name), NAME_CHARS_MAX).map_err(|error| error.message());
    let login = LoginName::parse(text(Column::Login)).map_err(|error| error.message());
    let place = text(Column::Organization);
    let organization = match names.find(place, during) {
        _ if place.is_empty() => Err(Message::new("staff-organization-missing")),
        Ok(id) => Ok(id),
        Err(Missed::Unknown) => Err(Message::new("import-reference-unknown").with("text", place)),
        Err(Missed::Several) => Err(Message::new("import-reference-several").with("text", place)),
    };
    let (phone, mail) = (text(Column::Phone), text(Column::Mail));
    messages.extend(name.as_ref().err().cloned());
    messages.extend(login.as_ref().err().cloned());
    messages.extend(organization.as_ref().err().cloned());
    messages.extend(reachable(phone, mail));
    let draft = match (name, login, organization) {
        (Ok(display_name), Ok(login), Ok(organization)) => Some(Draft {
            row,
            display_name,
            login,
            organization,
            phone: phone.to_owned(),
            mail: mail.to_owned(),
        }),
        _ => None,
    };
    (draft, messages)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::organization::{Organization, OrganizationKind, Tree};

    fn tree() -> Tree {
        let since = Validity::since(date(2020, 1, 1));
        let body = |id, name: &str| Organization {
            id: OrganizationId(id),
            ..Organization::draft(name, OrganizationKind::Department, since)
        };
        Tree::new(vec![body(1, "水务局"), body(2, "财政局")]).expect("a tree")
    }

    fn rows(lines: &[&[&str]]) -> Vec<Vec<String>> {
        let cells = |line: &&[&str]| line.iter().map(|cell| (*cell).to_owned()).collect();
        lines.iter().map(cells).collect()
    }

    fn told(table: &[&[&str]]) -> Vec<(usize, Vec<String>)> {
        let tree = tree();
        let read = read(
            &rows(table),
            &Names::of(&tree),
            Validity::since(date(2026, 11, 22)),
        );
        let wrong = read
            .report
            .into_iter()
            .filter(|row| !row.messages.is_empty());
        wrong
            .map(|row| {
                (
                    row.row,
                    row.messages
                        .into_iter()
                        .map(|m| m.id.into_owned())
                        .collect(),
                )
            })
            .collect()
    }

    const HEAD: &[&str] = &["姓名", "登录名", "所在机关", "电话", "电子邮件"];

    #[test]
    fn headings_are_taken_in_both_languages_and_by_key_in_any_order() {
        let tree = tree();
        let names = Names::of(&tree);
        for language in [Language::Chinese, Language::English] {
            let head = headings(language);
            let cells = ["晏𬴂", "yan", "水务局", "", ""]
                .map(str::to_owned)
                .to_vec();
            let read = read(&[head, cells], &names, Validity::since(date(2026, 1, 1)));
            assert_eq!(read.drafts.len(), 1, "{:?}", read.report);
            assert_eq!(read.drafts[0].display_name, "晏𬴂");
        }
        let read = read(
            &rows(&[
                &["organization", "login", "name"],
                &["水务局", "yan", "晏"],
                &["", "", ""],
            ]),
            &names,
            Validity::since(date(2026, 1, 1)),
        );
        assert_eq!(read.drafts.len(), 1, "empty rows are passed over");
        assert_eq!(read.drafts[0].organization, OrganizationId(1));
    }

    #[test]
    fn each_row_is_told_all_that_is_wrong_with_it() {
        let cases: [(&[&str], &[&str]); 7] = [
            (&["", "a1", "水务局", "", ""], &["name-empty"]),
            (&["甲", "", "水务局", "", ""], &["login-empty"]),
            (&["甲", "a1", "", "", ""], &["staff-organization-missing"]),
            (
                &["甲", "a1", "不存在局", "", ""],
                &["import-reference-unknown"],
            ),
            (
                &["甲", "a1", "水务局", "拨打", "无"],
                &["phone-wrong", "mail-wrong"],
            ),
            (
                &["甲", "a1", "水务局", "", "", "多"],
                &["import-cell-without-heading"],
            ),
            (
                &["甲", "a1", "财政局", "0990-5550101转8", "a@b.example"],
                &[],
            ),
        ];
        for (line, wrong) in cases {
            let found = told(&[HEAD, line]);
            let found: Vec<String> = found.into_iter().flat_map(|(_, ids)| ids).collect();
            // A name that is empty is told of as such, whatever the rule calls it.
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            if wrong == ["login-empty"] {
                assert_eq!(found.len(), 1, "{line:?}: {found:?}");
            } else {
                assert_eq!(found, wrong, "{line:?}");
            }
        }
    }

    #[test]
    fn one_wrong_row_keeps_all_out_and_login_names_are_compared_as_they_are_kept() {
        let found = told(&[
            HEAD,
            &["甲", "yan", "水务局", "", ""],
            &["乙", "ＹＡＮ", "水务局", "", ""],
            &["丙", "bing", "水务局", "", ""],
        ]);
        assert_eq!(found, [(3, vec!["staff-login-twice".to_owned()])]);
        assert_eq!(
            told(&[&["姓名", "姓名", "职级"]]),
            [(
                1,
                [
                    "import-heading-twice",
                    "import-heading-unknown",
                    "import-heading-missing",
                    "import-heading-missing"
                ]
                .map(str::to_owned)
                .to_vec()
            )]
        );
        assert_eq!(told(&[HEAD]), [(1, vec!["import-no-rows".to_owned()])]);
    }
}
