//! Connections: how long one may be silent, and how they end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use gongkai_domain::words::{Language, Words};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

/// How long the head of a request may take, and how long a connection may wait
/// for its next: who opens many and says nothing keeps none of them.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long requests in hand are waited for once the server is to stop.
const ENDING_MAX: Duration = Duration::from_secs(20);
/// A pause where the machine has no file left for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves what comes to the listener until `stop` says so, then lets the
/// requests in hand end.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    proxies: Arc<[IpNet]>,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            // An error is that nobody is left to say it.
            _ = stop.wait_for(|stopped| *stopped) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = connection(stream, from, Arc::clone(&proxies), app.clone());
                let watched = graceful.watch(connection);
                // What a client does to its own connection concerns nobody.
                tokio::spawn(async { drop(watched.await) });
            }
            Err(error) if lost_by_client(&error) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    drop(listener);
    drop(tokio::time::timeout(ENDING_MAX, graceful.shutdown()).await);
}

/// Whether only this connection is lost, before it was one.
fn lost_by_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

fn connection(
    stream: TcpStream,
    from: SocketAddr,
    proxies: Arc<[IpNet]>,
    app: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // A page is written at once; nothing waits to be joined to it.
    drop(stream.set_nodelay(true));
    let may_ask = may_ask(from.ip(), &proxies);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let from = origin(from, request.headers(), &proxies);
        request.extensions_mut().insert(ConnectInfo(from));
        let app = app.clone();
        async move {
            if may_ask {
                app.oneshot(request).await
            } else {
                Ok(past_the_proxy())
            }
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .serve_connection(TokioIo::new(stream), service)
}

/// Whether a peer is answered. Where proxies are named, TLS ends at them: what
/// comes past them from outside this machine would come, and be answered, in
/// the clear.
fn may_ask(peer: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.is_empty() || peer.to_canonical().is_loopback() || is_proxy(peer, proxies)
}

/// What is said to who comes past the proxy. Nothing is known of their
/// language, and no page of ours may be sent in the clear: one line in both.
fn past_the_proxy() -> Response<Body> {
    let said = [Language::Chinese, Language::English]
        .map(|language| Words::of(language).text("error-past-the-proxy"));
    let mut response = Response::new(Body::from(said.join("\n") + "\n"));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, text);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Where a request comes from: the peer, or, where the peer is a proxy that is
/// trusted, the last address that it names which is none of them. What anybody
/// else says of itself counts for nothing: parts are read from the end, where
/// the proxy wrote, and what a client put in front of them is never reached.
///
/// Where a proxy does not tell, the source is unknown, which is the unspecified
/// address; never the proxy's own, from which staff might be let in.
fn origin(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpNet]) -> SocketAddr {
    if !is_proxy(peer.ip(), proxies) {
        return peer;
    }
    let values: Vec<&[u8]> = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    let last = values
        .into_iter()
        .rev()
        .map(address)
        .find(|named| named.is_none_or(|ip| !is_proxy(ip, proxies)));
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    SocketAddr::new(last.flatten().unwrap_or(unknown), peer.port())
}

fn is_proxy(ip: IpAddr, proxies: &[IpNet]) -> bool {
    let ip = ip.to_canonical();
    proxies.iter().any(|net| net.contains(&ip))
}

