#include "utf8.h"

#include <stdint.h>
#include <string.h>

#include "memory.h"

size_t sdk_utf8_length(const char *bytes, size_t count) {
    const uint8_t *at = (const uint8_t *)bytes;
    if (count == 0) return 0;
    if (at[0] < 0x80) return 1;
    size_t length = at[0] >= 0xc2 && at[0] <= 0xdf ? 2 : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                  : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4 : 0;
    if (length == 0 || length > count) return 0;
    for (size_t index = 1; index < length; index++)
        if ((at[index] & 0xc0) != 0x80) return 0;
    /* Longer than needed, a surrogate, or beyond U+10FFFF. */
    if (at[0] == 0xe0 && at[1] < 0xa0) return 0;
    if (at[0] == 0xed && at[1] > 0x9f) return 0;
    if (at[0] == 0xf0 && at[1] < 0x90) return 0;
    if (at[0] == 0xf4 && at[1] > 0x8f) return 0;
    return length;
}

char *sdk_utf8_copy(const char *bytes, size_t count, size_t *copied) {
    sdk_buffer buffer = {0};
    for (size_t at = 0; at < count;) {
        size_t length = sdk_utf8_length(bytes + at, count - at);
        if (length == 0) sdk_append_text(&buffer, "\xef\xbf\xbd");
        else sdk_append(&buffer, bytes + at, length);
        at += length == 0 ? 1 : length;
    }
    char *copy = sdk_text_of(&buffer);
    *copied = buffer.count;
    return copy;
}

char *sdk_utf8_text(const char *text) {
    size_t copied;
    return text == NULL ? NULL : sdk_utf8_copy(text, strlen(text), &copied);
}

bool sdk_is_utf8(const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        size_t length = sdk_utf8_length(text, left);
        if (length == 0) return false;
        text += length;
        left -= length;
    }
    return true;
}
