//! Requests from people who mean harm: script in every text that somebody can
//! type, through every page, mail and file that shows it; line ends for the heads
//! of mails; forms that claim to be huge, and forms that never end.

use std::io::{Read, Write};
use std::net::TcpStream;

use gongkai_app::house::House;
use gongkai_app::jobs::{self, Runner};
use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::outside::{Security, SmtpMailer};
use gongkai_app::requests::giving::{self, Found, Search};
use gongkai_app::requests::intake::{self, Confirming};
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{self as casework, RequestError, Ticket, look, parts, replies};
use gongkai_app::review::acts::Asked;
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::application::{Application, Typed};
use gongkai_domain::requests::case::{Asked as Whom, Event, Opinion};
use gongkai_domain::requests::record::Proof;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::hostile::SCRIPT as EVIL;
use gongkai_testkit::http;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::Staff;
use gongkai_testkit::requests::{Bureau, signed, typed, visitor};
use gongkai_testkit::sending::MailServer;
use jiff::ToSpan;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// An application of which every text means harm.
fn evil() -> Typed {
    let text = || EVIL.to_owned();
    Typed {
        kind: "org_other".to_owned(),
        name: text(),
        organization_proof: text(),
        representative: text(),
        address: text(),
        agent_name: text(),
        agent_document_kind: "resident_id".to_owned(),
        agent_document_number: gongkai_testkit::register::number(9),
        agent_phone: "19900000009".to_owned(),
        authorisation: text(),
        title: text(),
        file_number: text(),
        description: format!("{EVIL}\n{EVIL}"),
        help: text(),
        receiving: "portal".to_owned(),
        ..typed(7)
    }
}

/// A request with all that can happen to it, every text of which means harm.
struct Scene<'a> {
    house: &'a House,
    bureau: Bureau,
    id: i64,
    code: String,
}

