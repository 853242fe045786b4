//! Files as those send them who want something past the inspection: each is
//! stopped, or a person is asked.

use gongkai_app::Limits;
use gongkai_domain::inspection::{Dictionary, Hidden, Outcome, RuleId, Scanner, Severity, Verdict};
use gongkai_intake::inspect::inspect;
use gongkai_testkit::inspection::{Pdf, card, docx, page_of, png, resident, xlsx, zip};
use jiff::civil::date;

fn inspected(name: &str, bytes: &[u8]) -> Outcome {
    let scanner = Scanner::new(Dictionary::with(&[]).expect("our own"), date(2026, 11, 22));
    inspect(bytes, name, &scanner, &Limits::default(), &|| false)
}

fn has(outcome: &Outcome, rule: RuleId) -> bool {
    outcome.findings.iter().any(|found| found.rule == rule)
}

/// A stream or storage of a container's directory, at a sector's border.
fn entry(name: &str, kind: u8) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(entry.len() + 2).expect("short");
    entry.resize(64, 0);
    entry.extend(length.to_le_bytes());
    entry.push(kind);
    entry.resize(128, 0);
    entry
}

fn container(entries: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.resize(512, 0);
    bytes.extend(entries.concat());
    bytes.extend(rest);
    bytes
}

#[test]
fn what_is_not_read_is_said_to_be_unread() {
    let film: Vec<u8> = [
        &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
        &[0x31, 0x92, 0xaf, 0, 7, 0xee].repeat(400),
    ]
    .concat();
    let database = [
        &b"SQLite format 3\0\x10\0\x01\x01\0@  \0\0\0\x02"[..],
        &[0; 900],
    ]
    .concat();
    let drawing = [
        &b"AC1032\0\0\0\0\0\x01\x80\x01\0\0"[..],
        &[9, 0, 200, 0xe6].repeat(300),
    ]
    .concat();
    let doc = container(&[entry("WordDocument", 2)], &[0; 900]);
    let ofd = zip(&[("OFD.xml", b"<ofd:OFD xmlns:ofd=\"o\"/>")]);
    let letter = b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\nx".to_vec();
    for (name, bytes) in [
        ("a.heic", film.clone()),
        ("a", film.clone()),
        ("a.mp4", film),
        ("a.sqlite", database),
        ("a.dwg", drawing),
        ("a.doc", doc.clone()),
        ("a.wps", doc.clone()),
        ("a.xls", doc),
        ("a.ofd", ofd),
        ("a.png", png(400, 300, &[])),
        ("a.eml", letter.clone()),
        ("a.mht", letter),
    ] {
        let outcome = inspected(name, &bytes);
        assert_eq!(outcome.verdict, Verdict::Unreadable, "{name}: {outcome:#?}");
    }
}

#[test]
fn texts_in_utf16_without_a_mark_are_still_read() {
    let text = "关于公示的通知\r\n现将有关事项公示如下，一共三人。\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        let outcome = inspected("a.txt", &bytes);
        assert_eq!(
            (outcome.verdict, outcome.kind.as_str()),
            (Verdict::Clean, "TXT")
        );
    }
}

#[test]
fn the_gravest_counts_however_many_there_are() {
    let mut rng = fastrand::Rng::with_seed(4);
    // Cards among things only warn; the last one is somebody's.
    let mut text = String::new();
    for _ in 0..200 {
        text += &format!("订单号：{}\n\n", card(&mut rng));
    }
    text += &format!("银行卡号：{}\n", card(&mut rng));
    let outcome = inspected("a.txt", text.as_bytes());
    assert_eq!(
        outcome.verdict,
        Verdict::Blocked,
        "{}",
        outcome.findings.len()
    );
    let grave: Vec<_> = outcome.of_severity(Severity::Blocks).collect();
    assert_eq!(grave.len(), 1);
    assert_eq!(outcome.more, 50);
}

