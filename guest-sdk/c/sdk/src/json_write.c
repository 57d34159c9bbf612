#include <string.h>

#include "json_value.h"

static void write_text(sdk_buffer *buffer, const char *bytes, size_t count) {
    static const char hex[] = "0123456789abcdef";
    sdk_append(buffer, "\"", 1);
    for (size_t at = 0; at < count; at++) {
        unsigned char byte = (unsigned char)bytes[at];
        if (byte == '"' || byte == '\\') {
            sdk_append(buffer, "\\", 1);
            sdk_append(buffer, &bytes[at], 1);
        } else if (byte == '\n') {
            sdk_append(buffer, "\\n", 2);
        } else if (byte < 0x20) {
            char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
            sdk_append(buffer, escape, sizeof escape);
        } else {
            sdk_append(buffer, &bytes[at], 1);
        }
    }
    sdk_append(buffer, "\"", 1);
}

static void write_value(sdk_buffer *buffer, const fermata_json *value) {
    switch (value->kind) {
    case FERMATA_JSON_NULL:
        sdk_append_text(buffer, "null");
        return;
    case FERMATA_JSON_BOOL:
        sdk_append_text(buffer, value->truth ? "true" : "false");
        return;
    case FERMATA_JSON_NUMBER:
        sdk_append(buffer, value->text.bytes, value->text.count);
        return;
    case FERMATA_JSON_TEXT:
        write_text(buffer, value->text.bytes, value->text.count);
        return;
    case FERMATA_JSON_ARRAY:
    case FERMATA_JSON_OBJECT:
        break;
    }
    bool is_object = value->kind == FERMATA_JSON_OBJECT;
    sdk_append(buffer, is_object ? "{" : "[", 1);
    for (const fermata_json *item = value->items.first; item != NULL; item = item->next) {
        if (item != value->items.first) sdk_append(buffer, ",", 1);
        if (is_object) {
            write_text(buffer, item->name, item->name_bytes);
            sdk_append(buffer, ":", 1);
        }
        write_value(buffer, item);
    }
    sdk_append(buffer, is_object ? "}" : "]", 1);
}

const char *fermata_json_write(const fermata_json *value) {
    sdk_buffer buffer = {0};
    if (value == NULL) return "null";
    write_value(&buffer, value);
    return sdk_text_of(&buffer);
}
