//! Strangers' files at the server: hostile ones, many at once, huge and slow
//! ones, and script that wants to run.

use std::io::{Read, Write};
use std::path::PathBuf;

use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::database::Folder;
use gongkai_testkit::{hostile, http};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");
const REPORT: &[u8] = include_bytes!("../samples/water-2024.html");

/// What a process holds for itself, in KiB: the pages of the program, which are
/// many where it was not optimised, are the file's.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("RssAnon:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .expect("its memory")
}

#[test]
fn hostile_files_are_refused_in_words_and_harm_nobody_else() {
    let server = Server::start(BINARY, &["serve"]);
    let address = server.address.as_str();
    let good = http::form(&[("report", "好.html".as_bytes(), REPORT)]);
    let all = hostile::all();
    std::thread::scope(|scope| {
        let attacks: Vec<_> = all
            .iter()
            .map(|(name, bytes)| {
                let form = http::form(&[("report", name.as_bytes(), bytes)]);
                scope.spawn(move || (name, http::post(address, "/api/audit", &form)))
            })
            .collect();
        // A neighbour, meanwhile.
        let neighbour = http::post(address, "/api/audit", &good);
        assert_eq!(neighbour.status, 200);
        assert!(neighbour.body.contains("NARR-RECEIVED"));
        for attack in attacks {
            let (name, answer) = attack.join().expect("an answer");
            assert_eq!(answer.status, 200, "{name}: {}", answer.body);
            let value: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
            let error = &value["results"][0]["error"]["message"];
            let audited = value["results"][0]["diagnostics"].is_array();
            let message = error.as_str().unwrap_or_default();
            println!("{name}: {message}");
            // Some are only empty once read for what they are; none is a crash
            // of the server, each says something.
            assert!(
                audited || message.chars().count() > 5,
                "{name}: {}",
                answer.body
            );
            assert!(
                !answer.body.contains("root:"),
                "{name} reads a file of ours"
            );
            if name.starts_with("bomb") || name.starts_with("deep") {
                assert!(!audited, "{name} was read");
            }
        }
    });
    assert_eq!(http::get(address, "/health").status, 200);
    assert!(server.stop(), "it ends well");
}

#[test]
fn a_hostile_file_among_good_ones_is_a_finding_beside_theirs() {
    let server = Server::start(BINARY, &["serve"]);
    let form = http::form(&[
        ("report", "好.html".as_bytes(), REPORT),
        ("report", b"deep.html", &hostile::deep_html()),
    ]);
    let answer = http::post(&server.address, "/audit", &form);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("5 处错误"));
    assert!(answer.body.contains("嵌套超过"), "{}", answer.body);
}

