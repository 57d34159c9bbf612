//! Secrets: getting at them, sending them elsewhere, and carrying them to where they are kept and shown.

use super::super::case::{Case, Open, Says};
use super::super::site::Site;
use super::Group;

const HELLO: Says = Says::Completes("…200 hello\"}");
const REVEALED: &str = r#"{"grants":{"reveal":["KEY"]}}"#;
const HOST_ONLY: &str = r#"{"grants":{"hosts":["{server}"]}}"#;
const BOUND: &str = r#"{"grants":{"hosts":["{server}"],"secrets":["KEY@{address}"]}}"#;
const BOUND_ELSEWHERE: &str = r#"{"grants":{"hosts":["{server}"],"secrets":["KEY@api.example.com"]}}"#;
const NOT_BOUND: Says =
    Says::Fails("…secret `KEY` is not granted to component `hostile` for host `{server}`…");
const BEARER: &str =
    r#"{"attack":"bearer","url":"{server}/","secret":"fermata-secret-0123456789abcdef0123456789abcdef"}"#;

pub(super) const GROUP: Group = Group {
    title: "Secrets",
    about: "The secret `KEY` has the value `s3cr3t-value`. After every contained case of this page \
            the value stands nowhere in the job's result, message, log, and requests.\n\
            What is shown without the guard is that the value goes where it should, or that it is there to be found.",
    cases: &[
        Case::new(
            "secret-not-granted",
            "asks for the placeholder of a secret that nobody granted",
            "grants of secrets",
            r#"{"attack":"secret-not-granted","secret":"KEY"}"#,
            Says::Fails(
                "secret `KEY` is not granted to component `hostile`: \
                 grant it with `fermata worker grant hostile --secret KEY@HOST`",
            ),
            Open::Policy(
                r#"{"grants":{"secrets":["KEY@api.example.com"]}}"#,
                Says::Completes("…\"fermata-secret-…\"}"),
            ),
        ),
        Case::new(
            "secret-reveal",
            "asks for the value of a secret of which only the placeholder is granted",
            "seeing a secret is a grant of its own",
            r#"{"attack":"secret-reveal","secret":"KEY"}"#,
            Says::Fails(
                "component `hostile` may not see secret `KEY`: grant it with `fermata worker grant hostile --reveal KEY`",
            ),
            Open::Policy(REVEALED, Says::Completes("…\"eulav-t3rc3s\"}")),
        )
        .under(r#"{"grants":{"secrets":["KEY@api.example.com"]}}"#),
        Case::new(
            "secret-to-another-host",
            "sends a placeholder to a granted host that the secret is not for",
            "a secret is bound to its host",
            r#"{"attack":"secret-elsewhere","url":"{server}/","secret":"KEY"}"#,
            NOT_BOUND,
            Open::Policy(BOUND, HELLO),
        )
        .under(BOUND_ELSEWHERE)
        .at(Site::Hello, 0),
        Case::new(
            "secret-in-plain-text",
            "sends a placeholder over plain text through the network",
            "a secret travels over TLS, unless its grant says http",
            r#"{"attack":"secret-elsewhere","url":"http://vendor.test:{port}/","secret":"KEY"}"#,
            Says::Fails(
                "…secret `KEY` is not granted to component `hostile` for host `http://vendor.test:{port}`…",
            ),
            Open::Policy(
                r#"{"grants":{"hosts":["http://vendor.test:{port}+private"],"secrets":["KEY@http://vendor.test:{port}"]}}"#,
                HELLO,
            ),
        )
        .under(r#"{"grants":{"hosts":["http://vendor.test:{port}+private"],"secrets":["KEY@vendor.test:{port}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "secret-in-another-header",
            "sends a placeholder in a header that servers send back",
            "a secret travels in `authorization`, and in headers that its grant names",
            r#"{"attack":"secret-in-other-header","url":"{server}/","secret":"KEY"}"#,
            Says::Fails("…secret `KEY` is not granted to component `hostile` in header `x-request-id`…"),
            Open::Policy(
                r#"{"grants":{"hosts":["{server}"],"secrets":["KEY:x-request-id@{address}"]}}"#,
                HELLO,
            ),
        )
        .under(BOUND)
        .at(Site::Hello, 0),
        Case::elsewhere(
            "secret-in-the-body",
            "sends a placeholder in the body, which vendors keep and show",
            "placeholders are replaced in headers only",
            "a_placeholder_in_a_body_stays_a_placeholder",
            "",
            Open::Test("a_placeholder_becomes_the_secret_on_its_way_to_its_host"),
        ),
        Case::new(
            "secret-in-the-url",
            "sends a placeholder in the URL, which servers log",
            "no placeholder in a URL",
            r#"{"attack":"secret-in-url","url":"{server}/","secret":"KEY"}"#,
            Says::Fails("…a secret's placeholder stands in the URL, where it is not replaced: send the secret in a header…"),
            Open::Test("a_placeholder_becomes_the_secret_on_its_way_to_its_host"),
        )
        .under(BOUND)
        .at(Site::Hello, 0),
        Case::new(
            "secret-in-disguise",
            "hides a placeholder in the Base64 of a password",
            "passwords are decoded and looked at",
            r#"{"attack":"secret-as-password","url":"{server}/","secret":"KEY"}"#,
            NOT_BOUND,
            Open::Policy(BOUND, HELLO),
        )
        .under(BOUND_ELSEWHERE)
        .at(Site::Hello, 0),
        Case::new(
            "placeholder-of-another-job",
            "sends a placeholder that another job was given, or that it has guessed",
            "a placeholder is good for its own job or model",
            r#"{"attack":"bearer","url":"{server}/","secret":"fermata-secret-ffffffffffffffffffffffffffffffff"}"#,
            Says::Fails("…holds the placeholder of a secret that belongs to another job or model…"),
            Open::Input(BEARER, HELLO),
        )
        .under(BOUND)
        .at(Site::Hello, 0),
        Case::new(
            "placeholder-of-the-model",
            "sends the placeholder of a secret that the model names, and that it was not granted",
            "grants of secrets, whoever names them",
            BEARER,
            NOT_BOUND,
            Open::Policy(BOUND, HELLO),
        )
        .under(HOST_ONLY)
        .at(Site::Hello, 0),
        Case::new(
            "secret-that-breaks-out",
            "sends a secret whose value holds a line break and a header",
            "a value that no header can carry is not sent",
            r#"{"attack":"secret-elsewhere","url":"{server}/","secret":"LINES"}"#,
            Says::Fails("…a secret for header `authorization` contains what no header can carry, such as a line break…"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(r#"{"grants":{"hosts":["{server}"],"secrets":["LINES@{address}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "secret-that-comes-back",
            "has a server send back the secret that it may send but not see",
            "values are masked in responses",
            r#"{"attack":"secret-echo","url":"{server}/","secret":"KEY"}"#,
            Says::Completes("…x-you-sent: Bearer ************…you sent Bearer ************\"}"),
            Open::Test("a_secret_that_the_server_sends_back_is_masked"),
        )
        .under(BOUND)
        .at(Site::Echo, 1),
        Case::elsewhere(
            "secret-that-comes-back-in-pieces",
            "has a server send it back in many pieces",
            "values are masked wherever pieces end",
            "a_secret_is_masked_wherever_frames_end",
            "your key is ************, not s3cr3t-vault",
            Open::Told,
        ),
        Case::new(
            "secret-in-the-log",
            "writes a secret that it may see to the log",
            "values are replaced in logs",
            r#"{"attack":"secret-in-log","secret":"KEY"}"#,
            Says::Logs("the key is [secret KEY]"),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-the-output",
            "prints a secret that it may see",
            "values are replaced in output",
            r#"{"attack":"secret-in-output","secret":"KEY"}"#,
            Says::Logs("[secret KEY]"),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-a-failure",
            "fails with a secret that it may see in the message, which becomes an incident",
            "values are replaced in messages",
            r#"{"attack":"secret-in-failure","secret":"KEY"}"#,
            Says::Fails("the vendor does not take `[secret KEY]`"),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-a-bpmn-error",
            "throws a BPMN error with a secret that it may see in the message",
            "values are replaced in messages",
            r#"{"attack":"secret-in-error","secret":"KEY"}"#,
            Says::Throws("SECRET: the vendor does not take `[secret KEY]`"),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-as-a-code",
            "throws a BPMN error with a secret that it may see as its code",
            "values are refused in codes",
            r#"{"attack":"secret-in-code","secret":"KEY"}"#,
            Says::Fails(
                "the code of a BPMN error holds the value of secret `KEY`: secrets are sent to their hosts and kept nowhere else",
            ),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-variables",
            "completes with a secret that it may see as a variable, which is kept and shown",
            "values are refused in variables",
            r#"{"attack":"secret-in-result","secret":"KEY"}"#,
            Says::Fails(
                "result holds the value of secret `KEY`: secrets are sent to their hosts and kept nowhere else",
            ),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-escaped-variables",
            "completes with a secret of two lines that it may see as a variable, where JSON escapes the end of a line",
            "variables are looked at as they are read",
            r#"{"attack":"secret-in-result","secret":"LINES"}"#,
            Says::Fails(
                "result holds the value of secret `LINES`: secrets are sent to their hosts and kept nowhere else",
            ),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(r#"{"grants":{"reveal":["LINES"]}}"#),
        Case::new(
            "secret-in-a-checkpoint",
            "stores a secret that it may see as a checkpoint, which is kept as it is",
            "values are refused in checkpoints",
            r#"{"attack":"secret-in-checkpoint","secret":"KEY"}"#,
            Says::Fails(
                "the checkpoint holds the value of secret `KEY`: secrets are sent to their hosts and kept nowhere else",
            ),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::new(
            "secret-in-an-escaped-checkpoint",
            "stores a secret of two lines that it may see as a checkpoint, where JSON escapes the end of a line",
            "JSON in checkpoints is looked at as it is read",
            r#"{"attack":"secret-in-checkpoint","secret":"LINES"}"#,
            Says::Fails(
                "the checkpoint holds the value of secret `LINES`: secrets are sent to their hosts and kept nowhere else",
            ),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(r#"{"grants":{"reveal":["LINES"]}}"#),
        Case::new(
            "secret-as-a-host-name",
            "asks for a host whose name is a secret that it may see: the refusal names the host",
            "values are replaced in refusals and in the list of requests",
            r#"{"attack":"secret-in-host-name","secret":"KEY"}"#,
            Says::Fails("…host `[secret KEY].attacker.test` is not granted…"),
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        )
        .under(REVEALED),
        Case::elsewhere(
            "secret-cut-in-half",
            "writes a text that is cut off in the middle of a secret",
            "values are replaced before texts are cut",
            "a_secret_that_the_limit_cuts_through_is_taken_out_as_a_whole",
            "x[secret KEY]",
            Open::Test("a_secret_that_nobody_knows_of_is_not_found"),
        ),
    ],
};

pub(super) const NOT_FOUND: Group = Group {
    title: "What is not found",
    about: "A component that may see a secret can write it in a form that the host does not know, and can send it to every host that it was granted. \
            No look at texts stops that: grant `reveal` to nobody whom you would not tell the secret.\n\
            These are no cases, but what passes.",
    cases: &[
        Case::new(
            "secret-in-base64",
            "writes a secret that it may see in Base64",
            "none",
            r#"{"attack":"secret-in-log","secret":"KEY","text":"base64"}"#,
            Says::Logs("the key is czNjcjN0LXZhbHVl"),
            Open::Told,
        )
        .under(REVEALED),
        Case::new(
            "secret-in-per-cent",
            "writes a secret that it may see as a URL does",
            "none",
            r#"{"attack":"secret-in-log","secret":"KEY","text":"percent"}"#,
            Says::Logs("the key is %73%33%63%72%33%74%2d%76%61%6c%75%65"),
            Open::Told,
        )
        .under(REVEALED),
        Case::new(
            "secret-in-halves",
            "writes the halves of a secret that it may see into two records",
            "none",
            r#"{"attack":"secret-in-log","secret":"KEY","text":"halves"}"#,
            Says::Logs("s3cr3t"),
            Open::Told,
        )
        .under(REVEALED),
        Case::new(
            "secret-backwards",
            "completes with a secret that it may see, written backwards",
            "none",
            r#"{"attack":"secret-in-result","secret":"KEY","text":"backwards"}"#,
            Says::Completes("…\"eulav-t3rc3s\"}"),
            Open::Told,
        )
        .under(REVEALED),
    ],
};
