//! Memory for assistants, with memory in PostgreSQL: what every tool does, and that another owner's memory is none.

use std::process::Command;

use serde_json::{Value, json};

use crate::assistant::{Assistant, Said, records};
use crate::support::World;
use crate::tools::{self, Served};

fn of<'w>(world: &'w World, user: &'w str) -> impl Fn(&[&str]) -> Command + 'w {
    move |args| world.command(&[args, &["--backend", "postgres", "--user-id", user]].concat())
}

fn in_a_database(promise: impl FnOnce(&Served<'_>)) {
    let world = World::new();
    let command = of(&world, &world.user);
    promise(&Served {
        command: &command,
        owner: format!("user {}", world.user),
    });
}

#[test]
fn clients_of_both_eras_are_served() {
    in_a_database(tools::both_eras);
}

#[test]
fn every_tool_does_its_work() {
    in_a_database(tools::every_tool);
}

#[test]
fn bad_arguments_are_said_so_that_a_model_can_do_better() {
    in_a_database(tools::bad_arguments);
}

#[test]
fn a_server_that_only_reads_has_no_tool_that_writes() {
    in_a_database(tools::only_reads);
}

#[test]
fn chatgpt_finds_its_two_tools() {
    in_a_database(tools::as_chatgpt_asks);
}

#[test]
fn four_servers_share_a_scope() {
    in_a_database(|served| tools::several_at_once(served, &|| {}));
}

#[test]
fn what_is_recalled_is_data() {
    in_a_database(tools::is_data);
}

#[test]
fn long_memories_are_cut_and_can_be_read_to_the_end() {
    in_a_database(tools::long_memories);
}

/// A number below `limit` from a seed that a failure prints: SplitMix64.
fn below(limit: usize, state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
}

/// `TULVING_PROBES` says how many are tried, `TULVING_SEED` repeats a failure's choices.
#[test]
fn a_memory_of_another_owner_is_the_same_as_none() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let probes = number("TULVING_PROBES").unwrap_or(200);
    let mut seed = number("TULVING_SEED").unwrap_or(7);
    println!("TULVING_SEED={seed} TULVING_PROBES={probes}");
    let world = World::new();
    let other = world.new_user("other@example.com");
    let mut ann = Assistant::start(of(&world, &world.user)(&["mcp"]));
    let mut ben = Assistant::start(of(&world, &other)(&["mcp", "--chatgpt"]));
    ben.adds("A memory of the one who asks.");
    let secret = |number: usize| format!("The canary number {number} sings at night.");
    let mut ids: Vec<String> = (0..10).map(|number| ann.adds(&secret(number))).collect();
    for probe in 0..probes {
        let at = below(ids.len(), &mut seed);
        let id = ids[at].clone();
        // An id that nobody has, of the same length.
        let none = format!("mem_{:016x}", 0xdead_0000_u64 + probe);
        let mut alike = |tool: &str, arguments: &dyn Fn(&str) -> Value| {
            let mut said = |id: &str| {
                let Said { text, is_error } = ben.call(tool, arguments(id));
                (text.replace(id, "ID"), is_error)
            };
            let (theirs, nobodys) = (said(&id), said(&none));
            assert_eq!(theirs, nobodys, "{tool} of {id}");
            assert!(!theirs.0.contains("canary number"), "{}", theirs.0);
        };
        match below(7, &mut seed) {
            0 => alike("memory_get", &|id| json!({"ids": [id]})),
            1 => alike("memory_update", &|id| json!({"id": id, "text": "Taken."})),
            2 => alike("memory_update", &|id| json!({"id": id, "tags": ["taken"]})),
            3 => alike("memory_delete", &|id| json!({"ids": [id]})),
            4 => alike("fetch", &|id| json!({"id": id})),
            5 => {
                let owner = world.user.as_str();
                let said = ben.does("memory_search", json!({
                    "query": secret(at), "user_id": owner, "tenant_id": owner, "scope": owner, "scope_id": owner,
                }));
                assert_eq!(records(&said).len(), 1, "{said}");
                assert!(!said.contains("canary") && !said.contains(owner), "{said}");
            }
            _ => {
                let after = format!("9999999999999999:0:node:{id}");
                let said = ben.does(
                    "memory_list",
                    json!({"after": after, "user_id": world.user}),
                );
                assert_eq!(records(&said).len(), 1, "{said}");
                assert!(!said.contains("canary number"), "{said}");
            }
        }
        // The owner has it still, and can do what was tried.
        let said = ann.does("memory_get", json!({"ids": [id]}));
        assert!(
            records(&said)[0]["text"]
                .as_str()
                .unwrap()
                .contains(&secret(at)),
            "{said}"
        );
    }
    let gone = ids.pop().unwrap();
    assert!(
        ann.does("memory_delete", json!({"ids": [gone]}))
            .starts_with("Deleted")
    );
    ann.end();
    ben.end();
}

#[test]
fn an_owner_that_is_not_there_is_refused_with_what_to_do() {
    let world = World::new();
    let nobody = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";
    let mut assistant = Assistant::start(of(&world, nobody)(&["mcp"]));
    let said = assistant.is_refused("memory_search", json!({"query": "x"}), "refused");
    assert!(
        said.contains("try: ") && said.contains("tulving user create"),
        "{said}"
    );
    assistant.end();
}

#[test]
fn a_server_that_went_away_is_told_and_found_again() {
    let mut server = crate::roles::server();
    let world = World::on(&server);
    let mut assistant = Assistant::start(of(&world, &world.user)(&["mcp"]));
    let id = assistant.adds("The pool holds 32 connections.");
    server.stop();
    assistant.is_refused("memory_search", json!({"query": "pool"}), "unreachable");
    server.restart();
    let said = assistant.does("memory_search", json!({"query": "pool"}));
    assert_eq!(records(&said)[0]["id"], id.as_str());
    assistant.end();
}

/// The password is nowhere in what is pasted.
#[test]
fn what_is_pasted_names_the_variable_and_not_the_database() {
    let world = World::new();
    let command = of(&world, &world.user);
    world
        .run(&["init", "--backend", "postgres", "--user-id", &world.user])
        .expect(0);
    for (client, variable) in [
        ("claude-code", "--env DATABASE_URL=\"$DATABASE_URL\""),
        ("codex", "env_vars = [\"DATABASE_URL\"]"),
        ("cursor", "${env:DATABASE_URL}"),
        ("vscode", "${input:database-url}"),
        (
            "claude-desktop",
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        ),
    ] {
        let printed = command(&["mcp", "--print-config", client])
            .output()
            .unwrap();
        let printed = crate::support::Ran::from(printed).expect(0).stdout;
        assert!(printed.contains(variable), "{client}: {printed}");
        assert!(printed.contains(&world.user), "{client}: {printed}");
        assert!(
            !printed.contains(world.database.url()),
            "{client}: {printed}"
        );
    }
}
