//! Tables by the lines that are drawn around their cells.
//!
//! Lines, thin boxes and the edges of boxes become segments; segments that
//! meet make a table; where no segment divides two fields they are one cell.
//! What is drawn otherwise (no lines at the sides, no lines at all) is left
//! to the reading by gaps.

use std::collections::BTreeMap;

use pdf_oxide::elements::{PathContent, PathOperation};

/// Points; closer than this is the same place.
const NEAR: f32 = 2.0;
/// A box thinner than this is a line, in points.
const THIN: f32 = 3.5;
/// Segments of a page beyond which it is a drawing, not a form.
const SEGMENTS_MAX: usize = 20_000;
/// Lines one way in a table; a report has fewer than a hundred.
const LINES_MAX: usize = 120;

/// A line across (`at` is its height) or down (`at` is its distance from the
/// left), from one end to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Segment {
    at: f32,
    from: f32,
    to: f32,
}

/// A cell as drawn, by its fields in the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RuledCell {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) row_span: u32,
    pub(super) column_span: u32,
}

/// A table as drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RuledTable {
    pub(super) rows: u32,
    pub(super) columns: u32,
    /// Cells by row, then column.
    pub(super) cells: Vec<RuledCell>,
    /// Edges of the columns, from the left.
    xs: Vec<f32>,
    /// Edges of the rows, from the bottom.
    ys: Vec<f32>,
    /// For each field, row by row, which cell covers it.
    covers: Vec<usize>,
}

impl RuledTable {
    /// Height of the upper edge.
    pub(super) fn top(&self) -> f32 {
        self.ys.last().copied().unwrap_or_default()
    }

    /// Which cell a point lies in.
    pub(super) fn cell_at(&self, x: f32, y: f32) -> Option<usize> {
        let within = |edges: &[f32], at: f32| {
            let after = edges.partition_point(|edge| *edge <= at);
            (after > 0 && after < edges.len()).then(|| after - 1)
        };
        let column = within(&self.xs, x)?;
        let from_below = within(&self.ys, y)?;
        let row = self.ys.len() - 2 - from_below;
        self.covers.get(row * (self.xs.len() - 1) + column).copied()
    }
}

/// Finds the tables of a page, from the top down.
pub(super) fn tables(paths: &[PathContent]) -> Vec<RuledTable> {
    let (mut across, mut down) = (Vec::new(), Vec::new());
    for path in paths {
        segments(path, &mut across, &mut down);
        if across.len() + down.len() > SEGMENTS_MAX {
            return Vec::new();
        }
    }
    let (across, down) = (joined(across), joined(down));
    let mut tables: Vec<RuledTable> = together(&across, &down)
        .into_iter()
        .filter_map(|(across, down)| table(&across, &down))
        .collect();
    tables.sort_by(|a, b| b.top().total_cmp(&a.top()));
    tables
}

