//! An installation that people have come into, for servers of the binary on
//! either engine.

use gongkai_store::Engine;

use crate::browser::Server;
use crate::house::TestHouse;
use crate::people::{Office, Staff};

/// A house of a test's own, its three administrators, and the configuration by
/// which the binary serves it. The clock of the test stands at the system's
/// time.
#[derive(Debug)]
pub struct Installation {
    /// The house, as the test looks into it.
    pub test: TestHouse,
    /// Its office.
    pub office: Office,
    /// System, security, audit.
    pub people: [Staff; 3],
    config: String,
}

impl Installation {
    /// A new one.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, "").await
    }

    /// The same, with more in its configuration.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn with(engine: Engine, more: &str) -> Self {
        let test = TestHouse::new(engine).await;
        test.clock.set(gongkai_app::ports::Clock::now(
            &gongkai_app::outside::SystemClock,
        ));
        let office = Office::new(test.house.clone());
        let people = office.administrators().await;
        let folder = test.test.folder.path();
        let master = folder.join("master.key");
        std::fs::write(&master, "07".repeat(32)).expect("the master key");
        let config = folder.join("gongkai.toml");
        let text = format!(
            "[database]\nurl = '{}'\n[keys]\nurl = '{}'\nmaster_file = '{}'\n[blobs]\nfolder = '{}'\n{more}\n",
            test.test.options.url,
            test.test.keys_options.url,
            master.display(),
            folder.join("blobs").display(),
        );
        std::fs::write(&config, text).expect("a configuration");
        Self {
            config: config.display().to_string(),
            test,
            office,
            people,
        }
    }

    /// One more node of it.
    ///
    /// # Panics
    /// If it does not start.
    pub fn node(&self, binary: &str) -> Server {
        self.node_with(binary, &[])
    }

    /// The same, started with more on its command line.
    ///
    /// # Panics
    /// If it does not start.
    pub fn node_with(&self, binary: &str, arguments: &[&str]) -> Server {
        let own = ["serve", "--config", &self.config];
        Server::start(binary, &[&own, arguments].concat())
    }
}

impl Staff {
    /// The cookie of their session.
    pub fn cookie(&self) -> String {
        format!("__Host-gongkai={}", self.token)
    }
}
