//! Files with one number hidden in one place each.

use encoding_rs::GB18030;
use fastrand::Rng;
use gongkai_domain::inspection::RuleId;
use gongkai_domain::register::{mask, mask_phone};

use super::carriers::{Pdf, docx, jpeg, page_of, png, pptx, xlsx, zip};
use super::{Labelled, card, mobile, resident};

/// The files in the making.
pub(super) struct Making {
    pub(super) rng: Rng,
    pub(super) files: Vec<Labelled>,
}

impl Making {
    /// A file that holds one resident's number.
    pub(super) fn with_id(&mut self, name: &str, place: &str, make: impl FnOnce(&str) -> Vec<u8>) {
        let id = resident(&mut self.rng);
        self.files.push(Labelled {
            name: name.to_owned(),
            bytes: make(&id),
            place: place.to_owned(),
            numbers: vec![(RuleId::ResidentId, mask(&id))],
        });
    }

    fn with_card(&mut self, name: &str, place: &str, make: impl FnOnce(&str) -> Vec<u8>) {
        let number = card(&mut self.rng);
        self.files.push(Labelled {
            name: name.to_owned(),
            bytes: make(&number),
            place: place.to_owned(),
            numbers: vec![(RuleId::BankCard, mask(&number))],
        });
    }

    fn with_mobile(&mut self, name: &str, place: &str, make: impl FnOnce(&str) -> Vec<u8>) {
        let number = mobile(&mut self.rng);
        self.files.push(Labelled {
            name: name.to_owned(),
            bytes: make(&number),
            place: place.to_owned(),
            numbers: vec![(RuleId::Mobile, mask_phone(&number))],
        });
    }
}

/// Every file of the corpus that holds a number.
pub fn seeded(seed: u64) -> Vec<Labelled> {
    let mut making = Making {
        rng: Rng::with_seed(seed),
        files: Vec::new(),
    };
    texts(&mut making);
    super::written::written(&mut making);
    pages(&mut making);
    word(&mut making);
    sheets(&mut making);
    slides(&mut making);
    pdfs(&mut making);
    pictures(&mut making);
    archives(&mut making);
    making.files
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("a wide form"))
        .collect()
}

