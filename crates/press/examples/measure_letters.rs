//! For `cargo xtask bench requests`: sets a letter warm, and writes the same as
//! a Word document for a peer to print.
//!
//! `measure_letters ROUNDS FONTS DOCX` prints the seconds of each round, one a
//! line.

use std::path::PathBuf;
use std::time::Instant;

use gongkai_domain::letters::compose::{Ground, compose};
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::remedy::RemedyChoices;
use gongkai_domain::letters::{samples, template};
use gongkai_press::{Fonts, docx, letter};

#[expect(
    clippy::disallowed_methods,
    reason = "a bench is there to look at the clock"
)]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|text| text.parse().ok());
    let rounds: u32 = rounds.expect("how many rounds");
    let folder = PathBuf::from(arguments.next().expect("a folder of fonts"));
    let to = PathBuf::from(arguments.next().expect("a file to write"));
    let fonts = Fonts::read(&[folder]).expect("fonts");
    let kind = Kind::of("partial").expect("a kind");
    let facts = samples::all()[0].facts_for(kind);
    let choices = RemedyChoices::default();
    let ground = Ground {
        template: template::default(kind),
        edited: None,
        choices: &choices,
        number: None,
        today: facts.dated.expect("a day"),
    };
    let made = compose(kind, &facts, ground).expect("a letter");
    std::fs::write(to, docx::letter(&made).expect("a document")).expect("written");
    // The first one is not counted; each differs, so that none is remembered whole.
    for round in 0..=rounds {
        let mut one = made.clone();
        one.number = format!("云财公开复〔2026〕{}号", round + 1);
        one.paragraphs
            .insert(1, format!("本件为第{}次排版。", round + 1));
        let start = Instant::now();
        let bytes = letter::pdf(&fonts, &one).expect("a letter");
        let seconds = start.elapsed().as_secs_f64();
        assert!(bytes.len() > 1000);
        if round > 0 {
            println!("{seconds}");
        }
    }
}
