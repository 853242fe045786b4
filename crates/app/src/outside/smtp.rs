//! Mail over SMTP. Each step tells whose fault it is when it fails: a server
//! that does not let us in is no reason to lose a mail, an address that does
//! not exist is.

use std::net::IpAddr;
use std::time::Duration;

use gongkai_domain::outbox::{Line, MailAddress};
use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;

use crate::ports::{Doing, Mail, Mailer, NotSent, OutsideError};

/// How a connection to the mail server is kept from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 3.3).
    Implicit,
    /// TLS after a word in the open; without it, nothing is sent.
    Starttls,
    /// None: for a server on this machine alone.
    None,
}

/// Where the mail server is and who we are to it.
#[derive(Clone)]
pub struct MailSettings {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is talked to.
    pub security: Security,
    /// Who we are to it, and the password; none where it asks for none.
    pub credentials: Option<(String, String)>,
    /// A certificate beside the system's that it may have, as PEM.
    pub certificate: Option<Vec<u8>>,
    /// From whom mail comes.
    pub from: MailAddress,
    /// The name before that address.
    pub from_name: Option<Line>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Longer than any server should take for one mail (RFC 5321 4.5.3.2 allows
/// ten minutes for its end alone; a lease is shorter).
const TIME_MAX: Duration = Duration::from_secs(120);
/// To the first word of a server.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(20);

/// A mail server.
#[derive(Clone)]
pub struct SmtpMailer {
    settings: MailSettings,
    from: Mailbox,
    tls: Option<TlsParameters>,
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(f)
    }
}

fn outside(error: impl std::fmt::Display) -> OutsideError {
    OutsideError(error.to_string())
}

fn address(of: &MailAddress) -> Result<Address, lettre::address::AddressError> {
    of.as_str().parse()
}

impl SmtpMailer {
    /// A mail server of these settings; it is not asked yet.
    ///
    /// # Errors
    /// [`OutsideError`] if the certificate is none.
    pub fn new(settings: MailSettings) -> Result<Self, OutsideError> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let tls = match settings.security {
            Security::None => None,
            Security::Implicit | Security::Starttls => {
                let mut tls = TlsParameters::builder(settings.host.clone());
                if let Some(pem) = &settings.certificate {
                    tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(outside)?);
                }
                Some(tls.build().map_err(outside)?)
            }
        };
        let name = settings.from_name.as_ref();
        let name = name.map(|name| name.as_str().to_owned());
        let from = Mailbox::new(name, address(&settings.from).map_err(outside)?);
        Ok(Self {
            settings,
            from,
            tls,
        })
    }

    /// Comes in at the server and goes again.
    ///
    /// # Errors
    /// [`NotSent`] says what is wrong.
    pub async fn look(&self) -> Result<(), NotSent> {
        let mut connection = in_time(self.connect()).await?;
        connection.abort().await;
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, NotSent> {
        let settings = &self.settings;
        let server = |error: Error| NotSent::Server(told(&error));
        let hello = ClientId::default();
        let at = (settings.host.as_str(), settings.port);
        let implicit = self
            .tls
            .clone()
            .filter(|_| settings.security == Security::Implicit);
        let time = Some(CONNECT_TIME_MAX);
        let mut connection = if settings.security == Security::None {
            // What is not sealed goes to this machine alone, whatever the name
            // leads to by now.
            let here = here(&settings.host).await?;
            AsyncSmtpConnection::connect_tokio1((here, settings.port), time, &hello, None, None)
                .await
        } else {
            AsyncSmtpConnection::connect_tokio1(at, time, &hello, implicit, None).await
        }
        .map_err(server)?;
        if let (Security::Starttls, Some(tls)) = (settings.security, &self.tls) {
            connection
                .starttls(tls.clone(), &hello)
                .await
                .map_err(server)?;
        }
        if let Some((user, password)) = &settings.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await
                .map_err(server)?;
        }
        Ok(connection)
    }

    /// The mail in the form in which it travels.
    fn written(&self, mail: &Mail) -> Result<Message, NotSent> {
        // It is made anew at every try, and would be wrong at each.
        let wrong = |error: &dyn std::fmt::Display| NotSent::Refused(error.to_string());
        let to = address(&mail.to).map_err(|error| wrong(&error))?;
        let id = format!("<{}@{}>", mail.id, self.settings.from.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(id))
            .date(mail.at.into())
            .subject(mail.subject.as_str());
        let text = SinglePart::plain(mail.text.clone());
        if mail.attachments.is_empty() {
            return message.singlepart(text).map_err(|error| wrong(&error));
        }
        let mut parts = MultiPart::mixed().singlepart(text);
        for file in &mail.attachments {
            let kind = ContentType::parse(&file.media_type).map_err(|error| wrong(&error))?;
            let attachment = Attachment::new(file.name.as_str().to_owned());
            parts = parts.singlepart(attachment.body(file.bytes.clone(), kind));
        }
        message.multipart(parts).map_err(|error| wrong(&error))
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), NotSent> {
        let message = self.written(mail)?;
        let bytes = message.formatted();
        let recipient = address(&mail.to).map_err(|error| NotSent::Refused(error.to_string()))?;
        let mut connection = self.connect().await?;
        let sender = Some(self.from.email.clone());
        // A sender that is not taken is a fault of the configuration.
        let done = match connection.command(MailFrom::new(sender, Vec::new())).await {
            Err(error) => Err(NotSent::Server(told(&error))),
            Ok(_) => match connection.command(Rcpt::new(recipient, Vec::new())).await {
                Err(error) => Err(of_this_mail(&error)),
                Ok(_) => match connection.command(Data).await {
                    Err(error) => Err(of_this_mail(&error)),
                    Ok(_) => connection
                        .message(&bytes)
                        .await
                        .map(drop)
                        .map_err(|error| of_this_mail(&error)),
                },
            },
        };
        // It is taken or not by now; how the server takes leave says nothing.
        connection.abort().await;
        done
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), NotSent>> {
        Box::pin(in_time(self.deliver(mail)))
    }
}

