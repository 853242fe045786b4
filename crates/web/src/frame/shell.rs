//! What stands around a page of the office: who has come in, for which body,
//! until when, and the rooms that they may enter. It is decided in
//! `office::shell`, by the permission table; here it is only shown.

/// A room that may be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its address.
    pub to: &'static str,
    /// Its name.
    pub label: String,
}

/// Rooms that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wing {
    /// What they have in common.
    pub label: String,
    /// The rooms.
    pub rooms: Vec<Room>,
}

/// The frame of the office around a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shell {
    /// Who has come in.
    pub name: String,
    /// For which body, or as what.
    pub place: String,
    /// Until when, said in words.
    pub until: String,
    /// Where they may go.
    pub wings: Vec<Wing>,
}

impl Shell {
    /// The room that an address is in: the longest one that it begins with.
    pub fn room_of(&self, path: &str) -> Option<&Room> {
        let is_below = |room: &&Room| {
            let rest = path.strip_prefix(room.to);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let rooms = self.wings.iter().flat_map(|wing| &wing.rooms);
        rooms.filter(is_below).max_by_key(|room| room.to.len())
    }
}

/// The lines of a room's sign, in a square of twenty.
pub fn icon(to: &str) -> &'static str {
    match to {
        "/office" => "M3 9.5 10 3l7 6.5M5 8v9h10V8M8.5 17v-5h3v5",
        "/office/register" => {
            "M4 3h12v14H4zM10 9.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6M6.8 14c.5-2 1.7-2.7 3.2-2.7s2.7.7 3.2 2.7"
        }
        "/office/organizations" => "M3 17h14M5 17V6l5-3 5 3v11M8 8.5h1M11 8.5h1M8 12h1M11 12h1",
        "/office/people" | "/office/people/new" => {
            "M7.5 9a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4M2.5 16.5c.4-3 2.3-4.7 5-4.7s4.6 1.7 5 4.7M13 3.9a2.7 2.7 0 0 1 0 4.9M14.5 12c1.7.6 2.8 2.2 3 4.5"
        }
        "/office/delegations" | "/office/delegations/all" => "M3 7h11l-3-3M17 13H6l3 3",
        "/office/policies" => {
            "M10 2.5 16 5v4.5c0 4-2.5 6.8-6 8-3.5-1.2-6-4-6-8V5zM7.5 10l1.8 1.8L13 8"
        }
        "/office/jobs" => "M10 17a7 7 0 1 0-7-7M10 6v4l2.8 1.8M3 5.5V10h4.5",
        "/office/audit" => "M5 3h7l3 3v11H5zM12 3v3h3M7.5 10h5M7.5 13h5",
        "/office/password" => {
            "M6.5 13.5a3.5 3.5 0 1 1 3.3-4.7H17v2.8h-2v1.7h-2.5v-1.7H9.8a3.5 3.5 0 0 1-3.3 1.9M6.5 10h.01"
        }
        "/office/enrol" => "M6 2.5h8v15H6zM9 15h2",
        "/office/sessions" => "M3 4h14v9H3zM7 17h6M10 13v4",
        "/office/identities" => {
            "M8 12l4-4M9 6l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5L13.5 10.5M11 14l-1.5 1.5A3.2 3.2 0 0 1 5 11l1.5-1.5"
        }
        _ => "M4 4h12v12H4zM4 8h12",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_in_the_nearest_room() {
        let room = |to| Room {
            to,
            label: String::new(),
        };
        let rooms = ["/office", "/office/people", "/office/delegations/all"].map(room);
        let shell = Shell {
            wings: vec![Wing {
                label: String::new(),
                rooms: rooms.to_vec(),
            }],
            ..Shell::default()
        };
        for (path, to) in [
            ("/office", "/office"),
            ("/office/people/3/change", "/office/people"),
            ("/office/peoples", "/office"),
            ("/office/delegations/all", "/office/delegations/all"),
        ] {
            assert_eq!(shell.room_of(path).map(|room| room.to), Some(to), "{path}");
        }
    }
}