impl Scene<'_> {
    async fn seen(&self) -> Seen {
        let shown = self.shown().await;
        Seen {
            id: self.id,
            version: shown.kept.version,
        }
    }

    async fn shown(&self) -> look::Shown {
        let clerk = signed(self.house, self.bureau.clerk).await;
        let shown = look::see(self.house, &clerk, self.id).await;
        shown.expect("seen")
    }

    async fn step(&self, event: Event) {
        let seen = self.seen().await;
        let clerk = signed(self.house, self.bureau.clerk).await;
        let taken = Taken {
            day: clerk.today,
            event,
            proofs: Proof::ALL.iter().map(|proof| (*proof, EVIL)).collect(),
        };
        let key = self.house.token();
        let done = steps::step(self.house, &clerk, &key, seen, &taken).await;
        done.expect("taken");
    }

    /// Everything but the reply.
    async fn worked_on(&self) {
        let (house, clerk) = (self.house, signed(self.house, self.bureau.clerk).await);
        let today = clerk.today.to_string();
        let later = clerk.today.saturating_add(9.days());
        let seen = self.seen().await;
        let key = house.token();
        let done = intake::confirm(house, &clerk, &key, seen, &today, Confirming::Reached, EVIL);
        done.await.expect("confirmed");
        let (seen, key) = (self.seen().await, house.token());
        let to = (Some(self.bureau.section), Some(self.bureau.clerk));
        let done = giving::assign(house, &clerk, &key, seen, to, EVIL).await;
        done.expect("given");
        let (seen, key, limit) = (self.seen().await, house.token(), later.to_string());
        let search = Search {
            unit: EVIL,
            words: EVIL,
            limit: &limit,
        };
        let done = giving::ask_search(house, &clerk, &key, seen, search).await;
        done.expect("asked");
        let (seen, key) = (self.seen().await, house.token());
        let done = giving::chase_search(house, &clerk, &key, seen, 1, EVIL).await;
        done.expect("chased");
        let (seen, key) = (self.seen().await, house.token());
        let found = Found {
            number: 1,
            on: &today,
            found: true,
            searcher: EVIL,
            result: EVIL,
        };
        let done = giving::end_search(house, &clerk, &key, seen, found).await;
        done.expect("found");
        let (seen, key) = (self.seen().await, house.token());
        let done = parts::split(house, &clerk, &key, seen, EVIL).await;
        done.expect("split");
        self.step(Event::Consulted {
            number: 1,
            asked: Whom::Organ,
            limit: Some(later),
        })
        .await;
        self.step(Event::ConsultationEnded {
            number: 1,
            opinion: Opinion::Agrees,
        })
        .await;
        self.step(Event::SupplementAsked { limit: later }).await;
    }

    async fn supplemented(&self) {
        let key = self.house.token();
        let ticket = Ticket::new(&self.code, "0009");
        let done = casework::supplement(self.house, visitor(), &key, ticket, EVIL, &[]).await;
        done.expect("supplemented");
    }

    /// The reply, returned once with remarks, and handed in again.
    async fn drafted(&self) {
        let handler = signed(self.house, self.bureau.handler).await;
        for text in [EVIL, "改后：<script>window.hit=1</script>"] {
            let (seen, key) = (self.seen().await, self.house.token());
            let done = replies::write(self.house, &handler, &key, seen, "granted", text).await;
            done.expect("written");
            let digest = self.digest().await;
            let key = self.house.token();
            let done = replies::hand_in(self.house, &handler, &key, self.id, &digest, EVIL).await;
            done.expect("handed in");
            if text == EVIL {
                self.reviewed(self.bureau.reviewer, "review", false).await;
            }
        }
    }

    async fn digest(&self) -> String {
        self.shown().await.draft.expect("a draft").reply.digest
    }

    async fn reviewed(&self, by: PersonId, step: &str, approved: bool) {
        let asked = Asked {
            step: step.to_owned(),
            digest: self.digest().await,
            approved,
            remarks: match approved {
                true => Vec::new(),
                false => vec![(EVIL.to_owned(), EVIL.to_owned())],
            },
            note: EVIL.to_owned(),
        };
        let by = signed(self.house, by).await;
        let sent = Sent::new("reply", &self.house.token(), []);
        let done = replies::take(self.house, &by, &sent, self.id, &asked).await;
        done.expect("taken");
    }

    async fn given(&self) {
        let Bureau {
            reviewer,
            legal,
            secrecy,
            leader,
            ..
        } = self.bureau;
        let steps = [
            (reviewer, "review"),
            (legal, "legal"),
            (secrecy, "secrecy"),
            (leader, "sign"),
        ];
        for (by, step) in steps {
            self.reviewed(by, step, true).await;
        }
        let outcome = "granted".to_owned();
        self.step(Event::Replied { outcome }).await;
        self.step(Event::Served { way: None }).await;
        let ticket = Ticket::new(&self.code, "0009");
        let key = self.house.token();
        let done = casework::rate(self.house, visitor(), &key, ticket, 5, EVIL).await;
        done.expect("rated");
    }
}

/// Somebody looks at pages, on none of which script of others runs.
struct Eyes<'a> {
    browser: Browser,
    server: &'a Server,
    looked: usize,
}

