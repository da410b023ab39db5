//! Filters: which memories are meant, and that every method means the same by it.

use tulving::backend::{Filter, Order, Page, Request};
use tulving::model::{Key, Kind, Memory, Node};

use crate::fixture::Fixture;
use crate::memories::{ALL, Memories};
use crate::naive::Naive;
use crate::question::Question;
use crate::sample::{self, at, episode, plain, saying, vector};
use crate::scoring;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// Four nodes and two episodes that differ in everything a filter can ask for.
fn differing() -> Vec<Memory> {
    let node = |id: &str, minute: i64, change: fn(&mut Node)| {
        let mut node = sample::node(id);
        node.created_at = at(minute);
        change(&mut node);
        Memory::from(node)
    };
    let mut about_c = episode("c");
    about_c.created_at = at(15);
    about_c.source = "openai".to_owned();
    about_c.llm_tags = sample::json(r#"{"domains":["rust"],"summary":"web"}"#);
    let mut last = episode("last");
    last.created_at = at(40);
    last.has_code = true;
    vec![
        node("n1", 10, |_| {}),
        about_c.into(),
        node("n2", 20, |node| {
            node.source = "openai".to_owned();
            node.conversation_id = "d".to_owned();
            node.tags = sample::json(r#"{"topics":["rust","web"]}"#);
            node.cluster_id = Some(0);
        }),
        node("n3", 30, |node| {
            node.has_code = true;
            node.tags = sample::json(r#"{"topics":["rust"],"domains":["web","Web 2"],"n":3}"#);
            node.cluster_id = Some(-1);
        }),
        last.into(),
        node("n4", 50, |node| {
            node.source = "open_ai".to_owned();
            node.conversation_id = "n1".to_owned();
            node.cluster_id = Some(i64::MAX);
        }),
    ]
}

/// Each condition alone, and several together, against what one would say by looking.
pub async fn each_condition_lets_the_right_ones_pass(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    memories.write(differing().into_iter().map(plain)).await;
    let all = Filter::default;
    #[rustfmt::skip]
    let cases: Vec<(Filter, &[&str])> = vec![
        (all(), &["n1", "c", "n2", "n3", "last", "n4"]),
        (Filter::of(Kind::Node), &["n1", "n2", "n3", "n4"]),
        (Filter::of(Kind::Episode), &["c", "last"]),
        (Filter { kinds: vec![Kind::Episode, Kind::Node, Kind::Node], ..all() }, &["n1", "c", "n2", "n3", "last", "n4"]),
        (Filter { sources: texts(&["openai"]), ..all() }, &["c", "n2"]),
        (Filter { sources: texts(&["openai", "open_ai", "x"]), ..all() }, &["c", "n2", "n4"]),
        (Filter { sources: texts(&["open"]), ..all() }, &[]),
        (Filter { since: Some(at(20)), ..all() }, &["n2", "n3", "last", "n4"]),
        (Filter { until: Some(at(20)), ..all() }, &["n1", "c"]),
        (Filter { since: Some(at(15)), until: Some(at(40)), ..all() }, &["c", "n2", "n3"]),
        (Filter { since: Some(at(20)), until: Some(at(20)), ..all() }, &[]),
        (Filter { since: Some(at(40)), until: Some(at(15)), ..all() }, &[]),
        (Filter { clusters: vec![0], ..all() }, &["n2"]),
        (Filter { clusters: vec![-1, i64::MAX, 5], ..all() }, &["n3", "n4"]),
        (Filter { clusters: vec![0], kinds: vec![Kind::Episode], ..all() }, &[]),
        (Filter { conversations: texts(&["c"]), ..all() }, &["n1", "c", "n3"]),
        (Filter { conversations: texts(&["n1", "last"]), ..all() }, &["last", "n4"]),
        (Filter { conversations: texts(&["C"]), ..all() }, &[]),
        (Filter { conversations: texts(&[""]), ..all() }, &[]),
        (Filter { has_code: Some(true), ..all() }, &["n3", "last"]),
        (Filter { has_code: Some(false), ..all() }, &["n1", "c", "n2", "n4"]),
        (Filter { tags: texts(&["rust"]), ..all() }, &["c", "n2", "n3"]),
        (Filter { tags: texts(&["rust", "web"]), ..all() }, &["n2", "n3"]),
        (Filter { tags: texts(&["web", "rust", "web"]), ..all() }, &["n2", "n3"]),
        (Filter { tags: texts(&["Web 2"]), ..all() }, &["n3"]),
        (Filter { tags: texts(&["Rust"]), ..all() }, &[]),
        (Filter { tags: texts(&["3"]), ..all() }, &[]),
        (Filter { tags: texts(&["topics"]), ..all() }, &[]),
        (Filter { tags: texts(&[""]), ..all() }, &[]),
        (Filter { tags: texts(&["rust"]), has_code: Some(true), sources: texts(&["tulving"]),
            since: Some(at(30)), clusters: vec![-1], conversations: texts(&["c"]), ..all() }, &["n3"]),
    ];
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for (filter, expected) in &cases {
                assert_eq!(memories.ids(filter).await, *expected, "{filter:?}");
                let counted = memories.count(filter).await;
                let wanted = expected.len() as u64;
                assert_eq!(counted.total(), wanted, "{filter:?}");
            }
        }
        fixture.maintain().await;
    }
}

fn filters() -> Vec<Filter> {
    let all = Filter::default;
    vec![
        all(),
        Filter::of(Kind::Node),
        Filter::of(Kind::Episode),
        Filter {
            sources: texts(&["grok"]),
            ..all()
        },
        Filter {
            since: Some(at(4)),
            ..all()
        },
        Filter {
            until: Some(at(4)),
            ..all()
        },
        Filter {
            clusters: vec![-1, 2],
            ..all()
        },
        Filter {
            conversations: texts(&["c1", "e0003"]),
            ..all()
        },
        Filter {
            has_code: Some(true),
            ..all()
        },
        Filter {
            tags: texts(&["rust"]),
            ..all()
        },
        Filter {
            tags: texts(&["rust", "web"]),
            since: Some(at(2)),
            has_code: Some(false),
            ..all()
        },
        Filter {
            sources: texts(&["nowhere"]),
            ..all()
        },
    ]
}

/// Listing, counting and the three kinds of finding let the same memories pass.
pub async fn all_methods_mean_the_same_by_a_filter(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let entries = sample::mixture(30, 150);
    memories.write(entries.clone()).await;
    let naive: Naive = entries.iter().cloned().collect();
    let query = vector(&[1.0, -1.0, 0.5]);
    let terms = scoring::asked("rust pool journal");
    for _ in 0..2 {
        for memories in [memories.clone(), Memories::open(fixture).await] {
            for filter in filters() {
                let page = Page {
                    order: Order::Oldest,
                    after: None,
                    limit: ALL,
                };
                let (expected, _) = naive.list(&filter, &page);
                let listing = memories.backend.list(memories.scope, &filter, &page).await;
                let listed: Vec<Key> = listing
                    .expect("list")
                    .memories
                    .iter()
                    .map(Memory::key)
                    .collect();
                assert_eq!(listed, expected, "{filter:?}");
                assert_eq!(
                    memories.count(&filter).await,
                    naive.count(&filter),
                    "{filter:?}"
                );
                for limit in [3, ALL] {
                    let near = memories.nearest(&query, limit, &filter).await;
                    assert_eq!(near, naive.nearest(&query, limit, &filter), "{filter:?}");
                    let matching = memories.matching(&terms, limit, &filter).await;
                    assert_eq!(
                        matching,
                        naive.matching(&terms, limit, &filter),
                        "{filter:?}"
                    );
                }
                for (vector, depth) in [(Some(query.clone()), 5), (None, 4)] {
                    let question = Question::Search(Request {
                        vector,
                        terms: terms.clone(),
                        depth,
                        filter: filter.clone(),
                        reach: 3,
                    });
                    let answer = question.ask(&memories).await;
                    assert_eq!(answer, question.answered_by(&naive), "{filter:?}");
                }
            }
        }
        fixture.maintain().await;
    }
}

/// What means something in a pattern, a quotation or a path is a letter like any other in a filter.
pub async fn wildcards_and_quotes_are_letters(fixture: &dyn Fixture) {
    let memories = Memories::open(fixture).await;
    let names = [
        "%", "_", "*", "a%", "a_", "ab", "'", "\"", "\\", "{a}", "a,b", "a b", "$1", "[a]", "é",
    ];
    memories
        .write(names.iter().map(|name| {
            let mut node = saying(&format!("in {name}"), "hello");
            (*name).clone_into(&mut node.conversation_id);
            let mut tags = Vec::new();
            tulving::json::write_text(name.as_bytes(), &mut tags);
            node.tags = sample::json(&format!(
                "{{\"topics\":[{}]}}",
                String::from_utf8_lossy(&tags)
            ));
            plain(node)
        }))
        .await;
    for name in names {
        let expected = [format!("in {name}")];
        let conversation = Filter {
            conversations: texts(&[name]),
            ..Filter::default()
        };
        assert_eq!(
            memories.ids(&conversation).await,
            expected,
            "conversation {name:?}"
        );
        let tag = Filter {
            tags: texts(&[name]),
            ..Filter::default()
        };
        assert_eq!(memories.ids(&tag).await, expected, "tag {name:?}");
        assert_eq!(memories.count(&tag).await[Kind::Node], 1, "tag {name:?}");
        let source = Filter {
            sources: texts(&[name]),
            ..Filter::default()
        };
        assert_eq!(memories.ids(&source).await, [""; 0], "source {name:?}");
    }
}