fn texts(making: &mut Making) {
    making.with_id("名单.txt", "text", |id| {
        format!("张三，身份证号{id}。\n").into_bytes()
    });
    making.with_id("名单.txt", "text in GB 18030", |id| {
        GB18030
            .encode(&format!("低保对象：李四 {id}\n"))
            .0
            .into_owned()
    });
    making.with_id("名单.txt", "text in UTF-16", |id| {
        format!("\u{feff}公示名单：王五 {id}\r\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect()
    });
    making.with_id("名单.txt", "wide digits", |id| {
        format!("号码：{}", wide(id)).into_bytes()
    });
    making.with_id("名单.txt", "blanks", |id| {
        format!("{} {} {}", &id[..6], &id[6..14], &id[14..]).into_bytes()
    });
    making.with_id("名单.txt", "dashes", |id| {
        format!("{}-{}-{}", &id[..6], &id[6..14], &id[14..]).into_bytes()
    });
    making.with_id("名单.txt", "over two lines", |id| {
        format!("身份证号：{}\n{}（盖章）", &id[..11], &id[11..]).into_bytes()
    });
    making.with_id("名单.csv", "comma-separated", |id| {
        GB18030
            .encode(&format!("姓名,证件号码\r\n赵六,{id}\r\n"))
            .0
            .into_owned()
    });
    making.with_card("发放表.txt", "card", |card| {
        format!("惠农一卡通账号：{card}").into_bytes()
    });
    making.with_card("发放表.txt", "card in fours", |card| {
        let fours: Vec<&str> = (0..card.len())
            .step_by(4)
            .map(|at| &card[at..(at + 4).min(card.len())])
            .collect();
        format!("银行卡号：{}", fours.join(" ")).into_bytes()
    });
    making.with_mobile("通知.txt", "mobile", |phone| {
        format!("联系人手机：{phone}").into_bytes()
    });
}

fn pages(making: &mut Making) {
    let page = |inside: String| {
        format!("<!DOCTYPE html><html><head><title>公示</title></head><body>{inside}</body></html>")
            .into_bytes()
    };
    making.with_id("p.html", "page", |id| page(format!("<p>公示对象 {id}</p>")));
    making.with_id("p.html", "page, split over marks", |id| {
        page(format!(
            "<p>{}<b>{}</b><span>{}</span></p>",
            &id[..5],
            &id[5..12],
            &id[12..]
        ))
    });
    making.with_id("p.html", "page, one digit in a cell", |id| {
        let cells: String = id.chars().map(|c| format!("<td>{c}</td>")).collect();
        page(format!("<table><tr>{cells}</tr></table>"))
    });
    making.with_id("p.html", "remark of a page", |id| {
        page(format!("<p>见下</p><!-- {id} -->"))
    });
    making.with_id("p.html", "hidden element", |id| {
        page(format!(
            "<p>见下</p><div style=\"display: none\">{id}</div>"
        ))
    });
    making.with_id("p.html", "hidden field", |id| {
        page(format!(
            "<p>见下</p><input type=\"hidden\" name=\"n\" value=\"{id}\">"
        ))
    });
    making.with_id("p.html", "alternative text", |id| {
        page(format!("<p>见下</p><img src=\"a.png\" alt=\"身份证{id}\">"))
    });
    making.with_id("p.html", "data attribute", |id| {
        page(format!("<p data-code=\"{id}\">见下</p>"))
    });
    making.with_id("p.html", "description", |id| {
        format!("<html><head><meta name=\"description\" content=\"{id}\"></head><body><p>见下</p></body></html>").into_bytes()
    });
    making.with_id("p.html", "script", |id| {
        page(format!("<p>见下</p><script>var n='{id}'</script>"))
    });
}

/// A paragraph of Word.
pub(super) fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn word(making: &mut Making) {
    let plain = paragraph("关于公示的通知");
    let with_part = |name: &'static str, part: String| docx(&plain, &[(name, &part)]);
    making.with_id("d.docx", "body", |id| docx(&paragraph(id), &[]));
    making.with_id("d.docx", "split over runs", |id| {
        let runs: String = [&id[..4], &id[4..9], &id[9..15], &id[15..]]
            .map(|part| format!("<w:r><w:rPr><w:b/></w:rPr><w:t>{part}</w:t></w:r>"))
            .concat();
        docx(&format!("<w:p>{runs}</w:p>"), &[])
    });
    making.with_id("d.docx", "one digit in a cell", |id| {
        let cells: String = id
            .chars()
            .map(|c| format!("<w:tc>{}</w:tc>", paragraph(&c.to_string())))
            .collect();
        docx(&format!("<w:tbl><w:tr>{cells}</w:tr></w:tbl>"), &[])
    });
    making.with_id("d.docx", "over two paragraphs of a cell", |id| {
        let cell = format!("{}{}", paragraph(&id[..10]), paragraph(&id[10..]));
        docx(
            &format!(
                "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{cell}</w:tc></w:tr></w:tbl>",
                paragraph("身份证号")
            ),
            &[],
        )
    });
    for (part, root) in [
        ("word/header1.xml", "hdr"),
        ("word/footer1.xml", "ftr"),
        ("word/footnotes.xml", "footnotes"),
        ("word/endnotes.xml", "endnotes"),
        ("word/glossary/document.xml", "glossaryDocument"),
    ] {
        making.with_id("d.docx", part, |id| {
            with_part(part, format!("<w:{root} W>{}</w:{root}>", paragraph(id)))
        });
    }
    making.with_id("d.docx", "comment", |id| {
        with_part(
            "word/comments.xml",
            format!(
                "<w:comments W><w:comment w:id=\"1\" w:author=\"a\">{}</w:comment></w:comments>",
                paragraph(id)
            ),
        )
    });
    making.with_id("d.docx", "tracked deletion", |id| {
        docx(&format!("<w:p><w:r><w:t>见</w:t></w:r><w:del w:id=\"1\"><w:r><w:delText>{id}</w:delText></w:r></w:del></w:p>"), &[])
    });
    making.with_id("d.docx", "half of it deleted", |id| {
        docx(&format!("<w:p><w:r><w:t>身份证号{}</w:t></w:r><w:del w:id=\"1\"><w:r><w:delText>{}</w:delText></w:r></w:del></w:p>", &id[..9], &id[9..]), &[])
    });
    making.with_id("d.docx", "hidden run", |id| {
        docx(&format!("<w:p><w:r><w:t>见</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>{id}</w:t></w:r></w:p>"), &[])
    });
    making.with_id("d.docx", "hidden by style", |id| {
        docx(
            &format!("<w:p><w:r><w:rPr><w:rStyle w:val=\"x1\"/></w:rPr><w:t>{id}</w:t></w:r></w:p>"),
            &[("word/styles.xml", "<w:styles W><w:style w:styleId=\"x1\"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>")],
        )
    });
    making.with_id("d.docx", "white on white", |id| {
        docx(
            &format!(
                "<w:p><w:r><w:rPr><w:color w:val=\"FFFFFF\"/></w:rPr><w:t>{id}</w:t></w:r></w:p>"
            ),
            &[],
        )
    });
    making.with_id("d.docx", "field code", |id| {
        docx(
            &format!("<w:p><w:r><w:instrText>MERGEFIELD {id}</w:instrText></w:r></w:p>"),
            &[],
        )
    });
    making.with_id("d.docx", "alternative text", |id| {
        docx(&format!("{plain}<w:p><w:r><w:drawing><wp:docPr id=\"1\" name=\"图\" descr=\"{id}\"/></w:drawing></w:r></w:p>"), &[])
    });
    making.with_id("d.docx", "text box", |id| {
        docx(
            &format!(
                "<w:p><w:r><w:pict><w:txbxContent>{}</w:txbxContent></w:pict></w:r></w:p>",
                paragraph(id)
            ),
            &[],
        )
    });
    making.with_id("d.docx", "core properties", |id| {
        with_part("docProps/core.xml", format!("<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:creator>张三</dc:creator><cp:keywords>{id}</cp:keywords></cp:coreProperties>"))
    });
    making.with_id("d.docx", "custom properties", |id| {
        with_part("docProps/custom.xml", format!("<Properties><property name=\"n\"><vt:lpwstr xmlns:vt=\"v\">{id}</vt:lpwstr></property></Properties>"))
    });
    making.with_id("d.docx", "variables of the document", |id| {
        with_part("word/settings.xml", format!("<w:settings W><w:docVars><w:docVar w:name=\"n\" w:val=\"{id}\"/></w:docVars></w:settings>"))
    });
    making.with_id("d.docx", "custom XML", |id| {
        with_part(
            "customXml/item1.xml",
            format!("<form><person><id>{id}</id></person></form>"),
        )
    });
    making.with_id("d.docx", "cache of a chart", |id| {
        with_part(
            "word/charts/chart1.xml",
            format!("<c:chart xmlns:c=\"c\"><c:pt><c:v>{id}</c:v></c:pt></c:chart>"),
        )
    });
    making.with_id("d.docx", "embedded workbook", |id| {
        let book = xlsx(&[("S", "visible", &cells(&[id]))], &[id], &[]);
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            (
                "word/document.xml",
                b"<w:document xmlns:w=\"w\"><w:body/></w:document>",
            ),
            ("word/embeddings/Book1.xlsx", &book),
        ])
    });
    making.with_id("d.docx", "picture in a document", |id| {
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            (
                "word/document.xml",
                b"<w:document xmlns:w=\"w\"><w:body/></w:document>",
            ),
            ("word/media/image1.jpg", &jpeg("x", id, false)),
        ])
    });
}