impl Eyes<'_> {
    async fn at(&mut self, path: &str) {
        self.browser
            .go(&format!("{}{path}", self.server.address))
            .await;
        self.clean(path).await;
    }

    /// Every link of the page below an address, one after the other.
    async fn at_all(&mut self, below: &str) {
        let links = format!(
            "return [...new Set([...document.querySelectorAll('main a[href]')].map(a => a.getAttribute('href')))]\
             .filter(href => href.startsWith({below:?}))"
        );
        let links = self.browser.script(&links).await;
        let links = links.as_array().expect("links").clone();
        assert!(!links.is_empty(), "nothing below {below}");
        for link in links {
            self.at(link.as_str().expect("a link")).await;
        }
    }

    /// A letter with script in every field: its form, the letter as it would lie on
    /// the desk, edited, and issued.
    async fn letter(&mut self, case: &str, room: &str, deed: &str) {
        let path = format!("{case}/{room}?do={deed}");
        self.at(&path).await;
        let evil = serde_json::json!(EVIL);
        let fill = format!(
            "for (const f of document.querySelectorAll('main form.ask textarea, main form.ask input[type=text]'))\
                if (!/limit|count/.test(f.name)) f.value = {evil}; return 1"
        );
        self.browser.script(&fill).await;
        self.browser.click("form.ask button.primary").await;
        self.browser.wait("section.paper").await;
        self.clean(&path).await;
        self.says(&path).await;
        let edit = format!("document.querySelector('#edited').value = {evil} + '。'; return 1");
        self.browser.script(&edit).await;
        self.browser.click("button[value=issue]").await;
        self.browser.wait("#main, main h2").await;
        self.clean(case).await;
        let here = self.browser.script("return location.pathname").await;
        assert_eq!(here, case, "{deed} was issued");
    }

    async fn clean(&mut self, path: &str) {
        let hit = self.browser.script("return window.hit ?? null").await;
        assert!(hit.is_null(), "script ran on {path}");
        let made = "return document.querySelectorAll('main img[src=x], main script').length";
        assert_eq!(self.browser.script(made).await, 0, "{path}");
        self.looked += 1;
    }

    async fn says(&self, path: &str) {
        let main = self.browser.text("main").await;
        assert!(main.contains("onerror="), "{path} shows it as text: {main}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn script_in_every_text_of_a_request_runs_on_no_page_and_in_no_mail() {
    let installation = Installation::new(Engine::Sqlite).await;
    let (house, three) = (&installation.test.house, &installation.people);
    let bureau = Bureau::new(house).await;
    let office = &installation.office;
    let come = async |login: &str, role| -> Staff {
        let joined = office.colleague(three, login, bureau.own, Some(role)).await;
        joined.1
    };
    let (clerk, reviewer, head) = (
        come("clerk2", Role::Clerk).await,
        come("reviewer2", Role::Reviewer).await,
        come("head2", Role::OfficeHead).await,
    );
    let typed = Letterhead {
        word: "云水".to_owned(),
        review_body: EVIL.to_owned(),
        court: EVIL.to_owned(),
        payment: EVIL.to_owned(),
        query: EVIL.to_owned(),
        ..Letterhead::default()
    };
    let (sent, by) = (
        Sent::new("letterhead", "hostile", []),
        signed(house, bureau.head).await,
    );
    let kept = letters::change_head(house, &by, &sent, bureau.own, (0, &typed)).await;
    kept.expect("what is only odd is not refused");
    let key = house.token();
    let filed = casework::file(house, visitor(), &key, bureau.own, &evil(), &[]).await;
    let filed = filed.expect("what is only odd is not refused");
    let scene = Scene {
        house,
        id: filed.id,
        code: filed.code.to_string(),
        bureau: bureau.clone(),
    };
    let seen_by_applicant = async |eyes: &mut Eyes<'_>| {
        eyes.at("/track").await;
        eyes.browser.fill("#code", &scene.code).await;
        eyes.browser.fill("#tail", "0009").await;
        eyes.browser.click("form[action='/track'] button").await;
        eyes.browser.wait("#state").await;
        eyes.clean("/track").await;
        eyes.says("/track").await;
    };
    // The mails, before a server takes them: at a mail server of others.
    let mails = MailServer::start(Security::None, None);
    let sending = House {
        mailer: std::sync::Arc::new(SmtpMailer::new(mails.settings()).expect("a mailer")),
        ..house.clone()
    };
    scene.worked_on().await;
    let server = {
        Runner::new(sending.clone(), jobs::works(), &[])
            .run_all()
            .await
            .expect("sent");
        installation.node(BINARY)
    };
    let mut eyes = Eyes {
        browser: Browser::open(Window::WIDE).await,
        server: &server,
        looked: 0,
    };
    seen_by_applicant(&mut eyes).await;
    scene.supplemented().await;
    scene.drafted().await;
    let case = format!("/office/requests/{}", scene.id);
    eyes.browser.is(&server, &reviewer).await;
    eyes.at("/office/review").await;
    eyes.at(&case).await;
    eyes.says(&case).await;
    scene.given().await;
    seen_by_applicant(&mut eyes).await;
    eyes.browser.is(&server, &clerk).await;
    for list in [
        "running",
        "unconfirmed",
        "waiting",
        "replied",
        "over",
        "mine",
    ] {
        eyes.at(&format!("/office/requests?list={list}")).await;
    }
    let number: String = EVIL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    eyes.at(&format!("/office/requests?number={number}")).await;
    eyes.at(&format!("/office/requests?list={number}")).await;
    eyes.at("/office").await;
    eyes.at(&case).await;
    eyes.says(&case).await;
    eyes.at_all("/office/requests/").await;
    // A part, on which every step is still open: each with its form.
    eyes.at("/office/requests?list=running").await;
    let part = "return document.querySelector(\"main td a[href^='/office/requests/']\").getAttribute('href')";
    let part = eyes.browser.script(part).await;
    let part = part.as_str().expect("the part").to_owned();
    eyes.at(&part).await;
    eyes.at_all(&format!("{part}/")).await;
    // Letters: drafted, shown, edited and issued with script in every text of them.
    for (room, deed) in [
        ("handle", "letter_assistance"),
        ("intake", "letter_receipt"),
    ] {
        eyes.letter(&part, room, deed).await;
    }
    eyes.says(&part).await;
    eyes.browser.is(&server, &head).await;
    let own = format!("/office/organizations/{}", bureau.own);
    for page in ["letterhead", "letter-numbers", "letters", "letters/fee"] {
        eyes.at(&format!("{own}/{page}")).await;
    }
    assert!(eyes.looked > 30, "{} pages", eyes.looked);
    eyes.browser.close().await;
    // The dates of the case are a file of lines, and nobody writes one into it.
    let form = format!("code={}&tail=0009", scene.code);
    let dates = http::post_form(&server.address, "/track/dates", &form);
    assert_eq!(dates.status, 200);
    for line in dates.body.split("\r\n") {
        let name = line.split([':', ';']).next().unwrap_or_default();
        let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c == '-');
        assert!(line.starts_with(' ') || is_name, "{line}");
        assert!(
            !name.starts_with("ATTACH") && !line.contains('\n'),
            "{line}"
        );
    }
    // The receipt left: plain text, and no head but ours.
    let mails = mails.mails();
    assert!(!mails.is_empty(), "the proof of filing went out");
    for mail in &mails {
        let heads = mail["headers"].to_string().to_lowercase();
        assert!(
            !heads.contains("bcc") && !heads.contains("x-evil"),
            "{heads}"
        );
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(mail["recipients"].as_array().map(Vec::len), Some(1));
        // Whoever reads it reads text: no part of it is a page, or names a script.
        for kind in mail["types"].as_array().expect("its parts") {
            let kind = kind.as_str().expect("a type");
            let known = [
                "text/plain",
                "multipart/mixed",
                "application/pdf",
                "text/calendar",
            ];
            assert!(known.contains(&kind), "{kind}");
        }
        let text = mail["text"].as_str().expect("a text");
        assert!(!text.trim().is_empty());
        assert!(!mail["subject"].to_string().contains('<'), "{mail}");
    }
    drop(server);
    installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_end_of_a_stranger_reaches_the_head_of_a_mail() {
    let installation = Installation::new(Engine::Sqlite).await;
    let house = &installation.test.house;
    let bureau = Bureau::new(house).await;
    const LINES: &str = "甲\r\nBcc: evil@example.com\r\nX-Evil: 1\r\n\r\n正文";
    // In whichever field: a line refuses them, a text keeps them to itself.
    let today = house.today();
    for (field, _) in typed(3).fields() {
        let value = match field {
            "mail" => "liu@example.com\r\nBcc: evil@example.com",
            _ => LINES,
        };
        let mut fields = serde_json::to_value(typed(3)).expect("JSON");
        fields[field] = value.into();
        let typed: Typed = serde_json::from_value(fields).expect("a form");
        let Ok(application) = Application::read(&typed, today) else {
            continue;
        };
        assert!(
            ["description", "help"].contains(&field) || !application.subject().contains("Bcc"),
            "{field}"
        );
        let to = application.mail_address().expect("an address");
        assert!(!to.as_str().contains(['\r', '\n']), "{field}");
        let filed = casework::file(house, visitor(), &house.token(), bureau.own, &typed, &[]).await;
        match filed {
            Ok(_) | Err(RequestError::Entered(_)) => {}
            Err(error) => panic!("{field}: {error}"),
        }
    }
    let server = MailServer::start(Security::None, None);
    let sending = House {
        mailer: std::sync::Arc::new(SmtpMailer::new(server.settings()).expect("a mailer")),
        ..house.clone()
    };
    let runner = Runner::new(sending, jobs::works(), &[]);
    runner.run_all().await.expect("sent");
    let mails = server.mails();
    assert!(!mails.is_empty());
    for mail in mails {
        let heads = mail["headers"].to_string().to_lowercase();
        assert!(
            !heads.contains("bcc") && !heads.contains("x-evil"),
            "{heads}"
        );
        let to = mail["recipients"].to_string();
        assert!(!to.contains("evil"), "{to}");
    }
    installation.test.close().await;
}

