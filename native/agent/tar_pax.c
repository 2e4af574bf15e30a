#include <errno.h>
#include <string.h>

#include "tar_pax.h"

#define XATTR_PREFIX "SCHILY.xattr."
#define SPARSE_PREFIX "GNU.sparse."

int tar_keep_text(char **field, const char *text, size_t length)
{
	char *copy = length < TAR_MAX_NAME && !memchr(text, '\0', length) ? strndup(text, length) : NULL;

	if (!copy)
		return -EINVAL;
	free(*field);
	*field = copy;
	return 0;
}

static int parse_time(const char *text, const char *end, struct timespec *ret)
{
	bool negative = text < end && *text == '-';
	const char *point = memchr(text, '.', (size_t)(end - text));
	uint64_t seconds;
	long nanoseconds = 0;
	long unit = 100000000;

	if (parse_decimal(text + negative, point ? point : end, INT64_MAX / 2, &seconds) < 0)
		return -EINVAL;
	for (const char *p = point ? point + 1 : end; p < end; p++, unit /= 10) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		nanoseconds += (*p - '0') * unit;
	}
	ret->tv_sec = negative ? -(time_t)seconds - (nanoseconds > 0) : (time_t)seconds;
	ret->tv_nsec = negative && nanoseconds ? 1000000000 - nanoseconds : nanoseconds;
	return 0;
}

static bool key_is(const char *key, size_t length, const char *name)
{
	return length == strlen(name) && memcmp(key, name, length) == 0;
}

static int keep_xattr(struct tar_reader *reader, const char *name, size_t name_length, const char *value, size_t length)
{
	if (!reader->xattrs)
		reader->xattrs = calloc(1, sizeof(*reader->xattrs));
	if (!reader->xattrs)
		return -ENOMEM;
	if (name_length == 0 || name_length > 255 || memchr(name, '\0', name_length))
		return -EINVAL;
	return xattrs_add(reader->xattrs, name, name_length, value, length);
}

static int keep_record(struct tar_reader *reader, struct tar_extension *extension, const char *key, size_t key_length,
	const char *value, size_t length)
{
	static const size_t prefix = sizeof(XATTR_PREFIX) - 1;
	static const size_t sparse = sizeof(SPARSE_PREFIX) - 1;

	if (key_is(key, key_length, "path"))
		return tar_keep_text(&reader->name, value, length);
	if (key_is(key, key_length, "linkpath"))
		return tar_keep_text(&reader->link, value, length);
	if (key_is(key, key_length, "uid"))
		return (extension->has_uid = true), parse_decimal(value, value + length, UINT32_MAX - 1, &extension->uid);
	if (key_is(key, key_length, "gid"))
		return (extension->has_gid = true), parse_decimal(value, value + length, UINT32_MAX - 1, &extension->gid);
	if (key_is(key, key_length, "size"))
		return (extension->has_size = true), parse_decimal(value, value + length, TAR_MAX_SIZE, &extension->size);
	if (key_is(key, key_length, "mtime"))
		return (extension->has_mtime = true), parse_time(value, value + length, &extension->mtime);
	if (key_length > prefix && memcmp(key, XATTR_PREFIX, prefix) == 0)
		return keep_xattr(reader, key + prefix, key_length - prefix, value, length);
	if (key_length > sparse && memcmp(key, SPARSE_PREFIX, sparse) == 0)
		return tar_sparse_record(&reader->sparse, key + sparse, key_length - sparse, value, length);
	return 0;
}

int tar_parse_records(struct tar_reader *reader, struct tar_extension *extension, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end && *text) {
		const char *space = memchr(text, ' ', (size_t)(end - text));
		const char *equals;
		uint64_t length;
		int r;

		if (!space || parse_decimal(text, space, size, &length) < 0)
			return -EINVAL;
		if (length > (size_t)(end - text) || length < (size_t)(space - text) + 4 || text[length - 1] != '\n')
			return -EINVAL;
		equals = memchr(space + 1, '=', (size_t)(text + length - 1 - (space + 1)));
		if (!equals)
			return -EINVAL;
		r = keep_record(reader, extension, space + 1, (size_t)(equals - space - 1), equals + 1,
			(size_t)(text + length - 1 - (equals + 1)));
		if (r < 0)
			return r;
		text += length;
	}
	return 0;
}
