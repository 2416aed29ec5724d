#include "app/dn_config.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "app/alert_command.h"
#include "app/toml_text.h"
#include "app/webhook_address.h"
#include "base/text.h"
#include "model/task_spec.h"

namespace dn::app {
namespace {

// In the order of their enumerations.
constexpr std::array<std::string_view, 2> kModes{"paper", "live"};
constexpr std::array<std::string_view, 3> kFeeds{"synthetic", "replay", "live"};
constexpr std::array<std::string_view, 4> kAlertLevels{"CRITICAL", "WARNING", "INFO", "DEBUG"};

constexpr std::string_view kOfEndpoint = "endpoints.VENUE.";

template <std::size_t N, class E>
std::string word_of(const std::array<std::string_view, N>& words, E value) {
  return std::string(words.at(static_cast<std::size_t>(value)));
}

// The first parts of all keys, or the last ones of those of an endpoint.
std::vector<std::string> names_of_keys(bool of_endpoint) {
  std::vector<std::string> out;
  for (const ConfigKey& k : config_keys()) {
    const bool inner = k.key.starts_with(kOfEndpoint);
    if (of_endpoint && inner) out.emplace_back(k.key.substr(kOfEndpoint.size()));
    if (!of_endpoint && !inner) out.emplace_back(k.key);
  }
  if (!of_endpoint) out.emplace_back("endpoints");
  return out;
}

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
  std::string path;
};

bool is_port(std::string_view text) {
  std::uint16_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() && n > 0;
}

// scheme://host[:port][/path], and nothing else: a user name in front of the host would show another host than the one meant.
std::optional<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; })) return std::nullopt;
  std::string_view rest = text.substr(colon + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  const std::string_view path = rest.substr(slash);
  rest = rest.substr(0, slash);
  const bool is_v6 = rest.starts_with('[');
  const auto host_end = is_v6 ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  const std::string_view host = rest.substr(0, host_end + (is_v6 ? 1 : 0));
  const std::string_view port = rest.substr(host.size());
  if (!port.empty() && (port[0] != ':' || !is_port(port.substr(1)))) return std::nullopt;
  const std::string_view inside = is_v6 ? host.substr(1, host.size() - 2) : host;
  const auto fits = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || (is_v6 ? c == ':' : c == '-');
  };
  if (inside.empty() || !std::all_of(inside.begin(), inside.end(), fits)) return std::nullopt;
  return Url{std::string(text.substr(0, colon)), std::string(host), std::string(path)};
}

// An address, not a name that begins like one ("127.example.com").
bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return host.starts_with("127.");
  return host == "localhost" || host == "[::1]";
}

// Why a text is none that can stand for a path or an address; "" when it can.
std::string no_text(const TomlEntry& e) {
  if (e.kind != TomlKind::String || e.text.empty()) return "must be a text in quotes";
  return printable(e.text) == e.text ? "" : "has characters that are not printed";
}

std::string unknown(std::string_view key, const std::vector<std::string>& known) {
  const std::string near = closest(key.substr(0, key.find('.')), known);
  return near.empty() ? "is not a key of dn.toml" : fmt::format("is not a key of dn.toml; did you mean {}?", near);
}

class Reader {
 public:
  explicit Reader(DnConfig& config) : config_(config) {}

  void read(const TomlEntry& e) {
    if (e.key == "mode") {
      choose(e, kModes, [&](std::size_t i) { config_.mode = static_cast<TradingMode>(i); });
    } else if (e.key == "feed") {
      choose(e, kFeeds, [&](std::size_t i) { config_.feed = static_cast<FeedKind>(i); });
    } else if (e.key == "state_dir") {
      if (const std::string why = no_text(e); !why.empty()) return problems.add(e.place, e.key, why);
      if (e.text.starts_with('~')) return problems.add(e.place, e.key, "begins with ~, which only a shell understands: write the path from / on");
      config_.state_dir = e.text;
    } else if (e.key == "credential_command") {
      if (const std::string why = no_text(e); !why.empty()) return problems.add(e.place, e.key, why);
      config_.credential_command = e.text;
    } else if (e.key.starts_with("alert_")) {
      alert(e);
    } else if (e.key == "deadman") {
      if (const std::string why = no_text(e); !why.empty()) return problems.add(e.place, e.key, why);
      const auto timer = parse_dead_man(e.text);
      if (!timer) return problems.add(e.place, e.key, timer.error());
      config_.dead_man = *timer;
    } else if (e.key == "endpoints") {
      if (e.kind != TomlKind::Table) problems.add(e.place, e.key, "is a table; write [endpoints.mexc_spot] and its keys below it");
    } else if (e.key.starts_with("endpoints.")) {
      endpoint(e);
    } else {
      problems.add(e.place, e.key, unknown(e.key, names_of_keys(false)));
    }
  }

