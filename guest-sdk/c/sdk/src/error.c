#include "error.h"

#include <stdarg.h>
#include <stddef.h>

#include "memory.h"

bool sdk_fail(fermata_error *error, fermata_error_kind kind, const char *format, ...) {
    if (error == NULL) return false;
    va_list arguments;
    va_start(arguments, format);
    error->kind = kind;
    error->message = sdk_format_list(format, arguments);
    va_end(arguments);
    return false;
}

bool fermata_error_is_permanent(const fermata_error *error) {
    switch (error->kind) {
    case FERMATA_INVALID_REQUEST:
    case FERMATA_REFUSED:
    case FERMATA_TOO_LARGE:
    case FERMATA_NOT_GRANTED:
    case FERMATA_NOT_SET:
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
        return true;
    default:
        return false;
    }
}
