#include "io/http/message.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>

namespace vedette::io {
namespace {

constexpr std::size_t query_parameters_max = 64;

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return base::lower(x) == base::lower(y);
         });
}

http_response typed(std::string body, int status, const char* type) {
  http_response out;
  out.status = status;
  out.headers.set("Content-Type", type);
  out.body = std::move(body);
  return out;
}

} // namespace

std::string_view to_string(http_method m) noexcept {
  constexpr std::string_view names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "other"};
  return names[static_cast<int>(m)];
}

void http_headers::set(std::string_view name, std::string value) {
  all_.erase(std::remove_if(all_.begin(), all_.end(),
                            [&](const auto& h) { return same_name(h.first, name); }),
             all_.end());
  add(name, std::move(value));
}

void http_headers::add(std::string_view name, std::string value) {
  all_.emplace_back(std::string{name}, std::move(value));
}

std::string_view http_headers::get(std::string_view name) const noexcept {
  for (const auto& [held, value] : all_)
    if (same_name(held, name))
      return value;
  return {};
}

bool http_headers::has(std::string_view name) const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [&](const auto& h) { return same_name(h.first, name); });
}

std::optional<std::string_view> find(const http_parameters& in, std::string_view name) {
  for (const auto& [held, value] : in)
    if (held == name)
      return std::string_view{value};
  return std::nullopt;
}

std::string_view reason_phrase(int status) noexcept {
  struct row {
    int status;
    std::string_view phrase;
  };
  constexpr std::array<row, 26> rows{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  }};
  for (const auto& r : rows)
    if (r.status == status)
      return r.phrase;
  return {};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size())
        return std::nullopt;
      const int high = base::hex_digit(text[i + 1]);
      const int low = base::hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0))
        return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (text[i] == '\0') {
      return std::nullopt;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::optional<http_parameters> parse_query(std::string_view text) {
  http_parameters out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty())
      continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value || out.size() >= query_parameters_max)
      return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

http_response json_response(std::string json, int status) {
  return typed(std::move(json), status, "application/json");
}

http_response text_response(std::string text, int status) {
  return typed(std::move(text), status, "text/plain; charset=utf-8");
}

} // namespace vedette::io
