//! `gongkai serve`: the pages.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_domain::words::Message;
use gongkai_web::Server;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

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
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = Server::new(Arc::new(reader), calendar, super::demo::SAMPLES);
    let stop = stopped_by_signals().map_err(failed)?;
    let message = Message::new(opened).with("address", format!("http://{address}/"));
    say(&session.words.render(&message))?;
    server.run(&listener, &stop).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}

/// Turns true when the process is told to stop, by a service manager or from
/// the keyboard.
fn stopped_by_signals() -> std::io::Result<watch::Receiver<bool>> {
    let (told, stop) = watch::channel(false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        )
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        told.send_replace(true);
    });
    Ok(stop)
}
