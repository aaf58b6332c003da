#include "ingest/record_splitter.hpp"

#include "base/limits.hpp"
#include "ingest/base64.hpp"
#include "ingest/envelope.hpp"
#include "ingest/json_blocks.hpp"
#include "ingest/json_reader.hpp"
#include "ingest/lines/text_lines.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <vector>

namespace vedette::ingest {

namespace {

using std::string_view;

constexpr std::size_t padding = 64;
constexpr std::size_t slice = 256 * 1024; ///< bytes taken in at once, which bounds the buffer
constexpr std::size_t head_bytes = 256;   ///< shown of a record that is refused
constexpr std::size_t wraps_max = 6;      ///< S3 notice in SNS in SQS is four
constexpr std::size_t nowhere = ~std::size_t{0};
constexpr string_view too_large = "record is larger than 4 MiB";

/// Outermost lists of records: CloudTrail's files and LookupEvents, Kubernetes' EventList, Azure's
/// diagnostic settings, Cloud Logging's answers, Pub/Sub's, those of Azure's and Graph's REST APIs,
/// AWS Config's snapshots.
constexpr std::array<string_view, 8> list_names{
    "\"Records\"", "\"Events\"",           "\"items\"", "\"records\"",
    "\"entries\"", "\"receivedMessages\"", "\"value\"", "\"configurationItems\""};

} // namespace

struct record_splitter::impl {
  impl(std::size_t wraps_around, std::string line_order)
      : wraps{wraps_around}, lines{std::move(line_order)} {}

  enum class mode : std::uint8_t {
    between, ///< where a record may start
    inside,  ///< in a record, or in the rest of an envelope behind its list
    junk,    ///< in something that is no JSON object: a line of text, or damage
  };

  std::vector<std::vector<std::string>> unwrap;
  std::size_t wraps;           ///< how many wrappers are around this stream
  std::unique_ptr<impl> inner; ///< reads what wrappers hold; made when first needed
  base::arena texts;           ///< unescaped wrapped texts
  text_lines lines;            ///< what the header of lines of text said

  std::vector<char> bytes; ///< from `start` on; always `padding` longer than `used`
  std::size_t used = 0, scanned = 0, start = nowhere;
  mode at = mode::between;
  std::size_t level = 0;                          ///< open brackets since `start`
  std::bitset<base::limits::record_depth> arrays; ///< which of them are '['
  string_state strings;
  bool discarding = false; ///< too large: only its end is still looked for
  bool tail = false;       ///< this is the rest of an envelope
  std::vector<char> lists; ///< what is open around the records: 'a' list, 'e' envelope
  bool deep_lists = false; ///< more of them than we follow, said once

  // -- what comes out ---------------------------------------------------------------------------

  void refuse(string_view text, string_view problem, const sink& out) {
    out({text.substr(0, head_bytes), problem});
  }

  impl& nested() {
    if (!inner)
      inner = std::make_unique<impl>(wraps + 1, lines.order());
    return *inner;
  }

  void open(const wrapped_part& part, const sink& out) {
    auto& n = nested();
    auto text = part.raw;
    texts.clear();
    if (part.how == wrapped_part::coding::escaped)
      // Wrapping quotes are gone; read_value gave us the text between them.
      text = text_of({json_kind::text, {text.data() - 1, text.size() + 2}}, texts);
    else if (part.how == wrapped_part::coding::base64)
      text = base64_decoded(text, texts);
    if (!part.cluster.empty())
      text = n.push_cluster(part, text, out);
    n.push(text, out);
    n.finish(out);
  }

  /// Begins the record with the name that only its wrapper knows; returns the rest of the record.
  string_view push_cluster(const wrapped_part& part, string_view text, const sink& out) {
    const auto open = text.find_first_not_of(" \n\t\r");
    if (open == string_view::npos || text[open] != '{')
      return text;
    const auto rest = text.substr(open + 1);
    const auto quote = rest.find_first_not_of(" \n\t\r");
    if (quote == string_view::npos || rest[quote] != '"')
      return text;
    push(R"({"cluster":")", out);
    push(part.cluster_owner, out);
    push(part.cluster_owner.empty() ? "" : "/", out);
    push(part.cluster, out);
    push(R"(",)", out);
    return rest;
  }

