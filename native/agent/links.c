#include "links.h"

#include <stdint.h>
#include <string.h>

#include "util.h"

struct link {
	dev_t device;
	ino_t inode;
	char *name;	// NULL: an empty place
};

// Open addressing, at most half full.
static struct link *place(const struct links *links, dev_t device, ino_t inode)
{
	size_t mask = links->capacity - 1;
	size_t i = (size_t)((inode * 0x9e3779b97f4a7c15ULL) >> 32) & mask;

	while (links->items[i].name && (links->items[i].inode != inode || links->items[i].device != device))
		i = (i + 1) & mask;
	return &links->items[i];
}

static bool grow(struct links *links)
{
	struct links larger = {.capacity = links->capacity ? links->capacity * 2 : 64};

	larger.items = calloc(larger.capacity, sizeof(*larger.items));
	if (!larger.items)
		return false;
	for (size_t i = 0; i < links->capacity; i++)
		if (links->items[i].name)
			*place(&larger, links->items[i].device, links->items[i].inode) = links->items[i];
	larger.count = links->count;
	free(links->items);
	*links = larger;
	return true;
}

const char *links_find(struct links *links, const struct stat *st, const char *name)
{
	struct link *link;

	if (st->st_nlink < 2 || (links->count * 2 >= links->capacity && !grow(links)))
		return NULL;
	link = place(links, st->st_dev, st->st_ino);
	if (link->name)
		return link->name;
	*link = (struct link){st->st_dev, st->st_ino, strdup(name)};
	links->count += link->name != NULL;
	return NULL;
}

void links_free(struct links *links)
{
	for (size_t i = 0; i < links->capacity; i++)
		free(links->items[i].name);
	free(links->items);
	*links = (struct links){.items = NULL};
}
