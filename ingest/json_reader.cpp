#include "ingest/json_reader.hpp"

#include "base/ascii.hpp"
#include "ingest/json_blocks.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace vedette::ingest {

namespace {

void skip_blanks(std::string_view json, std::size_t& at) noexcept {
  while (at < json.size() && is_blank(json[at]))
    ++at;
}

#if defined(__SSE2__)

/// Where the first quote stands when no backslash is before it, looked for in whole 16 bytes from
/// `from`; `from` moves behind those that have neither.
bool find_plain_quote(std::string_view json, std::size_t& from) noexcept {
  while (from + 16 <= json.size()) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(json.data() + from));
    const auto bits = [&](char c) {
      return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c))));
    };
    const auto quotes = bits('"');
    const auto slashes = bits('\\');
    if ((quotes | slashes) == 0) {
      from += 16;
      continue;
    }
    if (slashes != 0 && (quotes == 0 || std::countr_zero(slashes) < std::countr_zero(quotes)))
      return false;
    from += static_cast<unsigned>(std::countr_zero(quotes));
    return true;
  }
  return false;
}

/// Copies what is no escape, in whole 16 bytes, and moves both behind it. `out` has room for as
/// many bytes as are left.
void copy_plain(std::string_view raw, std::size_t& at, char*& out) noexcept {
  while (at + 16 <= raw.size()) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(raw.data() + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v);
    const auto slashes =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
    const auto plain = slashes == 0 ? 16U : static_cast<unsigned>(std::countr_zero(slashes));
    at += plain;
    out += plain;
    if (plain < 16)
      return;
  }
}

#else

bool find_plain_quote(std::string_view, std::size_t&) noexcept {
  return false;
}
void copy_plain(std::string_view, std::size_t&, char*&) noexcept {}

#endif

/// `at` stands on the opening quote; moves it behind the closing one.
bool skip_text(std::string_view json, std::size_t& at) noexcept {
  auto from = at + 1;
  // Most texts are short and have no escapes.
  if (find_plain_quote(json, from)) {
    at = from + 1;
    return true;
  }
  while (from < json.size()) {
    const void* hit = std::memchr(json.data() + from, '"', json.size() - from);
    if (hit == nullptr)
      break;
    const auto quote = static_cast<std::size_t>(static_cast<const char*>(hit) - json.data());
    std::size_t slashes = 0;
    while (quote - slashes > at + 1 && json[quote - slashes - 1] == '\\')
      ++slashes;
    from = quote + 1;
    if (slashes % 2 == 0) {
      at = from;
      return true;
    }
  }
  at = json.size();
  return false;
}

block_bits classify_at(std::string_view json, std::size_t at) noexcept {
  if (at + 64 <= json.size())
    return classify_block(json.data() + at);
  // What is not there must not be read: texts that were unescaped end where they end.
  char rest[64] = {};
  std::memcpy(rest, json.data() + at, json.size() - at);
  return classify_block(rest);
}

bool skip_container(std::string_view json, std::size_t& at) noexcept {
  string_state strings;
  std::size_t depth = 0;
  for (auto from = at; from < json.size(); from += 64) {
    const auto length = static_cast<unsigned>(std::min<std::size_t>(64, json.size() - from));
    const auto block = classify_at(json, from);
    const auto outside = ~strings.advance(block, length);
    const auto closes = block.closes & outside;
    auto marks = (block.opens | block.closes) & outside;
    // It can only end where more close than are open.
    if (depth > static_cast<unsigned>(std::popcount(closes))) {
      depth += static_cast<unsigned>(std::popcount(marks & ~closes));
      depth -= static_cast<unsigned>(std::popcount(closes));
      continue;
    }
    for (; marks != 0; marks &= marks - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(marks));
      if (((closes >> bit) & 1) == 0) {
        ++depth;
      } else if (--depth == 0) {
        at = from + bit + 1;
        return true;
      }
    }
  }
  at = json.size();
  return false;
}

/// The four digits at `at`, or -1.
int read_code_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 4 > text.size())
    return -1;
  int unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int d = base::hex_digit(text[at + i]);
    if (d < 0)
      return -1;
    unit = unit * 16 + d;
  }
  return unit;
}

char* put_utf8(char* out, int code) noexcept {
  const auto byte = [](int v) { return static_cast<char>(static_cast<unsigned char>(v)); };
  if (code < 0x80) {
    *out++ = byte(code);
  } else if (code < 0x800) {
    *out++ = byte(0xc0 | (code >> 6));
    *out++ = byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = byte(0xe0 | (code >> 12));
    *out++ = byte(0x80 | ((code >> 6) & 0x3f));
    *out++ = byte(0x80 | (code & 0x3f));
  } else {
    *out++ = byte(0xf0 | (code >> 18));
    *out++ = byte(0x80 | ((code >> 12) & 0x3f));
    *out++ = byte(0x80 | ((code >> 6) & 0x3f));
    *out++ = byte(0x80 | (code & 0x3f));
  }
  return out;
}

constexpr int replacement = 0xfffd;

