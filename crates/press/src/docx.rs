//! Letters and reports as Word documents, in the same layout, for an office
//! that goes on writing in them. The fonts are named, not carried along: Word
//! takes those of the machine.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BorderType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum,
    Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts,
    SpecialIndentType, Table, TableCell, TableRow, VAlignType, VMergeType, WidthType,
};
use gongkai_domain::letters::compose::Letter;

use crate::fonts::PressError;
use crate::sheet::{self, Block, Cell, Sheet};

const FANG: &str = "仿宋";
const TITLE: &str = "方正小标宋简体";
const SONG: &str = "宋体";
const HEI: &str = "黑体";

/// Of the agency's name and the line below it.
const RED: &str = "D7000F";

/// Half points.
const SIZE_3: usize = 32;
const SIZE_2: usize = 44;
const SIZE_MARK: usize = 60;
const SIZE_4: usize = 28;
const SIZE_5: usize = 21;
const SIZE_SMALL: usize = 18;
/// Twentieths of a point: 28.95 pt.
const PITCH: i32 = 579;
/// Twentieths of a point: two characters of 16 pt.
const TWO: i32 = 640;

fn fonts(name: &str) -> RunFonts {
    RunFonts::new().ascii(name).hi_ansi(name).east_asia(name)
}

fn run(text: &str, font: &str, size: usize) -> Run {
    Run::new().add_text(text).fonts(fonts(font)).size(size)
}

fn exact(line: i32) -> LineSpacing {
    LineSpacing::new()
        .line_rule(LineSpacingType::Exact)
        .line(line)
}

fn line(text: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, FANG, SIZE_3))
        .line_spacing(exact(PITCH))
}

fn paragraph(text: &str) -> Paragraph {
    line(text).align(AlignmentType::Both).indent(
        None,
        Some(SpecialIndentType::FirstLine(TWO)),
        None,
        None,
    )
}

fn title(text: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, TITLE, SIZE_2))
        .align(AlignmentType::Center)
        .outline_lvl(0)
        .line_spacing(exact(720))
}

fn page() -> Docx {
    let footer = Paragraph::new()
        .align(AlignmentType::Right)
        .add_run(run("— ", SONG, SIZE_4))
        .add_page_num(PageNum::new())
        .add_run(run(" —", SONG, SIZE_4));
    let margin = PageMargin::new()
        .top(2098)
        .bottom(1984)
        .left(1587)
        .right(1474)
        .footer(1400);
    Docx::new()
        .page_size(11906, 16838)
        .page_margin(margin)
        .default_fonts(fonts(FANG))
        .default_size(SIZE_3)
        .footer(Footer::new().add_paragraph(footer))
}

