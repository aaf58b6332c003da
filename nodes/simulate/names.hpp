// Words the synthetic world is named from. Constant tables.
#pragma once

#include <string_view>

namespace vedette::simulate {

inline constexpr std::string_view company_first[] = {
    "acme",   "nordwind", "helix",  "bluefin", "cobalt", "juniper", "lumen",  "marble",
    "orchid", "pioneer",  "quarry", "saffron", "tundra", "vertex",  "willow", "zephyr"};
inline constexpr std::string_view company_second[] = {"retail",  "bank",   "health", "games",
                                                      "freight", "energy", "media",  "travel"};
inline constexpr std::string_view given_names[] = {
    "anna",  "ben",   "carla", "deniz", "elif", "farid",  "grace", "hugo",
    "ines",  "jonas", "kaede", "liam",  "maya", "noor",   "oskar", "priya",
    "quinn", "rosa",  "sven",  "tomas", "uma",  "viktor", "wei",   "yuki"};
inline constexpr std::string_view family_names[] = {
    "adler",  "brandt",  "castro", "dubois", "eriksen", "fischer", "garcia",
    "haddad", "ivanov",  "jensen", "kimura", "lopez",   "mensah",  "novak",
    "okafor", "pereira", "rossi",  "santos", "tanaka",  "weber"};
inline constexpr std::string_view app_names[] = {
    "billing",  "catalog", "checkout", "inventory", "ledger", "loyalty",  "mailer", "orders",
    "payments", "pricing", "profiles", "reports",   "search", "shipping", "signup", "telemetry"};
inline constexpr std::string_view function_jobs[] = {"invoice", "resize",  "notify", "ingest",
                                                     "export",  "webhook", "enrich", "reindex"};

} // namespace vedette::simulate
