use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::organization::fixtures::{body, city_tree, said};
use crate::organization::names;
use crate::organization::tree::tests::forest;

fn table(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter()
        .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
        .collect()
}

/// Row numbers with what is said of them.
fn told(import: &Import) -> Vec<(usize, String)> {
    let rows = import.report.iter();
    rows.flat_map(|row| row.messages.iter().map(|message| (row.row, said(message))))
        .collect()
}

const HEADINGS: &[&str] = &["机关名称", "机关类型", "上级机关", "设立日期"];

#[test]
fn a_table_in_any_order_is_read_with_parents_named_later() {
    let import = read(
        &table(&[
            &[
                "上级机关",
                "valid_from",
                "Name",
                " 机关 类型 ",
                "统一社会信用代码",
            ],
            &[
                "91330100799655058b",
                "2020年3月1日",
                "办公室",
                "内设机构",
                "",
            ],
            &[
                "乙县人民政府",
                "2019/1/1",
                "乙县财政局",
                "department",
                "91330100799655058B",
            ],
            &["", "", "", " ", ""],
            &["", "2000.1.1", "乙县人民政府", "人民政府", ""],
        ]),
        &Tree::default(),
    );
    assert_eq!(told(&import), []);
    assert!(import.ready());
    let drafts: Vec<(&str, i64, Option<i64>)> = import
        .drafts
        .iter()
        .map(|d| (d.name.as_str(), d.id.0, d.parent.map(|p| p.0)))
        .collect();
    let expected = [
        ("乙县人民政府", -5, None),
        ("乙县财政局", -3, Some(-5)),
        ("办公室", -2, Some(-3)),
    ];
    assert_eq!(drafts, expected);
    assert_eq!(import.drafts[2].validity.from(), date(2020, 3, 1));
}

#[test]
fn headings_that_do_not_fit_are_told_in_row_one() {
    let import = read(
        &table(&[&["机关名称", "级别", "name", ""]]),
        &Tree::default(),
    );
    let texts = told(&import);
    assert!(texts.iter().all(|(row, _)| *row == 1) && !import.ready());
    for part in ["级别", "name", "机关类型", "设立日期"] {
        assert!(
            texts.iter().any(|(_, text)| text.contains(part)),
            "{part}: {texts:?}"
        );
    }
    assert_eq!(
        told(&read(&table(&[HEADINGS]), &Tree::default())).len(),
        1,
        "no rows"
    );
    assert_eq!(
        told(&read(&[], &Tree::default())).len(),
        3,
        "nothing at all"
    );
}

#[test]
fn each_row_is_told_what_is_wrong_with_it_and_none_is_taken() {
    let good: &[&str] = &["甲局", "工作部门", "", "2020-01-01"];
    let cases: [(&[&str], &str); 15] = [
        (&["", "工作部门", "", "2020-01-01"], "名称"),
        (&["乙>局", "工作部门", "", "2020-01-01"], ">"),
        (&["乙局", "局", "", "2020-01-01"], "局"),
        (&["乙局", "工作部门", "", ""], "设立日期"),
        (&["乙局", "工作部门", "", "2020-02-30"], "2020-02-30"),
        (&["乙局", "工作部门", "", "昨天"], "昨天"),
        (
            &["乙局", "工作部门", "", "2020-01-01", "2019-12-31"],
            "2019-12-31",
        ),
        (
            &[
                "乙局",
                "工作部门",
                "",
                "2020-01-01",
                "",
                "91330100799655058C",
            ],
            "应为 B",
        ),
        (
            &["乙局", "工作部门", "", "2020-01-01", "", "", "990000"],
            "99",
        ),
        (&["乙局", "工作部门", "丙局", "2020-01-01"], "丙局"),
        (&["乙局", "工作部门", "乙局", "2020-01-01"], "循环"),
        (&["甲局", "工作部门", "", "2021-01-01"], "甲局"),
        (&["办公室", "内设机构", "", "2020-01-01"], "内设机构"),
        (&["乙\u{202E}局", "工作部门", "", "2020-01-01"], "U+202E"),
        (
            &["乙局", "工作部门", "", "2020-01-01", "", "", "", "多余"],
            "多余",
        ),
    ];
    let long = "长".repeat(201);
    let long: &[&str] = &[&long, "工作部门", "", "2020-01-01"];
    let cases = cases.into_iter().chain([(long, "201")]);
    let more = [HEADINGS, &["终止日期", "统一社会信用代码", "行政区划代码"]].concat();
    for (row, part) in cases {
        let import = read(&table(&[&more, good, row]), &Tree::default());
        let texts = told(&import);
        assert!(!import.ready() && import.drafts.is_empty(), "{row:?}");
        assert!(texts.iter().all(|(at, _)| *at == 3), "{row:?} {texts:?}");
        assert!(
            texts.iter().any(|(_, text)| text.contains(part)),
            "{row:?} {texts:?}"
        );
    }
}

