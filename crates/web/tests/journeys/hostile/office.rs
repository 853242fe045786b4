//! What the office tells of itself, what it takes in on paper and by mail, what it looks
//! for, and what the auditor reads of it.

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::Validity;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_store::people;
use gongkai_testkit::hostile::{NAME, SCRIPT};
use gongkai_testkit::register::number;
use gongkai_testkit::requests::{SINCE, person, signed};
use serde_json::json;

use super::super::road::Road;
use super::{Files, named};

/// What a body tells of its office.
const OFFICE: [&str; 10] = [
    "name",
    "address",
    "postcode",
    "hours",
    "phone",
    "fax",
    "mail",
    "classification",
    "arrangement",
    "obtaining",
];

/// What stands on its letters.
const LETTERHEAD: [&str; 5] = ["review_body", "court", "online_channel", "payment", "query"];

/// Texts of an application on paper that the page of its case shows.
const PAPER: [&str; 9] = [
    "name",
    "organization_proof",
    "representative",
    "agent_name",
    "authorisation",
    "title",
    "file_number",
    "description",
    "help",
];

/// What a body tells of itself: to the public in its guide and on the form on paper, to
/// its people on the pages where it stands.
pub(super) async fn told(road: &Road) {
    let own = road.bureau.own;
    let body = format!("/office/organizations/{own}");
    road.is(road.bureau.head).await;
    road.go(&format!("{body}/office")).await;
    road.harms("office", &OFFICE).await;
    road.send("form.ask button.primary").await;
    road.shows("office", &OFFICE).await;
    let letterhead = format!("{body}/letterhead");
    road.go(&letterhead).await;
    road.in_vain().await;
    road.harms("letterhead", &LETTERHEAD).await;
    road.send("form.ask button.primary").await;
    road.go(&letterhead).await;
    road.holds("letterhead", &LETTERHEAD).await;
    road.is(road.bureau.clerk).await;
    road.go(&letterhead).await;
    road.shows("letterhead", &LETTERHEAD).await;
    road.go(&format!("/guide/{own}")).await;
    road.shows("office", &OFFICE).await;
    road.go(&format!("/guide/{own}/form")).await;
    let printed = ["name", "address", "postcode", "phone"];
    road.shows("office", &printed).await;
}

/// What is looked for, and forms that are sent with nothing right in them.
pub(super) async fn asked(road: &Road) {
    road.go("/guide").await;
    road.harms("guide", &["name"]).await;
    road.send("form[role=search] button").await;
    road.holds("guide", &["name"]).await;
    road.go(&format!("/apply/{}", road.bureau.own)).await;
    road.in_vain().await;
    road.go("/track").await;
    road.in_vain().await;
    road.is(road.bureau.clerk).await;
    road.go("/office/requests/new").await;
    road.in_vain().await;
    road.go("/office/requests").await;
    road.harms("find", &["text"]).await;
    road.send("form[role=search] button").await;
    road.holds("find", &["text"]).await;
}

/// The case that was just taken in, with its file.
async fn opened(road: &Road) {
    road.says("查询码").await;
    let case = "return document.querySelector(\"main a[href^='/office/requests/']\").pathname";
    let case = road.browser.script(case).await;
    road.go(case.as_str().expect("a case")).await;
}