/// A row of cells that point to the shared strings in order.
fn cells(texts: &[&str]) -> String {
    let cells: String = (0..texts.len())
        .map(|at| {
            let column = char::from(b'A' + u8::try_from(at).expect("few"));
            format!("<c r=\"{column}1\" t=\"s\"><v>{at}</v></c>")
        })
        .collect();
    format!("<sheetData><row r=\"1\">{cells}</row></sheetData>")
}

fn sheets(making: &mut Making) {
    let empty = "<sheetData/>";
    let inline = |text: &str| format!("<c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let one = |inside: String| xlsx(&[("表一", "visible", &inside)], &[], &[]);
    let with_part = |name: &'static str, part: String| {
        xlsx(&[("表一", "visible", empty)], &[], &[(name, &part)])
    };
    making.with_id("b.xlsx", "shared string", |id| {
        xlsx(&[("S", "visible", &cells(&[id]))], &[id], &[])
    });
    making.with_id("b.xlsx", "inline string", |id| {
        one(format!(
            "<sheetData><row r=\"1\">{}</row></sheetData>",
            inline(id)
        ))
    });
    making.with_mobile("b.xlsx", "a mobile as a number", |phone| {
        one(format!(
            "<sheetData><row r=\"1\"><c r=\"A1\"><v>{phone}</v></c></row></sheetData>"
        ))
    });
    making.with_mobile("b.xlsx", "a mobile as a float", |phone| {
        let number: f64 = phone.parse().expect("a number");
        one(format!(
            "<sheetData><row r=\"1\"><c r=\"A1\"><v>{number:E}</v></c></row></sheetData>"
        ))
    });
    for state in ["hidden", "veryHidden"] {
        making.with_id("b.xlsx", state, |id| {
            let inside = format!("<sheetData><row r=\"1\">{}</row></sheetData>", inline(id));
            xlsx(&[("S", "visible", empty), ("T", state, &inside)], &[], &[])
        });
    }
    making.with_id("b.xlsx", "hidden row", |id| {
        one(format!(
            "<sheetData><row r=\"1\" hidden=\"1\">{}</row></sheetData>",
            inline(id)
        ))
    });
    making.with_id("b.xlsx", "hidden column", |id| {
        one(format!("<cols><col min=\"1\" max=\"1\" width=\"0\" hidden=\"1\"/></cols><sheetData><row r=\"1\">{}</row></sheetData>", inline(id)))
    });
    making.with_id("b.xlsx", "comment on a cell", |id| {
        with_part("xl/comments1.xml", format!("<comments><commentList><comment ref=\"A1\"><text><r><t>{id}</t></r></text></comment></commentList></comments>"))
    });
    making.with_id("b.xlsx", "threaded comment", |id| {
        with_part("xl/threadedComments/threadedComment1.xml", format!("<ThreadedComments><threadedComment ref=\"A1\"><text>{id}</text></threadedComment></ThreadedComments>"))
    });
    making.with_id("b.xlsx", "defined name", |id| {
        with_part("definedNames", format!("<definedNames><definedName name=\"n\" hidden=\"1\">\"{id}\"</definedName></definedNames>"))
    });
    making.with_id("b.xlsx", "head of the printed page", |id| {
        one(format!(
            "{empty}<headerFooter><oddHeader>&amp;L{id}</oddHeader></headerFooter>"
        ))
    });
    making.with_id("b.xlsx", "one sign in a cell", |id| {
        let signs: Vec<String> = id.chars().map(String::from).collect();
        let signs: Vec<&str> = signs.iter().map(String::as_str).collect();
        xlsx(&[("S", "visible", &cells(&signs))], &signs, &[])
    });
    making.with_id("b.xlsx", "over three cells", |id| {
        let parts = [&id[..6], &id[6..14], &id[14..]];
        xlsx(&[("S", "visible", &cells(&parts))], &parts, &[])
    });
    making.with_id("b.xlsx", "formula", |id| {
        one(format!("<sheetData><row r=\"1\"><c r=\"A1\"><f>LEN(\"{id}\")</f><v>18</v></c></row></sheetData>"))
    });
    making.with_id("b.xlsx", "result of a formula", |id| {
        one(format!("<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><f>A2</f><v>{id}</v></c></row></sheetData>"))
    });
    making.with_id("b.xlsx", "list of a validation", |id| {
        one(format!("{empty}<dataValidations><dataValidation><formula1>\"{id},x\"</formula1></dataValidation></dataValidations>"))
    });
    making.with_id("b.xlsx", "string that no cell shows", |id| {
        xlsx(&[("S", "visible", empty)], &["甲", id], &[])
    });
    making.with_id("b.xlsx", "cache of a pivot table", |id| {
        with_part("xl/pivotCache/pivotCacheDefinition1.xml", format!("<pivotCacheDefinition><sharedItems><s v=\"{id}\"/></sharedItems></pivotCacheDefinition>"))
    });
    making.with_id("b.xlsx", "cache of another workbook", |id| {
        with_part(
            "xl/externalLinks/externalLink1.xml",
            format!("<externalLink><cell r=\"A1\"><v>{id}</v></cell></externalLink>"),
        )
    });
    making.with_id("b.xlsx", "drawing", |id| {
        with_part("xl/drawings/drawing1.xml", format!("<xdr:wsDr xmlns:xdr=\"x\" xmlns:a=\"a\"><a:p><a:r><a:t>{}</a:t></a:r><a:r><a:t>{}</a:t></a:r></a:p></xdr:wsDr>", &id[..7], &id[7..]))
    });
    making.with_id("b.xlsx", "name of the company", |id| {
        with_part(
            "docProps/app.xml",
            format!("<Properties><Company>{id}</Company></Properties>"),
        )
    });
}

