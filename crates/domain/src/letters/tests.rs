//! Letters as cases: which is written when, with which words and remedies.

use jiff::civil::{Date, date};

use super::compose::{Ground, Letter, NotComposed, compose};
use super::facts::{LetterFacts, Need, clean, day};
use super::kinds::{Addressee, KINDS, Kind, Limit};
use super::number::{DocumentNumber, word};
use super::remedy::{RemedyChoices, RemedyFacts, clause, remedy};
use super::samples;
use super::template::{self, check, render};
use crate::requests::outcomes::{self, Remedy};
use crate::words::{Language, Message, Words};

fn kind(key: &str) -> &'static Kind {
    Kind::of(key).unwrap_or_else(|| panic!("no kind {key}"))
}

fn ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_ref()).collect()
}

fn ground<'a>(template: &'a str, choices: &'a RemedyChoices) -> Ground<'a> {
    Ground {
        template,
        edited: None,
        choices,
        number: None,
        today: date(2026, 11, 23),
    }
}

fn letter(key: &str, sample: usize) -> Letter {
    let kind = kind(key);
    let facts = samples::all()[sample].facts_for(kind);
    let choices = RemedyChoices::default();
    let made = compose(kind, &facts, ground(template::default(kind), &choices));
    made.unwrap_or_else(|fault| panic!("{key}: {fault:?}"))
}

#[test]
fn every_outcome_is_told_by_exactly_one_kind_with_its_own_remedy() {
    for outcome in outcomes::all() {
        let telling: Vec<&Kind> = KINDS
            .iter()
            .filter(|kind| kind.outcomes.contains(&outcome.code.as_str()))
            .collect();
        assert_eq!(telling.len(), 1, "{}", outcome.code);
        assert_eq!(telling[0].remedy, outcome.remedy, "{}", outcome.code);
        assert_eq!(Kind::telling(&outcome.code), Some(telling[0]));
    }
}

#[test]
fn the_table_of_letters_is_the_one_that_the_norms_ask_for() {
    assert_eq!(KINDS.len(), 32);
    for (at, one) in KINDS.iter().enumerate() {
        assert_eq!(
            Kind::of(one.key),
            Some(&KINDS[at]),
            "{} stands twice",
            one.key
        );
        assert!(!one.basis.is_empty() && !one.title.is_empty());
        assert!(!one.needs.is_empty(), "{}", one.key);
    }
    // (key, to whom, until when, remedy, word)
    for (key, to, limit, remedy, word) in [
        (
            "receipt",
            Addressee::Applicant,
            Limit::AtReceipt,
            Remedy::None,
            "",
        ),
        (
            "supplement",
            Addressee::Applicant,
            Limit::SupplementNotice,
            Remedy::None,
            "公开告",
        ),
        (
            "consult_third_party",
            Addressee::ThirdParty,
            Limit::WithinPeriod,
            Remedy::None,
            "公开函",
        ),
        (
            "consult_told",
            Addressee::Applicant,
            Limit::SameDay,
            Remedy::None,
            "公开告",
        ),
        (
            "consult_co_maker",
            Addressee::Organ,
            Limit::WithinPeriod,
            Remedy::None,
            "公开函",
        ),
        (
            "extension",
            Addressee::Applicant,
            Limit::BeforeDue,
            Remedy::None,
            "公开告",
        ),
        (
            "fee",
            Addressee::Applicant,
            Limit::WithinPeriod,
            Remedy::None,
            "公开告",
        ),
        (
            "granted",
            Addressee::Applicant,
            Limit::WithinPeriod,
            Remedy::Optional,
            "公开复",
        ),
        (
            "partial",
            Addressee::Applicant,
            Limit::WithinPeriod,
            Remedy::ReviewFirst,
            "公开复",
        ),
        (
            "denied",
            Addressee::Applicant,
            Limit::WithinPeriod,
            Remedy::ReviewFirst,
            "公开复",
        ),
        (
            "not_exist",
            Addressee::Applicant,
            Limit::WithinPeriod,
            Remedy::Setting,
            "公开复",
        ),
        (
            "disclosure_decided",
            Addressee::ThirdParty,
            Limit::BeforeRelease,
            Remedy::Optional,
            "公开告",
        ),
        (
            "correction",
            Addressee::Applicant,
            Limit::Reasonable,
            Remedy::Optional,
            "公开复",
        ),
        (
            "assistance",
            Addressee::Unit,
            Limit::Free,
            Remedy::None,
            "公开函",
        ),
        (
            "joint_handling",
            Addressee::Unit,
            Limit::Free,
            Remedy::None,
            "公开函",
        ),
    ] {
        let row = kind(key);
        assert_eq!(
            (row.to, row.limit, row.remedy, row.word),
            (to, limit, remedy, word),
            "{key}"
        );
    }
}

