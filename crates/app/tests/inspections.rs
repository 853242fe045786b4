//! Inspections as people have them made: kept by digest, seen within one's own
//! body, settled by who answers for it; and the virus scanner by its own
//! protocol.

use std::sync::Arc;
use std::time::Duration;

use gongkai_app::house::Inspecting;
use gongkai_app::inspection::{
    self, Clamd, ClamdAddress, File, InspectionError, Superseded, Verdict, digest_of, may_pass,
};
use gongkai_app::jobs::{self, Runner};
use gongkai_app::people::SignedIn;
use gongkai_app::vault::VaultError;
use gongkai_domain::inspection::RuleId;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::roles::Role;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::inspection as corpus;
use gongkai_testkit::people::Office;
use gongkai_testkit::reader::InProcess;
use jiff::SignedDuration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ID: &str = "11010519491231002X";

fn file(name: &str, text: &str) -> File {
    File {
        name: name.to_owned(),
        bytes: Arc::from(text.as_bytes()),
    }
}

/// A body with a clerk, a secrecy reviewer; and a clerk of another body.
struct Cast {
    own: OrganizationId,
    clerk: SignedIn,
    reviewer: SignedIn,
    stranger: SignedIn,
}

async fn cast(test: &TestHouse) -> Cast {
    let office = Office::new(test.house.clone());
    let three = office.administrators().await;
    let own = test.department("水务局").await;
    let other = test.department("林草局").await;
    let hire = async |login: &str, role: Role, at: OrganizationId| {
        let (_, staff) = office.colleague(&three, login, at, Some(role)).await;
        office.signed(&staff.token).await
    };
    Cast {
        own,
        clerk: hire("clerk", Role::Clerk, own).await,
        reviewer: hire("reviewer", Role::SecrecyReviewer, own).await,
        stranger: hire("stranger", Role::Clerk, other).await,
    }
}

async fn passes(test: &TestHouse, body: OrganizationId, file: &File) -> bool {
    let mut tx = test.house.db.read().await.expect("a state");
    let digest = digest_of(&file.bytes);
    let passes = may_pass(&test.house, &mut tx, body, &digest, &file.name).await;
    tx.roll_back().await.expect("ended");
    passes.expect("asked")
}

async fn inspected(test: &TestHouse, cast: &Cast, key: &str, file: &File) -> i64 {
    let (house, own) = (&test.house, Some(cast.own));
    let made = inspection::inspect(house, &InProcess, &cast.clerk, key, own, file).await;
    made.expect("inspected")
}

/// Runs the daily job and those it asks for.
async fn forget(test: &TestHouse) {
    let house = &test.house;
    let mut tx = house.db.write().await.expect("a turn");
    jobs::enqueue(&mut tx, house, jobs::FORGET_INSPECTIONS, &())
        .await
        .expect("asked for");
    tx.commit().await.expect("kept");
    let runner = Runner::new(house.clone(), jobs::works(), &[]);
    runner.run_all().await.expect("done");
}

async fn listed(test: &TestHouse, cast: &Cast) -> Vec<i64> {
    let listed = inspection::list(&test.house, &cast.clerk, None, 10)
        .await
        .expect("listed");
    listed.entries.iter().map(|one| one.id).collect()
}

