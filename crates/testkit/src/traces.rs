//! Traces of what must lie nowhere in the open: a text in the encodings in which
//! a database, a log or a backup could hold it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What was found where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The text.
    pub text: String,
    /// How it was encoded.
    pub encoding: String,
    /// In which file.
    pub file: PathBuf,
}

/// A text as base64 holds it after so many bytes of something else; the
/// characters that depend on its neighbours are left off.
fn base64_after(alphabet: &GeneralPurpose, before: usize, bytes: &[u8]) -> String {
    let mut all = vec![0; before];
    all.extend(bytes);
    let encoded = alphabet.encode(&all);
    let head = (before * 4).div_ceil(3);
    let whole = all.len() / 3 * 4;
    encoded[head..whole].to_owned()
}

/// The encodings of a text, by name.
fn encodings(text: &str) -> Vec<(String, Vec<u8>)> {
    let utf16 = |wide: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(wide).collect::<Vec<u8>>();
    let plain = [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("GBK", encoding_rs::GBK.encode(text).0.into_owned()),
    ];
    let mut all = Vec::new();
    for (name, bytes) in plain {
        for (alphabet, kind) in [
            (&STANDARD_NO_PAD, "base64"),
            (&URL_SAFE_NO_PAD, "base64url"),
        ] {
            for before in 0..3 {
                let encoded = base64_after(alphabet, before, &bytes).into_bytes();
                all.push((format!("{kind} of {name} after {before}"), encoded));
            }
        }
        all.push((format!("hex of {name}"), hex::encode(&bytes).into_bytes()));
        all.push((
            format!("HEX of {name}"),
            hex::encode_upper(&bytes).into_bytes(),
        ));
        all.push((name.to_owned(), bytes));
    }
    all
}

/// What is there; a server may just have removed it.
fn there<T>(opened: std::io::Result<T>) -> Option<T> {
    match opened {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        opened => Some(opened.expect("it can be read")),
    }
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    if below.is_file() {
        found.push(below.to_owned());
        return;
    }
    // A socket is neither.
    if !below.is_dir() {
        return;
    }
    for entry in there(std::fs::read_dir(below)).into_iter().flatten() {
        files(&entry.expect("an entry").path(), found);
    }
}

/// Looks for texts in every file of some folders, byte by byte; how many bytes
/// were looked at, and what was found.
///
/// # Panics
/// If a file is there and cannot be read.
pub fn found_in(folders: &[&Path], texts: &[&str]) -> (u64, Vec<Trace>) {
    let patterns: Vec<(String, String, Vec<u8>)> = texts
        .iter()
        .flat_map(|text| {
            let named = encodings(text).into_iter();
            named.map(|(encoding, bytes)| ((*text).to_owned(), encoding, bytes))
        })
        .collect();
    let bytes = patterns.iter().map(|(_, _, bytes)| bytes);
    let searcher = AhoCorasick::new(bytes).expect("patterns");
    let mut all = Vec::new();
    folders.iter().for_each(|folder| files(folder, &mut all));
    let mut looked_at = 0;
    let mut traces = Vec::new();
    for file in all {
        let Some(opened) = there(File::open(&file)) else {
            continue;
        };
        let mut counted = Counted(BufReader::with_capacity(1 << 20, opened), 0);
        for found in searcher.stream_find_iter(&mut counted) {
            let (text, encoding, _) = &patterns[found.expect("it reads").pattern().as_usize()];
            let trace = Trace {
                text: text.clone(),
                encoding: encoding.clone(),
                file: file.clone(),
            };
            if !traces.contains(&trace) {
                traces.push(trace);
            }
        }
        looked_at += counted.1;
    }
    (looked_at, traces)
}

/// Counts what is read through it.
struct Counted<R>(R, u64);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(into)?;
        self.1 += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Folder;

    #[test]
    fn what_lies_open_is_found_in_every_encoding_wherever_it_stands() {
        let text = "990001199003070012";
        let bytes = text.as_bytes();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let told = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{text}，以上"));
        let planted: [Vec<u8>; 8] = [
            [b"\0\x01".as_slice(), bytes, b"\xff"].concat(),
            wide,
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            told("").into_bytes(),
            told("一a").into_bytes(),
            told("ab").into_bytes(),
            URL_SAFE_NO_PAD.encode(format!("?{text}>>>")).into_bytes(),
            format!("x'{}'", hex::encode(text)).into_bytes(),
        ];
        for (number, bytes) in planted.iter().enumerate() {
            let folder = Folder::new();
            let deep = folder.path().join("a/b");
            std::fs::create_dir_all(&deep).expect("a folder");
            let padded = [vec![7; 3_000_000], bytes.clone(), vec![9; 10]].concat();
            std::fs::write(deep.join("file"), padded).expect("written");
            let (looked_at, found) = found_in(&[folder.path()], &[text]);
            assert!(looked_at > 3_000_000);
            assert!(!found.is_empty(), "{number}");
            let (_, other) = found_in(&[folder.path()], &["990017198505050033"]);
            assert_eq!(other, [], "{number}");
        }
    }

    #[test]
    fn chinese_is_found_as_gbk() {
        let folder = Folder::new();
        let (gbk, ..) = encoding_rs::GBK.encode("济南市某路一号");
        std::fs::write(folder.path().join("a"), gbk).expect("written");
        let (_, found) = found_in(&[folder.path()], &["某路一号"]);
        assert_eq!(
            found.first().map(|trace| trace.encoding.as_str()),
            Some("GBK")
        );
    }
}
