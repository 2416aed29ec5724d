// Output that nobody has to wait for.
#include "app/output_pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace dn::app {
namespace {

using namespace std::chrono_literals;

class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe2(fds_, O_CLOEXEC), 0);
    EXPECT_GE(fcntl(fds_[1], F_SETPIPE_SZ, 4096), 4096);
  }
  ~Pipe() {
    close_reader();
    close(fds_[1]);
  }
  int writer() const { return fds_[1]; }
  void close_reader() {
    if (fds_[0] >= 0) close(fds_[0]);
    fds_[0] = -1;
  }
  std::string read_some() const {
    std::string out(4096, '\0');
    const ssize_t n = read(fds_[0], out.data(), out.size());
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }

 private:
  int fds_[2] = {-1, -1};
};

TEST(OutputPump, EverythingComesInOrder) {
  Pipe pipe;
  OutputPump pump(pipe.writer(), 1'000'000);
  std::string put;
  for (int i = 0; i < 2000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    put += line;
    pump.put(line);
  }
  std::string got;
  while (got.size() < put.size()) got += pipe.read_some();
  pump.finish(10s);
  EXPECT_EQ(got, put);
  EXPECT_EQ(pump.lost(), 0U);
}

TEST(OutputPump, AReaderThatStopsHoldsNothingUpAndWhatDoesNotFitIsCounted) {
  Pipe pipe;
  OutputPump pump(pipe.writer(), 10'000);
  const std::string line(1000, 'x');
  for (int i = 0; i < 100; ++i) pump.put(line);  // would never end if it waited
  // 4096 bytes are in the pipe, and those that wait are counted until they are written whole.
  EXPECT_GE(pump.lost(), 100U - 4 - 10);
  EXPECT_LE(pump.lost(), 90U);
  pump.finish(20ms);
  EXPECT_GE(pump.lost(), 100U - 4);
}

TEST(OutputPump, AReaderThatIsGoneMissesNothing) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  OutputPump pump(pipe.writer(), 1'000'000);
  for (int i = 0; i < 10; ++i) pump.put("nobody reads this\n");
  pump.finish(10s);
  EXPECT_EQ(pump.lost(), 0U);
}

TEST(OutputPump, AFullDeviceLosesEachText) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    OutputPump pump(full, 1'000'000);
    for (int i = 0; i < 3; ++i) pump.put("no space\n");
    pump.finish(10s);
    EXPECT_EQ(pump.lost(), 3U);
  }
  close(full);
}

}  // namespace
}  // namespace dn::app
