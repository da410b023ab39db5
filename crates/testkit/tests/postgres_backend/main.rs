//! PostgreSQL does what every backend must do; and what it promises beyond that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod erased;
mod faults;
mod large;
mod older;
mod place;
mod statements;
mod trips;

const SEED: u64 = 1;

/// On a connection to the server itself.
mod direct {
    use super::SEED;
    use super::place::fixture;

    testkit::conformance_tests!(fixture);

    /// `TULVING_PROBES` (2,000) of them; `make soak` asks 10,000.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn probes_find_nothing_of_another_scope() {
        let probes = std::env::var("TULVING_PROBES").map_or(2000, |probes| probes.parse().unwrap());
        let probed = testkit::probes::run(&fixture().await, probes, SEED).await;
        println!("{probed}");
        assert_eq!((probed.probes, probed.controls), (probes, probes));
    }

    #[test]
    fn random_operations_do_what_a_map_would_do() {
        testkit::operations::run(fixture, 40, SEED);
    }
}

/// With PgBouncer in transaction mode between.
mod pooled {
    use super::SEED;
    use super::place::pooled as fixture;

    testkit::conformance_tests!(fixture);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_probes_find_nothing_of_another_scope() {
        let probed = testkit::probes::run(&fixture().await, 1000, SEED).await;
        assert_eq!((probed.probes, probed.controls), (1000, 1000));
    }
}
