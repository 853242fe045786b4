//! Requests over a plain connection, byte by byte, as an attacker or a slow
//! line would send them.

use std::io::{Read, Write};
use std::net::TcpStream;

const BOUNDARY: &str = "----gongkai-test-boundary";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, as it came.
    pub head: String,
    /// Its body as text.
    pub body: String,
}

impl Answer {
    /// What the head says under a name, once for each time.
    pub fn fields(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }
}

/// The form of an upload: each file with its field, name and bytes.
pub fn form(files: &[(&str, &[u8], &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, name, bytes) in files {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\""
            )
            .as_bytes(),
        );
        body.extend_from_slice(name);
        body.extend_from_slice(b"\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Opens a connection to `http://HOST:PORT`.
///
/// # Panics
/// If nobody listens.
pub fn connect(address: &str) -> TcpStream {
    let host = address.trim_start_matches("http://");
    TcpStream::connect(host).expect("the server listens")
}

/// The head of a request that brings a form of so many bytes.
pub fn head(path: &str, length: u64) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh-CN\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Reads the answer to the end.
///
/// # Panics
/// If there is none.
pub fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A server that refuses a body may close before it is sent whole.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Sends a form and reads the answer.
///
/// # Panics
/// If there is none.
pub fn post(address: &str, path: &str, form: &[u8]) -> Answer {
    let mut stream = connect(address);
    let length = u64::try_from(form.len()).expect("a length");
    stream
        .write_all(head(path, length).as_bytes())
        .and_then(|()| stream.write_all(form))
        .expect("it is sent");
    answer(&mut stream)
}

/// Asks for a page.
///
/// # Panics
/// If there is no answer.
pub fn get(address: &str, path: &str) -> Answer {
    let mut stream = connect(address);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .expect("it is sent");
    answer(&mut stream)
}

/// Sends the fields of a form, as a browser would.
///
/// # Panics
/// If there is no answer.
pub fn post_form(address: &str, path: &str, fields: &str) -> Answer {
    ask(address, "POST", path, "", fields)
}

/// Asks in any way, with a cookie where there is one.
///
/// # Panics
/// If there is no answer.
pub fn ask(address: &str, method: &str, path: &str, cookie: &str, fields: &str) -> Answer {
    let mut stream = connect(address);
    let cookie = match cookie {
        "" => String::new(),
        cookie => format!("Cookie: {cookie}\r\n"),
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh-CN\r\nConnection: close\r\n{cookie}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{fields}",
        fields.len()
    )
    .expect("it is sent");
    answer(&mut stream)
}

/// Has a file: its bytes, of an answer that all is well.
///
/// # Panics
/// If there is none.
pub fn download(address: &str, method: &str, path: &str, cookie: &str, fields: &str) -> Vec<u8> {
    let mut stream = connect(address);
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh-CN\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{fields}",
        fields.len()
    )
    .expect("it is sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let body = bytes.split_off(end.expect("a head") + 4);
    let head = String::from_utf8_lossy(&bytes);
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    body
}

/// Sends an upload with a cookie.
///
/// # Panics
/// If there is no answer.
pub fn post_as(address: &str, path: &str, cookie: &str, form: &[u8]) -> Answer {
    let mut stream = connect(address);
    let length = u64::try_from(form.len()).expect("a length");
    let cookie = match cookie {
        "" => "\r\n\r\n".to_owned(),
        cookie => format!("\r\nCookie: {cookie}\r\n\r\n"),
    };
    let head = head(path, length).replace("\r\n\r\n", &cookie);
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(form))
        .expect("it is sent");
    answer(&mut stream)
}
