//! HTTP to the outside, with limits of time and size; redirects are followed
//! by hand, so that each place they lead to is looked at as the first was.

use std::sync::Arc;

use gongkai_domain::words::Message;
use ipnet::IpNet;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use url::Url;

use super::guard::{Guarded, Names, Reachable, SystemNames};
use crate::ports::{Doing, Fetcher, Incoming, Outgoing, OutsideError, Whose, with_causes};

/// HTTP. Addresses of the configuration go wherever they lead; those that
/// somebody typed go by clients that connect to nothing inside.
#[derive(Debug, Clone)]
pub struct HttpFetcher {
    configured: reqwest::Client,
    by_tls: reqwest::Client,
    /// For networks that are excepted, where TLS may be missing.
    plain: reqwest::Client,
    reachable: Reachable,
}

fn failed(error: reqwest::Error) -> OutsideError {
    // Addresses may hold signatures.
    OutsideError(with_causes(&error.without_url()))
}

fn kept(error: impl std::error::Error) -> OutsideError {
    OutsideError(error.to_string())
}

impl HttpFetcher {
    /// Clients with the system's root certificates, which except no network.
    ///
    /// # Errors
    /// [`OutsideError`] if TLS cannot be had.
    pub fn new() -> Result<Self, OutsideError> {
        Self::reaching(Vec::new(), Arc::new(SystemNames))
    }

    /// The same, with networks that are asked though they are not public, and
    /// with another way to find addresses.
    ///
    /// # Errors
    /// [`OutsideError`] if TLS cannot be had.
    pub fn reaching(excepted: Vec<IpNet>, names: Arc<dyn Names>) -> Result<Self, OutsideError> {
        // One provider for the process; another call changes nothing.
        drop(rustls::crypto::ring::default_provider().install_default());
        let reachable = Reachable {
            excepted: excepted.into(),
        };
        let client = || {
            reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
        };
        let guarded = |by_tls| {
            client()
                // A connection is made for each request, to what was looked at for it.
                .pool_max_idle_per_host(0)
                .https_only(by_tls)
                .dns_resolver(Arc::new(Guarded {
                    names: Arc::clone(&names),
                    reachable: reachable.clone(),
                    by_tls,
                }))
                .build()
                .map_err(failed)
        };
        Ok(Self {
            configured: client().build().map_err(failed)?,
            by_tls: guarded(true)?,
            plain: guarded(false)?,
            reachable,
        })
    }

    /// The client for an address, after a look at it.
    fn client(&self, url: &Url, whose: Whose) -> Result<&reqwest::Client, OutsideError> {
        match whose {
            Whose::Configured => Ok(&self.configured),
            Whose::Typed if self.reachable.may_ask(url).map_err(kept)? => Ok(&self.by_tls),
            Whose::Typed => Ok(&self.plain),
        }
    }

    /// One request and its answer, without its body.
    async fn hop(&self, going: &Hop, whose: Whose) -> Result<reqwest::Response, OutsideError> {
        let client = self.client(&going.url, whose)?;
        let mut request = client
            .request(going.method.clone(), going.url.clone())
            .body(going.body.clone());
        for (name, value) in &going.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(failed)?;
        // What was connected to is what was looked at; a second look costs nothing.
        if let (Whose::Typed, Some(at)) = (whose, answer.remote_addr()) {
            let by_tls = going.url.scheme() == "https";
            self.reachable.may_connect(at.ip(), by_tls).map_err(kept)?;
        }
        Ok(answer)
    }

    async fn whole(&self, request: Outgoing) -> Result<Incoming, OutsideError> {
        let limits = request.limits;
        let mut whose = request.whose;
        let mut going = Hop {
            method: reqwest::Method::from_bytes(request.method.as_bytes()).map_err(kept)?,
            url: Url::parse(&request.url).map_err(kept)?,
            headers: request.headers,
            body: request.body,
        };
        let mut left = limits.redirects_max;
        let mut answer = loop {
            let answer = self.hop(&going, whose).await?;
            let Some(to) = leads_to(&going.url, &answer) else {
                break answer;
            };
            // Where none is followed, the answer is told as it is.
            if limits.redirects_max == 0 {
                break answer;
            }
            left = left
                .checked_sub(1)
                .ok_or_else(|| OutsideError("it leads on too often".to_owned()))?;
            if to.origin() != going.url.origin() {
                // What another host is sent to is no word of the configuration,
                // and what was meant for one host is not told to another.
                whose = Whose::Typed;
                going.headers.clear();
            }
            going.url = to;
            if !matches!(answer.status().as_u16(), 307 | 308) && going.method != "HEAD" {
                going.method = reqwest::Method::GET;
                going.body.clear();
            }
        };
        let status = answer.status().as_u16();
        let media_type = answer.headers().get(CONTENT_TYPE);
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
    }
}

/// One request of several that follow each other.
struct Hop {
    method: reqwest::Method,
    url: Url,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Where an answer leads, if it leads elsewhere.
fn leads_to(from: &Url, answer: &reqwest::Response) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = answer.headers().get(LOCATION)?.to_str().ok()?;
    from.join(to).ok()
}

impl Fetcher for HttpFetcher {
    fn fetch(&self, request: Outgoing) -> Doing<'_, Result<Incoming, OutsideError>> {
        Box::pin(async move {
            // All hops and the whole answer together.
            let time = request.limits.time;
            let whole = tokio::time::timeout(time, self.whole(request)).await;
            whole.unwrap_or_else(|_| Err(OutsideError("it takes too long".to_owned())))
        })
    }

    fn refusal(&self, url: &Url) -> Option<Message> {
        self.reachable.may_ask(url).err().map(|kept| kept.message())
    }
}