  // Scaled budgets are for loopback only, so the hosts are looked at when all is read.
  void finish() {
    for (const auto& [venue, place] : scaled_) {
      const Endpoint& e = config_.endpoints[venue];
      const auto outside = [](const std::string& url) {
        const auto parsed = parse_url(url);
        return !parsed || !is_loopback(parsed.value().host);
      };
      if (e.rate_scale == 1 || (!outside(e.rest) && !outside(e.ws))) continue;
      problems.add(place, fmt::format("endpoints.{}.rate_scale", name(venue)),
                   "is for loopback addresses only: give rest and ws on 127.0.0.1, or leave it out");
    }
  }

  Problems problems;

 private:
  template <std::size_t N, class F>
  void choose(const TomlEntry& e, const std::array<std::string_view, N>& words, F&& set) {
    std::string list;
    std::size_t i = 0;
    for (const std::string_view w : words) {
      if (e.kind == TomlKind::String && e.text == w) return set(i);
      list += (i++ == 0 ? "" : ", ") + std::string(w);
    }
    const bool text = e.kind == TomlKind::String;
    problems.add(e.place, e.key, text ? fmt::format("\"{}\" is not one of {}", printable_excerpt(e.text), list) : "must be one of " + list + ", in quotes");
  }

  // No message quotes the webhook: its address may hold a token.
  void alert(const TomlEntry& e) {
    AlertOptions& to = config_.alerts;
    const bool text = e.kind == TomlKind::String;
    if (e.key == "alert_level") {
      choose(e, kAlertLevels, [&](std::size_t i) { to.level = static_cast<AlertLevel>(i); });
    } else if (e.key == "alert_interval") {
      const auto interval = parse_duration(e.text);
      if (!text || !interval) return problems.add(e.place, e.key, "must be a duration in quotes, for example \"60s\"");
      to.interval = *interval;
    } else if (e.key == "alert_command") {
      auto command = split_command(e.text);
      if (!text || !command) return problems.add(e.place, e.key, text ? command.error() : "must be a text in quotes");
      to.command = std::move(*command);
    } else if (e.key == "alert_webhook") {
      if (const std::string why = text ? webhook_problem(e.text) : "must be a text in quotes"; !why.empty()) return problems.add(e.place, e.key, why);
      to.webhook = e.text;
    } else {
      problems.add(e.place, e.key, unknown(e.key, names_of_keys(false)));
    }
  }

  void endpoint(const TomlEntry& e) {
    const std::size_t begin = std::string_view("endpoints.").size();
    const auto dot = std::min(e.key.find('.', begin), e.key.size());
    const std::string venue_name = e.key.substr(begin, dot - begin);
    const auto venue = venue_from(venue_name);
    if (!venue) return problems.add(e.place, e.key, fmt::format("\"{}\" {}", printable_excerpt(venue_name), no_venue(venue_name)));
    if (dot == e.key.size()) {
      if (e.kind != TomlKind::Table) problems.add(e.place, e.key, fmt::format("is a table; write [{}] and its keys below it", e.key));
      return;
    }
    Endpoint& to = config_.endpoints[*venue];
    const std::string key = e.key.substr(dot + 1);
    if (key == "rate_scale") return rate_scale(e, *venue, to);
    const std::vector<std::string> known = names_of_keys(true);
    if (std::ranges::find(known, key) == known.end()) return problems.add(e.place, e.key, unknown(key, known));
    if (const std::string why = no_text(e); !why.empty()) return problems.add(e.place, e.key, why);
    if (key == "ca_file") {
      to.ca_file = e.text;
      return;
    }
    const auto url = parse_url(e.text);
    const std::string scheme = key == "rest" ? "https" : "wss";
    if (!url || url->scheme != scheme) {
      return problems.add(e.place, e.key,
                          fmt::format("\"{}\" is not an address; write {}://HOST:PORT{}", printable_excerpt(e.text), scheme, key == "rest" ? "" : "/PATH"));
    }
    if (key == "rest" && !url->path.empty() && url->path != "/") {
      return problems.add(e.place, e.key,
                          fmt::format("has the path \"{}\"; write scheme, host and port only, the paths are the venue's own", printable_excerpt(url->path)));
    }
    (key == "rest" ? to.rest : to.ws) = e.text;
  }

