#include "nodes/config/load.hpp"

#include "nodes/config/keys.hpp"
#include "nodes/config/tenants.hpp"
#include "nodes/config/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace vedette::config {
namespace {

using base::ec;

/// Read by tests, scripts and the command-line program; not settings of a node.
constexpr std::array<std::string_view, 8> other_variables{
    "VEDETTE_CONFIG",  "VEDETTE_URL",        "VEDETTE_TOKEN",       "VEDETTE_CONTENT",
    "VEDETTE_BIN_DIR", "VEDETTE_SOURCE_DIR", "VEDETTE_SHARED_DATA", "VEDETTE_TEST_FULL"};

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Kubernetes gives every pod variables about the services of its namespace. One for a service
/// called vedette-http would be VEDETTE_HTTP_PORT: no key of ours may end like these, and they
/// must not keep a node from starting.
bool is_service_link(std::string_view variable) {
  if (variable.ends_with("_SERVICE_HOST") || variable.ends_with("_PORT"))
    return true;
  const auto contains = [&](std::string_view part) { return variable.find(part) != variable.npos; };
  return contains("_SERVICE_PORT") ||
         (contains("_PORT_") && (contains("_TCP") || contains("_UDP")));
}

class loader {
 public:
  explicit loader(const inputs& from) : from_{from} {}

  outcome run() {
    file();
    environment();
    options();
    if (out_.problems.empty())
      whole();
    return std::move(out_);
  }

 private:
  void fail(std::string what) { out_.problems.push_back({ec::invalid_argument, std::move(what)}); }
  void fail_line(int line, std::string_view what) {
    fail(fmt::format("reading {}: line {}: {}", from_.file_name, line, what));
  }

  void file() {
    auto yaml = parse_yaml(from_.file_text, from_.file_name);
    if (!yaml) {
      out_.problems.push_back(yaml.err());
      return;
    }
    if (yaml->type != yaml_value::kind::map) {
      fail_line(yaml->line, "a configuration is written as sections, such as http: and below it "
                            "listen: 127.0.0.1:8470");
      return;
    }
    for (const auto& section : yaml->items) {
      if (section.name == "tenants")
        read_tenants(section, from_.file_name, out_.values.tenants, out_.problems);
      else
        file_section(section);
    }
  }

  void file_section(const yaml_value& section) {
    const auto& known = sections();
    if (std::ranges::find(known, section.name) == known.end()) {
      fail_line(section.line, fmt::format("unknown key '{}'; did you mean '{}'?", section.name,
                                          meant_at_top(section.name)));
      return;
    }
    if (section.type == yaml_value::kind::null) // "http:" with all its keys commented out
      return;
    if (section.type != yaml_value::kind::map) {
      fail_line(section.line,
                fmt::format("{} is a section: its keys stand below it, indented", section.name));
      return;
    }
    for (const auto& member : section.items)
      file_key(section.name, member);
  }

  void file_key(const std::string& section, const yaml_value& member) {
    const auto* k = find_key(section, member.name);
    if (k == nullptr) {
      fail_line(member.line, fmt::format("unknown key '{}.{}'; did you mean '{}'?", section,
                                         member.name, meant(section, member.name)));
      return;
    }
    if (k->is_secret) {
      fail_line(member.line, fmt::format("{}: a secret is not written here; put it into a file and "
                                         "name that in {}_file, or set {}",
                                         k->full_name(), k->full_name(), k->variable()));
      return;
    }
    raw_value raw;
    switch (member.type) {
    case yaml_value::kind::null:
      fail_line(member.line, fmt::format("{} has no value; leave the line out to keep the default",
                                         k->full_name()));
      return;
    case yaml_value::kind::map:
      fail_line(member.line,
                fmt::format("{} takes a value or a list, no keys of its own", k->full_name()));
      return;
    case yaml_value::kind::scalar:
      raw.items.push_back(member.text);
      break;
    case yaml_value::kind::list:
      raw.is_list = true;
      for (const auto& item : member.items) {
        if (item.type != yaml_value::kind::scalar) {
          fail_line(item.line, fmt::format("{} must be a list of texts", k->full_name()));
          return;
        }
        raw.items.push_back(item.text);
      }
      break;
    }
    if (auto done = k->set(out_.values, raw); !done)
      fail_line(member.line, fmt::format("{} {}", k->full_name(), done.err().context));
    else
      out_.origins[k->full_name()] = fmt::format("line {}", member.line);
  }

  void environment() {
    for (const auto& [variable, value] : from_.environment) {
      if (!variable.starts_with("VEDETTE_") || is_service_link(variable) ||
          std::ranges::find(other_variables, variable) != other_variables.end())
        continue;
      const auto k = std::ranges::find(keys(), variable, &key::variable);
      if (k != keys().end())
        flat(*k, value, variable);
      else
        unknown_variable(variable);
    }
  }

