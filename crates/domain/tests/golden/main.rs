//! What is printed for people to review, beside the tests: where it is not what the
//! program says, the test fails with what it says now.

mod permissions;
mod steps;
mod work;

use std::path::Path;

use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::words::{Language, Message, Words};

/// What people read.
pub(crate) fn say(message: &Message) -> String {
    Words::of(Language::Chinese).render(message)
}

/// Holds what is printed against what was reviewed; `UPDATE=1` writes it down.
pub(crate) fn hold(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, printed).expect("the file can be written");
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        printed == reviewed,
        "tests/{name}.txt is not what counts. If the change is meant, run\n    \
         UPDATE=1 cargo nextest run -p gongkai-domain --test golden {name}\n\
         and have the difference reviewed.\n\n{printed}"
    );
}

/// Whether something may be done, and by whom or why not.
pub(crate) type Verdict = (char, String);

/// What has one verdict stands together, in the order of the first of them.
pub(crate) fn together(
    told: impl Iterator<Item = (Verdict, String)>,
) -> Vec<(Verdict, Vec<String>)> {
    let mut all: Vec<(Verdict, Vec<String>)> = Vec::new();
    for (told, label) in told {
        match all.iter_mut().find(|(other, _)| *other == told) {
            Some((_, labels)) => labels.push(label),
            None => all.push((told, vec![label])),
        }
    }
    all
}

/// Roles that hold each of the actions.
pub(crate) fn who(actions: &[Action]) -> String {
    let holds = |role: &&Role| actions.iter().all(|action| action.scope(**role).is_some());
    let roles = Role::ALL.iter().filter(holds);
    let roles: Vec<String> = roles.map(|role| say(&role.label())).collect();
    roles.join("、")
}
