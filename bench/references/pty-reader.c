/* Reference for PTY mode: runs a command on a pseudo-terminal and copies what it prints to stdout, nothing else.
   What it reaches is the limit that the kernel's terminal sets. */

#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[64 * 1024];

int main(int argc, char **argv) {
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  int master, status;
  pid_t child;

  if (argc < 2) return 2;
  child = forkpty(&master, NULL, NULL, &size);
  if (child < 0) return 1;
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  for (;;) {
    ssize_t got = read(master, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break; /* EIO: the child is gone and everything has been read */
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(STDOUT_FILENO, buffer + done, got - done);
      if (put < 0) return 1;
      done += put;
    }
  }
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
