//! What holds for the whole room.

use std::path::{Path, PathBuf};

use crate::words::{Language, Words};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the room's folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Identifiers stand in the code as whole words in quotes; whatever looks like
/// one of this room's has to be in both catalogues, and whatever is in this
/// room's catalogue has to stand in the code.
#[test]
fn every_message_of_the_room_is_in_the_catalogues_and_is_used() {
    let mut files = Vec::new();
    // The use cases say some of them, one floor up.
    for room in ["src/organization", "../app/src/organization"] {
        let room = Path::new(env!("CARGO_MANIFEST_DIR")).join(room);
        sources(&room, &mut files);
    }
    assert!(files.len() > 5, "{}", files.len());
    let code: String = files
        .iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .map(|path| std::fs::read_to_string(path).expect("a source file"))
        .collect();
    let catalogue = include_str!("../words/zh-CN/organization.ftl");
    let keys: Vec<&str> = catalogue
        .lines()
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .collect();
    let families: Vec<&str> = keys
        .iter()
        .filter_map(|key| Some(key.split_once('-')?.0))
        .collect();
    for word in code.split('"') {
        let is_identifier = word.contains('-')
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '-' || c == '_')
            && word
                .split_once('-')
                .is_some_and(|(family, _)| families.contains(&family));
        if is_identifier {
            for language in [Language::Chinese, Language::English] {
                assert!(Words::of(language).has(word), "{word} is in no catalogue");
            }
        }
    }
    for key in keys {
        assert!(
            code.contains(&format!("\"{key}\"")),
            "{key} is used nowhere"
        );
    }
}
