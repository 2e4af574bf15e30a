#include <signal.h>
#include <stdlib.h>

#include "test.h"

int checks_failed;

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{"ring", test_ring},
		{"buffer", test_buffer},
		{"util", test_util},
		{"user", test_user},
		{"exec", test_exec},
		{"path", test_path},
		{"output", test_output},
		{"input", test_input},
		{"connection", test_connection},
		{"agent", test_agent},
		{"device filter", test_device_filter},
		{"tar", test_tar},
		{"tools", test_tools},
		{"observe", test_observe},
		{"copy", test_copy},
	};
	int failed = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int before = checks_failed;

		tests[i].run();
		(void)printf("%s %zu - %s\n", checks_failed == before ? "ok" : "not ok", i + 1, tests[i].name);
		failed += checks_failed != before;
	}
	(void)printf("1..%zu\n", sizeof(tests) / sizeof(tests[0]));
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
