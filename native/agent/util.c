#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

ssize_t read_file(int dir, const char *path, char *buffer, size_t capacity)
{
	CLEANUP_FD int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = 0;

	if (fd < 0)
		return -errno;
	while (length < capacity - 1) {
		ssize_t n = read(fd, buffer + length, capacity - 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	buffer[length] = '\0';
	return (ssize_t)length;
}

int write_file(int dir, const char *path, const void *data, size_t length)
{
	CLEANUP_FD int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, data, length);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

int write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

int format_string(char *buffer, size_t capacity, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buffer, capacity, format, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	return (size_t)n < capacity ? n : -ENAMETOOLONG;
}

int parse_decimal(const char *text, const char *end, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (text == end)
		return -EINVAL;
	for (; text < end; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || value > (max - digit) / 10)
			return -EINVAL;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

void log_line(const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	n = (int)min_size((size_t)n, sizeof(line) - 2);
	line[n] = '\n';
	(void)!write(STDERR_FILENO, "agent: ", 7);
	(void)!write(STDERR_FILENO, line, (size_t)n + 1);
}
