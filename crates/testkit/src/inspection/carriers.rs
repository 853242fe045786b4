//! Files of every kind, as small as their readers allow.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

/// An archive of entries.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\"";

/// A Word document with a body, and parts beside it.
pub fn docx(body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document {W}><w:body>{body}</w:body></w:document>"
    );
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", body.as_bytes()),
    ];
    let parts: Vec<(&str, String)> = parts
        .iter()
        .map(|(name, content)| (*name, content.replace(" W>", &format!(" {W}>"))))
        .collect();
    entries.extend(
        parts
            .iter()
            .map(|(name, content)| (*name, content.as_bytes())),
    );
    zip(&entries)
}

/// A workbook: sheets with name, state (`visible`, `hidden`, `veryHidden`) and
/// what the part holds inside `worksheet`; shared strings; parts beside them.
pub fn xlsx(sheets: &[(&str, &str, &str)], strings: &[&str], parts: &[(&str, &str)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut entries: Vec<(String, String)> = vec![
        ("[Content_Types].xml".into(), "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>".into()),
        ("_rels/.rels".into(), format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
    ];
    let (mut listed, mut related) = (String::new(), String::new());
    for (number, (name, state, inside)) in (1..).zip(sheets) {
        listed += &format!(
            "<sheet name=\"{name}\" sheetId=\"{number}\" state=\"{state}\" r:id=\"rId{number}\"/>"
        );
        related += &format!(
            "<Relationship Id=\"rId{number}\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        entries.push((
            format!("xl/worksheets/sheet{number}.xml"),
            format!("<worksheet xmlns=\"{main}\">{inside}</worksheet>"),
        ));
    }
    let names = parts
        .iter()
        .find(|(name, _)| *name == "definedNames")
        .map_or("", |(_, content)| content);
    entries.push(("xl/workbook.xml".into(), format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{listed}</sheets>{names}</workbook>")));
    entries.push(("xl/_rels/workbook.xml.rels".into(), format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{related}</Relationships>")));
    let shared: String = strings
        .iter()
        .map(|text| format!("<si><t xml:space=\"preserve\">{text}</t></si>"))
        .collect();
    entries.push((
        "xl/sharedStrings.xml".into(),
        format!("<sst xmlns=\"{main}\">{shared}</sst>"),
    ));
    for (name, content) in parts.iter().filter(|(name, _)| *name != "definedNames") {
        entries.push(((*name).to_owned(), (*content).to_owned()));
    }
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_bytes()))
        .collect();
    zip(&entries)
}

/// Slides: what stands in each `sld` tag, and its paragraphs; parts beside.
pub fn pptx(slides: &[(&str, &str)], parts: &[(&str, &str)]) -> Vec<u8> {
    let mut entries: Vec<(String, String)> = vec![
        ("[Content_Types].xml".into(), "<Types/>".into()),
        (
            "ppt/presentation.xml".into(),
            "<p:presentation xmlns:p=\"p\"/>".into(),
        ),
    ];
    for (number, (attributes, text)) in (1..).zip(slides) {
        entries.push((
            format!("ppt/slides/slide{number}.xml"),
            format!("<p:sld xmlns:p=\"p\" xmlns:a=\"a\" {attributes}><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sld>"),
        ));
    }
    for (name, content) in parts {
        entries.push(((*name).to_owned(), (*content).to_owned()));
    }
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_bytes()))
        .collect();
    zip(&entries)
}

/// A PDF put together object by object. Objects 1 to 5 are the catalogue, the
/// pages, the font with its two helpers; 6 is the first page.
#[derive(Debug, Clone, Default)]
pub struct Pdf {
    bytes: Vec<u8>,
    offsets: Vec<(usize, usize)>,
    next: usize,
    /// What stands in the catalogue beside its pages.
    pub catalogue: String,
    /// What stands in the trailer beside size and root.
    pub trailer: String,
    pages: Vec<usize>,
    previous: Option<usize>,
}

/// The content of a page: lines of text from the top, in the Chinese font.
pub fn page_of(lines: &[&str]) -> String {
    let mut content = String::from("0 g\n");
    for (number, line) in (0u32..).zip(lines) {
        content += &Pdf::text(60, 780 - number * 20, 12, line);
    }
    content
}

impl Pdf {
    /// An empty document.
    pub fn new() -> Self {
        let mut pdf = Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            next: 3,
            ..Self::default()
        };
        pdf.put("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>");
        pdf.put("<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 5 0 R/DW 1000>>");
        pdf.put("<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>");
        pdf
    }

    /// A line of text at a place, as operators.
    pub fn text(x: u32, y: u32, size: u32, text: &str) -> String {
        let hex: String = text
            .encode_utf16()
            .map(|unit| format!("{unit:04X}"))
            .collect();
        format!("BT /F1 {size} Tf {x} {y} Td <{hex}> Tj ET\n")
    }

    fn write(&mut self, number: usize, object: &[u8]) {
        self.offsets.push((number, self.bytes.len()));
        self.bytes.extend(format!("{number} 0 obj\n").bytes());
        self.bytes.extend(object);
        self.bytes.extend(b"\nendobj\n");
    }

    /// Adds an object; its number.
    pub fn put(&mut self, object: &str) -> usize {
        let number = self.next;
        self.next += 1;
        self.write(number, object.as_bytes());
        number
    }

    /// Writes an object anew under its number.
    pub fn replace(&mut self, number: usize, object: &str) {
        self.write(number, object.as_bytes());
    }

    /// Adds a stream; its number.
    pub fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let number = self.next;
        self.next += 1;
        self.write(number, &Self::stream_object(entries, data));
        number
    }

    fn stream_object(entries: &str, data: &[u8]) -> Vec<u8> {
        let head = format!("<<{entries}/Length {}>>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    }

    /// Writes a stream anew under its number.
    pub fn replace_stream(&mut self, number: usize, data: &str) {
        self.write(number, &Self::stream_object("", data.as_bytes()));
    }

    /// Adds a page with its content; `entries` stand beside the usual ones,
    /// `resources` beside the font. The number of the content.
    pub fn page(&mut self, content: &str, entries: &str, resources: &str) -> usize {
        let stream = self.stream("", content.as_bytes());
        let page = self.put(&format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R/Resources<</Font<</F1 3 0 R>>{resources}>>{entries}>>"));
        self.pages.push(page);
        stream
    }

    /// Ends the document, or a state of it that more is added to.
    pub fn end(&mut self) {
        let kids: String = self
            .pages
            .iter()
            .map(|page| format!("{page} 0 R "))
            .collect();
        let pages = format!("<</Type/Pages/Kids[{kids}]/Count {}>>", self.pages.len());
        self.write(2, pages.as_bytes());
        let catalogue = format!("<</Type/Catalog/Pages 2 0 R{}>>", self.catalogue);
        self.write(1, catalogue.as_bytes());
        let at = self.bytes.len();
        let mut table = String::from("xref\n");
        if self.previous.is_none() {
            table += "0 1\n0000000000 65535 f \n";
        }
        self.offsets.sort_unstable();
        for (number, offset) in self.offsets.drain(..) {
            table += &format!("{number} 1\n{offset:010} 00000 n \n");
        }
        let previous = self
            .previous
            .map_or_else(String::new, |at| format!("/Prev {at}"));
        table += &format!(
            "trailer\n<</Size {}/Root 1 0 R{previous}{}>>\nstartxref\n{at}\n%%EOF\n",
            self.next, self.trailer
        );
        self.bytes.extend(table.bytes());
        self.previous = Some(at);
    }

    /// The file.
    pub fn finish(mut self) -> Vec<u8> {
        self.end();
        self.bytes
    }
}

/// A PNG of one colour with chunks before its end.
pub fn png(width: u32, height: u32, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], content: &[u8]| {
        bytes.extend(u32::try_from(content.len()).expect("small").to_be_bytes());
        let body = [&name[..], content].concat();
        bytes.extend(&body);
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        bytes.extend(crc.sum().to_be_bytes());
    };
    let head = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[1, 0, 0, 0, 0],
    ]
    .concat();
    chunk(b"IHDR", &head);
    for (name, content) in chunks {
        chunk(name, content);
    }
    let row = usize::try_from(width.div_ceil(8)).expect("small") + 1;
    let rows = vec![0; row * usize::try_from(height).expect("small")];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&rows).expect("packed");
    chunk(b"IDAT", &encoder.finish().expect("packed"));
    chunk(b"IEND", b"");
    bytes
}

