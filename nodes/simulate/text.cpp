#include "nodes/simulate/text.hpp"

#include <charconv>
#include <chrono>

namespace vedette::simulate {

namespace {

constexpr char lower_hex[] = "0123456789abcdef";
constexpr char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One draw feeds as many characters as its bits allow.
template <int Bits>
void put_digits(std::string& out, prng& random, int n, const char* alphabet) {
  char text[128];
  int at = 0;
  while (at < n && at < static_cast<int>(sizeof text)) {
    std::uint64_t word = random.next();
    for (int i = 0; i < 64 / Bits && at < n; ++i, word >>= Bits)
      text[at++] = alphabet[word & ((1U << Bits) - 1)];
  }
  out.append(text, static_cast<std::size_t>(at));
}

struct civil {
  int year;
  unsigned month, day, hour, minute, second;
};

civil civil_of(base::event_time t) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{days};
  const auto rest = static_cast<unsigned>((seconds - days).count());
  return {int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
          rest / 3600,      rest / 60 % 60,         rest % 60};
}

char* two(char* at, unsigned v) {
  *at++ = static_cast<char>('0' + v / 10);
  *at++ = static_cast<char>('0' + v % 10);
  return at;
}

} // namespace

void put_number(std::string& out, std::uint64_t v) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

void put_hex(std::string& out, prng& random, int digits) {
  put_digits<4>(out, random, digits, lower_hex);
}

void put_upper(std::string& out, prng& random, int n) {
  put_digits<5>(out, random, n, upper);
}

void put_base64(std::string& out, prng& random, int n) {
  put_digits<6>(out, random, n, base64);
}

void put_uuid(std::string& out, prng& random) {
  char text[36];
  std::uint64_t word = random.next();
  for (int i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      text[i] = '-';
      continue;
    }
    if (i == 19)
      word = random.next();
    text[i] = lower_hex[word & 15];
    word >>= 4;
  }
  text[14] = '4';
  text[19] = "89ab"[random.next() >> 62];
  out.append(text, sizeof text);
}

void put_address(std::string& out, std::uint32_t host_order) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    put_number(out, (host_order >> shift) & 255);
    if (shift > 0)
      out += '.';
  }
}

void put_time(std::string& out, base::event_time t) {
  const civil c = civil_of(t);
  char text[20];
  char* at = two(text, static_cast<unsigned>(c.year) / 100);
  at = two(at, static_cast<unsigned>(c.year) % 100);
  *at++ = '-';
  at = two(at, c.month);
  *at++ = '-';
  at = two(at, c.day);
  *at++ = 'T';
  at = two(at, c.hour);
  *at++ = ':';
  at = two(at, c.minute);
  *at++ = ':';
  at = two(at, c.second);
  *at = 'Z';
  out.append(text, sizeof text);
}

void put_long_time(std::string& out, base::event_time t) {
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const civil c = civil_of(t);
  out += months[c.month - 1];
  out += ' ';
  put_number(out, c.day);
  out += ", ";
  put_number(out, static_cast<unsigned>(c.year));
  out += ' ';
  put_number(out, c.hour % 12 == 0 ? 12 : c.hour % 12);
  char clock[6] = {':', '0', '0', ':', '0', '0'};
  two(clock + 1, c.minute);
  two(clock + 4, c.second);
  out.append(clock, sizeof clock);
  out += c.hour < 12 ? " AM" : " PM";
}

} // namespace vedette::simulate