/// An address as a proxy writes it, some of them with the port.
fn address(part: &[u8]) -> Option<IpAddr> {
    let part = std::str::from_utf8(part).ok()?.trim();
    let with_port = || part.parse::<SocketAddr>().map(|address| address.ip());
    part.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn who_comes_past_the_proxy_is_refused_in_both_languages() {
        let named: Vec<IpNet> = vec!["10.0.0.5/32".parse().expect("a network")];
        for (peer, proxies, answered) in [
            ("10.0.0.5", &named[..], true),
            ("::ffff:10.0.0.5", &named, true),
            ("127.0.0.1", &named, true),
            ("::1", &named, true),
            ("::ffff:127.0.0.1", &named, true),
            ("10.0.0.6", &named, false),
            ("203.0.113.7", &named, false),
            ("2001:db8::7", &named, false),
            ("203.0.113.7", &[], true),
        ] {
            let peer: IpAddr = peer.parse().expect("a peer");
            assert_eq!(may_ask(peer, proxies), answered, "{peer}");
        }
        let refused = past_the_proxy();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.headers()[header::CONNECTION], "close");
    }

    /// Asks a server of these proxies by one of this machine's addresses that
    /// is no loopback, as from outside.
    async fn asked(proxies: &[&str], from: IpAddr) -> String {
        let listener = TcpListener::bind((from, 0)).await.expect("a listener");
        let at = listener.local_addr().expect("its address");
        let proxies = proxies.iter().map(|net| net.parse().expect("a network"));
        let app = Router::new().fallback(|| async { "a page" });
        let (tell, stop) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, app, proxies.collect(), stop));
        let mut stream = TcpStream::connect(at).await.expect("connected");
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(head).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        tell.send_replace(true);
        serving.await.expect("it ends");
        answer
    }

    #[tokio::test]
    async fn a_page_goes_to_a_proxy_and_to_nobody_past_it() {
        // Routed nowhere: the system only picks the address it would send from.
        let own = std::net::UdpSocket::bind("0.0.0.0:0")
            .and_then(|socket| socket.connect("192.0.2.1:9").map(|()| socket))
            .and_then(|socket| socket.local_addr())
            .map(|address| address.ip());
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(asked(&["192.0.2.9/32"], loopback).await.contains("a page"));
        // A machine without any network has no outside to come from.
        let is_outside = |ip: &IpAddr| !ip.is_loopback() && !ip.is_unspecified();
        let Some(own) = own.ok().filter(is_outside) else {
            return;
        };
        assert!(asked(&[], own).await.contains("a page"));
        assert!(asked(&[&format!("{own}/32")], own).await.contains("a page"));
        let refused = asked(&["192.0.2.9/32"], own).await;
        assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
        assert!(
            !refused.contains("a page") && refused.contains("代理"),
            "{refused}"
        );
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        let proxies: Vec<IpNet> = ["127.0.0.1/32", "10.0.0.0/8"]
            .iter()
            .map(|net| net.parse().expect("a network"))
            .collect();
        for (peer, named, from) in [
            ("127.0.0.1:1", "203.0.113.7", "203.0.113.7"),
            (
                "127.0.0.1:1",
                "198.51.100.1, 203.0.113.7, 10.1.2.3",
                "203.0.113.7",
            ),
            // What the client sent stands in front of what the proxy wrote.
            ("127.0.0.1:1", "x, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1:1", "10.1.2.3, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1:1", ", ,, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1:1", "\u{e9}\u{ff}, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1:1", "203.0.113.7:4711", "203.0.113.7"),
            ("127.0.0.1:1", "[2001:db8::7]:4711", "2001:db8::7"),
            // A proxy that does not tell is not itself the source.
            ("127.0.0.1:1", "", "0.0.0.0"),
            ("127.0.0.1:1", "nonsense", "0.0.0.0"),
            ("127.0.0.1:1", "203.0.113.7, nonsense", "0.0.0.0"),
            ("127.0.0.1:1", "203.0.113.7, nonsense, 10.1.2.3", "0.0.0.0"),
            ("127.0.0.1:1", "10.1.2.3", "0.0.0.0"),
            ("[::ffff:10.1.1.1]:1", "203.0.113.7", "203.0.113.7"),
            ("192.0.2.1:1", "203.0.113.7", "192.0.2.1"),
        ] {
            let mut headers = HeaderMap::new();
            let named = HeaderValue::from_bytes(named.as_bytes()).expect("a header");
            headers.insert("x-forwarded-for", named);
            let peer: SocketAddr = peer.parse().expect("a peer");
            let found = origin(peer, &headers, &proxies);
            assert_eq!(found.ip().to_string(), from, "{peer} {headers:?}");
        }
        let peer: SocketAddr = "10.1.1.1:1".parse().expect("a peer");
        assert!(
            origin(peer, &HeaderMap::new(), &proxies)
                .ip()
                .is_unspecified()
        );
        // Two proxies, each with a field of its own: the last one counts.
        let mut headers = HeaderMap::new();
        for named in ["x", "203.0.113.7", "10.1.2.3"] {
            headers.append("x-forwarded-for", HeaderValue::from_static(named));
        }
        let found = origin(peer, &headers, &proxies);
        assert_eq!(found.ip().to_string(), "203.0.113.7");
    }
}
