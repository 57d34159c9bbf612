#include "log.h"

#include <stdarg.h>

#include "utf8.h"

void fermata_log(fermata_level level, const char *message, ...) {
    fermata_pair fields[FERMATA_LOG_FIELDS_MAX];
    size_t count = 0;
    va_list arguments;
    va_start(arguments, message);
    for (const char *name = va_arg(arguments, const char *); name != NULL && count < FERMATA_LOG_FIELDS_MAX;
         name = va_arg(arguments, const char *)) {
        const char *value = va_arg(arguments, const char *);
        if (value == NULL) break;
        fields[count++] = (fermata_pair){.name = sdk_utf8_text(name), .value = sdk_utf8_text(value)};
    }
    va_end(arguments);
    sdk_log(level, message == NULL ? "" : sdk_utf8_text(message), fields, count);
}
