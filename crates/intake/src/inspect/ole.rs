//! Containers of the old Office programs (MS-CFB): what their directory names,
//! and what is run when they are opened. Their texts are not read here.

use gongkai_domain::inspection::{Hidden, RuleId, Spot};

use super::Inspector;
use super::kind;

/// Whether the directory of a container names a storage or stream. Entries are
/// of 128 bytes in sectors of 512 or more: the name as UTF-16, its length with
/// the final zero, the kind.
pub(super) fn has_entry(bytes: &[u8], name: &str) -> bool {
    let mut wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wide.extend([0, 0]);
    let length = u16::try_from(wide.len()).unwrap_or(0).to_le_bytes();
    memchr::memmem::find_iter(bytes, &wide).any(|at| {
        at % 128 == 0
            && bytes.get(at + 64..at + 66) == Some(&length[..])
            && matches!(bytes.get(at + 66), Some(1 | 2))
    })
}

/// Whether a container holds one newer document as it is, and nothing else that
/// would be shown (`Package`, as OLE calls it).
pub(super) fn is_package(bytes: &[u8]) -> bool {
    let others = [
        "WordDocument",
        "Workbook",
        "Book",
        "PowerPoint Document",
        "\u{1}Ole10Native",
        "CONTENTS",
    ];
    has_entry(bytes, "Package") && !others.iter().any(|other| has_entry(bytes, other))
}

/// A sheet of macros of the time before Visual Basic: `BOUNDSHEET` (MS-XLS,
/// 2.4.28) of that kind, its length as the name in it says.
fn has_macro_sheet(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"\x85\0").any(|at| {
        let Some(record) = bytes.get(at..at + 12) else {
            return false;
        };
        let length = usize::from(u16::from_le_bytes([record[2], record[3]]));
        let (name, is_wide) = (usize::from(record[10]), record[11]);
        record[8] <= 2
            && record[9] == 1
            && is_wide <= 1
            && name > 0
            && length == 8 + name * (1 + usize::from(is_wide))
    })
}

/// A presentation that says of itself that it has macros: `VBAInfoContainer`
/// (MS-PPT, 2.4.10) with its atom.
fn says_macros(bytes: &[u8]) -> bool {
    let head = b"\x1f\0\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0";
    memchr::memmem::find_iter(bytes, head)
        .any(|at| bytes.get(at + 20..at + 24).is_some_and(|has| has != [0; 4]))
}

impl Inspector<'_> {
    /// What is run in a container, and what can be found in its bytes.
    pub(super) fn container(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let has_basic = ["_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA", "Macros"]
            .iter()
            .any(|name| has_entry(bytes, name));
        if has_basic || says_macros(bytes) {
            self.tell(RuleId::Active, Spot::Whole, hidden, "VBA");
        }
        if has_macro_sheet(bytes) {
            self.tell(RuleId::Active, Spot::Whole, hidden, "XLM");
        }
        self.leftovers(bytes, hidden);
    }

    /// An embedded object in a container: the container itself, and the document
    /// in it where there is one in one piece.
    pub(super) fn object_in_container(&mut self, bytes: &[u8], hidden: Option<Hidden>) {
        let hidden = hidden.or(Some(Hidden::Embedded));
        if is_package(bytes) {
            self.container(bytes, hidden);
        } else {
            self.embedded(bytes, hidden);
        }
        for magic in [&b"PK\x03\x04"[..], b"%PDF-"] {
            if let Some(at) = kind::find(bytes, magic) {
                self.embedded(&bytes[at..], hidden);
            }
        }
    }
}
