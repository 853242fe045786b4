//! Calendars loaded in the office, and the alarm before they end; each case on
//! both engines.

use std::collections::BTreeMap;
use std::sync::Arc;

use gongkai_app::calendar::{self, Entry};
use gongkai_app::house::House;
use gongkai_app::jobs;
use gongkai_app::once::Sent;
use gongkai_app::people::{PeopleError, SignedIn, is_conflict};
use gongkai_app::ports::{DataFolder, FolderError};
use gongkai_app::settings::{self, Change};
use gongkai_domain::calendar::Lines;
use gongkai_domain::settings::{ALARM_DAYS, ANSWER_DAYS, Keeper};
use gongkai_domain::words::{Language, Words};
use gongkai_store::{Db, audit};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, Staff};
use jiff::SignedDuration;
use jiff::civil::date;

fn lines() -> Lines {
    Lines {
        year: 2027,
        version: 1,
        notice: "国办发明电〔2026〕1号".to_owned(),
        off: "1月1日至3日 元旦\n2月5日至11日 春节\n10月1日至7日 国庆节".to_owned(),
        work: "2月20日 春节\n10月9日 国庆节".to_owned(),
        ..Lines::default()
    }
}

fn typed() -> Entry {
    Entry::Lines(lines())
}

fn sent(key: &str) -> Sent {
    Sent::new("calendar", key, ["x"])
}

async fn administrators(test: &TestHouse) -> (Office, [Staff; 3]) {
    let office = Office::new(test.house.clone());
    let people = office.administrators().await;
    (office, people)
}

/// Another node of the installation, with a memory of its own.
async fn other_node(test: &TestHouse) -> House {
    let db = Db::open(&test.test.options).await.expect("the database");
    House {
        db,
        calendars: Arc::default(),
        settings: Arc::default(),
        bodies: Arc::default(),
        ..test.house.clone()
    }
}

async fn is_off(house: &House) -> Option<bool> {
    let calendar = calendar::in_force(house).await.expect("calendars");
    let day = calendar.is_working_day(date(2027, 2, 5));
    day.ok().map(|works| !works)
}

/// What was refused, after proving that both catalogues say it.
fn refused<T: std::fmt::Debug>(done: Result<T, PeopleError>) -> Vec<String> {
    let Err(PeopleError::Refused(messages)) = done else {
        panic!("not refused: {done:?}");
    };
    for language in [Language::Chinese, Language::English] {
        for message in &messages {
            let told = Words::of(language).render(message);
            assert!(!told.contains(message.id.as_ref()), "{told}");
        }
    }
    messages.iter().map(|one| one.id.to_string()).collect()
}

async fn trail(house: &House, action: &str) -> Vec<audit::Stored> {
    let mut tx = house.db.read().await.expect("a state");
    let search = audit::Search {
        action: Some(action.to_owned()),
        ..Default::default()
    };
    let found = audit::search(&mut tx, &search, i64::MAX, 100).await;
    found.expect("found")
}

async fn load(
    house: &House,
    signed: &SignedIn,
    key: &str,
    entry: &Entry,
    seen: u32,
) -> Result<i16, PeopleError> {
    calendar::load(house, signed, &sent(key), entry, seen, "按国务院办公厅通知").await
}

/// A data folder in memory.
#[derive(Default)]
struct Folder(BTreeMap<String, String>);

impl DataFolder for Folder {
    fn read(&self, name: &str) -> Result<Option<String>, FolderError> {
        Ok(self.0.get(name).cloned())
    }

