//! The frame around the office's pages: who has come in, and the rooms that
//! the permission table lets them enter.

use gongkai_app::people::SignedIn;
use gongkai_domain::organization::permissions::{Action, Target, held};
use gongkai_domain::words::{Message, Words};

use super::{ROOMS, Visit};
use crate::frame::format;
use crate::frame::shell::{Room, Shell, Wing};

/// What is one's own, whatever one's role.
const OWN: [(&str, &str, Action); 4] = [
    (
        "/office/delegations",
        "office-delegations",
        Action::SelfDelegations,
    ),
    ("/office/password", "password-title", Action::SelfPassword),
    ("/office/sessions", "sessions-title", Action::SelfSessions),
    (
        "/office/identities",
        "identities-title",
        Action::SelfIdentities,
    ),
];

/// The wings of the office, and what their rooms begin with; what begins with
/// none of these belongs to the first one.
const WINGS: [(&str, &[&str]); 3] = [
    ("wing-work", &[]),
    ("wing-bodies", &["/office/organizations", "/office/people"]),
    (
        "wing-running",
        &[
            "/office/delegations/all",
            "/office/policies",
            "/office/jobs",
            "/office/audit",
            "/office/settings",
            "/office/calendar",
            "/office/outbox",
            "/office/webhooks",
            "/office/operations",
            "/office/keys",
        ],
    ),
];

/// The frame for somebody; without rooms, until they have come in whole.
pub(super) fn of(visit: &Visit, signed: &SignedIn) -> Shell {
    let words = visit.modes.words();
    let at = format::near(signed.ends_at, signed.today);
    let until = Message::new("shell-until").with("time", at);
    let mut shell = Shell {
        name: signed.person.display_name.clone(),
        place: place(words, signed),
        until: words.render(&until),
        wings: Vec::new(),
    };
    if !signed.is_complete() {
        return shell;
    }
    let may = |action, target| signed.may(action, target).is_allowed();
    if !may(Action::OfficeHome, Target::Oneself) {
        return shell;
    }
    shell.wings.push(Wing {
        label: String::new(),
        rooms: vec![Room {
            to: "/office",
            label: words.text("office-desk"),
        }],
    });
    let own = OWN.into_iter().filter(|(to, _, action)| {
        let is_there = *to != "/office/identities" || visit.office.provider.is_some();
        is_there && may(*action, Target::Oneself)
    });
    let own: Vec<Room> = own
        .map(|(to, label, _)| Room {
            to,
            label: words.text(label),
        })
        .collect();
    let sees_people = may(Action::PeopleSee, Target::Somewhere);
    let rooms: Vec<Room> = ROOMS
        .iter()
        // Who sees the list of people invites from there.
        .filter(|(to, _, _, _)| *to != "/office/people/new" || !sees_people)
        .filter(|(to, _, _, _)| own.iter().all(|room| room.to != *to))
        .filter(|(_, _, action, target)| may(*action, *target))
        .map(|(to, label, _, _)| Room {
            to,
            label: words.text(label),
        })
        .collect();
    for (label, _) in WINGS {
        let rooms: Vec<Room> = rooms
            .iter()
            .filter(|room| wing_of(room.to) == label)
            .cloned()
            .collect();
        if !rooms.is_empty() {
            shell.wings.push(Wing {
                label: words.text(label),
                rooms,
            });
        }
    }
    shell.wings.push(Wing {
        label: words.text("office-own"),
        rooms: own,
    });
    shell
}

/// The wing that a room is in.
pub(super) fn wing_of(room: &str) -> &'static str {
    let is_of = |beginnings: &&[&str]| beginnings.iter().any(|begin| room.starts_with(begin));
    let found = WINGS.iter().find(|(_, beginnings)| is_of(beginnings));
    found.map_or("wing-work", |(label, _)| label)
}

/// Where somebody works; for an administrator, as what.
fn place(words: &Words, signed: &SignedIn) -> String {
    let body = signed.person.organization;
    if let Some(body) = body.and_then(|id| signed.tree.get(id)) {
        return body.name.clone();
    }
    let roles = held(&signed.actor, &signed.tree, signed.today);
    let roles: Vec<String> = roles
        .iter()
        .filter(|held| held.acting_for.is_none())
        .map(|held| words.render(&held.role.label()))
        .collect();
    roles.join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_is_in_a_wing() {
        for (room, wing) in [
            ("/office/people", "wing-bodies"),
            ("/office/delegations/all", "wing-running"),
            ("/office/register", "wing-work"),
            ("/office/something-new", "wing-work"),
        ] {
            assert_eq!(wing_of(room), wing, "{room}");
        }
    }
}
