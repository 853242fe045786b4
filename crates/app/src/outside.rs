//! The real outside: the system's clock and chance, HTTP.

use jiff::Timestamp;

use crate::ports::{Chance, Clock, Doing, Fetcher, Incoming, Outgoing, OutsideError};

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The system's chance.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        // Without chance there are no keys: nothing may go on.
        #[expect(clippy::expect_used, reason = "a system without chance must stop")]
        getrandom::fill(bytes).expect("the system gives chance");
    }
}

/// HTTP, without redirects and with limits of time and size.
#[derive(Debug, Clone)]
pub struct HttpFetcher {
    client: reqwest::Client,
}

fn failed(error: reqwest::Error) -> OutsideError {
    // Addresses may hold signatures.
    OutsideError(error.without_url().to_string())
}

impl HttpFetcher {
    /// A client with the system's root certificates.
    ///
    /// # Errors
    /// [`OutsideError`] if TLS cannot be had.
    pub fn new() -> Result<Self, OutsideError> {
        // One provider for the process; another call changes nothing.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(failed)?;
        Ok(Self { client })
    }
}

impl Fetcher for HttpFetcher {
    fn fetch(&self, request: Outgoing) -> Doing<'_, Result<Incoming, OutsideError>> {
        Box::pin(async move {
            let method = reqwest::Method::from_bytes(request.method.as_bytes())
                .map_err(|error| OutsideError(error.to_string()))?;
            let limits = request.limits;
            let mut going = self.client.request(method, request.url);
            going = going.timeout(limits.time).body(request.body);
            for (name, value) in request.headers {
                going = going.header(name, value);
            }
            let mut answer = going.send().await.map_err(failed)?;
            let status = answer.status().as_u16();
            let media_type = answer.headers().get(reqwest::header::CONTENT_TYPE);
            let media_type = media_type.and_then(|value| value.to_str().ok());
            let media_type = media_type.map(ToOwned::to_owned);
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(failed)? {
                if body.len() + chunk.len() > limits.answer_bytes_max {
                    return Err(OutsideError("the answer is too large".to_owned()));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Incoming {
                status,
                media_type,
                body,
            })
        })
    }
}
