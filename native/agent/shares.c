#include "shares.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "copy.h"
#include "path.h"
#include "sysmount.h"

// MOUNT_ATTR_* has the same numbers.
#define SHARE_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define MAX_NUMBER 16

bool shares_is_share(const struct msg_mount *mount)
{
	return strcmp(mount->type, "share") == 0;
}

int shares_mount(const struct msg_setup *setup, struct failure *failure)
{
	bool any = false;

	for (size_t i = 0; i < setup->mounts_count; i++)
		any |= shares_is_share(&setup->mounts[i]);
	if (!any)
		return 0;
	if ((mkdir(SHARES_PATH, 0700) < 0 && errno != EEXIST) || mount(MSG_SHARE_TAG, SHARES_PATH, "virtiofs", 0, NULL) < 0)
		return fail(failure, FAIL_MOUNT, errno, "mount what the host shares: %s", error_text(errno));
	return 0;
}

void shares_unmount(void)
{
	(void)umount2(SHARES_PATH, 0);
}

static int open_number(const char *number)
{
	CLEANUP_FD int shares = open(SHARES_PATH, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (shares < 0)
		return -errno;
	// A directory must be asked for as one: another file system of the host is mounted only when it is entered.
	fd = openat(shares, number, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		fd = openat(shares, number, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

// SOURCE is "0" or "0/some/path", whose links lead nowhere but into the share.
static int open_source(const char *source)
{
	size_t length = strcspn(source, "/");
	char number[MAX_NUMBER];
	CLEANUP_FD int share = -1;
	uint64_t value;

	if (length == 0 || length >= sizeof(number) || parse_decimal(source, source + length, UINT32_MAX, &value) < 0)
		return -EINVAL;
	memcpy(number, source, length);
	number[length] = '\0';
	share = open_number(number);
	return share < 0 || !source[length] ? steal_fd(&share) : path_open(share, source + length, 0);
}

// 1: nothing is in the directory. 0, or -errno.
static int is_empty(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	int count = 0;

	if (!stream) {
		close_fd(&fd);
		return -errno;
	}
	while (count <= 2 && readdir(stream))
		count++;
	(void)closedir(stream);
	return count <= 2;
}

// As Docker: what the image has at the target is what a new volume begins with.
static int populate(int root, const struct msg_mount *share, int source)
{
	CLEANUP_FD int from = path_open(root, share->target, O_DIRECTORY);
	int r;

	if (from < 0)
		return from == -ENOENT || from == -ENOTDIR ? 0 : from;
	r = is_empty(source);
	return r > 0 ? copy_tree(from, source) : r;
}

static int attach(int root, const struct msg_mount *share, int source, bool directory)
{
	CLEANUP_FD int mount = mount_clone(source, 1);
	CLEANUP_FD int target = path_make(root, share->target, directory ? PATH_DIRECTORY : PATH_FILE);
	uint64_t flags = share->flags & SHARE_FLAGS;
	int r = mount < 0 ? mount : target < 0 ? target : flags ? mount_set(mount, flags, 1) : 0;

	return r < 0 ? r : mount_attach(mount, target);
}

static int fail_share(struct failure *failure, int error, const char *what, const struct msg_mount *share)
{
	return fail(failure, FAIL_MOUNT, error, "error %s \"%s\": %s", what, share->target, error_text(error));
}

int shares_attach(int root, const struct msg_mount *share, struct failure *failure)
{
	CLEANUP_FD int source = open_source(share->source);
	struct stat st;
	int r;

	if (source < 0)
		return fail_share(failure, source, "opening what is to be mounted at", share);
	if (fstat(source, &st) < 0)
		return fail_share(failure, errno, "looking at what is to be mounted at", share);
	r = share->populate && S_ISDIR(st.st_mode) ? populate(root, share, source) : 0;
	if (r < 0)
		return fail_share(failure, r, "copying the image's files into the volume at", share);
	r = attach(root, share, source, S_ISDIR(st.st_mode));
	return r < 0 ? fail_share(failure, r, "mounting a volume or directory of the host at", share) : 0;
}