fn written(docx: Docx) -> Result<Vec<u8>, PressError> {
    let mut bytes = Cursor::new(Vec::new());
    let packed = docx.build().pack(&mut bytes);
    packed.map_err(|error| PressError::Failed(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// About how wide a line is: figures and Latin letters take half a character.
fn width(text: &str) -> i32 {
    let each = text
        .chars()
        .map(|c| if c.is_ascii() { TWO / 4 } else { TWO / 2 });
    each.sum()
}

/// Writes a letter.
///
/// # Errors
/// That it could not be packed.
pub fn letter(letter: &Letter) -> Result<Vec<u8>, PressError> {
    let mark = Run::new()
        .add_text(&letter.agency)
        .fonts(fonts(TITLE))
        .size(SIZE_MARK)
        .color(RED);
    let mut mark = Paragraph::new().add_run(mark).align(AlignmentType::Center);
    let line_below = ParagraphBorder::new(ParagraphBorderPosition::Bottom)
        .val(BorderType::ThickThinSmallGap)
        .size(24)
        .space(8)
        .color(RED);
    let lines = ParagraphBorders::with_empty().set(line_below);
    mark.property = mark.property.set_borders(lines);
    // 10.1: the first page bears no number.
    let mut docx = page().first_footer(Footer::new().add_paragraph(Paragraph::new()));
    docx = docx.add_paragraph(mark);
    if !letter.number.is_empty() {
        docx = docx.add_paragraph(line(&letter.number).align(AlignmentType::Right));
    }
    docx = docx
        .add_paragraph(line(""))
        .add_paragraph(title(&letter.title))
        .add_paragraph(line(""))
        .add_paragraph(line(&format!("{}：", letter.addressee)));
    for text in &letter.paragraphs {
        docx = docx.add_paragraph(paragraph(text));
    }
    if !letter.attachments.is_empty() {
        docx = docx.add_paragraph(line(""));
    }
    for (name, number) in letter.attachments.iter().zip(1..) {
        let text = match (letter.attachments.len(), number) {
            (1, _) => format!("附件：{name}"),
            (_, 1) => format!("附件：1.{name}"),
            _ => format!("　　　{number}.{name}"),
        };
        docx = docx.add_paragraph(paragraph(&text));
    }
    // Room for the seal; the day stands four characters from the right, the
    // name is centred over it.
    let (name, day) = (width(&letter.agency), width(&letter.day()));
    let centre = (2 * TWO + day / 2).max(name / 2);
    let right = |text: &str, twips: i32| {
        line(text)
            .align(AlignmentType::Right)
            .indent(None, None, Some(twips), None)
            .keep_lines(true)
    };
    docx = docx
        .add_paragraph(line("").keep_next(true))
        .add_paragraph(line("").keep_next(true))
        .add_paragraph(right(&letter.agency, centre - name / 2).keep_next(true))
        .add_paragraph(
            right(&letter.day(), centre - day / 2).keep_next(!letter.contact.is_empty()),
        );
    if !letter.contact.is_empty() {
        docx = docx.add_paragraph(paragraph(&letter.contact));
    }
    let count = letter.slip.len();
    for (text, at) in letter.slip.iter().zip(0..) {
        docx = docx.add_paragraph(match at {
            0 => title(text).page_break_before(true),
            1 => line(text),
            _ if at + 1 == count => right(text, TWO),
            _ if text.starts_with("____") => line(&"＿".repeat(27)),
            _ if text.ends_with('：') && text.chars().count() <= 22 => {
                let room = 26usize.saturating_sub(text.chars().count());
                paragraph(&format!("{text}{}", "＿".repeat(room)))
            }
            _ => paragraph(text),
        });
    }
    written(docx)
}

/// Writes a report.
///
/// # Errors
/// That it could not be packed.
pub fn report(sheet: &Sheet) -> Result<Vec<u8>, PressError> {
    let mut docx = page()
        .add_paragraph(title(&sheet.title))
        .add_paragraph(line(""));
    for block in &sheet.blocks {
        docx = match block {
            Block::Heading(text) => docx.add_paragraph(
                Paragraph::new()
                    .add_run(run(text, HEI, SIZE_3))
                    .line_spacing(exact(PITCH))
                    .outline_lvl(1)
                    .keep_next(true)
                    .indent(None, Some(SpecialIndentType::FirstLine(TWO)), None, None),
            ),
            Block::Paragraph(text) => docx.add_paragraph(paragraph(text)),
            Block::Table(columns, rows) => docx
                .add_table(table(*columns, rows))
                .add_paragraph(line("")),
        };
    }
    written(docx)
}

/// Width of the text, in twentieths of a point: 156 mm.
const WIDTH: usize = 8845;

fn table(columns: u16, rows: &[Vec<Cell>]) -> Table {
    let columns = usize::from(columns.max(1));
    let labels: &[usize] = match sheet::labels(rows) {
        0 => &[],
        3 => &[800, 960, 2830],
        _ => &[2300],
    };
    let taken: usize = labels.iter().sum();
    let rest = WIDTH.saturating_sub(taken) / columns.saturating_sub(labels.len()).max(1);
    let grid = (0..columns).map(|at| labels.get(at).copied().unwrap_or(rest));
    let grid: Vec<usize> = grid.collect();
    let size = if columns > 6 { SIZE_SMALL } else { SIZE_5 };
    // What still hangs down from rows above, by column: rows left, and width.
    let mut hanging = vec![(0u16, 1usize); columns];
    let mut set = Vec::new();
    for row in rows {
        let mut cells = Vec::new();
        let mut given = row.iter();
        let mut column = 0;
        while column < columns {
            if hanging[column].0 > 0 {
                let width = hanging[column].1;
                let cell = TableCell::new()
                    .grid_span(width)
                    .vertical_merge(VMergeType::Continue)
                    .add_paragraph(Paragraph::new());
                cells.push(cell);
                column += width.max(1);
                continue;
            }
            let Some(cell) = given.next() else { break };
            let width = usize::from(cell.columns.max(1)).min(columns - column);
            let align = if cell.heads_row {
                AlignmentType::Left
            } else {
                AlignmentType::Center
            };
            let text = Paragraph::new()
                .add_run(run(&cell.text, SONG, size))
                .align(align);
            let mut made = TableCell::new()
                .width(grid[column..column + width].iter().sum(), WidthType::Dxa)
                .vertical_align(VAlignType::Center)
                .add_paragraph(text);
            if width > 1 {
                made = made.grid_span(width);
            }
            if cell.rows > 1 {
                made = made.vertical_merge(VMergeType::Restart);
                hanging[column] = (cell.rows, width);
            }
            cells.push(made);
            column += width;
        }
        for left in &mut hanging {
            left.0 = left.0.saturating_sub(1);
        }
        set.push(TableRow::new(cells).cant_split());
    }
    Table::new(set).set_grid(grid).width(WIDTH, WidthType::Dxa)
}
