// Programs for a board that fail in one way each; which one is chosen when it is compiled. A test sends them in
// place of the real program, to see that the board goes back to the version it had.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
    const char *command = count > 1 ? words[1] : "";
    int installed = strncmp(words[0], "/usr/", 5) == 0;
    if (strcmp(command, "selftest") == 0) {
#ifdef FAILS_TRIAL
        puts("fail  net: the same window gives other logits the second time");
        return 1;
#endif
#ifdef FAILS_INSTALLED
        if (installed) {
            puts("ok    model: fine");
            puts("fail  decision: 3 s of zeros are music");
            return 1;
        }
#endif
        puts("ok    model: fine");
        return 0;
    }
#ifdef SILENT
    // Runs, as far as anybody sees, and says nothing.
    if (strcmp(command, "run") == 0) {
        for (;;) pause();
    }
#endif
    fputs("needledrop-device: cannot go on\n", stderr);
    return installed ? 2 : 1;
}
