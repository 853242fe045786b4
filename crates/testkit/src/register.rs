//! Persons for the register, all invented: no place has the code 990000.

use gongkai_domain::register::Typed;

/// GB 11643-1999 annex A, as it is printed there.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// A resident's number that nobody has, another for each `n` below 900 000.
///
/// # Panics
/// Beyond that.
pub fn number(n: u32) -> String {
    let (year, sequence) = (1950 + n / 999 / 12 % 50, n % 999 + 1);
    let (month, day) = (n / 999 % 12 + 1, n / 999 / 600 % 28 + 1);
    let seventeen = format!("990000{year}{month:02}{day:02}{sequence:03}");
    let digits = seventeen.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let sign = "10X98765432"
        .chars()
        .nth(usize::try_from(sum % 11).expect("small"));
    format!("{seventeen}{}", sign.expect("one of eleven"))
}

/// An entry as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Kind of document.
    pub kind: &'static str,
    /// Number of the document.
    pub number: String,
    /// Telephone.
    pub phone: String,
}

impl Person {
    /// The fields of the form.
    pub fn as_typed(&self) -> Typed<'_> {
        Typed {
            name: &self.name,
            kind: self.kind,
            number: &self.number,
            phone: &self.phone,
        }
    }
}

/// Someone by this name, with the number `n` and a telephone.
///
/// # Panics
/// As [`number`].
pub fn typed(name: &str, n: u32) -> Person {
    Person {
        name: name.to_owned(),
        kind: "resident_id",
        number: number(n),
        phone: format!("199{n:08}"),
    }
}
