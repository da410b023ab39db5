//! The classes of errors.

/// What kind of failure an error is: what a program can decide by, without knowing who failed.
///
/// Every error of this library that a caller sees gives its class with a method `class`. The set is closed,
/// so that an edge (a program's exit codes, a server's status codes) maps it in one table and the compiler
/// names a class that the table leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// A mistake of this library.
    Bug,
    /// The call makes no sense as it was made: another one is needed.
    Usage,
    /// A setting, or a right of this account on a file, does not fit; the person who runs the program can mend it.
    Configuration,
    /// What was handed in cannot be kept: a record, a vector, or more of them than are taken at once.
    Invalid,
    /// What was handed in contradicts what is there: an id that is taken.
    Conflict,
    /// There is no such memory.
    NotFound,
    /// Refused on principle: an owner that is not kept here, another version, a missing right, table or
    /// extension.
    Refused,
    /// Another writer was quicker or holds a lock. The same call may go through later.
    Busy,
    /// What memory is kept in cannot be reached, was lost on the way or did not answer in time. The same call
    /// may go through later.
    Unavailable,
    /// There is no room left where memory is kept.
    Full,
    /// Files hold something that cannot be read as memories.
    Unreadable,
    /// What was stored came back different.
    Damaged,
    /// The call was stopped before it was done.
    Interrupted,
}
