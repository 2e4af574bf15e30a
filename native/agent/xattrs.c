#include "xattrs.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "util.h"

#define MAX_LIST 65536
#define MAX_VALUE 65536
#define OVERLAY "trusted.overlay."

int xattrs_add(struct xattrs *xattrs, const char *name, size_t name_length, const void *value, size_t length)
{
	struct xattr *item;

	if (xattrs->count == XATTRS_MAX_COUNT || name_length + 1 + length > XATTRS_MAX_SIZE - xattrs->used)
		return -E2BIG;
	item = &xattrs->items[xattrs->count++];
	item->name = memcpy(xattrs->bytes + xattrs->used, name, name_length);
	xattrs->bytes[xattrs->used + name_length] = '\0';
	xattrs->used += name_length + 1;
	item->value = memcpy(xattrs->bytes + xattrs->used, value, length);
	item->length = length;
	xattrs->used += length;
	return 0;
}

static int read_value(const char *file, const char *name, struct xattrs *ret)
{
	static char value[MAX_VALUE];
	ssize_t n = lgetxattr(file, name, value, sizeof(value));

	if (n < 0)
		return errno == ENODATA ? 0 : -errno;
	return xattrs_add(ret, name, strlen(name), value, (size_t)n);
}

int xattrs_read(const char *name, struct xattrs *ret)
{
	static char list[MAX_LIST];
	ssize_t n = llistxattr(name, list, sizeof(list));
	int r = 0;

	ret->count = ret->used = 0;
	if (n < 0)
		return errno == ENOTSUP || errno == ENOENT ? 0 : -errno;
	for (const char *p = list; r == 0 && p < list + n; p += strlen(p) + 1)
		if (strncmp(p, OVERLAY, sizeof(OVERLAY) - 1) != 0)
			r = read_value(name, p, ret);
	return r;
}

const struct xattr *xattrs_find(const struct xattrs *xattrs, const char *name)
{
	for (size_t i = 0; i < xattrs->count; i++)
		if (strcmp(xattrs->items[i].name, name) == 0)
			return &xattrs->items[i];
	return NULL;
}

int xattrs_write(const char *name, const struct xattrs *xattrs)
{
	for (size_t i = 0; i < xattrs->count; i++) {
		const struct xattr *item = &xattrs->items[i];

		if (strncmp(item->name, OVERLAY, sizeof(OVERLAY) - 1) == 0)
			continue;
		if (lsetxattr(name, item->name, item->value, item->length, 0) < 0 && errno != ENOTSUP && errno != EPERM)
			return -errno;
	}
	return 0;
}
