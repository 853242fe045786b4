use super::*;
use crate::report::document::Document;
use crate::report::format::{Format, FormatId};

fn reading(text: &str) -> Reading {
    Reading::of(Document::from_text(text))
}

fn said(text: &str) -> Vec<Diagnostic> {
    audit(&reading(text), Beside::default())
}

/// Codes of what fails, missing tables and chapters of these short texts
/// apart.
fn fails(text: &str) -> Vec<String> {
    said(text)
        .into_iter()
        .filter(|d| d.status == Status::Fails)
        .map(|d| d.code)
        .filter(|code| !code.starts_with("CH-"))
        .collect()
}

const TITLE: &str = "云溪县水务局2024年政府信息公开工作年度报告\n一、总体情况\n";

/// Table 3 of the 2021 form with some rows filled, the rest 0.
fn table3(filled: &[(&str, [u32; 7])]) -> String {
    let mut text = "三、收到和处理政府信息公开申请情况\n".to_owned();
    for key in Format::get(FormatId::F2021).table3_rows(false) {
        let row = crate::report::format::table3_row(key).expect("a row of the form");
        let values = filled
            .iter()
            .find(|(name, _)| *name == key)
            .map_or([0; 7], |(_, values)| *values);
        text.push_str(&row.label);
        for value in values {
            text.push_str(&format!(" | {value}"));
        }
        text.push_str(" |\n");
    }
    text
}

/// Prose, what it says, and the codes that must fail: each rule both ways.
#[test]
fn what_the_prose_says_is_reckoned_again() {
    let table: &[(&str, &[&str])] = &[
        // Totals and parts.
        ("共发布信息30条，其中：网站20条，微信10条。", &[]),
        ("共发布信息30条，其中：网站20条，微信11条。", &["NARR-SUM"]),
        ("共发布信息30条，其中：网站20条，其他9条。", &["NARR-SUM"]),
        ("共发布信息30条，其中网站20条，微信5条等。", &[]),
        ("共发布信息30条，其中网站20条。", &[]),
        ("共发布信息100余条，其中网站20条，微信10条。", &[]),
        (
            "收取信息处理费2件300元。其中，甲局1件，收取100元；乙局1件，收取200元。",
            &[],
        ),
        (
            "收取信息处理费2件300元。其中，甲局1件，收取100元；乙局1件，收取250元。",
            &["NARR-SUM"],
        ),
        ("办理代表建议12件、政协提案8件，共20件。", &[]),
        ("办理代表建议12件、政协提案8件，共21件。", &["NARR-SUM"]),
        (
            "线上收到申请15件，线下收到申请8件，全年共收到信息公开申请23件。",
            &[],
        ),
        (
            "线上收到申请15件，线下收到申请9件，全年共收到信息公开申请23件。",
            &["NARR-SUM"],
        ),
        ("发布信息30条，回复留言5条，全年共举办活动3场。", &[]),
        // Shares: half up, cut off, wrong.
        ("受理申请523件，答复504件，办结率96.37%。", &[]),
        (
            "受理申请523件，答复504件，办结率96.36%。",
            &["NARR-PERCENT"],
        ),
        ("答复98件：公开42件（42.86%）、其他56件（57.14%）。", &[]),
        (
            "答复98件：公开42件（43.86%）、其他56件（57.14%）。",
            &["NARR-PERCENT"],
        ),
        ("全年热线办结率100%。", &[]),
        // Growth that no whole number last year gives.
        ("收到申请3607件，同比增长70.3%。", &[]),
        // Growth whose base stands in the sentence.
        ("办理咨询120件，比上年的100件增长20%。", &[]),
        ("办理咨询120件，比上年100件增长15%。", &["NARR-GROWTH"]),
        ("办理咨询115件，较2023年的90件增长27.7%。", &["NARR-GROWTH"]),
        ("办理咨询115件，较2023年的90件增长27.8%。", &[]),
        ("办理咨询较2023年100件增长20%，达到120件。", &[]),
        (
            "办理咨询较2023年100件增长30%，达到120件。",
            &["NARR-GROWTH"],
        ),
        ("办理咨询由上年的100件增加到120件，增长20%。", &[]),
        (
            "办理咨询由上年的100件增加到120件，增长25%。",
            &["NARR-GROWTH"],
        ),
        ("办理咨询由上年的120件下降到90件，下降25%。", &[]),
        (
            "办理咨询由上年的120件下降到90件，下降30%。",
            &["NARR-GROWTH"],
        ),
        ("办理咨询120件，比上年增加20件，增长20%。", &[]),
        (
            "办理咨询120件，比上年增加20件，增长16.67%。",
            &["NARR-GROWTH"],
        ),
        ("办理咨询90件，同比减少30件，下降25%。", &[]),
        ("办理咨询90件，同比减少30件，下降33.3%。", &["NARR-GROWTH"]),
        (
            "2024年办理咨询120件，2023年办理咨询100件，同比增长20%。",
            &[],
        ),
        (
            "2024年办理咨询120件，2023年办理咨询100件，同比增长12%。",
            &["NARR-GROWTH"],
        ),
        ("办理咨询120件（上年100件），增长20%。", &[]),
        ("办理咨询120件（上年100件），增长2%。", &["NARR-GROWTH"]),
        // Another year's value, another thing's, or about so many.
        ("办理咨询120件，2020年100件，同比增长14.3%。", &[]),
        ("办理咨询120件，比上年约100件增长15%。", &[]),
        ("办理咨询120件，比上年5场增长15%。", &[]),
        ("收到申请523件，较2023年减少19.67%。", &["NARR-GROWTH"]),
        // The balance of requests, where only the prose has it.
        ("收到政府信息公开申请42件，答复39件，结转下年度3件。", &[]),
        (
            "收到政府信息公开申请42件，答复36件，结转下年度3件。",
            &["NARR-BALANCE"],
        ),
        // Slips of the wording.
        ("全年共主动公开条。", &["NARR-MISSING-NUMBER"]),
        ("根据国办公开办函〔2019〕60号编制。", &["NARR-FORMAT-CITED"]),
        ("全年召开会议XX次。", &["NARR-PLACEHOLDER"]),
        ("栏目公开20条；该专栏公开16条。", &["NARR-REPEATED"]),
        (
            "2024年主动公开信息61条。2023年，在主动公开的61条信息中，财政类占多数。",
            &["NARR-YEAR"],
        ),
        ("2023年印发的办法继续实施，2024年主动公开61条。", &[]),
    ];
    for (prose, expected) in table {
        let text = format!("{TITLE}{prose}\n");
        assert_eq!(fails(&text), *expected, "{prose}");
    }
}

