//! `gongkai serve`: the pages.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_domain::words::Message;
use gongkai_web::Server;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Session, say};
use crate::failure::Failure;
use crate::reader::ProcessReader;

/// Serves until it is told to stop. `opened` is said once with the address.
pub fn run(
    session: &Session,
    listen: SocketAddr,
    reader: ProcessReader,
    opened: &'static str,
) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Message::new("serve-failed")
                .with("address", listen)
                .with("reason", error),
        )
    };
    let calendar = session.calendar()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let server = Server::new(Arc::new(reader), calendar, super::demo::SAMPLES);
        say(&session
            .words
            .render(&Message::new(opened).with("address", format!("http://{address}/"))))?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        server.run(listener, stop).await.map_err(failed)
    })?;
    Ok(ExitCode::SUCCESS)
}
