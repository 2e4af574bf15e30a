// What the agent knows of and does to the VM as a whole: token, clock, random numbers, memory, the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_SIZE 32

// Reads the VM's token from fw_cfg. 0 or -errno.
int guest_read_token(uint8_t token[TOKEN_SIZE]);

// Compares in a time that does not depend on where they differ.
bool guest_same_token(const uint8_t *a, const uint8_t *b);

// Sets the wall clock; 0 leaves it. NANOSECONDS since the epoch.
void guest_set_clock(uint64_t nanoseconds);

// Feeds random bytes to the kernel's pool, counts them as entropy and reseeds: a restored VM has its template's state.
void guest_seed(const void *seed, size_t length);

// Bytes of memory in all and available now.
void guest_memory(uint64_t *total, uint64_t *available);

// Nanoseconds since the kernel started.
uint64_t guest_uptime(void);

// Stops the VM (the VMM takes a reset for the end). Returns only if the kernel refuses.
void guest_stop(void);
