//! A real Chromium and a real server, for tests of pages.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use fantoccini::wd::{Capabilities, PrintConfigurationBuilder, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

use crate::database::Folder;

/// A program that ends, with all it started, when the test does.
#[derive(Debug)]
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // The whole group: a driver leaves its browser behind.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

/// A running `gongkai serve` or `gongkai demo`.
#[derive(Debug)]
pub struct Server {
    /// Its address, `http://127.0.0.1:PORT`.
    pub address: String,
    process: Started,
    /// Its data, where the test names no place for them; gone with it.
    _data: Folder,
}

impl Server {
    /// Starts `binary COMMAND --listen 127.0.0.1:0` and reads the address
    /// that it says.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(binary: &str, arguments: &[&str]) -> Self {
        Self::start_in(binary, arguments, &std::env::temp_dir())
    }

    /// The same, with a folder of its own for what is temporary.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_in(binary: &str, arguments: &[&str], temporary: &Path) -> Self {
        Self::begun(binary, arguments, temporary, "http://", None).0
    }

    /// The same, saying all that it can into a file.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_telling(binary: &str, arguments: &[&str], log: &Path) -> Self {
        let log = File::create(log).expect("a log");
        Self::begun(
            binary,
            arguments,
            &std::env::temp_dir(),
            "http://",
            Some(log),
        )
        .0
    }

    /// The same, with the line that says something more.
    ///
    /// # Panics
    /// If it does not start, or ends before it says so.
    pub fn start_saying(binary: &str, arguments: &[&str], what: &str) -> (Self, String) {
        Self::begun(binary, arguments, &std::env::temp_dir(), what, None)
    }

    fn begun(
        binary: &str,
        arguments: &[&str],
        temporary: &Path,
        what: &str,
        log: Option<File>,
    ) -> (Self, String) {
        let data = Folder::new();
        let told = if log.is_some() { "trace" } else { "warn" };
        let mut child = Command::new(binary)
            .env("TMPDIR", temporary)
            .env("GONGKAI_DATA", data.path())
            .env("GONGKAI_LOG", told)
            .stderr(log.map_or_else(Stdio::inherit, Stdio::from))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the server starts");
        let output = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let first = lines.next().expect("it says its address");
        let address = first
            .split_whitespace()
            .flat_map(|word| word.split('：'))
            .find(|word| word.starts_with("http://"))
            .expect("an address")
            .trim_end_matches('/')
            .to_owned();
        let said = if first.contains(what) {
            first
        } else {
            lines.find(|line| line.contains(what)).expect("it says so")
        };
        let server = Self {
            address,
            process: Started(child),
            _data: data,
        };
        (server, said)
    }

    /// Its process, for looking at its memory or ending it.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Asks it to stop, as a service manager does, and waits; whether it ended
    /// well.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub fn stop(mut self) -> bool {
        let asked = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(asked.success());
        self.process.0.wait().is_ok_and(|status| status.success())
    }
}

/// What a browser window is like.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Points across.
    pub width: u32,
    /// Whether pages may run scripts.
    pub script: bool,
}

impl Window {
    /// A desk.
    pub const WIDE: Self = Self {
        width: 1280,
        script: true,
    };
    /// A telephone.
    pub const NARROW: Self = Self {
        width: 375,
        script: true,
    };
}

/// A command of Chromium's own, past WebDriver.
#[derive(Debug)]
struct DevTools {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.name, "params": self.parameters });
        (http::Method::POST, Some(body.to_string()))
    }
}

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    /// The window.
    pub page: Client,
    _driver: Started,
    _profile: Folder,
}

