//! The room of reviews, each case on both engines.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_store::people::{self, NewPerson, Sealed};
use gongkai_store::review::papers::{self, Edition, Filter};
use gongkai_store::review::{self, Kept, KeptChain, KeptEvent, Notice, Step};
use gongkai_store::{StoreError, Tx, organization};
use gongkai_testkit::database::TestDb;
use gongkai_testkit::on_both_engines;
use jiff::Timestamp;
use jiff::civil::date;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

async fn body(tx: &mut Tx, name: &str) -> OrganizationId {
    let since = Validity::since(date(2000, 1, 1));
    let body = Organization::draft(name, OrganizationKind::Department, since);
    organization::insert(tx, &body, at(0))
        .await
        .expect("founded")
}

async fn person(tx: &mut Tx, login: &str) -> PersonId {
    let new = NewPerson {
        login: login.to_owned(),
        login_key: login.to_owned(),
        display_name: login.to_owned(),
        organization: None,
        key: login.to_owned(),
        phone: Sealed::default(),
        mail: Sealed::default(),
    };
    people::add(tx, &new, at(0)).await.expect("added")
}

fn new(organization: OrganizationId, thing: i64, round: i64) -> Kept {
    Kept {
        id: 0,
        kind: "paper".to_owned(),
        thing,
        round,
        organization,
        matter: "document".to_owned(),
        chain: "{}".to_owned(),
        chain_of: Some(organization),
        chain_version: 3,
        key: "key".to_owned(),
        state: "open".to_owned(),
        digest: "a".repeat(64),
        begun_at: at(1),
        changed_at: at(1),
        version: 1,
    }
}

fn step(key: &str) -> Step {
    Step {
        step: key.to_owned(),
        role: "reviewer".to_owned(),
        stands_in: Some("office_head".to_owned()),
        days: Some(3),
        since: at(1),
    }
}