fn slides(making: &mut Making) {
    making.with_id("s.pptx", "slide", |id| pptx(&[("", id)], &[]));
    making.with_id("s.pptx", "hidden slide", |id| {
        pptx(&[("", "甲"), ("show=\"0\"", id)], &[])
    });
    making.with_id("s.pptx", "notes", |id| {
        pptx(&[("", "甲")], &[("ppt/notesSlides/notesSlide1.xml", &format!("<p:notes xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>{id}</a:t></a:r></a:p></p:notes>"))])
    });
    making.with_id("s.pptx", "comment", |id| {
        pptx(
            &[("", "甲")],
            &[(
                "ppt/comments/comment1.xml",
                &format!("<p:cmLst xmlns:p=\"p\"><p:cm><p:text>{id}</p:text></p:cm></p:cmLst>"),
            )],
        )
    });
    making.with_id("s.pptx", "master", |id| {
        pptx(&[("", "甲")], &[("ppt/slideMasters/slideMaster1.xml", &format!("<p:sldMaster xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>{id}</a:t></a:r></a:p></p:sldMaster>"))])
    });
}

/// A document whose one page says nothing of interest.
fn plain_pdf() -> Pdf {
    let mut pdf = Pdf::new();
    pdf.page(
        &page_of(&["关于公示的通知", "现将有关事项公示如下。"]),
        "",
        "",
    );
    pdf
}

