//! Proof of work in place of a picture puzzle: a browser looks for a number, the
//! server looks at one. A person sees nothing of it; whoever sends thousands of
//! forms pays for each. Who has no script sends without it, by a narrower way
//! ([`super::quota`]): nobody is shut out by what their machine cannot do.

use std::fmt;

use sha2::{Digest, Sha256};

/// The most that may be asked: sixteen million tries, some ten seconds of a
/// telephone.
pub const BITS_MAX: u32 = 24;
/// Digits of the largest answer, 2⁶⁴.
const ANSWER_DIGITS_MAX: usize = 20;

/// What is asked: a text that only this form has, and how much is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The text; printable, without a colon.
    pub text: String,
    /// Zero bits at the head of the digest. Each one doubles the work; none asks
    /// for nothing.
    pub bits: u32,
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.bits, self.text)
    }
}

impl Challenge {
    /// Whether an answer solves it: SHA-256 of the text, a colon and the number
    /// in decimal begins with so many zero bits.
    pub fn is_solved_by(&self, answer: &str) -> bool {
        let is_number = !answer.is_empty()
            && answer.len() <= ANSWER_DIGITS_MAX
            && answer.bytes().all(|byte| byte.is_ascii_digit());
        let enough = || {
            let digest = Sha256::new()
                .chain_update(&self.text)
                .chain_update(":")
                .chain_update(answer)
                .finalize();
            zero_bits(&digest) >= self.bits
        };
        is_number && self.bits <= BITS_MAX && enough()
    }
}

/// Zero bits at the head.
fn zero_bits(digest: &[u8]) -> u32 {
    let mut count = 0;
    for byte in digest {
        count += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(bits: u32) -> Challenge {
        Challenge {
            text: "0123abcd".to_owned(),
            bits,
        }
    }

    fn found(challenge: &Challenge) -> String {
        let mut answers = (0u32..).map(|number| number.to_string());
        answers
            .find(|answer| challenge.is_solved_by(answer))
            .expect("one of them")
    }

    #[test]
    fn an_answer_solves_its_own_challenge_alone() {
        let asked = challenge(10);
        let answer = found(&asked);
        let other = Challenge {
            text: "0123abce".to_owned(),
            ..asked.clone()
        };
        assert!(asked.is_solved_by(&answer));
        assert!(!other.is_solved_by(&answer), "not another form's");
        // Of a thousand numbers about one has ten zero bits.
        let many = (0..4096).filter(|number: &u32| asked.is_solved_by(&number.to_string()));
        let count = many.count();
        assert!((1..16).contains(&count), "{count}");
    }

    #[test]
    fn what_is_no_number_solves_nothing() {
        let easy = challenge(0);
        assert!(easy.is_solved_by("7"), "nothing is asked");
        for answer in ["", " 7", "-7", "0x7", "七", "7\n", "123456789012345678901"] {
            assert!(!easy.is_solved_by(answer), "{answer:?}");
        }
        assert!(!challenge(BITS_MAX + 1).is_solved_by("7"));
    }

    #[test]
    fn zero_bits_are_counted_over_the_ends_of_bytes() {
        for (digest, bits) in [
            (&[0xff][..], 0),
            (&[0x7f], 1),
            (&[0x01], 7),
            (&[0x00, 0x80], 8),
            (&[0x00, 0x00, 0x10], 19),
        ] {
            assert_eq!(zero_bits(digest), bits, "{digest:?}");
        }
    }
}
