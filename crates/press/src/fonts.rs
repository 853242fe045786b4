//! Fonts: files in folders of the installation, an office's own before ours.

use std::path::{Path, PathBuf};

use gongkai_domain::words::Message;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontStretch, FontStyle, FontVariant, FontWeight};
use typst::utils::LazyHash;

/// Why something was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// No folder has any font.
    #[error("there are no fonts in {}", .0.iter().map(|one| one.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoFonts(Vec<PathBuf>),
    /// No font for this face is there.
    #[error("there is no font for {0}")]
    NoFace(Face),
    /// No font has this character.
    #[error("no font has {0:?}")]
    NoGlyph(char),
    /// The pages could not be made: a fault of the program.
    #[error("the pages could not be made: {0}")]
    Failed(String),
}

impl PressError {
    /// What to tell.
    pub fn message(&self) -> Message {
        match self {
            Self::NoFonts(folders) => {
                let all: Vec<String> = folders
                    .iter()
                    .map(|one| one.display().to_string())
                    .collect();
                Message::new("press-no-fonts").with("folders", all.join("、"))
            }
            Self::NoFace(face) => Message::new("press-no-face").with("face", face),
            Self::NoGlyph(character) => Message::new("press-no-glyph")
                .with("character", character)
                .with("code", format!("U+{:04X}", u32::from(*character))),
            Self::Failed(reason) => Message::new("press-failed").with("reason", reason),
        }
    }
}

/// A face of official papers (GB/T 9704-2012 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// 仿宋: the text.
    FangSong,
    /// 小标宋: titles and the agency's name.
    Title,
    /// 宋体: page numbers and tables.
    Song,
    /// 黑体: headings of reports.
    Hei,
}

impl std::fmt::Display for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FangSong => "仿宋",
            Self::Title => "小标宋",
            Self::Song => "宋体",
            Self::Hei => "黑体",
        })
    }
}

impl Face {
    const ALL: [Self; 4] = [Self::FangSong, Self::Title, Self::Song, Self::Hei];

    /// Families by preference: what offices have licences for, then ours. Names
    /// in lower case, as typst compares them.
    fn families(self) -> &'static [&'static str] {
        match self {
            Self::FangSong => &[
                "仿宋_gb2312",
                "fangsong_gb2312",
                "方正仿宋_gbk",
                "fzfangsong-z02",
                "fzfangsong-z02s",
                "仿宋",
                "fangsong",
                "stfangsong",
                "fandolfang r",
                "fandolfang",
            ],
            Self::Title => &[
                "方正小标宋_gbk",
                "方正小标宋简体",
                "fzxiaobiaosong-b05",
                "fzxiaobiaosong-b05s",
                "noto serif cjk sc",
                "noto serif sc",
                "source han serif sc",
                "fandolsong",
            ],
            Self::Song => &[
                "宋体",
                "simsun",
                "方正书宋_gbk",
                "fzshusong-z01",
                "fandolsong",
                "noto serif cjk sc",
            ],
            Self::Hei => &[
                "黑体",
                "simhei",
                "方正黑体_gbk",
                "fzhei-b01",
                "fandolhei",
                "noto sans cjk sc",
            ],
        }
    }

    /// The weight in which it is set. 小标宋 has one weight only; where another
    /// font stands in for it, that is bold.
    pub(crate) fn variant(self) -> FontVariant {
        let weight = match self {
            Self::Title => FontWeight::BOLD,
            _ => FontWeight::REGULAR,
        };
        FontVariant::new(FontStyle::Normal, weight, FontStretch::NORMAL)
    }
}

/// The families from which characters are taken that a face lacks: names of
/// persons above all. Ours first, then whatever else there is.
const FALLBACK: &str = "lxgw wenkai";

/// Fonts that were read, ready to set with. Made once and shared.
pub struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    chains: [Vec<String>; 4],
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts")
            .field("fonts", &self.fonts.len())
            .finish_non_exhaustive()
    }
}

impl Fonts {
    /// Reads the fonts of folders; those of an earlier folder come first. A
    /// folder that is not there has none, and files that are no fonts are
    /// passed over.
    ///
    /// # Errors
    /// [`PressError::NoFonts`] or [`PressError::NoFace`].
    pub fn read(folders: &[PathBuf]) -> Result<Self, PressError> {
        let mut fonts = Vec::new();
        for folder in folders {
            for file in files(folder) {
                if let Ok(bytes) = std::fs::read(&file) {
                    fonts.extend(Font::iter(Bytes::new(bytes)));
                }
            }
        }
        if fonts.is_empty() {
            return Err(PressError::NoFonts(folders.to_vec()));
        }
        let book = FontBook::from_fonts(&fonts);
        let mut chains: [Vec<String>; 4] = Default::default();
        for (chain, face) in chains.iter_mut().zip(Face::ALL) {
            *chain = self::chain(&book, face)?;
        }
        Ok(Self {
            book: LazyHash::new(book),
            fonts,
            chains,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.fonts.len()
    }

    pub(crate) fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// Families of a face, in the order in which they are asked.
    pub(crate) fn chain(&self, face: Face) -> &[String] {
        let at = Face::ALL.iter().position(|one| *one == face);
        at.and_then(|at| self.chains.get(at))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether a face, with what stands behind it, has every character.
    ///
    /// # Errors
    /// [`PressError::NoGlyph`] with the first that is missing.
    pub fn covers(&self, face: Face, text: &str) -> Result<(), PressError> {
        let chosen: Vec<&typst::text::FontInfo> = self
            .chain(face)
            .iter()
            .filter_map(|family| self.book.select(family, face.variant()))
            .filter_map(|index| self.book.info(index))
            .collect();
        let has = |c: char| {
            chosen
                .iter()
                .any(|font| font.coverage.contains(u32::from(c)))
        };
        match text.chars().find(|c| *c != '\n' && !has(*c)) {
            None => Ok(()),
            Some(missing) => Err(PressError::NoGlyph(missing)),
        }
    }
}

fn chain(book: &FontBook, face: Face) -> Result<Vec<String>, PressError> {
    let known = face.families().iter().copied();
    let mut chain: Vec<String> = known
        .filter(|family| book.contains_family(family))
        .map(str::to_owned)
        .collect();
    if chain.is_empty() {
        return Err(PressError::NoFace(face));
    }
    if book.contains_family(FALLBACK) {
        chain.push(FALLBACK.to_owned());
    }
    let mut others: Vec<String> = book
        .families()
        .map(|(name, _)| name.to_lowercase())
        .filter(|name| !chain.contains(name))
        .collect();
    others.sort();
    others.dedup();
    chain.extend(others);
    Ok(chain)
}

/// Font files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let end = path.extension().unwrap_or_default().to_ascii_lowercase();
            ["otf", "ttf", "ttc"].iter().any(|one| end == *one)
        })
        .collect();
    files.sort();
    files
}