on_both_engines! {
    async fn a_review_is_had_as_it_was_kept_and_moves_by_its_version(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let bureau = body(&mut tx, "水务局").await;
        let id = review::begin(&mut tx, &new(bureau, 7, 1)).await.expect("begun");
        let kept = review::get(&mut tx, id).await.expect("read").expect("there");
        assert_eq!(kept, Kept { id, ..new(bureau, 7, 1) });
        review::advance(&mut tx, &kept, "approved", "b", at(2)).await.expect("moved");
        let late = review::advance(&mut tx, &kept, "withdrawn", "c", at(3)).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let now = review::latest(&mut tx, "paper", 7).await.expect("read").expect("there");
        assert_eq!((now.state.as_str(), now.digest.as_str(), now.version, now.changed_at), ("approved", "b", 2, at(2)));
        let second = review::begin(&mut tx, &new(bureau, 7, 2)).await.expect("begun anew");
        let held = review::held(&mut tx, "paper", 7).await.expect("read").expect("there");
        assert_eq!((held.id, held.round), (second, 2));
        assert_eq!(review::rounds(&mut tx, "paper", 7).await.expect("rounds").len(), 2);
        assert_eq!(review::latest(&mut tx, "letter", 7).await.expect("read"), None);
        tx.commit().await.expect("kept");
    }

    async fn a_round_a_version_and_an_event_are_there_once(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let bureau = body(&mut tx, "水务局").await;
        let clerk = person(&mut tx, "clerk").await;
        let id = review::begin(&mut tx, &new(bureau, 7, 1)).await.expect("begun");
        tx.commit().await.expect("kept");
        let chain = KeptChain { organization: bureau, version: 1, data: Some("{}".to_owned()), changed_at: at(1), changed_by: clerk };
        let event = KeptEvent { number: 1, at: at(1), person: clerk, name: String::new(), acting_for: None, for_name: None, sealed: vec![1] };
        for turn in 0..2 {
            let mut tx = test.db.write().await.expect("a turn");
            let set = review::set_chain(&mut tx, "document", &chain).await;
            assert_eq!(set.is_ok(), turn == 0);
            match set {
                Ok(()) => tx.commit().await.expect("kept"),
                Err(error) => {
                    assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
                    tx.roll_back().await.expect("taken back");
                }
            }
            let mut tx = test.db.write().await.expect("a turn");
            let added = review::add_event(&mut tx, id, &event).await;
            assert_eq!(added.is_ok(), turn == 0);
            match added {
                Ok(()) => tx.commit().await.expect("kept"),
                Err(_) => tx.roll_back().await.expect("taken back"),
            }
        }
        let mut tx = test.db.write().await.expect("a turn");
        let again = review::begin(&mut tx, &new(bureau, 7, 1)).await;
        assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
        drop(tx);
        let mut tx = test.db.read().await.expect("a state");
        let events = review::events(&mut tx, id).await.expect("events");
        assert_eq!((events.len(), events[0].name.as_str(), events[0].sealed.as_slice()), (1, "clerk", &[1][..]));
        assert_eq!(review::chain_of(&mut tx, bureau, "document").await.expect("read"), Some(chain));
        assert_eq!(review::chain_of(&mut tx, bureau, "publication").await.expect("read"), None);
    }

    async fn what_waits_is_found_by_body_and_never_by_who_wrote_it(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let (bureau, other) = (body(&mut tx, "水务局").await, body(&mut tx, "财政局").await);
        let (clerk, reviewer) = (person(&mut tx, "clerk").await, person(&mut tx, "reviewer").await);
        let mut ids = Vec::new();
        for (organization, thing) in [(bureau, 1), (other, 2)] {
            let id = review::begin(&mut tx, &new(organization, thing, 1)).await.expect("begun");
            review::add_editors(&mut tx, id, [clerk, clerk]).await.expect("noted");
            review::set_waiting(&mut tx, id, &[step("a"), step("b")]).await.expect("waits");
            ids.push(id);
        }
        let mut found = async |reach: Reach, who: PersonId| -> Vec<(i64, String)> {
            let asked = review::Mine { reach: &reach, roles: &["clerk", "reviewer"], except: who, after: None };
            let waiting = review::waiting(&mut tx, asked, 10).await.expect("a list");
            waiting.into_iter().map(|one| (one.thing, one.step.step)).collect()
        };
        let both = |thing| [(thing, "a".to_owned()), (thing, "b".to_owned())];
        assert_eq!(found(Reach::Of(vec![bureau]), reviewer).await, both(1));
        assert_eq!(found(Reach::All, reviewer).await, [both(1), both(2)].concat());
        assert_eq!(found(Reach::Nothing, reviewer).await, []);
        assert_eq!(found(Reach::All, clerk).await, []);
        // Pages go on where the one before ended, and other roles see nothing.
        let asked = |roles, after| review::Mine { reach: &Reach::All, roles, except: reviewer, after };
        let first = review::waiting(&mut tx, asked(&["reviewer"], None), 3).await.expect("a list");
        let end = first.last().map(review::Waiting::place);
        let rest = review::waiting(&mut tx, asked(&["reviewer"], end.as_ref()), 3).await.expect("a list");
        assert_eq!((first.len(), rest.len(), rest[0].thing, rest[0].step.step.as_str()), (3, 1, 2, "b"));
        assert_eq!(review::waiting(&mut tx, asked(&["clerk"], None), 3).await.expect("a list"), []);
        assert_eq!(review::waiting(&mut tx, asked(&[], None), 3).await.expect("a list"), []);
        review::set_waiting(&mut tx, ids[0], &[step("c")]).await.expect("waits");
        let all = review::all_waiting(&mut tx, (ids[0], "c"), 10).await.expect("a list");
        let steps: Vec<(i64, &Step)> = all.iter().map(|one| (one.thing, &one.step)).collect();
        assert_eq!(steps, [(2, &step("a")), (2, &step("b"))]);
        assert_eq!(review::editors(&mut tx, ids[1]).await.expect("a list"), [clerk]);
        let notice = Notice { review: ids[0], step: "c", since: at(1), about: "due", person: reviewer };
        let mut told = Vec::new();
        for since in [at(1), at(1), at(2)] {
            told.push(review::note(&mut tx, &Notice { since, ..notice.clone() }, at(3)).await.expect("noted"));
        }
        assert_eq!(told, [true, false, true]);
    }

    async fn papers_are_listed_as_they_are_counted(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let (bureau, other) = (body(&mut tx, "水务局").await, body(&mut tx, "财政局").await);
        let (clerk, head) = (person(&mut tx, "clerk").await, person(&mut tx, "head").await);
        let mut ids = Vec::new();
        for (organization, matter, by) in [(bureau, "document", clerk), (bureau, "publication", head), (other, "document", clerk)] {
            let id = papers::add(&mut tx, organization, matter, "key", at(1)).await.expect("written");
            let edition = Edition { edition: 1, digest: "a".to_owned(), sealed: vec![2], person: by, name: String::new(), acting_for: None, at: at(1) };
            papers::add_edition(&mut tx, id, &edition).await.expect("written");
            ids.push(id);
        }
        review::begin(&mut tx, &new(bureau, ids[0], 1)).await.expect("begun");
        papers::set_round(&mut tx, ids[0], 1).await.expect("set");
        let own = Reach::Of(vec![bureau]);
        let all = Filter { reach: &own, state: None, matter: None, by: None };
        let table = [
            (all, vec![ids[1], ids[0]]),
            (Filter { reach: &Reach::All, ..all }, vec![ids[2], ids[1], ids[0]]),
            (Filter { reach: &Reach::Nothing, ..all }, vec![]),
            (Filter { state: Some("draft"), ..all }, vec![ids[1]]),
            (Filter { state: Some("open"), ..all }, vec![ids[0]]),
            (Filter { matter: Some("publication"), ..all }, vec![ids[1]]),
            (Filter { reach: &Reach::All, by: Some(clerk), ..all }, vec![ids[2], ids[0]]),
        ];
        for (filter, expected) in table {
            let page = papers::page(&mut tx, filter, i64::MAX, 10).await.expect("a page");
            let found: Vec<i64> = page.iter().map(|one| one.id).collect();
            let count = papers::count(&mut tx, filter).await.expect("a count");
            assert_eq!((usize::try_from(count), &found), (Ok(found.len()), &expected), "{filter:?}");
        }
        assert_eq!(papers::get(&mut tx, &own, ids[2]).await.expect("read"), None);
        papers::change(&mut tx, ids[0], 1, at(2)).await.expect("changed");
        let late = papers::change(&mut tx, ids[0], 1, at(3)).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let found = papers::get(&mut tx, &own, ids[0]).await.expect("read").expect("there");
        assert_eq!((found.edition, found.state.as_str(), found.changed_at), (2, "open", at(2)));
        let first = papers::edition_of(&mut tx, ids[0], 1).await.expect("read").expect("there");
        assert_eq!((first.name.as_str(), first.sealed.as_slice()), ("clerk", &[2][..]));
    }
}
