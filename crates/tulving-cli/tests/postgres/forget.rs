//! `tulving forget`, `user delete` and `tenant delete` on a database: gone for good, proved, and nobody else's
//! rows touched.

use std::time::Instant;

use serde_json::{Value, json};
use testkit::corpus::Corpus;

use crate::oracle::{SCOPED, rows_of};
use crate::roles::url_as;
use crate::support::{Ran, World, program};
use crate::under_way::wait_until;

const CANARY: &str = "Does the canary zarquonise in its \"cage\" before the sun is up?";

fn forget(world: &World, user: &str, args: &[&str]) -> Ran {
    let owner = [
        "forget",
        "--backend",
        "postgres",
        "--user-id",
        user,
        "--yes",
    ];
    world.run(&[&owner, args].concat())
}

/// The certificate of one that proved it.
fn forgotten(world: &World, user: &str, args: &[&str]) -> Value {
    let ran = forget(world, user, &[args, &["--json"]].concat());
    let certificate = ran.expect(0).json();
    assert_eq!(certificate["absent"], json!(true), "{certificate}");
    certificate
}

fn add(world: &World, user: &str, question: &str, more: &[&str]) -> String {
    let args = [
        "add",
        "--backend",
        "postgres",
        "--user-id",
        user,
        "--question",
        question,
    ];
    let ran = world.run(&[&args, more].concat());
    ran.expect(0).stdout.trim_end().to_owned()
}

