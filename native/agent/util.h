// Small helpers that every part uses: owned values, files, time, logging.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

// A descriptor that is closed when it goes out of scope. -1: none.
#define CLEANUP_FD __attribute__((cleanup(cleanup_fd)))
// Memory that is freed when it goes out of scope.
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline void cleanup_fd(int *fd)
{
	close_fd(fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

// Hands the descriptor over to the caller; the variable no longer owns it.
static inline int steal_fd(int *fd)
{
	int result = *fd;

	*fd = -1;
	return result;
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

// Reads a whole (small) file into BUFFER and terminates it with NUL. Returns the bytes read, which are at most
// CAPACITY - 1 (the rest of a longer file is left out), or -errno. Meant for the agent's own proc and sys: it follows
// symlinks.
ssize_t read_file(int dir, const char *path, char *buffer, size_t capacity);

// Writes LENGTH bytes to an existing file with one write(2), as proc and sys files want it. 0 or -errno.
int write_file(int dir, const char *path, const void *data, size_t length);

// Writes everything to a blocking descriptor. 0 or -errno.
int write_all(int fd, const void *data, size_t length);

// snprintf that reports a cut as -ENAMETOOLONG; otherwise the length.
int format_string(char *buffer, size_t capacity, const char *format, ...) PRINTF_LIKE(3, 4);

// Parses an unsigned decimal that fills TEXT up to END and is at most MAX. 0 or -EINVAL.
int parse_decimal(const char *text, const char *end, uint64_t max, uint64_t *ret);

// One line on the kernel's console. For what a person must see after the fact; never on a normal path (the emulated
// UART costs an exit a character).
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