#[test]
fn odd_names_are_shown_tamed() {
    let server = Server::start(BINARY, &["serve"]);
    for name in [
        "../../etc/passwd".as_bytes(),
        "\u{202e}lmth.年报".as_bytes(),
        b"COM1",
        b"\xc4\xea\xb1\xa8.html",
        "年".repeat(300).as_bytes(),
        b"\"><script>alert(1)</script>.html",
    ] {
        let form = http::form(&[("report", name, REPORT)]);
        let answer = http::post(&server.address, "/audit", &form);
        assert_eq!(answer.status, 200, "{name:?}");
        assert!(!answer.body.contains("../..") && !answer.body.contains('\u{202e}'));
        assert!(!answer.body.contains("<script>alert"));
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read_and_while_it_is() {
    let server = Server::start(BINARY, &["serve"]);
    // It says so beforehand: refused at the first byte.
    let mut stream = http::connect(&server.address);
    let head = http::head("/audit", 2 * 1024 * 1024 * 1024);
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let answer = http::answer(&mut stream);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("文件太大"));
    // It says less, and one file, or the head of one, goes on and on.
    let form = http::form(&[("report", b"long.txt", b"")]);
    let file = form
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a head")
        + 4;
    for (begin, most) in [(&form[..file], 100), (&form[..file - 4], 20)] {
        let mut stream = http::connect(&server.address);
        stream
            .write_all(http::head("/audit", 200 * 1024 * 1024).as_bytes())
            .and_then(|()| stream.write_all(begin))
            .expect("the beginning is sent");
        let block = vec![b'x'; 1024 * 1024];
        let sent = (0..200)
            .take_while(|_| stream.write_all(&block).is_ok())
            .count();
        assert!(sent < most, "{sent} MiB were taken");
    }
    assert!(resident(server.id()) < 100 * 1024);
    assert_eq!(http::get(&server.address, "/health").status, 200);
}

#[test]
fn nothing_uploaded_has_a_name_on_the_disk() {
    let folder = Folder::new();
    let server = Server::start_in(BINARY, &["serve"], folder.path());
    let large = [REPORT, &vec![b' '; 3 * 1024 * 1024]].concat();
    let form = http::form(&[("report", b"large.html", &large)]);
    let mut stream = http::connect(&server.address);
    let (begin, rest) = form.split_at(2 * 1024 * 1024);
    let length = u64::try_from(form.len()).expect("a length");
    stream
        .write_all(http::head("/api/audit", length).as_bytes())
        .and_then(|()| stream.write_all(begin))
        .expect("the first half is sent");
    // Until the half has arrived in a file without a name.
    let fds = format!("/proc/{}/fd", server.id());
    let nameless = || {
        std::fs::read_dir(&fds)
            .expect("its files")
            .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
            .any(|target| target.to_string_lossy().contains("(deleted)"))
    };
    while !nameless() {
        std::thread::yield_now();
    }
    let names = || {
        std::fs::read_dir(folder.path())
            .expect("the folder")
            .count()
    };
    assert_eq!(names(), 0);
    stream.write_all(rest).expect("the rest is sent");
    assert_eq!(http::answer(&mut stream).status, 200);
    assert_eq!(names(), 0);
    drop(server);
    assert_eq!(names(), 0, "nor after it was killed");
}

#[test]
fn two_hundred_at_once_and_some_that_never_end_are_all_served() {
    let server = Server::start(BINARY, &["serve"]);
    let address = server.address.as_str();
    // Clients that begin and go no further.
    let stalled: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = http::connect(address);
            stream
                .write_all(b"POST /audit HTTP/1.1\r\nHost: x\r\nContent-")
                .expect("sent");
            stream
        })
        .collect();
    let form = http::form(&[("report", "好.html".as_bytes(), REPORT)]);
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..200)
            .map(|_| scope.spawn(|| http::post(address, "/api/audit", &form)))
            .collect();
        assert_eq!(http::get(address, "/").status, 200);
        for upload in uploads {
            let answer = upload.join().expect("an answer");
            assert_eq!(answer.status, 200);
            assert!(answer.body.contains("NARR-RECEIVED"));
        }
    });
    assert!(
        resident(server.id()) < 120 * 1024,
        "{} KiB",
        resident(server.id())
    );
    drop(stalled);
}

#[test]
fn who_connects_and_says_nothing_is_let_go() {
    let server = Server::start(BINARY, &["serve"]);
    for begin in ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = http::connect(&server.address);
        stream.write_all(begin.as_bytes()).expect("a beginning");
        let mut rest = String::new();
        // Until the server ends it; this waits no longer than its limit.
        stream.read_to_string(&mut rest).expect("an end");
        assert!(
            rest.is_empty() || rest.starts_with("HTTP/1.1 408"),
            "{rest}"
        );
    }
}

