//! The macro that turns functions into a component.

/// Exports one function for every job type of the manifest, or one function per job type.
///
/// ```
/// # use fermata_sdk::{Failure, Job, worker};
/// # fn score(_: Job<serde_json::Value>) -> Result<(), Failure> { Ok(()) }
/// # fn explain(_: Job<serde_json::Value>) -> Result<(), Failure> { Ok(()) }
/// worker! {
///     "score-customer" => score,
///     "explain-score" => explain,
/// }
/// # fn main() {}
/// ```
///
/// A function takes a [`Job`](crate::Job) of any deserialisable type and returns a `Result` of
/// [something that becomes an outcome](crate::IntoOutcome) and of something that becomes a [`JobError`](crate::JobError).
///
/// The macro defines a function `handle` in the calling module and stands once in a crate, in its root module.
#[macro_export]
macro_rules! worker {
    ($handler:path $(,)?) => {
        /// Does one job of this component.
        pub fn handle(
            job: $crate::RawJob,
        ) -> ::core::result::Result<$crate::Outcome<::std::string::String>, $crate::JobError> {
            $crate::macro_support::call(job, $handler)
        }
        $crate::__export_handle!();
    };
    ($($job_type:literal => $handler:path),+ $(,)?) => {
        /// Does one job of this component, by its job type.
        pub fn handle(
            job: $crate::RawJob,
        ) -> ::core::result::Result<$crate::Outcome<::std::string::String>, $crate::JobError> {
            match job.job_type.as_str() {
                $($job_type => $crate::macro_support::call(job, $handler),)+
                _ => ::core::result::Result::Err($crate::macro_support::no_handler(&job.job_type, &[$($job_type),+])),
            }
        }
        $crate::__export_handle!();
    };
}

/// The component's export: nothing natively, where tests call `handle` itself.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_handle {
    () => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the component model's calling convention is made of raw pointers")]
        const _: () = {
            struct Component;
            impl $crate::macro_support::bindings::exports::fermata::worker::handler::Guest for Component {
                fn handle(
                    job: $crate::macro_support::bindings::fermata::worker::jobs::Job,
                ) -> ::core::result::Result<
                    $crate::macro_support::bindings::fermata::worker::jobs::Outcome,
                    $crate::macro_support::bindings::fermata::worker::jobs::JobError,
                > {
                    $crate::macro_support::serve(job, handle)
                }
            }
    $crate::macro_support::bindings::export!(Component with_types_in $crate::macro_support::bindings);
        };
    };
}
