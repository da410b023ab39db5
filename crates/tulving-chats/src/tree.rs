//! Which messages of a tree are on the branch that a person saw last, and in which order all of them stand.

use crate::conversation::{Message, TimeSource};
use crate::time::Time;

/// Puts messages in the order of their tree and marks those of the active branch: the way from `leaf`, else from the
/// newest message that nothing follows, up to the root. `parents` says of each message which one it follows. Loops and
/// parents that are not there end the way.
#[must_use]
pub fn arrange<'a>(
    messages: Vec<Message<'a>>,
    parents: &[Option<usize>],
    leaf: Option<usize>,
) -> Vec<Message<'a>> {
    const NONE: usize = usize::MAX;
    let count = messages.len();
    let parent = |at: usize| parents.get(at).copied().flatten().filter(|&up| up < count);
    // The children of each, as linked lists: the first, and the next with the same parent.
    let (mut first, mut next) = (vec![NONE; count], vec![NONE; count]);
    for at in (0..count).rev() {
        if let Some(up) = parent(at) {
            next[at] = std::mem::replace(&mut first[up], at);
        }
    }
    let newest = || {
        let ends = (0..count).filter(|&at| first[at] == NONE);
        ends.max_by_key(|&at| (messages[at].created_at, at))
    };
    let mut active = vec![false; count];
    let mut way = leaf
        .filter(|&at| at < count)
        .or_else(newest)
        .or(count.checked_sub(1));
    while let Some(at) = way.filter(|&at| !active[at]) {
        active[at] = true;
        way = parent(at);
    }

    let mut slots: Vec<Option<Message<'a>>> = messages.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(count);
    let roots = (0..count).filter(|&at| parent(at).is_none());
    // What hangs on no root is in a loop: there any place is as good as another.
    for root in roots.chain(0..count) {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            let Some(mut message) = slots[at].take() else {
                continue;
            };
            message.active = active[at];
            ordered.push(message);
            let from = open.len();
            let mut child = first[at];
            while child != NONE {
                open.push(child);
                child = next[child];
            }
            open[from..].reverse();
        }
    }
    ordered
}

/// Gives messages without a time that of the message before, else that of the conversation.
pub fn inherit_times(messages: &mut [Message<'_>], begun: Option<Time>) {
    let mut last = begun;
    for message in messages {
        if message.created_at.is_some() {
            last = message.created_at;
        } else if last.is_some() {
            message.created_at = last;
            message.time_source = TimeSource::Inherited;
        }
    }
}
