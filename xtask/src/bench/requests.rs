//! Requests: letters beside an office program that prints the same text.

use std::fs;
use std::path::Path;

use super::{Bound, Figure, ROUNDS, median, quietly, timed};
use crate::{dist, shell, tools};

/// Measures; where there is no LibreOffice, it says so and measures nothing.
pub fn figures() -> Result<Vec<Figure>, String> {
    if let Err(reason) = tools::for_letter_benches() {
        shell::say(&format!(
            "letters are not measured, LibreOffice is not here: {reason}"
        ));
        return Ok(Vec::new());
    }
    dist::fonts_for_development()?;
    shell::say("building the release example");
    shell::cargo(&[
        "build",
        "--release",
        "--quiet",
        "--package",
        "gongkai-press",
        "--example",
        "measure_letters",
    ])?;
    let target = shell::root().join("target");
    let folder = target.join("bench-letters");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let measure = target.join("release/examples/measure_letters");
    let fonts = target.join("fonts");
    let document = folder.join("letter.docx");
    let print = || print(&folder, &document);
    let ours = || -> Result<f64, String> {
        let arguments = ["9", &fonts.to_string_lossy(), &document.to_string_lossy()];
        let printed = shell::output(&measure.to_string_lossy(), &arguments)?;
        let seconds = printed.lines().filter_map(|line| line.parse().ok());
        Ok(median(seconds.collect()))
    };
    // The first of each is not counted: it makes the document, and a profile.
    ours()?;
    print()?;
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        here.push(ours()?);
        there.push(timed(print)?);
    }
    let (here, there) = (median(here), median(there));
    Ok(vec![Figure {
        name: "letter_pdf_vs_libreoffice",
        value: there / here,
        unit: "×",
        target: (Bound::AtLeast, 20.0),
        note: format!(
            "the same letter: ours warm {:.1} ms, soffice --headless with a warm profile {:.0} ms",
            here * 1000.0,
            there * 1000.0
        ),
    }])
}

/// Has LibreOffice print a document.
fn print(folder: &Path, document: &Path) -> Result<(), String> {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let (folder, document) = (folder.to_string_lossy(), document.to_string_lossy());
    let arguments = [
        profile.as_str(),
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        &folder,
        &document,
    ];
    quietly(Path::new("soffice"), &arguments)
}
