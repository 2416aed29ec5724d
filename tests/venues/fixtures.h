// Recorded payloads of the venues, from ../shared/venues/fixtures or $DN_TEST_VENUES.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "wire/http.h"

namespace dn::venues::testing {

inline std::string fixture_path(const std::string& name) {
  const char* dir = std::getenv("DN_TEST_VENUES");
  return (dir != nullptr ? std::string(dir) : std::string(DN_SOURCE_DIR) + "/../shared/venues/fixtures") + "/" + name;
}

// One file, parsed as it is. Elements live as long as this does.
class Fixture {
 public:
  explicit Fixture(const std::string& name) {
    if (parser_.load(fixture_path(name)).get(root_) != simdjson::SUCCESS) ADD_FAILURE() << name << " is not JSON";
  }
  simdjson::dom::element root() const { return root_; }
  simdjson::dom::element operator[](std::string_view key) const { return root_[key].value(); }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

inline std::string str(const simdjson::dom::element& e, std::string_view key) {
  std::string_view s;
  return e.is_object() && e[key].get(s) == simdjson::SUCCESS ? std::string(s) : std::string();
}

inline simdjson::dom::array rows(const simdjson::dom::element& e) { return e.get_array(); }
inline simdjson::dom::object members(const simdjson::dom::element& e) { return e.get_object(); }

inline std::string json_text(const simdjson::dom::element& e) { return simdjson::minify(e); }

inline wire::HttpResponse reply(int status, std::string body, wire::Headers headers = {}) { return {status, std::move(headers), std::move(body), {}, false}; }

inline std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

}  // namespace dn::venues::testing

#define DN_NEEDS_FIXTURE(name)                                           \
  if (!std::filesystem::exists(dn::venues::testing::fixture_path(name))) \
  GTEST_SKIP() << "there is no " << dn::venues::testing::fixture_path(name) << " (set DN_TEST_VENUES)"
