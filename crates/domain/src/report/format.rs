//! The two statutory forms as data: chapters, tables, cells, identities.
//!
//! The rows come from `data/report/*.json` (国办公开办函〔2021〕30号 and
//! 〔2019〕60号); what follows from them by rule, the cell keys and the
//! identities, is made here. Start with [`Format::get`].

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum FormatId {
    /// 国办公开办函〔2019〕60号, report years 2019 and 2020.
    #[serde(rename = "2019")]
    F2019,
    /// 国办公开办函〔2021〕30号, report years from 2021.
    #[serde(rename = "2021")]
    F2021,
}

impl FormatId {
    /// The form that a report year asks for.
    pub fn of_year(year: i16) -> Self {
        if year >= 2021 {
            Self::F2021
        } else {
            Self::F2019
        }
    }

    /// The form's name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::F2019 => "2019",
            Self::F2021 => "2021",
        }
    }
}

/// What kind of number a cell takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A count of 0 or more.
    Count,
    /// A change, with a sign.
    Signed,
    /// An amount of money.
    Money,
}

/// A chapter of the form.
#[derive(Debug, Deserialize)]
pub struct Chapter {
    /// 1 to 6.
    pub number: usize,
    /// Key in data and code.
    pub key: String,
    /// Its title without the ordinal.
    pub title: String,
    /// Titles that offices use for it.
    pub variants: Vec<String>,
}

/// A column of a block of table 2.
#[derive(Debug, Deserialize)]
pub struct Table2Column {
    /// Key in cell addresses.
    pub key: String,
    /// Printed heading.
    pub label: String,
    /// Printed unit.
    pub unit: String,
    /// What it takes.
    pub kind: Kind,
    /// Columns it spans in the statutory layout.
    pub span: u16,
}

/// A row of a table.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Key in cell addresses.
    pub key: String,
    /// Printed label.
    pub label: String,
    /// Labels that offices print instead.
    #[serde(default)]
    pub variants: Vec<String>,
    /// Group it stands under, in table 3.
    #[serde(default)]
    pub group: Option<String>,
}

/// A block of table 2, one item of Art. 20.
#[derive(Debug, Deserialize)]
pub struct Table2Block {
    /// Key in cell addresses.
    pub key: String,
    /// Printed caption.
    pub caption: String,
    /// Its columns after the label.
    pub columns: Vec<Table2Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A column of table 3 or 4, or a group of rows.
#[derive(Debug, Deserialize)]
pub struct Labelled {
    /// Key in cell addresses.
    pub key: String,
    /// Printed heading.
    pub label: String,
}

/// Table 3: requests received and handled.
#[derive(Debug, Deserialize)]
pub struct Table3 {
    /// The note in the corner.
    pub corner: String,
    /// The seven columns of applicants.
    pub columns: Vec<Labelled>,
    /// Groups of rows.
    pub groups: Vec<Labelled>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A group of table 4.
#[derive(Debug, Deserialize)]
pub struct Table4Group {
    /// Key in cell addresses.
    pub key: String,
    /// Headings from the outermost.
    pub path: Vec<String>,
    /// Its five columns.
    pub columns: Vec<Labelled>,
}

/// A statutory form.
#[derive(Debug, Deserialize)]
pub struct Format {
    /// Name of the notice.
    pub name: String,
    /// Its document number.
    pub document_number: String,
    /// The articles it rests on.
    pub legal_basis: String,
    /// First report year.
    pub year_from: i16,
    /// Last report year, or open.
    pub year_to: Option<i16>,
    /// The six chapters.
    pub chapters: Vec<Chapter>,
    /// Table 2.
    pub t2: Vec<Table2Block>,
    /// Table 3.
    pub t3: Table3,
    /// Table 4.
    pub t4: Vec<Table4Group>,
}

/// The keys of the three rows that the 2021 form has where the 2019 form has
/// the single row [`OTHER_SINGLE`]; offices mix the two, so each report is
/// read by the rows it shows.
pub const OTHER_THREE: [&str; 3] = [
    "other_supplement_overdue",
    "other_fee_overdue",
    "other_misc",
];
/// The single row 其他处理 of the 2019 form.
pub const OTHER_SINGLE: &str = "other_processing";

/// Rows of table 3 that are no result.
const NOT_RESULTS: [&str; 4] = ["received_new", "carried_in", "result_total", "carried_out"];

impl Format {
    /// The form.
    pub fn get(id: FormatId) -> &'static Self {
        static F2019: OnceLock<Format> = OnceLock::new();
        static F2021: OnceLock<Format> = OnceLock::new();
        let (cell, text) = match id {
            FormatId::F2019 => (&F2019, include_str!("../../data/report/2019.json")),
            FormatId::F2021 => (&F2021, include_str!("../../data/report/2021.json")),
        };
        cell.get_or_init(|| {
            serde_json::from_str(text).expect("built-in formats are checked by a test")
        })
    }

