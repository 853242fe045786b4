//! What people do with requests in the tests.

use gongkai_app::house::House;
use gongkai_app::requests::intake::{self, Confirming, Intake};
use gongkai_app::requests::look::{self, Shown};
use gongkai_app::requests::sealing::{self, Sealing};
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{self, Filed, RequestError, Ticket, Tracked, replies};
use gongkai_domain::organization::PersonId;
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::words::Message;
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::settings::{self, Setting};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::requests::{Bureau, signed, tail, typed, visitor};
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};

pub(super) struct Scene<'a> {
    pub(super) test: &'a TestHouse,
    pub(super) bureau: Bureau,
}

/// A server can only wait for what may go from thread to thread.
pub(super) fn served<F: Future + Send>(doing: F) -> F {
    doing
}

pub(super) fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// What a refusal says.
pub(super) fn ids<T>(result: Result<T, RequestError>) -> Vec<String> {
    let error = result.err().expect("refused");
    let messages = error.messages();
    messages
        .into_iter()
        .map(|message: Message| message.id.into_owned())
        .collect()
}

impl<'a> Scene<'a> {
    pub(super) async fn new(test: &'a TestHouse) -> Self {
        let bureau = Bureau::new(&test.house).await;
        Self { test, bureau }
    }

    pub(super) fn house(&self) -> &House {
        &self.test.house
    }

    /// It is nine in the morning of a day.
    pub(super) fn on(&self, text: &str) {
        let noon = day(text).at(9, 0, 0, 0);
        let zoned = noon.to_zoned(TimeZone::fixed(offset(8))).expect("a time");
        self.test.clock.set(zoned.timestamp());
    }

    /// The `n`-th invented person files online.
    pub(super) async fn file(&self, n: u32) -> Filed {
        let key = self.house().token();
        self.try_file(&key, &typed(n)).await.expect("filed")
    }

    pub(super) async fn try_file(&self, key: &str, typed: &Typed) -> Result<Filed, RequestError> {
        let (house, own) = (self.house(), self.bureau.own);
        served(requests::file(house, visitor(), key, own, typed, &[])).await
    }

    /// The `n`-th invented person hands in a form at the counter, on a day.
    pub(super) async fn counter(&self, n: u32, on: &str) -> Filed {
        self.intake("counter", n, on).await.expect("taken in")
    }

    pub(super) async fn intake(&self, way: &str, n: u32, on: &str) -> Result<Filed, RequestError> {
        let new = Intake {
            organization: Some(self.bureau.own),
            way: way.to_owned(),
            day: on.to_owned(),
            typed: typed(n),
            reference: "XA123456789CN".to_owned(),
            note: "信封一件，由传达室转来".to_owned(),
        };
        let clerk = signed(self.house(), self.bureau.clerk).await;
        let key = self.house().token();
        served(intake::intake(self.house(), &clerk, &key, &new, &[])).await
    }

    pub(super) async fn track(&self, filed: &Filed, n: u32) -> Result<Tracked, RequestError> {
        let code = filed.code.to_string();
        let contact = tail(n);
        let ticket = Ticket::new(&code, &contact);
        served(requests::track(self.house(), ticket)).await
    }

