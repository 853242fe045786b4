//! Connections: how long one may be silent, and how they end.

use std::net::{IpAddr, SocketAddr};
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
/// else says of itself counts for nothing.
fn origin(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpNet]) -> SocketAddr {
    let is_proxy = |ip: IpAddr| proxies.iter().any(|net| net.contains(&ip.to_canonical()));
    if !is_proxy(peer.ip()) {
        return peer;
    }
    let named = headers.get_all("x-forwarded-for").into_iter();
    let named: Vec<IpAddr> = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map_while(|part| part.trim().parse().ok())
        .collect();
    let last = named.into_iter().rev().find(|ip| !is_proxy(*ip));
    last.map_or(peer, |ip| SocketAddr::new(ip, peer.port()))
}

#[cfg(test)]
mod tests {
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
            ("127.0.0.1:1", "", "127.0.0.1"),
            ("127.0.0.1:1", "nonsense", "127.0.0.1"),
            ("[::ffff:10.1.1.1]:1", "203.0.113.7", "203.0.113.7"),
            ("192.0.2.1:1", "203.0.113.7", "192.0.2.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", named.parse().expect("a header"));
            let peer = peer.parse().expect("a peer");
            let found = origin(peer, &headers, &proxies);
            assert_eq!(found.ip().to_string(), from, "{peer} {named}");
        }
    }
}