    /// The rows of table 3 of a report that prints the single row, or the
    /// three rows, of other results, whatever its form.
    pub fn table3_rows(&self, single_other: bool) -> Vec<&'static str> {
        let mut rows: Vec<&'static str> = Vec::new();
        let base = Self::get(FormatId::F2021);
        for row in &base.t3.rows {
            if OTHER_THREE.contains(&row.key.as_str()) {
                if single_other && !rows.contains(&OTHER_SINGLE) {
                    rows.push(OTHER_SINGLE);
                }
                if single_other {
                    continue;
                }
            }
            rows.push(&row.key);
        }
        rows
    }

    /// Every cell key of a report, in printed order.
    pub fn cell_keys(&self, single_other: bool) -> Vec<String> {
        let mut keys = Vec::new();
        for block in &self.t2 {
            for row in &block.rows {
                for column in &block.columns {
                    keys.push(format!("t2.{}.{}.{}", block.key, row.key, column.key));
                }
            }
        }
        for row in self.table3_rows(single_other) {
            for column in &self.t3.columns {
                keys.push(format!("t3.{row}.{}", column.key));
            }
        }
        for group in &self.t4 {
            for column in &group.columns {
                keys.push(format!("t4.{}.{}", group.key, column.key));
            }
        }
        keys
    }

    /// The identities inside one report.
    pub fn identities(&self, single_other: bool) -> Vec<Identity> {
        let mut identities = Vec::new();
        let rows = self.table3_rows(single_other);
        let (parts, total) = self.t3.columns.split_at(self.t3.columns.len() - 1);
        for row in &rows {
            identities.push(Identity {
                id: format!("T3-ROWSUM-{row}"),
                statement: "identity-rowsum",
                left: parts
                    .iter()
                    .map(|c| format!("t3.{row}.{}", c.key))
                    .collect(),
                right: vec![format!("t3.{row}.{}", total[0].key)],
            });
        }
        for column in &self.t3.columns {
            let key = |row: &str| format!("t3.{row}.{}", column.key);
            identities.push(Identity {
                id: format!("T3-RESULTSUM-{}", column.key),
                statement: "identity-resultsum",
                left: rows
                    .iter()
                    .filter(|row| !NOT_RESULTS.contains(row))
                    .map(|row| key(row))
                    .collect(),
                right: vec![key("result_total")],
            });
            identities.push(Identity {
                id: format!("T3-RECON-{}", column.key),
                statement: "identity-recon",
                left: vec![key("received_new"), key("carried_in")],
                right: vec![key("result_total"), key("carried_out")],
            });
        }
        for group in &self.t4 {
            let (parts, total) = group.columns.split_at(group.columns.len() - 1);
            identities.push(Identity {
                id: format!("T4-SUM-{}", group.key),
                statement: "identity-t4sum",
                left: parts
                    .iter()
                    .map(|c| format!("t4.{}.{}", group.key, c.key))
                    .collect(),
                right: vec![format!("t4.{}.{}", group.key, total[0].key)],
            });
        }
        identities
    }

