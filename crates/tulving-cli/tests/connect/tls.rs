//! Whose certificate is taken, and what the password is bound to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use sha2::{Digest as _, Sha256};

use crate::door::{Door, Home, certificate, encrypt, file, receive, refuse, send, start_up};

/// A server with one of the certificates; whether the handshake came to an end.
fn shows(name: &'static str) -> Door<bool> {
    Door::open(move |stream: TcpStream| {
        let Some(mut stream) = encrypt(stream, name, false) else {
            return false;
        };
        // A visitor who does not like the certificate says so only now.
        let came_in = start_up(&mut stream).is_some();
        refuse(&mut stream, "28000", "far enough");
        came_in
    })
}

#[test]
fn a_certificate_is_taken_where_somebody_who_is_trusted_vouches_for_it() {
    let home = Home::new();
    for (shown, wanted, says) in [
        // Made for itself, as PostgreSQL's manual shows, and named as it is.
        (
            "self",
            "host=localhost sslmode=verify-full sslrootcert=self.crt",
            "far enough",
        ),
        (
            "self",
            "host=localhost sslmode=require sslrootcert=self.crt",
            "far enough",
        ),
        ("self", "host=localhost sslrootcert=self.crt", "far enough"),
        (
            "self",
            "host=dbhost hostaddr=127.0.0.1 sslrootcert=self.crt",
            "is for localhost, not for dbhost",
        ),
        (
            "self",
            "host=127.0.0.1 sslrootcert=self.crt",
            "add host=localhost&hostaddr=127.0.0.1",
        ),
        (
            "self",
            "host=127.0.0.1 sslmode=verify-ca sslrootcert=self.crt",
            "far enough",
        ),
        (
            "self",
            "host=localhost sslmode=require",
            "nobody who is trusted",
        ),
        (
            "self",
            "host=localhost sslmode=prefer",
            "nobody who is trusted",
        ),
        (
            "self",
            "host=localhost sslmode=verify-ca sslrootcert=root.crt",
            "nobody who is trusted",
        ),
        // Of version 1, by an authority of one's own.
        (
            "old",
            "host=localhost sslmode=verify-full sslrootcert=root.crt",
            "far enough",
        ),
        (
            "old",
            "host=localhost sslmode=verify-full sslrootcert=old.crt",
            "far enough",
        ),
        (
            "old",
            "host=dbhost hostaddr=127.0.0.1 sslrootcert=root.crt",
            "is for localhost, not for dbhost",
        ),
        (
            "old",
            "host=localhost sslmode=verify-ca sslrootcert=self.crt",
            "nobody who is trusted",
        ),
        (
            "old",
            "host=localhost sslmode=require sslrootcert=system",
            "nobody who is trusted",
        ),
        // With alternative names, beside which the common name counts for nothing.
        (
            "named",
            "host=db.example.com hostaddr=127.0.0.1 sslrootcert=root.crt",
            "far enough",
        ),
        (
            "named",
            "host=a.db.example.com hostaddr=127.0.0.1 sslrootcert=root.crt",
            "far enough",
        ),
        (
            "named",
            "host=localhost sslrootcert=root.crt",
            "is for db.example.com, *.db.example.com, not for localhost",
        ),
        (
            "named",
            "host=localhost sslrootcert=named.crt",
            "add host=db.example.com&hostaddr=127.0.0.1",
        ),
        (
            "named",
            "host=localhost sslmode=verify-ca sslrootcert=root.crt",
            "far enough",
        ),
        (
            "named",
            "host=db.example.com hostaddr=127.0.0.1 sslrootcert=self.crt",
            "nobody who is trusted",
        ),
        // Its time is over, though it is the very one.
        (
            "over",
            "host=localhost sslmode=verify-ca sslrootcert=over.crt",
            "not valid at this time",
        ),
    ] {
        let door = shows(shown);
        // The files are beside this one; `system` is none.
        let wanted = match wanted.rsplit_once("sslrootcert=") {
            Some((before, name)) if name != "system" => {
                format!("{before}sslrootcert='{}'", file(name).display())
            }
            _ => wanted.to_owned(),
        };
        let ran = home
            .ask_at(&format!("{wanted} port={} user=u dbname=x", door.port))
            .expect(7);
        ran.says(says);
        assert_eq!(
            door.next(),
            says == "far enough",
            "{shown}, {wanted}: {}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("pg_isready"), "{}", ran.stderr);
    }
}

/// How somebody logs in: the mechanism, the header of the first message, what the channel is
/// bound to.
type Login = (String, String, String);

/// Offers these mechanisms, and returns what was chosen.
fn log_in(stream: &mut (impl Read + Write), offers: &str) -> Option<Login> {
    start_up(stream)?;
    let offer = [&10_u32.to_be_bytes(), offers.as_bytes(), b"\0"].concat();
    send(stream, b'R', &offer);
    let chosen = String::from_utf8(receive(stream)?.into_iter().map(printable).collect()).unwrap();
    let (mechanism, first) = chosen.split_once('\0')?;
    let (header, nonce) = first.trim_start_matches('\0').split_once(",n=,r=")?;
    let header = header
        .trim_start_matches(|c: char| !"npy".contains(c))
        .to_owned();
    let challenge = format!("r={nonce}+,s=c2FsdA==,i=4096");
    send(
        stream,
        b'R',
        &[&11_u32.to_be_bytes(), challenge.as_bytes()].concat(),
    );
    let proof = String::from_utf8(receive(stream)?).unwrap();
    refuse(stream, "28000", "far enough");
    let bound = proof.split(',').next()?.strip_prefix("c=")?.to_owned();
    Some((mechanism.to_owned(), header, bound))
}

/// The length between mechanism and message is no text.
fn printable(byte: u8) -> u8 {
    if byte.is_ascii_graphic() { byte } else { 0 }
}

const BOTH: &str = "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0";
const WITHOUT: &str = "SCRAM-SHA-256\0";

#[test]
fn the_password_is_bound_to_the_servers_certificate() {
    let home = Home::new();
    let asks = |offers: &'static str, more: &str| {
        let door = Door::open(move |stream: TcpStream| {
            log_in(&mut encrypt(stream, "self", false)?, offers)
        });
        let (root, port) = (file("self.crt"), door.port);
        let url = format!(
            "host=localhost port={port} user=u password=p dbname=x sslrootcert='{}' {more}",
            root.display()
        );
        let ran = home.ask_at(&url).expect(7);
        (ran, door.next())
    };
    let digest = Sha256::digest(certificate("self")).to_vec();
    let bound = base64(&[b"p=tls-server-end-point,,", digest.as_slice()].concat());
    let plus = (
        "SCRAM-SHA-256-PLUS".to_owned(),
        "p=tls-server-end-point,".to_owned(),
        bound,
    );
    for more in ["", "channel_binding=prefer", "channel_binding=require"] {
        assert_eq!(asks(BOTH, more).1, Some(plus.clone()), "{more}");
    }
    let unbound = |header: &str| {
        let bound = base64(format!("{header},").as_bytes());
        Some(("SCRAM-SHA-256".to_owned(), header.to_owned(), bound))
    };
    assert_eq!(asks(BOTH, "channel_binding=disable").1, unbound("n,"));
    // The server is told that it could have been, so that nobody in between can deny it.
    assert_eq!(asks(WITHOUT, "channel_binding=prefer").1, unbound("y,"));
    let (ran, login) = asks(WITHOUT, "channel_binding=require");
    assert_eq!(login, None);
    ran.says("channel_binding=require, and")
        .says("try: channel_binding=prefer");
}

