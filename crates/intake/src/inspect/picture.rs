//! Pictures: what they say of themselves, and how large they are. What is to be
//! seen on them is not read here.

use std::io::Cursor;

use exif::{In, Tag};
use gongkai_domain::inspection::{Hidden, RuleId, Spot};

use super::{At, Inspector, Wanted};
use crate::text;

/// A picture as small as this is a mark or a rule: no words fit on it.
const WORDS_WIDTH_MIN: u32 = 200;
const WORDS_HEIGHT_MIN: u32 = 100;
/// The most text that is taken of one picture's remarks.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Width and height by the head of the file.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let be16 = |at: usize| {
        let pair = bytes.get(at..at + 2)?;
        Some(u32::from(u16::from_be_bytes([pair[0], pair[1]])))
    };
    let le16 = |at: usize| {
        let pair = bytes.get(at..at + 2)?;
        Some(u32::from(u16::from_le_bytes([pair[0], pair[1]])))
    };
    let be32 = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.starts_with(b"\x89PNG") {
        return Some((be32(16)?, be32(20)?));
    }
    if bytes.starts_with(b"GIF8") {
        return Some((le16(6)?, le16(8)?));
    }
    if bytes.starts_with(b"\xff\xd8") {
        for segment in segments(bytes) {
            // Start of frame, of any coding.
            if matches!(segment.mark, 0xc0..=0xcf) && !matches!(segment.mark, 0xc4 | 0xc8 | 0xcc) {
                let at = segment.start;
                return Some((be16(at + 3)?, be16(at + 1)?));
            }
        }
    }
    None
}

/// `1024×768`, or nothing where the head does not say.
pub(super) fn size_text(bytes: &[u8]) -> String {
    size(bytes).map_or_else(String::new, |(width, height)| format!("{width}×{height}"))
}

/// Whether words could stand on it.
pub(super) fn may_hold_text(bytes: &[u8]) -> bool {
    size(bytes).is_none_or(|(width, height)| width >= WORDS_WIDTH_MIN && height >= WORDS_HEIGHT_MIN)
}

/// A segment of a JPEG before its picture.
struct Segment {
    mark: u8,
    /// Where its content begins and ends.
    start: usize,
    end: usize,
}

fn segments(bytes: &[u8]) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut at = 2;
    while let Some([0xff, mark, high, low]) = bytes.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (start, end) = (at + 4, at + 2 + length);
        if length < 2 || end > bytes.len() || found.len() > 4096 {
            break;
        }
        found.push(Segment {
            mark: *mark,
            start,
            end,
        });
        // The picture itself follows the start of scan.
        if *mark == 0xda {
            break;
        }
        at = end;
    }
    found
}

/// Chunks of a PNG: name and content.
fn chunks(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(content) = at
            .checked_add(8)
            .and_then(|start| bytes.get(start..start.checked_add(length)?))
        else {
            break;
        };
        found.push((&head[4..8], content));
        if &head[4..8] == b"IEND" || found.len() > 65_536 {
            break;
        }
        at += 12 + length;
    }
    found
}

/// Where a picture ends, for what stands behind it.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\x89PNG") {
        let chunks = chunks(bytes);
        let last = chunks.last().filter(|(name, _)| *name == b"IEND")?;
        let at = last.1.as_ptr().addr() - bytes.as_ptr().addr();
        return Some(at + last.1.len() + 4);
    }
    if bytes.starts_with(b"\xff\xd8") {
        // Where the picture itself is coded, its end comes but once.
        let scan = segments(bytes).last().map_or(2, |segment| segment.end);
        return memchr::memmem::find(bytes.get(scan..)?, b"\xff\xd9").map(|at| scan + at + 2);
    }
    if bytes.starts_with(b"GIF8") {
        return end_of_gif(bytes);
    }
    None
}

/// Where a GIF ends: after its blocks.
fn end_of_gif(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3usize << ((flags & 7) + 1)
        }
    };
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        match bytes.get(at)? {
            0x3b => return Some(at + 1),
            0x21 => at += 2,
            0x2c => at += 11 + table(*bytes.get(at + 9)?),
            _ => return None,
        }
        // Pieces, each after its length; an empty one ends them.
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

