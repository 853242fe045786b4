//! Ways a table ends up in a file: six styles of HTML, Markdown, and the
//! flattenings of text that real reports show.

use gongkai_domain::report::format::{Format, FormatId, table3_row};

use crate::corpus::CellSet;

/// The headings above the seven columns of table 3 (国办公开办函〔2021〕30号).
pub const APPLICANT_HEADINGS: [&str; 7] = [
    "自然人",
    "商业企业",
    "科研机构",
    "社会公益组织",
    "法律服务机构",
    "其他",
    "总计",
];

/// A printed row: group label that begins with it, own label, values.
#[derive(Debug, Clone)]
pub struct PrintedRow {
    /// Group label and the number of rows it spans.
    pub group: Option<(String, usize)>,
    /// Label.
    pub label: String,
    /// Whether the label spans the columns of the groups.
    pub wide: bool,
    /// Values as printed.
    pub values: Vec<String>,
}

/// A block of table 2.
#[derive(Debug, Clone)]
pub struct PrintedBlock {
    /// Caption.
    pub caption: String,
    /// Headings after the label.
    pub headings: Vec<(String, u16)>,
    /// Rows: label and values.
    pub rows: Vec<(String, Vec<String>)>,
}

/// The tables of a set as text, in order.
#[derive(Debug, Clone)]
pub struct Printed {
    /// Title of the report.
    pub title: String,
    /// The notice it cites.
    pub notice: &'static str,
    /// Report year.
    pub year: i16,
    /// Table 2.
    pub blocks: Vec<PrintedBlock>,
    /// Table 3.
    pub rows: Vec<PrintedRow>,
    /// Table 4.
    pub disputes: Vec<String>,
}

const CORNER: &str = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）";
const APPLICANTS: [&str; 5] = [
    "商业企业",
    "科研机构",
    "社会公益组织",
    "法律服务机构",
    "其他",
];
const RESULTS: [&str; 5] = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"];

/// Sets the cells out in printed order.
pub fn print(set: &CellSet) -> Printed {
    let form = Format::get(set.format);
    let value = |key: String| set.cells.get(&key).cloned().unwrap_or_default();
    let blocks = form
        .t2
        .iter()
        .map(|block| PrintedBlock {
            caption: block.caption.clone(),
            headings: block
                .columns
                .iter()
                .map(|column| (column.label.clone(), column.span))
                .collect(),
            rows: block
                .rows
                .iter()
                .map(|row| {
                    let values = block
                        .columns
                        .iter()
                        .map(|c| value(format!("t2.{}.{}.{}", block.key, row.key, c.key)))
                        .collect();
                    (row.label.clone(), values)
                })
                .collect(),
        })
        .collect();
    let keys = form.table3_rows(set.single_other);
    let group_of = |key: &str| table3_row(key).and_then(|row| row.group.clone());
    let mut open: Option<String> = None;
    let rows = keys
        .iter()
        .filter_map(|key| {
            let row = table3_row(key)?;
            let group = group_of(key).filter(|group| group != "results");
            let begins = group.is_some() && group != open;
            open.clone_from(&group);
            Some(PrintedRow {
                group: begins.then(|| {
                    let size = keys.iter().filter(|k| group_of(k) == group).count();
                    let label = Format::get(FormatId::F2021)
                        .t3
                        .groups
                        .iter()
                        .find(|g| Some(&g.key) == group.as_ref())
                        .map_or(String::new(), |g| g.label.clone());
                    (label, size)
                }),
                label: row.label.clone(),
                wide: row.group.is_none(),
                values: form
                    .t3
                    .columns
                    .iter()
                    .map(|column| value(format!("t3.{key}.{}", column.key)))
                    .collect(),
            })
        })
        .collect();
    let disputes = form
        .t4
        .iter()
        .flat_map(|group| {
            let value = &value;
            group
                .columns
                .iter()
                .map(move |column| value(format!("t4.{}.{}", group.key, column.key)))
        })
        .collect();
    Printed {
        title: format!("{}{}年政府信息公开工作年度报告", set.organization, set.year),
        notice: match set.format {
            FormatId::F2019 => "国办公开办函〔2019〕60号",
            FormatId::F2021 => "国办公开办函〔2021〕30号",
        },
        year: set.year,
        blocks,
        rows,
        disputes,
    }
}

