//! A worker that attacks its host, one way for each value of its input `attack`.
//!
//! Tests show that the host survives each attack, and that the attack is a real one: with its limit raised, with the
//! grant that it lacks, or without the sandbox's check, it comes through. So every attack that can end does so,
//! if it is let, with a result that names it.

mod answer;
mod attacks;

use fermata_sdk::{Job, JobError};
use serde::{Deserialize, Serialize};

pub use answer::Answer;

fermata_sdk::worker!(attack);

/// What to attack, and with what.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The attack.
    pub attack: Attack,
    /// Where to send a request.
    #[serde(default)]
    pub url: String,
    /// Which secret to ask for.
    #[serde(default)]
    pub secret: String,
    /// What the attack is made of, where it is made of text: a message, a header, a method, a name.
    #[serde(default)]
    pub text: String,
    /// How much of it; each attack has its own unit and default.
    pub amount: Option<u64>,
}

/// The ways to attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// None at all.
    Ok,
    /// Computes for ever, or for `amount` rounds.
    EndlessLoop,
    /// Allocates and touches `amount` bytes of memory.
    MemoryBomb,
    /// Calls itself `amount` levels deep.
    DeepRecursion,
    /// Returns `amount` bytes.
    GiantResult,
    /// Panics.
    Panic,
    /// Returns JSON text that is no object.
    WrongResult,
    /// Returns text that is no JSON.
    BrokenResult,
    /// Writes `amount` log records.
    LogFlood,
    /// Writes one log record of `amount` bytes.
    LogGiant,
    /// Sleeps for `amount` milliseconds.
    Sleep,
    /// Sends a request to `url`, which nobody granted.
    HostNotGranted,
    /// Sends a request to `url` and follows its redirect.
    Redirect,
    /// Sends a request to `url` with a line break in a header.
    HeaderInjection,
    /// Asks for the placeholder of a `secret` that nobody granted.
    SecretNotGranted,
    /// Asks for the value of a `secret` of which only the placeholder is granted.
    SecretReveal,
    /// Sends the placeholder of a `secret` to `url` in a header.
    SecretElsewhere,
    /// Sends the placeholder of a `secret` to `url` in the body, where only a header may carry it.
    SecretInBody,
    /// Sends the placeholder of a `secret` to `url` in a header that the grant does not name.
    SecretInOtherHeader,
    /// Sends the text `secret` as it is to `url`, as a bearer's token.
    Bearer,
    /// Sends the placeholder of a `secret` to `url`, which sends it back, and returns what comes.
    SecretEcho,
    /// Stores a checkpoint of `amount` bytes.
    CheckpointGiant,
    /// Asks to be called again at once, for ever.
    AgainAtOnce,
    /// Fails and asks for as many retries as can be written.
    EndlessRetries,
    /// Makes `amount` headers, fills and keeps them.
    HeadersFlood,
    /// Puts `amount` bytes into the headers of one request.
    GiantHeaders,
    /// Makes `amount` requests with full bodies and never sends them.
    BodyFlood,
    /// Makes a request whose method, path and host name have `amount` bytes each.
    GiantRequest,
    /// Computes in `amount` slices and sleeps between them.
    LoopInSlices,
    /// Asks for `amount` bytes of memory in one piece.
    MemoryAtOnce,
    /// Has the host compute: asks for `amount` mebibytes of random bytes, one after the other.
    RandomFlood,
    /// Asks for `amount` random bytes in one call.
    RandomGiant,
    /// Makes `amount` timers and keeps them.
    TimersFlood,
    /// Waits for a timer that is due at the end of time.
    SleepForEver,
    /// Waits `amount` times for no time at all; for ever when nothing is asked for.
    SpinOnTimers,
    /// Returns JSON that is `amount` levels deep.
    DeepResult,
    /// Returns `amount` variables.
    ManyVariables,
    /// Returns a variable whose name has `amount` bytes.
    LongName,
    /// Throws a BPMN error whose code has `amount` bytes.
    GiantCode,
    /// Fails with a message of `amount` bytes.
    GiantMessage,
    /// Ends the program instead of answering.
    Exit,
    /// Writes `text` to the log.
    LogText,
    /// Writes a log record with `amount` fields.
    LogFields,
    /// Writes `amount` lines to standard output.
    OutputFlood,
    /// Stores `amount` checkpoints, one after the other.
    CheckpointFlood,
    /// Writes a `secret` that it may see to the log, in the form that `text` names.
    SecretInLog,
    /// Writes a `secret` that it may see to standard output.
    SecretInOutput,
    /// Fails with a `secret` that it may see in the message.
    SecretInFailure,
    /// Throws a BPMN error with a `secret` that it may see in the message.
    SecretInError,
    /// Throws a BPMN error with a `secret` that it may see as the code.
    SecretInCode,
    /// Returns a `secret` that it may see, in the form that `text` names.
    SecretInResult,
    /// Stores a `secret` that it may see as a checkpoint.
    SecretInCheckpoint,
    /// Asks for a host whose name is a `secret` that it may see.
    SecretInHostName,
    /// Sends the placeholder of a `secret` to `url` in the URL.
    SecretInUrl,
    /// Sends the placeholder of a `secret` to `url` as the password of `Authorization: Basic`.
    SecretAsPassword,
    /// Sends a request with the method `text`, or GET, to `url`, past the SDK's own look at it.
    RawRequest,
    /// Puts the header `text`, written as `name: value`, into a request to `url`, past the SDK's own look at it.
    RawHeader,
    /// Sends a body of `amount` bytes to `url`.
    GiantBody,
    /// Sends a body to `url` that ends after `amount` mebibytes, or never.
    EndlessBody,
    /// Sends `amount` requests to `url`, one after the other.
    RequestFlood,
    /// Sends `amount` requests to `url` and leaves their answers unread.
    OpenRequests,
    /// Reads the file `text` of the first folder that there is.
    ReadFile,
    /// Reads the host's environment.
    Environment,
    /// Reads the host's arguments.
    Arguments,
    /// Reads the host's standard input.
    Input,
    /// Connects to the port `amount` of this machine over TCP.
    Connect,
    /// Listens on a TCP port of this machine.
    Listen,
    /// Binds a UDP port of this machine.
    Datagram,
    /// Looks the host name `text` up.
    LookUp,
}

/// Runs the attack that the input names.
pub fn attack(job: Job<Input>) -> Result<Answer, JobError> {
    attacks::run(&job.variables)
}
