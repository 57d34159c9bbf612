//! The host's imports.

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
pub mod bindings {
    //! Generated from `wit/`.
    wit_bindgen::generate!({
        path: "wit",
        world: "connector",
        with: {
            "wasi:clocks/monotonic-clock@0.2.12": wasip2::clocks::monotonic_clock,
            "wasi:http/outgoing-handler@0.2.12": wasip2::http::outgoing_handler,
            "wasi:http/types@0.2.12": wasip2::http::types,
            "wasi:io/error@0.2.12": wasip2::io::error,
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
        },
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "fermata_sdk::macro_support::bindings",
    });
}

#[cfg(all(feature = "allocator", target_os = "unknown"))]
mod allocator;
mod http;
mod interfaces;

pub(crate) use http::http_send;
pub(crate) use interfaces::*;
