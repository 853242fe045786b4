//! A case of which every step is taken with harm in each of its texts, and every file
//! that comes with it has a name that means harm.

use gongkai_domain::organization::PersonId;
use jiff::ToSpan;

use super::super::road::Road;
use super::{Files, named};

/// Steps that are letters, which are read in a test of their own, and steps after a time
/// that was let pass: their forms are looked at.
const LOOKED_AT: [(&str, &str); 8] = [
    ("conclude", "supplement_lapsed"),
    ("conclude", "fee_lapsed"),
    ("handle", "letter_assistance"),
    ("handle", "letter_told"),
    ("handle", "letter_decided"),
    ("handle", "letter_fee"),
    ("handle", "letter_correction"),
    ("intake", "letter_withdrawn"),
];

/// A text as it was said of a case: in which step, in which field.
type Said = (&'static str, &'static str);

/// Whether it stands elsewhere than on the page of the case: masked there, in a reply
/// that was written anew, or in a case of its own.
fn is_elsewhere(said: Said) -> bool {
    matches!(said, ("corrected", "address") | ("reply" | "split", _))
}

/// The case on the road, and all that was said of it.
pub(super) struct Case<'a> {
    pub(super) road: &'a mut Road,
    pub(super) said: Vec<Said>,
}

impl<'a> Case<'a> {
    pub(super) fn new(road: &'a mut Road) -> Self {
        Self {
            road,
            said: Vec::new(),
        }
    }

    async fn by(&self, who: PersonId) {
        self.road.is(who).await;
    }

