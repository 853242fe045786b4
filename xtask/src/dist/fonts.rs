//! Free fonts for Chinese papers, from Debian. They lie below `target`, never
//! in the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::folder;
use crate::shell;

/// Fonts, each with its name and bytes; and what their authors ask to be
/// passed on with them.
pub struct Fonts {
    /// The fonts themselves.
    pub faces: Vec<(String, Vec<u8>)>,
    /// Texts of their licences.
    pub licences: Vec<(String, Vec<u8>)>,
}

/// A package of Debian, and what of it is taken: where it lies in it, and
/// under which name it goes on.
struct Source {
    package: &'static str,
    faces: &'static [&'static str],
    licences: &'static [(&'static str, &'static str)],
}

/// Fandol for the faces of official papers (GB/T 9704-2012: 宋, 黑, 楷, 仿宋),
/// LXGW WenKai for rarer characters of names.
const SOURCES: [Source; 2] = [
    Source {
        package: "texlive-lang-chinese",
        faces: &[
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolFang-Regular.otf",
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolHei-Bold.otf",
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolHei-Regular.otf",
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolKai-Regular.otf",
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolSong-Bold.otf",
            "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/FandolSong-Regular.otf",
        ],
        licences: &[
            (
                "usr/share/doc/texlive-doc/fonts/fandol/COPYING.gz",
                "fandol-COPYING.gz",
            ),
            (
                "usr/share/doc/texlive-doc/fonts/fandol/README",
                "fandol-README",
            ),
        ],
    },
    Source {
        package: "fonts-lxgw-wenkai",
        faces: &["usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"],
        licences: &[(
            "usr/share/doc/fonts-lxgw-wenkai/copyright",
            "lxgw-wenkai-copyright",
        )],
    },
];

/// The fonts, fetched where they are not here yet.
///
/// # Errors
/// What to do where apt is not there, or has no such package.
pub fn fetched() -> Result<Fonts, String> {
    let own = folder().join("fonts");
    let mut fonts = Fonts {
        faces: Vec::new(),
        licences: Vec::new(),
    };
    for source in &SOURCES {
        let unpacked = own.join(source.package);
        let paths = source.faces.iter().copied();
        let mut paths = paths.chain(source.licences.iter().map(|(path, _)| *path));
        if !paths.clone().all(|path| unpacked.join(path).is_file()) {
            fetch(source.package, &own, &unpacked, &mut paths)?;
        }
        for path in source.faces {
            let name = path.rsplit('/').next().unwrap_or(path);
            let bytes = super::read(&unpacked.join(path))?;
            fonts.faces.push((name.to_owned(), bytes));
        }
        for (path, name) in source.licences {
            let bytes = super::read(&unpacked.join(path))?;
            fonts.licences.push(((*name).to_owned(), bytes));
        }
    }
    Ok(fonts)
}

/// Puts the fonts below `target/fonts`, where tests and a program that was built
/// here find them; unless they are there.
///
/// # Errors
/// As [`fetched`].
pub fn for_development() -> Result<(), String> {
    let to = shell::root().join("target/fonts");
    let names = SOURCES.iter().flat_map(|source| source.faces);
    let mut names = names.map(|path| path.rsplit('/').next().unwrap_or(path));
    if names.all(|name| to.join(name).is_file()) {
        return Ok(());
    }
    shell::say("fetching fonts for letters");
    fs::create_dir_all(&to).map_err(|error| error.to_string())?;
    for (name, bytes) in fetched()?.faces {
        let path = to.join(&name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn fetch(
    package: &str,
    own: &Path,
    unpacked: &Path,
    paths: &mut dyn Iterator<Item = &'static str>,
) -> Result<(), String> {
    let by_hand = format!(
        "fetch Debian's package {package} (https://packages.debian.org/{package}) elsewhere, unpack it \
         with `dpkg-deb --extract` into {}, and run again; or leave the fonts out with --without-fonts \
         and install fonts for Chinese on the server",
        unpacked.display()
    );
    if !shell::has("apt-get") {
        return Err(format!("apt-get is not here: {by_hand}"));
    }
    fs::create_dir_all(unpacked).map_err(|error| error.to_string())?;
    let wanted: Vec<String> = paths.map(|path| format!("./{path}")).collect();
    let failed = |error: String| format!("{error}\n{by_hand}");
    shell::say(&format!("apt-get download {package}"));
    let download = || {
        let status = Command::new("apt-get")
            .args(["download", "-qq", package])
            .current_dir(own)
            .status();
        status.is_ok_and(|status| status.success())
    };
    // A machine that is new has no list of packages yet.
    let is_here = download() || (shell::run("apt-get", &["update", "-qq"]).is_ok() && download());
    if !is_here {
        return Err(failed(format!("apt-get download {package} failed")));
    }
    let found = fs::read_dir(own).map_err(|error| error.to_string())?;
    let archive = found
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{package}_")) && name.ends_with(".deb")
        });
    let archive = archive.ok_or_else(|| failed("apt-get brought no package".to_owned()))?;
    let script = "archive=$1; to=$2; shift 2; dpkg-deb --fsys-tarfile \"$archive\" | tar -xf - -C \"$to\" \"$@\"";
    let mut tar = Command::new("sh");
    tar.args(["-c", script, "sh"]).arg(&archive).arg(unpacked);
    let status = tar.args(&wanted).status();
    fs::remove_file(&archive).map_err(|error| error.to_string())?;
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(failed(format!("{package} could not be unpacked"))),
    }
}
