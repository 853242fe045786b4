//! A gateway for text messages on loopback, as Chinese gateways behave: it
//! checks signatures, knows a message that comes twice by the client's id,
//! lets a telephone have one in a while, fails and keeps silent when told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use gongkai_app::outside::{SmsAnswer, SmsSettings};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const KEY: &str = "gk-7";
const SECRET: &str = "secret of the gateway";

/// How the next request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// With a status and no code.
    Status(u16),
    /// With a code, whatever it was asked.
    Code(&'static str),
    /// It does what it is asked, and breaks off before it says so.
    Lost,
    /// It does what it is asked, and says so when it is let go.
    Slow,
}

#[derive(Debug, Default)]
struct Told {
    /// Messages by the client's id.
    taken: BTreeMap<String, Value>,
    /// What came to telephones, in order: telephone, text, id.
    delivered: Vec<(String, String, String)>,
    /// When a telephone last had one, in milliseconds.
    last: BTreeMap<String, i64>,
    requests: usize,
    duplicates: usize,
    replies: VecDeque<Reply>,
    waiting: usize,
    released: bool,
}

/// A gateway.
#[derive(Debug)]
pub struct Gateway {
    address: String,
    told: Arc<(Mutex<Told>, Condvar)>,
}

/// One message a minute to a telephone.
const GAP_MILLISECONDS: i64 = 60_000;

impl Gateway {
    /// Starts one; it ends with the process.
    ///
    /// # Panics
    /// If there is no port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let told = Arc::new((Mutex::new(Told::default()), Condvar::new()));
        let own = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let told = Arc::clone(&own);
                // Who breaks off is served no more, and nobody else minds.
                std::thread::spawn(move || serve(stream, &told));
            }
        });
        Self { address, told }
    }

    /// How it is used.
    pub fn settings(&self) -> SmsSettings {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        SmsSettings {
            url: format!("{}/v1/send", self.address),
            key: KEY.to_owned(),
            secret: SECRET.to_owned(),
            request: json!({
                "appKey": "{key}",
                "message": { "mobiles": ["{phone}"], "content": "【云溪县】{text}" },
                "clientId": "{id}",
            }),
            signature_header: "X-Signature".to_owned(),
            timestamp_header: "X-Timestamp".to_owned(),
            signed: "{timestamp}\n{body}".to_owned(),
            answer: SmsAnswer {
                code: "/result/code".to_owned(),
                sent: words(&["OK", "DUPLICATE"]),
                again: words(&["LIMIT"]),
                down: words(&["NO_CREDIT", "SIGNATURE"]),
            },
        }
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.0.lock().expect("what it was told")
    }

    /// Has the next requests answered so, one after the other.
    ///
    /// # Panics
    /// If it broke.
    pub fn replies(&self, replies: &[Reply]) {
        self.told().replies.extend(replies.iter().cloned());
    }

    /// Telephone, text and id of each message, once each.
    ///
    /// # Panics
    /// If it broke.
    pub fn delivered(&self) -> Vec<(String, String, String)> {
        self.told().delivered.clone()
    }

    /// How often it was asked, and how often for what it had done already.
    ///
    /// # Panics
    /// If it broke.
    pub fn asked(&self) -> (usize, usize) {
        let told = self.told();
        (told.requests, told.duplicates)
    }

    /// Waits until somebody is kept waiting by [`Reply::Slow`].
    ///
    /// # Panics
    /// If it broke.
    pub fn held(&self) {
        let told = self.told();
        let held = self.told.1.wait_while(told, |told| told.waiting == 0);
        drop(held.expect("what it was told"));
    }

    /// Lets go who is kept waiting.
    ///
    /// # Panics
    /// If it broke.
    pub fn release(&self) {
        self.told().released = true;
        self.told.1.notify_all();
    }
}

struct Request {
    headers: BTreeMap<String, String>,
    body: String,
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    loop {
        line.clear();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Request { headers, body })
}

/// What a gateway does with a request that nothing stands against.
fn take(told: &mut Told, request: &Request) -> Option<Value> {
    let timestamp = request.headers.get("x-timestamp")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).ok()?;
    mac.update(format!("{timestamp}\n{}", request.body).as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    if request.headers.get("x-signature") != Some(&signature) {
        return Some(json!({ "result": { "code": "SIGNATURE" } }));
    }
    let body: Value = serde_json::from_str(&request.body).ok()?;
    let id = body["clientId"].as_str()?.to_owned();
    let phone = body["message"]["mobiles"][0].as_str()?.to_owned();
    let text = body["message"]["content"].as_str()?.to_owned();
    if body["appKey"] != KEY {
        return Some(json!({ "result": { "code": "SIGNATURE" } }));
    }
    if let Some(before) = told.taken.get(&id) {
        told.duplicates += 1;
        return Some(before.clone());
    }
    if phone.starts_with("19999") {
        return Some(json!({ "result": { "code": "NO_SUCH_NUMBER", "message": phone } }));
    }
    let now: i64 = timestamp.parse().ok()?;
    let last = told.last.get(&phone).copied();
    if last.is_some_and(|last| now - last < GAP_MILLISECONDS) {
        return Some(json!({ "result": { "code": "LIMIT" } }));
    }
    told.last.insert(phone.clone(), now);
    let number = told.taken.len() + 1;
    let again = json!({ "result": { "code": "DUPLICATE", "id": number } });
    told.taken.insert(id.clone(), again);
    told.delivered.push((phone, text, id));
    Some(json!({ "result": { "code": "OK", "id": number } }))
}

fn serve(mut stream: TcpStream, told: &(Mutex<Told>, Condvar)) {
    let Some(request) = read(&stream) else {
        return;
    };
    let Ok(mut state) = told.0.lock() else {
        return;
    };
    state.requests += 1;
    let reply = state.replies.pop_front();
    let (status, body) = match &reply {
        Some(Reply::Status(status)) => (*status, "<html>busy</html>".to_owned()),
        Some(Reply::Code(code)) => (200, json!({ "result": { "code": code } }).to_string()),
        _ => match take(&mut state, &request) {
            Some(answer) => (200, answer.to_string()),
            None => (400, "{}".to_owned()),
        },
    };
    match reply {
        Some(Reply::Lost) => return,
        Some(Reply::Slow) => {
            state.waiting += 1;
            told.1.notify_all();
            let Ok(released) = told.1.wait_while(state, |told| !told.released) else {
                return;
            };
            drop(released);
        }
        _ => drop(state),
    }
    // Who is gone by now does not hear it.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}
