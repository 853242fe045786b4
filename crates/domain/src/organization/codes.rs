//! The two codes a body is known by: 统一社会信用代码 (who it is) and
//! 行政区划代码 (where it is).
//!
//! Owns their shape and checksums. It never looks a code up anywhere: a code
//! that passes here is well formed, not proven to be issued.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::words::Message;

/// Why a text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A credit code has 18 characters.
    #[error("a credit code has 18 characters, not {found}")]
    CreditLength {
        /// The characters found.
        found: usize,
    },
    /// A character that does not stand in the alphabet, or a letter among the
    /// six digits of the registering authority's division.
    #[error("character {position} of the credit code cannot be {found}")]
    CreditCharacter {
        /// Counted from 1.
        position: usize,
        /// The character found.
        found: char,
    },
    /// The last character does not agree with the others.
    #[error("the check character is {found}, reckoned {expected}")]
    CreditCheck {
        /// The character found.
        found: char,
        /// The character the other seventeen ask for.
        expected: char,
    },
    /// A division code has 6, 9 or 12 digits.
    #[error("a division code has 6, 9 or 12 digits, not {found}")]
    DivisionLength {
        /// The characters found.
        found: usize,
    },
    /// Something that is no digit.
    #[error("character {position} of the division code cannot be {found}")]
    DivisionCharacter {
        /// Counted from 1.
        position: usize,
        /// The character found.
        found: char,
    },
    /// The first two digits are no province.
    #[error("no province has the prefix {prefix}")]
    DivisionProvince {
        /// The two digits.
        prefix: String,
    },
    /// A lower level is filled in while the one it needs above it is zero.
    #[error("the division code {code} skips a level")]
    DivisionGap {
        /// The code as read.
        code: String,
    },
}

impl CodeError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::CreditLength { found } => Message::new("code-credit-length").with("found", found),
            Self::CreditCharacter { position, found } => Message::new("code-credit-character")
                .with("position", position)
                .with("found", found),
            Self::CreditCheck { found, expected } => Message::new("code-credit-check")
                .with("found", found)
                .with("expected", expected),
            Self::DivisionLength { found } => {
                Message::new("code-division-length").with("found", found)
            }
            Self::DivisionCharacter { position, found } => Message::new("code-division-character")
                .with("position", position)
                .with("found", found),
            Self::DivisionProvince { prefix } => {
                Message::new("code-division-province").with("prefix", prefix)
            }
            Self::DivisionGap { code } => Message::new("code-division-gap").with("code", code),
        }
    }
}