impl Browser {
    /// Opens a browser.
    ///
    /// # Panics
    /// If Chromium or its driver is not there; `cargo xtask test` installs
    /// them.
    pub async fn open(window: Window) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let profile = Folder::new();
        let mut child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("TMPDIR", std::env::temp_dir())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver starts; cargo xtask test installs it");
        let output = child.stdout.take().expect("its output");
        let driver = Started(child);
        let ready = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("started successfully"));
        assert!(ready, "chromedriver says that it is ready");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--in-process-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-component-update",
            "--disable-site-isolation-trials",
            "--disable-features=BackForwardCache,PaintHolding,Translate,OptimizationHints,MediaRouter",
            "--hide-scrollbars",
            "--lang=zh-CN",
            "--accept-lang=zh-CN",
            "--force-color-profile=srgb",
            "--disable-background-networking",
            "--window-size=1280,900",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let mut options = json!({ "args": arguments });
        if window.width < 600 {
            options["mobileEmulation"] = json!({
                "deviceMetrics": { "width": window.width, "height": 800, "pixelRatio": 1 }
            });
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser window");
        if !window.script {
            // The driver itself needs script; the pages' own does not arrive.
            for (name, parameters) in [
                ("Network.enable", json!({})),
                ("Network.setBlockedURLs", json!({ "urls": ["*.js"] })),
            ] {
                let command = DevTools { name, parameters };
                page.issue_cmd(command).await.expect("scripts are kept out");
            }
        }
        Self {
            page,
            _driver: driver,
            _profile: profile,
        }
    }

    /// Makes the window another one, as wide and as high.
    ///
    /// # Panics
    /// If it stays as it was.
    pub async fn resize(&self, width: u32, height: u32) {
        let command = DevTools {
            name: "Emulation.setDeviceMetricsOverride",
            parameters: json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600
            }),
        };
        self.page.issue_cmd(command).await.expect("another window");
    }

    /// Is somebody who has come in already: keeps the cookie of their session.
    ///
    /// # Panics
    /// If it is not kept.
    pub async fn is(&self, server: &Server, staff: &crate::people::Staff) {
        self.has(&server.address, &staff.token).await;
    }

    /// The same, of a session at an address.
    ///
    /// # Panics
    /// If it is not kept.
    pub async fn has(&self, address: &str, token: &str) {
        let command = DevTools {
            name: "Network.setCookie",
            parameters: json!({
                "url": address.replace("http://", "https://"),
                "name": "__Host-gongkai", "value": token, "path": "/",
                "secure": true, "httpOnly": true, "sameSite": "Lax"
            }),
        };
        self.page.issue_cmd(command).await.expect("a cookie");
    }

    /// Chooses how pages look, as the form of the modes does.
    ///
    /// # Panics
    /// If it cannot be chosen.
    pub async fn choose(&self, server: &Server, modes: &str) {
        self.go(&format!("{}/health", server.address)).await;
        for choice in modes.split('.') {
            let set = format!(
                "const done = arguments[arguments.length - 1]; fetch('/modes', {{ method: 'POST', body: new URLSearchParams({{ set: '{choice}', back: '/health' }}) }}).then(() => done(1))"
            );
            let sent = self.page.execute_async(&set, Vec::new()).await;
            sent.expect("the mode is set");
        }
    }

    /// What is wrong with how a page is made: all that axe finds, and being
    /// wider than the window. A picture of the whole page is kept.
    ///
    /// # Panics
    /// If the page cannot be looked at.
    pub async fn faults(&self, name: &str) -> Vec<String> {
        let mut faults: Vec<String> = self.axe().await;
        let wide =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        if self.script(wide).await.as_i64() != Some(0) {
            faults.push("wider than the window".to_owned());
        }
        self.picture_whole(name).await;
        faults
            .into_iter()
            .map(|fault| format!("{name}: {fault}"))
            .collect()
    }

    /// Presses Tab until what has the focus is this, as somebody without a
    /// mouse does.
    ///
    /// # Panics
    /// If it is not reached.
    pub async fn tab_to(&self, css: &str) {
        let is_there = format!("return document.activeElement.matches({css:?})");
        let mut seen = Vec::new();
        for _ in 0..120 {
            if self.script(&is_there).await == true {
                return;
            }
            self.press("\u{e004}").await;
            let name = "const e = document.activeElement; return e.tagName + '#' + e.id + ' ' + e.textContent.slice(0, 20)";
            seen.push(self.script(name).await.to_string());
        }
        panic!("{css} is reached by Tab: {seen:?}");
    }

    /// Presses keys where the focus is.
    ///
    /// # Panics
    /// If nothing has it.
    pub async fn press(&self, keys: &str) {
        let focused = self.page.active_element().await.expect("the focus");
        focused.send_keys(keys).await.expect("pressed");
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn go(&self, address: &str) {
        self.page.goto(address).await.expect("the page opens");
    }

    /// Waits for an element.
    ///
    /// # Panics
    /// If it does not come within ten seconds.
    pub async fn wait(&self, css: &str) -> fantoccini::elements::Element {
        self.page
            .wait()
            .at_most(Duration::from_secs(10))
            .for_element(fantoccini::Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css} comes: {error}"))
    }

    /// Waits for an element of a page that keys have led to, and for all that
    /// belongs to the page: what is not drawn yet has no text.
    ///
    /// # Panics
    /// If it does not come within ten seconds.
    pub async fn arrive(&self, css: &str) {
        self.wait(css).await;
        let loaded = "const done = arguments[arguments.length - 1];\
            if (document.readyState === 'complete') done(1); else addEventListener('load', () => done(1));";
        let loaded = self.page.execute_async(loaded, Vec::new()).await;
        loaded.expect("the page is there");
    }

    /// Waits for the page of this heading.
    ///
    /// # Panics
    /// If it does not come within ten seconds.
    pub async fn wait_heading(&self, heading: &str) {
        let path = format!("//h1[normalize-space()='{heading}']");
        let waiting = self.page.wait().at_most(Duration::from_secs(10));
        let found = waiting.for_element(fantoccini::Locator::XPath(&path)).await;
        found.unwrap_or_else(|error| panic!("the page of {heading} comes: {error}"));
    }

    /// The text of an element.
    ///
    /// # Panics
    /// If there is none.
    pub async fn text(&self, css: &str) -> String {
        let element = self.wait(css).await;
        element.text().await.expect("its text")
    }

    /// Clicks an element.
    ///
    /// # Panics
    /// If it cannot be clicked.
    pub async fn click(&self, css: &str) {
        let element = self.wait(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css} is clicked: {error}"));
    }

    /// Clicks what leads to another page, a form's button or a link, and waits
    /// until that page is whole. An element that both pages have tells nothing
    /// of which of them is there, and who goes on too early breaks off what was
    /// sent; so the page that is left is marked.
    ///
    /// # Panics
    /// If it cannot be clicked, or no other page comes within ten seconds.
    pub async fn send(&self, button: &str) {
        self.script("document.body.id = 'before'").await;
        self.click(button).await;
        self.arrive("body:not(#before) main").await;
    }

    /// Fills a field; for a file, its path.
    ///
    /// # Panics
    /// If it cannot be filled.
    pub async fn fill(&self, css: &str, text: &str) {
        let element = self.wait(css).await;
        element.send_keys(text).await.expect("it is filled");
    }

    /// Runs a script of the test's own.
    ///
    /// # Panics
    /// If it fails.
    pub async fn script(&self, script: &str) -> Value {
        self.page
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What axe-core finds wrong with the page, each as rule and place.
    ///
    /// # Panics
    /// If axe-core is not there; `cargo xtask test` installs it.
    pub async fn axe(&self) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/npm/node_modules/axe-core/axe.min.js");
        let axe =
            std::fs::read_to_string(path).expect("axe-core is there; cargo xtask test installs it");
        self.script(&axe).await;
        let run = "const done = arguments[arguments.length - 1];\
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })\
            .then(r => done(r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ') + ' ' + (n.failureSummary || '').replace(/\\s+/g, ' ')))), e => done([String(e)]));";
        let found = self
            .page
            .execute_async(run, Vec::new())
            .await
            .expect("axe runs");
        found
            .as_array()
            .map(|all| {
                all.iter()
                    .map(|v| v.as_str().unwrap_or_default().to_owned())
                    .collect()
            })
            .expect("what axe found")
    }

    /// Looks a page over: nothing for axe to find, nothing wider than the
    /// window; a picture is kept by this name.
    ///
    /// # Panics
    /// If either is found.
    pub async fn looked_at(&self, name: &str) {
        let found = self.axe().await;
        assert!(found.is_empty(), "{name}: {}", found.join("\n"));
        let wide =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(
            self.script(wide).await.as_i64(),
            Some(0),
            "{name} is too wide"
        );
        self.picture(name).await;
    }

    /// Writes a picture of the window to `target/pictures`.
    ///
    /// # Panics
    /// If it cannot be written.
    pub async fn picture(&self, name: &str) {
        let png = self.page.screenshot().await.expect("a picture");
        std::fs::write(pictures().join(format!("{name}.png")), png).expect("it is written");
    }

    /// The same of the whole page, however long it is.
    ///
    /// # Panics
    /// If it cannot be made or written.
    pub async fn picture_whole(&self, name: &str) {
        let command = DevTools {
            name: "Page.captureScreenshot",
            parameters: json!({ "format": "png", "captureBeyondViewport": true }),
        };
        let made = self.page.issue_cmd(command).await.expect("a picture");
        let png = made["data"].as_str().expect("its bytes");
        let png = base64::engine::general_purpose::STANDARD.decode(png);
        let png = png.expect("bytes as text");
        std::fs::write(pictures().join(format!("{name}.png")), png).expect("it is written");
    }

    /// The page as it is printed, as PDF; also kept in `target/pictures`.
    ///
    /// # Panics
    /// If it cannot be printed.
    pub async fn print(&self, name: &str) -> Vec<u8> {
        let paper = PrintConfigurationBuilder::default().build();
        let pdf = self.page.print(paper.expect("A4"));
        let pdf = pdf.await.expect("the page is printed");
        std::fs::write(pictures().join(format!("{name}.pdf")), &pdf).expect("it is written");
        pdf
    }

    /// Shows the page as on a screen or on paper.
    ///
    /// # Panics
    /// If the browser does not know the medium.
    pub async fn media(&self, media: &str) {
        let command = DevTools {
            name: "Emulation.setEmulatedMedia",
            parameters: json!({ "media": media }),
        };
        self.page.issue_cmd(command).await.expect("a medium");
    }

    /// Closes the window.
    ///
    /// # Panics
    /// If it does not close.
    pub async fn close(self) {
        self.page.clone().close().await.expect("it closes");
    }
}

/// What Lighthouse makes of these pages, and of the audit of the samples: the
/// address and what keeps it from a full mark in accessibility.
///
/// # Panics
/// If Lighthouse is not there; `cargo xtask test` installs it.
pub fn lighthouse(address: &str, pages: &[&str]) -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new("node")
        .arg(root.join("src/lighthouse.mjs"))
        .arg(root.join("../../target/npm/node_modules"))
        .arg(address)
        .args(pages)
        .stderr(Stdio::inherit())
        .output()
        .expect("node runs; cargo xtask test installs it");
    assert!(made.status.success(), "Lighthouse ends well");
    serde_json::from_slice(&made.stdout).expect("its marks")
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pictures");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}
