//! Values that go into statements: three kinds that both engines hold alike.

use jiff::Timestamp;
use jiff::civil::Date;

/// A value of a parameter. Instants are milliseconds since 1970 in UTC, days
/// are `YYYY-MM-DD`, truth is 0 or 1: so both engines store, compare and sort
/// them alike, and dates are computed in Rust, never in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number, or none.
    Int(Option<i64>),
    /// A text, or none.
    Text(Option<String>),
    /// Bytes, or none.
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Identifiers for `within($n)`.
    pub fn ids(ids: impl IntoIterator<Item = i64>) -> Self {
        let list: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        Self::Text(Some(format!("[{}]", list.join(","))))
    }

    /// Days for `texts($n)`.
    pub fn days(days: &[Date]) -> Self {
        let list: Vec<String> = days.iter().map(|day| format!("\"{day}\"")).collect();
        Self::Text(Some(format!("[{}]", list.join(","))))
    }
}

macro_rules! value_from {
    ($($from:ty => $kind:ident($value:ident) $with:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$kind(Some($with))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                value.map_or(Self::$kind(None), Self::from)
            }
        })*
    };
}

value_from! {
    i64 => Int(value) value;
    bool => Int(value) i64::from(value);
    &str => Text(value) value.to_owned();
    String => Text(value) value;
    &String => Text(value) value.clone();
    Vec<u8> => Bytes(value) value;
    &[u8] => Bytes(value) value.to_vec();
    Timestamp => Int(value) value.as_millisecond();
    Date => Text(value) value.to_string();
}

/// The values of a statement, in order.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Value::from($value)),*][..]
    };
}
