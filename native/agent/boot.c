#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

static int mount_at(const char *path, const char *type, unsigned long flags)
{
	if (mkdir(path, 0755) < 0 || mount(type, path, type, flags, NULL) < 0)
		return -errno;
	return 0;
}

int boot_mount(void)
{
	int r;

	// The kernel's rootfs can't be pivoted away from, so that a container would keep it below its own root.
	if (mount("tmpfs", "/root", "tmpfs", 0, "mode=755") < 0 || chdir("/root") < 0)
		return -errno;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return -errno;
	r = mount_at("/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC);
	if (r == 0)
		r = mount_at("/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
	if (r == 0)
		r = mount_at("/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC);
	// As beside other containers on a large host: what a program reserves is not held against it, what it uses is.
	if (r == 0)
		r = write_file(AT_FDCWD, "/proc/sys/vm/overcommit_memory", "1", 1);
	return r;
}
