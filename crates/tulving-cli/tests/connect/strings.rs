//! A connection string means what it means to psql, and nothing of a password is shown.

use std::net::TcpStream;

use crate::door::{Door, Home, receive, refuse, send, start_up_in_plain};
use crate::ran::{Ran, keys};

/// Asks for the bare password, and returns what was sent: the start-up message and the password.
fn takes_passwords() -> Door<(Vec<(String, String)>, String)> {
    Door::open(|mut stream: TcpStream| {
        let start = start_up_in_plain(&mut stream);
        send(&mut stream, b'R', &3_u32.to_be_bytes());
        let password = receive(&mut stream).unwrap_or_default();
        refuse(&mut stream, "28000", "far enough");
        let password = String::from_utf8(password).unwrap();
        (start, password.trim_end_matches('\0').to_owned())
    })
}

#[test]
fn the_password_arrives_as_it_was_written() {
    let (door, home) = (takes_passwords(), Home::new());
    let port = door.port;
    home.write(
        ".pgpass",
        &format!("*:1:*:*:no\n127.0.0.1:{port}:x:app:from\\:file\n"),
    );
    let url = format!("postgresql://app@127.0.0.1:{port}/x");
    let quoted = |password: &str| {
        format!("host=127.0.0.1 port={port} user=app dbname=x sslmode=disable password={password}")
    };
    for (variables, password) in [
        (
            [
                ("DATABASE_URL", quoted("'two  spaces'")),
                ("A", String::new()),
            ],
            "two  spaces",
        ),
        (
            [("DATABASE_URL", quoted(r"it\'s")), ("A", String::new())],
            "it's",
        ),
        (
            [
                ("DATABASE_URL", url.replace("app", "app:p%40ss%3A")),
                ("A", String::new()),
            ],
            "p@ss:",
        ),
        (
            [
                ("DATABASE_URL", url.clone()),
                ("PGPASSWORD", "from env".to_owned()),
            ],
            "from env",
        ),
        (
            [("DATABASE_URL", url.clone()), ("A", String::new())],
            "from:file",
        ),
        (
            [
                ("DATABASE_URL", url.replace("app@", "app:given@")),
                ("PGPASSWORD", "env".to_owned()),
            ],
            "given",
        ),
    ] {
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let ran = home.ask(&variables).expect(7);
        ran.says("far enough");
        assert!(!ran.stderr.contains(password), "{}", ran.stderr);
        assert_eq!(door.next().1, password);
    }
}

#[test]
fn the_environment_says_what_the_string_does_not() {
    let (door, home) = (takes_passwords(), Home::new());
    let port = door.port.to_string();
    let around = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port.as_str()),
        ("PGUSER", "ann"),
        ("PGDATABASE", "memory"),
        ("PGPASSWORD", "secret"),
        ("PGAPPNAME", "mine"),
        (
            "PGOPTIONS",
            "-c search_path=tulving,extensions -c work_mem=8MB",
        ),
    ];
    let mut command = home.command(&["schema", "status", "--json"]);
    let missing: Ran = command.envs(around).output().unwrap().into();
    let missing = missing.expect(2);
    assert_eq!(
        keys(&missing.json()["error"]),
        ["causes", "exit", "hint", "message"]
    );
    missing.says("DATABASE_URL environment variable not set");
    missing.says("export DATABASE_URL=postgresql:// ");
    assert!(
        door.seen().is_empty(),
        "nothing but DATABASE_URL chooses a database"
    );

    home.ask(&[&around[..], &[("DATABASE_URL", "postgresql://")]].concat())
        .expect(7);
    let (mut start, password) = door.next();
    start.sort();
    let sent: Vec<(&str, &str)> = start
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            ("application_name", "mine"),
            ("client_encoding", "UTF8"),
            ("database", "memory"),
            // The search path is set later: poolers refuse it here.
            ("options", "-c work_mem=8MB"),
            ("user", "ann"),
        ]
    );
    assert_eq!(password, "secret");
}

#[test]
fn a_password_file_that_others_can_read_is_named_and_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let (door, home) = (takes_passwords(), Home::new());
    home.write(".pgpass", "*:*:*:*:canary\n");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(home.path(".pgpass"), open).unwrap();
    let ran = home
        .ask_at(&format!("postgresql://app@127.0.0.1:{}/x", door.port))
        .expect(7);
    ran.says("the server asks for a password, and none was given");
    ran.says("can be read by others").says("chmod 0600");
    assert_eq!(door.next().1, "");
}

#[test]
fn nothing_of_a_string_that_cannot_be_read_for_certain_is_shown_anywhere() {
    let home = Home::new();
    home.write("config.yaml", "memory: { backend: postgres }\n");
    for url in [
        "postgresql://app:S3cr@t-Canary@127.0.0.1:1/x",
        "postgresql://app:S3cr@t-Canary/z@127.0.0.1:1/x",
        "postgresql://app:S3cr/t-Canary@127.0.0.1:1/x",
        "postgresql://app:S3cr?t-Canary@x@127.0.0.1:1/x",
        "postgresql://app:S3cr%t-Canary@127.0.0.1:1/x",
        "postgresql://app:S3cr-Canary/x",
        "host=127.0.0.1 password=S3cr t-Canary dbname=x",
        "host=127.0.0.1 password=S3cr t-Canary=1 dbname=x",
        "mysql://app:S3cr-Canary@127.0.0.1/x",
    ] {
        for args in [
            &["schema", "status"][..],
            &["schema", "status", "--json"],
            &["doctor"],
            &["doctor", "--json"],
            &["config", "show"],
            &["config", "show", "--json"],
        ] {
            let ran = home
                .command(args)
                .env("DATABASE_URL", url)
                .output()
                .unwrap();
            let said = [ran.stdout, ran.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(said.contains("connection string"), "{url} {args:?}: {said}");
            for part in ["Canary", "S3cr"] {
                assert!(!said.contains(part), "{url} {args:?}: {said}");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_string_is_named_before_anyone_is_asked() {
    let home = Home::new();
    for (url, names, advice) in [
        (
            "postgresql+asyncpg://u@127.0.0.1:1/x",
            "postgresql+asyncpg://",
            "postgresql:// there",
        ),
        (
            "mysql://u@127.0.0.1:1/x",
            "mysql://",
            "postgresql://USER@HOST",
        ),
        (
            "postgresql://u@127.0.0.1:1/x?pgbouncer=true",
            "pgbouncer",
            "take it out",
        ),
        (
            "postgresql://u@127.0.0.1:1/x?schema=memory",
            "schema",
            "--schema NAME",
        ),
        ("postgresql://u@127.0.0.1:99999/x", "99999", "port"),
        (
            "postgresql://u@127.0.0.1:1/x?sslmod=require",
            "sslmod",
            "did you mean sslmode?",
        ),
        ("postgresql://@127.0.0.1:1/x", "no user", "USER@HOST"),
    ] {
        let ran = home.ask_at(url).expect(2);
        ran.says(names).says(advice);
    }
    let ran = home
        .ask_at("postgresql://u@127.0.0.1:1/x?gssencmode=disable")
        .expect(7);
    ran.says("Connection refused")
        .says("without effect here: gssencmode");
}
