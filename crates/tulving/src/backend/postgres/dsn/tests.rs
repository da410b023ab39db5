//! Strings as people have them; what libpq makes of the same ones was looked up with psql.

use std::path::Path;

use proptest::prelude::*;

use super::*;

const PASSWORD: &str = "canary-7f3a";

fn read(text: &str) -> Dsn {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn around<const N: usize>(variables: [(&str, &str); N]) -> Surroundings {
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Surroundings {
        variables: variables.into(),
        home: None,
        user: Some("os-user".to_owned()),
    }
}

/// The password that the first server would be given.
fn password(dsn: &Dsn) -> Option<String> {
    let attempt = dsn.attempt(&dsn.endpoints[0]);
    let password = attempt.config.get_password()?;
    Some(String::from_utf8(password.to_vec()).unwrap())
}

/// Everything that an error says, to a person and to a programmer.
fn said(error: &DsnError) -> String {
    format!("{error} {error:?} {}", error.advice())
}

#[test]
fn everything_is_shown_but_the_password() {
    for text in [
        "postgresql://ann:canary-7f3a@db.example:5433/memory",
        "postgresql://ann@db.example:5433/memory?password=canary-7f3a",
        "host=db.example port=5433 dbname=memory user=ann password=canary-7f3a",
        "\thost = db.example port = 5433 dbname=memory user='ann'password='canary-7f3a'\n",
        "PostgreSQL://ann:canary-7f3a@db.example:5433/memory\n",
    ] {
        let dsn = read(text);
        assert_eq!(dsn.to_string(), "database memory at db.example:5433 as ann");
        assert!(!format!("{dsn:?}").contains(PASSWORD));
        assert_eq!(password(&dsn).as_deref(), Some(PASSWORD));
    }
}

#[test]
fn a_url_is_cut_where_libpq_cuts_it() {
    for (text, target, secret) in [
        (
            "postgresql://u:a:b@h/d",
            "database d at h:5432 as u",
            Some("a:b"),
        ),
        (
            "postgresql://u:a?b#c@h/d",
            "database d at h:5432 as u",
            Some("a?b#c"),
        ),
        (
            "postgresql://u:%40%3a%2F%25@h",
            "database u at h:5432 as u",
            Some("@:/%"),
        ),
        (
            "postgresql://u:a+b@h:/d",
            "database d at h:5432 as u",
            Some("a+b"),
        ),
        (
            "postgresql://u@h1:1,h2,[::1]:3/d",
            "database d at h1:1 or h2:5432 or [::1]:3 as u",
            None,
        ),
        (
            "postgresql://u@/d?host=%2Frun%2Fpg&port=6543",
            "database d at /run/pg:6543 as u",
            None,
        ),
        (
            "postgresql://u@%2Frun%2Fpg/d?",
            "database d at /run/pg:5432 as u",
            None,
        ),
        (
            "postgresql://u@h?dbname=x&dbname=d",
            "database d at h:5432 as u",
            None,
        ),
        (
            "postgresql://h/d?user=me@corp",
            "database d at h:5432 as me@corp",
            None,
        ),
        (
            "postgres://u@h/d?hostaddr=192.0.2.7",
            "database d at h:5432 (192.0.2.7) as u",
            None,
        ),
        (
            "postgresql://u@/d?hostaddr=192.0.2.7",
            "database d at 192.0.2.7:5432 as u",
            None,
        ),
    ] {
        let dsn = read(text);
        assert_eq!(dsn.to_string(), target, "{text}");
        assert_eq!(password(&dsn).as_deref(), secret, "{text}");
    }
}

#[test]
fn pairs_are_quoted_as_in_libpq() {
    for (value, secret) in [
        ("'two  spaces'", "two  spaces"),
        (r"'it\'s \\ here'", r"it's \ here"),
        (r"it\'s", "it's"),
        (r"a\ b", "a b"),
        ("a'b", "a'b"),
        ("a=b", "a=b"),
        ("'a=b'", "a=b"),
        ("@:/?#%41", "@:/?#%41"),
    ] {
        let text = format!("host=h user=u password={value} dbname=d sslmode=require");
        assert_eq!(password(&read(&text)).as_deref(), Some(secret), "{value}");
    }
    let kept = read("host=h user=u password=p\\ ");
    assert_eq!(password(&kept).as_deref(), Some("p "));
}

#[test]
fn nothing_of_a_password_that_cuts_the_string_is_told_or_used() {
    for text in [
        "postgresql://app:S3cr@t-Canary@127.0.0.1:1/x",
        "postgresql://app:S3cr@t-Canary/z@127.0.0.1:1/x",
        "postgresql://app:S3cr/Canary@127.0.0.1:1/x",
        "postgresql://app:S3cr@Canary?x=y@h/x",
        "postgresql://app:S3cr@Canary?user=y@h/x",
        "postgresql://app:S3cr?Canary@x@h/x",
        "postgresql://app:S3cr#Canary/@h/x",
        "postgresql://app:Canary%zz@h/x",
        "postgresql://app:Canary%@h/x",
        "postgresql://app:Canary%00@h/x",
        "postgresql://app:Canary%ff@h/x",
        // Host and port are missing, or the password stands in their place.
        "postgresql://app:Canary/x",
        "postgresql://app:Canary",
        "postgresql://h:5432:Canary/x",
        "postgresql://u@h/x?password=a&Canary=b",
        "postgresql://u@h/x?password=a&Canary",
        "postgresql://app:12/w?Canary=y@h/x",
        "host=h password=two Canary dbname=x",
        "host=h password=two Canary=more dbname=x",
        "host=h password=two sslmodeCanary=more",
        "host=h password='Canary",
        "host=h password='it's Canary' dbname=x",
        "host=p@ss-Canary user=u",
        "host=app:Canary@h user=u",
        "Canary",
        "mysql://app:Canary@h/x",
        "'postgresql://app:Canary@h/x'",
        "postgresql:/app:Canary@h/x?sslmode=require",
        "postgresql//app:Canary@h/x?a=b",
        "//app:Canary@h/x?a=b",
        "app:Canary@h:5432/x?a=b",
        "app:Canary host=h",
        "postgresql://u@h/x?a;Canary=b",
    ] {
        let error = text.parse::<Dsn>().expect_err(text);
        let said = said(&error);
        assert!(
            !said.contains("Canary") && !said.contains("S3cr"),
            "{text}: {said}"
        );
    }
}

#[test]
fn what_is_wrong_is_named_with_what_to_do() {
    for (text, name, advice) in [
        (
            "postgresql+asyncpg://u@h/x",
            "postgresql+asyncpg://",
            "postgresql://",
        ),
        (
            "jdbc:postgresql://h/x",
            "jdbc:postgresql://",
            "postgresql://",
        ),
        ("mysql://u@h/x", "mysql://", "postgresql://"),
        ("postgresql://u@h/x?pgbouncer=true", "pgbouncer", "poolers"),
        ("postgresql://u@h/x?schema=memory", "schema", "search_path"),
        ("postgresql://u@h/x?ssl=no-verify", "ssl,", "sslmode"),
        (
            "postgresql://u@h/x?gssencmode=require",
            "gssencmode",
            "GSSAPI",
        ),
        ("postgresql://u@h/x?sslmod=require", "sslmod", "sslmode?"),
        (
            "host=h application_nam=x",
            "application_nam",
            "application_name?",
        ),
        (
            "host=h password=x sslmod=require",
            "a parameter",
            "sslmode?",
        ),
        (
            "postgresql://u@h/x?wholly_else=1",
            "wholly_else",
            "take it out",
        ),
        (
            "postgresql://u@h/x?client_encoding=latin1",
            "client_encoding",
            "UTF-8",
        ),
        (
            "postgresql://u@h/x?require_auth=md5",
            "require_auth",
            "channel_binding",
        ),
        ("postgresql://u@h:99999/x", "99999", "port"),
        ("postgresql://u@h:0/x", "0 is not", "port"),
        ("postgresql://u@h:x/x", "no port", "number"),
        ("postgresql://u@::1/x", "no port", "between [ and ]"),
        ("postgresql://u@[::1/x", "begins with [", "[2001:db8::1]"),
        ("postgresql://@h/x", "no user", "USER@HOST"),
        ("postgresql://:pw@h/x", "no user", "USER@HOST"),
        ("postgresql://u@h/x?sslmode=maybe", "sslmode", "verify-full"),
        ("postgresql://u@h/x?sslmode=", "", ""),
        (
            "postgresql://u@h/x?connect_timeout=soon",
            "connect_timeout",
            "connect_timeout=10",
        ),
        ("postgresql://u@h/x?hostaddr=h", "hostaddr", "192.0.2.7"),
        (
            "postgresql://u@h1,h2/x?hostaddr=192.0.2.7",
            "1 addresses for 2 hosts",
            "one address for each",
        ),
        (
            "postgresql://u@h/x?port=1,2",
            "2 ports for 1 hosts",
            "one for each",
        ),
        ("postgresql://u@h/x?sslcert=c.pem", "sslcert", "sslkey"),
        (
            "postgresql://u@h/x?sslnegotiation=direct",
            "sslnegotiation",
            "sslmode=require",
        ),
        ("\"postgresql://u@h/x\"", "quotation mark", "take"),
        ("psql 'postgresql://u@h/x'", "psql", "what follows"),
        (
            "postgresql://u@h/x?service=none",
            "service",
            "pg_service.conf",
        ),
        (
            "host=h dbname = x nonsense",
            "what follows dbname=…",
            "between ' and '",
        ),
    ] {
        match text.parse::<Dsn>() {
            Ok(_) => assert_eq!(name, "", "{text}"),
            Err(error) => {
                assert!(error.to_string().contains(name), "{text}: {error}");
                assert!(
                    error.advice().contains(advice),
                    "{text}: {}",
                    error.advice()
                );
                assert!(!name.is_empty(), "{text}: {error}");
            }
        }
    }
}

#[test]
fn what_changes_nothing_is_taken_and_told() {
    let dsn = read(
        "postgresql://u@h/x?gssencmode=disable&krbsrvname=postgres&sslcompression=0&client_encoding=UTF8&keepalives=1&keepalives_idle=30&ssl=true&",
    );
    assert_eq!(dsn.idle, ["gssencmode", "krbsrvname", "client_encoding"]);
    assert_eq!(dsn.encryption.mode(&dsn.endpoints[0]), Mode::Always);
}

#[test]
fn the_environment_fills_what_the_string_leaves_open() {
    let variables = [
        ("PGHOST", "envhost"),
        ("PGPORT", "6543"),
        ("PGUSER", "envuser"),
        ("PGDATABASE", "envdb"),
        ("PGPASSWORD", "envpass"),
        ("PGSSLMODE", "disable"),
        ("PGOPTIONS", "-c search_path=tulving"),
        ("PGAPPNAME", "mine"),
        ("PGCONNECT_TIMEOUT", "3"),
    ];
    let dsn = Dsn::read("postgresql://", &around(variables)).unwrap();
    assert_eq!(dsn.to_string(), "database envdb at envhost:6543 as envuser");
    assert_eq!(password(&dsn).as_deref(), Some("envpass"));
    assert_eq!(dsn.encryption.mode(&dsn.endpoints[0]), Mode::Off);
    assert_eq!(dsn.search_path(), Some("tulving"));
    assert_eq!(dsn.timeout, Some(Duration::from_secs(3)));
    let dsn = Dsn::read("postgresql://u:p@h:1/d?sslmode=require", &around(variables)).unwrap();
    assert_eq!(dsn.to_string(), "database d at h:1 as u");
    assert_eq!(password(&dsn).as_deref(), Some("p"));
    assert_eq!(dsn.encryption.mode(&dsn.endpoints[0]), Mode::Always);
    let dsn = Dsn::read("postgresql://@h/d", &around([("PGUSER", "envuser")])).unwrap();
    assert_eq!(dsn.user.as_deref(), Some("envuser"));
    let dsn = Dsn::read("postgresql://h", &around([])).unwrap();
    assert_eq!(dsn.to_string(), "database os-user at h:5432 as os-user");
    let wrong = Dsn::read("postgresql://h", &around([("PGSSLMODE", "on")])).unwrap_err();
    assert!(wrong.to_string().contains("PGSSLMODE"), "{wrong}");
    let shown = format!("{:?}", around(variables));
    assert!(!shown.contains("envpass"), "{shown}");
}

#[test]
fn a_service_stands_between_the_string_and_the_environment() {
    let home = tempfile::tempdir().unwrap();
    let services = "[one]\nhost=service\nport=7\nuser=s\n[bad]\nhots=x\n";
    std::fs::write(home.path().join(".pg_service.conf"), services).unwrap();
    let mut around = around([("PGHOST", "env"), ("PGDATABASE", "envdb")]);
    around.home = Some(home.path().to_owned());
    let dsn = Dsn::read("postgresql://?service=one&port=8", &around).unwrap();
    assert_eq!(dsn.to_string(), "database envdb at service:8 as s");
    let bad = Dsn::read("service=bad", &around).unwrap_err();
    assert!(bad.to_string().contains("hots, in [bad] of"), "{bad}");
    assert!(bad.advice().contains("host?"), "{}", bad.advice());
    around
        .variables
        .insert("PGSERVICE".to_owned(), "one".to_owned());
    let dsn = Dsn::read("postgresql://", &around).unwrap();
    assert_eq!(dsn.to_string(), "database envdb at service:7 as s");
}

fn with_password_file(lines: &str, mode: u32) -> (tempfile::TempDir, Surroundings) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".pgpass");
    std::fs::write(&path, lines).unwrap();
    permit(&path, mode);
    let mut around = around([]);
    around.home = Some(home.path().to_owned());
    (home, around)
}

fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_password_file_is_read_as_libpq_reads_it() {
    let lines = "# comment\n\nh:5432:d:other:no\nh:1:d:u:one\r\nh:*:d:u:fi\\:ve\\\\\n\
                 localhost:5432:*:u:socket\n\\:\\:1:5432:d:u:six\n/own:5432:d:u:own\n*:*:*:last:x:y\n*:*:*:none:\n";
    let (_home, around) = with_password_file(lines, 0o600);
    for (text, secret) in [
        ("postgresql://u@h:1/d", Some("one")),
        ("postgresql://u@h/d", Some("fi:ve\\")),
        ("postgresql://u@[::1]/d", Some("six")),
        ("postgresql://u@localhost/other", Some("socket")),
        ("postgresql://u@/d?host=/var/run/postgresql", Some("socket")),
        ("postgresql://u@/d?host=/own", Some("own")),
        ("postgresql://last@anywhere/d", Some("x")),
        ("postgresql://none@anywhere/d", None),
        ("postgresql://u@h:2/e", None),
        ("postgresql://u:given@h/d", Some("given")),
    ] {
        let dsn = Dsn::read(text, &around).unwrap();
        assert_eq!(password(&dsn).as_deref(), secret, "{text}");
    }
}

#[test]
fn a_password_file_that_others_can_read_is_not_used() {
    let (home, mut around) = with_password_file("*:*:*:*:canary-7f3a", 0o640);
    let dsn = Dsn::read("postgresql://u@h/d", &around).unwrap();
    let attempt = dsn.attempt(&dsn.endpoints[0]);
    assert_eq!(attempt.config.get_password(), None);
    let warning = attempt.warning.unwrap();
    assert!(
        warning.contains("chmod 0600") && !warning.contains(PASSWORD),
        "{warning}"
    );
    let own = home.path().join("own");
    std::fs::write(&own, "*:*:*:*:mine").unwrap();
    permit(&own, 0o600);
    around
        .variables
        .insert("PGPASSFILE".to_owned(), own.display().to_string());
    let dsn = Dsn::read("postgresql://u@h/d", &around).unwrap();
    assert_eq!(password(&dsn).as_deref(), Some("mine"));
}

