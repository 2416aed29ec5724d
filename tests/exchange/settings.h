// What a run of the exchange is like: every knob with its default. `--config FILE` and `POST /control/settings` read the same keys.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/decimal.h"
#include "json.h"
#include "model/instrument.h"

namespace dn::exchange {

using Balances = std::map<std::string, Decimal>;

struct Settings {
  // ---- all venues
  std::int64_t latency_ms = 0;         // before every REST answer
  std::int64_t push_delay_ms = 2;      // between an event and its push
  std::int64_t skew_ms = 0;            // the venues' clock less the true one
  Decimal rate_scale = Decimal(1);     // of every rate limit
  std::map<Venue, Balances> balances;  // at the start; "" in a venue's map stands for every asset not named

  // Keys instead of the seed's, for signatures that were made elsewhere.
  std::string mexc_key;
  std::string mexc_secret;
  std::string gate_key;
  std::string gate_secret;

  // Spot fees are taken in GT or MX at this price of it in quote, while there is some; 0: out of what is received, in quote. Only at the start.
  Decimal gate_gt_price;
  Decimal mexc_mx_price;

  std::int64_t hidden_ms = 0;  // a placed order and its trades are in no answer and no push for so long

  // ---- MEXC
  std::int64_t mexc_hidden_ms = 200;        // a placed order is not found by its id for so long; lists show it
  std::int64_t mexc_trades_lag_ms = 0;      // a trade is not listed for so long
  std::string mexc_cancel_answer = "full";  // or "minimal" (no status), "new" (the state before the cancel)
  std::string mexc_duplicate = "reject";    // of a client order id; or "accept"
  std::string mexc_maker_cross = "cancel";  // a LIMIT_MAKER that would take: accepted and cancelled, or "reject"
  std::int64_t mexc_listen_key_s = 3600;
  std::int64_t mexc_ws_unused_s = 30;  // a connection without a subscription is closed
  std::int64_t mexc_ws_quiet_s = 60;   // ... and one without data and without a PING
  std::int64_t mexc_ws_life_s = 86400;
  bool mexc_key_trades = true;      // false: the key may read only
  bool mexc_account_trades = true;  // "canTrade" of the account
  bool mexc_account_withdraws = true;
  std::set<std::string> mexc_not_by_api;  // symbols that refuse orders by API

  // ---- Gate
  std::string gate_duplicate = "accept";   // of a text: the later order takes over the look-up; or "reject"
  std::int64_t gate_text_delay_ms = 0;     // a placed order is not found by text for so long
  std::int64_t gate_text_after_end_s = 0;  // spot: an ended order is found by text for so long
  std::int64_t gate_forget_s = 60;         // spot: a cancelled order without fills is forgotten; futures: by text
  std::int64_t gate_forget_by_id_s = 600;  // futures: ... by id
  std::int64_t gate_ping_s = 10;           // the server's protocol pings; an unanswered one ends the connection
  bool gate_key_trades = true;             // false: the key may read only
  bool gate_futures_funded = true;         // false: the futures wallet does not exist
  bool gate_dual_mode = false;
  std::int64_t futures_gap_bps = 25;  // how much higher the futures stand than Gate's spot

  // "" when all keys were known and good, else what is wrong; then nothing is changed.
  std::string apply(const Json& keys);
};

}  // namespace dn::exchange