    /// What a cell is called, in the words of the form.
    pub fn cell_label(&self, key: &str) -> String {
        let mut parts = key.split('.');
        let (table, first, second) = (parts.next(), parts.next(), parts.next());
        match (table, first, second, parts.next()) {
            (Some("t2"), Some(block), Some(row), Some(column)) => self
                .t2
                .iter()
                .find(|b| b.key == block)
                .and_then(|b| {
                    let row = b.rows.iter().find(|r| r.key == row)?;
                    let column = b.columns.iter().find(|c| c.key == column)?;
                    Some(format!("{}·{}", row.label, column.label))
                })
                .unwrap_or_else(|| key.to_owned()),
            (Some("t3"), Some(row), Some(column), None) => {
                let row = table3_row(row).map_or(row, |r| short_label(&r.label));
                let column = self
                    .t3
                    .columns
                    .iter()
                    .find(|c| c.key == column)
                    .map_or(column, |c| &c.label);
                format!("{row}·{column}")
            }
            (Some("t4"), Some(group), Some(column), None) => self
                .t4
                .iter()
                .find(|g| g.key == group)
                .and_then(|g| {
                    let column = g.columns.iter().find(|c| c.key == column)?;
                    Some(format!("{}·{}", g.path.join("·"), column.label))
                })
                .unwrap_or_else(|| key.to_owned()),
            _ => key.to_owned(),
        }
    }
}

/// A row of table 3 by its key, from whichever form has it.
pub fn table3_row(key: &str) -> Option<&'static Row> {
    [FormatId::F2021, FormatId::F2019]
        .into_iter()
        .find_map(|id| Format::get(id).t3.rows.iter().find(|row| row.key == key))
}

/// A label without the note in brackets that follows it.
fn short_label(label: &str) -> &str {
    label
        .char_indices()
        .skip(4)
        .find(|(_, c)| *c == '（')
        .map_or(label, |(at, _)| &label[..at])
}

/// An equation between cells: the sum of the left is the sum of the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Stable identifier.
    pub id: String,
    /// The catalogue entry that states it.
    pub statement: &'static str,
    /// Cells added up on the left.
    pub left: Vec<String>,
    /// Cells added up on the right.
    pub right: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_have_the_cells_and_identities_of_their_notices() {
        let new = Format::get(FormatId::F2021);
        let old = Format::get(FormatId::F2019);
        assert_eq!(new.cell_keys(false).len(), 200);
        assert_eq!(new.cell_keys(true).len(), 186);
        assert_eq!(old.cell_keys(true).len(), 198);
        assert_eq!(new.identities(false).len(), 42);
        assert_eq!(old.identities(true).len(), 40);
        assert_eq!(new.chapters.len(), 6);
    }

    #[test]
    fn every_identity_is_made_of_cells_of_the_form() {
        for (id, single) in [
            (FormatId::F2021, false),
            (FormatId::F2021, true),
            (FormatId::F2019, true),
        ] {
            let format = Format::get(id);
            let keys = format.cell_keys(single);
            for identity in format.identities(single) {
                for key in identity.left.iter().chain(&identity.right) {
                    assert!(keys.contains(key), "{key} of {}", identity.id);
                }
            }
        }
    }

    #[test]
    fn a_cell_is_called_by_the_words_of_the_form() {
        let format = Format::get(FormatId::F2021);
        let table = [
            ("t2.art20_1.rules.valid_now", "规章·现行有效件数"),
            ("t3.result_partial.total", "（二）部分公开·总计"),
            (
                "t4.litigation_after_review.pending",
                "行政诉讼·复议后起诉·尚未审结",
            ),
            ("t3.other_processing.org_other", "（六）其他处理·其他"),
        ];
        for (key, label) in table {
            assert_eq!(format.cell_label(key), label);
        }
    }
}
