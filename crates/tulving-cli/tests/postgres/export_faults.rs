//! Exports that are killed, that find no room, or that have no place to go.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use testkit::corpus::Corpus;

use crate::exported::{records, sums};
use crate::support::{Ran, World, files};

/// A scope of 8 chunks, and the checksums of the files that it is exported to.
fn large() -> (World, BTreeMap<String, String>) {
    let world = World::new();
    world.corpus(&Corpus::new(512 * 8).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    world.export("whole", &[]).expect(0);
    let whole = sums(&world.path("whole"));
    (world, whole)
}

/// `TULVING_KILLS` (8) kills: most while chunks are written, some in each other phase.
#[test]
fn a_killed_export_is_resumed_and_no_part_of_it_has_the_name() {
    let (world, whole) = large();
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let mut killed_later = 0;
    for round in 0..kills {
        let out = format!("back{round}");
        let mut run = world.start_export(&out);
        if round % 2 == 0 {
            let done = 1 + round * 5 % 6;
            world.wait_for_parts(&out, done);
            assert!(run.kill(), "it was done before it was killed");
            assert!(!world.path(&out).exists());
            let ran = world.start_export(&out).end().expect(0);
            ran.says("resuming run");
        } else {
            // A phase is told when it is over.
            run.wait_for_text_or_end(["plan  ", "validate  ", "copy  ", "verify  "][round / 2 % 4]);
            killed_later += usize::from(run.kill());
            match world.path(&out).exists() {
                true => assert_eq!(sums(&world.path(&out)), whole),
                false => drop(world.start_export(&out).end().expect(0)),
            }
        }
        assert_eq!(sums(&world.path(&out)), whole, "{out}");
        // What a run leaves behind its end, the next one to that place removes.
        world.export(&out, &[]).expect(9);
        assert!(!world.path(&format!(".{out}.export")).exists());
        fs::remove_dir_all(world.path(&out)).unwrap();
    }
    assert!(killed_later > 0);
}

#[test]
fn an_export_that_was_killed_while_files_were_begun_begins_them_anew() {
    let (world, whole) = large();
    let mut run = world.start_export("back");
    world.wait_for_parts("back", 3);
    assert!(run.kill());
    let staging = world.path(".back.export");
    for (path, _) in files(&staging.join("parts")) {
        fs::remove_file(path).unwrap();
    }
    let vectors = staging.join("data/vectors/nodes.npy");
    fs::File::create(&vectors).unwrap();
    world
        .start_export("back")
        .end()
        .expect(0)
        .says("resuming run");
    assert_eq!(sums(&world.path("back")), whole);
}

#[test]
fn an_export_starts_over_where_memories_changed_since_it_was_killed() {
    let (world, _) = large();
    let mut run = world.start_export("back");
    world.wait_for_parts("back", 3);
    assert!(run.kill());
    world
        .database
        .rows("UPDATE memory_nodes SET access_count = access_count + 1 WHERE ord = 3");
    let ran = world.start_export("back").end().expect(0);
    ran.says("an unfinished run is given up");
    let back = records(&world.path("back/corpus/nodes.json"));
    let before = records(&world.path("data/corpus/nodes.json"));
    assert_ne!(back[3].get("access_count"), before[3].get("access_count"));
}

#[test]
fn what_is_written_meanwhile_is_not_in_it() {
    let (world, whole) = large();
    let run = world.start_export("back");
    world.wait_for_parts("back", 1);
    world
        .database
        .rows("UPDATE memory_nodes SET access_count = 77");
    world
        .database
        .rows("DELETE FROM memory_nodes WHERE ord % 2 = 0");
    run.end().expect(0);
    assert_eq!(sums(&world.path("back")), whole);
}

/// Files of at most so many blocks of 512 bytes; the signal is ignored, and so it is an error.
fn limited(world: &World, blocks: u64, command: &Command) -> Ran {
    let mut limited = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let environment = command.get_envs();
    limited
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(world.directory.path())
        .env_clear()
        .envs(environment.filter_map(|(key, value)| Some((key, value?))));
    limited.output().unwrap().into()
}

#[test]
fn a_disk_that_is_full_leaves_no_directory_and_the_same_command_goes_on() {
    let (world, whole) = large();
    let args = [
        "export",
        "--user-id",
        &world.user,
        "--backend",
        "postgres",
        "--out",
        "back",
    ];
    let command = world.command(&args);
    let parts = |name: &str| world.path(name).metadata().unwrap().len() / 512;
    let (records, vectors) = (
        parts("whole/corpus/nodes.json"),
        parts("whole/vectors/nodes.npy"),
    );
    // Too little for the vectors, for a part, and for all parts together.
    let full = [
        (vectors / 2, "vectors/nodes.npy"),
        (records / 32, "parts/nodes-"),
        (records / 2, "corpus/nodes.json"),
    ];
    assert!(vectors < records / 32, "{vectors} {records}");
    for (blocks, file) in full {
        let ran = limited(&world, blocks, &command).expect(7);
        ran.says(file).says("File too large");
        assert!(!world.path("back").exists());
    }
    world.run(&args).expect(0);
    assert_eq!(sums(&world.path("back")), whole);
}

#[test]
fn a_place_at_which_no_directory_can_be_made_is_refused_first() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(10).dim(8));
    world.migrate(&[]).expect(0);
    let before = files(&data);
    world.export("data", &[]).expect(9).says("is there already");
    assert_eq!(files(&data), before);

    fs::create_dir(world.path("elsewhere")).unwrap();
    symlink(world.path("elsewhere"), world.path("link")).unwrap();
    world.export("link", &[]).expect(9).says("it is a link");
    world
        .export("..", &[])
        .expect(9)
        .says("it names no directory");
    for receipt in ["new/receipt.json", ".new.export/receipt.json"] {
        world
            .export("new", &["--receipt", receipt])
            .expect(2)
            .says("the receipt cannot be in the directory that is made");
    }

    // One that is empty is as good as none.
    fs::create_dir(world.path("empty")).unwrap();
    world.export("empty", &[]).expect(0);
    let names = fs::read_dir(world.directory.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let staged: Vec<String> = names.filter(|name| name.starts_with('.')).collect();
    assert_eq!(staged, [""; 0], "nothing of the making is left");
}

#[test]
fn two_exports_to_one_place_are_one_after_the_other() {
    let (world, whole) = large();
    let first = world.start_export("back");
    world.wait_for_parts("back", 1);
    let second = world.start_export("back").end();
    first.end().expect(0);
    second.expect(9).says("is there already");
    assert_eq!(sums(&world.path("back")), whole);
}
