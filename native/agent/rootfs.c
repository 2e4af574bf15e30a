#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "shares.h"
#include "slot.h"

#define BASE "/container"
#define SCRATCH BASE "/scratch"
#define WORK SCRATCH "/work"

static int make_directory(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_directories(void)
{
	static const char *const paths[] = {BASE, ROOTFS_LOWER_PATH, SCRATCH, ROOTFS_PATH, ROOTFS_PTS_PATH, ROOTFS_FILES_PATH};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = make_directory(paths[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int mount_disk(unsigned slot, const char *target, const char *type, unsigned long flags, const char *data)
{
	char name[32];
	char path[40];
	int r = slot_block_device(slot, name, sizeof(name));

	if (r < 0)
		return r;
	(void)format_string(path, sizeof(path), "/dev/%s", name);
	return mount(path, target, type, flags, data) < 0 ? -errno : 0;
}

// A fresh upper directory takes over what the image says of its root directory: the overlay shows the upper's.
static int make_upper(void)
{
	struct stat st;

	if (mkdir(ROOTFS_UPPER_PATH, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (stat(ROOTFS_LOWER_PATH, &st) < 0)
		return -errno;
	if ((st.st_uid || st.st_gid) && chown(ROOTFS_UPPER_PATH, st.st_uid, st.st_gid) < 0)
		return -errno;
	if ((st.st_mode & 07777) != 0755 && chmod(ROOTFS_UPPER_PATH, st.st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int mount_overlay(void)
{
	int r = make_upper();

	if (r == 0)
		r = make_directory(WORK);
	if (r < 0)
		return r;
	r = mount("overlay", ROOTFS_PATH, "overlay", 0, "lowerdir=" ROOTFS_LOWER_PATH ",upperdir=" ROOTFS_UPPER_PATH ",workdir=" WORK);
	return r < 0 ? -errno : 0;
}

int rootfs_mount(unsigned root_slot, unsigned scratch_slot, struct failure *failure)
{
	int r = make_directories();

	if (r < 0)
		return fail(failure, FAIL_MOUNT, r, "mount points of the root file system: %s", error_text(r));
	r = mount_disk(root_slot, ROOTFS_LOWER_PATH, "erofs", MS_RDONLY, NULL);
	if (r < 0)
		return fail(failure, FAIL_MOUNT, r, "mount root disk in slot %u: %s", root_slot, error_text(r));
	// Lazy initialisation would write the inode tables in the background of a container that may live for a second.
	r = mount_disk(scratch_slot, SCRATCH, "ext4", 0, "noinit_itable");
	if (r < 0)
		return fail(failure, FAIL_MOUNT, r, "mount scratch disk in slot %u: %s", scratch_slot, error_text(r));
	r = mount_overlay();
	if (r < 0)
		return fail(failure, FAIL_MOUNT, r, "mount overlay: %s", error_text(r));
	return 0;
}

int rootfs_mount_terminals(struct failure *failure)
{
	if (mount("devpts", ROOTFS_PTS_PATH, "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666,mode=0620,gid=5") < 0)
		return fail(failure, FAIL_MOUNT, errno, "mount devpts: %s", error_text(errno));
	return 0;
}

int rootfs_write_file(size_t index, unsigned mode, struct mp_bytes content, struct failure *failure)
{
	char path[64];
	CLEANUP_FD int fd = -1;
	int r;

	(void)format_string(path, sizeof(path), ROOTFS_FILES_PATH "/%zu", index);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_all(fd, content.data, content.length);
	if (r == 0 && fchmod(fd, mode & 0777) < 0)
		r = -errno;
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "keep injected file: %s", error_text(r)) : 0;
}

int rootfs_unmount(void)
{
	(void)umount2(ROOTFS_PATH, 0);
	shares_unmount();
	if (umount2(SCRATCH, 0) < 0 && errno != EINVAL)
		return -errno;
	return 0;
}