#[test]
fn circles_are_told_and_a_name_of_many_wants_a_path() {
    let circle = table(&[
        HEADINGS,
        &["甲局", "工作部门", "乙局", "2020-01-01"],
        &["乙局", "工作部门", "甲局", "2020-01-01"],
    ]);
    let texts = told(&read(&circle, &Tree::default()));
    assert!(
        texts.iter().any(|(_, text)| text.contains("循环")),
        "{texts:?}"
    );

    let through = table(&[HEADINGS, &["甲处", "内设机构", "甲处 > 甲处", "2020-01-01"]]);
    assert_eq!(told(&read(&through, &Tree::default())).len(), 1);

    // Two sections 办公室 exist, of bureaus 3 and 6.
    let section = |parent| table(&[HEADINGS, &["秘书组", "内设机构", parent, "2020-01-01"]]);
    let texts = told(&read(&section("办公室"), &city_tree()));
    assert!(texts[0].1.contains("不止一个"), "{texts:?}");
    let import = read(&section("济南市公安局 > 办公室"), &city_tree());
    assert_eq!(import.drafts[0].parent, Some(OrganizationId(7)));
    assert!(!read(&section("济南市 > 办公室"), &city_tree()).ready());
}

/// Found by chance: a section below a section of the same name.
#[test]
fn a_section_below_one_of_its_own_name_finds_it_by_its_path() {
    let rows = table(&[
        HEADINGS,
        &["甲局", "工作部门", "", "2020-01-01"],
        &["办公室", "内设机构", "甲局", "2020-01-01"],
        &["办公室", "内设机构", "甲局 > 办公室", "2020-01-01"],
        &["乙局", "工作部门", "", "2020-01-01"],
        &["办公室", "内设机构", "乙局 > 办公室", "2020-01-01"],
        &["办公室", "内设机构", "乙局", "2020-01-01"],
    ]);
    let import = read(&rows, &Tree::default());
    assert_eq!(told(&import), []);
    let parent_of = |row: i64| {
        let mut drafts = import.drafts.iter();
        drafts
            .find(|d| d.id.0 == -row)
            .and_then(|d| d.parent)
            .map(|p| p.0)
    };
    assert_eq!(
        (parent_of(4), parent_of(6), parent_of(7)),
        (Some(-3), Some(-7), Some(-5))
    );
}

#[test]
fn what_exists_is_not_taken_a_second_time_but_may_be_followed() {
    let mut old = body(1, OrganizationKind::Department, "甲局");
    old.credit_code = CreditCode::parse("91330100799655058B").ok();
    old.validity = Validity::new(date(2000, 1, 1), Some(date(2019, 12, 31))).expect("in order");
    let existing = Tree::new(vec![old]).expect("stands");
    let row = |from| {
        let headings = [HEADINGS, &["统一社会信用代码"]].concat();
        table(&[
            &headings,
            &["甲局", "工作部门", "", from, "91330100799655058B"],
        ])
    };
    assert_eq!(
        told(&read(&row("2019-12-31"), &existing)).len(),
        2,
        "code and name"
    );
    assert!(read(&row("2020-01-01"), &existing).ready());
}

