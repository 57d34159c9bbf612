#!/usr/bin/env node
// Builds and tests workers.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const USAGE = `Usage: fermata-worker build [--world connector|task] [--engine starlingmonkey|quickjs] [--wit DIR] [ENTRY]
       fermata-worker test

build  bundles ENTRY [src/worker.ts] and makes the component dist/NAME.wasm of it, NAME as in component.toml
       --world   connector: it may call services; task: it only computes [connector]
       --engine  starlingmonkey: fetch, timers, all of the web's interfaces (12 MB)
                 quickjs: plain ECMAScript, for --world task and handlers that are not async (1 MB) [starlingmonkey]
       --wit     the interface that the component is built against [fermata/wit]
test   runs test/*.test.ts under \`node --test\``;

/** What stays an import of the component. */
const EXTERNAL = ["fermata:*", "wasi:*"];
/** Where bundles are written on the way. */
const SCRATCH = ".fermata";

/** The tools are the project's: they are looked for from where the command runs. */
const fromProject = createRequire(join(process.cwd(), "package.json"));
const load = (name) => import(pathToFileURL(fromProject.resolve(name)).href);

async function build(entry, { world, engine, wit }) {
  const name = nameOfComponent();
  if (!existsSync(entry)) fail(`there is no ${entry}`);
  if (!existsSync(wit)) fail(`there is no folder ${wit}: \`fermata wit ${wit}\` writes it`);
  if (engine === "quickjs" && world !== "task") fail("QuickJS has no fetch: it needs --world task");
  const { build: bundle } = await load("esbuild");
  mkdirSync(SCRATCH, { recursive: true });
  mkdirSync("dist", { recursive: true });
  const outfile = join(SCRATCH, "component.js");
  const component = `dist/${name}.wasm`;
  await bundle({
    stdin: {
      contents: `
        import { component } from "@fermata/sdk/component/${world}";
        import { handle } from ${JSON.stringify(resolve(entry))};
        export const handler = component(handle);`,
      resolveDir: process.cwd(),
      sourcefile: "component.js",
    },
    outfile,
    bundle: true,
    format: "esm",
    target: engine === "quickjs" ? "es2023" : "es2022",
    external: EXTERNAL,
    logLevel: "warning",
  });
  const common = ["--wit", wit, "-n", world, "-o", component];
  const made =
    engine === "quickjs"
      ? run("componentize-qjs", [...common, "--js", outfile, "--sync", "--stub-wasi", "--opt-size"])
      : run("componentize-js", [...common, outfile]);
  if (made) console.log(component);
}

async function test() {
  const files = readdirSync("test").filter((file) => /\.test\.(ts|js)$/.test(file));
  if (files.length === 0) fail("there is no test/*.test.ts");
  const { build: bundle } = await load("esbuild");
  mkdirSync(SCRATCH, { recursive: true });
  const outdir = mkdtempSync(join(SCRATCH, "test-"));
  try {
    await bundle({
      entryPoints: files.map((file) => join("test", file)),
      outdir,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      outExtension: { ".js": ".mjs" },
      logLevel: "warning",
    });
    run(process.execPath, ["--enable-source-maps", "--test", ...readdirSync(outdir).map((file) => join(outdir, file))]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function nameOfComponent() {
  if (!existsSync("component.toml")) fail("there is no component.toml here, which says who the worker is");
  const name = /^name\s*=\s*"([^"]+)"/m.exec(readFileSync("component.toml", "utf8"))?.[1];
  return name ?? fail("component.toml has no `name`");
}

/** Runs a program, which may be one of the project's packages. */
function run(program, options) {
  const path = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter);
  const { status, error } = spawnSync(program, options, {
    env: { ...process.env, PATH: path },
    shell: process.platform === "win32",
    // What the compilers say of themselves is of no interest.
    stdio: ["inherit", program === process.execPath ? "inherit" : "ignore", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) process.exitCode = status ?? 1;
  return status === 0;
}

function fail(message) {
  console.error(`fermata-worker: ${message}`);
  process.exit(1);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: "string", default: "connector" },
    engine: { type: "string", default: "starlingmonkey" },
    wit: { type: "string", default: "fermata/wit" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [command, entry = "src/worker.ts"] = positionals;
const known = ["connector", "task"].includes(values.world) && ["starlingmonkey", "quickjs"].includes(values.engine);
if (values.help) console.log(USAGE);
else if (command === "build" && known) await build(entry, values);
else if (command === "test") await test();
else fail(`wrong usage\n${USAGE}`);
