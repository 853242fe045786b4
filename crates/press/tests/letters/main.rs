//! Letters as pages: each kind is set, its text is there, its fonts are inside,
//! and what no font has is told.

mod geometry;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use gongkai_domain::letters::compose::{Ground, Letter, compose};
use gongkai_domain::letters::kinds::{KINDS, Kind};
use gongkai_domain::letters::number::DocumentNumber;
use gongkai_domain::letters::remedy::RemedyChoices;
use gongkai_domain::letters::{samples, template};
use gongkai_domain::words::{Language, Words};
use gongkai_press::fonts::Face;
use gongkai_press::{Fonts, PressError, docx, letter};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fonts")
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    Fonts::read(&[folder()]).expect("fonts below target/fonts; cargo xtask test installs them")
});

fn made(key: &str, sample: usize) -> Letter {
    let kind = Kind::of(key).expect("a kind");
    let facts = samples::all()[sample].facts_for(kind);
    let choices = RemedyChoices::default();
    let dated = facts.dated.expect("a day");
    let number = DocumentNumber::new("云财", kind.word, dated, 15).expect("a number");
    let ground = Ground {
        template: template::default(kind),
        edited: None,
        choices: &choices,
        number: (!kind.word.is_empty()).then_some(&number),
        today: dated,
    };
    compose(kind, &facts, ground).expect("a letter")
}

/// A PDF in a file of its own while something reads it.
pub(crate) fn read(pdf: &[u8], program: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("letter.pdf");
    std::fs::write(&file, pdf).expect("written");
    // Where no other file is named, pictures go where the text goes by its dash.
    let to = (program == "pdftotext").then_some("-");
    let out = Command::new(program)
        .args(arguments)
        .arg(&file)
        .args(to)
        .output();
    out.expect("poppler; cargo xtask test installs it").stdout
}

/// What a PDF says, without blanks.
fn text(pdf: &[u8]) -> String {
    let out = read(pdf, "pdftotext", &["-enc", "UTF-8"]);
    squeezed(&String::from_utf8(out).expect("UTF-8"))
}

/// What another program tells of a PDF.
fn told(pdf: &[u8], program: &str, arguments: &[&str]) -> String {
    String::from_utf8_lossy(&read(pdf, program, arguments)).into_owned()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn has(bytes: &[u8], wanted: &str) -> bool {
    bytes
        .windows(wanted.len())
        .any(|window| window == wanted.as_bytes())
}

#[test]
fn every_kind_of_letter_is_set_with_all_that_it_says() {
    for kind in KINDS {
        let letter = made(kind.key, 0);
        let pdf =
            letter::pdf(&FONTS, &letter).unwrap_or_else(|error| panic!("{}: {error}", kind.key));
        let read = text(&pdf);
        let is_text = |text: &&str| !text.starts_with("____") && !text.starts_with('年');
        for wanted in letter.texts().filter(is_text) {
            // A page of its own may end inside of a text; its beginning stands together.
            let wanted: String = squeezed(wanted).chars().take(24).collect();
            assert!(read.contains(&wanted), "{}: {wanted} | {read}", kind.key);
        }
        assert!(read.contains(&letter.day()), "{}", kind.key);
        if let Ok(folder) = std::env::var("GONGKAI_LETTERS_TO") {
            let path = Path::new(&folder).join(format!("{}.pdf", kind.key));
            std::fs::write(path, &pdf).expect("written");
            let word = docx::letter(&letter).expect("a document");
            std::fs::write(Path::new(&folder).join(format!("{}.docx", kind.key)), word)
                .expect("written");
        }
    }
}

/// ISO 19005-2 6.6.4, 6.7, 6.2.11; ISO 14289-1 5: what the file says of itself,
/// its tags, its language, and that its fonts are inside.
#[test]
fn a_letter_is_tagged_for_archives_and_for_readers_who_hear_it() {
    let pdf = letter::pdf(&FONTS, &made("partial", 0)).expect("a letter");
    assert!(pdf.starts_with(b"%PDF-1.7"));
    for wanted in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "/OutputIntents",
        "/MarkInfo",
        "/StructTreeRoot",
    ] {
        assert!(has(&pdf, wanted), "{wanted}");
    }
    let said = |program: &str, arguments: &[&str]| told(&pdf, program, arguments);
    let fonts = said("pdffonts", &[]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.len() >= 2, "{fonts}");
    for row in rows {
        // Columns from the end: emb sub uni object ID.
        let columns: Vec<&str> = row.split_whitespace().rev().collect();
        assert_eq!(columns[2..5], ["yes", "yes", "yes"], "{row}");
    }
    let tree = said("pdfinfo", &["-struct"]);
    for wanted in ["Document", "H1", "P (block)"] {
        assert!(tree.contains(wanted), "{wanted}: {tree}");
    }
    let about = said("pdfinfo", &[]);
    assert!(about.contains("Tagged:          yes"), "{about}");
    assert!(about.contains("A4"), "{about}");
}

