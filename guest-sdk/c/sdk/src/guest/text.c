#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "../memory.h"

connector_string_t guest_lend(const char *text) {
    return (connector_string_t){.ptr = (uint8_t *)text, .len = strlen(text)};
}

connector_list_u8_t guest_lend_bytes(const void *bytes, size_t count) {
    return (connector_list_u8_t){.ptr = (uint8_t *)bytes, .len = count};
}

const char *guest_take(connector_string_t *text) {
    const char *taken = sdk_copy(text->ptr, text->len);
    connector_string_free(text);
    return taken;
}

const char *guest_take_bytes(connector_list_u8_t *bytes) {
    const char *taken = sdk_copy(bytes->ptr, bytes->len);
    connector_list_u8_free(bytes);
    return taken;
}

connector_string_t guest_give(const char *text) {
    size_t length = strlen(text);
    connector_string_t given = {.ptr = guest_memory(length), .len = length};
    memcpy(given.ptr, text, length);
    return given;
}

connector_option_string_t guest_give_option(const char *text) {
    if (text == NULL) return (connector_option_string_t){.is_some = false};
    return (connector_option_string_t){.is_some = true, .val = guest_give(text)};
}

void *guest_memory(size_t bytes) {
    void *memory = malloc(bytes == 0 ? 1 : bytes);
    if (memory == NULL) sdk_stop("the worker needs more memory than it may have");
    return memory;
}
