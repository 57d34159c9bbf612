//! Log records of the job.
//!
//! Fields follow the text after a semicolon:
//!
//! ```
//! # let (order, total) = ("4711", 99);
//! fermata_sdk::log::info!("charging {total}"; order = order, currency = "EUR");
//! ```

use crate::host;

/// How much a record matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step, for the author of the worker.
    Trace,
    /// Details that explain a result.
    Debug,
    /// What happened, in the words of the operator.
    Info,
    /// Something unexpected that the worker got over.
    Warn,
    /// Something that made the job fail.
    Error,
}

/// Writes one record. A repeated field keeps its last value.
pub fn write(level: Level, message: &str, fields: &[(String, String)]) {
    host::log(level, message, fields);
}

/// Has panics leave their text in the log, which the runtime itself would lose.
#[cfg(target_family = "wasm")]
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("the worker panicked");
        let place = panic.location().map(|place| ("at".to_owned(), place.to_string()));
        let kind = ("kind".to_owned(), "panic".to_owned());
        write(Level::Error, message, &std::iter::once(kind).chain(place).collect::<Vec<_>>());
    }));
}

/// Writes a record of a level, see [the module](self).
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident; $($format:expr),+ $(,)? ; $($name:ident = $value:expr),+ $(,)?) => {
        $crate::log::write(
            $crate::log::Level::$level,
            &::std::format!($($format),+),
            &[$((::std::stringify!($name).to_owned(), ::std::string::ToString::to_string(&$value))),+],
        )
    };
    ($level:ident; $($format:expr),+ $(,)?) => {
        $crate::log::write($crate::log::Level::$level, &::std::format!($($format),+), &[])
    };
}

macro_rules! level_macros {
    ($dollar:tt $($name:ident $hidden:ident $level:ident $doc:literal),+ $(,)?) => {$(
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $hidden {
            ($dollar($dollar record:tt)+) => { $crate::__log!($level; $dollar($dollar record)+) };
        }
        #[doc = $doc]
        #[doc(inline)]
        pub use $hidden as $name;
    )+};
}

level_macros! { $
    trace __log_trace Trace "Writes a record of level trace.",
    debug __log_debug Debug "Writes a record of level debug.",
    info __log_info Info "Writes a record of level info.",
    warn __log_warn Warn "Writes a record of level warn.",
    error __log_error Error "Writes a record of level error.",
}
