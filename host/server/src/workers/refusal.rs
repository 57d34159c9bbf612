//! Why a component is refused, in the words of whoever refuses it, as the API and `fermata worker check` tell it.

use api::ComponentProblem;
use manifest::InspectError;
use sandbox::CompileLimit;

/// What an inspection has found.
pub(crate) fn of_inspection(problem: &manifest::Problem) -> ComponentProblem {
    ComponentProblem {
        code: problem.code().to_owned(),
        message: problem.to_string(),
        name: problem.name().map(str::to_owned),
        offered: problem.offered(),
    }
}

/// Why there was nothing to inspect.
pub(crate) fn of_inspect_error(error: &InspectError) -> ComponentProblem {
    plain(error.code(), error.to_string())
}

/// What compiling has found. Other errors are no fault of the component; for them there is none.
pub(crate) fn of_sandbox(error: &sandbox::Error) -> Option<ComponentProblem> {
    use sandbox::Error;

    let code = match error {
        Error::NotWasm => "NOT_WEBASSEMBLY",
        Error::CoreModule => "CORE_MODULE",
        Error::Invalid(_) => "INVALID_COMPONENT",
        Error::TooManyParts { .. } => "TOO_MANY_PARTS",
        Error::NoHandler { .. } => "NO_HANDLER",
        Error::HandlerDiffers { .. } => "UNKNOWN_HANDLER",
        Error::UnknownImport(_) => "UNKNOWN_IMPORT",
        Error::CompilerDied(_) => "COMPILER_ENDED",
        Error::CompileLimit(limit) => {
            let message = format!("{error}; `{}` of the host's configuration sets it", setting(*limit));
            return Some(plain("COMPILE_LIMIT", message));
        }
        _ => return None,
    };
    Some(plain(code, error.to_string()))
}

/// A problem without more to it.
pub(crate) fn plain(code: &str, message: String) -> ComponentProblem {
    ComponentProblem { code: code.to_owned(), message, name: None, offered: Vec::new() }
}

/// The setting that an operator changes to give a compilation more.
fn setting(limit: CompileLimit) -> &'static str {
    match limit {
        CompileLimit::CpuTime(_) => "components.compile_cpu_seconds",
        CompileLimit::WallTime(_) => "components.compile_seconds",
        CompileLimit::MemoryBytes(_) => "components.compile_memory_bytes",
        // Past all that a host could load.
        CompileLimit::CodeBytes(_) => "nothing",
    }
}