#[test]
fn a_number_met_again_more_gravely_is_told_so() {
    let number = card(&mut fastrand::Rng::with_seed(5));
    let page = format!("<!DOCTYPE html><p>订单号：{number}，银行卡号：{number}</p>");
    let outcome = inspected("a.html", page.as_bytes());
    let found: Vec<Severity> = outcome
        .findings
        .iter()
        .filter(|found| found.rule == RuleId::BankCard)
        .map(|found| found.severity)
        .collect();
    assert_eq!(found, [Severity::Blocks]);
}

#[test]
fn many_persons_are_placed_each_in_its_line() {
    let mut rng = fastrand::Rng::with_seed(6);
    let mut text = String::new();
    for _ in 0..20_000 {
        text += &format!("张三，身份证号{}。\n", resident(&mut rng));
    }
    let outcome = inspected("a.txt", text.as_bytes());
    assert_eq!(outcome.verdict, Verdict::Blocked);
    assert_eq!(outcome.findings.len(), 150);
    assert_eq!(outcome.more, 20_000 - 150);
    for (line, found) in (1..).zip(&outcome.findings) {
        let spot = gongkai_domain::inspection::Spot::Line { line, range: 7..25 };
        assert_eq!(found.place.spot, spot);
    }
}

#[test]
fn whatever_runs_in_a_browser_is_refused() {
    let long = format!("<!--{}--><img src=x onerror=alert(1)>", "x".repeat(5000));
    for (name, page) in [
        ("a.html", "<img src=x onerror=alert(1)>"),
        ("a.txt", "<img src=x onerror=alert(1)>"),
        ("a.html", "见下 <a href=javascript:alert(1)>x</a>"),
        ("a.html", "<a href=\"java&#10;script:alert(1)\">x</a>"),
        ("a.html", "<a href=\"&#1;javascript:alert(1)\">x</a>"),
        ("a.html", &long),
        (
            "a.html",
            "<!DOCTYPE html><meta http-equiv=refresh content='0;url=http://x.example'>",
        ),
        ("a.html", "<iframe srcdoc='x'></iframe>"),
        (
            "a.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        ),
        (
            "a.xml",
            "<?xml version='1.0'?><r><x:script xmlns:x='http://www.w3.org/1999/xhtml'>1</x:script></r>",
        ),
        (
            "a.xml",
            "<?xml version='1.0'?><r xmlns:s='http&#58;//www.w3.org/2000/svg'><s:svg onload='1'/></r>",
        ),
        (
            "a.html",
            "<!DOCTYPE html><object data='data:text/html;base64,PHNjcmlwdD4xPC9zY3JpcHQ+'></object>",
        ),
        (
            "a.html",
            "<!DOCTYPE html><p cite='data:text/html;base64,PHNjcmlwdD4xPC9zY3JpcHQ+'>x</p>",
        ),
    ] {
        let outcome = inspected(name, page.as_bytes());
        assert_eq!(
            outcome.verdict,
            Verdict::Refused,
            "{name} {page}: {outcome:#?}"
        );
    }
    // What is only fetched, a person may have looked at.
    let fetched = inspected(
        "a.html",
        b"<!DOCTYPE html><p>x</p><img src='https://x.example/a.png'>",
    );
    assert_eq!(fetched.verdict, Verdict::Unreadable, "{fetched:#?}");
    // Data that only look alike are none.
    for data in [
        "<?xml version='1.0'?><r><object once='a' online='b'>1</object></r>",
        "<r><object once='a'>1</object></r>",
    ] {
        let outcome = inspected("a.xml", data.as_bytes());
        assert_eq!(outcome.verdict, Verdict::Clean, "{data}: {outcome:#?}");
    }
}

fn pdf_with(content: &str) -> Vec<u8> {
    let mut pdf = Pdf::new();
    pdf.page(content, "", "");
    pdf.finish()
}

#[test]
fn pages_that_are_drawn_are_not_read() {
    let text = page_of(&["关于公示的通知", "现将有关事项公示如下，一共三人。"]);
    let mut pdf = Pdf::new();
    let image = pdf.stream(
        "/Type/XObject/Subtype/Image/Width 640/Height 400/ColorSpace/DeviceGray/BitsPerComponent 8",
        &[255; 64],
    );
    pdf.page(
        &format!("{text}q 500 0 0 300 60 400 cm /I1 Do Q\n"),
        "",
        &format!("/XObject<</I1 {image} 0 R>>"),
    );
    let outcome = inspected("a.pdf", &pdf.finish());
    assert_eq!(outcome.verdict, Verdict::Unreadable, "{outcome:#?}");
    assert!(has(&outcome, RuleId::UnreadPicture));
    // A letter each, drawn as a shape.
    let shapes: String = (0..80)
        .map(|at| {
            let (x, y) = (60 + at % 20 * 20, 300 + at / 20 * 30);
            format!(
                "{x} {y} m {} {} l {} {} l {} {} l {} {} l {x} {} l h f\n",
                x + 4,
                y,
                x + 8,
                y + 4,
                x + 8,
                y + 8,
                x + 4,
                y + 12,
                y + 8
            )
        })
        .collect();
    let outcome = inspected("a.pdf", &pdf_with(&format!("{text}0 g {shapes}")));
    assert!(has(&outcome, RuleId::UnreadPages), "{outcome:#?}");
    let plain = inspected("a.pdf", &pdf_with(&text));
    assert_eq!(plain.verdict, Verdict::Clean, "{plain:#?}");
}

#[test]
fn an_older_state_of_a_pdf_cannot_be_hidden() {
    let id = resident(&mut fastrand::Rng::with_seed(8));
    // As it is, and with a remark that looks as if it were made for the web.
    for lie in ["<</A 1>>", "%/Linearized 1\n<</A 1>>"] {
        let mut pdf = Pdf::new();
        pdf.put(lie);
        let content = pdf.page(&page_of(&["公示名单", "身份证号：", &id]), "", "");
        pdf.end();
        pdf.replace_stream(content, &page_of(&["公示名单", "身份证号：", "（略）"]));
        let outcome = inspected("a.pdf", &pdf.finish());
        let found = outcome
            .findings
            .iter()
            .find(|found| found.rule == RuleId::ResidentId);
        let hidden = found.and_then(|found| found.place.hidden);
        assert_eq!(hidden, Some(Hidden::Revision), "{lie}: {outcome:#?}");
    }
    // More states than are read, and what is no state at all.
    let mut pdf = Pdf::new();
    let content = pdf.page(&page_of(&["公示名单"]), "", "");
    for state in 0..20 {
        pdf.end();
        pdf.replace_stream(content, &page_of(&["公示名单", &format!("第{state}稿")]));
    }
    let outcome = inspected("a.pdf", &pdf.finish());
    assert!(has(&outcome, RuleId::UnreadKind), "{outcome:#?}");
    let mut pdf = Pdf::new();
    pdf.put("%%EOF\n<</A 1>>");
    pdf.page(&page_of(&["公示名单"]), "", "");
    let outcome = inspected("a.pdf", &pdf.finish());
    assert!(has(&outcome, RuleId::Damaged), "{outcome:#?}");
}

#[test]
fn signs_of_which_a_font_does_not_say_the_meaning_are_not_read() {
    let mut pdf = Pdf::new();
    let inner = pdf.put("<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Odd/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 5 0 R/DW 1000>>");
    let font = pdf.put(&format!("<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Odd/Encoding/Identity-H/DescendantFonts[{inner} 0 R]>>"));
    let form = pdf.stream(
        &format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F2 {font} 0 R>>>>"
        ),
        b"BT /F2 12 Tf 60 500 Td <012301240125012601270128012901300131> Tj ET",
    );
    let text = page_of(&["公示名单"]);
    pdf.page(
        &format!("{text}/X1 Do\n"),
        "",
        &format!("/XObject<</X1 {form} 0 R>>"),
    );
    let outcome = inspected("a.pdf", &pdf.finish());
    assert!(has(&outcome, RuleId::UnreadFont), "{outcome:#?}");
    assert_eq!(outcome.verdict, Verdict::Unreadable);
}

