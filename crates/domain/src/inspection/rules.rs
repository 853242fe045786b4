//! Every rule of the inspection as a row: its code, how grave it is, whether a
//! person can settle it, and the norm.

use serde::{Deserialize, Serialize};

use crate::words::Message;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Warns,
    /// Cannot be read here; a person has to look.
    Unreadable,
    /// The file stops here.
    Blocks,
}

impl Severity {
    /// All of them, the gravest first.
    pub const ALL: [Self; 3] = [Self::Blocks, Self::Unreadable, Self::Warns];

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Blocks => "inspection-severity-blocks",
            Self::Unreadable => "inspection-severity-unreadable",
            Self::Warns => "inspection-severity-warns",
        })
    }
}

/// A rule as a row.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Which.
    pub id: RuleId,
    /// Code for machines; it never changes.
    pub code: &'static str,
    /// How grave, where nothing speaks against it.
    pub severity: Severity,
    /// Whether a person's word and reason let the file pass.
    pub can_be_confirmed: bool,
    /// The norm behind it.
    pub basis: &'static str,
    /// Catalogue entry that says what was found and what to do.
    pub statement: &'static str,
}

macro_rules! rules {
    ($($(#[$about:meta])* $id:ident $code:literal $severity:ident $confirm:literal $basis:ident $statement:literal;)*) => {
        /// Names a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleId {
            $($(#[$about])* #[serde(rename = $code)] $id,)*
        }

        /// All rules.
        pub const RULES: &[Rule] = &[
            $(Rule {
                id: RuleId::$id,
                code: $code,
                severity: Severity::$severity,
                can_be_confirmed: $confirm,
                basis: $basis,
                statement: $statement,
            },)*
        ];

        impl RuleId {
            /// Its row.
            pub fn rule(self) -> &'static Rule {
                // One row for each name, in the same order: the macro makes both.
                &RULES[self as usize]
            }
        }
    };
}

/// Counts up whenever the same file may be found otherwise than before: rules,
/// dictionaries, what is read of a file. Inspections by an older one are to be
/// made again.
pub const VERSION: u32 = 3;

/// 个人信息保护法 art. 28: sensitive personal information; 条例 art. 15.
const PERSONAL: &str = "《个人信息保护法》第二十八条；《条例》第十五条";
/// 条例 art. 14 and 17; 保守国家秘密法 (2024) art. 35.
const SECRECY: &str = "《条例》第十四条、第十七条；《保守国家秘密法》第三十五条";
/// 互联网政务应用安全管理规定 (2024) art. 15.
const HIDDEN: &str = "《互联网政务应用安全管理规定》第十五条";
/// GB/T 22239-2019, 8.1.4.4 and 8.1.4.5.
const ATTACK: &str = "GB/T 22239—2019 8.1.4.4、8.1.4.5";
/// 政府网站发展指引 (国办发〔2017〕47号): contents are checked before publication.
const WORDING: &str = "国办发〔2017〕47号";

rules! {
    /// A resident's number of 18 signs whose check sign holds.
    ResidentId "pii.resident_id" Blocks true PERSONAL "inspection-rule-resident-id";
    /// One of the old form, 15 digits, without a check sign.
    OldResidentId "pii.resident_id_15" Blocks true PERSONAL "inspection-rule-resident-id-15";
    /// A mobile telephone.
    Mobile "pii.mobile" Blocks true PERSONAL "inspection-rule-mobile";
    /// A telephone with an area code.
    Landline "pii.landline" Warns true PERSONAL "inspection-rule-landline";
    /// A bank card whose check digit holds.
    BankCard "pii.bank_card" Blocks true PERSONAL "inspection-rule-bank-card";
    /// Where somebody lives, down to the door.
    Address "pii.address" Blocks true PERSONAL "inspection-rule-address";
    /// A secrecy mark.
    SecrecyMark "word.secrecy_mark" Blocks true SECRECY "inspection-rule-secrecy-mark";
    /// A word of secrecy in running text.
    SecrecyWord "word.secrecy" Warns true SECRECY "inspection-rule-secrecy-word";
    /// An expression that must not stand in an official text.
    Forbidden "word.forbidden" Blocks true WORDING "inspection-rule-forbidden";
    /// A wrong expression.
    Wrong "word.wrong" Warns true WORDING "inspection-rule-wrong";
    /// A name that is no longer used.
    Outdated "word.outdated" Warns true WORDING "inspection-rule-outdated";
    /// Something that a reader would not see.
    HiddenContent "hidden.content" Warns true HIDDEN "inspection-rule-hidden";
    /// Text under a box: who copies it reads it.
    CoveredText "hidden.covered" Blocks true HIDDEN "inspection-rule-covered";
    /// The place where a picture was taken.
    PicturePlace "hidden.picture_place" Blocks true PERSONAL "inspection-rule-picture-place";
    /// A kind that is not read here.
    UnreadKind "unread.kind" Unreadable true HIDDEN "inspection-rule-unread-kind";
    /// A picture that may hold text.
    UnreadPicture "unread.picture" Unreadable true HIDDEN "inspection-rule-unread-picture";
    /// Pages without a text layer.
    UnreadPages "unread.pages" Unreadable true HIDDEN "inspection-rule-unread-pages";
    /// A font that does not say what its signs mean: what is read need not be
    /// what is seen.
    UnreadFont "unread.font" Unreadable true HIDDEN "inspection-rule-unread-font";
    /// It needs a password.
    Encrypted "unread.encrypted" Unreadable true HIDDEN "inspection-rule-encrypted";
    /// It is cut off or broken.
    Damaged "unread.damaged" Unreadable true HIDDEN "inspection-rule-damaged";
    /// The name says another kind than the content.
    Mismatch "type.mismatch" Blocks true ATTACK "inspection-rule-mismatch";
    /// Two kinds in one file.
    Polyglot "type.polyglot" Blocks false ATTACK "inspection-rule-polyglot";
    /// A name that means harm, or that no system can keep.
    OddName "name.odd" Blocks false ATTACK "inspection-rule-odd-name";
    /// An entry that would be written outside its folder, or that is a link.
    Slip "archive.slip" Blocks false ATTACK "inspection-rule-slip";
    /// It unfolds to more than is read.
    Bomb "archive.bomb" Blocks false ATTACK "inspection-rule-bomb";
    /// Archives in archives beyond reason.
    Nested "archive.nested" Blocks false ATTACK "inspection-rule-nested";
    /// Larger than is read.
    TooLarge "size.file" Blocks false ATTACK "inspection-rule-too-large";
    /// Reading it took more time or memory than is given.
    Exhausting "size.exhausting" Blocks false ATTACK "inspection-rule-exhausting";
    /// An XML part that declares entities.
    Entities "xml.entities" Blocks false ATTACK "inspection-rule-entities";
    /// Macros or scripts.
    Active "active.code" Blocks false ATTACK "inspection-rule-active";
    /// Something that is fetched from elsewhere or started when it is opened.
    Remote "active.remote" Blocks false ATTACK "inspection-rule-remote";
    /// A program.
    Program "active.program" Blocks false ATTACK "inspection-rule-program";
    /// The virus scanner knows it.
    Virus "virus.found" Blocks false ATTACK "inspection-rule-virus";
    /// The virus scanner gave no answer.
    ScannerDown "virus.unscanned" Blocks false ATTACK "inspection-rule-scanner-down";
}

impl RuleId {
    /// What it says, for people.
    pub fn statement(self) -> Message {
        Message::new(self.rule().statement)
    }
}
