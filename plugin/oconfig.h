/* What stands in a <Plugin operator> block, into settings; the same in all generations of
 * collectd. */
#ifndef PLUGIN_OCONFIG_H
#define PLUGIN_OCONFIG_H

#include <collectd/liboconfig/oconfig.h>

#include "engine/settings.h"

/* Takes all options and blocks in it. What cannot be used is said to the settings' log,
 * and passed over. */
void oconfig_walk(struct settings *s, const oconfig_item_t *block);

#endif