  /// Names no section: it may belong to another program, so the node starts and says so. Names a
  /// section: it was meant for us, and ignoring it would run a node that is not as was asked.
  void unknown_variable(const std::string& variable) {
    std::vector<std::string> names;
    for (const auto& k : keys())
      names.push_back(k.variable());
    const auto what = fmt::format("environment: unknown variable '{}'; did you mean '{}'?",
                                  variable, nearest(variable, names));
    const bool ours = std::ranges::any_of(sections(), [&](const std::string& section) {
      return lower(variable).starts_with("vedette_" + section + '_');
    });
    if (ours)
      fail(what);
    else
      out_.notes.push_back(what);
  }

  void options() {
    for (const auto& [name, value] : from_.options) {
      const auto dot = std::min(name.find('.'), name.size());
      const auto* k = find_key(name.substr(0, dot), name.substr(std::min(dot + 1, name.size())));
      if (k == nullptr)
        fail(fmt::format("command line: unknown key '{}'; did you mean '{}'?", name,
                         meant_at_top(name)));
      else if (k->is_secret)
        fail(fmt::format("command line: {} is a secret and everyone on this machine could read it "
                         "there; use {}_file or {}",
                         name, name, k->variable()));
      else
        flat(*k, value, "command line");
    }
  }

  void flat(const key& k, const std::string& value, const std::string& origin) {
    raw_value raw;
    raw.is_flat = true;
    raw.items.push_back(value);
    if (auto done = k.set(out_.values, raw); !done)
      fail(fmt::format("{}: {} {}", origin, k.full_name(), done.err().context));
    else
      out_.origins[k.full_name()] = origin;
  }

  /// Best guess for a key of a known section; one that only stands in the wrong section is found
  /// by its name.
  static std::string meant(const std::string& section, const std::string& name) {
    std::vector<std::string> here;
    for (const auto& k : keys()) {
      if (k.is_secret)
        continue;
      if (k.name == name)
        return k.full_name();
      if (k.section == section)
        here.push_back(k.full_name());
    }
    return nearest(section + '.' + name, here);
  }

  static std::string meant_at_top(const std::string& name) {
    std::vector<std::string> all = sections();
    all.emplace_back("tenants");
    for (const auto& k : keys()) {
      if (k.name == name && !k.is_secret)
        return k.full_name();
      if (!k.is_secret)
        all.push_back(k.full_name());
    }
    return nearest(name, all);
  }

  /// What no key alone can show.
  void whole() {
    const auto& s = out_.values;
    if (s.http.tls_certificate.empty() == s.http.tls_key.given())
      fail("http.tls_certificate and http.tls_key_file go together; one is set, the other is not");
    if (s.http.listen.enabled() && !s.http.listen.is_loopback() && s.http.tls_certificate.empty() &&
        !s.http.allow_plain)
      fail(fmt::format("http.listen {} can be reached from other machines, where tokens must not "
                       "travel in the clear; set http.tls_certificate and http.tls_key_file, or "
                       "http.allow_plain when a proxy ends TLS",
                       write(s.http.listen)));
    if (s.http.allow_plain && !s.http.tls_certificate.empty())
      out_.notes.emplace_back("http.allow_plain has no effect while http.tls_certificate is set");
    ports();
    cluster();
    not_yet();
    if (s.respond.has(executor_kind::webhook)) {
      if (!s.respond.webhook_url.starts_with("https://") &&
          !s.respond.webhook_url.starts_with("http://"))
        fail("respond.executors has webhook, so respond.webhook_url must be an https:// or http:// "
             "address");
      if (!s.respond.webhook_secret.given())
        fail("respond.executors has webhook, so its calls must be signed; set "
             "respond.webhook_secret_file or VEDETTE_RESPOND_WEBHOOK_SECRET");
    }
    if (s.store.sync == sync_policy::risk_unsynced)
      out_.notes.emplace_back(
          "store.sync is risk_unsynced: a power failure loses acknowledged events");
    if (s.store.sync == sync_policy::risk_interval)
      out_.notes.push_back(fmt::format(
          "store.sync is risk_interval: a power failure loses up to {} of acknowledged events",
          write(s.store.sync_interval)));
  }

