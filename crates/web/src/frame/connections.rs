//! Connections: how long one may be silent, and how they end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
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
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let from = origin(from, request.headers(), &proxies);
        request.extensions_mut().insert(ConnectInfo(from));
        app.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .serve_connection(TokioIo::new(stream), service)
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
    use axum::http::HeaderValue;

    use super::*;

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