#[test]
fn tls_is_asked_for_where_the_server_is_far() {
    for (text, mode) in [
        ("postgresql://db.example/m", Mode::Always),
        ("postgresql://db.example/m?sslmode=disable", Mode::Off),
        ("postgresql://localhost/m", Mode::Off),
        ("postgresql://127.0.0.1/m?sslmode=require", Mode::Always),
        ("postgresql://localhost/m?hostaddr=192.0.2.7", Mode::Always),
        ("postgresql:///m?host=/run/pg", Mode::Off),
        ("postgresql:///m?host=/run/pg&sslmode=require", Mode::Off),
        ("host=db.example sslmode=prefer", Mode::Offered),
        ("host=db.example sslmode=allow", Mode::Offered),
        ("host=localhost sslrootcert=ca.crt", Mode::Always),
        ("host=localhost channel_binding=require", Mode::Always),
        ("host=localhost channel_binding=prefer", Mode::Off),
        (
            "host=localhost sslmode=disable sslrootcert=ca.crt",
            Mode::Off,
        ),
        ("host=/run/pg sslrootcert=ca.crt", Mode::Off),
    ] {
        let dsn = read(text);
        assert_eq!(dsn.encryption.mode(&dsn.endpoints[0]), mode, "{text}");
    }
    let variable = Dsn::read("host=localhost", &around([("PGSSLROOTCERT", "ca.crt")])).unwrap();
    assert_eq!(variable.encryption.mode(&variable.endpoints[0]), Mode::Off);
    let near_and_far = read("postgresql://localhost,db.example/m");
    let modes = near_and_far
        .endpoints
        .iter()
        .map(|one| near_and_far.encryption.mode(one));
    assert_eq!(modes.collect::<Vec<_>>(), [Mode::Off, Mode::Always]);
}

