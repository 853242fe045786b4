//! Digits of any width, and what people write between them.

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// A dash or a dot.
    Dash,
    /// Blanks.
    Blank,
    /// A point or a stroke: figures and days have them too.
    Point,
    /// The border of cells: a tab.
    Cell,
    /// The end of a line.
    Line,
}

/// The most that stands between two groups of one number.
const BETWEEN_BYTES_MAX: usize = 12;
/// For each byte whether a digit can begin with it.
const BEGINS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'0' as usize;
    while byte <= b'9' as usize {
        table[byte] = true;
        byte += 1;
    }
    // Full-width digits, and the mathematical ones.
    table[0xef] = true;
    table[0xf0] = true;
    table
};

pub(super) fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes
            .get(at..)?
            .iter()
            .position(|b| BEGINS[usize::from(*b)])?;
        if digit(bytes, at).is_some() {
            return Some(at);
        }
        at += 1;
    }
}

/// A digit at a place, in any width, with the place after it.
pub(super) fn digit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at)? {
        byte @ b'0'..=b'9' => Some((*byte, at + 1)),
        0xef => match bytes.get(at + 1..at + 3)? {
            [0xbc, last @ 0x90..=0x99] => Some((last - 0x90 + b'0', at + 3)),
            _ => None,
        },
        // U+1D7CE to U+1D7FF, five times ten.
        0xf0 => match bytes.get(at + 1..at + 4)? {
            [0x9d, 0x9f, last @ 0x8e..=0xbf] => Some(((last - 0x8e) % 10 + b'0', at + 4)),
            _ => None,
        },
        _ => None,
    }
}

/// An X at a place, in any width or case, with the place after it. Letters may
/// follow only where it `ends` a resident's number.
pub(super) fn check_x(bytes: &[u8], at: usize, ends: bool) -> Option<usize> {
    let after = match bytes.get(at)? {
        b'X' | b'x' => at + 1,
        0xef => match bytes.get(at + 1..at + 3)? {
            [0xbc, 0xb8] | [0xbd, 0x98] => at + 3,
            _ => return None,
        },
        _ => return None,
    };
    let follows = bytes.get(after).is_some_and(u8::is_ascii_alphabetic);
    (ends || !follows).then_some(after)
}

/// What stands between groups from a place on, with the place after it; `None`
/// for nothing at all (a sign without width), or where it ends the run.
pub(super) fn between(bytes: &[u8], from: usize) -> Option<(Option<Between>, usize)> {
    let mut at = from;
    let mut kind = None;
    while at - from <= BETWEEN_BYTES_MAX {
        let (next, width) = match bytes.get(at)? {
            b' ' => (Some(Between::Blank), 1),
            b'-' | b'_' | b')' => (Some(Between::Dash), 1),
            b'.' | b'/' => (Some(Between::Point), 1),
            b'\t' => (Some(Between::Cell), 1),
            b'\r' => (kind, 1),
            b'\n' if kind != Some(Between::Line) => (Some(Between::Line), 1),
            // Soft hyphen, no-break space.
            0xc2 => match bytes.get(at + 1)? {
                0xad => (kind, 2),
                0xa0 => (Some(Between::Blank), 2),
                0xb7 => (Some(Between::Dash), 2),
                _ => break,
            },
            0xe2 => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                // Signs without width, and those that turn the direction.
                (0x80, 0x8b..=0x8f | 0xaa..=0xae) | (0x81, 0xa0..=0xaf) => (kind, 3),
                // Blanks, dashes of all lengths, the minus.
                (0x80, 0x80..=0x8a | 0xaf) => (Some(Between::Blank), 3),
                (0x80, 0x90..=0x95) | (0x88, 0x92) => (Some(Between::Dash), 3),
                _ => break,
            },
            // The wide blank, the dot between names.
            0xe3 => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                (0x80, 0x80) => (Some(Between::Blank), 3),
                (0x83, 0xbb) => (Some(Between::Dash), 3),
                _ => break,
            },
            0xef => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                // The mark of byte order, the wide hyphen and minus.
                (0xbb, 0xbf) => (kind, 3),
                (0xbc, 0x89 | 0x8d) | (0xb9, 0xa3) | (0xb9, 0x98) => (Some(Between::Dash), 3),
                _ => break,
            },
            _ => break,
        };
        // The strongest stands: a line's end, a cell's, a dash, a blank.
        kind = match (kind, next) {
            (Some(Between::Line), _) => kind,
            (_, Some(Between::Line)) => next,
            (Some(Between::Cell), _) => kind,
            (_, Some(Between::Cell)) => next,
            (Some(Between::Point), _) => kind,
            (_, Some(Between::Point)) => next,
            (Some(Between::Dash), _) => kind,
            (_, next) => next,
        };
        at += width;
    }
    let is_digit = digit(bytes, at).is_some() || check_x(bytes, at, false).is_some();
    (at > from && is_digit).then_some((kind, at))
}
