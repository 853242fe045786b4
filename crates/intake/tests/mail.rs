//! Mails as people send them, and as nobody should.

use encoding_rs::GB18030;
use gongkai_intake::mail::{ATTACHMENTS_MAX, BYTES_MAX, Mail, read};
use gongkai_intake::{IntakeError, Limits};

fn mail(bytes: &[u8]) -> Result<Mail, IntakeError> {
    read(bytes, &Limits::default(), &|| false)
}

/// Bytes as base64 in lines, as mail programs write them.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(76);
    let lines = lines.map(|line| std::str::from_utf8(line).expect("ASCII"));
    lines.collect::<Vec<_>>().join("\r\n")
}

fn quoted(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("={byte:02X}")).collect()
}

const TEXT: &str = "申请公开 2025 年清水河水质监测报告。\n联系人：王𫓧，电话 13800001234。";

#[test]
fn a_mail_of_today_is_read_whole() {
    let mail_text = format!(
        "Date: Fri, 20 Nov 2026 14:30:05 +0800\r\n\
         From: =?UTF-8?B?{}?= <wang@example.org>\r\n\
         To: <gk@yunxi.example>\r\n\
         Subject: =?UTF-8?Q?{}?=\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n\
         --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n\
         --x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=UTF-8''%E8%BA%AB%E4%BB%BD%E8%AF%81.pdf\r\n\r\n{}\r\n--x--\r\n",
        base64("王𫓧".as_bytes()),
        quoted("政府信息公开申请".as_bytes()),
        base64(TEXT.as_bytes()),
        base64(b"%PDF-1.4"),
    );
    let read = mail(mail_text.as_bytes()).expect("read");
    assert_eq!(
        (read.from_name.as_str(), read.from_address.as_str()),
        ("王𫓧", "wang@example.org")
    );
    assert_eq!(
        (read.to.as_str(), read.subject.as_str()),
        ("gk@yunxi.example", "政府信息公开申请")
    );
    assert_eq!(read.sent, Some(1_795_156_205));
    assert_eq!(read.text, TEXT);
    assert_eq!(read.attachments.len(), 1);
    assert_eq!(read.attachments[0].name, "身份证.pdf");
    assert_eq!(read.attachments[0].bytes, b"%PDF-1.4");
}

/// Encoded words, quoted-printable text and a file's name in GB18030, with signs
/// that GBK lacks.
#[test]
fn a_mail_in_gb18030_is_read_as_it_was_written() {
    let gb = |text: &str| GB18030.encode(text).0.into_owned();
    let text = format!(
        "Date: Fri, 20 Nov 2026 06:30:05 GMT\r\n\
         From: =?gb18030?B?{name}?= <wang@example.org>\r\n\
         To: gk@yunxi.example\r\n\
         Subject: =?GBK?Q?{subject}?=\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/plain; charset=\"gb18030\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{body}\r\n\
         --x\r\nContent-Type: image/png; name=\"=?gb18030?B?{file}?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n",
        name = base64(&gb("镕𫓧")),
        subject = quoted(&gb("申请书")),
        body = quoted(&gb("请公开㐂。")),
        file = base64(&gb("证件.png")),
    );
    let read = mail(text.as_bytes()).expect("read");
    assert_eq!(read.from_name, "镕𫓧");
    assert_eq!(
        (read.subject.as_str(), read.text.as_str()),
        ("申请书", "请公开㐂。")
    );
    assert_eq!(read.attachments[0].name, "证件.png");
    // Older programs write headers and text as they are, and name no encoding.
    let mut raw = b"Date: Fri, 20 Nov 2026 06:30:05 GMT\r\nFrom: \"".to_vec();
    raw.extend(gb("柳小禾"));
    raw.extend(b"\" <liu@example.org>\r\nTo: gk@yunxi.example\r\nSubject: ");
    raw.extend(gb("政府信息公开申请"));
    raw.extend(b"\r\n\r\n");
    raw.extend(gb("请公开清水河治理项目的施工合同和验收报告。"));
    let read = mail(&raw).expect("read");
    assert_eq!(
        (read.from_name.as_str(), read.from_address.as_str()),
        ("柳小禾", "liu@example.org")
    );
    assert_eq!(read.subject, "政府信息公开申请");
    assert_eq!(read.text, "请公开清水河治理项目的施工合同和验收报告。");
}

#[test]
fn a_page_is_read_as_its_text_and_script_as_nothing() {
    let text = "From: a@example.org\r\nDate: Fri, 20 Nov 2026 06:30:05 GMT\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><script>evil()</script><p>请公开<b>合同</b></p></body></html>";
    let read = mail(text.as_bytes()).expect("read");
    assert!(read.text.contains("请公开合同"), "{}", read.text);
    assert!(
        !read.text.contains('<') && !read.text.contains("evil"),
        "{}",
        read.text
    );
}