/// An organization asks by word of mouth, by an agent, and leaves a file.
pub(super) async fn takes_in(road: &Road, files: &Files) {
    road.is(road.bureau.clerk).await;
    road.go("/office/requests/new").await;
    let document = number(8);
    road.put(&[
        ("way", "oral"),
        ("kind", "org_other"),
        ("phone", "19900000008"),
        ("agent_document_number", document.as_str()),
        ("receiving", "pick_up"),
    ])
    .await;
    let came = ["reference", "note", "address"];
    road.harms("intake", &came).await;
    road.harms("intake", &PAPER).await;
    road.bring(&files.odd).await;
    road.send("form.ask button.primary").await;
    road.says(named(&files.odd)).await;
    road.holds("intake", &came).await;
    road.holds("intake", &PAPER).await;
    road.bring(&files.kept).await;
    road.send("form.ask button.primary").await;
    // It is read over and signed, in full.
    road.shows("intake", &PAPER).await;
    road.shows("intake", &["address"]).await;
    opened(road).await;
    road.shows("intake", &PAPER).await;
    road.shows("intake", &["reference", "note"]).await;
    road.says(named(&files.kept)).await;
    for page in [
        "?list=running",
        "?list=mine",
        "?list=waiting",
        "?list=over",
        "/calendar",
    ] {
        road.go(&format!("/office/requests{page}")).await;
    }
}

/// A mail is read, lays itself into the form, and is kept with its files.
pub(super) async fn reads_a_mail(road: &Road, files: &Files) {
    road.is(road.bureau.clerk).await;
    road.go("/office/requests/mail").await;
    road.bring(&files.odd_mail).await;
    road.send("form.ask button.primary").await;
    road.says(named(&files.odd_mail)).await;
    road.bring(&files.mail).await;
    road.send("form.ask button.primary").await;
    // What no system can keep in a name is a line there.
    let odd = "_'__img src=x onerror=window.hit=1_{{9-2}}.txt";
    let kept = format!("{NAME}.txt");
    let all = [named(&files.mail), odd, kept.as_str()];
    for name in all {
        road.says(name).await;
    }
    let values =
        "return ['name', 'title', 'description'].map(id => document.getElementById(id).value)";
    let begin: String = SCRIPT.chars().take(60).collect();
    let filled = road.browser.script(values).await;
    assert_eq!(filled, json!([begin, SCRIPT, SCRIPT]));
    let document = number(7);
    let lacks = [
        ("document_number", document.as_str()),
        ("phone", "19900000007"),
    ];
    road.put(&lacks).await;
    road.send("form.ask button.primary").await;
    opened(road).await;
    for text in [SCRIPT, begin.as_str()].into_iter().chain(all) {
        road.says(text).await;
    }
}

/// A document number is void, and says why.
pub(super) async fn voids(road: &Road) {
    let (house, own) = (&road.test.house, road.bureau.own);
    let clerk = signed(house, road.bureau.clerk).await;
    let form = Sent::new("letter-number", "void", ["x"]);
    let kind = Kind::of("fee").expect("a kind");
    let held = letters::number(house, &clerk, &form, (own, "云水"), kind, road.today).await;
    held.expect("a number");
    road.is(road.bureau.head).await;
    road.go(&format!("/office/organizations/{own}/letter-numbers"))
        .await;
    road.harms("void", &["reason"]).await;
    road.send("button[value=void]").await;
    road.shows("void", &["reason"]).await;
}

/// The auditor reads for which reasons something was seen, taken and made void.
pub(super) async fn is_audited(road: &Road) {
    let (house, own) = (&road.test.house, road.bureau.own);
    let auditor = person(house, "auditor", own, &[]).await;
    let grant = Grant {
        person: auditor,
        organization: None,
        role: Role::AuditAdministrator,
        validity: Validity::since(SINCE),
    };
    let mut tx = house.db.write().await.expect("a turn");
    let granted = people::grant(&mut tx, &grant, None, house.now()).await;
    granted.expect("granted");
    tx.commit().await.expect("kept");
    road.is(auditor).await;
    road.go("/office/audit?action=requests.unmask").await;
    road.shows("unmask", &["reason"]).await;
    road.shows("dossier", &["reason"]).await;
    road.go("/office/audit?action=letters.void").await;
    road.shows("void", &["reason"]).await;
    let sought = ["from", "until", "actor", "object"];
    road.harms("audit", &sought).await;
    road.send("form[role=search] button").await;
    road.holds("audit", &sought).await;
}
