//! Servers that components talk to, honest ones and hostile ones.

use crate::support::{PAUSE, Server, answer};

/// What kind of server a case has.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    /// None.
    None,
    /// Answers `hello`.
    Hello,
    /// Sends every request back to itself.
    Loop,
    /// Sends every request to `location`.
    Redirect { location: &'static str },
    /// Answers with a body of so many bytes.
    Body(usize),
    /// Answers with so many bytes in pieces, and never says how many are to come.
    Pieces(usize),
    /// Answers with a header of so many bytes.
    Header(usize),
    /// Answers with so many headers.
    Headers(usize),
    /// Sends so many trailers behind the body.
    Trailers(usize),
    /// Sends the header letter by letter, with a pause before each.
    SlowHeader,
    /// Sends the body letter by letter, with a pause before each.
    SlowBody,
    /// Says that the body is compressed.
    Compressed,
    /// Answers with what is no HTTP.
    Nonsense,
    /// Answers with a length and two of them.
    TwoLengths,
    /// Sends a piece whose length is no number.
    Broken,
    /// Sends back the credentials that it gets.
    Echo,
}

impl Site {
    pub(crate) async fn start(self) -> Option<Server> {
        Some(match self {
            Self::None => return None,
            Self::Hello => Server::start(|_| answer("200 OK", "", "hello")).await,
            Self::Loop => Server::start(|_| answer("302 Found", "location: /again\r\n", "")).await,
            Self::Redirect { location } => {
                let header = format!("location: {location}\r\n");
                Server::start(move |_| answer("302 Found", &header, "")).await
            }
            Self::Body(bytes) => Server::start(move |_| answer("200 OK", "", &"x".repeat(bytes))).await,
            Self::Pieces(bytes) => {
                let pieces = format!("1000\r\n{}\r\n", "x".repeat(4096)).repeat(bytes / 4096);
                chunked(move |head| format!("{head}{pieces}0\r\n\r\n")).await
            }
            Self::Header(bytes) => {
                let header = format!("x-long: {}\r\n", "x".repeat(bytes));
                Server::start(move |_| answer("200 OK", &header, "hello")).await
            }
            Self::Headers(count) => {
                let headers: String = (0..count).map(|number| format!("x-{number}: 1\r\n")).collect();
                Server::start(move |_| answer("200 OK", &headers, "hello")).await
            }
            Self::Trailers(count) => {
                let trailers: String =
                    (0..count).map(|number| format!("x-{number}: {}\r\n", "x".repeat(100))).collect();
                chunked(move |head| format!("{head}5\r\nhello\r\n0\r\n{trailers}\r\n")).await
            }
            Self::SlowHeader => {
                Server::start(|_| slow("HTTP/1.1 200 OK\r\n", "content-length: 0\r\n\r\n")).await
            }
            Self::SlowBody => {
                Server::start(|_| slow("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n", "slow to come")).await
            }
            Self::Compressed => {
                Server::start(|_| answer("200 OK", "content-encoding: gzip\r\n", "as it came")).await
            }
            Self::Nonsense => Server::start(|_| "220 mail.example.com ESMTP\r\n\r\n".to_owned()).await,
            Self::TwoLengths => Server::start(|_| answer("200 OK", "content-length: 50\r\n", "hello")).await,
            Self::Broken => {
                Server::start(|_| {
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n".to_owned()
                })
                .await
            }
            Self::Echo => {
                Server::start(|request| {
                    let lines = request.lines().filter_map(|line| line.split_once(": "));
                    let sent = lines.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
                    let credentials = sent.map(|(_, value)| value.to_owned()).collect::<String>();
                    let header = format!("x-you-sent: {credentials}\r\n");
                    answer("200 OK", &header, &format!("you sent {credentials}"))
                })
                .await
            }
        })
    }
}

/// A server whose answers come in chunks: `answer` gets their head.
async fn chunked(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    Server::start(move |_| answer(HEAD)).await
}

/// `text` letter by letter behind `head`.
fn slow(head: &str, text: &str) -> String {
    head.to_owned() + &text.chars().map(|letter| format!("{PAUSE}{letter}")).collect::<String>()
}
