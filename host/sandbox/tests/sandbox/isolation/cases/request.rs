//! Requests: where they go, what they look like, how many there are.

use super::super::case::{Case, Open, Says};
use super::super::site::Site;
use super::Group;

const HELLO: Says = Says::Completes("…200 hello\"}");
const PROVEN: Says = Says::Completes("…\"proof\":…");
const GET: &str = r#"{"attack":"host-not-granted","url":"{server}/"}"#;
const GRANTED: &str = r#"{"grants":{"hosts":["{server}"]}}"#;
const NOT_GRANTED: Says = Says::Fails(
    "…host `{server}` is not granted to component `hostile`: grant it with `fermata worker grant hostile --host {server}`…",
);

pub(super) const GROUP: Group = Group {
    title: "Requests",
    about: "`{server}` stands for the URL of a server at loopback, `{address}` for its address and port, `{port}` for its port. \
            No request of a contained case arrives unless the case is about requests that do.",
    cases: &[
        Case::new(
            "host-not-granted",
            "sends a request that nobody granted",
            "grants of hosts",
            GET,
            NOT_GRANTED,
            Open::Policy(GRANTED, HELLO),
        )
        .at(Site::Hello, 0),
        Case::new(
            "other-port",
            "sends a request to another port of a granted host",
            "a grant names its port",
            GET,
            NOT_GRANTED,
            Open::Policy(GRANTED, HELLO),
        )
        .under(r#"{"grants":{"hosts":["http://127.0.0.1:1"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "plain-text",
            "sends in plain text what was granted over TLS",
            "a grant names its scheme",
            GET,
            NOT_GRANTED,
            Open::Policy(GRANTED, HELLO),
        )
        .under(r#"{"grants":{"hosts":["{address}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "other-method",
            "sends another method than was granted",
            "a grant names its methods",
            GET,
            Says::Fails("…GET requests to `{server}` are not granted to component `hostile`, only POST: \
                 grant it with `fermata worker grant hostile --host 'GET {server}'`…"),
            Open::Policy(GRANTED, HELLO),
        )
        .under(r#"{"grants":{"hosts":["POST {server}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "other-name",
            "names a granted host in another way",
            "a grant names its host",
            r#"{"attack":"host-not-granted","url":"http://localhost:{port}/"}"#,
            Says::Fails("…host `http://localhost:{port}` is not granted…"),
            Open::Policy(r#"{"grants":{"hosts":["http://localhost:{port}"]}}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "mapped-address",
            "names a granted address in the notation of IPv6",
            "a grant names its host",
            r#"{"attack":"host-not-granted","url":"http://[::ffff:127.0.0.1]:{port}/"}"#,
            Says::Fails("…host `http://[::ffff:127.0.0.1]:{port}` is not granted…"),
            Open::Policy(r#"{"grants":{"hosts":["http://[::ffff:127.0.0.1]:{port}"]}}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "decimal-address",
            "writes an address as one number, as resolvers read it",
            "only the canonical notation is an address",
            r#"{"attack":"raw-request","url":"http://2130706433:{port}/"}"#,
            Says::Fails("…`2130706433` is neither a host's name nor a complete address…"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "octal-address",
            "writes an address in octal numbers",
            "only the canonical notation is an address",
            r#"{"attack":"raw-request","url":"http://0177.0.0.1:{port}/"}"#,
            Says::Fails("…`0177.0.0.1` is neither a host's name nor a complete address…"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "short-address",
            "writes an address with parts left out",
            "only the canonical notation is an address",
            r#"{"attack":"raw-request","url":"http://127.1:{port}/"}"#,
            Says::Fails("…`127.1` is neither a host's name nor a complete address…"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "hexadecimal-address",
            "writes an address in hexadecimal numbers",
            "only the canonical notation is an address",
            r#"{"attack":"raw-request","url":"http://0x7f000001:{port}/"}"#,
            Says::Fails("…`0x7f000001` is neither a host's name nor a complete address…"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "user-in-the-url",
            "puts the granted host in front of another one, as a user's name",
            "no user in a URL",
            r#"{"attack":"raw-request","url":"http://granted.test@127.0.0.1:{port}/"}"#,
            Says::Fails("…a user in the URL is not offered: use the header `authorization`…"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "other-scheme",
            "asks for a file by URL",
            "only http and https",
            r#"{"attack":"raw-request","url":"file://127.0.0.1:{port}/etc/passwd"}"#,
            Says::Fails("not sent: …"),
            Open::Input(r#"{"attack":"raw-request","url":"http://127.0.0.1:{port}/etc/passwd"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "tunnel",
            "asks a granted proxy for a tunnel, in which no check sees its requests",
            "CONNECT is never sent",
            r#"{"attack":"raw-request","url":"{server}/","text":"CONNECT"}"#,
            Says::Fails("…the method CONNECT is not offered…"),
            Open::Input(r#"{"attack":"raw-request","url":"{server}/","text":"OPTIONS"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "trace",
            "asks a server to send back the request, secrets and all",
            "TRACE is never sent",
            r#"{"attack":"raw-request","url":"{server}/","text":"TRACE"}"#,
            Says::Fails("…the method TRACE is not offered…"),
            Open::Input(r#"{"attack":"raw-request","url":"{server}/","text":"OPTIONS"}"#, HELLO),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "name-that-leads-inside",
            "asks for a granted name that leads to this machine",
            "a granted name reaches public addresses only",
            r#"{"attack":"host-not-granted","url":"http://inside.test:{port}/"}"#,
            Says::Fails(
                "…`inside.test:{port}` leads to 127.0.0.1, a loopback address, which no grant to `hostile` covers: \
                 if it is meant to, grant it with `fermata worker grant hostile --host http://inside.test:{port}+private`…",
            ),
            Open::Policy(r#"{"grants":{"hosts":["http://inside.test:{port}+private"]}}"#, HELLO),
        )
        .under(r#"{"grants":{"hosts":["http://inside.test:{port}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "name-that-leads-here-and-there",
            "asks for a name with a public address and one of this machine",
            "every address of a name is checked",
            r#"{"attack":"host-not-granted","url":"http://mixed.test:{port}/"}"#,
            Says::Fails("…`mixed.test:{port}` leads to 127.0.0.1, a loopback address…"),
            Open::Policy(r#"{"grants":{"hosts":["http://mixed.test:{port}+private"]}}"#, HELLO),
        )
        .under(r#"{"grants":{"hosts":["http://mixed.test:{port}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "name-that-leads-inside-in-disguise",
            "asks for a name whose address of IPv6 is one of this machine in IPv4",
            "an address belongs where the one that it carries does",
            r#"{"attack":"host-not-granted","url":"http://mapped.test:{port}/"}"#,
            Says::Fails("…`mapped.test:{port}` leads to ::ffff:127.0.0.1, a loopback address…"),
            Open::Policy(r#"{"grants":{"hosts":["http://mapped.test:{port}+private"]}}"#, HELLO),
        )
        .under(r#"{"grants":{"hosts":["http://mapped.test:{port}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "metadata",
            "asks for a name that leads to where a cloud keeps the credentials of its machines",
            "no name reaches the local link, private or not",
            r#"{"attack":"host-not-granted","url":"http://metadata.test/latest/meta-data"}"#,
            Says::Fails("…`metadata.test:80` leads to 169.254.169.254, a link-local or metadata address…"),
            Open::Test("a_reach_covers_its_classes"),
        )
        .under(r#"{"grants":{"hosts":["http://metadata.test:80+private"]}}"#),
        Case::new(
            "address-of-nobody",
            "asks for a name that leads to 0.0.0.0, which many systems take for this machine",
            "no grant reaches what is no address of a host",
            r#"{"attack":"host-not-granted","url":"http://nobody.test:{port}/"}"#,
            Says::Fails("…`nobody.test:{port}` leads to 0.0.0.0, no address of a host…"),
            Open::Input(r#"{"attack":"host-not-granted","url":"http://inside.test:{port}/"}"#, HELLO),
        )
        .under(r#"{"grants":{"hosts":["http://nobody.test:{port}+private","http://inside.test:{port}+private"]}}"#)
        .at(Site::Hello, 0),
        Case::elsewhere(
            "rebinding",
            "asks for a name that leads elsewhere when it is asked for again",
            "the address that was checked is the one that is connected to",
            "the_checked_address_is_the_one_that_is_connected_to",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "rebinding-of-a-kept-connection",
            "asks over a connection that a wider grant has opened",
            "connections are kept apart by the reach of grants",
            "a_connection_that_reaches_inside_never_serves_a_grant_that_does_not",
            "an address of a private network",
            Open::Test("a_connection_that_reaches_inside_never_serves_a_grant_that_does_not"),
        ),
        Case::elsewhere(
            "redirect",
            "follows a redirect of a granted host to one that is not",
            "nothing follows redirects: what the component sends next passes all gates again",
            "a_redirect_passes_the_same_gates",
            "is not granted to component `hostile`",
            Open::Test("a_redirect_passes_the_same_gates"),
        ),
        Case::elsewhere(
            "redirect-inside",
            "follows a redirect to a granted name that leads inside",
            "a granted name reaches public addresses only",
            "a_redirect_to_a_name_that_leads_inside_is_not_followed",
            "leads to 127.0.0.1, a loopback address",
            Open::Test("a_redirect_to_a_name_that_leads_inside_is_not_followed"),
        ),
        Case::new(
            "redirect-to-metadata",
            "follows a redirect to where a cloud keeps the credentials of its machines",
            "grants of hosts",
            r#"{"attack":"redirect","url":"{server}/"}"#,
            Says::Fails("…host `http://169.254.169.254` is not granted…"),
            Open::Test("a_redirect_passes_the_same_gates"),
        )
        .under(GRANTED)
        .at(Site::Redirect { location: "http://169.254.169.254/latest/meta-data" }, 1),
        Case::new(
            "redirect-to-a-file",
            "follows a redirect to a file",
            "only http and https",
            r#"{"attack":"redirect","url":"{server}/"}"#,
            Says::Fails("…is neither http nor https…"),
            Open::Test("a_redirect_passes_the_same_gates"),
        )
        .under(GRANTED)
        .at(Site::Redirect { location: "file:///etc/passwd" }, 1),
        Case::new(
            "line-break-in-a-header",
            "puts a line break and a header of its own into a header",
            "the SDK refuses it",
            r#"{"attack":"header-injection","url":"{server}/"}"#,
            Says::Fails("…x-harmless…"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "line-break-past-the-sdk",
            "does so without the SDK",
            "the host refuses it",
            r#"{"attack":"raw-header","url":"{server}/","text":"x-harmless: yes\r\nx-injected: yes"}"#,
            Says::Fails("the host refuses the header \"x-harmless\" …: …InvalidSyntax"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "line-break-in-a-name",
            "puts a line break into the name of a header",
            "the host refuses it",
            r#"{"attack":"raw-header","url":"{server}/","text":"x-a\r\nx-injected: yes"}"#,
            Says::Fails("the host refuses the header \"x-a\\r\\nx-injected\" …: …InvalidSyntax"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "line-break-in-a-method",
            "puts a line break and a second request into the method",
            "the host refuses it",
            r#"{"attack":"raw-request","url":"{server}/","text":"A / HTTP/1.1\r\n\r\nGET"}"#,
            Says::Fails("the host refuses the method of the request"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "line-break-in-a-path",
            "puts a line break and a second request into the path",
            "the host refuses it",
            r#"{"attack":"raw-request","url":"{server}/ HTTP/1.1\r\nx-injected: yes\r\n\r\n"}"#,
            Says::Fails("the host refuses the path of the request"),
            Open::Test("a_line_break_that_is_sent_makes_two_headers"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "host-header",
            "sets the header `host`: a granted server with many names would take it for another one",
            "headers of the connection are the host's own",
            r#"{"attack":"raw-header","url":"{server}/","text":"host: internal.example.com"}"#,
            Says::Fails("the host refuses the header \"host\" …: …Forbidden"),
            Open::Test("without_the_look_at_names_a_guest_sets_headers_of_the_connection"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "smuggling-by-encoding",
            "sets `transfer-encoding`: two servers in a row would not agree where its request ends",
            "headers of the connection are the host's own",
            r#"{"attack":"raw-header","url":"{server}/","text":"transfer-encoding: chunked"}"#,
            Says::Fails("the host refuses the header \"transfer-encoding\" …: …Forbidden"),
            Open::Test("without_the_look_at_names_a_guest_sets_headers_of_the_connection"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "hop-by-hop",
            "sets `connection`, with which a proxy is told to drop headers",
            "headers of the connection are the host's own",
            r#"{"attack":"raw-header","url":"{server}/","text":"connection: authorization"}"#,
            Says::Fails("the host refuses the header \"connection\" …: …Forbidden"),
            Open::Test("without_the_look_at_names_a_guest_sets_headers_of_the_connection"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "upgrade",
            "sets `upgrade`, to speak another protocol",
            "headers of the connection are the host's own",
            r#"{"attack":"raw-header","url":"{server}/","text":"upgrade: websocket"}"#,
            Says::Fails("the host refuses the header \"upgrade\" …: …Forbidden"),
            Open::Test("without_the_look_at_names_a_guest_sets_headers_of_the_connection"),
        )
        .under(GRANTED)
        .at(Site::Hello, 0),
        Case::new(
            "giant-body",
            "sends a body of 1 MiB",
            "bytes of a request",
            r#"{"attack":"giant-body","url":"{server}/","amount":1048576}"#,
            Says::Fails(
                "the HTTP request cannot be built: its body has more than the 1000 bytes that the host sends (a limit was met: \
                 raise `request_bytes` with `fermata worker grant hostile --limit request_bytes=NUMBER`)…",
            ),
            Open::Policy(GRANTED, HELLO),
        )
        .under(r#"{"limits":{"request_bytes":1000},"grants":{"hosts":["{server}"]}}"#)
        .at(Site::Hello, 0),
        Case::new(
            "endless-body",
            "sends a body piece by piece, without saying how long it gets",
            "bytes of a request",
            r#"{"attack":"endless-body","url":"{server}/","amount":1}"#,
            Says::Fails("the host takes no more of the body: …"),
            Open::Policy(GRANTED, PROVEN),
        )
        .under(r#"{"limits":{"request_bytes":100000},"grants":{"hosts":["{server}"]}}"#)
        .at_most(Site::Hello, 1),
        Case::new(
            "request-flood",
            "sends one request after the other",
            "requests of a job",
            r#"{"attack":"request-flood","url":"{server}/","amount":101}"#,
            Says::Fails("…the job has sent 100 requests, its limit: \
                 raise `requests` with `fermata worker grant hostile --limit requests=NUMBER`…"),
            Open::Policy(r#"{"limits":{"requests":101},"grants":{"hosts":["{server}"]}}"#, PROVEN),
        )
        .under(GRANTED)
        .at(Site::Hello, 100),
        Case::new(
            "open-requests",
            "sends requests and leaves their answers unread",
            "requests of a job that are under way",
            r#"{"attack":"open-requests","url":"{server}/","amount":20}"#,
            Says::Fails(
                "…the job has 16 requests under way, its limit, as long as it neither reads nor drops their responses: \
                 raise `requests_open` with `fermata worker grant hostile --limit requests_open=NUMBER`…",
            ),
            Open::Policy(r#"{"limits":{"requests_open":20},"grants":{"hosts":["{server}"]}}"#, PROVEN),
        )
        .under(GRANTED)
        .at(Site::Hello, 16),
    ],
};