#[test]
fn dates_are_read_as_people_and_spreadsheets_write_them() {
    let day = date(2024, 3, 1);
    for text in [
        "2024-03-01",
        "2024/3/1",
        "2024.3.1",
        "2024年3月1日",
        "２０２４年３月１日",
        "20240301",
        "2024-03-01 00:00:00",
        "2024-03-01T00:00:00",
    ] {
        assert_eq!(columns::date(text), Ok(day), "{text}");
    }
    for text in [
        "",
        "2024",
        "2024-13-01",
        "24-03-01",
        "2024-03-01-02",
        "45352",
        "−1-1-1",
    ] {
        said(&columns::date(text).expect_err(text));
    }
}

#[test]
fn five_thousand_rows_are_read() {
    let mut rows = table(&[HEADINGS, &["省人民政府", "人民政府", "", "2000-01-01"]]);
    for n in 1..5_000 {
        let parent = if n < 50 {
            "省人民政府".to_owned()
        } else {
            format!("第{}局", n % 49 + 1)
        };
        rows.push(vec![
            format!("第{n}局"),
            "工作部门".into(),
            parent,
            "2000-01-01".into(),
        ]);
    }
    assert_eq!(read(&rows, &Tree::default()).drafts.len(), 5_000);
}

/// What a body is without its numbers: those of its ties by their place.
fn placed(
    bodies: &[Organization],
    number_of: impl Fn(usize) -> OrganizationId,
) -> Vec<Organization> {
    let place = |id: OrganizationId| bodies.iter().position(|body| body.id == id);
    let renumbered = |id: Option<OrganizationId>| id.and_then(place).map(&number_of);
    let bodies = bodies.iter().enumerate().map(|(at, body)| Organization {
        id: number_of(at),
        parent: renumbered(body.parent),
        supervisor: renumbered(body.supervisor),
        vertical: renumbered(body.vertical),
        ..body.clone()
    });
    bodies.collect()
}

/// Bodies with codes here and there, sections of one name, ends and offices.
fn adorned() -> impl Strategy<Value = Vec<Organization>> {
    let adornments =
        proptest::collection::vec((0u8..4, "[甲乙丙丁 ]{0,6}[a-z（）0-9-]{0,8}", 0i16..30), 24);
    (forest(), adornments).prop_map(|(mut bodies, adornments)| {
        let codes = [
            "91330100799655058B",
            "9144030071526726XG",
            "91110000802100433B",
        ];
        for (at, (body, (choice, text, years))) in bodies.iter_mut().zip(adornments).enumerate() {
            if body.kind == OrganizationKind::Section && choice > 0 {
                // Sections of one parent still differ.
                body.name = format!("办公室{}", if choice == 1 { at } else { at % 2 });
            }
            body.credit_code = codes
                .get(at / 3)
                .filter(|_| at % 3 == 1)
                .and_then(|c| c.parse().ok());
            body.division = DivisionCode::parse("370102").ok().filter(|_| choice == 2);
            body.short_name = names::line(&text, 60).unwrap_or_default();
            body.office.address = body.short_name.clone();
            body.office.mail = names::line(&text, 60).unwrap_or_default();
            let from = Date::constant(1990 + years, 1, 1);
            body.validity = Validity::since(from);
        }
        bodies
    })
}