/// `at` stands behind "\u"; moves it behind the digits it used.
int read_code_point(std::string_view text, std::size_t& at) noexcept {
  const int high = read_code_unit(text, at);
  if (high < 0)
    return replacement;
  at += 4;
  if (high < 0xd800 || high > 0xdfff)
    return high;
  if (high < 0xdc00 && text.substr(at, 2) == "\\u") {
    const int low = read_code_unit(text, at + 2);
    if (low >= 0xdc00 && low <= 0xdfff) {
      at += 6;
      return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
  }
  return replacement;
}

} // namespace

json_value read_value(std::string_view json, std::size_t& at) noexcept {
  skip_blanks(json, at);
  if (at >= json.size())
    return {};
  const auto start = at;
  const auto made = [&](json_kind kind) {
    return json_value{kind, json.substr(start, at - start)};
  };
  switch (json[at]) {
  case '"':
    return skip_text(json, at) ? made(json_kind::text) : json_value{};
  case '{':
    return skip_container(json, at) ? made(json_kind::object) : json_value{};
  case '[':
    return skip_container(json, at) ? made(json_kind::array) : json_value{};
  default:
    break;
  }
  while (at < json.size() && !is_blank(json[at]) && json[at] != ',' && json[at] != '}' &&
         json[at] != ']' && json[at] != ':' && json[at] != '"' && json[at] != '{' &&
         json[at] != '[')
    ++at;
  const auto word = json.substr(start, at - start);
  if (word == "null")
    return made(json_kind::null);
  if (word == "true" || word == "false")
    return made(json_kind::boolean);
  if (!word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9')))
    return made(json_kind::number);
  return {};
}

bool member_reader::next() noexcept {
  skip_blanks(json_, at_);
  if (at_ < json_.size() && json_[at_] == ',') {
    ++at_;
    skip_blanks(json_, at_);
  }
  if (at_ >= json_.size() || json_[at_] != '"')
    return false;
  const auto quote = at_;
  if (!skip_text(json_, at_))
    return false;
  key_ = json_.substr(quote + 1, at_ - quote - 2);
  skip_blanks(json_, at_);
  if (at_ >= json_.size() || json_[at_] != ':')
    return false;
  ++at_;
  value_ = read_value(json_, at_);
  return static_cast<bool>(value_);
}

bool element_reader::next() noexcept {
  skip_blanks(json_, at_);
  if (at_ < json_.size() && json_[at_] == ',')
    ++at_;
  value_ = read_value(json_, at_);
  return static_cast<bool>(value_);
}

json_value member(const json_value& object, std::string_view name) noexcept {
  for (member_reader m{object}; m.next();)
    if (m.key() == name)
      return m.value();
  return {};
}

bool selects_elements(std::string_view step) noexcept {
  return !step.empty() &&
         (step.front() == '[' || step.find_first_not_of("0123456789") == step.npos);
}

bool is_selected(std::string_view step, std::size_t place, const json_value& element) noexcept {
  if (step.front() != '[') {
    std::size_t wanted = 0;
    const auto [end, failed] = std::from_chars(step.data(), step.data() + step.size(), wanted);
    return failed == std::errc{} && end == step.data() + step.size() && wanted == place;
  }
  const auto equals = step.find('=');
  if (equals == std::string_view::npos || step.back() != ']')
    return false;
  const auto said = member(element, step.substr(1, equals - 1));
  return said.kind == json_kind::text &&
         said.inner() == step.substr(equals + 1, step.size() - equals - 2);
}

std::string_view text_of(const json_value& value, base::arena& memory) {
  const auto raw = value.inner();
  if (raw.find('\\') == std::string_view::npos)
    return raw;
  // An escape never grows: "\uXXXX" is six bytes and becomes at most three, a pair twelve and four;
  // only a broken one-byte escape ("\" + any) can, from two bytes to three.
  auto* begin = static_cast<char*>(memory.allocate(raw.size() + raw.size() / 2 + 3, 1));
  char* out = begin;
  for (std::size_t at = 0; at < raw.size();) {
    copy_plain(raw, at, out);
    if (at == raw.size())
      break;
    if (raw[at] != '\\') {
      *out++ = raw[at++];
      continue;
    }
    const char kind = at + 1 < raw.size() ? raw[at + 1] : '\0';
    at += 2;
    switch (kind) {
    case '"':
    case '\\':
    case '/':
      *out++ = kind;
      break;
    case 'b':
      *out++ = '\b';
      break;
    case 'f':
      *out++ = '\f';
      break;
    case 'n':
      *out++ = '\n';
      break;
    case 'r':
      *out++ = '\r';
      break;
    case 't':
      *out++ = '\t';
      break;
    case 'u':
      out = put_utf8(out, read_code_point(raw, at));
      break;
    default:
      out = put_utf8(out, replacement);
      break;
    }
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

std::string_view scalar_of(const json_value& value, base::arena& memory) {
  switch (value.kind) {
  case json_kind::text:
    return text_of(value, memory);
  case json_kind::number:
  case json_kind::boolean:
    return value.raw;
  default:
    return {};
  }
}

} // namespace vedette::ingest
