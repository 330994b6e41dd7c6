// Ends as it is told: exit CODE, raise SIGNAL, or signal-parent SIGNAL and by what comes of it.

#include <cstdlib>
#include <cstring>

#include <signal.h>
#include <unistd.h>

int main(int, char** words) {
  if (std::strcmp(words[1], "exit") == 0) return std::atoi(words[2]);
  if (std::strcmp(words[1], "raise") == 0) raise(std::atoi(words[2]));
  kill(getppid(), std::atoi(words[2]));
  while (true) pause();
}
