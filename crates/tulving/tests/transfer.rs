//! A transfer between ends that no backend has: a list of records, and a map.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

#[path = "transfer/ends.rs"]
mod ends;

use std::path::Path;
use std::sync::Arc;

use ends::{List, Map};
use tulving::ErrorClass;
use tulving::transfer::{
    Cancel, DocumentCounts, MigrateOptions, Migration, OnExisting, Receipt, Report, Silent,
    TransferError, Verification, VerifyOptions, verify,
};

/// What every test begins with.
fn options(folder: &Path) -> MigrateOptions {
    MigrateOptions {
        workers: 2,
        model: Some("m".to_owned()),
        reject: false,
        rejects: folder.join("rejects.jsonl"),
        existing: OnExisting::Keep,
        restart: false,
        receipt: folder.join("receipt.json"),
        replace_files: true,
        lock_seconds: 1,
        exact: false,
    }
}

async fn migrate_with(
    list: &List,
    map: &Arc<Map>,
    options: MigrateOptions,
) -> Result<Report, TransferError> {
    let cancel = map.cancel();
    let sink = Arc::<Map>::clone(map);
    let migration = Migration::prepare(list, sink, options, &Silent, &cancel).await?;
    migration.run(&Silent, &cancel).await
}

async fn migrate(list: &List, map: &Arc<Map>) -> Result<Report, TransferError> {
    let folder = tempfile::tempdir().unwrap();
    migrate_with(list, map, options(folder.path())).await
}