#[test]
fn the_period_is_the_whole_report_year() {
    let with = |period: &str| fails(&format!("{TITLE}本报告所列数据的统计期限为{period}。\n"));
    assert_eq!(with("2024年1月1日至2024年12月31日"), Vec::<String>::new());
    assert_eq!(with("2024年1月1日至12月31日"), Vec::<String>::new());
    assert_eq!(with("2023年1月1日至2023年12月31日"), ["NARR-PERIOD"]);
    assert_eq!(with("20241月1日至2024年12月31日"), ["NARR-PERIOD"]);
}

#[test]
fn prose_and_table_agree_or_the_difference_is_told_with_both_figures() {
    let row = |n: u32| [n, 0, 0, 0, 0, 0, n];
    let table = table3(&[
        ("received_new", row(3)),
        ("result_granted", row(2)),
        ("result_total", row(2)),
        ("carried_out", row(1)),
    ]);
    let with = |prose: &str| {
        said(&format!("{TITLE}{prose}\n{table}"))
            .into_iter()
            .filter(|d| d.code.starts_with("NARR-"))
            .map(|d| (d.code, d.status, d.left, d.right))
            .collect::<Vec<_>>()
    };
    let found = |code: &str, status, left: &str, right: &str| {
        (
            code.to_owned(),
            status,
            Some(left.to_owned()),
            Some(right.to_owned()),
        )
    };
    assert_eq!(
        with("收到政府信息公开申请3件，答复2件，结转下年度1件。"),
        []
    );
    assert_eq!(
        with("收到政府信息公开申请4件。"),
        [found("NARR-RECEIVED", Status::Fails, "4", "3")]
    );
    assert_eq!(
        with("未收到政府信息公开申请。"),
        [found("NARR-RECEIVED", Status::Fails, "0", "3")]
    );
    assert_eq!(
        with("通过网络收到政府信息公开申请2件。"),
        [found("NARR-RECEIVED", Status::Uncertain, "2", "3")]
    );
    assert_eq!(
        with("收到政府信息公开申请3件，予以公开1件。"),
        [found("NARR-GRANTED", Status::Fails, "1", "2")]
    );
}