/// A form of the public side from somewhere, of which only this came.
fn begun(server: &Server, path: &str, from: &str, length: u64, begin: &[u8]) -> TcpStream {
    let mut stream = http::connect(&server.address);
    let head = http::head(path, length);
    let head = head.replace("\r\n\r\n", &format!("\r\nX-Forwarded-For: {from}\r\n\r\n"));
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(begin))
        .expect("sent");
    stream
}

/// What `/proc` says of a process under a name.
fn status(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dribbles_or_claims_two_gigabytes_keeps_nobody_from_filing() {
    const SLOW: &str = "203.0.113.9";
    const HUGE: u64 = 2 * 1024 * 1024 * 1024;
    let proxied = "[server]\nproxies = ['127.0.0.1/32']";
    let installation = Installation::with(Engine::Sqlite, proxied).await;
    let bureau = Bureau::new(&installation.test.house).await;
    let server = installation.node(BINARY);
    let path = format!("/apply/{}", bureau.own);
    let form = http::form(&[
        ("key", b"", b"n"),
        ("description", b"", "河道治理".as_bytes()),
    ]);
    let threads = status(server.id(), "Threads");
    // As many as one address may have in hand, and more.
    let all = form.len();
    let mut slow: Vec<TcpStream> = (0..24)
        .map(|_| begun(&server, &path, SLOW, 1_000_000, &form[..all / 2]))
        .collect();
    // A neighbour files meanwhile, at once.
    let length = u64::try_from(all).expect("a length");
    let mut neighbour = begun(&server, &path, "198.51.100.7", length, &form);
    let answer = http::answer(&mut neighbour);
    assert!([303, 422, 429].contains(&answer.status), "{}", answer.head);
    for stream in &mut slow {
        stream.set_nonblocking(true).expect("set");
        let none = stream.read(&mut [0; 1]);
        assert!(none.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
        stream.set_nonblocking(false).expect("set");
    }
    // Connections to the database have threads; who sends a form has none.
    let now = status(server.id(), "Threads");
    assert!(now < threads + 16, "{threads} threads, and then {now}");
    // One that claims two gigabytes is refused with what was typed still there.
    let mut texts = form[..all - 4].to_vec();
    texts.extend_from_slice(b"\r\n");
    let mut huge = begun(&server, &path, "198.51.100.8", HUGE, &texts);
    let file = String::from_utf8_lossy(&http::form(&[("file", b"a.pdf", b"")])).into_owned();
    let file = file.split("\r\n\r\n").next().expect("a head").to_owned() + "\r\n\r\n";
    let block = vec![b'x'; 1024 * 1024];
    let mut sent = 0;
    if huge.write_all(file.as_bytes()).is_ok() {
        sent = (0..200)
            .take_while(|_| huge.write_all(&block).is_ok())
            .count();
    }
    assert!(sent < 50, "{sent} MiB were taken");
    let anonymous = status(server.id(), "RssAnon");
    assert!(anonymous < 120 * 1024, "{anonymous} KiB");
    // Who dribbles is let go, and the turn with them.
    let (tell, told) = std::sync::mpsc::channel();
    for stream in &slow {
        let (mut stream, tell) = (stream.try_clone().expect("a handle"), tell.clone());
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            let ended = stream.read_to_end(&mut rest);
            tell.send((ended.is_ok(), rest))
        });
    }
    let (_, rest) = told.recv().expect("one of them is let go");
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert!(rest.starts_with("HTTP/1.1 4"), "{rest}");
    for stream in &slow {
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
    assert_eq!(http::get(&server.address, "/health").status, 200);
    assert!(server.stop(), "it ends well");
    installation.test.forget_jobs();
}
