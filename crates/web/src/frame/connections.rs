//! Connections: how long one may be silent, and how they end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
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
pub async fn serve(listener: TcpListener, app: Router, mut stop: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            // An error is that nobody is left to say it.
            _ = stop.wait_for(|stopped| *stopped) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = connection(stream, from, app.clone());
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
    app: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // A page is written at once; nothing waits to be joined to it.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        app.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
