//! The process that reads strangers' files, from outside.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use gongkai_app::report::orders::{Answer, Input, Order, Wanted, write_head};
use gongkai_domain::words::Language;
use gongkai_testkit::hostile;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");
const REPORT: &[u8] = include_bytes!("../samples/water-2024.html");
const MIB: u64 = 1024 * 1024;

fn start(seconds: u64, memory: u64) -> Child {
    Command::new(BINARY)
        .args(["work", &seconds.to_string(), &memory.to_string()])
        .env_clear()
        .env("MIMALLOC_ARENA_RESERVE", "16384")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn order(name: &str, bytes: &[u8]) -> Vec<u8> {
    order_of(Wanted::Json, name, bytes)
}

fn order_of(wanted: Wanted, name: &str, bytes: &[u8]) -> Vec<u8> {
    let order = Order {
        language: Language::Chinese,
        wanted,
        which: 0,
        expected: Vec::new(),
        inputs: vec![Input::file(
            name,
            u64::try_from(bytes.len()).expect("a length"),
        )],
    };
    let mut whole = Vec::new();
    write_head(&order, &mut whole).expect("a head");
    whole.extend_from_slice(bytes);
    whole
}

fn work(seconds: u64, memory: u64, name: &str, bytes: &[u8]) -> (ExitStatus, Vec<u8>) {
    carried(seconds, memory, order(name, bytes))
}

fn carried(seconds: u64, memory: u64, whole: Vec<u8>) -> (ExitStatus, Vec<u8>) {
    let mut child = start(seconds, memory);
    let mut input = child.stdin.take().expect("its input");
    let writer = std::thread::spawn(move || {
        // One that has ended reads no further.
        let _ = input.write_all(&whole);
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    (output.status, output.stdout)
}

#[test]
fn a_report_is_read_and_answered() {
    let (status, output) = work(2, 256 * MIB, "water.html", REPORT);
    assert!(status.success());
    let answer = Answer::read(&output).expect("an answer");
    assert_eq!(
        (answer.head.read, answer.head.unread, answer.head.errors),
        (1, 0, 5)
    );
    assert!(String::from_utf8_lossy(&answer.body).contains("NARR-RECEIVED"));
}

#[test]
fn memory_ends_where_the_limit_is() {
    let large = [REPORT, "<p>长文。</p>".repeat(400_000).as_bytes()].concat();
    let (status, _) = work(60, 48 * MIB, "large.html", &large);
    assert!(
        !status.success(),
        "48 MiB are not enough, and are not passed"
    );
    let (status, _) = work(60, 256 * MIB, "large.html", &large);
    assert!(status.success(), "256 MiB are: {status}");
}

#[test]
fn time_ends_where_the_limit_is() {
    let (status, _) = work(1, 1024 * MIB, "bomb.pdf", &hostile::pdf_bomb());
    let ended = status.signal();
    // SIGXCPU, or SIGKILL a second later.
    assert!(matches!(ended, Some(24 | 9)), "{status}");
}

#[test]
fn it_has_given_up_network_files_and_programs_before_it_reads() {
    let mut child = start(2, 256 * MIB);
    let about = |what: &str| {
        std::fs::read_to_string(format!("/proc/{}/{what}", child.id())).unwrap_or_default()
    };
    // It waits for its order, confined.
    while !about("status").contains("Seccomp_filters:\t2") {
        std::thread::yield_now();
    }
    assert!(about("status").contains("NoNewPrivs:\t1"));
    let limits = about("limits");
    for (name, value) in [
        ("Max cpu time", "2"),
        ("Max data size", "268435456"),
        ("Max file size", "0"),
        ("Max open files", "8"),
        ("Max core file size", "0"),
    ] {
        let line = limits
            .lines()
            .find(|line| line.starts_with(name))
            .expect(name);
        let soft = line[name.len()..].split_whitespace().next();
        assert_eq!(soft, Some(value), "{name}");
    }
    child.kill().expect("it ends");
    child.wait().expect("it has ended");
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    for whole in [
        b"".to_vec(),
        b"\xff\xff\xff\xff".to_vec(),
        b"\x02\0\0\0{}".to_vec(),
        order("short.html", REPORT)[..100].to_vec(),
    ] {
        let mut child = start(2, 256 * MIB);
        let mut input = child.stdin.take().expect("its input");
        input.write_all(&whole).expect("written");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(4));
        assert!(output.stdout.is_empty());
    }
}

/// Mails as nobody should send them: within what one process may use, each ends
/// in an answer.
#[test]
fn a_mail_ends_within_what_one_process_may_use() {
    let head =
        "From: a@example.org\r\nTo: b@example.org\r\nDate: Fri, 20 Nov 2026 06:30:05 GMT\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    let part = "--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let large = "QUJD".repeat(6 * 1024 * 1024);
    let nested: String = (0..50_000)
        .map(|at| format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"))
        .collect();
    for (what, mail) in [
        ("an ordinary one", format!("{head}\r\nx")),
        (
            "24 MiB in one part",
            format!("{head}{mixed}{part}{large}\r\n--x--\r\n"),
        ),
        ("a part in a part in a part", format!("{head}{nested}\r\nx")),
        (
            "100,000 parts",
            format!(
                "{head}{mixed}{}--x--\r\n",
                format!("{part}QQ==\r\n").repeat(100_000)
            ),
        ),
        (
            "100,000 headers",
            format!(
                "{head}{}\r\nx",
                "X-A: =?gb18030?B?1eu=?=\r\n".repeat(100_000)
            ),
        ),
    ] {
        let whole = order_of(Wanted::Mail, "a.eml", mail.as_bytes());
        let (status, output) = carried(2, 256 * MIB, whole);
        assert!(status.success(), "{what}: {status}");
        let answer = Answer::read(&output).expect("an answer");
        assert_eq!(answer.head.read, 1, "{what}");
    }
}
