/* One value per job that survives a retry. */
#ifndef FERMATA_CHECKPOINT_H
#define FERMATA_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fermata/error.h>
#include <fermata/json.h>

/* A value as it was stored. */
typedef struct fermata_checkpoint {
    /* The bytes, with a zero byte after them that does not count; NULL where nothing is stored. */
    const char *value;
    size_t bytes;
    /* The version of the component that wrote them: another version may read an older one's value. */
    const char *writer_version;
    /* The attempt that wrote them. */
    uint32_t attempt;
} fermata_checkpoint;

/* The value stored last for this job, by any attempt. */
bool fermata_checkpoint_get(fermata_checkpoint *saved, fermata_error *error);

/* Stores bytes in place of the previous ones. They are durable when the function returns. */
bool fermata_checkpoint_put(const void *value, size_t bytes, fermata_error *error);

/* The same with JSON; `value` becomes NULL where nothing is stored. */
bool fermata_checkpoint_get_json(const fermata_json **value, fermata_error *error);
bool fermata_checkpoint_put_json(const fermata_json *value, fermata_error *error);

#endif
