#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "rootfs.h"
#include "util.h"

int terminal_resize(int master, uint32_t rows, uint32_t columns)
{
	struct winsize size = {
		.ws_row = (unsigned short)min_u64(rows, UINT16_MAX),
		.ws_col = (unsigned short)min_u64(columns, UINT16_MAX),
	};

	return ioctl(master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

int terminal_open(struct terminal *ret, uint32_t rows, uint32_t columns)
{
	CLEANUP_FD int master = open(ROOTFS_PTS_PATH "/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FD int slave = -1;
	int unlocked = 0;
	unsigned number;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	if ((rows || columns) && terminal_resize(master, rows, columns) < 0)
		return -errno;
	(void)format_string(ret->name, sizeof(ret->name), "%u", number);
	ret->master = steal_fd(&master);
	ret->slave = steal_fd(&slave);
	return 0;
}

int terminal_reopen(int slave, const char *name)
{
	char path[32];
	struct stat wanted;
	struct stat found;
	CLEANUP_FD int fd = -1;

	(void)format_string(path, sizeof(path), "/dev/pts/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(slave, &wanted) < 0 || fstat(fd, &found) < 0)
		return slave;
	if (wanted.st_dev != found.st_dev || wanted.st_ino != found.st_ino)
		return slave;
	if (fcntl(fd, F_SETFL, O_RDWR) < 0)
		return slave;
	return steal_fd(&fd);
}