async fn in_time<T>(doing: impl Future<Output = Result<T, NotSent>>) -> Result<T, NotSent> {
    let done = tokio::time::timeout(TIME_MAX, doing).await;
    done.unwrap_or_else(|_| Err(NotSent::Server("the mail server takes too long".to_owned())))
}

/// The address of a host that is this machine.
async fn here(host: &str) -> Result<IpAddr, NotSent> {
    let failed = |reason: String| NotSent::Server(reason);
    let found = tokio::net::lookup_host((host, 0)).await;
    let found: Vec<IpAddr> = found
        .map_err(|error| failed(error.to_string()))?
        .map(|at| at.ip())
        .collect();
    let outside = || failed("without TLS mail goes to this machine alone".to_owned());
    if found.iter().any(|at| !at.is_loopback()) {
        return Err(outside());
    }
    found.first().copied().ok_or_else(outside)
}

/// What a server says of one mail or its receiver: a lasting refusal is one, a
/// passing one and a connection that breaks are tried again.
fn of_this_mail(error: &Error) -> NotSent {
    match error.status().map(|code| code.severity) {
        Some(Severity::PermanentNegativeCompletion) => NotSent::Refused(told(error)),
        Some(_) => NotSent::Later(told(error)),
        None => NotSent::Server(told(error)),
    }
}

/// What is told of an error: of an answer only its codes, for servers repeat
/// addresses in their words.
fn told(error: &Error) -> String {
    let Some(code) = error.status() else {
        return crate::ports::with_causes(error);
    };
    let words = crate::ports::with_causes(error);
    let enhanced = words.split([' ', ':', '(', ')']).find(|word| {
        let mut parts = word.split('.');
        let class = parts
            .next()
            .is_some_and(|class| ["2", "4", "5"].contains(&class));
        let number =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        class && parts.clone().count() == 2 && parts.all(number)
    });
    match enhanced {
        Some(enhanced) => format!("SMTP {code} {enhanced}"),
        None => format!("SMTP {code}"),
    }
}