  void deliver(string_view text, const sink& out) {
    const auto hand_on = [&](const wrapped_part& part) { open(part, out); };
    for (const auto& steps : unwrap)
      if (follow_pointer(text, steps, hand_on))
        return;
    if (!starts_like_record(text) && wraps < wraps_max && open_envelope(text, hand_on))
      return;
    out({text, {}});
  }

  void deliver_line(string_view text, const sink& out) {
    switch (lines.take(text)) {
    case text_lines::kind::none:
      return deliver(text, out);
    case text_lines::kind::header:
      return;
    case text_lines::kind::record:
      if (lines.record().size() > base::limits::record_bytes)
        return refuse(text, too_large, out);
      return out({lines.record(), {}});
    case text_lines::kind::misfit:
      return refuse(text, "line has other columns than its header names", out);
    }
  }

  /// The record, whole or damaged, ends before `end`.
  void emit(std::size_t end, const sink& out) {
    while (end > start && is_blank(bytes[end - 1]))
      --end;
    if (!discarding && !tail && end > start) {
      const string_view text{bytes.data() + start, end - start};
      if (at == mode::junk && lists.empty())
        deliver_line(text, out);
      else
        deliver(text, out);
    }
    restart();
  }

  void restart() noexcept {
    if (tail && !lists.empty())
      lists.pop_back();
    at = mode::between;
    start = nowhere;
    level = 0;
    discarding = tail = false;
    strings = {};
  }

  // -- scanning ---------------------------------------------------------------------------------

  [[nodiscard]] std::size_t last_before(std::size_t position) const noexcept {
    while (position > 0 && is_blank(bytes[position - 1]))
      --position;
    return position;
  }

  /// A '{' can only stand behind ':' in an object and behind '[' or ',' in an array. Anywhere else
  /// the record before it broke off and this is the next one.
  [[nodiscard]] bool may_open_object(std::size_t position) const noexcept {
    if (level == 0 || level > arrays.size())
      return true;
    const auto before = last_before(position);
    if (before == 0)
      return true; // cut away while discarding
    const char c = bytes[before - 1];
    return arrays[level - 1] ? c == '[' || c == ',' : c == ':';
  }

  /// Whether the '[' is the list of an envelope: the value of one of `list_names`. Kept out of
  /// line, because few brackets ask and on_mark is called for all.
  [[nodiscard, gnu::noinline]] bool opens_list(std::size_t position) const noexcept {
    auto end = last_before(position);
    if (end == 0 || bytes[end - 1] != ':')
      return false;
    end = last_before(end - 1);
    const string_view before{bytes.data(), end};
    return before.ends_with('"') &&
           std::ranges::any_of(list_names, [&](string_view n) { return before.ends_with(n); });
  }

  void enter_list(char kind, const sink& out) {
    if (lists.size() < base::limits::record_depth) {
      lists.push_back(kind);
    } else if (!deep_lists) {
      deep_lists = true;
      refuse({bytes.data() + scanned, used - scanned}, "lists nest deeper than 128 levels", out);
    }
  }

  void scan_between(const sink& out) {
    for (; scanned < used; ++scanned) {
      const char c = bytes[scanned];
      if (c == '{') {
        start = scanned;
        at = mode::inside;
        return;
      }
      if (is_blank(c) || c == ',' || c == '}')
        continue;
      if (c == '[') {
        enter_list('a', out);
      } else if (c == ']') {
        if (!lists.empty() && lists.back() == 'a')
          lists.pop_back();
        if (!lists.empty() && lists.back() == 'e') {
          ++scanned;
          start = scanned;
          level = 1;
          arrays[0] = false;
          tail = true;
          at = mode::inside;
          return;
        }
      } else {
        start = scanned;
        at = mode::junk;
        return;
      }
    }
  }

  void scan_junk(const sink& out) {
    for (; scanned < used; ++scanned) {
      const char c = bytes[scanned];
      if (c == '{' && lists.empty() && text_lines::is_line({bytes.data() + start, scanned - start}))
        continue;
      if (c == '\n' || c == '{' || (!lists.empty() && (c == ',' || c == ']'))) {
        // A byte order mark in front of the first record is no record.
        if (string_view{bytes.data() + start, scanned - start} == "\xef\xbb\xbf")
          restart();
        else
          emit(scanned, out);
        return;
      }
    }
    bound(out);
  }

