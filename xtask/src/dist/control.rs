//! What Debian is told of the package.

/// The control file.
pub fn control(version: &str, architecture: &str, installed_kib: u64, glibc: (u32, u32)) -> String {
    let (major, minor) = glibc;
    format!(
        "Package: gongkai\n\
         Version: {version}\n\
         Section: web\n\
         Priority: optional\n\
         Architecture: {architecture}\n\
         Maintainer: The Gongkai authors <gongkai@example.invalid>\n\
         Installed-Size: {installed_kib}\n\
         Depends: adduser, ca-certificates, libc6 (>= {major}.{minor}), libgcc-s1\n\
         Recommends: systemd\n\
         Suggests: postgresql\n\
         Description: government information disclosure (政府信息公开)\n\
         \x20One program for the work of a Chinese government body under the Regulation\n\
         \x20on the Disclosure of Government Information: an office with people, roles\n\
         \x20and an audit trail, and the audit of annual reports.\n"
    )
}

/// Refuses what would not be a version of a package without revisions
/// (deb-version(7)), or would not do as the name of a folder.
pub fn is_version(version: &str) -> Result<(), String> {
    let starts = version.starts_with(|c: char| c.is_ascii_digit());
    let plain = |c: char| c.is_ascii_alphanumeric() || ".+~".contains(c);
    match starts && version.chars().all(plain) {
        true => Ok(()),
        false => Err(format!(
            "{version} is no version: digits, letters, `.`, `+` and `~`"
        )),
    }
}

/// The newest C library that a program wants, as its symbols' versions say.
pub fn glibc(binary: &[u8]) -> Option<(u32, u32)> {
    const MARK: &[u8] = b"GLIBC_";
    let number = |bytes: &[u8]| -> Option<(u32, usize)> {
        let digits: Vec<u8> = bytes
            .iter()
            .take(4)
            .copied()
            .take_while(u8::is_ascii_digit)
            .collect();
        let value = std::str::from_utf8(&digits).ok()?.parse().ok()?;
        Some((value, digits.len()))
    };
    let version = |at: usize| -> Option<(u32, u32)> {
        let rest = binary.get(at + MARK.len()..)?;
        let (major, length) = number(rest)?;
        let rest = rest.get(length..)?.strip_prefix(b".")?;
        Some((major, number(rest)?.0))
    };
    let found = binary.windows(MARK.len()).enumerate();
    found
        .filter(|(_, window)| *window == MARK)
        .filter_map(|(at, _)| version(at))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_file_has_every_field_that_a_package_must_have() {
        let text = control("1.2.3+try1", "arm64", 4321, (2, 34));
        for line in [
            "Package: gongkai",
            "Version: 1.2.3+try1",
            "Architecture: arm64",
            "Installed-Size: 4321",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}: {text}");
        }
        assert!(text.contains("libc6 (>= 2.34)") && text.ends_with('\n'));
        // A description goes on behind a space, every other line is a field.
        for line in text.lines() {
            assert!(line.starts_with(' ') || line.contains(": "), "{line}");
        }
    }

    #[test]
    fn the_c_library_wanted_is_the_newest_that_is_named() {
        let binary = b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0GLIBC_";
        assert_eq!(glibc(binary), Some((2, 34)));
        assert_eq!(glibc(b"static"), None);
    }

    #[test]
    fn a_version_is_no_path_and_no_revision() {
        for version in ["0.1.0", "0.1.0+try1", "1.0~rc1"] {
            assert_eq!(is_version(version), Ok(()));
        }
        for version in ["", "v1", "1/2", "1 2", "1-2", "1:2"] {
            assert!(is_version(version).is_err(), "{version}");
        }
    }
}
