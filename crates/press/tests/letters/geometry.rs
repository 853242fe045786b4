//! Where things stand on the page, measured in the PDF by other programs: GB/T
//! 9704-2012 5.2 (the text's place, lines and characters), 7.3.5 (signature and seal),
//! 7.5 (page numbers), 10.1 (the letter form with its red lines).

use gongkai_domain::letters::compose::Letter;
use gongkai_domain::letters::kinds::KINDS;
use gongkai_press::letter;

use crate::{FONTS, made, read, squeezed};

/// Points of a millimetre.
const MM: f64 = 72.0 / 25.4;
/// The text's place: 28 mm from the left, 26 mm from the right, 37 mm from above,
/// 35 mm from below, of A4.
const LEFT: f64 = 28.0 * MM;
const RIGHT: f64 = (210.0 - 26.0) * MM;
const TOP: f64 = 37.0 * MM;
const BOTTOM: f64 = (297.0 - 35.0) * MM;
/// 3号, and from line to line.
const SIZE: f64 = 16.0;
const PITCH: f64 = 28.95;

/// A line of text as it stands, in points from the upper left corner.
#[derive(Debug, Clone)]
struct Line {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    text: String,
}

impl Line {
    fn centre(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }
}

fn near(one: f64, other: f64, within: f64) -> bool {
    (one - other).abs() <= within
}

fn number(tag: &str, name: &str) -> f64 {
    let begin = tag.find(&format!("{name}=\"")).expect("an attribute") + name.len() + 2;
    let rest = &tag[begin..];
    let end = rest.find('"').expect("its end");
    rest[..end].parse().expect("a number")
}

/// The lines of each page, from above: words on one height belong together.
fn pages(pdf: &[u8]) -> Vec<Vec<Line>> {
    let out = read(pdf, "pdftotext", &["-bbox", "-enc", "UTF-8"]);
    let out = String::from_utf8(out).expect("UTF-8");
    let mut pages: Vec<Vec<Line>> = Vec::new();
    for tag in out.lines().map(str::trim) {
        if tag.starts_with("<page ") {
            pages.push(Vec::new());
            continue;
        }
        if !tag.starts_with("<word ") {
            continue;
        }
        let (begin, end) = (tag.find('>').expect("a tag"), tag.rfind("</word>"));
        let word = Line {
            left: number(tag, "xMin"),
            right: number(tag, "xMax"),
            top: number(tag, "yMin"),
            bottom: number(tag, "yMax"),
            text: tag[begin + 1..end.expect("its end")].to_owned(),
        };
        let page = pages.last_mut().expect("a page");
        match page.iter_mut().find(|line| near(line.top, word.top, 3.0)) {
            Some(line) => {
                line.left = line.left.min(word.left);
                line.right = line.right.max(word.right);
                line.text.push_str(&word.text);
            }
            None => page.push(word),
        }
    }
    for page in &mut pages {
        page.sort_by(|one, other| one.top.total_cmp(&other.top));
    }
    pages
}

/// A letter whose text fills pages.
fn long() -> Letter {
    let mut letter = made("denied", 0);
    letter.paragraphs.insert(1, "信".repeat(28 * 60));
    letter
}

