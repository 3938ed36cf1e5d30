#include "server.h"

#include <httplib.h>
#include <semaphore.h>

#include <charconv>
#include <csignal>
#include <reel/core/error.h>
#include <string_view>
#include <thread>

namespace reel::detail {
extern const std::string_view demo_page;
}  // namespace reel::detail

namespace demo {
namespace {

using httplib::Request;
using httplib::Response;

constexpr const char* loopback = "127.0.0.1";
constexpr std::size_t most_bytes = std::size_t{1} << 16;
constexpr std::size_t most_requests = 16;  // at a time

sem_t stopping;  // all that a signal handler may touch
void stop(int) { sem_post(&stopping); }

void refuse(Response& response, int status, const std::string& reason) {
  response.status = status;
  response.set_content(reason + '\n', "text/plain; charset=utf-8");
}

/// "127.0.0.1:8080" -> "127.0.0.1"
std::string_view without_port(std::string_view host) { return host.substr(0, host.find(':')); }
bool is_ours(std::string_view host) { return without_port(host) == loopback || without_port(host) == "localhost"; }

/// A page of another site can have its visitors' browsers send requests here: by this address, or by a name of its own
/// that it lets lead here.
bool is_foreign(const Request& request) {
  const std::string origin = request.get_header_value("Origin");
  return !is_ours(request.get_header_value("Host")) ||
         (!origin.empty() && (!origin.starts_with("http://") || !is_ours(std::string_view(origin).substr(7))));
}

/// Runs `look`, and has what it throws answered with 400.
template <class F>
void answer(Response& response, const F& look) {
  try {
    response.set_content(look(), "application/octet-stream");
  } catch (const reel::Error& error) {
    refuse(response, 400, error.what());
  }
}

std::int64_t label_of(const Request& request) {
  const std::string text = request.get_param_value("label");
  std::int64_t label = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  reel::require<reel::ValueError>(error == std::errc() && end == text.data() + text.size(), "demo",
                                  "wants a label from 0 to 9, as in /pull?label=4");
  return label;
}

void set_routes(httplib::Server& server, Eye& eye) {
  const auto bytes = [](const Request& request) { return std::as_bytes(std::span(request.body)); };
  server.Get("/", [](const Request&, Response& response) {
    response.set_content(reel::detail::demo_page.data(), reel::detail::demo_page.size(), "text/html; charset=utf-8");
  });
  server.Post("/look", [&eye, bytes](const Request& request, Response& response) {
    answer(response, [&] { return eye.look(bytes(request)); });
  });
  server.Post("/pull", [&eye, bytes](const Request& request, Response& response) {
    answer(response, [&] { return eye.pull(bytes(request), label_of(request)); });
  });
  server.set_pre_routing_handler([](const Request& request, Response& response) {
    if (!is_foreign(request)) return httplib::Server::HandlerResponse::Unhandled;
    refuse(response, 403, "this server is for 127.0.0.1 and its own page");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_error_handler([](const Request& request, Response& response) {
    const bool is_page = request.path == "/";
    if (response.status == 404 && (is_page || request.path == "/look" || request.path == "/pull")) {
      response.status = 405;
      response.set_header("Allow", is_page ? "GET" : "POST");
    }
  });
}

void set_limits(httplib::Server& server) {
  server.set_payload_max_length(most_bytes);
  server.set_keep_alive_timeout(1);  // which the end has to wait for
  server.set_read_timeout(5);
  server.set_write_timeout(5);
  server.new_task_queue = [] { return new httplib::ThreadPool(most_requests); };  // the server deletes it
  server.set_tcp_nodelay(true);
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Content-Security-Policy",
                               "default-src 'none'; connect-src 'self'; img-src data:; script-src 'unsafe-inline'; "
                               "style-src 'unsafe-inline'; frame-ancestors 'none'"}});
  // The library's own choice would let two programs share a port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
}

int bind(httplib::Server& server, int port) {
  if (port == 0) port = server.bind_to_any_port(loopback);
  else if (!server.bind_to_port(loopback, port)) port = -1;
  reel::require<reel::IoError>(port > 0, loopback,
                               "the port can't be had: another program may have it; --port 0 takes any that is free");
  return port;
}

}  // namespace

void serve(Eye& eye, int port, const std::function<void(const std::string& address)>& announce) {
  httplib::Server server;
  set_limits(server);
  set_routes(server, eye);
  port = bind(server, port);
  sem_init(&stopping, 0, 0);
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  std::thread waiting([&] {
    while (sem_wait(&stopping) != 0) {  // interrupted
    }
    server.stop();
  });
  announce(reel::concat("http://", loopback, ':', port, '/'));
  server.listen_after_bind();
  sem_post(&stopping);  // where the server ended by itself
  waiting.join();
}

}  // namespace demo