  /// What is named for a later build must not be taken in silence.
  void not_yet() {
    const auto& s = out_.values;
    const settings shipped;
    if (s.node.roles != shipped.node.roles)
      fail("node.roles must name all of ingest, detect, respond and operate: this build cannot "
           "leave "
           "one out yet");
    const auto fixed = [this](const char* name, base::duration set, base::duration only) {
      if (set != only)
        fail(fmt::format("{} must be {}: this build has no other yet", name, write(only)));
    };
    fixed("detect.lateness", s.detect.lateness, shipped.detect.lateness);
    fixed("detect.ahead", s.detect.ahead, shipped.detect.ahead);
    fixed("detect.quiet_period", s.detect.quiet_period, shipped.detect.quiet_period);
    if (!s.ingest.curve_key.value.empty())
      fail("ingest.curve_key must come from a file, as `vedette keys` writes them; set "
           "ingest.curve_key_file");
  }

  void cluster() {
    const auto& s = out_.values;
    const auto& c = s.cluster;
    if (c.coordinator == coordinator_kind::none) {
      if (!c.endpoints.empty() || c.found)
        out_.notes.emplace_back("cluster.coordinator is none, so this node is standalone and the "
                                "rest of cluster has no effect; set it to etcd");
      return;
    }
    if (c.endpoints.empty())
      fail("cluster.coordinator is etcd, so cluster.endpoints must name at least one, such as "
           "https://etcd1:2379");
    if (c.prefix.size() < 2 || !c.prefix.starts_with('/') || !c.prefix.ends_with('/'))
      fail(fmt::format("cluster.prefix '{}' must begin and end with '/', such as /vedette/",
                       c.prefix));
    if (c.certificate.empty() != c.key_file.empty())
      fail("cluster.certificate and cluster.key_file go together; one is set, the other is not");
    if (c.user.empty() == c.password.given())
      fail("cluster.user and cluster.password_file go together; one is set, the other is not");
    if (c.min_in_sync > c.copies)
      fail(fmt::format("cluster.min_in_sync {} must be at most cluster.copies {}", c.min_in_sync,
                       c.copies));
    if (!s.mesh.listen.enabled())
      fail("mesh.listen is off, but nodes of a cluster must reach each other; give it an address");
    advertised("mesh", s.mesh.listen, s.mesh.advertise);
    advertised("http", s.http.listen, s.http.advertise);
  }

  /// Nobody can connect to "every interface".
  void advertised(const char* section, const endpoint& listen, const endpoint& advertise) {
    const auto& told = advertise.enabled() ? advertise : listen;
    if (told.host == "*" || told.host == "0.0.0.0" || told.host == "::")
      fail(fmt::format("{0}.advertise must name an address at which other nodes reach this one: "
                       "{0}.listen {1} names none",
                       section, write(listen)));
    if (advertise.enabled() && advertise.port == 0)
      fail(fmt::format("{}.advertise needs a port, not 0", section));
  }

  void ports() {
    const auto& s = out_.values;
    const std::pair<const char*, const endpoint*> all[] = {{"http.listen", &s.http.listen},
                                                           {"ingest.listen", &s.ingest.listen},
                                                           {"alerts.listen", &s.alerts.listen},
                                                           {"mesh.listen", &s.mesh.listen}};
    std::map<std::uint16_t, const char*> taken;
    for (const auto& [name, e] : all) {
      if (!e->enabled() || e->port == 0)
        continue;
      const auto [at, fresh] = taken.emplace(e->port, name);
      if (!fresh)
        fail(fmt::format("{} and {} both want port {}; give one another", at->second, name,
                         e->port));
    }
  }

  const inputs& from_;
  outcome out_;
};

} // namespace

outcome examine(const inputs& from) {
  return loader{from}.run();
}

base::result<outcome> load(const inputs& from) {
  auto out = examine(from);
  if (out.problems.empty())
    return out;
  auto first = out.problems.front();
  if (out.problems.size() > 1)
    first.context +=
        fmt::format(" (and {} more; vedette config check lists all)", out.problems.size() - 1);
  return first;
}

std::string render(const outcome& of) {
  std::string out;
  std::string section;
  for (const auto& k : keys()) {
    if (k.section != section) {
      out += fmt::format("{}{}:\n", section.empty() ? "" : "\n", k.section);
      section = k.section;
    }
    const auto origin = of.origins.find(k.full_name());
    const bool is_default = origin == of.origins.end();
    if (!k.is_secret)
      out += fmt::format("  {}: {}  # {}\n", k.name, k.get(of.values),
                         is_default ? "default" : origin->second);
    else if (!is_default)
      out += fmt::format("  # {} comes from {}\n", k.name, origin->second);
  }
  out += "\ntenants:\n";
  for (const auto& [name, tenant] : of.values.tenants) {
    const auto lines = write(tenant, 4);
    out += fmt::format("  {}:{}\n{}", quoted(name), lines.empty() ? " {}" : "", lines);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> environment_of(const char* const* variables) {
  std::vector<std::pair<std::string, std::string>> out;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view text{*variables};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

} // namespace vedette::config
