//! What is in the package, and how it becomes files: the same contents make
//! the same bytes, whoever packs them and when.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use super::control;
use super::fonts::Fonts;
use crate::shell;

/// What goes in that is not in this repository.
pub struct Contents {
    /// The program.
    pub binary: Vec<u8>,
    /// Notices of the libraries in it, packed.
    pub notices: Vec<u8>,
    /// Fonts for Chinese papers.
    pub fonts: Option<Fonts>,
}

impl Contents {
    /// Refuses a program that was made for trying an upgrade.
    pub fn is_for_others(&self) -> Result<(), String> {
        const TRIAL: &[u8] = b"9000_trial";
        match self.binary.windows(TRIAL.len()).any(|part| part == TRIAL) {
            false => Ok(()),
            true => Err("the program was built with the migration of the trial".to_owned()),
        }
    }
}

/// A package.
pub struct Package {
    /// Its version.
    pub version: String,
    /// The time that its files bear, in seconds since 1970.
    pub epoch: u64,
    /// What goes in.
    pub contents: Contents,
    /// Whether it is packed as small as can be, which takes a minute.
    pub is_small: bool,
}

/// A file of the package: where it is installed, its mode, its bytes.
struct Installed {
    path: String,
    mode: u32,
    bytes: Vec<u8>,
}

fn installed(path: impl Into<String>, mode: u32, bytes: impl Into<Vec<u8>>) -> Installed {
    Installed {
        path: path.into(),
        mode,
        bytes: bytes.into(),
    }
}

/// Files that an administrator edits: they stay as they are in an upgrade.
const CONFFILES: &str = "/etc/gongkai/gongkai.toml\n";
const DOC: &str = "usr/share/doc/gongkai";

