#include <errno.h>

#include "tar_number.h"

int tar_parse_octal(const char *field, size_t size, uint64_t *ret)
{
	size_t i = 0;
	uint64_t value = 0;

	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] && field[i] != ' '; i++) {
		unsigned digit = (unsigned)(field[i] - '0');

		if (digit > 7 || value >> 60)
			return -EINVAL;
		value = value << 3 | digit;
	}
	*ret = value;
	return 0;
}

// GNU's base 256: what does not fit an int64 is malformed.
static int parse_binary(const char *field, size_t size, int64_t *ret)
{
	const unsigned char *bytes = (const unsigned char *)field;
	unsigned char sign = bytes[0] & 0x40 ? 0xff : 0;
	uint64_t value = sign ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = i ? bytes[i] : (unsigned char)(sign ? bytes[0] | 0x80 : bytes[0] & 0x7f);

		// The bits that are pushed out, and the sign's own, must all be sign.
		if (value >> 55 != (sign ? 0x1ffU : 0))
			return -EINVAL;
		value = value << 8 | byte;
	}
	*ret = (int64_t)value;
	return 0;
}

int tar_parse_number(const char *field, size_t size, int64_t *ret)
{
	uint64_t value;
	int r;

	if (field[0] & (char)0x80)
		return parse_binary(field, size, ret);
	r = tar_parse_octal(field, size, &value);
	*ret = r < 0 ? 0 : (int64_t)value;
	return r;
}
