//! Small bodies for the tests of this room.

use jiff::civil::{Date, date};

use super::body::{Organization, OrganizationId, OrganizationKind, PersonId, Validity};
use super::roles::{Grant, Role};
use super::tree::Tree;
use crate::words::{Language, Message, Words};

/// The day on which the tests ask.
pub(super) const TODAY: Date = Date::constant(2026, 3, 2);

/// A body since 2000, without a place in the tree.
pub(super) fn body(id: i64, kind: OrganizationKind, name: &str) -> Organization {
    Organization {
        id: OrganizationId(id),
        ..Organization::draft(name, kind, Validity::since(date(2000, 1, 1)))
    }
}

/// A body below another.
pub(super) fn below(parent: i64, id: i64, kind: OrganizationKind, name: &str) -> Organization {
    Organization {
        parent: Some(OrganizationId(parent)),
        ..body(id, kind, name)
    }
}

/// A city with its general office, two departments with sections, a county
/// with its own, and a vertically led tax bureau below its province's.
pub(super) fn city() -> Vec<Organization> {
    use OrganizationKind::{Department, Government, Institution, Office, Section};
    let mut bodies = vec![
        body(1, Government, "济南市人民政府"),
        below(1, 2, Office, "济南市人民政府办公厅"),
        below(1, 3, Department, "济南市财政局"),
        below(3, 4, Section, "办公室"),
        below(3, 5, Institution, "济南市国库支付中心"),
        below(1, 6, Department, "济南市公安局"),
        below(6, 7, Section, "办公室"),
        below(1, 8, Government, "平阴县人民政府"),
        below(8, 9, Office, "平阴县人民政府办公室"),
        below(8, 10, Department, "平阴县财政局"),
        body(20, Department, "国家税务总局山东省税务局"),
        below(1, 21, Department, "国家税务总局济南市税务局"),
        below(21, 22, Section, "纳税服务处"),
    ];
    for organization in &mut bodies {
        if organization.id == OrganizationId(21) {
            organization.vertical = Some(OrganizationId(20));
        }
    }
    bodies
}

/// The city as a tree.
pub(super) fn city_tree() -> Tree {
    Tree::new(city()).expect("the city stands")
}

/// A grant since 2020.
pub(super) fn grant(person: i64, organization: Option<i64>, role: Role) -> Grant {
    Grant {
        person: PersonId(person),
        organization: organization.map(OrganizationId),
        role,
        validity: Validity::since(date(2020, 1, 1)),
    }
}

/// The message in Chinese, after proving that both catalogues have it and
/// miss none of its arguments.
pub(crate) fn said(message: &Message) -> String {
    for language in [Language::English, Language::Chinese] {
        let words = Words::of(language);
        assert!(words.has(&message.id), "{} is in no catalogue", message.id);
        let text = words.render(message);
        assert!(!text.contains("{$"), "{}: {text}", message.id);
    }
    Words::of(Language::Chinese).render(message)
}
