//! Web pages: what is shown, what is not, what attributes and remarks hold,
//! and what would run in a reader's browser.

use gongkai_domain::inspection::{Finding, Hidden, Place, RuleId, Severity, Spot};
use html5gum::{DefaultEmitter, HtmlString, Token, Tokenizer};

use super::kind::Content;
use super::{At, Inspector, Wanted, has_digits};

/// Elements that end a line. A number may go on through all others, those that
/// nobody knows among them.
fn is_block(tag: &str) -> bool {
    const BLOCKS: &str = " address article aside blockquote body br button caption center \
        col colgroup dd desc details dialog dir div dl dt fieldset figcaption figure footer form \
        frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img legend li listing \
        main menu metadata nav noscript ol optgroup option p plaintext pre script section select \
        style summary svg table tbody td template textarea tfoot th thead title tr ul xmp ";
    !tag.contains(' ') && BLOCKS.split(' ').any(|block| block == tag)
}

/// A word without a prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The beginning of an address as browsers take it: without blanks and signs
/// that are not seen.
fn scheme(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take(32)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Whether an address is somewhere else.
fn is_remote(value: &str) -> bool {
    let scheme = scheme(value);
    ["http:", "https:", "//", "ftp:", "\\\\", "file:"]
        .iter()
        .any(|begin| scheme.starts_with(begin))
}

/// What an element runs, if anything.
fn runs(tag: &str, key: &str, value: &str) -> bool {
    let scheme = scheme(value);
    key.starts_with("on") && key.len() > 3
        || [
            "javascript:",
            "vbscript:",
            "data:text/html",
            "data:image/svg",
        ]
        .iter()
        .any(|begin| scheme.starts_with(begin))
            && (tag != "img" || !scheme.starts_with("data:image/svg"))
        || key == "srcdoc"
}

/// What an element fetches by itself when the page is opened.
fn fetches(tag: &str, key: &str, value: &str) -> bool {
    match (tag, key) {
        ("img" | "source" | "video" | "audio" | "input" | "track" | "frame", "src")
        | ("img" | "source", "srcset")
        | ("video", "poster")
        | ("body" | "table" | "td" | "tr" | "th", "background")
        | ("image" | "use" | "feimage", "href") => is_remote(value),
        ("link", "href") => is_remote(value),
        (_, "style") => {
            let style = value.to_ascii_lowercase();
            style.contains("url(http")
                || style.contains("url('http")
                || style.contains("url(\"http")
                || style.contains("url(//")
        }
        _ => false,
    }
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
    /// The lines before this one, as far as a number may go on from them.
    last: String,
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
            last: String::new(),
        };
        let mut remote = std::collections::BTreeSet::new();
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
                    if is_block(&name) {
                        self.end_line(&mut page, hidden);
                    }
                    match local(&name) {
                        "script" | "iframe" | "object" | "embed" | "applet" | "foreignobject"
                        | "frame" | "portal" => {
                            in_script = name == "script" && !tag.self_closing;
                            told.insert(name.clone());
                        }
                        "td" | "th" => {
                            page.row.push('\t');
                            page.last.clear();
                        }
                        "tr" => {
                            self.end_page_row(&mut page, hidden);
                            page.last.clear();
                        }
                        _ => {}
                    }
                    self.refreshes(&name, &tag.attributes, hidden);
                    let mut is_hiding = matches!(name.as_str(), "template" | "noscript");
                    for (key, value) in &tag.attributes {
                        let key = String::from_utf8_lossy(key).to_ascii_lowercase();
                        let value = String::from_utf8_lossy(&value.value);
                        if runs(local(&name), local(&key), &value) {
                            told.insert(self.shown_name(&key));
                        }
                        if fetches(local(&name), local(&key), &value) {
                            remote.insert(self.shown_name(&name));
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
                    if is_block(&name) {
                        self.end_line(&mut page, hidden);
                    }
                    if name == "script" {
                        in_script = false;
                    }
                    if name == "tr" || name == "table" {
                        self.end_page_row(&mut page, hidden);
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
        self.end_page_row(&mut page, hidden);
        if !remote.is_empty() {
            // What it will show is not in the file: a person has to look.
            let shown = remote.into_iter().collect::<Vec<_>>().join(", ");
            let place = Place {
                part: self.path.clone(),
                spot: Spot::Whole,
                hidden,
            };
            let mut finding = Finding::of(RuleId::Remote, place, shown);
            finding.severity = Severity::Unreadable;
            self.add(finding);
        }
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
        if scheme(value).starts_with("data:") {
            self.data(value, hidden);
            return;
        }
        if is_drawn || value.len() < 4 {
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
        // A number that goes on from the lines before.
        let whole = page.whole.trim();
        let goes_on = page.last.ends_with(|c: char| c.is_numeric())
            && whole.starts_with(|c: char| c.is_numeric() || matches!(c, 'x' | 'X'));
        page.last = if goes_on {
            let both = format!("{}\n{whole}", page.last);
            self.scan(&both, at, hidden, Wanted::Across);
            both
        } else {
            whole.to_owned()
        };
        page.last = super::tail(&page.last).to_owned();
        if !page.row.is_empty() && !page.row.ends_with('\t') {
            page.row.push('\n');
        }
        page.row.push_str(whole);
        page.whole.clear();
        page.shown.clear();
        page.unseen.clear();
    }

    /// Numbers that reach over the cells of a row.
    fn end_page_row(&mut self, page: &mut Page, hidden: Option<Hidden>) {
        let row = std::mem::take(&mut page.row);
        if row.contains('\t') && row.len() < 16 * 1024 && has_digits(&row, 11) {
            self.scan(&row, At::Line(page.line), hidden, Wanted::Across);
        }
    }

    /// A page that sends its reader elsewhere.
    fn refreshes(
        &mut self,
        tag: &str,
        attributes: &std::collections::BTreeMap<HtmlString, html5gum::Spanned<HtmlString, ()>>,
        hidden: Option<Hidden>,
    ) {
        let value = |key: &[u8]| {
            attributes
                .get(key)
                .map(|value| String::from_utf8_lossy(&value.value).to_ascii_lowercase())
                .unwrap_or_default()
        };
        if tag == "meta"
            && value(b"http-equiv").trim() == "refresh"
            && value(b"content").contains("url")
        {
            self.tell(RuleId::Remote, Spot::Whole, hidden, "meta refresh");
        }
    }

    /// What a browser would run in an XML file: elements of pages and drawings.
    pub(super) fn active_xml(&mut self, text: &str, hidden: Option<Hidden>) {
        let mut told = std::collections::BTreeSet::new();
        if text.contains("<?xml-stylesheet") {
            told.insert("xml-stylesheet".to_owned());
        }
        let mut is_page = false;
        let mut count = 0u32;
        for Ok(token) in Tokenizer::new(text) {
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) && self.is_late() {
                return;
            }
            let Token::StartTag(tag) = token else {
                continue;
            };
            let name = String::from_utf8_lossy(&tag.name).into_owned();
            is_page |= tag.attributes.iter().any(|(key, value)| {
                key.starts_with(b"xmlns")
                    && (super::kind::find(&value.value, b"1999/xhtml").is_some()
                        || super::kind::find(&value.value, b"2000/svg").is_some())
            });
            if !is_page {
                continue;
            }
            if matches!(
                local(&name),
                "script" | "iframe" | "object" | "embed" | "foreignobject" | "frame"
            ) {
                told.insert(local(&name).to_owned());
            }
            for (key, value) in &tag.attributes {
                let key = String::from_utf8_lossy(key).to_ascii_lowercase();
                let value = String::from_utf8_lossy(&value.value);
                if runs(local(&name), local(&key), &value) {
                    told.insert(self.shown_name(&key));
                }
            }
        }
        if !told.is_empty() {
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            self.tell(RuleId::Active, Spot::Whole, hidden, told.join(", "));
        }
    }
}
