//! Between the tokenizer and the page.

use html5gum::emitters::naive_next_state;
use html5gum::{Emitter, Error, State};

use super::{Attributes, Page};
use crate::error::IntakeError;

/// Hears the tokenizer and tells the page. Errors of the markup are not asked
/// for: looking for them costs a tenth of the reading.
pub(super) struct Ears<'p, 'a> {
    page: &'p mut Page<'a>,
    position: usize,
    is_end: bool,
    tag: Vec<u8>,
    last_start_tag: Vec<u8>,
    attribute: Vec<u8>,
    value: Vec<u8>,
    error: Option<IntakeError>,
}

impl<'p, 'a> Ears<'p, 'a> {
    pub(super) fn new(page: &'p mut Page<'a>) -> Self {
        Self {
            page,
            position: 0,
            is_end: false,
            tag: Vec::new(),
            last_start_tag: Vec::new(),
            attribute: Vec::new(),
            value: Vec::new(),
            error: None,
        }
    }

    fn end_attribute(&mut self) {
        if !self.attribute.is_empty() {
            self.page.attribute(&self.tag, &self.attribute, &self.value);
            self.attribute.clear();
            self.value.clear();
        }
    }
}

/// Whether anything is made of an attribute; pages pasted from Word are half
/// attributes.
fn matters(name: &[u8]) -> bool {
    matches!(
        name,
        b"rowspan" | b"colspan" | b"style" | b"name" | b"content"
    )
}

impl Emitter for Ears<'_, '_> {
    type Token = IntakeError;

    fn set_last_start_tag(&mut self, tag: Option<&[u8]>) {
        self.last_start_tag.clear();
        self.last_start_tag.extend_from_slice(tag.unwrap_or(b""));
    }

    fn emit_eof(&mut self) {}

    fn emit_error(&mut self, _error: Error) {}

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<IntakeError> {
        self.error.take()
    }

    fn emit_string(&mut self, text: &[u8]) {
        self.page
            .characters(text, self.position.saturating_sub(text.len()));
    }

    fn init_start_tag(&mut self) {
        self.tag.clear();
        self.is_end = false;
        self.page.attributes = Attributes::default();
    }

    fn init_end_tag(&mut self) {
        self.tag.clear();
        self.is_end = true;
    }

    fn init_comment(&mut self) {}

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_attribute();
        let done = if self.is_end {
            self.last_start_tag.clear();
            self.page.end(&self.tag)
        } else {
            self.last_start_tag.clone_from(&self.tag);
            self.page.start(&self.tag, self.position)
        };
        if let Err(error) = done {
            self.error.get_or_insert(error);
        }
        if self.is_end {
            None
        } else {
            naive_next_state(&self.tag)
        }
    }

    fn emit_current_comment(&mut self) {}

    fn emit_current_doctype(&mut self) {}

    fn set_self_closing(&mut self) {}

    fn set_force_quirks(&mut self) {}

    fn push_tag_name(&mut self, name: &[u8]) {
        self.tag.extend_from_slice(name);
    }

    fn push_comment(&mut self, _text: &[u8]) {}

    fn push_doctype_name(&mut self, _name: &[u8]) {}

    fn init_doctype(&mut self) {}

    fn init_attribute(&mut self) {
        self.end_attribute();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        self.attribute.extend_from_slice(name);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        if matters(&self.attribute) {
            self.value.extend_from_slice(value);
        }
    }

    fn set_doctype_public_identifier(&mut self, _value: &[u8]) {}

    fn set_doctype_system_identifier(&mut self, _value: &[u8]) {}

    fn push_doctype_public_identifier(&mut self, _text: &[u8]) {}

    fn push_doctype_system_identifier(&mut self, _text: &[u8]) {}

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end && !self.tag.is_empty() && self.tag == self.last_start_tag
    }

    fn move_position(&mut self, offset: isize) {
        self.position = self.position.saturating_add_signed(offset);
    }
}