#[test]
fn without_tls_there_is_no_channel_to_bind() {
    let home = Home::new();
    let asks = |more: &str| {
        let door = Door::open(|mut stream: TcpStream| log_in(&mut stream, WITHOUT));
        let url = format!(
            "postgresql://u:p@127.0.0.1:{}/x?sslmode=disable{more}",
            door.port
        );
        let ran = home.ask_at(&url).expect(7);
        (ran, door.next())
    };
    let (_, login) = asks("");
    assert_eq!(login.unwrap().1, "n,");
    let (ran, login) = asks("&channel_binding=require");
    assert_eq!(login, None);
    ran.says("channel_binding=require, and")
        .says("try: add sslmode=require");
}

#[test]
fn a_client_shows_the_certificate_that_it_was_given() {
    let home = Home::new();
    let door = Door::open(|stream: TcpStream| {
        let mut stream = encrypt(stream, "self", true)?;
        let shown = stream
            .conn
            .peer_certificates()?
            .first()?
            .clone()
            .into_owned();
        start_up(&mut stream)?;
        refuse(&mut stream, "28000", "far enough");
        Some(shown)
    });
    for name in ["named.crt", "named.key", "self.key"] {
        home.write(name, &std::fs::read_to_string(file(name)).unwrap());
    }
    let url = format!(
        "host=localhost port={} user=u dbname=x sslmode=require sslrootcert='{}'",
        door.port,
        file("self.crt").display()
    );
    home.ask_at(&format!("{url} sslcert=named.crt sslkey=named.key"))
        .expect(7)
        .says("far enough");
    assert_eq!(door.next(), Some(certificate("named")));
    // Where libpq looks for them.
    std::fs::create_dir(home.path(".postgresql")).unwrap();
    for (from, to) in [
        ("named.crt", "postgresql.crt"),
        ("named.key", "postgresql.key"),
    ] {
        std::fs::rename(home.path(from), home.path(".postgresql").join(to)).unwrap();
    }
    home.ask_at(&url).expect(7).says("far enough");
    assert_eq!(door.next(), Some(certificate("named")));

    let mixed = format!("{url} sslcert=.postgresql/postgresql.crt sslkey=self.key");
    home.ask_at(&mixed)
        .expect(2)
        .says("self.key does not hold the private key of");
    home.ask_at(&format!(
        "{url} sslcert=.postgresql/postgresql.crt sslkey=none"
    ))
    .expect(2)
    .says("reading none");
    std::fs::set_permissions(
        home.path("self.key"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    home.ask_at(&mixed).expect(2).says("chmod 0600 self.key");
    let none = url.replace("self.crt", "self.key");
    home.ask_at(&none)
        .expect(2)
        .says("holds no certificate in PEM form");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | usize::from(three.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * at) & 63];
            text.push(if at > three.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text
}
