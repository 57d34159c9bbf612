/* HTTP over `wasi:http`: one exchange, start to end. The host's fibers make waiting here cheap. */
#include "../http.h"

#include <inttypes.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "connector.h"
#include "http_error.h"
#include "text.h"

/* How much of a body is read at a time. */
#define READ_BYTES ((uint64_t)64 * 1024)

#define NANOSECONDS_PER_MS ((uint64_t)1000000)

typedef struct exchange {
    const fermata_request *request;
    const sdk_url *url;
    fermata_error *error;
    /* Ready when the request's time is over. */
    wasi_io_poll_own_pollable_t timer;
} exchange;

static bool timed_out(const exchange *exchange) {
    return sdk_fail(exchange->error, FERMATA_TIMEOUT, "the HTTP host did not answer in time");
}

/* Waits for an event, or for the request's end. */
static bool wait_for(const exchange *exchange, wasi_io_poll_own_pollable_t event) {
    wasi_io_poll_borrow_pollable_t both[] = {wasi_io_poll_borrow_pollable(event),
                                             wasi_io_poll_borrow_pollable(exchange->timer)};
    wasi_io_poll_list_borrow_pollable_t list = {.ptr = both, .len = 2};
    connector_list_u32_t ready;
    wasi_io_poll_poll(&list, &ready);
    bool has_come = false;
    for (size_t index = 0; index < ready.len; index++) has_come = has_come || ready.ptr[index] == 0;
    connector_list_u32_free(&ready);
    return has_come || timed_out(exchange);
}

static uint64_t nanoseconds(uint64_t ms) {
    return ms > UINT64_MAX / NANOSECONDS_PER_MS ? UINT64_MAX : ms * NANOSECONDS_PER_MS;
}

static wasi_http_types_method_t method_of(const char *name) {
    static const struct {
        const char *name;
        uint8_t tag;
    } known[] = {
        {"GET", WASI_HTTP_TYPES_METHOD_GET},       {"HEAD", WASI_HTTP_TYPES_METHOD_HEAD},
        {"POST", WASI_HTTP_TYPES_METHOD_POST},     {"PUT", WASI_HTTP_TYPES_METHOD_PUT},
        {"DELETE", WASI_HTTP_TYPES_METHOD_DELETE}, {"OPTIONS", WASI_HTTP_TYPES_METHOD_OPTIONS},
        {"PATCH", WASI_HTTP_TYPES_METHOD_PATCH},
    };
    for (size_t index = 0; index < sizeof known / sizeof *known; index++)
        if (strcmp(known[index].name, name) == 0) return (wasi_http_types_method_t){.tag = known[index].tag};
    return (wasi_http_types_method_t){.tag = WASI_HTTP_TYPES_METHOD_OTHER, .val.other = guest_lend(name)};
}

static bool append_header(const exchange *exchange, wasi_http_types_own_fields_t fields, const char *name,
                          const char *value) {
    connector_string_t field_name = guest_lend(name);
    wasi_http_types_field_value_t field_value = {.ptr = (uint8_t *)value, .len = strlen(value)};
    wasi_http_types_header_error_t why;
    if (wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &field_name, &field_value, &why))
        return true;
    return sdk_fail(exchange->error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: the host refuses %s `%s`",
                    why.tag == WASI_HTTP_TYPES_HEADER_ERROR_FORBIDDEN ? "to send the header" : "the value of the header",
                    name);
}

static bool append_headers(const exchange *exchange, wasi_http_types_own_fields_t fields) {
    bool has_length = false;
    for (const sdk_header *header = exchange->request->first_header; header != NULL; header = header->next) {
        has_length = has_length || sdk_same_header_name(header->name, "content-length");
        if (!append_header(exchange, fields, header->name, header->value)) return false;
    }
    if (has_length || exchange->request->body_bytes == 0) return true;
    return append_header(exchange, fields, "content-length", fermata_format("%zu", exchange->request->body_bytes));
}