proptest! {
    #[test]
    fn what_was_exported_is_imported_as_it_was(bodies in adorned(), english in any::<bool>()) {
        let tree = Tree::new(bodies.clone()).expect("a forest");
        // Two sections of one name below one parent would be one body twice.
        let mut names: Vec<_> = bodies.iter().map(|body| (body.parent, &body.name)).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        prop_assume!(names.len() == count);
        let language = if english { Language::English } else { Language::Chinese };
        let import = read(&Sheet::of(&tree, language).table(), &Tree::default());
        prop_assert_eq!(told(&import), []);
        let mut drafts = import.drafts;
        drafts.sort_by_key(|draft| -draft.id.0);
        let number_of = |at: usize| draft_id(at + 2);
        prop_assert_eq!(placed(&drafts, number_of), placed(&bodies, number_of));
    }

    #[test]
    fn any_table_is_told_of(rows in proptest::collection::vec(proptest::collection::vec(".{0,12}", 0..6), 0..8)) {
        let mut all = table(&[HEADINGS]);
        all.extend(rows);
        let import = read(&all, &city_tree());
        let is_clean = import.report.iter().all(|row| row.messages.is_empty());
        prop_assert_eq!(import.ready(), is_clean);
    }
}

#[test]
fn what_is_typed_into_a_form_is_put_right_as_in_a_table() {
    let mut typed = body(1, OrganizationKind::Department, " 甲\u{3000}局 ");
    typed.short_name = " ".into();
    typed.office.phone = "０５３１ ".into();
    assert_eq!(put_right(&mut typed), []);
    assert_eq!(
        (typed.name.as_str(), typed.short_name.as_str()),
        ("甲 局", "")
    );
    assert_eq!(typed.office.phone, "０５３１");
    for (name, id) in [
        ("", "import-name-missing"),
        ("甲 > 乙", "import-name-sign"),
        ("甲\u{202e}", "import-cell-unseen"),
    ] {
        let wrong = put_right(&mut body(1, OrganizationKind::Department, name));
        assert_eq!(
            wrong.iter().map(|one| one.id.as_ref()).collect::<Vec<_>>(),
            [id]
        );
        said(&wrong[0]);
    }
}

#[test]
fn people_name_bodies_by_what_is_clear_and_choose_by_a_part() {
    let mut bodies = crate::organization::fixtures::city();
    let id = OrganizationId;
    // The county's treasury bureau of before bore the same name.
    let mut before = body(30, OrganizationKind::Department, "平阴县财政局");
    before.parent = Some(id(8));
    before.validity =
        Validity::new(date(1990, 1, 1), Some(date(1999, 12, 31))).expect("days in order");
    before.credit_code = CreditCode::parse("91330100799655058B").ok();
    let mut county = body(8, OrganizationKind::Government, "平阴县人民政府");
    county.parent = Some(id(1));
    county.validity = Validity::since(date(1980, 1, 1));
    bodies.retain(|body| body.id != county.id);
    bodies.extend([county, before]);
    let tree = Tree::new(bodies).expect("the city stands");
    let names = Names::of(&tree);
    let now = Validity::since(date(2026, 3, 2));
    let always = Validity::since(Date::MIN);
    for (text, during, found) in [
        ("济南市财政局", now, Ok(id(3))),
        ("济南市公安局 > 办公室", now, Ok(id(7))),
        ("办公室", now, Err(Missed::Several)),
        ("财政", now, Err(Missed::Unknown)),
        ("", now, Err(Missed::Unknown)),
        ("平阴县财政局", now, Ok(id(10))),
        ("平阴县财政局", always, Err(Missed::Several)),
        ("91330100799655058b", always, Ok(id(30))),
        ("91330100799655058B", now, Err(Missed::Unknown)),
    ] {
        assert_eq!(names.find(text, during), found, "{text}");
    }
    for (body, title) in [
        (3, "济南市财政局"),
        (4, "济南市财政局 > 办公室"),
        (10, "平阴县财政局"),
    ] {
        assert_eq!(names.title(id(body), now), title);
        assert_eq!(names.find(title, now), Ok(id(body)));
    }
    // Not even the path tells it from the one that follows.
    assert_eq!(names.title(id(30), always), "91330100799655058B");
    assert_eq!(names.title(id(99), now), "");
    assert_eq!(names.like("财政", now, 9), [id(3), id(10)]);
    assert_eq!(names.like("财政", always, 2), [id(3), id(10)]);
    assert_eq!(names.like("655058b", always, 9), [id(30)]);
    assert_eq!(names.like(" ", now, 9), []);
}
