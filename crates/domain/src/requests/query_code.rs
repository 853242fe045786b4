//! The query code by which an applicant follows a request: long enough that
//! nobody guesses one, short enough to be read out over the telephone.
//!
//! Twenty signs in five groups of four. Nineteen of them are drawn, each of 23
//! signs of which no two look alike, which is 85.9 bits; the last one checks the
//! others, so that a slip of the hand is told from a code that is not there.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::words::Message;

/// Signs of which no two are taken for each other: no 0 and O, 1 and I and L, 2
/// and Z, 5 and S, 8 and B, U and V. Their number is a prime, without which the
/// last sign would not find every two that were exchanged.
const SIGNS: &[u8; 23] = b"34679ACDEFGHJKMNPQRTWXY";
/// Signs that are drawn.
const DRAWN: usize = 19;
/// Signs of a code, the one that checks among them.
const LENGTH: usize = DRAWN + 1;
/// Signs of a group.
const GROUP: usize = 4;
/// Bytes of chance that a code is made of. Sixteen of them count: what is left
/// over of so many makes no sign likelier than another by more than 2⁻⁴⁰.
pub const CHANCE_BYTES: usize = 20;

/// A query code that checks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct QueryCode([u8; LENGTH]);

/// Like a password: never in a log.
impl fmt::Debug for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryCode(…)")
    }
}

/// Why a text is no query code. Positions count from 1, without what separates
/// the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryCodeError {
    /// Nothing was typed.
    #[error("the code is empty")]
    Empty,
    /// It has another number of signs.
    #[error("a code has {LENGTH} signs, not {found}")]
    Length {
        /// The signs found.
        found: usize,
    },
    /// A sign that stands in no code.
    #[error("sign {position} stands in no code")]
    Sign {
        /// Where.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The last sign does not agree with the others: one of them is another, or
    /// two were exchanged.
    #[error("the signs do not agree with each other")]
    Check,
}

impl QueryCodeError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Empty => Message::new("query-code-empty"),
            Self::Length { found } => Message::new("query-code-length")
                .with("found", found)
                .with("length", LENGTH),
            Self::Sign { position, found } => Message::new("query-code-sign")
                .with("position", position)
                .with("sign", found),
            Self::Check => Message::new("query-code-check"),
        }
    }
}

impl QueryCode {
    /// A code of bytes that nobody guesses.
    pub fn of_chance(chance: &[u8; CHANCE_BYTES]) -> Self {
        let mut rest = 0u128;
        for byte in &chance[..16] {
            rest = rest << 8 | u128::from(*byte);
        }
        let mut code = [SIGNS[0]; LENGTH];
        for sign in &mut code[..DRAWN] {
            let at = usize::try_from(rest % 23).unwrap_or(0);
            *sign = SIGNS[at % SIGNS.len()];
            rest /= 23;
        }
        code[DRAWN] = check(&code[..DRAWN]);
        Self(code)
    }

    /// Reads what was typed: in small letters, in the wide signs of a Chinese
    /// keyboard, with spaces or strokes between the groups or without.
    ///
    /// # Errors
    /// [`QueryCodeError`] says what is wrong, and where.
    pub fn parse(typed: &str) -> Result<Self, QueryCodeError> {
        let separates = |sign: &char| {
            sign.is_whitespace() || matches!(sign, '-' | '‐' | '‑' | '–' | '—' | '−' | '_' | '.')
        };
        let signs = typed.nfkc().filter(|sign| !separates(sign));
        let signs: Vec<char> = signs.map(|sign| sign.to_ascii_uppercase()).collect();
        if signs.is_empty() {
            return Err(QueryCodeError::Empty);
        }
        if signs.len() != LENGTH {
            let found = signs.len();
            return Err(QueryCodeError::Length { found });
        }
        let mut code = [SIGNS[0]; LENGTH];
        for (at, (place, sign)) in code.iter_mut().zip(signs).enumerate() {
            let known = u8::try_from(sign).ok().filter(|sign| SIGNS.contains(sign));
            *place = known.ok_or(QueryCodeError::Sign {
                position: at + 1,
                found: sign,
            })?;
        }
        if check(&code[..DRAWN]) != code[DRAWN] {
            return Err(QueryCodeError::Check);
        }
        Ok(Self(code))
    }