/// The straight lines of a path.
fn segments(path: &PathContent, across: &mut Vec<Segment>, down: &mut Vec<Segment>) {
    let stroked = path.stroke_color.is_some();
    let filled = path.fill_color.is_some();
    let mut line = |(x0, y0): (f32, f32), (x1, y1): (f32, f32)| {
        if (y0 - y1).abs() <= 0.5 && (x0 - x1).abs() > 0.5 {
            across.push(Segment {
                at: (y0 + y1) / 2.0,
                from: x0.min(x1),
                to: x0.max(x1),
            });
        } else if (x0 - x1).abs() <= 0.5 && (y0 - y1).abs() > 0.5 {
            down.push(Segment {
                at: (x0 + x1) / 2.0,
                from: y0.min(y1),
                to: y0.max(y1),
            });
        }
    };
    let mut bounds = |left: f32, bottom: f32, right: f32, top: f32| {
        let (middle_x, middle_y) = ((left + right) / 2.0, (bottom + top) / 2.0);
        if top - bottom <= THIN && right - left > THIN {
            line((left, middle_y), (right, middle_y));
        } else if right - left <= THIN && top - bottom > THIN {
            line((middle_x, bottom), (middle_x, top));
        } else if stroked {
            line((left, bottom), (right, bottom));
            line((left, top), (right, top));
            line((left, bottom), (left, top));
            line((right, bottom), (right, top));
        }
    };
    // A filled shape is a line where it is thin; a stroked one by its edges.
    let (mut start, mut last) = ((0.0, 0.0), (0.0, 0.0));
    let mut shape: Vec<(f32, f32)> = Vec::new();
    let mut edges: Vec<((f32, f32), (f32, f32))> = Vec::new();
    let mut shapes: Vec<Vec<(f32, f32)>> = Vec::new();
    for operation in &path.operations {
        match *operation {
            PathOperation::MoveTo(x, y) => {
                shapes.push(std::mem::take(&mut shape));
                shape.push((x, y));
                (start, last) = ((x, y), (x, y));
            }
            PathOperation::LineTo(x, y) => {
                edges.push((last, (x, y)));
                shape.push((x, y));
                last = (x, y);
            }
            PathOperation::CurveTo(.., x, y) => {
                shape.clear();
                last = (x, y);
            }
            PathOperation::ClosePath => {
                edges.push((last, start));
                last = start;
            }
            PathOperation::Rectangle(x, y, width, height) => {
                let (right, top) = (x + width, y + height);
                bounds(x.min(right), y.min(top), x.max(right), y.max(top));
            }
        }
    }
    shapes.push(shape);
    if stroked {
        for (from, to) in edges {
            line(from, to);
        }
    } else if filled {
        for shape in shapes.iter().filter(|shape| shape.len() >= 3) {
            let least =
                |pick: fn(&(f32, f32)) -> f32| shape.iter().map(pick).fold(f32::INFINITY, f32::min);
            let most = |pick: fn(&(f32, f32)) -> f32| {
                shape.iter().map(pick).fold(f32::NEG_INFINITY, f32::max)
            };
            let (left, right) = (least(|p| p.0), most(|p| p.0));
            let (bottom, top) = (least(|p| p.1), most(|p| p.1));
            if right - left <= THIN && top - bottom > THIN {
                line(((left + right) / 2.0, bottom), ((left + right) / 2.0, top));
            } else if top - bottom <= THIN && right - left > THIN {
                line((left, (bottom + top) / 2.0), (right, (bottom + top) / 2.0));
            }
        }
    }
}

/// Puts together what lies on one line: dashes, edges drawn per cell, lines
/// drawn twice.
fn joined(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|s| s.at.is_finite() && s.from.is_finite() && s.to.is_finite());
    segments.sort_by(|a, b| a.at.total_cmp(&b.at));
    // The same height first, so that a slant of many lines is no one line.
    let mut place = f32::NEG_INFINITY;
    for segment in &mut segments {
        if segment.at - place > NEAR {
            place = segment.at;
        }
        segment.at = place;
    }
    segments.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut joined: Vec<Segment> = Vec::new();
    for segment in segments {
        match joined.last_mut() {
            Some(last) if last.at == segment.at && segment.from <= last.to + NEAR => {
                last.to = last.to.max(segment.to);
            }
            _ => joined.push(segment),
        }
    }
    joined.retain(|segment| segment.to - segment.from > 2.0 * NEAR);
    joined
}

fn meet(across: &Segment, down: &Segment) -> bool {
    down.at >= across.from - NEAR
        && down.at <= across.to + NEAR
        && across.at >= down.from - NEAR
        && across.at <= down.to + NEAR
}

/// Groups of lines that touch.
fn together(across: &[Segment], down: &[Segment]) -> Vec<(Vec<Segment>, Vec<Segment>)> {
    if across.len() > LINES_MAX * 4 || down.len() > LINES_MAX * 4 {
        return Vec::new();
    }
    let mut sets = Sets::new(across.len() + down.len());
    for (i, line) in across.iter().enumerate() {
        for (j, other) in down.iter().enumerate() {
            if meet(line, other) {
                sets.join(i, across.len() + j);
            }
        }
    }
    let mut groups: BTreeMap<usize, (Vec<Segment>, Vec<Segment>)> = BTreeMap::new();
    for (i, line) in across.iter().enumerate() {
        groups.entry(sets.root(i)).or_default().0.push(*line);
    }
    for (j, line) in down.iter().enumerate() {
        let root = sets.root(across.len() + j);
        groups.entry(root).or_default().1.push(*line);
    }
    groups.into_values().collect()
}