/// Ways of writing a table in HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HtmlStyle {
    /// As the form: spans, `<td>`.
    Statutory,
    /// `<th>`, `<thead>`, scopes.
    Modern,
    /// Pasted from Word: fonts, spans and paragraphs in every cell.
    Word,
    /// Cells and rows never closed.
    Unclosed,
    /// Within a table that lays out the page, among menus.
    Nested,
    /// Empty cells in place of row spans, an empty column at the end.
    EmptyCells,
}

/// All styles.
pub const HTML_STYLES: [HtmlStyle; 6] = [
    HtmlStyle::Statutory,
    HtmlStyle::Modern,
    HtmlStyle::Word,
    HtmlStyle::Unclosed,
    HtmlStyle::Nested,
    HtmlStyle::EmptyCells,
];

struct Html {
    style: HtmlStyle,
    out: String,
}

impl Html {
    fn cell(&mut self, text: &str, rows: usize, columns: usize, head: bool) {
        let tag = if head && self.style == HtmlStyle::Modern {
            "th"
        } else {
            "td"
        };
        self.out.push('<');
        self.out.push_str(tag);
        if rows > 1 {
            self.out.push_str(&format!(" rowspan=\"{rows}\""));
        }
        if columns > 1 {
            self.out.push_str(&format!(" colspan={columns}"));
        }
        if self.style == HtmlStyle::Word {
            self.out.push_str(
                " style=\"border:1px solid windowtext;padding:0 5.4pt\"><p class=\"MsoNormal\"><span lang=\"EN-US\" style=\"font-family:仿宋\">",
            );
            self.out.push_str(&text.replace('、', "</span><span>、"));
            self.out.push_str("<o:p></o:p></span></p>");
        } else {
            self.out.push('>');
            self.out.push_str(text);
        }
        if self.style != HtmlStyle::Unclosed {
            self.out.push_str(&format!("</{tag}>"));
        }
    }

    fn row(&mut self, fill: impl FnOnce(&mut Self)) {
        self.out.push_str("<tr>");
        fill(self);
        if self.style == HtmlStyle::EmptyCells {
            self.out.push_str("<td></td>");
        }
        if self.style != HtmlStyle::Unclosed {
            self.out.push_str("</tr>\n");
        }
    }

    fn heading(&mut self, text: &str) {
        self.out
            .push_str(&format!("<p><strong>{text}</strong></p>\n"));
    }
}

const PROSE_1: &str = "本机关坚持以公开为常态，不断完善制度。";
const PROSE_5: &str = "存在公开内容不够丰富的问题，下一步将认真改进。";

