//! The server behind stdin and stdout: a line in, a line out, and on stdout nothing else.
//!
//! Both streams have threads of their own, so that neither a client that says nothing nor one that reads nothing keeps
//! the program from ending. Calls run side by side; a client that does not read its answers is not read from either.

use std::collections::HashMap;
use std::io::{BufRead, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use tulving::transfer::Cancel;
use tulving_mcp::{Fault, Id, Incoming, Reply, Request, Server, Tools};

use crate::exit::{CliError, Exit};

/// Bytes of a message, at most.
const LONGEST_MESSAGE: usize = 4 << 20;

/// Bytes of a line of which at least the id is read, so that its refusal finds whoever waits for it.
const LONGEST_LINE: usize = 64 << 20;

/// Calls that run at once, and answers that wait to be read.
const AT_ONCE: usize = 32;

/// How long what is on its way may take once the client has gone or the program is to stop.
const PATIENCE: Duration = Duration::from_secs(3);

/// Serves until stdin ends, stdout breaks, or the program is to stop.
///
/// # Errors
/// When a thread cannot be started.
pub async fn serve<T: Tools + 'static>(server: Server<T>, stop: &Cancel) -> Result<Exit, CliError> {
    let mut lines = lines()?;
    let (replies, written) = replies()?;
    let mut calls = Calls::default();
    let server = Arc::new(server);
    loop {
        let line = tokio::select! {
            biased;
            () = stop.wait() => break,
            () = replies.closed() => break,
            () = calls.one_is_done(), if !calls.running.is_empty() => continue,
            line = lines.recv(), if calls.running.len() < AT_ONCE => line,
        };
        let reply = match line {
            None => break,
            Some(Line::TooLong) => {
                let message = format!("the line has more than {LONGEST_LINE} bytes");
                Fault::new(Fault::NO_MESSAGE, message).reply(None)
            }
            Some(Line::Whole(line)) => match Incoming::read(&line, LONGEST_MESSAGE) {
                Incoming::Nothing => continue,
                Incoming::Refused(reply) => reply,
                Incoming::Notification(note) => {
                    if let Some(id) = note.cancelled() {
                        calls.cancel(&id);
                    }
                    continue;
                }
                Incoming::Request(request) if request.method == "tools/call" => {
                    calls.begin(Arc::clone(&server), request, replies.clone());
                    continue;
                }
                // What needs no memory is answered at once, and in the order of the questions.
                Incoming::Request(request) => server.answer(request).await,
            },
        };
        tokio::select! {
            biased;
            () = stop.wait() => break,
            sent = replies.send(reply) => if sent.is_err() { break },
        }
    }
    calls.finish().await;
    drop(replies);
    // A client that does not read is not waited for.
    let _ = tokio::time::timeout(PATIENCE, written).await;
    Ok(Exit::Done)
}

/// Calls that run.
#[derive(Default)]
struct Calls {
    running: JoinSet<Id>,
    by_id: HashMap<Id, AbortHandle>,
}

impl Calls {
    fn begin<T: Tools + 'static>(
        &mut self,
        server: Arc<Server<T>>,
        request: Request,
        replies: mpsc::Sender<Reply>,
    ) {
        let id = request.id.clone();
        let done = id.clone();
        let handle = self.running.spawn(async move {
            let reply = server.answer(request).await;
            // Nobody may be there to read it.
            let _ = replies.send(reply).await;
            done
        });
        self.by_id.insert(id, handle);
    }

    async fn one_is_done(&mut self) {
        match self.running.join_next_with_id().await {
            Some(Ok((task, id))) if self.by_id.get(&id).is_some_and(|call| call.id() == task) => {
                self.by_id.remove(&id);
            }
            // A client may have used an id again, and one that was cancelled is known no more.
            _ => {}
        }
    }

    /// Stops a call, which is then not answered. What it was writing is written whole or not at all.
    fn cancel(&mut self, id: &Id) {
        if let Some(call) = self.by_id.remove(id) {
            call.abort();
        }
    }

    /// Waits for those that run, for a while.
    async fn finish(&mut self) {
        let all = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PATIENCE, all).await;
        self.running.abort_all();
    }
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// Reads stdin line by line, each when the one before was taken.
fn lines() -> Result<mpsc::Receiver<Line>, CliError> {
    let (send, receive) = mpsc::channel(1);
    thread("stdin", move || {
        let mut stdin = std::io::stdin().lock();
        while let Ok(Some(line)) = line(&mut stdin, LONGEST_LINE) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receive)
}

/// Reads one line; of one that is too long nothing is kept.
fn line(input: &mut impl BufRead, most: usize) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let limit = most as u64 + 1;
    let read = input.by_ref().take(limit).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > most {
        drop(line);
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok((read > 0).then_some(Line::Whole(line)))
}

/// Writes what is sent to stdout; tells when all is written, or nobody reads any more.
fn replies() -> Result<(mpsc::Sender<Reply>, oneshot::Receiver<()>), CliError> {
    let (send, mut receive) = mpsc::channel::<Reply>(AT_ONCE);
    let (done, written) = oneshot::channel();
    thread("stdout", move || {
        let mut stdout = std::io::stdout().lock();
        while let Some(reply) = receive.blocking_recv() {
            let mut line = reply.as_str().as_bytes().to_vec();
            line.push(b'\n');
            if stdout
                .write_all(&line)
                .and_then(|()| stdout.flush())
                .is_err()
            {
                break;
            }
        }
        let _ = done.send(());
    })?;
    Ok((send, written))
}

fn thread(stream: &str, work: impl FnOnce() + Send + 'static) -> Result<(), CliError> {
    let started = std::thread::Builder::new()
        .name(stream.to_owned())
        .spawn(work);
    let started = started.map_err(|error| {
        CliError::new(Exit::Bug, format!("starting a thread for {stream} failed")).because(&error)
    });
    started.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whole_or_not_at_all() {
        let mut input = std::io::BufReader::with_capacity(3, &b"ab\n\n123456789\nlast"[..]);
        let mut read = Vec::new();
        while let Some(line) = line(&mut input, 8).unwrap() {
            read.push(match line {
                Line::Whole(line) => String::from_utf8(line).unwrap(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        assert_eq!(read, ["ab", "", "too long", "last"]);
    }
}
