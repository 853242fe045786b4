//! Who means harm writes script into every text of every letter and of every form, and
//! names files by it. Whoever reads them does so in a real browser: nowhere does it run,
//! and wherever it was taken it stands as text.

mod case;
mod dossier;
mod office;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::letters::kinds::KINDS;
use gongkai_domain::organization::OrganizationKind;
use gongkai_domain::requests::case::BY_ITSELF;
use gongkai_store::Engine;
use gongkai_testkit::hostile::{self, NAME, ODD_NAME, SCRIPT as HARM};
use gongkai_testkit::requests::{found, signed};
use jiff::ToSpan;
use tempfile::TempDir;

use self::case::Case;
use super::road::Road;

/// The body's own texts on its letters.
async fn headed(road: &Road) {
    let house = &road.test.house;
    let head = signed(house, road.bureau.head).await;
    let typed = Letterhead {
        word: "云水".to_owned(),
        review_body: HARM.to_owned(),
        court: HARM.to_owned(),
        online_channel: HARM.to_owned(),
        payment: HARM.to_owned(),
        query: HARM.to_owned(),
    };
    let (sent, own) = (Sent::new("letterhead", "harm", []), road.bureau.own);
    let kept = letters::change_head(house, &head, &sent, own, (1, &typed)).await;
    kept.expect("what is only odd is not refused");
}

/// What others are asked, searched for, and said, with every reply that it allows.
async fn answered(road: &mut Road) {
    road.file().await;
    road.confirm().await;
    road.is(road.bureau.handler).await;
    // Art. 43: whoever needs help with applying has said which.
    road.open().await;
    road.says("需要的帮助").await;
    for kind in ["assistance", "joint_handling"] {
        road.letter("letter_assistance", kind, &[]).await;
    }
    road.letter("letter_correction", "correction", &[]).await;
    let pages = [("basis", "pages"), ("pages", "240")];
    road.letter("letter_fee", "fee", &pages).await;
    let limit = road.today.saturating_add(7.days()).to_string();
    let search = [("asked", HARM), ("words", HARM), ("limit", &limit)];
    road.step("search_ask", &search).await;
    let found = [
        ("number", "1"),
        ("found", "no"),
        ("searcher", HARM),
        ("result", HARM),
    ];
    road.step("search_end", &found).await;
    road.letter("supplement_asked", "supplement", &[]).await;
    road.track().await;
    road.put(&[("text", HARM)]).await;
    road.send("form[action='/track/supplement'] button").await;
    road.reasoned(HARM).await;
    road.is(road.bureau.head).await;
    road.letter("extended", "extension", &[("extension-days", "10")])
        .await;
    road.letter("deferred", "deferral", &[]).await;
    road.is(road.bureau.handler).await;
    for (number, kind) in [
        ("1", "consult_third_party"),
        ("2", "consult_co_maker"),
        ("3", "consult_organ"),
    ] {
        road.letter("consulted", kind, &[]).await;
        road.letter("letter_told", "consult_told", &[]).await;
        if number != "3" {
            let had = [("number", number), ("note", HARM)];
            road.step("consultation_served", &had).await;
        }
        let objects = [("number", number), ("opinion", "objects"), ("note", HARM)];
        road.step("consultation_ended", &objects).await;
    }
    // One outcome of each kind of reply; what is given comes last and is decided.
    let replies = KINDS.iter().filter(|kind| kind.is_reply());
    let outcomes = replies.filter_map(|kind| kind.outcomes.first());
    for outcome in outcomes.filter(|one| !BY_ITSELF.contains(*one) && **one != "granted") {
        road.written(outcome, &[]).await;
    }
    road.approved("granted", &[]).await;
    road.is(road.bureau.handler).await;
    road.letter("letter_decided", "disclosure_decided", &[])
        .await;
    road.tracked(&["政府信息公开申请登记回执"]).await;
}

/// What ends without a reply.
async fn ended(road: &mut Road) {
    road.file().await;
    road.confirm().await;
    road.abandoned().await;
    road.file().await;
    road.confirm().await;
    road.is(road.bureau.handler).await;
    let pages = [("basis", "pages"), ("pages", "240")];
    road.letter("letter_fee", "fee", &pages).await;
    road.step("fee_notified", &[("note", HARM)]).await;
    road.later(60);
    road.is(road.bureau.clerk).await;
    road.letter("fee_lapsed", "abandoned_fee", &[]).await;
    road.file().await;
    road.confirm().await;
    road.step("withdrawn", &[("note", HARM)]).await;
    road.letter("letter_withdrawn", "withdrawn", &[]).await;
    road.tracked(&["政府信息公开申请撤回确认书"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn script_in_every_text_of_every_kind_of_letter_runs_nowhere() {
    let mut road = Road::to(Engine::Sqlite, false).await;
    road.harm = Some(HARM);
    headed(&road).await;
    answered(&mut road).await;
    ended(&mut road).await;
    let all: BTreeSet<&str> = KINDS.iter().map(|kind| kind.key).collect();
    let unread: Vec<_> = all.difference(&road.read).collect();
    assert!(unread.is_empty(), "nobody read {unread:?}");
    road.end().await;
}

/// Files on a disk whose names mean harm.
struct Files {
    /// Comes in.
    kept: PathBuf,
    /// Is refused by its name.
    odd: PathBuf,
    /// A mail that comes in.
    mail: PathBuf,
    /// The same under a name by which it is refused.
    odd_mail: PathBuf,
    _folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let on_disk = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let mail = hostile::mail();
        Self {
            kept: on_disk(&format!("{NAME}.txt"), "材料".as_bytes()),
            odd: on_disk(&format!("{ODD_NAME}.txt"), "别的材料".as_bytes()),
            mail: on_disk(&format!("{NAME}.eml"), &mail),
            odd_mail: on_disk(&format!("{ODD_NAME}.eml"), &mail),
            _folder: folder,
        }
    }
}

/// The name of a file, as pages show it.
fn named(file: &Path) -> &str {
    let name = file.file_name().and_then(|name| name.to_str());
    name.expect("a name")
}

#[tokio::test(flavor = "multi_thread")]
async fn script_in_every_field_of_every_form_runs_nowhere_and_stands_as_text() {
    let mut road = Box::pin(Road::to(Engine::Sqlite, false)).await;
    let files = Files::new();
    road.harm = Some(HARM);
    // There are more bodies than anybody looks through: others are named.
    for n in 0..60 {
        let name = format!("云溪县第{n}局");
        found(&road.test.house, &name, OrganizationKind::Department, None).await;
    }
    Box::pin(office::told(&road)).await;
    Box::pin(office::asked(&road)).await;
    road.brings = vec![files.kept.clone(), files.odd.clone()];
    let mut case = Case::new(&mut road);
    Box::pin(case.comes(&files)).await;
    Box::pin(case.is_worked_on()).await;
    Box::pin(case.waits_for_others()).await;
    Box::pin(case.is_replied(&files)).await;
    Box::pin(case.is_over(&files)).await;
    Box::pin(dossier::unmasked(&case)).await;
    Box::pin(dossier::carried_away(&case, &files)).await;
    Box::pin(Case::new(&mut road).is_supplemented(&files)).await;
    Box::pin(office::takes_in(&road, &files)).await;
    Box::pin(office::reads_a_mail(&road, &files)).await;
    Box::pin(office::voids(&road)).await;
    Box::pin(office::is_audited(&road)).await;
    road.nothing_is_left();
    road.end().await;
}
