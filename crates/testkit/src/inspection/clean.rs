//! Clean files: official texts full of numbers that are none of a person's.

use fastrand::Rng;

use super::Labelled;
use super::carriers::{Pdf, docx, page_of, pptx, xlsx, zip};
use super::numbers::credit_code;

/// So many clean files of all kinds, drawn from a seed.
pub fn clean(seed: u64, count: usize) -> Vec<Labelled> {
    let mut rng = Rng::with_seed(seed);
    (0..count)
        .map(|number| {
            let lines = lines(&mut rng);
            let (name, bytes) = carried(number, &lines, &mut rng);
            Labelled {
                name,
                bytes,
                place: format!("clean file {number}"),
                numbers: Vec::new(),
            }
        })
        .collect()
}

fn digits(rng: &mut Rng, count: usize) -> String {
    (0..count)
        .map(|_| char::from(b'0' + rng.u8(..10)))
        .collect()
}

/// Sentences of an office with the numbers that offices write.
fn lines(rng: &mut Rng) -> Vec<String> {
    let year = rng.u32(2015..2027);
    let day = format!("{year}{:02}{:02}", rng.u32(1..=12), rng.u32(1..=28));
    let mut lines = vec![
        "关于印发《政府信息公开工作规定》的通知".to_owned(),
        format!("云政办发〔{year}〕{}号", rng.u32(1..200)),
        format!("索引号：53{}-{day}-{}", digits(rng, 7), digits(rng, 5)),
        format!("统一社会信用代码：{}", credit_code(rng)),
        format!("工商注册号：53{}", digits(rng, 13)),
        format!("采购订单号：{day}{}", digits(rng, 10)),
        format!("交易流水号 {day}{}", digits(rng, 14)),
        format!(
            "快递单号：{}，物流编号 SF{}",
            digits(rng, 13),
            digits(rng, 13)
        ),
        format!("运单号：1{}{}", 3 + rng.u32(0..6), digits(rng, 9)),
        format!(
            "项目代码：{year}-530000-{}-{}-{}",
            digits(rng, 2),
            digits(rng, 2),
            digits(rng, 6)
        ),
        format!(
            "不动产单元号：530102{}GB{}W{}",
            digits(rng, 6),
            digits(rng, 5),
            digits(rng, 8)
        ),
        format!("发票代码{}，发票号码{}", digits(rng, 12), digits(rng, 8)),
        format!(
            "预算资金{}.{}元，其中中央补助{},{},{}元",
            digits(rng, 9),
            digits(rng, 2),
            rng.u32(1..99),
            digits(rng, 3),
            digits(rng, 3)
        ),
        format!("办公电话：0871-6{}，政务服务热线12345", digits(rng, 7)),
        "办公地址：昆明市五华区东风西路156号政务大楼".to_owned(),
        format!(
            "行政许可决定书文号：（云）许准字〔{year}〕第{}号",
            digits(rng, 8)
        ),
        format!(
            "备案号：滇ICP备{}号，网站标识码53{}",
            digits(rng, 8),
            digits(rng, 8)
        ),
        "依据《保守国家秘密法》，涉及国家秘密、商业秘密、个人隐私的，不予公开。".to_owned(),
        format!(
            "全年收到申请{}件，比上年增长{}.{}%",
            rng.u32(1..9999),
            rng.u32(0..99),
            rng.u32(0..99)
        ),
        format!("合同编号：HT{day}{}", digits(rng, 6)),
        format!("条码 69{}", digits(rng, 11)),
        format!("组织机构代码 {}-{}", digits(rng, 8), rng.u32(0..10)),
        format!(
            "截至{year}年12月31日，累计发放补贴{}笔、{}万元",
            digits(rng, 5),
            digits(rng, 4)
        ),
    ];
    // A table of figures, as text prints it.
    for _ in 0..6 {
        let row: Vec<String> = (0..10)
            .map(|_| {
                let width = rng.usize(1..6);
                digits(rng, width)
            })
            .collect();
        lines.push(row.join(if rng.bool() { "\t" } else { "  " }));
    }
    rng.shuffle(&mut lines[2..]);
    lines
}

fn carried(number: usize, lines: &[String], rng: &mut Rng) -> (String, Vec<u8>) {
    let text = lines.join("\n");
    let paragraphs = |lines: &[String]| -> String {
        lines
            .iter()
            .map(|line| format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>"))
            .collect()
    };
    match number % 8 {
        0 => (format!("通知{number}.txt"), text.into_bytes()),
        1 => (
            format!("通知{number}.txt"),
            encoding_rs::GB18030.encode(&text).0.into_owned(),
        ),
        2 => {
            let body: String = lines.iter().map(|line| format!("<p>{line}</p>")).collect();
            (
                format!("通知{number}.html"),
                format!("<!DOCTYPE html><html><body>{body}</body></html>").into_bytes(),
            )
        }
        3 => (format!("通知{number}.docx"), docx(&paragraphs(lines), &[])),
        4 => {
            let strings: Vec<&str> = lines.iter().map(String::as_str).collect();
            let mut rows = String::new();
            for (row, _) in (1..).zip(&strings) {
                let figures: String = ["B", "C", "D", "E", "F"]
                    .iter()
                    .map(|column| {
                        let width = rng.usize(1..9);
                        format!(
                            "<c r=\"{column}{row}\"><v>{}</v></c>",
                            digits(rng, width).trim_start_matches('0').to_owned() + "1"
                        )
                    })
                    .collect();
                rows += &format!(
                    "<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>{}</v></c>{figures}</row>",
                    row - 1
                );
            }
            let sheet = format!("<sheetData>{rows}</sheetData>");
            (
                format!("台账{number}.xlsx"),
                xlsx(&[("台账", "visible", &sheet)], &strings, &[]),
            )
        }
        5 => {
            let mut pdf = Pdf::new();
            let strings: Vec<String> = lines.iter().map(|line| line.replace('\t', "  ")).collect();
            let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
            for part in strings.chunks(25) {
                pdf.page(&page_of(part), "", "");
            }
            (format!("通知{number}.pdf"), pdf.finish())
        }
        6 => {
            let slides: Vec<(&str, &str)> = lines.iter().map(|line| ("", line.as_str())).collect();
            (format!("汇报{number}.pptx"), pptx(&slides, &[]))
        }
        _ => (
            format!("材料{number}.zip"),
            zip(&[
                ("通知.txt", text.as_bytes()),
                ("通知.docx", &docx(&paragraphs(lines), &[])),
            ]),
        ),
    }
}
