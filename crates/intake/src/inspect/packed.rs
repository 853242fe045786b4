//! Archives, and documents that are archives: their entries, within a budget
//! that all of them share.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use gongkai_domain::inspection::{Finding, Hidden, Place, RuleId, Severity, Spot};
use zip::ZipArchive;
use zip::result::ZipError;

use super::kind::{self, Content};
use super::office::Part;
use super::{At, Inspector, Wanted};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// What an archive claims to hold, by the record at its end; the directory is
/// not read, which alone may take more memory than there is.
pub(super) fn claimed_entries(bytes: &[u8]) -> u64 {
    let Some(at) = memchr::memmem::rfind(bytes, b"PK\x05\x06") else {
        return 0;
    };
    let short = bytes
        .get(at + 10..at + 12)
        .map_or(0, |pair| u64::from(u16::from_le_bytes([pair[0], pair[1]])));
    let long = memchr::memmem::rfind(bytes, b"PK\x06\x06")
        .and_then(|at| bytes.get(at + 32..at + 40))
        .and_then(|eight| <[u8; 8]>::try_from(eight).ok())
        .map_or(0, u64::from_le_bytes);
    short.max(long)
}

/// A name of an entry: UTF-8 where it is, else as Chinese Windows writes it.
fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling(raw)
            .0
            .into_owned(),
    }
}

/// Whether an entry would be written outside its folder.
fn slips(name: &str) -> bool {
    let name = name.replace('\\', "/");
    name.starts_with('/')
        || name.split('/').any(|step| step == "..")
        || name.as_bytes().get(1) == Some(&b':')
}

/// The most that a Macintosh notes of a file; more may be a file of its own.
const OF_MACOS_MAX: usize = 64 * 1024;

/// AppleDouble (RFC 1740): `__MACOSX/._name`.
fn is_of_macos(name: &str, bytes: &[u8]) -> bool {
    name.starts_with("__MACOSX/")
        && name
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .starts_with("._")
        && bytes.starts_with(b"\0\x05\x16\x07")
        && bytes.len() <= OF_MACOS_MAX
}

