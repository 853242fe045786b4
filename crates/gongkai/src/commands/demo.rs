//! `gongkai demo`: the hand-written sample reports, audited.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gongkai_app::Limits;
use gongkai_app::paper::report::{Audited, html};
use gongkai_app::report::{self, Brought};
use gongkai_domain::report::audit::Beside;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::words::Message;

use super::{Session, emit, say};
use crate::failure::Failure;
use crate::terminal;

/// Sample reports of bodies that do not exist: the year before, the year, and
/// a text in which the cells ran together.
const LAST_YEAR: (&str, &[u8]) = (
    "云溪县水务局2023.html",
    include_bytes!("../../samples/water-2023.html"),
);
const THIS_YEAR: (&str, &[u8]) = (
    "云溪县水务局2024.html",
    include_bytes!("../../samples/water-2024.html"),
);
const RUN_TOGETHER: (&str, &[u8]) = (
    "云溪县财政局2022.txt",
    include_bytes!("../../samples/finance-2022.txt"),
);

/// All of them, for the pages.
pub const SAMPLES: &[(&str, &[u8])] = &[THIS_YEAR, RUN_TOGETHER, LAST_YEAR];

pub fn run(session: &Session, path: PathBuf) -> Result<ExitCode, Failure> {
    let read = |(name, bytes): (&str, &[u8])| -> Result<Reading, Failure> {
        let file = Brought {
            name,
            bytes: bytes.to_vec(),
        };
        report::read(file, &Limits::default(), &session.deadline())
            .map_err(|error| Failure::in_file(Path::new(name), error.message()))
    };
    let previous = read(LAST_YEAR)?;
    let none = std::collections::BTreeMap::new();
    let audited = |sample: (&str, &[u8]), beside: Beside<'_>| -> Result<Audited, Failure> {
        Ok(report::audit(sample.0, read(sample)?, beside, &none))
    };
    let files = [
        audited(
            THIS_YEAR,
            Beside {
                previous: Some(&previous),
                children: None,
            },
        )?,
        audited(RUN_TOGETHER, Beside::default())?,
        audited(LAST_YEAR, Beside::default())?,
    ];
    for file in &files {
        say(&terminal::audit(file, session.words))?;
    }
    let page = html::audit(&files, &[], session.words)
        .map_err(|error| Failure::new(Message::new("page-failed").with("reason", error)))?;
    emit(Some(&path), page.as_bytes())?;
    let written = Message::new("demo-written").with("path", path.display());
    say(&session.words.render(&written))?;
    Ok(ExitCode::SUCCESS)
}
