//! The columns of the table of organizations, and how a cell is read.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::organization::body::OrganizationKind;
use crate::words::{Language, Message, Words};

/// A column; headings are its key or its label in either language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Name,
    ShortName,
    Kind,
    CreditCode,
    Division,
    Parent,
    Supervisor,
    Vertical,
    ValidFrom,
    ValidUntil,
    OfficeName,
    OfficeAddress,
    OfficePostcode,
    OfficeHours,
    OfficePhone,
    OfficeFax,
    OfficeMail,
    OfficeClassification,
    OfficeArrangement,
    OfficeObtaining,
    OfficeClosed,
}

impl Column {
    /// In the order in which they are exported.
    pub(super) const ALL: [Self; 21] = [
        Self::Name,
        Self::ShortName,
        Self::Kind,
        Self::CreditCode,
        Self::Division,
        Self::Parent,
        Self::Supervisor,
        Self::Vertical,
        Self::ValidFrom,
        Self::ValidUntil,
        Self::OfficeName,
        Self::OfficeAddress,
        Self::OfficePostcode,
        Self::OfficeHours,
        Self::OfficePhone,
        Self::OfficeFax,
        Self::OfficeMail,
        Self::OfficeClassification,
        Self::OfficeArrangement,
        Self::OfficeObtaining,
        Self::OfficeClosed,
    ];

    /// Without these no row can be read.
    pub(super) const NEEDED: [Self; 3] = [Self::Name, Self::Kind, Self::ValidFrom];

    /// The name of the disclosure office's fields.
    pub(super) const OFFICE: [Self; 10] = [
        Self::OfficeName,
        Self::OfficeAddress,
        Self::OfficePostcode,
        Self::OfficeHours,
        Self::OfficePhone,
        Self::OfficeFax,
        Self::OfficeMail,
        Self::OfficeClassification,
        Self::OfficeArrangement,
        Self::OfficeObtaining,
    ];

    fn key_and_label(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "organization-column-name"),
            Self::ShortName => ("short_name", "organization-column-short_name"),
            Self::Kind => ("kind", "organization-column-kind"),
            Self::CreditCode => ("credit_code", "organization-column-credit_code"),
            Self::Division => ("division", "organization-column-division"),
            Self::Parent => ("parent", "organization-column-parent"),
            Self::Supervisor => ("supervisor", "organization-column-supervisor"),
            Self::Vertical => ("vertical", "organization-column-vertical"),
            Self::ValidFrom => ("valid_from", "organization-column-valid_from"),
            Self::ValidUntil => ("valid_until", "organization-column-valid_until"),
            Self::OfficeName => ("office_name", "organization-column-office_name"),
            Self::OfficeAddress => ("office_address", "organization-column-office_address"),
            Self::OfficePostcode => ("office_postcode", "organization-column-office_postcode"),
            Self::OfficeHours => ("office_hours", "organization-column-office_hours"),
            Self::OfficePhone => ("office_phone", "organization-column-office_phone"),
            Self::OfficeFax => ("office_fax", "organization-column-office_fax"),
            Self::OfficeMail => ("office_mail", "organization-column-office_mail"),
            Self::OfficeClassification => (
                "office_classification",
                "organization-column-office_classification",
            ),
            Self::OfficeArrangement => (
                "office_arrangement",
                "organization-column-office_arrangement",
            ),
            Self::OfficeObtaining => ("office_obtaining", "organization-column-office_obtaining"),
            Self::OfficeClosed => ("office_closed", "office-closed"),
        }
    }

    /// The heading in a language.
    pub(super) fn heading(self, language: Language) -> String {
        Words::of(language).text(self.key_and_label().1)
    }

    /// The column of a heading.
    pub(super) fn of_heading(heading: &str) -> Option<Self> {
        let heading = plain(heading);
        Self::ALL.into_iter().find(|column| {
            column.key_and_label().0 == heading
                || plain(&column.heading(Language::Chinese)) == heading
                || plain(&column.heading(Language::English)) == heading
        })
    }
}

/// What is compared where people may type widths, blanks and case as they like.
pub(in crate::organization) fn plain(text: &str) -> String {
    let text = text.nfkc().filter(|c| !c.is_whitespace());
    text.flat_map(char::to_lowercase).collect()
}

/// The kind of a cell, by its key or its label in either language.
pub(super) fn kind(cell: &str) -> Option<OrganizationKind> {
    let cell = plain(cell);
    OrganizationKind::ALL.into_iter().find(|kind| {
        let is = |language| plain(&Words::of(language).render(&kind.label())) == cell;
        kind.key() == cell || is(Language::Chinese) || is(Language::English)
    })
}

/// The date of a cell: 2024-03-01, 2024/3/1, 2024.3.1, 2024年3月1日 or 20240301; a
/// time behind it, as spreadsheets add, is passed over.
///
/// # Errors
/// That it is no date.
pub fn date(cell: &str) -> Result<Date, Message> {
    let wrong = || Message::new("import-date").with("text", cell.trim());
    let text: String = cell.trim().nfkc().collect();
    let text = text.split([' ', 'T']).next().unwrap_or("");
    let is_compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = if is_compact {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        let text = text.strip_suffix('日').unwrap_or(text);
        text.split(['-', '/', '.', '年', '月']).collect()
    };
    let [year, month, day] = parts.as_slice() else {
        return Err(wrong());
    };
    let year = year
        .parse()
        .ok()
        .filter(|year| (1900..=9999).contains(year));
    match (year, month.parse(), day.parse()) {
        (Some(year), Ok(month), Ok(day)) => Date::new(year, month, day).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}
