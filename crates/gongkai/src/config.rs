//! The configuration: one TOML file, then the environment. Without either,
//! everything lies in the data folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gongkai_app::house::Inspecting;
use gongkai_app::inspection::{Clamd, ClamdAddress};
use gongkai_app::people::{Provider, ProviderSettings};
use gongkai_app::ports::VirusScanner;
use gongkai_domain::inspection::expressions;
use gongkai_domain::organization::identity::TrustedFactors;
use gongkai_domain::words::Message;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

mod sending;

pub use sending::{Mail, Outgoing, Sms};

/// Everything that can be set, with what holds where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub keys: Keys,
    pub blobs: Blobs,
    pub backup: Backup,
    pub logs: Logs,
    pub metrics: Metrics,
    pub inspection: Inspection,
    /// A provider through which staff may come in too; none without it.
    pub oidc: Option<Oidc>,
    /// Where requests may go whose address somebody types.
    pub outgoing: Outgoing,
    /// A mail server; mails lie in the folder `mail` without it.
    pub mail: Option<Mail>,
    /// A gateway for text messages; they lie in the folder `sms` without it.
    pub sms: Option<Sms>,
}

/// The pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Where to listen. Plain HTTP: beyond this machine only behind a proxy
    /// that speaks TLS.
    pub listen: SocketAddr,
    /// Networks of the proxies in front, whose word on where a request comes
    /// from counts.
    pub proxies: Vec<IpNet>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7110)),
            proxies: Vec::new(),
        }
    }
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`; the file `gongkai.sqlite` in the data
    /// folder where nothing is said.
    pub url: Option<String>,
    /// A file that holds the address, where it holds a password.
    pub url_file: Option<PathBuf>,
    /// Connections at most.
    pub connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            connections: 8,
        }
    }
}

/// The store of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Its address; `keys/keys.sqlite` in the data folder. Nodes that share a
    /// PostgreSQL must share this one too.
    pub url: Option<String>,
    /// A file that holds the address.
    pub url_file: Option<PathBuf>,
    /// The master keys, one a line, the newest first.
    pub master_file: Option<PathBuf>,
}

/// Where attachments lie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Blobs {
    /// A folder; `blobs` in the data folder.
    pub folder: Option<PathBuf>,
    /// An object store instead.
    pub s3: Option<S3>,
}

/// An object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    pub endpoint: String,
    pub bucket: String,
    /// What the names of our objects begin with: an installation removes what
    /// lies there and is not named, so each has its own.
    #[serde(default = "usual_prefix")]
    pub prefix: String,
    #[serde(default)]
    pub region: String,
    pub key: String,
    /// A file that holds the secret.
    pub secret_file: PathBuf,
}

fn usual_prefix() -> String {
    "gongkai/".to_owned()
}

/// Backups that the house makes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// Where to; without it, the house makes none.
    pub folder: Option<PathBuf>,
    /// Where the keys go: another place than the records.
    pub keys_folder: Option<PathBuf>,
    /// Days that backups of records are kept.
    pub days: i64,
    /// Days that backups of keys are kept: how long what was erased can still
    /// be read by who has both.
    pub keys_days: i64,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            folder: None,
            keys_folder: None,
            days: 90,
            keys_days: 30,
        }
    }
}

/// What is written down of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// Where the access log goes, a file a day; `logs` in the data folder.
    pub folder: Option<PathBuf>,
    /// Days that it is kept: a year at least
    /// (互联网政务应用安全管理规定 第二十条).
    pub days: usize,
}

/// A year and a day more.
const LOG_DAYS_MIN: usize = 366;

impl Default for Logs {
    fn default() -> Self {
        Self {
            folder: None,
            days: 400,
        }
    }
}

/// Figures for Prometheus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Where to offer them, on this machine alone; without it, nowhere.
    pub listen: Option<SocketAddr>,
}

/// What files are inspected with beside our own rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inspection {
    /// Where clamd listens: `tcp:127.0.0.1:3310` or `unix:/run/clamav/clamd.ctl`.
    /// Where it is set, no file passes without its word.
    pub clamd: Option<String>,
    /// Seconds that clamd has for a file.
    pub clamd_seconds: u64,
    /// A file of expressions, in the form of our own.
    pub expressions: Option<PathBuf>,
}

impl Default for Inspection {
    fn default() -> Self {
        Self {
            clamd: None,
            clamd_seconds: 30,
            expressions: None,
        }
    }
}

impl Inspection {
    fn address(&self) -> Result<Option<ClamdAddress>, Failure> {
        let Some(text) = &self.clamd else {
            return Ok(None);
        };
        let address = match text.split_once(':') {
            Some(("tcp", at)) => at.parse().ok().map(ClamdAddress::Tcp),
            Some(("unix", path)) if path.starts_with('/') => {
                Some(ClamdAddress::Unix(PathBuf::from(path)))
            }
            _ => None,
        };
        let wrong = || Failure::new(Message::new("config-clamd").with("text", text));
        address.map(Some).ok_or_else(wrong)
    }

    /// The scanner, and the expressions as they are handed on.
    pub fn inspecting(&self) -> Result<Inspecting, Failure> {
        let scanner = self.address()?.map(|address| {
            let time = Duration::from_secs(self.clamd_seconds);
            let scanner: Arc<dyn VirusScanner> = Arc::new(Clamd::new(address, time));
            scanner
        });
        let expressions = match &self.expressions {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| Failure::file("file-unreadable", path, &error))?;
                expressions::read(&text)
                    .map_err(|error| Failure::file("file-unreadable", path, &error))?;
                text.into_bytes()
            }
            None => Vec::new(),
        };
        Ok(Inspecting {
            scanner,
            expressions: Arc::from(expressions),
        })
    }
}

/// An OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its address, letter for letter as its tokens name it.
    pub issuer: String,
    pub client_id: String,
    /// A file that holds the client's secret.
    pub client_secret_file: Option<PathBuf>,
    /// What the button calls it, in Chinese and in English.
    pub name_zh: Option<String>,
    pub name_en: Option<String>,
    /// Where browsers find this installation: `https://` and the host.
    pub redirect_base: String,
    /// Hosts beside the issuer's where it keeps tokens or keys.
    #[serde(default)]
    pub origins: Vec<String>,
    /// What is asked for beside `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Values of `amr`, any of which counts as the second factor.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// Values of `acr` that count as the second factor.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
    /// The claim that says who somebody is; `sub`.
    pub subject_claim: Option<String>,
}

