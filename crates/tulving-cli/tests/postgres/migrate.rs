//! A data directory is moved whole, and moving it again changes nothing.

use serde_json::json;
use testkit::corpus::Corpus;

use crate::support::World;

#[test]
fn a_corpus_arrives_whole_and_a_second_run_finds_it_there() {
    let world = World::new();
    world.corpus(&Corpus::new(200).dim(8).dirty(true));
    let first = world.migrate(&[]).expect(0).json();
    assert_eq!(first["verified"], json!(true));
    assert_eq!(first["nodes"]["found"], json!(200));
    assert_eq!(first["nodes"]["inserted"], json!(200));
    assert_eq!(first["episodes"]["inserted"], json!(25));
    let second = world.migrate(&[]).expect(0).json();
    assert_eq!(second["nodes"]["unchanged"], json!(200));
    assert_eq!(second["nodes"]["inserted"], json!(0));
    assert_eq!(second["digest"], first["digest"]);
    let verified = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(verified["nodes"]["equal"], json!(200));
}
