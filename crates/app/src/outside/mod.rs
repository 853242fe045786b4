//! The real outside: the system's clock and chance, HTTP, mail, text messages.

mod guard;
mod http;
mod sms;
mod smtp;

pub use guard::{Kept, Names, Reachable, SystemNames, is_public};
pub use http::HttpFetcher;
pub use sms::{SmsAnswer, SmsGateway, SmsSettings};
pub use smtp::{MailSettings, Security, SmtpMailer};

use jiff::Timestamp;

use crate::ports::{Chance, Clock};

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The system's chance.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        // Without chance there are no keys: nothing may go on.
        #[expect(clippy::expect_used, reason = "a system without chance must stop")]
        getrandom::fill(bytes).expect("the system gives chance");
    }
}
