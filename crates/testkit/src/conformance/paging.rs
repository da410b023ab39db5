//! Listings: in order, page by page, each memory once.

use std::collections::BTreeSet;

use tulving::backend::{Cursor, Draft, Filter, Listing, Order, Page};
use tulving::model::{Key, Kind, Memory};

use crate::fixture::Fixture;
use crate::memories::{ALL, Memories, node_key};
use crate::naive::Naive;
use crate::sample::{self, at, episode, plain, turn};

async fn page(memories: &Memories, filter: &Filter, page: &Page) -> Listing {
    let listing = memories.backend.list(memories.scope, filter, page).await;
    let listing = listing.expect("list");
    assert!(
        listing.memories.len() <= page.limit,
        "no more than {}",
        page.limit
    );
    listing
}

/// Every page of so many, as ids.
async fn pages(memories: &Memories, filter: &Filter, order: Order, limit: usize) -> Vec<Vec<Key>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let listing = page(
            memories,
            filter,
            &Page {
                order,
                after,
                limit,
            },
        )
        .await;
        pages.push(listing.memories.iter().map(Memory::key).collect());
        after = listing.next;
        if after.is_none() {
            return pages;
        }
        assert!(pages.len() <= 1000, "pages of {limit} come to no end");
    }
}

/// By time; at one time by place, then nodes before episodes, then by id. The newest first is exactly
/// the other way round.
pub async fn listings_are_ordered_by_time_then_place_then_kind_then_id(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let node = |id: &str, index: i64, minute: i64| {
        let mut node = turn("c", index);
        id.clone_into(&mut node.id);
        node.created_at = at(minute);
        plain(node)
    };
    let whole = |id: &str, minute: i64| {
        let mut whole = episode(id);
        whole.created_at = at(minute);
        plain(whole)
    };
    let mut entries = [
        node("z", 9, -5),
        node("b", 0, 1),
        node("c", 0, 1),
        whole("a", 1),
        whole("b", 1),
        node("a", 1, 1),
        whole("0", 2),
    ];
    let expected: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
    let reversed: Vec<Key> = expected.iter().rev().cloned().collect();
    entries.reverse();
    entries.swap(1, 4);
    memories.write(entries).await;
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            let all = Filter::default();
            let oldest = pages(&memories, &all, Order::Oldest, ALL).await;
            assert_eq!(oldest.concat(), expected);
            let newest = pages(&memories, &all, Order::Newest, ALL).await;
            assert_eq!(newest.concat(), reversed);
        }
        fixture.maintain().await;
    }
}

/// No language's alphabet: the order is that of the bytes, everywhere the same.
pub async fn ids_are_ordered_by_bytes(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let ids = [
        "A", "B", "_", "a", "a ", "a-", "aB", "a_", "ab", "b", "ä", "一", "\u{FFFD}", "😀",
    ];
    memories
        .write(ids.iter().rev().map(|id| plain(sample::node(id))))
        .await;
    assert_eq!(memories.ids(&Filter::default()).await, ids);
    let terms = crate::scoring::terms("answer");
    let same = memories
        .matching(&terms, ALL, &Filter::of(Kind::Episode))
        .await;
    assert_eq!(same, []);
}

/// Pages of any size, put together, are the whole listing, and the last says that it is the last.
pub async fn pages_of_any_size_give_everything_once(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(20, 60);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    let all = Filter::default();
    for order in [Order::Newest, Order::Oldest] {
        let whole = Page {
            order,
            after: None,
            limit: ALL,
        };
        let (expected, _) = naive.list(&all, &whole);
        for limit in [1, 2, 7, 20, 59, 60, 61] {
            let pages = pages(&memories, &all, order, limit).await;
            assert_eq!(
                pages.len(),
                60_usize.div_ceil(limit),
                "{order:?}, by {limit}"
            );
            assert_eq!(pages.concat(), expected, "{order:?}, by {limit}");
        }
    }
    let empty = Filter {
        sources: vec!["nowhere".to_owned()],
        ..Filter::default()
    };
    assert_eq!(
        pages(&memories, &empty, Order::Newest, 5).await,
        [Vec::<Key>::new()]
    );
}

