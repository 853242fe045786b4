//! Files and calls: brought by the public with an application, by the desk with
//! what came on paper or by mail, and added to what happened.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use gongkai_app::house::Inspecting;
use gongkai_app::inspection::File;
use gongkai_app::portal::gate::{self, Stamp};
use gongkai_app::portal::{bodies, drafts, proof};
use gongkai_app::requests::calls::{self, Call, Heard};
use gongkai_app::requests::dossier;
use gongkai_app::requests::files::{self, AddedTo};
use gongkai_app::requests::intake::{self, Confirming, Intake};
use gongkai_app::requests::look::{self, Query};
use gongkai_app::requests::steps::Seen;
use gongkai_app::requests::whose::Whose;
use gongkai_app::requests::{self, Brought, RequestError};
use gongkai_app::requests::{mails, month, search};
use gongkai_domain::calendar::DayKind;
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{Happening, Lane, Proof};
use gongkai_domain::settings::Values;
use gongkai_store::audit::{self as trail, Search};
use gongkai_store::requests::{self as stored, Of};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::inspection::docx;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{typed, visitor};
use sha2::{Digest, Sha256};

use super::end;
use super::scene::{Scene, day, ids, served};

fn file(name: &str, bytes: &[u8]) -> File {
    File {
        name: name.to_owned(),
        bytes: Arc::from(bytes),
    }
}

/// A document that runs something when it is opened.
fn harmful() -> File {
    file(
        "表格.docm",
        &docx("申请表", &[("word/vbaProject.bin", "x")]),
    )
}

impl Scene<'_> {
    /// The desk brings files for what came on paper.
    async fn bring_in(&self, files: Vec<File>) -> Result<Vec<Brought>, RequestError> {
        let clerk = self.bureau.signed(self.bureau.clerk).await;
        let own = Some(self.bureau.own);
        served(files::bring_in(
            self.house(),
            &InProcess,
            &clerk,
            own,
            files,
        ))
        .await
    }

    /// Somebody adds files to the evidence of something that happened.
    async fn add(
        &self,
        id: i64,
        key: &str,
        told: (i64, &str),
        files: Vec<File>,
    ) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        self.add_seen(seen, key, told, files).await
    }

    async fn add_seen(
        &self,
        seen: Seen,
        key: &str,
        told: (i64, &str),
        files: Vec<File>,
    ) -> Result<(), RequestError> {
        let handler = self.bureau.signed(self.bureau.handler).await;
        let brought = served(files::bring_to(
            self.house(),
            &InProcess,
            &handler,
            seen.id,
            files,
        ))
        .await?;
        served(files::add(
            self.house(),
            &handler,
            key,
            seen,
            (AddedTo::Event(told.0), told.1),
            &brought,
        ))
        .await
    }

    async fn call(
        &self,
        id: i64,
        on: &str,
        reached: bool,
        call: &Call<'_>,
    ) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let clerk = self.bureau.signed(self.bureau.clerk).await;
        let key = self.house().token();
        served(calls::note(
            self.house(),
            &clerk,
            &key,
            seen,
            (on, reached),
            call,
        ))
        .await
    }

    async fn confirm_by(&self, id: i64, on: &str, heard: &Heard<'_>) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let clerk = self.bureau.signed(self.bureau.clerk).await;
        let (key, how) = (self.house().token(), (on, Confirming::Reached));
        served(intake::confirm_by(
            self.house(),
            &clerk,
            &key,
            seen,
            how,
            heard,
        ))
        .await
    }

    /// What a handler downloads.
    async fn download(&self, id: i64, number: i64) -> (String, Vec<u8>) {
        let handler = self.bureau.signed(self.bureau.handler).await;
        let file = served(look::file(self.house(), &handler, id, number)).await;
        let (name, bytes) = file.expect("handed on");
        (name, bytes.to_vec())
    }
}

const CALL: Call<'static> = Call {
    with: "柳1禾·𬴂",
    number: "",
    at: "8：55",
    said: "确认已经提交，索取方式不变",
};

