//! Files, environments, and what is said of them.

use super::*;

/// A file, the environment, and what is looked for in what is said of them.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gongkai.toml"), text).expect("written");
    let environment = environment.iter();
    let environment = environment.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(None, folder.path(), environment)
}

fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
    let words = gongkai_domain::words::Words::of(gongkai_domain::words::Language::English);
    read(text, environment).expect_err("refused").text(words)
}

#[test]
fn nothing_said_is_all_that_is_needed() {
    assert_eq!(read("", &[]).expect("a configuration"), Config::default());
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = "[database]\nurl = 'sqlite:a'\nconnections = 3\n[server]\nlisten = '127.0.0.1:1'";
    let config = read(
        text,
        &[
            ("GONGKAI_DATABASE_URL", "sqlite:b"),
            ("GONGKAI_LANG", "en"),
            ("PATH", "/bin"),
        ],
    )
    .expect("a configuration");
    assert_eq!(config.database.url.as_deref(), Some("sqlite:b"));
    assert_eq!(config.database.connections, 3);
    assert_eq!(config.server.listen.port(), 1);
}

#[test]
fn what_is_unknown_or_unlawful_is_refused_by_name() {
    let table: [Case; 6] = [
        ("[database]\nurll = 'x'", &[], "urll"),
        ("[else]\n", &[], "else"),
        ("", &[("GONGKAI_DATABASE_URLL", "x")], "urll"),
        ("[logs]\ndays = 30", &[], "366"),
        ("[metrics]\nlisten = '0.0.0.0:1'", &[], "127.0.0.1"),
        ("[database]\nurl = 'postgres://a/b'", &[], "keys"),
    ];
    for (text, environment, word) in table {
        let said = refusal(text, environment);
        assert!(said.contains(word), "{text} {environment:?}: {said}");
    }
}

#[test]
fn objects_of_one_installation_lie_below_a_prefix_of_its_own() {
    let with = |prefix: &str| {
        let text =
            "[blobs.s3]\nendpoint = 'https://s3'\nbucket = 'b'\nkey = 'k'\nsecret_file = 'f'\n";
        read(&format!("{text}{prefix}"), &[])
    };
    let prefix = |config: Config| config.blobs.s3.expect("an object store").prefix;
    assert_eq!(prefix(with("").expect("a configuration")), "gongkai/");
    let own = with("prefix = 'district-7/gongkai/'").expect("a configuration");
    assert_eq!(prefix(own), "district-7/gongkai/");
    for wrong in ["", "/", "gongkai", "/gongkai/", "a b/"] {
        assert!(with(&format!("prefix = '{wrong}'")).is_err(), "{wrong}");
    }
}

#[test]
fn plain_http_stays_on_this_machine_unless_a_proxy_is_named() {
    let outside = SocketAddr::from(([0, 0, 0, 0], 80));
    let alone = read("", &[]).expect("a configuration");
    assert!(alone.may_listen(alone.server.listen).is_ok());
    assert!(alone.may_listen(outside).is_err());
    let behind = read("[server]\nproxies = ['10.0.0.0/8']", &[]).expect("a configuration");
    assert!(behind.may_listen(outside).is_ok());
}

#[test]
fn no_part_of_a_password_is_shown_however_it_is_written() {
    for (given, shown) in [
        ("postgres://gk:geheim@db/x", "postgres://gk:***@db/x"),
        ("postgres://gk:ge@heim@db/x", "postgres://gk:***@db/x"),
        (
            "postgres://gk:ge%2Fheim@db:5433/x",
            "postgres://gk:***@db:5433/x",
        ),
        ("postgres://gk:ge/heim@db/x", "postgres://***"),
        ("postgres://gk:7?heim@db/x", "postgres://***"),
        ("postgres://gk:7#heim@db/x", "postgres://***"),
        (
            "postgres://gk@db/x?password=geheim",
            "postgres://gk@db/x?password=***",
        ),
        (
            "postgres://gk@db/x?host=%2Frun&Password=geheim&sslkey=heim",
            "postgres://gk@db/x?host=%2Frun&Password=***&sslkey=***",
        ),
        (
            "postgres://gk@db/x?host=%2Frun",
            "postgres://gk@db/x?host=%2Frun",
        ),
        ("gk:geheim@db", "***"),
        ("sqlite:/data/a@b.sqlite", "sqlite:/data/a@b.sqlite"),
    ] {
        assert_eq!(without_password(given), shown, "{given}");
    }
}

