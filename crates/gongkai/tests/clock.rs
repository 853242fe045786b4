//! Statutory dates as anybody asks a running server for them: the worked examples of
//! the law, and the vectors that lie beside the repository.

use std::path::Path;
use std::process::Command;

use gongkai_testkit::browser::Server;
use gongkai_testkit::database::Folder;
use gongkai_testkit::http;
use jiff::civil::Date;
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// The worked examples: which, what the page of dates is asked, the day that it tells.
/// The fourteenth it has no field for.
const EXAMPLES: [(u32, &str, &str); 28] = [
    (1, "do=add&from=2024-02-05&days=7", "2024-02-20"),
    (1, "received=2024-02-05", "2024-03-08"),
    (1, "received=2024-02-05&extend=20", "2024-04-08"),
    (2, "received=2024-02-18", "2024-03-15"),
    (3, "received=2023-09-25", "2023-10-27"),
    (4, "do=add&from=2024-03-01&days=7", "2024-03-12"),
    (4, "do=add&from=2024-03-08&days=15", "2024-03-29"),
    (4, "received=2024-03-01", "2024-03-29"),
    (4, "received=2024-03-01&supplement=2024-03-20", "2024-04-18"),
    (5, "received=2024-04-01", "2024-04-29"),
    (
        5,
        "received=2024-04-01&consult_from=2024-04-10&consult_to=2024-04-24",
        "2024-05-15",
    ),
    (6, "do=add&from=2024-04-12&days=15", "2024-05-07"),
    (
        6,
        "received=2024-04-01&consult_from=2024-04-10&consult_to=2024-05-07",
        "2024-05-24",
    ),
    (7, "received=2024-08-20", "2024-09-18"),
    (7, "received=2024-08-20&extend=15", "2024-10-14"),
    (7, "received=2024-08-20&extend=20", "2024-10-21"),
    (8, "received=2024-05-06", "2024-05-31"),
    (8, "do=add&from=2024-05-20&days=20", "2024-06-18"),
    (8, "received=2024-05-06&fee_paid=2024-06-03", "2024-07-02"),
    (9, "received=2023-12-05", "2024-01-03"),
    (10, "received=2024-09-09", "2024-10-12"),
    (
        10,
        "received=2024-09-09&consult_from=2024-09-12&consult_to=2024-09-25&extend=10",
        "2024-11-06",
    ),
    (11, "do=add&from=2026-02-10&days=7", "2026-02-26"),
    (11, "received=2026-02-10", "2026-03-16"),
    (12, "do=remedy&served=2024-03-08&period=60d", "2024-05-07"),
    (12, "do=remedy&served=2024-03-08&period=6m", "2024-09-09"),
    (13, "do=remedy&served=2024-08-02&period=60d", "2024-10-08"),
    (15, "do=add&from=2024-01-15&days=20", "2024-02-09"),
];

/// A server, and the data that it works with.
struct Running {
    server: Server,
    data: String,
    _folder: Folder,
}

impl Running {
    fn new() -> Self {
        let folder = Folder::new();
        let data = folder.path().join("data").display().to_string();
        Self {
            server: Server::start(BINARY, &["serve", "--data", &data]),
            data,
            _folder: folder,
        }
    }

    /// What the page of dates answers.
    fn answer(&self, query: &str) -> String {
        let page = http::get(&self.server.address, &format!("/clock?{query}"));
        assert_eq!(page.status, 200, "{query}");
        let heading = "<h2 id=\"answer\" class=\"figure\">";
        let answer = page.body.split_once(heading);
        let answer = answer.and_then(|(_, rest)| rest.split_once("</h2>"));
        let (answer, _) = answer.unwrap_or_else(|| panic!("{query}: {}", page.body));
        answer.to_owned()
    }

    /// The day of its answer: `2024年3月8日（星期五）`.
    fn day(&self, query: &str) -> String {
        let answer = self.answer(query);
        let (day, _) = answer.split_once('日').expect("a day");
        let parts = day.split(['年', '月']);
        let parts: Vec<u16> = parts.map(|part| part.parse().expect("a number")).collect();
        assert_eq!(parts.len(), 3, "{query}: {answer}");
        format!("{:04}-{:02}-{:02}", parts[0], parts[1], parts[2])
    }

    /// Whether offices work on a day, by how many working days it adds to the one
    /// before.
    fn works(&self, on: Date) -> bool {
        let before = on.yesterday().expect("a day");
        let answer = self.answer(&format!("do=between&from={before}&to={on}"));
        let is = |days: u32| answer.contains(&format!("共 {days} 个工作日"));
        assert!(is(0) || is(1), "{on}: {answer}");
        is(1)
    }

