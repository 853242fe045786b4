//! The small world in which pages are set: one text of ours, the data, fonts.

use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::civil::Date;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Array, Bytes, Datetime, Dict, Duration, Smart, Str, Value};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::{Face, Fonts, PressError};

/// How many letters typst may remember parts of: enough for what all of them
/// have in common.
const REMEMBERED: usize = 10;

struct Small<'a> {
    library: LazyHash<Library>,
    source: Source,
    fonts: &'a Fonts,
    today: Option<Datetime>,
}

impl World for Small<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() {
            Ok(self.source.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

/// A text of ours as typst reads it.
pub(crate) fn source(name: &str, text: &str) -> Result<Source, PressError> {
    let path = VirtualPath::new(name);
    let path = path.map_err(|error| PressError::Failed(error.to_string()))?;
    let id = RootedPath::new(VirtualRoot::Project, path).intern();
    Ok(Source::new(id, text.to_owned()))
}

/// Texts as a value.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Array(texts.into_iter().map(text).collect::<Array>())
}

/// A text as a value.
pub(crate) fn text(text: &str) -> Value {
    Value::Str(Str::from(text))
}

/// Families of every face, and the day.
pub(crate) fn ground(fonts: &Fonts, dated: Date, data: &mut Dict) {
    for (name, face) in [
        ("fang", Face::FangSong),
        ("biao", Face::Title),
        ("song", Face::Song),
        ("hei", Face::Hei),
    ] {
        let families = fonts.chain(face).iter().map(String::as_str);
        data.insert(name.into(), texts(families));
    }
    data.insert("year".into(), Value::Int(dated.year().into()));
    data.insert("month".into(), Value::Int(dated.month().into()));
    data.insert("date".into(), Value::Int(dated.day().into()));
}

/// PDF/A-2a for archives and PDF/UA-1 for readers who hear it: both at once.
static STANDARDS: LazyLock<Option<PdfStandards>> =
    LazyLock::new(|| PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).ok());

/// One thing is set at a time where its memory is thrown away after it.
static EVICTING: Mutex<u32> = Mutex::new(0);

/// Sets a text of ours with data; the bytes of a PDF. The same data on the same
/// fonts are the same bytes.
pub(crate) fn pdf(
    fonts: &Fonts,
    source: Source,
    data: Dict,
    dated: Date,
    ident: &str,
) -> Result<Vec<u8>, PressError> {
    let failed = |errors: &[SourceDiagnostic]| {
        let said: Vec<String> = errors
            .iter()
            .map(|error| error.message.to_string())
            .collect();
        PressError::Failed(said.join("; "))
    };
    let (month, day) = (dated.month().unsigned_abs(), dated.day().unsigned_abs());
    let world = Small {
        library: LazyHash::new(Library::builder().with_inputs(data).build()),
        source,
        fonts,
        today: Datetime::from_ymd(dated.year().into(), month, day),
    };
    let compiled = typst::compile::<PagedDocument>(&world);
    // A warning is a font that is not there, or pages that do not settle.
    if !compiled.warnings.is_empty() {
        return Err(failed(&compiled.warnings));
    }
    let document = compiled.output.map_err(|errors| failed(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some("Gongkai".to_owned())),
        standards: STANDARDS
            .clone()
            .ok_or_else(|| PressError::Failed("the standards of PDF".to_owned()))?,
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| failed(&errors));
    let mut count = EVICTING.lock().unwrap_or_else(PoisonError::into_inner);
    *count = count.wrapping_add(1);
    typst::comemo::evict(REMEMBERED);
    pdf
}
