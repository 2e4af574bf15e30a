#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <time.h>

#include "fwcfg.h"
#include "generated/messages.h"
#include "util.h"

#define MAX_SEED 64

int guest_read_token(uint8_t token[TOKEN_SIZE])
{
	ssize_t n = fwcfg_read(MSG_TOKEN_FILE, token, TOKEN_SIZE);

	if (n < 0)
		return (int)n;
	return n == TOKEN_SIZE ? 0 : -EBADMSG;
}

bool guest_same_token(const uint8_t *a, const uint8_t *b)
{
	volatile uint8_t difference = 0;

	for (size_t i = 0; i < TOKEN_SIZE; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

void guest_set_clock(uint64_t nanoseconds)
{
	const struct timespec time = {
		.tv_sec = (time_t)(nanoseconds / 1000000000),
		.tv_nsec = (long)(nanoseconds % 1000000000),
	};

	if (nanoseconds && clock_settime(CLOCK_REALTIME, &time) < 0)
		log_line("set clock: %s", strerror(errno));
}

void guest_seed(const void *seed, size_t length)
{
	CLEANUP_FD int fd = length ? open("/dev/urandom", O_WRONLY | O_CLOEXEC) : -1;
	union {
		struct rand_pool_info info;
		uint8_t bytes[sizeof(struct rand_pool_info) + MAX_SEED];
	} pool = {0};

	if (fd < 0)
		return;
	length = min_size(length, MAX_SEED);
	pool.info.entropy_count = (int)length * 8;
	pool.info.buf_size = (int)length;
	memcpy(pool.bytes + sizeof(pool.info), seed, length);
	if (ioctl(fd, RNDADDENTROPY, &pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		log_line("seed: %s", strerror(errno));
}

// The value of a line of /proc/meminfo ("MemTotal:  123 kB"), in bytes.
static uint64_t find_value(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found ? strtoull(found + strlen(name), NULL, 10) * 1024 : 0;
}

void guest_memory(uint64_t *total, uint64_t *available)
{
	char text[512];

	if (read_file(AT_FDCWD, "/proc/meminfo", text, sizeof(text)) < 0)
		text[0] = '\0';
	*total = find_value(text, "MemTotal:");
	*available = find_value(text, "MemAvailable:");
}

uint64_t guest_uptime(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void guest_stop(void)
{
	(void)reboot(RB_AUTOBOOT);
}
