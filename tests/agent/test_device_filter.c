#include <stdint.h>

#include "device_filter.h"
#include "test.h"

// The few instructions that the filter uses, run as the kernel would.
static int run(const struct bpf_insn *program, size_t length, const struct bpf_cgroup_dev_ctx *context)
{
	uint64_t r[16] = {0};
	size_t at = 0;

	while (at < length) {
		const struct bpf_insn *insn = &program[at++];
		uint64_t dst = r[insn->dst_reg];
		uint64_t value = (uint64_t)(int64_t)insn->imm;
		bool jump = false;

		switch (insn->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			r[insn->dst_reg] = *(const uint32_t *)(const void *)((const char *)context + insn->off);
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			r[insn->dst_reg] = r[insn->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[insn->dst_reg] = value;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			r[insn->dst_reg] &= value;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			r[insn->dst_reg] >>= value;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = dst == value;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			jump = dst != value;
			break;
		case BPF_JMP | BPF_JLT | BPF_K:
			jump = dst < value;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			jump = dst > value;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)r[0];
		default:
			return -1;
		}
		if (jump)
			at += (size_t)insn->off;
	}
	return -1;
}

static int decide(uint32_t access, uint32_t type, uint32_t major, uint32_t minor)
{
	struct bpf_insn program[DEVICE_FILTER_SIZE];
	size_t length = device_filter_build(program);
	const struct bpf_cgroup_dev_ctx context = {access << 16 | type, major, minor};

	CHECK(length < DEVICE_FILTER_SIZE);
	return run(program, length, &context);
}

void test_device_filter(void)
{
	const uint32_t use = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;
	const uint32_t c = BPF_DEVCG_DEV_CHAR;
	const uint32_t b = BPF_DEVCG_DEV_BLOCK;

	static const uint32_t allowed[][2] = {
		{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {10, 200}, {136, 0}, {136, 4711},
	};
	static const uint32_t denied[][2] = {
		{1, 1}, {1, 2}, {1, 4}, {1, 6}, {1, 10}, {1, 11}, {4, 64}, {5, 3}, {10, 199}, {10, 201}, {135, 0}, {137, 0}, {249, 1},
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		CHECK_INT(decide(use, c, allowed[i][0], allowed[i][1]), 1);
		CHECK_INT(decide(use, b, allowed[i][0], allowed[i][1]), 0);
	}
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		CHECK_INT(decide(use, c, denied[i][0], denied[i][1]), 0);
		CHECK_INT(decide(BPF_DEVCG_ACC_MKNOD, c, denied[i][0], denied[i][1]), 1);
		CHECK_INT(decide(BPF_DEVCG_ACC_MKNOD | use, c, denied[i][0], denied[i][1]), 0);
	}
	CHECK_INT(decide(BPF_DEVCG_ACC_MKNOD, b, 254, 16), 1);
	CHECK_INT(decide(BPF_DEVCG_ACC_READ, b, 254, 16), 0);
}
