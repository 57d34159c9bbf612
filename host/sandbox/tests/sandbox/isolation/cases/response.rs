//! Servers that attack the host through a component that talks to them.

use super::super::case::{Case, Open, Says};
use super::super::site::Site;
use super::Group;

const HELLO: Says = Says::Completes("…200 hello\"}");
const PROVEN: Says = Says::Completes("…\"proof\":…");
const GET: &str = r#"{"attack":"host-not-granted","url":"{server}/"}"#;
const GRANTED: &str = r#"{"grants":{"hosts":["{server}"]}}"#;
const SHORT: &str = r#"{"limits":{"response_bytes":10000},"grants":{"hosts":["{server}"]}}"#;
const TOO_LONG: Says = Says::Fails(
    "the HTTP answer has more than 10000 bytes (a limit was met: \
     raise `response_bytes` with `fermata worker grant hostile --limit response_bytes=NUMBER`)",
);
const IMPATIENT: &str = r#"{"limits":{"wall_time_ms":200},"grants":{"hosts":["{server}"]}}"#;
const TOO_SLOW: Says = Says::Fails("the component ran longer than its 200 ms: raise `wall_time_ms` with …");

pub(super) const GROUP: Group = Group {
    title: "Responses",
    about: "Servers are as hostile as components. A slow one waits for 60 ms before each letter.",
    cases: &[
        Case::new(
            "giant-response",
            "is answered with 100,000 bytes",
            "bytes of a response",
            GET,
            TOO_LONG,
            Open::Policy(GRANTED, PROVEN),
        )
        .under(SHORT)
        .at(Site::Body(100_000), 1),
        Case::new(
            "response-without-a-length",
            "is answered with piece after piece",
            "bytes of a response",
            GET,
            TOO_LONG,
            Open::Policy(GRANTED, PROVEN),
        )
        .under(SHORT)
        .at(Site::Pieces(1 << 20), 1),
        Case::new(
            "giant-header",
            "is answered with a header of 1 MiB",
            "128 KiB are read ahead",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Test("a_response_with_a_long_header_is_read"),
        )
        .under(GRANTED)
        .at(Site::Header(1 << 20), 1),
        Case::new(
            "header-flood",
            "is answered with 10,000 headers",
            "100 headers are read",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Test("a_response_with_a_long_header_is_read"),
        )
        .under(GRANTED)
        .at(Site::Headers(10_000), 1),
        Case::new(
            "trailer-flood",
            "is answered with 10,000 trailers",
            "trailers are read within the bounds of headers",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Test("a_response_with_a_long_header_is_read"),
        )
        .under(GRANTED)
        .at(Site::Trailers(10_000), 1),
        Case::new(
            "slow-header",
            "is answered letter by letter",
            "wall time",
            GET,
            TOO_SLOW,
            Open::Policy(GRANTED, PROVEN),
        )
        .under(IMPATIENT)
        .at_most(Site::SlowHeader, 1),
        Case::new(
            "slow-body",
            "gets its body letter by letter",
            "wall time",
            GET,
            TOO_SLOW,
            Open::Policy(GRANTED, Says::Completes("…200 slow to come\"}")),
        )
        .under(IMPATIENT)
        .at_most(Site::SlowBody, 1),
        Case::elsewhere(
            "silent-server",
            "is never answered",
            "wall time",
            "waiting_for_a_server_ends_with_the_wall_time_and_costs_nothing",
            "the component ran longer than its 500 ms",
            Open::Told,
        ),
        Case::elsewhere(
            "silent-handshake",
            "waits for a TLS handshake that never ends",
            "15 s for a connection",
            "a_handshake_that_never_ends_is_given_up",
            "no connection was established within 15 s",
            Open::Told,
        ),
        Case::elsewhere(
            "forged-certificate",
            "talks to a server that shows a certificate of its own making",
            "certificates are checked",
            "tls_is_spoken_with_hosts_whose_certificate_is_trusted",
            "certificate is not valid",
            Open::Test("tls_is_spoken_with_hosts_whose_certificate_is_trusted"),
        ),
        Case::new(
            "compression-bomb",
            "is answered with what is said to be compressed",
            "the host unpacks nothing: what counts is what came",
            GET,
            Says::Completes("…200 as it came\"}"),
            Open::Told,
        )
        .under(GRANTED)
        .at(Site::Compressed, 1),
        Case::new(
            "redirect-loop",
            "is redirected without end",
            "the component's own bound, and requests of a job",
            r#"{"attack":"redirect","url":"{server}/"}"#,
            Says::Fails("…the job has sent 3 requests, its limit: raise `requests` with …"),
            Open::Policy(GRANTED, Says::Fails("the HTTP host redirects more than 5 times")),
        )
        .under(r#"{"limits":{"requests":3},"grants":{"hosts":["{server}"]}}"#)
        .at(Site::Loop, 3),
        Case::new(
            "no-http",
            "is answered by a mail server",
            "a response that is none is a failure",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Told,
        )
        .under(GRANTED)
        .at(Site::Nonsense, 1),
        Case::new(
            "two-lengths",
            "is answered with two lengths",
            "a response that is none is a failure",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Told,
        )
        .under(GRANTED)
        .at(Site::TwoLengths, 1),
        Case::new(
            "broken-pieces",
            "is answered with a piece whose length is no number",
            "a response that is none is a failure",
            GET,
            Says::Fails("the HTTP exchange failed: …"),
            Open::Told,
        )
        .under(GRANTED)
        .at(Site::Broken, 1),
        Case::elsewhere(
            "answer-for-the-next-job",
            "is answered twice: the second answer lies in wait on the connection for the next job's request",
            "a connection with more than one answer is not used again",
            "an_answer_that_nobody_asked_for_is_not_the_next_jobs",
            "",
            Open::Told,
        ),
        Case::new(
            "honest-answer",
            "is answered as it should be, which all of the above are compared with",
            "none",
            GET,
            HELLO,
            Open::Told,
        )
        .under(GRANTED)
        .at(Site::Hello, 1),
    ],
};
