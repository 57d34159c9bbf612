#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is asked of the system at a time. Small jobs need one piece. */
#define PIECE_BYTES ((size_t)16 * 1024)

/* How far every allocation is aligned: for any type that C knows here. */
#define ALIGNMENT _Alignof(max_align_t)

typedef struct piece {
    struct piece *previous;
    size_t used;
    size_t capacity;
    _Alignas(max_align_t) char bytes[];
} piece;

static piece *newest;

static piece *piece_for(size_t bytes) {
    size_t capacity = bytes > PIECE_BYTES ? bytes : PIECE_BYTES;
    piece *fresh = capacity > SIZE_MAX - sizeof(piece) ? NULL : malloc(sizeof(piece) + capacity);
    if (fresh == NULL) sdk_stop("the worker needs more memory than it may have");
    fresh->previous = newest;
    fresh->used = 0;
    fresh->capacity = capacity;
    newest = fresh;
    return fresh;
}

void *fermata_alloc(size_t bytes) {
    if (bytes > SIZE_MAX / 2) sdk_stop("the worker needs more memory than it may have");
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    piece *from = newest;
    if (from == NULL || from->capacity - from->used < rounded) from = piece_for(rounded);
    void *memory = from->bytes + from->used;
    from->used += rounded;
    return memset(memory, 0, bytes);
}

void sdk_release_memory(void) {
    while (newest != NULL) {
        piece *previous = newest->previous;
        free(newest);
        newest = previous;
    }
}

char *sdk_copy(const void *bytes, size_t count) {
    char *copy = fermata_alloc(count + 1);
    if (count > 0) memcpy(copy, bytes, count);
    return copy;
}

char *sdk_copy_text(const char *text) {
    return text == NULL ? NULL : sdk_copy(text, strlen(text));
}

char *sdk_format_list(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? sdk_copy_text(format) : fermata_alloc((size_t)length + 1);
    if (length >= 0) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *fermata_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = sdk_format_list(format, arguments);
    va_end(arguments);
    return text;
}

void sdk_append(sdk_buffer *buffer, const void *bytes, size_t count) {
    /* One byte more than counts, for the zero byte of `sdk_text_of`. */
    if (buffer->capacity - buffer->count <= count) {
        size_t capacity = (buffer->count + count + 1) * 2;
        char *larger = fermata_alloc(capacity < 64 ? 64 : capacity);
        if (buffer->count > 0) memcpy(larger, buffer->bytes, buffer->count);
        buffer->bytes = larger;
        buffer->capacity = capacity < 64 ? 64 : capacity;
    }
    if (count > 0) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

void sdk_append_text(sdk_buffer *buffer, const char *text) {
    sdk_append(buffer, text, strlen(text));
}

char *sdk_text_of(sdk_buffer *buffer) {
    sdk_append(buffer, "", 0);
    buffer->bytes[buffer->count] = '\0';
    return buffer->bytes;
}
