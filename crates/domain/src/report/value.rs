//! What a cell of a report says: a number, nothing, or something unsure.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::document::Place;

/// A value read from a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A count, possibly with a sign.
    Integer(i64),
    /// Money, exactly as printed.
    Decimal(Decimal),
    /// The cell stands there and gives no number: blank, `/` or `-`.
    Null,
}

impl Value {
    /// The number for sums: a blank counts as 0.
    pub fn number(&self) -> Decimal {
        match self {
            Self::Integer(n) => Decimal::from(*n),
            Self::Decimal(d) => *d,
            Self::Null => Decimal::ZERO,
        }
    }

    /// Whether the cell gives no number.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(n) => write!(f, "{n}"),
            Self::Decimal(d) => write!(f, "{d}"),
            Self::Null => Ok(()),
        }
    }
}

/// Integers are JSON numbers, decimals are strings, a blank is `null`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(n) => serializer.serialize_i64(*n),
            Self::Decimal(d) => serializer.collect_str(d),
            Self::Null => serializer.serialize_none(),
        }
    }
}

/// How sure a reading is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellState {
    /// One reading fits.
    Certain(Value),
    /// More than one fits; the cell is one of these, or cannot be told.
    Uncertain(Vec<Value>),
}

/// A cell that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellReading {
    /// What it says.
    pub state: CellState,
    /// What stood there.
    pub raw: String,
    /// Where it stood.
    pub place: Place,
    /// Index into [`super::reading::Reading::rows`].
    pub row: usize,
    /// Which entry of that row it was read from, where it was one.
    pub entry: Option<usize>,
}

impl CellReading {
    /// The value, where it is certain.
    pub fn certain(&self) -> Option<&Value> {
        match &self.state {
            CellState::Certain(value) => Some(value),
            CellState::Uncertain(_) => None,
        }
    }
}
