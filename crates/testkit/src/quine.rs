//! A package that unfolds to itself: who opens what is found within opens
//! without end.

/// One order to the unpacker, five bytes each, so that orders can be counted
/// like letters.
#[derive(Clone, Copy)]
enum Step {
    /// So many bytes follow as they stand.
    Take(usize),
    /// The last so many bytes come once more.
    Again(usize),
    /// The same, and then it is over.
    AgainLast(usize),
}

/// Writes bits as DEFLATE orders them.
#[derive(Default)]
struct Bits {
    value: u64,
    count: u32,
}

impl Bits {
    /// A number, its lowest bit first.
    fn number(&mut self, value: usize, count: u32) {
        self.value |= u64::try_from(value).expect("small") << self.count;
        self.count += count;
    }

    /// A Huffman code, its highest bit first.
    fn code(&mut self, code: usize, count: u32) {
        for bit in (0..count).rev() {
            self.number((code >> bit) & 1, 1);
        }
    }

    /// Repeats `length` bytes from `distance` back (RFC 1951, 3.2.5 and 3.2.6).
    fn copy(&mut self, length: usize, distance: usize) {
        let (symbol, base, extra) = match length {
            3..=10 => (254 + length, length, 0),
            35..=66 => (273 + (length - 35) / 8, 35 + (length - 35) / 8 * 8, 3),
            67..=114 => (277 + (length - 67) / 16, 67 + (length - 67) / 16 * 16, 4),
            _ => unreachable!("no order repeats {length} bytes"),
        };
        self.code(symbol - 256, 7);
        self.number(length - base, extra);
        let extra = (distance - 1).ilog2() - 1;
        let half = ((distance - 1) >> extra) & 1;
        self.code(usize::try_from(2 * extra + 2).expect("small") + half, 5);
        self.number((distance - 1) & ((1 << extra) - 1), extra);
    }

    /// A block of fixed codes.
    fn block(&mut self, last: bool, copies: &[usize], distance: usize) {
        self.number(usize::from(last), 1);
        self.number(1, 2);
        for length in copies {
            self.copy(*length, distance);
        }
        self.code(0, 7);
    }
}

impl Step {
    fn bytes(self) -> [u8; 5] {
        let mut bits = Bits::default();
        match self {
            Self::Take(count) => {
                let count = u16::try_from(count).expect("short");
                bits.number(usize::from(count) << 8, 24);
                bits.number(usize::from(!count), 16);
            }
            Self::Again(20) => bits.block(false, &[10, 10], 20),
            Self::Again(count) => {
                bits.block(false, &[count], count);
                // Nothing, ten bits long: the next order begins on its byte.
                bits.block(false, &[], 0);
            }
            Self::AgainLast(count) => bits.block(true, &[count], count),
        }
        let bytes = bits.value.to_le_bytes();
        [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]]
    }
}

const NAME: &[u8] = b"word/document.xml";
const LOCAL: usize = 30 + NAME.len();
const CENTRAL: usize = 46 + NAME.len();
const TAIL: usize = CENTRAL + 22;
/// Orders between the head and the tail, each of five bytes; the head and the
/// tail stand among them once more.
const PACKED: usize = 5 * 30 + LOCAL + TAIL;
const WHOLE: usize = LOCAL + PACKED + TAIL;

