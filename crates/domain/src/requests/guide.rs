//! 政府信息公开指南 (Art. 12): which bodies can be asked, and by which ways.

use jiff::civil::Date;

use crate::organization::{DisclosureOffice, Organization, OrganizationKind, OwnName, Tree};
use crate::outbox::MailAddress;
use crate::words::Message;

/// Whether anybody may be told to ask this body: it is there on that day and
/// discloses in its own name (Arts 10, 54). A dispatched body or a section does
/// only where the law lets it act in its own name, which is known by its having
/// an office; enterprises go by the rules of their sector (Art. 55).
pub fn can_be_asked(body: &Organization, today: Date) -> bool {
    let in_own_name = match body.kind.own_name() {
        OwnName::Yes => true,
        OwnName::WhereLawEntrusts => body.office.is_told(),
        OwnName::BySectorRules | OwnName::No => false,
    };
    in_own_name && body.validity.contains(today)
}

/// Art. 3: names of the bodies that supervise the disclosure of this one, to
/// which Arts 47 and 51 let anybody complain: the one that it names, the one on
/// the ministry's side, or the general office of the government above.
pub fn supervisors(tree: &Tree, body: &Organization, today: Date) -> Vec<String> {
    let named: Vec<_> = body.vertical.or(body.supervisor).into_iter().collect();
    let office_of = |above| {
        let children = tree.children(above, today).into_iter();
        children.filter(|id| *id != body.id).find(|id| {
            tree.get(*id)
                .is_some_and(|one| one.kind == OrganizationKind::Office)
        })
    };
    let found = if named.is_empty() {
        let above = tree.ancestors(body.id, today);
        above.into_iter().find_map(office_of).into_iter().collect()
    } else {
        named
    };
    let names = found.into_iter().filter_map(|id| tree.get(id));
    names.map(|one| one.name.clone()).collect()
}

/// 行政复议法 (2023) Arts 24, 27: the government to which a reconsideration of what
/// this body did is addressed, the nearest one above it. None for bodies that are
/// led from above their place, whose superior department decides, and where the
/// tree does not reach that far.
pub fn review_body(tree: &Tree, body: &Organization, today: Date) -> Option<String> {
    if body.vertical.is_some() {
        return None;
    }
    let above = tree.ancestors(body.id, today).into_iter();
    let mut above = above.filter_map(|id| tree.get(id));
    let found = above.find(|one| one.kind == OrganizationKind::Government);
    found.map(|one| one.name.clone())
}

/// A way by which a request may come. Counter and post are never closed
/// (国办公开办函〔2017〕19号); the others are those that the body tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// This site.
    Online,
    /// 当面提交, or told orally.
    Counter,
    /// 邮寄.
    Post,
    /// The office's fax.
    Fax(String),
    /// A mailbox.
    Mail(MailAddress),
    /// A page elsewhere.
    Page(String),
}

impl Way {
    /// What it is called.
    pub fn label(&self) -> Message {
        Message::new(match self {
            Self::Online => "guide-way-online",
            Self::Counter => "guide-way-counter",
            Self::Post => "guide-way-post",
            Self::Fax(_) => "guide-way-fax",
            Self::Mail(_) => "guide-way-mail",
            Self::Page(_) => "guide-way-page",
        })
    }

    /// When a request that comes by it is received (Art. 31; the post by whether
    /// it is signed for).
    pub fn receipt(&self) -> Message {
        Message::new(match self {
            Self::Counter => "guide-receipt-counter",
            Self::Post => "guide-receipt-post",
            Self::Online | Self::Fax(_) | Self::Mail(_) | Self::Page(_) => {
                "guide-receipt-confirmed"
            }
        })
    }
}

/// The open ways, the nearest first.
pub fn ways(office: &DisclosureOffice) -> Vec<Way> {
    let mut ways = Vec::new();
    let open = office.open;
    ways.extend(open.online.then_some(Way::Online));
    ways.extend([Way::Counter, Way::Post]);
    let fax = office.fax.trim();
    ways.extend((open.fax && !fax.is_empty()).then(|| Way::Fax(fax.to_owned())));
    let internet = if open.mail { office.mail.trim() } else { "" };
    if let Ok(address) = MailAddress::parse(internet) {
        ways.push(Way::Mail(address));
    } else if let Some(page) = page(internet) {
        ways.push(Way::Page(page.to_owned()));
    }
    ways
}

