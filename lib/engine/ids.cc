#include "engine/ids.h"

#include "base/text.h"

namespace dn {
namespace {

constexpr std::size_t kKeySize = 8;

std::optional<std::uint32_t> read_base36(std::string_view text) {
  if (text.empty() || text.size() > 7) return std::nullopt;
  std::uint64_t n = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      n = n * 36 + static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'z') {
      n = n * 36 + static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  if (n > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(n);
}

}  // namespace

std::string task_key(std::string_view task_name) {
  std::string digits = base36(fnv1a(task_name));
  digits.insert(0, digits.size() < kKeySize ? kKeySize - digits.size() : 0, '0');
  return digits.substr(digits.size() - kKeySize);
}

ClientOrderId make_client_order_id(std::string_view key, Side leg, std::uint32_t epoch, std::uint32_t seq) {
  std::string id = "t-";
  id += key;
  id += leg == Side::Buy ? 'b' : 's';
  id += base36(epoch);
  id += '-';
  id += base36(seq);
  return ClientOrderId(id);
}

std::optional<ClientOrderIdParts> parse_client_order_id(std::string_view id) {
  if (id.size() < 2 + kKeySize + 1 || id.substr(0, 2) != "t-") return std::nullopt;
  ClientOrderIdParts parts;
  parts.key = id.substr(2, kKeySize);
  const char leg = id[2 + kKeySize];
  if (leg != 'b' && leg != 's') return std::nullopt;
  parts.leg = leg == 'b' ? Side::Buy : Side::Sell;
  const auto rest = id.substr(2 + kKeySize + 1);
  const auto dash = rest.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto epoch = read_base36(rest.substr(0, dash));
  const auto seq = read_base36(rest.substr(dash + 1));
  if (!epoch || !seq) return std::nullopt;
  parts.epoch = *epoch;
  parts.seq = *seq;
  return parts;
}

ClientOrderId restored_order_id(std::string_view key, Side leg) { return ClientOrderId("restored-" + std::string(key) + (leg == Side::Buy ? "b" : "s")); }

}  // namespace dn
