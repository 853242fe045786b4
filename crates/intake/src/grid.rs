//! Builds a grid from cells with spans, as HTML and DOCX give them.

use gongkai_domain::report::document::{Grid, GridCell, Place};

use crate::error::IntakeError;
use crate::limits::Limits;

/// A grid in the making.
#[derive(Debug, Default)]
pub(crate) struct GridBuilder {
    grid: Grid,
    /// For each column, how many more rows a cell above still covers.
    covered: Vec<u32>,
    row: Option<u32>,
    column: u32,
}

impl GridBuilder {
    /// A grid that will hold so many cells.
    pub(crate) fn with_room(cells: usize) -> Self {
        let mut builder = Self::default();
        builder.grid.cells.reserve_exact(cells);
        builder
    }

    /// Begins the next row.
    pub(crate) fn start_row(&mut self) {
        if self.row.is_some() {
            for left in &mut self.covered {
                *left = left.saturating_sub(1);
            }
        }
        self.row = Some(self.row.map_or(0, |row| row + 1));
        self.column = 0;
        self.grid.rows = self.row.map_or(0, |row| row + 1);
    }

    /// Puts a cell at the next free column of the row.
    pub(crate) fn cell(
        &mut self,
        text: String,
        spans: (u32, u32),
        place: Place,
        limits: &Limits,
    ) -> Result<(), IntakeError> {
        if self.row.is_none() {
            self.start_row();
        }
        let row = self.row.unwrap_or(0);
        let is_covered = |covered: &[u32], column: u32| {
            usize::try_from(column)
                .ok()
                .and_then(|c| covered.get(c))
                .is_some_and(|left| *left > 0)
        };
        while is_covered(&self.covered, self.column) {
            self.column += 1;
        }
        let column_span = spans.1.clamp(1, limits.columns_max);
        let row_span = spans.0.clamp(1, 65_534);
        let end = self.column + column_span;
        if end > limits.columns_max {
            return Err(IntakeError::TooManyCells {
                max: usize::try_from(limits.columns_max).unwrap_or(usize::MAX),
            });
        }
        let width = usize::try_from(end).unwrap_or(0);
        if self.covered.len() < width {
            self.covered.resize(width, 0);
        }
        let start = usize::try_from(self.column).unwrap_or(0);
        for left in &mut self.covered[start..width] {
            *left = row_span;
        }
        self.grid.cells.push(GridCell {
            row,
            column: self.column,
            row_span,
            column_span,
            text,
            place: Place {
                row: Some(row + 1),
                column: Some(self.column + 1),
                ..place
            },
        });
        self.column = end;
        self.grid.columns = self.grid.columns.max(end);
        Ok(())
    }

    /// The column at which the next cell would stand.
    pub(crate) fn next_column(&self) -> u32 {
        self.column
    }

    /// Skips columns, as Word's grid does before a row.
    pub(crate) fn skip(&mut self, columns: u32, limits: &Limits) {
        self.column = (self.column + columns).min(limits.columns_max);
    }

    /// Lets the cell that covers a column from above reach down to this row
    /// (Word's vertical merge); `false` where there is none.
    pub(crate) fn extend_down(&mut self, column: u32, column_span: u32) -> bool {
        let Some(row) = self.row else { return false };
        let above = self
            .grid
            .cells
            .iter_mut()
            .rev()
            .find(|cell| cell.column == column && cell.row < row);
        let found = above.is_some_and(|cell| {
            cell.row_span = row - cell.row + 1;
            true
        });
        self.column = column + column_span.max(1);
        found
    }

    pub(crate) fn finish(self) -> Grid {
        self.grid
    }
}
