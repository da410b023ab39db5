//! A reader seen through a window of fixed size.

use std::io::{self, Read};

use crate::scan::is_whitespace;

/// How much of a file is held at once.
const CHUNK: usize = 256 << 10;

/// Bytes of a reader that have been read and not used, and how far that is in the file.
pub(crate) struct Input<R> {
    reader: R,
    /// Bytes `at..end` have been read and not used.
    chunk: Box<[u8]>,
    at: usize,
    end: usize,
    offset: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            at: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Returns what has been read and not used.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.chunk[self.at..self.end]
    }

    /// Returns the offset in the file of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the offset in the file of the first byte that has not been read.
    pub(crate) fn read_to(&self) -> u64 {
        self.offset + (self.end - self.at) as u64
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        self.offset += bytes as u64;
    }

    /// Skips whitespace. Returns the byte that follows, or `None` at the end of the file.
    pub(crate) fn token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.rest();
            let blank = rest.iter().take_while(|&&byte| is_whitespace(byte)).count();
            let found = rest.get(blank).copied();
            self.skip(blank);
            if found.is_some() || !self.fill()? {
                return Ok(found);
            }
        }
    }

    /// Reads on behind what has been read, in place of it if all of it was used. `false` at the
    /// end of the file, and where the window is full.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        }
        loop {
            match self.reader.read(&mut self.chunk[self.end..]) {
                Ok(read) => {
                    self.end = (self.end + read).min(self.chunk.len());
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
