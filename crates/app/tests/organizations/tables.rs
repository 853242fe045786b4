//! Tables in and out.

use super::*;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_testkit::hostile;

/// A reader that ends so.
struct Broken(Refused);

impl Reader for Broken {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(self.0)))
    }
}

async fn import(
    test: &TestHouse,
    file: &TableFile,
) -> Result<organization::Imported, OrganizationError> {
    let key = test.house.token();
    served(organization::import(
        &test.house,
        &InProcess,
        &who(),
        &administrator(),
        &sent(&key),
        file,
    ))
    .await
}

/// A workbook typed by hand: days as dates, codes as numbers, an empty row.
fn typed(twice: bool) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    for name in ["机关", "说明"].into_iter().take(if twice { 2 } else { 1 }) {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        let rows = [
            (0, ["机关名称", "机关类型", "上级机关"]),
            (1, ["甲县人民政府", "人民政府", ""]),
            (3, ["甲县财政局", "工作部门", "甲县人民政府"]),
        ];
        for (row, texts) in rows {
            sheet.write_row(row, 0, texts).expect("a row");
        }
        sheet
            .write_row(0, 3, ["设立日期", "行政区划代码"])
            .expect("headings");
        for row in [1, 3] {
            // 2024-03-01 as Excel counts days.
            sheet
                .write_number_with_format(row, 3, 45352, &day)
                .expect("a day");
            sheet.write_number(row, 4, 370_102).expect("a code");
        }
    }
    book.add_worksheet().set_name("空表").expect("a name");
    book.save_to_buffer().expect("a workbook")
}

async fn exported(test: &TestHouse, format: TableFormat) -> Vec<u8> {
    let made = served(organization::export(
        &test.house,
        &who(),
        &administrator(),
        format,
        Language::Chinese,
    ))
    .await;
    made.expect("a table").bytes
}