/// How many rows each table has of a scope.
fn rows(world: &World, scope: &str) -> Vec<(&'static str, u64)> {
    let rows = SCOPED.map(|table| {
        let query = format!("SELECT count(*) FROM {table} WHERE scope_id = '{scope}'");
        (table, world.database.scalar(&query).parse().unwrap())
    });
    rows.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Two owners with the same rows in every table.
fn two(corpus: &Corpus) -> (World, String) {
    let world = World::new();
    world.corpus(corpus);
    let other = world.new_user("canary@example.com");
    for user in [&world.user, &other] {
        world.migrate_for(user, &[]).expect(0);
        for _ in 0..2 {
            forget(&world, user, &["--id", &add(&world, user, CANARY, &[])]).expect(0);
        }
    }
    (world, other)
}

#[test]
fn everything_of_one_owner_goes_and_nothing_of_another() {
    let (world, other) = two(&Corpus::new(300).episodes(true).dirty(false));
    let theirs = rows_of(&world, &other);
    let texts = world
        .column("SELECT DISTINCT human_content FROM memory_nodes WHERE length(human_content) > 23");
    assert!(rows(&world, &world.user).len() > 8);
    let certificate = forgotten(&world, &world.user, &[]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(300));
    assert_eq!(
        certificate["tombstones"],
        json!(300 + certificate["forgotten"]["episodes"].as_u64().unwrap() + 2)
    );
    let tables = certificate["searched"]["places"].as_array().unwrap();
    // The record of what is looked for is not.
    assert_eq!(tables.len(), SCOPED.len() - 1);
    let left = rows(&world, &world.user);
    let left: Vec<&str> = left.iter().map(|(table, _)| *table).collect();
    assert_eq!(left, ["scopes", "scope_kinds", "forgotten"]);
    assert_eq!(rows_of(&world, &other), theirs);
    // Nothing of the texts is in the certificate, nor are ids.
    let said = certificate.to_string();
    assert!(texts.iter().all(|text| !said.contains(text.as_str())));
    let again = forgotten(&world, &world.user, &[]);
    assert_eq!(again["forgotten"], json!({"nodes": 0, "episodes": 0}));
    // The control: what is forgotten here is found there.
    assert_eq!(rows_of(&world, &other), theirs);
}

#[test]
fn what_is_forgotten_by_id_leaves_no_word_and_no_vector() {
    let (world, other) = two(&Corpus::new(50));
    let id = add(&world, &world.user, CANARY, &["--conversation", "cage"]);
    add(&world, &other, CANARY, &[]);
    let theirs = rows_of(&world, &other);
    let words = format!(
        "SELECT count(*) FROM node_postings WHERE scope_id = '{}' AND position('zarquonis'::bytea IN postings) > 0",
        world.user
    );
    assert_ne!(world.database.scalar(&words), "0");
    let args = ["--conversation", "cage"];
    assert_eq!(
        forgotten(&world, &world.user, &args)["forgotten"]["nodes"],
        json!(1)
    );
    assert_eq!(world.database.scalar(&words), "0");
    assert_eq!(rows_of(&world, &other), theirs);
    let held = rows(&world, &world.user);
    assert!(
        held.contains(&("memory_nodes", 50)) && held.contains(&("node_vectors", 50)),
        "{held:?}"
    );
    forget(&world, &world.user, &["--id", &id]).expect(0);
    forget(&world, &world.user, &["--id", "mem_0000000000000000"]).expect(10);
    let owner = ["--backend", "postgres", "--user-id", &world.user];
    world
        .run(&[&["doctor", "--deep"][..], &owner].concat())
        .expect(0);
}

#[test]
fn what_was_forgotten_comes_back_only_when_that_is_asked_for() {
    let world = World::new();
    world.corpus(&Corpus::new(40));
    world.migrate(&[]).expect(0);
    let first = crate::support::first_node(&world.path("data"));
    forgotten(&world, &world.user, &["--id", &first]);
    let refused = world.migrate(&[]);
    refused
        .expect(3)
        .says("it was forgotten here [forgotten]")
        .says("--restore-forgotten");
    let report = world.migrate(&["--on-error", "reject"]).expect(4).json();
    assert_eq!(
        (&report["nodes"]["rejected"], &report["nodes"]["unchanged"]),
        (&json!(1), &json!(39))
    );
    let rejects = std::fs::read_to_string(
        report["rejects"]
            .as_str()
            .map(|path| world.path(path))
            .unwrap(),
    );
    assert!(rejects.unwrap().ends_with("\"row\":null}\n"));
    // The source still has it; here it is missing by intent, and that is no difference.
    world.verify(&[]).expect(4).says("not compared");
    let line = json!({"id": first, "question": "Was it the canary?"}).to_string();
    std::fs::write(world.path("lines.jsonl"), line).unwrap();
    let owner = ["--backend", "postgres", "--user-id", &world.user];
    let add = [&["add", "--jsonl", "lines.jsonl"][..], &owner].concat();
    world.run(&add).expect(3).says("was forgotten");
    world
        .run(&[&add[..], &["--restore-forgotten"]].concat())
        .expect(0);
    world.run(&add).expect(0);
    forgotten(&world, &world.user, &["--id", &first]);
    let report = world.migrate(&["--restore-forgotten"]).expect(0).json();
    assert_eq!(report["nodes"]["inserted"], json!(1));
    assert_eq!(world.database.scalar("SELECT count(*) FROM forgotten"), "0");
    world.migrate(&[]).expect(0);
}

#[test]
fn an_owner_goes_with_everything_that_belongs_to_it() {
    let (world, other) = two(&Corpus::new(30));
    let theirs = rows_of(&world, &other);
    let delete =
        |more: &[&str]| world.run(&[&["user", "delete", "test@example.com"], more].concat());
    delete(&[])
        .expect(2)
        .says("Delete the user test@example.com for good, with 30 nodes");
    delete(&["--dry-run"])
        .expect(0)
        .shows("and the user test@example.com itself");
    let certificate = delete(&["--yes", "--json"]).expect(0).json();
    assert_eq!(certificate["owner_deleted"], json!(true));
    assert_eq!(rows(&world, &world.user), []);
    assert_eq!(rows_of(&world, &other), theirs);
    delete(&["--yes"]).expect(9);
    let tenant = world.new_tenant("aviary");
    let member = [
        "user",
        "create",
        "--email",
        "member@example.com",
        "--tenant-id",
        &tenant,
    ];
    world.run(&member).expect(0);
    let owner = ["--backend", "postgres", "--tenant-id", &tenant];
    world
        .run(&[&["add", "--question", CANARY][..], &owner].concat())
        .expect(0);
    let deleted = world.run(&["tenant", "delete", "aviary", "--yes"]);
    deleted.expect(0).shows("the tenant aviary is deleted");
    assert_eq!(rows(&world, &tenant), []);
    let member =
        "SELECT count(*) FROM users WHERE email = 'member@example.com' AND tenant_id IS NULL";
    assert_eq!(world.database.scalar(member), "1");
}

#[test]
fn who_does_not_own_the_tables_is_told_what_the_owner_has_to_run() {
    let server = crate::roles::server();
    let world = World::on(&server);
    add(&world, &world.user, CANARY, &[]);
    world
        .database
        .batch("CREATE ROLE member LOGIN; GRANT tulving_app TO member");
    let url = url_as(world.database.url(), "member");
    let args = [
        "forget",
        "--backend",
        "postgres",
        "--user-id",
        &world.user,
        "--yes",
    ];
    let ran = program(world.directory.path(), &url)
        .args(args)
        .output()
        .unwrap();
    Ran::from(ran)
        .expect(0)
        .shows("as the owner of the tables: VACUUM (ANALYZE) \"public\".");
    let ran = forget(&world, &world.user, &[]).expect(0);
    ran.shows("VACUUM was run");
}

#[test]
fn a_table_that_nobody_knew_of_is_searched_too() {
    let world = World::new();
    let id = add(&world, &world.user, CANARY, &[]);
    world.database.batch(&format!(
        "CREATE TABLE notes (scope_id uuid, note jsonb); SELECT tulving_wall('notes'); \
         INSERT INTO notes VALUES ('{}', jsonb_build_object('of', '{id}'))",
        world.user
    ));
    forget(&world, &world.user, &[])
        .expect(5)
        .shows("found in notes: 1 of them");
    // One that may not be read keeps nobody from forgetting: it is named as not searched.
    world.database.batch("REVOKE ALL ON notes FROM tulving_app");
    let certificate = forgotten(&world, &world.user, &[]);
    let beyond = certificate["beyond_reach"].to_string();
    assert!(
        beyond.contains("notes: the role tulving_app may not read it"),
        "{beyond}"
    );
}

/// What was found is kept to be looked for again; what a migration or somebody's words bring back meanwhile is no part
/// of it any more.
#[test]
fn what_came_back_after_a_proof_that_failed_is_not_erased_later() {
    let world = World::new();
    world.corpus(&Corpus::new(20));
    world.migrate(&[]).expect(0);
    let first = crate::support::first_node(&world.path("data"));
    let said = add(&world, &world.user, CANARY, &["--conversation", "cage"]);
    world.database.batch(&format!(
        "CREATE TABLE notes (scope_id uuid, note text); SELECT tulving_wall('notes'); \
         INSERT INTO notes VALUES ('{}', '{first}')",
        world.user
    ));
    let left = || world.database.scalar("SELECT count(*) FROM memory_nodes");
    forget(&world, &world.user, &[])
        .expect(5)
        .shows("found in notes: 1 of them");
    assert_eq!(left(), "0");
    world.migrate(&["--restore-forgotten"]).expect(0);
    assert_eq!(
        add(&world, &world.user, CANARY, &["--conversation", "cage"]),
        said
    );
    world.database.batch("DROP TABLE notes");
    let last = world
        .database
        .scalar("SELECT max(id) FROM memory_nodes WHERE conversation_id <> 'cage'");
    let certificate = forgotten(&world, &world.user, &["--id", &last]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(1));
    assert_eq!(left(), "20");
    // What was said anew goes along with a move, and comes back from there.
    let owner = ["--backend", "postgres", "--user-id", &world.user];
    world
        .run(&[&["export", "--out", "back"][..], &owner].concat())
        .expect(0);
    // What was said has no vector, and files have zeros in its place: that is a difference, and no refusal.
    let moved = world.migrate(&["--data-dir", "back"]).expect(5).json();
    assert_eq!(moved["nodes"]["rejected"], json!(0), "{moved}");
    assert_eq!(moved["nodes"]["unchanged"], json!(19), "{moved}");
}

/// `TULVING_KILLS` (8) kills: the same command finishes what one that was killed began.
#[test]
fn a_killed_forgetting_is_finished_by_the_same_command() {
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(64));
    let canary = world.new_user("canary@example.com");
    world.migrate_for(&canary, &[]).expect(0);
    let theirs = rows_of(&world, &canary);
    let sources = ["--source", "anthropic,openai,grok,gemini"];
    let begin = |round: u32| {
        let user = world.new_user(&format!("victim{round}@example.com"));
        world.migrate_for(&user, &[]).expect(0);
        add(&world, &user, CANARY, &[]);
        user
    };
    let user = begin(kills);
    let all: u64 = ["memory_nodes", "episodic_memories"]
        .map(|table| {
            let query = format!("SELECT count(*) FROM {table} WHERE scope_id = '{user}'");
            world.database.scalar(&query).parse::<u64>().unwrap()
        })
        .iter()
        .sum();
    let begun = Instant::now();
    assert_eq!(
        forgotten(&world, &user, &sources)["forgotten"]["nodes"],
        json!(400)
    );
    let mut lasts = begun.elapsed();
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        assert!(round < 20 * kills, "{killed} kills in {round} rounds");
        round += 1;
        let user = begin(kills + round);
        // Half of them forget everything, in one step.
        let what: &[&str] = if round % 2 == 0 { &sources } else { &[] };
        let args = [
            "forget",
            "--backend",
            "postgres",
            "--user-id",
            &user,
            "--yes",
        ];
        let mut run = world.start(&[&args, what].concat());
        std::thread::sleep(lasts.mul_f64(f64::from(round % 8) / 8.0));
        match run.kill() {
            true => killed += 1,
            // The machine has become faster.
            false => lasts = lasts.mul_f64(0.8),
        }
        // A memory is there as a whole, with its vector, or not at all.
        let torn = format!(
            "SELECT count(*) FROM memory_nodes m FULL JOIN node_vectors v USING (scope_id, id) \
             WHERE scope_id = '{user}' AND (m.ord IS NULL OR m.embedding IS NOT NULL AND v.space_id IS NULL)"
        );
        assert_eq!(world.database.scalar(&torn), "0", "round {round}");
        let certificate = forgotten(&world, &user, what);
        let left = rows(&world, &user);
        let nodes = left.iter().find(|(table, _)| *table == "memory_nodes");
        let kept = u64::from(!what.is_empty());
        assert_eq!(nodes.map_or(0, |(_, count)| *count), kept, "round {round}");
        assert_eq!(
            certificate["tombstones"],
            json!(all - kept),
            "round {round}"
        );
    }
    assert_eq!(rows_of(&world, &canary), theirs);
    println!("{killed} kills in {round} rounds, within {lasts:?}");
}

