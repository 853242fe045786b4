//! How much of a file is read.

/// Bounds on one file. The defaults let every report through that an office
/// publishes, with room, and stop what only an attacker or an accident makes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file; the largest reports, scans apart, are a few MiB.
    pub file_bytes_max: usize,
    /// Bytes of all entries of a packed file, unpacked.
    pub unpacked_bytes_max: u64,
    /// Entries of a packed file.
    pub entries_max: usize,
    /// Pages of a PDF.
    pub pages_max: usize,
    /// Cells and lines together.
    pub cells_max: usize,
    /// Columns of a table; a report has ten.
    pub columns_max: u32,
    /// Tables within tables.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 * 1024 * 1024,
            unpacked_bytes_max: 256 * 1024 * 1024,
            entries_max: 10_000,
            pages_max: 2_000,
            cells_max: 2_000_000,
            columns_max: 1_024,
            depth_max: 64,
        }
    }
}

/// Whether the time for a file is up. The clock belongs to the caller.
pub trait Deadline {
    /// Whether to stop now.
    fn passed(&self) -> bool;
}

impl<F: Fn() -> bool> Deadline for F {
    fn passed(&self) -> bool {
        self()
    }
}

/// Counts cells and lines, and looks at the deadline now and then.
pub(crate) struct Meter<'a> {
    limits: &'a Limits,
    deadline: &'a dyn Deadline,
    cells: usize,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(limits: &'a Limits, deadline: &'a dyn Deadline) -> Self {
        Self {
            limits,
            deadline,
            cells: 0,
        }
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// One more cell or line.
    pub(crate) fn cell(&mut self) -> Result<(), crate::IntakeError> {
        self.cells += 1;
        if self.cells > self.limits.cells_max {
            return Err(crate::IntakeError::TooManyCells {
                max: self.limits.cells_max,
            });
        }
        if self.cells.is_multiple_of(1024) {
            self.time()?;
        }
        Ok(())
    }

    pub(crate) fn time(&self) -> Result<(), crate::IntakeError> {
        if self.deadline.passed() {
            return Err(crate::IntakeError::OutOfTime);
        }
        Ok(())
    }
}
