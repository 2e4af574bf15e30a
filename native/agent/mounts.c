#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "devices.h"
#include "path.h"
#include "rootfs.h"
#include "shares.h"
#include "sysmount.h"

#define ATTR_RDONLY 0x01

static int fail_mount(struct failure *failure, int error, const char *type, const char *target)
{
	return fail(failure, FAIL_MOUNT, error, "error mounting \"%s\" to rootfs at \"%s\": %s", type, target, error_text(error));
}

static int mount_standard(int root, const char *type, const char *path, unsigned long flags, const char *data,
	struct failure *failure)
{
	CLEANUP_FD int target = path_make(root, path, PATH_DIRECTORY);
	int r = target < 0 ? target : mount_over(target, type, type, flags, data);

	return r < 0 ? fail_mount(failure, r, type, path) : 0;
}

// /sys and the cgroups: read-only, but for a privileged container.
static int mount_system(int root, const struct msg_setup *setup, struct failure *failure)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	unsigned long ro = setup->privileged ? 0 : MS_RDONLY;

	if (mount_standard(root, "proc", "/proc", flags, NULL, failure) < 0)
		return -1;
	if (mount_standard(root, "sysfs", "/sys", flags | ro, NULL, failure) < 0)
		return -1;
	return mount_standard(root, "cgroup2", "/sys/fs/cgroup", flags | ro, NULL, failure);
}

static int attach_terminals(int root, struct failure *failure)
{
	CLEANUP_FD int source = open(ROOTFS_PTS_PATH, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_FD int target = path_make(root, "/dev/pts", PATH_DIRECTORY);
	CLEANUP_FD int mount = source < 0 ? -errno : mount_clone(source, 0);
	int r = mount < 0 ? mount : target < 0 ? target : mount_attach(mount, target);

	return r < 0 ? fail_mount(failure, r, "devpts", "/dev/pts") : 0;
}

static int mount_devices(int root, const struct msg_setup *setup, struct failure *failure)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	CLEANUP_FD int dev = -1;
	char data[64];
	int r;

	if (mount_standard(root, "tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k", failure) < 0)
		return -1;
	dev = path_open(root, "/dev", O_DIRECTORY);
	r = dev < 0 ? dev : devices_make(dev, setup->privileged);
	if (r < 0)
		return fail(failure, FAIL_MOUNT, r, "error creating device nodes: %s", error_text(r));
	if (attach_terminals(root, failure) < 0)
		return -1;
	(void)format_string(data, sizeof(data), "mode=1777,size=%llu", (unsigned long long)setup->shm_size);
	if (mount_standard(root, "tmpfs", "/dev/shm", flags, data, failure) < 0)
		return -1;
	return mount_standard(root, "mqueue", "/dev/mqueue", flags, NULL, failure);
}

// As runc: a tmpfs over an existing directory keeps its mode, unless the options say otherwise.
static int tmpfs_options(int target, bool existed, const char *data, char *ret, size_t capacity)
{
	struct stat st;

	if (fstat(target, &st) < 0)
		return -errno;
	return format_string(ret, capacity, "mode=%o%s%s", existed ? st.st_mode & 07777 : 01777, *data ? "," : "", data);
}

