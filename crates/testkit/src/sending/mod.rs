//! What mails, text messages and webhooks are sent to in the tests: a real mail
//! server (aiosmtpd), a receiver that checks signatures by the reference
//! library (standardwebhooks), a gateway that behaves as gateways do.

mod gateway;

pub use gateway::{Gateway, Reply};

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use gongkai_app::outside::{MailSettings, Security};
use gongkai_domain::outbox::{Line, MailAddress};
use serde_json::{Value, json};

use crate::database::Folder;

/// A Python program that answers each line by one.
#[derive(Debug)]
struct Helper {
    port: u16,
    process: Child,
    talk: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
}

impl Helper {
    fn start(script: &str, arguments: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(root.join("../../target/python/bin/python"))
            .arg(root.join("src/sending").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs; cargo xtask test installs it");
        let stdin = process.stdin.take().expect("its input");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let first = lines.next().and_then(Result::ok);
        let first = first.expect("it says its port; cargo xtask test installs what it needs");
        let first: Value = serde_json::from_str(&first).expect("JSON");
        let port = first["port"].as_u64().and_then(|port| port.try_into().ok());
        Self {
            port: port.expect("a port"),
            process,
            talk: Mutex::new((stdin, lines)),
        }
    }

    fn tell(&self, what: &Value) -> Value {
        let mut talk = self.talk.lock().expect("a turn");
        writeln!(talk.0, "{what}").expect("it listens");
        let line = talk.1.next().and_then(Result::ok).expect("it answers");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A mail server.
#[derive(Debug)]
pub struct MailServer {
    helper: Option<Helper>,
    port: u16,
    security: Security,
    credentials: Option<(String, String)>,
    folder: Folder,
}

impl MailServer {
    /// Starts one on 127.0.0.1, which lets everybody in, or who has these
    /// credentials.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(security: Security, credentials: Option<(&str, &str)>) -> Self {
        let own = |(user, password): (&str, &str)| (user.to_owned(), password.to_owned());
        let mut server = Self {
            helper: None,
            port: 0,
            security,
            credentials: credentials.map(own),
            folder: Folder::new(),
        };
        server.up();
        server
    }

    /// Starts again at the same port, with none of what it had.
    ///
    /// # Panics
    /// If it does not start.
    pub fn up(&mut self) {
        let security = match self.security {
            Security::Implicit => "implicit",
            Security::Starttls => "starttls",
            Security::None => "none",
        };
        let (port, folder) = (
            self.port.to_string(),
            self.folder.path().display().to_string(),
        );
        let mut arguments = vec![port.as_str(), security, &folder];
        if let Some((user, password)) = &self.credentials {
            arguments.extend([user.as_str(), password]);
        }
        let helper = Helper::start("smtp.py", &arguments);
        self.port = helper.port;
        self.helper = Some(helper);
    }

    /// Ends it, as a failing machine would.
    pub fn down(&mut self) {
        self.helper = None;
    }

    fn helper(&self) -> &Helper {
        self.helper.as_ref().expect("it runs")
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of its authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// How it is used.
    ///
    /// # Panics
    /// If its certificate cannot be read.
    pub fn settings(&self) -> MailSettings {
        let certificate = (self.security != Security::None)
            .then(|| std::fs::read(self.authority()).expect("a certificate"));
        MailSettings {
            host: "localhost".to_owned(),
            port: self.port,
            security: self.security,
            credentials: self.credentials.clone(),
            certificate,
            from: MailAddress::parse("gongkai@example.gov.cn").expect("an address"),
            from_name: Some(Line::parse("云溪县政务公开办").expect("a name")),
        }
    }

    /// All that it took, as Python reads it.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn mails(&self) -> Vec<Value> {
        let mails = self.helper().tell(&json!({ "do": "mails" }));
        mails.as_array().expect("a list").clone()
    }

    /// Has the next ones answered so at a stage: `mail`, `rcpt` or `data`.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn replies(&self, stage: &str, reply: &str, times: usize) {
        let told = json!({ "do": "reply", "stage": stage, "reply": reply, "times": times });
        self.helper().tell(&told);
    }

    /// Has it take the next ones and break off before it says so.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn loses(&self, times: usize) {
        self.helper().tell(&json!({ "do": "lose", "times": times }));
    }

    /// Has it take mails and keep silent.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn hold(&self) {
        self.helper().tell(&json!({ "do": "hold" }));
    }

    /// Waits until somebody is kept waiting.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn held(&self) {
        self.helper().tell(&json!({ "do": "held" }));
    }

    /// Has it go on.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn release(&self) {
        self.helper().tell(&json!({ "do": "release" }));
    }
}

/// A receiver of webhooks.
#[derive(Debug)]
pub struct Receiver {
    helper: Helper,
    host: String,
}

impl Receiver {
    /// Starts one on an address of this machine.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(host: &str) -> Self {
        Self {
            helper: Helper::start("receiver.py", &[host]),
            host: host.to_owned(),
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}:{}/hook", self.host, self.helper.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.helper.port
    }

    /// Secrets by which signatures are checked.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn knows(&self, secrets: &[&str]) {
        self.helper
            .tell(&json!({ "do": "secrets", "secrets": secrets }));
    }

    /// Has the next ones answered so.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn answers(&self, answer: &Value, times: usize) {
        self.helper
            .tell(&json!({ "do": "answer", "answer": answer, "times": times }));
    }

    /// Every call so far.
    ///
    /// # Panics
    /// If it does not answer.
    pub fn calls(&self) -> Vec<Value> {
        let calls = self.helper.tell(&json!({ "do": "calls" }));
        calls.as_array().expect("a list").clone()
    }
}
