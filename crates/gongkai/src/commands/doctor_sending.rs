//! `gongkai doctor`, on what goes out: whether the mail server lets us in, and
//! whether secrets lie open.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gongkai_app::outside::SmtpMailer;
use gongkai_domain::words::Message;

use super::doctor::Look;
use crate::config::{Config, Mail, Sms};
use crate::failure::Failure;

/// Looks at the mail server and the gateway for text messages.
pub fn looks(config: &Config) -> Result<Vec<Look>, Failure> {
    let mut looks = Vec::new();
    match &config.mail {
        Some(mail) => looks.extend(mail_server(mail)?),
        None => looks.push((true, Message::new("doctor-mail-none"))),
    }
    match &config.sms {
        Some(sms) => looks.extend(gateway(sms)),
        None => looks.push((true, Message::new("doctor-sms-none"))),
    }
    Ok(looks)
}

/// A file that holds a secret and lets others of this machine in.
fn open_secret(file: &Path) -> Option<Look> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    let message = Message::new("doctor-file-open").with("path", file.display());
    (mode & 0o077 != 0).then_some((false, message))
}

fn mail_server(mail: &Mail) -> Result<Vec<Look>, Failure> {
    let mut looks: Vec<Look> = mail
        .password_file
        .iter()
        .filter_map(|file| open_secret(file))
        .collect();
    let settings = match mail.settings() {
        Ok(settings) => settings,
        Err(failure) => {
            looks.push((false, failure.into_message()));
            return Ok(looks);
        }
    };
    let at = format!("{}:{}", settings.host, settings.port);
    let seen = super::store::waiting(async {
        Ok(match SmtpMailer::new(settings) {
            Ok(mailer) => mailer.look().await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        })
    })?;
    looks.push(match seen {
        Ok(()) => (true, Message::new("doctor-mail").with("at", at)),
        Err(reason) => {
            let message = Message::new("doctor-mail-fails").with("at", at);
            (false, message.with("reason", reason))
        }
    });
    Ok(looks)
}

/// A gateway is not asked: each asking is a message to somebody.
fn gateway(sms: &Sms) -> Vec<Look> {
    let mut looks: Vec<Look> = open_secret(&sms.secret_file).into_iter().collect();
    looks.push(match sms.settings() {
        Ok(_) => (true, Message::new("doctor-sms")),
        Err(failure) => (false, failure.into_message()),
    });
    looks
}
