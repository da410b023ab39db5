//! What every backend must do.
//!
//! Each test is a function over a [`Fixture`](crate::Fixture). A backend brings a fixture and gets
//! all of them, each as a test of its own, now and whenever one is added:
//!
//! ```
//! async fn fixture() -> impl testkit::Fixture {
//!     testkit::strict::StrictFixture::new()
//! }
//! testkit::conformance_tests!(fixture);
//! ```
//!
//! Forgetting and isolation come first: two backends that differ there are the worst that can
//! happen.
//!
//! | module | promises |
//! |---|---|
//! | [`forgetting`], [`isolation`] | what is deleted is gone; no scope sees another |
//! | [`writing`], [`drafts`], [`live`] | inserting, replacing, touching; where drafts go; live fields |
//! | [`reading`] | what is asked for by key and id |
//! | [`purging`], [`tombstones`] | what is gone stands in no raw row or file, and does not come back |
//! | [`erasing`], [`holding`], [`dropping`] | a scope that is erased; who does it alone; calls that are dropped |
//! | [`imports`] | imports, while they are at work and afterwards |
//! | [`documents`] | documents and their chunks |
//! | [`spaces`], [`several_spaces`], [`vectors`] | the space that is searched, those beside it, and vectors that are put |
//! | [`paging`], [`filters`], [`searching`] | listings, which memories are meant, finding |
//! | [`content`] | what says the same, by its hash |
//! | [`odd`] | what people and programs really write |
//! | [`racing`] | several writers at once |
//! | [`seeing`] | what others see of a write |

pub mod content;
pub mod documents;
pub mod drafts;
pub mod dropping;
pub mod erasing;
pub mod filters;
pub mod forgetting;
pub mod holding;
pub mod imports;
pub mod isolation;
pub mod live;
pub mod odd;
pub mod paging;
pub mod purging;
pub mod racing;
pub mod reading;
pub mod searching;
pub mod seeing;
pub mod several_spaces;
pub mod spaces;
pub mod tombstones;
pub mod vectors;
pub mod writing;