#[test]
fn the_same_letter_is_the_same_file() {
    let letter = made("denied", 0);
    let first = letter::pdf(&FONTS, &letter).expect("a letter");
    assert_eq!(letter::pdf(&FONTS, &letter).expect("a letter"), first);
    let other = Letter {
        number: "云财公开复〔2026〕16号".to_owned(),
        ..letter
    };
    assert_ne!(letter::pdf(&FONTS, &other).expect("a letter"), first);
}

#[test]
fn names_that_few_fonts_have_come_out() {
    let letter = Letter {
        addressee: "朱镕喆、堃𬴂·翀昇".to_owned(),
        ..made("granted", 0)
    };
    let read = text(&letter::pdf(&FONTS, &letter).expect("a letter"));
    assert!(read.contains("朱镕喆、堃𬴂·翀昇："), "{read}");
}

#[test]
fn a_character_that_no_font_has_is_named_and_nothing_is_set() {
    for (character, code) in [('🀄', "U+1F004"), ('\u{E000}', "U+E000"), ('𪚥', "U+2A6A5")] {
        let letter = Letter {
            addressee: format!("甲{character}"),
            ..made("granted", 0)
        };
        let error = letter::pdf(&FONTS, &letter).expect_err("no font has it");
        assert_eq!(error, PressError::NoGlyph(character));
        for language in [Language::Chinese, Language::English] {
            let said = Words::of(language).render(&error.message());
            assert!(said.contains(code) && said.contains(character), "{said}");
        }
    }
}

#[test]
fn without_fonts_or_without_a_face_it_is_said_which() {
    let nowhere = vec![PathBuf::from("/nonexistent/fonts")];
    assert_eq!(
        Fonts::read(&nowhere).expect_err("none"),
        PressError::NoFonts(nowhere.clone())
    );
    let folder_of_its_own = tempfile::tempdir().expect("a folder");
    let only = folder_of_its_own.path().to_owned();
    let name = "FandolSong-Bold.otf";
    std::fs::copy(folder().join(name), only.join(name)).expect("copied");
    std::fs::write(only.join("broken.ttf"), b"no font").expect("written");
    let missing = Fonts::read(std::slice::from_ref(&only)).expect_err("no 仿宋");
    assert_eq!(missing, PressError::NoFace(Face::FangSong));
    let said = Words::of(Language::Chinese).render(&missing.message());
    assert!(said.contains("仿宋"), "{said}");
    // An own folder before ours: both together are enough.
    assert!(Fonts::read(&[only.clone(), folder()]).is_ok());
}

/// Our font of the text under a name that offices have licences for: ten signs for
/// ten, in every encoding, and the style taken off the family's name.
fn licensed(ours: &[u8]) -> Vec<u8> {
    let wide = |text: &str| text.bytes().flat_map(|b| [0, b]).collect::<Vec<u8>>();
    let mut font = ours.to_vec();
    let names = [
        (b"FandolFang".to_vec(), b"STFangSong".to_vec()),
        (wide("FandolFang"), wide("STFangSong")),
    ];
    for (old, new) in names {
        let found = font.windows(old.len()).enumerate();
        let places: Vec<usize> = found
            .filter(|(_, window)| *window == old)
            .map(|(at, _)| at)
            .collect();
        for at in places {
            font[at..at + new.len()].copy_from_slice(&new);
        }
    }
    let number = |font: &[u8], at: usize| usize::from(u16::from_be_bytes([font[at], font[at + 1]]));
    let mut tables = (0..number(&font, 4)).map(|n| 12 + 16 * n);
    let table = tables.find(|at| &font[*at..at + 4] == b"name");
    let table = table.expect("names");
    let begin = (number(&font, table + 8) << 16) + number(&font, table + 10);
    for record in (0..number(&font, begin + 2)).map(|n| begin + 6 + 12 * n) {
        let is_family = number(&font, record + 6) == 1;
        let signs = if number(&font, record) == 3 {
            20u16
        } else {
            10
        };
        if is_family {
            font[record + 8..record + 10].copy_from_slice(&signs.to_be_bytes());
        }
    }
    font
}

#[test]
fn a_font_that_an_office_drops_into_its_folder_is_taken_before_ours() {
    let offices = tempfile::tempdir().expect("a folder");
    let own = offices.path().to_owned();
    let ours = std::fs::read(folder().join("FandolFang-Regular.otf")).expect("a font");
    std::fs::write(own.join("st.otf"), licensed(&ours)).expect("written");
    let both = Fonts::read(&[own.clone(), folder()]).expect("fonts");
    let fonts_of = |fonts: &Fonts| {
        let pdf = letter::pdf(fonts, &made("granted", 0)).expect("a letter");
        let file = own.join("letter.pdf");
        std::fs::write(&file, pdf).expect("written");
        let out = Command::new("pdffonts").arg(&file).output();
        String::from_utf8(out.expect("pdffonts").stdout).expect("UTF-8")
    };
    let (with, without) = (fonts_of(&both), fonts_of(&FONTS));
    assert!(
        with.contains("STFangSong") && !with.contains("FandolFang"),
        "{with}"
    );
    assert!(without.contains("FandolFang"), "{without}");
}

