/* Settings that are not secret, such as a service's base URL. */
#ifndef FERMATA_CONFIG_H
#define FERMATA_CONFIG_H

#include <stdbool.h>

#include <fermata/error.h>

/* The value that the operator set for a key, or else the manifest's default; NULL where there is neither. */
bool fermata_config(const char *key, const char **value, fermata_error *error);

#endif