/// Sentences that are true of a report with three requests and one suit, and
/// were once blamed: about outcomes, other years, other bodies, parts.
#[test]
fn true_sentences_about_something_else_are_not_blamed() {
    let row = |n: u32| [n, 0, 0, 0, 0, 0, n];
    let mut tables = table3(&[
        ("received_new", row(3)),
        ("result_granted", row(1)),
        ("result_partial", row(1)),
        ("unable_not_held", row(1)),
        ("result_total", row(3)),
    ]);
    tables.push_str(
        "四、政府信息公开行政复议、行政诉讼情况\n尚未审结 总计\n1 0 0 0 1 1 0 0 0 1 0 0 0 0 0\n",
    );
    for prose in [
        "未因政府信息公开工作被申请行政复议机关责令改正。",
        "未出现因信息公开不当引发的行政复议和行政诉讼败诉情况。",
        "无超期答复依申请公开件。",
        "没有收到对依申请公开答复不满的投诉。",
        "2023年收到政府信息公开申请30件。",
        "近三年来，累计收到政府信息公开申请88件。",
        "上半年受理政府信息公开申请2件，下半年受理1件。",
        "收到公众咨询56件，答复56件，其中涉及政府信息公开申请的咨询12件。",
        "收到政府信息公开申请3件，予以公开和部分公开2件。",
        "收到政府信息公开申请3件，予以公开1件（占33.3%），部分公开1件（占33.3%）。",
        "引发行政复议1件被纠正0件。",
        "全年延期答复政府信息公开申请1件。",
        "共收到依申请公开3件，其中当面申请1件，网络申请2件，按时办结3件。",
        "发布政策解读60篇，其中文字解读40篇、图文解读30篇（部分政策同时采用两种形式）。",
    ] {
        let blamed: Vec<String> = fails(&format!("{TITLE}{prose}\n{tables}"));
        assert_eq!(blamed, Vec::<String>::new(), "{prose}");
    }
}

#[test]
fn a_table_that_stands_twice_with_other_values_is_not_told_for_certain() {
    let row = |n: u32| [n, 0, 0, 0, 0, 0, n];
    let year = |n: u32| {
        table3(&[
            ("received_new", row(n)),
            ("result_granted", row(n)),
            ("result_total", row(n)),
        ])
    };
    let twice = reading(&format!("{TITLE}上年\n{}本年\n{}", year(7), year(9)));
    let cell = twice.cell("t3.received_new.total").expect("it is there");
    let candidates: Vec<String> = match &cell.state {
        crate::report::value::CellState::Uncertain(values) => {
            values.iter().map(ToString::to_string).collect()
        }
        certain => panic!("{certain:?}"),
    };
    assert!(candidates.contains(&"7".to_owned()) && candidates.contains(&"9".to_owned()));
    let same = reading(&format!("{TITLE}{}{}", year(9), year(9)));
    let cell = same.cell("t3.received_new.total").and_then(|c| c.certain());
    assert_eq!(cell.map(ToString::to_string), Some("9".to_owned()));
}

#[test]
fn one_count_told_twice_in_the_prose_asks_for_a_look() {
    let repeated = |prose: &str| {
        said(&format!("{TITLE}{prose}\n"))
            .into_iter()
            .filter(|d| d.code == "NARR-REPEATED")
            .map(|d| (d.status, d.left, d.right))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        repeated("收到政府信息公开申请20件。全局共受理政府信息公开申请16件。"),
        [(
            Status::Uncertain,
            Some("20".to_owned()),
            Some("16".to_owned())
        )]
    );
    assert_eq!(
        repeated("收到政府信息公开申请20件。全局共受理政府信息公开申请20件。"),
        []
    );
    let twenty_sixteen = [(
        Status::Uncertain,
        Some("20".to_owned()),
        Some("16".to_owned()),
    )];
    // Any claim, and any count told in the very same words.
    for (prose, told) in [
        (
            "因信息公开被提起行政复议20件。全年因信息公开发生行政复议16件。",
            true,
        ),
        (
            "全年共召开政务公开会议20次。回顾全年，共召开政务公开会议16次。",
            true,
        ),
        (
            "全年共召开政务公开会议20次。去年共召开政务公开会议16次。",
            false,
        ),
        ("网站发布工作动态20条。微信发布工作动态16条。", false),
    ] {
        let expected: &[_] = if told { &twenty_sixteen } else { &[] };
        assert_eq!(repeated(prose), expected, "{prose}");
    }
}

