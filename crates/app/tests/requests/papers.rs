//! Letters of cases: step and letter are one act, a reply leaves as it was
//! approved, and the applicant finds what is theirs.

use std::io::Cursor;

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::requests::papers::{self, Choice, Wanted};
use gongkai_app::requests::sealing::{self, Sealing};
use gongkai_app::requests::serving::{self, Serving};
use gongkai_app::requests::steps::{self, Taken};
use gongkai_app::requests::{self, RequestError, Ticket, dossier, replies};
use gongkai_domain::letters::kinds::{KINDS, Kind};
use gongkai_domain::organization::PersonId;
use gongkai_domain::requests::case::{BY_ITSELF, Event, Opinion, Service, State};
use gongkai_domain::requests::outcomes::Remedy;
use gongkai_domain::requests::record::{self, Happening};
use gongkai_domain::settings::{LAPSE_REVIEWED, SEAL_FIRST};
use gongkai_domain::words::{Language, Words};
use gongkai_store::letters::Number;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{letterhead, replies as filled, signed, tail, visitor};
use tokio::task::JoinSet;

use super::end;
use super::races::MANY;
use super::scene::{Scene, day, ids, served};

impl Scene<'_> {
    /// The head tells what stands on every letter.
    pub(super) async fn letterhead(&self) {
        let head = signed(self.house(), self.bureau.head).await;
        let typed = letterhead();
        let sent = Sent::new("letterhead", &self.house().token(), []);
        letters::change_head(self.house(), &head, &sent, self.bureau.own, (0, &typed))
            .await
            .expect("kept");
    }

    /// What a handler fills in for a letter, who takes the words of the sample
    /// where the case knows none, and the case's own where it does.
    pub(super) async fn wanted(
        &self,
        by: PersonId,
        id: i64,
        key: &str,
    ) -> Result<Wanted, RequestError> {
        let kind = Kind::of(key).expect("a kind");
        let signed = signed(self.house(), by).await;
        let shown = self.see(by, id).await;
        served(filled::wanted(self.house(), &signed, &shown, kind)).await
    }

    /// The same where something is chosen for it.
    pub(super) async fn wanted_for(
        &self,
        by: PersonId,
        id: i64,
        key: &str,
        choice: Choice,
    ) -> Result<Wanted, RequestError> {
        let chosen = (Kind::of(key).expect("a kind"), choice);
        let signed = signed(self.house(), by).await;
        let shown = self.see(by, id).await;
        served(filled::wanted_for(self.house(), &signed, &shown, chosen)).await
    }

    pub(super) async fn issue(&self, by: PersonId, id: i64, key: &str) -> Result<(), RequestError> {
        let wanted = self.wanted(by, id, key).await?;
        let form = self.house().token();
        self.issue_as(by, id, &form, &wanted).await
    }

    pub(super) async fn issue_as(
        &self,
        by: PersonId,
        id: i64,
        form: &str,
        wanted: &Wanted,
    ) -> Result<(), RequestError> {
        let signed = signed(self.house(), by).await;
        let shown = self.see(by, id).await;
        let seen = steps::Seen {
            id,
            version: shown.kept.version,
        };
        let issued = papers::issue(self.house(), &signed, form, seen, &shown, wanted);
        served(issued).await
    }

    /// Has a reply with its letter written and reviewed.
    pub(super) async fn approve_letter(&self, id: i64, outcome: &str) -> Result<(), RequestError> {
        served(self.bureau.approve_letter(self.house(), id, outcome)).await
    }

    /// Titles and document numbers of the letters about a case.
    pub(super) async fn letters(&self, id: i64) -> Vec<(String, String)> {
        let shown = self.see(self.bureau.clerk, id).await;
        let letter = |what: &Happening| match what {
            Happening::Issued { kind, number, .. } => Some((kind.clone(), number.clone())),
            _ => None,
        };
        shown
            .record
            .iter()
            .filter_map(|one| letter(&one.what))
            .collect()
    }

    /// The numbers that were granted in the year, and what became of each.
    pub(super) async fn granted(&self) -> Vec<Number> {
        let head = signed(self.house(), self.bureau.head).await;
        let all = letters::numbers(self.house(), &head, self.bureau.own, 2026);
        all.await.expect("all")
    }

    /// The same, each as series and place, with its state.
    pub(super) async fn numbers(&self) -> Vec<(String, String)> {
        let all = self.granted().await.into_iter();
        all.map(|one| (format!("{}{}", one.series, one.number), one.state))
            .collect()
    }

    /// Of the numbers of one series so many are borne by letters. They stand in a row,
    /// and every other is void and says why.
    pub(super) async fn explained(&self, issued: usize) {
        let all = self.granted().await;
        let places: Vec<i64> = all.iter().map(|one| one.number).collect();
        let row: Vec<i64> = (1..).take(all.len()).collect();
        assert_eq!(places, row, "{all:?}");
        let (borne, others): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.state == "issued");
        assert_eq!(borne.len(), issued, "{all:?}");
        let is_void = |one: &&Number| one.state == "void" && !one.reason.is_empty();
        assert!(others.iter().all(is_void), "{all:?}");
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = all.iter();
    all.map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

