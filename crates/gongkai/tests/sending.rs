//! What the binary says of a mail server, and does without one.

use std::path::Path;
use std::process::Command;

use gongkai_app::outside::Security;
use gongkai_testkit::database::Folder;
use gongkai_testkit::sending::MailServer;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// What `doctor` says with a configuration.
fn doctor(folder: &Path, config: &str) -> String {
    let file = folder.join("gongkai.toml");
    std::fs::write(&file, config).expect("written");
    let done = Command::new(BINARY)
        .args(["doctor", "--config"])
        .arg(&file)
        .arg("--data")
        .arg(folder)
        .output()
        .expect("it runs");
    String::from_utf8(done.stdout).expect("text")
}

fn own_file(folder: &Path, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    let own = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, own).expect("set");
    path.display().to_string()
}

#[test]
fn doctor_comes_in_at_the_mail_server_and_says_what_is_wrong() {
    let folder = Folder::new();
    let server = MailServer::start(Security::Starttls, Some(("gongkai", "secret of mail")));
    let (right, wrong) = (
        own_file(folder.path(), "right", "secret of mail\n"),
        own_file(folder.path(), "wrong", "geheim\n"),
    );
    let config = |port: u16, password: &str| {
        format!(
            "[mail]\nhost = 'localhost'\nport = {port}\nsecurity = 'starttls'\nuser = 'gongkai'\npassword_file = '{password}'\nca_file = '{}'\nfrom = 'gongkai@example.gov.cn'\n",
            server.authority().display()
        )
    };
    let said = doctor(folder.path(), &config(server.port(), &right));
    assert!(said.contains("✓ 邮件服务器可用：localhost:"), "{said}");
    let said = doctor(folder.path(), &config(server.port(), &wrong));
    assert!(
        said.contains("✗ 邮件服务器不可用") && said.contains("SMTP 535"),
        "{said}"
    );
    assert!(!said.contains("geheim"), "{said}");
    // Nobody listens there.
    let said = doctor(folder.path(), &config(1, &right));
    assert!(said.contains("✗ 邮件服务器不可用"), "{said}");
    // A password that others of this machine may read.
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&right, open).expect("set");
    let said = doctor(folder.path(), &config(server.port(), &right));
    assert!(
        said.contains(&format!("✗ 别的用户也能读写 {right}")),
        "{said}"
    );
    let said = doctor(folder.path(), "");
    assert!(
        said.contains("没有设置邮件服务器") && said.contains("没有设置短信网关"),
        "{said}"
    );
    assert!(server.mails().is_empty(), "nobody is written to");
}
