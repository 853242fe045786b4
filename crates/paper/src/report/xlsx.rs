//! The tables set again as a workbook: true cells, merged as in the form.

use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::{CellState, Value};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, XlsxError};

use super::layout::{self, Content};
use crate::table::new_workbook;

/// Why a workbook was not made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written")]
pub struct WorkbookError(#[from] XlsxError);

/// The tables of a report as an XLSX file.
///
/// # Errors
/// [`WorkbookError`] if the writer refuses.
pub fn workbook(reading: &Reading) -> Result<Vec<u8>, WorkbookError> {
    let mut book = new_workbook()?;
    let base = || {
        Format::new()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap()
    };
    let label = base();
    let heading = base().set_align(FormatAlign::Center).set_bold();
    let number = base().set_align(FormatAlign::Center);
    let unsure = base()
        .set_align(FormatAlign::Center)
        .set_background_color("#FFF6DF");
    for table in layout::tables(reading.format, reading.single_other) {
        let sheet = book.add_worksheet();
        sheet.set_name(format!("表{}", &table.key[1..]))?;
        let width = if table.key == "t3" { 3 } else { 1 };
        for column in 0..table.columns {
            sheet.set_column_width(column, if column < width { 22.0 } else { 11.0 })?;
        }
        sheet.merge_range(0, 0, 0, table.columns - 1, &table.title, &heading)?;
        let mut covered = vec![0u16; usize::from(table.columns)];
        for (row, slots) in (1u32..).zip(&table.rows) {
            let mut column = 0u16;
            for slot in slots {
                while covered
                    .get(usize::from(column))
                    .is_some_and(|left| *left > 0)
                {
                    column += 1;
                }
                let last_row = row + u32::from(slot.rows) - 1;
                let last_column = column + slot.columns - 1;
                let style = match &slot.content {
                    Content::Label(_) if slot.heads_row => &label,
                    Content::Label(_) => &heading,
                    Content::Cell(key) => match reading.cell(key).map(|cell| &cell.state) {
                        Some(CellState::Certain(_)) => &number,
                        _ => &unsure,
                    },
                };
                if slot.rows > 1 || slot.columns > 1 {
                    sheet.merge_range(row, column, last_row, last_column, "", style)?;
                }
                match &slot.content {
                    // Text is written as text: a label that begins with `=`
                    // never becomes a formula.
                    Content::Label(text) => {
                        sheet.write_string_with_format(row, column, text, style)?;
                    }
                    Content::Cell(key) => match reading.cell(key).map(|cell| &cell.state) {
                        Some(CellState::Certain(Value::Integer(n))) => {
                            let n = n.to_f64().unwrap_or_default();
                            sheet.write_number_with_format(row, column, n, style)?;
                        }
                        Some(CellState::Certain(Value::Decimal(d))) => {
                            let n = d.to_f64().unwrap_or_default();
                            sheet.write_number_with_format(row, column, n, style)?;
                        }
                        Some(CellState::Certain(Value::Null)) | None => {
                            sheet.write_blank(row, column, style)?;
                        }
                        Some(CellState::Uncertain(candidates)) => {
                            let texts: Vec<String> =
                                candidates.iter().take(4).map(ToString::to_string).collect();
                            let text = format!("？{}", texts.join("／"));
                            sheet.write_string_with_format(row, column, text, style)?;
                        }
                    },
                }
                for left in &mut covered[usize::from(column)..=usize::from(last_column)] {
                    *left = slot.rows;
                }
                column = last_column + 1;
            }
            for left in &mut covered {
                *left = left.saturating_sub(1);
            }
        }
    }
    Ok(book.save_to_buffer()?)
}
