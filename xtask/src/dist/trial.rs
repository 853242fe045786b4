//! `cargo xtask dist --try`: two packages, of which the second has a migration
//! more, are installed, upgraded and taken back in a bare Debian, and what was
//! written is looked for each time.

mod bare;
mod visitor;

use std::path::{Path, PathBuf};

use bare::{Bare, Served};
use visitor::{Place, Someone};

use super::package::{Contents, Package};
use super::service::Deeds;
use super::{built, epoch, folder, notices, read};
use crate::shell;

/// Builds, packs, and goes the whole way.
pub fn run(
    profile: &str,
    binary: Option<PathBuf>,
    trial_binary: Option<PathBuf>,
) -> Result<(), String> {
    let plain = binary.map_or_else(|| built(profile, false), Ok)?;
    let trial = trial_binary.map_or_else(|| built(profile, true), Ok)?;
    let first = packed(&plain, "+try1")?;
    let second = packed(&trial, "+try2")?;
    let bare = match Bare::new()? {
        Ok(bare) => bare,
        Err(reason) => {
            shell::say(&format!(
                "LEFT OUT: installing, upgrading and going back were not tried: {reason}"
            ));
            return Ok(());
        }
    };
    whole_way(&bare, &first, &second)?;
    shell::say("installed, upgraded and taken back; nothing that was written is missing");
    Ok(())
}

/// A package of the trial: its version, and where it is.
struct Made {
    version: String,
    deb: PathBuf,
}

/// Packs a program twice; both are the same, to the byte.
fn packed(binary: &Path, suffix: &str) -> Result<Made, String> {
    let version = format!("{}{suffix}", env!("CARGO_PKG_VERSION"));
    shell::say(&format!("packing {version}, twice"));
    let package = Package {
        version: version.clone(),
        epoch: epoch()?,
        contents: Contents {
            binary: read(binary)?,
            notices: notices::gathered()?,
            fonts: None,
        },
        is_small: false,
    };
    let own = folder().join("try-packages");
    let [made, again] = ["one", "two"].map(|name| package.write(&own.join(name)));
    let (made, again) = (made?, again?);
    for (one, two) in made.iter().zip(&again) {
        if read(one)? != read(two)? {
            return Err(format!("packed twice, {} differs", one.display()));
        }
    }
    let deb = made.first().cloned().ok_or("no package was made")?;
    Ok(Made { version, deb })
}

fn holds(said: &str, what: &[&str]) -> Result<(), String> {
    let missing: Vec<&str> = what
        .iter()
        .copied()
        .filter(|what| !said.contains(what))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "“{}” is not said in:\n{said}",
            missing.join("”, “")
        )),
    }
}

/// Where the service keeps what people write.
const DATA: &str = "/var/lib/gongkai";