#[test]
fn labels_that_follow_their_values_leave_nothing_certain() {
    let mut text = format!("{TITLE}三、收到和处理政府信息公开申请情况\n");
    for (index, key) in Format::get(FormatId::F2021)
        .table3_rows(false)
        .iter()
        .enumerate()
    {
        let row = crate::report::format::table3_row(key).expect("a row of the form");
        text.push_str(&format!("{index} 0 0 0 0 0 {index}\n{}\n", row.label));
    }
    let reading = reading(&text);
    assert!(
        reading
            .tables
            .cells
            .iter()
            .filter(|(key, _)| key.starts_with("t3."))
            .all(|(_, cell)| cell.certain().is_none())
    );
}

#[test]
fn a_wrong_cell_is_told_with_its_mend_and_a_stable_fingerprint() {
    let row = |n: u32, total: u32| [n, 0, 0, 0, 0, 0, total];
    let text = format!(
        "{TITLE}{}",
        table3(&[
            ("received_new", row(5, 5)),
            ("result_granted", row(3, 3)),
            ("result_total", row(3, 4)),
            ("carried_out", row(2, 2)),
        ])
    );
    let first = said(&text);
    let codes: Vec<&str> = first
        .iter()
        .filter(|d| d.status == Status::Fails && d.code.starts_with("T3"))
        .map(|d| d.code.as_str())
        .collect();
    assert_eq!(
        codes,
        [
            "T3-ROWSUM-result_total",
            "T3-RESULTSUM-total",
            "T3-RECON-total"
        ]
    );
    for diagnostic in first.iter().filter(|d| d.code.starts_with("T3-R")) {
        let mend = diagnostic.mend.as_ref().expect("a mend");
        assert_eq!(mend.id, "mend-cell");
        assert!(mend.arguments.contains(&("value".into(), "3".to_owned())));
        assert!(mend.arguments.contains(&("count".into(), "3".to_owned())));
    }
    let prints = |diagnostics: &[Diagnostic]| -> Vec<String> {
        diagnostics.iter().map(|d| d.fingerprint.clone()).collect()
    };
    // Blank lines above move every line; the faults stay the same.
    let moved = said(&text.replacen('\n', "\n\n\n", 1));
    assert_eq!(prints(&first), prints(&moved));
    let mut unique = prints(&first);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), first.len());
}

#[test]
fn years_are_held_against_each_other() {
    let row = |n: u32| [n, 0, 0, 0, 0, 0, n];
    let documents = |issued: u32, repealed: u32, valid: u32| {
        format!(
            "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n行政规范性文件 {issued} {repealed} {valid}\n"
        )
    };
    let report = |year: u32, carried_in: u32, carried_out: u32, documents: String| {
        reading(&format!(
            "云溪县水务局{year}年政府信息公开工作年度报告\n一、总体情况\n{documents}{}",
            table3(&[
                ("received_new", row(carried_out)),
                ("carried_in", row(carried_in)),
                ("result_granted", row(carried_in)),
                ("result_total", row(carried_in)),
                ("carried_out", row(carried_out)),
            ])
        ))
    };
    let before = report(2023, 0, 2, documents(1, 0, 4));
    let across = |now: &Reading| -> Vec<(String, Severity)> {
        let beside = Beside {
            previous: Some(&before),
            children: None,
        };
        audit(now, beside)
            .into_iter()
            .filter(|d| d.code.starts_with("XY-"))
            .map(|d| (d.code, d.severity))
            .collect()
    };
    assert_eq!(across(&report(2024, 2, 1, documents(2, 1, 5))), []);
    assert_eq!(
        across(&report(2024, 1, 1, documents(2, 1, 9))),
        [
            ("XY-CARRY-natural_person".to_owned(), Severity::Error),
            ("XY-CARRY-total".to_owned(), Severity::Error),
            (
                "XY-T2-VALID-normative_documents".to_owned(),
                Severity::Warning
            ),
        ]
    );
    assert_eq!(
        across(&report(2025, 2, 1, documents(2, 1, 5))),
        [("XY-YEAR".to_owned(), Severity::Note)]
    );
}

