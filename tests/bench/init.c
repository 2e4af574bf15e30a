/* The guest of the bare boot: ends as soon as it begins. */
#include <sys/reboot.h>

int main(void)
{
	return reboot(RB_AUTOBOOT);
}
