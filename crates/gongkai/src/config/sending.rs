//! What goes out: the mail server, the gateway for text messages, and where
//! requests may go.

use std::path::PathBuf;

use gongkai_app::outside::{MailSettings, Security, SmsAnswer, SmsSettings};
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::words::Message;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::secret;
use crate::failure::Failure;

/// Where requests may go whose address somebody types, such as a webhook's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outgoing {
    /// Networks that are asked though they are not public, and without TLS
    /// too: receivers in the own intranet.
    pub networks: Vec<IpNet>,
}

/// How a mail server is talked to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// TLS after a word in the open.
    Starttls,
    /// None: for a server on this machine alone.
    None,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port; 465, 587 or 25, by the security.
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    /// Who we are to it.
    pub user: Option<String>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A certificate beside the system's that it may have, as PEM.
    pub ca_file: Option<PathBuf>,
    /// From whom mail comes.
    pub from: String,
    /// The name before that address.
    pub from_name: Option<String>,
}

fn wrong(key: &str, reason: &str) -> Failure {
    Failure::new(
        Message::new("config-wrong")
            .with("place", key)
            .with("reason", reason),
    )
}

/// Whether a name is this machine's own, as far as the name alone tells. What
/// it leads to is looked at once more when it is connected to.
fn is_here(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl Mail {
    /// Refuses what could not be sent, or would travel open.
    pub fn checked(&self) -> Result<(), Failure> {
        if self.security == MailSecurity::None && !is_here(&self.host) {
            return Err(Failure::new(Message::new("config-mail-open")));
        }
        if self.user.is_some() != self.password_file.is_some() {
            return Err(wrong("mail.user", "user and password_file go together"));
        }
        self.sender().map(drop)?;
        self.sender_name().map(drop)
    }

    fn sender(&self) -> Result<MailAddress, Failure> {
        MailAddress::parse(&self.from).map_err(|error| wrong("mail.from", &error.to_string()))
    }

    fn sender_name(&self) -> Result<Option<Line>, Failure> {
        let name = self.from_name.as_deref().map(Line::parse).transpose();
        name.map_err(|error| wrong("mail.from_name", &error.to_string()))
    }

    /// How the server is used, with what its files hold.
    pub fn settings(&self) -> Result<MailSettings, Failure> {
        let (security, usual) = match self.security {
            MailSecurity::Implicit => (Security::Implicit, 465),
            MailSecurity::Starttls => (Security::Starttls, 587),
            MailSecurity::None => (Security::None, 25),
        };
        let credentials = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => Some((user.clone(), secret(file)?)),
            _ => None,
        };
        let certificate = self.ca_file.as_deref().map(secret).transpose()?;
        Ok(MailSettings {
            host: self.host.clone(),
            port: self.port.unwrap_or(usual),
            security,
            credentials,
            certificate: certificate.map(String::into_bytes),
            from: self.sender()?,
            from_name: self.sender_name()?,
        })
    }
}

/// A gateway for text messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Where it is asked.
    pub url: String,
    /// Who we are to it.
    #[serde(default)]
    pub key: String,
    /// A file that holds the secret of signatures.
    pub secret_file: PathBuf,
    /// The header that holds the signature.
    #[serde(default = "signature_header")]
    pub signature_header: String,
    /// The header that holds the time.
    #[serde(default = "timestamp_header")]
    pub timestamp_header: String,
    /// What is signed.
    #[serde(default = "signed")]
    pub signed: String,
    /// What is sent, with `{phone}`, `{text}`, `{id}`, `{key}`, `{timestamp}`.
    pub request: serde_json::Value,
    /// How answers are read.
    pub answer: SmsAnswer,
}

fn signature_header() -> String {
    "X-Signature".to_owned()
}

fn timestamp_header() -> String {
    "X-Timestamp".to_owned()
}

fn signed() -> String {
    "{timestamp}\n{body}".to_owned()
}