static bool build(const exchange *exchange, wasi_http_types_own_outgoing_request_t *built) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    if (!append_headers(exchange, fields)) {
        wasi_http_types_fields_drop_own(fields);
        return false;
    }
    *built = wasi_http_types_constructor_outgoing_request(fields);
    wasi_http_types_borrow_outgoing_request_t request = wasi_http_types_borrow_outgoing_request(*built);
    wasi_http_types_method_t method = method_of(exchange->request->method);
    wasi_http_types_scheme_t scheme = {.tag = exchange->url->is_secure ? WASI_HTTP_TYPES_SCHEME_HTTPS
                                                                       : WASI_HTTP_TYPES_SCHEME_HTTP};
    connector_string_t authority = guest_lend(exchange->url->authority);
    connector_string_t path = guest_lend(exchange->url->path_and_query);
    if (wasi_http_types_method_outgoing_request_set_method(request, &method) &&
        wasi_http_types_method_outgoing_request_set_scheme(request, &scheme) &&
        wasi_http_types_method_outgoing_request_set_authority(request, &authority) &&
        wasi_http_types_method_outgoing_request_set_path_with_query(request, &path))
        return true;
    wasi_http_types_outgoing_request_drop_own(*built);
    return sdk_fail(exchange->error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: `%s` is not a valid URL",
                    exchange->request->url);
}

/* The host's own timeouts never end later than ours. A host that knows no timeouts is bounded by our timer alone. */
static wasi_http_types_own_request_options_t options_of(const fermata_request *request) {
    wasi_http_types_own_request_options_t options = wasi_http_types_constructor_request_options();
    wasi_http_types_borrow_request_options_t borrowed = wasi_http_types_borrow_request_options(options);
    uint64_t timeout = nanoseconds(request->timeout_ms == 0 ? 1 : request->timeout_ms);
    wasi_http_types_method_request_options_set_connect_timeout(borrowed, &timeout);
    wasi_http_types_method_request_options_set_first_byte_timeout(borrowed, &timeout);
    wasi_http_types_method_request_options_set_between_bytes_timeout(borrowed, &timeout);
    return options;
}

static void drop_stream_error(wasi_io_streams_stream_error_t *why) {
    if (why->tag == WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED)
        wasi_io_error_error_drop_own(why->val.last_operation_failed);
}

/* Writes everything. A host that answers before it has read everything closes the stream: `*is_open` says so,
 * and the answer says why. */
static bool write_all(const exchange *exchange, wasi_io_streams_own_output_stream_t stream, bool *is_open) {
    wasi_io_streams_borrow_output_stream_t borrowed = wasi_io_streams_borrow_output_stream(stream);
    wasi_io_poll_own_pollable_t ready = wasi_io_streams_method_output_stream_subscribe(borrowed);
    const char *bytes = exchange->request->body;
    size_t left = exchange->request->body_bytes;
    wasi_io_streams_stream_error_t why;
    bool in_time = true;
    *is_open = true;
    while (left > 0 && *is_open && in_time) {
        uint64_t room;
        *is_open = wasi_io_streams_method_output_stream_check_write(borrowed, &room, &why);
        if (!*is_open) break;
        if (room == 0) {
            in_time = wait_for(exchange, ready);
            continue;
        }
        size_t count = room < left ? (size_t)room : left;
        connector_list_u8_t chunk = guest_lend_bytes(bytes, count);
        *is_open = wasi_io_streams_method_output_stream_write(borrowed, &chunk, &why);
        bytes += count;
        left -= count;
    }
    if (in_time && *is_open) *is_open = wasi_io_streams_method_output_stream_flush(borrowed, &why);
    if (in_time && *is_open) {
        uint64_t room;
        in_time = wait_for(exchange, ready);
        if (in_time) *is_open = wasi_io_streams_method_output_stream_check_write(borrowed, &room, &why);
    }
    if (!*is_open) drop_stream_error(&why);
    wasi_io_poll_pollable_drop_own(ready);
    return in_time;
}

