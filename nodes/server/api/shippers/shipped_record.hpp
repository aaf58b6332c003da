// Records as shippers wrap them: a vendor's record is a text in "message", or in "log", or in
// "event.original", beside what the shipper adds of its own. Pure.
#pragma once

#include "ingest/json_reader.hpp"
#include "nodes/server/api/body_cutter.hpp"

namespace vedette::server {

/// The record or records that `document` (an object) carries, or itself when it carries none.
void add_shipped(body_cutter& to, const ingest::json_value& document);
/// A text that should hold records; when it does not it is a record that ends in quarantine.
void add_text(body_cutter& to, std::string_view text);

} // namespace vedette::server
