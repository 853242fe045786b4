//! Bodies of a tree by the texts with which people name them.

use std::collections::HashMap;

use super::references::{Above, Directory, Found, Node, PATH_SIGN};
use crate::organization::body::{Organization, OrganizationId, Validity};
use crate::organization::codes::CreditCode;
use crate::organization::tree::Tree;
use crate::words::Message;

/// Why a text leads to no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// No body is called that.
    Unknown,
    /// More than one is.
    Several,
}

/// The bodies of a tree, found by name, by code or by a path of names, as in
/// the tables that are brought ("甲局 > 办公室").
#[derive(Debug)]
pub struct Names<'a> {
    tree: &'a Tree,
    directory: Directory,
    places: HashMap<OrganizationId, usize>,
}

impl<'a> Names<'a> {
    /// Of the bodies of a tree, past ones too.
    pub fn of(tree: &'a Tree) -> Self {
        let bodies = tree.bodies().iter().enumerate();
        Self {
            tree,
            directory: Directory::new(nodes_of(tree)),
            places: bodies.map(|(at, body)| (body.id, at)).collect(),
        }
    }

    /// The one body that a text means among those that exist at some time of
    /// `during`.
    ///
    /// # Errors
    /// That there is none, or more than one.
    pub fn find(&self, text: &str, during: Validity) -> Result<OrganizationId, Missed> {
        match self.directory.find(text, during) {
            Found::One(place) => Ok(self.tree.bodies()[place].id),
            Found::Several => Err(Missed::Several),
            Found::Nothing | Found::NotYet => Err(Missed::Unknown),
        }
    }

    /// The shortest text that [`Self::find`] takes for a body; empty for one
    /// that is not in the tree.
    pub fn spelling(&self, id: OrganizationId, during: Validity) -> String {
        let place = self.places.get(&id);
        place.map_or_else(String::new, |place| self.directory.spelling(*place, during))
    }

    /// The name of a body, with those above it where others are called so too:
    /// what people read, and what [`Self::find`] takes for it.
    pub fn title(&self, id: OrganizationId, during: Validity) -> String {
        let mut at = self.tree.get(id);
        let mut text = at.map_or_else(String::new, |body| body.name.clone());
        // A path as long as there are bodies would be a circle.
        for _ in 0..self.tree.bodies().len() {
            if self.find(&text, during) == Ok(id) {
                return text;
            }
            at = at.and_then(|body| self.tree.get(body.parent?));
            let Some(above) = at else {
                break;
            };
            text = format!("{} {PATH_SIGN} {text}", above.name);
        }
        self.spelling(id, during)
    }

    /// Bodies whose name, short name or code holds a text, `most` of them, for
    /// someone to choose from. Case counts only outside ASCII.
    pub fn like(&self, text: &str, during: Validity, most: usize) -> Vec<OrganizationId> {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return Vec::new();
        }
        let holds = |body: &&Organization| {
            let code = body.credit_code.as_ref().map_or("", CreditCode::as_str);
            let texts = [body.name.as_str(), body.short_name.as_str(), code];
            body.validity.overlaps(during)
                && texts
                    .iter()
                    .any(|own| own.to_ascii_lowercase().contains(&text))
        };
        let found = self.tree.bodies().iter().filter(holds);
        found.take(most).map(|body| body.id).collect()
    }
}

pub(super) fn not_found(found: Found, named: &str) -> Option<Message> {
    let id = match found {
        Found::One(_) => return None,
        Found::Nothing => "import-reference-unknown",
        Found::Several => "import-reference-several",
        Found::NotYet => "import-reference-circle",
    };
    Some(Message::new(id).with("text", named))
}

pub(super) fn nodes_of(tree: &Tree) -> Vec<Node> {
    let bodies = tree.bodies();
    let places: HashMap<OrganizationId, usize> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| (body.id, at))
        .collect();
    let above = |body: &Organization| body.parent.and_then(|id| places.get(&id).copied());
    let nodes = bodies.iter().map(|body| Node {
        name: body.name.clone(),
        code: body.credit_code.clone(),
        validity: body.validity,
        above: above(body).map_or(Above::Nothing, Above::Known),
    });
    nodes.collect()
}
