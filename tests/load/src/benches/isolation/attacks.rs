//! The attacks, by what they go for, and a server for those that need one.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use types::Variables;

/// How long the server waits before each letter.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(60);

/// Attacks that go for the same.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// The variables of the jobs, as JSON; `{server}` stands for the server's address.
    pub(super) attacks: &'static [&'static str],
}

pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "processor",
        attacks: &[
            r#"{"attack":"endless-loop"}"#,
            r#"{"attack":"loop-in-slices","amount":1000000}"#,
            r#"{"attack":"spin-on-timers","amount":1000000000}"#,
            r#"{"attack":"deep-recursion","amount":100000000}"#,
            r#"{"attack":"random-flood","amount":1000}"#,
        ],
    },
    Group {
        name: "memory",
        attacks: &[
            r#"{"attack":"memory-bomb","amount":104857600}"#,
            r#"{"attack":"memory-at-once","amount":104857600}"#,
            r#"{"attack":"headers-flood","amount":1024}"#,
            r#"{"attack":"timers-flood","amount":100000}"#,
            r#"{"attack":"body-flood","amount":90}"#,
        ],
    },
    Group {
        name: "writing",
        attacks: &[
            r#"{"attack":"log-flood","amount":20000}"#,
            r#"{"attack":"log-giant","amount":1048576}"#,
            r#"{"attack":"output-flood","amount":20000}"#,
            r#"{"attack":"checkpoint-flood","amount":2000}"#,
            r#"{"attack":"checkpoint-giant","amount":2097152}"#,
        ],
    },
    Group {
        name: "answers",
        attacks: &[
            r#"{"attack":"giant-result","amount":5242880}"#,
            r#"{"attack":"deep-result"}"#,
            r#"{"attack":"many-variables"}"#,
            r#"{"attack":"giant-message"}"#,
            r#"{"attack":"panic"}"#,
            r#"{"attack":"exit"}"#,
        ],
    },
    Group {
        name: "waiting",
        attacks: &[r#"{"attack":"sleep","amount":400}"#, r#"{"attack":"sleep-for-ever"}"#],
    },
    Group {
        name: "requests",
        attacks: &[
            r#"{"attack":"request-flood","url":"{server}/","amount":1000}"#,
            r#"{"attack":"open-requests","url":"{server}/","amount":1000}"#,
            r#"{"attack":"giant-body","url":"{server}/"}"#,
            r#"{"attack":"endless-body","url":"{server}/"}"#,
            r#"{"attack":"host-not-granted","url":"http://169.254.169.254/"}"#,
        ],
    },
];

/// A server that takes whatever it gets, and answers letter by letter.
pub(super) struct Target {
    url: String,
}

impl Target {
    /// Starts it; it ends with the runtime.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // Clients that attack go away in the middle.
                    talk(stream).await.ok();
                });
            }
        });
        Ok(Self { url })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The variables of the jobs that attack.
    pub(super) fn inputs(&self, attacks: &[&str]) -> anyhow::Result<Vec<Variables>> {
        let read = |attack: &&str| {
            Variables::parse(&attack.replace("{server}", &self.url)).with_context(|| (*attack).to_owned())
        };
        attacks.iter().map(read).collect()
    }
}

async fn talk(mut stream: TcpStream) -> std::io::Result<()> {
    let mut received = vec![0; 64 << 10];
    if stream.read(&mut received).await? == 0 {
        return Ok(());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await?;
    loop {
        tokio::select! {
            read = stream.read(&mut received) => {
                if read? == 0 {
                    return Ok(());
                }
            }
            () = tokio::time::sleep(PAUSE) => stream.write_all(b"x").await?,
        }
    }
}