/// A document whose first page stands before the rest, with two tables of its
/// objects (ISO 32000-2, annex F); and where the table of the first page begins.
fn for_the_web(lines: &[&str]) -> (Vec<u8>, usize) {
    let content = page_of(lines);
    let first = [
        "<</Type/Catalog/Pages 1 0 R>>".to_owned(),
        "<</Type/Page/Parent 1 0 R/MediaBox[0 0 595 842]/Contents 9 0 R/Resources<</Font<</F1 10 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[11 0 R]>>".to_owned(),
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 2 0 R/DW 1000>>".to_owned(),
    ];
    let rest = [
        "<</Type/Pages/Kids[8 0 R]/Count 1>>",
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    ];
    let (mut length, mut end, mut main) = (0, 0, 0);
    let mut at = [0; 12];
    let mut table = 0;
    // Places have a fixed width: the second round knows what the first found.
    let mut bytes = String::new();
    for _ in 0..2 {
        bytes = "%PDF-1.7\n".to_owned();
        at[6] = bytes.len();
        bytes += &format!(
            "6 0 obj\n<</Linearized 1/L {length:010}/H[0 0]/O 8/E {end:010}/N 1/T {main:010}>>\nendobj\n"
        );
        table = bytes.len();
        bytes += "xref\n6 6\n";
        for place in &at[6..12] {
            bytes += &format!("{place:010} 00000 n \n");
        }
        bytes +=
            &format!("trailer\n<</Size 12/Root 7 0 R/Prev {main:010}>>\nstartxref\n0\n%%EOF\n");
        for (number, object) in (7..).zip(&first) {
            at[number] = bytes.len();
            bytes += &format!("{number} 0 obj\n{object}\nendobj\n");
        }
        end = bytes.len();
        for (number, object) in (1..).zip(&rest) {
            at[number] = bytes.len();
            bytes += &format!("{number} 0 obj\n{object}\nendobj\n");
        }
        main = bytes.len();
        bytes += &format!(
            "xref\n0 3\n0000000000 65535 f \n{:010} 00000 n \n{:010} 00000 n \ntrailer\n<</Size 3>>\nstartxref\n{table}\n%%EOF\n",
            at[1], at[2]
        );
        length = bytes.len();
    }
    (bytes.into_bytes(), table)
}

