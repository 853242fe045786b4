//! Office files of a report, written without the reader's own libraries for
//! DOCX so that both sides are not wrong together.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zip::write::SimpleFileOptions;

use crate::layouts::Printed;

/// Writes the parts of a package.
///
/// # Errors
/// If the archive cannot be written.
pub fn package(parts: &[(&str, &str)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default())?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// How wide the columns of a Word document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Widths {
    /// As an office sets them: labels wide, numbers narrow, lines drawn.
    Set,
    /// All alike and without lines: labels and even numbers wrap.
    Alike,
}

/// Opens a table with columns of these widths, in twentieths of a point.
fn open_table(widths: Widths, columns: &[u32]) -> String {
    if widths == Widths::Alike {
        return "<w:tbl>".to_owned();
    }
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .iter()
        .map(|side| {
            format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>")
        })
        .collect();
    let grid: String = columns
        .iter()
        .map(|width| format!("<w:gridCol w:w=\"{width}\"/>"))
        .collect();
    let total: u32 = columns.iter().sum();
    format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"{total}\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"20\" w:type=\"dxa\"/><w:right w:w=\"20\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
    )
}

/// The report as a Word document with merged cells.
///
/// # Errors
/// If the archive cannot be written.
pub fn docx(printed: &Printed, widths: Widths) -> zip::result::ZipResult<Vec<u8>> {
    let mut body = String::new();
    let paragraph = |text: &str| {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
        format!("<w:p><w:r><w:t xml:space=\"preserve\">{escaped}</w:t></w:r></w:p>")
    };
    let cell = |text: &str, columns: u16, merge: Option<&str>| {
        let span = if columns > 1 {
            format!("<w:gridSpan w:val=\"{columns}\"/>")
        } else {
            String::new()
        };
        let merge = match merge {
            Some("restart") => "<w:vMerge w:val=\"restart\"/>",
            Some(_) => "<w:vMerge/>",
            None => "",
        };
        format!(
            "<w:tc><w:tcPr>{span}{merge}</w:tcPr>{}</w:tc>",
            paragraph(text)
        )
    };
    for text in [
        printed.title.as_str(),
        "一、总体情况",
        "坚持公开。",
        "二、主动公开政府信息情况",
    ] {
        body.push_str(&paragraph(text));
    }
    body.push_str(&open_table(widths, &[3000, 2000, 2000, 2000]));
    for block in &printed.blocks {
        body.push_str(&format!("<w:tr>{}</w:tr>", cell(&block.caption, 4, None)));
        body.push_str("<w:tr>");
        body.push_str(&cell("信息内容", 1, None));
        for (heading, span) in &block.headings {
            body.push_str(&cell(heading, *span, None));
        }
        body.push_str("</w:tr>");
        for (label, values) in &block.rows {
            body.push_str("<w:tr>");
            body.push_str(&cell(label, 1, None));
            for (value, (_, span)) in values.iter().zip(&block.headings) {
                body.push_str(&cell(value, *span, None));
            }
            body.push_str("</w:tr>");
        }
    }
    body.push_str("</w:tbl>");
    body.push_str(&paragraph("三、收到和处理政府信息公开申请情况"));
    body.push_str(&open_table(
        widths,
        &[700, 900, 1750, 850, 850, 850, 850, 850, 850, 850],
    ));
    let mut first = true;
    let mut in_group = 0;
    for row in &printed.rows {
        body.push_str("<w:tr>");
        if row.wide {
            body.push_str(&cell(&row.label, 3, None));
        } else {
            body.push_str(&cell(
                if first {
                    "三、本年度办理结果"
                } else {
                    ""
                },
                1,
                Some(if first { "restart" } else { "continue" }),
            ));
            first = false;
            if let Some((label, size)) = &row.group {
                in_group = *size;
                body.push_str(&cell(label, 1, Some("restart")));
                body.push_str(&cell(&row.label, 1, None));
            } else if in_group > 0 {
                body.push_str(&cell("", 1, Some("continue")));
                body.push_str(&cell(&row.label, 1, None));
            } else {
                body.push_str(&cell(&row.label, 2, None));
            }
            in_group = in_group.saturating_sub(1);
        }
        for value in &row.values {
            body.push_str(&cell(value, 1, None));
        }
        body.push_str("</w:tr>");
    }
    body.push_str("</w:tbl>");
    body.push_str(&paragraph("四、政府信息公开行政复议、行政诉讼情况"));
    body.push_str(&open_table(widths, &[700; 15]));
    body.push_str("<w:tr>");
    for _ in 0..3 {
        for heading in ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] {
            body.push_str(&cell(heading, 1, None));
        }
    }
    body.push_str("</w:tr><w:tr>");
    for value in &printed.disputes {
        body.push_str(&cell(value, 1, None));
    }
    body.push_str("</w:tr></w:tbl>");
    for text in [
        "五、存在的主要问题及改进情况",
        "将改进。",
        "六、其他需要报告的事项",
        "无。",
    ] {
        body.push_str(&paragraph(text));
    }
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    package(&[
        (
            "[Content_Types].xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
        ),
        (
            "_rels/.rels",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>",
        ),
        ("word/document.xml", &document),
    ])
}

/// The report as a workbook, a sheet per table, with merged labels.
///
/// # Errors
/// If the writer refuses.
pub fn xlsx(printed: &Printed) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let plain = Format::new();
    let number = |text: &str| text.parse::<f64>();
    let sheet = book.add_worksheet();
    let mut at = 0;
    sheet.write_string(at, 0, &printed.title)?;
    for block in &printed.blocks {
        at += 1;
        sheet.merge_range(at, 0, at, 3, &block.caption, &plain)?;
        at += 1;
        sheet.write_string(at, 0, "信息内容")?;
        for (column, (heading, span)) in (1u16..).zip(&block.headings) {
            if *span > 1 {
                sheet.merge_range(at, column, at, column + span - 1, heading, &plain)?;
            } else {
                sheet.write_string(at, column, heading)?;
            }
        }
        for (label, values) in &block.rows {
            at += 1;
            sheet.write_string(at, 0, label)?;
            for (column, value) in (1u16..).zip(values) {
                match number(value) {
                    Ok(n) => sheet.write_number(at, column, n)?,
                    Err(_) => sheet.write_string(at, column, value)?,
                };
            }
        }
    }
    let sheet = book.add_worksheet();
    for (column, heading) in (3u16..).zip(crate::layouts::APPLICANT_HEADINGS) {
        sheet.write_string(0, column, heading)?;
    }
    for (at, row) in (1u32..).zip(&printed.rows) {
        if let Some((label, _)) = &row.group {
            sheet.write_string(at, 1, label)?;
        }
        sheet.write_string(at, if row.wide { 0 } else { 2 }, &row.label)?;
        for (column, value) in (3u16..).zip(&row.values) {
            sheet.write_number(at, column, number(value).unwrap_or_default())?;
        }
    }
    let sheet = book.add_worksheet();
    for (column, value) in (0u16..).zip(&printed.disputes) {
        let heading =
            ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"][usize::from(column) % 5];
        sheet.write_string(0, column, heading)?;
        sheet.write_number(1, column, number(value).unwrap_or_default())?;
    }
    book.save_to_buffer()
}
