//! Web pages: what is shown, what is not, what attributes and remarks hold,
//! and what would run in a reader's browser.

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::kind::Content;
use super::{At, Inspector, Wanted, has_digits};

/// Elements that do not break a line: a number may go on through them.
fn is_inline(tag: &str) -> bool {
    matches!(
        tag,
        "a" | "abbr"
            | "b"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "o:p"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "var"
            | "wbr"
            | "tspan"
            | "text"
    )
}

/// Elements without an end.
fn is_void(tag: &str) -> bool {
    matches!(
        tag,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether a style takes its element from sight.
fn hides(style: &str) -> bool {
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    [
        "display:none",
        "visibility:hidden",
        "font-size:0;",
        "font-size:0px",
        "opacity:0;",
        "mso-hide:all",
    ]
    .iter()
    .any(|hiding| style.contains(hiding))
        || style.ends_with("font-size:0")
        || style.ends_with("opacity:0")
        || style.contains("color:#fff") && !style.contains("background")
        || style.contains("color:white") && !style.contains("background")
}

/// A page in the making.
struct Page {
    /// What is shown of the open line, and all of it.
    shown: String,
    unseen: String,
    whole: String,
    /// Cells of the open row.
    row: String,
    line: u32,
    /// The element that hides what is in it, and how often it is open in itself.
    hiding: Option<(String, u32)>,
    has_unseen: u32,
}

impl Inspector<'_> {
    /// A page, or a drawing in the same manner.
    pub(super) fn html(&mut self, text: &str, content: Content, hidden: Option<Hidden>) {
        let head = &text[..text.floor_char_boundary(4096)];
        if content == Content::Svg
            && (head.contains("<!ENTITY") || head.contains("<!DOCTYPE svg ["))
        {
            self.tell(RuleId::Entities, Spot::Whole, None, "DOCTYPE");
        }
        let mut page = Page {
            shown: String::new(),
            unseen: String::new(),
            whole: String::new(),
            row: String::new(),
            line: 0,
            hiding: None,
            has_unseen: 0,
        };
        let mut emitter = DefaultEmitter::<()>::default();
        emitter.naively_switch_states(true);
        let mut in_script = false;
        let mut told = std::collections::BTreeSet::new();
        let mut count = 0u32;
        for token in Tokenizer::new_with_emitter(text, emitter) {
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) && self.is_late() {
                return;
            }
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => {
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    if !is_inline(&name) {
                        self.end_line(&mut page, hidden);
                    }
                    match name.as_str() {
                        "script" | "iframe" | "object" | "embed" | "applet" => {
                            in_script = name == "script" && !tag.self_closing;
                            told.insert(name.clone());
                        }
                        "td" | "th" => page.row.push('\t'),
                        "tr" => page.row.clear(),
                        _ => {}
                    }
                    let mut is_hiding = matches!(name.as_str(), "template" | "noscript");
                    for (key, value) in &tag.attributes {
                        let key = String::from_utf8_lossy(key).to_ascii_lowercase();
                        let value = String::from_utf8_lossy(&value.value);
                        if key.starts_with("on") && key.len() > 3
                            || value
                                .trim_start()
                                .to_ascii_lowercase()
                                .starts_with("javascript:")
                        {
                            told.insert(key.clone());
                        }
                        is_hiding |= key == "hidden"
                            || key == "style" && hides(&value)
                            || name == "input" && key == "type" && value == "hidden";
                        self.attribute(&name, &key, &value, hidden);
                    }
                    let is_open = !is_void(&name) && !tag.self_closing;
                    match &mut page.hiding {
                        Some((open, depth)) if *open == name && is_open => *depth += 1,
                        None if is_hiding && is_open => page.hiding = Some((name, 1)),
                        _ => {}
                    }
                }
                Token::EndTag(tag) => {
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    if !is_inline(&name) {
                        self.end_line(&mut page, hidden);
                    }
                    if name == "script" {
                        in_script = false;
                    }
                    if name == "tr" || name == "table" {
                        let row = std::mem::take(&mut page.row);
                        if has_digits(&row, 11) {
                            self.scan(&row, At::Line(page.line), hidden, Wanted::Across);
                        }
                    }
                    if let Some((open, depth)) = &mut page.hiding
                        && *open == name
                    {
                        *depth -= 1;
                        if *depth == 0 {
                            page.hiding = None;
                        }
                    }
                }
                Token::String(string) => {
                    let text = String::from_utf8_lossy(&string.value);
                    if in_script {
                        let own = hidden.or(Some(Hidden::Machinery));
                        self.scan(&text, At::Part, own, Wanted::Numbers);
                        continue;
                    }
                    if page.hiding.is_some() {
                        page.has_unseen += u32::from(!text.trim().is_empty());
                        page.unseen.push_str(&text);
                    } else {
                        page.shown.push_str(&text);
                    }
                    page.whole.push_str(&text);
                }
                Token::Comment(comment) => {
                    let text = String::from_utf8_lossy(&comment.value);
                    let own = hidden.or(Some(Hidden::Comment));
                    self.scan(&text, At::Part, own, Wanted::All);
                }
                Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        self.end_line(&mut page, hidden);
        if page.has_unseen > 0 {
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Unseen),
                page.has_unseen.to_string(),
            );
        }
        if !told.is_empty() {
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            self.tell(RuleId::Active, Spot::Whole, hidden, told.join(", "));
        }
    }

    /// What an attribute holds; those that people write are prose.
    fn attribute(&mut self, tag: &str, key: &str, value: &str, hidden: Option<Hidden>) {
        let is_prose = matches!(
            key,
            "alt" | "title" | "content" | "value" | "placeholder" | "summary" | "aria-label"
        );
        let is_drawn = matches!(
            key,
            "class" | "d" | "points" | "style" | "transform" | "viewbox" | "integrity" | "srcset"
        );
        if is_drawn || value.len() < 4 || value.starts_with("data:") {
            return;
        }
        let own = hidden.or(Some(if tag == "meta" {
            Hidden::Properties
        } else {
            Hidden::Machinery
        }));
        if is_prose {
            self.scan(value, At::Part, own, Wanted::All);
        } else if has_digits(value, 11) {
            self.scan(value, At::Part, own, Wanted::Numbers);
        }
    }

    fn end_line(&mut self, page: &mut Page, hidden: Option<Hidden>) {
        if page.whole.trim().is_empty() {
            page.whole.clear();
            page.shown.clear();
            page.unseen.clear();
            return;
        }
        page.line += 1;
        let at = At::Line(page.line);
        if !page.unseen.is_empty() {
            let own = hidden.or(Some(Hidden::Unseen));
            self.scan(&page.unseen, at, own, Wanted::All);
        }
        self.scan(&page.shown, at, hidden, Wanted::All);
        if !page.unseen.is_empty() && !page.shown.is_empty() {
            self.scan(&page.whole, at, hidden, Wanted::Numbers);
        }
        page.row.push_str(page.whole.trim());
        page.whole.clear();
        page.shown.clear();
        page.unseen.clear();
    }
}