  void rate_scale(const TomlEntry& e, Venue venue, Endpoint& to) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(e.text.data(), e.text.data() + e.text.size(), n);
    if (e.kind != TomlKind::Integer || error != std::errc() || end != e.text.data() + e.text.size() || n < 1 || n > 1'000'000) {
      return problems.add(e.place, e.key, "must be a whole number from 1 to 1000000");
    }
    to.rate_scale = n;
    scaled_[venue] = e.place;
  }

  DnConfig& config_;
  std::map<Venue, Place> scaled_;  // where rate_scale stands
};

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  const DnConfig none;
  static const std::vector<ConfigKey> keys{
      {"mode", "paper or live", "what the tools trade on", word_of(kModes, none.mode)},
      {"feed", "synthetic, replay or live", "the prices of paper; replay needs --replay DIR", word_of(kFeeds, none.feed)},
      {"state_dir", "a path from / on", "holds dn.db, locks/ and the file HALT (default: $XDG_STATE_HOME/dn, else ~/.local/state/dn)", ""},
      {"deadman", "0s, or 5s to 1h", "the venue's countdown for tasks without a dead_man of their own; 0s: off", format_duration(none.dead_man)},
      {"credential_command", "a command for /bin/sh", "prints a credentials file, in place of one", ""},
      {"alert_command", "a command without a shell", "gets each alert's JSON on its standard input", ""},
      {"alert_webhook", "https address", "gets each alert's JSON by POST; never printed", ""},
      {"alert_level", "CRITICAL, WARNING, INFO or DEBUG", "alerts of this level and graver ones are told", word_of(kAlertLevels, none.alerts.level)},
      {"alert_interval", "duration", "in this time a code of a task is told once", format_duration(none.alerts.interval)},
      {"endpoints.VENUE.rest", "https://HOST:PORT", "where the venue's REST API is (default: the venue's own)", ""},
      {"endpoints.VENUE.ws", "wss://HOST:PORT/PATH", "where its WebSocket is (default: the venue's own)", ""},
      {"endpoints.VENUE.ca_file", "path of a PEM file", "certificates to trust instead of the system's", ""},
      {"endpoints.VENUE.rate_scale", "whole number from 1 to 1000000", "multiplies the request budget; on loopback only",
       std::to_string(Endpoint{}.rate_scale)},
  };
  return keys;
}

std::string config_directory() { return under_home("XDG_CONFIG_HOME", "/.config", "/dn"); }

Expected<DnConfig, ToolError> load_config(const std::optional<std::string>& path) {
  DnConfig config;
  std::string file = path.value_or("");
  if (!path) {
    // A file that is there but cannot be looked at is not taken for absent: it would silently change what is traded.
    for (const std::string& candidate : {config_directory().empty() ? "" : config_directory() + "/dn.toml", std::string("/etc/dn/dn.toml")}) {
      std::error_code error;
      if (file.empty() && !candidate.empty() && std::filesystem::status(candidate, error).type() != std::filesystem::file_type::not_found) file = candidate;
    }
  }
  if (path || !file.empty()) {
    auto doc = read_toml(file);
    if (!doc) return Unexpected{doc.error()};
    Reader reader(config);
    for (const TomlEntry& e : doc->top.entries) reader.read(e);
    for (const auto& [name, tables] : doc->arrays) reader.problems.add(tables[0].place, name, "is not an array of dn.toml");
    reader.finish();
    if (!reader.problems.empty()) return Unexpected{reader.problems.error()};
    config.file = file;
  }
  if (config.state_dir.empty()) config.state_dir = default_state_dir();
  return config;
}

}  // namespace dn::app
