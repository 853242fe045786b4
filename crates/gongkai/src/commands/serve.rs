//! `gongkai serve` and `gongkai demo`: the pages, and the jobs behind them.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_app::calendar::adopt_folder;
use gongkai_app::demo::{self, Cases, City, DemoError, PassingClock, Someone};
use gongkai_app::house::House;
use gongkai_app::jobs::{self, Runner};
use gongkai_app::outside::SystemClock;
use gongkai_app::people::{Hasher, Provider};
use gongkai_app::ports::with_causes;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::words::Message;
use gongkai_web::Server;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::one_processor::OneProcessor;
use super::{Session, say};
use crate::config::{Config, Oidc};
use crate::failure::Failure;
use crate::ground::{self, Places};
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
    let listen = listen.unwrap_or(config.server.listen);
    let house = Housed {
        config,
        places,
        city: None,
    };
    open(session, listen, reader, &house)
}

/// Where a house is, and who is to live there.
struct Housed {
    config: Config,
    places: Places,
    /// An invented city with what its citizens ask, for an empty house.
    city: Option<(City, Cases)>,
}

fn open(
    session: &Session,
    listen: SocketAddr,
    reader: ProcessReader,
    housed: &Housed,
) -> Result<ExitCode, Failure> {
    let Housed {
        config,
        places,
        city,
    } = housed;
    let _written_out_at_the_end = crate::logs::begin(&places.logs(config), config.logs.days)?;
    if let Some(at) = config.metrics.listen {
        metrics(at)?;
    }
    config.may_listen(listen)?;
    let provider = config.oidc.as_ref().map(Oidc::provider).transpose()?;
    let kept = city.as_ref().map(|_| OneProcessor::keep());
    let runtime = runtime().map_err(|error| failed(listen, error))?;
    let clock = Arc::new(PassingClock::new(Arc::new(SystemClock)));
    let (house, keys) = match city {
        None => runtime.block_on(ground::house(places, config))?,
        Some(_) => runtime.block_on(ground::thrown_away(places, config, clock.clone()))?,
    };
    runtime.block_on(adopt_folder(&house.db, &session.folder, house.now()))?;
    // Nothing works in an invented city before it has come to the present.
    let (setup, people) = match city {
        None => (
            runtime.block_on(gongkai_app::people::setup_token(&house))?,
            None,
        ),
        Some(city) => (
            None,
            Some(runtime.block_on(inhabited(&house, &clock, city))?),
        ),
    };
    drop(kept);
    let (tell, stop) = stopped_by_signals(&runtime).map_err(|error| failed(listen, error))?;
    // Two jobs at once: a mail server that keeps silent keeps the trail and
    // the backups not waiting.
    let runner = || Runner::new(house.clone(), jobs::works(), jobs::SCHEDULES);
    let working = runtime.spawn({
        let (one, other, stop) = (runner(), runner(), stop.clone());
        async move {
            tokio::join!(one.run(stop.clone()), other.run(stop));
        }
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
    let opening = Opening {
        message: match people {
            None => "serve-opened",
            Some(_) => "demo-opened",
        },
        setup,
        people,
        house: house.clone(),
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

/// The invented city of the demonstration.
const CITY: &str = include_str!("../../samples/city.json");
/// What its citizens ask, and how it goes on.
const CASES: &str = include_str!("../../samples/cases.json");

/// Serves the pages with sample reports, and the office of an invented city in
/// a folder that is gone at the end.
pub fn demo(session: &Session, listen: SocketAddr) -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir().map_err(|error| failed(listen, error))?;
    let house = Housed {
        config: Config::default(),
        places: Places {
            folder: folder.path().join("data"),
        },
        city: Some((
            City::parse(CITY).map_err(|error| not_made(&error))?,
            Cases::parse(CASES).map_err(|error| not_made(&error))?,
        )),
    };
    open(session, listen, ProcessReader::default(), &house)
}

fn not_made(error: &DemoError) -> Failure {
    Failure::new(Message::new("demo-failed").with("reason", with_causes(error)))
}

/// Has the people of a city move in and live through its months; they, and the
/// password of them all.
async fn inhabited(
    house: &House,
    clock: &PassingClock,
    (city, cases): &(City, Cases),
) -> Result<(Vec<Someone>, String), Failure> {
    let hasher = Hasher::new(Arc::clone(&house.chance)).light();
    let drawn = house.token();
    let password = format!("Jingming-{}-{}", &drawn[..5], &drawn[5..10]);
    let people = demo::live(house, clock, &hasher, city, cases, &password).await;
    Ok((people.map_err(|error| not_made(&error))?, password))
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
    /// The people of an invented city, and their password.
    people: Option<(Vec<Someone>, String)>,
    house: House,
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
    let calendar = Calendar::built_in();
    let listener = TcpListener::bind(listen).map_err(|error| failed(listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| failed(listen, error))?;
    let server = Server::new(Arc::new(reader), calendar, super::demo::SAMPLES);
    let server = server.behind(opening.proxies);
    let server = server.with_office(opening.house);
    let server = match opening.provider {
        Some(provider) => server.with_provider(provider),
        None => server,
    };
    let is_demo = opening.people.is_some();
    let server = match opening.people {
        Some((people, password)) => server.with_demo(people, password),
        None => server,
    };
    let address = format!("http://{address}/");
    let message = Message::new(opening.message).with("address", &address);
    say(&session.words.render(&message))?;
    if is_demo {
        let message = Message::new("demo-people").with("address", &address);
        say(&session.words.render(&message))?;
    }
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
