// The installation file: where it is looked for, what it may say, and what each mistake is answered with.
#include "app/dn_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::HasSubstr;
using testing::Not;

// An environment variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      setenv(name_, value->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

class Config : public testing::Test {
 protected:
  TempDir dir;
  Variable home{"HOME", dir / "home"};
  Variable config_home{"XDG_CONFIG_HOME", std::nullopt};
  Variable state_home{"XDG_STATE_HOME", std::nullopt};

  DnConfig read(std::string_view text) {
    auto config = load_config(dir.write("dn.toml", text));
    if (!config) {
      ADD_FAILURE() << config.error().message;
      return {};
    }
    return *config;
  }
  std::string refusal(std::string_view text) {
    const auto config = load_config(dir.write("dn.toml", text));
    if (config) {
      ADD_FAILURE() << "was accepted: " << text;
      return {};
    }
    EXPECT_EQ(config.error().code, ExitCode::Config);
    std::string message = config.error().message;
    for (std::size_t at = 0; (at = message.find(dir.path() + "/")) != std::string::npos;) message.erase(at, dir.path().size() + 1);
    return message;
  }
};

TEST_F(Config, ReadsTheExampleOfTheManual) {
  const DnConfig c = read(R"(mode = "live"                # paper | live
feed = "live"                # synthetic | replay | live (paper only)
state_dir = "/var/lib/dn"    # holds dn.db, locks, HALT

[endpoints.mexc_spot]        # optional; for test networks and loopback
rest = "https://127.0.0.1:18443"
ws = "wss://127.0.0.1:18444/ws"
ca_file = "/path/ca.pem"
rate_scale = 100

[endpoints.gateio_futures]
rest = "https://[::1]:18453"
ws = "wss://localhost:18464/v4/ws/usdt"
)");
  EXPECT_EQ(c.mode, TradingMode::Live);
  EXPECT_EQ(c.feed, FeedKind::Live);
  EXPECT_EQ(c.state_dir, "/var/lib/dn");
  EXPECT_EQ(c.file, dir / "dn.toml");
  ASSERT_EQ(c.endpoints.size(), 2U);
  const Endpoint& mexc = c.endpoints.at(Venue::MexcSpot);
  EXPECT_EQ(mexc.rest, "https://127.0.0.1:18443");
  EXPECT_EQ(mexc.ws, "wss://127.0.0.1:18444/ws");
  EXPECT_EQ(mexc.ca_file, "/path/ca.pem");
  EXPECT_EQ(mexc.rate_scale, 100);
  EXPECT_EQ(c.endpoints.at(Venue::GateioFutures).ws, "wss://localhost:18464/v4/ws/usdt");
  EXPECT_EQ(c.endpoints.at(Venue::GateioFutures).rate_scale, 1);
}

TEST_F(Config, IsPaperOnASyntheticMarketWithoutAFile) {
  if (std::filesystem::exists("/etc/dn/dn.toml")) GTEST_SKIP() << "this machine has an installation file";
  const auto c = load_config(std::nullopt);
  ASSERT_TRUE(c);
  EXPECT_EQ(c->mode, TradingMode::Paper);
  EXPECT_EQ(c->feed, FeedKind::Synthetic);
  EXPECT_EQ(c->file, "");
  EXPECT_EQ(c->state_dir, dir / "home/.local/state/dn");
  EXPECT_TRUE(c->endpoints.empty());
}

TEST_F(Config, KeepsItsStateWhereTheUserDoes) {
  const Variable other("XDG_STATE_HOME", dir / "state");
  EXPECT_EQ(read("").state_dir, dir / "state/dn");
  const Variable nowhere("HOME", std::nullopt);
  const Variable none("XDG_STATE_HOME", std::nullopt);
  EXPECT_EQ(read("").state_dir, "dn-state");
}

TEST_F(Config, IsFoundInTheOrderOfTheManual) {
  dir.write("home/.config/dn/dn.toml", "state_dir = \"/home-config\"");
  EXPECT_EQ(load_config(std::nullopt)->state_dir, "/home-config");
  dir.write("xdg/dn/dn.toml", "state_dir = \"/xdg-config\"");
  const Variable other("XDG_CONFIG_HOME", dir / "xdg");
  EXPECT_EQ(load_config(std::nullopt)->state_dir, "/xdg-config");
  EXPECT_EQ(load_config(dir.write("given.toml", "state_dir = \"/given\""))->state_dir, "/given");
}

TEST_F(Config, AFileThatIsNamedMustBeThere) {
  for (const std::string& path : {dir / "none.toml", dir.path(), std::string()}) {
    const auto c = load_config(path);
    ASSERT_FALSE(c) << path;
    EXPECT_EQ(c.error().code, ExitCode::NotFound) << path;
  }
  std::filesystem::create_directories(dir / "home/.config/dn/dn.toml");
  const auto found = load_config(std::nullopt);
  ASSERT_FALSE(found) << "what is found is not passed over for the next place";
  EXPECT_THAT(found.error().message, HasSubstr("is a directory"));
}

