//! The host's side of the WIT interfaces, generated from `wit/`.
//!
//! The world below is what the host offers and expects beside WASI.
//! The worlds in `wit/worker` say what components are written against; a component of any of them fits here.

wasmtime::component::bindgen!({
    path: "../../wit/worker",
    inline: "
        package fermata:sandbox;

        world worker {
            import fermata:host/log@0.1.0;
            import fermata:host/job-context@0.1.0;
            import fermata:host/checkpoint@0.1.0;
            import fermata:host/secrets@0.1.0;
            import fermata:host/effects@0.1.0;
            export fermata:worker/handler@0.1.0;
        }
    ",
    world: "fermata:sandbox/worker",
    imports: {
        "fermata:host/checkpoint@0.1.0.get": async,
        "fermata:host/checkpoint@0.1.0.put": async,
        "fermata:host/secrets@0.1.0.placeholder": async | trappable,
        "fermata:host/secrets@0.1.0.reveal": async | trappable,
    },
    exports: { default: async },
});
