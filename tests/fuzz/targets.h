// The fuzz targets: one per venue and group of decoders.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.h"

namespace dn::fuzz {

struct Target {
  std::string name;  // of its corpus and of its program
  Venue venue = Venue::MexcSpot;
  void (*run)(Venue venue, std::string_view input) = nullptr;
  // What a first line may choose, each letter a question; "" when there is no first line.
  std::string_view choices;
};
const std::vector<Target>& targets();
// The one of that name; null when there is none.
const Target* target_of(std::string_view name);

// One input. Throws Broken.
void try_target(const Target& target, std::string_view input);

// The first line's letter is one of the choices, the rest of that line is options.
//   start     m market, t server time, b top of book, c countdown
//   account   a
//   orders    p place, c cancel; a second letter 'v': the venue's id is known
//   lookup    i by id, o open orders, h history; 'v' likewise
//   trades    t; 'v' likewise
//   survey    s since an hour ago, a all that the venue keeps
//   streams   p public, q private; then each line is a frame, but "r..." is the answer to a ticket or its renewal and "o" a new connection
void run_start(Venue venue, std::string_view input);
void run_account(Venue venue, std::string_view input);
void run_orders(Venue venue, std::string_view input);
void run_lookup(Venue venue, std::string_view input);
void run_trades(Venue venue, std::string_view input);
void run_survey(Venue venue, std::string_view input);
void run_streams(Venue venue, std::string_view input);
// Each line is a frame of Gate.io's trading WebSocket.
void run_trading_ws(Venue venue, std::string_view input);
// The whole input is a document.
void run_json(Venue venue, std::string_view input);
// Each line is a number.
void run_numbers(Venue venue, std::string_view input);

// The ids that the questions name, so that seeds can answer with them.
inline constexpr std::string_view kClientId = "t-fuzz00b1-1";
inline constexpr std::string_view kVenueId = "745504484392";
// BTC/USDT with the rules that the targets trade by.
Instrument instrument_of(Venue venue);

}  // namespace dn::fuzz
