//! Somebody at the pages of a site, over plain HTTP.

use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{PASSWORD, system_code};

use super::bare::Served;

/// A name that old tables of characters have not.
const NAME: &str = "李𬴂·阿布";
const REPORT: &[u8] = include_bytes!("../../../../crates/gongkai/samples/water-2024.html");

/// Who has come in.
pub struct Someone {
    cookie: String,
}

/// An invitation that lies in the database: a link that opens it.
pub struct Place {
    path: String,
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

/// The value of a field in a page.
fn value(page: &str, name: &str) -> Option<String> {
    let tags = page.split("<input").skip(1);
    let mut tags = tags.filter_map(|rest| rest.split('>').next());
    let tag = tags.find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
    let value = tag.split("value=\"").nth(1)?.split('"').next()?;
    Some(value.to_owned())
}

/// The secret of a second factor in a page: eight times four characters of
/// base 32.
fn secret(page: &str) -> Option<String> {
    let chars: Vec<char> = page.chars().collect();
    let fits = |(at, c): (usize, &char)| match at % 5 {
        4 => *c == ' ',
        _ => c.is_ascii_uppercase() || ('2'..='7').contains(c),
    };
    let mut windows = chars.windows(39);
    let found = windows.find(|window| window.iter().enumerate().all(fits))?;
    Some(found.iter().filter(|c| **c != ' ').collect())
}

/// The session that an answer gives.
fn cookie(answer: &Answer) -> Result<String, String> {
    let set = answer.fields("set-cookie");
    let own = set.iter().filter_map(|line| line.split(';').next());
    let mut own = own.filter(|pair| pair.contains("gongkai="));
    let found = own.next();
    found.map(ToOwned::to_owned).ok_or_else(|| {
        format!(
            "no session is given: {} {}",
            answer.status,
            readable(&answer.body)
        )
    })
}

/// What a page says, without its marks.
fn readable(page: &str) -> String {
    let main = page.split("<main").nth(1).unwrap_or(page);
    let text = main.split('<').filter_map(|part| part.split_once('>'));
    let words: Vec<&str> = text.map(|(_, text)| text.trim()).collect();
    let words: String = words.join(" ");
    words.chars().take(600).collect()
}

fn opened(answer: &Answer, what: &str) -> Result<(), String> {
    match answer.status {
        200 => Ok(()),
        other => Err(format!("{what}: {other} {}", readable(&answer.body))),
    }
}

/// Comes in by the link of the first start, sets a password and the second
/// factor.
pub fn first(served: &Served, setup: &str) -> Result<Someone, String> {
    let path = setup.strip_prefix(&served.address).unwrap_or(setup);
    let page = http::get(&served.address, path);
    opened(&page, "the link of the first start")?;
    let token = path.split("token=").nth(1).unwrap_or_default();
    let key = value(&page.body, "key").unwrap_or_default();
    let typed = form(&[
        ("token", token),
        ("key", &key),
        ("login", "li"),
        ("display_name", NAME),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ]);
    let came = http::post_form(&served.address, "/office/join", &typed);
    let half = cookie(&came)?;
    let page = http::ask(&served.address, "GET", "/office/enrol", &half, "");
    let secret = secret(&page.body).ok_or("the page shows no secret")?;
    let offered = value(&page.body, "offered").ok_or("the page offers nothing")?;
    let code = system_code(&secret);
    let typed = form(&[("offered", &offered), ("code", &code)]);
    let kept = http::ask(&served.address, "POST", "/office/enrol", &half, &typed);
    Ok(Someone {
        cookie: cookie(&kept)?,
    })
}

/// Has a report audited, which a confined process reads.
pub fn audits_a_report(served: &Served) -> Result<(), String> {
    let form = http::form(&[("report", "年报.html".as_bytes(), REPORT)]);
    let answer = http::post(&served.address, "/api/audit", &form);
    match answer.body.contains("NARR-RECEIVED") {
        true => Ok(()),
        false => Err(format!("the report was not read: {}", answer.body)),
    }
}

impl Place {
    /// Invites somebody.
    pub fn of(served: &Served, by: &Someone, login: &str, role: &str) -> Result<Self, String> {
        let ask = |method, fields: &str| {
            let path = "/office/people/new";
            http::ask(&served.address, method, path, &by.cookie, fields)
        };
        let page = ask("GET", "");
        let key = value(&page.body, "key").unwrap_or_default();
        let typed = form(&[
            ("key", &key),
            ("login", login),
            ("display_name", login),
            ("organization", ""),
            ("role", role),
        ]);
        let told = ask("POST", &typed);
        opened(&told, "an invitation")?;
        let at = told.body.find("/office/join?token=");
        let path = at.and_then(|at| told.body.get(at..)?.split(['<', '"']).next());
        let path = path.ok_or("no link is told")?.to_owned();
        Ok(Self { path })
    }

    /// Who came in is in still, under their name, and the invitation opens.
    pub fn is_there(&self, served: &Served, someone: &Someone) -> Result<(), String> {
        let desk = http::ask(&served.address, "GET", "/office", &someone.cookie, "");
        opened(&desk, "the desk")?;
        if !desk.body.contains(NAME) {
            return Err(format!(
                "{NAME} is not at the desk: {}",
                readable(&desk.body)
            ));
        }
        opened(&http::get(&served.address, &self.path), "an invitation")
    }

    /// The invitation does not open.
    pub fn is_gone(&self, served: &Served) -> Result<(), String> {
        match http::get(&served.address, &self.path).status {
            200 => Err("what was written later is there".to_owned()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_secrets_are_found_in_a_page() {
        let page = "<form><input type=\"hidden\" name=\"key\" value=\"a-b\"><input name=\"x\"></form>\
            <p class=\"large\">密钥 ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567，再填</p>";
        assert_eq!(value(page, "key").as_deref(), Some("a-b"));
        assert_eq!(value(page, "x"), None);
        let found = secret(page).expect("a secret");
        assert_eq!(found, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        assert_eq!(secret("密钥 ABCD EFGH"), None);
        assert_eq!(encoded("李 &"), "%E6%9D%8E%20%26");
    }
}