fn pdfs(making: &mut Making) {
    let page = |content: &str| {
        let mut pdf = Pdf::new();
        pdf.page(content, "", "");
        pdf.finish()
    };
    making.with_id("f.pdf", "page", |id| {
        page(&page_of(&["公示名单", &format!("身份证号：{id}")]))
    });
    making.with_id("f.pdf", "each sign set by itself", |id| {
        let signs: String = (0u32..)
            .zip(id.chars())
            .map(|(at, c)| Pdf::text(60 + at * 12, 700, 12, &c.to_string()))
            .collect();
        page(&format!("{}{signs}", page_of(&["公示名单", "见下表"])))
    });
    making.with_id("f.pdf", "over two lines", |id| {
        page(&page_of(&[
            "公示名单",
            &format!("身份证号：{}", &id[..12]),
            &format!("{}，公示三天", &id[12..]),
        ]))
    });
    making.with_id("f.pdf", "under a black box", |id| {
        page(&format!(
            "{}0 0 0 rg 55 735 300 20 re f\n",
            page_of(&["公示名单", "以下已遮盖", id])
        ))
    });
    making.with_id("f.pdf", "under a mark for redaction", |id| {
        let mut pdf = Pdf::new();
        pdf.page(
            &page_of(&["公示名单", "以下已遮盖", id]),
            "/Annots[<</Type/Annot/Subtype/Redact/Rect[55 735 400 760]>>]",
            "",
        );
        pdf.finish()
    });
    making.with_id("f.pdf", "white on white", |id| {
        page(&format!(
            "{}1 1 1 rg {}",
            page_of(&["公示名单", "见附件"]),
            Pdf::text(60, 500, 12, id)
        ))
    });
    making.with_id("f.pdf", "drawn invisibly", |id| {
        page(&format!(
            "{}3 Tr {}",
            page_of(&["公示名单", "见附件"]),
            Pdf::text(60, 500, 12, id)
        ))
    });
    making.with_id("f.pdf", "properties", |id| {
        let mut pdf = plain_pdf();
        let info = pdf.put(&format!("<</Title(Notice)/Keywords({id})>>"));
        pdf.trailer = format!("/Info {info} 0 R");
        pdf.finish()
    });
    making.with_id("f.pdf", "XMP", |id| {
        let mut pdf = plain_pdf();
        let packet =
            format!("<x:xmpmeta xmlns:x=\"x\"><rdf:li xmlns:rdf=\"r\">{id}</rdf:li></x:xmpmeta>");
        let stream = pdf.stream("/Type/Metadata/Subtype/XML", packet.as_bytes());
        pdf.catalogue = format!("/Metadata {stream} 0 R");
        pdf.finish()
    });
    making.with_id("f.pdf", "attachment", |id| {
        let mut pdf = plain_pdf();
        let file = pdf.stream("/Type/EmbeddedFile", format!("名单：{id}").as_bytes());
        let spec = pdf.put(&format!(
            "<</Type/Filespec/F(list.txt)/UF(list.txt)/EF<</F {file} 0 R>>>>"
        ));
        pdf.catalogue = format!("/Names<</EmbeddedFiles<</Names[(list.txt) {spec} 0 R]>>>>");
        pdf.finish()
    });
    making.with_id("f.pdf", "attached document", |id| {
        let mut pdf = plain_pdf();
        let file = pdf.stream("", &docx(&paragraph(id), &[]));
        let spec = pdf.put(&format!("<</Type/Filespec/F(a.docx)/EF<</F {file} 0 R>>>>"));
        pdf.catalogue = format!("/AF[{spec} 0 R]");
        pdf.finish()
    });
    making.with_id("f.pdf", "older revision", |id| {
        let mut pdf = Pdf::new();
        let content = pdf.page(&page_of(&["公示名单", "身份证号：", id]), "", "");
        pdf.end();
        pdf.replace_stream(content, &page_of(&["公示名单", "身份证号：", "（已遮盖）"]));
        pdf.finish()
    });
    making.with_id("f.pdf", "older properties", |id| {
        let mut pdf = plain_pdf();
        let info = pdf.put(&format!("<</Subject({id})>>"));
        pdf.trailer = format!("/Info {info} 0 R");
        pdf.end();
        pdf.replace(info, "<</Subject(-)>>");
        pdf.finish()
    });
    making.with_id("f.pdf", "layer that is off", |id| {
        let mut pdf = Pdf::new();
        let layer = pdf.put("<</Type/OCG/Name(draft)>>");
        let hidden = Pdf::text(60, 500, 12, id);
        pdf.page(
            &format!(
                "{}/OC /L1 BDC\n{hidden}EMC\n",
                page_of(&["公示名单", "见附件"])
            ),
            "",
            &format!("/Properties<</L1 {layer} 0 R>>"),
        );
        pdf.catalogue =
            format!("/OCProperties<</OCGs[{layer} 0 R]/D<</BaseState/ON/OFF[{layer} 0 R]>>>>");
        pdf.finish()
    });
    making.with_id("f.pdf", "remark", |id| {
        let mut pdf = Pdf::new();
        pdf.page(
            &page_of(&["公示名单", "见附件"]),
            &format!("/Annots[<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents({id})>>]"),
            "",
        );
        pdf.finish()
    });
    making.with_id("f.pdf", "field of a form", |id| {
        let mut pdf = plain_pdf();
        let field = pdf.put(&format!(
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V({id})/Rect[0 0 0 0]>>"
        ));
        pdf.catalogue = format!("/AcroForm<</Fields[{field} 0 R]>>");
        pdf.finish()
    });
    making.with_id("f.pdf", "text for reading aloud", |id| {
        let mut pdf = plain_pdf();
        let element = pdf.put(&format!("<</Type/StructElem/S/Span/ActualText({id})>>"));
        pdf.catalogue = format!("/StructTreeRoot<</Type/StructTreeRoot/K {element} 0 R>>");
        pdf.finish()
    });
    making.with_id("f.pdf", "photograph in a page", |id| {
        let mut pdf = Pdf::new();
        let image = pdf.stream(
            "/Type/XObject/Subtype/Image/Width 640/Height 400/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode",
            &jpeg("x", id, false),
        );
        pdf.page(
            &format!("{}q 100 0 0 100 60 400 cm /I1 Do Q\n", page_of(&["公示名单", "见下图，公示三天"])),
            "",
            &format!("/XObject<</I1 {image} 0 R>>"),
        );
        pdf.finish()
    });
    making.with_card("f.pdf", "card in a page", |card| {
        page(&page_of(&["发放表", &format!("银行卡号 {card}")]))
    });
}

