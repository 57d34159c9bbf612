#include <string.h>

#include <fermata/checkpoint.h>

#include "error.h"

bool fermata_checkpoint_get_json(const fermata_json **value, fermata_error *error) {
    fermata_checkpoint saved;
    fermata_error reason;
    *value = NULL;
    if (!fermata_checkpoint_get(&saved, error)) return false;
    if (saved.value == NULL) return true;
    *value = fermata_json_parse(saved.value, saved.bytes, &reason);
    if (*value != NULL) return true;
    return sdk_fail(error, FERMATA_UNREADABLE_CHECKPOINT, "version %s stored another kind of checkpoint: %s",
                    saved.writer_version, reason.message);
}

bool fermata_checkpoint_put_json(const fermata_json *value, fermata_error *error) {
    const char *json = fermata_json_write(value);
    return fermata_checkpoint_put(json, strlen(json), error);
}