in_both_houses! {
    async fn a_letter_is_sealed_once_and_before_it_is_served(test) {
        let scene = Scene::new(&test).await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.letterhead().await;
        let filed = scene.counter(1, "2026-11-23").await;
        scene.issue(clerk, filed.id, "receipt").await.expect("a receipt");
        scene.approve_letter(filed.id, "granted").await.expect("approved");
        let given = Event::Replied { outcome: "granted".to_owned() };
        scene.step(handler, filed.id, "2026-11-23", given).await.expect("given");
        // The seal is entered for each letter once, with who, when and how many.
        let seals = |id, seal, copies, on| Sealing { letter: id, seal, copies, on, note: "办公室主任批准" };
        let sealed = async |who, new| {
            let by = signed(&test.house, who).await;
            let seen = scene.seen(filed.id).await;
            let key = test.house.token();
            served(sealing::seal(&test.house, &by, &key, seen, new)).await
        };
        // Before it is sealed the applicant has the receipt alone.
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        assert_eq!(tracked.letters.len(), 1);
        let shown = scene.see(clerk, filed.id).await;
        let all = record::letters(shown.record.iter().map(|one| &one.what));
        let reply = all.last().expect("a letter").letter;
        let refused = |done| ids(done);
        assert_eq!(refused(sealed(clerk, seals(reply, "private", 1, "2026-11-23")).await), ["casework-seal-unknown"]);
        assert_eq!(refused(sealed(clerk, seals(reply, "organ", 0, "2026-11-23")).await), ["casework-seal-copies"]);
        assert_eq!(refused(sealed(clerk, seals(reply, "organ", 1, "2026-11-22")).await), ["casework-seal-early"]);
        assert_eq!(refused(sealed(clerk, seals(reply, "organ", 1, "2026-11-24")).await), ["casework-day-to-come"]);
        assert_eq!(refused(sealed(clerk, seals(reply + 1, "organ", 1, "2026-11-23")).await), ["casework-nothing-to-seal"]);
        let denied = sealed(handler, seals(reply, "organ", 1, "2026-11-23")).await;
        assert!(matches!(denied, Err(RequestError::Denied(_))));
        // Without it nothing is served, where the installation does not say otherwise.
        let served_by = Event::Served { way: Some(Service::Direct) };
        let early = scene.step(handler, filed.id, "2026-11-23", served_by.clone()).await;
        assert_eq!(refused(early), ["casework-not-sealed"]);
        let shown = scene.see(handler, filed.id).await;
        let by = signed(&test.house, handler).await;
        assert_eq!(shown.may(&by, &served_by).expect_err("refused").id, "casework-not-sealed");
        scene.set(SEAL_FIRST, "no").await;
        let shown = scene.see(handler, filed.id).await;
        assert_eq!(shown.may(&by, &served_by), Ok(()));
        scene.set(SEAL_FIRST, "yes").await;
        sealed(clerk, seals(reply, "disclosure", 3, "2026-11-23")).await.expect("sealed");
        assert_eq!(refused(sealed(clerk, seals(reply, "disclosure", 3, "2026-11-23")).await), ["casework-nothing-to-seal"]);
        let shown = scene.see(clerk, filed.id).await;
        let all = record::letters(shown.record.iter().map(|one| &one.what));
        let open: Vec<bool> = all.iter().map(|one| one.is_sealed).collect();
        assert_eq!(open, [false, true]);
        let last = shown.record.last().expect("entered");
        let told = Words::of(Language::Chinese).render(&last.what.label());
        assert_eq!(told, "《政府信息公开告知书》云水公开复〔2026〕1号 加盖政府信息公开专用章 3 份");
        assert_eq!(last.by.person, Some(clerk));
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        assert_eq!(tracked.letters.len(), 2, "the reply is had once it is sealed");
        scene.step(handler, filed.id, "2026-11-23", served_by).await.expect("served");
        // From the service on: sixty days, or six months, to a day on which offices work.
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        let last: Vec<String> = tracked.remedies.iter().map(|(_, last)| last.date.to_string()).collect();
        assert_eq!(last, ["2027-01-22", "2027-05-24"]);
        end(test).await;
    }

    async fn what_was_approved_keeps_the_remedies_of_which_it_tells(test) {
        let scene = Scene::new(&test).await;
        let handler = scene.bureau.handler;
        scene.letterhead().await;
        scene.set(SEAL_FIRST, "no").await;
        // Two outcomes that one kind of letter tells, each with its own remedies.
        let (archives, other) = ("letters.remedy.archives_law", "letters.remedy.special_access_law");
        scene.set(archives, "review_first").await;
        let files = [scene.counter(1, "2026-11-23").await, scene.counter(2, "2026-11-23").await];
        let outcomes = ["archives_law", "special_access_law"];
        for (filed, outcome) in files.iter().zip(outcomes) {
            scene.approve_letter(filed.id, outcome).await.expect("approved");
        }
        // What is chosen now is for what is written from now on.
        scene.set(archives, "none").await;
        scene.set(other, "none").await;
        for ((n, filed), (outcome, told)) in (1..).zip(&files).zip(outcomes.into_iter().zip([
            Remedy::ReviewFirst,
            Remedy::Optional,
        ])) {
            let shown = scene.see(handler, filed.id).await;
            let written = shown.draft.as_ref().and_then(|draft| draft.reply.letter()).expect("a letter");
            let draft = served(papers::draft(&test.house, &shown, &written)).await.expect("a draft");
            let is_first = draft.clause.is_some_and(|clause| clause.contains("应当先依法申请行政复议"));
            assert_eq!(is_first, told == Remedy::ReviewFirst, "{outcome}");
            let given = Event::Replied { outcome: outcome.to_owned() };
            scene.step(handler, filed.id, "2026-11-23", given).await.expect("given");
            let shown = scene.see(handler, filed.id).await;
            let kept = shown.record.iter().find_map(|one| match &one.what {
                Happening::Issued { remedy, .. } => *remedy,
                _ => None,
            });
            assert_eq!(kept, Some(told), "{outcome}");
            let service = Event::Served { way: Some(Service::Direct) };
            scene.step(handler, filed.id, "2026-11-23", service).await.expect("served");
            // The applicant is told of the last days of what their letter says.
            let tracked = scene.track(filed, n).await.expect("tracked");
            let periods = match told {
                Remedy::ReviewFirst => 1,
                _ => 2,
            };
            assert_eq!(tracked.remedies.len(), periods, "{outcome}");
        }
        // A reply whose letter is made elsewhere was written when something else counted.
        scene.set(archives, "review_first").await;
        let elsewhere = scene.counter(4, "2026-11-23").await;
        scene.approve(elsewhere.id, "archives_law").await.expect("approved");
        scene.set(archives, "none").await;
        let given = Event::Replied { outcome: "archives_law".to_owned() };
        scene.step(handler, elsewhere.id, "2026-11-23", given).await.expect("given");
        let service = Event::Served { way: Some(Service::Direct) };
        scene.step(handler, elsewhere.id, "2026-11-23", service).await.expect("served");
        let tracked = scene.track(&elsewhere, 4).await.expect("tracked");
        assert_eq!(tracked.remedies.len(), 1);
        let later = scene.counter(3, "2026-11-23").await;
        scene.approve_letter(later.id, "archives_law").await.expect("approved");
        let shown = scene.see(handler, later.id).await;
        let written = shown.draft.as_ref().and_then(|draft| draft.reply.letter()).expect("a letter");
        let draft = served(papers::draft(&test.house, &shown, &written)).await.expect("a draft");
        assert_eq!(draft.clause, None);
        end(test).await;
    }

    async fn whose_reasons_are_good_is_told_of_the_later_day_in_writing(test) {
        let scene = Scene::new(&test).await;
        let (clerk, handler, head) = (scene.bureau.clerk, scene.bureau.handler, scene.bureau.head);
        scene.letterhead().await;
        let filed = scene.counter(1, "2026-11-02").await;
        assert_eq!(ids(scene.issue(head, filed.id, "deferral").await), ["case-reasons-not-asked"]);
        scene.issue(handler, filed.id, "reasons").await.expect("asked");
        let before = scene.see(handler, filed.id).await.due.expect("a clock").date;
        assert_eq!(ids(scene.issue(head, filed.id, "deferral").await), ["case-reasons-not-come"]);
        scene.step(clerk, filed.id, "2026-11-23", Event::ReasonsCame).await.expect("came");
        let own = scene.issue(handler, filed.id, "deferral").await;
        assert!(matches!(own, Err(RequestError::Denied(_))), "{own:?}");
        scene.issue(head, filed.id, "deferral").await.expect("told");
        let shown = scene.see(handler, filed.id).await;
        let step = &shown.record[shown.record.len() - 2];
        let Some(Event::Deferred { until }) = step.what.step() else {
            panic!("{step:?}");
        };
        assert!(*until > before);
        assert_eq!(shown.due.expect("a clock").date, *until);
        assert!(step.proofs.values().any(|text| text.contains("四十六件")));
        let last = &shown.record[shown.record.len() - 1].what;
        assert!(matches!(last, Happening::Issued { kind, number, .. } if kind == "deferral" && !number.is_empty()));
        end(test).await;
    }

    async fn a_case_goes_from_its_receipt_to_its_reply_by_letters(test) {
        let scene = Scene::new(&test).await;
        // Here nobody enters seals: how they are is a case of its own.
        scene.set(SEAL_FIRST, "no").await;
        let (clerk, handler, head) = (scene.bureau.clerk, scene.bureau.handler, scene.bureau.head);
        let filed = scene.counter(1, "2026-11-23").await;
        // Nothing leaves before the body has told what stands on its letters.
        let refused = scene.issue(clerk, filed.id, "receipt").await;
        assert_eq!(ids(refused), ["letterhead-missing"]);
        scene.letterhead().await;
        scene.issue(clerk, filed.id, "receipt").await.expect("a receipt");
        assert_eq!(ids(scene.issue(clerk, filed.id, "receipt").await), ["letter-issued-already"]);
        scene.issue(handler, filed.id, "supplement").await.expect("asked");
        let state = scene.see(clerk, filed.id).await.case.state().clone();
        assert!(matches!(state, State::AwaitingSupplement { .. }), "{state:?}");
        // The step is there with its letter, and the evidence out of it.
        let shown = scene.see(clerk, filed.id).await;
        let step = &shown.record[shown.record.len() - 2];
        assert!(matches!(step.what.step(), Some(Event::SupplementAsked { .. })));
        assert!(step.proofs.values().any(|text| text.contains("有关资金")));
        scene.step(clerk, filed.id, "2026-11-23", Event::SupplementCame).await.expect("came");
        // Whoever works on the case does not extend it; the head does.
        let own = scene.issue(handler, filed.id, "extension").await;
        assert!(matches!(own, Err(RequestError::Denied(_))), "{own:?}");
        let before = scene.see(clerk, filed.id).await.due.expect("a clock").date;
        scene.issue(head, filed.id, "extension").await.expect("extended");
        let after = scene.see(clerk, filed.id).await.due.expect("a clock").date;
        assert!(after > before);
        scene.issue(handler, filed.id, "consult_third_party").await.expect("asked");
        scene.issue(handler, filed.id, "consult_told").await.expect("told");
        let served_on = Event::ConsultationServed { number: 1 };
        scene.step(handler, filed.id, "2026-11-23", served_on).await.expect("served");
        let ended = Event::ConsultationEnded { number: 1, opinion: Opinion::Objects };
        scene.step(handler, filed.id, "2026-11-23", ended).await.expect("ended");
        // A reply leaves by no other way than as it was approved.
        assert_eq!(ids(scene.issue(handler, filed.id, "partial").await), ["casework-reply-not-approved"]);
        scene.approve_letter(filed.id, "partial").await.expect("approved");
        scene.issue(handler, filed.id, "disclosure_decided").await.expect("told");
        let given = Event::Replied { outcome: "partial".to_owned() };
        scene.on("2026-12-07");
        scene.step(handler, filed.id, "2026-12-07", given).await.expect("given");
        let letters = scene.letters(filed.id).await;
        assert_eq!(letters, pairs(&[
            ("receipt", ""),
            ("supplement", "云水公开告〔2026〕1号"),
            ("extension", "云水公开告〔2026〕2号"),
            ("consult_third_party", "云水公开函〔2026〕1号"),
            ("consult_told", "云水公开告〔2026〕3号"),
            ("disclosure_decided", "云水公开告〔2026〕4号"),
            ("partial", "云水公开复〔2026〕1号"),
        ]));
        // The applicant sees what is theirs, and nothing that went to others.
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        let titles: Vec<&str> = tracked.letters.iter().map(|one| one.title).collect();
        let own = ["receipt", "supplement", "extension", "consult_told", "partial"];
        let own: Vec<&str> = own.iter().map(|key| Kind::of(key).expect("a kind").title).collect();
        assert_eq!(titles, own);
        let code = filed.code.to_string();
        let contact = tail(1);
        let ticket = Ticket::new(&code, &contact);
        let last = tracked.letters.last().expect("a letter").id;
        let had = served(requests::letter(&test.house, visitor(), ticket, last)).await.expect("had");
        assert_eq!((had.0, &had.1[..5]), ("政府信息部分公开告知书", &b"%PDF-"[..]));
        for other in [last - 3, last + 1] {
            let none = served(requests::letter(&test.house, visitor(), ticket, other)).await;
            assert!(matches!(none, Err(RequestError::Missing)));
        }
        // Who has another's code has none of these.
        let another = scene.counter(2, "2026-11-23").await;
        let code = another.code.to_string();
        let contact = tail(2);
        let ticket = Ticket::new(&code, &contact);
        let none = served(requests::letter(&test.house, visitor(), ticket, last)).await;
        assert!(matches!(none, Err(RequestError::Missing)));
        // In the office: as PDF and for Word; of another body none.
        let hand = signed(&test.house, handler).await;
        for as_word in [false, true] {
            let had = served(papers::issued(&test.house, &hand, filed.id, (last, as_word))).await;
            assert!(had.expect("had").1.len() > 1000);
        }
        let elsewhere = served(papers::issued(&test.house, &hand, another.id, (last, false))).await;
        assert!(matches!(elsewhere, Err(RequestError::Missing)));
        // The case file holds every letter as it was issued.
        let clerk = signed(&test.house, clerk).await;
        let (house, reason) = (&test.house, "行政复议机关调取案卷");
        let packed = served(dossier::pack(house, &InProcess, &clerk, filed.id, reason)).await;
        let bytes = packed.expect("packed").bytes;
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let names = archive.file_names().map(|name| name.expect("a name").into_owned());
        let papers = names.filter(|name| name.starts_with("04 ") && name.ends_with(".pdf"));
        assert_eq!(papers.count(), 7);
        let stranger = signed(&test.house, scene.bureau.stranger).await;
        let none = served(papers::issued(&test.house, &stranger, filed.id, (last, false))).await;
        assert!(matches!(none, Err(RequestError::Missing)));
        end(test).await;
    }

    async fn every_outcome_leaves_by_its_letter(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let mut n = 0;
        for kind in KINDS {
            for outcome in kind.outcomes.iter().filter(|code| !BY_ITSELF.contains(code)) {
                n += 1;
                let id = scene.counter(n, "2026-11-23").await.id;
                match *outcome {
                    "still_unclear" => {
                        scene.issue(handler, id, "supplement").await.expect("asked");
                        let came = Event::SupplementCame;
                        scene.step(scene.bureau.clerk, id, "2026-11-23", came).await.expect("came");
                    }
                    "excessive" => {
                        scene.issue(handler, id, "reasons").await.expect("asked");
                        let came = Event::ReasonsCame;
                        scene.step(scene.bureau.clerk, id, "2026-11-23", came).await.expect("came");
                    }
                    "denied_third_party" => {
                        scene.issue(handler, id, "consult_third_party").await.expect("asked");
                        let ended = Event::ConsultationEnded { number: 1, opinion: Opinion::Objects };
                        scene.step(handler, id, "2026-11-23", ended).await.expect("ended");
                    }
                    "not_exist" => scene.searched(id).await,
                    _ => {}
                }
                scene.approve_letter(id, outcome).await.unwrap_or_else(|error| panic!("{outcome}: {error:?}"));
                let given = Event::Replied { outcome: (*outcome).to_owned() };
                scene.step(handler, id, "2026-11-23", given).await.expect(outcome);
                let last = scene.letters(id).await.pop().expect("a letter");
                assert_eq!(last.0, kind.key);
            }
        }
        assert_eq!(n, 23, "outcomes that are replied");
        end(test).await;
    }

    async fn what_ends_by_itself_is_told_by_its_letter(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-23");
        let lapsed = scene.counter(1, "2026-11-23").await.id;
        scene.issue(handler, lapsed, "supplement").await.expect("asked");
        let early = scene.issue(clerk, lapsed, "abandoned_supplement").await;
        assert_eq!(ids(early), ["case-supplement-has-time"]);
        let back = scene.counter(2, "2026-11-23").await;
        let none = scene.issue(clerk, back.id, "withdrawn").await;
        assert_eq!(ids(none), ["letter-not-withdrawn"]);
        let code = back.code.to_string();
        let contact = tail(2);
        let ticket = Ticket::new(&code, &contact);
        let key = test.house.token();
        served(requests::withdraw(&test.house, visitor(), &key, ticket, "")).await.expect("taken back");
        scene.issue(clerk, back.id, "withdrawn").await.expect("told");
        scene.on("2027-01-04");
        scene.issue(clerk, lapsed, "abandoned_supplement").await.expect("told");
        let shown = scene.see(clerk, lapsed).await;
        let ending = shown.case.state().ending().expect("over");
        assert_eq!((ending.outcome.as_str(), ending.on), ("abandoned_supplement", day("2027-01-04")));
        assert_eq!(scene.letters(lapsed).await.pop().expect("a letter").1, "云水公开复〔2027〕1号");
        assert_eq!(scene.letters(back.id).await, pairs(&[("withdrawn", "云水公开复〔2026〕1号")]));
        end(test).await;
    }

    async fn a_notice_is_had_by_a_way_that_shows_it_and_later_letters_say_so(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-24");
        let id = scene.counter(1, "2026-11-23").await.id;
        scene.issue(handler, id, "supplement").await.expect("asked");
        let shown = scene.see(handler, id).await;
        let letter = shown.record.iter().find_map(|one| match one.what {
            Happening::Issued { letter, .. } => Some(letter),
            _ => None,
        });
        let letter = letter.expect("a letter");
        let serve = async |letter, on, reference| {
            let (seen, key) = (scene.seen(id).await, test.house.token());
            let by = signed(&test.house, handler).await;
            let new = Serving { letter, way: "post", on, reference, note: "" };
            served(serving::serve(&test.house, &by, &key, seen, new)).await
        };
        scene.on("2026-11-26");
        assert_eq!(ids(serve(letter, "2026-11-25", "").await), ["casework-needs-reference"]);
        assert_eq!(ids(serve(letter, "2026-11-23", "XA1").await), ["casework-served-early"]);
        assert_eq!(ids(serve(letter + 9, "2026-11-25", "XA1").await), ["casework-nothing-to-serve"]);
        serve(letter, "2026-11-25", "XA 9000 CN").await.expect("entered");
        assert_eq!(ids(serve(letter, "2026-11-25", "XA 9000 CN").await), ["casework-nothing-to-serve"]);
        scene.on("2027-01-04");
        let wanted = scene.wanted(clerk, id, "abandoned_supplement").await.expect("known");
        let asked = wanted.facts.asked.expect("what was asked");
        assert_eq!(asked.served, day("2026-11-25"));
        assert_eq!(asked.proof, "邮寄送达（邮政企业），单号 XA 9000 CN");
        end(test).await;
    }

    async fn an_end_by_lapse_is_reviewed_where_the_office_wants_it_so(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        scene.set(LAPSE_REVIEWED, "yes").await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-23");
        let id = scene.counter(1, "2026-11-23").await.id;
        let unpaid = scene.counter(2, "2026-11-23").await.id;
        scene.issue(handler, id, "supplement").await.expect("asked");
        scene.step(handler, unpaid, "2026-11-23", Event::FeeNotified { sent: None }).await.expect("told");
        // Not before the applicant let the time pass.
        let early = scene.approve_letter(id, "abandoned_supplement").await;
        assert_eq!(ids(early), ["case-supplement-has-time"]);
        scene.on("2027-01-04");
        let past = scene.issue(clerk, id, "abandoned_supplement").await;
        assert_eq!(ids(past), ["casework-lapse-reviewed"]);
        let elsewhere = scene.step(clerk, unpaid, "2027-01-04", Event::FeeLapsed).await;
        assert_eq!(ids(elsewhere), ["casework-lapse-reviewed"]);
        for (id, outcome) in [(id, "abandoned_supplement"), (unpaid, "abandoned_fee")] {
            let unapproved = Event::Replied { outcome: outcome.to_owned() };
            let refused = scene.step(clerk, id, "2027-01-04", unapproved.clone()).await;
            assert_eq!(ids(refused), ["casework-reply-not-written"]);
            scene.approve_letter(id, outcome).await.expect("approved");
            // Whoever wrote it does not end it: that is the office's.
            let by_handler = scene.step(handler, id, "2027-01-04", unapproved.clone()).await;
            assert!(matches!(by_handler, Err(RequestError::Denied(_))), "{by_handler:?}");
            scene.step(clerk, id, "2027-01-04", unapproved).await.expect("ended");
            let shown = scene.see(clerk, id).await;
            let ending = shown.case.state().ending().expect("over");
            assert_eq!((ending.outcome.as_str(), ending.on), (outcome, day("2027-01-04")));
            assert_eq!(scene.letters(id).await.pop().expect("a letter").0, outcome);
            // It ended by itself: nothing is served, and it goes into the archive.
            scene.step(clerk, id, "2027-01-04", Event::Archived).await.expect("archived");
        }
        end(test).await;
    }

    async fn a_letter_that_is_refused_takes_no_number_and_one_sent_twice_takes_one(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        let mut wanted = scene.wanted(handler, id, "supplement").await.expect("wanted");
        let form = test.house.token();
        let before = scene.see(handler, id).await;
        // A character that no font has.
        wanted.edited = Some("请补正\u{10FFFD}。".to_owned());
        let boxes = scene.issue_as(handler, id, &form, &wanted).await;
        assert_eq!(ids(boxes), ["press-no-glyph"]);
        // What somebody made unlawful meanwhile.
        wanted.edited = None;
        let past = wanted.facts.supplement.as_mut().expect("a supplement");
        past.limit = day("2026-11-01");
        assert_eq!(ids(scene.issue_as(handler, id, &form, &wanted).await), ["case-supplement-limit"]);
        assert_eq!(scene.numbers().await, []);
        assert_eq!(scene.see(handler, id).await.record, before.record);
        let wanted = scene.wanted(handler, id, "supplement").await.expect("wanted");
        let signed = signed(&test.house, handler).await;
        let seen = steps::Seen { id, version: before.kept.version };
        let form = test.house.token();
        for _ in 0..2 {
            let issued = papers::issue(&test.house, &signed, &form, seen, &before, &wanted);
            served(issued).await.expect("issued once");
        }
        assert_eq!(scene.numbers().await, pairs(&[("云水公开告1", "issued")]));
        assert_eq!(scene.letters(id).await.len(), 1);
        end(test).await;
    }

    async fn of_many_who_issue_one_wins_and_no_number_is_left_unexplained(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        scene.approve_letter(id, "granted").await.expect("approved");
        let seen = scene.seen(id).await;
        let by = signed(&test.house, handler).await;
        let mut all = JoinSet::new();
        for _ in 0..MANY {
            let (house, by) = (test.house.clone(), by.clone());
            all.spawn(async move {
                let event = Event::Replied { outcome: "granted".to_owned() };
                let taken = Taken { event, day: day("2026-11-23"), proofs: Vec::new() };
                steps::step(&house, &by, &house.token(), seen, &taken).await.is_ok()
            });
        }
        let won = all.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        scene.explained(1).await;
        assert_eq!(scene.letters(id).await.len(), 1);
        end(test).await;
    }

    async fn a_reply_is_reviewed_with_all_that_its_letter_is_made_of(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        scene.approve_letter(id, "granted").await.expect("approved");
        let shown = scene.see(handler, id).await;
        let draft = shown.draft.as_ref().expect("a draft");
        assert!(draft.is_approved);
        // The same words with another attachment are another reply.
        let mut facts = draft.reply.facts.clone().expect("facts");
        facts.attachments = vec!["另一份名单".to_owned()];
        let signed = signed(&test.house, handler).await;
        let (seen, key) = (scene.seen(id).await, test.house.token());
        let says = ("granted", draft.reply.text.as_str());
        let written = replies::write_letter(&test.house, &signed, &key, seen, says, Some(&facts));
        served(written).await.expect("written");
        let shown = scene.see(handler, id).await;
        assert!(!shown.draft.expect("a draft").is_approved);
        let given = Event::Replied { outcome: "granted".to_owned() };
        let refused = scene.step(handler, id, "2026-11-23", given).await;
        assert_eq!(ids(refused), ["casework-reply-not-approved"]);
        assert_eq!(scene.numbers().await, []);
        end(test).await;
    }
}
