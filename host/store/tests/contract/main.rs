//! The contract of a store, one body for every store.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod attempts;
mod batches;
mod components;
mod correlations;
mod decisions;
mod definitions;
mod due;
mod ended;
mod exchange;
mod faults;
mod files;
mod folder;
mod jobs;
mod loading;
mod operators;
mod paging;
mod postgres;
mod random;
mod removal;
mod restored;
mod rollouts;
mod scene;
mod search;
mod searched;
mod snapshots;
mod waiting;

/// Runs each test on each store.
macro_rules! on_every_store {
    ($($module:ident: $($test:ident)*;)*) => {
        mod memory {
            $($(
                #[tokio::test]
                async fn $test() {
                    crate::$module::$test(&fermata_store::memory::MemoryStore::new()).await;
                }
            )*)*
        }

        mod sqlite {
            $($(
                #[tokio::test]
                async fn $test() {
                    let folder = tempfile::tempdir().unwrap();
                    let store = crate::folder::open(folder.path()).await;
                    crate::$module::$test(&store).await;
                }
            )*)*
        }

        /// For a store whose tests share something.
        fn contract_tests() -> Vec<(&'static str, postgres::ContractTest)> {
            vec![$($((
                concat!(stringify!($module), "::", stringify!($test)),
                |store| Box::pin($module::$test(store)),
            ),)*)*]
        }
    };
}

on_every_store! {
    loading:
        every_entity_comes_back_as_it_was
        a_migrated_instance_comes_back_with_its_new_names
        what_came_and_went_leaves_no_rows
        ended_instances_keep_their_variables_and_history
        many_rows_go_through_one_commit
        an_unknown_instance_is_none
        a_row_that_is_missing_fails_the_whole_batch
        an_instance_without_definition_is_refused
        keys_are_never_given_out_again
        entities_name_their_instance
        history_is_in_order;
    due:
        timers_are_due_in_order
        the_next_time_is_the_earliest_after_now
        paused_instances_are_found
        partitions_do_not_mix;
    jobs:
        jobs_are_taken_oldest_first
        jobs_with_a_higher_priority_come_first
        what_an_operator_holds_is_neither_taken_nor_due
        jobs_of_other_tenants_and_types_are_not_taken
        a_job_that_backs_off_is_not_taken_before_its_time
        a_held_job_is_due_at_its_deadline
        running_jobs_are_found;
    exchange:
        parcels_come_in_order_and_go_once
        a_parcel_that_is_gone_fails_the_whole_batch
        a_row_that_is_set_aside_is_out_of_the_way
        mailboxes_are_what_was_written
        messages_expire
        signals_find_the_subscriptions_of_their_partition
        a_new_version_takes_the_place_of_start_events
        start_timers_are_due_and_armed_again
        versions_are_chosen;
    files:
        files_are_found_by_what_is_meant;
    decisions:
        decisions_are_found_by_what_is_meant
        evaluations_stay_with_their_instance;
    attempts:
        attempts_are_kept_and_make_room
        attempts_stay_with_their_instance;
    correlations:
        message_correlations_by_every_field
        long_correlation_keys_end_a_page_early
        message_correlations_go_with_their_instance;
    ended:
        ended_instances_come_in_the_order_of_their_ends
        process_versions_tell_their_oldest_end
        ended_instances_of_partitions_do_not_mix;
    removal:
        a_removed_instance_is_as_if_it_had_never_been
        what_is_active_stays
        a_large_instance_goes_in_parts_and_its_row_last
        removal_stops_at_its_measure_of_bytes
        keys_of_removed_instances_do_not_come_back;
    definitions:
        versions_are_found_by_key_and_id
        a_deployment_that_conflicts_leaves_nothing
        the_same_content_is_deployed_twice;
    components:
        a_component_is_stored_once
        a_component_that_differs_is_refused
        a_component_is_signed_later
        sequences_never_come_back
        a_version_that_was_removed_comes_back_with_the_same_bytes_only
        grants_are_replaced
        the_oldest_changes_of_grants_and_secrets_are_forgotten
        secrets_count_their_versions
        installation_values_are_written_once;
    rollouts:
        a_rollout_is_what_its_last_change_says
        changes_of_rollouts_come_newest_first
        what_serves_without_a_rollout_is_in_the_same_history
        the_oldest_changes_of_a_rollout_are_forgotten;
    restored:
        what_was_restored_is_an_installation_of_its_own
        what_was_restored_may_go_on_at_once
        keys_are_left_out_where_none_were_given_out
        keys_last_for_many_restorations
        what_a_host_has_before_it_is_counted;
    waiting:
        element_instances_by_every_field
        message_subscriptions_by_every_field
        decisions_by_every_field
        evaluations_by_every_field;
    batches:
        a_batch_operation_is_what_was_written
        held_definitions_are_held_until_they_are_released
        a_business_id_finds_what_is_active;
    search:
        process_instances_by_every_field
        process_definitions_by_every_field
        user_tasks_by_every_field
        incidents_by_every_field
        jobs_by_every_field
        variables_by_every_field
        single_records_are_found_by_key;
    operators:
        operators_on_numbers
        operators_on_texts
        operators_on_missing_values
        operators_on_names
        operators_on_several_values
        patterns_take_text_literally
        operands_of_another_kind_match_nothing
        alternatives_hold_when_one_does
        searches_past_a_limit_are_refused;
    paging:
        missing_values_sort_first
        ties_are_decided_by_key
        pages_follow_each_other_in_both_directions
        an_item_with_several_fitting_values_is_one_item
        pages_survive_what_comes_and_goes
        long_texts_sort_by_their_beginning
        long_values_end_a_page_early
        counting_stops_at_its_limit
        a_cursor_of_another_search_is_refused;
}
