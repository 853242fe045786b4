//! A bare Debian in a folder. Each program in it runs in namespaces of its
//! own, so that nothing stays mounted or running.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::folder;
use crate::{shell, tools};

/// The folder, as it is after debootstrap, with what is tried in it.
pub struct Bare {
    root: PathBuf,
    traces: Option<PathBuf>,
}

/// The environment that programs find in it.
const ENVIRONMENT: [&str; 7] = [
    "/usr/bin/env",
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
    "GONGKAI_LOG=warn",
];

impl Bare {
    /// A new one; or why there can be none here.
    pub fn new() -> Result<Result<Self, String>, String> {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let told = |key: &str| {
            let line = release.lines().find_map(|line| line.strip_prefix(key));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let (Some("debian"), Some(codename)) = (told("ID=").as_deref(), told("VERSION_CODENAME="))
        else {
            return Ok(Err("this is not Debian".to_owned()));
        };
        if shell::output("id", &["-u"])?.trim() != "0" {
            return Ok(Err("only root may make a bare Debian".to_owned()));
        }
        tools::for_dist_trial()?;
        if !shell::quietly("unshare", &["--mount", "--pid", "--fork", "true"]) {
            return Ok(Err("this machine has no namespaces to give".to_owned()));
        }
        let base = folder().join(&codename);
        if !base.join("usr").exists()
            && let Err(reason) = made(&codename, &base)
        {
            // Of the machine, or of its way to the packages; not of ours.
            return Ok(Err(reason));
        }
        let root = folder().join("try");
        let shown = root.to_string_lossy().into_owned();
        shell::run("rm", &["-rf", "--one-file-system", &shown])?;
        shell::run("cp", &["-a", &base.to_string_lossy(), &shown])?;
        let traces = folder().join("traces");
        if traces.exists() {
            fs::remove_dir_all(&traces).map_err(|error| error.to_string())?;
        }
        let traces = (shell::has("strace") && shell::has("systemd-analyze")).then_some(traces);
        Ok(Ok(Self { root, traces }))
    }

    /// Where a file in it is, from outside.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside.trim_start_matches('/'))
    }

    /// Where traces of the service are, if it was traced.
    pub fn traces(&self) -> Option<PathBuf> {
        self.traces.clone()
    }

    /// Puts a file into it; where it is inside.
    pub fn take(&self, file: &Path) -> Result<String, String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let inside = format!("/root/{name}");
        fs::copy(file, self.path(&inside)).map_err(|error| format!("{inside}: {error}"))?;
        Ok(inside)
    }

    /// Enters it, with processes, mounts and an environment of its own.
    fn entered(&self) -> Vec<String> {
        let root = self.root.display();
        let mut words: Vec<String> = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
            .map(ToOwned::to_owned)
            .into();
        words.push(format!("--mount-proc={root}/proc"));
        words.extend(["chroot".to_owned(), root.to_string()]);
        words.extend(ENVIRONMENT.map(ToOwned::to_owned));
        words
    }

    /// Runs a line of shell in it: whether it ended well, and what it said.
    pub fn tried(&self, line: &str) -> Result<(bool, String), String> {
        let words = self.entered();
        let (program, arguments) = words.split_first().ok_or("nothing to run")?;
        let output = Command::new(program)
            .args(arguments)
            .args(["/bin/sh", "-c", line])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{program}: {error}"))?;
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), said))
    }

    /// The same, for a line that must end well.
    pub fn run(&self, line: &str) -> Result<String, String> {
        match self.tried(line)? {
            (true, said) => Ok(said),
            (false, said) => Err(format!("{line} failed:\n{said}")),
        }
    }

    /// Opens the site as the service does, as its user; traced where that is
    /// wanted and possible.
    pub fn serve(&self, is_traced: bool) -> Result<Served, String> {
        let mut words: Vec<String> = Vec::new();
        if let Some(traces) = self.traces.as_ref().filter(|_| is_traced) {
            fs::create_dir_all(traces).map_err(|error| error.to_string())?;
            words.extend(["strace", "-ff", "-qq", "-o"].map(ToOwned::to_owned));
            words.push(traces.join("trace").display().to_string());
        }
        words.extend(self.entered());
        words.extend(["gongkai-admin", "serve", "--listen", "127.0.0.1:0"].map(ToOwned::to_owned));
        let (program, arguments) = words.split_first().ok_or("nothing to run")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let output = child.stdout.take().ok_or("it says nothing")?;
        let mut served = Served {
            address: String::new(),
            setup: None,
            child,
            said: BufReader::new(output),
        };
        served.address = served.link("the site")?;
        if is_traced {
            served.setup = Some(served.link("the first start")?);
        }
        Ok(served)
    }
}

/// Makes the folder, all or nothing.
fn made(codename: &str, base: &Path) -> Result<(), String> {
    shell::say(&format!(
        "debootstrap: a bare Debian {codename} (once, 300 MB)"
    ));
    let unfinished = base.with_extension("part");
    let shown = unfinished.to_string_lossy();
    shell::run("rm", &["-rf", "--one-file-system", &shown])?;
    let sources = shell::output("apt-get", &["indextargets", "--format", "$(REPO_URI)"])?;
    let mirror = sources.lines().find(|line| line.contains("/debian/"));
    let mirror = mirror.unwrap_or("http://deb.debian.org/debian/");
    let include = "--include=adduser,ca-certificates";
    let arguments = ["--variant=minbase", include, codename, &shown, mirror];
    shell::output("debootstrap", &arguments)?;
    fs::rename(&unfinished, base).map_err(|error| error.to_string())
}

/// A site that is open in it.
pub struct Served {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    /// The link of the first start.
    pub setup: Option<String>,
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Served {
    /// The link in the next line that it says.
    fn link(&mut self, what: &str) -> Result<String, String> {
        let mut line = String::new();
        self.said
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let at = line.find("http://");
        let link = at.and_then(|at| line.get(at..)?.split_whitespace().next());
        let link = link.ok_or_else(|| format!("no link to {what} is said: {line}"))?;
        Ok(link.trim_end_matches('/').to_owned())
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stop(mut self) -> Result<(), String> {
        let own = named(self.child.id(), "gongkai").ok_or("the site runs no more")?;
        shell::run("kill", &["-TERM", &own.to_string()])?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the site ended with {status}")),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // What runs in the namespace ends with the process that made it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of this name among those that a process started.
fn named(process: u32, name: &str) -> Option<u32> {
    let is_called = fs::read_to_string(format!("/proc/{process}/comm"));
    if is_called.is_ok_and(|own| own.trim() == name) {
        return Some(process);
    }
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    let children = children.split_whitespace().filter_map(|id| id.parse().ok());
    children.into_iter().find_map(|child| named(child, name))
}
