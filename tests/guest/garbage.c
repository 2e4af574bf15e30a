/* An agent gone bad: /init of a guest that writes noise to the agent's channel, for ever. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <unistd.h>

static int open_channel(void)
{
	int fd;

	while ((fd = open("/dev/vport0p1", O_RDWR)) < 0 && (errno == ENOENT || errno == ENXIO))
		(void)usleep(1000);
	return fd;
}

int main(void)
{
	static uint8_t noise[4096];
	uint32_t state = 1;
	int fd = mount("dev", "/dev", "devtmpfs", 0, NULL) < 0 ? -1 : open_channel();

	for (;;) {
		for (unsigned i = 0; i < sizeof(noise); i++) {
			state = state * 1664525u + 1013904223u;
			noise[i] = (uint8_t)(state >> 24);
		}
		if (fd < 0 || write(fd, noise, sizeof(noise)) < 0)
			(void)pause();
	}
}
