// Places on the globe, and how far apart they are.
#pragma once

namespace vedette::base {

struct geo_point {
  float latitude = 0;  ///< degrees, -90..90
  float longitude = 0; ///< degrees, -180..180

  friend bool operator==(const geo_point&, const geo_point&) = default;
};

/// Great-circle distance in kilometres on a sphere of radius 6,371.0088 km (haversine formula).
[[nodiscard]] double distance_km(geo_point a, geo_point b) noexcept;

} // namespace vedette::base
