//! The machine around the host: files, environment, sockets, clock, randomness.

use super::super::case::{Case, Open, Says};
use super::super::site::Site;
use super::Group;

pub(super) const GROUP: Group = Group {
    title: "Files, environment, sockets, randomness",
    about: "A component sees an empty machine: no folder, no environment, no arguments, no input, no sockets. \
            HTTP is the only way out. Clocks are not hidden: they are as exact as the machine's.",
    cases: &[
        Case::new(
            "read-file",
            "opens a file",
            "no folder is offered",
            r#"{"attack":"read-file","text":"Cargo.toml"}"#,
            Says::Fails("the host offers no folder"),
            Open::Test("on_an_open_machine_a_guest_reads_files"),
        ),
        Case::new(
            "environment",
            "reads the host's environment, where tokens often are",
            "the environment is empty",
            r#"{"attack":"environment"}"#,
            Says::Fails("the host shows no environment"),
            Open::Test("on_an_open_machine_a_guest_reads_what_the_host_was_started_with"),
        ),
        Case::new(
            "arguments",
            "reads the host's command line",
            "there are no arguments",
            r#"{"attack":"arguments"}"#,
            Says::Fails("the host shows no arguments"),
            Open::Test("on_an_open_machine_a_guest_reads_what_the_host_was_started_with"),
        ),
        Case::new(
            "input",
            "reads the host's standard input",
            "the input is closed",
            r#"{"attack":"input"}"#,
            Says::Fails("the host has no input to read"),
            Open::Test("on_an_open_machine_a_guest_reads_what_the_host_was_started_with"),
        ),
        Case::new(
            "tcp-connect",
            "connects over TCP, past all grants",
            "sockets are denied",
            r#"{"attack":"connect","amount":{port}}"#,
            Says::Fails("the host denies a TCP socket: …access-denied…"),
            Open::Test("on_an_open_machine_a_guest_has_sockets"),
        )
        .at(Site::Hello, 0),
        Case::new(
            "tcp-listen",
            "listens for connections",
            "sockets are denied",
            r#"{"attack":"listen"}"#,
            Says::Fails("the host denies a TCP socket: …access-denied…"),
            Open::Test("on_an_open_machine_a_guest_has_sockets"),
        ),
        Case::new(
            "udp",
            "binds a UDP port",
            "sockets are denied",
            r#"{"attack":"datagram"}"#,
            Says::Fails("the host denies a UDP socket: …access-denied…"),
            Open::Test("on_an_open_machine_a_guest_has_sockets"),
        ),
        Case::new(
            "name-look-up",
            "looks a name up, which tells whoever answers for the name what it asks",
            "look-ups are denied",
            r#"{"attack":"look-up","text":"localhost"}"#,
            Says::Fails("the host denies a look-up: …permanent-resolver-failure…"),
            Open::Test("on_an_open_machine_a_guest_looks_names_up"),
        ),
        Case::new(
            "random-giant",
            "asks for 8 MiB of random bytes in one call",
            "1 MiB of random bytes in one call",
            r#"{"attack":"random-giant","amount":8388608}"#,
            Says::Fails("the component could not be run: requested len 8388608 exceeds limit 1048576"),
            Open::Test("without_the_limit_of_random_bytes_the_host_makes_any_number"),
        ),
    ],
};
