#include "ws_frame.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "digest.h"

namespace dn::exchange {
namespace {

constexpr unsigned kContinuation = 0;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool has_word(std::string_view list, std::string_view word) {
  std::string low(list);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return low.find(word) != std::string::npos;
}

bool good_close_code(unsigned code) { return (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999); }

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::optional<WsMessage> WsDecoder::fail(std::uint16_t code, std::string why) {
  error_ = code;
  why_ = std::move(why);
  return std::nullopt;
}

std::optional<WsDecoder::Head> WsDecoder::head() {
  const auto wrong = [&](const char* why) {
    fail(1002, why);
    return std::nullopt;
  };
  if (in_.size() < 2) return std::nullopt;
  Head h;
  h.fin = (byte_at(in_, 0) & 0x80U) != 0;
  h.opcode = byte_at(in_, 0) & 15U;
  if ((byte_at(in_, 0) & 0x70U) != 0) return wrong("reserved bits");
  if (h.opcode > kPong || (h.opcode > kBinary && h.opcode < kClose)) return wrong("unknown opcode");
  if ((byte_at(in_, 1) & 0x80U) == 0) return wrong("a client's frame is masked");
  std::uint64_t length = byte_at(in_, 1) & 0x7FU;
  const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (h.opcode >= kClose && (more > 0 || !h.fin)) return wrong("a control frame is short and whole");
  if (in_.size() < 2 + more) return std::nullopt;
  if (more > 0) {
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8U | byte_at(in_, 2 + i);
    if (length < (more == 2 ? 126U : 65536U) || length >> 63U != 0) return wrong("a length that is not minimal");
  }
  if (length + partial_.size() > max_message_ && h.opcode < kClose) {
    fail(1009, "message too big");
    return std::nullopt;
  }
  h.length = static_cast<std::size_t>(length);
  h.size = 2 + more + 4;
  return h;
}

std::optional<WsMessage> WsDecoder::control(unsigned opcode, std::string payload) {
  if (opcode == kClose && payload.size() == 1) return fail(1002, "half a close code");
  if (opcode == kClose && payload.size() >= 2) {
    if (!good_close_code(byte_at(payload, 0) << 8U | byte_at(payload, 1))) return fail(1002, "bad close code");
    if (!is_utf8(std::string_view(payload).substr(2))) return fail(1007, "close reason is not UTF-8");
  }
  const auto kind = opcode == kClose ? WsMessage::Kind::Close : opcode == kPing ? WsMessage::Kind::Ping : WsMessage::Kind::Pong;
  return WsMessage{kind, std::move(payload)};
}

std::optional<WsMessage> WsDecoder::next() {
  while (error_ == 0) {
    const auto h = head();
    if (!h || in_.size() < h->size + h->length) return std::nullopt;
    std::string payload = in_.substr(h->size, h->length);
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(byte_at(payload, i) ^ byte_at(in_, h->size - 4 + i % 4));
    in_.erase(0, h->size + h->length);
    if (h->opcode >= kClose) return control(h->opcode, std::move(payload));
    if ((h->opcode == kContinuation) != (partial_kind_ != 0)) return fail(1002, "fragments out of order");
    if (h->opcode != kContinuation) partial_kind_ = h->opcode;
    partial_ += payload;
    if (!h->fin) continue;
    WsMessage m{partial_kind_ == kText ? WsMessage::Kind::Text : WsMessage::Kind::Binary, std::move(partial_)};
    partial_.clear();
    partial_kind_ = 0;
    if (m.kind == WsMessage::Kind::Text && !is_utf8(m.payload)) return fail(1007, "text is not UTF-8");
    return m;
  }
  return std::nullopt;
}

std::string ws_frame(WsMessage::Kind kind, std::string_view payload) {
  constexpr std::array<unsigned, 5> kOpcodes{kText, kBinary, kClose, kPing, kPong};
  std::string out(1, static_cast<char>(0x80U | kOpcodes[static_cast<std::size_t>(kind)]));
  const std::uint64_t size = payload.size();
  const unsigned more = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out += static_cast<char>(more == 0 ? size : more == 2 ? 126 : 127);
  for (unsigned i = more; i > 0; --i) out += static_cast<char>(size >> (8U * (i - 1)) & 255U);
  out += payload;
  return out;
}

std::string ws_close_payload(std::uint16_t code, std::string_view reason) {
  std::string out{static_cast<char>(code >> 8U), static_cast<char>(code & 255U)};
  return out.append(reason.substr(0, 120));
}

bool wants_ws(const HttpRequest& request) { return request.has_header("upgrade"); }

HttpReply ws_handshake(const HttpRequest& r) {
  const auto refuse = [](int status, const char* why) {
    HttpReply reply{status, why, {}, "text/plain"};
    if (status == 426) reply.headers.emplace_back("Sec-WebSocket-Version", "13");
    return reply;
  };
  if (r.method != "GET" || !has_word(r.header("upgrade"), "websocket") || !has_word(r.header("connection"), "upgrade")) {
    return refuse(400, "not a WebSocket upgrade");
  }
  if (r.header("sec-websocket-version") != "13") return refuse(426, "version 13");
  if (base64_size(r.header("sec-websocket-key")) != 16U) return refuse(400, "bad Sec-WebSocket-Key");
  HttpReply reply{101, "", {}, ""};
  reply.headers = {{"Upgrade", "websocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Accept", sha1_base64(std::string(r.header("sec-websocket-key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")}};
  return reply;
}

}  // namespace dn::exchange
