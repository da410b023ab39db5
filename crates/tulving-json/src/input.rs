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
    /// Bytes that were given back, behind those in `chunk`, and how many of them have been read again.
    back: Vec<u8>,
    again: usize,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            at: 0,
            end: 0,
            offset: 0,
            back: Vec::new(),
            again: 0,
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

    /// Gives back the last bytes that were used, to be read again. What is still in the window, or was given back
    /// before, is not copied: who gives back often would copy all of it each time.
    pub(crate) fn give_back(&mut self, bytes: &[u8]) {
        self.offset -= bytes.len() as u64;
        if let Some(at) = self.at.checked_sub(bytes.len()) {
            self.at = at;
            return;
        }
        // While anything is left of `back`, all of the window is a copy of it.
        let ahead = bytes.len() + self.rest().len();
        if let Some(again) = self.again.checked_sub(ahead) {
            self.again = again;
        } else {
            let mut back = Vec::with_capacity(ahead);
            back.extend_from_slice(bytes);
            back.extend_from_slice(self.rest());
            back.extend_from_slice(&self.back[self.again..]);
            (self.back, self.again) = (back, 0);
        }
        (self.at, self.end) = (0, 0);
    }

    /// Makes room for more behind what has been read and not used.
    pub(crate) fn compact(&mut self) {
        self.chunk.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
    }

    /// Reads on behind what has been read, in place of it if all of it was used. `false` at the
    /// end of the file, and where the window is full.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        }
        if self.again < self.back.len() {
            let room = &mut self.chunk[self.end..];
            let read = room.len().min(self.back.len() - self.again);
            room[..read].copy_from_slice(&self.back[self.again..][..read]);
            self.again += read;
            self.end += read;
            if self.again == self.back.len() {
                (self.back, self.again) = (Vec::new(), 0);
            }
            return Ok(read > 0);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses so many bytes, and returns them.
    fn used(input: &mut Input<&[u8]>, bytes: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < bytes {
            assert!(!input.rest().is_empty() || input.fill().unwrap());
            let some = input.rest().len().min(bytes - all.len());
            all.extend_from_slice(&input.rest()[..some]);
            input.skip(some);
        }
        all
    }

    #[test]
    fn what_is_given_back_is_read_again_and_copied_once() {
        let file: Vec<u8> = (0..5 * CHUNK).map(|at| (at % 251) as u8).collect();
        let mut input = Input::new(file.as_slice());
        let all = used(&mut input, 4 * CHUNK + 100);
        input.give_back(&all[10..]);
        let copy = input.back.as_ptr();
        // Within the window, and further back than it is.
        for (more, back) in [(500, 70), (3 * CHUNK, 2 * CHUNK + 9), (CHUNK, CHUNK + 1)] {
            let again = used(&mut input, more);
            input.give_back(&again[more - back.min(more)..]);
            assert_eq!(input.back.as_ptr(), copy, "{more} {back}");
        }
        let at = usize::try_from(input.offset()).unwrap();
        let rest = used(&mut input, file.len() - at);
        assert_eq!(rest, &file[at..]);
        assert!(!input.fill().unwrap());
    }
}
