//! The rows of a scope in `scopes` and `scope_kinds`: its spaces, and what it holds of each kind.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::postings::RULES;
use crate::backend::postgres::table::KindTables as _;
use crate::model::Kind;

/// From so many documents on, a batch makes blocks that are large enough to stay as they are.
const LARGE: usize = 256;

/// Reads what the scope holds; where it is to be written to, this waits for other writers and holds later
/// ones off.
pub(crate) fn statistics(scope: Uuid, to_write: bool) -> Statement {
    // Rows that are locked are read as they are once the lock is had, whatever was committed meanwhile;
    // the server locks none that may be missing.
    let (join, lock) = match to_write {
        true => ("JOIN", " FOR NO KEY UPDATE OF s, k"),
        false => ("LEFT JOIN", ""),
    };
    Text::new(format!(
        "SELECT s.user_id, s.tenant_id, s.space_id, s.tokenizer, \
                k.kind, k.next, k.fresh, k.memories, k.tokens, k.dead, s.further \
         FROM scopes s {join} scope_kinds k ON k.scope_id = s.scope_id WHERE s.scope_id = $1{lock}"
    ))
    .scope(scope)
    .named(Name::ReadStatistics)
}

/// Reads whose the scope is.
pub(crate) fn owner(scope: Uuid) -> Statement {
    Text::new("SELECT user_id, tenant_id FROM scopes WHERE scope_id = $1")
        .scope(scope)
        .named(Name::FindScope)
}

/// Notes that vectors of a space are kept: it is the one that is searched if there is none yet.
pub(crate) fn keep_space(scope: Uuid, space_id: i32) -> Statement {
    let keep = "UPDATE scopes SET space_id = coalesce(space_id, $2), \
                       further = CASE WHEN space_id IS NULL THEN further ELSE further || $2 END \
                WHERE scope_id = $1 AND (space_id IS NULL OR space_id <> $2 AND $2 <> ALL (further))";
    of_space(keep, scope, space_id).named(Name::KeepSpace)
}

/// Makes a space that is kept the current one.
pub(crate) fn cut_over(scope: Uuid, space_id: i32) -> Statement {
    let cut = "UPDATE scopes SET further = array_remove(further, $2) || space_id, space_id = $2 \
               WHERE scope_id = $1";
    of_space(cut, scope, space_id).named(Name::CutOver)
}

/// Notes that a further space is kept no more.
pub(crate) fn forget_space(scope: Uuid, space_id: i32) -> Statement {
    let forget = "UPDATE scopes SET further = array_remove(further, $2) WHERE scope_id = $1";
    of_space(forget, scope, space_id).named(Name::ForgetSpace)
}

fn of_space(sql: &str, scope: Uuid, space_id: i32) -> Text {
    Text::new(sql)
        .scope(scope)
        .with("space", space_id, Type::INT4)
}

/// Makes the space of the first vector the scope's, where it has none.
pub(crate) fn adopt_space(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "UPDATE scopes SET space_id = (SELECT space_id FROM {} \
                                       WHERE scope_id = $1 AND space_id IS NOT NULL ORDER BY ord LIMIT 1) \
         WHERE scope_id = $1 AND space_id IS NULL",
        kind.table()
    ))
    .scope(scope)
    .named(Name::AdoptSpace)
}

/// Notes that the words of all memories of a scope were made by this program's rules.
pub(crate) fn note_tokenizer(scope: Uuid) -> Statement {
    Text::new("UPDATE scopes SET tokenizer = $2 WHERE scope_id = $1")
        .scope(scope)
        .with("tokenizer", RULES, Type::INT4)
        .named(Name::NoteTokenizer)
}

/// Counts new memories in, numbered from the next number on.
pub(crate) fn count_inserted(kind: Kind, scope: Uuid, memories: i32, words: i64) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET next = next + $2, memories = memories + $2, tokens = tokens + $3 \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("memories", memories, Type::INT4)
    .with("words", words, Type::INT8)
    .named(Name::CountInserted)
}

/// Counts the new words of a memory in, and its old number, if it had one, among the dead.
pub(crate) fn count_replaced(kind: Kind, scope: Uuid, words: i64, old: Option<i32>) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET next = next + 1, memories = memories + $2, tokens = tokens + $3, \
                                dead = CASE WHEN $4::int IS NULL THEN dead ELSE dead || $4 END \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("memories", i32::from(old.is_none()), Type::INT4)
    .with("words", words, Type::INT8)
    .with("old_number", old, Type::INT4)
    .named(Name::CountReplaced)
}

