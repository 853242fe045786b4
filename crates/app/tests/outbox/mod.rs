//! What goes out: mails to a real server, text messages to a gateway, webhooks
//! to the reference library; on both engines.

mod fetching;
mod mails;
mod office;
mod texts;
mod webhooks;

use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::jobs::{self, Every, Runner, Schedule};
use gongkai_app::outbox::{self, Letter};
use gongkai_app::ports::{Attachment, Mailer};
use gongkai_domain::outbox::{Line, MailAddress, State};
use gongkai_store::outbox as kept;
use gongkai_testkit::house::TestHouse;
use jiff::SignedDuration;

/// A letter to somebody.
fn letter(to: &str, subject: &str) -> Letter {
    Letter {
        to: MailAddress::parse(to).expect("an address"),
        subject: Line::parse(subject).expect("a line"),
        text: "您的申请已收到。\n回执见附件。𫓧 镕 喆\n.\n..".to_owned(),
        attachments: Vec::new(),
    }
}

fn file(name: &str, media_type: &str, bytes: &[u8]) -> Attachment {
    Attachment {
        name: Line::parse(name).expect("a name"),
        media_type: media_type.to_owned(),
        bytes: bytes.to_vec(),
    }
}

/// The house with another mail server.
fn with_mailer(test: &TestHouse, mailer: impl Mailer + 'static) -> House {
    House {
        mailer: Arc::new(mailer),
        ..test.house.clone()
    }
}

/// Writes a mail, and keeps it.
async fn write(house: &House, letter: &Letter) -> i64 {
    let mut tx = house.db.write().await.expect("a turn");
    let id = outbox::mail(&mut tx, house, "test", letter).await;
    tx.commit().await.expect("kept");
    id.expect("written")
}

/// Does every job that is due.
async fn run(house: &House) {
    let runner = Runner::new(house.clone(), jobs::works(), &[]);
    runner.run_all().await.expect("done");
}

/// What of the house's schedules has to do with the outbox.
const SCHEDULES: [Schedule; 2] = [
    Schedule::new(jobs::SWEEP_OUTBOX, Every::Minutes(1)),
    Schedule::new(jobs::ERASE_OUTBOX, Every::DayAt(5)),
];

/// Lets time pass as a node would live through it: minute by minute, and more
/// than an hour in steps of five minutes.
async fn live(test: &TestHouse, house: &House, by: SignedDuration) {
    let runner = Runner::new(house.clone(), jobs::works(), &SCHEDULES);
    let minutes = if by > SignedDuration::from_hours(1) {
        5
    } else {
        1
    };
    for _ in 0..by.as_mins() / minutes {
        test.clock.advance(SignedDuration::from_mins(minutes));
        runner.fire().await.expect("fired");
        runner.run_all().await.expect("done");
    }
}

/// How a message stands.
async fn message(house: &House, id: i64) -> kept::Listed {
    let mut tx = house.db.read().await.expect("a state");
    let found = kept::get(&mut tx, id).await.expect("read");
    drop(tx);
    found.expect("a message")
}

/// How many stand in a state.
async fn count(house: &House, state: State) -> i64 {
    let mut tx = house.db.read().await.expect("a state");
    let counts = kept::counts(&mut tx).await.expect("counted");
    let found = counts.into_iter().find(|(of, _)| *of == state);
    found.map_or(0, |(_, count)| count)
}
