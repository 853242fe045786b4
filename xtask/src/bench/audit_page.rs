//! The pages beside the command line's own time and beside nginx.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use gongkai_testkit::browser::Server;
use gongkai_testkit::http;

use super::{Bound, Figure, median, quietly, timed};
use crate::{shell, tools};

const ROUNDS: usize = 15;
/// Requests a round, by each of two connections.
const REQUESTS: usize = 2_000;

/// nginx, ended with the bench.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let id = self.0.id().to_string();
        drop(Command::new("kill").args(["-QUIT", &id]).status());
        drop(self.0.wait());
    }
}

/// Serves a folder on a free port of loopback.
fn nginx(folder: &Path) -> Result<(Nginx, String), String> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| error.to_string())?
        .port();
    let folder = folder.display();
    let settings = format!(
        "daemon off;\nworker_processes 2;\npid {folder}/pid;\nerror_log {folder}/errors;\n\
         events {{ worker_connections 512; }}\nhttp {{ access_log off; types {{ text/html html; }}\n\
         client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;\n\
         uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5; keepalive_requests 1000000;\n\
         server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    );
    let path = format!("{folder}/settings");
    std::fs::write(&path, settings).map_err(|error| error.to_string())?;
    let child = Command::new("nginx")
        .args(["-c", &path])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("nginx does not start: {error}"))?;
    let address = format!("127.0.0.1:{port}");
    while TcpStream::connect(&address).is_err() {
        std::thread::yield_now();
    }
    Ok((Nginx(child), address))
}

/// Asks for a page again and again on one connection.
fn ask(address: &str, path: &str, times: usize) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut reader = BufReader::new(stream.try_clone().map_err(failed)?);
    let mut writer = stream;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut body = Vec::new();
    for _ in 0..times {
        writer.write_all(request.as_bytes()).map_err(failed)?;
        let mut length = 0u64;
        let mut line = String::new();
        loop {
            line.clear();
            reader.read_line(&mut line).map_err(failed)?;
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| "no length".to_owned())?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        if length == 0 {
            return Err(format!("{path} has no body"));
        }
        body.clear();
        (&mut reader)
            .take(length)
            .read_to_end(&mut body)
            .map_err(failed)?;
    }
    Ok(())
}

/// Two connections at once.
fn rush(address: &str, path: &str) -> Result<f64, String> {
    let seconds = timed(|| {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| ask(address, path, REQUESTS));
            ask(address, path, REQUESTS)?;
            other.join().map_err(|_| "a client broke".to_owned())?
        })
    })?;
    Ok(seconds / (2 * REQUESTS) as f64)
}

/// The 99th of a hundred times that a page takes.
fn slow(address: &str, times: usize) -> Result<f64, String> {
    let mut seconds = Vec::new();
    for _ in 0..times {
        seconds.push(timed(|| ask(address, "/", 1))?);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[times * 99 / 100])
}

/// Memory of a process, in MiB.
pub(super) fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib: Option<f64> = status.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// Measures the pages.
pub fn figures() -> Result<Vec<Figure>, String> {
    tools::for_page_benches()?;
    shell::say("building the release binary");
    shell::cargo(&["build", "--release", "--quiet", "--package", "gongkai"])?;
    let root = shell::root();
    let gongkai = root.join("target/release/gongkai");
    let sample = root.join("crates/gongkai/samples/water-2024.html");
    let sample_path = sample.to_string_lossy();
    // The pages alone; the house behind them has a limit of its own.
    let server = Server::start(&gongkai.to_string_lossy(), &["serve"]);
    let host = server.address.trim_start_matches("http://").to_owned();
    ask(&host, "/", 1)?;
    let idle = resident(server.id());
    // nginx serves the very bytes of the page.
    let folder = root.join("target/bench-nginx");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let rules = http::get(&server.address, "/rules").body;
    std::fs::write(folder.join("rules.html"), &rules).map_err(|error| error.to_string())?;
    let (_peer, peer) = nginx(&folder)?;
    let report = std::fs::read(&sample).map_err(|error| error.to_string())?;
    let form = http::form(&[("report", b"water-2024.html", &report)]);
    let (mut page, mut line, mut ours, mut theirs) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        page.push(timed(|| {
            let answer = http::post(&server.address, "/audit", &form);
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.body)
            }
        })?);
        let arguments = ["report", "audit", "--format", "html", &*sample_path];
        line.push(timed(|| quietly(&gongkai, &arguments))?);
        ours.push(rush(&host, "/rules")?);
        theirs.push(rush(&peer, "/rules.html")?);
    }
    let quiet = slow(&host, 500)?;
    let stop = AtomicBool::new(false);
    let busy = std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                // Other people's machines would not take time from ours.
                let _ = rustix::process::nice(19);
                while !stop.load(Ordering::Relaxed) {
                    http::post(&server.address, "/audit", &form);
                }
            });
        }
        let busy = slow(&host, 500);
        stop.store(true, Ordering::Relaxed);
        busy
    })?;
    let after = resident(server.id());
    let (page, line) = (median(page), median(line));
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(vec![
        Figure {
            name: "upload_to_verdict",
            value: page / line,
            unit: "×",
            target: (Bound::AtMost, 3.0),
            note: format!(
                "an HTML report: page {:.1} ms, command line {:.1} ms",
                page * 1000.0,
                line * 1000.0
            ),
        },
        Figure {
            name: "static_page_vs_nginx",
            value: theirs / ours,
            unit: "×",
            target: (Bound::AtLeast, 0.5),
            note: format!(
                "/rules, {} bytes, two connections: ours {:.0} a second, nginx {:.0}",
                rules.len(),
                1.0 / ours,
                1.0 / theirs
            ),
        },
        Figure {
            name: "idle_memory",
            value: idle,
            unit: "MiB",
            target: (Bound::AtMost, 40.0),
            note: format!("after 200 uploads at once: {after:.1} MiB"),
        },
        Figure {
            name: "page_beside_200_uploads",
            value: busy / quiet,
            unit: "×",
            target: (Bound::AtMost, 3.0),
            note: format!(
                "p99 of the front page: idle {:.2} ms, beside them {:.2} ms (client on the same two cores)",
                quiet * 1000.0,
                busy * 1000.0
            ),
        },
    ])
}