fn whole_way(bare: &Bare, first: &Made, second: &Made) -> Result<(), String> {
    let (old, new) = (bare.take(&first.deb)?, bare.take(&second.deb)?);
    let install = |deb: &str| format!("dpkg -i {deb} 2>&1");
    shell::say(&format!("installing {}", first.version));
    bare.run(&install(&old))?;
    let modes = bare.run(&format!(
        "stat -c '%a %U:%G %n' {DATA} /etc/gongkai /etc/gongkai/gongkai.toml"
    ))?;
    holds(
        &modes,
        &[
            "700 gongkai:gongkai /var/lib/gongkai",
            "750 root:gongkai /etc/gongkai\n",
            "640 root:gongkai /etc/gongkai/gongkai.toml",
        ],
    )?;

    shell::say("the first start, a person, a report that is read in a confined process");
    let (place, someone) = first_day(bare)?;
    unit_is_enough(bare)?;
    bare.run("echo '# 本县的改动' >> /etc/gongkai/gongkai.toml")?;

    shell::say("an upgrade that cannot be backed up is not made");
    bare.run(&format!("touch {DATA}/before-upgrade"))?;
    let (done, said) = bare.tried(&install(&new))?;
    if done {
        return Err("it was made without a backup".to_owned());
    }
    holds(&said, &["没有升级"])?;
    let state = "dpkg-query -W -f '${Version} ${db:Status-Status}' gongkai";
    holds(
        &bare.run(state)?,
        &[&format!("{} installed", first.version)],
    )?;
    bare.run(&format!("rm {DATA}/before-upgrade"))?;

    shell::say(&format!("upgrading to {}", second.version));
    let said = bare.run(&install(&new))?;
    holds(&said, &["已备份到", "9000_trial"])?;
    holds(&bare.run("cat /etc/gongkai/gongkai.toml")?, &["本县的改动"])?;
    let served = bare.serve(false)?;
    place.is_there(&served, &someone)?;
    let later = Place::of(&served, &someone, "zhang", "audit_administrator")?;
    later.is_there(&served, &someone)?;
    served.stop()?;
    holds(&bare.run("gongkai-admin audit verify")?, &["审计记录完整"])?;

    shell::say(&format!("going back to {}", first.version));
    let refusal = "请用与数据库相同或更新的版本";
    let said = bare.run(&install(&old))?;
    holds(&said, &[refusal, "gongkai-admin put-back", DATA])?;
    let (opened, said) = bare.tried("gongkai-admin serve --listen 127.0.0.1:0 2>&1")?;
    if opened {
        return Err("the older program opened the newer layout".to_owned());
    }
    holds(&said, &[refusal])?;
    let backup = |kind: &str| -> Result<String, String> {
        let at = format!("{DATA}/before-upgrade/{}/{kind}", first.version);
        let found = bare.run(&format!("ls -d {at}/2*Z"))?;
        let found: Vec<&str> = found.lines().collect();
        match found[..] {
            [one] => Ok(one.to_owned()),
            _ => Err(format!("{} backups in {at}", found.len())),
        }
    };
    let (records, keys) = (backup("records")?, backup("keys")?);
    let (done, said) = bare.tried(&format!("gongkai-admin put-back {records} /nowhere 2>&1"))?;
    holds(&said, &["什么都没有改动"])?;
    if done {
        return Err("a backup that is not there was put back".to_owned());
    }
    let said = bare.run(&format!("gongkai-admin put-back {records} {keys} 2>&1"))?;
    holds(&said, &["全部核验一致", "set-aside"])?;
    let served = bare.serve(false)?;
    place.is_there(&served, &someone)?;
    later.is_gone(&served)?;
    served.stop()?;
    holds(&bare.run("gongkai-admin audit verify")?, &["审计记录完整"])?;
    bare.run(&format!("ls {DATA}/set-aside/*/gongkai.sqlite"))?;

    shell::say("and up again");
    holds(&bare.run(&install(&new))?, &["已备份到", "9000_trial"])?;
    let served = bare.serve(false)?;
    place.is_there(&served, &someone)?;
    served.stop()?;

    shell::say("removed and purged: what people wrote stays");
    let said = bare.run("dpkg --purge gongkai 2>&1")?;
    holds(&said, &[DATA])?;
    bare.run(&format!(
        "test -f {DATA}/gongkai.sqlite && test -f {DATA}/keys/master.key && getent passwd gongkai && ! test -e /usr/bin/gongkai && ! test -e /etc/gongkai/gongkai.toml"
    ))?;
    Ok(())
}

/// Comes in by the link of the first start, and leaves somebody invited.
fn first_day(bare: &Bare) -> Result<(Place, Someone), String> {
    let served: Served = bare.serve(true)?;
    let setup = served
        .setup
        .clone()
        .ok_or("no link of a first start is said")?;
    let someone = visitor::first(&served, &setup)?;
    let place = Place::of(&served, &someone, "wang", "security_administrator")?;
    place.is_there(&served, &someone)?;
    visitor::audits_a_report(&served)?;
    served.stop()?;
    Ok((place, someone))
}

/// What the service did is held against what its unit lets it do.
fn unit_is_enough(bare: &Bare) -> Result<(), String> {
    let Some(traces) = bare.traces() else {
        shell::say("LEFT OUT: strace is not here; the unit's filter of system calls was not tried");
        return Ok(());
    };
    let deeds = Deeds::traced(&traces)?;
    deeds.against(&bare.path("/lib/systemd/system/gongkai.service"))?;
    shell::say(&format!(
        "{} kinds of system calls were made, all of which the unit lets through",
        deeds.count()
    ));
    Ok(())
}
