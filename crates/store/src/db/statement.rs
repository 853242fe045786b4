//! Statements: named texts, written once for both engines.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::open::Engine;

/// A statement with its name. Parameters are `$1`, `$2`, …
///
/// `within($n)` stands for the identifiers in parameter `n`, a JSON array
/// (see [`Value::ids`](super::value::Value::ids)), `texts($n)` for the texts in one; each
/// engine has its own way to take such a list, and this is the one place that knows them.
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

    /// A text for PostgreSQL alone: what SQLite has no use for, with its reason in the
    /// doc comment.
    pub const fn postgres(name: &'static str, text: &'static str) -> Self {
        Self::each(name, "", text)
    }

    /// Whether it is asked of an engine at all.
    pub fn is_for(&self, engine: Engine) -> bool {
        engine == Engine::Postgres || !self.sqlite.is_empty()
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
        if !LISTS.iter().any(|(word, _)| text.contains(word)) {
            return SqlStr::from_static(text);
        }
        match engine {
            Engine::Postgres => self
                .translated
                .get_or_init(|| translated(text, engine))
                .clone(),
            Engine::Sqlite => translated(text, engine),
        }
    }
}

/// What stands around the parameter of a list, on SQLite and on PostgreSQL.
const LISTS: [(&str, [[&str; 2]; 2]); 2] = [
    (
        "within(",
        [
            ["(select value from json_each(", "))"],
            [
                "(select cast(value as bigint) from json_array_elements_text(cast(",
                " as json)))",
            ],
        ],
    ),
    (
        "texts(",
        [
            ["(select value from json_each(", "))"],
            [
                "(select value from json_array_elements_text(cast(",
                " as json)))",
            ],
        ],
    ),
];

fn translated(text: &str, engine: Engine) -> SqlStr {
    let mut out = text.to_owned();
    for (word, [sqlite, postgres]) in LISTS {
        let [before, after] = match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        let made = std::mem::take(&mut out);
        let mut parts = made.split(word);
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (parameter, rest) = part.split_once(')').unwrap_or((part, ""));
            out.extend([before, parameter, after, rest]);
        }
    }
    // Made of constant texts: nothing of a user's is in it.
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
    ($room:literal, $name:ident, { postgres: $postgres:literal }) => {
        $crate::db::statement::Statement::postgres(
            concat!($room, "::", stringify!($name)),
            $postgres,
        )
    };
    // Made of parts that several statements share.
    ($room:literal, $name:ident, ($text:expr)) => {
        $crate::db::statement::Statement::new(concat!($room, "::", stringify!($name)), $text)
    };
    ($room:literal, $name:ident, $text:literal) => {
        $crate::db::statement::Statement::new(concat!($room, "::", stringify!($name)), $text)
    };
}

pub(crate) use {statements, text};
