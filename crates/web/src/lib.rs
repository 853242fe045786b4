//! The pages: routes, forms, templates, modes, security headers.
//!
//! A page parses what was asked into domain types once, calls one use case,
//! and shows the result. Every page works without script; script improves.
//! Start with [`Server`].

mod frame;
mod help;
mod office;
mod portal;
mod report;
mod requests;
pub mod routes;

pub use frame::access::ACCESS;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use gongkai_app::report::orders::Reader;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::settings::Values;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, watch};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use gongkai_app::demo::Someone;
use gongkai_app::house::House;
use gongkai_app::people::Provider;
use gongkai_app::store::StoreError;

use crate::frame::connections;
use crate::frame::headers::RenderedPages;
use crate::frame::modes::WithOffice;
use crate::office::Office;
use crate::report::queue::FairQueue;

/// A sample report that anyone may audit: its name and its bytes.
pub type Sample = (&'static str, &'static [u8]);

/// What every handler may use.
struct State {
    reader: Arc<dyn Reader>,
    /// The calendars where there is no house.
    calendar: Arc<Calendar>,
    samples: &'static [Sample],
    /// Turns at reading, by where the asker comes from.
    reading: FairQueue,
    /// Turns at sending a file.
    receiving: FairQueue,
    /// Pages that need not be rendered anew.
    pages: RenderedPages,
    /// The office, where there is a house.
    office: Option<Arc<Office>>,
    /// Proxies whose word on where a request comes from counts.
    proxies: Arc<[IpNet]>,
}

impl State {
    /// The calendars in force: those of the house, as of now.
    async fn calendar(&self) -> Result<Arc<Calendar>, StoreError> {
        match &self.office {
            Some(office) => gongkai_app::calendar::in_force(&office.house).await,
            None => Ok(Arc::clone(&self.calendar)),
        }
    }

    /// What is set; without a house, nothing.
    async fn settings(&self) -> Result<Values, StoreError> {
        match &self.office {
            Some(office) => gongkai_app::settings::values(&office.house).await,
            None => Ok(Values::default()),
        }
    }
}

type Shared = axum::extract::State<Arc<State>>;

/// Uploads that are received at once, whatever their number of askers.
const RECEIVING_MAX: usize = 32;
/// How many of them one address may keep.
const RECEIVING_EACH_MAX: usize = 8;
/// Forms that bring no file: what was read, packed and written in letters.
const FORM_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A page takes milliseconds; an upload on a slow line takes minutes.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(300);

/// The server of the pages.
pub struct Server {
    state: Arc<State>,
}

impl Server {
    /// A server that reads strangers' files by `reader` and, as long as it has no
    /// house, reckons dates by `calendar`.
    pub fn new(reader: Arc<dyn Reader>, calendar: Calendar, samples: &'static [Sample]) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            state: Arc::new(State {
                reader,
                calendar: Arc::new(calendar),
                samples,
                reading: FairQueue::new(processors),
                receiving: FairQueue::new(RECEIVING_MAX).at_most_each(RECEIVING_EACH_MAX),
                pages: RenderedPages::default(),
                office: None,
                proxies: Arc::from([]),
            }),
        }
    }

    /// The same, with the office of a house.
    pub fn with_office(mut self, house: House) -> Self {
        // Nobody else has it before it serves.
        if let Some(state) = Arc::get_mut(&mut self.state) {
            state.office = Some(Arc::new(Office::new(house)));
        }
        self
    }

    /// The same, with a provider through which staff may come in too.
    pub fn with_provider(mut self, provider: Provider) -> Self {
        let state = Arc::get_mut(&mut self.state);
        let office = state.and_then(|state| state.office.as_mut());
        if let Some(office) = office.and_then(Arc::get_mut) {
            office.provider = Some(provider);
        }
        self
    }

    /// The same, with the people of an invented city on a page: anybody may come
    /// in as any of them.
    pub fn with_demo(mut self, people: Vec<Someone>, password: String) -> Self {
        let state = Arc::get_mut(&mut self.state);
        let office = state.and_then(|state| state.office.as_mut());
        if let Some(office) = office.and_then(Arc::get_mut) {
            office.demo = Some(office::demo::Demo { people, password });
        }
        self
    }

    /// The same, behind proxies that speak TLS and say where requests come from.
    pub fn behind(mut self, proxies: Vec<IpNet>) -> Self {
        if let Some(state) = Arc::get_mut(&mut self.state) {
            state.proxies = Arc::from(proxies);
        }
        self
    }

    fn router(&self) -> Router {
        let state = Arc::clone(&self.state);
        let with_office = state.office.is_some();
        let marked = option_layer(with_office.then_some(Extension(WithOffice)));
        routes::router(with_office)
            .fallback(frame::missing)
            .method_not_allowed_fallback(frame::wrong_method)
            .layer(from_fn(frame::in_words))
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .layer(from_fn_with_state(
                Arc::clone(&state),
                frame::headers::validators,
            ))
            .layer(from_fn_with_state(
                Arc::clone(&state),
                frame::headers::same_site,
            ))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                REQUEST_TIME_MAX,
            ))
            .layer(CatchPanicLayer::custom(frame::panicked))
            .layer(CompressionLayer::new())
            .layer(marked)
            .layer(from_fn(frame::access::line))
            .layer(from_fn_with_state(
                Arc::clone(&state),
                frame::headers::security,
            ))
            .with_state(state)
    }

    /// Serves until `stop` says so, then lets the requests in hand end. Each
    /// thread has a runtime of its own and takes connections from the one
    /// socket: handing a request from thread to thread costs more than a page.
    ///
    /// # Errors
    /// What the listener or a runtime meets.
    pub fn run(
        &self,
        listener: &std::net::TcpListener,
        stop: &watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        // A connection to the database belongs to the thread that opened it and
        // is used by all: each ends when all have ended.
        let ended = Barrier::new(threads);
        std::thread::scope(|scope| {
            let serving: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| self.serve(listener.try_clone()?, stop.clone(), &ended)))
                .collect();
            for thread in serving {
                thread
                    .join()
                    .map_err(|_| std::io::Error::other("a thread broke"))??;
            }
            Ok(())
        })
    }

    /// One thread's share.
    fn serve(
        &self,
        listener: std::net::TcpListener,
        stop: watch::Receiver<bool>,
        ended: &Barrier,
    ) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            let proxies = Arc::clone(&self.state.proxies);
            connections::serve(listener, self.router(), proxies, stop).await;
            ended.wait().await;
            Ok(())
        })
    }
}