fn told(key: &str, dated: Date, facts: &RemedyFacts) -> Option<String> {
    clause(kind(key), dated, facts, &RemedyChoices::default()).expect("a clause")
}

fn remedies() -> RemedyFacts {
    RemedyFacts {
        review_body: "云岭市人民政府".to_owned(),
        court: "云岭市文华区人民法院".to_owned(),
        ..RemedyFacts::default()
    }
}

#[test]
fn a_refusal_goes_to_reconsideration_first_from_2024_on_and_not_a_day_earlier() {
    // 行政复议法 2023 第二十三条第一款第四项，2024年1月1日起施行.
    let old = told("denied", date(2023, 12, 31), &remedies()).expect("a clause");
    assert_eq!(
        old,
        "如不服本告知，可以自收到本告知书之日起60日内向云岭市人民政府申请行政复议，也可以自收到本告知书之日起6个月内直接向云岭市文华区人民法院提起行政诉讼。"
    );
    let new = told("denied", date(2024, 1, 1), &remedies()).expect("a clause");
    assert_eq!(
        new,
        "如不服本告知，应当先依法申请行政复议，可以自收到本告知书之日起60日内向云岭市人民政府申请行政复议；对行政复议决定不服的，可以自收到行政复议决定书之日起15日内向云岭市文华区人民法院提起行政诉讼。"
    );
    for (key, before, after) in [
        ("partial", Remedy::Optional, Remedy::ReviewFirst),
        ("granted", Remedy::Optional, Remedy::Optional),
        // Whether it is one is open: both ways, where nobody decides otherwise.
        ("not_exist", Remedy::Optional, Remedy::Optional),
        ("withdrawn", Remedy::None, Remedy::None),
        ("fee", Remedy::None, Remedy::None),
    ] {
        let choices = RemedyChoices::default();
        assert_eq!(
            remedy(kind(key), &remedies(), date(2023, 12, 31), &choices),
            before,
            "{key}"
        );
        assert_eq!(
            remedy(kind(key), &remedies(), date(2024, 1, 1), &choices),
            after,
            "{key}"
        );
    }
}

#[test]
fn what_the_law_leaves_open_is_as_the_installation_chose() {
    let choices = RemedyChoices::of([
        ("not_ours".to_owned(), Remedy::ReviewFirst),
        ("petition".to_owned(), Remedy::None),
        ("archives_law".to_owned(), Remedy::ReviewFirst),
        ("consultation_not_foi".to_owned(), Remedy::None),
        // Nobody chooses where the law says which.
        ("granted".to_owned(), Remedy::None),
        ("partial".to_owned(), Remedy::None),
    ]);
    let dated = date(2026, 1, 1);
    for (outcome, chosen) in [
        ("not_ours", Remedy::ReviewFirst),
        ("not_exist", Remedy::Optional),
        ("petition", Remedy::None),
        ("duplicate", Remedy::Optional),
        // One kind of letter tells two outcomes, each with its own.
        ("special_access_law", Remedy::Optional),
        ("archives_law", Remedy::ReviewFirst),
        ("consultation_not_foi", Remedy::None),
        ("other", Remedy::Optional),
        ("granted", Remedy::Optional),
        ("partial", Remedy::ReviewFirst),
        ("denied_internal", Remedy::ReviewFirst),
        ("withdrawn", Remedy::None),
    ] {
        let kind = Kind::telling(outcome).expect("a kind");
        let facts = RemedyFacts {
            outcome: outcome.to_owned(),
            ..remedies()
        };
        assert_eq!(remedy(kind, &facts, dated, &choices), chosen, "{outcome}");
        // What was chosen when it was written, it keeps; the law is not chosen.
        let written = RemedyFacts {
            told: Some(Remedy::ReviewFirst),
            ..facts
        };
        let kept = match kind.remedy {
            Remedy::Setting => Remedy::ReviewFirst,
            fixed => fixed,
        };
        assert_eq!(remedy(kind, &written, dated, &choices), kept, "{outcome}");
    }
    // Reconsideration came first from 2024 on, whatever was chosen.
    let old = date(2023, 12, 31);
    let facts = remedies();
    assert_eq!(
        remedy(kind("not_ours"), &facts, old, &choices),
        Remedy::Optional
    );
    // The clause is told of the outcome that the letter tells.
    let archives = RemedyFacts {
        outcome: "archives_law".to_owned(),
        ..remedies()
    };
    let told = clause(kind("special_access"), dated, &archives, &choices).expect("a clause");
    assert!(told.is_some_and(|told| told.contains("应当先依法申请行政复议")));
}