impl Inspector<'_> {
    /// An archive or a document that is one.
    pub(super) fn packed(&mut self, bytes: &[u8], content: Content, hidden: Option<Hidden>) {
        if claimed_entries(bytes) > u64::try_from(self.entries_left).unwrap_or(u64::MAX) {
            self.tell(RuleId::Bomb, Spot::Whole, None, "");
            return;
        }
        let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
            Ok(archive) => archive,
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                self.tell(RuleId::Encrypted, Spot::Whole, None, "");
                return;
            }
            Err(_) => {
                self.leftovers(bytes, hidden);
                self.tell(RuleId::Damaged, Spot::Whole, None, content.label());
                return;
            }
        };
        if archive.len() > self.entries_left {
            self.tell(RuleId::Bomb, Spot::Whole, None, archive.len().to_string());
            return;
        }
        self.entries_left -= archive.len();
        let claimed = archive.decompressed_size().unwrap_or(0);
        if claimed > u128::from(self.unpacked_left) {
            self.tell(RuleId::Bomb, Spot::Whole, None, "");
            return;
        }
        if archive.has_overlapping_entries().unwrap_or(true) {
            self.tell(RuleId::Bomb, Spot::Whole, None, "");
            return;
        }
        if archive.has_duplicate_names() {
            self.tell(RuleId::Polyglot, Spot::Whole, None, "ZIP + ZIP");
        }
        let remark = entry_name(archive.comment());
        self.scan(&remark, At::Part, Some(Hidden::Machinery), Wanted::All);
        if matches!(content, Content::Docx | Content::Xlsx | Content::Pptx) {
            self.document(&mut archive, hidden);
            return;
        }
        if content == Content::Zip {
            self.folders(&archive);
        }
        for index in 0..archive.len() {
            if self.is_late() {
                return;
            }
            let Some((name, bytes)) = self.entry(&mut archive, index) else {
                continue;
            };
            let own = name.rsplit(['/', '\\']).next().unwrap_or_default();
            if content == Content::Zip {
                self.name_of_entry(own);
                if is_of_macos(&name, &bytes) {
                    self.remarks_of_macos(own, &bytes, hidden);
                    continue;
                }
            }
            if content == Content::Odf {
                // Macros of LibreOffice, and what calls them.
                let has_basic = name.starts_with("Basic/") || name.starts_with("Scripts/");
                let calls = kind::find(&bytes, b"vnd.sun.star.script").is_some();
                if has_basic && !bytes.is_empty() || calls {
                    self.tell(RuleId::Active, Spot::Whole, hidden, "Basic");
                }
            }
            let is_xml = content != Content::Zip && name.ends_with(".xml");
            if is_xml {
                let shown = self.shown_name(&name);
                self.path.push(shown);
                let part = crate::text::decode(&bytes);
                self.office_part(&part, &name, Part::Other, hidden);
                self.path.pop();
            } else if content == Content::Zip {
                self.inner(&bytes, own, hidden);
            } else if matches!(kind::of(&bytes), Content::Png | Content::Jpeg) {
                let shown = self.shown_name(&name);
                self.path.push(shown);
                self.picture(&bytes, Some(Hidden::Picture));
                self.path.pop();
            }
        }
    }

    /// Names of folders: they tell of persons as those of files do.
    fn folders(&mut self, archive: &Archive<'_>) {
        let mut folders = BTreeSet::new();
        let mut is_windows = false;
        for raw in archive.file_names_raw() {
            let name = entry_name(raw);
            is_windows |= name.contains('\\');
            let mut steps: Vec<&str> = name.split(['/', '\\']).collect();
            steps.pop();
            folders.extend(
                steps
                    .into_iter()
                    .filter(|step| !matches!(*step, "" | "." | ".."))
                    .map(str::to_owned),
            );
        }
        if is_windows {
            // Some programs write so, against the format; whoever unpacks it may
            // get one folder or none.
            let place = Place {
                part: self.path.clone(),
                spot: Spot::Whole,
                hidden: None,
            };
            let mut finding = Finding::of(RuleId::OddName, place, "\\");
            finding.severity = Severity::Unreadable;
            self.add(finding);
        }
        for folder in folders {
            self.name_of_entry(&folder);
        }
    }

    /// What a Macintosh puts beside each file: no document, though it is named so.
    fn remarks_of_macos(&mut self, name: &str, bytes: &[u8], hidden: Option<Hidden>) {
        let shown = self.shown_name(name);
        self.path.push(shown);
        let own = hidden.or(Some(Hidden::Machinery));
        self.leftovers(bytes, own);
        self.tell(RuleId::HiddenContent, Spot::Whole, own, "macOS");
        self.path.pop();
    }

    fn name_of_entry(&mut self, name: &str) {
        let shown = self.shown_name(name);
        self.path.push(shown);
        self.name(name);
        self.path.pop();
    }

    /// An entry's name and bytes; nothing for folders and what is not taken.
    pub(super) fn entry(
        &mut self,
        archive: &mut Archive<'_>,
        index: usize,
    ) -> Option<(String, Vec<u8>)> {
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                self.tell(RuleId::Encrypted, Spot::Whole, None, "");
                return None;
            }
            Err(_) => {
                self.tell(RuleId::Damaged, Spot::Whole, None, "ZIP");
                return None;
            }
        };
        let name = entry_name(entry.name_raw());
        if slips(&name) || entry.is_symlink() || name.contains('\0') {
            drop(entry);
            let shown = self.shown_name(&name);
            self.tell(RuleId::Slip, Spot::Whole, None, shown);
            return None;
        }
        if entry.is_dir() {
            return None;
        }
        let mut bytes = Vec::new();
        let read = entry
            .by_ref()
            .take(self.unpacked_left + 1)
            .read_to_end(&mut bytes);
        drop(entry);
        let unpacked = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let Some(left) = self.unpacked_left.checked_sub(unpacked) else {
            self.unpacked_left = 0;
            self.tell(RuleId::Bomb, Spot::Whole, None, "");
            return None;
        };
        self.unpacked_left = left;
        if read.is_err() {
            let shown = self.shown_name(&name);
            self.tell(RuleId::Damaged, Spot::Whole, None, shown);
        }
        Some((name, bytes))
    }
}
