#include "error.h"

#include <stdarg.h>
#include <stddef.h>

#include "memory.h"
#include "utf8.h"

bool sdk_fail(fermata_error *error, fermata_error_kind kind, const char *format, ...) {
    if (error == NULL) return false;
    va_list arguments;
    va_start(arguments, format);
    error->kind = kind;
    error->message = sdk_format_list(format, arguments);
    va_end(arguments);
    return false;
}

bool sdk_is_name(const char *name, fermata_error *error) {
    if (name == NULL) return sdk_fail(error, FERMATA_INVALID_NAME, "the worker asks for something without a name");
    if (sdk_is_utf8(name)) return true;
    return sdk_fail(error, FERMATA_INVALID_NAME, "the name `%s` is not UTF-8", sdk_utf8_text(name));
}

bool fermata_error_is_permanent(const fermata_error *error) {
    switch (error->kind) {
    case FERMATA_INVALID_REQUEST:
    case FERMATA_REFUSED:
    case FERMATA_TOO_LARGE:
    case FERMATA_NOT_GRANTED:
    case FERMATA_NOT_SET:
    case FERMATA_NOT_OFFERED:
    case FERMATA_DIGEST_DIFFERS:
    case FERMATA_NOT_BEGUN:
    case FERMATA_UNREADABLE_CHECKPOINT:
    case FERMATA_INVALID_NAME:
        return true;
    default:
        return false;
    }
}

bool sdk_is_outage(fermata_error_kind kind) {
    switch (kind) {
    case FERMATA_DNS:
    case FERMATA_CONNECT:
    case FERMATA_TLS:
    case FERMATA_TIMEOUT:
    case FERMATA_PROTOCOL:
    case FERMATA_UNEXPECTED_BODY:
        return true;
    default:
        return false;
    }
}
