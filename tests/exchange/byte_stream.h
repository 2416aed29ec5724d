// A connected socket, with or without TLS.
#pragma once

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <functional>
#include <memory>
#include <string>

namespace dn::exchange {

class ByteStream {
 public:
  using Done = std::function<void(const asio::error_code&, std::size_t)>;
  virtual ~ByteStream() = default;
  virtual void handshake(std::function<void(const asio::error_code&)> done) = 0;
  virtual void read(const asio::mutable_buffer& into, Done done) = 0;
  virtual void write(const std::string& bytes, Done done) = 0;  // `bytes` outlives the call's completion
  // Ends in order: what was written arrives.
  virtual void finish() = 0;
  // Ends at once with a TCP reset.
  virtual void reset() = 0;
};

std::unique_ptr<ByteStream> plain_stream(asio::ip::tcp::socket socket);
std::unique_ptr<ByteStream> tls_stream(asio::ip::tcp::socket socket, asio::ssl::context& context);

}  // namespace dn::exchange
