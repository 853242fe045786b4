//! Rows that come out.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row as _};

use super::error::StoreError;
use super::value::Value;

/// One row of an answer.
#[derive(Debug)]
pub enum Row {
    #[doc(hidden)]
    Sqlite(SqliteRow),
    #[doc(hidden)]
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if there is no such column or it holds another
    /// kind.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, StoreError> {
        T::from_column(self, column)
    }

    fn int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    fn text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::Sqlite(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
            Self::Postgres(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
        }
    }

    /// A column as a value of the kind that the schema gives it.
    pub(crate) fn value(&self, column: &str, kind: &str) -> Result<Value, StoreError> {
        Ok(match kind {
            "int" => Value::Int(self.int(column)?),
            "bytes" => Value::Bytes(self.bytes(column)?),
            _ => Value::Text(self.text(column)?),
        })
    }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the column holds something else.
    fn from_column(row: &Row, column: &str) -> Result<Self, StoreError>;
}

fn present<T>(value: Option<T>, column: &str) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::wrong(column))
}

macro_rules! from_column {
    ($($to:ty = $read:ident, $value:ident, $column:ident => $with:expr;)*) => {
        $(impl FromColumn for Option<$to> {
            fn from_column(row: &Row, $column: &str) -> Result<Self, StoreError> {
                row.$read($column)?.map(|$value| $with).transpose()
            }
        }
        impl FromColumn for $to {
            fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
                present(Option::<$to>::from_column(row, column)?, column)
            }
        })*
    };
}

from_column! {
    i64 = int, value, _column => Ok::<_, StoreError>(value);
    bool = int, value, _column => Ok::<_, StoreError>(value != 0);
    String = text, value, _column => Ok::<_, StoreError>(value);
    Vec<u8> = bytes, value, _column => Ok::<_, StoreError>(value);
    Timestamp = int, value, column => Timestamp::from_millisecond(value).map_err(|_| StoreError::wrong(column));
    Date = text, value, column => value.parse::<Date>().map_err(|_| StoreError::wrong(column));
}
