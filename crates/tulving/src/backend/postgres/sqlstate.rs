//! What it means when a server refuses a statement: one table from SQLSTATE to what can be done.
//!
//! Source: PostgreSQL manual, Appendix A. A code's first two characters are its class.

use std::fmt;

use tokio_postgres::error::DbError;

/// Why a server refused a statement that is right in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection broke, or the server ended it.
    Lost,
    /// A limit or a person stopped the statement.
    Stopped,
    /// The disk is full.
    DiskFull,
    /// Memory, connections or another resource ran out.
    Exhausted,
    /// Another transaction or a lock is in the way.
    Contended,
    /// Nothing may be written.
    ReadOnly,
    /// A right is missing.
    Privilege,
    /// What was said on the connection before is gone, as behind a pooler that hands it around.
    Session,
    /// A value is not taken.
    Value,
    /// A constraint forbids it.
    Constraint,
    /// A table, column, function or type is missing or other than the schema makes it.
    Differs,
    /// The server does not know how to.
    Unsupported,
    /// It is larger than the server takes.
    TooLarge,
    /// The server or an object of it is not in a state for it.
    Unready,
    /// A trigger, function or policy of somebody else's refuses it.
    Foreign,
    /// A library that an extension needs is not installed.
    Library,
    /// The server itself failed: its files, its memory, its code.
    Broken,
    /// Anything else.
    Other,
}

/// The first entry that a code begins with counts.
const MEANINGS: &[(&str, Fault)] = &[
    ("08", Fault::Lost),
    ("0A", Fault::Unsupported),
    ("0L", Fault::Privilege), // invalid grantor
    ("0P", Fault::Differs),   // no such role
    ("20", Fault::Foreign),   // CASE without a branch, in somebody's function
    ("21", Fault::Foreign),   // more rows than one, likewise
    ("22", Fault::Value),
    ("23", Fault::Constraint),
    ("25006", Fault::ReadOnly),
    ("25P03", Fault::Lost), // idle in transaction for too long
    ("25P04", Fault::Stopped),
    ("25", Fault::Session),
    ("26", Fault::Session),
    ("27", Fault::Foreign), // a trigger changed the row
    ("28", Fault::Lost),
    ("2B", Fault::Differs), // other objects depend on it
    ("2F", Fault::Foreign),
    ("34", Fault::Session),
    ("38", Fault::Foreign),
    ("39", Fault::Foreign),
    ("3B", Fault::Session),
    ("3D", Fault::Lost),
    ("3F", Fault::Differs),
    ("40003", Fault::Lost),
    ("40002", Fault::Constraint),
    ("40", Fault::Contended),
    ("42501", Fault::Privilege),
    ("42P05", Fault::Session),
    ("42P03", Fault::Session),
    ("42", Fault::Differs),
    ("44", Fault::Constraint),
    ("53100", Fault::DiskFull),
    ("53", Fault::Exhausted),
    ("54", Fault::TooLarge),
    ("55P03", Fault::Contended),
    ("55006", Fault::Contended),
    ("55", Fault::Unready),
    ("57014", Fault::Stopped),
    ("57", Fault::Lost),
    ("58P01", Fault::Library),
    ("58", Fault::Broken),
    ("72", Fault::Contended), // snapshot too old
    ("F0", Fault::Broken),
    ("HV", Fault::Foreign),
    ("P0", Fault::Foreign),
    ("XX", Fault::Broken),
];

/// A statement of ours that the server cannot parse: nobody else can have made that mistake.
const SYNTAX: &str = "42601";

impl Fault {
    /// Returns what a server's error means; `None` if it can only be our own mistake.
    pub(super) fn of(said: &DbError) -> Option<Self> {
        // PgBouncer has one code for all that it says.
        if said.message().ends_with("in statement pooling mode") {
            return Some(Self::Session);
        }
        let code = said.code().code();
        let fault = Self::of_code(code);
        if said.where_().is_some_and(is_foreign) && fault.is_none_or(Self::may_be_foreign) {
            return Some(Self::Foreign);
        }
        fault
    }

    fn of_code(code: &str) -> Option<Self> {
        if code == SYNTAX {
            return None;
        }
        let known = MEANINGS.iter().find(|(prefix, _)| code.starts_with(prefix));
        Some(known.map_or(Self::Other, |(_, fault)| *fault))
    }

    /// Returns whether somebody's function that gives this code is the cause, and not just where it happened.
    fn may_be_foreign(self) -> bool {
        !matches!(
            self,
            Self::Lost
                | Self::Stopped
                | Self::DiskFull
                | Self::Exhausted
                | Self::Contended
                | Self::ReadOnly
                | Self::Broken
        )
    }
}

/// Returns the functions that an error comes through, of the place that the server gives: the innermost first.
pub(super) fn functions(place: &str) -> impl Iterator<Item = &str> {
    place.lines().filter(|line| {
        line.starts_with("PL/") || line.starts_with("SQL function") || line.starts_with("SQL-")
    })
}

