#include "nodes/simulate/places.hpp"

#include "base/assert.hpp"

#include <array>

namespace vedette::simulate {

namespace {

constexpr std::uint32_t network(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::uint32_t office_net = network(203, 0, 113, 0);
constexpr std::uint32_t home_net = network(192, 0, 2, 0);
constexpr std::uint32_t bad_net = network(198, 51, 100, 0);
constexpr std::uint32_t cloud_net = network(198, 18, 0, 0);
constexpr std::uint32_t runner_net = network(198, 19, 128, 0);

// AS numbers are the ones set aside for documentation, except those of the two large clouds.
constexpr std::array<place, 26> place_table{{
    {place_use::office, office_net + 0, 27, 64496, "Spree Business Fibre", "DE", "Berlin",
     "52.5200", "13.4050"},
    {place_use::office, office_net + 32, 27, 64497, "Hudson Metro Ethernet", "US", "New York",
     "40.7128", "-74.0060"},
    {place_use::office, office_net + 64, 27, 64498, "Thames Leased Lines", "GB", "London",
     "51.5074", "-0.1278"},
    {place_use::office, office_net + 96, 27, 64499, "Marina Bay Networks", "SG", "Singapore",
     "1.3521", "103.8198"},
    {place_use::office, office_net + 128, 27, 64500, "Kanto Office Net", "JP", "Tokyo", "35.6762",
     "139.6503"},
    {place_use::office, office_net + 160, 27, 64501, "Paulista Corporativo", "BR", "Sao Paulo",
     "-23.5505", "-46.6333"},
    {place_use::office, office_net + 192, 27, 64502, "Bay Area Business", "US", "San Francisco",
     "37.7749", "-122.4194"},
    {place_use::office, office_net + 224, 27, 64503, "Harbour Enterprise", "AU", "Sydney",
     "-33.8688", "151.2093"},
    {place_use::home, home_net + 0, 27, 64504, "Spree Kabel", "DE", "Berlin", "52.5200", "13.4050"},
    {place_use::home, home_net + 32, 27, 64505, "Hudson Cable", "US", "New York", "40.7128",
     "-74.0060"},
    {place_use::home, home_net + 64, 27, 64506, "Thames Broadband", "GB", "London", "51.5074",
     "-0.1278"},
    {place_use::home, home_net + 96, 27, 64507, "Lion City Fibre", "SG", "Singapore", "1.3521",
     "103.8198"},
    {place_use::home, home_net + 128, 27, 64508, "Kanto Hikari", "JP", "Tokyo", "35.6762",
     "139.6503"},
    {place_use::home, home_net + 160, 27, 64509, "Paulista Banda Larga", "BR", "Sao Paulo",
     "-23.5505", "-46.6333"},
    {place_use::home, home_net + 192, 27, 64510, "Bay Area Cable", "US", "San Francisco", "37.7749",
     "-122.4194"},
    {place_use::home, home_net + 224, 27, 64511, "Harbour Broadband", "AU", "Sydney", "-33.8688",
     "151.2093"},
    {place_use::hosting, bad_net + 0, 27, 65536, "Lowland VPS", "NL", "Amsterdam", "52.3676",
     "4.9041"},
    {place_use::hosting, bad_net + 32, 27, 65537, "Carpathia Bulletproof Hosting", "RO",
     "Bucharest", "44.4268", "26.1025"},
    {place_use::vpn, bad_net + 64, 27, 65538, "Tundra Privacy VPN", "SE", "Stockholm", "59.3293",
     "18.0686"},
    {place_use::vpn, bad_net + 96, 27, 65539, "Isthmus VPN", "PA", "Panama City", "8.9824",
     "-79.5199"},
    {place_use::tor, bad_net + 128, 28, 65540, "Onion Friends e.V.", "DE", "Frankfurt am Main",
     "50.1109", "8.6821"},
    {place_use::tor, bad_net + 144, 28, 65541, "Relay Collective", "CA", "Montreal", "45.5019",
     "-73.5674"},
    {place_use::residential, bad_net + 160, 27, 65542, "Saigon Telecom", "VN", "Ho Chi Minh City",
     "10.8231", "106.6297"},
    {place_use::residential, bad_net + 192, 27, 65543, "Volga Online", "RU", "Kazan", "55.7887",
     "49.1221"},
    {place_use::residential, bad_net + 224, 27, 65544, "Lagos Mobile", "NG", "Lagos", "6.5244",
     "3.3792"},
    {place_use::runner, runner_net, 20, 8075, "MICROSOFT-CORP-MSN-AS-BLOCK", "US", "Boydton",
     "36.6676", "-78.3875"},
}};

constexpr std::array<cloud_region, 17> region_table{{
    {"us-east-1", "US", "Ashburn", "39.0438", "-77.4874"},
    {"us-east-2", "US", "Columbus", "39.9612", "-82.9988"},
    {"us-west-1", "US", "San Jose", "37.3382", "-121.8863"},
    {"us-west-2", "US", "Boardman", "45.8399", "-119.7006"},
    {"ca-central-1", "CA", "Montreal", "45.5019", "-73.5674"},
    {"sa-east-1", "BR", "Sao Paulo", "-23.5505", "-46.6333"},
    {"eu-west-1", "IE", "Dublin", "53.3498", "-6.2603"},
    {"eu-west-2", "GB", "London", "51.5074", "-0.1278"},
    {"eu-west-3", "FR", "Paris", "48.8566", "2.3522"},
    {"eu-central-1", "DE", "Frankfurt am Main", "50.1109", "8.6821"},
    {"eu-north-1", "SE", "Stockholm", "59.3293", "18.0686"},
    {"ap-south-1", "IN", "Mumbai", "19.0760", "72.8777"},
    {"ap-northeast-1", "JP", "Tokyo", "35.6762", "139.6503"},
    {"ap-northeast-2", "KR", "Seoul", "37.5665", "126.9780"},
    {"ap-northeast-3", "JP", "Osaka", "34.6937", "135.5023"},
    {"ap-southeast-1", "SG", "Singapore", "1.3521", "103.8198"},
    {"ap-southeast-2", "AU", "Sydney", "-33.8688", "151.2093"},
}};

} // namespace

std::span<const place> all_places() {
  return place_table;
}

const place& office(std::uint32_t city) {
  return place_table[city % cities];
}

const place& home(std::uint32_t city) {
  return place_table[cities + city % cities];
}

const place& runners() {
  return place_table.back();
}

const place& attackers(place_use use, prng& random) {
  std::array<const place*, place_table.size()> found{};
  std::uint32_t n = 0;
  for (const place& p : place_table)
    if (p.use == use)
      found[n++] = &p;
  VEDETTE_ASSERT(n > 0);
  return *found[random.below(n)];
}

std::span<const cloud_region> regions() {
  return region_table;
}

std::uint32_t cloud_address(std::uint32_t region, prng& random) {
  return cloud_net + (region << 12) + random.between(4, 2040);
}

std::uint32_t egress_address(std::uint32_t region, std::uint32_t tenant, std::uint32_t slot) {
  return cloud_net + (region << 12) + 2048 + tenant % 512 * 4 + slot % 4;
}

std::uint32_t address_in(const place& p, prng& random) {
  return p.first + 1 + random.below((1U << (32 - p.prefix)) - 2);
}

std::uint32_t address_in(const place& p, std::uint32_t n) {
  return p.first + 1 + n % ((1U << (32 - p.prefix)) - 2);
}

} // namespace vedette::simulate
