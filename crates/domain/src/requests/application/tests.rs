use jiff::civil::{Date, date};

use super::*;
use crate::words::{Language, Words};

const TODAY: Date = date(2026, 11, 23);

fn person() -> Typed {
    Typed {
        kind: "natural_person".to_owned(),
        name: "𬴂小禾".to_owned(),
        document_kind: "passport".to_owned(),
        document_number: "E12345678".to_owned(),
        phone: "199 0000 1234".to_owned(),
        mail: "xiao.he@example.com".to_owned(),
        description: "2025年度城区饮用水水源地\r\n水质监测报告".to_owned(),
        receiving: "mail".to_owned(),
        medium: "electronic".to_owned(),
        ..Typed::default()
    }
}

#[test]
fn what_is_well_formed_becomes_an_application() {
    let read = Application::read(&person(), TODAY).expect("well formed");
    assert_eq!(read.phone, "19900001234");
    assert_eq!(read.description, "2025年度城区饮用水水源地\n水质监测报告");
    assert_eq!(read.subject(), "2025年度城区饮用水水源地");
    assert_eq!(read.tails(), ["1234", "AOHE"]);
    let masked = read.masked();
    assert_eq!(masked.phone, "199****1234");
    assert_eq!(masked.mail, "x***@example.com");
    assert!(!format!("{read:?}{:?}", person()).contains("小禾"));
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let change = |change: fn(&mut Typed)| {
        let mut typed = person();
        change(&mut typed);
        let wrong = Application::read(&typed, TODAY).err().unwrap_or_default();
        let told: Vec<(&str, String)> = wrong
            .into_iter()
            .map(|one| (one.field, one.message.id.into_owned()))
            .collect();
        told
    };
    let one = |field, id: &str| vec![(field, id.to_owned())];
    assert_eq!(
        change(|typed| typed.kind.clear()),
        one("kind", "application-no-kind")
    );
    assert_eq!(
        change(|typed| typed.name = "  ".to_owned()),
        one("name", "application-no-name")
    );
    assert_eq!(
        change(|typed| typed.document_number = "E1".to_owned()),
        one("document_number", "document-shape-passport")
    );
    assert_eq!(
        change(|typed| typed.description = "水".to_owned()),
        one("description", "application-no-description")
    );
    assert_eq!(
        change(|typed| typed.mail.clear()),
        one("mail", "application-mail-address")
    );
    assert_eq!(
        change(|typed| typed.receiving = "post".to_owned()),
        one("address", "application-post-address")
    );
    assert_eq!(
        change(|typed| typed.postcode = "12".to_owned()),
        one("postcode", "application-postcode")
    );
    assert_eq!(
        change(|typed| typed.description = "水".repeat(2001)),
        one("description", "application-too-long")
    );
    assert_eq!(
        change(|typed| typed.agent_name = "甲".to_owned()),
        vec![
            ("agent_document_kind", "document-no-kind".to_owned()),
            ("authorisation", "application-no-authorisation".to_owned())
        ]
    );
    let unreachable = change(|typed| {
        typed.mail.clear();
        typed.phone.clear();
        typed.receiving = "pick_up".to_owned();
    });
    assert_eq!(unreachable, one("phone", "application-no-contact"));
}

#[test]
fn an_organization_shows_its_code_or_says_what_else_proves_it() {
    let mut typed = Typed {
        kind: "org_public_welfare".to_owned(),
        ..person()
    };
    let wrong = Application::read(&typed, TODAY).expect_err("no proof");
    assert_eq!(wrong[0].field, "organization_code");
    typed.organization_proof = "境外注册证书 No. 7".to_owned();
    let read = Application::read(&typed, TODAY).expect("well formed");
    // What belongs to a person is not kept of an organization.
    assert_eq!(read.document_number, "");
    assert!(read.same_applicant().starts_with("name:"));
}

#[test]
fn every_key_has_its_words_and_comes_back() {
    let mut labels = Vec::new();
    macro_rules! all {
        ($($name:ident),*) => {$(
            for one in $name::ALL {
                assert_eq!($name::from_key(one.key()), Some(*one));
                labels.push(one.label());
            }
        )*};
    }
    all!(ApplicantKind, Receiving, Medium, Way);
    for language in [Language::Chinese, Language::English] {
        for label in &labels {
            assert!(Words::of(language).has(&label.id), "{}", label.id);
        }
    }
}

#[test]
fn the_end_of_a_contact_is_found_in_whatever_is_typed_of_it() {
    for typed in [
        "19900001234",
        "1234",
        " 1 2 3 4",
        "１２３４",
        "+86 199 0000 1234",
    ] {
        assert_eq!(tail(typed), "1234");
    }
    assert_eq!(tail("xiao.he@example.com"), tail("aohe"));
    assert_eq!(tail(""), "");
}