async fn compare(list: &List, map: &Arc<Map>, exact: bool) -> Verification {
    let options = VerifyOptions {
        workers: 2,
        exact,
        against: None,
    };
    let target = Arc::<Map>::clone(map);
    verify(list, target, &options, &Silent, &Cancel::new())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_everything_and_proves_it_in_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let (list, map) = (List::of(10), Map::empty());
    let report = migrate_with(&list, &map, options(folder.path()))
        .await
        .unwrap();
    assert!(report.verification.verified);
    assert_eq!(map.ids(), list.ids());
    let receipt = Receipt::read(&folder.path().join("receipt.json")).unwrap();
    assert_eq!(receipt.source_digest, receipt.target_digest);
    assert_eq!(receipt.run_id, report.run_id);
    assert!(receipt.database.is_none(), "neither end is a database");
    assert_eq!(
        receipt
            .counts
            .values()
            .map(|kind| kind.inserted)
            .sum::<u64>(),
        10
    );
    let options = VerifyOptions {
        workers: 1,
        exact: true,
        against: Some(receipt),
    };
    let cancel = Cancel::new();
    let again = verify(&list, map, &options, &Silent, &cancel)
        .await
        .unwrap();
    assert!(again.verified, "{:?}", again.against);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_moved_and_proved() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..1200).map(|n| format!("d{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (list, map) = (List::with_documents(4, &ids), Map::empty());
    let report = migrate_with(&list, &map, options(folder.path()))
        .await
        .unwrap();
    assert!(report.verification.verified);
    assert_eq!(map.documents().len(), 1200);
    let counts = DocumentCounts {
        found: 1200,
        inserted: 1200,
        ..DocumentCounts::default()
    };
    assert_eq!(report.documents, Some(counts));
    let receipt = Receipt::read(&folder.path().join("receipt.json")).unwrap();
    assert_eq!(receipt.documents, Some(counts));
    let options = VerifyOptions {
        workers: 1,
        exact: true,
        against: Some(receipt),
    };
    let fewer = List::with_documents(4, &ids[1..]);
    let target = Arc::<Map>::clone(&map);
    let found = verify(&fewer, target, &options, &Silent, &Cancel::new()).await;
    let told = found.unwrap().against;
    assert!(
        told.contains(&"there are 1199 documents, the receipt says 1200".to_owned()),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_not_as_it_was_is_found() {
    let list = List::with_documents(4, &["a", "b", "c"]);
    let map = Map::empty();
    let first = migrate(&list, &map).await.unwrap().verification;
    map.set_title("b", "Another");
    map.remove_document("c");
    map.add_document("a", "z");
    let found = compare(&list, &map, false).await;
    assert!(!found.verified);
    assert_eq!(found.source_digest, first.source_digest);
    assert_ne!(found.target_digest, first.target_digest);
    let documents = &found.documents;
    assert_eq!(documents.missing, ["c"]);
    assert_eq!(documents.extra, ["z"]);
    let different: Vec<_> = documents.different.iter().collect();
    assert!(matches!(&different[..], [one] if one.id == "b" && one.fields == ["title"]));
    assert_eq!(
        (documents.source, documents.target, documents.equal),
        (3, 3, 1)
    );
    // What differs stays, unless it is to be replaced.
    let report = migrate(&list, &map).await.unwrap();
    assert!(!report.verification.verified);
    assert_eq!(report.documents.unwrap().kept, 1);
    let folder = tempfile::tempdir().unwrap();
    let update = MigrateOptions {
        existing: OnExisting::Update,
        ..options(folder.path())
    };
    let report = migrate_with(&list, &map, update).await.unwrap();
    assert!(report.verification.verified);
    assert_eq!(report.documents.unwrap().updated, 1);
    // One that was added counts where everything is to be as it was.
    assert!(compare(&list, &map, false).await.verified);
    assert!(!compare(&list, &map, true).await.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_compared_in_the_space_of_the_source_while_it_is_kept() {
    let (list, map) = (List::of(4), Map::empty());
    let folder = tempfile::tempdir().unwrap();
    migrate_with(&list, &map, options(folder.path()))
        .await
        .unwrap();
    let brought = map.asked();
    assert!(brought.is_some());
    map.cut_over(true);
    assert!(compare(&list, &map, false).await.verified);
    assert_eq!(map.asked(), brought);
    assert_eq!(migrate(&list, &map).await.unwrap().copied, 4);
    assert_eq!(map.asked(), brought);

    // Without it there is nothing to compare, and nothing is written over.
    map.cut_over(false);
    let dropped = |error: TransferError| {
        assert_eq!(error.class(), ErrorClass::Refused);
        assert_eq!(
            error.to_string(),
            "the map dropped the vectors of m (2 numbers), and keeps those of other (2 numbers): they cannot be compared"
        );
    };
    dropped(migrate(&list, &map).await.unwrap_err());
    let receipt = Receipt::read(&folder.path().join("receipt.json")).unwrap();
    for against in [None, Some(receipt)] {
        let options = VerifyOptions {
            workers: 1,
            exact: false,
            against,
        };
        let target = Arc::<Map>::clone(&map);
        let found = verify(&list, target, &options, &Silent, &Cancel::new()).await;
        dropped(found.unwrap_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_behind_the_last_chunk_that_was_written() {
    let (list, map) = (List::of(10), Map::empty());
    map.fail_at_chunk(2);
    let error = migrate(&list, &map).await.unwrap_err();
    assert!(matches!(error, TransferError::End(_)), "{error}");
    let held = map.ids().len();
    assert!((1..10).contains(&held), "{held}");
    assert!(!map.is_indexed());
    let run_id = map.run().unwrap().run_id;
    let report = migrate(&list, &map).await.unwrap();
    assert_eq!(report.run_id, run_id);
    assert_eq!(report.copied, 10 - held as u64);
    assert!(
        map.is_indexed(),
        "though fewer were left than are written without"
    );
    assert!(report.verification.verified);
    assert_eq!(map.ids(), list.ids());
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_between_two_chunks_and_goes_on() {
    let (list, map) = (List::of(40), Map::empty());
    map.cancel_at_chunk(1);
    let error = migrate(&list, &map).await.unwrap_err();
    assert!(
        matches!(error, TransferError::Interrupted { phase: "copy" }),
        "{error}"
    );
    assert_eq!(map.run().unwrap().status.as_str(), "interrupted");
    assert!(map.ids().len() < 40);
    assert!(migrate(&list, &map).await.unwrap().verification.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_run_takes_no_other_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let (list, map) = (List::of(10), Map::empty());
    map.fail_at_chunk(1);
    migrate(&list, &map).await.unwrap_err();
    let update = MigrateOptions {
        existing: OnExisting::Update,
        ..options(folder.path())
    };
    match migrate_with(&list, &map, update.clone()).await {
        Err(TransferError::RunChanged { changed, .. }) => {
            assert_eq!(changed, r#"existing was "keep", is "update""#);
        }
        other => panic!("{other:?}"),
    }
    let restart = MigrateOptions {
        restart: true,
        ..update
    };
    let report = migrate_with(&list, &map, restart).await.unwrap();
    assert!(report.verification.verified);
    assert_eq!(map.left_behind(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_moved_stops_everything_or_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (mut list, map) = (List::of(6), Map::empty());
    list.replace(3, r#"{"id":"broken"}"#);
    list.repeat(5, 0);
    match migrate(&list, &map).await {
        Err(TransferError::Flawed { total, rows, first }) => {
            assert_eq!((total, rows), (2, 6));
            assert!(first[0].to_string().starts_with("list[3] (broken): "));
            assert_eq!(
                first[1].to_string(),
                "list[5] (n0): an earlier row has the id \"n0\" [duplicate_id]"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(map.ids().is_empty());
    let reject = MigrateOptions {
        reject: true,
        ..options(folder.path())
    };
    let report = migrate_with(&list, &map, reject).await.unwrap();
    assert!(report.verification.verified);
    assert_eq!(map.ids(), ["n0", "n1", "n2", "n4"]);
    assert_eq!(
        report
            .counts
            .values()
            .map(|kind| kind.rejected)
            .sum::<u64>(),
        2
    );
    let rejects = std::fs::read_to_string(report.rejects.unwrap()).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with(r#""row":{"id":"broken"}}"#), "{rejects}");
    assert!(lines[1].contains(r#""reason":"duplicate_id""#), "{rejects}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_differs_is_kept_and_told_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (list, map) = (List::of(5), Map::empty());
    migrate(&list, &map).await.unwrap();
    map.set_question("n2", "Another?");
    let kept = migrate(&list, &map).await.unwrap();
    assert_eq!(kept.counts.values().map(|kind| kind.kept).sum::<u64>(), 1);
    assert!(!kept.verification.verified);
    let update = MigrateOptions {
        existing: OnExisting::Update,
        ..options(folder.path())
    };
    let updated = migrate_with(&list, &map, update).await.unwrap();
    let counts = updated.counts.values().next().unwrap();
    assert_eq!((counts.updated, counts.unchanged), (1, 4));
    assert!(updated.verification.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_names_what_differs_what_is_missing_and_what_was_added() {
    let (list, map) = (List::of(5), Map::empty());
    migrate(&list, &map).await.unwrap();
    map.set_question("n1", "Another?");
    map.set_number("n2", 0, -0.0);
    map.remove("n3");
    map.add_as("n4", "later");
    let found = compare(&list, &map, false).await;
    assert!(!found.verified);
    assert_ne!(found.source_digest, found.target_digest);
    let nodes = found.kinds.values().next().unwrap();
    let different: Vec<(&str, &[&str])> = nodes
        .different
        .iter()
        .map(|row| (row.id.as_str(), row.fields.as_slice()))
        .collect();
    assert_eq!(
        different,
        [("n1", &["human_content"][..]), ("n2", &["embedding"][..])]
    );
    assert_eq!(nodes.missing, ["n3"]);
    assert_eq!(nodes.extra, ["later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_added_later_are_a_difference_only_where_asked() {
    let (list, map) = (List::of(3), Map::empty());
    migrate(&list, &map).await.unwrap();
    map.add_as("n0", "later");
    assert!(compare(&list, &map, false).await.verified);
    assert!(!compare(&list, &map, true).await.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_in_the_way_is_tried_again() {
    let (list, map) = (List::of(10), Map::empty());
    map.conflict_at_chunk(1);
    assert!(migrate(&list, &map).await.unwrap().verification.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn makes_do_with_one_session() {
    let (list, map) = (List::of(10), Map::with_sessions(1));
    assert!(migrate(&list, &map).await.unwrap().verification.verified);
    let none = Map::with_sessions(0);
    let error = migrate(&list, &none).await.unwrap_err();
    assert!(matches!(error, TransferError::Crowded(_)), "{error}");
}
