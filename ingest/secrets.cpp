#include "ingest/secrets.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "ingest/json_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace vedette::ingest {

namespace {

using std::string_view;

bool is_upper_or_digit(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::size_t shown_max = 13, hash_digits = 8;

/// Writes the session key of `id` to `to`, which has room for shown_max + 1 + hash_digits.
char* put_session_key(char* to, string_view id) noexcept {
  // AWS's ids have 16 characters or more; of anything shorter, half.
  to = std::copy_n(id.data(), id.size() >= 16 ? shown_max : id.size() / 2, to);
  *to++ = '~';
  const auto hash = base::hash64(id);
  for (unsigned i = 0; i < hash_digits; ++i)
    *to++ = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15];
  return to;
}

constexpr std::array<string_view, 27> secret_names{
    "sessiontoken",  "secretaccesskey", "secretkey",         "userdata",
    "authorization", "securitytoken",   "xamzsecuritytoken", "accesstoken",
    "refreshtoken",  "idtoken",         "clientsecret",      "apikey",
    "secretstring",  "secretbinary",    "passphrase",        "plaintext",
    "keymaterial",   "samlassertion",   "webidentitytoken",  "xamzsignature",
    "signature",     "authtoken",       "credentialsecret",  "connectionstring",
    "token",         "stringdata",      "privatekeydata"};

/// How long the key id that starts at `at` is; 0 when none starts there.
std::size_t key_id_at(string_view text, std::size_t at) noexcept {
  const auto head = text.substr(at, 4);
  if (head != "AKIA" && head != "ASIA")
    return 0;
  if (at > 0 && is_upper_or_digit(text[at - 1]))
    return 0;
  std::size_t size = 4;
  while (at + size < text.size() && is_upper_or_digit(text[at + size]))
    ++size;
  return size >= 16 ? size : 0;
}

/// `names_secret`, and `data` where the record is about secrets: what a Secret of Kubernetes holds.
bool is_secret(string_view key, bool about_secrets) noexcept {
  return names_secret(key) || (about_secrets && key == "data");
}

/// Whether the text holds JSON with a member that is secret (its quotes are escaped once).
bool hides_secret(string_view text, bool about_secrets) noexcept {
  for (std::size_t at = 0; (at = text.find("\\\"", at)) != string_view::npos;) {
    const auto start = at + 2;
    const auto end = text.find("\\\"", start);
    if (end == string_view::npos)
      return false;
    const auto colon = text.find_first_not_of(" \t", end + 2);
    if (colon != string_view::npos && text[colon] == ':' &&
        is_secret(text.substr(start, end - start), about_secrets))
      return true;
    at = end;
  }
  return false;
}

/// Writes the copy; stops before `limit`, leaving room to close what is open.
class redactor {
 public:
  redactor(string_view record, std::size_t limit, base::arena& memory)
      : in_{record}, out_{static_cast<char*>(memory.allocate(limit, 1))}, limit_{limit},
        about_secrets_{record.find("ecret") != string_view::npos} {}

  string_view run() {
    bool secret = false, complete = false;
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        ++at_;
        continue;
      }
      if (c == '{' || c == '[') {
        if (secret) {
          if (!read_value(in_, at_) || !put("\"***\""))
            break;
          secret = false;
          mark();
          continue;
        }
        if (depth_ == closers_.size() || !put({&c, 1}))
          break;
        closers_[depth_++] = c == '{' ? '}' : ']';
        ++at_;
        mark();
      } else if (c == '}' || c == ']') {
        if (depth_ == 0 || closers_[depth_ - 1] != c)
          break;
        out_[used_++] = c; // room was left when it was opened
        --depth_;
        ++at_;
        mark();
        if (depth_ == 0) {
          complete = true;
          break;
        }
      } else if (c == ',' || c == ':') {
        if (!put({&c, 1}))
          break;
        ++at_;
      } else {
        const auto value = read_value(in_, at_);
        if (!value)
          break;
        const auto next = in_.find_first_not_of(" \n\t\r", at_);
        if (value.kind == json_kind::text && next != string_view::npos && in_[next] == ':') {
          secret = is_secret(value.inner(), about_secrets_);
          if (!put(value.raw))
            break;
          continue;
        }
        if (!put_scalar(value, secret))
          break;
        secret = false;
        mark();
      }
    }
    if (!complete)
      close();
    return {out_, used_};
  }

 private:
  /// Everything up to here stands on its own once the open objects are closed.
  void mark() noexcept {
    safe_used_ = used_;
    safe_depth_ = depth_;
  }

  bool put(string_view text) noexcept {
    // One byte more for a container that `text` may open, one for each that is.
    if (used_ + text.size() + depth_ + 1 > limit_)
      return false;
    std::memcpy(out_ + used_, text.data(), text.size());
    used_ += text.size();
    return true;
  }

  bool put_scalar(const json_value& value, bool secret) noexcept {
    if (value.kind != json_kind::text)
      return put(secret && value.kind != json_kind::null ? string_view{"\"***\""} : value.raw);
    if (secret || hides_secret(value.inner(), about_secrets_))
      return put("\"***\"");
    const auto raw = value.raw;
    std::size_t copied = 0;
    for (std::size_t i = 0; i + 16 <= raw.size(); ++i) {
      if (raw[i] != 'A')
        continue;
      const auto size = key_id_at(raw, i);
      if (size == 0)
        continue;
      std::array<char, shown_max + 1 + hash_digits> key;
      const auto* end = put_session_key(key.data(), raw.substr(i, size));
      if (!put(raw.substr(copied, i - copied)) ||
          !put({key.data(), static_cast<std::size_t>(end - key.data())}))
        return false;
      i += size - 1;
      copied = i + 1;
    }
    return put(raw.substr(copied));
  }

  void close() noexcept {
    used_ = safe_used_;
    for (depth_ = safe_depth_; depth_ > 0; --depth_)
      out_[used_++] = closers_[depth_ - 1];
  }

  string_view in_;
  char* out_;
  std::size_t limit_, at_ = 0, used_ = 0, depth_ = 0, safe_used_ = 0, safe_depth_ = 0;
  bool about_secrets_;
  std::array<char, base::limits::record_depth> closers_{};
};

} // namespace

string_view session_key(string_view access_key_id, base::arena& memory) {
  if (access_key_id.empty())
    return {};
  auto* begin = static_cast<char*>(memory.allocate(shown_max + 1 + hash_digits, 1));
  return {begin, static_cast<std::size_t>(put_session_key(begin, access_key_id) - begin)};
}

bool names_secret(string_view key) noexcept {
  std::array<char, 64> folded;
  std::size_t size = 0;
  for (char c : key) {
    if (c == '_' || c == '-')
      continue;
    if (size == folded.size())
      return false;
    folded[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  const string_view name{folded.data(), size};
  return name.ends_with("password") || name.ends_with("privatekey") || name == "secret" ||
         std::ranges::find(secret_names, name) != secret_names.end();
}

bool is_access_key_id(string_view text) noexcept {
  return key_id_at(text, 0) == text.size() && !text.empty();
}

string_view redacted(string_view record, std::size_t limit, base::arena& memory) {
  return limit < 2 ? string_view{} : redactor{record, limit, memory}.run();
}

} // namespace vedette::ingest
