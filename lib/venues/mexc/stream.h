// MEXC spot's streams: JSON for control, protobuf for data (schema: mexcdevelop/websocket-proto of 2026-06).
#pragma once

#include "venues/venue.h"

namespace dn::venues::mexc {

// One binary frame. A book ticker becomes TopOfBook, a private order or deal an OrderNews; anything else is Nothing.
// Trade ids of the stream and of REST differ, so a pushed deal is a reason to ask, not a fill.
// `last_version`: of the last book ticker; older ones are dropped. Pushes without a version pass.
Heard read_push(std::string_view bytes, std::string_view symbol, std::uint64_t* last_version);
// One text frame: acks, refusals (which have code 0 too), pongs.
Heard read_control(std::string_view payload);

std::unique_ptr<StreamProtocol> public_stream(const Symbol& symbol);
std::unique_ptr<StreamProtocol> private_stream(const Symbol& symbol, const Credentials& who);

}  // namespace dn::venues::mexc
