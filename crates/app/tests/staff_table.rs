//! People who are invited by a table, on both engines.

use std::sync::Arc;

use gongkai_app::paper::table::TableFormat;
use gongkai_app::people::{self, InvitedRow, PeopleError, SignedIn};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::Office;
use gongkai_testkit::reader::InProcess;

const HEAD: [&str; 5] = ["姓名", "登录名", "所在机关", "电话", "电子邮件"];

fn table(rows: &[[&str; 5]]) -> Arc<[u8]> {
    let rows = std::iter::once(&HEAD).chain(rows);
    let rows: Vec<Vec<String>> = rows.map(|row| row.map(str::to_owned).to_vec()).collect();
    TableFormat::Xlsx.write(&rows).expect("a table").into()
}

async fn bring(
    office: &Office,
    signed: &SignedIn,
    form: &str,
    rows: &[[&str; 5]],
) -> Result<Vec<InvitedRow>, PeopleError> {
    let file = ("people.xlsx", table(rows));
    people::invite_all(&office.house, &InProcess, signed, form, file).await
}

/// The rows that are wrong, each with the first thing that is.
fn wrong(told: Result<Vec<InvitedRow>, PeopleError>) -> Vec<(usize, String)> {
    let Err(PeopleError::Rows(rows)) = told else {
        panic!("taken: {told:?}");
    };
    let first = |row: &gongkai_domain::organization::import::RowReport| {
        row.messages
            .first()
            .map(|message| (row.row, message.id.to_string()))
    };
    rows.iter().filter_map(first).collect()
}

async fn system(test: &TestHouse) -> (Office, SignedIn) {
    let office = Office::new(test.house.clone());
    let [system, ..] = office.administrators().await;
    test.department("云溪县水务局").await;
    let signed = office.signed(&system.token).await;
    (office, signed)
}

const YAN: [&str; 5] = [
    "晏𬴂",
    "yan",
    "云溪县水务局",
    "13800001234",
    "yan@example.gov.cn",
];
const HE: [&str; 5] = ["禾·阿布", "he", "云溪县水务局", "", ""];

in_both_houses! {
    async fn all_rows_are_invited_or_none(test) {
        let (office, signed) = system(&test).await;
        let before = people::list(&office.house, &signed, None, 0, 100).await.expect("a list").1;
        let taken = ["又一人", "SYSTEM", "云溪县水务局", "", ""];
        let nowhere = ["第四人", "si", "不存在局", "", ""];
        let told = bring(&office, &signed, "k", &[YAN, taken, HE, nowhere]).await;
        assert_eq!(wrong(told), [(5, "import-reference-unknown".to_owned())]);
        let told = bring(&office, &signed, "k", &[YAN, taken, HE]).await;
        assert_eq!(wrong(told), [(3, "login-taken".to_owned())]);
        assert_eq!(people::list(&office.house, &signed, None, 0, 100).await.expect("a list").1, before);
        // Mended, by the same form: nothing of it was kept.
        let invited = bring(&office, &signed, "k", &[YAN, HE]).await.expect("invited");
        let (listed, count) = people::list(&office.house, &signed, None, 0, 100).await.expect("a list");
        assert_eq!(count, before + 2);
        let yan = listed.iter().find(|one| one.person.login == "yan").expect("listed");
        assert_eq!((yan.person.display_name.as_str(), yan.phone.as_str()), ("晏𬴂", "138****1234"));
        // Each link is its person's.
        for one in invited {
            let joined = office.join(&one.token, &one.login).await;
            assert_eq!(office.signed(&joined.token).await.person.id, one.id);
        }
        test.close().await;
    }

    async fn a_table_that_is_sent_twice_is_taken_once_and_told_alike(test) {
        let (office, signed) = system(&test).await;
        let first = bring(&office, &signed, "k", &[YAN, HE]).await.expect("invited");
        assert_eq!(bring(&office, &signed, "k", &[YAN, HE]).await.expect("told again"), first);
        let other = bring(&office, &signed, "l", &[YAN, HE]).await;
        assert_eq!(wrong(other).len(), 2, "another form is another table");
        let otherwise = bring(&office, &signed, "k", &[HE, YAN]).await;
        assert!(matches!(otherwise, Err(PeopleError::Refused(_) | PeopleError::Rows(_))), "{otherwise:?}");
        test.close().await;
    }

    async fn who_may_not_invite_brings_no_table(test) {
        let (office, signed) = system(&test).await;
        let other = SignedIn { actor: gongkai_domain::organization::permissions::Actor { grants: Vec::new(), ..signed.actor.clone() }, ..signed.clone() };
        let told = bring(&office, &other, "k", &[YAN]).await;
        assert!(matches!(told, Err(PeopleError::Denied(_))), "{told:?}");
        test.close().await;
    }
}
