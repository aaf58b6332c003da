#include "ingest/lines/text_lines.hpp"

#include "ingest/formats/format.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::ingest {

namespace {

using std::string_view;

/// Walks the columns of a line.
class cells {
 public:
  explicit cells(string_view line) noexcept : rest_{line} {}

  [[nodiscard]] bool next() noexcept {
    const auto first = rest_.find_first_not_of(' ');
    if (first == string_view::npos)
      return false;
    rest_.remove_prefix(first);
    const char closing = rest_[0] == '"' ? '"' : rest_[0] == '[' ? ']' : '\0';
    if (closing == '\0') {
      cell_ = rest_.substr(0, rest_.find(' '));
      rest_.remove_prefix(cell_.size());
    } else {
      const auto end = closing_of(closing);
      cell_ = rest_.substr(1, end - 1);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
    }
    return true;
  }
  [[nodiscard]] string_view cell() const noexcept { return cell_; }

 private:
  /// The mark that a space follows: callers write quotes of their own into what is quoted.
  [[nodiscard]] std::size_t closing_of(char mark) const noexcept {
    for (auto at = rest_.find(mark, 1); at != string_view::npos; at = rest_.find(mark, at + 1))
      if (at + 1 == rest_.size() || rest_[at + 1] == ' ')
        return at;
    return rest_.size();
  }

  string_view rest_, cell_;
};

/// Digits that a JSON number may consist of.
bool is_number(string_view text) noexcept {
  return !text.empty() && text.size() <= 18 && (text[0] != '0' || text.size() == 1) &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Not by base::json_writer, which mends bytes that are no UTF-8: whoever judges the record sees
/// them as they came.
void put_text(std::string& out, string_view text) {
  constexpr string_view digits = "0123456789abcdef";
  out += '"';
  for (std::size_t from = 0; from < text.size();) {
    auto at = from;
    while (at < text.size() && text[at] != '"' && text[at] != '\\' &&
           static_cast<unsigned char>(text[at]) >= 0x20)
      ++at;
    out += text.substr(from, at - from);
    if (at < text.size()) {
      const auto c = static_cast<unsigned char>(text[at]);
      if (c >= 0x20)
        (out += '\\') += text[at];
      else
        ((out += "\\u00") += digits[c >> 4]) += digits[c & 15];
    }
    from = at + 1;
  }
  out += '"';
}

/// "${account-id}", as formats are configured, is the column "account-id".
string_view bare(string_view name) noexcept {
  return name.starts_with("${") && name.ends_with('}') ? name.substr(2, name.size() - 3) : name;
}

bool is_column_name(string_view name) noexcept {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Whether the line is a header of that format: names all through, most of them known, for vendors
/// add columns.
bool is_header_of(string_view line, const line_format& format) noexcept {
  constexpr std::size_t known_min = 3, columns_max = 128;
  std::size_t known = 0, all = 0;
  for (cells c{line}; c.next(); ++all) {
    const auto name = bare(c.cell());
    if (!is_column_name(name) || all == columns_max)
      return false;
    known += std::ranges::find(format.columns, name, &line_column::name) != format.columns.end();
  }
  return known >= known_min && known * 2 >= all;
}

const line_format* format_of(string_view beginning) noexcept {
  for (const auto& f : formats())
    if (f.lines != nullptr && f.lines->begins(beginning))
      return f.lines;
  return nullptr;
}

/// Whose header the line is; null when it is none.
const line_format* format_of_header(string_view line) noexcept {
  for (const auto& f : formats())
    if (f.lines != nullptr && f.lines->has_headers && is_header_of(line, *f.lines))
      return f.lines;
  return nullptr;
}

} // namespace

bool begins_like_line(string_view text) noexcept {
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  return format_of(line) != nullptr || format_of_header(line) != nullptr;
}

text_lines::text_lines(std::string order) : order_{std::move(order)} {
  restart();
}

base::status text_lines::check(string_view order) {
  if (order.empty() || format_of_header(order) != nullptr)
    return {};
  return base::error{base::ec::invalid_argument,
                     fmt::format("reading the order of columns '{}': it must name the columns of a "
                                 "log as its header does, as in 'version interface-id srcaddr "
                                 "dstaddr action'",
                                 order.substr(0, 200))};
}

bool text_lines::is_line(string_view beginning) noexcept {
  return format_of(beginning) != nullptr;
}

text_lines::kind text_lines::take(string_view line) {
  if (!columns_.empty() && write(line, columns_, true))
    return read_header(line) ? kind::header : kind::record;
  const auto* format = format_of(line);
  if (format == nullptr)
    return read_header(line) ? kind::header : columns_.empty() ? kind::none : kind::misfit;
  // What the vendor adds behind the columns that are known is not read; what older lines lack is
  // not there.
  (void)write(line, format->columns.first(format->usual), false);
  return kind::record;
}

bool text_lines::read_header(string_view line) {
  const auto* format = format_of_header(line);
  if (format == nullptr)
    return false;
  header_ = line;
  columns_.clear();
  for (cells c{header_}; c.next();) {
    const auto name = bare(c.cell());
    const auto known = std::ranges::find(format->columns, name, &line_column::name);
    columns_.push_back({name, known != format->columns.end() && known->is_number});
  }
  return true;
}

bool text_lines::write(string_view line, std::span<const line_column> columns, bool all) {
  record_.clear();
  record_ += '{';
  std::size_t column = 0;
  cells c{line};
  for (; column < columns.size() && c.next(); ++column) {
    const auto cell = c.cell();
    if (cell == "-" || cell.empty())
      continue;
    if (record_.size() > 1)
      record_ += ',';
    ((record_ += '"') += columns[column].name) += "\":";
    if (columns[column].is_number && is_number(cell))
      record_ += cell;
    else
      put_text(record_, cell);
  }
  record_ += '}';
  record_.append(padding, ' ');
  return !all || (column == columns.size() && !c.next());
}

void text_lines::restart() {
  columns_.clear();
  if (!order_.empty())
    (void)read_header(order_);
}

} // namespace vedette::ingest
