// From src/MicroVm.Protocol/Messages/Messages.cs by native/agent/generate. Not to be edited.
#include "messages.h"

#include <errno.h>

static void decode_msg_process_state(struct mp_reader *r, struct mp_arena *arena, struct msg_process_state *m)
{
	size_t later = mp_read_record(r, 10);

	(void)arena;
	m->process = mp_read_u32(r);
	m->pid = mp_read_u32(r);
	m->stdin = mp_read_u32(r);
	m->stdout = mp_read_u32(r);
	m->stderr = mp_read_u32(r);
	m->stdin_received = mp_read_u64(r);
	m->stdin_acked = mp_read_u64(r);
	m->stdin_ended = mp_read_bool(r);
	m->stdout_acked = mp_read_u64(r);
	m->stderr_acked = mp_read_u64(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_process_state(struct mp_writer *w, const struct msg_process_state *m)
{
	mp_write_array(w, 10);
	mp_write_uint(w, m->process);
	mp_write_uint(w, m->pid);
	mp_write_uint(w, m->stdin);
	mp_write_uint(w, m->stdout);
	mp_write_uint(w, m->stderr);
	mp_write_uint(w, m->stdin_received);
	mp_write_uint(w, m->stdin_acked);
	mp_write_bool(w, m->stdin_ended);
	mp_write_uint(w, m->stdout_acked);
	mp_write_uint(w, m->stderr_acked);
}

static void decode_msg_root_file_system(struct mp_reader *r, struct mp_arena *arena, struct msg_root_file_system *m)
{
	size_t later = mp_read_record(r, 3);

	(void)arena;
	m->root_slot = mp_read_u32(r);
	m->scratch_slot = mp_read_u32(r);
	m->read_only = mp_read_bool(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_root_file_system(struct mp_writer *w, const struct msg_root_file_system *m)
{
	mp_write_array(w, 3);
	mp_write_uint(w, m->root_slot);
	mp_write_uint(w, m->scratch_slot);
	mp_write_bool(w, m->read_only);
}

static void decode_msg_mount(struct mp_reader *r, struct mp_arena *arena, struct msg_mount *m)
{
	size_t later = mp_read_record(r, 6);

	(void)arena;
	m->type = mp_read_text(r, 32);
	m->source = mp_read_text(r, 4096);
	m->target = mp_read_text(r, 4096);
	m->flags = mp_read_u64(r);
	m->data = mp_read_text(r, 4096);
	m->populate = mp_read_bool(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_mount(struct mp_writer *w, const struct msg_mount *m)
{
	mp_write_array(w, 6);
	mp_write_text(w, m->type, 32);
	mp_write_text(w, m->source, 4096);
	mp_write_text(w, m->target, 4096);
	mp_write_uint(w, m->flags);
	mp_write_text(w, m->data, 4096);
	mp_write_bool(w, m->populate);
}

static void decode_msg_injected_file(struct mp_reader *r, struct mp_arena *arena, struct msg_injected_file *m)
{
	size_t later = mp_read_record(r, 3);

	(void)arena;
	m->path = mp_read_text(r, 4096);
	m->mode = mp_read_u32(r);
	m->content = mp_read_binary(r, 65536);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_injected_file(struct mp_writer *w, const struct msg_injected_file *m)
{
	mp_write_array(w, 3);
	mp_write_text(w, m->path, 4096);
	mp_write_uint(w, m->mode);
	mp_write_binary(w, m->content, 65536);
}

static void decode_msg_network_interface(struct mp_reader *r, struct mp_arena *arena, struct msg_network_interface *m)
{
	size_t later = mp_read_record(r, 6);

	m->slot = mp_read_u32(r);
	m->name = mp_read_text(r, 15);
	m->addresses = mp_read_texts(r, arena, 8, 64, &m->addresses_count);
	m->gateways = mp_read_texts(r, arena, 2, 64, &m->gateways_count);
	m->mtu = mp_read_u32(r);
	m->mac_address = mp_read_binary(r, 6);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_network_interface(struct mp_writer *w, const struct msg_network_interface *m)
{
	mp_write_array(w, 6);
	mp_write_uint(w, m->slot);
	mp_write_text(w, m->name, 15);
	mp_write_texts(w, m->addresses, m->addresses_count, 8, 64);
	mp_write_texts(w, m->gateways, m->gateways_count, 2, 64);
	mp_write_uint(w, m->mtu);
	mp_write_binary(w, m->mac_address, 6);
}

static void decode_msg_sysctl(struct mp_reader *r, struct mp_arena *arena, struct msg_sysctl *m)
{
	size_t later = mp_read_record(r, 2);

	(void)arena;
	m->name = mp_read_text(r, 256);
	m->value = mp_read_text(r, 1024);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_sysctl(struct mp_writer *w, const struct msg_sysctl *m)
{
	mp_write_array(w, 2);
	mp_write_text(w, m->name, 256);
	mp_write_text(w, m->value, 1024);
}

static void decode_msg_resource_limit(struct mp_reader *r, struct mp_arena *arena, struct msg_resource_limit *m)
{
	size_t later = mp_read_record(r, 3);

	(void)arena;
	m->resource = mp_read_u32(r);
	m->soft = mp_read_u64(r);
	m->hard = mp_read_u64(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_resource_limit(struct mp_writer *w, const struct msg_resource_limit *m)
{
	mp_write_array(w, 3);
	mp_write_uint(w, m->resource);
	mp_write_uint(w, m->soft);
	mp_write_uint(w, m->hard);
}

static void decode_msg_kernel_file(struct mp_reader *r, struct mp_arena *arena, struct msg_kernel_file *m)
{
	size_t later = mp_read_record(r, 2);

	(void)arena;
	m->name = mp_read_text(r, 64);
	m->content = mp_read_binary(r, 4096);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_kernel_file(struct mp_writer *w, const struct msg_kernel_file *m)
{
	mp_write_array(w, 2);
	mp_write_text(w, m->name, 64);
	mp_write_binary(w, m->content, 4096);
}

static void decode_msg_process_info(struct mp_reader *r, struct mp_arena *arena, struct msg_process_info *m)
{
	size_t later = mp_read_record(r, 4);

	(void)arena;
	m->pid = mp_read_u32(r);
	m->uid = mp_read_u32(r);
	m->stat = mp_read_binary(r, 1024);
	m->arguments = mp_read_binary(r, 1024);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_process_info(struct mp_writer *w, const struct msg_process_info *m)
{
	mp_write_array(w, 4);
	mp_write_uint(w, m->pid);
	mp_write_uint(w, m->uid);
	mp_write_binary(w, m->stat, 1024);
	mp_write_binary(w, m->arguments, 1024);
}

static void decode_msg_hello(struct mp_reader *r, struct mp_arena *arena, struct msg_hello *m, size_t count)
{
	size_t later = mp_later(r, count, 6);

	(void)arena;
	m->min_version = mp_read_u32(r);
	m->max_version = mp_read_u32(r);
	m->token = mp_read_binary(r, 32);
	m->wall_clock = mp_read_u64(r);
	m->window = mp_read_u32(r);
	m->seed = mp_read_binary(r, 64);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_hello(struct mp_writer *w, const struct msg_hello *m)
{
	mp_write_uint(w, m->min_version);
	mp_write_uint(w, m->max_version);
	mp_write_binary(w, m->token, 32);
	mp_write_uint(w, m->wall_clock);
	mp_write_uint(w, m->window);
	mp_write_binary(w, m->seed, 64);
}

static void decode_msg_hello_reply(struct mp_reader *r, struct mp_arena *arena, struct msg_hello_reply *m, size_t count)
{
	size_t later = mp_later(r, count, 9);

	m->version = mp_read_u32(r);
	m->token = mp_read_binary(r, 32);
	m->agent_build = mp_read_text(r, 64);
	m->kernel_release = mp_read_text(r, 128);
	m->memory_total = mp_read_u64(r);
	m->memory_available = mp_read_u64(r);
	m->uptime = mp_read_u64(r);
	m->is_set_up = mp_read_bool(r);
	m->processes_count = mp_read_array(r, 1024);
	m->processes = mp_arena_get(r, arena, m->processes_count, sizeof(*m->processes));
	for (size_t i = 0; i < m->processes_count && !r->error; i++)
		decode_msg_process_state(r, arena, &m->processes[i]);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_hello_reply(struct mp_writer *w, const struct msg_hello_reply *m)
{
	mp_write_uint(w, m->version);
	mp_write_binary(w, m->token, 32);
	mp_write_text(w, m->agent_build, 64);
	mp_write_text(w, m->kernel_release, 128);
	mp_write_uint(w, m->memory_total);
	mp_write_uint(w, m->memory_available);
	mp_write_uint(w, m->uptime);
	mp_write_bool(w, m->is_set_up);
	mp_write_list(w, m->processes_count, 1024);
	for (size_t i = 0; i < m->processes_count && !w->overflow; i++)
		encode_msg_process_state(w, &m->processes[i]);
}

static void decode_msg_failure(struct mp_reader *r, struct mp_arena *arena, struct msg_failure *m, size_t count)
{
	size_t later = mp_later(r, count, 3);

	(void)arena;
	m->kind = mp_read_u32(r);
	m->error_number = mp_read_u32(r);
	m->message = mp_read_text(r, 1024);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_failure(struct mp_writer *w, const struct msg_failure *m)
{
	mp_write_uint(w, m->kind);
	mp_write_uint(w, m->error_number);
	mp_write_text(w, m->message, 1024);
}

static void decode_msg_setup(struct mp_reader *r, struct mp_arena *arena, struct msg_setup *m, size_t count)
{
	size_t later = mp_later(r, count, 11);

	decode_msg_root_file_system(r, arena, &m->root);
	m->hostname = mp_read_text(r, 64);
	m->domainname = mp_read_text(r, 64);
	m->mounts_count = mp_read_array(r, 256);
	m->mounts = mp_arena_get(r, arena, m->mounts_count, sizeof(*m->mounts));
	for (size_t i = 0; i < m->mounts_count && !r->error; i++)
		decode_msg_mount(r, arena, &m->mounts[i]);
	m->files_count = mp_read_array(r, 16);
	m->files = mp_arena_get(r, arena, m->files_count, sizeof(*m->files));
	for (size_t i = 0; i < m->files_count && !r->error; i++)
		decode_msg_injected_file(r, arena, &m->files[i]);
	m->interfaces_count = mp_read_array(r, 8);
	m->interfaces = mp_arena_get(r, arena, m->interfaces_count, sizeof(*m->interfaces));
	for (size_t i = 0; i < m->interfaces_count && !r->error; i++)
		decode_msg_network_interface(r, arena, &m->interfaces[i]);
	m->sysctls_count = mp_read_array(r, 64);
	m->sysctls = mp_arena_get(r, arena, m->sysctls_count, sizeof(*m->sysctls));
	for (size_t i = 0; i < m->sysctls_count && !r->error; i++)
		decode_msg_sysctl(r, arena, &m->sysctls[i]);
	m->masked_paths = mp_read_texts(r, arena, 64, 4096, &m->masked_paths_count);
	m->readonly_paths = mp_read_texts(r, arena, 64, 4096, &m->readonly_paths_count);
	m->privileged = mp_read_bool(r);
	m->shm_size = mp_read_u64(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_setup(struct mp_writer *w, const struct msg_setup *m)
{
	encode_msg_root_file_system(w, &m->root);
	mp_write_text(w, m->hostname, 64);
	mp_write_text(w, m->domainname, 64);
	mp_write_list(w, m->mounts_count, 256);
	for (size_t i = 0; i < m->mounts_count && !w->overflow; i++)
		encode_msg_mount(w, &m->mounts[i]);
	mp_write_list(w, m->files_count, 16);
	for (size_t i = 0; i < m->files_count && !w->overflow; i++)
		encode_msg_injected_file(w, &m->files[i]);
	mp_write_list(w, m->interfaces_count, 8);
	for (size_t i = 0; i < m->interfaces_count && !w->overflow; i++)
		encode_msg_network_interface(w, &m->interfaces[i]);
	mp_write_list(w, m->sysctls_count, 64);
	for (size_t i = 0; i < m->sysctls_count && !w->overflow; i++)
		encode_msg_sysctl(w, &m->sysctls[i]);
	mp_write_texts(w, m->masked_paths, m->masked_paths_count, 64, 4096);
	mp_write_texts(w, m->readonly_paths, m->readonly_paths_count, 64, 4096);
	mp_write_bool(w, m->privileged);
	mp_write_uint(w, m->shm_size);
}

static void decode_msg_start(struct mp_reader *r, struct mp_arena *arena, struct msg_start *m, size_t count)
{
	size_t later = mp_later(r, count, 18);

	m->process = mp_read_u32(r);
	m->init = mp_read_bool(r);
	m->arguments = mp_read_texts(r, arena, 4096, 131072, &m->arguments_count);
	m->environment = mp_read_texts(r, arena, 4096, 131072, &m->environment_count);
	m->working_directory = mp_read_text(r, 4096);
	m->user = mp_read_text(r, 256);
	m->groups = mp_read_texts(r, arena, 256, 256, &m->groups_count);
	m->capabilities = mp_read_u64(r);
	m->no_new_privileges = mp_read_bool(r);
	m->resource_limits_count = mp_read_array(r, 32);
	m->resource_limits = mp_arena_get(r, arena, m->resource_limits_count, sizeof(*m->resource_limits));
	for (size_t i = 0; i < m->resource_limits_count && !r->error; i++)
		decode_msg_resource_limit(r, arena, &m->resource_limits[i]);
	m->terminal = mp_read_bool(r);
	m->rows = mp_read_u32(r);
	m->columns = mp_read_u32(r);
	m->stdin = mp_read_u32(r);
	m->stdout = mp_read_u32(r);
	m->stderr = mp_read_u32(r);
	m->oom_score_adjust = mp_read_i32(r);
	m->reaper = mp_read_bool(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_start(struct mp_writer *w, const struct msg_start *m)
{
	mp_write_uint(w, m->process);
	mp_write_bool(w, m->init);
	mp_write_texts(w, m->arguments, m->arguments_count, 4096, 131072);
	mp_write_texts(w, m->environment, m->environment_count, 4096, 131072);
	mp_write_text(w, m->working_directory, 4096);
	mp_write_text(w, m->user, 256);
	mp_write_texts(w, m->groups, m->groups_count, 256, 256);
	mp_write_uint(w, m->capabilities);
	mp_write_bool(w, m->no_new_privileges);
	mp_write_list(w, m->resource_limits_count, 32);
	for (size_t i = 0; i < m->resource_limits_count && !w->overflow; i++)
		encode_msg_resource_limit(w, &m->resource_limits[i]);
	mp_write_bool(w, m->terminal);
	mp_write_uint(w, m->rows);
	mp_write_uint(w, m->columns);
	mp_write_uint(w, m->stdin);
	mp_write_uint(w, m->stdout);
	mp_write_uint(w, m->stderr);
	mp_write_int(w, m->oom_score_adjust);
	mp_write_bool(w, m->reaper);
}

static void decode_msg_started(struct mp_reader *r, struct mp_arena *arena, struct msg_started *m, size_t count)
{
	size_t later = mp_later(r, count, 1);

	(void)arena;
	m->pid = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_started(struct mp_writer *w, const struct msg_started *m)
{
	mp_write_uint(w, m->pid);
}

static void decode_msg_exited(struct mp_reader *r, struct mp_arena *arena, struct msg_exited *m, size_t count)
{
	size_t later = mp_later(r, count, 4);

	(void)arena;
	m->process = mp_read_u32(r);
	m->status = mp_read_u32(r);
	m->signal = mp_read_u32(r);
	m->out_of_memory = mp_read_bool(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_exited(struct mp_writer *w, const struct msg_exited *m)
{
	mp_write_uint(w, m->process);
	mp_write_uint(w, m->status);
	mp_write_uint(w, m->signal);
	mp_write_bool(w, m->out_of_memory);
}

static void decode_msg_forget(struct mp_reader *r, struct mp_arena *arena, struct msg_forget *m, size_t count)
{
	size_t later = mp_later(r, count, 1);

	(void)arena;
	m->process = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_forget(struct mp_writer *w, const struct msg_forget *m)
{
	mp_write_uint(w, m->process);
}

static void decode_msg_kill(struct mp_reader *r, struct mp_arena *arena, struct msg_kill *m, size_t count)
{
	size_t later = mp_later(r, count, 2);

	(void)arena;
	m->process = mp_read_u32(r);
	m->signal = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_kill(struct mp_writer *w, const struct msg_kill *m)
{
	mp_write_uint(w, m->process);
	mp_write_uint(w, m->signal);
}

static void decode_msg_resize(struct mp_reader *r, struct mp_arena *arena, struct msg_resize *m, size_t count)
{
	size_t later = mp_later(r, count, 3);

	(void)arena;
	m->process = mp_read_u32(r);
	m->rows = mp_read_u32(r);
	m->columns = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_resize(struct mp_writer *w, const struct msg_resize *m)
{
	mp_write_uint(w, m->process);
	mp_write_uint(w, m->rows);
	mp_write_uint(w, m->columns);
}

static void decode_msg_measurement(struct mp_reader *r, struct mp_arena *arena, struct msg_measurement *m, size_t count)
{
	size_t later = mp_later(r, count, 2);

	m->uptime = mp_read_u64(r);
	m->files_count = mp_read_array(r, 16);
	m->files = mp_arena_get(r, arena, m->files_count, sizeof(*m->files));
	for (size_t i = 0; i < m->files_count && !r->error; i++)
		decode_msg_kernel_file(r, arena, &m->files[i]);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_measurement(struct mp_writer *w, const struct msg_measurement *m)
{
	mp_write_uint(w, m->uptime);
	mp_write_list(w, m->files_count, 16);
	for (size_t i = 0; i < m->files_count && !w->overflow; i++)
		encode_msg_kernel_file(w, &m->files[i]);
}

static void decode_msg_list_processes(struct mp_reader *r, struct mp_arena *arena, struct msg_list_processes *m, size_t count)
{
	size_t later = mp_later(r, count, 1);

	(void)arena;
	m->after = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_list_processes(struct mp_writer *w, const struct msg_list_processes *m)
{
	mp_write_uint(w, m->after);
}

static void decode_msg_data(struct mp_reader *r, struct mp_arena *arena, struct msg_data *m, size_t count)
{
	size_t later = mp_later(r, count, 3);

	(void)arena;
	m->stream = mp_read_u32(r);
	m->offset = mp_read_u64(r);
	m->bytes = mp_read_binary(r, 65536);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_data(struct mp_writer *w, const struct msg_data *m)
{
	mp_write_uint(w, m->stream);
	mp_write_uint(w, m->offset);
	mp_write_binary(w, m->bytes, 65536);
}

static void decode_msg_ack(struct mp_reader *r, struct mp_arena *arena, struct msg_ack *m, size_t count)
{
	size_t later = mp_later(r, count, 2);

	(void)arena;
	m->stream = mp_read_u32(r);
	m->offset = mp_read_u64(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_ack(struct mp_writer *w, const struct msg_ack *m)
{
	mp_write_uint(w, m->stream);
	mp_write_uint(w, m->offset);
}

static void decode_msg_end(struct mp_reader *r, struct mp_arena *arena, struct msg_end *m, size_t count)
{
	size_t later = mp_later(r, count, 2);

	(void)arena;
	m->stream = mp_read_u32(r);
	m->offset = mp_read_u64(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_end(struct mp_writer *w, const struct msg_end *m)
{
	mp_write_uint(w, m->stream);
	mp_write_uint(w, m->offset);
}

static void decode_msg_stop(struct mp_reader *r, struct mp_arena *arena, struct msg_stop *m, size_t count)
{
	size_t later = mp_later(r, count, 1);

	(void)arena;
	m->stream = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_stop(struct mp_writer *w, const struct msg_stop *m)
{
	mp_write_uint(w, m->stream);
}

static void decode_msg_goodbye(struct mp_reader *r, struct mp_arena *arena, struct msg_goodbye *m, size_t count)
{
	size_t later = mp_later(r, count, 1);

	(void)arena;
	m->reason = mp_read_text(r, 1024);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_goodbye(struct mp_writer *w, const struct msg_goodbye *m)
{
	mp_write_text(w, m->reason, 1024);
}

static void decode_msg_process_list(struct mp_reader *r, struct mp_arena *arena, struct msg_process_list *m, size_t count)
{
	size_t later = mp_later(r, count, 3);

	m->uptime = mp_read_u64(r);
	m->processes_count = mp_read_array(r, 256);
	m->processes = mp_arena_get(r, arena, m->processes_count, sizeof(*m->processes));
	for (size_t i = 0; i < m->processes_count && !r->error; i++)
		decode_msg_process_info(r, arena, &m->processes[i]);
	m->more = mp_read_bool(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_process_list(struct mp_writer *w, const struct msg_process_list *m)
{
	mp_write_uint(w, m->uptime);
	mp_write_list(w, m->processes_count, 256);
	for (size_t i = 0; i < m->processes_count && !w->overflow; i++)
		encode_msg_process_info(w, &m->processes[i]);
	mp_write_bool(w, m->more);
}

static void decode_msg_adjust(struct mp_reader *r, struct mp_arena *arena, struct msg_adjust *m, size_t count)
{
	size_t later = mp_later(r, count, 4);

	(void)arena;
	m->wall_clock = mp_read_u64(r);
	m->memory_limit = mp_read_u64(r);
	m->process_limit = mp_read_u64(r);
	m->stillness = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_adjust(struct mp_writer *w, const struct msg_adjust *m)
{
	mp_write_uint(w, m->wall_clock);
	mp_write_uint(w, m->memory_limit);
	mp_write_uint(w, m->process_limit);
	mp_write_uint(w, m->stillness);
}

static void decode_msg_start_tool(struct mp_reader *r, struct mp_arena *arena, struct msg_start_tool *m, size_t count)
{
	size_t later = mp_later(r, count, 11);

	(void)arena;
	m->process = mp_read_u32(r);
	m->tool = mp_read_u32(r);
	m->path = mp_read_text(r, 4096);
	m->name = mp_read_text(r, 4096);
	m->user = mp_read_text(r, 256);
	m->keep_kinds = mp_read_bool(r);
	m->sync = mp_read_bool(r);
	m->freeze = mp_read_bool(r);
	m->stdin = mp_read_u32(r);
	m->stdout = mp_read_u32(r);
	m->stderr = mp_read_u32(r);
	mp_skip(r, later, MSG_MAX_DEPTH - 2);
}

static void encode_msg_start_tool(struct mp_writer *w, const struct msg_start_tool *m)
{
	mp_write_uint(w, m->process);
	mp_write_uint(w, m->tool);
	mp_write_text(w, m->path, 4096);
	mp_write_text(w, m->name, 4096);
	mp_write_text(w, m->user, 256);
	mp_write_bool(w, m->keep_kinds);
	mp_write_bool(w, m->sync);
	mp_write_bool(w, m->freeze);
	mp_write_uint(w, m->stdin);
	mp_write_uint(w, m->stdout);
	mp_write_uint(w, m->stderr);
}

static bool may_send(uint32_t type, bool host)
{
	switch (type) {
	case MSG_HELLO:
	case MSG_SETUP:
	case MSG_START:
	case MSG_FORGET:
	case MSG_KILL:
	case MSG_RESIZE:
	case MSG_SHUTDOWN:
	case MSG_MEASURE:
	case MSG_LIST_PROCESSES:
	case MSG_ADJUST:
	case MSG_START_TOOL:
		return host;
	case MSG_HELLO_REPLY:
	case MSG_OK:
	case MSG_FAILURE:
	case MSG_STARTED:
	case MSG_EXITED:
	case MSG_MEASUREMENT:
	case MSG_PROCESS_LIST:
		return !host;
	case MSG_DATA:
	case MSG_ACK:
	case MSG_END:
	case MSG_STOP:
	case MSG_GOODBYE:
		return true;
	default:
		return false;
	}
}

static void decode_fields(struct mp_reader *r, struct mp_arena *arena, struct msg *m, size_t count)
{
	switch (m->type) {
	case MSG_HELLO:
		decode_msg_hello(r, arena, &m->hello, count);
		break;
	case MSG_HELLO_REPLY:
		decode_msg_hello_reply(r, arena, &m->hello_reply, count);
		break;
	case MSG_FAILURE:
		decode_msg_failure(r, arena, &m->failure, count);
		break;
	case MSG_SETUP:
		decode_msg_setup(r, arena, &m->setup, count);
		break;
	case MSG_START:
		decode_msg_start(r, arena, &m->start, count);
		break;
	case MSG_STARTED:
		decode_msg_started(r, arena, &m->started, count);
		break;
	case MSG_EXITED:
		decode_msg_exited(r, arena, &m->exited, count);
		break;
	case MSG_FORGET:
		decode_msg_forget(r, arena, &m->forget, count);
		break;
	case MSG_KILL:
		decode_msg_kill(r, arena, &m->kill, count);
		break;
	case MSG_RESIZE:
		decode_msg_resize(r, arena, &m->resize, count);
		break;
	case MSG_MEASUREMENT:
		decode_msg_measurement(r, arena, &m->measurement, count);
		break;
	case MSG_LIST_PROCESSES:
		decode_msg_list_processes(r, arena, &m->list_processes, count);
		break;
	case MSG_DATA:
		decode_msg_data(r, arena, &m->data, count);
		break;
	case MSG_ACK:
		decode_msg_ack(r, arena, &m->ack, count);
		break;
	case MSG_END:
		decode_msg_end(r, arena, &m->end, count);
		break;
	case MSG_STOP:
		decode_msg_stop(r, arena, &m->stop, count);
		break;
	case MSG_GOODBYE:
		decode_msg_goodbye(r, arena, &m->goodbye, count);
		break;
	case MSG_PROCESS_LIST:
		decode_msg_process_list(r, arena, &m->process_list, count);
		break;
	case MSG_ADJUST:
		decode_msg_adjust(r, arena, &m->adjust, count);
		break;
	case MSG_START_TOOL:
		decode_msg_start_tool(r, arena, &m->start_tool, count);
		break;
	default:
		mp_skip(r, count, MSG_MAX_DEPTH - 1);
		break;
	}
}

int msg_decode(uint8_t *payload, size_t size, bool from_host, struct mp_arena *arena, struct msg *ret)
{
	struct mp_reader r = {.data = payload, .length = size};
	size_t count = mp_read_array(&r, SIZE_MAX);

	*ret = (struct msg){.type = mp_read_u32(&r)};
	ret->id = mp_read_u32(&r);
	if (r.error)
		return r.error;
	if (count < 2 || !may_send(ret->type, from_host))
		return -EPROTO;
	arena->used = 0;
	decode_fields(&r, arena, ret, count - 2);
	if (!r.error && r.position != r.length)
		return -EPROTO;
	return r.error;
}

static void encode_fields(struct mp_writer *w, const struct msg *m)
{
	switch (m->type) {
	case MSG_HELLO:
		mp_write_head(w, m->type, m->id, 6);
		encode_msg_hello(w, &m->hello);
		break;
	case MSG_HELLO_REPLY:
		mp_write_head(w, m->type, m->id, 9);
		encode_msg_hello_reply(w, &m->hello_reply);
		break;
	case MSG_OK:
		mp_write_head(w, m->type, m->id, 0);
		break;
	case MSG_FAILURE:
		mp_write_head(w, m->type, m->id, 3);
		encode_msg_failure(w, &m->failure);
		break;
	case MSG_SETUP:
		mp_write_head(w, m->type, m->id, 11);
		encode_msg_setup(w, &m->setup);
		break;
	case MSG_START:
		mp_write_head(w, m->type, m->id, 18);
		encode_msg_start(w, &m->start);
		break;
	case MSG_STARTED:
		mp_write_head(w, m->type, m->id, 1);
		encode_msg_started(w, &m->started);
		break;
	case MSG_EXITED:
		mp_write_head(w, m->type, m->id, 4);
		encode_msg_exited(w, &m->exited);
		break;
	case MSG_FORGET:
		mp_write_head(w, m->type, m->id, 1);
		encode_msg_forget(w, &m->forget);
		break;
	case MSG_KILL:
		mp_write_head(w, m->type, m->id, 2);
		encode_msg_kill(w, &m->kill);
		break;
	case MSG_RESIZE:
		mp_write_head(w, m->type, m->id, 3);
		encode_msg_resize(w, &m->resize);
		break;
	case MSG_SHUTDOWN:
		mp_write_head(w, m->type, m->id, 0);
		break;
	case MSG_MEASURE:
		mp_write_head(w, m->type, m->id, 0);
		break;
	case MSG_MEASUREMENT:
		mp_write_head(w, m->type, m->id, 2);
		encode_msg_measurement(w, &m->measurement);
		break;
	case MSG_LIST_PROCESSES:
		mp_write_head(w, m->type, m->id, 1);
		encode_msg_list_processes(w, &m->list_processes);
		break;
	case MSG_DATA:
		mp_write_head(w, m->type, m->id, 3);
		encode_msg_data(w, &m->data);
		break;
	case MSG_ACK:
		mp_write_head(w, m->type, m->id, 2);
		encode_msg_ack(w, &m->ack);
		break;
	case MSG_END:
		mp_write_head(w, m->type, m->id, 2);
		encode_msg_end(w, &m->end);
		break;
	case MSG_STOP:
		mp_write_head(w, m->type, m->id, 1);
		encode_msg_stop(w, &m->stop);
		break;
	case MSG_GOODBYE:
		mp_write_head(w, m->type, m->id, 1);
		encode_msg_goodbye(w, &m->goodbye);
		break;
	case MSG_PROCESS_LIST:
		mp_write_head(w, m->type, m->id, 3);
		encode_msg_process_list(w, &m->process_list);
		break;
	case MSG_ADJUST:
		mp_write_head(w, m->type, m->id, 4);
		encode_msg_adjust(w, &m->adjust);
		break;
	case MSG_START_TOOL:
		mp_write_head(w, m->type, m->id, 11);
		encode_msg_start_tool(w, &m->start_tool);
		break;
	default:
		w->overflow = true;
		break;
	}
}

ssize_t msg_encode(const struct msg *message, uint8_t *buffer, size_t size)
{
	struct mp_writer w = {.data = buffer, .size = size};

	encode_fields(&w, message);
	return w.overflow ? -ENOBUFS : (ssize_t)w.length;
}

ssize_t msg_encode_data_head(const struct msg *message, uint8_t *buffer, size_t size)
{
	struct mp_writer w = {.data = buffer, .size = size};

	mp_write_head(&w, MSG_DATA, 0, 3);
	mp_write_uint(&w, message->data.stream);
	mp_write_uint(&w, message->data.offset);
	mp_write_binary_head(&w, message->data.bytes.length, MSG_MAX_DATA);
	return w.overflow ? -ENOBUFS : (ssize_t)w.length;
}
