//! Why a request has no answer.

/// Why a request has no answer, or an answer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request cannot be built: a bad URL, header or body.
    #[error("the HTTP request cannot be built: {0}")]
    InvalidRequest(String),
    /// The host does not send this request: a grant is missing, or something about it is never sent.
    /// In the message of the job's failure the host says what, and what to grant.
    #[error("{0}")]
    Refused(String),
    /// The host's name has no address.
    #[error("the name of the HTTP host cannot be resolved: {0}")]
    Dns(String),
    /// Nobody accepted the connection, or it broke before the answer began.
    #[error("the HTTP host cannot be reached: {0}")]
    Connect(String),
    /// The host's certificate or TLS version is not acceptable.
    #[error("no secure connection to the HTTP host: {0}")]
    Tls(String),
    /// No answer, or not all of it, within the request's time. The request may have had its effect.
    #[error("the HTTP host did not answer in time")]
    Timeout,
    /// The answer's body is larger than the request or the host allows.
    #[error("the HTTP answer has more than {bytes_max} bytes")]
    BodyTooLarge {
        /// The lower of the two limits.
        bytes_max: usize,
    },
    /// The answer is not valid HTTP, or it ended too early. The request may have had its effect.
    #[error("the HTTP exchange failed: {0}")]
    Protocol(String),
    /// The answer redirects more often than the request allows.
    #[error("the HTTP host redirects more than {0} times")]
    TooManyRedirects(u32),
    /// The answer's body is not the expected JSON.
    #[error("the HTTP answer cannot be read: {0}")]
    UnexpectedBody(String),
}

impl Error {
    /// Whether the same request would meet the same error until somebody changes the grants or the worker.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::InvalidRequest(_) | Self::Refused(_) | Self::BodyTooLarge { .. } => true,
            Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Timeout
            | Self::Protocol(_)
            | Self::TooManyRedirects(_)
            | Self::UnexpectedBody(_) => false,
        }
    }
}
