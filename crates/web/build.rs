//! Lists the chapters and pictures of the manual, so that all of them are in
//! the binary and none is forgotten.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let manual = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../docs/manual");
    let (mut chapters, mut images) = (String::new(), String::new());
    for path in files(&manual) {
        if path.extension().is_some_and(|ending| ending == "md") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            writeln!(chapters, "    ({name:?}, include_str!({path:?})),")?;
        }
    }
    for path in files(&manual.join("pictures")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        writeln!(images, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    let text = format!(
        "/// Chapters of the manual, each with its name.\npub static TEXTS: &[(&str, &str)] = &[\n{chapters}];\n\
         /// Its pictures.\npub static IMAGES: &[(&str, &[u8])] = &[\n{images}];\n"
    );
    let out = Path::new(&std::env::var("OUT_DIR")?).join("manual.rs");
    std::fs::write(out, text)?;
    println!("cargo:rerun-if-changed={}", manual.display());
    Ok(())
}