/// The report as a page.
pub fn html(printed: &Printed, style: HtmlStyle) -> String {
    let mut html = Html {
        style,
        out: format!(
            "<!DOCTYPE html><html><head><meta charset=utf-8><title>{}</title><script>var a='<td>1</td>'</script></head><body>",
            printed.title
        ),
    };
    if style == HtmlStyle::Nested {
        html.out
            .push_str("<table width=100%><tr><td><ul><li>首页 1<li>政务公开 2</ul><td>");
    }
    html.out.push_str(&format!("<h1>{}</h1>", printed.title));
    html.out.push_str(&format!(
        "<p>根据{}编制，统计期限为{}年1月1日至{}年12月31日。</p>",
        printed.notice, printed.year, printed.year
    ));
    html.heading("一、总体情况");
    html.out.push_str(&format!("<p>{PROSE_1}</p>"));
    html.heading("二、主动公开政府信息情况");
    html.out.push_str("<table>");
    for block in &printed.blocks {
        html.row(|h| h.cell(&block.caption, 1, 4, true));
        html.row(|h| {
            h.cell("信息内容", 1, 1, true);
            for (heading, span) in &block.headings {
                h.cell(heading, 1, usize::from(*span), true);
            }
        });
        for (label, values) in &block.rows {
            html.row(|h| {
                h.cell(label, 1, 1, true);
                for (value, (_, span)) in values.iter().zip(&block.headings) {
                    h.cell(value, 1, usize::from(*span), false);
                }
            });
        }
    }
    html.out.push_str("</table>");
    html.heading("三、收到和处理政府信息公开申请情况");
    table3(&mut html, printed);
    html.heading("四、政府信息公开行政复议、行政诉讼情况");
    html.out.push_str("<table>");
    html.row(|h| {
        h.cell("行政复议", 2, 5, true);
        h.cell("行政诉讼", 1, 10, true);
    });
    html.row(|h| {
        h.cell("未经复议直接起诉", 1, 5, true);
        h.cell("复议后起诉", 1, 5, true);
    });
    html.row(|h| {
        for _ in 0..3 {
            for result in RESULTS {
                h.cell(&format!("{}<br>{}", &result[..6], &result[6..]), 1, 1, true);
            }
        }
    });
    html.row(|h| {
        for value in &printed.disputes {
            h.cell(value, 1, 1, false);
        }
    });
    html.out.push_str("</table>");
    html.heading("五、存在的主要问题及改进情况");
    html.out.push_str(&format!("<p>{PROSE_5}</p>"));
    html.heading("六、其他需要报告的事项");
    html.out.push_str("<p>无。</p>");
    if style == HtmlStyle::Nested {
        html.out.push_str("</table>");
    }
    html.out.push_str("</body></html>");
    html.out
}

fn table3(html: &mut Html, printed: &Printed) {
    let empty = html.style == HtmlStyle::EmptyCells;
    html.out.push_str("<table>");
    html.row(|h| {
        h.cell(CORNER, 3, 3, true);
        h.cell("申请人情况", 1, 7, true);
    });
    html.row(|h| {
        h.cell("自然人", if empty { 1 } else { 2 }, 1, true);
        h.cell("法人或其他组织", 1, 5, true);
        h.cell("总计", if empty { 1 } else { 2 }, 1, true);
    });
    html.row(|h| {
        if empty {
            h.cell("", 1, 1, true);
        }
        for applicant in APPLICANTS {
            h.cell(applicant, 1, 1, true);
        }
        if empty {
            h.cell("", 1, 1, true);
        }
    });
    let results = printed.rows.iter().filter(|row| !row.wide).count();
    let mut first = true;
    let mut in_group = 0;
    for row in &printed.rows {
        html.row(|h| {
            if row.wide {
                h.cell(&row.label, 1, 3, true);
            } else {
                if first {
                    h.cell("三、本年度办理结果", results, 1, true);
                    first = false;
                }
                if let Some((label, size)) = &row.group {
                    h.cell(label, *size, 1, true);
                    in_group = *size;
                }
                let columns = if in_group > 0 { 1 } else { 2 };
                in_group = in_group.saturating_sub(1);
                h.cell(&row.label, 1, columns, true);
            }
            for value in &row.values {
                h.cell(value, 1, 1, false);
            }
        });
    }
    html.out.push_str("</table>");
}

/// Ways in which a table is flattened into text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flattening {
    /// A row a line, bars between cells, empty spans left over.
    Bars,
    /// A cell a line, a bar after each.
    BarPerLine,
    /// A cell a line, blank lines between.
    BlankLines,
    /// All on one line, single spaces between.
    SingleSpaces,
    /// Tabs between cells.
    Tabs,
    /// Labels wrapped around their row, as printed PDFs give them.
    Wrapped,
    /// Headings split, group labels repeated as at a page break, page numbers.
    PageBreaks,
    /// Values as `０`, headings in traditional characters.
    FullWidth,
    /// Digits of a row run together.
    Glued,
}