/// Distinct places, ascending, with the outer ends of the lines that cross
/// them: a table may be open at its sides.
fn places(lines: &[Segment], crossing: &[Segment]) -> Vec<f32> {
    let mut places: Vec<f32> = lines.iter().map(|line| line.at).collect();
    let least = crossing
        .iter()
        .map(|c| c.from)
        .fold(f32::INFINITY, f32::min);
    let most = crossing
        .iter()
        .map(|c| c.to)
        .fold(f32::NEG_INFINITY, f32::max);
    places.push(least);
    places.push(most);
    places.sort_by(f32::total_cmp);
    places.dedup_by(|b, a| *b - *a <= 2.0 * NEAR);
    places
}

/// Whether a line at a place covers a position.
fn divides(lines: &[Segment], at: f32, position: f32) -> bool {
    lines.iter().any(|line| {
        (line.at - at).abs() <= 2.0 * NEAR && line.from <= position && position <= line.to
    })
}

/// The cells between lines; `None` where they are no table of two rows and
/// columns, or some field is no rectangle.
fn table(across: &[Segment], down: &[Segment]) -> Option<RuledTable> {
    if across.len() < 3 || down.len() < 2 {
        return None;
    }
    let xs = places(down, across);
    let ys = places(across, down);
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    if columns < 2 || rows < 2 || columns > LINES_MAX || rows > LINES_MAX {
        return None;
    }
    // Row 0 is the top one; heights grow upwards.
    let bottom = |row: usize| ys[rows - 1 - row];
    let mut sets = Sets::new(rows * columns);
    for row in 0..rows {
        let middle_y = (bottom(row) + ys[rows - row]) / 2.0;
        for column in 0..columns {
            let field = row * columns + column;
            let middle_x = (xs[column] + xs[column + 1]) / 2.0;
            if column + 1 < columns && !divides(down, xs[column + 1], middle_y) {
                sets.join(field, field + 1);
            }
            if row + 1 < rows && !divides(across, bottom(row), middle_x) {
                sets.join(field, field + columns);
            }
        }
    }
    let mut fields: BTreeMap<usize, (usize, usize, usize, usize, usize)> = BTreeMap::new();
    for row in 0..rows {
        for column in 0..columns {
            let root = sets.root(row * columns + column);
            let own = fields.entry(root).or_insert((row, row, column, column, 0));
            own.1 = row;
            own.2 = own.2.min(column);
            own.3 = own.3.max(column);
            own.4 += 1;
        }
    }
    let mut cells = Vec::with_capacity(fields.len());
    for (first, last, from, to, count) in fields.into_values() {
        if (last - first + 1) * (to - from + 1) != count {
            return None;
        }
        cells.push(RuledCell {
            row: u32::try_from(first).ok()?,
            column: u32::try_from(from).ok()?,
            row_span: u32::try_from(last - first + 1).ok()?,
            column_span: u32::try_from(to - from + 1).ok()?,
        });
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    let mut covers = vec![0; rows * columns];
    for (index, cell) in cells.iter().enumerate() {
        for row in cell.row..cell.row + cell.row_span {
            for column in cell.column..cell.column + cell.column_span {
                let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
                covers[row * columns + column] = index;
            }
        }
    }
    Some(RuledTable {
        rows: u32::try_from(rows).ok()?,
        columns: u32::try_from(columns).ok()?,
        cells,
        xs,
        ys,
        covers,
    })
}

/// Which things belong together.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use pdf_oxide::geometry::Rect;

    use super::*;

    fn path(operations: Vec<PathOperation>, stroked: bool) -> PathContent {
        let mut path = PathContent::new(Rect::new(0.0, 0.0, 0.0, 0.0));
        path.operations = operations;
        if !stroked {
            path.fill_color = path.stroke_color.take();
        }
        path
    }

    fn line(x0: f32, y0: f32, x1: f32, y1: f32) -> PathContent {
        path(
            vec![PathOperation::MoveTo(x0, y0), PathOperation::LineTo(x1, y1)],
            true,
        )
    }

    /// Row, column, row span, column span.
    fn spans(paths: &[PathContent]) -> Vec<Vec<(u32, u32, u32, u32)>> {
        tables(paths)
            .iter()
            .map(|table| {
                table
                    .cells
                    .iter()
                    .map(|c| (c.row, c.column, c.row_span, c.column_span))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn lines_make_cells_and_missing_lines_make_spans() {
        let mut paths = vec![
            line(0.0, 100.0, 90.0, 100.0),
            line(0.0, 0.0, 90.0, 0.0),
            line(0.0, 0.0, 0.0, 100.0),
            line(90.0, 0.0, 90.0, 100.0),
            // Between the rows, but not through the first column.
            line(30.0, 50.0, 90.0, 50.0),
            line(30.0, 0.0, 30.0, 100.0),
            // Only the lower row is divided here.
            line(60.0, 0.0, 60.0, 50.0),
        ];
        let expected = [vec![(0, 0, 2, 1), (0, 1, 1, 2), (1, 1, 1, 1), (1, 2, 1, 1)]];
        assert_eq!(spans(&paths), expected);
        let table = &tables(&paths)[0];
        let at = |x, y| table.cell_at(x, y);
        assert_eq!([at(10.0, 10.0), at(10.0, 90.0)], [Some(0), Some(0)]);
        assert_eq!([at(80.0, 90.0), at(80.0, 10.0)], [Some(1), Some(3)]);
        assert_eq!([at(95.0, 10.0), at(10.0, -1.0)], [None, None]);
        // A second table further up comes first; a frame is no table.
        paths.push(path(
            vec![PathOperation::Rectangle(0.0, 600.0, 500.0, 80.0)],
            true,
        ));
        assert_eq!(spans(&paths), expected);
    }

    #[test]
    fn cells_drawn_as_boxes_and_lines_drawn_as_thin_boxes_are_alike() {
        let boxes: Vec<PathContent> = [(0.0, 0.0), (50.0, 0.0), (0.0, 20.0), (50.0, 20.0)]
            .into_iter()
            .map(|(x, y)| path(vec![PathOperation::Rectangle(x, y, 50.0, 20.0)], true))
            .collect();
        let thin: Vec<PathContent> = [
            (0.0, 0.0, 100.0, 0.5),
            (0.0, 20.0, 100.0, 0.5),
            (0.0, 40.0, 100.0, 0.5),
            (0.0, 0.0, 0.5, 40.0),
            (50.0, 0.0, 0.5, 40.0),
            (100.0, 0.0, 0.5, 40.0),
        ]
        .into_iter()
        .map(|(x, y, w, h)| path(vec![PathOperation::Rectangle(x, y, w, h)], false))
        .collect();
        let four = vec![(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)];
        assert_eq!(spans(&boxes), std::slice::from_ref(&four));
        assert_eq!(spans(&thin), [four]);
    }

    #[test]
    fn a_table_open_at_its_sides_has_its_outer_columns() {
        let paths = [
            line(0.0, 40.0, 90.0, 40.0),
            line(0.0, 20.0, 90.0, 20.0),
            line(0.0, 0.0, 90.0, 0.0),
            line(30.0, 0.0, 30.0, 40.0),
            line(60.0, 0.0, 60.0, 40.0),
        ];
        assert_eq!(spans(&paths).first().map(Vec::len), Some(6));
    }

    #[test]
    fn a_drawing_is_no_table() {
        let slanted = [line(0.0, 0.0, 50.0, 60.0), line(0.0, 60.0, 50.0, 0.0)];
        assert!(tables(&slanted).is_empty());
        let hatched: Vec<PathContent> = (0..30_000u16)
            .map(|i| line(0.0, f32::from(i), 100.0, f32::from(i)))
            .collect();
        assert!(tables(&hatched).is_empty());
        let broken = [line(f32::NAN, 0.0, 1.0, f32::INFINITY)];
        assert!(tables(&broken).is_empty());
    }
}
