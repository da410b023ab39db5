//! Words that an older tokenizer made, in a database that an older program wrote.

use testkit::postgres::Server;
use tulving::backend::postgres::SchemaVersion;

use crate::support::World;

/// Whose memories they are.
const OWNER: &str = "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f";
/// Not found by the words of the first tokenizer.
const LATER: [&str; 4] = ["서울", "혈당에서", "STRASSE", "C++"];

/// A version of the schema, as psql applies it.
fn schema(version: usize) -> String {
    let lines = SchemaVersion::all()[version - 1].sql.lines();
    lines
        .filter(|line| !line.starts_with('\\'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A database of version 2 with the memories of five texts.
fn older() -> World {
    let world = World {
        database: Server::shared().database(),
        directory: tempfile::TempDir::new().unwrap(),
        user: OWNER.to_owned(),
    };
    world.database.batch(&schema(1));
    world.database.batch(&schema(2));
    world
        .database
        .batch(include_str!("../fixtures/tokenizer-1/database.sql"));
    world
}

impl World {
    fn asked(&self, question: &str) -> serde_json::Value {
        let args = ["search", question, "--mode", "keyword", "--json"];
        self.run(&[&args[..], &self.owner()].concat())
            .expect(0)
            .json()
    }

    fn owner(&self) -> [&str; 4] {
        ["--backend", "postgres", "--user-id", &self.user]
    }

    /// How many of the questions find a memory.
    fn finds(&self, questions: &[&str]) -> usize {
        let hits = |question: &&str| self.asked(question)["hits"].as_array().map_or(0, Vec::len);
        questions.iter().map(hits).filter(|hits| *hits > 0).count()
    }

    /// That all words are those of this program, and nothing is said of others.
    fn is_up_to_date(&self) {
        assert_eq!(self.finds(&LATER), LATER.len());
        assert_eq!(self.asked("worker").get("note"), None);
        let doctor = self
            .run(&[&["doctor"][..], &self.owner()].concat())
            .expect(0);
        doctor.shows("every memory is in the keyword index");
    }
}

#[test]
fn psql_leaves_older_words_and_every_answer_says_so_until_they_are_made_anew() {
    let world = older();
    // Somebody who has nothing yet has nothing old.
    let nobody = "INSERT INTO users (id) VALUES (gen_random_uuid())";
    world.database.batch(nobody);
    world.database.batch(&schema(3));
    world.database.batch(&schema(4));
    world.database.batch(&schema(5));
    world.database.batch(&schema(6));
    let numbers = "SELECT string_agg(memories || ' ' || tokenizer, ', ' ORDER BY memories) \
                   FROM scopes JOIN scope_kinds USING (scope_id) WHERE kind = 'node'";
    assert_eq!(
        world.database.scalar(numbers).replace("5 1", "old"),
        "0 3, old"
    );
    let said = "5 memories have the words that another version of tulving made";
    let renewal = format!("tulving index --user-id {OWNER}");
    for question in ["worker", LATER[0]] {
        let note = world.asked(question)["note"].as_str().unwrap().to_owned();
        assert!(note.contains(said), "{note}");
        let args = [&["search", question][..], &world.owner()].concat();
        world.run(&args).expect(0).says(said).says(&renewal);
    }
    assert_eq!(world.finds(&["worker", "pool", "1998"]), 3);
    assert_eq!(world.finds(&["서울", "++"]), 0);
    let doctor = world
        .run(&[&["doctor"][..], &world.owner()].concat())
        .expect(0);
    doctor.shows(said).shows(&renewal);
    // What is written now has the words of now, and is found by them.
    let add = ["add", "--question", "부산은 맑다", "--answer", "ok"];
    world.run(&[&add[..], &world.owner()].concat()).expect(0);
    assert_eq!(world.finds(&["부산"]), 1);
    world
        .run(&["index", "--user-id", OWNER])
        .expect(0)
        .shows("made anew: 6");
    world.is_up_to_date();
    assert_eq!(world.finds(&["부산"]), 1);
}

#[test]
fn schema_apply_makes_older_words_anew() {
    let world = older();
    world
        .run(&["schema", "apply"])
        .expect(0)
        .shows("The words of 5 memories were made anew.");
    world.is_up_to_date();
    let again = world.run(&["schema", "apply", "--json"]).expect(0).json();
    assert_eq!(again["words"], 0);
}

/// As after a kill between the two: the tables are of the newest version, the words are not.
#[test]
fn schema_apply_makes_older_words_anew_whatever_version_the_tables_had() {
    let world = older();
    world.run(&["schema", "apply"]).expect(0);
    world.database.batch("UPDATE scopes SET tokenizer = 1");
    assert!(world.asked("worker")["note"].is_string());
    let again = world.run(&["schema", "apply", "--json"]).expect(0).json();
    assert_eq!(again["words"], 5);
    world.is_up_to_date();
}

#[test]
fn index_rebuild_makes_older_words_anew() {
    let world = older();
    world.run(&["schema", "apply"]).expect(0);
    world.database.batch("UPDATE scopes SET tokenizer = 1");
    world
        .run(&["index", "--rebuild", "--user-id", OWNER])
        .expect(0);
    world.is_up_to_date();
}

/// The column's default is for scopes to come: what they hold is written by this program.
#[test]
fn new_scopes_have_the_number_of_this_program() {
    let world = World::new();
    let number = "SELECT tokenizer FROM scopes";
    assert_eq!(world.database.scalar(number), "3");
}
