// dn-exchange: MEXC spot, Gate spot and Gate USDT futures on the loopback. See README.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "server.h"

namespace {

using dn::exchange::Json;
using dn::exchange::ServerOptions;
using dn::exchange::whole_from;

constexpr const char* kUsage =
    "usage: dn-exchange [--port N] [--seed N] [--config FILE] [--out DIR]\n"
    "  --port N       the first of its ports; 0, the default: free ones\n"
    "  --seed N       of its market\n"
    "  --config FILE  settings as JSON\n"
    "  --out DIR      for its certificates; without it a folder that goes when it ends\n"
    "Its first line says READY, with addresses and keys as JSON. See tests/exchange/README.md.\n";

std::int64_t number(const std::string& flag, const std::string& text, std::int64_t most) {
  const auto n = whole_from(text);
  if (!n || *n < 0 || *n > most) throw std::invalid_argument(flag + " is a whole number");
  return *n;
}

void read_config(const std::string& path, dn::exchange::Settings& settings) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::invalid_argument(path + ": cannot be read");
  const auto keys = Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  const std::string wrong = keys ? settings.apply(*keys) : "not JSON";
  if (!wrong.empty()) throw std::invalid_argument(path + ": " + wrong);
}

ServerOptions read_options(int argc, char** argv) {
  ServerOptions o;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(flag + " needs a value");
    const std::string value = argv[i + 1];
    if (flag == "--port") {
      o.port = static_cast<int>(number(flag, value, 65000));
    } else if (flag == "--seed") {
      o.seed = static_cast<std::uint64_t>(number(flag, value, INT64_MAX));
    } else if (flag == "--config") {
      read_config(value, o.settings);
    } else if (flag == "--out") {
      o.out = value;
    } else {
      throw std::invalid_argument("unknown flag " + flag);
    }
  }
  return o;
}

// A folder that goes when we go.
struct TemporaryFolder {
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
  std::string make() {
    path = (std::filesystem::temp_directory_path() / "dn-exchange-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return path;
  }
  std::string path;
};

void serve(ServerOptions options) {
  asio::io_context io(1);
  TemporaryFolder folder;
  if (options.out.empty()) options.out = folder.make();
  dn::exchange::Server server(io, std::move(options));
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const asio::error_code&, int) {
    server.stop();
    io.stop();
  });
  std::printf("READY %s\n", server.ready_json().c_str());
  std::fflush(stdout);
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  try {
    serve(read_options(argc, argv));
    return 0;
  } catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "dn-exchange: %s\n%s", e.what(), kUsage);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dn-exchange: %s\n", e.what());
    return 1;
  }
}