#[test]
fn a_migration_that_waits_while_something_is_forgotten_reads_that_anew() {
    let world = World::new();
    world.corpus(&Corpus::new(40));
    let hold = format!(
        "SELECT pg_advisory_lock(hashtextextended('tulving.run.{}', 0)); SELECT pg_sleep(60)",
        world.user
    );
    let let_go = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                  WHERE query LIKE '%pg_sleep(60)' AND datname = current_database() AND pid <> pg_backend_pid()";
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    std::thread::scope(|scope| {
        // It ends by being terminated, which is an error.
        scope.spawn(|| std::panic::catch_unwind(|| world.database.batch(&hold)));
        wait_until("the lock is held", || world.database.scalar(held) == "1");
        let waiting = world.start_migrate(&world.user, &[]);
        waiting.wait_for_text("is at work; waiting up to 30 s");
        // A forgetting waits for it too, and a single one has it from its beginning to its end.
        forget(&world, &world.user, &[])
            .expect(8)
            .says("another run holds the lock");
        world.database.batch(&format!(
            "INSERT INTO forgotten VALUES ('{}', uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()))",
            world.user
        ));
        world.database.batch(let_go);
        waiting
            .end()
            .expect(9)
            .says("what was forgotten here changed");
    });
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM memory_nodes"),
        "0"
    );
    world.migrate(&[]).expect(0);
}

