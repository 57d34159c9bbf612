//! `wasi:http/outgoing-handler`: the way of a request from the guest to the network.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock};

use http::{HeaderName, Request, Response, header};
use http_body_util::BodyExt;
use tokio_util::task::AbortOnDropHandle;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use crate::grants::Endpoint;
use crate::host::{Attempt, BODY_CHUNK_BYTES_MAX, BODY_CHUNKS_MAX};
use crate::network::Client;
use crate::network::address::{Class, OutOfReach};
use crate::network::body::{RequestBody, ResponseBody};
use crate::network::credentials::substitute;
use crate::network::failure::SendFailure;
use crate::network::gate::{Refusal, canonical_uri, endpoint, reach};
use crate::network::masked::{MaskedBody, mask_headers};
use crate::network::traffic::{Entry, OpenRequest};
use crate::text::shortened;
use crate::{Answer, Policy};

/// The path of a request in the report, in bytes.
const PATH_BYTES_MAX: usize = 256;

/// Sends the requests of one job.
pub(crate) struct Outgoing {
    attempt: Arc<Attempt>,
    client: Client,
    body_chunk_bytes_max: usize,
    forbids: ForbiddenHeaderFilter,
}

impl Outgoing {
    pub(crate) fn new(attempt: &Arc<Attempt>, client: &Client) -> Self {
        Self {
            attempt: Arc::clone(attempt),
            client: client.clone(),
            body_chunk_bytes_max: BODY_CHUNK_BYTES_MAX,
            forbids: Arc::clone(&FORBIDDEN),
        }
    }

    /// Takes the bound on bodies to what the runtime has of itself, and allows all headers,
    /// for tests of what the guards are against.
    #[cfg(test)]
    pub(crate) fn lift_bounds(&mut self) {
        self.body_chunk_bytes_max = wasmtime_wasi_http::p2::DEFAULT_OUTGOING_BODY_CHUNK_SIZE;
        self.forbids = Arc::new(|_| false);
    }
}

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Outgoing {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        (self.forbids)(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::clone(&self.forbids)
    }

    /// The client sets it, from the URL that was checked.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        BODY_CHUNKS_MAX
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        self.body_chunk_bytes_max
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let attempt = Arc::clone(&self.attempt);
        let client = self.client.clone();
        Box::new(async move {
            // Not where the job may compute for long: connections are everybody's, and those threads look at what has
            // arrived when they have computed.
            let hosts_threads = attempt.hosts_threads.clone();
            let sending = async move { send(&attempt, &client, request, options.unwrap_or_default()).await };
            let response = match AbortOnDropHandle::new(hosts_threads.spawn(sending)).await {
                Ok(response) => response?,
                Err(ended) => match ended.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(_) => return Err(Error::InternalError(Some("the host ends".to_owned()))),
                },
            };
            let processed: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
            Ok((response, processed))
        })
    }
}

/// Headers that belong to the connection, which is the host's.
static FORBIDDEN: LazyLock<ForbiddenHeaderFilter> = LazyLock::new(|| {
    Arc::new(|name: &HeaderName| *name == header::TE || DEFAULT_FORBIDDEN_HEADERS.contains(name))
});

async fn send(
    attempt: &Arc<Attempt>,
    client: &Client,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let refused = |refusal: Refusal| {
        attempt.traffic.refuse(&refusal);
        Error::from(refusal)
    };
    let open = OpenRequest::begin(attempt).map_err(refused)?;
    let endpoint = endpoint(&request).map_err(refused)?;
    let without_secrets = |text: &str| attempt.vault.redacted(text).into_owned();
    let path = shortened(without_secrets(request.uri().path()), PATH_BYTES_MAX);
    let entry = Entry::new(
        &attempt.traffic,
        without_secrets(request.method().as_str()),
        without_secrets(&endpoint.to_string()),
        path,
    );
    match dispatch(attempt, client, &endpoint, request, options).await {
        Ok(response) => {
            entry.answered(Answer::Status(response.status().as_u16()));
            let between_bytes = options.between_bytes_timeout;
            Ok(masked(attempt, response.map(|body| ResponseBody::new(body, between_bytes, open))))
        }
        Err(Undelivered::Refused(refusal)) => {
            entry.answered(Answer::Refused);
            Err(refused(refusal))
        }
        Err(Undelivered::Failed { error, text }) => {
            entry.answered(Answer::Failed(attempt.vault.redacted(&text).into_owned()));
            Err(error)
        }
    }
}

/// The response without the secrets that the component may send but not see.
fn masked(attempt: &Attempt, response: Response<ResponseBody>) -> Response<WasiBody> {
    let revealed = &attempt.policy.grants.reveal;
    let needles = attempt.vault.needles(|name| revealed.iter().all(|granted| granted.as_str() != name));
    if needles.is_empty() {
        return response.map(BodyExt::boxed_unsync);
    }
    let (mut parts, body) = response.into_parts();
    mask_headers(&needles, &mut parts.headers);
    Response::from_parts(parts, MaskedBody::new(body, needles).boxed_unsync())
}

enum Undelivered {
    Refused(Refusal),
    Failed { error: Error, text: String },
}

impl From<Refusal> for Undelivered {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

async fn dispatch(
    attempt: &Arc<Attempt>,
    client: &Client,
    endpoint: &Endpoint,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<hyper::body::Incoming>, Undelivered> {
    let reach = reach(&attempt.policy, endpoint, request.method())?;
    let (mut parts, body) = request.into_parts();
    parts.uri = canonical_uri(endpoint, &parts.uri)?;
    substitute(attempt, endpoint, &mut parts.headers).await?;
    let body = RequestBody::new(body, attempt).boxed_unsync();
    let turn = attempt.turn_of_request();
    let turn = turn.map_err(|too_fast| Refusal::new(too_fast.reason(&attempt.policy)))?;
    if !turn.is_zero() {
        tokio::time::sleep(turn).await;
    }
    let response = client.send(reach, Request::from_parts(parts, body));
    // A pooled client does not tell connecting from waiting, so the guest's two timeouts count together.
    // Without them the job's wall time is the bound.
    let response = match options.first_byte_timeout {
        Some(first_byte) => {
            let patience = first_byte.saturating_add(options.connect_timeout.unwrap_or_default());
            tokio::time::timeout(patience, response).await.map_err(|_| Undelivered::Failed {
                error: Error::ConnectionReadTimeout,
                text: "no response within the component's timeout".to_owned(),
            })?
        }
        None => response.await,
    };
    response.map_err(|error| match SendFailure::of(&error) {
        SendFailure::OutOfReach(address) => out_of_reach(&attempt.policy, endpoint, &address).into(),
        SendFailure::Failed { error, text } => Undelivered::Failed { error, text },
    })
}

fn out_of_reach(policy: &Policy, endpoint: &Endpoint, address: &OutOfReach) -> Refusal {
    let Endpoint { host, port, .. } = endpoint;
    let remedy = match address.class() {
        Class::Private | Class::Loopback => {
            format!(": if it is meant to, {}", policy.granting(format_args!("--host {endpoint}+private")))
        }
        _ => String::new(),
    };
    Refusal::OutOfReach(format!(
        "`{host}:{port}` leads to {address}, which no grant to `{}` covers{remedy}",
        policy.component
    ))
}
