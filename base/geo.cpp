#include "base/geo.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vedette::base {

double distance_km(geo_point a, geo_point b) noexcept {
  constexpr double radius_km = 6371.0088; // IUGG mean earth radius
  constexpr double radians = std::numbers::pi / 180;
  const double lat_a = double{a.latitude} * radians, lat_b = double{b.latitude} * radians;
  const double s = std::sin((lat_b - lat_a) / 2);
  const double t = std::sin((double{b.longitude} - double{a.longitude}) * radians / 2);
  const double h = s * s + std::cos(lat_a) * std::cos(lat_b) * t * t;
  return 2 * radius_km * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

} // namespace vedette::base
