//! Numbers written, broken and anchored so that a program may miss them.

use gongkai_domain::inspection::RuleId;
use gongkai_domain::register::mask;

use super::carriers::{docx, zip};
use super::seeded::{Making, paragraph};
use super::{Labelled, resident};

/// Ways to write a number that only a person would read as one.
pub(super) fn written(making: &mut Making) {
    making.with_id("名单.txt", "a zero before it", |id| {
        format!("\0身份证号{id}").into_bytes()
    });
    making.with_id("名单.txt", "points", |id| {
        format!("{}.{}.{}", &id[..6], &id[6..14], &id[14..]).into_bytes()
    });
    making.with_id("名单.txt", "strokes", |id| {
        format!("{}/{}/{}", &id[..6], &id[6..14], &id[14..]).into_bytes()
    });
    making.with_id("名单.txt", "over three lines", |id| {
        format!("身份证号：{}\n{}\n{}", &id[..6], &id[6..14], &id[14..]).into_bytes()
    });
    making.with_id("名单.txt", "behind a long column of figures", |id| {
        // The number lies across the border at which a run is cut.
        format!("{}{id}", "1 ".repeat(4090)).into_bytes()
    });
    let page =
        |inside: String| format!("<!DOCTYPE html><html><body>{inside}</body></html>").into_bytes();
    making.with_id("p.html", "broken over lines", |id| {
        page(format!(
            "<p>{}<br>{}<br>{}</p>",
            &id[..6],
            &id[6..14],
            &id[14..]
        ))
    });
    making.with_id("p.html", "over paragraphs", |id| {
        page(format!("<p>{}</p><p>{}</p>", &id[..6], &id[6..]))
    });
    making.with_id("p.html", "an element that nobody knows", |id| {
        page(format!("<p>{}<x-y>{}</x-y></p>", &id[..6], &id[6..]))
    });
    making.with_id("p.html", "lines of a cell", |id| {
        page(format!(
            "<table><tr><td>{}<br>{}</td><td>甲</td></tr></table>",
            &id[..6],
            &id[6..]
        ))
    });
    making.with_id("p.html", "file in an address", |id| {
        page(format!("<p>见下</p><img src=\"data:text/plain,{id}\">"))
    });
    making.with_id("d.docx", "style", |id| {
        docx(&paragraph("见下"), &[("word/styles.xml", &format!("<w:styles W><w:style w:styleId=\"a\"><w:name w:val=\"{id}\"/></w:style></w:styles>"))])
    });
    making.with_id("d.docx", "a text box within it", |id| {
        docx(&format!("<w:p><w:r><w:t>{}</w:t></w:r><w:r><w:drawing><wp:posOffset>123</wp:posOffset><w:txbxContent><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r><w:r><w:t>{}</w:t></w:r></w:p>", &id[..8], &id[8..]), &[])
    });
    making.with_id("d.docx", "over three paragraphs", |id| {
        docx(
            &[&id[..6], &id[6..14], &id[14..]].map(paragraph).concat(),
            &[],
        )
    });
    making.with_id("d.docx", "main part under another name", |id| {
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.dat", format!("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{}</w:body></w:document>", paragraph(id)).as_bytes()),
        ])
    });
    making.with_id("b.xlsx", "how it is read aloud", |id| {
        let strings =
            format!("<sst><si><t>甲</t><rPh sb=\"0\" eb=\"1\"><t>{id}</t></rPh></si></sst>");
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook/>"),
            ("xl/sharedStrings.xml", strings.as_bytes()),
        ])
    });
    making.with_id("b.xlsx", "remark among the strings", |id| {
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook/>"),
            (
                "xl/sharedStrings.xml",
                format!("<sst><!-- {id} --></sst>").as_bytes(),
            ),
        ])
    });
    making.with_id("z.zip", "name of a folder", |id| {
        zip(&[(&format!("张三{id}/a.txt"), b"x")])
    });
    let id = loop {
        let id = resident(&mut making.rng);
        if id.ends_with('X') {
            break id;
        }
    };
    making.files.push(Labelled {
        name: format!("{id}zhang.txt"),
        bytes: "见正文".into(),
        place: "letters behind the X".to_owned(),
        numbers: vec![(RuleId::ResidentId, mask(&id))],
    });
}