#[test]
fn whoever_serves_online_tells_the_online_way_to_reconsideration() {
    // 行政复议法 2023 第二十二条第二款.
    let dated = date(2026, 11, 23);
    let online = RemedyFacts {
        served_online: true,
        ..remedies()
    };
    let refused = clause(kind("denied"), dated, &online, &RemedyChoices::default());
    assert_eq!(
        refused.map_err(|m| m.id),
        Err("letter-online-channel-missing".into())
    );
    let online = RemedyFacts {
        online_channel: "“掌上复议”小程序".to_owned(),
        ..online
    };
    let told = told("denied", dated, &online).expect("a clause");
    assert!(
        told.ends_with("行政复议申请可以通过以下互联网渠道提交：“掌上复议”小程序。"),
        "{told}"
    );
    // A letter without remedies needs none.
    let none = clause(
        kind("fee"),
        dated,
        &RemedyFacts::default(),
        &RemedyChoices::default(),
    );
    assert_eq!(none, Ok(None));
    let none = clause(
        kind("granted"),
        dated,
        &RemedyFacts::default(),
        &RemedyChoices::default(),
    );
    assert_eq!(
        none.map_err(|m| m.id),
        Err("letter-review-body-missing".into())
    );
}

#[test]
fn document_numbers_are_written_as_the_standard_wants() {
    let number = DocumentNumber::new("云财", "公开复", date(2026, 11, 23), 15).expect("a number");
    assert_eq!(number.to_string(), "云财公开复〔2026〕15号");
    assert_eq!("云财公开复〔2026〕15号".parse(), Ok(number.clone()));
    let kept = serde_json::to_string(&number).expect("text");
    assert_eq!(
        serde_json::from_str::<DocumentNumber>(&kept).expect("a number"),
        number
    );
    for wrong in [
        "云财公开复[2026]15号",
        "云财公开复〔2026〕015号",
        "云财公开复〔2026〕0号",
        "云财公开复〔2026〕第15号",
        "云财公开复〔26〕15号",
        "〔2026〕15号",
        "abc〔2026〕1号",
        "云财公开复〔2026〕15",
        "云财公开复〔2026〕+5号",
    ] {
        assert!(wrong.parse::<DocumentNumber>().is_err(), "{wrong}");
    }
    assert_eq!(word(" 云财 "), Ok("云财".to_owned()));
    for wrong in [
        "",
        "YC",
        "云财1",
        "云财〔",
        "云岭市财政局政府信息公开办公室",
    ] {
        assert!(word(wrong).is_err(), "{wrong}");
    }
    assert!(DocumentNumber::new("云财", "公开复", date(2026, 1, 1), 0).is_err());
}

#[test]
fn a_fact_stays_on_its_line_and_turns_nothing() {
    assert_eq!(clean(" 甲\n\t乙。 "), "甲 乙");
    assert_eq!(clean("a\u{202e}b\u{200b}c\u{7}；"), "abc");
    assert_eq!(clean("朱镕喆·𬴂"), "朱镕喆·𬴂");
    assert_eq!(day(date(2026, 1, 2)), "2026年1月2日");
}

#[test]
fn samples_have_what_every_kind_needs() {
    for sample in samples::all() {
        for kind in KINDS {
            let facts = sample.facts_for(kind);
            assert_eq!(facts.missing(kind), [], "{} {}", sample.name, kind.key);
        }
    }
}

#[test]
fn every_kind_of_letter_is_worded_from_every_sample_without_a_fault() {
    for kind in KINDS {
        let source = template::default(kind);
        assert!(!source.is_empty(), "{}", kind.key);
        assert_eq!(check(source, kind), [], "{}", kind.key);
        let made = letter(kind.key, 0);
        assert_eq!(made.title, kind.title, "{}", kind.key);
        for text in made.texts() {
            assert!(!text.contains(['{', '}', '%', '#']), "{}: {text}", kind.key);
            assert!(
                !text.contains("。。") && !text.contains("，。"),
                "{}: {text}",
                kind.key
            );
        }
        for paragraph in &made.paragraphs {
            assert!(
                paragraph.ends_with(['。', '：']),
                "{}: {paragraph}",
                kind.key
            );
        }
    }
}

