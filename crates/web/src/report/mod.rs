//! The audit of annual reports, for everyone.

pub mod api;
pub mod formats;
pub mod queue;
pub mod rules;
pub mod upload;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gongkai_app::report::orders::{
    Answer, Bytes, Input, Order, PACKED_MAX, Refused, Role, Wanted, packed_refusal,
};
use gongkai_domain::words::Message;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;

use self::upload::{Brought, Refusal};
use crate::frame::modes::Modes;
use crate::frame::{Frame, page, page_with, problem};
use crate::{Shared, State};

#[derive(Template)]
#[template(path = "audit_form.html")]
struct FormPage {
    frame: Frame,
    error: Option<String>,
    samples: bool,
}

#[derive(Template)]
#[template(path = "audit_result.html")]
struct ResultPage {
    frame: Frame,
    main: String,
    /// What was read, for the next form; empty where it is too much.
    packed: String,
}

/// A line of JSON for each step.
const STEPS: &str = "application/x-ndjson";

/// `GET /audit`
pub async fn form(Extract(state): Shared, modes: Modes) -> Response {
    page(&form_page(&state, modes, None))
}

fn form_page(state: &State, modes: Modes, error: Option<&Message>) -> FormPage {
    let words = modes.words();
    FormPage {
        error: error.map(|message| words.render(message)),
        frame: Frame::new(modes, words.text("nav-audit")),
        samples: !state.samples.is_empty(),
    }
}

/// The form again, with what was wrong; files cannot be filled in again, the
/// browser's own rule.
fn refused(state: &State, modes: Modes, refusal: &Refusal) -> Response {
    let mut response = page_with(
        refusal.status(),
        &form_page(state, modes, Some(&refusal.message())),
    );
    // What is left of the body is not read.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Takes the files of a form in, in turn, as a job.
async fn received(
    state: Arc<State>,
    from: IpAddr,
    modes: &Modes,
    request: Request,
) -> Result<Job, Refusal> {
    let mut form = {
        let _turn = state.receiving.turn(from).await;
        upload::receive(request).await?
    };
    if form.files.is_empty() {
        return Err(Refusal::Nothing);
    }
    for file in &mut form.files {
        if file.input.name.is_empty() {
            file.input.name = modes.words().text("audit-pasted");
        }
    }
    Ok(Job {
        state,
        from,
        expected: form.expected,
        files: form.files,
    })
}

/// `POST /audit`
pub async fn audit(
    Extract(state): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    modes: Modes,
    request: Request,
) -> Response {
    let steps = wants_steps(request.headers());
    let job = match received(Arc::clone(&state), from.ip(), &modes, request).await {
        Ok(job) => job,
        Err(refusal) => return refused(&state, modes, &refusal),
    };
    if steps {
        return in_steps(job, modes);
    }
    let made = job.run(&modes, Wanted::Page, |_, _| {}).await;
    result(made, modes)
}

fn wants_steps(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(STEPS.as_bytes()))
}

/// The page of a result.
fn result(made: Result<Answer, Refused>, modes: Modes) -> Response {
    match made {
        Ok(answer) => page(&result_page(answer, modes)),
        Err(refused) => problem(modes, status(refused), &refused.message()),
    }
}

