//! Processor, memory, tables and stack.

use super::super::case::{Case, Open, Says};
use super::super::made;
use super::Group;
use crate::support::small;

const CPU: &str = r#"{"limits":{"cpu_time_ms":20}}"#;
const MORE_CPU: &str = r#"{"limits":{"cpu_time_ms":600000,"wall_time_ms":600000}}"#;
const CPU_USED: Says = Says::Fails(
    "the component used more than its 20 ms of CPU time: \
     raise `cpu_time_ms` with `fermata worker grant hostile --cpu-time DURATION`",
);
const WALL: &str = r#"{"limits":{"cpu_time_ms":600000,"wall_time_ms":100}}"#;
const WALL_USED: Says = Says::Fails(
    "the component ran longer than its 100 ms: raise `wall_time_ms` with `fermata worker grant hostile --time DURATION`",
);
const MEMORY_USED: Says = Says::Fails(
    "memory limit of 64 MiB exceeded: raise `memory_bytes` with `fermata worker grant hostile --memory SIZE`…",
);
const MORE_MEMORY: &str = r#"{"limits":{"memory_bytes":268435456}}"#;
const TABLE_USED: Says = Says::Fails(
    "table limit of 100000 elements exceeded: \
     raise `table_elements` with `fermata worker grant hostile --limit table_elements=NUMBER`",
);
const MORE_TABLE: &str = r#"{"limits":{"table_elements":300000}}"#;
const DONE: Says = Says::Completes("{}");
const PROVEN: Says = Says::Completes("…\"proof\":…");

/// Counts to 200 million and is done; longer than 20 ms on any machine.
const WORK: &str = "(local $n i64)
    (loop $again
        (i64.store (i32.const 2048) (local.get $n))
        (local.set $n (i64.add (i64.load (i32.const 2048)) (i64.const 1)))
        (br_if $again (i64.lt_u (local.get $n) (i64.const 200000000))))";

