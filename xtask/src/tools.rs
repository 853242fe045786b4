//! What the tests and benches need on the machine, installed where missing.

use crate::shell;

/// A program and the Debian packages that bring it.
struct Tool {
    program: &'static str,
    packages: &'static [&'static str],
    purpose: &'static str,
}

const FOR_TESTS: [Tool; 4] = [
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
        purpose: "brings axe-core, which looks for barriers in pages",
    },
    Tool {
        program: "soffice",
        packages: &["libreoffice-writer-nogui", "fonts-noto-cjk"],
        purpose: "prints Word documents to PDF",
    },
];

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
    npm("axe-core", "4.14.1")?;
    if !nextest() {
        shell::say("installing cargo-nextest, the test runner (a few minutes)");
        shell::cargo(&["install", "cargo-nextest", "--locked", "--version", "^0.9"])?;
    }
    Ok(())
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

/// Installs an npm package of an exact version below `target/npm`, unless it
/// is there.
fn npm(package: &str, version: &str) -> Result<(), String> {
    let folder = shell::root().join("target/npm");
    let manifest = folder
        .join("node_modules")
        .join(package)
        .join("package.json");
    let wanted = format!("\"version\": \"{version}\"");
    if std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&wanted)) {
        return Ok(());
    }
    shell::say(&format!("installing {package} {version} from npm"));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    shell::run(
        "npm",
        &[
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            &folder.to_string_lossy(),
            &format!("{package}@{version}"),
        ],
    )
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