fn entry(kind: [u8; 4], central: bool, check: u32, stamp: u16) -> Vec<u8> {
    let mut bytes = kind.to_vec();
    if central {
        bytes.extend_from_slice(&20u16.to_le_bytes());
    }
    for field in [20, 0, 8, stamp, 33] {
        bytes.extend_from_slice(&u16::to_le_bytes(field));
    }
    bytes.extend_from_slice(&check.to_le_bytes());
    for size in [PACKED, WHOLE] {
        bytes.extend_from_slice(&u32::try_from(size).expect("small").to_le_bytes());
    }
    let name = u16::try_from(NAME.len()).expect("short");
    bytes.extend_from_slice(&name.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    if central {
        bytes.extend_from_slice(&[0; 14]);
    }
    bytes.extend_from_slice(NAME);
    bytes
}

/// The package with this check sum written into it.
fn with_check(check: u32, stamp: u16) -> Vec<u8> {
    use Step::{Again, AgainLast, Take};
    let head = entry(*b"PK\x03\x04", false, check, stamp);
    let mut tail = entry(*b"PK\x01\x02", true, check, stamp);
    tail.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    for number in [CENTRAL, LOCAL + PACKED] {
        tail.extend_from_slice(&u32::try_from(number).expect("small").to_le_bytes());
    }
    tail.extend_from_slice(&[0; 2]);
    let (p, s) = (head.len() + 5, tail.len() + 5);
    let mut bytes = head.clone();
    let mut add = |steps: &[Step], data: &[u8]| {
        for step in steps {
            bytes.extend_from_slice(&step.bytes());
        }
        bytes.extend_from_slice(data);
    };
    // After R. Cox, "Zip Files All The Way Down": each order prints itself or
    // its neighbour.
    add(&[Take(p)], &head);
    add(
        &[Take(p), Again(p), Take(5), Again(p), Take(5), Take(5)],
        b"",
    );
    add(
        &[Take(20), Again(p), Take(5), Take(5), Take(20), Again(20)],
        b"",
    );
    add(
        &[
            Take(20),
            Again(20),
            Take(20),
            Again(20),
            Take(20),
            Again(20),
        ],
        b"",
    );
    add(
        &[Take(20), Again(20), Take(0), Take(0), Take(s), Again(20)],
        b"",
    );
    add(&[Take(0), Take(0), Take(s), AgainLast(s)], &tail);
    add(&[AgainLast(s)], &tail);
    bytes
}

fn check_sum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A check sum that is that of the package which states it. The sum changes
/// bit by bit with what is written, so it is found by elimination; not every
/// time stamp has one.
fn fixed_point(stamp: u16) -> Option<u32> {
    let sum = |x: u32| check_sum(&with_check(x, stamp));
    let base = sum(0);
    // Row by row: (column of A + I as equation bits, right side).
    let columns: Vec<u32> = (0..32)
        .map(|bit| sum(1 << bit) ^ base ^ (1 << bit))
        .collect();
    let mut rows: Vec<(u32, bool)> = (0..32)
        .map(|row| {
            let left = (0..32).fold(0u32, |left, column| {
                left | (((columns[column] >> row) & 1) << column)
            });
            (left, (base >> row) & 1 == 1)
        })
        .collect();
    let mut answer = 0u32;
    for column in 0..32 {
        let pivot = (column..32).find(|row| (rows[*row].0 >> column) & 1 == 1)?;
        rows.swap(column, pivot);
        let (left, right) = rows[column];
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column && (row.0 >> column) & 1 == 1 {
                *row = (row.0 ^ left, row.1 ^ right);
            }
        }
    }
    for (column, row) in rows.iter().enumerate() {
        answer |= u32::from(row.1) << column;
    }
    Some(answer)
}

/// A Word document whose one part is the document itself.
///
/// # Panics
/// If no time stamp gives one, which a test excludes.
pub fn quine() -> Vec<u8> {
    (0..u16::MAX)
        .find_map(|stamp| Some(with_check(fixed_point(stamp)?, stamp)))
        .expect("one of many stamps")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    #[test]
    fn what_it_unfolds_to_is_itself() {
        let bytes = super::quine();
        let mut package = zip::ZipArchive::new(Cursor::new(&bytes)).expect("a package");
        let mut inner = Vec::new();
        package
            .by_index(0)
            .expect("its part")
            .read_to_end(&mut inner)
            .expect("unfolded, its check sum right");
        assert_eq!(inner, bytes);
    }
}
