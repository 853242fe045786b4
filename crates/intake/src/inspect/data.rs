//! Files within addresses: `data:image/png;base64,…` (RFC 2397).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gongkai_domain::inspection::{Hidden, RuleId, Spot};

use super::kind::{self, Content};
use super::{Inspector, picture};

/// Takes what browsers take.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Signs by their number: `%20`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                rest = &after[2..];
            }
            _ => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

/// The file in an address, if it is one that holds a file.
pub(super) fn file_in(address: &str) -> Option<Vec<u8>> {
    let (head, body) = address.trim_start().split_once(',')?;
    if !head.get(..5)?.eq_ignore_ascii_case("data:") {
        return None;
    }
    let plain = unescaped(body);
    if !head.to_ascii_lowercase().contains("base64") {
        return Some(plain);
    }
    let packed: Vec<u8> = plain
        .into_iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    LENIENT.decode(packed).ok()
}

impl Inspector<'_> {
    /// A file that stands in the page itself.
    pub(super) fn data(&mut self, address: &str, hidden: Option<Hidden>) {
        let own = hidden.or(Some(Hidden::Embedded));
        let Some(bytes) = file_in(address) else {
            self.tell(RuleId::Damaged, Spot::Whole, own, "data:");
            return;
        };
        if bytes.is_empty() || !self.is_new(&bytes) {
            return;
        }
        let is_picture = matches!(
            kind::of(&bytes),
            Content::Png | Content::Jpeg | Content::Gif | Content::OtherPicture
        );
        // Marks and rules hold no words.
        if is_picture
            && !picture::may_hold_text(&bytes)
            && kind::polyglot(&bytes, kind::of(&bytes)).is_none()
        {
            self.picture(&bytes, Some(Hidden::Picture));
        } else {
            self.inner(&bytes, "", own);
        }
    }
}