#[test]
fn a_pdf_made_for_the_web_has_no_older_state_until_it_is_changed() {
    let (plain, _) = for_the_web(&["关于公示的通知", "现将有关事项公示如下。"]);
    let outcome = inspected("a.pdf", &plain);
    assert_eq!(outcome.verdict, Verdict::Clean, "{outcome:#?}");
    let id = resident(&mut fastrand::Rng::with_seed(9));
    let (mut named, table) = for_the_web(&["公示名单", "身份证号：", &id]);
    let place = |outcome: &Outcome| {
        let mut found = outcome.findings.iter();
        let found = found.find(|found| found.rule == RuleId::ResidentId);
        found.map(|found| found.place.hidden)
    };
    let outcome = inspected("a.pdf", &named);
    assert_eq!(place(&outcome), Some(None), "{outcome:#?}");
    // Painted over by an addition at the end.
    let content = page_of(&["公示名单", "身份证号：", "（略）"]);
    let at = named.len();
    let object = format!(
        "9 0 obj\n<</Length {}>>\nstream\n{content}\nendstream\nendobj\n",
        content.len()
    );
    let last = at + object.len();
    named.extend(format!("{object}xref\n9 1\n{at:010} 00000 n \ntrailer\n<</Size 12/Root 7 0 R/Prev {table}>>\nstartxref\n{last}\n%%EOF\n").bytes());
    let outcome = inspected("a.pdf", &named);
    assert_eq!(
        place(&outcome),
        Some(Some(Hidden::Revision)),
        "{outcome:#?}"
    );
}

