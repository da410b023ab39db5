//! The process that reads documents: paths on stdin, what is in them on stdout. It may be lost to a file, by a
//! panic, by a limit of time or memory, and then nothing is lost but that file.

use std::fs::File;
use std::io::{self, BufRead as _, Read as _, Write as _};

use clap::Args;
use tulving_documents::{Cut, Fingerprint, Limits, content_hash, estimate, read};

use super::protocol::{Read, Reply, Request};
use crate::exit::{CliError, Exit};

/// `tulving read-documents`, which `tulving docs` starts.
#[derive(Debug, Args)]
pub struct ReadDocuments {
    /// How many seconds of a processor one file may take
    #[arg(long)]
    seconds: u64,
}

/// The most memory that it may have: what a text of the largest size takes, and room.
pub(super) const MEMORY: u64 = 2 << 30;

/// Reads what is asked for until nothing more is.
///
/// # Errors
/// When nobody asks or listens any more.
pub fn serve(options: &ReadDocuments) -> Result<Exit, CliError> {
    let lost = |error: io::Error| {
        CliError::new(Exit::Interrupted, "nobody listens any more").because(&error)
    };
    let (stdin, stdout) = (io::stdin().lock(), io::stdout());
    let mut out = io::BufWriter::with_capacity(1 << 16, stdout.lock());
    for line in stdin.lines() {
        let request: Request = serde_json::from_str(&line.map_err(lost)?)
            .map_err(|error| CliError::usage("no request").because(&error))?;
        limit(options.seconds).map_err(lost)?;
        let reply = answer(&request);
        serde_json::to_writer(&mut out, &reply)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .map_err(lost)?;
    }
    Ok(Exit::Done)
}

fn answer(request: &Request) -> Reply {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    let read_whole =
        open(&request.path).and_then(|file| file.take(limits.bytes + 1).read_to_end(&mut bytes));
    if let Err(error) = read_whole {
        return Reply::Unreadable(error.to_string());
    }
    let hash = content_hash(&bytes);
    if request.known.as_ref() == Some(&hash) {
        return Reply::Unchanged;
    }
    let document = match read(&bytes, &request.path, &limits) {
        Ok(document) => document,
        Err(reason) => return Reply::Refused(reason),
    };
    let size = bytes.len() as u64;
    drop(bytes);
    let (chunks, fingerprint) = (
        document.cut(&Cut::default(), &estimate),
        Fingerprint::of(&document),
    );
    Reply::Read(Box::new(Read {
        content_hash: hash,
        bytes: size,
        title: document.title,
        format: document.format,
        pages: document.pages,
        fingerprint,
        metadata: document.metadata,
        chunks,
        left_out: document.left_out,
        notes: document.notes,
    }))
}

/// Opens a file, and nothing that was put in its place: a link, or a pipe that would be waited for.
fn open(path: &str) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits() as i32);
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// Lets the system end this process where a file takes too much: of memory in all, of a processor's time from now
/// on. Who waits for it has an eye on the clock besides, for what takes long without computing.
#[cfg(unix)]
fn limit(seconds: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let set = |resource, wanted: u64| {
        let maximum = getrlimit(resource).maximum;
        let current = Some(maximum.map_or(wanted, |most| most.min(wanted)));
        setrlimit(resource, Rlimit { current, maximum })
    };
    let limits = [
        (Resource::Cpu, used + seconds + 1),
        (Resource::As, MEMORY),
        // What it leaves behind when it falls would be as large as its memory.
        (Resource::Core, 0),
    ];
    for (resource, wanted) in limits {
        // Other systems know not all of them; the clock of who waits is there on each.
        match set(resource, wanted) {
            Err(error) if cfg!(target_os = "linux") => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit(_: u64) -> io::Result<()> {
    Ok(())
}