impl Oidc {
    /// The provider, with the secret that is given.
    fn with_secret(&self, client_secret: Option<String>) -> Result<Provider, Failure> {
        Provider::new(ProviderSettings {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret,
            redirect_base: self.redirect_base.clone(),
            origins: self.origins.clone(),
            scopes: self.scopes.clone(),
            factors: TrustedFactors {
                methods: self.second_factor_amr.clone(),
                classes: self.second_factor_acr.clone(),
            },
            subject_claim: self.subject_claim.clone().unwrap_or_default(),
            names: [self.name_zh.clone(), self.name_en.clone()],
        })
        .map_err(Failure::new)
    }

    /// The provider.
    pub fn provider(&self) -> Result<Provider, Failure> {
        let file = self.client_secret_file.as_deref();
        self.with_secret(file.map(secret).transpose()?)
    }
}

/// Keys that hold lists: in the environment, with commas.
const LISTS: [&str; 6] = [
    "networks",
    "proxies",
    "origins",
    "scopes",
    "second_factor_amr",
    "second_factor_acr",
];

/// Sections, for names of the environment such as `GONGKAI_DATABASE_URL`.
const SECTIONS: [&str; 12] = [
    "server",
    "database",
    "keys",
    "blobs",
    "backup",
    "logs",
    "metrics",
    "inspection",
    "oidc",
    "outgoing",
    "mail",
    "sms",
];

/// What is wrong with the file, and in which line. Never the line itself, nor
/// a value of it: it may hold a password.
fn wrong_in(place: &str, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count() + 1);
    let place = line.map_or_else(|| place.to_owned(), |line| format!("{place}:{line}"));
    wrong(&place, &without_value(error.message()))
}

/// What is said of a value, without the value: `invalid type: string "…",
/// expected u16`.
fn without_value(message: &str) -> String {
    let of_value = ["invalid type", "invalid value", "invalid length"]
        .into_iter()
        .find(|kind| message.starts_with(kind));
    match (of_value, message.rsplit_once(", expected ")) {
        (Some(kind), Some((_, expected))) => format!("{kind}, expected {expected}"),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => message.to_owned(),
    }
}

fn wrong(place: &str, reason: &impl ToString) -> Failure {
    Failure::new(
        Message::new("config-wrong")
            .with("place", place)
            .with("reason", reason.to_string().trim().replace('\n', " ")),
    )
}

