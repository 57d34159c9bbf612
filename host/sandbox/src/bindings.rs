//! The host's side of the WIT interfaces, generated from `wit/`.
//!
//! The worlds below are what the host offers and expects beside WASI.
//! The worlds in `wit/worker` say what components are written against; a component of any of them fits here.

/// What the host offers, whatever version of the handler a component exports.
pub(crate) mod host {
    wasmtime::component::bindgen!({
        path: "../../wit/worker/0.2",
        inline: "
            package fermata:sandbox;

            world offers {
                import fermata:host/log@0.1.0;
                import fermata:host/job-context@0.1.0;
                import fermata:host/checkpoint@0.1.0;
                import fermata:host/secrets@0.1.0;
                import fermata:host/effects@0.1.0;
            }
        ",
        world: "fermata:sandbox/offers",
        imports: {
            "fermata:host/checkpoint@0.1.0.get": async,
            "fermata:host/checkpoint@0.1.0.put": async | trappable,
            "fermata:host/secrets@0.1.0.placeholder": async | trappable,
            "fermata:host/secrets@0.1.0.reveal": async | trappable,
        },
    });
}

/// The handler of `fermata:worker@0.2.0`.
pub(crate) mod v0_2 {
    wasmtime::component::bindgen!({
        path: "../../wit/worker/0.2",
        inline: "
            package fermata:sandbox;

            world worker {
                export fermata:worker/handler@0.2.0;
            }
        ",
        world: "fermata:sandbox/worker",
        exports: { default: async },
    });
}

/// The handler of `fermata:worker@0.1.0`.
pub(crate) mod v0_1 {
    wasmtime::component::bindgen!({
        path: "../../wit/worker/0.1",
        inline: "
            package fermata:sandbox;

            world worker {
                export fermata:worker/handler@0.1.0;
            }
        ",
        world: "fermata:sandbox/worker",
        exports: { default: async },
    });
}
