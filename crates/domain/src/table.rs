//! Tables as people carry them between programs: rows of texts.
//!
//! A spreadsheet that opens comma-separated text runs a cell that begins with
//! a sign of its formulas. Such cells go out with an apostrophe before them and
//! come back without it, so that a table that was exported is read as it was.

use std::borrow::Cow;

/// What opens a formula or a command in some spreadsheet; full-width forms are
/// taken for the others by some that speak Chinese and Japanese.
const OPENING: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
const GUARD: char = '\'';

fn is_dangerous(cell: &str) -> bool {
    cell.trim_start_matches(GUARD).starts_with(OPENING)
}

/// The cell as it is written into comma-separated text.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if is_dangerous(cell) {
        Cow::Owned(format!("{GUARD}{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell as it was before [`guarded`]; what was not written by this program
/// stays as it is.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix(GUARD) {
        Some(rest) if is_dangerous(cell) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_guarded() {
        for cell in [
            "=1+1", "+86 10", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1",
        ] {
            assert_eq!(guarded(cell), format!("'{cell}"));
        }
        for cell in ["", "甲局", "a=b", "'甲", "1-2"] {
            assert_eq!(guarded(cell), cell);
        }
        assert_eq!(unguarded("=1"), "=1", "typed elsewhere");
        assert_eq!(unguarded("'甲"), "'甲");
    }

    proptest! {
        #[test]
        fn what_is_guarded_comes_back(cell in "[-'=+@\t\r甲a]{0,5}") {
            let written = guarded(&cell);
            prop_assert!(!written.starts_with(OPENING));
            prop_assert_eq!(unguarded(&written), cell.as_str());
        }
    }
}