/// The status that tells programs why an order was not carried out.
fn status(refused: Refused) -> StatusCode {
    match refused {
        Refused::NotStarted => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn result_page(answer: Answer, modes: Modes) -> ResultPage {
    let packed = if answer.packed.len() <= PACKED_MAX {
        BASE64.encode(&answer.packed)
    } else {
        String::new()
    };
    let frame = Frame::new(modes, answer.head.title);
    ResultPage {
        frame: if packed.is_empty() {
            frame
        } else {
            frame.kept()
        },
        main: String::from_utf8_lossy(&answer.body).into_owned(),
        packed,
    }
}

/// Tells each step as a line of JSON, and the page at last; for the script,
/// which shows how far it is.
fn in_steps(job: Job, modes: Modes) -> Response {
    let (lines, coming) = unbounded_channel::<Result<String, std::convert::Infallible>>();
    tokio::spawn(async move {
        let steps = |done, of| tell(&lines, &json!({ "done": done, "of": of }));
        let made = tokio::select! {
            // Nobody listens any more: the reading processes end too.
            () = lines.closed() => return,
            made = job.run(&modes, Wanted::Page, steps) => made,
        };
        let last = match made {
            Ok(answer) => json!({ "page": result_page(answer, modes).render().ok() }),
            Err(refused) => json!({ "error": modes.words().render(&refused.message()) }),
        };
        tell(&lines, &last);
    });
    let media_type = [(header::CONTENT_TYPE, STEPS)];
    let body = Body::from_stream(UnboundedReceiverStream::new(coming));
    (media_type, body).into_response()
}

fn tell(
    lines: &UnboundedSender<Result<String, std::convert::Infallible>>,
    value: &serde_json::Value,
) {
    // Who has gone hears nothing.
    drop(lines.send(Ok(format!("{value}\n"))));
}

/// Files to be audited together, for one asker.
struct Job {
    state: Arc<State>,
    from: IpAddr,
    expected: Vec<String>,
    files: Vec<Brought>,
}

impl Job {
    /// Reads each file in a process of its own, then audits them together in
    /// another. One file alone needs only one. A file that breaks its reader
    /// is a finding among the others.
    async fn run(
        self,
        modes: &Modes,
        wanted: Wanted,
        told: impl Fn(usize, usize),
    ) -> Result<Answer, Refused> {
        let order = |wanted, inputs| Order {
            language: modes.language,
            wanted,
            which: 0,
            expected: Vec::new(),
            inputs,
        };
        let single = self.files.len() == 1;
        let of = self.files.len();
        let (mut inputs, mut bytes): (Vec<Input>, Vec<Bytes>) = (Vec::new(), Vec::new());
        told(0, of);
        for (index, file) in self.files.into_iter().enumerate() {
            let (mut input, source) = file.bytes().map_err(|_| Refused::NotStarted)?;
            let _turn = self.state.reading.turn(self.from).await;
            if single && self.expected.is_empty() {
                let whole = order(wanted, vec![input.clone()]);
                match self.state.reader.carry_out(whole, vec![source]).await {
                    Ok(answer) => return Ok(answer),
                    // The page that says so is made by another process.
                    Err(refused) => {
                        let packed = packed_refusal(&input, refused)?;
                        push(&mut inputs, &mut bytes, input, packed);
                    }
                }
                break;
            }
            let alone = order(Wanted::Documents, vec![input.clone()]);
            let packed = match self.state.reader.carry_out(alone, vec![source]).await {
                Ok(answer) => answer.packed,
                Err(Refused::NotStarted) => return Err(Refused::NotStarted),
                Err(refused) => packed_refusal(&input, refused)?,
            };
            told(index + 1, of);
            input.name.clear();
            push(&mut inputs, &mut bytes, input, packed);
        }
        let _turn = self.state.reading.turn(self.from).await;
        let together = Order {
            expected: self.expected,
            ..order(wanted, inputs)
        };
        self.state.reader.carry_out(together, bytes).await
    }
}

/// Adds what was read to the inputs of the next order.
fn push(inputs: &mut Vec<Input>, bytes: &mut Vec<Bytes>, of: Input, packed: Vec<u8>) {
    inputs.push(Input {
        packed: true,
        length: u64::try_from(packed.len()).unwrap_or(u64::MAX),
        ..of
    });
    bytes.push(Box::new(std::io::Cursor::new(packed)));
}

/// `POST /audit/sample`: the sample reports, for who has none at hand.
pub async fn sample(
    Extract(state): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    modes: Modes,
) -> Response {
    let files = state
        .samples
        .iter()
        .map(|(name, bytes)| Brought::sample(name, bytes));
    let files = match files.collect::<std::io::Result<Vec<_>>>() {
        Ok(files) if !files.is_empty() => files,
        _ => return crate::frame::missing(modes).await,
    };
    let job = Job {
        state,
        from: from.ip(),
        expected: Vec::new(),
        files,
    };
    let made = job.run(&modes, Wanted::Page, |_, _| {}).await;
    result(made, modes)
}

/// What a result's page sends to have more made of it.
#[derive(Deserialize)]
pub struct Kept {
    packed: String,
    #[serde(default)]
    which: usize,
    #[serde(default)]
    set: String,
}

impl Kept {
    /// Has something made of what was read before.
    async fn make(
        &self,
        state: &State,
        from: IpAddr,
        modes: &Modes,
        wanted: Wanted,
    ) -> Result<Answer, Refused> {
        let packed = BASE64.decode(&self.packed).map_err(|_| Refused::Damaged)?;
        let input = Input {
            name: String::new(),
            role: Role::Report,
            packed: true,
            length: u64::try_from(packed.len()).unwrap_or(u64::MAX),
        };
        let order = Order {
            language: modes.language,
            wanted,
            which: self.which,
            expected: Vec::new(),
            inputs: vec![input],
        };
        let _turn = state.reading.turn(from).await;
        let bytes: Bytes = Box::new(std::io::Cursor::new(packed));
        state.reader.carry_out(order, vec![bytes]).await
    }
}

/// `POST /audit/again`: the same result in other modes.
pub async fn again(
    Extract(state): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    mut modes: Modes,
    Form(kept): Form<Kept>,
) -> Response {
    modes.choose(&kept.set);
    let cookie = modes.cookie();
    modes.here = "/audit".to_owned();
    let made = kept.make(&state, from.ip(), &modes, Wanted::Page).await;
    let mut response = result(made, modes);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /audit/xlsx`, `/audit/json`, `/audit/html`
pub async fn download(
    Extract(state): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    modes: Modes,
    Form(kept): Form<Kept>,
) -> Response {
    let (wanted, media_type) = match uri.path() {
        "/audit/xlsx" => (
            Wanted::Workbook,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        "/audit/json" => (Wanted::Json, "application/json"),
        _ => (Wanted::Html, "text/html; charset=utf-8"),
    };
    match kept.make(&state, from.ip(), &modes, wanted).await {
        Ok(answer) => {
            let disposition = attachment(&answer.head.title);
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, answer.body).into_response()
        }
        Err(refused) => result(Err(refused), modes),
    }
}

/// A file to be saved under a name, as RFC 6266 writes it.
fn attachment(name: &str) -> HeaderValue {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}
