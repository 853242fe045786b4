//! Whether the unit's walls leave the program what it needs: the unit is read
//! by systemd itself, and what a running program did is held against it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::shell;

/// What processes of the program did, as strace tells it.
#[derive(Debug, Default)]
pub struct Deeds {
    /// System calls, by name.
    calls: BTreeSet<String>,
    /// Address families of sockets.
    families: BTreeSet<String>,
    /// Calls that made memory both writable and executable, or executable
    /// later.
    executable: Vec<String>,
    /// Whether a process that reads a stranger's file is among them.
    reading: bool,
}

impl Deeds {
    /// What traces below a folder tell, one file for each process and thread
    /// (`strace -ff -o`).
    pub fn traced(folder: &Path) -> Result<Self, String> {
        let mut deeds = Self::default();
        for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let text = super::read(&path)?;
            deeds.add(&String::from_utf8_lossy(&text));
        }
        match deeds.reading {
            true => Ok(deeds),
            false => Err("no process that reads a file was traced".to_owned()),
        }
    }

    /// One process or thread. What came before it became the program is not
    /// the program's; what became another program is not ours.
    fn add(&mut self, trace: &str) {
        let lines: Vec<&str> = trace.lines().collect();
        let begins =
            |line: &&str, program: &str| line.starts_with(&format!("execve(\"{program}\""));
        let is_reading = |line: &&str| begins(line, "/proc/self/exe");
        let own = lines
            .iter()
            .rposition(|line| begins(line, "/usr/bin/gongkai"));
        let from = match own {
            Some(at) => at + 1,
            None if lines.iter().any(is_reading) => 0,
            None if lines.iter().any(|line| line.starts_with("execve(")) => return,
            None => 0,
        };
        self.reading |= lines.iter().any(is_reading);
        for line in lines.get(from..).unwrap_or_default() {
            let Some((call, rest)) = line.split_once('(') else {
                continue;
            };
            if call.is_empty() || !call.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                continue;
            }
            self.calls.insert(call.to_owned());
            if call == "socket" {
                let family = rest.split(',').next().unwrap_or(rest);
                self.families.insert(family.to_owned());
            }
            let both = call == "mmap" && rest.contains("PROT_WRITE") && rest.contains("PROT_EXEC");
            if both || (call == "mprotect" && rest.contains("PROT_EXEC")) {
                self.executable.push((*line).to_owned());
            }
        }
    }

    /// What of it the unit would not let happen.
    pub fn against(&self, unit: &Path) -> Result<(), String> {
        let unit = String::from_utf8(super::read(unit)?).map_err(|error| error.to_string())?;
        let allowed = allowed(&unit)?;
        let families: BTreeSet<&str> = values(&unit, "RestrictAddressFamilies").collect();
        let mut wrong: Vec<String> = self
            .calls
            .difference(&allowed)
            .map(|call| format!("SystemCallFilter forbids {call}"))
            .collect();
        let families = self
            .families
            .iter()
            .filter(|own| !families.contains(own.as_str()));
        wrong.extend(families.map(|own| format!("RestrictAddressFamilies forbids {own}")));
        if unit
            .lines()
            .any(|line| line == "MemoryDenyWriteExecute=yes")
        {
            let forbidden = self.executable.iter();
            wrong.extend(forbidden.map(|line| format!("MemoryDenyWriteExecute forbids {line}")));
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("\n")),
        }
    }

    /// How many kinds of calls were made.
    pub fn count(&self) -> usize {
        self.calls.len()
    }
}

fn values<'a>(unit: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = unit
        .lines()
        .filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='));
    lines.flat_map(str::split_whitespace)
}

/// The calls that `SystemCallFilter=` lines let through.
fn allowed(unit: &str) -> Result<BTreeSet<String>, String> {
    let mut allowed = members("@default")?;
    let lines = unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="));
    for line in lines {
        let (forbids, names) = match line.strip_prefix('~') {
            Some(names) => (true, names),
            None => (false, line),
        };
        for name in names.split_whitespace() {
            let members = members(name)?;
            match forbids {
                true => allowed.retain(|call| !members.contains(call)),
                false => allowed.extend(members),
            }
        }
    }
    Ok(allowed)
}

/// The calls of a group, as this systemd knows it; a call alone is its own.
fn members(name: &str) -> Result<BTreeSet<String>, String> {
    if !name.starts_with('@') {
        return Ok(BTreeSet::from([name.to_owned()]));
    }
    let told = shell::output("systemd-analyze", &["syscall-filter", name])?;
    let mut found = BTreeSet::new();
    for line in told.lines().filter(|line| line.starts_with(' ')) {
        let member = line.trim();
        if !member.is_empty() && !member.starts_with('#') {
            found.extend(members(member)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use gongkai_testkit::database::Folder;

    use super::*;

    /// Tenths of systemd's mark of exposure; below 2.0 it has no name worse
    /// than OK.
    const EXPOSURE_MAX: &str = "--threshold=20";

    fn unit() -> std::path::PathBuf {
        shell::root().join("packaging/gongkai.service")
    }

    /// Where there is no systemd there is nothing to ask; that is said.
    fn is_left_out() -> bool {
        let left_out = !shell::has("systemd-analyze");
        if left_out {
            eprintln!("left out: systemd-analyze is not here");
        }
        left_out
    }

    #[test]
    fn systemd_reads_the_unit_and_finds_little_exposed() {
        if is_left_out() {
            return;
        }
        let text = std::fs::read_to_string(unit()).expect("the unit");
        let folder = Folder::new();
        // The program of the package is not installed on this machine.
        let here = std::env::current_exe().expect("this program");
        let copy = folder.path().join("gongkai.service");
        let text = text.replace("/usr/bin/gongkai", &here.to_string_lossy());
        std::fs::write(&copy, text).expect("written");
        let copy = copy.to_string_lossy();
        let verified = std::process::Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no", &copy])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(verified.status.success(), "{said}");
        assert!(!said.contains("gongkai.service"), "{said}");
        let exposed = shell::output(
            "systemd-analyze",
            &["security", "--offline=true", EXPOSURE_MAX, &copy],
        );
        exposed.expect("less exposed than the threshold");
    }

    #[test]
    fn what_the_unit_forbids_is_found() {
        if is_left_out() {
            return;
        }
        let mut deeds = Deeds::default();
        deeds.add("execve(\"/usr/bin/id\", [\"id\"]) = 0\nreboot(1) = 0\n");
        deeds.add("mount(\"x\") = 0\nexecve(\"/usr/bin/gongkai\", []) = 0\nread(0, \"\", 1) = 0\n");
        deeds.add("socket(AF_INET, SOCK_STREAM, 0) = 3\nseccomp(1, 0, 0) = 0\nsetpriority(0, 0, 19) = 0\n+++ exited with 0 +++\n");
        assert_eq!(deeds.against(&unit()), Ok(()));
        deeds.add("ptrace(1) = 0\nsocket(AF_PACKET, SOCK_RAW, 0) = 3\nmmap(NULL, 1, PROT_READ|PROT_WRITE|PROT_EXEC, 0) = 0\nmprotect(0x1, 4096, PROT_READ|PROT_EXEC) = 0\n");
        let said = deeds.against(&unit()).expect_err("forbidden");
        for what in [
            "SystemCallFilter forbids ptrace",
            "RestrictAddressFamilies forbids AF_PACKET",
            "MemoryDenyWriteExecute forbids mmap",
            "MemoryDenyWriteExecute forbids mprotect",
        ] {
            assert!(said.contains(what), "{what}: {said}");
        }
        assert_eq!(said.lines().count(), 4, "{said}");
    }
}