    fn write(&self, name: &str, _: &str) -> Result<(), FolderError> {
        panic!("nobody writes {name} here");
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FolderError> {
        let names = self.0.keys().filter(|name| name.starts_with(folder));
        Ok(names.cloned().collect())
    }
}

fn file(year: i16, more: &str) -> String {
    format!(r#"{{"year":{year},"notice":"n","off":{{"{year}-01-01":"new_year"}}{more}}}"#)
}

in_both_houses! {
    async fn a_year_is_looked_at_then_loaded_and_both_nodes_reckon_by_it_at_once(test) {
        let (office, [system, ..]) = administrators(&test).await;
        let other = other_node(&test).await;
        let signed = office.signed(&system.token).await;
        for house in [&test.house, &other] {
            assert_eq!(is_off(house).await, None, "nobody guesses");
        }
        let proposal = calendar::propose(&test.house, &signed, &typed()).await.expect("looked at");
        assert_eq!((proposal.seen, proposal.calendar.version), (0, 1));
        assert_eq!(proposal.comparison.off.len(), 11);
        assert_eq!(proposal.comparison.working.len(), 2);
        assert_eq!(is_off(&test.house).await, None, "looking changes nothing");
        assert_eq!(load(&test.house, &signed, "k", &typed(), 0).await.expect("loaded"), 2027);
        for house in [&other, &test.house] {
            assert_eq!(is_off(house).await, Some(true));
        }
        // Sent again it is the same, once.
        assert_eq!(load(&other, &signed, "k", &typed(), 0).await.expect("the same"), 2027);
        let trail = trail(&test.house, "calendar.load").await;
        assert_eq!(trail.len(), 1);
        assert_eq!(trail[0].entry.object, "CN-2027");
        assert!(trail[0].entry.detail.contains("国办发明电〔2026〕1号"), "{}", trail[0].entry.detail);
        other.db.close().await;
        test.close().await;
    }

    async fn what_was_not_looked_at_beside_what_is_in_force_is_not_taken(test) {
        let (office, [system, ..]) = administrators(&test).await;
        let signed = office.signed(&system.token).await;
        load(&test.house, &signed, "1", &typed(), 0).await.expect("loaded");
        let second = Entry::Lines(Lines { work: "2月20日 春节".to_owned(), ..lines() });
        let late = load(&test.house, &signed, "2", &second, 0).await;
        assert!(matches!(&late, Err(error) if is_conflict(error)), "{late:?}");
        load(&test.house, &signed, "3", &second, 1).await.expect("the next version");
        let history = calendar::history(&test.house, &signed, 2027).await.expect("a history");
        let versions = &history[0].versions;
        assert_eq!(versions.iter().map(|held| held.calendar.version).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(versions[1].comparison.off.iter().map(|one| one.0).collect::<Vec<_>>(), [date(2027, 10, 9)]);
        assert_eq!(versions[1].load.as_ref().map(|load| load.by.as_str()), Some("system"));
        let overview = calendar::overview(&test.house, &signed).await.expect("seen");
        assert_eq!(overview.places[0].year, 2027);
        assert_eq!(overview.places.len(), 10, "the years that come with the program too");
        assert!(!overview.coverage.is_short);
        // No version goes away, whoever asks for it.
        let gone = calendar::history(&test.house, &signed, 2030).await;
        assert!(matches!(gone, Err(PeopleError::Missing)), "{gone:?}");
        test.close().await;
    }

    async fn what_is_wrong_with_a_year_is_told_all_at_once_and_nothing_is_taken(test) {
        let (office, [system, security, _]) = administrators(&test).await;
        let signed = office.signed(&system.token).await;
        let cases: [(Entry, &[&str]); 9] = [
            (
                Entry::Lines(Lines { off: "2月30日 春节\n1月1日 元旦".to_owned(), work: "2月22日".to_owned(), ..lines() }),
                &["calendar-line-unreadable", "calendar-line-no-weekend"],
            ),
            (Entry::Lines(Lines { notice: " ".to_owned(), ..lines() }), &["calendar-no-notice"]),
            (Entry::Lines(Lines { year: 0, off: String::new(), work: String::new(), ..lines() }), &["calendar-file-year-range"]),
            (Entry::Lines(Lines { jurisdiction: "云溪州".to_owned(), work: String::new(), ..lines() }), &["calendar-file-no-national-year"]),
            (Entry::Lines(Lines { year: 2026, jurisdiction: "云溪州".to_owned(), off: "7月30日 火把节".to_owned(), work: "8月1日".to_owned(), ..lines() }), &["calendar-file-local-work"]),
            (Entry::File { name: "x.json".to_owned(), text: "{".to_owned() }, &["calendar-file-unreadable"]),
            (Entry::File { name: "x.json".to_owned(), text: file(2027, r#","working_days":1"#) }, &["calendar-file-checksum"]),
            (Entry::File { name: "x.json".to_owned(), text: file(2026, "") }, &["calendar-version-taken"]),
            (Entry::Lines(Lines { notice: "号".repeat(101), ..lines() }), &["name-too-long"]),
        ];
        for (entry, expected) in cases {
            assert_eq!(refused(calendar::propose(&test.house, &signed, &entry).await), expected, "{entry:?}");
        }
        let reasonless = calendar::load(&test.house, &signed, &sent("k"), &typed(), 0, " ").await;
        assert_eq!(refused(reasonless), ["reason-needed"]);
        // The security administrator has no part in it, and that is written down.
        let other = office.signed(&security.token).await;
        let denied = load(&test.house, &other, "k", &typed(), 0).await;
        assert!(matches!(denied, Err(PeopleError::Denied(_))), "{denied:?}");
        assert_eq!(is_off(&test.house).await, None);
        let trail = trail(&test.house, "calendar.load").await;
        assert_eq!(trail.iter().map(|one| one.entry.outcome.key()).collect::<Vec<_>>(), ["denied"]);
        test.close().await;
    }

    async fn local_days_off_add_to_the_national_year(test) {
        let (office, [system, ..]) = administrators(&test).await;
        let signed = office.signed(&system.token).await;
        let local = Entry::Lines(Lines {
            year: 2026,
            jurisdiction: "云溪州".to_owned(),
            off: "7月30日 火把节".to_owned(),
            work: String::new(),
            ..lines()
        });
        load(&test.house, &signed, "k", &local, 0).await.expect("loaded");
        let calendar = calendar::in_force(&test.house).await.expect("calendars");
        assert_eq!(calendar.is_working_day(date(2026, 7, 30)), Ok(false));
        let found = calendar::history(&test.house, &signed, 2026).await.expect("both");
        assert_eq!(found.iter().map(|place| place.jurisdiction.as_str()).collect::<Vec<_>>(), ["CN", "云溪州"]);
        test.close().await;
    }

    async fn files_of_the_folder_are_taken_in_once_and_versions_stay(test) {
        let mut folder = Folder::default();
        folder.0.insert("calendars/2027-x-v1.json".to_owned(), file(2027, r#","jurisdiction":"x""#));
        folder.0.insert("calendars/2027-y.json".to_owned(), file(2027, ""));
        for taken in [2, 0] {
            assert_eq!(calendar::adopt_folder(&test.house.db, &folder, test.house.now()).await.expect("taken"), taken);
        }
        let trail = trail(&test.house, "calendar.load").await;
        assert_eq!(trail.len(), 2);
        assert!(trail.iter().all(|one| one.entry.actor.is_none() && one.entry.actor_name == "gongkai"));
        // By the command line, into the same place.
        let now = test.house.now();
        let second = file(2027, r#","version":2"#);
        for _ in 0..2 {
            calendar::load_into_store(&test.house.db, &second, "x.json", 7, now).await.expect("taken");
        }
        let older = file(2027, r#","work":{"2027-01-02":"new_year"}"#);
        let older = calendar::load_into_store(&test.house.db, &older, "x.json", 7, now).await;
        assert!(matches!(older, Err(calendar::CalendarLoadError::Superseded { year: 2027 })), "{older:?}");
        let calendar = calendar::in_force(&test.house).await.expect("calendars");
        assert_eq!(calendar.year(2027).map(|year| year.version), Some(2));
        assert_eq!(calendar.local(2027).len(), 1);
        test.close().await;
    }

    async fn system_administrators_are_told_once_a_week_until_it_is_mended(test) {
        let (office, [system, security, _]) = administrators(&test).await;
        let signed = office.signed(&system.token).await;
        let change = gongkai_app::people::Change {
            display_name: "系统管理员".to_owned(),
            phone: None,
            mail: Some("system@example.gov.cn".to_owned()),
        };
        let changed = gongkai_app::people::change(&test.house, &signed, signed.person.id, &change, signed.person.version).await;
        changed.expect("a mail address");
        // 23 November, 39 days before a year without a calendar.
        let told = calendar::shortage(&test.house, &signed).await.expect("looked");
        assert_eq!(told.map(|told| (told.missing_year, told.days_left)), Some((2027, 39)));
        let other = office.signed(&security.token).await;
        assert_eq!(calendar::shortage(&test.house, &other).await.expect("looked"), None);
        let runner = test.runner();
        let mut mailed = Vec::new();
        for _ in 0..10 {
            runner.fire().await.expect("fired");
            runner.run_all().await.expect("done");
            mailed.push(test.outbox.sent().len());
            test.clock.advance(SignedDuration::from_hours(24));
        }
        assert_eq!(mailed, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2]);
        let mail = &test.outbox.sent()[0];
        assert_eq!(mail.to.as_str(), "system@example.gov.cn");
        assert!(mail.subject.as_str().contains("2027") && mail.text.contains("39 天"), "{mail:?}");
        let trail = trail(&test.house, calendar::ALARM).await;
        assert!(trail.iter().all(|one| !one.entry.detail.contains("example")), "no address in the trail");
        // Mended: the next weeks are quiet.
        let token = office.sign_in(&system).await.expect("in again");
        let signed = office.signed(&token).await;
        load(&test.house, &signed, "k", &typed(), 0).await.expect("loaded");
        for _ in 0..10 {
            test.clock.advance(SignedDuration::from_hours(24));
            runner.fire().await.expect("fired");
            runner.run_all().await.expect("done");
        }
        assert_eq!(test.outbox.sent().len(), 2);
        assert_eq!(jobs::WATCH_CALENDARS.name, "calendar.watch");
        test.close().await;
    }

    async fn a_setting_counts_at_once_on_every_node_and_tells_its_history(test) {
        let (office, [system, security, _]) = administrators(&test).await;
        let signed = office.signed(&system.token).await;
        let other = other_node(&test).await;
        let change = |typed: &str, version| Change {
            typed: typed.to_owned(),
            version,
            reason: "济政办〔2026〕9号".to_owned(),
        };
        let set = async |key: &str, setting: &str, change: Change| {
            let sent = Sent::new("setting", key, [change.typed.as_str()]);
            settings::change(&test.house, &signed, &sent, Keeper::System, setting, &change).await
        };
        let looked = settings::propose(&test.house, &signed, Keeper::System, ANSWER_DAYS, &change("15", 0)).await;
        assert_eq!(looked.expect("may be made").kept, "15");
        for _ in 0..2 {
            set("k", ANSWER_DAYS, change("15", 0)).await.expect("set once");
        }
        let values = settings::values(&other).await.expect("values");
        assert_eq!(values.clock().expect("a clock").answer_working_days, 15);
        assert!(values.is_set(ANSWER_DAYS) && !values.is_set(ALARM_DAYS));
        // Who saw an older one is told.
        let late = set("l", ANSWER_DAYS, change("10", 0)).await;
        assert!(matches!(&late, Err(error) if is_conflict(error)), "{late:?}");
        set("m", ANSWER_DAYS, change("", 1)).await.expect("the default again");
        let (shown, pasts) = settings::see(&test.house, &signed, Keeper::System, ANSWER_DAYS).await.expect("seen");
        assert_eq!((shown.value(), shown.version), ("20", 2));
        let told: Vec<_> = pasts.iter().map(|past| (past.before.as_str(), past.after.as_str(), past.by.as_str())).collect();
        assert_eq!(told, [("15", "", "system"), ("", "15", "system")]);
        assert!(pasts.iter().all(|past| past.reason == "济政办〔2026〕9号"));
        for (setting, typed, expected) in [
            (ANSWER_DAYS, "21", "setting-out-of-bounds"),
            (ALARM_DAYS, "soon", "setting-out-of-bounds"),
            (ALARM_DAYS, "", "setting-same"),
        ] {
            let version = if setting == ANSWER_DAYS { 2 } else { 0 };
            assert_eq!(refused(set("n", setting, change(typed, version)).await), [expected]);
        }
        let reasonless = Change { reason: String::new(), ..change("30", 0) };
        assert_eq!(refused(set("o", ALARM_DAYS, reasonless).await), ["reason-needed"]);
        // Each administrator keeps their own, and only these.
        let missing = set("p", "policy.hands_min", change("3", 0)).await;
        assert!(matches!(missing, Err(PeopleError::Missing)), "{missing:?}");
        let stranger = office.signed(&security.token).await;
        let denied = settings::list(&test.house, &stranger, Keeper::System).await;
        assert!(matches!(denied, Err(PeopleError::Denied(_))), "{denied:?}");
        other.db.close().await;
        test.close().await;
    }

    async fn the_security_administrator_does_not_shut_themselves_out(test) {
        let (office, [_, security, _]) = administrators(&test).await;
        let signed = office.signed(&security.token).await;
        let change = |typed: &str| Change { typed: typed.to_owned(), version: 0, reason: "x".to_owned() };
        let set = async |setting: &str, typed: &str| {
            let sent = Sent::new("setting", typed, ["x"]);
            settings::change(&test.house, &signed, &sent, Keeper::Security, setting, &change(typed)).await
        };
        let networks = "policy.staff_networks";
        assert_eq!(refused(set(networks, "10.0.0.0/8").await), ["policy-shuts-out"]);
        assert_eq!(refused(set(networks, "nowhere").await), ["policy-no-network"]);
        set(networks, "127.0.0.0/8\n10.0.0.0/8").await.expect("set");
        set("policy.password_profile", "asvs").await.expect("set");
        assert_eq!(refused(set("policy.password_profile", "easy").await), ["setting-no-choice"]);
        let list = settings::list(&test.house, &signed, Keeper::Security).await.expect("seen");
        assert_eq!(list.len(), 8);
        assert_eq!(list.iter().filter(|shown| shown.version == 1).count(), 2);
        test.close().await;
    }
}
