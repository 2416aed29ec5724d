#include "app/run_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

#include "app/alert_command.h"
#include "app/control.h"
#include "app/faults_file.h"
#include "app/metrics_file.h"
#include "app/output.h"
#include "app/processor.h"
#include "app/webhook_address.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace dn::app {
namespace {

// A task given by flags alone.
Expected<std::optional<TaskSource>, ToolError> task_of_flags(const RunFlags& f) {
  const std::array<std::pair<const char*, const std::string*>, 10> given{{{"symbol", &f.symbol},
                                                                          {"buy.exchange", &f.buy},
                                                                          {"sell.exchange", &f.sell},
                                                                          {"total_quantity", &f.total},
                                                                          {"order_quantity", &f.slice},
                                                                          {"buy.offset_ticks", &f.buy_offset},
                                                                          {"sell.offset_ticks", &f.sell_offset},
                                                                          {"buy.tick_tolerance", &f.buy_tolerance},
                                                                          {"sell.tick_tolerance", &f.sell_tolerance},
                                                                          {"name", &f.name}}};
  std::vector<std::string> settings;
  for (const auto& [key, value] : given) {
    if (!value->empty()) settings.push_back(std::string(key) + "=" + *value);
  }
  if (settings.empty()) return std::optional<TaskSource>();
  if (!f.files.empty()) return Unexpected{usage_error("a task comes from a file or from flags, not from both", "change a file's keys with --set key=value")};
  TaskSource source;
  if (auto set = apply_settings(source, settings); !set) return Unexpected{set.error()};
  if (source.spec.name.empty() && !f.symbol.empty() && !f.buy.empty() && !f.sell.empty()) {
    source.spec.name = fmt::format("{}{}-{}-{}", source.spec.symbol.base.view(), source.spec.symbol.quote.view(), f.buy, f.sell);
  }
  return std::optional<TaskSource>(std::move(source));
}

Expected<void, ToolError> read_speed(const RunFlags& f, RunRequest& r) {
  // A recording is read as fast as it goes, a synthetic market runs by the clock, unless told otherwise.
  if (f.speed.empty()) {
    if (f.replay.empty()) r.speed = Decimal(1);
    return {};
  }
  if (f.speed == "max") return {};
  const auto d = Decimal::parse(f.speed);
  if (!d || !d->is_positive() || !d->within(9, 3) || *d > Decimal(100'000)) {
    return Unexpected{
        usage_error(fmt::format("--speed {} is neither max nor a number from 0.001 to 100000", printable_excerpt(f.speed)), "write for example --speed 10")};
  }
  r.speed = *d;
  return {};
}

Expected<void, ToolError> read_seed(const RunFlags& f, RunRequest& r) {
  r.session.fixed_time = !f.seed.empty();
  if (f.seed.empty() && !f.replay.empty()) return {};  // a recording is the same each time; so is its run
  if (f.seed.empty()) {
    r.paper.seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    return {};
  }
  const auto [end, error] = std::from_chars(f.seed.data(), f.seed.data() + f.seed.size(), r.paper.seed);
  if (error != std::errc() || end != f.seed.data() + f.seed.size()) {
    return Unexpected{usage_error(fmt::format("--seed {} is not a whole number", printable_excerpt(f.seed)), "write for example --seed 7")};
  }
  return {};
}

// Why a file cannot be what a connection is verified with; "" when it can, or none is named.
std::string no_certificates(const std::string& file) {
  if (file.empty()) return {};
  constexpr std::size_t kMost = 1U << 20U;  // a system's whole bundle is a quarter of that
  std::ifstream in(file, std::ios::binary);
  std::string text(kMost, '\0');
  in.read(text.data(), kMost);
  if (in.bad() || in.gcount() <= 0) return "cannot be read";
  return text.find("-----BEGIN CERTIFICATE-----") == std::string::npos ? "holds no certificate" : "";
}

// Real venues, or paper on their prices: where they are, who we are, and which flags make no sense then.
Expected<void, ToolError> read_live(const RunFlags& f, const CommonFlags& common, const DnConfig& config, RunRequest& r) {
  const bool orders = config.mode == TradingMode::Live;
  const bool prices = !orders && config.feed == FeedKind::Live && f.replay.empty();
  if (!orders && !prices) {
    constexpr const char* kRemedy = "use --mode live, or set feed = \"live\" in dn.toml";
    if (!f.record.empty()) return Unexpected{usage_error("--record writes real prices, and this run has none", kRemedy)};
    if (f.spin) return Unexpected{usage_error("--spin waits for venues, and this run has none", kRemedy)};
    return {};
  }
  if (const auto usable = usable_processors(); f.spin && std::ranges::find(usable, *f.spin) == usable.end()) {
    return Unexpected{usage_error(fmt::format("--spin {}: this process may run on processor {}", *f.spin, fmt::join(usable, ", ")), "name one of these")};
  }
  const std::array<std::pair<const char*, const std::string*>, 4> virtual_only{
      {{"--replay", &f.replay}, {"--speed", &f.speed}, {"--seed", &f.seed}, {"--faults", &f.faults}}};
  for (const auto& [flag, value] : virtual_only) {
    const bool rehearsal = prices && value == &f.faults;
    if (!value->empty() && !rehearsal) {
      return Unexpected{usage_error(fmt::format("{} makes no sense with {}", flag, orders ? "--mode live" : "feed = \"live\""),
                                    orders ? "leave it out, or use --mode paper" : "leave it out, or set feed = \"synthetic\"")};
    }
  }
  LiveOptions live;
  live.orders = orders;
  live.record = f.record;
  live.spin = f.spin;
  live.dead_man = config.dead_man;
  const std::string budgets = lock_directory(config.state_dir + "/dn.db");  // the account's and the machine's, whatever database a run has
  for (const venues::VenueEntry& v : venues::registered_venues()) {
    const auto at = config.endpoints.find(v.venue);
    const Endpoint e = at == config.endpoints.end() ? Endpoint{} : at->second;
    if (const std::string why = no_certificates(e.ca_file); !why.empty()) {
      return Unexpected{ToolError{ExitCode::Config, fmt::format("{}: endpoints.{}.ca_file {}: {}", config.file, name(v.venue), printable(e.ca_file), why),
                                  "give the PEM file of the certificates to trust, or leave ca_file out"}};
    }
    live.access[v.venue] = {e.rest, e.ws, e.ca_file, e.rate_scale, {}, budgets};
  }
  r.live = std::move(live);
  r.credentials_file = common.credentials;
  r.config = config;
  return {};
}

// Who is told of alerts: dn.toml, and the flags instead of it.
Expected<void, ToolError> read_alerts(const RunFlags& f, const DnConfig& config, RunRequest& r) {
  r.alerts = config.alerts;
  if (!f.on_alert.empty()) {
    auto command = split_command(f.on_alert);
    if (!command) return Unexpected{usage_error("--on-alert " + command.error(), "write for example --on-alert \"mail -s 'dn alert' me\"; there is no shell")};
    r.alerts.command = std::move(*command);
  }
  if (!f.alert_webhook.empty()) {
    if (const std::string why = webhook_problem(f.alert_webhook); !why.empty()) {
      return Unexpected{usage_error("--alert-webhook " + why, "set alert_webhook in dn.toml; other users of this machine see command lines")};
    }
    r.alerts.webhook = f.alert_webhook;
  }
  return {};
}

// What an older dn wrote is brought up to date before anybody reads it; what else is wrong with a database is told by who needs it.
void bring_up_to_date(const std::string& db) {
  const auto reader = Store::open(db, Store::Mode::ReadOnly);
  if (!reader && reader.error().kind == StoreError::Kind::OlderSchema) (void)Store::open(db, Store::Mode::ReadWrite);
}

}  // namespace

void add_run_flags(CLI::App& app, RunFlags& f) {
  app.add_option("files", f.files, "task files")->type_name("FILE");
  app.add_flag("--plan", f.plan, "print sizes, prices, fees, break-even and what the pre-flight finds (its exit code); send nothing");
  app.add_flag("--once", f.once, "one cycle; with [trigger]: one look at its pairs, and what that starts runs to its end");
  app.add_option("--max-cycles", f.max_cycles, "end after so many cycles (exit 10)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->type_name("N");
  app.add_option("--max-runtime", f.max_runtime, "end after this time (exit 10)")->type_name("DUR");
  app.add_option("--on-exit", f.on_exit, "what rests at the end: cancel (default) or leave")->check(one_of({"cancel", "leave"}))->type_name("WHAT");
  app.add_flag("--restart", f.restart, "begin a finished task anew");
  app.add_option("--set", f.settings, "set a key of the task; repeatable")->type_name("KEY=VALUE")->expected(1)->take_all();
  app.add_option("--record", f.record, "write the venues' prices as a recording")->check(not_empty)->type_name("DIR");
  app.add_option("--spin", f.spin, "wait for the venues without sleeping, on this processor (from 0): quicker, and it is busy all the time")
      ->check(CLI::Range(0, 1023))
      ->type_name("CPU");
  app.add_option("--replay", f.replay, "trade on a recording")->check(not_empty)->type_name("DIR");
  app.add_option("--speed", f.speed, "virtual seconds per second, or max")->type_name("N");
  app.add_option("--seed", f.seed, "of the synthetic market and the simulator: same seed, same run")->type_name("N");
  app.add_option("--faults", f.faults, "rehearse against faults")->check(not_empty)->type_name("FILE");
  app.add_option("--on-alert", f.on_alert, "run this for each alert, its JSON on standard input; no shell (default: alert_command of dn.toml)")
      ->check(not_empty)
      ->type_name("CMD");
  app.add_option("--alert-webhook", f.alert_webhook, "post each alert's JSON to this address (default: alert_webhook of dn.toml, where no one sees it)")
      ->check(not_empty)
      ->type_name("URL");
  app.add_option("--metrics-file", f.metrics_file, "keep Prometheus metrics of the tasks in this file, for node_exporter's textfile collector")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--name", f.name, "task by flags: its name")->type_name("NAME");
  app.add_option("--symbol", f.symbol, "task by flags: pair, as BTC/USDT")->type_name("PAIR");
  app.add_option("--buy", f.buy, "task by flags: venue to buy on")->type_name("VENUE");
  app.add_option("--sell", f.sell, "task by flags: venue to sell on")->type_name("VENUE");
  app.add_option("--total", f.total, "task by flags: total per side, base")->type_name("QTY");
  app.add_option("--slice", f.slice, "task by flags: slice, base")->type_name("QTY");
  app.add_option("--buy-offset", f.buy_offset, "ticks below the bid")->type_name("TICKS");
  app.add_option("--sell-offset", f.sell_offset, "ticks, negative above the ask")->type_name("TICKS");
  app.add_option("--buy-tolerance", f.buy_tolerance, "ticks before a re-quote")->type_name("TICKS");
  app.add_option("--sell-tolerance", f.sell_tolerance, "ticks before a re-quote")->type_name("TICKS");
}

namespace {

void write_keys(JsonWriter& w, std::string_view table, const std::vector<KeyInfo>& keys) {
  for (const KeyInfo& k : keys) {
    w.begin_object().field("table", table).field("key", k.key).field("value", k.value).field("may_change", k.live).field("meaning", k.help).end_object();
  }
}

}  // namespace

ExitCode print_keys(const OutputOptions& output) {
  if (output.json || output.ndjson) {
    JsonWriter w;
    w.begin_object().field("schema", "dn.keys/1").key("keys").begin_array();
    write_keys(w, "task", task_keys());
    write_keys(w, "portfolio", portfolio_keys());
    write_keys(w, "trigger", trigger_keys());
    w.end_array().end_object();
    write_out(w.str() + "\n");
    return ExitCode::Ok;
  }
  fmt::print("{:<32} {:<40} {}\n", "key", "value", "meaning (* may change while the task runs)");
  for (const KeyInfo& k : task_keys()) fmt::print("{:<32} {:<40} {}{}\n", k.key, k.value, k.live ? "* " : "", k.help);
  fmt::print("\n[portfolio], of all tasks of the database together\n");
  for (const KeyInfo& k : portfolio_keys()) fmt::print("{:<32} {:<40} {}\n", k.key, k.value, k.help);
  fmt::print("\n[trigger], beside a task without symbol\n");
  for (const KeyInfo& k : trigger_keys()) fmt::print("{:<32} {:<40} {}\n", k.key, k.value, k.help);
  return ExitCode::Ok;
}

Expected<RunRequest, ToolError> run_request(const RunFlags& f, const CommonFlags& common) {
  auto place = installation(common);
  if (!place) return Unexpected{place.error()};
  if (place->config.feed == FeedKind::Replay && f.replay.empty()) {
    return Unexpected{ToolError{ExitCode::Config, place->config.file + ": feed = \"replay\" needs a recording", "give --replay DIR"}};
  }
  bring_up_to_date(place->db);
  RunRequest r;
  r.files = f.files;
  auto by_flags = task_of_flags(f);
  if (!by_flags) return Unexpected{by_flags.error()};
  if (*by_flags) r.from_flags.push_back(std::move(**by_flags));
  r.names = common.tasks;
  r.all = common.all;
  if (r.files.empty() && r.from_flags.empty() && r.names.empty() && !r.all)
    return Unexpected{usage_error("no task is given", "dn-run FILE, dn-run --task NAME, or dn-run --help")};
  r.settings = f.settings;
  r.plan = f.plan;
  r.halt_files = place->halt_files;
  r.session.db = place->db;
  r.session.restart = f.restart;
  r.session.leave_orders = f.on_exit == "leave";
  r.once = f.once;
  r.session.max_cycles = f.once ? 1 : f.max_cycles;
  if (!f.max_runtime.empty()) {
    const auto d = parse_duration(f.max_runtime);
    if (!d || d->us == 0)
      return Unexpected{usage_error(fmt::format("--max-runtime \"{}\" {}", printable_excerpt(f.max_runtime), d ? "is zero" : d.error()),
                                    "write for example --max-runtime 50s")};
    r.session.max_runtime = *d;
  }
  if (auto done = read_alerts(f, place->config, r); !done) return Unexpected{done.error()};
  if (!f.metrics_file.empty()) {
    if (auto fine = check_metrics_file(f.metrics_file); !fine) return Unexpected{fine.error()};
    r.metrics_file = f.metrics_file;
  }
  if (auto done = read_live(f, common, place->config, r); !done) return Unexpected{done.error()};
  if (!f.replay.empty()) r.paper.replay_dir = f.replay;
  if (auto done = read_speed(f, r); !done) return Unexpected{done.error()};
  if (auto done = read_seed(f, r); !done) return Unexpected{done.error()};
  if (!f.faults.empty()) {
    if (auto done = read_faults(f.faults, r.paper); !done) return Unexpected{done.error()};
  }
  return r;
}

}  // namespace dn::app