/// Calls the macro that is named with every test of the suite, by file; what follows the name is
/// handed on. [`conformance_tests`](crate::conformance_tests) is what backends use.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_conformance_test {
    ([$($call:tt)*] $($rest:tt)*) => {
        $($call)*! {
            [$($rest)*]
            forgetting {
                deleted_memories_are_found_by_nothing
                what_was_never_there_is_deleted_in_silence
                deleting_leaves_everything_else_as_it_is
                deleting_one_kind_leaves_the_other
                deleting_everything_leaves_nothing
                deleted_ids_begin_anew
                replaced_words_and_vectors_find_nothing
                deleted_memories_weigh_nothing
            }
            isolation {
                scopes_that_are_not_kept_are_refused_by_every_method
                a_tenant_is_not_the_user_with_its_uuid
                equal_ids_in_two_scopes_are_two_memories
                other_scopes_are_not_read
                other_scopes_are_not_changed
                other_scopes_do_not_weigh
                other_scopes_do_not_number
                other_scopes_keep_what_is_theirs
                other_scopes_get_no_vectors
            }
            writing {
                what_is_written_comes_back_whole
                keys_come_in_order
                writing_nothing_is_no_error
                a_taken_id_is_refused_and_nothing_is_written
                one_id_twice_in_a_batch_is_refused
                big_batches_are_written_whole
                next_goes_to_the_end_of_its_conversation
                next_is_refused_if_its_id_is_taken
                a_named_node_goes_to_the_end_and_keeps_its_id
                an_episode_has_no_next
                what_is_there_is_kept_and_the_rest_is_written
                what_is_kept_is_compared_with_what_was_said
                a_place_that_is_taken_is_refused_even_where_ids_are_kept
                what_is_kept_decides_no_space
                writes_that_are_too_large_are_refused
                the_largest_write_is_taken
                replacing_changes_all_but_what_touching_counts
                replacing_moves_a_memory_to_its_new_place
                only_what_is_stored_can_be_replaced
                touching_does_not_stand_in_the_way_of_replacing
                touching_counts_each_key_once
                the_highest_count_stays_the_highest
                touching_changes_nothing_else
                keys_are_asked_for_in_any_order
                everything_is_there_when_it_is_opened_again
            }
            drafts {
                the_highest_place_stays_the_highest
                an_episode_that_keeps_its_id_is_written_as_it_stands
                a_named_chunk_goes_to_the_end_of_its_document
                what_a_draft_leaves_open_makes_no_difference
                a_chunk_that_is_kept_needs_no_document
            }
            reading {
                memories_of_no_other_program_bear_any_source
                thousands_of_keys_have_their_answers_in_order
                documents_are_asked_for_in_any_order
                paging_gives_every_document_once_while_others_write
            }
            live {
                clusters_are_what_was_written
                live_fields_change_and_nothing_else
                of_several_changes_of_one_memory_the_last_counts
                what_is_not_there_has_no_live_fields
            }
            erasing {
                an_erased_scope_holds_nothing_and_finds_nothing
                an_erased_scope_begins_anew
                an_erased_scope_keeps_its_current_space_alone
                erasing_leaves_other_scopes_as_they_are
            }
            holding {
                who_holds_a_scope_is_alone
                a_hold_that_is_dropped_while_it_waits_holds_nothing
            }
            purging {
                purged_memories_stand_in_no_raw_row_or_file
                purged_documents_stand_in_no_raw_row_or_file
                texts_without_vectors_are_purged_too
                purging_and_scanning_keep_to_their_scope
                only_a_scope_without_a_memory_is_cleared
                the_record_of_an_erasure_is_kept_and_not_searched
            }
            tombstones {
                tombstones_stay_until_they_are_taken_away
                a_tombstone_changes_nothing_that_is_there
                what_has_a_tombstone_is_not_written
                the_place_of_a_forgotten_memory_is_free
                nothing_comes_in_behind_a_tombstone
            }
            dropping {
                a_write_that_is_dropped_is_done_whole_or_not_at_all
                a_change_that_is_dropped_is_done_whole_or_not_at_all
                vectors_that_are_dropped_are_put_whole_or_not_at_all
                a_cut_over_that_is_dropped_is_done_whole_or_not_at_all
                live_fields_that_are_dropped_change_in_all_or_in_none
                a_document_whose_removal_is_dropped_goes_whole_or_not_at_all
                an_erasure_that_is_dropped_is_finished_by_the_next
                a_purge_that_is_dropped_is_finished_by_the_next
                what_is_known_of_erasures_and_imports_is_kept_whole_or_not_at_all
                a_space_comes_and_goes_whole_or_not_at_all
                what_was_moved_stays_moved
                a_read_that_is_dropped_leaves_nothing
            }
            documents {
                a_document_comes_back_whole
                putting_replaces_a_document_with_all_its_chunks
                removing_a_document_leaves_nothing_of_its_chunks
                a_chunk_without_its_document_is_refused
                chunks_stand_in_their_document
                a_document_with_a_taken_chunk_is_refused_whole
                a_document_with_a_chunk_of_another_space_is_refused_whole
                documents_are_listed_page_by_page
                documents_of_other_scopes_are_not_seen
                a_replacement_is_seen_whole
                chunks_that_are_gone_have_no_vector_in_any_space
            }
            spaces {
                the_first_vector_names_the_space
                vectors_of_another_space_are_refused
                a_batch_of_two_spaces_is_refused_whole
                a_zero_vector_is_no_vector
                a_zero_vector_is_of_no_space
                a_search_says_which_space_is_searched
                vectors_come_back_to_the_bit
                a_vector_can_be_added_and_taken_away
                a_space_that_is_added_first_is_the_current_one
            }
            several_spaces {
                a_further_space_is_kept_beside
                only_the_text_that_was_embedded_gets_a_vector
                what_lacks_a_vector_is_found_page_by_page
                cutting_over_changes_searches_at_once
                a_scope_that_is_half_way_is_written_to
                a_dropped_space_is_gone
                forgotten_memories_have_no_vector_in_any_space
                other_scopes_have_spaces_of_their_own
                one_model_is_one_space_whoever_runs_it
                no_vector_is_stale_whatever_others_write
            }
            vectors {
                a_vector_of_the_current_space_is_replaced
                vectors_come_in_the_order_of_the_keys
                further_spaces_come_by_model_and_width
                what_is_to_be_moved_is_counted
                a_zero_vector_is_passed_over
                pages_of_vectors_may_be_empty_or_huge
                vectors_beside_stay_with_the_text
                a_batch_may_be_of_several_spaces
                a_space_goes_by_any_of_its_names
                paging_gives_what_lacks_a_vector_once_while_others_write
            }
            paging {
                listings_are_ordered_by_time_then_place_then_kind_then_id
                ids_are_ordered_by_bytes
                pages_of_any_size_give_everything_once
                a_page_goes_on_where_a_memory_was
                a_page_may_be_empty_or_huge
                pages_are_as_long_with_a_filter
                paging_gives_what_was_there_all_the_time_while_others_write
            }
            filters {
                each_condition_lets_the_right_ones_pass
                all_methods_mean_the_same_by_a_filter
                wildcards_and_quotes_are_letters
            }
            searching {
                nearest_is_what_looking_at_every_vector_gives
                as_many_are_found_as_there_are
                equal_vectors_come_by_kind_and_id
                only_the_nearest_have_a_similarity
                a_search_is_what_looking_at_everything_gives
                no_direction_is_near_nothing
                vectors_of_any_length_are_compared
                matching_is_what_looking_at_every_word_gives
                equal_words_come_by_kind_and_id
                a_filter_changes_no_score
                no_words_match_nothing
                words_of_every_script_are_found
                neighbours_stand_within_reach
                neighbours_at_the_ends_of_the_numbers
                clusters_are_counted_and_named
                searching_and_reading_change_nothing
            }
            content {
                what_says_the_same_is_found_by_its_hash
                every_kind_is_found_by_what_it_says
                the_hash_goes_with_the_text
                thousands_are_found_by_their_hashes
                a_write_tells_what_was_there
            }
            imports {
                an_import_is_followed_from_elsewhere
                only_the_newest_imports_are_kept
                forgotten_imports_do_not_come_back
                no_scope_sees_imports_of_another
            }
            odd {
                texts_of_any_kind_come_back_and_are_found
                texts_of_eight_megabytes_come_back_and_are_found
                ids_of_any_kind_name_one_memory
                conversations_of_any_kind_are_kept_apart
                records_come_back_with_everything_that_nobody_knows
                times_and_numbers_at_their_ends_come_back
            }
            racing {
                writers_of_different_ids_all_succeed
                of_imports_of_the_same_one_writes_each_memory
                of_writers_of_one_id_one_succeeds
                places_in_a_conversation_are_given_once
                of_replacements_of_one_state_one_succeeds
                no_replacement_is_lost
                no_touch_is_lost
                batches_are_seen_whole
                a_search_is_one_snapshot
                what_one_has_written_all_others_see
                no_chunk_outlives_its_document
            }
            seeing {
                every_write_is_seen_by_who_looked_before
                reads_do_not_wait_for_writes
                live_changes_are_seen_whole
                a_cut_over_is_seen_whole
            }
        }
    };
}

/// A test for each body of the suite, on what the named async function makes.
#[macro_export]
macro_rules! conformance_tests {
    ($fixture:ident) => {
        $crate::for_each_conformance_test!([$crate::conformance_tests] @each $fixture);
    };
    ([@each $fixture:ident] $($file:ident { $($name:ident)* })*) => {
        $(mod $file {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let fixture = super::$fixture().await;
                    $crate::conformance::$file::$name(&fixture).await;
                }
            )*
        })*
    };
}

macro_rules! names {
    ([] $($file:ident { $($name:ident)* })*) => {
        &[$($(concat!(stringify!($file), "::", stringify!($name))),*),*]
    };
}

/// Every test of the suite, as `file::name`.
pub const NAMES: &[&str] = for_each_conformance_test!([names]);