#[test]
fn an_error_names_the_line_and_shows_nothing_of_it() {
    let table: [Case; 7] = [
        (
            "[database]\nurll = 'postgres://gk:geheim@db/x'",
            &[],
            "toml:2",
        ),
        ("\n\ndatabase = 'postgres://gk:geheim@db/x'", &[], "toml:3"),
        (
            "[database]\nconnections = 'geheim, expected no'",
            &[],
            "toml:2",
        ),
        (
            "[database]\nurl = 'postgres://gk:geheim@db/x",
            &[],
            "toml:2",
        ),
        ("[database]\nurl = postgres://gk:geheim@db/x", &[], "toml:2"),
        (
            "",
            &[("GONGKAI_DATABASE_CONNECTIONS", "geheim")],
            "GONGKAI_*",
        ),
        ("", &[("GONGKAI_SERVER_LISTEN", "geheim")], "GONGKAI_*"),
    ];
    for (text, environment, place) in table {
        let said = refusal(text, environment);
        assert!(said.contains(place) && !said.contains("geheim"), "{said}");
    }
}

#[test]
fn a_provider_is_one_that_secrets_may_travel_to() {
    let told = |lines: &str| {
        format!(
            "[oidc]\nissuer = 'https://id.example'\nclient_id = 'gk'\nredirect_base = 'https://gk.example'\n{lines}"
        )
    };
    let environment = [
        ("GONGKAI_OIDC_SECOND_FACTOR_AMR", "otp, hwk"),
        ("GONGKAI_OIDC_CLIENT_ID", "1007"),
    ];
    let oidc = read(&told(""), &environment).expect("a configuration").oidc;
    let oidc = oidc.expect("a provider");
    assert_eq!(oidc.second_factor_amr, ["otp", "hwk"]);
    assert_eq!(oidc.client_id, "1007");
    for (lines, word) in [
        ("subject_claim = 'email'", "email"),
        ("secret = 'x'", "secret"),
        ("origins = ['http://10.0.0.1']", "10.0.0.1"),
    ] {
        let said = refusal(&told(lines), &[]);
        assert!(said.contains(word), "{lines}: {said}");
    }
    for (name, value) in [
        ("GONGKAI_OIDC_ISSUER", "http://id.example"),
        ("GONGKAI_OIDC_ISSUER", "ftp://id.example"),
        ("GONGKAI_OIDC_ISSUER", "https://user:word@id.example"),
        ("GONGKAI_OIDC_REDIRECT_BASE", "http://gk.example"),
        ("GONGKAI_OIDC_REDIRECT_BASE", "https://gk.example/office"),
    ] {
        let said = refusal(&told(""), &[(name, value)]);
        assert!(said.contains(value), "{name} {value}: {said}");
    }
    for here in [
        "http://127.0.0.1:7110",
        "http://localhost:7110",
        "http://[::1]:7110",
    ] {
        let base = [("GONGKAI_OIDC_REDIRECT_BASE", here)];
        assert!(read(&told(""), &base).is_ok(), "{here}");
    }
    let alone = refusal("[oidc]\nissuer = 'https://id.example'", &[]);
    assert!(alone.contains("client_id"), "{alone}");
}

#[test]
fn the_secret_of_a_provider_stays_in_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "geheim\n").expect("written");
    let text = format!(
        "[oidc]\nissuer = 'https://id.example'\nclient_id = 'gk'\nredirect_base = 'https://gk.example'\nclient_secret_file = '{}'",
        file.display()
    );
    let config = read(&text, &[]).expect("a configuration");
    assert!(!config.redacted().contains("geheim"));
    let provider = config.oidc.expect("a provider").provider().expect("one");
    assert!(!format!("{provider:?}").contains("geheim"));
}

#[test]
fn a_password_is_never_shown() {
    let text =
        "[database]\nurl = 'postgres://gk:geheim@db/x'\n[keys]\nurl = 'postgres://gk:geheim@kdb/x'";
    let shown = read(text, &[]).expect("a configuration").redacted();
    assert!(
        !shown.contains("geheim") && shown.contains("postgres://gk:***@db/x"),
        "{shown}"
    );
}