#[test]
fn old_documents_within_new_ones_are_looked_at_as_a_whole() {
    let inner = docx("<w:p><w:r><w:t>通知</w:t></w:r></w:p>", &[]);
    let with = |part: &[u8]| {
        zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            (
                "word/document.xml",
                b"<w:document xmlns:w=\"w\"><w:body/></w:document>",
            ),
            ("word/embeddings/oleObject1.bin", part),
        ])
    };
    // A document in one piece, as newer programs embed it, hides nothing.
    let package = container(&[entry("Package", 2)], &inner);
    let outcome = inspected("a.docx", &with(&package));
    assert!(!has(&outcome, RuleId::UnreadKind), "{outcome:#?}");
    // Beside an old document it is a pretence.
    for entries in [
        vec![entry("Package", 2), entry("WordDocument", 2)],
        vec![entry("WordDocument", 2)],
    ] {
        let outcome = inspected("a.docx", &with(&container(&entries, &inner)));
        assert!(has(&outcome, RuleId::UnreadKind), "{outcome:#?}");
    }
}

#[test]
fn old_macros_are_refused_and_prose_about_them_is_not() {
    let sheet = b"\x85\0\x0e\0\0\0\0\0\0\x01\x06\0Macro1\x0a\0\0\0";
    for (name, bytes) in [
        (
            "a.doc",
            container(&[entry("Macros", 1), entry("WordDocument", 2)], &[]),
        ),
        (
            "a.xls",
            container(&[entry("_VBA_PROJECT_CUR", 1), entry("Workbook", 2)], &[]),
        ),
        ("a.xls", container(&[entry("Workbook", 2)], sheet)),
        (
            "a.ppt",
            container(
                &[entry("PowerPoint Document", 2)],
                b"\x1f\0\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0\x05\0\0\0\x01\0\0\0\x02\0\0\0",
            ),
        ),
        (
            "a.odt",
            zip(&[
                ("META-INF/manifest.xml", b"<m/>"),
                ("content.xml", b"<c/>"),
                ("Basic/Standard/Module1.xml", b"<m>Sub Main</m>"),
            ]),
        ),
        (
            "a.xlsx",
            xlsx(
                &[("S", "visible", "<sheetData/>")],
                &[],
                &[("xl/macrosheets/sheet1.xml", "<m/>")],
            ),
        ),
    ] {
        let outcome = inspected(name, &bytes);
        assert_eq!(outcome.verdict, Verdict::Refused, "{name}: {outcome:#?}");
        assert!(has(&outcome, RuleId::Active), "{name}: {outcome:#?}");
    }
    let prose: Vec<u8> = "见 Macros 一节"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let outcome = inspected("a.doc", &container(&[entry("WordDocument", 2)], &prose));
    assert_eq!(outcome.verdict, Verdict::Unreadable, "{outcome:#?}");
}

#[test]
fn fields_that_start_or_fetch_something_are_refused() {
    let mark = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let told = |text: &str| format!("<w:r><w:instrText>{text}</w:instrText></w:r>");
    let field = |parts: &[&str]| {
        let parts: String = parts.iter().map(|part| told(part)).collect();
        format!(
            "<w:p>{}{parts}{}{}</w:p>",
            mark("begin"),
            mark("separate"),
            mark("end")
        )
    };
    let in_field = format!(
        "<w:p>{}{}{}{}</w:p>",
        mark("begin"),
        field(&["QUOTE 68 68 69"])
            .replace("<w:p>", "")
            .replace("</w:p>", ""),
        told(" c:\\\\x"),
        mark("end")
    );
    for (body, rule) in [
        (field(&["DDEAUTO c:\\\\x"]), RuleId::Active),
        (field(&["D", "DEA", "UTO c:\\\\x"]), RuleId::Active),
        (field(&[" dde ", "x"]), RuleId::Active),
        (
            "<w:p><w:fldSimple w:instr=\" DDE x y\"/></w:p>".to_owned(),
            RuleId::Active,
        ),
        (in_field, RuleId::Active),
        (
            field(&["INCLUDE", "PICTURE \"http://x.example/a.png\""]),
            RuleId::Remote,
        ),
    ] {
        let outcome = inspected("a.docx", &docx(&body, &[]));
        assert!(has(&outcome, rule), "{body}: {outcome:#?}");
        assert_eq!(outcome.verdict, Verdict::Refused);
    }
    let page = inspected("a.docx", &docx(&field(&["PA", "GE"]), &[]));
    assert_eq!(page.verdict, Verdict::Clean, "{page:#?}");
}