in_both_houses! {
    async fn a_workbook_as_people_fill_it_in_is_read(test) {
        let made = import(&test, &file("机关.xlsx", typed(false))).await;
        assert_eq!(made.unwrap_or_else(|error| panic!("{error:?}")).rows, 2);
        let id = listed(&test, &administrator(), "财政").await[0];
        let kept = served(organization::see(&test.house, &who(), &administrator(), id)).await.expect("seen");
        assert_eq!(kept.body.validity, Validity::since(date(2024, 3, 1)));
        assert_eq!(kept.body.division.map(|code| code.to_string()).as_deref(), Some("370102"));
        let several = import(&test, &file("机关.xlsx", typed(true))).await.expect_err("which sheet?");
        assert_eq!(said(&several), ["intake-several-sheets"]);
        test.close().await;
    }

    async fn a_table_is_taken_in_whole_or_not_at_all(test) {
        let wrong = "名称,类型\n";
        let headings = import(&test, &file("a.csv", wrong.as_bytes())).await.expect_err("refused");
        assert!(matches!(headings, OrganizationError::Rows(_)), "{headings:?}");
        let rows = "机关名称,机关类型,上级机关,主管部门,设立日期\n\
            甲县人民政府,人民政府,,,2000-01-01\n\
            \n\
            甲县财政局,工作部门,甲县人民政府,乙局,2000-01-01\n\
            甲县公安局,衙门,甲县人民政府,,2000年\n";
        let before = state(&test).await;
        let refused = import(&test, &file("b.csv", rows.as_bytes())).await.expect_err("refused");
        said(&refused);
        let OrganizationError::Rows(report) = refused else { panic!("another error") };
        let told: Vec<(usize, Vec<&str>)> = report
            .iter()
            .filter(|row| !row.messages.is_empty())
            .map(|row| (row.row, row.messages.iter().map(|message| &*message.id).collect()))
            .collect();
        assert_eq!(told, [(4, vec!["import-reference-unknown"]), (5, vec!["import-kind", "import-date"])]);
        assert_eq!(state(&test).await, before);
        assert!(test.house.blobs.list().await.expect("a list").is_empty(), "no file is kept that was refused");
        for (name, bytes) in [("c.pdf", &b"%PDF-1.7"[..]), ("c.csv", b"")] {
            let unread = import(&test, &file(name, bytes)).await.expect_err("refused");
            assert!(matches!(unread, OrganizationError::Unread(_)), "{unread:?}");
            said(&unread);
        }
        test.close().await;
    }

    async fn a_table_that_was_taken_in_is_kept_and_traced(test) {
        // A supervisor may stand behind the body that names it.
        let rows = "机关名称,机关类型,上级机关,主管部门,设立日期\n\
            甲县财政局,工作部门,甲县人民政府,甲县信息公开办,2000-01-01\n\
            甲县信息公开办,工作部门,甲县人民政府,,2000-01-01\n\
            甲县人民政府,人民政府,,,2000-01-01\n";
        let table = file("机关.csv", rows.as_bytes());
        let (house, who, administrator) = (&test.house, &who(), &administrator());
        let made = served(organization::import(house, &InProcess, who, administrator, &sent("k"), &table)).await.expect("taken in");
        assert_eq!(made.rows, 3);
        let again = served(organization::import(house, &InProcess, who, administrator, &sent("k"), &table)).await;
        assert_eq!(again.expect("the same"), made);
        let other = file("机关.csv", rows.replace('甲', "乙").as_bytes());
        let other = served(organization::import(house, &InProcess, who, administrator, &sent("k"), &other)).await;
        assert!(matches!(other, Err(OrganizationError::Otherwise(_))), "{other:?}");
        assert_eq!(house.blobs.list().await.expect("a list").len(), 1, "one file is kept, once");
        let id = |name: &'static str| { let test = &test; async move { listed(test, &self::administrator(), name).await[0] } };
        let (government, office) = (id("政府").await, id("信息公开").await);
        let finance = served(organization::see(house, who, administrator, id("财政").await)).await.expect("seen");
        assert_eq!((finance.body.parent, finance.body.supervisor), (Some(government), Some(office)));
        let brought = served(organization::imports(house, who, administrator, None)).await.expect("a list");
        assert_eq!(brought.len(), 1);
        assert_eq!((brought[0].0, brought[0].1.file_name.as_str(), brought[0].1.rows), (made.id, "机关.csv", 3));
        let mut tx = house.db.read().await.expect("a state");
        let blob = store::blobs::get(&mut tx, &brought[0].1.blob).await.expect("read").expect("a blob");
        drop(tx);
        assert_eq!(&**blobs::bytes(house, &blob).await.expect("its bytes"), rows.as_bytes());
        let told = trail(&test).await.iter().filter(|stored| stored.entry.action == "organizations.import").count();
        assert_eq!(told, 4, "the table and three bodies");
        test.close().await;
    }

    async fn a_table_that_harms_its_reader_is_told_of(test) {
        let before = state(&test).await;
        for (bytes, told) in [
            (hostile::sheet_bomb(), "intake-unpacked-too-large"),
            (hostile::million_empty_rows(&[]), "intake-empty"),
            ("甲\n".repeat(1_300_000).into_bytes(), "intake-too-many-cells"),
        ] {
            let refused = import(&test, &file("a.xlsx", bytes)).await.expect_err("refused");
            assert_eq!(said(&refused), [told]);
        }
        // What a column that was formatted to its end leaves behind.
        let rows: &[&[&str]] = &[&["机关名称", "机关类型", "设立日期"], &["甲局", "工作部门", "2020-01-01"]];
        let mut text = String::new();
        for row in rows {
            text.push_str(&format!("{}\n", row.join(",")));
        }
        text.push_str(&",,\n".repeat(100_000));
        for (name, bytes) in [("a.xlsx", hostile::million_empty_rows(rows)), ("a.csv", text.into_bytes())] {
            let other = TestHouse::new(test.house.db.engine()).await;
            let made = import(&other, &file(name, bytes)).await;
            assert_eq!(made.unwrap_or_else(|error| panic!("{name}: {error:?}")).rows, 1);
            other.close().await;
        }
        // A process that broke, or was ended at a limit.
        for refused in [Refused::OutOfTime, Refused::Broken, Refused::NotStarted] {
            let broken = Broken(refused);
            let table = file("a.csv", &b"x"[..]);
            let told = served(organization::import(&test.house, &broken, &who(), &administrator(), &sent("b"), &table)).await;
            assert_eq!(said(&told.expect_err("refused")), [&*refused.message().id]);
        }
        assert_eq!(state(&test).await, before);
        assert!(test.house.blobs.list().await.expect("a list").is_empty());
        test.close().await;
    }

    async fn what_is_exported_is_imported_as_it_was(test) {
        use OrganizationKind::{Department, Government, Section};
        let city = found(&test, "𬴂𫓧市人民政府", Government, None).await;
        let led = found(&test, "=𩽾·买买提局", Department, Some(city)).await;
        let section = Organization { short_name: "'=cmd".to_owned(), ..entry("+办公室", Section, Some(led)) };
        create(&test, &section).await.expect("founded");
        let ended = Organization {
            credit_code: CreditCode::parse("91330100799655058B").ok(),
            division: "370102".parse().ok(),
            vertical: Some(led),
            validity: Validity::new(date(1999, 1, 1), Some(date(2020, 5, 6))).expect("days"),
            ..entry("-旧局,\"引号\"", Department, None)
        };
        create(&test, &ended).await.expect("founded");
        let office = DisclosureOffice { phone: "+86 531".to_owned(), hours: "@9:00".to_owned(), ..DisclosureOffice::default() };
        let clerk = actor(Role::Clerk, Some(led));
        served(organization::edit_office(&test.house, &who(), &clerk, Version { id: led, version: 1 }, &office)).await.expect("edited");
        let csv = exported(&test, TableFormat::Csv).await;
        for format in [TableFormat::Csv, TableFormat::Xlsx] {
            let bytes = exported(&test, format).await;
            let other = TestHouse::new(test.house.db.engine()).await;
            let name = format!("机关.{}", format.extension());
            let made = import(&other, &file(&name, bytes)).await.unwrap_or_else(|error| panic!("{format:?}: {error:?}"));
            assert_eq!(made.rows, 4);
            let text = |bytes: Vec<u8>| {
                let mut lines: Vec<String> = String::from_utf8(bytes).expect("a text").lines().map(ToOwned::to_owned).collect();
                lines[1..].sort();
                lines
            };
            assert_eq!(text(exported(&other, TableFormat::Csv).await), text(csv.clone()), "{format:?}");
            assert_eq!(listed(&other, &administrator(), "𩽾·").await.len(), 1);
            other.close().await;
        }
        let text = String::from_utf8(csv).expect("a text");
        for guarded in ["'=𩽾·买买提局", "'+办公室", "''=cmd", "\"'-旧局,\"\"引号\"\"\"", "'+86 531", "'@9:00"] {
            assert!(text.contains(guarded), "{guarded} in {text}");
        }
        assert!(text.starts_with('\u{feff}'));
        test.close().await;
    }
}