#[test]
fn every_kind_of_answer_carries_the_headers_of_safety() {
    let server = Server::start(BINARY, &["serve"]);
    let home = http::get(&server.address, "/");
    let style = home
        .body
        .split("href=\"")
        .find_map(|rest| rest.split('"').next().filter(|to| to.ends_with(".css")))
        .expect("the style");
    let form = http::form(&[("report", b"a.html", REPORT)]);
    let answers = [
        ("page", http::get(&server.address, "/")),
        ("style", http::get(&server.address, style)),
        ("missing", http::get(&server.address, "/nowhere")),
        ("health", http::get(&server.address, "/health")),
        ("document", http::get(&server.address, "/api/openapi.json")),
        ("wrong method", http::get(&server.address, "/audit/json")),
        ("result", http::post(&server.address, "/audit", &form)),
        ("data", http::post(&server.address, "/api/audit", &form)),
        (
            "no form",
            http::post(&server.address, "/audit", b"nonsense"),
        ),
    ];
    for (what, answer) in answers {
        let head = answer.head.to_ascii_lowercase();
        for name in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "cache-control:",
        ] {
            assert!(head.contains(name), "{what} lacks {name}: {head}");
        }
        assert!(!head.contains("unsafe-inline"), "{what}");
    }
}

#[tokio::test]
async fn script_in_a_report_never_runs() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    let attack =
        "&lt;script&gt;window.hit=1&lt;/script&gt;&lt;img src=x onerror=window.hit=1&gt;{{7*7}}";
    let page = String::from_utf8_lossy(REPORT)
        .replace("云溪县水务局", &format!("云溪县水务局{attack}"))
        .replace("17件", &format!("17件{attack}"))
        .replace(
            "<td>18</td>",
            &format!("<td>=HYPERLINK(\"x\"){attack}</td>"),
        );
    let folder = Folder::new();
    let name = "attack<img src=x onerror=window.hit=1>.html";
    let path = folder.path().join(name);
    std::fs::write(&path, page).expect("a file");
    browser.go(&format!("{}/audit", server.address)).await;
    browser.fill("#report", &path.display().to_string()).await;
    browser.click("#send").await;
    browser.wait("#kept").await;
    let shown = browser.text("main").await;
    assert!(
        shown.contains("onerror=window.hit=1"),
        "shown as what it is"
    );
    assert_eq!(
        browser.script("return window.hit ?? null").await,
        serde_json::Value::Null
    );
    let made = browser
        .script("return document.querySelectorAll('main script, main img').length")
        .await;
    assert_eq!(made, 0);
    // The page that is carried away runs nothing either, at an address of its own.
    let packed = browser
        .script("return document.querySelector('#kept input').value")
        .await;
    let packed = packed.as_str().expect("what was read").to_owned();
    for kind in ["html", "xlsx", "json"] {
        let got = browser
            .page
            .execute_async(
                &format!(
                    "const done = arguments[arguments.length - 1];\
                     fetch('/audit/{kind}', {{ method: 'POST', body: new URLSearchParams({{ packed: '{packed}' }}) }})\
                     .then(async r => done([r.status, r.headers.get('content-disposition'), await r.text()]))"
                ),
                Vec::new(),
            )
            .await
            .expect("a download");
        assert_eq!(got[0], 200, "{kind}");
        let disposition = got[1].as_str().unwrap_or_default();
        assert!(
            disposition.starts_with("attachment; filename*=UTF-8''"),
            "{disposition}"
        );
        if kind == "html" {
            let saved = PathBuf::from(format!("{}.saved.html", path.display()));
            std::fs::write(&saved, got[2].as_str().expect("a page")).expect("saved");
            let address = format!(
                "file://{}",
                saved
                    .display()
                    .to_string()
                    .replace('<', "%3C")
                    .replace('>', "%3E")
                    .replace(' ', "%20")
            );
            browser.go(&address).await;
            browser.wait(".verdict").await;
            assert_eq!(
                browser.script("return window.hit ?? null").await,
                serde_json::Value::Null
            );
            std::fs::remove_file(&saved).expect("it goes");
            browser.go(&format!("{}/audit", server.address)).await;
        }
    }
    std::fs::remove_file(&path).expect("it goes");
    browser.close().await;
}
