// Numbers in the header of a tar entry.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Digits up to a NUL or a space. 0 or -EINVAL.
int tar_parse_octal(const char *field, size_t size, uint64_t *ret);

// The same, or GNU's base 256, which may be negative. 0 or -EINVAL.
int tar_parse_number(const char *field, size_t size, int64_t *ret);
