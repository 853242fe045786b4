//! Letters and reports as Word documents, in the same layout, for an office
//! that goes on writing in them, and forms that people fill in. The fonts are named, not carried along: Word
//! takes those of the machine.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BorderType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum,
    Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts,
    SpecialIndentType, StructuredDataTag, Table, TableCell, TableRow, VAlignType, VMergeType,
    WidthType,
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
/// Twentieths of a point: by so much characters stand closer, that 28 of them fill a
/// line of 156 mm (GB/T 9704-2012 5.2.3).
const CLOSER: i32 = -5;
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
        .add_run(run(text, FANG, SIZE_3).character_spacing(CLOSER))
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

/// A place of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// What is asked for.
    Label(String),
    /// Where it is written: its name, what stands there before, columns.
    Blank(String, String, usize),
    /// The same with room for several lines.
    Area(String, String, usize),
    /// What is chosen from, columns.
    Boxes(Vec<String>, usize),
}

impl Place {
    fn columns(&self) -> usize {
        match self {
            Self::Label(_) => 1,
            Self::Blank(_, _, columns) | Self::Area(_, _, columns) | Self::Boxes(_, columns) => {
                (*columns).max(1)
            }
        }
    }
}

/// A form that is filled in with a word processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its title.
    pub title: String,
    /// What is said before it.
    pub lead: String,
    /// Its parts: what each is for, and its rows of four columns.
    pub parts: Vec<(String, Vec<Vec<Place>>)>,
    /// What is said below it.
    pub foot: Vec<String>,
}

/// Widths of the columns, in twentieths of a point: part, and twice label and
/// value.
const FORM_GRID: [usize; 5] = [700, 1700, 2600, 1500, 2345];
/// Grey, of what is to be written over.
const PROMPT: &str = "767676";
/// Before the name of a control that is ticked; it is taken off again.
const TICK: &str = "tick:";

fn control(name: &str, run: Run) -> StructuredDataTag {
    StructuredDataTag::new().alias(name).add_run(run)
}

fn cell_of(place: &Place, grid: &[usize]) -> TableCell {
    let paragraph = match place {
        Place::Label(text) => Paragraph::new()
            .add_run(run(text, SONG, SIZE_5))
            .align(AlignmentType::Center),
        Place::Blank(name, prompt, _) | Place::Area(name, prompt, _) => Paragraph::new()
            .add_structured_data_tag(control(name, run(prompt, SONG, SIZE_5).color(PROMPT))),
        Place::Boxes(all, _) => all.iter().fold(Paragraph::new(), |line, one| {
            let tick = Run::new()
                .add_text("☐")
                .fonts(fonts("MS Gothic"))
                .size(SIZE_5);
            line.add_structured_data_tag(control(&format!("{TICK}{one}"), tick))
                .add_run(run(&format!("\u{a0}{one}　"), SONG, SIZE_5))
        }),
    };
    let columns = place.columns();
    let cell = TableCell::new()
        .width(grid.iter().sum(), WidthType::Dxa)
        .vertical_align(VAlignType::Center)
        .add_paragraph(paragraph);
    match columns {
        0 | 1 => cell,
        columns => cell.grid_span(columns),
    }
}

fn form_table(form: &Form) -> Table {
    let mut rows = Vec::new();
    for (part, lines) in &form.parts {
        for (at, line) in lines.iter().enumerate() {
            let head = TableCell::new()
                .width(FORM_GRID[0], WidthType::Dxa)
                .vertical_align(VAlignType::Center);
            let head = match at {
                0 => head.vertical_merge(VMergeType::Restart).add_paragraph(
                    Paragraph::new()
                        .add_run(run(part, SONG, SIZE_5))
                        .align(AlignmentType::Center),
                ),
                _ => head
                    .vertical_merge(VMergeType::Continue)
                    .add_paragraph(Paragraph::new()),
            };
            let mut cells = vec![head];
            let mut column = 1;
            for place in line {
                let span = place.columns();
                let end = (column + span).min(FORM_GRID.len());
                cells.push(cell_of(place, &FORM_GRID[column.min(end)..end]));
                column = end;
            }
            let is_high = line.iter().any(|place| matches!(place, Place::Area(..)));
            let height = if is_high { 2400.0 } else { 520.0 };
            rows.push(TableRow::new(cells).row_height(height).cant_split());
        }
    }
    Table::new(rows)
        .set_grid(FORM_GRID.to_vec())
        .width(WIDTH, WidthType::Dxa)
}

/// Says of each control what it is: text that stands for what is to be written
/// goes when somebody writes, and a box is ticked with a click. The library that
/// writes the document knows controls, and not these two kinds.
fn controlled(document: Vec<u8>) -> Result<Vec<u8>, PressError> {
    const NAME: &str = "<w:alias w:val=\"";
    let text =
        String::from_utf8(document).map_err(|error| PressError::Failed(error.to_string()))?;
    let mut parts = text.split(NAME);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('"').unwrap_or((part, ""));
        let rest = rest.trim_start().strip_prefix("/>").unwrap_or(rest);
        let (name, kind) = match name.strip_prefix(TICK) {
            Some(name) => (
                name,
                "<w14:checkbox><w14:checked w14:val=\"0\"/><w14:checkedState w14:val=\"2612\" w14:font=\"MS Gothic\"/><w14:uncheckedState w14:val=\"2610\" w14:font=\"MS Gothic\"/></w14:checkbox>",
            ),
            None => (name, "<w:showingPlcHdr/><w:text w:multiLine=\"1\"/>"),
        };
        out.push_str(&format!("{NAME}{name}\"/>{kind}{rest}"));
    }
    Ok(out.into_bytes())
}

/// Writes a form with a control for each blank.
///
/// # Errors
/// That it could not be packed.
pub fn form(form: &Form) -> Result<Vec<u8>, PressError> {
    let small = |text: &str| {
        Paragraph::new()
            .add_run(run(text, SONG, SIZE_5))
            .line_spacing(exact(360))
    };
    let margin = PageMargin::new()
        .top(1134)
        .bottom(1134)
        .left(1531)
        .right(1531);
    let mut docx = Docx::new()
        .page_size(11906, 16838)
        .page_margin(margin)
        .default_fonts(fonts(SONG))
        .default_size(SIZE_5)
        .add_paragraph(
            Paragraph::new()
                .add_run(run(&form.title, TITLE, 36))
                .align(AlignmentType::Center)
                .outline_lvl(0),
        )
        .add_paragraph(small(&form.lead))
        .add_table(form_table(form));
    for line in &form.foot {
        docx = docx.add_paragraph(small(line));
    }
    let mut built = docx.build();
    built.document = controlled(built.document)?;
    let mut bytes = Cursor::new(Vec::new());
    let packed = built.pack(&mut bytes);
    packed.map_err(|error| PressError::Failed(error.to_string()))?;
    Ok(bytes.into_inner())
}
