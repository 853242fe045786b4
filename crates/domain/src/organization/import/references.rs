//! Bodies named in a table by other rows: by code, by name, or by a path of
//! names ("甲局 > 办公室") where a name alone is not enough.

use std::collections::HashMap;

use crate::organization::body::Validity;
use crate::organization::codes::CreditCode;

/// Between the names of a path. No body's name holds it.
pub(super) const PATH_SIGN: char = '>';

/// What is known of a body's parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Above {
    /// It has none, or none that could be found.
    Nothing,
    /// It is named and not yet looked up.
    Named(String),
    /// It is this one.
    Known(usize),
}

/// A body that can be referred to.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) code: Option<CreditCode>,
    pub(super) validity: Validity,
    pub(super) above: Above,
}

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    One(usize),
    Nothing,
    Several,
    /// A path through a body whose own parent is not looked up yet.
    NotYet,
}

/// All bodies that can be referred to, by code and by name.
#[derive(Debug, Default)]
pub(super) struct Directory {
    nodes: Vec<Node>,
    by_name: HashMap<String, Vec<usize>>,
    by_code: HashMap<CreditCode, Vec<usize>>,
}

impl Directory {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let mut directory = Self::default();
        for (place, node) in nodes.iter().enumerate() {
            let named = directory.by_name.entry(node.name.clone()).or_default();
            named.push(place);
            if let Some(code) = &node.code {
                let coded = directory.by_code.entry(code.clone()).or_default();
                coded.push(place);
            }
        }
        directory.nodes = nodes;
        directory
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Those that bear a code.
    pub(super) fn with_code(&self, code: &CreditCode) -> &[usize] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }

    /// Those that bear a name.
    pub(super) fn with_name(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The one body meant by a text, among those that exist at some time when
    /// the one that names it does: a body that was renamed keeps its code.
    pub(super) fn find(&self, text: &str, asking: Validity) -> Found {
        self.find_among(text, asking, true)
    }

    fn find_among(&self, text: &str, asking: Validity, wait: bool) -> Found {
        let path: Vec<&str> = text.split(PATH_SIGN).map(str::trim).collect();
        let Some((last, above)) = path.split_last() else {
            return Found::Nothing;
        };
        let code = CreditCode::parse(last).ok();
        let coded = code.iter().flat_map(|code| self.with_code(code));
        let mut found = Found::Nothing;
        for place in coded.chain(self.with_name(last)).copied() {
            if !self.nodes[place].validity.overlaps(asking) {
                continue;
            }
            match (self.stands_below(place, above), found) {
                (None, _) if wait => return Found::NotYet,
                (None | Some(false), _) => {}
                (Some(true), Found::Nothing) => found = Found::One(place),
                (Some(true), Found::One(other)) if other == place => {}
                (Some(true), _) => found = Found::Several,
            }
        }
        found
    }

    /// Whether the bodies above are these; `None` while one is not looked up.
    fn stands_below(&self, place: usize, path: &[&str]) -> Option<bool> {
        let mut place = place;
        for name in path.iter().rev() {
            place = match &self.nodes[place].above {
                Above::Named(_) => return None,
                Above::Nothing => return Some(false),
                Above::Known(above) => *above,
            };
            let node = &self.nodes[place];
            let code = node.code.as_ref().map(CreditCode::as_str);
            if node.name != *name && code != Some(*name) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Looks up every named parent that can be, and tells of those that could
    /// not. Bodies named in a circle are left as they are.
    pub(super) fn look_up_parents(&mut self) -> Vec<(usize, Found)> {
        let mut failed = Vec::new();
        let named = self.nodes.iter().enumerate();
        let named = named.filter_map(|(place, node)| match &node.above {
            Above::Named(text) => Some((place, text.clone())),
            _ => None,
        });
        let named: Vec<(usize, String)> = named.collect();
        let mut waiting = named.clone();
        while !waiting.is_empty() {
            let before = waiting.len();
            self.look_up(&mut waiting, &mut failed, true);
            if waiting.len() == before {
                // Each waits for another of the same name. What is decided
                // counts then; whether it was enough is seen at the end.
                self.look_up(&mut waiting, &mut failed, false);
            }
            if waiting.len() == before {
                failed.extend(waiting.drain(..).map(|(place, _)| (place, Found::NotYet)));
            }
        }
        for (place, text) in named {
            let node = &self.nodes[place];
            let is_known = matches!(node.above, Above::Known(_));
            if is_known && self.find(&text, node.validity) == Found::Several {
                failed.push((place, Found::Several));
            }
        }
        failed
    }

    /// One turn: looks up those that can be, and leaves the others waiting.
    fn look_up(
        &mut self,
        waiting: &mut Vec<(usize, String)>,
        failed: &mut Vec<(usize, Found)>,
        wait: bool,
    ) {
        waiting.retain(|(place, text)| {
            match self.find_among(text, self.nodes[*place].validity, wait) {
                Found::One(above) => self.nodes[*place].above = Above::Known(above),
                found @ (Found::Several | Found::Nothing) if wait => {
                    failed.push((*place, found));
                    self.nodes[*place].above = Above::Nothing;
                }
                _ => return true,
            }
            false
        });
    }

    /// The shortest text that leads to a body and to no other.
    pub(super) fn spelling(&self, place: usize, asking: Validity) -> String {
        let leads = |text: &String| self.find(text, asking) == Found::One(place);
        let mut tail = String::new();
        let mut at = place;
        // A path as long as there are bodies would be a circle.
        for _ in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let code = node.code.iter().map(CreditCode::to_string);
            for head in code.chain([node.name.clone()]) {
                let text = format!("{head}{tail}");
                if leads(&text) {
                    return text;
                }
            }
            let Above::Known(above) = node.above else {
                break;
            };
            tail = format!(" {PATH_SIGN} {}{tail}", node.name);
            at = above;
        }
        self.nodes[place].name.clone()
    }
}