/// The head of a JPEG with a remark of the camera, a remark of a program, and
/// the place where it was taken.
pub fn jpeg(description: &str, remark: &str, has_place: bool) -> Vec<u8> {
    // A TIFF block: one directory with a description and, perhaps, a place.
    let mut text = description.as_bytes().to_vec();
    text.push(0);
    if text.len() < 5 {
        text.resize(5, 0);
    }
    let le16 = |n: usize| u16::try_from(n).expect("small").to_le_bytes();
    let le32 = |n: usize| u32::try_from(n).expect("small").to_le_bytes();
    let fields = 1 + usize::from(has_place);
    let after = 8 + 2 + fields * 12 + 4;
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(le16(fields));
    tiff.extend([le16(0x010e), le16(2)].concat());
    tiff.extend([le32(text.len()), le32(after)].concat());
    if has_place {
        tiff.extend([le16(0x8825), le16(4)].concat());
        tiff.extend([le32(1), le32(after + text.len())].concat());
    }
    tiff.extend(le32(0));
    tiff.extend(&text);
    if has_place {
        let at = after + text.len() + 2 + 2 * 12 + 4;
        tiff.extend(le16(2));
        tiff.extend([le16(1), le16(2)].concat());
        tiff.extend([&le32(2)[..], b"N\0\0\0"].concat());
        tiff.extend([le16(2), le16(5)].concat());
        tiff.extend([le32(3), le32(at)].concat());
        tiff.extend(le32(0));
        for part in [25, 2, 30] {
            tiff.extend([le32(part), le32(1)].concat());
        }
    }
    let segment = |mark: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2)
            .expect("small")
            .to_be_bytes();
        [&[0xff, mark][..], &length, content].concat()
    };
    let camera = [b"Exif\0\0", &tiff[..]].concat();
    [
        &b"\xff\xd8"[..],
        &segment(0xe1, &camera),
        &segment(0xfe, remark.as_bytes()),
        &segment(0xc0, &[8, 0x01, 0x90, 0x02, 0x80, 1, 1, 0x11, 0]),
        &segment(0xda, &[1, 1, 0, 0, 63, 0]),
        &[0x12, 0x34, 0x56, 0xff, 0xd9],
    ]
    .concat()
}
