//! `gongkai serve` and `gongkai demo`: the pages, and the jobs behind them.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_app::calendar::adopt_folder;
use gongkai_app::house::House;
use gongkai_app::jobs::{self, Runner};
use gongkai_app::people::Provider;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::words::Message;
use gongkai_web::Server;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Session, say};
use crate::config::Oidc;
use crate::failure::Failure;
use crate::ground;
use crate::reader::ProcessReader;

/// What the process ends with when writing failed in a way that only a restart
/// settles (`EX_IOERR` of sysexits.h): a service manager starts it again.
const BROKEN: u8 = 74;

fn failed(address: impl std::fmt::Display, reason: impl std::fmt::Display) -> Failure {
    Failure::new(
        Message::new("serve-failed")
            .with("address", address)
            .with("reason", reason),
    )
}

/// Serves the pages, with the house behind them, until it is told to stop.
pub fn run(
    session: &Session,
    listen: Option<SocketAddr>,
    reader: ProcessReader,
) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let _written_out_at_the_end = crate::logs::begin(&places.logs(&config), config.logs.days)?;
    if let Some(at) = config.metrics.listen {
        metrics(at)?;
    }
    let listen = listen.unwrap_or(config.server.listen);
    config.may_listen(listen)?;
    let provider = config.oidc.as_ref().map(Oidc::provider).transpose()?;
    let runtime = runtime().map_err(|error| failed(listen, error))?;
    let (house, keys) = runtime.block_on(ground::house(&places, &config))?;
    runtime.block_on(adopt_folder(&house.db, &session.folder, house.now()))?;
    let (tell, stop) = stopped_by_signals(&runtime).map_err(|error| failed(listen, error))?;
    let runner = Runner::new(house.clone(), jobs::works(), jobs::SCHEDULES);
    let working = runtime.spawn({
        let stop = stop.clone();
        async move { runner.run(stop).await }
    });
    let watching = runtime.spawn({
        let (db, keys, stop) = (house.db.clone(), keys.clone(), stop.clone());
        async move {
            let broken = async {
                tokio::select! {
                    () = db.broken() => {}
                    () = keys.broken() => {}
                }
            };
            watch(working, broken, stop, tell).await
        }
    });
    let setup = runtime.block_on(gongkai_app::people::setup_token(&house))?;
    let opening = Opening {
        message: "serve-opened",
        setup,
        house: Some(house.clone()),
        proxies: config.server.proxies.clone(),
        provider,
    };
    serve(session, listen, reader, &stop, opening)?;
    let is_broken = runtime.block_on(async {
        // A job in hand ends first.
        let is_broken = watching.await.unwrap_or(true);
        house.db.close().await;
        keys.close().await;
        is_broken
    });
    Ok(if is_broken {
        ExitCode::from(BROKEN)
    } else {
        ExitCode::SUCCESS
    })
}

/// Waits until the jobs have ended; whether something broke. Where writing
/// breaks, or the jobs end although nobody stopped them, everything is to stop:
/// a site without jobs would chain no trail and make no backup, and say nothing.
async fn watch(
    mut working: JoinHandle<()>,
    broken: impl Future<Output = ()>,
    stop: watch::Receiver<bool>,
    tell: watch::Sender<bool>,
) -> bool {
    let ended = tokio::select! {
        () = broken => None,
        ended = &mut working => Some(ended),
    };
    match ended {
        Some(Ok(())) if *stop.borrow() => return false,
        Some(_) => tracing::error!("the jobs ended by themselves; stopping"),
        None => {
            tracing::error!("writing failed in a way that only a restart settles; stopping");
        }
    }
    tell.send_replace(true);
    if ended.is_none() {
        drop(working.await);
    }
    true
}

/// Offers figures for Prometheus, on this machine alone.
fn metrics(listen: SocketAddr) -> Result<(), Failure> {
    PrometheusBuilder::new()
        .with_http_listener(listen)
        .set_buckets(&SECONDS)
        .and_then(PrometheusBuilder::install)
        .map_err(|error| failed(listen, error))
}

/// Bounds by which durations are counted.
const SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Serves the pages alone, with sample reports.
pub fn demo(session: &Session, listen: SocketAddr) -> Result<ExitCode, Failure> {
    let runtime = runtime().map_err(|error| failed(listen, error))?;
    let (_tell, stop) = stopped_by_signals(&runtime).map_err(|error| failed(listen, error))?;
    let opening = Opening {
        message: "demo-opened",
        setup: None,
        house: None,
        proxies: Vec::new(),
        provider: None,
    };
    serve(session, listen, ProcessReader::default(), &stop, opening)?;
    Ok(ExitCode::SUCCESS)
}

/// The runtime of the store and the jobs; the pages have their own.
fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("ground")
        .enable_all()
        .build()
}

/// What is said when the pages open, and what they have behind them.
struct Opening {
    message: &'static str,
    /// The token that sets up a house where nobody is.
    setup: Option<String>,
    house: Option<House>,
    proxies: Vec<IpNet>,
    /// The other door of the house.
    provider: Option<Provider>,
}

/// Opens the pages; the address is said once.
fn serve(
    session: &Session,
    listen: SocketAddr,
    reader: ProcessReader,
    stop: &watch::Receiver<bool>,
    opening: Opening,
) -> Result<(), Failure> {
    // A house brings its own, and all its nodes the same.
    let calendar = match &opening.house {
        Some(_) => Calendar::built_in(),
        None => gongkai_app::calendar::of_folder(&session.folder)?,
    };
    let listener = TcpListener::bind(listen).map_err(|error| failed(listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| failed(listen, error))?;
    let server = Server::new(Arc::new(reader), calendar, super::demo::SAMPLES);
    let server = server.behind(opening.proxies);
    let server = match opening.house {
        Some(house) => server.with_office(house),
        None => server,
    };
    let server = match opening.provider {
        Some(provider) => server.with_provider(provider),
        None => server,
    };
    let address = format!("http://{address}/");
    let message = Message::new(opening.message).with("address", &address);
    say(&session.words.render(&message))?;
    if let Some(token) = opening.setup {
        let message = Message::new("serve-setup").with("address", &address);
        say(&session.words.render(&message.with("token", token)))?;
    }
    server
        .run(&listener, stop)
        .map_err(|error| failed(listen, error))
}

/// Turns true when the process is told to stop, by a service manager or from
/// the keyboard, or by itself through what it gives back first.
fn stopped_by_signals(
    runtime: &Runtime,
) -> std::io::Result<(watch::Sender<bool>, watch::Receiver<bool>)> {
    let (tell, stop) = watch::channel(false);
    let _inside = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    runtime.spawn({
        let tell = tell.clone();
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tell.send_replace(true);
        }
    });
    Ok((tell, stop))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn watched(
        work: impl Future<Output = ()> + Send + 'static,
        broken: impl Future<Output = ()>,
        is_stopped: bool,
    ) -> (bool, bool) {
        let (tell, stop) = watch::channel(is_stopped);
        let is_broken = watch(tokio::spawn(work), broken, stop.clone(), tell).await;
        let is_told = *stop.borrow();
        (is_broken, is_told)
    }

    #[tokio::test]
    async fn a_site_whose_jobs_are_gone_stops() {
        use std::future::{pending, ready};
        let panicking = async { panic!("a fault of the runner's own") };
        assert_eq!(watched(panicking, pending(), false).await, (true, true));
        assert_eq!(watched(ready(()), pending(), false).await, (true, true));
        assert_eq!(watched(ready(()), pending(), true).await, (false, true));
        assert_eq!(watched(ready(()), ready(()), false).await, (true, true));
    }
}
