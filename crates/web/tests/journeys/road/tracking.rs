//! The same request as its applicant follows it: the page, the dates for a calendar, and
//! what else was filed with it.

use gongkai_testkit::http;
use jiff::civil::Date;

use super::Road;

impl Road {
    /// The applicant looks it up.
    pub(in crate::journeys) async fn track(&self) {
        self.go("/track").await;
        let tail = gongkai_testkit::requests::tail(self.n);
        self.put(&[("code", &self.code), ("tail", &tail)]).await;
        self.send("form[action='/track'] button").await;
        self.browser.wait("#state").await;
    }

    /// Looked up by one code, all that the submission filed is there, and each is a step
    /// away.
    pub(in crate::journeys) async fn beside(&mut self, count: usize) {
        self.track().await;
        // Until when the office is in touch, by the working days that it has.
        let until = self.in_working_days(1);
        let until = format!(
            "最迟在{}年{}月{}日",
            until.year(),
            until.month(),
            until.day()
        );
        self.says(&until).await;
        self.says("同时向其他机关提交的申请").await;
        let all = "return document.querySelectorAll(\"input[name=part][value^='beside-']\").length";
        assert_eq!(self.browser.script(all).await, count);
        self.looked_at("track-beside").await;
        let own = self.browser.text("main").await;
        self.send("form:has(input[name=part][value^='beside-']) button")
            .await;
        self.says("同时提交的申请进度").await;
        let other = self.browser.text("main").await;
        assert_ne!(own, other);
        self.looked_at("track-beside-one").await;
        self.send("form.back button").await;
        self.says("同时向其他机关提交的申请").await;
    }

    /// The applicant's calendar has these days of the case, and no others.
    pub(in crate::journeys) fn dates(&self, wanted: &[(&str, Date)]) {
        let tail = gongkai_testkit::requests::tail(self.n);
        let form = format!("code={}&tail={tail}", self.code);
        let answer = http::post_form(&self.address, "/track/dates", &form);
        assert_eq!(answer.status, 200);
        let of = |line: &str, name: &str| line.strip_prefix(name).map(str::to_owned);
        let lines = || answer.body.split("\r\n");
        // 12-due-3@gongkai: whose, which day, of which case.
        let which = lines().filter_map(|line| of(line, "UID:"));
        let which = which.map(|uid| uid.split('-').nth(1).expect("a word").to_owned());
        let on = lines().filter_map(|line| of(line, "DTSTART;VALUE=DATE:"));
        let mut found: Vec<(String, String)> = which.zip(on).collect();
        found.sort();
        let mut all: Vec<(String, String)> = wanted
            .iter()
            .map(|(what, on)| ((*what).to_owned(), on.strftime("%Y%m%d").to_string()))
            .collect();
        all.sort();
        assert_eq!(found, all, "{}", answer.body);
    }

    /// The applicant sees these letters, and that it is over.
    pub(in crate::journeys) async fn tracked(&mut self, titles: &[&str]) {
        self.track().await;
        let letters = self.browser.text("ul.letters").await;
        for title in titles {
            assert!(letters.contains(title), "{title} in {letters}");
        }
        self.looked_at("tracked").await;
    }
}
