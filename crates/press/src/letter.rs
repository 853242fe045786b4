//! A letter as PDF.

use gongkai_domain::letters::compose::Letter;
use typst::foundations::Dict;

use crate::fonts::{Face, Fonts, PressError};
use crate::world;

/// Sets a letter: tagged PDF/A-2a that is PDF/UA-1 too. The same letter on the
/// same fonts is the same bytes.
///
/// # Errors
/// [`PressError::NoGlyph`] with the first character that no font has.
pub fn pdf(fonts: &Fonts, letter: &Letter) -> Result<Vec<u8>, PressError> {
    covered(fonts, letter)?;
    let day = letter.day();
    let mut data = Dict::new();
    for (name, text) in [
        ("agency", &letter.agency),
        ("number", &letter.number),
        ("title", &letter.title),
        ("addressee", &letter.addressee),
        ("day", &day),
        ("contact", &letter.contact),
    ] {
        data.insert(name.into(), world::text(text));
    }
    for (name, texts) in [
        ("paragraphs", &letter.paragraphs),
        ("attachments", &letter.attachments),
        ("slip", &letter.slip),
    ] {
        let texts = texts.iter().map(String::as_str);
        data.insert(name.into(), world::texts(texts));
    }
    world::ground(fonts, letter.dated, &mut data);
    let source = world::source("letter.typ", include_str!("letter.typ"))?;
    let ident = [
        &letter.agency,
        &letter.number,
        &letter.kind,
        &letter.addressee,
        &day,
    ];
    let ident: Vec<&str> = ident.into_iter().map(String::as_str).collect();
    world::pdf(fonts, source, data, letter.dated, &ident.join("\n"))
}

/// Whether the fonts have every character of a letter.
///
/// # Errors
/// [`PressError::NoGlyph`] with the first that none has.
pub fn covered(fonts: &Fonts, letter: &Letter) -> Result<(), PressError> {
    for text in [&letter.title, &letter.agency]
        .into_iter()
        .chain(letter.slip.first())
    {
        fonts.covers(Face::Title, text)?;
    }
    letter
        .texts()
        .try_for_each(|text| fonts.covers(Face::FangSong, text))
}