#[test]
fn a_government_is_the_sum_of_its_bodies_and_a_missing_one_is_named() {
    let body = |name: &str, n: u32| {
        reading(&format!(
            "{name}2024年政府信息公开工作年度报告\n一、总体情况\n二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n行政规范性文件 {n} 0 {n}\n"
        ))
    };
    let government = body("云溪县人民政府", 5);
    let with = |children: across::Children| -> Vec<(String, Status)> {
        let beside = Beside {
            previous: None,
            children: Some(&children),
        };
        audit(&government, beside)
            .into_iter()
            .filter(|d| d.code.starts_with("AGG"))
            .map(|d| (d.code, d.status))
            .collect()
    };
    let reports = |b: u32| {
        vec![
            ("水务局".to_owned(), body("云溪县水务局", 2)),
            ("教育局".to_owned(), body("云溪县教育局", b)),
        ]
    };
    let whole = |b: u32| across::Children {
        reports: reports(b),
        missing: Vec::new(),
    };
    assert_eq!(with(whole(3)), []);
    let key = "AGG-t2.art20_1.normative_documents";
    assert_eq!(
        with(whole(4)),
        [
            (format!("{key}.issued_this_year"), Status::Fails),
            (format!("{key}.valid_now"), Status::Fails),
        ]
    );
    let lacking = across::Children {
        reports: reports(1),
        missing: vec!["民政局".to_owned()],
    };
    let found = with(lacking);
    assert!(found.contains(&("AGG-CHILDREN".to_owned(), Status::NotAssessable)));
    assert!(found.contains(&(format!("{key}.valid_now"), Status::Uncertain)));
}

#[test]
fn structure_authority_form_and_dates() {
    let tables = "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 2\n行政规范性文件 1 0 3\n";
    let of = |head: &str| fails(&format!("{head}\n一、总体情况\n无。\n{tables}"));
    assert_eq!(
        of("青石镇人民政府2024年政府信息公开工作年度报告"),
        ["T2-AUTHORITY-rules"]
    );
    assert_eq!(
        of("临川市人民政府2024年政府信息公开工作年度报告"),
        Vec::<String>::new()
    );
    assert_eq!(
        of("临川市人民政府2020年政府信息公开工作年度报告"),
        ["FORMAT-YEAR"]
    );
    assert_eq!(
        of("临川市人民政府2024年政府信息公开工作年度报告\n发布时间：2025-04-02"),
        ["PUB-LATE"]
    );
    assert_eq!(
        of("临川市人民政府2024年政府信息公开工作年度报告\n发布时间：2024-12-20"),
        ["PUB-EARLY"]
    );
    let chapters: Vec<String> = said(
        "甲县民政局2024年政府信息公开工作年度报告\n一、总体情况\n好。\n三、主动公开政府信息情况\n五、存在的主要问题及改进情况\n六、其他需要报告的事项\n无。\n",
    )
    .into_iter()
    .map(|d| d.code)
    .filter(|code| code.starts_with("CH-"))
    .collect();
    for code in [
        "CH-NUMBER-2",
        "CH-EMPTY-2",
        "CH-MISSING-3",
        "CH-MISSING-4",
        "CH-EMPTY-5",
    ] {
        assert!(chapters.iter().any(|c| c == code), "{code} in {chapters:?}");
    }
    assert!(
        !chapters
            .iter()
            .any(|c| c.ends_with("-1") || c.ends_with("-6"))
    );
}

#[test]
fn every_rule_has_words_and_every_listed_code_finds_its_rule() {
    use crate::words::{Language, Words};
    let codes = rules::codes();
    assert!(codes.len() > 300, "families are written out");
    for (code, rule) in codes {
        assert_eq!(rules::of(&code).code, rule.code, "{code}");
        for language in [Language::Chinese, Language::English] {
            assert!(
                Words::of(language).has(rule.statement),
                "{}",
                rule.statement
            );
        }
    }
}
