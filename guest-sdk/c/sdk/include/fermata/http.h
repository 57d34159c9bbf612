/*
 * HTTP through the host, which lets a request out only where the operator granted it.
 *
 *     fermata_request *request = fermata_request_new("POST", "https://api.example.org/v1/orders");
 *     fermata_request_header(request, "idempotency-key", job->idempotency_key);
 *     fermata_request_json(request, order);
 *     fermata_error error;
 *     const fermata_response *response = fermata_send(request, &error);
 *     if (response == NULL) return fermata_failed_by(&error);
 *
 * Any status is an answer, not an error: what it means is the worker's business. Redirects are answers too.
 */
#ifndef FERMATA_HTTP_H
#define FERMATA_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fermata/error.h>
#include <fermata/json.h>
#include <fermata/outcome.h>
#include <fermata/text.h>

/* How long a request may take, from its start to the last byte of the answer, unless it says otherwise.
 * A job may take 30 s unless its grant says otherwise: so the worker hears of it, and not only its operator. */
#define FERMATA_HTTP_TIMEOUT_MS 20000

/* How many bytes an answer's body may have unless the request says otherwise. */
#define FERMATA_HTTP_BODY_BYTES_MAX (4u * 1024 * 1024)

/* A request that is built step by step. */
typedef struct fermata_request fermata_request;

/* Starts a request to an absolute `http` or `https` URL. Mistakes in it come out of `fermata_send`. */
fermata_request *fermata_request_new(const char *method, const char *url);

/* Adds a header; repeated names are sent repeatedly. The value may hold a secret's placeholder. */
void fermata_request_header(fermata_request *request, const char *name, const char *value);

/* Adds `Authorization: Bearer …`. The token may be a secret's placeholder. */
void fermata_request_bearer(fermata_request *request, const char *token);

/* Sets the body to a copy of these bytes. */
void fermata_request_body(fermata_request *request, const void *body, size_t bytes);

/* Sets the body to a value written as JSON, and its content type. */
void fermata_request_json(fermata_request *request, const fermata_json *value);

/* Sets how long the request may take, to the last byte of its answer; FERMATA_HTTP_TIMEOUT_MS without. */
void fermata_request_timeout_ms(fermata_request *request, uint64_t timeout_ms);

/* Sets how many bytes the answer's body may have; FERMATA_HTTP_BODY_BYTES_MAX without. */
void fermata_request_body_bytes_max(fermata_request *request, size_t bytes);

/* An answer with its whole body. */
typedef struct fermata_response {
    uint16_t status;
    const fermata_pair *headers;
    size_t header_count;
    /* The body, with a zero byte after it that does not count. */
    const char *body;
    size_t body_bytes;
} fermata_response;

/* Sends the request and waits for the whole answer; NULL when there is none. */
const fermata_response *fermata_send(const fermata_request *request, fermata_error *error);

/* The first header of this name, in any casing; NULL where there is none. */
const char *fermata_response_header(const fermata_response *response, const char *name);

/* The body read from JSON; NULL when it is none, or has more bytes than FERMATA_JSON_BYTES_MAX. */
const fermata_json *fermata_response_json(const fermata_response *response, fermata_error *error);

/* How long the vendor asks to wait: `Retry-After` in whole seconds. False where there is none; a date is not read. */
bool fermata_response_retry_after_ms(const fermata_response *response, uint64_t *wait_ms);

/* The failure that an unwelcome answer means: its code is `HTTP_` and the status, and the next attempt waits as long as
 * the answer asks for. The text is for the operator, and made like printf's. */
fermata_outcome *fermata_failed_response(const fermata_response *response, const char *format, ...) FERMATA_PRINTF(2, 3);

#endif