impl Package {
    /// Everything that is installed, by its path.
    fn files(&self) -> Result<Vec<Installed>, String> {
        let packaging = |name: &str| super::read(&shell::root().join("packaging").join(name));
        let mut files = vec![
            installed("usr/bin/gongkai", 0o755, self.contents.binary.clone()),
            installed("usr/sbin/gongkai-admin", 0o755, packaging("gongkai-admin")?),
            installed(
                "lib/systemd/system/gongkai.service",
                0o644,
                packaging("gongkai.service")?,
            ),
            installed(
                "usr/lib/tmpfiles.d/gongkai.conf",
                0o644,
                packaging("gongkai.tmpfiles")?,
            ),
            installed(
                "etc/gongkai/gongkai.toml",
                0o640,
                packaging("gongkai.toml")?,
            ),
            installed(
                format!("{DOC}/copyright"),
                0o644,
                packaging("debian/copyright")?,
            ),
            installed(
                format!("{DOC}/third-party.txt.gz"),
                0o644,
                self.contents.notices.clone(),
            ),
        ];
        let manual = shell::root().join("docs/manual");
        for file in below(&manual)? {
            let name = file.strip_prefix(&manual).unwrap_or(&file);
            let path = format!("{DOC}/manual/{}", name.display());
            files.push(installed(path, 0o644, super::read(&file)?));
        }
        if let Some(fonts) = &self.contents.fonts {
            for (name, bytes) in &fonts.faces {
                let path = format!("usr/share/gongkai/fonts/{name}");
                files.push(installed(path, 0o644, bytes.clone()));
            }
            for (name, bytes) in &fonts.licences {
                files.push(installed(
                    format!("{DOC}/fonts/{name}"),
                    0o644,
                    bytes.clone(),
                ));
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Writes the .deb, the same as .tar.gz for other systems, and their
    /// digests; where they are.
    pub fn write(&self, output: &Path) -> Result<Vec<PathBuf>, String> {
        let files = self.files()?;
        let architecture = shell::output("dpkg", &["--print-architecture"])?;
        let architecture = architecture.trim();
        fs::create_dir_all(output).map_err(failed(output))?;
        let output = output.canonicalize().map_err(failed(output))?;
        let stage = output.join(format!("stage-{}", self.version));
        if stage.exists() {
            fs::remove_dir_all(&stage).map_err(failed(&stage))?;
        }
        for file in &files {
            self.put(&stage, file)?;
        }
        let name = format!("gongkai-{}-{architecture}.tar.gz", self.version);
        let tar = self.tar(&stage, &output.join(name))?;
        for file in self.told(&files, architecture)? {
            self.put(&stage, &file)?;
        }
        self.dated(&stage)?;
        let name = format!("gongkai_{}_{architecture}.deb", self.version);
        let deb = self.deb(&stage, &output.join(name))?;
        fs::remove_dir_all(&stage).map_err(failed(&stage))?;
        let sums = self.sums(&output, &[&deb, &tar])?;
        Ok(vec![deb, tar, sums])
    }

    /// What Debian is told, as files below `DEBIAN`.
    fn told(&self, files: &[Installed], architecture: &str) -> Result<Vec<Installed>, String> {
        let kib: usize = files
            .iter()
            .map(|file| file.bytes.len().div_ceil(1024))
            .sum();
        let glibc = control::glibc(&self.contents.binary)
            .ok_or("the program names no C library that it wants")?;
        let kib = u64::try_from(kib).unwrap_or(u64::MAX);
        let control = control::control(&self.version, architecture, kib, glibc);
        let mut told = vec![
            installed("DEBIAN/control", 0o644, control),
            installed("DEBIAN/conffiles", 0o644, CONFFILES),
        ];
        for script in ["preinst", "postinst", "prerm", "postrm"] {
            let path = shell::root().join("packaging/debian").join(script);
            let text = String::from_utf8(super::read(&path)?).map_err(|error| error.to_string())?;
            let text = text.replace("@VERSION@", &self.version);
            told.push(installed(format!("DEBIAN/{script}"), 0o755, text));
        }
        Ok(told)
    }

    fn put(&self, stage: &Path, file: &Installed) -> Result<(), String> {
        let path = stage.join(&file.path);
        let folder = path.parent().unwrap_or(stage);
        fs::create_dir_all(folder).map_err(failed(folder))?;
        fs::write(&path, &file.bytes).map_err(failed(&path))?;
        let mode = fs::Permissions::from_mode(file.mode);
        fs::set_permissions(&path, mode).map_err(failed(&path))
    }

    /// Gives every file and folder the time of the package, every folder the
    /// usual mode.
    fn dated(&self, stage: &Path) -> Result<(), String> {
        let time = UNIX_EPOCH + Duration::from_secs(self.epoch);
        let date = |path: &Path| -> std::io::Result<()> {
            if path.is_dir() {
                fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
            }
            fs::File::open(path)?.set_modified(time)
        };
        let mut all = vec![stage.to_owned()];
        let mut next = 0;
        while let Some(path) = all.get(next).cloned() {
            next += 1;
            if path.is_dir() {
                for entry in fs::read_dir(&path).map_err(failed(&path))? {
                    all.push(entry.map_err(failed(&path))?.path());
                }
            }
        }
        // What lies in a folder first: the folder's own time stays then.
        for path in all.iter().rev() {
            date(path).map_err(failed(path))?;
        }
        Ok(())
    }

    fn deb(&self, stage: &Path, deb: &Path) -> Result<PathBuf, String> {
        let level = if self.is_small { "-z6" } else { "-z1" };
        let mut command = Command::new("dpkg-deb");
        command.env("SOURCE_DATE_EPOCH", self.epoch.to_string());
        command.args(["--root-owner-group", "-Zxz", level, "--build"]);
        done(command.arg(stage).arg(deb))?;
        Ok(deb.to_owned())
    }

    fn tar(&self, stage: &Path, tar: &Path) -> Result<PathBuf, String> {
        self.dated(stage)?;
        let mut command = Command::new("tar");
        command.args([
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--format=gnu",
        ]);
        command.arg(format!("--mtime=@{}", self.epoch));
        // Unpacked over a system, a folder `lib` would take the place of the
        // link that is there.
        let name = &self.version;
        command.arg(format!(
            "--transform=s,^[.]/lib,./usr/lib,;s,^[.],gongkai-{name},"
        ));
        command.args(["--use-compress-program=gzip -n", "-cf"]);
        done(command.arg(tar).arg("-C").arg(stage).arg("."))?;
        Ok(tar.to_owned())
    }

    fn sums(&self, output: &Path, made: &[&PathBuf]) -> Result<PathBuf, String> {
        let mut command = Command::new("sha256sum");
        command.current_dir(output);
        command.args(made.iter().filter_map(|path| path.file_name()));
        let told = command.output().map_err(|error| error.to_string())?;
        let path = output.join(format!("SHA256SUMS-{}", self.version));
        fs::write(&path, told.stdout).map_err(failed(&path))?;
        Ok(path)
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Files below a folder.
fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        match path.is_dir() {
            true => found.extend(below(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use gongkai_testkit::database::Folder;

    use super::*;

    fn package(version: &str) -> Package {
        Package {
            version: version.to_owned(),
            epoch: 1_700_000_000,
            contents: Contents {
                binary: b"\x7fELF GLIBC_2.34\0".to_vec(),
                notices: b"notices".to_vec(),
                fonts: Some(Fonts {
                    faces: vec![("Song.otf".to_owned(), b"font".to_vec())],
                    licences: vec![("song".to_owned(), b"licence".to_vec())],
                }),
            },
            is_small: false,
        }
    }

    /// On a system without dpkg there is nothing to test; that is said.
    fn is_left_out() -> bool {
        let left_out = !shell::has("dpkg-deb");
        if left_out {
            eprintln!("left out: dpkg-deb is not here");
        }
        left_out
    }

    #[test]
    fn packed_twice_it_is_the_same_to_the_byte() {
        if is_left_out() {
            return;
        }
        let folders = [Folder::new(), Folder::new()];
        let [one, two] = folders
            .each_ref()
            .map(|folder| package("1.0").write(folder.path()).expect("packed"));
        for (one, two) in one.iter().zip(&two) {
            assert_eq!(one.file_name(), two.file_name());
            assert!(
                fs::read(one).expect("one") == fs::read(two).expect("two"),
                "{} differs",
                one.display()
            );
        }
        let other = package("1.1").write(folders[0].path()).expect("packed");
        assert_ne!(fs::read(&one[0]).ok(), fs::read(&other[0]).ok());
    }

    #[test]
    fn everything_belongs_to_root_and_lies_where_it_should() {
        if is_left_out() {
            return;
        }
        let folder = Folder::new();
        let made = package("1.0").write(folder.path()).expect("packed");
        let listed = shell::output("dpkg-deb", &["--contents", &made[0].to_string_lossy()]);
        let listed = listed.expect("its contents");
        for (mode, path) in [
            ("-rwxr-xr-x", "./usr/bin/gongkai"),
            ("-rwxr-xr-x", "./usr/sbin/gongkai-admin"),
            ("-rw-r-----", "./etc/gongkai/gongkai.toml"),
            ("-rw-r--r--", "./lib/systemd/system/gongkai.service"),
            ("-rw-r--r--", "./usr/share/gongkai/fonts/Song.otf"),
            ("-rw-r--r--", "./usr/share/doc/gongkai/fonts/song"),
            ("-rw-r--r--", "./usr/share/doc/gongkai/copyright"),
            ("-rw-r--r--", "./usr/share/doc/gongkai/manual/README.md"),
        ] {
            let line = listed.lines().find(|line| line.ends_with(path));
            let line = line.unwrap_or_else(|| panic!("{path} in {listed}"));
            assert!(line.starts_with(mode), "{line}");
        }
        assert!(listed.lines().all(|line| line.contains(" root/root ")));
        // The other system's has the same files below one folder.
        let packed = shell::output("tar", &["-tzf", &made[1].to_string_lossy()]);
        let packed = packed.expect("its contents");
        assert!(packed.lines().all(|line| line.starts_with("gongkai-1.0/")));
        assert!(packed.contains("gongkai-1.0/usr/bin/gongkai"));
        assert!(packed.contains("gongkai-1.0/usr/lib/systemd/system/gongkai.service"));
        assert!(!packed.contains("gongkai-1.0/lib/"));
        assert!(!packed.contains("DEBIAN"));
    }

    #[test]
    fn scripts_know_their_version_and_a_shell_reads_them() {
        if is_left_out() {
            return;
        }
        let folder = Folder::new();
        let made = package("1.0~rc7").write(folder.path()).expect("packed");
        let scripts = folder.path().join("scripts");
        let (deb, to) = (made[0].to_string_lossy(), scripts.to_string_lossy());
        shell::output("dpkg-deb", &["--control", &deb, &to]).expect("unpacked");
        for script in ["preinst", "postinst", "prerm", "postrm"] {
            let path = scripts.join(script);
            let text = fs::read_to_string(&path).expect("a script");
            assert!(!text.contains('@'), "{script}");
            shell::output("sh", &["-n", &path.to_string_lossy()]).expect("a shell reads it");
        }
        let postinst = fs::read_to_string(scripts.join("postinst")).expect("a script");
        assert!(postinst.contains("version=\"1.0~rc7\""));
    }

    #[test]
    fn a_program_made_for_the_trial_goes_to_nobody() {
        let mut contents = package("1.0").contents;
        assert_eq!(contents.is_for_others(), Ok(()));
        contents.binary.extend(b"\09000_trial\0");
        assert!(contents.is_for_others().is_err());
    }
}
