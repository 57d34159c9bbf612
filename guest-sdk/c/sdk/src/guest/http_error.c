#include "http_error.h"

#include <inttypes.h>

#include "../error.h"
#include "text.h"

bool guest_http_too_large(uint64_t bytes_max, fermata_error *error) {
    return sdk_fail(error, FERMATA_TOO_LARGE, "the HTTP answer has more than %" PRIu64 " bytes", bytes_max);
}

/* Codes without anything to tell but themselves. */
static const char *name_of(uint8_t tag) {
    switch (tag) {
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_REFUSED:
        return "it refuses connections";
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_TERMINATED:
        return "it closed the connection";
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_UNAVAILABLE:
        return "it is not available";
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_IP_UNROUTABLE:
        return "no route leads to it";
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_LIMIT_REACHED:
        return "there are too many connections";
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_PROTOCOL_ERROR:
        return "its TLS is not acceptable";
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_CERTIFICATE_ERROR:
        return "its certificate is not valid";
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_ALERT_RECEIVED:
        return "it sent a TLS alert";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_LENGTH_REQUIRED:
        return "its length is missing";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_BODY_SIZE:
        return "its body has not the length that its headers say";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_METHOD_INVALID:
        return "its method is not valid";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_INVALID:
        return "its URL is not valid";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_TOO_LONG:
        return "its URL is too long";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_HEADER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_HEADER_SIZE:
        return "its headers are too large";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_TRAILER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_TRAILER_SIZE:
        return "its trailers are too large";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_INCOMPLETE:
        return "the answer ended too early";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_HEADER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_HEADER_SIZE:
        return "the answer's headers are too large";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_TRAILER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_TRAILER_SIZE:
        return "the answer's trailers are too large";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_TRANSFER_CODING:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_CONTENT_CODING:
        return "the answer's coding is unknown";
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_UPGRADE_FAILED:
        return "the upgrade failed";
    case WASI_HTTP_TYPES_ERROR_CODE_LOOP_DETECTED:
        return "the request went in a circle";
    case WASI_HTTP_TYPES_ERROR_CODE_CONFIGURATION_ERROR:
        return "the host's settings do not allow it";
    default:
        return "it is no valid HTTP";
    }
}

static bool fail_by(wasi_http_types_error_code_t *code, const fermata_request *request, const sdk_url *url,
                    fermata_error *error) {
    const char *authority = url->authority;
    const char *name = name_of(code->tag);
    switch (code->tag) {
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_DENIED:
        /* The host tells the operator why; queries may hold what nobody else should read. */
        return sdk_fail(error, FERMATA_REFUSED, "the host does not send this request: %s %s", request->method, authority);
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_IP_PROHIBITED:
        return sdk_fail(error, FERMATA_REFUSED, "the address behind %s is not granted", authority);
    case WASI_HTTP_TYPES_ERROR_CODE_DNS_TIMEOUT:
    case WASI_HTTP_TYPES_ERROR_CODE_DNS_ERROR:
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_NOT_FOUND:
        return sdk_fail(error, FERMATA_DNS, "the name of the HTTP host cannot be resolved: %s", authority);
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_UNAVAILABLE:
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_IP_UNROUTABLE:
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_REFUSED:
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_TERMINATED:
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_LIMIT_REACHED:
        return sdk_fail(error, FERMATA_CONNECT, "the HTTP host cannot be reached: %s: %s", authority, name);
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_TIMEOUT:
        return sdk_fail(error, FERMATA_CONNECT, "the HTTP host cannot be reached: %s accepts no connection in time",
                        authority);
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_READ_TIMEOUT:
    case WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_WRITE_TIMEOUT:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_TIMEOUT:
        return sdk_fail(error, FERMATA_TIMEOUT, "the HTTP host did not answer in time");
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_PROTOCOL_ERROR:
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_CERTIFICATE_ERROR:
    case WASI_HTTP_TYPES_ERROR_CODE_TLS_ALERT_RECEIVED:
        return sdk_fail(error, FERMATA_TLS, "no secure connection to the HTTP host: %s: %s", authority, name);
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_BODY_SIZE: {
        const connector_option_u64_t *limit = &code->val.http_response_body_size;
        return guest_http_too_large(limit->is_some ? limit->val : request->body_bytes_max, error);
    }
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_LENGTH_REQUIRED:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_BODY_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_METHOD_INVALID:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_INVALID:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_TOO_LONG:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_HEADER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_HEADER_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_TRAILER_SECTION_SIZE:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_TRAILER_SIZE:
        return sdk_fail(error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: %s", name);
    case WASI_HTTP_TYPES_ERROR_CODE_INTERNAL_ERROR: {
        connector_option_string_t *text = &code->val.internal_error;
        const char *why = text->is_some ? guest_take(&text->val) : name;
        text->is_some = false;
        return sdk_fail(error, FERMATA_PROTOCOL, "the HTTP exchange failed: %s", why);
    }
    default:
        return sdk_fail(error, FERMATA_PROTOCOL, "the HTTP exchange failed: %s", name);
    }
}

bool guest_http_failed(wasi_http_types_error_code_t *code, const fermata_request *request, const sdk_url *url,
                       fermata_error *error) {
    fail_by(code, request, url, error);
    wasi_http_types_error_code_free(code);
    return false;
}
