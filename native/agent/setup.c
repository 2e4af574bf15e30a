#include "setup.h"

#include "network.h"
#include "rootfs.h"
#include "shares.h"

int setup_run(const struct msg_setup *setup, struct cgroup *cgroup, struct failure *failure)
{
	int r;

	if (rootfs_mount(setup->root.root_slot, setup->root.scratch_slot, failure) < 0 || rootfs_mount_terminals(failure) < 0)
		return -1;
	if (shares_mount(setup, failure) < 0)
		return -1;
	for (size_t i = 0; i < setup->files_count; i++)
		if (rootfs_write_file(i, setup->files[i].mode, setup->files[i].content, failure) < 0)
			return -1;
	r = cgroup_make(cgroup, setup->privileged);
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "cgroup of the container: %s", error_text(r));
	if (network_loopback_up(failure) < 0)
		return -1;
	for (size_t i = 0; i < setup->interfaces_count; i++)
		if (network_configure(&setup->interfaces[i], failure) < 0)
			return -1;
	return 0;
}