    /// The day that the program tells by the same data, of what its page does not ask.
    fn told(&self, arguments: &[&str]) -> Value {
        let output = Command::new(BINARY)
            .arg("clock")
            .args(arguments)
            .args(["--format", "json", "--data", &self.data])
            .output()
            .expect("gongkai starts");
        let told: Result<Value, _> = serde_json::from_slice(&output.stdout);
        let told = told.unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("{arguments:?}: {error}: {said}")
        });
        told["date"].clone()
    }
}

/// An argument of a vector as it is typed; nothing where it has none of the name.
fn typed(arguments: &Value, name: &str) -> String {
    match &arguments[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The consultations of a vector: from when to when.
fn consulted(arguments: &Value) -> Vec<(&str, &str)> {
    let pairs = arguments["consultations"].as_array().into_iter().flatten();
    let days = pairs.map(|pair| (pair[0].as_str(), pair[1].as_str()));
    days.map(|(from, to)| (from.expect("a day"), to.expect("a day")))
        .collect()
}

/// What the page of dates is asked for a vector; none where it has no field for it.
fn asked(function: &str, arguments: &Value) -> Option<String> {
    let of = |name: &str| typed(arguments, name);
    match (function, of("days").as_str(), of("months").as_str()) {
        ("add_wd", ..) => Some(format!("do=add&from={}&days={}", of("from"), of("n"))),
        ("natural_days_deadline", "60", _) => {
            Some(format!("do=remedy&served={}&period=60d", of("served")))
        }
        ("months_deadline", _, "6") => Some(format!("do=remedy&served={}&period=6m", of("served"))),
        ("due_date", ..) => {
            let (from, to) = match consulted(arguments).as_slice() {
                [] => ("", ""),
                [only] => *only,
                _ => return None,
            };
            let (supplement, paid) = (of("supplement_received"), of("fee_paid"));
            let (received, extend) = (of("received"), of("extension_wd"));
            Some(format!(
                "do=due&received={received}&supplement={supplement}&fee_paid={paid}\
                 &consult_from={from}&consult_to={to}&extend={extend}"
            ))
        }
        _ => None,
    }
}

/// The same for the program: any number of days, any number of consultations.
fn ordered(function: &str, arguments: &Value) -> Vec<String> {
    let of = |name: &str| typed(arguments, name);
    let mut order = match function {
        "natural_days_deadline" => {
            vec!["remedy".to_owned(), "--days".to_owned(), of("days")]
        }
        "due_date" => vec!["due".to_owned()],
        other => panic!("the program is not asked for {other}"),
    };
    for name in ["served", "received"] {
        if !of(name).is_empty() {
            order.extend([format!("--{name}"), of(name)]);
        }
    }
    for (from, to) in consulted(arguments) {
        order.extend(["--consult".to_owned(), format!("{from}..{to}")]);
    }
    order
}

#[test]
fn the_worked_examples_of_the_law_stand_on_the_page_of_dates() {
    let running = Running::new();
    for (number, query, day) in EXAMPLES {
        assert_eq!(running.day(query), day, "{number}: {query}");
    }
    // 14: 《行政诉讼法》第四十五条.
    let suit = running.told(&["remedy", "--served", "2024-09-14", "--days", "15"]);
    assert_eq!(suit, "2024-09-29");
}

#[test]
fn the_date_vectors_beside_the_repository_stand_on_the_page_of_dates() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/domain/deadline-vectors.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the vectors do not lie beside the repository");
        return;
    };
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let vectors = all["vectors"].as_array().expect("vectors");
    let running = Running::new();
    let mut elsewhere = Vec::new();
    for vector in vectors {
        let (id, expected, arguments) = (&vector["id"], &vector["expected"], &vector["args"]);
        let function = vector["function"].as_str().expect("a function");
        if function == "is_working_day" {
            let on = typed(arguments, "date").parse().expect("a day");
            assert_eq!(expected, running.works(on), "{id}");
        } else if let Some(query) = asked(function, arguments) {
            assert_eq!(expected, &running.day(&query), "{id}: {query}");
        } else {
            let order = ordered(function, arguments);
            let order: Vec<&str> = order.iter().map(String::as_str).collect();
            assert_eq!(expected, &running.told(&order), "{id}: {order:?}");
            elsewhere.push(id.as_str().expect("a name"));
        }
    }
    assert!(vectors.len() > 40, "{}", vectors.len());
    // It has no field for a second consultation, nor for fifteen days.
    assert_eq!(elsewhere, ["DUE-4", "REM-4"]);
}
