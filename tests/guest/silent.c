// An init that does nothing, for ever: an agent that never answers.
#include <unistd.h>

int main(void)
{
	for (;;)
		(void)pause();
}
