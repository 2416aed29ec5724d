#include "byte_stream.h"

namespace dn::exchange {
namespace {

using asio::ip::tcp;

void reset_socket(tcp::socket& socket) {
  asio::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

void close_socket(tcp::socket& socket) {
  asio::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(tcp::socket socket) : socket_(std::move(socket)) {}
  void handshake(std::function<void(const asio::error_code&)> done) override { done({}); }
  void read(const asio::mutable_buffer& into, Done done) override { socket_.async_read_some(into, std::move(done)); }
  void write(const std::string& bytes, Done done) override { asio::async_write(socket_, asio::buffer(bytes), std::move(done)); }
  void finish() override { close_socket(socket_); }
  void reset() override { reset_socket(socket_); }

 private:
  tcp::socket socket_;
};

class TlsStream final : public ByteStream {
 public:
  TlsStream(tcp::socket socket, asio::ssl::context& context) : stream_(std::make_shared<Stream>(std::move(socket), context)) {}
  void handshake(std::function<void(const asio::error_code&)> done) override {
    stream_->async_handshake(asio::ssl::stream_base::server, [keep = stream_, done = std::move(done)](const asio::error_code& e) { done(e); });
  }
  void read(const asio::mutable_buffer& into, Done done) override {
    stream_->async_read_some(into, [keep = stream_, done = std::move(done)](const asio::error_code& e, std::size_t n) { done(e, n); });
  }
  void write(const std::string& bytes, Done done) override {
    asio::async_write(*stream_, asio::buffer(bytes), [keep = stream_, done = std::move(done)](const asio::error_code& e, std::size_t n) { done(e, n); });
  }
  // Says close_notify and does not wait long for the peer's.
  void finish() override {
    if (finished_) return;
    finished_ = true;
    auto timer = std::make_shared<asio::steady_timer>(stream_->get_executor(), std::chrono::milliseconds(500));
    timer->async_wait([keep = stream_](const asio::error_code& e) {
      if (!e) close_socket(keep->next_layer());
    });
    stream_->async_shutdown([keep = stream_, timer](const asio::error_code&) {
      timer->cancel();
      close_socket(keep->next_layer());
    });
  }
  void reset() override {
    finished_ = true;
    reset_socket(stream_->next_layer());
  }

 private:
  using Stream = asio::ssl::stream<tcp::socket>;
  std::shared_ptr<Stream> stream_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> plain_stream(tcp::socket socket) { return std::make_unique<PlainStream>(std::move(socket)); }
std::unique_ptr<ByteStream> tls_stream(tcp::socket socket, asio::ssl::context& context) { return std::make_unique<TlsStream>(std::move(socket), context); }

}  // namespace dn::exchange