/// Full-width forms, lower case and blanks are how people type the same code.
fn normalised(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// 统一社会信用代码, GB 32100-2015: eighteen characters, the last a checksum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(String);

/// GB 32100-2015 table 1: digits and capital letters without I, O, S, V, Z. The
/// place of a character is its value.
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// GB 32100-2015, 4.6: characters of a code.
const CREDIT_LENGTH: usize = 18;
/// GB 32100-2015, annex A: the modulus, which is the size of the alphabet.
const CREDIT_MODULUS: usize = 31;

impl CreditCode {
    /// Reads a code as people write it: full-width, lower case and blanks are
    /// put right.
    ///
    /// # Errors
    /// [`CodeError`] names the character that is wrong, or the check character
    /// that the others ask for.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let code = normalised(text);
        let found = code.chars().count();
        if found != CREDIT_LENGTH {
            return Err(CodeError::CreditLength { found });
        }
        let mut sum = 0;
        let mut weight = 1;
        for (at, c) in code.chars().enumerate() {
            let wrong = CodeError::CreditCharacter {
                position: at + 1,
                found: c,
            };
            let Some(value) = CREDIT_ALPHABET.find(c) else {
                return Err(wrong);
            };
            // GB 32100-2015, 4.4: characters 3 to 8 are the division code of
            // the registering authority, digits only.
            if (2..8).contains(&at) && !c.is_ascii_digit() {
                return Err(wrong);
            }
            if at + 1 < CREDIT_LENGTH {
                sum += value * weight;
                weight = weight * 3 % CREDIT_MODULUS;
                continue;
            }
            let expected = check_character(sum);
            if c != expected {
                return Err(CodeError::CreditCheck { found: c, expected });
            }
        }
        Ok(Self(code))
    }

    /// The code, eighteen characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// GB 32100-2015, annex A: 31 − (Σ Cᵢ·Wᵢ mod 31), and 31 is written 0.
fn check_character(sum: usize) -> char {
    let value = (CREDIT_MODULUS - sum % CREDIT_MODULUS) % CREDIT_MODULUS;
    CREDIT_ALPHABET.chars().nth(value).unwrap_or('0')
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CreditCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

/// The level of a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DivisionLevel {
    /// 省级: provinces, autonomous regions, municipalities, SARs.
    Province,
    /// 地级: prefectures and prefecture-level cities.
    Prefecture,
    /// 县级: counties, districts and county-level cities.
    County,
    /// 乡级: townships, towns and subdistricts.
    Township,
    /// 村级: villages and residents' committees.
    Village,
}

/// GB/T 2260-2007: the first two digits, with the province they stand for.
pub const PROVINCES: [(u8, &str); 34] = [
    (11, "北京市"),
    (12, "天津市"),
    (13, "河北省"),
    (14, "山西省"),
    (15, "内蒙古自治区"),
    (21, "辽宁省"),
    (22, "吉林省"),
    (23, "黑龙江省"),
    (31, "上海市"),
    (32, "江苏省"),
    (33, "浙江省"),
    (34, "安徽省"),
    (35, "福建省"),
    (36, "江西省"),
    (37, "山东省"),
    (41, "河南省"),
    (42, "湖北省"),
    (43, "湖南省"),
    (44, "广东省"),
    (45, "广西壮族自治区"),
    (46, "海南省"),
    (50, "重庆市"),
    (51, "四川省"),
    (52, "贵州省"),
    (53, "云南省"),
    (54, "西藏自治区"),
    (61, "陕西省"),
    (62, "甘肃省"),
    (63, "青海省"),
    (64, "宁夏回族自治区"),
    (65, "新疆维吾尔自治区"),
    (71, "台湾省"),
    (81, "香港特别行政区"),
    (82, "澳门特别行政区"),
];

/// 直辖市: their counties stand directly below them; `01` and `02` in the middle
/// are headings of the standard (市辖区, 县), not places.
const MUNICIPALITIES: [u64; 4] = [11, 12, 31, 50];
/// GB/T 2260-2007: `90` in the middle marks counties directly under a province
/// (省直辖县级行政区划), such as 419001.
const DIRECTLY_UNDER_PROVINCE: u64 = 90;

/// 行政区划代码: six digits by GB/T 2260, nine for townships by GB/T 10114,
/// twelve for villages as the statistics office uses them. Trailing zeros say
/// nothing, so `370102000000` and `370102` are one code, printed as short as
/// it goes. Codes sort as the tree of places is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode(u64);

impl DivisionCode {
    /// Reads a code of 6, 9 or 12 digits.
    ///
    /// # Errors
    /// [`CodeError`] names what is wrong.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let code = normalised(text);
        if let Some((at, found)) = code.chars().enumerate().find(|(_, c)| !c.is_ascii_digit()) {
            return Err(CodeError::DivisionCharacter {
                position: at + 1,
                found,
            });
        }
        if !matches!(code.len(), 6 | 9 | 12) {
            return Err(CodeError::DivisionLength { found: code.len() });
        }
        let value = code.bytes().chain(std::iter::repeat(b'0')).take(12);
        let value = value.fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let parts = Parts::of(value);
        if !PROVINCES
            .iter()
            .any(|(prefix, _)| u64::from(*prefix) == parts.province)
        {
            return Err(CodeError::DivisionProvince {
                prefix: code.chars().take(2).collect(),
            });
        }
        // 东莞 and its like have townships and no counties (441900003), so a
        // township may stand directly below a prefecture; nothing else may
        // skip a level.
        let below_prefecture = parts.county + parts.township + parts.village > 0;
        if (parts.prefecture == 0 && below_prefecture) || (parts.township == 0 && parts.village > 0)
        {
            return Err(CodeError::DivisionGap { code });
        }
        Ok(Self(value))
    }

    /// The level, by the last part that is not zero.
    pub fn level(self) -> DivisionLevel {
        let parts = Parts::of(self.0);
        if parts.village > 0 {
            DivisionLevel::Village
        } else if parts.township > 0 {
            DivisionLevel::Township
        } else if parts.county > 0 {
            DivisionLevel::County
        } else if parts.prefecture > 0 {
            DivisionLevel::Prefecture
        } else {
            DivisionLevel::Province
        }
    }

    /// The place above; `None` for a province. Headings of the standard that
    /// are no places (110100 市辖区, 419000 省直辖县级行政区划) are passed over.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let parts = Parts::of(self.0);
        let province = Self(parts.province * 10_000_000_000);
        let heading =
            MUNICIPALITIES.contains(&parts.province) || parts.prefecture == DIRECTLY_UNDER_PROVINCE;
        match self.level() {
            DivisionLevel::Province => None,
            DivisionLevel::Prefecture => Some(province),
            DivisionLevel::County if heading => Some(province),
            DivisionLevel::Township if parts.county == 0 && heading => Some(province),
            DivisionLevel::County => Some(self.cut(100_000_000)),
            DivisionLevel::Township if parts.county == 0 => Some(self.cut(100_000_000)),
            DivisionLevel::Township => Some(self.cut(1_000_000)),
            DivisionLevel::Village => Some(self.cut(1_000)),
        }
    }

    /// Whether `other` is this place or lies in it.
    pub fn contains(self, other: Self) -> bool {
        std::iter::successors(Some(other), |code| code.parent()).any(|code| code == self)
    }

    /// The name of the province.
    pub fn province_name(self) -> &'static str {
        let prefix = Parts::of(self.0).province;
        PROVINCES
            .iter()
            .find(|(code, _)| u64::from(*code) == prefix)
            .map_or("", |(_, name)| *name)
    }

    fn cut(self, unit: u64) -> Self {
        Self(self.0 / unit * unit)
    }
}

/// The parts of twelve digits: 2, 2, 2, 3, 3.
struct Parts {
    province: u64,
    prefecture: u64,
    county: u64,
    township: u64,
    village: u64,
}

impl Parts {
    fn of(value: u64) -> Self {
        Self {
            province: value / 10_000_000_000,
            prefecture: value / 100_000_000 % 100,
            county: value / 1_000_000 % 100,
            township: value / 1_000 % 1_000,
            village: value % 1_000,
        }
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            DivisionLevel::Village => write!(f, "{:012}", self.0),
            DivisionLevel::Township => write!(f, "{:09}", self.0 / 1_000),
            _ => write!(f, "{:06}", self.0 / 1_000_000),
        }
    }
}

impl FromStr for DivisionCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
