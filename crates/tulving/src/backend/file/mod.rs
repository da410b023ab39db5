//! Memory in a data directory, in the layout that the Python original reads and writes.

pub mod npy;