TEST_F(Config, RefusesWhatItDoesNotKnowAndSuggests) {
  EXPECT_EQ(refusal("mod = \"live\"\n"), "dn.toml:1:7: mod: is not a key of dn.toml; did you mean mode?");
  EXPECT_EQ(refusal("\nstate-dir = \"/x\"\n"), "dn.toml:2:13: state-dir: is not a key of dn.toml; did you mean state_dir?");
  EXPECT_EQ(refusal("[endpoint.mexc_spot]\nrest = \"https://h\"\n"), "dn.toml:2:8: endpoint.mexc_spot.rest: is not a key of dn.toml; did you mean endpoints?");
  EXPECT_EQ(refusal("[endpoints.mexc_spot]\nrset = \"https://h\"\n"), "dn.toml:2:8: endpoints.mexc_spot.rset: is not a key of dn.toml; did you mean rest?");
  EXPECT_EQ(refusal("[endpoints.mexc]\nrest = \"https://h\"\n"),
            "dn.toml:2:8: endpoints.mexc.rest: \"mexc\" is not a venue; write mexc_spot, gateio_spot or gateio_futures; did you mean mexc_spot?");
  EXPECT_EQ(refusal("symbol = \"BTC/USDT\"\n"), "dn.toml:1:10: symbol: is not a key of dn.toml");
  EXPECT_THAT(refusal("[zzz]\n"), HasSubstr("dn.toml:1:1: zzz: is not a key of dn.toml"));
  EXPECT_THAT(refusal("[[endpoints]]\nrest = \"https://h\"\n"), HasSubstr("dn.toml:1:1: endpoints: is not an array"));
  EXPECT_THAT(refusal("endpoints = 1\n"), HasSubstr("dn.toml:1:13: endpoints: is a table"));
  EXPECT_THAT(refusal("endpoints.mexc_spot = \"https://h\"\n"), HasSubstr("dn.toml:1:23: endpoints.mexc_spot: is a table"));
  EXPECT_TRUE(read("[endpoints]\n[endpoints.mexc_spot]\n").endpoints.empty());
}