#[test]
fn what_is_no_mail_is_not_taken_for_one() {
    for bytes in [
        &b"hello"[..],
        b"%PDF-1.4\n1 0 obj",
        "一二三\n四五六".as_bytes(),
    ] {
        let read = mail(bytes);
        assert!(
            matches!(read, Err(IntakeError::UnsupportedKind { .. })),
            "{read:?}"
        );
    }
    assert_eq!(mail(b" \r\n"), Err(IntakeError::Empty));
    let large = vec![b'x'; BYTES_MAX + 1];
    assert_eq!(
        mail(&large),
        Err(IntakeError::FileTooLarge { max: BYTES_MAX })
    );
}

const HEAD: &str =
    "From: a@example.org\r\nTo: b@example.org\r\nDate: Fri, 20 Nov 2026 06:30:05 GMT\r\n";

#[test]
fn mails_within_mails_end_somewhere() {
    let within = |depth: usize| {
        let mut text = String::new();
        for at in 0..depth {
            text.push_str(&format!("{HEAD}Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\nContent-Type: message/rfc822\r\n\r\n"));
        }
        text.push_str(&format!("{HEAD}\r\nx\r\n"));
        for at in (0..depth).rev() {
            text.push_str(&format!("--b{at}--\r\n"));
        }
        text
    };
    let read = mail(within(20).as_bytes()).expect("read");
    assert_eq!(read.attachments.len(), 1);
    assert_eq!(read.attachments[0].name, "1.eml");
    assert!(matches!(
        mail(within(5_000).as_bytes()),
        Err(IntakeError::TooDeep { .. })
    ));
    // Parts within parts, which are no mails.
    let mut text = HEAD.to_owned();
    for at in 0..20_000 {
        text.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"
        ));
    }
    text.push_str("\r\nx");
    assert!(mail(text.as_bytes()).is_ok());
}

#[test]
fn ten_thousand_parts_are_counted_and_a_few_taken() {
    let part = "--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"../../etc/a:b\u{202e}.bin\"\r\n\r\nx\r\n";
    let text = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n{}--x--\r\n",
        part.repeat(10_000)
    );
    let read = mail(text.as_bytes()).expect("read");
    assert_eq!(read.attachments.len(), ATTACHMENTS_MAX);
    assert_eq!(read.left_out, 10_000 - ATTACHMENTS_MAX);
    assert!(
        read.attachments.iter().all(|file| file.name == "a_b.bin"),
        "{:?}",
        read.attachments[0].name
    );
}

#[test]
fn a_header_of_a_megabyte_is_cut() {
    let long = "a".repeat(1024 * 1024);
    let text = format!("{HEAD}Subject: {long}\r\nX-Other: {long}\r\n\r\n请公开合同");
    let read = mail(text.as_bytes()).expect("read");
    assert_eq!(read.subject.chars().count(), 300);
    assert_eq!(read.text, "请公开合同");
    // A name that goes on for ever, and a boundary that never comes.
    let text = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary={long}\r\n\r\n--{}",
        "b".repeat(1000)
    );
    assert!(mail(text.as_bytes()).is_ok());
}

/// Whatever bytes come, the reader answers: thousands of changes of a mail that
/// has all that mails have.
#[test]
fn a_mail_that_was_changed_anywhere_ends_in_an_answer() {
    let whole = format!(
        "{HEAD}Subject: =?gb18030?B?1eu=?= =?UTF-8?Q?=E7=94=B3?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=gbk\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C9=EA=C7=EB</p>\r\n--x\r\n\
         Content-Type: message/rfc822\r\n\r\n{HEAD}\r\nwithin\r\n--x\r\nContent-Type: image/png; name*0*=gb18030''%D6%A4; name*1=.png\r\n\
         Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
    );
    let read = mail(whole.as_bytes()).expect("read");
    assert_eq!(read.attachments.len(), 2);
    let mut chance = fastrand::Rng::with_seed(20_261_123);
    for round in 0..5_000 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..chance.usize(1..8) {
            let at = chance.usize(0..bytes.len());
            match chance.u8(0..4) {
                0 => bytes[at] = chance.u8(..),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, b"\r\n-=?\"<>;"[chance.usize(0..9)]),
                _ => {
                    let end = (at + chance.usize(1..60)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = chance.usize(0..bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        if let Ok(read) = mail(&bytes) {
            assert!(read.subject.chars().count() <= 300, "{round}");
            assert!(read.attachments.len() <= ATTACHMENTS_MAX, "{round}");
            let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\');
            let names = read.attachments.iter().map(|file| file.name.as_str());
            assert!(names.clone().all(|name| !name.contains(is_odd)), "{round}");
        }
    }
}
