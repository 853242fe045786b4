//! Text messages through an HTTP gateway. Gateways differ in the names of what
//! they are sent and in the words of their answers: both are configuration.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use crate::ports::{
    Clock, Doing, Fetcher, Incoming, Limits, NotSent, Outgoing, Text, Texter, Whose,
};

/// How a gateway is asked.
#[derive(Clone)]
pub struct SmsSettings {
    /// Where.
    pub url: String,
    /// Who we are to it; `{key}`.
    pub key: String,
    /// The secret of signatures.
    pub secret: String,
    /// What is sent: JSON, in whose texts `{phone}`, `{text}`, `{id}`, `{key}`
    /// and `{timestamp}` stand for what they say.
    pub request: Value,
    /// The header that holds the signature: HMAC-SHA256 of `signed`, in
    /// hexadecimal.
    pub signature_header: String,
    /// The header that holds the time, in milliseconds since 1970.
    pub timestamp_header: String,
    /// What is signed; beside the above, `{body}` is what is sent.
    pub signed: String,
    /// How its answers are read.
    pub answer: SmsAnswer,
}

impl std::fmt::Debug for SmsSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsSettings").finish_non_exhaustive()
    }
}

/// How the answers of a gateway are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsAnswer {
    /// Where the code stands, as a JSON pointer (RFC 6901).
    pub code: String,
    /// Codes of messages that were taken, now or before under the same name.
    pub sent: Vec<String>,
    /// Codes of messages that are to be tried again: quotas of one telephone.
    #[serde(default)]
    pub again: Vec<String>,
    /// Codes of a gateway that serves nobody now, or us no more: no credit, a
    /// wrong signature. What else waits, waits too.
    #[serde(default)]
    pub down: Vec<String>,
}

/// A gateway.
pub struct SmsGateway {
    settings: SmsSettings,
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SmsGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(f)
    }
}

/// An answer is a few words.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longer than a gateway in order takes.
const TIME_MAX: std::time::Duration = std::time::Duration::from_secs(20);

/// Puts in what a text names in braces, once: what is put in is not read again.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        made.push_str(before);
        let found = values.iter().find(|(name, _)| {
            from[1..]
                .strip_prefix(name)
                .is_some_and(|end| end.starts_with('}'))
        });
        match found {
            Some((name, value)) => {
                made.push_str(value);
                rest = &from[name.len() + 2..];
            }
            None => {
                made.push('{');
                rest = &from[1..];
            }
        }
    }
    made + rest
}

fn filled_value(value: &Value, values: &[(&str, &str)]) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, values)),
        Value::Array(all) => all.iter().map(|one| filled_value(one, values)).collect(),
        Value::Object(all) => all
            .iter()
            .map(|(name, one)| (name.clone(), filled_value(one, values)))
            .collect(),
        other => other.clone(),
    }
}

impl SmsGateway {
    /// A gateway of these settings; it is not asked yet.
    pub fn new(settings: SmsSettings, fetcher: Arc<dyn Fetcher>, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            fetcher,
            clock,
        }
    }

    fn request(&self, text: &Text) -> Outgoing {
        let settings = &self.settings;
        let timestamp = self.clock.now().as_millisecond().to_string();
        let mut values = vec![
            ("phone", text.to.as_str()),
            ("text", text.text.as_str()),
            ("id", text.id.as_str()),
            ("key", settings.key.as_str()),
            ("timestamp", timestamp.as_str()),
        ];
        let body = filled_value(&settings.request, &values).to_string();
        values.push(("body", &body));
        let signed = filled(&settings.signed, &values);
        let mut mac = Hmac::<Sha256>::new_from_slice(settings.secret.as_bytes())
            .unwrap_or_else(|_| unreachable!("any length is a key"));
        mac.update(signed.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        Outgoing {
            method: "POST",
            url: settings.url.clone(),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                (settings.timestamp_header.clone(), timestamp.clone()),
                (settings.signature_header.clone(), signature),
            ],
            body: body.into_bytes(),
            whose: Whose::Configured,
            limits: Limits {
                time: TIME_MAX,
                answer_bytes_max: ANSWER_BYTES_MAX,
                redirects_max: 0,
            },
        }
    }

    /// What an answer means. What is not understood is no word of a message:
    /// it waits, and an administrator sees why.
    fn read(&self, answer: &Incoming) -> Result<(), NotSent> {
        let of = &self.settings.answer;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let code = body.as_ref().and_then(|body| body.pointer(&of.code));
        let code = match code {
            Some(Value::String(code)) => code.clone(),
            Some(Value::Number(code)) => code.to_string(),
            _ => {
                let status = answer.status;
                return Err(NotSent::Server(format!(
                    "the gateway answers {status} without a code"
                )));
            }
        };
        if of.sent.contains(&code) {
            return Ok(());
        }
        // A code is a word of the gateway's; what else it says may name somebody.
        let short: String = code.chars().take(32).collect();
        let reason = format!("the gateway answers {short}");
        Err(if of.again.contains(&code) {
            NotSent::Later(reason)
        } else if of.down.contains(&code) || matches!(answer.status, 401 | 403 | 429 | 500..) {
            NotSent::Server(reason)
        } else {
            NotSent::Refused(reason)
        })
    }
}

impl Texter for SmsGateway {
    fn send<'a>(&'a self, text: &'a Text) -> Doing<'a, Result<(), NotSent>> {
        Box::pin(async move {
            let answer = self.fetcher.fetch(self.request(text)).await;
            self.read(&answer.map_err(|error| NotSent::Server(error.0))?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_is_put_in_is_not_read_again() {
        let values = [("text", "{id} {text}"), ("id", "7")];
        for (text, made) in [
            ("{id}:{text}", "7:{id} {text}"),
            ("{{id}}", "{7}"),
            ("{other} {", "{other} {"),
            ("【云溪】{text", "【云溪】{text"),
            ("", ""),
        ] {
            assert_eq!(filled(text, &values), made);
        }
    }
}