TEST_F(Config, SaysWhoIsToldOfAlerts) {
  const DnConfig c = read(
      "alert_command = \"mail -s 'dn alert' me\"\nalert_webhook = \"https://example.com/hook?token=1\"\nalert_level = \"INFO\"\n"
      "alert_interval = \"5m\"\n");
  EXPECT_EQ(c.alerts.command, (std::vector<std::string>{"mail", "-s", "dn alert", "me"}));
  EXPECT_EQ(c.alerts.webhook, "https://example.com/hook?token=1");
  EXPECT_EQ(c.alerts.level, AlertLevel::Info);
  EXPECT_EQ(c.alerts.interval, Dur::minutes(5));
  EXPECT_FALSE(read("").alerts.asked());
  EXPECT_EQ(read("alert_webhook = \"http://127.0.0.1:8000/\"").alerts.webhook, "http://127.0.0.1:8000/");
  EXPECT_EQ(refusal("alert_webhook = \"http://example.com/s3cr3t\""),
            "dn.toml:1:17: alert_webhook: must be https: what an alert says is for its receiver only");
  EXPECT_THAT(refusal("alert_webhook = \"s3cr3t\""), Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(refusal("alert_command = \"mail 'me\""), HasSubstr("has a ' that is not closed"));
  EXPECT_THAT(refusal("alert_level = \"LOUD\""), HasSubstr("\"LOUD\" is not one of CRITICAL, WARNING, INFO, DEBUG"));
  EXPECT_THAT(refusal("alert_interval = 60"), HasSubstr("must be a duration in quotes"));
  EXPECT_THAT(refusal("alert_comand = \"x\""), HasSubstr("did you mean alert_command?"));
}

TEST_F(Config, RefusesValuesThatAreNone) {
  EXPECT_EQ(refusal("mode = \"real\"\n"), "dn.toml:1:8: mode: \"real\" is not one of paper, live");
  EXPECT_EQ(refusal("mode = true\n"), "dn.toml:1:8: mode: must be one of paper, live, in quotes");
  EXPECT_EQ(refusal("feed = \"\"\n"), "dn.toml:1:8: feed: \"\" is not one of synthetic, replay, live");
  EXPECT_THAT(refusal("state_dir = 5\n"), HasSubstr("dn.toml:1:13: state_dir: must be a text in quotes"));
  EXPECT_THAT(refusal("state_dir = \"~/dn\"\n"), HasSubstr("dn.toml:1:13: state_dir: begins with ~"));
  EXPECT_THAT(refusal("state_dir = \"\"\n"), HasSubstr("dn.toml:1:13: state_dir: must be a text in quotes"));
  EXPECT_THAT(refusal("state_dir = \"/x\\u0000y\"\n"), HasSubstr("dn.toml:1:13: state_dir: has characters that are not printed"));
  EXPECT_THAT(refusal("mode = \"live\"\nmode = \"paper\"\n"), HasSubstr("dn.toml:2:"));
  EXPECT_EQ(refusal("mode = 1\nfeed = 2\n"),
            "dn.toml:1:8: mode: must be one of paper, live, in quotes\n"
            "dn.toml:2:8: feed: must be one of synthetic, replay, live, in quotes");
}

std::string endpoint(std::string_view key, std::string_view url) { return fmt::format("[endpoints.mexc_spot]\n{} = \"{}\"\n", key, url); }

TEST_F(Config, TakesTheLengthOfADeadMansSwitch) {
  EXPECT_EQ(read("").dead_man, Dur::seconds(10));
  EXPECT_EQ(read("deadman = \"0s\"\n").dead_man, Dur{});
  EXPECT_EQ(read("deadman = \"30s\"\n").dead_man, Dur::seconds(30));
  EXPECT_EQ(refusal("deadman = \"2s\"\n"), "dn.toml:1:11: deadman: \"2s\" is neither 0s (off) nor from 5s to 1h");
  EXPECT_THAT(refusal("deadman = 10\n"), HasSubstr("must be a text in quotes"));
}

TEST_F(Config, TakesAddressesOfVenues) {
  for (const std::string url :
       {"https://api.mexc.com", "https://api.mexc.com/", "https://h:1", "https://h:65535", "https://10.0.0.1:8443", "https://[2001:db8::1]:443"}) {
    EXPECT_EQ(read(endpoint("rest", url)).endpoints.at(Venue::MexcSpot).rest, url);
  }
  EXPECT_EQ(read(endpoint("ws", "wss://h:1/ws/v4/?x=1")).endpoints.at(Venue::MexcSpot).ws, "wss://h:1/ws/v4/?x=1");
}

TEST_F(Config, RefusesAddressesThatAreNone) {
  for (const char* url :
       {"http://h",         "wss://h",         "h:443",          "https:/h",     "https://",       "https:///x",          "https://h:",
        "https://h:0",      "https://h:65536", "https://h:+1",   "https://h:1x", "https://user@h", "https://user:word@h", "https://127.0.0.1:1@h",
        "https://h h",      "https://h#x",     "https://h?x",    "https://[::1", "https://[]:1",   "https://[::1]x",      "https://h\\\\x",
        "https://h\\u0007", "HTTPS://h",       "https://\\u00fc"}) {
    EXPECT_THAT(refusal(endpoint("rest", url)), HasSubstr("dn.toml:2:8: endpoints.mexc_spot.rest: ")) << url;
  }
  EXPECT_THAT(refusal(endpoint("ws", "https://h")),
              HasSubstr("dn.toml:2:6: endpoints.mexc_spot.ws: \"https://h\" is not an address; write wss://HOST:PORT/PATH"));
  EXPECT_THAT(refusal(endpoint("rest", "https://h/api/v4")), HasSubstr("endpoints.mexc_spot.rest: has the path \"/api/v4\"; write scheme, host and port only"));
  EXPECT_THAT(refusal("[endpoints.mexc_spot]\nca_file = 5\n"), HasSubstr("dn.toml:2:11: endpoints.mexc_spot.ca_file: must be a text in quotes"));
}

TEST_F(Config, ScalesBudgetsOnLoopbackOnly) {
  const auto scaled = [](std::string_view rest, std::string_view ws) {
    return fmt::format("[endpoints.mexc_spot]\nrate_scale = 5\nrest = \"{}\"\nws = \"{}\"\n", rest, ws);
  };
  EXPECT_EQ(read(scaled("https://127.0.0.1:1", "wss://127.9.9.9:2/ws")).endpoints.at(Venue::MexcSpot).rate_scale, 5);
  EXPECT_EQ(read(scaled("https://localhost", "wss://[::1]/ws")).endpoints.at(Venue::MexcSpot).rate_scale, 5);
  for (const std::string& text : {scaled("https://127.0.0.1:1", "wss://h/ws"), scaled("https://h", "wss://127.0.0.1/ws"),
                                  scaled("https://127.example.com", "wss://127.0.0.1"), scaled("https://127.0.0.1.example.com", "wss://127.0.0.1"),
                                  scaled("https://localhost.example.com", "wss://127.0.0.1"), std::string("[endpoints.mexc_spot]\nrate_scale = 5\n")}) {
    EXPECT_THAT(refusal(text), HasSubstr("dn.toml:2:14: endpoints.mexc_spot.rate_scale: is for loopback addresses only")) << text;
  }
  EXPECT_EQ(read("[endpoints.mexc_spot]\nrate_scale = 1\n").endpoints.at(Venue::MexcSpot).rate_scale, 1) << "the budget as it is";
  for (const char* n : {"0", "-1", "1.5", "\"5\"", "true", "0x10", "1000001"}) {
    EXPECT_THAT(refusal(fmt::format("[endpoints.mexc_spot]\nrate_scale = {}\n", n)),
                HasSubstr("dn.toml:2:14: endpoints.mexc_spot.rate_scale: must be a whole number"))
        << n;
  }
}

}  // namespace
}  // namespace dn::app