static bool write_body(const exchange *exchange, wasi_http_types_own_outgoing_body_t body) {
    wasi_io_streams_own_output_stream_t stream;
    wasi_http_types_error_code_t code;
    bool is_open = true;
    if (exchange->request->body_bytes > 0 &&
        wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream)) {
        bool in_time = write_all(exchange, stream, &is_open);
        wasi_io_streams_output_stream_drop_own(stream);
        if (!in_time || !is_open) {
            wasi_http_types_outgoing_body_drop_own(body);
            return in_time;
        }
    }
    if (wasi_http_types_static_outgoing_body_finish(body, NULL, &code)) return true;
    return guest_http_failed(&code, exchange->request, exchange->url, exchange->error);
}

static void take_headers(wasi_http_types_borrow_incoming_response_t from, fermata_response *response) {
    wasi_http_types_own_headers_t fields = wasi_http_types_method_incoming_response_headers(from);
    wasi_http_types_list_tuple2_field_name_field_value_t entries;
    wasi_http_types_method_fields_entries(wasi_http_types_borrow_fields(fields), &entries);
    fermata_pair *headers = fermata_alloc(entries.len * sizeof *headers);
    for (size_t index = 0; index < entries.len; index++) {
        headers[index].name = sdk_copy(entries.ptr[index].f0.ptr, entries.ptr[index].f0.len);
        headers[index].value = sdk_copy(entries.ptr[index].f1.ptr, entries.ptr[index].f1.len);
    }
    response->headers = headers;
    response->header_count = entries.len;
    wasi_http_types_list_tuple2_field_name_field_value_free(&entries);
    wasi_http_types_fields_drop_own(fields);
}

/* The body broke off. Always false. */
static bool broken(const exchange *exchange, wasi_io_error_own_error_t why) {
    wasi_http_types_error_code_t code;
    wasi_io_error_borrow_error_t borrowed = wasi_io_error_borrow_error(why);
    if (wasi_http_types_http_error_code(borrowed, &code)) {
        guest_http_failed(&code, exchange->request, exchange->url, exchange->error);
    } else {
        connector_string_t text;
        wasi_io_error_method_error_to_debug_string(borrowed, &text);
        sdk_fail(exchange->error, FERMATA_PROTOCOL, "the HTTP exchange failed: %s", guest_take(&text));
    }
    wasi_io_error_error_drop_own(why);
    return false;
}

static bool read_stream(const exchange *exchange, wasi_io_streams_own_input_stream_t stream, sdk_buffer *buffer) {
    wasi_io_streams_borrow_input_stream_t borrowed = wasi_io_streams_borrow_input_stream(stream);
    wasi_io_poll_own_pollable_t ready = wasi_io_streams_method_input_stream_subscribe(borrowed);
    bool is_good = true, is_at_end = false;
    while (is_good && !is_at_end) {
        connector_list_u8_t chunk;
        wasi_io_streams_stream_error_t why;
        if (!wasi_io_streams_method_input_stream_read(borrowed, READ_BYTES, &chunk, &why)) {
            is_at_end = why.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED;
            if (!is_at_end) is_good = broken(exchange, why.val.last_operation_failed);
            continue;
        }
        if (chunk.len == 0) is_good = wait_for(exchange, ready);
        else if (chunk.len > exchange->request->body_bytes_max - buffer->count)
            is_good = guest_http_too_large(exchange->request->body_bytes_max, exchange->error);
        else sdk_append(buffer, chunk.ptr, chunk.len);
        connector_list_u8_free(&chunk);
    }
    wasi_io_poll_pollable_drop_own(ready);
    return is_good;
}

