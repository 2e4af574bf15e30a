#include "device_filter.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "util.h"

// Registers.
#define RESULT BPF_REG_0
#define CONTEXT BPF_REG_1
#define ACCESS BPF_REG_2
#define TYPE BPF_REG_3
#define MAJOR BPF_REG_4
#define MINOR BPF_REG_5

// Character devices.
static const struct {
	int major, first_minor, last_minor;
} allowed[] = {
	{1, 3, 3},		// null
	{1, 5, 5},		// zero
	{1, 7, 9},		// full, random, urandom
	{5, 0, 2},		// tty, console, ptmx
	{10, 200, 200},		// net/tun
	{136, 0, 0xfffff},	// pts/*
};

struct builder {
	struct bpf_insn *program;
	size_t length;
};

// One instruction (kernel: Documentation/bpf/instruction-set.rst).
static void emit(struct builder *builder, int code, unsigned dst, unsigned src, int offset, int value)
{
	builder->program[builder->length++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = dst & 0xfU,
		.src_reg = src & 0xfU,
		.off = (int16_t)offset,
		.imm = value,
	};
}

static void load(struct builder *builder, unsigned reg, size_t offset)
{
	emit(builder, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT, (int)offset, 0);
}

// Jumps over COUNT instructions if REG compares so with VALUE.
static void skip_if(struct builder *builder, int comparison, unsigned reg, int value, int count)
{
	emit(builder, BPF_JMP | comparison | BPF_K, reg, 0, count, value);
}

// Two instructions.
static void finish(struct builder *builder, int result)
{
	emit(builder, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, 0, result);
	emit(builder, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

size_t device_filter_build(struct bpf_insn program[DEVICE_FILTER_SIZE])
{
	struct builder builder = {.program = program};

	// The first field holds access << 16 | type.
	load(&builder, ACCESS, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	load(&builder, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(&builder, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	emit(&builder, BPF_ALU64 | BPF_MOV | BPF_X, TYPE, ACCESS, 0, 0);
	emit(&builder, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(&builder, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	skip_if(&builder, BPF_JNE, ACCESS, BPF_DEVCG_ACC_MKNOD, 2);
	finish(&builder, 1);
	skip_if(&builder, BPF_JEQ, TYPE, BPF_DEVCG_DEV_CHAR, 2);
	finish(&builder, 0);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		skip_if(&builder, BPF_JNE, MAJOR, allowed[i].major, 4);
		skip_if(&builder, BPF_JLT, MINOR, allowed[i].first_minor, 3);
		skip_if(&builder, BPF_JGT, MINOR, allowed[i].last_minor, 2);
		finish(&builder, 1);
	}
	finish(&builder, 0);
	return builder.length;
}

int device_filter_attach(int cgroup)
{
	struct bpf_insn program[DEVICE_FILTER_SIZE];
	CLEANUP_FD int loaded = -1;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)program,
		.insn_cnt = (uint32_t)device_filter_build(program),
		.license = (uintptr_t)"MIT",
	};
	union bpf_attr attach = {
		.target_fd = (uint32_t)cgroup,
		.attach_type = BPF_CGROUP_DEVICE,
		// A container that divides its cgroup up may restrict its children further.
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	if (loaded < 0)
		return -errno;
	attach.attach_bpf_fd = (uint32_t)loaded;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0 ? -errno : 0;
}
