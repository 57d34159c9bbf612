/* The memory of one job: taken piece by piece, given back all at once. */
#ifndef FERMATA_SDK_MEMORY_H
#define FERMATA_SDK_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

#include <fermata/text.h>

/* Gives back all that the job took. */
void sdk_release_memory(void);

/* A copy with a zero byte after it. */
char *sdk_copy(const void *bytes, size_t count);
char *sdk_copy_text(const char *text);

char *sdk_format_list(const char *format, va_list arguments);

/* Bytes that grow at their end. */
typedef struct sdk_buffer {
    char *bytes;
    size_t count;
    size_t capacity;
} sdk_buffer;

void sdk_append(sdk_buffer *buffer, const void *bytes, size_t count);
void sdk_append_text(sdk_buffer *buffer, const char *text);

/* The bytes so far, with a zero byte after them that does not count. */
char *sdk_text_of(sdk_buffer *buffer);

/* Says why and ends the instance. The host and the test double define it; it takes no memory. */
_Noreturn void sdk_stop(const char *why);

#endif
