//! Messages that wait: who has one, and until when.

use gongkai_domain::outbox::{Channel, State};
use gongkai_store::outbox::{self, NewMessage};
use gongkai_store::{StoreError, Tx};
use gongkai_testkit::database::TestDb;
use gongkai_testkit::on_both_engines;
use jiff::{SignedDuration, Timestamp};

fn at(minutes: i64) -> Timestamp {
    let start = Timestamp::UNIX_EPOCH;
    start
        .checked_add(SignedDuration::from_mins(minutes))
        .expect("an instant")
}

async fn add(tx: &mut Tx, name: &str, destination: &str, now: Timestamp) -> i64 {
    let new = NewMessage {
        message: name.to_owned(),
        channel: Channel::Mail,
        destination: destination.to_owned(),
        purpose: "test".to_owned(),
        shown: "z***@example.gov.cn".to_owned(),
        key: "key".to_owned(),
        sealed: vec![1],
        expires_at: None,
    };
    outbox::add(tx, &new, now).await.expect("added")
}

async fn claimed(tx: &mut Tx, sender: &str, now: i64) -> Option<i64> {
    let claimed = outbox::claim(tx, "mail", sender, at(now), at(now + 5)).await;
    claimed.expect("asked").map(|message| message.id)
}

on_both_engines! {
    async fn a_message_is_had_by_one_at_a_time_until_its_lease_runs_out(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let first = add(&mut tx, "a", "mail", at(0)).await;
        let second = add(&mut tx, "b", "mail", at(1)).await;
        add(&mut tx, "c", "sms", at(0)).await;
        // What is due first comes first, and what is not due does not come.
        assert_eq!(claimed(&mut tx, "one", 0).await, Some(first));
        assert_eq!(claimed(&mut tx, "other", 0).await, None);
        assert_eq!(claimed(&mut tx, "other", 1).await, Some(second));
        assert_eq!(claimed(&mut tx, "third", 5).await, None);
        assert_eq!(outbox::next_at(&mut tx, "mail").await.expect("asked"), Some(at(5)));
        assert_eq!(outbox::due(&mut tx, at(5)).await.expect("asked"), ["sms"]);
        assert_eq!(claimed(&mut tx, "third", 6).await, Some(first));
        // Who lost the lease tells no more how it ended.
        let lost = outbox::sent(&mut tx, first, "one", at(6)).await;
        assert!(matches!(lost, Err(StoreError::Conflict)));
        outbox::sent(&mut tx, first, "third", at(6)).await.expect("sent");
        let again = outbox::sent(&mut tx, first, "third", at(6)).await;
        assert!(matches!(again, Err(StoreError::Conflict)));
        tx.commit().await.expect("kept");
    }

    async fn what_is_given_up_is_in_nobodys_hand_and_goes_again_while_it_is_there(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let held = add(&mut tx, "a", "mail", at(0)).await;
        let old = add(&mut tx, "b", "mail", at(1)).await;
        let new = add(&mut tx, "c", "mail", at(9)).await;
        assert_eq!(claimed(&mut tx, "one", 0).await, Some(held));
        let given_up = outbox::give_up(&mut tx, "mail", at(5), at(9), "-").await;
        assert_eq!(given_up.expect("given up"), 1);
        let state = async |tx: &mut Tx, id| {
            let found = outbox::get(tx, id).await.expect("read");
            found.expect("there").state
        };
        assert_eq!(state(&mut tx, held).await, State::Waiting);
        assert_eq!(state(&mut tx, old).await, State::GivenUp);
        assert_eq!(state(&mut tx, new).await, State::Waiting);
        assert!(matches!(outbox::again(&mut tx, new, at(9)).await, Err(StoreError::Conflict)));
        outbox::again(&mut tx, old, at(9)).await.expect("waits again");
        // What waits is not erased; what is erased waits no more.
        assert!(!outbox::erase(&mut tx, old, at(9)).await.expect("asked"));
        outbox::give_up(&mut tx, "mail", at(5), at(9), "-").await.expect("given up");
        assert!(outbox::erase(&mut tx, old, at(9)).await.expect("asked"));
        assert!(!outbox::erase(&mut tx, old, at(9)).await.expect("asked"));
        let gone = outbox::get(&mut tx, old).await.expect("read").expect("there");
        assert_eq!((gone.shown.as_str(), gone.erased_at), ("", Some(at(9))));
        assert!(matches!(outbox::again(&mut tx, old, at(9)).await, Err(StoreError::Conflict)));
        tx.commit().await.expect("kept");
    }

    async fn a_server_that_fails_counts_until_it_works(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        assert_eq!(outbox::destination(&mut tx, "mail").await.expect("asked"), None);
        for minute in 1..=3 {
            let until = at(minute + 1);
            let noted = outbox::failed(&mut tx, "mail", at(minute), until, "down").await;
            noted.expect("noted");
        }
        let found = outbox::destination(&mut tx, "mail").await.expect("asked");
        let found = found.expect("it fails");
        assert_eq!((found.failures, found.failing_since, found.paused_until), (3, at(1), at(4)));
        outbox::worked(&mut tx, "mail").await.expect("noted");
        assert!(outbox::destinations(&mut tx).await.expect("asked").is_empty());
        tx.commit().await.expect("kept");
    }
}
