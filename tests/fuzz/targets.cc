#include "targets.h"

#include "promises.h"

namespace dn::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> out;
    const auto venue = [&out](const std::string& prefix, Venue v) {
      out.push_back({prefix + "_start", v, &run_start, "mtbcdr"});
      out.push_back({prefix + "_account", v, &run_account, "a"});
      out.push_back({prefix + "_orders", v, &run_orders, "pc"});
      out.push_back({prefix + "_lookup", v, &run_lookup, "ioh"});
      out.push_back({prefix + "_trades", v, &run_trades, "t"});
      out.push_back({prefix + "_survey", v, &run_survey, "sa"});
      out.push_back({prefix + "_streams", v, &run_streams, "pq"});
    };
    venue("mexc_spot", Venue::MexcSpot);
    venue("gateio_spot", Venue::GateioSpot);
    venue("gateio_futures", Venue::GateioFutures);
    out.push_back({"gateio_spot_ws", Venue::GateioSpot, &run_trading_ws, ""});
    out.push_back({"gateio_futures_ws", Venue::GateioFutures, &run_trading_ws, ""});
    out.push_back({"json", Venue::MexcSpot, &run_json, ""});
    out.push_back({"numbers", Venue::MexcSpot, &run_numbers, ""});
    return out;
  }();
  return all;
}

void try_target(const Target& target, std::string_view input) {
  // Fuzzers see what is compared with, and would have the venue say our secret: then it is not we who tell it.
  if (input.find(kSecret) == std::string_view::npos) target.run(target.venue, input);
}

const Target* target_of(std::string_view name) {
  for (const Target& t : targets()) {
    if (t.name == name) return &t;
  }
  return nullptr;
}

}  // namespace dn::fuzz
