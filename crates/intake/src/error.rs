//! Why a file was not read.

use gongkai_domain::words::Message;

/// Why a file was not read. Each names the limit or the damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// The file is larger than is read.
    #[error("the file is larger than {max} bytes")]
    FileTooLarge {
        /// Bytes allowed.
        max: usize,
    },
    /// Packed contents unfold to more than is read, as a zip bomb's do.
    #[error("the unpacked contents exceed {max} bytes")]
    UnpackedTooLarge {
        /// Bytes allowed.
        max: u64,
    },
    /// An archive with too many entries.
    #[error("the archive has more than {max} entries")]
    TooManyEntries {
        /// Entries allowed.
        max: usize,
    },
    /// More pages than are read.
    #[error("the document has more than {max} pages")]
    TooManyPages {
        /// Pages allowed.
        max: usize,
    },
    /// More cells or lines than are read.
    #[error("the document has more than {max} cells or lines")]
    TooManyCells {
        /// Cells and lines allowed.
        max: usize,
    },
    /// Tables within tables beyond reason.
    #[error("tables are nested deeper than {max}")]
    TooDeep {
        /// Depth allowed.
        max: usize,
    },
    /// Reading took too long.
    #[error("reading took longer than allowed")]
    OutOfTime,
    /// The file needs a password.
    #[error("the file is encrypted")]
    Encrypted,
    /// Pages of pictures, without text.
    #[error("the file has pages but no text layer")]
    NoTextLayer,
    /// A file of a kind that is not read.
    #[error("files of kind {kind} are not read")]
    UnsupportedKind {
        /// What it seems to be.
        kind: &'static str,
    },
    /// The file is cut off or broken.
    #[error("the {kind} file is damaged: {reason}")]
    Damaged {
        /// What kind of file.
        kind: &'static str,
        /// What the reader met.
        reason: String,
    },
    /// A table was asked for, and several sheets hold something.
    #[error("several sheets of the workbook hold something")]
    SeveralSheets,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
}

impl IntakeError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        let megabytes = |bytes: u64| bytes.div_ceil(1024 * 1024);
        match self {
            Self::FileTooLarge { max } => Message::new("intake-file-too-large")
                .with("max", megabytes(u64::try_from(*max).unwrap_or(u64::MAX))),
            Self::UnpackedTooLarge { max } => {
                Message::new("intake-unpacked-too-large").with("max", megabytes(*max))
            }
            Self::TooManyEntries { max } => {
                Message::new("intake-too-many-entries").with("max", max)
            }
            Self::TooManyPages { max } => Message::new("intake-too-many-pages").with("max", max),
            Self::TooManyCells { max } => Message::new("intake-too-many-cells").with("max", max),
            Self::TooDeep { max } => Message::new("intake-too-deep").with("max", max),
            Self::OutOfTime => Message::new("intake-out-of-time"),
            Self::Encrypted => Message::new("intake-encrypted"),
            Self::NoTextLayer => Message::new("intake-no-text-layer"),
            Self::UnsupportedKind { kind } => {
                Message::new("intake-unsupported-kind").with("kind", kind)
            }
            Self::Damaged { kind, reason } => Message::new("intake-damaged")
                .with("kind", kind)
                .with("reason", reason),
            Self::SeveralSheets => Message::new("intake-several-sheets"),
            Self::Empty => Message::new("intake-empty"),
        }
    }
}
