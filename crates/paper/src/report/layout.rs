//! The statutory tables as they are printed: captions, headings with spans,
//! labels, and the places of the cells.

use gongkai_domain::report::format::{Format, FormatId, table3_row};

/// What a place of a table shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A caption, heading or label.
    Label(String),
    /// A cell of the report, by its key.
    Cell(String),
}

/// A place of a table with its spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// What it shows.
    pub content: Content,
    /// Rows it spans.
    pub rows: u16,
    /// Columns it spans.
    pub columns: u16,
    /// Whether it heads a row rather than a column.
    pub heads_row: bool,
}

impl Slot {
    fn head(text: &str, rows: u16, columns: u16) -> Self {
        Self {
            content: Content::Label(text.to_owned()),
            rows,
            columns,
            heads_row: false,
        }
    }

    fn row(text: &str, rows: u16, columns: u16) -> Self {
        Self {
            heads_row: true,
            ..Self::head(text, rows, columns)
        }
    }

    fn cell(key: String, columns: u16) -> Self {
        Self {
            content: Content::Cell(key),
            rows: 1,
            columns,
            heads_row: false,
        }
    }
}

/// A table as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Key: `t2`, `t3`, `t4`.
    pub key: &'static str,
    /// Its title.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Vec<Slot>>,
    /// Number of columns.
    pub columns: u16,
}

/// The three tables of a report.
pub fn tables(id: FormatId, single_other: bool) -> [Table; 3] {
    let format = Format::get(id);
    [table2(format), table3(format, single_other), table4(format)]
}

fn title(format: &Format, chapter: usize) -> String {
    format
        .chapters
        .iter()
        .find(|c| c.number == chapter)
        .map_or_else(String::new, |c| c.title.clone())
}

fn table2(format: &Format) -> Table {
    let mut rows = Vec::new();
    for block in &format.t2 {
        rows.push(vec![Slot::head(&block.caption, 1, 4)]);
        let mut heading = vec![Slot::head("信息内容", 1, 1)];
        heading.extend(
            block
                .columns
                .iter()
                .map(|column| Slot::head(&column.label, 1, column.span)),
        );
        rows.push(heading);
        for row in &block.rows {
            let mut slots = vec![Slot::row(&row.label, 1, 1)];
            slots.extend(block.columns.iter().map(|column| {
                let key = format!("t2.{}.{}.{}", block.key, row.key, column.key);
                Slot::cell(key, column.span)
            }));
            rows.push(slots);
        }
    }
    Table {
        key: "t2",
        title: title(format, 2),
        rows,
        columns: 4,
    }
}

fn table3(format: &Format, single_other: bool) -> Table {
    let t3 = &format.t3;
    let width = u16::try_from(t3.columns.len()).unwrap_or(7);
    let label = |index: usize| t3.columns.get(index).map_or("", |c| c.label.as_str());
    let mut rows = vec![
        vec![
            Slot::head(&t3.corner, 3, 3),
            Slot::head("申请人情况", 1, width),
        ],
        vec![
            Slot::head(label(0), 2, 1),
            Slot::head("法人或其他组织", 1, width - 2),
            Slot::head(label(t3.columns.len() - 1), 2, 1),
        ],
        t3.columns[1..t3.columns.len() - 1]
            .iter()
            .map(|column| Slot::head(&column.label, 1, 1))
            .collect(),
    ];
    let keys = format.table3_rows(single_other);
    let found: Vec<_> = keys.iter().filter_map(|key| table3_row(key)).collect();
    let results = found.iter().filter(|row| row.group.is_some()).count();
    let mut group_open = None;
    let mut results_open = false;
    for row in &found {
        let mut slots = Vec::new();
        match row.group.as_deref() {
            None => slots.push(Slot::row(&row.label, 1, 3)),
            Some(group) => {
                if !results_open {
                    let rows = u16::try_from(results).unwrap_or(1);
                    slots.push(Slot::row("三、本年度办理结果", rows, 1));
                    results_open = true;
                }
                if group == "results" {
                    slots.push(Slot::row(&row.label, 1, 2));
                } else {
                    if group_open != Some(group) {
                        let size = found
                            .iter()
                            .filter(|other| other.group.as_deref() == Some(group))
                            .count();
                        let label = Format::get(FormatId::F2021)
                            .t3
                            .groups
                            .iter()
                            .find(|g| g.key == group)
                            .map_or("", |g| g.label.as_str());
                        slots.push(Slot::row(label, u16::try_from(size).unwrap_or(1), 1));
                        group_open = Some(group);
                    }
                    slots.push(Slot::row(&row.label, 1, 1));
                }
            }
        }
        slots.extend(
            t3.columns
                .iter()
                .map(|column| Slot::cell(format!("t3.{}.{}", row.key, column.key), 1)),
        );
        rows.push(slots);
    }
    Table {
        key: "t3",
        title: title(format, 3),
        rows,
        columns: 3 + width,
    }
}

fn table4(format: &Format) -> Table {
    let width = |group: &gongkai_domain::report::format::Table4Group| {
        u16::try_from(group.columns.len()).unwrap_or(5)
    };
    let (review, suits): (Vec<_>, Vec<_>) = format.t4.iter().partition(|g| g.path.len() == 1);
    let total: u16 = format.t4.iter().map(width).sum();
    let suit_width: u16 = suits.iter().map(|g| width(g)).sum();
    let mut first: Vec<Slot> = review
        .iter()
        .map(|g| Slot::head(&g.path[0], 2, width(g)))
        .collect();
    first.push(Slot::head("行政诉讼", 1, suit_width));
    let second = suits
        .iter()
        .map(|g| Slot::head(g.path.last().map_or("", String::as_str), 1, width(g)))
        .collect();
    let columns = || {
        format
            .t4
            .iter()
            .flat_map(|g| g.columns.iter().map(move |c| (g, c)))
    };
    let third = columns().map(|(_, c)| Slot::head(&c.label, 1, 1)).collect();
    let cells = columns()
        .map(|(g, c)| Slot::cell(format!("t4.{}.{}", g.key, c.key), 1))
        .collect();
    Table {
        key: "t4",
        title: title(format, 4),
        rows: vec![first, second, third, cells],
        columns: total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_a_full_rectangle_of_the_cells_of_its_form() {
        for (id, single) in [
            (FormatId::F2021, false),
            (FormatId::F2021, true),
            (FormatId::F2019, true),
        ] {
            let mut keys = Vec::new();
            for table in tables(id, single) {
                let mut covered: Vec<u16> = vec![0; table.rows.len()];
                for (index, row) in table.rows.iter().enumerate() {
                    for slot in row {
                        for below in 0..usize::from(slot.rows) {
                            covered[index + below] += slot.columns;
                        }
                        if let Content::Cell(key) = &slot.content {
                            keys.push(key.clone());
                        }
                    }
                }
                for (index, width) in covered.iter().enumerate() {
                    assert_eq!(*width, table.columns, "{} row {index}", table.key);
                }
            }
            assert_eq!(keys, Format::get(id).cell_keys(single));
        }
    }
}
