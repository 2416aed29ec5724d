#include "server.h"
namespace dn::exchange {
namespace {
class GateApi final : public Api {
 public:
  bool owns(const HttpRequest& r) const override { return r.path.rfind("/api/v4/", 0) == 0; }
  Venue venue_of(const HttpRequest&) const override { return Venue::GateioSpot; }
  std::string what(const HttpRequest&) const override { return "public"; }
  HttpReply handle(const HttpRequest&) override { return {404, "{}", {}}; }
  HttpReply failure(int status) const override { return {status, "{}", {}}; }
  Upgrade upgrade(const HttpRequest&) override { return {}; }
};
}  // namespace
std::unique_ptr<Api> gate_api(Site&) { return std::make_unique<GateApi>(); }
}  // namespace dn::exchange