    /// Sets something anew, as its keeper would.
    pub(super) async fn set(&self, name: &str, value: &str) {
        let mut tx = self.house().db.write().await.expect("a turn");
        let old = settings::get(&mut tx, name).await.expect("read");
        let new = Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            version: old.map_or(0, |old| old.version),
        };
        let put = settings::put(&mut tx, &new, "keeper", self.house().now()).await;
        put.expect("set");
        tx.commit().await.expect("kept");
    }

    pub(super) async fn see(&self, by: PersonId, id: i64) -> Shown {
        let signed = signed(self.house(), by).await;
        let seen = served(look::see(self.house(), &signed, id)).await;
        seen.expect("seen")
    }

    pub(super) async fn seen(&self, id: i64) -> Seen {
        let shown = self.see(self.bureau.clerk, id).await;
        Seen {
            id,
            version: shown.kept.version,
        }
    }

    pub(super) async fn confirm(
        &self,
        id: i64,
        on: &str,
        how: Confirming,
    ) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let clerk = signed(self.house(), self.bureau.clerk).await;
        let key = self.house().token();
        let call = "9:10 拨打本人电话，本人确认";
        served(intake::confirm(
            self.house(),
            &clerk,
            &key,
            seen,
            on,
            how,
            call,
        ))
        .await
    }

    /// Takes a step on a day, with every proof that it could need.
    pub(super) async fn step(
        &self,
        by: PersonId,
        id: i64,
        on: &str,
        event: Event,
    ) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let signed = signed(self.house(), by).await;
        let key = self.house().token();
        let proofs = Proof::ALL.iter().map(|proof| (*proof, "情况属实"));
        let taken = Taken {
            event,
            day: day(on),
            proofs: proofs.collect(),
        };
        served(steps::step(self.house(), &signed, &key, seen, &taken)).await
    }

    /// Has a reply written, reviewed by everybody of the chain, and given on a day.
    pub(super) async fn reply(&self, id: i64, on: &str, outcome: &str) -> Result<(), RequestError> {
        self.approve(id, outcome).await?;
        let event = Event::Replied {
            outcome: outcome.to_owned(),
        };
        self.step(self.bureau.handler, id, on, event).await
    }

    /// Has a reply written and reviewed by everybody of the chain.
    pub(super) async fn approve(&self, id: i64, outcome: &str) -> Result<(), RequestError> {
        let digest = self.draft(id, outcome, "现答复如下。").await?;
        self.approve_digest(id, &digest).await
    }

    /// Has an edition reviewed by everybody of the chain.
    pub(super) async fn approve_digest(&self, id: i64, digest: &str) -> Result<(), RequestError> {
        served(self.bureau.approve_digest(self.house(), id, digest)).await
    }

    /// The handler writes a reply; its digest.
    pub(super) async fn draft(
        &self,
        id: i64,
        outcome: &str,
        text: &str,
    ) -> Result<String, RequestError> {
        let seen = self.seen(id).await;
        let signed = signed(self.house(), self.bureau.handler).await;
        let key = self.house().token();
        served(replies::write(
            self.house(),
            &signed,
            &key,
            seen,
            outcome,
            text,
        ))
        .await?;
        let shown = self.see(self.bureau.handler, id).await;
        Ok(shown.draft.expect("a draft").reply.digest)
    }

    pub(super) async fn hand_in(&self, id: i64, digest: &str) -> Result<(), RequestError> {
        served(self.bureau.hand_in(self.house(), id, digest)).await
    }

    pub(super) async fn take(
        &self,
        by: PersonId,
        id: i64,
        step: &str,
        digest: &str,
    ) -> Result<(), RequestError> {
        served(self.bureau.approve(self.house(), by, id, step, digest)).await
    }

    /// The letter of the reply, by its number in the store.
    pub(super) async fn reply_letter(&self, id: i64) -> i64 {
        let shown = self.see(self.bureau.clerk, id).await;
        let letter = shown.record.iter().rev().find_map(|one| match one.what {
            Happening::Issued { letter, .. } => Some(letter),
            _ => None,
        });
        letter.expect("a letter")
    }

    /// Enters the seal of a letter, on the day of now.
    pub(super) async fn stamp(&self, id: i64, letter: i64) {
        let clerk = signed(self.house(), self.bureau.clerk).await;
        let (seen, key) = (self.seen(id).await, self.house().token());
        let today = self.house().today().to_string();
        let sealing = Sealing {
            letter,
            seal: "disclosure",
            copies: 2,
            on: &today,
            note: "",
        };
        let sealed = sealing::seal(self.house(), &clerk, &key, seen, sealing);
        served(sealed).await.expect("sealed");
    }

    /// What the trail says of a request.
    pub(super) async fn trail(&self, id: i64) -> Vec<Stored> {
        let mut tx = self.house().db.read().await.expect("a state");
        let everything = Search {
            object: Some(id.to_string()),
            ..Search::default()
        };
        let found = search(&mut tx, &everything, i64::MAX, 1000).await;
        let mut found = found.expect("searched");
        found.retain(|entry| entry.entry.object_kind == "request");
        found
    }

    /// Sends what waits, and forgets it.
    pub(super) async fn sent(&self) {
        self.test.runner().run_all().await.expect("done");
    }
}