/// Eight kills: the same command deletes the owner, and certifies the whole.
#[test]
fn a_killed_deletion_of_an_owner_is_finished_by_the_same_command() {
    let world = World::new();
    world.corpus(&Corpus::new(200));
    let begin = |round: u32| {
        let email = format!("victim{round}@example.com");
        let user = world.new_user(&email);
        world.migrate_for(&user, &[]).expect(0);
        (user, email)
    };
    let delete = |email: &str| {
        let name = format!("{email}.json");
        ["user", "delete", email, "--yes", "--certificate", &name].map(str::to_owned)
    };
    let (_, email) = begin(0);
    let begun = Instant::now();
    let args = delete(&email);
    world.run(&args.each_ref().map(String::as_str)).expect(0);
    let lasts = begun.elapsed();
    let mut killed = 0;
    for round in 1..=8 {
        let (user, email) = begin(round);
        let args = delete(&email);
        let args = args.each_ref().map(String::as_str);
        let mut run = world.start(&args);
        std::thread::sleep(lasts.mul_f64(f64::from(round) / 9.0));
        killed += u32::from(run.kill());
        let is_there = format!("SELECT count(*) FROM users WHERE id = '{user}'");
        if world.database.scalar(&is_there) == "1" {
            world.run(&args).expect(0);
        }
        assert_eq!(world.database.scalar(&is_there), "0", "round {round}");
        assert_eq!(rows(&world, &user), [], "round {round}");
        let certificate = std::fs::read(world.path(&format!("{email}.json"))).unwrap();
        let certificate: Value = serde_json::from_slice(&certificate).unwrap();
        assert_eq!(
            certificate["forgotten"]["nodes"],
            json!(200),
            "round {round}"
        );
        assert_eq!(certificate["absent"], json!(true), "round {round}");
    }
    assert!(killed > 0);
}

#[test]
fn a_view_whose_scopes_are_no_uuids_is_named_and_the_tables_are_searched() {
    let world = World::new();
    add(&world, &world.user, CANARY, &[]);
    // A table would be behind the wall, or no command goes on; no policy stands before what is materialised.
    world.database.batch(
        "CREATE MATERIALIZED VIEW notes AS SELECT scope_id::text, human_content FROM memory_nodes; \
         GRANT SELECT ON notes TO tulving_app",
    );
    let certificate = forgotten(&world, &world.user, &[]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(1));
    let beyond = certificate["beyond_reach"].to_string();
    assert!(
        beyond.contains("notes: its scope_id is no uuid"),
        "{beyond}"
    );
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM forgetting"),
        "0"
    );
}