#[test]
fn a_partial_disclosure_says_what_is_given_and_why_the_rest_is_not() {
    let made = letter("partial", 0);
    assert_eq!(
        made.paragraphs,
        [
            "你通过互联网提出的政府信息公开申请（登记编号：YC-2026-0137），本机关于2026年11月3日收到。你申请公开“2023年至2025年市级财政安排的老旧小区改造补助资金分配方案及其制定依据”。",
            "经审查，你申请公开的信息中含有不应当公开的内容，但是能够作区分处理。根据《中华人民共和国政府信息公开条例》第三十七条规定，本机关作出如下处理：",
            "一、可以公开的部分。本机关以电子文件形式发送至你在申请中所留的电子邮箱，向你提供下列政府信息：《云岭市财政局关于下达2024年老旧小区改造补助资金的通知》（云财建〔2024〕27号）；2025年市级老旧小区改造补助资金分配表。",
            "二、不予公开的部分。",
            "（一）2025年资金分配方案讨论稿。该内容属于行政机关在履行行政管理职能过程中形成的过程稿。该讨论稿尚处于内部研究阶段，未形成对外产生效力的结论，且法律、法规、规章未规定应当公开。根据《中华人民共和国政府信息公开条例》第十六条第二款规定，本机关不予公开。",
            "（二）分配表中的经办人员身份证号码和银行账号。该内容涉及个人隐私，公开会对第三方合法权益造成损害。经书面征求意见，相关人员不同意公开；不公开不会对公共利益造成重大影响。根据《中华人民共和国政府信息公开条例》第十五条规定，本机关不予公开。",
            "如不服本告知，应当先依法申请行政复议，可以自收到本告知书之日起60日内向云岭市人民政府申请行政复议；对行政复议决定不服的，可以自收到行政复议决定书之日起15日内向云岭市文华区人民法院提起行政诉讼。行政复议申请可以通过以下互联网渠道提交：“掌上复议”小程序。",
        ]
    );
    assert_eq!(
        made.contact,
        "（联系单位：云岭市财政局办公室；联系电话：0871-60000000；地址：云岭市文华路18号）"
    );
}

#[test]
fn an_organization_is_called_so_and_what_is_not_known_is_left_out() {
    let made = letter("not_ours", 1);
    assert_eq!(
        made.paragraphs[0],
        "你单位提出的政府信息公开申请（登记编号：YC-2026-0137），本机关于2026年11月3日收到。你单位申请公开“龙朋镇非遗传承人·补助名单”。"
    );
    assert!(made.paragraphs[1].ends_with("本机关不能确定负责公开该信息的行政机关。"));
    assert_eq!(made.contact, "");
    assert_eq!(made.attachments, Vec::<String>::new());
}

#[test]
fn what_a_fact_says_is_neither_a_place_nor_a_paragraph() {
    let whole = "{{ 机关.电话 }}{% for 甲 in 乙 %} == 正文 #set page(width: 1cm) *粗* _斜_ $x$ `c` @引 <b>甲</b> \\ =1+1";
    for kind in KINDS {
        let plain = letter(kind.key, 0);
        let made = letter(kind.key, 2);
        assert_eq!(
            made.paragraphs.len(),
            plain.paragraphs.len(),
            "{}",
            kind.key
        );
        assert_eq!(made.slip.len(), plain.slip.len(), "{}", kind.key);
        assert_eq!(made.title, kind.title);
        assert_eq!(made.agency, whole);
        assert!(
            made.texts().any(|text| text.contains(whole)),
            "{}",
            kind.key
        );
    }
}

#[test]
fn what_is_missing_is_said_all_at_once() {
    let choices = RemedyChoices::default();
    let kind = kind("partial");
    let made = compose(
        kind,
        &LetterFacts::default(),
        ground(template::default(kind), &choices),
    );
    let Err(NotComposed::Facts(missing)) = made else {
        panic!("{made:?}");
    };
    assert_eq!(
        missing
            .iter()
            .flat_map(|m| m.arguments.iter().map(|(_, v)| v.as_str()))
            .collect::<Vec<_>>(),
        ["机关.名称", "主送", "申请", "提供", "不公开"]
    );
    assert_eq!(ids(&missing).last(), Some(&"letter-review-body-missing"));
    assert!(!Need::Reason.is_met(&LetterFacts::default()));
}

