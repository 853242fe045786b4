//! What is had of a case for a reason: who applied, in full, and the case file, which is
//! opened from a disk, where no server says what may run.

use gongkai_testkit::hostile::{SCRIPT, unpacked};
use gongkai_testkit::requests::typed;
use serde_json::json;

use super::super::road::Road;
use super::case::Case;
use super::{Files, named};

/// A reason that tells a telephone is refused, and stands there again.
async fn refused(road: &Road, room: &str) {
    road.go(&format!("{}/{room}", road.case)).await;
    let telling = format!("{SCRIPT}{}", typed(road.n).phone);
    road.put(&[("reason", telling.as_str())]).await;
    road.send("form.ask button.primary").await;
    road.says("理由里写了证件号码或电话").await;
    let reason = "return document.querySelector('#reason').value";
    assert_eq!(road.browser.script(reason).await, telling);
}

/// Who applied is seen in full.
pub(super) async fn unmasked(case: &Case<'_>) {
    let road = &*case.road;
    road.is(road.bureau.clerk).await;
    refused(road, "unmask").await;
    road.harms("unmask", &["reason"]).await;
    road.send("form.ask button.primary").await;
    road.shows("corrected", &["name", "address"]).await;
}

/// Every page of the case file is opened, and all that was said stands on one of them.
pub(super) async fn carried_away(case: &Case<'_>, files: &Files) {
    let road = &*case.road;
    refused(road, "dossier").await;
    let reason = road.mark("dossier", "reason");
    let reason: String = url::form_urlencoded::byte_serialize(reason.as_bytes()).collect();
    let (path, fields) = (format!("{}/dossier", road.case), format!("reason={reason}"));
    let archive = road.had(road.bureau.clerk, &path, &fields).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (mut pages, mut said) = (0, String::new());
    for (name, bytes) in unpacked(archive) {
        let path = folder.path().join(&name);
        let above = path.parent().expect("a folder");
        std::fs::create_dir_all(above).expect("made");
        std::fs::write(&path, bytes).expect("written");
        if !name.ends_with(".html") {
            continue;
        }
        let page = url::Url::from_file_path(&path).expect("an address");
        road.browser.go(page.as_str()).await;
        let found = "return [window.hit ?? null, document.querySelectorAll('img, script, iframe, object, embed, a').length]";
        let found = road.browser.script(found).await;
        assert_eq!(found, json!([null, 0]), "{name}");
        said.push_str(&road.browser.text("main").await);
        pages += 1;
    }
    // Contents, application, record, two editions of the reply, its review.
    assert_eq!(pages, 6);
    assert!(said.contains(named(&files.kept)), "{said}");
    // What was set apart lies with the case that it became; notes are the office's own.
    for (step, field) in case.said.iter().filter(|(step, _)| *step != "split") {
        let mark = road.mark(step, field);
        assert_eq!(said.contains(&mark), *step != "note", "{mark} in {said}");
    }
}