impl Sms {
    /// Refuses a gateway that could not know what it is sent.
    pub fn checked(&self) -> Result<(), Failure> {
        let url = url::Url::parse(&self.url).ok();
        let is_web = |url: &url::Url| {
            url.scheme() == "https"
                || (url.scheme() == "http" && url.host_str().is_some_and(is_here))
        };
        if !url.as_ref().is_some_and(is_web) {
            return Err(Failure::new(Message::new("config-sms-open")));
        }
        let request = self.request.to_string();
        for needed in ["{phone}", "{text}", "{id}"] {
            if !request.contains(needed) {
                return Err(wrong("sms.request", &format!("{needed} is missing")));
            }
        }
        for (key, header) in [
            ("sms.signature_header", &self.signature_header),
            ("sms.timestamp_header", &self.timestamp_header),
        ] {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if header.is_empty() || !header.bytes().all(is_name) {
                return Err(wrong(key, "this is no name of a header"));
            }
        }
        Ok(())
    }

    /// How the gateway is used, with what its file holds.
    pub fn settings(&self) -> Result<SmsSettings, Failure> {
        Ok(SmsSettings {
            url: self.url.clone(),
            key: self.key.clone(),
            secret: secret(&self.secret_file)?,
            request: self.request.clone(),
            signature_header: self.signature_header.clone(),
            timestamp_header: self.timestamp_header.clone(),
            signed: self.signed.clone(),
            answer: self.answer.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::{Language, Words};

    use crate::config::Config;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("gongkai.toml"), text).expect("written");
        let environment = environment.iter();
        let environment =
            environment.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(None, folder.path(), environment)
            .map_err(|failure| failure.text(Words::of(Language::English)))
    }

    const MAIL: &str = "[mail]\nhost = 'mx.example.gov.cn'\nfrom = 'gk@example.gov.cn'\n";

    #[test]
    fn mail_never_leaves_this_machine_in_the_open() {
        assert!(read(MAIL, &[]).is_ok());
        for (lines, good) in [
            (
                "security = 'starttls'\nfrom_name = '云溪县政务公开办'",
                true,
            ),
            ("security = 'none'", false),
            ("user = 'gk'", false),
            ("password_file = 'p'", false),
            ("user = 'gk'\npassword_file = 'p'", true),
            ("from_name = \"a\\r\\nBcc: x@example.gov.cn\"", false),
            ("security = 'plain'", false),
            ("password = 'geheim'", false),
        ] {
            let found = read(&format!("{MAIL}{lines}"), &[]);
            assert_eq!(found.is_ok(), good, "{lines}: {found:?}");
            assert!(!format!("{:?}", found.err()).contains("geheim"));
        }
        for (host, good) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("10.0.0.1", false),
        ] {
            let text = format!("[mail]\nhost = '{host}'\nsecurity = 'none'\nfrom = 'gk@a.cn'");
            assert_eq!(read(&text, &[]).is_ok(), good, "{host}");
        }
        let environment = [("GONGKAI_MAIL_PORT", "2525"), ("GONGKAI_MAIL_USER", "1007")];
        let text = format!("{MAIL}password_file = 'p'");
        let mail = read(&text, &environment).expect("a configuration").mail;
        let mail = mail.expect("a mail server");
        assert_eq!(
            (mail.port, mail.user.as_deref()),
            (Some(2525), Some("1007"))
        );
    }

    #[test]
    fn a_gateway_is_told_who_what_and_by_which_name() {
        let text = |url: &str, request: &str| {
            format!(
                "[sms]\nurl = '{url}'\nsecret_file = 's'\nrequest = {request}\nanswer = {{ code = '/code', sent = ['0'] }}"
            )
        };
        let whole = "{ mobiles = ['{phone}'], content = '【云溪】{text}', clientId = '{id}' }";
        let sms = read(&text("https://sms.example/v1", whole), &[]).expect("a configuration");
        assert!(sms.redacted().contains("{phone}"));
        for (url, request) in [
            ("http://sms.example/v1", whole),
            ("ftp://sms.example/v1", whole),
            ("https://sms.example/v1", "{ to = '{phone}', id = '{id}' }"),
            (
                "https://sms.example/v1",
                "{ to = '{phone}', text = '{text}' }",
            ),
        ] {
            assert!(read(&text(url, request), &[]).is_err(), "{url} {request}");
        }
    }

    #[test]
    fn networks_are_excepted_by_name() {
        let environment = [("GONGKAI_OUTGOING_NETWORKS", "10.8.0.0/16,fd00::/8")];
        let outgoing = read("", &environment).expect("a configuration").outgoing;
        assert_eq!(outgoing.networks.len(), 2);
        assert!(read("[outgoing]\nnetworks = ['intranet']", &[]).is_err());
    }
}
