#include "app/dn_config.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "app/toml_text.h"
#include "base/text.h"

namespace dn::app {
namespace {

const std::vector<std::string> kKeys{"mode", "feed", "state_dir"};
const std::vector<std::string> kEndpointKeys{"rest", "ws", "ca_file", "rate_scale"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string under_home(const char* variable, const char* beneath_home, const char* tail) {
  if (const std::string dir = environment(variable); !dir.empty()) return dir + tail;
  if (const std::string home = environment("HOME"); !home.empty()) return home + beneath_home + tail;
  return "";
}

std::string default_state_dir() {
  const std::string dir = under_home("XDG_STATE_HOME", "/.local/state", "/dn");
  return dir.empty() ? "dn-state" : dir;
}

struct Url {
  std::string scheme;
  std::string host;
};

std::optional<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('/'));
  std::string_view host = rest;
  if (!rest.empty() && rest[0] == '[') {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = rest.substr(0, end + 1);
  } else {
    host = rest.substr(0, rest.find(':'));
  }
  if (host.empty() || host.find('@') != std::string_view::npos) return std::nullopt;
  return Url{std::string(text.substr(0, colon)), std::string(host)};
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

std::string unknown(std::string_view key, const std::vector<std::string>& known) {
  const std::string near = closest(key, known);
  return near.empty() ? "is not a key of dn.toml" : fmt::format("is not a key of dn.toml; did you mean {}?", near);
}

class Reader {
 public:
  explicit Reader(DnConfig& config) : config_(config) {}

  void read(const TomlEntry& e) {
    if (e.key == "mode") {
      choose(e, {"paper", "live"}, [&](std::size_t i) { config_.mode = static_cast<TradingMode>(i); });
    } else if (e.key == "feed") {
      choose(e, {"synthetic", "replay", "live"}, [&](std::size_t i) { config_.feed = static_cast<FeedKind>(i); });
    } else if (e.key == "state_dir") {
      if (e.kind != TomlKind::String || e.text.empty()) return problems.add(e.place, e.key, "must be a path in quotes");
      config_.state_dir = e.text;
    } else if (e.key.starts_with("endpoints.")) {
      endpoint(e);
    } else {
      problems.add(e.place, e.key, unknown(e.key, kKeys));
    }
  }

  // Scaled budgets are for loopback only, so the hosts are looked at when all is read.
  void finish(const Place& place) {
    for (const auto& [venue, e] : config_.endpoints) {
      if (e.rate_scale == 1) continue;
      for (const std::string& url : {e.rest, e.ws}) {
        const auto parsed = parse_url(url);
        if (!parsed || !is_loopback(parsed->host)) {
          problems.add(place, fmt::format("endpoints.{}.rate_scale", name(venue)), "is for loopback addresses only: give rest and ws on 127.0.0.1, or leave it out");
          break;
        }
      }
    }
  }

  Problems problems;

 private:
  template <class F>
  void choose(const TomlEntry& e, std::initializer_list<std::string_view> words, F&& set) {
    std::string list;
    std::size_t i = 0;
    for (const std::string_view w : words) {
      if (e.kind == TomlKind::String && e.text == w) return set(i);
      list += (i++ == 0 ? "" : ", ") + std::string(w);
    }
    problems.add(e.place, e.key, fmt::format("\"{}\" is not one of {}", printable_excerpt(e.text), list));
  }

  void endpoint(const TomlEntry& e) {
    const auto dot = e.key.find('.', 10);
    const auto venue = venue_from(e.key.substr(10, dot == std::string::npos ? dot : dot - 10));
    if (!venue || dot == std::string::npos) return problems.add(e.place, e.key, "names no venue; write [endpoints." + venue_list() + "]");
    Endpoint& to = config_.endpoints[*venue];
    const std::string key = e.key.substr(dot + 1);
    if (key == "rate_scale") {
      std::int64_t n = 0;
      const auto [end, error] = std::from_chars(e.text.data(), e.text.data() + e.text.size(), n);
      if (e.kind != TomlKind::Integer || error != std::errc() || end != e.text.data() + e.text.size() || n < 1 || n > 1'000'000) {
        return problems.add(e.place, e.key, "must be a whole number from 1 to 1000000");
      }
      to.rate_scale = n;
      return;
    }
    if (e.kind != TomlKind::String || e.text.empty()) return problems.add(e.place, e.key, "must be a text in quotes");
    if (key == "ca_file") {
      to.ca_file = e.text;
    } else if (key == "rest" || key == "ws") {
      const auto url = parse_url(e.text);
      const std::string scheme = key == "rest" ? "https" : "wss";
      if (!url || url->scheme != scheme) return problems.add(e.place, e.key, fmt::format("\"{}\" is not a {}:// address", printable_excerpt(e.text), scheme));
      (key == "rest" ? to.rest : to.ws) = e.text;
    } else {
      problems.add(e.place, e.key, unknown(key, kEndpointKeys));
    }
  }

  DnConfig& config_;
};

}  // namespace

Expected<DnConfig, ToolError> load_config(const std::optional<std::string>& path) {
  DnConfig config;
  std::string file = path.value_or("");
  if (!path) {
    for (const std::string& candidate : {under_home("XDG_CONFIG_HOME", "/.config", "/dn/dn.toml"), std::string("/etc/dn/dn.toml")}) {
      if (file.empty() && !candidate.empty() && std::filesystem::exists(candidate)) file = candidate;
    }
  }
  if (!file.empty()) {
    auto doc = read_toml(file);
    if (!doc) return Unexpected{doc.error()};
    Reader reader(config);
    for (const TomlEntry& e : doc->top.entries) reader.read(e);
    for (const auto& [name, tables] : doc->arrays) reader.problems.add(tables[0].place, name, "is not a table of dn.toml");
    reader.finish({file, 1, 1});
    if (!reader.problems.empty()) return Unexpected{reader.problems.error()};
    config.file = file;
  }
  if (config.state_dir.empty()) config.state_dir = default_state_dir();
  return config;
}

}  // namespace dn::app
