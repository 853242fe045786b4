//! What who means harm does on the road: script typed into every field, and files whose
//! names mean harm. Which fields there were is kept, so that none is forgotten.

use std::collections::BTreeSet;
use std::path::Path;

use gongkai_domain::organization::PersonId;
use gongkai_testkit::http;
use gongkai_testkit::register::number;
use gongkai_testkit::requests::come_in;
use serde_json::{Value, json};

use super::Road;

/// Fields of a page for texts and files, and by what each is known: where its form goes,
/// which step that is, its name. Those of letters are not among them: which there are is
/// told by a table of the domain, by which the letters' own test fills them.
pub(super) const FIELDS: &str = r"
const hidden = (form, name) => form?.querySelector(`input[type=hidden][name=${name}]`);
const key = field => {
    const form = field.closest('form');
    const to = (form?.getAttribute('action') ?? '').replace(/[?#].*/, '');
    const place = to.replace(/^\/(apply|draft)\/[^\/]+$/, '/apply')
        .replace(/\/draft\/[^\/]+/, '/draft/-').replace(/\d+/g, '0');
    return [place, hidden(form, 'do')?.value, field.name].filter(Boolean).join(' ');
};
const untyped = ['hidden', 'radio', 'checkbox', 'submit', 'button', 'password'];
const fields = () => [...document.querySelectorAll('main textarea, main input')].filter(
    field => !field.hidden && !untyped.includes(field.type) && !hidden(field.closest('form'), 'kind'));
";

/// What is looked for on every page, wherever one came from.
const LOOK: &str = r"
const all = css => [...document.querySelectorAll(css)].map(one => one.textContent.trim());
const isCase = /^\/office\/requests\/\d+$/.test(location.pathname);
const isForm = /^\/office\/requests\/\d+\/[a-z]+$/.test(location.pathname);
const offered = 'main p.tools a:not([href*=\'as=draft\']), main details dl.facts.tall dt';
return {
    ran: window.hit ?? null,
    made: document.querySelectorAll('img[src=x], main script').length,
    fields: fields().map(key),
    named: isCase ? all(offered) : [],
    opened: isForm ? all('main h1') : [],
};
";

/// Fields that are read as a day, a number, a contact or a code: harm is refused there,
/// and stands in the field again as it was typed.
const READ: [&str; 21] = [
    "agent_document_number",
    "agent_phone",
    "called_at",
    "called_number",
    "came",
    "code",
    "copies",
    "day",
    "days",
    "document_number",
    "fax",
    "limit",
    "mail",
    "organization_code",
    "pages",
    "phone",
    "postcode",
    "sent",
    "tail",
    "until",
    "word",
];

/// What was seen of forms, and what became of the harm in them.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Fields for texts and files.
    fields: BTreeSet<String>,
    /// Those into which harm was typed for good.
    filled: BTreeSet<String>,
    /// Those that refused it and showed it again.
    refused: BTreeSet<String>,
    /// What a case's page offers, or says why it does not.
    named: BTreeSet<String>,
    /// What of that was opened.
    opened: BTreeSet<String>,
}

fn lines(found: &Value) -> Vec<String> {
    let found = found.as_array().into_iter().flatten();
    found.filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Walk {
    /// Harm was typed into these.
    pub(super) fn fill(&mut self, fields: &Value) {
        self.filled.extend(lines(fields));
    }
}

impl Road {
    /// No script of anybody ran on the page, nor is there one that could.
    pub(super) async fn unharmed(&self, at: &str) {
        if self.harm.is_none() {
            return;
        }
        let found = self.browser.script(&format!("{FIELDS}{LOOK}")).await;
        assert!(found["ran"].is_null(), "script ran on {at}");
        assert_eq!(found["made"], 0, "{at}");
        let mut walk = self.walk.borrow_mut();
        walk.fields.extend(lines(&found["fields"]));
        walk.named.extend(lines(&found["named"]));
        walk.opened.extend(lines(&found["opened"]));
    }

    /// A text of somebody who means harm, known by what it is typed into.
    pub(in crate::journeys) fn mark(&self, of: &str, name: &str) -> String {
        format!("{of}-{name}{}", self.harm.expect("who means harm"))
    }

    /// Types harm into fields, each its own.
    pub(in crate::journeys) async fn harms(&self, of: &str, names: &[&str]) {
        let marks: Vec<String> = names.iter().map(|name| self.mark(of, name)).collect();
        let fields = names.iter().copied();
        let fields: Vec<(&str, &str)> = fields.zip(marks.iter().map(String::as_str)).collect();
        self.put(&fields).await;
    }

    /// The page shows what was typed into fields, as text.
    pub(in crate::journeys) async fn shows(&self, of: &str, names: &[&str]) {
        let main = self.browser.text("main").await;
        for name in names {
            let mark = self.mark(of, name);
            assert!(main.contains(&mark), "{mark} in {main}");
        }
    }

    /// What was typed into fields stands there again.
    pub(in crate::journeys) async fn holds(&self, of: &str, names: &[&str]) {
        let fields = json!(names);
        let values = format!(
            "return {fields}.map(name => document.querySelector(`main [name=\"${{name}}\"]:not([type=hidden])`).value)"
        );
        let marks: Vec<String> = names.iter().map(|name| self.mark(of, name)).collect();
        assert_eq!(self.browser.script(&values).await, json!(marks));
    }

    /// Chooses a file for the form of the page.
    pub(in crate::journeys) async fn bring(&self, file: &Path) {
        let path = file.display().to_string();
        self.browser.fill("#file", &path).await;
        let field = format!("{FIELDS} return [key(document.querySelector('#file'))]");
        let field = self.browser.script(&field).await;
        self.walk.borrow_mut().fill(&field);
    }

    /// Sends the form of the page with harm in every text, about a state that is gone:
    /// it is refused, and all of it stands there again. Then the fields are as they were.
    pub(in crate::journeys) async fn in_vain(&self) {
        let harm = json!(self.harm.expect("who means harm"));
        let fill = format!(
            "{FIELDS} const form = document.querySelector('main form.ask');
            const own = fields().filter(field => field.form === form && field.type !== 'file');
            const before = own.map(field => [field.name, field.value]);
            const digest = hidden(form, 'digest'), version = hidden(form, 'version');
            if (digest) {{ before.push(['digest', digest.value]); digest.value = '-'; }}
            if (version) version.value = '0';
            for (const field of own) field.value = {harm};
            return {{ before, typed: own.map(key) }}"
        );
        let filled = self.browser.script(&fill).await;
        self.send("form.ask button.primary").await;
        let before = &filled["before"];
        let again = format!(
            "{FIELDS} const form = document.querySelector('main form.ask');
            const again = fields().filter(field => field.value === {harm}).map(key);
            for (const [name, value] of {before}) form.querySelector(`[name=\"${{name}}\"]`).value = value;
            return again"
        );
        let again = self.browser.script(&again).await;
        let main = self.browser.text("main").await;
        assert_eq!(again, filled["typed"], "{main}");
        self.walk.borrow_mut().refused.extend(lines(&again));
    }

    /// An organization applies by an agent, and fills in all that there is.
    pub(super) async fn as_organization(&self, harm: &str) {
        let texts = [
            "organization_proof",
            "representative",
            "agent_name",
            "authorisation",
        ];
        self.put(&texts.map(|name| (name, harm))).await;
        let document = number(9);
        self.put(&[
            ("kind", "org_other"),
            ("agent_document_number", document.as_str()),
            ("agent_phone", "19900000009"),
        ])
        .await;
    }

    /// What was brought is named before it is sent: as a file of the application, or as
    /// one that was refused. So is a body that nobody knows.
    pub(super) async fn read_over(&self) {
        for file in &self.brings {
            let name = file.file_name().and_then(|name| name.to_str());
            self.says(name.expect("a name")).await;
        }
        self.harms("send", &["named"]).await;
        self.send("form[action$='/send'] button").await;
        self.holds("send", &["named"]).await;
        self.shows("send", &["named"]).await;
        self.put(&[("named", "")]).await;
    }

    /// What somebody has as a file for a form that they send.
    pub(in crate::journeys) async fn had(
        &self,
        who: PersonId,
        path: &str,
        fields: &str,
    ) -> Vec<u8> {
        let token = come_in(&self.test.house, who).await;
        let cookie = format!("__Host-gongkai={token}");
        http::download(&self.address, "POST", path, &cookie, fields)
    }

    /// Every field that was seen was filled with harm; one that reads a day or a number
    /// has refused it. All that a case's page names was opened.
    pub(in crate::journeys) fn nothing_is_left(&self) {
        let walk = self.walk.borrow();
        let unopened: Vec<&String> = walk.named.difference(&walk.opened).collect();
        assert!(unopened.is_empty(), "nobody opened {unopened:?}");
        let is_read = |field: &str| {
            let name = field.rsplit(' ').next();
            name.is_some_and(|name| READ.contains(&name)) && walk.refused.contains(field)
        };
        let left = walk.fields.difference(&walk.filled);
        let left: Vec<&String> = left.filter(|field| !is_read(field)).collect();
        assert!(left.is_empty(), "nobody typed harm into {left:?}");
        assert!(walk.fields.len() > 100, "{:?}", walk.fields);
    }
}
