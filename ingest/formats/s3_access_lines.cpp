// The columns of server access logs, in their only order. New ones are added at the end.
#include "ingest/formats/s3_access.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

using std::string_view;

constexpr std::array<line_column, 27> access_columns{{
    {"bucketowner"},
    {"bucket_name"},
    {"requestdatetime"},
    {"remoteip"},
    {"requester"},
    {"requestid"},
    {"operation"},
    {"key"},
    {"request_uri"},
    {"httpstatus", line_column::number},
    {"errorcode"},
    {"bytessent", line_column::number},
    {"objectsize", line_column::number},
    {"totaltime", line_column::number},
    {"turnaroundtime", line_column::number},
    {"referrer"},
    {"useragent"},
    {"versionid"},
    {"hostid"},
    {"sigv"},
    {"ciphersuite"},
    {"authtype"},
    {"endpoint"},
    {"tlsversion"},
    {"accesspointarn"},
    {"aclrequired"},
    {"sourceregion"},
}};

/// "<64 hex digits of the owner> bucket ["
bool begins(string_view text) noexcept {
  constexpr std::size_t owner_digits = 64;
  if (text.size() <= owner_digits || text[owner_digits] != ' ')
    return false;
  if (!std::ranges::all_of(text.substr(0, owner_digits),
                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }))
    return false;
  text.remove_prefix(owner_digits + 1);
  const auto bucket = text.find(' ');
  return bucket != string_view::npos && text.substr(bucket + 1).starts_with('[');
}

} // namespace

constinit const line_format s3_access_lines{access_columns, access_columns.size(), begins, false};

} // namespace vedette::ingest
