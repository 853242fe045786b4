//! Many at once: one of each wins, and none is lost. On PostgreSQL they come
//! from two houses that work on one database.

use super::*;
use gongkai_store::{Db, Engine};

const MANY: usize = 64;

/// Houses from which people come: two where the engine lets two work at once.
async fn nodes(test: &TestHouse) -> Vec<House> {
    let mut nodes = vec![test.house.clone()];
    if test.house.db.engine() == Engine::Postgres {
        let db = Db::open(&test.test.options).await.expect("the database");
        nodes.push(House {
            db,
            bodies: std::sync::Arc::default(),
            ..test.house.clone()
        });
    }
    nodes
}

/// Does the same as many at once; how many came through.
async fn at_once<F, G>(nodes: &[House], signed: &[SignedIn], doing: F) -> (usize, Vec<ReviewError>)
where
    F: Fn(House, SignedIn, usize) -> G,
    G: Future<Output = Result<(), ReviewError>> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    for number in 0..MANY {
        let node = nodes[number % nodes.len()].clone();
        let who = signed[number % signed.len()].clone();
        running.spawn(doing(node, who, number));
    }
    let (mut through, mut refused) = (0, Vec::new());
    for ended in running.join_all().await {
        match ended {
            Ok(()) => through += 1,
            Err(error) => refused.push(error),
        }
    }
    (through, refused)
}

/// Each of those who came late was told by a rule, not by a broken store.
fn all_told(refused: &[ReviewError]) {
    for error in refused {
        let told = matches!(error, ReviewError::Refused(_) | ReviewError::Changed(_));
        assert!(told, "{error:?}");
    }
}

async fn close(nodes: Vec<House>) {
    for node in nodes.into_iter().skip(1) {
        node.db.close().await;
    }
}

in_both_houses! {
    async fn of_many_approvals_one_counts(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let mut reviewers = vec![scene.signed(scene.reviewer).await];
        for number in 0..3 {
            let login = format!("r{number}");
            let other = person(&test, &login, scene.bureau, &[Role::Reviewer]).await;
            reviewers.push(scene.signed(other).await);
        }
        let nodes = nodes(&test).await;
        let digest = scene.digest(id).await;
        let (through, refused) = at_once(&nodes, &reviewers, |house, signed, number| {
            let asked = Asked { step: "review".to_owned(), digest: digest.clone(), approved: true, ..Asked::default() };
            async move {
                let sent = Sent::new("review", &number.to_string(), []);
                steps::take(&house, &signed, &sent, id, &asked).await.map(drop)
            }
        }).await;
        assert_eq!((through, refused.len()), (1, MANY - 1));
        all_told(&refused);
        let seen = scene.see(id).await;
        assert_eq!(seen.review().expect("a review").review.taken().len(), 1);
        assert_eq!(scene.rows("review_events").await, 2);
        close(nodes).await;
        scene.mail().await;
        test.close().await;
    }

    async fn of_many_changes_of_one_edition_one_counts(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let clerks = [scene.signed(scene.clerk).await, scene.signed(scene.head).await];
        let nodes = nodes(&test).await;
        let (through, refused) = at_once(&nodes, &clerks, |house, signed, number| async move {
            let sent = Sent::new("paper", &number.to_string(), []);
            let typed = typed("通知", &format!("第 {number} 个改动"));
            papers::change(&house, &signed, &sent, id, 1, &typed).await
        }).await;
        assert_eq!((through, refused.len()), (1, MANY - 1));
        all_told(&refused);
        let seen = scene.see(id).await;
        assert_eq!((seen.paper.edition, seen.editions.len()), (2, 2));
        assert_eq!(seen.review().expect("a review").review.digest(), &seen.content.digest());
        close(nodes).await;
        scene.mail().await;
        test.close().await;
    }

    async fn of_many_who_hand_in_one_begins_and_of_many_who_take_back_one_ends(test) {
        let scene = Scene::new(&test).await;
        let id = scene.write(scene.clerk, Matter::Document).await;
        let clerk = [scene.signed(scene.clerk).await];
        let nodes = nodes(&test).await;
        let digest = scene.digest(id).await;
        let (through, refused) = at_once(&nodes, &clerk, |house, signed, number| {
            let digest = digest.clone();
            async move {
                let sent = Sent::new("review", &number.to_string(), []);
                steps::hand_in(&house, &signed, &sent, id, &digest, "").await.map(drop)
            }
        }).await;
        assert_eq!((through, scene.rows("reviews").await), (1, 1));
        all_told(&refused);
        let (through, refused) = at_once(&nodes, &clerk, |house, signed, number| async move {
            let sent = Sent::new("withdraw", &number.to_string(), []);
            steps::withdraw(&house, &signed, &sent, id).await.map(drop)
        }).await;
        assert_eq!((through, scene.state(id).await), (1, State::Withdrawn));
        all_told(&refused);
        close(nodes).await;
        scene.mail().await;
        test.close().await;
    }

    async fn approvals_and_changes_and_withdrawals_at_once_leave_a_whole_review(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let people = [
            scene.signed(scene.reviewer).await,
            scene.signed(scene.clerk).await,
            scene.signed(scene.clerk).await,
        ];
        let nodes = nodes(&test).await;
        let digest = scene.digest(id).await;
        let (through, refused) = at_once(&nodes, &people, |house, signed, number| {
            let digest = digest.clone();
            async move {
                let sent = Sent::new("any", &number.to_string(), []);
                match number % 3 {
                    0 => {
                        let asked = Asked { step: "review".to_owned(), digest, approved: true, ..Asked::default() };
                        steps::take(&house, &signed, &sent, id, &asked).await.map(drop)
                    }
                    1 => papers::change(&house, &signed, &sent, id, 1, &typed("通知", &number.to_string())).await,
                    _ => steps::withdraw(&house, &signed, &sent, id).await.map(drop),
                }
            }
        }).await;
        all_told(&refused);
        // The withdrawal came through, and the change unless it came too late
        // to be one of the review; the approval only if it was the first.
        let events = scene.rows("review_events").await - 1;
        let editions = scene.rows("paper_editions").await - 1;
        let seen = scene.see(id).await;
        let review = seen.review().expect("a review that its events make");
        let changes = review.done.iter();
        let changes = changes.filter(|done| matches!(done.what, gongkai_app::review::engine::What::Change { .. }));
        let changes = u64::try_from(changes.count()).expect("a number");
        assert_eq!(through as u64, events - changes + editions);
        assert_eq!(review.review.state(), State::Withdrawn);
        close(nodes).await;
        scene.mail().await;
        test.close().await;
    }
}