#[test]
fn nothing_hides_behind_a_small_picture() {
    let mark = png(20, 20, &[]);
    let archive = zip(&[("a.txt", b"x")]);
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
    for (picture, behind) in [
        (&mark[..], &archive[..]),
        (&mark, b"Rar!\x1a\x07\x01\0xxxxxxxxxxxxxxxxxxxxx"),
        (gif, b"Rar!\x1a\x07\x01\0xxxxxxxxxxxxxxxxxxxxx"),
    ] {
        let both = [picture, behind].concat();
        let document = zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            (
                "word/document.xml",
                b"<w:document xmlns:w=\"w\"><w:body/></w:document>",
            ),
            ("word/media/image1.png", &both),
        ]);
        let outcome = inspected("a.docx", &document);
        assert!(has(&outcome, RuleId::Polyglot), "{outcome:#?}");
    }
    // A part that nobody knows is said to be unread.
    let document = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        (
            "word/document.xml",
            b"<w:document xmlns:w=\"w\"><w:body/></w:document>",
        ),
        ("word/x.dat", b"\x01\x02\0\x03\xff\xfe\x80"),
    ]);
    let outcome = inspected("a.docx", &document);
    assert_eq!(outcome.verdict, Verdict::Unreadable, "{outcome:#?}");
}

#[test]
fn homes_stop_a_file_wherever_the_line_or_the_column_says_so() {
    let line =
        "家庭住址：云南省昆明市五华区大观街道办事处西坝社区居民委员会金碧家园小区3号楼2单元502室";
    let outcome = inspected("a.txt", line.as_bytes());
    assert_eq!(outcome.verdict, Verdict::Blocked, "{outcome:#?}");
    let row = |number: u32, text: &str| {
        format!(
            "<row r=\"{number}\"><c r=\"A{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>"
        )
    };
    let sheet = format!(
        "<sheetData>{}{}</sheetData>",
        row(1, "家庭住址"),
        row(2, "昆明市五华区东风西路156号3幢502室")
    );
    let outcome = inspected("a.xlsx", &xlsx(&[("S", "visible", &sheet)], &[], &[]));
    let found = outcome
        .findings
        .iter()
        .find(|found| found.rule == RuleId::Address);
    assert_eq!(
        found.map(|found| found.severity),
        Some(Severity::Blocks),
        "{outcome:#?}"
    );
}

#[test]
fn a_name_is_masked_before_it_is_cut_or_changed() {
    let id = resident(&mut fastrand::Rng::with_seed(9));
    let odd = format!("a\u{1}{}\u{202e}{}.txt", &id[..9], &id[9..]);
    let long = format!("{}{id}.txt", "文".repeat(110));
    for name in [odd, long] {
        let outcome = inspected("a.zip", &zip(&[(&name, b"\x7fELF")]));
        let json = serde_json::to_string(&outcome).expect("written");
        assert!(!json.contains(&id[..9]), "{json}");
        assert!(!json.contains(&id[9..17]), "{json}");
    }
}

#[test]
fn archives_of_other_systems_are_no_attack() {
    let beside = [&b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "[..], &[0; 60]].concat();
    let archive = zip(&[
        ("通知.txt", "见下".as_bytes()),
        ("__MACOSX/._通知.docx", &beside),
    ]);
    let outcome = inspected("a.zip", &archive);
    assert_eq!(outcome.verdict, Verdict::Warned, "{outcome:#?}");
    let archive = zip(&[("附件\\通知.txt", "见下".as_bytes())]);
    let outcome = inspected("a.zip", &archive);
    assert_eq!(outcome.verdict, Verdict::Unreadable, "{outcome:#?}");
}
