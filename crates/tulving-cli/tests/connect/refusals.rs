//! What a server, or its absence, says at the door, and what is to be done about it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::door::{Door, Home, refuse, send, start_up_in_plain};

fn refuses(code: &'static str, message: &'static str) -> Door<()> {
    Door::open(move |mut stream: TcpStream| {
        start_up_in_plain(&mut stream);
        refuse(&mut stream, code, message);
    })
}

#[test]
fn each_refusal_has_an_advice_of_its_own() {
    let home = Home::new();
    for (code, message, advice) in [
        (
            "28000",
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"u\", database \"x\", no encryption",
            "sslmode=require",
        ),
        (
            "28000",
            "kein pg_hba.conf-Eintrag für Host »1.2.3.4«, Benutzer »u«, Datenbank »x«, keine Verschlüsselung",
            "sslmode=require",
        ),
        ("28000", "role \"u\" does not exist", "createuser u"),
        (
            "28000",
            "role \"u\" is not permitted to log in",
            "ALTER ROLE u LOGIN",
        ),
        (
            "28000",
            "Peer authentication failed for user \"u\"",
            "host=localhost",
        ),
        (
            "28000",
            "connection requires a valid client certificate",
            "sslcert=FILE",
        ),
        ("28000", "something else", "psql \"$DATABASE_URL\""),
        (
            "28P01",
            "password authentication failed for user \"u\"",
            "in the connection string",
        ),
        ("3D000", "database \"x\" does not exist", "createdb x "),
        ("3D000", "Datenbank »x« existiert nicht", "createdb x "),
        (
            "42501",
            "permission denied for database \"x\"",
            "GRANT CONNECT ON DATABASE x TO u",
        ),
        (
            "53300",
            "too many connections for role \"u\"",
            "need two connections",
        ),
        (
            "53300",
            "sorry, too many clients already",
            "a larger max_connections",
        ),
        (
            "53300",
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "a larger max_connections",
        ),
        (
            "53300",
            "too many connections for database \"x\"",
            "ALTER DATABASE x CONNECTION LIMIT 10",
        ),
        (
            "53300",
            "zu viele Verbindungen für Rolle »u«",
            "ALTER ROLE u CONNECTION LIMIT 10",
        ),
        (
            "53300",
            "zu viele Verbindungen für Datenbank »x«",
            "ALTER DATABASE x CONNECTION LIMIT 10",
        ),
        (
            "55000",
            "database \"x\" is not currently accepting connections",
            "ALTER DATABASE x ALLOW_CONNECTIONS true",
        ),
        (
            "08P01",
            "no more connections allowed (max_client_conn)",
            "max_client_conn in the pooler's",
        ),
        (
            "57P03",
            "the database system is starting up",
            "the same command again once",
        ),
        (
            "08P01",
            "unsupported startup parameter in options: statement_timeout",
            "take options out",
        ),
        (
            "08P01",
            "no such database: x",
            "that the pooler is set up for",
        ),
        ("XX000", "Tenant or user not found", "USER.PROJECT"),
        ("XX000", "a reason of its own", "is refused in the same way"),
    ] {
        let door = refuses(code, message);
        let ran = home
            .ask_at(&format!("postgresql://u:secret@127.0.0.1:{}/x", door.port))
            .expect(7);
        ran.says(&format!("error: {message}")).says(advice);
        assert!(!ran.stderr.contains("try: pg_isready"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    }
}

#[test]
fn what_is_no_postgresql_is_told_apart_from_no_server() {
    let home = Home::new();
    let web = Door::open(|mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let url = |port: u16, more: &str| format!("postgresql://u:p@127.0.0.1:{port}/x{more}");
    let ran = home.ask_at(&url(web.port, "")).expect(7);
    ran.says("does not speak PostgreSQL's protocol")
        .says("correct host and port");
    home.ask_at(&url(web.port, "?sslmode=require"))
        .expect(7)
        .says("does not speak TLS");

    // MySQL speaks first. Asked for TLS it seems not to know any.
    let mysql = Door::open(|mut stream: TcpStream| {
        let _ = stream.write_all(b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0");
        let _ = stream.read(&mut [0; 512]);
    });
    let ran = home.ask_at(&url(mysql.port, "")).expect(7);
    ran.says("does not speak PostgreSQL's protocol")
        .says("correct host and port");
    let ran = home.ask_at(&url(mysql.port, "?sslmode=require")).expect(7);
    ran.says("does not speak TLS")
        .says("or correct host and port, if something else listens there");

    let shell = Door::open(|mut stream: TcpStream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        let _ = stream.read(&mut [0; 512]);
    });
    let ran = home.ask_at(&url(shell.port, "?sslmode=require")).expect(7);
    ran.says("does not answer in TLS")
        .says("correct host and port");

    let mute = Door::open(|mut stream: TcpStream| {
        start_up_in_plain(&mut stream);
    });
    let ran = home.ask_at(&url(mute.port, "")).expect(7);
    ran.says("closed the connection without a word")
        .says("server's log");

    let kerberos = Door::open(|mut stream: TcpStream| {
        start_up_in_plain(&mut stream);
        send(&mut stream, b'R', &7_u32.to_be_bytes());
        let _ = stream.read(&mut [0; 512]);
    });
    let ran = home.ask_at(&url(kerberos.port, "")).expect(7);
    ran.says("a way to log in").says("scram-sha-256");

    let plain = Door::open(|mut stream: TcpStream| {
        start_up_in_plain(&mut stream);
    });
    let ran = home.ask_at(&url(plain.port, "?sslmode=require")).expect(7);
    ran.says("the server does not speak TLS")
        .says("sslmode=disable");

    let ran = home
        .ask_at("postgresql://u:p@no-such-host.invalid/x")
        .expect(7);
    ran.says("the host no-such-host.invalid is not known")
        .says("getent hosts no-such-host.invalid");

    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let ran = home.ask_at(&url(gone, "")).expect(7);
    ran.says("error: Connection refused")
        .says("try: pg_isready");

    // Nobody takes this one in: it waits in the listener's queue.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let ran = home.ask_at(&url(port, "?connect_timeout=1")).expect(7);
    ran.says("no answer within 1 s").says("connect_timeout=60");
    // This one takes everybody in and says nothing.
    let mute = Door::open(|mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ran = home.ask_at(&url(mute.port, "?connect_timeout=1")).expect(7);
    ran.says("no answer within 1 s")
        .says("try: correct host and port");

    // This one lets everyone in and answers no question.
    let tired = Door::open(|mut stream: TcpStream| {
        start_up_in_plain(&mut stream);
        send(&mut stream, b'R', &0_u32.to_be_bytes());
        send(&mut stream, b'Z', b"I");
        while stream.read(&mut [0; 512]).is_ok_and(|read| read > 0) {}
    });
    let silent = "?connect_timeout=1&target_session_attrs=read-write";
    let ran = home.ask_at(&url(tired.port, silent)).expect(7);
    ran.says("no answer within 1 s").says("connect_timeout=60");

    let ran = home.ask_at("postgresql://u@/x?host=/nowhere").expect(7);
    ran.says("no server listens on the socket /nowhere/.s.PGSQL.5432");
}

#[test]
fn hosts_are_tried_in_turn_until_one_gives_a_reason() {
    let home = Home::new();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let starting = refuses("57P03", "the database system is starting up");
    let (first, second) = (refuses("28P01", "not you"), refuses("28P01", "nor you"));
    let (starting_port, first_port, second_port) = (starting.port, first.port, second.port);
    let hosts = format!(
        "127.0.0.1:{gone},127.0.0.1:{starting_port},127.0.0.1:{first_port},127.0.0.1:{second_port}"
    );
    let ran = home.ask_at(&format!("postgresql://u@{hosts}/x")).expect(7);
    ran.says("error: not you")
        .says(&format!("at 127.0.0.1:{first_port} as u"));
    ran.says(&format!(
        "before that, at 127.0.0.1:{gone}: Connection refused"
    ));
    ran.says("the database system is starting up");
    // What is told of a visit may come after the visitor has gone.
    starting.next();
    first.next();
    let more = [&starting, &first, &second].map(|door| door.seen().len());
    assert_eq!(more, [0, 0, 0]);
}

#[test]
fn nobody_is_advised_to_log_in_as_the_role_of_the_wall() {
    let home = Home::new();
    let door = refuses("28000", "role \"tulving_app\" is not permitted to log in");
    let url = format!("postgresql://tulving_app@127.0.0.1:{}/x", door.port);
    let ran = home.ask_at(&url).expect(7);
    ran.says("GRANT tulving_app TO USER");
    assert!(!ran.stderr.contains("ALTER ROLE"), "{}", ran.stderr);
}