    /// A step of the case: in vain first, then with harm in these texts.
    async fn deed(&mut self, step: &'static str, texts: &[&'static str], rest: &[(&str, &str)]) {
        self.road.form(step).await;
        self.road.elsewhere().await;
        self.road.in_vain().await;
        self.road.harms(step, texts).await;
        self.road.taken(step, rest).await;
        self.said.extend(texts.iter().map(|name| (step, *name)));
    }

    /// Everything that was said so far stands on the page of the case.
    async fn is_told(&self) {
        self.road.open().await;
        let main = self.road.browser.text("main").await;
        for said in self.said.iter().filter(|said| !is_elsewhere(**said)) {
            let mark = self.road.mark(said.0, said.1);
            assert!(main.contains(&mark), "{mark} in {main}");
        }
    }

    /// Filed with files, put right, found by a new code, confirmed by telephone.
    pub(super) async fn comes(&mut self, files: &Files) {
        self.road.file().await;
        let receipt = self.road.receipt.clone();
        self.road.go(&receipt).await;
        self.road.shows("office", &["phone", "hours"]).await;
        self.road.open().await;
        self.road.says(named(&files.kept)).await;
        self.deed("corrected", &["name", "address", "reason"], &[])
            .await;
        self.road.form("new_code").await;
        self.road.in_vain().await;
        let reason = self.road.mark("new_code", "reason");
        self.road.recoded(&reason).await;
        self.said.push(("new_code", "reason"));
        let at = [("called_at", "8:55")];
        self.deed("call", &["called_with", "call"], &at).await;
        self.deed("confirm", &["called_with", "call"], &at).await;
        self.road.worded("receipt", &[]).await;
        self.deed("sealed", &["note"], &[]).await;
        self.is_told().await;
    }

    /// Split, given to somebody and back, searched for, another agency asked.
    pub(super) async fn is_worked_on(&mut self) {
        let bureau = self.road.bureau.clone();
        self.deed("split", &["description"], &[]).await;
        let other = "return [...document.querySelectorAll(\"main td a[href^='/office/requests/']\")].map(a => a.pathname).find(path => /[0-9]$/.test(path))";
        let other = self.road.browser.script(other).await;
        let other = other.as_str().expect("a case of its own");
        self.road.go(other).await;
        self.road.shows("split", &["description"]).await;
        let handler = bureau.handler.0.to_string();
        let to = [("handler", handler.as_str())];
        self.deed("assign", &["note"], &to).await;
        self.by(bureau.handler).await;
        let post = [("service", "post")];
        self.deed("letter_served", &["reference", "note"], &post)
            .await;
        self.deed("take_on", &[], &[]).await;
        self.deed("note", &["note"], &[]).await;
        self.deed("give_back", &["reason"], &[]).await;
        let limit = self.road.in_working_days(5).to_string();
        let until = [("limit", limit.as_str())];
        self.deed("search_ask", &["asked", "words"], &until).await;
        self.deed("search_chase", &["note"], &[]).await;
        let in_vain = [("found", "no")];
        self.deed("search_end", &["searcher", "result"], &in_vain)
            .await;
        let maker = [("whom", "co_maker")];
        self.deed("consulted", &["asked"], &maker).await;
        self.deed("consultation_served", &["note"], &[]).await;
        let agrees = [("opinion", "agrees")];
        self.deed("consultation_ended", &["note"], &agrees).await;
        self.is_told().await;
    }

    /// Paid for, supplemented, reasons given; extended and deferred by the head.
    pub(super) async fn waits_for_others(&mut self) {
        let bureau = self.road.bureau.clone();
        self.by(bureau.handler).await;
        let pages = [("basis", "pages"), ("pages", "240")];
        self.deed("fee_notified", &["note"], &pages).await;
        self.road.track().await;
        self.by(bureau.clerk).await;
        self.deed("fee_paid", &["reference"], &[]).await;
        self.by(bureau.handler).await;
        self.deed("supplement_asked", &["note"], &[]).await;
        self.road.track().await;
        self.road.shows("supplement_asked", &["note"]).await;
        self.by(bureau.clerk).await;
        self.deed("supplement_came", &["supplement"], &[]).await;
        self.by(bureau.handler).await;
        let limit = self.road.in_working_days(15).to_string();
        let until = [("limit", limit.as_str())];
        self.deed("reasons_asked", &["reason"], &until).await;
        self.by(bureau.clerk).await;
        self.deed("reasons_came", &["reason"], &[]).await;
        self.by(bureau.head).await;
        let days = [("days", "5")];
        self.deed("extended", &["reason", "reference"], &days).await;
        let later = self.road.today.saturating_add(120.days()).to_string();
        let until = [("until", later.as_str())];
        self.deed("deferred", &["reason"], &until).await;
        self.is_told().await;
        for (room, step) in LOOKED_AT {
            let form = format!("{}/{room}?do={step}", self.road.case);
            self.road.go(&form).await;
            if self.road.elsewhere().await {
                self.road.in_vain().await;
            }
        }
    }

    /// Files with what they prove: one that is refused by its name, and one that is not.
    async fn brings(&mut self, event: &str, of: &'static str, files: &Files) {
        let form = format!("{}/files", self.road.case);
        self.road.go(&form).await;
        self.road.in_vain().await;
        self.road.put(&[("event", event)]).await;
        self.road.harms(of, &["note"]).await;
        self.road.bring(&files.odd).await;
        self.road.send("form.ask button.primary").await;
        self.road.says(named(&files.odd)).await;
        self.road.holds(of, &["note"]).await;
        self.road.bring(&files.kept).await;
        self.road.send("form.ask button.primary").await;
        self.road.no_faults(of).await;
        self.road.says(named(&files.kept)).await;
        self.said.push((of, "note"));
    }

    /// Somebody of the chain has a word to say.
    async fn reviewed(&mut self, who: PersonId, verdict: &'static str) {
        self.by(who).await;
        self.road.open().await;
        let note = self.road.mark("take", verdict);
        self.road.put(&[("note", note.as_str())]).await;
        let button = format!("form[action$='/take'] button[value={verdict}]");
        self.road.send(&button).await;
        self.road.no_faults(verdict).await;
        self.said.push(("take", verdict));
    }

    /// Replied with files: returned once, written anew, approved, given.
    pub(super) async fn is_replied(&mut self, files: &Files) {
        let bureau = self.road.bureau.clone();
        self.by(bureau.handler).await;
        self.brings("1", "files", files).await;
        self.brings("given", "given", files).await;
        let granted = [("outcome", "granted")];
        self.deed("reply", &["text"], &granted).await;
        self.road.shows("reply", &["text"]).await;
        self.deed("hand_in", &[], &[]).await;
        self.reviewed(bureau.reviewer, "return").await;
        // Whoever writes it anew reads why.
        self.by(bureau.handler).await;
        self.is_told().await;
        self.road.written("granted", &[]).await;
        self.deed("hand_in", &["answer"], &[]).await;
        for who in [bureau.reviewer, bureau.legal, bureau.secrecy, bureau.leader] {
            self.reviewed(who, "approve").await;
        }
        self.by(bureau.handler).await;
        self.deed("replied", &[], &[]).await;
        self.by(bureau.clerk).await;
        self.deed("sealed", &["note"], &[]).await;
        self.deed("mailed", &[], &[]).await;
    }

    /// Served, rated, archived, and decided anew.
    pub(super) async fn is_over(&mut self, files: &Files) {
        let bureau = self.road.bureau.clone();
        self.by(bureau.handler).await;
        let post = [("service", "post")];
        self.deed("served", &["reference", "note"], &post).await;
        // What was given is had by the name that it came with.
        self.road.track().await;
        self.road.says(named(&files.kept)).await;
        self.road.put(&[("stars", "5")]).await;
        self.road.harms("rate", &["text"]).await;
        self.road.send("form[action='/track/rate'] button").await;
        self.road.says("谢谢").await;
        self.said.push(("rate", "text"));
        self.road.later(1);
        self.by(bureau.clerk).await;
        let day = self.road.today.to_string();
        let right = [("day", day.as_str())];
        self.deed("day_corrected", &["reason"], &right).await;
        self.deed("archived", &["reference"], &[]).await;
        self.by(bureau.head).await;
        let until = self.road.in_working_days(10).to_string();
        let why = [("cause", "review"), ("until", until.as_str())];
        self.deed("reopened", &["reference", "reason", "note"], &why)
            .await;
        self.is_told().await;
    }

    /// Supplemented by the applicant, with files, and with reasons; taken back on paper.
    pub(super) async fn is_supplemented(&mut self, files: &Files) {
        let bureau = self.road.bureau.clone();
        self.road.file().await;
        self.road.confirm().await;
        self.by(bureau.handler).await;
        self.road
            .letter("supplement_asked", "supplement", &[])
            .await;
        self.road.track().await;
        self.road.harms("supplement", &["text"]).await;
        let send = "form[action='/track/supplement'] button";
        self.road.bring(&files.odd).await;
        self.road.send(send).await;
        self.road.says(named(&files.odd)).await;
        self.road.holds("supplement", &["text"]).await;
        self.road.bring(&files.kept).await;
        self.road.send(send).await;
        self.road.says("补正已经提交").await;
        self.said.push(("supplement", "text"));
        let why = self.road.mark("reasons", "text");
        self.road.reasoned(&why).await;
        self.said.push(("reasons", "text"));
        self.by(bureau.clerk).await;
        self.deed("withdrawn", &["note"], &[]).await;
        self.is_told().await;
        self.road.says(named(&files.kept)).await;
    }
}
