// A minimal harness: tests are functions; CHECK counts and reports, and a failed one fails the run.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

extern int checks_failed;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition); \
			checks_failed++; \
		} \
	} while (0)

#define CHECK_INT(actual, expected) \
	do { \
		long long actual_ = (long long)(actual); \
		long long expected_ = (long long)(expected); \
		if (actual_ != expected_) { \
			(void)fprintf(stderr, "%s:%d: %s: %s is %lld, not %lld\n", __FILE__, __LINE__, __func__, #actual, actual_, \
				expected_); \
			checks_failed++; \
		} \
	} while (0)

#define CHECK_TEXT(actual, expected) \
	do { \
		const char *actual_ = (actual); \
		const char *expected_ = (expected); \
		if (strcmp(actual_, expected_) != 0) { \
			(void)fprintf(stderr, "%s:%d: %s: \"%s\", not \"%s\"\n", __FILE__, __LINE__, __func__, actual_, expected_); \
			checks_failed++; \
		} \
	} while (0)

// Every file's tests, in test_main.c's table.
void test_ring(void);
void test_buffer(void);
void test_util(void);
void test_user(void);
void test_exec(void);
void test_path(void);
void test_output(void);
void test_input(void);
void test_connection(void);
void test_agent(void);
void test_device_filter(void);
void test_tar(void);
void test_tools(void);
void test_observe(void);
void test_copy(void);
