//! For `cargo xtask bench`: times the library warm, on files given.
//!
//! `measure tables|audit ROUNDS FILE…` prints the seconds of each round over
//! all files, one a line.

use std::time::Instant;

use gongkai_app::Limits;
use gongkai_app::report::{self, Brought};
use gongkai_domain::report::audit::{Beside, audit};

/// The binary's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let rounds: u32 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let files: Vec<(String, Vec<u8>)> = arguments
        .map(|name| {
            let bytes = std::fs::read(&name).expect("a file to measure");
            (name, bytes)
        })
        .collect();
    let limits = Limits::default();
    // Warm: the formats and catalogues are parsed once.
    for round in 0..=rounds {
        let start = Instant::now();
        let mut seen = 0;
        for (name, bytes) in &files {
            if what == "tables" {
                let document = gongkai_app::read_document(bytes, name, &limits, &|| false)
                    .expect("a file that is read");
                seen += document.blocks.len();
            } else {
                let file = Brought {
                    name,
                    bytes: bytes.clone(),
                };
                let reading = report::read(file, &limits, &|| false).expect("a report");
                seen += audit(&reading, Beside::default()).len() + reading.tables.cells.len();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        assert!(seen > 0, "nothing was read");
        if round > 0 {
            println!("{seconds:.6}");
        }
    }
}