in_both_houses! {
    async fn a_clean_file_passes_for_the_body_that_had_it_inspected(test) {
        let cast = cast(&test).await;
        let notice = file("通知.txt", "现将有关事项通知如下。");
        assert!(!passes(&test, cast.own, &notice).await, "not inspected yet");
        let id = inspected(&test, &cast, "k1", &notice).await;
        let shown = inspection::see(&test.house, &cast.clerk, id).await.expect("seen");
        assert_eq!(shown.outcome.verdict, Verdict::Clean);
        assert_eq!(shown.name.as_deref(), Some("通知.txt"));
        assert!(passes(&test, cast.own, &notice).await);
        assert!(!passes(&test, cast.stranger.person.organization.expect("a body"), &notice).await);
        // Sent twice, and brought again: one row.
        assert_eq!(inspected(&test, &cast, "k1", &notice).await, id);
        assert_eq!(inspected(&test, &cast, "k2", &notice).await, id);
        let listed = inspection::list(&test.house, &cast.clerk, None, 10).await.expect("listed");
        assert_eq!(listed.entries.len(), 1);
        test.close().await;
    }

    async fn a_number_stops_a_file_until_who_answers_for_it_says_why(test) {
        let cast = cast(&test).await;
        let list = file(&format!("张三{ID}.txt"), &format!("身份证号{ID}"));
        let id = inspected(&test, &cast, "k1", &list).await;
        assert!(!passes(&test, cast.own, &list).await);
        // Whoever may only have files inspected does not let them pass.
        let denied = inspection::confirm(&test.house, &cast.clerk, "c", id, "值班电话").await;
        assert!(matches!(denied, Err(InspectionError::Denied(_))), "{denied:?}");
        for reason in ["", &format!("就是{ID}"), "打13800138001问过"] {
            let refused = inspection::confirm(&test.house, &cast.reviewer, "c", id, reason).await;
            assert!(matches!(refused, Err(InspectionError::Refused(_))), "{reason}: {refused:?}");
        }
        assert!(!passes(&test, cast.own, &list).await);
        let reason = "公示期内的法定公开内容";
        for _ in 0..2 {
            inspection::confirm(&test.house, &cast.reviewer, "c1", id, reason).await.expect("settled");
        }
        assert!(passes(&test, cast.own, &list).await);
        let shown = inspection::see(&test.house, &cast.clerk, id).await.expect("seen");
        let (_, by, why) = shown.confirmed.expect("confirmed");
        assert_eq!((by.as_str(), why.as_str()), ("reviewer", reason));
        // The same bytes again: what was settled stays settled.
        assert_eq!(inspected(&test, &cast, "k2", &list).await, id);
        assert!(passes(&test, cast.own, &list).await);
        // Another file is another.
        let other = file("名单.txt", &format!("身份证号{ID} "));
        inspected(&test, &cast, "k3", &other).await;
        assert!(!passes(&test, cast.own, &other).await);
        test.close().await;
    }

    async fn what_is_refused_nobody_lets_pass(test) {
        let cast = cast(&test).await;
        let program = File { name: "通知.docx".into(), bytes: Arc::from(&b"\x7fELF\x02\x01\x01"[..]) };
        let id = inspected(&test, &cast, "k1", &program).await;
        let refused = inspection::confirm(&test.house, &cast.reviewer, "c1", id, "领导同意").await;
        assert!(matches!(refused, Err(InspectionError::Refused(_))), "{refused:?}");
        assert!(!passes(&test, cast.own, &program).await);
        test.close().await;
    }

    async fn others_see_nothing_of_it_and_leave_a_trace(test) {
        let cast = cast(&test).await;
        let id = inspected(&test, &cast, "k1", &file("a.txt", "通知")).await;
        let seen = inspection::see(&test.house, &cast.stranger, id).await;
        assert!(matches!(seen, Err(InspectionError::Missing)), "{seen:?}");
        let listed = inspection::list(&test.house, &cast.stranger, None, 10).await.expect("listed");
        assert!(listed.entries.is_empty());
        let (house, own) = (&test.house, Some(cast.own));
        let brought = inspection::inspect(house, &InProcess, &cast.stranger, "k", own, &file("b.txt", "x")).await;
        assert!(matches!(brought, Err(InspectionError::Denied(_))), "{brought:?}");
        test.close().await;
    }

    async fn the_store_holds_no_number_and_no_name_in_clear(test) {
        let cast = cast(&test).await;
        let file = file(&format!("张三{ID}.txt"), &format!("身份证号{ID}，手机13800138001"));
        inspected(&test, &cast, "k1", &file).await;
        let mut tx = test.house.db.read().await.expect("a state");
        let all = gongkai_domain::organization::permissions::Reach::All;
        let kept = gongkai_store::inspection::page(&mut tx, &all, i64::MAX, 10).await.expect("rows");
        tx.roll_back().await.expect("ended");
        let row = format!("{kept:?}{}", String::from_utf8_lossy(&kept[0].name));
        assert_eq!(kept.len(), 1);
        for secret in [ID, "13800138001", "张三"] {
            assert!(!row.contains(secret), "{row}");
        }
        assert!(!String::from_utf8_lossy(&kept[0].outcome).contains("002X"), "sealed");
        let shown = inspection::list(&test.house, &cast.clerk, None, 10).await.expect("listed");
        let found = &shown.entries[0].outcome.findings;
        assert!(found.iter().any(|f| f.shown == "1*************002X"), "{found:?}");
        test.close().await;
    }

    async fn another_name_is_another_thing_to_inspect(test) {
        let cast = cast(&test).await;
        let notice = file("通知.txt", "现将有关事项通知如下。");
        let renamed = file("通知.exe", "现将有关事项通知如下。");
        let first = inspected(&test, &cast, "k1", &notice).await;
        assert!(passes(&test, cast.own, &notice).await);
        assert!(!passes(&test, cast.own, &renamed).await, "its name was not looked at");
        let second = inspected(&test, &cast, "k2", &renamed).await;
        assert_ne!(first, second);
        assert!(!passes(&test, cast.own, &renamed).await, "a program by its name");
        test.close().await;
    }

    async fn what_was_found_later_stands_for_all_before(test) {
        let cast = cast(&test).await;
        let list = file("名单.txt", &format!("身份证号{ID}"));
        let first = inspected(&test, &cast, "k1", &list).await;
        let reason = "公示期内的法定公开内容";
        inspection::confirm(&test.house, &cast.reviewer, "c1", first, reason).await.expect("settled");
        assert!(passes(&test, cast.own, &list).await);
        // Brought again under another name, it was found otherwise.
        let renamed = File { name: "名单.exe".into(), ..list.clone() };
        let second = inspected(&test, &cast, "k2", &renamed).await;
        assert!(!passes(&test, cast.own, &list).await);
        let shown = inspection::see(&test.house, &cast.clerk, first).await.expect("seen");
        assert_eq!((shown.superseded, shown.may_pass()), (Some(Superseded::Newer), false));
        let listed = inspection::list(&test.house, &cast.clerk, None, 10).await.expect("listed");
        let standing: Vec<_> = listed.entries.iter().map(|one| (one.id, one.superseded)).collect();
        assert_eq!(standing, [(second, None), (first, Some(Superseded::Newer))]);
        test.close().await;
    }

    async fn an_older_inspection_cannot_be_confirmed(test) {
        let cast = cast(&test).await;
        let list = file("名单.txt", &format!("身份证号{ID}"));
        let first = inspected(&test, &cast, "k1", &list).await;
        let renamed = File { name: "名单2.txt".into(), ..list.clone() };
        let second = inspected(&test, &cast, "k2", &renamed).await;
        let refused = inspection::confirm(&test.house, &cast.reviewer, "c1", first, "已核对").await;
        assert!(matches!(refused, Err(InspectionError::Refused(_))), "{refused:?}");
        inspection::confirm(&test.house, &cast.reviewer, "c2", second, "已核对").await.expect("settled");
        assert!(passes(&test, cast.own, &renamed).await);
        test.close().await;
    }

    async fn what_was_found_is_kept_for_its_time_and_no_longer(test) {
        let cast = cast(&test).await;
        let list = file("名单.txt", &format!("身份证号{ID}"));
        let old = inspected(&test, &cast, "k1", &list).await;
        let mut tx = test.house.db.read().await.expect("a state");
        let row = gongkai_store::inspection::get(&mut tx, &Reach::All, old).await.expect("read");
        tx.roll_back().await.expect("ended");
        let day = SignedDuration::from_hours(24);
        test.clock.advance(day * 364);
        let young = inspected(&test, &cast, "k2", &file("通知.txt", "通知")).await;
        forget(&test).await;
        assert_eq!(listed(&test, &cast).await, [young, old]);
        test.clock.advance(day * 2);
        forget(&test).await;
        assert_eq!(listed(&test, &cast).await, [young]);
        let key = row.expect("a row").key;
        let opened = test.house.vault.key(&key).await;
        assert!(matches!(opened, Err(VaultError::Erased)), "{opened:?}");
        assert!(!passes(&test, cast.own, &list).await);
        test.close().await;
    }

    async fn other_rules_ask_for_another_inspection(test) {
        let cast = cast(&test).await;
        let notice = file("通知.txt", "现将有关事项通知如下。");
        let id = inspected(&test, &cast, "k1", &notice).await;
        assert!(passes(&test, cast.own, &notice).await);
        let mut stricter = test.house.clone();
        stricter.inspecting = Arc::new(Inspecting {
            expressions: Arc::from(&br#"[{"kind":"forbidden","source":"x","entries":["abc"]}]"#[..]),
            ..Inspecting::default()
        });
        let mut tx = stricter.db.read().await.expect("a state");
        let digest = digest_of(&notice.bytes);
        let passes = may_pass(&stricter, &mut tx, cast.own, &digest, &notice.name).await;
        tx.roll_back().await.expect("ended");
        assert!(!passes.expect("asked"), "inspected before these expressions");
        let shown = inspection::see(&stricter, &cast.clerk, id).await.expect("seen");
        assert_eq!(shown.superseded, Some(Superseded::Rules));
        test.close().await;
    }
}

/// clamd as it speaks (`clamd(8)`, INSTREAM): after the command, pieces each
/// after its length in four bytes, the highest first; an empty one ends them.
async fn clamd(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> ClamdAddress {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut command = [0; 10];
            stream.read_exact(&mut command).await.expect("a command");
            assert_eq!(&command, b"zINSTREAM\0");
            let mut whole = Vec::new();
            loop {
                let length = stream.read_u32().await.expect("a length");
                if length == 0 {
                    break;
                }
                let mut piece = vec![0; usize::try_from(length).expect("small")];
                stream.read_exact(&mut piece).await.expect("a piece");
                whole.extend(piece);
            }
            stream.write_all(&answer(&whole)).await.expect("answered");
        }
    });
    ClamdAddress::Tcp(address)
}