#[test]
fn a_name_is_left_unchecked_only_with_a_file_of_ones_own() {
    for (text, checked) in [
        ("host=h sslmode=require sslrootcert=ca.crt", true),
        ("host=h sslmode=verify-full sslrootcert=ca.crt", true),
        ("host=h sslmode=verify-ca sslrootcert=ca.crt", false),
        ("host=h sslmode=verify-ca", true),
        ("host=h sslmode=verify-ca sslrootcert=system", true),
        ("host=h sslrootcert=ca.crt", true),
    ] {
        assert_eq!(read(text).encryption.check_name, checked, "{text}");
    }
}

#[test]
fn libpqs_own_files_are_found() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".postgresql");
    std::fs::create_dir(&directory).unwrap();
    let mut around = around([]);
    around.home = Some(home.path().to_owned());
    for name in ["root.crt", "postgresql.crt", "postgresql.key"] {
        std::fs::write(directory.join(name), "").unwrap();
    }
    let dsn = Dsn::read("host=h", &around).unwrap();
    assert_eq!(dsn.encryption.roots, Some(directory.join("root.crt")));
    let client = (
        directory.join("postgresql.crt"),
        directory.join("postgresql.key"),
    );
    assert_eq!(dsn.encryption.client, Some(client));
    let dsn = Dsn::read("host=h sslrootcert=system", &around).unwrap();
    assert_eq!(dsn.encryption.roots, None);
}

/// What is shown of a string, whether it can be used or not.
fn shown(text: &str) -> String {
    match text.parse::<Dsn>() {
        Ok(dsn) => format!("{dsn} {dsn:?}"),
        Err(error) => said(&error),
    }
}

proptest! {
    #[test]
    fn no_password_is_shown_whatever_is_in_it(
        before in "[ -~]{0,6}", after in "[ -~]{0,6}",
        more in r"[ '=\\@:/?#%&x]{0,6}",
    ) {
        for text in [
            format!("postgresql://u:{before}Canary{after}@h.example:5432/d?sslmode=require"),
            format!("postgresql://u:{before}Canary{after}@h1.example,h2.example"),
            format!("host=h password={more}Canary{more} user=u"),
            format!("postgresql://u@h/d?password={more}Canary{more}"),
        ] {
            prop_assert!(!shown(&text).contains("Canary"), "{text}: {}", shown(&text));
        }
    }
}
