#include "io/geo/maxmind.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <iostream>
#include <thread>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

constexpr const char* writer = R"perl(
use strict; use warnings;
use MaxMind::DB::Writer::Tree;
my ($type, $out) = @ARGV;
my %types = (country => 'map', iso_code => 'utf8_string', location => 'map', latitude => 'double',
  longitude => 'double', autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => $type,
  languages => ['en'], description => { en => 'test' }, remove_reserved_networks => 0,
  map_key_type_callback => sub { $types{ $_[0] } });
if ($type =~ /ASN/) {
  $tree->insert_network('198.51.100.0/24', { autonomous_system_number => 64500, autonomous_system_organization => 'Example Net' });
} else {
  $tree->insert_network('198.51.100.0/24', { country => { iso_code => 'DE' }, location => { latitude => 52.5, longitude => 13.25 } });
  $tree->insert_network('2001:db8::/32', { country => { iso_code => 'BR' } });
  $tree->insert_network('203.0.113.0/24', { country => { iso_code => 'XYZ' }, location => { latitude => 500.0, longitude => 0.0 } });
}
open my $fh, '>:raw', $out or die $!;
$tree->write_tree($fh);
)perl";

/// False when this machine cannot make test databases.
bool make(const temp_folder& folder, const std::string& type, const std::string& out) {
  const auto script = folder.write("make.pl", writer);
  return std::system(("perl " + script + " " + type + " " + out + " 2>" + folder.path("perl.err"))
                         .c_str()) == 0;
}

base::ip_address ip(const char* text) {
  return *base::ip_address::parse(text);
}

} // namespace

TEST_CASE("maxmind: an address gets its country, place and network, from any number of threads",
          "[io][geo]") {
  const temp_folder folder;
  const auto geo = folder.path("city.mmdb");
  const auto asn = folder.path("asn.mmdb");
  if (!make(folder, "Test-City", geo) || !make(folder, "Test-ASN", asn)) {
    std::cout << "skipped: maxmind look-ups (perl module MaxMind::DB::Writer is not installed)\n";
    return;
  }
  const auto source = open_maxmind({geo, asn});
  REQUIRE(why(source) == "");
  CHECK((*source)->has_geo());
  CHECK((*source)->has_asn());
  const auto check_all = [&] {
    bool fine = true;
    for (int i = 0; i < 200; ++i) {
      ingest::address_facts f;
      (*source)->find(ip("198.51.100.7"), f);
      fine = fine && f.country == "DE" && f.has_place &&
             f.place == base::geo_point{52.5F, 13.25F} && f.asn == 64500 &&
             f.as_name == "Example Net";
    }
    return fine;
  };
  bool in_thread = false;
  std::thread other{[&] { in_thread = check_all(); }};
  CHECK(check_all());
  other.join();
  CHECK(in_thread);

  ingest::address_facts f;
  (*source)->find(ip("2001:db8::1"), f);
  CHECK(f.country == "BR");
  CHECK_FALSE(f.has_place);
  CHECK(f.asn == 0);

  ingest::address_facts unknown;
  unknown.country = "kept";
  unknown.asn = 7;
  (*source)->find(ip("192.0.2.1"), unknown);
  CHECK(unknown.country == "kept");
  CHECK(unknown.asn == 7);

  INFO("nonsense in the database is left out");
  ingest::address_facts odd;
  (*source)->find(ip("203.0.113.1"), odd);
  CHECK(odd.country == "");
  CHECK_FALSE(odd.has_place);

  INFO("a database for the wrong purpose is refused");
  const auto swapped = open_maxmind({asn, {}});
  REQUIRE_FALSE(swapped);
  CHECK(swapped.err().code == base::ec::unsupported);
  CHECK(says(swapped.err().context, "Test-ASN"));
}

TEST_CASE("maxmind: a file that is missing, unnamed or no database is said so", "[io][geo]") {
  const temp_folder folder;
  const auto code = [](const maxmind_files& files) {
    const auto got = open_maxmind(files);
    return got ? base::ec::none : got.err().code;
  };
  CHECK(code({}) == base::ec::invalid_argument);
  CHECK(code({folder.path("missing.mmdb"), {}}) == base::ec::not_found);
  CHECK(code({folder.write("text.mmdb", "this is no database"), {}}) == base::ec::corrupt);
  CHECK(code({{}, folder.write("empty.mmdb", "")}) == base::ec::corrupt);
}