pub(super) const GROUP: Group = Group {
    title: "Processor, memory and stack",
    about: "CPU time is read from the thread's own clock at least every 2 ms of computing; a job that waits uses none.",
    cases: &[
        Case::new(
            "endless-loop",
            "computes without end",
            "CPU time",
            r#"{"attack":"endless-loop","amount":200000000}"#,
            CPU_USED,
            Open::Policy(MORE_CPU, PROVEN),
        )
        .under(CPU),
        Case::new(
            "loop-in-slices",
            "computes in slices of a few milliseconds and sleeps between them",
            "CPU time of all slices together",
            r#"{"attack":"loop-in-slices","amount":100}"#,
            CPU_USED,
            Open::Policy(MORE_CPU, PROVEN),
        )
        .under(CPU),
        Case::new(
            "cpu-through-the-host",
            "has the host compute for it: random bytes, a mebibyte each time",
            "CPU time counts the host's work for the job",
            r#"{"attack":"random-flood","amount":256}"#,
            CPU_USED,
            Open::Policy(MORE_CPU, PROVEN),
        )
        .under(CPU),
        Case::new(
            "spin-on-timers",
            "waits for no time at all, again and again",
            "CPU time",
            r#"{"attack":"spin-on-timers","amount":200000}"#,
            CPU_USED,
            Open::Policy(MORE_CPU, PROVEN),
        )
        .under(CPU),
        Case::made(
            "loop-at-the-start",
            "computes before it is asked for anything, in its start function",
            "CPU time counts from the first instruction",
            || made::with(&format!("(func $work {WORK}) (start $work)")),
            CPU_USED,
            Open::Policy(MORE_CPU, DONE),
        )
        .under(CPU),
        Case::made(
            "loop-in-allocation",
            "computes when the host asks it for memory to pass the job in",
            "CPU time",
            || made::in_realloc(WORK),
            CPU_USED,
            Open::Policy(MORE_CPU, DONE),
        )
        .under(CPU),
        Case::made(
            "loop-after-the-answer",
            "computes when its answer was read and it is told to clean up",
            "CPU time",
            || made::after_its_answer(WORK),
            CPU_USED,
            Open::Policy(MORE_CPU, DONE),
        )
        .under(CPU),
        Case::new(
            "loop-until-the-deadline",
            "computes within its CPU time, but for too long",
            "wall time",
            r#"{"attack":"loop-in-slices","amount":300}"#,
            WALL_USED,
            Open::Policy(MORE_CPU, PROVEN),
        )
        .under(WALL),
        Case::new(
            "sleep",
            "sleeps and keeps its place",
            "wall time",
            r#"{"attack":"sleep","amount":300}"#,
            WALL_USED,
            Open::Policy("{}", PROVEN),
        )
        .under(WALL),
        Case::new(
            "sleep-for-ever",
            "waits for the end of time, which no clock can be set to",
            "wall time",
            r#"{"attack":"sleep-for-ever"}"#,
            WALL_USED,
            Open::Input(r#"{"attack":"sleep-for-ever","amount":1}"#, PROVEN),
        )
        .under(WALL),
        Case::new(
            "memory-bomb",
            "takes memory piece by piece",
            "memory of a job",
            r#"{"attack":"memory-bomb","amount":104857600}"#,
            MEMORY_USED,
            Open::Policy(MORE_MEMORY, PROVEN),
        ),
        Case::new(
            "memory-at-once",
            "takes memory in one piece",
            "memory of a job",
            r#"{"attack":"memory-at-once","amount":104857600}"#,
            MEMORY_USED,
            Open::Policy(MORE_MEMORY, PROVEN),
        ),
        Case::new(
            "memory-at-the-start",
            "begins with more memory than it may have",
            "memory of a job",
            r#"{"attack":"ok"}"#,
            Says::Fails("memory limit of 64 KiB exceeded: raise `memory_bytes` with …"),
            Open::Policy("{}", PROVEN),
        )
        .under(r#"{"limits":{"memory_bytes":65536}}"#),
        Case::made(
            "memories-together",
            "has four memories, each below the limit",
            "memory of a job: all memories count together",
            || made::many("(memory 400)", 3),
            MEMORY_USED,
            Open::Policy(MORE_MEMORY, DONE),
        ),
        Case::made(
            "table-bomb",
            "makes a table grow",
            "elements of a table",
            || {
                small(
                    "",
                    "(if (i32.eq (i32.const -1) (table.grow $grow-table (ref.null func) (i32.const 200000)))
                        (then unreachable))
                     i32.const 256",
                )
            },
            TABLE_USED,
            Open::Policy(MORE_TABLE, DONE),
        ),
        Case::made(
            "table-at-the-start",
            "begins with a table that is too large",
            "elements of a table",
            || small("(table 200000 funcref)", "i32.const 256"),
            TABLE_USED,
            Open::Policy(MORE_TABLE, DONE),
        ),
        Case::elsewhere(
            "deep-recursion",
            "calls itself without end",
            "stack of a job, 512 KiB",
            "deep_recursion_meets_the_end_of_its_stack",
            "stack overflow: the component's calls nest deeper than its stack of 512 KiB",
            Open::Test("deep_recursion_meets_the_end_of_its_stack"),
        ),
        Case::elsewhere(
            "memory-of-the-last-job",
            "reads what the job before it has left in memory",
            "a fresh instance for each job",
            "nothing_passes_from_one_job_to_the_next",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "crowd",
            "runs many times at once, beside well-behaved jobs",
            "all of the above, threads of its own, and turns of 2 ms, a component after the other",
            "other_jobs_run_undisturbed_beside_attacks",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "abandoned",
            "sleeps on when the caller of its job has gone",
            "a dropped run stops the guest and gives its place back",
            "a_job_whose_caller_goes_away_gives_its_slot_back",
            "",
            Open::Told,
        ),
    ],
};
