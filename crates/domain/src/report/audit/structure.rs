//! Chapters, the form against the year, rows that only some bodies may fill,
//! misread columns, and the dates of publication.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Findings, Spot, Status, in_cells};
use crate::report::format::{Format, FormatId};
use crate::report::reading::Reading;
use crate::words::Message;

/// Checks the structure.
pub(super) fn check(reading: &Reading, findings: &mut Findings) {
    chapters(reading, findings);
    format_of_year(reading, findings);
    authority(reading, findings);
    misread(reading, findings);
    publication(reading, findings);
    if reading.prose_cut {
        let message =
            Message::new("text-long").with("count", crate::report::prose::PROSE_CHARACTERS_MAX);
        findings.add("TEXT-LONG", Status::NotAssessable, Spot::default(), message);
    }
}

/// The six chapters: there, once, by their number, with content.
fn chapters(reading: &Reading, findings: &mut Findings) {
    let format = Format::get(reading.format);
    for chapter in &format.chapters {
        let title = &chapter.title;
        let found: Vec<_> = reading
            .headings
            .iter()
            .filter(|heading| heading.chapter == chapter.number)
            .collect();
        let spot = |index: usize| Spot {
            place: found[index].place.clone(),
            ..Spot::default()
        };
        let ordinal = |n: usize| {
            "一二三四五六七八"
                .chars()
                .nth(n.wrapping_sub(1))
                .unwrap_or('？')
        };
        match found.as_slice() {
            [] => {
                let message = Message::new("chapter-missing")
                    .with("ordinal", ordinal(chapter.number))
                    .with("title", title);
                let code = format!("CH-MISSING-{}", chapter.number);
                findings.add(code, Status::Fails, Spot::default(), message);
                continue;
            }
            [heading] if heading.ordinal != chapter.number => {
                let message = Message::new("chapter-number")
                    .with("printed", &heading.text)
                    .with("ordinal", ordinal(chapter.number));
                let code = format!("CH-NUMBER-{}", chapter.number);
                let said = findings.add(code, Status::Fails, spot(0), message);
                said.left = Some(ordinal(heading.ordinal).to_string());
                said.right = Some(ordinal(chapter.number).to_string());
            }
            [_] => {}
            [_, _, ..] => {
                let message = Message::new("chapter-repeated").with("title", title);
                let code = format!("CH-REPEATED-{}", chapter.number);
                findings.add(code, Status::Fails, spot(1), message);
            }
        }
        if is_empty(reading, chapter.number) {
            let message = Message::new("chapter-empty")
                .with("ordinal", ordinal(chapter.number))
                .with("title", title);
            let code = format!("CH-EMPTY-{}", chapter.number);
            findings.add(code, Status::Fails, spot(0), message);
        }
    }
}

/// Whether a chapter has neither text nor table.
fn is_empty(reading: &Reading, chapter: usize) -> bool {
    let Some(at) = reading.headings.iter().position(|h| h.chapter == chapter) else {
        return false;
    };
    let start = reading.headings[at].end;
    let end = reading
        .headings
        .get(at + 1)
        .map_or(usize::MAX, |next| next.start);
    let table = reading
        .tables
        .ranges
        .iter()
        .any(|(from, to)| *from < end && *to > start)
        || reading
            .grids_at
            .iter()
            .any(|grid| (start..=end).contains(grid));
    // The heading itself is a sentence that begins at or before its end.
    let text = reading
        .sentences
        .iter()
        .filter(|sentence| sentence.chapter == chapter && sentence.start >= start)
        .any(|sentence| !sentence.folded.is_empty());
    let heading_runs_on = reading.sentences.iter().any(|sentence| {
        let length = sentence.text.chars().count();
        sentence.start < start && sentence.start + length > start + 8
    });
    !(table || text || heading_runs_on)
}

/// A 2019 form in a report from 2021 on, or the reverse.
fn format_of_year(reading: &Reading, findings: &mut Findings) {
    let Some(year) = reading.year.filter(|_| reading.format_shown) else {
        return;
    };
    let wanted = FormatId::of_year(year);
    if reading.format == wanted {
        return;
    }
    let message = Message::new("format-of-year")
        .with(
            "printed",
            Format::get(reading.format).document_number.as_str(),
        )
        .with("wanted", Format::get(wanted).document_number.as_str())
        .with("year", year);
    let found = findings.add("FORMAT-YEAR", Status::Fails, Spot::default(), message);
    found.left = Some(reading.format.name().to_owned());
    found.right = Some(wanted.name().to_owned());
}