impl Inspector<'_> {
    /// What a picture says of itself: the camera's remarks, the place, names,
    /// the remarks of programs.
    pub(super) fn picture(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let hidden = hidden.or(Some(Hidden::Picture));
        self.guarded("EXIF", |inspector| inspector.camera(bytes, hidden));
        let mut remarks: Vec<String> = Vec::new();
        if bytes.starts_with(b"\xff\xd8") {
            for segment in segments(bytes) {
                let content = &bytes[segment.start..segment.end];
                let is_text = segment.mark == 0xfe
                    || segment.mark == 0xe1 && !content.starts_with(b"Exif\0")
                    || segment.mark == 0xed;
                if is_text {
                    remarks.push(readable(content));
                }
            }
        } else if bytes.starts_with(b"\x89PNG") {
            for (name, content) in chunks(bytes) {
                match name {
                    b"tEXt" => remarks.push(readable(content)),
                    b"iTXt" | b"zTXt" => remarks.push(unfolded(name, content)),
                    _ => {}
                }
            }
        } else if bytes.starts_with(b"GIF8")
            || bytes.starts_with(b"RIFF")
            || bytes.starts_with(b"II*")
            || bytes.starts_with(b"MM\0*")
        {
            if let Some(at) = memchr::memmem::find(bytes, b"<x:xmpmeta") {
                let packet = &bytes[at..];
                let end = memchr::memmem::find(packet, b"</x:xmpmeta>").unwrap_or(packet.len());
                remarks.push(readable(&packet[..end]));
            } else {
                self.leftovers(bytes, hidden);
            }
        }
        if let Some(end) = end(bytes)
            && end + 16 < bytes.len()
        {
            remarks.push(readable(&bytes[end..]));
        }
        for remark in remarks {
            if remark.contains("GPSLatitude") || remark.contains("exif:GPS") {
                self.tell(RuleId::PicturePlace, Spot::Whole, hidden, "GPS");
            }
            if remark.contains("creator") || remark.contains("Author") {
                self.tell(RuleId::HiddenContent, Spot::Whole, hidden, "XMP");
            }
            self.scan(&remark, At::Part, hidden, Wanted::All);
        }
    }

    fn camera(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let mut reader = exif::Reader::new();
        reader.continue_on_error(true);
        let read = reader
            .read_from_container(&mut Cursor::new(bytes))
            .or_else(|error| error.distill_partial_result(|_| {}));
        let Ok(camera) = read else {
            return;
        };
        let place = camera.get_field(Tag::GPSLatitude, In::PRIMARY);
        if place.is_some() {
            self.tell(RuleId::PicturePlace, Spot::Whole, hidden, "GPS");
        }
        let thumbnail = camera.get_field(Tag::JPEGInterchangeFormat, In::THUMBNAIL);
        if thumbnail.is_some() {
            let own = Some(Hidden::Thumbnail);
            self.tell(RuleId::HiddenContent, Spot::Whole, own, "EXIF");
        }
        let told = [Tag::Artist, Tag::CameraOwnerName, Tag::Copyright];
        let names: Vec<String> = camera
            .fields()
            .filter(|field| told.contains(&field.tag))
            .map(|field| field.tag.to_string())
            .collect();
        if !names.is_empty() {
            self.tell(RuleId::HiddenContent, Spot::Whole, hidden, names.join(", "));
        }
        for field in camera.fields() {
            let found = match &field.value {
                exif::Value::Ascii(lines) => lines
                    .iter()
                    .map(|line| text::decode(line).into_owned())
                    .collect::<Vec<_>>()
                    .join("\n"),
                exif::Value::Undefined(bytes, _) | exif::Value::Byte(bytes) => {
                    // The code of the characters stands before a remark.
                    let content = match bytes.get(..8) {
                        Some(b"ASCII\0\0\0" | b"UNICODE\0" | b"\0\0\0\0\0\0\0\0") => &bytes[8..],
                        _ => bytes,
                    };
                    readable(content)
                }
                _ => continue,
            };
            self.scan(&found, At::Part, hidden, Wanted::All);
        }
    }
}

/// Bytes as text, zeros as the ends of lines.
fn readable(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(TEXT_BYTES_MAX)];
    let wide = bytes.iter().skip(1).step_by(2).filter(|b| **b == 0).count();
    let narrow = bytes.iter().step_by(2).filter(|b| **b == 0).count();
    if bytes.len() >= 8 && (wide * 3 > bytes.len() || narrow * 3 > bytes.len()) {
        let code = if wide > narrow {
            encoding_rs::UTF_16LE
        } else {
            encoding_rs::UTF_16BE
        };
        return code
            .decode_without_bom_handling(bytes)
            .0
            .replace('\0', "\n");
    }
    // Piece by piece: a zero among letters would make it look like UTF-16.
    let pieces = bytes
        .split(|byte| *byte == 0)
        .filter(|piece| !piece.is_empty());
    let pieces: Vec<_> = pieces.map(text::decode).collect();
    pieces.join("\n")
}

/// A packed remark of a PNG; the head and the remark.
fn unfolded(name: &[u8], content: &[u8]) -> String {
    let mut fields = content.splitn(2, |byte| *byte == 0);
    let keyword = fields.next().unwrap_or_default();
    let rest = fields.next().unwrap_or_default();
    let (is_packed, body) = if name == b"zTXt" {
        (true, rest.get(1..).unwrap_or_default())
    } else {
        // Flag, method, language, keyword in it, text.
        let is_packed = rest.first() == Some(&1);
        let after = rest.get(2..).unwrap_or_default();
        let mut parts = after.splitn(3, |byte| *byte == 0);
        (is_packed, parts.nth(2).unwrap_or_default())
    };
    let text = if is_packed {
        super::pdf::inflated(body, TEXT_BYTES_MAX)
    } else {
        body.to_vec()
    };
    format!("{}\n{}", readable(keyword), readable(&text))
}