  void bound(const sink& out) {
    if (discarding || tail || scanned - start <= base::limits::record_bytes)
      return;
    refuse({bytes.data() + start, scanned - start}, too_large, out);
    discarding = true;
  }

  /// Handles the bracket or the broken line end at `position`; true when the record ends there.
  bool on_mark(std::size_t position, const sink& out) {
    const char c = bytes[position];
    if (c == '\n') {
      scanned = position + 1;
      emit(position, out);
      return true;
    }
    if (c == '}' || c == ']') {
      if (--level > 0)
        return false;
      scanned = position + 1;
      emit(position + 1, out);
      return true;
    }
    if (c == '{' && !may_open_object(position)) {
      scanned = position;
      emit(position, out);
      return true;
    }
    if (c == '[' && level == 1 && !discarding && opens_list(position)) {
      scanned = position;
      if (!tail)
        enter_list('e', out);
      enter_list('a', out);
      scanned = position + 1;
      tail = false;
      restart();
      return true;
    }
    if (level < arrays.size())
      arrays[level] = c == '[';
    ++level;
    return false;
  }

  void scan_inside(const sink& out) {
    while (scanned < used) {
      const auto length = static_cast<unsigned>(std::min<std::size_t>(64, used - scanned));
      const auto block = classify_block(bytes.data() + scanned);
      const auto text = strings.advance(block, length);
      auto marks = ((block.opens | block.closes) & ~text) | (block.line_ends & text);
      if (length < 64)
        marks &= (std::uint64_t{1} << length) - 1;
      for (const auto from = scanned; marks != 0; marks &= marks - 1)
        if (on_mark(from + static_cast<std::size_t>(std::countr_zero(marks)), out))
          return;
      scanned += length;
      bound(out);
    }
  }

  void scan(const sink& out) {
    while (scanned < used) {
      switch (at) {
      case mode::between:
        scan_between(out);
        break;
      case mode::inside:
        scan_inside(out);
        break;
      case mode::junk:
        scan_junk(out);
        break;
      }
    }
  }

  /// Forgets what nobody needs any more. A few bytes stay for looking back.
  void compact() noexcept {
    constexpr std::size_t look_back = 64;
    auto keep = start;
    if (start == nowhere || discarding || tail)
      keep = scanned > look_back ? scanned - look_back : 0;
    if (keep == 0)
      return;
    std::memmove(bytes.data(), bytes.data() + keep, used - keep);
    used -= keep;
    scanned -= keep;
    if (start != nowhere)
      start = start > keep ? start - keep : 0;
  }

  void push(string_view chunk, const sink& out) {
    while (!chunk.empty()) {
      const auto part = chunk.substr(0, slice);
      chunk.remove_prefix(part.size());
      if (bytes.size() < used + part.size() + padding)
        bytes.resize(std::max(used + part.size() + padding, bytes.size() * 2));
      std::memcpy(bytes.data() + used, part.data(), part.size());
      used += part.size();
      scan(out);
      compact();
    }
  }

  void finish(const sink& out) {
    if (start != nowhere)
      emit(used, out);
    restart();
    lists.clear();
    lines.restart();
    deep_lists = false;
    used = scanned = 0;
  }
};

record_splitter::record_splitter(std::vector<std::string> unwrap, std::string line_order)
    : impl_{std::make_unique<impl>(0, std::move(line_order))} {
  for (const auto& pointer : unwrap)
    if (auto steps = parse_pointer(pointer))
      impl_->unwrap.push_back(std::move(*steps));
}

record_splitter::~record_splitter() = default;
record_splitter::record_splitter(record_splitter&&) noexcept = default;
record_splitter& record_splitter::operator=(record_splitter&&) noexcept = default;

base::status record_splitter::check(const std::vector<std::string>& unwrap,
                                    std::string_view line_order) {
  for (const auto& pointer : unwrap)
    if (auto steps = parse_pointer(pointer); !steps)
      return steps.err();
  return text_lines::check(line_order);
}

void record_splitter::push(string_view chunk, const sink& out) {
  impl_->push(chunk, out);
}
void record_splitter::finish(const sink& out) {
  impl_->finish(out);
}

} // namespace vedette::ingest
