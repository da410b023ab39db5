//! A slow line to a server, which counts how often a client waits for it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Server, server::escaped};

/// How a client says goodbye. It waits for no answer.
const TERMINATE: &[u8] = b"X\0\0\0\x04";

/// Forwards TCP connections on 127.0.0.1 to a server of our own, each byte after a while.
///
/// A round trip is counted when a client speaks after the server was heard. What a client sends
/// in several pieces is one as long as the delay is longer than the pauses between them.
#[derive(Debug)]
pub struct Line {
    port: u16,
    trips: Arc<AtomicU32>,
}

impl Line {
    /// Begins to listen; `delay` is for each direction.
    pub fn start(server: &Server, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let socket = server.home().join(".s.PGSQL.5432");
        let trips = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&trips);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if forward(client, &socket, delay, &counted).is_err() {
                    return; // the server is gone
                }
            }
        });
        Self { port, trips }
    }

    /// Returns a URL of one of the server's databases over this line.
    pub fn url(&self, database: &str) -> String {
        let database = escaped(database);
        format!(
            "postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }

    /// Returns how many round trips there were since the last look, that of each new connection among them.
    pub fn trips(&self) -> u32 {
        self.trips.swap(0, Ordering::SeqCst)
    }
}

fn forward(
    client: TcpStream,
    socket: &PathBuf,
    delay: Duration,
    trips: &Arc<AtomicU32>,
) -> std::io::Result<()> {
    let server = UnixStream::connect(socket)?;
    client.set_nodelay(true)?;
    // A client speaks first.
    let heard = Arc::new(AtomicBool::new(true));
    let (to_server, to_client) = (server.try_clone()?, client.try_clone()?);
    let (trips, said) = (Arc::clone(trips), Arc::clone(&heard));
    carry(
        client,
        delay,
        move |bytes| {
            let sent = (&to_server).write_all(bytes);
            if sent.is_err() || bytes.is_empty() {
                // As the client went, with or without a word.
                let _ = to_server.shutdown(Shutdown::Both);
            }
            sent
        },
        move |bytes| {
            // Nor does it for one to its end.
            if !bytes.is_empty() && bytes != TERMINATE && said.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
        },
    );
    carry(
        server,
        delay,
        move |bytes| {
            heard.store(true, Ordering::SeqCst);
            let sent = (&to_client).write_all(bytes);
            if sent.is_err() || bytes.is_empty() {
                let _ = to_client.shutdown(Shutdown::Both);
            }
            sent
        },
        |_| {},
    );
    Ok(())
}

/// Hands on what is read, a while later; an empty piece is the end.
fn carry(
    mut from: impl Read + Send + 'static,
    delay: Duration,
    write: impl Fn(&[u8]) -> std::io::Result<()> + Send + 'static,
    look: impl Fn(&[u8]) + Send + 'static,
) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from.read(&mut buffer).unwrap_or(0);
            look(&buffer[..read]);
            let piece = (Instant::now() + delay, buffer[..read].to_vec());
            if sender.send(piece).is_err() || read == 0 {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if write(&bytes).is_err() {
                return;
            }
        }
    });
}