/// Whatever somebody types: it is read as text by the template, the layout and the
/// readers of what they make, in every kind of letter.
#[test]
fn texts_that_mean_harm_stand_there_as_texts() {
    let harm = "#setpage(width:1cm)*粗*_斜_$x$`c`@引<b>甲</b>\\=1+1";
    for kind in KINDS {
        let (key, letter) = (kind.key, made(kind.key, 2));
        let pdf = letter::pdf(&FONTS, &letter).expect("a letter");
        let read = text(&pdf);
        assert!(read.contains(harm), "{key}: {read}");
        assert!(read.contains("{{机关.电话}}{%for甲in乙%}"), "{key}: {read}");
        let about = told(&pdf, "pdfinfo", &[]);
        assert!(about.contains("JavaScript:      no"), "{key}: {about}");
        assert!(about.contains("Form:            none"), "{key}: {about}");
        for action in [
            "/JavaScript",
            "/Launch",
            "/OpenAction",
            "/URI",
            "/EmbeddedFile",
        ] {
            assert!(!has(&pdf, action), "{key}: {action}");
        }
        let word = docx::letter(&letter).expect("a document");
        let document = document(&word);
        assert!(document.contains("&lt;b&gt;甲&lt;/b&gt;"), "{key}");
        assert!(!document.contains("<b>"), "{key}");
    }
}

fn document(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(docx)).expect("a package");
    let mut text = String::new();
    let mut part = archive.by_name("word/document.xml").expect("a document");
    part.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn the_word_document_says_the_same_on_the_same_page() {
    for kind in KINDS {
        let letter = made(kind.key, 0);
        let xml = document(&docx::letter(&letter).expect("a document"));
        for wanted in letter.texts().filter(|text| !text.starts_with("____")) {
            let wanted = wanted
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('"', "&quot;");
            assert!(xml.contains(&wanted), "{}: {wanted}", kind.key);
        }
        // A4, 37/35/28/26 mm, 28.95 pt from line to line.
        assert!(
            xml.contains(r#"<w:pgSz w:w="11906" w:h="16838""#),
            "{}",
            kind.key
        );
        assert!(xml.contains(r#"w:top="2098""#) && xml.contains(r#"w:left="1587""#));
        assert!(xml.contains(r#"w:line="579""#) && xml.contains(r#"w:lineRule="exact""#));
        // 28 characters of 16 pt, each a quarter of a point closer: 441 of 442 pt.
        assert!(xml.contains(r#"<w:spacing w:val="-5" />"#), "{}", kind.key);
    }
}

#[test]
fn a_long_letter_ends_with_text_beside_its_signature() {
    let mut letter = made("denied", 0);
    let more = "本段说明理由。".repeat(20);
    let first = letter.paragraphs[0].clone();
    for _ in 0..6 {
        letter.paragraphs.insert(1, more.clone());
    }
    letter.paragraphs[0] = first;
    let pdf = letter::pdf(&FONTS, &letter).expect("a letter");
    let out = told(&pdf, "pdftotext", &["-enc", "UTF-8"]);
    let pages: Vec<String> = out
        .split('\x0c')
        .map(squeezed)
        .filter(|page| !page.is_empty())
        .collect();
    let last = pages.last().expect("a page");
    assert!(pages.len() > 1, "{pages:?}");
    // The first page bears no number; the signature has text above it.
    assert!(!pages[0].contains("—1—"), "{}", pages[0]);
    assert!(last.contains(&format!("—{}—", pages.len())), "{last}");
    let signed = last.find("2026年11月23日（联系单位").expect("the day");
    let above = last.find("提起行政诉讼").expect("text");
    assert!(above < signed, "{last}");
}

/// A form has a control for each blank, named for those who hear it, and boxes
/// that are ticked with a click.
#[test]
fn a_form_is_filled_in_where_its_controls_are() {
    use docx::{Form, Place};
    let form = Form {
        title: "云溪县水务局政府信息公开申请表".to_owned(),
        lead: "在电脑上填写".to_owned(),
        parts: vec![(
            "个人".to_owned(),
            vec![
                vec![
                    Place::Label("姓名".to_owned()),
                    Place::Blank("姓名".to_owned(), "点击填写 <&>".to_owned(), 3),
                ],
                vec![
                    Place::Label("获取方式".to_owned()),
                    Place::Boxes(vec!["邮寄".to_owned(), "传真".to_owned()], 3),
                ],
            ],
        )],
        foot: vec!["不需要填写用途".to_owned()],
    };
    let bytes = docx::form(&form).expect("written");
    assert_eq!(
        bytes,
        docx::form(&form).expect("written"),
        "the same form is the same file"
    );
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut part = package.by_name("word/document.xml").expect("a part");
    let mut document = String::new();
    part.read_to_string(&mut document).expect("a text");
    assert_eq!(document.matches("<w:sdt>").count(), 3);
    assert_eq!(document.matches("<w:showingPlcHdr/>").count(), 1);
    assert_eq!(document.matches("<w14:checkbox>").count(), 2);
    assert!(document.contains("<w:alias w:val=\"传真\"/>"), "{document}");
    assert!(
        !document.contains("tick:") && document.contains("&lt;&amp;&gt;"),
        "{document}"
    );
}
