//! Statements: named texts, written once for both engines.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::open::Engine;

/// A statement with its name. Parameters are `$1`, `$2`, …
///
/// `within($n)` stands for the identifiers in parameter `n`, a JSON array
/// (see [`Value::ids`](super::value::Value::ids)); each engine has its own way
/// to take such a list, and this is the one place that knows them.
pub struct Statement {
    /// Where it stands: `room::NAME`.
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    translated: OnceLock<SqlStr>,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Statement {
    /// One text for both engines.
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self::each(name, text, text)
    }

    /// A text for each: an exception, with its reason in the doc comment.
    pub const fn each(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            name,
            sqlite,
            postgres,
            translated: OnceLock::new(),
        }
    }

    /// Whether the engines have different texts.
    pub fn is_exception(&self) -> bool {
        self.sqlite != self.postgres
    }

    /// The text for an engine. A process opens one kind of engine for a
    /// statement that holds a list; the tests, which open both, get theirs too.
    pub(crate) fn text(&self, engine: Engine) -> SqlStr {
        let text = match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        if !text.contains("within(") {
            return SqlStr::from_static(text);
        }
        match engine {
            Engine::Postgres => self
                .translated
                .get_or_init(|| translated(text, POSTGRES_LIST))
                .clone(),
            Engine::Sqlite => translated(text, SQLITE_LIST),
        }
    }
}

const SQLITE_LIST: [&str; 2] = ["(select value from json_each(", "))"];
const POSTGRES_LIST: [&str; 2] = [
    "(select cast(value as bigint) from json_array_elements_text(cast(",
    " as json)))",
];

fn translated(text: &str, [before, after]: [&str; 2]) -> SqlStr {
    let mut parts = text.split("within(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (parameter, rest) = part.split_once(')').unwrap_or((part, ""));
        out.push_str(before);
        out.push_str(parameter);
        out.push_str(after);
        out.push_str(rest);
    }
    // Made of two constant texts: nothing of a user's is in it.
    AssertSqlSafe(Arc::<str>::from(out)).into_sql_str()
}

/// Declares the statements of a room and lists them.
macro_rules! statements {
    ($room:literal; $($(#[$doc:meta])* $name:ident = $text:tt;)*) => {
        $($(#[$doc])* static $name: $crate::db::statement::Statement = $crate::db::statement::text!($room, $name, $text);)*
        /// Every statement of this room.
        pub(crate) static STATEMENTS: &[&$crate::db::statement::Statement] = &[$(&$name),*];
    };
}

macro_rules! text {
    ($room:literal, $name:ident, { sqlite: $sqlite:literal, postgres: $postgres:literal }) => {
        $crate::db::statement::Statement::each(
            concat!($room, "::", stringify!($name)),
            $sqlite,
            $postgres,
        )
    };
    ($room:literal, $name:ident, $text:literal) => {
        $crate::db::statement::Statement::new(concat!($room, "::", stringify!($name)), $text)
    };
}

pub(crate) use {statements, text};