/// Whether a body of this name can make rules (规章): departments of the
/// State Council, provinces, and cities divided into districts, not
/// townships, streets, counties, or departments below (立法法 Arts 91, 93).
fn may_make_rules(organization: &str) -> bool {
    let below = [
        "镇",
        "乡",
        "街道",
        "办事处",
        "局",
        "委员会",
        "办公室",
        "办公厅",
        "中心",
        "厅",
        "管委会",
        "分局",
        "大队",
        "支队",
    ];
    let county = [
        "县人民政府",
        "区人民政府",
        "旗人民政府",
        "镇人民政府",
        "乡人民政府",
    ];
    if county.iter().any(|end| organization.ends_with(end)) {
        return organization.ends_with("自治区人民政府");
    }
    !below.iter().any(|end| organization.ends_with(end))
}

fn authority(reading: &Reading, findings: &mut Findings) {
    let Some(organization) = &reading.organization else {
        return;
    };
    if may_make_rules(organization) {
        return;
    }
    let cells: Vec<(String, Decimal)> = reading
        .tables
        .cells
        .iter()
        .filter(|(key, _)| key.starts_with("t2.art20_1.rules."))
        .filter_map(|(key, cell)| Some((key.clone(), cell.certain()?.number())))
        .filter(|(_, number)| *number > Decimal::ZERO)
        .collect();
    let Some((_, most)) = cells.iter().max_by_key(|(_, number)| *number) else {
        return;
    };
    let message = Message::new("authority-rules")
        .with("organization", organization)
        .with("count", most);
    let spot = in_cells(reading, cells.iter().map(|(key, _)| key.clone()).collect());
    let most = most.to_string();
    let found = findings.add("T2-AUTHORITY-rules", Status::Fails, spot, message);
    found.left = Some(most);
    found.right = Some("0".to_owned());
    found.mend = Some(Message::new("mend-authority"));
}

/// In the 2019 form, `处理决定数量` filled with last year's items plus the
/// change: the column was taken for this year's items.
fn misread(reading: &Reading, findings: &mut Findings) {
    if reading.format != FormatId::F2019 {
        return;
    }
    let number = |key: &str| Some(reading.cell(key)?.certain()?.number());
    let mut taken: Vec<(String, String, Decimal)> = Vec::new();
    for block in &Format::get(FormatId::F2019).t2 {
        for row in &block.rows {
            let key = |column: &str| format!("t2.{}.{}.{column}", block.key, row.key);
            let values = (
                number(&key("items_previous_year")),
                number(&key("change_this_year")),
                number(&key("decisions")),
            );
            if let (Some(before), Some(change), Some(decisions)) = values
                && !change.is_zero()
                && before + change == decisions
            {
                taken.push((row.key.clone(), key("decisions"), decisions));
            }
        }
    }
    // Once may be chance.
    if taken.len() < 2 {
        return;
    }
    for (row, key, decisions) in taken {
        let message = Message::new("column-misread").with("value", decisions);
        let spot = in_cells(reading, vec![key]);
        let found = findings.add(format!("T2-MISREAD-{row}"), Status::Fails, spot, message);
        found.left = Some(decisions.to_string());
        found.mend = Some(Message::new("mend-misread"));
    }
    for row in ["rules", "normative_documents"] {
        let key = |column: &str| format!("t2.art20_1.{row}.{column}");
        if let (Some(new), Some(total)) = (
            number(&key("newly_disclosed_this_year")),
            number(&key("total_disclosed")),
        ) && total < new
        {
            let message = Message::new("total-below-new")
                .with("new", new)
                .with("total", total);
            let spot = in_cells(reading, vec![key("total_disclosed")]);
            findings.add(format!("T2-TOTAL-{row}"), Status::Fails, spot, message);
        }
    }
}

/// Art. 49: departments by 31 January, governments by 31 March; and not
/// before the year is over.
fn publication(reading: &Reading, findings: &mut Findings) {
    let (Some(published), Some(year)) = (reading.published, reading.year) else {
        return;
    };
    let organization = reading.organization.as_deref().unwrap_or("");
    let is_government = organization.ends_with("人民政府")
        || organization.ends_with("管委会")
        || organization.ends_with("管理委员会")
        || organization.ends_with("实验区");
    let limit = if is_government {
        Date::new(year + 1, 3, 31)
    } else {
        Date::new(year + 1, 1, 31)
    };
    let (Ok(limit), Ok(over)) = (limit, Date::new(year, 12, 31)) else {
        return;
    };
    let (code, id) = if published > limit {
        ("PUB-LATE", "published-late")
    } else if published < over {
        ("PUB-EARLY", "published-early")
    } else {
        return;
    };
    let message = Message::new(id)
        .with("published", published)
        .with("limit", limit)
        .with("year", year);
    let found = findings.add(code, Status::Fails, Spot::default(), message);
    found.left = Some(published.to_string());
    found.right = Some(limit.to_string());
}