/// Returns whether the place that an error comes from is a function that is not ours.
fn is_foreign(place: &str) -> bool {
    let ours = |line: &str| line.contains("tulving_") || line.contains("inline_code_block");
    functions(place).next().is_some_and(|line| !ours(line))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "the connection was lost",
            Self::Stopped => "the database stopped it",
            Self::DiskFull => "the database's disk is full",
            Self::Exhausted => "the server has used up a resource",
            Self::Contended => "other transactions were in the way",
            Self::ReadOnly => "the database takes no writes",
            Self::Privilege => "a right is missing",
            Self::Session => "the connection was handed on between statements",
            Self::Value => "the database does not take a value",
            Self::Constraint => "a constraint of the database forbids it",
            Self::Differs => "the database is not as the schema makes it",
            Self::Unsupported => "the server does not support it",
            Self::TooLarge => "it is larger than the server takes",
            Self::Unready => "the server is not ready for it",
            Self::Foreign => "a trigger, function or policy in the database refuses it",
            Self::Library => "the server lacks a library",
            Self::Broken => "the server failed",
            Self::Other => "the server refuses it",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, functions, is_foreign};

    /// PostgreSQL 18, Appendix A: every class, and the codes that stand out in it.
    const CODES: &str = "\
        01000 02000 03000 08000 08003 08006 08001 08004 08007 08P01 09000 0A000 0B000 0F000 0F001 0L000 0LP01 \
        0P000 0Z000 0Z002 10608 20000 21000 22000 2202E 22021 22008 22012 22005 2200B 22022 22015 2201E 22014 22016 \
        2201F 2201G 22018 22007 22019 2200D 22025 22P06 22010 22023 22013 2201B 2201W 2201X 2202H 2202G 22009 2200C \
        2200G 22004 22002 22003 2200H 22026 22001 22011 22027 22024 2200F 22P01 22P02 22P03 22P04 22P05 2200L 2200M \
        2200N 2200S 2200T 22030 22031 22032 2203F 23000 23001 23502 23503 23505 23514 23P01 24000 25000 25001 25002 \
        25008 25003 25004 25005 25006 25007 25P01 25P02 25P03 25P04 26000 27000 28000 28P01 2B000 2BP01 2D000 2F000 \
        2F005 2F002 2F003 2F004 34000 38000 38001 38002 38003 38004 39000 39001 39004 39P01 39P02 39P03 3B000 3B001 \
        3D000 3F000 40000 40002 40001 40003 40P01 42000 42501 42846 42803 42P20 42P19 42830 42602 42622 42939 42804 \
        42P18 42P21 42P22 42809 428C9 42703 42883 42P01 42P02 42704 42701 42P03 42P04 42723 42P05 42P06 42P07 42712 \
        42710 42702 42725 42P08 42P09 42P10 42611 42P11 42P12 42P13 42P14 42P15 42P16 42P17 44000 53000 53100 53200 \
        53300 53400 54000 54001 54011 54023 55000 55006 55P02 55P03 55P04 57000 57014 57P01 57P02 57P03 57P04 57P05 \
        58000 58030 58P01 58P02 58P03 72000 F0000 F0001 HV000 HV00N P0000 P0001 P0002 P0003 P0004 XX000 XX001 XX002 \
        ZZ999";

    #[test]
    fn every_code_but_that_of_a_syntax_error_has_a_meaning() {
        let codes: Vec<&str> = CODES.split_whitespace().collect();
        assert!(codes.len() > 200, "{}", codes.len());
        for code in codes {
            assert!(Fault::of_code(code).is_some(), "{code}");
        }
        assert_eq!(Fault::of_code("42601"), None);
    }

    #[test]
    fn a_code_means_more_than_its_class() {
        for (code, fault) in [
            ("08P01", Fault::Lost),
            ("22P05", Fault::Value),
            ("23502", Fault::Constraint),
            ("25006", Fault::ReadOnly),
            ("25P02", Fault::Session),
            ("25P04", Fault::Stopped),
            ("3F000", Fault::Differs),
            ("40P01", Fault::Contended),
            ("42501", Fault::Privilege),
            ("42P01", Fault::Differs),
            ("42P05", Fault::Session),
            ("53100", Fault::DiskFull),
            ("53200", Fault::Exhausted),
            ("55P03", Fault::Contended),
            ("57014", Fault::Stopped),
            ("57P04", Fault::Lost),
            ("58P01", Fault::Library),
            ("58030", Fault::Broken),
            ("P0001", Fault::Foreign),
            ("XX002", Fault::Broken),
            ("ZZ999", Fault::Other),
        ] {
            assert_eq!(Fault::of_code(code), Some(fault), "{code}");
        }
    }

    #[test]
    fn a_function_of_ours_is_told_from_somebody_elses() {
        for (place, foreign) in [
            ("PL/pgSQL function audit() line 3 at RAISE", true),
            (
                "PL/pgSQL function public.tulving_make_scope() line 7 at SQL statement",
                false,
            ),
            ("PL/pgSQL function inline_code_block line 4 at RAISE", false),
            (
                "SQL statement \"INSERT INTO log VALUES (1)\"\nPL/pgSQL function log() line 1 at SQL statement",
                true,
            ),
            ("SQL function \"f\" statement 1", true),
            ("SQL statement \"SELECT 1 FROM ONLY scopes\"", false),
            ("COPY tulving_staged_memory_nodes, line 1", false),
        ] {
            assert_eq!(is_foreign(place), foreign, "{place}");
        }
    }

    #[test]
    fn a_statement_that_speaks_of_functions_is_none() {
        let place = "SQL statement \"INSERT INTO function_calls VALUES (1)\"\n\
                     PL/pgSQL function log() line 1 at SQL statement";
        let found: Vec<&str> = functions(place).collect();
        assert_eq!(found, ["PL/pgSQL function log() line 1 at SQL statement"]);
    }
}