fn pictures(making: &mut Making) {
    making.with_id("a.jpg", "camera's description", |id| jpeg(id, "x", false));
    making.with_id("a.jpg", "remark of a program", |id| jpeg("x", id, true));
    making.with_id("a.png", "remark of a PNG", |id| {
        png(400, 300, &[(b"tEXt", format!("Comment\0{id}").as_bytes())])
    });
    making.with_id("a.png", "XMP of a PNG", |id| {
        png(
            400,
            300,
            &[(
                b"iTXt",
                format!("XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>{id}</x:xmpmeta>").as_bytes(),
            )],
        )
    });
}

fn archives(making: &mut Making) {
    making.with_id("z.zip", "text in an archive", |id| {
        zip(&[("a/名单.txt", id.as_bytes())])
    });
    making.with_id("z.zip", "document in an archive in an archive", |id| {
        let inner = zip(&[("d.docx", &docx(&paragraph(id), &[]))]);
        zip(&[("inner.zip", &inner)])
    });
    making.with_id("z.zip", "name of an entry", |id| {
        zip(&[(&format!("张三{id}.txt"), b"x")])
    });
    let id = resident(&mut making.rng);
    making.files.push(Labelled {
        name: format!("张三{id}.txt"),
        bytes: "见正文".into(),
        place: "name of the file".to_owned(),
        numbers: vec![(RuleId::ResidentId, mask(&id))],
    });
    making.with_id("o.ofd", "text of an OFD", |id| {
        let page =
            format!("<ofd:Page xmlns:ofd=\"o\"><ofd:TextCode>{id}</ofd:TextCode></ofd:Page>");
        zip(&[
            ("OFD.xml", b"<ofd:OFD xmlns:ofd=\"o\"/>"),
            ("Doc_0/Pages/Page_0/Content.xml", page.as_bytes()),
        ])
    });
    making.with_id("old.doc", "an old document, as its bytes say it", |id| {
        let wide: Vec<u8> = format!("x{id}\r")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        [
            &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..],
            &[0; 600],
            &wide,
            &[0; 600],
        ]
        .concat()
    });
}
