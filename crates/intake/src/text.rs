//! Encodings, and plain text.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use gongkai_domain::report::document::{Block, Document, Line, Place};

use crate::error::IntakeError;
use crate::limits::{Deadline, Limits, Meter};

/// UTF-16 without a mark shows by zero bytes in every other place among ASCII
/// characters, or by Chinese characters in one byte order only.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    utf16_without_mark(bytes).is_some()
        || bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
}

fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 4 || std::str::from_utf8(head).is_ok() && !head.contains(&0) {
        return None;
    }
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if even == odd {
        return None;
    }
    // Zeros alone say nothing: pictures, films and databases are full of them.
    // Of letters nobody's language has, a text has hardly any.
    if head.is_ascii() && even.max(odd) * 5 < head.len() {
        return None;
    }
    let encoding = if odd > even { UTF_16LE } else { UTF_16BE };
    let (mut all, mut likely) = (0usize, 0usize);
    for pair in head.chunks_exact(2) {
        let unit = if odd > even {
            u16::from_le_bytes([pair[0], pair[1]])
        } else {
            u16::from_be_bytes([pair[0], pair[1]])
        };
        all += 1;
        likely += usize::from(matches!(unit,
            0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0..=0xff | 0x2000..=0x26ff
            | 0x3000..=0x30ff | 0x3400..=0x9fff | 0xd800..=0xdfff | 0xff00..=0xffef | 0xfeff));
    }
    (likely * 20 >= all * 19).then_some(encoding)
}

/// Signs that no text has, in a hundred of a text.
pub(crate) fn odd_percent(text: &str) -> usize {
    let (mut all, mut odd) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        let is_odd = c == '\u{fffd}'
            || c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')
            || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
        odd += usize::from(is_odd);
    }
    odd * 100 / all.max(1)
}

/// Decodes a text in whatever encoding it is: by its mark, as UTF-8 if it is
/// valid, else as what it looks like; Chinese pages are taken for GB18030.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    decode_hinted(bytes, None)
}

fn decode_hinted<'a>(bytes: &'a [u8], stated: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    // A cut in the middle of a character is still UTF-8.
    let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    let encoding = if valid * 100 >= bytes.len() * 98 && valid > 0 {
        UTF_8
    } else {
        match stated {
            Some(encoding) if encoding != UTF_8 => encoding,
            _ => guess(bytes),
        }
    };
    encoding.decode_without_bom_handling(bytes).0
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(256 * 1024)], true);
    let guessed = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    // GBK is what the detector calls it; GB18030 reads the same and more.
    if guessed == encoding_rs::GBK || guessed == encoding_rs::WINDOWS_1252 {
        GB18030
    } else {
        guessed
    }
}

/// Decodes a page, minding the encoding that it states itself.
pub(crate) fn decode_html(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes)
        && !bytes.starts_with(b"\xef\xbb\xbf")
        && !bytes[..bytes.len().min(4096)].contains(&0)
    {
        return Cow::Borrowed(text);
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let stated = head.find("charset").and_then(|at| {
        let rest = head[at + "charset".len()..].trim_start_matches([' ', '=', '"', '\'']);
        let label: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect();
        Encoding::for_label(label.as_bytes())
    });
    let stated = stated.map(|encoding| {
        if encoding == encoding_rs::GBK {
            GB18030
        } else {
            encoding
        }
    });
    decode_hinted(bytes, stated)
}

/// Reads plain text.
pub(crate) fn read(
    text: &str,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    let mut meter = Meter::new(limits, deadline);
    let mut blocks = Vec::new();
    for (line, number) in text.lines().zip(1u32..) {
        meter.cell()?;
        blocks.push(Block::Line(Line {
            text: line.to_owned(),
            place: Place::line(number),
            may_wrap: true,
        }));
    }
    if text.trim().is_empty() {
        return Err(IntakeError::Empty);
    }
    Ok(Document {
        blocks,
        ..Document::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "一、总体情况\n2024年共收到政府信息公开申请3件，均已答复。";

    #[test]
    fn every_encoding_of_chinese_offices_reads_the_same() {
        let gb = GB18030.encode(SENTENCE).0.into_owned();
        let utf16 = |big: bool| -> Vec<u8> {
            SENTENCE
                .encode_utf16()
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        let marked = |mark: &[u8], body: &[u8]| [mark, body].concat();
        for (name, bytes) in [
            ("UTF-8", SENTENCE.as_bytes().to_vec()),
            (
                "UTF-8 with mark",
                marked(b"\xef\xbb\xbf", SENTENCE.as_bytes()),
            ),
            ("GB18030", gb),
            ("UTF-16LE with mark", marked(b"\xff\xfe", &utf16(false))),
            ("UTF-16BE with mark", marked(b"\xfe\xff", &utf16(true))),
            ("UTF-16LE", utf16(false)),
            ("UTF-16BE", utf16(true)),
        ] {
            assert_eq!(decode(&bytes), SENTENCE, "{name}");
        }
    }

    #[test]
    fn a_page_that_says_gb2312_is_read_as_gb18030() {
        let page = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"></head><body>镕基喆</body></html>";
        let bytes = GB18030.encode(page).0;
        assert_eq!(decode_html(&bytes), page);
    }

    #[test]
    fn a_file_cut_inside_a_character_is_still_utf8() {
        let text = SENTENCE.repeat(20);
        let cut = &text.as_bytes()[..text.len() - 1];
        assert!(decode(cut).starts_with(SENTENCE));
    }
}
