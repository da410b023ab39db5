//! Servers that are asked in and show what they were told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::ran::Ran;

/// A server on a port of its own, which does the same with everyone who comes.
pub(crate) struct Door<T> {
    pub(crate) port: u16,
    seen: Receiver<T>,
}

impl<T: Send + 'static> Door<T> {
    /// Opens it; what `meet` returns of each visitor is kept.
    pub(crate) fn open(meet: impl Fn(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, seen) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if tell.send(meet(stream)).is_err() {
                    return;
                }
            }
        });
        Self { port, seen }
    }

    /// What was seen of those who came, once they have gone.
    pub(crate) fn seen(&self) -> Vec<T> {
        self.seen.try_iter().collect()
    }

    /// What was seen of the next one.
    pub(crate) fn next(&self) -> T {
        let patience = Duration::from_secs(60);
        self.seen.recv_timeout(patience).expect("somebody comes")
    }
}

/// One message: its type and its content.
pub(crate) fn send(stream: &mut impl Write, kind: u8, content: &[u8]) {
    let mut message = vec![kind];
    message.extend(u32::try_from(content.len() + 4).unwrap().to_be_bytes());
    message.extend(content);
    // A visitor may have gone already.
    let _ = stream.write_all(&message);
}

/// The next message's content; nothing if there is none.
pub(crate) fn receive(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes(head[1..].try_into().unwrap());
    let mut content = vec![0; length as usize - 4];
    stream.read_exact(&mut content).ok()?;
    Some(content)
}

/// The start-up message's names and values, or nothing where TLS is asked for.
pub(crate) fn start_up(stream: &mut impl Read) -> Option<Vec<(String, String)>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut content = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut content).ok()?;
    let texts = content.get(4..)?.split(|byte| *byte == 0);
    let texts: Vec<String> = texts
        .map(|text| String::from_utf8(text.to_vec()).unwrap())
        .collect();
    let pairs = texts
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()));
    Some(pairs.filter(|(name, _)| !name.is_empty()).collect())
        .filter(|pairs: &Vec<_>| !pairs.is_empty())
}

/// The start-up message after the wish for TLS, if any, was refused.
pub(crate) fn start_up_in_plain(stream: &mut TcpStream) -> Vec<(String, String)> {
    match start_up(stream) {
        Some(pairs) => pairs,
        None => {
            let _ = stream.write_all(b"N");
            start_up(stream).unwrap_or_default()
        }
    }
}

/// Turns a visitor away as PostgreSQL does.
pub(crate) fn refuse(stream: &mut impl Write, code: &str, message: &str) {
    let said = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    send(stream, b'E', said.as_bytes());
}

/// Begins TLS with one of the tests' certificates; nothing if the visitor will not have it.
pub(crate) fn encrypt(
    mut stream: TcpStream,
    name: &str,
    wants_client: bool,
) -> Option<StreamOwned<ServerConnection, TcpStream>> {
    assert_eq!(start_up(&mut stream), None, "TLS was not asked for");
    stream.write_all(b"S").ok()?;
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
    let config = if wants_client {
        let mut roots = RootCertStore::empty();
        roots.add(certificate("root")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        config.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        config.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let key = provider.key_provider.load_private_key(key).unwrap();
    // Without the check that rustls makes, which does not know certificates of version 1.
    let identity = rustls::sign::CertifiedKey::new(vec![certificate(name)], key);
    let resolver = rustls::sign::SingleCertAndKey::from(identity);
    let config = config.with_cert_resolver(Arc::new(resolver));
    let session = ServerConnection::new(Arc::new(config)).unwrap();
    let mut stream = StreamOwned::new(session, stream);
    stream.conn.complete_io(&mut stream.sock).ok()?;
    Some(stream)
}

pub(crate) fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(&format!("{name}.crt"))).unwrap()
}

/// One of the files that `certificates/make.sh` made.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/connect/certificates")
        .join(name)
}

/// A person's machine: a home directory, and the program in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that is its owner's alone.
    pub(crate) fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = std::fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        options
            .open(self.path(name))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
        command
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command.env_clear().env("HOME", self.0.path());
        command
    }

    /// `tulving schema status` there, with these variables.
    pub(crate) fn ask(&self, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(&["schema", "status"]);
        command.envs(variables.iter().copied());
        command.output().unwrap().into()
    }

    /// The same with this connection string.
    pub(crate) fn ask_at(&self, url: &str) -> Ran {
        self.ask(&[("DATABASE_URL", url)])
    }
}
