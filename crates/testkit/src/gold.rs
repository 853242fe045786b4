//! The score of readings and audits against gold values of real reports.
//!
//! The reports are not part of this repository: tests read them where they
//! lie beside it, and say so when they do not.

use std::path::{Path, PathBuf};

use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::CellState;
use serde_json::Value;

/// Where the real reports lie, if they do.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reports");
    folder.is_dir().then_some(folder)
}

/// A report with its gold values.
#[derive(Debug)]
pub struct Item {
    /// Its number.
    pub number: String,
    /// Files that hold it, each to be read.
    pub files: Vec<PathBuf>,
    /// Gold values, identities, claims.
    pub gold: Value,
}

/// All items, by number.
///
/// # Panics
/// If a gold file is damaged; tests want to know.
pub fn items(folder: &Path) -> Vec<Item> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of reports is readable")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".gold.json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a gold file is readable");
            let number: String = path
                .file_name()
                .map(|name| name.to_string_lossy().chars().take(3).collect())
                .unwrap_or_default();
            let files = ["txt", "html", "pdf", "layout.txt"]
                .iter()
                .map(|end| folder.join(format!("{number}.{end}")))
                .filter(|file| file.exists())
                .collect();
            Item {
                files,
                number,
                gold: serde_json::from_str(&text).expect("a gold file is JSON"),
            }
        })
        .collect()
}

/// Cells of one reading against gold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CellScore {
    /// Equal to gold.
    pub right: usize,
    /// Said to be unsure, with gold among the candidates.
    pub neutral: usize,
    /// Not found, or unsure without gold among the candidates.
    pub missed: Vec<String>,
    /// A different value given as certain.
    pub lies: Vec<String>,
    /// Right, among those that are not zero.
    pub right_nonzero: usize,
    /// Gold values that are not zero.
    pub nonzero: usize,
}

impl CellScore {
    /// Gold values scored.
    pub fn total(&self) -> usize {
        self.right + self.neutral + self.missed.len() + self.lies.len()
    }

    /// Adds another score.
    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.neutral += other.neutral;
        self.missed.extend(other.missed);
        self.lies.extend(other.lies);
        self.right_nonzero += other.right_nonzero;
        self.nonzero += other.nonzero;
    }
}

/// Scores the cells of a reading.
pub fn cells(gold: &Value, reading: &Reading) -> CellScore {
    let mut score = CellScore::default();
    let empty = serde_json::Map::new();
    for (key, wanted) in gold["gold"].as_object().unwrap_or(&empty) {
        if wanted.is_null() {
            continue;
        }
        let is_zero = *wanted == 0 || *wanted == "0";
        score.nonzero += usize::from(!is_zero);
        let same = |value| serde_json::to_value(value).is_ok_and(|value| value == *wanted);
        match reading.cell(key).map(|cell| &cell.state) {
            Some(CellState::Certain(value)) if same(value) => {
                score.right += 1;
                score.right_nonzero += usize::from(!is_zero);
            }
            Some(CellState::Certain(value)) => {
                score.lies.push(format!("{key}: {value:?}, gold {wanted}"));
            }
            Some(CellState::Uncertain(values)) if values.iter().any(same) => score.neutral += 1,
            Some(CellState::Uncertain(_)) | None => score.missed.push(key.clone()),
        }
    }
    score
}