#[test]
fn what_a_handler_wrote_stands_in_place_of_the_text_and_the_remedy_stays() {
    let kind = kind("denied");
    let facts = samples::all()[0].facts_for(kind);
    let choices = RemedyChoices::default();
    let number = DocumentNumber::new("云财", "公开复", date(2026, 11, 23), 3).expect("a number");
    let edited = Ground {
        edited: Some("第一段。\r\n\r\n  第二段 {{ 机关.电话 }}。"),
        number: Some(&number),
        ..ground(template::default(kind), &choices)
    };
    let made = compose(kind, &facts, edited).expect("a letter");
    assert_eq!(
        made.paragraphs[..2],
        ["第一段。", "第二段 {{ 机关.电话 }}。"]
    );
    assert!(made.paragraphs[2].starts_with("如不服本告知"));
    assert_eq!(made.number, "云财公开复〔2026〕3号");
    let empty = Ground {
        edited: Some(" \n"),
        ..edited
    };
    assert!(
        matches!(compose(kind, &facts, empty), Err(NotComposed::Facts(said)) if ids(&said) == ["letter-text-empty"])
    );
}

fn faults(source: &str) -> Vec<(usize, String)> {
    let told = check(source, kind("denied")).into_iter();
    let words = Words::of(Language::Chinese);
    told.map(|fault| {
        let said = fault.message(words);
        assert!(
            said.starts_with(&format!("第 {} 行：", fault.line)),
            "{said}"
        );
        assert!(
            !Words::of(Language::English)
                .render(&fault.reason)
                .contains(fault.reason.id.as_ref())
        );
        (fault.line, fault.reason.id.into_owned())
    })
    .collect()
}

#[test]
fn a_fault_of_a_template_is_told_with_its_line() {
    let good = "== 标题\n甲\n== 正文\n{{ 申请.内容 }}。\n";
    assert_eq!(faults(good), []);
    for (source, line, id) in [
        (
            "== 标题\n甲\n== 正文\n乙\n{{ 申请.内荣 }}\n",
            5,
            "letter-template-no-such-place",
        ),
        (
            "== 标题\n甲\n== 正文\n乙\n\n{% if 收费 %}{{ 收费.税 }}{% endif %}\n",
            6,
            "letter-template-no-such-place",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ 收费.金额 }}\n",
            4,
            "letter-template-unknown-place",
        ),
        (
            "== 标题\n甲\n== 正文\n{% if 申请 %}乙\n",
            4,
            "letter-template-syntax",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ 申请.内容\n",
            4,
            "letter-template-syntax",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ 申请.内容 | upper }}\n",
            4,
            "letter-template-forbidden",
        ),
        (
            "== 标题\n甲\n== 正文\n乙\n{% set 甲 = 申请 %}\n",
            5,
            "letter-template-forbidden",
        ),
        (
            "== 标题\n甲\n== 正文\n{% include '/etc/passwd' %}\n",
            4,
            "letter-template-forbidden",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ range(1000000) }}\n",
            4,
            "letter-template-forbidden",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ 'a' * 99999999 }}\n",
            4,
            "letter-template-forbidden",
        ),
        (
            "== 标题\n甲\n== 正文\n{{ 申请.内容 ~ 申请.内容 }}\n",
            4,
            "letter-template-forbidden",
        ),
        ("== 标题\n甲\n== 正文\n{# #}\n", 1, "letter-template-empty"),
        ("== 标题\n甲\n", 2, "letter-template-part-missing"),
        (
            "甲\n== 标题\n甲\n== 正文\n乙\n",
            1,
            "letter-template-before-parts",
        ),
        (
            "== 标题\n甲\n== 标题\n乙\n",
            3,
            "letter-template-part-twice",
        ),
        (
            "== 标题\n甲\n== 主文\n乙\n",
            3,
            "letter-template-part-unknown",
        ),
        ("", 1, "letter-template-part-missing"),
    ] {
        let found = faults(source);
        assert_eq!(
            found.first(),
            Some(&(line, id.to_owned())),
            "{source}: {found:?}"
        );
    }
    let long = format!("== 标题\n甲\n== 正文\n{}", "长".repeat(20_000));
    assert_eq!(faults(&long), [(1, "letter-template-long".to_owned())]);
}

#[test]
fn lists_within_lists_come_to_an_end() {
    let nested = "{% for 甲 in 不公开 %}".repeat(24) + "长" + &"{% endfor %}".repeat(24);
    let source = format!("== 标题\n甲\n== 正文\n{nested}\n");
    let facts = samples::all()[0].facts_for(kind("denied"));
    let fault = render(&source, &facts, date(2026, 11, 23)).expect_err("endless");
    assert_eq!(fault.reason.id, "letter-template-endless");
}
