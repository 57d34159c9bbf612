/** The imports of a component, as its bindings have them. */

declare module "fermata:host/log@0.1.0" {
  export function write(level: string, message: string, fields: [string, string][]): void;
}

declare module "fermata:host/job-context@0.1.0" {
  export function attempt(): number;
  export function retriesLeft(): number;
  export function deadlineMs(): bigint;
  export function processInstanceKey(): string;
  export function processDefinitionKey(): string;
  export function processDefinitionId(): string;
  export function processDefinitionVersion(): number;
  export function elementId(): string;
  export function elementInstanceKey(): string;
  export function tenantId(): string;
}

declare module "fermata:host/checkpoint@0.1.0" {
  export function get(): { value: Uint8Array; writerVersion: string; attempt: number } | undefined;
  export function put(value: Uint8Array): void;
}

declare module "fermata:host/secrets@0.1.0" {
  export function placeholder(name: string): string;
  export function reveal(name: string): string;
}

declare module "fermata:host/effects@0.1.0" {
  export type Begun =
    | { tag: "fresh"; val: string }
    | { tag: "unknown"; val: string }
    | { tag: "answered"; val: Uint8Array };
  export function begin(name: string, digest: Uint8Array): Begun;
  export function finish(name: string, answer: Uint8Array): void;
}

declare module "wasi:config/store@0.2.0-rc.1" {
  export function get(key: string): string | undefined;
}

declare module "wasi:io/poll@0.2.12" {
  export class Pollable {
    ready(): boolean;
    block(): void;
    [Symbol.dispose]?(): void;
  }
  export function poll(pollables: Pollable[]): Uint32Array;
}

declare module "wasi:io/streams@0.2.12" {
  import type { Pollable } from "wasi:io/poll@0.2.12";
  export class InputStream {
    read(length: bigint): Uint8Array;
    subscribe(): Pollable;
    [Symbol.dispose]?(): void;
  }
  export class OutputStream {
    checkWrite(): bigint;
    write(bytes: Uint8Array): void;
    flush(): void;
    subscribe(): Pollable;
    [Symbol.dispose]?(): void;
  }
}

declare module "wasi:clocks/monotonic-clock@0.2.12" {
  import type { Pollable } from "wasi:io/poll@0.2.12";
  export function subscribeDuration(nanoseconds: bigint): Pollable;
}

declare module "wasi:http/types@0.2.12" {
  import type { Pollable } from "wasi:io/poll@0.2.12";
  import type { InputStream, OutputStream } from "wasi:io/streams@0.2.12";
  export type ErrorCode = { tag: string; val?: unknown };
  export type Outcome<T> = { tag: "ok"; val: T } | { tag: "err"; val: ErrorCode };
  export class Fields {
    append(name: string, value: Uint8Array): void;
    entries(): [string, Uint8Array][];
  }
  export class OutgoingRequest {
    constructor(headers: Fields);
    setMethod(method: { tag: string; val?: string }): void;
    setScheme(scheme: { tag: "HTTP" | "HTTPS" }): void;
    setAuthority(authority: string): void;
    setPathWithQuery(path: string): void;
    body(): OutgoingBody;
  }
  export class OutgoingBody {
    write(): OutputStream;
    static finish(body: OutgoingBody, trailers: undefined): void;
  }
  export class FutureIncomingResponse {
    subscribe(): Pollable;
    get(): { tag: "ok"; val: Outcome<IncomingResponse> } | { tag: "err" } | undefined;
    [Symbol.dispose]?(): void;
  }
  export class IncomingResponse {
    status(): number;
    headers(): Fields;
    consume(): IncomingBody;
    [Symbol.dispose]?(): void;
  }
  export class IncomingBody {
    stream(): InputStream;
    [Symbol.dispose]?(): void;
  }
  export function httpErrorCode(error: unknown): ErrorCode | undefined;
}

declare module "wasi:http/outgoing-handler@0.2.12" {
  import type { FutureIncomingResponse, OutgoingRequest } from "wasi:http/types@0.2.12";
  export function handle(request: OutgoingRequest, options: undefined): FutureIncomingResponse;
}
