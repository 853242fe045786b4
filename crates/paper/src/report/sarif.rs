//! Audits as SARIF 2.1.0, for tools that collect findings.

use gongkai_domain::report::audit::{Severity, Status, rules};
use gongkai_domain::words::Words;
use serde_json::{Value, json};

use super::Audited;

/// One run over all files.
pub fn audit(files: &[Audited], words: &Words) -> Value {
    let mut used: Vec<&str> = files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(|d| d.code.as_str()))
        .collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Value> = used
        .iter()
        .map(|code| {
            let rule = rules::of(code);
            json!({
                "id": code,
                "shortDescription": { "text": words.text(rule.statement) },
                "help": { "text": rule.basis },
                "defaultConfiguration": { "level": rule.severity.name() },
            })
        })
        .collect();
    let results: Vec<Value> = files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(move |d| (file, d)))
        .map(|(file, d)| {
            let mut region = serde_json::Map::new();
            if let Some(line) = d.spot.place.line.or(d.spot.place.row) {
                region.insert("startLine".to_owned(), json!(line));
            }
            if let Some(sentence) = d.spot.sentence.and_then(|i| file.reading.sentences.get(i)) {
                region.insert("snippet".to_owned(), json!({ "text": sentence.text }));
            }
            let mut location = json!({
                "artifactLocation": { "uri": uri(&file.name) },
            });
            if !region.is_empty()
                && let Some(map) = location.as_object_mut()
            {
                map.insert("region".to_owned(), Value::Object(region));
            }
            let kind = match d.status {
                Status::Fails => "fail",
                Status::Uncertain => "review",
                Status::NotAssessable => "open",
            };
            // SARIF keeps levels for results of kind "fail" alone.
            let level = match d.status {
                Status::Fails => d.severity.name(),
                _ => "none",
            };
            json!({
                "ruleId": d.code,
                "kind": kind,
                "level": level,
                "message": { "text": words.render(&d.message) },
                "locations": [{
                    "physicalLocation": location,
                    "logicalLocations": d.spot.cells.iter()
                        .map(|cell| json!({ "fullyQualifiedName": cell }))
                        .collect::<Vec<_>>(),
                }],
                "partialFingerprints": { "gongkai/v1": d.fingerprint },
                "suppressions": if file.counts(d) { json!([]) } else {
                    json!([{ "kind": "external", "status": "accepted" }])
                },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gongkai",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A file name as a relative reference.
fn uri(name: &str) -> String {
    let mut uri = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The exit severity of several audits: whether any error counts.
pub fn has_errors(files: &[Audited]) -> bool {
    files.iter().any(|file| file.count(Severity::Error) > 0)
}