static bool read_body(const exchange *exchange, wasi_http_types_borrow_incoming_response_t from,
                      fermata_response *response) {
    wasi_http_types_own_incoming_body_t body;
    wasi_io_streams_own_input_stream_t stream;
    sdk_buffer buffer = {0};
    bool is_read = false;
    if (!wasi_http_types_method_incoming_response_consume(from, &body))
        return sdk_fail(exchange->error, FERMATA_PROTOCOL, "the HTTP exchange failed: the answer has no body");
    if (wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &stream)) {
        is_read = read_stream(exchange, stream, &buffer);
        wasi_io_streams_input_stream_drop_own(stream);
    } else {
        sdk_fail(exchange->error, FERMATA_PROTOCOL, "the HTTP exchange failed: the answer has no body");
    }
    wasi_http_types_incoming_body_drop_own(body);
    response->body = sdk_text_of(&buffer);
    response->body_bytes = buffer.count;
    return is_read;
}

static const fermata_response *read_response(const exchange *exchange, wasi_http_types_own_incoming_response_t from) {
    wasi_http_types_borrow_incoming_response_t borrowed = wasi_http_types_borrow_incoming_response(from);
    fermata_response *response = fermata_alloc(sizeof *response);
    response->status = wasi_http_types_method_incoming_response_status(borrowed);
    take_headers(borrowed, response);
    bool is_read = read_body(exchange, borrowed, response);
    wasi_http_types_incoming_response_drop_own(from);
    return is_read ? response : NULL;
}

static const fermata_response *await(const exchange *exchange, wasi_http_types_own_future_incoming_response_t future) {
    wasi_http_types_borrow_future_incoming_response_t borrowed =
        wasi_http_types_borrow_future_incoming_response(future);
    wasi_http_types_result_result_own_incoming_response_error_code_void_t answer;
    wasi_io_poll_own_pollable_t ready = wasi_http_types_method_future_incoming_response_subscribe(borrowed);
    bool has_come = wasi_http_types_method_future_incoming_response_get(borrowed, &answer);
    while (!has_come && wait_for(exchange, ready))
        has_come = wasi_http_types_method_future_incoming_response_get(borrowed, &answer);
    wasi_io_poll_pollable_drop_own(ready);
    if (!has_come) return NULL;
    if (answer.is_err) {
        sdk_fail(exchange->error, FERMATA_PROTOCOL, "the HTTP exchange failed: the host answered twice");
        return NULL;
    }
    if (answer.val.ok.is_err) {
        guest_http_failed(&answer.val.ok.val.err, exchange->request, exchange->url, exchange->error);
        return NULL;
    }
    return read_response(exchange, answer.val.ok.val.ok);
}

static const fermata_response *run(const exchange *exchange) {
    wasi_http_types_own_outgoing_request_t request;
    wasi_http_types_own_outgoing_body_t body;
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_error_code_t code;
    if (!build(exchange, &request)) return NULL;
    /* A request hands its body out once, and this is the first time. */
    wasi_http_types_method_outgoing_request_body(wasi_http_types_borrow_outgoing_request(request), &body);
    wasi_http_types_own_request_options_t options = options_of(exchange->request);
    if (!wasi_http_outgoing_handler_handle(request, &options, &future, &code)) {
        wasi_http_types_outgoing_body_drop_own(body);
        guest_http_failed(&code, exchange->request, exchange->url, exchange->error);
        return NULL;
    }
    const fermata_response *response = write_body(exchange, body) ? await(exchange, future) : NULL;
    wasi_http_types_future_incoming_response_drop_own(future);
    return response;
}

const fermata_response *sdk_http_send(const fermata_request *request, const sdk_url *url, fermata_error *error) {
    exchange exchange = {
        .request = request,
        .url = url,
        .error = error,
        .timer = wasi_clocks_monotonic_clock_subscribe_duration(nanoseconds(request->timeout_ms)),
    };
    const fermata_response *response = run(&exchange);
    wasi_io_poll_pollable_drop_own(exchange.timer);
    return response;
}