/// A cursor is a place, whether or not a memory is still there or ever was.
pub async fn a_page_goes_on_where_a_memory_was(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories
        .write((0..6).map(|index| plain(turn("c", index))))
        .await;
    let all = Filter::default();
    let first = page(
        &memories,
        &all,
        &Page {
            order: Order::Newest,
            after: None,
            limit: 3,
        },
    )
    .await;
    memories.delete(&["c/3", "c/2", "c/5"].map(node_key)).await;
    let rest = Page {
        order: Order::Newest,
        after: first.next,
        limit: 9,
    };
    let rest = page(&memories, &all, &rest).await;
    let ids: Vec<_> = rest.memories.iter().map(Memory::id).collect();
    assert_eq!(ids, ["c/1", "c/0"]);
    let nobody = Cursor {
        created_at: at(1),
        sequence_index: 1,
        key: node_key("c/"),
    };
    for (order, expected) in [
        (Order::Oldest, &["c/1", "c/4"][..]),
        (Order::Newest, &["c/0"]),
    ] {
        let from = Page {
            order,
            after: Some(nobody.clone()),
            limit: 9,
        };
        let listing = page(&memories, &all, &from).await;
        let ids: Vec<_> = listing.memories.iter().map(Memory::id).collect();
        assert_eq!(ids, expected, "{order:?}");
    }
}

/// None, or more than there could be.
pub async fn a_page_may_be_empty_or_huge(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let all = Filter::default();
    for limit in [0, 1, usize::MAX] {
        let listing = page(
            &memories,
            &all,
            &Page {
                order: Order::Newest,
                after: None,
                limit,
            },
        )
        .await;
        assert_eq!(
            listing,
            Listing::default(),
            "an empty scope, {limit} wanted"
        );
    }
    memories
        .write((0..3).map(|index| plain(turn("c", index))))
        .await;
    for order in [Order::Newest, Order::Oldest] {
        let none = page(
            &memories,
            &all,
            &Page {
                order,
                after: None,
                limit: 0,
            },
        )
        .await;
        assert_eq!(none, Listing::default(), "no place to go on from");
        let huge = page(
            &memories,
            &all,
            &Page {
                order,
                after: None,
                limit: usize::MAX,
            },
        )
        .await;
        assert_eq!((huge.memories.len(), huge.next), (3, None));
    }
}

/// What does not pass takes no room on a page.
pub async fn pages_are_as_long_with_a_filter(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(21, 120);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.into_iter().collect();
    let filter = Filter {
        sources: vec!["grok".to_owned()],
        tags: vec!["rust".to_owned()],
        ..Filter::default()
    };
    for order in [Order::Newest, Order::Oldest] {
        let (expected, _) = naive.list(
            &filter,
            &Page {
                order,
                after: None,
                limit: ALL,
            },
        );
        assert!((8..60).contains(&expected.len()));
        let pages = pages(&memories, &filter, order, 3).await;
        assert_eq!(pages.len(), expected.len().div_ceil(3));
        assert_eq!(pages.concat(), expected);
    }
}

/// Memories that come, go and change beside them do not make others be missed or given twice.
pub async fn paging_gives_what_was_there_all_the_time_while_others_write(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let writer = Memories::open(fixture).await;
    memories
        .write((0..30).map(|index| plain(turn("stays", index))))
        .await;
    memories
        .write((0..30).map(|index| plain(turn("goes", index))))
        .await;
    for order in [Order::Newest, Order::Oldest] {
        let mut seen: Vec<Key> = Vec::new();
        let mut after = None;
        let round = if order == Order::Newest { 0 } else { 100 };
        for step in 0.. {
            let listing = page(
                &memories,
                &Filter::default(),
                &Page {
                    order,
                    after,
                    limit: 7,
                },
            )
            .await;
            seen.extend(listing.memories.iter().map(Memory::key));
            writer
                .delete(&[node_key(&format!("goes/{}", step + round))])
                .await;
            let comes = turn("comes", round + 3 * step);
            writer
                .insert(vec![Draft::Whole(plain(comes))])
                .await
                .expect("insert");
            if step == 2 {
                fixture.maintain().await;
            }
            after = listing.next;
            if after.is_none() {
                break;
            }
        }
        let unique: BTreeSet<&Key> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len(), "nothing is given twice");
        for index in 0..30 {
            assert!(
                unique.contains(&node_key(&format!("stays/{index}"))),
                "stays/{index}"
            );
        }
    }
}
