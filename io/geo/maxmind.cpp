#include "io/geo/maxmind.hpp"

#include <fmt/format.h>
#include <maxminddb.h>

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <string_view>
#include <unistd.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

/// Owns one mapped file.
class database {
 public:
  database() = default;
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() {
    if (open_)
      MMDB_close(&db_);
  }

  base::status open(const std::string& path, const char* what) {
    // The library says "error opening the file" for both.
    if (access(path.c_str(), F_OK) != 0)
      return error{ec::not_found,
                   fmt::format("opening {} database {}: there is no such file", what, path)};
    if (access(path.c_str(), R_OK) != 0)
      return error{ec::denied,
                   fmt::format("opening {} database {}: no permission to read it, check "
                               "its owner and mode",
                               what, path)};
    const int failed = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_);
    if (failed != MMDB_SUCCESS)
      return error{ec::corrupt,
                   fmt::format("opening {} database {}: {}; is it a complete .mmdb file?", what,
                               path, MMDB_strerror(failed))};
    open_ = true;
    return {};
  }

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] std::string_view type() const { return db_.metadata.database_type; }

  /// The entry for an address, if there is one; a damaged tree counts as none.
  bool find(const base::ip_address& address, MMDB_entry_s& out) const {
    int failed = MMDB_SUCCESS;
    MMDB_lookup_result_s found{};
    if (address.is_v4()) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      std::memcpy(&in.sin_addr, address.bytes.data() + 12, 4);
      found = MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&in), &failed);
    } else {
      // An IPv4-only tree has no room for it; the library calls that an error.
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      std::memcpy(&in.sin6_addr, address.bytes.data(), 16);
      found = MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&in), &failed);
    }
    if (failed != MMDB_SUCCESS || !found.found_entry)
      return false;
    out = found.entry;
    return true;
  }

 private:
  MMDB_s db_{};
  bool open_ = false;
};

template <class... Keys>
bool value_at(MMDB_entry_s& entry, MMDB_entry_data_s& out, Keys... keys) {
  return MMDB_get_value(&entry, &out, keys..., nullptr) == MMDB_SUCCESS && out.has_data;
}

std::string_view text_of(const MMDB_entry_data_s& data) {
  if (data.type != MMDB_DATA_TYPE_UTF8_STRING)
    return {};
  return {data.utf8_string, data.data_size};
}

bool number_of(const MMDB_entry_data_s& data, double& out) {
  if (data.type == MMDB_DATA_TYPE_DOUBLE)
    out = data.double_value;
  else if (data.type == MMDB_DATA_TYPE_FLOAT)
    out = static_cast<double>(data.float_value);
  else
    return false;
  return true;
}

/// ISO 3166-1 alpha-2, or nothing: the field is what rules compare with.
std::string_view country_code(MMDB_entry_s& entry) {
  MMDB_entry_data_s data{};
  // registered_country says where the block is registered, which is no sighting; only the first is
  // used.
  if (!value_at(entry, data, "country", "iso_code"))
    return {};
  const auto code = text_of(data);
  return code.size() == 2 ? code : std::string_view{};
}

bool ends_with_any(std::string_view type, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](auto e) { return type.find(e) != std::string_view::npos; });
}

class maxmind_source final : public ingest::network_source {
 public:
  base::status open(const maxmind_files& files) {
    if (!files.geo.empty()) {
      if (auto done = geo_.open(files.geo, "geo"); !done)
        return done;
      if (!ends_with_any(geo_.type(), {"City", "Country", "Enterprise"}))
        return error{ec::unsupported,
                     fmt::format("opening geo database {}: it is of type '{}'; give "
                                 "a City or Country database",
                                 files.geo, geo_.type())};
    }
    if (!files.asn.empty()) {
      if (auto done = asn_.open(files.asn, "ASN"); !done)
        return done;
      if (!ends_with_any(asn_.type(), {"ASN", "ISP", "Enterprise"}))
        return error{ec::unsupported,
                     fmt::format("opening ASN database {}: it is of type '{}'; give "
                                 "an ASN database",
                                 files.asn, asn_.type())};
    }
    return {};
  }

  void find(const base::ip_address& address, ingest::address_facts& out) const override {
    MMDB_entry_s entry{};
    MMDB_entry_data_s data{};
    if (geo_.is_open() && geo_.find(address, entry)) {
      if (const auto code = country_code(entry); !code.empty())
        out.country = code;
      double latitude = 0;
      double longitude = 0;
      if (value_at(entry, data, "location", "latitude") && number_of(data, latitude) &&
          value_at(entry, data, "location", "longitude") && number_of(data, longitude) &&
          latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180) {
        out.place = {static_cast<float>(latitude), static_cast<float>(longitude)};
        out.has_place = true;
      }
    }
    if (asn_.is_open() && asn_.find(address, entry)) {
      if (value_at(entry, data, "autonomous_system_number") && data.type == MMDB_DATA_TYPE_UINT32)
        out.asn = data.uint32;
      if (value_at(entry, data, "autonomous_system_organization"))
        if (const auto name = text_of(data); !name.empty())
          out.as_name = name;
    }
  }

  [[nodiscard]] bool has_geo() const override { return geo_.is_open(); }
  [[nodiscard]] bool has_asn() const override { return asn_.is_open(); }

 private:
  database geo_;
  database asn_;
};

} // namespace

base::result<std::shared_ptr<const ingest::network_source>>
open_maxmind(const maxmind_files& files) {
  if (files.geo.empty() && files.asn.empty())
    return error{ec::invalid_argument,
                 "opening address databases: neither a geo nor an ASN file was named"};
  auto source = std::make_shared<maxmind_source>();
  if (auto done = source->open(files); !done)
    return done.err();
  return std::shared_ptr<const ingest::network_source>{std::move(source)};
}

} // namespace vedette::io
