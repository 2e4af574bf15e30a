#include "sysmount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

// sys/mount.h and linux/mount.h cannot be included together.
extern int mount(const char *, const char *, const char *, unsigned long, const void *);

static int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

int mount_clone(int fd, int recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;

	if (recursive)
		flags |= AT_RECURSIVE;
	return result(syscall(SYS_open_tree, fd, "", flags));
}

int mount_attach(int mount, int target)
{
	return result(syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int mount_set(int fd, uint64_t attributes, int recursive)
{
	struct mount_attr_bits bits = {.set = attributes};
	unsigned flags = AT_EMPTY_PATH;

	if (recursive)
		flags |= AT_RECURSIVE;
	return result(syscall(SYS_mount_setattr, fd, "", flags, &bits, sizeof(bits)));
}

int mount_new(const char *type, uint64_t attributes)
{
	CLEANUP_FD int context = result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
	int r;

	if (context < 0)
		return context;
	r = result(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	if (r < 0)
		return r;
	return result(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
}

int mount_over(int target, const char *type, const char *source, unsigned long flags, const char *data)
{
	if (fchdir(target) < 0)
		return -errno;
	return result(mount(source, ".", type, flags, data));
}