/// The flattenings that keep values apart.
pub const FLATTENINGS: [Flattening; 8] = [
    Flattening::Bars,
    Flattening::BarPerLine,
    Flattening::BlankLines,
    Flattening::SingleSpaces,
    Flattening::Tabs,
    Flattening::Wrapped,
    Flattening::PageBreaks,
    Flattening::FullWidth,
];

/// The report as text.
pub fn text(printed: &Printed, way: Flattening) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let owned = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    let mut out = format!(
        "{}\n根据{}编制，统计期限为{}年1月1日至{}年12月31日。\n一、总体情况\n{PROSE_1}\n二、主动公开政府信息情况\n",
        printed.title, printed.notice, printed.year, printed.year
    );
    for block in &printed.blocks {
        rows.push(owned(&[&block.caption]));
        let mut heading = owned(&["信息内容"]);
        heading.extend(block.headings.iter().map(|(label, _)| label.clone()));
        rows.push(heading);
        for (label, values) in &block.rows {
            rows.push(std::iter::once(label).chain(values).cloned().collect());
        }
    }
    flatten(&rows, way, &mut out);
    out.push_str("\n三、收到和处理政府信息公开申请情况\n");
    rows.clear();
    rows.push(owned(&[CORNER, "申请人情况"]));
    rows.push(owned(&["自然人", "法人或其他组织", "总计"]));
    rows.push(APPLICANTS.iter().map(|a| (*a).to_owned()).collect());
    let mut first = true;
    for (index, row) in printed.rows.iter().enumerate() {
        let mut cells = Vec::new();
        if !row.wide && (first || (way == Flattening::PageBreaks && index == 13)) {
            cells.push("三、本年度办理结果".to_owned());
            first = false;
        }
        if let Some((label, _)) = &row.group {
            cells.push(label.clone());
        }
        cells.push(row.label.clone());
        cells.extend(row.values.iter().cloned());
        rows.push(cells);
        if way == Flattening::PageBreaks && index == 12 {
            rows.push(owned(&["- 3 -"]));
        }
    }
    flatten(&rows, way, &mut out);
    out.push_str("\n四、政府信息公开行政复议、行政诉讼情况\n");
    rows.clear();
    rows.push(owned(&["行政复议", "行政诉讼"]));
    rows.push(owned(&["未经复议直接起诉", "复议后起诉"]));
    let results = (0..3)
        .flat_map(|_| RESULTS)
        .map(ToOwned::to_owned)
        .collect();
    rows.push(results);
    rows.push(printed.disputes.clone());
    flatten(&rows, way, &mut out);
    out.push_str(&format!(
        "\n五、存在的主要问题及改进情况\n{PROSE_5}\n六、其他需要报告的事项\n无。\n"
    ));
    out
}

fn is_value(cell: &str) -> bool {
    cell.trim_start_matches(['-', '+'])
        .starts_with(|c: char| c.is_ascii_digit())
        && !cell.contains(['、', '属', '章'])
        && !cell.chars().any(|c| c > '\u{2e80}')
}

fn flatten(rows: &[Vec<String>], way: Flattening, out: &mut String) {
    for row in rows {
        match way {
            Flattening::Bars => {
                out.push_str(&row.join(" | "));
                out.push_str(" |");
                // What spans left behind.
                if row.len() < 10 {
                    out.push_str(" ||");
                }
                out.push('\n');
            }
            Flattening::BarPerLine => {
                for cell in row {
                    out.push_str(cell);
                    out.push_str(" |\n");
                }
                if row.len() == 8 {
                    out.push_str("||\n");
                }
            }
            Flattening::BlankLines => {
                for cell in row {
                    out.push_str(cell);
                    out.push_str("\n\n");
                }
            }
            Flattening::SingleSpaces => {
                out.push_str(&row.join(" "));
                out.push(' ');
            }
            Flattening::Tabs => {
                out.push_str(&row.join("\t"));
                out.push('\n');
            }
            Flattening::Wrapped => wrapped(row, out),
            Flattening::PageBreaks => {
                if row.len() == 1 && row[0].starts_with('-') {
                    out.push_str(&format!("\n{}\n\u{c}", row[0]));
                } else {
                    out.push_str(&row.join("  "));
                    out.push('\n');
                }
            }
            Flattening::FullWidth => {
                let wide: String = row
                    .join("　")
                    .chars()
                    .map(|c| match c {
                        '0'..='9' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
                        '总' => '總',
                        '条' => '條',
                        '结' => '結',
                        '处' => '處',
                        '开' => '開',
                        _ => c,
                    })
                    .collect();
                out.push_str(&wide);
                out.push('\n');
            }
            Flattening::Glued => out.push_str(&row.concat()),
        }
    }
}

