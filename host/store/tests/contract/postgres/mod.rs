//! The contract on PostgreSQL, and what only PostgreSQL has.
//!
//! All of it is one test with one server: test runners start a process for each test, and a server for each would take longer
//! than the tests.

mod faults;
mod joined;
mod leases;
mod opening;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fermata_store::Store;
use fermata_store::postgres::{Options, PostgresStore};
use types::PartitionId;

use harness::{Schema, Server};

/// Tests that run at the same time.
const AT_ONCE: usize = 4;

type Running<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;

/// A test of the contract.
pub(crate) type ContractTest = for<'s> fn(&'s dyn Store) -> Running<'s>;
/// A test that opens stores by itself.
type ServerTest = for<'s> fn(&'s Server, &'s Schema) -> Running<'s>;

enum Test {
    Contract(ContractTest),
    Server(ServerTest),
    Random,
}

/// A store that has taken the partitions that the tests write for.
async fn open(schema: &Schema, options: Options) -> PostgresStore {
    let store = PostgresStore::connect(&schema.url(), options).await.unwrap();
    for id in [1, 2] {
        store.claim(PartitionId::new(id).unwrap()).await.unwrap();
    }
    store
}

macro_rules! server_tests {
    ($($module:ident: $($test:ident)*;)*) => {
        [$($((
            concat!(stringify!($module), "::", stringify!($test)),
            Test::Server(|server, schema| Box::pin($module::$test(server, schema))),
        ),)*)*]
    };
}

fn tests() -> Vec<(&'static str, Test)> {
    let server_tests = server_tests! {
        leases:
            a_partition_is_one_nodes_until_its_lease_runs_out
            a_node_that_lost_its_lease_writes_nothing
            leases_are_renewed
            what_is_not_claimed_is_not_written
            a_closed_store_lets_go_of_its_partitions
            a_node_with_a_name_takes_what_it_held
            nodes_may_start_at_once
            a_host_that_was_taken_over_neither_marks_nor_ends_a_restoration
            taking_a_partition_waits_for_its_commit;
        opening:
            a_newer_schema_is_refused
            a_database_of_another_program_is_refused
            a_url_that_leads_nowhere_is_one_clear_line
            a_database_that_is_new_stays_empty
            everything_survives_another_connection;
        joined:
            commits_of_several_partitions_share_transactions
            a_bad_commit_does_not_fail_others
            a_commit_that_waits_is_none_of_the_partitions_next_life;
        faults:
            a_connection_that_is_cut_costs_one_commit
            a_commit_whose_answer_is_lost_is_over_before_anything_is_read
            reads_survive_connections_that_were_cut
            a_search_that_takes_too_long_is_given_up
            texts_may_hold_any_character
            garbled_rows_name_themselves;
    };
    let contract = crate::contract_tests().into_iter().map(|(name, test)| (name, Test::Contract(test)));
    let random = ("random", Test::Random);
    server_tests.into_iter().chain([random]).chain(contract).collect()
}

async fn run(server: &Server, test: &Test) {
    if let Test::Random = test {
        return;
    }
    let schema = server.schema().await.unwrap();
    match test {
        Test::Contract(test) => {
            let store = open(&schema, Options::default()).await;
            test(&store).await;
            store.close().await.unwrap();
        }
        Test::Server(test) => test(server, &schema).await,
        Test::Random => unreachable!(),
    }
    schema.remove().await.unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn postgres_keeps_the_contract() {
    let Some(server) = Server::find() else { return };
    let tests = tests();
    let filter = std::env::var("POSTGRES_TEST").unwrap_or_default();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, test)) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !name.contains(&filter) {
                        continue;
                    }
                    let passed = catch_unwind(AssertUnwindSafe(|| match test {
                        Test::Random => crate::random::sql_agrees_with_memory_on(&RandomStores(&server)),
                        test => runtime().block_on(run(&server, test)),
                    }));
                    println!("{} {name}", if passed.is_ok() { "passed" } else { "FAILED" });
                    if passed.is_err() {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    if server.is_own() {
        runtime().block_on(async {
            let schema = server.schema().await.unwrap();
            faults::a_server_that_was_restarted_is_used_again(&server, &schema).await;
            schema.remove().await.unwrap();
        });
    }
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "failed on PostgreSQL: {failed:#?}");
    println!("{} tests on PostgreSQL", tests.len() + usize::from(server.is_own()));
}

/// Stores for the random test.
struct RandomStores<'s>(&'s Server);

impl crate::random::Stores for RandomStores<'_> {
    async fn with(&self, test: impl AsyncFnOnce(&dyn Store)) {
        let schema = self.0.schema().await.unwrap();
        let store = open(&schema, Options::default()).await;
        test(&store).await;
        store.close().await.unwrap();
        schema.remove().await.unwrap();
    }
}
