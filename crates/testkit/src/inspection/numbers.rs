//! Numbers whose check signs hold, drawn from a seed.

use fastrand::Rng;

/// A resident's number (GB 11643) of a made-up person.
pub fn resident(rng: &mut Rng) -> String {
    let places = [
        110_105, 310_104, 440_106, 530_102, 532_801, 620_102, 650_102,
    ];
    let place = places[rng.usize(..places.len())];
    let (year, month, day) = (rng.u32(1940..2010), rng.u32(1..=12), rng.u32(1..=28));
    let body = format!("{place}{year}{month:02}{day:02}{:03}", rng.u32(1..999));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).expect("small")];
    format!("{body}{}", char::from(check))
}

/// A UnionPay card of 19 digits whose check digit holds.
pub fn card(rng: &mut Rng) -> String {
    let body = format!("622202{:012}", rng.u64(1..999_999_999_999));
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            match at % 2 {
                1 => digit,
                _ => digit * 2 / 10 + digit * 2 % 10,
            }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A mobile number.
pub fn mobile(rng: &mut Rng) -> String {
    format!("13{:09}", rng.u32(100_000_001..999_999_999))
}

/// A credit code (GB 32100) of a made-up body, its check character right.
pub fn credit_code(rng: &mut Rng) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut code = format!("91{}", [110_105, 530_102, 532_801][rng.usize(..3)]);
    for _ in 0..9 {
        code.push(char::from(ALPHABET[rng.usize(..ALPHABET.len())]));
    }
    let mut weight = 1usize;
    let sum: usize = code
        .bytes()
        .map(|byte| {
            let value = ALPHABET.iter().position(|c| *c == byte).expect("in it");
            let product = value * weight;
            weight = weight * 3 % 31;
            product
        })
        .sum();
    let check = ALPHABET[(31 - sum % 31) % 31];
    format!("{code}{}", char::from(check))
}