/// Counts removed memories out.
pub(crate) fn count_removed(kind: Kind, scope: Uuid, dead: Vec<i32>, words: i64) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET memories = memories - cardinality($2), tokens = tokens - $3, dead = dead || $2 \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("numbers", dead, Type::INT4_ARRAY)
    .with("words", words, Type::INT8)
    .named(Name::CountRemoved)
}

/// Counts memories in that were there and get their numbers now.
pub(crate) fn count_numbered(kind: Kind, scope: Uuid, memories: i32, words: i64) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET next = next + $2, fresh = next + $2, \
                                memories = memories + $2, tokens = tokens + $3 \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("memories", memories, Type::INT4)
    .with("words", words, Type::INT8)
    .named(Name::CountNumbered)
}

/// Counts memories in whose numbers were set aside before, and those that they replaced out.
pub(crate) fn count_loaded(
    kind: Kind,
    scope: Uuid,
    memories: i64,
    words: i64,
    dead: Vec<i32>,
) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET memories = memories + $2, tokens = tokens + $3, dead = dead || $4 \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("memories", memories, Type::INT8)
    .with("words", words, Type::INT8)
    .with("numbers", dead, Type::INT4_ARRAY)
    .named(Name::CountLoaded)
}

/// Sets the counts to what was found when the postings were made anew.
pub(crate) fn count_anew(
    kind: Kind,
    scope: Uuid,
    next: i32,
    memories: i64,
    words: i64,
    dead: Vec<i32>,
) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET next = greatest(next, $2), fresh = greatest(next, $2), \
                                memories = $3, tokens = $4, dead = $5 \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("next", next, Type::INT4)
    .with("memories", memories, Type::INT8)
    .with("words", words, Type::INT8)
    .with("numbers", dead, Type::INT4_ARRAY)
    .named(Name::CountAnew)
}

/// Notes that blocks were merged, and which of the dead are forgotten, where nothing is left of them.
/// Whatever died since they were read stays on the list.
pub(crate) fn count_merged(kind: Kind, scope: Uuid, forgotten: Option<Vec<i32>>) -> Statement {
    let mut merged = Text::new("UPDATE scope_kinds SET fresh = next");
    if let Some(forgotten) = forgotten {
        merged.text(", dead = ARRAY(SELECT unnest(dead) EXCEPT SELECT unnest(");
        merged
            .value("numbers", forgotten, Type::INT4_ARRAY)
            .text("))");
    }
    merged
        .text(" WHERE scope_id = ")
        .value("scope", scope, Type::UUID);
    merged.text(&format!(" AND kind = '{kind}'"));
    merged.named(Name::CountMerged)
}

/// Sets numbers aside for memories that will be written.
pub(crate) fn reserve_numbers(kind: Kind, scope: Uuid, count: i32) -> Statement {
    Text::new(format!(
        "UPDATE scope_kinds SET next = next + $2, fresh = CASE WHEN $2 >= {LARGE} THEN next + $2 ELSE fresh END \
         WHERE scope_id = $1 AND kind = '{kind}'"
    ))
    .scope(scope)
    .with("memories", count, Type::INT4)
    .named(Name::ReserveNumbers)
}

/// Begins with the numbers anew where more than half of them are used up: words are found once every
/// memory has its new number.
pub(crate) fn restart_numbers(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "WITH far AS (UPDATE scope_kinds SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{{}}' \
                      WHERE scope_id = $1 AND kind = '{kind}' AND next > {half} RETURNING scope_id), \
              gone AS (DELETE FROM {postings} p USING far WHERE p.scope_id = far.scope_id) \
         UPDATE {table} m SET doc = NULL FROM far WHERE m.scope_id = far.scope_id",
        half = i32::MAX / 2,
        postings = kind.postings(),
        table = kind.table(),
    ))
    .scope(scope)
    .named(Name::RestartNumbers)
}

/// Begins all counts of the scope anew, and its spaces and words as a new scope has them.
pub(crate) fn begin_anew(scope: Uuid) -> [Statement; 2] {
    let counts = "UPDATE scope_kinds SET next = 0, fresh = 0, memories = 0, tokens = 0, dead = '{}' \
                  WHERE scope_id = $1";
    let spaces = "UPDATE scopes SET tokenizer = $2, further = '{}' WHERE scope_id = $1";
    [
        Text::new(counts).scope(scope).named(Name::BeginCountsAnew),
        Text::new(spaces)
            .scope(scope)
            .with("tokenizer", RULES, Type::INT4)
            .named(Name::BeginSpacesAnew),
    ]
}