#[test]
fn a_full_page_has_22_lines_of_28_characters_between_its_margins() {
    let pdf = letter::pdf(&FONTS, &long()).expect("a letter");
    let pages = pages(&pdf);
    assert!(pages.len() >= 3, "{} pages", pages.len());
    let (text, below): (Vec<&Line>, Vec<&Line>) =
        pages[1].iter().partition(|line| line.top < BOTTOM);
    assert_eq!(text.len(), 22);
    for line in &text {
        assert_eq!(line.text.chars().count(), 28, "{}", line.text);
        assert!(near(line.left, LEFT, 0.5), "{line:?}");
        assert!(near(line.right, RIGHT, 1.0), "{line:?}");
    }
    for pair in text.windows(2) {
        assert!(near(pair[1].top - pair[0].top, PITCH, 0.02), "{pair:?}");
    }
    assert!(near(text[0].top, TOP, 2.5), "{:?}", text[0]);
    let last = text[21];
    assert!(last.bottom <= BOTTOM + 2.5, "{last:?} ends above {BOTTOM}");
    // 7.5: the number 7 mm below the text; one character in, on the left of even pages
    // and on the right of odd ones; the first of a letter has none (10.1).
    assert_eq!(below.len(), 1, "{below:?}");
    assert_eq!(below[0].text, "—2—");
    assert!(near(below[0].left, LEFT + 14.0, 2.0), "{:?}", below[0]);
    let foot = pages[2].last().expect("a foot");
    assert_eq!(foot.text, "—3—");
    assert!(near(foot.right, RIGHT - 14.0, 2.0), "{foot:?}");
    assert!(
        foot.top > BOTTOM && foot.top < BOTTOM + 10.0 * MM,
        "{foot:?}"
    );
    assert!(pages[0].iter().all(|line| line.top < BOTTOM));
}

/// A band of red across the page: from above, how thick, from the left, how long, in
/// millimetres.
#[derive(Debug)]
struct Band {
    top: f64,
    thick: f64,
    left: f64,
    length: f64,
}

/// The red lines of a page, as they would be printed at 20 points a millimetre.
fn red_lines(pdf: &[u8], page: &str) -> Vec<Band> {
    const DOTS: usize = 20;
    let of = ["-f", page, "-l", page, "-r", "508"];
    let ppm = read(pdf, "pdftoppm", &of);
    let mut parts = ppm.splitn(4, |byte| *byte == b'\n');
    assert_eq!(parts.next(), Some(&b"P6"[..]));
    let size = String::from_utf8(parts.next().expect("a size").to_vec()).expect("numbers");
    let width: usize = size
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a width");
    let dots = {
        parts.next();
        parts.next()
    }
    .expect("dots");
    let is_red = |dot: &[u8]| dot[0] > 180 && dot[1] < 90 && dot[2] < 90;
    let at = |count: usize| f64::from(u32::try_from(count).expect("few")) / f64::from(20u8);
    let mut bands: Vec<Band> = Vec::new();
    for (row, line) in dots.chunks_exact(width * 3).enumerate() {
        let red: Vec<usize> = line
            .chunks_exact(3)
            .enumerate()
            .filter(|(_, dot)| is_red(dot))
            .map(|(column, _)| column)
            .collect();
        // A line, and no part of a character.
        if red.len() < 160 * DOTS {
            continue;
        }
        let top = at(row);
        match bands
            .last_mut()
            .filter(|band| near(band.top + band.thick, top, 0.001))
        {
            Some(band) => band.thick += at(1),
            None => bands.push(Band {
                top,
                thick: at(1),
                left: at(red[0]),
                length: at(red[red.len() - 1] + 1 - red[0]),
            }),
        }
    }
    bands
}

#[test]
fn red_double_lines_begin_and_end_the_first_page_alone() {
    let pdf = letter::pdf(&FONTS, &long()).expect("a letter");
    let bands = red_lines(&pdf, "1");
    // 10.1: thick over thin above, thin over thick 20 mm from the lower edge; 170 mm,
    // in the middle.
    let places = [
        (46.0, 2.2),
        (47.3, 0.7),
        (297.0 - 21.3, 0.7),
        (297.0 - 20.0, 2.2),
    ];
    assert_eq!(bands.len(), places.len(), "{bands:?}");
    for (band, (middle, points)) in bands.iter().zip(places) {
        assert!(
            near(band.top + band.thick / 2.0, middle, 0.1),
            "{band:?}: {middle}"
        );
        assert!(near(band.thick, points / MM, 0.11), "{band:?}: {points}");
        assert!(
            near(band.left, 20.0, 0.1) && near(band.length, 170.0, 0.15),
            "{band:?}"
        );
    }
    assert!(red_lines(&pdf, "2").is_empty(), "the second page has none");
}

