/* What a JSON value is made of. */
#ifndef FERMATA_SDK_JSON_VALUE_H
#define FERMATA_SDK_JSON_VALUE_H

#include <fermata/json.h>

#include "memory.h"

struct fermata_json {
    fermata_json_kind kind;
    /* As a member of an object: its name, which may hold zero bytes. */
    const char *name;
    size_t name_bytes;
    /* The next item or member of the same container. */
    fermata_json *next;
    union {
        bool truth;
        /* A number's digits, or a text, which may hold zero bytes. A zero byte follows that does not count. */
        struct {
            const char *bytes;
            size_t count;
        } text;
        struct {
            fermata_json *first;
            fermata_json *last;
            size_t count;
        } items;
    };
};

fermata_json *sdk_json_new(fermata_json_kind kind);

/* Puts a value that belongs to nobody at the end of a container. */
void sdk_json_attach(fermata_json *container, fermata_json *value);

bool sdk_json_is_container(const fermata_json *value);

#endif