static bool is_known_type(const char *type)
{
	static const char *const types[] = {"tmpfs", "proc", "sysfs", "mqueue", "cgroup2"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static int mount_extra(int root, const struct msg_mount *extra, struct failure *failure)
{
	CLEANUP_FD int target = -1;
	bool existed;
	char data[4200];
	int r;

	if (shares_is_share(extra))
		return shares_attach(root, extra, failure);
	if (!is_known_type(extra->type))
		return fail_mount(failure, ENODEV, extra->type, extra->target);
	target = path_open(root, extra->target, O_DIRECTORY);
	existed = target >= 0;
	if (!existed)
		target = path_make(root, extra->target, PATH_DIRECTORY);
	if (target < 0)
		return fail_mount(failure, target, extra->type, extra->target);
	if (strcmp(extra->type, "tmpfs") == 0)
		r = tmpfs_options(target, existed, extra->data, data, sizeof(data));
	else
		r = format_string(data, sizeof(data), "%s", extra->data);
	if (r >= 0)
		r = mount_over(target, extra->type, *extra->source ? extra->source : extra->type, extra->flags, data);
	return r < 0 ? fail_mount(failure, r, extra->type, extra->target) : 0;
}

// A file of the agent's bound over PATH in the container.
static int bind_file(int root, const char *source, const char *path, struct failure *failure)
{
	CLEANUP_FD int file = open(source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FD int mount = file < 0 ? -errno : mount_clone(file, 0);
	CLEANUP_FD int target = path_make(root, path, PATH_FILE);
	int r = mount < 0 ? mount : target < 0 ? target : mount_attach(mount, target);

	return r < 0 ? fail_mount(failure, r, "bind", path) : 0;
}

int mounts_bind_files(int root, const struct msg_setup *setup, struct failure *failure)
{
	char source[64];

	for (size_t i = 0; i < setup->files_count; i++) {
		(void)format_string(source, sizeof(source), ROOTFS_FILES_PATH "/%zu", i);
		if (bind_file(root, source, setup->files[i].path, failure) < 0)
			return -1;
	}
	return 0;
}

int mounts_attach_shares(int root, const struct msg_setup *setup, struct failure *failure)
{
	for (size_t i = 0; i < setup->mounts_count; i++)
		if (shares_is_share(&setup->mounts[i]) && shares_attach(root, &setup->mounts[i], failure) < 0)
			return -1;
	return 0;
}

// net.ipv4.ip_forward → sys/net/ipv4/ip_forward below the container's own /proc: the values of its namespaces.
static int write_sysctl(int proc, const struct msg_sysctl *sysctl)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	CLEANUP_FD int fd = -1;
	char path[300];
	int r = format_string(path, sizeof(path), "sys/%s", sysctl->name);

	if (r < 0)
		return r;
	// A name with slashes has its dots inside names, as sysctl(8) has it (net/ipv4/conf/eth0.100/forwarding).
	if (!strchr(sysctl->name, '/'))
		for (char *p = path; (p = strchr(p, '.')); )
			*p = '/';
	fd = (int)syscall(SYS_openat2, proc, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	return write_all(fd, sysctl->value, strlen(sysctl->value));
}

static int write_sysctls(int root, const struct msg_setup *setup, struct failure *failure)
{
	CLEANUP_FD int proc = setup->sysctls_count ? path_open(root, "/proc", O_DIRECTORY) : -1;

	for (size_t i = 0; i < setup->sysctls_count; i++) {
		int r = write_sysctl(proc, &setup->sysctls[i]);

		if (r < 0)
			return fail(failure, FAIL_INVALID_REQUEST, r, "sysctl %s: %s", setup->sysctls[i].name, error_text(r));
	}
	return 0;
}

// Hides PATH: a directory behind an empty read-only one, anything else behind /dev/null. What is missing needs none.
static int mask(int root, const char *path, int null)
{
	CLEANUP_FD int target = path_open(root, path, 0);
	CLEANUP_FD int mount = -1;
	struct stat st;

	if (target < 0)
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	if (fstat(target, &st) < 0)
		return -errno;
	mount = S_ISDIR(st.st_mode) ? mount_new("tmpfs", ATTR_RDONLY) : mount_clone(null, 0);
	return mount < 0 ? mount : mount_attach(mount, target);
}

static int make_read_only(int root, const char *path)
{
	CLEANUP_FD int target = path_open(root, path, 0);
	CLEANUP_FD int mount = -1;
	int r;

	if (target < 0)
		return target == -ENOENT || target == -ENOTDIR ? 0 : target;
	mount = mount_clone(target, 1);
	if (mount < 0)
		return mount;
	r = mount_set(mount, ATTR_RDONLY, 1);
	return r < 0 ? r : mount_attach(mount, target);
}

static int restrict_paths(int root, const struct msg_setup *setup, struct failure *failure)
{
	CLEANUP_FD int null = path_open(root, "/dev/null", 0);
	int r = null < 0 ? null : 0;

	for (size_t i = 0; r >= 0 && i < setup->readonly_paths_count; i++)
		if ((r = make_read_only(root, setup->readonly_paths[i])) < 0)
			return fail_mount(failure, r, "read-only path", setup->readonly_paths[i]);
	for (size_t i = 0; r >= 0 && i < setup->masked_paths_count; i++)
		if ((r = mask(root, setup->masked_paths[i], null)) < 0)
			return fail_mount(failure, r, "masked path", setup->masked_paths[i]);
	return r < 0 ? fail_mount(failure, r, "masked path", "/dev/null") : 0;
}

static int bind_console(int root, const char *terminal, struct failure *failure)
{
	char source[64];

	if (!terminal)
		return 0;
	(void)format_string(source, sizeof(source), ROOTFS_PTS_PATH "/%s", terminal);
	return bind_file(root, source, "/dev/console", failure);
}

static int set_names(const struct msg_setup *setup, struct failure *failure)
{
	if (*setup->hostname && sethostname(setup->hostname, strlen(setup->hostname)) < 0)
		return fail(failure, FAIL_INVALID_REQUEST, errno, "sethostname: %s", error_text(errno));
	if (*setup->domainname && setdomainname(setup->domainname, strlen(setup->domainname)) < 0)
		return fail(failure, FAIL_INVALID_REQUEST, errno, "setdomainname: %s", error_text(errno));
	return 0;
}

// Makes ROOT "/" and lets go of everything else, the agent's own root included.
static int pivot(int root, struct failure *failure)
{
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail(failure, FAIL_MOUNT, errno, "pivot_root: %s", error_text(errno));
	return 0;
}

int mounts_enter(const struct msg_setup *setup, const char *terminal, struct failure *failure)
{
	CLEANUP_FD int root = open(ROOTFS_PATH, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return fail_mount(failure, errno, "overlay", "/");
	if (mount_system(root, setup, failure) < 0 || mount_devices(root, setup, failure) < 0)
		return -1;
	for (size_t i = 0; i < setup->mounts_count; i++)
		if (mount_extra(root, &setup->mounts[i], failure) < 0)
			return -1;
	if (mounts_bind_files(root, setup, failure) < 0 || bind_console(root, terminal, failure) < 0)
		return -1;
	if (set_names(setup, failure) < 0 || write_sysctls(root, setup, failure) < 0)
		return -1;
	if (restrict_paths(root, setup, failure) < 0)
		return -1;
	r = setup->root.read_only ? mount_set(root, ATTR_RDONLY, 0) : 0;
	if (r < 0)
		return fail_mount(failure, r, "read-only root", "/");
	return pivot(root, failure);
}
