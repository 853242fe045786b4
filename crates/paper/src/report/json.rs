//! Readings and audits as JSON: the contract of the command line.

use gongkai_domain::report::audit::{Diagnostic, Spot};
use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::CellState;
use gongkai_domain::words::Words;
use serde_json::{Map, Value, json};

use super::Audited;

/// What was read, as `gongkai report parse` prints it.
pub fn reading(reading: &Reading) -> Value {
    let mut cells = Map::new();
    let mut uncertain = Map::new();
    for (key, cell) in &reading.tables.cells {
        match &cell.state {
            CellState::Certain(value) => {
                cells.insert(key.clone(), json!(value));
            }
            CellState::Uncertain(candidates) => {
                uncertain.insert(
                    key.clone(),
                    json!({ "raw": cell.raw, "candidates": candidates }),
                );
            }
        }
    }
    let claims: Vec<Value> = reading
        .claims
        .iter()
        .map(|claim| {
            let sentence = &reading.sentences[claim.sentence];
            json!({
                "code": claim.code,
                "sentence": sentence.text,
                "stated": claim.stated,
                "place": sentence.place,
            })
        })
        .collect();
    json!({
        "format": reading.format,
        "organization": reading.organization,
        "year": reading.year,
        "period": reading.period.as_ref().map(|period| &period.text),
        "published": reading.published.map(|date| date.to_string()),
        "cells": cells,
        "uncertain": uncertain,
        "missing": reading.missing,
        "claims": claims,
    })
}

/// Where a diagnostic stands.
pub fn place(reading: &Reading, spot: &Spot) -> Value {
    let mut place = match serde_json::to_value(&spot.place) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    if !spot.cells.is_empty() {
        place.insert("cells".to_owned(), json!(spot.cells));
        if let Some(row) = spot.cells.iter().find_map(|key| reading.cell(key)) {
            let text = &reading.tables.rows[row.row].text;
            place.insert("row_text".to_owned(), json!(text));
        }
    }
    if let Some(sentence) = spot.sentence.and_then(|i| reading.sentences.get(i)) {
        place.insert("chapter".to_owned(), json!(sentence.chapter));
        place.insert("sentence".to_owned(), json!(sentence.text));
    }
    Value::Object(place)
}

/// One diagnostic.
pub fn diagnostic(audited: &Audited, diagnostic: &Diagnostic, words: &Words) -> Value {
    let mut value = json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "status": diagnostic.status,
        "place": place(&audited.reading, &diagnostic.spot),
        "left": diagnostic.left,
        "right": diagnostic.right,
        "message": words.render(&diagnostic.message),
        "basis": diagnostic.basis,
        "mend": diagnostic.mend.as_ref().map(|mend| words.render(mend)),
        "fingerprint": diagnostic.fingerprint,
    });
    if let (Some(verdict), Some(map)) = (audited.verdict(diagnostic), value.as_object_mut()) {
        map.insert("verdict".to_owned(), json!(verdict));
    }
    value
}

/// An audit, as `gongkai report audit --format json` prints it.
pub fn audit(audited: &Audited, words: &Words) -> Value {
    let diagnostics: Vec<Value> = audited
        .diagnostics
        .iter()
        .map(|d| diagnostic(audited, d, words))
        .collect();
    json!({
        "name": audited.name,
        "organization": audited.reading.organization,
        "year": audited.reading.year,
        "format": audited.reading.format,
        "diagnostics": diagnostics,
    })
}
