//! What a case of the isolation suite is.

use super::site::Site;

/// One attack, what contains it, and what it does without that.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Its name; no two cases share one.
    pub(crate) name: &'static str,
    /// What the component does.
    pub(crate) attack: &'static str,
    /// What stops it.
    pub(crate) guard: &'static str,
    pub(crate) shown: Shown,
}

/// Where it is shown that the attack is contained.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    /// By this suite.
    Here(Run),
    /// By a test of its own, where one run does not do. The test's source holds all parts of the message,
    /// which is empty where the test looks at something else.
    Elsewhere { test: &'static str, says: &'static str, open: Open },
}

/// A run of the attack.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) guest: Guest,
    /// The server that `{server}`, `{address}` and `{port}` stand for in texts.
    pub(crate) site: Site,
    /// The job's variables.
    pub(crate) input: &'static str,
    /// The policy that differs from the default, as JSON.
    pub(crate) policy: &'static str,
    pub(crate) says: Says,
    /// Requests that arrive at the server.
    pub(crate) requests: Arrives,
    pub(crate) open: Open,
}

/// How many requests arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrives {
    /// So many.
    All(usize),
    /// So many or fewer: the job may be stopped before the server has read what was sent.
    UpTo(usize),
}

/// The component.
#[derive(Clone, Copy)]
pub(crate) enum Guest {
    /// `hostile`, which is written with the SDK.
    Hostile,
    /// One that no compiler would write.
    Made(fn() -> Vec<u8>),
}

/// How it ends. In a pattern `…` stands for any text.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    /// The component is not accepted.
    Refused(&'static str),
    /// The job fails with this message.
    Fails(&'static str),
    /// The job throws a BPMN error: its code, a colon and its message.
    Throws(&'static str),
    /// The job completes with these variables.
    Completes(&'static str),
    /// The job completes and its log holds this record.
    Logs(&'static str),
}

/// How it is shown that the attack is a real one.
#[derive(Clone, Copy)]
pub(crate) enum Open {
    /// Under another policy it comes through.
    Policy(&'static str, Says),
    /// With another input it comes through: what the guard measures is below its bound.
    Input(&'static str, Says),
    /// Another component, which has all but the fault, comes through.
    Guest(fn() -> Vec<u8>, Says),
    /// A test leaves the guard out.
    Test(&'static str),
    /// There is nothing to let through: what counts is that the cause is told.
    Told,
}

impl Case {
    /// Shown by a test of its own.
    pub(crate) const fn elsewhere(
        name: &'static str,
        attack: &'static str,
        guard: &'static str,
        test: &'static str,
        says: &'static str,
        open: Open,
    ) -> Self {
        Self { name, attack, guard, shown: Shown::Elsewhere { test, says, open } }
    }

    pub(crate) const fn new(
        name: &'static str,
        attack: &'static str,
        guard: &'static str,
        input: &'static str,
        says: Says,
        open: Open,
    ) -> Self {
        let requests = Arrives::All(0);
        let run = Run { guest: Guest::Hostile, site: Site::None, input, policy: "{}", says, requests, open };
        Self { name, attack, guard, shown: Shown::Here(run) }
    }

    /// Another component than `hostile`.
    pub(crate) const fn made(
        name: &'static str,
        attack: &'static str,
        guard: &'static str,
        guest: fn() -> Vec<u8>,
        says: Says,
        open: Open,
    ) -> Self {
        let mut case = Self::new(name, attack, guard, "{}", says, open);
        if let Shown::Here(run) = &mut case.shown {
            run.guest = Guest::Made(guest);
        }
        case
    }

    pub(crate) const fn under(mut self, policy: &'static str) -> Self {
        if let Shown::Here(run) = &mut self.shown {
            run.policy = policy;
        }
        self
    }

    /// Against a server at which so many requests arrive.
    pub(crate) const fn at(self, site: Site, requests: usize) -> Self {
        self.against(site, Arrives::All(requests))
    }

    /// Against a server at which at most so many requests arrive.
    pub(crate) const fn at_most(self, site: Site, requests: usize) -> Self {
        self.against(site, Arrives::UpTo(requests))
    }

    const fn against(mut self, site: Site, requests: Arrives) -> Self {
        if let Shown::Here(run) = &mut self.shown {
            run.site = site;
            run.requests = requests;
        }
        self
    }
}

impl Arrives {
    pub(crate) fn fits(self, arrived: usize) -> bool {
        match self {
            Self::All(expected) => arrived == expected,
            Self::UpTo(most) => arrived <= most,
        }
    }
}

impl Says {
    pub(crate) const fn pattern(self) -> &'static str {
        match self {
            Self::Refused(pattern)
            | Self::Fails(pattern)
            | Self::Throws(pattern)
            | Self::Completes(pattern)
            | Self::Logs(pattern) => pattern,
        }
    }
}

/// Whether `text` is `pattern`, in which `…` stands for any text.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('…') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<_> = rest.split('…').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(found) = text.find(piece) else { return false };
        text = &text[found + piece.len()..];
    }
    text.ends_with(last)
}

#[test]
fn a_pattern_leaves_out_what_it_does_not_say() {
    assert!(fits("all of it", "all of it") && !fits("all of it", "all of it and more"));
    assert!(fits("from … to …", "from one to two") && !fits("from … to …", "to and from"));
    assert!(fits("… end", "the end") && !fits("… end", "the end of it"));
}