/// The test file of the virus scanners' makers, put together here so that no
/// scanner takes this source for it.
fn eicar() -> Vec<u8> {
    [
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}",
        "$EICAR-STANDARD-ANTIVIRUS-",
        "TEST-FILE!$H+H*",
    ]
    .concat()
    .into_bytes()
}

fn with(address: ClamdAddress) -> Inspecting {
    Inspecting {
        scanner: Some(Arc::new(Clamd::new(address, Duration::from_secs(5)))),
        ..Inspecting::default()
    }
}

async fn examined(inspecting: &Inspecting, bytes: Vec<u8>) -> inspection::Outcome {
    let file = File {
        name: "a.txt".into(),
        bytes: Arc::from(bytes),
    };
    let today = jiff::civil::date(2026, 11, 22);
    inspection::examine(inspecting, &InProcess, &file, today)
        .await
        .expect("examined")
}

fn rules(outcome: &inspection::Outcome) -> Vec<RuleId> {
    outcome
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect()
}

#[tokio::test]
async fn what_clamd_knows_is_refused_and_the_rest_is_read() {
    let known = eicar();
    let address = clamd(move |bytes| {
        if bytes == known {
            b"stream: Eicar-Signature FOUND\0".to_vec()
        } else {
            b"stream: OK\0".to_vec()
        }
    })
    .await;
    let inspecting = with(address);
    let virus = examined(&inspecting, eicar()).await;
    assert_eq!(
        (virus.verdict, rules(&virus)),
        (Verdict::Refused, vec![RuleId::Virus])
    );
    assert_eq!(virus.findings[0].shown, "Eicar-Signature");
    // More than one piece, and what is in it is looked at too.
    let long = format!("{}身份证号{ID}", "通知。".repeat(60_000)).into_bytes();
    let number = examined(&inspecting, long).await;
    assert_eq!(
        (number.verdict, rules(&number)),
        (Verdict::Blocked, vec![RuleId::ResidentId])
    );
    assert_eq!(
        examined(&inspecting, b"hello".to_vec()).await.verdict,
        Verdict::Clean
    );
}