/// The address of a page, and of nothing else: what an office typed becomes a
/// link.
fn page(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let is_plain =
        !rest.is_empty() && !text.contains(|sign: char| sign.is_whitespace() || sign.is_control());
    is_plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::organization::{OpenWays, OrganizationId, Validity};

    fn office(fax: &str, mail: &str) -> DisclosureOffice {
        DisclosureOffice {
            name: "办公室".to_owned(),
            fax: fax.to_owned(),
            mail: mail.to_owned(),
            ..DisclosureOffice::default()
        }
    }

    #[test]
    fn who_discloses_in_its_own_name_can_be_asked() {
        let since = Validity::new(date(2020, 1, 1), Some(date(2026, 6, 30))).expect("a time");
        let body = |kind, has_office: bool| {
            let mut body = Organization::draft("云溪县水务局", kind, since);
            if has_office {
                body.office = office("", "");
            }
            body
        };
        for (kind, alone, with_office) in [
            (OrganizationKind::Government, true, true),
            (OrganizationKind::Office, true, true),
            (OrganizationKind::Department, true, true),
            (OrganizationKind::Authorized, true, true),
            (OrganizationKind::Dispatched, false, true),
            (OrganizationKind::Section, false, true),
            (OrganizationKind::Institution, false, false),
            (OrganizationKind::PublicEnterprise, false, false),
        ] {
            let on = date(2026, 6, 30);
            assert_eq!(can_be_asked(&body(kind, false), on), alone, "{kind:?}");
            assert_eq!(can_be_asked(&body(kind, true), on), with_office, "{kind:?}");
        }
        let gone = body(OrganizationKind::Department, true);
        assert!(!can_be_asked(&gone, date(2026, 7, 1)), "it is no more");
        assert!(!can_be_asked(&gone, date(2019, 12, 31)), "it was not yet");
    }

    #[test]
    fn who_stands_over_a_body_is_read_from_the_tree() {
        let since = Validity::since(date(2020, 1, 1));
        let body = |id, parent: Option<i64>, name: &str, kind| Organization {
            id: OrganizationId(id),
            parent: parent.map(OrganizationId),
            ..Organization::draft(name, kind, since)
        };
        let mut tax = body(6, Some(3), "云溪县税务局", OrganizationKind::Department);
        tax.vertical = Some(OrganizationId(1));
        let tree = Tree::new(vec![
            body(1, None, "景明市人民政府", OrganizationKind::Government),
            body(2, Some(1), "景明市人民政府办公室", OrganizationKind::Office),
            body(3, Some(1), "云溪县人民政府", OrganizationKind::Government),
            body(4, Some(3), "云溪县人民政府办公室", OrganizationKind::Office),
            body(5, Some(3), "云溪县水务局", OrganizationKind::Department),
            tax,
        ])
        .expect("a tree");
        let today = date(2026, 11, 22);
        for (id, supervisors, review) in [
            (5, &["云溪县人民政府办公室"][..], Some("云溪县人民政府")),
            (4, &["景明市人民政府办公室"], Some("云溪县人民政府")),
            (3, &["景明市人民政府办公室"], Some("景明市人民政府")),
            (1, &[], None),
            (6, &["景明市人民政府"], None),
        ] {
            let body = tree.get(OrganizationId(id)).expect("a body");
            // The government's own office does not supervise the government.
            let found = super::supervisors(&tree, body, today);
            assert_eq!(found, supervisors, "{}", body.name);
            let found = review_body(&tree, body, today);
            assert_eq!(found.as_deref(), review, "{}", body.name);
        }
    }

    #[test]
    fn counter_and_post_are_open_always_and_the_others_where_they_are_told_of() {
        let opened = |fax: &str, mail: &str, open| {
            let ways = ways(&DisclosureOffice {
                open,
                ..office(fax, mail)
            });
            let labels = ways.iter().map(|way| way.label().id.into_owned());
            labels.collect::<Vec<_>>().join(" ")
        };
        let keys = |fax: &str, mail: &str, online| {
            let open = OpenWays {
                online,
                ..OpenWays::default()
            };
            opened(fax, mail, open)
        };
        // What a body has closed is not told of, though its contacts stay.
        for (closed, left) in [
            ("online,fax,mail", "guide-way-counter guide-way-post"),
            (
                "fax",
                "guide-way-online guide-way-counter guide-way-post guide-way-mail",
            ),
            (
                "mail",
                "guide-way-online guide-way-counter guide-way-post guide-way-fax",
            ),
        ] {
            let open = OpenWays::but(closed);
            assert_eq!(open.closed(), closed);
            assert_eq!(opened("0512-1234567", "gk@yunxi.example", open), left);
        }
        assert_eq!(keys(" ", "", false), "guide-way-counter guide-way-post");
        assert_eq!(
            keys("0512-1234567", "gk@yunxi.example", true),
            "guide-way-online guide-way-counter guide-way-post guide-way-fax guide-way-mail"
        );
        assert_eq!(
            keys("", "https://yunxi.example/gk", false),
            "guide-way-counter guide-way-post guide-way-page"
        );
        // What is no address becomes no link.
        for other in [
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "微信公众号",
        ] {
            assert_eq!(
                keys("", other, false),
                "guide-way-counter guide-way-post",
                "{other}"
            );
        }
    }
}
