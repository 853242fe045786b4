//! Headers that every response carries, validators, and the refusal of forms
//! that another site sends.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gongkai_domain::words::Message;
use sha2::{Digest, Sha256};

use super::modes::Modes;
use super::problem;
use crate::State;

/// Nothing from elsewhere, nothing inline, no frame around us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A year of nothing but TLS.
const TLS_ONLY: &str = "max-age=31536000";

/// Sets the headers of every response, errors and files among them.
pub async fn security(
    Extract(state): Extract<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let leaves = request.method() == Method::POST && request.uri().path() == "/office/sign-out";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !state.proxies.is_empty() {
        // TLS ends at the proxy: whoever came once comes by it from then on.
        let tls = HeaderValue::from_static(TLS_ONLY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, tls);
    }
    if leaves {
        // How the pages look is a cookie, and stays.
        let seen = HeaderValue::from_static("\"cache\", \"storage\"");
        headers.insert(HeaderName::from_static("clear-site-data"), seen);
    }
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Pages of our own making are below this; nothing else is given a validator.
const VALIDATED_MAX: usize = 8 * 1024 * 1024;

/// Pages that only their modes change: rendered once.
const UNCHANGING: [&str; 6] = ["/", "/audit", "/rules", "/formats", "/api", "/design"];

/// A page as it was rendered.
#[derive(Debug, Clone)]
struct Rendered {
    media_type: HeaderValue,
    tag: HeaderValue,
    bytes: Bytes,
}

/// Pages as they were rendered, by path and modes: a few dozen.
#[derive(Debug, Default)]
pub struct RenderedPages(RwLock<HashMap<(String, String), Rendered>>);

/// Gives pages that are asked for an ETag, and answers 304 to who has it.
pub async fn validators(
    Extract(state): Extract<Arc<State>>,
    modes: Modes,
    request: Request,
    next: Next,
) -> Response {
    // What the office shows, and what is somebody's own, is kept by nobody.
    let own = ["/office", "/apply", "/draft", "/track"];
    let inside = own
        .iter()
        .any(|room| request.uri().path().starts_with(room));
    if request.method() != Method::GET || inside {
        return next.run(request).await;
    }
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let unchanging = request.uri().query().is_none() && UNCHANGING.contains(&request.uri().path());
    let key = (request.uri().path().to_owned(), modes.name());
    if unchanging {
        let pages = &state.pages.0;
        let found = pages
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(rendered) = found {
            return answer(rendered, known.as_ref(), HeaderMap::new());
        }
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, VALIDATED_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let digest = Sha256::digest(&bytes);
    let tag: String = digest[..12].iter().map(|b| format!("{b:02x}")).collect();
    // Weak: the same page is sent packed in several ways.
    let Ok(tag) = HeaderValue::from_str(&format!("W/\"{tag}\"")) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let text = HeaderValue::from_static("text/html; charset=utf-8");
    let rendered = Rendered {
        media_type: parts
            .headers
            .get(header::CONTENT_TYPE)
            .cloned()
            .unwrap_or(text),
        tag,
        bytes,
    };
    if unchanging {
        let mut pages = state
            .pages
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        pages.insert(key, rendered.clone());
    }
    answer(rendered, known.as_ref(), parts.headers)
}

/// A page, or word that it is the same as the one already there.
fn answer(rendered: Rendered, known: Option<&HeaderValue>, mut headers: HeaderMap) -> Response {
    let same = known.is_some_and(|known| {
        known.to_str().is_ok_and(|known| {
            known
                .split(',')
                .any(|one| one.trim().as_bytes() == rendered.tag.as_bytes())
        })
    });
    headers.insert(header::ETAG, rendered.tag);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.append(
        header::VARY,
        HeaderValue::from_static("cookie, accept-language"),
    );
    if same {
        headers.remove(header::CONTENT_TYPE);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, rendered.media_type);
    (headers, rendered.bytes).into_response()
}

/// Refuses what another site's page sends in a visitor's name. Programs that
/// are no browser send neither header and pass.
pub async fn same_site(
    Extract(_): Extract<Arc<State>>,
    modes: Modes,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::POST && is_foreign(request.headers()) {
        return problem(
            modes,
            StatusCode::FORBIDDEN,
            &Message::new("error-cross-site"),
        );
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => match (text(header::ORIGIN), text(header::HOST)) {
            (Some(origin), Some(host)) => origin
                .split_once("://")
                .is_none_or(|(_, from)| from != host),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_told_from_ours() {
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (
                &[("origin", "http://a.example:80"), ("host", "a.example:80")],
                false,
            ),
            (
                &[("origin", "http://b.example"), ("host", "a.example")],
                true,
            ),
            (&[("origin", "null"), ("host", "a.example")], true),
            (&[("host", "a.example")], false),
        ];
        for (given, foreign) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in *given {
                headers.insert(
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
            }
            assert_eq!(is_foreign(&headers), *foreign, "{given:?}");
        }
    }
}