#[tokio::test]
async fn without_the_scanners_word_nothing_passes() {
    // It is down.
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let down = ClamdAddress::Tcp(gone.local_addr().expect("its address"));
    drop(gone);
    let nowhere = ClamdAddress::Unix("/nonexistent/clamd.ctl".into());
    // It takes no more, fails, says nothing, says nonsense.
    let full = clamd(|_| b"INSTREAM size limit exceeded. ERROR\0".to_vec()).await;
    let failing = clamd(|_| b"stream: Can't allocate memory ERROR\0".to_vec()).await;
    let silent = clamd(|_| Vec::new()).await;
    let odd = clamd(|_| b"HTTP/1.1 200 OK\r\n".to_vec()).await;
    // Its answer does not come to its end.
    let cut = clamd(|_| b"stream: OK".to_vec()).await;
    for address in [down, nowhere, full, failing, silent, odd, cut] {
        let told = format!("{address:?}");
        let outcome = examined(&with(address), b"hello".to_vec()).await;
        assert_eq!(outcome.verdict, Verdict::Refused, "{told}");
        assert_eq!(rules(&outcome), [RuleId::ScannerDown], "{told}");
    }
}

#[tokio::test]
async fn expressions_of_the_installation_are_looked_for() {
    let json = r#"[{"kind":"forbidden","source":"本单位","entries":["内部代号甲"]}]"#;
    let inspecting = Inspecting {
        expressions: Arc::from(json.as_bytes()),
        ..Inspecting::default()
    };
    let outcome = examined(&inspecting, "涉及内部代号甲".as_bytes().to_vec()).await;
    assert_eq!(rules(&outcome), [RuleId::Forbidden]);
    assert_eq!(
        rules(&examined(&Inspecting::default(), "涉及内部代号甲".into()).await),
        []
    );
}

#[tokio::test]
async fn the_corpus_goes_the_way_of_the_office() {
    for file in corpus::seeded(3).into_iter().step_by(9) {
        let file_ = File {
            name: file.name.clone(),
            bytes: Arc::from(file.bytes),
        };
        let today = jiff::civil::date(2026, 11, 22);
        let outcome = inspection::examine(&Inspecting::default(), &InProcess, &file_, today).await;
        let outcome = outcome.expect("examined");
        assert!(
            outcome.verdict >= Verdict::Blocked,
            "{} {}",
            file.name,
            file.place
        );
    }
}