#[test]
fn the_head_the_title_and_the_signature_stand_where_they_belong() {
    let letter = made("denied", 0);
    let pdf = letter::pdf(&FONTS, &letter).expect("a letter");
    let all = pages(&pdf);
    let (first, last) = (&all[0], all.last().expect("a page"));
    let line = |page: &[Line], text: &str| -> Line {
        let found = page
            .iter()
            .find(|line| squeezed(&line.text).contains(&squeezed(text)));
        found
            .unwrap_or_else(|| panic!("{text} in {page:?}"))
            .clone()
    };
    let middle = f64::midpoint(LEFT, RIGHT);
    // 10.1: the name of the organ 30 mm from the upper edge, its number below the line,
    // at the right margin; the title in the middle.
    let mark = &first[0];
    assert_eq!(mark.text, letter.agency);
    assert!(near(mark.centre(), middle, 1.0), "{mark:?}");
    assert!(mark.top > 25.0 * MM && mark.bottom < 46.0 * MM, "{mark:?}");
    let number = line(first, &letter.number);
    assert!(near(number.right, RIGHT, 1.5), "{number:?}");
    assert!(
        number.top > 47.3 * MM && number.top < 47.3 * MM + PITCH,
        "{number:?}"
    );
    let title = line(first, &letter.title);
    assert!(near(title.centre(), middle, 1.0), "{title:?}");
    let addressee = line(first, &letter.addressee);
    assert!(near(addressee.left, LEFT, 0.5), "{addressee:?}");
    let opening: String = letter.paragraphs[0].chars().take(12).collect();
    let opening = line(first, &opening);
    assert!(near(opening.left, LEFT + 2.0 * SIZE, 1.5), "{opening:?}");
    // 7.3.5.1: the day four characters from the right margin, the organ over its
    // middle, and above both room for a seal that reaches into no more than the last
    // line of the text.
    let day = line(last, &letter.day());
    assert!(near(day.right, RIGHT - 4.0 * SIZE, 2.0), "{day:?}");
    let at = last
        .iter()
        .position(|one| near(one.top, day.top, 0.1))
        .expect("the day");
    let (signed, above) = (&last[at - 1], &last[at - 2]);
    assert_eq!(signed.text, letter.agency);
    assert!(
        near(signed.centre(), day.centre(), 2.0),
        "{signed:?} over {day:?}"
    );
    assert!(near(day.top - signed.top, PITCH, 0.1));
    let room = signed.top - above.top;
    assert!((2.9 * PITCH..4.2 * PITCH).contains(&room), "{room}");
}

#[test]
fn no_letter_of_any_kind_leaves_its_margins_or_sets_one_line_over_another() {
    for kind in KINDS {
        for sample in 0..3 {
            let name = format!("margins-{}-{sample}", kind.key);
            let pdf = letter::pdf(&FONTS, &made(kind.key, sample));
            let pdf = pdf.unwrap_or_else(|error| panic!("{name}: {error}"));
            for (page, lines) in pages(&pdf).iter().enumerate() {
                for line in lines.iter().filter(|line| line.top < BOTTOM) {
                    // The blank half of a bracket or a stop may hang over.
                    let (left, right) = (LEFT - SIZE / 2.0, RIGHT + SIZE / 2.0);
                    let is_within = line.left > left - 1.0 && line.right < right + 1.0;
                    assert!(is_within, "{name}, page {}: {line:?}", page + 1);
                    assert!(line.bottom < BOTTOM + 3.0, "{name}: {line:?}");
                }
                for pair in lines.windows(2) {
                    let apart = pair[1].top - pair[0].top;
                    assert!(apart > 9.0, "{name}, page {}: {pair:?}", page + 1);
                }
            }
        }
    }
}
