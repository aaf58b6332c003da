#include "base/json_writer.hpp"

#include "base/utf8.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

namespace vedette::base {

namespace rj = rapidjson;

struct json_writer::impl {
  explicit impl(int indent) : pretty{indent > 0}, indented{buffer}, flat{buffer} {
    indented.SetIndent(' ', static_cast<unsigned>(indent));
  }

  template <class F>
  void write(F f) {
    if (pretty)
      f(indented);
    else
      f(flat);
  }

  rj::StringBuffer buffer;
  bool pretty;
  rj::PrettyWriter<rj::StringBuffer> indented;
  rj::Writer<rj::StringBuffer> flat;
};

json_writer::json_writer(int indent) : impl_{std::make_unique<impl>(indent)} {}
json_writer::~json_writer() = default;

json_writer& json_writer::begin_object() {
  impl_->write([](auto& w) { w.StartObject(); });
  return *this;
}

json_writer& json_writer::end_object() {
  impl_->write([](auto& w) { w.EndObject(); });
  return *this;
}

json_writer& json_writer::begin_array() {
  impl_->write([](auto& w) { w.StartArray(); });
  return *this;
}

json_writer& json_writer::end_array() {
  impl_->write([](auto& w) { w.EndArray(); });
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  impl_->write([&](auto& w) { w.Key(name.data(), static_cast<rj::SizeType>(name.size())); });
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  std::string repaired;
  if (!is_utf8(text)) {
    repaired = to_utf8(text);
    text = repaired;
  }
  impl_->write([&](auto& w) {
    w.String(text.empty() ? "" : text.data(), static_cast<rj::SizeType>(text.size()));
  });
  return *this;
}

json_writer& json_writer::value(bool v) {
  impl_->write([&](auto& w) { w.Bool(v); });
  return *this;
}

json_writer& json_writer::value(std::uint64_t v) {
  impl_->write([&](auto& w) { w.Uint64(v); });
  return *this;
}

json_writer& json_writer::value(std::int64_t v) {
  impl_->write([&](auto& w) { w.Int64(v); });
  return *this;
}

json_writer& json_writer::value(double v) {
  if (!std::isfinite(v))
    return null();
  impl_->write([&](auto& w) { w.Double(v); });
  return *this;
}

json_writer& json_writer::null() {
  impl_->write([](auto& w) { w.Null(); });
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  impl_->write([&](auto& w) { w.RawValue(json.data(), json.size(), rj::kObjectType); });
  return *this;
}

std::string_view json_writer::text() const {
  return {impl_->buffer.GetString(), impl_->buffer.GetSize()};
}

void json_writer::clear() {
  impl_->buffer.Clear();
  impl_->flat.Reset(impl_->buffer);
  impl_->indented.Reset(impl_->buffer);
}

} // namespace vedette::base