/// A long label begins on the line before its values and ends on the line
/// after them.
fn wrapped(row: &[String], out: &mut String) {
    let values: Vec<&str> = row
        .iter()
        .filter(|cell| is_value(cell))
        .map(String::as_str)
        .collect();
    let labels: Vec<&str> = row
        .iter()
        .filter(|cell| !is_value(cell))
        .map(String::as_str)
        .collect();
    // Labels of groups stand on lines of their own.
    let (groups, label) = match labels.split_last() {
        Some((last, groups)) if values.len() == 7 => (groups.join("\n"), (*last).to_owned()),
        _ => (String::new(), labels.join(" ")),
    };
    if !groups.is_empty() {
        out.push_str(&format!(" {groups}\n"));
    }
    let length = label.chars().count();
    if values.len() == 7 && length > 10 {
        let cut = length * 3 / 5;
        let head: String = label.chars().take(cut).collect();
        let tail: String = label.chars().skip(cut).collect();
        out.push_str(&format!(
            "     {head}\n            {}\n     {tail}\n",
            values.join("     ")
        ));
    } else {
        out.push_str(&format!("  {label}      {}\n", values.join("    ")));
    }
}

/// The report as Markdown with pipe tables.
pub fn markdown(printed: &Printed) -> String {
    let mut out = format!(
        "# {}\n\n## 一、总体情况\n\n{PROSE_1}\n\n## 二、主动公开政府信息情况\n\n",
        printed.title
    );
    let line = |cells: &[String], width: usize| {
        let mut cells = cells.to_vec();
        cells.resize(width, String::new());
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = |width: usize| format!("|{}\n", " --- |".repeat(width));
    for (index, block) in printed.blocks.iter().enumerate() {
        out.push_str(&line(std::slice::from_ref(&block.caption), 4));
        if index == 0 {
            out.push_str(&rule(4));
        }
        let mut heading = vec!["信息内容".to_owned()];
        heading.extend(block.headings.iter().map(|(label, _)| label.clone()));
        out.push_str(&line(&heading, 4));
        for (label, values) in &block.rows {
            let cells: Vec<String> = std::iter::once(label).chain(values).cloned().collect();
            out.push_str(&line(&cells, 4));
        }
    }
    out.push_str("\n## 三、收到和处理政府信息公开申请情况\n\n");
    let heading: Vec<String> = std::iter::once("项目")
        .chain(APPLICANT_HEADINGS)
        .map(ToOwned::to_owned)
        .collect();
    out.push_str(&line(&heading, 8));
    out.push_str(&rule(8));
    for row in &printed.rows {
        let label = row.group.as_ref().map_or(row.label.clone(), |(group, _)| {
            format!("{group} {}", row.label)
        });
        let cells: Vec<String> = std::iter::once(label)
            .chain(row.values.iter().cloned())
            .collect();
        out.push_str(&line(&cells, 8));
    }
    out.push_str("\n## 四、政府信息公开行政复议、行政诉讼情况\n\n");
    let heading: Vec<String> = (0..3)
        .flat_map(|_| RESULTS)
        .map(ToOwned::to_owned)
        .collect();
    out.push_str(&line(&heading, 15));
    out.push_str(&rule(15));
    out.push_str(&line(&printed.disputes, 15));
    out.push_str(&format!(
        "\n## 五、存在的主要问题及改进情况\n\n{PROSE_5}\n\n## 六、其他需要报告的事项\n\n无。\n"
    ));
    out
}
