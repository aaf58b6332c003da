#include "ingest/formats/vpc_flow.hpp"

#include "ingest/formats/column_row.hpp"
#include "ingest/joined.hpp"
#include "ingest/mapping/mapped_time.hpp"
#include "ingest/record_id.hpp"

#include <charconv>
#include <fmt/format.h>

namespace vedette::ingest {

namespace {

using std::string_view;

enum class field : std::uint8_t {
  account,
  interface,
  instance,
  attachment,
  resource,
  source,
  target,
  packet_source,
  packet_target,
  port,
  bytes,
  start,
  end,
  action,
  reason,
  status,
  region,
  direction,
  task,
  container,
  count
};

using f = field;

constexpr field_name<field> names_list[] = {
    {"account-id", f::account},
    {"accountid", f::account},
    {"interface-id", f::interface},
    {"interfaceid", f::interface},
    {"instance-id", f::instance},
    {"instanceid", f::instance},
    {"tgw-attachment-id", f::attachment},
    {"tgwattachmentid", f::attachment},
    {"resource-id", f::resource},
    {"resourceid", f::resource},
    {"srcaddr", f::source},
    {"dstaddr", f::target},
    {"pkt-srcaddr", f::packet_source},
    {"pktsrcaddr", f::packet_source},
    {"pkt-dstaddr", f::packet_target},
    {"pktdstaddr", f::packet_target},
    {"dstport", f::port},
    {"bytes", f::bytes},
    {"start", f::start},
    {"end", f::end},
    {"action", f::action},
    {"reject-reason", f::reason},
    {"rejectreason", f::reason},
    {"log-status", f::status},
    {"logstatus", f::status},
    {"region", f::region},
    {"flow-direction", f::direction},
    {"flowdirection", f::direction},
    {"ecs-task-arn", f::task},
    {"ecstaskarn", f::task},
    {"ecs-container-id", f::container},
    {"ecscontainerid", f::container},
};
constexpr name_table names{names_list};

/// What was reached, as "198.51.100.7:443"; a flow shares and grants nothing.
class flow_words final : public effect_words {
 public:
  flow_words(string_view address, string_view port) noexcept : address_{address}, port_{port} {}

  [[nodiscard]] reached whom(string_view) const override { return {}; }
  [[nodiscard]] base::grant_class grants(const json_value&, const reach_sink&,
                                         base::arena&) const override {
    return base::grant_class::none;
  }
  void list_resources(value_list& out, base::arena& memory) const override {
    if (address_.empty())
      return;
    if (port_.empty())
      out.add(address_);
    else if (address_.find(':') != string_view::npos)
      out.add(joined(memory, {"[", address_, "]:", port_}));
    else
      out.add(joined(memory, {address_, ":", port_}));
  }

 private:
  string_view address_, port_;
};

bool is_public(string_view address) noexcept {
  const auto ip = base::ip_address::parse(address);
  return ip && !ip->is_private();
}

bool is_private(string_view address) noexcept {
  const auto ip = base::ip_address::parse(address);
  return ip && ip->is_private();
}

class vpc_flow_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    const auto wrong = row_.read(json, names, tools.memory);
    if (!wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const auto status = row_[f::status];
    if (status == "NODATA")
      return skipped("VPC flow log: no traffic in the interval");
    if (status == "SKIPDATA")
      return skipped("VPC flow log: AWS left records of the interval out");
    const auto written = row_.first({f::start, f::end});
    if (written.empty())
      return quarantined("no start");
    const auto time = parse_mapped_time(written, time_unit::seconds);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("start '{}' is not a time", written.substr(0, 40))));
    e.time = *time;
    identify(e);
    if (e.identity.empty())
      return quarantined("no interface-id");
    e.source_text = row_.first({f::packet_source, f::source});
    const auto target = row_.first({f::packet_target, f::target});
    if (e.source_text.empty() && target.empty())
      return quarantined("no srcaddr and no dstaddr");
    e.provider = base::cloud::aws;
    e.id = id_from_bytes(json, memory);
    e.account = row_[f::account] == "unknown" ? string_view{} : row_[f::account];
    e.region = row_[f::region];
    e.service = "vpc-flow-logs.amazonaws.com";
    judge(e);
    const auto* entry = tools.activities.find(e.service, e.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    tools.effects.read({json, {}, row_.fields()}, flow_words{target, row_[f::port]}, entry, memory,
                       e);
    if (leaves(e.source_text, target))
      e.bytes = number(f::bytes);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return row_.fields(); }

 private:
  [[nodiscard]] std::uint64_t number(field which) const {
    std::uint64_t n = 0;
    const auto digits = row_[which];
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return n;
  }

  /// Nobody signs in to send a packet: who acts, or is reached, is whose interface it is.
  void identify(base::event& e) const {
    e.identity = row_.first({f::instance, f::interface, f::attachment, f::resource, f::task});
    e.workload = row_.first({f::task, f::container, f::instance});
    if (!row_.first({f::task, f::container}).empty())
      e.holder = base::session_class::container;
    else if (!e.workload.empty())
      e.holder = base::session_class::instance;
  }

  /// What a security group turns away is no right that was refused: that is why a rejected flow is
  /// not denied, which would make every scan of a public address a hunt for permissions.
  void judge(base::event& e) const {
    e.action = row_[f::action];
    if (e.action.empty())
      e.action = "FLOW";
    if (e.action == "REJECT") {
      e.result = base::outcome::failed;
      e.error = row_.first({f::reason, f::action});
    }
  }

  /// Whether the flow went out of the cloud's private networks.
  [[nodiscard]] bool leaves(string_view from, string_view to) const {
    const auto direction = row_[f::direction];
    return (direction.empty() ? is_private(from) : direction == "egress") && is_public(to);
  }

  column_row<field> row_;
};

} // namespace

std::unique_ptr<record_reader> make_vpc_flow_reader() {
  return std::make_unique<vpc_flow_reader>();
}

} // namespace vedette::ingest