    /// The same for who is told nothing of what is wrong.
    pub fn read(typed: &str) -> Option<Self> {
        Self::parse(typed).ok()
    }

    /// The code without groups, as it is compared.
    pub fn as_str(&self) -> &str {
        // Every sign is one of ours, and so ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, sign) in self.0.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*sign))?;
        }
        Ok(())
    }
}

/// The sign that makes the weighted sum of all nothing: the weights are all
/// different and none is 0 among 23, a prime, so that one wrong sign and any two
/// exchanged ones are always found.
fn check(drawn: &[u8]) -> u8 {
    let worth = |sign: &u8| SIGNS.iter().position(|one| one == sign).unwrap_or(0);
    let signs = drawn.iter().enumerate();
    // The check sign has weight 1, the sign before it 2, and so on.
    let sum: usize = signs.map(|(at, sign)| (DRAWN - at + 1) * worth(sign)).sum();
    SIGNS[(SIGNS.len() - sum % SIGNS.len()) % SIGNS.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_has_more_than_eighty_bits_and_no_signs_that_look_alike() {
        let bits = 23f64.log2() * 19.0;
        assert!(bits >= 80.0, "{bits}");
        for pair in ["0O", "1I", "1L", "IL", "2Z", "5S", "8B", "UV", "0D"] {
            let both = pair.bytes().all(|sign| SIGNS.contains(&sign));
            assert!(!both, "{pair}");
        }
        let mut sorted = SIGNS.to_vec();
        sorted.dedup();
        assert_eq!(sorted.len(), 23);
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = QueryCode::of_chance(&[7; CHANCE_BYTES]);
        let shown = code.to_string();
        assert_eq!(shown.len(), 24, "{shown}");
        let wide: String = shown
            .chars()
            .map(|sign| char::from_u32(u32::from(sign) + 0xfee0).unwrap_or(sign))
            .collect();
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', " "),
            shown.replace('-', "—"),
            format!("  {}\n", code.as_str()),
            wide,
        ] {
            assert_eq!(QueryCode::parse(&typed), Ok(code.clone()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_says_what_is_wrong_with_it() {
        let check = |typed: &str, wanted: QueryCodeError| {
            assert_eq!(QueryCode::parse(typed), Err(wanted), "{typed}");
        };
        check(" - ", QueryCodeError::Empty);
        check("3467", QueryCodeError::Length { found: 4 });
        let mut bare = QueryCode::of_chance(&[9; CHANCE_BYTES]).as_str().to_owned();
        bare.replace_range(2..3, "0");
        let sign = QueryCodeError::Sign {
            position: 3,
            found: '0',
        };
        check(&bare, sign);
        bare.replace_range(2..3, "查");
        let sign = QueryCodeError::Sign {
            position: 3,
            found: '查',
        };
        check(&bare, sign);
    }

    #[test]
    fn a_code_is_told_to_no_log() {
        let code = QueryCode::of_chance(&[5; CHANCE_BYTES]);
        assert_eq!(format!("{code:?}"), "QueryCode(…)");
    }

    proptest! {
        #[test]
        fn every_wrong_sign_and_every_exchange_is_found(chance: [u8; 20], at in 0..LENGTH, to in 0..LENGTH, other in 0..23usize) {
            let code = QueryCode::of_chance(&chance);
            prop_assert_eq!(QueryCode::parse(&code.to_string()), Ok(code.clone()));
            let mut wrong = code.0;
            wrong[at] = SIGNS[other];
            if wrong != code.0 {
                let typed: String = wrong.iter().map(|sign| char::from(*sign)).collect();
                prop_assert_eq!(QueryCode::parse(&typed), Err(QueryCodeError::Check));
            }
            let mut swapped = code.0;
            swapped.swap(at, to);
            if swapped != code.0 {
                let typed: String = swapped.iter().map(|sign| char::from(*sign)).collect();
                prop_assert_eq!(QueryCode::parse(&typed), Err(QueryCodeError::Check));
            }
        }
    }
}