/// A mail in GB18030 with a picture and a document that runs something.
fn eml() -> Vec<u8> {
    use base64::Engine;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let gb = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    format!(
        "Date: Fri, 20 Nov 2026 22:30:05 +0800\r\nFrom: =?gb18030?B?{}?= <liu@example.org>\r\nTo: gk@yunxi.example\r\n\
         Subject: =?gb18030?B?{}?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n\
         --x\r\nContent-Type: text/plain; name=\"id.txt\"\r\nContent-Disposition: attachment; filename=\"id.txt\"\r\n\r\nabc\r\n\
         --x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"a.docm\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--x--\r\n",
        base64(&gb("柳𫓧")),
        base64(&gb("政府信息公开申请")),
        base64(&gb("请公开 2025 年清水河水质监测报告。")),
        base64(&docx("申请表", &[("word/vbaProject.bin", "x")])),
    )
    .into_bytes()
}

in_both_houses! {
    async fn what_a_citizen_attaches_reaches_the_desk_and_what_may_not_come_in_is_named(test) {
        let scene = Scene::new(&test).await;
        let (house, own) = (&test.house, scene.bureau.own);
        let settings = Values::default().portal().expect("settings");
        let challenge = gate::challenge(house, &settings, "form");
        let answer = (0u64..).map(|n| n.to_string()).find(|n| challenge.is_solved_by(n));
        let stamp = Stamp { challenge: challenge.text, answer: answer.expect("a number") };
        let typed = typed(4);
        let fields = typed.fields().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        let brought = drafts::Brought {
            fields: fields.collect(),
            files: vec![file("证件.txt", "身份证".as_bytes()), harmful(), file("说明.txt", b"x")],
            removed: Vec::new(),
        };
        let from = gongkai_app::portal::Visitor {
            address: "203.0.113.7".parse().expect("an address"),
            source: "203.0.113.7".to_owned(),
            request: "r".to_owned(),
        };
        let begun = drafts::begin(house, &InProcess, &settings, &from, own, ("form", &stamp), brought);
        let token = served(begun).await.expect("begun");
        let draft = drafts::open(house, &token).await.expect("opened");
        // One is named, and nothing else of the form is lost.
        let notes: Vec<_> = draft.contents.notes.iter().map(|note| (&*note.id, note.arguments[0].1.as_str())).collect();
        assert_eq!(notes, [("draft-file-refused", "表格.docm")]);
        let kept: BTreeMap<_, _> = typed.fields().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        assert_eq!(draft.contents.fields, kept);
        let mut files = Vec::new();
        for one in &draft.contents.files {
            let bytes = drafts::bytes(house, &token, one.position).await.expect("bytes");
            let brought = served(requests::bring(house, &InProcess, visitor(), own, &one.name, bytes)).await;
            files.push(brought.expect("brought"));
        }
        let filed = served(requests::file(house, visitor(), &draft.contents.key, own, &typed, &files)).await;
        let filed = filed.expect("filed");
        // The handler sees both with what they came with, and has them as they were.
        let shown = scene.see(scene.bureau.handler, filed.id).await;
        let names: Vec<_> = shown.files.iter().map(|file| (file.number, file.event, file.name.as_str())).collect();
        assert_eq!(names, [(1, 1, "证件.txt"), (2, 1, "说明.txt")]);
        assert_eq!(scene.download(filed.id, 1).await, ("证件.txt".to_owned(), "身份证".as_bytes().to_vec()));
        // Another bureau's people have neither the page nor the file.
        let stranger = scene.bureau.signed(scene.bureau.stranger).await;
        let file = served(look::file(house, &stranger, filed.id, 1)).await;
        assert!(matches!(file, Err(RequestError::Missing)), "{file:?}");
        end(test).await;
    }

    async fn scans_come_in_with_paper_and_more_is_added_to_what_they_prove(test) {
        let scene = Scene::new(&test).await;
        let refused = scene.bring_in(vec![file("申请书.txt", b"x"), harmful()]).await;
        assert!(ids(refused).contains(&"files-refused".to_owned()));
        let scans = vec![file("申请书.txt", "申请".as_bytes()), file("信封.txt", "信封".as_bytes())];
        let scans = scene.bring_in(scans).await.expect("brought");
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let new = Intake {
            organization: Some(scene.bureau.own),
            way: "signed_post".to_owned(),
            day: "2026-11-20".to_owned(),
            typed: typed(1),
            reference: "XA123456789CN".to_owned(),
            note: String::new(),
        };
        let key = test.house.token();
        for _ in 0..2 {
            served(intake::intake(&test.house, &clerk, &key, &new, &scans)).await.expect("taken in");
        }
        let filed = served(intake::intake(&test.house, &clerk, &key, &new, &scans)).await.expect("taken in");
        assert_eq!(scene.see(scene.bureau.clerk, filed.id).await.files.len(), 2, "once");
        // Somebody who takes nothing in brings nothing.
        let reviewer = scene.bureau.signed(scene.bureau.reviewer).await;
        let own = Some(scene.bureau.own);
        let denied = served(files::bring_in(&test.house, &InProcess, &reviewer, own, Vec::new())).await;
        assert!(matches!(denied, Err(RequestError::Denied(_))), "{denied:?}");
        // Evidence of a step that was taken: it belongs to that step.
        scene.on("2026-11-24");
        let handler = scene.bureau.handler;
        let asked = Event::SupplementAsked { limit: day("2026-12-15") };
        scene.step(handler, filed.id, "2026-11-24", asked).await.expect("asked");
        let receipt = || vec![file("签收回执.txt", "签收".as_bytes())];
        assert_eq!(ids(scene.add(filed.id, "a", (2, " "), receipt()).await), ["casework-needs-proves"]);
        assert_eq!(ids(scene.add(filed.id, "b", (2, "证明送达"), Vec::new()).await), ["casework-no-file"]);
        assert_eq!(ids(scene.add(filed.id, "c", (9, "证明送达"), receipt()).await), ["casework-no-event"]);
        let seen = scene.seen(filed.id).await;
        for _ in 0..2 {
            scene.add_seen(seen, "d", (2, "证明 11 月 24 日送达"), receipt()).await.expect("added");
        }
        let shown = scene.see(handler, filed.id).await;
        let last = shown.files.last().expect("a file");
        assert_eq!((shown.files.len(), last.event, last.name.as_str()), (3, 2, "签收回执.txt"));
        let last = shown.record.last().expect("written");
        assert_eq!(last.what, Happening::FilesAdded { to: 2, count: 1 });
        assert_eq!(last.proofs.get(&Proof::Note).map(String::as_str), Some("证明 11 月 24 日送达"));
        assert!(!last.what.is_for_the_applicant());
        assert_eq!(scene.download(filed.id, 3).await.1, "签收".as_bytes());
        // The clock is what it was: files are no step of the law.
        assert_eq!(shown.case.state().key(), "awaiting_supplement");
        scene.step(scene.bureau.clerk, filed.id, "2026-11-24", Event::Withdrawn).await.expect("taken back");
        scene.add(filed.id, "e", (2, "证明送达"), receipt()).await.expect("after the reply");
        scene.step(scene.bureau.clerk, filed.id, "2026-11-24", Event::Archived).await.expect("archived");
        assert_eq!(ids(scene.add(filed.id, "f", (2, "证明送达"), receipt()).await), ["casework-archived"]);
        end(test).await;
    }

    async fn rules_that_came_later_hold_a_file_back_and_say_which(test) {
        let scene = Scene::new(&test).await;
        let scans = scene.bring_in(vec![file("申请书.txt", "申请".as_bytes())]).await.expect("brought");
        let mut house = test.house.clone();
        house.inspecting = Arc::new(Inspecting { expressions: Arc::from(&b"[]"[..]), ..Inspecting::default() });
        let own = scene.bureau.own;
        let key = house.token();
        let held = served(requests::file(&house, visitor(), &key, own, &typed(1), &scans)).await;
        assert_eq!(ids(held), ["casework-file-unseen"]);
        // What has come in is inspected by the new rules when somebody wants it.
        let filed = served(requests::file(&test.house, visitor(), &key, own, &typed(1), &scans)).await;
        let filed = filed.expect("filed");
        let handler = scene.bureau.signed(scene.bureau.handler).await;
        let held = served(look::file(&house, &handler, filed.id, 1)).await;
        assert_eq!(ids(held), ["casework-file-unseen"]);
        let had = served(files::had(&house, &InProcess, &handler, filed.id, 1)).await.expect("handed on");
        assert_eq!(&had.1[..], "申请".as_bytes());
        assert!(served(look::file(&house, &handler, filed.id, 1)).await.is_ok());
        end(test).await;
    }

    async fn the_same_bytes_may_come_under_two_names(test) {
        let scene = Scene::new(&test).await;
        let twice = vec![file("证件.txt", "身份证".as_bytes()), file("附件1.txt", "身份证".as_bytes())];
        let scans = scene.bring_in(twice).await.expect("brought");
        let own = scene.bureau.own;
        let key = test.house.token();
        let filed = served(requests::file(&test.house, visitor(), &key, own, &typed(1), &scans)).await;
        let filed = filed.expect("filed");
        for number in [1, 2] {
            assert_eq!(scene.download(filed.id, number).await.1, "身份证".as_bytes());
        }
        // Refused under a third name since, they are looked at again under their own.
        assert!(scene.bring_in(vec![file("a:b.exe", "身份证".as_bytes())]).await.is_err());
        let handler = scene.bureau.signed(scene.bureau.handler).await;
        let held = served(look::file(&test.house, &handler, filed.id, 1)).await;
        assert_eq!(ids(held), ["casework-file-unseen"]);
        for number in [1, 2] {
            let had = served(files::had(&test.house, &InProcess, &handler, filed.id, number)).await;
            assert_eq!(&had.expect("handed on").1[..], "身份证".as_bytes());
        }
        end(test).await;
    }

    async fn a_call_is_noted_and_is_the_evidence_of_the_confirmation(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.file(1).await;
        let id = filed.id;
        // Each part of it is asked for, and nothing is noted that has not been.
        for (call, wanted) in [
            (Call { with: " ", ..CALL }, "casework-needs-called_with"),
            (Call { at: "nine", ..CALL }, "casework-needs-called_at"),
            (Call { said: "", ..CALL }, "casework-needs-said"),
            (Call { number: "abc", ..CALL }, "phone-sign"),
            (Call { at: "23:59", ..CALL }, "casework-call-to-come"),
        ] {
            assert_eq!(ids(scene.call(id, "2026-11-23", true, &call).await), [wanted]);
        }
        scene.on("2026-11-24");
        scene.call(id, "2026-11-23", false, &CALL).await.expect("noted");
        scene.call(id, "2026-11-23", true, &CALL).await.expect("noted");
        let shown = scene.see(scene.bureau.handler, id).await;
        let call = &shown.record[2];
        assert_eq!(call.what, Happening::Called { reached: true });
        let of = |proof: Proof| call.proofs.get(&proof).map(String::as_str);
        assert_eq!(of(Proof::CalledNumber), Some("199****0001"), "the applicant's own, masked");
        assert_eq!((of(Proof::CalledAt), of(Proof::CalledWith)), (Some("08:55"), Some("柳1禾·𬴂")));
        assert_eq!(shown.case.state().key(), "awaiting_confirmation", "a call alone confirms nothing");
        // A call in vain, one of another day and none are no evidence.
        let noted = Heard::Noted;
        assert_eq!(ids(scene.confirm_by(id, "2026-11-23", &noted(2)).await), ["casework-no-call"]);
        assert_eq!(ids(scene.confirm_by(id, "2026-11-24", &noted(3)).await), ["casework-call-other-day"]);
        let empty = Heard::Call(Call::default());
        assert_eq!(ids(scene.confirm_by(id, "2026-11-23", &empty).await), ["casework-needs-call"]);
        scene.confirm_by(id, "2026-11-23", &noted(3)).await.expect("confirmed");
        let shown = scene.see(scene.bureau.handler, id).await;
        assert_eq!(shown.kept.standing.received, Some(day("2026-11-23")));
        let confirmed = shown.record.last().expect("written");
        assert_eq!(confirmed.proofs.get(&Proof::Call), Some(&CALL.said.to_owned()));
        assert_eq!(confirmed.proofs.get(&Proof::CalledAt).map(String::as_str), Some("08:55"));
        // Told with the confirmation itself, it is the same.
        let other = scene.file(2).await;
        let call = Call { number: "0512-6543 2100", at: "8:05", ..CALL };
        scene.confirm_by(other.id, "2026-11-24", &Heard::Call(call)).await.expect("confirmed");
        let shown = scene.see(scene.bureau.clerk, other.id).await;
        let number = shown.record.last().expect("written").proofs.get(&Proof::CalledNumber);
        assert_eq!(number.map(String::as_str), Some("051*****2100"));
        end(test).await;
    }

    async fn a_mail_fills_the_form_starts_no_clock_and_is_kept_with_its_files(test) {
        let scene = Scene::new(&test).await;
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let (house, own) = (&test.house, Some(scene.bureau.own));
        let read = async |bytes: &[u8]| {
            served(mails::take(house, &InProcess, &clerk, own, file("申请.eml", bytes))).await
        };
        assert_eq!(ids(read(b"hello").await), ["intake-unsupported-kind"]);
        let bytes = eml();
        let taken = read(&bytes).await.expect("read");
        assert_eq!((taken.typed.name.as_str(), taken.typed.mail.as_str()), ("柳𫓧", "liu@example.org"));
        assert_eq!(taken.typed.title, "政府信息公开申请");
        assert_eq!(taken.typed.description, "请公开 2025 年清水河水质监测报告。");
        assert_eq!(taken.day, day("2026-11-20"), "the mail's own day, in China");
        assert!(taken.note.contains("2026-11-20 22:30"), "{}", taken.note);
        assert_eq!(taken.files, ["申请.eml", "id.txt"]);
        assert_eq!(taken.told[0].id, "files-refused", "its attachment is named");
        // The clerk puts right what the mail does not say.
        let new = Intake {
            organization: own,
            way: "mail".to_owned(),
            day: taken.day.to_string(),
            typed: Typed {
                document_number: typed(1).document_number,
                ..taken.typed.clone()
            },
            reference: String::new(),
            note: taken.note.clone(),
        };
        // Files wait for the one who brought them and the body they were read for.
        let other = scene.bureau.signed(scene.bureau.head).await;
        assert_eq!(ids(served(mails::waiting(house, &other, own, &taken.token)).await), ["mail-over"]);
        let elsewhere = Some(scene.bureau.other);
        assert_eq!(ids(served(mails::waiting(house, &clerk, elsewhere, &taken.token)).await), ["mail-other-body"]);
        assert_eq!(ids(served(mails::waiting(house, &clerk, own, "none")).await), ["mail-over"]);
        let files = served(mails::waiting(house, &clerk, own, &taken.token)).await.expect("there");
        let key = house.token();
        let filed = served(intake::intake(house, &clerk, &key, &new, &files)).await.expect("taken in");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.case.state().key(), "awaiting_confirmation");
        assert_eq!((shown.kept.standing.received, &shown.due), (None, &None));
        assert!(shown.record[0].proofs[&Proof::Note].contains("liu@example.org"));
        assert_eq!(scene.download(filed.id, 1).await, ("申请.eml".to_owned(), bytes));
        assert_eq!(scene.download(filed.id, 2).await.1, b"abc");
        // The public draft of the same token is none.
        let public = drafts::open(house, &taken.token).await;
        assert!(public.is_err());
        end(test).await;
    }

    async fn a_case_file_holds_everything_with_digests_for_a_reason(test) {
        let scene = Scene::new(&test).await;
        scene.on("2026-11-23");
        let scans = vec![file("申请书.txt", "申请".as_bytes()), file("=1+1.txt", b"2")];
        let scans = scene.bring_in(scans).await.expect("brought");
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let new = Intake {
            organization: Some(scene.bureau.own),
            way: "counter".to_owned(),
            day: "2026-11-23".to_owned(),
            typed: typed(6),
            reference: String::new(),
            note: String::new(),
        };
        let key = test.house.token();
        let filed = served(intake::intake(&test.house, &clerk, &key, &new, &scans)).await.expect("taken in");
        scene.reply(filed.id, "2026-11-23", "granted").await.expect("replied");
        let (house, id) = (&test.house, filed.id);
        let pack = async |reason: &str| served(dossier::pack(house, &InProcess, &clerk, id, reason)).await;
        assert_eq!(ids(pack(" ").await), ["reason-needed"]);
        assert_eq!(ids(pack("电话 19900000006").await), ["register-reason-tells"]);
        let packed = pack("行政复议机关调取案卷").await.expect("packed");
        assert_eq!(packed.name, "政府信息公开申请案卷 2026-00001.zip");
        let mut archive = zip::ZipArchive::new(Cursor::new(packed.bytes.clone())).expect("an archive");
        let names: Vec<String> = archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
        let wanted = [
            "00 目录.html", "00 目录.xlsx", "SHA256SUMS.txt", "01 申请书.html", "02 办理经过.html",
            "03 材料/001 申请书.txt", "03 材料/002 =1+1.txt", "05 答复稿/001 答复稿第 1 版.html", "05 答复稿/答复稿审签记录.html",
        ];
        assert_eq!(names, wanted);
        let mut bytes = |name: &str| {
            let mut bytes = Vec::new();
            archive.by_name(name).expect("a part").read_to_end(&mut bytes).expect("read");
            bytes
        };
        // Each part is what its digest says, and the file is as it was brought.
        let sums = String::from_utf8(bytes("SHA256SUMS.txt")).expect("text");
        assert_eq!(sums.lines().count(), wanted.len() - 3);
        for line in sums.lines() {
            let (digest, path) = line.split_once("  ").expect("a line");
            assert_eq!(hex::encode(Sha256::digest(bytes(path))), digest, "{path}");
        }
        assert_eq!(bytes("03 材料/001 申请书.txt"), "申请".as_bytes());
        // In its table nothing is reckoned, whatever files are called.
        let table = bytes("00 目录.xlsx");
        let mut table = zip::ZipArchive::new(Cursor::new(table)).expect("a table");
        let mut parts = String::new();
        for part in 0..table.len() {
            let mut part = table.by_index(part).expect("a part");
            if part.name().expect("a name").ends_with(".xml") {
                part.read_to_string(&mut parts).expect("text");
            }
        }
        assert!(parts.contains("=1+1") && !parts.contains("<f>"), "{parts}");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let application = text(bytes("01 申请书.html"));
        assert!(application.contains("19900000006") && application.contains(&typed(6).description));
        let record = text(bytes("02 办理经过.html"));
        for wanted in ["提交申请", "答复", "情况说明：情况属实", "期限怎样算出"] {
            assert!(record.contains(wanted), "{wanted}: {record}");
        }
        let reviews = text(bytes("05 答复稿/答复稿审签记录.html"));
        assert!(reviews.contains("leader·𬴂") && reviews.contains("secrecy·𬴂"), "{reviews}");
        // On another day, by another person, the same case is the same file.
        scene.on("2026-12-24");
        let head = scene.bureau.signed(scene.bureau.head).await;
        let again = served(dossier::pack(house, &InProcess, &head, id, "移交档案馆")).await.expect("packed");
        assert_eq!(again.bytes, packed.bytes);
        // What was taken, by whom and why is in the trail; who may not take it does not.
        let written = scene.trail(id).await;
        let taken = written.iter().filter(|one| one.entry.detail.contains("\"did\":\"dossier\"")).collect::<Vec<_>>();
        assert_eq!(taken.len(), 2);
        let digest = hex::encode(Sha256::digest(&packed.bytes));
        assert!(taken.iter().all(|one| one.entry.detail.contains(&digest)));
        assert!(taken.iter().any(|one| one.entry.detail.contains("移交档案馆")));
        let reviewer = scene.bureau.signed(scene.bureau.reviewer).await;
        let denied = served(dossier::pack(house, &InProcess, &reviewer, id, "移交档案馆")).await;
        assert!(matches!(denied, Err(RequestError::Denied(_))), "{denied:?}");
        let stranger = scene.bureau.signed(scene.bureau.stranger).await;
        let missing = served(dossier::pack(house, &InProcess, &stranger, id, "移交档案馆")).await;
        assert!(matches!(missing, Err(RequestError::Missing)), "{missing:?}");
        end(test).await;
    }

    async fn the_proof_of_filing_goes_by_text_message_where_there_is_no_mail(test) {
        let scene = Scene::new(&test).await;
        let only = |n: u32, phone: &str| Typed {
            mail: String::new(),
            receiving: "pick_up".to_owned(),
            phone: phone.to_owned(),
            ..typed(n)
        };
        let file = async |typed: &Typed| {
            let key = test.house.token();
            scene.try_file(&key, typed).await.expect("filed")
        };
        let mobile = file(&only(1, "+86 138-0000-1234")).await;
        file(&only(2, "0512-65432100")).await;
        file(&typed(3)).await;
        scene.sent().await;
        // To the mobile telephone alone; a mail address gets the mail.
        let texts = test.outbox.texts();
        assert_eq!(texts.len(), 1);
        let told = &texts[0].text;
        assert!(told.contains(&mobile.code.to_string()) && told.contains(&mobile.number), "{told}");
        assert!(told.contains("不是收到日期的确认"), "{told}");
        assert_eq!(test.outbox.sent().len(), 1);
        // The code stands nowhere in the open: neither in the trail nor in the outbox.
        let mut tx = test.house.db.read().await.expect("a state");
        let all = trail::search(&mut tx, &Search::default(), i64::MAX, 1000).await.expect("found");
        let waiting = gongkai_store::outbox::list(&mut tx, None, i64::MAX, 100).await.expect("listed");
        tx.roll_back().await.expect("over");
        let open = format!("{all:?}{waiting:?}");
        assert!(!open.contains(mobile.code.as_str()) && !open.contains(&mobile.code.to_string()));
        end(test).await;
    }

    async fn the_proof_of_filing_is_a_page_without_a_number_that_names_nobody(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.file(5).await;
        let asked = bodies::see(&test.house, scene.bureau.own).await.expect("seen").expect("a body");
        let receipt = drafts::Receipt {
            number: filed.number.clone(),
            code: filed.code.to_string(),
            at: test.house.now(),
            also: Vec::new(),
        };
        let pdf = proof::pdf(&test.house, &asked, &receipt).await.expect("set");
        assert_eq!(pdf, proof::pdf(&test.house, &asked, &receipt).await.expect("set"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("proof.pdf");
        std::fs::write(&path, &pdf).expect("written");
        let out = std::process::Command::new("pdftotext").arg(&path).arg("-").output();
        let out = out.expect("pdftotext; cargo xtask test installs it").stdout;
        let text: String = String::from_utf8(out).expect("text").split_whitespace().collect();
        for wanted in ["政府信息公开申请提交凭证", &filed.number, &receipt.code, "双方确认之日为收到之日", "第三十一条", "云溪县水务局"] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        assert!(!text.contains('〔') && !text.contains(&typed(5).name), "{text}");
        end(test).await;
    }

    async fn cases_are_found_by_words_of_what_is_wanted_the_applicant_and_the_number(test) {
        let scene = Scene::new(&test).await;
        let file = async |n: u32, title: &str, description: &str| {
            let typed = Typed {
                title: title.to_owned(),
                description: description.to_owned(),
                ..typed(n)
            };
            scene.try_file(&test.house.token(), &typed).await.expect("filed")
        };
        let river = file(1, "", "2025 年清水河水质监测报告").await;
        let contract = file(2, "施工合同", "城东污水处理厂二期工程（ＡＢＣ标段）").await;
        // Both words stand in it, but not as one.
        let apart = file(3, "", "水泥质量检验，监测点分布图").await;
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let find = async |text: &str| {
            let found = served(search::find(&test.house, &clerk, text)).await;
            found.map(|(lines, _)| lines.into_iter().map(|line| line.kept.id).collect::<Vec<_>>())
        };
        for (text, wanted) in [
            ("水质", vec![river.id]),
            ("监测", vec![apart.id, river.id]),
            ("监测 清水河", vec![river.id]),
            ("清水河，水质", vec![river.id]),
            ("河水", vec![river.id]),
            ("合同 abc标段", vec![contract.id]),
            ("柳2禾", vec![contract.id]),
            ("2026-00003", vec![apart.id]),
            ("没有这个", Vec::new()),
        ] {
            assert_eq!(find(text).await.expect("looked"), wanted, "{text}");
        }
        assert_eq!(ids(find("水").await), ["search-short"]);
        // Another body's clerk finds nothing of it, and nobody without the right asks.
        let stranger = scene.bureau.signed(scene.bureau.stranger).await;
        let (found, is_more) = served(search::find(&test.house, &stranger, "水质")).await.expect("looked");
        assert!(found.is_empty() && !is_more);
        // What was seen stands in the trail; what was looked for, which may be a name,
        // does not, and neither does a word in the database.
        let mut tx = test.house.db.read().await.expect("a state");
        let all = search_trail(&mut tx).await;
        assert!(all.contains(&format!("\"requests\":[{}]", contract.id)), "{all}");
        assert!(!all.contains("柳2禾") && !all.contains("水质"));
        tx.roll_back().await.expect("over");
        end(test).await;
    }

    async fn a_month_tells_what_falls_due_on_which_day_to_who_may_see_it(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-04-01");
        let first = scene.counter(1, "2024-04-01").await;
        scene.counter(2, "2024-04-01").await;
        scene.file(3).await;
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let month = async |by: &gongkai_app::people::SignedIn, of: &str, whose| {
            let found = served(month::month(&test.house, by, day(of), whose)).await.expect("told");
            let busy = found.iter().filter(|due| due.running + due.waiting > 0);
            busy.map(|due| (due.date.to_string(), due.running, due.waiting)).collect::<Vec<_>>()
        };
        // Both are due on the twentieth working day, past the Labour Day holidays.
        let april = served(month::month(&test.house, &clerk, day("2024-04-15"), Whose::All)).await.expect("told");
        assert_eq!(april.len(), 30);
        assert!(matches!(&april[3].kind, Some(DayKind::Holiday(_))), "{:?}", april[3]);
        assert!(matches!(&april[6].kind, Some(DayKind::MakeUpDay(_))), "{:?}", april[6]);
        assert_eq!(month(&clerk, "2024-04-15", Whose::All).await, [("2024-04-29".to_owned(), 2, 0)]);
        assert!(month(&clerk, "2024-04-15", Whose::Mine).await.is_empty());
        // Nobody counts further than is told.
        let (own, full) = (scene.bureau.own, [day("2024-04-29")]);
        for (most, count) in [(1, 1), (2, 2), (100, 2)] {
            let mut tx = test.house.db.read().await.expect("a state");
            let found = stored::words::days(&mut tx, Of::Body(own), &full, most).await.expect("counted");
            let running = found.iter().find(|one| one.lane == "running").expect("a lane");
            assert_eq!((running.day, running.count), (full[0], count));
        }
        // What waits for the applicant is there on the last day for it.
        let asked = Event::SupplementAsked { limit: day("2024-04-22") };
        scene.step(scene.bureau.handler, first.id, "2024-04-01", asked).await.expect("asked");
        let due = [("2024-04-22".to_owned(), 0, 1), ("2024-04-29".to_owned(), 1, 0)];
        assert_eq!(month(&clerk, "2024-04-01", Whose::All).await, due);
        let stranger = scene.bureau.signed(scene.bureau.stranger).await;
        assert!(month(&stranger, "2024-04-01", Whose::All).await.is_empty());
        // A count is the list of that day.
        let on = Query { from: day("2024-04-29"), until: day("2024-04-29"), ..Query::lane(Lane::Running) };
        let list = served(look::list(&test.house, &clerk, on)).await.expect("a page");
        assert_eq!(list.lines.len(), 1);
        end(test).await;
    }
}

async fn search_trail(tx: &mut gongkai_store::Tx) -> String {
    let all = trail::search(tx, &Search::default(), i64::MAX, 1000)
        .await
        .expect("found");
    all.iter()
        .map(|one| one.entry.detail.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}