impl Config {
    /// Reads the file, if there is one, and then the environment.
    pub fn read(
        asked: Option<&Path>,
        folder: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Failure> {
        let usual = folder.join("gongkai.toml");
        let path = asked.unwrap_or(&usual);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => return Err(wrong(&path.display().to_string(), &error)),
        };
        let place = path.display().to_string();
        // The file alone first, so that an error names the file.
        let in_file = |error| wrong_in(&place, &text, &error);
        toml::from_str::<Self>(&text).map_err(in_file)?;
        let mut table: toml::Table = text.parse().map_err(in_file)?;
        for (name, value) in environment {
            overlay(&mut table, &name, &value).map_err(|reason| wrong(&name, &reason))?;
        }
        let config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| wrong_in("GONGKAI_*", "", &error))?;
        config.checked()
    }

    /// Refuses plain HTTP to the outside: passwords and sessions would travel
    /// open. Beyond this machine a proxy that speaks TLS must be named.
    pub fn may_listen(&self, at: SocketAddr) -> Result<(), Failure> {
        if at.ip().is_loopback() || !self.server.proxies.is_empty() {
            return Ok(());
        }
        let message = Message::new("config-plain-outside").with("address", at);
        Err(Failure::new(message))
    }

    fn checked(self) -> Result<Self, Failure> {
        if self.logs.days < LOG_DAYS_MIN {
            return Err(Failure::new(
                Message::new("config-log-days").with("least", LOG_DAYS_MIN),
            ));
        }
        if self.metrics.listen.is_some_and(|at| !at.ip().is_loopback()) {
            return Err(Failure::new(Message::new("config-metrics-outside")));
        }
        let prefix = self.blobs.s3.as_ref().map(|s3| s3.prefix.as_str());
        if prefix.is_some_and(|prefix| !is_prefix(prefix)) {
            return Err(Failure::new(Message::new("config-blobs-prefix")));
        }
        self.inspection.address()?;
        if let Some(oidc) = &self.oidc {
            oidc.with_secret(None)?;
        }
        if let Some(mail) = &self.mail {
            mail.checked()?;
        }
        if let Some(sms) = &self.sms {
            sms.checked()?;
        }
        let shared = self.database.url.is_some() || self.database.url_file.is_some();
        let postgres = database_url(&self.database.url, self.database.url_file.as_deref())?
            .is_some_and(|url| !url.starts_with("sqlite:"));
        if shared && postgres && self.keys.url.is_none() && self.keys.url_file.is_none() {
            return Err(Failure::new(Message::new("config-keys-apart")));
        }
        Ok(self)
    }

    /// As TOML, with what is secret blacked out.
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        for url in [&mut shown.database.url, &mut shown.keys.url]
            .into_iter()
            .flatten()
        {
            *url = without_password(url);
        }
        toml::to_string_pretty(&shown).unwrap_or_default()
    }
}

/// Whether a text may stand before the names of objects: letters, digits,
/// `.`, `_`, `-` and `/`, with `/` at the end and not at the beginning.
fn is_prefix(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    text.ends_with('/') && !text.starts_with('/') && text.bytes().all(plain)
}

/// Parameters of an address that are secret.
const SECRETS: [&str; 4] = ["password", "sslkey", "ssl-key", "sslpassword"];
const BLACKED: &str = "***";

/// An address as it may be shown. Where it cannot be told what of it is the
/// password, only its scheme is.
pub fn without_password(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    shown(text).unwrap_or_else(|| match text.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://{BLACKED}"),
        None => BLACKED.to_owned(),
    })
}

fn shown(text: &str) -> Option<String> {
    let mut url = url::Url::parse(text).ok()?;
    url.host_str()?;
    // A password that was not written as addresses ask ends before its `/`,
    // `?` or `#`: what follows is a part of it.
    let rest = [Some(url.path()), url.query(), url.fragment()];
    if rest.into_iter().flatten().any(|part| part.contains('@')) {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some(BLACKED)).ok()?;
    }
    let is_secret = |name: &str| SECRETS.contains(&name.to_ascii_lowercase().as_str());
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut query = url.query_pairs_mut();
        query.clear();
        for (name, value) in &pairs {
            let value = if is_secret(name) {
                BLACKED
            } else {
                value.as_str()
            };
            query.append_pair(name, value);
        }
        drop(query);
    }
    Some(url.into())
}

/// The address that was given, in words or in a file.
pub fn database_url(url: &Option<String>, file: Option<&Path>) -> Result<Option<String>, Failure> {
    match (url, file) {
        (Some(url), _) => Ok(Some(url.clone())),
        (None, Some(file)) => secret(file).map(Some),
        (None, None) => Ok(None),
    }
}

/// What a secret's file holds.
pub fn secret(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| wrong(&file.display().to_string(), &error))?;
    Ok(text.trim().to_owned())
}

/// Puts `GONGKAI_SECTION_KEY` where it belongs; other names are none of ours.
fn overlay(table: &mut toml::Table, name: &str, value: &str) -> Result<(), String> {
    let Some(name) = name.strip_prefix("GONGKAI_") else {
        return Ok(());
    };
    let name = name.to_ascii_lowercase();
    let Some((section, key)) = SECTIONS
        .iter()
        .find_map(|section| Some((*section, name.strip_prefix(section)?.strip_prefix('_')?)))
    else {
        return Ok(());
    };
    let text = |text: &str| toml::Value::String(text.trim().to_owned());
    let value = match value.parse::<i64>() {
        _ if LISTS.contains(&key) => toml::Value::Array(value.split(',').map(text).collect()),
        // A client may be called by a number, to a provider, a mail server or a gateway.
        Ok(number) if !["oidc", "mail", "sms"].contains(&section) || key == "port" => {
            toml::Value::Integer(number)
        }
        _ => text(value),
    };
    let mut place = table
        .entry(section)
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    let mut key = key;
    if let Some(rest) = key.strip_prefix("s3_").filter(|_| section == "blobs") {
        place = place
            .as_table_mut()
            .ok_or("a section is a table")?
            .entry("s3")
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        key = rest;
    }
    let place = place.as_table_mut().ok_or("a section is a table")?;
    place.insert(key.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests;
